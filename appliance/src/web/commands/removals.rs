//! Removed PINs and badges are recorded in the log too, also where the box stopped in between.

use std::sync::Arc;

use http::StatusCode;
use record::entry::EntryAuthor;
use record::kinds::{AccessChange, AccessChanged};
use web::error::HttpError;

use crate::identity::{IdentityError, RemovedAccess, UnloggedRemoval};
use crate::web::commands::access_log::log_removal;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{new_error, worded};
use crate::web::words::ErrorWords;

pub(crate) fn removal_error(error: &IdentityError) -> HttpError {
    if !error.is_full() {
        return HttpError::internal(error);
    }
    new_error(StatusCode::INSUFFICIENT_STORAGE, "full", worded(ErrorWords::error_removal_full))
        .detail(worded(ErrorWords::error_removal_full_detail))
        .safe(worded(ErrorWords::error_removal_full_safe))
        .next(worded(ErrorWords::error_removal_full_next))
}

/// Writes down the removals that the log does not have yet, this one and any before it.
pub(crate) async fn log_removals(state: &AppState) -> Result<(), HttpError> {
    let removals = Arc::clone(&state.identity.removals);
    let _turn = removals.turn.lock().await;
    let unlogged = run_blocking(state, |state| {
        state.identity.removals.all().map_err(|error| HttpError::internal(&error))
    });
    for (id, removal) in unlogged.await? {
        log_one(state, &removal).await?;
        let forgotten = run_blocking(state, move |state| {
            state.identity.removals.forget(&id).map_err(|error| HttpError::internal(&error))
        });
        if let Err(error) = forgotten.await {
            tracing::warn!(?error, "a removal will be in the log once more");
        }
    }
    Ok(())
}

async fn log_one(state: &AppState, removal: &UnloggedRemoval) -> Result<(), HttpError> {
    let what = match removal.what {
        RemovedAccess::Pin => AccessChange::PinRemoved,
        RemovedAccess::Badge => AccessChange::BadgeRemoved,
    };
    let change = AccessChanged::new(what, Some(removal.staff));
    // Whoever removed it may have left since.
    for by in [removal.by, EntryAuthor::BOX] {
        match log_removal(state, by, change.clone()).await {
            Err(refusal) if refusal.status.is_client_error() => {}
            logged => return logged,
        }
    }
    tracing::error!(staff = %removal.staff, "a removal is not in the log: it takes no such entry");
    Ok(())
}

/// The same for removals that were interrupted when the box last stopped.
pub fn log_left_removals(state: &AppState) {
    let state = state.clone();
    tokio::spawn(async move {
        if let Err(error) = log_removals(&state).await {
            tracing::error!(?error, "the log does not say yet what was taken off somebody");
        }
    });
}
