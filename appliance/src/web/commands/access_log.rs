//! Changes of who may sign in, and how, are recorded in the log too.
//!
//! What grants access is logged before it takes effect; what revokes access, after it does. So nobody gains access whom
//! the log does not name, and a log that cannot be written does not prevent a revocation.

use record::entry::EntryAuthor;
use record::kinds::AccessChanged;
use web::error::HttpError;

use crate::intake::Command;
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::http_error::worded;
use crate::web::words::ErrorWords;

pub(crate) async fn log_admission(
    state: &AppState,
    by: EntryAuthor,
    change: AccessChanged,
) -> Result<(), HttpError> {
    let command = Command::ChangeAccess(Box::new(change));
    run_command(state, by, None::<String>, command).await.map(drop).map_err(HttpError::from)
}

pub(crate) async fn log_removal(
    state: &AppState,
    by: EntryAuthor,
    change: AccessChanged,
) -> Result<(), HttpError> {
    let logged = log_admission(state, by, change).await;
    logged.map_err(|error| error.safe(worded(ErrorWords::error_access_removed)))
}
