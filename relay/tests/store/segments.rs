//! The log as segments, and what is folded from it beside the live projection: nothing is lost by a merge, an erasure or a cut.

use std::pin::pin;
use std::task::Poll;

use record::sign::VerifierKey;
use relay::db::DbError;
use relay::db::OwnedFacility;
use relay::db::facility::facilities;
use relay::db::log::log_pages;
use relay::projections::rebuild_facility;

use super::Databases;
use super::fake_box::FakeBox;
use super::stories::{HOUR_MS, log_of};
use super::world::{DAY_MS, NOW_MS, PUMP, World, box_id, column, cosigner, run, run_due};

type Page = Vec<(Vec<u8>, Vec<String>)>;

async fn whole_log(world: &World, log: &FakeBox) -> Page {
    let mut conn = world.read().await;
    log_pages::load_page(&mut conn, &log.origin, (0, 100_000), usize::MAX).await.unwrap()
}

async fn segments(world: &World) -> Vec<String> {
    let sql = "SELECT CAST(first_seq AS TEXT) || '-' || CAST(next_seq AS TEXT) FROM segments ORDER BY log, first_seq";
    column(&mut world.read().await, sql).await
}

async fn assert_whole(world: &World) {
    let cosigners: [VerifierKey; 1] = [cosigner().verifier().clone()];
    let found = relay::audit::verify_logs(&world.db, &cosigners).await.unwrap();
    assert!(found.faults.is_empty() && found.logs == 1, "{found:?}");
}

pub(crate) async fn merged_segments_hold_the_same_log(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(60, HOUR_MS);
    assert!(log.size() > 1_100, "more than one sealed segment");
    world.claim(&log).await;
    for seq in 0..70 {
        world.send(&log, seq, seq + 1).await;
    }
    world.drain(&log, 70).await;
    let before = whole_log(&world, &log).await;
    assert_eq!(before.len() as u64, log.size());
    let small = segments(&world).await.len();
    assert!(small > 64);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    let merged = segments(&world).await;
    let last = log.size() / 1_024 * 1_024;
    let sealed = (0..last / 1_024).map(|n| format!("{}-{}", n * 1_024, (n + 1) * 1_024));
    let expected: Vec<String> = sealed.chain([format!("{last}-{}", log.size())]).collect();
    assert_eq!(merged, expected);
    assert!(whole_log(&world, &log).await == before, "the same lines and texts");
    assert_whole(&world).await;
    // It continues behind what was merged; a day later the few of those are put together too.
    let mut log = log;
    for n in 0..3 {
        log.clean(NOW_MS + n, PUMP);
        world.send(&log, log.size() - 1, log.size()).await;
    }
    assert_eq!(segments(&world).await.len(), merged.len() + 3);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_eq!(segments(&world).await.len(), merged.len() + 3, "too few to be worth it at once");
    world.clock.advance_ms(DAY_MS);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_eq!(segments(&world).await.len(), merged.len());
    assert_eq!(whole_log(&world, &log).await.len() as u64, log.size());
    assert_whole(&world).await;
}

pub(crate) async fn an_erased_text_leaves_its_segment(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(3, HOUR_MS);
    let hash = log.texts.last().unwrap().hash();
    let text = log.texts.last().unwrap().text().to_owned();
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let count = async || {
        let page = whole_log(&world, &log).await;
        page.iter().flat_map(|(_, texts)| texts).filter(|line| line.contains(&hash_of(line, hash))).count()
    };
    let typed_so = count().await;
    assert!(typed_so > 0, "{text}");
    let typed = "SELECT who FROM cleanings WHERE who IS NOT NULL";
    let named = column(&mut world.read().await, typed).await.len();
    let mut with_erasure = log.copy();
    with_erasure.tell(NOW_MS + 1, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked for"}}"#));
    world.drain(&with_erasure, log.size()).await;
    log = with_erasure;
    let left = async || {
        let page = whole_log(&world, &log).await;
        page.iter().flat_map(|(_, texts)| texts).filter(|line| line.contains(&hash_of(line, hash))).count()
    };
    assert_eq!(left().await, 0, "at once");
    assert_eq!(column(&mut world.read().await, typed).await.len(), named - typed_so, "and in lists");
    run_due(&world.db, world.clock.clone()).await.unwrap();
    // What hides it until then is not needed any more.
    let mut tx = world.db.write(world.scope).await.unwrap();
    run(&mut tx, "DELETE FROM erased_texts").await;
    tx.commit().await.unwrap();
    assert_eq!(left().await, 0, "its segment has it no more");
    assert_whole(&world).await;
}

fn hash_of(line: &str, hash: record::tree::Hash) -> String {
    let text = record::redact::TextLine::parse(line.as_bytes()).unwrap();
    if text.hash() == hash { line.to_owned() } else { "\u{0}".to_owned() }
}

/// Runs a rebuild, and drops it after so many steps of its future: as a process that is killed.
async fn rebuild_cut(world: &World, polls: usize) -> Option<Result<bool, DbError>> {
    let place = OwnedFacility { scope: world.scope, facility: world.facility };
    cut_off(rebuild_facility(&world.db, place, &*world.clock), polls).await
}

async fn cut_off<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// A request whose sender is gone is dropped wherever it waits.
pub(crate) async fn a_transaction_that_is_given_up_as_it_begins_is_nobody_elses(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    for polls in 1..6 {
        for _ in 0..4 {
            drop(cut_off(world.db.read(world.scope), polls).await);
            drop(cut_off(world.db.write(world.scope), polls).await);
        }
        for _ in 0..20 {
            let mut tx = world.db.write(world.scope).await.unwrap();
            run(&mut tx, "UPDATE accounts SET name = name").await;
            tx.commit().await.unwrap();
        }
    }
}

pub(crate) async fn a_rebuild_that_is_cut_off_goes_on_beside_the_live_one(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(60, HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    world.hello(&log, log.size(), None).await;
    run_due(&world.db, world.clock.clone()).await.unwrap();
    let live = world.dump().await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    relay::db::facility::facilities::request_rebuild(&mut tx, world.facility).await.unwrap();
    tx.commit().await.unwrap();
    let mut cuts = 0;
    let mut polls = 3;
    loop {
        if let Some(done) = rebuild_cut(&world, polls).await {
            assert!(done.unwrap());
            break;
        }
        assert_eq!(world.dump().await, live, "nobody sees it half done");
        cuts += 1;
        polls += 5;
    }
    assert!(cuts > 3, "{cuts} cuts");
    assert_eq!(world.dump().await, live);
    let states = "SELECT state FROM projections ORDER BY projection";
    assert_eq!(
        column(&mut world.read().await, states).await,
        ["dropped", "live"],
        "it went on with the one it began"
    );
    world.clock.advance_ms(61_000);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    world.clock.advance_ms(61_000);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_eq!(column(&mut world.read().await, states).await, ["live"]);
    let rows = "SELECT CAST(COUNT(DISTINCT projection) AS TEXT) FROM state_rows";
    assert_eq!(column(&mut world.read().await, rows).await, ["1"], "its rows are gone");
    assert_eq!(world.dump().await, live);
}

/// Between the last lines of a box and the word that they are all: what the box sends meanwhile comes behind them.
pub(crate) async fn a_rebuild_that_is_cut_off_at_its_end_loses_no_later_entry(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(100, 6 * HOUR_MS);
    let before = log.size();
    assert!((600..1_000).contains(&before), "its last lines are a step of their own: {before}");
    world.claim(&log).await;
    world.drain(&log, 0).await;
    world.hello(&log, log.size(), None).await;
    run_due(&world.db, world.clock.clone()).await.unwrap();
    let request = async || {
        let mut tx = world.db.write(world.scope).await.unwrap();
        relay::db::facility::facilities::request_rebuild(&mut tx, world.facility).await.unwrap();
        tx.commit().await.unwrap();
    };
    request().await;
    let folded = "SELECT CAST(folded AS TEXT) FROM box_positions";
    let (mut polls, mut done) = (3, 0);
    while column(&mut world.read().await, folded).await != [before.to_string()] {
        match rebuild_cut(&world, polls).await {
            None => polls += 1,
            // The database answered before it was asked again, and the place was passed.
            Some(passed) => {
                assert!(passed.unwrap() && done < 100, "it is never cut off there");
                done += 1;
                polls = polls.saturating_sub(12);
                request().await;
            }
        }
    }
    for n in 0..5 {
        log.clean(NOW_MS + n, PUMP);
    }
    world.drain(&log, before).await;
    let place = OwnedFacility { scope: world.scope, facility: world.facility };
    assert!(rebuild_facility(&world.db, place, &*world.clock).await.unwrap());
    run_due(&world.db, world.clock.clone()).await.unwrap();
    let went_on = world.dump().await;
    world.rebuild().await;
    let anew = world.dump().await;
    for (a, b) in went_on.lines().zip(anew.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(went_on.lines().count(), anew.lines().count());
    let errors = "SELECT error FROM projections WHERE state = 'live' AND error IS NOT NULL";
    assert!(column(&mut world.read().await, errors).await.is_empty(), "and it is over");
}

pub(crate) async fn a_projection_of_another_version_is_made_anew(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(3, HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    run(&mut tx, "UPDATE projections SET version = 0").await;
    tx.commit().await.unwrap();
    let before = world.dump().await;
    log.clean(NOW_MS + 1, PUMP);
    world.send(&log, log.size() - 1, log.size()).await;
    assert_eq!(world.dump().await, before, "it is left to processes of its version");
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_ne!(world.dump().await, before);
    let versions =
        "SELECT CAST(j.version AS TEXT) FROM projections j JOIN facilities f ON f.projection = j.projection";
    assert_ne!(column(&mut world.read().await, versions).await, ["0"]);
    assert_eq!(log.origin.box_id, box_id(1));
}

/// For a database that was restored or changed by hand: pages are no longer updated, and only another projection repairs them.
pub(crate) async fn a_projection_whose_row_is_gone_is_made_anew(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(3, HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    for lost in ["DELETE FROM projections", "UPDATE facilities SET projection = 7777"] {
        let mut tx = world.db.write(world.scope).await.unwrap();
        run(&mut tx, lost).await;
        tx.commit().await.unwrap();
        let before = world.dump().await;
        log.clean(NOW_MS + 1, PUMP);
        world.send(&log, log.size() - 1, log.size()).await;
        assert_eq!(world.dump().await, before, "there is nothing to fold it into");
        run_due(&world.db, world.clock.clone()).await.unwrap();
        assert_ne!(world.dump().await, before);
        let live = "SELECT j.state FROM projections j JOIN facilities f ON f.projection = j.projection";
        assert_eq!(column(&mut world.read().await, live).await, ["live"]);
        let lag = "SELECT CAST(COUNT(*) AS TEXT) FROM logs l JOIN facilities f ON f.facility = l.facility JOIN positions p \
                   ON p.projection = f.projection AND p.log = l.log AND p.next_seq = l.size";
        assert_eq!(column(&mut world.read().await, lag).await, ["1"], "all is folded");
    }
}

pub(crate) async fn a_rebuild_that_cannot_be_leaves_its_pages_as_they_go_on(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(1, HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let cleanings = "SELECT tag FROM cleanings ORDER BY 1";
    let before = column(&mut world.read().await, cleanings).await.len();
    let mut tx = world.db.write(world.scope).await.unwrap();
    run(&mut tx, "DELETE FROM segments WHERE log = (SELECT MIN(log) FROM logs)").await;
    tx.commit().await.unwrap();
    let report = relay::audit::rebuild_rows(&world.db, &*world.clock).await.unwrap();
    assert_eq!((report.rebuilt, report.faults.len()), (0, 1), "{report:?}");
    let (fault, id) = (&report.faults[0], world.facility.to_string());
    assert!(
        ["“General”", &id, "cannot be read", "verify"].iter().all(|word| fault.contains(word)),
        "{fault}"
    );
    let row = facilities::get(&mut world.read().await, world.facility).await.unwrap().unwrap();
    assert!(!row.awaits_rebuild, "nothing waits for what cannot be");
    log.clean(NOW_MS + 1, PUMP);
    world.send(&log, log.size() - 1, log.size()).await;
    assert_eq!(column(&mut world.read().await, cleanings).await.len(), before + 1);
    let begun = "SELECT state FROM projections WHERE state = 'building'";
    assert!(column(&mut world.read().await, begun).await.is_empty());
}

pub(crate) async fn a_row_of_logs_that_cannot_be_read_keeps_no_other_from_being_verified(
    dbs: impl Databases,
) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(1, HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let mut other = FakeBox::new(box_id(2), 1, 92);
    other.tell(NOW_MS, "log.started", &format!(r#"{{"box":"{}","version":"1.0"}}"#, box_id(2)));
    world.claim(&other).await;
    world.drain(&other, 0).await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    // Of which its nodes are not those.
    run(&mut tx, "UPDATE logs SET size = 1000003 WHERE log = (SELECT MIN(log) FROM logs)").await;
    tx.commit().await.unwrap();
    let cosigners: [VerifierKey; 1] = [cosigner().verifier().clone()];
    let found = relay::audit::verify_logs(&world.db, &cosigners).await.unwrap();
    assert_eq!((found.logs, found.entries, found.faults.len()), (2, other.size(), 1), "{found:?}");
    assert!(found.faults[0].starts_with(&format!("{}: a stored frontier", log.origin)), "{found:?}");
}
