//! The staff's first page, and the facility's settings.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use record::compliance::{ComplianceRate, WindowTally};
use web::answer::{Page, SeeOther};
use web::error::HttpError;
use web::live::LivePage;
use web::route::AnyCaller;

use crate::intake::Permission;
use crate::phones::WaitingPhones;
use crate::store::LogReader;
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::refused_records::{count_known, count_open};
use crate::web::commands::reminders::list_reminders;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live::live_page;
use crate::web::log_reads::read_quick;
use crate::web::request::client::next_page::HOME;
use crate::web::view_models::equipment::item_status::{ItemRow, ListedItem};
use crate::web::view_models::equipment::problems::{ProblemCard, ProblemLook, ReportDetails, open_problems};
use crate::web::view_models::equipment::rates::{
    FacilityTallies, facility_calendar, load_tallies, word_rate,
};
use crate::web::view_models::equipment::status_board::{StatusBoard, status_board};
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::begun::list_begun;
use crate::web::view_models::records::feed::{FeedRow, newest_cleanings};
use crate::web::words::{FacilityWords, PhoneRecordWords, ProblemWords, ReminderWords, StaffWords};

const OVERDUE_MAX: usize = 20;

struct RateCard {
    title: String,
    rate: String,
    words: String,
    spark: Option<Spark>,
}

struct Spark {
    path: String,
    end: (Tenths, Tenths),
    label: String,
}

struct Late {
    listed: ListedItem,
    last: String,
}

/// A length in an SVG drawing, in tenths of its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tenths(i64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", self.0.abs() / 10, self.0.abs() % 10)
    }
}

struct ChartBar {
    x: Tenths,
    middle: Tenths,
    y: Tenths,
    height: Tenths,
    above: Tenths,
    low: Option<u16>,
}

impl ChartBar {
    fn of(place: usize, tally: WindowTally) -> Option<Self> {
        let (rate, is_low) = (per_mille(&tally)?, tally.rate()?.is_low());
        let (x, height) = (490 + to_signed(place) * 1_845 / 10, above_half(rate) * 24 / 10);
        Some(Self {
            x: Tenths(x),
            middle: Tenths(x + 63),
            y: Tenths(1_320 - height),
            height: Tenths(height),
            above: Tenths(1_290 - height),
            low: is_low.then_some(rate / 10),
        })
    }
}

type TodayWords = (StaffWords, FacilityWords, ProblemWords, ReminderWords);

#[derive(Template)]
#[template(path = "facility/today.html")]
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
    feed: Arc<[FeedRow]>,
    no_items: bool,
    no_schedule: bool,
    may_change: bool,
    may_report: bool,
    problem_words: ProblemWords,
    /// What is reported and not closed, the newest first.
    reports: Vec<ProblemCard>,
    waiting: Option<String>,
    begun: Option<String>,
    refused: Option<String>,
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
    let snapshot = Snapshot::of(&state, &board.seen);
    let wording = PageWording::new(signed.words(), &snapshot.local);
    let feed = newest_cleanings(&state, &board.seen, wording.locale()).await?;
    let known = count_known(&state).filter(|_| !has_more_to_read(&state, &board));
    let reads = match known {
        Some(refused) => TodayReads { feed, refused, reports: Vec::new(), begun: 0 },
        None => {
            let (signed, board) = (StaffSession::clone(&signed), board.clone());
            read_quick(&state, move |state, reader| read_today(state, reader, &signed, &board, feed)).await?
        }
    };
    let look =
        TodayLook { state: &state, tallies: &tallies, board: &board, snapshot: &snapshot, wording: &wording };
    let template = look.page(&signed, reads, live);
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}

struct TodayReads {
    feed: Arc<[FeedRow]>,
    refused: usize,
    reports: Vec<ProblemCard>,
    begun: usize,
}

/// Whether the page shows more of the log than the newest cleanings. Mostly it does not, and then it does not wait for
/// a reader thread.
fn has_more_to_read(state: &AppState, board: &StatusBoard) -> bool {
    board.seen.facility.activity.values().any(|row| !row.problems.is_empty())
        || !state.contact_timers.begun().is_empty()
}

fn read_today(
    state: &AppState,
    reader: &LogReader,
    signed: &StaffSession,
    board: &StatusBoard,
    feed: Arc<[FeedRow]>,
) -> Result<TodayReads, HttpError> {
    let facility = &board.seen;
    let wording = PageWording::new(signed.words(), &Snapshot::of(state, facility).local);
    let look = ProblemLook { state, facility, reader, wording: &wording, w: signed.words() };
    let open = open_problems(facility).into_iter().take(OVERDUE_MAX);
    Ok(TodayReads {
        feed,
        refused: count_open(state)?,
        reports: open.map(|(tag, open)| look.card(tag, open, ReportDetails::Shown)).collect(),
        begun: list_begun(state, reader)?.len(),
    })
}

#[derive(Clone, Copy)]
struct TodayLook<'a> {
    state: &'a AppState,
    tallies: &'a FacilityTallies,
    board: &'a StatusBoard,
    snapshot: &'a Snapshot,
    wording: &'a PageWording,
}

impl TodayLook<'_> {
    fn page(self, signed: &StaffSession, reads: TodayReads, live: LivePage) -> TodayPage {
        let Self { state, tallies, board, snapshot, wording } = self;
        let TodayReads { feed, refused, reports, begun } = reads;
        let facility = &board.seen;
        let (s, w, problem_words, reminder): TodayWords = signed.words();
        let no_items = board.in_use().is_empty();
        let no_schedule = !no_items && facility.equipment.values().all(|item| item.plans.is_empty());
        let overdue_words = match board.overdue().first() {
            Some(row) => w.today_longest(row.badge(wording).short.to_lowercase(), &row.item.facts.name),
            None => w.today_none_late(),
        };
        let last = |row: &ItemRow| match row.activity.as_ref().and_then(|a| a.last) {
            Some(last) => wording.last_time(facility, &last),
            None => s.staff_never(),
        };
        let all = list_reminders(state);
        let pressing = all.iter().filter(|row| row.is_pressing(snapshot.now.wall_ms)).count();
        let phone_records: PhoneRecordWords = signed.words();
        let (late, being_cleaned) = (board.overdue().iter().take(OVERDUE_MAX), board.being_cleaned(state));
        let frame = PageLayout::staff(state, snapshot, w.today_title(), signed, NavSection::Today);
        TodayPage {
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
            first_day: first_day(tallies, &facility.settings, wording),
            feed,
            late: late
                .map(|row| Late { last: last(row), listed: row.list(wording, &being_cleaned) })
                .collect(),
            no_items,
            no_schedule,
            may_change: signed.can_edit(),
            may_report: signed.holds(Permission::MakeReports),
            problem_words,
            reports,
            waiting: Some(pressing).filter(|count| *count > 0).map(|count| reminder.reminder_link(count)),
            begun: Some(begun).filter(|count| *count > 0).map(|count| reminder.begun_link(count)),
            refused: Some(refused)
                .filter(|count| *count > 0)
                .map(|count| phone_records.phone_record_link(count)),
            held: word_held(state, signed.words(), wording),
        }
    }
}

fn word_held(state: &AppState, w: PhoneRecordWords, wording: &PageWording) -> Option<String> {
    let now = state.known_now();
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
    let (steps, mut path, mut end) = (to_signed(rates.len() - 1), String::new(), (Tenths(0), Tenths(0)));
    for (n, rate) in rates.iter().enumerate() {
        end = (Tenths(40 + 1_120 * to_signed(n) / steps), Tenths(290 - above_half(*rate) * 260 / 500));
        let space = if n == 0 { 'M' } else { ' ' };
        // Writing to a string does not fail.
        let _ = write!(path, "{space}{} {}", end.0, end.1);
    }
    let (low, high) = (rates.iter().min()?, rates.iter().max()?);
    Some(Spark { path, end, label: w.tally_between(high / 10, low / 10) })
}

fn above_half(per_mille: u16) -> i64 {
    per_mille.saturating_sub(500).into()
}

fn to_signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn facility_bars(tallies: &FacilityTallies) -> Vec<ChartBar> {
    tallies.days.iter().enumerate().filter_map(|(n, (_, tally))| ChartBar::of(n, *tally)).collect()
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
