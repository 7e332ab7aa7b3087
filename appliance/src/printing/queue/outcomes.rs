//! Reports the outcome of each finished job to the rest of the box, until the log has it.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use record::ids::JobId;
use record::tag::Tag;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::plan::{ConfirmedBy, LabelState};
use crate::printing::model::request::ReprintInfo;
use crate::printing::queue::ledger::PrintLedger;

/// How soon a full channel is tried again.
const AGAIN: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelOutcome {
    pub n: u32,
    pub tag: Option<Tag>,
    pub state: LabelState,
    pub proof: Option<ConfirmedBy>,
    pub attempts: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobOutcome {
    /// The job. An outcome may come again after a restart: this makes it the same.
    pub job: JobId,
    pub printer: String,
    /// When it was asked for (milliseconds since 1970).
    pub created_ms: i64,
    /// When its last label was settled.
    pub finished_ms: i64,
    pub cancelled: bool,
    /// Whether it printed labels once more, and why.
    pub reprint: Option<ReprintInfo>,
    pub labels: Vec<LabelOutcome>,
}

/// Wakes the reporter; signals sent while nothing waits are retained.
#[derive(Debug, Default)]
pub(crate) struct ReportSignal {
    rung: Mutex<Rung>,
    received: Condvar,
}

#[derive(Debug, Default)]
struct Rung {
    work: bool,
    stop: bool,
}

impl ReportSignal {
    pub(crate) fn ring(&self) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).work = true;
        self.received.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        self.received.notify_all();
    }

    /// Waits for a signal, or at most so long; `false` at the end.
    fn wait(&self, at_most: Option<Duration>) -> bool {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        while !rung.work && !rung.stop {
            rung = match at_most {
                None => self.received.wait(rung).unwrap_or_else(PoisonError::into_inner),
                Some(at_most) => {
                    let waited = self.received.wait_timeout(rung, at_most);
                    let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
                    rung.work = true;
                    rung
                }
            };
        }
        rung.work = false;
        !rung.stop
    }
}

/// Sends each finished job's outcome once per run; after a restart those that were not acknowledged come again.
pub(crate) fn report_outcomes(ledger: &PrintLedger, bell: &ReportSignal, to: &mpsc::Sender<JobOutcome>) {
    let mut sent = SentOutcomes::default();
    let mut full = false;
    while bell.wait(full.then_some(AGAIN)) {
        full = match report_all(ledger, to, &mut sent) {
            Ok(full) => full,
            Err(e) => {
                tracing::error!(error = %e, "outcomes of print jobs wait for the next start");
                return;
            }
        };
        if to.is_closed() {
            return;
        }
    }
}

/// Jobs whose outcomes this run has sent, and those that it could not read.
#[derive(Debug, Default)]
struct SentOutcomes {
    sent: HashSet<u64>,
    unreadable: HashSet<u64>,
}

/// Whether the channel had no capacity for all. A job that cannot be read keeps no other one from being reported.
fn report_all(
    ledger: &PrintLedger,
    to: &mpsc::Sender<JobOutcome>,
    outcomes: &mut SentOutcomes,
) -> Result<bool, LedgerError> {
    let finished = ledger.unreported()?;
    outcomes.sent.retain(|seq| finished.contains(seq));
    for seq in finished {
        if outcomes.sent.contains(&seq) {
            continue;
        }
        let Ok(place) = to.try_reserve() else { return Ok(true) };
        match job_outcome(ledger, seq) {
            Ok(outcome) => {
                place.send(outcome);
                outcomes.sent.insert(seq);
            }
            // Read again at each signal, and logged once.
            Err(error) if outcomes.unreadable.insert(seq) => {
                tracing::error!(seq, %error, "the outcome of a print job cannot be read; it waits, the others go on");
            }
            Err(_) => {}
        }
    }
    Ok(false)
}

fn job_outcome(ledger: &PrintLedger, seq: u64) -> Result<JobOutcome, LedgerError> {
    let job = ledger.job_at(seq)?;
    let rows = ledger.rows(seq)?;
    let labels = (1..).zip(ledger.labels(seq)?).zip(&rows).map(|((n, (label, _)), row)| LabelOutcome {
        n,
        tag: label.tag,
        state: row.state,
        proof: row.proof,
        attempts: row.attempts,
    });
    Ok(JobOutcome {
        job: job.head.id,
        printer: job.head.printer.clone(),
        created_ms: job.head.created_ms,
        finished_ms: job.head.finished_ms.unwrap_or(job.head.created_ms),
        cancelled: job.head.cancelled,
        reprint: job.head.reprint.clone(),
        labels: labels.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::queue::ledger::tests::{head, label, memory, submit, write_job};

    #[test]
    fn a_job_that_cannot_be_read_keeps_no_other_outcome_back() {
        let db = memory();
        let ledger = PrintLedger::open(db.clone(), 1).unwrap();
        for n in 1..=3 {
            submit(&ledger, &head(n, 1, None), &[label(n, false)]).unwrap();
            ledger.cancel(u64::from(n), 5).unwrap();
        }
        assert_eq!(ledger.unreported().unwrap(), [1, 2, 3]);
        let good = write_job(&db, 2, b"{");
        let (to, mut outcomes) = mpsc::channel(10);
        let mut sent = SentOutcomes::default();
        for _ in 0..2 {
            assert!(!report_all(&ledger, &to, &mut sent).unwrap());
        }
        let jobs: Vec<_> =
            std::iter::from_fn(|| outcomes.try_recv().ok()).map(|outcome| outcome.job).collect();
        assert_eq!(jobs, [head(1, 1, None).id, head(3, 1, None).id]);
        write_job(&db, 2, &good);
        assert!(!report_all(&ledger, &to, &mut sent).unwrap());
        assert_eq!(outcomes.try_recv().unwrap().job, head(2, 1, None).id, "it waits until it can be read");
    }
}
