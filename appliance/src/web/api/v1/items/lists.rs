//! Places and categories, for programs.

use api::ListJson;
use axum::extract::State;
use http::Method;
use record::entry::Digest16;
use record::fold::{EquipmentCategory, FacilityLocation};
use record::ids::ProtocolId;
use record::kinds::{CategoryDefaults, CategoryField, FieldType, PhotoPolicy, Schedule, SpauldingClass};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Json, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{CategoryChange, Command, ListedOver, LocationChange};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::v1::versions::run_over;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::refusals;

pub(crate) fn list_routes() -> Vec<Route<AppState>> {
    let place = json!({ "name": "ICU East", "order": 7 });
    let side = json!({ "key": "Bed side", "type": "choice", "choices": ["left", "right"] });
    let category = json!({ "name": "Bed", "fields": [side], "defaults": { "class": "noncritical" } });
    vec![
        row(Method::GET, "/api/v1/locations", "location.list", RouteKind::Api, list_places)
            .summary("Places of the pick list; items keep theirs as text"),
        row(Method::POST, "/api/v1/locations", "location.set", RouteKind::Api, set_place)
            .summary("Adds a place, or says anew what one is; `retired` takes it off the list")
            .commands(&["SetLocation"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(place)),
        row(Method::GET, "/api/v1/categories", "category.list", RouteKind::Api, list_categories)
            .summary("Categories with their own fields and what a new item begins with"),
        row(Method::POST, "/api/v1/categories", "category.set", RouteKind::Api, set_category)
            .summary("Adds a category, or says anew what one is; `retired` takes it off the list")
            .commands(&["SetCategory"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(category)),
    ]
}

/// A place.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Location")]
struct PlaceJson {
    /// What people call it.
    name: String,
    /// The place that it is part of; empty: none.
    within: String,
    /// Its place in rounds.
    order: Option<u16>,
    /// Whether it is not offered any more.
    retired: bool,
    /// Its version: in quotation marks, what `If-Match` names.
    version: String,
}

impl PlaceJson {
    fn of(place: &FacilityLocation) -> Self {
        Self {
            name: place.name.clone(),
            within: place.within.clone(),
            order: place.order,
            retired: place.retired,
            version: place.changed.to_string(),
        }
    }
}

async fn list_places(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<PlaceJson>>, HttpError> {
    Ok(Json(ListJson::whole(state.store.snapshot().locations.values().map(PlaceJson::of).collect())))
}

/// A place as a program says it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPlace {
    /// What people call it, at most 120 characters.
    name: String,
    /// What it was called so far, where this is another name: what stands there gets it too, at most 510 items.
    #[serde(default)]
    renamed_from: Option<String>,
    /// The place that it is part of.
    #[serde(default)]
    within: String,
    /// Its place in rounds.
    #[serde(default)]
    order: Option<u16>,
    /// Whether it is not offered any more.
    #[serde(default)]
    retired: bool,
}

async fn set_place(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(new): JsonBody<NewPlace>,
) -> Result<WithHeaders<Json<PlaceJson>>, HttpError> {
    let NewPlace { name, renamed_from, within, order, retired } = new;
    let digest = Digest16::of(renamed_from.as_ref().unwrap_or(&name).trim().as_bytes());
    let now = state.store.snapshot().locations.get(&digest).map(|place| place.changed);
    let [name_text, within_text] = [&name, &within].map(|text| text.trim().to_owned());
    let change =
        LocationChange { name, renamed_from, within, order, retired, over: ListedOver::Present(None) };
    let done = run_over(&state, now, key, &if_match, Command::SetLocation(Box::new(change))).await?;
    let version = done.version.to_string();
    let body = PlaceJson { name: name_text, within: within_text, order, retired, version };
    with_etag(Some(done.version), Json(body))
}

/// What an own field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OwnFieldKind")]
enum FieldDefinitionKind {
    /// A line.
    Text,
    /// A whole number.
    Number,
    /// A day, such as 2026-11-24.
    Date,
    /// One of a list.
    Choice,
    /// `yes` or `no`.
    Yes,
}

impl FieldDefinitionKind {
    fn of(field_type: &FieldType) -> Self {
        match field_type {
            FieldType::Text | FieldType::Other(_) => Self::Text,
            FieldType::Number => Self::Number,
            FieldType::Date => Self::Date,
            FieldType::Choice => Self::Choice,
            FieldType::Yes => Self::Yes,
        }
    }

    fn field_type(self) -> FieldType {
        match self {
            Self::Text => FieldType::Text,
            Self::Number => FieldType::Number,
            Self::Date => FieldType::Date,
            Self::Choice => FieldType::Choice,
            Self::Yes => FieldType::Yes,
        }
    }
}

/// A field that the items of a category have beyond those of all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewOwnField")]
struct NewFieldDefinition {
    /// Its name in `custom`, 1 to 40 characters.
    key: String,
    /// What people call it; empty: as its name.
    #[serde(default)]
    label: String,
    /// What it holds.
    #[serde(rename = "type")]
    kind: FieldDefinitionKind,
    /// What may be chosen, where it is a choice: 1 to 40, without commas.
    #[serde(default)]
    choices: Vec<String>,
    /// Whether it must be filled in.
    #[serde(default)]
    required: bool,
}

/// What the form of a new item begins with.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct NewItemDefaults {
    /// Its class.
    class: Option<SpauldingClass>,
    /// Whether a cleaning needs a photo.
    photo: Option<PhotoPolicy>,
    /// How to clean it, the usual protocol first.
    protocols: Vec<ProtocolId>,
    /// When it is due.
    schedule: Option<Schedule>,
    /// What people call it.
    name: String,
}

/// A field that the items of a category have beyond those of all.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnField")]
struct FieldDefinitionJson {
    /// Its name in `custom`.
    key: String,
    /// What people call it.
    label: String,
    /// What it holds.
    #[serde(rename = "type")]
    kind: FieldDefinitionKind,
    /// What may be chosen, where it is a choice.
    choices: Vec<String>,
    /// Whether it must be filled in.
    required: bool,
}

/// What the form of a new item begins with.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryDefaults")]
struct DefaultsJson {
    /// Its class.
    class: Option<SpauldingClass>,
    /// Whether a cleaning needs a photo.
    photo: Option<PhotoPolicy>,
    /// How to clean it, the usual protocol first.
    protocols: Vec<ProtocolId>,
    /// When it is due.
    schedule: Option<Schedule>,
    /// What people call it.
    name: String,
}

/// A category.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Category")]
struct CategoryJson {
    /// What people call it.
    name: String,
    /// Own fields of its items.
    fields: Vec<FieldDefinitionJson>,
    /// What the form of a new item begins with.
    defaults: DefaultsJson,
    /// Whether it is not offered any more.
    retired: bool,
    /// Its version: in quotation marks, what `If-Match` names.
    version: String,
}

impl CategoryJson {
    fn of(category: &EquipmentCategory) -> Self {
        let defaults = category.defaults.clone();
        Self {
            name: category.name.clone(),
            fields: category
                .fields
                .iter()
                .map(|field: &CategoryField| FieldDefinitionJson {
                    key: field.key.clone(),
                    label: field.label.clone(),
                    kind: FieldDefinitionKind::of(&field.field_type),
                    choices: field.choices.clone(),
                    required: field.required,
                })
                .collect(),
            defaults: DefaultsJson {
                class: defaults.class,
                photo: defaults.photo,
                protocols: defaults.protocols,
                schedule: defaults.schedule,
                name: defaults.name,
            },
            retired: category.retired,
            version: category.changed.to_string(),
        }
    }
}

async fn list_categories(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<CategoryJson>>, HttpError> {
    let facility = state.store.snapshot();
    Ok(Json(ListJson::whole(facility.categories.values().map(|c| CategoryJson::of(c)).collect())))
}

/// A category as a program says it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCategory {
    /// What people call it, at most 120 characters.
    name: String,
    /// What it was called so far, where this is another name: its items get it too, at most 510.
    #[serde(default)]
    renamed_from: Option<String>,
    /// Own fields of its items, at most 20.
    #[serde(default)]
    fields: Vec<NewFieldDefinition>,
    /// What the form of a new item begins with.
    #[serde(default)]
    defaults: NewItemDefaults,
    /// Whether it is not offered any more.
    #[serde(default)]
    retired: bool,
}

async fn set_category(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    if_match: IfMatch,
    JsonBody(new): JsonBody<NewCategory>,
) -> Result<WithHeaders<Json<CategoryJson>>, HttpError> {
    let digest = Digest16::of(new.name.trim().as_bytes());
    let former = new.renamed_from.as_ref().unwrap_or(&new.name);
    let former = Digest16::of(former.trim().as_bytes());
    let now = state.store.snapshot().categories.get(&former).map(|category| category.changed);
    let NewItemDefaults { class, photo, protocols, schedule, name } = new.defaults;
    let change = CategoryChange {
        name: new.name,
        renamed_from: new.renamed_from,
        fields: new
            .fields
            .into_iter()
            .map(|field: NewFieldDefinition| CategoryField {
                key: field.key,
                label: field.label,
                field_type: field.kind.field_type(),
                choices: field.choices,
                required: field.required,
            })
            .collect(),
        defaults: CategoryDefaults { class, photo, protocols, schedule, name },
        retired: new.retired,
        over: ListedOver::Present(None),
    };
    let done = run_over(&state, now, key, &if_match, Command::SetCategory(Box::new(change))).await?;
    let facility = state.store.snapshot();
    let category = facility.categories.get(&digest).ok_or_else(not_found)?;
    // A newer version by somebody else is not reported as if this client had seen it.
    let body = CategoryJson { version: done.version.to_string(), ..CategoryJson::of(category) };
    with_etag(Some(done.version), Json(body))
}
