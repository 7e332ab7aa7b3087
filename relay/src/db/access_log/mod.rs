//! The access log as a chain, and where the chain stands.

pub mod audit;
pub mod audit_heads;
