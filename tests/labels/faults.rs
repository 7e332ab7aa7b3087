//! Printers that are off, out of paper, open, slow, disconnected, silent or sending garbage; and people who submit twice or cancel.

use std::time::Duration;

use appliance::printing::plan::{WINDOW, WINDOW_UNCONFIRMED};
use appliance::printing::{
    AnswerError, ConfirmedBy, FailureCause, JobRequest, JobState, LabelRequest, LabelState, PrintRefusal,
    PrinterCause, PrinterConfig, PrinterState,
};
use harness::virtual_printer::{Options, PrinterFault};
use labels::PrinterLanguage;
use labels::language::{ConfirmationLevel, PrinterCondition};
use record::ids::JobId;

use crate::print_server::{Batch, KINDS, Kind, PrintServer, PrinterSetup, SOON, timeouts};

fn states(server: &PrintServer, id: JobId) -> Vec<LabelState> {
    server.job(id).labels.iter().map(|l| l.state).collect()
}

#[test]
fn off_at_first_then_it_prints_by_itself() {
    let setup = PrinterSetup::new();
    setup.printer.set(PrinterFault::PowerOff);
    let server = setup.open();
    let batch = Batch::new(21, 3, |n| n == 2);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_paused(batch.id, |cause| matches!(cause, PrinterCause::Unreachable { .. }));
    assert!(job.labels.iter().all(|l| l.state == LabelState::Queued));
    setup.printer.mend();
    let job = server.until_done(batch.id);
    let out = batch.out(&setup.printer);
    assert_eq!(out, [1, 2, 3]);
    batch.check(&job, &out, WINDOW);
}

#[test]
fn out_of_paper_and_open_are_waited_for_and_nothing_is_sent_twice() {
    for (seed, fault, reported) in [
        (22, PrinterFault::PaperOutAfter(3), PrinterCondition::PaperOut),
        (23, PrinterFault::CoverOpen, PrinterCondition::CoverOpen),
    ] {
        // The others discard what they hold, and need a person's answer.
        for kind in [PrinterLanguage::EscPos, PrinterLanguage::Zpl, PrinterLanguage::Tspl].map(Kind::of) {
            let setup = PrinterSetup::of(kind);
            let server = setup.open();
            let batch = Batch::on(kind, seed, 6, |n| n > 3);
            setup.printer.set(fault);
            server.service.submit(batch.request()).unwrap();
            let job = server.until_paused(batch.id, |cause| *cause == PrinterCause::Condition(reported));
            batch.check(&job, &batch.out(&setup.printer), WINDOW);
            assert_eq!(server.service.printers()[0].state, PrinterState::Stopped);
            setup.printer.mend();
            server.until_done(batch.id);
            assert!(setup.printer.wait_until_idle(SOON));
            assert_eq!(batch.out(&setup.printer), [1, 2, 3, 4, 5, 6], "{}", kind.language.name());
        }
    }
}

#[test]
fn a_slow_printer_is_no_broken_one() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    setup.printer.set(PrinterFault::SlowDrain { bytes_per_s: 40_000 });
    let batch = Batch::named(24, 4);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_done(batch.id);
    assert!(job.labels.iter().all(|l| l.attempts == 1));
    assert_eq!(batch.out(&setup.printer), [1, 2, 3, 4]);
}

fn of_each(story: impl Fn(Kind, ConfirmationLevel) + Sync) {
    std::thread::scope(|scope| {
        for kind in KINDS {
            let story = &story;
            scope.spawn(move || {
                let reported = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    story(kind, kind.language.row().answers);
                }));
                reported.unwrap_or_else(|_| panic!("{}", kind.language.name()));
            });
        }
    });
}

/// The connection or the power fails; a person looks; the rest is printed; nothing is missing and no blank tag duplicated.
fn interrupt(kind: Kind, answers: ConfirmationLevel, fault: PrinterFault, after: u32) {
    let setup = PrinterSetup::of(kind);
    let server = setup.open_with(PrinterConfig { answers, ..setup.config() });
    let window = if answers == ConfirmationLevel::Printed { WINDOW } else { WINDOW_UNCONFIRMED };
    let batch = Batch::on(kind, 25 + u64::from(after), 6, |n| n % 2 == 0);
    if fault == PrinterFault::PowerOff {
        setup.printer.set(PrinterFault::SlowDrain { bytes_per_s: 60_000 });
        server.service.submit(batch.request()).unwrap();
        assert!(setup.printer.wait(SOON, |out| out.len() >= after as usize));
    }
    setup.printer.set(fault);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_asking(batch.id);
    assert!(setup.printer.wait_until_idle(SOON));
    let out = batch.out(&setup.printer);
    batch.check(&job, &out, window);
    setup.printer.mend();
    server.answer_truthfully(batch.id, &out);
    let job = server.until_done(batch.id);
    assert!(setup.printer.wait_until_idle(SOON));
    let out = batch.out(&setup.printer);
    batch.check(&job, &out, window);
    batch.check_all_out(&job, &out);
    assert_eq!(setup.printer.stray_bytes(), 0, "a torn raster is ended before the next label");
}

#[test]
fn the_line_breaks_in_mid_label() {
    for after in 0..6 {
        of_each(|kind, answers| interrupt(kind, answers, PrinterFault::LineBreaksInLabel { after }, after));
    }
}

#[test]
fn the_line_breaks_in_mid_label_of_one_that_cannot_answer() {
    for after in 0..6 {
        of_each(|kind, _| {
            interrupt(kind, ConfirmationLevel::Nothing, PrinterFault::LineBreaksInLabel { after }, after)
        });
    }
}

#[test]
fn the_line_breaks_when_the_label_is_out_and_not_confirmed() {
    for after in 0..6 {
        of_each(|kind, answers| {
            interrupt(kind, answers, PrinterFault::LineBreaksBeforeAnswer { after }, after)
        });
    }
}

#[test]
fn a_person_who_errs_cannot_double_a_blank_tag() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::new(39, 2, |n| n == 1);
    setup.printer.set(PrinterFault::LineBreaksBeforeAnswer { after: 0 });
    server.service.submit(batch.request()).unwrap();
    server.until_asking(batch.id);
    server.answer_truthfully(batch.id, &[]);
    let job = server.until_done(batch.id);
    assert_eq!(job.labels[0].state, LabelState::Failed);
    assert_eq!(job.labels[0].failure, Some(FailureCause::BlankNotFound), "{job:#?}");
    let out = batch.out(&setup.printer);
    assert_eq!(out.iter().filter(|&&n| n == 1).count(), 1, "{out:?}");
    assert!(out.contains(&2));
}

#[test]
fn the_power_goes_in_mid_job() {
    for after in 1..5 {
        of_each(|kind, answers| interrupt(kind, answers, PrinterFault::PowerOff, after));
    }
}

#[test]
fn a_mute_printer_gets_nothing_as_long_as_nothing_is_lost_by_waiting() {
    let setup = PrinterSetup::new();
    setup.printer.set(PrinterFault::Mute);
    let mut config = setup.config();
    config.timeouts.silence = Duration::from_millis(300);
    let server = setup.open_with(config);
    let batch = Batch::named(28, 2);
    server.service.submit(batch.request()).unwrap();
    server.until_paused(batch.id, |cause| matches!(cause, PrinterCause::Unanswering { .. }));
    assert_eq!(states(&server, batch.id), [LabelState::Queued; 2]);
    assert!(setup.printer.printed().is_empty());
    setup.printer.mend();
    server.until_done(batch.id);
}

#[test]
fn one_that_falls_silent_or_mad_leaves_doubt_and_no_lie() {
    for (seed, fault) in [(29, PrinterFault::Mute), (30, PrinterFault::Garbage)] {
        let setup = PrinterSetup::new();
        let mut config = setup.config();
        (config.timeouts.stall, config.timeouts.confirm) =
            (Duration::from_millis(600), Duration::from_millis(600));
        let server = setup.open_with(config);
        let batch = Batch::new(seed, 40, |n| n % 2 == 0);
        server.service.submit(batch.request()).unwrap();
        assert!(setup.printer.wait(SOON, |out| out.len() >= 3));
        setup.printer.set(fault);
        // Garbage may also claim that the cover is open, which is waited for.
        let job =
            server.until(batch.id, |job| matches!(job.state, JobState::NeedsAnswer | JobState::Paused(_)));
        assert!(setup.printer.wait_until_idle(SOON) || fault == PrinterFault::Garbage);
        batch.check(&job, &batch.out(&setup.printer), WINDOW);
        setup.printer.mend();
        loop {
            let job =
                server.until(batch.id, |job| matches!(job.state, JobState::NeedsAnswer | JobState::Done));
            if job.state == JobState::Done {
                let out = batch.out(&setup.printer);
                batch.check(&job, &out, WINDOW);
                batch.check_all_out(&job, &out);
                break;
            }
            server.answer_truthfully(batch.id, &batch.out(&setup.printer));
        }
    }
}

#[test]
fn one_that_cannot_answer_is_sent_and_never_called_confirmed() {
    let setup = PrinterSetup::new();
    setup.printer.set(PrinterFault::Mute);
    let config = PrinterConfig { answers: ConfirmationLevel::Nothing, ..setup.config() };
    let server = setup.open_with(config);
    let batch = Batch::named(31, 4);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_done(batch.id);
    for label in &job.labels {
        assert_eq!((label.state, label.proof), (LabelState::Sent, Some(ConfirmedBy::Nobody)));
    }
    assert!(setup.printer.wait(SOON, |out| out.len() == 4));
    assert_eq!(batch.out(&setup.printer), [1, 2, 3, 4]);
    batch.check(&job, &[1, 2, 3, 4], WINDOW_UNCONFIRMED);
}

#[test]
fn one_that_says_nothing_and_never_hangs_up_has_taken_what_it_acknowledged() {
    let kind = Kind::of(PrinterLanguage::EscPos);
    let setup = PrinterSetup::with(kind, Options { keeps_line: true, ..kind.options() });
    setup.printer.set(PrinterFault::Mute);
    let server = setup.open_with(PrinterConfig { answers: ConfirmationLevel::Nothing, ..setup.config() });
    let batch = Batch::named(43, 2);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_done(batch.id);
    assert!(job.labels.iter().all(|l| (l.state, l.proof) == (LabelState::Sent, Some(ConfirmedBy::Nobody))));
    assert!(setup.printer.wait(SOON, |out| out.len() == 2));
    assert_eq!(batch.out(&setup.printer), [1, 2]);
}

#[test]
fn what_one_that_says_nothing_has_not_taken_is_waited_for_and_told() {
    let kind = Kind::of(PrinterLanguage::EscPos);
    let setup = PrinterSetup::with(kind, Options { keeps_line: true, ..kind.options() });
    let server = setup.open_with(PrinterConfig { answers: ConfirmationLevel::Nothing, ..setup.config() });
    let batch = Batch::named(44, 4);
    setup.printer.set(PrinterFault::CoverOpen);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_paused(batch.id, |cause| *cause == PrinterCause::Full);
    assert!(job.labels.iter().all(|l| l.state != LabelState::Unknown), "{job:#?}");
    setup.printer.mend();
    server.until_done(batch.id);
    assert!(setup.printer.wait(SOON, |out| out.len() == 4));
    assert_eq!(batch.out(&setup.printer), [1, 2, 3, 4]);
}

#[test]
fn a_clone_is_found_out_once_and_never_called_confirmed() {
    let kinds = [(PrinterLanguage::EscPos, true, false), (PrinterLanguage::Zpl, false, true)];
    for (language, clone_of_it, no_counter) in kinds {
        let kind = Kind::of(language);
        let setup = PrinterSetup::with(kind, Options { clone_of_it, no_counter, ..kind.options() });
        let server = setup.open();
        assert!(server.service.printers()[0].confirms);
        for seed in [45, 46] {
            let batch = Batch::on(kind, seed, 3, |n| n == 2);
            server.service.submit(batch.request()).unwrap();
            let job = server.until_done(batch.id);
            let all =
                job.labels.iter().all(|l| (l.state, l.proof) == (LabelState::Sent, Some(ConfirmedBy::Idle)));
            assert!(all, "{}: {job:#?}", language.name());
            assert!(!server.service.printers()[0].confirms, "{}", language.name());
            assert!(setup.printer.wait_until_idle(SOON));
        }
        assert_eq!(setup.printer.pieces(), 6, "{}", language.name());
    }
}

#[test]
fn a_brother_on_a_network_that_falls_silent_is_told() {
    let kind = Kind::of(PrinterLanguage::BrotherQl);
    let print_time = Duration::from_millis(700);
    let setup = PrinterSetup::with(kind, Options { over_network: true, print_time, ..kind.options() });
    let server = setup.open_with(PrinterConfig { answers: ConfirmationLevel::Taken, ..setup.config() });
    let batch = Batch::on(kind, 47, 3, |_| false);
    server.service.submit(batch.request()).unwrap();
    assert!(setup.printer.wait(SOON, |out| !out.is_empty()));
    setup.printer.set(PrinterFault::Mute);
    server.until_paused(batch.id, |cause| *cause == PrinterCause::Mute);
    setup.printer.mend();
    server.until_done(batch.id);
    assert!(setup.printer.wait_until_idle(SOON));
    assert_eq!(batch.out(&setup.printer), [1, 2, 3]);
}

#[test]
fn the_last_word_counts_when_the_job_is_done() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::named(48, 2);
    setup.printer.set(PrinterFault::PaperOutAfter(2));
    server.service.submit(batch.request()).unwrap();
    server.until_done(batch.id);
    setup.printer.set(PrinterFault::CoverOpen);
    let deadline = std::time::Instant::now() + SOON;
    while server.service.printers()[0].state != PrinterState::Stopped {
        assert!(std::time::Instant::now() < deadline, "{:?}", server.service.printers());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_that_only_says_taken_is_sent_with_its_word() {
    let setup = PrinterSetup::new();
    let server = setup.open_with(PrinterConfig { answers: ConfirmationLevel::Taken, ..setup.config() });
    let batch = Batch::named(32, 3);
    server.service.submit(batch.request()).unwrap();
    let job = server.until_done(batch.id);
    assert!(job.labels.iter().all(|l| (l.state, l.proof) == (LabelState::Sent, Some(ConfirmedBy::Idle))));
}

#[test]
fn stopped_in_good_order_it_goes_on_without_a_question() {
    let setup = PrinterSetup::new();
    let batch = Batch::new(33, 12, |n| n % 3 == 0);
    let server = setup.open();
    setup.printer.set(PrinterFault::SlowDrain { bytes_per_s: 100_000 });
    server.service.submit(batch.request()).unwrap();
    assert!(setup.printer.wait(SOON, |out| out.len() >= 2));
    server.service.stop(SOON);
    assert_eq!(server.job(batch.id).labels.iter().filter(|l| l.state == LabelState::Unknown).count(), 0);
    drop(server);
    setup.printer.mend();
    let server = setup.open();
    server.until_done(batch.id);
    assert_eq!(batch.out(&setup.printer), (1..=12).collect::<Vec<_>>());
}

#[test]
fn cancelled_after_the_labels_in_flight() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    setup.printer.set(PrinterFault::PaperOutAfter(1));
    let batch = Batch::named(34, 9);
    server.service.submit(batch.request()).unwrap();
    server.until_paused(batch.id, |cause| *cause == PrinterCause::Condition(PrinterCondition::PaperOut));
    server.service.cancel(batch.id).unwrap();
    setup.printer.mend();
    let job = server.until(batch.id, |job| job.state == JobState::Cancelled);
    let out = batch.out(&setup.printer);
    batch.check(&job, &out, WINDOW);
    assert!((1..=3).contains(&out.len()), "{out:?}");
    let confirmed = job.labels.iter().filter(|l| l.state == LabelState::Confirmed).count();
    assert_eq!(confirmed, out.len());
}

#[test]
fn the_same_submission_is_one_job() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::named(35, 2);
    let with_key = JobRequest { key: Some("form-1".into()), ..batch.request() };
    server.service.submit(with_key.clone()).unwrap();
    let again = JobRequest { id: JobId::new(2, [2; 10]), ..with_key };
    assert_eq!(server.service.submit(again).unwrap().id, batch.id);
    assert_eq!(server.service.submit(batch.request()).unwrap().id, batch.id);
    server.until_done(batch.id);
    assert_eq!(batch.out(&setup.printer), [1, 2]);
    assert_eq!(server.service.jobs().unwrap().len(), 1);
}

#[test]
fn outcomes_come_until_the_log_has_them() {
    let setup = PrinterSetup::new();
    let batch = Batch::named(36, 2);
    let mut server = setup.open();
    server.service.submit(batch.request()).unwrap();
    let outcome = server.outcomes.blocking_recv().unwrap();
    assert_eq!((outcome.job, outcome.labels.len(), outcome.cancelled), (batch.id, 2, false));
    assert_eq!(outcome.labels[1].tag, batch.labels[1].tag);
    drop(server);
    let mut server = setup.open();
    assert_eq!(server.outcomes.blocking_recv().unwrap(), outcome, "not acknowledged, so it comes again");
    server.service.reported(batch.id).unwrap();
    drop(server);
    let mut server = setup.open();
    server.service.stop(SOON);
    assert!(server.outcomes.try_recv().is_err());
}

fn refusal(server: &PrintServer, change: impl Fn(&mut LabelRequest)) -> String {
    let mut request = Batch::named(37, 3).request();
    change(&mut request.labels[1]);
    server.service.submit(request).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_printed_is_refused_before_paper_moves() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let tag = Batch::named(37, 3).labels[1].tag.unwrap();
    let message = refusal(&server, |l| l.name = "Pump 💉".into());
    assert!(
        ["Label { n: 2,", tag.as_str(), "Field(Name)", "MissingGlyph('💉')"]
            .iter()
            .all(|part| message.contains(part)),
        "{message}"
    );
    assert!(refusal(&server, |l| l.location = "a\u{10}\u{4}b".into()).contains("'\\u{10}'"));
    assert!(refusal(&server, |l| l.asset_number = "\u{1b}@".into()).contains("Field(AssetNumber)"));
    assert!(refusal(&server, |l| l.url = "https://b.example/OTHER".into()).contains("OtherTag"));
    assert!(
        refusal(&server, |l| l.url = format!("https://{}/{tag}", "b".repeat(900))).contains("Code(TooLong")
    );
    let printing = &server.service;
    let request = Batch::named(37, 1).request();
    let unknown = JobRequest { printer: Some("Attic".into()), ..request.clone() };
    assert_eq!(
        printing.submit(unknown).unwrap_err().to_string(),
        "UnknownPrinter { expected: \"Attic\", known: \"Bench\" }"
    );
    let none = JobRequest { labels: Vec::new(), ..request.clone() };
    assert!(matches!(printing.submit(none), Err(PrintRefusal::NoLabels)));
    let many = JobRequest { labels: vec![request.labels[0].clone(); 5_001], ..request.clone() };
    assert!(matches!(printing.submit(many), Err(PrintRefusal::TooMany { labels: 5_001 })));
    let narrow = PrinterSetup::new();
    let config = PrinterConfig { head_dots: 160, timeouts: timeouts(), ..narrow.config() };
    let wide = JobRequest { template: Some("equipment".into()), ..request };
    let refused = narrow.open_with(config).service.submit(wide).unwrap_err();
    assert!(refused.to_string().contains("head_dots: 160"), "{refused}");
    assert!(printing.jobs().unwrap().is_empty() && setup.printer.printed().is_empty());
}

#[test]
fn a_blank_tag_is_never_printed_twice_and_answers_need_a_doubt() {
    let setup = PrinterSetup::new();
    let server = setup.open();
    let batch = Batch::new(38, 1, |_| true);
    server.service.submit(batch.request()).unwrap();
    server.until_done(batch.id);
    let again = JobRequest { id: JobId::new(3, [3; 10]), ..batch.request() };
    assert!(
        matches!(server.service.submit(again), Err(PrintRefusal::BlankAgain(tag)) if Some(tag) == batch.labels[0].tag)
    );
    let answer = server.service.answer(batch.id, 1, false);
    assert!(matches!(answer, Err(AnswerError::NotInDoubt { n: 1, state: LabelState::Confirmed })));
    assert!(matches!(server.service.answer(batch.id, 9, true), Err(AnswerError::NoLabel { .. })));
    assert!(matches!(server.service.cancel(JobId::new(9, [9; 10])), Err(AnswerError::NoJob(_))));
}
