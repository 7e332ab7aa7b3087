//! Which line is meant and in which order lines count, where runs bring some of them: as at the box.

use axum::http::StatusCode;
use record::run::RunName;
use record::tree::root_from_inclusion;
use relay::db::log::{epochs, runs};

use super::Databases;
use super::adoption::{Doors, HOUR_MS, adopt, after, file_of, first_log, round, run_of};
use super::fake_box::FakeBox;
use super::world::{NOW_MS, PROBE, PUMP, World, box_id, column};

async fn refold(world: &World) {
    world.rebuild().await;
}

fn void_of(by: &mut FakeBox, log: &FakeBox, seq: u64) -> u64 {
    let reason = by.text("wrong item");
    let body = format!(r#"{{"epoch":"{}","seq":{seq},"reason":{reason}}}"#, log.origin.epoch);
    by.tell(NOW_MS + 40, "cleaning.voided", &body)
}

pub(crate) async fn an_epoch_without_a_key_counts_as_at_its_box(dbs: impl Databases) {
    let first = first_log();
    // The second epoch continues before the end of the first one; the third adopts all of it, and speaks of its lines.
    let mut second = after(&first, first.size() - 2);
    let voided = second.clean(NOW_MS + 3, PROBE);
    let photographed = second.clean(NOW_MS + 4, PUMP);
    let mut third = after(&second, second.size());
    let run = run_of(&second, 0..second.size());
    adopt(&mut third, run);
    void_of(&mut third, &second, voided);
    let photo = "ab".repeat(32);
    let of = format!(r#""epoch":"{}","seq":{photographed}"#, second.origin.epoch);
    third.tell(NOW_MS + 50, "photo.attached", &format!(r#"{{{of},"photo":"{photo}"}}"#));

    // One relay has the second epoch's key and its batches, the other one its run only.
    let whole = World::new(dbs.db("a").await).await;
    whole.claim(&first).await;
    whole.drain(&first, 0).await;
    for log in [&second, &third] {
        whole.hello(log, 0, None).await;
        assert_eq!(whole.drain(log, 0).await.held(), Some(log.size()));
    }
    round(&whole).await;
    let world = World::new(dbs.db("b").await).await;
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.drain(&first, 0).await;
    // Somebody has found a key that gives its log the very name of the second epoch.
    let mut tx = world.db.write(world.scope).await.unwrap();
    let squatter = (&[7; 32], false);
    epochs::insert_epoch(&mut tx, &second.origin, world.facility, squatter, NOW_MS).await.unwrap();
    super::world::run(&mut tx, "UPDATE logs SET apart = TRUE WHERE NOT key_known").await;
    tx.commit().await.unwrap();
    world.hello(&third, 0, None).await;
    world.drain(&third, 0).await;
    assert_eq!(doors.put(run, file_of(&second, run)).await, StatusCode::NO_CONTENT);
    round(&world).await;
    let sql = "SELECT epoch || '/' || CAST(seq AS TEXT) || CASE WHEN voided THEN ' voided' ELSE '' END \
               FROM cleanings WHERE epoch LIKE '2-%' ORDER BY 1";
    let reported = column(&mut world.read().await, sql).await;
    let epoch = second.origin.epoch;
    assert_eq!(reported, [format!("{epoch}/{voided} voided"), format!("{epoch}/{photographed}")]);
    assert_eq!(world.dump().await, whole.dump().await);
    // What comes later speaks of them too.
    void_of(&mut third, &second, photographed);
    for world in [&world, &whole] {
        world.drain(&third, third.size() - 1).await;
    }
    assert_eq!(world.dump().await, whole.dump().await);
    let sql = "SELECT epoch FROM cleanings WHERE voided AND epoch LIKE '2-%'";
    assert_eq!(column(&mut world.read().await, sql).await.len(), 2);
    // The lists have each line, wherever it is.
    let mut conn = world.read().await;
    let start = relay::db::projection::history::HistoryCursor::start();
    let of = relay::db::projection::history::HistoryScope::Account;
    let rows = relay::db::projection::history::load_cleanings(&mut conn, of, &start, 100).await.unwrap();
    let photographed = rows.iter().find(|row| row.cleaning.of.seq == photographed).unwrap();
    assert_eq!(photographed.cleaning.photos[0].to_string(), photo.to_string());
    assert!(rows.iter().any(|row| row.held_in == run.to_string()));
}

pub(crate) async fn of_two_lines_of_one_number_the_one_adopted_first_is_meant(dbs: impl Databases) {
    for (at, larger_first) in [("a", true), ("b", false)] {
        let world = World::new(dbs.db(at).await).await;
        let first = first_log();
        world.claim(&first).await;
        let doors = Doors::of(&world).await;
        world.send(&first, 0, 6).await;
        // Two branches with another line each under the next number, which the chain does not have.
        let branch = |tag: &str| {
            let mut branch = first.copy();
            branch.entries.truncate(6);
            branch.texts.retain(|text| text.seq() < 6);
            branch.clean(NOW_MS - HOUR_MS, tag);
            (tag.to_owned(), run_of(&branch, 6..7), branch)
        };
        let mut branches = [branch(PUMP), branch(PROBE)];
        branches.sort_by_key(|(_, run, _)| run.to_string());
        if larger_first {
            branches.reverse();
        }
        let mut second = after(&first, 6);
        branches.iter().for_each(|(_, run, _)| adopt(&mut second, *run));
        world.hello(&second, 0, None).await;
        world.drain(&second, 0).await;
        for (_, run, branch) in &branches {
            assert_eq!(doors.put(*run, file_of(branch, *run)).await, StatusCode::NO_CONTENT);
        }
        round(&world).await;
        // As its batch comes, and as everything is folded again.
        let seq = void_of(&mut second, &first, 6);
        world.drain(&second, seq).await;
        let before = world.dump().await;
        let sql = "SELECT tag FROM cleanings WHERE voided";
        assert_eq!(column(&mut world.read().await, sql).await, [branches[0].0.clone()]);
        refold(&world).await;
        assert_eq!(world.dump().await, before);
        let of = record::kinds::EntryRef { epoch: first.origin.epoch, seq: 6 };
        let at = runs::line_at(&mut world.read().await, box_id(1), of).await.unwrap();
        let order: Vec<RunName> = at.iter().map(|(run, _)| *run).collect();
        assert_eq!(order, [branches[0].1, branches[1].1], "in the order of counting");
    }
}

pub(crate) async fn a_box_speaks_of_its_own_lines_only(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let mut other = FakeBox::new(box_id(2), 1, 90);
    other.tell(NOW_MS, "log.started", &format!(r#"{{"box":"{}","version":"1.0"}}"#, box_id(2)));
    let from = void_of(&mut other, &first, 6);
    world.claim_at(&other, world.facility).await;
    world.hello(&other, 0, None).await;
    world.drain(&other, 0).await;
    assert_eq!(from, 1);
    let sql = "SELECT tag FROM cleanings WHERE voided";
    assert!(column(&mut world.read().await, sql).await.is_empty(), "another box's record is not voided");
}

pub(crate) async fn a_long_run_with_adopting_lines_counts_whole(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, 6).await;
    // A long branch of the first epoch: it adopts short runs of a branch of its own, and many that are not here.
    let mut lost = first.copy();
    lost.entries.truncate(6);
    lost.texts.retain(|text| text.seq() < 6);
    let shorts: Vec<_> = (0..4)
        .map(|n: u64| {
            let mut log = FakeBox::new(box_id(1), 9, 100 + u8::try_from(n).unwrap());
            log.clean(NOW_MS - 2 * HOUR_MS + i64::try_from(n).unwrap(), PROBE);
            (run_of(&log, 0..1), log)
        })
        .collect();
    let mut next = shorts.iter();
    while lost.size() < 1_100 {
        match lost.size() {
            6 | 517 | 518 | 900 => adopt(&mut lost, next.next().unwrap().0),
            n if n % 3 == 0 => {
                let nowhere = RunName::new(first.origin.epoch, n..n + 1, first.root(n % 8 + 1)).unwrap();
                adopt(&mut lost, nowhere);
            }
            n if n % 100 == 1 => drop(lost.clean(NOW_MS - HOUR_MS, PUMP)),
            n => drop(lost.tell(NOW_MS, "x.y", &format!(r#"{{"n":{n}}}"#))),
        }
    }
    let run = run_of(&lost, 6..1_100);
    let mut second = after(&first, 6);
    adopt(&mut second, run);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(run, file_of(&lost, run)).await, StatusCode::NO_CONTENT);
    for (run, log) in &shorts {
        assert_eq!(doors.put(*run, file_of(log, *run)).await, StatusCode::NO_CONTENT);
    }
    round(&world).await;
    let count = async |sql| column(&mut world.read().await, sql).await.len();
    assert_eq!(count("SELECT tag FROM cleanings WHERE run <> '' AND tag = 'ABCDEFGH3'").await, 7);
    assert_eq!(count("SELECT tag FROM cleanings WHERE run <> '' AND tag = '7QK3M9X2W'").await, 4);
    let order = "SELECT run FROM run_places ORDER BY place";
    let mut expected = vec![run.to_string()];
    expected.extend(shorts.iter().map(|(run, _)| run.to_string()));
    assert_eq!(column(&mut world.read().await, order).await, expected);
    // A proof reads a block of it, and leads to its root.
    for seq in [6, 261, 262, 517, 518, 1_099] {
        let path = runs::proof_path(&mut world.read().await, box_id(1), (run, seq)).await.unwrap();
        let leaf = lost.entries[usize::try_from(seq).unwrap()].leaf();
        assert_eq!(root_from_inclusion(leaf, seq - 6, run.count(), &path), Some(run.root()), "{seq}");
    }
    let beyond = runs::proof_path(&mut world.read().await, box_id(1), (run, 1_100)).await;
    assert!(beyond.is_err());
}

pub(crate) async fn what_a_restored_base_has_counts_there(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, 6).await;
    let mut second = after(&first, first.size());
    let lost = run_of(&first, 8..first.size());
    adopt(&mut second, lost);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(lost, file_of(&first, lost)).await, StatusCode::NO_CONTENT);
    round(&world).await;
    let counted = "SELECT run FROM cleanings ORDER BY run";
    let late = column(&mut world.read().await, counted).await;
    assert_eq!(late.iter().filter(|run| **run == lost.to_string()).count(), 4, "{late:?}");
    // The rest of the first epoch comes after all: its lines go to their first place.
    assert_eq!(world.send(&first, 6, first.size()).await.held(), Some(first.size()));
    round(&world).await;
    assert_eq!(column(&mut world.read().await, counted).await, [""; 8]);
}
