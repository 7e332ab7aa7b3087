//! What a start and the operator's commands find beside the database: files that are damaged, left, lost, or somebody else's.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use record::checkpoint::LogOrigin;
use record::ids::BoxId;
use record::sign::{KeyKind, SignerKey};
use relay::db::facility::facilities;
use relay::db::log::epochs;
use relay::db::operation::backups;
use relay::db::{Db, PlatformReason};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::{LONG, Relay, field, order, program};

const SOMEBODY: u32 = 54_321;

async fn start_logged(data: &Path, log: &Path) -> Relay {
    let mut command = Command::from(program(data));
    command.arg("serve").stdout(Stdio::piped()).stderr(std::fs::File::create(log).unwrap());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    tokio::time::timeout(LONG, out.read_line(&mut line)).await.unwrap().unwrap();
    let said = std::fs::read_to_string(log).unwrap();
    Relay { child, message: serde_json::from_str(&line).unwrap_or_else(|_| panic!("{said}")) }
}

async fn log_of_start(data: &Path) -> String {
    let log = data.with_extension("log");
    start_logged(data, &log).await.stop().await;
    std::fs::read_to_string(log).unwrap()
}

fn set_age(path: &Path, age: Duration) {
    let file = std::fs::File::options().append(true).open(path).unwrap();
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)).unwrap();
}

#[tokio::test]
async fn a_start_removes_what_cut_work_left_for_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    order(&data, &["account", "create", "--name", "North"], "");
    let (old, new) = (data.join("keys/cosign-9.new"), data.join("keys/ca-9.key.new"));
    for left in [&old, &new] {
        std::fs::write(left, "half of a key").unwrap();
    }
    set_age(&old, Duration::from_secs(2 * 86_400));
    let relay = Relay::start(&data).await;
    let gone = async {
        while old.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, gone).await.unwrap();
    assert!(new.exists(), "somebody may be at work on it");
    relay.stop().await;
}

#[tokio::test]
async fn a_start_warns_of_an_empty_database_beside_keys_of_before() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    order(&data, &["account", "create", "--name", "North"], "");
    let log = log_of_start(&data).await;
    assert!(!log.contains("it is empty"), "{log}");
    for file in ["relay.db", "relay.db-wal", "relay.db-shm"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    let log = log_of_start(&data).await;
    assert!(log.contains("it is empty, beside keys in") && log.contains("backup restore FOLDER"), "{log}");
}

#[tokio::test]
async fn a_start_makes_its_own_damaged_certificate_again_and_no_other_key() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("relay");
    Relay::start(&data).await.stop().await;
    fn key_path(data: &Path, name: &str) -> PathBuf {
        data.join("keys").join(name)
    }
    let authority = std::fs::read(key_path(&data, "ca-1.key")).unwrap();
    std::fs::write(key_path(&data, "server.key"), "rot").unwrap();
    let log = log_of_start(&data).await;
    assert!(log.contains("set aside"), "{log}");
    assert_eq!(std::fs::read(key_path(&data, "server.key.damaged")).unwrap(), b"rot");
    assert_eq!(std::fs::read(key_path(&data, "ca-1.key")).unwrap(), authority);
    let log = log_of_start(&data).await;
    assert!(!log.contains("set aside"), "once: {log}");
    std::fs::write(key_path(&data, "ca-1.key"), "rot").unwrap();
    let refused = program(&data).arg("serve").output().unwrap();
    assert_eq!(refused.status.code(), Some(78));
    assert_eq!(std::fs::read(key_path(&data, "ca-1.key")).unwrap(), b"rot");
}

#[test]
fn a_check_finds_what_a_start_would_of_a_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("relay"), |name: &str| dir.path().join(name));
    fn make_certificate() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }
    let ((certificate, key), (_, other)) = (make_certificate(), make_certificate());
    let write = |name: &str, text: &str| std::fs::write(file(name), text).unwrap();
    let run = |args: &[&str]| {
        let mut program = program(&data);
        for (name, file) in [("CERTIFICATE", "c.pem"), ("KEY", "c.key"), ("CA", "ca.pem")] {
            program.env(format!("CLEANTRACK_HTTPS_{name}"), dir.path().join(file));
        }
        let done = program.args(args).stdin(Stdio::null()).output().unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let check = ["--check", "serve"];
    for (name, text) in [("c.pem", &certificate), ("c.key", &key), ("ca.pem", &certificate)] {
        write(name, text);
    }
    assert_eq!(run(&check), (Some(0), String::new()));
    let faults: [(&str, Option<&str>, &str); 7] = [
        ("c.key", Some(&other), "certificate and key do not match"),
        ("c.key", Some("rot"), "c.key, which the settings name, does not hold a private key"),
        ("c.key", None, "c.key cannot be used"),
        ("c.pem", Some(&key), "c.pem, which the settings name, does not hold a certificate"),
        ("c.pem", None, "c.pem cannot be used"),
        ("ca.pem", Some("rot"), "ca.pem, which the settings name, does not hold a certificate"),
        ("ca.pem", None, "ca.pem cannot be used"),
    ];
    for (name, text, words) in faults {
        let whole = std::fs::read_to_string(file(name)).unwrap();
        match text {
            Some(text) => write(name, text),
            None => std::fs::remove_file(file(name)).unwrap(),
        }
        let found = run(&check);
        assert!(found.0 != Some(0) && found.1.contains(words), "{name}: {found:?}");
        assert_eq!(run(&["serve"]), found, "{name}: as a start says");
        write(name, &whole);
    }
    write("c.key", "rot");
    assert_eq!(run(&["--check", "migrate"]), (Some(0), String::new()), "a command shows none");
}

/// Everything under a folder that is not of this user.
fn not_of(dir: &Path, owner: u32) -> Vec<PathBuf> {
    let (mut found, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().flatten() {
            let meta = entry.metadata().unwrap();
            if meta.uid() != owner || meta.gid() != owner {
                found.push(entry.path());
            }
            if meta.is_dir() {
                dirs.push(entry.path());
            }
        }
    }
    found
}

fn plant_photo(data: &Path, account: &str) {
    let photo = b"a photo";
    let hash = record::tree::Hash::of(photo).to_string();
    let folder = data.join("photos").join(account).join(&hash[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{hash}.jpg")), photo).unwrap();
}

#[test]
fn what_commands_of_root_make_in_the_relays_folder_is_the_relays() {
    // Nobody else can make files of other users, so that nothing can go wrong.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let passphrase = "rain falls mainly on the plain\n";
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    let (keys, backup) = (dir.path().join("keys.age"), dir.path().join("backup"));
    let (keys, backup) = (keys.to_str().unwrap(), backup.to_str().unwrap());
    for data in [&first, &second] {
        std::fs::create_dir(data).unwrap();
        chown(data, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    }
    order(&first, &["migrate"], "");
    assert_eq!(not_of(&first, SOMEBODY), Vec::<PathBuf>::new(), "migrate");
    let account = field(&order(&first, &["account", "create", "--name", "North"], ""), "account");
    order(&first, &["keys", "init"], "");
    order(&first, &["verify"], "");
    assert_eq!(not_of(&first, SOMEBODY), Vec::<PathBuf>::new(), "account, keys, verify");
    plant_photo(&first, &account);
    order(&first, &["keys", "export", keys], passphrase);
    order(&first, &["backup", "make", backup], "");
    order(&second, &["backup", "restore", backup], "");
    assert_eq!(not_of(&second, SOMEBODY), Vec::<PathBuf>::new(), "backup restore");
    order(&second, &["keys", "import", keys], passphrase);
    order(&second, &["rebuild"], "");
    assert_eq!(not_of(&second, SOMEBODY), Vec::<PathBuf>::new(), "keys import, rebuild");
    assert!(second.join("keys/ca-1.key").exists() && second.join("relay.db.lock").exists());
}

#[test]
fn nightly_backups_remove_what_one_left_and_name_what_they_may_not() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("relay"), dir.path().join("backups"));
    order(&data, &["account", "create", "--name", "North"], "");
    fn make_folder(backups: &Path, name: &str) -> PathBuf {
        let path = backups.join(name);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("backup.json"), "{}").unwrap();
        path
    }
    let ahead = make_folder(&backups, "relay-2999-01-01T020000Z");
    let right = make_folder(&backups, "relay-2020-01-01T020000Z");
    let oldest = make_folder(&backups, "relay-2019-01-01T020000Z");
    let cut = make_folder(&backups, ".relay-2020-01-02T020000Z.aB3xY9.partial");
    let by_hand = make_folder(&backups, ".mine.aB3xY9.partial");
    let (words, wrong, status) = run_nightly(&data, &backups);
    assert!(!cut.exists(), "{words}");
    assert!(ahead.exists() && right.exists() && by_hand.exists(), "{words}");
    // Theirs may be the only backups of what this relay lost.
    assert_eq!((status, words["removed"].as_array().unwrap().len()), (Some(1), 0), "{words}");
    assert!(oldest.exists() && wrong.contains("this database knows nothing of"), "{wrong}");
    assert_eq!(words["ahead"]["folders"][0], ahead.to_str().unwrap());
    assert!(words["ahead"]["then"].as_str().unwrap().contains("the clock was ahead"), "{words}");
    assert_eq!(words["unfinished"]["folders"][0], by_hand.to_str().unwrap());
    let report = program(&data).arg("doctor").output().unwrap();
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.contains("backup: dated in the future: ") && report.contains("2999-01-01"), "{report}");
    assert!(report.contains("backup: came to no end: ") && report.contains(".mine."), "{report}");
}

/// What `backup nightly` with one backup that stays answers, its words on standard error, and its status.
fn run_nightly(data: &Path, backups: &Path) -> (Value, String, Option<i32>) {
    let nightly = ["backup", "nightly", backups.to_str().unwrap(), "--newest", "1"];
    let done = program(data).args(nightly).stdin(Stdio::null()).output().unwrap();
    let words = serde_json::from_slice(&done.stdout).unwrap_or_default();
    (words, String::from_utf8(done.stderr).unwrap(), done.status.code())
}

fn make_old(backup: &Path) -> PathBuf {
    let old = backup.with_file_name("relay-2020-01-01T020000Z");
    std::fs::rename(backup, &old).unwrap();
    old
}

#[test]
fn nightly_backups_delete_no_good_copy_of_a_damaged_photo() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("relay"), dir.path().join("backups"));
    let account = field(&order(&data, &["account", "create", "--name", "North"], ""), "account");
    plant_photo(&data, &account);
    let (words, wrong, status) = run_nightly(&data, &backups);
    assert_eq!(status, Some(0), "{wrong}");
    let old = make_old(Path::new(words["made"].as_str().unwrap()));
    let hash = record::tree::Hash::of(b"a photo").to_string();
    let place = Path::new(&account).join(&hash[..2]).join(format!("{hash}.jpg"));
    std::fs::write(data.join("photos").join(&place), "a ph0to").unwrap();
    let (words, wrong, status) = run_nightly(&data, &backups);
    assert_eq!(status, Some(1), "{words}");
    assert!(old.exists() && words["removed"].as_array().unwrap().is_empty(), "{words}");
    assert_eq!(words["recovered_photos"][0]["from"], old.to_str().unwrap());
    assert!(wrong.contains(&hash) && wrong.contains(old.to_str().unwrap()), "{wrong}");
    let made = Path::new(words["made"].as_str().unwrap());
    assert_eq!(std::fs::read(made.join("photos").join(&place)).unwrap(), b"a photo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nightly_backups_delete_none_while_a_log_has_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("relay"), dir.path().join("backups"));
    let account = field(&order(&data, &["account", "create", "--name", "North"], ""), "account");
    let facility = ["facility", "create", "--account", &account, "--name", "General", "--zone", "UTC"];
    order(&data, &facility, "");
    let (words, wrong, status) = run_nightly(&data, &backups);
    assert_eq!(status, Some(0), "{wrong}");
    let old = make_old(Path::new(words["made"].as_str().unwrap()));
    let db = Db::open(&format!("sqlite:{}", data.join("relay.db").display())).await.unwrap();
    let mut conn = db.platform_read(PlatformReason::Operator).await.unwrap();
    let place = facilities::platform_all(&mut conn).await.unwrap()[0];
    drop(conn);
    let public = SignerKey::new("x", KeyKind::Note, &[3; 32]).unwrap().verifier().public();
    let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public);
    let mut tx = db.write(place.scope).await.unwrap();
    epochs::insert_epoch(&mut tx, &origin, place.facility, (&public, true), 1).await.unwrap();
    tx.commit().await.unwrap();
    let Db::Sqlite { writer, .. } = &db else { panic!("not a file") };
    sqlx::query("UPDATE logs SET size = 5").execute(writer).await.unwrap();
    db.close().await;
    let (words, wrong, status) = run_nightly(&data, &backups);
    assert_eq!(status, Some(1), "{words}");
    assert!(old.exists() && words["removed"].as_array().unwrap().is_empty(), "{words}");
    let named = format!("{origin}: a stored frontier cannot be read");
    assert!(wrong.contains(&named) && wrong.contains("`verify`"), "{wrong}");
    assert!(words["log_faults"][0].as_str().unwrap().starts_with(&named), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_restore_was_cut_off_waits_for_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backups) = (dir.path().join("relay"), dir.path().join("backups"));
    order(&data, &["account", "create", "--name", "North"], "");
    let db = Db::open(&format!("sqlite:{}", data.join("relay.db").display())).await.unwrap();
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    backups::platform_begin_restore(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let started = program(&data).arg("serve").output().unwrap();
    let wrong = String::from_utf8(started.stderr).unwrap();
    assert_eq!(started.status.code(), Some(78), "{wrong}");
    assert!(wrong.contains("a restore into this database was cut off"), "{wrong}");
    let (_, wrong, status) = run_nightly(&data, &backups);
    assert_eq!(status, Some(1), "{wrong}");
    assert!(wrong.contains("a restore into this database was cut off"), "{wrong}");
    assert_eq!(std::fs::read_dir(&backups).unwrap().flatten().filter(|e| e.path().is_dir()).count(), 0);
}
