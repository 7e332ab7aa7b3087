//! Room on the disk for what the relay gives back: new records go before old ones.

use record::entry::Entry;
use record::redact::TextLine;

use crate::io::disk::Disk;
use crate::io::error::StoreError;

/// Free bytes that stay for new records whatever the relay has to give: with the ballast a box records on them for weeks.
pub(crate) const RESERVED_FOR_RECORDS_BYTES: u64 = 128 << 20;

/// Refuses to take so many bytes back where they would not leave space for records.
///
/// # Errors
/// [`StoreError::NoRoomToFetch`].
pub(crate) fn reserve_space(disk: &dyn Disk, bytes: usize) -> Result<(), StoreError> {
    let expected = RESERVED_FOR_RECORDS_BYTES.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    match disk.free_bytes() {
        Some(free) if free < expected => Err(StoreError::NoRoomToFetch { free_mib: free >> 20 }),
        _ => Ok(()),
    }
}

pub(crate) fn bytes_of(entries: &[Entry], texts: &[TextLine]) -> usize {
    let beside = texts.iter().map(|text| text.text().len()).sum::<usize>();
    entries.iter().map(|entry| entry.bytes().len()).sum::<usize>() + beside
}
