//! What one box can cost the relay, and the others: bounded, refused by name, reported.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use record::ids::FacilityId;
use record::limits::RUN_NAMES_MAX;
use record::run::{RunLine, RunName, check_run};
use relay::box_api::RunLimits;
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::fleet::boxes::RunTotals;
use relay::db::log::runs;
use relay::mqtt::PeerCertificate;
use service::clock::{Clock, FakeClock, Now};
use tower::ServiceExt as _;

use super::Databases;
use super::adoption::{Doors, adopt, after, file_of, first_log, round, run_of};
use super::fake_box::FakeBox;
use super::world::{DAY_MS, NOW_MS, PUMP, World, box_id, column, run_due};

/// A relay that lacks two runs of a box: entries 4 to 5, and those from 6 on.
async fn lacking_two(world: &World) -> (FakeBox, RunName, RunName) {
    let first = first_log();
    world.claim(&first).await;
    world.send(&first, 0, 4).await;
    let mut second = after(&first, 4);
    let (early, late) = (run_of(&first, 4..6), run_of(&first, 6..first.size()));
    adopt(&mut second, early);
    adopt(&mut second, late);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    (first, early, late)
}

pub(crate) async fn a_run_that_is_too_much_is_refused_and_told_once(dbs: impl Databases) {
    let most = RunLimits::default();
    let of_box = |runs, lines, bytes| RunTotals { runs, lines, bytes };
    let limits = [
        (RunLimits { plain_bytes: 1_500, ..most }, StatusCode::PAYLOAD_TOO_LARGE, "run-too-large"),
        (RunLimits { of_box: of_box(1, 99, 1 << 20), ..most }, StatusCode::INSUFFICIENT_STORAGE, "run-quota"),
        (RunLimits { of_box: of_box(9, 7, 1 << 20), ..most }, StatusCode::INSUFFICIENT_STORAGE, "run-quota"),
        (RunLimits { of_box: of_box(9, 99, 2_000), ..most }, StatusCode::INSUFFICIENT_STORAGE, "run-quota"),
    ];
    for (at, (limits, status, code)) in limits.into_iter().enumerate() {
        let world = World::new(dbs.db(["a", "b", "c", "d"][at]).await).await;
        let (first, early, late) = lacking_two(&world).await;
        let doors = Doors::within(&world, limits).await;
        assert_eq!(doors.put(early, file_of(&first, early)).await, StatusCode::NO_CONTENT, "{code}");
        for again in [false, true] {
            assert_eq!(doors.put(late, file_of(&first, late)).await, status, "{code}, again: {again}");
        }
        assert!(doors.lacking().await.is_empty(), "the box is not asked for it again");
        let mut conn = world.read().await;
        assert_eq!(column(&mut conn, "SELECT code FROM refused").await, [code], "told once");
        assert_eq!(column(&mut conn, "SELECT CAST(refusals AS TEXT) FROM boxes").await, ["1"]);
        assert_eq!(column(&mut conn, "SELECT DISTINCT run FROM run_lines").await, [early.to_string()]);
        let totals = boxes::run_totals(&mut conn, box_id(1)).await.unwrap();
        assert_eq!((totals.runs, totals.lines), (1, 2));
        assert!((500..1_500).contains(&totals.bytes), "{totals:?}");
        drop(conn);
        // Nothing else suffers from it.
        round(&world).await;
        let runs = column(&mut world.read().await, "SELECT run FROM cleanings WHERE run <> ''").await;
        assert_eq!(runs, vec![early.to_string(); 2]);
    }
}

async fn second_box(world: &World) -> PeerCertificate {
    let mut tx = world.db.write(world.scope).await.unwrap();
    let epoch = FakeBox::new(box_id(2), 1, 90).origin.epoch;
    boxes::insert_box(&mut tx, (box_id(2), world.facility, epoch), "Pi", "1.0", NOW_MS).await.unwrap();
    boxes::insert_certificate(&mut tx, box_id(2), "0c", (NOW_MS, NOW_MS + DAY_MS)).await.unwrap();
    tx.commit().await.unwrap();
    PeerCertificate { box_id: box_id(2), serial: "0c".into() }
}

pub(crate) async fn whoever_finds_no_place_is_told_when_to_come_again(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let (first, early, late) = lacking_two(&world).await;
    let doors = Doors::within(&world, RunLimits { places: 1, ..RunLimits::default() }).await;
    assert_eq!(doors.put(early, file_of(&first, early)).await, StatusCode::NO_CONTENT);
    // One who takes a run and does not read it has the only place.
    let get = |run: RunName| {
        let request = Request::builder().uri(format!("/box/v1/runs/{run}")).extension(doors.peer.clone());
        doors.router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let held = get(early).await.unwrap();
    assert_eq!(held.status(), StatusCode::OK);
    let path = format!("/box/v1/runs/{late}");
    let request = Request::builder().method(Method::PUT).uri(&path).extension(doors.peer.clone());
    let refused = doors.router.clone().oneshot(request.body(Body::from(file_of(&first, late))).unwrap());
    let refused = refused.await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "20");
    assert_eq!(get(early).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE, "one at a time of a box");
    // What costs no place is answered.
    assert_eq!(doors.lacking().await, [late]);
    assert!(doors.as_box(second_box(&world).await).lacking().await.is_empty());
    let provided = held.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(check_run(&provided[..], box_id(1), early).unwrap().lines, 2);
    assert_eq!(doors.put(late, file_of(&first, late)).await, StatusCode::NO_CONTENT);
}

pub(crate) async fn a_run_of_another_box_is_neither_given_nor_taken(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let (first, early, late) = lacking_two(&world).await;
    let doors = Doors::of(&world).await;
    assert_eq!(doors.put(early, file_of(&first, early)).await, StatusCode::NO_CONTENT);
    // A box of another tenant, and one of the same facility, know the name and the bytes.
    let mut tx = world.db.write(world.stranger).await.unwrap();
    let (away, epoch) = (FacilityId::new(9, [9; 10]), FakeBox::new(box_id(3), 1, 91).origin.epoch);
    facilities::insert_facility(&mut tx, away, "Elsewhere", "UTC", NOW_MS).await.unwrap();
    boxes::insert_box(&mut tx, (box_id(3), away, epoch), "Pi", "1.0", NOW_MS).await.unwrap();
    boxes::insert_certificate(&mut tx, box_id(3), "0d", (NOW_MS, NOW_MS + DAY_MS)).await.unwrap();
    tx.commit().await.unwrap();
    let tenant = PeerCertificate { box_id: box_id(3), serial: "0d".into() };
    for peer in [second_box(&world).await, tenant] {
        let other = doors.as_box(peer);
        assert!(other.lacking().await.is_empty());
        let path = format!("/box/v1/runs/{early}");
        assert_eq!(other.ask(Method::GET, &path, Vec::new()).await.0, StatusCode::NOT_FOUND);
        for run in [early, late] {
            assert_eq!(other.put(run, file_of(&first, run)).await, StatusCode::CONFLICT);
        }
    }
    assert_eq!(doors.lacking().await, [late]);
    // Names at the ends of what there can be.
    let (epoch, end) = (first.origin.epoch, 1_u64 << 48);
    for lines in [0..65_536, end - 65_536..end, end - 1..end] {
        let run = RunName::new(epoch, lines, first.root(1)).unwrap();
        assert_eq!(doors.put(run, Vec::new()).await, StatusCode::CONFLICT);
    }
    for name in
        [format!("{epoch}-0-65537-{}", early.root()), format!("{epoch}-{end}-{}-{}", end + 1, early.root())]
    {
        let (status, _) = doors.ask(Method::PUT, &format!("/box/v1/runs/{name}"), Vec::new()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}");
    }
}

pub(crate) async fn what_a_cut_upload_left_is_dropped(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let (first, _, late) = lacking_two(&world).await;
    let doors = Doors::of(&world).await;
    let left = RunLine { leaf: first.entries[6].leaf(), entry: first.entries[6].clone(), texts: Vec::new() };
    let mut tx = world.db.write(world.scope).await.unwrap();
    runs::append_lines(&mut tx, box_id(1), late, &[left]).await.unwrap();
    tx.commit().await.unwrap();
    // It is not here, and counts nothing.
    let path = format!("/box/v1/runs/{late}");
    assert_eq!(doors.ask(Method::GET, &path, Vec::new()).await.0, StatusCode::NOT_FOUND);
    assert_eq!(doors.put(late, file_of(&first, late)).await, StatusCode::NO_CONTENT);
    let (status, provided) = doors.ask(Method::GET, &path, Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(check_run(&provided[..], box_id(1), late).unwrap().lines, late.count());
    // A box that goes away once all of it is there takes nothing back.
    let silent = futures_util::stream::pending::<Result<bytes::Bytes, Infallible>>();
    let request = Request::builder().method(Method::PUT).uri(&path).extension(doors.peer.clone());
    let again = doors.router.clone().oneshot(request.body(Body::from_stream(silent)).unwrap()).await;
    assert_eq!(again.unwrap().status(), StatusCode::NO_CONTENT, "the same again needs no body");
}

pub(crate) async fn the_list_of_lacking_runs_has_an_end(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let doors = Doors::of(&world).await;
    let mut second = after(&first, first.size());
    let all: Vec<RunName> = (0..RUN_NAMES_MAX + 200)
        .map(|n| RunName::new(first.origin.epoch, n..n + 1, first.root(2)).unwrap())
        .collect();
    all.iter().for_each(|run| adopt(&mut second, *run));
    // Named twice is lacked once.
    adopt(&mut second, all[0]);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    let lacking = doors.lacking().await;
    assert_eq!(lacking.len() as u64, RUN_NAMES_MAX);
    assert_eq!(lacking.iter().filter(|run| **run == all[0]).count(), 1);
}

pub(crate) async fn a_facility_that_cannot_be_folded_keeps_no_other_from_it(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    // Facilities before and behind the damaged one, whatever the order.
    let mut others = Vec::new();
    for n in [2_u8, 3] {
        let facility = FacilityId::new(1, [if n == 2 { 1 } else { 0xff }; 10]);
        let mut log = FakeBox::new(box_id(n), 1, 90 + n);
        log.tell(NOW_MS, "log.started", &format!(r#"{{"box":"{}","version":"1.0"}}"#, box_id(n)));
        log.add(NOW_MS, PUMP);
        log.clean(NOW_MS + 1, PUMP);
        let mut tx = world.db.write(world.scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "Other", "UTC", NOW_MS).await.unwrap();
        facilities::request_rebuild(&mut tx, facility).await.unwrap();
        tx.commit().await.unwrap();
        world.claim_at(&log, facility).await;
        world.hello(&log, 0, None).await;
        world.drain(&log, 0).await;
        others.push(facility);
    }
    let mut tx = world.db.write(world.scope).await.unwrap();
    facilities::request_rebuild(&mut tx, world.facility).await.unwrap();
    let sql = "DELETE FROM segments WHERE log = (SELECT MIN(log) FROM logs)";
    super::world::run(&mut tx, sql).await;
    tx.commit().await.unwrap();
    let before = column(&mut world.read().await, "SELECT tag FROM cleanings ORDER BY 1").await;
    assert_eq!(before.len(), 8, "of the first facility only");
    round(&world).await;
    let counted = "SELECT DISTINCT facility FROM cleanings ORDER BY 1";
    assert_eq!(
        column(&mut world.read().await, counted).await.len(),
        3,
        "it stays as it was, the others are folded"
    );
    let refold = async |facility| {
        facilities::get(&mut world.read().await, facility).await.unwrap().unwrap().awaits_rebuild
    };
    assert!(refold(world.facility).await, "it is tried again");
    for other in others {
        assert!(!refold(other).await);
    }
    let report = relay::audit::rebuild_rows(&world.db, &*world.clock).await.unwrap();
    assert_eq!((report.rebuilt, report.faults.len()), (2, 1), "{report:?}");
    assert!(refold(world.facility).await, "it had asked for one before");
}

#[derive(Debug)]
struct SlowWorld(FakeClock);

impl Clock for SlowWorld {
    fn now(&self) -> Now {
        self.0.advance_ms(1_000);
        self.0.now()
    }
}

/// Eight times as long as a rebuild of a few lines takes by it, and more.
const REST_MS: i64 = 20 * 60_000;

pub(crate) async fn a_facility_that_took_long_to_fold_rests_before_the_next_time(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    world.drain(&first, 0).await;
    let clock = Arc::new(SlowWorld(FakeClock::at_ms(NOW_MS)));
    let asked_and_done = async || {
        let mut tx = world.db.write(world.scope).await.unwrap();
        facilities::request_rebuild(&mut tx, world.facility).await.unwrap();
        tx.commit().await.unwrap();
        run_due(&world.db, clock.clone()).await.unwrap();
        let row = facilities::get(&mut world.read().await, world.facility).await;
        !row.unwrap().unwrap().awaits_rebuild
    };
    assert!(Box::pin(asked_and_done()).await, "at once");
    assert!(!Box::pin(asked_and_done()).await, "a box that brings run after run waits");
    clock.0.advance_ms(REST_MS);
    assert!(Box::pin(asked_and_done()).await, "eight times as long as it took");
    // A clock that was set back keeps nobody waiting for long.
    clock.0.set_ms(NOW_MS - DAY_MS);
    assert!(!Box::pin(asked_and_done()).await);
    clock.0.advance_ms(REST_MS);
    assert!(Box::pin(asked_and_done()).await);
}
