//! Names of runs as columns hold them.

use record::run::RunName;

use crate::db::database::error::DbError;

/// A run as its column has it: empty for a line of the chain.
pub(in crate::db) fn run_text(run: Option<RunName>) -> String {
    run.map(|run| run.to_string()).unwrap_or_default()
}

pub(in crate::db) fn run_of(text: &str) -> Result<Option<RunName>, DbError> {
    let run = (!text.is_empty()).then(|| text.parse().map_err(|e| DbError::stored("run", e)));
    run.transpose()
}
