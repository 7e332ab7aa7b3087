//! What is believed only after it is checked: batches, exports, proofs and receipts.

pub mod batch;
pub mod entries_proof;
pub mod export;
pub mod proof;
pub mod receipt;
pub mod verify;
pub mod vouched_keys;
