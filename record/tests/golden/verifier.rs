//! `cleantrack-verify` as an auditor runs it, on the golden files and on copies with one fault each.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{file, folder};

/// A folder of the test's own below cargo's.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Status and words. Names that end in `.txt`, `.json` or `.jsonl` are golden files unless they are paths.
fn verify(arguments: &[&str]) -> (i32, String) {
    let golden = |a: &&str| {
        let file = [".txt", ".json", ".jsonl"].iter().any(|e| a.ends_with(e)) && !a.contains('/');
        if file { folder().join(a).into_os_string() } else { a.into() }
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_cleantrack-verify"));
    let output = command.args(arguments.iter().map(golden)).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A copy of a golden file with one thing changed.
fn changed(name: &str, folder: &Path, from: &str, to: &str) -> String {
    let text = file(name);
    assert!(text.contains(from), "{from} is not in {name}");
    let path = folder.join(name);
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    path.to_str().unwrap().to_owned()
}

const LOG: &[&str] = &["--checkpoint", "cosigned.txt", "--key", "log-key.txt"];

fn log(file: &str) -> (i32, String) {
    verify(&[&["log", file], LOG].concat())
}

#[test]
fn what_holds() {
    let (status, said) = log("log.jsonl");
    assert_eq!(status, 0, "{said}");
    assert!(said.starts_with("This holds: every entry of the log is there"), "{said}");
    assert!(said.contains("4 fit their entries; 1 are not in the file"), "{said}");
    let (status, said) =
        verify(&["proof", "proof-12.json", "--key", "log-key.txt", "--cosigner", "cosigner-key.txt"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("12 of 26, cleaning.recorded"), "{said}");
    assert!(said.contains("stored by relay.example/cosign/1 at 2025-11-20T03:56:40Z"), "{said}");
    assert!(!said.contains("it came with the proof"), "{said}");
    let (status, said) = verify(&["proof", "proof-0.json"]);
    assert!(status == 0 && said.contains("it came with the proof"), "{said}");
    let (status, said) = verify(&[&["log", "log.jsonl", "--cosigner", "cosigner-key.txt"], LOG].concat());
    assert!(status == 0 && said.contains("stored by"), "{said}");
}

const WITNESS: &str = "stored by relay.example/cosign/1 at 2025-11-20T03:56:40Z or before";
const CAVEAT: &str = "its key came with the proof, so this is only as good as whoever gave it to you";

#[test]
fn a_relays_own_key_file_names_the_relay_as_witness() {
    // As `/api/v1/key` answers it: the log's key first, then the relay's.
    let keys = scratch("keys").join("relay.txt");
    std::fs::write(&keys, file("log-key.txt") + &file("cosigner-key.txt")).unwrap();
    let keys = keys.to_str().unwrap();
    let given = ["--key", keys, "--cosigner", keys];
    for what in [&["proof", "proof-12.json"][..], &["log", "log.jsonl", "--checkpoint", "cosigned.txt"]] {
        let (status, said) = verify(&[what, &given].concat());
        assert!(status == 0 && said.contains(WITNESS) && !said.contains(CAVEAT), "{said}");
        let (status, said) = verify(&[what, &["--key", "log-key.txt", "--cosigner", "log-key.txt"]].concat());
        assert!(status == 1, "the log is not its own witness: {said}");
    }
}

#[test]
fn a_witness_whose_key_came_with_the_file_is_told_as_such() {
    for key in [&["--key", "log-key.txt"][..], &[]] {
        let (status, said) = verify(&[&["proof", "proof-12.json"], key].concat());
        assert!(status == 0 && said.contains(&format!("{WITNESS} ({CAVEAT})")), "{said}");
    }
    let (status, said) = log("log.jsonl");
    assert!(status == 0 && said.contains("witness  not looked at") && !said.contains("stored by"), "{said}");
}

#[test]
fn what_does_not_hold() {
    let folder = scratch("broken");
    for (from, to, says) in [
        ("Infusion pump 3", "Infusion pump 4", "at least one of them was changed"),
        ("Maria", "Marta", "does not fit its hash"),
        ("{\"seq\":3,", "{\"seq\":4,", "holds entry 4 where entry 3 belongs"),
        ("{\"seq\":25,", "{ \"seq\":25,", "is no entry"),
    ] {
        let (status, said) = log(&changed("log.jsonl", &folder, from, to));
        assert!(status == 1 && said.starts_with("This does NOT hold: ") && said.contains(says), "{said}");
    }
    let last = file("log.jsonl").lines().last().unwrap().to_owned() + "\n";
    let (status, said) = log(&changed("log.jsonl", &folder, &last, ""));
    assert!(status == 1 && said.contains("the file has 25: some are missing"), "{said}");
    let (status, said) = verify(&["proof", &changed("proof-5.json", &folder, "BM-0417", "BM-0418")]);
    assert!(status == 1 && said.contains("does not lead to the signed root"), "{said}");
    let (status, said) = verify(&["proof", "proof-5.json", "--key", "directive-key.txt"]);
    assert!(status == 1 && said.contains("not the key that you trust"), "{said}");
    let note = changed("checkpoint.txt", &folder, "\n26\n", "\n25\n");
    let (status, said) = verify(&["log", "log.jsonl", "--checkpoint", &note, "--key", "log-key.txt"]);
    assert!(status == 1 && said.contains("does not fit the note"), "{said}");
    let (status, said) =
        verify(&["log", "log.jsonl", "--checkpoint", "checkpoint.txt", "--key", "cosigner-key.txt"]);
    assert!(status == 1 && said.contains("none of the keys belongs to the log"), "{said}");
}

#[test]
fn what_cannot_be_read() {
    let folder = scratch("unread");
    let long = folder.join("long.json");
    std::fs::write(&long, " ".repeat(600 * 1024)).unwrap();
    for (arguments, says) in [
        (&[][..], "say what to check"),
        (&["proof"], "say what to check"),
        (&["proof", "absent.json"], "cannot open"),
        (&["proof", "log-key.txt"], "is no proof"),
        (&["proof", long.to_str().unwrap()], "more than"),
        (&["proof", "proof-0.json", "--key", "checkpoint.txt"], "no verifier key"),
        (&["proof", "proof-0.json", "--ky", "log-key.txt"], "`--ky"),
        (&["log", "log.jsonl", "--key", "log-key.txt"], "needs --checkpoint and --key"),
        (
            &["log", "log.jsonl", "--checkpoint", "log-key.txt", "--key", "log-key.txt"],
            "checkpoint cannot be read",
        ),
    ] {
        let (status, said) = verify(arguments);
        assert!(status == 2 && said.starts_with("Nothing was checked: ") && said.contains(says), "{said}");
    }
    assert_eq!(verify(&["--help"]).0, 0);
}
