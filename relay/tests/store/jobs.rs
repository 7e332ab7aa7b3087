//! Jobs: each request is served, by one worker at a time, whatever dies meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use futures_util::future::join_all;
use record::ids::{AccountId, RelayJobId};
use relay::admin::{AdminCommand, AdminHandler};
use relay::db::account::accounts::platform_create;
use relay::db::operation::jobs::{DeadJobRow, platform_list_dead, platform_retry_dead};
use relay::db::{AccountScope, Db, DbError, PlatformReason, SqlConnection, SqlExecutor};
use relay::jobs::JobError;
use relay::jobs::kind::{AfterRun, ClaimedJob, JobLane, JobResult};
use relay::jobs::kinds::{WEBHOOK, WINDOWS};
use relay::jobs::metrics::job_metrics;
use relay::jobs::queue::{JobQueue, LEASE_MS, NewJob};
use relay::jobs::runner::{JobHandlers, JobRunner, JobWorkers, RENEW_EVERY};
use service::clock::{Clock as _, FakeClock};
use service::random::{RandomSource, SeededRandom};
use tokio::sync::{Mutex, mpsc};

use super::Databases;
use super::box_api::open;
use super::world::{DAY_MS, NOW_MS, World, column, run, run_due};

const WORKERS: usize = 8;
const KEYS: u64 = 40;
const REQUESTS: u64 = 400;
const HOUR_MS: i64 = 3_600_000;
const LANES: [JobLane; 3] = [JobLane::Person, JobLane::Soon, JobLane::Bulk];

/// A database with a queue on a clock that does not advance, and a table that takes results.
struct QueueWorld {
    db: Db,
    clock: Arc<FakeClock>,
    queue: JobQueue,
    accounts: Vec<AccountScope>,
}

const ACCOUNTS: u8 = 64;

impl QueueWorld {
    async fn new(db: Db) -> Self {
        db.migrate(NOW_MS).await.unwrap();
        let mut tx = db.platform_write(PlatformReason::Work).await.unwrap();
        run(&mut tx, "CREATE TABLE results (result TEXT NOT NULL)").await;
        let mut accounts = Vec::new();
        for n in 0..ACCOUNTS {
            let id = AccountId::new(i64::from(n), [n; 10]);
            accounts.push(platform_create(&mut tx, id, "North", NOW_MS).await.unwrap());
        }
        tx.commit().await.unwrap();
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let queue = JobQueue::new(db.clone(), clock.clone(), Arc::new(SeededRandom::new(3)));
        Self { db, clock, queue, accounts }
    }

    fn account(&self, n: u8) -> AccountScope {
        self.accounts[usize::from(n)]
    }

    async fn enqueue(&self, new: &NewJob) {
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        self.queue.enqueue(&mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn claim(&self) -> Option<ClaimedJob> {
        self.queue.claim(LANES).await.unwrap()
    }

    async fn finish(&self, job: &ClaimedJob, after: AfterRun) -> Result<(), JobError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        write_result(&mut tx, &format!("{} {}", job.key, job.body)).await;
        self.queue.finish(job, JobResult { tx: tx.into(), after }, 0).await
    }

    async fn results(&self) -> Vec<String> {
        column(
            &mut self.db.platform_read(PlatformReason::Work).await.unwrap(),
            "SELECT result FROM results ORDER BY 1",
        )
        .await
    }

    async fn dead(&self) -> Vec<DeadJobRow> {
        platform_list_dead(&mut self.db.platform_read(PlatformReason::Work).await.unwrap(), 10).await.unwrap()
    }

    async fn retry(&self, job: &str) -> Option<DeadJobRow> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        let dead = platform_retry_dead(&mut tx, job, self.clock.now_ms()).await.unwrap();
        tx.commit().await.unwrap();
        dead
    }

    async fn metric(&self, line: &str) -> String {
        let text = job_metrics(&self.db, self.clock.now_ms()).await.unwrap();
        let found = text.lines().find_map(|l| l.strip_prefix(line)).unwrap();
        found.trim().to_owned()
    }
}

async fn write_result(tx: &mut impl SqlConnection, result: &str) {
    let sql = sqlx::AssertSqlSafe(format!("INSERT INTO results (result) VALUES ('{result}')"));
    let done = match tx.lane() {
        SqlExecutor::Sqlite(c) => sqlx::query(sql).execute(c).await.map(drop),
        SqlExecutor::Postgres(c) => sqlx::query(sql).execute(c).await.map(drop),
    };
    done.unwrap();
}

fn job(key: &str, of: AccountScope, run_ms: i64) -> NewJob {
    NewJob { kind: &WINDOWS, account: Some(of), key: key.to_owned(), body: "0".to_owned(), run_ms }
}

/// What workers and whoever asks have seen of each other.
#[derive(Default)]
struct Scene {
    running: BTreeMap<String, AccountScope>,
    busy: usize,
    begun: usize,
    died: usize,
    all_requested: bool,
}

/// One after the other for each key, so that the newest body is the newest request.
struct Requests<'d> {
    world: &'d QueueWorld,
    newest: Mutex<BTreeMap<String, u64>>,
}

impl Requests<'_> {
    async fn request(&self, n: u64) {
        let (key, of) = (format!("k{}", n % KEYS), self.world.account(u8::try_from(n % KEYS % 3).unwrap()));
        let mut newest = self.newest.lock().await;
        let number = newest.entry(key.clone()).or_default();
        *number += 1;
        let body = number.to_string();
        self.world.enqueue(&NewJob { body, ..job(&key, of, NOW_MS) }).await;
    }
}

/// Only what died is waited for: nobody's lease ends while it works.
fn wait_for_the_dead(world: &QueueWorld, scene: &StdMutex<Scene>) -> u32 {
    let scene = scene.lock().unwrap();
    if scene.busy > 0 || !scene.all_requested {
        return 0;
    }
    world.clock.advance_ms(1_000);
    1
}

async fn work(
    world: &QueueWorld,
    requests: &Requests<'_>,
    scene: &StdMutex<Scene>,
    random: &dyn RandomSource,
) {
    let mut idle = 0;
    while idle < 200 {
        let Some(job) = world.claim().await else {
            idle += wait_for_the_dead(world, scene);
            tokio::task::yield_now().await;
            continue;
        };
        idle = 0;
        // How many are begun depends on the database; that some die does not.
        let dies = {
            let mut scene = scene.lock().unwrap();
            scene.busy += 1;
            scene.begun += 1;
            let of = job.account.unwrap();
            assert!(scene.running.insert(job.key.clone(), of).is_none(), "two at once of {}", job.key);
            assert!(scene.running.values().filter(|other| **other == of).count() <= 2, "of one account");
            scene.begun.is_multiple_of(8)
        };
        let chance = random.below(100);
        if chance == 0 {
            requests.request(job.key[1..].parse().unwrap()).await;
        }
        let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
        write_result(&mut tx, &format!("{} {}", job.key, job.body)).await;
        {
            let mut scene = scene.lock().unwrap();
            scene.running.remove(&job.key);
            scene.died += usize::from(dies);
        }
        // Nobody else begins before this is committed, or the lease of what died is over.
        if !dies {
            world.queue.finish(&job, JobResult { tx: tx.into(), after: AfterRun::Over }, 0).await.unwrap();
        }
        scene.lock().unwrap().busy -= 1;
    }
}

pub(crate) async fn each_request_is_served_once_by_a_run_after_it(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let requests = Requests { world: &world, newest: Mutex::default() };
    let (scene, random) = (StdMutex::new(Scene::default()), SeededRandom::new(11));
    let asks = async {
        for n in 0..REQUESTS {
            requests.request(n * 7).await;
            tokio::task::yield_now().await;
        }
        scene.lock().unwrap().all_requested = true;
    };
    let workers = join_all((0..WORKERS).map(|_| work(&world, &requests, &scene, &random)));
    tokio::join!(asks, workers);
    assert!(scene.into_inner().unwrap().died > 3, "some die");
    let results = world.results().await;
    assert_eq!(results.iter().collect::<BTreeSet<_>>().len(), results.len(), "none is done twice");
    for (key, newest) in requests.newest.into_inner() {
        assert!(results.contains(&format!("{key} {newest}")), "request {newest} of {key} is lost");
    }
    assert!(
        column(&mut world.db.platform_read(PlatformReason::Work).await.unwrap(), "SELECT key FROM jobs")
            .await
            .is_empty()
    );
}

pub(crate) async fn what_one_account_asks_for_keeps_no_other_waiting(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let (many, other) = (world.account(1), world.account(2));
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    for n in 0..5_000 {
        world.queue.enqueue(&mut tx, &job(&format!("m{n:04}"), many, NOW_MS - 10_000 + n)).await.unwrap();
    }
    world.queue.enqueue(&mut tx, &job("other", other, NOW_MS)).await.unwrap();
    world.queue.enqueue(&mut tx, &NewJob { account: None, ..job("own", other, NOW_MS) }).await.unwrap();
    tx.commit().await.unwrap();
    let claimed = join_all((0..WORKERS).map(|_| world.claim())).await;
    let mut keys: Vec<&str> = claimed.iter().flatten().map(|job| job.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["m0000", "m0001", "other", "own"], "two at once of an account");
    let first = claimed.iter().flatten().find(|job| job.key == "m0001").unwrap();
    world.finish(first, AfterRun::Over).await.unwrap();
    assert_eq!(world.claim().await.unwrap().key, "m0002");
    assert_eq!(world.claim().await, None);
    assert_eq!(world.metric("cleantrack_jobs{kind=\"windows\",state=\"running\"}").await, "4");
    assert_eq!(world.metric("cleantrack_jobs{kind=\"windows\",state=\"waiting\"}").await, "4997");
    assert_eq!(world.metric("cleantrack_jobs_oldest_wait_seconds ").await, "9");
}

pub(crate) async fn a_slow_receiver_of_one_account_has_one_worker(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let (slow, other) = (world.account(1), world.account(2));
    for (key, ago_ms) in [("s1", 3_000), ("s2", 2_000), ("s3", 1_000)] {
        world.enqueue(&NewJob { kind: &WEBHOOK, ..job(key, slow, NOW_MS - ago_ms) }).await;
    }
    world.enqueue(&NewJob { kind: &WEBHOOK, ..job("other", other, NOW_MS) }).await;
    for key in ["w1", "w2", "w3"] {
        world.enqueue(&job(key, slow, NOW_MS)).await;
    }
    let to_webhook = async || world.queue.claim([JobLane::Webhooks]).await.unwrap();
    let first = to_webhook().await.unwrap();
    assert_eq!(first.key, "s1");
    assert_eq!(to_webhook().await.unwrap().key, "other", "the next of the slow one waits for its first");
    assert_eq!(to_webhook().await, None);
    let own: Vec<String> = [world.claim().await, world.claim().await].map(|job| job.unwrap().key).into();
    assert_eq!(own, ["w1", "w2"], "its other work runs as if nothing were sent");
    assert_eq!(world.claim().await, None, "two at a time");
    world.finish(&first, AfterRun::Over).await.unwrap();
    assert_eq!(to_webhook().await.unwrap().key, "s2");
}

pub(crate) async fn slow_receivers_have_none_of_the_relays_own_workers(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let (handlers, mut sees) = FakeHandlers::new(&world.db);
    let runner = Arc::new(JobRunner::new(world.queue.clone(), handlers, RENEW_EVERY));
    let workers = JobWorkers::start(&runner, 2);
    for (n, key) in [(1, "hangs at a"), (2, "hangs at b")] {
        world.enqueue(&NewJob { kind: &WEBHOOK, ..job(key, world.account(n), NOW_MS) }).await;
    }
    world.queue.wake_workers();
    let begun = BTreeSet::from([sees.recv().await.unwrap(), sees.recv().await.unwrap()]);
    assert_eq!(begun, BTreeSet::from(["hangs at a".to_owned(), "hangs at b".to_owned()]));
    world.enqueue(&job("works", world.account(3), NOW_MS)).await;
    world.queue.wake_workers();
    let next = tokio::time::timeout(Duration::from_secs(60), sees.recv()).await;
    assert_eq!(next.unwrap().unwrap(), "works", "while both receivers are waited for");
    workers.stop().await;
}

pub(crate) async fn what_a_worker_did_that_lost_its_lease_is_taken_back(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    world.enqueue(&job("k", world.account(1), NOW_MS)).await;
    let first = world.claim().await.unwrap();
    assert_eq!(world.claim().await, None);
    world.clock.advance_ms(LEASE_MS - 1);
    assert!(world.queue.renew(&first).await.unwrap());
    world.clock.advance_ms(LEASE_MS - 1);
    assert_eq!(world.claim().await, None, "it was renewed");
    world.clock.advance_ms(1);
    let second = world.claim().await.unwrap();
    assert_eq!((second.key.as_str(), second.tries), ("k", 2));
    assert!(!world.queue.renew(&first).await.unwrap());
    assert!(matches!(world.finish(&first, AfterRun::Over).await, Err(JobError::LeaseLost)));
    world.queue.fail(&first, &JobError::NoAccount).await.unwrap();
    world.queue.release(&first).await.unwrap();
    assert!(world.results().await.is_empty());
    world.finish(&second, AfterRun::Over).await.unwrap();
    assert_eq!(world.results().await, ["k 0"]);
    assert_eq!(world.claim().await, None);
}

struct FakeHandlers {
    db: Db,
    /// Told when a job begins, and when one is dropped.
    seen: mpsc::UnboundedSender<String>,
}

impl FakeHandlers {
    fn new(db: &Db) -> (Self, mpsc::UnboundedReceiver<String>) {
        let (seen, sees) = mpsc::unbounded_channel();
        (Self { db: db.clone(), seen }, sees)
    }
}

struct Dropped(mpsc::UnboundedSender<String>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send("dropped".to_owned());
    }
}

impl JobHandlers for FakeHandlers {
    async fn run(&self, job: &ClaimedJob) -> Result<JobResult, JobError> {
        // Before anybody may take its lease away: it can be dropped at any step.
        let _dropped = job.key.starts_with("hangs").then(|| Dropped(self.seen.clone()));
        let _ = self.seen.send(job.key.clone());
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        write_result(&mut tx, &format!("{} {}", job.key, job.body)).await;
        match job.key.as_str() {
            "fails" if job.body != "good" => Err(DbError::stored("thing", "it is broken").into()),
            "panics" => panic!("the handler's own words"),
            key if key.starts_with("hangs") => {
                drop(tx);
                std::future::pending().await
            }
            _ => Ok(JobResult { tx: tx.into(), after: AfterRun::Over }),
        }
    }
}

pub(crate) async fn a_job_that_fails_is_dead_in_the_end_and_can_be_tried_again(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let (handlers, _sees) = FakeHandlers::new(&world.db);
    let runner = JobRunner::new(world.queue.clone(), handlers, RENEW_EVERY);
    for key in ["fails", "panics"] {
        world.enqueue(&job(key, world.account(1), NOW_MS)).await;
    }
    world.enqueue(&job("works", world.account(1), NOW_MS + 1)).await;
    let tries_max = WINDOWS.tries_max;
    let mut tried = BTreeMap::new();
    let mut last_ms = NOW_MS;
    while world.dead().await.len() < 2 {
        while let Some(job) = world.claim().await {
            *tried.entry(job.key.clone()).or_insert(0) += 1;
            let is_last = job.tries == tries_max;
            if is_last && job.key == "fails" {
                world.enqueue(&self::job("fails", world.account(1), NOW_MS)).await;
            }
            runner.run_job(&job).await;
            if !is_last && job.key == "fails" {
                // Whoever asks, a job that failed rests.
                world.enqueue(&self::job("fails", world.account(1), NOW_MS)).await;
            }
            last_ms = world.clock.now_ms();
        }
        world.clock.advance_ms(1_000);
        assert!(world.clock.now_ms() - last_ms < HOUR_MS + 1_000);
    }
    assert_eq!(tried["works"], 1);
    assert_eq!((tried["fails"], tried["panics"]), (tries_max, tries_max));
    let dead = world.dead().await;
    let error = |key: &str| dead.iter().find(|d| d.key == key).unwrap().error.clone().unwrap();
    assert!(error("fails").contains("it is broken"));
    assert!(error("panics").contains("the handler's own words"));
    assert!(dead.iter().all(|d| d.kind == "windows" && d.scope().unwrap() == Some(world.account(1))));
    assert_eq!(world.metric("cleantrack_jobs{kind=\"windows\",state=\"dead\"}").await, "2");
    assert_eq!(world.results().await, ["works 0"]);
    // The one that nobody asked for again.
    let panicked = dead.iter().find(|d| d.key == "panics").unwrap();
    assert_eq!(world.retry(&panicked.job).await.unwrap().key, "panics");
    assert_eq!(world.retry(&panicked.job).await, None, "it is not dead now");
    let again = world.claim().await.unwrap();
    assert_eq!((again.key.as_str(), again.tries), ("panics", 1));
    world.queue.release(&again).await.unwrap();
    assert_eq!(world.claim().await.unwrap().tries, 1, "a job that was released was not tried");
    // The one that was asked for while it died waits beside the dead one, and takes its place.
    let failed = dead.iter().find(|d| d.key == "fails").unwrap();
    assert_eq!(world.retry(&failed.job).await.unwrap().key, "fails");
    world.enqueue(&NewJob { body: "good".to_owned(), ..job("fails", world.account(1), NOW_MS) }).await;
    runner.run_job(&world.claim().await.unwrap()).await;
    assert_eq!(world.results().await, ["fails good", "works 0"]);
    assert!(world.dead().await.is_empty());
}

pub(crate) async fn a_job_that_ends_its_process_is_dead_in_the_end(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    world.enqueue(&job("k", world.account(1), NOW_MS)).await;
    let mut tries = 0;
    while world.dead().await.is_empty() {
        let begun = world.claim().await.is_some();
        tries += i64::from(begun);
        if begun && tries == WINDOWS.tries_max {
            world.enqueue(&NewJob { body: "1".to_owned(), ..job("k", world.account(1), NOW_MS) }).await;
        }
        world.clock.advance_ms(LEASE_MS);
    }
    assert_eq!(tries, WINDOWS.tries_max);
    assert!(world.dead().await[0].error.as_ref().unwrap().contains("without a word"));
    // What was asked for during its last try waits: then nobody needs to look at the dead one.
    world.clock.advance_ms(HOUR_MS);
    let next = world.claim().await.unwrap();
    assert_eq!((next.body.as_str(), next.tries), ("1", 1));
    world.finish(&next, AfterRun::Over).await.unwrap();
    assert!(world.dead().await.is_empty());
}

pub(crate) async fn a_lost_lease_stops_the_work(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let (handlers, mut sees) = FakeHandlers::new(&world.db);
    let runner = JobRunner::new(world.queue.clone(), handlers, Duration::from_millis(1));
    world.enqueue(&job("hangs", world.account(1), NOW_MS)).await;
    let first = world.claim().await.unwrap();
    let steal = async {
        assert_eq!(sees.recv().await.unwrap(), "hangs");
        // A process that was suspended for a minute, and then continues: it may renew before the other one looks.
        let second = loop {
            world.clock.advance_ms(LEASE_MS);
            if let Some(second) = world.claim().await {
                break second;
            }
        };
        assert_eq!(sees.recv().await.unwrap(), "dropped");
        second
    };
    let (second, ()) = tokio::join!(steal, runner.run_job(&first));
    assert!(second.tries > 1);
    assert!(world.queue.renew(&second).await.unwrap(), "the other one has it still");
}

pub(crate) async fn workers_run_what_comes_and_release_what_takes_long(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let (handlers, mut sees) = FakeHandlers::new(&world.db);
    let runner = Arc::new(JobRunner::new(world.queue.clone(), handlers, RENEW_EVERY));
    let workers = JobWorkers::start(&runner, 2);
    world.enqueue(&job("hangs", world.account(1), NOW_MS)).await;
    world.queue.wake_workers();
    assert_eq!(sees.recv().await.unwrap(), "hangs");
    world.enqueue(&job("works", world.account(1), NOW_MS)).await;
    world.queue.wake_workers();
    assert_eq!(sees.recv().await.unwrap(), "works");
    workers.stop().await;
    assert_eq!(sees.recv().await.unwrap(), "dropped");
    let left = world.claim().await.unwrap();
    assert_eq!((left.key.as_str(), left.tries), ("hangs", 1), "another process begins it at once");
    assert_eq!(world.claim().await, None);
    assert_eq!(world.results().await, ["works 0"]);
}

pub(crate) async fn the_earlier_moment_counts_and_a_rest_is_kept(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let at = |run_ms| job("k", world.account(1), run_ms);
    for run_ms in [NOW_MS + 9_000, NOW_MS + 5_000, NOW_MS + 7_000] {
        world.enqueue(&at(run_ms)).await;
    }
    world.clock.set_ms(NOW_MS + 4_999);
    assert_eq!(world.claim().await, None);
    world.clock.set_ms(NOW_MS + 5_000);
    let first = world.claim().await.unwrap();
    // While it runs: the run after it comes when it was asked for.
    for run_ms in [NOW_MS + 20_000, NOW_MS + 10_000] {
        world.enqueue(&NewJob { body: "1".to_owned(), ..at(run_ms) }).await;
    }
    assert_eq!(world.claim().await, None, "never two at once");
    world.finish(&first, AfterRun::Over).await.unwrap();
    assert_eq!(world.claim().await, None);
    world.clock.set_ms(NOW_MS + 10_000);
    let second = world.claim().await.unwrap();
    assert_eq!((second.body.as_str(), second.tries), ("1", 1));
    world.finish(&second, AfterRun::Rest(NOW_MS + 30_000)).await.unwrap();
    world.enqueue(&at(NOW_MS)).await;
    assert_eq!(world.claim().await, None, "it rests, whoever asks");
    world.clock.set_ms(NOW_MS + 30_000);
    let third = world.claim().await.unwrap();
    world.finish(&third, AfterRun::NextRun(NOW_MS + DAY_MS)).await.unwrap();
    world.enqueue(&at(NOW_MS)).await;
    assert!(world.claim().await.is_some(), "what recurs runs earlier if asked for");
}

pub(crate) async fn a_clock_set_back_an_hour_delays_nothing_for_as_long(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let mut all = Vec::new();
    for key in ["due", "fails", "left", "runs"] {
        world.enqueue(&job(key, world.account(u8::try_from(all.len()).unwrap()), NOW_MS)).await;
        all.push(world.claim().await.unwrap());
    }
    let [due, fails, _, runs] = &all[..] else { panic!("{all:?}") };
    world.queue.release(due).await.unwrap();
    world.queue.fail(fails, &JobError::NoAccount).await.unwrap();
    world.clock.advance_ms(-HOUR_MS);
    assert!(world.queue.renew(runs).await.unwrap());
    assert_eq!(world.claim().await, None);
    // What the workers do each minute; nothing of the relay's own is due.
    assert_eq!(run_due(&world.db, world.clock.clone()).await.unwrap(), 1, "the one that was due");
    let mut waited = BTreeMap::new();
    while !(waited.contains_key("fails") && waited.contains_key("left")) {
        world.clock.advance_ms(1_000);
        world.queue.renew(runs).await.unwrap();
        let now_ms = world.clock.now_ms();
        waited.extend(world.claim().await.map(|job| (job.key, now_ms - (NOW_MS - HOUR_MS))));
    }
    assert!((16_000..25_000).contains(&waited["fails"]), "{waited:?}");
    assert!((59_000..62_000).contains(&waited["left"]), "{waited:?}");
}

pub(crate) async fn what_recurs_is_put_back(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    let forget_ms = async || {
        let sql = "SELECT CAST(run_ms AS TEXT) FROM jobs WHERE kind = 'forget'";
        column(&mut world.db.platform_read(PlatformReason::Work).await.unwrap(), sql).await
    };
    for missing in 0..2 {
        assert_eq!(run_due(&world.db, world.clock.clone()).await.unwrap(), 0, "{missing}");
        assert_eq!(forget_ms().await, [(NOW_MS + HOUR_MS).to_string()]);
        let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
        run(&mut tx, "DELETE FROM jobs").await;
        tx.commit().await.unwrap();
    }
    run_due(&world.db, world.clock.clone()).await.unwrap();
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(
        run_due(&world.db, world.clock.clone()).await.unwrap(),
        3,
        "rounds of mails and billing recur too"
    );
    assert_eq!(forget_ms().await, [(NOW_MS + 2 * HOUR_MS).to_string()]);
    let done = column(
        &mut world.db.platform_read(PlatformReason::Work).await.unwrap(),
        "SELECT kind FROM jobs_done",
    )
    .await;
    assert_eq!(done, ["forget"]);
}

pub(crate) async fn a_job_of_a_newer_relay_is_left_to_it(dbs: impl Databases) {
    let world = QueueWorld::new(dbs.db("a").await).await;
    world.enqueue(&job("newer", world.account(1), NOW_MS)).await;
    world.enqueue(&job("known", world.account(1), NOW_MS + 1)).await;
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    run(&mut tx, "UPDATE jobs SET kind = 'later' WHERE key = 'newer'").await;
    tx.commit().await.unwrap();
    world.clock.advance_ms(1);
    assert_eq!(world.claim().await.unwrap().key, "known");
    assert_eq!(world.claim().await, None);
    let sql = "SELECT state || tries FROM jobs WHERE key = 'newer'";
    assert_eq!(
        column(&mut world.db.platform_read(PlatformReason::Work).await.unwrap(), sql).await,
        ["wait0"]
    );
}

pub(crate) async fn an_operator_lists_dead_jobs_and_tries_one_again(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let (dir, random) = (tempfile::tempdir().unwrap(), Arc::new(SeededRandom::new(3)));
    let queue = JobQueue::new(world.db.clone(), world.clock.clone(), random.clone());
    let operator = AdminHandler {
        db: world.db.clone(),
        fleet: open(&world, dir.path()).await,
        rules: relay::accounts::credentials::password_rules::PasswordRules::default(),
        mail: relay::mail::MailOutbox::new(world.clock.clone(), random.clone(), None),
        public_url: String::new(),
        clock: world.clock.clone(),
        random,
    };
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    queue.enqueue(&mut tx, &job("k", world.scope, NOW_MS)).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..WINDOWS.tries_max {
        let claimed = queue.claim(LANES).await.unwrap().unwrap();
        queue.fail(&claimed, &JobError::NoAccount).await.unwrap();
        world.clock.advance_ms(2 * HOUR_MS);
    }
    let listed = operator.execute(AdminCommand::JobsList).await.unwrap();
    assert_eq!(listed["jobs"][0]["state"], "dead");
    let dead = &listed["dead"][0];
    assert_eq!((&dead["kind"], &dead["key"]), (&"windows".into(), &"k".into()));
    assert_eq!(dead["error"], "it names no account");
    assert_eq!(dead["account"], world.scope.account().to_string());
    let id: RelayJobId = dead["job"].as_str().unwrap().parse().unwrap();
    let retried = operator.execute(AdminCommand::JobsRetry { job: id }).await.unwrap();
    assert_eq!(retried["state"], "waiting");
    assert_eq!(queue.claim(LANES).await.unwrap().unwrap().tries, 1);
    let refused = operator.execute(AdminCommand::JobsRetry { job: id }).await.unwrap_err().to_string();
    assert!(refused.contains("Nothing was changed"), "{refused}");
    let acts = column(&mut world.read().await, "SELECT act || ' ' || about FROM audit").await;
    assert_eq!(acts, ["jobs retry windows k"]);
}
