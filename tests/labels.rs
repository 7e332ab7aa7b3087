//! The suite `labels`: real streams from the print room over TCP to the virtual printer, read by two code readers.
//!
//! What holds for every fault: what is called confirmed is out; what is out is confirmed, sent or in doubt; no more is
//! in doubt than the window; after a truthful person has answered, every label is out at least once, and a blank tag
//! at most once.

#[path = "labels/crash.rs"]
mod crash;
#[path = "browser/demo.rs"]
mod demo;
#[path = "labels/demonstration.rs"]
mod demonstration;
#[path = "labels/faults.rs"]
mod faults;
#[path = "labels/jobs.rs"]
mod jobs;
#[path = "labels/kills.rs"]
mod kills;
#[path = "labels/long.rs"]
mod long;
#[path = "labels/oracles.rs"]
mod oracles;
#[path = "labels/readers.rs"]
mod readers;
#[path = "labels/room.rs"]
mod room;
#[path = "labels/slips.rs"]
mod slips;
#[path = "labels/station.rs"]
mod station;
#[path = "labels/streams.rs"]
mod streams;
#[path = "labels/truth.rs"]
mod truth;
