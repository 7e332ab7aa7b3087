//! Single fields of forms. It imports no other reader.

pub(crate) mod about_cleaning;
pub(crate) mod badge_text;
pub(crate) mod choice;
pub(crate) mod field_error;
pub(crate) mod form_words;
pub(crate) mod optional_day;
