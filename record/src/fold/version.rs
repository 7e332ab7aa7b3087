//! Which change a row stands at: a person or program that changes a row names what they looked at.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::kinds::EntryRef;

/// What stands for a row that no entry has changed yet.
const UNCHANGED: &str = "0";

/// The last entry that changed a row; none where nothing did. Box and relay fold the same entries, so they agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowVersion(Option<EntryRef>);

impl RowVersion {
    /// The version that an entry makes.
    pub fn of(entry: EntryRef) -> Self {
        Self(Some(entry))
    }

    /// The entry that made it.
    pub fn entry(self) -> Option<EntryRef> {
        self.0
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
            Some(EntryRef { epoch, seq }) => write!(f, "{epoch}.{seq}"),
        }
    }
}

/// The text is no version: `<epoch>.<seq>`, or `0` for what was never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no version of a row, which reads `<epoch>.<seq>`")]
pub struct RowVersionError;

impl FromStr for RowVersion {
    type Err = RowVersionError;

    fn from_str(text: &str) -> Result<Self, RowVersionError> {
        if text == UNCHANGED {
            return Ok(Self::default());
        }
        let (epoch, seq) = text.split_once('.').ok_or(RowVersionError)?;
        let epoch = epoch.parse().map_err(|_| RowVersionError)?;
        let version = Self::of(EntryRef { epoch, seq: seq.parse().map_err(|_| RowVersionError)? });
        // One spelling: no sign, no leading zeros.
        if version.to_string() == text { Ok(version) } else { Err(RowVersionError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Epoch;

    #[test]
    fn one_spelling_each() {
        let version = RowVersion::of(EntryRef { epoch: Epoch { n: 3, key: [0, 0xab, 1, 2] }, seq: 17 });
        assert_eq!(version.to_string(), "3-00ab0102.17");
        assert_eq!("3-00ab0102.17".parse(), Ok(version));
        assert_eq!("0".parse(), Ok(RowVersion::default()));
        for wrong in
            ["", "17", "3-00ab0102", "3-00ab0102.", "3-00ab0102.+17", "3-00ab0102.017", "3-00AB0102.17"]
        {
            assert_eq!(wrong.parse::<RowVersion>(), Err(RowVersionError), "{wrong}");
        }
    }
}
