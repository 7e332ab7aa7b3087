//! The language of the system: what an entry of the log is, what it means, and how anybody can check it.
//!
//! An event of [`kinds`] becomes an [`entry`]: exact bytes, with personal texts beside it ([`redact`]) and never in it.
//! Entries are the leaves of a [`tree`]; its size and root, signed ([`sign`]), are a [`checkpoint`]. Entries travel as a
//! [`batch`], which [`verify`] alone turns from unverified to verified; one entry's way to a root is a [`proof`], a whole
//! log an [`export`], and a [`receipt`] names a record to people. [`fold`] says what entries mean for one facility, [`anchor`] corrects uncertain times, and
//! [`compliance`] is the one definition of due, overdue and rate. A [`vouch`] ties the key of a log to those of the logs before. [`messages`], [`topics`], [`claim`] and [`directive`]
//! are what box and relay say to each other; a [`pack`] is what facilities and manufacturers do; [`limits`] holds every bound with its reason; [`ids`], [`tag`] and
//! [`code`] name things; [`json`] is the strict subset that signed bytes are written in.
//! Lines that a chain of epochs left behind are kept as a [`run`], in the [`group`]s of the journal, and count again where
//! an entry adopts it: [`adoption`] says in which order.
//!
//! Nothing here reads a clock, a disk or a network. `FORMAT.md` beside this crate states the bytes.

pub mod adoption;
pub mod alarm;
pub mod anchor;
pub mod batch;
mod body_values;
pub mod checkpoint;
mod civil_day;
mod civil_time;
pub mod claim;
pub mod code;
pub mod compliance;
pub mod directive;
pub mod entry;
pub mod export;
pub mod fold;
pub mod group;
pub mod ids;
pub mod json;
pub mod kinds;
pub mod limits;
pub mod mentions;
pub mod messages;
mod open_words;
pub mod pack;
pub mod proof;
pub mod receipt;
pub mod redact;
pub mod run;
mod run_name;
pub mod sign;
pub mod tag;
pub mod topics;
pub mod tree;
pub mod verify;
pub mod vouch;
pub mod vouched_keys;
