//! The print ledger: one durable row per label in `state.redb`, written before its first byte goes out.

use std::sync::Arc;

use record::ids::JobId;
use record::tag::Tag;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::printing::model::cause::FailureCause;
use crate::printing::model::job::JobHead;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::limits::OPEN_MAX;
use crate::printing::model::news::{ChangeSignal, signal_change};
use crate::printing::model::plan::{ConfirmedBy, JobProgress, LabelProgress, LabelState, after_answer};
use crate::printing::model::request::LabelRequest;

mod designs;
mod discarded;
mod sheets;
mod tables;

pub(crate) use crate::printing::queue::ledger::designs::LOGO;
pub(crate) use crate::printing::queue::ledger::sheets::{SheetOutcome, SubmittedSheet};
use crate::printing::queue::ledger::tables::{
    BLANKS, FAILURES, JOB_IDS, JOBS, KEYS, LABELS, LabelTable, OPEN, PARTIAL_LABELS, PRINTED, PROGRESS,
    STATES, UNREPORTED, find_submitted, forget_old, read_head, read_job, read_label, read_progress,
    read_readable, read_rows, state_code, table_keys, taken_before, to_json, unreadable_job, write_failure,
};
use crate::store::StateDb;

pub(crate) fn in_memory() -> Result<Database, LedgerError> {
    let made = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new());
    made.map_err(|e| LedgerError { doing: "making one in memory", source: Box::new(e.into()) })
}

#[derive(Debug, Clone)]
pub(crate) struct LedgerJob {
    pub(crate) seq: u64,
    pub(crate) head: JobHead,
    pub(crate) progress: JobProgress,
}

/// A submission's fate.
#[derive(Debug)]
pub(crate) enum SubmitOutcome {
    /// The stored job: new, or the first one of this id or key.
    Job(Box<LedgerJob>),
    BlankAgain(Tag),
    /// Too many jobs are unfinished.
    Full,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AnswerOutcome {
    Settled,
    NoSuchLabel,
    NotInDoubt(LabelState),
}

/// Handle on the tables. All methods block on the disk.
#[derive(Debug, Clone)]
pub(crate) struct PrintLedger {
    db: StateDb,
    news: ChangeSignal,
    drawer: designs::TemplateCache,
}

pub(crate) type RedbResult<T> = Result<T, redb::Error>;

impl PrintLedger {
    /// Creates the tables where they are missing and turns everything that was under way into `unknown`.
    pub(crate) fn open(db: impl Into<StateDb>, now_ms: i64) -> Result<Self, LedgerError> {
        let news = Arc::new(tokio::sync::watch::channel(0).0);
        let ledger = Self { db: db.into(), news, drawer: designs::TemplateCache::default() };
        ledger.write("opening", |tx| {
            tx.open_table(JOB_IDS)?;
            tx.open_table(KEYS)?;
            tx.open_table(LABELS)?;
            tx.open_table(FAILURES)?;
            tx.open_table(BLANKS)?;
            tx.open_table(UNREPORTED)?;
            tx.open_table(JOBS)?;
            tx.open_table(STATES)?;
            tx.open_table(PROGRESS)?;
            tx.open_table(PRINTED)?;
            tx.open_table(PARTIAL_LABELS)?;
            sheets::open_sheets(tx)?;
            designs::open_template_tables(tx)?;
            let open: Vec<u64> = table_keys(&tx.open_table(OPEN)?)?;
            // A job of another version of this program, or a damaged one, waits; it must not take the printers with it.
            for seq in open {
                if let Some(error) = unreadable_job(tx, seq)? {
                    tracing::warn!(seq, %error, "an open print job cannot be read: it is left as it is");
                } else if !sheets::is_at_queue(tx, seq)? {
                    // Of a sheet in a print queue the queue knows more than a person.
                    doubt_all(tx, seq, now_ms)?;
                }
            }
            Ok(())
        })?;
        Ok(ledger)
    }

    /// Writes a whole job down, once per id and per key.
    pub(crate) fn submit(
        &self,
        head: &JobHead,
        labels: &[LabelRequest],
    ) -> Result<SubmitOutcome, LedgerError> {
        self.write("writing down a job", |tx| {
            if let Some(seq) = find_submitted(tx, head)? {
                let head = read_head(&tx.open_table(JOBS)?, seq)?;
                let progress = LabelTable::open(tx, seq)?.progress;
                return Ok(SubmitOutcome::Job(Box::new(LedgerJob { seq, head, progress })));
            }
            if tx.open_table(OPEN)?.len()? >= OPEN_MAX {
                return Ok(SubmitOutcome::Full);
            }
            let seq = tx.open_table(JOBS)?.last()?.map_or(1, |(seq, _)| seq.value() + 1);
            let mut blanks = tx.open_table(BLANKS)?;
            let blank_tags: Vec<Tag> = labels.iter().filter(|l| l.blank).filter_map(|l| l.tag).collect();
            if let Some(tag) = taken_before(&blanks, &blank_tags)? {
                return Ok(SubmitOutcome::BlankAgain(tag));
            }
            for tag in &blank_tags {
                blanks.insert(tag.as_str(), seq)?;
            }
            let (mut bodies, mut states) = (tx.open_table(LABELS)?, tx.open_table(STATES)?);
            for (n, label) in (1..).zip(labels) {
                bodies.insert((seq, n), to_json(label).as_slice())?;
                states.insert((seq, n), (state_code(LabelState::Queued), 0, 0, head.created_ms))?;
            }
            drop((bodies, states, blanks));
            let queued = u32::try_from(labels.len()).unwrap_or(u32::MAX);
            let progress = JobProgress { queued, first_queued: 1, ..JobProgress::default() };
            tx.open_table(PROGRESS)?.insert(seq, to_json(&progress).as_slice())?;
            tx.open_table(JOBS)?.insert(seq, to_json(head).as_slice())?;
            tx.open_table(JOB_IDS)?.insert(head.id.to_string().as_str(), seq)?;
            if let Some(key) = &head.key {
                tx.open_table(KEYS)?.insert(key.as_str(), seq)?;
            }
            tx.open_table(OPEN)?.insert(seq, ())?;
            forget_old(tx)?;
            Ok(SubmitOutcome::Job(Box::new(LedgerJob { seq, head: head.clone(), progress })))
        })
    }

    pub(crate) fn job(&self, id: JobId) -> Result<Option<LedgerJob>, LedgerError> {
        self.read("reading a job", |tx| {
            let seq = tx.open_table(JOB_IDS)?.get(id.to_string().as_str())?.map(|s| s.value());
            seq.map(|seq| read_job(tx, seq)).transpose()
        })
    }

    pub(crate) fn find(&self, id: JobId, key: Option<&str>) -> Result<Option<LedgerJob>, LedgerError> {
        self.read("looking for a job", |tx| {
            let by_id = tx.open_table(JOB_IDS)?.get(id.to_string().as_str())?.map(|s| s.value());
            let seq = match (by_id, key) {
                (None, Some(key)) => tx.open_table(KEYS)?.get(key)?.map(|s| s.value()),
                _ => by_id,
            };
            seq.map(|seq| read_job(tx, seq)).transpose()
        })
    }

    pub(crate) fn find_key(&self, key: &str) -> Result<Option<LedgerJob>, LedgerError> {
        self.read("looking for a job", |tx| {
            let seq = tx.open_table(KEYS)?.get(key)?.map(|s| s.value());
            seq.map(|seq| read_job(tx, seq)).transpose()
        })
    }

    pub(crate) fn jobs(&self, at_most: usize) -> Result<Vec<LedgerJob>, LedgerError> {
        self.read("listing jobs", |tx| {
            let newest: Vec<u64> = tx
                .open_table(JOBS)?
                .iter()?
                .rev()
                .take(at_most)
                .map(|entry| Ok(entry?.0.value()))
                .collect::<RedbResult<_>>()?;
            read_readable(tx, newest)
        })
    }

    /// Unfinished jobs, oldest first.
    pub(crate) fn open_jobs(&self) -> Result<Vec<LedgerJob>, LedgerError> {
        self.read("listing unfinished jobs", |tx| read_readable(tx, table_keys(&tx.open_table(OPEN)?)?))
    }

    /// What a job's labels come to; costs the same whatever their number.
    pub(crate) fn progress(&self, seq: u64) -> Result<JobProgress, LedgerError> {
        self.read("reading how a job stands", |tx| match read_progress(&tx.open_table(PROGRESS)?, seq)? {
            Some(progress) => Ok(progress),
            None => Ok(JobProgress::of(&read_rows(&tx.open_table(STATES)?, seq)?)),
        })
    }

    pub(crate) fn rows(&self, seq: u64) -> Result<Vec<LabelProgress>, LedgerError> {
        self.read("reading a job's labels", |tx| read_rows(&tx.open_table(STATES)?, seq))
    }

    pub(crate) fn label(&self, seq: u64, n: u32) -> Result<Option<LabelRequest>, LedgerError> {
        self.read("reading a label", |tx| read_label(&tx.open_table(LABELS)?, (seq, n)))
    }

    /// What all labels of a job say, and why some of them failed.
    pub(crate) fn labels(&self, seq: u64) -> Result<Vec<(LabelRequest, Option<FailureCause>)>, LedgerError> {
        self.read("reading a job's labels", |tx| {
            let failures = tx.open_table(FAILURES)?;
            let mut labels = Vec::new();
            for entry in tx.open_table(LABELS)?.range((seq, 0)..=(seq, u32::MAX))? {
                let (at, body) = entry?;
                let cause = failures.get(at.value())?;
                // Its state shows that it failed; a reason from another version counts as none.
                let cause = cause.and_then(|stored| serde_json::from_slice(stored.value()).ok());
                let label = serde_json::from_slice(body.value()).map_err(|e| tables::damaged_error(&e))?;
                labels.push((label, cause));
            }
            Ok(labels)
        })
    }

    /// Label `n` is about to be sent: on disk before its first byte. `false` when it is not queued any more.
    pub(crate) fn sending(&self, seq: u64, n: u32, now_ms: i64) -> Result<bool, LedgerError> {
        self.write("writing down that a label is sent", |tx| {
            let mut labels = LabelTable::open(tx, seq)?;
            if labels.row(n)?.is_none_or(|row| row.state != LabelState::Queued) {
                return Ok(false);
            }
            labels.change(n, |row| row.sending(now_ms))?;
            labels.close(tx, now_ms)?;
            Ok(true)
        })
    }

    /// Label `n` is in this state now, by this proof.
    pub(crate) fn set(
        &self,
        seq: u64,
        n: u32,
        state: LabelState,
        proof: Option<ConfirmedBy>,
        now_ms: i64,
    ) -> Result<(), LedgerError> {
        self.write("writing down a label's state", |tx| {
            let mut labels = LabelTable::open(tx, seq)?;
            labels.change(n, |row| LabelProgress { state, proof, at_ms: now_ms, ..row })?;
            labels.close(tx, now_ms)
        })
    }

    /// All labels under way up to `upto` are vouched for.
    pub(crate) fn confirm_up_to(
        &self,
        seq: u64,
        upto: u32,
        proof: ConfirmedBy,
        now_ms: i64,
    ) -> Result<(), LedgerError> {
        let state = if proof == ConfirmedBy::Printer { LabelState::Confirmed } else { LabelState::Sent };
        self.write("writing down a confirmation", |tx| {
            let mut labels = LabelTable::open(tx, seq)?;
            for n in labels.progress.under_way.clone().into_iter().filter(|&n| n <= upto) {
                labels.change(n, |row| LabelProgress { state, proof: Some(proof), at_ms: now_ms, ..row })?;
            }
            labels.close(tx, now_ms)
        })
    }

    /// The printer threw away all labels under way from `from` on.
    pub(crate) fn lose(&self, seq: u64, from: u32, now_ms: i64) -> Result<(), LedgerError> {
        self.write("writing down that the printer threw labels away", |tx| {
            let mut labels = LabelTable::open(tx, seq)?;
            for n in labels.progress.under_way.clone().into_iter().filter(|&n| n >= from) {
                let blank = read_label(&tx.open_table(LABELS)?, (seq, n))?.is_none_or(|label| label.blank);
                labels.change(n, |row| crate::printing::model::plan::after_loss(row, blank, now_ms))?;
                if blank {
                    write_failure(tx, (seq, n), &FailureCause::BlankInterrupted)?;
                }
            }
            labels.close(tx, now_ms)
        })
    }

    /// Label `n` will not be printed.
    pub(crate) fn fail(
        &self,
        seq: u64,
        n: u32,
        cause: &FailureCause,
        now_ms: i64,
    ) -> Result<(), LedgerError> {
        self.write("writing down that a label failed", |tx| {
            let mut labels = LabelTable::open(tx, seq)?;
            labels.change(n, |row| LabelProgress {
                state: LabelState::Failed,
                proof: None,
                at_ms: now_ms,
                ..row
            })?;
            write_failure(tx, (seq, n), cause)?;
            labels.close(tx, now_ms)
        })
    }

    pub(crate) fn doubt(&self, seq: u64, now_ms: i64) -> Result<(), LedgerError> {
        self.write("writing down a doubt", |tx| doubt_all(tx, seq, now_ms))
    }

    /// Whether this printer may hold half a label, since a connection broke or the box went down.
    pub(crate) fn has_partial_label(&self, printer: &str) -> Result<bool, LedgerError> {
        self.read("looking for torn labels", |tx| Ok(tx.open_table(PARTIAL_LABELS)?.get(printer)?.is_some()))
    }

    pub(crate) fn whole(&self, printer: &str) -> Result<(), LedgerError> {
        self.write("writing down that a printer is free", |tx| {
            tx.open_table(PARTIAL_LABELS)?.remove(printer)?;
            Ok(())
        })
    }

    /// A person has looked for label `n`.
    pub(crate) fn answer(
        &self,
        seq: u64,
        n: u32,
        printed: bool,
        now_ms: i64,
    ) -> Result<AnswerOutcome, LedgerError> {
        self.write("writing down an answer", |tx| {
            let label = read_label(&tx.open_table(LABELS)?, (seq, n))?;
            let mut labels = LabelTable::open(tx, seq)?;
            let (Some(label), Some(row)) = (label, labels.row(n)?) else {
                return Ok(AnswerOutcome::NoSuchLabel);
            };
            let Some(new) = after_answer(row, printed, label.blank, now_ms) else {
                return Ok(AnswerOutcome::NotInDoubt(row.state));
            };
            labels.change(n, |_| new)?;
            if new.state == LabelState::Failed {
                write_failure(tx, (seq, n), &FailureCause::BlankNotFound)?;
            }
            labels.close(tx, now_ms)?;
            Ok(AnswerOutcome::Settled)
        })
    }

    /// Labels that were not sent are not going to be.
    pub(crate) fn cancel(&self, seq: u64, now_ms: i64) -> Result<(), LedgerError> {
        self.write("cancelling a job", |tx| {
            let mut head = read_head(&tx.open_table(JOBS)?, seq)?;
            if head.finished_ms.is_some() {
                return Ok(());
            }
            head.cancelled = true;
            tx.open_table(JOBS)?.insert(seq, to_json(&head).as_slice())?;
            LabelTable::open(tx, seq)?.close(tx, now_ms)
        })
    }

    /// Finished jobs that the log has not got yet, oldest first.
    pub(crate) fn unreported(&self) -> Result<Vec<u64>, LedgerError> {
        self.read("listing outcomes", |tx| table_keys(&tx.open_table(UNREPORTED)?))
    }

    pub(crate) fn job_at(&self, seq: u64) -> Result<LedgerJob, LedgerError> {
        self.read("reading a job", |tx| read_job(tx, seq))
    }

    pub(crate) fn reported(&self, id: JobId) -> Result<(), LedgerError> {
        self.write("writing down that an outcome is in the log", |tx| {
            let seq = tx.open_table(JOB_IDS)?.get(id.to_string().as_str())?.map(|s| s.value());
            if let Some(seq) = seq {
                tx.open_table(UNREPORTED)?.remove(seq)?;
            }
            Ok(())
        })
    }

    pub(crate) fn news(&self) -> &ChangeSignal {
        &self.news
    }

    /// When each tag's label was printed last, by finished jobs.
    pub(crate) fn printed(&self) -> Result<Vec<(Tag, i64)>, LedgerError> {
        self.read("listing what was printed", |tx| {
            let mut printed = Vec::new();
            for entry in tx.open_table(PRINTED)?.iter()? {
                let (tag, ms) = entry?;
                printed.extend(tag.value().parse().ok().map(|tag| (tag, ms.value())));
            }
            Ok(printed)
        })
    }

    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&redb::ReadTransaction) -> RedbResult<T>,
    ) -> Result<T, LedgerError> {
        let read = self.db.db().begin_read().map_err(redb::Error::from).and_then(|tx| work(&tx));
        read.map_err(|source| LedgerError { doing, source: Box::new(source) })
    }

    pub(crate) fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&WriteTransaction) -> RedbResult<T>,
    ) -> Result<T, LedgerError> {
        let written = commit_changes(&self.db.db(), work)
            .map_err(|source| LedgerError { doing, source: Box::new(source) });
        signal_change(&self.news);
        written
    }
}

fn commit_changes<T>(db: &Database, work: impl FnOnce(&WriteTransaction) -> RedbResult<T>) -> RedbResult<T> {
    let mut tx = db.begin_write()?;
    tx.set_durability(Durability::Immediate)?;
    let done = work(&tx)?;
    tx.commit()?;
    Ok(done)
}

fn doubt_all(tx: &WriteTransaction, seq: u64, now_ms: i64) -> RedbResult<()> {
    let mut labels = LabelTable::open(tx, seq)?;
    if !labels.progress.under_way.is_empty() {
        let head = read_head(&tx.open_table(JOBS)?, seq)?;
        tx.open_table(PARTIAL_LABELS)?.insert(head.printer.as_str(), ())?;
    }
    sheets::forget_sheet(tx, seq)?;
    for n in labels.progress.under_way.clone() {
        labels.change(n, |row| LabelProgress {
            state: LabelState::Unknown,
            proof: None,
            at_ms: now_ms,
            ..row
        })?;
    }
    labels.close(tx, now_ms)
}

#[cfg(test)]
pub(crate) mod tests;
