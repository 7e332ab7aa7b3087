//! What an account puts into its mails: name, colour, picture, and words of its own around ours.

/// Where words of an account stand in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSlot {
    /// In the place of our subject.
    Subject,
    /// Before our lines.
    Intro,
    /// Behind the button.
    Closing,
}

const TEXT_CHARS_MAX: usize = 1_000;
const SUBJECT_CHARS_MAX: usize = 150;

/// Why words are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnWordsFault {
    TooLong,
    /// A subject is one line.
    Lines,
    /// What stands in braces is none of the kind's placeholders.
    Placeholder(String),
}

impl MailSlot {
    pub const ALL: [Self; 3] = [Self::Subject, Self::Intro, Self::Closing];

    /// As the database and forms have it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Intro => "intro",
            Self::Closing => "closing",
        }
    }

    pub const fn chars_max(self) -> usize {
        match self {
            Self::Subject => SUBJECT_CHARS_MAX,
            Self::Intro | Self::Closing => TEXT_CHARS_MAX,
        }
    }

    /// Whether words can stand there in a mail of these placeholders.
    pub fn check_words(self, text: &str, placeholders: &[String]) -> Result<(), OwnWordsFault> {
        if text.chars().count() > self.chars_max() {
            return Err(OwnWordsFault::TooLong);
        }
        if self == Self::Subject && text.contains(char::is_control) {
            return Err(OwnWordsFault::Lines);
        }
        let named = split_placeholders(text).into_iter().filter_map(|part| match part {
            WordsPart::Placeholder(name) => Some(name),
            WordsPart::Text(_) => None,
        });
        let mut unknown = named.filter(|name| !placeholders.iter().any(|known| known == name));
        unknown.next().map_or(Ok(()), |name| Err(OwnWordsFault::Placeholder(name.to_owned())))
    }
}

enum WordsPart<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// A brace that nothing closes begins a placeholder up to the end.
fn split_placeholders(text: &str) -> Vec<WordsPart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        parts.extend([WordsPart::Text(before), WordsPart::Placeholder(name.trim())]);
        rest = behind;
    }
    parts.push(WordsPart::Text(rest));
    parts
}

/// An account, as its mails show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailBrand {
    pub name: String,
    /// Of the band and the button: one on which white letters can be read.
    pub accent: Option<String>,
    /// PNG.
    pub logo: Option<Vec<u8>>,
    /// By the key of their slot.
    pub words: Vec<(String, String)>,
}

impl MailBrand {
    pub fn find_words(&self, slot: MailSlot) -> Option<&str> {
        let found = self.words.iter().find(|(key, text)| key == slot.key() && !text.is_empty());
        found.map(|(_, text)| text.as_str())
    }
}

/// Words with what `find` has in the place of their placeholders; one that it does not know is a dash.
pub(super) fn fill_words(text: &str, find: impl Fn(&str) -> Option<String>) -> String {
    let parts = split_placeholders(text).into_iter().map(|part| match part {
        WordsPart::Text(text) => text.to_owned(),
        WordsPart::Placeholder(name) => find(name).unwrap_or_else(|| "–".to_owned()),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_with_the_placeholders_of_their_kind() {
        let known = ["account".to_owned(), "by".to_owned()];
        let long = "x".repeat(1_001);
        for (slot, text, fault) in [
            (MailSlot::Subject, "News of { account }", None),
            (MailSlot::Intro, "Hello,\r\nthis is {account} { by }.", None),
            (MailSlot::Subject, "One\nTwo", Some(OwnWordsFault::Lines)),
            (MailSlot::Subject, &long[..151], Some(OwnWordsFault::TooLong)),
            (MailSlot::Closing, &long, Some(OwnWordsFault::TooLong)),
            (MailSlot::Closing, "{ password }", Some(OwnWordsFault::Placeholder("password".to_owned()))),
            (MailSlot::Closing, "{account", None),
            (MailSlot::Closing, "{", Some(OwnWordsFault::Placeholder(String::new()))),
            (MailSlot::Closing, "{{account}}", Some(OwnWordsFault::Placeholder("{account".to_owned()))),
        ] {
            assert_eq!(slot.check_words(text, &known).err(), fault, "{text}");
        }
    }

    #[test]
    fn a_value_is_no_placeholder_again() {
        let find = |name: &str| (name == "account").then(|| "{by} <b>".to_owned());
        assert_eq!(fill_words("Of { account }, {later}.", find), "Of {by} <b>, –.");
    }
}
