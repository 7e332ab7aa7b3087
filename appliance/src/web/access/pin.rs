//! A PIN that is typed: to sign in, to prove a record, or to continue with what only its owner may do.

use std::net::IpAddr;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use record::ids::{DeviceId, StaffId};
use service::attempts::ClientNetwork;
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, IdentityError, PinAttempt, PinOutcome};
use crate::listen::PeerAddress;
use crate::web::access::badge::ScanOrigin;
use crate::web::access_note::AccessNote;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::device::RequestDevice;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::ErrorWords;

pub(crate) enum PinTry {
    /// The PIN was checked, or one of the buckets was empty.
    Looked(PinOutcome),
    /// Too many tries from this address; the seconds until the next one.
    TooMany(u64),
}

/// Blocks for the hash and the disk.
///
/// A device that is new to this person also pays from the per-second limit of its address: a flood from one place ends here, before
/// the disk is written and a PIN is hashed. Known devices do not pay, because a stranger behind the same address must keep nobody out;
/// their own bucket bounds them. Nor does a correct PIN pay: a shift that signs in on new tablets makes no errors.
pub(crate) fn try_pin(state: &AppState, attempt: &PinAttempt) -> Result<PinTry, IdentityError> {
    let PinAttempt { staff, device, address, now_ms, .. } = *attempt;
    let known = state.identity.pins.is_known(staff, device, now_ms)?;
    if !known
        && let Err(wait_s) = state.inner.sign_ins.take(ClientNetwork::of(address), state.clock.now().up_ms)
    {
        return Ok(PinTry::TooMany(wait_s));
    }
    let outcome = state.identity.check_pin(attempt)?;
    if outcome != PinOutcome::Right {
        return Ok(PinTry::Looked(outcome));
    }
    // Looked at after the PIN, so that whoever has left takes as long as anybody.
    if state.store.snapshot().staff.get(&staff).is_none_or(|s| s.left) {
        return Ok(PinTry::Looked(PinOutcome::None));
    }
    if !known {
        state.inner.sign_ins.refund(&ClientNetwork::of(address));
    }
    Ok(PinTry::Looked(PinOutcome::Right))
}

pub(crate) fn too_many(wait_s: u64) -> HttpError {
    let title = worded(ErrorWords::error_too_many_pins);
    new_error(StatusCode::TOO_MANY_REQUESTS, "too-many-sign-ins", title)
        .detail(worded(ErrorWords::error_too_many_pins_detail))
        .safe(worded(ErrorWords::error_too_many_pins_safe))
        .next(worded(ErrorWords::error_too_many_pins_next))
        .header(RETRY_AFTER, HeaderValue::from(wait_s))
}

/// For a PIN that was not checked because too many others are being checked.
pub(crate) fn busy_answer() -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "sign-in-busy", worded(ErrorWords::error_sign_in_busy))
        .safe(worded(ErrorWords::error_sign_in_busy_safe))
        .next(worded(ErrorWords::error_too_many_pins_next))
        .header(RETRY_AFTER, HeaderValue::from(2))
}

pub(crate) fn word_pin_outcome(words: ErrorWords, wording: &PageWording, outcome: PinOutcome) -> String {
    match outcome {
        PinOutcome::Wrong { left } => words.pin_wrong(left),
        PinOutcome::Locked { until_ms } => words.pin_locked(wording.deadline(until_ms)),
        PinOutcome::None => words.pin_none(),
        PinOutcome::Right | PinOutcome::Busy => words.pin_not_looked_at(),
    }
}

/// Where a PIN is typed: on which device, from which address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PinTypist {
    device: DeviceId,
    address: IpAddr,
    secure: bool,
}

impl PinTypist {
    pub(crate) fn on(device: &RequestDevice, from: &PeerAddress) -> Self {
        Self { device: device.id(), address: from.remote, secure: from.secure }
    }

    pub(crate) fn network(&self) -> ClientNetwork {
        ClientNetwork::of(self.address)
    }

    pub(crate) fn origin(&self) -> ScanOrigin {
        ScanOrigin { network: self.network(), device: self.device, secure: self.secure }
    }

    fn attempt(&self, state: &AppState, staff: StaffId, pin: &str) -> PinAttempt {
        let now_ms = state.clock.now().wall_ms;
        PinAttempt { staff, pin: pin.trim().to_owned(), device: self.device, address: self.address, now_ms }
    }
}

pub(crate) async fn check_entered_pin(
    state: &AppState,
    staff: StaffId,
    pin: &str,
    typist: &PinTypist,
) -> Result<PinOutcome, HttpError> {
    let attempt = typist.attempt(state, staff, pin);
    let trying = state.clone();
    let tried = tokio::task::spawn_blocking(move || try_pin(&trying, &attempt));
    match tried.await.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))? {
        PinTry::Looked(outcome) => Ok(outcome),
        PinTry::TooMany(wait_s) => Err(too_many(wait_s)),
    }
}

pub(crate) fn pin_note(outcome: PinOutcome, staff: StaffId, target: AccessTarget) -> Option<AccessNote> {
    let outcome = match outcome {
        PinOutcome::Right | PinOutcome::Busy => return None,
        PinOutcome::Wrong { .. } | PinOutcome::None => AccessOutcome::WrongPin,
        PinOutcome::Locked { .. } => AccessOutcome::Locked,
    };
    Some(AccessNote::new(outcome, target).about(&staff))
}

/// A PIN came over plain HTTP. If it is correct for the person named, they have to choose another
/// one when they sign in; the answer does not say whether it is, and it is rate-limited like any other one.
pub(crate) async fn refuse_pin_in_the_clear(
    state: &AppState,
    staff: Option<StaffId>,
    pin: &str,
    typist: &PinTypist,
) -> HttpError {
    let Some(staff) = staff else { return pin_in_the_clear() };
    let attempt = typist.attempt(state, staff, pin);
    let exposing = run_blocking(state, move |state| {
        let (network, up_ms) = (ClientNetwork::of(attempt.address), state.clock.now().up_ms);
        if state.inner.sign_ins.take(network, up_ms).is_err() {
            return Ok(false);
        }
        state.identity.pins.expose(&attempt).map_err(|e| HttpError::internal(&e))
    });
    match exposing.await {
        Ok(true) => {
            tracing::warn!(%staff, "a PIN came without HTTPS and has to be changed");
            let note = AccessNote::new(AccessOutcome::PinInTheClear, AccessTarget::Proof);
            pin_in_the_clear().note(note.about(&staff))
        }
        Ok(false) => pin_in_the_clear(),
        Err(error) => error,
    }
}

pub(crate) fn pin_in_the_clear() -> HttpError {
    new_error(StatusCode::BAD_REQUEST, "pin-in-the-clear", worded(ErrorWords::error_pin_in_the_clear))
        .detail(worded(ErrorWords::error_pin_in_the_clear_detail))
        .field("pin")
        .next(worded(ErrorWords::error_pin_in_the_clear_next))
        .note(AccessNote::new(AccessOutcome::PinInTheClear, AccessTarget::Proof))
}
