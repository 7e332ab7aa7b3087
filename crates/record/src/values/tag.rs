//! The short public code on a label: eight symbols of Crockford base32 and a check symbol.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Crockford's alphabet: no I, L, O, U.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DATA: usize = 8;

/// A tag: names a piece of equipment for life, is no secret and gives no rights. Its check symbol finds every single
/// wrong symbol and every swap of two neighbours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Tag([u8; DATA + 1]);

/// Why a text is not a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum TagError {
    /// Not nine symbols.
    Length,
    /// A character that no tag has.
    Symbol(char),
    /// One of the nine was misread.
    Check,
}

/// A product in GF(32) with x⁵ + x² + 1.
const fn multiply_symbols(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 0b10_0000 != 0 {
            a ^= 0b10_0101;
        }
        b >>= 1;
    }
    product
}

/// c = 1 ⊕ Σ α^(i+1)·dᵢ, α = 2.
fn check_character(data: &[u8]) -> u8 {
    let (sum, _) = data
        .iter()
        .fold((1, 2), |(sum, power), &d| (sum ^ multiply_symbols(power, d), multiply_symbols(power, 2)));
    sum
}

fn symbol_value(symbol: char) -> Option<u8> {
    let upper = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|&a| char::from(a) == upper).and_then(|i| u8::try_from(i).ok())
}

impl Tag {
    /// A new tag from 40 random bits.
    pub fn from_random(random: [u8; 5]) -> Self {
        let wide = random.iter().fold(0u64, |sum, &b| (sum << 8) | u64::from(b));
        let mut values = [0u8; DATA + 1];
        for (i, v) in values.iter_mut().take(DATA).enumerate() {
            *v = ((wide >> (35 - 5 * i)) & 31) as u8;
        }
        values[DATA] = check_character(&values[..DATA]);
        Self(values.map(|v| ALPHABET[usize::from(v)]))
    }

    /// Reads what a person typed: any case, spaces and hyphens dropped, O as 0, I and L as 1.
    ///
    /// # Errors
    /// What is wrong with it; [`TagError::Check`] means that one symbol was misread.
    pub fn read(entered: &str) -> Result<Self, TagError> {
        let mut values = Vec::with_capacity(DATA + 1);
        for c in entered.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')) {
            values.push(symbol_value(c).ok_or(TagError::Symbol(c))?);
            if values.len() > DATA + 1 {
                return Err(TagError::Length);
            }
        }
        let values: [u8; DATA + 1] = values.try_into().map_err(|_| TagError::Length)?;
        if check_character(&values[..DATA]) != values[DATA] {
            return Err(TagError::Check);
        }
        Ok(Self(values.map(|v| ALPHABET[usize::from(v)])))
    }

    /// The nine symbols.
    pub fn as_str(&self) -> &str {
        // Made only from `ALPHABET`, which is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// In threes, as printed for people: `7QK 3M9 X2W`.
    pub fn grouped(&self) -> String {
        let s = self.as_str();
        format!("{} {} {}", &s[..3], &s[3..6], &s[6..])
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Exact: the nine symbols in upper case, as in entries and URLs. People's typing goes through [`Tag::read`].
impl FromStr for Tag {
    type Err = TagError;
    fn from_str(text: &str) -> Result<Self, TagError> {
        Self::read(text).and_then(|tag| if tag.as_str() == text { Ok(tag) } else { Err(TagError::Length) })
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|error: TagError| serde::de::Error::custom(format_args!("not a tag: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for vector in ["7QK3M9X2W", "ABCDEFGH3", "000000001"] {
            assert_eq!(vector.parse::<Tag>().map(|t| t.to_string()), Ok(vector.to_owned()));
        }
    }

    #[test]
    fn typed_by_a_person() {
        let tag = Tag::read("7qk 3m9-x2w").unwrap();
        assert_eq!(tag.grouped(), "7QK 3M9 X2W");
        assert_eq!(Tag::read("OOOOOOOOl"), Tag::read("000000001"));
        assert_eq!(Tag::read("7QK3M9X2A"), Err(TagError::Check));
        assert_eq!(Tag::read("7QK3M9X2"), Err(TagError::Length));
        assert_eq!(Tag::read("7QK3M9X2U"), Err(TagError::Symbol('U')));
        assert_eq!(Tag::read(&"7".repeat(1_000_000)), Err(TagError::Length));
        assert!("7qk3m9x2w".parse::<Tag>().is_err());
    }

    proptest! {
        #[test]
        fn every_slip_is_found(random: [u8; 5], at in 0usize..9, other in 0usize..32) {
            let tag = Tag::from_random(random);
            prop_assert_eq!(Tag::read(tag.as_str()), Ok(tag));
            let mut wrong = tag.0;
            wrong[at] = ALPHABET[other];
            let read = Tag::read(std::str::from_utf8(&wrong).unwrap());
            prop_assert_eq!(read.is_ok(), wrong == tag.0);
            let mut swapped = tag.0;
            swapped.swap(at, (at + 1) % 9);
            let read = Tag::read(std::str::from_utf8(&swapped).unwrap());
            prop_assert_eq!(read.is_ok(), swapped == tag.0);
        }
    }
}
