//! A flush that fails: no receipt is given, the process ends with 74, and nothing acknowledged is lost.

use std::process::{Child, Command, Stdio};

use harness::tools;
use harness::world::{Ledger, Post, TheBox, check, folder, until};

use crate::demo;

/// Dropping it ends strace.
struct Tracer(Child);

impl Drop for Tracer {
    fn drop(&mut self) {
        // It has ended already where the process that it watched has.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_traced(pid: u32) -> Option<()> {
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let status = std::fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("TracerPid:"))?;
        if line.trim_start_matches("TracerPid:").trim() == "0" {
            return None;
        }
    }
    Some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_that_fails_is_unknown_and_ends_the_process_with_74() {
    // A card that gives up, and a file system that has turned read-only because of it.
    for error in ["EIO", "EROFS"] {
        fail_flushes(error).await;
    }
}

async fn fail_flushes(error: &str) {
    let dir = folder();
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    phone.record_all(0..20).await;
    let pid = r#box.pid();
    let tracer = Command::new(tools::program("strace"))
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync"])
        .args(["-e", &format!("inject=fdatasync:error={error}"), "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let tracer = Tracer(tracer.unwrap());
    assert!(until("strace watches the box", async || is_traced(pid)).await.is_some());
    match phone.post(20).await {
        Post::Recorded(receipt) => panic!("acknowledged without a flush: {receipt:?}"),
        Post::Refused(status, body) => assert!(status >= 500, "{status}: {body}"),
        Post::Unknown(_) => {}
    }
    let (status, log) = r#box.ends().await;
    assert_eq!(status, Some(74), "{error}: {log}");
    drop(tracer);
    r#box.start().await;
    // Recorded or not, it is there once when the phone has asked again.
    phone.record_all(20..30).await;
    check::at_box(&r#box, &ledger).await;
    r#box.kill().await;
    r#box.start().await;
    check::at_box(&r#box, &ledger).await;
}
