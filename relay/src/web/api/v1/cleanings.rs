//! `GET /api/v1/cleanings`: cleanings of the account, newest first, voided ones included.

use ::web::answer::{Json, OneOf};
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::HeaderMap;
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
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
use crate::web::api::read_limit;
use crate::web::api::revision::{CachedJson, find_revision};
use crate::web::api::v1::equipment::read_facility;
use crate::web::http_error::{not_found, parameter_error};
use crate::web::program_errors::foreign_cursor;
use crate::web::view_models::cleanings::{CleaningView, load_cleaning_views, read_entries};
use crate::web::words::ErrorWords;
use api::{CleaningDetails, CleaningSources, CleaningTexts, ListJson};

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
    /// The facility's id.
    facility: String,
    #[serde(flatten)]
    pub(crate) cleaning: CleaningDetails,
}

/// The row of the list, as cursors know it.
const LIST: &str = "cleanings";

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
        Self { id: format!("{}.{}", facts.cleaning.epoch, facts.cleaning.seq), facts }
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
    Ok(found.into_iter().zip(entries).map(|(found, entry)| cleaning_json(found, entry.as_ref())).collect())
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

fn cleaning_json(found: CleaningView, entry: Option<&Entry>) -> CleaningFacts {
    let cleaning = &found.cleaning;
    let sources = CleaningSources {
        box_id: found.box_id,
        cleaning,
        entry,
        certainty: found.certainty,
        photos: cleaning.photos.iter().map(|photo| format!("/photos/{photo}")).collect(),
        texts: CleaningTexts {
            equipment: found.equipment.map(|item| item.facts.name),
            cleaned_by: found.name,
            notes: found.note,
        },
    };
    CleaningFacts { facility: found.facility.to_string(), cleaning: sources.into() }
}
