//! What every page reads first: settings, size, time, and how the relay stands; and the names behind hashes.

use std::sync::Arc;

use record::anchor::corrected_ms;
use record::fold::{Facility, Settings};
use record::kinds::{Missing, Who};
use record::tree::Hash;
use service::clock::Now;

use super::problem::Problem;
use super::words::{Local, count};
use super::{AppState, Link};
use crate::store::{ReadLane, Reader, StoreSnapshot};

/// One look at the box.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) settings: Arc<Settings>,
    /// Entries in the present epoch.
    pub(super) size: u64,
    pub(super) now: Now,
    /// Now, corrected, in the facility's zone.
    pub(super) local: Local,
}

impl Snapshot {
    pub(super) fn now(state: &AppState) -> Self {
        Self::of(state, &state.store.snapshot())
    }

    /// Of what is being looked at already: a page that shows it then knows by the size what it does not show.
    pub(super) fn of(state: &AppState, facility: &StoreSnapshot) -> Self {
        let now = state.clock.now();
        let now_ms = corrected_ms(&now.entry_time(), facility.boots.get(&now.boot).copied());
        let settings = facility.settings.clone();
        let gap_before = state.lacks_any().then_some(facility.origin.epoch);
        let local = Local::new(settings.zone(), now_ms).with_gap_before(gap_before);
        Self { settings, size: facility.size(), now, local }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.local.now_ms()
    }

    /// Whom to call, for the middle of a sentence.
    pub(super) fn contact(&self) -> String {
        if self.settings.contact.is_empty() { "biomed".to_owned() } else { self.settings.contact.clone() }
    }

    /// The calm line of staff pages.
    pub(super) fn told(&self, state: &AppState) -> String {
        let link = *state.link.borrow();
        let ended = state.store.ended_entries();
        let size = ended + self.size;
        let as_of = self.local.time(self.now_ms()).text;
        let zone = self.local.zone_name();
        let waiting = match link {
            Link::Alone => {
                return format!("This box works alone: {} entries, {as_of} ({zone}).", count(size));
            }
            Link::Down { since_ms: Some(ms) } => {
                return format!(
                    "No line to the relay since {}. Everything is recorded here.",
                    self.local.deadline(ms)
                );
            }
            Link::Down { since_ms: None } => {
                return "No line to the relay yet. Everything is recorded here.".to_owned();
            }
            Link::Up { ended_backlog } => {
                self.size.saturating_sub(state.store.cursor_size()) + ended_backlog.min(ended)
            }
        };
        if waiting == 0 {
            return format!("All {} entries are here and at the relay ({as_of}, {zone}).", count(size));
        }
        let on_their_way = if waiting == 1 { "is on its way" } else { "are on their way" };
        format!("All {} entries are here; {} {on_their_way} to the relay.", count(size), count(waiting))
    }
}

/// Reads the log and all history on a thread of the store: pages never read on the threads that answer phones.
pub(super) async fn read<T: Send + 'static>(
    state: &AppState,
    lane: ReadLane,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let asked = state.clone();
    state.store.read(lane, move |reader| work(&asked, reader)).await?
}

/// Reads a few rows.
pub(super) async fn read_quick<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    read(state, ReadLane::Quick, work).await
}

/// Reads a list.
pub(super) async fn read_long<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    read(state, ReadLane::Long, work).await
}

/// As [`read`], for work that has a thread of its own to wait on.
pub(super) fn read_waiting<T: Send + 'static>(
    state: &AppState,
    lane: ReadLane,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::runtime::Handle::current().block_on(read(state, lane, work))
}

/// A text behind its hash; one that was erased says so.
pub(super) fn text(reader: &Reader, hash: Hash) -> String {
    match reader.text(&hash) {
        Ok(Some(text)) => text,
        Ok(None) => "erased".to_owned(),
        Err(error) => {
            tracing::warn!(%error, "a text could not be read");
            "unreadable".to_owned()
        }
    }
}

/// The name of a person at the facility.
pub(super) fn staff_name(reader: &Reader, facility: &Facility, staff: record::ids::StaffId) -> String {
    facility.staff.get(&staff).map_or_else(|| "somebody unknown".to_owned(), |s| text(reader, s.name))
}

/// Who cleaned, by name only.
pub(super) fn who_name(reader: &Reader, facility: &Facility, who: &Who) -> String {
    match who {
        Who::Typed { name } => text(reader, name.hash),
        Who::Pin { staff } | Who::Badge { staff } | Who::Login { staff } => {
            staff_name(reader, facility, *staff)
        }
        Who::Unattributed => "unattributed".to_owned(),
    }
}

/// How it is proven who cleaned, in words.
fn who_proof(who: &Who) -> &'static str {
    match who {
        Who::Typed { .. } => "name typed",
        Who::Pin { .. } => "PIN",
        Who::Badge { .. } => "badge",
        Who::Login { .. } => "login",
        Who::Unattributed => "",
    }
}

/// How it is proven who cleaned, as programs read it here and at the relay.
pub(super) fn proof_word(who: &Who) -> &'static str {
    match who {
        Who::Typed { .. } => "typed",
        Who::Pin { .. } => "pin",
        Who::Badge { .. } => "badge",
        Who::Login { .. } => "login",
        Who::Unattributed => "unattributed",
    }
}

/// Who cleaned, and how that is proven.
pub(super) fn who_words(reader: &Reader, facility: &Facility, who: &Who) -> String {
    match who {
        Who::Unattributed => "Unattributed".to_owned(),
        proven => format!("{}, {}", who_name(reader, facility, proven), who_proof(proven)),
    }
}

/// Where something is and what its number is, as on its label: `ICU East, bed 14 · BM-20418`.
pub(super) fn place_line(location: &str, asset_number: &str) -> String {
    [location, asset_number].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · ")
}

/// What a cleaning lacks, in words; nothing where it is complete.
pub(super) fn missing_words(missing: &[Missing]) -> String {
    let word = |m: &Missing| match m {
        Missing::StepsNotStated => "steps not stated",
        Missing::Steps => "not all steps",
        Missing::ContactTime => "not wet long enough",
        Missing::Photo => "no photo",
        Missing::Other => "something else",
    };
    missing.iter().map(word).collect::<Vec<_>>().join(", ")
}
