//! Restores of what is damaged, newer, not a backup at all, or cut short, and restores that end anywhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::backup::writing::{BackupWriter, SealTarget};
use crate::store::archive::{BackupHead, BackupKind, FORM, HEAD};

#[tokio::test]
async fn damaged_and_shortened_backups_are_refused_and_leave_the_folder_empty() {
    let world = World::new(60, 2).await;
    let made = world.back_up(0);
    let whole = std::fs::read(world.file_of(&made)).unwrap();
    let bad = world.stick().join("bad.age");
    let data = world.dir.path().join("new");
    let step = whole.len() / 40;
    let flipped = (0..whole.len()).step_by(step).map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        bytes
    });
    let cut = (0..whole.len()).step_by(step).map(|at| whole[..at].to_vec());
    let longer = std::iter::once([&whole[..], b"x"].concat());
    for bytes in flipped.chain(cut).chain(longer) {
        std::fs::write(&bad, bytes).unwrap();
        let refused =
            restore_backup(&bad, &data, Some(&world.secret), MissingPhotos::Refused, &NoSeam).unwrap_err();
        assert!(matches!(refused, RestoreError::Fault { .. }), "{refused}");
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "{refused}");
    }
    let parts = world.stick().join(&made.label.parts[0]);
    let refused = test_backup(&parts, Some(&world.secret), MissingPhotos::Refused).unwrap_err();
    assert!(refused.to_string().contains("photos only"), "{refused}");
}

#[tokio::test]
async fn a_backup_of_a_newer_program_says_so() {
    let world = World::new(3, 0).await;
    let medium = FolderMedium::new(&world.stick());
    let mut pace = RunPace::new(None, Arc::default());
    let recipient = &world.secret.recipient();
    let target = SealTarget { medium: &medium, recipient, random: &world.random };
    let mut writer = BackupWriter::begin(target, "newer.age", NOW_MS, &mut pace).unwrap();
    let out = &mut writer.out;
    let head = BackupHead {
        form: FORM + 1,
        kind: BackupKind::Box,
        box_id: world.store.origin().box_id,
        program: "9.9.9".to_owned(),
    };
    out.add_bytes(HEAD, &serde_json::to_vec(&head).unwrap()).unwrap();
    out.add_bytes("something/new", b"x").unwrap();
    let written = writer.finish().unwrap();
    let refused =
        test_backup(&world.stick().join(written.temporary), Some(&world.secret), MissingPhotos::Refused);
    let refused = refused.unwrap_err();
    let newer =
        matches!(refused, RestoreError::Fault { fault: BackupFault::Newer { found: 2, known: 1 }, .. });
    assert!(newer, "{refused}");
}

#[tokio::test]
async fn files_that_no_backup_holds_are_refused() {
    let world = World::new(3, 0).await;
    let medium = FolderMedium::new(&world.stick());
    for path in ["keys/log-1.key", "../x", "lock", "photos/aa/x.jpg"] {
        let mut pace = RunPace::new(None, Arc::default());
        let recipient = &world.secret.recipient();
        let target = SealTarget { medium: &medium, recipient, random: &world.random };
        let mut writer = BackupWriter::begin(target, "evil.age", NOW_MS, &mut pace).unwrap();
        let out = &mut writer.out;
        let head = BackupHead {
            form: FORM,
            kind: BackupKind::Box,
            box_id: world.store.origin().box_id,
            program: String::new(),
        };
        out.add_bytes(HEAD, &serde_json::to_vec(&head).unwrap()).unwrap();
        out.add_bytes(path, b"x").unwrap();
        let file = world.stick().join(writer.finish().unwrap().temporary);
        let data = world.dir.path().join("new");
        let refused =
            restore_backup(&file, &data, Some(&world.secret), MissingPhotos::Refused, &NoSeam).unwrap_err();
        assert!(refused.to_string().contains("no backup of a box holds such a file"), "{refused}");
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_empty_is_never_restored_into() {
    let world = World::new(30, 1).await;
    let made = world.back_up(0);
    let before = std::fs::read_dir(world.data()).unwrap().count();
    let refused = world.restore(&made, "box").unwrap_err();
    let box_id = world.store.origin().box_id.to_string();
    assert!(
        matches!(refused, RestoreError::NotEmpty { .. }) && refused.to_string().contains(&box_id),
        "{refused}"
    );
    assert_eq!(std::fs::read_dir(world.data()).unwrap().count(), before);
    let gone = world.stick().join("gone.age");
    let refused = restore_backup(
        &gone,
        &world.dir.path().join("new"),
        Some(&world.secret),
        MissingPhotos::Refused,
        &NoSeam,
    );
    assert!(matches!(refused, Err(RestoreError::Open { .. })));
    let refused = test_backup(&world.stick(), Some(&world.secret), MissingPhotos::Refused).unwrap_err();
    assert!(matches!(refused, RestoreError::NoFile(_)), "{refused}");
    let words = refused.to_string();
    assert!(words.contains("is not a file") && words.contains("backup list --from"), "{words}");
    assert!(!world.dir.path().join("new").exists());
    // A file system of its own has a folder for what its check finds.
    std::fs::create_dir_all(world.dir.path().join("mounted/lost+found")).unwrap();
    world.restore(&made, "mounted").unwrap();
}

#[tokio::test]
async fn photos_that_are_missing_are_a_persons_decision() {
    let mut world = World::new(30, 2).await;
    world.back_up(0);
    world.add_photos(2..5);
    let made = world.back_up(1);
    let lost = made.label.parts.iter().find(|part| world.stick().join(part).exists()).unwrap();
    std::fs::remove_file(world.stick().join(lost)).unwrap();
    let refused = world.restore(&made, "new").unwrap_err();
    assert!(
        matches!(&refused, RestoreError::PhotosMissing { all: 5, names, .. } if names == lost),
        "{refused}"
    );
    assert_eq!(std::fs::read_dir(world.dir.path().join("new")).unwrap().count(), 0);
    let data = world.dir.path().join("new");
    let restored =
        restore_backup(&world.file_of(&made), &data, Some(&world.secret), MissingPhotos::Accepted, &NoSeam);
    let there = restored.unwrap().photos;
    assert!(there == 2 || there == 3);
    assert_eq!(photo_store(&data).all().unwrap().len() as u64, there);
    assert!(open_store(&data, 9).1.missing.is_empty());
}

/// Ends a restore without a word at a step.
struct KilledAt(AtomicU64);

impl RestoreSeam for KilledAt {
    fn reach_step(&self) {
        if self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_err() {
            std::panic::resume_unwind(Box::new("killed"));
        }
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_nothing_that_starts_or_all_of_it() {
    let world = World::new(40, 2).await;
    let made = world.back_up(0);
    let (file, data) = (world.file_of(&made), world.dir.path().join("new"));
    let mut whole = 0;
    for step in 0.. {
        let seam = KilledAt(AtomicU64::new(step));
        let killed = catch_unwind(AssertUnwindSafe(|| {
            restore_backup(&file, &data, Some(&world.secret), MissingPhotos::Refused, &seam).map(drop)
        }));
        if let Ok(restored) = killed {
            restored.unwrap();
            whole = step;
            break;
        }
        let is_empty = !data.exists() || std::fs::read_dir(&data).unwrap().count() == 0;
        let refused = || SystemDisk::take(&data).unwrap_err();
        assert!(is_empty || matches!(refused(), FolderError::Unfinished(_)), "step {step}");
    }
    assert!(whole > 12, "{whole} steps");
    let (restored, report) = open_store(&data, 9);
    assert_eq!((restored.ended_entries(), report.missing.len()), (41, 0));
}

#[test]
fn a_path_in_a_manifest_is_no_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let medium = FolderMedium::new(dir.path());
    assert!(medium.open("../x").is_err());
    assert!(medium.length("none").unwrap().is_none());
    assert!(
        FolderMedium::new(&dir.path().join("gone")).length("none").is_err(),
        "the stick is gone, not the file"
    );
}

/// Files that are not whole.
fn half_files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(half_files(&path)),
            false if path.extension().is_some_and(|e| e == "part") => all.push(path),
            false => {}
        }
    }
    all
}

#[tokio::test]
async fn half_files_of_a_restore_that_lost_power_are_on_no_restored_box() {
    let world = World::new(30, 2).await;
    let made = world.back_up(0);
    let data = world.dir.path().join("new");
    let photo = world.photos.path(world.hashes[0]);
    let photo = data.join(photo.strip_prefix(world.data()).unwrap());
    std::fs::create_dir_all(photo.parent().unwrap()).unwrap();
    std::fs::write(data.join(RESTORE_MARK), b"").unwrap();
    for half in [photo.with_added_extension("part"), data.join("state.redb.part"), data.join("state.redb")] {
        std::fs::write(half, b"half of it").unwrap();
    }
    world.restore(&made, "new").unwrap();
    assert_eq!(half_files(&data), Vec::<PathBuf>::new());
    assert_eq!(Hash::of(&std::fs::read(photo).unwrap()), world.hashes[0]);
    assert!(open_store(&data, 9).1.missing.is_empty());
}

#[tokio::test]
async fn a_photo_that_breaks_off_in_the_middle_leaves_no_half_of_it() {
    let world = World::new(30, 0).await;
    // Several of the pieces in which age decrypts.
    let bytes: Vec<u8> = (0..400_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let (path, hash) = (world.photos.path(Hash::of(&bytes)), Hash::of(&bytes));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, &bytes).unwrap();
    let made = world.back_up(0);
    let part = world.stick().join(&made.label.parts[0]);
    let mut damaged = std::fs::read(&part).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(part, damaged).unwrap();
    let data = world.dir.path().join("new");
    let restored =
        restore_backup(&world.file_of(&made), &data, Some(&world.secret), MissingPhotos::Accepted, &NoSeam);
    assert_eq!(restored.unwrap().photos, 0);
    assert_eq!(half_files(&data), Vec::<PathBuf>::new());
    assert!(!photo_store(&data).path(hash).exists());
}
