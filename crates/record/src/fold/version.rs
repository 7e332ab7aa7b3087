//! Which change a row is at: a person or program that changes a row names the version that they looked at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::kinds::EntryRef;
use crate::tree::Hash;

const UNCHANGED: &str = "0";

/// The last entry that changed a row; none where nothing did. Box and relay fold the same entries, so they
/// agree on it. After storage was restored the same number may belong to another entry: the beginning of the
/// entry's hash distinguishes the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowVersion(Option<ChangingEntry>);

/// Rows that earlier versions of this program wrote have no hash.
const NO_LEAF: [u8; 4] = [0; 4];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ChangingEntry {
    #[serde(flatten)]
    of: EntryRef,
    #[serde(default)]
    leaf: [u8; 4],
}

impl RowVersion {
    /// The version that an entry with this leaf hash makes.
    pub fn of(entry: EntryRef, Hash(leaf): Hash) -> Self {
        let [a, b, c, d, ..] = leaf;
        Self(Some(ChangingEntry { of: entry, leaf: [a, b, c, d] }))
    }

    /// The number of the entry that made it. Another entry may have it too: see [`RowVersion::is_of`].
    pub fn entry(self) -> Option<EntryRef> {
        self.0.map(|changing| changing.of)
    }

    /// Whether the entry with this leaf hash made it, of those that have its number.
    pub fn is_of(self, leaf: Hash) -> bool {
        self.entry().is_some_and(|entry| Self::of(entry, leaf) == self)
    }

    /// Whether no entry has changed the row yet.
    pub fn is_unchanged(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for RowVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str(UNCHANGED),
            Some(ChangingEntry { of: EntryRef { epoch, seq }, leaf }) => {
                write!(f, "{epoch}.{seq}")?;
                if leaf == NO_LEAF { Ok(()) } else { write!(f, ".{:08x}", u32::from_be_bytes(leaf)) }
            }
        }
    }
}

/// The text is no version: `<epoch>.<seq>.<leaf>`, or `0` for what was never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no version of a row, which reads `<epoch>.<seq>.<leaf>`")]
pub struct RowVersionError;

impl FromStr for RowVersion {
    type Err = RowVersionError;

    fn from_str(text: &str) -> Result<Self, RowVersionError> {
        if text == UNCHANGED {
            return Ok(Self::default());
        }
        let mut parts = text.split('.');
        let (Some(epoch), Some(seq), leaf, None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(RowVersionError);
        };
        let epoch = epoch.parse().map_err(|_| RowVersionError)?;
        let of = EntryRef { epoch, seq: seq.parse().map_err(|_| RowVersionError)? };
        let leaf = leaf.map_or(Ok(0), |leaf| u32::from_str_radix(leaf, 16)).map_err(|_| RowVersionError)?;
        let version = Self(Some(ChangingEntry { of, leaf: leaf.to_be_bytes() }));
        // One spelling: no sign, no leading zeros.
        if version.to_string() == text { Ok(version) } else { Err(RowVersionError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ids::Epoch;

    const ENTRY: EntryRef = EntryRef { epoch: Epoch { n: 3, key: [0, 0xab, 1, 2] }, seq: 17 };

    #[test]
    fn one_spelling_each() {
        let version = RowVersion::of(ENTRY, Hash([0x0f; 32]));
        assert_eq!(version.to_string(), "3-00ab0102.17.0f0f0f0f");
        assert_eq!("3-00ab0102.17.0f0f0f0f".parse(), Ok(version));
        assert_eq!("0".parse(), Ok(RowVersion::default()));
        let earlier = RowVersion::of(ENTRY, Hash([0; 32]));
        assert_eq!((earlier.to_string().as_str(), "3-00ab0102.17".parse()), ("3-00ab0102.17", Ok(earlier)));
        for wrong in [
            "",
            "17",
            "3-00ab0102",
            "3-00ab0102.17.00000000",
            "3-00ab0102.17.",
            "3-00ab0102.17.f0f0f0f",
            "3-00ab0102.17.0F0f0f0f",
            "3-00ab0102.17.0f0f0f0f0",
            "3-00ab0102.17.0f0f0f0f.1",
            "3-00ab0102.+17.0f0f0f0f",
            "3-00ab0102.017.0f0f0f0f",
            "3-00AB0102.17.0f0f0f0f",
        ] {
            assert_eq!(wrong.parse::<RowVersion>(), Err(RowVersionError), "{wrong}");
        }
    }

    #[test]
    fn one_number_of_two_entries_is_two_versions() {
        let [first, second] = [Hash::of(b"lost"), Hash::of(b"in its place")];
        let version = RowVersion::of(ENTRY, first);
        assert_ne!(version, RowVersion::of(ENTRY, second));
        assert_ne!(version.to_string(), RowVersion::of(ENTRY, second).to_string());
        assert!(version.is_of(first) && !version.is_of(second));
        assert!(!RowVersion::default().is_of(first));
    }

    #[test]
    fn rows_are_read_with_and_without_the_hash() {
        let version = RowVersion::of(ENTRY, Hash([0x0f; 32]));
        let row = serde_json::to_string(&version).unwrap();
        assert_eq!(serde_json::from_str::<RowVersion>(&row).unwrap(), version, "{row}");
        let earlier = serde_json::to_string(&ENTRY).unwrap();
        assert_eq!(serde_json::from_str::<RowVersion>(&earlier).unwrap().entry(), Some(ENTRY));
        assert_eq!(serde_json::from_str::<RowVersion>("null").unwrap(), RowVersion::default());
    }
}
