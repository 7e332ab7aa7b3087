//! `/api/cleaning-logs/`: cleanings with whole numbers as ids. They are recorded at the box.

use ::web::answer::Json;
use ::web::argument::{Path, Query};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use record::checkpoint::LogOrigin;
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::ApiProgram;
use crate::db::projection::old_ids::OldKind;
use crate::web::WebContext;
use crate::web::access::TokenProgram;
use crate::web::api::old::at_the_box::{AtTheBox, BoxWork, list_addresses};
use crate::web::api::old::numbers::{find_numbered, number_of, number_things};
use crate::web::api::v1::cleanings::{CleaningFacts, CleaningParams, find_facts, load_list};
use crate::web::http_error::not_found;
use api::ListJson;

/// A cleaning, as scripts of the app before this one know it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OldCleaning {
    id: i64,
    /// The same number.
    cleaning_log_id: i64,
    #[serde(flatten)]
    cleaning: CleaningFacts,
}

/// What `old_ids` calls a cleaning.
fn thing_of(cleaning: &CleaningFacts) -> String {
    format!("{}/{}/{}", cleaning.cleaning.r#box, cleaning.cleaning.epoch, cleaning.cleaning.seq)
}

fn read_thing(thing: &str) -> Option<(LogOrigin, u64)> {
    let mut parts = thing.split('/');
    let (box_id, epoch) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((LogOrigin { box_id, epoch }, parts.next()?.parse().ok()?))
}

async fn number_cleanings(
    web: &WebContext,
    program: &ApiProgram,
    cleanings: Vec<CleaningFacts>,
) -> Result<Vec<OldCleaning>, HttpError> {
    let things: Vec<String> = cleanings.iter().map(thing_of).collect();
    let numbers = number_things(web, program, OldKind::Cleaning, &things).await?;
    let numbered = things.iter().zip(cleanings).map(|(thing, cleaning)| {
        let id = number_of(&numbers, thing)?;
        Ok(OldCleaning { id, cleaning_log_id: id, cleaning })
    });
    numbered.collect()
}

pub(crate) async fn list_cleanings(
    program: TokenProgram,
    State(web): State<WebContext>,
    Query(requested): Query<CleaningParams>,
) -> Result<Json<ListJson<OldCleaning>>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let ListJson { items, next } = load_list(&web, &program, &mut conn, &requested).await?;
    drop(conn);
    let items = number_cleanings(&web, &program, items).await?;
    Ok(Json(ListJson { items, next }))
}

pub(crate) async fn show_cleaning(
    program: TokenProgram,
    State(web): State<WebContext>,
    Path(id): Path<String>,
) -> Result<Json<OldCleaning>, HttpError> {
    let mut conn = web.db.read(program.reads).await?;
    let thing = find_numbered(&mut conn, OldKind::Cleaning, &id).await?;
    let (origin, seq) = read_thing(&thing).ok_or_else(not_found)?;
    let facts = find_facts(&mut conn, &origin, seq).await?;
    drop(conn);
    let cleanings = number_cleanings(&web, &program, vec![facts]).await?;
    cleanings.into_iter().next().map(Json).ok_or_else(not_found)
}

pub(crate) async fn add_cleaning(
    program: TokenProgram,
    State(web): State<WebContext>,
) -> Result<AtTheBox, HttpError> {
    let addresses = list_addresses(&mut web.db.read(program.reads).await?, None).await?;
    Ok(AtTheBox::new(&web, BoxWork::Record, &addresses))
}

/// `POST /api/register-cleaning/{token}/`: whoever comes with it is nobody whom this relay knows, so that it names no box.
pub(crate) async fn register_cleaning(
    _: AnyCaller,
    State(web): State<WebContext>,
    Path(_): Path<String>,
) -> Result<AtTheBox, HttpError> {
    Ok(AtTheBox::new(&web, BoxWork::Record, &[]))
}
