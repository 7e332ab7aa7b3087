//! How long a claim takes with few and with many jobs waiting: the median of each, and their ratio, which is the bar.
//!
//! `cargo bench -p cleantrack-relay --bench jobs [-- postgres]`
#![expect(clippy::unwrap_used, reason = "a bench ends where something fails")]
#![expect(clippy::print_stdout, reason = "its figures are for whoever runs it")]

#[path = "../../tests/src/postgres.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "a part of the harness, which uses all of it"
)]
mod postgres;

use std::sync::Arc;
use std::time::Instant;

use record::ids::AccountId;
use relay::db::account::accounts::platform_create;
use relay::db::{AccountScope, Db, PlatformReason};
use relay::jobs::kind::{AfterRun, JobLane, JobResult};
use relay::jobs::kinds::WINDOWS;
use relay::jobs::queue::{JobQueue, NewJob};
use service::clock::FakeClock;
use service::random::SystemRandom;

const NOW_MS: i64 = 1_763_610_000_000;
const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// Of those so many are other accounts' where one account has the rest.
const OTHERS: usize = 500;
const AT_ONCE: usize = 1_000;
const CLAIMS: usize = 300;
const LANES: [JobLane; 3] = [JobLane::Person, JobLane::Soon, JobLane::Bulk];

#[derive(Debug, Clone, Copy)]
enum JobSpread {
    Accounts,
    /// Of one account, but for the last: it has its two running, and the others' come behind all of its own.
    OneBusy,
}

async fn make_accounts(db: &Db) -> Vec<AccountScope> {
    let mut tx = db.platform_write(PlatformReason::Work).await.unwrap();
    let mut accounts = Vec::new();
    for n in 0..=200_u8 {
        let id = AccountId::new(i64::from(n), [n; 10]);
        accounts.push(platform_create(&mut tx, id, "Bench", NOW_MS).await.unwrap());
    }
    tx.commit().await.unwrap();
    accounts
}

async fn fill(db: &Db, queue: &JobQueue, jobs: usize, spread: JobSpread) {
    let accounts = make_accounts(db).await;
    let numbers: Vec<usize> = (0..jobs).collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut tx = db.platform_write(PlatformReason::Work).await.unwrap();
        for n in some {
            let of = match spread {
                JobSpread::OneBusy if n + OTHERS < jobs => 0,
                _ => 1 + n % 200,
            };
            let run_ms = NOW_MS - i64::try_from(jobs - n).unwrap();
            let (kind, key, body) = (&WINDOWS, format!("{spread:?}{n}"), "{}".to_owned());
            let new = NewJob { kind, account: Some(accounts[of]), key, body, run_ms };
            queue.enqueue(&mut tx, &new).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// Claims and ends; the median of the claims in microseconds.
async fn median_us(db: &Db, jobs: usize, spread: JobSpread) -> u128 {
    let queue = JobQueue::new(db.clone(), Arc::new(FakeClock::at_ms(NOW_MS)), Arc::new(SystemRandom));
    fill(db, &queue, jobs, spread).await;
    let mut times = Vec::with_capacity(CLAIMS);
    if matches!(spread, JobSpread::OneBusy) {
        for _ in 0..2 {
            queue.claim(LANES).await.unwrap().unwrap();
        }
    }
    for _ in 0..CLAIMS {
        let began = Instant::now();
        let job = queue.claim(LANES).await.unwrap().unwrap();
        times.push(Instant::now().duration_since(began).as_micros());
        let tx = db.platform_write(PlatformReason::Work).await.unwrap();
        queue.finish(&job, JobResult { tx: tx.into(), after: AfterRun::Over }, 0).await.unwrap();
    }
    times.sort_unstable();
    times[CLAIMS / 2]
}

async fn compare(databases: impl AsyncFn(String) -> Db) {
    for spread in [JobSpread::Accounts, JobSpread::OneBusy] {
        let mut medians = Vec::new();
        for jobs in [FEW, MANY] {
            let db = databases(format!("{spread:?}_{jobs}").to_lowercase()).await;
            db.migrate(NOW_MS).await.unwrap();
            let median = median_us(&db, jobs, spread).await;
            println!("{spread:?}: {jobs} wait: a claim takes {median} µs (median of {CLAIMS})");
            medians.push(median);
            db.close().await;
        }
        println!("{spread:?}: ratio {:.2}, at most 1.5", medians[1] as f64 / medians[0] as f64);
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if std::env::args().any(|arg| arg == "postgres") {
        let server = postgres::Postgres::start(true);
        runtime.block_on(compare(async |name| {
            let main = Db::open(&server.url("postgres")).await.unwrap();
            let Db::Postgres(pool) = &main else { unreachable!() };
            let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
            sqlx::query(sql).execute(pool).await.unwrap();
            main.close().await;
            Db::open(&server.url(&name)).await.unwrap()
        }));
    } else {
        let dir = tempfile::tempdir().unwrap();
        runtime.block_on(compare(async |name| {
            Db::open(&format!("sqlite:{}", dir.path().join(name).display())).await.unwrap()
        }));
    }
}
