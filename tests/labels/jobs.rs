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

use crate::print_server::{Batch, Kind, PrintServer, PrinterSetup, SOON, database, request};

fn server_without_printers(setup: &PrinterSetup) -> PrintServer {
    PrintServer::open(database(&setup.dir.path().join("state.redb")), Vec::new())
}

fn settings(setup: &PrinterSetup) -> PrinterSettings {
    PrinterSettings::new("Bench", "escpos", &format!("tcp://{}", setup.printer.addr()))
}

#[test]
fn a_printer_that_was_set_up_is_there_after_a_restart_and_can_be_taken_away() {
    let setup = PrinterSetup::new();
    let server = server_without_printers(&setup);
    let batch = Batch::named(51, 2);
    assert!(matches!(server.service.submit(batch.request()), Err(PrintRefusal::NoPrinter)));
    server.service.add(&settings(&setup)).unwrap();
    assert!(matches!(server.service.add(&settings(&setup)), Err(PrinterRefusal::SameName(_))));
    server.service.submit(batch.request()).unwrap();
    server.until_done(batch.id);
    drop(server);

    let server = server_without_printers(&setup);
    assert_eq!(server.service.printers().len(), 1);
    server.service.remove("Bench").unwrap();
    assert!(matches!(server.service.remove("Bench"), Err(PrinterRefusal::Unknown(_))));
    drop(server);
    assert!(server_without_printers(&setup).service.printers().is_empty());
    assert_eq!(batch.out(&setup.printer), [1, 2]);
}

#[test]
fn a_printer_from_the_settings_file_is_not_changed_at_run_time() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    assert!(matches!(server.service.remove("Bench"), Err(PrinterRefusal::Fixed(_))));
    assert!(matches!(server.service.change("Bench", &settings(&setup)), Err(PrinterRefusal::Fixed(_))));
}

#[test]
fn a_job_waits_for_its_printer_to_come_back() {
    let setup = PrinterSetup::new();
    let server = server_without_printers(&setup);
    server.service.add(&settings(&setup)).unwrap();
    setup.printer.set(PrinterFault::PaperOutAfter(1));
    let batch = Batch::named(52, 5);
    server.service.submit(batch.request()).unwrap();
    server.until_paused(batch.id, |cause| *cause == PrinterCause::Condition(PrinterCondition::PaperOut));
    // It is stopped with labels in it, so it cannot leave in good order: these are in doubt.
    server.service.remove("Bench").unwrap();
    let job = server.until(batch.id, |job| job.state == JobState::NeedsAnswer);
    assert!(job.in_doubt <= 2, "{job:#?}");
    setup.printer.mend();
    assert!(setup.printer.wait_until_idle(SOON));
    server.answer_truthfully(batch.id, &batch.out(&setup.printer));
    server.until_paused(batch.id, |cause| matches!(cause, PrinterCause::NotSetUp { .. }));
    server.service.add(&settings(&setup)).unwrap();
    let job = server.until_done(batch.id);
    batch.check_all_out(&job, &batch.out(&setup.printer));
}

#[test]
fn labels_are_printed_once_more_for_a_reason() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::new(53, 3, |n| n == 2);
    server.service.submit(batch.request()).unwrap();
    server.until_done(batch.id);
    let again = |labels: &[u32], reason: &str, seed: u8| {
        let (id, labels, reason) = (JobId::new(9, [seed; 10]), labels.to_vec(), reason.to_owned());
        server.service.reprint(ReprintRequest { id, key: None, of: batch.id, labels, reason, printer: None })
    };
    let job = again(&[3, 1], "stuck on the wrong machine", 1).unwrap();
    let reprint = job.reprint.clone().unwrap();
    assert_eq!((reprint.of, reprint.reason.as_str()), (batch.id, "stuck on the wrong machine"));
    let job = server.until_done(job.id);
    let tags: Vec<_> = job.labels.iter().map(|l| l.tag).collect();
    assert_eq!(tags, [batch.labels[2].tag, batch.labels[0].tag]);
    assert!(matches!(again(&[2], "torn", 2), Err(PrintRefusal::BlankAgain(_))));
    assert!(matches!(again(&[4], "torn", 3), Err(PrintRefusal::NoLabel { n: 4, .. })));
    assert!(matches!(again(&[1], " ", 4), Err(PrintRefusal::Reason)));
    assert!(matches!(again(&[], "torn", 5), Err(PrintRefusal::NoLabels)));
}

#[test]
fn the_test_label_comes_out() {
    let setup = PrinterSetup::new();
    let mut server = setup.open();
    let job = server.service.test("Bench", JobId::new(1, [8; 10]), None).unwrap();
    assert_eq!((job.kind, job.labels.len(), job.labels[0].tag), (JobKind::Test, 1, None));
    server.until_done(job.id);
    assert_eq!(setup.printer.printed().iter().filter(|p| !p.partial).count(), 1);
    assert_eq!(server.outcomes.blocking_recv().unwrap().labels[0].tag, None);
}

#[test]
fn a_label_that_the_roll_is_too_small_for_is_taken_smaller_and_it_is_said() {
    let setup = PrinterSetup::new();
    let server = server_without_printers(&setup);
    let small = serde_json::json!({"width_mm": 30, "height_mm": 15});
    let media = serde_json::from_value(small).unwrap();
    server.service.add(&PrinterSettings { media: Some(media), ..settings(&setup) }).unwrap();
    let labels = Batch::named(54, 2).labels;
    let id = JobId::new(1, [54; 10]);
    let requested = JobRequest { template: Some("equipment".into()), ..JobRequest::new(id, labels.clone()) };
    let refused = server.service.submit(requested).unwrap_err().to_string();
    assert!(
        refused.contains("DoesNotFit") && refused.contains("width_mm: 30.0, height_mm: Some(15.0)"),
        "{refused}"
    );
    let job = server.service.submit(JobRequest::new(id, labels)).unwrap();
    assert_eq!(job.template, "micro");
    assert!(
        matches!(&job.notes[0], JobNote::OtherTemplate { template, .. } if template == "micro"),
        "{:?}",
        job.notes
    );
    server.until_done(id);
}

/// A job whose labels nobody compares with what they should look like, so that their pictures need not be
/// drawn here.
fn request_job(seed: u64, count: u32) -> JobRequest {
    let random: &dyn RandomSource = &SeededRandom::new(seed);
    let labels = (1..=count).map(|n| request(random, n, false)).collect();
    let template = Some(Kind::of(PrinterLanguage::EscPos).template.to_owned());
    JobRequest { template, ..JobRequest::new(JobId::new(1, random.bytes()), labels) }
}

#[test]
fn the_first_byte_comes_soon_and_a_step_of_a_long_job_costs_what_one_of_a_short_job_does() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let warm = Batch::named(55, 1);
    server.service.submit(warm.request()).unwrap();
    server.until_done(warm.id);
    let mut each = Vec::new();
    for (seed, count) in [(56, 40), (57, 3_000)] {
        let job = request_job(seed, count);
        let id = job.id;
        let before = setup.printer.printed().len();
        let requested = Instant::now();
        server.service.submit(job).unwrap();
        let submitted = requested.elapsed();
        assert!(setup.printer.wait(SOON, |out| out.len() > before));
        let first = requested.elapsed();
        assert!(setup.printer.wait(SOON, |out| out.len() >= before + 30));
        let thirty = requested.elapsed() - first;
        println!(
            "{count} labels: taken in {submitted:?}, the first out after {first:?}, 29 more in {thirty:?}"
        );
        each.push(thirty);
        server.service.cancel(id).unwrap();
        server.until(id, |job| job.labels.iter().all(|l| l.state != LabelState::Queued));
    }
    assert!(each[1] < each[0] * 4 + Duration::from_secs(1), "{each:?}");
}
