//! When an item is due: the fields that a person fills in, and a page for each of its protocols.

use askama::Template;
use axum::extract::State;
use record::fold::{Equipment, Facility, Service};
use record::ids::ProtocolId;
use record::kinds::{Schedule, TimeOfDay};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{FormFields, Lenient, Path};
use web::error::HttpError;

use crate::intake::Command;
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{Undone, act};
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::view_models::items::named;
use crate::web::view_models::schedules::{capital, schedule_words};
use crate::web::view_models::snapshot::Snapshot;

/// What the fields of a schedule hold, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) every: String,
    pub(crate) number: String,
    pub(crate) times: String,
}

impl Due {
    pub(crate) fn of_form(form: &FormFields) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self { every: text("every"), number: text("number"), times: text("times") }
    }

    pub(crate) fn of(schedule: Option<&Schedule>) -> Self {
        let plain =
            |every: &str, number: String| Self { every: every.to_owned(), number, times: String::new() };
        match schedule {
            Some(Schedule::Hours { n }) => plain("hours", n.to_string()),
            Some(Schedule::Days { n }) => plain("days", n.to_string()),
            Some(Schedule::Weeks { n }) => plain("weeks", n.to_string()),
            Some(Schedule::Use { .. }) => plain("use", String::new()),
            Some(Schedule::Times { at }) => {
                let at: Vec<String> = at.iter().map(ToString::to_string).collect();
                Self { times: at.join(", "), ..plain("times", String::new()) }
            }
            Some(Schedule::Never) | None => plain("never", String::new()),
        }
    }

    /// The schedule that the fields say; `None` where none is wanted.
    pub(crate) fn schedule(&self) -> Result<Option<Schedule>, Wrong> {
        let wrong = |words: &str| Wrong { at: "number".to_owned(), words: words.to_owned() };
        let number =
            || self.number.trim().parse::<u32>().map_err(|_| wrong("Give a whole number, such as 1"));
        Ok(Some(match self.every.as_str() {
            "hours" => Schedule::Hours { n: number()? },
            "days" => Schedule::Days { n: number()? },
            "weeks" => Schedule::Weeks { n: number()? },
            "use" => Schedule::Use { grace_s: 4 * 3_600 },
            "times" => Schedule::Times { at: times(&self.times)? },
            _ => return Ok(None),
        }))
    }

    /// The field that a refusal of the schedule is about.
    pub(crate) fn field(&self) -> &'static str {
        if self.every == "times" { "times" } else { "number" }
    }
}

/// `07:00, 19:00`
fn times(typed: &str) -> Result<Vec<TimeOfDay>, Wrong> {
    let parts = typed.split([',', ' ', ';']).filter(|part| !part.is_empty());
    let read: Result<Vec<TimeOfDay>, _> = parts.map(str::parse).collect();
    let words = "Give times of day such as 07:00, 19:00";
    let mut times = read.map_err(|_| Wrong { at: "times".to_owned(), words: words.to_owned() })?;
    times.sort_unstable();
    times.dedup();
    if times.is_empty() { Err(Wrong { at: "times".to_owned(), words: words.to_owned() }) } else { Ok(times) }
}

/// One line of an item's schedules.
pub(crate) struct ScheduleRow {
    pub(crate) protocol_name: String,
    pub(crate) words: String,
    pub(crate) to: String,
}

/// The schedule that any cleaning meets, and one for each protocol of the item.
pub(crate) fn schedule_rows(facility: &Facility, item: &Equipment) -> Vec<ScheduleRow> {
    let of = |protocol: Option<ProtocolId>| {
        let asked = protocol.map_or_else(String::new, |id| format!("?protocol={id}"));
        ScheduleRow {
            protocol_name: protocol_name(facility, protocol),
            words: item
                .schedule(protocol)
                .and_then(schedule_words)
                .map_or_else(|| "No schedule".to_owned(), |words| capital(&words)),
            to: format!("/staff/equipment/{}/schedule{asked}", item.tag),
        }
    };
    std::iter::once(None).chain(item.protocols.iter().copied().map(Some)).map(of).collect()
}

fn protocol_name(facility: &Facility, protocol: Option<ProtocolId>) -> String {
    match protocol {
        None => "By any protocol".to_owned(),
        Some(id) => facility.protocols.get(&id).map_or_else(|| id.to_string(), |p| p.name.clone()),
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ScheduleParams {
    /// For which of the item's protocols; absent: for any.
    protocol: Option<ProtocolId>,
}

#[derive(Template)]
#[template(path = "schedule.html")]
struct SchedulePage {
    frame: Frame,
    problems: Vec<Wrong>,
    name: String,
    protocol_name: String,
    for_any: bool,
    action: String,
    back: String,
    typed: Due,
    form_token: String,
}

/// The schedule that is asked for, as it stands.
struct Present {
    tag: Tag,
    name: String,
    protocol: Option<ProtocolId>,
    protocol_name: String,
    due: Due,
}

fn present(state: &AppState, tag: &str, protocol: Option<ProtocolId>) -> Result<Present, HttpError> {
    let (tag, name) = named(state, tag)?;
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    if item.service == Service::Retired || protocol.is_some_and(|id| !item.protocols.contains(&id)) {
        return Err(not_found());
    }
    let due = Due::of(item.schedule(protocol));
    Ok(Present { tag, name, protocol, protocol_name: protocol_name(&facility, protocol), due })
}

impl Present {
    fn back(&self) -> String {
        format!("/staff/equipment/{}", self.tag)
    }

    fn page(
        self,
        state: &AppState,
        signed: &StaffSession,
        typed: Due,
        problems: Vec<Wrong>,
    ) -> Result<Page, HttpError> {
        let error = if problems.is_empty() { "" } else { "Error: " };
        let title = format!("{error}When is {} due?", self.name);
        let asked = self.protocol.map_or_else(String::new, |id| format!("?protocol={id}"));
        let template = SchedulePage {
            frame: Frame::staff(state, &Snapshot::now(state), title, signed, Place::Equipment).with_script(),
            problems,
            for_any: self.protocol.is_none(),
            action: format!("{}/schedule{asked}", self.back()),
            back: self.back(),
            name: self.name,
            protocol_name: self.protocol_name.to_lowercase(),
            typed,
            form_token: signed.form_token(),
        };
        Page::draw(&template)
    }
}

pub(crate) async fn ask(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    Lenient(params): Lenient<ScheduleParams>,
) -> Result<Page, HttpError> {
    let present = present(&state, &tag, params.protocol)?;
    let typed = present.due.clone();
    present.page(&state, &signed, typed, Vec::new())
}

pub(crate) async fn set(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    Lenient(params): Lenient<ScheduleParams>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let present = present(&state, &tag, params.protocol)?;
    let (typed, back) = (Due::of_form(&form), present.back());
    let schedule = match typed.schedule() {
        Ok(schedule) => schedule,
        Err(wrong) => return present.page(&state, &signed, typed, vec![wrong]).map(ask_again),
    };
    if present.due.schedule().ok() == Some(schedule.clone()) {
        return go_to(&back);
    }
    let schedule = schedule.unwrap_or(Schedule::Never);
    let command = Command::SetSchedule { tag: present.tag, protocol: present.protocol, schedule, seen: None };
    match act(&state, signed.author(), None, command).await {
        Ok(_) => go_to(&back),
        Err(Undone::Refused(refusal)) if refusal.field() == Some("schedule") => {
            let wrong = Wrong { at: typed.field().to_owned(), words: refusal.to_string() };
            present.page(&state, &signed, typed, vec![wrong]).map(ask_again)
        }
        Err(other) => Err(HttpError::from(other).link(back, "Back to the item")),
    }
}
