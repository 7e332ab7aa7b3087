//! Programs: the API and the interface of the old app.

pub(in crate::web::tests) mod calls;
pub(in crate::web::tests) mod changes;
pub(in crate::web::tests) mod compression;
pub(in crate::web::tests) mod log_export;
pub(in crate::web::tests) mod old_app;
