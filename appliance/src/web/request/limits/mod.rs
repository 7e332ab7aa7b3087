//! How much one address or device may send. Above `client`.

pub(crate) mod address_share;
pub(crate) mod name_share;
pub(crate) mod photo_tries;
pub(crate) mod queue_share;
pub(crate) mod report_share;
