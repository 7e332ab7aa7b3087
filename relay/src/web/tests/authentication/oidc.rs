//! Sign-in by a provider: who comes in, what a hostile provider gets, and what an account's admin may say of one.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use record::ids::UserId;
use ring::hmac;
use serde_json::{Value, json};

use super::entrance::change_slug;
use crate::accounts::UserRole;
use crate::accounts::credentials::mail_link::LinkSecret;
use crate::accounts::credentials::password::create_hash;
use crate::accounts::members::people::NewMember;
use crate::db::access_log::audit;
use crate::db::person::identities;
use crate::db::person::identities::IdentityKey;
use crate::db::person::invitations;
use crate::db::person::invitations::NewInvitation;
use crate::db::person::people;
use crate::db::{PlatformReason, exec};
use crate::outgoing::OutgoingError;
use crate::web::WebState;
use crate::web::tests::administration::logo::upload_plain;
use crate::web::tests::fake_provider::{FakeProvider, ISSUER, TestSigner, unsigned};
use crate::web::tests::world::{Got, MINUTE_MS, NOW_MS, PASSWORD, World, csrf, open_client};

pub(in crate::web::tests) const CLIENT: &str = "cleantrack";
pub(in crate::web::tests) const CLIENT_SECRET: &str = "s3cret-of-the-client";

pub(in crate::web::tests) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).unwrap_or_else(|| panic!("no {from} in {text}")).split(to).next().unwrap()
}

pub(in crate::web::tests) struct Sent {
    pub(in crate::web::tests) url: String,
    state: String,
    nonce: String,
    challenge: String,
    cookie: String,
}

fn parse_sent(got: &Got) -> Sent {
    assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    let url = between(&got.body, &format!("href=\"{ISSUER}/authorize?"), "\"").replace("&#38;", "&");
    let value = |name: &str| {
        let mut pairs = url.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).unwrap()
    };
    assert_eq!((value("response_type"), value("code_challenge_method")), ("code".into(), "S256".into()));
    assert_eq!(value("redirect_uri"), "https%3A%2F%2Frelay.example%2Foidc%2Fanswer");
    let cookies = got.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let cookie = cookies.map(|v| v.split(';').next().unwrap()).find(|c| c.starts_with("__Host-oidc="));
    Sent {
        state: value("state"),
        nonce: value("nonce"),
        challenge: value("code_challenge"),
        cookie: cookie.unwrap().to_owned(),
        url: url.clone(),
    }
}

/// A relay whose account A has a provider, with a proven domain.
pub(in crate::web::tests) struct OidcWorld {
    pub(in crate::web::tests) world: World,
    pub(in crate::web::tests) provider: FakeProvider,
    pub(in crate::web::tests) signer: TestSigner,
    pub(in crate::web::tests) cookie: String,
    pub(in crate::web::tests) id: String,
}

impl OidcWorld {
    /// The cookie of somebody who came through the provider, once they have a password.
    async fn with_password(&self, email: &str) -> String {
        let mut tx = self.world.db.platform_write(PlatformReason::Operator).await.unwrap();
        let person = people::platform_by_email(&mut tx, email).await.unwrap().unwrap().person();
        let hash = create_hash(PASSWORD).unwrap();
        people::platform_set_password(&mut tx, person, &hash, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        self.world.sign_in(email).await
    }

    pub(in crate::web::tests) async fn new() -> Self {
        Self::of(World::new().await).await
    }

    async fn of(mut world: World) -> Self {
        let (provider, signer) = (FakeProvider::new(), TestSigner::new("one"));
        provider.answers().keys.push(signer.public());
        let state = WebState { outside: provider.outside(), ..world.state.clone() };
        world.client = open_client(&state);
        let cookie = world.sign_in(&world.a.email).await;
        let mut this = Self { world, provider, signer, cookie, id: String::new() };
        let added = this.admin("/app/sign-in", &Self::form("technician")).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
        let page = this.world.get("/app/sign-in", &this.cookie).await.body;
        this.id = between(&page, "action=\"/app/sign-in/", "\"").to_owned();
        this.prove("linden.example").await;
        this
    }

    pub(in crate::web::tests) fn form(role: &str) -> String {
        format!("preset=other&issuer={ISSUER}&client_id={CLIENT}&client_secret={CLIENT_SECRET}&role={role}")
    }

    pub(in crate::web::tests) async fn admin(&self, path: &str, form: &str) -> Got {
        let token = csrf(&self.world.get("/app/me", &self.cookie).await.body).to_owned();
        self.world.post(path, &self.cookie, &format!("csrf={token}&{form}")).await
    }

    /// The admin sends a form of the provider, of its page as it is now.
    pub(in crate::web::tests) async fn act(&self, form: &str) -> Got {
        let seen = self.provider_mark().await;
        self.admin(&format!("/app/sign-in/{}", self.id), &format!("seen={seen}&{form}")).await
    }

    pub(in crate::web::tests) async fn provider_mark(&self) -> String {
        let page = self.world.get("/app/sign-in", &self.cookie).await.body;
        let card = page.split(&format!("action=\"/app/sign-in/{}\"", self.id)).nth(1);
        card.map(|card| between(card, "name=\"seen\" value=\"", "\"").to_owned()).unwrap_or_default()
    }

    async fn prove(&self, domain: &str) {
        let added = self.act(&format!("act=domain-add&domain={domain}")).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
        let prove = format!("act=domain-prove&domain={domain}");
        let early = self.act(&prove).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(early.body.contains("The record is not there yet"), "{}", early.body);
        let record = between(&early.body, "cleantrack-verify=", "<").to_owned();
        let wrong = vec![format!("cleantrack-verify={}", record.to_uppercase()), "v=spf1".to_owned()];
        self.provider.answers().texts.insert(domain.to_owned(), wrong);
        assert_eq!(self.act(&prove).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        self.provider.answers().texts.insert(domain.to_owned(), vec![format!("cleantrack-verify={record}")]);
        assert_eq!(self.act(&prove).await.status, StatusCode::SEE_OTHER);
    }

    pub(in crate::web::tests) async fn begin(&self, form: &str) -> Sent {
        parse_sent(&self.world.post("/organisation", "", form).await)
    }

    pub(in crate::web::tests) fn claims(&self, sent: &Sent, subject: &str, email: &str) -> Value {
        let now_s = service::clock::Clock::now_ms(&*self.world.clock) / 1_000;
        json!({
            "iss": ISSUER, "sub": subject, "aud": CLIENT, "exp": now_s + 300, "iat": now_s, "nonce": sent.nonce,
            "email": email, "email_verified": true, "name": "Ana Lima",
        })
    }

    pub(in crate::web::tests) async fn answer(&self, sent: &Sent, token: String) -> Got {
        self.provider.answers().token = token;
        let path = format!("/oidc/answer?code=c0de&state={}", sent.state);
        self.world.get(&path, &sent.cookie).await
    }

    /// The provider says of them what `change` makes of it.
    pub(in crate::web::tests) async fn come_saying(
        &self,
        subject: &str,
        email: &str,
        change: impl FnOnce(&mut Value),
    ) -> Got {
        let sent = self.begin(&format!("provider={}", self.id)).await;
        let mut claims = self.claims(&sent, subject, email);
        change(&mut claims);
        self.answer(&sent, self.signer.sign(&claims)).await
    }

    /// Somebody signs in at the provider, and comes back.
    pub(in crate::web::tests) async fn come(&self, subject: &str, email: &str) -> Got {
        let sent = self.begin(&format!("provider={}", self.id)).await;
        let token = self.signer.sign(&self.claims(&sent, subject, email));
        self.answer(&sent, token).await
    }

    pub(in crate::web::tests) async fn log(&self) -> String {
        let mut conn = self.world.db.read(self.world.a.scope).await.unwrap();
        let filter = audit::AuditFilter::default();
        let rows = audit::list_acts(&mut conn, &filter, i64::MAX, 200).await.unwrap();
        rows.iter().map(|row| format!("{} {} {} {}\n", row.who, row.act, row.about, row.outcome)).collect()
    }
}

pub(in crate::web::tests) fn is_in(got: &Got) -> bool {
    got.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("__Host-ct="))
}

async fn walk_look(world: &World, cookie: &str) {
    assert_eq!(change_slug(world, cookie, "linden").await.0, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/o/linden-health-partners", "").await.header("location"), "/o/linden?next=/app");
    assert_eq!(upload_plain(world, cookie).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/o/linden", "").await.body;
    let logo = between(&page, "<img class=\"logo\" src=\"", "\"").to_owned();
    assert_eq!(world.get(&logo, "").await.status, StatusCode::OK);
}

/// On whichever database: somebody is made, known again, and a password shows nothing any more.
pub(in crate::web::tests) async fn walk_provider(world: World) -> World {
    let oidc = OidcWorld::of(world).await;
    let group = oidc.act("act=group-add&group=CT+IT&role=biomed&place=all").await;
    assert_eq!(group.status, StatusCode::SEE_OTHER, "{}", group.body);
    let came =
        oidc.come_saying("it-1", "it@linden.example", |claims| claims["groups"] = json!("CT IT")).await;
    assert!(is_in(&came), "{}", came.body);
    walk_look(&oidc.world, &oidc.cookie).await;
    for _ in 0..2 {
        let came = oidc.come("ana-1", "ana@linden.example").await;
        assert!(is_in(&came), "{}", came.body);
        assert_eq!(oidc.world.get("/app/", &came.cookie()).await.status, StatusCode::OK);
    }
    oidc.world.offer_app(&oidc.cookie).await;
    assert_eq!(oidc.act("act=enforce").await.status, StatusCode::SEE_OTHER);
    let auditor = oidc.world.sign_in(&oidc.world.a.auditor).await;
    assert_eq!(oidc.world.get("/app/", &auditor).await.header("location"), "/app/me");
    assert_eq!(oidc.act("act=remove").await.status, StatusCode::SEE_OTHER);
    assert_eq!(oidc.world.get("/app/", &auditor).await.status, StatusCode::OK);
    // Whatever comes next signs in with the password alone.
    let mut tx = oidc.world.db.platform_write(PlatformReason::Operator).await.unwrap();
    exec!(tx, "DELETE FROM factors").unwrap();
    tx.commit().await.unwrap();
    oidc.world
}

#[tokio::test]
async fn whoever_comes_in_a_proven_domain_is_made_once_and_known_by_subject() {
    let oidc = OidcWorld::new().await;
    let sent = oidc.begin("email=Ana%40Linden.example&next=/app/facilities").await;
    let token = oidc.signer.sign(&oidc.claims(&sent, "ana-1", "ana@linden.example"));
    let came = oidc.answer(&sent, token).await;
    assert_eq!((came.status, came.header("location")), (StatusCode::SEE_OTHER, "/app/facilities"));
    let form = oidc.provider.answers().asked.iter().find(|(path, _)| path == "/token").unwrap().1.clone();
    let verifier = between(&form, "code_verifier=", "&").to_owned();
    let digest = record::tree::Hash::of(verifier.as_bytes()).0;
    use base64::Engine as _;
    assert_eq!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest), sent.challenge);
    assert!(!form.contains(CLIENT_SECRET), "it goes in the header: {form}");
    let me = oidc.world.get("/app/me", &came.cookie()).await.body;
    assert!(
        me.contains("Ana Lima") && me.contains("ana@linden.example") && me.contains("technician"),
        "{me}"
    );
    assert_eq!(oidc.world.get("/app/people", &came.cookie()).await.status, StatusCode::FORBIDDEN);
    // Another address at the provider is the same person; the same address is not.
    let again = oidc.come("ana-1", "ana.lima@linden.example").await;
    assert!(is_in(&again), "{}", again.body);
    let other = oidc.come("ana-2", "ana@linden.example").await;
    assert!(!is_in(&other) && other.body.contains("Somebody signs in here with your address already"));
    // An existing person's address opens nothing by itself, the admin's least.
    let admin = oidc.come("evil", &oidc.world.a.email).await;
    assert!(!is_in(&admin) && admin.body.contains("address-known"), "{}", admin.body);
    for (email, verified) in [("ana@zebra.example", true), ("tom@linden.example", false)] {
        let sent = oidc.begin(&format!("provider={}", oidc.id)).await;
        let mut claims = oidc.claims(&sent, "stranger", email);
        claims["email_verified"] = verified.into();
        let got = oidc.answer(&sent, oidc.signer.sign(&claims)).await;
        assert!(!is_in(&got) && got.body.contains("stranger"), "{email}: {}", got.body);
    }
    let log = oidc.log().await;
    for row in ["ana@linden.example oidc join technician none done", "oidc sign-in address-known denied"] {
        assert!(log.contains(row), "{row}: {log}");
    }
    let unknown = oidc.world.post("/organisation", "", "email=a%40nowhere.example").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    // There is no password that fits.
    for password in ["", " ", "correct horse battery"] {
        assert!(!is_in(&oidc.world.try_in("ana@linden.example", password, "", "127.0.0.1").await));
    }
}

/// A provider that is wrong in one way, and what the page names it.
type Hostile = (&'static str, fn(&OidcWorld, &Sent, Value) -> String);

const HOSTILE: &[Hostile] = &[
    ("token-nonce", |oidc, _, mut claims| {
        claims["nonce"] = "another".into();
        oidc.signer.sign(&claims)
    }),
    ("token-issuer", |oidc, _, mut claims| {
        claims["iss"] = "https://evil.example".into();
        oidc.signer.sign(&claims)
    }),
    ("token-audience", |oidc, _, mut claims| {
        claims["aud"] = "another-client".into();
        oidc.signer.sign(&claims)
    }),
    ("token-time", |oidc, _, mut claims| {
        claims["exp"] = (NOW_MS / 1_000 - 61).into();
        oidc.signer.sign(&claims)
    }),
    ("token-algorithm", |_, _, claims| format!("{}.", unsigned(&json!({"alg": "none"}), &claims))),
    ("token-algorithm", |oidc, _, claims| {
        // The public key as a shared secret.
        let signed = unsigned(&json!({"alg": "HS256", "kid": "one"}), &claims);
        let key = hmac::Key::new(hmac::HMAC_SHA256, oidc.signer.public().to_string().as_bytes());
        let tag = hmac::sign(&key, signed.as_bytes());
        use base64::Engine as _;
        format!("{signed}.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(tag))
    }),
    ("token-key", |oidc, _, claims| oidc.signer.sign_as(&json!({"alg": "RS256", "kid": "one"}), &claims)),
    ("token-key", |_, _, claims| TestSigner::new("unknown").sign(&claims)),
    ("token-signature", |_, _, claims| TestSigner::new("one").sign(&claims)),
    ("token-signature", |oidc, _, claims| {
        let token = oidc.signer.sign(&claims);
        let (signed, _) = token.rsplit_once('.').unwrap();
        format!("{signed}.")
    }),
    ("token-form", |oidc, _, claims| {
        oidc.signer.sign_as(&json!({"alg": "ES256", "kid": "one", "crit": ["x"]}), &claims)
    }),
    ("token-form", |_, _, _| "not a token".to_owned()),
    ("token-subject", |oidc, _, mut claims| {
        claims["sub"] = "".into();
        oidc.signer.sign(&claims)
    }),
];

#[tokio::test]
async fn a_hostile_provider_lets_nobody_in() {
    let oidc = OidcWorld::new().await;
    for (name, spoil) in HOSTILE {
        // Unknown keys are asked for once a minute.
        oidc.world.clock.advance_ms(MINUTE_MS);
        let sent = oidc.begin(&format!("provider={}", oidc.id)).await;
        let mut claims = oidc.claims(&sent, "ana-1", "ana@linden.example");
        claims["exp"] = (claims["exp"].as_i64().unwrap() + 3_600).into();
        let got = oidc.answer(&sent, spoil(&oidc, &sent, claims)).await;
        assert_eq!(got.status, StatusCode::OK);
        assert!(!is_in(&got) && got.body.contains(&format!("{name}.")), "{name}: {}", got.body);
        assert!(oidc.log().await.contains(&format!("{ISSUER} oidc sign-in {name} denied")), "{name}");
    }
    assert!(!oidc.log().await.contains("oidc join"), "nobody was made");
    let good = oidc.come("ana-1", "ana@linden.example").await;
    assert!(is_in(&good), "the same without a fault: {}", good.body);
}

#[tokio::test]
async fn a_way_back_is_of_one_browser_and_of_use_once() {
    let mut oidc = OidcWorld::new().await;
    let sent = oidc.begin(&format!("provider={}", oidc.id)).await;
    let token = oidc.signer.sign(&oidc.claims(&sent, "ana-1", "ana@linden.example"));
    oidc.provider.answers().token = token;
    fn is_over(got: &Got) -> bool {
        !is_in(got) && got.body.contains("Begin once more")
    }
    let path = format!("/oidc/answer?code=c0de&state={}", sent.state);
    assert!(is_over(&oidc.world.get(&path, "").await), "no browser");
    let other = oidc.begin(&format!("provider={}", oidc.id)).await;
    assert!(is_over(&oidc.world.get(&path, &other.cookie).await), "another one");
    // Of another issuer, as somebody would send it who mixes two providers up (RFC 9207).
    let mixed = oidc.begin(&format!("provider={}", oidc.id)).await;
    let wrong = format!("/oidc/answer?code=c0de&state={}&iss=https%3A%2F%2Fevil.example", mixed.state);
    assert!(oidc.world.get(&wrong, &mixed.cookie).await.body.contains("answer-issuer"));
    let asked = oidc.provider.count("/token");
    let declined = oidc.begin(&format!("provider={}", oidc.id)).await;
    let path_declined = format!("/oidc/answer?error=access_denied&state={}", declined.state);
    assert!(oidc.world.get(&path_declined, &declined.cookie).await.body.contains("declined"));
    assert_eq!(oidc.provider.count("/token"), asked, "no code was given away");
    let good = format!("{path}&iss={}", ISSUER.replace(':', "%3A").replace('/', "%2F"));
    assert!(is_in(&oidc.world.get(&good, &sent.cookie).await));
    assert!(is_over(&oidc.world.get(&good, &sent.cookie).await), "twice");
    let late = oidc.begin(&format!("provider={}", oidc.id)).await;
    oidc.world.clock.advance_ms(10 * MINUTE_MS);
    let token = oidc.signer.sign(&oidc.claims(&late, "ana-1", "ana@linden.example"));
    assert!(is_over(&oidc.answer(&late, token).await), "after ten minutes");
    for state in ["", "x", "%00", &"A".repeat(43)] {
        assert!(is_over(&oidc.world.get(&format!("/oidc/answer?code=x&state={state}"), &sent.cookie).await));
    }
    oidc.cookie = oidc.world.sign_in(&oidc.world.a.email).await;
    // It says that its answers name the issuer: one that does not is none of it.
    oidc.provider.answers().metadata["authorization_response_iss_parameter_supported"] = true.into();
    assert_eq!(
        oidc.act(&format!("act=save&{}", OidcWorld::form("biomed"))).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(oidc.come("ana-1", "ana@linden.example").await.body.contains("answer-issuer"));
}

#[tokio::test]
async fn keys_that_are_unknown_are_asked_for_once_a_minute() {
    let mut oidc = OidcWorld::new().await;
    assert!(is_in(&oidc.come("ana-1", "ana@linden.example").await));
    assert!(is_in(&oidc.come("ana-1", "ana@linden.example").await));
    assert_eq!(oidc.provider.count("/keys"), 1, "they are held");
    let next = TestSigner::new("two");
    oidc.provider.answers().keys = vec![next.public()];
    let old = std::mem::replace(&mut oidc.signer, next);
    for _ in 0..3 {
        assert!(!is_in(&oidc.come("ana-1", "ana@linden.example").await), "not within the minute");
    }
    assert_eq!(oidc.provider.count("/keys"), 1);
    oidc.world.clock.advance_ms(MINUTE_MS);
    assert!(is_in(&oidc.come("ana-1", "ana@linden.example").await), "a new key is found");
    assert_eq!(oidc.provider.count("/keys"), 2);
    oidc.signer = old;
    assert!(oidc.come("ana-1", "ana@linden.example").await.body.contains("token-key"), "an old one is over");
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_to_be() {
    let oidc = OidcWorld::new().await;
    for failure in
        [OutgoingError::Slow, OutgoingError::TooLong, OutgoingError::Forbidden("login.example".into())]
    {
        let sent = oidc.begin(&format!("provider={}", oidc.id)).await;
        oidc.provider.answers().failure = Some(failure);
        let got = oidc.answer(&sent, String::new()).await;
        assert!(!is_in(&got) && got.body.contains("does not answer"), "{}", got.body);
        let begun = oidc.begin(&format!("provider={}", oidc.id)).await;
        assert_eq!(begun.state.len(), 43, "what it said last holds");
        oidc.provider.answers().failure = None;
    }
    for status in [StatusCode::FOUND, StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR] {
        oidc.provider.answers().token_status = status;
        assert!(!is_in(&oidc.come("ana-1", "ana@linden.example").await), "{status}");
    }
    oidc.provider.answers().token_status = StatusCode::OK;
    assert!(is_in(&oidc.come("ana-1", "ana@linden.example").await));
}

#[tokio::test]
async fn an_invitation_lets_somebody_in_by_their_provider() {
    let oidc = OidcWorld::new().await;
    let secret = LinkSecret::new([41; 32]);
    let new = NewInvitation {
        invitation: &UserId::new(NOW_MS, [41; 10]).to_string(),
        email: "tom@contractor.example",
        role: "biomed",
        places: None,
        until_ms: None,
        digest: secret.digest(),
        made_by: &oidc.world.a.email,
        expires_ms: NOW_MS + 60 * MINUTE_MS,
    };
    let mut tx = oidc.world.db.write(oidc.world.a.scope).await.unwrap();
    invitations::insert_invitation(&mut tx, &new, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let page = oidc.world.get(&format!("/join/{}", secret.text()), "").await.body;
    let link = between(&page, "href=\"/organisation/", "\"").to_owned();
    let page = oidc.world.get(&format!("/organisation/{link}"), "").await.body;
    assert!(page.contains("Continue at login.example"), "{page}");
    let carried = between(&page, "name=\"invitation\" value=\"", "\"").to_owned();
    let come = async || {
        let sent = oidc.begin(&format!("provider={}&invitation={carried}", oidc.id)).await;
        // What the provider says of the address is of no weight.
        let token = oidc.signer.sign(&oidc.claims(&sent, "tom-1", "other@nowhere.example"));
        oidc.answer(&sent, token).await
    };
    let came = come().await;
    assert!(is_in(&came), "{}", came.body);
    let me = oidc.world.get("/app/me", &came.cookie()).await.body;
    assert!(me.contains("tom@contractor.example") && me.contains("biomed"), "{me}");
    assert!(!is_in(&come().await), "it is of use once");
    assert!(is_in(&oidc.come("tom-1", "x@nowhere.example").await), "they are known from now on");
}

#[tokio::test]
async fn an_identity_is_linked_by_whoever_shows_that_it_is_them() {
    let oidc = OidcWorld::new().await;
    let link = async |cookie: &str| {
        let token = csrf(&oidc.world.get("/app/me", cookie).await.body).to_owned();
        let form = format!("csrf={token}&provider={}", oidc.id);
        oidc.world.post("/app/me/identities", cookie, &form).await
    };
    let sent = parse_sent(&link(&oidc.cookie).await);
    let token = oidc.signer.sign(&oidc.claims(&sent, "admin-1", "whatever@nowhere.example"));
    oidc.provider.answers().token = token;
    let path = format!("/oidc/answer?code=c0de&state={}", sent.state);
    let auditor = oidc.world.sign_in(&oidc.world.a.auditor).await;
    let foreign = oidc.world.get(&path, &format!("{}; {auditor}", sent.cookie)).await;
    assert!(foreign.body.contains("Begin once more"), "somebody else is signed in by now");
    let sent = parse_sent(&link(&oidc.cookie).await);
    let token = oidc.signer.sign(&oidc.claims(&sent, "admin-1", "whatever@nowhere.example"));
    oidc.provider.answers().token = token;
    let path = format!("/oidc/answer?code=c0de&state={}", sent.state);
    let linked = oidc.world.get(&path, &format!("{}; {}", sent.cookie, oidc.cookie)).await;
    assert_eq!(linked.header("location"), "/app/me?done=identity", "{}", linked.body);
    let came = oidc.come("admin-1", "whatever@nowhere.example").await;
    assert!(is_in(&came), "{}", came.body);
    // Theirs alone.
    let sent = parse_sent(&link(&auditor).await);
    let token = oidc.signer.sign(&oidc.claims(&sent, "admin-1", "x@nowhere.example"));
    oidc.provider.answers().token = token;
    let path = format!("/oidc/answer?code=c0de&state={}", sent.state);
    assert!(oidc.world.get(&path, &format!("{}; {auditor}", sent.cookie)).await.body.contains("taken"));
    // By a provider's word alone nobody changes what is their own in every account.
    let cookie = came.cookie();
    let me = oidc.world.get("/app/me", &cookie).await.body;
    let remove = format!("/app/me/identities/{}", between(&me, "action=\"/app/me/identities/", "\""));
    let form = format!("csrf={}", csrf(&me));
    let asked = oidc.world.post(&remove, &cookie, &form).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.body.contains("confirm-password"), "{}", asked.body);
    let with = format!("{form}&confirm-password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(oidc.world.post(&remove, &cookie, &with).await.status, StatusCode::SEE_OTHER);
    assert_ne!(oidc.world.get("/app/me", &cookie).await.status, StatusCode::OK, "they are signed out");
    assert!(!is_in(&oidc.come("admin-1", "whatever@nowhere.example").await));
    let log = oidc.log().await;
    assert!(log.contains(&format!("oidc link {ISSUER} done")) && log.contains("oidc unlink"), "{log}");
}

#[tokio::test]
async fn a_provider_opens_its_own_account_and_no_right_over_the_platform() {
    let oidc = OidcWorld::new().await;
    fn identity_key(subject: &str) -> IdentityKey {
        IdentityKey { issuer: ISSUER.into(), subject: subject.into() }
    }
    oidc.world.add_platform_owner(oidc.world.a.scope).await;
    let mut tx = oidc.world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let owner = people::platform_find(&mut tx, crate::web::tests::administration::platform::EMAIL)
        .await
        .unwrap()
        .unwrap();
    identities::platform_insert(&mut tx, owner, &identity_key("ops"), NOW_MS).await.unwrap();
    // A person of both accounts.
    let both = people::platform_find(&mut tx, &oidc.world.b.email).await.unwrap().unwrap();
    identities::platform_insert(&mut tx, both, &identity_key("both"), NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let sent = oidc.begin(&format!("provider={}", oidc.id)).await;
    let mut claims = oidc.claims(&sent, "ops", "x@nowhere.example");
    claims["amr"] = json!(["mfa"]);
    let came = oidc.answer(&sent, oidc.signer.sign(&claims)).await;
    assert!(is_in(&came), "{}", came.body);
    assert_eq!(oidc.world.get("/app/platform", &came.cookie()).await.status, StatusCode::FORBIDDEN);
    assert!(oidc.come("both", "x@nowhere.example").await.body.contains("not-member"), "not of A yet");
    let new = NewMember {
        id: UserId::new(NOW_MS, [77; 10]),
        email: &oidc.world.b.email,
        name: "Priya",
        verified_ms: Some(NOW_MS),
        role: UserRole::Auditor,
        password_hash: "",
    };
    oidc.world.add_member(oidc.world.a.scope, &new).await;
    let came = oidc.come("both", "x@nowhere.example").await;
    let me = oidc.world.get("/app/me", &came.cookie()).await.body;
    assert!(me.contains("Linden Health Partners") && !me.contains("Zebra Health Partners"), "{me}");
    let form = format!("csrf={}&account={}", csrf(&me), oidc.world.b.scope.account());
    let switched = oidc.world.post("/app/me/account", &came.cookie(), &form).await;
    assert_eq!(switched.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_second_step_is_shown_here_or_there() {
    let oidc = OidcWorld::new().await;
    let demand = oidc.admin("/app/second-factor", "act=demand").await;
    assert_eq!(demand.status, StatusCode::SEE_OTHER);
    let come = async |amr: Value| {
        let sent = oidc.begin(&format!("provider={}", oidc.id)).await;
        let mut claims = oidc.claims(&sent, "ana-1", "ana@linden.example");
        claims["amr"] = amr;
        oidc.answer(&sent, oidc.signer.sign(&claims)).await
    };
    let plain = come(json!(["pwd"])).await.cookie();
    let led = oidc.world.get("/app/", &plain).await;
    assert_eq!(led.header("location"), "/app/me/factors/new", "none was shown there, and there is none here");
    let strong = come(json!(["pwd", "mfa"])).await.cookie();
    assert_eq!(oidc.world.get("/app/", &strong).await.status, StatusCode::OK);
    // With an app here, its code is asked for where the provider asked for none.
    let own = oidc.with_password("ana@linden.example").await;
    oidc.world.offer_app(&own).await;
    let step = come(json!(["pwd"])).await;
    assert!(!is_in(&step) && step.header("location").starts_with("/second-step"), "{}", step.body);
    assert!(is_in(&come(json!(["pwd", "otp"])).await));
    assert!(!is_in(&come(json!("otp")).await), "one thing alone");
}

#[tokio::test]
async fn where_it_is_enforced_a_password_shows_only_ones_own_page() {
    let oidc = OidcWorld::new().await;
    let refused = oidc.act("act=enforce").await;
    assert!(refused.body.contains("needs a second factor first"), "{}", refused.body);
    oidc.world.offer_app(&oidc.cookie).await;
    let auditor = oidc.world.sign_in(&oidc.world.a.auditor).await;
    assert_eq!(oidc.world.get("/app/", &auditor).await.status, StatusCode::OK);
    assert_eq!(oidc.act("act=enforce").await.status, StatusCode::SEE_OTHER);
    let barred = oidc.world.get("/app/", &auditor).await;
    assert_eq!(barred.header("location"), "/app/me", "the session that was there, too");
    assert_eq!(oidc.world.get("/app/", &oidc.cookie).await.status, StatusCode::OK, "the owner, with both");
    let again = oidc.world.sign_in(&oidc.world.a.auditor).await;
    for path in ["/app/", "/app/facilities", "/live?since=0", "/app/boxes", "/api/v1/equipment"] {
        assert_ne!(oidc.world.get(path, &again).await.status, StatusCode::OK, "{path}");
    }
    let me = oidc.world.get("/app/me", &again).await.body;
    assert!(me.contains("wants you signed in by its own page"), "{me}");
    let form = format!("csrf={}&provider={}", csrf(&me), oidc.id);
    let sent = parse_sent(&oidc.world.post("/app/me/identities", &again, &form).await);
    oidc.provider.answers().token = oidc.signer.sign(&oidc.claims(&sent, "aud-1", "x@nowhere.example"));
    let path = format!("/oidc/answer?code=c0de&state={}", sent.state);
    assert_eq!(
        oidc.world.get(&path, &format!("{}; {again}", sent.cookie)).await.header("location"),
        "/app/me?done=identity"
    );
    assert_ne!(oidc.world.get("/app/", &again).await.status, StatusCode::OK, "a password still does not");
    let came = oidc.come("aud-1", "x@nowhere.example").await;
    assert_eq!(oidc.world.get("/app/", &came.cookie()).await.status, StatusCode::OK);
    let b = oidc.world.sign_in(&oidc.world.b.email).await;
    assert_eq!(
        oidc.world.get("/app/people", &b).await.status,
        StatusCode::OK,
        "other accounts are as they were"
    );
    assert_eq!(oidc.act("act=leave").await.status, StatusCode::SEE_OTHER);
    assert_eq!(oidc.world.get("/app/", &auditor).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_admin_says_what_fits_about_their_own_providers() {
    let oidc = OidcWorld::new().await;
    for (from, to, says) in [
        ("preset=other", "preset=entra", "never “common”"),
        ("technician", "account_admin", "Choose what new people become"),
        ("client_id=cleantrack", "client_id=", "Enter the client ID"),
        ("client_secret=s3cret-of-the-client", "client_secret=", "Enter the client secret"),
        ("https://login.example", "http://login.example", "Enter the issuer"),
        ("https://login.example", "https://elsewhere.example", "does not answer as this issuer"),
    ] {
        let got = oidc.admin("/app/sign-in", &OidcWorld::form("technician").replace(from, to)).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        assert!(got.body.contains(says), "{says}: {}", got.body);
        assert!(!got.body.contains(CLIENT_SECRET), "a secret is not shown again");
    }
    let bad = OidcWorld::form("king").replace("client_id=cleantrack", "client_id=");
    let all = oidc.admin("/app/sign-in", &bad).await.body;
    for says in ["Enter the client ID", "Choose what new people become", "client secret: enter it once more"]
    {
        assert!(all.contains(says), "{says}: {all}");
    }
    oidc.provider.answers().metadata["issuer"] = "https://evil.example".into();
    let got = oidc.act(&format!("act=save&{}", OidcWorld::form("biomed"))).await;
    assert!(got.body.contains("does not answer as this issuer"), "{}", got.body);
    oidc.provider.answers().metadata["issuer"] = ISSUER.into();
    // Another account's provider is none, and its domain is taken.
    let b = oidc.world.sign_in(&oidc.world.b.email).await;
    let token = csrf(&oidc.world.get("/app/me", &b).await.body).to_owned();
    for form in ["act=remove", "act=domain-add&domain=zebra.example", "act=enforce", "act=leave"] {
        let path = format!("/app/sign-in/{}", oidc.id);
        let got = oidc.world.post(&path, &b, &format!("csrf={token}&{form}")).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{form}");
    }
    let form = format!("csrf={token}&provider={}", oidc.id);
    assert_eq!(oidc.world.post("/app/me/identities", &b, &form).await.status, StatusCode::NOT_FOUND);
    let form = format!("csrf={token}&{}", OidcWorld::form("technician"));
    assert_eq!(oidc.world.post("/app/sign-in", &b, &form).await.status, StatusCode::SEE_OTHER);
    let page = oidc.world.get("/app/sign-in", &b).await.body;
    let path = format!("/app/sign-in/{}", between(&page, "action=\"/app/sign-in/", "\""));
    let add = format!("csrf={token}&act=domain-add&domain=linden.example");
    assert_eq!(oidc.world.post(&path, &b, &add).await.status, StatusCode::SEE_OTHER);
    let page = oidc.world.get("/app/sign-in", &b).await.body;
    let record = format!("cleantrack-verify={}", between(&page, "cleantrack-verify=", "<"));
    oidc.provider.answers().texts.get_mut("linden.example").unwrap().push(record);
    let prove = add.replace("domain-add", "domain-prove");
    let taken = oidc.world.post(&path, &b, &prove).await;
    assert!(taken.body.contains("Another account has proven this domain"), "{}", taken.body);
    // Removed, nobody comes by it, and whoever did is out.
    let came = oidc.come("ana-1", "ana@linden.example").await.cookie();
    assert_eq!(oidc.world.get("/app/me", &came).await.status, StatusCode::OK);
    let late = oidc.begin(&format!("provider={}", oidc.id)).await;
    assert_eq!(oidc.act("act=remove").await.status, StatusCode::SEE_OTHER);
    assert_ne!(oidc.world.get("/app/me", &came).await.status, StatusCode::OK);
    assert!(!is_in(&oidc.answer(&late, String::new()).await));
    let gone = oidc.world.post("/organisation", "", &format!("provider={}", oidc.id)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let log = oidc.log().await;
    for act in ["oidc provider add", "oidc domain add", "oidc domain prove", "oidc provider remove"] {
        assert!(log.contains(act), "{act}: {log}");
    }
}

#[tokio::test]
async fn secrets_are_sealed_and_old_sign_ins_forgotten() {
    let oidc = OidcWorld::new().await;
    let file = std::fs::read(oidc.world.dir.path().join("relay.db")).unwrap();
    let wal = std::fs::read(oidc.world.dir.path().join("relay.db-wal")).unwrap_or_default();
    let found =
        [file, wal].concat().windows(CLIENT_SECRET.len()).any(|part| part == CLIENT_SECRET.as_bytes());
    assert!(!found);
    oidc.begin(&format!("provider={}", oidc.id)).await;
    let mut tx = oidc.world.db.platform_write(PlatformReason::Work).await.unwrap();
    let later = NOW_MS + 11 * MINUTE_MS;
    crate::accounts::retention::delete_old(&mut tx, later).await.unwrap();
    assert_eq!(exec!(tx, "DELETE FROM oidc_flows").unwrap(), 0);
    let request = Request::get("/organisation").header(header::HOST, "relay.example");
    assert_eq!(oidc.world.ask(request.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
}
