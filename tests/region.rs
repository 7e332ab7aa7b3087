//! The suite `region`: the demo's three facilities, as the relay's API and pages show them.

#[path = "browser/demo.rs"]
mod demo;
#[path = "region/described.rs"]
mod described;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use demo::Demo;
use harness::demo::output::{DemoOutput, RelayOutput};
use record::checkpoint::{Checkpoint, CosignedCheckpoint, SignedCheckpoint};
use record::export::ExportReader;
use record::sign::{SignedNote, VerifierKey};
use reqwest::Client;
use serde_json::Value;

/// How long the relay may take to have all that the boxes sent, and a process to be restarted, on a loaded
/// machine.
const TIME_LIMIT: Duration = Duration::from_secs(240);
/// Entries per page of the relay's API.
const PAGE: usize = 1_000;

struct Region<'a> {
    relay: &'a RelayOutput,
    client: Client,
}

impl<'a> Region<'a> {
    fn of(output: &'a DemoOutput) -> Self {
        harness::world::provide_cryptography();
        let ca = reqwest::Certificate::from_pem(&std::fs::read(&output.ca).unwrap()).unwrap();
        let client = Client::builder().tls_certs_only([ca]).timeout(Duration::from_secs(30));
        // A sign-in redirects; only its cookie is needed.
        let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { relay: output.relay.as_ref().expect("a relay"), client }
    }

    async fn text(&self, path: &str) -> String {
        let requested =
            self.client.get(format!("{}{path}", self.relay.https)).bearer_auth(&self.relay.api_token);
        let answer = requested.send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status.as_u16(), 200, "{path}: {body}");
        body
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    async fn facilities(&self, items: &[u64]) -> Vec<Value> {
        let deadline = Instant::now() + TIME_LIMIT;
        loop {
            let reported = self.json("/api/v1/compliance").await;
            let reported = reported["items"].as_array().cloned().unwrap();
            let mut sizes: Vec<u64> = reported.iter().filter_map(|f| f["equipment"].as_u64()).collect();
            sizes.sort_unstable();
            if sizes == items {
                return reported;
            }
            assert!(Instant::now() < deadline, "{sizes:?} and not {items:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn page(&self, path: &str) -> String {
        let form =
            [("email", self.relay.login.email.as_str()), ("password", self.relay.login.password.as_str())];
        let signed_in =
            self.client.post(format!("{}/login", self.relay.https)).form(&form).send().await.unwrap();
        let cookie =
            signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let page = self.client.get(format!("{}{path}", self.relay.https)).header("cookie", cookie);
        let page = page.send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200, "{path}");
        page.text().await.unwrap()
    }

    /// Verifies the whole log of a facility's box, from the relay, against what box and relay signed. How
    /// many entries it has.
    async fn log_holds(&self, facility: &str) -> u64 {
        let cleaning = self.json(&format!("/api/v1/cleanings?facility={facility}&limit=1")).await;
        let box_id = cleaning["items"][0]["box"].as_str().expect("a cleaning").to_owned();
        let keys = self.text(&format!("/api/v1/key?box={box_id}")).await;
        let keys: Vec<VerifierKey> = keys.lines().map(|key| VerifierKey::parse(key).unwrap()).collect();
        let note = self.text(&format!("/api/v1/checkpoint?box={box_id}")).await;
        let claimed = Checkpoint::parse(SignedNote::parse(&note).unwrap().text()).unwrap();
        assert_eq!(claimed.origin.box_id.to_string(), box_id);
        CosignedCheckpoint::verify(&note, &claimed.origin, &keys[0], &keys[1..]).unwrap();
        let signed = SignedCheckpoint::verify(&note, &claimed.origin, &keys[0]).unwrap();
        let size = usize::try_from(claimed.size).unwrap();
        let (mut export, mut from) = (ExportReader::new(claimed.size), 0);
        while from < size {
            let limit = PAGE.min(size - from);
            let lines = self.text(&format!("/api/v1/log?box={box_id}&from={from}&limit={limit}")).await;
            assert_eq!(lines.lines().count(), limit, "entries from {from} on");
            for line in lines.lines() {
                export.line(line.as_bytes()).unwrap();
            }
            from += limit;
        }
        export.finish(&signed).unwrap();
        claimed.size
    }
}

fn named<'a>(facilities: &'a [Value], name: &str) -> (&'a Value, &'a str) {
    let found = facilities.iter().find(|f| f["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {facilities:?}"));
    (found, found["facility"].as_str().unwrap())
}

fn relay_verifies(dir: &Path) -> String {
    let verify = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["relay", "--config"])
        .arg(dir.join("relay.toml"))
        .arg("verify")
        .output()
        .unwrap();
    let message = String::from_utf8(verify.stdout).unwrap();
    assert!(verify.status.success(), "{message}{}", String::from_utf8_lossy(&verify.stderr));
    message
}

fn pid(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("busy-box.pid")).unwrap().trim().to_owned()
}

async fn busy_box_runs_as_other_than(dir: &Path, before: &str) {
    let deadline = Instant::now() + TIME_LIMIT;
    loop {
        let now = pid(dir);
        if !now.is_empty() && now != before && Path::new("/proc").join(&now).exists() {
            return;
        }
        assert!(Instant::now() < deadline, "the busy box was not started again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn overdue(facility: &Value) -> u64 {
    facility["overdue"].as_u64().unwrap()
}

#[tokio::test]
async fn three_facilities_of_which_one_is_silent_and_one_slips() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start_in(folder.path(), &[]);
    let (dir, output) = (demo.output.dir.clone(), demo.output.clone());
    let region = Region::of(&output);
    let facilities = region.facilities(&[12, 40, 300]).await;
    let (live, live_id) = named(&facilities, "Linden Valley Hospital");
    let (silent, silent_id) = named(&facilities, "Linden Creek Clinic");
    let (busy, busy_id) = named(&facilities, "Linden Lakes Medical Center");
    assert_eq!(
        [live, silent, busy].map(|facility| facility["equipment"].as_u64()),
        [Some(12), Some(40), Some(300)]
    );
    assert!(overdue(live) > 0, "{live}");

    let cleanings = [live_id, silent_id, busy_id].map(|id| region.log_holds(id));
    let [live_size, silent_size, busy_size] = cleanings;
    let sizes = [live_size.await, silent_size.await, busy_size.await];
    assert!(sizes[1] > 500 && sizes[2] > 4_000, "thirty days at each: {sizes:?}");
    assert!(relay_verifies(&dir).starts_with("3 logs, "));

    // One is silent: its numbers are as of then, on the dashboard, on its own page and among the boxes.
    fn rate(facility: &Value, days: &str) -> f64 {
        facility[days]["rate"].as_f64().unwrap()
    }
    assert!(rate(silent, "last_30_days") > 80.0, "{silent}");
    for (path, badge) in [("/app/", ">Offline 7 h<"), ("/app/boxes", ">Offline 7 h<")] {
        let page = region.page(path).await;
        assert!(page.contains(badge), "{path}: {page}");
    }
    let page = region.page(&format!("/app/f/{silent_id}")).await;
    assert!(page.contains("No contact with this box since"), "{page}");
    assert!(page.contains("Label printer: was ready"), "its last health report is kept: {page}");
    for path in [live_id, busy_id].map(|id| format!("/app/f/{id}")) {
        assert!(!region.page(&path).await.contains("No contact with this box since"), "{path}");
    }

    // One slips, in one ward, in the last week. Windows that time alone closed are counted by the relay's
    // next round.
    let deadline = Instant::now() + TIME_LIMIT;
    loop {
        let facilities = region.facilities(&[12, 40, 300]).await;
        let (busy, _) = named(&facilities, "Linden Lakes Medical Center");
        let page = region.page(&format!("/app/f/{busy_id}")).await;
        let (_, places) = page.split_once("id=\"places\"").unwrap();
        let first = places.split("</tr>").nth(1).unwrap();
        if first.contains("Ward 4B")
            && rate(busy, "last_7_days") < rate(busy, "last_30_days")
            && overdue(busy) > 0
        {
            break;
        }
        assert!(Instant::now() < deadline, "the ward that slips does not come first: {first} {busy}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    // It continues after a kill, and the next start finds everything where it was.
    let before = pid(&dir);
    Command::new("kill").args(["-9", &before]).status().unwrap();
    busy_box_runs_as_other_than(&dir, &before).await;
    drop(demo);
    let demo = Demo::start_in(folder.path(), &[]);
    let region = Region::of(&demo.output);
    let facilities = region.facilities(&[12, 40, 300]).await;
    for (name, size) in [("Linden Creek Clinic", sizes[1]), ("Linden Lakes Medical Center", sizes[2])] {
        assert!(region.log_holds(named(&facilities, name).1).await >= size, "{name}");
    }
}

#[tokio::test]
async fn a_bare_demo_has_one_facility() {
    let demo = Demo::start(&["--bare"]);
    let region = Region::of(&demo.output);
    region.facilities(&[1]).await;
    assert!(!demo.output.dir.join("busy-box.pid").exists() && !demo.output.dir.join("silent-box").exists());
}

#[tokio::test]
async fn a_demo_without_a_relay_has_no_other_boxes_until_it_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start_in(folder.path(), &["--no-relay"]);
    assert!(demo.output.relay.is_none());
    assert!(!demo.output.dir.join("busy-box.pid").exists() && !demo.output.dir.join("silent-box").exists());
    drop(demo);
    let demo = Demo::start_in(folder.path(), &[]);
    Region::of(&demo.output).facilities(&[12, 40, 300]).await;
}
