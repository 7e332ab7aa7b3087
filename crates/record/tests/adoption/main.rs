//! Which lines count and in which order, held against the model's fold; and what lines that were found late may still set.
#![expect(clippy::unwrap_used, reason = "what cannot be made is a failed test")]

mod late;
mod model;
mod order;
