//! What scrubbing has found: written by `upkeep`, shown by the state that all share.

use record::tree::Hash;

/// What looks through have found since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScrubReport {
    /// When all of it had been looked at last, milliseconds since 1970.
    pub round_ms: Option<i64>,
    /// Segments of the journal that were healed from the database.
    pub healed: u64,
    /// Segments that were damaged and that the database could not heal.
    pub damaged: u64,
    /// Photos whose bytes are not what was recorded.
    pub photos: Vec<Hash>,
}
