//! When an item is due: the fields that a person fills in, and a page for each of its protocols.

use askama::Template;
use axum::extract::State;
use record::fold::{FacilityState, RowVersion, ServiceState};
use record::ids::ProtocolId;
use record::kinds::Schedule;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FilledSection, FormDefinition, FormPainter, FormSection, FormValues};

use crate::intake::Command;
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::schedule_fields::{DUE_FIELDS, ScheduleFormData};
use crate::web::view_models::equipment::items::item_name;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords};

pub(crate) static SCHEDULE: FormDefinition =
    FormDefinition { name: "schedule", sections: &[FormSection::plain(&DUE_FIELDS)] };

fn protocol_name(facility: &FacilityState, protocol: Option<ProtocolId>) -> Option<String> {
    let name =
        |id: ProtocolId| facility.protocols.get(&id).map_or_else(|| id.to_string(), |p| p.name.clone());
    protocol.map(name)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ScheduleParams {
    /// For which of the item's protocols; absent: for any.
    protocol: Option<ProtocolId>,
}

#[derive(Template)]
#[template(path = "equipment/schedule.html")]
struct SchedulePage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    name: String,
    protocol_name: Option<String>,
    action: String,
    back: String,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

struct CurrentSchedule {
    tag: Tag,
    name: String,
    protocol: Option<ProtocolId>,
    protocol_name: Option<String>,
    values: FormValues,
    schedule: Schedule,
    version: RowVersion,
}

fn current_schedule(
    state: &AppState,
    tag: &str,
    protocol: Option<ProtocolId>,
) -> Result<CurrentSchedule, HttpError> {
    let (tag, name) = item_name(state, tag)?;
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    if item.service == ServiceState::Retired || protocol.is_some_and(|id| !item.facts.protocols.contains(&id))
    {
        return Err(not_found());
    }
    let schedule = item.schedule(protocol);
    Ok(CurrentSchedule {
        tag,
        name,
        protocol,
        protocol_name: protocol_name(&facility, protocol),
        values: ScheduleFormData::of(schedule).fill(FormValues::empty(&SCHEDULE)).remembered(),
        schedule: schedule.cloned().unwrap_or(Schedule::Never),
        version: item.changed,
    })
}

impl CurrentSchedule {
    fn back(&self) -> String {
        format!("/staff/equipment/{}", self.tag)
    }

    fn action(&self) -> String {
        let requested = self.protocol.map_or_else(String::new, |id| format!("?protocol={id}"));
        format!("{}/schedule{requested}", self.back())
    }

    fn page(
        &self,
        state: &AppState,
        signed: &StaffSession,
        values: &FormValues,
        problems: Vec<Wrong>,
        marks: FormMarks,
    ) -> Result<Page, HttpError> {
        let (page_words, w): (PageWords, FormWords) = signed.words();
        let title = window_title(page_words, w.form_schedule_window(&self.name), &problems);
        let page = SchedulePage {
            frame: PageLayout::staff(state, &Snapshot::now(state), title, signed, NavSection::Equipment)
                .with_script()
                .about_item(state, self.tag),
            w,
            sections: form_painter(w).draw(values, &problems)?,
            problems,
            action: self.action(),
            back: self.back(),
            name: self.name.clone(),
            protocol_name: self.protocol_name.as_deref().map(str::to_lowercase),
            marks: marks.over(self.version),
        };
        draw_page(&page.frame, &page)
    }

    fn again(
        &self,
        state: &AppState,
        signed: &StaffSession,
        sent: SentForm<RowVersion>,
    ) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(state, signed).again(sent.submission, sent.seen);
        self.page(state, signed, &sent.values, sent.errors, marks).map(ask_again)
    }

    async fn show_difference(
        &self,
        state: &AppState,
        signed: &StaffSession,
        yours: &FormValues,
    ) -> Result<FormReply, HttpError> {
        let conflict = FormConflict {
            painter: form_painter(signed.words()),
            theirs: &self.values,
            yours,
            now: self.version.to_string(),
            changed: Some(self.version),
            is_taken: false,
            thing: self.name.clone(),
            action: self.action(),
            back: self.back(),
            place: NavSection::Equipment,
            carried: Vec::new(),
        };
        show_conflict(state, signed, conflict).await
    }
}

fn form_painter(w: FormWords) -> FormPainter<'static> {
    FormPainter::new(&SCHEDULE, w.catalog())
}

pub(crate) async fn ask(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    LenientQuery(params): LenientQuery<ScheduleParams>,
) -> Result<Page, HttpError> {
    let present = current_schedule(&state, &tag, params.protocol)?;
    present.page(&state, &signed, &present.values, Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn set(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    LenientQuery(params): LenientQuery<ScheduleParams>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = current_schedule(&state, &tag, params.protocol)?;
    let w: FormWords = signed.words();
    let mut sent = SentForm::read(w, &SCHEDULE, &form);
    let due = ScheduleFormData::of_values(&sent.values);
    let schedule = sent.take(due.schedule(w)).flatten().unwrap_or(Schedule::Never);
    if !sent.errors.is_empty() {
        return there.again(&state, &signed, sent);
    }
    // What the form cannot say, such as the grace after use, stays as it is.
    if ScheduleFormData::of(Some(&there.schedule)) == ScheduleFormData::of(Some(&schedule)) {
        return go_to(&there.back());
    }
    let yours = ScheduleFormData::of(Some(&schedule)).fill(sent.values.clone());
    let (tag, protocol, seen) = (there.tag, there.protocol, sent.seen);
    let command = Command::SetSchedule { tag, protocol, schedule, seen };
    match run_command(&state, signed.author(), sent.submission.clone(), command).await {
        Ok(_) => go_to(&there.back()),
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            let now = current_schedule(&state, &tag.to_string(), protocol)?;
            now.show_difference(&state, &signed, &yours).await
        }
        Err(undone) => match undone.at_field(|refusal| due.refused_field(refusal)) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                there.again(&state, &signed, sent)
            }
            Err(other) => {
                Err(HttpError::from(other).link(there.back(), worded(FormWords::form_equipment_to_item)))
            }
        },
    }
}
