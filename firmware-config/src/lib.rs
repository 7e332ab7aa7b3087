//! What a box gets before its first start: the claim file, parsed, checked and written.
//!
//! The relay makes a claim file, the installer adds the building's network and puts it on the card, the box reads it once.
//! [`ClaimFile::parse`] takes its bytes and answers with every value checked, or with every mistake at once: line, key
//! and reason; [`ClaimFile::to_toml`] writes one. [`fields`] holds what each value must look like, [`Secret`] keeps
//! passwords out of logs, [`hash_passphrase`] turns a Wi-Fi passphrase into the key that the radio uses. Nothing here
//! reads a disk, a clock or the environment, and nothing here knows a verifier key's mathematics: the box reads the keys
//! with the log's own code.

mod address;
mod claim_file;
pub mod fields;
mod mistakes;
mod secret;
mod wpa;

pub use address::StaticAddress;
pub use claim_file::{
    AccessPointClaim, CLAIM_FILE_NAME, ClaimFile, MISTAKES_FILE_NAME, NetworkClaim, PROVISIONED_FILE_NAME,
    RelayClaim, WifiClaim, WifiKey, decode_text,
};
pub use mistakes::{CLAIM_FILE_BYTES_MAX, ClaimFileError, ClaimMistake, KeyHint, MistakeReason};
pub use secret::Secret;
pub use wpa::hash_passphrase;
