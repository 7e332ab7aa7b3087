//! The walk over lines that count: which come next, wherever one of them adopts a run.

use std::collections::BTreeSet;

use crate::entry::{Entry, EntryTime};
use crate::fold::LinePlace;
use crate::kinds::EntryRef;
use crate::limits::RUNS_ADOPTED_MAX;
use crate::run::RunName;
use crate::tree::Hash;
use crate::values::ids::Epoch;

/// A line of the log for good: two branches may share epoch and number, and a line counts once, however often it is
/// reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId {
    /// Which log.
    pub epoch: Epoch,
    /// Which entry.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Hash,
}

/// The run that an entry adopts, if it does.
pub fn adopted_run(entry: &Entry) -> Option<RunName> {
    // Only this kind's body is read: all the others of a run pass here too.
    (&*entry.head().kind == ADOPTING).then(|| entry.event().mentions().run)?
}

const ADOPTING: &str = "log.adopted";

/// Lines of a run that are to be read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPlace {
    /// Of which run.
    pub run: RunName,
    /// From which number on.
    pub from: u64,
}

/// A line of a run, as it is offered to an [`AdoptionWalk`].
#[derive(Debug, Clone, Copy)]
pub struct OfferedLine<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Whether this very line (by [`LineId`]) is in the base or was counted by a run before.
    pub counts_already: bool,
}

/// A line that counts because a run brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdoptedLine<'a> {
    /// The entry, in its own epoch.
    pub entry: &'a Entry,
    /// The epoch that wrote it.
    pub epoch: Epoch,
    /// The run that brought it.
    pub run: RunName,
    /// The entry that adopted the run.
    pub adopted_by: EntryRef,
    /// When it did.
    pub adopted_at: EntryTime,
}

#[derive(Debug, Clone)]
struct OpenRun {
    run: RunName,
    adopted_by: LinePlace,
    adopted_at: EntryTime,
    next: u64,
}

/// The walk through the runs that entries adopt, in the order in which their lines count.
#[derive(Debug, Clone, Default)]
pub struct AdoptionWalk {
    named: BTreeSet<RunName>,
    lacking: BTreeSet<RunName>,
    /// How many more were adopted than may count.
    beyond: u64,
    /// The run being read, on top of those that continue when it ends.
    open: Vec<OpenRun>,
}

impl AdoptionWalk {
    /// Goes on where these runs were adopted by entries before.
    pub fn resume(named: impl IntoIterator<Item = RunName>) -> Self {
        Self { named: named.into_iter().collect(), ..Self::default() }
    }

    /// Passes an entry of the base. `true`: it adopts a run that none did before, and the lines of that one come next.
    pub fn pass_base(&mut self, epoch: Epoch, entry: &Entry) -> bool {
        self.pass_line(LinePlace { of: EntryRef { epoch, seq: entry.seq() }, run: None }, entry)
    }

    fn pass_line(&mut self, adopted_by: LinePlace, entry: &Entry) -> bool {
        let Some(run) = adopted_run(entry).filter(|run| !self.named.contains(run)) else { return false };
        if self.named.len() >= RUNS_ADOPTED_MAX {
            self.beyond += 1;
            return false;
        }
        self.named.insert(run);
        let (adopted_at, next) = (entry.head().at, run.lines().start);
        self.open.push(OpenRun { run, adopted_by, adopted_at, next });
        true
    }

    /// The line that adopted the run which is to be read next.
    pub fn next_adopter(&self) -> Option<LinePlace> {
        self.open.last().map(|open| open.adopted_by)
    }

    /// `None` when the base continues.
    pub fn next_lines(&self) -> Option<RunPlace> {
        self.open.last().map(|open| RunPlace { run: open.run, from: open.next })
    }

    /// The requested run is not here, or what is here does not lead to its root.
    pub fn lack_run(&mut self) {
        self.lacking.extend(self.open.pop().map(|open| open.run));
    }

    /// Takes lines of the requested run from the requested number on, at least one, in order; returns those that count,
    /// in order. Stops after a line that adopts a run itself, whose lines come next: call [`AdoptionWalk::next_lines`]
    /// again.
    pub fn take_lines<'a>(&mut self, offered: &[OfferedLine<'a>]) -> Vec<AdoptedLine<'a>> {
        let mut counted = Vec::new();
        let Some(open) = self.open.last_mut() else { return counted };
        let (run, adopted_by, adopted_at) = (open.run, open.adopted_by, open.adopted_at);
        let epoch = run.epoch();
        for line in offered {
            open.next += 1;
            if line.counts_already {
                continue;
            }
            let adopted_by = adopted_by.of;
            counted.push(AdoptedLine { entry: line.entry, epoch, run, adopted_by, adopted_at });
            if adopted_run(line.entry).is_some() {
                self.close_read();
                let of = EntryRef { epoch, seq: line.entry.seq() };
                self.pass_line(LinePlace { of, run: Some(run) }, line.entry);
                return counted;
            }
        }
        if offered.is_empty() {
            self.lack_run();
        }
        self.close_read();
        counted
    }

    fn close_read(&mut self) {
        if self.open.last().is_some_and(|open| open.next >= open.run.lines().end) {
            self.open.pop();
        }
    }

    /// Runs that an entry adopts, whether they are here or not.
    pub fn named(&self) -> &BTreeSet<RunName> {
        &self.named
    }

    /// Entries that adopt a run beyond [`RUNS_ADOPTED_MAX`]: those count nothing.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// Runs that an entry adopts and that were not here.
    pub fn lacking(&self) -> &BTreeSet<RunName> {
        &self.lacking
    }
}
