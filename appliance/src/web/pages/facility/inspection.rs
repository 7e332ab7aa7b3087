//! The page of an inspection: gaps first, with why, and what to look at before somebody else does.

use askama::Template;
use axum::extract::State;
use record::anchor::{TimeCertainty, time_certainty};
use record::fold::{CleaningRecord, FacilityState, ServiceState};
use record::kinds::{CivilDay, CleanedBy, CleaningFlag, MissingPart};
use record::tag::Tag;
use report::build::{ReportRequest, RequestedScope};
use report::query::ReportQuery;
use report::{CleaningReport, RowWording};
use web::answer::Page;
use web::error::HttpError;

use crate::intake::Permission;
use crate::web::access::permissions::MakeReports;
use crate::web::access::staff::StaffCaller;
use crate::web::context::AppState;
use crate::web::form_page::FormMarks;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::pages::facility::passes::{HOURS, PassRow, list_passes};
use crate::web::view_models::equipment::rates::facility_calendar;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::reports::collect::collect_gaps;
use crate::web::view_models::reports::request::read_request;
use crate::web::words::{PageWords, ReportsWords};

/// Missed windows on the page; the report has more.
const MISSED_MAX: usize = 50;

struct GapRow {
    tag: Tag,
    item: String,
    when: String,
    why: String,
}

#[derive(Template)]
#[template(path = "facility/inspection.html")]
struct InspectionPage {
    frame: PageLayout,
    w: ReportsWords,
    day: String,
    may_set: bool,
    period: String,
    overdue: Vec<GapRow>,
    missed: Vec<GapRow>,
    missed_more: Option<String>,
    /// What, and how many.
    checks: Vec<(String, String)>,
    from: String,
    to: String,
    form_token: String,
    submission: String,
    /// For those who let people in.
    passes: Option<Vec<PassRow>>,
    hours: Vec<(i64, String)>,
}

fn word_day(w: ReportsWords, wording: &PageWording, snapshot: &Snapshot) -> String {
    let inspection = &snapshot.settings.inspection;
    let Some((day, today)) = inspection.day.0.zip(snapshot.local.today()) else {
        return w.inspection_no_day();
    };
    let words = wording.dates().numbered_day(day.number());
    let untitled = w.inspection_untitled();
    let title = if inspection.title.is_empty() { untitled } else { inspection.title.clone() };
    match day.number() - today.number() {
        days @ 0.. => w.inspection_day(words, days, title),
        _ => w.inspection_past(words),
    }
}

/// How many of what an inspector asks about.
fn count_checks(facility: &FacilityState, cleanings: &[CleaningRecord]) -> [(&'static str, usize); 11] {
    let count = |is_so: &dyn Fn(&CleaningRecord) -> bool| {
        cleanings.iter().filter(|one| one.voided.is_none() && is_so(one)).count()
    };
    let has = |flag: CleaningFlag| count(&|one| one.flags.contains(&flag));
    let offered = || facility.protocols.values().filter(|protocol| !protocol.retired);
    let in_use = facility.equipment.values().filter(|item| item.service == ServiceState::In);
    let is_uncertain = |one: &CleaningRecord| {
        time_certainty(&one.at, facility.boots.get(&one.at.boot).copied()) == TimeCertainty::Uncertain
    };
    [
        ("incomplete", count(&|one| !one.is_complete())),
        ("voided", cleanings.iter().filter(|one| one.voided.is_some()).count()),
        ("too-late", count(&|one| !one.counts())),
        ("unattributed", count(&|one| one.who == CleanedBy::Unattributed)),
        ("uncertain", count(&is_uncertain)),
        ("unsigned", has(CleaningFlag::NotSignedOff)),
        ("lots", has(CleaningFlag::LotExpired)),
        ("photos", count(&|one| one.incomplete.contains(&MissingPart::Photo))),
        ("unscheduled", in_use.filter(|item| item.schedules().is_empty()).count()),
        ("unreferenced", offered().filter(|protocol| protocol.ifu.is_empty()).count()),
        ("unapproved", offered().filter(|protocol| protocol.approved.is_none()).count()),
    ]
}

pub(crate) async fn show_inspection(
    signed: StaffCaller<MakeReports>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let (w, page_words): (ReportsWords, PageWords) = signed.words();
    let snapshot = Snapshot::now(&state);
    let wording = signed.wording(&snapshot.local);
    let calendar = facility_calendar(&snapshot.settings);
    let locale = page_words.catalog().locale();
    let request = read_request(&state, &ReportQuery::default(), locale)?;
    let request = ReportRequest { scope: RequestedScope::Inspection, ..request };
    let days = [request.from_ms, request.to_ms - 1];
    let (report, cleanings) = collect_gaps(&state, request).await?;
    let rows = RowWording::new(locale, snapshot.settings.zone());
    let number = |count: usize| w.inspection_number(count);
    let checks = count_checks(&state.store.facility(), &cleanings);
    let [from, to] = days.map(|ms| CivilDay::of_number(calendar.day_of(ms)));
    let [from_text, to_text] = [from, to].map(|day| day.map(|day| day.to_string()).unwrap_or_default());
    let [from, to] =
        [from, to].map(|day| day.map(|day| wording.dates().numbered_day(day.number())).unwrap_or_default());
    let (overdue, missed) = gap_rows(w, &rows, &report);
    let more = report.missed.len().saturating_sub(MISSED_MAX) as u64 + report.missed_more;
    let page = InspectionPage {
        frame: PageLayout::staff(&state, &snapshot, w.inspection_title(), &signed, NavSection::Today),
        day: word_day(w, &wording, &snapshot),
        may_set: signed.holds(Permission::EditSettings),
        period: w.inspection_period(from, to),
        overdue,
        missed,
        missed_more: (more > 0).then(|| w.inspection_missed_more(more)),
        checks: checks.map(|(what, count)| (w.inspection_check_what(what), number(count))).into(),
        from: from_text,
        to: to_text,
        form_token: signed.form_token(),
        submission: FormMarks::new(&state, &signed).submission,
        passes: match signed.holds(Permission::EditPeople) {
            true => Some(list_passes(&state, &wording).await?),
            false => None,
        },
        hours: HOURS.map(|hours| (hours, wording.dates().rough_span(hours * 3_600_000))).into(),
        w,
    };
    draw_page(&page.frame, &page)
}

fn gap_rows(w: ReportsWords, rows: &RowWording, report: &CleaningReport) -> (Vec<GapRow>, Vec<GapRow>) {
    let overdue = report.overdue.iter().map(|row| GapRow {
        tag: row.tag,
        item: row.item.clone(),
        when: rows.moment(row.since_ms),
        why: rows.due_cause(row.cause.as_ref()),
    });
    let missed = report.missed.iter().rev().take(MISSED_MAX).map(|row| GapRow {
        tag: row.tag,
        item: row.item.clone(),
        when: w.inspection_window_span(rows.moment(row.window.start_ms), rows.moment(row.window.end_ms - 1)),
        why: rows.why_missed(row),
    });
    (overdue.collect(), missed.collect())
}
