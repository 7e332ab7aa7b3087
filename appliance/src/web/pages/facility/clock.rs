//! “The time is …”: for a box without a time source.

use askama::Template;
use axum::extract::State;
use record::entry::ClockState;
use record::fold::RowVersion;
use web::answer::{FormReply, Page};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues};

use crate::intake::{AnchorSource, ClockRefusal, Command, CommandRefusal, RefusalCause};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::form_page::{FormMarks, SentForm, find_refused, window_title, word_at_field};
use crate::web::http_error::worded;
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FacilityWords, FormWords, PageWords, StaffWords};

pub(crate) const CLOCK_PATH: &str = "/staff/box/clock";
const BOX: &str = "/staff/box";

pub(crate) static CLOCK: FormDefinition = FormDefinition {
    name: "clock",
    sections: &[FormSection::plain(&[
        FormField::line("day", 10).required(),
        FormField::line("time", 8).required(),
    ])],
};

pub(crate) fn refused_field(refusal: &CommandRefusal) -> Option<&'static str> {
    match refusal {
        CommandRefusal::AlreadySo(RefusalCause::Clock(ClockRefusal::Synced | ClockRefusal::Right)) => {
            Some("time")
        }
        other => find_refused(&CLOCK, other),
    }
}

#[derive(Template)]
#[template(path = "facility/clock.html")]
struct ClockPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    now: String,
    state: String,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

pub(crate) fn word_clock(state: &AppState, snapshot: &Snapshot, w: FacilityWords) -> String {
    let is_anchored = state.store.facility().boots.contains_key(&snapshot.now.boot);
    match snapshot.now.state {
        ClockState::Synced => w.box_clock_synced(),
        _ if is_anchored => w.box_clock_anchored(),
        ClockState::Rtc => w.box_clock_rtc(),
        ClockState::Uncertain => w.box_clock_uncertain(),
    }
}

fn clock_page(
    state: &AppState,
    signed: &StaffSession,
    values: &FormValues,
    problems: Vec<Wrong>,
    submission: Option<String>,
) -> Result<Page, HttpError> {
    let (page_words, w, facility): (PageWords, FormWords, FacilityWords) = signed.words();
    let snapshot = Snapshot::now(state);
    let wording = signed.wording(&snapshot.local);
    let title = window_title(page_words, w.form_clock_title(), &problems);
    let page = ClockPage {
        frame: PageLayout::staff(state, &snapshot, title, signed, NavSection::Box).with_script(),
        w,
        now: w.form_clock_now(
            wording.dates().day_and_time(snapshot.now_ms()).text,
            wording.dates().zone_name(),
        ),
        state: word_clock(state, &snapshot, facility),
        sections: FormPainter::new(&CLOCK, w.catalog()).draw(values, &problems)?,
        problems,
        marks: FormMarks::new(state, signed).again(submission, None::<RowVersion>),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn ask_time(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    clock_page(&state, &signed, &FormValues::empty(&CLOCK), Vec::new(), None)
}

pub(crate) async fn set_time(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let w: FormWords = signed.words();
    let mut sent = SentForm::<RowVersion>::read(w, &CLOCK, &form);
    let local = Snapshot::now(&state).local;
    let read = local
        .read_entered(sent.values.text("day"), sent.values.text("time"))
        .ok_or_else(|| Wrong { at: "time".to_owned(), words: w.form_clock_time_wrong() });
    let wall_ms = if sent.errors.is_empty() { sent.take(read) } else { None };
    if let Some(wall_ms) = wall_ms {
        let command = Command::AnchorClock { wall_ms, source: AnchorSource::Hand };
        match run_command(&state, signed.author(), sent.submission.clone(), command).await {
            Ok(_) => return go_to(BOX),
            Err(undone) => match undone.at_field(refused_field) {
                Ok((refusal, at)) => sent.errors.push(word_at_field(&signed, at, &refusal)),
                Err(other) => {
                    return Err(HttpError::from(other).link(BOX, worded(StaffWords::staff_back_to_box)));
                }
            },
        }
    }
    clock_page(&state, &signed, &sent.values, sent.errors, sent.submission).map(ask_again)
}
