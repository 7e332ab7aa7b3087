//! That whom a provider signs in counts as somebody who has shown that it is them only as lately as it says that it looked.

use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::oidc::{OidcWorld, between, is_in};
use super::second_factor::step_cookie;
use crate::db::PlatformReason;
use crate::db::person::identities;
use crate::db::person::identities::IdentityKey;
use crate::db::person::people;
use crate::web::tests::fake_provider::ISSUER;
use crate::web::tests::world::{Got, MINUTE_MS, NOW_MS, csrf};

/// Times at which nobody showed anything lately, in seconds from now.
fn unconfirmed(now_s: i64) -> [Value; 6] {
    [
        json!(null),
        json!(now_s - 600),
        json!(now_s + 3_600),
        json!((now_s - 1) * 1_000),
        json!(now_s.to_string()),
        json!([now_s]),
    ]
}

/// The provider knows the account's admin as `admin-1`.
async fn open_world() -> OidcWorld {
    let oidc = OidcWorld::new().await;
    let mut tx = oidc.world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let admin = people::platform_find(&mut tx, &oidc.world.a.email).await.unwrap().unwrap();
    let key = IdentityKey { issuer: ISSUER.into(), subject: "admin-1".into() };
    identities::platform_insert(&mut tx, admin, &key, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    oidc
}

async fn send_form(oidc: &OidcWorld, cookie: &str) -> Got {
    let token = csrf(&oidc.world.get("/app/me", cookie).await.body).to_owned();
    let request = Request::post(format!("/app/sign-in/{}", oidc.id))
        .header(header::HOST, "relay.example")
        .header(header::ORIGIN, "https://relay.example")
        .header(header::REFERER, "https://relay.example/app/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie);
    let form = format!("csrf={token}&act=leave");
    oidc.world.ask(request.body(form.into()).unwrap()).await
}

async fn come_shown_at(oidc: &OidcWorld, auth_time: &Value) -> Got {
    oidc.come_saying("admin-1", "x@nowhere.example", |claims: &mut Value| {
        if !auth_time.is_null() {
            claims["auth_time"] = auth_time.clone();
        }
    })
    .await
}

#[tokio::test]
async fn a_silent_answer_signs_somebody_in_and_confirms_nothing() {
    let oidc = open_world().await;
    let now_s = NOW_MS / 1_000;
    for auth_time in unconfirmed(now_s) {
        let came = come_shown_at(&oidc, &auth_time).await;
        assert!(is_in(&came), "{auth_time}: {}", came.body);
        let cookie = came.cookie();
        assert_eq!(oidc.world.get("/app/people", &cookie).await.status, StatusCode::OK);
        let asked = send_form(&oidc, &cookie).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{auth_time}");
        let account = oidc.world.a.scope.account();
        let link = format!("href=\"/organisation/{account}?confirm=yes&#38;next=/app/sign-in\"");
        assert!(asked.body.contains(&link), "{auth_time}: {}", asked.body);
    }
    // As lately as it says.
    let came = come_shown_at(&oidc, &json!(now_s - 540)).await;
    assert_eq!(send_form(&oidc, &came.cookie()).await.status, StatusCode::SEE_OTHER);
    oidc.world.clock.advance_ms(MINUTE_MS);
    assert_eq!(send_form(&oidc, &came.cookie()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn whoever_confirms_is_asked_anew_by_their_provider() {
    let oidc = open_world().await;
    let page = format!("/organisation/{}?confirm=yes&next=/app/sign-in", oidc.world.a.scope.account());
    let page = oidc.world.get(&page, "").await.body;
    assert!(page.contains("asks anew who you are"), "{page}");
    let carried = between(&page, "name=\"next\" value=\"", "\"").to_owned();
    let form = format!("provider={}&next={carried}&confirm=yes", oidc.id);
    let now_s = NOW_MS / 1_000;
    for auth_time in unconfirmed(now_s) {
        let sent = oidc.begin(&form).await;
        assert!(sent.url.contains("prompt=login&max_age=0"), "{}", sent.url);
        let mut claims = oidc.claims(&sent, "admin-1", "x@nowhere.example");
        claims["auth_time"] = auth_time.clone();
        let got = oidc.answer(&sent, oidc.signer.sign(&claims)).await;
        assert!(!is_in(&got) && got.body.contains("not-shown"), "{auth_time}: {}", got.body);
    }
    assert!(oidc.log().await.contains(&format!("{ISSUER} oidc sign-in not-shown denied")));
    let sent = oidc.begin(&form).await;
    let mut claims = oidc.claims(&sent, "admin-1", "x@nowhere.example");
    claims["auth_time"] = (now_s - 5).into();
    let came = oidc.answer(&sent, oidc.signer.sign(&claims)).await;
    assert_eq!(came.header("location"), "/app/sign-in", "{}", came.body);
    assert_eq!(send_form(&oidc, &came.cookie()).await.status, StatusCode::SEE_OTHER);
    // An ordinary sign-in leaves it to the provider.
    let plain = oidc.begin(&format!("provider={}", oidc.id)).await;
    assert!(!plain.url.contains("prompt=") && !plain.url.contains("max_age"), "{}", plain.url);
}

#[tokio::test]
async fn a_code_after_a_silent_answer_confirms_no_more_than_it() {
    let oidc = open_world().await;
    let (app, _) = oidc.world.set_app_up(&oidc.cookie).await;
    oidc.world.clock.advance_ms(MINUTE_MS);
    let step = come_shown_at(&oidc, &json!(null)).await;
    assert!(!is_in(&step) && step.header("location").starts_with("/second-step"), "{}", step.body);
    let came = oidc.world.show_code(&step_cookie(&step), &app.code(&oidc.world)).await;
    assert!(is_in(&came), "{}", came.body);
    assert_eq!(send_form(&oidc, &came.cookie()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
