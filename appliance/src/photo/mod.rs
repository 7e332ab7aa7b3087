//! Photos: taken as phones make them, cleaned in a process of its own, stored under the hash of the result.

mod child;
mod child_turns;
mod eviction;
mod fetch;
mod follow;
mod places;
mod scrub;
mod thumbnail;

use std::net::IpAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use record::limits::{PHOTO_STORED_BYTES_MAX, PHOTO_UPLOAD_BYTES_MAX};
use record::tree::Hash;
use service::attempts::ClientNetwork;
use service::random::RandomSource;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::{Semaphore, watch};

pub use self::child::child_main;
use self::child_turns::ChildTurns;
pub use self::eviction::{
    AtRelay, DiskSpaceSource, EntryPosition, OnCard, RealCard, UNNAMED_MS_MAX, photos_to_evict,
};
use self::fetch::FETCHES_MAX;
pub use self::fetch::RemotePhotos;
pub use self::follow::PhotoPromise;
pub use self::places::UploadLimits;
use self::places::{NoPlace, UploadPlace, UploadPlaces};
use self::scrub::{StrippedPhoto, THUMBNAIL_BYTES_MAX};
pub use self::thumbnail::thumbnails_leave;
pub use crate::disk_space::DiskSpace;

/// The hidden subcommand that runs [`child_main`].
pub const CHILD_SUBCOMMAND: &str = "photo-child";
/// All that its environment has: each further arena would count against the addresses that it may have, 64 MB of them in the C library's
/// allocator; in jemalloc what was freed would, too, and photos of 12 megapixels would not open now and then.
pub const CHILD_ENVIRONMENT: [(&str, &str); 2] =
    [("MALLOC_ARENA_MAX", "1"), ("_RJEM_MALLOC_CONF", "narenas:1,retain:false,dirty_decay_ms:0")];
/// A child that has not ended by then is killed. What a photo may ask for is bounded by the child's own limit of 20 s of CPU,
/// for which it may wait long: it gives way to everything else that runs.
const CHILD_WITHIN: Duration = Duration::from_secs(300);
const WORDS_MAX: u64 = 1024;
/// The signals by which others end a program: SIGTERM and SIGINT, and SIGKILL where the machine has no memory left.
const TERMINATED: i32 = rustix::process::Signal::TERM.as_raw();
const INTERRUPTED: i32 = rustix::process::Signal::INT.as_raw();
const KILLED: i32 = rustix::process::Signal::KILL.as_raw();
/// How the name of a file ends that is not written whole yet.
const PART_ENDING: &str = ".part";
/// A file that is not written whole by then never will be.
const PART_WITHIN: Duration = Duration::from_secs(600);

/// What is wrong with a photo, in words for the person who took it.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum PhotoTrouble {
    Empty,
    TooManyBytes,
    /// Over 50 megapixels or 16,384 a side, or more than a decoder may use.
    TooManyPixels,
    /// No JPEG, PNG or WebP, or damaged.
    NotAPhoto,
    /// It ends before its picture does: a part was lost on the way, or never written.
    CutOff,
    /// Apple's format, which nothing here can open.
    Heic,
    /// It had to wait for its turn, and waited too long.
    Busy,
    /// It came slowly while others waited.
    Slow,
    /// Less than a tenth of the card is free.
    Full,
    /// The box's own trouble; its cause is in the log.
    Box(#[source] std::io::Error),
}

#[derive(Debug, Clone)]
pub struct PhotoSettings {
    /// Where: `photos/` of the data folder.
    pub dir: PathBuf,
    /// The program that cleans one photo, and its arguments; normally this program with [`CHILD_SUBCOMMAND`].
    pub command: Vec<std::ffi::OsString>,
    /// Percent of the card that must be free for a photo to be taken ([`DiskSpace::takes_photos`]).
    pub free_percent_min: u64,
    pub limits: UploadLimits,
    pub card: Arc<dyn DiskSpaceSource>,
}

#[derive(Clone)]
pub struct PhotoStore {
    inner: Arc<PhotosInner>,
}

struct PhotosInner {
    settings: PhotoSettings,
    random: Arc<dyn RandomSource>,
    places: Arc<UploadPlaces>,
    child_turns: Arc<ChildTurns>,
    /// How many photos are to follow their records.
    promises: watch::Sender<usize>,
    /// How often a photo or a thumbnail came or left.
    changes: AtomicU64,
    remote: OnceLock<Arc<dyn RemotePhotos>>,
    fetches: Semaphore,
}

/// An upload on its way in: a file that is gone when this is dropped.
pub struct PhotoUpload {
    path: PathBuf,
    file: File,
    bytes: usize,
    too_long: bool,
    place: UploadPlace,
    network: ClientNetwork,
}

impl PhotoStore {
    /// Creates the folders, and removes uploads that an earlier run left behind, but those that entries wait for.
    ///
    /// # Errors
    /// A folder can be neither made nor read.
    pub fn open(settings: PhotoSettings, random: Arc<dyn RandomSource>) -> std::io::Result<Self> {
        let incoming = settings.dir.join("incoming");
        follow::clear_incoming(&incoming)?;
        make_private(&settings.dir)?;
        make_private(&incoming)?;
        Ok(Self::without_folder(settings, random))
    }

    /// The same where the folder cannot be used: every upload is refused as the box's own trouble, and records continue.
    pub fn without_folder(settings: PhotoSettings, random: Arc<dyn RandomSource>) -> Self {
        let (places, child_turns) = (UploadPlaces::new(settings.limits), Arc::default());
        let promises = watch::Sender::new(0);
        let (changes, remote, fetches) = (AtomicU64::new(0), OnceLock::new(), Semaphore::new(FETCHES_MAX));
        let inner = PhotosInner { settings, random, places, child_turns, promises, changes, remote, fetches };
        Self { inner: Arc::new(inner) }
    }

    pub fn path(&self, hash: Hash) -> PathBuf {
        let name = hash.to_string();
        self.inner.settings.dir.join(&name[..2]).join(format!("{name}.jpg"))
    }

    pub async fn holds(&self, hash: Hash) -> bool {
        tokio::fs::try_exists(self.path(hash)).await.unwrap_or(false)
    }

    /// A photo that is stored here, or else elsewhere.
    pub async fn read(&self, hash: Hash) -> Option<Vec<u8>> {
        match tokio::fs::read(self.path(hash)).await {
            Ok(stored) => Some(stored),
            Err(_) => self.fetch(hash).await,
        }
    }

    /// Whether a photo is stored here; for pages that show several.
    pub fn is_here(&self, hash: Hash) -> bool {
        self.path(hash).exists()
    }

    /// How full the card is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn room(&self) -> std::io::Result<DiskSpace> {
        self.inner.settings.card.room(&self.inner.settings.dir)
    }

    /// Every photo that is stored, and for how long; which entries name it is not known here.
    ///
    /// # Errors
    /// The folder's.
    pub fn all(&self) -> std::io::Result<Vec<OnCard>> {
        self.on_card(".jpg")
    }

    fn on_card(&self, ending: &str) -> std::io::Result<Vec<OnCard>> {
        let mut all = Vec::new();
        for path in self.stored_files()? {
            let name = path.file_name().and_then(|n| n.to_str()?.strip_suffix(ending)?.parse().ok());
            let Some(hash) = name else { continue };
            let stored = match std::fs::metadata(&path) {
                // It left the card since the folder was read.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                stored => stored?,
            };
            // A clock that went back since makes it new again, which is the side to err on.
            let age_ms = stored.modified()?.elapsed().map_or(0, |age| age.as_millis());
            let age_ms = u64::try_from(age_ms).unwrap_or(u64::MAX);
            all.push(OnCard { hash, bytes: stored.len(), age_ms, named: None });
        }
        Ok(all)
    }

    fn stored_files(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in std::fs::read_dir(&self.inner.settings.dir)? {
            let folder = folder?.path();
            if !folder.is_dir() || folder.ends_with("incoming") {
                continue;
            }
            for file in std::fs::read_dir(&folder)? {
                files.push(file?.path());
            }
        }
        Ok(files)
    }

    /// Removes what was never written whole, because the power or the box went away; how many there were.
    ///
    /// # Errors
    /// The folder's.
    pub fn remove_parts(&self) -> std::io::Result<usize> {
        let mut removed = 0;
        for path in self.stored_files()? {
            if !path.to_string_lossy().ends_with(PART_ENDING) {
                continue;
            }
            let written = match std::fs::metadata(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                found => found?.modified()?,
            };
            if written.elapsed().is_ok_and(|age| age >= PART_WITHIN) {
                delete_file(&path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Takes a photo off the card.
    ///
    /// # Errors
    /// The folder's; that it is gone already is none.
    pub fn remove(&self, hash: Hash) -> std::io::Result<()> {
        let deleted = delete_file(&self.path(hash));
        self.note_change();
        deleted
    }

    /// How often a photo or a thumbnail came or left since the program began: what was derived from the list of photos
    /// is stale once this is higher.
    pub fn changes(&self) -> u64 {
        self.inner.changes.load(Ordering::Acquire)
    }

    fn note_change(&self) {
        self.inner.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until an upload from `address` has its turn; nothing of it need be read before.
    ///
    /// # Errors
    /// [`PhotoTrouble::Busy`], [`PhotoTrouble::Full`] or [`PhotoTrouble::Box`].
    pub async fn incoming(&self, address: IpAddr) -> Result<PhotoUpload, PhotoTrouble> {
        self.expect_free_card()?;
        let random: [u8; 16] = self.inner.random.bytes();
        let name: String = random.iter().map(|b| format!("{b:02x}")).collect();
        let path = self.inner.settings.dir.join("incoming").join(name);
        let network = ClientNetwork::of(address);
        let place = self.inner.places.enter(network, path.clone()).await?;
        // Others may have filled it meanwhile.
        self.expect_free_card()?;
        let mut options = File::options();
        options.write(true).read(true).create_new(true).mode(0o600);
        let file = options.open(&path).await.map_err(PhotoTrouble::Box)?;
        Ok(PhotoUpload { path, file, bytes: 0, too_long: false, place, network })
    }

    #[cfg(test)]
    pub(crate) fn places_taken(&self) -> usize {
        self.inner.places.taken()
    }

    fn expect_free_card(&self) -> Result<(), PhotoTrouble> {
        let card = self.room().map_err(PhotoTrouble::Box)?;
        if card.takes_photos(self.inner.settings.free_percent_min) { Ok(()) } else { Err(PhotoTrouble::Full) }
    }

    /// Cleans an upload and stores the result and its thumbnail: when this returns a hash, the photo is on disk.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn keep(&self, mut upload: PhotoUpload) -> Result<Hash, PhotoTrouble> {
        upload.place.complete()?;
        if upload.too_long {
            return Err(PhotoTrouble::TooManyBytes);
        }
        if upload.bytes == 0 {
            return Err(PhotoTrouble::Empty);
        }
        upload.file.flush().await.map_err(PhotoTrouble::Box)?;
        let cleaned = self.clean(&upload.path, Some(upload.network)).await?;
        drop(upload);
        self.keep_cleaned(cleaned).await
    }

    async fn clean(&self, upload: &Path, of: Option<ClientNetwork>) -> Result<StrippedPhoto, PhotoTrouble> {
        let _turn = self.inner.child_turns.take(of).await;
        run_child(&self.inner.settings.command, upload).await
    }

    async fn keep_cleaned(&self, cleaned: StrippedPhoto) -> Result<Hash, PhotoTrouble> {
        let hash = Hash::of(&cleaned.photo);
        let (path, thumbnail) = (self.path(hash), self.thumbnail_path(hash));
        let random = self.inner.random.bytes::<8>();
        let stored =
            tokio::task::spawn_blocking(move || keep_files(&cleaned, &path, &thumbnail, random)).await;
        stored.map_err(std::io::Error::other).and_then(|stored| stored).map_err(PhotoTrouble::Box)?;
        self.note_change();
        Ok(hash)
    }
}

impl PhotoUpload {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes more bytes, as soon as it is this upload's turn; what goes over the limit is counted and not written.
    ///
    /// # Errors
    /// [`PhotoTrouble::Busy`], [`PhotoTrouble::Slow`] or [`PhotoTrouble::Box`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), PhotoTrouble> {
        self.too_long |= self.bytes + bytes.len() > PHOTO_UPLOAD_BYTES_MAX;
        if self.too_long {
            return Ok(());
        }
        self.place.hold(bytes.len()).await?;
        self.bytes += bytes.len();
        self.file.write_all(bytes).await.map_err(PhotoTrouble::Box)
    }
}

impl Drop for PhotoUpload {
    fn drop(&mut self) {
        // A file that is left behind is removed at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn make_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

impl From<NoPlace> for PhotoTrouble {
    fn from(none: NoPlace) -> Self {
        match none {
            NoPlace::Late | NoPlace::Crowded => Self::Busy,
            NoPlace::Slow => Self::Slow,
        }
    }
}

fn delete_file(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Stores a photo and its thumbnail. When this has returned, a power cut does not take the photo away.
fn keep_files(
    cleaned: &StrippedPhoto,
    path: &Path,
    thumbnail: &Path,
    random: [u8; 8],
) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    if path.exists() {
        // This keeps it from being deleted as an old one while its new record is being made.
        let file = std::fs::File::options().append(true).open(path)?;
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
        rustix::fs::futimens(&file, &times)?;
        // Its writer may have been killed, or may still be working, between the rename and the flush.
        return flush_folders(folder);
    }
    if !folder.exists() {
        make_private(folder)?;
    }
    write_whole(thumbnail, &cleaned.thumbnail, random)?;
    write_whole(path, &cleaned.photo, random)?;
    flush_folders(folder)
}

fn flush_folders(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()?;
    std::fs::File::open(folder.parent().unwrap_or(folder))?.sync_all()
}

/// Writes under another name, flushes and renames: under its own name a file is whole or not there.
fn write_whole(path: &Path, jpeg: &[u8], random: [u8; 8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let temporary = path.with_extension(format!("{:016x}{PART_ENDING}", u64::from_le_bytes(random)));
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = file.write_all(jpeg).and_then(|()| file.sync_all());
    let named = written.and_then(|()| std::fs::rename(&temporary, path));
    if named.is_err() {
        // A card that is full has no space for halves either. Where this fails too, the sweep removes it.
        let _ = std::fs::remove_file(&temporary);
    }
    named
}

async fn run_child(command: &[std::ffi::OsString], upload: &Path) -> Result<StrippedPhoto, PhotoTrouble> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| PhotoTrouble::Box(std::io::Error::other("no program for photos")))?;
    let input = std::fs::File::open(upload).map_err(PhotoTrouble::Box)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(CHILD_ENVIRONMENT)
        .stdin(Stdio::from(input))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(PhotoTrouble::Box)?;
    let (mut output, mut words) = (Vec::new(), Vec::new());
    let work = async {
        let bound = child::HEAD_BYTES + PHOTO_STORED_BYTES_MAX + THUMBNAIL_BYTES_MAX + 1;
        if let Some(out) = child.stdout.take() {
            out.take(u64::try_from(bound).unwrap_or(u64::MAX)).read_to_end(&mut output).await?;
        }
        if let Some(message) = child.stderr.take() {
            message.take(WORDS_MAX).read_to_end(&mut words).await?;
        }
        child.wait().await
    };
    let status = match tokio::time::timeout(CHILD_WITHIN, work).await {
        // Dropping the child kills it. A machine without time for it says nothing about the photo.
        Err(late) => return Err(PhotoTrouble::Box(late.into())),
        Ok(status) => status.map_err(PhotoTrouble::Box)?,
    };
    match (status.code(), child::read_output(&output)) {
        (Some(0), Some(cleaned)) => Ok(cleaned),
        (Some(code), _) => Err(child::exit_status_error(code, &String::from_utf8_lossy(&words))),
        // A stop of the box signals all of its processes: that says nothing about the photo.
        (None, _) if matches!(status.signal(), Some(TERMINATED | INTERRUPTED | KILLED)) => {
            Err(PhotoTrouble::Box(std::io::Error::other("the photo process was told to end")))
        }
        // Ended by its own limit on memory or time: what is in the file asked for too much.
        (None, _) => Err(PhotoTrouble::TooManyPixels),
    }
}

#[cfg(test)]
pub(crate) fn cleaned_by_child(photo: Vec<u8>) -> Vec<u8> {
    let StrippedPhoto { photo, thumbnail } = scrub::strip_metadata(photo).unwrap();
    [&child::output_head(&photo, &thumbnail)[..], &photo, &thumbnail].concat()
}

#[cfg(test)]
#[path = "../../../tests/src/marked_photos.rs"]
mod marked_photos;
#[cfg(test)]
mod tests;
