//! Compliance of the facility over the last 30 days, by the one definition in `record`: each item is counted again only
//! when something of it was recorded or one of its windows closed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use record::compliance::{
    CivilCalendar, CleaningTimes, ComplianceRate, ItemTimelines, WindowTally, ZoneSpan, by_day, is_by_uses,
    reach_ms,
};
use record::fold::{Equipment, EquipmentActivity, FacilitySettings, ServiceState};
use record::tag::Tag;
use tokio::sync::Mutex;
use web::error::HttpError;
use words::Number;

use crate::store::{HISTORY_PIECE, HistoryPlace, StoreSnapshot};
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::log_reads::read_long;
use crate::web::view_models::equipment::item_status::is_same;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::StaffWords;

const DAYS: i32 = 30;
/// Cleanings of one item that are counted: forty a day for 30 days, and a long history besides.
const CLEANINGS_MAX: usize = 2_000;
/// Uses of one item that are counted: twenty a day.
const USES_MAX: usize = 8_600;

/// A rate as pages show it; a dash where there are no data.
pub(crate) fn word_rate(w: StaffWords, rate: Option<ComplianceRate>) -> String {
    match rate {
        Some(rate) => w.staff_rate(Number::from_tenths(rate.per_mille().into())),
        None => ComplianceRate::text(None),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FacilityTallies {
    /// The civil days, oldest first, today last.
    pub(crate) days: Vec<(i32, WindowTally)>,
    pub(crate) items: BTreeMap<Tag, WindowTally>,
}

impl FacilityTallies {
    /// Today so far and the days before it, `days` in all.
    pub(crate) fn last(&self, days: usize) -> WindowTally {
        self.days.iter().rev().take(days).map(|(_, tally)| *tally).sum()
    }
}

#[derive(Default)]
pub(crate) struct TallyCache(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    settings: Option<Arc<FacilitySettings>>,
    items: BTreeMap<Tag, ItemTally>,
    sum: Option<(Arc<StoreSnapshot>, i64, Arc<FacilityTallies>)>,
}

struct ItemTally {
    item: Arc<Equipment>,
    activity: Option<Arc<EquipmentActivity>>,
    /// From when it was counted until one of its windows closes or the day ends.
    holds_ms: Range<i64>,
    days: BTreeMap<i32, WindowTally>,
    whole: WindowTally,
}

impl ItemTally {
    fn is_of(&self, item: &Arc<Equipment>, activity: Option<&Arc<EquipmentActivity>>, now_ms: i64) -> bool {
        Arc::ptr_eq(&self.item, item)
            && is_same(self.activity.as_ref(), activity)
            && self.holds_ms.contains(&now_ms)
    }
}

impl Counted {
    /// Counts those of the items again of which something changed.
    async fn refresh(
        &mut self,
        state: &AppState,
        seen: &StoreSnapshot,
        now_ms: i64,
        items: Vec<Arc<Equipment>>,
    ) -> Result<(), HttpError> {
        let settings = &seen.facility.settings;
        if !self.settings.as_ref().is_some_and(|known| known.is_same_but_labels(settings)) {
            self.settings = Some(settings.clone());
            self.items.clear();
        }
        let calendar = facility_calendar(settings);
        for item in items {
            let activity = seen.facility.activity.get(&item.tag);
            if self.items.get(&item.tag).is_some_and(|known| known.is_of(&item, activity, now_ms)) {
                continue;
            }
            // Finished counts are kept, also where a later item finds the box busy.
            let tally = count_item(state, settings, (&item, activity), &calendar, now_ms).await?;
            self.items.insert(item.tag, tally);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) async fn forget_tallies(state: &AppState) {
    *state.stored::<TallyCache>().0.lock().await = Counted::default();
}

pub(crate) async fn load_tallies(state: &AppState) -> Result<Arc<FacilityTallies>, HttpError> {
    let cache = state.stored::<TallyCache>();
    let mut counted = cache.0.lock().await;
    let seen = state.store.snapshot();
    let now_ms = Snapshot::of(state, &seen).now_ms();
    if let Some((of, ms, sum)) = &counted.sum
        && Arc::ptr_eq(of, &seen)
        && ms.div_euclid(60_000) == now_ms.div_euclid(60_000)
    {
        return Ok(sum.clone());
    }
    let scheduled = seen.facility.equipment.values().filter(|item| !item.plans.is_empty());
    let scheduled = scheduled.cloned().collect();
    counted.refresh(state, &seen, now_ms, scheduled).await?;
    let today = facility_calendar(&seen.facility.settings).day_of(now_ms);
    let sum = Arc::new(sum_tallies(&counted.items, &seen, today - DAYS + 1..today + 1));
    counted.sum = Some((seen, now_ms, sum.clone()));
    Ok(sum)
}

pub(crate) async fn tally_of(state: &AppState, tag: Tag) -> Result<WindowTally, HttpError> {
    let cache = state.stored::<TallyCache>();
    let mut counted = cache.0.lock().await;
    let seen = state.store.snapshot();
    let now_ms = Snapshot::of(state, &seen).now_ms();
    let item = seen.facility.equipment.get(&tag);
    let item = item.filter(|item| !item.plans.is_empty() && item.service != ServiceState::Retired);
    let Some(item) = item.cloned() else { return Ok(WindowTally::default()) };
    counted.refresh(state, &seen, now_ms, vec![item]).await?;
    Ok(counted.items.get(&tag).map(|counted| counted.whole).unwrap_or_default())
}

fn sum_tallies(items: &BTreeMap<Tag, ItemTally>, seen: &StoreSnapshot, days: Range<i32>) -> FacilityTallies {
    let mut by_days: BTreeMap<i32, WindowTally> = days.map(|day| (day, WindowTally::default())).collect();
    let mut tallies = FacilityTallies::default();
    for (tag, counted) in items.iter().filter(|(tag, _)| seen.facility.equipment.contains_key(tag)) {
        for (day, tally) in &counted.days {
            if let Some(sum) = by_days.get_mut(day) {
                *sum += *tally;
            }
        }
        if counted.item.service != ServiceState::Retired {
            tallies.items.insert(*tag, counted.whole);
        }
    }
    tallies.days = by_days.into_iter().collect();
    tallies
}

/// The facility's days through all its zones.
pub(crate) fn facility_calendar(settings: &FacilitySettings) -> CivilCalendar {
    let spans: Vec<ZoneSpan> = settings
        .zones
        .iter()
        .map(|z| ZoneSpan { from_ms: z.from_ms, zone: z.zone.as_str().into() })
        .collect();
    CivilCalendar::new(&spans)
}

async fn count_item(
    state: &AppState,
    settings: &FacilitySettings,
    (item, activity): (&Arc<Equipment>, Option<&Arc<EquipmentActivity>>),
    calendar: &CivilCalendar,
    now_ms: i64,
) -> Result<ItemTally, HttpError> {
    let today = calendar.day_of(now_ms);
    let from_ms = calendar.day_range(today - DAYS + 1).start;
    // What met the oldest window, or began it, may be older by its length.
    let ms = from_ms - reach_ms(item)..now_ms + 1;
    let mut placed = cleaning_times(state, item.tag, ms.clone()).await?;
    let uses = if is_by_uses(item) { use_times(state, item.tag, ms).await? } else { Vec::new() };
    placed.sort_by_key(|p| p.performed_ms);
    let courses = ItemTimelines::new(settings, item, uses);
    let windows = courses.windows(&placed, &(from_ms..now_ms + 1), now_ms);
    let changes_ms = courses.next_change_ms(now_ms).unwrap_or(i64::MAX);
    Ok(ItemTally {
        item: item.clone(),
        activity: activity.cloned(),
        holds_ms: now_ms..changes_ms.min(calendar.day_range(today).end),
        days: by_day(calendar, &windows),
        whole: WindowTally::of(&windows),
    })
}

async fn cleaning_times(state: &AppState, tag: Tag, ms: Range<i64>) -> Result<Vec<CleaningTimes>, HttpError> {
    let (mut placed, mut upto) = (Vec::new(), None);
    loop {
        let range = ms.clone();
        let piece = read_long(state, move |_, reader| {
            let piece = reader.cleanings_of(tag, range, upto, HISTORY_PIECE).map_err(store_error)?;
            let older = piece.last().map(|cleaning| reader.place_of(cleaning).older());
            Ok((piece, older))
        });
        let (piece, older) = piece.await?;
        placed.extend(piece.iter().filter_map(CleaningTimes::of));
        upto = older;
        if piece.len() < HISTORY_PIECE || placed.len() >= CLEANINGS_MAX {
            return Ok(placed);
        }
    }
}

async fn use_times(state: &AppState, tag: Tag, ms: Range<i64>) -> Result<Vec<i64>, HttpError> {
    let (mut uses, mut upto) = (Vec::new(), None);
    loop {
        let range = ms.clone();
        let piece = read_long(state, move |_, reader| {
            reader.uses_of(tag, range, upto, HISTORY_PIECE).map_err(store_error)
        });
        let piece = piece.await?;
        uses.extend(piece.iter().map(|used| used.ended_ms));
        upto = piece.last().map(|used| HistoryPlace::of_use(used).older());
        if piece.len() < HISTORY_PIECE || uses.len() >= USES_MAX {
            return Ok(uses);
        }
    }
}
