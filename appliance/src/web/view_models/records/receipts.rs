//! The entry that a receipt names.

use record::entry::Entry;
use record::fold::{CleaningRecord, LinePlace};
use record::kinds::{CleaningRecorded, EntryRef, Event};
use record::receipt::Receipt;
use web::error::HttpError;

use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::http_error::{history_missing, not_found, store_error, worded};
use crate::web::view_models::records::proofs::STEPS_MAX;
use crate::web::words::ErrorWords;

pub(crate) struct ReceiptTarget {
    pub(crate) receipt: Receipt,
    pub(crate) line: LinePlace,
    pub(crate) entry: Entry,
    pub(crate) body: Box<CleaningRecorded>,
    pub(crate) cleaning: CleaningRecord,
    /// Whether the item of its tag is unknown here, so that it counts for no item.
    pub(crate) is_uncounted: bool,
}

pub(crate) fn find_receipt(
    state: &AppState,
    reader: &LogReader,
    text: &str,
) -> Result<ReceiptTarget, HttpError> {
    let mut receipt: Receipt = text.to_uppercase().parse().map_err(|_| unknown_receipt())?;
    let found = reader
        .lines_of(receipt.n, receipt.seq)
        .map_err(store_error)?
        .into_iter()
        .find(|(_, entry): &(LinePlace, Entry)| receipt.fits(entry.leaf()));
    let (mut line, mut entry) = found.ok_or_else(|| match state.lacks_entry(receipt.n, receipt.seq) {
        true => history_missing(),
        false => unknown_receipt(),
    })?;
    let counted = reader.cleaning_at(line).map_err(store_error)?;
    let is_uncounted = counted.is_none();
    let cleaning = counted.or_else(|| reader.uncounted_cleaning(line, &entry)).ok_or_else(unknown_receipt)?;
    if cleaning.place() != line {
        // The later place of what was sent again leads to the first.
        line = cleaning.place();
        entry = reader.line(line).map_err(store_error)?.ok_or_else(unknown_receipt)?;
        receipt = Receipt::of(line.of, entry.leaf());
    }
    let Event::CleaningRecorded(body) = entry.event() else { return Err(unknown_receipt()) };
    Ok(ReceiptTarget { receipt, line, entry, body, cleaning, is_uncounted })
}

pub(crate) fn unknown_receipt() -> HttpError {
    not_found().detail(worded(ErrorWords::error_receipt_detail)).next(worded(ErrorWords::error_receipt_next))
}

/// The entry of the chain by which a line counts: its own, or the one that adopted its run, or the run of that one.
pub(crate) fn in_chain(reader: &LogReader, mut line: LinePlace) -> Option<EntryRef> {
    for _ in 0..STEPS_MAX {
        match line.run {
            None => return Some(line.of),
            Some(run) => line = reader.adoption_of(&run)?.by,
        }
    }
    None
}
