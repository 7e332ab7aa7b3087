//! Runs: what a chain of epochs left behind is sent by name, counts where an entry adopts it, and is given back.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use record::entry::{Digest16, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
use record::ids::BootId;
use record::kinds::Event;
use record::messages::{LackingRuns, LogChain};
use record::run::{RunName, RunNamer, RunReader, RunWriter, check_run};
use relay::box_api::RunLimits;
use relay::db::fleet::boxes;
use relay::mqtt::PeerCertificate;
use tower::ServiceExt as _;

use super::Databases;
use super::box_api::open_box_router;
use super::fake_box::FakeBox;
use super::world::{DAY_MS, NOW_MS, PROBE, PUMP, Said, World, box_id, column, run_due};

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// A box with three days of history in its first epoch; eight hours apart, so that every window is met.
pub(crate) fn first_log() -> FakeBox {
    let mut log = FakeBox::new(box_id(1), 1, 3);
    let start = NOW_MS - 3 * DAY_MS;
    log.tell(start, "log.started", &format!(r#"{{"box":"{}","version":"1.0"}}"#, log.origin.box_id));
    log.add(start, PUMP);
    log.add(start, PROBE);
    let schedule = format!(r#"{{"tag":"{PUMP}","schedule":{{"every":"hours","n":8}},"from":{start}}}"#);
    log.tell(start, "schedule.set", &schedule);
    for n in 1..9 {
        log.clean(start + n * 8 * HOUR_MS - HOUR_MS, PUMP);
    }
    log
}

/// The epoch after another, of which it counts `size` entries.
pub(crate) fn after(log: &FakeBox, size: u64) -> FakeBox {
    let n = log.origin.epoch.n + 1;
    let mut next = log.later(n, 3 + u8::try_from(n).unwrap());
    let prev = format!(r#"{{"epoch":"{}","size":{size},"root":"{}"}}"#, log.origin.epoch, log.root(size));
    let body = next.started(&format!(r#","prev":{prev}"#));
    next.tell(NOW_MS + i64::from(n), "log.started", &body);
    next
}

pub(crate) fn run_of(log: &FakeBox, lines: std::ops::Range<u64>) -> RunName {
    let mut namer = RunNamer::new(log.origin.epoch, lines.start);
    let entries = &log.entries[usize::try_from(lines.start).unwrap()..usize::try_from(lines.end).unwrap()];
    entries.iter().for_each(|entry| namer.push(entry.leaf()));
    namer.name().unwrap()
}

pub(crate) fn file_of(log: &FakeBox, run: RunName) -> Vec<u8> {
    let notes = [log.note(log.size())];
    let mut writer = RunWriter::begin(Vec::new(), log.origin.box_id, run, &notes).unwrap();
    for entry in log.entries.iter().filter(|entry| run.lines().contains(&entry.seq())) {
        let texts: Vec<_> = log.texts.iter().filter(|text| text.seq() == entry.seq()).cloned().collect();
        writer.write_line(entry.bytes(), &texts).unwrap();
    }
    writer.finish().unwrap()
}

pub(crate) fn adopt(log: &mut FakeBox, run: RunName) {
    log.tell(NOW_MS + 10, "log.adopted", &serde_json::to_string(&run).unwrap());
}

/// The endpoints of a relay, as a box with a certificate calls them.
pub(crate) struct Doors {
    pub(crate) router: Router,
    pub(crate) peer: PeerCertificate,
    folder: Arc<tempfile::TempDir>,
}

impl Doors {
    pub(crate) async fn of(world: &World) -> Self {
        Self::within(world, RunLimits::default()).await
    }

    pub(crate) async fn within(world: &World, limits: RunLimits) -> Self {
        let mut tx = world.db.write(world.scope).await.unwrap();
        let life = (NOW_MS, NOW_MS + DAY_MS);
        boxes::insert_certificate(&mut tx, box_id(1), "0a", life).await.unwrap();
        tx.commit().await.unwrap();
        let peer = PeerCertificate { box_id: box_id(1), serial: "0a".into() };
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self { router: open_box_router(world, folder.path(), limits), peer, folder }
    }

    pub(crate) fn as_box(&self, peer: PeerCertificate) -> Self {
        Self { router: self.router.clone(), peer, folder: Arc::clone(&self.folder) }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
        let request = Request::builder().method(method).uri(path).extension(self.peer.clone());
        let answer = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status();
        (status, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    pub(crate) async fn put(&self, run: RunName, file: Vec<u8>) -> StatusCode {
        self.ask(Method::PUT, &format!("/box/v1/runs/{run}"), file).await.0
    }

    pub(crate) async fn lacking(&self) -> Vec<RunName> {
        let (status, body) = self.ask(Method::GET, "/box/v1/runs", Vec::new()).await;
        assert_eq!(status, StatusCode::OK);
        let reported: LackingRuns = serde_json::from_slice(&body).unwrap();
        reported.lacking.iter().map(|run| run.0).collect()
    }
}

pub(crate) async fn round(world: &World) {
    run_due(&world.db, world.clock.clone()).await.unwrap();
}

/// Days of items and what the cleanings say, without the names of epochs and runs: what a person at the facility sees.
pub(crate) async fn seen(world: &World) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for sql in [
        "SELECT tag || ' ' || CAST(day AS TEXT) || ' ' || CAST(met AS TEXT) || '/' || CAST(closed AS TEXT) FROM item_days ORDER BY 1",
        "SELECT tag || ' ' || CAST(performed_ms AS TEXT) || ' ' || CAST(recorded_ms AS TEXT) || CASE WHEN voided THEN 'v' ELSE '' END FROM cleanings ORDER BY 1",
    ] {
        all.push(column(&mut world.read().await, sql).await);
    }
    all
}

pub(crate) async fn an_adopted_run_is_taken_counts_and_is_given_back(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    // The relay has what counts; the rest is adopted four days after it was acknowledged as "recorded".
    assert_eq!(world.send(&first, 0, 6).await.held(), Some(6));
    let mut second = after(&first, 6);
    let run = run_of(&first, 6..first.size());
    let file = file_of(&first, run);
    world.hello(&second, 0, None).await;
    assert_eq!(world.drain(&second, 0).await.held(), Some(1));
    assert_eq!(doors.put(run, file.clone()).await, StatusCode::CONFLICT, "no entry adopts it yet");
    let before = seen(&world).await;
    adopt(&mut second, run);
    assert_eq!(world.drain(&second, 1).await.held(), Some(2));
    assert_eq!(doors.lacking().await, [run]);
    let (status, _) = doors.ask(Method::GET, &format!("/box/v1/runs/{run}"), Vec::new()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(doors.put(run, file.clone()).await, StatusCode::NO_CONTENT);
    assert_eq!(doors.put(run, file.clone()).await, StatusCode::NO_CONTENT, "the same again");
    assert!(doors.lacking().await.is_empty());
    round(&world).await;
    assert_ne!(seen(&world).await, before);

    // A box that never lost anything: the same records, the same times, the same tallies.
    let whole = World::new(dbs.db("b").await).await;
    whole.claim(&first).await;
    assert_eq!(whole.drain(&first, 0).await.held(), Some(first.size()));
    let next = after(&first, first.size());
    whole.hello(&next, 0, None).await;
    whole.drain(&next, 0).await;
    round(&whole).await;
    assert_eq!(seen(&world).await, seen(&whole).await);
    let runs = column(&mut world.read().await, "SELECT DISTINCT run FROM cleanings ORDER BY 1").await;
    assert_eq!(runs, [String::new(), run.to_string()]);

    let (status, provided) = doors.ask(Method::GET, &format!("/box/v1/runs/{run}"), Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    let summary = check_run(&provided[..], box_id(1), run).unwrap();
    assert_eq!((summary.lines, summary.texts), (first.size() - 6, first.size() - 6));
    assert_eq!(
        summary.notes,
        [first.note(first.size())],
        "the signed checkpoint of its own epoch stays with it"
    );
    let mut reader = RunReader::open(&provided[..], box_id(1), run).unwrap();
    let lines = reader.next_group().unwrap().unwrap();
    assert_eq!(
        lines.iter().map(|line| &line.entry).collect::<Vec<_>>(),
        first.entries[6..].iter().collect::<Vec<_>>()
    );
}

pub(crate) async fn what_is_not_the_run_of_its_name_is_refused(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, 6).await;
    let mut second = after(&first, 6);
    let run = run_of(&first, 6..first.size());
    adopt(&mut second, run);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    let file = file_of(&first, run);
    let mut other = first_log();
    other.clean(NOW_MS, PROBE);
    let longer = run_of(&other, 6..other.size());
    for (wrong, why) in [
        (file[..file.len() - 5].to_vec(), "cut"),
        (file_of(&other, longer), "another run"),
        (Vec::new(), "nothing"),
        (b"hello".to_vec(), "no run at all"),
    ] {
        assert_eq!(doors.put(run, wrong).await, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    }
    assert_eq!(
        doors.put(longer, file_of(&other, longer)).await,
        StatusCode::CONFLICT,
        "nobody adopts that one"
    );
    let (status, _) = doors.ask(Method::PUT, "/box/v1/runs/1-2-3", file.clone()).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "no name");
    assert_eq!(doors.lacking().await, [run], "nothing of that was kept");
    let held = column(&mut world.read().await, "SELECT run FROM run_lines").await;
    assert!(held.is_empty());
    let stranger = PeerCertificate { box_id: box_id(1), serial: "0b".into() };
    let outside = doors.as_box(stranger);
    assert_eq!(outside.put(run, file.clone()).await, StatusCode::FORBIDDEN);
    assert_eq!(outside.ask(Method::GET, "/box/v1/log", Vec::new()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(doors.put(run, file).await, StatusCode::NO_CONTENT);
}

pub(crate) async fn a_silent_upload_holds_up_nobody_else(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, 4).await;
    let mut second = after(&first, 4);
    let (early, late) = (run_of(&first, 4..6), run_of(&first, 6..first.size()));
    adopt(&mut second, early);
    adopt(&mut second, late);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(early, file_of(&first, early)).await, StatusCode::NO_CONTENT);
    let (tell, waits) = tokio::sync::oneshot::channel();
    let silent = async move {
        tell.send(()).unwrap();
        std::future::pending::<Result<bytes::Bytes, std::convert::Infallible>>().await
    };
    let path = format!("/box/v1/runs/{late}");
    let request = Request::builder().method(Method::PUT).uri(&path).extension(doors.peer.clone());
    let request = request.body(Body::from_stream(futures_util::stream::once(silent))).unwrap();
    let upload = tokio::spawn(doors.router.clone().oneshot(request));
    waits.await.unwrap();
    assert_eq!(doors.put(late, file_of(&first, late)).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(doors.ask(Method::GET, &format!("/box/v1/runs/{early}"), Vec::new()).await.0, StatusCode::OK);
    upload.abort();
    assert!(upload.await.unwrap_err().is_cancelled());
    assert_eq!(doors.put(late, file_of(&first, late)).await, StatusCode::NO_CONTENT);
}

pub(crate) async fn runs_in_runs_and_branches_count_once(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, 6).await;
    let lost = run_of(&first, 6..first.size());
    // The second epoch adopts it, and its own entries are left behind by the third but for the first one.
    let mut second = after(&first, 6);
    adopt(&mut second, lost);
    let again = second.clean(NOW_MS + 20, PROBE);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    let mut third = after(&second, 1);
    let nested = run_of(&second, 1..second.size());
    adopt(&mut third, nested);
    // Another branch of the first epoch: other lines under the same numbers.
    let mut branch = first.copy();
    branch.entries.truncate(6);
    branch.texts.retain(|text| text.seq() < 6);
    branch.clean(NOW_MS - HOUR_MS, PROBE);
    let fork = run_of(&branch, 6..7);
    adopt(&mut third, fork);
    adopt(&mut third, lost);
    world.hello(&third, 0, None).await;
    world.drain(&third, 0).await;
    for (log, run) in [(&first, lost), (&second, nested), (&branch, fork)] {
        assert_eq!(doors.put(run, file_of(log, run)).await, StatusCode::NO_CONTENT);
    }
    round(&world).await;
    let sql =
        "SELECT epoch || '/' || CAST(seq AS TEXT) || ' ' || tag || ' ' || run FROM cleanings ORDER BY 1";
    let counted = column(&mut world.read().await, sql).await;
    let mut expected: Vec<String> = Vec::new();
    let of =
        |log: &FakeBox, seq: u64, tag: &str, run: &str| format!("{}/{seq} {tag} {run}", log.origin.epoch);
    expected.extend((4..6).map(|seq| of(&first, seq, PUMP, "")));
    expected.extend((6..first.size()).map(|seq| of(&first, seq, PUMP, &lost.to_string())));
    expected.push(of(&branch, 6, PROBE, &fork.to_string()));
    expected.push(of(&second, again, PROBE, &nested.to_string()));
    expected.sort();
    assert_eq!(counted, expected);
    // A second look gives the same.
    let before = world.dump().await;
    world.rebuild().await;
    assert_eq!(world.dump().await, before);
}

pub(crate) async fn a_base_is_put_together_from_its_log_and_a_run(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    // The key of the first epoch is gone: the rest of what counts cannot be sent as batches.
    world.send(&first, 0, 6).await;
    let rest = run_of(&first, 6..first.size());
    let mut second = after(&first, first.size());
    adopt(&mut second, rest);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    round(&world).await;
    let count = async || column(&mut world.read().await, "SELECT run FROM cleanings ORDER BY run").await;
    assert_eq!(count().await, [""; 2]);
    assert_eq!(doors.put(rest, file_of(&first, rest)).await, StatusCode::NO_CONTENT);
    round(&world).await;
    assert_eq!(count().await, [""; 8], "they stand where the chain has them");
}

pub(crate) async fn what_a_phone_sent_again_counts_once(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut first = first_log();
    let size = first.size();
    let keyed = |log: &mut FakeBox, wall: i64| {
        let event = Event::read(
            "cleaning.recorded",
            &format!(r#"{{"tag":"{PROBE}","who":{{"proof":"unattributed"}}}}"#),
        );
        let at = EntryTime { wall, boot: BootId::new(1, [1; 10]), up: wall.unsigned_abs(), clock: log.clock };
        let idem = Some(IdempotencyRecord { key: Digest16::of(b"key"), req: Digest16::of(b"request") });
        log.entries.push(Entry::compose(log.size(), at, EntryAuthor::BOX, idem, &event).unwrap());
    };
    keyed(&mut first, NOW_MS - 5 * HOUR_MS);
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, size).await;
    // The box lost sight of it, the phone sent it again, and then the first place was found.
    let mut second = after(&first, size);
    keyed(&mut second, NOW_MS - HOUR_MS);
    let lost = run_of(&first, size..size + 1);
    adopt(&mut second, lost);
    second.tell(NOW_MS + 30, "log.adopted", &serde_json::to_string(&lost).unwrap());
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    doors.put(lost, file_of(&first, lost)).await;
    round(&world).await;
    let sql = "SELECT epoch || ' ' || CAST(recorded_ms AS TEXT) FROM cleanings WHERE tag = '7QK3M9X2W'";
    let reported = column(&mut world.read().await, sql).await;
    assert_eq!(
        reported,
        [format!("{} {}", second.origin.epoch, NOW_MS - 5 * HOUR_MS)],
        "once, with the earlier time"
    );
    // A void that names the later place is one of the place that counts.
    let reason = second.text("wrong item");
    let body = format!(r#"{{"epoch":"{}","seq":{size},"reason":{reason}}}"#, first.origin.epoch);
    let from = second.tell(NOW_MS + 40, "cleaning.voided", &body);
    assert!(matches!(world.drain(&second, from).await, Said::Holds(..)));
    let sql = "SELECT epoch FROM cleanings WHERE tag = '7QK3M9X2W' AND voided";
    assert_eq!(column(&mut world.read().await, sql).await, [second.origin.epoch.to_string()]);
}

pub(crate) async fn an_erased_text_does_not_come_back_with_a_run(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut first = first_log();
    let size = first.size();
    let named = first.text("Grace Lost");
    first.tell(
        NOW_MS - HOUR_MS,
        "cleaning.recorded",
        &format!(r#"{{"tag":"{PUMP}","who":{{"proof":"typed","name":{named}}}}}"#),
    );
    let hash = first.texts.last().unwrap().hash();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, size).await;
    let mut second = after(&first, size);
    second.tell(NOW_MS + 5, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked for"}}"#));
    let run = run_of(&first, size..size + 1);
    adopt(&mut second, run);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    assert_eq!(doors.put(run, file_of(&first, run)).await, StatusCode::NO_CONTENT);
    round(&world).await;
    let texts = world.all_texts().await;
    assert!(!texts.is_empty() && texts.iter().all(|line| !line.contains("Grace Lost")), "{texts:?}");
    let (_, provided) = doors.ask(Method::GET, &format!("/box/v1/runs/{run}"), Vec::new()).await;
    let summary = check_run(&provided[..], box_id(1), run).unwrap();
    assert_eq!((summary.lines, summary.texts), (1, 0), "the line stays and proves what it proved");
}

pub(crate) async fn a_quarantined_box_brings_no_runs(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    world.send(&first, 0, 6).await;
    let mut second = after(&first, 6);
    let run = run_of(&first, 6..first.size());
    adopt(&mut second, run);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    boxes::quarantine_box(&mut tx, box_id(1), "two histories", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(doors.put(run, file_of(&first, run)).await, StatusCode::FORBIDDEN);
    assert_eq!(doors.lacking().await, [run]);
}

pub(crate) async fn a_box_is_told_its_chain(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let first = first_log();
    world.claim(&first).await;
    let doors = Doors::of(&world).await;
    let cosigned = world.drain(&first, 0).await.note();
    let mut second = first.later(2, 5);
    let body = second.started(&format!(r#","after":"{}""#, first.origin.epoch));
    second.tell(NOW_MS, "log.started", &body);
    world.hello(&second, 0, None).await;
    world.drain(&second, 0).await;
    let (status, body) = doors.ask(Method::GET, "/box/v1/log", Vec::new()).await;
    assert_eq!(status, StatusCode::OK);
    let reported: LogChain = serde_json::from_slice(&body).unwrap();
    let [one, two] = &reported.epochs[..] else { panic!("{reported:?}") };
    assert_eq!(
        (one.epoch, one.size, one.cosigned.as_ref()),
        (first.origin.epoch, first.size(), Some(&cosigned))
    );
    assert_eq!(one.key, first.signer.verifier().to_string());
    assert_eq!(
        (two.epoch, two.prev, two.after, two.apart),
        (second.origin.epoch, None, Some(first.origin.epoch), false)
    );
    // Nobody said how much of the first one there is: nothing of it counts until it is adopted.
    round(&world).await;
    assert!(column(&mut world.read().await, "SELECT tag FROM cleanings").await.is_empty());
    let all = run_of(&first, 0..first.size());
    adopt(&mut second, all);
    world.drain(&second, 1).await;
    assert_eq!(doors.put(all, file_of(&first, all)).await, StatusCode::NO_CONTENT);
    round(&world).await;
    let runs = column(&mut world.read().await, "SELECT run FROM cleanings").await;
    assert_eq!(runs, vec![all.to_string(); 8]);
}
