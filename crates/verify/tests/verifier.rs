//! `cleantrack-verify` as an auditor runs it, on the golden files and on copies with one fault each.

#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it must be")]

#[path = "../../record/tests/golden/adopted.rs"]
#[allow(dead_code, reason = "it makes more than is asked for here")]
mod adopted;
#[path = "../../record/tests/golden/later.rs"]
#[allow(dead_code, reason = "it makes more than is asked for here")]
mod later;
#[path = "../../record/tests/golden/log.rs"]
#[allow(dead_code, reason = "it makes more than is asked for here")]
mod log;

use std::path::{Path, PathBuf};
use std::process::Command;

use record::kinds::EntryRef;
use record::receipt::Receipt;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../record/testdata")
}

fn file(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Status and output. Names that end in `.txt`, `.json` or `.jsonl` are golden files unless they are paths.
fn verify(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cleantrack-verify"));
    let output = command
        .args(arguments.iter().map(|a: &&str| {
            let file = [".txt", ".json", ".jsonl"].iter().any(|e| a.ends_with(e)) && !a.contains('/');
            if file { folder().join(a).into_os_string() } else { a.into() }
        }))
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

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

/// How many entries the golden log has: it grows with every kind.
fn entry_count() -> u64 {
    file("log.jsonl").lines().filter(|line| line.contains("\"kind\":")).count().try_into().unwrap()
}

#[test]
fn what_holds() {
    let (status, message) = log("log.jsonl");
    assert_eq!(status, 0, "{message}");
    assert!(message.starts_with("VERIFIED: every entry of the log is there"), "{message}");
    assert!(message.contains("24 fit their entries; 1 are not in the file"), "{message}");
    let (status, message) =
        verify(&["proof", "proof-12.json", "--key", "log-key.txt", "--cosigner", "cosigner-key.txt"]);
    assert_eq!(status, 0, "{message}");
    assert!(message.contains(&format!("12 of {}, cleaning.recorded", entry_count())), "{message}");
    assert!(message.contains("stored by relay.example/cosign/1 at 2025-11-20T03:56:40Z"), "{message}");
    assert!(!message.contains("it came with the proof"), "{message}");
    let (status, message) = verify(&["proof", "proof-0.json"]);
    assert!(status == 0 && message.contains("it came with the proof"), "{message}");
    let (status, message) = verify(&[&["log", "log.jsonl", "--cosigner", "cosigner-key.txt"], LOG].concat());
    assert!(status == 0 && message.contains("stored by"), "{message}");
}

const WITNESS: &str = "stored by relay.example/cosign/1 at 2025-11-20T03:56:40Z or before";
const CAVEAT: &str = "its key came with the proof, so this is only as good as whoever gave it to you";

#[test]
fn a_relays_own_key_file_names_the_relay_as_witness() {
    // As `/api/v1/key` answers it: the log's key first, then the relay's.
    let keys = scratch("keys").join("relay.txt");
    std::fs::write(&keys, file("log-key.txt") + &file("cosigner-key.txt")).unwrap();
    let keys = keys.to_str().unwrap();
    let provided = ["--key", keys, "--cosigner", keys];
    for what in [&["proof", "proof-12.json"][..], &["log", "log.jsonl", "--checkpoint", "cosigned.txt"]] {
        let (status, message) = verify(&[what, &provided].concat());
        assert!(status == 0 && message.contains(WITNESS) && !message.contains(CAVEAT), "{message}");
        let (status, message) =
            verify(&[what, &["--key", "log-key.txt", "--cosigner", "log-key.txt"]].concat());
        assert!(status == 1, "the log is not its own witness: {message}");
    }
}

#[test]
fn a_witness_whose_key_came_with_the_file_is_told_as_such() {
    for key in [&["--key", "log-key.txt"][..], &[]] {
        let (status, message) = verify(&[&["proof", "proof-12.json"], key].concat());
        assert!(status == 0 && message.contains(&format!("{WITNESS} ({CAVEAT})")), "{message}");
    }
    let (status, message) = log("log.jsonl");
    assert!(
        status == 0 && message.contains("witness  not looked at") && !message.contains("stored by"),
        "{message}"
    );
}

#[test]
fn what_does_not_hold() {
    let folder = scratch("broken");
    let count = entry_count();
    let last = count - 1;
    let last_seq = format!("{{\"seq\":{last},");
    let any_entry = format!("at least one of the entries 0 to {last} was changed");
    for (from, to, says) in [
        ("Infusion pump 3", "Infusion pump 4", any_entry.as_str()),
        ("Maria", "Marta", "does not match its hash"),
        ("{\"seq\":3,", "{\"seq\":4,", "holds entry 4 where entry 3 belongs"),
        (&last_seq, &format!("{{ {}", &last_seq[1..]), "is no entry"),
    ] {
        let (status, message) = log(&changed("log.jsonl", &folder, from, to));
        assert!(status == 1 && message.starts_with("NOT VERIFIED: ") && message.contains(says), "{message}");
    }
    let last_line = file("log.jsonl").lines().last().unwrap().to_owned() + "\n";
    let (status, message) = log(&changed("log.jsonl", &folder, &last_line, ""));
    assert!(status == 1 && message.contains(&format!("the file has {last}: some are missing")), "{message}");
    let (status, message) = verify(&["proof", &changed("proof-5.json", &folder, "BM-0417", "BM-0418")]);
    assert!(status == 1 && message.contains("does not lead to the signed root"), "{message}");
    let (status, message) = verify(&["proof", "proof-5.json", "--key", "directive-key.txt"]);
    assert!(status == 1 && message.contains("not the key that you trust"), "{message}");
    let note = changed("checkpoint.txt", &folder, &format!("\n{count}\n"), &format!("\n{last}\n"));
    let (status, message) = verify(&["log", "log.jsonl", "--checkpoint", &note, "--key", "log-key.txt"]);
    assert!(status == 1 && message.contains("does not match the note"), "{message}");
    let (status, message) =
        verify(&["log", "log.jsonl", "--checkpoint", "checkpoint.txt", "--key", "cosigner-key.txt"]);
    assert!(status == 1 && message.contains("none of the keys belongs to the log"), "{message}");
}

#[test]
fn what_cannot_be_read() {
    let folder = scratch("unread");
    let long = folder.join("long.json");
    std::fs::write(&long, " ".repeat(600 * 1024)).unwrap();
    for (arguments, says) in [
        (&[][..], "missing argument: `proof`, `log`, `receipt`, `report` or `archive`"),
        (&["proof"], "missing argument: `proof`, `log`, `receipt`, `report` or `archive`"),
        (&["proof", "absent.json"], "cannot open"),
        (&["proof", "log-key.txt"], "is not a proof"),
        (&["proof", long.to_str().unwrap()], "more than"),
        (&["proof", "proof-0.json", "--key", "checkpoint.txt"], "no verifier key"),
        (&["proof", "proof-0.json", "--ky", "log-key.txt"], "`--ky"),
        (&["log", "log.jsonl", "--key", "log-key.txt"], "needs --checkpoint and --key"),
        (
            &["log", "log.jsonl", "--checkpoint", "log-key.txt", "--key", "log-key.txt"],
            "checkpoint cannot be read",
        ),
    ] {
        let (status, message) = verify(arguments);
        assert!(
            status == 2 && message.starts_with("Nothing was checked: ") && message.contains(says),
            "{message}"
        );
    }
    assert_eq!(verify(&["--help"]).0, 0);
}

const NAMED: [&str; 2] = [
    "  text     who.name: Maria Álvarez\n",
    "  text     note: Cable sheath \"cracked\" near the plug;\\ntold biomed. 🧽\n",
];

#[test]
fn what_was_adopted_says_so_and_names_are_printed() {
    let keys = ["--key", "log-2-key.txt", "--cosigner", "cosigner-key.txt"];
    let (status, message) = verify(&[&["proof", "proof-adopted.json"][..], &keys].concat());
    assert_eq!(status, 0, "{message}");
    assert!(message.contains("record   12 of epoch 1-7599776c, cleaning.recorded"), "{message}");
    assert!(NAMED.iter().all(|line| message.contains(line)), "{message}");
    let first = "adopted  adopted on 2025-11-20T04:00:01Z by entry 1 of epoch 2-5c29b78f: entries 12 to 67 of epoch 1-7599776c";
    assert!(message.contains(first) && message.contains("proven   since then"), "{message}");
    assert!(
        message.contains("stored by relay.example/cosign/1 at 2025-11-20T04:00:00Z or before"),
        "{message}"
    );
    let (status, message) = verify(&["proof", "proof-nested.json", "--key", "log-3-key.txt"]);
    assert!(status == 0 && message.contains(first), "{message}");
    assert!(message.contains("adopted on 2025-11-20T04:10:01Z by entry 1 of epoch 3-"), "{message}");
    let (status, message) = verify(&["proof", "proof-adopted.json", "--key", "log-key.txt"]);
    assert!(status == 1 && message.contains("not the key that you trust"), "{message}");
    let (status, message) = verify(&[&["log", "log.jsonl", "--texts"], LOG].concat());
    assert!(status == 0 && message.contains("\n  12       who.name: Maria Álvarez\n"), "{message}");
    assert!(message.trim_start().starts_with("8 "), "texts come first: {message}");
    assert!(message.contains("\nVERIFIED: every entry"), "the verdict stands behind them: {message}");
    let folder = scratch("names");
    let wrong = changed("proof-adopted.json", &folder, "Maria", "Marta");
    let (status, message) = verify(&["proof", &wrong]);
    assert!(status == 1 && message.contains("does not match its hash"), "{message}");
}

#[test]
fn the_first_changed_entry_is_named_where_the_data_can_tell() {
    let folder = scratch("leaves");
    let leaves = folder.join("leaves.bin");
    let bytes: Vec<u8> = crate::log::leaves().0.iter().flat_map(|leaf| leaf.0).collect();
    std::fs::write(&leaves, &bytes).unwrap();
    let leaves = leaves.to_str().unwrap();
    let wrong = changed("log.jsonl", &folder, "Infusion pump 3", "Infusion pump 4");
    let (status, message) = verify(&[&["log", &wrong, "--leaves", leaves], LOG].concat());
    assert!(status == 1 && message.contains("line 6 holds another entry 5 than was signed"), "{message}");
    let (status, message) = verify(&[&["log", "log.jsonl", "--leaves", leaves], LOG].concat());
    assert_eq!(status, 0, "{message}");
    for (size, says) in [(5, "entries 5 to 67"), (6, "entries 0 to 5")] {
        let note = folder.join(format!("checkpoint-{size}.txt"));
        std::fs::write(&note, crate::log::signed(size).note().to_string()).unwrap();
        let earlier = ["--checkpoint", note.to_str().unwrap()];
        let (status, message) = verify(&[&["log", &wrong][..], LOG, &earlier].concat());
        assert!(
            status == 1 && message.contains(&format!("at least one of the {says} was changed")),
            "{message}"
        );
        let (status, message) = verify(&[&["log", "log.jsonl"][..], &earlier, LOG].concat());
        assert_eq!(status, 0, "{message}");
    }
    let short = folder.join("short.bin");
    std::fs::write(&short, &bytes[..67 * 32]).unwrap();
    let (status, message) =
        verify(&[&["log", "log.jsonl", "--leaves", short.to_str().unwrap()], LOG].concat());
    assert!(status == 1 && message.contains("the leaf hashes do not lead to the root"), "{message}");
    std::fs::write(&short, &bytes[..33]).unwrap();
    let (status, message) =
        verify(&[&["log", "log.jsonl", "--leaves", short.to_str().unwrap()], LOG].concat());
    assert!(status == 2 && message.contains("is not a list of hashes"), "{message}");
}

#[test]
fn a_receipt_is_looked_up_in_an_export() {
    let folder = scratch("receipts");
    let (entry, _) = &crate::log::entries()[12];
    let epoch = crate::adopted::first().origin().epoch;
    let receipt = Receipt::of(EntryRef { epoch, seq: 12 }, entry.leaf()).to_string();
    for lookup in [&["--log", "log.jsonl"][..], &[&["--log", "log.jsonl"], LOG].concat()] {
        let (status, message) = verify(&[&["receipt", &receipt], lookup].concat());
        assert!(
            status == 0 && message.starts_with(&format!("VERIFIED: the record of receipt {receipt}")),
            "{message}"
        );
        assert!(message.contains("record   12, cleaning.recorded"), "{message}");
        assert!(NAMED.iter().all(|line| message.contains(line)), "{message}");
        assert_eq!(message.contains("not checked: give its checkpoint"), lookup.len() == 2, "{message}");
        let lower = receipt.to_lowercase();
        assert_eq!(verify(&[&["receipt", &lower], lookup].concat()).0, 0, "as somebody types it");
        let other = Receipt::of(EntryRef { epoch, seq: 13 }, entry.leaf()).to_string();
        let (status, message) = verify(&[&["receipt", &other], lookup].concat());
        assert!(status == 1 && message.contains("entry 13 of the log has another hash"), "{message}");
        let count = entry_count();
        let far = Receipt::of(EntryRef { epoch, seq: count }, entry.leaf()).to_string();
        let (status, message) = verify(&[&["receipt", &far], lookup].concat());
        assert!(
            status == 3
                && message.contains(&format!(
                    "Not found: there is no entry {count} in the log, which has {count} entries"
                )),
            "{message}"
        );
        let (status, message) = verify(&[&["receipt", "1-12-XYZ"], lookup].concat());
        assert!(status == 2 && message.contains("is no receipt"), "{message}");
    }
    let later = receipt.replacen("1-", "2-", 1);
    let (status, message) = verify(&[&["receipt", &later, "--log", "log.jsonl"], LOG].concat());
    assert!(status == 3 && message.contains("the receipt of an epoch 2"), "{message}");
    let wrong = changed("log.jsonl", &folder, "\"agent\":\"Oxivir Tb\"", "\"agent\":\"Oxivir Tc\"");
    let (status, message) = verify(&["receipt", &receipt, "--log", &wrong]);
    assert!(status == 1 && message.contains("entry 12 of the log has another hash"), "{message}");
    let elsewhere = changed("log.jsonl", &folder, "Infusion pump 3", "Infusion pump 4");
    let (status, message) = verify(&[&["receipt", &receipt, "--log", &elsewhere], LOG].concat());
    assert!(
        status == 1 && message.contains("at least one of the entries"),
        "a log that does not hold proves nothing: {message}"
    );
    assert_eq!(verify(&["receipt", &receipt, "--log", &elsewhere]).0, 0, "its own entry is unchanged");
    let (status, message) = verify(&["receipt", &receipt]);
    assert!(status == 2 && message.contains("needs --log"), "{message}");
    let (status, message) = verify(&["receipt", &receipt, "--log", "log-key.txt"]);
    assert!(status == 2 && message.contains("is neither an entry nor a text"), "{message}");
}

#[test]
fn a_receipt_of_an_adopted_record_is_sent_to_its_proof() {
    let first = crate::adopted::first();
    let receipt = |epoch: &crate::adopted::GoldenEpoch, seq: usize| {
        let of = EntryRef { epoch: epoch.origin().epoch, seq: seq as u64 };
        Receipt::of(of, epoch.entries[seq].0.leaf()).to_string()
    };
    // The log has no such number, it has another line of that number, or its own epoch is another.
    let (twelfth, second) = (receipt(&first, 12), receipt(&crate::adopted::second(), 1));
    let lookups: [(&str, &[&str], &str); 3] = [
        (&twelfth, &["--log", "log-2.jsonl"], "there is no entry 12"),
        (&second, &["--log", "log-3.jsonl"], "entry 1 of the log has another hash"),
        (
            &twelfth,
            &["--log", "log-2.jsonl", "--checkpoint", "cosigned-2.txt", "--key", "log-2-key.txt"],
            "an epoch 1",
        ),
    ];
    for (receipt, lookup, says) in lookups {
        let (status, message) = verify(&[&["receipt", receipt], lookup].concat());
        assert!(status == 3 && message.starts_with("Not found: ") && message.contains(says), "{message}");
        assert!(
            message.contains("by its entry 1 the log adopted entries") && message.contains(receipt),
            "{message}"
        );
    }
    let other = twelfth.replacen("1-12-", "1-11-", 1);
    let (status, message) = verify(&["receipt", &other, "--log", "log-2.jsonl"]);
    assert!(status == 3 && !message.contains("adopted"), "{message}");
}
