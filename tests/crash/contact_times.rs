//! The program is restarted while a surface stays wet: the contact time runs on, and what was measured counts.

use std::time::Duration;

use harness::world::{TheBox, folder, until};
use record::tag::Tag;
use serde_json::{Value, json};

use crate::demo;

const LONG_S: u64 = 600;
/// For two more items, so that their rows can be distinguished.
const OTHER_S: u64 = 601;
const LATER_S: u64 = 602;
const SHORT_S: u64 = 3;

/// An item whose surface has to stay wet for so long.
async fn add_item(r#box: &TheBox, contact_s: u64) -> Tag {
    let steps = json!([{ "text": "Gloves on" }]);
    let protocol = json!({ "name": format!("Wipe {contact_s}"), "steps": steps, "contact_s": contact_s });
    let (status, protocol) = r#box.post("/api/v1/protocols", &protocol).await;
    assert_eq!(status, 201, "{protocol}");
    let item = json!({ "name": format!("Pump {contact_s}"), "protocols": [protocol["protocol"]] });
    let (status, item) = r#box.post("/api/v1/equipment", &item).await;
    assert_eq!(status, 201, "{item}");
    item["tag"].as_str().unwrap().parse().unwrap()
}

fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Opens the item's page and sends its form with one more field; where that led.
async fn press(r#box: &TheBox, tag: Tag, field: (&str, &str)) -> String {
    let path = format!("/t/{tag}");
    let page = r#box.ask_plain(&path).await.1;
    let (token, submission) = (hidden(&page, "page"), hidden(&page, "submission"));
    let form = [
        ("page", &*token),
        ("submission", &*submission),
        ("version", "1"),
        ("step", "1"),
        ("cleaned_by", "Zoë"),
        field,
    ];
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let sent = client.post(r#box.http(&path)).form(&form).send().await.unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
    sent.url().path().to_owned()
}

/// State of the item's contact time, and the milliseconds that are left.
async fn contact_time(r#box: &TheBox, tag: Tag) -> (String, u64) {
    let (status, body) = r#box.ask_plain(&format!("/t/{tag}/contact-time")).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    (body["state"].as_str().unwrap().to_owned(), body["left_ms"].as_u64().unwrap())
}

/// Waits until the file has a row with so many seconds.
async fn await_saved(r#box: &TheBox, contact_s: u64) {
    let row = format!("\"required_s\":{contact_s}").into_bytes();
    let saved = until("the contact time is written down", async || {
        let file = std::fs::read(r#box.data().join("state.redb")).ok()?;
        file.windows(row.len()).any(|window| window == row).then_some(())
    });
    assert!(saved.await.is_some(), "{}", r#box.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_time_runs_on_over_a_stop_and_over_a_kill() {
    let dir = folder();
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    r#box.start().await;
    r#box.found().await;
    let (long, short) = (add_item(&r#box, LONG_S).await, add_item(&r#box, SHORT_S).await);
    let (other, later) = (add_item(&r#box, OTHER_S).await, add_item(&r#box, LATER_S).await);
    assert_eq!(contact_time(&r#box, long).await, ("none".to_owned(), 0));
    for tag in [long, short] {
        press(&r#box, tag, ("wet", "start")).await;
    }
    let (state, before_ms) = contact_time(&r#box, long).await;
    assert_eq!(state, "running");
    // A stop in order saves what it has.
    assert_eq!(r#box.stop().await.0, Some(0));
    r#box.start().await;
    let (state, after_ms) = contact_time(&r#box, long).await;
    assert_eq!(state, "running");
    assert!(
        (1..before_ms).contains(&after_ms),
        "{after_ms} of {before_ms} ms: it goes on, and does not begin anew"
    );
    // What was measured across the stop counts.
    let over = until("it was wet long enough", async || {
        (contact_time(&r#box, short).await.0 == "over").then_some(())
    });
    assert!(over.await.is_some());
    let receipt = press(&r#box, short, ("notes", "")).await;
    assert!(receipt.starts_with("/r/"), "{receipt}");
    let newest: Value = serde_json::from_str(&r#box.get("/api/v1/cleanings?limit=1").await).unwrap();
    assert_eq!(newest["items"][0]["complete"], true, "{newest}");
    // Killed, it has what was saved: saves come one after the other, so with the beginning of the next one it
    // is whole.
    press(&r#box, other, ("wet", "start")).await;
    await_saved(&r#box, OTHER_S).await;
    press(&r#box, later, ("wet", "start")).await;
    await_saved(&r#box, LATER_S).await;
    let (_, before_ms) = contact_time(&r#box, other).await;
    r#box.kill().await;
    r#box.start().await;
    for (tag, before_ms) in [(long, after_ms), (other, before_ms)] {
        let (state, left_ms) = contact_time(&r#box, tag).await;
        assert_eq!(state, "running");
        assert!((1..before_ms).contains(&left_ms), "{left_ms} of {before_ms} ms");
    }
    r#box.kill().await;
}
