//! Adding equipment and changing it: one form, everything there again when something is wrong.

use askama::Template;
use axum::extract::State;
use record::fold::{Equipment, FacilityState, RowVersion};
use record::ids::ProtocolId;
use record::kinds::{PhotoPolicy, Schedule, SpauldingClass};
use record::limits::NAME_CHARS_MAX;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{
    FieldCause, FieldFault, FilledSection, FormDefinition, FormField, FormOption, FormPainter, FormSection,
    FormValues,
};

use crate::intake::{Command, CommandRefusal, EquipmentFields, NewEquipment};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, read_event, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, find_refused, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::request::form_words::{choice_word, read_word};
use crate::web::schedule_fields::{DUE_FIELDS, ScheduleFormData};
use crate::web::view_models::items::item_name;
use crate::web::view_models::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords};

/// What people enter of an item.
pub(crate) static EQUIPMENT: FormDefinition = FormDefinition {
    name: "equipment",
    sections: &[
        FormSection::titled(
            "what",
            &[
                FormField::line("name", NAME_CHARS_MAX).required(),
                FormField::line("location", NAME_CHARS_MAX),
                FormField::line("asset_number", NAME_CHARS_MAX),
                FormField::line("serial", NAME_CHARS_MAX),
                FormField::line("maker", NAME_CHARS_MAX),
                FormField::line("model", NAME_CHARS_MAX),
                FormField::line("category", NAME_CHARS_MAX),
                FormField::choice("class", &["noncritical", "semicritical", "critical"]),
            ],
        ),
        FormSection::titled(
            "how",
            &[FormField::pick("protocol"), FormField::choice("photo", &["none", "optional", "required"])],
        ),
        FormSection::titled("due", &DUE_FIELDS),
    ],
};

/// A printed blank tag, which the form carries along.
const TAG: &str = "tag";

fn values_of(item: &Equipment) -> FormValues {
    let protocol = item.protocols.first().map(ToString::to_string).unwrap_or_default();
    let values = FormValues::empty(&EQUIPMENT)
        .with("name", item.name.as_str())
        .with("asset_number", item.asset_number.as_str())
        .with("serial", item.serial.as_str())
        .with("maker", item.maker.as_str())
        .with("model", item.model.as_str())
        .with("category", item.category.as_str())
        .with("location", item.location.as_str())
        .with("class", choice_word(item.class))
        .with("photo", choice_word(item.photo))
        .with("protocol", protocol);
    ScheduleFormData::of(item.schedule(None)).fill(values)
}

/// The facts that the values say; what a form leaves out stays as it is.
fn fields_of(values: &FormValues) -> EquipmentFields {
    let text = |name: &str| Some(values.text(name).to_owned());
    EquipmentFields {
        name: text("name"),
        asset_number: text("asset_number"),
        serial: text("serial"),
        maker: text("maker"),
        model: text("model"),
        category: text("category"),
        location: text("location"),
        class: read_word(values.text("class")),
        photo: read_word(values.text("photo")),
        protocols: Some(values.text("protocol").parse::<ProtocolId>().ok().into_iter().collect()),
        custom: std::collections::BTreeMap::new(),
    }
}

/// With the protocols that are offered, and the one that is chosen already.
fn form_painter(w: FormWords, facility: &FacilityState, chosen: &str) -> FormPainter<'static> {
    let mut protocols: Vec<FormOption> = facility
        .protocols
        .values()
        .filter(|protocol| !protocol.retired || protocol.protocol.to_string() == chosen)
        .map(|protocol| FormOption::entered(protocol.protocol.to_string(), protocol.name.clone()))
        .collect();
    protocols.sort_by(|a, b| a.words.cmp(&b.words));
    protocols.insert(0, FormOption::new("", w.form_equipment_protocol_none()));
    FormPainter { picks: vec![("protocol", protocols)], ..FormPainter::new(&EQUIPMENT, w.catalog()) }
}

#[derive(Template)]
#[template(path = "equipment_form.html")]
struct EquipmentFormPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    title: String,
    action: String,
    back: String,
    button: String,
    /// The blank tag that is on it, as the form carries it and as people read it.
    tag: String,
    blank: Option<String>,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

/// The form of a new item, or of one that is there.
struct EquipmentForm<'a> {
    state: &'a AppState,
    signed: &'a StaffSession,
    item: Option<PresentItem>,
}

/// An item as it is now.
#[derive(Clone)]
struct PresentItem {
    tag: Tag,
    name: String,
    values: FormValues,
    /// The protocols that the form does not show.
    further: Vec<ProtocolId>,
    schedule: Schedule,
    version: RowVersion,
}

impl PresentItem {
    fn find(state: &AppState, tag: &str) -> Result<Self, HttpError> {
        let (tag, name) = item_name(state, tag)?;
        let facility = state.store.snapshot();
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        Ok(Self {
            tag,
            name,
            values: values_of(item),
            further: item.protocols.iter().skip(1).copied().collect(),
            schedule: item.schedule(None).cloned().unwrap_or(Schedule::Never),
            version: item.changed,
        })
    }

    fn path(&self) -> String {
        format!("/staff/equipment/{}", self.tag)
    }

    /// What the form says anew, if anything.
    fn change(&self, sent: &SentForm<RowVersion>, schedule: &Schedule) -> Option<Command> {
        let there = fields_of(&self.values);
        let mut fields = only_new(fields_of(&sent.values), &there);
        // The form shows the first protocol; the others stay.
        if let Some(protocols) = fields.protocols.as_mut() {
            let others = self.further.iter().filter(|id| !protocols.contains(id)).copied();
            protocols.extend(others.collect::<Vec<_>>());
        }
        // What the form cannot say, such as the grace after use, stays as it is.
        let there = ScheduleFormData::of(Some(&self.schedule));
        let schedule = Some(schedule).filter(|schedule| ScheduleFormData::of(Some(schedule)) != there);
        if fields == EquipmentFields::default() && schedule.is_none() {
            return None;
        }
        Some(Command::ChangeEquipment {
            tag: self.tag,
            fields: Box::new(fields),
            schedule: schedule.cloned(),
            seen: sent.seen,
        })
    }
}

impl EquipmentForm<'_> {
    fn page(
        &self,
        values: &FormValues,
        problems: Vec<Wrong>,
        marks: FormMarks,
        tag: &str,
    ) -> Result<Page, HttpError> {
        let (page_words, w): (PageWords, FormWords) = self.signed.words();
        let (title, action, back, button) = match &self.item {
            None => (
                w.form_equipment_new(),
                "/staff/equipment/new".to_owned(),
                "/staff/equipment".to_owned(),
                w.form_equipment_new(),
            ),
            Some(item) => (
                w.form_equipment_change(&item.name),
                format!("{}/edit", item.path()),
                item.path(),
                w.form_equipment_save(),
            ),
        };
        let facility = self.state.store.snapshot();
        let snapshot = Snapshot::of(self.state, &facility);
        let window = window_title(page_words, title.clone(), &problems);
        let frame = PageLayout::staff(self.state, &snapshot, window, self.signed, NavSection::Equipment);
        let page = EquipmentFormPage {
            frame: frame.with_script(),
            w,
            sections: form_painter(w, &facility, values.text("protocol")).draw(values, &problems)?,
            problems,
            title,
            action,
            back,
            button,
            blank: Tag::read(tag).ok().filter(|_| self.item.is_none()).map(|tag| tag.grouped()),
            tag: tag.to_owned(),
            marks: match &self.item {
                None => marks,
                Some(item) => marks.over(item.version),
            },
        };
        draw_page(&page.frame, &page)
    }

    fn first(&self, values: &FormValues, tag: &str) -> Result<Page, HttpError> {
        self.page(values, Vec::new(), FormMarks::new(self.state, self.signed), tag)
    }

    /// The page once more, with what is wrong.
    fn again(&self, sent: SentForm<RowVersion>, tag: &str) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(self.state, self.signed).again(sent.submission, sent.seen);
        self.page(&sent.values, sent.errors, marks, tag).map(ask_again)
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct NewItemParams {
    /// A printed blank tag that is on it.
    tag: Option<String>,
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<NewItemParams>,
) -> Result<Page, HttpError> {
    let tag = params.tag.and_then(|t| Tag::read(&t).ok());
    let values = FormValues::empty(&EQUIPMENT)
        .with("class", choice_word(SpauldingClass::Noncritical))
        .with("photo", choice_word(PhotoPolicy::Optional));
    let values = ScheduleFormData::of(Some(&Schedule::every_days(1))).fill(values);
    let tag = tag.map(|tag| tag.to_string()).unwrap_or_default();
    EquipmentForm { state: &state, signed: &signed, item: None }.first(&values, &tag)
}

pub(crate) async fn ask_edit(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let item = PresentItem::find(&state, &tag)?;
    let values = item.values.clone();
    EquipmentForm { state: &state, signed: &signed, item: Some(item) }.first(&values, "")
}

/// The field that a refusal stands beside, where the form has it.
pub(crate) fn refused_field(refusal: &CommandRefusal, due: &ScheduleFormData) -> Option<&'static str> {
    due.refused_field(refusal).or_else(|| find_refused(&EQUIPMENT, refusal))
}

/// The same for a new item, whose form carries the blank tag that is on it.
fn refused_new_field(refusal: &CommandRefusal, due: &ScheduleFormData) -> Option<&'static str> {
    match refusal {
        CommandRefusal::TagTaken(_) => Some(TAG),
        CommandRefusal::KeyReused => Some("name"),
        _ => refused_field(refusal, due),
    }
}

/// Reads the fields that one by itself cannot tell: the schedule, where nothing is wrong with it, and the protocol.
fn read_further(w: FormWords, sent: &mut SentForm<RowVersion>) -> (ScheduleFormData, Option<Schedule>) {
    let due = ScheduleFormData::of_values(&sent.values);
    let schedule = sent.take(due.schedule(w));
    let protocol = sent.values.text("protocol");
    if !protocol.is_empty() && protocol.parse::<ProtocolId>().is_err() {
        let fault = FieldFault { field: "protocol", cause: FieldCause::NotOption };
        sent.errors.push(fault.word(&EQUIPMENT, w.catalog()));
    }
    (due, schedule.flatten())
}

pub(crate) async fn add(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let w: FormWords = signed.words();
    let mut sent = SentForm::read(w, &EQUIPMENT, &form);
    let page = EquipmentForm { state: &state, signed: &signed, item: None };
    let (due, schedule) = read_further(w, &mut sent);
    let tag_text = form.text(TAG).trim();
    let tag = Some(tag_text).filter(|tag| !tag.is_empty()).map(Tag::read).transpose();
    let wrong_tag = |_| Wrong { at: TAG.to_owned(), words: w.form_equipment_blank_wrong() };
    let tag = sent.take(tag.map_err(wrong_tag));
    if !sent.errors.is_empty() {
        return page.again(sent, tag_text);
    }
    let fields = fields_of(&sent.values);
    let new = NewEquipment { tag: tag.flatten(), fields, schedule };
    let command = Command::AddEquipment(Box::new(new));
    match run_command(&state, signed.author(), sent.submission.clone(), command).await {
        Ok(done) => match read_event(&state, done.line).await? {
            Some((_, record::kinds::Event::EquipmentAdded(added))) => {
                go_to(&format!("/staff/equipment/{}", added.tag))
            }
            _ => go_to("/staff/equipment"),
        },
        Err(undone) => {
            match undone.at_field(|refusal| refused_new_field(refusal, &due)) {
                Ok((CommandRefusal::KeyReused, at)) => {
                    sent.errors.push(Wrong { at: at.to_owned(), words: w.form_key_reused() });
                    sent.submission = None;
                    page.again(sent, tag_text)
                }
                Ok((refusal, at)) => {
                    sent.errors.push(word_at_field(&signed, at, &refusal));
                    page.again(sent, tag_text)
                }
                Err(other) => Err(HttpError::from(other)
                    .link("/staff/equipment", worded(FormWords::form_equipment_to_list))),
            }
        }
    }
}

pub(crate) async fn edit(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let item = PresentItem::find(&state, &tag)?;
    let w: FormWords = signed.words();
    let mut sent = SentForm::read(w, &EQUIPMENT, &form);
    let (due, schedule) = read_further(w, &mut sent);
    let page = EquipmentForm { state: &state, signed: &signed, item: Some(item.clone()) };
    if !sent.errors.is_empty() {
        return page.again(sent, "");
    }
    let schedule = schedule.unwrap_or(Schedule::Never);
    let Some(command) = item.change(&sent, &schedule) else { return go_to(&item.path()) };
    match run_command(&state, signed.author(), sent.submission_key(item.tag), command).await {
        Ok(_) => go_to(&item.path()),
        Err(CommandFailure::Refused(refusal)) if is_changed(&refusal) => {
            show_difference(&state, &signed, &tag, &sent.values, &schedule).await
        }
        Err(undone) => match undone.at_field(|refusal| refused_field(refusal, &due)) {
            Ok((refusal, at)) => {
                sent.errors.push(word_at_field(&signed, at, &refusal));
                page.again(sent, "")
            }
            Err(other) => {
                Err(HttpError::from(other).link(item.path(), worded(FormWords::form_equipment_to_item)))
            }
        },
    }
}

/// The item as it is now beside what came.
async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    tag: &str,
    values: &FormValues,
    schedule: &Schedule,
) -> Result<FormReply, HttpError> {
    let now = PresentItem::find(state, tag)?;
    // As the box writes it: `07:00 19:00` is no other schedule than `07:00, 19:00`.
    let mut yours = ScheduleFormData::of(Some(schedule)).fill(values.clone());
    // What a form leaves out is no difference.
    for name in ["class", "photo"] {
        if yours.text(name).is_empty() {
            yours = yours.with(name, now.values.text(name));
        }
    }
    let conflict = FormConflict {
        painter: form_painter(signed.words(), &state.store.snapshot(), now.values.text("protocol")),
        theirs: &now.values,
        yours: &yours,
        now: now.version.to_string(),
        changed: Some(now.version),
        is_taken: false,
        action: format!("{}/edit", now.path()),
        back: now.path(),
        thing: now.name.clone(),
        place: NavSection::Equipment,
        carried: Vec::new(),
    };
    show_conflict(state, signed, conflict).await
}

/// What is the same as before is not said again.
fn only_new(expected: EquipmentFields, there: &EquipmentFields) -> EquipmentFields {
    fn new<T: PartialEq>(expected: Option<T>, there: &Option<T>) -> Option<T> {
        if expected == *there { None } else { expected }
    }
    EquipmentFields {
        name: new(expected.name, &there.name),
        asset_number: new(expected.asset_number, &there.asset_number),
        serial: new(expected.serial, &there.serial),
        maker: new(expected.maker, &there.maker),
        model: new(expected.model, &there.model),
        category: new(expected.category, &there.category),
        location: new(expected.location, &there.location),
        class: new(expected.class, &there.class),
        photo: new(expected.photo, &there.photo),
        protocols: new(expected.protocols, &there.protocols),
        custom: expected.custom,
    }
}
