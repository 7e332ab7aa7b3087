//! The suite `pages`: every page of box and relay in a real Chromium, at three widths, light and dark.
//!
//! For each: no violation of WCAG 2.2 A and AA that axe-core can find, nothing that scrolls sideways or is cut off, nothing
//! to press that is smaller than a gloved finger needs, and nothing in the console (a broken content policy speaks there).

#[path = "browser/acts.rs"]
mod acts;
#[path = "browser/mod.rs"]
mod browser;
#[path = "pages/checks.rs"]
mod checks;
#[path = "pages/database.rs"]
mod database;
#[path = "pages/fleet_table.rs"]
mod fleet_table;
#[path = "pages/page.rs"]
mod page;
#[path = "pages/passkeys.rs"]
mod passkeys;
#[path = "pages/print.rs"]
mod print;
#[path = "pages/pseudo.rs"]
mod pseudo;
#[path = "pages/report_table.rs"]
mod report_table;
#[path = "pages/rows.rs"]
mod rows;
#[path = "pages/rules.rs"]
mod rules;
#[path = "pages/states.rs"]
mod states;
#[path = "pages/station.rs"]
mod station;
#[path = "pages/table.rs"]
mod table;
#[path = "pages/tabs.rs"]
mod tabs;

use browser::demo::Demo;
use browser::{Browser, Kind};

/// What is wrong with the page that is open, at any width. Printed at once, also if a later page does not
/// open.
async fn find_faults(browser: &Browser, page: &page::Page) -> Vec<String> {
    let found = checks::check(browser, page.name).await;
    found.into_iter().inspect(|found| println!("{found}")).collect()
}

/// The same in the pseudo locale: what does not fit, and what is no message.
async fn find_unworded(browser: &Browser, page: &page::Page) -> Vec<String> {
    let mut found = checks::check_fit(browser, page.name).await;
    found.extend(pseudo::check_words(browser, page.name).await);
    found.into_iter().inspect(|found| println!("{found}")).collect()
}

/// Opens these pages, and whatever plain page of these rows none of them has opened; what is wrong with any.
async fn look_at_pages(browser: &Browser, pages: Vec<page::Page>, mut rows: rows::PageRows, origin: &str) {
    let mut wrong = Vec::new();
    for page in pages {
        page.open(browser).await.iter().for_each(|url| rows.look_at(url.path()));
        wrong.extend(find_faults(browser, &page).await);
    }
    // A page that is new is checked before anybody names it in the table.
    for row in rows.missing_plain() {
        let page = page::Page::unnamed(origin, row);
        page.open(browser).await;
        rows.look_at(row.1);
        wrong.extend(find_faults(browser, &page).await);
    }
    wrong.extend(rows.missing().into_iter().inspect(|found| println!("{found}")));
    assert!(wrong.is_empty(), "{} findings: see above", wrong.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_box_at_every_size() {
    let demo = Demo::start(&[]);
    let browser = Browser::open(Kind::Desk, true).await;
    let places = table::Places::look(&browser, &demo.output).await;
    let rows = rows::PageRows::of_box();
    let pages = table::pages_of_box_in_both_languages(&places);
    look_at_pages(&browser, pages, rows, places.origin_of_box()).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_relay_at_every_size() {
    let demo = Demo::start(&[]);
    let browser = Browser::open(Kind::Desk, true).await;
    let places = table::Places::look(&browser, &demo.output).await;
    let rows = rows::PageRows::of_relay();
    look_at_pages(&browser, table::pages_of_relay(&places), rows, places.origin_of_relay()).await;
    browser.close().await;
}

/// Opens these pages in the pseudo locale, two fifths longer and in brackets: what leaves no space for a translation shows, and what is
/// no message.
async fn look_at_words(browser: &Browser, pages: Vec<page::Page>, mut rows: rows::PageRows, origin: &str) {
    let mut wrong = Vec::new();
    for page in pages {
        page.open_in_pseudo(browser).await.iter().for_each(|url| rows.look_at(url.path()));
        wrong.extend(find_unworded(browser, &page).await);
    }
    for row in rows.missing_plain() {
        let page = page::Page::unnamed(origin, row);
        page.open_in_pseudo(browser).await;
        rows.look_at(row.1);
        wrong.extend(find_unworded(browser, &page).await);
    }
    wrong.extend(rows.missing().into_iter().inspect(|found| println!("{found}")));
    assert!(wrong.is_empty(), "{} findings: see above", wrong.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_box_in_the_pseudo_locale() {
    let demo = Demo::start(&[]);
    let browser = Browser::open(Kind::Desk, true).await;
    let places = table::Places::look(&browser, &demo.output).await;
    let at = &demo.output.r#box;
    pseudo::choose(&browser, &at.http).await;
    pseudo::choose(&browser, &at.https).await;
    let pages = table::pages_of_box(&places);
    look_at_words(&browser, pages, rows::PageRows::of_box(), places.origin_of_box()).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_relay_in_the_pseudo_locale() {
    let demo = Demo::start(&[]);
    let browser = Browser::open(Kind::Desk, true).await;
    let places = table::Places::look(&browser, &demo.output).await;
    pseudo::choose(&browser, places.origin_of_relay()).await;
    let pages = table::pages_of_relay(&places);
    look_at_words(&browser, pages, rows::PageRows::of_relay(), places.origin_of_relay()).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_label_station_with_a_thousand_items() {
    let demo = Demo::start(&["--no-relay"]);
    let at = &demo.output.r#box;
    let browser = Browser::open(Kind::Desk, true).await;
    let tags = station::add_items(at, &demo.output.ca, 1_000).await;
    table::sign_in_staff(&browser, &demo.output).await;
    station::print_stays_in_view(&browser, at).await;
    station::scans_are_counted(&browser, at, &tags).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_faults_are_found() {
    const BAD: &str = "data:text/html,<html lang=en><title>Bad</title><p style='color:%23aaa;background:%23fff'>Pale</p>\
        <button style='width:20px;height:20px;padding:0'>x</button><div style='width:2000px'>Wide</div>\
        <header class=top><nav style='width:60px;overflow-x:auto;white-space:nowrap'><a href=%23>Today</a> <a href=%23>Box</a>\
        </nav></header><p class=told style='width:90px'>More words than two lines of it can hold</p><a class=btn href=%23>Left</a>\
        <img src='data:image/gif,x'><script>throw new Error('planted')</script>";
    let browser = Browser::open(Kind::Desk, true).await;
    browser.goto(BAD).await;
    let found = checks::check(&browser, "planted").await.join("\n");
    browser.close().await;
    const FAULTS: [&str; 8] = [
        "color-contrast",
        "image-alt",
        "too small, 20 × 20",
        "scrolls sideways",
        "cut off: Box",
        "not centred: Left",
        "lines of status",
        "console",
    ];
    for fault in FAULTS {
        assert!(found.contains(fault), "{fault} was not found:\n{found}");
    }
}
