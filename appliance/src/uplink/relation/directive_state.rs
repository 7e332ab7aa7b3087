//! What the box decided about the relay’s directives, as stored beside the claim.

use record::tree::Hash;
use serde::{Deserialize, Serialize};

/// Outcomes that are stored beside the log; an older number is passed over whatever it says.
pub(in crate::uplink) const OUTCOMES_MAX: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::uplink) struct DirectiveOutcome {
    pub(in crate::uplink) number: u64,
    pub(in crate::uplink) hash: Hash,
}

/// What the box has decided, in order: `keys/directives.json`. The log is the truth; this follows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::uplink) struct DirectiveState {
    pub(in crate::uplink) outcomes: Vec<DirectiveOutcome>,
}

impl DirectiveState {
    pub(in crate::uplink) fn last(&self) -> Option<u64> {
        self.outcomes.last().map(|outcome| outcome.number)
    }

    pub(in crate::uplink) fn push(&mut self, number: u64, hash: Hash) {
        self.outcomes.push(DirectiveOutcome { number, hash });
        let over = self.outcomes.len().saturating_sub(OUTCOMES_MAX);
        self.outcomes.drain(..over);
    }
}
