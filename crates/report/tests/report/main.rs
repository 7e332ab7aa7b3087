//! Reports of a made-up log: on paper, as tables, and what whoever checks them is told of changed ones.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is not as it must be")]

mod checked;
mod paper;
mod sample;
mod tables;
