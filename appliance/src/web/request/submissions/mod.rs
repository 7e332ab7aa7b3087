//! Records that come from a phone or a scan page. Above all other readers.

pub(crate) mod copy_file;
pub(crate) mod page_record;
pub(crate) mod page_token;
pub(crate) mod phone_submission;
pub(crate) mod submission;
pub(crate) mod submission_record;
pub(crate) mod waiting_phone;
