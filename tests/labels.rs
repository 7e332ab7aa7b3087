//! The suite `labels`: real streams from the print service over TCP to the virtual printer, read by two code readers.

#[path = "labels/codes.rs"]
mod codes;
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
#[path = "labels/print_server.rs"]
mod print_server;
#[path = "labels/readers.rs"]
mod readers;
#[path = "labels/slips.rs"]
mod slips;
#[path = "labels/station.rs"]
mod station;
#[path = "labels/streams.rs"]
mod streams;
#[path = "labels/truth.rs"]
mod truth;
