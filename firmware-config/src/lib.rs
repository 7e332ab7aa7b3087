//! What a box is told before its first start: the claim file, parsed, checked and written.
//!
//! The relay makes a claim file, the installer puts it on the card, the box reads it once. [`ClaimFile::parse`] takes
//! its bytes and answers with every value checked or with the line and key that do not fit; [`ClaimFile::to_toml`]
//! writes one. [`fields`] holds what each value must look like, [`secret`] keeps passwords out of logs. Nothing here
//! reads a disk, a clock or the environment, and nothing here knows a key's mathematics: the box reads the keys with
//! the log's own code.

mod claim_file;
pub mod fields;
mod secret;

pub use claim_file::{CLAIM_FILE_BYTES_MAX, ClaimFile, ClaimFileError, Wifi};
pub use secret::Secret;
