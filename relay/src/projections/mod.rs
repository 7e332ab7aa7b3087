//! What pages read is a fold over entries. It follows what was stored: in steps of at most [`STEP_LINES`] entries beside the live
//! projection, and from the beginning under a number of its own where entries count in another order than before.

mod base;
pub mod box_state;
mod chain;
pub mod facility_now;
mod fold;
mod links;
mod overlaps;
mod queue;
mod rebuild;
pub mod rollup;
mod run_pages;
mod step;
mod windows;

pub use chain::{end_of, log_chain};
pub use queue::StepQueue;
pub use rebuild::rebuild_facility;
pub use step::{STEP_LINES, StepOutcome, run_steps, step_all, step_facility};
pub use windows::close_windows;
