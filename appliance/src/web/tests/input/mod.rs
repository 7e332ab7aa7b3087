//! What is sent to the box, right and wrong.

pub(in crate::web::tests) mod bad_input;
pub(in crate::web::tests) mod forms;
pub(in crate::web::tests) mod refusal_fields;
pub(in crate::web::tests) mod refused_early;
pub(in crate::web::tests) mod secret_traces;
pub(in crate::web::tests) mod seen_forms;
pub(in crate::web::tests) mod strange_input;
