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
    pub(super) hints: Vec<String>,
}

impl std::fmt::Debug for MailLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailLetter({})", self.kind)
    }
}

impl MailLetter {
    pub(super) fn new(kind: &str, link: String) -> Self {
        let (facts, lines, hints) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind: kind.to_owned(), group: MailGroup::Needed, link, facts, lines, hints }
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

    /// Until when its link works, of one that somebody waits for.
    pub(super) fn expires_ms(&self) -> Option<i64> {
        let until = self.facts.iter().find(|(variable, _)| variable == "until");
        match until {
            Some((_, MailFact::Time(ms))) if self.group != MailGroup::Needed => Some(*ms),
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

    fn fact(mut self, variable: &str, fact: MailFact) -> Self {
        self.facts.push((variable.to_owned(), fact));
        self
    }

    pub(super) fn text(self, variable: &str, text: &str) -> Self {
        self.fact(variable, MailFact::Text(text.to_owned()))
    }

    pub(super) fn time(self, variable: &str, ms: i64) -> Self {
        self.fact(variable, MailFact::Time(ms))
    }

    pub(super) fn role(self, variable: &str, role: &str) -> Self {
        self.fact(variable, MailFact::Role(role.to_owned()))
    }

    pub(super) fn agent(self, variable: &str, agent: &str) -> Self {
        self.fact(variable, MailFact::Agent(agent.to_owned()))
    }

    pub(super) fn line(mut self, part: &str) -> Self {
        self.lines.push(self.part_key(part));
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
