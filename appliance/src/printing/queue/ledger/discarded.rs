//! Blank tags that were given up: a label that somebody looked for and did not find is never printed again, and a user
//! who scans it one day is informed.

use record::tag::Tag;

use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::plan::LabelState;
use crate::printing::model::request::LabelRequest;
use crate::printing::queue::ledger::PrintLedger;
use crate::printing::queue::ledger::tables::{BLANKS, LABELS, STATES, damaged_error, row_of};

impl PrintLedger {
    /// Whether this tag was given to a printer as one of no item.
    pub(crate) fn is_blank(&self, tag: Tag) -> Result<bool, LedgerError> {
        self.read("looking for a blank tag", |tx| Ok(tx.open_table(BLANKS)?.get(tag.as_str())?.is_some()))
    }

    /// Whether this blank tag was sent to a printer and is not counted as printed. Jobs that were deleted do not count.
    pub(crate) fn is_discarded(&self, tag: Tag) -> Result<bool, LedgerError> {
        self.read("looking for a blank tag", |tx| {
            let Some(seq) = tx.open_table(BLANKS)?.get(tag.as_str())?.map(|seq| seq.value()) else {
                return Ok(false);
            };
            let states = tx.open_table(STATES)?;
            for entry in tx.open_table(LABELS)?.range((seq, 0)..=(seq, u32::MAX))? {
                let (at, body) = entry?;
                let label: LabelRequest =
                    serde_json::from_slice(body.value()).map_err(|e| damaged_error(&e))?;
                if label.tag == Some(tag) {
                    let row = states.get(at.value())?.map(|row| row_of(row.value()));
                    return Ok(row.is_some_and(|row| {
                        row.attempts > 0 && matches!(row.state, LabelState::Failed | LabelState::Cancelled)
                    }));
                }
            }
            Ok(false)
        })
    }
}
