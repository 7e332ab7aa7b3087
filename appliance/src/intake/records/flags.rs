//! Flags of a cleaning's record beside what it lacks, from whatever source it came.

use record::fold::{Equipment, ServiceState};
use record::kinds::{CivilDay, CleaningFlag, Contact, ProtocolPublished};

use super::photo_rule::PhotoRule;
use crate::intake::StateView;
use crate::intake::people::competency::{SignOffVerdict, facility_day};

/// Past the contact time by more than this, a record says that it came long after.
const WET_LONG_S: u32 = 600;
const LATE_MS: i64 = 3_600_000;

pub(in crate::intake) struct FlagFacts<'a> {
    pub(in crate::intake) item: &'a Equipment,
    pub(in crate::intake) protocol: Option<&'a ProtocolPublished>,
    pub(in crate::intake) contact: Option<Contact>,
    /// The box measured the contact time and nobody ended it, so it is no measure once it is long.
    pub(in crate::intake) is_open: bool,
    pub(in crate::intake) done_ms: i64,
    /// The last day of the disinfectant's lot.
    pub(in crate::intake) lot_expires: Option<CivilDay>,
    pub(in crate::intake) verdict: SignOffVerdict,
    /// What was drawn for its page, where one cleaning in some needs a photo.
    pub(in crate::intake) photo_draw: Option<u32>,
    /// The phone showed another version of the protocol than the present one, or another protocol than the item’s.
    pub(in crate::intake) is_old_protocol: bool,
    /// The phone's clock cannot be relied on.
    pub(in crate::intake) is_unsure: bool,
}

impl FlagFacts<'_> {
    pub(in crate::intake) fn list_flags(&self, view: &dyn StateView) -> Vec<CleaningFlag> {
        let late_ms = view.now().wall_ms.saturating_sub(self.done_ms);
        let contact = self.contact.unwrap_or_default();
        let measured = contact.required_s.zip(contact.measured_s);
        let found = [
            (late_ms > LATE_MS, CleaningFlag::Late),
            (self.item.service == ServiceState::Out, CleaningFlag::OutOfService),
            (self.item.service == ServiceState::Retired, CleaningFlag::Retired),
            (self.is_old_protocol, CleaningFlag::OldProtocol),
            (self.is_unsure, CleaningFlag::PhoneClock),
            (
                self.lot_expires.is_some_and(|last| {
                    facility_day(view.facility(), self.done_ms).is_some_and(|day| last < day)
                }),
                CleaningFlag::LotExpired,
            ),
            (
                self.is_open
                    && measured.is_some_and(|(required_s, s)| s > required_s.saturating_add(WET_LONG_S)),
                CleaningFlag::WetLong,
            ),
            (self.verdict != SignOffVerdict::Passed, CleaningFlag::NotSignedOff),
            (self.is_delayed(view), CleaningFlag::Delayed),
            (PhotoRule::of(self.item, self.protocol).picks(self.photo_draw), CleaningFlag::PhotoSample),
        ];
        found.into_iter().filter_map(|(holds, flag)| holds.then_some(flag)).collect()
    }

    /// Whether the cleaning after an item’s last use began later than its protocol allows.
    fn is_delayed(&self, view: &dyn StateView) -> bool {
        let most_ms =
            self.protocol.and_then(|protocol| protocol.delay_min).map(|most| i64::from(most) * 60_000);
        let Some((most_ms, activity)) = most_ms.zip(view.facility().activity.get(&self.item.tag)) else {
            return false;
        };
        let begun_ms = self.begun_ms();
        let cleaned_ms = activity.last.map_or(i64::MIN, |last| last.performed_ms);
        let ended_ms = activity.uses.iter().map(|used| used.ended_ms).rfind(|ended_ms| *ended_ms <= begun_ms);
        ended_ms.is_some_and(|ended_ms| ended_ms > cleaned_ms && begun_ms.saturating_sub(ended_ms) > most_ms)
    }

    /// When it began, as far as that is known: what is recorded at its end has its contact time behind it.
    fn begun_ms(&self) -> i64 {
        let contact = self.contact.unwrap_or_default();
        let wet_s = contact.measured_s.or(contact.phone_s).unwrap_or(0);
        self.done_ms.saturating_sub(i64::from(wet_s) * 1_000)
    }
}
