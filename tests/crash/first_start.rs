//! Death at a chosen system call of the very first start: the next start works, whatever was left behind.

use std::path::Path;

use harness::world::{CutPoint, CutStart, Ledger, TheBox, check, cut_start};

use crate::demo;
use crate::disk_full::Tmpfs;

/// A series ends at the first number that no thread reaches before the box has printed where it listens.
const POINTS: &[(&str, &[u32])] = &[
    ("pwrite64", &[1, 2, 3, 4, 6, 9, 100, 255, 256, 257, 258, 260, 264, 280]),
    ("fdatasync", &[1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40]),
    ("fsync", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16]),
    ("?rename,?renameat,?renameat2", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ("?ftruncate,?fallocate", &[1, 2, 3, 4, 5, 6]),
    ("?mkdir,?mkdirat", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("openat", &[8, 12, 16, 18, 20, 22, 24, 26, 28, 30, 33, 36, 40, 44, 48, 52, 56, 60]),
];
/// Fewer would mean that the box makes other system calls, and that this suite checks nothing.
const DEATHS_MIN: usize = 40;
async fn a_start_after(data: &Path, what: &str) {
    let mut r#box = TheBox::new(demo(), data);
    r#box.try_start().await.unwrap_or_else(|e| panic!("after a death at {what}: {e}"));
    r#box.found().await;
    let ledger = Ledger::default();
    r#box.phone("phone", &ledger).record(0).await;
    r#box.kill().await;
    r#box.try_start().await.unwrap_or_else(|e| panic!("after a death at {what}, and another: {e}"));
    check::at_box(&r#box, &ledger).await;
    r#box.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn death_at_the_nth_system_call_of_the_first_start() {
    // In memory: what counts is which calls were made, not how fast the disk is. Too small for a ballast.
    let disk = Tmpfs::mount(96 << 20);
    let mut deaths = 0;
    for (calls, numbers) in POINTS {
        for nth in *numbers {
            let data = disk.path().join("box");
            let first = TheBox::new(demo(), &data).command(&["serve"]);
            let moment = CutPoint { calls, file: "", nth: *nth };
            let died = match cut_start(&first, &data, moment).await {
                CutStart::Died => true,
                CutStart::GotThrough => false,
                CutStart::Ended(error) => panic!("{moment:?}: it ended otherwise: {error}"),
            };
            a_start_after(&data, &format!("{calls} number {nth}")).await;
            std::fs::remove_dir_all(&data).unwrap();
            if !died {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths >= DEATHS_MIN, "only {deaths} deaths");
}
