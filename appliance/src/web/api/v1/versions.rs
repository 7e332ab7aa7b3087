//! Changes that a program makes over the version of a row that it has seen.

use record::fold::RowVersion;
use web::argument::{IfMatch, OtherVersion};
use web::error::HttpError;

use crate::intake::{Command, CommandRefusal};
use crate::web::access::program::BY_API;
use crate::web::commands::run::{CommandFailure, CommandOutcome, SubmissionKey, run_command};
use crate::web::context::AppState;
use crate::web::http_error::changed_since;

/// Runs a command over the version that `if_match` names, for a row that is at version `now`.
pub(crate) async fn run_over(
    state: &AppState,
    now: Option<RowVersion>,
    key: Option<String>,
    if_match: &IfMatch,
    command: Command,
) -> Result<CommandOutcome, HttpError> {
    let seen = if_match.choose(now).map_err(|OtherVersion| changed_since(now))?;
    let key = match if_match.named_tags() {
        [] => key.into(),
        tags => SubmissionKey::as_sent(key, &(tags, &command)),
    };
    match run_command(state, BY_API, key, command.made_over(seen)).await {
        Ok(done) => Ok(done),
        Err(CommandFailure::Refused(CommandRefusal::Changed { now })) => Err(changed_since(Some(now))),
        Err(other) => Err(other.into()),
    }
}
