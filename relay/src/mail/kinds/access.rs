//! Mails about people's access, and about what an account's admins set up.

use super::super::letter::MailGroup::{Awaited, Stranger};
use super::super::letter::MailLetter;

/// What somebody new of a provider sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColleagueView {
    Nothing,
    /// What follows from their groups.
    Groups,
}

impl MailLetter {
    pub fn invitation(account: &str, by: &str, role: &str, link: String, expires_ms: i64) -> Self {
        let letter = Self::new("invitation", link).text("account", account).text("by", by);
        letter.role("role", role).line("what").works_once(expires_ms)
    }

    /// Somebody made an account, and shows by the link that the address is theirs.
    pub fn sign_up(link: String, expires_ms: i64) -> Self {
        Self::new("sign-up", link).group(Stranger).line("what").works_once(expires_ms)
    }

    /// The same, at an address that has one.
    pub fn address_known(link: String) -> Self {
        Self::new("address-known", link).group(Stranger).line("what").hint_not_you()
    }

    /// Somebody asked for a password or a link at an address that nobody has.
    pub fn nobody_known(link: String) -> Self {
        Self::new("nobody-known", link).group(Stranger).line("what").hint_not_you()
    }

    pub fn reset(link: String, expires_ms: i64) -> Self {
        Self::new("reset", link).group(Awaited).line("what").works_once(expires_ms)
    }

    pub fn sign_in_link(link: String, expires_ms: i64) -> Self {
        Self::new("sign-in-link", link).group(Awaited).line("what").works_once(expires_ms)
    }

    pub fn new_device(at_ms: i64, network: &str, agent: &str, link: String) -> Self {
        let letter = Self::new("new-device", link).time("at", at_ms).line("what");
        letter.text("network", network).agent("agent", agent).line("where").hint("not-you")
    }

    pub fn password_changed(at_ms: i64, link: String) -> Self {
        Self::new("password-changed", link).time("at", at_ms).line("what").hint("not-you")
    }

    /// A second factor was added or removed, or recovery codes were generated again.
    pub fn factor_changed(at_ms: i64, link: String) -> Self {
        Self::new("factor-changed", link).time("at", at_ms).line("what").hint("not-you")
    }

    /// Codes of somebody's second step were wrong too often.
    pub fn wrong_codes(at_ms: i64, network: &str, link: String) -> Self {
        let letter = Self::new("wrong-codes", link).time("at", at_ms).text("network", network);
        letter.line("what").line("why").hint("hint")
    }

    /// The operator took all second factors of somebody away.
    pub fn factors_forgotten(at_ms: i64, link: String) -> Self {
        Self::new("factors-forgotten", link).time("at", at_ms).line("what").hint("hint")
    }

    /// Somebody came into an account by its provider who was never here.
    pub fn new_colleague(account: &str, who: &str, role: &str, view: ColleagueView, link: String) -> Self {
        let letter = Self::new("new-colleague", link).text("account", account).text("who", who);
        let sees = match view {
            ColleagueView::Nothing => "nothing",
            ColleagueView::Groups => "groups",
        };
        letter.role("role", role).line("what").line(sees).hint("hint")
    }

    /// A passkey was refused because its counter went back: there may be a copy of it.
    pub fn passkey_copied(at_ms: i64, name: &str, link: String) -> Self {
        let letter = Self::new("passkey-copied", link).time("at", at_ms).text("name", name);
        letter.line("what").line("why").hint("do")
    }

    /// Somebody signs in by a provider from now on. `host`: of the provider.
    pub fn identity_linked(at_ms: i64, host: &str, link: String) -> Self {
        let letter = Self::new("identity-linked", link).time("at", at_ms).text("host", host);
        letter.line("what").hint("not-you")
    }

    /// Whoever runs the platform opened an account that nobody had opened to them.
    pub fn support_access(by: &str, reason: &str, until_ms: i64, link: String) -> Self {
        let letter = Self::new("support-access", link).text("by", by).time("until", until_ms);
        letter.text("reason", reason).line("what").line("why").hint("hint")
    }

    /// Whoever runs the relay looks whether mail leaves.
    pub fn test(at_ms: i64, link: String) -> Self {
        Self::new("test", link).group(Awaited).time("at", at_ms).line("what").hint("hint")
    }

    /// A webhook takes nothing any more. `failing_ms`: since when nothing arrived; absent, its receiver said that it is gone.
    pub fn webhook_off(account: &str, host: &str, failing_ms: Option<i64>, link: String) -> Self {
        let letter = Self::new("webhook-off", link).text("account", account).text("host", host);
        let letter = match failing_ms {
            Some(since_ms) => letter.time("since", since_ms).line("failing"),
            None => letter.line("gone"),
        };
        letter.line("what").hint("hint")
    }
}

pub(super) fn list_samples() -> Vec<MailLetter> {
    use super::{SAMPLE_AT_MS as at, SAMPLE_UNTIL_MS as later, sample_link as link};
    vec![
        MailLetter::invitation("Alder <Health>", "priya@alder.example", "biomed", link(), later),
        MailLetter::sign_up(link(), later),
        MailLetter::address_known(link()),
        MailLetter::nobody_known(link()),
        MailLetter::reset(link(), later),
        MailLetter::sign_in_link(link(), later),
        MailLetter::new_device(at, "192.0.2.0/24", "Firefox", link()),
        MailLetter::password_changed(at, link()),
        MailLetter::factor_changed(at, link()),
        MailLetter::wrong_codes(at, "192.0.2.0/24", link()),
        MailLetter::factors_forgotten(at, link()),
        MailLetter::new_colleague(
            "Alder",
            "Ana Lima (ana@alder.example)",
            "technician",
            ColleagueView::Nothing,
            link(),
        ),
        MailLetter::new_colleague(
            "Alder",
            "Ana Lima (ana@alder.example)",
            "technician",
            ColleagueView::Groups,
            link(),
        ),
        MailLetter::passkey_copied(at, "Phone", link()),
        MailLetter::identity_linked(at, "login.example", link()),
        MailLetter::support_access("ops@relay.example", "numbers <b>", later, link()),
        MailLetter::test(at, link()),
        MailLetter::webhook_off("Alder <Health>", "hooks.example", Some(at), link()),
        MailLetter::webhook_off("Alder", "hooks.example", None, link()),
    ]
}
