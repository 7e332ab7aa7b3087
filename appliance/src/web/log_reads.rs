//! Reads of the log for pages: with bounded concurrency and a deadline.

use record::fold::FacilityState;
use record::ids::StaffId;
use record::kinds::CleanedBy;
use record::tree::Hash;
use web::error::HttpError;
use words::{Locale, SafeHtml, WordSet as _, fill_slots};

use crate::store::{LogReader, ReadLane};
use crate::web::context::AppState;
use crate::web::http_error::read_error;
use crate::web::words::{PageWords, ReceiptWords};

/// Reads the log and all history on a thread of the store: pages never read on the async threads.
pub(crate) async fn read_text<T: Send + 'static>(
    state: &AppState,
    lane: ReadLane,
    work: impl FnOnce(&AppState, &LogReader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    let requested = state.clone();
    state.store.read(lane, move |reader| work(&requested, reader)).await.map_err(read_error)?
}

pub(crate) async fn read_quick<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState, &LogReader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    read_text(state, ReadLane::Quick, work).await
}

pub(crate) async fn read_long<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState, &LogReader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    read_text(state, ReadLane::Long, work).await
}

/// As [`read_text`], for work that has a thread of its own to wait on.
pub(crate) fn read_waiting<T: Send + 'static>(
    state: &AppState,
    lane: ReadLane,
    work: impl FnOnce(&AppState, &LogReader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    tokio::runtime::Handle::current().block_on(read_text(state, lane, work))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoredText {
    Present(String),
    Erased,
    Unreadable,
    Nobody,
}

impl StoredText {
    pub(crate) fn read(reader: &LogReader, hash: Hash) -> Self {
        match reader.text(&hash) {
            Ok(Some(text)) => Self::Present(text),
            Ok(None) => Self::Erased,
            Err(error) => {
                tracing::warn!(%error, "a text could not be read");
                Self::Unreadable
            }
        }
    }

    pub(crate) fn of_staff(reader: &LogReader, facility: &FacilityState, staff: StaffId) -> Self {
        facility.staff.get(&staff).map_or(Self::Nobody, |staff| Self::read(reader, staff.name))
    }

    /// The name of who cleaned; none where nobody is named.
    pub(crate) fn of_cleaner(reader: &LogReader, facility: &FacilityState, who: &CleanedBy) -> Option<Self> {
        match who {
            CleanedBy::Entered { name, .. } => Some(Self::read(reader, name.hash)),
            CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } => {
                Some(Self::of_staff(reader, facility, *staff))
            }
            CleanedBy::Unattributed => None,
        }
    }

    /// Why a record was taken back. The default text for a missing reason is translated to the reader's language.
    pub(crate) fn of_void(reader: &LogReader, hash: Hash, locale: Locale) -> Self {
        match Self::read(reader, hash) {
            Self::Present(text) if Locale::ALL.into_iter().any(|one| word_unsaid(one) == text) => {
                Self::Present(word_unsaid(locale))
            }
            other => other,
        }
    }

    pub(crate) fn readable(self) -> Option<String> {
        match self {
            Self::Present(text) => Some(text),
            Self::Erased | Self::Unreadable | Self::Nobody => None,
        }
    }

    pub(crate) fn word(self, words: PageWords) -> String {
        match self {
            Self::Present(text) => text,
            Self::Erased => words.text_erased(),
            Self::Unreadable => words.text_unreadable(),
            Self::Nobody => words.who_unknown(),
        }
    }

    /// The same for the middle of a sentence, in an element of its own where somebody entered it.
    pub(crate) fn to_html(&self, words: PageWords) -> SafeHtml {
        match self {
            Self::Present(text) => SafeHtml::entered(text),
            absent => fill_slots(absent.clone().word(words), []),
        }
    }
}

fn word_unsaid(locale: Locale) -> String {
    ReceiptWords::in_locale(locale).undo_unsaid()
}

/// A text behind its hash, for pages that are in English only; one that was erased says so.
pub(crate) fn text_of(reader: &LogReader, hash: Hash) -> String {
    StoredText::read(reader, hash).word(PageWords::in_locale(Locale::EnUs))
}

pub(crate) fn staff_name(reader: &LogReader, facility: &FacilityState, staff: StaffId) -> String {
    StoredText::of_staff(reader, facility, staff).word(PageWords::in_locale(Locale::EnUs))
}
