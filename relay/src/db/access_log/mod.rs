//! The access log as a chain, and the state of that chain.

pub mod audit;
pub mod audit_heads;
