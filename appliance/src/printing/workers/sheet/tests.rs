//! Jobs on a queue that behaves, one that loses answers and documents, and a box that goes down in between.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use record::ids::JobId;
use record::tag::Tag;
use redb::Database;
use service::clock::boot_id;
use service::random::{RandomSource, SeededRandom};
use tokio::sync::mpsc;

use super::*;
use crate::clock::system_clock;
use crate::printing::devices::ipp::fake::FakeQueue;
use crate::printing::model::printer_settings::{MediaChoice, PDF, PrinterSettings};
use crate::printing::{
    ConfirmedBy, ConnectionTimeouts, JobRequest, JobState, JobView, LabelRequest, LabelState, PrintService,
    PrinterConfig,
};

/// Far more than anything here takes on a loaded machine.
const SOON: Duration = Duration::from_secs(60);

fn id() -> JobId {
    JobId::new(1, [7; 10])
}

/// A ledger that outlives the print services on it.
fn database() -> Arc<Database> {
    let backend = redb::backends::InMemoryBackend::new();
    Arc::new(Database::builder().create_with_backend(backend).unwrap())
}

fn config(queue: &FakeQueue) -> PrinterConfig {
    let settings = PrinterSettings::new("Ward 3", PDF, &queue.address());
    let media = Some(MediaChoice::Named("avery-5160".into()));
    let timeouts = ConnectionTimeouts { retry: Duration::from_millis(20), ..ConnectionTimeouts::default() };
    PrinterConfig { timeouts, ..PrinterSettings { media, ..settings }.checked().unwrap() }
}

fn open(db: &Arc<Database>, config: PrinterConfig) -> PrintService {
    let clock = Arc::new(system_clock(boot_id([1; 10])));
    let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(7));
    PrintService::open(db.clone(), vec![config], clock, &random, mpsc::channel(4).0).unwrap()
}

fn tag(n: u8) -> Tag {
    Tag::from_random([n, 1, 2, 3, 4])
}

fn url(n: u8) -> String {
    format!("HTTP://BOX.LAN/{}", tag(n))
}

fn labels(count: u8, blank: bool) -> Vec<LabelRequest> {
    (1..=count)
        .map(|n| LabelRequest {
            tag: Some(tag(n)),
            url: url(n),
            name: if blank { String::new() } else { format!("Pump {n}") },
            blank,
            ..LabelRequest::default()
        })
        .collect()
}

/// Waits for a job to be as expected: each step of it signals.
async fn until(printing: &PrintService, expected: impl Fn(&JobView) -> bool) -> JobView {
    let mut news = printing.news();
    loop {
        let job = printing.job(id()).unwrap().unwrap();
        if expected(&job) {
            return job;
        }
        let rung = tokio::time::timeout(SOON, news.changed()).await;
        assert!(rung.is_ok(), "it did not come about: {job:#?}\n{:#?}", printing.printers());
    }
}

async fn until_done(printing: &PrintService) -> JobView {
    until(printing, |job| job.state == JobState::Done).await
}

fn all(job: &JobView, state: LabelState) -> bool {
    job.labels.iter().all(|label| label.state == state)
}

/// What zbarimg reads on each page of a PDF that poppler drew. Of thirty codes in one picture it misses one or another,
/// not the same ones at each resolution; what it reads twice would be there twice.
fn codes(pdf: &[u8], dir: &Path) -> Vec<BTreeSet<String>> {
    std::fs::write(dir.join("sheet.pdf"), pdf).unwrap();
    let mut all: Vec<BTreeSet<String>> = Vec::new();
    for dpi in ["200", "240", "300"] {
        let to_pages = ["-r", dpi, "-gray", "-png", "sheet.pdf", "page"];
        let drawn = Command::new("pdftoppm").args(to_pages).current_dir(dir).status();
        assert!(drawn.expect("pdftoppm is missing: tests/run installs poppler-utils").success());
        let pages = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let mut pages: Vec<_> = pages.filter(|path| path.extension().is_some_and(|e| e == "png")).collect();
        pages.sort();
        all.resize_with(pages.len(), BTreeSet::new);
        for (page, all) in pages.iter().zip(&mut all) {
            let options = ["-q", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable"];
            let out = Command::new("zbarimg").args(options).arg(page).output();
            let out = out.expect("zbarimg is missing: tests/run installs zbar-tools");
            std::fs::remove_file(page).unwrap();
            let codes: Vec<String> =
                String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect();
            let once: BTreeSet<String> = codes.iter().cloned().collect();
            assert_eq!(once.len(), codes.len(), "each code once");
            all.extend(once);
        }
    }
    all
}

fn urls(labels: std::ops::RangeInclusive<u8>) -> BTreeSet<String> {
    labels.map(url).collect()
}

#[tokio::test]
async fn seventy_labels_are_three_sheets_and_every_code_reads() {
    let (queue, db, dir) = (FakeQueue::new(), database(), tempfile::tempdir().unwrap());
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(70, false))).unwrap();
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Confirmed));
    assert!(job.labels.iter().all(|l| l.proof == Some(ConfirmedBy::Printer) && l.attempts == 1));
    assert_eq!(job.summary.template, "equipment-66x25");
    let documents = queue.inside().documents.clone();
    let names: Vec<&str> = documents.iter().map(|document| document.name.as_str()).collect();
    let name = |which: &str| format!("CleanTrack {} {which} try 1", id());
    assert_eq!(names, [name("1-30"), name("31-60"), name("61-70")]);
    for (document, tags) in documents.iter().zip([1..=30, 31..=60, 61..=70]) {
        assert_eq!(codes(&document.pdf, dir.path()), [urls(tags)], "one page, each code once");
    }
}

#[tokio::test]
async fn a_box_that_went_down_asks_the_queue_and_doubles_no_sheet() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 5;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(40, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    drop(printing);
    {
        let mut inside = queue.inside();
        inside.documents[0].state = 9;
        inside.next = 9;
    }
    let printing = open(&db, config(&queue));
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Confirmed) && job.labels.iter().all(|label| label.attempts == 1));
    assert_eq!(queue.inside().documents.len(), 2, "a sheet of 30 and one of 10");
}

#[tokio::test]
async fn a_lost_answer_is_asked_of_the_queue() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().swallow = true;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(5, false))).unwrap();
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Confirmed));
    assert_eq!(queue.inside().documents.len(), 1);
}

#[tokio::test]
async fn a_sheet_that_the_queue_forgot_is_asked_about_once() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 5;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(40, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    drop(printing);
    queue.inside().documents.clear();
    let printing = open(&db, config(&queue));
    let job = until(&printing, |job| job.state == JobState::NeedsAnswer).await;
    assert_eq!((job.summary.in_doubt, job.summary.queued), (30, 10));
    assert!(queue.inside().documents.is_empty(), "nothing is printed before somebody has looked");
    queue.inside().next = 9;
    printing.answer_all(id(), false).unwrap();
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Confirmed));
    let names: Vec<_> = queue.inside().documents.iter().map(|d| d.name.clone()).collect();
    let name = |which: &str| format!("CleanTrack {} {which}", id());
    assert_eq!(names, [name("1-30 try 2"), name("31-40 try 1")]);
    assert!(printing.answer_all(id(), true).is_err(), "nobody is asked any more");
}

#[tokio::test]
async fn blank_tags_of_a_doubted_sheet_are_never_printed_again() {
    let (queue, db) = (FakeQueue::new(), database());
    let office = config(&queue);
    let media = PrinterSettings::new("x", PDF, "ipp://h").checked().unwrap().media;
    assert_eq!(office.media, media);
    queue.inside().next = 8;
    let printing = open(&db, office);
    printing.submit(JobRequest::new(id(), labels(3, true))).unwrap();
    until(&printing, |job| job.state == JobState::NeedsAnswer).await;
    printing.answer_all(id(), false).unwrap();
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Failed), "{job:?}");
    assert_eq!(queue.inside().documents.len(), 1);
}

#[tokio::test]
async fn a_cancelled_job_takes_back_the_sheet_that_has_not_begun() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 3;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(40, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    printing.cancel(id()).unwrap();
    let job = until(&printing, |job| job.state == JobState::Cancelled).await;
    assert!(all(&job, LabelState::Cancelled));
    assert_eq!(queue.inside().documents[0].state, 7, "it was taken out of the queue");
}

#[tokio::test]
async fn a_sheet_that_was_being_printed_when_it_was_cancelled_is_asked_about() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 6;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(3, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    printing.cancel(id()).unwrap();
    let job = until(&printing, |job| job.state == JobState::NeedsAnswer).await;
    assert!(all(&job, LabelState::Unknown));
    printing.answer_all(id(), true).unwrap();
    let job = until(&printing, |job| job.state == JobState::Cancelled).await;
    assert!(all(&job, LabelState::Confirmed));
}

#[tokio::test]
async fn paper_out_is_told_and_the_sheet_goes_on_when_there_is_paper() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().printer = (5, vec!["media-empty-error"]);
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(3, false))).unwrap();
    let paused = |job: &JobView| {
        matches!(
            &job.state,
            JobState::Paused(PrinterCause::SheetCondition {
                condition: PrinterCondition::PaperOut,
                sheet: "Avery 5160"
            })
        )
    };
    until(&printing, paused).await;
    assert!(queue.inside().documents.is_empty(), "a printer without paper is given nothing");
    {
        let mut inside = queue.inside();
        (inside.printer, inside.next) = ((4, vec!["none"]), 5);
    }
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    {
        let mut inside = queue.inside();
        (inside.printer, inside.documents[0].state) = ((5, vec!["cover-open"]), 6);
    }
    until(&printing, |job: &JobView| {
        matches!(
            &job.state,
            JobState::Paused(PrinterCause::SheetCondition { condition: PrinterCondition::CoverOpen, .. })
        )
    })
    .await;
    queue.inside().documents[0].state = 9;
    assert!(all(&until_done(&printing).await, LabelState::Confirmed));
}

#[tokio::test]
async fn what_never_began_is_printed_again_or_told() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().refuse = Some(0x0507);
    queue.inside().next = 3;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(2, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    {
        let mut inside = queue.inside();
        inside.documents[0].state = 8;
    }
    until(&printing, |_| queue.inside().documents.len() == 2).await;
    queue.inside().documents[1].state = 7;
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Failed));
    assert_eq!(job.labels[0].failure, Some(FailureCause::TakenOut));
    assert_eq!(job.labels[0].attempts, 3, "refused, given up, and taken out");
}

#[tokio::test]
async fn a_queue_that_is_away_is_waited_for_unless_somebody_cancels() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 5;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(2, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    queue.inside().dead = true;
    let unreachable =
        |job: &JobView| matches!(&job.state, JobState::Paused(PrinterCause::QueueUnreachable { .. }));
    until(&printing, unreachable).await;
    printing.cancel(id()).unwrap();
    let job = until(&printing, |job| job.state == JobState::NeedsAnswer).await;
    assert!(all(&job, LabelState::Unknown));
}

#[tokio::test]
async fn a_queue_whose_word_is_not_true_confirms_nothing() {
    let (queue, db) = (FakeQueue::new(), database());
    let printing = open(&db, PrinterConfig { answers: ConfirmationLevel::Nothing, ..config(&queue) });
    printing.submit(JobRequest::new(id(), labels(2, false))).unwrap();
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Sent) && job.labels[0].proof == Some(ConfirmedBy::Nobody), "{job:?}");
}

#[tokio::test]
async fn a_sheet_in_a_queue_that_is_set_up_no_more_is_doubted() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 5;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(2, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    drop(printing);
    let elsewhere = PrinterConfig { address: "ipp://127.0.0.1:1/ipp/print".into(), ..config(&queue) };
    let printing = open(&db, elsewhere);
    assert!(all(&printing.job(id()).unwrap().unwrap(), LabelState::Unknown));
}

#[tokio::test]
async fn the_test_sheet_is_printed() {
    let (queue, db) = (FakeQueue::new(), database());
    let printing = open(&db, config(&queue));
    printing.test("Ward 3", id(), None).unwrap();
    until_done(&printing).await;
    let pdf = queue.inside().documents[0].pdf.clone();
    assert!(pdf.starts_with(b"%PDF"));
}

/// A job of 40 labels whose first sheet the queue has, in this state.
async fn under_way(queue: &FakeQueue, config: PrinterConfig, state: u8) -> PrintService {
    queue.inside().next = state;
    let printing = open(&database(), config);
    printing.submit(JobRequest::new(id(), labels(40, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    printing
}

fn paused(job: &JobView, is: impl Fn(&PrinterCause) -> bool) -> bool {
    matches!(&job.state, JobState::Paused(cause) if is(cause))
}

#[tokio::test]
async fn a_queue_that_cannot_answer_now_has_forgotten_nothing() {
    let queue = FakeQueue::new();
    let printing = under_way(&queue, config(&queue), 5).await;
    for (busy, http) in
        [(Some(0x0507), None), (None, Some("503 Service Unavailable")), (None, Some("401 Unauthorized"))]
    {
        {
            let mut inside = queue.inside();
            (inside.busy, inside.http) = (busy, http);
        }
        // Three times as often as a queue that does not know the sheet is asked.
        queue.until_asked(3 * FORGOTTEN_PAUSES + 2);
        until(&printing, |job| matches!(job.state, JobState::Paused(_))).await;
        {
            let mut inside = queue.inside();
            (inside.busy, inside.http) = (None, None);
        }
        until(&printing, |job| job.state == JobState::Printing).await;
    }
    {
        let mut inside = queue.inside();
        (inside.documents[0].state, inside.next) = (9, 9);
    }
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Confirmed) && job.labels.iter().all(|label| label.attempts == 1));
    assert_eq!(queue.inside().documents.len(), 2, "no sheet twice");
}

#[tokio::test]
async fn whoever_cancels_waits_for_no_queue_that_cannot_answer() {
    let queue = FakeQueue::new();
    let printing = under_way(&queue, config(&queue), 5).await;
    queue.inside().busy = Some(0x0507);
    until(&printing, |job| paused(job, |cause| matches!(cause, PrinterCause::Queue(QueueError::Refused(_)))))
        .await;
    printing.cancel(id()).unwrap();
    until(&printing, |job| job.state == JobState::NeedsAnswer).await;
}

#[tokio::test]
async fn a_cancelled_sheet_is_taken_back_however_often_the_queue_says_no() {
    let queue = FakeQueue::new();
    let printing = under_way(&queue, config(&queue), 5).await;
    {
        // Many printers continue to report that they print while they wait for paper.
        let mut inside = queue.inside();
        (inside.printer, inside.keeps) = ((4, vec!["media-empty-error"]), 3);
    }
    until(&printing, |job| {
        paused(job, |cause| {
            matches!(cause, PrinterCause::SheetCondition { condition: PrinterCondition::PaperOut, .. })
        })
    })
    .await;
    assert_eq!(printing.job(id()).unwrap().unwrap().summary.out, 0, "what is in the queue is not out");
    printing.cancel(id()).unwrap();
    let job = until(&printing, |job| job.state == JobState::NeedsAnswer).await;
    let stored = queue.inside().keeps;
    assert_eq!((queue.inside().documents[0].state, stored), (7, 0));
    assert_eq!(job.summary.in_doubt, 30, "it had begun");
}

#[tokio::test]
async fn a_sheet_that_takes_too_long_is_told_and_can_be_taken_back() {
    let queue = FakeQueue::new();
    let config = config(&queue);
    let timeouts = ConnectionTimeouts { stall: Duration::from_millis(60), ..config.timeouts };
    let printing = under_way(&queue, PrinterConfig { timeouts, ..config }, 5).await;
    until(&printing, |job| paused(job, |cause| *cause == PrinterCause::SheetLate)).await;
    queue.inside().documents[0].state = 4;
    until(&printing, |job| paused(job, |cause| *cause == PrinterCause::SheetHeld)).await;
    queue.inside().documents[0].state = 5;
    until(&printing, |job| paused(job, |cause| *cause == PrinterCause::SheetLate)).await;
    printing.cancel(id()).unwrap();
    until(&printing, |job| job.state == JobState::NeedsAnswer).await;
    assert_eq!(queue.inside().documents[0].state, 7, "it was taken out of the queue");
}

#[tokio::test]
async fn a_queue_on_a_plain_line_confirms_nothing() {
    let queue = FakeQueue::new();
    queue.inside().device = "socket://10.0.0.9:9100";
    let printing = under_way(&queue, config(&queue), 9).await;
    let job = until_done(&printing).await;
    assert!(all(&job, LabelState::Sent) && job.labels[0].proof == Some(ConfirmedBy::Idle), "{job:?}");
    assert!(!printing.printers()[0].confirms);
}

#[tokio::test]
async fn a_box_that_went_down_still_asks_what_a_plain_line_is_worth() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().next = 5;
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(2, false))).unwrap();
    until(&printing, |_| queue.inside().documents.len() == 1).await;
    drop(printing);
    {
        let mut inside = queue.inside();
        (inside.documents[0].state, inside.device) = (9, "usb://HP/LaserJet");
    }
    let job = until_done(&open(&db, config(&queue))).await;
    assert!(all(&job, LabelState::Sent), "{job:?}");
}

#[tokio::test]
async fn sheets_go_on_their_own_paper_only() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().media = vec!["iso_a4_210x297mm"];
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(3, false))).unwrap();
    let wrong = PrinterCause::WrongPaper {
        has: vec!["iso_a4_210x297mm".to_owned()],
        sheet: "Avery 5160",
        needs: "na_letter_8.5x11in".to_owned(),
    };
    let job = until(&printing, |job| paused(job, |cause| *cause == wrong)).await;
    assert_eq!((job.summary.queued, queue.inside().documents.len()), (3, 0), "nothing is on its way");
    queue.inside().media = vec!["iso_a4_210x297mm", "na_letter_8.5x11in"];
    assert!(all(&until_done(&printing).await, LabelState::Confirmed));
    assert_eq!(queue.inside().documents[0].media, "na_letter_8.5x11in");
}

#[tokio::test]
async fn a_raw_queue_gets_no_sheet_until_it_has_a_driver() {
    let (queue, db) = (FakeQueue::new(), database());
    // As CUPS describes one: it takes every format.
    queue.inside().model = "Local Raw Printer";
    let printing = open(&db, config(&queue));
    printing.submit(JobRequest::new(id(), labels(3, false))).unwrap();
    let raw = PrinterCause::Queue(QueueError::RawQueue);
    let job = until(&printing, |job| paused(job, |cause| *cause == raw)).await;
    assert_eq!((job.summary.queued, queue.inside().documents.len()), (3, 0), "nothing is on its way");
    queue.inside().model = "Brother HL-L2350DW - IPP Everywhere";
    assert!(all(&until_done(&printing).await, LabelState::Confirmed));
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_a_matter_of_its_address() {
    let (queue, db) = (FakeQueue::new(), database());
    queue.inside().refuse = Some(0x0406);
    let timeouts = ConnectionTimeouts { retry: Duration::from_secs(600), ..ConnectionTimeouts::default() };
    let printing = open(&db, PrinterConfig { timeouts, ..config(&queue) });
    printing.submit(JobRequest::new(id(), labels(3, false))).unwrap();
    let job =
        until(&printing, |job| paused(job, |cause| *cause == PrinterCause::Queue(QueueError::NoQueue))).await;
    assert_eq!(job.summary.queued, 3, "nothing was done");
    assert_eq!(printing.printers()[0].job, None);
}
