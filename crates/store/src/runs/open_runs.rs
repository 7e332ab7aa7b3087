//! Files of runs that are being read, a few at a time.

use std::io;
use std::sync::Arc;

use record::ids::BoxId;
use record::run::{RunError, RunLine, RunName, RunReader};

use super::run_file::{FileBytes, is_whole, run_bytes, run_path};
use crate::io::disk::Disk;
use crate::io::error::StoreError;

const OPEN_MAX: usize = 16;

struct OpenRun {
    name: RunName,
    reader: RunReader<FileBytes>,
    group: Vec<RunLine>,
}

/// Reads the lines of runs, of whole ones only.
pub(crate) struct OpenRuns {
    disk: Arc<dyn Disk>,
    box_id: BoxId,
    open: Vec<OpenRun>,
}

fn wrap_run_error(name: &RunName, e: &RunError) -> StoreError {
    StoreError::io(run_path(name))(io::Error::other(e.to_string()))
}

impl OpenRuns {
    pub(crate) fn new(disk: Arc<dyn Disk>, box_id: BoxId) -> Self {
        Self { disk, box_id, open: Vec::new() }
    }

    fn place(&self, name: RunName, from: u64) -> Option<usize> {
        let at = self.open.iter().position(|open| open.name == name);
        at.filter(|at| self.open[*at].group.first().is_none_or(|line| line.entry.seq() <= from))
    }

    /// Whether a run is open, and was not read behind this number.
    pub(crate) fn holds(&self, name: RunName, from: u64) -> bool {
        self.place(name, from).is_some()
    }

    /// Lines of a run from `from` on, some of them, never none; `None` where the run is not here whole.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn lines(&mut self, name: RunName, from: u64) -> Result<Option<Vec<RunLine>>, StoreError> {
        let at = match self.place(name, from) {
            Some(at) => at,
            None => {
                if !is_whole(&*self.disk, self.box_id, &name) {
                    return Ok(None);
                }
                self.open.retain(|open| open.name != name);
                let bytes = run_bytes(&*self.disk, &name).map_err(StoreError::io(run_path(&name)))?;
                let reader =
                    RunReader::open(bytes, self.box_id, name).map_err(|e| wrap_run_error(&name, &e))?;
                if self.open.len() >= OPEN_MAX {
                    // It is opened again where it is needed.
                    self.open.remove(0);
                }
                self.open.push(OpenRun { name, reader, group: Vec::new() });
                self.open.len() - 1
            }
        };
        let open = &mut self.open[at];
        while open.group.last().is_none_or(|line| line.entry.seq() < from) {
            match open.reader.next_group().map_err(|e| wrap_run_error(&name, &e))? {
                Some(group) => open.group = group,
                None => return Ok(None),
            }
        }
        Ok(Some(open.group.iter().filter(|line| line.entry.seq() >= from).cloned().collect()))
    }
}
