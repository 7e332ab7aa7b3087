//! Which lines count, and in which order, where entries adopt runs (FORMAT.md, section 11).
//!
//! The chain's own lines (the *base*) are folded by epoch and number. Wherever one of them is a `log.adopted`, an
//! [`AdoptionWalk`] says what comes next: the lines of its run, and of the runs that those adopt in turn. It reads nothing
//! itself, so that the box asks a database and the relay waits for one:
//!
//! ```text
//! walk.pass_base(epoch, &entry);                     // for each entry of the base, behind folding it
//! while let Some(place) = walk.next_lines() {
//!     match page_of_run(place)? {                   // lines of that run from that number on, some of them
//!         Some(page) => for line in walk.take_lines(&page) { fold(line) },
//!         None => walk.lack_run(),                  // it is not here: told, and folded anew when it comes
//!     }
//! }
//! ```
//!
//! [`assemble_base`] puts together the branch of an epoch that its successor names, from its log and from runs.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::entry::{At, Entry};
use crate::ids::Epoch;
use crate::kinds::EntryRef;
use crate::run::RunName;
use crate::tree::{Frontier, Hash};

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
    /// Whether this very line (by [`LineId`]) stands in the base or was counted by a run before.
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
    pub adopted_at: At,
}

#[derive(Debug, Clone)]
struct OpenRun {
    run: RunName,
    adopted_by: EntryRef,
    adopted_at: At,
    next: u64,
}

/// The way through the runs that entries adopt, in the order in which their lines count.
#[derive(Debug, Clone, Default)]
pub struct AdoptionWalk {
    named: BTreeSet<RunName>,
    lacking: BTreeSet<RunName>,
    /// The run that is being read, above the ones that go on when it ends.
    open: Vec<OpenRun>,
}

impl AdoptionWalk {
    /// Goes on where these runs were adopted by entries before.
    pub fn resume(named: impl IntoIterator<Item = RunName>) -> Self {
        Self { named: named.into_iter().collect(), ..Self::default() }
    }

    /// Passes an entry of the base. `true`: it adopts a run that none did before, and the lines of that one come next.
    pub fn pass_base(&mut self, epoch: Epoch, entry: &Entry) -> bool {
        let run = adopted_run(entry).filter(|run| self.named.insert(*run));
        self.open.extend(run.map(|run| OpenRun {
            run,
            adopted_by: EntryRef { epoch, seq: entry.seq() },
            adopted_at: entry.head().at,
            next: run.lines().start,
        }));
        run.is_some()
    }

    /// What is to be read next; `None` when the base goes on.
    pub fn next_lines(&self) -> Option<RunPlace> {
        self.open.last().map(|open| RunPlace { run: open.run, from: open.next })
    }

    /// The run that is wanted is not here, or what is here does not lead to its root.
    pub fn lack_run(&mut self) {
        self.lacking.extend(self.open.pop().map(|open| open.run));
    }

    /// Takes lines of the wanted run from the wanted number on, at least one and in order; gives those that count, in order.
    /// It stops behind a line that adopts a run of its own, since the lines of that one come next: ask for
    /// [`AdoptionWalk::next_lines`] again.
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
            counted.push(AdoptedLine { entry: line.entry, epoch, run, adopted_by, adopted_at });
            if adopted_run(line.entry).is_some() {
                self.close_read();
                self.pass_base(epoch, line.entry);
                return counted;
            }
        }
        if offered.is_empty() {
            self.lack_run();
        }
        self.close_read();
        counted
    }

    /// Leaves the run that was read to its end.
    fn close_read(&mut self) {
        if self.open.last().is_some_and(|open| open.next >= open.run.lines().end) {
            self.open.pop();
        }
    }

    /// Runs that an entry adopts, whether they are here or not.
    pub fn named(&self) -> &BTreeSet<RunName> {
        &self.named
    }

    /// Runs that an entry adopts and that were not here.
    pub fn lacking(&self) -> &BTreeSet<RunName> {
        &self.lacking
    }
}

/// Leaf hashes that one source holds of an epoch without a gap: its log from 0, or a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRange {
    /// Number of the first.
    pub from: u64,
    /// In order.
    pub leaves: Vec<Hash>,
}

impl LeafRange {
    fn leaf(&self, seq: u64) -> Option<Hash> {
        self.leaves.get(usize::try_from(seq.checked_sub(self.from)?).ok()?).copied()
    }
}

/// Lines of a base that one source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePart {
    /// Which of the sources.
    pub source: usize,
    /// Which lines of it.
    pub lines: Range<u64>,
}

/// The branch of an epoch that has `root` at `size`, from sources that may hold different ones: where each part of it is.
/// `None` where they do not lead there. A source goes on only from a history that it shares.
pub fn assemble_base(sources: &[LeafRange], size: u64, root: Hash) -> Option<Vec<BasePart>> {
    (0..sources.len().max(1)).find_map(|preferred| {
        let (parts, tree) = follow_branch(sources, preferred, size);
        (tree.size() == size && tree.root() == root).then_some(parts)
    })
}

/// From the beginning, by the preferred source where it has the line, and then by the first that has not contradicted.
fn follow_branch(sources: &[LeafRange], preferred: usize, size: u64) -> (Vec<BasePart>, Frontier) {
    let mut other = vec![false; sources.len()];
    let mut parts: Vec<BasePart> = Vec::new();
    let mut tree = Frontier::default();
    for seq in 0..size {
        let mut order = std::iter::once(preferred).chain(0..sources.len());
        let taken = order.find_map(|at| {
            let leaf = sources.get(at).filter(|_| !other[at])?.leaf(seq)?;
            Some((at, leaf))
        });
        let Some((source, leaf)) = taken else { break };
        for (known, other) in sources.iter().zip(&mut other) {
            *other |= known.leaf(seq).is_some_and(|found| found != leaf);
        }
        match parts.last_mut() {
            Some(part) if part.source == source && part.lines.end == seq => part.lines.end += 1,
            _ => parts.push(BasePart { source, lines: seq..seq + 1 }),
        }
        tree.push(leaf);
    }
    (parts, tree)
}
