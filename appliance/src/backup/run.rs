//! One backup: photos that no earlier one has, then the log and the rest, each read back before it counts, and only then the
//! oldest goes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use record::compliance::find_zone;
use record::tree::Hash;
use service::random::RandomSource;
use sha2::{Digest as _, Sha256};

use super::cause::BackupError;
use super::contents::{BackupLabel, PartLabel};
use super::key::{BackupRecipient, decrypt_file};
use super::label_key::{LABEL_KEY, LabelKey};
use super::labels::{FoundFiles, backup_name, label_name, part_name, write_label};
use super::medium::BackupMedium;
use super::pace::RunPace;
use super::photo_parts::plan_parts;
use super::writing::{BackupWriter, FilesWriter, SealTarget, WrittenFile};
use crate::identity::PASSING_TABLES;
use crate::photo::PhotoStore;
use crate::store::archive::{
    ArchiveSink, BackupFault, BackupHead, BackupKind, BackupManifest, FORM, HEAD, HashOnly, MANIFEST, PHOTOS,
    PartManifest, PartRef, PhotoFile, SETTINGS, read_backup, read_part, stored_logs, write_photos,
};
use crate::store::{Store, StoreError};

/// Files of `keys/` that a restored box needs: its authority, so that browsers continue to trust it, its relation to
/// the relay, and the keys by which it recognises its labels and its people's badges and signs its packs, so that these
/// stay valid. The key that signs the log is in no backup: a box that is restored begins a log of its own.
const KEYS: [&str; 10] = [
    "https-ca.key",
    "https-ca.pem",
    "relay.json",
    "box.key",
    "claim.used",
    "claim.toml",
    "badge.key",
    "pack-signer.key",
    "pack-signer.pub",
    LABEL_KEY,
];
/// Bytes of a file of `keys/`.
const KEY_BYTES_MAX: u64 = 1 << 20;
/// Bytes of older photo files that are read again at a backup: all of them in turn, and none takes an hour.
const RECHECKED_BYTES: u64 = 1 << 30;
const DAY_MS: i64 = 86_400_000;

pub(super) struct RunInput<'a> {
    pub(super) store: &'a Store,
    pub(super) photos: &'a PhotoStore,
    pub(super) data: &'a Path,
    pub(super) medium: &'a dyn BackupMedium,
    pub(super) recipient: &'a BackupRecipient,
    pub(super) label_key: LabelKey,
    pub(super) random: &'a dyn RandomSource,
    pub(super) settings: &'a str,
    pub(super) keep: u16,
    pub(super) last_number: u64,
    pub(super) now_ms: i64,
}

pub(super) fn make_backup(input: &RunInput<'_>, pace: &mut RunPace) -> Result<MadeBackup, BackupError> {
    let mut run = BackupRun::begin(input, pace)?;
    let made = run.make();
    if made.is_err() {
        // A stick that is gone retains it, and the next backup removes it.
        run.remove_unfinished();
    }
    made
}

#[derive(Debug)]
pub(super) struct MadeBackup {
    pub(super) label: BackupLabel,
    pub(super) bytes: u64,
}

struct BackupRun<'a, 'p> {
    input: &'a RunInput<'a>,
    pace: &'p mut RunPace,
    recipient: age::x25519::Recipient,
    found: FoundFiles,
}

const LOOKING: &str = "the folder for backups could not be read";
const READING: &str = "a file in the folder for backups could not be read";
const REMOVING: &str = "an old backup could not be removed";

impl<'a, 'p> BackupRun<'a, 'p> {
    fn begin(input: &'a RunInput<'a>, pace: &'p mut RunPace) -> Result<Self, BackupError> {
        let recipient = input.recipient.parse().map_err(|_| BackupError::NoKey)?;
        let found = look_at(input);
        let run = Self { input, pace, recipient, found: found.map_err(BackupError::medium(LOOKING))? };
        run.remove_unfinished();
        Ok(run)
    }

    fn remove_unfinished(&self) {
        let names = look_at(self.input);
        for name in names.map(|found| found.unfinished).unwrap_or_default() {
            if let Err(error) = self.input.medium.remove(&name) {
                tracing::warn!(%error, name, "a backup that was not finished could not be removed");
            }
        }
    }

    fn make(&mut self) -> Result<MadeBackup, BackupError> {
        let on_box = photos_on_box(self.input.photos)?;
        let parts: Vec<PartLabel> =
            self.found.parts.iter().filter(|part| self.is_own_key(&part.key)).cloned().collect();
        let plan = plan_parts(&on_box, &parts);
        let mut parts: Vec<PartLabel> =
            parts.iter().filter(|part: &&PartLabel| plan.stay.contains(&part.file.name)).cloned().collect();
        self.recheck_parts(&mut parts)?;
        for photos in plan_parts(&on_box, &parts).write {
            parts.extend(self.write_part(&photos)?);
        }
        let held: BTreeSet<Hash> = parts.iter().flat_map(|part| part.photos.iter().copied()).collect();
        let photos: Vec<PhotoFile> = on_box.into_iter().filter(|photo| held.contains(&photo.hash)).collect();
        let label = self.write_box(&photos, &parts)?;
        let bytes = label.file.bytes + parts.iter().map(|part| part.file.bytes).sum::<u64>();
        self.remove_oldest(&label)?;
        Ok(MadeBackup { label, bytes })
    }

    /// Whether a file is for the present key: photos that another one opens are written again.
    fn is_own_key(&self, key: &str) -> bool {
        key == self.input.recipient.short()
    }

    /// Reads some of the older photo files again, each day others; one that is not what it was counts no more.
    fn recheck_parts(&mut self, parts: &mut Vec<PartLabel>) -> Result<(), BackupError> {
        if parts.is_empty() {
            return Ok(());
        }
        let day = usize::try_from(self.input.now_ms / DAY_MS).unwrap_or(0);
        let (mut bytes, mut bad) = (0, Vec::new());
        for at in 0..parts.len() {
            let part = &parts[(day + at) % parts.len()].file;
            if bytes > 0 && bytes + part.bytes > RECHECKED_BYTES {
                break;
            }
            bytes += part.bytes;
            match hash_file(self.input.medium, &part.name, self.pace) {
                Ok(sha256) if sha256 == part.sha256 => {}
                Err(BackupError::Stopped) => return Err(BackupError::Stopped),
                damaged => {
                    tracing::warn!(
                        ?damaged,
                        name = part.name,
                        "photos of a backup are damaged and are written again"
                    );
                    bad.push(part.name.clone());
                }
            }
        }
        parts.retain(|part| !bad.contains(&part.file.name));
        Ok(())
    }

    /// Writes photos into a file; `None` where none of them is on the box any more.
    fn write_part(&mut self, photos: &[PhotoFile]) -> Result<Option<PartLabel>, BackupError> {
        let (input, box_id) = (self.input, self.input.store.origin().box_id);
        let temporary = part_name(box_id, &Hash::of(&input.now_ms.to_be_bytes()));
        let target = SealTarget { medium: input.medium, recipient: &self.recipient, random: input.random };
        let mut writer = BackupWriter::begin(target, &temporary, input.now_ms, self.pace)?;
        let out = &mut writer.out;
        out.add_bytes(HEAD, &head_of(input.store, BackupKind::Photos)?)?;
        let mut written = Vec::new();
        for photo in photos {
            if add_photo(out, input.photos, photo)? {
                add_thumbnail(out, input.photos, photo.hash)?;
                written.push(photo.hash);
            }
        }
        let manifest = PartManifest { files: out.files().to_vec() };
        out.add_bytes(MANIFEST, &to_json(&manifest)?)?;
        let written_file = writer.finish()?;
        if written.is_empty() {
            input.medium.remove(&written_file.temporary).map_err(BackupError::medium(LOOKING))?;
            return Ok(None);
        }
        let name = part_name(box_id, &written_file.sha256);
        let mut sink = PacedSink(self.pace);
        let read = input.medium.open(&written_file.temporary).map_err(BackupFault::Damaged);
        let read = read
            .and_then(|file| decrypt_file(file, &written_file.own))
            .and_then(|file| read_part(file, box_id, &mut sink));
        match read {
            Ok(read) if read == written => {}
            Ok(_) => return Err(not_right(&name, "it holds other photos")),
            Err(fault) => return Err(fault_error(&name, fault)),
        }
        let file = PartRef { name, bytes: written_file.bytes, sha256: written_file.sha256 };
        let key = input.recipient.short().to_owned();
        let label = PartLabel { form: FORM, box_id, verified_ms: input.now_ms, file, key, photos: written };
        self.name_file(&written_file, &label.file.name, &label)?;
        Ok(Some(label))
    }

    fn write_box(&mut self, photos: &[PhotoFile], parts: &[PartLabel]) -> Result<BackupLabel, BackupError> {
        let input = self.input;
        let (origin, number) = (input.store.origin(), self.found.number_after(input.last_number));
        let name = backup_name(origin.box_id, &day_of(input), &self.found.names);
        let target = SealTarget { medium: input.medium, recipient: &self.recipient, random: input.random };
        let mut writer = BackupWriter::begin(target, &name, input.now_ms, self.pace)?;
        let out = &mut writer.out;
        out.add_bytes(HEAD, &head_of(input.store, BackupKind::Box)?)?;
        let log = input.store.copy_log()?;
        for copied in &log.files {
            out.add_copied(copied)?;
        }
        let state = input.store.copy_state(PASSING_TABLES)?;
        out.add_copied(&state.copied)?;
        drop(state);
        for key in KEYS {
            add_key(out, &input.data.join("keys"), key)?;
        }
        out.add_bytes(SETTINGS, input.settings.as_bytes())?;
        out.add_bytes(PHOTOS, write_photos(photos).as_bytes())?;
        let manifest = BackupManifest {
            box_id: origin.box_id,
            facility: input.store.facility().settings.name.clone(),
            number,
            taken_ms: input.now_ms,
            epoch: log.origin.epoch,
            checkpoint: log.checkpoint.to_string(),
            logs: stored_logs(out.log()),
            photos: photos.len() as u64,
            parts: parts.iter().map(|part| part.file.clone()).collect(),
            files: out.files().to_vec(),
        };
        out.add_bytes(MANIFEST, &to_json(&manifest)?)?;
        let written = writer.finish()?;
        let mut sink = PacedSink(self.pace);
        let read = input.medium.open(&written.temporary).map_err(BackupFault::Damaged);
        let read = read
            .and_then(|file| decrypt_file(file, &written.own))
            .and_then(|file| read_backup(file, &mut sink));
        let read = read.map_err(|fault| fault_error(&name, fault))?;
        let label = BackupLabel {
            form: FORM,
            box_id: origin.box_id,
            number,
            taken_ms: input.now_ms,
            verified_ms: input.now_ms,
            file: PartRef { name, bytes: written.bytes, sha256: written.sha256 },
            key: input.recipient.short().to_owned(),
            entries: read.manifest.entries(),
            photos: read.manifest.photos,
            parts: parts.iter().map(|part| part.file.name.clone()).collect(),
        };
        self.name_file(&written, &label.file.name, &label)?;
        Ok(label)
    }

    /// Gives a file that was read back its name: from then on it counts.
    fn name_file<T: serde::Serialize>(
        &self,
        written: &WrittenFile,
        name: &str,
        label: &T,
    ) -> Result<(), BackupError> {
        let medium = self.input.medium;
        let labelled = write_label(medium, name, label, self.input.label_key);
        let named = labelled.and_then(|()| medium.rename(&written.temporary, name));
        named.map_err(BackupError::medium("naming a file in the folder for backups failed"))
    }

    /// Removes the backups beyond those that are to stay, and then photos that none of the others needs.
    fn remove_oldest(&self, newest: &BackupLabel) -> Result<(), BackupError> {
        let medium = self.input.medium;
        let found = look_at(self.input).map_err(BackupError::medium(REMOVING))?;
        let (stay, gone) =
            found.backups.split_at(usize::from(self.input.keep.max(1)).min(found.backups.len()));
        for backup in gone.iter().filter(|backup| backup.file.name != newest.file.name) {
            remove_labelled(medium, &backup.file.name).map_err(BackupError::medium(REMOVING))?;
        }
        let unneeded = found
            .parts
            .iter()
            .filter(|part| !stay.iter().chain([newest]).any(|backup| backup.parts.contains(&part.file.name)));
        for part in unneeded {
            remove_labelled(medium, &part.file.name).map_err(BackupError::medium(REMOVING))?;
        }
        if stay.len() < usize::from(self.input.keep.max(1)) {
            return Ok(());
        }
        for name in foreign_outside(&found, stay) {
            remove_labelled(medium, &name).map_err(BackupError::medium(REMOVING))?;
        }
        Ok(())
    }
}

/// Files under this box's name that another key sealed, as before that key was lost, and that are older than all that
/// stay, or dated more than a day after them: a clock that was far ahead wrote that, or somebody, and it would never be
/// older. With as many of its own as it is to have no one needs them, and nothing else would ever remove them.
fn foreign_outside(found: &FoundFiles, stay: &[BackupLabel]) -> Vec<String> {
    let dates = stay.iter().map(|backup| backup.taken_ms);
    let (Some(oldest_ms), Some(newest_ms)) = (dates.clone().min(), dates.max()) else { return Vec::new() };
    let within = oldest_ms..=newest_ms.saturating_add(DAY_MS);
    let (others, gone): (Vec<_>, Vec<_>) =
        found.foreign.iter().partition(|backup| within.contains(&backup.taken_ms));
    let parts = found.foreign_parts.iter().filter(|part| {
        let mut needing = stay.iter().chain(others.iter().copied());
        !within.contains(&part.verified_ms) && !needing.any(|backup| backup.parts.contains(&part.file.name))
    });
    let backups = gone.into_iter().map(|backup| backup.file.name.clone());
    backups.chain(parts.map(|part| part.file.name.clone())).collect()
}

fn remove_labelled(medium: &dyn BackupMedium, name: &str) -> io::Result<()> {
    medium.remove(name)?;
    medium.remove(&label_name(name))
}

/// The files of this box in the folder.
fn look_at(input: &RunInput<'_>) -> io::Result<FoundFiles> {
    FoundFiles::look(input.medium, input.store.origin().box_id, input.label_key)
}

/// Discards what is read, and pauses as the writer does.
struct PacedSink<'p>(&'p mut RunPace);

impl ArchiveSink for PacedSink<'_> {
    fn begin_file(&mut self, path: &str) -> io::Result<()> {
        HashOnly.begin_file(path)
    }
    fn write_bytes(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn end_file(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn rest(&mut self) -> io::Result<()> {
        self.0.rest().map_err(io::Error::other)
    }
}

fn not_right(name: &str, why: &str) -> BackupError {
    BackupError::NotRight { name: name.to_owned(), why: why.to_owned() }
}

/// What a fault of what was read back means: where the box ends, nothing is wrong with the medium.
fn fault_error(name: &str, fault: BackupFault) -> BackupError {
    match fault {
        BackupFault::Target { source, .. }
            if source.get_ref().is_some_and(|inner| inner.is::<BackupError>()) =>
        {
            BackupError::Stopped
        }
        BackupFault::Damaged(source) if source.raw_os_error().is_some() => {
            BackupError::Medium { what: "reading the backup back failed", source }
        }
        other => not_right(name, &other.to_string()),
    }
}

/// Photos on the box, the oldest first, so that those of the same time are stored together.
pub(super) fn photos_on_box(photos: &PhotoStore) -> Result<Vec<PhotoFile>, BackupError> {
    let mut all = match photos.all() {
        // Without the folder the box has no photos.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        all => all.map_err(|source| BackupError::Source { what: "photos".to_owned(), source })?,
    };
    all.sort_by_key(|photo| (std::cmp::Reverse(photo.age_ms), photo.hash));
    Ok(all.into_iter().map(|photo| PhotoFile { hash: photo.hash, bytes: photo.bytes }).collect())
}

/// What stands for a photo in lists; one that is not there is made again.
fn add_thumbnail<W: io::Write>(
    out: &mut FilesWriter<'_, W>,
    photos: &PhotoStore,
    hash: Hash,
) -> Result<(), BackupError> {
    match read_photo(&photos.thumbnail_path(hash))? {
        Some(thumbnail) => {
            let path = format!("photos/{}/{hash}.t.jpg", &hash.to_string()[..2]);
            out.add_bytes(&path, &thumbnail)
        }
        None => Ok(()),
    }
}

/// Adds a photo; `false` where it left the box meanwhile, or is not what was recorded.
pub(super) fn add_photo<W: io::Write>(
    out: &mut FilesWriter<'_, W>,
    photos: &PhotoStore,
    photo: &PhotoFile,
) -> Result<bool, BackupError> {
    let path = photos.path(photo.hash);
    let folder = photo.hash.to_string()[..2].to_owned();
    let Some(bytes) = read_photo(&path)? else { return Ok(false) };
    if Hash::of(&bytes) != photo.hash {
        tracing::error!(photo = %photo.hash, "a photo is not what was recorded, and is left out of the backup");
        return Ok(false);
    }
    out.add_bytes(&format!("photos/{folder}/{}.jpg", photo.hash), &bytes)?;
    Ok(true)
}

/// A photo has a few megabytes at most: it is checked before any of it is written.
fn read_photo(path: &Path) -> Result<Option<Vec<u8>>, BackupError> {
    let most = record::limits::PHOTO_STORED_BYTES_MAX as u64 + 1;
    read_file(path, most).map_err(|source| BackupError::Source { what: path.display().to_string(), source })
}

fn read_file(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    (&file).take(most).read_to_end(&mut bytes)?;
    // Advice: what phones look at stays in memory, and not what only the backup read.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    Ok(Some(bytes))
}

fn add_key<W: io::Write>(out: &mut FilesWriter<'_, W>, keys: &Path, name: &str) -> Result<(), BackupError> {
    let path: PathBuf = keys.join(name);
    match read_file(&path, KEY_BYTES_MAX)
        .map_err(|source| BackupError::Source { what: format!("keys/{name}"), source })?
    {
        Some(bytes) => out.add_bytes(&format!("keys/{name}"), &bytes),
        None => Ok(()),
    }
}

pub(super) fn head_of(store: &Store, kind: BackupKind) -> Result<Vec<u8>, BackupError> {
    let box_id = store.origin().box_id;
    to_json(&BackupHead { form: FORM, kind, box_id, program: env!("CARGO_PKG_VERSION").to_owned() })
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, BackupError> {
    let made = serde_json::to_vec(value);
    made.map_err(|e| BackupError::Store(StoreError::Io { what: "a list".to_owned(), source: e.into() }))
}

fn day_of(input: &RunInput<'_>) -> String {
    let zone = find_zone(input.store.facility().settings.zone()).unwrap_or(TimeZone::UTC);
    let at = jiff::Timestamp::from_millisecond(input.now_ms).unwrap_or_default();
    at.to_zoned(zone).strftime("%Y-%m-%d").to_string()
}

/// SHA-256 of a file as stored.
pub(super) fn hash_file(
    medium: &dyn BackupMedium,
    name: &str,
    pace: &mut RunPace,
) -> Result<Hash, BackupError> {
    let mut file = medium.open(name).map_err(BackupError::medium(READING))?;
    let (mut sum, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut piece).map_err(BackupError::medium(READING))? {
            0 => return Ok(Hash(sum.finalize().into())),
            count => sum.update(&piece[..count]),
        }
        pace.rest()?;
    }
}
