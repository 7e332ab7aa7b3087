//! Passkeys: made, used, refused and removed, with an authenticator in memory.

use axum::http::StatusCode;

use crate::accounts::members::people::forget_factors;
use crate::accounts::records::access_log::AccessLog;
use crate::accounts::records::person_log::SafetyNotices;
use crate::accounts::test_authenticator::TestAuthenticator;
use crate::db::{PlatformReason, exec};
use crate::web::WebSettings;
use crate::web::tests::world::{Got, MINUTE_MS, PASSWORD, World, csrf, open_client};

const ORIGIN: &str = "https://relay.example";
const NEW: &str = "/app/me/passkeys/new";
const ADD: &str = "/app/me/passkeys";
const USE: &str = "/passkey/sign-in";

/// A challenge: the browser's cookie, and what the page puts to it.
struct Challenge {
    cookie: String,
    options: String,
}

fn set_cookie(got: &Got, name: &str) -> Option<String> {
    let set = got.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    set.map(|value| value.split(';').next().unwrap().to_owned()).find(|pair| pair.starts_with(name))
}

fn is_signed_in(got: &Got) -> bool {
    set_cookie(got, "__Host-ct=").is_some()
}

fn challenge_of(got: &Got) -> Challenge {
    let options = got.body.split("data-options=\"").nth(1).unwrap_or_else(|| panic!("{}", got.body));
    Challenge {
        cookie: set_cookie(got, "__Host-passkey=").unwrap(),
        options: options.split('"').next().unwrap().replace("&#34;", "\""),
    }
}

impl World {
    async fn begin_new(&self, cookie: &str) -> (Challenge, String) {
        let form = format!("csrf={}", csrf(&self.get("/app/me", cookie).await.body));
        let page = self.post(NEW, cookie, &form).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        (challenge_of(&page), form)
    }

    /// Adds a passkey to one's own; what the page answers.
    async fn add_passkey(&self, cookie: &str, authenticator: &mut TestAuthenticator) -> Got {
        let (challenge, form) = self.begin_new(cookie).await;
        let answer = authenticator.create(&challenge.options);
        let cookies = format!("{cookie}; {}", challenge.cookie);
        self.post(ADD, &cookies, &format!("{form}&name=Work+phone&passkey={answer}")).await
    }

    async fn with_passkey(&self, email: &str) -> (String, TestAuthenticator) {
        let cookie = self.sign_in(email).await;
        let mut authenticator = TestAuthenticator::new(ORIGIN);
        let added = self.add_passkey(&cookie, &mut authenticator).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        (cookie, authenticator)
    }

    async fn begin_use(&self, cookies: &str) -> Challenge {
        let page = self.post("/passkey", cookies, "next=/app/people").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("Passkeys need JavaScript"), "{}", page.body);
        challenge_of(&page)
    }

    async fn show(&self, cookies: &str, answer: &str) -> Got {
        self.post(USE, cookies, &format!("next=/app/people&passkey={answer}")).await
    }

    async fn sign_in_with(&self, authenticator: &mut TestAuthenticator) -> Got {
        let challenge = self.begin_use("").await;
        self.show(&challenge.cookie, &authenticator.get(&challenge.options)).await
    }
}

pub(in crate::web::tests) async fn walk_passkeys(world: &World) {
    let (cookie, mut phone) = world.with_passkey(&world.b.email).await;
    assert!(is_signed_in(&world.sign_in_with(&mut phone).await));
    world.clock.advance_ms(11 * MINUTE_MS);
    let me = world.get("/app/me", &cookie).await.body;
    let path = me.split("id=\"passkeys\"").nth(1).unwrap().split("action=\"").nth(1).unwrap();
    let (path, form) = (path.split('"').next().unwrap(), format!("csrf={}", csrf(&me)));
    let challenge = challenge_of(&world.post(path, &cookie, &form).await);
    let form = format!("{form}&confirm-passkey={}", phone.get(&challenge.options));
    let gone = world.post(path, &format!("{cookie}; {}", challenge.cookie), &form).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
    assert!(!is_signed_in(&world.sign_in_with(&mut phone).await));
}

#[tokio::test]
async fn a_passkey_alone_signs_in() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let thief = world.sign_in(&world.a.email).await;
    let mut phone = TestAuthenticator::new(ORIGIN);
    let added = world.add_passkey(&cookie, &mut phone).await;
    assert_eq!(added.body.matches("<code>").count(), 10, "recovery codes: {}", added.body);
    assert_eq!(
        world.get("/app/", &thief).await.status,
        StatusCode::SEE_OTHER,
        "begun with the password alone"
    );
    let me = world.get("/app/me", &cookie).await.body;
    assert!(me.contains(">Work phone<") && me.contains("10 recovery codes are left."), "{me}");
    world.clock.advance_ms(MINUTE_MS);
    let came = world.sign_in_with(&mut phone).await;
    assert_eq!(
        (came.status, came.header("location")),
        (StatusCode::SEE_OTHER, "/app/people"),
        "{}",
        came.body
    );
    let session = came.cookie();
    assert_eq!(world.get("/app/people", &session).await.status, StatusCode::OK);
    assert!(world.get("/app/me", &session).await.body.contains("last used"));
    // A second one brings no further codes, and is not made where the first one is.
    let mut stick = TestAuthenticator::new(ORIGIN);
    let second = world.add_passkey(&session, &mut stick).await;
    assert_eq!(second.header("location"), "/app/me?done=factor", "{}", second.body);
    let (challenge, _) = world.begin_new(&session).await;
    assert_eq!(challenge.options.matches("\"transports\":[\"hybrid\",\"internal\"]").count(), 2);
    assert!(world.add_passkey(&session, &mut stick).await.body.contains("in use already"));
    // Both go, and the codes with the last one.
    for left in [1, 0] {
        let me = world.get("/app/me", &session).await.body;
        let path = me.split("id=\"passkeys\"").nth(1).unwrap().split("action=\"").nth(1).unwrap();
        let gone =
            world.post(path.split('"').next().unwrap(), &session, &format!("csrf={}", csrf(&me))).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
        assert_eq!(world.count("SELECT COUNT(*) FROM passkeys").await, left);
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM factors").await, 0);
    assert_eq!(world.sign_in_with(&mut phone).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let log = world.get("/app/access", &session).await.body;
    for deed in ["Added a passkey", "Signed in with a passkey", "Removed a passkey"] {
        assert!(log.contains(deed), "{deed}: {log}");
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE kind = 'factor-changed'").await, 4);
    assert_eq!(world.count("SELECT COUNT(*) FROM attempt_buckets").await, 1, "a stranger's, by now");
}

#[tokio::test]
async fn nobody_comes_in_by_what_is_not_right() {
    let world = World::new().await;
    let (admin, mut phone) = world.with_passkey(&world.a.email).await;
    type Spoil = fn(&mut TestAuthenticator);
    let spoils: [Spoil; 5] = [
        |a| a.origin = "https://relay.example.evil.example".into(),
        |a| a.party = Some("evil.example".into()),
        |a| a.challenge = Some("AAAA".into()),
        |a| a.flags &= !(1 << 2),
        |a| a.user_handle[0] ^= 1,
    ];
    for (at, spoil) in spoils.into_iter().enumerate() {
        let mut stolen = phone.copy();
        spoil(&mut stolen);
        let refused = world.sign_in_with(&mut stolen).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}: {}", refused.body);
        assert!(refused.body.contains("does not let you in") && !is_signed_in(&refused), "{at}");
    }
    assert!(world.get("/app/access", &admin).await.body.contains("Passkey refused"));
    let challenge = world.begin_use("").await;
    let answer = phone.get(&challenge.options);
    let elsewhere = world.begin_use("").await;
    for (cookies, why) in [("", "no browser's"), (elsewhere.cookie.as_str(), "another browser's")] {
        assert!(!is_signed_in(&world.show(cookies, &answer).await), "{why}");
    }
    assert!(is_signed_in(&world.show(&challenge.cookie, &answer).await));
    let replayed = world.show(&challenge.cookie, &answer).await;
    assert!(replayed.body.contains("took too long") && !is_signed_in(&replayed), "{}", replayed.body);
    // One that is refused is over, too.
    let challenge = world.begin_use("").await;
    assert!(!is_signed_in(&world.show(&challenge.cookie, "AAAA.AAAA.AAAA.AAAA.AAAA").await));
    assert!(!is_signed_in(&world.show(&challenge.cookie, &phone.get(&challenge.options)).await));
    let challenge = world.begin_use("").await;
    world.clock.advance_ms(5 * MINUTE_MS);
    assert!(!is_signed_in(&world.show(&challenge.cookie, &phone.get(&challenge.options)).await), "late");
    assert!(is_signed_in(&world.sign_in_with(&mut phone).await));
}

#[tokio::test]
async fn a_counter_that_goes_back_is_written_down_and_mailed() {
    let world = World::new().await;
    let (cookie, mut stick) = world.with_passkey(&world.a.email).await;
    let mut copy = stick.copy();
    assert!(is_signed_in(&world.sign_in_with(&mut stick).await));
    let refused = world.sign_in_with(&mut copy).await;
    assert!(refused.body.contains("does not let you in") && !is_signed_in(&refused), "{}", refused.body);
    assert_eq!(world.count("SELECT COUNT(*) FROM mails WHERE kind = 'passkey-copied'").await, 1);
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("its counter went back") && log.contains("Work phone"), "{log}");
    assert!(is_signed_in(&world.sign_in_with(&mut stick).await), "the newer one goes on");
}

#[tokio::test]
async fn a_passkey_is_a_second_step() {
    let world = World::new().await;
    let (cookie, mut phone) = world.with_passkey(&world.a.email).await;
    let form = format!("csrf={}&act=demand", csrf(&world.get("/app/people", &cookie).await.body));
    assert_eq!(world.post("/app/second-factor", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/", &cookie).await.status, StatusCode::OK, "what the account demands");
    let first = world.try_in(&world.a.email, PASSWORD, "", "127.0.0.1").await;
    assert!(first.header("location").starts_with("/second-step") && !is_signed_in(&first));
    let step = set_cookie(&first, "__Host-step=").unwrap();
    let page = world.get("/second-step?next=/app/people", &step).await.body;
    assert!(page.contains("Now use your passkey, or enter one of your recovery codes"), "{page}");
    assert!(page.contains("action=\"/passkey\""), "{page}");
    let challenge = world.begin_use(&step).await;
    let cookies = format!("{step}; {}", challenge.cookie);
    assert!(is_signed_in(&world.show(&cookies, &phone.get(&challenge.options)).await));
    assert_eq!(world.get("/second-step", &step).await.header("location"), "/login", "it is over");
    assert_eq!(world.count("SELECT COUNT(*) FROM attempt_buckets").await, 0, "every try was returned");
}

#[tokio::test]
async fn a_passkey_confirms_who_it_is_and_only_ones_own() {
    let world = World::new().await;
    let (cookie, mut phone) = world.with_passkey(&world.a.email).await;
    let (_, mut other) = world.with_passkey(&world.a.auditor).await;
    world.clock.advance_ms(11 * MINUTE_MS);
    let people = world.get("/app/people", &cookie).await.body;
    let form = format!("csrf={}&email=tom%40linden.example&role=biomed&all=on", csrf(&people));
    let ask = async || challenge_of(&world.post("/app/people", &cookie, &form).await);
    let confirm = async |challenge: &Challenge, answer: String| {
        let cookies = format!("{cookie}; {}", challenge.cookie);
        world.post("/app/people", &cookies, &format!("{form}&confirm-passkey={answer}")).await
    };
    let made = async || world.count("SELECT COUNT(*) FROM invitations").await;
    // Whoever sets up a further passkey or removes one confirms it, too.
    let page = world.post(NEW, &cookie, &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Confirm that it is you"), "{}", page.body);
    let challenge = ask().await;
    let refused = confirm(&challenge, other.get(&challenge.options)).await;
    assert!(refused.body.contains("none of yours"), "{}", refused.body);
    // A challenge to sign in is none to confirm.
    let challenge = world.begin_use("").await;
    let refused = confirm(&challenge, phone.get(&challenge.options)).await;
    assert!(refused.body.contains("took too long"), "{}", refused.body);
    assert_eq!(made().await, 0);
    let challenge = ask().await;
    let answer = phone.get(&challenge.options);
    assert!(!is_signed_in(&world.show(&challenge.cookie, &answer).await), "nor the other way round");
    let challenge = ask().await;
    let done = confirm(&challenge, phone.get(&challenge.options)).await;
    assert_eq!((done.status, made().await), (StatusCode::OK, 1), "{}", done.body);
    world.begin_new(&cookie).await;
}

#[tokio::test]
async fn guesses_end_and_keep_nobody_out() {
    let world = World::new().await;
    let (_, mut phone) = world.with_passkey(&world.a.email).await;
    let mut tries = 0;
    loop {
        let mut forged = TestAuthenticator::new(ORIGIN);
        (forged.id, forged.user_handle) = (phone.id.clone(), phone.user_handle.clone());
        let refused = world.sign_in_with(&mut forged).await;
        if refused.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(refused.body.contains("Too many passkeys"), "{}", refused.body);
            break;
        }
        tries += 1;
        assert!(tries < 20, "guesses without an end");
    }
    let mut tries = 0;
    while world.post("/passkey", "", "").await.status == StatusCode::OK {
        tries += 1;
        assert!(tries < 200, "rows without an end");
    }
    let password = world.try_in(&world.a.email, PASSWORD, "", "198.51.100.7").await;
    assert!(password.header("location").starts_with("/second-step"), "the password's tries are others");
    world.clock.advance_ms(21 * MINUTE_MS);
    assert!(is_signed_in(&world.sign_in_with(&mut phone).await));
}

#[tokio::test]
async fn what_is_forgotten_lets_nobody_in() {
    let world = World::new().await;
    let (_, mut phone) = world.with_passkey(&world.a.email).await;
    let log = AccessLog { clock: &*world.state.clock, random: &*world.state.random };
    let notices = SafetyNotices { log, mail: &world.state.mail, public_url: "https://relay.example" };
    let tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    forget_factors(tx, world.a.scope, notices, &world.a.email).await.unwrap().commit().await.unwrap();
    assert_eq!(world.count("SELECT COUNT(*) FROM passkeys").await, 0);
    assert!(!is_signed_in(&world.sign_in_with(&mut phone).await));
    // Nor does somebody who is disabled come in, of whatever account.
    let (_, mut phone) = world.with_passkey(&world.a.email).await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    exec!(tx, "UPDATE people SET disabled_ms = 1").unwrap();
    tx.commit().await.unwrap();
    assert!(!is_signed_in(&world.sign_in_with(&mut phone).await));
}

#[tokio::test]
async fn a_relay_without_a_name_offers_none() {
    let mut world = World::new().await;
    assert!(world.get("/login", "").await.body.contains("Sign in with a passkey"));
    world.state.settings =
        WebSettings { public_url: "https://192.0.2.7:8443".into(), ..world.state.settings.clone() };
    world.client = open_client(&world.state);
    assert!(!world.get("/login", "").await.body.contains("passkey"));
    assert_eq!(world.post("/passkey", "", "").await.status, StatusCode::NOT_FOUND);
    let cookie = world.sign_in(&world.a.email).await;
    assert!(!world.get("/app/me", &cookie).await.body.contains("id=\"passkeys\""));
}

#[tokio::test]
async fn a_passkey_gets_another_name_from_its_person_alone() {
    let world = World::new().await;
    let (cookie, mut phone) = world.with_passkey(&world.a.email).await;
    let (other, _) = world.with_passkey(&world.a.auditor).await;
    let me = world.get("/app/me", &cookie).await.body;
    let path = format!(
        "/app/me/factors/{}",
        me.split("action=\"/app/me/factors/").nth(1).unwrap().split('"').next().unwrap()
    );
    let foreign = csrf(&world.get("/app/me", &other).await.body).to_owned();
    let got = world.post(&path, &other, &format!("csrf={foreign}&act=rename&name=x")).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    let form = format!("csrf={}&act=rename&name=%3Ckey%3E+in+the+safe", csrf(&me));
    assert_eq!(world.post(&path, &cookie, &form).await.status, StatusCode::SEE_OTHER);
    let me = world.get("/app/me", &cookie).await.body;
    assert!(me.contains("&#60;key&#62; in the safe"), "{me}");
    assert!(is_signed_in(&world.sign_in_with(&mut phone).await), "it proves what it proved");
    assert!(world.get("/app/access", &cookie).await.body.contains("Gave a passkey another name"));
}
