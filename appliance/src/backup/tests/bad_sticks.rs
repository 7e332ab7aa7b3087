//! What a stick may do in the middle, and what somebody may have written onto it.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A stick that fails from a call on, or returns something else than was written.
#[derive(Debug)]
struct BadStick {
    under: FolderMedium,
    left: Arc<AtomicU64>,
    error: i32,
    /// Which bit is another where a file is read back, as so many sixtieths of its length.
    flips: Option<u64>,
}

fn count_down(left: &AtomicU64, error: i32) -> io::Result<()> {
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
    before.map(drop).map_err(|_| io::Error::from_raw_os_error(error))
}

struct BadFile {
    under: Box<dyn MediumFile>,
    left: Arc<AtomicU64>,
    error: i32,
}

impl Write for BadFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        count_down(&self.left, self.error)?;
        self.under.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.under.flush()
    }
}

impl MediumFile for BadFile {
    fn sync_written(&mut self) -> io::Result<()> {
        count_down(&self.left, self.error)?;
        self.under.sync_written()
    }
}

struct FlippedRead {
    under: Box<dyn Read + Send>,
    at: u64,
    flip: u64,
}

impl Read for FlippedRead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.under.read(out)?;
        let end = self.at + count as u64;
        if (self.at..end).contains(&self.flip) {
            out[usize::try_from(self.flip - self.at).unwrap()] ^= 1;
        }
        self.at = end;
        Ok(count)
    }
}

impl BackupMedium for BadStick {
    fn create(&self, name: &str) -> io::Result<Box<dyn MediumFile>> {
        count_down(&self.left, self.error)?;
        let (left, error) = (Arc::clone(&self.left), self.error);
        Ok(Box::new(BadFile { under: self.under.create(name)?, left, error }))
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        count_down(&self.left, self.error)?;
        let under = self.under.open(name)?;
        let Some(sixtieths) = self.flips.filter(|_| name.ends_with(".new")) else { return Ok(under) };
        let length = self.under.length(name)?.ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(FlippedRead { under, at: 0, flip: (length - 1) * sixtieths / 60 }))
    }
    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        count_down(&self.left, self.error)?;
        self.under.length(name)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        count_down(&self.left, self.error)?;
        self.under.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        count_down(&self.left, self.error)?;
        self.under.remove(name)
    }
    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        count_down(&self.left, self.error)?;
        self.under.list(prefix)
    }
}

fn bad_stick(world: &World, calls: u64, error: i32) -> BadStick {
    let under = FolderMedium::new(&world.stick());
    BadStick { under, left: Arc::new(AtomicU64::new(calls)), error, flips: None }
}

#[tokio::test]
async fn whatever_a_stick_does_in_the_middle_the_earlier_backup_stays() {
    let mut world = World::new(60, 3).await;
    let first = world.back_up(0);
    world.add_photos(3..5);
    // Full, pulled out, read-only, and too long a file for its file system.
    for (error, cause) in [
        (28, BackupCause::Full),
        (19, BackupCause::Missing),
        (5, BackupCause::Missing),
        (30, BackupCause::ReadOnly),
        (27, BackupCause::TooLarge),
    ] {
        let mut calls = 0;
        let made = loop {
            match world.back_up_to(&bad_stick(&world, calls, error), 1) {
                Ok(made) => break made,
                // The last step removes what is too old: the new one is there already.
                Err(failed) => assert_eq!(failed.cause(), Some(cause), "after {calls} calls: {failed}"),
            }
            world.leave_only(&first);
            test_backup(&world.file_of(&first), Some(&world.secret), MissingPhotos::Refused).unwrap();
            calls += 1;
        };
        assert!(calls > 20, "{calls}");
        test_backup(&world.file_of(&made), Some(&world.secret), MissingPhotos::Refused).unwrap();
        let found = world.found();
        assert_eq!(found.unfinished, [""; 0], "what was begun was removed");
        for backup in &found.backups {
            test_backup(&world.stick().join(&backup.file.name), Some(&world.secret), MissingPhotos::Refused)
                .unwrap();
        }
        world.leave_only(&first);
    }
}

#[tokio::test]
async fn what_does_not_read_back_as_it_was_written_never_counts() {
    let world = World::new(200, 0).await;
    world.back_up(0);
    let before = world.names();
    // No two files are of one length: age puts a stanza of random length into each header, and a segment of the log that is sealed
    // between two backups loses the space after its last entry.
    for sixtieths in 0..=60 {
        let stick = BadStick { flips: Some(sixtieths), ..bad_stick(&world, u64::MAX, 5) };
        let failed = world.back_up_to(&stick, 1).unwrap_err();
        assert_eq!(failed.cause(), Some(BackupCause::NotRight), "{sixtieths} of 60: {failed}");
        assert_eq!(world.names(), before, "{sixtieths} of 60");
    }
}

/// Of what is not encrypted beside a file somebody makes something else, with the hash that belongs to it.
fn forge_label(path: &Path, change: impl Fn(&mut serde_json::Value)) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let mut label: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    change(&mut label);
    let (json, seal) = (label.to_string(), lines.nth(1).unwrap());
    std::fs::write(path, format!("{json}\n{}\n{seal}\n", Hash::of(json.as_bytes()))).unwrap();
}

#[tokio::test]
async fn nobody_makes_the_box_believe_that_photos_are_saved() {
    let mut world = World::new(5, 2).await;
    let first = world.back_up(0);
    world.add_photos(2..4);
    // Somebody with the stick says of the one file of photos that it has those of the next day as well.
    let all: Vec<String> = world.hashes.iter().map(Hash::to_string).collect();
    let label = world.stick().join(label_name(&first.label.parts[0]));
    forge_label(&label, |label| label["photos"] = all.clone().into());
    assert_eq!(world.found().parts, []);
    let made = world.back_up(1);
    assert_eq!(made.label.photos, 4);
    let data = world.restore(&made, "new").unwrap();
    assert_eq!(photo_store(&data).all().unwrap().len(), 4);
}

#[tokio::test]
async fn nobody_makes_the_box_remove_backups_by_naming_others() {
    let world = World::new(5, 1).await;
    let (first, second) = (world.back_up(0), world.back_up(1));
    // Two that seem newer would have both go at the next backup.
    for (name, made) in [("x", &first), ("y", &second)] {
        let (from, copy) =
            (world.file_of(made), made.label.file.name.replace(".age", &format!("{name}.age")));
        std::fs::copy(&from, world.stick().join(&copy)).unwrap();
        let label = world.stick().join(label_name(&copy));
        std::fs::copy(from.with_extension("json"), &label).unwrap();
        forge_label(&label, |label| {
            label["name"] = copy.clone().into();
            label["taken_ms"] = (NOW_MS + 90 * DAY_MS).into();
        });
    }
    let third = world.back_up(2);
    let names: Vec<String> = world.found().backups.into_iter().map(|backup| backup.file.name).collect();
    assert_eq!(names, [third.label.file.name.clone(), second.label.file.name.clone()]);
    for made in [second, third] {
        test_backup(&world.file_of(&made), Some(&world.secret), MissingPhotos::Refused).unwrap();
    }
}

#[tokio::test]
async fn backups_of_a_label_key_that_was_lost_go_once_enough_newer_ones_lie_there() {
    // Also where the clock was a year ahead then: by their date they would be the newest for all of it.
    for days in [0, 400] {
        let mut world = World::new(5, 1).await;
        let first = world.back_up(days);
        std::fs::write(world.data().join("keys/backup-labels.key"), "damaged").unwrap();
        world.label_key = LabelKey::open(&*world.store.disk(), &SeededRandom::new(6)).unwrap();
        assert!(world.found().backups.is_empty(), "nothing shows that they are its own");
        let second = world.back_up(1);
        for name in first.label.parts.iter().chain([&first.label.file.name]) {
            assert!(world.names().contains(name), "day {days}, {name}: two are to stay");
        }
        let third = world.back_up(2);
        for name in first.label.parts.iter().chain([&first.label.file.name]) {
            let left = world.names().iter().any(|other| other == name || *other == label_name(name));
            assert!(!left, "day {days}, {name}");
        }
        for made in [second, third] {
            test_backup(&world.file_of(&made), Some(&world.secret), MissingPhotos::Refused).unwrap();
        }
    }
}

#[tokio::test]
async fn a_folder_with_far_too_much_in_it_is_said_and_nothing_is_written() {
    let world = World::new(5, 1).await;
    let first = world.back_up(0);
    let (label, box_id) = (world.file_of(&first).with_extension("json"), world.store.origin().box_id);
    for n in 0..2_000 {
        std::fs::hard_link(&label, world.stick().join(format!("cleantrack-{box_id}-{n}.json"))).unwrap();
    }
    let before = world.names();
    let refused = world.back_up_to(&FolderMedium::new(&world.stick()), 1).unwrap_err();
    assert_eq!(refused.cause(), Some(BackupCause::Crowded), "{refused}");
    assert!(refused.to_string().contains("more than 2000 labels"), "{refused}");
    assert_eq!(world.names(), before);
}
