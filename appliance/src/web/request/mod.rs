//! What a request says: readers of its parts beside those of the crate `web`, each with its bounds.

pub(crate) mod address_share;
pub(crate) mod badge_text;
pub(crate) mod browser;
pub(crate) mod choice;
pub(crate) mod cookies;
pub(crate) mod copy_file;
pub(crate) mod device;
pub(crate) mod field_error;
pub(crate) mod form;
pub(crate) mod form_words;
pub(crate) mod language;
pub(crate) mod listing;
pub(crate) mod multipart;
pub(crate) mod next_page;
pub(crate) mod optional_json;
pub(crate) mod page_cursor;
pub(crate) mod page_token;
pub(crate) mod peer;
pub(crate) mod phone_submission;
pub(crate) mod photo_body;
pub(crate) mod photo_form;
pub(crate) mod queue_share;
pub(crate) mod submission;
pub(crate) mod submission_record;
pub(crate) mod uploaded_file;
pub(crate) mod waiting_phone;
