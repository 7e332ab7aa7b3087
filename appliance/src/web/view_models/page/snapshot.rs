//! What every page reads first: settings, size, time, and the relay's status; and the names behind hashes.

use std::sync::Arc;

use record::anchor::corrected_ms;
use record::fold::{FacilitySettings, FacilityState};
use record::kinds::{CleanedBy, MissingPart};
use service::clock::Now;

use crate::store::{LogReader, StoreSnapshot};
use crate::web::context::{AppState, RelayLinkState};
use crate::web::log_reads::{staff_name, text_of};
use crate::web::view_models::page::formats::LocalTime;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, StaffWords};

#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) settings: Arc<FacilitySettings>,
    /// Entries in the present epoch.
    pub(crate) size: u64,
    pub(crate) now: Now,
    pub(crate) local: LocalTime,
}

impl Snapshot {
    pub(crate) fn now(state: &AppState) -> Self {
        Self::of(state, &state.store.snapshot())
    }

    /// For a store snapshot that is already open: a page that shows it then knows by the size what it does not show.
    pub(crate) fn of(state: &AppState, facility: &StoreSnapshot) -> Self {
        let now = state.clock.now();
        let now_ms = corrected_ms(&now.entry_time(), facility.boots.get(&now.boot).copied());
        let settings = facility.settings.clone();
        let gap_before = state.lacks_any().then_some(facility.origin.epoch);
        let local = LocalTime::new(settings.zone(), now_ms).with_gap_before(gap_before);
        Self { settings, size: facility.size(), now, local }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.local.now_ms()
    }

    pub(crate) fn status_line(&self, state: &AppState, wording: &PageWording, w: StaffWords) -> String {
        let link = *state.link.borrow();
        let ended = state.store.ended_entries();
        let size = ended + self.size;
        let (as_of, zone) = (wording.clock_time().text, wording.dates().zone_name());
        match link {
            RelayLinkState::Alone => w.status_alone(size, as_of, zone),
            RelayLinkState::Down { since_ms: Some(ms) } => w.status_no_line_since(wording.deadline(ms)),
            RelayLinkState::Down { since_ms: None } => w.status_no_line(),
            RelayLinkState::Up { ended_backlog } => {
                let present = self.size.saturating_sub(state.store.cursor_size());
                match present + ended_backlog.min(ended) {
                    0 => w.status_all_there(size, as_of, zone),
                    waiting => w.status_on_the_way(size, waiting),
                }
            }
        }
    }
}

pub(crate) fn who_name(reader: &LogReader, facility: &FacilityState, who: &CleanedBy) -> String {
    match who {
        CleanedBy::Entered { name, .. } => text_of(reader, name.hash),
        CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff } => {
            staff_name(reader, facility, *staff)
        }
        CleanedBy::Unattributed => "unattributed".to_owned(),
    }
}

/// Where something is and what its number is, as on its label: `ICU East, bed 14 · BM-20418`.
pub(crate) fn place_line(location: &str, asset_number: &str) -> String {
    [location, asset_number].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · ")
}

/// What a cleaning lacks, in words; nothing where it is complete.
pub(crate) fn missing_words(words: PageWords, missing: &[MissingPart]) -> String {
    let parts = missing.iter().map(|m| match m {
        MissingPart::StepsNotStated => words.missing_steps_stated(),
        MissingPart::Steps => words.missing_steps(),
        MissingPart::ContactTime => words.missing_contact_time(),
        MissingPart::Photo => words.missing_photo(),
        MissingPart::Who => words.missing_who(),
        MissingPart::Strip => words.missing_strip(),
        MissingPart::Temperature => words.missing_temperature(),
        MissingPart::Leak => words.missing_leak(),
        MissingPart::Other => words.missing_other(),
    });
    parts.collect::<Vec<_>>().join(", ")
}
