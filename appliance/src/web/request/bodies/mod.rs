//! Bodies of requests: forms, photos, files, JSON. Above `client`.

pub(crate) mod form;
pub(crate) mod multipart;
pub(crate) mod optional_json;
pub(crate) mod photo_body;
pub(crate) mod photo_form;
pub(crate) mod uploaded_file;
