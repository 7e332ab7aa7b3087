//! Two accounts whose boxes recorded thirty days, sent to a real database by real batches.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use ::web::test::{AnswerChecker, TestClient};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use record::entry::{CommandSource, EntryAuthor};
use record::ids::{AccountId, FacilityId, ProtocolId, StaffId, UserId};
use record::tag::Tag;
use record::tree::Hash;
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SeededRandom};
use service::signature::SigningSecret;

use crate::accounts::UserRole;
use crate::accounts::credentials::password;
use crate::accounts::credentials::password_rules::PasswordRules;
use crate::accounts::credentials::token;
use crate::accounts::credentials::token::{MintedToken, TokenLife, TokenScope, new_id};
use crate::accounts::members::people::{NewMember, add_member};
use crate::accounts::programs::{TokenOrder, create_token};
use crate::accounts::records::access_log::AccessLog;
use crate::accounts::slug::name_account;
use crate::alerts::kind::{AlertRule, AlertRules};
use crate::billing::test_billing::TestBilling;
use crate::db::account::accounts;
use crate::db::delivery::alert_settings::save_rule;
use crate::db::facility::{facilities, facility_now};
use crate::db::fleet::{box_now, boxes, evidence};
use crate::db::log::{entries, epochs, photos};
use crate::db::person::tokens;
use crate::db::person::tokens::NewToken;
use crate::db::projection::{history, old_ids};
use crate::db::{AccountScope, Db, PlatformReason};
use crate::fleet::{Fleet, RelayUrls};
use crate::ingest::Ingest;
use crate::keys::{AuthorityKeys, KeyNeeds};
use crate::mail::MailOutbox;
use crate::mail::transport::{MailSender, MailTransport, MailWay, ProviderAccess};
use crate::mqtt::BoxPublisher;
use crate::objects::PhotoStore;
use crate::projections::facility_now::refresh_box;
use crate::readiness::ProcessReadiness;
use crate::web::routes::build_table;
use crate::web::tests::fake_provider::FakeProvider;
use crate::web::tests::test_box::TestBox;
use crate::web::{ClientAddress, QuotaPolicy, WebSettings, WebState, build_router};
use crate::webhooks::WebhookLine;

/// 2026-11-20 14:02 in Chicago.
pub(super) const NOW_MS: i64 = 1_795_204_920_000;
pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
pub(super) const RESEND_SECRET: &[u8] = b"of the webhook that Resend signs";
pub(super) const STRIPE_SECRET: &[u8] = b"whsec_of_the_webhook_that_Stripe_signs";
pub(super) const PASSWORD: &str = "correct horse battery";

pub(super) struct TestSite {
    pub(super) id: FacilityId,
    pub(super) one: TestBox,
    pub(super) tags: Vec<Tag>,
    pub(super) cleaning: u64,
}

pub(super) struct TestAccount {
    pub(super) scope: AccountScope,
    pub(super) email: String,
    pub(super) auditor: String,
    pub(super) user_id: String,
    pub(super) token: String,
    pub(super) token_id: String,
    pub(super) sites: Vec<TestSite>,
    /// Stands in names of everything that is this account's.
    pub(super) canary: String,
}

pub(super) struct World {
    pub(super) db: Db,
    pub(super) clock: Arc<FakeClock>,
    pub(super) ingest: Ingest,
    pub(super) a: TestAccount,
    pub(super) b: TestAccount,
    pub(super) state: WebState,
    pub(super) client: TestClient,
    pub(super) dir: tempfile::TempDir,
}

pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The session's cookie that it sets, as the browser sends it back.
    pub(super) fn cookie(&self) -> String {
        self.cookies().into_iter().find(|c| c.starts_with("__Host-ct=")).unwrap()
    }

    pub(super) fn device(&self) -> String {
        self.cookies().into_iter().find(|c| c.starts_with("__Host-device=")).unwrap()
    }

    fn cookies(&self) -> Vec<String> {
        let set = self.headers.get_all(header::SET_COOKIE).iter().map(|v| v.to_str().unwrap());
        set.map(|v| v.split(';').next().unwrap().to_owned()).collect()
    }
}

pub(super) async fn open_state(folder: &Path, db: &Db, clock: &Arc<FakeClock>) -> WebState {
    let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(7));
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let seams = (Arc::clone(&clock), Arc::clone(&random));
    let keys = folder.join("keys");
    let keys =
        AuthorityKeys::open(db, keys, "relay.example", KeyNeeds::ALL, seams.0.clone(), seams.1.clone())
            .await
            .unwrap();
    let fleet = Fleet::open(db.clone(), Arc::new(keys), None, seams).unwrap();
    fleet.open_at(RelayUrls {
        relay: "https://relay.example".into(),
        mqtt: "mqtts://relay.example:8883".into(),
        photos: "https://relay.example:8443".into(),
    });
    let photos = PhotoStore::in_folder(&folder.join("photos")).unwrap();
    let readiness_clock = Arc::clone(&clock);
    WebState {
        db: db.clone(),
        photos: photos.clone(),
        fleet: Arc::new(fleet),
        mail: open_outbox(folder, &clock, &random),
        clock,
        random,
        rules: PasswordRules::default(),
        outside: FakeProvider::new().outside(),
        strangers: Arc::default(),
        billing: Some(TestBilling::default().unlimited_line()),
        readiness: ProcessReadiness::new(db.clone(), photos, None, readiness_clock),
        settings: WebSettings {
            public_url: "https://relay.example".into(),
            open_sign_up: true,
            quota: QuotaPolicy::Unlimited,
            resend_secrets: vec![SigningSecret::of_bytes(RESEND_SECRET.to_vec())],
            stripe_secrets: vec![SigningSecret::of_bytes(STRIPE_SECRET.to_vec())],
        },
    }
}

pub(super) fn mail_transport(folder: &Path) -> MailTransport {
    let sender = MailSender::read("CleanTrack <no-reply@relay.example>", "relay.example").unwrap();
    MailTransport::open(mail_way(folder), sender, &ProviderAccess::default()).unwrap()
}

fn mail_way(folder: &Path) -> MailWay {
    MailWay::Folder(folder.join("mails"))
}

fn open_outbox(folder: &Path, clock: &Arc<dyn Clock>, random: &Arc<dyn RandomSource>) -> MailOutbox {
    MailOutbox::new(Arc::clone(clock), Arc::clone(random), Some(&mail_way(folder)))
}

/// Asks pages and API, and takes no answer that its row does not describe.
pub(super) fn open_client(state: &WebState) -> TestClient {
    static CHECKER: LazyLock<Arc<AnswerChecker>> =
        LazyLock::new(|| Arc::new(AnswerChecker::new(&build_table().unwrap())));
    TestClient::new(build_router(state.clone()).unwrap(), Arc::clone(&CHECKER))
}

pub(super) fn csrf(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

impl World {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("relay.db").display());
        Self::on(&address, dir).await
    }

    /// On a database of its own. An answer that its row does not describe is no answer.
    pub(super) async fn on(address: &str, dir: tempfile::TempDir) -> Self {
        let db = Db::open(address).await.unwrap();
        db.migrate(NOW_MS).await.unwrap();
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let state = open_state(dir.path(), &db, &clock).await;
        let seams = (Arc::clone(&state.clock), Arc::clone(&state.random));
        let ingest = Ingest::new(db.clone(), state.fleet.keys().shared(), seams, BoxPublisher::new());
        static PHC: LazyLock<String> = LazyLock::new(|| password::create_hash(PASSWORD).unwrap());
        let a = account(
            &db,
            &ingest,
            ("Linden", 1, &["Valley Hospital", "Riverside Imaging", "Eastfield"]),
            &PHC,
        )
        .await;
        let b = account(&db, &ingest, ("Zebra", 101, &["Clinic"]), &PHC).await;
        let client = open_client(&state);
        Self { db, clock, ingest, a, b, state, client, dir }
    }

    pub(super) async fn add_member(&self, scope: AccountScope, new: &NewMember<'_>) {
        let tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let (tx, _) = add_member(tx, scope, new, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn ask(&self, request: Request<Body>) -> Got {
        let (status, headers, body) = self.read(request).await;
        Got { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(super) async fn read(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let requested = format!("{} {}", request.method(), request.uri());
        let answer = self.client.send(request).await;
        super::kept_answers::keep_answer(&requested, answer.status.as_u16(), &answer.headers, &answer.body);
        (answer.status, answer.headers, answer.body.to_vec())
    }

    pub(super) async fn get(&self, path: &str, cookie: &str) -> Got {
        let request = Request::get(path).header(header::COOKIE, cookie).header(header::HOST, "relay.example");
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn api(&self, path: &str, token: &str) -> Got {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, cookie: &str, form: &str) -> Got {
        self.send(Method::POST, path, cookie, form).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, cookie: &str, form: &str) -> Got {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "relay.example")
            .header(header::ORIGIN, "https://relay.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookie);
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(super) async fn sign_in(&self, email: &str) -> String {
        let got = self.try_in(email, PASSWORD, "", "127.0.0.1").await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
        got.cookie()
    }

    pub(super) async fn try_in(&self, email: &str, password: &str, cookies: &str, from: &str) -> Got {
        let form = format!("email={}&password={}", email.replace('@', "%40"), password.replace(' ', "+"));
        let mut request = Request::post("/login")
            .header(header::HOST, "relay.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, cookies)
            .body(Body::from(form))
            .unwrap();
        request
            .extensions_mut()
            .insert(ClientAddress(std::net::SocketAddr::new(from.parse().unwrap(), 4_000)));
        self.ask(request).await
    }
}

async fn account(
    db: &Db,
    ingest: &Ingest,
    (name, seed, places): (&str, u8, &[&str]),
    phc: &str,
) -> TestAccount {
    let account = AccountId::new(NOW_MS, [seed; 10]);
    let people = [("admin", UserRole::AccountAdmin), ("auditor", UserRole::Auditor)];
    let minted = MintedToken::new(new_id([seed; 8]), [seed; 32]);
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    let named = format!("{name} Health Partners");
    let scope = accounts::platform_create(&mut tx, account, &named, NOW_MS).await.unwrap();
    name_account(&mut tx, scope, &named, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    for (at, (who, role)) in (0_u8..).zip(people) {
        let new = NewMember {
            id: UserId::new(NOW_MS, [seed + at; 10]),
            email: &format!("{who}@{}.example", name.to_lowercase()),
            name: &format!("Priya {name}"),
            verified_ms: Some(NOW_MS),
            role,
            password_hash: phc,
        };
        let tx = db.platform_write(PlatformReason::Operator).await.unwrap();
        let (tx, _) = add_member(tx, scope, &new, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = db.write(scope).await.unwrap();
    let token = NewToken {
        token_id: &minted.id,
        name: &format!("{name} warehouse"),
        digest: token::token_digest(&minted.text),
        scope: TokenScope::Read.key(),
        made_by: "operator",
        expires_ms: Some(NOW_MS + 365 * DAY_MS),
        places: None,
        origins: &[],
    };
    tokens::insert_token(&mut tx, &token, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    // Alerts would be among the mails that tests count: those of alerts let them come ([`World::with_alerts`]).
    let mut tx = db.write(scope).await.unwrap();
    for rule in AlertRules::of_rows(&[]).all() {
        save_rule(&mut tx, &AlertRule { is_on: false, ..rule.clone() }.to_row()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut sites = Vec::new();
    for (at, place) in (0_u8..).zip(places) {
        sites.push(site(db, ingest, scope, (name, place), seed + 10 + at).await);
    }
    TestAccount {
        scope,
        email: format!("admin@{}.example", name.to_lowercase()),
        auditor: format!("auditor@{}.example", name.to_lowercase()),
        user_id: UserId::new(NOW_MS, [seed + 1; 10]).to_string(),
        token: minted.text,
        token_id: minted.id,
        sites,
        canary: name.to_owned(),
    }
}

async fn site(
    db: &Db,
    ingest: &Ingest,
    scope: AccountScope,
    (account, place): (&str, &str),
    seed: u8,
) -> TestSite {
    let id = FacilityId::new(NOW_MS, [seed; 10]);
    let mut one = TestBox::new(seed);
    let mut tx = db.write(scope).await.unwrap();
    let name = format!("{account} {place}");
    facilities::insert_facility(&mut tx, id, &name, "America/Chicago", NOW_MS).await.unwrap();
    boxes::insert_box(&mut tx, (one.id, id, one.origin.epoch), "pi", "1.4.2", NOW_MS - 40 * DAY_MS)
        .await
        .unwrap();
    let key = one.signer.verifier().public();
    epochs::insert_epoch(&mut tx, &one.origin, id, (&key, true), NOW_MS - 40 * DAY_MS).await.unwrap();
    refresh_box(&mut tx, id, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let start_ms = NOW_MS - 40 * DAY_MS;
    one.tell(start_ms, "log.started", &format!(r#"{{"box":"{}","version":"1.4.2"}}"#, one.id));
    one.tell(
        start_ms,
        "facility.changed",
        &format!(r#"{{"name":"{name}","zone":"America/Chicago","label_host":"https://ct.example","contact":"{account} biomed, ext. 4417"}}"#),
    );
    let staff = StaffId::new(start_ms, [seed; 10]);
    let person = one.text(&format!("Tom {account} Nguyen"));
    let body = format!(
        r#"{{"staff":"{staff}","name":{{"redactable":"{}"}},"role":"biomed"}}"#,
        person.redactable().hash
    );
    one.tell_by(start_ms, EntryAuthor::BOX, ("staff.added", &body), &[person]);
    let protocol = ProtocolId::new(start_ms, [seed; 10]);
    one.tell(
        start_ms,
        "protocol.published",
        &format!(r#"{{"protocol":"{protocol}","version":1,"name":"{account} wipe-down","steps":[{{"text":"Gloves on"}},{{"text":"Wipe"}}],"contact_s":60}}"#),
    );
    let missed: &[&[i64]] = &[&[], &[4, 9, 10], &[1, 0], &[2, 3, 5, 8, 13, 21], &[]];
    let mut tags = Vec::new();
    for (at, missed) in missed.iter().take(usize::from(seed % 4) + 2).enumerate() {
        let place = ["ICU East, bed 3", "Ward 2C, bed 4", "Emergency, bay 1"][at % 3];
        tags.push(one.item(&format!("{account} pump {}", at + 1), place, (35, missed), staff));
    }
    let voided = one.clean(NOW_MS - 5 * HOUR_MS, tags[0].as_str(), &format!("Aisha {account} Bello"), "");
    let reason = one.text(&format!("{account}: wrong item scanned"));
    let body = format!(
        r#"{{"epoch":"{}","seq":{voided},"reason":{{"redactable":"{}"}}}}"#,
        one.origin.epoch,
        reason.redactable().hash
    );
    let by = EntryAuthor { staff: Some(staff), via: CommandSource::Staff, device: None };
    one.tell_by(NOW_MS - 4 * HOUR_MS, by, ("cleaning.voided", &body), &[reason]);
    let late = format!(r#","performed":{}"#, NOW_MS - 7 * HOUR_MS);
    one.clean(NOW_MS - 3 * HOUR_MS, tags[1].as_str(), &format!("Luis {account} Ortega"), &late);
    one.tell(NOW_MS - HOUR_MS, "use.recorded", &format!(r#"{{"tag":"{}"}}"#, tags[0]));
    // The photos of the last days have come; older ones are on their way, as after a long outage.
    let mut tx = db.write(scope).await.unwrap();
    for tag in &tags {
        for ago in 0..3 {
            let photo = Hash::of(format!("{tag}{ago}").as_bytes());
            photos::mark_received(&mut tx, id, photo, 1_000, NOW_MS).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    one.hello(ingest, NOW_MS, one.size()).await;
    one.send(ingest).await;
    one.hello(ingest, NOW_MS, 0).await;
    one.health(ingest, NOW_MS, "ready").await;
    TestSite { id, one, tags, cleaning: voided }
}

impl World {
    /// The first box of A signs a second history; the id of the evidence.
    pub(super) async fn fork_of_a(&self) -> String {
        let one = &self.a.sites[0].one;
        let mut conn = self.db.read(self.a.scope).await.unwrap();
        let lines = entries::load_lines(&mut conn, &one.origin, 0, 100_000).await.unwrap();
        drop(conn);
        one.fork(&self.ingest, &lines).await;
        let found =
            evidence::newest_evidence(&mut self.db.read(self.a.scope).await.unwrap(), 1).await.unwrap();
        found[0].evidence_id.clone()
    }

    pub(super) fn admin_id(&self) -> String {
        UserId::new(NOW_MS, [1; 10]).to_string()
    }

    pub(super) async fn add_token(&self, scope: AccountScope, order: TokenOrder<'_>) -> String {
        let mut tx = self.db.write(scope).await.unwrap();
        let log = AccessLog { clock: &*self.state.clock, random: &*self.state.random };
        let minted = create_token(&mut tx, (log, "operator"), order).await.unwrap();
        tx.commit().await.unwrap();
        minted.text
    }

    /// With what jobs send to webhooks: the hosts that pages ask too.
    pub(super) fn webhook_line(&self) -> WebhookLine {
        WebhookLine {
            http: Arc::clone(&self.state.outside.http),
            random: Arc::clone(&self.state.random),
            mail: self.state.mail.clone(),
            public_url: self.state.settings.public_url.clone(),
        }
    }

    pub(super) async fn add_writer(&self, scope: AccountScope) -> String {
        let life = TokenLife::default();
        let order = TokenOrder {
            name: "writer",
            life,
            scope: TokenScope::Write,
            places: None,
            origins: &[],
            id: None,
        };
        self.add_token(scope, order).await
    }

    pub(super) async fn number_cleaning_of_a(&self) -> String {
        let TestSite { one, cleaning, .. } = &self.a.sites[0];
        let mut things: Vec<String> = (0..1_000).map(|n| format!("nothing/{n}")).collect();
        things.push(format!("{}/{}/{cleaning}", one.id, one.origin.epoch));
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        old_ids::assign_numbers(&mut tx, old_ids::OldKind::Cleaning, &things).await.unwrap();
        tx.commit().await.unwrap();
        "1001".to_owned()
    }

    /// A photo that A's box sent; its hash.
    pub(super) async fn photo_of_a(&self) -> String {
        let bytes = Bytes::from_static(b"\xff\xd8 a photo of Linden");
        let hash = Hash::of(&bytes);
        let length = bytes.len() as u64;
        self.state.photos.put(self.a.scope, hash, bytes).await.unwrap();
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        photos::mark_received(&mut tx, self.a.sites[0].id, hash, length, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        hash.to_string()
    }

    pub(super) async fn dump(&self) -> String {
        let mut all = String::new();
        for scope in [self.a.scope, self.b.scope] {
            let mut conn = self.db.read(scope).await.unwrap();
            let start = history::HistoryCursor::start();
            let cleanings =
                history::load_cleanings(&mut conn, history::HistoryScope::Account, &start, 10_000)
                    .await
                    .unwrap();
            let rows = (
                facility_now::list_rows(&mut conn).await.unwrap(),
                facility_now::load_revs(&mut conn, None).await.unwrap(),
                box_now::load_page(&mut conn, &box_now::BoxFilter::default(), None, 1_000).await.unwrap(),
                evidence::newest_evidence(&mut conn, 100).await.unwrap(),
                cleanings,
            );
            all.push_str(&format!("{rows:?}\n"));
        }
        all
    }
}
