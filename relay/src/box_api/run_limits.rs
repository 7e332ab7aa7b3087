//! How much is taken of a box's runs, and why one of them is too much.

use record::limits::{RUN_PLAIN_BYTES_MAX, RUNS_ADOPTED_MAX};
use record::run::RunName;

use crate::db::fleet::boxes::RunTotals;

/// How much is taken of a box, and of all of them at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// Runs that are taken or given, or wait for it; further callers are asked to come later.
    pub places: usize,
    pub plain_bytes: u64,
    pub of_box: RunTotals,
    /// Photos that one box begins to send at once; then one each two seconds. No record need name them yet: they may come first.
    pub photos: u32,
}

impl Default for RunLimits {
    /// A million records of a box that lost all its history twice over; the photos of some days that it was away.
    fn default() -> Self {
        let of_box = RunTotals { runs: RUNS_ADOPTED_MAX as u64, lines: 1 << 21, bytes: 2 << 30 };
        Self { places: 16, plain_bytes: RUN_PLAIN_BYTES_MAX, of_box, photos: 5_000 }
    }
}

impl RunLimits {
    /// Whether a box that holds so much may have a run of so many bytes too.
    pub(super) fn fits(&self, held: RunTotals, run: RunName, bytes: u64) -> bool {
        held.runs < self.of_box.runs
            && held.lines.saturating_add(run.count()) <= self.of_box.lines
            && held.bytes.saturating_add(bytes) <= self.of_box.bytes
    }
}

/// Why a run is not taken although it is what its name says. The box is not asked for it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunExcess {
    OneRun,
    AllRuns,
    Adopting,
}

impl RunExcess {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::OneRun => "run-too-large",
            Self::AllRuns => "run-quota",
            Self::Adopting => "run-adopts-too-many",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::OneRun => {
                "the run unpacks to more than 256 MiB, which is more than a relay takes; its lines stay at the box"
            }
            Self::AllRuns => {
                "with this run the relay would hold more left-behind lines of this box than it takes of one box; they \
                 stay at the box"
            }
            Self::Adopting => {
                "more than 1,000 lines of the run adopt others, which is more than a relay takes in one run; its lines stay at the \
                 box"
            }
        }
    }
}
