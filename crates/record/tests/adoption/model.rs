//! The fold of the model that adoption was designed with: recursive, on sets in memory, and no code of this crate but its
//! hashes and names.

use std::collections::{BTreeMap, BTreeSet};

use record::adoption::LineId;
use record::ids::Epoch;
use record::run::RunName;

/// What a line is, and the run that it adopts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelLine {
    pub(crate) id: LineId,
    pub(crate) adopts: Option<RunName>,
}

pub(crate) type ModelLog = BTreeMap<u64, ModelLine>;
pub(crate) type ModelRuns = BTreeMap<RunName, ModelLog>;

struct Ordering<'a> {
    own: BTreeSet<LineId>,
    runs: &'a ModelRuns,
    named: BTreeSet<RunName>,
    out: Vec<LineId>,
    seen: BTreeSet<LineId>,
}

impl Ordering<'_> {
    fn go(&mut self, log: &ModelLog, top: bool) {
        for line in log.values() {
            if let Some(run) = line.adopts {
                if !top && self.own.contains(&line.id) {
                    continue;
                }
                if self.named.insert(run)
                    && let Some(log) = self.runs.get(&run)
                {
                    self.go(log, false);
                }
            } else if (top || !self.own.contains(&line.id)) && self.seen.insert(line.id) {
                self.out.push(line.id);
            }
        }
    }
}

/// Every line that adopts nothing, in the order in which it counts.
pub(crate) fn order(base: &[(Epoch, ModelLog)], runs: &ModelRuns) -> Vec<LineId> {
    let own = base.iter().flat_map(|(_, log)| log.values().map(|line| line.id)).collect();
    let (named, out, seen) = Default::default();
    let mut ordering = Ordering { own, runs, named, out, seen };
    base.iter().for_each(|(_, log)| ordering.go(log, true));
    ordering.out
}

/// Every line that counts, and every run that is named.
pub(crate) fn fold(base: &[(Epoch, ModelLog)], runs: &ModelRuns) -> (BTreeSet<LineId>, BTreeSet<RunName>) {
    let (mut ids, mut named) = (BTreeSet::new(), BTreeSet::new());
    let mut todo: Vec<ModelLog> = base.iter().map(|(_, log)| log.clone()).collect();
    while let Some(log) = todo.pop() {
        for line in log.into_values() {
            if let Some(run) = line.adopts
                && named.insert(run)
            {
                todo.extend(runs.get(&run).cloned());
            }
            ids.insert(line.id);
        }
    }
    (ids, named)
}
