//! Printers that come, go and change, and those that cannot work as they are set up.

use labels::media::MediaSize;
use redb::Database;
use service::clock::boot_id;
use service::random::{RandomSource, SeededRandom};
use tokio::sync::mpsc;

use super::*;
use crate::clock::system_clock;
use crate::printing::model::paper::PrinterPaper;
use crate::printing::model::printer_settings::{MediaChoice, PDF, StatusQueryMode};

fn database() -> Arc<Database> {
    let backend = redb::backends::InMemoryBackend::new();
    Arc::new(Database::builder().create_with_backend(backend).unwrap())
}

fn open(db: &Arc<Database>, printers: Vec<PrinterConfig>) -> PrintService {
    let clock = Arc::new(system_clock(boot_id([1; 10])));
    let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(7));
    PrintService::open(db.clone(), printers, clock, &random, mpsc::channel(4).0).unwrap()
}

fn settings(name: &str, language: &str, address: &str) -> PrinterSettings {
    PrinterSettings::new(name, language, address)
}

#[test]
fn a_printer_that_cannot_work_is_shown_and_the_others_work() {
    let wrong =
        |name: &str, language: &str, address: &str| settings(name, language, address).checked().unwrap();
    let printers = vec![
        wrong("Nowhere", "zpl", "http://x/y/z"),
        wrong("Queue", "zpl", "ipp://10.0.0.9/ipp/print"),
        wrong("Line", PDF, "tcp://10.0.0.9:9100"),
        wrong("Folder", PDF, "dir:/tmp"),
        wrong("Good", "zpl", "tcp://127.0.0.1:1"),
        wrong("Twin", "zpl", "tcp://127.0.0.1:1"),
    ];
    let printing = open(&database(), printers);
    let reported: Vec<_> = printing.printers().into_iter().map(|p| (p.name, p.state, p.cause)).collect();
    let words = ["Unknown(", "Queue(", "NoQueue(", "NoQueue(", "", "SameAddress { other: \"Good\""];
    assert_eq!(reported.len(), words.len());
    for ((name, state, cause), words) in reported.iter().zip(words) {
        let failed = *state == PrinterState::Failed;
        assert_eq!(failed, name != "Good", "{name}: {cause:?}");
        match cause {
            PrinterCause::Misconfigured { why, fixed: true } => {
                assert!(why.0.to_string().contains(words), "{name}: {cause:?}");
            }
            other => assert!(!failed, "{name}: {other:?}"),
        }
    }
    let looked = printing.look(Duration::from_secs(600));
    assert_eq!(looked.len(), 6, "nobody waits for a printer at which nobody works");
}

#[test]
fn what_does_not_go_together_is_refused_in_words() {
    let printing = open(&database(), Vec::new());
    let added = printing.add(&settings("Office", PDF, "ipp://127.0.0.1:1")).unwrap();
    assert_eq!((added.language, added.media.name.as_str(), added.confirms), (PDF, "avery-5160", true));
    assert!(matches!(added.media.paper, PrinterPaper::Sheet { labels: 30, .. }), "{:?}", added.media.paper);
    for (wrong, message) in [
        (settings("A", PDF, "tcp://10.0.0.9:9100"), "NoQueue("),
        (settings("A", PDF, "usb:123"), "NoQueue("),
        (settings("A", "zpl", "ipp://10.0.0.9/ipp/print"), "Queue("),
        (settings("A", PDF, "ipp://127.0.0.1:1/ipp/print"), "SameAddress { other: \"Office\""),
        (settings("A", "epl", "tcp://h:1"), "Language("),
    ] {
        let refusal = printing.add(&wrong).unwrap_err().to_string();
        assert!(refusal.contains(message), "{refusal}");
    }
    assert_eq!(printing.printers().len(), 1);
}

#[test]
fn a_change_keeps_what_was_said_of_answers_and_minds_the_neighbours() {
    let db = database();
    let printing = open(&db, Vec::new());
    printing.add(&settings("One", "zpl", "tcp://127.0.0.1:1")).unwrap();
    let two =
        PrinterSettings { answers: StatusQueryMode::Taken, ..settings("Two", "zpl", "dir:/tmp/labels") };
    assert_eq!(printing.add(&two).unwrap().answers, StatusQueryMode::Taken);
    assert_eq!(
        printing.add(&settings("Three", "zpl", "dir:/tmp/other")).unwrap().answers,
        StatusQueryMode::Auto
    );
    let moved = PrinterSettings { address: "tcp://127.0.0.1:1".into(), ..two.clone() };
    let refusal = printing.change("Two", &moved).unwrap_err();
    assert_eq!(refusal.field(), Some("address"));
    let moved = PrinterSettings { address: "tcp://127.0.0.1:2".into(), ..two };
    let view = printing.change("Two", &moved).unwrap();
    assert_eq!((view.answers, view.confirms), (StatusQueryMode::Taken, false));
    let names: Vec<_> = printing.printers().into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["One", "Two", "Three"], "each stays in its place");
    let office = PrinterSettings {
        media: Some(MediaChoice::Named("avery-l7160".into())),
        ..settings("Two", PDF, "ipps://127.0.0.1:1")
    };
    assert_eq!(printing.change("Two", &office).unwrap().media.name, "avery-l7160");
    drop(printing);
    let again = open(&db, Vec::new()).printers();
    assert_eq!((again[1].language, again[1].answers), (PDF, StatusQueryMode::Auto), "as it was written down");
}

#[test]
fn a_worker_that_hangs_holds_nobody_up() {
    let (go, wait) = sync_mpsc::channel::<()>();
    let hangs = move || assert!(wait.recv().is_err());
    let thread = WorkerThread::start("hangs".into(), hangs).unwrap();
    assert!(!thread.wait(Instant::now()), "it hangs");
    drop(go);
    for again in [false, true] {
        assert!(thread.wait(Instant::now() + Duration::from_secs(60)), "it has ended; asked again: {again}");
    }
    thread.join();
    // A lookup of a name that never ends is left behind.
    let (go, wait) = sync_mpsc::channel::<()>();
    let (shared, clock) = (
        PrinterShared::new(0, MediaSize { width_mm: 50.0, height_mm: None }, Arc::default()),
        system_clock(boot_id([1; 10])),
    );
    run_worker(
        || async move {
            drop(tokio::task::spawn_blocking(move || assert!(wait.recv().is_err())));
        },
        &shared,
        &clock,
    );
    drop(go);
}
