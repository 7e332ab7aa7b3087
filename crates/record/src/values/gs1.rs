//! GS1 element strings, as a symbol holds them, as they are printed below it, and as a Digital Link (GS1 General Specifications 25,
//! chapter 3; GS1 Digital Link URI Syntax 1.5): what of them names one device.

use std::borrow::Cow;
use std::fmt::Write;

/// What ends an element of variable length in a symbol.
pub(crate) const SEPARATOR: char = '\u{1d}';
/// What scanners that cannot type that character send in its place. None of them may be in an element (GS1 character set 82).
const SUBSTITUTES: [&str; 8] = ["<GS>", "{GS}", "[GS]", "^]", "\u{241d}", "|", "~", "^"];
const GTIN_DIGITS: usize = 14;

/// Application identifiers by their first digits: how many digits they have, how many characters follow at least, and at most.
/// Section 3.2 of the General Specifications; a row stands for all that begin with it.
pub(crate) const IDENTIFIERS: &[(&str, usize, usize, usize)] = &[
    ("00", 2, 18, 18),
    ("01", 2, 14, 14),
    ("02", 2, 14, 14),
    ("03", 2, 14, 14),
    ("10", 2, 1, 20),
    ("11", 2, 6, 6),
    ("12", 2, 6, 6),
    ("13", 2, 6, 6),
    ("15", 2, 6, 6),
    ("16", 2, 6, 6),
    ("17", 2, 6, 6),
    ("20", 2, 2, 2),
    ("21", 2, 1, 20),
    ("22", 2, 1, 20),
    ("235", 3, 1, 28),
    ("240", 3, 1, 30),
    ("241", 3, 1, 30),
    ("242", 3, 1, 6),
    ("243", 3, 1, 20),
    ("250", 3, 1, 30),
    ("251", 3, 1, 30),
    ("253", 3, 13, 30),
    ("254", 3, 1, 20),
    ("255", 3, 13, 25),
    ("30", 2, 1, 8),
    ("31", 4, 6, 6),
    ("32", 4, 6, 6),
    ("33", 4, 6, 6),
    ("34", 4, 6, 6),
    ("35", 4, 6, 6),
    ("36", 4, 6, 6),
    ("37", 2, 1, 8),
    ("390", 4, 1, 15),
    ("391", 4, 4, 18),
    ("392", 4, 1, 15),
    ("393", 4, 4, 18),
    ("394", 4, 4, 4),
    ("395", 4, 6, 6),
    ("40", 3, 1, 30),
    ("41", 3, 13, 13),
    ("420", 3, 1, 20),
    ("421", 3, 4, 12),
    ("42", 3, 3, 15),
    ("427", 3, 1, 3),
    ("43", 4, 1, 70),
    ("700", 4, 1, 30),
    ("701", 4, 1, 20),
    ("702", 4, 1, 30),
    ("703", 4, 4, 30),
    ("704", 4, 1, 4),
    ("71", 3, 1, 20),
    ("72", 4, 1, 90),
    ("8001", 4, 14, 14),
    ("8002", 4, 1, 20),
    ("8003", 4, 14, 30),
    ("8004", 4, 1, 30),
    ("8005", 4, 6, 6),
    ("8006", 4, 18, 18),
    ("8007", 4, 1, 34),
    ("8008", 4, 8, 12),
    ("8009", 4, 1, 50),
    ("8010", 4, 1, 30),
    ("8011", 4, 1, 12),
    ("8012", 4, 1, 20),
    ("8013", 4, 1, 30),
    ("8014", 4, 1, 25),
    ("8017", 4, 18, 18),
    ("8018", 4, 18, 18),
    ("8019", 4, 1, 10),
    ("802", 4, 1, 25),
    ("8026", 4, 18, 18),
    ("8030", 4, 1, 90),
    ("804", 4, 15, 32),
    ("811", 4, 1, 70),
    ("8200", 4, 1, 70),
    ("9", 2, 1, 90),
];

/// First digits of identifiers whose elements need no separator behind them (General Specifications, figure 7.8.5-2).
const WITHOUT_SEPARATOR: [&str; 22] = [
    "00", "01", "02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "31", "32",
    "33", "34", "35", "36", "41",
];

/// What names one device: the first of these whose elements are all there.
const KEYS: &[&[&str]] =
    &[&["01", "21"], &["01", "235"], &["03", "21"], &["8006", "21"], &["8003"], &["8004"], &["8010", "8011"]];
/// What a path of a Digital Link may begin its elements with, and what may follow there.
const LINK_KEYS: [&str; 14] =
    ["01", "8006", "8013", "8010", "410", "414", "417", "8017", "8018", "255", "00", "253", "8003", "8004"];
const LINK_QUALIFIERS: [&str; 7] = ["22", "10", "21", "235", "8011", "254", "7040"];

/// The elements of one symbol, line or link, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElementString<'a>(Vec<(&'a str, Cow<'a, str>)>);

fn row_of(text: &str) -> Option<&'static (&'static str, usize, usize, usize)> {
    let rows = IDENTIFIERS.iter().filter(|(first, ..)| text.starts_with(first));
    rows.max_by_key(|(first, ..)| first.len()).filter(|(_, digits, ..)| {
        text.get(..*digits).is_some_and(|identifier| identifier.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Whether a character may be in an element (General Specifications, figure 7.11-1: character set 82).
fn is_of_set_82(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&b)
}

/// Whether the last digit is the check digit of the others (General Specifications, 7.9).
pub(crate) fn has_check_digit(digits: &str) -> bool {
    let from_right = digits.bytes().rev().map(|b| u32::from(b.saturating_sub(b'0')));
    let sum: u32 = from_right.enumerate().map(|(i, digit)| if i % 2 == 1 { digit * 3 } else { digit }).sum();
    digits.bytes().all(|b| b.is_ascii_digit()) && sum.is_multiple_of(10)
}

/// A trade item number as it is on retail goods and cases, bare: 8, 12, 13 or 14 digits with their check digit.
pub(crate) fn is_trade_item_number(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14) && has_check_digit(text)
}

impl<'a> ElementString<'a> {
    /// An element of `row`'s identifier, where its value can be one.
    fn push(&mut self, identifier: &'a str, value: Cow<'a, str>) -> Option<()> {
        if value.is_empty() {
            return Some(());
        }
        let (_, digits, least, most) = row_of(identifier).filter(|row| row.1 == identifier.len())?;
        let is_fixed = least == most && *digits <= 4;
        let fits = (*least..=*most).contains(&value.len()) && value.bytes().all(is_of_set_82);
        let is_number = !is_fixed || value.bytes().all(|b| b.is_ascii_digit());
        (fits && is_number).then(|| self.0.push((identifier, value)))
    }

    /// The value of an identifier; the first, where a symbol repeats it.
    pub(crate) fn get(&self, identifier: &str) -> Option<&str> {
        self.0.iter().find(|(of, _)| *of == identifier).map(|(_, value)| value.as_ref())
    }

    /// What a symbol holds: identifiers and values one behind the other, those of variable length ended by a separator.
    pub(crate) fn read_symbol(text: &'a str) -> Option<Self> {
        let mut elements = Self(Vec::new());
        let mut rest = text.trim_matches(SEPARATOR);
        while !rest.is_empty() {
            let (_, digits, _, most) = row_of(rest)?;
            let (identifier, behind) = rest.split_at_checked(*digits)?;
            let value = if WITHOUT_SEPARATOR.iter().any(|first| rest.starts_with(first)) {
                behind.get(..*most)?
            } else {
                behind.split(SEPARATOR).next().unwrap_or(behind)
            };
            elements.push(identifier, value.into())?;
            rest = behind[value.len()..].trim_start_matches(SEPARATOR);
        }
        (!elements.0.is_empty()).then_some(elements)
    }

    /// What is printed below a symbol: each identifier in brackets, with or without blanks around them. A bracket that holds no
    /// identifier is part of a value.
    pub(crate) fn read_printed(text: &'a str) -> Option<Self> {
        let mut elements = Self(Vec::new());
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (identifier, behind) = rest.strip_prefix('(')?.split_once(')')?;
            row_of(identifier).filter(|row| row.1 == identifier.len())?;
            let end = behind.match_indices('(').map(|(at, _)| at).find(|at| begins_printed(&behind[*at..]));
            let (value, others) = behind.split_at(end.unwrap_or(behind.len()));
            elements
                .push(identifier, value.trim_matches(|c: char| c.is_whitespace() || c == SEPARATOR).into())?;
            rest = others;
        }
        (!elements.0.is_empty()).then_some(elements)
    }

    /// A Digital Link: pairs of identifier and value at the end of any path, others in the query.
    pub(crate) fn read_link(text: &'a str) -> Option<Self> {
        let (scheme, address) = text.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let address = address.split('#').next().unwrap_or(address);
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
        (0..parts.len()).find_map(|from| {
            let pairs = parts[from..].chunks_exact(2);
            if !LINK_KEYS.contains(&parts[from]) || !pairs.remainder().is_empty() {
                return None;
            }
            let mut elements = Self(Vec::new());
            for (i, pair) in pairs.enumerate() {
                let value = decode_percent(pair[1])?;
                match pair[0] {
                    "01" if i == 0 && is_trade_item_number(&value) => {
                        elements.push("01", format!("{value:0>14}").into())?;
                    }
                    "01" => return None,
                    identifier if i == 0 || LINK_QUALIFIERS.contains(&identifier) => {
                        elements.push(identifier, value)?
                    }
                    _ => return None,
                }
            }
            for (identifier, value) in query.split(['&', ';']).filter_map(|pair| pair.split_once('=')) {
                if row_of(identifier).is_some_and(|row| row.1 == identifier.len()) {
                    elements.push(identifier, decode_percent(value)?)?;
                }
            }
            Some(elements)
        })
    }

    /// Whether it names something at all: a product, a shipping unit, an asset.
    pub(crate) fn has_key(&self) -> bool {
        LINK_KEYS.iter().chain(&["02", "03"]).any(|identifier| self.get(identifier).is_some())
    }

    /// The elements that name one device, as they are stored: in brackets, in the order of the key. `None`: they name a model, a
    /// lot or a shipping unit.
    pub(crate) fn device_key(&self) -> Option<String> {
        let key = KEYS.iter().find(|key| {
            key.iter()
                .all(|identifier| self.get(identifier).is_some_and(|value| has_serial(identifier, value)))
        })?;
        Some(key.iter().fold(String::new(), |mut stored, identifier| {
            // A string takes whatever is written into it.
            let _ = write!(stored, "({identifier})");
            let value = self.get(identifier).unwrap_or_default();
            for (at, symbol) in value.char_indices() {
                // Read again it would begin the next element. No value has a square bracket of its own.
                stored.push(if symbol == '(' && begins_printed(&value[at..]) { '[' } else { symbol });
            }
            stored
        }))
    }
}

/// Returnable assets have a number of their kind, and behind it perhaps a serial number.
fn has_serial(identifier: &str, value: &str) -> bool {
    identifier != "8003" || value.len() > GTIN_DIGITS
}

/// Whether an identifier in brackets begins here, and a value that it may have.
fn begins_printed(text: &str) -> bool {
    let inner = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    inner.is_some_and(|(identifier, _)| row_of(identifier).is_some_and(|row| row.1 == identifier.len()))
}

fn decode_percent(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The text with separators where a scanner typed something else for them. `None`: it has none of these.
pub(crate) fn restore_separators(text: &str) -> Option<String> {
    let substitute = SUBSTITUTES.iter().find(|substitute| text.contains(**substitute))?;
    Some(text.replace(substitute, "\u{1d}"))
}

/// Whether a serial number may be in a text whose separators are missing: an element of variable length that is followed by
/// another one, as far as their identifiers tell.
pub(crate) fn may_lack_separators(elements: &ElementString<'_>) -> bool {
    elements.device_key().is_none()
        && elements.0.iter().any(|(identifier, value)| {
            row_of(identifier).is_some_and(|(_, _, least, most)| least < most)
                && value.match_indices("21").any(|(at, _)| at > 0 && at + 2 < value.len())
        })
}
