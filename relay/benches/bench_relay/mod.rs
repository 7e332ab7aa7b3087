//! A relay in this process with as many facilities as a bench wants, and what its pages cost.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use record::batch::{BatchBudget, pack_batch};
use record::checkpoint::Checkpoint;
use record::ids::{AccountId, FacilityId, UserId};
use record::limits::BATCH_ENTRIES_MAX;
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::Frontier;
use relay::accounts::UserRole;
use relay::accounts::credentials::password;
use relay::accounts::credentials::token;
use relay::accounts::credentials::token::{MintedToken, new_id};
use relay::accounts::members::people::{NewMember, add_member};
use relay::db::account::accounts;
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::log::epochs;
use relay::db::person::tokens;
use relay::db::person::tokens::NewToken;
use relay::db::{AccountScope, Db, PlatformReason, ScopedConnection};
use relay::fleet::Fleet;
use relay::ingest::Ingest;
use relay::keys::{AuthorityKeys, KeyNeeds};
use relay::mail::MailOutbox;
use relay::mqtt::BoxPublisher;
use relay::objects::PhotoStore;
use relay::outgoing::guarded::{GuardedClient, SystemResolver};
use relay::outgoing::texts::SystemTexts;
use relay::projections::facility_now::refresh_box;
use relay::readiness::ProcessReadiness;
use relay::web::{OutsideHosts, WebSettings, WebState, build_router};
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SystemRandom};
use tower::ServiceExt as _;

#[expect(dead_code, reason = "the stories use all of it")]
#[path = "../../tests/store/fake_box.rs"]
pub(crate) mod fake_box;
#[path = "../../../tests/src/postgres.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "a part of the harness, which uses all of it"
)]
pub(crate) mod postgres;

use fake_box::FakeBox;

/// What the clock of a bench says that sets none of its own.
pub(crate) const NOW_MS: i64 = 1_795_204_920_000;
pub(crate) const DAY_MS: i64 = 86_400_000;
const ASKS_EVERY_MS: i64 = 200;
const PASSWORD: &str = "correct horse battery";

/// A log with items that are due each day, and so many cleanings spread evenly over the days before [`NOW_MS`].
pub(crate) struct LogShape {
    pub(crate) items: usize,
    pub(crate) cleanings: i64,
    pub(crate) days: i64,
}

impl LogShape {
    /// Writes it into an empty log; the tags of its items.
    pub(crate) fn write(&self, log: &mut FakeBox) -> Vec<String> {
        let start_ms = NOW_MS - self.days * DAY_MS;
        let numbers = (0..self.items).map(|i| u16::try_from(i).unwrap().to_be_bytes());
        let tags: Vec<String> =
            numbers.map(|[high, low]| Tag::from_random([high, low, 2, 3, 4]).to_string()).collect();
        for tag in &tags {
            log.add(start_ms, tag);
            let body = format!(r#"{{"tag":"{tag}","schedule":{{"every":"days","n":1}},"from":{start_ms}}}"#);
            log.tell(start_ms, "schedule.set", &body);
        }
        for (i, tag) in (0..self.cleanings).zip(tags.iter().cycle()) {
            log.clean(start_ms + (self.days * DAY_MS - 60_000) / self.cleanings * i, tag);
        }
        tags
    }
}

/// A whole log as batches as large as they may be.
pub(crate) fn pack_log(log: &FakeBox) -> Vec<Bytes> {
    let (mut wires, mut frontier, mut first) = (Vec::new(), Frontier::default(), 0);
    let mut texts = log.texts.iter();
    while first < log.entries.len() {
        let mut budget = BatchBudget::new(BATCH_ENTRIES_MAX);
        let (mut lines, mut beside): (Vec<&[u8]>, Vec<String>) = (Vec::new(), Vec::new());
        for entry in &log.entries[first..] {
            let of_entry: Vec<String> =
                texts.clone().take_while(|text| text.seq() == entry.seq()).map(TextLine::line).collect();
            if !budget.take(entry.bytes().len(), of_entry.iter().map(|text| text.len() + 1).sum()) {
                break;
            }
            texts.by_ref().take(of_entry.len()).for_each(drop);
            frontier.push(entry.leaf());
            lines.push(entry.bytes());
            beside.extend(of_entry);
        }
        let checkpoint = Checkpoint { origin: log.origin, size: frontier.size(), root: frontier.root() };
        let note = checkpoint.signed(&log.signer).unwrap().to_string();
        wires.push(pack_batch(&note, first as u64, &lines, &beside).unwrap().into());
        first += lines.len();
    }
    wires
}

/// Milliseconds of one page: of this process's CPU, and by the clock.
pub(crate) struct PageCost {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
    pub(crate) bytes: usize,
}

/// CPU of all threads of this process so far: what else the machine does is not in it.
fn cpu_ms() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec as f64 * 1_000.0 + spent.tv_nsec as f64 / 1_000_000.0
}

pub(crate) fn percentile(took: impl Iterator<Item = f64>, percent: usize) -> f64 {
    let mut took: Vec<f64> = took.collect();
    took.sort_by(f64::total_cmp);
    took[(took.len() * percent / 100).min(took.len() - 1)]
}

/// The most that this process ever held, in MiB.
pub(crate) fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

pub(crate) fn numbered(n: u16) -> [u8; 10] {
    let [high, low] = n.to_be_bytes();
    [1, 1, 1, 1, 1, 1, 1, 1, high, low]
}

pub(crate) async fn make_database(server: &postgres::Postgres, name: &str) -> Db {
    let main = Db::open(&server.url("postgres")).await.unwrap();
    let Db::Postgres(pool) = &main else { unreachable!() };
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(pool).await.unwrap();
    main.close().await;
    Db::open(&server.url(name)).await.unwrap()
}

/// One account with an admin and a program that may read.
pub(crate) struct BenchRelay {
    pub(crate) router: Router,
    pub(crate) db: Db,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) scope: AccountScope,
    pub(crate) clock: Arc<FakeClock>,
    password_hash: String,
    _dir: Option<tempfile::TempDir>,
}

impl BenchRelay {
    pub(crate) async fn open(db: Db) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().to_owned();
        Self { _dir: Some(dir), ..Self::open_with(db, &folder).await }
    }

    /// Over the database and the keys of this folder, as another process left them; over new ones where it is empty.
    pub(crate) async fn in_folder(folder: &Path) -> Self {
        let db = Db::open(&format!("sqlite:{}", folder.join("relay.db").display())).await.unwrap();
        Self::open_with(db, folder).await
    }

    async fn open_with(db: Db, folder: &Path) -> Self {
        let bench_clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let clock = Arc::clone(&bench_clock) as Arc<dyn Clock>;
        db.migrate(NOW_MS).await.unwrap();
        let random = Arc::new(SystemRandom) as Arc<dyn RandomSource>;
        let seams = (Arc::clone(&clock), Arc::clone(&random));
        let keys = folder.join("keys");
        let keys = AuthorityKeys::open(&db, keys, "bench", KeyNeeds::ALL, seams.0.clone(), seams.1.clone());
        let keys = Arc::new(keys.await.unwrap());
        let fleet = Arc::new(Fleet::open(db.clone(), Arc::clone(&keys), None, seams.clone()).unwrap());
        let password_hash = password::create_hash(PASSWORD).unwrap();
        let scope = open_account(&db, &password_hash).await;
        let ingest = Arc::new(Ingest::new(db.clone(), keys.shared(), seams, BoxPublisher::new()));
        let photos = PhotoStore::in_folder(&folder.join("photos")).unwrap();
        let readiness = ProcessReadiness::new(db.clone(), photos.clone(), None, Arc::clone(&clock));
        let state = WebState {
            billing: None,
            db: db.clone(),
            photos,
            fleet,
            mail: MailOutbox::new(Arc::clone(&clock), Arc::clone(&random), None),
            clock,
            random,
            rules: relay::accounts::credentials::password_rules::PasswordRules::default(),
            strangers: Arc::default(),
            outside: OutsideHosts {
                http: Arc::new(GuardedClient::new(&[], None, Arc::new(SystemResolver)).unwrap()),
                texts: Arc::new(SystemTexts::new(Arc::new(SystemRandom))),
            },
            readiness,
            settings: WebSettings::default(),
        };
        Self {
            router: build_router(state).unwrap(),
            db,
            ingest,
            scope,
            clock: bench_clock,
            password_hash,
            _dir: None,
        }
    }

    /// Somebody else of the account, `p<n>@b.example`, with the same password.
    pub(crate) async fn add_person(&self, n: u16) {
        let tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let email = format!("p{n}@b.example");
        let person = NewMember {
            id: UserId::new(2, numbered(n)),
            email: &email,
            name: "P",
            verified_ms: None,
            role: UserRole::AccountAdmin,
            password_hash: &self.password_hash,
        };
        let (tx, _) = add_member(tx, self.scope, &person, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn in_file(path: &Path) -> Self {
        Self::open(Db::open(&format!("sqlite:{}", path.display())).await.unwrap()).await
    }

    pub(crate) async fn on_server(server: &postgres::Postgres, name: &str) -> Self {
        Self::open(make_database(server, name).await).await
    }

    pub(crate) async fn add_facility(&self, facility: FacilityId, name: &str, log: &FakeBox) {
        let mut tx = self.db.write(self.scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, name, "UTC", NOW_MS).await.unwrap();
        let place = (log.origin.box_id, facility, log.origin.epoch);
        boxes::insert_box(&mut tx, place, "Pi", "1", NOW_MS).await.unwrap();
        epochs::insert_epoch(&mut tx, &log.origin, facility, (&log.key(), true), NOW_MS).await.unwrap();
        refresh_box(&mut tx, facility, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn send_log(&self, log: &FakeBox, wires: &[Bytes]) {
        let box_id = log.origin.box_id;
        self.ingest.hello(box_id, &log.hello(0, None)).await.unwrap();
        for wire in wires {
            self.ingest.batch(box_id, wire.clone()).await.unwrap();
        }
        self.ingest.hello(box_id, &log.hello(0, None)).await.unwrap();
    }

    pub(crate) async fn sign_in(&self) -> String {
        self.sign_in_as("a").await
    }

    /// The same of somebody else, `<name>@b.example`.
    pub(crate) async fn sign_in_as(&self, name: &str) -> String {
        let form = format!("email={name}%40b.example&password={}", PASSWORD.replace(' ', "+"));
        let sign_in = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
        let answer = self.router.clone().oneshot(sign_in.body(Body::from(form)).unwrap()).await.unwrap();
        answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn ask(&self, path: &str, cookie: &str) -> PageCost {
        // Nobody asks more often than a program may.
        self.clock.advance_ms(ASKS_EVERY_MS);
        let bearer = format!("Bearer {}", MintedToken::new(new_id([1; 8]), [1; 32]).text);
        let request = Request::get(path).header("cookie", cookie).header("authorization", bearer);
        let request = request.body(Body::empty()).unwrap();
        let (began, cpu_before) = (Instant::now(), cpu_ms());
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let bytes = answer.into_body().collect().await.unwrap().to_bytes().len();
        let wall = Instant::now().duration_since(began).as_secs_f64() * 1_000.0;
        PageCost { cpu: cpu_ms() - cpu_before, wall, bytes }
    }
}

/// The account with its admin and its program, made where there is none.
async fn open_account(db: &Db, password_hash: &str) -> AccountScope {
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    let account = AccountId::new(1, [1; 10]);
    if let Some(known) = accounts::platform_find(&mut tx, account).await.unwrap() {
        return known;
    }
    let scope = accounts::platform_create(&mut tx, account, "Bench", NOW_MS).await.unwrap();
    let admin = NewMember {
        id: UserId::new(1, [1; 10]),
        email: "a@b.example",
        name: "A",
        verified_ms: None,
        role: UserRole::AccountAdmin,
        password_hash,
    };
    let (mut tx, _) = add_member(tx, scope, &admin, NOW_MS).await.unwrap();
    insert_token(&mut tx).await;
    tx.commit().await.unwrap();
    scope
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
