//! The ledger's tables in `state.redb` and how their rows are read and changed within one transaction.

use std::collections::HashSet;

use record::tag::Tag;
use redb::{ReadableTable, ReadableTableMetadata, Table, TableDefinition, WriteTransaction};
use serde::Serialize;

use crate::printing::model::cause::FailureCause;
use crate::printing::model::job::JobHead;
use crate::printing::model::plan::{ConfirmedBy, JobProgress, LabelProgress, LabelState};
use crate::printing::model::request::LabelRequest;
use crate::printing::queue::ledger::{LedgerJob, RedbResult};

pub(crate) const JOBS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("print_jobs");
pub(crate) const JOB_IDS: TableDefinition<'_, &str, u64> = TableDefinition::new("print_job_ids");
pub(crate) const KEYS: TableDefinition<'_, &str, u64> = TableDefinition::new("print_job_keys");
pub(crate) const LABELS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("print_labels");
/// (job, n) → state, proof, attempts, time: small, because it is written three times a label.
pub(crate) const STATES: TableDefinition<'_, (u64, u32), (u8, u8, u32, i64)> =
    TableDefinition::new("print_states");
/// job → what its states come to: a step of a job of 5,000 labels reads this and not 5,000 rows.
pub(crate) const PROGRESS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("print_progress");
/// (job, n) → why it was not printed.
pub(crate) const FAILURES: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("print_failures");
/// Jobs with a label that is not settled.
pub(crate) const OPEN: TableDefinition<'_, u64, ()> = TableDefinition::new("print_open");
/// Finished jobs whose outcome is not in the log yet.
pub(crate) const UNREPORTED: TableDefinition<'_, u64, ()> = TableDefinition::new("print_unreported");
/// Printers that may hold half a label: what is said to them first has to end it.
pub(crate) const PARTIAL_LABELS: TableDefinition<'_, &str, ()> = TableDefinition::new("print_torn");
pub(crate) const BLANKS: TableDefinition<'_, &str, u64> = TableDefinition::new("print_blanks");

/// Tag → when its label was printed last (milliseconds since 1970), as far as its job is finished.
pub(crate) const PRINTED: TableDefinition<'_, &str, i64> = TableDefinition::new("print_printed");

/// Jobs stored, with their labels; older finished ones are deleted (the log retains their outcome).
pub(crate) const STORED_JOBS_MAX: u64 = 1_000;
/// Jobs deleted at a time, so that no submission waits long.
const FORGOTTEN_AT_ONCE: usize = 16;

type States<'tx> = Table<'tx, (u64, u32), (u8, u8, u32, i64)>;

/// A job's labels while one transaction changes them; their totals are updated with them.
pub(crate) struct LabelTable<'tx> {
    seq: u64,
    states: States<'tx>,
    pub(crate) progress: JobProgress,
}

impl<'tx> LabelTable<'tx> {
    pub(crate) fn open(tx: &'tx WriteTransaction, seq: u64) -> RedbResult<Self> {
        let states = tx.open_table(STATES)?;
        let progress = match read_progress(&tx.open_table(PROGRESS)?, seq)? {
            Some(progress) => progress,
            // Written by a version that did not count.
            None => JobProgress::of(&read_rows(&states, seq)?),
        };
        Ok(Self { seq, states, progress })
    }

    pub(crate) fn row(&self, n: u32) -> RedbResult<Option<LabelProgress>> {
        Ok(self.states.get((self.seq, n))?.map(|v| row_of(v.value())))
    }

    /// Label `n` becomes what `to` makes of it.
    pub(crate) fn change(
        &mut self,
        n: u32,
        to: impl FnOnce(LabelProgress) -> LabelProgress,
    ) -> RedbResult<()> {
        let from = self.row(n)?.ok_or_else(|| missing_error(self.seq))?;
        let to = to(from);
        let value = (state_code(to.state), proof_code(to.proof), to.attempts, to.at_ms);
        self.states.insert((self.seq, n), value)?;
        let first = from.state == LabelState::Queued && n == self.progress.first_queued;
        let next = if first && to.state != LabelState::Queued { self.queued_after(n)? } else { None };
        self.progress.change(n, &from, &to, next);
        Ok(())
    }

    /// Writes down for each tag of a finished job when its label came out.
    fn remember(&self, tx: &WriteTransaction) -> RedbResult<()> {
        let (bodies, mut printed) = (tx.open_table(LABELS)?, tx.open_table(PRINTED)?);
        for entry in self.states.range((self.seq, 0)..=(self.seq, u32::MAX))? {
            let (at, value) = entry?;
            let row = row_of(value.value());
            if !matches!(row.state, LabelState::Sent | LabelState::Confirmed) {
                continue;
            }
            if let Some(tag) = read_label(&bodies, at.value())?.and_then(|label| label.tag) {
                printed.insert(tag.as_str(), row.at_ms)?;
            }
        }
        Ok(())
    }

    /// Usually the very next row: labels are sent in their order.
    fn queued_after(&self, n: u32) -> RedbResult<Option<u32>> {
        for entry in self.states.range((self.seq, n.saturating_add(1))..=(self.seq, u32::MAX))? {
            let (at, value) = entry?;
            if row_of(value.value()).state == LabelState::Queued {
                return Ok(Some(at.value().1));
            }
        }
        Ok(None)
    }

    /// All labels that are queued become what `to` makes of them.
    fn change_queued(&mut self, to: impl Fn(LabelProgress) -> LabelProgress) -> RedbResult<()> {
        while self.progress.queued > 0 {
            let left = self.progress.queued;
            self.change(self.progress.first_queued, &to)?;
            if self.progress.queued >= left {
                return Err(missing_error(self.seq));
            }
        }
        Ok(())
    }

    /// Writes down what the labels come to, and that the job is finished when it is. In a job that somebody cancelled
    /// nothing is queued any more, whatever brought it back.
    pub(crate) fn close(mut self, tx: &'tx WriteTransaction, now_ms: i64) -> RedbResult<()> {
        let mut jobs = tx.open_table(JOBS)?;
        let mut head = read_head(&jobs, self.seq)?;
        if head.cancelled {
            self.change_queued(|row| LabelProgress { state: LabelState::Cancelled, at_ms: now_ms, ..row })?;
        }
        tx.open_table(PROGRESS)?.insert(self.seq, to_json(&self.progress).as_slice())?;
        if self.progress.settled() {
            head.finished_ms = Some(now_ms);
            jobs.insert(self.seq, to_json(&head).as_slice())?;
            tx.open_table(OPEN)?.remove(self.seq)?;
            tx.open_table(UNREPORTED)?.insert(self.seq, ())?;
            self.remember(tx)?;
        }
        Ok(())
    }
}

pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Plain structs of strings and numbers always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}

pub(crate) fn damaged_error(e: &serde_json::Error) -> redb::Error {
    redb::Error::Corrupted(format!("a row of the print ledger: {e}"))
}

pub(crate) fn missing_error(seq: u64) -> redb::Error {
    redb::Error::Corrupted(format!("print job {seq} is not there whole"))
}

pub(crate) fn table_keys(table: &impl ReadableTable<u64, ()>) -> RedbResult<Vec<u64>> {
    table.iter()?.map(|entry| Ok(entry?.0.value())).collect()
}

pub(crate) fn find_submitted(tx: &WriteTransaction, head: &JobHead) -> RedbResult<Option<u64>> {
    let by_id = tx.open_table(JOB_IDS)?.get(head.id.to_string().as_str())?.map(|s| s.value());
    match (by_id, &head.key) {
        (None, Some(key)) => Ok(tx.open_table(KEYS)?.get(key.as_str())?.map(|s| s.value())),
        _ => Ok(by_id),
    }
}

/// The first tag that a printer was given before, or that occurs twice in the list.
pub(crate) fn taken_before(
    blanks: &impl ReadableTable<&'static str, u64>,
    tags: &[Tag],
) -> RedbResult<Option<Tag>> {
    let mut seen = HashSet::new();
    for tag in tags {
        if !seen.insert(tag) || blanks.get(tag.as_str())?.is_some() {
            return Ok(Some(*tag));
        }
    }
    Ok(None)
}

pub(crate) fn read_head(jobs: &impl ReadableTable<u64, &'static [u8]>, seq: u64) -> RedbResult<JobHead> {
    let head = jobs.get(seq)?.ok_or_else(|| missing_error(seq))?;
    serde_json::from_slice(head.value()).map_err(|e| damaged_error(&e))
}

pub(crate) fn read_rows(
    states: &impl ReadableTable<(u64, u32), (u8, u8, u32, i64)>,
    seq: u64,
) -> RedbResult<Vec<LabelProgress>> {
    states.range((seq, 0)..=(seq, u32::MAX))?.map(|entry| Ok(row_of(entry?.1.value()))).collect()
}

pub(crate) fn read_progress(
    progress: &impl ReadableTable<u64, &'static [u8]>,
    seq: u64,
) -> RedbResult<Option<JobProgress>> {
    let Some(bytes) = progress.get(seq)? else { return Ok(None) };
    serde_json::from_slice(bytes.value()).map(Some).map_err(|e| damaged_error(&e))
}

pub(crate) fn read_label(
    bodies: &impl ReadableTable<(u64, u32), &'static [u8]>,
    at: (u64, u32),
) -> RedbResult<Option<LabelRequest>> {
    let Some(body) = bodies.get(at)? else { return Ok(None) };
    serde_json::from_slice(body.value()).map(Some).map_err(|e| damaged_error(&e))
}

pub(crate) fn read_job(tx: &redb::ReadTransaction, seq: u64) -> RedbResult<LedgerJob> {
    let head = read_head(&tx.open_table(JOBS)?, seq)?;
    let progress = match read_progress(&tx.open_table(PROGRESS)?, seq)? {
        Some(progress) => progress,
        None => JobProgress::of(&read_rows(&tx.open_table(STATES)?, seq)?),
    };
    Ok(LedgerJob { seq, head, progress })
}

/// These jobs without those that cannot be read: damaged, or of another version of this program. Each is logged.
pub(crate) fn read_readable(
    tx: &redb::ReadTransaction,
    jobs: impl IntoIterator<Item = u64>,
) -> RedbResult<Vec<LedgerJob>> {
    jobs.into_iter()
        .filter_map(|seq| match read_job(tx, seq) {
            Err(redb::Error::Corrupted(error)) => {
                tracing::warn!(seq, %error, "a print job cannot be read: it is passed over");
                None
            }
            read => Some(read),
        })
        .collect()
}

/// Why a job cannot be read; nothing where it can.
pub(crate) fn unreadable_job(tx: &WriteTransaction, seq: u64) -> RedbResult<Option<String>> {
    let head = read_head(&tx.open_table(JOBS)?, seq).map(|_| ());
    match head.and_then(|()| LabelTable::open(tx, seq).map(|_| ())) {
        Ok(()) => Ok(None),
        Err(redb::Error::Corrupted(error)) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Writes down why label `n` was not printed.
pub(crate) fn write_failure(tx: &WriteTransaction, at: (u64, u32), cause: &FailureCause) -> RedbResult<()> {
    tx.open_table(FAILURES)?.insert(at, to_json(cause).as_slice())?;
    Ok(())
}

/// Deletes the oldest jobs that are finished and in the log.
pub(crate) fn forget_old(tx: &WriteTransaction) -> RedbResult<()> {
    let mut jobs = tx.open_table(JOBS)?;
    let surplus = jobs.len()?.saturating_sub(STORED_JOBS_MAX);
    let surplus = usize::try_from(surplus).unwrap_or(FORGOTTEN_AT_ONCE).min(FORGOTTEN_AT_ONCE);
    if surplus == 0 {
        return Ok(());
    }
    let (open, unreported) = (table_keys(&tx.open_table(OPEN)?)?, table_keys(&tx.open_table(UNREPORTED)?)?);
    let stored: HashSet<u64> = open.into_iter().chain(unreported).collect();
    let all: Vec<u64> = jobs.iter()?.map(|entry| Ok(entry?.0.value())).collect::<RedbResult<_>>()?;
    for seq in all.into_iter().filter(|seq| !stored.contains(seq)).take(surplus) {
        // Of one that cannot be read the id and the key are unknown: they are found by the job.
        match read_head(&jobs, seq) {
            Ok(head) => {
                tx.open_table(JOB_IDS)?.remove(head.id.to_string().as_str())?;
                if let Some(key) = &head.key {
                    tx.open_table(KEYS)?.remove(key.as_str())?;
                }
            }
            Err(redb::Error::Corrupted(_)) => {
                tx.open_table(JOB_IDS)?.retain(|_, of| of != seq)?;
                tx.open_table(KEYS)?.retain(|_, of| of != seq)?;
            }
            Err(error) => return Err(error),
        }
        jobs.remove(seq)?;
        tx.open_table(PROGRESS)?.remove(seq)?;
        let of_job = (seq, 0)..=(seq, u32::MAX);
        tx.open_table(LABELS)?.retain_in(of_job.clone(), |_, _| false)?;
        tx.open_table(STATES)?.retain_in(of_job.clone(), |_, _| false)?;
        tx.open_table(FAILURES)?.retain_in(of_job, |_, _| false)?;
    }
    Ok(())
}

const STATE_CODES: [LabelState; 7] = [
    LabelState::Queued,
    LabelState::Sending,
    LabelState::Sent,
    LabelState::Confirmed,
    LabelState::Unknown,
    LabelState::Failed,
    LabelState::Cancelled,
];
const PROOF_CODES: [Option<ConfirmedBy>; 5] = [
    None,
    Some(ConfirmedBy::Printer),
    Some(ConfirmedBy::Idle),
    Some(ConfirmedBy::Person),
    Some(ConfirmedBy::Nobody),
];

pub(crate) fn state_code(state: LabelState) -> u8 {
    STATE_CODES.iter().position(|&s| s == state).map_or(0, |i| i as u8)
}

fn proof_code(proof: Option<ConfirmedBy>) -> u8 {
    PROOF_CODES.iter().position(|&p| p == proof).map_or(0, |i| i as u8)
}

/// A code that no version wrote counts as doubt: a person is asked.
pub(crate) fn row_of((state, proof, attempts, at_ms): (u8, u8, u32, i64)) -> LabelProgress {
    let state = STATE_CODES.get(usize::from(state)).copied().unwrap_or(LabelState::Unknown);
    LabelProgress { state, proof: PROOF_CODES.get(usize::from(proof)).copied().flatten(), attempts, at_ms }
}
