//! Pages of runs that are read yet: behind each line that adopts another run the walk leaves a page and comes back to it.

use std::collections::VecDeque;

use record::adoption::{RunPlace, adopted_run};
use record::entry::Entry;
use record::run::RunName;

/// Pages that are kept: runs in runs in runs; one that is deeper is read again.
const STORED_PAGES_MAX: usize = 4;

#[derive(Debug)]
pub(super) struct RunPage {
    pub(super) run: RunName,
    pub(super) from: u64,
    /// Each with whether it is in the base.
    pub(super) lines: Vec<(Entry, bool)>,
}

impl RunPage {
    /// From a number on, up to and with the first that adopts a run.
    pub(super) fn next_lines(&self, from: u64) -> &[(Entry, bool)] {
        let start = usize::try_from(from.saturating_sub(self.from)).unwrap_or(usize::MAX);
        let rest = self.lines.get(start..).unwrap_or_default();
        let adopting = rest.iter().position(|(entry, _)| adopted_run(entry).is_some());
        adopting.map_or(rest, |at| &rest[..=at])
    }

    pub(super) fn has(&self, place: RunPlace) -> bool {
        let end = self.from + self.lines.len() as u64;
        self.run == place.run && (self.from..end).contains(&place.from)
    }
}

#[derive(Debug, Default)]
pub(super) struct RunPages(VecDeque<RunPage>);

impl RunPages {
    pub(super) fn take(&mut self, place: RunPlace) -> Option<RunPage> {
        let at = self.0.iter().position(|page| page.has(place));
        at.and_then(|at| self.0.remove(at))
    }

    /// Keeps a page for when the walk comes back to it.
    pub(super) fn put(&mut self, page: RunPage) {
        self.0.retain(|stored| stored.run != page.run);
        self.0.push_front(page);
        self.0.truncate(STORED_PAGES_MAX);
    }
}
