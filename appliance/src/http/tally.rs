//! Compliance of the facility over the last 30 days, by the one definition in `record`; computed once for each change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use record::compliance::{Calendar, Courses, Placed, Tally, ZoneSpan, by_day};
use record::fold::{Equipment, Service, Settings};
use record::tag::Tag;

use super::AppState;
use super::problem::Problem;
use super::view::{Snapshot, reader};

/// Civil days of the longest period on the box's pages.
const DAYS: i32 = 30;
/// A window can be as long as a year; what met it may be that old.
const LOOK_BACK_MS: i64 = 400 * 86_400_000;
/// Cleanings of one item that are looked at: forty a day for 30 days, and a long history besides.
const CLEANINGS_MAX: usize = 2_000;

/// Met and closed windows.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallies {
    /// The civil days, oldest first, today last.
    pub(super) days: Vec<(i32, Tally)>,
    /// Of each item, over all the days.
    pub(super) items: BTreeMap<Tag, Tally>,
}

impl Tallies {
    /// Today so far and the days before it, `days` in all.
    pub(super) fn last(&self, days: usize) -> Tally {
        self.days.iter().rev().take(days).map(|(_, tally)| *tally).sum()
    }
}

/// The newest result and what it was computed from.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Option<(u64, i64, Arc<Tallies>)>>);

/// The facility's tallies, computed again when the log grew or a minute passed.
pub(super) async fn tallies(state: &AppState) -> Result<Arc<Tallies>, Problem> {
    let (snapshot, items) = {
        let facility = state.store.snapshot();
        let items: Vec<Arc<Equipment>> = facility.equipment.values().cloned().collect();
        (Snapshot::of(state, &facility), items)
    };
    let key = (snapshot.size, snapshot.now_ms() / 60_000);
    let cache = || state.inner.tallies.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((size, minute, tallies)) = cache().as_ref()
        && (*size, *minute) == key
    {
        return Ok(tallies.clone());
    }
    let work = state.clone();
    let computed = tokio::task::spawn_blocking(move || compute(&work, &snapshot, &items)).await;
    let tallies = Arc::new(computed.map_err(|e| Problem::internal(&e))??);
    *cache() = Some((key.0, key.1, tallies.clone()));
    Ok(tallies)
}

/// The facility's days through all its zones.
pub(super) fn calendar(settings: &Settings) -> Calendar {
    let spans: Vec<ZoneSpan> = settings
        .zones
        .iter()
        .map(|z| ZoneSpan { from_ms: z.from_ms, zone: z.zone.as_str().into() })
        .collect();
    Calendar::new(&spans)
}

fn compute(state: &AppState, snapshot: &Snapshot, items: &[Arc<Equipment>]) -> Result<Tallies, Problem> {
    let calendar = calendar(&snapshot.settings);
    let now_ms = snapshot.now_ms();
    let today = calendar.day_of(now_ms);
    let from_ms = calendar.day_range(today - DAYS + 1).start;
    let mut tallies = Tallies::default();
    let mut days: BTreeMap<i32, Tally> =
        (today - DAYS + 1..=today).map(|day| (day, Tally::default())).collect();
    for item in items.iter().filter(|item| !item.plans.is_empty()) {
        // A snapshot of history lives two seconds, so each item takes its own.
        let reader = reader(state)?;
        let range = from_ms - LOOK_BACK_MS..now_ms + 1;
        let uses = reader.uses_of(item.tag, range.clone()).map_err(|e| Problem::internal(&e))?;
        let cleanings =
            reader.cleanings_of(item.tag, range, CLEANINGS_MAX).map_err(|e| Problem::internal(&e))?;
        let mut placed: Vec<Placed> = cleanings.iter().filter_map(Placed::of).collect();
        placed.sort_by_key(|p| p.performed_ms);
        let courses = Courses::new(&snapshot.settings, item, uses.into_iter().map(|(ms, _)| ms).collect());
        let windows = courses.windows(&placed, &(from_ms..now_ms + 1), now_ms);
        for (day, tally) in by_day(&calendar, &windows) {
            if let Some(sum) = days.get_mut(&day) {
                *sum += tally;
            }
        }
        if item.service != Service::Retired {
            tallies.items.insert(item.tag, Tally::of(&windows));
        }
    }
    tallies.days = days.into_iter().collect();
    Ok(tallies)
}
