//! Pages of an account with a thousand facilities of 300 items, beside those of one with ten: by the clock at p99, in bytes of HTML, and
//! the CPU of one as a share of the other's.
//!
//! `cargo bench -p cleantrack-relay --bench account [-- [postgres] [CLEANINGS OF A FACILITY [FACILITIES]]]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench measures, says so, or stops")]

#[expect(dead_code, reason = "other benches use all of it")]
mod bench_relay;

use std::time::Instant;

use bench_relay::fake_box::FakeBox;
use bench_relay::postgres::Postgres;
use bench_relay::{BenchRelay, LogShape, PageCost, numbered, pack_log, peak_mib, percentile};
use record::ids::{BoxId, FacilityId};

const FEW: u16 = 10;
const MANY: u16 = 1_000;
const ITEMS: usize = 300;
const DAYS: i64 = 30;
const ROUNDS: usize = 200;
/// What a page may take at p99, in milliseconds, and be long, in bytes of HTML.
const WALL_MAX_MS: f64 = 30.0;
const HTML_MAX: usize = 60_000;

#[derive(Clone, Copy)]
struct AccountShape {
    cleanings: i64,
    facilities: u16,
}

/// An account with so many facilities; the tag of an item that each of them has.
async fn fill(relay: &BenchRelay, count: u16, cleanings: i64) -> String {
    let (began, mut entries, mut tag) = (Instant::now(), 0, String::new());
    for n in 0..count {
        let mut log = FakeBox::new(BoxId::new(1, numbered(n)), 1, 1);
        let tags = LogShape { items: ITEMS, cleanings, days: DAYS }.write(&mut log);
        relay.add_facility(FacilityId::new(1, numbered(n)), &format!("Hospital {n:04}"), &log).await;
        relay.send_log(&log, &pack_log(&log)).await;
        relay.ingest.fold_waiting().await.unwrap();
        entries += log.size();
        tag.clone_from(&tags[7]);
    }
    relay.ingest.flush_reports().await.unwrap();
    let took = Instant::now().duration_since(began).as_secs_f64();
    println!(
        "{count} facilities, {} cleanings: written, sent, stored and folded in {took:.0} s ({:.0} entries/s)",
        cleanings * i64::from(count),
        entries as f64 / took
    );
    tag
}

fn pages(tag: &str) -> Vec<(&'static str, String)> {
    let facility = FacilityId::new(1, numbered(3));
    vec![
        ("facilities, worst first", "/app/".to_owned()),
        ("facilities by name", "/app/?sort=name".to_owned()),
        ("gaps", "/app/gaps".to_owned()),
        ("compare", "/app/compare".to_owned()),
        ("boxes", "/app/boxes".to_owned()),
        ("map", "/app/map".to_owned()),
        ("making and closing facilities", "/app/facilities".to_owned()),
        ("people", "/app/people".to_owned()),
        ("facility", format!("/app/f/{facility}")),
        ("gaps of a facility", format!("/app/f/{facility}/gaps")),
        ("equipment list", format!("/app/f/{facility}/equipment")),
        ("item with its history", format!("/app/f/{facility}/e/{tag}")),
        ("API facilities", "/api/v1/facilities".to_owned()),
        ("API compliance", "/api/v1/compliance".to_owned()),
        ("API cleanings", "/api/v1/cleanings".to_owned()),
    ]
}

async fn compare(few: BenchRelay, many: BenchRelay, shape: AccountShape) {
    let AccountShape { cleanings, facilities } = shape;
    let tag = fill(&few, FEW, cleanings).await;
    fill(&many, facilities, cleanings).await;
    println!("the process held {} MiB at most meanwhile", peak_mib());
    let cookies = (few.sign_in().await, many.sign_in().await);
    let mut is_good = true;
    for (name, path) in pages(&tag) {
        let (mut with_few, mut with_many): (Vec<PageCost>, Vec<PageCost>) = (Vec::new(), Vec::new());
        // In turns, and each first as often as the other, so that what else the machine does meets both alike.
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                with_few.push(few.ask(&path, &cookies.0).await);
                with_many.push(many.ask(&path, &cookies.1).await);
            } else {
                with_many.push(many.ask(&path, &cookies.1).await);
                with_few.push(few.ask(&path, &cookies.0).await);
            }
        }
        let [few_cpu, many_cpu] =
            [&with_few, &with_many].map(|costs| percentile(costs.iter().map(|cost| cost.cpu), 50));
        let [wall_50, wall_99] =
            [50, 99].map(|percent| percentile(with_many.iter().map(|cost| cost.wall), percent));
        let bytes = with_many[0].bytes;
        println!(
            "{name}: CPU {few_cpu:.2} ms with {FEW} facilities, {many_cpu:.2} ms with {facilities} ({:+.0} %); there by the clock \
             {wall_50:.2} ms at the median, {wall_99:.2} ms at p99; {bytes} bytes",
            (many_cpu / few_cpu - 1.0) * 100.0
        );
        is_good &= wall_99 <= WALL_MAX_MS && (bytes <= HTML_MAX || path.starts_with("/api/"));
    }
    few.db.close().await;
    many.db.close().await;
    println!("the process held {} MiB at most", peak_mib());
    assert!(is_good, "a page took over {WALL_MAX_MS} ms at p99, or is over {HTML_MAX} bytes long");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let words: Vec<String> = std::env::args().collect();
    let mut numbers = words.iter().filter_map(|word| word.parse::<u16>().ok());
    let cleanings = numbers.next().map_or(300, i64::from);
    let shape = AccountShape { cleanings, facilities: numbers.next().unwrap_or(MANY) };
    if words.iter().any(|word| word == "postgres") {
        let server = Postgres::start(true);
        runtime.block_on(async {
            let (few, many) =
                (BenchRelay::on_server(&server, "few").await, BenchRelay::on_server(&server, "many").await);
            compare(few, many, shape).await;
        });
    } else {
        let dir = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let few = BenchRelay::in_file(&dir.path().join("few.db")).await;
            compare(few, BenchRelay::in_file(&dir.path().join("many.db")).await, shape).await;
        });
    }
}
