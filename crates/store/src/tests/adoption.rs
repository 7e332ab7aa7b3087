//! Runs on a real folder: adopted once, healed, reported when they are gone, and back where they were when they come.

use crate::index::tables;
use std::path::{Path, PathBuf};

use record::fold::LinePlace;
use record::kinds::EntryRef;
use record::run::RunName;

use super::past::forgetful;
use super::*;
use crate::index::places::{AdoptedRun, RunState};
use crate::log::displaced;

/// A box whose card went back, which recorded four cleanings beside, got back what it had lost, and has adopted them.
pub(super) async fn adopted() -> (tempfile::TempDir, Store, RunName) {
    let (dir, store, page, proof) = forgetful(5, 12, 4).await;
    store.end_epoch(&proof).unwrap();
    let (store, _) = again(store, &dir).await;
    let past = store.past().unwrap().remove(0);
    store.refill(&past, 7, &mut super::past::pages(&page, 512)).unwrap();
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), &report.missing[..]), (4, &[][..]), "{report:?}");
    let runs = store.adopted_runs();
    let [run] = runs.counting[..] else { panic!("{runs:?}") };
    assert_eq!((run.lines(), runs.lacking.len()), (7..11, 0));
    (dir, store, run)
}

pub(super) async fn again(store: Store, dir: &tempfile::TempDir) -> (Store, StartReport) {
    store.stop().await.unwrap();
    drop(store);
    open(&data(dir))
}

pub(super) fn data(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("data")
}

pub(super) fn file(dir: &tempfile::TempDir, run: &RunName) -> PathBuf {
    data(dir).join(format!("runs/{run}"))
}

/// Keeps lines as the uplink does with pages of two; they are one file.
pub(super) fn keep_missing(
    store: &Store,
    epoch: record::ids::Epoch,
    entries: &[record::entry::Entry],
    texts: &[record::redact::TextLine],
) -> Result<u64, StoreError> {
    let files = || displaced::of_epoch(&*store.disk(), epoch);
    let before = files()?.len();
    let mut missing = store.missing_lines(epoch)?;
    entries.chunks(2).try_for_each(|page| missing.take(page, texts))?;
    let stored = missing.finish()?;
    assert_eq!(files()?.len(), before + usize::from(stored > 0));
    Ok(stored)
}

/// The bytes of a run's file, if it is whole.
pub(super) fn run_file(store: &Store, run: &RunName) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut file) = store.open_run(run)? else { return Ok(None) };
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    assert_eq!(file.length(), bytes.len() as u64);
    Ok(Some(bytes))
}

/// Gives a run's file in pieces; whether it was taken.
pub(super) fn keep_run(store: &Store, run: &RunName, file: &[u8]) -> Result<bool, StoreError> {
    let mut incoming = store.receive_run(run)?;
    file.chunks(1_000).try_for_each(|piece| incoming.take(piece))?;
    let stored = incoming.finish()?;
    assert!(!store.disk().list("runs").unwrap().iter().any(|name| name.ends_with(".new")));
    Ok(stored)
}

pub(super) fn counts(store: &Store, run: &RunName) -> (u64, Vec<String>) {
    let reader = store.reader().unwrap();
    let beside = run.lines().filter_map(|seq| {
        let line = LinePlace { of: EntryRef { epoch: run.epoch(), seq }, run: Some(*run) };
        let entry = reader.line(line).unwrap()?;
        Some(reader.texts_of_line(line, &entry).unwrap().first().map_or("", |text| text.text()).to_owned())
    });
    (store.facility().activity.get(&tag()).map_or(0, |activity| activity.cleanings), beside.collect())
}

fn wandas() -> Vec<String> {
    (0..4).map(|i| format!("Wanda {i}")).collect()
}

pub(super) fn remove_database(dir: &Path) {
    std::fs::remove_file(dir.join("cleantrack.redb")).unwrap();
    drop(std::fs::remove_dir_all(dir.join("salvage")));
}

#[tokio::test]
async fn what_is_adopted_counts_once_however_often_the_box_starts() {
    let (dir, store, run) = adopted().await;
    assert_eq!(counts(&store, &run), (16, wandas()));
    let size = store.size();
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), report.rebuilt, store.size()), (0, None, size));
    assert_eq!(counts(&store, &run), (16, wandas()));
    store.stop().await.unwrap();
    drop(store);
    remove_database(&data(&dir));
    let (store, report) = open(&data(&dir));
    assert_eq!((report.adopted_lines(), store.size()), (0, size));
    assert_eq!(counts(&store, &run), (16, wandas()), "from the journal and the run alone");
}

#[tokio::test]
async fn a_start_that_ended_before_the_lines_were_folded_goes_on() {
    let (dir, store, run) = adopted().await;
    let by = store.shared.places().runs()[0].by;
    store.stop().await.unwrap();
    {
        let db = store.shared.db().unwrap();
        let txn = db.begin_write().unwrap();
        let waits = AdoptedRun { by, within: None, state: RunState::Waits };
        let json = serde_json::to_string(&waits).unwrap();
        txn.open_table(tables::ADOPTED)
            .unwrap()
            .insert(crate::index::places::RUNS_FROM, json.as_str())
            .unwrap();
        txn.commit().unwrap();
    }
    drop(store);
    let (store, report) = open(&data(&dir));
    assert!(report.rebuilt.is_some() && report.refilled, "{report:?}");
    assert_eq!(counts(&store, &run), (16, wandas()));
}

#[tokio::test]
async fn a_damaged_run_is_put_together_again_from_the_database() {
    for how in ["noise", "gone"] {
        let (dir, store, run) = adopted().await;
        store.stop().await.unwrap();
        drop(store);
        let whole = std::fs::read(file(&dir, &run)).unwrap();
        match how {
            "gone" => std::fs::remove_file(file(&dir, &run)).unwrap(),
            _ => std::fs::write(file(&dir, &run), vec![7; whole.len()]).unwrap(),
        }
        let now = Now { wall_ms: 1, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
        let config = StoreConfig { sizes: sizes(), ..StoreConfig::new(data(&dir)) };
        rebuild_database(config, Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(9))).unwrap();
        let (store, report) = open(&data(&dir));
        assert_eq!((report.missing.len(), counts(&store, &run)), (0, (16, wandas())), "{how}: {report:?}");
        assert_eq!(run_file(&store, &run).unwrap(), Some(whole), "{how}");
    }
}

#[tokio::test]
async fn the_weekly_look_through_puts_a_damaged_run_together_again() {
    let (dir, store, run) = adopted().await;
    let whole = std::fs::read(file(&dir, &run)).unwrap();
    std::fs::write(file(&dir, &run), &whole[..whole.len() - 1]).unwrap();
    store.scrub_runs().unwrap();
    assert_eq!(std::fs::read(file(&dir, &run)).unwrap(), whole);
    assert_eq!((store.scrubbed().healed, store.scrubbed().damaged), (1, 0));
}

#[tokio::test]
async fn a_run_that_is_gone_is_told_and_counts_again_when_it_comes() {
    let (dir, store, run) = adopted().await;
    let whole = run_file(&store, &run).unwrap().unwrap();
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(file(&dir, &run)).unwrap();
    remove_database(&data(&dir));
    let (store, report) = open(&data(&dir));
    let missing = MissingEntries { epoch: run.epoch(), from: 7, to: Some(11), forgotten: false };
    assert!(report.missing.contains(&missing), "{report:?}");
    assert_eq!(store.adopted_runs().lacking, [run]);
    assert_eq!(counts(&store, &run), (12, vec![]));
    record(&store, vec![cleaning("since", "Lea")]).await;
    // Nothing else than the run is taken for it.
    let mut other = whole.clone();
    other.truncate(whole.len() - 3);
    assert!(!keep_run(&store, &run, &other).unwrap());
    assert!(keep_run(&store, &run, &whole).unwrap());
    let (store, report) = again(store, &dir).await;
    assert!(report.refilled && !report.missing.contains(&missing), "{report:?}");
    assert_eq!(counts(&store, &run), (17, wandas()));
    // A phone that sends one of them again gets the first place.
    let key = Digest16::of(b"beside2");
    let found = store.submit(move |view| WriteDecision::<_>::Answer(view.by_key(&key))).await.unwrap().answer;
    assert_eq!(found.map(|(line, _)| line.of), Some(EntryRef { epoch: run.epoch(), seq: 9 }));
}

#[tokio::test]
async fn what_the_relay_signed_of_their_own_log_is_kept_with_lines_that_were_adopted() {
    let (dir, store, page, proof) = forgetful(5, 12, 4).await;
    let epoch = store.origin().epoch;
    std::fs::create_dir_all(data(&dir).join("evidence")).unwrap();
    let put = |name: &str, note: &str| std::fs::write(data(&dir).join("evidence").join(name), note).unwrap();
    put(&format!("relay-{epoch}-000000000013.note"), &proof.note().to_string());
    put(&format!("relay-{epoch}-000000000009.note"), "noise");
    put("relay-1-00000000-000000000020.note", &proof.note().to_string());
    store.end_epoch(&proof).unwrap();
    let (store, _) = again(store, &dir).await;
    let past = store.past().unwrap().remove(0);
    store.refill(&past, 7, &mut super::past::pages(&page, 512)).unwrap();
    let (store, report) = again(store, &dir).await;
    assert_eq!(report.adopted_lines(), 4, "{report:?}");
    let run = store.adopted_runs().counting[0];
    let file = run_file(&store, &run).unwrap().unwrap();
    let reader = record::run::RunReader::open(&file[..], store.origin().box_id, run).unwrap();
    assert_eq!(reader.notes(), [proof.note().to_string()]);
}

#[tokio::test]
async fn lines_that_come_back_in_their_place_count_there_and_not_by_their_run() {
    let (dir, store, page, proof) = forgetful(5, 12, 6).await;
    let epoch = store.origin().epoch;
    // Somebody supplied them as lines that have no place, and only then the log as a whole.
    assert_eq!(keep_missing(&store, epoch, &page.0[8..12], &page.1).unwrap(), 4);
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), store.facility().activity[&tag()].cleanings), (4, 15), "{report:?}");
    store.end_epoch(&proof).unwrap();
    let (store, _) = again(store, &dir).await;
    let past = store.past().unwrap().remove(0);
    store.refill(&past, 0, &mut super::past::pages(&page, 5)).unwrap();
    let (store, report) = again(store, &dir).await;
    // The entry that had adopted them has no place itself by now: a run brings it, and it adopts theirs in turn.
    assert_eq!((report.adopted_lines(), store.past().unwrap()[0].whole), (7, true), "{report:?}");
    assert_eq!(store.facility().activity[&tag()].cleanings, 18, "once");
    let runs = store.adopted_runs();
    assert_eq!(runs.counting.iter().map(RunName::lines).collect::<Vec<_>>(), [7..14, 8..12]);
    assert!(
        runs.counting.iter().all(|run| run_file(&store, run).unwrap().is_some()),
        "the relay may ask for each"
    );
    let reader = store.reader().unwrap();
    let by = reader.adoption_of(&runs.counting[1]).unwrap().by;
    assert_eq!((by.of.seq, by.run), (13, Some(runs.counting[0])));
    let run = runs.counting[1];
    // The second time by the roots that the first kept.
    for _ in 0..2 {
        for seq in run.lines() {
            let path = reader.path_in_run(&run, seq).unwrap().expect("proven by lines that count elsewhere");
            let leaf = reader.entry_at(EntryRef { epoch, seq }).unwrap().unwrap().leaf();
            let at = seq - run.lines().start;
            let root = record::tree::root_from_inclusion(leaf, at, run.count(), &path);
            assert_eq!(root, Some(run.root()), "line {seq}");
        }
    }
    for seq in 8..12 {
        let places: Vec<_> =
            reader.lines_of(epoch.n, seq).unwrap().into_iter().map(|(line, _)| line.run).collect();
        let in_place = places.contains(&None) && !places.contains(&Some(run));
        assert!(in_place, "{seq} counts in its place: {places:?}");
    }
}

/// A box in its second epoch: three cleanings in the first, two in the second, and what the second holds.
async fn in_second_epoch() -> (tempfile::TempDir, Store, RefillPage) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(&data(&dir));
    record(&store, vec![equipment()]).await;
    for i in 0..3 {
        record(&store, vec![cleaning(&format!("one{i}"), "Maria")]).await;
    }
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_file(data(&dir).join("keys/log-1.key")).unwrap();
    let (store, report) = open(&data(&dir));
    assert!(report.new_epoch.is_some());
    for i in 0..2 {
        record(&store, vec![cleaning(&format!("two{i}"), "Omar")]).await;
    }
    let page = super::past::held(&store);
    (dir, store, page)
}

fn cleanings(store: &Store) -> u64 {
    store.facility().activity[&tag()].cleanings
}

#[tokio::test]
async fn of_an_epoch_whose_size_nobody_states_only_what_is_adopted_counts() {
    let (dir, store, page) = in_second_epoch().await;
    let (first, second) = (store.epochs()[0], store.origin().epoch);
    store.stop().await.unwrap();
    drop(store);
    std::fs::remove_dir_all(data(&dir).join(format!("log/{second}"))).unwrap();
    remove_database(&data(&dir));
    // The key of a log that is not here: another epoch begins, and cannot say how much of that one there was.
    let (store, report) = open(&data(&dir));
    assert_eq!((store.origin().epoch.n, report.adopted_lines(), cleanings(&store)), (3, 5, 3), "{report:?}");
    let missing = MissingEntries { epoch: second, from: 0, to: None, forgotten: false };
    assert_eq!(report.missing, [missing]);
    let segments = std::fs::read_dir(data(&dir).join(format!("log/{first}"))).unwrap();
    assert_eq!(segments.count(), 0, "its lines lie in the run alone");
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), report.rebuilt, cleanings(&store)), (0, None, 3), "it is at rest");
    // What the relay held of it comes: its first entry says how much of the one before counts.
    assert_eq!(keep_missing(&store, second, &page.0, &page.1).unwrap(), 3);
    assert_eq!(keep_missing(&store, second, &page.0, &page.1).unwrap(), 0, "once");
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), cleanings(&store)), (3, 5), "{report:?}");
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), &report.missing[..], cleanings(&store)), (0, &[][..], 5));
    let past = store.past().unwrap();
    let ends: Vec<_> = past.iter().map(|past| (past.origin.epoch, past.stated, past.whole)).collect();
    assert_eq!(ends, [(first, true, true), (second, false, false)], "the first stands in its place again");
}

#[tokio::test]
async fn what_the_relay_cannot_have_in_its_place_is_adopted_although_it_counts() {
    let (dir, store, _) = in_second_epoch().await;
    let first = store.epochs()[0];
    assert!(!store.past().unwrap()[0].signs, "its key is gone");
    assert!(store.owe_lines(first, 2, 5).unwrap());
    assert!(!store.owe_lines(first, 2, 5).unwrap(), "once");
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), cleanings(&store)), (3, 5), "{report:?}");
    let past = store.past().unwrap().remove(0);
    assert!(past.whole && past.goes_by_run);
    let run = store.adopted_runs().counting[0];
    assert!(run_file(&store, &run).unwrap().is_some());
    assert!(!store.owe_lines(first, 2, 5).unwrap(), "it is adopted by now");
    assert!(!store.owe_lines(first, 3, 5).unwrap(), "whatever part of it the relay names");
    let (store, report) = again(store, &dir).await;
    assert_eq!((report.adopted_lines(), report.rebuilt, cleanings(&store)), (0, None, 5));
    assert!(run_file(&store, &run).unwrap().is_some(), "an adopted run stays");
}
