//! Passkeys in a real browser, with the authenticator that its driver brings.

use serde_json::json;

use super::acts::{add_authenticator, sign_in_relay, type_into};
use super::browser::demo::Demo;
use super::browser::{Browser, Kind};
use super::checks;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_made_and_signs_in_alone() {
    let demo = Demo::start(&["--bare"]);
    let relay = demo.output.relay.as_ref().expect("a relay");
    let browser = Browser::open(Kind::Desk, true).await;
    let phone = add_authenticator(&browser).await;
    let verifies = async |is_verified: bool| {
        let path = format!("webauthn/authenticator/{phone}/uv");
        browser.driver(&path, json!({ "isUserVerified": is_verified })).await;
    };
    let mut wrong = Vec::new();
    sign_in_relay(&browser, relay).await;
    browser.goto(&format!("{}/app/me", relay.https)).await;
    browser.press("#passkeys button").await;
    browser.shows("What you call it").await;
    wrong.extend(checks::check(&browser, "relay-passkey-new").await);
    type_into(&browser, "#name", "Work phone").await;
    browser.press("[data-use]").await;
    browser.shows("Your recovery codes").await;
    browser.goto(&format!("{}/app/me", relay.https)).await;
    browser.shows("Work phone").await;
    wrong.extend(checks::check(&browser, "relay-me-passkey").await);
    browser.press("main form button").await;
    // Somebody else holds the phone.
    verifies(false).await;
    browser.press("form[action='/passkey'] button").await;
    browser.shows("No passkey was used").await;
    wrong.extend(checks::check(&browser, "relay-passkey").await);
    verifies(true).await;
    browser.press("[data-use]").await;
    browser.shows("There is none yet").await;
    browser.goto(&format!("{}/app/me", relay.https)).await;
    browser.shows("last used").await;
    browser.close().await;
    wrong.iter().for_each(|found| println!("{found}"));
    assert!(wrong.is_empty(), "{} findings: see above", wrong.len());
}
