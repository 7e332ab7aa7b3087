//! With both hands on the keyboard and none on a mouse: a technician from the first page to an undone record, and staff from their
//! PIN to a protocol and a printed label. Each key goes to whatever has the focus, and that can be seen.

use serde_json::{Value, json};

use super::Story;
use super::browser::{Browser, TIME_LIMIT};
use super::desk::{ENTER, TAB};

const SPACE: &str = " ";
/// Stops of the longest page, twice.
const TABS_MAX: usize = 160;

/// Presses keys as hands do: they go to whatever has the focus. An element that keys are sent to would take a
/// file's path for them.
async fn send_keys(browser: &Browser, keys: &str) {
    let pressed =
        keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|what| json!({"type": what, "value": key})));
    let keyboard = json!({"type": "key", "id": "keyboard", "actions": pressed.collect::<Vec<Value>>()});
    browser.driver("actions", json!({"actions": [keyboard]})).await;
}

async fn tab_to(browser: &Browser, css: &str) {
    let reached = format!("return document.activeElement.matches({})", Value::from(css));
    let mut tabs = 0;
    while browser.script(&reached).await != true {
        tabs += 1;
        assert!(tabs < TABS_MAX, "no key leads to {css}");
        send_keys(browser, TAB).await;
    }
    let shown = "(() => { const style = getComputedStyle(document.activeElement); \
         return document.activeElement.matches(':focus-visible') \
             && (style.outlineStyle !== 'none' || style.boxShadow !== 'none'); })()";
    assert_eq!(
        browser.script(&format!("return {shown}")).await,
        true,
        "nobody sees that the focus is on {css}"
    );
}

async fn enter(browser: &Browser, css: &str) {
    tab_to(browser, css).await;
    send_keys(browser, ENTER).await;
}

async fn fill(browser: &Browser, css: &str, text: &str) {
    tab_to(browser, css).await;
    send_keys(browser, text).await;
}

pub(crate) async fn record_and_undo(story: &Story, desk: &Browser) {
    desk.goto(&format!("{}/", story.demo.output.r#box.http)).await;
    fill(desk, "[name=q]", "pump").await;
    send_keys(desk, ENTER).await;
    desk.until("location.search.includes('q=pump')", TIME_LIMIT).await;
    enter(desk, "main a[href^='/t/']").await;
    desk.shows("Record cleaning").await;
    enter(desk, "#step summary").await;
    for step in ["#step-1", "#step-2", "#step-3", "#step-4"] {
        tab_to(desk, step).await;
        send_keys(desk, SPACE).await;
    }
    fill(desk, "#who", "Aisha Bello").await;
    enter(desk, "details:has(#note) > summary").await;
    fill(desk, "#note", "Only wiped").await;
    enter(desk, "#unmeasured").await;
    desk.shows("Where your record is").await;
    enter(desk, "a[href$='/undo']").await;
    desk.shows("Undo this record?").await;
    fill(desk, "#reason", "Wrong pump").await;
    enter(desk, ".stop").await;
    desk.shows("Both entries stay.").await;
    story.picture(desk, "40-undone").await;
}

pub(crate) async fn publish_and_print(story: &Story, desk: &Browser) {
    let output = &story.demo.output;
    let grace = output.r#box.staff.iter().find(|who| who.role == "facility_admin").expect("a facility admin");
    desk.goto(&format!("{}/staff/", output.r#box.https)).await;
    let link = format!(
        "[...document.querySelectorAll('.list a')].find(a => a.innerText.includes('{}'))?.getAttribute('href')",
        grace.name
    );
    let link = desk.until(&link, TIME_LIMIT).await;
    enter(desk, &format!("a[href='{}']", link.as_str().expect("a link"))).await;
    desk.until("document.querySelector('#pin')", TIME_LIMIT).await;
    fill(desk, "#pin", &grace.pin).await;
    send_keys(desk, ENTER).await;
    desk.until("location.pathname === '/staff/'", TIME_LIMIT).await;
    enter(desk, "nav a[href='/staff/equipment']").await;
    desk.until("location.pathname === '/staff/equipment'", TIME_LIMIT).await;
    enter(desk, "main a[href='/staff/protocols']").await;
    desk.until("location.pathname === '/staff/protocols'", TIME_LIMIT).await;
    enter(desk, "main a[href='/staff/protocols/new']").await;
    desk.until("location.pathname === '/staff/protocols/new'", TIME_LIMIT).await;
    fill(desk, "#name", "Wipe of the night shift").await;
    fill(desk, "#steps", "Gloves on").await;
    enter(desk, "form .go").await;
    desk.until("location.pathname !== '/staff/protocols/new'", TIME_LIMIT).await;
    desk.shows("Wipe of the night shift").await;
    enter(desk, "nav a[href='/staff/equipment']").await;
    desk.until("location.pathname === '/staff/equipment'", TIME_LIMIT).await;
    enter(desk, "table a[href^='/staff/equipment/']").await;
    desk.until("location.pathname.startsWith('/staff/equipment/')", TIME_LIMIT).await;
    enter(desk, "form[action$='/label'] button").await;
    desk.shows("Submitted").await;
    story.picture(desk, "41-printed").await;
}
