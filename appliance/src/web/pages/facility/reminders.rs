//! Reminders: the list, and the buttons that acknowledge or postpone one.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use record::fold::FacilityState;
use record::kinds::CivilDay;
use record::tag::Tag;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::alarms::reminders::{OpenReminder, ReminderCode, SNOOZE_HOURS_MAX};
use crate::alarms::{ActiveAlarm, AlarmAcknowledgement, AlarmReader};
use crate::identity::{AccessOutcome, AccessTarget};
use crate::intake::Permission;
use crate::store::LogReader;
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access_note::AccessNote;
use crate::web::answer::go_to;
use crate::web::commands::reminders::{change_reminder, list_reminders};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::pages::facility::passes::INSPECTION;
use crate::web::pages::facility::phone_records::PHONE_RECORDS;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::client::next_page::HOME;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::begun::{BegunRow, list_begun, word_begun};
use crate::web::words::{ErrorWords, PageWords, ReminderWords};

pub(crate) const REMINDERS: &str = "/staff/alarms";

struct ReminderCard {
    id: String,
    title: SafeHtml,
    next: String,
    since: String,
    state: Option<String>,
    to: String,
    is_pressing: bool,
}

#[derive(Template)]
#[template(path = "facility/reminders.html")]
struct RemindersPage {
    frame: PageLayout,
    w: ReminderWords,
    rows: Vec<ReminderCard>,
    begun: Vec<BegunRow>,
    of_box: usize,
    form_token: String,
    may_change: bool,
}

fn item_name(facility: &FacilityState, subject: &str) -> String {
    let item = subject.parse::<Tag>().ok().and_then(|tag| facility.equipment.get(&tag));
    item.map_or_else(|| subject.to_owned(), |item| item.facts.name.clone())
}

struct ReminderSources<'a> {
    w: ReminderWords,
    wording: &'a PageWording,
    state: &'a AppState,
    reader: &'a LogReader,
    facility: &'a FacilityState,
}

fn word_person(from: &ReminderSources<'_>, id: &str) -> SafeHtml {
    id.parse()
        .map_or(StoredText::Nobody, |staff| StoredText::of_staff(from.reader, from.facility, staff))
        .to_html(from.wording.words())
}

fn word_reminder(from: &ReminderSources<'_>, row: &OpenReminder) -> (SafeHtml, String, String) {
    let ReminderSources { w, wording, state, facility, .. } = *from;
    let named = |words: String, name: &str| fill_slots(words, [SafeHtml::entered(name)]);
    let item = format!("/staff/equipment/{}", row.subject);
    match row.code {
        ReminderCode::ProblemReported => {
            let title = named(w.reminder_problem(row.count, S0), &item_name(facility, &row.subject));
            (title, w.reminder_problem_next(), item)
        }
        ReminderCode::ItemsOverdue => (
            fill_slots(w.reminder_overdue(row.count), []),
            w.reminder_overdue_next(),
            "/staff/equipment".to_owned(),
        ),
        ReminderCode::BegunNotRecorded => {
            (named(w.reminder_begun(S0), &item_name(facility, &row.subject)), w.reminder_begun_next(), item)
        }
        ReminderCode::PhoneWaits => {
            (fill_slots(w.reminder_phone(row.count), []), w.reminder_phone_next(), PHONE_RECORDS.to_owned())
        }
        ReminderCode::CompetencyEnds => {
            let (staff, protocol) = row.subject.split_once(' ').unwrap_or((&row.subject, ""));
            let by = protocol.parse().ok().and_then(|id| facility.protocols.get(&id));
            let by = SafeHtml::entered(by.map_or(protocol, |protocol| protocol.name.as_str()));
            let title = fill_slots(w.reminder_sign_off(S0, S1), [word_person(from, staff), by]);
            (title, w.reminder_sign_off_next(), format!("/staff/sign-offs/{staff}/{protocol}"))
        }
        ReminderCode::InspectionNear => {
            let day =
                row.subject.parse().ok().map(|day: CivilDay| wording.dates().numbered_day(day.number()));
            let title = w.reminder_inspection(day.unwrap_or_else(|| row.subject.clone()));
            (fill_slots(title, []), w.reminder_inspection_next(), INSPECTION.to_owned())
        }
        ReminderCode::PinTries => {
            let title = fill_slots(w.reminder_pin_tries(row.count, S0), [word_person(from, &row.subject)]);
            (title, w.reminder_pin_tries_next(), format!("/staff/people/{}", row.subject))
        }
        ReminderCode::PhotoMissing => {
            (fill_slots(w.reminder_photo(row.count), []), w.reminder_photo_next(), HOME.to_owned())
        }
        ReminderCode::TokenEnds => {
            let token = state.identity.tokens.all().into_iter().find(|token| token.id == row.subject);
            let end_ms = token.as_ref().and_then(|token| token.expires_ms).unwrap_or(row.first_ms);
            let name = token.map_or_else(|| row.subject.clone(), |token| token.name);
            let title = named(w.reminder_token(wording.dates().day_with_year(end_ms).text, S0), &name);
            (title, w.reminder_token_next(), "/staff/programs".to_owned())
        }
    }
}

fn word_state(w: ReminderWords, wording: &PageWording, row: &OpenReminder, now_ms: i64) -> Option<String> {
    match row.snoozed_ms.filter(|_| row.seen.is_none()) {
        Some(until_ms) if !row.is_pressing(now_ms) => {
            Some(w.reminder_snoozed(wording.dates().day_and_time(until_ms).text))
        }
        _ => row.seen.as_ref().map(|_| w.reminder_seen()),
    }
}

pub(crate) async fn show_reminders(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, ReminderWords) = signed.words();
    let sees_people = signed.holds(Permission::SeePeople);
    let rows = read_quick(&state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let (wording, now_ms) = (PageWording::new(page_words, &snapshot.local), snapshot.now.wall_ms);
        let from = ReminderSources { w, wording: &wording, state, reader, facility: &facility };
        let mut open = list_reminders(state);
        open.retain(|row| sees_people || row.code != ReminderCode::PinTries);
        let worded = open.into_iter().map(|row| {
            let (title, next, to) = word_reminder(&from, &row);
            let (is_pressing, since) = (row.is_pressing(now_ms), wording.dates().day_and_time(row.first_ms));
            let (state, since) = (word_state(w, &wording, &row, now_ms), w.reminder_since(since.text));
            ReminderCard { id: row.id, title, next, since, state, to, is_pressing }
        });
        let begun = list_begun(state, reader)?.into_iter();
        let begun = begun.map(|one| word_begun(&facility, &wording, one)).collect();
        Ok((worded.collect(), begun))
    });
    let (rows, begun) = rows.await?;
    let page = RemindersPage {
        rows,
        begun,
        of_box: state
            .alarms
            .all()
            .iter()
            .filter(|alarm: &&ActiveAlarm| alarm.is_active() || alarm.seen.is_none())
            .count(),
        frame: PageLayout::staff(
            &state,
            &Snapshot::now(&state),
            w.reminder_title(),
            &signed,
            NavSection::Today,
        ),
        w,
        form_token: signed.form_token(),
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

pub(crate) async fn acknowledge_reminder(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    _: StaffForm,
) -> Result<FormReply, HttpError> {
    let by = AlarmReader { staff: Some(signed.staff()), token: None };
    let seen = AlarmAcknowledgement { by, at_ms: state.clock.now().wall_ms };
    change_reminder(&state, &id, move |table, id| table.acknowledge(id, seen)).await?;
    signed.notes().add([AccessNote::new(AccessOutcome::AlarmSeen, AccessTarget::Edit).about(&id)]);
    go_to(REMINDERS)
}

pub(crate) async fn snooze_reminder(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let hours = form.text("hours").parse().ok().filter(|hours| (1..=SNOOZE_HOURS_MAX).contains(hours));
    let hours: u32 = hours.ok_or_else(|| {
        new_error(StatusCode::UNPROCESSABLE_ENTITY, "hours", worded(ReminderWords::reminder_hours))
            .field("hours")
            .safe(worded(ErrorWords::error_nothing_changed))
            .next(worded(ErrorWords::error_form_next))
    })?;
    let now_ms = state.clock.now().wall_ms;
    change_reminder(&state, &id, move |table, id| table.snooze(id, hours, now_ms)).await?;
    signed.notes().add([AccessNote::new(AccessOutcome::AlarmSeen, AccessTarget::Edit).about(&id)]);
    go_to(REMINDERS)
}
