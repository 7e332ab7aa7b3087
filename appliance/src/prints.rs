//! Each finished print job becomes entries of the log, once, however often the print service reports it.

use std::sync::Arc;
use std::time::Duration;

use record::entry::EntryAuthor;
use record::ids::JobId;
use record::kinds::{LabelOutcome, LabelPrinted, PrintedLabel};
use service::random::RandomSource;
use tokio::sync::mpsc;

use crate::command::CommandError;
use crate::intake::{Command, CommandRequest};
use crate::printing::{JobOutcome, LabelState, PrintService};
use crate::store::{Store, SubmitError};

/// Labels of one entry: 300 take 13 of the 16 KiB that an entry may have.
const LABELS_OF_ENTRY: usize = 300;
const AGAIN: Duration = Duration::from_secs(5);

/// Writes the outcome of each job that `printed` reports.
pub(crate) async fn record_results(
    store: Store,
    printing: Arc<PrintService>,
    random: Arc<dyn RandomSource>,
    mut printed: mpsc::Receiver<JobOutcome>,
) {
    while let Some(outcome) = printed.recv().await {
        let job = outcome.job;
        for request in command_requests(&outcome) {
            if !record_command(&store, &random, job, request).await {
                return;
            }
        }
        // A test label or a badge is no event of any thing's life: nothing was written for it, and nothing will be.
        if let Err(error) = printing.reported(job) {
            tracing::error!(%error, "a print job's end is dealt with, but the ledger does not know");
        }
    }
}

/// `false` when the box stops: the print service reports the job again after the next start.
async fn record_command(
    store: &Store,
    random: &Arc<dyn RandomSource>,
    job: JobId,
    request: CommandRequest,
) -> bool {
    loop {
        match crate::command::execute_command(store, Arc::clone(random), request.clone()).await {
            Ok(_) => return true,
            Err(CommandError::Refused(error)) => {
                // No later try would end otherwise, and the ledger must not store the job for ever.
                tracing::error!(%error, %job, "a print job's end is not in the log");
                return true;
            }
            Err(CommandError::Store(SubmitError::Stopping)) => return false,
            Err(CommandError::Store(error)) => {
                tracing::error!(%error, %job, "a print job's end is not in the log yet");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// What is to be written down of a job: as many entries as its labels need.
fn command_requests(outcome: &JobOutcome) -> Vec<CommandRequest> {
    let tagged = outcome.labels.iter().filter_map(|label| Some((label.tag?, label.state)));
    let labels: Vec<_> =
        tagged.map(|(tag, state)| PrintedLabel { tag, outcome: label_outcome(state) }).collect();
    let parts = labels.chunks(LABELS_OF_ENTRY).enumerate();
    parts.map(|(part, labels)| make_request(outcome, part, labels)).collect()
}

fn make_request(outcome: &JobOutcome, part: usize, labels: &[PrintedLabel]) -> CommandRequest {
    let (job, printer) = (outcome.job, outcome.printer.clone());
    let printed =
        LabelPrinted { job, printer, labels: labels.to_vec(), again: None, reason: None, load: None };
    let command = match outcome.reprint.clone() {
        None => Command::Note(Box::new(printed.into())),
        Some(again) => {
            let printed = LabelPrinted { again: Some(again.of), ..printed };
            Command::Reprinted { printed: Box::new(printed), reason: again.reason }
        }
    };
    // The ledger reports an outcome until it is acknowledged: the key keeps the second report from being a second entry.
    let key = match part {
        0 => format!("label.printed/{job}"),
        _ => format!("label.printed/{job}/{part}"),
    };
    CommandRequest { by: EntryAuthor::BOX, key: Some(key), sent: None, command }
}

/// A job's end knows no label that is still on its way: one that was, when the box stopped, is in doubt.
fn label_outcome(state: LabelState) -> LabelOutcome {
    match state {
        LabelState::Confirmed => LabelOutcome::Confirmed,
        LabelState::Sent => LabelOutcome::Sent,
        LabelState::Failed => LabelOutcome::Failed,
        LabelState::Cancelled | LabelState::Queued => LabelOutcome::Cancelled,
        LabelState::Sending | LabelState::Unknown => LabelOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;
    use record::kinds::Event;
    use record::tag::Tag;
    use service::clock::{FakeClock, Now};
    use service::random::SystemRandom;

    use super::*;
    use crate::printing::{LabelOutcome as Printed, ReprintInfo};
    use crate::store::configure_test_store;

    fn outcome(labels: u32, reprint: Option<ReprintInfo>) -> JobOutcome {
        JobOutcome {
            job: JobId::new(1, [3; 10]),
            printer: "\u{1}Ж".repeat(30),
            created_ms: 1,
            finished_ms: 2,
            cancelled: false,
            reprint,
            labels: (1..=labels)
                .map(|n: u32| Printed {
                    n,
                    tag: Some(Tag::from_random([7, 0, 0, (n >> 8) as u8, n as u8])),
                    state: LabelState::Confirmed,
                    proof: None,
                    attempts: 1,
                })
                .collect(),
        }
    }

    #[tokio::test]
    async fn a_job_of_any_length_is_in_the_log_once() {
        let dir = tempfile::tempdir().unwrap();
        let now = Now {
            wall_ms: 1_800_000_000_000,
            boot: BootId::new(0, [7; 10]),
            up_ms: 1,
            state: ClockState::Synced,
        };
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let config = configure_test_store(dir.path().join("box"));
        let (store, _) = Store::open(config, Arc::new(FakeClock::new(now)), Arc::clone(&random)).unwrap();
        let again = ReprintInfo { of: JobId::new(0, [2; 10]), reason: "smeared ".repeat(25) };
        for reprint in [None, Some(again)] {
            let mut job = outcome(5_000, reprint);
            job.job = JobId::new(1, [u8::from(job.reprint.is_some()); 10]);
            // The print service reports until it is acknowledged: twice, after an untimely restart.
            for _ in 0..2 {
                for request in command_requests(&job) {
                    assert!(record_command(&store, &random, job.job, request).await);
                }
            }
            let reader = store.reader().unwrap();
            let (mut labels, mut entries) = (0, 0);
            for seq in 0..reader.size() {
                if let Event::LabelPrinted(printed) = reader.entry(seq).unwrap().unwrap().event()
                    && printed.job == job.job
                {
                    labels += printed.labels.len();
                    entries += 1;
                    assert_eq!(printed.reason.is_some(), job.reprint.is_some());
                }
            }
            assert_eq!((labels, entries), (5_000, 17));
        }
    }

    #[test]
    fn labels_of_no_thing_are_no_entries() {
        let mut test = outcome(1, None);
        test.labels[0].tag = None;
        assert_eq!(command_requests(&test).len(), 0);
    }
}
