//! Long jobs, printers that come and go, reprints: what a job costs and what becomes of it when its printer leaves.

use std::time::{Duration, Instant};

use appliance::printing::{
    JobKind, JobNote, JobRequest, JobState, LabelState, PrintRefusal, PrinterCause, PrinterRefusal,
    PrinterSettings, ReprintRequest,
};
use harness::virtual_printer::PrinterFault;
use labels::PrinterLanguage;
use labels::language::PrinterCondition;
use record::ids::JobId;
use service::random::{RandomSource, SeededRandom};

use crate::room::{Batch, Kind, Room, SOON, Shop, database, request};

fn room_without_printers(shop: &Shop) -> Room {
    Room::open(database(&shop.dir.path().join("state.redb")), Vec::new())
}

fn settings(shop: &Shop) -> PrinterSettings {
    PrinterSettings::new("Bench", "escpos", &format!("tcp://{}", shop.printer.addr()))
}

#[test]
fn a_printer_that_was_set_up_is_there_after_a_restart_and_can_be_taken_away() {
    let shop = Shop::new();
    let room = room_without_printers(&shop);
    let batch = Batch::named(51, 2);
    assert!(matches!(room.printing.submit(batch.request()), Err(PrintRefusal::NoPrinter)));
    room.printing.add(&settings(&shop)).unwrap();
    assert!(matches!(room.printing.add(&settings(&shop)), Err(PrinterRefusal::SameName(_))));
    room.printing.submit(batch.request()).unwrap();
    room.until_done(batch.id);
    drop(room);

    let room = room_without_printers(&shop);
    assert_eq!(room.printing.printers().len(), 1);
    room.printing.remove("Bench").unwrap();
    assert!(matches!(room.printing.remove("Bench"), Err(PrinterRefusal::Unknown(_))));
    drop(room);
    assert!(room_without_printers(&shop).printing.printers().is_empty());
    assert_eq!(batch.out(&shop.printer), [1, 2]);
}

#[test]
fn a_printer_from_the_settings_file_is_not_changed_at_run_time() {
    let shop = Shop::new();
    let room = shop.open();
    assert!(matches!(room.printing.remove("Bench"), Err(PrinterRefusal::Fixed(_))));
    assert!(matches!(room.printing.change("Bench", &settings(&shop)), Err(PrinterRefusal::Fixed(_))));
}

#[test]
fn a_job_waits_for_its_printer_to_come_back() {
    let shop = Shop::new();
    let room = room_without_printers(&shop);
    room.printing.add(&settings(&shop)).unwrap();
    shop.printer.set(PrinterFault::PaperOutAfter(1));
    let batch = Batch::named(52, 5);
    room.printing.submit(batch.request()).unwrap();
    room.until_paused(batch.id, |cause| *cause == PrinterCause::Condition(PrinterCondition::PaperOut));
    // It stands still with labels in it, so it cannot leave in good order: these are in doubt.
    room.printing.remove("Bench").unwrap();
    let job = room.until(batch.id, |job| job.state == JobState::NeedsAnswer);
    assert!(job.in_doubt <= 2, "{job:#?}");
    shop.printer.mend();
    assert!(shop.printer.wait_until_idle(SOON));
    room.answer_truthfully(batch.id, &batch.out(&shop.printer));
    room.until_paused(batch.id, |cause| matches!(cause, PrinterCause::NotSetUp { .. }));
    room.printing.add(&settings(&shop)).unwrap();
    let job = room.until_done(batch.id);
    batch.check_all_out(&job, &batch.out(&shop.printer));
}

#[test]
fn labels_are_printed_once_more_for_a_reason() {
    let shop = Shop::new();
    let room = shop.open();
    let batch = Batch::new(53, 3, |n| n == 2);
    room.printing.submit(batch.request()).unwrap();
    room.until_done(batch.id);
    let again = |labels: &[u32], reason: &str, seed: u8| {
        let (id, labels, reason) = (JobId::new(9, [seed; 10]), labels.to_vec(), reason.to_owned());
        room.printing.reprint(ReprintRequest { id, key: None, of: batch.id, labels, reason, printer: None })
    };
    let job = again(&[3, 1], "stuck on the wrong machine", 1).unwrap();
    let reprint = job.reprint.clone().unwrap();
    assert_eq!((reprint.of, reprint.reason.as_str()), (batch.id, "stuck on the wrong machine"));
    let job = room.until_done(job.id);
    let tags: Vec<_> = job.labels.iter().map(|l| l.tag).collect();
    assert_eq!(tags, [batch.labels[2].tag, batch.labels[0].tag]);
    assert!(matches!(again(&[2], "torn", 2), Err(PrintRefusal::BlankAgain(_))));
    assert!(matches!(again(&[4], "torn", 3), Err(PrintRefusal::NoLabel { n: 4, .. })));
    assert!(matches!(again(&[1], " ", 4), Err(PrintRefusal::Reason)));
    assert!(matches!(again(&[], "torn", 5), Err(PrintRefusal::NoLabels)));
}

#[test]
fn the_test_label_comes_out() {
    let shop = Shop::new();
    let mut room = shop.open();
    let job = room.printing.test("Bench", JobId::new(1, [8; 10]), None).unwrap();
    assert_eq!((job.kind, job.labels.len(), job.labels[0].tag), (JobKind::Test, 1, None));
    room.until_done(job.id);
    assert_eq!(shop.printer.printed().iter().filter(|p| !p.partial).count(), 1);
    assert_eq!(room.outcomes.blocking_recv().unwrap().labels[0].tag, None);
}

#[test]
fn a_label_that_the_roll_is_too_small_for_is_taken_smaller_and_it_is_said() {
    let shop = Shop::new();
    let room = room_without_printers(&shop);
    let small = serde_json::json!({"width_mm": 30, "height_mm": 15});
    let media = serde_json::from_value(small).unwrap();
    room.printing.add(&PrinterSettings { media: Some(media), ..settings(&shop) }).unwrap();
    let labels = Batch::named(54, 2).labels;
    let id = JobId::new(1, [54; 10]);
    let requested = JobRequest { template: Some("equipment".into()), ..JobRequest::new(id, labels.clone()) };
    let refused = room.printing.submit(requested).unwrap_err().to_string();
    assert!(refused.contains("30.0 × 15.0 mm") && refused.contains("choose a template"), "{refused}");
    let job = room.printing.submit(JobRequest::new(id, labels)).unwrap();
    assert_eq!(job.template, "micro");
    assert!(
        matches!(&job.notes[0], JobNote::OtherTemplate { template, .. } if template == "micro"),
        "{:?}",
        job.notes
    );
    room.until_done(id);
}

/// A job whose labels nobody compares with what they should look like, so that their pictures need not be drawn here.
fn request_job(seed: u64, count: u32) -> JobRequest {
    let random: &dyn RandomSource = &SeededRandom::new(seed);
    let labels = (1..=count).map(|n| request(random, n, false)).collect();
    let template = Some(Kind::of(PrinterLanguage::EscPos).template.to_owned());
    JobRequest { template, ..JobRequest::new(JobId::new(1, random.bytes()), labels) }
}

#[test]
fn the_first_byte_comes_soon_and_a_step_of_a_long_job_costs_what_one_of_a_short_job_does() {
    let shop = Shop::new();
    let room = shop.open();
    let warm = Batch::named(55, 1);
    room.printing.submit(warm.request()).unwrap();
    room.until_done(warm.id);
    let mut each = Vec::new();
    for (seed, count) in [(56, 40), (57, 3_000)] {
        let job = request_job(seed, count);
        let id = job.id;
        let before = shop.printer.printed().len();
        let requested = Instant::now();
        room.printing.submit(job).unwrap();
        let submitted = requested.elapsed();
        assert!(shop.printer.wait(SOON, |out| out.len() > before));
        let first = requested.elapsed();
        assert!(shop.printer.wait(SOON, |out| out.len() >= before + 30));
        let thirty = requested.elapsed() - first;
        println!(
            "{count} labels: taken in {submitted:?}, the first out after {first:?}, 29 more in {thirty:?}"
        );
        each.push(thirty);
        room.printing.cancel(id).unwrap();
        room.until(id, |job| job.labels.iter().all(|l| l.state != LabelState::Queued));
    }
    assert!(each[1] < each[0] * 4 + Duration::from_secs(1), "{each:?}");
}
