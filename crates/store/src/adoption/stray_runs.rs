//! What is kept beside the log and counts nowhere becomes runs: each unbroken piece one.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::limits::RUN_LINES_MAX;
use record::run::{RunName, RunNamer};
use record::tree::Hash;

use super::adopt::CountedLines;
use crate::database::salvage;
use crate::healing::damaged_runs::take_apart;
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::log::chain::{CachedPage, LineSource as _, line_at, stray_lines};
use crate::log::displaced;
use crate::runs::run_file;
use crate::side_files::unreported;
use crate::sources::SegmentSource;

/// A line that counts nowhere, and which of some files has it.
#[derive(Debug, Clone, Copy)]
struct StrayLine {
    seq: u64,
    leaf: Hash,
    file: usize,
}

#[derive(Debug, Default)]
pub(crate) struct MadeRuns {
    /// Epochs that nothing shows to be this box's: what is of them stays where it is.
    pub(crate) apart: BTreeSet<Epoch>,
    /// Files of which the disk does not give back all: they stay too.
    pub(crate) unread: Vec<String>,
    /// Files that were damaged: what was intact in them is kept, and they are set aside.
    pub(crate) damaged: Vec<String>,
}

/// What shows that an epoch is this box's.
#[derive(Debug)]
pub(crate) struct OwnEpochs {
    pub(crate) box_id: BoxId,
    /// Those of its chain and its keys, and those that a person named: they are where their own first line is not here.
    pub(crate) known: BTreeSet<Epoch>,
    /// Those whose key signs here, whatever their first line says: this machine may have been another box.
    pub(crate) signed: BTreeSet<Epoch>,
}

/// Makes runs of what is stored beside the log and counts nowhere; after that nothing of this box's that can be read is
/// stored beside it any more. What can be read of a run that is damaged and that no entry adopts becomes runs too.
///
/// # Errors
/// The disk's and redb's; the next start continues.
pub(crate) fn make_runs(
    disk: &Arc<dyn Disk>,
    own: &OwnEpochs,
    counted: &CountedLines,
    wall_ms: i64,
) -> Result<MadeRuns, StoreError> {
    let box_id = own.box_id;
    let mut made = MadeRuns::default();
    for name in run_file::list_runs(&**disk)? {
        if counted.places().place_of(&name).is_none() && !run_file::is_whole(&**disk, box_id, &name) {
            take_apart(disk, box_id, &name, wall_ms)?;
            made.damaged.push(run_file::run_path(&name));
        }
    }
    let epochs: BTreeSet<Epoch> =
        displaced::list_displaced(&**disk)?.into_iter().map(|(epoch, _)| epoch).collect();
    for epoch in epochs {
        let paths = displaced::of_epoch(&**disk, epoch)?;
        let mut files: Vec<SegmentSource> =
            paths.iter().map(|path| SegmentSource::loose(disk.clone(), epoch, path.clone())).collect();
        let is_own = match named_box(epoch, &mut files)? {
            Some(named) => named == box_id || own.signed.contains(&epoch),
            None => own.known.contains(&epoch),
        };
        if !is_own {
            made.apart.insert(epoch);
            continue;
        }
        let mut all: Vec<StrayLine> = Vec::new();
        let (mut lost, mut bad) = (BTreeSet::new(), BTreeSet::new());
        for (file, source) in files.iter_mut().enumerate() {
            collect_strays((epoch, file, source), counted, &mut all)?;
            lost.extend(source.has_lost().then_some(file));
            bad.extend(source.has_bad().then_some(file));
            source.close();
        }
        for piece in join_strays(all) {
            let Some(name) = name_of(epoch, &piece) else { continue };
            if run_file::is_whole(&**disk, box_id, &name) {
                continue;
            }
            write_run((&**disk, box_id), &name, (&piece, &mut files), counted)?;
            tracing::warn!(run = %name, "lines that had no place in the log are kept as a run");
        }
        for (file, path) in paths.into_iter().enumerate() {
            if lost.contains(&file) {
                made.unread.push(path);
                continue;
            }
            if bad.contains(&file) {
                // What is damaged in it may be read elsewhere, or by somebody.
                unreported::note_unreported(&**disk, |unreported| {
                    unreported.set_aside.insert(path.clone());
                })?;
                salvage::set_aside(&**disk, &path, "a part of its lines is damaged", wall_ms)?;
                made.damaged.push(path);
                continue;
            }
            disk.remove(&path).map_err(StoreError::io(path.as_str()))?;
        }
        disk.sync_dir(displaced::DIR).map_err(StoreError::io(displaced::DIR))?;
    }
    Ok(made)
}

/// Writes a run of lines from these files. One of them is open at a time: there may be more than a process can open.
fn write_run(
    (disk, box_id): (&dyn Disk, BoxId),
    name: &RunName,
    (piece, files): (&[StrayLine], &mut [SegmentSource]),
    counted: &CountedLines,
) -> Result<(), StoreError> {
    let (mut read, mut page): (usize, CachedPage) = (0, None);
    run_file::write_run(disk, box_id, name, &mut |seq| {
        let place = usize::try_from(seq - name.lines().start).ok();
        let line = place.and_then(|place| piece.get(place)).ok_or(std::io::ErrorKind::NotFound)?;
        if line.file != read {
            files[read].close();
            (read, page) = (line.file, None);
        }
        let found = line_at(&mut files[read], name.epoch(), (seq, line.leaf), &mut page)?;
        counted.drop_erased(found).map_err(std::io::Error::other)
    })?;
    files[read].close();
    Ok(())
}

/// Which box an epoch's first line names: no other box's log has that line.
fn named_box(epoch: Epoch, files: &mut [SegmentSource]) -> Result<Option<BoxId>, StoreError> {
    for source in files {
        let page = source.page(epoch, 0).map_err(StoreError::io(displaced::DIR))?;
        source.close();
        if let Some(started) = page.and_then(|page| page.piece.first_log_started()) {
            return Ok(Some(started.r#box));
        }
    }
    Ok(None)
}

fn collect_strays(
    (epoch, file, source): (Epoch, usize, &mut SegmentSource),
    counted: &CountedLines,
    all: &mut Vec<StrayLine>,
) -> Result<(), StoreError> {
    let mut failure = None;
    stray_lines(
        epoch,
        0,
        source,
        &mut |seq, line| {
            let leaf = line.leaf();
            // What is no entry of this number can never count, nor be in a run.
            let text = std::str::from_utf8(&line.entry).unwrap_or_default();
            if Entry::view(text).ok().is_none_or(|entry| entry.seq() != seq) {
                tracing::error!(%epoch, seq, "what lies beside the log under this number is no entry of it");
                return Ok(true);
            }
            match counted.has(epoch, seq, leaf) {
                Ok(true) => {}
                Ok(false) => all.push(StrayLine { seq, leaf, file }),
                Err(e) => {
                    failure.get_or_insert(e);
                }
            }
            Ok(true)
        },
        &mut |_| Ok(()),
    )
    .map_err(StoreError::io(displaced::DIR))?;
    failure.map_or(Ok(()), Err)
}

/// Joins adjacent lines; a piece continues in the file in which it began wherever that has the next line.
fn join_strays(mut lines: Vec<StrayLine>) -> Vec<Vec<StrayLine>> {
    lines.sort_by_key(|line| (line.seq, line.leaf, line.file));
    lines.dedup_by_key(|line| (line.seq, line.leaf));
    let mut pieces: Vec<Vec<StrayLine>> = Vec::new();
    for same_seq in lines.chunk_by(|one, other| one.seq == other.seq) {
        let mut left: Vec<StrayLine> = same_seq.to_vec();
        for only_in_file in [true, false] {
            left.retain(|line| {
                let fitting = pieces.iter_mut().rev().find(|piece| {
                    piece.last().is_some_and(|last| {
                        last.seq + 1 == line.seq
                            && (last.file == line.file || !only_in_file)
                            && (piece.len() as u64) < RUN_LINES_MAX
                    })
                });
                match fitting {
                    Some(piece) => piece.push(*line),
                    None => return true,
                }
                false
            });
        }
        pieces.extend(left.into_iter().map(|line| vec![line]));
    }
    pieces
}

fn name_of(epoch: Epoch, piece: &[StrayLine]) -> Option<RunName> {
    let mut namer = RunNamer::new(epoch, piece.first()?.seq);
    piece.iter().for_each(|line| namer.push(line.leaf));
    namer.name().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stray(seq: u64, of: u8, file: usize) -> StrayLine {
        StrayLine { seq, leaf: Hash([of; 32]), file }
    }

    fn shape(pieces: &[Vec<StrayLine>]) -> Vec<Vec<(u64, usize)>> {
        pieces.iter().map(|piece| piece.iter().map(|line| (line.seq, line.file)).collect()).collect()
    }

    #[test]
    fn pieces_that_touch_are_joined_and_branches_stay_apart() {
        let lines = vec![stray(7, 1, 0), stray(5, 1, 0), stray(6, 1, 1), stray(6, 1, 0)];
        assert_eq!(shape(&join_strays(lines)), [vec![(5, 0), (6, 0), (7, 0)]], "the same line twice is one");
        // Two branches: each continues in its own file, and where one ends the other does not take its place.
        let lines = vec![stray(5, 9, 0), stray(5, 1, 1), stray(6, 1, 0), stray(6, 9, 1), stray(7, 3, 1)];
        assert_eq!(shape(&join_strays(lines)), [vec![(5, 1), (6, 1), (7, 1)], vec![(5, 0), (6, 0)]]);
        let hole = vec![stray(1, 1, 0), stray(3, 1, 0)];
        assert_eq!(shape(&join_strays(hole)), [vec![(1, 0)], vec![(3, 0)]]);
    }

    #[test]
    fn a_run_has_no_more_lines_than_both_sides_can_stream() {
        let lines = (0..RUN_LINES_MAX + 3).map(|seq| stray(seq, 1, 0)).collect();
        let pieces = join_strays(lines);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [RUN_LINES_MAX as usize, 3]);
    }
}
