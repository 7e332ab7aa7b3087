//! Backups and restores over real folders: what is in one, what a medium may do to it, and a restore that ends anywhere.

use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::service::clock::{FakeClock, Now};
use ::service::random::SeededRandom;
use record::entry::{ClockState, EntryAuthor, EntryDraft};
use record::ids::BootId;
use record::kinds::Event;
use record::tree::Hash;
use redb::ReadableDatabase as _;

use super::cause::{BackupCause, BackupError, BackupFault};
use super::contents::{BackupHead, BackupKind, FORM, HEAD};
use super::key::{BackupRecipient, BackupSecret};
use super::labels::{FoundFiles, label_name};
use super::medium::{BackupMedium, FolderMedium, MediumFile};
use super::pace::RunPace;
use super::restore::{MissingPhotos, NoSeam, RestoreError, RestoreSeam, restore_backup, test_backup};
use super::run::{MadeBackup, RunInput, make_backup};
use super::writing::BackupWriter;
use crate::photo::{PhotoSettings, PhotoStore, RealCard, UploadLimits};
use crate::store::system_disk::{FolderError, RESTORE_MARK, SystemDisk};
use crate::store::{StartReport, Store, StoreConfig, StoreError, StoreSizes, WriteDecision};

mod running;

const DAY_MS: i64 = 86_400_000;
const NOW_MS: i64 = 1_795_205_071_000;

fn open_store(dir: &Path, seed: u64) -> (Store, StartReport) {
    let now = Now { wall_ms: NOW_MS, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
    let sizes = StoreSizes {
        segment: 64 << 10,
        ahead: 16 << 10,
        ahead_low: 8 << 10,
        ballast: 0,
        durable_entries: 64,
        cache: 1 << 20,
    };
    let config = StoreConfig { sizes, ..StoreConfig::new(dir) };
    let clock = Arc::new(FakeClock::new(now));
    for _ in 0..1_000_000 {
        match Store::open(config.clone(), clock.clone(), Arc::new(SeededRandom::new(seed))) {
            // Another test of this process may be starting a child, which holds every lock of ours for a moment.
            Err(StoreError::Folder(FolderError::InUse(_))) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} is held by somebody", dir.display())
}

fn photo_store(data: &Path) -> PhotoStore {
    let settings = PhotoSettings {
        dir: data.join("photos"),
        command: vec!["/bin/false".into()],
        free_percent_min: 0,
        limits: UploadLimits::default(),
        card: Arc::new(RealCard),
    };
    PhotoStore::open(settings, Arc::new(SeededRandom::new(3))).unwrap()
}

async fn record(store: &Store, from: u64, count: u64) {
    for n in from..from + count {
        let body = format!(
            r#"{{"tag":"ABCDEFGH3","agent":"{n} {}","who":{{"proof":"unattributed"}}}}"#,
            "x".repeat(300)
        );
        let event = Event::read("cleaning.recorded", &body);
        let draft = EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() };
        store.submit(|_| WriteDecision::Append { drafts: vec![draft], answer: () }).await.unwrap();
    }
}

type TextTable = redb::TableDefinition<'static, &'static str, &'static [u8]>;

const PINS: TextTable = TextTable::new("identity_pins");
const SESSIONS: TextTable = TextTable::new("identity_sessions");
const TOKENS: TextTable = TextTable::new("identity_tokens");
const SECRET_ROW: &[u8] = b"the digest of a session that is still good";

struct World {
    dir: tempfile::TempDir,
    store: Store,
    photos: PhotoStore,
    secret: BackupSecret,
    recipient: BackupRecipient,
    settings: String,
    hashes: Vec<Hash>,
}

impl World {
    /// A box with so many entries and photos, and an empty stick.
    async fn new(entries: u64, photos: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("box");
        let (store, _) = open_store(&data, 7);
        record(&store, 0, entries).await;
        let write = store.state_db().begin_write().unwrap();
        for table in [PINS, SESSIONS, TOKENS] {
            write.open_table(table).unwrap().insert("somebody", SECRET_ROW).unwrap();
        }
        write.commit().unwrap();
        for (name, bytes) in [("https-ca.key", "ca key"), ("https-ca.pem", "ca"), ("box.key", "tls")] {
            let path = data.join("keys").join(name);
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        std::fs::create_dir(dir.path().join("stick")).unwrap();
        let photo_store = photo_store(&data);
        let secret = BackupSecret::generate();
        let recipient = BackupRecipient { recipient: secret.recipient().to_string(), made_ms: 1 };
        let settings = "log = \"info\"\n".to_owned();
        let mut world =
            Self { dir, store, photos: photo_store, secret, recipient, settings, hashes: Vec::new() };
        world.add_photos(0..photos);
        world
    }

    fn add_photos(&mut self, range: std::ops::Range<u32>) {
        for n in range {
            let bytes = [&n.to_be_bytes()[..], &[0x5a; 900][..]].concat();
            let hash = Hash::of(&bytes);
            let path = self.photos.path(hash);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            std::fs::write(self.photos.thumbnail_path(hash), b"thumbnail").unwrap();
            self.hashes.push(hash);
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("box")
    }

    fn stick(&self) -> PathBuf {
        self.dir.path().join("stick")
    }

    fn back_up_to(&self, medium: &dyn BackupMedium, days: i64) -> Result<MadeBackup, BackupError> {
        let data = self.data();
        let input = RunInput {
            store: &self.store,
            photos: &self.photos,
            data: &data,
            medium,
            recipient: &self.recipient,
            settings: &self.settings,
            keep: 2,
            now_ms: NOW_MS + days * DAY_MS,
        };
        make_backup(&input, &mut RunPace::new(Some(self.store.clone()), Arc::default()))
    }

    fn back_up(&self, days: i64) -> MadeBackup {
        self.back_up_to(&FolderMedium::new(&self.stick()), days).unwrap()
    }

    fn names(&self) -> Vec<String> {
        FolderMedium::new(&self.stick()).list().unwrap()
    }

    /// Removes what is not of this backup.
    fn leave_only(&self, made: &MadeBackup) {
        let mut stay = made.label.parts.clone();
        stay.push(made.label.file.name.clone());
        for name in self.names() {
            if !stay.iter().any(|file| name == *file || name == label_name(file)) {
                std::fs::remove_file(self.stick().join(name)).unwrap();
            }
        }
    }

    fn file_of(&self, made: &MadeBackup) -> PathBuf {
        self.stick().join(&made.label.file.name)
    }

    fn restore(&self, made: &MadeBackup, to: &str) -> Result<PathBuf, RestoreError> {
        let data = self.dir.path().join(to);
        let (file, missing) = (self.file_of(made), MissingPhotos::Refused);
        restore_backup(&file, &data, &self.secret, missing, &NoSeam).map(|_| data)
    }
}

fn table_rows(store: &Store, table: TextTable) -> Option<usize> {
    use redb::ReadableTableMetadata as _;
    let read = store.state_db().begin_read().unwrap();
    read.open_table(table).ok().map(|table| usize::try_from(table.len().unwrap()).unwrap())
}

/// The leaves of an epoch.
fn leaves(store: &Store, epoch: record::ids::Epoch) -> Vec<Hash> {
    let reader = store.reader_of(epoch).unwrap();
    reader.entries(0..reader.size()).map(|entry| entry.unwrap().leaf()).collect()
}

#[tokio::test]
async fn a_restored_box_has_every_entry_and_goes_on_in_a_log_of_its_own() {
    let world = World::new(600, 5).await;
    let made = world.back_up(0);
    assert_eq!((made.label.entries, made.label.photos, made.label.parts.len()), (601, 5, 1));
    // What comes after is not in it.
    record(&world.store, 600, 3).await;
    let data = world.restore(&made, "new").unwrap();
    assert!(!data.join(RESTORE_MARK).exists() && !data.join("cleantrack.redb").exists());
    let names: Vec<_> =
        std::fs::read_dir(data.join("keys")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(
        !names.iter().any(
            |name| name.to_string_lossy().ends_with(".key") && name.to_string_lossy().starts_with("log-")
        ),
        "{names:?}"
    );
    for name in ["https-ca.key", "box.key", "box.id", "log-1.pub"] {
        let mode = std::fs::metadata(data.join("keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(std::fs::read_to_string(data.join("settings.restored.toml")).unwrap(), world.settings);
    let (restored, report) = open_store(&data, 9);
    let old = world.store.origin();
    assert_eq!((restored.origin().box_id, restored.origin().epoch.n), (old.box_id, 2));
    assert!(report.new_epoch.is_some() && report.missing.is_empty() && !report.state_lost, "{report:?}");
    assert_eq!(leaves(&restored, old.epoch), leaves(&world.store, old.epoch)[..601]);
    let first = restored.reader().unwrap().entry(0).unwrap().unwrap();
    let Event::LogStarted(started) = first.event() else { panic!("{first:?}") };
    assert_eq!(started.prev.map(|prev| (prev.epoch, prev.size)), Some((old.epoch, 601)));
    assert_eq!(
        [PINS, SESSIONS, TOKENS].map(|table| table_rows(&restored, table)),
        [Some(1), None, None],
        "PINs are as they were, sessions and tokens are not"
    );
    let photos = photo_store(&data);
    for hash in &world.hashes {
        assert_eq!(Hash::of(&std::fs::read(photos.path(*hash)).unwrap()), *hash);
        assert!(photos.thumbnail_path(*hash).exists());
    }
    record(&restored, 0, 3).await;
    restored.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_in_the_file_can_be_read_without_the_key() {
    let world = World::new(20, 1).await;
    let made = world.back_up(0);
    assert!(!world.data().join("state.copy.new").exists());
    let sealed = std::fs::read(world.file_of(&made)).unwrap();
    for text in [&b"ABCDEFGH3"[..], b"log-1.pub", b"state.redb", SECRET_ROW] {
        assert!(!sealed.windows(text.len()).any(|window| window == text));
    }
}

#[tokio::test]
async fn a_box_of_several_logs_with_sealed_segments_is_restored_whole() {
    let world = World::new(900, 0).await;
    let made = world.back_up(0);
    let first = world.restore(&made, "first").unwrap();
    let (second, _) = open_store(&first, 9);
    record(&second, 900, 700).await;
    second.stop().await.unwrap();
    drop(second);
    let (second, _) = open_store(&first, 9);
    let log = first.join("log").join(second.origin().epoch.to_string());
    let mut segments = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    assert!(segments.any(|path| path.extension().is_some_and(|e| e == "zst")), "sealed ones are among them");
    let photos = photo_store(&first);
    let input = RunInput {
        store: &second,
        photos: &photos,
        data: &first,
        medium: &FolderMedium::new(&world.stick()),
        recipient: &world.recipient,
        settings: "",
        keep: 9,
        now_ms: NOW_MS + DAY_MS,
    };
    let made = make_backup(&input, &mut RunPace::new(None, Arc::default())).unwrap();
    assert_eq!(made.label.entries, 901 + second.size());
    let data = world.restore(&made, "third").unwrap();
    let (third, report) = open_store(&data, 11);
    assert_eq!((third.origin().epoch.n, report.missing.len()), (3, 0));
    for epoch in [world.store.origin().epoch, second.origin().epoch] {
        assert_eq!(leaves(&third, epoch), leaves(&second, epoch));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_made_while_phones_record_holds_together() {
    let world = World::new(200, 3).await;
    let store = world.store.clone();
    let phones = tokio::spawn(async move { record(&store, 200, 900).await });
    for day in 0..4 {
        let made = world.back_up(day);
        let tested = test_backup(&world.file_of(&made), &world.secret, MissingPhotos::Refused).unwrap();
        assert!(tested.manifest.logs.iter().all(|log| log.whole) && made.label.entries >= 201);
    }
    phones.await.unwrap();
    assert_eq!(world.back_up(5).label.entries, 1_101);
}

#[tokio::test]
async fn photos_are_written_once_and_go_with_the_last_backup_that_needs_them() {
    let mut world = World::new(5, 4).await;
    let first = world.back_up(0);
    let second = world.back_up(1);
    assert_eq!(first.label.parts, second.label.parts);
    world.add_photos(4..6);
    let third = world.back_up(2);
    assert_eq!((third.label.photos, third.label.parts.len()), (6, 2));
    assert!(!world.names().contains(&first.label.file.name), "two stay");
    assert!(world.names().contains(&second.label.file.name));
    // The box lacks most of the first ones by now.
    for hash in &world.hashes[..3] {
        world.photos.remove(*hash).unwrap();
    }
    let fourth = world.back_up(3);
    assert_eq!(fourth.label.photos, 3);
    assert!(world.names().contains(&first.label.parts[0]), "the third needs it");
    let fifth = world.back_up(4);
    assert!(!world.names().contains(&first.label.parts[0]), "nobody does");
    for made in [fourth, fifth] {
        test_backup(&world.file_of(&made), &world.secret, MissingPhotos::Refused).unwrap();
    }
}

#[tokio::test]
async fn photos_that_went_bad_on_the_stick_are_written_again() {
    let world = World::new(5, 4).await;
    let first = world.back_up(0);
    let part = world.stick().join(&first.label.parts[0]);
    let mut bytes = std::fs::read(&part).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let second = world.back_up(1);
    assert_ne!(second.label.parts, first.label.parts);
    test_backup(&world.file_of(&second), &world.secret, MissingPhotos::Refused).unwrap();
}

#[tokio::test]
async fn another_key_opens_later_backups_and_their_photos() {
    let mut world = World::new(5, 4).await;
    let first = world.back_up(0);
    let other = BackupSecret::generate();
    world.recipient = BackupRecipient { recipient: other.recipient().to_string(), made_ms: 2 };
    let second = world.back_up(1);
    assert_ne!(second.label.parts, first.label.parts);
    test_backup(&world.file_of(&first), &world.secret, MissingPhotos::Refused).unwrap();
    test_backup(&world.file_of(&second), &other, MissingPhotos::Refused).unwrap();
    for (made, secret) in [(&first, &other), (&second, &world.secret)] {
        let refused = test_backup(&world.file_of(made), secret, MissingPhotos::Refused);
        assert!(
            matches!(refused, Err(RestoreError::Fault { fault: BackupFault::WrongKey, .. })),
            "{refused:?}"
        );
    }
}

/// A stick that fails from a call on, or gives back something else than it took.
#[derive(Debug)]
struct BadStick {
    under: FolderMedium,
    left: Arc<AtomicU64>,
    error: i32,
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
        Ok(match self.flips.filter(|_| name.ends_with(".new")) {
            Some(flip) => Box::new(FlippedRead { under, at: 0, flip }),
            None => under,
        })
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
    fn list(&self) -> io::Result<Vec<String>> {
        count_down(&self.left, self.error)?;
        self.under.list()
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
            test_backup(&world.file_of(&first), &world.secret, MissingPhotos::Refused).unwrap();
            calls += 1;
        };
        assert!(calls > 20, "{calls}");
        test_backup(&world.file_of(&made), &world.secret, MissingPhotos::Refused).unwrap();
        let found =
            FoundFiles::look(&FolderMedium::new(&world.stick()), world.store.origin().box_id).unwrap();
        assert_eq!(found.unfinished, [""; 0], "what was begun was removed");
        for backup in &found.backups {
            test_backup(&world.stick().join(&backup.file.name), &world.secret, MissingPhotos::Refused)
                .unwrap();
        }
        world.leave_only(&first);
    }
}

#[tokio::test]
async fn what_does_not_read_back_as_it_was_written_never_counts() {
    let world = World::new(200, 0).await;
    let length = world.back_up(0).label.file.bytes;
    let before = world.names();
    // age puts a stanza of random length into each header, so the next file may be shorter: its last bytes are left alone.
    let certain = length - 4_096;
    for flip in (0..certain).step_by(usize::try_from(certain / 60).unwrap()) {
        let stick = BadStick { flips: Some(flip), ..bad_stick(&world, u64::MAX, 5) };
        let failed = world.back_up_to(&stick, 1).unwrap_err();
        assert_eq!(failed.cause(), Some(BackupCause::NotRight), "byte {flip}: {failed}");
        assert_eq!(world.names(), before, "byte {flip}");
    }
}

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
            restore_backup(&bad, &data, &world.secret, MissingPhotos::Refused, &NoSeam).unwrap_err();
        assert!(matches!(refused, RestoreError::Fault { .. }), "{refused}");
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "{refused}");
    }
    let parts = world.stick().join(&made.label.parts[0]);
    let refused = test_backup(&parts, &world.secret, MissingPhotos::Refused).unwrap_err();
    assert!(refused.to_string().contains("photos only"), "{refused}");
}

#[tokio::test]
async fn a_backup_of_a_newer_program_says_so() {
    let world = World::new(3, 0).await;
    let medium = FolderMedium::new(&world.stick());
    let mut pace = RunPace::new(None, Arc::default());
    let to = world.secret.recipient();
    let mut out = BackupWriter::begin(&medium, "newer.age", &to, NOW_MS, &mut pace).unwrap();
    let head = BackupHead {
        form: FORM + 1,
        kind: BackupKind::Box,
        box_id: world.store.origin().box_id,
        program: "9.9.9".to_owned(),
    };
    out.add_bytes(HEAD, &serde_json::to_vec(&head).unwrap()).unwrap();
    out.add_bytes("something/new", b"x").unwrap();
    let written = out.finish().unwrap();
    let refused = test_backup(&world.stick().join(written.temporary), &world.secret, MissingPhotos::Refused);
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
        let to = world.secret.recipient();
        let mut out = BackupWriter::begin(&medium, "evil.age", &to, NOW_MS, &mut pace).unwrap();
        let head = BackupHead {
            form: FORM,
            kind: BackupKind::Box,
            box_id: world.store.origin().box_id,
            program: String::new(),
        };
        out.add_bytes(HEAD, &serde_json::to_vec(&head).unwrap()).unwrap();
        out.add_bytes(path, b"x").unwrap();
        let file = world.stick().join(out.finish().unwrap().temporary);
        let data = world.dir.path().join("new");
        let refused =
            restore_backup(&file, &data, &world.secret, MissingPhotos::Refused, &NoSeam).unwrap_err();
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
    let refused =
        restore_backup(&gone, &world.dir.path().join("new"), &world.secret, MissingPhotos::Refused, &NoSeam);
    assert!(matches!(refused, Err(RestoreError::Open { .. })));
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
        restore_backup(&world.file_of(&made), &data, &world.secret, MissingPhotos::Accepted, &NoSeam);
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
        let restore = || restore_backup(&file, &data, &world.secret, MissingPhotos::Refused, &seam).map(drop);
        let killed = catch_unwind(AssertUnwindSafe(restore));
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
