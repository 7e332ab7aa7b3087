//! What the steps of a start share, and what they hand each other.

use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::tree::Frontier;
use redb::Database;
use service::clock::Now;
use service::random::RandomSource;

use super::chain::{ChainVerdict, LogExtent};
use super::database::{DatabaseExtent, LostPart};
use super::disk::Disk;
use super::journal::StoreSizes;
use super::keys::BoxKeys;
use super::mark::StartAttempts;
use super::rebuild::CountedEpoch;
use super::report::StartReport;
use super::scan::SegmentFile;
use super::survey::PartialTail;

/// Why a start is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartKind {
    /// The box is to work.
    Normal,
    /// Everything is to be checked, and the database built anew.
    Rebuild,
}

/// What the steps of a start share.
pub(super) struct StartState<'a> {
    pub(super) disk: &'a Arc<dyn Disk>,
    pub(super) sizes: StoreSizes,
    pub(super) now: Now,
    pub(super) random: &'a dyn RandomSource,
    pub(super) keys: BoxKeys,
    pub(super) report: StartReport,
    /// Starts before this one that did not get through, and which copies are open in this one.
    pub(super) attempts: StartAttempts,
    /// Whether a part of the database in use is lost.
    pub(super) lost: LostPart,
    /// Epochs that the relay has cosigned something of.
    pub(super) message: Option<Epoch>,
    /// Epochs that have ended with the size that counts, where that is stated.
    pub(super) ends: Vec<(Epoch, u64)>,
    /// Epochs that have ended.
    pub(super) ended: Vec<Epoch>,
    /// The epoch that this start ends: its journal stays as it is until the next one has begun, so that an interrupted
    /// start finds the same reason again.
    pub(super) ends_now: Option<Epoch>,
    /// Epochs of which nobody says how much counts: nothing of them but what is adopted.
    pub(super) unstated: Vec<Epoch>,
    /// The epoch whose journal was found to agree with the database.
    pub(super) agreed: Option<Epoch>,
    /// Ended epochs all of whose journal was read and holds what counts.
    pub(super) read_whole: Vec<Epoch>,
}

/// What there is of the log when it is healed.
pub(super) struct HealedLog {
    /// The epoch that goes on, if one does.
    pub(super) newest: Option<NewestLog>,
    pub(super) verdict: ChainVerdict,
    /// Every epoch of which anything is here.
    pub(super) names: Vec<Epoch>,
    /// How much of each epoch counts and is here, oldest first.
    pub(super) counted: Vec<CountedEpoch>,
}

/// The newest epoch, healed as far as its copies go.
pub(super) struct NewestLog {
    pub(super) origin: LogOrigin,
    pub(super) frontier: Frontier,
    /// Whether nothing is missing in it.
    pub(super) whole: bool,
    /// The newest segment and where its groups end; `None` when there is no segment, or it cannot go on.
    pub(super) newest: Option<(SegmentFile, u64)>,
    /// What is to be cut.
    pub(super) partial: Option<PartialTail>,
    /// What the relay cosigned of it, where this box holds less, or other entries.
    pub(super) relay: Option<LogExtent>,
    /// Whether the database gave another root than the journal has.
    pub(super) database_wrong: bool,
    /// Why its key may have signed other entries behind these, where something says so.
    pub(super) signed_beyond: Option<&'static str>,
}

/// The database that a start found, and what it holds.
pub(super) struct OpenDatabase {
    pub(super) db: Arc<Database>,
    pub(super) held: DatabaseExtent,
}
