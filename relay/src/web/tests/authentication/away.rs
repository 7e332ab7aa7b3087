//! A provider that does not answer is asked no more for half a minute, by whoever tries.

use axum::http::StatusCode;
use serde_json::json;

use super::oidc::{OidcWorld, is_in};
use crate::outgoing::OutgoingError;
use crate::web::tests::fake_provider::ISSUER;
use crate::web::tests::world::DAY_MS;

#[tokio::test]
async fn what_a_provider_says_of_itself_is_asked_for_once_in_half_a_minute() {
    let oidc = OidcWorld::new().await;
    let place = "/.well-known/openid-configuration";
    oidc.world.clock.advance_ms(DAY_MS);
    oidc.provider.answers().failure = Some(OutgoingError::Slow);
    let before = oidc.provider.count(place);
    for _ in 0..3 {
        assert!(
            oidc.begin(&format!("provider={}", oidc.id)).await.url.contains("state="),
            "what it said last holds"
        );
    }
    assert_eq!(oidc.provider.count(place), before + 1);
    oidc.world.clock.advance_ms(29_999);
    oidc.begin(&format!("provider={}", oidc.id)).await;
    assert_eq!(oidc.provider.count(place), before + 1);
    oidc.world.clock.advance_ms(1);
    oidc.begin(&format!("provider={}", oidc.id)).await;
    assert_eq!(oidc.provider.count(place), before + 2, "it is asked again");
    oidc.provider.answers().failure = None;
    oidc.world.clock.advance_ms(30_000);
    assert!(is_in(&oidc.come("ana-1", "ana@linden.example").await));
}

#[tokio::test]
async fn keys_that_do_not_come_are_asked_for_once_in_half_a_minute() {
    let oidc = OidcWorld::new().await;
    oidc.provider.answers().metadata["jwks_uri"] = json!(format!("{ISSUER}/gone"));
    let saved = oidc.act(&format!("act=save&{}", OidcWorld::form("technician"))).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    for _ in 0..3 {
        let got = oidc.come("ana-1", "ana@linden.example").await;
        assert!(!is_in(&got) && got.body.contains("does not answer"), "{}", got.body);
    }
    assert_eq!(oidc.provider.count("/gone"), 1);
    assert!(oidc.log().await.contains("oidc sign-in silent denied"));
    oidc.world.clock.advance_ms(30_000);
    assert!(!is_in(&oidc.come("ana-1", "ana@linden.example").await));
    assert_eq!(oidc.provider.count("/gone"), 2);
}
