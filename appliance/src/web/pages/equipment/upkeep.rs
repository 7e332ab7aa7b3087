//! Maintenance tasks of an item: planning one, changing or ending it, and the list of all of them.

use askama::Template;
use axum::extract::State;
use record::fold::{FacilityState, RowVersion, ServiceState, UpkeepTask};
use record::ids::{ProtocolId, UpkeepId};
use record::kinds::Schedule;
use record::limits::NAME_CHARS_MAX;
use record::tag::Tag;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{
    FieldCause, FieldFault, FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection,
    FormValues,
};

use crate::intake::{Command, CommandRefusal, UpkeepPlan};
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, find_refused, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::schedule_fields::{DUE_FIELDS, ScheduleFormData, keep_schedule};
use crate::web::view_models::equipment::items::item_name;
use crate::web::view_models::equipment::upkeep::{UpkeepRow, all_upkeep_rows};
use crate::web::view_models::page::formats::LocalTime;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{EquipmentWords, FormWords, PageWords, RegisterWords};

pub(crate) static UPKEEP: FormDefinition = FormDefinition {
    name: "upkeep",
    sections: &[
        FormSection::titled(
            "what",
            &[FormField::line("name", NAME_CHARS_MAX).required(), FormField::pick("protocol")],
        ),
        FormSection::titled("due", &DUE_FIELDS),
        FormSection::plain(&[FormField::choice("basis", &["last", "calendar"]), FormField::line("from", 10)]),
    ],
};

#[derive(Template)]
#[template(path = "equipment/upkeep_form.html")]
struct UpkeepPage {
    frame: PageLayout,
    f: FormWords,
    w: RegisterWords,
    problems: Vec<Wrong>,
    title: String,
    name: String,
    action: String,
    back: String,
    button: String,
    is_present: bool,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

#[derive(Clone)]
pub(super) struct ItemTask {
    pub(super) tag: Tag,
    pub(super) name: String,
    pub(super) task: Option<UpkeepTask>,
}

impl ItemTask {
    pub(super) fn find(state: &AppState, tag: &str, upkeep: Option<&str>) -> Result<Self, HttpError> {
        let (tag, name) = item_name(state, tag)?;
        let facility = state.store.snapshot();
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        if item.service == ServiceState::Retired {
            return Err(not_found());
        }
        let task = upkeep.map(|upkeep| find_task(&facility, tag, upkeep)).transpose()?;
        Ok(Self { tag, name, task })
    }

    pub(super) fn back(&self) -> String {
        format!("/staff/equipment/{}", self.tag)
    }

    fn action(&self) -> String {
        match &self.task {
            None => format!("{}/upkeep/new", self.back()),
            Some(task) => format!("{}/upkeep/{}", self.back(), task.upkeep),
        }
    }

    fn protocol(&self) -> Option<ProtocolId> {
        self.task.as_ref().and_then(|task| task.protocol)
    }

    fn values(&self, local: &LocalTime) -> FormValues {
        let Some(task) = &self.task else {
            return ScheduleFormData::of(Some(&Schedule::every_days(365)))
                .fill(FormValues::empty(&UPKEEP).with("basis", "last"));
        };
        let values = FormValues::empty(&UPKEEP)
            .with("name", task.name.as_str())
            .with("basis", if task.by_calendar { "calendar" } else { "last" })
            .with("from", write_local_day(local, task.from_ms))
            .with("protocol", task.protocol.map(|id| id.to_string()).unwrap_or_default());
        ScheduleFormData::of(Some(&task.schedule)).fill(values).remembered()
    }

    fn new_page(&self, state: &AppState, signed: &StaffSession) -> Result<Page, HttpError> {
        let values = self.values(&Snapshot::now(state).local);
        self.page(state, signed, &values, Vec::new(), FormMarks::new(state, signed))
    }

    fn page(
        &self,
        state: &AppState,
        signed: &StaffSession,
        values: &FormValues,
        problems: Vec<Wrong>,
        marks: FormMarks,
    ) -> Result<Page, HttpError> {
        let (page_words, f, w): (PageWords, FormWords, RegisterWords) = signed.words();
        let (title, button) = match &self.task {
            None => (w.upkeep_new(), w.upkeep_plan()),
            Some(task) => (w.upkeep_change(&task.name), w.upkeep_save()),
        };
        let facility = state.store.snapshot();
        let window = window_title(page_words, title.clone(), &problems);
        let snapshot = Snapshot::of(state, &facility);
        let page = UpkeepPage {
            frame: PageLayout::staff(state, &snapshot, window, signed, NavSection::Equipment)
                .with_script()
                .about_item(state, self.tag),
            f,
            w,
            sections: form_painter(f, &facility, self.protocol()).draw(values, &problems)?,
            problems,
            title,
            name: self.name.clone(),
            action: self.action(),
            back: self.back(),
            button,
            is_present: self.task.is_some(),
            marks: match &self.task {
                None => marks,
                Some(task) => marks.over(task.changed),
            },
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
        let changed = self.task.as_ref().map(|task| task.changed).unwrap_or_default();
        let conflict = FormConflict {
            painter: form_painter(signed.words(), &state.store.snapshot(), self.protocol()),
            theirs: &self.values(&Snapshot::now(state).local),
            yours,
            now: changed.to_string(),
            changed: Some(changed),
            is_taken: false,
            thing: self.task.as_ref().map_or_else(String::new, |task| task.name.clone()),
            action: self.action(),
            back: self.back(),
            place: NavSection::Equipment,
            carried: Vec::new(),
        };
        show_conflict(state, signed, conflict).await
    }
}

fn find_task(facility: &FacilityState, tag: Tag, upkeep: &str) -> Result<UpkeepTask, HttpError> {
    let upkeep: UpkeepId = upkeep.parse().map_err(|_| not_found())?;
    let row = facility.upkeep.get(&tag);
    let task = row.and_then(|row| row.tasks.iter().find(|task| task.upkeep == upkeep));
    task.cloned().ok_or_else(not_found)
}

fn form_painter(f: FormWords, facility: &FacilityState, chosen: Option<ProtocolId>) -> FormPainter<'static> {
    let mut protocols: Vec<FormOption> = facility
        .protocols
        .values()
        .filter(|protocol| !protocol.retired || Some(protocol.protocol) == chosen)
        .map(|protocol| FormOption::entered(protocol.protocol.to_string(), protocol.name.clone()))
        .collect();
    protocols.sort_by(|a, b| a.words.cmp(&b.words));
    protocols.insert(0, FormOption::new("", f.form_equipment_protocol_none()));
    FormPainter { picks: vec![("protocol", protocols)], ..FormPainter::new(&UPKEEP, f.catalog()) }
}

pub(crate) fn refused_field(refusal: &CommandRefusal, due: &ScheduleFormData) -> Option<&'static str> {
    due.refused_field(refusal).or_else(|| find_refused(&UPKEEP, refusal))
}

fn write_local_day(local: &LocalTime, ms: i64) -> String {
    local.iso(ms).chars().take(10).collect()
}

/// The beginning of a day; of a day that begins at one o’clock because of a clock change, one o’clock.
fn read_day(local: &LocalTime, day: &str) -> Option<i64> {
    let begin = |time: &str| local.read_civil_time(&format!("{day} {time}")).ok();
    begin("00:00").or_else(|| begin("01:00"))
}

fn read_plan(
    f: FormWords,
    local: &LocalTime,
    there: &ItemTask,
    sent: &mut SentForm<RowVersion>,
) -> (ScheduleFormData, UpkeepPlan) {
    let due = ScheduleFormData::of_values(&sent.values);
    let schedule = sent.take(due.schedule(f)).flatten().unwrap_or(Schedule::Never);
    let schedule = keep_schedule(schedule, there.task.as_ref().map(|task| &task.schedule));
    let day = sent.values.text("from").to_owned();
    // An unchanged day keeps its exact moment.
    let present = there.task.as_ref().map(|task| task.from_ms);
    let present = present.filter(|from| write_local_day(local, *from) == day);
    let from_ms =
        present.or_else(|| if day.is_empty() { Some(local.now_ms()) } else { read_day(local, &day) });
    if from_ms.is_none() {
        sent.errors.push(Wrong { at: "from".to_owned(), words: f.form_upkeep_from_wrong() });
    }
    let protocol = sent.values.text("protocol").to_owned();
    let known = protocol.parse::<ProtocolId>().ok();
    if known.is_none() && !protocol.is_empty() {
        let fault = FieldFault { field: "protocol", cause: FieldCause::NotOption };
        sent.errors.push(fault.word(&UPKEEP, f.catalog()));
    }
    let plan = UpkeepPlan {
        upkeep: there.task.as_ref().map(|task| task.upkeep),
        tag: there.tag,
        name: sent.values.text("name").to_owned(),
        schedule,
        from_ms,
        protocol: known,
        by_calendar: Some(sent.values.text("basis") == "calendar"),
        seen: sent.seen,
    };
    (due, plan)
}

fn is_same(task: &UpkeepTask, plan: &UpkeepPlan) -> bool {
    (&task.name, task.protocol, &task.schedule, Some(task.from_ms), Some(task.by_calendar))
        == (&plan.name, plan.protocol, &plan.schedule, plan.from_ms, plan.by_calendar)
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let there = ItemTask::find(&state, &tag, None)?;
    there.new_page(&state, &signed)
}

pub(crate) async fn plan_upkeep(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = ItemTask::find(&state, &tag, None)?;
    let sent = SentForm::<RowVersion>::read(signed.words(), &UPKEEP, &form);
    save_plan(&state, &signed, &there, sent).await
}

pub(crate) async fn ask_upkeep(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((tag, upkeep)): Path<(String, String)>,
) -> Result<Page, HttpError> {
    let there = ItemTask::find(&state, &tag, Some(&upkeep))?;
    there.new_page(&state, &signed)
}

pub(crate) async fn change_upkeep(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path((tag, upkeep)): Path<(String, String)>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = ItemTask::find(&state, &tag, Some(&upkeep))?;
    let sent = SentForm::<RowVersion>::read(signed.words(), &UPKEEP, &form);
    save_plan(&state, &signed, &there, sent).await
}

async fn save_plan(
    state: &AppState,
    signed: &StaffSession,
    there: &ItemTask,
    mut sent: SentForm<RowVersion>,
) -> Result<FormReply, HttpError> {
    let (due, plan) = read_plan(signed.words(), &Snapshot::now(state).local, there, &mut sent);
    if !sent.errors.is_empty() {
        return there.again(state, signed, sent);
    }
    if there.task.as_ref().is_some_and(|task| is_same(task, &plan)) {
        return go_to(&there.back());
    }
    let (upkeep, command) = (plan.upkeep, Command::PlanUpkeep(Box::new(plan)));
    let key = match upkeep {
        Some(upkeep) => sent.submission_key(upkeep),
        None => sent.submission.clone().into(),
    };
    match run_command(state, signed.author(), key, command).await {
        Ok(_) => go_to(&there.back()),
        Err(CommandFailure::Refused(refusal)) if upkeep.is_some() && is_changed(&refusal) => {
            let id = upkeep.map(|upkeep| upkeep.to_string());
            let now = ItemTask::find(state, &there.tag.to_string(), id.as_deref())?;
            now.show_difference(state, signed, &sent.values).await
        }
        Err(undone) => match undone.at_field(|refusal| refused_field(refusal, &due)) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(signed, at, &refusal));
                there.again(state, signed, sent)
            }
            Err(other) => {
                Err(HttpError::from(other).link(there.back(), worded(FormWords::form_equipment_to_item)))
            }
        },
    }
}

#[derive(Template)]
#[template(path = "equipment/maintenance.html")]
struct MaintenancePage {
    frame: PageLayout,
    w: RegisterWords,
    rows: Vec<UpkeepRow>,
}

pub(crate) async fn list_upkeep(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let facility = state.store.snapshot();
    let snapshot = Snapshot::of(&state, &facility);
    let (page_words, e, w): (PageWords, EquipmentWords, RegisterWords) = signed.words();
    let wording = PageWording::new(page_words, &snapshot.local);
    let page = MaintenancePage {
        frame: PageLayout::staff(&state, &snapshot, w.upkeep_title(), &signed, NavSection::Equipment),
        w,
        rows: all_upkeep_rows(e, w, &wording, &facility),
    };
    draw_page(&page.frame, &page)
}
