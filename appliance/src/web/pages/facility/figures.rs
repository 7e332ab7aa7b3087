//! How recording goes: how long it takes, and which items are cleaned and used most.

use askama::Template;
use axum::extract::State;
use record::figures::{CLEANINGS_MAX, DAYS, ItemUtilisation, SubmissionTimes, count_cleanings, rank_items};
use record::fold::CleaningRecord;
use record::tag::Tag;
use web::answer::Page;
use web::error::HttpError;
use words::Number;

use crate::store::LogReader;
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::read_long;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::FiguresWords;

pub(crate) const FIGURES: &str = "/staff/figures";
const ITEMS: usize = 50;
const USES_MAX: usize = 10_000;
const DAY_MS: i64 = 86_400_000;

struct UsedRow {
    tag: Tag,
    name: String,
    /// Cleanings and uses, and each of them a day.
    cleanings: [String; 2],
    uses: [String; 2],
}

#[derive(Template)]
#[template(path = "facility/figures.html")]
struct FiguresPage {
    frame: PageLayout,
    w: FiguresWords,
    time: Option<String>,
    time_hint: String,
    items: Vec<UsedRow>,
}

pub(crate) async fn show_figures(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let w: FiguresWords = signed.words();
    let snapshot = Snapshot::now(&state);
    let now_ms = snapshot.now_ms();
    let from_ms = now_ms.saturating_sub(DAYS * DAY_MS);
    let (took_ms, ranked, days) =
        read_long(&state, move |_, reader| count_use(reader, from_ms, now_ms)).await?;
    let times = SubmissionTimes::of(took_ms);
    let seconds = |ms: u32| w.figures_seconds(Number::from_tenths(i64::from(ms / 100)));
    let facility = state.store.snapshot();
    let name = |tag: &Tag| facility.equipment.get(tag).map(|item| item.facts.name.clone());
    let counts = |count: u32| {
        let a_day = Number::from_tenths(ItemUtilisation::tenths_a_day(count, days));
        [w.figures_number(i64::from(count)), w.figures_number(a_day)]
    };
    let page = FiguresPage {
        frame: PageLayout::staff(&state, &snapshot, w.figures_title(), &signed, NavSection::Today),
        w,
        time: times.map(|times| seconds(times.median_ms)),
        time_hint: match times {
            Some(times) => w.figures_time_hint(times.count, seconds(times.p90_ms)),
            None => w.figures_time_none_hint(),
        },
        items: ranked
            .into_iter()
            .map(|(tag, of)| UsedRow {
                name: name(&tag).unwrap_or_else(|| tag.to_string()),
                tag,
                cleanings: counts(of.cleanings),
                uses: counts(of.uses),
            })
            .collect(),
    };
    draw_page(&page.frame, &page)
}

/// Times, items, and of how many days they are: of fewer, where so many cleanings are not so old.
type UseCounts = (Vec<u32>, Vec<(Tag, ItemUtilisation)>, i64);

fn count_use(reader: &LogReader, from_ms: i64, now_ms: i64) -> Result<UseCounts, HttpError> {
    let newest = reader.cleanings(None, CLEANINGS_MAX).map_err(store_error)?;
    let counts = |one: &&CleaningRecord| one.performed_ms >= from_ms && one.voided.is_none();
    let oldest_ms = newest.iter().map(|one| one.performed_ms).min().filter(|_| newest.len() == CLEANINGS_MAX);
    let from_ms = oldest_ms.map_or(from_ms, |oldest_ms| oldest_ms.max(from_ms));
    let days = ((now_ms - from_ms) / DAY_MS).max(1);
    let counted: Vec<&CleaningRecord> = newest.iter().filter(counts).collect();
    let took_ms = counted.iter().filter_map(|one| one.took_ms).collect();
    let mut ranked = rank_items(count_cleanings(counted.iter().map(|one| one.tag)), ITEMS);
    for (tag, of) in &mut ranked {
        let uses =
            reader.uses_of(*tag, from_ms..now_ms.saturating_add(1), None, USES_MAX).map_err(store_error)?;
        of.uses = u32::try_from(uses.len()).unwrap_or(u32::MAX);
    }
    Ok((took_ms, ranked, days))
}
