//! The sheet of labels that a print queue has: which labels are on it and by which name the queue knows it, on disk before
//! the queue gets it, so that the queue can be asked about it after any crash.

use redb::{ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::printing::model::cause::FailureCause;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::plan::{ConfirmedBy, LabelProgress, LabelState, after_answer};
use crate::printing::queue::ledger::tables::{
    LABELS, LabelTable, damaged_error, read_label, to_json, write_failure,
};
use crate::printing::queue::ledger::{AnswerOutcome, PrintLedger, RedbResult, doubt_all};

const SHEETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("print_sheets");

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubmittedSheet {
    pub(crate) seq: u64,
    pub(crate) labels: Vec<u32>,
    /// By which the queue knows it; no other sheet ever has it.
    pub(crate) name: String,
    /// The queue's number of it, once the queue reported it.
    pub(crate) number: Option<i32>,
    pub(crate) address: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SheetOutcome {
    Out(ConfirmedBy),
    /// The queue has nothing of it on paper: its labels are printed by another sheet.
    Back,
    /// Nothing of it is on paper and nothing will be, for this reason.
    Failed(FailureCause),
    Doubt,
}

pub(crate) fn open_sheets(tx: &WriteTransaction) -> RedbResult<()> {
    tx.open_table(SHEETS)?;
    Ok(())
}

/// Whether the labels under way in this job are on a sheet that a queue can be asked about.
pub(crate) fn is_at_queue(tx: &WriteTransaction, seq: u64) -> RedbResult<bool> {
    for entry in tx.open_table(SHEETS)?.iter()? {
        if read_sheet(entry?.1.value())?.seq == seq {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The queue is no longer asked about a sheet of this job.
pub(crate) fn forget_sheet(tx: &WriteTransaction, seq: u64) -> RedbResult<()> {
    tx.open_table(SHEETS)?.retain(|_, sheet| read_sheet(sheet).is_ok_and(|sheet| sheet.seq != seq))?;
    Ok(())
}

fn read_sheet(sheet: &[u8]) -> RedbResult<SubmittedSheet> {
    serde_json::from_slice(sheet).map_err(|e| damaged_error(&e))
}

impl PrintLedger {
    pub(crate) fn sheet(&self, printer: &str) -> Result<Option<SubmittedSheet>, LedgerError> {
        self.read("reading which sheet is printed", |tx| {
            tx.open_table(SHEETS)?.get(printer)?.map(|sheet| read_sheet(sheet.value())).transpose()
        })
    }

    /// A sheet is about to be given to the queue: it and all its labels are on disk before the first byte goes out. `false`
    /// when one of the labels is not queued any more, or the queue has another sheet.
    pub(crate) fn sheet_goes(
        &self,
        printer: &str,
        sheet: &SubmittedSheet,
        now_ms: i64,
    ) -> Result<bool, LedgerError> {
        self.write("writing down that a sheet is sent", |tx| {
            let mut labels = LabelTable::open(tx, sheet.seq)?;
            for &n in &sheet.labels {
                if labels.row(n)?.is_none_or(|row| row.state != LabelState::Queued) {
                    return Ok(false);
                }
            }
            let mut sheets = tx.open_table(SHEETS)?;
            if sheets.get(printer)?.is_some() {
                return Ok(false);
            }
            sheets.insert(printer, to_json(sheet).as_slice())?;
            drop(sheets);
            for &n in &sheet.labels {
                labels.change(n, |row| row.sending(now_ms))?;
            }
            labels.close(tx, now_ms)?;
            Ok(true)
        })
    }

    /// The queue reported its number of the sheet.
    pub(crate) fn sheet_has(&self, printer: &str, sheet: &SubmittedSheet) -> Result<(), LedgerError> {
        self.write("writing down a sheet's number", |tx| {
            tx.open_table(SHEETS)?.insert(printer, to_json(sheet).as_slice())?;
            Ok(())
        })
    }

    /// It is known, or known to be unknown, what became of the sheet.
    pub(crate) fn sheet_ends(
        &self,
        sheet: &SubmittedSheet,
        outcome: &SheetOutcome,
        now_ms: i64,
    ) -> Result<(), LedgerError> {
        self.write("writing down what became of a sheet", |tx| {
            let (state, proof, cause) = match outcome {
                SheetOutcome::Doubt => return doubt_all(tx, sheet.seq, now_ms),
                SheetOutcome::Out(ConfirmedBy::Printer) => {
                    (LabelState::Confirmed, Some(ConfirmedBy::Printer), None)
                }
                SheetOutcome::Out(proof) => (LabelState::Sent, Some(*proof), None),
                SheetOutcome::Back => (LabelState::Queued, None, None),
                SheetOutcome::Failed(cause) => (LabelState::Failed, None, Some(cause)),
            };
            let mut labels = LabelTable::open(tx, sheet.seq)?;
            for &n in &sheet.labels {
                if labels.row(n)?.is_none_or(|row| !row.under_way()) {
                    continue;
                }
                labels.change(n, |row| LabelProgress { state, proof, at_ms: now_ms, ..row })?;
                if let Some(cause) = cause {
                    write_failure(tx, (sheet.seq, n), cause)?;
                }
            }
            forget_sheet(tx, sheet.seq)?;
            labels.close(tx, now_ms)
        })
    }

    /// A person has looked for all labels of a job that are in doubt, which are on one sheet.
    pub(crate) fn answer_all(
        &self,
        seq: u64,
        printed: bool,
        now_ms: i64,
    ) -> Result<AnswerOutcome, LedgerError> {
        self.write("writing down an answer", |tx| {
            let mut labels = LabelTable::open(tx, seq)?;
            let in_doubt = labels.progress.in_doubt.clone();
            if in_doubt.is_empty() {
                return Ok(AnswerOutcome::NoSuchLabel);
            }
            for n in in_doubt {
                let blank = read_label(&tx.open_table(LABELS)?, (seq, n))?.is_none_or(|label| label.blank);
                labels.change(n, |row| after_answer(row, printed, blank, now_ms).unwrap_or(row))?;
                if blank && !printed {
                    write_failure(tx, (seq, n), &FailureCause::BlankNotFound)?;
                }
            }
            labels.close(tx, now_ms)?;
            Ok(AnswerOutcome::Settled)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::printing::queue::ledger::tests::{head, label, memory, states, submit};
    use LabelState::{Confirmed, Failed, Queued, Sending, Unknown};

    fn unreachable(labels: &[u32], name: &str) -> SubmittedSheet {
        let (labels, name) = (labels.to_vec(), name.to_owned());
        SubmittedSheet { seq: 1, labels, name, number: None, address: "ipp://h:631/ipp/print".into() }
    }

    fn ledger() -> (PrintLedger, Arc<redb::Database>) {
        let db = memory();
        let ledger = PrintLedger::open(db.clone(), 1).unwrap();
        let labels = [label(1, false), label(2, true), label(3, false)];
        submit(&ledger, &head(1, 3, None), &labels).unwrap();
        (ledger, db)
    }

    #[test]
    fn a_sheet_outlives_the_box_and_its_end_settles_all_its_labels() {
        let (ledger, db) = ledger();
        let sheet = unreachable(&[1, 2], "a");
        assert!(ledger.sheet_goes("p", &sheet, 5).unwrap());
        assert!(!ledger.sheet_goes("p", &unreachable(&[3], "b"), 5).unwrap(), "one sheet at a time");
        let numbered = SubmittedSheet { number: Some(7), ..sheet };
        ledger.sheet_has("p", &numbered).unwrap();
        drop(ledger);
        let ledger = PrintLedger::open(db, 6).unwrap();
        assert_eq!(ledger.sheet("p").unwrap(), Some(numbered.clone()));
        assert_eq!(states(&ledger, 1), [Sending, Sending, Queued], "the queue is asked, not a person");
        ledger.sheet_ends(&numbered, &SheetOutcome::Out(ConfirmedBy::Printer), 7).unwrap();
        assert_eq!(states(&ledger, 1), [Confirmed, Confirmed, Queued]);
        assert_eq!(ledger.sheet("p").unwrap(), None);
        assert!(!ledger.sheet_goes("p", &unreachable(&[1, 3], "c"), 8).unwrap(), "label 1 is out");
    }

    #[test]
    fn a_doubted_sheet_is_answered_once_and_spares_no_blank_tag() {
        let (ledger, _) = ledger();
        ledger.sheet_goes("p", &unreachable(&[1, 2, 3], "a"), 5).unwrap();
        assert_eq!(
            ledger.answer_all(1, true, 6).unwrap(),
            AnswerOutcome::NoSuchLabel,
            "nothing is doubted yet"
        );
        ledger.doubt(1, 6).unwrap();
        assert_eq!((states(&ledger, 1), ledger.sheet("p").unwrap()), (vec![Unknown; 3], None));
        assert_eq!(ledger.answer_all(1, false, 7).unwrap(), AnswerOutcome::Settled);
        assert_eq!(states(&ledger, 1), [Queued, Failed, Queued]);
        assert_eq!(ledger.labels(1).unwrap()[1].1, Some(FailureCause::BlankNotFound));
        let again = unreachable(&[1, 3], "b");
        assert!(ledger.sheet_goes("p", &again, 8).unwrap());
        ledger.sheet_ends(&again, &SheetOutcome::Back, 9).unwrap();
        assert_eq!(states(&ledger, 1), [Queued, Failed, Queued]);
        assert!(ledger.sheet_goes("p", &again, 10).unwrap());
        ledger.cancel(1, 11).unwrap();
        ledger.sheet_ends(&again, &SheetOutcome::Back, 12).unwrap();
        assert_eq!(states(&ledger, 1), [LabelState::Cancelled, Failed, LabelState::Cancelled]);
    }
}
