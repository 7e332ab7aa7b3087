//! Who a scan's record is of: proven by a PIN that was typed just now or not long ago, else the name as it stands.

use record::ids::StaffId;
use web::argument::FormFields;
use web::error::HttpError;

use crate::identity::AccessWanted;
use crate::intake::Cleaner;
use crate::web::access::pin::{PinTypist, check_typed_pin, pin_note, pin_words};
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::context::AppState;
use crate::web::view_models::formats::{Local, span};

/// Longest time for which a typed PIN proves records, whatever an entry says.
const PROOF_MIN_MAX: u32 = 60;

/// Whoever is signed in in the browser that shows a scan page.
#[derive(Debug, Clone)]
pub(crate) struct KnownCleaner {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
    /// When they signed in.
    pub(crate) since: String,
    /// How long ago they typed their PIN, while that proves a record.
    pub(crate) proven: Option<String>,
}

impl KnownCleaner {
    pub(crate) fn of(signed: &StaffSession, proof_min: u32, local: &Local) -> Self {
        let ago_s = signed.pin_age_ms().filter(|_| is_fresh(signed, proof_min)).map(|ms| ms / 1_000);
        Self {
            staff: signed.staff(),
            name: signed.name().to_owned(),
            since: local.deadline(signed.began_ms()),
            proven: ago_s.map(|s| span(u32::try_from(s).unwrap_or(u32::MAX))),
        }
    }
}

/// Whether a session's PIN was typed so short a time ago that it proves a record.
pub(crate) fn is_fresh(signed: &StaffSession, proof_min: u32) -> bool {
    let most_ms = u64::from(proof_min.min(PROOF_MIN_MAX)) * 60_000;
    most_ms > 0 && signed.pin_age_ms().is_some_and(|age| age <= most_ms)
}

/// Whether a form names nobody but the person of this session.
pub(crate) fn names(form: &FormFields, signed: &StaffSession) -> bool {
    let typed = form.text("cleaned_by").trim();
    typed.is_empty() || typed == signed.name().trim()
}

/// What a submission itself proves.
#[derive(Debug, Default)]
pub(crate) struct ScanPin {
    /// Whose PIN was typed in it.
    proven: Option<StaffId>,
    /// Why the PIN that was typed proves nothing.
    pub(crate) wrong: Option<String>,
    /// For the audit.
    pub(crate) note: Option<AccessNote>,
}

impl ScanPin {
    /// Looks at the PIN of a form, if there is one. A right one also counts for the session that it was typed in.
    pub(crate) async fn of_form(
        state: &AppState,
        form: &FormFields,
        signed: Option<&mut StaffSession>,
        typist: &PinTypist,
    ) -> Result<Self, HttpError> {
        let pin = form.text("pin").trim();
        if pin.is_empty() || form.get("other").is_some() {
            return Ok(Self::default());
        }
        let staff = form.get("staff").and_then(|id| id.parse().ok()).or(signed.as_ref().map(|s| s.staff()));
        let Some(staff) = staff else {
            return Ok(Self {
                wrong: Some("Sign in first, or record with your name alone".to_owned()),
                ..Self::default()
            });
        };
        let outcome = check_typed_pin(state, staff, pin, typist).await?;
        let Some(words) = pin_words(state, outcome) else {
            if let Some(signed) = signed.filter(|s| s.staff() == staff) {
                signed.renew_pin(state).await?;
                *signed = signed.clone().with_pin_typed();
            }
            return Ok(Self { proven: Some(staff), ..Self::default() });
        };
        let words = format!("{words} Or leave it empty: your name is then recorded as typed.");
        Ok(Self { wrong: Some(words), note: pin_note(outcome, staff, AccessWanted::Proof), proven: None })
    }

    /// Who cleaned.
    pub(crate) fn cleaner(
        &self,
        form: &FormFields,
        signed: Option<&StaffSession>,
        proof_min: u32,
    ) -> Cleaner {
        match (self.proven, signed) {
            (Some(staff), _) => Cleaner::Pin(staff),
            (None, Some(signed)) if is_fresh(signed, proof_min) && names(form, signed) => {
                Cleaner::Pin(signed.staff())
            }
            _ => Cleaner::Typed(form.text("cleaned_by").to_owned()),
        }
    }
}
