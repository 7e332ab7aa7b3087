//! Many tabs at once: a phone's camera opens each label in a tab of its own, and a browser opens six connections to a host.

use fantoccini::wd::WindowHandle;
use harness::demo::output::DemoOutput;
use serde_json::json;

use super::browser::demo::Demo;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::states::{NOTICED_WITHIN, StoppedProcess};
use super::table::{sign_in_staff, type_note};

/// Twice as many as a browser opens connections.
const TABS: usize = 12;

const WATCH: &str =
    "document.addEventListener('visibilitychange', () => { window.wasHidden ||= document.hidden; });";

/// Lets a page go back to the one before as soon as another tab is in front. The driver may lose its hold of
/// a page that it looks at while the page goes back, and then waits for it until its own limit.
const BACK_WHEN_HIDDEN: &str =
    "document.addEventListener('visibilitychange', () => history.back(), { once: true });";

async fn open_tab(browser: &Browser) -> WindowHandle {
    let tab = browser.client.new_window(true).await.expect("a tab").handle;
    show_tab(browser, &tab).await;
    tab
}

async fn show_tab(browser: &Browser, tab: &WindowHandle) {
    browser.client.switch_to_window(tab.clone()).await.expect("the tab is there");
    browser.devtools("Page.bringToFront", json!({})).await;
}

/// Opens an address in the tab in front; one that waits for a connection never comes.
async fn load(browser: &Browser, url: &str, what: &str) {
    let loaded = tokio::time::timeout(TIME_LIMIT, browser.goto(url)).await;
    assert!(loaded.is_ok(), "{what} did not load: {url}");
}

async fn record(phone: &Browser, output: &DemoOutput, item: usize) {
    let url = format!("{}/t/{}?anyway=1", output.r#box.http, output.r#box.tags[item]);
    load(phone, &url, &format!("scan page {}", item + 1)).await;
    phone.script("document.querySelector('#who').value = 'Aisha Bello'").await;
    type_note(phone, "Only wiped").await;
    phone.press("#unmeasured, .bar .go").await;
    phone.shows("Where your record is").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_receipts_stay_open_and_the_next_label_opens() {
    let demo = Demo::start(&[]);
    let output = &demo.output;
    let relay = output.relay.as_ref().expect("a relay");
    // A headless shell hides no tab behind another.
    let phone = Browser::start("chromium", Kind::Phone, true, &[]).await;
    let mut tabs = Vec::new();
    {
        // Without the relay's cosignature each receipt would listen for as long as it is looked at.
        let _held = StoppedProcess::of(relay.pid);
        for item in 0..TABS {
            tabs.push(open_tab(&phone).await);
            record(&phone, output, item).await;
            phone.until("document.body.dataset.live !== undefined", TIME_LIMIT).await;
            phone.script(WATCH).await;
        }
        open_tab(&phone).await;
        load(
            &phone,
            &format!("{}/t/{}", output.r#box.http, output.r#box.tags[0]),
            "the thirteenth scan page",
        )
        .await;
        phone.shows("Record cleaning").await;
        // Off a receipt and, when the relay answers again, back to it.
        show_tab(&phone, &tabs[TABS - 1]).await;
        load(&phone, &format!("{}/", output.r#box.http), "the first page").await;
        phone.script(BACK_WHEN_HIDDEN).await;
    }
    for tab in &tabs {
        show_tab(&phone, tab).await;
        if tab != &tabs[TABS - 1] {
            assert_eq!(
                phone.script("return window.wasHidden").await,
                true,
                "a browser that hides no tabs shows nothing"
            );
        }
        phone.until("document.body.innerText.includes('relay since')", NOTICED_WITHIN).await;
        phone.until("document.body.dataset.live === undefined", TIME_LIMIT).await;
    }
    phone.close().await;
}

const CAME: &str = "return [performance.getEntriesByType('resource').filter((e) => e.transferSize > 0).map((e) => e.name).join(' '), \
    performance.getEntriesByType('navigation')[0].transferSize > 0]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_visit_asks_for_the_page_alone() {
    let demo = Demo::start(&["--bare", "--no-relay"]);
    let at = &demo.output.r#box;
    let scan = format!("{}/t/{}", at.http, at.tags[0]);
    for script in [false, true] {
        let phone = Browser::open(Kind::Phone, script).await;
        load(&phone, &scan, "the first visit").await;
        let first = phone.script(CAME).await;
        assert!(first[0].as_str().is_some_and(|names| names.contains("/base.")), "{first}");
        load(&phone, "about:blank", "nothing").await;
        load(&phone, &scan, "the second visit").await;
        phone.shows("Record cleaning").await;
        assert_eq!(phone.script(CAME).await, json!(["", true]));
        phone.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_staff_tabs_load_and_the_one_in_front_is_renewed() {
    let demo = Demo::start(&["--no-relay"]);
    let output = &demo.output;
    let desk = Browser::open(Kind::Desk, true).await;
    sign_in_staff(&desk, output).await;
    let mut tabs = Vec::new();
    for nth in 1..=TABS {
        tabs.push(open_tab(&desk).await);
        load(&desk, &format!("{}/staff/", output.r#box.https), &format!("staff tab {nth}")).await;
        desk.shows("Latest cleanings").await;
    }
    let cleaned = format!("{}/t/{}", output.r#box.http, output.r#box.tags[0]);
    let form = [("cleaned_by", "Ines Duarte"), ("notes", "By another phone")];
    let http = reqwest::Client::builder().timeout(TIME_LIMIT).build().expect("an HTTP client");
    let recorded = http.post(cleaned).form(&form).send().await.expect("the box answers");
    assert!(recorded.status().is_success(), "{}", recorded.status());
    for tab in [&tabs[TABS - 1], &tabs[0]] {
        show_tab(&desk, tab).await;
        desk.shows("Ines Duarte").await;
    }
    desk.close().await;
}
