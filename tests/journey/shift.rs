//! A shift at one box: a new roll of labels, routine work, a contact time that a phone sleeps through, late paper, dead spots, a lost
//! label, a shared tablet, a problem, a use and a spot check; afterwards each cleaning is there once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::browser::{Browser, Kind, TIME_LIMIT};
use super::cuts::close_tab;
use super::desk::{self, follow, labels, read_code};
use super::{Story, dead_spot, phone};

const RECORD: &str = ".bar .go";
const NAME: &str = "Aisha Bello";
const BEDS: [&str; 3] = ["Bed 1", "Bed 2", "Bed 3"];
const LATE: usize = 5;
const FROM_DEAD_SPOTS: usize = 3;
const SHARED: usize = 1;
const ALL: usize = 40;
/// The smallest screen that a phone may have, and a usual one.
const SCREENS: [(u32, u32); 2] = [(320, 640), (390, 844)];

pub(crate) async fn work(story: &Story) {
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let beds = claim_roll(story, &desk).await;
    let phone = Browser::open(Kind::Phone, true).await;
    let mut receipts = vec![record_by_hand(story, &phone, &beds[0], NAME).await];

    let pump = story.demo.output.r#box.tags.first().expect("an item").clone();
    let asleep = start_wet_and_sleep(story, &phone, &pump).await;
    enter_late(story, &desk, &beds).await;
    replace_lost_label(story, &desk, &beds[2]).await;
    dead_spot::record_out_of_reach(story, &beds[..2]).await;
    receipts.push(wake_and_record(story, &phone, &asleep, &pump).await);

    while receipts.len() < ALL - LATE - FROM_DEAD_SPOTS - SHARED {
        let bed = &beds[receipts.len() % BEDS.len()];
        receipts.push(record_by_hand(story, &phone, bed, "").await);
    }
    receipts.push(share_tablet(story, &beds[0]).await);
    report_problem_and_use(story, &phone, &beds[1]).await;
    check_spot(story, &desk, &receipts[0]).await;
    count_records(story, &desk, &receipts).await;
    for browser in [desk, phone] {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
        browser.close().await;
    }
}

async fn path_end(browser: &Browser) -> String {
    let path = browser.script("return location.pathname.split('/').pop()").await;
    path.as_str().expect("a path").to_owned()
}

async fn fill(browser: &Browser, css: &str, text: &str) {
    browser.find(css).await.send_keys(text).await.expect("it can be typed into");
}

async fn claim_roll(story: &Story, desk: &Browser) -> Vec<String> {
    let output = &story.demo.output;
    let spool = &output.printers[0].spool;
    let before = labels(spool);
    desk.goto(&format!("{}/staff/labels/blank", output.r#box.https)).await;
    desk.script("document.querySelector('#count').value = '3'").await;
    desk.press("form[action='/staff/labels/blank'] .go").await;
    let printed = tokio::time::timeout(TIME_LIMIT, async {
        loop {
            let fresh = labels(spool).into_iter().filter(|png| !before.contains(png));
            let read: BTreeSet<String> = fresh.filter_map(|png| read_code(&png)).collect();
            if read.len() == BEDS.len() {
                return read;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    });
    let printed = printed.await.expect("three blank labels come out of the printer");
    let mut tags = Vec::new();
    for (label, name) in printed.iter().zip(BEDS) {
        let tag = label.rsplit('/').next().expect("a tag").to_owned();
        desk.goto(&format!("{}/t/{tag}", output.r#box.https)).await;
        desk.shows("No equipment has this tag yet").await;
        follow(desk, "main", "Biomed: assign this label").await;
        fill(desk, "#name", name).await;
        desk.press("form .go").await;
        desk.shows("Print label").await;
        assert_eq!(path_end(desk).await, tag, "the item is opened by the label that was claimed");
        tags.push(tag);
    }
    tags
}

/// An item without a contact time. A name is typed once, the phone remembers it.
async fn record_by_hand(story: &Story, phone: &Browser, tag: &str, name: &str) -> String {
    phone.goto(&format!("{}/t/{tag}", story.demo.output.r#box.http)).await;
    phone.press("#step-1").await;
    if !name.is_empty() {
        fill(phone, "#who", name).await;
    }
    phone.press(RECORD).await;
    phone.shows("Where your record is").await;
    path_end(phone).await
}

/// What a technician who knows the item presses first; then the phone is locked.
async fn start_wet_and_sleep(story: &Story, phone: &Browser, pump: &str) -> fantoccini::wd::WindowHandle {
    phone.goto(&format!("{}/t/{pump}", story.demo.output.r#box.http)).await;
    for (width, height) in SCREENS {
        phone.resize(width, height).await;
        phone::in_view(phone, RECORD).await;
    }
    phone.press(RECORD).await;
    phone.shows("It dried: start again").await;
    let tab = phone.client.window().await.expect("a tab");
    let other = phone.client.new_window(true).await.expect("another tab").handle;
    phone.devtools("Page.setWebLifecycleState", json!({"state": "frozen"})).await;
    phone.client.switch_to_window(other).await.expect("another tab");
    phone.devtools("Page.bringToFront", json!({})).await;
    tab
}

/// The box measured while the phone slept: two more presses, nothing typed, and the button is visible all the time.
async fn wake_and_record(
    story: &Story,
    phone: &Browser,
    tab: &fantoccini::wd::WindowHandle,
    pump: &str,
) -> String {
    let left = format!("{}/t/{pump}/contact-time", story.demo.output.r#box.http);
    let over = async {
        loop {
            let answer: Value = reqwest::get(&left).await.expect("the box").json().await.expect("JSON");
            if answer["left_ms"] == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(TIME_LIMIT, over).await.expect("the contact time ends");
    close_tab(phone, tab.clone()).await;
    phone.devtools("Page.setWebLifecycleState", json!({"state": "active"})).await;
    phone.devtools("Page.bringToFront", json!({})).await;
    phone.until("document.querySelector('#wet h2').innerText === 'Wet long enough'", TIME_LIMIT).await;
    phone.press("#step-all").await;
    for (width, height) in SCREENS {
        phone.resize(width, height).await;
        phone::in_view(phone, RECORD).await;
    }
    phone.press(RECORD).await;
    phone.shows("Where your record is").await;
    let incomplete = phone.script("return document.body.innerText.includes('Incomplete')").await;
    assert_eq!(incomplete, false);
    story.picture(phone, "30-slept-through").await;
    path_end(phone).await
}

/// From the paper that was filled in while the box was being moved.
async fn enter_late(story: &Story, desk: &Browser, beds: &[String]) {
    for hours in 1..=LATE {
        let bed = &beds[hours % BEDS.len()];
        desk.goto(&format!("{}/staff/equipment/{bed}/late", story.demo.output.r#box.https)).await;
        let then = format!(
            "return new Intl.DateTimeFormat('sv-SE', {{ timeZone: 'America/Chicago', dateStyle: 'short', timeStyle: 'short' }})
             .format(Date.now() - {hours} * 3_600_000)"
        );
        let then = desk.script(&then).await;
        fill(desk, "#performed_at", then.as_str().expect("a time")).await;
        fill(desk, "#cleaned_by", NAME).await;
        desk.press("#all_steps").await;
        fill(desk, "#notes", "Written on paper").await;
        desk.press("form .go").await;
        desk.until("!location.pathname.endsWith('/late')", TIME_LIMIT).await;
        desk.shows("Written on paper").await;
    }
}

async fn replace_lost_label(story: &Story, desk: &Browser, bed: &str) {
    let r#box = &story.demo.output.r#box;
    desk.goto(&format!("{}/staff/tags/new?item={bed}&why=lost", r#box.https)).await;
    desk.press("form .go").await;
    desk.until("!location.pathname.startsWith('/staff/tags/')", TIME_LIMIT).await;
    // As its code says it: the box's own links name the item by its first tag.
    desk.goto(&format!("{}/{bed}", r#box.https)).await;
    desk.shows("This label was replaced").await;
    story.picture(desk, "31-replaced").await;
    follow(desk, "main", "Open Bed 3").await;
    desk.shows("Record cleaning").await;
}

async fn report_problem_and_use(story: &Story, phone: &Browser, bed: &str) {
    let http = &story.demo.output.r#box.http;
    phone.goto(&format!("{http}/t/{bed}/problem")).await;
    phone.press("#what input").await;
    fill(phone, "#notes", "Brake does not hold").await;
    phone.press(".go").await;
    phone.shows("Open reports").await;
    phone.goto(&format!("{http}/t/{bed}")).await;
    phone.shows("Open reports").await;
    let is_shown = phone.script("return document.body.innerText.includes('Brake does not hold')").await;
    assert_eq!(is_shown, false, "what somebody typed is for staff");
    story.picture(phone, "32-problem").await;
    phone.goto(&format!("{http}/t/{bed}/used")).await;
    phone.press(".go").await;
    phone.until("!location.pathname.endsWith('/used')", TIME_LIMIT).await;
}

/// A shared tablet: what one person proved holds for their own record, not for the next one's.
async fn share_tablet(story: &Story, bed: &str) -> String {
    let https = &story.demo.output.r#box.https;
    let tablet = Browser::open(Kind::Phone, true).await;
    desk::sign_in(story, &tablet).await;
    tablet.goto(&format!("{https}/staff/me")).await;
    tablet.press("form[action='/staff/me/tablet'] button").await;
    tablet.shows("This tablet is shared").await;
    tablet.goto(&format!("{https}/t/{bed}")).await;
    tablet.shows("PIN entered").await;
    tablet.press("#step-1").await;
    tablet.press(RECORD).await;
    tablet.shows("Where your record is").await;
    let receipt = path_end(&tablet).await;
    tablet.goto(&format!("{https}/t/{bed}")).await;
    tablet.shows("Record cleaning").await;
    let proven = tablet.script("return document.body.innerText.includes('PIN entered')").await;
    assert_eq!(proven, false);
    story.picture(&tablet, "34-shared-tablet").await;
    // However long nobody touches it, what was entered goes only by a press; a page without anything does by itself.
    let hours_later = "const now = performance.now.bind(performance); performance.now = () => now() + 36e5;";
    tablet.press("#step-1").await;
    tablet.script(hours_later).await;
    tablet.shows("Still there?").await;
    tablet.press("#still [value=stay]").await;
    assert_eq!(tablet.script("return document.querySelector('#step-1').checked").await, true);
    tablet.goto(&format!("{https}/t/{bed}")).await;
    tablet.script(hours_later).await;
    tablet.until("location.pathname === '/'", TIME_LIMIT).await;
    tablet.close().await;
    receipt
}

async fn check_spot(story: &Story, desk: &Browser, receipt: &str) {
    desk.goto(&format!("{}/staff/cleanings/{receipt}/check", story.demo.output.r#box.https)).await;
    desk.script("document.querySelector('#result').value = 'good'").await;
    desk.press("main form button").await;
    desk.until("!location.pathname.endsWith('/check')", TIME_LIMIT).await;
}

async fn count_records(story: &Story, desk: &Browser, receipts: &[String]) {
    desk.goto(&format!("{}/staff/", story.demo.output.r#box.https)).await;
    desk.shows("Brake does not hold").await;
    story.picture(desk, "33-end-of-the-shift").await;
    let all =
        desk.script("return fetch('/api/v1/cleanings?limit=100').then((answer) => answer.json())").await;
    let list = all["items"].as_array().unwrap_or_else(|| panic!("no list: {all}"));
    let found: BTreeSet<&str> = list.iter().filter_map(|cleaning| cleaning["receipt"].as_str()).collect();
    assert_eq!((list.len(), found.len()), (ALL, ALL));
    let distinct: BTreeSet<&str> = receipts.iter().map(String::as_str).collect();
    assert_eq!(distinct.len(), ALL - LATE - FROM_DEAD_SPOTS);
    let missing: Vec<_> = distinct.iter().filter(|receipt| !found.contains(*receipt)).collect();
    assert!(missing.is_empty(), "{missing:?} in {found:?}");
    let count = |what: &str, value: &str| list.iter().filter(|one| one[what] == value).count();
    assert_eq!((count("notes", "Written on paper"), count("checked", "good")), (LATE, 1));
}
