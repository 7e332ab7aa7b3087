//! Who a scan's record is of: proven by a PIN that was typed just now or not long ago, or by a badge, else the name as entered.

use record::entry::EntryAuthor;
use record::ids::StaffId;
use web::argument::FormFields;
use web::error::HttpError;
use words::{S0, SafeHtml, fill_slots};

use crate::identity::{AccessTarget, HeldPin, PinOutcome};
use crate::intake::{ClaimedCleaner, Command};
use crate::web::access::badge::{BadgeOutcome, ScanOrigin, check_scanned_badge, unknown_badge_note};
use crate::web::access::pin::{PinTypist, check_entered_pin, pin_note, word_pin_outcome};
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::AccessNote;
use crate::web::commands::run::{CommandFailure, CommandOutcome, run_command};
use crate::web::context::AppState;
use crate::web::listed_people::ListedPerson;
use crate::web::pages::phone::scan::proof::find_listed;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, ScanWords};

/// Longest time for which a typed PIN proves records, whatever an entry says.
const PROOF_MIN_MAX: u32 = 60;

#[derive(Debug, Clone)]
pub(crate) struct KnownCleaner {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
    pub(crate) signed_in: SafeHtml,
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

pub(crate) fn is_named(form: &FormFields, signed: &StaffSession) -> bool {
    let entered = form.text("cleaned_by").trim();
    entered.is_empty() || entered == signed.name().trim()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofRefusal {
    SignedOut,
    Pin(PinOutcome),
    UnknownBadge,
    TooManyBadges,
}

impl ProofRefusal {
    pub(crate) fn word(self, w: ScanWords, errors: ErrorWords, wording: &PageWording) -> String {
        match self {
            Self::SignedOut => w.scan_pin_sign_in(),
            Self::Pin(outcome) => {
                let why = word_pin_outcome(errors, wording, outcome);
                format!("{why} {}", w.scan_pin_or_none())
            }
            Self::UnknownBadge => w.scan_badge_unknown(),
            Self::TooManyBadges => w.scan_badge_too_many(),
        }
    }

    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::SignedOut | Self::Pin(_) => "pin",
            Self::UnknownBadge | Self::TooManyBadges => "badge",
        }
    }
}

#[derive(Default)]
pub(crate) struct ScanProof {
    pin: Option<StaffId>,
    badge: Option<StaffId>,
    pub(crate) refused: Option<ProofRefusal>,
    listed: Option<ListedPerson>,
    pub(crate) note: Option<AccessNote>,
    /// What was proven on a shared tablet, until it is recorded.
    held: Option<HeldPin>,
}

impl ScanProof {
    pub(crate) async fn of_form(
        state: &AppState,
        form: &FormFields,
        mut signed: Option<&mut StaffSession>,
        typist: &PinTypist,
    ) -> Result<Self, HttpError> {
        if form.get("other").is_some() {
            return Ok(Self::default());
        }
        let named = Self { listed: find_listed(state, form).await?, ..Self::default() };
        let proof = match (form.text("pin").trim(), form.text("badge").trim()) {
            ("", "") => named,
            ("", badge) => named.with_badge(state, badge, typist.origin()).await?,
            (pin, _) => {
                let staff = form.get("staff").and_then(|id| id.parse().ok());
                match staff.or(signed.as_ref().map(|signed| signed.staff())) {
                    Some(staff) => {
                        let entered = EnteredPin { staff, pin };
                        named.with_pin(state, entered, signed.as_deref_mut(), typist).await?
                    }
                    None => Self { refused: Some(ProofRefusal::SignedOut), ..named },
                }
            }
        };
        Ok(proof.hold_pin(state, signed))
    }

    /// Reserves a PIN's proof on a shared tablet for this submission alone. A concurrent request finds nothing proven.
    pub(crate) fn hold_pin(self, state: &AppState, signed: Option<&mut StaffSession>) -> Self {
        let Some(signed) = signed.filter(|signed| signed.is_shared() && signed.pin_age_ms().is_some()) else {
            return self;
        };
        let now = state.clock.now();
        let entered = (self.pin == Some(signed.staff())).then_some(&now);
        let held = HeldPin::take(&state.identity.sessions, signed.secret(), entered);
        signed.set_pin_age(held.as_ref().and_then(|held| held.age_ms(&now)));
        Self { held, ..self }
    }

    /// Makes a record. The reserved proof is used up by it; a refusal releases it.
    pub(crate) async fn run(
        &mut self,
        state: &AppState,
        by: EntryAuthor,
        key: Option<String>,
        command: Command,
    ) -> Result<CommandOutcome, CommandFailure> {
        let Some(mut held) = self.held.take() else { return run_command(state, by, key, command).await };
        held.use_up();
        let done = run_command(state, by, key, command).await;
        if matches!(done, Err(CommandFailure::Refused(_))) {
            held.put_back();
            return done;
        }
        let written = tokio::task::spawn_blocking(move || held.write_used()).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "that a PIN proves no more could not be written");
        }
        done
    }

    async fn with_pin(
        self,
        state: &AppState,
        EnteredPin { staff, pin }: EnteredPin<'_>,
        signed: Option<&mut StaffSession>,
        typist: &PinTypist,
    ) -> Result<Self, HttpError> {
        let outcome = check_entered_pin(state, staff, pin, typist).await?;
        if outcome != PinOutcome::Right {
            let note = pin_note(outcome, staff, AccessTarget::Proof);
            return Ok(Self { refused: Some(ProofRefusal::Pin(outcome)), note, ..self });
        }
        if let Some(signed) = signed.filter(|s| s.staff() == staff) {
            // On a shared tablet it is for this submission alone.
            if !signed.is_shared() {
                signed.renew_pin(state).await?;
            }
            signed.set_pin_age(Some(0));
        }
        Ok(Self { pin: Some(staff), ..Self::default() })
    }

    pub(crate) async fn with_badge(
        self,
        state: &AppState,
        scanned: &str,
        from: ScanOrigin,
    ) -> Result<Self, HttpError> {
        let note = Some(unknown_badge_note());
        Ok(match check_scanned_badge(state, scanned, from).await? {
            BadgeOutcome::Known(staff) => Self { badge: Some(staff), ..self },
            BadgeOutcome::Unknown => Self { refused: Some(ProofRefusal::UnknownBadge), note, ..self },
            BadgeOutcome::TooMany => Self { refused: Some(ProofRefusal::TooManyBadges), note, ..self },
        })
    }

    pub(crate) fn pin_ago_s(&self, signed: Option<&StaffSession>) -> Option<u32> {
        if self.pin.is_some() { Some(0) } else { signed.and_then(pin_ago_s) }
    }

    /// Who cleaned: by the strongest that proves it, and by what was entered or scanned for this record before what was earlier.
    pub(crate) fn cleaner(
        &self,
        form: &FormFields,
        signed: Option<&StaffSession>,
        proof_min: u32,
    ) -> ClaimedCleaner {
        let fresh = signed.filter(|signed| is_fresh(signed, proof_min)).map(StaffSession::staff);
        let named = signed.filter(|signed| is_named(form, signed)).map(StaffSession::staff);
        match (self.pin, self.badge, &self.listed) {
            (Some(staff), _, _) => ClaimedCleaner::Pin(staff),
            (None, Some(staff), _) if fresh == Some(staff) => ClaimedCleaner::Pin(staff),
            (None, Some(staff), _) => ClaimedCleaner::Badge(staff),
            (None, None, listed) => match (fresh.filter(|_| named.is_some()), listed) {
                (Some(staff), _) => ClaimedCleaner::Pin(staff),
                (None, Some(listed)) => listed.claim(),
                (None, None) => ClaimedCleaner::Entered(form.text("cleaned_by").to_owned()),
            },
        }
    }
}

struct EnteredPin<'a> {
    staff: StaffId,
    pin: &'a str,
}
