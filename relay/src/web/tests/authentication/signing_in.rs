//! Signing in and out, and how long a session is valid.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use service::clock::Clock as _;

use crate::accounts::credentials::session;
use crate::db::PlatformReason;
use crate::db::person::people;
use crate::web::tests::world::{HOUR_MS, MINUTE_MS, PASSWORD, World, csrf};

#[tokio::test]
async fn in_and_out() {
    let world = World::new().await;
    assert_eq!(world.get("/", "").await.header("location"), "/login");
    let page = world.get("/app/f/x?y=1", "").await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/login?next=/app/f/x%3Fy%3D1")
    );
    let form =
        format!("email={}&password={}&next=/app/me", "Admin%40Linden.example", PASSWORD.replace(' ', "+"));
    let got = world.post("/login", "", &form).await;
    assert_eq!((got.status, got.header("location")), (StatusCode::SEE_OTHER, "/app/me"));
    let set = got.header("set-cookie");
    for part in ["__Host-ct=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"));
    assert!(got.device().len() == "__Host-device=".len() + 43, "{}", got.device());
    let cookie = got.cookie();
    let me = world.get("/app/me", &cookie).await;
    assert!(me.body.contains("Priya Linden") && me.body.contains("Linden Health Partners"), "{}", me.body);
    let out = world.post("/logout", &cookie, &format!("csrf={}", csrf(&me.body))).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/login?done=here"));
    assert!(world.get("/login?done=here", "").await.body.contains("You are signed out on this device."));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.get("/app/me", &cookie).await.header("location"), "/login?next=/app/me&done=ended");
    assert!(world.get("/login?done=ended", "").await.body.contains("You are signed out: "));
}

#[tokio::test]
async fn path_and_query_that_were_asked_for_are_shown_after_signing_in() {
    let world = World::new().await;
    let requested = format!("/app/f/{}/equipment?q=pump+2&show=overdue", world.a.sites[0].id);
    let to_sign_in = world.get(&requested, "").await.header("location").to_owned();
    let page = world.get(&to_sign_in, "").await.body;
    let next = page.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(next.replace("&#38;", "&"), requested);
    let form = format!(
        "email={}&password={}&next={}",
        world.a.email.replace('@', "%40"),
        PASSWORD.replace(' ', "+"),
        requested.replace('&', "%26").replace('+', "%2B").replace('?', "%3F")
    );
    let got = world.post("/login", "", &form).await;
    assert_eq!((got.status, got.header("location")), (StatusCode::SEE_OTHER, requested.as_str()));
    let cookie = got.cookie();
    assert_eq!(world.get(&to_sign_in, &cookie).await.header("location"), requested, "signed in already");
    let long = format!("/app/?q={}", "x".repeat(3_000));
    assert_eq!(world.get(&long, "").await.header("location"), "/login?next=/app");
    let evil = form.replace("next=", "next=https%3A%2F%2Fevil.example%2F");
    assert_eq!(world.post("/login", "", &evil).await.header("location"), "/app");
}

#[tokio::test]
async fn a_cookie_of_another_program_on_this_host_signs_nobody_out() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let request = Request::get("/app/me").header("cookie", "__Host-session=x").header("cookie", cookie);
    let got = world.ask(request.header("host", "relay.example").body(Body::empty()).unwrap()).await;
    assert_eq!(got.status, StatusCode::OK);
}

#[tokio::test]
async fn each_sign_in_is_a_session_and_all_can_be_ended() {
    let world = World::new().await;
    let (one, two) = (world.sign_in(&world.a.email).await, world.sign_in(&world.a.email).await);
    let other = world.sign_in(&world.b.email).await;
    assert_ne!(one, two);
    let me = world.get("/app/me", &one).await;
    world.post("/logout", &one, &format!("csrf={}&everywhere=1", csrf(&me.body))).await;
    for (cookie, status) in
        [(&one, StatusCode::SEE_OTHER), (&two, StatusCode::SEE_OTHER), (&other, StatusCode::OK)]
    {
        assert_eq!(world.get("/app/me", cookie).await.status, status);
    }
}

#[tokio::test]
async fn a_session_ends_by_idleness_and_by_age() {
    let world = World::new().await;
    let idle = world.sign_in(&world.a.email).await;
    world.clock.advance_ms(session::IDLE_MS - MINUTE_MS);
    let busy = world.sign_in(&world.a.email).await;
    world.clock.advance_ms(MINUTE_MS);
    assert_eq!(world.get("/app/me", &idle).await.status, StatusCode::SEE_OTHER);
    for _ in 0..(session::AGE_MS_MAX / HOUR_MS / 11) {
        assert_eq!(world.get("/app/me", &busy).await.status, StatusCode::OK);
        world.clock.advance_ms(11 * HOUR_MS);
    }
    world.clock.advance_ms(11 * HOUR_MS);
    assert_eq!(world.get("/app/me", &busy).await.status, StatusCode::SEE_OTHER, "a week is over");
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let me = world.get("/app/me", &cookie).await;
    let form = format!("csrf={}", csrf(&me.body));
    let foreign = axum::http::Request::post("/logout")
        .header("cookie", &cookie)
        .header("host", "relay.example")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into())
        .unwrap();
    assert_eq!(world.ask(foreign).await.status, StatusCode::FORBIDDEN);
    let other = world.sign_in(&world.b.email).await;
    let other = world.get("/app/me", &other).await;
    for wrong in ["csrf=", "csrf=0123", "x=y", &format!("csrf={}", csrf(&other.body))] {
        assert_eq!(world.post("/logout", &cookie, wrong).await.status, StatusCode::FORBIDDEN, "{wrong}");
    }
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_of_the_old_web_app() {
    const OLD: &str = "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=";
    let world = World::new().await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let person = people::platform_by_email(&mut tx, &world.a.email).await.unwrap().unwrap().person();
    people::platform_set_password(&mut tx, person, OLD, world.clock.now_ms()).await.unwrap();
    tx.commit().await.unwrap();
    let hash = async || {
        let mut conn = world.db.platform_read(PlatformReason::SignIn).await.unwrap();
        people::platform_numbered(&mut conn, person).await.unwrap().unwrap().password_hash
    };
    let wrong = world.try_in(&world.a.email, "correct horse batterz", "", "10.0.0.9").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(hash().await, OLD, "a wrong password changes nothing");
    for _ in 0..2 {
        let right = world.try_in(&world.a.email, "correct horse battery", "", "10.0.0.9").await;
        assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.body);
        assert!(hash().await.starts_with("$argon2id$"), "{}", hash().await);
    }
}
