//! Files of runs as a source.

use std::io;
use std::sync::Arc;

use record::ids::{BoxId, Epoch};
use record::run::RunName;
use record::tree::Frontier;

use crate::io::disk::Disk;
use crate::log::chain::{LineSource, LogPiece, SourcePage};
use crate::runs::open_runs::OpenRuns;
use crate::runs::run_file;

/// Files of runs that are whole. Their lines are this box's own, and no file of them says what they follow.
pub(crate) struct RunSource {
    disk: Arc<dyn Disk>,
    box_id: BoxId,
    open: OpenRuns,
    /// Runs of the epoch that was asked for last, by their first line.
    listed: Option<(Epoch, Vec<RunName>)>,
}

impl RunSource {
    pub(crate) fn new(disk: Arc<dyn Disk>, box_id: BoxId) -> Self {
        let open = OpenRuns::new(Arc::clone(&disk), box_id);
        Self { disk, box_id, open, listed: None }
    }

    pub(crate) fn of(disk: Arc<dyn Disk>, box_id: BoxId, name: RunName) -> Self {
        Self { listed: Some((name.epoch(), vec![name])), ..Self::new(disk, box_id) }
    }

    fn runs(&mut self, epoch: Epoch) -> io::Result<&[RunName]> {
        if self.listed.as_ref().is_none_or(|(of, _)| *of != epoch) {
            let mut all = run_file::list_runs(&*self.disk).map_err(io::Error::other)?;
            all.retain(|run| run.epoch() == epoch && run_file::is_whole(&*self.disk, self.box_id, run));
            all.sort_by_key(|run| run.lines().start);
            self.listed = Some((epoch, all));
        }
        Ok(self.listed.as_ref().map_or(&[], |(_, all)| all))
    }
}

impl LineSource for RunSource {
    fn name(&self) -> String {
        "runs that were kept".to_owned()
    }

    fn is_own(&self) -> bool {
        true
    }

    fn follow(&mut self, _: Epoch, _: &Frontier) -> io::Result<Option<LogPiece>> {
        Ok(None)
    }

    fn page(&mut self, epoch: Epoch, from: u64) -> io::Result<Option<SourcePage>> {
        let reaching = self.runs(epoch)?.iter().filter(|run| run.lines().end > from);
        let Some(run) = reaching.min_by_key(|run| run.lines().start.max(from)).copied() else {
            return Ok(None);
        };
        let first = run.lines().start.max(from);
        let lines = self.open.lines(run, first);
        let lines: Vec<_> =
            lines.map_err(io::Error::other)?.unwrap_or_default().iter().map(run_file::log_line).collect();
        let piece = LogPiece { first, lines };
        Ok((!piece.lines.is_empty()).then_some(SourcePage { piece, loose: true }))
    }

    fn goes_beyond(&mut self, _: Epoch, _: &Frontier) -> io::Result<bool> {
        Ok(false)
    }

    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>> {
        Ok(Vec::new())
    }
}
