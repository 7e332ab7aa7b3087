//! What is shown on every page beside its subject: announcements, and that nothing can be changed now.

use std::collections::BTreeMap;

use super::credentials::cookie::find_cookie;
use super::switches::RelaySwitch;
use crate::billing::state::BillingState;
use crate::db::billing::accounts::{AccountStatusRow, platform_list_unwell};
use crate::db::operation::announcements::AnnouncementRow;
use crate::db::operation::switches::SwitchRow;
use crate::db::operation::{announcements, switches};
use crate::db::{AccountScope, DbError, PlatformConnection};

/// Announcements that a browser has put aside: of this host only, until it is closed.
pub const SEEN_COOKIE: &str = "__Host-seen";
/// Announcements that are remembered as put aside.
const SEEN_MAX: usize = 20;
/// The locale whose text is shown where there is none in the reader's.
const FIRST_LOCALE: &str = "en";
pub const TEXT_CHARS_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeLine {
    pub id: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageNotices {
    /// Whether forms are refused.
    pub is_read_only: bool,
    pub lines: Vec<NoticeLine>,
    /// Where not all is well with what the account pays.
    pub billing: Option<BillingState>,
}

/// What is switched and announced, as the database had it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeBoard {
    announcements: Vec<AnnouncementRow>,
    switches: Vec<SwitchRow>,
    /// Accounts with whose payments not all is well, where billing is on.
    unwell: Vec<AccountStatusRow>,
}

impl NoticeBoard {
    pub async fn read(conn: &mut PlatformConnection, now_ms: i64) -> Result<Self, DbError> {
        let announcements = announcements::platform_list(conn, now_ms).await?;
        Ok(Self { announcements, switches: switches::platform_list(conn).await?, unwell: Vec::new() })
    }

    /// The same with how accounts pay, where billing is on.
    pub async fn with_billing(self, conn: &mut PlatformConnection, now_ms: i64) -> Result<Self, DbError> {
        Ok(Self { unwell: platform_list_unwell(conn, now_ms).await?, ..self })
    }

    /// What people of an account are told of what it pays; `None`: all is well, or nobody pays here.
    pub fn billing_of(&self, scope: AccountScope, now_ms: i64) -> Option<BillingState> {
        let at = self.unwell.binary_search_by_key(&scope.key(), AccountStatusRow::key).ok()?;
        let AccountStatusRow { status, trial_end_ms, over_ms, .. } = &self.unwell[at];
        let state = BillingState::of(status.as_deref(), *trial_end_ms, *over_ms, now_ms);
        (!matches!(state, BillingState::Trial { .. } | BillingState::Active)).then_some(state)
    }

    pub fn is_on(&self, switch: RelaySwitch) -> bool {
        self.moved(switch, 0).unwrap_or(switch.is_on_by_itself())
    }

    fn moved(&self, switch: RelaySwitch, account: i64) -> Option<bool> {
        let mut rows = self.switches.iter();
        rows.find(|row| row.account == account && row.switch == switch.key()).map(|row| row.is_on)
    }

    /// Whether nothing of this account changes now: for everybody it holds for each.
    pub fn is_read_only(&self, scope: AccountScope) -> bool {
        let read_only = RelaySwitch::ReadOnly;
        self.is_on(read_only) || self.moved(read_only, scope.key()).unwrap_or_default()
    }

    /// What somebody of this account sees whose browser has put these aside.
    pub fn of_account(&self, scope: AccountScope, now_ms: i64, seen: &SeenNotices) -> PageNotices {
        PageNotices {
            is_read_only: self.is_read_only(scope),
            lines: self.lines(now_ms, seen),
            billing: self.billing_of(scope, now_ms),
        }
    }

    pub fn lines(&self, now_ms: i64, seen: &SeenNotices) -> Vec<NoticeLine> {
        let now = self.announcements.iter().filter(|row| (row.from_ms..row.until_ms).contains(&now_ms));
        let new = now.filter(|row| !seen.0.contains(&row.announcement));
        new.map(|row| NoticeLine { id: row.announcement.clone(), text: read_text(&row.texts) }).collect()
    }
}

/// Whether nothing of an account changes now, for whoever changes it and is not signed in to it.
pub async fn is_read_only(conn: &mut PlatformConnection, scope: AccountScope) -> Result<bool, DbError> {
    let switches = switches::platform_list(conn).await?;
    let board = NoticeBoard { switches, ..NoticeBoard::default() };
    Ok(board.is_read_only(scope))
}

pub fn read_text(texts: &str) -> String {
    let mut texts: BTreeMap<String, String> = serde_json::from_str(texts).unwrap_or_default();
    texts.remove(FIRST_LOCALE).unwrap_or_default()
}

/// A text as the database keeps it; `None` where it is none.
pub fn write_text(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX && !text.contains(char::is_control);
    fits.then(|| serde_json::json!({ FIRST_LOCALE: text }).to_string())
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeenNotices(Vec<String>);

impl SeenNotices {
    /// Reads the value of a `Cookie` header.
    pub fn read(header: &str) -> Option<Self> {
        let ids = find_cookie(header, SEEN_COOKIE)?.split('.').filter(|id| is_id(id)).take(SEEN_MAX);
        Some(Self(ids.map(str::to_owned).collect()))
    }

    /// The `Set-Cookie` value that puts one more aside, until the browser is closed; `None`: it is no id.
    pub fn cookie_with(&self, id: &str) -> Option<String> {
        if !is_id(id) {
            return None;
        }
        let others = self.0.iter().map(String::as_str).filter(|other| *other != id).take(SEEN_MAX - 1);
        let value = std::iter::once(id).chain(others).collect::<Vec<_>>().join(".");
        Some(format!("{SEEN_COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax"))
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(n: u8, from_ms: i64, until_ms: i64) -> AnnouncementRow {
        AnnouncementRow {
            announcement: format!("{n:026}"),
            texts: write_text(&format!("text {n}")).unwrap(),
            from_ms,
            until_ms,
            made_by: String::new(),
        }
    }

    fn moved(account: i64, switch: RelaySwitch, is_on: bool) -> SwitchRow {
        let switch = switch.key().to_owned();
        SwitchRow { account, account_name: None, switch, is_on, set_ms: 1, set_by: String::new() }
    }

    #[test]
    fn what_was_put_aside_stays_away_until_the_browser_is_closed() {
        let board = NoticeBoard {
            announcements: vec![announced(1, 0, 100), announced(2, 50, 100), announced(3, 0, 10)],
            ..NoticeBoard::default()
        };
        let shown = |at_ms, seen: &SeenNotices| {
            board.lines(at_ms, seen).into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        let mut seen = SeenNotices::default();
        assert_eq!(shown(60, &seen), ["text 1", "text 2"]);
        assert_eq!(shown(20, &seen), ["text 1"]);
        for n in [1, 2] {
            let set = seen.cookie_with(&format!("{n:026}")).unwrap();
            assert!(!set.contains("Max-Age"), "{set}");
            seen = SeenNotices::read(set.split(';').next().unwrap()).unwrap();
        }
        assert!(shown(60, &seen).is_empty());
        assert_eq!(seen.cookie_with("x; Domain=evil"), None);
        assert_eq!(SeenNotices::read("__Host-seen=a.b"), Some(SeenNotices::default()));
    }

    #[test]
    fn a_switch_for_all_holds_for_each() {
        let (a, b) = (AccountScope::made_up(1), AccountScope::made_up(2));
        let read_only = |switches: Vec<SwitchRow>| {
            let board = NoticeBoard { switches, ..NoticeBoard::default() };
            [a, b].map(|scope| board.of_account(scope, 1, &SeenNotices::default()).is_read_only)
        };
        assert_eq!(read_only(Vec::new()), [false, false]);
        assert_eq!(read_only(vec![moved(1, RelaySwitch::ReadOnly, true)]), [true, false]);
        let all = moved(0, RelaySwitch::ReadOnly, true);
        assert_eq!(read_only(vec![all, moved(1, RelaySwitch::ReadOnly, false)]), [true, true]);
        assert!(NoticeBoard::default().is_on(RelaySwitch::SignUp));
    }
}
