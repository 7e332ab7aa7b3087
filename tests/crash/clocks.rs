//! The clock leaps four days, between starts, during one, and while phones record: nothing is lost, and everybody is served.

use std::sync::Arc;

use harness::world::{FalseClock, Ledger, TheBox, World, check, folder, until};
use serde_json::Value;

use crate::demo;

const DAYS_4: i64 = 4 * 86_400;

/// What is missing before a start, and how far its clock is off; each reading takes the next.
const STARTS: &[(&str, &[i64])] = &[
    ("cleantrack.redb", &[DAYS_4]),
    ("log", &[-DAYS_4]),
    ("cleantrack.redb", &[0, DAYS_4]),
    ("log", &[0, -DAYS_4, DAYS_4]),
    ("cursor", &[-DAYS_4, 0, -DAYS_4, DAYS_4, 0]),
];

/// Clock errors while that box runs.
const LEAPS: &[&[i64]] = &[&[DAYS_4], &[-DAYS_4], &[DAYS_4, -DAYS_4, 0], &[0]];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_leaps_four_days_either_way_loses_nothing_and_keeps_nobody_out() {
    let mut world = World::claimed(demo()).await;
    let clock = Arc::new(FalseClock::off_by(&[0]));
    let mut next = 0;
    let mut record = async |world: &World| {
        world.phone("phone").record_all(next..next + 3).await;
        next += 3;
    };
    record(&world).await;
    world.r#box.lives_by(&clock);
    for (gone, start) in STARTS {
        let gone = world.r#box.data().join(gone);
        if gone.is_dir() {
            // The database has everything when the box was stopped in order.
            assert_eq!(world.r#box.stop().await.0, Some(0));
            std::fs::remove_dir_all(gone).unwrap();
        } else {
            world.r#box.kill().await;
            std::fs::remove_file(gone).unwrap();
        }
        clock.is_off_by(start);
        world.r#box.start().await;
        record(&world).await;
        for leap in LEAPS {
            clock.is_off_by(leap);
            record(&world).await;
            let home = world.r#box.leads_to("/").await;
            assert_eq!(home.1, 200, "{start:?} {leap:?}");
        }
        check::receipts(&world.r#box, &world.ledger).await;
        let health = world.r#box.health().await.unwrap();
        assert_eq!((&health["ok"], &health["whole"]), (&true.into(), &true.into()), "{start:?}: {health}");
    }
    // The clock is right again: the relay gets all of it, and both agree.
    clock.is_off_by(&[0]);
    assert_eq!(world.r#box.stop().await.0, Some(0));
    world.r#box.start().await;
    record(&world).await;
    world.caught_up().await;
    check::receipts(&world.r#box, &world.ledger).await;
    let other = Ledger::default();
    world.r#box.phone("other", &other).record_all(0..3).await;
    check::receipts(&world.r#box, &other).await;
    world.r#box.kill().await;
}

const YEARS_30: i64 = 30 * 365 * 86_400;

async fn list_cleanings(r#box: &TheBox) -> Vec<Value> {
    let list: Value = serde_json::from_str(&r#box.get("/api/v1/cleanings").await).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// Waits until none of these times is an estimate any more; who corrected them.
async fn await_true_times(r#box: &TheBox, count: usize) -> Vec<Value> {
    let corrected = until("true times", async || {
        let cleanings = list_cleanings(r#box).await;
        let is_sure = cleanings.iter().take(count).all(|cleaning| cleaning["time_uncertain"] == false);
        is_sure.then_some(cleanings)
    });
    let corrected = corrected.await.unwrap_or_else(|| panic!("the times stay guesses:\n{}", r#box.log()));
    corrected.into_iter().take(count).map(|cleaning| cleaning["time_corrected_by"].clone()).collect()
}

/// How often the log states the true time.
async fn count_anchors(r#box: &TheBox) -> usize {
    r#box.get("/api/v1/log").await.matches("\"kind\":\"clock.anchored\"").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_that_wakes_thirty_years_back_goes_on_behind_its_log_until_a_time_server_is_there() {
    let (dir, ledger) = (folder(), Ledger::default());
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    r#box.start().await;
    r#box.found().await;
    let phone = r#box.phone("phone", &ledger);
    phone.record(0).await;
    assert_eq!(r#box.stop().await.0, Some(0));
    let clock = Arc::new(FalseClock::off_by(&[-YEARS_30]).of_board());
    r#box.lives_by(&clock);
    let mut receipts = Vec::new();
    for n in 1..=2 {
        r#box.start().await;
        receipts.push(phone.record(n).await.address());
        r#box.kill().await;
    }
    r#box.start().await;
    receipts.push(phone.record(3).await.address());
    let cleanings = list_cleanings(&r#box).await;
    let times: Vec<&str> = cleanings.iter().map(|c| c["recorded_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    assert_eq!(times.len(), 4);
    assert!(cleanings.iter().take(3).all(|c| c["time_uncertain"] == true), "{cleanings:?}");
    for receipt in &receipts {
        assert!(r#box.ask_plain(receipt).await.1.contains("the time is an estimate"), "{receipt}");
    }
    assert_eq!(count_anchors(&r#box).await, 0);
    clock.is_synced();
    assert_eq!(await_true_times(&r#box, 3).await, ["ntp", "ntp", "ntp"]);
    for receipt in &receipts {
        let page = r#box.ask_plain(receipt).await.1;
        assert!(page.contains("the time was corrected later, by network time"), "{receipt}: {page}");
    }
    assert_eq!(count_anchors(&r#box).await, 1);
    check::at_box(&r#box, &ledger).await;
    r#box.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_without_a_time_server_learns_the_time_from_its_relay() {
    let mut world = World::claimed(demo()).await;
    assert_eq!(world.r#box.stop().await.0, Some(0));
    world.r#box.lives_by(&Arc::new(FalseClock::off_by(&[DAYS_4]).of_board()));
    world.r#box.start().await;
    let receipt = world.phone("phone").record(0).await.address();
    assert_eq!(await_true_times(&world.r#box, 1).await, ["relay"]);
    let page = world.r#box.ask_plain(&receipt).await.1;
    assert!(page.contains("the time was corrected later, by the relay"), "{page}");
    assert_eq!(count_anchors(&world.r#box).await, 1);
    world.r#box.kill().await;
}
