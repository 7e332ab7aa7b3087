//! Places: the pick list of equipment's forms, in the order of rounds.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use record::entry::Digest16;
use record::fold::{FacilityLocation, FacilityState, RowVersion, ServiceState};
use record::limits::NAME_CHARS_MAX;
use web::answer::{FormReply, Page};
use web::argument::Path;
use web::error::HttpError;
use web::form::{
    FieldCause, FieldFault, FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues,
};

use crate::intake::{Command, ListedOver, LocationChange};
use crate::web::access::permissions::{EditEquipment, View};
use crate::web::access::staff::StaffCaller;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{CommandFailure, run_command};
use crate::web::context::AppState;
use crate::web::form_page::{
    FormConflict, FormMarks, RegisterFormPage, SentForm, find_refused, is_changed, show_conflict,
    window_title, word_at_field,
};
use crate::web::http_error::{not_found, worded};
use crate::web::layout::{NavSection, PageLayout, draw_page};
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::words::{FormWords, PageWords, RegisterWords};

pub(super) const PLACES: &str = "/staff/places";

const WITHIN: FormField = FormField::pick("within");
const ORDER: FormField = FormField::whole("order", 0, 65_535);

const NAME: FormField = FormField::line("name", NAME_CHARS_MAX).required();

pub(crate) static PLACE_NEW: FormDefinition =
    FormDefinition { name: "place", sections: &[FormSection::plain(&[NAME, WITHIN, ORDER])] };

/// An existing place: equipment refers to it by name, so renaming it renames it there too.
pub(crate) static PLACE: FormDefinition = FormDefinition {
    name: "place",
    sections: &[FormSection::plain(&[NAME, WITHIN, ORDER, FormField::tick("retired")])],
};

struct PlaceRow {
    to: String,
    name: String,
    within: String,
    order: String,
    items: usize,
    retired: bool,
}

#[derive(Template)]
#[template(path = "equipment/places.html")]
struct PlacesPage {
    frame: PageLayout,
    w: RegisterWords,
    rows: Vec<PlaceRow>,
    unlisted: Vec<String>,
    may_change: bool,
}

pub(crate) async fn list_places(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let facility = state.store.snapshot();
    let w: RegisterWords = signed.words();
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    for item in facility.equipment.values().filter(|item| item.service != ServiceState::Retired) {
        *items.entry(item.facts.location.as_str()).or_default() += 1;
    }
    let mut places: Vec<(&Digest16, &FacilityLocation)> = facility.locations.iter().collect();
    places.sort_by_key(|(_, place)| {
        (place.retired, place.order.unwrap_or(u16::MAX), place.name.to_lowercase())
    });
    let row = |(id, place): (&Digest16, &FacilityLocation)| PlaceRow {
        to: format!("{PLACES}/{id}"),
        name: place.name.clone(),
        within: place.within.clone(),
        order: place.order.map(|order| order.to_string()).unwrap_or_default(),
        items: items.get(place.name.as_str()).copied().unwrap_or(0),
        retired: place.retired,
    };
    let is_unlisted =
        |name: &&str| !name.is_empty() && !facility.locations.contains_key(&Digest16::of(name.as_bytes()));
    let unlisted = items.keys().copied().filter(is_unlisted).take(100).map(str::to_owned).collect();
    let snapshot = Snapshot::of(&state, &facility);
    let page = PlacesPage {
        frame: PageLayout::staff(&state, &snapshot, w.places_title(), &signed, NavSection::Equipment),
        w,
        rows: places.into_iter().map(row).collect(),
        unlisted,
        may_change: signed.can_edit(),
    };
    draw_page(&page.frame, &page)
}

struct PlaceForm<'a> {
    state: &'a AppState,
    signed: &'a StaffSession,
    present: Option<FacilityLocation>,
}

fn find_place(state: &AppState, id: &str) -> Result<FacilityLocation, HttpError> {
    let id = Digest16::parse(id).ok_or_else(not_found)?;
    state.store.snapshot().locations.get(&id).cloned().ok_or_else(not_found)
}

fn path_of(place: &FacilityLocation) -> String {
    format!("{PLACES}/{}", Digest16::of(place.name.as_bytes()))
}

impl PlaceForm<'_> {
    fn definition(&self) -> &'static FormDefinition {
        if self.present.is_some() { &PLACE } else { &PLACE_NEW }
    }

    fn painter(&self, facility: &FacilityState) -> FormPainter<'static> {
        let f: FormWords = self.signed.words();
        let own = self.present.as_ref().map(|place| place.name.as_str());
        let offered =
            facility.locations.values().filter(|place| !place.retired && Some(place.name.as_str()) != own);
        let mut options: Vec<FormOption> =
            offered.map(|place| FormOption::entered(place.name.clone(), place.name.clone())).collect();
        options.sort_by(|a, b| a.words.cmp(&b.words));
        options.insert(0, FormOption::new("", f.form_place_within_none()));
        // A place that was retired meanwhile is not changed.
        if let Some(within) = self.present.as_ref().map(|place| &place.within)
            && !options.iter().any(|option| option.value == *within)
        {
            options.push(FormOption::entered(within.clone(), within.clone()));
        }
        FormPainter { picks: vec![("within", options)], ..FormPainter::new(self.definition(), f.catalog()) }
    }

    fn values(&self) -> FormValues {
        let values = FormValues::empty(self.definition());
        match &self.present {
            None => values,
            Some(place) => values
                .with("name", place.name.as_str())
                .with("within", place.within.as_str())
                .with("order", place.order.map(|order| order.to_string()).unwrap_or_default())
                .with_tick("retired", place.retired)
                .remembered(),
        }
    }

    fn page(&self, values: &FormValues, problems: Vec<Wrong>, marks: FormMarks) -> Result<Page, HttpError> {
        let (page_words, f, w): (PageWords, FormWords, RegisterWords) = self.signed.words();
        let (title, hint, action, button) = match &self.present {
            None => (w.places_new(), String::new(), format!("{PLACES}/new"), w.places_add()),
            Some(place) => {
                (w.places_change(&place.name), w.places_name_goes(), path_of(place), w.places_save())
            }
        };
        let facility = self.state.store.snapshot();
        let window = window_title(page_words, title.clone(), &problems);
        let snapshot = Snapshot::of(self.state, &facility);
        let page = RegisterFormPage {
            frame: PageLayout::staff(self.state, &snapshot, window, self.signed, NavSection::Equipment)
                .with_script(),
            f,
            sections: self.painter(&facility).draw(values, &problems)?,
            problems,
            title,
            hint,
            action,
            back: PLACES.to_owned(),
            button,
            marks: match &self.present {
                None => marks,
                Some(place) => marks.over(place.changed),
            },
        };
        page.draw()
    }

    fn again(&self, sent: SentForm<RowVersion>) -> Result<FormReply, HttpError> {
        let marks = FormMarks::new(self.state, self.signed).again(sent.submission, sent.seen);
        self.page(&sent.values, sent.errors, marks).map(ask_again)
    }

    fn change(&self, sent: &SentForm<RowVersion>) -> LocationChange {
        LocationChange {
            name: sent.values.text("name").to_owned(),
            renamed_from: self.present.as_ref().map(|place| place.name.clone()),
            within: sent.values.text("within").to_owned(),
            order: sent.values.text("order").parse().ok(),
            retired: sent.values.is_ticked("retired"),
            over: match &self.present {
                None => ListedOver::New,
                Some(_) => ListedOver::Present(sent.seen),
            },
        }
    }

    async fn save(&self, mut sent: SentForm<RowVersion>) -> Result<FormReply, HttpError> {
        let f: FormWords = self.signed.words();
        let within = sent.values.text("within").to_owned();
        let facility = self.state.store.snapshot();
        if !within.is_empty() && !facility.locations.contains_key(&Digest16::of(within.as_bytes())) {
            let fault = FieldFault { field: "within", cause: FieldCause::NotOption };
            sent.errors.push(fault.word(self.definition(), f.catalog()));
        }
        if !sent.errors.is_empty() {
            return self.again(sent);
        }
        if self.present.is_some() && sent.values.differences(&self.values()).is_empty() {
            return go_to(PLACES);
        }
        let command = Command::SetLocation(Box::new(self.change(&sent)));
        let key = match &self.present {
            None => sent.submission.clone().into(),
            Some(place) => sent.submission_key(&place.name),
        };
        match run_command(self.state, self.signed.author(), key, command).await {
            Ok(_) => go_to(PLACES),
            Err(CommandFailure::Refused(refusal)) if self.present.is_some() && is_changed(&refusal) => {
                self.show_difference(&sent.values).await
            }
            Err(undone) => match undone.at_field(|refusal| find_refused(self.definition(), refusal)) {
                Ok((refusal, at)) => {
                    sent.errors.push(word_at_field(self.signed, at, &refusal));
                    self.again(sent)
                }
                Err(other) => Err(HttpError::from(other).link(PLACES, worded(RegisterWords::places_back))),
            },
        }
    }

    async fn show_difference(&self, yours: &FormValues) -> Result<FormReply, HttpError> {
        let name = self.present.as_ref().map(|place| place.name.as_bytes()).unwrap_or_default();
        let facility = self.state.store.snapshot();
        let now = facility.locations.get(&Digest16::of(name)).cloned().ok_or_else(not_found)?;
        let (changed, thing, action) = (now.changed, now.name.clone(), path_of(&now));
        let form = PlaceForm { present: Some(now), ..*self };
        let conflict = FormConflict {
            painter: form.painter(&facility),
            theirs: &form.values(),
            yours,
            now: changed.to_string(),
            changed: Some(changed),
            is_taken: false,
            thing,
            action,
            back: PLACES.to_owned(),
            place: NavSection::Equipment,
            carried: Vec::new(),
        };
        show_conflict(self.state, self.signed, conflict).await
    }
}

pub(crate) async fn ask_new(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
) -> Result<Page, HttpError> {
    let form = PlaceForm { state: &state, signed: &signed, present: None };
    form.page(&form.values(), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn add_place(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let sent = SentForm::read(signed.words(), &PLACE_NEW, &form);
    PlaceForm { state: &state, signed: &signed, present: None }.save(sent).await
}

pub(crate) async fn ask_place(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Page, HttpError> {
    let form = PlaceForm { state: &state, signed: &signed, present: Some(find_place(&state, &id)?) };
    form.page(&form.values(), Vec::new(), FormMarks::new(&state, &signed))
}

pub(crate) async fn save_place(
    signed: StaffCaller<EditEquipment>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let present = Some(find_place(&state, &id)?);
    let sent = SentForm::read(signed.words(), &PLACE, &form);
    PlaceForm { state: &state, signed: &signed, present }.save(sent).await
}
