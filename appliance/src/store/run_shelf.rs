//! Lines of runs as they are read: only of whole ones, which are put together again from other copies where they are not.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use record::adoption::{LeafRange, assemble_base};
use record::ids::{BoxId, Epoch};
use record::run::{RunError, RunLine, RunName, RunReader};
use record::tree::Hash;

use super::chain::{LogLine, Source};
use super::disk::Disk;
use super::error::StoreError;
use super::runs::{FileBytes, bytes, is_whole, path, write};
use super::sources::{DatabaseSource, LogCopies};

/// Reads the lines of runs, believing only whole ones; those that are not are made whole again where that can be done.
pub(crate) struct RunShelf<'a> {
    disk: Arc<dyn Disk>,
    box_id: BoxId,
    /// Whatever else has lines of the log.
    copies: Option<&'a LogCopies>,
    open: Vec<OpenedRun>,
    /// What was asked for the lines of the last epoch. Thousands of runs may be lacking: for each the sources would be opened,
    /// and all whole runs read, anew.
    asked: Option<(Epoch, Vec<Box<dyn Source + 'a>>)>,
    databases: Option<Vec<DatabaseSource<'a>>>,
}

/// Runs that are open at a time: each holds its file.
const OPEN_MAX: usize = 16;

struct OpenedRun {
    name: RunName,
    reader: RunReader<FileBytes>,
    /// The group that was read last.
    group: Vec<RunLine>,
}

impl<'a> RunShelf<'a> {
    /// The runs of a box. Without copies a damaged one is not healed.
    pub(crate) fn new(disk: Arc<dyn Disk>, box_id: BoxId, copies: Option<&'a LogCopies>) -> Self {
        Self { disk, box_id, copies, open: Vec::new(), asked: None, databases: None }
    }

    /// Lines of a run from `from` on, some of them, never none; `None` where the run is not here.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn lines(&mut self, name: RunName, from: u64) -> Result<Option<Vec<RunLine>>, StoreError> {
        let at = self.open.iter().position(|open| open.name == name);
        let at = match at.filter(|at| self.open[*at].group.first().is_none_or(|l| l.entry.seq() <= from)) {
            Some(at) => at,
            None => {
                if !self.has(&name)? {
                    return Ok(None);
                }
                self.open.retain(|open| open.name != name);
                let failed = |e: RunError| StoreError::io(path(&name))(io::Error::other(e.to_string()));
                let bytes = bytes(&*self.disk, &name).map_err(StoreError::io(path(&name)))?;
                let reader = RunReader::open(bytes, self.box_id, name).map_err(failed)?;
                if self.open.len() >= OPEN_MAX {
                    // It is opened again where it is wanted.
                    self.open.remove(0);
                }
                self.open.push(OpenedRun { name, reader, group: Vec::new() });
                self.open.len() - 1
            }
        };
        let open = &mut self.open[at];
        while open.group.last().is_none_or(|line| line.entry.seq() < from) {
            match open.reader.next_group() {
                Ok(Some(group)) => open.group = group,
                Ok(None) => return Ok(None),
                Err(e) => return Err(StoreError::io(path(&name))(io::Error::other(e.to_string()))),
            }
        }
        Ok(Some(open.group.iter().filter(|line| line.entry.seq() >= from).cloned().collect()))
    }

    /// Whether a run is here whole, or could be made so.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn has(&mut self, name: &RunName) -> Result<bool, StoreError> {
        Ok(is_whole(&*self.disk, self.box_id, name) || self.heal(name)?)
    }

    /// Puts a run together from whatever else has its lines; whether that could be done.
    fn heal(&mut self, name: &RunName) -> Result<bool, StoreError> {
        let Some(copies) = self.copies else { return Ok(false) };
        let healed = self.heal_from_branches(copies, name)? || self.heal_from_databases(copies, name)?;
        if healed {
            tracing::warn!(run = %name, "a run was put together again from other copies");
        }
        Ok(healed)
    }

    fn heal_from_branches(&mut self, copies: &'a LogCopies, name: &RunName) -> Result<bool, StoreError> {
        let io = || StoreError::io(path(name));
        let asked = match self.asked.take().filter(|(epoch, _)| *epoch == name.epoch()) {
            Some(asked) => asked,
            None => (name.epoch(), copies.branches(name.epoch())?),
        };
        let (_, sources) = self.asked.insert(asked);
        let (mut ranges, mut of) = (Vec::new(), Vec::new());
        for (at, source) in sources.iter_mut().enumerate() {
            for range in leaf_ranges(&mut **source, name.epoch(), name.lines()).map_err(io())? {
                ranges.push(range);
                of.push(at);
            }
        }
        let Some(parts) = assemble_base(&ranges, name.count(), name.root()) else { return Ok(false) };
        let mut pages: Vec<CachedPage> = sources.iter().map(|_| None).collect();
        write(&*self.disk, self.box_id, name, &mut |seq| {
            let place = seq - name.lines().start;
            let part = parts.iter().find(|part| part.lines.contains(&place));
            let part = part.ok_or(io::ErrorKind::NotFound)?;
            let leaf = ranges[part.source].leaves[to_index(place - ranges[part.source].from)];
            let at = of[part.source];
            line_at(&mut *sources[at], name.epoch(), (seq, leaf), &mut pages[at])
        })?;
        Ok(true)
    }

    /// From a database that folded it: its lines stand there under their places.
    fn heal_from_databases(&mut self, copies: &'a LogCopies, name: &RunName) -> Result<bool, StoreError> {
        for source in self.databases.get_or_insert_with(|| copies.database_handles()) {
            let Some(keys) = source.run_keys(name) else { continue };
            write(&*self.disk, self.box_id, name, &mut |seq| {
                let key = keys.get(to_index(seq - name.lines().start));
                key.and_then(|key| source.line_of(*key)).ok_or_else(|| io::ErrorKind::NotFound.into())
            })?;
            return Ok(true);
        }
        Ok(false)
    }
}

fn to_index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The unbroken pieces that a source holds of these lines, numbered from the first of them.
///
/// # Errors
/// The source's.
pub(crate) fn leaf_ranges(
    source: &mut dyn Source,
    epoch: Epoch,
    lines: Range<u64>,
) -> io::Result<Vec<LeafRange>> {
    let mut all: Vec<LeafRange> = Vec::new();
    let mut from = lines.start;
    while let Some(page) = source.page(epoch, from)? {
        from = page.piece.next();
        let Some(piece) = page.piece.cut(lines.start, lines.end) else { break };
        let at = piece.first - lines.start;
        let leaves = piece.lines.iter().map(LogLine::leaf);
        match all.last_mut().filter(|last| last.from + last.leaves.len() as u64 == at) {
            Some(last) => last.leaves.extend(leaves),
            None => all.push(LeafRange { from: at, leaves: leaves.collect() }),
        }
        if from >= lines.end {
            break;
        }
    }
    Ok(all)
}

/// A page of a source, with the lines' places.
pub(crate) type CachedPage = Option<(u64, Vec<LogLine>)>;

/// The line of a source that has this number and hash.
///
/// # Errors
/// The source's; `NotFound`.
pub(crate) fn line_at(
    source: &mut dyn Source,
    epoch: Epoch,
    (seq, leaf): (u64, Hash),
    cached: &mut CachedPage,
) -> io::Result<LogLine> {
    let found = |page: &CachedPage| {
        let (first, lines) = page.as_ref()?;
        let line = lines.get(usize::try_from(seq.checked_sub(*first)?).ok()?)?;
        (line.leaf() == leaf).then(|| line.clone())
    };
    if let Some(line) = found(cached) {
        return Ok(line);
    }
    *cached = source.page(epoch, seq)?.map(|page| (page.piece.first, page.piece.lines));
    found(cached).ok_or_else(|| io::ErrorKind::NotFound.into())
}
