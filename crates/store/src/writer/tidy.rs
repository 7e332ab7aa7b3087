//! What is done to closed segments behind the writer's back: erased texts leave them, then they are compressed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use record::checkpoint::LogOrigin;
use record::fold::LinePlace;
use record::redact::TextLine;
use redb::{Durability, ReadableDatabase as _, ReadableTable as _};

use crate::database::main_database;
use crate::database::salvage;
use crate::healing::closed_journal;
use crate::index::places::Places;
use crate::index::tables;
use crate::io::disk::{Disk, remove_if_there};
use crate::io::error::StoreError;
use crate::log::journal::Journal;
use crate::log::linked::{LinkedEpoch, LinkedStep};
use crate::log::rewriter::SegmentRewriter;
use crate::log::scan::{FrameBytes, SegmentFile, frames_hold, pack_lines};
use crate::log::segment::{GroupWriter, Line, SegmentHeader, lines};
use crate::runs::run_file;
use crate::shared::shared_state::StoreShared;
use crate::shared::side_file_check;

/// Bytes of groups in one frame of a sealed segment: damage costs at most this much.
const FRAME_BYTES: usize = 1 << 20;

fn database_error<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "erasing a text", source: e.into() }
}

/// Does everything that can be done now. The writer may continue meanwhile: it only touches the newest segment.
///
/// # Errors
/// The disk's and the database's; what was not done stays to be done.
pub(crate) fn compact_segments(shared: &StoreShared) -> Result<(), StoreError> {
    let mut tidied = shared.tidying.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    erase_entry_texts(shared, &mut tidied.erased)?;
    let current = shared.origin();
    for epoch in &shared.places().epochs {
        let origin = LogOrigin { epoch: *epoch, ..current };
        let dir = Journal::dir(&origin);
        let segments = SegmentFile::list(&*shared.disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let mut sealed = false;
        for (i, segment) in segments.iter().enumerate().filter(|(_, s)| !s.sealed) {
            let next = segments.get(i + 1).map(|next| next.first);
            // Only what the database's durable copy has too may change its form.
            let closed =
                if origin == current { next.is_some_and(|n| n <= shared.durable_size()) } else { true };
            if closed {
                sealed |= seal_segment(&*shared.disk, &origin, segment)?;
            }
        }
        if origin != current && (sealed || !tidied.read.contains(epoch)) {
            note_ended(shared, &origin)?;
            tidied.read.insert(*epoch);
        }
    }
    Ok(())
}

/// Reads the journal of an epoch that has ended, once its files no longer change, so that no start has to. What is not
/// valid is left to the next start, which heals and reports it.
fn note_ended(shared: &StoreShared, origin: &LogOrigin) -> Result<(), StoreError> {
    let disk = &*shared.disk;
    let files = closed_journal::closed_files(disk, origin)?;
    // The database is released while the journal is read: whoever has to open it again waits for that.
    let counts = {
        let db = shared.settled_db()?;
        if closed_journal::read_before(&db, origin.epoch).as_ref() == Some(&files) {
            return Ok(());
        }
        main_database::read_extent(&db)?.and_then(|held| held.frontier(origin.epoch).cloned())
    };
    if counts.is_none() {
        return Ok(());
    }
    let read = closed_journal::read_through(disk, origin, &|| !shared.stops_tidying.load(Ordering::Relaxed))?;
    if read == counts {
        closed_journal::note_read(disk, &*shared.db()?, &[*origin])?;
    }
    Ok(())
}

/// Compresses a closed segment. One that does not link is left as it is, for the next start to judge.
///
/// # Errors
/// The disk's.
pub(crate) fn seal_segment(
    disk: &dyn Disk,
    origin: &LogOrigin,
    segment: &SegmentFile,
) -> Result<bool, StoreError> {
    let dir = Journal::dir(origin);
    let sealed = SegmentFile::sealed(&dir, segment.first);
    let new = SegmentFile { path: format!("{}.new", sealed.path), ..sealed.clone() };
    remove_if_there(disk, &new.path).map_err(StoreError::io(new.path.as_str()))?;
    let Some(frames) =
        compress_segments(disk, origin, segment, &new).map_err(StoreError::io(new.path.as_str()))?
    else {
        return Ok(false);
    };
    if !frames_hold(disk, &new, &frames).map_err(StoreError::io(new.path.as_str()))? {
        remove_if_there(disk, &new.path).map_err(StoreError::io(new.path.as_str()))?;
        return Ok(false);
    }
    disk.rename(&new.path, &sealed.path).map_err(StoreError::io(new.path.as_str()))?;
    disk.sync_dir(&dir).map_err(StoreError::io(new.path.as_str()))?;
    disk.remove(&segment.path).map_err(StoreError::io(new.path.as_str()))?;
    disk.sync_dir(&dir).map_err(StoreError::io(new.path.as_str()))?;
    Ok(true)
}

/// Writes the compressed form and flushes it; its frames, or `None` when the segment does not link.
fn compress_segments(
    disk: &dyn Disk,
    origin: &LogOrigin,
    from: &SegmentFile,
    to: &SegmentFile,
) -> std::io::Result<Option<Vec<FrameBytes>>> {
    let Some(mut linked) = LinkedEpoch::open(disk, from, origin)? else { return Ok(None) };
    let file = disk.create_new(&to.path)?;
    let mut frame = SegmentHeader { origin: *origin, frontier: linked.frontier().clone() }.encode_bare();
    let (mut at, mut frames) = (0, Vec::new());
    loop {
        let last = match linked.step()? {
            LinkedStep::Group { .. } => {
                // Its trailer stays as it is: the sum was checked when it was read.
                frame.extend_from_slice(linked.bare_group());
                frame.push(b'\n');
                false
            }
            LinkedStep::Alien { .. } | LinkedStep::Bad { .. } => return Ok(None),
            LinkedStep::End { .. } => true,
        };
        if frame.len() >= FRAME_BYTES || (last && !frame.is_empty()) {
            let packed = pack_lines(&frame)?;
            file.write_at(at, &packed)?;
            at += packed.len() as u64;
            frames.push((packed.len(), frame.len()));
            frame.clear();
        }
        if last {
            file.sync_data()?;
            // What is read back is what is stored there, not what was just written.
            file.forget_cached();
            return Ok(Some(frames));
        }
    }
}

/// Takes erased texts out of the journal. A text in the newest segment waits until that is closed.
fn erase_entry_texts(shared: &StoreShared, erased: &mut BTreeSet<[u8; 32]>) -> Result<(), StoreError> {
    let mut by_segment: BTreeMap<(LogOrigin, SegmentFile), BTreeSet<[u8; 32]>> = BTreeMap::new();
    let mut of_runs: BTreeSet<[u8; 32]> = BTreeSet::new();
    let all = erased_hashes(shared)?;
    let places = shared.places();
    let mut waits = erase_in_runs(shared, &places, &all)?;
    // Nobody knows the contents of copies that cannot be listed; those that can be are taken back by the next start.
    let is_aside = side_file_check::copies_aside(&*shared.disk)
        .map_or(true, |all| all.iter().any(|(.., names)| !names.is_empty()));
    if is_aside {
        waits.extend(all.iter().map(|(hash, _)| *hash));
    }
    for (hash, key) in all {
        let in_journal = places.line(key).filter(|line| line.run.is_none() && !erased.contains(&hash));
        let Some(LinePlace { of, .. }) = in_journal else {
            of_runs.insert(hash);
            continue;
        };
        let origin = LogOrigin { epoch: of.epoch, ..shared.origin() };
        let dir = Journal::dir(&origin);
        let segments = SegmentFile::list(&*shared.disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let Some(at) = segments.iter().rposition(|s| s.first <= of.seq) else { continue };
        if origin == shared.origin() && at + 1 == segments.len() {
            shared.want_roll();
            continue;
        }
        by_segment.entry((origin, segments[at].clone())).or_default().insert(hash);
    }
    if !of_runs.is_empty() {
        forget_copies(shared, BTreeSet::new())?;
        let later: BTreeSet<[u8; 32]> = by_segment.values().flatten().chain(&waits).copied().collect();
        finish_erasure(shared, &of_runs.difference(&later).copied().collect())?;
    }
    if by_segment.is_empty() {
        return Ok(());
    }
    forget_copies(shared, by_segment.keys().map(|(origin, _)| *origin).collect())?;
    for ((origin, segment), hashes) in by_segment {
        if rewrite_segment(&*shared.disk, &origin, &segment, &hashes)? {
            erased.extend(&hashes);
            finish_erasure(shared, &hashes.difference(&waits).copied().collect())?;
        }
    }
    Ok(())
}

/// Files of runs hold a text beside a line whether it counts there or elsewhere. Gives the texts that a file may hold which
/// cannot be read now, or that the next start takes apart: they wait.
fn erase_in_runs(
    shared: &StoreShared,
    places: &Places,
    expected: &[([u8; 32], u64)],
) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let box_id = shared.origin().box_id;
    let mut waits = BTreeSet::new();
    for name in run_file::list_runs(&*shared.disk)? {
        let hashes: BTreeSet<[u8; 32]> = expected
            .iter()
            .filter(|(_, key)| places.line(*key).is_some_and(|line| name.covers(line.of)))
            .map(|(hash, _)| *hash)
            .collect();
        if hashes.is_empty() || run_file::erase_texts(&*shared.disk, box_id, &name, &hashes)? {
            continue;
        }
        if places.place_of(&name).is_none() || run_file::has_lost(&*shared.disk, &name)? {
            tracing::warn!(run = %name, "a run that may hold a text that is to be erased cannot be read now");
            waits.extend(hashes);
        } else {
            // Nothing of a damaged file counts, and the database has its lines without the texts.
            tracing::warn!(run = %name, "a damaged run may hold a text that is to be erased, and is removed");
            run_file::remove_run(&*shared.disk, &name)?;
            shared.removed_copies.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(waits)
}

fn erased_hashes(shared: &StoreShared) -> Result<Vec<([u8; 32], u64)>, StoreError> {
    let txn = shared.settled_db()?.begin_read().map_err(database_error)?;
    let table = txn.open_table(tables::ERASE).map_err(database_error)?;
    let mut all = Vec::new();
    for row in table.iter().map_err(database_error)? {
        let (hash, key) = row.map_err(database_error)?;
        all.push((*hash.value(), key.value()));
    }
    Ok(all)
}

/// What was set aside may hold the text as well: cut bytes and damaged databases.
fn forget_copies(shared: &StoreShared, origins: BTreeSet<LogOrigin>) -> Result<(), StoreError> {
    let disk = &*shared.disk;
    for copy in salvage::list_salvage(disk)?.into_iter().chain(salvage::list_runs(disk)?) {
        // A start has kept what it could read of it and nobody else had.
        tracing::warn!(
            copy,
            "a copy that was set aside may hold a text that is to be erased, and is removed"
        );
        salvage::remove_salvage(disk, &copy)?;
        shared.removed_copies.fetch_add(1, Ordering::Relaxed);
    }
    for origin in origins {
        let dir = Journal::dir(&origin);
        for name in disk.list(&dir).map_err(StoreError::io(dir.as_str()))? {
            if name.starts_with("cut-") {
                remove_if_there(disk, &format!("{dir}/{name}")).map_err(StoreError::io(name))?;
            }
        }
    }
    Ok(())
}

/// Rewrites a closed segment without these texts; `false` when it does not link and is left to the next start.
fn rewrite_segment(
    disk: &dyn Disk,
    origin: &LogOrigin,
    segment: &SegmentFile,
    hashes: &BTreeSet<[u8; 32]>,
) -> Result<bool, StoreError> {
    let Some(mut linked) =
        LinkedEpoch::open(disk, segment, origin).map_err(StoreError::io(segment.path.as_str()))?
    else {
        return Ok(false);
    };
    let plain = SegmentFile::plain(&Journal::dir(origin), segment.first);
    let header = SegmentHeader { origin: *origin, frontier: linked.frontier().clone() };
    let mut out = SegmentRewriter::new(disk, plain, &header)?;
    loop {
        match linked.step().map_err(StoreError::io(segment.path.as_str()))? {
            LinkedStep::Group { before, .. } => {
                out.copy(&group_without(linked.lines(), hashes), &before, linked.frontier())?;
            }
            LinkedStep::Alien { .. } | LinkedStep::Bad { .. } => return out.abandon(),
            LinkedStep::End { .. } => break,
        }
    }
    out.finish(Some(segment))?;
    Ok(true)
}

fn group_without(group: &[u8], hashes: &BTreeSet<[u8; 32]>) -> Vec<u8> {
    let mut stored = GroupWriter::default();
    for line in lines(group) {
        match line {
            Line::Entry(entry) => stored.entry(entry),
            Line::Text(text) => match TextLine::parse(text) {
                Ok(text) if hashes.contains(&text.hash().0) => {}
                Ok(text) => stored.text(&text),
                Err(_) => {}
            },
        }
    }
    stored.bytes().to_vec()
}

fn finish_erasure(shared: &StoreShared, hashes: &BTreeSet<[u8; 32]>) -> Result<(), StoreError> {
    if hashes.is_empty() {
        return Ok(());
    }
    let mut txn = shared.db()?.begin_write().map_err(database_error)?;
    txn.set_durability(Durability::None).map_err(database_error)?;
    {
        let mut table = txn.open_table(tables::ERASE).map_err(database_error)?;
        for hash in hashes {
            table.remove(hash).map_err(database_error)?;
        }
    }
    txn.commit().map_err(database_error)?;
    tracing::info!(texts = hashes.len(), "erased texts left the journal");
    Ok(())
}
