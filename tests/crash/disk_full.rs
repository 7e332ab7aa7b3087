//! A disk that is really full: refused cleanly, nothing lost, and recording again as soon as there is space.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use harness::tools;
use harness::world::{Ledger, Phone, Post, TheBox, check, folder, until};
use tempfile::TempDir;

use crate::demo;

const UNTIL_FULL_MAX: usize = 20_000;

/// A small file system of its own; unmounted when it is dropped.
pub struct Tmpfs {
    dir: TempDir,
}

impl Tmpfs {
    /// Needs root, as `tests/run` has it.
    pub fn mount(bytes: u64) -> Self {
        let dir = folder();
        let size = format!("size={bytes},mode=0700");
        let mounted = Command::new(tools::program("mount"))
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(dir.path())
            .output();
        let mounted = mounted.unwrap();
        let why = String::from_utf8_lossy(&mounted.stderr);
        assert!(mounted.status.success(), "a small disk cannot be mounted (this suite needs root): {why}");
        Self { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may still be releasing it.
        let ended = Command::new(tools::program("umount")).arg("-l").arg(self.dir.path()).status();
        assert!(
            ended.is_ok_and(|status| status.success()) || std::thread::panicking(),
            "a disk stays mounted"
        );
    }
}

fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for piece in [1 << 20, 4096, 1] {
        while file.write_all(&vec![0xa5; piece]).is_ok() {}
    }
}

/// Posts from `from` on until the box says that its disk is full; the number that was refused.
async fn post_until_full(phone: &Phone, from: usize) -> usize {
    for n in from..from + UNTIL_FULL_MAX {
        match phone.post(n).await {
            Post::Recorded(_) => {}
            Post::Refused(status, body) => {
                assert!((500..600).contains(&status), "{status}: {body}");
                assert!(body.contains("full"), "the page says why: {body}");
                return n;
            }
            Post::Unknown(why) => panic!("no answer to {n}: {why}"),
        }
    }
    panic!("the disk is never full");
}

/// The disk is no longer full: the refused client knows it, and an alarm says so until somebody has seen it.
async fn reported_full_disk(r#box: &TheBox) {
    let reported = until("an alarm about the disk", async || {
        let health = r#box.health().await?;
        let alarms = health["alarms"].as_array()?;
        alarms.iter().any(|alarm| alarm["code"] == "disk-full" && alarm["over_ms"].is_i64()).then_some(())
    });
    assert!(reported.await.is_some(), "{:?}", r#box.health().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_refused_cleanly_and_survived() {
    let disk = Tmpfs::mount(24 << 20);
    let filler = disk.path().join("filler");
    let mut r#box = TheBox::new(demo(), &disk.path().join("box"));
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    phone.record_all(0..10).await;
    let mut next = 10;
    for round in 0..2 {
        fill(&filler);
        let refused = post_until_full(&phone, next).await;
        // It keeps saying so, answers questions, and keeps its earlier receipts.
        assert!(matches!(phone.post(refused).await, Post::Refused(500..600, _)), "round {round}");
        assert!(matches!(phone.post(0).await, Post::Recorded(_)), "an old acknowledgement, round {round}");
        check::at_box(&r#box, &ledger).await;
        let health = r#box.health().await.unwrap();
        assert_eq!((&health["ok"], &health["whole"]), (&false.into(), &true.into()), "{health}");
        if round == 1 {
            // The start itself needs some space where there is no ballast.
            r#box.kill().await;
        }
        std::fs::remove_file(&filler).unwrap();
        if round == 1 {
            r#box.start().await;
        }
        // The very submission that was refused is recorded now, once.
        phone.record_all(refused..refused + 20).await;
        check::at_box(&r#box, &ledger).await;
        assert_eq!(r#box.health().await.unwrap()["ok"], true);
        next = refused + 20;
        if round == 0 {
            reported_full_disk(&r#box).await;
        }
    }
    r#box.kill().await;
    r#box.start().await;
    check::at_box(&r#box, &ledger).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_on_a_full_disk_shows_what_is_there_and_lives_on_the_ballast() {
    let disk = Tmpfs::mount(24 << 20);
    let mut r#box = TheBox::new(demo(), &disk.path().join("box"));
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    phone.record_all(0..10).await;
    r#box.kill().await;
    // This disk is too small for the box to make one of its own.
    let ballast = r#box.data().join("ballast");
    std::fs::write(&ballast, vec![0x5a; 1 << 20]).unwrap();
    fill(&disk.path().join("filler"));
    r#box.try_start().await.unwrap_or_else(|e| panic!("a start on a full disk: {e}"));
    check::at_box(&r#box, &ledger).await;
    let refused = post_until_full(&phone, 10).await;
    assert!(!ballast.exists(), "records were refused while there was a ballast");
    check::at_box(&r#box, &ledger).await;
    // Now there is nothing in reserve, and the database needs some space at a start.
    r#box.kill().await;
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    r#box.try_start().await.unwrap_or_else(|e| panic!("a start with room again: {e}"));
    check::at_box(&r#box, &ledger).await;
    phone.record_all(refused..refused + 10).await;
    check::at_box(&r#box, &ledger).await;
}
