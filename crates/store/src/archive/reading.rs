//! Reads a backup or an archive to its end and trusts none of it: every file is hashed, and the log followed group by group to its
//! checkpoint. What is read goes nowhere, or to a folder.

use std::collections::BTreeSet;
use std::io::{self, Read};

use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::ids::{BoxId, Epoch};
use record::sign::VerifierKey;
use record::tree::Hash;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::contents::{
    BackupFile, BackupForm, BackupHead, BackupKind, BackupManifest, FORM, HEAD, MANIFEST, PHOTOS,
    PartManifest, PhotoFile, StoredLog, is_own_path, photo_of,
};
use super::fault::BackupFault;
use super::tar::{ArchiveError, ArchiveReader};
use crate::LogCheck;

const PIECE_BYTES: usize = 64 << 10;
/// Bytes of a file that is read as a whole: a manifest, or the list of photos. A hundred bytes a photo.
const SMALL_BYTES_MAX: u64 = 64 << 20;
/// Public keys of logs are small.
const KEY_BYTES_MAX: u64 = 4_096;

pub trait ArchiveSink {
    fn begin_file(&mut self, path: &str) -> io::Result<()>;
    fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn end_file(&mut self) -> io::Result<()>;
    /// A piece of work is done; an error ends the reading.
    fn rest(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nowhere: only the hashes count.
pub struct HashOnly;

impl ArchiveSink for HashOnly {
    fn begin_file(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
    fn write_bytes(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn end_file(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
pub struct ReadBackup {
    pub manifest: BackupManifest,
    pub photos: Vec<PhotoFile>,
    /// The keys of its logs.
    pub keys: Vec<VerifierKey>,
    /// What was signed of logs that had ended.
    pub notes: Vec<String>,
    /// Texts of people that are not what their entries name, by the logs' epochs and the entries' numbers.
    pub altered_texts: Vec<(Epoch, u64)>,
    /// Photos that are in the file itself.
    pub photos_inside: BTreeSet<Hash>,
    /// Logs of which there are files, and nothing that can be read.
    pub unread_logs: Vec<Epoch>,
}

/// Reads a backup, as it is decrypted.
///
/// # Errors
/// [`BackupFault`].
pub fn read_backup(input: impl Read, sink: &mut dyn ArchiveSink) -> Result<ReadBackup, BackupFault> {
    read_box(OpenFile::read(input, BackupKind::Box, sink)?)
}

/// Reads an archive of everything.
///
/// # Errors
/// [`BackupFault`].
pub fn read_archive(input: impl Read, sink: &mut dyn ArchiveSink) -> Result<ReadBackup, BackupFault> {
    read_box(OpenFile::read(input, BackupKind::Archive, sink)?)
}

fn read_box(mut file: OpenFile) -> Result<ReadBackup, BackupFault> {
    let manifest: BackupManifest = file.manifest()?;
    expect_files(&file.files, &manifest.files)?;
    if manifest.box_id != file.head.box_id || file.log.box_id() != Some(manifest.box_id) {
        return Err(BackupFault::Log("it is of several boxes"));
    }
    expect_logs(&file.log, &manifest)?;
    expect_checkpoint(&file.keys, &manifest)?;
    let photos = parse_photos(&file.photos).filter(|photos| photos.len() as u64 == manifest.photos);
    let photos =
        photos.ok_or(BackupFault::File { path: PHOTOS.to_owned(), why: "it is no list of photos" })?;
    let keys = file.keys.iter().filter_map(|key| VerifierKey::parse(key.trim_end()).ok()).collect();
    let inside = file.files.iter().filter_map(|file| file.path.strip_prefix("photos/"));
    let photos_inside = inside.filter_map(|path| photo_of(path.rsplit('/').next()?)).collect();
    let altered_texts = file.log.altered_texts().to_vec();
    let unread_logs = file.log.unread_epochs().collect();
    Ok(ReadBackup { manifest, photos, keys, notes: file.notes, altered_texts, photos_inside, unread_logs })
}

/// Reads a file of photos, as it is decrypted: their hashes.
///
/// # Errors
/// [`BackupFault`].
pub fn read_part(
    input: impl Read,
    box_id: BoxId,
    sink: &mut dyn ArchiveSink,
) -> Result<Vec<Hash>, BackupFault> {
    let mut file = OpenFile::read(input, BackupKind::Photos, sink)?;
    let manifest: PartManifest = file.manifest()?;
    expect_files(&file.files, &manifest.files)?;
    if file.head.box_id != box_id {
        return Err(BackupFault::NoBackup("its photos are another box's".to_owned()));
    }
    let names = file.files.iter().filter_map(|file| file.path.rsplit('/').next());
    Ok(names.filter(|name| !name.ends_with(".t.jpg")).filter_map(photo_of).collect())
}

struct OpenFile {
    head: BackupHead,
    files: Vec<BackupFile>,
    log: LogCheck,
    last: Vec<u8>,
    photos: Vec<u8>,
    /// Verifier keys of logs, as texts.
    keys: Vec<String>,
    /// What was signed of ended logs.
    notes: Vec<String>,
}

impl OpenFile {
    fn read(input: impl Read, kind: BackupKind, sink: &mut dyn ArchiveSink) -> Result<Self, BackupFault> {
        let mut archive = ArchiveReader::new(input);
        let (head, stored) = read_head(&mut archive, kind)?;
        let mut file = Self {
            head,
            files: vec![stored],
            log: if kind == BackupKind::Archive { LogCheck::with_texts() } else { LogCheck::default() },
            last: Vec::new(),
            photos: Vec::new(),
            keys: Vec::new(),
            notes: Vec::new(),
        };
        while let Some(entry) = archive.next_entry().map_err(word_form)? {
            if !file.last.is_empty() {
                return Err(refuse_file(&entry.path, "it stands behind the end"));
            }
            if !is_own_path(kind, &entry.path) {
                return Err(refuse_file(&entry.path, "no backup of a box holds such a file"));
            }
            file.take_entry(&mut archive, &entry.path, entry.bytes, sink)?;
        }
        Ok(file)
    }

    fn take_entry(
        &mut self,
        archive: &mut impl Read,
        path: &str,
        bytes: u64,
        sink: &mut dyn ArchiveSink,
    ) -> Result<(), BackupFault> {
        if path == MANIFEST {
            self.last = read_small(archive, bytes).map_err(BackupFault::Damaged)?;
            return if self.last.is_empty() { Err(refuse_file(path, "it is empty")) } else { Ok(()) };
        }
        let is_key = path.starts_with("keys/log-") && bytes <= KEY_BYTES_MAX;
        let is_note = path.starts_with("evidence/") && bytes <= KEY_BYTES_MAX;
        let mut copy = (path == PHOTOS || is_key || is_note).then(Vec::new);
        if copy.is_some() && bytes > SMALL_BYTES_MAX {
            return Err(refuse_file(path, "it is too long"));
        }
        let checked = self.log.begin_file(path).map_err(fail_target(path))?;
        sink.begin_file(path).map_err(fail_target(path))?;
        let (mut sum, mut left, mut piece) = (Sha256::new(), bytes, vec![0; PIECE_BYTES]);
        while left > 0 {
            let count = archive.read(&mut piece).map_err(BackupFault::Damaged)?;
            let read = &piece[..count];
            sum.update(read);
            if checked {
                self.log.push(read);
            }
            copy.iter_mut().for_each(|copy| copy.extend_from_slice(read));
            sink.write_bytes(read).map_err(fail_target(path))?;
            left -= count as u64;
            sink.rest().map_err(fail_target(path))?;
        }
        self.log.end_file();
        let sha256 = Hash(sum.finalize().into());
        let name = path.rsplit('/').next().unwrap_or(path);
        // A photo is named by what it is. Nothing else is accepted: it would take a photo's place, and count as one that is there.
        if path.starts_with("photos/") && !name.ends_with(".t.jpg") && photo_of(name) != Some(sha256) {
            return Err(refuse_file(path, "it is another photo than its name says"));
        }
        sink.end_file().map_err(fail_target(path))?;
        match copy {
            Some(text) if is_key => self.keys.extend(String::from_utf8(text)),
            Some(text) if is_note => self.notes.extend(String::from_utf8(text)),
            Some(photos) => self.photos = photos,
            None => {}
        }
        self.files.push(BackupFile { path: path.to_owned(), bytes, sha256 });
        Ok(())
    }

    fn manifest<T: DeserializeOwned>(&mut self) -> Result<T, BackupFault> {
        if self.last.is_empty() {
            return Err(BackupFault::Damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        let wrong = BackupFault::File { path: MANIFEST.to_owned(), why: "it cannot be read" };
        serde_json::from_slice(&std::mem::take(&mut self.last)).map_err(|_| wrong)
    }
}

fn word_form(error: ArchiveError) -> BackupFault {
    match error {
        ArchiveError::Bytes(error) => BackupFault::Damaged(error),
        ArchiveError::Form(why) => BackupFault::NoBackup(why.to_owned()),
    }
}

/// The first file says which format all others have, in whatever format.
fn read_head<R: Read>(
    archive: &mut ArchiveReader<R>,
    kind: BackupKind,
) -> Result<(BackupHead, BackupFile), BackupFault> {
    let first = archive.next_entry().map_err(word_form)?;
    let Some(entry) = first.filter(|entry| entry.path == HEAD) else {
        return Err(refuse_backup("it does not say what it is"));
    };
    let bytes = read_small(archive, entry.bytes).map_err(BackupFault::Damaged)?;
    let form: BackupForm =
        serde_json::from_slice(&bytes).map_err(|_| refuse_backup("it does not say what it is"))?;
    if form.form > FORM {
        return Err(BackupFault::Newer { found: form.form, known: FORM });
    }
    let head: BackupHead =
        serde_json::from_slice(&bytes).map_err(|_| refuse_backup("it does not say what it is"))?;
    match (head.kind, kind) {
        (BackupKind::Photos, BackupKind::Box) => {
            Err(refuse_backup("it holds photos only; the file to restore has a day in its name"))
        }
        (BackupKind::Box, BackupKind::Photos) => Err(refuse_backup("it holds no photos")),
        (found, expected) if found != expected => Err(refuse_backup("it is another kind of file of a box")),
        _ => Ok((head, BackupFile { path: entry.path, bytes: entry.bytes, sha256: Hash::of(&bytes) })),
    }
}

fn refuse_backup(why: &str) -> BackupFault {
    BackupFault::NoBackup(why.to_owned())
}

fn refuse_file(path: &str, why: &'static str) -> BackupFault {
    BackupFault::File { path: path.to_owned(), why }
}

fn fail_target(path: &str) -> impl FnOnce(io::Error) -> BackupFault {
    move |source| BackupFault::Target { what: path.to_owned(), source }
}

fn read_small(input: &mut impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    if bytes > SMALL_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a list in it is too long"));
    }
    let mut all = Vec::new();
    input.take(bytes).read_to_end(&mut all)?;
    Ok(all)
}

/// Each file is what was backed up, and none is missing or too many.
fn expect_files(read: &[BackupFile], stated: &[BackupFile]) -> Result<(), BackupFault> {
    let differs = read.iter().zip(stated).find(|(read, stated)| read != stated).map(|(_, stated)| stated);
    let rest = stated.get(read.len()).or_else(|| read.get(stated.len()));
    match differs.or(rest) {
        Some(file) => {
            Err(BackupFault::File { path: file.path.clone(), why: "its hash is another, or it is missing" })
        }
        None => Ok(()),
    }
}

/// What a check of its files says of the logs.
pub fn stored_logs(log: &LogCheck) -> Vec<StoredLog> {
    let all = log.epochs().into_iter();
    all.map(|log| StoredLog { epoch: log.origin.epoch, size: log.size, root: log.root, whole: log.whole })
        .collect()
}

fn expect_logs(log: &LogCheck, manifest: &BackupManifest) -> Result<(), BackupFault> {
    match stored_logs(log) == manifest.logs {
        true => Ok(()),
        false => Err(BackupFault::Log("its entries do not lead to the roots that it states")),
    }
}

/// The checkpoint is signed by the log's own key, and says of the log what its entries say.
fn expect_checkpoint(keys: &[String], manifest: &BackupManifest) -> Result<(), BackupFault> {
    let origin = LogOrigin { box_id: manifest.box_id, epoch: manifest.epoch };
    let own = keys.iter().filter_map(|key| VerifierKey::parse(key.trim_end()).ok());
    let own = own.filter(|key| key.name() == origin.to_string() && origin.verifier(&key.public()).is_ok());
    let mut signed = own.filter_map(|key| SignedCheckpoint::verify(&manifest.checkpoint, &origin, &key).ok());
    let signed = signed.next().ok_or(BackupFault::Log("its checkpoint is not signed by its key"))?;
    let newest = manifest.newest().ok_or(BackupFault::Log("its newest log is missing"))?;
    let checkpoint = signed.checkpoint();
    // Of a log that is damaged on the box itself there is less than was signed.
    let holds = (checkpoint.size, checkpoint.root) == (newest.size, newest.root) || !newest.whole;
    if holds { Ok(()) } else { Err(BackupFault::Log("its entries do not lead to its checkpoint")) }
}

/// The list of photos: a line each.
pub fn write_photos(photos: &[PhotoFile]) -> String {
    photos.iter().map(|photo| format!("{} {}\n", photo.hash, photo.bytes)).collect()
}

fn parse_photos(text: &[u8]) -> Option<Vec<PhotoFile>> {
    std::str::from_utf8(text).ok()?.lines().map(parse_photo).collect()
}

fn parse_photo(line: &str) -> Option<PhotoFile> {
    let (hash, bytes) = line.split_once(' ')?;
    Some(PhotoFile { hash: hash.parse().ok()?, bytes: bytes.parse().ok()? })
}
