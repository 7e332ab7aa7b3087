//! USB sticks: full, read-only, and opened by a third-party program.

use std::path::Path;
use std::process::Command;

use harness::tools;
use harness::world::{Ledger, TheBox, folder};
use tempfile::TempDir;

use super::{backups_in, command_with_key, demo, make_key, use_stick};

/// A small file system of its own; unmounted when it is dropped.
struct SmallStick(TempDir);

impl SmallStick {
    /// Needs root, as `tests/run` has it.
    fn mount(bytes: u64) -> Self {
        Self::mount_at(folder(), bytes)
    }

    fn mount_at(place: TempDir, bytes: u64) -> Self {
        let stick = Self(place);
        stick.run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes},mode=0700"), "tmpfs"]);
        stick
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(tools::program(program)).args(arguments).arg(self.path()).output().unwrap();
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?} (this suite needs root): {why}");
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallStick {
    fn drop(&mut self) {
        let ended = Command::new(tools::program("umount")).arg("-l").arg(self.path()).status();
        assert!(
            ended.is_ok_and(|status| status.success()) || std::thread::panicking(),
            "a stick stays mounted"
        );
    }
}

async fn box_with(stick: &Path, dir: &Path) -> (TheBox, Ledger) {
    let mut r#box = TheBox::new(demo(), &dir.join("box"));
    use_stick(&mut r#box, stick);
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    r#box.phone("before", &ledger).record_all(0..20).await;
    (r#box, ledger)
}

async fn alarms(r#box: &TheBox) -> String {
    r#box.order(&["alarm", "list"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stick_that_is_full_read_only_or_gone_is_said_and_costs_no_backup() {
    let (dir, stick) = (folder(), SmallStick::mount(16 << 20));
    let (mut r#box, ledger) = box_with(stick.path(), dir.path()).await;
    let key = make_key(&r#box).await;
    r#box.order(&["backup", "now"]).await;
    let first = backups_in(stick.path());
    assert_eq!(first.len(), 1);
    // Something else takes nearly all the space that is left.
    let file = stick.path().join("holiday.mov");
    let used: u64 =
        std::fs::read_dir(stick.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    std::fs::write(&file, vec![7; (16 << 20) - usize::try_from(used).unwrap() - (40 << 10)]).unwrap();
    let (made, words) = command_with_key(&r#box, &["backup", "now"], "").await;
    assert!(!made && words.contains("What lay there before is as it was"), "{words}");
    assert!(alarms(&r#box).await.contains("stick for backups is full"), "{}", alarms(&r#box).await);
    stick.run("mount", &["-o", "remount,ro"]);
    let (made, _) = command_with_key(&r#box, &["backup", "now"], "").await;
    assert!(!made);
    let raised = alarms(&r#box).await;
    assert!(raised.contains("cannot be written to") && raised.contains("over since"), "{raised}");
    stick.run("mount", &["-o", "remount,rw"]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(backups_in(stick.path()), first);
    let oldest = first[0].to_string_lossy().into_owned();
    assert!(command_with_key(&r#box, &["restore", &oldest, "--test"], &key).await.0);
    r#box.order(&["backup", "now"]).await;
    assert!(
        !alarms(&r#box).await.lines().any(|line| line.contains("backup-failed") && line.contains("stands"))
    );
    r#box.phone("after", &ledger).record_all(0..3).await;
    r#box.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_on_the_boxs_own_disk_is_no_place_for_a_backup() {
    let (dir, ledger) = (folder(), Ledger::default());
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    let stick = dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    r#box.add_settings(&format!("[backup]\nto = {stick:?}\n"));
    r#box.start().await;
    r#box.found().await;
    r#box.phone("one", &ledger).record_all(0..1).await;
    make_key(&r#box).await;
    let (made, words) = command_with_key(&r#box, &["backup", "now"], "").await;
    assert!(!made && words.contains("on the same storage"), "{words}");
    std::fs::remove_dir(&stick).unwrap();
    let (made, words) = command_with_key(&r#box, &["backup", "now"], "").await;
    assert!(!made && words.contains("is not there"), "{words}");
    r#box.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn below_run_only_a_stick_that_is_mounted_is_there() {
    let dir = folder();
    let place = tempfile::Builder::new().prefix("cleantrack-stick-").tempdir_in("/run").unwrap();
    let backups = place.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    let (mut r#box, _) = box_with(&backups, dir.path()).await;
    make_key(&r#box).await;
    let (made, words) = command_with_key(&r#box, &["backup", "now"], "").await;
    assert!(!made && words.contains("is not there"), "{words}");
    let stick = SmallStick::mount_at(place, 16 << 20);
    std::fs::create_dir(&backups).unwrap();
    r#box.order(&["backup", "now"]).await;
    assert_eq!(backups_in(&backups).len(), 1);
    r#box.kill().await;
    drop(stick);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_of_others_opens_a_backup() {
    let (dir, stick) = (folder(), folder());
    let (mut r#box, _) = box_with(stick.path(), dir.path()).await;
    let key = make_key(&r#box).await;
    r#box.order(&["backup", "now"]).await;
    r#box.kill().await;
    std::fs::write(dir.path().join("key.txt"), format!("{key}\n")).unwrap();
    let file = backups_in(stick.path()).remove(0);
    let opened = Command::new(tools::program("age"))
        .args(["-d", "-i", "key.txt", "-o", "backup.tar"])
        .arg(file)
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    let listed = Command::new("tar").args(["-tf", "backup.tar"]).current_dir(dir.path()).output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    for name in ["head.json", "keys/box.id", "keys/log-1.pub", "state.redb", "settings.toml", "backup.json"] {
        assert!(names.lines().any(|line| line == name), "{name}: {names}");
    }
    assert!(!names.contains("log-1.key"), "{names}");
}
