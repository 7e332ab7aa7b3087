//! What is written to, and what can go wrong with it.

use std::io;

use crate::error::FlashError;

/// None of it may change between writing and reading back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardIdentity {
    pub(crate) bytes: u64,
    /// Its serial number and the count of media changes, where the system knows them.
    pub(crate) marks: Vec<String>,
}

/// A card, or a file in place of one; tests implement it with cards that fail.
pub(crate) trait CardDevice {
    fn identity(&mut self) -> io::Result<CardIdentity>;

    /// Fills `into` from byte `at`.
    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()>;

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    fn sync(&mut self) -> io::Result<()>;

    /// The next reads come from the card and not from the page cache.
    fn drop_cache(&mut self) -> io::Result<()>;

    /// Whether what was never written reads as zeros.
    fn is_blank(&self) -> bool;

    /// Whether the medium must be larger than the image: a box makes its data partition after it.
    fn needs_larger_card(&self) -> bool;
}

pub(crate) fn write_fault(at: u64) -> impl Fn(io::Error) -> FlashError {
    move |source| {
        if is_removal(&source) {
            FlashError::CardRemoved { at }
        } else {
            FlashError::CardUnwritable { at, source }
        }
    }
}

pub(crate) fn read_fault(at: u64) -> impl Fn(io::Error) -> FlashError {
    move |source| {
        if is_removal(&source) {
            FlashError::CardRemoved { at }
        } else {
            FlashError::CardUnreadable { at, source }
        }
    }
}

/// `ENXIO`, `ENODEV` and `ENOMEDIUM`: a reader or card that is gone.
pub(crate) const REMOVAL_ERRNOS: [i32; 3] = [6, 19, 123];

fn is_removal(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|errno| REMOVAL_ERRNOS.contains(&errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_fault_of(errno: i32) -> FlashError {
        write_fault(7)(io::Error::from_raw_os_error(errno))
    }

    #[test]
    fn a_card_that_is_gone_is_no_worn_card() {
        assert!(matches!(write_fault_of(123), FlashError::CardRemoved { at: 7 }));
        assert!(matches!(write_fault_of(5), FlashError::CardUnwritable { at: 7, .. }));
        assert!(matches!(read_fault(7)(io::Error::from_raw_os_error(19)), FlashError::CardRemoved { .. }));
    }
}
