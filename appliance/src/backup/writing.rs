//! Writes one encrypted file under a temporary name, and hashes everything that goes into it.

use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

use record::tree::Hash;
use service::random::RandomSource;
use sha2::{Digest as _, Sha256};

use super::cause::BackupError;
use super::key::BackupSecret;
use super::labels::NEW;
use super::medium::{BackupMedium, MediumFile};
use super::pace::RunPace;
use crate::store::archive::{ArchiveWriter, BackupFile};
use crate::store::{CopiedFile, LogCheck};

const PIECE_BYTES: usize = 64 << 10;
/// Bytes that may wait in memory for the medium: more would hold up the flush of somebody's record behind them.
const SYNC_BYTES: u64 = 4 << 20;

const WRITING: &str = "writing to the folder for backups failed";

/// Counts and hashes what goes to the medium, and never lets much of it wait.
pub(super) struct HashedFile {
    file: Box<dyn MediumFile>,
    sum: Sha256,
    bytes: u64,
    synced: u64,
    /// The number of what went wrong: age puts it into words while it writes the header.
    fault: Arc<OnceLock<i32>>,
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let noted = self.file.write(bytes).inspect_err(|error| {
            if let Some(code) = error.raw_os_error() {
                let _ = self.fault.set(code);
            }
        });
        let count = noted?;
        self.sum.update(&bytes[..count]);
        self.bytes += count as u64;
        if self.bytes - self.synced >= SYNC_BYTES {
            self.file.sync_written()?;
            self.synced = self.bytes;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

pub(super) type SealedFile = age::stream::StreamWriter<HashedFile>;

pub(super) struct WrittenFile {
    pub(super) temporary: String,
    pub(super) bytes: u64,
    pub(super) sha256: Hash,
    /// Opens this one file, and is in memory alone: the box can read back what it wrote, and nothing that it wrote before.
    pub(super) own: BackupSecret,
}

/// Files of an archive, each hashed as it is written.
pub(super) struct FilesWriter<'a, W> {
    archive: ArchiveWriter<W>,
    files: Vec<BackupFile>,
    log: LogCheck,
    time_s: u64,
    pace: &'a mut RunPace,
}

/// The same, encrypted, under a temporary name.
pub(super) struct BackupWriter<'a> {
    pub(super) out: FilesWriter<'a, SealedFile>,
    temporary: String,
    own: BackupSecret,
}

/// Where a file goes, and who can open it.
#[derive(Clone, Copy)]
pub(super) struct SealTarget<'a> {
    pub(super) medium: &'a dyn BackupMedium,
    pub(super) recipient: &'a age::x25519::Recipient,
    /// Of which the key is made that the box keeps until it has read the file back.
    pub(super) random: &'a dyn RandomSource,
}

impl<'a> BackupWriter<'a> {
    pub(super) fn begin(
        target: SealTarget<'_>,
        name: &str,
        time_ms: i64,
        pace: &'a mut RunPace,
    ) -> Result<Self, BackupError> {
        let failed = BackupError::medium(WRITING);
        let temporary = format!("{name}{NEW}");
        let own = BackupSecret::generate(target.random);
        let file = create_sealed(target, &temporary, &own).map_err(failed)?;
        Ok(Self { out: FilesWriter::new(file, time_ms, pace), temporary, own })
    }

    pub(super) fn finish(self) -> Result<WrittenFile, BackupError> {
        let file = self.out.finish().and_then(|sealed| {
            let mut file = sealed.finish().map_err(BackupError::medium(WRITING))?;
            file.file.sync_written().map_err(BackupError::medium(WRITING))?;
            Ok(file)
        });
        let file = file?;
        Ok(WrittenFile {
            temporary: self.temporary,
            bytes: file.bytes,
            sha256: Hash(file.sum.finalize().into()),
            own: self.own,
        })
    }
}

impl<'a, W: Write> FilesWriter<'a, W> {
    pub(super) fn new(out: W, time_ms: i64, pace: &'a mut RunPace) -> Self {
        let time_s = u64::try_from(time_ms / 1_000).unwrap_or(0);
        let archive = ArchiveWriter::new(out);
        Self { archive, files: Vec::new(), log: LogCheck::default(), time_s, pace }
    }

    pub(super) fn add_bytes(&mut self, path: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.add(path, bytes.len() as u64, &mut &*bytes)
    }

    pub(super) fn add_copied(&mut self, copied: &CopiedFile) -> Result<(), BackupError> {
        let mut input = CopiedBytes { copied, at: 0 };
        self.add(&copied.path, copied.bytes, &mut input)
    }

    /// Adds a file of exactly so many bytes.
    pub(super) fn add(&mut self, path: &str, bytes: u64, input: &mut dyn Read) -> Result<(), BackupError> {
        self.archive.begin(path, bytes, self.time_s).map_err(BackupError::medium(WRITING))?;
        let checked = self.log.begin_file(path).map_err(|source| refuse_source(path, source))?;
        let (mut sum, mut left) = (Sha256::new(), bytes);
        let mut piece = vec![0; PIECE_BYTES];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            input.read_exact(&mut piece[..most]).map_err(|source| refuse_source(path, source))?;
            let read = &piece[..most];
            sum.update(read);
            if checked {
                self.log.push(read);
            }
            self.archive.write(read).map_err(BackupError::medium(WRITING))?;
            left -= most as u64;
            self.pace.rest()?;
        }
        self.log.end_file();
        let sha256 = Hash(sum.finalize().into());
        self.files.push(BackupFile { path: path.to_owned(), bytes, sha256 });
        Ok(())
    }

    pub(super) fn files(&self) -> &[BackupFile] {
        &self.files
    }

    pub(super) fn log(&self) -> &LogCheck {
        &self.log
    }

    pub(super) fn finish(self) -> Result<W, BackupError> {
        self.archive.finish().map_err(BackupError::medium(WRITING))
    }
}

fn refuse_source(path: &str, source: io::Error) -> BackupError {
    BackupError::Source { what: path.to_owned(), source }
}

fn create_sealed(target: SealTarget<'_>, name: &str, own: &BackupSecret) -> io::Result<SealedFile> {
    target.medium.remove(name)?;
    let fault = Arc::new(OnceLock::new());
    let file = HashedFile {
        file: target.medium.create(name)?,
        sum: Sha256::new(),
        bytes: 0,
        synced: 0,
        fault: Arc::clone(&fault),
    };
    let own = own.recipient();
    let both: [&dyn age::Recipient; 2] = [target.recipient, &own];
    let sealed =
        age::Encryptor::with_recipients(both.into_iter()).map_err(io::Error::other)?.wrap_output(file);
    sealed.map_err(|error| fault.get().map_or(error, |code| io::Error::from_raw_os_error(*code)))
}

/// Reads a file of the store from its beginning.
struct CopiedBytes<'a> {
    copied: &'a CopiedFile,
    at: u64,
}

impl Read for CopiedBytes<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.copied.bytes - self.at).unwrap_or(usize::MAX);
        let count = out.len().min(left);
        self.copied.file.read_at(self.at, &mut out[..count])?;
        self.at += count as u64;
        Ok(count)
    }
}
