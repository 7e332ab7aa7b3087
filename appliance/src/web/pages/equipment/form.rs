//! Adding equipment and changing it: one form, which keeps its values when something is wrong.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use history::HISTORY_WORDS;
use record::entry::Digest16;
use record::fold::{Equipment, FacilityState, RowVersion};
use record::kinds::{
    CivilDay, DayChange, EquipmentLoan, EquipmentPatch, PhotoPolicy, Schedule, SpauldingClass, TEXT_FACTS,
};
use record::limits::NAME_CHARS_MAX;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{
    FieldCause, FieldFault, FilledSection, FormDefinition, FormField, FormPainter, FormSection, FormValues,
};

use super::custom_fields::{
    CustomFieldInput, CustomFieldShape, find_input, find_unnamed, join_inputs, list_inputs,
};
use crate::intake::{Command, CommandRefusal, NewEquipment};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, read_event, run_command};
use crate::web::context::AppState;
use crate::web::entered_lines::{read_lines, write_lines};
use crate::web::form_page::{
    FormConflict, FormMarks, SentForm, find_refused, is_changed, show_conflict, window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::pages::equipment::claim::CLAIM;
use crate::web::protocol_fields::{
    FIRST_PROTOCOL, FURTHER_PROTOCOLS, fill_protocols, protocol_picks, read_protocols,
};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::form_words::{choice_word, read_word};
use crate::web::schedule_fields::{DUE_FIELDS, ScheduleFormData};
use crate::web::view_models::equipment::claims::ClaimSeries;
use crate::web::view_models::equipment::items::item_name;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords};

const CUSTOM_CHARS_MAX: usize = 8_000;

/// Facts that are a line, and what belongs beside them.
const FACT_FIELDS: [FormField; TEXT_FACTS.len() + 3] = {
    let mut fields = [FormField::line("loan_owner", NAME_CHARS_MAX); TEXT_FACTS.len() + 3];
    let mut place = 0;
    while place < TEXT_FACTS.len() {
        let line = FormField::line(TEXT_FACTS[place].name, NAME_CHARS_MAX);
        let line = line.labelled(&HISTORY_WORDS, "line-field");
        fields[place] = if place == 0 { line.required() } else { line };
        place += 1;
    }
    fields[place] = FormField::choice("class", &["noncritical", "semicritical", "critical"]);
    fields[place + 1] = FormField::line("loan_until", 10);
    fields
};

pub(crate) static EQUIPMENT: FormDefinition = FormDefinition {
    name: "equipment",
    sections: &[
        FormSection::titled("what", &FACT_FIELDS),
        FormSection::titled(
            "how",
            &[
                FIRST_PROTOCOL,
                FURTHER_PROTOCOLS,
                FormField::choice("photo", &["none", "optional", "required"]),
                FormField::whole("photo_one_in", 2, 100),
                FormField::tick("single_use"),
            ],
        ),
        FormSection::titled("due", &DUE_FIELDS),
        FormSection::titled("own", &[FormField::prose("custom", CUSTOM_CHARS_MAX)]),
    ],
};

const TAG: &str = "tag";
const CODE: &str = "code";

#[derive(Debug, Clone, Copy, Default)]
struct ScannedBefore<'a> {
    tag: &'a str,
    code: &'a str,
}

/// Own fields of an item: those of its category first, filled in or not.
fn write_custom(facility: &FacilityState, category: &str, custom: &BTreeMap<String, String>) -> String {
    let category = facility.categories.get(&Digest16::of(category.as_bytes()));
    let fields = category.map(|category| category.fields.as_slice()).unwrap_or_default();
    let value = |key: &str| custom.get(key).map(String::as_str).unwrap_or_default();
    let own = fields.iter().map(|field| [field.key.as_str(), value(&field.key)]);
    let others = custom
        .keys()
        .filter(|name: &&String| !fields.iter().any(|field| field.key == **name))
        .map(|name| [name.as_str(), value(name)]);
    write_lines(own.chain(others))
}

fn read_custom(text: &str) -> Option<BTreeMap<String, String>> {
    let lines = read_lines(text).into_iter();
    lines
        .map(|mut parts| {
            (parts.len() <= 2).then(|| {
                parts.resize(2, String::new());
                let value = parts.pop().unwrap_or_default();
                (parts.pop().unwrap_or_default(), value)
            })
        })
        .collect()
}

fn values_of(item: &Equipment, facility: &FacilityState) -> FormValues {
    let facts = &item.facts;
    let loan = facts.loan.as_ref();
    let until = loan.and_then(|loan| loan.until.0).map(|day| day.to_string());
    let values = TEXT_FACTS
        .iter()
        .fold(FormValues::empty(&EQUIPMENT), |values, fact| values.with(fact.name, (fact.of)(facts).as_str()))
        .with("class", choice_word(facts.class))
        .with("photo", choice_word(facts.photo))
        .with("photo_one_in", facts.photo_one_in.map(|n| n.to_string()).unwrap_or_default())
        .with_tick("single_use", facts.single_use)
        .with("loan_until", until.unwrap_or_default())
        .with("loan_owner", loan.map(|loan| loan.owner.as_str()).unwrap_or_default())
        .with("custom", write_custom(facility, &facts.category, &facts.custom));
    ScheduleFormData::of(item.schedule(None)).fill(fill_protocols(values, &item.facts.protocols))
}

fn read_facts(values: &FormValues) -> EquipmentPatch {
    let mut patch = EquipmentPatch {
        class: read_word(values.text("class")),
        photo: read_word(values.text("photo")),
        protocols: Some(read_protocols(values).unwrap_or_default()),
        photo_one_in: Some(values.text("photo_one_in").parse().unwrap_or(0)),
        single_use: Some(values.is_ticked("single_use")),
        loan: Some(EquipmentLoan {
            until: DayChange(values.text("loan_until").parse().ok()),
            owner: values.text("loan_owner").to_owned(),
        }),
        custom: read_custom(values.text("custom")).unwrap_or_default(),
        ..EquipmentPatch::default()
    };
    for fact in TEXT_FACTS {
        *(fact.patch_mut)(&mut patch) = Some(values.text(fact.name).to_owned());
    }
    patch
}

fn form_painter(w: FormWords, facility: &FacilityState, chosen: &FormValues) -> FormPainter<'static> {
    let places = facility.locations.values().filter(|place| !place.retired);
    let mut places: Vec<_> =
        places.map(|place| (place.order.unwrap_or(u16::MAX), place.name.clone())).collect();
    // As the list of places has them.
    places.sort_by_key(|(order, name)| (*order, name.to_lowercase()));
    let categories = facility.categories.values().filter(|category| !category.retired);
    let mut categories: Vec<String> = categories.map(|category| category.name.clone()).collect();
    categories.sort();
    let places = places.into_iter().map(|(_, name)| name).collect();
    FormPainter {
        picks: protocol_picks(facility, chosen, w.form_equipment_protocol_none()),
        suggestions: vec![("location", places), ("category", categories)],
        ..FormPainter::new(&EQUIPMENT, w.catalog())
    }
}

#[derive(Template)]
#[template(path = "equipment/equipment_form.html")]
struct EquipmentFormPage {
    frame: PageLayout,
    w: FormWords,
    problems: Vec<Wrong>,
    title: String,
    action: String,
    back: String,
    button: String,
    next_words: String,
    /// The blank tag that is on it, as the form carries it and as people read it.
    tag: String,
    blank: Option<String>,
    code: String,
    added: Option<AddedItem>,
    /// Categories that a new item may begin with, and where.
    beginnings: Vec<(String, String)>,
    is_new: bool,
    /// Own fields of the item's category.
    own: Vec<CustomFieldInput>,
    sections: Vec<FilledSection>,
    marks: FormMarks,
}

#[derive(Debug, Clone)]
struct AddedItem {
    tag: Tag,
    words: String,
}

struct EquipmentForm<'a> {
    state: &'a AppState,
    signed: &'a StaffSession,
    item: Option<CurrentItem>,
    added: Option<AddedItem>,
}

#[derive(Clone)]
struct CurrentItem {
    tag: Tag,
    name: String,
    values: FormValues,
    schedule: Schedule,
    version: RowVersion,
}

impl CurrentItem {
    fn find(state: &AppState, tag: &str) -> Result<Self, HttpError> {
        let (tag, name) = item_name(state, tag)?;
        let facility = state.store.snapshot();
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        Ok(Self {
            tag,
            name,
            values: values_of(item, &facility).remembered(),
            schedule: item.schedule(None).cloned().unwrap_or(Schedule::Never),
            version: item.changed,
        })
    }

    fn path(&self) -> String {
        format!("/staff/equipment/{}", self.tag)
    }

    fn change(&self, sent: &SentForm<RowVersion>, schedule: &Schedule) -> Option<Command> {
        let (there, mut fields) = (read_facts(&self.values), read_facts(&sent.values));
        fields.leave_out(&there);
        fields.custom = new_custom(fields.custom, &there.custom);
        let there = ScheduleFormData::of(Some(&self.schedule));
        let schedule = Some(schedule).filter(|schedule| ScheduleFormData::of(Some(schedule)) != there);
        if fields == EquipmentPatch::default() && schedule.is_none() {
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
        scanned: ScannedBefore<'_>,
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
        let frame = match &self.item {
            Some(item) => frame.about_item(self.state, item.tag),
            None => frame,
        };
        let (own, shown) = list_inputs(&facility, values, &problems);
        let page = EquipmentFormPage {
            frame: frame.with_script(),
            w,
            sections: FormPainter {
                // Item after item is entered by keyboard alone.
                focus: self.item.is_none().then_some("name").filter(|_| problems.is_empty()),
                ..form_painter(w, &facility, values)
            }
            .draw(&shown, &problems)?,
            own,
            added: self.added.clone(),
            beginnings: if self.item.is_none() { list_beginnings(&facility) } else { Vec::new() },
            is_new: self.item.is_none(),
            problems,
            title,
            action,
            back,
            button,
            blank: Tag::read(scanned.tag).ok().filter(|_| self.item.is_none()).map(|tag| tag.grouped()),
            next_words: match scanned.tag {
                "" => w.form_equipment_add_next(),
                _ => w.form_equipment_scan_next(),
            },
            tag: scanned.tag.to_owned(),
            code: scanned.code.to_owned(),
            marks: match &self.item {
                None => marks,
                Some(item) => marks.over(item.version),
            },
        };
        draw_page(&page.frame, &page)
    }

    fn first(&self, values: &FormValues, scanned: ScannedBefore<'_>) -> Result<Page, HttpError> {
        self.page(values, Vec::new(), FormMarks::new(self.state, self.signed), scanned)
    }

    fn refuse(&self, sent: &mut SentForm<RowVersion>, at: &str, refusal: &CommandRefusal) {
        let input = find_input(&self.state.store.snapshot(), &sent.values, refusal);
        sent.errors.push(word_at_field(self.signed, input.as_deref().unwrap_or(at), refusal));
    }

    fn again(&self, sent: SentForm<RowVersion>, scanned: ScannedBefore<'_>) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(self.state, self.signed).again(sent.submission, sent.seen);
        self.page(&sent.values, sent.errors, marks, scanned).map(ask_again)
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct NewItemParams {
    /// A printed blank tag that is on it.
    tag: Option<String>,
    /// A code that is on it, as scanned.
    code: Option<String>,
    /// The category that it begins with, by the digest of its name.
    category: Option<String>,
    /// The item that was added before, whose place, category and rules go on.
    after: Option<Tag>,
}

fn list_beginnings(facility: &FacilityState) -> Vec<(String, String)> {
    let offered = facility.categories.iter().filter(|(_, category)| !category.retired);
    let mut links: Vec<(String, String)> = offered
        .map(|(id, category)| (category.name.clone(), format!("/staff/equipment/new?category={id}")))
        .collect();
    links.sort();
    links
}

/// What the form of a new item begins with.
fn first_values(facility: &FacilityState, category: Option<&str>) -> FormValues {
    let named = category.and_then(Digest16::parse).and_then(|id| facility.categories.get(&id));
    let defaults = named.map(|category| category.defaults.clone()).unwrap_or_default();
    let name = named.map(|category| category.name.as_str()).unwrap_or_default();
    let values = FormValues::empty(&EQUIPMENT)
        .with("name", defaults.name)
        .with("category", name)
        .with("class", choice_word(defaults.class.unwrap_or(SpauldingClass::Noncritical)))
        .with("photo", choice_word(defaults.photo.unwrap_or(PhotoPolicy::Optional)))
        .with("custom", write_custom(facility, name, &BTreeMap::new()));
    let values = fill_protocols(values, &defaults.protocols);
    ScheduleFormData::of(Some(&defaults.schedule.unwrap_or(Schedule::every_days(1)))).fill(values)
}

/// The same after an item like it: what is of that one alone is left out.
fn next_values(facility: &FacilityState, item: &Equipment) -> FormValues {
    let custom = write_custom(facility, &item.facts.category, &BTreeMap::new());
    let values = values_of(item, facility).with("custom", custom);
    ["name", "asset_number", "serial"].iter().fold(values, |values, name| values.with(name, ""))
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<NewItemParams>,
) -> Result<Page, HttpError> {
    let tag = params.tag.and_then(|t| Tag::read(&t).ok());
    let tag = tag.map(|tag| tag.to_string()).unwrap_or_default();
    let facility = state.store.snapshot();
    let before = params.after.and_then(|tag| facility.equipment.get(&tag));
    let series = state.stored::<ClaimSeries>();
    // A label that was printed blank comes from a roll: its item is most likely one more like the last one.
    let claimed = Some(signed.staff()).filter(|_| !tag.is_empty() && params.category.is_none());
    let claimed = claimed.and_then(|staff| series.last_claim(staff));
    let like = before.or_else(|| claimed.and_then(|tag| facility.equipment.get(&tag)));
    let values = match like {
        Some(item) => next_values(&facility, item),
        None => first_values(&facility, params.category.as_deref()),
    };
    let w: FormWords = signed.words();
    let scanned = ScannedBefore { tag: &tag, code: params.code.as_deref().unwrap_or_default() };
    let added =
        before.map(|item| AddedItem { tag: item.tag, words: w.form_equipment_added(&item.facts.name) });
    EquipmentForm { state: &state, signed: &signed, item: None, added }.first(&values, scanned)
}

pub(crate) async fn ask_edit(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let item = CurrentItem::find(&state, &tag)?;
    let values = item.values.clone();
    EquipmentForm { state: &state, signed: &signed, item: Some(item), added: None }
        .first(&values, ScannedBefore::default())
}

pub(crate) fn refused_field(refusal: &CommandRefusal, due: &ScheduleFormData) -> Option<&'static str> {
    due.refused_field(refusal).or_else(|| find_refused(&EQUIPMENT, refusal))
}

fn refused_new_field(refusal: &CommandRefusal, due: &ScheduleFormData) -> Option<&'static str> {
    match refusal {
        CommandRefusal::TagTaken(_) => Some(TAG),
        CommandRefusal::Code(_) | CommandRefusal::CodeTaken { .. } | CommandRefusal::CodeUnconfirmed(_) => {
            Some(CODE)
        }
        CommandRefusal::KeyReused => Some("name"),
        _ => refused_field(refusal, due),
    }
}

/// Reads the fields that no single field's reader can: the schedule, where its fields are valid, the protocol, and own
/// fields, of which `there` are on the item already.
fn read_further(
    w: FormWords,
    facility: &FacilityState,
    there: &BTreeMap<String, String>,
    sent: &mut SentForm<RowVersion>,
) -> (ScheduleFormData, Option<Schedule>) {
    let due = ScheduleFormData::of_values(&sent.values);
    let schedule = sent.take(due.schedule(w));
    if let Err(field) = read_protocols(&sent.values) {
        let fault = FieldFault { field, cause: FieldCause::NotOption };
        sent.errors.push(fault.word(&EQUIPMENT, w.catalog()));
    }
    let until = sent.values.text("loan_until");
    if !until.is_empty() && until.parse::<CivilDay>().is_err() {
        sent.errors.push(Wrong { at: "loan_until".to_owned(), words: w.form_equipment_loan_until_wrong() });
    }
    if read_custom(sent.values.text("custom")).is_none() {
        sent.errors.push(Wrong { at: "custom".to_owned(), words: w.form_equipment_custom_wrong() });
    }
    if let Some(line) =
        find_unnamed(facility, sent.values.text("custom"), |name: &str| there.contains_key(name))
    {
        sent.errors.push(Wrong { at: "custom".to_owned(), words: w.form_equipment_custom_bar(line) });
    }
    (due, schedule.flatten())
}

pub(crate) async fn add(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let w: FormWords = signed.words();
    let facility = state.store.snapshot();
    let form = join_inputs(&facility, &form)?;
    let mut sent = SentForm::read(w, &EQUIPMENT, &form);
    let page = EquipmentForm { state: &state, signed: &signed, item: None, added: None };
    let (due, schedule) = read_further(w, &facility, &BTreeMap::new(), &mut sent);
    let scanned = ScannedBefore { tag: form.text(TAG).trim(), code: form.text(CODE).trim() };
    let tag = Some(scanned.tag).filter(|tag| !tag.is_empty()).map(Tag::read).transpose();
    let tag = sent.take(tag.map_err(|_| Wrong { at: TAG.to_owned(), words: w.form_equipment_blank_wrong() }));
    if !sent.errors.is_empty() {
        return page.again(sent, scanned);
    }
    let fields = read_facts(&sent.values);
    let code = Some(scanned.code).filter(|code| !code.is_empty()).map(str::to_owned);
    let new = NewEquipment { tag: tag.flatten(), fields, schedule, code };
    let command = Command::AddEquipment(Box::new(new));
    match run_command(&state, signed.author(), sent.submission.clone(), command).await {
        Ok(done) => match read_event(&state, done.line).await? {
            Some((_, record::kinds::Event::EquipmentAdded(added))) => {
                if !scanned.tag.is_empty() {
                    state.stored::<ClaimSeries>().note_claim(signed.staff(), added.tag);
                }
                go_to(&match (form.text("next"), scanned.tag) {
                    ("", _) => format!("/staff/equipment/{}", added.tag),
                    (_, "") => format!("/staff/equipment/new?after={}", added.tag),
                    (_, _) => format!("{CLAIM}?after={}", added.tag),
                })
            }
            _ => go_to("/staff/equipment"),
        },
        Err(undone) => {
            match undone.at_field(|refusal| refused_new_field(refusal, &due)) {
                Ok((CommandRefusal::KeyReused, at)) => {
                    sent.errors.push(Wrong { at: at.to_owned(), words: w.form_key_reused() });
                    sent.submission = None;
                    page.again(sent, scanned)
                }
                Ok((refusal, at)) => {
                    page.refuse(&mut sent, at, &refusal);
                    page.again(sent, scanned)
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
    let item = CurrentItem::find(&state, &tag)?;
    let w: FormWords = signed.words();
    let facility = state.store.snapshot();
    let form = join_inputs(&facility, &form)?;
    let mut sent = SentForm::read(w, &EQUIPMENT, &form);
    let there = read_facts(&item.values).custom;
    let (due, schedule) = read_further(w, &facility, &there, &mut sent);
    let page = EquipmentForm { state: &state, signed: &signed, item: Some(item.clone()), added: None };
    if !sent.errors.is_empty() {
        return page.again(sent, ScannedBefore::default());
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
                page.refuse(&mut sent, at, &refusal);
                page.again(sent, ScannedBefore::default())
            }
            Err(other) => {
                Err(HttpError::from(other).link(item.path(), worded(FormWords::form_equipment_to_item)))
            }
        },
    }
}

async fn show_difference(
    state: &AppState,
    signed: &StaffSession,
    tag: &str,
    values: &FormValues,
    schedule: &Schedule,
) -> Result<FormReply, HttpError> {
    let now = CurrentItem::find(state, tag)?;
    // As the box writes it: `07:00 19:00` is no other schedule than `07:00, 19:00`.
    let mut yours = ScheduleFormData::of(Some(schedule)).fill(values.clone());
    // What a form leaves out is no difference.
    for name in ["class", "photo"] {
        if yours.text(name).is_empty() {
            yours = yours.with(name, now.values.text(name));
        }
    }
    let conflict = FormConflict {
        painter: form_painter(signed.words(), &state.store.snapshot(), &now.values),
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

fn new_custom(
    expected: BTreeMap<String, String>,
    there: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let value = |name: &str| there.get(name).map(String::as_str).unwrap_or_default();
    let gone = there.iter().filter(|(name, value)| !value.is_empty() && !expected.contains_key(*name));
    let gone: Vec<String> = gone.map(|(name, _)| name.clone()).collect();
    let mut new: BTreeMap<String, String> =
        expected.into_iter().filter(|(name, entered)| entered != value(name)).collect();
    new.extend(gone.into_iter().map(|name| (name, String::new())));
    new
}
