//! What the calls about runs work with, and why one of them gets nothing.

use std::sync::Arc;

use crate::db::boxes::RunTotals;
use crate::db::{Db, DbError};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use record::limits::{RUN_PLAIN_BYTES_MAX, RUNS_ADOPTED_MAX};
use record::run::{RunError, RunName};
use service::clock::Clock;
use service::random::Random;

/// When to come again, seconds.
const LATER_S: &str = "20";

/// What the calls work with.
#[derive(Debug, Clone)]
pub struct RunDoors {
    /// The database.
    pub db: Db,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Names what is refused.
    pub random: Arc<dyn Random>,
    /// What is taken.
    pub limits: RunLimits,
}

/// How much is taken of a box, and of all of them at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// Runs that are taken or given, or wait for it; whoever comes then is told to come later.
    pub places: usize,
    /// Bytes to which the groups of one run may unpack.
    pub plain_bytes: u64,
    /// What all runs of one box may come to.
    pub of_box: RunTotals,
}

impl Default for RunLimits {
    /// A million records of a box that lost all its history twice over.
    fn default() -> Self {
        let of_box = RunTotals { runs: RUNS_ADOPTED_MAX as u64, lines: 1 << 21, bytes: 2 << 30 };
        Self { places: 16, plain_bytes: RUN_PLAIN_BYTES_MAX, of_box }
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
pub(super) enum Excess {
    /// It unpacks to more than a run may.
    OneRun,
    /// The runs of its box are too many, or too large, with it.
    AllRuns,
    /// It adopts more runs than one may.
    Adopting,
}

impl Excess {
    /// In one word.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::OneRun => "run-too-large",
            Self::AllRuns => "run-quota",
            Self::Adopting => "run-adopts-too-many",
        }
    }

    /// In words, for the box and for the operator.
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

/// Why a call got nothing.
pub(super) enum Fault {
    NotAllowed,
    /// Its log contradicts itself.
    Quarantined,
    Nothing,
    /// No entry that is here adopts it.
    NotNamed,
    /// It ended early, or is longer than a run may be.
    Cut,
    /// It is not what its name says.
    Broken(RunError),
    /// It is more than is taken.
    Excess(Excess),
    /// Others are before it.
    Busy,
    Away(String),
}

impl From<RunError> for Fault {
    fn from(error: RunError) -> Self {
        Self::Broken(error)
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Away(error.to_string())
    }
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, LATER_S)], "try again later\n").into_response()
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::NotAllowed => {
                (StatusCode::FORBIDDEN, "this certificate is not in service here\n").into_response()
            }
            Self::Quarantined => {
                let words = "the relay holds evidence that this log contradicts itself and takes nothing more of it until the \
                             operator has looked; everything stays recorded at the box\n";
                (StatusCode::FORBIDDEN, words).into_response()
            }
            Self::Nothing => (StatusCode::NOT_FOUND, "no such run is here\n").into_response(),
            Self::NotNamed => {
                let words = "no entry that is here adopts this run: send that entry first\n";
                (StatusCode::CONFLICT, words).into_response()
            }
            Self::Cut => {
                let words = "the run ended early, or has more bytes than a run may have\n";
                (StatusCode::PAYLOAD_TOO_LARGE, words).into_response()
            }
            Self::Broken(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
            Self::Excess(excess) => {
                let status = match excess {
                    Excess::OneRun | Excess::Adopting => StatusCode::PAYLOAD_TOO_LARGE,
                    Excess::AllRuns => StatusCode::INSUFFICIENT_STORAGE,
                };
                (status, format!("{}\n", excess.words())).into_response()
            }
            Self::Busy => later(),
            Self::Away(error) => {
                tracing::error!(error, "a box's runs could not be looked after");
                later()
            }
        }
    }
}
