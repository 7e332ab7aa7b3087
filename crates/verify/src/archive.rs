//! An archive of everything, as a facility takes it along.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;

use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use record::sign::VerifierKey;
use record::tree::Hash;
use store::archive::{BackupFault, HashOnly, ReadBackup, StoredLog, read_archive};

use super::words::{about_log, moment_text, write_line};
use super::{End, Options};

pub(super) fn check_archive(file: &str, options: &Options) -> Result<String, End> {
    let opened = File::open(file).map_err(|e| End::Unread(format!("cannot open {file}: {e}")))?;
    let read = read_archive(BufReader::new(opened), &mut HashOnly).map_err(|fault| match fault {
        BackupFault::NoBackup(_) | BackupFault::Newer { .. } => End::Unread(format!("{file}: {fault}")),
        fault => End::Broken(fault.to_string()),
    })?;
    if let Some((epoch, seq)) = read.altered_texts.first() {
        let why = format!("a text beside the entries from {seq} on of log {epoch} is not what it was");
        return Err(End::Broken(why));
    }
    let listed: BTreeSet<Hash> = read.photos.iter().map(|photo| photo.hash).collect();
    if let Some(photo) = listed.symmetric_difference(&read.photos_inside).next() {
        return Err(End::Broken(format!("the photo {photo} is in its list or in it, and not in both")));
    }
    if let Some(epoch) = read.unread_logs.first() {
        return Err(End::Broken(format!("nothing of log {epoch} can be read")));
    }
    let manifest = &read.manifest;
    let mut message = String::from(
        "VERIFIED: every entry of the logs below is there, in order and unchanged; texts are what their entries name, and photos what their \
         names say.\n",
    );
    let made = moment_text(manifest.taken_ms.div_euclid(1_000));
    write_line(&mut message, "archive", &format!("of {}, made at {made}", manifest.facility));
    write_line(&mut message, "photos", &read.photos_inside.len().to_string());
    for log in &manifest.logs {
        if !log.whole {
            return Err(End::Broken(format!("log {} is damaged behind entry {}", log.epoch, log.size)));
        }
        about_log(&mut message, &find_checkpoint(&read, log, &options.keys)?);
    }
    if options.keys.is_empty() {
        write_line(&mut message, "keys", "they came with the archive: compare them with some that you trust");
    }
    Ok(message)
}

/// What a log's key signed over all of it that the archive has. A log that is shorter than what was signed is none.
fn find_checkpoint(read: &ReadBackup, log: &StoredLog, trusted: &[VerifierKey]) -> Result<Checkpoint, End> {
    let origin = LogOrigin { box_id: read.manifest.box_id, epoch: log.epoch };
    let is_own =
        |key: &&VerifierKey| key.name() == origin.to_string() && origin.verifier(&key.public()).is_ok();
    let keys = if trusted.is_empty() { &read.keys[..] } else { trusted };
    let Some(key) = keys.iter().find(is_own) else {
        return Err(End::Broken(format!("none of the keys belongs to the log {origin}")));
    };
    let notes = read.notes.iter().chain([&read.manifest.checkpoint]);
    let signed = notes.filter_map(|note| SignedCheckpoint::verify(note, &origin, key).ok());
    let signed = signed.map(|signed| *signed.checkpoint()).max_by_key(|checkpoint| checkpoint.size);
    match signed {
        Some(signed) if (signed.size, signed.root) == (log.size, log.root) => Ok(signed),
        Some(signed) => Err(End::Broken(format!(
            "log {} has {} entries here, and {} were signed, or other ones",
            log.epoch, log.size, signed.size
        ))),
        None => Err(End::Broken(format!("nothing in the archive is signed by the key of log {}", log.epoch))),
    }
}
