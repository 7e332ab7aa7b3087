//! The print ledger: one durable row per label in `state.redb`, written before its first byte goes out.

use std::collections::HashSet;
use std::sync::Arc;

use record::ids::JobId;
use record::tag::Tag;
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
    WriteTransaction,
};
use serde::{Deserialize, Serialize};

use super::plan::{LabelState, Proof, Row, answered};

const JOBS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("print_jobs");
const JOB_IDS: TableDefinition<'_, &str, u64> = TableDefinition::new("print_job_ids");
const KEYS: TableDefinition<'_, &str, u64> = TableDefinition::new("print_job_keys");
/// (job, n) → what the label says.
const LABELS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("print_labels");
/// (job, n) → state, proof, attempts, time: small, because it is written three times a label.
const STATES: TableDefinition<'_, (u64, u32), (u8, u8, u32, i64)> = TableDefinition::new("print_states");
const REASONS: TableDefinition<'_, (u64, u32), &str> = TableDefinition::new("print_reasons");
/// Jobs with a label that is not settled.
const OPEN: TableDefinition<'_, u64, ()> = TableDefinition::new("print_open");
/// Finished jobs whose outcome is not in the log yet.
const UNREPORTED: TableDefinition<'_, u64, ()> = TableDefinition::new("print_unreported");
/// Blank tags that were ever given to a printer.
const BLANKS: TableDefinition<'_, &str, u64> = TableDefinition::new("print_blanks");

/// Jobs kept, with their labels; older finished ones are forgotten (the log keeps their outcome).
pub(crate) const JOBS_KEPT: u64 = 1_000;
/// Jobs forgotten at one go, so that no submission waits long.
const FORGOTTEN_AT_ONCE: usize = 16;

/// The ledger could not be read or written. What was under way counts as unknown.
#[derive(Debug, thiserror::Error)]
#[error("print ledger: {doing}: {source}")]
pub struct LedgerError {
    doing: &'static str,
    #[source]
    source: Box<redb::Error>,
}

/// What one label says, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRequest {
    /// The tag.
    pub tag: Tag,
    /// What the code opens; ends with the tag.
    pub url: String,
    /// The equipment's name; empty on a blank tag.
    #[serde(default)]
    pub name: String,
    /// The hospital's own number.
    #[serde(default)]
    pub asset_number: String,
    /// Where it stands.
    #[serde(default)]
    pub location: String,
    /// A tag that names no equipment yet: it is given to a printer once and never again.
    #[serde(default)]
    pub blank: bool,
}

/// What is kept of a job beside its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobHead {
    pub(crate) id: JobId,
    pub(crate) key: Option<String>,
    pub(crate) printer: String,
    pub(crate) labels: u32,
    pub(crate) created_ms: i64,
    pub(crate) finished_ms: Option<i64>,
    pub(crate) cancelled: bool,
}

/// A job as the ledger has it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) seq: u64,
    pub(crate) head: JobHead,
    pub(crate) rows: Vec<Row>,
}

/// A submission's fate.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// As it stands: new, or the first one of this id or key.
    Job(Job),
    /// A blank tag that a printer was given before.
    BlankAgain(Tag),
}

/// An answer's fate.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Settled,
    NoSuchLabel,
    NotInDoubt(LabelState),
}

/// Handle on the tables. All methods block on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    db: Arc<Database>,
}

type Tried<T> = Result<T, redb::Error>;

impl Ledger {
    /// Makes the tables where they are missing and turns everything that was under way into `unknown`.
    pub(crate) fn open(db: Arc<Database>, now_ms: i64) -> Result<Self, LedgerError> {
        let ledger = Self { db };
        ledger.write("opening", |tx| {
            tx.open_table(JOB_IDS)?;
            tx.open_table(KEYS)?;
            tx.open_table(LABELS)?;
            tx.open_table(REASONS)?;
            tx.open_table(BLANKS)?;
            tx.open_table(UNREPORTED)?;
            tx.open_table(JOBS)?;
            tx.open_table(STATES)?;
            let open: Vec<u64> = keys(&tx.open_table(OPEN)?)?;
            open.iter().try_for_each(|&seq| doubt_all(tx, seq, now_ms))
        })?;
        Ok(ledger)
    }

    /// Writes a whole job down, once per id and per key.
    pub(crate) fn submit(&self, head: &JobHead, labels: &[LabelRequest]) -> Result<Submitted, LedgerError> {
        self.write("writing down a job", |tx| {
            if let Some(seq) = found(tx, head)? {
                let head = read_head(&tx.open_table(JOBS)?, seq)?;
                let rows = read_rows(&tx.open_table(STATES)?, seq)?;
                return Ok(Submitted::Job(Job { seq, head, rows }));
            }
            let seq = tx.open_table(JOBS)?.last()?.map_or(1, |(seq, _)| seq.value() + 1);
            let mut blanks = tx.open_table(BLANKS)?;
            let blank_tags: Vec<Tag> = labels.iter().filter(|l| l.blank).map(|l| l.tag).collect();
            if let Some(tag) = taken_before(&blanks, &blank_tags)? {
                return Ok(Submitted::BlankAgain(tag));
            }
            for tag in &blank_tags {
                blanks.insert(tag.as_str(), seq)?;
            }
            let (mut bodies, mut states) = (tx.open_table(LABELS)?, tx.open_table(STATES)?);
            for (n, label) in (1..).zip(labels) {
                bodies.insert((seq, n), json(label).as_slice())?;
                states.insert((seq, n), (code(LabelState::Queued), 0, 0, head.created_ms))?;
            }
            drop((bodies, states, blanks));
            tx.open_table(JOBS)?.insert(seq, json(head).as_slice())?;
            tx.open_table(JOB_IDS)?.insert(head.id.to_string().as_str(), seq)?;
            if let Some(key) = &head.key {
                tx.open_table(KEYS)?.insert(key.as_str(), seq)?;
            }
            tx.open_table(OPEN)?.insert(seq, ())?;
            forget_old(tx)?;
            let rows = read_rows(&tx.open_table(STATES)?, seq)?;
            Ok(Submitted::Job(Job { seq, head: head.clone(), rows }))
        })
    }

    /// One job.
    pub(crate) fn job(&self, id: JobId) -> Result<Option<Job>, LedgerError> {
        self.read("reading a job", |tx| {
            let seq = tx.open_table(JOB_IDS)?.get(id.to_string().as_str())?.map(|s| s.value());
            seq.map(|seq| read_job(tx, seq)).transpose()
        })
    }

    /// The job of this id, or else of this key.
    pub(crate) fn find(&self, id: JobId, key: Option<&str>) -> Result<Option<Job>, LedgerError> {
        self.read("looking for a job", |tx| {
            let by_id = tx.open_table(JOB_IDS)?.get(id.to_string().as_str())?.map(|s| s.value());
            let seq = match (by_id, key) {
                (None, Some(key)) => tx.open_table(KEYS)?.get(key)?.map(|s| s.value()),
                _ => by_id,
            };
            seq.map(|seq| read_job(tx, seq)).transpose()
        })
    }

    /// The newest jobs first.
    pub(crate) fn jobs(&self, at_most: usize) -> Result<Vec<Job>, LedgerError> {
        self.read("listing jobs", |tx| {
            let newest: Vec<u64> = tx
                .open_table(JOBS)?
                .iter()?
                .rev()
                .take(at_most)
                .map(|entry| Ok(entry?.0.value()))
                .collect::<Tried<_>>()?;
            newest.into_iter().map(|seq| read_job(tx, seq)).collect()
        })
    }

    /// Unfinished jobs, oldest first.
    pub(crate) fn open_jobs(&self) -> Result<Vec<Job>, LedgerError> {
        self.read("listing unfinished jobs", |tx| {
            keys(&tx.open_table(OPEN)?)?.into_iter().map(|seq| read_job(tx, seq)).collect()
        })
    }

    /// The states of a job's labels.
    pub(crate) fn rows(&self, seq: u64) -> Result<Vec<Row>, LedgerError> {
        self.read("reading a job's labels", |tx| read_rows(&tx.open_table(STATES)?, seq))
    }

    /// What label `n` says.
    pub(crate) fn label(&self, seq: u64, n: u32) -> Result<Option<LabelRequest>, LedgerError> {
        self.read("reading a label", |tx| {
            Ok(tx.open_table(LABELS)?.get((seq, n))?.and_then(|b| serde_json::from_slice(b.value()).ok()))
        })
    }

    /// What all labels of a job say, and why some of them failed.
    pub(crate) fn labels(&self, seq: u64) -> Result<Vec<(LabelRequest, Option<String>)>, LedgerError> {
        self.read("reading a job's labels", |tx| {
            let reasons = tx.open_table(REASONS)?;
            let mut labels = Vec::new();
            for entry in tx.open_table(LABELS)?.range((seq, 0)..=(seq, u32::MAX))? {
                let (at, body) = entry?;
                let reason = reasons.get(at.value())?.map(|r| r.value().to_owned());
                let label = serde_json::from_slice(body.value()).map_err(|e| damaged(&e))?;
                labels.push((label, reason));
            }
            Ok(labels)
        })
    }

    /// Label `n` is about to be sent: on disk before its first byte. `false` when it is not queued any more.
    pub(crate) fn sending(&self, seq: u64, n: u32, now_ms: i64) -> Result<bool, LedgerError> {
        self.write("writing down that a label is sent", |tx| {
            let queued = tx.open_table(STATES)?.get((seq, n))?.map(|v| row_of(v.value()));
            if queued.is_none_or(|row| row.state != LabelState::Queued) {
                return Ok(false);
            }
            change(tx, seq, n, |row| Row {
                state: LabelState::Sending,
                proof: None,
                attempts: row.attempts.saturating_add(1),
                at_ms: now_ms,
            })?;
            Ok(true)
        })
    }

    /// Label `n` is in this state now, by this proof.
    pub(crate) fn set(
        &self,
        seq: u64,
        n: u32,
        state: LabelState,
        proof: Option<Proof>,
        now_ms: i64,
    ) -> Result<(), LedgerError> {
        self.write("writing down a label's state", |tx| {
            change(tx, seq, n, |row| Row { state, proof, at_ms: now_ms, ..row })?;
            close_if_settled(tx, seq, now_ms)
        })
    }

    /// All labels under way up to `upto` are vouched for.
    pub(crate) fn vouch(&self, seq: u64, upto: u32, proof: Proof, now_ms: i64) -> Result<(), LedgerError> {
        let state = if proof == Proof::Printer { LabelState::Confirmed } else { LabelState::Sent };
        self.write("writing down a confirmation", |tx| {
            let rows = read_rows(&tx.open_table(STATES)?, seq)?;
            for (n, _) in (1..=upto).zip(rows).filter(|(_, row)| row.under_way()) {
                change(tx, seq, n, |row| Row { state, proof: Some(proof), at_ms: now_ms, ..row })?;
            }
            close_if_settled(tx, seq, now_ms)
        })
    }

    /// Label `n` will not be printed.
    pub(crate) fn fail(&self, seq: u64, n: u32, reason: &str, now_ms: i64) -> Result<(), LedgerError> {
        self.write("writing down that a label failed", |tx| {
            change(tx, seq, n, |row| Row { state: LabelState::Failed, proof: None, at_ms: now_ms, ..row })?;
            tx.open_table(REASONS)?.insert((seq, n), reason)?;
            close_if_settled(tx, seq, now_ms)
        })
    }

    /// Whatever is under way in a job may be out or not.
    pub(crate) fn doubt(&self, seq: u64, now_ms: i64) -> Result<(), LedgerError> {
        self.write("writing down a doubt", |tx| doubt_all(tx, seq, now_ms))
    }

    /// A person has looked for label `n`.
    pub(crate) fn answer(
        &self,
        seq: u64,
        n: u32,
        printed: bool,
        now_ms: i64,
    ) -> Result<Answered, LedgerError> {
        self.write("writing down an answer", |tx| {
            let body = tx.open_table(LABELS)?.get((seq, n))?.map(|b| b.value().to_owned());
            let row = tx.open_table(STATES)?.get((seq, n))?.map(|v| row_of(v.value()));
            let (Some(body), Some(row)) = (body, row) else { return Ok(Answered::NoSuchLabel) };
            let label: LabelRequest = serde_json::from_slice(&body).map_err(|e| damaged(&e))?;
            let Some(new) = answered(row, printed, label.blank, now_ms) else {
                return Ok(Answered::NotInDoubt(row.state));
            };
            change(tx, seq, n, |_| new)?;
            if new.state == LabelState::Failed {
                let reason = "not found in the tray; a blank tag is never printed twice, so take a fresh one";
                tx.open_table(REASONS)?.insert((seq, n), reason)?;
            }
            close_if_settled(tx, seq, now_ms)?;
            Ok(Answered::Settled)
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
            tx.open_table(JOBS)?.insert(seq, json(&head).as_slice())?;
            let rows = read_rows(&tx.open_table(STATES)?, seq)?;
            for (n, _) in (1..).zip(rows).filter(|(_, row)| row.state == LabelState::Queued) {
                change(tx, seq, n, |row| Row { state: LabelState::Cancelled, at_ms: now_ms, ..row })?;
            }
            close_if_settled(tx, seq, now_ms)
        })
    }

    /// Finished jobs that the log has not got yet, oldest first.
    pub(crate) fn unreported(&self) -> Result<Vec<u64>, LedgerError> {
        self.read("listing outcomes", |tx| keys(&tx.open_table(UNREPORTED)?))
    }

    /// One job by its place in the ledger.
    pub(crate) fn job_at(&self, seq: u64) -> Result<Job, LedgerError> {
        self.read("reading a job", |tx| read_job(tx, seq))
    }

    /// The log has the outcome.
    pub(crate) fn reported(&self, id: JobId) -> Result<(), LedgerError> {
        self.write("writing down that an outcome is in the log", |tx| {
            let seq = tx.open_table(JOB_IDS)?.get(id.to_string().as_str())?.map(|s| s.value());
            if let Some(seq) = seq {
                tx.open_table(UNREPORTED)?.remove(seq)?;
            }
            Ok(())
        })
    }

    fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&redb::ReadTransaction) -> Tried<T>,
    ) -> Result<T, LedgerError> {
        let read = || work(&self.db.begin_read()?);
        read().map_err(|source| LedgerError { doing, source: Box::new(source) })
    }

    /// One transaction, on disk when it returns.
    fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&WriteTransaction) -> Tried<T>,
    ) -> Result<T, LedgerError> {
        let write = || {
            let mut tx = self.db.begin_write()?;
            tx.set_durability(Durability::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        write().map_err(|source: redb::Error| LedgerError { doing, source: Box::new(source) })
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Plain structs of strings and numbers always serialise.
    serde_json::to_vec(value).unwrap_or_default()
}

fn damaged(e: &serde_json::Error) -> redb::Error {
    redb::Error::Corrupted(format!("a row of the print ledger: {e}"))
}

fn missing(seq: u64) -> redb::Error {
    redb::Error::Corrupted(format!("print job {seq} is not there"))
}

fn keys(table: &impl ReadableTable<u64, ()>) -> Tried<Vec<u64>> {
    table.iter()?.map(|entry| Ok(entry?.0.value())).collect()
}

fn found(tx: &WriteTransaction, head: &JobHead) -> Tried<Option<u64>> {
    let by_id = tx.open_table(JOB_IDS)?.get(head.id.to_string().as_str())?.map(|s| s.value());
    match (by_id, &head.key) {
        (None, Some(key)) => Ok(tx.open_table(KEYS)?.get(key.as_str())?.map(|s| s.value())),
        _ => Ok(by_id),
    }
}

/// The first tag that a printer was given before, or that stands twice in the list.
fn taken_before(blanks: &impl ReadableTable<&'static str, u64>, tags: &[Tag]) -> Tried<Option<Tag>> {
    let mut seen = HashSet::new();
    for tag in tags {
        if !seen.insert(tag) || blanks.get(tag.as_str())?.is_some() {
            return Ok(Some(*tag));
        }
    }
    Ok(None)
}

fn read_head(jobs: &impl ReadableTable<u64, &'static [u8]>, seq: u64) -> Tried<JobHead> {
    let head = jobs.get(seq)?.ok_or_else(|| missing(seq))?;
    serde_json::from_slice(head.value()).map_err(|e| damaged(&e))
}

fn read_rows(states: &impl ReadableTable<(u64, u32), (u8, u8, u32, i64)>, seq: u64) -> Tried<Vec<Row>> {
    states.range((seq, 0)..=(seq, u32::MAX))?.map(|entry| Ok(row_of(entry?.1.value()))).collect()
}

fn read_job(tx: &redb::ReadTransaction, seq: u64) -> Tried<Job> {
    let head = read_head(&tx.open_table(JOBS)?, seq)?;
    Ok(Job { seq, head, rows: read_rows(&tx.open_table(STATES)?, seq)? })
}

fn change(tx: &WriteTransaction, seq: u64, n: u32, to: impl FnOnce(Row) -> Row) -> Tried<()> {
    let mut states = tx.open_table(STATES)?;
    let row = states.get((seq, n))?.map(|v| row_of(v.value())).ok_or_else(|| missing(seq))?;
    let row = to(row);
    states.insert((seq, n), (code(row.state), proof_code(row.proof), row.attempts, row.at_ms))?;
    Ok(())
}

fn doubt_all(tx: &WriteTransaction, seq: u64, now_ms: i64) -> Tried<()> {
    let rows = read_rows(&tx.open_table(STATES)?, seq)?;
    for (n, _) in (1..).zip(rows).filter(|(_, row)| row.under_way()) {
        change(tx, seq, n, |row| Row { state: LabelState::Unknown, proof: None, at_ms: now_ms, ..row })?;
    }
    Ok(())
}

fn close_if_settled(tx: &WriteTransaction, seq: u64, now_ms: i64) -> Tried<()> {
    if read_rows(&tx.open_table(STATES)?, seq)?.iter().all(Row::settled) {
        let mut jobs = tx.open_table(JOBS)?;
        let mut head = read_head(&jobs, seq)?;
        head.finished_ms = Some(now_ms);
        jobs.insert(seq, json(&head).as_slice())?;
        tx.open_table(OPEN)?.remove(seq)?;
        tx.open_table(UNREPORTED)?.insert(seq, ())?;
    }
    Ok(())
}

/// Forgets the oldest jobs that are finished and in the log.
fn forget_old(tx: &WriteTransaction) -> Tried<()> {
    let mut jobs = tx.open_table(JOBS)?;
    let surplus = jobs.len()?.saturating_sub(JOBS_KEPT);
    let surplus = usize::try_from(surplus).unwrap_or(FORGOTTEN_AT_ONCE).min(FORGOTTEN_AT_ONCE);
    if surplus == 0 {
        return Ok(());
    }
    let (open, unreported) = (keys(&tx.open_table(OPEN)?)?, keys(&tx.open_table(UNREPORTED)?)?);
    let kept: HashSet<u64> = open.into_iter().chain(unreported).collect();
    let all: Vec<u64> = jobs.iter()?.map(|entry| Ok(entry?.0.value())).collect::<Tried<_>>()?;
    for seq in all.into_iter().filter(|seq| !kept.contains(seq)).take(surplus) {
        let head = read_head(&jobs, seq)?;
        jobs.remove(seq)?;
        tx.open_table(JOB_IDS)?.remove(head.id.to_string().as_str())?;
        if let Some(key) = &head.key {
            tx.open_table(KEYS)?.remove(key.as_str())?;
        }
        let of_job = (seq, 0)..=(seq, u32::MAX);
        tx.open_table(LABELS)?.retain_in(of_job.clone(), |_, _| false)?;
        tx.open_table(STATES)?.retain_in(of_job.clone(), |_, _| false)?;
        tx.open_table(REASONS)?.retain_in(of_job, |_, _| false)?;
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
const PROOF_CODES: [Option<Proof>; 5] =
    [None, Some(Proof::Printer), Some(Proof::Idle), Some(Proof::Person), Some(Proof::Nobody)];

fn code(state: LabelState) -> u8 {
    STATE_CODES.iter().position(|&s| s == state).map_or(0, |i| i as u8)
}

fn proof_code(proof: Option<Proof>) -> u8 {
    PROOF_CODES.iter().position(|&p| p == proof).map_or(0, |i| i as u8)
}

/// A code that no version wrote counts as doubt: a person is asked.
fn row_of((state, proof, attempts, at_ms): (u8, u8, u32, i64)) -> Row {
    let state = STATE_CODES.get(usize::from(state)).copied().unwrap_or(LabelState::Unknown);
    Row { state, proof: PROOF_CODES.get(usize::from(proof)).copied().flatten(), attempts, at_ms }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LabelState::{Cancelled, Confirmed, Failed, Queued, Sending, Sent, Unknown};

    fn memory() -> Arc<Database> {
        let backend = redb::backends::InMemoryBackend::new();
        Arc::new(Database::builder().create_with_backend(backend).unwrap())
    }

    fn id(n: u8) -> JobId {
        JobId::new(1, [n; 10])
    }

    fn head(n: u8, labels: u32, key: Option<&str>) -> JobHead {
        JobHead {
            id: id(n),
            key: key.map(str::to_owned),
            printer: "p".into(),
            labels,
            created_ms: 5,
            finished_ms: None,
            cancelled: false,
        }
    }

    fn label(n: u8, blank: bool) -> LabelRequest {
        let tag = Tag::from_random([n; 5]);
        LabelRequest {
            tag,
            url: format!("http://b/{tag}"),
            name: "Pump".into(),
            asset_number: String::new(),
            location: String::new(),
            blank,
        }
    }

    /// The job's id, or the blank tag that is refused.
    fn submit(ledger: &Ledger, head: &JobHead, labels: &[LabelRequest]) -> Result<JobId, Tag> {
        match ledger.submit(head, labels).unwrap() {
            Submitted::Job(job) => Ok(job.head.id),
            Submitted::BlankAgain(tag) => Err(tag),
        }
    }

    fn states(ledger: &Ledger, n: u8) -> Vec<LabelState> {
        ledger.job(id(n)).unwrap().unwrap().rows.iter().map(|r| r.state).collect()
    }

    #[test]
    fn a_job_through_all_its_states() {
        let ledger = Ledger::open(memory(), 1).unwrap();
        let labels = [label(1, false), label(2, false), label(3, true)];
        assert_eq!(submit(&ledger, &head(1, 3, None), &labels), Ok(id(1)));
        ledger.sending(1, 1, 10).unwrap();
        ledger.set(1, 1, Sent, None, 11).unwrap();
        ledger.sending(1, 2, 12).unwrap();
        assert_eq!(states(&ledger, 1), [Sent, Sending, Queued]);
        ledger.vouch(1, 1, Proof::Printer, 13).unwrap();
        assert_eq!(states(&ledger, 1), [Confirmed, Sending, Queued]);
        ledger.doubt(1, 14).unwrap();
        assert_eq!(ledger.answer(1, 2, false, 15).unwrap(), Answered::Settled);
        assert_eq!(ledger.answer(1, 2, true, 15).unwrap(), Answered::NotInDoubt(Queued));
        assert_eq!(ledger.answer(1, 9, true, 15).unwrap(), Answered::NoSuchLabel);
        ledger.sending(1, 2, 16).unwrap();
        ledger.set(1, 2, Sent, Some(Proof::Nobody), 17).unwrap();
        ledger.sending(1, 3, 18).unwrap();
        ledger.doubt(1, 19).unwrap();
        assert_eq!(ledger.unreported().unwrap(), [0u64; 0]);
        ledger.answer(1, 3, false, 20).unwrap();
        assert_eq!(states(&ledger, 1), [Confirmed, Sent, Failed], "a blank tag is burnt, not repeated");
        assert!(ledger.labels(1).unwrap()[2].1.as_ref().is_some_and(|r| r.contains("fresh")));
        let job = ledger.job_at(1).unwrap();
        assert_eq!((job.head.finished_ms, job.rows[1].attempts), (Some(20), 2));
        assert_eq!((ledger.unreported().unwrap(), ledger.open_jobs().unwrap().len()), (vec![1], 0));
        ledger.reported(id(1)).unwrap();
        assert!(ledger.unreported().unwrap().is_empty());
    }

    #[test]
    fn what_was_under_way_is_in_doubt_after_a_crash() {
        let db = memory();
        let ledger = Ledger::open(db.clone(), 1).unwrap();
        ledger.submit(&head(1, 4, None), &[1, 2, 3, 4].map(|n| label(n, false))).unwrap();
        ledger.sending(1, 1, 10).unwrap();
        ledger.set(1, 1, Sent, Some(Proof::Idle), 10).unwrap();
        ledger.sending(1, 2, 10).unwrap();
        ledger.set(1, 2, Sent, None, 10).unwrap();
        ledger.sending(1, 3, 10).unwrap();
        let again = Ledger::open(db, 99).unwrap();
        assert_eq!(states(&again, 1), [Sent, Unknown, Unknown, Queued]);
        assert_eq!(again.rows(1).unwrap()[1].at_ms, 99);
    }

    #[test]
    fn the_same_submission_is_one_job() {
        let ledger = Ledger::open(memory(), 1).unwrap();
        let labels = [label(1, false)];
        ledger.submit(&head(1, 1, Some("k")), &labels).unwrap();
        assert_eq!(submit(&ledger, &head(1, 1, None), &labels), Ok(id(1)));
        assert_eq!(submit(&ledger, &head(2, 1, Some("k")), &labels), Ok(id(1)));
        assert_eq!(ledger.jobs(10).unwrap().len(), 1);
    }

    #[test]
    fn a_blank_tag_is_taken_once_in_any_job() {
        let ledger = Ledger::open(memory(), 1).unwrap();
        ledger.submit(&head(1, 1, None), &[label(1, true)]).unwrap();
        let again = submit(&ledger, &head(2, 2, None), &[label(2, true), label(1, true)]);
        assert_eq!(again, Err(label(1, true).tag));
        let twice = submit(&ledger, &head(3, 2, None), &[label(3, true), label(3, true)]);
        assert_eq!(twice, Err(label(3, true).tag));
        assert_eq!(submit(&ledger, &head(4, 1, None), &[label(2, true)]), Ok(id(4)));
        assert_eq!(ledger.jobs(10).unwrap().len(), 2, "refused jobs leave nothing behind");
    }

    #[test]
    fn cancelling_spares_what_is_under_way() {
        let ledger = Ledger::open(memory(), 1).unwrap();
        ledger.submit(&head(1, 3, None), &[1, 2, 3].map(|n| label(n, false))).unwrap();
        ledger.sending(1, 1, 10).unwrap();
        ledger.cancel(1, 11).unwrap();
        assert!(!ledger.sending(1, 2, 11).unwrap(), "cancelled in the same moment");
        assert_eq!(states(&ledger, 1), [Sending, Cancelled, Cancelled]);
        assert!(ledger.unreported().unwrap().is_empty());
        ledger.set(1, 1, Sent, None, 12).unwrap();
        ledger.vouch(1, 1, Proof::Printer, 12).unwrap();
        assert_eq!(ledger.unreported().unwrap(), [1]);
        ledger.cancel(1, 13).unwrap();
        assert_eq!(ledger.job_at(1).unwrap().head.finished_ms, Some(12));
    }

    #[test]
    fn old_jobs_are_forgotten_once_they_are_in_the_log() {
        let ledger = Ledger::open(memory(), 1).unwrap();
        let job = |n: u64| JobHead { id: JobId::new(n as i64, [9; 10]), ..head(1, 1, None) };
        for n in 1..=JOBS_KEPT {
            ledger.submit(&job(n), &[label(1, false)]).unwrap();
            if n == 2 {
                ledger.set(2, 1, Confirmed, Some(Proof::Printer), 3).unwrap();
                ledger.reported(job(2).id).unwrap();
            }
        }
        ledger.submit(&job(5_000), &[label(1, false)]).unwrap();
        ledger.submit(&job(5_001), &[label(1, false)]).unwrap();
        assert!(ledger.job(job(1).id).unwrap().is_some(), "unfinished jobs stay");
        assert!(ledger.job(job(2).id).unwrap().is_none());
        assert!(ledger.label(2, 1).unwrap().is_none());
    }
}
