//! Lines of runs as they are read: only of whole ones, which are put together again from other copies where they are not.

use std::io;
use std::sync::Arc;

use record::adoption::assemble_base;
use record::ids::{BoxId, Epoch};
use record::run::{RunLine, RunName};

use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::log::chain::{CachedPage, LineSource, leaf_ranges, line_at};
use crate::runs::open_runs::OpenRuns;
use crate::runs::run_file::{is_whole, run_path, write_run};
use crate::sources::{DatabaseSource, LogCopies};

/// Reads the lines of runs, believing only whole ones; those that are not are made whole again where that can be done.
pub(crate) struct RunReader<'a> {
    disk: Arc<dyn Disk>,
    box_id: BoxId,
    /// Whatever else has lines of the log.
    copies: Option<&'a LogCopies>,
    open: OpenRuns,
    /// Sources of the last epoch: thousands of missing runs would each open them, and read all whole runs, again.
    requested: Option<(Epoch, Vec<Box<dyn LineSource + 'a>>)>,
    databases: Option<Vec<DatabaseSource<'a>>>,
}

impl<'a> RunReader<'a> {
    /// The runs of a box. Without copies a damaged one is not healed.
    pub(crate) fn new(disk: Arc<dyn Disk>, box_id: BoxId, copies: Option<&'a LogCopies>) -> Self {
        let open = OpenRuns::new(Arc::clone(&disk), box_id);
        Self { disk, box_id, copies, open, requested: None, databases: None }
    }

    /// Lines of a run from `from` on, some of them, never none; `None` where the run is not here.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn lines(&mut self, name: RunName, from: u64) -> Result<Option<Vec<RunLine>>, StoreError> {
        if !self.open.holds(name, from) && !self.has(&name)? {
            return Ok(None);
        }
        self.open.lines(name, from)
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
        let healed = self.heal_from_databases(copies, name)? || self.heal_from_branches(copies, name)?;
        if healed {
            tracing::warn!(run = %name, "a run was put together again from other copies");
        }
        Ok(healed)
    }

    fn heal_from_branches(&mut self, copies: &'a LogCopies, name: &RunName) -> Result<bool, StoreError> {
        let requested = match self.requested.take().filter(|(epoch, _)| *epoch == name.epoch()) {
            Some(requested) => requested,
            None => (name.epoch(), copies.branches(name.epoch())?),
        };
        let (_, sources) = self.requested.insert(requested);
        let (mut ranges, mut of) = (Vec::new(), Vec::new());
        for (at, source) in sources.iter_mut().enumerate() {
            for range in leaf_ranges(&mut **source, name.epoch(), name.lines())
                .map_err(StoreError::io(run_path(name)))?
            {
                ranges.push(range);
                of.push(at);
            }
        }
        let Some(parts) = assemble_base(&ranges, name.count(), name.root()) else { return Ok(false) };
        let mut pages: Vec<CachedPage> = sources.iter().map(|_| None).collect();
        write_run(&*self.disk, self.box_id, name, &mut |seq| {
            let place = seq - name.lines().start;
            let part = parts.iter().find(|part| part.lines.contains(&place));
            let part = part.ok_or(io::ErrorKind::NotFound)?;
            let leaf = ranges[part.source].leaves[to_index(place - ranges[part.source].from)];
            let at = of[part.source];
            line_at(&mut *sources[at], name.epoch(), (seq, leaf), &mut pages[at])
        })?;
        Ok(true)
    }

    /// From a database that folded it: its lines are there under their places.
    fn heal_from_databases(&mut self, copies: &'a LogCopies, name: &RunName) -> Result<bool, StoreError> {
        for source in self.databases.get_or_insert_with(|| copies.database_handles()) {
            let Some(keys) = source.run_keys(name) else { continue };
            write_run(&*self.disk, self.box_id, name, &mut |seq| {
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
