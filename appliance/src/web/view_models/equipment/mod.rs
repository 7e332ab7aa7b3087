//! Items of equipment and their status. Above `page` and `records`.

pub(crate) mod claims;
pub(crate) mod codes;
pub(crate) mod item_status;
pub(crate) mod items;
pub(crate) mod loans;
pub(crate) mod problems;
pub(crate) mod protocols;
pub(crate) mod rates;
pub(crate) mod scanned_tags;
pub(crate) mod schedules;
pub(crate) mod status_board;
pub(crate) mod upkeep;
