//! What a start found and did.

use std::collections::BTreeSet;

use record::ids::Epoch;
use record::run::RunName;

use super::unreported::UnreportedRepairs;
use crate::log::chain::MissingEntries;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartReport {
    /// Entries of the epoch when it was ready.
    pub size: u64,
    /// Why a new epoch had to begin, where one did and it was not the first.
    pub new_epoch: Option<String>,
    /// Whether the log was begun from nothing.
    pub created: bool,
    /// Why the database was rebuilt from the journal, where it was.
    pub rebuilt: Option<String>,
    pub healed: Option<String>,
    /// Bytes behind the log that were never acknowledged; they are kept in a file of this name.
    pub cut: Option<String>,
    /// Whether sessions, PINs and tokens were lost with a damaged or missing `state.redb`.
    pub state_lost: bool,
    /// Entries that the database took over from the journal.
    pub replayed: u64,
    pub cut_files: u64,
    /// Entries that count and are in no copy that could be read.
    pub missing: Vec<MissingEntries>,
    /// Runs that were adopted, because nothing in the log can have their lines at their place.
    pub adopted: Vec<RunName>,
    /// Epochs of which something is stored beside the log that nothing shows to be this box's.
    pub apart: BTreeSet<Epoch>,
    /// What a rebuilt database would have lacked: it did not replace the existing one.
    pub refused: Option<MissingEntries>,
    /// Small files that could not be used and were put under another name.
    pub set_aside: Vec<String>,
    /// Whether the database was rebuilt though sound: because the relay gave entries back, or others count than before.
    pub refilled: bool,
    /// Whether what came, or was healed, waits for lack of space to rebuild the database: the present one is in use.
    pub no_space: bool,
    /// Databases that were set aside, and files of lines beside the log, that could not be read to their end.
    pub unread_copies: Vec<String>,
    /// What earlier starts repaired and did not live to report.
    pub unreported: UnreportedRepairs,
}

impl StartReport {
    pub fn adopted_lines(&self) -> u64 {
        self.adopted.iter().map(RunName::count).sum()
    }

    /// What stays true when a start goes through everything once more. What only follows from what it finds is found again.
    pub(crate) fn for_another_pass(self) -> Self {
        Self { missing: Vec::new(), unread_copies: Vec::new(), refused: None, no_space: false, ..self }
    }
}
