//! The rows that pages of many facilities read: they are what a count from the beginning gives, whatever happened, and only what
//! changes is written.

use std::sync::Arc;

use record::ids::FacilityId;
use record::messages::{HealthReport, VERSION};
use relay::db::facility::facility_now;
use relay::db::facility::facility_now::{FacilityRowNow, PartRevs, load_revs};
use relay::db::facility::spark::{DaySum, write_spark};
use relay::db::facility::{facilities, facility_pages};
use relay::db::fleet::box_now;
use relay::db::fleet::box_now::BoxFilter;
use relay::db::fleet::boxes;
use relay::db::projection::projections;
use relay::fleet::{BoxAct, Fleet};
use relay::keys::{AuthorityKeys, KeyNeeds};
use relay::projections::box_state::BoxState;
use relay::projections::facility_now::{find_silent_boxes, refresh_box};
use service::clock::Clock;
use service::random::{RandomSource, SeededRandom, SystemRandom};

use super::Databases;
use super::fake_box::FakeBox;
use super::random_log::{compose_line, golden_lines};
use super::world::{DAY_MS, NOW_MS, PUMP, World, box_id, column, run_due};

const LINES: usize = 60;
const HOUR_MS: i64 = 3_600_000;

async fn row(world: &World, facility: FacilityId) -> FacilityRowNow {
    facility_now::find_row(&mut world.read().await, facility).await.unwrap().unwrap()
}

async fn revs(world: &World, facility: FacilityId) -> PartRevs {
    load_revs(&mut world.read().await, Some(facility)).await.unwrap()
}

/// Counts what the row of a facility must say, from the rows that it sums.
async fn assert_counted(world: &World, facility: FacilityId, when: &str) {
    let row = row(world, facility).await;
    let mut conn = world.read().await;
    let live = projections::find_live(&mut conn, facility).await.unwrap();
    let days = facility_now::load_days(&mut conn, live, row.day - 29, row.day).await.unwrap();
    let numbers = "SELECT CAST(today_met AS TEXT) || '/' || CAST(today_closed AS TEXT) || ' ' || CAST(week_met AS TEXT) || '/' || \
                   CAST(week_closed AS TEXT) || ' ' || CAST(month_met AS TEXT) || '/' || CAST(month_closed AS TEXT) || ' ' || \
                   facility FROM facility_now ORDER BY facility";
    let stored = column(&mut conn, numbers).await;
    let [today, week, month] = [row.day, row.day - 6, row.day - 29].map(|from: i64| {
        let since = days.iter().filter(|day| day.day >= from);
        since.fold((0, 0), |sum: (i64, i64), day: &DaySum| (sum.0 + day.met, sum.1 + day.closed))
    });
    let expected =
        format!("{}/{} {}/{} {}/{} {facility}", today.0, today.1, week.0, week.1, month.0, month.1);
    assert!(stored.contains(&expected), "{when}: {expected} is not in {stored:?}");
    assert_eq!(row.spark, write_spark(&days, row.day), "{when}");
    let states = "SELECT facility || ' ' || state FROM items";
    let states = column(&mut conn, states).await;
    let mine: Vec<&str> = states.iter().filter_map(|one| one.strip_prefix(&format!("{facility} "))).collect();
    let count = |of: &[&str]| i64::try_from(mine.iter().filter(|state| of.contains(state)).count()).unwrap();
    let counted = (i64::try_from(mine.len()).unwrap(), count(&["overdue"]), count(&["due", "used"]));
    assert_eq!((row.items, row.overdue, row.due), counted, "{when}");
    let known = facilities::get(&mut conn, facility).await.unwrap().unwrap().known_ms;
    assert_eq!(row.known_ms, known, "{when}");
    let of = box_now::boxes_of(&mut conn, facility).await.unwrap();
    let in_service = of.iter().find(|row| row.revoked_ms.is_none());
    let state = in_service.map_or(BoxState::None, |row| BoxState::of(row, world.clock.now_ms()));
    assert_eq!(row.box_id.as_deref(), in_service.map(|row| row.box_id.as_str()), "{when}");
    assert_eq!(BoxState::read(&row.box_state), state, "{when}");
    for row in of {
        assert_eq!(BoxState::read(&row.state), BoxState::of(&row, world.clock.now_ms()), "{when}");
    }
}

/// A log of lines of every kind, in an order that nobody chose.
fn random_log(n: u8, random: &dyn RandomSource) -> FakeBox {
    let golden: Vec<_> = golden_lines().into_iter().filter(|(kind, _)| !kind.starts_with("log.")).collect();
    let mut log = FakeBox::new(box_id(n), 1, n);
    for seq in 0..LINES {
        let bytes: [u8; 16] = random.bytes();
        let line = match seq {
            0 => golden.iter().find(|(kind, _)| kind == "equipment.added").unwrap(),
            _ => &golden[usize::from(u16::from_be_bytes([bytes[14], bytes[15]])) % golden.len()],
        };
        let place = (log.origin.epoch, u64::try_from(seq).unwrap());
        log.entries.push(compose_line(place, line, &bytes[..14]).0);
    }
    log
}

pub(crate) async fn rows_of_facilities_are_what_a_count_gives(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let random = SeededRandom::new(11);
    let random: &dyn RandomSource = &random;
    for n in 1..=12 {
        let log = random_log(n, random);
        let facility = FacilityId::new(i64::from(n), [n; 10]);
        let mut tx = world.db.write(world.scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "House", "UTC", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        assert_counted(&world, facility, "made").await;
        world.claim_at(&log, facility).await;
        assert_counted(&world, facility, "claimed").await;
        world.hello(&log, 0, None).await;
        let mut from = 0;
        while from < log.size() {
            let [cut] = random.bytes();
            let end = (from + 1 + u64::from(cut) % 30).min(log.size());
            world.send(&log, from, end).await;
            assert_counted(&world, facility, "stepped").await;
            from = end;
        }
        let before = row(&world, facility).await;
        let mut tx = world.db.write(world.scope).await.unwrap();
        facilities::request_rebuild(&mut tx, facility).await.unwrap();
        tx.commit().await.unwrap();
        run_due(&world.db, world.clock.clone()).await.unwrap();
        assert_counted(&world, facility, "rebuilt").await;
        let after = row(&world, facility).await;
        assert_eq!((before.items, before.spark), (after.items, after.spark), "log {n}");
        if n % 3 == 0 {
            let mut tx = world.db.write(world.scope).await.unwrap();
            assert!(boxes::revoke_box(&mut tx, log.origin.box_id, NOW_MS).await.unwrap());
            refresh_box(&mut tx, facility, NOW_MS).await.unwrap();
            tx.commit().await.unwrap();
            assert_counted(&world, facility, "revoked").await;
        }
    }
    world.clock.set_ms(NOW_MS + DAY_MS);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    for n in 1..=12 {
        let facility = FacilityId::new(i64::from(n), [n; 10]);
        assert_counted(&world, facility, "a day later").await;
        let today = (NOW_MS + DAY_MS).div_euclid(DAY_MS);
        assert!((row(&world, facility).await.day - today).abs() <= 1, "its day is over");
    }
    // What is open by now has a digest, whose time is found once.
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_eq!(run_due(&world.db, world.clock.clone()).await.unwrap(), 0, "nothing left to do");
}

fn health_of(log: &FakeBox, disk_percent: u8, now_ms: i64) -> Vec<u8> {
    let health = HealthReport {
        v: VERSION,
        epoch: log.origin.epoch,
        size: log.size(),
        cursor: log.size(),
        backlog: 0,
        photos: 0,
        disk_percent,
        printers: Vec::new(),
        celsius: None,
        clock: record::entry::ClockState::Synced,
        wall: now_ms,
        notes: Vec::new(),
        alarms: Vec::new(),
        directive: None,
    };
    serde_json::to_vec(&health).unwrap()
}

pub(crate) async fn health_of_many_boxes_is_written_at_once_and_is_no_news(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut logs = Vec::new();
    for n in 1..=20 {
        let mut log = FakeBox::new(box_id(n), 1, n);
        log.add(NOW_MS - HOUR_MS, PUMP);
        let facility = FacilityId::new(i64::from(n), [n; 10]);
        let mut tx = world.db.write(world.scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "House", "UTC", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        world.claim_at(&log, facility).await;
        world.hello(&log, 0, None).await;
        world.drain(&log, 0).await;
        world.ingest.health(log.origin.box_id, &health_of(&log, 1, NOW_MS)).await.unwrap();
        logs.push((log, facility));
    }
    world.ingest.flush_reports().await.unwrap();
    let all = async || load_revs(&mut world.read().await, None).await.unwrap();
    let (before, elsewhere) = (all().await, revs(&world, logs[1].1).await);
    world.clock.set_ms(NOW_MS + 60_000);
    for (log, _) in &logs {
        world.ingest.health(log.origin.box_id, &health_of(log, 2, NOW_MS + 60_000)).await.unwrap();
    }
    let disks = async || {
        let rows =
            box_now::load_page(&mut world.read().await, &BoxFilter::default(), None, 100).await.unwrap();
        rows.iter().filter(|row| row.health.as_deref().unwrap().contains("\"disk_percent\":2")).count()
    };
    assert_eq!(disks().await, 0, "nothing is written with each");
    assert_eq!(world.ingest.flush_reports().await.unwrap(), 20);
    assert_eq!(disks().await, 20, "all of it at once");
    assert_eq!(world.ingest.flush_reports().await.unwrap(), 0);
    assert_eq!(all().await, before, "and no page shows anything else");
    for (_, facility) in &logs {
        assert_eq!(row(&world, *facility).await.known_ms, NOW_MS + 60_000, "until now all is known");
        assert_eq!(row(&world, *facility).await.box_state, "good");
    }
    // One of them falls silent: that is news of its facility's box, and of nothing else.
    world.clock.set_ms(NOW_MS + 240_001);
    for (log, _) in &logs[1..] {
        world.ingest.health(log.origin.box_id, &health_of(log, 3, NOW_MS + 240_001)).await.unwrap();
    }
    world.ingest.flush_reports().await.unwrap();
    assert_eq!(find_silent_boxes(&world.db, world.clock.now_ms()).await.unwrap(), 1);
    assert_eq!(row(&world, logs[0].1).await.box_state, "silent");
    let after = all().await;
    assert_eq!(
        (after.counts, after.feed, after.box_state),
        (before.counts, before.feed, before.box_state + 1)
    );
    assert_eq!(revs(&world, logs[1].1).await, elsewhere);
    assert_eq!(find_silent_boxes(&world.db, world.clock.now_ms()).await.unwrap(), 0, "said once");
    // It comes back, and so it is written.
    world.ingest.health(logs[0].0.origin.box_id, &health_of(&logs[0].0, 3, NOW_MS + 240_001)).await.unwrap();
    world.ingest.flush_reports().await.unwrap();
    assert_eq!(row(&world, logs[0].1).await.box_state, "good");
    assert_eq!(all().await.box_state, before.box_state + 2);
}

pub(crate) async fn a_clock_that_was_ahead_and_came_back_is_followed(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = FakeBox::new(box_id(1), 1, 1);
    log.add(NOW_MS - HOUR_MS, PUMP);
    world.claim(&log).await;
    world.hello(&log, 0, None).await;
    world.drain(&log, 0).await;
    let ahead_ms = NOW_MS + 400 * DAY_MS;
    world.clock.set_ms(ahead_ms);
    world.ingest.health(log.origin.box_id, &health_of(&log, 1, ahead_ms)).await.unwrap();
    world.ingest.flush_reports().await.unwrap();
    run_due(&world.db, world.clock.clone()).await.unwrap();
    let facility = world.facility;
    assert_eq!(row(&world, facility).await.day, ahead_ms.div_euclid(DAY_MS));
    let now_ms = NOW_MS + HOUR_MS;
    world.clock.set_ms(now_ms);
    while run_due(&world.db, world.clock.clone()).await.unwrap() > 0 {}
    assert_counted(&world, facility, "back").await;
    let back = row(&world, facility).await;
    assert_eq!((back.day, back.known_ms), (now_ms.div_euclid(DAY_MS), now_ms));
    // The box is gone: that is seen as soon as of any other.
    world.clock.set_ms(now_ms + 240_001);
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_eq!(row(&world, facility).await.box_state, "silent");
    assert_counted(&world, facility, "silent").await;
    // Windows close as time passes, as if the clock had never been ahead.
    world.clock.set_ms(NOW_MS + 2 * DAY_MS);
    world.ingest.health(log.origin.box_id, &health_of(&log, 1, NOW_MS + 2 * DAY_MS)).await.unwrap();
    world.ingest.flush_reports().await.unwrap();
    run_due(&world.db, world.clock.clone()).await.unwrap();
    assert_eq!(row(&world, facility).await.day, (NOW_MS + 2 * DAY_MS).div_euclid(DAY_MS));
    assert_counted(&world, facility, "two days later").await;
}

pub(crate) async fn rows_of_another_account_are_neither_read_nor_written(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = FakeBox::new(box_id(1), 1, 1);
    log.add(NOW_MS - HOUR_MS, PUMP);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let (mine, before) = (row(&world, world.facility).await, revs(&world, world.facility).await);
    let mut tx = world.db.write(world.stranger).await.unwrap();
    assert_eq!(facility_now::find_row(&mut tx, world.facility).await.unwrap(), None);
    assert_eq!(facility_now::list_rows(&mut tx).await.unwrap(), []);
    assert_eq!(facility_now::list_names(&mut tx).await.unwrap(), []);
    assert_eq!(facility_now::sum_account(&mut tx).await.unwrap(), Default::default());
    assert_eq!(facility_now::load_sparks(&mut tx).await.unwrap(), []);
    assert_eq!(load_revs(&mut tx, None).await.unwrap(), PartRevs::default());
    assert_eq!(load_revs(&mut tx, Some(world.facility)).await.unwrap(), PartRevs::default());
    let query = facility_pages::FacilityQuery::default();
    assert_eq!(facility_pages::load_page(&mut tx, &query, 50, NOW_MS).await.unwrap(), []);
    let id = log.origin.box_id.to_string();
    assert_eq!(box_now::find_box(&mut tx, &id).await.unwrap(), None);
    assert_eq!(box_now::load_page(&mut tx, &BoxFilter::default(), None, 50).await.unwrap(), []);
    box_now::save_state(&mut tx, &id, "silent").await.unwrap();
    facility_now::save_box(&mut tx, world.facility, None, "none", NOW_MS).await.unwrap();
    for part in facility_now::FacilityPart::ALL {
        facility_now::raise_part(&mut tx, world.facility, part).await.unwrap();
    }
    refresh_box(&mut tx, world.facility, NOW_MS + DAY_MS).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((row(&world, world.facility).await, revs(&world, world.facility).await), (mine, before));
    assert_counted(&world, world.facility, "a stranger wrote").await;
}

pub(crate) async fn an_erased_text_and_a_revoked_box_are_news(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let (folder, seams) = (dir.path().join("keys"), (clock.clone(), random.clone()));
    let keys = AuthorityKeys::open(&world.db, folder, "relay.example", KeyNeeds::ALL, clock, random);
    let fleet = Fleet::open(world.db.clone(), Arc::new(keys.await.unwrap()), None, seams).unwrap();
    let mut log = FakeBox::new(box_id(1), 1, 1);
    log.add(NOW_MS - HOUR_MS, PUMP);
    let name = log.text("Bo Lee");
    let staff = record::ids::StaffId::new(1, [1; 10]);
    log.tell(NOW_MS, "staff.added", &format!(r#"{{"staff":"{staff}","name":{name},"role":"biomed"}}"#));
    let hash = log.texts.last().unwrap().hash();
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let before = revs(&world, world.facility).await;
    let size = log.size();
    log.tell(NOW_MS, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#));
    world.drain(&log, size).await;
    assert_counted(&world, world.facility, "erased").await;
    let erased = revs(&world, world.facility).await;
    assert!(erased.feed > before.feed && erased.box_state == before.box_state, "{before:?} {erased:?}");
    assert!(
        fleet
            .revoke(BoxAct { scope: world.scope, box_id: log.origin.box_id, by: "operator", reason: None })
            .await
            .unwrap()
    );
    assert_counted(&world, world.facility, "revoked").await;
    assert_eq!(row(&world, world.facility).await.box_state, "none");
    assert_eq!(revs(&world, world.facility).await.box_state, erased.box_state + 1);
}
