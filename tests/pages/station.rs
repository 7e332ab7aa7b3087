//! The label station with a thousand items: what a hand scanner types is counted, and what prints stays in view.

use harness::demo::output::BoxOutput;
use serde_json::{Value, json};

use super::browser::{Browser, TIME_LIMIT};

/// From one scan to the next, as fast as a hand with a scanner is.
const BETWEEN_SCANS_MS: f64 = 50.0;
const BETWEEN_KEYS_MS: f64 = 2.0;

pub(crate) async fn add_items(at: &BoxOutput, ca: &std::path::Path, count: usize) -> Vec<String> {
    let pem = std::fs::read(ca).expect("the demo's authorities");
    let authorities = reqwest::Certificate::from_pem_bundle(&pem).expect("certificates");
    let client = reqwest::Client::builder().tls_certs_only(authorities).timeout(TIME_LIMIT).build();
    let client = client.expect("an HTTP client");
    let mut tags = Vec::new();
    for n in at.tags.len()..count {
        let ward = ["Oncology 4 West", "Surgery 2 North", "Cardiology", "Maternity"][n % 4];
        let item =
            json!({ "name": format!("Syringe driver {n}"), "location": format!("{ward}, bed {}", n % 30) });
        let added = client.post(format!("{}/api/v1/equipment", at.https)).bearer_auth(&at.api_token);
        let added = added.json(&item).send().await.expect("the box answers");
        assert_eq!(added.status().as_u16(), 201);
        let added: Value = added.json().await.expect("JSON");
        tags.push(added["tag"].as_str().expect("a tag").to_owned());
    }
    tags
}

/// Types tags as a scanner does, into whatever has the focus: each with its Enter, and 50 ms to the next.
/// Each key carries its time, so that a loaded machine does not make a scanner look like a person who types.
async fn scan(browser: &Browser, tags: &[String]) {
    let now_ms = browser.script("return performance.timeOrigin + performance.now()").await;
    let mut at_ms = now_ms.as_f64().expect("a time");
    for tag in tags {
        for value in tag.chars() {
            press_key(browser, json!({"key": value, "text": value}), at_ms).await;
            at_ms += BETWEEN_KEYS_MS;
        }
        let enter = json!({"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13});
        press_key(browser, enter, at_ms).await;
        at_ms += BETWEEN_SCANS_MS;
    }
}

async fn press_key(browser: &Browser, mut key: Value, at_ms: f64) {
    key["timestamp"] = json!(at_ms / 1_000.0);
    for kind in ["keyDown", "keyUp"] {
        key["type"] = kind.into();
        browser.devtools("Input.dispatchKeyEvent", key.clone()).await;
    }
}

/// Answers come as late as over bad Wi-Fi, or not at all.
async fn slow_connection(browser: &Browser, latency_ms: u32, offline: bool) {
    browser.devtools("Network.enable", json!({})).await;
    let conditions =
        json!({"offline": offline, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.emulateNetworkConditions", conditions).await;
}

async fn tells(browser: &Browser, words: &str) {
    let reported = format!("document.querySelector('.tally').innerText.includes({})", Value::from(words));
    browser.until(&reported, TIME_LIMIT).await;
}

/// Twenty scans while each answer takes six times as long as a scan, and then every case in which one could
/// be lost.
pub(crate) async fn scans_are_counted(browser: &Browser, at: &BoxOutput, tags: &[String]) {
    let station = format!("{}/staff/labels?show=all", at.https);
    browser.goto(&station).await;
    browser.shows("Find or scan").await;
    slow_connection(browser, 300, false).await;
    assert_eq!(browser.script("return document.activeElement.localName").await, "body");
    let mut scans = tags[..20].to_vec();
    scans.push("7QK3M9X2W".to_owned());
    scan(browser, &scans).await;
    tells(browser, "20 selected").await;
    tells(browser, "1 not selected: 7QK 3M9 X2W: no equipment in use has this tag").await;
    browser.shows("Print 20 labels").await;

    // The focus on what Enter would press: on the button that prints, a checkbox, and the field.
    let path = browser.script("return location.pathname").await;
    for (css, tags) in
        [("[data-print]", &tags[20..22]), ("input[name=tag]", &tags[22..24]), ("#q", &tags[24..26])]
    {
        browser.script(&format!("document.querySelector('{css}').focus()")).await;
        scan(browser, tags).await;
    }
    tells(browser, "26 selected").await;
    assert_eq!(browser.script("return location.pathname").await, path, "nothing was printed");
    assert_eq!(browser.script("return document.querySelector('#q').value").await, "");

    // Offline: scans are stored, shown as waiting, and sent when the connection is back.
    slow_connection(browser, 0, true).await;
    browser.script("document.activeElement.blur()").await;
    scan(browser, &tags[26..28]).await;
    tells(browser, "kept here and sent again").await;
    tells(browser, "26 selected").await;
    slow_connection(browser, 0, false).await;
    tells(browser, "28 selected").await;

    browser.client.refresh().await.expect("the page again");
    tells(browser, "28 selected").await;
    let list = browser.script("return document.querySelector('input[name=picks]').value").await;
    let list = list.as_str().expect("a list");
    browser.goto(&format!("{}/staff/labels?show=picked&picks={list}", at.https)).await;
    for tag in &tags[..28] {
        let row = format!("document.querySelector('input[name=tag][value=\"{tag}\"]')?.checked");
        browser.until(&row, TIME_LIMIT).await;
    }
}

/// The print button is in the window wherever the page is scrolled to, and hides nothing that has the focus.
pub(crate) async fn print_stays_in_view(browser: &Browser, at: &BoxOutput) {
    const IN_VIEW: &str = "return ['#template', '#printer', '#copies', '[data-print]'].map((css) => {
        const box = document.querySelector(css).getBoundingClientRect();
        return [css, Math.round(box.top), Math.round(box.bottom), Math.round(box.left), Math.round(box.right)];
    });";
    const HIDDEN: &str = "const top = () => document.querySelector('.press').getBoundingClientRect().top;
        const hides = (row) => { row.focus(); return row.getBoundingClientRect().bottom > top(); };
        return [...document.querySelectorAll('input[name=tag]')].filter(hides).length;";
    browser.goto(&format!("{}/staff/labels?show=all", at.https)).await;
    browser.shows("1 to 50 of 1,000").await;
    for (width, height) in [(390, 844), (320, 568), (1280, 900)] {
        browser.resize(width, height).await;
        for scroll in ["0", "document.body.scrollHeight / 2", "document.body.scrollHeight"] {
            browser.script(&format!("window.scrollTo(0, {scroll})")).await;
            let places = browser.script(IN_VIEW).await;
            println!("{width} × {height}, scrolled to {scroll}: {places}");
            for place in places.as_array().expect("a list") {
                let at = |n: usize| place[n].as_i64().expect("a number");
                let inside =
                    at(1) >= 0 && at(2) <= i64::from(height) && at(3) >= 0 && at(4) <= i64::from(width);
                assert!(inside, "out of the window of {width} × {height}, scrolled to {scroll}: {place}");
            }
        }
        assert_eq!(browser.script(HIDDEN).await, 0, "rows under the panel at {width} × {height}");
    }
    let bytes = "const answer = await fetch(location.href, {cache: 'no-store'}); return (await answer.arrayBuffer()).byteLength";
    let bytes = browser.script(&format!("return (async () => {{ {bytes} }})()")).await;
    println!("the page has {bytes} bytes");
    assert!(bytes.as_u64().is_some_and(|bytes| (10_000..=60_000).contains(&bytes)), "{bytes} bytes");
}
