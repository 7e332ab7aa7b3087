//! The clock leaps four days, between starts, during one, and while phones record: nothing is lost, and everybody is served.

use std::sync::Arc;

use harness::world::{FalseClock, Ledger, World, check};

use crate::demo;

const DAYS_4: i64 = 4 * 86_400;

/// A start: what is gone before it, and how far its clock is off; each reading takes the next.
const STARTS: &[(&str, &[i64])] = &[
    ("cleantrack.redb", &[DAYS_4]),
    ("log", &[-DAYS_4]),
    ("cleantrack.redb", &[0, DAYS_4]),
    ("log", &[0, -DAYS_4, DAYS_4]),
    ("cursor", &[-DAYS_4, 0, -DAYS_4, DAYS_4, 0]),
];

/// How it leaps while that box runs.
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
