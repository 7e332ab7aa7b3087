//! Second factors: an authenticator app, recovery codes, the second step, and who is asked once more for a password.

use axum::http::StatusCode;
use totp_rs::{Builder, Secret};

use crate::accounts::authentication::recovery::LinkKind;
use crate::accounts::credentials::mail_link::LinkSecret;
use crate::accounts::members::people::{PeopleError, forget_factors};
use crate::accounts::records::access_log::AccessLog;
use crate::accounts::records::person_log::SafetyNotices;
use crate::db::person::mail_links;
use crate::db::person::mail_links::NewLink;
use crate::db::person::people;
use crate::db::{PlatformReason, exec};
use crate::web::tests::world::{Got, PASSWORD, World, csrf};

const MINUTE_MS: i64 = 60_000;
const ADDRESS: &str = "127.0.0.1";

pub(in crate::web::tests) struct TestApp(String);

impl TestApp {
    pub(in crate::web::tests) fn code(&self, world: &World) -> String {
        let secret = Secret::try_from_base32(self.0.replace(' ', "")).unwrap();
        let totp = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
        let now_ms = service::clock::Clock::now_ms(&*world.clock);
        totp.generate(now_ms.unsigned_abs() / 1_000).to_string()
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).unwrap().split(to).next().unwrap()
}

/// Of an answer, as a browser sends it back.
pub(in crate::web::tests) fn step_cookie(got: &Got) -> String {
    let set = got.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    set.map(|v| v.split(';').next().unwrap().to_owned()).find(|c| c.starts_with("__Host-step=")).unwrap()
}

fn is_signed_in(got: &Got) -> bool {
    got.headers.get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("__Host-ct="))
}

impl World {
    pub(in crate::web::tests) async fn set_app_up(&self, cookie: &str) -> (TestApp, Vec<String>) {
        let page = self.get("/app/me/factors/new", cookie).await.body;
        let app = TestApp(between(&page, "<p translate=\"no\"><code>", "</code>").to_owned());
        let offer = between(&page, "name=\"offer\" value=\"", "\"").to_owned();
        let form = |code: &str| format!("csrf={}&offer={offer}&name=phone&code={code}", csrf(&page));
        let wrong = self.post("/app/me/factors", cookie, &form("000000")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains(&app.0), "the phone has this key by now");
        let done = self.post("/app/me/factors", cookie, &form(&app.code(self))).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let codes: Vec<String> =
            done.body.split("<code>").skip(1).map(|c| c.split('<').next().unwrap().to_owned()).collect();
        assert_eq!(codes.len(), 10);
        (app, codes)
    }

    /// An app of somebody's, and the form of a further one: names of parts and fields of examples, with their values.
    pub(in crate::web::tests) async fn offer_app(&self, cookie: &str) -> Vec<(&'static str, String)> {
        self.set_app_up(cookie).await;
        let own = self.get("/app/me", cookie).await.body;
        let factor = between(&own, "action=\"/app/me/factors/", "\"").to_owned();
        let page = self.get("/app/me/factors/new", cookie).await.body;
        let app = TestApp(between(&page, "<p translate=\"no\"><code>", "</code>").to_owned());
        let offer = between(&page, "name=\"offer\" value=\"", "\"").to_owned();
        vec![("factor", factor), ("offer", offer), ("code", app.code(self))]
    }

    async fn begin(&self, email: &str, cookies: &str) -> String {
        let got = self.try_in(email, PASSWORD, cookies, ADDRESS).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
        assert!(got.header("location").starts_with("/second-step?next="), "{}", got.header("location"));
        assert!(!is_signed_in(&got), "a password alone opens nothing");
        step_cookie(&got)
    }

    pub(in crate::web::tests) async fn show_code(&self, cookies: &str, code: &str) -> Got {
        self.post("/second-step", cookies, &format!("next=/app/people&code={code}")).await
    }
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (app, codes) = world.set_app_up(&cookie).await;
    let me = world.get("/app/me", &cookie).await.body;
    assert!(me.contains(">phone<") && me.contains("10 recovery codes are left."), "{me}");
    let step = world.begin(&world.a.email, "").await;
    assert_eq!(world.get("/app/", &step).await.status, StatusCode::SEE_OTHER, "not in yet");
    assert_eq!(world.get("/second-step", &step).await.status, StatusCode::OK);
    assert_eq!(world.get("/second-step", "").await.header("location"), "/login");
    let used = world.show_code(&step, &app.code(&world)).await;
    assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "this code set the app up: it was used");
    world.clock.advance_ms(MINUTE_MS);
    let code = app.code(&world);
    let came = world.show_code(&step, &code).await;
    assert_eq!((came.status, came.header("location")), (StatusCode::SEE_OTHER, "/app/people"));
    assert_eq!(world.get("/app/people", &came.cookie()).await.status, StatusCode::OK);
    assert_eq!(world.show_code(&step, &code).await.header("location"), "/login?done=over", "used up");
    let step = world.begin(&world.a.email, "").await;
    assert_eq!(world.show_code(&step, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY, "replayed");
    let typed = codes[3].to_lowercase().replace('-', "+");
    assert!(is_signed_in(&world.show_code(&step, &typed).await));
    let step = world.begin(&world.a.email, "").await;
    assert_eq!(world.show_code(&step, &typed).await.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
    let page = world.get("/app/me", &cookie).await.body;
    assert!(page.contains("9 recovery codes are left."), "{page}");
    // New ones take their place.
    let form = format!("csrf={}", csrf(&page));
    let renewed = world.post("/app/me/factors/codes", &cookie, &form).await;
    assert_eq!(renewed.body.matches("<code>").count(), 10);
    assert_eq!(world.show_code(&step, &codes[4]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The app goes, and the codes with it.
    let path = format!("/app/me/factors/{}", between(&page, "action=\"/app/me/factors/", "\""));
    assert_eq!(world.post(&path, &cookie, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.post(&path, &cookie, &form).await.status, StatusCode::NOT_FOUND);
    world.sign_in(&world.a.email).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM factors").await, 0);
    let log = world.get("/app/access", &cookie).await.body;
    for act in ["Set up an authenticator app", "Made new recovery codes", "Removed an authenticator app"] {
        assert!(log.contains(act), "{act}");
    }
    let kinds = world.count("SELECT COUNT(*) FROM mails WHERE kind = 'factor-changed'").await;
    assert_eq!(kinds, 3, "each change is mailed");
}

#[tokio::test]
async fn an_operator_takes_factors_away_that_are_lost() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.set_app_up(&cookie).await;
    let step = world.begin(&world.a.email, "").await;
    let log = AccessLog { clock: &*world.state.clock, random: &*world.state.random };
    let notices = SafetyNotices { log, mail: &world.state.mail, public_url: "https://relay.example" };
    let forget = async |scope, email: &str| {
        let tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
        let tx = forget_factors(tx, scope, notices, email).await?;
        tx.commit().await.map_err(PeopleError::Db)
    };
    assert!(
        matches!(forget(world.b.scope, &world.a.email).await, Err(PeopleError::NoSuch)),
        "another account's"
    );
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::OK, "nothing was done");
    forget(world.a.scope, &world.a.email).await.unwrap();
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(world.get("/second-step", &step).await.header("location"), "/login");
    let cookie = world.sign_in(&world.a.email).await;
    assert!(world.get("/app/access", &cookie).await.body.contains("Took a person’s second factors away"));
}

#[tokio::test]
async fn what_was_begun_with_a_password_alone_is_over_once_an_app_is_set_up() {
    let world = World::new().await;
    let (mine, thief) = (world.sign_in(&world.a.email).await, world.sign_in(&world.a.email).await);
    world.set_app_up(&mine).await;
    assert_eq!(world.get("/app/", &mine).await.status, StatusCode::OK);
    assert_eq!(
        world.get("/app/", &thief).await.header("location"),
        "/login?next=/app/&done=ended",
        "signed out"
    );
    // Signing out everywhere ends steps that were begun, too.
    let step = world.begin(&world.a.email, "").await;
    let form = format!("csrf={}&everywhere=1", csrf(&world.get("/app/me", &mine).await.body));
    world.post("/logout", &mine, &form).await;
    assert_eq!(world.get("/second-step", &step).await.header("location"), "/login");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_sets_one_app_up() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/me/factors/new", &cookie).await.body;
    let app = TestApp(between(&page, "<p translate=\"no\"><code>", "</code>").to_owned());
    let offer = between(&page, "name=\"offer\" value=\"", "\"").to_owned();
    let form = format!("csrf={}&offer={offer}&code={}", csrf(&page), app.code(&world));
    let shown = async || {
        let done = world.post("/app/me/factors", &cookie, &form).await;
        assert_eq!(done.body.matches("<code>").count(), 10, "{}", done.body);
        between(&done.body, "<code>", "</code>").to_owned()
    };
    let (first, second) = (shown().await, shown().await);
    assert_ne!(first, second, "the codes that were seen last count");
    assert_eq!(world.count("SELECT COUNT(*) FROM factors WHERE kind = 'totp'").await, 1);
    world.clock.advance_ms(MINUTE_MS);
    let (one, other) = (world.begin(&world.a.email, "").await, world.begin(&world.a.email, "").await);
    let code = app.code(&world);
    assert!(is_signed_in(&world.show_code(&one, &code).await));
    assert!(!is_signed_in(&world.show_code(&other, &code).await), "a code lets in once");
    assert!(!is_signed_in(&world.show_code(&other, &first).await));
    // A secret that nothing opens keeps nobody from their recovery codes.
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    exec!(tx, "UPDATE factors SET seal_n = 99 WHERE kind = 'totp'").unwrap();
    tx.commit().await.unwrap();
    assert!(is_signed_in(&world.show_code(&other, &second).await));
}

#[tokio::test]
async fn a_wrong_code_is_no_wrong_password_in_the_log_and_asked_for_at_changes() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (_, codes) = world.set_app_up(&cookie).await;
    let step = world.begin(&world.a.email, "").await;
    world.show_code(&step, "123456").await;
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("Password right, wrong code") && log.contains("Wrong code, a new device"), "{log}");
    world.clock.advance_ms(11 * MINUTE_MS);
    let own = world.get("/app/me", &cookie).await.body;
    let path = format!("/app/me/factors/{}", between(&own, "action=\"/app/me/factors/", "\""));
    let form = format!("csrf={}&confirm-password={}", csrf(&own), PASSWORD.replace(' ', "+"));
    let alone = world.post(&path, &cookie, &form).await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY, "a password alone removes no app");
    assert!(alone.body.contains("name=\"confirm-code\""), "{}", alone.body);
    let wrong = format!("csrf={}&confirm-password=wrong&confirm-code={}", csrf(&own), codes[1]);
    assert_eq!(world.post(&path, &cookie, &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.count("SELECT COUNT(*) FROM factors WHERE kind = 'totp'").await, 1);
    let both = format!("{form}&confirm-code={}", codes[0]);
    assert_eq!(world.post(&path, &cookie, &both).await.status, StatusCode::SEE_OTHER);
    assert!(world.get("/app/access", &cookie).await.body.contains("Tried to confirm a change"));
}

#[tokio::test]
async fn a_step_that_took_too_long_begins_anew() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (app, _) = world.set_app_up(&cookie).await;
    let step = world.begin(&world.a.email, "").await;
    world.clock.advance_ms(10 * MINUTE_MS);
    let late = world.show_code(&step, &app.code(&world)).await;
    assert_eq!(late.header("location"), "/login?done=over");
    assert!(world.get("/login?done=over", "").await.body.contains("took too long"));
    assert_eq!(world.get("/second-step", &step).await.header("location"), "/login");
}

#[tokio::test]
async fn whoever_knows_a_password_guesses_no_code_and_keeps_nobody_out() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (app, _) = world.set_app_up(&cookie).await;
    world.clock.advance_ms(MINUTE_MS);
    let step = world.begin(&world.a.email, "").await;
    let came = world.show_code(&step, &app.code(&world)).await;
    let device = came.device();
    let mut tries = 0;
    let mut step = world.begin(&world.a.email, "").await;
    while world.show_code(&step, "123456").await.status == StatusCode::UNPROCESSABLE_ENTITY {
        tries += 1;
        assert!(tries < 20, "guesses without an end");
        if tries % 3 == 0 {
            step = world.begin(&world.a.email, "").await;
        }
    }
    let refused = world.show_code(&step, "123456").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.body.contains("Too many wrong codes"), "{}", refused.body);
    world.clock.advance_ms(MINUTE_MS);
    let right = world.show_code(&step, &app.code(&world)).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "not looked at");
    // Their own browser has tries of its own.
    let mine = format!("{device}; {}", world.begin(&world.a.email, &device).await);
    assert!(is_signed_in(&world.show_code(&mine, &app.code(&world)).await));
}

#[tokio::test]
async fn a_link_by_mail_does_not_pass_the_second_step() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.set_app_up(&cookie).await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let person = people::platform_find(&mut tx, &world.a.email).await.unwrap();
    let secret = LinkSecret::new([1; 32]);
    let expires_ms = crate::web::tests::world::NOW_MS + MINUTE_MS;
    let kind = LinkKind::SignIn.word();
    let new = NewLink { digest: secret.digest(), kind, person, body: "{}", expires_ms };
    mail_links::platform_insert(&mut tx, &new, crate::web::tests::world::NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let got = world.post(&format!("/sign-in/{}", secret.text()), "", "act=in").await;
    assert!(got.header("location").starts_with("/second-step"), "{}", got.body);
    assert!(!is_signed_in(&got));
}

#[tokio::test]
async fn an_account_asks_everybody_for_a_second_step() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let auditor = world.sign_in(&world.a.auditor).await;
    let people = world.get("/app/people", &cookie).await.body;
    let unclear = format!("csrf={}&act=bogus", csrf(&people));
    assert_eq!(world.post("/app/second-factor", &cookie, &unclear).await.status, StatusCode::BAD_REQUEST);
    let form = format!("csrf={}&act=demand", csrf(&people));
    assert_eq!(world.post("/app/second-factor", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    for path in ["/app/", "/app/boxes", "/app/access"] {
        let led = world.get(path, &auditor).await;
        assert_eq!(led.header("location"), "/app/me/factors/new", "{path}");
    }
    let live = world.get("/live?topic=account", &auditor).await;
    assert!(!live.status.is_success(), "nor what changes: {}", live.body);
    assert_eq!(world.get("/app/me", &auditor).await.status, StatusCode::OK, "their own page");
    world.set_app_up(&auditor).await;
    assert_eq!(world.get("/app/", &auditor).await.status, StatusCode::OK);
    assert_eq!(world.api("/api/v1/equipment", &world.a.token).await.status, StatusCode::OK, "programs go on");
    let other = world.sign_in(&world.b.email).await;
    let shown = world.get("/app/people", &other).await;
    assert_eq!(shown.status, StatusCode::OK, "nobody of another account");
    // The admin too; then they may leave it to everybody again.
    world.set_app_up(&cookie).await;
    let form = format!("csrf={}&act=leave", csrf(&world.get("/app/people", &cookie).await.body));
    assert_eq!(world.post("/app/second-factor", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    let log = world.get("/app/access", &cookie).await.body;
    assert!(
        log.contains("Asked everybody for a second step") && log.contains("Left the second step"),
        "{log}"
    );
}

#[tokio::test]
async fn whoever_changes_rights_shows_that_it_is_them() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.clock.advance_ms(11 * MINUTE_MS);
    let page = world.get("/app/people", &cookie).await.body;
    let form = format!("csrf={}&email=tom%40linden.example&role=biomed&all=on", csrf(&page));
    let asked = world.post("/app/people", &cookie, &form).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(asked.body.contains("Confirm that it is you"), "{}", asked.body);
    for kept in
        ["name=\"email\" value=\"tom@linden.example\"", "name=\"role\" value=\"biomed\"", "name=\"all\""]
    {
        assert!(asked.body.contains(kept), "{kept}: {}", asked.body);
    }
    assert_eq!(asked.body.matches("name=\"csrf\"").count(), 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM invitations").await, 0);
    let wrong = world.post("/app/people", &cookie, &format!("{form}&confirm-password=not+it")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Wrong password.") && !wrong.body.contains("not it"), "{}", wrong.body);
    let right = format!("{form}&confirm-password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(world.post("/app/people", &cookie, &right).await.status, StatusCode::OK);
    assert_eq!(world.count("SELECT COUNT(*) FROM invitations").await, 1);
    // For ten minutes nobody asks again.
    world.clock.advance_ms(9 * MINUTE_MS);
    let again = form.replace("tom", "ann");
    assert_eq!(world.post("/app/people", &cookie, &again).await.status, StatusCode::OK);
    world.clock.advance_ms(2 * MINUTE_MS);
    let token = world.post("/app/programs", &cookie, &form.replace("email", "name")).await;
    assert!(token.body.contains("Confirm that it is you"), "{}", token.body);
    let stranger = world.post("/app/people", &cookie, "email=x%40y.example&role=biomed").await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN, "a form of no page of theirs is not asked about");
}
