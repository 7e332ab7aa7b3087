//! The databases: opened, set aside, built again, and the box's own state.

pub(crate) mod main_database;
pub(crate) mod rebuild;
pub(crate) mod run_reader;
pub(crate) mod salvage;
pub(crate) mod state_db;
pub(crate) mod state_file;
pub(crate) mod state_handle;
pub(crate) mod state_takeover;
