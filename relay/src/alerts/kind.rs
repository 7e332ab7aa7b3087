//! What there is to be alerted of, each as it comes: whether an account changes anything of it or not.

use crate::accounts::UserRole;
use crate::accounts::UserRole::{AccountAdmin, Biomed, FacilityAdmin};
use crate::db::delivery::alert_settings::AlertRuleRow;

/// How grave an alert is, as a number of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertSeverity {
    Note = 1,
    Warning = 2,
    /// It is told at once, in quiet hours too.
    Critical = 3,
}

impl AlertSeverity {
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// Of a row; what a later relay wrote is critical.
    pub const fn of_row(number: i64) -> Self {
        match number {
            1 => Self::Note,
            2 => Self::Warning,
            _ => Self::Critical,
        }
    }
}

macro_rules! alert_kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum AlertKind {
            $($(#[$doc])* $name,)*
        }

        impl AlertKind {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is in the database, in what is sent, and in the keys of its words.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

alert_kinds! {
    /// An item is overdue.
    Overdue = "overdue",
    /// Cleanings of an item are incomplete again and again.
    Incomplete = "incomplete",
    /// Sign-offs of people end soon.
    Competency = "competency",
    /// There are gaps, and an inspection comes.
    Inspection = "inspection",
    /// A box is not heard.
    BoxSilent = "box-silent",
    /// A box is heard, and what it recorded does not come.
    BoxBehind = "box-behind",
    BoxClock = "box-clock",
    BoxStorage = "box-storage",
    Printer = "printer",
    /// A box's log contradicts itself, or a person held it apart.
    LogFork = "log-fork",
    /// What a box reports of itself that no other kind is for.
    BoxAlarm = "box-alarm",
    Certificate = "certificate",
    /// A directive has no outcome.
    Directive = "directive",
}

impl AlertKind {
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// After how many minutes it opens, as it comes; `None`: as soon as it is so.
    pub const fn default_minutes(self) -> Option<i64> {
        match self {
            Self::Overdue => Some(30),
            Self::BoxSilent | Self::Printer | Self::BoxClock => Some(60),
            Self::BoxBehind => Some(120),
            Self::Directive => Some(24 * 60),
            Self::Incomplete
            | Self::Competency
            | Self::Inspection
            | Self::BoxStorage
            | Self::LogFork
            | Self::BoxAlarm
            | Self::Certificate => None,
        }
    }

    const fn default_roles(self) -> &'static [UserRole] {
        match self {
            Self::Overdue | Self::Incomplete | Self::Competency | Self::Printer => &[FacilityAdmin, Biomed],
            Self::Inspection
            | Self::BoxSilent
            | Self::BoxBehind
            | Self::BoxClock
            | Self::BoxStorage
            | Self::LogFork
            | Self::BoxAlarm
            | Self::Certificate
            | Self::Directive => &[AccountAdmin, FacilityAdmin],
        }
    }

    /// After how many minutes account admins are told as well, as it comes; 0: never.
    const fn default_escalation(self) -> i64 {
        match self {
            Self::Overdue => 4 * 60,
            _ => 0,
        }
    }

    /// Whether an account may switch it off: a log that contradicts itself is told in any case.
    pub const fn may_be_off(self) -> bool {
        !matches!(self, Self::LogFork)
    }
}

/// A rule of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    pub kind: AlertKind,
    pub is_on: bool,
    pub minutes: i64,
    pub roles: Vec<UserRole>,
    /// 0: never.
    pub escalate_minutes: i64,
}

impl AlertRule {
    fn default_of(kind: AlertKind) -> Self {
        Self {
            kind,
            is_on: true,
            minutes: kind.default_minutes().unwrap_or(0),
            roles: kind.default_roles().to_vec(),
            escalate_minutes: kind.default_escalation(),
        }
    }

    fn of_row(kind: AlertKind, row: &AlertRuleRow) -> Self {
        let roles: Vec<UserRole> =
            row.roles.split_whitespace().filter_map(|role| role.parse().ok()).collect();
        Self {
            kind,
            is_on: row.is_on || !kind.may_be_off(),
            minutes: kind.default_minutes().map_or(0, |_| row.minutes),
            roles: if roles.is_empty() { kind.default_roles().to_vec() } else { roles },
            escalate_minutes: row.escalate_minutes,
        }
    }

    pub fn to_row(&self) -> AlertRuleRow {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.key()).collect();
        AlertRuleRow {
            kind: self.kind.word().to_owned(),
            is_on: self.is_on,
            minutes: self.minutes,
            roles: roles.join(" "),
            escalate_minutes: self.escalate_minutes,
        }
    }
}

/// The rules of an account, one a kind, in the order of [`AlertKind::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRules(Vec<AlertRule>);

impl AlertRules {
    /// `rows`: those that are not as they come.
    pub fn of_rows(rows: &[AlertRuleRow]) -> Self {
        let of = |kind: &AlertKind| match rows.iter().find(|row| row.kind == kind.word()) {
            Some(row) => AlertRule::of_row(*kind, row),
            None => AlertRule::default_of(*kind),
        };
        Self(AlertKind::ALL.iter().map(of).collect())
    }

    /// The same, all switched off.
    pub(super) fn all_off(self) -> Self {
        Self(self.0.into_iter().map(|rule| AlertRule { is_on: false, ..rule }).collect())
    }

    pub fn all(&self) -> &[AlertRule] {
        &self.0
    }

    pub fn find(&self, kind: AlertKind) -> Option<&AlertRule> {
        self.0.iter().find(|rule| rule.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_as_it_was_written_and_has_a_rule() {
        let rules = AlertRules::of_rows(&[]);
        for kind in AlertKind::ALL {
            assert_eq!(AlertKind::read(kind.word()), Some(*kind));
            let rule = rules.find(*kind).unwrap();
            assert!(rule.is_on && !rule.roles.is_empty(), "{kind:?}");
            assert_eq!(&AlertRule::of_row(*kind, &rule.to_row()), rule);
        }
        assert_eq!(AlertKind::read("of-a-later-relay"), None);
    }

    #[test]
    fn a_log_that_contradicts_itself_cannot_be_switched_off() {
        let off = |kind: AlertKind| AlertRule { is_on: false, ..AlertRule::default_of(kind) }.to_row();
        let rules = AlertRules::of_rows(&[off(AlertKind::LogFork), off(AlertKind::Printer)]);
        assert!(rules.find(AlertKind::LogFork).unwrap().is_on);
        assert!(!rules.find(AlertKind::Printer).unwrap().is_on);
    }
}
