//! What more than one suite does in a browser and beside it.

use std::path::Path;

use base64::Engine as _;
use harness::demo::output::RelayOutput;
use serde_json::json;
use sqlx::Connection as _;

use super::browser::Browser;

pub(crate) async fn type_into(browser: &Browser, css: &str, text: &str) {
    browser.find(css).await.send_keys(text).await.expect("it can be typed into");
}

/// On the relay's sign-in page, which is open.
pub(crate) async fn enter_password(browser: &Browser, email: &str, password: &str) {
    type_into(browser, "#email", email).await;
    type_into(browser, "#password", password).await;
    browser.press(".go").await;
}

pub(crate) async fn sign_in_relay(browser: &Browser, relay: &RelayOutput) {
    browser.goto(&format!("{}/login", relay.https)).await;
    enter_password(browser, &relay.login.email, &relay.login.password).await;
    browser.shows("Latest cleanings").await;
}

/// An authenticator in the browser that knows its owner, as a phone has one; its id.
pub(crate) async fn add_authenticator(browser: &Browser) -> String {
    let phone = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true,
    });
    let phone = browser.driver("webauthn/authenticator", phone).await;
    phone.as_str().expect("its id").to_owned()
}

pub(crate) async fn save_whole_page(browser: &Browser, to: &Path) {
    let taken = browser.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
    let png = base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap_or_default());
    std::fs::write(to, png.expect("a picture")).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
}

/// Changes rows of the relay's database, as no page can; how many.
pub(crate) async fn change_relay(data: &Path, sql: &str) -> u64 {
    let file = data.join("relay.db");
    let mut db = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .expect("the relay's database");
    let done =
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut db).await.expect("it is changed");
    db.close().await.expect("it is closed");
    done.rows_affected()
}
