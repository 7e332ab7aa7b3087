//! The words of the relay's pages: a type for each area of messages, as the build script makes them.

use words::{Locale, WordSet};

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// In which the relay's pages are: nobody chooses another language here so far.
pub(crate) const LOCALE: Locale = Locale::EnUs;

/// The words of a page that has no times.
pub(crate) fn open_words<W: WordSet>() -> W {
    W::in_locale(LOCALE)
}
