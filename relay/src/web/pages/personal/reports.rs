//! Reports that a member has made: the form, those that were made, and what makes them again every week or month.

use ::web::answer::{FileDownload, FormRecall, FormReply, Page, SeeOther, media};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::form::{
    FieldError, FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues,
};
use askama::Template;
use axum::extract::State;
use jiff::Span;
use record::ids::{FacilityId, ReportId};
use report::query::{ReportFormat, ReportQuery, ReportState};

use crate::accounts::AccountUser;
use crate::db::delivery::report_schedules::{self, ReportSchedule};
use crate::db::delivery::reports::{StoredReport, list_own};
use crate::db::facility::facilities::list_facilities;
use crate::reports::ReportFault;
use crate::reports::order::{NewReport, ReportOrder, ReportOwner, read_order, read_state};
use crate::reports::schedule::{NewSchedule, SCHEDULES_MAX, SchedulePace};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, ReadNames};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::formats::LocalTime;
use crate::web::view_models::reports::download_report;
use crate::web::words::{FormWords, PageWords, ReportsWords, open_words};

const PATH: &str = "/app/reports";
/// Reports on the page.
const ROWS_MAX: i64 = 50;

pub(crate) static REPORT: FormDefinition = FormDefinition {
    name: "report",
    sections: &[FormSection::plain(&[
        FormField::pick("facility"),
        FormField::choice("pace", &["once", "week", "month"]).required(),
        FormField::line("from", 10),
        FormField::line("to", 10),
        FormField::choice("format", &["pdf", "csv", "xlsx", "json"]).required(),
    ])],
};

struct MadeRow {
    title: String,
    days: String,
    /// Both.
    name: String,
    state: String,
    file: Option<String>,
    end: Option<String>,
    is_open: bool,
}

struct ScheduleRow {
    title: String,
    pace: String,
    href: String,
}

#[derive(Template)]
#[template(path = "personal/reports.html")]
struct ReportsPage {
    shell: PageLayout,
    w: ReportsWords,
    errors: Vec<FieldError>,
    form_again: String,
    sections: Vec<FilledSection>,
    rows: Vec<MadeRow>,
    schedules: Vec<ScheduleRow>,
    is_working: bool,
    csrf: String,
}

/// What a report is called: by its facility where it is of one.
fn name_report(names: &[FormOption], facility: &str, format: &str) -> String {
    let w: ReportsWords = open_words();
    let name = match names.iter().find(|option| option.value == facility) {
        Some(option) => option.words.clone(),
        None if facility.is_empty() => w.reports_all(),
        None => w.reports_gone(),
    };
    w.reports_name(format.to_uppercase(), name)
}

fn made_row(names: &[FormOption], stored: &StoredReport, wall: &LocalTime) -> Result<MadeRow, HttpError> {
    let (w, state, order) = (wall.words::<ReportsWords>(), read_state(stored)?, read_order(stored)?);
    let facility = match order.facilities[..] {
        [one] => one.to_string(),
        _ => String::new(),
    };
    let [from, to] = [stored.from_day, stored.to_day]
        .map(|day| wall.dates().numbered_day(i32::try_from(day).unwrap_or_default()));
    let (title, days) = (name_report(names, &facility, &stored.format), w.reports_days(from, to));
    let href = format!("{PATH}/{}", stored.report);
    Ok(MadeRow {
        name: format!("{title}, {days}"),
        title,
        days,
        state: match stored.fault.as_str() {
            "" => w.reports_state((stored.bytes.max(0) + 999) / 1_000, stored.percent, state.word()),
            fault => w.reports_fault(fault),
        },
        file: (state == ReportState::Ready).then(|| href.clone()),
        end: Some(href),
        is_open: state.is_open(),
    })
}

fn schedule_row(names: &[FormOption], row: &ReportSchedule) -> ScheduleRow {
    let w: ReportsWords = open_words();
    ScheduleRow {
        title: name_report(names, &row.facility, &row.format),
        pace: w.reports_pace(row.pace.as_str()),
        href: format!("{PATH}/schedules/{}", row.schedule),
    }
}

async fn draw_reports(
    web: &WebContext,
    visitor: &AccountUser,
    values: &FormValues,
    errors: Vec<FieldError>,
) -> Result<Page, HttpError> {
    let wall = LocalTime::of_reader(web.now_ms());
    let (w, form): (ReportsWords, FormWords) = (wall.words(), wall.words());
    let owner = ReportOwner::Member(&visitor.user_id).text();
    let mut conn = web.db.read(visitor.reads).await?;
    let seen = list_facilities(&mut conn).await?;
    let names: Vec<FormOption> =
        seen.into_iter().map(|row| FormOption::entered(row.facility, row.name)).collect();
    let made = list_own(&mut conn, &owner, ROWS_MAX).await?;
    let schedules = report_schedules::list_schedules(&mut conn, &owner).await?;
    drop(conn);
    let rows: Vec<MadeRow> =
        made.iter().map(|stored| made_row(&names, stored, &wall)).collect::<Result<_, _>>()?;
    let schedules = schedules.iter().map(|row| schedule_row(&names, row)).collect();
    let mut painter = FormPainter::new(&REPORT, form.catalog());
    let all = FormOption::new("", w.reports_all());
    painter.picks = vec![("facility", std::iter::once(all).chain(names).collect())];
    let shell = PageLayout::signed_in(w.reports_mine(), NavSection::Gaps, visitor);
    Page::draw(&ReportsPage {
        shell: shell.with_problem(!errors.is_empty()),
        sections: painter.draw(values, &errors)?,
        form_again: form.form_again(),
        is_working: rows.iter().any(|row| row.is_open),
        csrf: visitor.token.csrf(),
        w,
        errors,
        rows,
        schedules,
    })
}

pub(crate) async fn show_reports(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let today = LocalTime::of_reader(web.now_ms()).today();
    let values = FormValues::empty(&REPORT)
        .with("pace", "once")
        .with("from", today.saturating_sub(Span::new().days(29)).to_string())
        .with("to", today.to_string())
        .with("format", "pdf");
    draw_reports(&web, &visitor, &values, Vec::new()).await
}

/// Puts in what the form asks for: a report, or what makes one again and again.
async fn begin_by_form(
    web: &WebContext,
    visitor: &AccountUser,
    values: &FormValues,
) -> Result<(), ReportFault> {
    let format = ReportFormat::of(values.text("format")).ok_or(ReportFault::NotFound)?;
    let facility: Option<FacilityId> = match values.text("facility") {
        "" => None,
        id => Some(id.parse().map_err(|_| ReportFault::NotFound)?),
    };
    let locale = open_words::<PageWords>().catalog().locale();
    let owner = ReportOwner::Member(&visitor.user_id);
    if let Some(pace) = SchedulePace::of(values.text("pace")) {
        let new = NewSchedule { owner, pace, facility, format, locale };
        return web.report_office().add_schedule(visitor.reads, &new).await;
    }
    let day = |name: &str| Some(values.text(name).to_owned());
    let query = ReportQuery { from: day("from"), to: day("to"), ..ReportQuery::default() };
    let order = ReportOrder { facilities: facility.into_iter().collect(), query, ..ReportOrder::default() };
    web.report_office()
        .begin_report(visitor.reads, NewReport { owner, schedule: "", format, locale, order })
        .await?;
    Ok(())
}

/// `POST /app/reports`
pub(crate) async fn begin_report(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let values = FormValues::read(&REPORT, &form.fields);
    let w: FormWords = open_words();
    let mut errors = values.errors(w.catalog());
    if errors.is_empty() {
        let (at, words) = match begin_by_form(&web, &visitor, &values).await {
            Ok(()) => return SeeOther::to(PATH).map(FormReply::Done),
            Err(ReportFault::Schedules) => ("pace", w.form_report_too_many(SCHEDULES_MAX)),
            Err(ReportFault::Query(_)) => ("from", w.form_report_wrong()),
            Err(fault) => return Err(fault.into()),
        };
        errors.push(FieldError { at: at.to_owned(), words });
    }
    let page = draw_reports(&web, &visitor, &values, errors).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}

pub(crate) async fn fetch_report(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    Path(made): Path<ReportId>,
) -> Result<FileDownload<media::AnyBytes>, HttpError> {
    download_report(&web, visitor.reads, ReportOwner::Member(&visitor.user_id), made).await
}

/// `POST /app/reports/{made}`: cancels it, or takes it away.
pub(crate) async fn end_report(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    Path(made): Path<ReportId>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    web.report_office().end_own(visitor.scope, ReportOwner::Member(&visitor.user_id), made).await?;
    SeeOther::to(PATH).map(FormReply::Done)
}

/// `POST /app/reports/schedules/{schedule}`: it makes no more.
pub(crate) async fn end_schedule(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    Path(schedule): Path<ReportId>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    let owner = ReportOwner::Member(&visitor.user_id).text();
    let mut tx = web.db.write(visitor.scope).await?;
    if !report_schedules::delete_schedule(&mut tx, &owner, &schedule.to_string()).await? {
        return Err(not_found());
    }
    tx.commit().await?;
    SeeOther::to(PATH).map(FormReply::Done)
}
