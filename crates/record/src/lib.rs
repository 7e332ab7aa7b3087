//! The log's format and meaning: what an entry is, what it means, and how anybody can check it.
//!
//! An event of [`kinds`] becomes an [`entry`]: exact bytes, with personal texts beside it ([`redact`]) and never in it.
//! Entries are the leaves of a [`tree`]; its size and root, signed ([`sign`]), are a [`checkpoint`]. Entries travel as
//! a [`batch`], which [`verify`] alone turns from unverified to verified; the path of one entry to a root is a
//! [`proof`], a whole log an [`export`], and a [`receipt`] names a record to people. [`fold`] says what entries mean
//! for one facility, [`anchor`] corrects uncertain times, and [`compliance`] is the one definition of due, overdue and
//! rate, [`figures`] of how long recording takes and how much an item is used. A [`vouch`] ties the key of a log to those of earlier logs. [`messages`], [`topics`], [`claim`] and
//! [`directive`] are what box and relay exchange; a [`pack`] holds protocols of facilities and manufacturers;
//! [`limits`] has every bound with its reason; [`ids`], [`tag`] and [`code`] are names; [`json`] is the strict subset
//! that signed bytes are written in. Lines that a chain of epochs left behind are stored as a [`run`], in the
//! [`group`]s of the journal, and count again where an entry adopts it: [`adoption`] defines their order.
//!
//! Files are grouped by what they build on: `values`, `signed`, `kinds`, `entry`, then `run`, `fold` and `compliance`,
//! with `checks` and `exchange` on top. The modules keep their names at the crate's root.
//!
//! Nothing here reads a clock, a disk or a network. `FORMAT.md` beside this crate defines the bytes.

#![warn(missing_docs)]

pub mod adoption;
pub mod anchor;
mod checks;
pub mod compliance;
pub mod entry;
mod exchange;
pub mod figures;
pub mod fold;
pub mod group;
pub mod kinds;
pub mod limits;
pub mod mentions;
pub mod run;
mod signed;
pub mod tree;
mod values;

pub use checks::{batch, entries_proof, export, proof, receipt, verify, vouched_keys};
pub use exchange::{alarm, claim, directive, messages, topics};
pub use signed::{checkpoint, pack, sign, vouch};
pub use values::{code, ids, json, redact, tag};
