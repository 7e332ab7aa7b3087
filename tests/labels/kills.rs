//! The box is killed with SIGKILL in mid-batch, again and again: no label is missing or duplicated without a question about it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use harness::virtual_printer::Options;
use labels::PrinterLanguage;
use serde_json::json;
use service::random::{RandomSource, SeededRandom};

use crate::print_server::{KINDS, Kind, SOON, amount};
use crate::station::{Job, Station};

/// 200 kills in all with `LABELS_LONG`.
fn kills() -> u32 {
    amount(6, 40)
}

const LABELS: u32 = 40;
const PRINT_TIME: Duration = Duration::from_millis(12);
const PRINT_TIME_SEEN: Duration = Duration::from_millis(600);
/// A kill comes anywhere within this after a label: the next one is drawn, sent, printed or confirmed
/// meanwhile.
const MOMENT: Duration = Duration::from_millis(120);

struct Story {
    station: Station,
    tags: Vec<String>,
    job: Option<Job>,
    out: BTreeMap<String, u32>,
    jobs: u32,
    requested: u32,
}

impl Story {
    async fn begin(kind: Kind) -> Self {
        // A networked Brother has to be seen at work, and so takes the time that a real one takes.
        let over_network = kind.language == PrinterLanguage::BrotherQl;
        let (print_time, labels) =
            if over_network { (PRINT_TIME_SEEN, LABELS / 5) } else { (PRINT_TIME, LABELS) };
        let options = Options { print_time, remembers: 4, over_network, ..kind.options() };
        let station = Station::open(kind, options, "auto").await;
        let tags = station.items(labels).await;
        Self { station, tags, job: None, out: BTreeMap::new(), jobs: 0, requested: 0 }
    }

    async fn submit(&mut self) {
        let expected = match self.jobs % 2 {
            0 => json!({ "printer": "Bench", "tags": self.tags }),
            _ => json!({ "printer": "Bench", "blank": self.tags.len() }),
        };
        self.jobs += 1;
        self.out.clear();
        self.job = Some(self.station.submit(&expected).await);
    }

    fn look(&mut self) {
        for tag in self.station.tray() {
            *self.out.entry(tag).or_default() += 1;
        }
    }

    /// Answers questions by what is in the tray. No more labels are in doubt than were under way.
    async fn answer(&mut self) {
        let Some(id) = self.job.as_ref().map(|job| job.id().to_owned()) else { return };
        let job = self.station.job(&id).await;
        let doubts = job.labels("unknown");
        assert!(doubts.len() <= 2, "{}", job.0);
        if doubts.is_empty() {
            return;
        }
        self.look();
        for (n, tag) in doubts {
            self.requested += 1;
            self.station.answer(&id, n, self.out.contains_key(&tag)).await;
        }
    }

    async fn finish(&mut self) {
        let Some(id) = self.job.take().map(|job| job.id().to_owned()) else { return };
        let job = loop {
            self.job = Some(self.station.until_still(&id).await);
            self.answer().await;
            let job = self.station.job(&id).await;
            if job.state() == "done" {
                break job;
            }
        };
        self.job = None;
        self.look();
        let burnt = job.labels("failed");
        assert!(burnt.is_empty() || job.0["labels"][0]["blank"] == true, "{}", job.0);
        let all = job.0["labels"].as_array().unwrap();
        assert_eq!(all.len(), self.tags.len());
        for label in all {
            let times = self.out.get(label["tag"].as_str().unwrap()).copied().unwrap_or(0);
            let expected = u32::from(label["state"] != "failed");
            assert_eq!(times, expected, "{label} of {id}: {:?}", self.out);
        }
    }

    async fn live_and_die(&mut self, random: &dyn RandomSource) {
        self.answer().await;
        let done = match &self.job {
            Some(job) => self.station.job(job.id()).await.state() == "done",
            None => true,
        };
        if done {
            self.finish().await;
            self.submit().await;
        }
        let before = self.station.printer.pieces();
        let printer = &self.station.printer;
        tokio::task::block_in_place(|| printer.wait_for_pieces(SOON, before + 1));
        let moment = random.below(MOMENT.as_micros() as u64);
        tokio::time::sleep(Duration::from_micros(moment)).await;
        self.station.r#box.kill().await;
        self.station.r#box.start().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn kills_in_mid_batch() {
    let begun = Instant::now();
    let stories = KINDS.map(|kind| {
        tokio::spawn(async move {
            let random = SeededRandom::new(kind.language as u64 + 50);
            let mut story = Story::begin(kind).await;
            for _ in 0..kills() {
                story.live_and_die(&random).await;
            }
            story.finish().await;
            (story.jobs, story.requested)
        })
    });
    for (kind, story) in KINDS.into_iter().zip(stories) {
        let (jobs, requested) = story.await.unwrap();
        let name = kind.language.name();
        eprintln!("{name}: {} kills in {jobs} jobs, {requested} labels asked about", kills());
        assert!(requested > 0, "{name}: no kill came in mid-label");
    }
    eprintln!("all in {:?}", begun.elapsed());
}
