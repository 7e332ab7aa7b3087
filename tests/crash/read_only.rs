//! A data folder that cannot be written, whole or in part: reported in a message and left as it is, and phones record
//! wherever only something outside the log cannot be written.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::process::Program;
use harness::tools;
use harness::world::{Ledger, Post, TheBox, check, folder};

use crate::demo;
use crate::disk_full::Tmpfs;

fn contents(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
            all.insert(path, None);
        } else if path.is_file() {
            all.insert(path.clone(), Some(std::fs::read(path).unwrap()));
        }
    }
    all
}

fn remount(disk: &Tmpfs, how: &str) {
    let options = format!("remount,{how}");
    let done =
        Command::new(tools::program("mount")).args(["-o", &options]).arg(disk.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_became_read_only_is_told_and_left_as_it_is() {
    let (disk, dir) = (Tmpfs::mount(24 << 20), folder());
    // Its settings are elsewhere.
    let data = dir.path().join("box");
    std::os::unix::fs::symlink(disk.path().join("box"), &data).unwrap();
    std::fs::create_dir(disk.path().join("box")).unwrap();
    let mut r#box = TheBox::new(demo(), &data);
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    for round in 0..2 {
        phone.record_all(round * 10..round * 10 + 10).await;
        match round {
            0 => assert_eq!(r#box.stop().await.0, Some(0)),
            _ => r#box.kill().await,
        }
        let before = contents(disk.path());
        remount(&disk, "ro");
        let refused = r#box.try_start().await.expect_err("it starts where it can keep nothing").to_string();
        let rebuild = r#box.command(&["rebuild"]).run("").await.unwrap();
        let import = r#box.command(&["log", "import", &data.to_string_lossy()]).run("").await.unwrap();
        assert!(!rebuild.status.success() && !import.status.success());
        let message = [rebuild, import].map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
        for message in message.iter().chain([&refused]) {
            let words =
                ["the data folder", &data.to_string_lossy(), "cannot be written", "nothing was changed"];
            assert!(
                words.iter().all(|word| message.contains(word)) && !message.contains("panicked"),
                "{message}"
            );
        }
        assert!(contents(disk.path()) == before, "something was changed, round {round}");
        remount(&disk, "rw");
        r#box.start().await;
        check::at_box(&r#box, &ledger).await;
        assert_eq!(r#box.health().await.unwrap()["whole"], true);
    }
    phone.record_all(20..30).await;
    r#box.kill().await;
}

/// A process to which permissions apply, whoever runs this suite.
fn without_privileges(command: &Program) -> Program {
    let held_by =
        ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"];
    let mut args: Vec<_> = held_by.map(Into::into).into();
    args.push(command.path.clone().into());
    args.extend(command.args.iter().cloned());
    Program { path: tools::program("setpriv"), args, env: command.env.clone(), sockets: Vec::new() }
}

enum Expected {
    /// It ends with this message, and has changed nothing.
    Refuses(&'static str),
    /// Phones record, and this alarm is raised.
    Records(Option<&'static str>),
}

use Expected::{Records, Refuses};

/// What cannot be written, by its permissions, and the expected result.
const ROWS: &[(&str, u32, Expected)] = &[
    ("", 0o500, Refuses("cannot be written")),
    ("", 0o000, Refuses("cannot be written")),
    // A start that has nothing to begin there writes nothing there.
    ("log", 0o500, Records(None)),
    ("keys", 0o500, Records(None)),
    ("keys/box.id", 0o000, Refuses("keys/box.id")),
    ("keys/log-1.key", 0o000, Refuses("keys/log-1.key")),
    ("cleantrack.redb", 0o400, Refuses("cleantrack.redb")),
    ("state.redb", 0o400, Refuses("state.redb")),
    ("photos", 0o500, Records(None)),
    ("evidence", 0o500, Records(None)),
    ("ballast", 0o000, Records(None)),
    ("cursor", 0o000, Records(Some("hint-bad cursor"))),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_written_is_named_and_keeps_phones_out_only_where_it_must() {
    let dir = folder();
    let data = dir.path().join("box");
    let mut r#box = TheBox::new(demo(), &data);
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let phone = r#box.phone("phone", &ledger);
    phone.record_all(0..5).await;
    assert_eq!(r#box.stop().await.0, Some(0));
    let mut wrong = Vec::new();
    for (next, (name, mode, expected)) in (5..).zip(ROWS) {
        let path = data.join(name);
        // What a box at rest need not have.
        if !path.exists() {
            std::fs::write(&path, b"").unwrap();
        }
        let before = contents(&data);
        let permissions = std::fs::metadata(&path).unwrap().permissions();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(*mode)).unwrap();
        let started = without_privileges(&r#box.command(&["serve"])).start().await;
        let outcome = match (started, expected) {
            (Err(error), Refuses(words)) => {
                let message = error.to_string();
                let reported = message.contains(words) && !message.contains("panicked");
                if reported { Ok(()) } else { Err(message) }
            }
            (Err(error), Records(_)) => Err(error.to_string()),
            (Ok(running), expected) => {
                let posted = phone.post(next).await;
                let health = r#box.health().await;
                let log = running.log();
                running.kill().await.unwrap();
                match expected {
                    Refuses(_) => Err(format!("it starts: {posted:?} {health:?}")),
                    Records(reported) => {
                        let all = health.unwrap_or_default()["alarms"].to_string();
                        let is_reported = reported
                            .is_none_or(|reported| reported.split(' ').all(|word| all.contains(word)));
                        let recorded = matches!(posted, Post::Recorded(_));
                        if recorded && is_reported { Ok(()) } else { Err(format!("{posted:?} {all}\n{log}")) }
                    }
                }
            }
        };
        // What is no part of the log may have been set aside.
        if path.exists() {
            std::fs::set_permissions(&path, permissions).unwrap();
        }
        let after = contents(&data);
        // A database that is opened notes that in itself.
        let is_same =
            |path: &PathBuf| before.get(path) == after.get(path) || path.ends_with("cleantrack.redb");
        let changed: Vec<_> = before.keys().chain(after.keys()).filter(|path| !is_same(path)).collect();
        if let Err(why) = outcome {
            wrong.push(format!("{name:?} {mode:03o}: {why}"));
        } else if matches!(expected, Refuses(_)) && !changed.is_empty() {
            wrong.push(format!("{name:?} {mode:03o}: {changed:?} were changed"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    r#box.start().await;
    check::at_box(&r#box, &ledger).await;
    assert_eq!(r#box.health().await.unwrap()["whole"], true);
    r#box.kill().await;
}

#[test]
fn a_reader_that_has_read_enough_changes_no_exit_status() {
    let dir = folder();
    let Program { path, args, env, .. } = TheBox::new(demo(), &dir.path().join("box")).command(&["--check"]);
    let mut check = Command::new(path).args(args).envs(env).stdout(Stdio::piped()).spawn().unwrap();
    drop(check.stdout.take());
    assert_eq!(check.wait().unwrap().code(), Some(0));
}
