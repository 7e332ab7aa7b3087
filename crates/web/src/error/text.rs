//! Texts of errors: plain English, or a message that is worded once it is known who reads it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use words::{Language, Locale, WordSet};

/// A text of an error. It is made where the error is, and read where it is known which language the reader has.
#[derive(Clone)]
pub struct ErrorText(Wording);

#[derive(Clone)]
enum Wording {
    English(Cow<'static, str>),
    Message(Arc<dyn Fn(Locale) -> String + Send + Sync>),
    /// In the locales of English alone.
    EnglishMessage(Arc<dyn Fn(Locale) -> String + Send + Sync>),
}

impl ErrorText {
    /// Whether there is no text. A message is one.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Wording::English(text) if text.is_empty())
    }

    /// Whether every locale has it: a message, or no text at all.
    pub fn is_in_every_locale(&self) -> bool {
        self.is_empty() || matches!(self.0, Wording::Message(_))
    }

    /// For a reader: plain English is the same in each locale, and a message in English only is in the
    /// nearest one.
    pub fn in_locale(&self, locale: Locale) -> Cow<'_, str> {
        match &self.0 {
            Wording::English(text) => Cow::Borrowed(text),
            Wording::Message(word) => Cow::Owned(word(locale)),
            Wording::EnglishMessage(word) => Cow::Owned(word(locale.in_language(Language::English))),
        }
    }
}

/// A message in the reader's language.
pub fn word_text<W: WordSet>(message: impl Fn(W) -> String + Send + Sync + 'static) -> ErrorText {
    let word = Arc::new(move |locale| message(W::in_locale(locale)));
    ErrorText(match Language::ALL.into_iter().all(W::has_language) {
        true => Wording::Message(word),
        false => Wording::EnglishMessage(word),
    })
}

/// In the English of the United States, as programs read it.
impl fmt::Display for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_locale(Locale::EnUs))
    }
}

impl fmt::Debug for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.in_locale(Locale::EnUs), f)
    }
}

/// Two texts are equal where their English is.
impl PartialEq for ErrorText {
    fn eq(&self, other: &Self) -> bool {
        self.in_locale(Locale::EnUs) == other.in_locale(Locale::EnUs)
    }
}

impl Eq for ErrorText {}

impl Default for ErrorText {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&'static str> for ErrorText {
    fn from(text: &'static str) -> Self {
        Self(Wording::English(Cow::Borrowed(text)))
    }
}

impl From<String> for ErrorText {
    fn from(text: String) -> Self {
        Self(Wording::English(Cow::Owned(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct TagWords(Locale);

    impl WordSet for TagWords {
        fn has_language(_: words::Language) -> bool {
            true
        }

        fn open_areas(locale: Locale) -> Self {
            Self(locale)
        }
    }

    #[derive(Clone, Copy)]
    struct EnglishWords(Locale);

    impl WordSet for EnglishWords {
        fn has_language(language: Language) -> bool {
            language == Language::English
        }

        fn open_areas(locale: Locale) -> Self {
            Self(locale)
        }
    }

    #[test]
    fn a_message_is_worded_for_its_reader() {
        let message = word_text(|TagWords(locale)| format!("in {}", locale.tag()));
        assert_eq!(message.in_locale(Locale::EsMx), "in es-MX");
        assert_eq!((message.to_string(), format!("{message:?}")), ("in en-US".into(), "\"in en-US\"".into()));
        assert_eq!(message, ErrorText::from("in en-US"));
        assert!(message.is_in_every_locale() && !message.is_empty());
    }

    #[test]
    fn a_message_in_english_only_is_in_a_locale_of_english() {
        let message = word_text(|EnglishWords(locale)| format!("in {}", locale.tag()));
        let tags =
            [Locale::EsEs, Locale::EnGb, Locale::Pseudo].map(|locale| message.in_locale(locale).into_owned());
        assert_eq!(tags, ["in en-GB", "in en-GB", "in xx"]);
        assert!(!message.is_in_every_locale() && !message.is_empty());
    }

    #[test]
    fn plain_english_stays_as_it_is() {
        for text in [ErrorText::from("Too long"), ErrorText::from("Too long".to_owned())] {
            assert_eq!(text.in_locale(Locale::EsUs), "Too long");
            assert!(!text.is_in_every_locale());
        }
        assert!(ErrorText::default().is_empty() && ErrorText::default().is_in_every_locale());
    }
}
