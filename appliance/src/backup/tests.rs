//! Backups and restores over real folders: a box with entries and photos, and an empty stick.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::service::clock::{FakeClock, Now};
use ::service::random::SeededRandom;
use record::entry::{ClockState, EntryAuthor, EntryDraft};
use record::ids::BootId;
use record::kinds::Event;
use record::tree::Hash;

use super::cause::{BackupCause, BackupError};
use super::key::{BackupRecipient, BackupSecret};
use super::label_key::LabelKey;
use super::labels::{FoundFiles, label_name};
use super::medium::{BackupMedium, FolderMedium, MediumFile};
use super::pace::RunPace;
use super::restore::{MissingPhotos, NoSeam, RestoreError, RestoreSeam, restore_backup, test_backup};
use super::run::{MadeBackup, RunInput, make_backup};
use crate::photo::{PhotoSettings, PhotoStore, RealCard, UploadLimits};
use crate::store::archive::BackupFault;
use crate::store::system_disk::{FolderError, RESTORE_MARK, SystemDisk};
use crate::store::{StartReport, Store, StoreConfig, StoreError, StoreSizes, WriteDecision};

mod archives;
mod bad_sticks;
mod live_backups;
mod photos;
mod restoring;
mod whole;

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
        state_tables: &[],
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
    label_key: LabelKey,
    random: SeededRandom,
    hashes: Vec<Hash>,
}

impl World {
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
        for (name, bytes) in
            [("https-ca.key", "ca key"), ("https-ca.pem", "ca"), ("box.key", "tls"), ("badge.key", "badges")]
        {
            let path = data.join("keys").join(name);
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        std::fs::create_dir(dir.path().join("stick")).unwrap();
        let photo_store = photo_store(&data);
        let random = SeededRandom::new(5);
        let label_key = LabelKey::open(&*store.disk(), &random).unwrap();
        let secret = BackupSecret::generate(&random);
        let recipient = BackupRecipient { recipient: secret.recipient().to_string(), made_ms: 1 };
        let settings = "log = \"info\"\n".to_owned();
        let (photos_made, hashes) = (0..photos, Vec::new());
        let photos = photo_store;
        let mut world = Self { dir, store, photos, secret, recipient, settings, label_key, random, hashes };
        world.add_photos(photos_made);
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
            label_key: self.label_key,
            random: &self.random,
            settings: &self.settings,
            keep: 2,
            last_number: 0,
            now_ms: NOW_MS + days * DAY_MS,
        };
        make_backup(&input, &mut RunPace::new(Some(self.store.clone()), Arc::default()))
    }

    fn back_up(&self, days: i64) -> MadeBackup {
        self.back_up_to(&FolderMedium::new(&self.stick()), days).unwrap()
    }

    fn names(&self) -> Vec<String> {
        FolderMedium::new(&self.stick()).list("").unwrap()
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

    /// What the box believes of its stick.
    fn found(&self) -> FoundFiles {
        let medium = FolderMedium::new(&self.stick());
        FoundFiles::look(&medium, self.store.origin().box_id, self.label_key).unwrap()
    }

    fn file_of(&self, made: &MadeBackup) -> PathBuf {
        self.stick().join(&made.label.file.name)
    }

    fn restore(&self, made: &MadeBackup, to: &str) -> Result<PathBuf, RestoreError> {
        let data = self.dir.path().join(to);
        let (file, missing) = (self.file_of(made), MissingPhotos::Refused);
        restore_backup(&file, &data, Some(&self.secret), missing, &NoSeam).map(|_| data)
    }
}
