//! A badge that is scanned to prove a record.

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use record::entry::EntryAuthor;
use record::ids::StaffId;
use record::kinds::{AccessChange, AccessChanged};
use service::attempts::ClientNetwork;
use web::argument::FormFields;
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, BadgeCode};
use crate::listen::PeerAddress;
use crate::web::access_note::AccessNote;
use crate::web::commands::access_log::log_removal;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{new_error, worded};
use crate::web::words::ErrorWords;

/// When a phone sends again what came with a badge that was not looked at, seconds.
const AGAIN_S: u32 = 120;

/// What came of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadgeOutcome {
    /// Whose it is.
    Known(StaffId),
    /// Nobody's who works here.
    Unknown,
    /// Too many from this address were nobody's; it was not looked at.
    TooMany,
}

/// Looks at a badge that came over HTTPS. Whoever tries out numbers soon has to wait; a badge that is known costs nothing.
pub(crate) async fn check_scanned_badge(
    state: &AppState,
    scanned: &str,
    network: ClientNetwork,
) -> Result<BadgeOutcome, HttpError> {
    let Ok(code) = BadgeCode::read(scanned) else { return Ok(BadgeOutcome::Unknown) };
    let now = state.clock.now();
    if state.inner.badge_tries.take(network, now.up_ms).is_err() {
        return Ok(BadgeOutcome::TooMany);
    }
    let found = run_blocking(state, move |state| {
        state.identity.badges.prove(&code, now.wall_ms).map_err(|e| HttpError::internal(&e))
    });
    let here = |staff: &StaffId| state.store.snapshot().staff.get(staff).is_some_and(|s| !s.left);
    match found.await?.filter(here) {
        Some(staff) => {
            state.inner.badge_tries.refund(&network);
            Ok(BadgeOutcome::Known(staff))
        }
        None => Ok(BadgeOutcome::Unknown),
    }
}

/// No badge of this address is looked at for a while; what came with it is not recorded without it.
pub(crate) fn badges_spent() -> HttpError {
    new_error(StatusCode::TOO_MANY_REQUESTS, "too-many", worded(ErrorWords::error_too_many))
        .next(worded(ErrorWords::error_press_again))
        .header(RETRY_AFTER, HeaderValue::from(AGAIN_S))
}

/// What the audit keeps of a badge that is nobody's.
pub(crate) fn unknown_badge_note() -> AccessNote {
    AccessNote::new(AccessOutcome::UnknownBadge, AccessTarget::Proof)
}

/// Refuses a form with a badge that came without HTTPS.
pub(crate) async fn require_secure_badge(
    state: &AppState,
    form: &FormFields,
    from: &PeerAddress,
) -> Result<(), HttpError> {
    let badge = form.text("badge").trim();
    if from.secure || badge.is_empty() {
        return Ok(());
    }
    Err(refuse_badge_in_the_clear(state, badge, ClientNetwork::of(from.remote)).await)
}

/// A badge came where anybody in the building can read along: it is refused, and revoked if it was somebody's. What is said is
/// the same for both, and numbers that are tried out revoke few.
pub(crate) async fn refuse_badge_in_the_clear(
    state: &AppState,
    scanned: &str,
    network: ClientNetwork,
) -> HttpError {
    let is_looked_at = state.inner.badge_tries.take(network, state.clock.now().up_ms).is_ok();
    let code = BadgeCode::read(scanned).ok().filter(|_| is_looked_at);
    let note = AccessNote::new(AccessOutcome::BadgeInTheClear, AccessTarget::Proof);
    let revoked = run_blocking(state, move |state| {
        let now_ms = state.clock.now().wall_ms;
        let revoked = code.map(|code| state.identity.badges.revoke_shown(&code, now_ms)).transpose();
        revoked.map(Option::flatten).map_err(|e| HttpError::internal(&e))
    });
    let note = match revoked.await {
        Ok(Some(badge)) => {
            let change = AccessChanged::new(AccessChange::BadgeRemoved, Some(badge.staff));
            if let Err(error) = log_removal(state, EntryAuthor::BOX, change).await {
                return error;
            }
            note.about(&badge.staff)
        }
        Ok(None) => note,
        Err(error) => return error,
    };
    let title = worded(ErrorWords::error_badge_in_the_clear);
    new_error(StatusCode::BAD_REQUEST, "badge-in-the-clear", title)
        .detail(worded(ErrorWords::error_badge_in_the_clear_detail))
        .field("badge")
        .next(worded(ErrorWords::error_badge_in_the_clear_next))
        .note(note)
}
