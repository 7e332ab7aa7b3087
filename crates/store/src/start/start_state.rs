//! What the steps of a start share, and what they hand each other.

use std::sync::{Arc, Weak};

use record::checkpoint::LogOrigin;
use record::ids::Epoch;
use record::tree::Frontier;
use redb::Database;
use service::clock::Now;
use service::random::RandomSource;

use crate::database::main_database::{DatabaseExtent, LostPart};
use crate::database::rebuild::CountedEpoch;
use crate::index::key_runs::KeyRuns;
use crate::io::disk::Disk;
use crate::log::chain::{ChainVerdict, LogExtent};
use crate::log::journal::StoreSizes;
use crate::log::scan::SegmentFile;
use crate::log::survey::{GroupPlace, PartialTail};
use crate::side_files::keys::BoxKeys;
use crate::side_files::mark::StartAttempts;
use crate::side_files::report::StartReport;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartKind {
    Normal,
    /// Everything is to be checked, and the database rebuilt.
    Rebuild,
}

pub(crate) struct StartState<'a> {
    pub(crate) disk: &'a Arc<dyn Disk>,
    pub(crate) sizes: StoreSizes,
    pub(crate) now: Now,
    pub(crate) random: &'a dyn RandomSource,
    pub(crate) keys: BoxKeys,
    pub(crate) report: StartReport,
    /// Starts before this one that did not get through, and which copies are open in this one.
    pub(crate) attempts: StartAttempts,
    pub(crate) lost: LostPart,
    pub(crate) message: Option<Epoch>,
    pub(crate) ends: Vec<(Epoch, u64)>,
    pub(crate) ended: Vec<Epoch>,
    /// The epoch that this start ends: its journal stays as it is until the next one has begun, so that an interrupted
    /// start finds the same reason again.
    pub(crate) ends_now: Option<Epoch>,
    /// Epochs of which nobody says how much counts: nothing of them but what is adopted.
    pub(crate) unstated: Vec<Epoch>,
    pub(crate) agreed: Option<Epoch>,
    /// Where the journal goes on behind what the database has.
    pub(crate) behind_held: Option<GroupPlace>,
    /// Idempotency keys that were read already: of which database, for who writes which epoch.
    pub(crate) key_runs: Option<(Weak<Database>, Epoch, KeyRuns)>,
    pub(crate) read_whole: Vec<Epoch>,
}

pub(crate) struct HealedLog {
    pub(crate) newest: Option<NewestLog>,
    pub(crate) verdict: ChainVerdict,
    pub(crate) names: Vec<Epoch>,
    /// How much of each epoch counts and is here, oldest first.
    pub(crate) counted: Vec<CountedEpoch>,
}

/// The newest epoch, healed as far as its copies go.
pub(crate) struct NewestLog {
    pub(crate) origin: LogOrigin,
    pub(crate) frontier: Frontier,
    pub(crate) whole: bool,
    /// The newest segment and where its groups end; `None` when there is no segment, or it cannot continue.
    pub(crate) newest: Option<(SegmentFile, u64)>,
    pub(crate) partial: Option<PartialTail>,
    /// What the relay cosigned of it, where this box holds less, or other entries.
    pub(crate) relay: Option<LogExtent>,
    /// Whether the database gave another root than the journal has.
    pub(crate) database_wrong: bool,
    /// Why its key may have signed other entries behind these, where something says so.
    pub(crate) signed_beyond: Option<&'static str>,
}

pub(crate) struct OpenDatabase {
    pub(crate) db: Arc<Database>,
    pub(crate) held: DatabaseExtent,
}
