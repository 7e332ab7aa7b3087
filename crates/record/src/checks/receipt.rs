//! The receipt of a record: what names it for ever to people, short enough to read out.

use std::fmt;
use std::str::FromStr;

use crate::kinds::EntryRef;
use crate::tree::Hash;

const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `<epoch's number>-<seq>-<ten symbols of its hash>`: box and relay give the same one for the same entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The epoch's number.
    pub n: u32,
    /// The entry's number in it.
    pub seq: u64,
    /// Fifty bits of the entry's leaf hash, as ten symbols.
    check: String,
}

impl Receipt {
    /// Of an entry, by its leaf hash.
    pub fn of(of: EntryRef, leaf: Hash) -> Self {
        Self { n: of.epoch.n, seq: of.seq, check: Self::symbols(leaf) }
    }

    /// Whether this is the hash of the entry that it names.
    pub fn fits(&self, leaf: Hash) -> bool {
        Self::symbols(leaf) == self.check
    }

    fn symbols(leaf: Hash) -> String {
        let bits = leaf.0[..7].iter().fold(0u64, |bits, &b| (bits << 8) | u64::from(b)) >> 6;
        (0..10)
            .map(|i: u32| char::from(SYMBOLS[usize::try_from((bits >> (45 - 5 * i)) & 31).unwrap_or(0)]))
            .collect()
    }

    /// The ten symbols in fives, as people read them out.
    pub fn hash_words(&self) -> String {
        format!("{} {}", &self.check[..5], &self.check[5..])
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.n, self.seq, self.check)
    }
}

fn parse_receipt(text: &str) -> Option<Receipt> {
    let mut parts = text.split('-');
    let (n, seq, check) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = check.len() == 10 && check.bytes().all(|b| SYMBOLS.contains(&b)) && parts.next().is_none();
    let receipt = Receipt { n: n.parse().ok()?, seq: seq.parse().ok()?, check: check.to_owned() };
    // One spelling: no signs, no leading zeros.
    (fits && receipt.to_string() == text).then_some(receipt)
}

impl FromStr for Receipt {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_receipt(text).ok_or("no receipt")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ids::Epoch;

    #[test]
    fn reads_what_it_wrote_and_nothing_else() {
        let of = EntryRef { epoch: Epoch { n: 2, key: [7; 4] }, seq: 41 };
        let receipt = Receipt::of(of, Hash([0xff; 32]));
        assert_eq!(receipt.to_string(), "2-41-ZZZZZZZZZZ");
        assert_eq!(receipt.to_string().parse(), Ok(receipt.clone()));
        assert_eq!(Receipt::symbols(Hash([0; 32])), "0000000000");
        assert_ne!(Receipt::of(of, Hash::of(b"a")), Receipt::of(of, Hash::of(b"b")));
        for wrong in [
            "",
            "2-41",
            "2-41-ZZZZZZZZZ",
            "2-41-ZZZZZZZZZU",
            "02-41-ZZZZZZZZZZ",
            "2-+1-ZZZZZZZZZZ",
            "2-41-ZZZZZZZZZZ-",
        ] {
            assert!(wrong.parse::<Receipt>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_receipt_has_one_spelling() {
        let epoch: Epoch = "3-00ab0102".parse().unwrap();
        let mut leaf = Hash::of(b"x");
        leaf.0[..7].copy_from_slice(&[0xff, 0, 0, 0, 0, 0, 0b0100_0000]);
        let receipt = Receipt::of(EntryRef { epoch, seq: 41_207 }, leaf);
        assert_eq!(receipt.to_string(), "3-41207-ZW00000001");
        assert_eq!(receipt.hash_words(), "ZW000 00001");
        assert_eq!("3-41207-ZW00000001".parse(), Ok(receipt));
        for wrong in [
            "",
            "3-41207",
            "3-41207-ZW0000000",
            "3-041207-ZW00000001",
            "3-41207-ZW0000000U",
            "3-41207-ZW00000001-",
            "+3-1-ZW00000001",
            "3-41207-zw00000001",
        ] {
            assert_eq!(wrong.parse::<Receipt>(), Err("no receipt"), "{wrong}");
        }
    }
}
