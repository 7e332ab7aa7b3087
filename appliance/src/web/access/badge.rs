//! A badge that is scanned to prove a record, or where it does not belong.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use record::entry::{Digest16, EntryAuthor};
use record::ids::{DeviceId, StaffId};
use record::kinds::{AccessChange, AccessChanged};
use service::attempts::ClientNetwork;
use service::limit::RateLimiter;
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget, BadgeCode};
use crate::listen::PeerAddress;
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::commands::access_log::log_removal;
use crate::web::context::{ADDRESSES_MAX, AppState, run_blocking};
use crate::web::http_error::{new_error, worded};
use crate::web::words::ErrorWords;

/// Badges in an hour from one address that are nobody's: more than a shift misreads, and too few to find one by its number.
const TRIES: u32 = 30;
const TRIES_SPAN: Duration = Duration::from_secs(3_600);

/// How many an address may still try. What it does without HTTPS, where anybody can send in its name, keeps it from nothing over
/// HTTPS.
#[derive(Debug)]
pub(crate) struct BadgeTries {
    scanned: RateLimiter<ClientNetwork>,
    /// On devices on which a badge proved something before: all phones of a building may share one address, and no stranger
    /// among them keeps these from their badges.
    on_device: RateLimiter<DeviceId>,
    devices: Mutex<BTreeSet<DeviceId>>,
    in_the_clear: RateLimiter<ClientNetwork>,
    /// In fields for something else.
    elsewhere: RateLimiter<ClientNetwork>,
    /// Digests of what stood in these and was no badge, such as the lot of a disinfectant: once more it tells nothing new and
    /// costs nothing.
    plain_texts: Mutex<VecDeque<Digest16>>,
}

impl Default for BadgeTries {
    fn default() -> Self {
        let limiter = || RateLimiter::new(TRIES, TRIES_SPAN, TRIES, ADDRESSES_MAX);
        Self {
            scanned: limiter(),
            on_device: RateLimiter::new(TRIES, TRIES_SPAN, TRIES, ADDRESSES_MAX),
            devices: Mutex::default(),
            in_the_clear: limiter(),
            elsewhere: limiter(),
            plain_texts: Mutex::default(),
        }
    }
}

impl BadgeTries {
    fn devices(&self) -> MutexGuard<'_, BTreeSet<DeviceId>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one try; what gives it back.
    fn take_scan(&self, from: ScanOrigin, up_ms: u64) -> Option<ScanPayer> {
        let is_known = self.devices().contains(&from.device);
        match is_known {
            true => self.on_device.take(from.device, up_ms).ok().map(|()| ScanPayer::Device(from.device)),
            false => self.scanned.take(from.network, up_ms).ok().map(|()| ScanPayer::Network(from.network)),
        }
    }

    fn refund(&self, payer: ScanPayer) {
        match payer {
            ScanPayer::Device(device) => self.on_device.refund(&device),
            ScanPayer::Network(network) => self.scanned.refund(&network),
        }
    }

    fn note_device(&self, device: DeviceId) {
        let mut devices = self.devices();
        if devices.insert(device) && devices.len() > ADDRESSES_MAX {
            // Any other: it pays as one that is new here until it proves something again.
            let other = devices.iter().copied().find(|other| *other != device);
            if let Some(other) = other {
                devices.remove(&other);
            }
        }
    }

    fn plain_texts(&self) -> MutexGuard<'_, VecDeque<Digest16>> {
        self.plain_texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a text may be looked at in a field for something else, and whether that cost a try.
    fn take_elsewhere(&self, text: Digest16, network: ClientNetwork, up_ms: u64) -> Option<bool> {
        if self.plain_texts().contains(&text) {
            return Some(false);
        }
        self.elsewhere.take(network, up_ms).ok().map(|()| true)
    }

    fn note_plain(&self, text: Digest16) {
        let mut texts = self.plain_texts();
        if !texts.contains(&text) {
            texts.push_back(text);
        }
        if texts.len() > PLAIN_TEXTS_MAX {
            texts.pop_front();
        }
    }
}

/// Texts that are remembered as none: more lots than are in use at once.
const PLAIN_TEXTS_MAX: usize = 1_000;

/// From where a badge is scanned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanOrigin {
    pub(crate) network: ClientNetwork,
    pub(crate) device: DeviceId,
}

/// Whose try a scan took.
#[derive(Debug, Clone, Copy)]
enum ScanPayer {
    Device(DeviceId),
    Network(ClientNetwork),
}

/// When a phone sends again what came with a badge that was not looked at, seconds.
const AGAIN_S: u32 = 120;

/// What came of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadgeOutcome {
    /// Whose it is.
    Known(StaffId),
    /// Nobody's who works here.
    Unknown,
    /// Too many from there were nobody's; it was not looked at.
    TooMany,
}

/// Looks at a badge that came over HTTPS. Whoever tries out numbers soon has to wait; a badge that is known costs nothing.
pub(crate) async fn check_scanned_badge(
    state: &AppState,
    scanned: &str,
    from: ScanOrigin,
) -> Result<BadgeOutcome, HttpError> {
    let Ok(code) = BadgeCode::read(scanned) else { return Ok(BadgeOutcome::Unknown) };
    let (up_ms, tries) = (state.clock.now().up_ms, state.stored::<BadgeTries>());
    let Some(payer) = tries.take_scan(from, up_ms) else { return Ok(BadgeOutcome::TooMany) };
    let found = run_blocking(state, move |state| {
        state.identity.badges.prove(&code, state.known_now_ms()).map_err(|e| HttpError::internal(&e))
    });
    let here = |staff: &StaffId| state.store.snapshot().staff.get(staff).is_some_and(|s| !s.left);
    match found.await?.filter(here) {
        Some(staff) => {
            tries.refund(payer);
            tries.note_device(from.device);
            Ok(BadgeOutcome::Known(staff))
        }
        None => Ok(BadgeOutcome::Unknown),
    }
}

/// No badge of this address is looked at for a while; what came with it is not recorded without it. By its code a phone knows that
/// only this record waits.
pub(crate) fn badges_spent() -> HttpError {
    new_error(StatusCode::TOO_MANY_REQUESTS, "badges-spent", worded(ErrorWords::error_badges_spent))
        .next(worded(ErrorWords::error_press_again))
        .header(RETRY_AFTER, HeaderValue::from(AGAIN_S))
}

/// What the audit keeps of a badge that is nobody's.
pub(crate) fn unknown_badge_note() -> AccessNote {
    AccessNote::new(AccessOutcome::UnknownBadge, AccessTarget::Proof)
}

/// A badge came where anybody in the building can read along: it is refused, and revoked if it was somebody's. What is said is
/// the same for both, and numbers that are tried out revoke few.
pub(crate) async fn refuse_badge_in_the_clear(
    state: &AppState,
    scanned: &str,
    network: ClientNetwork,
) -> HttpError {
    let is_looked_at =
        state.stored::<BadgeTries>().in_the_clear.take(network, state.clock.now().up_ms).is_ok();
    let code = BadgeCode::read(scanned).ok().filter(|_| is_looked_at);
    refuse_shown(state, code).await
}

async fn refuse_shown(state: &AppState, code: Option<BadgeCode>) -> HttpError {
    let title = worded(ErrorWords::error_badge_in_the_clear);
    match revoke_shown(state, code).await {
        Ok(note) => new_error(StatusCode::BAD_REQUEST, "badge-in-the-clear", title)
            .detail(worded(ErrorWords::error_badge_in_the_clear_detail))
            .field("badge")
            .next(worded(ErrorWords::error_badge_in_the_clear_next))
            .note(note),
        Err(error) => error,
    }
}

/// Revokes what came without HTTPS, if it was somebody's badge; what the audit keeps of it.
async fn revoke_shown(state: &AppState, code: Option<BadgeCode>) -> Result<AccessNote, HttpError> {
    let note = AccessNote::new(AccessOutcome::BadgeInTheClear, AccessTarget::Proof);
    let revoked = run_blocking(state, move |state| {
        let now_ms = state.known_now_ms();
        let revoked = code.map(|code| state.identity.badges.revoke_shown(&code, now_ms)).transpose();
        revoked.map(Option::flatten).map_err(|e| HttpError::internal(&e))
    });
    let Some(badge) = revoked.await? else { return Ok(note) };
    let change = AccessChanged::new(AccessChange::BadgeRemoved, Some(badge.staff));
    log_removal(state, EntryAuthor::BOX, change).await?;
    Ok(note.about(&badge.staff))
}

/// The badge that a hand scanner typed into a field for something else, such as a name; nothing may show or store that text.
///
/// Each text that may be one and turns out to be nobody's costs the address a try, of a bucket of its own: names never keep anybody
/// from a badge, and whoever tries out numbers here finds as few as elsewhere. Behind the last try a text is what it says it is.
async fn find_misplaced_badge(
    state: &AppState,
    text: &str,
    network: ClientNetwork,
) -> Result<Option<BadgeCode>, HttpError> {
    let Some(code) = BadgeCode::find(text).filter(|_| state.identity.badges.has_any()) else {
        return Ok(None);
    };
    let (tries, digest) = (state.stored::<BadgeTries>(), Digest16::of(code.as_str().as_bytes()));
    let Some(is_paid) = tries.take_elsewhere(digest, network, state.clock.now().up_ms) else {
        return Ok(None);
    };
    let looked = code.clone();
    let found = run_blocking(state, move |state| {
        state.identity.badges.holds(&looked).map_err(|e| HttpError::internal(&e))
    });
    let found = found.await?;
    match found {
        true if is_paid => tries.elsewhere.refund(&network),
        true => {}
        false => tries.note_plain(digest),
    }
    Ok(found.then_some(code))
}

/// Whether what somebody looks for is a badge. Without HTTPS it is revoked: it stood in an address.
pub(crate) async fn is_badge_looked_for(
    state: &AppState,
    text: &str,
    from: &PeerAddress,
    notes: &AccessNotes,
) -> Result<bool, HttpError> {
    let found = find_misplaced_badge(state, text, ClientNetwork::of(from.remote)).await?;
    let is_badge = found.is_some();
    if is_badge && !from.secure {
        notes.add([revoke_shown(state, found).await?]);
    }
    Ok(is_badge)
}

/// Takes the badge out of texts in which somebody types other things; without HTTPS it is refused and revoked.
pub(crate) async fn take_misplaced_badge(
    state: &AppState,
    texts: impl IntoIterator<Item = &mut String>,
    from: &PeerAddress,
) -> Result<Option<BadgeCode>, HttpError> {
    let mut taken = None;
    for text in texts {
        let found = find_misplaced_badge(state, text, ClientNetwork::of(from.remote)).await?;
        if found.is_some() && !from.secure {
            return Err(refuse_shown(state, found).await);
        }
        if found.is_some() {
            text.clear();
        }
        taken = found.or(taken);
    }
    Ok(taken)
}
