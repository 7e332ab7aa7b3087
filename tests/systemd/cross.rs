//! The program for 64-bit ARM, run by an emulator: it records, answers, and starts again with what it has.
//!
//! It is built and run by `tests/run --cross`, which sets `CROSS` to the program: linking it takes many minutes.

use std::path::{Path, PathBuf};

use harness::tools;
use harness::world::{Ledger, TheBox, check, folder};

const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// The program, or why it is not run here.
fn program() -> Result<PathBuf, String> {
    let named =
        std::env::var_os("CROSS").ok_or("it takes many minutes to build: ./tests/run --cross does it")?;
    let program = PathBuf::from(named);
    assert!(program.is_file(), "CROSS names {}, which is no file", program.display());
    let loader = Path::new(LIBRARIES).join("lib/ld-linux-aarch64.so.1");
    assert!(loader.exists(), "apt-get install libc6-arm64-cross: {} is missing", loader.display());
    Ok(program)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_for_arm_records_and_starts_again() {
    let program = match program() {
        Ok(program) => program.to_string_lossy().into_owned(),
        Err(why) => {
            println!("SKIPPED: {why}");
            return;
        }
    };
    let emulator = tools::program("qemu-aarch64-static");
    let dir = folder();
    let mut r#box = TheBox::with_prefix(&emulator, &["-L", LIBRARIES, &program], &dir.path().join("box"));
    let checked = r#box.order(&["--check"]).await;
    assert!(checked.contains("Settings are valid"), "{checked}");
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    phone.record_all(0..10).await;
    check::at_box(&r#box, &ledger).await;
    // Stopped in order, and killed as by a power cut.
    assert_eq!(r#box.stop().await.0, Some(0));
    r#box.start().await;
    check::at_box(&r#box, &ledger).await;
    phone.record_all(10..20).await;
    r#box.kill().await;
    r#box.start().await;
    check::at_box(&r#box, &ledger).await;
    let (status, log) = r#box.stop().await;
    assert_eq!(status, Some(0), "{log}");
}
