//! Webhooks: added, sent to, and what becomes of them where nothing arrives.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use record::ids::UserId;
use ring::hmac;
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::db::delivery::webhook_deliveries;
use crate::db::delivery::webhook_deliveries::{DeliveryRow, NewDelivery};
use crate::db::delivery::webhooks;
use crate::db::delivery::webhooks::NewWebhook;
use crate::db::{PlatformReason, all, exec, opt};
use crate::jobs::handlers::RelayHandlers;
use crate::jobs::queue::JobQueue;
use crate::jobs::runner::{JobRunner, RENEW_EVERY};
use crate::objects::NoteStore;
use crate::outgoing::guarded::{GuardedClient, SystemResolver};
use crate::outgoing::{OutgoingAnswer, OutgoingError, OutgoingHttp, OutgoingRequest};
use crate::web::tests::world::{DAY_MS, Got, HOUR_MS, MINUTE_MS, NOW_MS, World, csrf};
use crate::webhooks::{WebhookLine, seal_place};

type Answered = Result<OutgoingAnswer, OutgoingError>;

/// Takes what is sent, and answers in turn; 204 once it has no more answers.
#[derive(Debug, Default)]
struct FakeReceiver {
    requests: Mutex<Vec<OutgoingRequest>>,
    answers: Mutex<VecDeque<Answered>>,
}

impl FakeReceiver {
    fn answering(answers: impl IntoIterator<Item = Answered>) -> Arc<Self> {
        Arc::new(Self { requests: Mutex::default(), answers: Mutex::new(answers.into_iter().collect()) })
    }

    fn taken(&self) -> Vec<Taken> {
        self.requests.lock().unwrap().drain(..).map(|request| Taken::of(&request)).collect()
    }
}

impl OutgoingHttp for FakeReceiver {
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Answered> {
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| answer(204, ""));
        Box::pin(std::future::ready(answer))
    }
}

fn answer(status: u16, body: &str) -> Answered {
    Ok(OutgoingAnswer { status: StatusCode::from_u16(status).unwrap(), body: body.as_bytes().to_vec() })
}

/// A request as a receiver reads it.
struct Taken {
    id: String,
    signed: String,
    signatures: Vec<String>,
    text: String,
    body: Value,
}

impl Taken {
    fn of(request: &OutgoingRequest) -> Self {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(one, _)| one == name).unwrap();
            found.1.to_str().unwrap().to_owned()
        };
        let text = String::from_utf8(request.body.clone().unwrap()).unwrap();
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        Self {
            signed: format!("{id}.{time}.{text}"),
            signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
            body: serde_json::from_str(&text).unwrap(),
            id,
            text,
        }
    }

    /// Reckoned by a library that the relay does not sign with.
    fn is_signed_with(&self, secret: &str) -> bool {
        let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), self.signed.as_bytes());
        self.signatures.contains(&format!("v1,{}", STANDARD.encode(tag)))
    }

    fn word(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }
}

/// The ids of the webhook and the delivery of [`World::webhook_of_a`].
pub(in crate::web::tests) const WEBHOOK: &str = "01KCAM0A5000000000000000AA";
pub(in crate::web::tests) const DELIVERY: &str = "msg_01KCAM0A5000000000000000AA";

impl World {
    pub(in crate::web::tests) async fn webhook_of_a(&self) {
        let (keys, random) = (self.state.fleet.keys().now(), &*self.state.random);
        let sealed = keys.seal_bytes(&[7; 32], &seal_place(self.a.scope, WEBHOOK), random).unwrap();
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        let new = NewWebhook {
            webhook: WEBHOOK,
            url: "https://hooks.example/Linden",
            events: "item.overdue",
            places: None,
            seal_n: sealed.n,
            secret: &sealed.bytes,
            made_by: &self.a.email,
        };
        webhooks::insert_webhook(&mut tx, &new, NOW_MS).await.unwrap();
        let new = NewDelivery { delivery: DELIVERY, webhook: WEBHOOK, event: "test", body: "{}" };
        webhook_deliveries::insert_delivery(&mut tx, &new, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn send_due(&self, http: Arc<dyn OutgoingHttp>) {
        let line = WebhookLine { http, ..self.webhook_line() };
        let (clock, random) = (Arc::clone(&self.state.clock), Arc::clone(&self.state.random));
        let handlers = RelayHandlers::begin(
            self.db.clone(),
            Arc::clone(&clock),
            None,
            self.state.fleet.keys().shared(),
            NoteStore::in_folder(self.dir.path()).unwrap(),
            line,
        )
        .await
        .unwrap();
        let queue = JobQueue::new(self.db.clone(), clock, random);
        Box::pin(JobRunner::new(queue, handlers, RENEW_EVERY).run_due()).await.unwrap();
    }

    async fn add_webhook(&self, cookie: &str, fields: &str) -> AddedWebhook {
        let page = self.get("/app/webhooks", cookie).await.body;
        let form = format!("csrf={}&{fields}", csrf(&page));
        AddedWebhook::of(&self.post("/app/webhooks", cookie, &form).await)
    }

    async fn act_on(&self, webhook: &AddedWebhook, cookie: &str, act: &str) -> Got {
        let page = self.get(&webhook.path, cookie).await.body;
        self.post(&webhook.path, cookie, &format!("csrf={}&act={act}", csrf(&page))).await
    }

    /// The first box of A records a cleaning and sends it.
    async fn clean_first(&mut self) {
        let site = &mut self.a.sites[0];
        site.one.clean(NOW_MS - MINUTE_MS, site.tags[0].as_str(), "Grace Secret", "");
        site.one.send(&self.ingest).await;
    }

    async fn off_mails(&self) -> Vec<(String, String)> {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await.unwrap();
        let sql = "SELECT address, body FROM mails WHERE kind = 'webhook-off' ORDER BY mail";
        all!(conn, (String, String), sql).unwrap()
    }

    async fn job_error(&self, delivery: &str) -> String {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await.unwrap();
        let sql = "SELECT error FROM jobs WHERE key = $1";
        opt!(conn, (String,), sql, delivery.to_owned()).unwrap().unwrap().0
    }

    /// As somebody could who writes to the database alone.
    async fn move_webhook_to_b(&self) {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        exec!(tx, "UPDATE webhooks SET account = $1", self.b.scope.key()).unwrap();
        tx.commit().await.unwrap();
    }

    async fn deliveries(&self, webhook: &AddedWebhook) -> Vec<DeliveryRow> {
        let mut conn = self.db.read(self.a.scope).await.unwrap();
        webhook_deliveries::list_newest(&mut conn, webhook.id(), 100).await.unwrap()
    }
}

struct AddedWebhook {
    path: String,
    secret: String,
}

impl AddedWebhook {
    fn of(page: &Got) -> Self {
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
        let secret = page.body.split("whsec_").nth(1).unwrap().split('<').next().unwrap();
        let path = page.body.split("action=\"/app/webhooks/").nth(1).unwrap();
        Self {
            secret: format!("whsec_{}", secret.replace("&#43;", "+").replace("&#61;", "=")),
            path: format!("/app/webhooks/{}", path.split(['"', '/']).next().unwrap()),
        }
    }

    fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }
}

const ALL_EVENTS: &str = "url=https%3A%2F%2Fhooks.example%2Fa%3Fkey%3D1&events.cleaning.recorded=on\
                          &events.item.overdue=on&events.box.state=on";

const CLEANINGS: &str = "url=https%3A%2F%2Fhooks.example%2Fa&events.cleaning.recorded=on";

#[tokio::test]
async fn what_boxes_record_is_sent_signed_and_without_names_of_people() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.clean_first().await;
    let all = world.add_webhook(&cookie, ALL_EVENTS).await;
    let other = format!("{ALL_EVENTS}&places.{}=on", world.a.sites[1].id);
    let other = world.add_webhook(&cookie, &other).await;
    let receiver = FakeReceiver::answering([]);
    world.send_due(receiver.clone()).await;
    assert!(receiver.taken().is_empty(), "what happened before is not sent");
    world.clean_first().await;
    world.send_due(receiver.clone()).await;
    let taken = receiver.taken();
    assert_eq!(taken.iter().map(Taken::word).collect::<Vec<_>>(), ["cleaning.recorded"]);
    let [taken] = &taken[..] else { panic!() };
    assert!(taken.is_signed_with(&all.secret) && !taken.is_signed_with(&other.secret));
    let cleaning = &taken.body["data"]["cleanings"][0];
    let site = &world.a.sites[0];
    assert_eq!(cleaning["facility"], site.id.to_string());
    assert_eq!(cleaning["tag"], site.tags[0].as_str());
    assert_eq!(cleaning["equipment"], "Linden pump 1");
    assert_eq!(cleaning["performed_at"], "2026-11-20T20:01:00.000Z");
    assert_eq!(taken.body["data"]["cleanings"].as_array().unwrap().len(), 1);
    for name in ["Grace", "Secret", "Nguyen"] {
        assert!(!taken.text.contains(name), "{}", taken.text);
    }
    world.send_due(receiver.clone()).await;
    assert!(receiver.taken().is_empty(), "once");
    let page = world.get(&all.path, &cookie).await.body;
    assert!(page.contains("Arrived") && page.contains(&taken.id) && !page.contains("whsec_"), "{page}");
}

#[tokio::test]
async fn many_cleanings_are_sent_a_hundred_at_a_time() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.add_webhook(&cookie, CLEANINGS).await;
    let site = &mut world.a.sites[0];
    for at in 0..250 {
        site.one.clean(NOW_MS - HOUR_MS + at, site.tags[0].as_str(), "Grace", "");
    }
    site.one.send(&world.ingest).await;
    let receiver = FakeReceiver::answering([]);
    world.send_due(receiver.clone()).await;
    let taken = receiver.taken();
    let counts = taken.iter().map(|one| one.body["data"]["cleanings"].as_array().unwrap().len());
    let mut counts: Vec<usize> = counts.collect();
    counts.sort_unstable();
    assert_eq!(counts, [50, 100, 100]);
}

#[tokio::test]
async fn what_becomes_overdue_and_how_boxes_stand_is_sent() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.add_webhook(&cookie, ALL_EVENTS).await;
    // Boxes of two facilities keep reporting that they know of nothing new; the third is silent.
    world.clock.advance_ms(3 * DAY_MS);
    let now_ms = NOW_MS + 3 * DAY_MS;
    for site in &world.a.sites[..2] {
        site.one.hello(&world.ingest, now_ms, 0).await;
        site.one.health(&world.ingest, now_ms, "ready").await;
    }
    let receiver = FakeReceiver::answering([]);
    world.send_due(receiver.clone()).await;
    world.send_due(receiver.clone()).await;
    let taken = receiver.taken();
    let overdue: Vec<&Value> = taken
        .iter()
        .filter(|one| one.word() == "item.overdue")
        .flat_map(|one| one.body["data"]["items"].as_array().unwrap())
        .collect();
    let first = &world.a.sites[0];
    assert!(
        overdue.iter().any(|item| item["tag"] == first.tags[0].as_str()
            && item["equipment"] == "Linden pump 1"
            && item["since"].as_str().unwrap() > "2026-11-20T20:02:00"),
        "{overdue:?}"
    );
    let boxes: Vec<&Value> = taken
        .iter()
        .filter(|one| one.word() == "box.state")
        .flat_map(|one| one.body["data"]["boxes"].as_array().unwrap())
        .collect();
    let silent = world.a.sites[2].one.id.to_string();
    assert!(boxes.iter().any(|one| one["box"] == silent && one["state"] == "silent"), "{boxes:?}");
    world.clock.advance_ms(MINUTE_MS);
    world.send_due(receiver.clone()).await;
    assert!(receiver.taken().is_empty(), "nothing changed");
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_under_its_id() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let webhook = world.add_webhook(&cookie, CLEANINGS).await;
    world.clean_first().await;
    let failures = [answer(500, "<b>no</b>"), Err(OutgoingError::Slow), answer(302, "")];
    let receiver = FakeReceiver::answering(failures);
    let mut ids = Vec::new();
    for _ in 0..4 {
        world.send_due(receiver.clone()).await;
        ids.extend(receiver.taken().into_iter().map(|taken| taken.id));
        world.clock.advance_ms(10 * MINUTE_MS);
    }
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let row = &world.deliveries(&webhook).await[0];
    assert_eq!((row.state.as_str(), row.tries, row.status), ("sent", 4, Some(204)));
    let path = format!("{}/deliveries/{}", webhook.path, ids[0]);
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("Send again") && page.contains("204"), "{page}");
    // By hand, of what arrived too.
    let again = world.post(&path, &cookie, &format!("csrf={}", csrf(&page))).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    let receiver = FakeReceiver::answering([answer(500, "<b>no</b>")]);
    world.send_due(receiver.clone()).await;
    assert_eq!(receiver.taken()[0].id, ids[0]);
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains("&#60;b&#62;no") && !page.contains("<b>no"), "{page}");
}

#[tokio::test]
async fn a_webhook_is_off_where_nothing_arrives_for_three_days() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let webhook = world.add_webhook(&cookie, CLEANINGS).await;
    world.clean_first().await;
    let receiver = FakeReceiver::answering((0..100).map(|_| answer(500, "")));
    let mut tries = 0;
    for _ in 0..100 {
        world.send_due(receiver.clone()).await;
        tries += receiver.taken().len();
        world.clock.advance_ms(HOUR_MS);
    }
    assert!((5..=20).contains(&tries), "{tries} tries");
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get(&webhook.path, &cookie).await.body;
    assert!(page.contains("Nothing arrived there for three days"), "{page}");
    let mails = world.off_mails().await;
    assert_eq!(mails.len(), 1, "once, to the one admin: {mails:?}");
    let (address, body) = &mails[0];
    assert_eq!(*address, world.a.email);
    for part in ["Linden", "hooks.example", &webhook.path, "webhook-off.failing"] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("hooks.example/a"), "the path may be a secret");
    let waiting = world.deliveries(&webhook).await;
    assert!(waiting.iter().all(|row| row.state == "failed"), "{waiting:?}");
    world.clean_first().await;
    let receiver = FakeReceiver::answering([]);
    world.send_due(receiver.clone()).await;
    assert!(receiver.taken().is_empty(), "nothing is kept for it");
    assert_eq!(world.act_on(&webhook, &cookie, "resume").await.status, StatusCode::SEE_OTHER);
    world.clean_first().await;
    world.send_due(receiver.clone()).await;
    assert_eq!(receiver.taken().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_sent_nothing_more() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let webhook = world.add_webhook(&cookie, CLEANINGS).await;
    world.clean_first().await;
    let receiver = FakeReceiver::answering([answer(410, "gone")]);
    world.send_due(receiver.clone()).await;
    world.clean_first().await;
    world.clock.advance_ms(HOUR_MS);
    world.send_due(receiver.clone()).await;
    assert_eq!(receiver.taken().len(), 1);
    let page = world.get(&webhook.path, &cookie).await.body;
    assert!(page.contains("Off") && page.contains("Did not arrive"), "{page}");
    let mails = world.off_mails().await;
    assert!(mails.len() == 1 && mails[0].1.contains("webhook-off.gone"), "{mails:?}");
}

#[tokio::test]
async fn a_paused_webhook_gets_what_waited_once_it_is_resumed() {
    let mut world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let webhook = world.add_webhook(&cookie, CLEANINGS).await;
    assert_eq!(world.act_on(&webhook, &cookie, "test").await.status, StatusCode::SEE_OTHER);
    world.act_on(&webhook, &cookie, "pause").await;
    world.clean_first().await;
    let receiver = FakeReceiver::answering([]);
    world.send_due(receiver.clone()).await;
    assert!(receiver.taken().is_empty());
    assert_eq!(
        world.act_on(&webhook, &cookie, "test").await.status,
        StatusCode::SEE_OTHER,
        "it says how it is"
    );
    world.act_on(&webhook, &cookie, "resume").await;
    world.send_due(receiver.clone()).await;
    assert_eq!(receiver.taken().iter().map(Taken::word).collect::<Vec<_>>(), ["test"]);
    world.act_on(&webhook, &cookie, "remove").await;
    assert_eq!(world.get(&webhook.path, &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_secrets_sign_for_a_day_after_one_is_made_anew() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let before = world.add_webhook(&cookie, CLEANINGS).await;
    let form = format!("csrf={}", csrf(&world.get(&before.path, &cookie).await.body));
    let after = world.post(&format!("{}/secret", before.path), &cookie, &form).await;
    let after = AddedWebhook::of(&after);
    assert_ne!(before.secret, after.secret);
    let receiver = FakeReceiver::answering([]);
    world.act_on(&before, &cookie, "test").await;
    world.send_due(receiver.clone()).await;
    let taken = &receiver.taken()[0];
    assert!(taken.is_signed_with(&before.secret) && taken.is_signed_with(&after.secret));
    world.clock.advance_ms(DAY_MS);
    let cookie = world.sign_in(&world.a.email).await;
    world.act_on(&before, &cookie, "test").await;
    world.send_due(receiver.clone()).await;
    let taken = receiver.taken();
    let test = taken.iter().find(|one| one.word() == "test").unwrap();
    assert!(!test.is_signed_with(&before.secret) && test.is_signed_with(&after.secret));
}

#[tokio::test]
async fn what_does_not_fit_adds_no_webhook() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/webhooks", &cookie).await.body;
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let token = csrf(&page).to_owned();
    let foreign = &world.b.sites[0].id;
    for (fields, field) in [
        ("url=http%3A%2F%2Fhooks.example&events.item.overdue=on".to_owned(), "#url"),
        ("url=https%3A%2F%2Fme%40hooks.example&events.item.overdue=on".to_owned(), "#url"),
        ("url=&events.item.overdue=on".to_owned(), "#url"),
        ("url=https%3A%2F%2Fhooks.example".to_owned(), "#events"),
        ("url=https%3A%2F%2Fhooks.example&events.alert.opened=on".to_owned(), "#events"),
        (format!("{ALL_EVENTS}&places.{foreign}=on"), "#places"),
    ] {
        let got = world.post("/app/webhooks", &cookie, &format!("csrf={token}&id={id}&{fields}")).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(got.body.contains(&format!("href=\"{field}\"")), "{fields}: {}", got.body);
    }
    for (status, _) in [(StatusCode::OK, "made"), (StatusCode::UNPROCESSABLE_ENTITY, "sent twice")] {
        let got = world.post("/app/webhooks", &cookie, &format!("csrf={token}&id={id}&{ALL_EVENTS}")).await;
        assert_eq!(got.status, status, "{}", got.body);
    }
    for n in 1..10 {
        let id = UserId::new(NOW_MS + n, [9; 10]);
        let got = world.post("/app/webhooks", &cookie, &format!("csrf={token}&id={id}&{ALL_EVENTS}")).await;
        assert_eq!(got.status, StatusCode::OK, "{n}: {}", got.body);
    }
    let got = world.post("/app/webhooks", &cookie, &format!("csrf={token}&{ALL_EVENTS}")).await;
    assert!(got.body.contains("This account has 10 webhooks"), "{}", got.body);
}

#[tokio::test]
async fn of_many_facilities_a_webhook_names_its_own() {
    let world = World::new().await;
    world.add_hundred().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/webhooks", &cookie).await.body;
    assert!(page.contains("name=\"named\"") && !page.contains("name=\"places."), "{page}");
    let form = format!("csrf={}&id={}&{ALL_EVENTS}", csrf(&page), UserId::new(NOW_MS, [9; 10]));
    let refused = world.post("/app/webhooks", &cookie, &format!("{form}&named=Ward+700")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("href=\"#named\"") && refused.body.contains("“Ward 700”"),
        "{}",
        refused.body
    );
    let added = world.post("/app/webhooks", &cookie, &format!("{form}&named=ward+07%0D%0AWard+08")).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    assert!(added.body.contains("Ward 07, Ward 08"), "{}", added.body);
}

/// A receiver of its own authority on this machine, which answers each connection with the next of these bytes.
async fn serve_answers(answers: Vec<Vec<u8>>) -> (u16, tempfile::NamedTempFile) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), ca.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        for answer in answers {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut part = [0; 4_096];
                let read = stream.read(&mut part).await.unwrap();
                assert!(read > 0);
                request.extend_from_slice(&part[..read]);
            }
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, roots)
}

#[tokio::test]
async fn over_the_guarded_client_only_a_success_arrives() {
    let world = World::new().await;
    let long = [b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n".to_vec(), vec![b'x'; 10_000_000]];
    fn answer_head(status: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").into_bytes()
    }
    let moved = b"HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\r\n".to_vec();
    let (port, roots) =
        serve_answers(vec![long.concat(), moved, answer_head("503 Busy"), answer_head("410 Gone")]).await;
    let cookie = world.sign_in(&world.a.email).await;
    let fields = format!("url=https%3A%2F%2Flocalhost%3A{port}%2Fa&events.item.overdue=on");
    let webhook = world.add_webhook(&cookie, &fields).await;
    let allow: [IpNet; 2] = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let client =
        |allow: &[IpNet]| GuardedClient::new(allow, Some(roots.path()), Arc::new(SystemResolver)).unwrap();
    let stated = [
        (Some(200), "sent", 2_048),
        (Some(302), "wait", 0),
        (Some(503), "wait", 0),
        (Some(410), "failed", 0),
    ];
    for (at, (status, state, bytes)) in stated.into_iter().enumerate() {
        if at < 2 {
            world.act_on(&webhook, &cookie, "test").await;
        }
        world.clock.advance_ms(MINUTE_MS);
        world.send_due(Arc::new(client(&allow))).await;
        let row = &world.deliveries(&webhook).await[0];
        assert_eq!((row.status, row.state.as_str()), (status, state), "{row:?} {:?}", row.error);
        assert_eq!(row.answer.as_deref().unwrap_or_default().len(), bytes);
    }
    assert_eq!(world.act_on(&webhook, &cookie, "resume").await.status, StatusCode::SEE_OTHER);
    world.act_on(&webhook, &cookie, "test").await;
    world.send_due(Arc::new(client(&[]))).await;
    let row = &world.deliveries(&webhook).await[0];
    assert!(row.error.as_deref().unwrap().contains("has no address that this relay speaks to"), "{row:?}");
}

#[tokio::test]
async fn a_forbidden_host_reads_as_one_that_there_is_not() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let webhook = world.add_webhook(&cookie, CLEANINGS).await;
    let mut shown = Vec::new();
    for error in
        [OutgoingError::Forbidden("hooks.example".into()), OutgoingError::Unresolved("hooks.example".into())]
    {
        world.act_on(&webhook, &cookie, "test").await;
        world.clock.advance_ms(MINUTE_MS);
        let logged = error.to_string();
        // What failed before is due again, too.
        world.send_due(FakeReceiver::answering([Err(error.clone()), Err(error)])).await;
        let row = world.deliveries(&webhook).await.swap_remove(0);
        let path = format!("{}/deliveries/{}", webhook.path, row.delivery);
        assert!(world.get(&path, &cookie).await.body.contains(row.error.as_deref().unwrap()));
        shown.extend(row.error);
        let jobs = world.job_error(&row.delivery).await;
        assert!(jobs.contains(&logged), "whoever runs the relay reads which it was: {jobs}");
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test]
async fn a_secret_opens_in_no_row_of_another_account() {
    let world = World::new().await;
    world.webhook_of_a().await;
    let receiver = FakeReceiver::answering([]);
    let admin = world.sign_in(&world.b.email).await;
    world.move_webhook_to_b().await;
    let path = format!("/app/webhooks/{WEBHOOK}");
    let page = world.get(&path, &admin).await.body;
    world.post(&path, &admin, &format!("csrf={}&act=test", csrf(&page))).await;
    world.send_due(receiver.clone()).await;
    assert!(receiver.taken().is_empty(), "nothing is signed with it");
}

#[tokio::test]
async fn a_test_is_not_sent_where_twenty_wait_and_the_page_says_so() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let webhook = world.add_webhook(&cookie, CLEANINGS).await;
    for _ in 0..20 {
        assert_eq!(world.act_on(&webhook, &cookie, "test").await.status, StatusCode::SEE_OTHER);
    }
    let crowded = world.act_on(&webhook, &cookie, "test").await;
    assert_eq!((crowded.status, crowded.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60"));
    assert!(
        crowded.body.contains("20 deliveries wait") && crowded.body.contains("href=\"#test\""),
        "{}",
        crowded.body
    );
    let row = world.deliveries(&webhook).await.swap_remove(0);
    let path = format!("{}/deliveries/{}", webhook.path, row.delivery);
    let form = format!("csrf={}", csrf(&crowded.body));
    let again = world.post(&path, &cookie, &form).await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        again.body.contains("20 deliveries wait") && again.body.contains("href=\"#again\""),
        "{}",
        again.body
    );
    assert_eq!(world.deliveries(&webhook).await.len(), 20);
}
