//! A badge that is scanned to prove a record, or where it does not belong.

use std::collections::{BTreeMap, VecDeque};
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
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::commands::access_log::log_removal;
use crate::web::context::{ADDRESSES_MAX, AppState, run_blocking};
use crate::web::http_error::{new_error, worded};
use crate::web::request::client::browser::BrowserClient;
use crate::web::words::ErrorWords;

/// Unknown badges per hour from one address: more than a shift misreads, and too few to find one by guessing numbers.
const TRIES: u32 = 30;
const TRIES_SPAN: Duration = Duration::from_secs(3_600);

/// Badges per hour that are revoked because they came without HTTPS: whoever guesses numbers locks out few. The others
/// are refused like these.
const REVOKED_MAX: u32 = 10;

/// Devices of one person that are remembered: more than anybody uses in a week.
const DEVICES_MAX: usize = 20;

/// Devices on which a badge proved something, with the owner of the badge used last. All phones of a building may share
/// one address, and no stranger among them can block badges on these.
#[derive(Debug, Default)]
struct ProvenDevices {
    of_device: BTreeMap<DeviceId, StaffId>,
    of_staff: BTreeMap<StaffId, VecDeque<DeviceId>>,
}

impl ProvenDevices {
    /// Stores one; whoever invents devices with one badge evicts only devices of the same badge.
    fn note(&mut self, device: DeviceId, staff: StaffId) {
        if let Some(before) = self.of_device.insert(device, staff)
            && let Some(devices) = self.of_staff.get_mut(&before)
        {
            devices.retain(|known| *known != device);
        }
        let devices = self.of_staff.entry(staff).or_default();
        devices.push_back(device);
        if devices.len() > DEVICES_MAX
            && let Some(oldest) = devices.pop_front()
        {
            self.of_device.remove(&oldest);
        }
    }
}

/// Attempts of unknown callers, by address; and of each person on all devices on which their badge proved something, so
/// that one badge allows no more attempts than one address has.
#[derive(Debug)]
struct TryShares {
    of_network: RateLimiter<ClientNetwork>,
    of_staff: RateLimiter<StaffId>,
}

impl Default for TryShares {
    fn default() -> Self {
        Self {
            of_network: RateLimiter::new(TRIES, TRIES_SPAN, TRIES, ADDRESSES_MAX),
            of_staff: RateLimiter::new(TRIES, TRIES_SPAN, TRIES, ADDRESSES_MAX),
        }
    }
}

impl TryShares {
    fn take(&self, network: ClientNetwork, staff: Option<StaffId>, up_ms: u64) -> Option<TryPayer> {
        let staff = staff.filter(|staff| self.of_staff.take(*staff, up_ms).is_ok());
        match staff {
            Some(staff) => Some(TryPayer::Staff(staff)),
            None => self.of_network.take(network, up_ms).ok().map(|()| TryPayer::Network(network)),
        }
    }

    fn refund(&self, payer: TryPayer) {
        match payer {
            TryPayer::Staff(staff) => self.of_staff.refund(&staff),
            TryPayer::Network(network) => self.of_network.refund(&network),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum TryPayer {
    Staff(StaffId),
    Network(ClientNetwork),
}

/// How many may still be tried. What an address does without HTTPS, where anybody can forge it, does not limit it over HTTPS.
#[derive(Debug)]
pub(crate) struct BadgeTries {
    scanned: TryShares,
    proven: Mutex<ProvenDevices>,
    in_the_clear: RateLimiter<ClientNetwork>,
    revoked: RateLimiter<()>,
    elsewhere: TryShares,
    /// Digests of texts from such fields that were no badge, such as the lot of a disinfectant: a repeat reveals
    /// nothing new and costs nothing.
    plain_texts: Mutex<VecDeque<Digest16>>,
}

impl Default for BadgeTries {
    fn default() -> Self {
        Self {
            scanned: TryShares::default(),
            proven: Mutex::default(),
            in_the_clear: RateLimiter::new(TRIES, TRIES_SPAN, TRIES, ADDRESSES_MAX),
            revoked: RateLimiter::new(REVOKED_MAX, TRIES_SPAN, REVOKED_MAX, 1),
            elsewhere: TryShares::default(),
            plain_texts: Mutex::default(),
        }
    }
}

impl BadgeTries {
    fn proven(&self) -> MutexGuard<'_, ProvenDevices> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_proven(&self, device: DeviceId) -> Option<StaffId> {
        self.proven().of_device.get(&device).copied()
    }

    fn take_scan(&self, from: ScanOrigin, up_ms: u64) -> Option<TryPayer> {
        self.scanned.take(from.network, self.find_proven(from.device), up_ms)
    }

    fn plain_texts(&self) -> MutexGuard<'_, VecDeque<Digest16>> {
        self.plain_texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a text from a field for something else may be checked, and whose attempt that used.
    fn take_elsewhere(&self, text: Digest16, from: ScanOrigin, up_ms: u64) -> Option<Option<TryPayer>> {
        if self.plain_texts().contains(&text) {
            return Some(None);
        }
        self.elsewhere.take(from.network, self.find_proven(from.device), up_ms).map(Some)
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

/// Texts that are remembered as no badges: more lots than are in use at once.
const PLAIN_TEXTS_MAX: usize = 1_000;

/// From where a badge is scanned, or a text comes that may be one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanOrigin {
    pub(crate) network: ClientNetwork,
    pub(crate) device: DeviceId,
    /// Whether it came by HTTPS.
    pub(crate) secure: bool,
}

impl ScanOrigin {
    /// For a browser whose response does not set its device cookie.
    pub(crate) fn of(state: &AppState, browser: &BrowserClient) -> Self {
        let (peer, device) = (browser.peer(), browser.device(state).id());
        Self { network: ClientNetwork::of(peer.remote), device, secure: peer.secure }
    }
}

/// After how many seconds a phone resends a record whose badge was not checked.
const AGAIN_S: u32 = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadgeOutcome {
    Known(StaffId),
    Unknown,
    /// Too many unknown badges came from there; it was not checked.
    TooMany,
}

/// Checks a badge that came over HTTPS. Whoever guesses numbers soon has to wait; a known badge costs no attempt.
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
    match found
        .await?
        .filter(|staff: &StaffId| state.store.snapshot().staff.get(staff).is_some_and(|s| !s.left))
    {
        Some(staff) => {
            tries.scanned.refund(payer);
            tries.proven().note(from.device, staff);
            Ok(BadgeOutcome::Known(staff))
        }
        None => Ok(BadgeOutcome::Unknown),
    }
}

/// No badge of this address is checked for a while; what came with it is not recorded without it. By its code a phone
/// knows that only this record waits.
pub(crate) fn badges_spent() -> HttpError {
    new_error(StatusCode::TOO_MANY_REQUESTS, "badges-spent", worded(ErrorWords::error_badges_spent))
        .next(worded(ErrorWords::error_press_again))
        .header(RETRY_AFTER, HeaderValue::from(AGAIN_S))
}

pub(crate) fn unknown_badge_note() -> AccessNote {
    AccessNote::new(AccessOutcome::UnknownBadge, AccessTarget::Proof)
}

/// A badge came over plain HTTP, which anybody nearby can read: it is refused, and revoked if it was somebody's. The
/// answer is the same for both, and guessed numbers revoke few.
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

/// Revokes a text that came without HTTPS, if it was somebody's badge; returns what the audit records of it.
async fn revoke_shown(state: &AppState, code: Option<BadgeCode>) -> Result<AccessNote, HttpError> {
    let note = AccessNote::new(AccessOutcome::BadgeInTheClear, AccessTarget::Proof);
    let (tries, up_ms) = (state.stored::<BadgeTries>(), state.clock.now().up_ms);
    let code = code.filter(|_| tries.revoked.take((), up_ms).is_ok());
    let was_taken = code.is_some();
    let revoked = run_blocking(state, move |state| {
        let now_ms = state.known_now_ms();
        let revoked = code.map(|code| state.identity.badges.revoke_shown(&code, now_ms)).transpose();
        revoked.map(Option::flatten).map_err(|e| HttpError::internal(&e))
    });
    let Some(badge) = revoked.await? else {
        if was_taken {
            tries.revoked.refund(&());
        }
        return Ok(note);
    };
    let change = AccessChanged::new(AccessChange::BadgeRemoved, Some(badge.staff));
    log_removal(state, EntryAuthor::BOX, change).await?;
    Ok(note.about(&badge.staff))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnteredText {
    /// Who cleaned, on a page that asks for it again. Hardly a name looks as a badge may.
    Name,
    /// The same in a record that a phone sends by itself: it comes again later.
    QueuedName,
    /// A note, a lot: many look so.
    Other,
}

/// What a text in a field for something else is.
#[derive(Debug)]
enum MisplacedText {
    Plain,
    Badge(BadgeCode),
    /// It may be a badge, and was not checked.
    Unseen,
}

/// Looks for the badge that a hand scanner typed into a field for something else, such as a name; nothing may show or store that text.
///
/// Each text that may be one and is nobody's uses an attempt from a separate limit: names never use up attempts for
/// badges, and whoever guesses numbers here finds as few as elsewhere.
async fn find_misplaced_badge(
    state: &AppState,
    text: &str,
    from: ScanOrigin,
) -> Result<MisplacedText, HttpError> {
    let Some(code) = BadgeCode::find(text).filter(|_| state.identity.badges.has_any()) else {
        return Ok(MisplacedText::Plain);
    };
    let (tries, digest) = (state.stored::<BadgeTries>(), Digest16::of(code.as_str().as_bytes()));
    let Some(payer) = tries.take_elsewhere(digest, from, state.clock.now().up_ms) else {
        return Ok(MisplacedText::Unseen);
    };
    let looked = code.clone();
    let found = run_blocking(state, move |state| {
        state.identity.badges.holds(&looked).map_err(|e| HttpError::internal(&e))
    });
    if !found.await? {
        tries.note_plain(digest);
        return Ok(MisplacedText::Plain);
    }
    // Without HTTPS it may be revoked, which no number of guesses may do for nothing.
    if let Some(payer) = payer.filter(|_| from.secure) {
        tries.elsewhere.refund(payer);
    }
    Ok(MisplacedText::Badge(code))
}

/// Whether a search text is a badge. Without HTTPS it is revoked: it was in a URL.
pub(crate) async fn is_badge_looked_for(
    state: &AppState,
    text: &str,
    from: ScanOrigin,
    notes: &AccessNotes,
) -> Result<bool, HttpError> {
    let MisplacedText::Badge(code) = find_misplaced_badge(state, text, from).await? else { return Ok(false) };
    if !from.secure {
        notes.add([revoke_shown(state, Some(code)).await?]);
    }
    Ok(true)
}

/// Removes the badge from texts meant for other things; without HTTPS it is refused and revoked. After the last attempt
/// what may be a badge is left out of a name, whether it is one or not: it would show on public pages. A queued record
/// of a phone waits. Other texts are taken as they are.
pub(crate) async fn take_misplaced_badge(
    state: &AppState,
    texts: impl IntoIterator<Item = &mut String>,
    entered: EnteredText,
    from: ScanOrigin,
) -> Result<Option<BadgeCode>, HttpError> {
    let mut taken = None;
    for text in texts {
        match find_misplaced_badge(state, text, from).await? {
            MisplacedText::Badge(code) if !from.secure => return Err(refuse_shown(state, Some(code)).await),
            MisplacedText::Badge(code) => {
                text.clear();
                taken = Some(code);
            }
            MisplacedText::Unseen => match entered {
                EnteredText::Name => text.clear(),
                EnteredText::QueuedName => return Err(badges_spent()),
                EnteredText::Other => {}
            },
            MisplacedText::Plain => {}
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_devices_of_one_badge_drive_out_nobody_elses() {
        let mut proven = ProvenDevices::default();
        let (ada, eve) = (StaffId::new(1, [1; 10]), StaffId::new(2, [2; 10]));
        let honest = DeviceId::of_secret(&[7; 32]);
        proven.note(honest, ada);
        for n in 0..5_000_u16 {
            let mut secret = [0; 32];
            secret[..2].copy_from_slice(&n.to_be_bytes());
            proven.note(DeviceId::of_secret(&secret), eve);
            assert!(proven.of_device.len() <= DEVICES_MAX + 1);
        }
        assert_eq!(proven.of_device.get(&honest), Some(&ada));
        // One that both use counts once, as the last one's.
        proven.note(honest, eve);
        assert_eq!((proven.of_device.get(&honest), proven.of_staff[&ada].len()), (Some(&eve), 0));
    }

    #[test]
    fn one_badge_buys_the_tries_of_one_address_on_however_many_devices() {
        let tries = BadgeTries::default();
        let network = ClientNetwork::of(std::net::Ipv4Addr::LOCALHOST.into());
        let staff = StaffId::new(1, [1; 10]);
        let mut taken = 0;
        for n in 0..200_u8 {
            let from = ScanOrigin { network, device: DeviceId::of_secret(&[n; 32]), secure: true };
            tries.proven().note(from.device, staff);
            taken += u32::from(tries.take_scan(from, 0).is_some());
        }
        assert_eq!(taken, 2 * TRIES);
    }
}
