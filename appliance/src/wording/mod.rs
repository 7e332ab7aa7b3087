//! The words of the box: a type for each area of messages, as the build script makes them, and what says them outside of pages.

pub(crate) mod refusals;

include!(concat!(env!("OUT_DIR"), "/words.rs"));
