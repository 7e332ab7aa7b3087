//! “Can this be trusted?”: what the box itself checks of an item's records, and who has seen its log.

use record::fold::CleaningRecord;

use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::EquipmentWords;

#[derive(Debug, Clone)]
pub(crate) struct VerificationResult {
    pub(crate) holds: bool,
    pub(crate) words: String,
    pub(crate) checked: String,
    pub(crate) size: String,
    pub(crate) root: String,
    pub(crate) witness: String,
    pub(crate) newest: Option<u64>,
}

pub(crate) fn verify_records(
    state: &AppState,
    wording: &PageWording,
    w: EquipmentWords,
    reader: &LogReader,
    cleanings: &[&CleaningRecord],
) -> VerificationResult {
    let here: Vec<u64> =
        cleanings.iter().filter(|c| c.of.epoch == reader.epoch()).map(|c| c.of.seq).collect();
    let wrong = here.iter().find_map(|seq| match reader.entry(*seq) {
        Ok(Some(_)) => None,
        Ok(None) => Some(w.trust_entry_absent(seq)),
        Err(error) => {
            tracing::error!(seq, %error, "an entry does not hold");
            Some(w.trust_entry_wrong(seq))
        }
    });
    let holds = wrong.is_none();
    let words = match (wrong, here.len()) {
        (Some(wrong), _) => wrong,
        (None, 0) => w.trust_nothing(),
        (None, many) => w.trust_read_again(many),
    };
    let witness = match state.store.cursor().stored {
        Some(stored) => w.trust_relay(stored.checkpoint.size),
        None => w.trust_no_relay(),
    };
    let root = reader.root().to_string().to_uppercase();
    VerificationResult {
        holds,
        words,
        checked: w.trust_checked_when(wording.dates().day_and_time(wording.local().now_ms()).text),
        size: w.trust_entries(reader.size()),
        root: format!("{} {} {}", &root[..4], &root[4..8], &root[8..12]),
        witness,
        newest: here.first().copied(),
    }
}
