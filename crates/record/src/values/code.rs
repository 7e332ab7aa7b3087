//! Codes on items that are no tags of ours: a hospital's barcode, a maker's UDI, an id of the old app, as they are compared.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::values::tag::Tag;

const CHARS_MIN: usize = 2;
const CHARS_MAX: usize = 128;
/// What ends a part of variable length in a GS1 element string.
const SEPARATOR: char = '\u{1d}';
/// AIM prefixes that say that a GS1 element string follows.
const GS1_PREFIXES: [&str; 4] = ["d2", "Q3", "C1", "e0"];
const GTIN_DIGITS: usize = 14;

/// A code as scanned or typed, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScannedCode(String);

/// Why what was scanned is no code that can be on one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScannedCodeError {
    /// Too short or too long.
    #[error("A code has 2 to 128 characters")]
    Length,
    /// It has a character that cannot be shown.
    #[error("This code has a character that cannot be shown (U+{0:04X})")]
    Character(u32),
    /// It names a model, and not an item.
    #[error("This code is the same on every item of this model. Scan the one with the serial number")]
    EveryItem,
    /// It is a tag of ours, alone or in an address.
    #[error("This is the tag {0} of a label")]
    Tag(Tag),
}

impl ScannedCode {
    /// Reads what a scanner or a person gave.
    ///
    /// # Errors
    /// What it is instead, or what is wrong with it.
    pub fn read(scanned: &str) -> Result<Self, ScannedCodeError> {
        // Four bytes a character and some for blanks and a prefix: a million characters are refused before
        // any work.
        if scanned.len() > CHARS_MAX * 8 {
            return Err(ScannedCodeError::Length);
        }
        let (prefix, text) = split_prefix(scanned.trim());
        let is_declared = prefix.is_some_and(|prefix| GS1_PREFIXES.contains(&prefix));
        let text: String = text.trim_matches(is_blank).nfc().collect();
        if let Some(tag) = find_tag(&text) {
            return Err(ScannedCodeError::Tag(tag));
        }
        match read_elements(&text, is_declared) {
            Some(Elements { gtin, serial: Some(serial) }) => check_code(format!("(01){gtin}(21){serial}")),
            Some(Elements { serial: None, .. }) => Err(ScannedCodeError::EveryItem),
            None => check_code(text),
        }
    }

    /// As it is compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScannedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == SEPARATOR
}

/// The AIM prefix that a scanner puts before a code (`]d2`), and the code.
fn split_prefix(scanned: &str) -> (Option<&str>, &str) {
    let rest = scanned.strip_prefix(']');
    let prefix = rest.and_then(|rest| rest.get(..2)).filter(|prefix| {
        let mut chars = prefix.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
    });
    match (prefix, rest) {
        (Some(prefix), Some(rest)) => (Some(prefix), &rest[prefix.len()..]),
        _ => (None, scanned),
    }
}

/// A tag of ours, alone or as the last part of an address.
fn find_tag(text: &str) -> Option<Tag> {
    let part = match text.split_once("://") {
        Some((_, address)) => {
            let path = address.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
            path.split_once('/').map(|(_, path)| path.rsplit('/').next().unwrap_or(path))?
        }
        None => text,
    };
    Tag::read(part).ok()
}

struct Elements<'a> {
    gtin: &'a str,
    serial: Option<&'a str>,
}

/// `None` where the text is no element string of a trade item.
fn read_elements(text: &str, is_declared: bool) -> Option<Elements<'_>> {
    if let Some(printed) = text.strip_prefix("(01)") {
        return read_printed(printed);
    }
    let is_certain = is_declared || text.contains(SEPARATOR);
    if !is_certain && !text.starts_with("01") {
        return None;
    }
    let (mut gtin, mut serial, mut rest) = (None, None, text);
    while !rest.is_empty() {
        let (element, behind) = split_element(rest)?;
        match element.get(..2) {
            Some("01") if gtin.is_none() => gtin = read_gtin(&element[2..]),
            Some("21") if serial.is_none() => serial = read_serial(&element[2..]),
            _ => {}
        }
        rest = behind;
    }
    let elements = Elements { gtin: gtin?, serial };
    // Where nothing declares it as one, any number may begin with 01.
    let is_one = is_certain || elements.serial.is_some() || has_check_digit(elements.gtin);
    is_one.then_some(elements)
}

/// The same as printed for people below a barcode, `(01)…`: a bracket begins each part.
fn read_printed(printed: &str) -> Option<Elements<'_>> {
    let gtin = read_gtin(printed.get(..GTIN_DIGITS)?)?;
    let rest = &printed[GTIN_DIGITS..];
    let serial = match rest.strip_prefix("(21)") {
        // All that follows: a serial number may have brackets of its own.
        Some(serial) => Some(serial),
        None if rest.is_empty() || rest.starts_with('(') => rest.split_once("(21)").map(|(_, serial)| serial),
        None => return None,
    };
    Some(Elements { gtin, serial: serial.and_then(read_serial) })
}

fn read_serial(text: &str) -> Option<&str> {
    Some(text.trim_matches(is_blank)).filter(|serial| !serial.is_empty())
}

fn read_gtin(text: &str) -> Option<&str> {
    (text.len() == GTIN_DIGITS && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// One element and the rest: as long as its first two digits say, or up to a separator.
fn split_element(text: &str) -> Option<(&str, &str)> {
    let length = text.get(..2).and_then(fixed_length);
    let end = match length {
        Some(length) => length,
        None => text.find(SEPARATOR).unwrap_or(text.len()),
    };
    let element = text.get(..end).filter(|element| !element.is_empty() && !element.contains(SEPARATOR))?;
    Some((element, text[end..].trim_start_matches(SEPARATOR)))
}

/// How long an element is, its identifier included (GS1 General Specifications, “predefined length”).
fn fixed_length(identifier: &str) -> Option<usize> {
    Some(match identifier {
        "00" => 20,
        "01" | "02" | "03" | "41" => 16,
        "04" => 18,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => 8,
        "20" => 4,
        "31" | "32" | "33" | "34" | "35" | "36" => 10,
        _ => return None,
    })
}

/// Whether the last digit is the check digit of the others.
fn has_check_digit(gtin: &str) -> bool {
    let digits = gtin.bytes().map(|b| u32::from(b.saturating_sub(b'0')));
    let sum: u32 = digits.enumerate().map(|(i, digit)| if i % 2 == 0 { digit * 3 } else { digit }).sum();
    sum.is_multiple_of(10)
}

/// Invisible characters, and those that turn the direction of the text around them.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// For typed text: scripts and emoji need some of these to join characters.
pub fn is_hidden_in_text(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

fn check_code(text: String) -> Result<ScannedCode, ScannedCodeError> {
    if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
        return Err(ScannedCodeError::Character(hidden.into()));
    }
    if (CHARS_MIN..=CHARS_MAX).contains(&text.chars().count()) {
        Ok(ScannedCode(text))
    } else {
        Err(ScannedCodeError::Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(scanned: &str) -> Result<String, ScannedCodeError> {
        ScannedCode::read(scanned).map(|code| code.to_string())
    }

    #[test]
    fn a_code_of_a_hospital_is_taken_as_it_is() {
        for (scanned, code) in [
            ("  BME-004711 ", "BME-004711"),
            ("]C0BME-004711", "BME-004711"),
            ("old:equipment:42", "old:equipment:42"),
            ("A\u{30a}7", "Å7"),
            ("0123456789", "0123456789"),
            ("]", "]"),
            ("https://maker.example/p?x=1", "https://maker.example/p?x=1"),
        ] {
            match code.len() {
                1 => assert_eq!(read(scanned), Err(ScannedCodeError::Length)),
                _ => assert_eq!(read(scanned).as_deref(), Ok(code)),
            }
        }
        assert_ne!(read("ab12"), read("AB12"), "case matters");
    }

    #[test]
    fn an_element_string_is_its_number_and_serial_number_however_it_comes() {
        let code = Ok("(01)09506000134352(21)SN-77/1");
        for scanned in [
            "]d20109506000134352".to_owned() + "21SN-77/1",
            "]C101095060001343521728013121SN-77/1".to_owned(),
            "]Q3010950600013435210LOT9\u{1d}21SN-77/1\u{1d}".to_owned(),
            "]e0\u{1d}010950600013435221SN-77/1\u{1d}10LOT9".to_owned(),
            "010950600013435221SN-77/1".to_owned(),
            "010950600013435210LOT9\u{1d}21SN-77/1".to_owned(),
            "(01)09506000134352(21)SN-77/1".to_owned(),
            "(01)09506000134352(17)280131(21)SN-77/1".to_owned(),
        ] {
            assert_eq!(read(&scanned).as_deref(), code, "{scanned:?}");
        }
    }

    #[test]
    fn what_every_item_of_a_model_has_is_refused() {
        for scanned in [
            "]d20109506000134352",
            "]C10109506000134352172801311012A",
            "]d2010950600013435221",
            "0109506000134352",
            "010950600013435210LOT9\u{1d}",
            "(01)09506000134352",
            "(01)09506000134352(10)LOT9",
        ] {
            assert_eq!(read(scanned), Err(ScannedCodeError::EveryItem), "{scanned:?}");
        }
        // No trade item number: the check digit is wrong, and nothing says that it is one.
        assert_eq!(read("0109506000134353").as_deref(), Ok("0109506000134353"));
    }

    #[test]
    fn a_tag_of_ours_is_no_code() {
        let tag: Tag = "7QK3M9X2W".parse().unwrap();
        for scanned in [
            "7QK3M9X2W",
            "7qk 3m9-x2w",
            "]Q17QK3M9X2W",
            "HTTP://10.0.0.5/7QK3M9X2W",
            "https://clean.example/t/7QK3M9X2W/?a=1#b",
        ] {
            assert_eq!(read(scanned), Err(ScannedCodeError::Tag(tag)), "{scanned}");
        }
        assert_eq!(read("7QK3M9X2A").as_deref(), Ok("7QK3M9X2A"), "nine characters of somebody else");
    }

    #[test]
    fn what_is_no_code_says_why() {
        for short in ["", " ", "x", "]d2", "\u{1d}"] {
            assert_eq!(read(short), Err(ScannedCodeError::Length), "{short:?}");
        }
        for long in
            ["x".repeat(129), "x".repeat(1_000_000), format!("]d2010950600013435221{}", "x".repeat(120))]
        {
            assert_eq!(read(&long), Err(ScannedCodeError::Length));
        }
        for (hidden, code) in [("a\u{0}b", 0), ("a\nb", 0x0a), ("a\u{202e}b", 0x202e), ("8004A\u{1d}7", 0x1d)]
        {
            assert_eq!(read(hidden), Err(ScannedCodeError::Character(code)), "{hidden:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_as_itself_again(scanned in "\\PC{0,140}|[0-9(){}\u{1d}\\]dQ]{0,60}") {
            if let Ok(code) = ScannedCode::read(&scanned) {
                prop_assert!((CHARS_MIN..=CHARS_MAX).contains(&code.as_str().chars().count()));
                prop_assert!(!code.as_str().chars().any(|c| c.is_control()));
                if !code.as_str().starts_with(']') {
                    prop_assert_eq!(ScannedCode::read(code.as_str()), Ok(code));
                }
            }
        }

        #[test]
        fn every_serial_number_of_an_element_string_is_found(gtin in "[0-9]{14}", serial in "[A-Z0-9/.-]{1,20}", lot in "[A-Z0-9]{1,20}") {
            let expected = format!("(01){gtin}(21){serial}");
            for scanned in [
                format!("]d201{gtin}21{serial}"),
                format!("]d201{gtin}10{lot}\u{1d}21{serial}"),
                format!("]C101{gtin}21{serial}\u{1d}10{lot}"),
                format!("01{gtin}21{serial}"),
                expected.clone(),
            ] {
                prop_assert_eq!(ScannedCode::read(&scanned).map(|code| code.to_string()), Ok(expected.clone()));
            }
        }
    }
}
