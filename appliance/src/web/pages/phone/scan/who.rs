//! Who a scan's record is of: proven by a PIN that was typed just now or not long ago, else the name as it stands.

use http::HeaderValue;
use record::ids::{DeviceId, StaffId};
use web::argument::FormFields;
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::identity::{AccessOutcome, AccessTarget, PinOutcome};
use crate::intake::ClaimedCleaner;
use crate::web::access::pin::{PinTypist, check_entered_pin, pin_note, word_pin_outcome};
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::context::AppState;
use crate::web::pages::phone::scan::proof::{ListedPerson, find_listed};
use crate::web::request::cookies;
use crate::web::view_models::wording::PageWording;
use crate::web::words::{ErrorWords, ScanWords};

/// Longest time for which a typed PIN proves records, whatever an entry says.
const PROOF_MIN_MAX: u32 = 60;

/// Whoever is signed in in the browser that shows a scan page.
#[derive(Debug, Clone)]
pub(crate) struct KnownCleaner {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
    /// Who they are, and since when they are signed in.
    pub(crate) signed_in: SafeHtml,
    /// Whose PIN is asked for.
    pub(crate) pin_of: SafeHtml,
    /// Who records and how long ago they typed their PIN, while that proves a record.
    pub(crate) by: Option<SafeHtml>,
}

impl KnownCleaner {
    pub(crate) fn of(signed: &StaffSession, proof_min: u32, wording: &PageWording, w: ScanWords) -> Self {
        let name = signed.name();
        let by = pin_ago_s(signed).filter(|_| is_fresh(signed, proof_min)).map(|ago_s| {
            let ago = wording.span(ago_s);
            fill_slots(w.scan_by(ago, S0), [SafeHtml::element("strong", &[("translate", "no")], name)])
        });
        let since = wording.deadline(signed.began_ms());
        Self {
            staff: signed.staff(),
            name: name.to_owned(),
            signed_in: fill_slots(w.scan_name_signed_in(S0, since), [SafeHtml::entered(name)]),
            pin_of: fill_slots(w.scan_pin_of(S0), [SafeHtml::entered(name)]),
            by,
        }
    }
}

/// How long ago a session's PIN was entered, seconds.
fn pin_ago_s(signed: &StaffSession) -> Option<u32> {
    signed.pin_age_ms().map(|ms| u32::try_from(ms / 1_000).unwrap_or(u32::MAX))
}

/// Whether a session's PIN was typed so short a time ago that it proves a record.
pub(crate) fn is_fresh(signed: &StaffSession, proof_min: u32) -> bool {
    let most_ms = u64::from(proof_min.min(PROOF_MIN_MAX)) * 60_000;
    most_ms > 0 && signed.pin_age_ms().is_some_and(|age| age <= most_ms)
}

/// Whether a form names nobody but the person of this session.
pub(crate) fn is_named(form: &FormFields, signed: &StaffSession) -> bool {
    let entered = form.text("cleaned_by").trim();
    entered.is_empty() || entered == signed.name().trim()
}

/// Why the PIN that was typed proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PinRefusal {
    /// Nobody is signed in whose it could be.
    SignedOut,
    Outcome(PinOutcome),
}

impl PinRefusal {
    pub(crate) fn word(self, w: ScanWords, errors: ErrorWords, wording: &PageWording) -> String {
        match self {
            Self::SignedOut => w.scan_pin_sign_in(),
            Self::Outcome(outcome) => {
                let why = word_pin_outcome(errors, wording, outcome);
                format!("{why} {}", w.scan_pin_or_none())
            }
        }
    }
}

/// What a submission itself proves.
#[derive(Debug, Default)]
pub(crate) struct ScanPin {
    /// Whose PIN was typed in it.
    proven: Option<StaffId>,
    pub(crate) refused: Option<PinRefusal>,
    /// Whose name was picked or entered as it is in the list of staff.
    listed: Option<ListedPerson>,
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
        if form.get("other").is_some() {
            return Ok(Self::default());
        }
        let listed = find_listed(state, form).await?;
        if pin.is_empty() {
            return Ok(Self { listed, ..Self::default() });
        }
        let staff = form.get("staff").and_then(|id| id.parse().ok()).or(signed.as_ref().map(|s| s.staff()));
        let Some(staff) = staff else {
            return Ok(Self { refused: Some(PinRefusal::SignedOut), listed, ..Self::default() });
        };
        let outcome = check_entered_pin(state, staff, pin, typist).await?;
        if outcome == PinOutcome::Right {
            if let Some(signed) = signed.filter(|s| s.staff() == staff) {
                signed.renew_pin(state).await?;
                *signed = signed.clone().with_pin_entered();
            }
            return Ok(Self { proven: Some(staff), ..Self::default() });
        }
        let note = pin_note(outcome, staff, AccessTarget::Proof);
        Ok(Self { refused: Some(PinRefusal::Outcome(outcome)), note, listed, proven: None })
    }

    /// How old a PIN is that proves who cleaned, seconds.
    pub(crate) fn pin_ago_s(&self, signed: Option<&StaffSession>) -> Option<u32> {
        if self.proven.is_some() { Some(0) } else { signed.and_then(pin_ago_s) }
    }

    /// Who cleaned.
    pub(crate) fn cleaner(
        &self,
        form: &FormFields,
        signed: Option<&StaffSession>,
        proof_min: u32,
    ) -> ClaimedCleaner {
        match (self.proven, signed) {
            (Some(staff), _) => ClaimedCleaner::Pin(staff),
            (None, Some(signed)) if is_fresh(signed, proof_min) && is_named(form, signed) => {
                ClaimedCleaner::Pin(signed.staff())
            }
            _ => match &self.listed {
                Some(ListedPerson { staff, name }) => {
                    ClaimedCleaner::Listed { staff: *staff, name: name.clone() }
                }
                None => ClaimedCleaner::Entered(form.text("cleaned_by").to_owned()),
            },
        }
    }
}

/// “I am someone else”: ends the session on this device, and takes the name away that it remembers. The cookies that do so.
pub(crate) async fn forget_person(
    state: &AppState,
    phone: &[DeviceId],
    signed: Option<&StaffSession>,
    notes: &AccessNotes,
) -> Result<[Option<HeaderValue>; 2], HttpError> {
    state.contact_timers.forget_names(phone);
    let Some(signed) = signed else { return Ok([None, cookies::clear_name()]) };
    let (sessions, secret) = (state.identity.sessions.clone(), signed.secret().to_owned());
    let ended = tokio::task::spawn_blocking(move || sessions.end(&secret)).await;
    ended.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    notes.add([AccessNote::new(AccessOutcome::SessionEnded, AccessTarget::SignOut).by(signed.staff())]);
    Ok([cookies::clear_session(), cookies::clear_name()])
}
