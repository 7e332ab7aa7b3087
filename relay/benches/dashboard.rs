//! What a page costs with ten thousand and with a million cleanings behind it: it must not grow with history.
//!
//! `cargo bench -p cleantrack-relay --bench dashboard`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench measures, says so, or stops")]

#[expect(dead_code, reason = "the stories use all of it")]
#[path = "../tests/store/fake_box.rs"]
mod fake_box;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use fake_box::FakeBox;
use http_body_util::BodyExt as _;
use record::batch::{BatchBudget, pack_batch};
use record::checkpoint::Checkpoint;
use record::ids::{AccountId, BoxId, FacilityId, UserId};
use record::limits::BATCH_ENTRIES_MAX;
use record::tag::Tag;
use record::tree::Frontier;
use relay::accounts::UserRole;
use relay::accounts::password;
use relay::accounts::people::{NewMember, add_member};
use relay::accounts::token::{self, MintedToken, new_id};
use relay::db::tokens::{self, NewToken};
use relay::db::{Db, PlatformReason, ScopedConnection, accounts, boxes, epochs, facilities};
use relay::fleet::Fleet;
use relay::ingest::Ingest;
use relay::keys::{AuthorityKeys, KeyNeeds};
use relay::mail::MailOutbox;
use relay::mqtt::Outbox;
use relay::objects::PhotoStore;
use relay::outgoing::guarded::{GuardedClient, SystemResolver};
use relay::outgoing::texts::SystemTexts;
use relay::projections::facility_now::refresh_box;
use relay::web::{OutsideHosts, WebSettings, WebState, build_router};
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SystemRandom};
use tower::ServiceExt as _;

const NOW_MS: i64 = 1_795_204_920_000;
const DAY_MS: i64 = 86_400_000;
const ITEMS: u8 = 100;
/// The history lies in as many days, however many cleanings it has.
const DAYS: i64 = 400;
const PASSWORD: &str = "correct horse battery";
const ROUNDS: usize = 200;

/// One hundred items, due each day; `cleanings` spread evenly.
fn log(cleanings: i64) -> (FakeBox, Vec<String>) {
    let mut log = FakeBox::new(BoxId::new(1, [1; 10]), 1, 1);
    let start_ms = NOW_MS - DAYS * DAY_MS;
    let tags: Vec<String> = (0..ITEMS).map(|i| Tag::from_random([i, 1, 2, 3, 4]).to_string()).collect();
    for tag in &tags {
        log.add(start_ms, tag);
        let schedule = format!(r#"{{"tag":"{tag}","schedule":{{"every":"days","n":1}},"from":{start_ms}}}"#);
        log.tell(start_ms, "schedule.set", &schedule);
    }
    for (i, tag) in (0..cleanings).zip(tags.iter().cycle()) {
        log.clean(start_ms + (DAYS * DAY_MS - 60_000) / cleanings * i, tag);
    }
    (log, tags)
}

async fn tell(ingest: &Ingest, log: &FakeBox) {
    let box_id = log.origin.box_id;
    ingest.hello(box_id, &log.hello(0, None)).await.unwrap();
    let (mut frontier, mut first) = (Frontier::default(), 0);
    let mut texts = log.texts.iter().peekable();
    while first < log.entries.len() {
        let mut room = BatchBudget::new(BATCH_ENTRIES_MAX);
        let (mut lines, mut beside): (Vec<&[u8]>, Vec<String>) = (Vec::new(), Vec::new());
        for entry in &log.entries[first..] {
            let text = texts.peek().filter(|t| t.seq() == entry.seq()).map(|t| t.line());
            if !room.take(entry.bytes().len(), text.as_ref().map_or(0, |t| t.len() + 1)) {
                break;
            }
            texts.next_if(|t| t.seq() == entry.seq());
            frontier.push(entry.leaf());
            lines.push(entry.bytes());
            beside.extend(text);
        }
        let checkpoint = Checkpoint { origin: log.origin, size: frontier.size(), root: frontier.root() };
        let note = checkpoint.signed(&log.signer).unwrap().to_string();
        let wire = pack_batch(&note, first as u64, &lines, &beside).unwrap();
        ingest.batch(box_id, Bytes::from(wire)).await.unwrap();
        first += lines.len();
    }
    ingest.hello(box_id, &log.hello(0, None)).await.unwrap();
    ingest.fold_waiting().await.unwrap();
    ingest.flush_reports().await.unwrap();
}

/// A relay that was told a history, and a page's place in it.
struct Bench {
    router: Router,
    db: Db,
    facility: FacilityId,
    tag: String,
    _dir: tempfile::TempDir,
}

/// A program that may look at everything.
async fn insert_token(tx: &mut ScopedConnection) {
    let minted = MintedToken::new(new_id([1; 8]), [1; 32]);
    let token = NewToken {
        token_id: &minted.id,
        name: "bench",
        digest: token::token_digest(&minted.text),
        scope: token::TokenScope::Read.key(),
        made_by: "bench",
        expires_ms: None,
        places: None,
        origins: &[],
    };
    tokens::insert_token(tx, &token, NOW_MS).await.unwrap();
}

async fn bench(cleanings: i64) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
    db.migrate(NOW_MS).await.unwrap();
    let seams = (
        Arc::new(FakeClock::at_ms(NOW_MS)) as Arc<dyn Clock>,
        Arc::new(SystemRandom) as Arc<dyn RandomSource>,
    );
    let keys = dir.path().join("keys");
    let keys = AuthorityKeys::open(&db, keys, "bench", KeyNeeds::ALL, seams.0.clone(), seams.1.clone())
        .await
        .unwrap();
    let keys = Arc::new(keys);
    let fleet = Fleet::open(db.clone(), Arc::clone(&keys), None, seams.clone()).unwrap();
    let (account, facility) = (AccountId::new(1, [1; 10]), FacilityId::new(1, [1; 10]));
    let (log, tags) = log(cleanings);
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    let scope = accounts::platform_create(&mut tx, account, "Bench", NOW_MS).await.unwrap();
    let password_hash = password::create_hash(PASSWORD).unwrap();
    let admin = NewMember {
        id: UserId::new(1, [1; 10]),
        email: "a@b.example",
        name: "A",
        verified_ms: None,
        role: UserRole::AccountAdmin,
        password_hash: &password_hash,
    };
    let (mut tx, _) = add_member(tx, scope, &admin, NOW_MS).await.unwrap();
    insert_token(&mut tx).await;
    facilities::insert_facility(&mut tx, facility, "Bench", "UTC", NOW_MS).await.unwrap();
    let place = (log.origin.box_id, facility, log.origin.epoch);
    boxes::insert_box(&mut tx, place, "Pi", "1", NOW_MS).await.unwrap();
    epochs::insert_epoch(&mut tx, &log.origin, facility, (&log.key(), true), NOW_MS).await.unwrap();
    refresh_box(&mut tx, facility, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let ingest = Ingest::new(db.clone(), keys.shared(), seams.clone(), Outbox::new());
    tell(&ingest, &log).await;
    let photos = PhotoStore::in_folder(&dir.path().join("photos")).unwrap();
    let (clock, random) = seams;
    let fleet = Arc::new(fleet);
    let readiness =
        relay::readiness::ProcessReadiness::new(db.clone(), photos.clone(), None, Arc::clone(&clock));
    let state = WebState {
        db: db.clone(),
        photos,
        fleet,
        mail: MailOutbox::new(Arc::clone(&clock), Arc::clone(&random), None),
        clock,
        random,
        rules: relay::accounts::password_rules::PasswordRules::default(),
        strangers: Arc::default(),
        outside: OutsideHosts {
            http: Arc::new(GuardedClient::new(&[], None, Arc::new(SystemResolver)).unwrap()),
            texts: Arc::new(SystemTexts::new(Arc::new(SystemRandom))),
        },
        readiness,
        settings: WebSettings::default(),
    };
    Bench { router: build_router(state).unwrap(), db, facility, tag: tags[7].clone(), _dir: dir }
}

const PAGES: [&str; 7] = [
    "facilities",
    "facility",
    "equipment list",
    "boxes",
    "item with its history",
    "API compliance",
    "API cleanings, 100",
];

impl Bench {
    async fn sign_in(&self) -> String {
        let form = format!("email=a%40b.example&password={}", PASSWORD.replace(' ', "+"));
        let sign_in = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
        let answer = self.router.clone().oneshot(sign_in.body(Body::from(form)).unwrap()).await.unwrap();
        answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    fn path(&self, page: usize) -> String {
        let (facility, tag) = (self.facility, &self.tag);
        match page {
            0 => "/app/?sort=name".to_owned(),
            1 => format!("/app/f/{facility}"),
            2 => format!("/app/f/{facility}/equipment"),
            3 => "/app/boxes".to_owned(),
            4 => format!("/app/f/{facility}/e/{tag}"),
            5 => "/api/v1/compliance".to_owned(),
            _ => "/api/v1/cleanings".to_owned(),
        }
    }

    /// What one page costs.
    async fn ask(&self, page: usize, cookie: &str) -> Cost {
        let bearer = format!("Bearer {}", MintedToken::new(new_id([1; 8]), [1; 32]).text);
        let request = Request::get(self.path(page)).header("cookie", cookie).header("authorization", bearer);
        let request = request.body(Body::empty()).unwrap();
        let (began, cpu_before) = (Instant::now(), cpu_ms());
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{}: {}", self.path(page), answer.status());
        let bytes = answer.into_body().collect().await.unwrap().to_bytes().len();
        let wall = Instant::now().duration_since(began).as_secs_f64() * 1_000.0;
        Cost { cpu: cpu_ms() - cpu_before, wall, bytes }
    }
}

/// Milliseconds of one page: of this process's CPU, and by the clock.
struct Cost {
    cpu: f64,
    wall: f64,
    bytes: usize,
}

/// CPU of all threads of this process so far: what else the machine does is not in it.
fn cpu_ms() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec as f64 * 1_000.0 + spent.tv_nsec as f64 / 1_000_000.0
}

fn median(took: impl Iterator<Item = f64>) -> f64 {
    let mut took: Vec<f64> = took.collect();
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}

async fn compare() {
    let (few, many) = (bench(10_000).await, bench(1_000_000).await);
    let cookies = (few.sign_in().await, many.sign_in().await);
    for (page, name) in PAGES.iter().enumerate() {
        let (mut with_few, mut with_many) = (Vec::new(), Vec::new());
        // In turns, and each first as often as the other, so that what else the machine does meets both alike.
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                with_few.push(few.ask(page, &cookies.0).await);
                with_many.push(many.ask(page, &cookies.1).await);
            } else {
                with_many.push(many.ask(page, &cookies.1).await);
                with_few.push(few.ask(page, &cookies.0).await);
            }
        }
        let cpu = |of: &[Cost]| median(of.iter().map(|cost| cost.cpu));
        let wall = |of: &[Cost]| median(of.iter().map(|cost| cost.wall));
        let more = (cpu(&with_many) / cpu(&with_few) - 1.0) * 100.0;
        println!(
            "{name}: CPU {:.2} ms with 10,000 cleanings, {:.2} ms with 1,000,000 ({more:+.0} %); by the clock {:.2} and \
             {:.2} ms; {} bytes",
            cpu(&with_few),
            cpu(&with_many),
            wall(&with_few),
            wall(&with_many),
            with_many[0].bytes
        );
    }
    few.db.close().await;
    many.db.close().await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(compare());
}
