//! Signing in and out, lock-out, and how long a session lives.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::world::{DAY_MS, HOUR_MS, MINUTE_MS, PASSWORD, World, csrf};
use crate::accounts::session;
use crate::web::Peer;

async fn wrong(world: &World, email: &str) -> StatusCode {
    world.post("/login", "", &format!("email={email}&password=wrong")).await.status
}

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
    let cookie = got.cookie();
    let me = world.get("/app/me", &cookie).await;
    assert!(me.body.contains("Priya Linden") && me.body.contains("Linden Health Partners"), "{}", me.body);
    let out = world.post("/logout", &cookie, &format!("csrf={}", csrf(&me.body))).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/login"));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(world.get("/app/me", &cookie).await.header("location"), "/login?next=/app/me");
}

/// HTTP/2 sends each cookie in a field of its own: a box's pages on the same host set one too.
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
    world.clock.pass_ms(session::IDLE_MS - MINUTE_MS);
    let busy = world.sign_in(&world.a.email).await;
    world.clock.pass_ms(MINUTE_MS);
    assert_eq!(world.get("/app/me", &idle).await.status, StatusCode::SEE_OTHER);
    for _ in 0..(session::AGE_MS_MAX / HOUR_MS / 11) {
        assert_eq!(world.get("/app/me", &busy).await.status, StatusCode::OK);
        world.clock.pass_ms(11 * HOUR_MS);
    }
    world.clock.pass_ms(11 * HOUR_MS);
    assert_eq!(world.get("/app/me", &busy).await.status, StatusCode::SEE_OTHER, "a week is over");
}

#[tokio::test]
async fn five_wrong_passwords_lock_one_address_for_a_while() {
    let world = World::new().await;
    for _ in 0..5 {
        assert_eq!(wrong(&world, "admin%40linden.example").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    world.clock.pass_ms(90_500);
    let refused = world.post("/login", "", "email=admin%40linden.example&password=wrong").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "210", "what is left of five minutes");
    world.clock.pass_ms(-90_500);
    let right = format!("email=ADMIN%40linden.example&password={}", PASSWORD.replace(' ', "+"));
    let locked = world.post("/login", "", &right).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "the right one waits too");
    assert!(locked.body.contains("Too many tries. Wait until 20:07 UTC"), "{}", locked.body);
    world.sign_in(&world.b.email).await;
    // It is kept in the database: another process of the relay knows it as well.
    let restarted = crate::web::router(world.state.clone());
    let world = World { router: restarted, ..world };
    assert_eq!(wrong(&world, "admin%40linden.example").await, StatusCode::TOO_MANY_REQUESTS);
    world.clock.pass_ms(5 * MINUTE_MS);
    world.sign_in(&world.a.email).await;
    assert_eq!(
        wrong(&world, "admin%40linden.example").await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "it counts anew"
    );
}

#[tokio::test]
async fn a_clock_that_was_wrong_for_a_moment_locks_nobody_out() {
    let world = World::new().await;
    world.clock.pass_ms(365 * DAY_MS);
    for _ in 0..6 {
        wrong(&world, "admin%40linden.example").await;
    }
    world.clock.pass_ms(-365 * DAY_MS);
    assert_eq!(wrong(&world, "admin%40linden.example").await, StatusCode::TOO_MANY_REQUESTS);
    world.clock.pass_ms(5 * MINUTE_MS);
    world.sign_in(&world.a.email).await;
}

#[tokio::test]
async fn people_who_do_not_exist_are_locked_and_answered_alike() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for email in ["admin%40linden.example", "nobody%40linden.example"] {
        let mut of_email = Vec::new();
        for _ in 0..6 {
            let got = world.post("/login", "", &format!("email={email}&password=wrong")).await;
            of_email.push((got.status, got.body.replace("nobody", "admin")));
        }
        answers.push(of_email);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn one_network_cannot_try_every_address() {
    let world = World::new().await;
    let mut refused = 0;
    for n in 0..30 {
        refused +=
            u32::from(wrong(&world, &format!("a{n}%40x.example")).await == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 10);
    // Another network still may.
    let mut request = axum::http::Request::post("/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(
            format!("email={}&password={}", world.a.email.replace('@', "%40"), PASSWORD.replace(' ', "+"))
                .into(),
        )
        .unwrap();
    request.extensions_mut().insert(Peer("198.51.100.7:4000".parse().unwrap()));
    assert_eq!(world.ask(request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn many_tries_at_once_are_many_tries() {
    let world = World::new().await;
    let tries = (0..12).map(|_| wrong(&world, "admin%40linden.example"));
    let through = futures_util::future::join_all(tries).await;
    let looked_at = through.iter().filter(|s| **s == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert!(looked_at <= 5, "{through:?}");
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
