//! Versions of content that is not in the log: printers and templates. They show which content somebody looked at.

use std::fmt;
use std::str::FromStr;

use record::tree::Hash;

/// The beginning of a content's hash. The same content again is the same version: over it nothing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContentVersion(u64);

impl ContentVersion {
    pub const NOTHING: Self = Self(0);

    pub fn of(content: &[u8]) -> Self {
        let Hash(bytes) = Hash::of(content);
        Self(bytes.iter().take(8).fold(0, |version, byte| version << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for ContentVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for ContentVersion {
    type Err = ContentVersionError;

    fn from_str(text: &str) -> Result<Self, ContentVersionError> {
        let version = u64::from_str_radix(text, 16).map(Self).map_err(|_| ContentVersionError)?;
        if version.to_string() == text { Ok(version) } else { Err(ContentVersionError) }
    }
}

/// The text is no version: 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no version, which has 16 hex digits")]
pub struct ContentVersionError;
