//! Equipment and what belongs to it, for programs. Above `records`.

pub(crate) mod codes;
pub(crate) mod equipment;
pub(crate) mod equipment_changes;
pub(crate) mod lists;
pub(crate) mod problems;
pub(crate) mod tags;
pub(crate) mod upkeep;
pub(crate) mod uses;
