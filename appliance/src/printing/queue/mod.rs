//! The print ledger and the reports of its jobs, in `state.redb`.

pub(crate) mod ledger;
pub(crate) mod outcomes;
pub(crate) mod printer_store;
