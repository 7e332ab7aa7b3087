//! Heals the journal from the database, as far as the database can prove what it gives.

use std::io;
use std::sync::Arc;

use record::checkpoint::Origin;
use record::entry::Entry;
use record::ids::Epoch;
use record::tree::{Frontier, leaf_hash};
use redb::{Database, ReadableDatabase as _};

use super::disk::{Disk, DiskFile, parent, remove_if_there};
use super::error::StoreError;
use super::scan::{Segment, SegmentReader, Step};
use super::segment::{GROUP_BYTES_MAX, GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter, Header};
use super::survey::{Claims, Survey, link, survey};
use super::tables;

/// What a repair came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repaired {
    /// The journal is whole again.
    Healed,
    /// The journal links by itself; nothing had to be written.
    AsItIs,
    /// The database does not hold what its own root says; the journal is whole.
    DatabaseWrong,
    /// Both are whole and say different things.
    BothHold,
    /// Entries from here on are nowhere on this box.
    Lost(Frontier),
}

fn db_error<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "reading", source: e.into() }
}

/// Makes the journal of one epoch link again.
///
/// # Errors
/// The disk's.
pub(crate) fn repair(
    disk: &dyn Disk,
    origin: Origin,
    dir: &str,
    db: Option<&Database>,
    held: Option<&Frontier>,
) -> Result<Repaired, StoreError> {
    // Whatever the database does over damaged pages: it can be rebuilt, the journal not.
    let recomputed = |size| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| frontier_of(db?, origin.epoch, size).ok()))
            .ok()
            .flatten()
    };
    let proven = held.filter(|held| recomputed(held.size()).as_ref() == Some(*held));
    let claims = Claims { held: held.map_or(0, Frontier::size), confirmed: 0 };
    let found = survey(disk, origin, dir, Claims::default(), true).map_err(StoreError::io(dir))?;
    let (whole, damaged) = match &found {
        Survey::Whole(whole) => (&whole.frontier, false),
        Survey::Damaged { frontier, .. } => (frontier, true),
    };
    if let (Some(db), Some(proven)) = (db, proven) {
        let ahead = proven.size() > whole.size();
        if damaged || (ahead && recomputed(whole.size()).as_ref() == Some(whole)) {
            return Mender { disk, origin, dir, db, held: proven }.mend();
        }
        let root = survey(disk, origin, dir, claims, true).map_err(StoreError::io(dir))?;
        let agree = matches!(root, Survey::Whole(w) if w.root_at_held == Some(proven.root()));
        return Ok(if agree { Repaired::AsItIs } else { Repaired::BothHold });
    }
    Ok(match (damaged, held) {
        (true, _) => Repaired::Lost(whole.clone()),
        (false, Some(_)) => Repaired::DatabaseWrong,
        (false, None) => Repaired::AsItIs,
    })
}

/// The tree over the first `size` entries as the database gives them.
fn frontier_of(db: &Database, epoch: Epoch, size: u64) -> Result<Frontier, StoreError> {
    let txn = db.begin_read().map_err(db_error)?;
    let table = txn.open_table(tables::ENTRIES).map_err(db_error)?;
    let mut frontier = Frontier::default();
    for row in
        table.range(tables::entry_key(epoch.n, 0)..tables::entry_key(epoch.n, size)).map_err(db_error)?
    {
        frontier.push(leaf_hash(row.map_err(db_error)?.1.value()));
    }
    Ok(frontier)
}

struct Mender<'a> {
    disk: &'a dyn Disk,
    origin: Origin,
    dir: &'a str,
    db: &'a Database,
    /// The database's tree, recomputed from its entries.
    held: &'a Frontier,
}

impl Mender<'_> {
    /// Goes through the segments in order; each that does not link is written anew from its own intact groups and, where
    /// those are missing, from the database.
    fn mend(&self) -> Result<Repaired, StoreError> {
        let segments = Segment::list(self.disk, self.dir).map_err(StoreError::io(self.dir))?;
        let mut running = Frontier::default();
        for (i, segment) in segments.iter().enumerate() {
            if segment.first > running.size() {
                let mut missing = self.begin(&running)?;
                if !self.fill(&mut missing, &mut running, segment.first)? {
                    return Ok(Repaired::Lost(running));
                }
                missing.finish(None)?;
            }
            let end = segments.get(i + 1).map(|next| next.first);
            if let Some(after) =
                self.links(segment, &running).map_err(StoreError::io(segment.path.as_str()))?
                && end.is_none_or(|end| end == after.size())
            {
                running = after;
                continue;
            }
            if !self.rewrite(segment, &mut running, end)? {
                return Ok(Repaired::Lost(running));
            }
        }
        if self.held.size() > running.size() {
            let mut missing = self.begin(&running)?;
            if !self.fill(&mut missing, &mut running, self.held.size())? {
                return Ok(Repaired::Lost(running));
            }
            missing.finish(None)?;
        }
        Ok(Repaired::Healed)
    }

    /// The tree behind a segment that links from `before` to its end.
    fn links(&self, segment: &Segment, before: &Frontier) -> io::Result<Option<Frontier>> {
        let mut reader = SegmentReader::open(self.disk, segment)?;
        if reader.header().is_none_or(|h| h.origin != self.origin || h.frontier != *before) {
            return Ok(None);
        }
        let mut running = before.clone();
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

    /// Writes a segment anew; `false` when something is missing that the database does not have.
    fn rewrite(
        &self,
        segment: &Segment,
        running: &mut Frontier,
        end: Option<u64>,
    ) -> Result<bool, StoreError> {
        let failed = || StoreError::io(segment.path.as_str());
        let mut reader = SegmentReader::open(self.disk, segment).map_err(failed())?;
        let mut out = self.begin(running)?;
        // Bytes behind the last intact group, and what the database had for them.
        let mut unread = 0;
        loop {
            match reader.step().map_err(failed())? {
                Step::Group { group, .. } => {
                    if group.first > running.size() && !self.fill(&mut out, running, group.first)? {
                        return Ok(false);
                    }
                    // One that does not link is stale or alien.
                    if let Some(after) = link(running, &group, reader.lines()) {
                        out.copy(reader.lines(), running, &after)?;
                        *running = after;
                        unread = 0;
                    }
                }
                Step::Bad { nonzero, .. } => unread = nonzero,
                Step::End { .. } => break,
            }
        }
        let before = out.len;
        let target = end.unwrap_or(self.held.size());
        if target > running.size() && !self.fill(&mut out, running, target)? {
            return Ok(false);
        }
        let filled = out.len - before;
        if end.is_none() && unread > filled + GROUP_BYTES_MAX as u64 {
            return Ok(false);
        }
        out.finish(Some(segment))?;
        Ok(true)
    }

    fn begin(&self, frontier: &Frontier) -> Result<Rewriter<'_>, StoreError> {
        let segment = Segment::plain(self.dir, frontier.size());
        Rewriter::new(self.disk, segment, &Header { origin: self.origin, frontier: frontier.clone() })
    }

    /// Appends entries of the database up to `end`; `false` when it does not have them or its log is another one.
    fn fill(&self, out: &mut Rewriter<'_>, running: &mut Frontier, end: u64) -> Result<bool, StoreError> {
        if end > self.held.size() || frontier_of(self.db, self.origin.epoch, running.size())? != *running {
            return Ok(false);
        }
        let txn = self.db.begin_read().map_err(db_error)?;
        let (entries, texts) = (
            txn.open_table(tables::ENTRIES).map_err(db_error)?,
            txn.open_table(tables::TEXTS).map_err(db_error)?,
        );
        let n = self.origin.epoch.n;
        let (mut group, mut lines, mut first) = (GroupWriter::default(), Vec::new(), running.clone());
        for row in entries
            .range(tables::entry_key(n, running.size())..tables::entry_key(n, end))
            .map_err(db_error)?
        {
            let row = row.map_err(db_error)?;
            let Some(entry) = std::str::from_utf8(row.1.value()).ok().and_then(|t| Entry::view(t).ok())
            else {
                return Ok(false);
            };
            let mut beside = GroupWriter::default();
            for hash in entry.redactables() {
                let text = texts.get(&tables::text_key(row.0.value(), &hash)).map_err(db_error)?;
                let text = text.and_then(|t| tables::split_text(t.value()));
                if let Some((_, line)) = text.filter(|(of, _)| *of == row.0.value()) {
                    beside.text(&line);
                }
            }
            let more = group.len() + lines.len() + entry.bytes().len() + 1 + beside.len();
            let count = running.size() - first.size();
            if more > GROUP_LINES_BYTES_MAX || count >= GROUP_ENTRIES_MAX as u64 {
                group.lines(&lines);
                out.group(&mut group, &first, running)?;
                (first, lines) = (running.clone(), Vec::new());
            }
            group.entry(entry.bytes());
            lines.extend_from_slice(beside.bytes());
            running.push(entry.leaf());
        }
        if running.size() > first.size() {
            group.lines(&lines);
            out.group(&mut group, &first, running)?;
        }
        Ok(running.size() == end)
    }
}

/// A segment that is being written anew under a name of its own.
pub(super) struct Rewriter<'a> {
    disk: &'a dyn Disk,
    segment: Segment,
    new: String,
    file: Arc<dyn DiskFile>,
    len: u64,
}

impl<'a> Rewriter<'a> {
    /// Begins one with this first line.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn new(disk: &'a dyn Disk, segment: Segment, header: &Header) -> Result<Self, StoreError> {
        let new = format!("{}.new", segment.path);
        remove_if_there(disk, &new).map_err(StoreError::io(new.as_str()))?;
        let file = disk.create_new(&new).map_err(StoreError::io(new.as_str()))?;
        let header = header.encode();
        file.write_at(0, &header).map_err(StoreError::io(new.as_str()))?;
        Ok(Self { disk, segment, new, file, len: header.len() as u64 })
    }

    /// Appends a group with these lines.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn copy(
        &mut self,
        lines: &[u8],
        before: &Frontier,
        after: &Frontier,
    ) -> Result<(), StoreError> {
        let mut group = GroupWriter::default();
        group.lines(lines);
        self.group(&mut group, before, after)
    }

    fn group(
        &mut self,
        group: &mut GroupWriter,
        before: &Frontier,
        after: &Frontier,
    ) -> Result<(), StoreError> {
        let bytes = group.close(before.size(), after.size(), &after.root());
        self.file.write_at(self.len, bytes).map_err(StoreError::io(self.new.as_str()))?;
        self.len += bytes.len() as u64;
        group.clear();
        Ok(())
    }

    /// Removes what was written so far; `Ok(false)` for who gives up.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn give_up(self) -> Result<bool, StoreError> {
        remove_if_there(self.disk, &self.new).map_err(StoreError::io(self.new.as_str()))?;
        Ok(false)
    }

    /// Puts it in place, and removes what it replaces under another name.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn finish(self, replaced: Option<&Segment>) -> Result<(), StoreError> {
        let path = self.segment.path.as_str();
        let failed = || StoreError::io(path);
        self.file.sync_data().map_err(failed())?;
        self.disk.rename(&self.new, path).map_err(failed())?;
        self.disk.sync_dir(parent(path)).map_err(failed())?;
        if let Some(old) = replaced.filter(|old| old.path != path) {
            self.disk.remove(&old.path).map_err(failed())?;
            self.disk.sync_dir(parent(path)).map_err(failed())?;
        }
        Ok(())
    }
}
