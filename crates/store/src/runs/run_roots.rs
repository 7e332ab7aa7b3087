//! Roots over the parts of runs that were proven last, so that the next proof of each reads a part of it.

use std::collections::VecDeque;
use std::sync::Arc;

use record::run::RunName;
use record::tree::Hash;

/// Runs whose roots are kept: 8 KiB each at most.
const RUN_ROOTS_MAX: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct RunRoots(VecDeque<(RunName, Arc<[Hash]>)>);

impl RunRoots {
    pub(crate) fn get(&self, run: &RunName) -> Option<Arc<[Hash]>> {
        self.0.iter().find(|(of, _)| of == run).map(|(_, roots)| Arc::clone(roots))
    }

    pub(crate) fn put(&mut self, run: &RunName, roots: Arc<[Hash]>) {
        self.0.retain(|(of, _)| of != run);
        self.0.truncate(RUN_ROOTS_MAX - 1);
        self.0.push_front((*run, roots));
    }
}
