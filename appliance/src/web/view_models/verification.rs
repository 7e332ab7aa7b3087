//! “Can this be trusted?”: what the box itself checks of an item's records, and who has seen its log.

use record::fold::Cleaning;

use crate::store::Reader;
use crate::web::context::AppState;
use crate::web::view_models::formats;
use crate::web::view_models::formats::count;
use crate::web::view_models::snapshot::Snapshot;

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    pub(crate) holds: bool,
    pub(crate) words: String,
    pub(crate) checked: String,
    pub(crate) size: String,
    pub(crate) root: String,
    pub(crate) witness: String,
    /// The newest entry that was checked.
    pub(crate) newest: Option<u64>,
}

/// Reads the entries of these cleanings again, each against the tree's own hashes.
pub(crate) fn trust(
    state: &AppState,
    snapshot: &Snapshot,
    reader: &Reader,
    cleanings: &[&Cleaning],
) -> Trust {
    let here: Vec<u64> =
        cleanings.iter().filter(|c| c.of.epoch == reader.epoch()).map(|c| c.of.seq).collect();
    let wrong = here.iter().find_map(|seq| match reader.entry(*seq) {
        Ok(Some(_)) => None,
        Ok(None) => Some(format!("Entry {} is not there.", count(*seq))),
        Err(error) => {
            tracing::error!(seq, %error, "an entry does not hold");
            Some(format!("Entry {} does not match its hash.", count(*seq)))
        }
    });
    let holds = wrong.is_none();
    let words = match (wrong, here.len()) {
        (Some(wrong), _) => format!("{wrong} Keep this box running and call us."),
        (None, 0) => "There is nothing to check yet.".to_owned(),
        (None, many) => format!(
            "Its newest {} were read again just now: they are in the signed log, unchanged.",
            formats::plural(many, "record", "records")
        ),
    };
    let local = &snapshot.local;
    let witness = match state.store.cursor().kept {
        Some(kept) => format!("relay, {} entries, same root", count(kept.checkpoint.size)),
        None => "none yet: no relay has seen this log".to_owned(),
    };
    let root = reader.root().to_string().to_uppercase();
    Trust {
        holds,
        words,
        checked: format!("{}, by this box", local.day_time(local.now_ms()).text),
        size: format!("{} entries", count(reader.size())),
        root: format!("{} {} {}", &root[..4], &root[4..8], &root[8..12]),
        witness,
        newest: here.first().copied(),
    }
}
