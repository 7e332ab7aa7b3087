//! What is wrong with a field of a form: one line of “There is a problem”.

pub(crate) use web::form::FieldError as Wrong;
