//! Cleanings and other records, and who made them. Above `page`.

pub(crate) mod badges;
pub(crate) mod begun;
pub(crate) mod competency;
pub(crate) mod feed;
pub(crate) mod history;
pub(crate) mod photos;
pub(crate) mod proofs;
pub(crate) mod receipts;
pub(crate) mod sign_offs;
pub(crate) mod verification;
