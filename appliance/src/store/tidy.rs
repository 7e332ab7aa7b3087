//! What is done to closed segments behind the writer's back: erased texts leave them, then they are compressed.

use std::collections::{BTreeMap, BTreeSet};

use record::checkpoint::Origin;
use record::redact::TextLine;
use record::tree::Frontier;
use redb::{Durability, ReadableDatabase as _, ReadableTable as _};

use super::database::MAIN;
use super::disk::{Disk, exists, remove_if_there};
use super::error::StoreError;
use super::journal::Journal;
use super::repair::Rewriter;
use super::scan::{FrameBytes, Segment, SegmentReader, Step, frames_hold, pack};
use super::segment::{GroupWriter, Line, lines};
use super::shared::Shared;
use super::survey::link;
use super::tables;

/// Bytes of groups in one frame of a sealed segment: damage costs at most this much.
const FRAME_BYTES: usize = 1 << 20;

fn db<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "erasing a text", source: e.into() }
}

/// Does everything that can be done now. The writer may go on meanwhile: it only touches the newest segment.
///
/// # Errors
/// The disk's and the database's; what was not done stays to be done.
pub(super) fn tidy(shared: &Shared) -> Result<(), StoreError> {
    let _alone = shared.tidying.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    erase(shared)?;
    let current = shared.origin();
    for epoch in &shared.chain().0 {
        let origin = Origin { epoch: *epoch, ..current };
        let dir = Journal::dir(&origin);
        let segments = Segment::list(&*shared.disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        for (i, segment) in segments.iter().enumerate().filter(|(_, s)| !s.sealed) {
            let next = segments.get(i + 1).map(|next| next.first);
            // Only what the database's durable copy has too may change its form.
            let closed =
                if origin == current { next.is_some_and(|n| n <= shared.durable_size()) } else { true };
            if closed {
                seal(&*shared.disk, &origin, segment)?;
            }
        }
    }
    Ok(())
}

/// Compresses a closed segment. One that does not link is left as it is, for the next start to judge.
///
/// # Errors
/// The disk's.
pub(super) fn seal(disk: &dyn Disk, origin: &Origin, segment: &Segment) -> Result<bool, StoreError> {
    let dir = Journal::dir(origin);
    let sealed = Segment::sealed(&dir, segment.first);
    let new = Segment { path: format!("{}.new", sealed.path), ..sealed.clone() };
    let io = || StoreError::io(new.path.as_str());
    remove_if_there(disk, &new.path).map_err(io())?;
    let Some(frames) = compress(disk, segment, &new).map_err(io())? else {
        return Ok(false);
    };
    if !frames_hold(disk, &new, &frames).map_err(io())? {
        remove_if_there(disk, &new.path).map_err(io())?;
        return Ok(false);
    }
    disk.rename(&new.path, &sealed.path).map_err(io())?;
    disk.sync_dir(&dir).map_err(io())?;
    disk.remove(&segment.path).map_err(io())?;
    disk.sync_dir(&dir).map_err(io())?;
    Ok(true)
}

/// Writes the compressed form and flushes it; its frames, or `None` when the segment does not link.
fn compress(disk: &dyn Disk, from: &Segment, to: &Segment) -> std::io::Result<Option<Vec<FrameBytes>>> {
    let mut reader = SegmentReader::open(disk, from)?;
    let Some(header) = reader.header() else { return Ok(None) };
    let mut running = header.frontier.clone();
    let file = disk.create_new(&to.path)?;
    let mut frame = header.encode_bare();
    let (mut at, mut frames) = (0, Vec::new());
    loop {
        let step = reader.step()?;
        let last = match &step {
            Step::Group { group, .. } => {
                let Some(after) = link(&running, group, reader.lines()) else { return Ok(None) };
                // Its trailer stays as it is: the sum was checked when it was read.
                frame.extend_from_slice(reader.bare_group());
                frame.push(b'\n');
                running = after;
                false
            }
            Step::Bad { .. } => return Ok(None),
            Step::End { .. } => true,
        };
        if frame.len() >= FRAME_BYTES || (last && !frame.is_empty()) {
            let packed = pack(&frame)?;
            file.write_at(at, &packed)?;
            at += packed.len() as u64;
            frames.push((packed.len(), frame.len()));
            frame.clear();
        }
        if last {
            file.sync_data()?;
            // What is read back is what lies there, not what was just written.
            file.forget_cached();
            return Ok(Some(frames));
        }
    }
}

/// The tree at a segment's end, when all of it links.
///
/// # Errors
/// The disk's.
pub(super) fn last_link(disk: &dyn Disk, segment: &Segment) -> std::io::Result<Option<Frontier>> {
    let mut reader = SegmentReader::open(disk, segment)?;
    let Some(header) = reader.header() else { return Ok(None) };
    let mut running = header.frontier.clone();
    loop {
        match reader.step()? {
            Step::Group { group, .. } => match link(&running, &group, reader.lines()) {
                Some(after) => running = after,
                None => return Ok(None),
            },
            Step::Bad { .. } => return Ok(None),
            Step::End { .. } => return Ok(Some(running)),
        }
    }
}

/// Takes erased texts out of the journal. A text in the newest segment waits until that is closed.
fn erase(shared: &Shared) -> Result<(), StoreError> {
    let mut by_segment: BTreeMap<(Origin, Segment), BTreeSet<[u8; 32]>> = BTreeMap::new();
    for (hash, key) in wanted(shared)? {
        let Some(of) = shared.chain().entry_ref(key) else { continue };
        let origin = Origin { epoch: of.epoch, ..shared.origin() };
        let dir = Journal::dir(&origin);
        let segments = Segment::list(&*shared.disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let Some(at) = segments.iter().rposition(|s| s.first <= of.seq) else { continue };
        if origin == shared.origin() && at + 1 == segments.len() {
            shared.want_roll();
            continue;
        }
        by_segment.entry((origin, segments[at].clone())).or_default().insert(hash);
    }
    if by_segment.is_empty() {
        return Ok(());
    }
    forget_copies(shared, by_segment.keys().map(|(origin, _)| *origin).collect())?;
    for ((origin, segment), hashes) in by_segment {
        if rewrite(&*shared.disk, &origin, &segment, &hashes)? {
            done(shared, &hashes)?;
        }
    }
    Ok(())
}

fn wanted(shared: &Shared) -> Result<Vec<([u8; 32], u64)>, StoreError> {
    let txn = shared.db()?.begin_read().map_err(db)?;
    let table = txn.open_table(tables::ERASE).map_err(db)?;
    let mut all = Vec::new();
    for row in table.iter().map_err(db)? {
        let (hash, key) = row.map_err(db)?;
        all.push((*hash.value(), key.value()));
    }
    Ok(all)
}

/// What was set aside may hold the text as well: cut bytes and a damaged database.
fn forget_copies(shared: &Shared, origins: BTreeSet<Origin>) -> Result<(), StoreError> {
    let disk = &*shared.disk;
    let aside = format!("{MAIN}.bad-1");
    if exists(disk, &aside).map_err(StoreError::io(""))? {
        remove_if_there(disk, &aside).map_err(StoreError::io(aside.as_str()))?;
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

/// Writes a closed segment anew without these texts; `false` when it does not link and is left to the next start.
fn rewrite(
    disk: &dyn Disk,
    origin: &Origin,
    segment: &Segment,
    hashes: &BTreeSet<[u8; 32]>,
) -> Result<bool, StoreError> {
    let io = || StoreError::io(segment.path.as_str());
    let mut reader = SegmentReader::open(disk, segment).map_err(io())?;
    let Some(header) = reader.header().cloned() else { return Ok(false) };
    let mut running = header.frontier.clone();
    let plain = Segment::plain(&Journal::dir(origin), segment.first);
    let mut out = Rewriter::new(disk, plain, &header)?;
    loop {
        match reader.step().map_err(io())? {
            Step::Group { group, .. } => {
                let Some(after) = link(&running, &group, reader.lines()) else { return out.give_up() };
                out.copy(&without(reader.lines(), hashes), &running, &after)?;
                running = after;
            }
            Step::Bad { .. } => return out.give_up(),
            Step::End { .. } => break,
        }
    }
    out.finish(Some(segment))?;
    Ok(true)
}

fn without(group: &[u8], hashes: &BTreeSet<[u8; 32]>) -> Vec<u8> {
    let mut kept = GroupWriter::default();
    for line in lines(group) {
        match line {
            Line::Entry(entry) => kept.entry(entry),
            Line::Text(text) => match TextLine::parse(text) {
                Ok(text) if hashes.contains(&text.hash().0) => {}
                Ok(text) => kept.text(&text),
                Err(_) => {}
            },
        }
    }
    kept.bytes().to_vec()
}

fn done(shared: &Shared, hashes: &BTreeSet<[u8; 32]>) -> Result<(), StoreError> {
    let mut txn = shared.db()?.begin_write().map_err(db)?;
    txn.set_durability(Durability::None).map_err(db)?;
    {
        let mut table = txn.open_table(tables::ERASE).map_err(db)?;
        for hash in hashes {
            table.remove(hash).map_err(db)?;
        }
    }
    txn.commit().map_err(db)?;
    tracing::info!(texts = hashes.len(), "erased texts left the journal");
    Ok(())
}
