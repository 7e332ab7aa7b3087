//! What a printer, a job and a label are, in plain values: nothing here waits for a disk or a device.

pub(crate) mod address;
pub(crate) mod cause;
pub(crate) mod connection_fault;
pub(crate) mod connection_timeouts;
pub(crate) mod content_version;
pub(crate) mod design;
pub(crate) mod job;
pub(crate) mod ledger_error;
pub(crate) mod limits;
pub(crate) mod make_error;
pub(crate) mod news;
pub(crate) mod paper;
pub mod plan;
pub(crate) mod printer_settings;
pub(crate) mod printer_state;
pub(crate) mod queue_error;
pub(crate) mod request;
pub(crate) mod slip;
pub(crate) mod slip_secrets;
pub(crate) mod view;
