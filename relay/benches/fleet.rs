//! What many boxes cost a relay: from the acknowledgement to the page with 100 of them sending, reports of 1,000, a projection rebuilt,
//! batches of one entry before and after their merge, bytes per cleaning, concurrent sign-ins; and what most of it takes together.
//!
//! `cargo bench -p cleantrack-relay --bench fleet [-- [postgres] [records] [health] [singles] [rebuild] [bytes] [together]]`: all parts
//! but the last where none is named; bytes are of PostgreSQL alone, and the last is of SQLite: a process of its own fills its database,
//! so that neither the logs nor what it took to store them count as the relay's memory.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench measures, says so, or stops")]

#[expect(dead_code, reason = "other benches use all of it")]
mod bench_relay;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bench_relay::fake_box::FakeBox;
use bench_relay::postgres::Postgres;
use bench_relay::{BenchRelay, LogShape, NOW_MS, numbered, pack_log, peak_mib, percentile};
use bytes::Bytes;
use record::ids::{BoxId, FacilityId};
use record::messages::{HealthReport, VERSION};
use record::tag::Tag;
use relay::db::OwnedFacility;
use relay::db::facility::facilities;
use relay::db::log::segments;
use relay::db::projection::projections;
use relay::db::{Db, PlatformReason, PoolUse};
use relay::projections::{rebuild_facility, run_steps};
use service::clock::Clock;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinSet;

const SENDERS: u16 = 100;
const REPORTERS: u16 = 1_000;
/// Records of each box that sends, one a second.
const RECORDS: i64 = 20;
/// Entries of the facility whose projection is rebuilt.
const REBUILT: i64 = 220_000;
const SINGLES: u64 = 2_000;
const SIGN_INS: u16 = 50;
/// Connections for folds and jobs, as a relay with its default settings has them.
const WORK: PoolUse = PoolUse::Work { workers: 4 };

fn new_log(n: u16) -> FakeBox {
    FakeBox::new(BoxId::new(1, numbered(n)), 1, 1)
}

fn ms_since(began: Instant) -> f64 {
    Instant::now().duration_since(began).as_secs_f64() * 1_000.0
}

/// How long a statement waits that writes nothing, asked again and again while something else continues.
struct WriterProbe {
    is_over: Arc<AtomicBool>,
    waits: tokio::task::JoinHandle<f64>,
}

impl WriterProbe {
    fn start(db: Db) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let waits = tokio::spawn(async move {
            let mut longest: f64 = 0.0;
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let mut tx = db.platform_write(PlatformReason::Health).await.unwrap();
                facilities::platform_write_nothing(&mut tx).await.unwrap();
                drop(tx);
                longest = longest.max(ms_since(began));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            longest
        });
        Self { is_over, waits }
    }

    /// The longest wait, in milliseconds.
    async fn finish(self) -> f64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.waits.await.unwrap()
    }
}

/// A log of 300 items without a cleaning.
fn write_sender(n: u16) -> FakeBox {
    let mut log = new_log(n);
    LogShape { items: 300, cleanings: 0, days: 30 }.write(&mut log);
    log
}

async fn fill(relay: &BenchRelay, count: u16) -> Vec<FakeBox> {
    let mut logs = Vec::new();
    for n in 0..count {
        let log = write_sender(n);
        relay.add_facility(FacilityId::new(1, numbered(n)), &format!("Hospital {n:04}"), &log).await;
        relay.send_log(&log, &pack_log(&log)).await;
        logs.push(log);
    }
    relay.ingest.fold_waiting().await.unwrap();
    relay.ingest.flush_reports().await.unwrap();
    logs
}

#[derive(Clone)]
struct FacilitiesBehind {
    looked: Instant,
    facilities: Vec<FacilityId>,
}

/// Looks which facilities are behind, again and again and for all that wait: were each to ask for itself, most of what is measured
/// would be their questions.
async fn watch_behind(db: Db, seen: watch::Sender<FacilitiesBehind>) {
    loop {
        let looked = Instant::now();
        let mut conn = db.platform_read(PlatformReason::Health).await.unwrap();
        let rows = projections::platform_behind(&mut conn).await.unwrap();
        drop(conn);
        let facilities = rows.iter().map(|row| row.place().unwrap().facility).collect();
        seen.send_replace(FacilitiesBehind { looked, facilities });
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Sends a record a second as one box; how long each took to be acknowledged, and from there until it was folded into what pages read.
async fn send_records(
    relay: Arc<BenchRelay>,
    mut seen: watch::Receiver<FacilitiesBehind>,
    mut log: FakeBox,
    n: u16,
) -> Vec<[f64; 2]> {
    let facility = FacilityId::new(1, numbered(n));
    let tag = Tag::from_random([0, 7, 2, 3, 4]).to_string();
    // Boxes do not beat as one.
    tokio::time::sleep(Duration::from_millis(u64::from(n) * 10)).await;
    let mut beats = tokio::time::interval(Duration::from_secs(1));
    let mut took = Vec::new();
    for i in 0..RECORDS {
        beats.tick().await;
        let first = log.clean(NOW_MS + i, &tag);
        let batch = Bytes::from(log.batch(first, first + 1));
        let began = Instant::now();
        relay.ingest.batch(log.origin.box_id, batch).await.unwrap();
        let acknowledged = Instant::now();
        let folded = seen.wait_for(|now: &FacilitiesBehind| {
            now.looked >= acknowledged && !now.facilities.contains(&facility)
        });
        folded.await.unwrap();
        took.push([acknowledged.duration_since(began).as_secs_f64() * 1_000.0, ms_since(acknowledged)]);
    }
    took
}

async fn measure_records(relay: &Arc<BenchRelay>, logs: Vec<FakeBox>) {
    let clock = Arc::clone(&relay.clock) as Arc<dyn Clock>;
    let steps = tokio::spawn(run_steps(relay.db.with_pool(WORK), Arc::clone(relay.ingest.steps()), clock));
    let (sees, seen) = watch::channel(FacilitiesBehind { looked: Instant::now(), facilities: Vec::new() });
    let watching = tokio::spawn(watch_behind(relay.db.clone(), sees));
    let mut senders = JoinSet::new();
    for (log, n) in logs.into_iter().zip(0..) {
        senders.spawn(send_records(Arc::clone(relay), seen.clone(), log, n));
    }
    let took: Vec<[f64; 2]> = senders.join_all().await.into_iter().flatten().collect();
    steps.abort();
    watching.abort();
    let [acknowledged, shown] =
        [0, 1].map(|which| [50, 99].map(|percent| percentile(took.iter().map(|one| one[which]), percent)));
    println!(
        "{SENDERS} boxes send a record a second: acknowledged in {:.1} ms at the median, {:.1} ms at p99; from there to pages \
         {:.1} and {:.1} ms (at most 1,000)",
        acknowledged[0], acknowledged[1], shown[0], shown[1]
    );
}

fn health_of(log: &FakeBox, celsius: i16) -> Vec<u8> {
    let health = HealthReport {
        v: VERSION,
        epoch: log.origin.epoch,
        size: log.size(),
        cursor: log.size(),
        backlog: 0,
        photos: 0,
        disk_percent: 3,
        printers: Vec::new(),
        celsius: Some(celsius),
        clock: record::entry::ClockState::Synced,
        wall: NOW_MS,
        notes: Vec::new(),
        alarms: Vec::new(),
        directive: None,
    };
    serde_json::to_vec(&health).unwrap()
}

async fn measure_health(relay: &BenchRelay) {
    let mut logs = Vec::new();
    for n in 2_000..2_000 + REPORTERS {
        let log = new_log(n);
        relay.add_facility(FacilityId::new(1, numbered(n)), &format!("Clinic {n:04}"), &log).await;
        relay.ingest.hello(log.origin.box_id, &log.hello(0, None)).await.unwrap();
        logs.push(log);
    }
    relay.ingest.flush_reports().await.unwrap();
    for celsius in [40, 41, 42] {
        let began = Instant::now();
        for log in &logs {
            relay.ingest.health(log.origin.box_id, &health_of(log, celsius)).await.unwrap();
        }
        let (taken, flushing) = (ms_since(began), Instant::now());
        let boxes = relay.ingest.flush_reports().await.unwrap();
        println!(
            "health of {boxes} boxes: taken in {taken:.0} ms, written in {:.0} ms as one transaction, each 5 s",
            ms_since(flushing)
        );
    }
}

fn rebuilt_facility() -> FacilityId {
    FacilityId::new(1, numbered(5_000))
}

async fn fill_rebuilt(relay: &BenchRelay) {
    let mut log = new_log(5_000);
    LogShape { items: 300, cleanings: REBUILT - 600, days: 400 }.write(&mut log);
    relay.add_facility(rebuilt_facility(), "Rebuilt", &log).await;
    relay.send_log(&log, &pack_log(&log)).await;
    relay.ingest.fold_waiting().await.unwrap();
}

async fn measure_rebuild(relay: &BenchRelay) {
    let facility = rebuilt_facility();
    let before = peak_mib();
    let mut tx = relay.db.write(relay.scope).await.unwrap();
    facilities::request_rebuild(&mut tx, facility).await.unwrap();
    tx.commit().await.unwrap();
    let probe = WriterProbe::start(relay.db.clone());
    let began = Instant::now();
    let place = OwnedFacility { scope: relay.scope, facility };
    assert!(rebuild_facility(&relay.db, place, &*relay.clock).await.unwrap());
    let took = ms_since(began);
    println!(
        "rebuild of {REBUILT} entries: {:.0} entries/s; another writer waited {:.0} ms at most (150); memory {before} MiB at most \
         before, {} behind it",
        REBUILT as f64 / took * 1_000.0,
        probe.finish().await,
        peak_mib()
    );
}

async fn sum_segments(relay: &BenchRelay, log: &FakeBox) -> i64 {
    let sql = format!(
        "SELECT CAST(SUM(LENGTH(s.lines) + COALESCE(LENGTH(s.texts), 0)) AS BIGINT) FROM segments s JOIN logs l \
         ON l.account = s.account AND l.log = s.log WHERE l.box = '{}'",
        log.origin.box_id
    );
    match &relay.db {
        Db::Sqlite { readers, .. } => {
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(readers).await.unwrap()
        }
        Db::Postgres(pool) => ask_server(pool, sql).await,
    }
}

/// One number of the rows of all accounts, which the wall between them hides from whoever does not say who they are.
async fn ask_server(pool: &PgPool, sql: String) -> i64 {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("SELECT set_config('app.platform', 'on', true)").execute(&mut *tx).await.unwrap();
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *tx).await.unwrap()
}

async fn merge_log(relay: &BenchRelay, log: &FakeBox) {
    while let Some(merge) =
        segments::prepare_merge(&mut relay.db.read(relay.scope).await.unwrap(), &log.origin).await.unwrap()
    {
        let mut tx = relay.db.write(relay.scope).await.unwrap();
        assert!(segments::save_merge(&mut tx, &merge).await.unwrap());
        tx.commit().await.unwrap();
    }
}

async fn measure_singles(relay: &BenchRelay) {
    let mut log = new_log(6_000);
    LogShape { items: 300, cleanings: i64::try_from(SINGLES).unwrap(), days: 30 }.write(&mut log);
    relay.add_facility(FacilityId::new(1, numbered(6_000)), "Singles", &log).await;
    relay.ingest.hello(log.origin.box_id, &log.hello(0, None)).await.unwrap();
    let batches: Vec<Bytes> = (0..SINGLES).map(|seq| log.batch(seq, seq + 1).into()).collect();
    let began = Instant::now();
    for batch in batches {
        relay.ingest.batch(log.origin.box_id, batch).await.unwrap();
    }
    let took = ms_since(began);
    let before = sum_segments(relay, &log).await;
    merge_log(relay, &log).await;
    println!(
        "batches of one entry: {:.0} a second from one box; {} bytes an entry, merged {} (at most 160)",
        SINGLES as f64 / took * 1_000.0,
        before / i64::try_from(SINGLES).unwrap(),
        sum_segments(relay, &log).await / i64::try_from(SINGLES).unwrap()
    );
    relay.ingest.fold_waiting().await.unwrap();
}

async fn measure_sign_ins(relay: &Arc<BenchRelay>) {
    // One person has 20 sessions at most.
    for n in 0..SIGN_INS {
        relay.add_person(n).await;
    }
    let began = Instant::now();
    let cookie = relay.sign_in().await;
    let one = ms_since(began);
    let alone = page_p99(relay, &cookie).await;
    let (began, mut all) = (Instant::now(), JoinSet::new());
    for n in 0..SIGN_INS {
        let relay = Arc::clone(relay);
        all.spawn(async move { relay.sign_in_as(&format!("p{n}")).await });
    }
    let beside = page_p99(relay, &cookie).await;
    let cookies = all.join_all().await;
    println!(
        "a sign-in {one:.0} ms (at most 150), {} at once {:.0} ms (3,000); a page at p99 {alone:.1} ms alone, {beside:.1} ms beside \
         them",
        cookies.len(),
        ms_since(began)
    );
}

async fn page_p99(relay: &BenchRelay, cookie: &str) -> f64 {
    let mut walls = Vec::new();
    for _ in 0..100 {
        walls.push(relay.ask("/app/?sort=name", cookie).await.wall);
    }
    percentile(walls.into_iter(), 99)
}

/// Pages that somebody reads one after the other while something else continues.
struct PageReader {
    is_over: Arc<AtomicBool>,
    walls: tokio::task::JoinHandle<Vec<f64>>,
}

impl PageReader {
    async fn start(relay: &Arc<BenchRelay>) -> Self {
        let (is_over, relay) = (Arc::new(AtomicBool::new(false)), Arc::clone(relay));
        let (over, cookie) = (Arc::clone(&is_over), relay.sign_in().await);
        let facility = FacilityId::new(1, numbered(3));
        let pages = [
            "/app/".to_owned(),
            "/app/boxes".to_owned(),
            format!("/app/f/{facility}"),
            format!("/app/f/{facility}/equipment"),
            "/api/v1/cleanings".to_owned(),
        ];
        let walls = tokio::spawn(async move {
            let mut walls = Vec::new();
            for page in pages.iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                walls.push(relay.ask(page, &cookie).await.wall);
            }
            walls
        });
        Self { is_over, walls }
    }

    async fn finish(self) -> Vec<f64> {
        self.is_over.store(true, Ordering::Relaxed);
        self.walls.await.unwrap()
    }
}

/// Lets another process put into the database of this folder what is there before anything is measured.
fn fill_by_child(folder: &Path) {
    let program = std::env::current_exe().unwrap();
    let mut child = std::process::Command::new(program);
    assert!(child.args(["--bench", "fill"]).arg(folder).status().unwrap().success());
}

async fn fill_folder(folder: &Path) {
    let relay = BenchRelay::in_folder(folder).await;
    fill(&relay, SENDERS).await;
    fill_rebuilt(&relay).await;
    relay.db.close().await;
}

/// Boxes' records, reports, sign-ins, a projection rebuild and four people reading pages, all at once. The senders' logs are here too.
async fn measure_together(folder: &Path) {
    fill_by_child(folder);
    let relay = &Arc::new(BenchRelay::in_folder(folder).await);
    let logs: Vec<FakeBox> = (0..SENDERS).map(write_sender).collect();
    let before = peak_mib();
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(PageReader::start(relay).await);
    }
    let beside = async {
        measure_health(relay).await;
        measure_sign_ins(relay).await;
        measure_rebuild(relay).await;
    };
    tokio::join!(measure_records(relay, logs), beside);
    let mut walls = Vec::new();
    for reader in readers {
        walls.extend(reader.finish().await);
    }
    println!(
        "together with {} pages of four readers who never pause, {:.1} ms at the median, {:.1} ms at p99: {} MiB at most (256), \
         {before} of them before it began",
        walls.len(),
        percentile(walls.iter().copied(), 50),
        percentile(walls.iter().copied(), 99),
        peak_mib()
    );
    relay.db.close().await;
}

/// Bytes of all tables and indexes of a database with 300,000 cleanings of 100 boxes, and of those that hold them.
async fn measure_bytes(relay: &BenchRelay) {
    const CLEANINGS: i64 = 3_000;
    let Db::Postgres(pool) = &relay.db else { return };
    for n in 7_000..7_100 {
        let mut log = new_log(n);
        LogShape { items: 300, cleanings: CLEANINGS, days: 365 }.write(&mut log);
        relay.add_facility(FacilityId::new(1, numbered(n)), &format!("Ward {n}"), &log).await;
        relay.send_log(&log, &pack_log(&log)).await;
        relay.ingest.fold_waiting().await.unwrap();
        merge_log(relay, &log).await;
    }
    // Longer than the relay lets a statement take.
    let mut conn = pool.acquire().await.unwrap();
    sqlx::query("SET statement_timeout = 0").execute(&mut *conn).await.unwrap();
    sqlx::query("VACUUM FULL").execute(&mut *conn).await.unwrap();
    drop(conn);
    let cleanings = ask_server(pool, "SELECT COUNT(*) FROM cleanings".to_owned()).await;
    let sizes = "SELECT CAST(SUM(pg_total_relation_size('\"' || tablename || '\"')) AS BIGINT) FROM pg_tables \
                 WHERE schemaname = 'public'";
    let all = ask_server(pool, sizes.to_owned()).await;
    let log = ask_server(pool, format!("{sizes} AND tablename IN ('segments', 'cleanings')")).await;
    println!(
        "{cleanings} cleanings: {} bytes each in segments and cleanings (at most 600), {} in all tables",
        log / cleanings,
        all / cleanings
    );
}

/// What the words behind the bench's name ask for: every part where they name none.
struct BenchParts {
    words: Vec<String>,
    on_server: bool,
}

impl BenchParts {
    const NAMES: [&str; 6] = ["records", "health", "singles", "rebuild", "bytes", "together"];

    fn of_arguments() -> Self {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let on_server = words.iter().any(|word| word == "postgres");
        let words = words.into_iter().filter(|word| Self::NAMES.contains(&word.as_str())).collect();
        Self { words, on_server }
    }

    fn has(&self, name: &str) -> bool {
        self.words.is_empty() || self.is_named(name)
    }

    fn is_named(&self, name: &str) -> bool {
        self.words.iter().any(|word| word == name)
    }
}

async fn measure(relay: BenchRelay, parts: &BenchParts) {
    let relay = Arc::new(relay);
    if parts.has("records") {
        let logs = fill(&relay, SENDERS).await;
        measure_sign_ins(&relay).await;
        measure_records(&relay, logs).await;
    }
    if parts.has("health") {
        measure_health(&relay).await;
    }
    if parts.has("singles") {
        measure_singles(&relay).await;
    }
    if parts.has("rebuild") {
        fill_rebuilt(&relay).await;
        measure_rebuild(&relay).await;
    }
    relay.db.close().await;
    println!("the process held {} MiB at most", peak_mib());
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut words = std::env::args().skip_while(|word| word != "fill");
    if let (Some(_), Some(folder)) = (words.next(), words.next()) {
        return runtime.block_on(fill_folder(Path::new(&folder)));
    }
    let parts = BenchParts::of_arguments();
    if parts.is_named("together") {
        let dir = tempfile::tempdir().unwrap();
        runtime.block_on(measure_together(dir.path()));
    } else if parts.on_server {
        let server = Postgres::start(true);
        runtime.block_on(async {
            measure(BenchRelay::on_server(&server, "fleet").await, &parts).await;
            if parts.has("bytes") {
                let relay = BenchRelay::on_server(&server, "bytes").await;
                measure_bytes(&relay).await;
                relay.db.close().await;
            }
        });
    } else {
        let dir = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            measure(BenchRelay::in_file(&dir.path().join("relay.db")).await, &parts).await;
        });
    }
}
