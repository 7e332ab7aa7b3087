//! The keys by which boxes know this relay. Their public halves and how each stands are in the database, so that all processes on it are
//! one relay; the private halves are in the folder of each process that needs them, and nowhere else.

mod authority;
mod ca;
mod folder;
mod keyring;
mod open;

pub use authority::{AuthorityKey, AuthorityKind, KeyState};
pub(crate) use ca::SignedCsr;
pub use folder::KeyError;
pub(crate) use folder::read_configured;
pub use keyring::{Keyring, SharedKeyring};
pub use open::{AuthorityKeys, KeyNeeds};
