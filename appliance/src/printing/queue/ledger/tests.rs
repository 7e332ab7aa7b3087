//! Jobs through their states, crashes, cancellations, blank tags and deletions, on a database in memory.

use LabelState::{Cancelled, Confirmed, Failed, Queued, Sending, Sent, Unknown};

use super::*;
use crate::printing::model::request::{JobKind, NameStyle};
use crate::printing::queue::ledger::tables::STORED_JOBS_MAX;

pub(crate) fn memory() -> Arc<Database> {
    let backend = redb::backends::InMemoryBackend::new();
    Arc::new(Database::builder().create_with_backend(backend).unwrap())
}

fn id(n: u8) -> JobId {
    JobId::new(1, [n; 10])
}

pub(crate) fn head(n: u8, labels: u32, key: Option<&str>) -> JobHead {
    JobHead {
        id: id(n),
        key: key.map(str::to_owned),
        printer: "p".into(),
        labels,
        created_ms: 5,
        finished_ms: None,
        cancelled: false,
        kind: JobKind::Labels,
        template: "equipment".into(),
        names: NameStyle::default(),
        notes: Vec::new(),
        reprint: None,
        design: 0,
        logo: 0,
    }
}

pub(crate) fn label(n: u8, blank: bool) -> LabelRequest {
    let tag = Tag::from_random([n; 5]);
    LabelRequest {
        tag: Some(tag),
        url: format!("http://b/{tag}"),
        name: "Pump".into(),
        blank,
        ..LabelRequest::default()
    }
}

pub(crate) fn submit(ledger: &PrintLedger, head: &JobHead, labels: &[LabelRequest]) -> Result<JobId, Tag> {
    match ledger.submit(head, labels).unwrap() {
        SubmitOutcome::Job(job) => Ok(job.head.id),
        SubmitOutcome::BlankAgain(tag) => Err(tag),
        SubmitOutcome::Full => panic!("full"),
    }
}

/// Writes other bytes in the place of a job; those that were there.
pub(crate) fn write_job(db: &Database, seq: u64, job: &[u8]) -> Vec<u8> {
    let tx = db.begin_write().unwrap();
    let before = tx.open_table(JOBS).unwrap().insert(seq, job).unwrap().map(|job| job.value().to_vec());
    tx.commit().unwrap();
    before.unwrap_or_default()
}

pub(crate) fn states(ledger: &PrintLedger, n: u8) -> Vec<LabelState> {
    let seq = ledger.job(id(n)).unwrap().unwrap().seq;
    ledger.rows(seq).unwrap().iter().map(|r| r.state).collect()
}

#[test]
fn a_job_through_all_its_states() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    let labels = [label(1, false), label(2, false), label(3, true)];
    assert_eq!(submit(&ledger, &head(1, 3, None), &labels), Ok(id(1)));
    ledger.sending(1, 1, 10).unwrap();
    ledger.set(1, 1, Sent, None, 11).unwrap();
    ledger.sending(1, 2, 12).unwrap();
    assert_eq!(states(&ledger, 1), [Sent, Sending, Queued]);
    ledger.confirm_up_to(1, 1, ConfirmedBy::Printer, 13).unwrap();
    assert_eq!(states(&ledger, 1), [Confirmed, Sending, Queued]);
    ledger.doubt(1, 14).unwrap();
    assert_eq!(ledger.answer(1, 2, false, 15).unwrap(), AnswerOutcome::Settled);
    assert_eq!(ledger.answer(1, 2, true, 15).unwrap(), AnswerOutcome::NotInDoubt(Queued));
    assert_eq!(ledger.answer(1, 9, true, 15).unwrap(), AnswerOutcome::NoSuchLabel);
    ledger.sending(1, 2, 16).unwrap();
    ledger.set(1, 2, Sent, Some(ConfirmedBy::Nobody), 17).unwrap();
    ledger.sending(1, 3, 18).unwrap();
    ledger.doubt(1, 19).unwrap();
    assert_eq!(ledger.unreported().unwrap(), [0u64; 0]);
    ledger.answer(1, 3, false, 20).unwrap();
    assert_eq!(states(&ledger, 1), [Confirmed, Sent, Failed], "a blank tag is burnt, not repeated");
    assert_eq!(ledger.labels(1).unwrap()[2].1, Some(FailureCause::BlankNotFound));
    let job = ledger.job_at(1).unwrap();
    assert_eq!((job.head.finished_ms, ledger.rows(1).unwrap()[1].attempts), (Some(20), 2));
    assert_eq!((ledger.unreported().unwrap(), ledger.open_jobs().unwrap().len()), (vec![1], 0));
    ledger.reported(id(1)).unwrap();
    assert!(ledger.unreported().unwrap().is_empty());
}

#[test]
fn what_was_under_way_is_in_doubt_after_a_crash() {
    let db = memory();
    let ledger = PrintLedger::open(db.clone(), 1).unwrap();
    ledger.submit(&head(1, 4, None), &[1, 2, 3, 4].map(|n| label(n, false))).unwrap();
    ledger.sending(1, 1, 10).unwrap();
    ledger.set(1, 1, Sent, Some(ConfirmedBy::Idle), 10).unwrap();
    ledger.sending(1, 2, 10).unwrap();
    ledger.set(1, 2, Sent, None, 10).unwrap();
    ledger.sending(1, 3, 10).unwrap();
    let again = PrintLedger::open(db, 99).unwrap();
    assert_eq!(states(&again, 1), [Sent, Unknown, Unknown, Queued]);
    assert_eq!(again.rows(1).unwrap()[1].at_ms, 99);
}

#[test]
fn a_printer_may_hold_half_a_label_until_it_was_told_to_drop_it() {
    let db = memory();
    let ledger = PrintLedger::open(db.clone(), 1).unwrap();
    ledger.submit(&head(1, 2, None), &[1, 2].map(|n| label(n, false))).unwrap();
    ledger.doubt(1, 5).unwrap();
    assert!(!ledger.has_partial_label("p").unwrap(), "nothing was on its way");
    ledger.sending(1, 1, 10).unwrap();
    let ledger = PrintLedger::open(db, 99).unwrap();
    ledger.answer(1, 1, false, 100).unwrap();
    assert!(ledger.has_partial_label("p").unwrap(), "a person's answer does not reach the printer");
    assert!(!ledger.has_partial_label("q").unwrap());
    ledger.whole("p").unwrap();
    assert!(!ledger.has_partial_label("p").unwrap());
}

#[test]
fn the_same_submission_is_one_job() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    let labels = [label(1, false)];
    ledger.submit(&head(1, 1, Some("k")), &labels).unwrap();
    assert_eq!(submit(&ledger, &head(1, 1, None), &labels), Ok(id(1)));
    assert_eq!(submit(&ledger, &head(2, 1, Some("k")), &labels), Ok(id(1)));
    assert_eq!(ledger.jobs(10).unwrap().len(), 1);
}

#[test]
fn a_blank_tag_is_taken_once_in_any_job() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    ledger.submit(&head(1, 1, None), &[label(1, true)]).unwrap();
    let again = submit(&ledger, &head(2, 2, None), &[label(2, true), label(1, true)]);
    assert_eq!(again, Err(label(1, true).tag.unwrap()));
    let twice = submit(&ledger, &head(3, 2, None), &[label(3, true), label(3, true)]);
    assert_eq!(twice, Err(label(3, true).tag.unwrap()));
    assert_eq!(submit(&ledger, &head(4, 1, None), &[label(2, true)]), Ok(id(4)));
    assert_eq!(ledger.jobs(10).unwrap().len(), 2, "refused jobs leave nothing behind");
}

#[test]
fn cancelling_spares_what_is_under_way() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    ledger.submit(&head(1, 3, None), &[1, 2, 3].map(|n| label(n, false))).unwrap();
    ledger.sending(1, 1, 10).unwrap();
    ledger.cancel(1, 11).unwrap();
    assert!(!ledger.sending(1, 2, 11).unwrap(), "cancelled in the same moment");
    assert_eq!(states(&ledger, 1), [Sending, Cancelled, Cancelled]);
    assert!(ledger.unreported().unwrap().is_empty());
    ledger.set(1, 1, Sent, None, 12).unwrap();
    ledger.confirm_up_to(1, 1, ConfirmedBy::Printer, 12).unwrap();
    assert_eq!(ledger.unreported().unwrap(), [1]);
    ledger.cancel(1, 13).unwrap();
    assert_eq!(ledger.job_at(1).unwrap().head.finished_ms, Some(12));
}

#[test]
fn old_jobs_are_forgotten_once_they_are_in_the_log() {
    for second in [None, Some(b"{")] {
        forget_second(second);
    }
}

/// The second job is deleted, also where these bytes are in its place.
fn forget_second(in_its_place: Option<&[u8; 1]>) {
    let db = memory();
    let ledger = PrintLedger::open(db.clone(), 1).unwrap();
    let job = |n: u64| JobHead { id: JobId::new(n as i64, [9; 10]), ..head(1, 1, None) };
    for n in 1..=STORED_JOBS_MAX {
        ledger.submit(&job(n), &[label(1, false)]).unwrap();
        if n != 1 {
            ledger.set(n, 1, Confirmed, Some(ConfirmedBy::Printer), 3).unwrap();
        }
        if n == 2 {
            ledger.reported(job(2).id).unwrap();
        }
    }
    if let Some(bytes) = in_its_place {
        write_job(&db, 2, bytes);
    }
    ledger.submit(&job(5_000), &[label(1, false)]).unwrap();
    ledger.submit(&job(5_001), &[label(1, false)]).unwrap();
    assert!(ledger.job(job(1).id).unwrap().is_some(), "unfinished jobs stay");
    assert!(ledger.job(job(2).id).unwrap().is_none());
    assert!(ledger.label(2, 1).unwrap().is_none());
}

#[test]
fn what_the_printer_threw_away_is_sent_again_and_a_blank_tag_is_burnt() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    ledger
        .submit(&head(1, 4, None), &[label(1, false), label(2, false), label(3, true), label(4, false)])
        .unwrap();
    for n in 1..=3 {
        ledger.sending(1, n, 10).unwrap();
        ledger.set(1, n, Sent, None, 10).unwrap();
    }
    ledger.lose(1, 2, 11).unwrap();
    assert_eq!(states(&ledger, 1), [Sent, Queued, Failed, Queued]);
    assert_eq!(ledger.labels(1).unwrap()[2].1, Some(FailureCause::BlankInterrupted));
    assert_eq!(ledger.progress(1).unwrap(), JobProgress::of(&ledger.rows(1).unwrap()));
    assert_eq!(ledger.rows(1).unwrap()[1].attempts, 1);
}

#[test]
fn a_blank_tag_that_nobody_found_is_given_up() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    let tag = |n: u8| label(n, true).tag.unwrap();
    ledger.submit(&head(1, 3, None), &[1, 2, 3].map(|n| label(n, true))).unwrap();
    for n in 1..=2 {
        ledger.sending(1, n, 10).unwrap();
    }
    ledger.doubt(1, 11).unwrap();
    assert!(!ledger.is_discarded(tag(1)).unwrap(), "nobody has looked yet");
    ledger.answer(1, 1, false, 12).unwrap();
    ledger.answer(1, 2, true, 12).unwrap();
    let is_abandoned = [1, 2, 3, 4].map(|n| ledger.is_discarded(tag(n)).unwrap());
    assert_eq!(is_abandoned, [true, false, false, false]);
}

#[test]
fn nothing_comes_back_into_a_cancelled_job() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    ledger.submit(&head(1, 3, None), &[1, 2, 3].map(|n| label(n, false))).unwrap();
    ledger.sending(1, 1, 10).unwrap();
    ledger.sending(1, 2, 10).unwrap();
    ledger.cancel(1, 11).unwrap();
    ledger.lose(1, 2, 12).unwrap();
    ledger.doubt(1, 12).unwrap();
    ledger.answer(1, 1, false, 13).unwrap();
    assert_eq!(states(&ledger, 1), [Cancelled; 3]);
    assert_eq!(ledger.job_at(1).unwrap().head.finished_ms, Some(13));
}

#[test]
fn no_more_jobs_than_one_look_reads() {
    let ledger = PrintLedger::open(memory(), 1).unwrap();
    let job = |n: u64| JobHead { id: JobId::new(n as i64, [9; 10]), ..head(1, 1, None) };
    for n in 1..=OPEN_MAX {
        assert!(matches!(ledger.submit(&job(n), &[label(1, false)]).unwrap(), SubmitOutcome::Job(_)));
    }
    assert!(matches!(ledger.submit(&job(900), &[label(1, false)]).unwrap(), SubmitOutcome::Full));
    assert!(
        matches!(ledger.submit(&job(7), &[label(1, false)]).unwrap(), SubmitOutcome::Job(_)),
        "the same again"
    );
}

/// Of a damaged row, or one of another version of this program.
#[test]
fn a_job_that_cannot_be_read_stops_neither_a_start_nor_other_jobs() {
    let db = memory();
    let ledger = PrintLedger::open(db.clone(), 1).unwrap();
    for n in 1..=3 {
        submit(&ledger, &head(n, 1, Some(&format!("k{n}"))), &[label(n, false)]).unwrap();
        ledger.sending(u64::from(n), 1, 10).unwrap();
    }
    let good = write_job(&db, 2, b"{");
    let seqs = |ledger: &PrintLedger| -> Vec<u64> {
        ledger.open_jobs().unwrap().iter().map(|job| job.seq).collect()
    };
    assert_eq!(seqs(&ledger), [1, 3]);
    assert_eq!(ledger.jobs(10).unwrap().len(), 2);
    let ledger = PrintLedger::open(db.clone(), 20).unwrap();
    assert_eq!((states(&ledger, 1), states(&ledger, 3)), (vec![Unknown], vec![Unknown]));
    submit(&ledger, &head(4, 1, None), &[label(4, false)]).unwrap();
    write_job(&db, 2, &good);
    let ledger = PrintLedger::open(db, 30).unwrap();
    assert_eq!((seqs(&ledger), states(&ledger, 2)), (vec![1, 2, 3, 4], vec![Unknown]), "it waited");
}

#[test]
fn a_stored_cause_is_read_by_the_names_it_was_written_under() {
    for stored in [
        r#"{"not_made":{"readback":{"other":{"found":"http://b/X","wanted":"http://b/Y"}}}}"#,
        r#"{"not_made":{"encode":{"too_long":{"height":900,"room":800}}}}"#,
    ] {
        let cause: FailureCause = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&cause).unwrap(), stored);
    }
}
