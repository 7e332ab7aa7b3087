//! The mails of billing. Each says that recording goes on.

use super::super::letter::MailLetter;

impl MailLetter {
    /// `next_ms`: when payment is tried again; absent where it is not.
    pub fn payment_failed(
        account: &str,
        amount: i64,
        currency: &str,
        next_ms: Option<i64>,
        link: String,
    ) -> Self {
        let letter =
            Self::new("payment-failed", link).text("account", account).money("amount", amount, currency);
        let letter = match next_ms {
            Some(next_ms) => letter.time("next", next_ms).line("what").line("next"),
            None => letter.line("what"),
        };
        letter.line("do").hint("safe")
    }

    pub fn payment_ok(account: &str, number: &str, amount: i64, currency: &str, link: String) -> Self {
        let letter = Self::new("payment-ok", link).text("account", account).text("number", number);
        letter.money("amount", amount, currency).line("what")
    }

    pub fn invoice_ready(account: &str, number: &str, amount: i64, currency: &str, link: String) -> Self {
        let letter = Self::new("invoice-ready", link).text("account", account).text("number", number);
        letter.money("amount", amount, currency).line("what")
    }

    pub fn refunded(account: &str, amount: i64, currency: &str, link: String) -> Self {
        let letter = Self::new("refunded", link).text("account", account);
        letter.money("amount", amount, currency).line("what")
    }

    pub fn plan_changed(account: &str, plan: &str, link: String) -> Self {
        Self::new("plan-changed", link).text("account", account).text("plan", plan).line("what").hint("hint")
    }

    pub fn cancelled(account: &str, until_ms: i64, link: String) -> Self {
        let letter = Self::new("cancelled", link).text("account", account).time("until", until_ms);
        letter.line("what").line("after").hint("safe")
    }

    /// Nothing is paid any more, and nothing is added from now on.
    pub fn grace_over(account: &str, link: String) -> Self {
        let letter = Self::new("grace-over", link).text("account", account);
        letter.line("what").line("stays").hint("hint")
    }

    pub fn trial_ending(account: &str, until_ms: i64, link: String) -> Self {
        let letter = Self::new("trial-ending", link).text("account", account).time("until", until_ms);
        letter.line("what").line("do").hint("safe")
    }

    /// To whoever has subscribed within the trial.
    pub fn first_payment(account: &str, until_ms: i64, amount: i64, currency: &str, link: String) -> Self {
        let letter = Self::new("first-payment", link).text("account", account).time("until", until_ms);
        letter.money("amount", amount, currency).line("what").hint("hint")
    }

    /// `until_ms`: until when all works yet.
    pub fn trial_ended(account: &str, until_ms: i64, link: String) -> Self {
        let letter = Self::new("trial-ended", link).text("account", account).time("until", until_ms);
        letter.line("what").line("do").hint("safe")
    }

    /// `what`: facilities or people.
    pub fn limit_near(account: &str, what: &str, count: i64, limit: u32, link: String) -> Self {
        let letter = Self::new("limit-near", link).text("account", account).text("what", what);
        letter.count("count", count).count("limit", limit.into()).line("used").hint("safe")
    }

    pub fn limit_over(account: &str, what: &str, limit: u32, link: String) -> Self {
        let letter = Self::new("limit-over", link).text("account", account).text("what", what);
        letter.count("limit", limit.into()).line("used").line("do").hint("safe")
    }
}

pub(super) fn list_samples() -> Vec<MailLetter> {
    use super::{SAMPLE_UNTIL_MS as later, sample_link as link};
    let account = "Alder <Health>";
    vec![
        MailLetter::payment_failed(account, 5_000, "usd", Some(later), link()),
        MailLetter::payment_failed(account, 850_000, "inr", None, link()),
        MailLetter::payment_ok(account, "CT-0007", 20_000, "usd", link()),
        MailLetter::invoice_ready(account, "CT-0007", 20_000, "eur", link()),
        MailLetter::refunded(account, 20_000, "gbp", link()),
        MailLetter::plan_changed(account, "Pro", link()),
        MailLetter::cancelled(account, later, link()),
        MailLetter::grace_over(account, link()),
        MailLetter::trial_ending(account, later, link()),
        MailLetter::first_payment(account, later, 20_000, "usd", link()),
        MailLetter::trial_ended(account, later, link()),
        MailLetter::limit_near(account, "people", 8, 10, link()),
        MailLetter::limit_over(account, "facilities", 5, link()),
    ]
}
