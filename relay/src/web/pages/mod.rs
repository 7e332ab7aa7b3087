//! The pages, one a file.

pub(crate) mod administration;
pub(crate) mod alerts;
pub(crate) mod authentication;
pub(crate) mod billing;
pub(crate) mod facilities;
pub(crate) mod fleet;
pub(crate) mod forms;
pub(crate) mod help;
pub(crate) mod operator;
pub(crate) mod personal;
