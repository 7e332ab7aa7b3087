//! An archive of everything, as a facility takes it along.

use std::fs::File;
use std::io::BufReader;

use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use record::sign::VerifierKey;
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
    let missing = (read.photos.len() as u64).abs_diff(read.photos_inside);
    if missing > 0 {
        return Err(End::Broken(format!("{missing} photos of its list are not in it, or are too many")));
    }
    let manifest = &read.manifest;
    let mut message = String::from(
        "VERIFIED: every entry, text and photo of the archive is as it was, and none is missing.\n",
    );
    let made = moment_text(manifest.taken_ms.div_euclid(1_000));
    write_line(&mut message, "archive", &format!("of {}, made at {made}", manifest.facility));
    write_line(&mut message, "photos", &read.photos_inside.to_string());
    for log in &manifest.logs {
        match find_checkpoint(&read, log, &options.keys)? {
            Some(checkpoint) => about_log(&mut message, &checkpoint),
            None => {
                let words = "nothing in the archive is signed over exactly so many entries";
                write_line(
                    &mut message,
                    "unproven",
                    &format!("log {}, {} entries: {words}", log.epoch, log.size),
                );
            }
        }
        if !log.whole {
            return Err(End::Broken(format!("log {} is damaged behind entry {}", log.epoch, log.size)));
        }
    }
    if options.keys.is_empty() {
        write_line(&mut message, "keys", "they came with the archive: compare them with some that you trust");
    }
    Ok(message)
}

/// What a log's key signed over all of it that the archive has.
fn find_checkpoint(
    read: &ReadBackup,
    log: &StoredLog,
    trusted: &[VerifierKey],
) -> Result<Option<Checkpoint>, End> {
    let origin = LogOrigin { box_id: read.manifest.box_id, epoch: log.epoch };
    let name = origin.to_string();
    let is_own = |key: &&VerifierKey| key.name() == name;
    let key = read.keys.iter().find(is_own);
    if let (Some(trusted), Some(key)) = (trusted.iter().find(is_own), key)
        && trusted != key
    {
        return Err(End::Broken(format!(
            "the key of log {} is another than the one that you gave",
            log.epoch
        )));
    }
    let key = if trusted.is_empty() { key } else { trusted.iter().find(is_own) };
    let notes = read.notes.iter().chain([&read.manifest.checkpoint]);
    let mut signed = notes.filter_map(|note| SignedCheckpoint::verify(note, &origin, key?).ok());
    let whole =
        signed.find(|signed| (signed.checkpoint().size, signed.checkpoint().root) == (log.size, log.root));
    Ok(whole.map(|signed| *signed.checkpoint()))
}
