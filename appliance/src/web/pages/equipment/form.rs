//! Adding equipment and changing it: one form, everything kept when something is wrong.

use askama::Template;
use axum::extract::State;
use record::fold::Equipment;
use record::ids::ProtocolId;
use record::kinds::{Class, PhotoPolicy, Schedule};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::{FormReply, Page};
use web::argument::{FormFields, Lenient, Path};
use web::error::HttpError;

use crate::intake::{Command, EquipmentFields, NewEquipment, Refusal};
use crate::web::access::permissions::EditEquipment;
use crate::web::access::staff::Staff;
use crate::web::access::staff_session::StaffSession;
use crate::web::answer::{ask_again, go_to};
use crate::web::commands::run::{Undone, act, entry};
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::{Frame, Place};
use crate::web::pages::equipment::schedule::Due;
use crate::web::request::field_error::Wrong;
use crate::web::request::form::StaffForm;
use crate::web::request::form_words::{read_word, word};
use crate::web::request::submission::{new_submission, submission_of};
use crate::web::view_models::items::named;
use crate::web::view_models::snapshot::Snapshot;

/// What the form holds, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typed {
    tag: String,
    name: String,
    asset_number: String,
    serial: String,
    maker: String,
    model: String,
    category: String,
    location: String,
    class: String,
    photo: String,
    protocol: String,
    due: Due,
}

impl Typed {
    fn of_form(form: &FormFields) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            tag: text("tag"),
            name: text("name"),
            asset_number: text("asset_number"),
            serial: text("serial"),
            maker: text("maker"),
            model: text("model"),
            category: text("category"),
            location: text("location"),
            class: text("class"),
            photo: text("photo"),
            protocol: text("protocol"),
            due: Due::of_form(form),
        }
    }

    fn of_item(item: &Equipment) -> Self {
        Self {
            tag: item.tag.to_string(),
            name: item.name.clone(),
            asset_number: item.asset_number.clone(),
            serial: item.serial.clone(),
            maker: item.maker.clone(),
            model: item.model.clone(),
            category: item.category.clone(),
            location: item.location.clone(),
            class: word(item.class),
            photo: word(item.photo),
            protocol: item.protocols.first().map(ToString::to_string).unwrap_or_default(),
            due: Due::of(item.schedule(None)),
        }
    }

    fn fields(&self) -> EquipmentFields {
        let text = |value: &String| Some(value.clone());
        EquipmentFields {
            name: text(&self.name),
            asset_number: text(&self.asset_number),
            serial: text(&self.serial),
            maker: text(&self.maker),
            model: text(&self.model),
            category: text(&self.category),
            location: text(&self.location),
            class: Some(read_word(&self.class).unwrap_or(Class::Noncritical)),
            photo: Some(read_word(&self.photo).unwrap_or(PhotoPolicy::Optional)),
            protocols: Some(self.protocol.parse::<ProtocolId>().ok().into_iter().collect()),
            custom: std::collections::BTreeMap::new(),
        }
    }
}

#[derive(Template)]
#[template(path = "equipment_form.html")]
struct EquipmentFormPage {
    frame: Frame,
    problems: Vec<Wrong>,
    title: String,
    action: String,
    back: String,
    button: &'static str,
    typed: Typed,
    protocols: Vec<(String, String)>,
    blank: Option<String>,
    form_token: String,
    submission: String,
}

struct Showing<'a> {
    state: &'a AppState,
    signed: &'a StaffSession,
    item: Option<(Tag, String)>,
}

impl Showing<'_> {
    fn page(
        &self,
        typed: Typed,
        problems: Vec<Wrong>,
        submission: Option<String>,
    ) -> Result<Page, HttpError> {
        let (title, action, back, button) = match &self.item {
            None => (
                "Add equipment".to_owned(),
                "/staff/equipment/new".to_owned(),
                "/staff/equipment".to_owned(),
                "Add equipment",
            ),
            Some((tag, name)) => (
                format!("Change {name}"),
                format!("/staff/equipment/{tag}/edit"),
                format!("/staff/equipment/{tag}"),
                "Save changes",
            ),
        };
        let template = {
            let facility = self.state.store.snapshot();
            let snapshot = Snapshot::of(self.state, &facility);
            let error = if problems.is_empty() { "" } else { "Error: " };
            let frame =
                Frame::staff(self.state, &snapshot, format!("{error}{title}"), self.signed, Place::Equipment);
            let mut protocols: Vec<(String, String)> =
                facility.protocols.values().map(|p| (p.protocol.to_string(), p.name.clone())).collect();
            protocols.sort_by(|a, b| a.1.cmp(&b.1));
            let blank = Tag::read(&typed.tag).ok().filter(|_| self.item.is_none()).map(|tag| tag.grouped());
            EquipmentFormPage {
                frame: frame.with_script(),
                problems,
                title,
                action,
                back,
                button,
                typed,
                protocols,
                blank,
                form_token: self.signed.form_token(),
                submission: submission.unwrap_or_else(|| new_submission(self.state)),
            }
        };
        Page::draw(&template)
    }

    /// The page once more, with what is wrong.
    fn again(&self, typed: Typed, wrong: Wrong, submission: Option<String>) -> Result<FormReply, HttpError> {
        self.page(typed, vec![wrong], submission).map(ask_again)
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct NewItemParams {
    /// A printed blank tag that is on it.
    tag: Option<String>,
}

pub(crate) async fn ask_new(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Lenient(params): Lenient<NewItemParams>,
) -> Result<Page, HttpError> {
    let tag = params.tag.and_then(|t| Tag::read(&t).ok());
    let typed = Typed {
        tag: tag.map(|t| t.to_string()).unwrap_or_default(),
        class: word(Class::Noncritical),
        photo: word(PhotoPolicy::Optional),
        due: Due::of(Some(&Schedule::Days { n: 1 })),
        ..Typed::default()
    };
    Showing { state: &state, signed: &signed, item: None }.page(typed, Vec::new(), None)
}

pub(crate) async fn ask_edit(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
) -> Result<Page, HttpError> {
    let (tag, name) = named(&state, &tag)?;
    let typed =
        state.store.snapshot().equipment.get(&tag).map(|item| Typed::of_item(item)).ok_or_else(not_found)?;
    Showing { state: &state, signed: &signed, item: Some((tag, name)) }.page(typed, Vec::new(), None)
}

fn wrong(refusal: &Refusal) -> Wrong {
    let at = match refusal.field() {
        Some("schedule") => "number",
        Some(field) => field,
        None => "name",
    };
    Wrong { at: at.to_owned(), words: refusal.to_string() }
}

pub(crate) async fn add(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let typed = Typed::of_form(&form);
    let submission = submission_of(&form);
    let showing = Showing { state: &state, signed: &signed, item: None };
    let schedule = match typed.due.schedule() {
        Ok(schedule) => schedule,
        Err(wrong) => return showing.again(typed, wrong, submission),
    };
    let tag = Some(typed.tag.trim()).filter(|t| !t.is_empty()).map(Tag::read).transpose();
    let Ok(tag) = tag else {
        let words = "Check the tag: nine letters and digits, as printed on the label".to_owned();
        return showing.again(typed, Wrong { at: "tag".to_owned(), words }, submission);
    };
    let command = Command::AddEquipment(Box::new(NewEquipment { tag, fields: typed.fields(), schedule }));
    match act(&state, signed.author(), submission.clone(), command).await {
        Ok(done) => match entry(&state, done.line).await? {
            Some((_, record::kinds::Event::EquipmentAdded(added))) => {
                go_to(&format!("/staff/equipment/{}", added.tag))
            }
            _ => go_to("/staff/equipment"),
        },
        Err(Undone::Refused(refusal)) if refusal.field().is_some() && refusal != Refusal::KeyReused => {
            showing.again(typed, wrong(&refusal), submission)
        }
        Err(other) => Err(HttpError::from(other).link("/staff/equipment", "Back to the list")),
    }
}

pub(crate) async fn edit(
    signed: Staff<EditEquipment>,
    State(state): State<AppState>,
    Path(tag): Path<String>,
    StaffForm(form): StaffForm,
) -> Result<FormReply, HttpError> {
    let (tag, name) = named(&state, &tag)?;
    let typed = Typed::of_form(&form);
    let (present, further) = {
        let facility = state.store.snapshot();
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        (Typed::of_item(item), item.protocols.iter().skip(1).copied().collect::<Vec<_>>())
    };
    let showing = Showing { state: &state, signed: &signed, item: Some((tag, name)) };
    let schedule = match typed.due.schedule() {
        Ok(schedule) => schedule.unwrap_or(Schedule::Never),
        Err(wrong) => return showing.again(typed, wrong, None),
    };
    let back = format!("/staff/equipment/{tag}");
    let (mut wanted, there) = (typed.fields(), present.fields());
    let mut commands = Vec::new();
    if wanted != there {
        // The form shows the first protocol; the others stay.
        let other_first = wanted.protocols != there.protocols;
        if let Some(protocols) = wanted.protocols.as_mut().filter(|_| other_first) {
            let others = further.into_iter().filter(|id| !protocols.contains(id));
            protocols.extend(others.collect::<Vec<_>>());
        }
        commands.push(Command::ChangeEquipment {
            tag,
            fields: Box::new(only_new(wanted, &there)),
            schedule: None,
            seen: None,
        });
    }
    if present.due.schedule().ok().flatten().unwrap_or(Schedule::Never) != schedule {
        commands.push(Command::SetSchedule { tag, protocol: None, schedule, seen: None });
    }
    for command in commands {
        match act(&state, signed.author(), None, command).await {
            Ok(_) => {}
            Err(Undone::Refused(refusal)) if refusal.field().is_some() => {
                return showing.again(typed, wrong(&refusal), None);
            }
            Err(other) => return Err(HttpError::from(other).link(back, "Back to the item")),
        }
    }
    go_to(&back)
}

/// What is the same as before is not said again.
fn only_new(wanted: EquipmentFields, there: &EquipmentFields) -> EquipmentFields {
    fn new<T: PartialEq>(wanted: Option<T>, there: &Option<T>) -> Option<T> {
        if wanted == *there { None } else { wanted }
    }
    EquipmentFields {
        name: new(wanted.name, &there.name),
        asset_number: new(wanted.asset_number, &there.asset_number),
        serial: new(wanted.serial, &there.serial),
        maker: new(wanted.maker, &there.maker),
        model: new(wanted.model, &there.model),
        category: new(wanted.category, &there.category),
        location: new(wanted.location, &there.location),
        class: new(wanted.class, &there.class),
        photo: new(wanted.photo, &there.photo),
        protocols: new(wanted.protocols, &there.protocols),
        custom: wanted.custom,
    }
}
