//! Photos: taken as phones make them, cleaned in a process of its own, kept under the hash of what was kept.

mod child;
mod room;
mod scrub;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use record::limits::{PHOTO_STORED_BYTES_MAX, PHOTO_UPLOAD_BYTES_MAX};
use record::tree::Hash;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::child::child_main;
pub use self::room::{Card, OnCard, Place, RealCard, Room, UNNAMED_MS_MAX, leave};
use crate::random::Random;

/// The hidden subcommand that runs [`child_main`].
pub const CHILD_SUBCOMMAND: &str = "photo-child";
/// Uploads that lie on disk at a time: 8 × 30 MB.
const UPLOADS_MAX: usize = 8;
/// A child that has not ended by then is killed; it limits itself to 20 s of CPU.
const CHILD_WITHIN: Duration = Duration::from_secs(40);
/// Bytes of what a child says beside the photo.
const WORDS_MAX: u64 = 1024;

/// What is wrong with a photo, in words for the person who took it.
#[derive(Debug, thiserror::Error)]
pub enum PhotoTrouble {
    /// No bytes at all.
    #[error("This photo is empty. Take another one")]
    Empty,
    /// Over the limit of an upload.
    #[error("This photo is larger than 30 MB. Take another one")]
    TooManyBytes,
    /// Over 50 megapixels or 16,384 a side, or more than a decoder may use.
    #[error("This photo has too many pixels. Take another one, with fewer megapixels")]
    TooManyPixels,
    /// No JPEG, PNG or WebP, or damaged.
    #[error("This photo can’t be opened. Take another one")]
    NotAPhoto,
    /// Apple's format, which nothing here can open.
    #[error(
        "This photo is in Apple’s HEIC format. Choose “Most Compatible” under Settings, Camera, Formats, and take \
         another one"
    )]
    Heic,
    /// Too many at a time.
    #[error("Too many photos come in at the moment. Wait a few seconds and record again")]
    Busy,
    /// Less than a tenth of the card is free.
    #[error("The box has no room for photos. Record without one and tell biomed")]
    Full,
    /// The box's own trouble; its cause is in the log.
    #[error("The box could not keep this photo. Record without one and tell biomed")]
    Box(#[source] std::io::Error),
}

/// How the box keeps photos.
#[derive(Debug, Clone)]
pub struct PhotoSettings {
    /// Where: `photos/` of the data folder.
    pub dir: PathBuf,
    /// The program that cleans one photo, and its arguments; normally this program with [`CHILD_SUBCOMMAND`].
    pub command: Vec<std::ffi::OsString>,
    /// Percent of the card that must be free for a photo to be taken.
    pub free_percent_min: u64,
    /// Tells how full the card is.
    pub card: Arc<dyn Card>,
}

/// The photos of a box.
#[derive(Clone)]
pub struct Photos {
    inner: Arc<Inner>,
}

struct Inner {
    settings: PhotoSettings,
    random: Arc<dyn Random>,
    uploads: Arc<Semaphore>,
    one_child: Semaphore,
}

/// An upload on its way in: a file that is gone when this is dropped.
pub struct Incoming {
    path: PathBuf,
    file: File,
    bytes: usize,
    too_long: bool,
    _room: OwnedSemaphorePermit,
}

impl Photos {
    /// Makes the folders, and removes uploads that an earlier run left behind.
    ///
    /// # Errors
    /// A folder can be neither made nor read.
    pub fn open(settings: PhotoSettings, random: Arc<dyn Random>) -> std::io::Result<Self> {
        let incoming = settings.dir.join("incoming");
        if incoming.exists() {
            std::fs::remove_dir_all(&incoming)?;
        }
        make_private(&settings.dir)?;
        make_private(&incoming)?;
        let (uploads, one_child) = (Arc::new(Semaphore::new(UPLOADS_MAX)), Semaphore::new(1));
        Ok(Self { inner: Arc::new(Inner { settings, random, uploads, one_child }) })
    }

    /// Where a photo is kept.
    pub fn path(&self, hash: Hash) -> PathBuf {
        let name = hash.to_string();
        self.inner.settings.dir.join(&name[..2]).join(format!("{name}.jpg"))
    }

    /// Whether a photo is kept here.
    pub async fn holds(&self, hash: Hash) -> bool {
        tokio::fs::try_exists(self.path(hash)).await.unwrap_or(false)
    }

    /// The kept JPEG.
    pub async fn read(&self, hash: Hash) -> Option<Vec<u8>> {
        tokio::fs::read(self.path(hash)).await.ok()
    }

    /// Whether a photo is kept here; for pages that show several.
    pub fn is_here(&self, hash: Hash) -> bool {
        self.path(hash).exists()
    }

    /// How full the card is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn room(&self) -> std::io::Result<Room> {
        self.inner.settings.card.room(&self.inner.settings.dir)
    }

    /// Every photo that is kept, and how long it has been; which entries name it is not known here.
    ///
    /// # Errors
    /// The folder's.
    pub fn all(&self) -> std::io::Result<Vec<OnCard>> {
        let mut all = Vec::new();
        for folder in std::fs::read_dir(&self.inner.settings.dir)? {
            let folder = folder?.path();
            if !folder.is_dir() || folder.ends_with("incoming") {
                continue;
            }
            for file in std::fs::read_dir(&folder)? {
                let path = file?.path();
                let name = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".jpg")?.parse().ok());
                let Some(hash) = name else { continue };
                let kept = std::fs::metadata(&path)?;
                // A clock that went back since makes it new again, which is the side to err on.
                let age_ms = kept.modified()?.elapsed().map_or(0, |age| age.as_millis());
                let age_ms = u64::try_from(age_ms).unwrap_or(u64::MAX);
                all.push(OnCard { hash, bytes: kept.len(), age_ms, named: None });
            }
        }
        Ok(all)
    }

    /// Takes a photo off the card.
    ///
    /// # Errors
    /// The folder's; that it is gone already is none.
    pub fn remove(&self, hash: Hash) -> std::io::Result<()> {
        match std::fs::remove_file(self.path(hash)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Room for one upload.
    ///
    /// # Errors
    /// [`PhotoTrouble::Busy`], [`PhotoTrouble::Full`] or [`PhotoTrouble::Box`].
    pub async fn incoming(&self) -> Result<Incoming, PhotoTrouble> {
        let room = self.inner.uploads.clone().try_acquire_owned().map_err(|_| PhotoTrouble::Busy)?;
        let dir = &self.inner.settings.dir;
        let card = self.room().map_err(PhotoTrouble::Box)?;
        if card.free.saturating_mul(100) < card.total.saturating_mul(self.inner.settings.free_percent_min) {
            return Err(PhotoTrouble::Full);
        }
        let random: [u8; 16] = self.inner.random.bytes();
        let name: String = random.iter().map(|b| format!("{b:02x}")).collect();
        let path = dir.join("incoming").join(name);
        let mut options = File::options();
        options.write(true).read(true).create_new(true).mode(0o600);
        let file = options.open(&path).await.map_err(PhotoTrouble::Box)?;
        Ok(Incoming { path, file, bytes: 0, too_long: false, _room: room })
    }

    /// Cleans an upload and keeps the result: when this returns a hash, the photo is on disk.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn keep(&self, mut upload: Incoming) -> Result<Hash, PhotoTrouble> {
        if upload.too_long {
            return Err(PhotoTrouble::TooManyBytes);
        }
        if upload.bytes == 0 {
            return Err(PhotoTrouble::Empty);
        }
        upload.file.flush().await.map_err(PhotoTrouble::Box)?;
        let jpeg = {
            let _turn = self.inner.one_child.acquire().await.map_err(|_| PhotoTrouble::Busy)?;
            run_child(&self.inner.settings.command, &upload.path).await?
        };
        drop(upload);
        let hash = Hash::of(&jpeg);
        let (path, random) = (self.path(hash), self.inner.random.bytes::<8>());
        let kept = tokio::task::spawn_blocking(move || keep_file(&path, &jpeg, random)).await;
        kept.map_err(std::io::Error::other).and_then(|kept| kept).map_err(PhotoTrouble::Box)?;
        Ok(hash)
    }
}

impl Incoming {
    /// Takes more bytes; what goes over the limit is counted and not written.
    ///
    /// # Errors
    /// [`PhotoTrouble::Box`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), PhotoTrouble> {
        self.too_long |= self.bytes + bytes.len() > PHOTO_UPLOAD_BYTES_MAX;
        if self.too_long {
            return Ok(());
        }
        self.bytes += bytes.len();
        self.file.write_all(bytes).await.map_err(PhotoTrouble::Box)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // A file that is left behind is removed at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn make_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Writes under another name, flushes, renames, and flushes the folder: a power cut leaves all of it or nothing.
fn keep_file(path: &Path, jpeg: &[u8], random: [u8; 8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if path.exists() {
        // Nobody takes it away as an old one while its new record is being made.
        let file = std::fs::File::options().append(true).open(path)?;
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
        return rustix::fs::futimens(&file, &times).map_err(Into::into);
    }
    let folder = path.parent().unwrap_or(path);
    if !folder.exists() {
        make_private(folder)?;
        std::fs::File::open(folder.parent().unwrap_or(folder))?.sync_all()?;
    }
    let temporary = path.with_extension(format!("{:016x}.part", u64::from_le_bytes(random)));
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(jpeg)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    std::fs::File::open(folder)?.sync_all()
}

async fn run_child(command: &[std::ffi::OsString], upload: &Path) -> Result<Vec<u8>, PhotoTrouble> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| PhotoTrouble::Box(std::io::Error::other("no program for photos")))?;
    let input = std::fs::File::open(upload).map_err(PhotoTrouble::Box)?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::from(input))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(PhotoTrouble::Box)?;
    let (mut jpeg, mut words) = (Vec::new(), Vec::new());
    let work = async {
        let bound = u64::try_from(PHOTO_STORED_BYTES_MAX).unwrap_or(u64::MAX) + 1;
        if let Some(out) = child.stdout.take() {
            out.take(bound).read_to_end(&mut jpeg).await?;
        }
        if let Some(said) = child.stderr.take() {
            said.take(WORDS_MAX).read_to_end(&mut words).await?;
        }
        child.wait().await
    };
    let status = match tokio::time::timeout(CHILD_WITHIN, work).await {
        // Dropping the child kills it.
        Err(_) => return Err(PhotoTrouble::TooManyPixels),
        Ok(status) => status.map_err(PhotoTrouble::Box)?,
    };
    let sound = jpeg.starts_with(&[0xff, 0xd8]) && jpeg.len() <= PHOTO_STORED_BYTES_MAX;
    match status.code() {
        Some(0) if sound => Ok(jpeg),
        Some(code) => Err(child::trouble(code, &String::from_utf8_lossy(&words))),
        // Killed by its own limit on memory or time: what is in the file asked for too much.
        None => Err(PhotoTrouble::TooManyPixels),
    }
}

#[cfg(test)]
mod tests;
