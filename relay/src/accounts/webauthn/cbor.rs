//! As much of CBOR (RFC 8949) as authenticators write: CTAP2's canonical form, with definite lengths and few levels.

/// CTAP 2.2 §8: no message of an authenticator is nested deeper.
const LEVELS_MAX: u8 = 4;
/// Members of a map or a list: far more than any that an authenticator sends.
const MEMBERS_MAX: u64 = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CborValue<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// `false`, `true`, `null` and the like.
    Simple(u8),
}

impl<'a> CborValue<'a> {
    /// Reads one value from the beginning of `rest`, which is then what follows it.
    pub(super) fn read(rest: &mut &'a [u8]) -> Option<Self> {
        Self::read_level(rest, LEVELS_MAX)
    }

    pub(super) fn read_whole(mut bytes: &'a [u8]) -> Option<Self> {
        Self::read(&mut bytes).filter(|_| bytes.is_empty())
    }

    fn read_level(rest: &mut &'a [u8], levels: u8) -> Option<Self> {
        let (first, after) = rest.split_first()?;
        *rest = after;
        let argument = read_argument(rest, first & 0x1f)?;
        match first >> 5 {
            0 => i64::try_from(argument).ok().map(Self::Integer),
            1 => i64::try_from(argument).ok().map(|n| Self::Integer(-1 - n)),
            2 => take_bytes(rest, argument).map(Self::Bytes),
            3 => std::str::from_utf8(take_bytes(rest, argument)?).ok().map(Self::Text),
            4 => {
                let mut list = Vec::new();
                for _ in 0..member_count(argument, levels)? {
                    list.push(Self::read_level(rest, levels - 1)?);
                }
                Some(Self::List(list))
            }
            5 => Self::read_members(rest, member_count(argument, levels)?, levels - 1),
            // Floating point has an argument of more than one byte; nothing here means one.
            7 if (first & 0x1f) < 25 => u8::try_from(argument).ok().map(Self::Simple),
            _ => None,
        }
    }

    fn read_members(rest: &mut &'a [u8], count: u64, levels: u8) -> Option<Self> {
        let mut members: Vec<(Self, Self)> = Vec::new();
        for _ in 0..count {
            let key = Self::read_level(rest, levels)?;
            // Two values of one key are two opinions.
            if members.iter().any(|(known, _)| *known == key) {
                return None;
            }
            members.push((key, Self::read_level(rest, levels)?));
        }
        Some(Self::Map(members))
    }

    pub(super) fn member(&self, key: &CborValue<'_>) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub(super) fn text_member(&self, key: &str) -> Option<&Self> {
        self.member(&CborValue::Text(key))
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(n) = self { Some(*n) } else { None }
    }

    pub(super) fn as_bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// How many members follow, where so many may and the level is one that there may be.
fn member_count(argument: u64, levels: u8) -> Option<u64> {
    (levels > 0 && argument <= MEMBERS_MAX).then_some(argument)
}

fn take_bytes<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

fn read_argument(rest: &mut &[u8], short: u8) -> Option<u64> {
    let length = match short {
        0..24 => return Some(u64::from(short)),
        24..28 => 1_u64 << (short - 24),
        // Lengths that are not known at the beginning are not canonical.
        _ => return None,
    };
    let bytes = take_bytes(rest, length)?;
    Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_the_standard_are_read() {
        // RFC 8949, appendix A.
        for (bytes, value) in [
            (&[0x17_u8][..], CborValue::Integer(23)),
            (&[0x18, 0x64], CborValue::Integer(100)),
            (&[0x1a, 0x00, 0x0f, 0x42, 0x40], CborValue::Integer(1_000_000)),
            (&[0x39, 0x03, 0xe7], CborValue::Integer(-1_000)),
            (&[0x44, 1, 2, 3, 4], CborValue::Bytes(&[1, 2, 3, 4])),
            (&[0x62, 0xc3, 0xbc], CborValue::Text("ü")),
            (&[0xf5], CborValue::Simple(21)),
            (&[0x82, 1, 2], CborValue::List(vec![CborValue::Integer(1), CborValue::Integer(2)])),
            (&[0xa1, 0x61, 0x61, 0x20], CborValue::Map(vec![(CborValue::Text("a"), CborValue::Integer(-1))])),
        ] {
            assert_eq!(CborValue::read_whole(bytes), Some(value), "{bytes:02x?}");
        }
    }

    #[test]
    fn what_no_authenticator_writes_is_refused() {
        for (bytes, why) in [
            (&[][..], "nothing"),
            (&[0x18], "cut in its number"),
            (&[0x44, 1, 2], "cut in its bytes"),
            (&[0x5f, 0x41, 1, 0xff], "no length"),
            (&[0xa2, 1, 2, 1, 3], "a key twice"),
            (&[0x81, 0x81, 0x81, 0x81, 0x81, 1], "too deep"),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "too many members"),
            (&[0xf9, 0x3c, 0x00], "a float"),
            (&[0xc1, 1], "a tag"),
            (&[1, 2], "more behind it"),
            (&[0x61, 0xff], "no text"),
        ] {
            assert_eq!(CborValue::read_whole(bytes), None, "{why}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = CborValue::read_whole(&bytes);
        }
    }
}
