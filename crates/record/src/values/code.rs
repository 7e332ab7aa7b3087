//! Codes on items that are no tags of ours: a hospital's barcode, a maker's UDI, an id of the old app, as they are compared.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::values::gs1::{
    ElementString, IDENTIFIERS, SEPARATOR, is_trade_item_number, may_lack_separators, restore_separators,
};
use crate::values::hibc::{HibcCode, read_hibc};
use crate::values::tag::Tag;

const CHARS_MIN: usize = 2;
const CHARS_MAX: usize = 128;
/// AIM prefixes that say that a GS1 element string follows (ISO/IEC 15424).
const GS1_PREFIXES: [&str; 5] = ["d2", "Q3", "C1", "e0", "J1"];
/// Those of EAN, UPC and ITF: whatever is behind them is a trade item number.
const TRADE_ITEM_PREFIXES: [&str; 4] = ["E0", "E4", "I1", "I0"];

/// A code as scanned or typed, in the form in which it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScannedCode(String);

/// Why what was scanned is no code that can be on one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum ScannedCodeError {
    /// Too short or too long.
    Length,
    /// It has a character that cannot be shown.
    Character(u32),
    /// It names a model, and not an item.
    EveryItem,
    /// A serial number, date or lot without the product that it is of (the second of two HIBC symbols).
    WithoutProduct,
    /// It may have a serial number: the scanner left out what ends the part before it.
    SeparatorsMissing,
    /// The keyboard layout of the scanner is not that of the device it types into.
    KeyboardLayout,
    /// It is a tag of ours, alone or in an address.
    Tag(Tag),
}

impl ScannedCode {
    /// Reads what a scanner or a person gave. `is_issued` says whether nine symbols with their check symbol are a tag of a label, by the
    /// host of the address in which they are, if in one: one in 32 codes of others looks like a tag by chance.
    ///
    /// # Errors
    /// What it is instead, or what is wrong with it.
    pub fn read(
        scanned: &str,
        is_issued: impl FnOnce(Tag, Option<&str>) -> bool,
    ) -> Result<Self, ScannedCodeError> {
        // Four bytes a character and some for blanks and a prefix: a million characters are refused before
        // any work.
        if scanned.len() > CHARS_MAX * 8 {
            return Err(ScannedCodeError::Length);
        }
        let (prefix, text) = split_prefix(scanned.trim());
        let text = normalise_code(text);
        if let Some((tag, host)) = find_tag(&text)
            && is_issued(tag, host)
        {
            return Err(ScannedCodeError::Tag(tag));
        }
        if is_of_other_keyboard(&text) {
            return Err(ScannedCodeError::KeyboardLayout);
        }
        if prefix.is_some_and(|prefix| TRADE_ITEM_PREFIXES.contains(&prefix)) && is_trade_item_number(&text) {
            return Err(ScannedCodeError::EveryItem);
        }
        match read_hibc(&text) {
            Some(HibcCode::Device(stored)) => return check_code(stored),
            Some(HibcCode::Product) => return Err(ScannedCodeError::EveryItem),
            Some(HibcCode::Secondary) => return Err(ScannedCodeError::WithoutProduct),
            None => {}
        }
        let is_declared = prefix.is_some_and(|prefix| GS1_PREFIXES.contains(&prefix));
        let restored = restore_separators(&text);
        match restored
            .as_deref()
            .and_then(|text| read_elements(text, is_declared))
            .or_else(|| read_elements(&text, is_declared))
        {
            Some(elements) => match elements.device_key() {
                Some(stored) => check_code(stored),
                None if !text.contains(['(', SEPARATOR])
                    && !text.contains("://")
                    && restored.is_none()
                    && may_lack_separators(&elements) =>
                {
                    Err(ScannedCodeError::SeparatorsMissing)
                }
                None => Err(ScannedCodeError::EveryItem),
            },
            None => check_code(text),
        }
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a bare number that could be the trade item number of a model: 8, 12, 13 or 14 digits with their check digit.
    pub fn may_be_trade_item(&self) -> bool {
        is_trade_item_number(&self.0)
    }
}

/// The application identifiers by which element strings are read, for scripts: of each its first digits, how many digits it has, and
/// how many characters follow it at least and at most, with colons between them and blanks between identifiers.
pub fn list_identifiers() -> String {
    let rows =
        IDENTIFIERS.iter().map(|(first, digits, least, most)| format!("{first}:{digits}:{least}:{most}"));
    rows.collect::<Vec<_>>().join(" ")
}

/// The tag of a label in a scanned or typed text, alone or as the last part of any address: for places where a label is expected
/// and nothing else.
pub fn find_label(scanned: &str) -> Option<Tag> {
    let (_, text) = split_prefix(scanned.trim());
    find_tag(&normalise_code(text.get(..CHARS_MAX * 8).unwrap_or(text))).map(|(tag, _)| tag)
}

/// By what codes are compared: the stored form, without regard to case.
pub fn comparison_key(stored: &str) -> String {
    stored.to_lowercase()
}

/// The text as it would be stored if it were of no known kind: as earlier versions stored some that are known now.
pub fn normalise_code(scanned: &str) -> String {
    let text: String = scanned.trim_matches(is_blank).nfc().collect();
    // Code 39 begins and ends with a star, which some readers pass on.
    match text.strip_prefix('*').and_then(|rest| rest.strip_suffix('*')) {
        Some(inner) if inner.len() >= CHARS_MIN => inner.to_owned(),
        _ => text,
    }
}

/// `http://` as a scanner types it for another layout: a character of its own for the colon, one twice for the strokes.
fn is_of_other_keyboard(text: &str) -> bool {
    let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("http"));
    let Some(rest) = scheme.map(|_| &text[4..]) else { return false };
    let rest = rest.strip_prefix(['s', 'S']).unwrap_or(rest);
    let mut chars = rest.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some(colon), Some(first), Some(second)) => {
            (colon, first) != (':', '/')
                && !colon.is_whitespace()
                && first == second
                && !first.is_alphanumeric()
        }
        _ => false,
    }
}

/// `None` where the text is no element string: where nothing declares it as one, any number may begin with 01.
fn read_elements(text: &str, is_declared: bool) -> Option<ElementString<'_>> {
    if let Some(linked) = ElementString::read_link(text) {
        return Some(linked);
    }
    if text.starts_with('(') {
        return ElementString::read_printed(text).filter(ElementString::has_key);
    }
    let elements = ElementString::read_symbol(text)?;
    let gtin = elements.get("01").filter(|_| text.starts_with("01"));
    let is_certain =
        is_declared || text.contains(SEPARATOR) || gtin.is_some_and(crate::values::gs1::has_check_digit);
    is_certain.then_some(elements)
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
fn find_tag(text: &str) -> Option<(Tag, Option<&str>)> {
    let Some((_, address)) = text.split_once("://") else {
        return Tag::read(text).ok().map(|tag| (tag, None));
    };
    let (host, path) = address.split(['?', '#']).next()?.trim_end_matches('/').split_once('/')?;
    Tag::read(path.rsplit('/').next().unwrap_or(path)).ok().map(|tag| (tag, Some(host)))
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
        ScannedCode::read(scanned, |_, _| false).map(|code| code.to_string())
    }

    #[test]
    fn a_code_of_a_hospital_is_taken_as_it_is() {
        for (scanned, code) in [
            ("  BME-004711 ", "BME-004711"),
            ("]C0BME-004711", "BME-004711"),
            ("*BME-4711*", "BME-4711"),
            ("***", "***"),
            ("old:equipment:42", "old:equipment:42"),
            ("A\u{30a}7", "Å7"),
            ("0123456789", "0123456789"),
            ("]", "]"),
            ("https://maker.example/p?x=1", "https://maker.example/p?x=1"),
            ("BME|4711", "BME|4711"),
            ("8004-17", "8004-17"),
            ("(21)7", "(21)7"),
            // Nine symbols with a check symbol that is right by chance.
            ("BME-00-0028", "BME-00-0028"),
        ] {
            match code.len() {
                1 => assert_eq!(read(scanned), Err(ScannedCodeError::Length)),
                _ => assert_eq!(read(scanned).as_deref(), Ok(code)),
            }
        }
        assert_eq!(comparison_key("BME-4711"), comparison_key("bme-4711"));
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
            "010950600013435210LOT9|21SN-77/1".to_owned(),
            "010950600013435210LOT9~21SN-77/1".to_owned(),
            "010950600013435210LOT9^21SN-77/1".to_owned(),
            "010950600013435210LOT9<GS>21SN-77/1".to_owned(),
            "(01)09506000134352(21)SN-77/1".to_owned(),
            " (01) 09506000134352 (21) SN-77/1 (11) 240101".to_owned(),
            "(01)09506000134352(17)280131(21)SN-77/1".to_owned(),
            "(01)09506000134352(21)SN-77/1(11)240101".to_owned(),
            "https://example.org/x/01/09506000134352/21/SN-77%2F1?17=271231".to_owned(),
            "HTTPS://ID.GS1.ORG/01/9506000134352/10/LOT9/21/SN-77%2f1#a".to_owned(),
        ] {
            assert_eq!(read(&scanned).as_deref(), code, "{scanned:?}");
        }
    }

    #[test]
    fn other_keys_name_a_device_too() {
        for (scanned, code) in [
            ("(01)09506000134352(235)TPX1", "(01)09506000134352(235)TPX1"),
            ("]d203095060001343522142", "(03)09506000134352(21)42"),
            ("(8006)095060001343520102(21)42", "(8006)095060001343520102(21)42"),
            ("]d280040095060001ASSET7", "(8004)0095060001ASSET7"),
            ("https://example.org/8004/0095060001ASSET7", "(8004)0095060001ASSET7"),
            ("(8003)09506000134352KEG7", "(8003)09506000134352KEG7"),
            ("]d280109506000CP1\u{1d}801142", "(8010)9506000CP1(8011)42"),
            ("(01)09506000134352(21)A(1)B", "(01)09506000134352(21)A(1)B"),
            // A serial number with brackets, and one with a lot behind it.
            ("]d2010950600013435221A(10)B", "(01)09506000134352(21)A[10)B"),
            ("]d2010950600013435221A\u{1d}10B", "(01)09506000134352(21)A"),
        ] {
            assert_eq!(read(scanned).as_deref(), Ok(code), "{scanned:?}");
            assert_eq!(read(code).as_deref(), Ok(code));
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
            "(01) 09506000134352",
            "(01)09506000134352(10)LOT9",
            "(8003)09506000134352",
            "(8010)9506000CP1",
            "+A123BJC5D6E71G",
            "]E09506000134352",
            "]I109506000134352",
            "https://id.gs1.org/01/09506000134352",
            "https://id.gs1.org/01/09506000134352/10/LOT9?17=271231",
        ] {
            assert_eq!(read(scanned), Err(ScannedCodeError::EveryItem), "{scanned:?}");
        }
        // No trade item number: the check digit is wrong, and nothing says that it is one.
        assert_eq!(read("0109506000134353").as_deref(), Ok("0109506000134353"));
        let bare = |text| ScannedCode::read(text, |_, _| false).unwrap().may_be_trade_item();
        assert!(bare("9506000134352") && bare("09506000134352"));
        assert!(!bare("9506000134353") && !bare("4711"));
    }

    #[test]
    fn what_a_scanner_spoils_is_said() {
        for scanned in ["01095060001343521728013110LOT921SN771", "010950600013435210LOT921SN771"] {
            assert_eq!(read(scanned), Err(ScannedCodeError::SeparatorsMissing), "{scanned}");
        }
        assert_eq!(read("+$+SN00426"), Err(ScannedCodeError::WithoutProduct));
        for scanned in [
            "HTTPÖ--10.0.0.5-7QK3M9X2W",
            "httpsÑ--box.example-7QK3M9X2W",
            "http>&&10.0.0.5&7QK3M9X2W",
            "httpM!!10.0.0.5",
        ] {
            assert_eq!(read(scanned), Err(ScannedCodeError::KeyboardLayout), "{scanned}");
        }
        assert_eq!(read("http--").as_deref(), Ok("http--"));
    }

    #[test]
    fn a_tag_of_ours_is_no_code() {
        let tag: Tag = "7QK3M9X2W".parse().unwrap();
        for (scanned, host) in [
            ("7QK3M9X2W", None),
            ("7qk 3m9-x2w", None),
            ("]Q17QK3M9X2W", None),
            ("HTTP://10.0.0.5/7QK3M9X2W", Some("10.0.0.5")),
            ("https://clean.example/t/7QK3M9X2W/?a=1#b", Some("clean.example")),
        ] {
            let asked = |of: Tag, at: Option<&str>| (of, at) == (tag, host);
            assert_eq!(ScannedCode::read(scanned, asked), Err(ScannedCodeError::Tag(tag)), "{scanned}");
        }
        assert_eq!(read("7QK3M9X2W").as_deref(), Ok("7QK3M9X2W"), "no label has it");
    }

    #[test]
    fn what_is_no_code_says_why() {
        for short in ["", " ", "x", "]d2", "\u{1d}"] {
            assert_eq!(read(short), Err(ScannedCodeError::Length), "{short:?}");
        }
        for long in ["x".repeat(129), "x".repeat(1_000_000)] {
            assert_eq!(read(&long), Err(ScannedCodeError::Length));
        }
        for (hidden, code) in [("a\u{0}b", 0), ("a\nb", 0x0a), ("a\u{202e}b", 0x202e), ("X004A\u{1d}7", 0x1d)]
        {
            assert_eq!(read(hidden), Err(ScannedCodeError::Character(code)), "{hidden:?}");
        }
    }

    /// A trade item number with its check digit.
    fn gtin() -> impl Strategy<Value = String> {
        "[0-9]{13}".prop_map(|digits| {
            (0..10).map(|check| format!("{digits}{check}")).find(|text| is_trade_item_number(text)).unwrap()
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_as_itself_again(scanned in "\\PC{0,140}|[0-9(){}\u{1d}\\]dQ+$/|]{0,60}") {
            if let Ok(code) = ScannedCode::read(&scanned, |_, _| false) {
                prop_assert!((CHARS_MIN..=CHARS_MAX).contains(&code.as_str().chars().count()));
                prop_assert!(!code.as_str().chars().any(|c| c.is_control()));
                if !code.as_str().starts_with([']', '*']) {
                    prop_assert_eq!(ScannedCode::read(code.as_str(), |_, _| false), Ok(code));
                }
            }
        }

        #[test]
        fn every_serial_number_of_an_element_string_is_found(gtin in gtin(), serial in "[A-Z0-9/.-]{1,20}", lot in "[A-Z0-9]{1,20}") {
            let expected = format!("(01){gtin}(21){serial}");
            for scanned in [
                format!("]d201{gtin}21{serial}"),
                format!("]d201{gtin}10{lot}\u{1d}21{serial}"),
                format!("]C101{gtin}21{serial}\u{1d}10{lot}"),
                format!("01{gtin}21{serial}"),
                format!("https://a.example/b/01/{gtin}/10/{lot}/21/{}", serial.replace('/', "%2F")),
                expected.clone(),
            ] {
                prop_assert_eq!(read(&scanned), Ok(expected.clone()));
            }
        }
    }
}
