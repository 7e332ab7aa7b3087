//! What an auditor gets of a box that adopted lines of a copy of its folder: the log, compressed and plain, and the proof of each
//! record, all of which hold for a program that knows no box.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::world::{Ledger, TheBox, folder};

use crate::folders::copy;

/// Records of each: before the copy was made, by the copy, and by the box afterwards.
const CLEANINGS: usize = 3;

fn verify(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_demo")).with_file_name("cleantrack-verify");
    let output = Command::new(&program).args(arguments).current_dir(dir).output();
    let output = output.unwrap_or_else(|e| panic!("{}: {e}: build the whole workspace", program.display()));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

async fn with_adopted(dir: &Path) -> (TheBox, [Ledger; 2]) {
    let (data, copied): (PathBuf, PathBuf) = (dir.join("box"), dir.join("copy"));
    let ledgers = [Ledger::default(), Ledger::default()];
    let [own, of_copy] = &ledgers;
    let mut r#box = TheBox::new(Path::new(env!("CARGO_BIN_EXE_demo")), &data);
    r#box.start().await;
    r#box.found().await;
    r#box.phone("before", own).record_all(0..CLEANINGS).await;
    assert_eq!(r#box.stop().await.0, Some(0));
    copy(&data, &copied);
    let mut other = r#box.twin(&copied);
    other.start().await;
    other.phone("copy", of_copy).record_all(0..CLEANINGS).await;
    assert_eq!(other.stop().await.0, Some(0));
    // The box is ahead of the copy: its key signs nothing else under the copy's numbers, and continues.
    r#box.start().await;
    r#box.phone("between", own).record_all(0..2 * CLEANINGS).await;
    assert_eq!(r#box.stop().await.0, Some(0));
    r#box.order(&["log", "import", &copied.to_string_lossy()]).await;
    r#box.start().await;
    r#box.phone("after", own).record_all(0..CLEANINGS).await;
    (r#box, ledgers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_adopted_lines_is_exported_whole_and_each_of_them_is_proven() {
    let dir = folder();
    let (mut r#box, [own, of_copy]) = with_adopted(dir.path()).await;
    let keep = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    for path in ["/api/v1/log", "/api/v1/log?texts=1"] {
        let log = r#box.get(path).await;
        assert!(log.contains("log.adopted") && log == r#box.get_packed(path).await, "{path}: {log}");
        keep("log.jsonl", &log);
        keep("checkpoint.txt", &r#box.get("/api/v1/checkpoint").await);
        keep("keys.txt", &r#box.get("/api/v1/key").await);
        let signed = ["--checkpoint", "checkpoint.txt", "--key", "keys.txt"];
        let (status, message) = verify(dir.path(), &[&["log", "log.jsonl"][..], &signed].concat());
        assert!(status == Some(0) && message.contains("every entry of the log is there"), "{message}");
        for (key, receipt) in own.all() {
            let named = receipt.address().trim_start_matches("/r/").to_owned();
            let ask = [&["receipt", named.as_str(), "--log", "log.jsonl"][..], &signed].concat();
            let (status, message) = verify(dir.path(), &ask);
            assert!(status == Some(0), "{key}: {message}");
        }
        for (key, receipt) in of_copy.all() {
            let named = receipt.address().trim_start_matches("/r/").to_owned();
            let ask = [&["receipt", named.as_str(), "--log", "log.jsonl"][..], &signed].concat();
            let (status, message) = verify(dir.path(), &ask);
            let sent = format!("/r/{named}/proof");
            assert!(
                status == Some(3) && message.contains("adopted") && message.contains(&sent),
                "{key}: {message}"
            );
            let (status, proof) = r#box.ask_plain(&sent).await;
            assert_eq!(status, 200, "{proof}");
            keep("proof.json", &proof);
            let (status, message) = verify(dir.path(), &["proof", "proof.json", "--key", "keys.txt"]);
            let adopted =
                message.contains("adopted on") && message.contains(&format!("record   {} of", receipt.seq));
            assert!(status == Some(0) && adopted, "{key}: {message}");
            let wrong = proof.replacen("cleaning.recorded", "cleaning.recordes", 1);
            assert_ne!(wrong, proof);
            keep("wrong.json", &wrong);
            assert_eq!(verify(dir.path(), &["proof", "wrong.json", "--key", "keys.txt"]).0, Some(1), "{key}");
        }
    }
    r#box.kill().await;
}
