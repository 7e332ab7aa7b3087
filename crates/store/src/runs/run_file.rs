//! Runs: lines that the log left behind, each unbroken piece in a file named by what is in it (FORMAT.md, section 10).
//!
//! A file is believed only whole: its name is its root. One that is damaged is put together again from whatever else has
//! its lines.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::sync::Arc;

use record::entry::Entry;
use record::ids::BoxId;
use record::limits::{NOTE_BYTES_MAX, RUN_NOTES_MAX};
use record::redact::TextLine;
use record::run::{RunError, RunLine, RunName, RunReader, RunWriter, check_run, is_note_of};
use record::tree::Hash;

use crate::io::disk::{Disk, DiskFile, is_lost, read_small, remove_if_there};
use crate::io::error::StoreError;
use crate::io::unreadable::read_what_is_left;
use crate::log::chain::LogLine;
use crate::log::own_texts::own_texts;
use crate::log::segment::{GroupWriter, Line, lines};

pub(crate) const DIR: &str = "runs";
/// Ends the name of a mark: this run is to be adopted although every line of it counts here. The relay cannot have them in
/// their own place.
const OWED: &str = ".owed";
/// Where notes of the relay are stored.
const EVIDENCE_DIR: &str = "evidence";
const READ_BYTES: usize = 64 << 10;

pub(crate) fn run_path(name: &RunName) -> String {
    format!("{DIR}/{name}")
}

/// The runs that are stored here, whole or not.
///
/// # Errors
/// The disk's.
pub(crate) fn list_runs(disk: &dyn Disk) -> Result<Vec<RunName>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// Runs that are to be adopted for the relay's sake.
///
/// # Errors
/// The disk's.
pub(crate) fn owed_runs(disk: &dyn Disk) -> Result<BTreeSet<RunName>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(OWED)?.parse().ok()).collect())
}

/// Marks a run as one that is to be adopted for the relay's sake.
///
/// # Errors
/// The disk's.
pub(crate) fn mark_owed(disk: &dyn Disk, name: &RunName) -> Result<(), StoreError> {
    make_dir(disk)?;
    crate::io::disk::put_small(disk, &format!("{}{OWED}", run_path(name)), b"owed\n")
        .map_err(StoreError::io(DIR))
}

pub(crate) fn remove_run(disk: &dyn Disk, name: &RunName) -> Result<(), StoreError> {
    remove_if_there(disk, &run_path(name)).map_err(StoreError::io(DIR))?;
    forget_owed(disk, name)?;
    disk.sync_dir(DIR).map_err(StoreError::io(DIR))
}

/// Removes the mark of a run that was adopted.
///
/// # Errors
/// The disk's.
pub(crate) fn forget_owed(disk: &dyn Disk, name: &RunName) -> Result<(), StoreError> {
    remove_if_there(disk, &format!("{}{OWED}", run_path(name))).map_err(StoreError::io(DIR))
}

pub(crate) fn make_dir(disk: &dyn Disk) -> Result<(), StoreError> {
    disk.make_dir(DIR).map_err(StoreError::io(DIR))?;
    disk.sync_dir("").map_err(StoreError::io("the data folder"))
}

pub(crate) struct FileBytes {
    file: Arc<dyn DiskFile>,
    at: u64,
    length: u64,
    /// Whether something of it could not be read.
    lost: bool,
}

impl FileBytes {
    pub(crate) fn new(file: Arc<dyn DiskFile>, length: u64) -> Self {
        Self { file, at: 0, length, lost: false }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }
}

impl Read for FileBytes {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = out.len().min(left).min(READ_BYTES);
        self.lost |= !read_what_is_left(&*self.file, self.at, &mut out[..count])?.is_empty();
        self.at += count as u64;
        Ok(count)
    }
}

struct FileSink {
    file: Arc<dyn DiskFile>,
    at: u64,
}

impl Write for FileSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn run_bytes(disk: &dyn Disk, name: &RunName) -> io::Result<FileBytes> {
    let file = disk.open(&run_path(name))?;
    let length = file.length()?;
    Ok(FileBytes::new(file, length))
}

pub(crate) fn is_whole(disk: &dyn Disk, box_id: BoxId, name: &RunName) -> bool {
    run_bytes(disk, name).is_ok_and(|bytes| check_run(bytes, box_id, *name).is_ok())
}

/// Whether the disk does not give back all of a run's file.
///
/// # Errors
/// The disk's, other than that.
pub(crate) fn has_lost(disk: &dyn Disk, name: &RunName) -> Result<bool, StoreError> {
    let looked = run_bytes(disk, name).and_then(|mut bytes| {
        io::copy(&mut bytes, &mut io::sink())?;
        Ok(bytes.lost)
    });
    match looked {
        Err(e) if is_lost(&e) => Ok(true),
        looked => looked.map_err(StoreError::io(run_path(name))),
    }
}

/// The leaf hashes of a run's lines, in order; as many as its file gives.
///
/// # Errors
/// The disk's.
pub(crate) fn run_leaves(disk: &dyn Disk, box_id: BoxId, name: &RunName) -> Result<Vec<Hash>, StoreError> {
    let mut all = Vec::new();
    if !is_whole(disk, box_id, name) {
        return Ok(all);
    }
    let bytes = run_bytes(disk, name).map_err(StoreError::io(run_path(name)))?;
    let Ok(mut reader) = RunReader::open(bytes, box_id, *name) else { return Ok(all) };
    while let Ok(Some(group)) = reader.next_group() {
        all.extend(group.iter().map(|line| line.entry.leaf()));
    }
    Ok(all)
}

fn put_run(
    disk: &dyn Disk,
    name: &RunName,
    fill: impl FnOnce(&mut FileSink) -> Result<(), RunError>,
) -> Result<(), StoreError> {
    let new = format!("{}.new", run_path(name));
    remove_if_there(disk, &new).map_err(StoreError::io(new.as_str()))?;
    let file = disk.create_new(&new).map_err(StoreError::io(new.as_str()))?;
    let mut sink = FileSink { file, at: 0 };
    if let Err(e) = fill(&mut sink) {
        remove_if_there(disk, &new).map_err(StoreError::io(new.as_str()))?;
        return Err(match e {
            RunError::Bytes(e) => StoreError::io(new.as_str())(e),
            other => StoreError::io(new.as_str())(io::Error::other(other.to_string())),
        });
    }
    sink.file.sync_data().map_err(StoreError::io(new.as_str()))?;
    put_in_place(disk, &new, name)
}

pub(crate) fn put_in_place(disk: &dyn Disk, new: &str, name: &RunName) -> Result<(), StoreError> {
    disk.rename(new, &run_path(name)).map_err(StoreError::io(new))?;
    disk.sync_dir(DIR).map_err(StoreError::io(DIR))
}

/// Writes the run of this name; `line` gives the lines of its numbers, in order.
///
/// # Errors
/// The disk's; lines that are not those of the name.
pub(crate) fn write_run(
    disk: &dyn Disk,
    box_id: BoxId,
    name: &RunName,
    line: &mut dyn FnMut(u64) -> io::Result<LogLine>,
) -> Result<(), StoreError> {
    make_dir(disk)?;
    put_run(disk, name, |sink| {
        let mut out = RunWriter::begin(sink, box_id, *name, &notes_of(disk, box_id, name))?;
        for seq in name.lines() {
            let line = line(seq)?;
            out.write_line(&line.entry, &texts_of(&line))?;
        }
        out.finish().map(drop)
    })
}

/// The relay's kept notes on a run's epoch, longest log first: only they show acknowledgement before the adoption.
fn notes_of(disk: &dyn Disk, box_id: BoxId, name: &RunName) -> Vec<String> {
    let mut files = disk.list(EVIDENCE_DIR).unwrap_or_default();
    files.retain(|file| file.starts_with(&format!("relay-{}-", name.epoch())) && file.ends_with(".note"));
    files.sort_by(|one, other| other.cmp(one));
    let notes = files.iter().filter_map(|file| {
        let bytes = read_small(disk, &format!("{EVIDENCE_DIR}/{file}"), NOTE_BYTES_MAX).ok()??;
        String::from_utf8(bytes).ok().filter(|note| is_note_of(note, box_id, name))
    });
    notes.take(RUN_NOTES_MAX).collect()
}

pub(crate) fn texts_of(line: &LogLine) -> Vec<TextLine> {
    let entry = std::str::from_utf8(&line.entry).ok().and_then(|text| Entry::view(text).ok());
    let Some(entry) = entry else { return Vec::new() };
    let parsed = lines(&line.texts).filter_map(|line| match line {
        Line::Text(text) => TextLine::parse(text).ok(),
        Line::Entry(_) => None,
    });
    own_texts(&entry, &parsed.collect::<Vec<_>>()).into_iter().cloned().collect()
}

/// Takes texts out of a run. Its name stays: texts are not in its root.
///
/// # Errors
/// The disk's.
pub(crate) fn erase_texts(
    disk: &dyn Disk,
    box_id: BoxId,
    name: &RunName,
    hashes: &BTreeSet<[u8; 32]>,
) -> Result<bool, StoreError> {
    if !is_whole(disk, box_id, name) {
        return Ok(false);
    }
    let from = run_bytes(disk, name).map_err(StoreError::io(run_path(name)))?;
    write_without(disk, box_id, name, from, hashes).map(|()| true)
}

/// Writes a run as it is elsewhere, without these texts.
///
/// # Errors
/// The disk's; bytes that are not this run's.
pub(crate) fn write_without(
    disk: &dyn Disk,
    box_id: BoxId,
    name: &RunName,
    from: impl Read,
    hashes: &BTreeSet<[u8; 32]>,
) -> Result<(), StoreError> {
    put_run(disk, name, |sink| {
        let mut reader = RunReader::open(from, box_id, *name)?;
        let mut out = RunWriter::begin(sink, box_id, *name, reader.notes())?;
        while let Some(group) = reader.next_group()? {
            for mut line in group {
                line.texts.retain(|text| !hashes.contains(&text.hash().0));
                out.write_line(line.entry.bytes(), &line.texts)?;
            }
        }
        out.finish().map(drop)
    })
}

pub(crate) fn log_line(line: &RunLine) -> LogLine {
    let mut texts = GroupWriter::default();
    line.texts.iter().for_each(|text| texts.text(text));
    LogLine { entry: line.entry.bytes().to_vec(), texts: texts.bytes().to_vec() }
}
