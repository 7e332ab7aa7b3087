//! Secrets in a form that came without HTTPS: the same answer whatever page it was for.

use record::ids::StaffId;
use web::argument::FormFields;
use web::error::HttpError;

use crate::web::access::badge::{EnteredText, refuse_badge_in_the_clear, take_misplaced_badge};
use crate::web::access::pin::{PinTypist, refuse_pin_in_the_clear};
use crate::web::context::AppState;

const PINS: [&str; 4] = ["pin", "own_pin", "present", "again"];

const NAME: &str = "cleaned_by";
const ENTERED_FIELDS: [&str; 3] = ["notes", "agent", "lot"];
const STAFF: &str = "staff";

pub(crate) async fn refuse_secrets_in_the_clear(
    state: &AppState,
    form: &FormFields,
    typist: &PinTypist,
) -> Result<(), HttpError> {
    if let Some(pin) = PINS.into_iter().map(|field| form.text(field).trim()).find(|pin| !pin.is_empty()) {
        let staff = form.get(STAFF).and_then(|id| id.parse().ok());
        return Err(refuse_pin_in_the_clear(state, staff, pin, typist).await);
    }
    match form.text("badge").trim() {
        "" => Ok(()),
        badge => Err(refuse_badge_in_the_clear(state, badge, typist.network()).await),
    }
}

/// The form of a public page with its secrets where they belong: a badge that a hand scanner typed as a name, a note or
/// a lot counts as scanned in its own field. A form that came without HTTPS has none.
pub(crate) async fn screen_form(
    state: &AppState,
    mut form: FormFields,
    typist: &PinTypist,
) -> Result<FormFields, HttpError> {
    let from = typist.origin();
    if !from.secure {
        refuse_secrets_in_the_clear(state, &form, typist).await?;
    }
    let mut entered = ENTERED_FIELDS.to_vec();
    // Whom a list names is no text that somebody typed.
    entered.extend(form.get(STAFF).filter(|id| id.parse::<StaffId>().is_err()).map(|_| STAFF));
    let named = take_misplaced_badge(state, form.values_mut(&[NAME]), EnteredText::Name, from).await?;
    let other = take_misplaced_badge(state, form.values_mut(&entered), EnteredText::Other, from).await?;
    if let Some(code) = other.or(named)
        && form.text("badge").trim().is_empty()
    {
        form.set("badge", code.as_str());
    }
    Ok(form)
}
