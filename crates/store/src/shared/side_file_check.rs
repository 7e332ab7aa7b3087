//! Small files beside the log without which a start can do: one that cannot be used is renamed, and reported.

use std::io::ErrorKind;

use record::ids::Epoch;
use record::sign::{SignedNote, VerifierKey};

use super::cursor;
use super::rebase::{self, Rebase};
use crate::io::disk::{Disk, file_exists, is_lost, read_small, set_aside_hint};
use crate::io::error::StoreError;
use crate::log::scan::SegmentFile;
use crate::side_files::evidence::is_ended_note;
use crate::side_files::keys::epoch_folders;
use crate::side_files::mark;
use crate::side_files::mark::MARK;
use crate::side_files::relay_restarts;
use crate::side_files::unreported;

pub(crate) const FOLDERS: [&str; 5] = ["evidence", "fetched", "displaced", "runs", "salvage"];
/// Those of them that may hold lines which nothing else has, and which nobody gives again.
const COPIES: [&str; 3] = ["displaced", "runs", "salvage"];
const SMALL_BYTES_MAX: usize = 4096;
/// Of an Ed25519 key.
const SECRET_BYTES: usize = 32;

/// Puts aside every hint that is too long, unreadable or not what it should be; their names. A start that comes after
/// reads what is left as if it had never been there.
///
/// # Errors
/// A folder that cannot be read now: then nothing was changed.
pub(crate) fn set_bad_aside(disk: &dyn Disk) -> Result<Vec<String>, StoreError> {
    let in_the_way = in_the_way(disk)?;
    let mut bad = Vec::new();
    read_hint(disk, unreported::FILE, unreported::BYTES_MAX, unreported::is_unreported, &mut bad);
    for path in in_the_way {
        put_aside(disk, &path, &mut bad);
    }
    take_copies_back(disk);
    make_way_for_copies(disk, &mut bad);
    read_hint(disk, cursor::FILE, cursor::FILE_BYTES, cursor::is_cursor, &mut bad);
    read_hint(disk, MARK, mark::BYTES_MAX, is_mark, &mut bad);
    read_hint(disk, rebase::FILE, rebase::BYTES_MAX, is_rebase, &mut bad);
    read_hint(disk, rebase::TAKEOVER, rebase::BYTES_MAX, is_rebase, &mut bad);
    let restarts = relay_restarts::is_restarts;
    read_hint(disk, relay_restarts::FILE, relay_restarts::BYTES_MAX, restarts, &mut bad);
    for name in disk.list("evidence").unwrap_or_default() {
        if name.ends_with(".ends") || is_ended_note(&name) {
            read_hint(disk, &format!("evidence/{name}"), SMALL_BYTES_MAX, is_note, &mut bad);
        }
    }
    for name in disk.list("keys").unwrap_or_default() {
        if name.starts_with("log-") && name.ends_with(".pub") {
            read_hint(disk, &format!("keys/{name}"), SMALL_BYTES_MAX, is_verifier, &mut bad);
        }
        if name.starts_with("log-") && (name.ends_with(".key") || name.ends_with(".next")) {
            look_at_key(disk, &format!("keys/{name}"), &mut bad);
        }
    }
    Ok(bad)
}

/// A key that is none is as good as one that is gone: its epoch ends, or never began. One that cannot be read now may be
/// readable later, and whoever loads it says so.
fn look_at_key(disk: &dyn Disk, path: &str, bad: &mut Vec<String>) {
    use std::io::ErrorKind as K;
    match read_small(disk, path, SMALL_BYTES_MAX) {
        Ok(Some(bytes)) if bytes.len() != SECRET_BYTES => put_aside(disk, path, bad),
        Err(e) if matches!(e.kind(), K::IsADirectory | K::InvalidData) || is_lost(&e) => {
            put_aside(disk, path, bad);
        }
        Ok(_) | Err(_) => {}
    }
}

/// What is no folder where one must be, and folders where the journal's files were: what they held is healed from other
/// copies, or reported as missing. A folder that the disk lost in part is in the way too, unless it is the journal's.
fn in_the_way(disk: &dyn Disk) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for folder in FOLDERS {
        match disk.list(folder) {
            Err(e) if e.kind() == ErrorKind::NotADirectory || is_lost(&e) => all.push(folder.to_owned()),
            listed => drop(listed.map_err(unread_error(folder))?),
        }
    }
    let epochs = match epoch_folders(disk) {
        Err(e) if e.kind() == ErrorKind::NotADirectory => {
            all.push("log".to_owned());
            return Ok(all);
        }
        listed => listed.map_err(unread_error("log"))?,
    };
    for epoch in epochs {
        let dir = format!("log/{epoch}");
        let segments = match SegmentFile::list(disk, &dir) {
            Err(e) if e.kind() == ErrorKind::NotADirectory => {
                all.push(dir);
                continue;
            }
            listed => listed.map_err(unread_error(&dir))?,
        };
        let paths = segments.into_iter().map(|segment| segment.path);
        all.extend(paths.filter(|path| disk.open(path).is_err_and(|e| e.kind() == ErrorKind::IsADirectory)));
    }
    Ok(all)
}

fn unread_error(path: &str) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::FolderUnread { path, source }
}

/// Folders with copies of lines, put aside because the disk did not list them, and the contents of those it lists now.
///
/// # Errors
/// The disk's: of one it is not known what is in it.
pub(crate) fn copies_aside(disk: &dyn Disk) -> std::io::Result<Vec<(&'static str, String, Vec<String>)>> {
    let mut all = Vec::new();
    for aside in disk.list("")? {
        let folder = COPIES.iter().find(|folder| {
            let rest = aside.strip_prefix(**folder);
            rest.is_some_and(|rest| rest == ".bad" || rest.starts_with(".bad-"))
        });
        let Some(folder) = folder else { continue };
        match disk.list(&aside) {
            Err(e) if e.kind() == ErrorKind::NotADirectory => {}
            listed => all.push((*folder, aside, listed?)),
        }
    }
    Ok(all)
}

/// The contents of folders that were put aside and are listed now are moved back, and used again.
fn take_copies_back(disk: &dyn Disk) {
    // What cannot be listed yet stays.
    for (folder, aside, names) in copies_aside(disk).unwrap_or_default() {
        for name in names {
            match take_copy_back(disk, (folder, &aside), &name) {
                Ok(()) => {
                    tracing::warn!(folder, name, "a copy that could not be listed before is here again")
                }
                Err(error) => tracing::error!(%error, folder, name, "a copy could not be taken back"),
            }
        }
    }
}

fn take_copy_back(disk: &dyn Disk, (folder, aside): (&str, &str), name: &str) -> std::io::Result<()> {
    let (folder, numbered): (&str, Box<dyn Fn(u32) -> String>) = match folder {
        _ if !file_exists(disk, &format!("{folder}/{name}"))? => (folder, Box::new(|_| name.to_owned())),
        "salvage" => {
            let rest = name.split_once('.').map_or(name, |(_, rest)| rest);
            (folder, Box::new(move |n| format!("{n}.{rest}")))
        }
        "displaced" => {
            let epoch = name.rsplit_once('-').map_or(name, |(epoch, _)| epoch);
            (folder, Box::new(move |n| format!("{epoch}-{n}.jsonl")))
        }
        // The run came back from elsewhere, and what is here may be whole: this is a copy as a damaged one is.
        _ => ("salvage", Box::new(move |n| format!("{n}.{name}"))),
    };
    disk.make_dir(folder)?;
    disk.sync_dir("")?;
    let here = disk.list(folder)?;
    let free = (1..=u32::MAX).map(numbered).find(|free| !here.contains(free));
    let free = free.ok_or(ErrorKind::AlreadyExists)?;
    disk.rename(&format!("{aside}/{name}"), &format!("{folder}/{free}"))?;
    disk.sync_dir(folder)?;
    disk.sync_dir(aside)
}

/// Puts aside folders where files with lines of the log are stored.
fn make_way_for_copies(disk: &dyn Disk, bad: &mut Vec<String>) {
    for folder in ["fetched", "displaced", "runs"] {
        let names = disk.list(folder).unwrap_or_default();
        // What was put aside before stays there.
        for name in names.into_iter().filter(|name| !name.contains(".bad")) {
            let path = format!("{folder}/{name}");
            if disk.open(&path).is_err_and(|e| e.kind() == ErrorKind::IsADirectory) {
                put_aside(disk, &path, bad);
            }
        }
    }
}

fn read_hint(disk: &dyn Disk, path: &str, max: usize, fits: fn(&[u8]) -> bool, bad: &mut Vec<String>) {
    match read_small(disk, path, max) {
        Ok(None) => {}
        Ok(Some(bytes)) if fits(&bytes) => {}
        Ok(Some(_)) => put_aside(disk, path, bad),
        // Some disks say of a folder that there is no such file.
        Err(_) if file_exists(disk, path).unwrap_or(true) => put_aside(disk, path, bad),
        Err(_) => {}
    }
}

fn put_aside(disk: &dyn Disk, path: &str, bad: &mut Vec<String>) {
    bad.push(path.to_owned());
    // The notes themselves: a file of new ones takes their place in one step, which nothing can cut.
    if path == unreported::FILE && disk.list(path).is_err() {
        return note_damage(disk, path);
    }
    if path != unreported::FILE {
        note_damage(disk, path);
    }
    if let Err(error) = set_aside_hint(disk, path) {
        tracing::error!(%error, path, "a file that cannot be read could not be put aside");
    }
    if path == unreported::FILE {
        note_damage(disk, path);
    }
}

/// The number of the newest epoch of which the journal lay here.
fn newest_of(disk: &dyn Disk, path: &str) -> u32 {
    match path.strip_prefix("log/") {
        Some(dir) => dir.parse().map_or(0, |epoch: Epoch| epoch.n),
        None if path == "log" => {
            let names = disk.list("keys").unwrap_or_default();
            let numbers = names
                .iter()
                .filter_map(|name| name.strip_prefix("log-")?.strip_suffix(".key")?.parse::<u32>().ok());
            numbers.max().unwrap_or(0)
        }
        None => 0,
    }
}

fn note_damage(disk: &dyn Disk, path: &str) {
    let noted = unreported::note_unreported(disk, |unreported| {
        unreported.set_aside.insert(path.to_owned());
        unreported.log_aside = unreported.log_aside.max(newest_of(disk, path));
    });
    if let Err(error) = noted {
        tracing::error!(%error, path, "it is not noted that a file cannot be read");
    }
}

fn hint_text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn is_mark(bytes: &[u8]) -> bool {
    mark::is_mark(hint_text(bytes))
}

fn is_rebase(bytes: &[u8]) -> bool {
    Rebase::parse(bytes).is_some()
}

fn is_note(bytes: &[u8]) -> bool {
    SignedNote::parse(hint_text(bytes)).is_ok()
}

fn is_verifier(bytes: &[u8]) -> bool {
    VerifierKey::parse(hint_text(bytes).trim_end()).is_ok()
}
