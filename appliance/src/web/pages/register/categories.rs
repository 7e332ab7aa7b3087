//! Categories: what the items of one have of their own, and what the form of a new one begins with.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use record::entry::Digest16;
use record::fold::{EquipmentCategory, FacilityState, RowVersion, ServiceState};
use record::kinds::{CategoryDefaults, CategoryField, Schedule};
use record::limits::NAME_CHARS_MAX;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{LenientQuery, Path};
use web::error::HttpError;
use web::form::{FieldCause, FieldFault, FormDefinition, FormField, FormPainter, FormSection, FormValues};

use super::field_words::{read_field, write_fields};
use crate::intake::{CategoryChange, Command, CommandRefusal, ListedOver};
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::{AppState, run_blocking};
use crate::web::entered_lines::read_lines;
use crate::web::form_page::{
    FormConflict, FormMarks, RegisterFormPage, SentForm, find_refused, is_changed, show_conflict,
    window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::protocol_fields::{
    FIRST_PROTOCOL, FURTHER_PROTOCOLS, fill_protocols, protocol_picks, read_protocols,
};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::request::fields::form_words::{choice_word, read_word};
use crate::web::schedule_fields::{DUE_FIELDS, ScheduleFormData, keep_schedule};
use crate::web::view_models::machine::packs::find_usable;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords, RegisterWords};

pub(super) const CATEGORIES: &str = "/staff/categories";

const FIELDS_CHARS_MAX: usize = 12_000;
const NAME: FormField = FormField::line("name", NAME_CHARS_MAX).required();
const FIELDS: FormField = FormField::prose("fields", FIELDS_CHARS_MAX);
const DEFAULTS: FormSection = FormSection::titled(
    "defaults",
    &[
        FormField::line("default_name", NAME_CHARS_MAX),
        FormField::choice("class", &["any", "noncritical", "semicritical", "critical"]),
        FormField::choice("photo", &["any", "none", "optional", "required"]),
        FIRST_PROTOCOL,
        FURTHER_PROTOCOLS,
    ],
);
const DUE: FormSection = FormSection::titled("due", &DUE_FIELDS);

pub(crate) static CATEGORY_NEW: FormDefinition =
    FormDefinition { name: "category", sections: &[FormSection::plain(&[NAME, FIELDS]), DEFAULTS, DUE] };

pub(crate) static CATEGORY: FormDefinition = FormDefinition {
    name: "category",
    sections: &[FormSection::plain(&[NAME, FIELDS, FormField::tick("retired")]), DEFAULTS, DUE],
};

struct CategoryRow {
    to: String,
    name: String,
    fields: String,
    items: usize,
    retired: bool,
}

#[derive(Template)]
#[template(path = "equipment/categories.html")]
struct CategoriesPage {
    frame: PageLayout,
    w: RegisterWords,
    rows: Vec<CategoryRow>,
    may_change: bool,
}

fn list_labels(category: &EquipmentCategory) -> String {
    let labels: Vec<&str> = category.fields.iter().map(|field| field.label.as_str()).collect();
    labels.join(", ")
}

pub(crate) async fn list_categories(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let facility = state.store.snapshot();
    let w: RegisterWords = signed.words();
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    for item in facility.equipment.values().filter(|item| item.service != ServiceState::Retired) {
        *items.entry(item.facts.category.as_str()).or_default() += 1;
    }
    let row = |(id, category): (&Digest16, &std::sync::Arc<EquipmentCategory>)| CategoryRow {
        to: format!("{CATEGORIES}/{id}"),
        name: category.name.clone(),
        fields: list_labels(category),
        items: items.get(category.name.as_str()).copied().unwrap_or(0),
        retired: category.retired,
    };
    let mut rows: Vec<CategoryRow> = facility.categories.iter().map(row).collect();
    rows.sort_by_key(|row| (row.retired, row.name.to_lowercase()));
    let snapshot = Snapshot::of(&state, &facility);
    let page = CategoriesPage {
        frame: PageLayout::staff(&state, &snapshot, w.categories_title(), &signed, NavSection::Equipment),
        w,
        rows,
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

struct CategoryForm<'a> {
    state: &'a AppState,
    signed: &'a StaffSession,
    present: Option<std::sync::Arc<EquipmentCategory>>,
}

fn path_of(category: &EquipmentCategory) -> String {
    format!("{CATEGORIES}/{}", Digest16::of(category.name.as_bytes()))
}

fn fill_facts(
    w: RegisterWords,
    values: FormValues,
    fields: &[CategoryField],
    defaults: &CategoryDefaults,
) -> FormValues {
    let values = fill_protocols(values, &defaults.protocols)
        .with("fields", write_fields(w, fields))
        .with("default_name", defaults.name.as_str())
        .with("class", defaults.class.map_or_else(|| "any".to_owned(), choice_word))
        .with("photo", defaults.photo.map_or_else(|| "any".to_owned(), choice_word));
    ScheduleFormData::of(defaults.schedule.as_ref()).fill(values)
}

pub(super) fn refused_field(form: &'static FormDefinition, refusal: &CommandRefusal) -> Option<&'static str> {
    ScheduleFormData::of(None).refused_field(refusal).or_else(|| find_refused(form, refusal))
}

impl CategoryForm<'_> {
    fn find<'a>(
        state: &'a AppState,
        signed: &'a StaffSession,
        id: &str,
    ) -> Result<CategoryForm<'a>, HttpError> {
        let id = Digest16::parse(id).ok_or_else(not_found)?;
        let present = state.store.snapshot().categories.get(&id).cloned().ok_or_else(not_found)?;
        Ok(CategoryForm { state, signed, present: Some(present) })
    }

    fn definition(&self) -> &'static FormDefinition {
        if self.present.is_some() { &CATEGORY } else { &CATEGORY_NEW }
    }

    fn painter(&self, facility: &FacilityState, chosen: &FormValues) -> FormPainter<'static> {
        let f: FormWords = self.signed.words();
        let picks = protocol_picks(facility, chosen, f.form_category_protocol_none());
        FormPainter { picks, ..FormPainter::new(self.definition(), f.catalog()) }
    }

    fn values(&self) -> FormValues {
        let w: RegisterWords = self.signed.words();
        let empty = FormValues::empty(self.definition());
        match &self.present {
            None => fill_facts(w, empty, &[], &CategoryDefaults::default()),
            Some(category) => {
                let values =
                    empty.with("name", category.name.as_str()).with_tick("retired", category.retired);
                fill_facts(w, values, &category.fields, &category.defaults).remembered()
            }
        }
    }

    fn page(&self, values: &FormValues, problems: Vec<Wrong>, marks: FormMarks) -> Result<Page, HttpError> {
        let (page_words, f, w): (PageWords, FormWords, RegisterWords) = self.signed.words();
        let (title, hint, action, button) = match &self.present {
            None => (w.categories_new(), String::new(), format!("{CATEGORIES}/new"), w.categories_add()),
            Some(category) => (
                w.places_change(&category.name),
                w.categories_name_goes(),
                path_of(category),
                w.places_save(),
            ),
        };
        let facility = self.state.store.snapshot();
        let window = window_title(page_words, title.clone(), &problems);
        let snapshot = Snapshot::of(self.state, &facility);
        let page = RegisterFormPage {
            frame: PageLayout::staff(self.state, &snapshot, window, self.signed, NavSection::Equipment)
                .with_script(),
            f,
            sections: self.painter(&facility, values).draw(values, &problems)?,
            problems,
            title,
            hint,
            action,
            back: CATEGORIES.to_owned(),
            button,
            marks: match &self.present {
                None => marks,
                Some(category) => marks.over(category.changed),
            },
        };
        page.draw()
    }

    fn again(&self, sent: SentForm<RowVersion>) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(self.state, self.signed).again(sent.submission, sent.seen);
        self.page(&sent.values, sent.errors, marks).map(ask_again)
    }

    fn read(&self, sent: &mut SentForm<RowVersion>) -> CategoryChange {
        let (f, w): (FormWords, RegisterWords) = self.signed.words();
        let mut fields = Vec::new();
        for parts in read_lines(sent.values.text("fields")) {
            match read_field(w, parts) {
                Some(field) => fields.push(field),
                None => {
                    sent.errors.push(Wrong { at: "fields".to_owned(), words: w.categories_fields_wrong() });
                    break;
                }
            }
        }
        let due = ScheduleFormData::of_values(&sent.values);
        let schedule = sent.take(due.schedule(f)).flatten();
        let present = self.present.as_ref().and_then(|category| category.defaults.schedule.as_ref());
        let schedule = schedule.map(|schedule| keep_schedule(schedule, present));
        let protocols = read_protocols(&sent.values).unwrap_or_else(|field| {
            let fault = FieldFault { field, cause: FieldCause::NotOption };
            sent.errors.push(fault.word(self.definition(), f.catalog()));
            Vec::new()
        });
        CategoryChange {
            name: sent.values.text("name").to_owned(),
            renamed_from: self.present.as_ref().map(|category| category.name.clone()),
            fields,
            defaults: CategoryDefaults {
                class: read_word(sent.values.text("class")),
                photo: read_word(sent.values.text("photo")),
                protocols,
                schedule: schedule.filter(|schedule| *schedule != Schedule::Never),
                name: sent.values.text("default_name").to_owned(),
            },
            retired: sent.values.is_ticked("retired"),
            over: match &self.present {
                None => ListedOver::New,
                Some(_) => ListedOver::Present(sent.seen),
            },
        }
    }

    async fn save(&self, mut sent: SentForm<RowVersion>) -> Result<FormReply, HttpError> {
        let change = self.read(&mut sent);
        if !sent.errors.is_empty() {
            return self.again(sent);
        }
        if self.present.is_some() && sent.values.differences(&self.values()).is_empty() {
            return go_to(CATEGORIES);
        }
        let key = match &self.present {
            None => sent.submission.clone().into(),
            Some(category) => sent.submission_key(&category.name),
        };
        let command = Command::SetCategory(Box::new(change));
        match run_command(self.state, self.signed.author(), key, command).await {
            Ok(_) => go_to(CATEGORIES),
            Err(CommandFailure::Refused(refusal)) if self.present.is_some() && is_changed(&refusal) => {
                self.show_difference(&sent.values).await
            }
            Err(undone) => match undone.at_field(|refusal| refused_field(self.definition(), refusal)) {
                Ok((refusal, at)) => {
                    sent.errors.push(word_at_field(self.signed, at, &refusal));
                    self.again(sent)
                }
                Err(other) => {
                    Err(HttpError::from(other).link(CATEGORIES, worded(RegisterWords::categories_back)))
                }
            },
        }
    }

    async fn show_difference(&self, yours: &FormValues) -> Result<FormReply, HttpError> {
        let name = self.present.as_ref().map(|category| category.name.as_bytes()).unwrap_or_default();
        let facility = self.state.store.snapshot();
        let now = facility.categories.get(&Digest16::of(name)).cloned().ok_or_else(not_found)?;
        let (changed, thing, action) = (now.changed, now.name.clone(), path_of(&now));
        let form = CategoryForm { present: Some(now), ..*self };
        let theirs = form.values();
        let conflict = FormConflict {
            painter: form.painter(&facility, &theirs),
            theirs: &theirs,
            yours,
            now: changed.to_string(),
            changed: Some(changed),
            is_taken: false,
            thing,
            action,
            back: CATEGORIES.to_owned(),
            place: NavSection::Equipment,
            carried: Vec::new(),
        };
        show_conflict(self.state, self.signed, conflict).await
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct NewCategoryParams {
    /// The pack that it begins with, by its name or hash.
    pack: Option<String>,
    /// Which category of the pack.
    draft: Option<String>,
}

async fn pack_values(
    state: &AppState,
    signed: &StaffSession,
    pack: String,
    draft: &str,
) -> Result<FormValues, HttpError> {
    let pack = run_blocking(state, move |state| find_usable(state, &pack)).await?;
    let category = pack.content.categories.iter().find(|known| known.id == draft).ok_or_else(not_found)?;
    let language = signed.words::<FormWords>().catalog().locale().language().code();
    let facility = state.store.snapshot();
    // Those of its protocols that somebody has adopted already.
    let drafts = pack.content.drafts.iter().filter(|draft| category.protocols.contains(&draft.id));
    let adopted = drafts.filter_map(|draft| {
        let made = facility.protocols.values().filter(|protocol| !protocol.retired);
        made.map(|protocol| &protocol.newest).find(|newest| pack.content.is_made_of(newest, draft))
    });
    let defaults = CategoryDefaults {
        class: category.class,
        photo: category.photo,
        protocols: adopted.map(|newest| newest.protocol).collect(),
        schedule: category.schedule.clone(),
        name: String::new(),
    };
    let fields: Vec<CategoryField> = category.fields.iter().map(|field| field.field_in(language)).collect();
    let values = FormValues::empty(&CATEGORY_NEW).with("name", category.name_in(language));
    Ok(fill_facts(signed.words(), values, &fields, &defaults))
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<NewCategoryParams>,
) -> Result<Page, HttpError> {
    let form = CategoryForm { state: &state, signed: &signed, present: None };
    let values = match params.pack.zip(params.draft) {
        Some((pack, draft)) => pack_values(&state, &signed, pack, &draft).await?,
        None => form.values(),
    };
    form.page(&values, Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn add_category(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let sent = SentForm::read(signed.words(), &CATEGORY_NEW, &form);
    CategoryForm { state: &state, signed: &signed, present: None }.save(sent).await
}

pub(crate) async fn ask_category(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let form = CategoryForm::find(&state, &signed, &id)?;
    form.page(&form.values(), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn save_category(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let there = CategoryForm::find(&state, &signed, &id)?;
    there.save(SentForm::read(signed.words(), &CATEGORY, &form)).await
}
