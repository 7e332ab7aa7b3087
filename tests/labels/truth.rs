//! Every language against every fault at several labels: what the print room says is what lies in the tray.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use appliance::printing::plan::{WINDOW, WINDOW_UNCONFIRMED};
use appliance::printing::{JobState, JobView, LabelState, PrinterConfig};
use harness::virtual_printer::{Fault, Options};
use labels::Language;
use labels::language::Answers;

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
    answers: Answers,
    fault: Fault,
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
fn faults(after: u32, language: Language) -> Vec<Fault> {
    let mut faults = vec![
        Fault::PaperOutAfter(after),
        Fault::PaperOutInLabel { after },
        Fault::LineBreaksInLabel { after },
        Fault::LineBreaksBeforeAnswer { after },
        Fault::CoverOpen,
        Fault::Mute,
        Fault::Garbage,
        Fault::PowerOff,
        Fault::Reboot { off_ms: 60 },
    ];
    match language {
        Language::EscPos | Language::Dymo => {}
        Language::BrotherQl => faults.extend([Fault::HeadHot, Fault::WrongMedia]),
        Language::Zpl | Language::Tspl => faults.extend([Fault::HeadHot, Fault::RibbonOut]),
    }
    faults
}

/// These count labels themselves; the others are set when so many are out.
fn counts(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::PaperOutAfter(_)
            | Fault::PaperOutInLabel { .. }
            | Fault::LineBreaksInLabel { .. }
            | Fault::LineBreaksBeforeAnswer { .. }
    )
}

fn cases(language: Language) -> Vec<Case> {
    let kind = Kind::of(language);
    let mut cases = Vec::new();
    for after in AFTER {
        let case = |answers, fault, machine| Case { kind, answers, fault, after, machine };
        let all = faults(after, language).into_iter();
        cases.extend(all.map(|fault| case(language.row().answers, fault, Machine::Genuine)));
        let line = [Fault::LineBreaksInLabel { after }, Fault::LineBreaksBeforeAnswer { after }];
        cases.extend(line.map(|fault| case(Answers::Nothing, fault, Machine::Genuine)));
        if language == Language::BrotherQl {
            // On a network: a printer that says nothing on its line, and its agent beside it. That does not tell of heat.
            let told = faults(after, language).into_iter().filter(|fault| *fault != Fault::HeadHot);
            let slow = [Fault::SlowDrain { bytes_per_s: 12_000 }];
            cases.extend(told.chain(slow).map(|fault| case(Answers::Taken, fault, Machine::Networked)));
        }
        if matches!(language, Language::EscPos | Language::Tspl) {
            let clone = [Fault::PaperOutAfter(after), Fault::LineBreaksInLabel { after }];
            cases.extend(clone.map(|fault| case(Answers::Taken, fault, Machine::Copy)));
        }
        if matches!(language, Language::EscPos | Language::Zpl) {
            // Set up as what it looks like: what it cannot tell has to come to light.
            let copy = [Fault::PaperOutAfter(after), Fault::LineBreaksInLabel { after }, Fault::CoverOpen];
            cases.extend(copy.map(|fault| case(Answers::Printed, fault, Machine::Copy)));
        }
    }
    cases
}

/// A label that is out, and what is said of it.
fn check(case: Case, batch: &Batch, job: &JobView, before: &[u32], after: &[u32]) {
    let window = if case.answers == Answers::Printed { WINDOW } else { WINDOW_UNCONFIRMED };
    for label in &job.labels {
        let (was_out, is_out) = (before.contains(&label.n), after.contains(&label.n));
        let said = (label.state, label.proof);
        if label.state == LabelState::Confirmed {
            assert!(is_out, "{case:?}: label {} is {said:?} and not out: {after:?}", label.n);
        }
        if label.attempts == 0 {
            assert!(!was_out, "{case:?}: label {} is out and was never sent", label.n);
        }
        let vouched = matches!(label.state, LabelState::Sending | LabelState::Sent | LabelState::Confirmed);
        let open = vouched || label.state == LabelState::Unknown;
        // A label that a person denied or the printer lost may lie there torn, and only so.
        assert!(!was_out || open, "{case:?}: label {} is out and is {said:?}", label.n);
        if label.proof.is_some() {
            assert!(is_out || label.state == LabelState::Sent, "{case:?}: label {} is {said:?}", label.n);
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
        Machine::Copy if case.kind.language == Language::Zpl => (false, true),
        machine => (machine == Machine::Copy, false),
    };
    // Who is asked every now and then is to be seen at work.
    let print_time = Duration::from_millis(if over_network { 700 } else { 15 });
    let options = Options { print_time, clone_of_it, no_counter, over_network, ..case.kind.options() };
    let shop = Shop::with(case.kind, options);
    let mut config = PrinterConfig { answers: case.answers, ..shop.config() };
    config.patience.silence = Duration::from_secs(2);
    (config.patience.stall, config.patience.confirm) = (Duration::from_secs(6), Duration::from_secs(6));
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
            JobState::Asking | JobState::Done => true,
            JobState::Paused(_) => !mended,
            _ => false,
        };
        let state = room.until(batch.id, stands).state.clone();
        look(case, &room, &shop, &batch);
        if state == JobState::Done {
            break;
        }
        if state == JobState::Asking {
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
    let confirms = case.answers == Answers::Printed && case.machine == Machine::Genuine;
    let honest = |state| confirms || state != LabelState::Confirmed;
    let by_printer = job.labels.iter().filter(|l| l.proof != Some(appliance::printing::Proof::Person));
    assert!(by_printer.into_iter().all(|l| honest(l.state)), "{case:?}: {job:#?}");
}

/// All stories of a language, a few at a time.
fn play_all(language: Language) {
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
    play_all(Language::EscPos);
}

#[test]
fn zpl_tells_the_truth() {
    play_all(Language::Zpl);
}

#[test]
fn tspl_tells_the_truth() {
    play_all(Language::Tspl);
}

#[test]
fn brother_ql_tells_the_truth() {
    play_all(Language::BrotherQl);
}

#[test]
fn dymo_tells_the_truth() {
    play_all(Language::Dymo);
}
