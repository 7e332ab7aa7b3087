//! What must hold of the store, whichever database is under it.

use std::sync::Arc;

use record::compliance::{CivilCalendar, CleaningTimes, ItemTimelines, WindowTally};
use record::entry::{ClockState, EntryTime};
use record::fold::UseRecord;
use record::ids::BootId;
use record::kinds::EntryRef;
use record::messages::{Answer, HealthReport, VERSION};
use record::run::RunName;
use record::tree::{Hash, root_from_inclusion};
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::log::{entries, epochs, log_pages, texts};
use relay::db::projection::{cleanings, state};
use service::clock::FakeClock;

use super::Databases;
use super::fake_box::FakeBox;
use super::world::{DAY_MS, NOW_MS, PROBE, PUMP, Said, World, box_id, column, run_due, run_refused};

pub(super) const HOUR_MS: i64 = 3_600_000;

pub(super) async fn round(db: &relay::db::Db, now_ms: i64) -> Result<usize, relay::db::DbError> {
    run_due(db, Arc::new(FakeClock::at_ms(now_ms))).await
}

/// A log with two items, a schedule, and a cleaning every `every_ms` until now.
pub(super) fn log_of(days: i64, every_ms: i64) -> FakeBox {
    let mut log = FakeBox::new(box_id(1), 1, 3);
    let start = NOW_MS - days * DAY_MS;
    let started = format!(r#"{{"box":"{}","version":"1.0"}}"#, log.origin.box_id);
    log.tell(start, "log.started", &started);
    log.tell(start, "facility.changed", r#"{"name":"General","zone":"America/New_York"}"#);
    for tag in [PUMP, PROBE] {
        log.add(start, tag);
    }
    let schedule = format!(r#"{{"tag":"{PUMP}","schedule":{{"every":"hours","n":6}},"from":{start}}}"#);
    log.tell(start, "schedule.set", &schedule);
    let schedule =
        format!(r#"{{"tag":"{PROBE}","schedule":{{"every":"use","grace_s":3600}},"from":{start}}}"#);
    log.tell(start, "schedule.set", &schedule);
    let mut at = start;
    while at < NOW_MS {
        at += every_ms;
        log.clean(at, PUMP);
        log.tell(at, "use.recorded", &format!(r#"{{"tag":"{PROBE}"}}"#));
        if at % (5 * every_ms) < every_ms {
            log.clean(at + 60_000, PROBE);
        }
    }
    log
}

/// The probe has a schedule of its own for a deep clean, which every third cleaning is.
fn deep_cleaned(mut log: FakeBox) -> FakeBox {
    let start = NOW_MS - 10 * DAY_MS;
    let deep = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let plan = format!(
        r#"{{"tag":"{PROBE}","protocol":"{deep}","schedule":{{"every":"hours","n":7}},"from":{start}}}"#
    );
    log.tell(NOW_MS, "schedule.set", &plan);
    for i in 0..40 {
        let by =
            if i % 3 == 0 { format!(r#","protocol":{{"id":"{deep}","version":1}}"#) } else { String::new() };
        let performed = NOW_MS - 60 * HOUR_MS + i * HOUR_MS;
        let body =
            format!(r#"{{"tag":"{PROBE}","who":{{"proof":"unattributed"}},"performed":{performed}{by}}}"#);
        log.tell(NOW_MS, "cleaning.recorded", &body);
    }
    log
}

pub(crate) async fn a_batch_is_stored_and_cosigned(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(3, 5 * HOUR_MS);
    world.claim(&log).await;
    let message = world.drain(&log, 0).await;
    assert_eq!(message.held(), Some(log.size()));
    let mut conn = world.read().await;
    let lines = entries::load_lines(&mut conn, &log.origin, 0, 10_000).await.unwrap();
    let ours: Vec<Vec<u8>> = log.entries.iter().map(|e| e.bytes().to_vec()).collect();
    assert_eq!(lines, ours, "the very bytes");
    let texts = texts::texts_beside(&mut conn, &log.origin, &lines).await.unwrap().concat();
    assert_eq!(texts, log.texts.iter().map(record::redact::TextLine::line).collect::<Vec<_>>());
    let rows = state::load_all(&mut conn, world.live().await).await.unwrap();
    assert_eq!(rows.settings.zone(), "America/New_York");
    assert_eq!(rows.equipment.len(), 2);
    let held = epochs::find_log(&mut conn, &log.origin).await.unwrap().unwrap();
    assert_eq!((held.frontier.root(), held.cosigned), (log.root(log.size()), Some(message.note())));
    let row = facilities::get(&mut conn, world.facility).await.unwrap().unwrap();
    assert!(row.known_ms > NOW_MS - 5 * HOUR_MS && row.known_ms <= NOW_MS, "{}", row.known_ms);
}

pub(crate) async fn the_table(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(20, HOUR_MS);
    assert!(log.size() > 900);
    world.claim(&log).await;
    assert_eq!(world.send(&log, 5, 9).await, Said::Want(0), "a > N = 0");
    assert_eq!(world.send(&log, 0, 300).await.held(), Some(300), "a = N = 0");
    assert_eq!(world.send(&log, 300, 600).await.held(), Some(600), "a = N");
    assert_eq!(world.send(&log, 700, 800).await, Said::Want(600), "a > N");
    assert_eq!(world.send(&log, 0, 300).await.held(), Some(600), "b < N: what it holds");
    assert_eq!(world.send(&log, 257, 301).await.held(), Some(600), "b < N at any size");
    assert_eq!(world.send(&log, 300, 600).await.held(), Some(600), "b = N");
    assert_eq!(world.send(&log, 500, 900).await.held(), Some(900), "a < N < b");
    let before = world.dump().await;
    for _ in 0..20 {
        assert_eq!(world.send(&log, 500, 900).await.held(), Some(900), "again and again");
    }
    assert_eq!(world.dump().await, before);
    let counters = world.ingest.counters();
    let entries = counters.entries.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(entries, 900, "each once");
}

pub(crate) async fn what_is_refused_is_counted_and_kept(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(1, 6 * HOUR_MS);
    world.claim(&log).await;
    let stranger = FakeBox::new(box_id(1), 7, 99);
    let bomb = zstd_of_zeros();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "form"),
        (b"x".to_vec(), "form"),
        (bomb, "form"),
        (log.batch_under(&log.note(2), 0, 3), "size"),
        (log.batch_under(&log.note(3).replacen("\u{2014} ", "\u{2014} x", 1), 0, 3), "signature"),
        (log.batch_under(&stranger_note(&stranger), 0, 3), "epoch"),
        (log.batch_under(&stranger_note(&FakeBox::new(box_id(2), 1, 3)), 0, 3), "signature"),
        (wrong_root(&log), "root"),
    ];
    for (wire, code) in &cases {
        assert_eq!(world.send_bytes(&log, wire.clone()).await, Said::Refused((*code).into()));
    }
    let mut conn = world.read().await;
    let stored = column(&mut conn, "SELECT code FROM refused ORDER BY refused_id").await;
    assert_eq!(stored.len(), cases.len());
    assert_eq!(
        column(&mut conn, "SELECT CAST(refusals AS TEXT) FROM boxes").await,
        [cases.len().to_string()]
    );
    for _ in 0..20 {
        world.send_bytes(&log, b"y".to_vec()).await;
    }
    assert_eq!(column(&mut conn, "SELECT code FROM refused").await.len(), 20, "the newest few are kept");
    assert_eq!(world.hello(&log, 0, None).await, Said::Want(0), "nothing of it was stored");
}

fn zstd_of_zeros() -> Vec<u8> {
    // 1 MiB of zeros in a frame that states it: over the limit of a batch.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0x10, 0];
    for last in [false, false, false, false, false, false, false, true] {
        // RLE blocks of 128 KiB.
        let header: u32 = u32::from(last) | 1 << 1 | (131_072 << 3);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

fn stranger_note(of: &FakeBox) -> String {
    let checkpoint = record::checkpoint::Checkpoint { origin: of.origin, size: 3, root: Hash([0; 32]) };
    checkpoint.signed(&of.signer).unwrap().to_string()
}

fn wrong_root(log: &FakeBox) -> Vec<u8> {
    let note = record::checkpoint::Checkpoint { origin: log.origin, size: 3, root: Hash([4; 32]) };
    log.batch_under(&note.signed(&log.signer).unwrap().to_string(), 0, 3)
}

pub(crate) async fn revoked_boxes_are_told_nothing(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(1, 6 * HOUR_MS);
    world.claim(&log).await;
    let mut tx = world.db.write(world.stranger).await.unwrap();
    assert!(!boxes::revoke_box(&mut tx, log.origin.box_id, NOW_MS).await.unwrap(), "not a stranger's");
    drop(tx);
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(boxes::revoke_box(&mut tx, log.origin.box_id, NOW_MS).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.send(&log, 0, 3).await, Said::Nothing);
    assert_eq!(world.hello(&log, 0, None).await, Said::Nothing);
    let nobody = FakeBox::new(box_id(9), 1, 3);
    assert_eq!(world.hello(&nobody, 0, None).await, Said::Nothing);
}

pub(crate) async fn what_a_box_says_of_itself_is_made_plain(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(1, 6 * HOUR_MS);
    world.claim(&log).await;
    let hello = String::from_utf8(log.hello(0, None)).unwrap();
    let version = format!(r#""version":"2.0\u0000\u001b{}""#, "x".repeat(5_000));
    let hello = hello.replace(r#""version":"1.0""#, &version);
    let reply = world.ingest.hello(log.origin.box_id, hello.as_bytes()).await.unwrap();
    assert_eq!(reply.disposition, relay::mqtt::PublishOutcome::Done, "told again it would be no better");
    let mut conn = world.read().await;
    world.ingest.flush_reports().await.unwrap();
    let stored = column(&mut conn, "SELECT version FROM box_now").await;
    assert_eq!(stored, [format!("2.0  {}", "x".repeat(195))]);
    assert!(column(&mut conn, "SELECT hello FROM box_now").await[0].len() < 2_000);
}

pub(crate) async fn hello_makes_an_epoch_known(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(1, 6 * HOUR_MS);
    world.claim(&log).await;
    let message = world.drain(&log, 0).await;
    assert_eq!(world.hello(&log, 0, None).await, message, "what it holds, whatever the box believes");
    let lied = String::from_utf8(log.hello(0, None)).unwrap().replace("\"key\":\"", "\"key\":\"AAAA");
    let reply = world.ingest.hello(log.origin.box_id, lied.as_bytes()).await.unwrap();
    assert_eq!(reply.ack, None, "a key that the epoch's name does not carry");
    let health = |cursor: u64| {
        let health = HealthReport {
            v: VERSION,
            epoch: log.origin.epoch,
            size: log.size(),
            cursor,
            backlog: 0,
            photos: 0,
            disk_percent: 3,
            printers: Vec::new(),
            celsius: None,
            clock: record::entry::ClockState::Synced,
            wall: NOW_MS,
            notes: Vec::new(),
            alarms: Vec::new(),
            directive: None,
        };
        serde_json::to_vec(&health).unwrap()
    };
    let reply = world.ingest.health(log.origin.box_id, &health(log.size())).await.unwrap();
    assert_eq!(reply.ack, None, "both agree");
    let reply = world.ingest.health(log.origin.box_id, &health(3)).await.unwrap();
    assert_eq!(reply.ack.unwrap().answer, Answer::Checkpoint { checkpoint: message.note() });
    world.ingest.flush_reports().await.unwrap();
    let row = facilities::get(&mut world.read().await, world.facility).await.unwrap().unwrap();
    assert_eq!(row.known_ms, NOW_MS, "a box that holds nothing back");
}

pub(crate) async fn proofs_hold_at_any_size(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(30, HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let mut conn = world.read().await;
    let end = log.size();
    assert!(end > 1_300, "several kept levels: {end}");
    for size in [1, 2, 255, 256, 257, 511, 512, 513, 1_024, 1_025, 1_281, end] {
        let frontier = entries::frontier_at(&mut conn, &log.origin, size).await.unwrap();
        assert_eq!(frontier, log.frontier(size), "{size}");
        for seq in [0, 1, 254, 255, 256, 511, 512, 767, 1_023, 1_024, size - 1] {
            if seq < size {
                let path = entries::build_proof(&mut conn, &log.origin, (seq, size)).await.unwrap();
                let leaf = log.entries[usize::try_from(seq).unwrap()].leaf();
                assert_eq!(root_from_inclusion(leaf, seq, size, &path), Some(log.root(size)), "{seq} {size}");
            }
        }
    }
}

pub(crate) async fn another_account_sees_nothing(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(2, 6 * HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let (mut conn, origin) = (world.db.read(world.stranger).await.unwrap(), &log.origin);
    assert!(facilities::list_facilities(&mut conn).await.unwrap().is_empty());
    assert_eq!(facilities::get(&mut conn, world.facility).await.unwrap(), None);
    assert_eq!(epochs::find_log(&mut conn, origin).await.unwrap(), None);
    assert!(epochs::of_box(&mut conn, origin.box_id).await.unwrap().is_empty());
    assert!(epochs::boxes_of(&mut conn, world.facility).await.unwrap().is_empty());
    assert_eq!(epochs::note_at(&mut conn, origin, log.size()).await.unwrap(), None);
    assert!(entries::load_lines(&mut conn, origin, 0, 9).await.unwrap().is_empty());
    assert_eq!(entries::load_line(&mut conn, origin, 0).await.unwrap(), None);
    let page = log_pages::load_page(&mut world.read().await, origin, (0, 99), 1 << 20).await.unwrap();
    let lines: Vec<Vec<u8>> = page.into_iter().map(|(line, _)| line).collect();
    assert!(log_pages::load_page(&mut conn, origin, (0, 99), 1 << 20).await.unwrap().is_empty());
    assert!(texts::texts_beside(&mut conn, origin, &lines).await.unwrap().concat().is_empty());
    let staff = log.texts[0].hash();
    assert_eq!(texts::by_hash(&mut conn, staff).await.unwrap(), None);
    let of = EntryRef { epoch: origin.epoch, seq: 6 };
    let place = (world.live().await, origin.box_id);
    let own = cleanings::find_cleaning(&mut world.read().await, place, of).await.unwrap();
    assert_eq!(own.len(), 1);
    assert!(cleanings::find_cleaning(&mut conn, place, of).await.unwrap().is_empty());
    let pump = PUMP.parse().unwrap();
    assert!(cleanings::since(&mut conn, world.live().await, &[(pump, 0)]).await.unwrap().is_empty());
    assert_eq!(state::load_all(&mut conn, world.live().await).await.unwrap(), Default::default());
    assert_eq!(boxes::find_certificate(&mut conn, origin.box_id, "01").await.unwrap(), None);
    if !world.db.is_sqlite() {
        // A statement that omitted its account: the server does not.
        let any = "SELECT CAST(COUNT(*) AS TEXT) FROM cleanings";
        assert_eq!(column(&mut conn, any).await, ["0"]);
        let all: u64 = column(&mut world.read().await, any).await[0].parse().unwrap();
        assert!(all > 0);
        let mut tx = world.db.write(world.stranger).await.unwrap();
        let theirs = "INSERT INTO photos (account, photo, bytes, received_ms) SELECT account - 1, 'x', 1, 1 FROM accounts";
        let other = "INSERT INTO photos (account, photo, bytes, received_ms) SELECT account + 1, 'x', 1, 1 FROM accounts";
        for sql in [theirs, other] {
            assert!(run_refused(&mut tx, sql).await.contains("row-level security"), "{sql}");
            tx = world.db.write(world.stranger).await.unwrap();
        }
    }
}

pub(crate) async fn a_rebuild_gives_the_same(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(12, 3 * HOUR_MS);
    let reason = log.text("sent away");
    let suspended = format!(r#"{{"tag":"{PUMP}","reason":{reason}}}"#);
    log.tell(NOW_MS - 9 * HOUR_MS, "equipment.suspended", &suspended);
    log.tell(NOW_MS - 8 * HOUR_MS, "equipment.resumed", &format!(r#"{{"tag":"{PUMP}"}}"#));
    log.void(NOW_MS - HOUR_MS, 10);
    log.tell(NOW_MS - HOUR_MS, "facility.changed", r#"{"zone":"Europe/Berlin"}"#);
    log.clock = record::entry::ClockState::Uncertain;
    log.clean(NOW_MS - 40 * DAY_MS, PUMP);
    let boot = record::ids::BootId::new(1, [1; 10]);
    let up = NOW_MS - 40 * DAY_MS;
    let body = format!(r#"{{"boot":"{boot}","up":{up},"wall":{},"source":"ntp"}}"#, NOW_MS - 1_000);
    log.tell(NOW_MS, "clock.anchored", &body);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    world.hello(&log, log.size(), None).await;
    round(&world.db, NOW_MS).await.unwrap();
    let live = world.dump().await;
    assert!(live.contains("overdue") || live.contains("due"), "{live}");
    world.rebuild().await;
    let rebuilt = world.dump().await;
    for (a, b) in live.lines().zip(rebuilt.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(live.lines().count(), rebuilt.lines().count());
}

/// Longer than the steps of either way, which are not as long as each other's, with lines that speak of ones far behind them.
pub(crate) async fn a_rebuild_of_many_steps_gives_the_same(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(60, 12 * HOUR_MS);
    let begins = NOW_MS - 60 * DAY_MS;
    let mut cleaned = Vec::new();
    for n in 0..2_700 {
        let at = begins + n * HOUR_MS / 3;
        log.clock = match n % 900 {
            890.. => record::entry::ClockState::Uncertain,
            _ => record::entry::ClockState::Synced,
        };
        cleaned.push(log.clean(at, if n % 3 == 0 { PROBE } else { PUMP }));
        match n {
            700 => drop(log.tell(
                at,
                "equipment.changed",
                &format!(r#"{{"tag":"{PROBE}","location":"Ward 7"}}"#),
            )),
            1_400 => drop(log.tell(at, "facility.changed", r#"{"zone":"Europe/Berlin"}"#)),
            n if n > 1_300 && n % 50 == 0 => drop(log.void(at, cleaned[usize::try_from(n).unwrap() - 1_250])),
            _ => {}
        }
    }
    let boot = record::ids::BootId::new(1, [1; 10]);
    let body = format!(
        r#"{{"boot":"{boot}","up":{},"wall":{},"source":"ntp"}}"#,
        NOW_MS - DAY_MS,
        NOW_MS - DAY_MS - 5_000
    );
    log.tell(NOW_MS, "clock.anchored", &body);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    world.hello(&log, log.size(), None).await;
    round(&world.db, NOW_MS).await.unwrap();
    let live = world.dump().await;
    world.rebuild().await;
    let rebuilt = world.dump().await;
    for (a, b) in live.lines().zip(rebuilt.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(live.lines().count(), rebuilt.lines().count());
    assert!(live.lines().filter(|line| line.contains("voided: Some")).count() > 20, "{}", &live[..2_000]);
}

pub(crate) async fn tallies_are_those_of_record(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = deep_cleaned(log_of(15, 5 * HOUR_MS));
    world.claim(&log).await;
    world.drain(&log, 0).await;
    world.hello(&log, log.size(), None).await;
    round(&world.db, NOW_MS).await.unwrap();
    let mut conn = world.read().await;
    let rows = state::load_all(&mut conn, world.live().await).await.unwrap();
    let zones: Vec<_> = rows.settings.zones.iter().collect();
    let spans: Vec<record::compliance::ZoneSpan> = zones
        .iter()
        .map(|z| record::compliance::ZoneSpan { from_ms: z.from_ms, zone: z.zone.as_str().into() })
        .collect();
    let calendar = CivilCalendar::new(&spans);
    let mut whole = WindowTally::default();
    for item in rows.equipment.values() {
        let all = cleanings::since(&mut conn, world.live().await, &[(item.tag, 0)]).await.unwrap();
        let place = |done: &cleanings::CountedCleaning| CleaningTimes {
            performed_ms: done.performed_ms,
            recorded_ms: done.recorded_ms,
            complete: done.is_complete,
            protocol: done.protocol,
        };
        let mut placed: Vec<CleaningTimes> = all.iter().flat_map(|(_, done)| done).map(place).collect();
        placed.sort();
        let uses = cleanings::uses_since(&mut conn, world.live().await, &[(item.tag, 0)]).await;
        let uses = uses.unwrap().into_iter().map(|(_, at)| at).collect();
        let courses = ItemTimelines::new(&rows.settings, item, uses);
        let windows = courses.windows(&placed, &(0..NOW_MS + 1), NOW_MS);
        for (day, tally) in record::compliance::by_day(&calendar, &windows) {
            let stored = column(&mut conn, "SELECT tag || CAST(day AS TEXT) || ' ' || CAST(met AS TEXT) || '/' || CAST(closed AS TEXT) FROM item_days").await;
            let line = format!("{}{day} {}/{}", item.tag, tally.met, tally.closed);
            assert!(stored.contains(&line), "{line} not in {stored:?}");
        }
        whole += WindowTally::of(&windows);
    }
    assert!(whole.met > 10 && whole.met < whole.closed, "{whole:?}");
    let sums = column(
        &mut conn,
        "SELECT CAST(SUM(met) AS TEXT) || '/' || CAST(SUM(closed) AS TEXT) FROM facility_days",
    )
    .await;
    assert_eq!(sums, [format!("{}/{}", whole.met, whole.closed)]);
}

pub(crate) async fn time_alone_closes_windows(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(2, 5 * HOUR_MS);
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let closed = || async {
        let mut conn = world.read().await;
        let sql = "SELECT CAST(SUM(closed) AS TEXT) FROM item_days";
        column(&mut conn, sql).await[0].parse::<i64>().unwrap()
    };
    world.hello(&log, log.size(), None).await;
    round(&world.db, NOW_MS).await.unwrap();
    let before = closed().await;
    // The box falls silent: the relay does not know what it records.
    let later = NOW_MS + DAY_MS;
    round(&world.db, later).await.unwrap();
    assert_eq!(closed().await, before);
    world.clock.set_ms(later);
    world.ingest.hello(log.origin.box_id, &log.hello(log.size(), None)).await.unwrap();
    world.ingest.flush_reports().await.unwrap();
    round(&world.db, later).await.unwrap();
    assert!(closed().await >= before + 4, "it was silent and had nothing to send");
    assert_eq!(round(&world.db, later).await.unwrap(), 0, "nothing left to do");
}

pub(crate) async fn texts_are_erased(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(1, 6 * HOUR_MS);
    let name = log.text("Bo Lee");
    let staff = record::ids::StaffId::new(1, [1; 10]);
    log.tell(NOW_MS, "staff.added", &format!(r#"{{"staff":"{staff}","name":{name},"role":"biomed"}}"#));
    let hash = log.texts.last().unwrap().hash();
    world.claim(&log).await;
    world.drain(&log, 0).await;
    let mut conn = world.read().await;
    assert_eq!(texts::by_hash(&mut conn, hash).await.unwrap().as_deref(), Some("Bo Lee"));
    let size = log.size();
    log.tell(NOW_MS, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#));
    assert_eq!(world.drain(&log, size).await.held(), Some(size + 1));
    assert_eq!(texts::by_hash(&mut conn, hash).await.unwrap(), None);
    let held = epochs::find_log(&mut conn, &log.origin).await.unwrap().unwrap();
    assert_eq!(held.frontier.root(), log.root(size + 1), "the log stays verifiable");
}

/// Of a day but the newest checkpoints, only the last one stays; the cosignature of all of it stays in any case.
pub(crate) async fn checkpoints_are_thinned(dbs: impl Databases) {
    use relay::db::log::epochs::CHECKPOINTS_NEWEST;
    let world = World::new(dbs.db("a").await).await;
    let mut log = FakeBox::new(box_id(1), 1, 3);
    world.claim(&log).await;
    let newest = u64::try_from(CHECKPOINTS_NEWEST).unwrap();
    let days = [10, 10, newest + 5];
    let mut ends = Vec::new();
    for batches in days {
        for _ in 0..batches {
            log.tell(NOW_MS, "x.y", "{}");
            let wire = log.batch(log.size() - 1, log.size());
            world.ingest.batch(log.origin.box_id, bytes::Bytes::from(wire)).await.unwrap();
        }
        ends.push(log.size());
        world.clock.advance_ms(DAY_MS);
    }
    let mut conn = world.read().await;
    let mut stored = Vec::new();
    for size in 1..=log.size() {
        if epochs::note_at(&mut conn, &log.origin, size).await.unwrap().is_some() {
            stored.push(size);
        }
    }
    let mut expected = vec![ends[0], ends[1]];
    expected.extend(log.size() - newest + 1..=log.size());
    assert_eq!(stored, expected);
}

/// An item's history is shown page by page, over days on which nothing was done, and each cleaning once.
pub(crate) async fn an_items_history_has_pages(dbs: impl Databases) {
    use relay::db::projection::history;
    use relay::db::projection::history::{HistoryCursor, HistoryScope};
    let world = World::new(dbs.db("a").await).await;
    let mut log = FakeBox::new(box_id(1), 1, 3);
    world.claim(&log).await;
    log.add(NOW_MS - 90 * DAY_MS, PUMP);
    log.add(NOW_MS - 90 * DAY_MS, PROBE);
    let mut times = Vec::new();
    // Some days have several, some none; some are written at one moment, some after a later one.
    for (n, days_ago) in [80, 80, 79, 60, 60, 60, 61, 30, 3, 3, 0].into_iter().enumerate() {
        let at = NOW_MS - days_ago * DAY_MS - i64::try_from(n / 2).unwrap() * 1_000 - 5_000;
        times.push((at, log.clean(at, PUMP)));
        log.clean(at, PROBE);
    }
    world.drain(&log, 0).await;
    times.sort_unstable();
    times.reverse();
    let of = HistoryScope::Item(world.facility, PUMP.parse().unwrap());
    let mut conn = world.read().await;
    for limit in [1, 2, 3, 100] {
        let (mut reported, mut after) = (Vec::new(), HistoryCursor::start());
        loop {
            let rows = history::load_cleanings(&mut conn, of, &after, limit).await.unwrap();
            let Some(last) = rows.last() else { break };
            after = HistoryCursor {
                performed_ms: last.cleaning.performed_ms,
                box_id: last.box_id.clone(),
                epoch: last.cleaning.of.epoch.to_string(),
                seq: i64::try_from(last.cleaning.of.seq).unwrap(),
                run: String::new(),
            };
            assert!(rows.iter().all(|row| row.cleaning.tag.as_str() == PUMP && row.who.is_some()));
            reported.extend(rows.iter().map(|row| (row.cleaning.performed_ms, row.cleaning.of.seq)));
        }
        assert_eq!(reported, times, "{limit} at a time");
    }
    let item = (world.facility, PUMP.parse().unwrap());
    let since = NOW_MS - 61 * DAY_MS;
    let expected = times.iter().filter(|(at, _)| *at >= since).count();
    let counted = history::count_since(&mut conn, item, since).await.unwrap();
    assert_eq!(usize::try_from(counted).unwrap(), expected);
}

pub(crate) async fn two_lines_of_one_place_are_both_paged(dbs: impl Databases) {
    use relay::db::projection::history;
    use relay::db::projection::history::HistoryCursor;
    let world = World::new(dbs.db("a").await).await;
    let log = FakeBox::new(box_id(1), 1, 3);
    world.claim(&log).await;
    let tag = PUMP.parse().unwrap();
    let (epoch, live) = (log.origin.epoch, world.live().await);
    let of = EntryRef { epoch, seq: 41 };
    let runs = [1, 2].map(|n| RunName::new(epoch, 40..43, Hash([n; 32])).ok());
    let mut expected = vec![String::new()];
    let mut tx = world.db.write(world.scope).await.unwrap();
    let number = epochs::find_log(&mut tx, &log.origin).await.unwrap().unwrap().number;
    for run in [None, runs[0], runs[1]] {
        let at = EntryTime { wall: NOW_MS, boot: BootId::new(1, [1; 10]), up: 1, clock: ClockState::Synced };
        let used = UseRecord { of, run, tag, at, stated: None, class: None };
        let used = cleanings::IndexedUse { log: number, used, ended_ms: NOW_MS };
        let noted = cleanings::IndexedNote { tag, log: number, of, at_ms: NOW_MS };
        cleanings::put_uses(&mut tx, live, &[used], run).await.unwrap();
        cleanings::put_notes(&mut tx, live, &[noted], run).await.unwrap();
        expected.extend(run.map(|run| run.to_string()));
    }
    tx.commit().await.unwrap();
    expected.reverse();
    let mut conn = world.read().await;
    let (mut uses, mut notes) = (Vec::new(), Vec::new());
    for (found, is_uses) in [(&mut uses, true), (&mut notes, false)] {
        let mut after = HistoryCursor::start();
        loop {
            let page = if is_uses {
                history::load_uses(&mut conn, world.facility, tag, &after, 1).await.unwrap()
            } else {
                history::load_notes(&mut conn, world.facility, tag, &after, 1).await.unwrap()
            };
            let [row] = &page[..] else { break };
            found.push(row.held_in.clone());
            after = HistoryCursor {
                performed_ms: row.at_ms,
                box_id: row.box_id.clone(),
                epoch: row.epoch.clone(),
                seq: row.seq,
                run: row.held_in.clone(),
            };
        }
    }
    assert_eq!((&uses, &notes), (&expected, &expected));
}
