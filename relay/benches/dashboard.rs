//! What a page costs with ten thousand and with a million cleanings behind it: it must not grow with history.
//!
//! `cargo bench -p cleantrack-relay --bench dashboard`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench measures, says so, or stops")]

#[expect(dead_code, reason = "other benches use all of it")]
mod bench_relay;

use bench_relay::fake_box::FakeBox;
use bench_relay::{BenchRelay, LogShape, PageCost, pack_log, percentile};
use record::ids::{BoxId, FacilityId};

/// The history is in as many days, however many cleanings it has.
const DAYS: i64 = 400;
const ROUNDS: usize = 200;

/// A relay that received a history, and a page's place in it.
struct Bench {
    relay: BenchRelay,
    facility: FacilityId,
    tag: String,
    _dir: tempfile::TempDir,
}

async fn bench(cleanings: i64) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let relay = BenchRelay::in_file(&dir.path().join("relay.db")).await;
    let (facility, mut log) = (FacilityId::new(1, [1; 10]), FakeBox::new(BoxId::new(1, [1; 10]), 1, 1));
    let tags = LogShape { items: 100, cleanings, days: DAYS }.write(&mut log);
    relay.add_facility(facility, "Bench", &log).await;
    relay.send_log(&log, &pack_log(&log)).await;
    relay.ingest.fold_waiting().await.unwrap();
    relay.ingest.flush_reports().await.unwrap();
    Bench { relay, facility, tag: tags[7].clone(), _dir: dir }
}

const PAGES: [&str; 7] = [
    "facilities",
    "facility",
    "equipment list",
    "boxes",
    "item with its history",
    "API compliance",
    "API cleanings, 100",
];

impl Bench {
    fn path(&self, page: usize) -> String {
        let (facility, tag) = (self.facility, &self.tag);
        match page {
            0 => "/app/?sort=name".to_owned(),
            1 => format!("/app/f/{facility}"),
            2 => format!("/app/f/{facility}/equipment"),
            3 => "/app/boxes".to_owned(),
            4 => format!("/app/f/{facility}/e/{tag}"),
            5 => "/api/v1/compliance".to_owned(),
            _ => "/api/v1/cleanings".to_owned(),
        }
    }

    async fn ask(&self, page: usize, cookie: &str) -> PageCost {
        self.relay.ask(&self.path(page), cookie).await
    }
}

async fn compare() {
    let (few, many) = (bench(10_000).await, bench(1_000_000).await);
    let cookies = (few.relay.sign_in().await, many.relay.sign_in().await);
    for (page, name) in PAGES.iter().enumerate() {
        let (mut with_few, mut with_many): (Vec<PageCost>, Vec<PageCost>) = (Vec::new(), Vec::new());
        // In turns, and each first as often as the other, so that what else the machine does meets both alike.
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                with_few.push(few.ask(page, &cookies.0).await);
                with_many.push(many.ask(page, &cookies.1).await);
            } else {
                with_many.push(many.ask(page, &cookies.1).await);
                with_few.push(few.ask(page, &cookies.0).await);
            }
        }
        let [few_cpu, many_cpu] =
            [&with_few, &with_many].map(|costs| percentile(costs.iter().map(|cost| cost.cpu), 50));
        let [few_wall, many_wall] =
            [&with_few, &with_many].map(|costs| percentile(costs.iter().map(|cost| cost.wall), 50));
        let more = (many_cpu / few_cpu - 1.0) * 100.0;
        println!(
            "{name}: CPU {few_cpu:.2} ms with 10,000 cleanings, {many_cpu:.2} ms with 1,000,000 ({more:+.0} %); by the clock {few_wall:.2} and \
             {many_wall:.2} ms; {} bytes",
            with_many[0].bytes
        );
    }
    few.relay.db.close().await;
    many.relay.db.close().await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(compare());
}
