//! Texts beside lines of runs: none comes back that was erased, none stays behind, and none is read that nobody named.

use axum::http::StatusCode;
use record::run::{RunLine, RunName};
use relay::db::fleet::boxes;
use relay::db::log::{log_pages, run_drops, runs, texts};

use super::Databases;
use super::adoption::{Doors, adopt, after, file_of, first_log, run_of};
use super::fake_box::FakeBox;
use super::world::{NOW_MS, PUMP, World, box_id, column};

fn name(log: &mut FakeBox, names: &[String]) -> u64 {
    let named: Vec<String> = names.iter().map(|name| log.text(name)).collect();
    log.tell(NOW_MS, "x.named", &format!(r#"{{"names":[{}]}}"#, named.join(",")))
}

fn lines(log: &FakeBox, run: RunName) -> Vec<RunLine> {
    let own = |seq: u64| log.texts.iter().filter(|text| text.seq() == seq).cloned().collect();
    let of_run = log.entries.iter().filter(|entry| run.lines().contains(&entry.seq()));
    of_run
        .map(|entry| RunLine { leaf: entry.leaf(), entry: entry.clone(), texts: own(entry.seq()) })
        .collect()
}

/// A relay that has the first six entries of a log, and this log.
async fn with_six() -> FakeBox {
    let mut log = first_log();
    log.entries.truncate(6);
    log.texts.retain(|text| text.seq() < 6);
    log
}

pub(crate) async fn a_text_that_was_erased_is_not_taken_again(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut first = with_six().await;
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let doors = Doors::of(&world).await;
    name(&mut first, &["Grace Lost".into(), "Ada Kept".into()]);
    let hash = first.texts.iter().find(|text| text.text() == "Grace Lost").unwrap().hash();
    let mut second = after(&first, 6);
    second.tell(NOW_MS + 5, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked for"}}"#));
    let run = run_of(&first, 6..7);
    adopt(&mut second, run);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(run, file_of(&first, run)).await, StatusCode::NO_CONTENT);
    // Before anything is folded again.
    let texts = world.all_texts().await;
    assert!(texts.iter().all(|line| !line.contains("Grace Lost")), "{texts:?}");
    assert!(texts.iter().any(|line| line.contains("Ada Kept")));
    // Nor with a batch, should its log come after all.
    let mut other = second.copy();
    name(&mut other, &["Grace Lost".into()]);
    world.drain(&other, second.size()).await;
    assert!(world.all_texts().await.iter().all(|line| !line.contains("Grace Lost")));
}

pub(crate) async fn what_a_dropped_run_brought_beside_its_lines_goes_with_it(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let base = with_six().await;
    world.claim(&base).await;
    world.drain(&base, 0).await;
    let doors = Doors::of(&world).await;
    // Two branches with a line in common, and a longer one that never comes whole.
    let mut branch = base.copy();
    name(&mut branch, &["Common Name".into()]);
    let mut cut = branch.copy();
    name(&mut cut, &["Cut Name".into(), "Other Name".into()]);
    let (short, long) = (run_of(&branch, 6..7), run_of(&cut, 5..8));
    let mut second = after(&base, 6);
    adopt(&mut second, short);
    adopt(&mut second, long);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(short, file_of(&branch, short)).await, StatusCode::NO_CONTENT);
    let before = world.all_texts().await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    runs::append_lines(&mut tx, box_id(1), long, &lines(&cut, long)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.all_texts().await.len(), before.len() + 3, "the line that both have brings its own");
    // In steps, as many lines each.
    let mut dropped = Vec::new();
    for _ in 0..3 {
        let mut tx = world.db.write(world.scope).await.unwrap();
        let step = run_drops::drop_unfinished(&mut tx, box_id(1), long, 2).await.unwrap();
        tx.commit().await.unwrap();
        dropped.push(step);
    }
    assert_eq!(dropped, [2, 1, 0]);
    assert_eq!(world.all_texts().await, before, "what others name stays");
    let held = column(&mut world.read().await, "SELECT DISTINCT run FROM run_lines").await;
    assert_eq!(held, [short.to_string()]);
}

pub(crate) async fn a_page_has_the_texts_that_its_lines_name_and_no_others(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = with_six().await;
    world.claim(&log).await;
    let mut branches = Vec::new();
    for n in 0..5 {
        let mut branch = log.copy();
        for line in 0..3 {
            let many: Vec<String> =
                (0..16).map(|text| format!("{n} {line} {text} {}", "x".repeat(2_000))).collect();
            name(&mut branch, &many);
        }
        branches.push(branch);
    }
    let own: Vec<String> = (0..3).map(|n| format!("Own {n} {}", "y".repeat(1_000))).collect();
    for own in &own {
        name(&mut log, std::slice::from_ref(own));
    }
    world.drain(&log, 0).await;
    let doors = Doors::of(&world).await;
    let mut second = after(&log, log.size());
    for branch in &branches {
        adopt(&mut second, run_of(branch, 6..9));
    }
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    for branch in &branches {
        let run = run_of(branch, 6..9);
        assert_eq!(doors.put(run, file_of(branch, run)).await, StatusCode::NO_CONTENT);
    }
    assert!(world.all_texts().await.len() > 5 * 3 * 16, "they are here");
    let mut conn = world.read().await;
    let page = log_pages::load_page(&mut conn, &log.origin, (6, 100), usize::MAX).await.unwrap();
    let named: Vec<Vec<String>> =
        (6..9).map(|seq| log.texts.iter().filter(|t| t.seq() == seq).map(|t| t.line()).collect()).collect();
    assert_eq!(page.into_iter().map(|(_, texts)| texts).collect::<Vec<_>>(), named);
    let ends = log_pages::load_page(&mut conn, &log.origin, (6, 100), 1_000).await.unwrap();
    assert_eq!(ends.len(), 1, "a line is given whole, and none behind the bound");
    // Two lines of one number in one question, and one that names more than an entry may have.
    let mut greedy = log.copy();
    greedy.entries.truncate(6);
    let hashes: Vec<String> = branches[0]
        .texts
        .iter()
        .filter(|t| t.seq() == 6)
        .chain(branches[1].texts.iter().filter(|t| t.seq() == 6))
        .map(|text| format!(r#"{{"redactable":"{}"}}"#, text.hash()))
        .collect();
    assert_eq!(hashes.len(), 32);
    greedy.tell(NOW_MS, "x.named", &format!(r#"{{"names":[{}]}}"#, hashes.join(",")));
    let requested = [&log, &branches[2], &greedy].map(|log| log.entries[6].bytes().to_vec());
    let beside = texts::texts_beside(&mut conn, &log.origin, &requested).await.unwrap();
    assert_eq!(beside.iter().map(Vec::len).collect::<Vec<_>>(), [1, 16, 16]);
    assert_eq!(beside[0], named[0]);
    assert!(beside[1].iter().all(|line| line.contains("2 0 ")));
}

pub(crate) async fn a_run_with_too_many_adopting_lines_is_refused(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let base = with_six().await;
    world.claim(&base).await;
    world.drain(&base, 0).await;
    let doors = Doors::of(&world).await;
    let adopting = |count: u64, salt: u64| {
        let mut lost = base.copy();
        for n in 0..count {
            let nowhere = RunName::new(base.origin.epoch, n..n + 1 + salt, base.root(2)).unwrap();
            adopt(&mut lost, nowhere);
        }
        (run_of(&lost, 6..lost.size()), lost)
    };
    let ((fits, small), (over, large)) = (adopting(1_000, 0), adopting(1_001, 1));
    let mut second = after(&base, 6);
    adopt(&mut second, fits);
    adopt(&mut second, over);
    second.clean(NOW_MS, PUMP);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(over, file_of(&large, over)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let mut conn = world.read().await;
    assert_eq!(column(&mut conn, "SELECT code FROM refused").await, ["run-adopts-too-many"]);
    assert!(column(&mut conn, "SELECT run FROM run_lines").await.is_empty());
    assert_eq!(doors.lacking().await, [fits], "it is not asked for again");
    assert_eq!(doors.put(fits, file_of(&small, fits)).await, StatusCode::NO_CONTENT);
    super::adoption::round(&world).await;
    let places = column(&mut conn, "SELECT run FROM run_places").await;
    assert_eq!(places, [fits.to_string()]);
}

/// Two processes: one makes a run known while the other drops what it takes for a cut upload.
pub(crate) async fn nobody_drops_the_lines_of_a_run_that_is_becoming_known(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = with_six().await;
    world.claim(&log).await;
    name(&mut log, &["Known Name".into()]);
    let run = run_of(&log, 6..7);
    let mut tx = world.db.write(world.scope).await.unwrap();
    runs::append_lines(&mut tx, box_id(1), run, &lines(&log, run)).await.unwrap();
    tx.commit().await.unwrap();
    let mut making = world.db.write(world.scope).await.unwrap();
    boxes::lock_box(&mut making, box_id(1)).await.unwrap();
    let new = runs::NewRun { run, notes: &[], bytes: 1, blocks: &record::run::RunBlocks::default() };
    assert!(runs::insert_run(&mut making, (box_id(1), world.facility), &new, NOW_MS).await.unwrap());
    let (db, scope) = (world.db.clone(), world.scope);
    let dropping = tokio::spawn(async move {
        let mut tx = db.write(scope).await.unwrap();
        let step = run_drops::drop_unfinished(&mut tx, box_id(1), run, 100).await.unwrap();
        tx.commit().await.unwrap();
        step
    });
    // Others do a lot before it is known: whoever does not wait for that is done.
    for _ in 0..500 {
        if dropping.is_finished() {
            break;
        }
        runs::lines_here(&mut world.read().await, box_id(1), run).await.unwrap();
        tokio::task::yield_now().await;
    }
    making.commit().await.unwrap();
    assert_eq!(dropping.await.unwrap(), 0);
    let here = runs::lines_here(&mut world.read().await, box_id(1), run).await.unwrap();
    assert_eq!((here, world.all_texts().await.len()), (1, 1));
}
