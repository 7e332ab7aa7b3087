//! Death at a chosen system call of the very first start: the next start works, whatever was left behind.

use std::path::Path;
use std::time::Duration;

use harness::process::Program;
use harness::tools;
use harness::world::{Ledger, TheBox, check};

use crate::demo;
use crate::disk_full::Tmpfs;

/// The kernel counts for each thread by itself, so a number says: whichever thread gets there first. A series ends at
/// the first number that no thread reaches before the box has said where it listens.
const POINTS: &[(&str, &[u32])] = &[
    ("pwrite64", &[1, 2, 3, 4, 6, 9, 100, 255, 256, 257, 258, 260, 264, 280]),
    ("fdatasync", &[1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40]),
    ("fsync", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16]),
    ("?rename,?renameat,?renameat2", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ("?ftruncate,?fallocate", &[1, 2, 3, 4, 5, 6]),
    ("?mkdir,?mkdirat", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("openat", &[8, 12, 16, 18, 20, 22, 24, 26, 28, 30, 33, 36, 40, 44, 48, 52, 56, 60]),
];
/// Fewer would mean that the box makes its calls in another way, and that this suite looks at nothing.
const DEATHS_MIN: usize = 40;
const ENDS_WITHIN: Duration = Duration::from_secs(20);

fn killed_at(command: &Program, calls: &str, nth: u32) -> Program {
    let inject = format!("inject={calls}:signal=SIGKILL:when={nth}");
    let trace = format!("trace={calls}");
    let mut args: Vec<std::ffi::OsString> =
        ["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject].into_iter().map(Into::into).collect();
    args.push(command.path.clone().into());
    args.extend(command.args.iter().cloned());
    Program { path: tools::program("strace"), args, env: command.env.clone() }
}

/// Waits until a killed box has let go of its folder: it is its tracer's child, so nobody here can wait for its end.
async fn wait_for_end(data: &Path) {
    let Ok(lock) = std::fs::File::open(data.join("lock")) else { return };
    let freed = tokio::task::spawn_blocking(move || lock.lock());
    let freed = tokio::time::timeout(ENDS_WITHIN, freed).await;
    freed.expect("a killed box ends").unwrap().unwrap();
}

/// Whether it died before it said where it listens.
async fn dies(command: &Program, data: &Path, (calls, nth): (&str, u32)) -> bool {
    let died = match killed_at(command, calls, nth).start().await {
        Err(error) => {
            let error = error.to_string();
            assert!(error.contains("signal: 9"), "{calls} {nth}: it ended otherwise: {error}");
            true
        }
        Ok(running) => {
            // Its tracer's end would let it go on.
            let pid = running.said()["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
            let pid = pid.and_then(rustix::process::Pid::from_raw).expect("the box says its process id");
            // It may die of the injection this very moment.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            running.kill().await.unwrap();
            false
        }
    };
    wait_for_end(data).await;
    died
}

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
            let died = dies(&first, &data, (calls, *nth)).await;
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
