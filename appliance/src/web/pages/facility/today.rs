//! The staff's first page, and the facility's settings.

use askama::Template;
use axum::extract::State;
use record::compliance::{ComplianceRate, WindowTally};
use record::tag::Tag;
use web::answer::{Page, SeeOther};
use web::error::HttpError;
use web::live::LivePage;
use web::route::AnyCaller;
use words::Moment;

use crate::phones::WaitingPhones;
use crate::store::LogReader;
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::refused_records::count_open;
use crate::web::commands::reminders::list_reminders;
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live::live_page;
use crate::web::log_reads::read_quick;
use crate::web::request::next_page::HOME;
use crate::web::view_models::begun::list_begun;
use crate::web::view_models::history;
use crate::web::view_models::item_status::{ItemRow, ListedItem};
use crate::web::view_models::problems::{ProblemCard, ProblemLook, ReportDetails, open_problems};
use crate::web::view_models::rates::{FacilityTallies, facility_calendar, load_tallies, word_rate};
use crate::web::view_models::snapshot::Snapshot;
use crate::web::view_models::status_board::{StatusBoard, status_board};
use crate::web::view_models::wording::PageWording;
use crate::web::words::{
    FacilityWords, PageWords, PhoneRecordWords, ProblemWords, ReminderWords, StaffWords,
};

/// Lines of “Just now”.
const FEED: usize = 8;
/// Lines of the overdue table; the whole list is a page of its own.
const OVERDUE_MAX: usize = 20;

struct RateCard {
    title: String,
    rate: String,
    words: String,
    spark: Option<Spark>,
}

struct Spark {
    path: String,
    end: (String, String),
    label: String,
}

struct Late {
    listed: ListedItem,
    last: String,
}

struct ActivityRow {
    tag: Tag,
    name: String,
    photo: Option<String>,
    words: String,
    at: Moment,
}

/// One bar of the chart of days.
struct ChartBar {
    x: String,
    middle: String,
    y: String,
    height: String,
    above: String,
    low: Option<u16>,
}

/// The words of the first page.
type TodayWords = (PageWords, StaffWords, FacilityWords, ProblemWords, ReminderWords);

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: PageLayout,
    s: StaffWords,
    w: FacilityWords,
    day: String,
    overdue: usize,
    overdue_words: String,
    numbers: Vec<RateCard>,
    late: Vec<Late>,
    due: usize,
    bars: Vec<ChartBar>,
    chart_label: String,
    first_day: String,
    feed: Vec<ActivityRow>,
    no_items: bool,
    no_schedule: bool,
    may_change: bool,
    problem_words: ProblemWords,
    /// What is reported and not closed, the newest first.
    reports: Vec<ProblemCard>,
    /// How much waits for somebody, in words.
    waiting: Option<String>,
    /// How many cleanings were begun and never recorded, in words.
    begun: Option<String>,
    /// How many records of phones were refused, in words.
    refused: Option<String>,
    /// What phones hold that is not here yet, in words.
    held: Option<String>,
}

/// Where the staff pages begin.
pub(crate) async fn open(_: AnyCaller) -> Result<SeeOther, HttpError> {
    SeeOther::to(HOME)
}

pub(crate) async fn show(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let live = live_page(&state);
    let (tallies, board) = (load_tallies(&state).await?, status_board(&state).await?);
    let template =
        read_quick(&state, move |state, reader| today_page(state, reader, &signed, (&tallies, &board), live));
    let template = template.await?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

fn today_page(
    state: &AppState,
    reader: &LogReader,
    signed: &StaffSession,
    (tallies, board): (&FacilityTallies, &StatusBoard),
    live: LivePage,
) -> Result<TodayPage, HttpError> {
    let recent = reader.cleanings(None, FEED).map_err(store_error)?;
    let facility = &board.seen;
    let snapshot = Snapshot::of(state, facility);
    let (page_words, s, w, problem_words, reminder): TodayWords = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let no_items = board.in_use().is_empty();
    let no_schedule = !no_items && facility.equipment.values().all(|item| item.plans.is_empty());
    let overdue_words = match board.overdue().first() {
        Some(row) => w.today_longest(row.badge(&wording).short.to_lowercase(), &row.item.name),
        None => w.today_none_late(),
    };
    let last = |row: &ItemRow| match row.activity.as_ref().and_then(|a| a.last) {
        Some(last) => wording.last_time(facility, &last),
        None => s.staff_never(),
    };
    let feed = recent.iter().map(|cleaning| ActivityRow {
        tag: cleaning.tag,
        name: facility
            .equipment
            .get(&cleaning.tag)
            .map_or_else(|| cleaning.tag.grouped(), |item| item.name.clone()),
        photo: history::thumbnail_path(state, cleaning),
        words: history::feed_words(reader, facility, cleaning, &wording, w),
        at: wording.dates().day_and_time(cleaning.performed_ms),
    });
    let all = list_reminders(state);
    let pressing = all.iter().filter(|row| row.is_pressing(snapshot.now.wall_ms)).count();
    let begun = list_begun(state, reader)?.len();
    let (refused, phone_records): (usize, PhoneRecordWords) = (count_open(state)?, signed.words());
    let look = ProblemLook { state, facility, reader, wording: &wording, w: problem_words };
    let open = open_problems(facility).into_iter().take(OVERDUE_MAX);
    let reports = open.map(|(tag, open)| look.card(tag, open, ReportDetails::Shown)).collect();
    let (late, being_cleaned) = (board.overdue().iter().take(OVERDUE_MAX), board.being_cleaned(state));
    let frame = PageLayout::staff(state, &snapshot, w.today_title(), signed, NavSection::Today);
    Ok(TodayPage {
        frame: frame.live(live).refreshed(),
        s,
        w,
        day: wording.dates().long_day(snapshot.now_ms()).text,
        overdue: board.overdue().len(),
        overdue_words,
        numbers: rate_cards(tallies, s, w),
        due: board.due().len(),
        bars: facility_bars(tallies),
        chart_label: chart_label(tallies, w),
        first_day: first_day(tallies, &facility.settings, &wording),
        feed: feed.collect(),
        late: late.map(|row| Late { last: last(row), listed: row.list(&wording, &being_cleaned) }).collect(),
        no_items,
        no_schedule,
        may_change: signed.can_edit(),
        problem_words,
        reports,
        waiting: Some(pressing).filter(|count| *count > 0).map(|count| reminder.reminder_link(count)),
        begun: Some(begun).filter(|count| *count > 0).map(|count| reminder.begun_link(count)),
        refused: Some(refused).filter(|count| *count > 0).map(|count| phone_records.phone_record_link(count)),
        held: word_held(state, signed.words(), &wording),
    })
}

/// What phones hold that is not here yet.
fn word_held(state: &AppState, w: PhoneRecordWords, wording: &PageWording) -> Option<String> {
    let now = state.clock.now();
    let total = state.stored::<WaitingPhones>().total(now.up_ms)?;
    let oldest_ms = now.wall_ms.saturating_sub_unsigned(total.oldest_ms);
    let time = wording.dates().day_and_time(oldest_ms).text;
    Some(w.phone_record_waiting(total.phones, total.records, time))
}

fn rate_cards(tallies: &FacilityTallies, s: StaffWords, w: FacilityWords) -> Vec<RateCard> {
    [(w.today_title(), 1), (w.today_week(), 7), (w.today_month(), 30)]
        .into_iter()
        .map(|(title, days)| {
            let tally = tallies.last(days);
            let words = match tally.closed {
                0 if days == 1 => w.tally_none_today(),
                0 => w.tally_none(),
                closed if days == 1 => w.tally_met_today(closed, tally.met),
                closed => w.tally_met(closed, tally.met),
            };
            RateCard {
                title,
                rate: word_rate(s, tally.rate()),
                words,
                spark: facility_sparkline(tallies, days, w),
            }
        })
        .collect()
}

fn per_mille(tally: &WindowTally) -> Option<u16> {
    tally.rate().map(ComplianceRate::per_mille)
}

/// A line over the days that have a rate, from 50 % to 100 %.
fn facility_sparkline(tallies: &FacilityTallies, days: usize, w: FacilityWords) -> Option<Spark> {
    let from = tallies.days.len().saturating_sub(days);
    let rates: Vec<u16> = tallies.days[from..].iter().filter_map(|(_, tally)| per_mille(tally)).collect();
    if rates.len() < 2 {
        return None;
    }
    let step = 112.0 / f64::from(u32::try_from(rates.len() - 1).unwrap_or(1));
    let mut x = 4.0;
    let mut points = Vec::new();
    for rate in &rates {
        let y = 29.0 - f64::from(rate.saturating_sub(500)) / 500.0 * 26.0;
        points.push((format!("{x:.1}"), format!("{y:.1}")));
        x += step;
    }
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
    let (low, high) = (rates.iter().min()?, rates.iter().max()?);
    Some(Spark {
        path: format!("M{}", path.join(" ")),
        end: points.pop()?,
        label: w.tally_between(high / 10, low / 10),
    })
}

fn facility_bars(tallies: &FacilityTallies) -> Vec<ChartBar> {
    let mut x = 49.0;
    tallies
        .days
        .iter()
        .filter_map(|(_, tally)| {
            let at = x;
            x += 18.45;
            let low = tally.rate()?.is_low();
            let rate = per_mille(tally)?;
            let height = f64::from(rate.saturating_sub(500)) / 500.0 * 120.0;
            Some(ChartBar {
                x: format!("{at:.1}"),
                middle: format!("{:.1}", at + 6.3),
                y: format!("{:.1}", 132.0 - height),
                height: format!("{height:.1}"),
                above: format!("{:.1}", 129.0 - height),
                low: low.then_some(rate / 10),
            })
        })
        .collect()
}

fn chart_label(tallies: &FacilityTallies, w: FacilityWords) -> String {
    let rates: Vec<u16> = tallies.days.iter().filter_map(|(_, tally)| per_mille(tally)).collect();
    match (rates.iter().min(), rates.last()) {
        (Some(low), Some(last)) => w.chart_label(last / 10, low / 10),
        _ => w.chart_label_none(),
    }
}

fn first_day(
    tallies: &FacilityTallies,
    settings: &record::fold::FacilitySettings,
    wording: &PageWording,
) -> String {
    let start = tallies.days.first().map(|(day, _)| facility_calendar(settings).day_range(*day).start);
    start.map_or_else(String::new, |ms| wording.dates().short_day(ms).text)
}
