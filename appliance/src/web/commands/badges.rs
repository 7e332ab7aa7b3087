//! Badges of staff, as pages and programs add and remove them.

use record::code::{ScannedCode, ScannedCodeError};
use record::entry::EntryAuthor;
use record::fold::FacilityState;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged};
use web::error::HttpError;

use crate::identity::{BadgeCode, BadgeRefusal, NewBadge, StaffBadge};
use crate::web::commands::access_log::{log_admission, log_removal};
use crate::web::context::{AppState, run_blocking};

/// Gives somebody who works here a badge that nobody has and that opens nothing. One that the log does not name proves nothing.
pub(crate) async fn enrol_badge(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
    code: BadgeCode,
) -> Result<Result<StaffBadge, BadgeRefusal>, HttpError> {
    let done = run_blocking(state, move |state| {
        let facility = state.store.snapshot();
        if opens_item(&facility, &code) {
            return Ok(Err(BadgeRefusal::Label));
        }
        let new = NewBadge { staff, code, now_ms: state.clock.now().wall_ms };
        let has_left = |staff: StaffId| facility.staff.get(&staff).is_some_and(|person| person.left);
        state.identity.badges.enrol(&new, has_left).map_err(|e| HttpError::internal(&e))
    });
    let enrolled = done.await?;
    if let Ok(badge) = &enrolled {
        let change = AccessChanged::new(AccessChange::BadgeAdded, Some(staff));
        if let Err(error) = log_admission(state, by, change).await {
            let id = badge.id.clone();
            let undone = move |state: &AppState| {
                state.identity.badges.remove(staff, &id).map_err(|e| HttpError::internal(&e))
            };
            run_blocking(state, undone).await?;
            return Err(error);
        }
        tracing::info!(%staff, badge = badge.id, "a badge was added");
    }
    Ok(enrolled)
}

/// Takes a badge off somebody; whether they had it.
pub(crate) async fn remove_badge(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
    id: String,
) -> Result<bool, HttpError> {
    let done = run_blocking(state, move |state| {
        let removed = state.identity.badges.remove(staff, &id).map_err(|e| HttpError::internal(&e))?;
        if removed {
            tracing::info!(%staff, badge = id, "a badge was removed");
        }
        Ok(removed)
    });
    let removed = done.await?;
    if removed {
        log_removal(state, by, AccessChanged::new(AccessChange::BadgeRemoved, Some(staff))).await?;
    }
    Ok(removed)
}

/// Takes all badges off somebody.
pub(crate) async fn remove_badges(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
) -> Result<(), HttpError> {
    let remove =
        move |state: &AppState| state.identity.badges.remove_all(staff).map_err(|e| HttpError::internal(&e));
    match run_blocking(state, remove).await? {
        true => log_removal(state, by, AccessChanged::new(AccessChange::BadgeRemoved, Some(staff))).await,
        false => Ok(()),
    }
}

/// Somebody's badges.
pub(crate) async fn badges_of(state: &AppState, staff: StaffId) -> Result<Vec<StaffBadge>, HttpError> {
    run_blocking(state, move |state| state.identity.badges.of(staff).map_err(|e| HttpError::internal(&e)))
        .await
}

/// Whether a scanner takes it for a label, or for a code that is on an item.
fn opens_item(facility: &FacilityState, code: &BadgeCode) -> bool {
    match ScannedCode::read(code.as_str()) {
        Ok(code) => facility.resolve_code(code.as_str()).is_some(),
        Err(ScannedCodeError::Tag(_)) => true,
        Err(_) => false,
    }
}
