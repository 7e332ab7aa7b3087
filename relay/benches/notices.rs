//! What warning people costs: a look at every facility of an account with ten thousand overdue items and the digest of all of it, beside
//! which pages are asked for; and how fast mails leave into a folder, through the workers that send them.
//!
//! `cargo bench -p cleantrack-relay --bench notices`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench measures, says so, or stops")]

#[expect(dead_code, reason = "other benches use all of it")]
mod bench_relay;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench_relay::fake_box::FakeBox;
use bench_relay::{BenchRelay, DAY_MS, LogShape, NOW_MS, numbered, pack_log, peak_mib, percentile};
use record::ids::{BoxId, FacilityId};
use relay::alerts::look::AlertSender;
use relay::db::PlatformReason;
use relay::db::delivery::alert_settings::find_digest_ms;
use relay::db::delivery::alerts::sum_open;
use relay::db::facility::facilities::is_known;
use relay::jobs::handlers::RelayHandlers;
use relay::jobs::queue::JobQueue;
use relay::jobs::runner::{JobRunner, JobWorkers, RENEW_EVERY};
use relay::keys::{AuthorityKeys, KeyNeeds};
use relay::mail::transport::{MailSender, MailTransport, MailWay, ProviderAccess};
use relay::mail::{MailLetter, MailOutbox};
use relay::objects::NoteStore;
use relay::outgoing::guarded::{GuardedClient, SystemResolver};
use relay::projections::close_windows;
use relay::webhooks::WebhookLine;
use service::clock::Clock;
use service::random::{RandomSource, SystemRandom};

const FACILITIES: u16 = 1_000;
const ITEMS: usize = 10;
const MAILS: u32 = 10_000;
const PAGES: usize = 200;
const URL: &str = "https://relay.example";

struct NoticeBench {
    relay: BenchRelay,
    mail: MailOutbox,
    way: MailWay,
}

impl NoticeBench {
    async fn open(folder: &Path) -> Self {
        let relay = BenchRelay::in_folder(folder).await;
        let way = MailWay::parse(&format!("folder:{}", folder.join("mails").display())).unwrap();
        let mail = MailOutbox::new(relay.clock.clone(), Arc::new(SystemRandom), Some(&way));
        Self { relay, mail, way }
    }

    /// Each facility has items that are due every day, and were cleaned days ago.
    async fn fill(&self) {
        for n in 0..FACILITIES {
            let facility = FacilityId::new(1, numbered(n));
            let mut log = FakeBox::new(BoxId::new(1, numbered(n)), 1, 1);
            LogShape { items: ITEMS, cleanings: ITEMS as i64, days: 3 }.write(&mut log);
            self.relay.add_facility(facility, &format!("Facility {n}"), &log).await;
            self.relay.send_log(&log, &pack_log(&log)).await;
        }
        self.relay.ingest.fold_waiting().await.unwrap();
        self.relay.ingest.flush_reports().await.unwrap();
        for n in 0..FACILITIES {
            let (facility, now_ms) = (FacilityId::new(1, numbered(n)), NOW_MS + 2 * DAY_MS);
            let mut tx = self.relay.db.write(self.relay.scope).await.unwrap();
            is_known(&mut tx, facility, now_ms).await.unwrap();
            close_windows(&mut tx, facility, now_ms).await.unwrap();
            tx.commit().await.unwrap();
        }
        self.relay.clock.advance_ms(2 * DAY_MS);
    }

    /// As the jobs do it: a transaction for each facility, and one for the digest. Seconds, and alerts.
    async fn look(&self) -> (f64, i64) {
        let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
        let sender = AlertSender { random: &*random, mail: &self.mail, public_url: URL };
        let (db, scope, now_ms) = (&self.relay.db, self.relay.scope, self.relay.clock.now_ms());
        // The first one says when the next is due.
        let mut tx = db.write(scope).await.unwrap();
        sender.send_digest(&mut tx, now_ms).await.unwrap();
        let due_ms = find_digest_ms(&mut tx).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let began = Instant::now();
        for n in 0..FACILITIES {
            let mut tx = db.write(scope).await.unwrap();
            sender.look(&mut tx, FacilityId::new(1, numbered(n)), now_ms).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = db.write(scope).await.unwrap();
        sender.send_digest(&mut tx, due_ms).await.unwrap();
        tx.commit().await.unwrap();
        let took_s = Instant::now().duration_since(began).as_secs_f64();
        let mut conn = db.read(scope).await.unwrap();
        let open = sum_open(&mut conn).await.unwrap();
        (took_s, open.iter().map(|sum| sum.alerts).sum())
    }

    async fn page_ms(&self, cookie: &str) -> f64 {
        let mut walls = Vec::new();
        for _ in 0..PAGES {
            walls.push(self.relay.ask("/app/?sort=name", cookie).await.wall);
        }
        percentile(walls.into_iter(), 99)
    }

    /// Mails a second.
    async fn send_mails(&self, folder: &Path) -> f64 {
        let letter = MailLetter::test(NOW_MS, URL.to_owned());
        for part in 0..MAILS / 100 {
            let mut tx = self.relay.db.platform_write(PlatformReason::Work).await.unwrap();
            for n in 0..100 {
                let address = format!("p{}@example.com", part * 100 + n);
                self.mail.post(&mut tx, None, &address, &letter).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        let (clock, random): (Arc<dyn Clock>, Arc<dyn RandomSource>) =
            (self.relay.clock.clone(), Arc::new(SystemRandom));
        let keys = AuthorityKeys::open(
            &self.relay.db,
            folder.join("keys"),
            "bench",
            KeyNeeds::ALL,
            clock.clone(),
            random.clone(),
        );
        let sender = MailSender::read("CleanTrack <clean@relay.example>", "relay.example").unwrap();
        let transport = MailTransport::open(self.way.clone(), sender, &ProviderAccess::default()).unwrap();
        let webhooks = WebhookLine {
            http: Arc::new(GuardedClient::new(&[], None, Arc::new(SystemResolver)).unwrap()),
            random: random.clone(),
            mail: self.mail.clone(),
            public_url: URL.to_owned(),
        };
        let handlers = RelayHandlers::begin(
            self.relay.db.clone(),
            clock.clone(),
            Some(transport),
            keys.await.unwrap().shared(),
            NoteStore::in_folder(folder).unwrap(),
            webhooks,
        );
        let queue = JobQueue::new(self.relay.db.clone(), clock, random);
        let runner = Arc::new(JobRunner::new(queue, handlers.await.unwrap(), RENEW_EVERY));
        let count = || std::fs::read_dir(folder.join("mails")).map_or(0, Iterator::count);
        let (before, began) = (count(), Instant::now());
        let workers = JobWorkers::start(&runner, 2);
        while count() < before + MAILS as usize {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let took_s = Instant::now().duration_since(began).as_secs_f64();
        workers.stop().await;
        f64::from(MAILS) / took_s
    }
}

async fn measure() {
    let dir = tempfile::tempdir().unwrap();
    let bench = NoticeBench::open(dir.path()).await;
    bench.fill().await;
    let cookie = bench.relay.sign_in().await;
    let quiet_ms = bench.page_ms(&cookie).await;
    let ((took_s, alerts), busy_ms) = tokio::join!(bench.look(), bench.page_ms(&cookie));
    println!(
        "{alerts} alerts at {FACILITIES} facilities: {took_s:.2} s with pages asked for beside it; at most 5"
    );
    println!(
        "p99 of a page: {quiet_ms:.2} ms, meanwhile {busy_ms:.2} ms: ratio {:.2}, at most 1.2",
        busy_ms / quiet_ms
    );
    println!("mails into a folder: {:.0} a second, at least 300", bench.send_mails(dir.path()).await);
    println!("this process held {} MiB at most", peak_mib());
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}
