//! Every language against every fault at several labels: what the print service reports is what is in the tray.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use appliance::printing::plan::{WINDOW, WINDOW_UNCONFIRMED};
use appliance::printing::{JobState, JobView, LabelState, PrinterConfig};
use harness::virtual_printer::{Options, PrinterFault};
use labels::PrinterLanguage;
use labels::language::ConfirmationLevel;

use crate::print_server::{Batch, Kind, PrintServer, PrinterSetup, SOON, amount};

const LABELS: u32 = 5;
/// After how many labels the fault comes; the others are tried before a release.
const AFTER: [u32; 2] = [0, 3];
const AFTER_OF_RELEASE: [u32; 3] = [0, 1, 3];
/// Printers at a time: they wait more than they work.
const AT_A_TIME: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Case {
    kind: Kind,
    answers: ConfirmationLevel,
    fault: PrinterFault,
    after: u32,
    machine: Machine,
}

/// What a printer may be in fact, whatever it is set up as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    Genuine,
    Copy,
    /// One whose state is reported beside its connection only.
    Networked,
}

/// What can go wrong after so many labels.
fn faults(after: u32, language: PrinterLanguage) -> Vec<PrinterFault> {
    let mut faults = vec![
        PrinterFault::PaperOutAfter(after),
        PrinterFault::PaperOutInLabel { after },
        PrinterFault::LineBreaksInLabel { after },
        PrinterFault::LineBreaksBeforeAnswer { after },
        PrinterFault::CoverOpen,
        PrinterFault::Mute,
        PrinterFault::Garbage,
        PrinterFault::PowerOff,
        PrinterFault::Reboot { off_ms: 60 },
    ];
    match language {
        PrinterLanguage::EscPos => {}
        PrinterLanguage::Dymo => faults.push(PrinterFault::CoverTouchedInLabel { after }),
        PrinterLanguage::BrotherQl => faults.extend([PrinterFault::HeadHot, PrinterFault::WrongMedia]),
        PrinterLanguage::Zpl | PrinterLanguage::Tspl => {
            faults.extend([PrinterFault::HeadHot, PrinterFault::RibbonOut])
        }
    }
    faults
}

fn afters() -> &'static [u32] {
    if amount(0, 1) == 0 { &AFTER } else { &AFTER_OF_RELEASE }
}

fn counts(fault: PrinterFault) -> bool {
    matches!(
        fault,
        PrinterFault::PaperOutAfter(_)
            | PrinterFault::PaperOutInLabel { .. }
            | PrinterFault::CoverTouchedInLabel { .. }
            | PrinterFault::LineBreaksInLabel { .. }
            | PrinterFault::LineBreaksBeforeAnswer { .. }
    )
}

fn cases(language: PrinterLanguage) -> Vec<Case> {
    let kind = Kind::of(language);
    let mut cases = Vec::new();
    for after in afters().iter().copied() {
        let case = |answers, fault, machine| Case { kind, answers, fault, after, machine };
        let all = faults(after, language).into_iter();
        cases.extend(all.map(|fault| case(language.row().answers, fault, Machine::Genuine)));
        let line =
            [PrinterFault::LineBreaksInLabel { after }, PrinterFault::LineBreaksBeforeAnswer { after }];
        cases.extend(line.map(|fault| case(ConfirmationLevel::Nothing, fault, Machine::Genuine)));
        if language == PrinterLanguage::BrotherQl {
            // A networked printer says nothing on its connection; its agent does, but reports no heat.
            let reported =
                faults(after, language).into_iter().filter(|fault| *fault != PrinterFault::HeadHot);
            let slow = [PrinterFault::SlowDrain { bytes_per_s: 12_000 }];
            cases.extend(
                reported.chain(slow).map(|fault| case(ConfirmationLevel::Taken, fault, Machine::Networked)),
            );
        }
        if matches!(language, PrinterLanguage::EscPos | PrinterLanguage::Tspl) {
            let clone = [PrinterFault::PaperOutAfter(after), PrinterFault::LineBreaksInLabel { after }];
            cases.extend(clone.map(|fault| case(ConfirmationLevel::Taken, fault, Machine::Copy)));
        }
        if matches!(language, PrinterLanguage::EscPos | PrinterLanguage::Zpl) {
            // Set up as what it looks like: what it cannot report has to be found out.
            let copy = [
                PrinterFault::PaperOutAfter(after),
                PrinterFault::LineBreaksInLabel { after },
                PrinterFault::CoverOpen,
            ];
            cases.extend(copy.map(|fault| case(ConfirmationLevel::Printed, fault, Machine::Copy)));
        }
    }
    cases
}

fn check(case: Case, batch: &Batch, job: &JobView, before: &[u32], after: &[u32]) {
    let window = if case.answers == ConfirmationLevel::Printed { WINDOW } else { WINDOW_UNCONFIRMED };
    for label in &job.labels {
        let (was_out, is_out) = (before.contains(&label.n), after.contains(&label.n));
        let message = (label.state, label.proof);
        if label.state == LabelState::Confirmed {
            assert!(is_out, "{case:?}: label {} is {message:?} and not out: {after:?}", label.n);
        }
        if label.attempts == 0 {
            assert!(!was_out, "{case:?}: label {} is out and was never sent", label.n);
        }
        let vouched = matches!(label.state, LabelState::Sending | LabelState::Sent | LabelState::Confirmed);
        let open = vouched || label.state == LabelState::Unknown;
        // A label that a person denied or the printer lost may be there torn, and only so.
        assert!(!was_out || open, "{case:?}: label {} is out and is {message:?}", label.n);
        if label.proof.is_some() {
            assert!(is_out || label.state == LabelState::Sent, "{case:?}: label {} is {message:?}", label.n);
        }
    }
    let unknown = job.labels.iter().filter(|l| l.state == LabelState::Unknown).count();
    assert!(unknown <= window, "{case:?}: {unknown} labels in doubt: {job:#?}");
    batch.check(job, after, window);
    let mut seen = BTreeSet::new();
    let first: Vec<u32> = after.iter().copied().filter(|&n| seen.insert(n)).collect();
    assert!(first.is_sorted(), "{case:?}: they came out as {after:?}");
}

/// Looks into the tray, at the job, and into the tray again: a label may come out in between.
fn look(case: Case, server: &PrintServer, setup: &PrinterSetup, batch: &Batch) -> (JobView, Vec<u32>) {
    let before = batch.out(&setup.printer);
    let job = server.job(batch.id);
    let after = batch.out(&setup.printer);
    check(case, batch, &job, &before, &after);
    (job, after)
}

/// Prints a batch through the fault, with a person who fixes it, answers truthfully and always reacts.
fn play(case: Case) {
    let over_network = case.machine == Machine::Networked;
    let (clone_of_it, no_counter) = match case.machine {
        Machine::Copy if case.kind.language == PrinterLanguage::Zpl => (false, true),
        machine => (machine == Machine::Copy, false),
    };
    // A polled printer has to be seen at work.
    let print_time = Duration::from_millis(if over_network { 700 } else { 15 });
    let options = Options { print_time, clone_of_it, no_counter, over_network, ..case.kind.options() };
    let setup = PrinterSetup::with(case.kind, options);
    let mut config = PrinterConfig { answers: case.answers, ..setup.config() };
    config.timeouts.silence = Duration::from_secs(2);
    (config.timeouts.stall, config.timeouts.confirm) = (Duration::from_secs(6), Duration::from_secs(6));
    let server = setup.open_with(config);
    let batch = Batch::on(case.kind, 100 + u64::from(case.after), LABELS, |n| n % 2 == 0);
    if counts(case.fault) || case.after == 0 {
        setup.printer.set(case.fault);
        server.service.submit(batch.request()).unwrap();
    } else {
        server.service.submit(batch.request()).unwrap();
        assert!(setup.printer.wait(SOON, |out| out.len() >= case.after as usize), "{case:?}");
        setup.printer.set(case.fault);
    }
    let mut mended = false;
    loop {
        let state = server
            .until(batch.id, |job: &JobView| match job.state {
                JobState::NeedsAnswer | JobState::Done => true,
                JobState::Paused(_) => !mended,
                _ => false,
            })
            .state
            .clone();
        look(case, &server, &setup, &batch);
        if state == JobState::Done {
            break;
        }
        if state == JobState::NeedsAnswer {
            // A look into the tray waits until the printer is stopped.
            setup.printer.wait_until_idle(Duration::from_secs(5));
            let (_, out) = look(case, &server, &setup, &batch);
            server.answer_truthfully(batch.id, &out);
        }
        if !mended {
            setup.printer.mend();
            mended = true;
        }
    }
    assert!(setup.printer.wait_until_idle(SOON), "{case:?}");
    let (job, out) = look(case, &server, &setup, &batch);
    batch.check_all_out(&job, &out);
    let confirms = case.answers == ConfirmationLevel::Printed && case.machine == Machine::Genuine;
    let by_printer = job.labels.iter().filter(|l| l.proof != Some(appliance::printing::ConfirmedBy::Person));
    assert!(
        by_printer.into_iter().all(|l| confirms || l.state != LabelState::Confirmed),
        "{case:?}: {job:#?}"
    );
}

fn play_all(language: PrinterLanguage) {
    let waiting = Mutex::new(cases(language));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(case) = { waiting.lock().unwrap().pop() } {
                    let played = std::panic::catch_unwind(|| play(case));
                    played.unwrap_or_else(|_| panic!("{case:?}"));
                }
            });
        }
    });
}

#[test]
fn escpos_tells_the_truth() {
    play_all(PrinterLanguage::EscPos);
}

#[test]
fn zpl_tells_the_truth() {
    play_all(PrinterLanguage::Zpl);
}

#[test]
fn tspl_tells_the_truth() {
    play_all(PrinterLanguage::Tspl);
}

#[test]
fn brother_ql_tells_the_truth() {
    play_all(PrinterLanguage::BrotherQl);
}

#[test]
fn dymo_tells_the_truth() {
    play_all(PrinterLanguage::Dymo);
}
