//! Secrets in a form that came without HTTPS: the same answer whatever page it was for.

use web::argument::FormFields;
use web::error::HttpError;

use crate::listen::PeerAddress;
use crate::web::access::badge::{refuse_badge_in_the_clear, take_misplaced_badge};
use crate::web::access::pin::{PinTypist, refuse_pin_in_the_clear};
use crate::web::context::AppState;

/// Fields in which somebody enters a PIN.
const PINS: [&str; 4] = ["pin", "own_pin", "present", "again"];

/// Fields in which somebody types a name or a note.
const NAMES_AND_NOTES: [&str; 2] = ["cleaned_by", "notes"];

/// Refuses a PIN or a badge that anybody in the building could read.
pub(crate) async fn refuse_secrets_in_the_clear(
    state: &AppState,
    form: &FormFields,
    typist: &PinTypist,
) -> Result<(), HttpError> {
    if let Some(pin) = PINS.into_iter().map(|field| form.text(field).trim()).find(|pin| !pin.is_empty()) {
        let staff = form.get("staff").and_then(|id| id.parse().ok());
        return Err(refuse_pin_in_the_clear(state, staff, pin, typist).await);
    }
    match form.text("badge").trim() {
        "" => Ok(()),
        badge => Err(refuse_badge_in_the_clear(state, badge, typist.network()).await),
    }
}

/// The form of an open page with its secrets where they belong: a badge that a hand scanner typed as a name or a note counts as
/// scanned in its own field. What came without HTTPS has none.
pub(crate) async fn screen_form(
    state: &AppState,
    mut form: FormFields,
    from: &PeerAddress,
    typist: &PinTypist,
) -> Result<FormFields, HttpError> {
    if !from.secure {
        refuse_secrets_in_the_clear(state, &form, typist).await?;
    }
    if let Some(code) = take_misplaced_badge(state, form.values_mut(&NAMES_AND_NOTES), from).await?
        && form.text("badge").trim().is_empty()
    {
        form.set("badge", code.as_str());
    }
    Ok(form)
}
