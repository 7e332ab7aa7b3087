//! The keys by which boxes know this relay. Their public halves and states are in the database, so that all processes on it are one
//! relay; the private halves are in the folder of each process that needs them, and nowhere else.

mod authority;
mod ca;
mod data_seal;
mod file_names;
mod folder;
mod keyring;
mod open;
mod public_list;
mod remarks;
mod rotate;
mod seal;
#[cfg(test)]
mod tests;

pub use authority::{AuthorityKey, AuthorityKind, KeyState};
pub(crate) use ca::SignedCsr;
pub use data_seal::{DataSeal, SealedBytes, UnsealError};
pub(crate) use file_names::{is_key_file, is_unfinished_key};
pub use folder::KeyError;
pub(crate) use folder::read_configured;
pub use keyring::{KeySet, SharedKeySet};
pub use open::{AuthorityKeys, KeyNeeds};
pub use public_list::write_public_list;
pub(crate) use remarks::KeyRemark;
pub use rotate::{KeyRefusal, RevokedKey};
pub use seal::{SEALED_BYTES_MAX, SealError, SealedExport};
