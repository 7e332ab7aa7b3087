//! Who this box is: its id, and one key per epoch of its log, each in a file of its own that only the owner can read.

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use record::sign::{SignerKey, VerifierKey};
use record::vouch::{Base64Bytes, Vouch};
use service::clock::Now;
use service::random::RandomSource;

use crate::io::disk::{Disk, is_lost, put_small, read_small};
use crate::io::error::StoreError;
use crate::log::scan::SegmentFile;

const BOX_FILE: &str = "keys/box.id";
const SMALL_BYTES_MAX: usize = 4096;

#[derive(Debug)]
pub(crate) struct LogKey {
    pub(crate) origin: LogOrigin,
    pub(crate) signer: SignerKey,
}

/// The contents of `keys/`.
#[derive(Debug)]
pub(crate) struct BoxKeys {
    pub(crate) box_id: BoxId,
    /// Whether its id was made just now, because nothing said which it was.
    pub(crate) box_is_new: bool,
    /// Log keys by epoch number, ascending.
    pub(crate) logs: Vec<LogKey>,
    /// Keys of epochs that were being begun: none of them has signed anything yet.
    pub(crate) next: Vec<LogKey>,
}

fn key_path(n: u32) -> String {
    format!("keys/log-{n}.key")
}

fn next_path(n: u32) -> String {
    format!("keys/log-{n}.next")
}

fn public_path(n: u32) -> String {
    format!("keys/log-{n}.pub")
}

fn key_error(path: &str, why: impl Into<String>) -> StoreError {
    StoreError::Key { path: path.to_owned(), why: why.into() }
}

fn list_key_numbers(names: &[String], suffix: &str) -> Vec<u32> {
    let numbers =
        names.iter().filter_map(|name| name.strip_prefix("log-")?.strip_suffix(suffix)?.parse().ok());
    let mut all: Vec<u32> = numbers.collect();
    all.sort_unstable();
    all
}

/// Whose data folder it is, as its file says.
///
/// # Errors
/// The disk's.
pub(crate) fn read_box_id(disk: &dyn Disk) -> Result<Option<BoxId>, StoreError> {
    let bytes = read_small(disk, BOX_FILE, SMALL_BYTES_MAX).map_err(StoreError::io(BOX_FILE))?;
    Ok(bytes.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.trim_end().parse().ok()))
}

/// Makes the data folder this box's.
///
/// # Errors
/// The disk's.
pub(crate) fn put_box_id(disk: &dyn Disk, id: BoxId) -> Result<(), StoreError> {
    put_small(disk, BOX_FILE, format!("{id}\n").as_bytes()).map_err(StoreError::io(BOX_FILE))
}

impl BoxKeys {
    /// Whether a data folder is some box's already; makes nothing.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn names_box(disk: &dyn Disk) -> Result<bool, StoreError> {
        let named = read_small(disk, BOX_FILE, SMALL_BYTES_MAX).map_err(StoreError::io(BOX_FILE))?.is_some();
        Ok(named || box_of_log(disk).map_err(StoreError::io("log/"))?.is_some())
    }

    /// Reads the keys; makes the box's id where there is none, from the log when that names one.
    ///
    /// # Errors
    /// The disk's; a key that others can read, or that is none.
    pub(crate) fn load(disk: &dyn Disk, now: &Now, random: &dyn RandomSource) -> Result<Self, StoreError> {
        disk.make_dir("keys").map_err(StoreError::io("keys/"))?;
        let mut box_is_new = false;
        let named = match read_small(disk, BOX_FILE, SMALL_BYTES_MAX) {
            // The log names the box too.
            Err(e) if is_lost(&e) && box_of_log(disk).is_ok_and(|log| log.is_some()) => None,
            named => named.map_err(StoreError::io(BOX_FILE))?,
        };
        let box_id = match named {
            Some(bytes) => std::str::from_utf8(&bytes)
                .ok()
                .and_then(|text| text.trim_end().parse().ok())
                .ok_or_else(|| key_error(BOX_FILE, "it holds no box id; put the right one back"))
                .and_then(|id| expect_own_log(disk, id))?,
            None => {
                let id = box_of_log(disk).map_err(StoreError::io("log/"))?;
                box_is_new = id.is_none();
                let id = id.unwrap_or_else(|| BoxId::new(now.wall_ms, random.bytes()));
                put_box_id(disk, id)?;
                id
            }
        };
        let mut keys = Self { box_id, box_is_new, logs: Vec::new(), next: Vec::new() };
        let names = disk.list("keys").map_err(StoreError::io("keys/"))?;
        for n in list_key_numbers(&names, ".key") {
            let key = keys.read(disk, n, &key_path(n))?;
            keys.logs.push(key);
        }
        for n in list_key_numbers(&names, ".next") {
            let key = keys.read(disk, n, &next_path(n))?;
            keys.next.push(key);
        }
        Ok(keys)
    }

    fn read(&self, disk: &dyn Disk, n: u32, path: &str) -> Result<LogKey, StoreError> {
        let others = disk.open_to_others(path).map_err(StoreError::io(path))?;
        if others != 0 {
            let why = format!(
                "others than its owner can use this signing key (mode {others:03o} beyond the owner's); \
                 run `chmod 600` on it, and think about who may have read it"
            );
            return Err(key_error(path, why));
        }
        let secret = read_small(disk, path, SMALL_BYTES_MAX).map_err(StoreError::io(path))?;
        let secret: [u8; 32] = secret.and_then(|s| s.try_into().ok()).ok_or_else(|| {
            key_error(
                path,
                "it is not a key of 32 bytes; move it away, and the box goes on with a new key and a new epoch",
            )
        })?;
        self.key(n, &secret)
    }

    fn key(&self, n: u32, secret: &[u8; 32]) -> Result<LogKey, StoreError> {
        let public = SignerKey::new("key", record::sign::KeyKind::Note, secret)?.verifier().public();
        let origin = LogOrigin::new(self.box_id, n, &public);
        Ok(LogKey { origin, signer: origin.signer(secret)? })
    }

    /// Makes the key of epoch `n`, or takes the one that an interrupted start made. It becomes the epoch's key when its
    /// log is durable: [`confirm_key`].
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn prepare(
        &mut self,
        disk: &dyn Disk,
        n: u32,
        random: &dyn RandomSource,
    ) -> Result<LogOrigin, StoreError> {
        let begun = self.next.iter().position(|key| key.origin.epoch.n == n);
        let key = match begun {
            Some(at) => self.next.swap_remove(at),
            None => {
                let secret = random.bytes::<32>();
                let key = self.key(n, &secret)?;
                let (path, public) = (next_path(n), public_path(n));
                let line = format!("{}\n", key.signer.verifier());
                put_small(disk, &public, line.as_bytes()).map_err(StoreError::io(public.as_str()))?;
                put_small(disk, &path, &secret).map_err(StoreError::io(path.as_str()))?;
                key
            }
        };
        let origin = key.origin;
        self.logs.push(key);
        Ok(origin)
    }

    /// What the oldest key that is here says of the key of an epoch that is being begun: every copy of the card has that
    /// one, or a way to it.
    pub(crate) fn endorse_key(&self, origin: &LogOrigin, key: &Base64Bytes<32>) -> Option<Vouch> {
        let oldest = self.logs.iter().find(|known| known.origin.epoch.n < origin.epoch.n)?;
        Some(Vouch::make(oldest.origin.epoch, &oldest.signer, origin, key))
    }

    pub(crate) fn of(&self, epoch: Epoch) -> Option<&LogKey> {
        self.logs.iter().find(|k| k.origin.epoch == epoch)
    }

    pub(crate) fn newest(&self) -> Option<&LogKey> {
        self.logs.last()
    }

    /// Verifiers of every epoch whose public key is known, the newest first.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn verifiers(&self, disk: &dyn Disk) -> Result<Vec<VerifierKey>, StoreError> {
        let mut all: Vec<(u32, VerifierKey)> =
            self.logs.iter().map(|k| (k.origin.epoch.n, k.signer.verifier().clone())).collect();
        for name in disk.list("keys").map_err(StoreError::io("keys/"))? {
            let n = name.strip_prefix("log-").and_then(|n| n.strip_suffix(".pub")?.parse::<u32>().ok());
            let Some(n) = n.filter(|n| all.iter().all(|(known, _)| known != n)) else { continue };
            let path = public_path(n);
            let line = read_small(disk, &path, SMALL_BYTES_MAX).map_err(StoreError::io(path.as_str()))?;
            let line = line.and_then(|l| String::from_utf8(l).ok());
            all.extend(line.and_then(|l| Some((n, VerifierKey::parse(l.trim_end()).ok()?))));
        }
        all.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
        Ok(all.into_iter().map(|(_, verifier)| verifier).collect())
    }
}

/// Makes the key of an epoch that was being begun its key: its log is durable.
///
/// # Errors
/// The disk's.
pub(crate) fn confirm_key(disk: &dyn Disk, n: u32) -> Result<(), StoreError> {
    let path = key_path(n);
    disk.rename(&next_path(n), &path).map_err(StoreError::io(path.as_str()))?;
    disk.sync_dir("keys").map_err(StoreError::io("keys/"))
}

pub(crate) fn epoch_folders(disk: &dyn Disk) -> std::io::Result<Vec<Epoch>> {
    let mut all: Vec<Epoch> = disk.list("log")?.iter().filter_map(|name| name.parse().ok()).collect();
    all.sort();
    Ok(all)
}

/// A box under another's id would continue a history that is not its own.
fn expect_own_log(disk: &dyn Disk, id: BoxId) -> Result<BoxId, StoreError> {
    // What cannot be read of the log says nothing here; the start looks at it next.
    match box_of_log(disk).ok().flatten().filter(|log| *log != id) {
        None => Ok(id),
        Some(log) => {
            let why = format!(
                "it names the box {id}, and the log is of the box {log}: one of them is another box's. Nothing was \
                 changed; put the right one back, or remove {BOX_FILE} to go on with this log"
            );
            Err(key_error(BOX_FILE, why))
        }
    }
}

pub(crate) fn box_of_log(disk: &dyn Disk) -> std::io::Result<Option<BoxId>> {
    for epoch in epoch_folders(disk)?.iter().rev() {
        for segment in SegmentFile::list(disk, &format!("log/{epoch}"))? {
            if let Some(header) = segment.read_header(disk)? {
                return Ok(Some(header.origin.box_id));
            }
        }
    }
    Ok(None)
}
