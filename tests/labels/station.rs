//! A box as a process with one virtual printer, driven by its API, and what is in the printer's tray.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use harness::virtual_printer::{Options, VirtualPrinter};
use harness::world::{TIME_LIMIT, TheBox, folder};
use serde_json::{Value, json};

use crate::print_server::{Kind, SOON};
use crate::readers::zbar;

const SNMP_PORT: u16 = 161;

pub struct Station {
    pub r#box: TheBox,
    pub printer: VirtualPrinter,
    dir: tempfile::TempDir,
    looked_at: u32,
}

pub struct Job(pub Value);

impl Job {
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub fn state(&self) -> &str {
        self.0["state"].as_str().unwrap_or_default()
    }

    pub fn labels(&self, state: &str) -> Vec<(u64, String)> {
        let all = self.0["labels"].as_array().unwrap().iter().filter(|label| label["state"] == state);
        all.map(|l| (l["n"].as_u64().unwrap(), l["tag"].as_str().unwrap().to_owned())).collect()
    }
}

impl Station {
    pub async fn open(kind: Kind, options: Options, answers: &str) -> Self {
        let dir = folder();
        // An agent's port is always the same: a printer that has one gets an address of its own.
        let host = if options.over_network { Ipv4Addr::new(127, 77, 3, 2) } else { Ipv4Addr::LOCALHOST };
        let printer =
            VirtualPrinter::start_with((host, 0).into(), &dir.path().join("spool"), options).unwrap();
        // Who may not listen on that port has a printer that says nothing.
        let mute = printer.snmp_addr().is_some_and(|agent| agent.port() != SNMP_PORT);
        let answers = if mute { "never" } else { answers };
        let mut r#box = TheBox::new(Path::new(env!("CARGO_BIN_EXE_demo")), &dir.path().join("box"));
        r#box.start().await;
        r#box.found().await;
        let mut settings = json!({
            "name": "Bench",
            "language": kind.language.name(),
            "address": format!("tcp://{}", printer.addr()),
            "dpi": kind.profile().dpi.get(),
            "media": kind.profile().media.name,
        });
        settings["answers"] = answers.into();
        let (status, message) = r#box.post("/api/v1/printers", &settings).await;
        assert_eq!(status, 201, "{message}");
        Self { r#box, printer, dir, looked_at: 0 }
    }

    pub async fn items(&self, count: u32) -> Vec<String> {
        let mut tags = Vec::new();
        for n in 0..count {
            let item = json!({ "name": format!("Ventilator {n}"), "asset_number": format!("BM-1{n:03}") });
            let (status, message) = self.r#box.post("/api/v1/equipment", &item).await;
            assert_eq!(status, 201, "{message}");
            tags.push(message["tag"].as_str().unwrap().to_owned());
        }
        tags
    }

    pub async fn submit(&self, expected: &Value) -> Job {
        let (status, message) = self.r#box.post("/api/v1/labels", expected).await;
        assert_eq!(status, 202, "{message}");
        Job(message)
    }

    pub async fn job(&self, id: &str) -> Job {
        let message = self.r#box.get(&format!("/api/v1/labels/{id}")).await;
        Job(serde_json::from_str(&message).unwrap())
    }

    pub async fn until_still(&self, id: &str) -> Job {
        let deadline = std::time::Instant::now() + TIME_LIMIT;
        loop {
            let job = self.job(id).await;
            if matches!(job.state(), "asking" | "done") {
                return job;
            }
            let (now, log) = (std::time::Instant::now(), || self.r#box.log());
            assert!(now < deadline, "neither done nor asking: {}\n{}", job.0, log());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub async fn answer(&self, id: &str, n: u64, printed: bool) {
        let answer = json!({ "printed": printed });
        let (status, message) =
            self.r#box.post(&format!("/api/v1/labels/{id}/labels/{n}/answer"), &answer).await;
        assert_eq!(status, 200, "{message}");
    }

    /// Tags of the whole labels that have come out since the last look, in order, once the printer has stopped.
    pub fn tray(&mut self) -> Vec<String> {
        assert!(self.printer.wait_until_idle(SOON), "the printer does not come to rest");
        let mut pictures: Vec<PathBuf> = Vec::new();
        loop {
            let name = format!("{:04}", self.looked_at + 1);
            let spool = self.dir.path().join("spool");
            let (whole, partial) =
                (spool.join(format!("{name}.png")), spool.join(format!("{name}-torn.bin")));
            match (whole.exists(), partial.exists()) {
                (true, _) => pictures.push(whole),
                (false, true) => {}
                (false, false) => break,
            }
            self.looked_at += 1;
        }
        let read = if pictures.is_empty() { Vec::new() } else { zbar(&pictures) };
        assert_eq!(read.len(), pictures.len(), "a label cannot be read: {pictures:?}");
        read.into_iter().map(|url| url.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }
}
