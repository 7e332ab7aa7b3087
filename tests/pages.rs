//! The suite `pages`: every page of box and relay in a real Chromium, at three widths, light and dark.
//!
//! For each: no violation of WCAG 2.2 A and AA that axe-core can find, nothing that scrolls sideways, nothing to press
//! that is smaller than a gloved finger needs, and nothing in the console (a broken content policy speaks there).

#[path = "browser/mod.rs"]
mod browser;
#[path = "pages/checks.rs"]
mod checks;
#[path = "pages/table.rs"]
mod table;

use browser::demo::Demo;
use browser::{Browser, Kind};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_at_every_size() {
    let demo = Demo::start(&[]);
    let browser = Browser::open(Kind::Desk, true).await;
    let mut wrong = Vec::new();
    let places = table::Places::look(&browser, &demo.line).await;
    for page in table::pages(&places) {
        page.open(&browser).await;
        let found = checks::check(&browser, &page).await;
        // Shown also if a later page does not open.
        found.iter().for_each(|found| println!("{found}"));
        wrong.extend(found);
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{} findings: see above", wrong.len());
}
