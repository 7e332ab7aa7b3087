//! The suite `journey`: the demo, driven as people drive it, in real Chromium.
//!
//! One story, run twice: with a relay and script, and by a box alone in browsers that run none. Staff print a label, a
//! technician's phone opens what a code reader reads from it, forgets a step, waits for the contact time, takes a photo
//! and gets a receipt whose proof holds; an item is added and recorded, the record is undone, the history shows it all.

#[path = "browser/mod.rs"]
mod browser;
#[path = "journey/cuts.rs"]
mod cuts;
#[path = "journey/dead_spot.rs"]
mod dead_spot;
#[path = "journey/desk.rs"]
mod desk;
#[path = "journey/keyboard.rs"]
mod keyboard;
#[path = "journey/phone.rs"]
mod phone;
#[path = "journey/photo.rs"]
mod photo;
#[path = "journey/press.rs"]
mod press;
#[path = "journey/queue.rs"]
mod queue;
#[path = "journey/scanner.rs"]
mod scanner;
#[path = "journey/shift.rs"]
mod shift;

use std::path::PathBuf;

use browser::demo::Demo;
use browser::{Browser, Kind};

struct Story {
    demo: Demo,
    script: bool,
    pictures: PathBuf,
}

impl Story {
    fn new(name: &str, script: bool, flags: &[&str]) -> Self {
        let pictures = harness::tools::artefacts("journey").join(name);
        std::fs::create_dir_all(&pictures).expect("a folder for pictures");
        // The driver wants photos by their canonical path.
        let pictures = pictures.canonicalize().expect("a folder for pictures");
        Self { demo: Demo::start(flags), script, pictures }
    }

    async fn picture(&self, of: &Browser, name: &str) {
        let png = of.client.screenshot().await.expect("a picture of the page");
        let to = self.pictures.join(format!("{name}.png"));
        std::fs::write(&to, png).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
    }

    /// From a blank roll to a history that can be trusted. Returns the browsers for later steps.
    async fn tell(&self) -> (Browser, Browser) {
        let desk = Browser::open(Kind::Desk, self.script).await;
        desk::sign_in(self, &desk).await;
        let label = desk::print_label(self, &desk, "Infusion pump 14").await;
        let phone = Browser::open(Kind::Phone, self.script).await;
        phone::scan(self, &phone, &label).await;
        phone::forget(self, &phone).await;
        phone::start_contact_time(self, &phone).await;
        // One minute to wait: time for the desk's work.
        desk::add_item(self, &desk, "Bed 7").await;
        let bed = desk::print_label(self, &desk, "Bed 7").await;
        phone::record(self, &phone).await;
        phone::prove(self, &phone).await;
        phone::record_and_undo(self, &phone, &bed).await;
        desk::read_history(self, &desk).await;
        phone::keeps_its_secret(self, &phone).await;
        (desk, phone)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_label_to_the_dashboard() {
    let story = Story::new("relay", true, &["--bare"]);
    let (desk, phone) = story.tell().await;
    phone::reaches_the_relay(&story, &phone).await;
    queue::carry_to_the_relay(&story).await;
    desk::read_dashboard(&story, &desk).await;
    let plain = Browser::open(Kind::Desk, false).await;
    desk::read_dashboard(&story, &plain).await;
    end([desk, phone, plain]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_alone_and_browsers_without_script() {
    let story = Story::new("alone", false, &["--bare", "--no-relay"]);
    let (desk, phone) = story.tell().await;
    end([desk, phone]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_out_of_reach_of_the_box() {
    let story = Story::new("dead-spot", true, &["--bare", "--no-relay"]);
    dead_spot::record_out_of_reach(&story, &story.demo.output.r#box.tags).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_cut_at_thirty_places() {
    let story = Story::new("cuts", true, &["--bare", "--no-relay"]);
    cuts::cut_everywhere(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_whose_clock_is_a_year_off() {
    let story = Story::new("year-off", true, &["--bare", "--no-relay"]);
    cuts::a_year_off(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_drops_at_the_press() {
    let story = Story::new("press", true, &["--bare", "--no-relay"]);
    press::fall_into_the_queue(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_drops_at_the_press_of_a_phone_without_the_app() {
    let story = Story::new("press-plain", true, &["--bare", "--no-relay"]);
    press::stay_on_the_page(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_of_forty_with_photos() {
    let story = Story::new("forty", true, &["--bare", "--no-relay"]);
    cuts::drain_forty(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_too_many_in_front_of_a_cleaning() {
    let story = Story::new("aside", true, &["--bare", "--no-relay"]);
    queue::set_one_aside(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_protocol_in_a_dead_spot() {
    let story = Story::new("protocol", true, &["--bare", "--no-relay"]);
    queue::change_protocol(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_of_an_item_in_a_dead_spot() {
    let story = Story::new("parts", true, &["--bare", "--no-relay"]);
    queue::open_each_part(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_time_in_a_dead_spot() {
    let story = Story::new("measured", true, &["--bare", "--no-relay"]);
    queue::measure_out_of_reach(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_in_front_of_the_camera() {
    let story = Story::new("camera", true, &["--bare", "--no-relay"]);
    scanner::read_labels(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_visit_of_the_installed_page() {
    let story = Story::new("first-visit", true, &["--bare", "--no-relay"]);
    cuts::first_visit(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shift_of_forty_cleanings() {
    let story = Story::new("shift", true, &["--bare", "--no-relay"]);
    shift::work(&story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_items_by_keyboard() {
    let story = Story::new("keyboard", true, &["--bare", "--no-relay"]);
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(&story, &desk).await;
    desk::add_items_by_keyboard(&story, &desk, 50).await;
    end([desk]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_and_a_protocol_by_keyboard_alone() {
    let story = Story::new("keyboard-alone", true, &["--bare", "--no-relay"]);
    let desk = Browser::open(Kind::Desk, true).await;
    keyboard::record_and_undo(&story, &desk).await;
    keyboard::publish_and_print(&story, &desk).await;
    end([desk]).await;
}

/// No page broke its own content policy or failed to load a file.
async fn end<const N: usize>(browsers: [Browser; N]) {
    for browser in browsers {
        assert_eq!(browser.complaints().await, Vec::<String>::new());
        browser.close().await;
    }
}
