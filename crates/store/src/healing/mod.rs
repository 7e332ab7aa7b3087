//! Lines that a copy lacks, from whichever other copy holds them.

pub(crate) mod closed_journal;
pub(crate) mod damaged_runs;
pub(crate) mod heal;
pub(crate) mod misplaced;
pub(crate) mod refill;
