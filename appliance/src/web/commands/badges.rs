//! Badges of staff, as pages and programs add and remove them.

use record::code::ScannedCodeError;
use record::entry::EntryAuthor;
use record::fold::FacilityState;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged};
use web::error::HttpError;

use crate::identity::{BadgeCode, BadgeRefusal, NewBadge, StaffBadge};
use crate::intake::read_code;
use crate::web::commands::access_log::{log_admission, log_removal};
use crate::web::commands::removals::{log_removals, removal_error};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::worded;
use crate::web::words::{ErrorWords, PeopleWords};

pub(crate) fn word_badge_refusal(p: PeopleWords, refusal: &BadgeRefusal) -> String {
    match refusal {
        BadgeRefusal::Form => p.person_badge_form(),
        BadgeRefusal::Label => p.person_badge_label(),
        BadgeRefusal::Taken => p.person_badge_taken(),
        BadgeRefusal::Present(_) => p.person_badge_present(),
        BadgeRefusal::TooMany => p.person_badge_too_many(),
        BadgeRefusal::Revoked => p.person_badge_unsafe(),
        BadgeRefusal::KeyLost => p.person_badge_key_lost(),
    }
}

/// Gives somebody who works here a badge that nobody has and that is no item's code. It proves something only once the
/// log names it: a crash between the two leaves a badge in the log that does not exist, and never the other way round.
pub(crate) async fn enrol_badge(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
    code: BadgeCode,
) -> Result<Result<StaffBadge, BadgeRefusal>, HttpError> {
    let new = NewBadge { staff, code, now_ms: state.known_now_ms() };
    let (first, last) = (new.clone(), new.code.clone());
    let checked = run_blocking(state, move |state| {
        let facility = state.store.snapshot();
        if opens_item(&facility, &first.code) {
            return Ok(Err(BadgeRefusal::Label));
        }
        state.identity.badges.check(&first, has_left(&facility)).map_err(|e| HttpError::internal(&e))
    });
    if let Err(refusal) = checked.await? {
        return Ok(Err(refusal));
    }
    log_admission(state, by, AccessChanged::new(AccessChange::BadgeAdded, Some(staff))).await?;
    let done = run_blocking(state, move |state| {
        let facility = state.store.snapshot();
        state.identity.badges.enrol(&new, has_left(&facility)).map_err(|e| HttpError::internal(&e))
    });
    let enrolled = done.await;
    match &enrolled {
        Ok(Ok(badge)) => tracing::info!(%staff, badge = badge.id, "a badge was added"),
        // Somebody was quicker: the log names one that does not exist.
        Ok(Err(_)) => log_unadded(state, by, staff).await?,
        Err(_) => {
            // The disk failed. Where the table cannot be read either, the log says nothing more: the badge may be there.
            let look = run_blocking(state, move |state| {
                state.identity.badges.holds(&last).map_err(|e| HttpError::internal(&e))
            });
            if matches!(look.await, Ok(false)) {
                log_unadded(state, by, staff).await?;
            }
        }
    }
    enrolled.map_err(|error| error.safe(worded(ErrorWords::error_access_unknown)))
}

/// Logs that somebody does not have a badge after all.
async fn log_unadded(state: &AppState, by: EntryAuthor, staff: StaffId) -> Result<(), HttpError> {
    log_removal(state, by, AccessChanged::new(AccessChange::BadgeRemoved, Some(staff))).await
}

fn has_left(facility: &FacilityState) -> impl Fn(StaffId) -> bool + '_ {
    |staff| facility.staff.get(&staff).is_some_and(|person| person.left)
}

pub(crate) async fn remove_badge(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
    id: String,
) -> Result<bool, HttpError> {
    let done = run_blocking(state, move |state| {
        let removed = state.identity.badges.remove(staff, &id, by).map_err(|e| removal_error(&e))?;
        if removed {
            tracing::info!(%staff, badge = id, "a badge was removed");
        }
        Ok(removed)
    });
    let removed = done.await?;
    log_removals(state).await?;
    Ok(removed)
}

pub(crate) async fn remove_badges(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
) -> Result<(), HttpError> {
    let removed = run_blocking(state, move |state| {
        state.identity.badges.remove_all(staff, by).map_err(|e| removal_error(&e))
    });
    removed.await?;
    log_removals(state).await
}

pub(crate) async fn badges_of(state: &AppState, staff: StaffId) -> Result<Vec<StaffBadge>, HttpError> {
    run_blocking(state, move |state| state.identity.badges.of(staff).map_err(|e| HttpError::internal(&e)))
        .await
}

fn opens_item(facility: &FacilityState, code: &BadgeCode) -> bool {
    let is_tag = matches!(read_code(facility, code.as_str()), Err(ScannedCodeError::Tag(_)));
    is_tag || !facility.codes_like(code.as_str()).is_empty()
}
