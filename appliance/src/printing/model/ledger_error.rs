//! Why the print ledger could not be read or written.

/// The ledger could not be read or written. What was under way counts as unknown.
#[derive(Debug, thiserror::Error)]
#[error("print ledger: {doing}: {source}")]
pub struct LedgerError {
    pub(crate) doing: &'static str,
    #[source]
    pub(crate) source: Box<redb::Error>,
}
