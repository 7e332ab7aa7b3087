//! Every language against every fault at several labels: what the print room says is what lies in the tray.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use appliance::printing::plan::{WINDOW, WINDOW_UNCONFIRMED};
use appliance::printing::{JobState, JobView, LabelState, PrinterConfig};
use harness::virtual_printer::{Options, PrinterFault};
use labels::PrinterLanguage;
use labels::language::ConfirmationLevel;

use crate::room::{Batch, Kind, Room, SOON, Shop};

/// Labels of a batch; every other one is a blank tag.
const LABELS: u32 = 5;
/// After how many labels the fault comes.
const AFTER: [u32; 3] = [0, 1, 3];
/// Printers at a time: they wait more than they work.
const AT_A_TIME: usize = 8;

/// One story: this printer, told to be one that answers so, and this fault.
#[derive(Debug, Clone, Copy)]
struct Case {
    kind: Kind,
    answers: ConfirmationLevel,
    fault: PrinterFault,
    after: u32,
    /// What kind of printer stands behind it.
    machine: Machine,
}

/// What may stand behind what a printer is set up as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    /// The very thing.
    Genuine,
    /// A copy that prints the same and answers less.
    Copy,
    /// One whose state is told beside its line only.
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
        PrinterLanguage::EscPos | PrinterLanguage::Dymo => {}
        PrinterLanguage::BrotherQl => faults.extend([PrinterFault::HeadHot, PrinterFault::WrongMedia]),
        PrinterLanguage::Zpl | PrinterLanguage::Tspl => {
            faults.extend([PrinterFault::HeadHot, PrinterFault::RibbonOut])
        }
    }
    faults
}

/// These count labels themselves; the others are set when so many are out.
fn counts(fault: PrinterFault) -> bool {
    matches!(
        fault,
        PrinterFault::PaperOutAfter(_)
            | PrinterFault::PaperOutInLabel { .. }
            | PrinterFault::LineBreaksInLabel { .. }
            | PrinterFault::LineBreaksBeforeAnswer { .. }
    )
}

fn cases(language: PrinterLanguage) -> Vec<Case> {
    let kind = Kind::of(language);
    let mut cases = Vec::new();
    for after in AFTER {
        let case = |answers, fault, machine| Case { kind, answers, fault, after, machine };
        let all = faults(after, language).into_iter();
        cases.extend(all.map(|fault| case(language.row().answers, fault, Machine::Genuine)));
        let line =
            [PrinterFault::LineBreaksInLabel { after }, PrinterFault::LineBreaksBeforeAnswer { after }];
        cases.extend(line.map(|fault| case(ConfirmationLevel::Nothing, fault, Machine::Genuine)));
        if language == PrinterLanguage::BrotherQl {
            // On a network: a printer that says nothing on its line, and its agent beside it. That does not tell of heat.
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
            // Set up as what it looks like: what it cannot tell has to come to light.
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

/// A label that is out, and what is said of it.
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
        // A label that a person denied or the printer lost may lie there torn, and only so.
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
fn look(case: Case, room: &Room, shop: &Shop, batch: &Batch) -> (JobView, Vec<u32>) {
    let before = batch.out(&shop.printer);
    let job = room.job(batch.id);
    let after = batch.out(&shop.printer);
    check(case, batch, &job, &before, &after);
    (job, after)
}

/// Prints a batch through the fault, with a person who mends it, tells the truth and never looks away.
fn play(case: Case) {
    let over_network = case.machine == Machine::Networked;
    let (clone_of_it, no_counter) = match case.machine {
        Machine::Copy if case.kind.language == PrinterLanguage::Zpl => (false, true),
        machine => (machine == Machine::Copy, false),
    };
    // Who is asked every now and then is to be seen at work.
    let print_time = Duration::from_millis(if over_network { 700 } else { 15 });
    let options = Options { print_time, clone_of_it, no_counter, over_network, ..case.kind.options() };
    let shop = Shop::with(case.kind, options);
    let mut config = PrinterConfig { answers: case.answers, ..shop.config() };
    config.timeouts.silence = Duration::from_secs(2);
    (config.timeouts.stall, config.timeouts.confirm) = (Duration::from_secs(6), Duration::from_secs(6));
    let room = shop.open_with(config);
    let batch = Batch::on(case.kind, 100 + u64::from(case.after), LABELS, |n| n % 2 == 0);
    if counts(case.fault) || case.after == 0 {
        shop.printer.set(case.fault);
        room.printing.submit(batch.request()).unwrap();
    } else {
        room.printing.submit(batch.request()).unwrap();
        assert!(shop.printer.wait(SOON, |out| out.len() >= case.after as usize), "{case:?}");
        shop.printer.set(case.fault);
    }
    let mut mended = false;
    loop {
        let stands = |job: &JobView| match job.state {
            JobState::NeedsAnswer | JobState::Done => true,
            JobState::Paused(_) => !mended,
            _ => false,
        };
        let state = room.until(batch.id, stands).state.clone();
        look(case, &room, &shop, &batch);
        if state == JobState::Done {
            break;
        }
        if state == JobState::NeedsAnswer {
            // Whoever looks into the tray waits until the printer stands still.
            shop.printer.wait_until_idle(Duration::from_secs(5));
            let (_, out) = look(case, &room, &shop, &batch);
            room.answer_truthfully(batch.id, &out);
        }
        if !mended {
            shop.printer.mend();
            mended = true;
        }
    }
    assert!(shop.printer.wait_until_idle(SOON), "{case:?}");
    let (job, out) = look(case, &room, &shop, &batch);
    batch.check_all_out(&job, &out);
    let confirms = case.answers == ConfirmationLevel::Printed && case.machine == Machine::Genuine;
    let honest = |state| confirms || state != LabelState::Confirmed;
    let by_printer = job.labels.iter().filter(|l| l.proof != Some(appliance::printing::ConfirmedBy::Person));
    assert!(by_printer.into_iter().all(|l| honest(l.state)), "{case:?}: {job:#?}");
}

/// All stories of a language, a few at a time.
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
