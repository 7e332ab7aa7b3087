//! Reports that people make: the form, those that were made, and their files.

use askama::Template;
use axum::extract::State;
use record::compliance::CivilCalendar;
use record::fold::RowVersion;
use record::ids::ReportId;
use record::kinds::CivilDay;
use report::build::{ReportRequest, RequestedScope};
use report::query::{ReportFormat, ReportQuery, ReportState};
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FileDownload, FormReply, Page, media};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues};
use words::Moment;

use crate::intake::Permission;
use crate::web::access::permissions::MakeReports;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, window_title};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::equipment::rates::facility_calendar;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::reports::made::{
    StoredReport, begin_report, cancel_report, find_report, list_reports, read_file,
};
use crate::web::view_models::reports::request::read_request;
use crate::web::words::{FormWords, PageWords, ReportsWords};

pub(crate) const REPORTS: &str = "/staff/reports";
/// Reports on one page.
const ROWS_MAX: usize = 50;

pub(crate) static REPORT: FormDefinition = FormDefinition {
    name: "report",
    sections: &[FormSection::plain(&[
        FormField::pick("about"),
        FormField::line("from", 10).required(),
        FormField::line("to", 10).required(),
        FormField::choice("format", &["pdf", "csv", "xlsx", "json"]).required(),
    ])],
};

/// What the form begins with.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ReportStart {
    /// An item's tag.
    tag: String,
    /// The first day.
    from: String,
}

struct MadeRow {
    name: String,
    begun: Moment,
    state: String,
    file: Option<String>,
    /// For whoever may take it away.
    end: Option<String>,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "facility/reports.html")]
struct ReportsPage {
    frame: PageLayout,
    w: ReportsWords,
    f: FormWords,
    problems: Vec<Wrong>,
    sections: Vec<FilledSection>,
    marks: FormMarks,
    survey: Option<(String, String)>,
    rows: Vec<MadeRow>,
    is_working: bool,
}

/// Of what a report may be, the facility first.
async fn list_scopes(
    state: &AppState,
    signed: &StaffSession,
    tag: &str,
) -> Result<Vec<FormOption>, HttpError> {
    let f: FormWords = signed.words();
    let page_words: PageWords = signed.words();
    let mut options = vec![
        FormOption::new("", f.form_report_about_all()),
        FormOption::new("inspection", f.form_report_about_inspection()),
    ];
    let facility = state.store.snapshot();
    if let Some(item) = tag.parse().ok().and_then(|tag| facility.resolve(tag)) {
        options.push(FormOption::entered(format!("tag:{}", item.tag), item.facts.name.clone()));
    }
    let protocols = facility.protocols.iter().filter(|(_, protocol)| !protocol.retired);
    let mut named: Vec<FormOption> = protocols
        .map(|(id, protocol)| FormOption::entered(format!("protocol:{id}"), protocol.name.clone()))
        .collect();
    {
        let people = read_quick(state, move |state, reader| {
            let facility = state.store.snapshot();
            let people = facility.staff.iter().map(|(id, member)| {
                FormOption::entered(
                    format!("staff:{id}"),
                    StoredText::read(reader, member.name).word(page_words),
                )
            });
            Ok(people.collect::<Vec<_>>())
        });
        named.extend(people.await?);
    }
    named.sort_by(|a, b| a.words.cmp(&b.words));
    options.extend(named);
    Ok(options)
}

/// Another person's is taken away by whoever runs the box.
fn may_cancel(signed: &StaffSession, stored: &StoredReport) -> bool {
    stored.by.is_none_or(|by| by == signed.staff()) || signed.holds(Permission::EditSettings)
}

fn made_row(signed: &StaffSession, dates: &words::Dates, stored: StoredReport, percent: u8) -> MadeRow {
    let w: ReportsWords = signed.words();
    let at = format!("{REPORTS}/{}", stored.id);
    MadeRow {
        begun: dates.day_and_time(stored.begun_ms),
        state: w.reports_state(stored.bytes.div_ceil(1_000), percent, stored.state.word()),
        end: may_cancel(signed, &stored).then(|| format!("{at}/cancel")),
        is_open: stored.state.is_open(),
        file: (stored.state == ReportState::Ready).then_some(at),
        name: stored.title,
    }
}

async fn reports_page(
    state: &AppState,
    signed: &StaffSession,
    values: &FormValues,
    problems: Vec<Wrong>,
    tag: &str,
    submission: Option<String>,
) -> Result<Page, HttpError> {
    let (w, f, page_words): (ReportsWords, FormWords, PageWords) = signed.words();
    let snapshot = Snapshot::now(state);
    let wording = signed.wording(&snapshot.local);
    let scopes = list_scopes(state, signed, tag).await?;
    let painter = FormPainter { picks: vec![("about", scopes)], ..FormPainter::new(&REPORT, f.catalog()) };
    let made = list_reports(state).into_iter().take(ROWS_MAX);
    let rows: Vec<MadeRow> = made
        .map(|(stored, progress)| made_row(signed, wording.dates(), stored, progress.percent()))
        .collect();
    let survey = snapshot.settings.survey.map(|day| {
        let words = w.reports_survey(wording.dates().numbered_day(day.number()));
        (format!("{REPORTS}?from={day}"), words)
    });
    let title = window_title(page_words, w.reports_title(), &problems);
    let page = ReportsPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Today),
        sections: painter.draw(values, &problems)?,
        is_working: rows.iter().any(|row| row.is_open),
        marks: FormMarks::new(state, signed).again(submission, None::<RowVersion>),
        w,
        f,
        problems,
        survey,
        rows,
    };
    draw_page(&page.frame, &page)
}

fn day_text(calendar: &CivilCalendar, ms: i64, back: i32) -> String {
    CivilDay::of_number(calendar.day_of(ms) - back).map(|day| day.to_string()).unwrap_or_default()
}

pub(crate) async fn show_reports(
    signed: StaffCaller<MakeReports>,
    State(state): State<AppState>,
    LenientQuery(start): LenientQuery<ReportStart>,
) -> Result<Page, HttpError> {
    let snapshot = Snapshot::now(&state);
    let calendar = facility_calendar(&snapshot.settings);
    let from = match start.from.parse::<CivilDay>() {
        Ok(day) => day.to_string(),
        Err(_) => day_text(&calendar, snapshot.now_ms(), 29),
    };
    let item =
        start.tag.parse().ok().and_then(|tag| state.store.snapshot().resolve(tag).map(|item| item.tag));
    let values = FormValues::empty(&REPORT)
        .with("from", from)
        .with("to", day_text(&calendar, snapshot.now_ms(), 0))
        .with("about", item.map(|tag| format!("tag:{tag}")).unwrap_or_default())
        .with("format", "pdf");
    reports_page(&state, &signed, &values, Vec::new(), &start.tag, None).await
}

/// The query that a form is.
fn read_form(values: &FormValues) -> ReportQuery {
    let about = values.text("about");
    let part = |kind: &str| about.strip_prefix(kind).map(str::to_owned);
    let day = |name: &str| Some(values.text(name).to_owned());
    ReportQuery {
        days: None,
        from: day("from"),
        to: day("to"),
        tag: part("tag:"),
        staff: part("staff:"),
        protocol: part("protocol:"),
    }
}

fn read_form_request(
    state: &AppState,
    signed: &StaffSession,
    values: &FormValues,
) -> Result<ReportRequest, HttpError> {
    let words: PageWords = signed.words();
    let request = read_request(state, &read_form(values), words.catalog().locale())?;
    let scope = match values.text("about") {
        "inspection" => RequestedScope::Inspection,
        _ => request.scope,
    };
    Ok(ReportRequest { scope, made_by: Some(signed.name().to_owned()), ..request })
}

pub(crate) async fn make_report(
    signed: StaffCaller<MakeReports>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (f, w): (FormWords, ReportsWords) = signed.words();
    let mut sent = SentForm::<RowVersion>::read(f, &REPORT, &form);
    let format = ReportFormat::of(sent.values.text("format")).filter(|_| sent.errors.is_empty());
    let request = match read_form_request(&state, &signed, &sent.values) {
        Ok(request) => Some(request),
        Err(error) if error.status == http::StatusCode::BAD_REQUEST => {
            if sent.errors.is_empty() {
                sent.errors.push(Wrong { at: "from".to_owned(), words: f.form_report_wrong() });
            }
            None
        }
        Err(error) => return Err(error),
    };
    let Some((request, format)) = request.zip(format) else {
        let tag = sent.values.text("about").trim_start_matches("tag:").to_owned();
        let page = reports_page(&state, &signed, &sent.values, sent.errors, &tag, sent.submission);
        return page.await.map(ask_again);
    };
    let facility = state.store.snapshot();
    let calendar = facility_calendar(&facility.settings);
    let [from, to] = [request.from_ms, request.to_ms - 1].map(|ms| day_text(&calendar, ms, 0));
    let name = match request.scope {
        RequestedScope::Item(tag) => facility.equipment.get(&tag).map(|item| item.facts.name.clone()),
        RequestedScope::Protocol(id) => facility.protocols.get(&id).map(|protocol| protocol.name.clone()),
        RequestedScope::Facility | RequestedScope::Inspection | RequestedScope::Person(_) => None,
    };
    let name = name.unwrap_or_else(|| facility.settings.name.clone());
    let title = w.reports_name(format.ending().to_uppercase(), format!("{name} {from} – {to}"));
    begin_report(&state, request, format, title, Some(signed.staff()))?;
    go_to(REPORTS)
}

pub(crate) async fn fetch_report(
    _: StaffCaller<MakeReports>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
) -> Result<FileDownload<media::AnyBytes>, HttpError> {
    let (stored, bytes) = read_file(&state, id).await?;
    FileDownload::new(&format!("{}.{}", stored.title, stored.format.ending()), bytes)
}

pub(crate) async fn end_report(
    signed: StaffCaller<MakeReports>,
    State(state): State<AppState>,
    Path(id): Path<ReportId>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    if !may_cancel(&signed, &find_report(&state, id)?.0) {
        return Err(not_found());
    }
    cancel_report(&state, id)?;
    go_to(REPORTS)
}
