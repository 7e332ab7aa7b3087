//! A mail as its row stores it until it has been sent: the keys of its words, and the facts that are put into them.

use serde::{Deserialize, Serialize};

/// What stands in the place of a message's variable.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailFact {
    Text(String),
    /// Milliseconds since 1970, shown in the reader's zone.
    Time(i64),
    /// As `accounts::UserRole` writes it.
    Role(String),
    /// What a browser calls itself.
    Agent(String),
    Count(i64),
    /// A number with one decimal, in tenths.
    Tenths(i64),
    /// A time at a facility, shown in its zone, whoever reads it.
    TimeAt {
        ms: i64,
        zone: String,
    },
    /// A day without a time, by its number since 1970-01-01.
    Day(i32),
    /// How long, in milliseconds.
    Span(i64),
    /// Met and closed windows, shown as their rate: without closed ones there is none.
    Rate {
        met: u32,
        closed: u32,
    },
    /// In the smallest unit of a currency: its code of ISO 4217 in small letters.
    Money {
        minor: i64,
        currency: String,
    },
    /// The key of a message.
    Word(String),
}

impl MailFact {
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub fn time_at(ms: i64, zone: &str) -> Self {
        Self::TimeAt { ms, zone: zone.to_owned() }
    }
}

/// What of the mails that nobody needs somebody can switch off, in each account by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailTopic {
    Alerts,
    Digest,
    Weekly,
    Reminders,
    Onboarding,
}

impl MailTopic {
    pub const ALL: [Self; 5] = [Self::Alerts, Self::Digest, Self::Weekly, Self::Reminders, Self::Onboarding];

    /// As the database and forms have it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Digest => "digest",
            Self::Weekly => "weekly",
            Self::Reminders => "reminders",
            Self::Onboarding => "onboarding",
        }
    }

    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.key() == key)
    }

    /// Whether somebody who never chose gets them.
    pub fn is_on_by_itself(self) -> bool {
        self != Self::Reminders
    }
}

/// Why somebody gets a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailGroup {
    /// Somebody whom the relay knows waits for its link: it leaves before others, also to whoever called one of ours unwanted.
    Awaited,
    /// Somebody waits, and nothing shows that the address is theirs.
    Stranger,
    /// What somebody must know of their access or their account.
    Needed,
    /// What they can do without: each has a link that stops its topic.
    Optional(MailTopic),
}

/// The most rows of a table that a mail shows; behind it stands how many more there are.
const ROWS_MAX: usize = 20;

/// Facts side by side: of each item that is overdue its name, its place, and since when. The first cell names the row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTable {
    /// The key of what stands above it.
    pub(super) title: String,
    /// The keys of the heads of columns.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<MailTableRow>,
    /// Rows that are not shown.
    pub(super) more: usize,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTableRow {
    pub(super) cells: Vec<MailFact>,
    /// Where the row leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) href: Option<String>,
}

impl MailTableRow {
    pub fn new(cells: impl IntoIterator<Item = MailFact>) -> Self {
        Self { cells: cells.into_iter().collect(), href: None }
    }

    pub fn link(self, href: String) -> Self {
        Self { href: Some(href), ..self }
    }
}

/// The words are made just before it leaves: subject and button by its kind, lines and hints by the keys that it names. Kinds, keys and
/// the names of facts are stored: a mail that waits must find its words by them after an update.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLetter {
    kind: String,
    group: MailGroup,
    pub(super) link: String,
    pub(super) facts: Vec<(String, MailFact)>,
    pub(super) lines: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tables: Vec<MailTable>,
    pub(super) hints: Vec<String>,
    /// The secret of the link that stops its topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exit: Option<String>,
}

impl std::fmt::Debug for MailLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailLetter({})", self.kind)
    }
}

impl MailLetter {
    pub(super) fn new(kind: &str, link: String) -> Self {
        Self {
            kind: kind.to_owned(),
            group: MailGroup::Needed,
            link,
            facts: Vec::new(),
            lines: Vec::new(),
            tables: Vec::new(),
            hints: Vec::new(),
            exit: None,
        }
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub(super) fn reader_group(&self) -> MailGroup {
        self.group
    }

    pub(super) fn group(self, group: MailGroup) -> Self {
        Self { group, ..self }
    }

    pub(super) fn topic(&self) -> Option<MailTopic> {
        match self.group {
            MailGroup::Optional(topic) => Some(topic),
            MailGroup::Awaited | MailGroup::Stranger | MailGroup::Needed => None,
        }
    }

    /// The names of what an account's own words may show of it.
    pub(super) fn list_placeholders(&self) -> Vec<String> {
        self.facts.iter().map(|(variable, _)| variable.clone()).collect()
    }

    /// Whether an account may put words of its own into it: not into what somebody must know of their access.
    pub(super) fn takes_words(&self) -> bool {
        self.topic().is_some() || self.kind == "welcome"
    }

    pub(super) fn with_exit(&self, secret: String) -> Self {
        Self { exit: Some(secret), ..self.clone() }
    }

    /// Until when its link works, of one that somebody waits for.
    pub(super) fn expires_ms(&self) -> Option<i64> {
        let until = self.facts.iter().find(|(variable, _)| variable == "until");
        match until {
            Some((_, MailFact::Time(ms)))
                if matches!(self.group, MailGroup::Awaited | MailGroup::Stranger) =>
            {
                Some(*ms)
            }
            _ => None,
        }
    }

    /// The key of its subject.
    pub(super) fn subject_key(&self) -> String {
        format!("mail-{}", self.kind)
    }

    /// The key of a part of it.
    pub(super) fn part_key(&self, part: &str) -> String {
        format!("mail-{}.{part}", self.kind)
    }

    pub(super) fn fact(mut self, variable: &str, fact: MailFact) -> Self {
        self.facts.push((variable.to_owned(), fact));
        self
    }

    pub(super) fn text(self, variable: &str, text: &str) -> Self {
        self.fact(variable, MailFact::Text(text.to_owned()))
    }

    pub(super) fn time(self, variable: &str, ms: i64) -> Self {
        self.fact(variable, MailFact::Time(ms))
    }

    pub(super) fn count(self, variable: &str, count: i64) -> Self {
        self.fact(variable, MailFact::Count(count))
    }

    pub(super) fn role(self, variable: &str, role: &str) -> Self {
        self.fact(variable, MailFact::Role(role.to_owned()))
    }

    pub(super) fn agent(self, variable: &str, agent: &str) -> Self {
        self.fact(variable, MailFact::Agent(agent.to_owned()))
    }

    pub(super) fn money(self, variable: &str, amount: i64, currency: &str) -> Self {
        self.fact(variable, MailFact::Money { minor: amount, currency: currency.to_owned() })
    }

    pub(super) fn line(mut self, part: &str) -> Self {
        self.lines.push(self.part_key(part));
        self
    }

    /// A line of words that several kinds have.
    pub(super) fn shared_line(mut self, key: &str) -> Self {
        self.lines.push(key.to_owned());
        self
    }

    /// Between lines and button: a table whose title and columns are parts of the mail's words. Nothing where it has no rows.
    pub(super) fn table(
        self,
        title: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = MailTableRow>,
    ) -> Self {
        let words = self.subject_key();
        self.shared_table(&words, title, columns, rows)
    }

    /// The same with words that several kinds have: parts of the message `words`.
    pub(super) fn shared_table(
        mut self,
        words: &str,
        title: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = MailTableRow>,
    ) -> Self {
        let mut all = rows.into_iter();
        let rows: Vec<MailTableRow> = all.by_ref().take(ROWS_MAX).collect();
        let columns: Vec<String> = columns.iter().map(|column| format!("{words}.{column}")).collect();
        if !rows.is_empty() {
            let title = format!("{words}.{title}");
            self.tables.push(MailTable { title, columns, rows, more: all.count() });
        }
        self
    }

    /// A line below the button.
    pub(super) fn hint(mut self, part: &str) -> Self {
        self.hints.push(self.part_key(part));
        self
    }

    /// Below the button, that nothing happens if it was not they.
    pub(super) fn hint_not_you(mut self) -> Self {
        self.hints.push("mail-not-you".to_owned());
        self
    }

    /// Below the button, until when the link works.
    pub(super) fn works_once(mut self, expires_ms: i64) -> Self {
        self.hints.push("mail-link-once".to_owned());
        self.time("until", expires_ms).hint_not_you()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_as_it_was_written_and_shows_no_link() {
        let letter = MailLetter::reset("https://relay.example/reset/S3CRET".to_owned(), 7);
        let body = serde_json::to_string(&letter).unwrap();
        let stored =
            r#"{"kind":"reset","group":"awaited","link":"https://relay.example/reset/S3CRET","facts":[["until",{"time":7}]],"#
                .to_owned()
                + r#""lines":["mail-reset.what"],"hints":["mail-link-once","mail-not-you"]}"#;
        assert_eq!(body, stored);
        assert_eq!(serde_json::from_str::<MailLetter>(&body).unwrap(), letter);
        assert!(!format!("{letter:?}").contains("S3CRET"));
    }
}
