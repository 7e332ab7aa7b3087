//! The box's own page of an item while the connection fails: the record falls into the phone's queue, or the page stays.

use std::net::SocketAddr;

use harness::proxy::{NetworkFault, Proxy};
use serde_json::json;

use super::browser::{Browser, Kind, TIME_LIMIT};
use super::cuts::{Press, check, read_cleanings, wall_ms};
use super::{Story, dead_spot, desk, photo};

const RECORD: &str = "#unmeasured, .bar .go";
/// A name that is no loopback: without TLS a browser keeps workers and stores from it.
const PLAIN_NAME: &str = "box.test";

const STORED: &str = "const done = arguments[0];
    (async () => {
      const answer = (request) => new Promise((ready) => { request.onsuccess = () => ready(request.result); });
      const store = await answer(indexedDB.open('cleantrack', 1));
      const all = {};
      for (const name of store.objectStoreNames) all[name] = await answer(store.transaction(name).objectStore(name).getAll());
      done(JSON.stringify([all, { ...localStorage }, { ...sessionStorage }]));
    })();";

struct Phone {
    proxy: Proxy,
    browser: Browser,
    page: String,
    photo: String,
}

impl Phone {
    async fn open(story: &Story, address: &str, name: &str, flags: &[&str]) -> Self {
        let (scheme, far) = address.split_once("://").expect("an address");
        let port = far.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], port))).await.expect("a line to the box");
        let tag = story.demo.output.r#box.tags.first().expect("an item");
        let page = format!("{scheme}://{name}:{}/t/{tag}", proxy.addr().port());
        let photo = story.pictures.join("press.jpg");
        std::fs::write(&photo, photo::sideways()).expect("a photo");
        let photo = photo.to_string_lossy().into_owned();
        Self { proxy, browser: Browser::start("chromium", Kind::Phone, true, flags).await, page, photo }
    }

    fn app(&self) -> String {
        self.page.split("/t/").next().expect("an origin").to_owned() + "/app"
    }

    async fn fill(&self, note: &str) {
        self.proxy.set(NetworkFault::None);
        self.browser.goto(&self.page).await;
        self.browser.shows("Record without contact time").await;
        self.complete(note).await;
    }

    async fn complete(&self, note: &str) {
        let fill = format!(
            "for (const tick of document.querySelectorAll('[name=step]')) tick.checked = true;
             document.querySelector('#who').value = 'Aisha Bello'; document.querySelector('#note').value = '{note}'"
        );
        self.browser.script(&fill).await;
        self.browser.find("#photo").await.send_keys(&self.photo).await.expect("a photo is chosen");
    }

    /// Presses while the connection has this fault; the record is on the phone then.
    async fn press(&self, fault: NetworkFault, note: &str) -> Press {
        self.proxy.set(fault);
        let from = wall_ms();
        self.browser.press(RECORD).await;
        let between = [from, wall_ms()];
        self.browser.until("location.pathname === '/app/queue'", TIME_LIMIT).await;
        Press { note: note.to_owned(), between }
    }

    async fn shows_states(&self, states: &str) {
        self.browser.until(&format!("{}.join() === '{states}'", dead_spot::STATES), TIME_LIMIT).await;
    }

    async fn send(&self) {
        self.proxy.set(NetworkFault::None);
        self.browser.goto(&format!("{}/queue", self.app())).await;
        self.browser.press_moving("#send").await;
    }
}

/// With the installed page: each press is one record, with its time, photo and name, whatever was sent
/// before.
pub(crate) async fn fall_into_the_queue(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    // The facility's own authority, as a phone that trusts it.
    let flags = ["--ignore-certificate-errors"];
    let phone = Phone::open(story, &story.demo.output.r#box.https, "localhost", &flags).await;
    phone.browser.goto(&phone.app()).await;
    dead_spot::is_ready(&phone.browser).await;
    let mut presses = Vec::new();

    // The page warns once about what is missing; what proves who somebody is stays on the page.
    phone.fill("at the press").await;
    phone.browser.script("document.querySelector('#step-1').checked = false").await;
    phone
        .browser
        .script(
            "for (const [name, value] of [['pin', '90517342'], ['badge', 'WARD-7-0004711']]) {
               const field = Object.assign(document.createElement('input'), { name, value });
               document.querySelector('form [name=page]').after(field);
             }",
        )
        .await;
    phone.proxy.set(NetworkFault::Cut);
    phone.browser.press(RECORD).await;
    phone.browser.shows("Still open: not ticked: 1").await;
    story.picture(&phone.browser, "01-still-open").await;
    phone.browser.script("document.querySelector('#step-1').checked = true").await;
    presses.push(phone.press(NetworkFault::HalfOpen, "at the press").await);
    phone.shows_states("phone").await;
    story.picture(&phone.browser, "02-on-this-phone").await;
    let stored = phone.browser.client.execute_async(STORED, vec![]).await.expect("what is stored");
    let stored = stored.as_str().expect("text");
    assert!(stored.contains("at the press") && stored.contains("Aisha Bello"), "{stored}");
    for secret in ["90517342", "WARD-7"] {
        assert!(!stored.contains(secret), "{stored}");
    }
    let waits = format!("Date.now() - {} > 4000", presses[0].between[1]);
    phone.browser.until(&waits, TIME_LIMIT).await;
    phone.send().await;
    phone.shows_states("box").await;

    // It was sent, no answer came, and it is pressed again.
    phone.fill("answer lost").await;
    let from = wall_ms();
    const SEND: &str = "const done = arguments[0], form = document.querySelector('form');
        fetch(form.action, { method: 'POST', body: new FormData(form) }).then((answer) => done(answer.status));";
    assert_eq!(phone.browser.client.execute_async(SEND, vec![]).await.expect("it went out"), 200);
    let sent = Press { note: "answer lost".to_owned(), between: [from, wall_ms()] };
    phone.press(NetworkFault::Cut, "answer lost").await;
    phone.shows_states("phone,box").await;
    presses.push(sent);
    phone.send().await;
    phone.shows_states("box,box").await;
    let receipts = "new Set([...document.querySelectorAll('#app [data-state] a')].map((link) => link.pathname)).size === 2";
    phone.browser.until(receipts, TIME_LIMIT).await;

    two_tabs(&phone, &mut presses).await;
    phone.send().await;
    phone.shows_states("box,box,box").await;
    story.picture(&phone.browser, "03-on-the-box").await;
    check(&desk, &presses).await;
    let all = read_cleanings(&desk).await;
    assert!(all.iter().all(|(one, _)| one["cleaned_by"] == "Aisha Bello"), "{all:?}");
    report(&phone, &desk).await;
    phone.browser.close().await;
    desk.close().await;
}

/// A report takes the same route; once it is on the box, staff look for no record of this phone any more.
async fn report(phone: &Phone, desk: &Browser) {
    let browser = &phone.browser;
    browser.goto(&format!("{}/problem", phone.page)).await;
    browser.shows("Send the report").await;
    phone.proxy.set(NetworkFault::Cut);
    browser.press("main .go").await;
    browser.shows("What is wrong? Choose one").await;
    // Longer than the box accepts: the phone keeps no report that is refused for good.
    browser.script("document.querySelector('[name=what][value=broken]').checked = true").await;
    browser.script("document.querySelector('#notes').value = 'x'.repeat(1001)").await;
    browser.press("main .go").await;
    browser.shows("In your own words: longer than 1000 characters").await;
    browser
        .script(
            "document.querySelector('[name=what][value=broken]').checked = true;
             document.querySelector('#notes').value = 'the clamp'",
        )
        .await;
    browser.press("main .go").await;
    browser.until("location.pathname === '/app/queue'", TIME_LIMIT).await;
    phone.shows_states("phone,box,box,box").await;
    // Messages that it shows later by itself are not awaited.
    browser.script("globalThis.setTimeout = () => 0").await;
    browser.until("navigator.locks.query().then(({ held }) => held.length === 0)", TIME_LIMIT).await;
    phone.proxy.set(NetworkFault::None);
    browser.press_moving("#send").await;
    phone.shows_states("box,box,box,box").await;
    let is_empty = "fetch('/staff/phone-records').then((answer) => answer.text()).then((page) => !/holds \\d/.test(page))";
    desk.until(is_empty, TIME_LIMIT).await;
}

/// One page in two tabs, pressed in both: one record, as it was pressed last.
async fn two_tabs(phone: &Phone, presses: &mut Vec<Press>) {
    let browser = &phone.browser;
    phone.fill("in one tab").await;
    browser.press(".bar .go").await;
    browser.shows("It dried: start again").await;
    let page = browser.client.current_url().await.expect("an address").to_string();
    let first = browser.client.window().await.expect("a window");
    let second = browser.client.new_window(true).await.expect("a tab").handle;
    browser.client.switch_to_window(second).await.expect("a tab");
    browser.goto(&page).await;
    browser.shows("It dried: start again").await;
    phone.complete("in the other tab").await;
    browser.client.switch_to_window(first.clone()).await.expect("the first tab");
    phone.press(NetworkFault::Cut, "in one tab").await;
    let windows = browser.client.windows().await.expect("tabs");
    let second = windows.into_iter().find(|window| *window != first).expect("the other tab");
    browser.client.switch_to_window(second).await.expect("the other tab");
    presses.push(phone.press(NetworkFault::Cut, "in the other tab").await);
    phone.shows_states("phone,box,box").await;
}

/// Without the installed page nothing is lost either: the page stays, and says why.
pub(crate) async fn stay_on_the_page(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let rule = format!("--host-resolver-rules=MAP {PLAIN_NAME} 127.0.0.1");
    let phone = Phone::open(story, &story.demo.output.r#box.http, PLAIN_NAME, &[&rule]).await;
    phone.fill("on plain HTTP").await;
    assert_eq!(phone.browser.script("return isSecureContext").await, false);
    let left = |button: &str| {
        format!(
            "document.activeElement.matches('#silent:not([hidden])') && !document.querySelector('[aria-busy]') && \
             document.querySelector('{button}').textContent === 'Record without contact time' && \
             document.querySelector('#note').value === 'on plain HTTP' && document.querySelector('#photo').files.length === 1"
        )
    };
    for (n, fault) in
        [NetworkFault::Cut, NetworkFault::HalfOpen, NetworkFault::Refuse].into_iter().enumerate()
    {
        phone.proxy.set(fault);
        phone.browser.script("document.activeElement.blur()").await;
        phone.browser.press(RECORD).await;
        phone.browser.until(&left("#unmeasured"), TIME_LIMIT).await;
        phone.browser.shows("The box does not answer: this press recorded nothing.").await;
        story.picture(&phone.browser, &format!("0{n}-nothing-recorded")).await;
        assert_eq!(phone.browser.client.current_url().await.expect("an address").as_str(), phone.page);
    }
    phone.proxy.set(NetworkFault::Cut);
    let enter = "#scan > button.away";
    for button in [".bar .go", enter, "button[name=language]"] {
        let press = format!("document.activeElement.blur(); document.querySelector('{button}').click()");
        phone.browser.script(&press).await;
        phone.browser.until(&left("#unmeasured"), TIME_LIMIT).await;
        assert_eq!(phone.browser.client.current_url().await.expect("an address").as_str(), phone.page);
    }
    phone.proxy.set(NetworkFault::None);
    let from = wall_ms();
    phone.browser.press(RECORD).await;
    phone.browser.shows("Where your record is").await;
    check(&desk, &[Press { note: "on plain HTTP".to_owned(), between: [from, wall_ms()] }]).await;
    assert_eq!(phone.browser.script("return typeof phoneQueue").await, json!("undefined"));
    let used = format!("{}/used", phone.page);
    phone.browser.goto(&used).await;
    phone.browser.shows("Yes, it was used now").await;
    phone.proxy.set(NetworkFault::Cut);
    phone.browser.press("main .go").await;
    phone.browser.shows("The box does not answer: this press recorded nothing.").await;
    assert_eq!(phone.browser.client.current_url().await.expect("an address").as_str(), used);
    phone.browser.close().await;
    desk.close().await;
}
