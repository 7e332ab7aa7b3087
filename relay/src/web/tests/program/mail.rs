//! Mail by Resend: each leaves once whatever the provider does, and what it says of them is kept, in whatever order it comes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use serde_json::{Value, json};
use service::signature::{SVIX, SigningSecret};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::db::PlatformReason;
use crate::db::delivery::suppressions::{SuppressionRow, platform_lift, platform_suppress};
use crate::mail::MailLetter;
use crate::mail::transport::{MailSender, MailTransport, MailWay, ProviderAccess};
use crate::web::api::mail_events;
use crate::web::tests::world::{DAY_MS, HOUR_MS, NOW_MS, RESEND_SECRET, World};

const ADDRESS: &str = "ana@linden.example";

#[derive(Debug, Clone, Copy)]
enum ProviderAct {
    Answer(u16, &'static str),
    /// The mail is taken, and the connection ends without a word.
    Cut,
}

#[derive(Debug, Clone)]
struct AskedMail {
    key: String,
    body: Value,
}

/// Answers in turn, and takes a mail once it has no more answers.
#[derive(Debug)]
struct FakeResend {
    url: String,
    asked: Arc<Mutex<Vec<AskedMail>>>,
}

async fn read_request(stream: &mut TcpStream) -> AskedMail {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let field = |name: &str| {
                let line = head.lines().find(|line| line.to_lowercase().starts_with(name));
                line.unwrap().split_once(": ").unwrap().1.to_owned()
            };
            assert_eq!(field("authorization"), "Bearer re_1");
            if body.len() == field("content-length").parse::<usize>().unwrap() {
                return AskedMail {
                    key: field("idempotency-key"),
                    body: serde_json::from_str(body).unwrap(),
                };
            }
        }
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        assert_ne!(length, 0, "it was cut: {text}");
        bytes.extend_from_slice(&part[..length]);
    }
}

impl FakeResend {
    async fn start(acts: &[ProviderAct]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<AskedMail>>> = Arc::default();
        let (mut acts, kept): (VecDeque<ProviderAct>, _) =
            (acts.iter().copied().collect(), Arc::clone(&asked));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mail = read_request(&mut stream).await;
                kept.lock().unwrap().push(mail);
                match acts.pop_front().unwrap_or(ProviderAct::Answer(200, r#"{"id":"e-1"}"#)) {
                    ProviderAct::Cut => {}
                    ProviderAct::Answer(status, body) => {
                        let answer = format!(
                            "HTTP/1.1 {status} X\r\nretry-after: 7\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                }
            }
        });
        Self { url, asked }
    }

    fn transport(&self) -> MailTransport {
        let access = ProviderAccess {
            secret: Some("re_1".to_owned()),
            resend_url: self.url.clone(),
            ..ProviderAccess::default()
        };
        let sender = MailSender::read("CleanTrack <no-reply@relay.example>", "relay.example").unwrap();
        MailTransport::open(MailWay::Resend, sender, &access).unwrap()
    }

    fn asked(&self) -> Vec<AskedMail> {
        self.asked.lock().unwrap().clone()
    }
}

impl World {
    async fn post_letter(&self, letter: &MailLetter) {
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        self.state.mail.post(&mut tx, None, ADDRESS, letter).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn post_reset(&self) {
        self.post_letter(&code()).await;
    }

    /// State, body and provider's id of each mail, the oldest first.
    async fn standings(&self) -> Vec<(String, String, Option<String>)> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await.unwrap();
        let sql = "SELECT state, body, provider_id FROM mails ORDER BY made_ms, mail";
        crate::db::all!(conn, (String, String, Option<String>), sql).unwrap()
    }

    async fn states(&self) -> Vec<String> {
        self.standings().await.into_iter().map(|(state, ..)| state).collect()
    }

    /// Sends what Resend says, signed, as its message of this id; the status.
    async fn tell(&self, id: &str, body: &str) -> u16 {
        self.tell_signed(RESEND_SECRET, self.state.clock.now_ms() / 1_000, id, body).await
    }

    async fn tell_signed(&self, secret: &[u8], time_s: i64, id: &str, body: &str) -> u16 {
        let mut request = Request::post(mail_events::PATH).body(Body::from(body.to_owned())).unwrap();
        request.headers_mut().extend(sign_message(secret, time_s, id, body));
        self.ask(request).await.status.as_u16()
    }
}

/// The headers by which Resend signs a message.
pub(in crate::web::tests) fn sign_message(
    secret: &[u8],
    time_s: i64,
    id: &str,
    body: &str,
) -> Vec<(HeaderName, HeaderValue)> {
    let secret = SigningSecret::of_bytes(secret.to_vec());
    let headers = SVIX.sign(&[secret], id, time_s, body.as_bytes());
    headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn event(name: &str, data: &Value) -> String {
    json!({ "type": name, "created_at": "2026-11-20T14:02:00Z", "data": data }).to_string()
}

fn bounce(provider_id: &str, kind: &str) -> String {
    event("email.bounced", &json!({ "email_id": provider_id, "bounce": { "type": kind, "message": "gone" } }))
}

#[tokio::test]
async fn a_mail_is_one_mail_there_whatever_the_provider_does() {
    use ProviderAct::{Answer, Cut};
    let world = World::new().await;
    let resend = FakeResend::start(&[
        Cut,
        Answer(503, "<html>upstream"),
        Answer(500, r#"{"name":"application_error","message":"later"}"#),
        Answer(429, r#"{"name":"rate_limit_exceeded","message":"slow"}"#),
        Answer(401, r#"{"name":"missing_api_key","message":"none"}"#),
        Answer(409, r#"{"name":"concurrent_idempotent_requests","message":"wait"}"#),
    ])
    .await;
    world.post_reset().await;
    for tries in 1..=7 {
        world.run_jobs(resend.transport()).await;
        assert_eq!(resend.asked().len(), tries, "{:?}", world.states().await);
        let (state, body, id) = world.standings().await.remove(0);
        match tries {
            7 => assert_eq!((state.as_str(), body.as_str(), id.as_deref()), ("sent", "{}", Some("e-1"))),
            _ => assert!(state == "wait" && body.contains("S3CRET"), "{state}"),
        }
        world.clock.advance_ms(2 * HOUR_MS);
    }
    let asked = resend.asked();
    assert!(asked.iter().all(|mail| mail.key == asked[0].key && mail.body == asked[0].body), "{asked:?}");
    let body = &asked[0].body;
    assert_eq!(
        (&body["to"], &body["from"]),
        (&json!([ADDRESS]), &json!("CleanTrack <no-reply@relay.example>"))
    );
    assert_eq!(format!("ct-{}", body["tags"][0]["value"].as_str().unwrap()), asked[0].key);
    world.run_jobs(resend.transport()).await;
    assert_eq!(resend.asked().len(), 7, "it left");
}

#[tokio::test]
async fn a_mail_that_is_not_taken_ends_there() {
    let world = World::new().await;
    let refusal = r#"{"name":"validation_error","message":"Invalid `to` field"}"#;
    let resend = FakeResend::start(&[ProviderAct::Answer(422, refusal)]).await;
    world.post_reset().await;
    world.run_jobs(resend.transport()).await;
    let (state, body, _) = world.standings().await.remove(0);
    assert!(state == "failed" && body.contains("S3CRET"), "{state}");
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE answer LIKE '%Invalid `to`%'").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE kind = 'mail'").await, 0);
    // A person may send it yet, or give it up.
    let mail = world.latest_mail().await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    assert!(world.state.mail.send_again(&mut tx, &mail).await.unwrap());
    assert!(world.state.mail.drop_unsent(&mut tx, &mail).await.unwrap());
    assert!(!world.state.mail.send_again(&mut tx, &mail).await.unwrap());
    assert!(!world.state.mail.drop_unsent(&mut tx, &mail).await.unwrap());
    tx.commit().await.unwrap();
    world.run_jobs(resend.transport()).await;
    assert_eq!(resend.asked().len(), 1);
    assert_eq!(world.standings().await.remove(0).1, "{}");
}

#[tokio::test]
async fn a_provider_that_is_away_for_a_day_loses_nothing() {
    let world = World::new().await;
    world.post_reset().await;
    let nobody = FakeResend { url: "http://127.0.0.1:1".to_owned(), asked: Arc::default() };
    for _ in 0..30 {
        world.run_jobs(nobody.transport()).await;
        world.clock.advance_ms(HOUR_MS + HOUR_MS / 2);
    }
    assert_eq!(world.states().await, ["wait"], "nothing was sent, so nothing can come twice");
    let resend = FakeResend::start(&[]).await;
    world.run_jobs(resend.transport()).await;
    assert_eq!(world.states().await, ["sent"]);
}

#[tokio::test]
async fn what_may_have_left_a_day_ago_waits_for_a_person() {
    let world = World::new().await;
    let resend = FakeResend::start(&[ProviderAct::Cut]).await;
    world.post_reset().await;
    world.run_jobs(resend.transport()).await;
    world.clock.advance_ms(21 * HOUR_MS);
    world.run_jobs(resend.transport()).await;
    let (state, body, _) = world.standings().await.remove(0);
    assert_eq!((state.as_str(), resend.asked().len()), ("unsure", 1));
    assert!(body.contains("S3CRET"), "a person may send it yet");
    let mail = resend.asked()[0].body["tags"][0]["value"].as_str().unwrap().to_owned();
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    assert!(world.state.mail.send_again(&mut tx, &mail).await.unwrap());
    tx.commit().await.unwrap();
    world.run_jobs(resend.transport()).await;
    assert_eq!((world.states().await, resend.asked().len()), (vec!["sent".to_owned()], 2));
}

#[tokio::test]
async fn the_last_word_counts_in_whatever_order_it_comes() {
    let words = ["email.sent", "email.delivery_delayed", "email.delivered", "email.complained"];
    let world = World::new().await;
    let resend = FakeResend::start(&[]).await;
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [3, 0, 1, 2]] {
        world.lift().await;
        world.clock.advance_ms(1);
        world.post_reset().await;
        let mail = world.latest_mail().await;
        // The first word comes before it is known here that the mail was taken.
        for (turn, index) in order.into_iter().chain(order).enumerate() {
            let body = event(words[index], &json!({ "tags": { "mail": mail } }));
            assert_eq!(world.tell(&format!("msg_{mail}_{index}"), &body).await, 204);
            if turn == 0 {
                world.run_jobs(resend.transport()).await;
            }
        }
        assert_eq!(world.states().await.pop().unwrap(), "complained", "{order:?}");
    }
    assert_eq!(resend.asked().len(), 0, "of which the provider spoke, they had left");
    assert_eq!(world.count("SELECT COUNT(*) FROM mail_events").await, 20, "each message once");
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE body <> '{}'").await, 0);
}

impl World {
    async fn latest_mail(&self) -> String {
        let mut conn = self.db.platform_read(PlatformReason::Work).await.unwrap();
        let sql = "SELECT mail FROM mails ORDER BY made_ms DESC, mail DESC LIMIT 1";
        crate::db::opt!(conn, (String,), sql).unwrap().unwrap().0
    }

    async fn lift(&self) {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let now_ms = self.state.clock.now_ms();
        platform_lift(&mut tx, ADDRESS, now_ms).await.unwrap();
        assert!(!platform_lift(&mut tx, ADDRESS, now_ms).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Posts a mail, and lets it leave or not; how it stands then.
    async fn send_one(&self, resend: &FakeResend, letter: MailLetter) -> String {
        self.clock.advance_ms(1);
        self.post_letter(&letter).await;
        self.run_jobs(resend.transport()).await;
        self.states().await.pop().unwrap()
    }
}

fn notice() -> MailLetter {
    MailLetter::password_changed(1, "https://relay.example/".to_owned())
}

fn code() -> MailLetter {
    MailLetter::reset("https://relay.example/reset/S3CRET".to_owned(), NOW_MS + 3 * DAY_MS)
}

#[tokio::test]
async fn nothing_is_sent_to_where_mail_comes_back_until_somebody_lifts_it() {
    let world = World::new().await;
    let resend = FakeResend::start(&[]).await;
    assert_eq!(world.send_one(&resend, notice()).await, "sent");
    assert_eq!(world.tell("msg_1", &bounce("e-1", "Permanent")).await, 204);
    assert_eq!(world.states().await, ["bounced"]);
    for letter in [notice(), code()] {
        assert_eq!(world.send_one(&resend, letter).await, "suppressed", "a link would not arrive either");
    }
    assert_eq!(resend.asked().len(), 1);
    world.clock.advance_ms(DAY_MS);
    assert_eq!(world.send_one(&resend, code()).await, "sent", "a link that is asked for is tried once a day");
    let mail = world.latest_mail().await;
    let data = json!({ "tags": { "mail": mail }, "bounce": { "type": "Permanent" } });
    assert_eq!(world.tell("msg_again", &event("email.bounced", &data)).await, 204);
    assert_eq!(world.send_one(&resend, code()).await, "suppressed");
    world.lift().await;
    assert_eq!(world.send_one(&resend, notice()).await, "sent");
    // Full mailboxes are emptied some day: only the fifth within a month counts.
    let suppressed = "SELECT COUNT(*) FROM suppressions WHERE kind <> 'lifted'";
    for n in 0..5 {
        assert_eq!(world.count(suppressed).await, 0, "{n}");
        world.clock.advance_ms(DAY_MS);
        let mail = world.latest_mail().await;
        let data = json!({ "tags": { "mail": mail }, "bounce": { "type": "Transient", "message": "full" } });
        let body = json!({ "type": "email.bounced", "data": data }).to_string();
        assert_eq!(world.tell(&format!("msg_t{n}"), &body).await, 204);
        assert_eq!(world.tell(&format!("msg_t{n}"), &body).await, 204, "the same again is none more");
    }
    assert_eq!(world.send_one(&resend, notice()).await, "suppressed");
}

#[tokio::test]
async fn whoever_complained_gets_the_links_that_they_ask_for_and_nothing_else() {
    let world = World::new().await;
    let resend = FakeResend::start(&[]).await;
    assert_eq!(world.send_one(&resend, notice()).await, "sent");
    let complaint = event("email.complained", &json!({ "email_id": "e-1" }));
    assert_eq!(world.tell("msg_1", &complaint).await, 204);
    assert_eq!(world.send_one(&resend, notice()).await, "suppressed");
    assert_eq!(world.send_one(&resend, code()).await, "sent");
    let bounced = event("email.suppressed", &json!({ "tags": { "mail": world.latest_mail().await } }));
    assert_eq!(world.tell("msg_2", &bounced).await, 204);
    assert_eq!(
        world.send_one(&resend, code()).await,
        "suppressed",
        "the provider itself sends nothing there"
    );
}

#[tokio::test]
async fn what_is_not_resends_or_not_of_this_relay_changes_nothing() {
    let world = World::new().await;
    let resend = FakeResend::start(&[]).await;
    assert_eq!(world.send_one(&resend, notice()).await, "sent");
    let now_s = world.state.clock.now_ms() / 1_000;
    let body = bounce("e-1", "Permanent");
    assert_eq!(world.tell_signed(b"another secret", now_s, "msg_1", &body).await, 401);
    assert_eq!(world.tell_signed(RESEND_SECRET, now_s - 301, "msg_1", &body).await, 403);
    assert_eq!(world.tell_signed(RESEND_SECRET, now_s, "msg_1", &"x".repeat(256 * 1024 + 1)).await, 413);
    assert_eq!(world.tell("msg_1", "text").await, 400);
    assert_eq!(world.tell(&"m".repeat(201), &body).await, 400);
    let bare = Request::post(mail_events::PATH).body(Body::from(body)).unwrap();
    assert_eq!(world.ask(bare).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.count("SELECT COUNT(*) FROM mail_events").await, 0);
    assert_eq!(world.tell("msg_2", &bounce("e-of-another-program", "Permanent")).await, 204);
    assert_eq!(
        world.tell("msg_3", &event("email.of_a_later_year", &json!({ "email_id": "e-1" }))).await,
        204
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM mail_events").await, 2, "kept, and nothing follows");
    assert_eq!(world.count("SELECT COUNT(*) FROM suppressions").await, 0);
    assert_eq!(world.states().await, ["sent"]);
}

#[tokio::test]
async fn an_admin_sees_whose_mail_comes_back_and_lets_it_be_sent_again() {
    let world = World::new().await;
    let admin = world.sign_in(&world.a.email).await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let (address, kind) = (world.a.email.clone(), "bounce".to_owned());
    let row = SuppressionRow { address, kind, since_ms: world.state.clock.now_ms() };
    platform_suppress(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    let people = world.get("/app/people", &admin).await.body;
    let page = people.split("href=\"/app/people/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let page = format!("/app/people/{}", page.into_iter().find(|id| id.len() == 26).unwrap());
    let shown = world.get(&page, &admin).await.body;
    assert!(shown.contains("mail came back from there"), "{shown}");
    let done = world.send_form(&page, &page, &admin, "&act=mail-again").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let shown = world.get(&format!("{page}?done=mail-again"), &admin).await.body;
    assert!(shown.contains("Mail is sent there again") && !shown.contains("mail came back"), "{shown}");
    assert_eq!(world.count("SELECT COUNT(*) FROM suppressions WHERE kind = 'lifted'").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM audit WHERE act = 'admin mail-again'").await, 1);
    let other = world.sign_in(&world.b.email).await;
    assert_eq!(
        world.send_form("/app/people", &page, &other, "&act=mail-again").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_link_that_is_over_leaves_no_more() {
    let world = World::new().await;
    let resend = FakeResend::start(&[]).await;
    world.post_reset().await;
    world.clock.advance_ms(3 * DAY_MS + 1);
    world.run_jobs(resend.transport()).await;
    assert_eq!((world.states().await, resend.asked().len()), (vec!["failed".to_owned()], 0));
}

#[tokio::test]
async fn who_invites_an_address_from_which_mail_comes_back_gets_the_link_to_hand_on() {
    let world = World::new().await;
    let admin = world.sign_in(&world.a.email).await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let (address, kind) = ("new@linden.example".to_owned(), "bounce".to_owned());
    let row = SuppressionRow { address, kind, since_ms: world.state.clock.now_ms() };
    platform_suppress(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    for (email, has_link) in [("new@linden.example", true), ("other@linden.example", false)] {
        let fields = format!("&email={}&role=auditor&all=1", email.replace('@', "%40"));
        let got = world.send_form("/app/people", "/app/people", &admin, &fields).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert_eq!(got.body.contains("/join/"), has_link, "{email}");
    }
}
