//! Texts that are stored beside an entry, so that they can be erased while the log stays verifiable.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::limits::TEXT_BYTES_MAX;
use crate::tree::{Hash, hex_bytes, write_hex};
use crate::values::json::check_object;

/// What an entry holds in place of a personal or free text: `SHA-256(salt ‖ NFC text)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redactable {
    /// The salted hash.
    #[serde(rename = "redactable")]
    pub hash: Hash,
}

/// A text as a command brings it: NFC, not yet beside an entry.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalText {
    salt: [u8; 16],
    hash: Hash,
    text: String,
}

impl std::fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(****)")
    }
}

/// Why a text or its line was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Over [`TEXT_BYTES_MAX`].
    #[error("the text has more than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// Not the line that FORMAT.md describes.
    #[error("the text line cannot be read: {0}")]
    Form(String),
    /// The text is not the one whose hash the line states.
    #[error("the text of entry {0} does not match its hash")]
    Hash(u64),
}

impl PersonalText {
    /// A text with 16 random bytes of salt.
    ///
    /// # Errors
    /// [`TextError::TooLong`].
    pub fn new(text: &str, salt: [u8; 16]) -> Result<Self, TextError> {
        // ASCII is normalized already.
        let text: String = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
        if text.len() > TEXT_BYTES_MAX { Err(TextError::TooLong) } else { Ok(Self::of(salt, text)) }
    }

    fn of(salt: [u8; 16], text: String) -> Self {
        let hash = Hash::of_parts(&[&salt, text.as_bytes()]);
        Self { salt, hash, text }
    }

    /// What the entry holds for it.
    pub fn redactable(&self) -> Redactable {
        Redactable { hash: self.hash }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Puts it beside entry `seq`.
    pub fn beside(&self, seq: u64) -> TextLine {
        TextLine { seq, hash: self.hash, salt: self.salt, text: self.text.clone() }
    }
}

/// A text beside its entry. It was checked against its hash; whether the entry names it is the reader's to check.
#[derive(Clone, PartialEq, Eq)]
pub struct TextLine {
    seq: u64,
    hash: Hash,
    salt: [u8; 16],
    text: String,
}

impl std::fmt::Debug for TextLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TextLine({}, {})", self.seq, self.hash)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    seq: u64,
    hash: Hash,
    salt: std::borrow::Cow<'a, str>,
    text: std::borrow::Cow<'a, str>,
}

fn form_error(e: &dyn std::fmt::Display) -> TextError {
    TextError::Form(e.to_string())
}

impl TextLine {
    /// Reads `{"seq":…,"hash":"…","salt":"…","text":"…"}`.
    ///
    /// # Errors
    /// What does not fit, the hash included.
    pub fn parse(line: &[u8]) -> Result<Self, TextError> {
        let line = std::str::from_utf8(line).map_err(|e| form_error(&e))?;
        check_object(line).map_err(|e| form_error(&e))?;
        let line: Line<'_> = serde_json::from_str(line).map_err(|e| form_error(&e))?;
        let salt =
            hex_bytes(&line.salt).ok_or_else(|| form_error(&"the salt is not 32 lower-case hex digits"))?;
        if line.text.len() > TEXT_BYTES_MAX {
            return Err(TextError::TooLong);
        }
        let text = PersonalText::of(salt, line.text.into_owned());
        if text.hash != line.hash {
            return Err(TextError::Hash(line.seq));
        }
        Ok(text.beside(line.seq))
    }

    /// The entry that it belongs to.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The hash by which the entry names it.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The salt, for a store that keeps the parts.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line as stored and sent, without a newline.
    pub fn line(&self) -> String {
        let mut line = Vec::new();
        self.write_line(&mut line);
        String::from_utf8(line).unwrap_or_default()
    }

    /// Adds [`TextLine::line`] to `out`.
    pub fn write_line(&self, out: &mut Vec<u8>) {
        let mut salt = [0; 32];
        let salt = write_hex(&self.salt, &mut salt);
        let line =
            Line { seq: self.seq, hash: self.hash, salt: salt.into(), text: self.text.as_str().into() };
        // Strings and integers only: serialization cannot fail.
        let _ = serde_json::to_writer(out, &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip(text in "\\PC{0,60}", salt: [u8; 16], seq: u64) {
            let line = PersonalText::new(&text, salt).unwrap().beside(seq);
            prop_assert_eq!(TextLine::parse(line.line().as_bytes()).unwrap(), line);
        }
    }

    #[test]
    fn only_the_text_that_was_hashed() {
        let line = PersonalText::new("Maria Alvarez", [7; 16]).unwrap().beside(3).line();
        assert!(matches!(
            TextLine::parse(line.replace("Maria", "Marie").as_bytes()),
            Err(TextError::Hash(3))
        ));
        assert!(matches!(
            TextLine::parse(line.replace("\"salt\"", "\"pepper\"").as_bytes()),
            Err(TextError::Form(_))
        ));
        assert_eq!(PersonalText::new(&"x".repeat(5000), [0; 16]), Err(TextError::TooLong));
        assert_eq!(format!("{:?}", PersonalText::new("secret", [0; 16]).unwrap()), "Text(****)");
    }

    #[test]
    fn composed_and_decomposed_are_one() {
        let (a, b) =
            (PersonalText::new("é", [1; 16]).unwrap(), PersonalText::new("e\u{301}", [1; 16]).unwrap());
        assert_eq!(a.redactable(), b.redactable());
    }
}
