//! The store as its callers see it, on a real folder.

use std::sync::Arc;

use record::entry::{ClockState, Digest16, EntryAuthor, EntryDraft, IdempotencyRecord};
use record::ids::BootId;
use record::kinds::{EquipmentAdded, Event};
use record::redact::PersonalText;
use record::tag::Tag;
use record::tree::{TreeNodes as _, inclusion_proof, root_from_inclusion};
use service::clock::{FakeClock, Now};
use service::random::SeededRandom;

use super::database::state_file;
use super::index::tables;
use super::io::system_disk::FolderError;
use super::*;

mod adoption;
mod backup;
mod behind;
mod ended_notes;
mod erased_runs;
mod erasing;
mod failures;
mod faulty_disk;
mod healing;
mod holes;
mod interrupted;
mod lists;
mod misplaced;
mod past;
mod readers;
mod repairs;
mod scale;
mod schema;
mod state;
mod state_takeover;
mod takeover;
mod trusted;
mod unreadable;
mod uses;
mod writing;

const TAG: &str = "ABCDEFGH3";

fn sizes() -> StoreSizes {
    StoreSizes {
        segment: 1 << 20,
        ahead: 64 << 10,
        ahead_low: 32 << 10,
        ballast: 0,
        durable_entries: 64,
        cache: 4 << 20,
        state_tables: state::TAKEN_OVER,
    }
}

/// Another test of this process may be starting a child, which holds every lock of ours until it is another program.
fn open(dir: &std::path::Path) -> (Store, StartReport) {
    for _ in 0..1_000_000 {
        match try_open(dir, sizes()) {
            Err(StoreError::Folder(FolderError::InUse(_))) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} is held by somebody", dir.display())
}

fn try_open(dir: &std::path::Path, sizes: StoreSizes) -> Result<(Store, StartReport), StoreError> {
    let boot = BootId::new(1, [1; 10]);
    let now = Now { wall_ms: 1_763_610_000_000, boot, up_ms: 9, state: ClockState::Synced };
    let config = StoreConfig { sizes, ..StoreConfig::new(dir) };
    Store::open(config, Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(7)))
}

fn equipment() -> EntryDraft {
    let body = format!(r#"{{"tag":"{TAG}","name":"Pump"}}"#);
    let Ok(added) = serde_json::from_str::<EquipmentAdded>(&body) else { unreachable!() };
    EntryDraft { by: EntryAuthor::BOX, idem: None, event: added.into(), texts: Vec::new() }
}

fn cleaning(key: &str, name: &str) -> EntryDraft {
    let text = PersonalText::new(name, [5; 16]).unwrap();
    let body = format!(
        r#"{{"tag":"{TAG}","steps":[1,2],"who":{{"proof":"typed","name":{{"redactable":"{}"}}}}}}"#,
        text.redactable().hash
    );
    let idem = IdempotencyRecord { key: Digest16::of(key.as_bytes()), req: Digest16::of(name.as_bytes()) };
    EntryDraft {
        by: EntryAuthor::BOX,
        idem: Some(idem),
        event: Event::read("cleaning.recorded", &body),
        texts: vec![text],
    }
}

async fn record(store: &Store, drafts: Vec<EntryDraft>) -> Vec<DurableEntry> {
    store.submit(|_| WriteDecision::Append { drafts, answer: () }).await.unwrap().recorded
}

fn tag() -> Tag {
    TAG.parse().unwrap()
}

#[tokio::test]
async fn recorded_found_again_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (store, report) = open(dir.path());
    assert!(report.created);
    record(&store, vec![equipment(), cleaning("a", "Maria Alvarez")]).await;
    let found = store
        .submit(|view| WriteDecision::<_>::Answer(view.by_key(&Digest16::of(b"a"))))
        .await
        .unwrap()
        .answer;
    assert_eq!(found.map(|(line, req)| (line.of.seq, req)), Some((2, Digest16::of(b"Maria Alvarez"))));
    let origin = store.origin();
    store.stop().await.unwrap();
    assert!(matches!(store.submit(|_| WriteDecision::Answer(())).await, Err(SubmitError::Stopping)));
    drop(store);

    let (store, report) = open(dir.path());
    assert_eq!((report.size, report.replayed, report.new_epoch), (3, 0, None));
    assert_eq!(store.origin(), origin);
    assert_eq!(store.facility().equipment[&tag()].facts.name, "Pump");
    let reader = store.reader().unwrap();
    let of = record::kinds::EntryRef { epoch: origin.epoch, seq: 2 };
    assert_eq!(reader.cleaning(of).unwrap().unwrap().of, of);
    assert_eq!(reader.cleanings_of(tag(), i64::MIN..i64::MAX, None, 9).unwrap().len(), 1);
    assert_eq!(reader.cleanings(None, 9).unwrap().len(), 1);
    assert_eq!(reader.cleanings(Some(HistoryPlace::in_log(of)), 9).unwrap().len(), 1);
    assert_eq!(reader.cleanings(Some(HistoryPlace::in_log(of).older()), 9).unwrap().len(), 0);
    assert_eq!(reader.texts_of(2).unwrap()[0].text(), "Maria Alvarez");
    let path = inclusion_proof(&reader, 1, 3).unwrap();
    let leaf = reader.node(0, 1).unwrap();
    assert_eq!(root_from_inclusion(leaf, 1, 3, &path), Some(reader.root()));
    let note = store.checkpoint().unwrap();
    store.verifier_keys()[0].verify(&note).unwrap();
}

#[tokio::test]
async fn many_at_once_are_each_recorded_once_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    let all: Vec<_> = (0..300)
        .map(|i| {
            let store = store.clone();
            tokio::spawn(async move { record(&store, vec![cleaning(&format!("k{i}"), "M")]).await[0].seq })
        })
        .collect();
    let mut seqs = Vec::new();
    for one in all {
        seqs.push(one.await.unwrap());
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (2..302).collect::<Vec<_>>());
    let reader = store.reader().unwrap();
    for (seq, entry) in (0..).zip(reader.entries(0..u64::MAX)) {
        assert_eq!(entry.unwrap().seq(), seq);
    }
    assert_eq!(record::tree::root_at(&reader, reader.size()).unwrap(), reader.root());
    assert_eq!(store.facility().activity[&tag()].cleanings, 300);
}

#[tokio::test]
async fn a_command_that_panics_records_nothing_and_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let reported = store.submit(|_| -> WriteDecision<()> { panic!("a bug") }).await;
    assert!(matches!(reported, Err(SubmitError::Unknown)));
    assert_eq!(record(&store, vec![equipment()]).await[0].seq, 1);
}

#[tokio::test]
async fn a_command_that_is_too_large_is_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let drafts = vec![equipment(); 513];
    let reported = store.submit(|_| WriteDecision::Append { drafts, answer: () }).await;
    assert!(matches!(reported, Err(SubmitError::TooLarge { entries: 513, .. })));
    assert_eq!(store.size(), 1);
    assert!(store.facility().equipment.is_empty());
}

#[tokio::test]
async fn a_state_that_is_missing_beside_a_log_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let (store, report) = open(dir.path());
    assert!(!report.state_lost, "a new box has lost nothing");
    record(&store, vec![equipment()]).await;
    drop(store);
    let (store, report) = open(dir.path());
    assert!(!report.state_lost);
    drop(store);
    std::fs::remove_file(dir.path().join(state_file::STATE)).unwrap();
    let (store, report) = open(dir.path());
    assert!(report.state_lost);
    store.mark_state_loss_reported().unwrap();
    drop(store);
    assert!(!open(dir.path()).1.state_lost, "it is told once");
}

/// What can become of a small file.
fn spoil(path: &std::path::Path, how: &str) {
    match how {
        "noise" => std::fs::write(path, [0x9d; 300]).unwrap(),
        "too long" => std::fs::write(path, vec![b'7'; 100_000]).unwrap(),
        _ => {
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
            std::fs::create_dir(path).unwrap();
        }
    }
}

#[tokio::test]
async fn a_hint_that_cannot_be_read_is_put_aside_and_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let (store, report) = open(dir.path());
    assert_eq!(report.set_aside, [""; 0]);
    record(&store, vec![equipment()]).await;
    let epoch = store.origin().epoch;
    store.stop().await.unwrap();
    drop(store);
    std::fs::create_dir(dir.path().join("evidence")).unwrap();
    let hints = ["cursor", "starting", &format!("evidence/{epoch}.ends"), "keys/log-1.pub", "keys/log-7.pub"];
    let mut size = 2;
    for how in ["noise", "too long", "a folder"] {
        for hint in hints {
            spoil(&dir.path().join(hint), how);
            let (store, report) = open(dir.path());
            assert_eq!((report.set_aside, report.new_epoch), (vec![hint.to_owned()], None), "{hint}: {how}");
            size += 1;
            record(&store, vec![cleaning(&format!("{hint} {how}"), "Wanda")]).await;
            assert_eq!(store.size(), size);
            store.stop().await.unwrap();
            drop(store);
            assert_eq!(open(dir.path()).1.set_aside, [""; 0], "{hint}: {how}: it is told once");
        }
    }
    assert!(dir.path().join("cursor.bad").exists() && dir.path().join("cursor.bad-3").is_dir());
    for folder in ["evidence", "fetched", "displaced", "runs", "salvage"] {
        let at = dir.path().join(folder);
        drop(std::fs::remove_dir_all(&at));
        std::fs::write(&at, b"no folder").unwrap();
        let (store, report) = open(dir.path());
        assert_eq!((report.set_aside, store.size()), (vec![folder.to_owned()], size));
    }
}

#[tokio::test]
async fn a_state_that_is_of_no_use_is_begun_anew_while_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let table = redb::TableDefinition::<u64, u64>::new("of_a_room");
    let write = store.state_db().begin_write().unwrap();
    write.open_table(table).unwrap().insert(1, 1).unwrap();
    write.commit().unwrap();
    assert!(store.renew_state_db(&[]).unwrap());
    let read = redb::ReadableDatabase::begin_read(&*store.state_db()).unwrap();
    assert!(read.open_table(table).is_err(), "another file");
    assert!(dir.path().join("salvage/1.state.read.redb").exists());
    record(&store, vec![equipment()]).await;
    assert_eq!(store.size(), 2);
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_store, _) = open(dir.path());
    let reported = try_open(dir.path(), sizes()).unwrap_err().to_string();
    assert!(reported.contains("in use by another"), "{reported}");
}

#[tokio::test]
async fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.stop().await.unwrap();
    drop(store);
    let key = dir.path().join("keys/log-1.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let reported = try_open(dir.path(), sizes()).unwrap_err().to_string();
    assert!(reported.contains("chmod 600"), "{reported}");
}

#[tokio::test]
async fn a_folder_without_its_keys_goes_on_in_a_new_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment(), cleaning("a", "M")]).await;
    let before = (store.origin(), store.reader().unwrap().root());
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_dir_all(dir.path().join("keys")).unwrap();
    let (store, report) = open(dir.path());
    assert!(report.new_epoch.unwrap().contains("restored"));
    assert_eq!(store.origin().box_id, before.0.box_id);
    assert_eq!(store.origin().epoch.n, 2);
    let first = store.reader().unwrap().entry(0).unwrap().unwrap();
    let Event::LogStarted(started) = first.event() else { panic!("{first:?}") };
    let prev = started.prev.unwrap();
    assert_eq!((prev.epoch, prev.size, prev.root), (before.0.epoch, 3, before.1));
    assert_eq!(store.facility().activity[&tag()].cleanings, 1);
    record(&store, vec![cleaning("b", "N")]).await;
    assert_eq!(store.reader().unwrap().cleanings(None, 9).unwrap().len(), 2);
    assert_eq!(store.reader_of(before.0.epoch).unwrap().root(), before.1);
    store.stop().await.unwrap();
    drop(store);
    let (store, report) = open(dir.path());
    assert_eq!((report.new_epoch, store.origin().epoch.n), (None, 2));
    assert_eq!(store.facility().activity[&tag()].cleanings, 2);
}

/// Every row of every table, to compare two databases.
fn dump(store: &Store) -> Vec<String> {
    use redb::{ReadableDatabase as _, ReadableTable as _};
    let txn = store.shared.settled_db().unwrap().begin_read().unwrap();
    let mut all = Vec::new();
    macro_rules! table {
        ($($name:ident)*) => {$(
            for row in txn.open_table(tables::$name).unwrap().iter().unwrap() {
                let (key, value) = row.unwrap();
                all.push(format!("{} {:?} {:?}", stringify!($name), key.value(), value.value()));
            }
        )*};
    }
    table!(ENTRIES NODES TEXTS ROWS CLEANINGS BY_ITEM UNSURE UNSURE_USES USES NOTES KEY_RUNS KEY_FILTERS ERASE EPOCHS META);
    all
}

fn other(kind: &str, body: &str) -> EntryDraft {
    EntryDraft { by: EntryAuthor::BOX, idem: None, event: Event::read(kind, body), texts: Vec::new() }
}

fn report(what: &str) -> EntryDraft {
    let body = format!(r#"{{"tag":"{TAG}","what":"{what}","who":{{"proof":"unattributed"}}}}"#);
    other("problem.reported", &body)
}

#[tokio::test]
async fn lines_about_an_item_are_read_in_pieces_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    for _ in 0..7 {
        record(&store, vec![cleaning("k", "Maria"), report("broken"), report("soiled")]).await;
    }
    let reader = store.reader().unwrap();
    let (mut seen, mut upto) = (Vec::new(), None);
    loop {
        let piece = reader.notes_of(tag(), i64::MIN..i64::MAX, upto, 4).unwrap();
        let Some(last) = piece.last() else { break };
        upto = Some(HistoryPlace::of_note(last).older());
        seen.extend(piece.iter().map(|note| note.line.of.seq));
    }
    assert_eq!(seen.len(), 14);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    for seq in seen {
        let entry = reader.entry(seq).unwrap().unwrap();
        assert_eq!(&*entry.head().kind, "problem.reported");
    }
    let other: Tag = "7QK3M9X2W".parse().unwrap();
    assert_eq!(reader.notes_of(other, i64::MIN..i64::MAX, None, 4).unwrap(), []);
}

#[tokio::test]
async fn a_rebuilt_database_equals_the_live_one() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment()]).await;
    for i in 0..700 {
        record(&store, vec![cleaning(&format!("k{i}"), "Maria")]).await;
    }
    let epoch = store.origin().epoch;
    let reason = PersonalText::new("twice", [1; 16]).unwrap();
    let body =
        format!(r#"{{"epoch":"{epoch}","seq":5,"reason":{{"redactable":"{}"}}}}"#, reason.redactable().hash);
    let void = EntryDraft { texts: vec![reason], ..other("cleaning.voided", &body) };
    record(&store, vec![void, other("use.recorded", &format!(r#"{{"tag":"{TAG}"}}"#))]).await;
    let closed = format!(r#"{{"epoch":"{epoch}","seq":704,"tag":"{TAG}","outcome":"fixed"}}"#);
    record(&store, vec![report("broken"), other("problem.closed", &closed)]).await;
    store.stop().await.unwrap();
    let before = dump(&store);
    drop(store);
    let now = Now { wall_ms: 0, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
    let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(dir.path()) };
    let report =
        rebuild_database(config, Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(9))).unwrap();
    assert_eq!((report.size, report.new_epoch), (706, None));
    let (store, _) = open(dir.path());
    assert_eq!(dump(&store), before);
    assert!(!dir.path().join("salvage").exists(), "it held nothing that the new one has not");
}
