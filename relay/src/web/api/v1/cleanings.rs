//! `GET /api/v1/cleanings`: cleanings of the account, newest first, voided ones included.

use ::web::answer::{Json, OneOf};
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::HeaderMap;
use record::anchor::{AnchorSource, TimeCertainty};
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::kinds::{CivilDay, CleaningFlag, CleaningTrigger, Contact, Event, QueuedRecord, SpauldingClass};
use record::receipt::Receipt;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::ApiProgram;
use crate::db::ScopedConnection;
use crate::db::facility::facility_now::FacilityPart;
use crate::db::projection::history::{HistoryCursor, HistoryScope};
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::cursor::CursorSeal;
use crate::web::api::revision::{CachedJson, find_revision};
use crate::web::api::v1::equipment::read_facility;
use crate::web::api::{ListJson, read_limit, stamp};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::program_errors::foreign_cursor;
use crate::web::view_models::cleanings::{CleaningView, load_cleaning_views, read_entries};
use crate::web::words::ErrorWords;

/// Which cleanings.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct CleaningParams {
    /// Only this facility.
    facility: Option<String>,
    /// Only this item; needs `facility`.
    tag: Option<String>,
    /// Things in the list, 1 to 1,000.
    #[schemars(with = "Option<u64>", range(min = 1, max = 999_999_999_999_999_999_u64))]
    limit: Option<String>,
    /// The `next` of the part before.
    cursor: Option<String>,
}

/// A cleaning; a voided one stays in the list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Cleaning")]
pub(crate) struct CleaningItem {
    /// Epoch and number of its entry.
    id: String,
    #[serde(flatten)]
    facts: CleaningFacts,
}

/// All that is told of a cleaning but its id.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CleaningFacts {
    /// The box that recorded it.
    pub(crate) r#box: String,
    /// The epoch of the box's log.
    pub(crate) epoch: String,
    /// The number of its entry there.
    pub(crate) seq: u64,
    /// What the technician was shown; null where the entry is not here.
    receipt: Option<String>,
    /// The facility's id.
    facility: String,
    tag: String,
    /// The item's name; null where it is not known.
    equipment: Option<String>,
    /// The protocol's id.
    protocol: Option<String>,
    /// Its version.
    protocol_version: Option<u32>,
    /// Numbers of the steps that were done, from 1; null where nobody stated them.
    steps: Option<Vec<u16>>,
    /// The disinfectant; empty where nobody stated it.
    agent: String,
    /// Lot of the disinfectant; empty where nobody stated it.
    lot: String,
    /// The last day of that lot.
    lot_expires: Option<CivilDay>,
    /// Why it was done: `schedule`, `after use`, `soiled`, `incident`, `returned` or `load`; null where nobody stated it.
    trigger: Option<CleaningTrigger>,
    /// The class of the use before it, where that was above the item's own.
    class: Option<SpauldingClass>,
    /// Until when the item counts as clean after it, in UTC; null where its protocol sets no time.
    clean_until: Option<String>,
    /// From the first view of its page to the press, less the contact time, milliseconds.
    took_ms: Option<u32>,
    /// How long it waited in a phone; null where it did not.
    queued: Option<QueuedRecord>,
    /// Null where the name was erased, or nobody said.
    cleaned_by: Option<String>,
    proof: CleanerProof,
    /// In UTC.
    performed_at: String,
    /// In UTC.
    recorded_at: String,
    /// Whether these times are a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
    /// Who corrected these times later, where the box's clock was not set: `ntp`, `relay`, `hand`, or `order`: it was ahead, and
    /// these times are the latest that they can be.
    time_corrected_by: Option<&'static str>,
    complete: bool,
    /// What it lacks to be complete.
    missing: Vec<&'static str>,
    /// Remarks that do not make it incomplete, in words.
    flags: Vec<CleaningFlag>,
    /// Paths of JPEGs at this relay, for a token or a session; 404 while a photo is on its way.
    photos: Vec<String>,
    /// How long the surface stayed wet, in seconds.
    contact: Option<Contact>,
    notes: Option<String>,
    voided: bool,
    /// Epoch and number of the entry that voided it.
    voided_by: Option<String>,
}

/// The row of the list, as cursors know it.
const LIST: &str = "cleanings";

/// How it is proven who cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum CleanerProof {
    #[serde(rename = "typed")]
    Entered,
    Pin,
    Badge,
    Login,
    Unattributed,
}

pub(crate) async fn list(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<CleaningParams>,
    headers: HeaderMap,
) -> Result<CachedJson<ListJson<CleaningItem>>, HttpError> {
    let only = read_facility(requested.facility.as_deref())?;
    let mut conn = web.db.read(program.reads).await?;
    let revision = find_revision(&mut conn, &program, only, &[FacilityPart::Feed]).await?;
    if let Some(only) = only {
        crate::db::facility::facilities::get(&mut conn, only).await?.ok_or_else(not_found)?;
    }
    if let Some(known) = revision.known_to(&headers) {
        return Ok(OneOf::Second(known));
    }
    let ListJson { items, next } = load_list(&web, &program, &mut conn, &requested).await?;
    let items = items.into_iter().map(CleaningItem::of).collect();
    Ok(revision.mark(ListJson { items, next }))
}

impl CleaningItem {
    fn of(facts: CleaningFacts) -> Self {
        Self { id: format!("{}.{}", facts.epoch, facts.seq), facts }
    }
}

pub(crate) async fn load_list(
    web: &WebContext,
    program: &ApiProgram,
    conn: &mut ScopedConnection,
    requested: &CleaningParams,
) -> Result<ListJson<CleaningFacts>, HttpError> {
    let expected = read_limit(requested.limit.as_deref())?;
    let facility = read_facility(requested.facility.as_deref())?;
    let tag = requested
        .tag
        .as_deref()
        .map(|tag| Tag::read(tag).map_err(|_| parameter_error("tag", ErrorWords::parameter_tag)));
    let tag = tag.transpose()?;
    let filters = [requested.facility.as_deref(), requested.tag.as_deref()];
    let seal = CursorSeal::new(web, program, LIST, &filters);
    let after = match seal.read(requested.cursor.as_deref())? {
        None => HistoryCursor::start(),
        Some(key) => HistoryCursor::read(&key).ok_or_else(foreign_cursor)?,
    };
    let of = match (facility, tag) {
        (None, None) => HistoryScope::Account,
        (None, Some(_)) => {
            return Err(parameter_error("facility", ErrorWords::parameter_facility));
        }
        (Some(facility), tag) => {
            crate::db::facility::facilities::get(conn, facility).await?.ok_or_else(not_found)?;
            if let Some(tag) = tag {
                crate::db::projection::dashboard::load_item(conn, facility, tag)
                    .await?
                    .ok_or_else(not_found)?;
            }
            tag.map_or(HistoryScope::Facility(facility), |tag| HistoryScope::Item(facility, tag))
        }
    };
    let rows = crate::db::projection::history::load_cleanings(conn, of, &after, expected + 1).await?;
    let mut found = load_cleaning_views(conn, rows).await?;
    let bound = usize::try_from(expected).unwrap_or(usize::MAX);
    let more = found.len() > bound;
    found.truncate(bound);
    let next = found.last().filter(|_| more).map(|t| seal.write(&t.cursor().to_string())).transpose()?;
    Ok(ListJson { items: describe_cleanings(conn, found).await?, next })
}

async fn describe_cleanings(
    conn: &mut ScopedConnection,
    found: Vec<CleaningView>,
) -> Result<Vec<CleaningFacts>, HttpError> {
    let places: Vec<_> = found.iter().map(CleaningView::address).collect();
    let entries = read_entries(conn, &places).await?;
    Ok(found.into_iter().zip(entries).map(|(found, entry)| cleaning_json(found, entry)).collect())
}

pub(crate) async fn find_facts(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    seq: u64,
) -> Result<CleaningFacts, HttpError> {
    let row =
        crate::db::projection::history::find_cleaning(conn, origin, seq).await?.ok_or_else(not_found)?;
    let found = load_cleaning_views(conn, vec![row]).await?;
    describe_cleanings(conn, found).await?.pop().ok_or_else(not_found)
}

pub(crate) async fn show_cleaning(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path((box_id, epoch, seq)): Path<(BoxId, Epoch, u64)>,
) -> Result<Json<CleaningItem>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let facts = find_facts(&mut conn, &LogOrigin { box_id, epoch }, seq).await?;
    Ok(Json(CleaningItem::of(facts)))
}

fn cleaning_json(cleaning_view: CleaningView, entry: Option<Entry>) -> CleaningFacts {
    use record::kinds::CleanedBy;
    let proof = match cleaning_view.cleaning.who {
        CleanedBy::Entered { .. } => CleanerProof::Entered,
        CleanedBy::Pin { .. } => CleanerProof::Pin,
        CleanedBy::Badge { .. } => CleanerProof::Badge,
        CleanedBy::Login { .. } => CleanerProof::Login,
        CleanedBy::Unattributed => CleanerProof::Unattributed,
    };
    let body = match entry.as_ref().map(Entry::event) {
        Some(Event::CleaningRecorded(body)) => Some(*body),
        _ => None,
    };
    let body = body.as_ref();
    let certainty = cleaning_view.certainty;
    let cleaning = cleaning_view.cleaning;
    CleaningFacts {
        receipt: entry.map(|entry| Receipt::of(cleaning.of, entry.leaf()).to_string()),
        protocol: cleaning.protocol.map(|id| id.to_string()),
        protocol_version: body.and_then(|body| body.protocol).map(|protocol| protocol.version),
        steps: body.and_then(|body| body.steps.clone()),
        agent: body.map(|body| body.agent.clone()).unwrap_or_default(),
        lot: body.map(|body| body.lot.clone()).unwrap_or_default(),
        lot_expires: body.and_then(|body| body.lot_expires),
        trigger: body.and_then(|body| body.trigger.clone()),
        class: body.and_then(|body| body.class),
        clean_until: body.and_then(|body| body.clean_until).map(stamp),
        took_ms: body.and_then(|body| body.took_ms),
        queued: body.and_then(|body| body.queued),
        contact: body.and_then(|body| body.contact),
        r#box: cleaning_view.box_id.to_string(),
        epoch: cleaning.of.epoch.to_string(),
        seq: cleaning.of.seq,
        facility: cleaning_view.facility.to_string(),
        tag: cleaning.tag.to_string(),
        equipment: cleaning_view.equipment.map(|item| item.facts.name),
        cleaned_by: cleaning_view.name,
        proof,
        performed_at: stamp(cleaning.performed_ms),
        recorded_at: stamp(cleaning.recorded_ms),
        time_uncertain: certainty == TimeCertainty::Uncertain,
        time_corrected_by: certainty.corrected_by().map(AnchorSource::word),
        complete: cleaning.incomplete.is_empty(),
        missing: cleaning.incomplete.iter().map(|m| m.word()).collect(),
        flags: cleaning.flags.clone(),
        photos: cleaning.photos.iter().map(|photo| format!("/photos/{photo}")).collect(),
        notes: cleaning_view.note,
        voided: cleaning.voided.is_some(),
        voided_by: cleaning.voided.map(|of| format!("{}.{}", of.epoch, of.seq)),
    }
}
