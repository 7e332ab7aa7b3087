//! A technician out of reach of the box: what is recorded there waits on the phone, and is on the box later, each once.

use std::net::SocketAddr;

use harness::proxy::{NetworkFault, Proxy};

use super::Story;
use super::browser::{Browser, Kind, TIME_LIMIT};

/// Where each record of this phone is, the newest first.
pub(crate) const STATES: &str =
    "[...document.querySelectorAll('#app [data-state]')].map((row) => row.dataset.state)";

/// Waits until the page has its worker and the cards: from then on it works out of reach of the box.
pub(crate) async fn is_ready(phone: &Browser) {
    phone.until("navigator.serviceWorker.controller !== null", TIME_LIMIT).await;
    let cards = "performance.getEntriesByType('resource').some((one) => one.name.includes('/app/cards') && one.responseEnd > 0)";
    phone.until(cards, TIME_LIMIT).await;
}

/// The first press shows what is still missing.
async fn press_twice(phone: &Browser) {
    phone.press(".bar .go").await;
    let shown = "location.pathname === '/app/queue' || document.querySelector('#trouble')?.hidden === false";
    phone.until(shown, TIME_LIMIT).await;
    if phone.script("return location.pathname !== '/app/queue'").await == true {
        phone.press(".bar .go").await;
    }
}

/// Opens these labels in turn in dead spots of different kinds, records, reloads and opens a second tab; then
/// the box is back.
pub(crate) async fn record_out_of_reach(story: &Story, tags: &[String]) {
    let r#box = &story.demo.output.r#box;
    let far: SocketAddr = r#box.http.trim_start_matches("http://").parse().expect("an address and a port");
    let proxy = Proxy::start(far).await.expect("a line to the box");
    let origin = format!("http://{}", proxy.addr());
    let phone = Browser::open(Kind::Phone, true).await;
    phone.goto(&format!("{origin}/app")).await;
    phone.shows("No record waits on this phone.").await;
    is_ready(&phone).await;

    // Silent connections are cut before the box refuses: an earlier connection would be served again.
    let faults = [NetworkFault::HalfOpen, NetworkFault::Cut, NetworkFault::Refuse];
    for (n, (tag, fault)) in tags.iter().cycle().zip(faults).enumerate() {
        proxy.set(fault);
        phone.goto(&format!("{origin}/t/{tag}")).await;
        phone.shows("The box does not answer here.").await;
        phone
            .script("for (const tick of document.querySelectorAll('[name=step]')) tick.checked = true")
            .await;
        phone.script("document.querySelector('#who').value = 'Aisha Bello'").await;
        press_twice(&phone).await;
        phone
            .until(&format!("{STATES}.join() === '{}'", ["phone"].repeat(n + 1).join(",")), TIME_LIMIT)
            .await;
    }
    story.picture(&phone, "01-on-this-phone").await;
    phone.goto(&format!("{origin}/app/queue")).await;
    let waiting = format!("{STATES}.filter((state) => state === 'phone').length === 3");
    phone.until(&waiting, TIME_LIMIT).await;
    let other = phone.client.new_window(true).await.expect("another tab").handle;
    phone.client.switch_to_window(other).await.expect("another tab");
    phone.goto(&format!("{origin}/app/queue")).await;
    phone.until(&waiting, TIME_LIMIT).await;

    proxy.set(NetworkFault::None);
    phone.press_moving("#send").await;
    // What the silent connection still holds has to end before.
    phone.until(&format!("{STATES}.join() === 'box,box,box'"), TIME_LIMIT).await;
    story.picture(&phone, "02-on-the-box").await;
    // The newest is on top; the log has them in the order of the presses.
    let receipts = "[...document.querySelectorAll('#app [data-state] a')].map((link) => Number(link.pathname.split('-')[1]))";
    let consecutive = format!("{receipts}.every((seq, n, all) => n === 0 || all[n - 1] === seq + 1)");
    phone.until(&consecutive, TIME_LIMIT).await;
    phone.close().await;
}
