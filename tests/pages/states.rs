//! States that do not occur by themselves: nothing there yet, a box alone, no connection, a silent box, a fork.

use std::time::Duration;

use harness::demo::output::DemoOutput;
use harness::virtual_printer::{PrinterFault, VirtualPrinter};
use serde_json::json;

use super::acts::{sign_in_relay, type_into};
use super::browser::demo::Demo;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::checks;
use super::database::change;
use super::page::Page;
use super::table::{sign_in_staff, type_note};

/// A silent connection is given up after half a minute, and noticed a little later; a printer is quicker.
pub(crate) const NOTICED_WITHIN: Duration = Duration::from_secs(300);

const OPENED_EVERY: Duration = Duration::from_secs(1);

struct Looks {
    browser: Browser,
    wrong: Vec<String>,
}

impl Looks {
    async fn new() -> Self {
        Self { browser: Browser::open(Kind::Desk, true).await, wrong: Vec::new() }
    }

    async fn at(&mut self, name: &'static str, url: String, says: &'static str) {
        Page::at(name, url, says).open(&self.browser).await;
        self.here(name).await;
    }

    async fn here(&mut self, name: &'static str) {
        let found = checks::check(&self.browser, name).await;
        found.iter().for_each(|found| println!("{found}"));
        self.wrong.extend(found);
    }

    /// Changes the relay's rows and opens a page until it says this: something that the box had sent before
    /// it was stopped may come in between at any time.
    async fn made_so(&self, output: &DemoOutput, sql: &str, url: &str, says: &str) {
        let found = format!("return document.body.innerText.includes('{says}')");
        let making = async {
            loop {
                change(output, sql).await;
                self.browser.goto(url).await;
                if self.browser.script(&found).await == true {
                    return;
                }
            }
        };
        tokio::time::timeout(NOTICED_WITHIN, making)
            .await
            .unwrap_or_else(|_| panic!("{url} does not say {says}"));
    }

    async fn opened_until(&self, says: &str) {
        let url = self.browser.client.current_url().await.expect("a page");
        let found = format!("return document.body.innerText.includes('{says}')");
        let opening = async {
            while self.browser.script(&found).await != true {
                tokio::time::sleep(OPENED_EVERY).await;
                self.browser.goto(url.as_str()).await;
            }
        };
        tokio::time::timeout(NOTICED_WITHIN, opening)
            .await
            .unwrap_or_else(|_| panic!("{url} never said: {says}"));
    }

    async fn end(self) {
        self.browser.close().await;
        assert!(self.wrong.is_empty(), "{} findings: see above", self.wrong.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_there_yet_and_no_relay() {
    let demo = Demo::start(&["--bare", "--no-relay"]);
    let at = &demo.output.r#box;
    let (staff, tag) = (format!("{}/staff", at.https), at.tags.first().expect("one item"));
    let mut looks = Looks::new().await;
    let admin = sign_in_staff(&looks.browser, &demo.output).await;
    looks.at("bare-home", format!("{}/", at.http), "Nothing is overdue").await;
    looks.at("bare-today", format!("{staff}/"), "No cleaning yet").await;
    looks.at("bare-item", format!("{staff}/equipment/{tag}"), "Never cleaned since it was added").await;
    looks.at("bare-board", format!("{}/board", at.http), "Overdue").await;
    looks.at("alone-box", format!("{staff}/box"), "Addresses").await;
    looks.browser.goto(&format!("{}/t/{tag}", at.http)).await;
    type_into(&looks.browser, "#who", "Aisha Bello").await;
    type_note(&looks.browser, "Only wiped").await;
    looks.browser.press("#unmeasured, .bar .go").await;
    looks.browser.shows("this box has no relay").await;
    looks.here("alone-receipt").await;
    looks.browser.goto(&format!("{staff}/equipment/{tag}/retire")).await;
    type_into(&looks.browser, "#reason", "Sold").await;
    looks.browser.press(".stop").await;
    looks.browser.shows("Can this be trusted?").await;
    looks.at("none-home", format!("{}/", at.http), "No equipment yet").await;
    looks.at("none-today", format!("{staff}/"), "Add the first item").await;
    looks.at("none-equipment", format!("{staff}/equipment"), "Add the first item").await;
    for _ in 0..5 {
        looks.browser.goto(&admin).await;
        type_into(&looks.browser, "#pin", "000001").await;
        looks.browser.press(".go").await;
        looks.browser.shows("There is a problem").await;
    }
    looks.browser.goto(&admin).await;
    type_into(&looks.browser, "#pin", "000001").await;
    looks.browser.press(".go").await;
    looks.browser.shows("Too many attempts. Wait until").await;
    looks.here("staff-pin-locked").await;
    looks.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_a_silent_box_and_a_fork() {
    let demo = Demo::start(&["--bare"]);
    let (at, relay) = (&demo.output.r#box, demo.output.relay.as_ref().expect("a relay"));
    let tag = at.tags.first().expect("one item");
    let mut looks = Looks::new().await;
    sign_in_staff(&looks.browser, &demo.output).await;
    sign_in_relay(&looks.browser, relay).await;
    looks.at("bare-relay-facilities", format!("{}/app/", relay.https), "There is none yet").await;
    // The only facility is shown at once.
    let facility = looks.browser.client.current_url().await.expect("a page");
    looks.at("bare-relay-items", format!("{facility}/equipment"), "Infusion pump 14").await;

    {
        let _held = StoppedProcess::of(relay.pid);
        looks.browser.goto(&format!("{}/t/{tag}", at.http)).await;
        type_into(&looks.browser, "#who", "Aisha Bello").await;
        type_note(&looks.browser, "Only wiped").await;
        looks.browser.press("#unmeasured, .bar .go").await;
        looks.browser.shows("Where your record is").await;
        looks.opened_until("waiting: no connection since").await;
        looks.here("no-line-receipt").await;
        looks.at("no-line-today", format!("{}/staff/", at.https), "No connection to the relay since").await;
    }
    let _held = StoppedProcess::of(at.pid);
    let (now_ms, box_id) = (wall_ms(), at.id.as_str());
    let silent = format!("UPDATE box_now SET last_seen_ms = {now_ms} - 3600000 WHERE box = '{box_id}'");
    let facilities = format!("{}/app/", relay.https);
    looks.made_so(&demo.output, &silent, &facilities, "No contact with this box since").await;
    looks.here("silent-facilities").await;
    looks.made_so(&demo.output, &silent, &format!("{}/app/boxes", relay.https), "Offline").await;
    looks.here("silent-boxes").await;
    let fork =
        format!("UPDATE boxes SET quarantined_ms = {now_ms}, quarantine = 'fork' WHERE box = '{box_id}'");
    change(&demo.output, &fork).await;
    let evidence = format!(
        "INSERT INTO evidence (account, box, evidence_id, at_ms, kind, epoch, seq, ours, theirs, our_lines, payload) \
         SELECT account, box, '01ARZ3NDEKTSV4RRFFQ69G5FAV', {now_ms}, 'fork', epoch, 3, cosigned, cosigned, x'', x'' \
         FROM logs WHERE box = '{box_id}'"
    );
    change(&demo.output, &evidence).await;
    looks.at("fork-boxes", format!("{}/app/boxes", relay.https), "two different logs under one key").await;
    looks.at("fork-facilities", format!("{}/app/", relay.https), "This box is quarantined").await;
    looks.end().await;
}

async fn look_out_of_reach(looks: &mut Looks, output: &DemoOutput, of: &OutOfReach) {
    const RECORD: &str = ".bar .go";
    let (at, browser) = (&output.r#box, &looks.browser);
    let tag = at.tags.first().expect("one item");
    let set = json!({ "name": "language", "value": of.language, "url": at.http });
    browser.devtools("Network.setCookie", set).await;
    browser.goto(&format!("{}/app", at.http)).await;
    browser.until("navigator.serviceWorker.controller !== null", TIME_LIMIT).await;
    // Fetched is not yet stored, and only what is stored is shown without the box.
    let cards = format!(
        "new Promise((ready) => {{ const opened = indexedDB.open('cleantrack', 1); \
         opened.onsuccess = () => {{ const row = opened.result.transaction('meta').objectStore('meta').get('settings'); \
         row.onsuccess = () => {{ opened.result.close(); ready((row.result?.language ?? '').startsWith('{}')); }}; }}; }})",
        of.language
    );
    browser.until(&cards, TIME_LIMIT).await;
    looks.here(of.names[0]).await;
    {
        let _held = StoppedProcess::of(at.pid);
        looks.at(of.names[1], format!("{}/t/{tag}", at.http), of.dead_spot).await;
        for summary in ["#record summary", "#record details:not([open]) summary"] {
            looks.browser.press(summary).await;
        }
        looks.browser.press(RECORD).await;
        looks.browser.shows(of.still_open).await;
        looks.here(of.names[2]).await;
        looks.browser.press(RECORD).await;
        looks.browser.shows(of.on_this_phone).await;
        looks.here(of.names[3]).await;
        let full = "navigator.storage.estimate = async () => ({ quota: 10, usage: 9 })";
        let script = json!({ "source": full });
        let script = looks.browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await;
        looks.at(of.names[4], format!("{}/t/7QK3M9X2W", at.http), of.full).await;
        looks.browser.devtools("Page.removeScriptToEvaluateOnNewDocument", script).await;
        looks.browser.press(RECORD).await;
        looks.browser.shows(of.still_open).await;
        looks.browser.press(RECORD).await;
        looks.browser.shows(of.on_this_phone).await;
    }
    looks.browser.goto(&format!("{}/app/queue", at.http)).await;
    looks.browser.press_moving("#send").await;
    looks.browser.shows(of.refused).await;
    looks.here(of.names[5]).await;
}

struct OutOfReach {
    language: &'static str,
    names: [&'static str; 6],
    dead_spot: &'static str,
    still_open: &'static str,
    on_this_phone: &'static str,
    full: &'static str,
    refused: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_installed_page_out_of_reach_of_the_box() {
    let demo = Demo::start(&["--bare", "--no-relay"]);
    let mut looks = Looks::new().await;
    looks.browser.devtools("Page.enable", json!({})).await;
    let english = OutOfReach {
        language: "en",
        names: ["app-ready", "app-item", "app-item-open", "app-waiting", "app-full", "app-refused"],
        dead_spot: "The box does not answer here.",
        still_open: "Still open",
        on_this_phone: "by this phone’s clock",
        full: "This phone is nearly full.",
        refused: "Biomed has it",
    };
    let spanish = OutOfReach {
        language: "es",
        names: [
            "app-ready-es",
            "app-item-es",
            "app-item-open-es",
            "app-waiting-es",
            "app-full-es",
            "app-refused-es",
        ],
        dead_spot: "La unidad no responde aquí.",
        still_open: "Falta:",
        on_this_phone: "según el reloj de este teléfono",
        full: "Este teléfono está casi lleno.",
        refused: "Ingeniería biomédica lo tiene",
    };
    for language in [english, spanish] {
        look_out_of_reach(&mut looks, &demo.output, &language).await;
    }
    looks.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_without_paper() {
    let demo = Demo::start(&["--bare", "--no-relay"]);
    let at = &demo.output.r#box;
    let spool = tempfile::tempdir().expect("a folder");
    let printer = VirtualPrinter::on_loopback(spool.path()).expect("a printer");
    printer.set(PrinterFault::PaperOutAfter(0));
    change_settings(&demo.output, &demo.output.printers[0].addr, &printer.addr().to_string()).await;
    let mut looks = Looks::new().await;
    sign_in_staff(&looks.browser, &demo.output).await;
    let item = format!("{}/staff/equipment/{}", at.https, at.tags.first().expect("one item"));
    looks.browser.goto(&item).await;
    looks.browser.press("form[action$='/label'] button").await;
    looks.browser.shows("Submitted").await;
    looks.opened_until("Paper out").await;
    looks.here("staff-label-stopped").await;
    let job = looks.browser.client.current_url().await.expect("a page");
    looks.at("staff-box-stopped", format!("{}/staff/box", at.https), "Paper out").await;
    printer.mend();
    looks.browser.goto(job.as_str()).await;
    looks.opened_until("Done").await;
    looks.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_that_nobody_has_seen() {
    let demo = Demo::start(&["--bare"]);
    let (at, relay) = (&demo.output.r#box, demo.output.relay.as_ref().expect("a relay"));
    let mut looks = Looks::new().await;
    sign_in_staff(&looks.browser, &demo.output).await;
    sign_in_relay(&looks.browser, relay).await;
    change_settings(&demo.output, "\"escpos\"", "\"parchment\"").await;
    looks.at("alarm-home", format!("{}/", at.http), "Some or all printers cannot be used").await;
    looks.at("alarm-today", format!("{}/staff/", at.https), "Show and acknowledge").await;
    looks.browser.goto(&format!("{}/app/boxes", relay.https)).await;
    looks.opened_until("Needs attention").await;
    looks.here("alarm-boxes").await;
    looks
        .at("alarm-facility", format!("{}/app/", relay.https), "nobody at the facility has acknowledged")
        .await;
    looks.at("alarm-box", format!("{}/staff/box", at.https), "I have seen this").await;
    looks.browser.press("form[action$='/seen'] button").await;
    looks.browser.shows("acknowledged").await;
    looks.here("alarm-box-seen").await;
    looks.at("alarm-over-today", format!("{}/staff/", at.https), "No cleaning yet").await;
    looks.end().await;
}

async fn change_settings(output: &DemoOutput, from: &str, to: &str) {
    let (settings, pid) = (output.dir.join("box.toml"), output.dir.join("box.pid"));
    let text = std::fs::read_to_string(&settings).expect("the box’s settings");
    let changed = text.replace(from, to);
    assert_ne!(changed, text, "the printer is in the settings");
    std::fs::write(&settings, changed).expect("the box’s settings");
    let before = std::fs::read_to_string(&pid).expect("the box's process id");
    rustix::process::kill_process(process(output.r#box.pid), rustix::process::Signal::TERM)
        .expect("it is asked to end");
    let again = async {
        while std::fs::read_to_string(&pid).is_ok_and(|now| now == before || now.is_empty()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(TIME_LIMIT, again).await.expect("the box starts again");
}

fn process(pid: u32) -> rustix::process::Pid {
    i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a process id")
}

pub(crate) struct StoppedProcess(rustix::process::Pid);

impl StoppedProcess {
    pub(crate) fn of(pid: u32) -> Self {
        let pid = process(pid);
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("it can be held");
        Self(pid)
    }
}

impl Drop for StoppedProcess {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(self.0, rustix::process::Signal::CONT);
    }
}

fn wall_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok().and_then(|now| i64::try_from(now.as_millis()).ok()).expect("a time after 1970")
}
