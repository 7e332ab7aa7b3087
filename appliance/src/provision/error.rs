//! Why first boot did not do its work.

use std::path::PathBuf;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    #[error("{} cannot be written: {source}. Nothing was taken from the card; the box starts with what it had", path.display())]
    Data { path: PathBuf, source: std::io::Error },
    #[error("the settings that follow from the claim file are none that this box takes: {0}")]
    Settings(String),
    #[error("the power was cut")]
    Cut,
}
