//! `GET /api/v1/cleanings`: cleanings of the account, newest first, voided ones included.

use axum::extract::{Query, State};
use record::entry::Entry;
use record::kinds::{Contact, Event};
use record::receipt::Receipt;
use record::tag::Tag;
use serde::{Deserialize, Serialize};

use crate::accounts::Program;
use crate::db::DbError;
use crate::db::history::{Cursor, Of};
use crate::web::api::v1::equipment::facility;
use crate::web::api::{List, json, limit, stamp};
use crate::web::http_error::Fault;
use crate::web::view_models::cleanings::{Told, told};
use crate::web::{Answer, Web};

/// What the address carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    facility: Option<String>,
    tag: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Item {
    id: String,
    r#box: String,
    epoch: String,
    seq: u64,
    receipt: Option<String>,
    facility: String,
    tag: String,
    equipment: Option<String>,
    protocol: Option<String>,
    cleaned_by: Option<String>,
    proof: &'static str,
    performed_at: String,
    recorded_at: String,
    complete: bool,
    missing: Vec<&'static str>,
    photos: Vec<String>,
    contact: Option<Contact>,
    notes: Option<String>,
    voided: bool,
    voided_by: Option<String>,
}

/// The list.
pub(crate) async fn list(program: Program, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let wanted = limit(asked.limit.as_deref())?;
    let facility = facility(asked.facility.as_deref())?;
    let tag = asked.tag.as_deref().map(|tag| {
        Tag::read(tag).map_err(|_| Fault::Parameter { field: "tag", expects: "the nine symbols on a label" })
    });
    let tag = tag.transpose()?;
    let after = match asked.cursor.as_deref() {
        None => Cursor::start(),
        Some(cursor) => Cursor::read(cursor)
            .ok_or(Fault::Parameter { field: "cursor", expects: "the `next` of a list" })?,
    };
    let mut conn = web.db.read().await?;
    let of = match (facility, tag) {
        (None, None) => Of::Account,
        (None, Some(_)) => {
            return Err(Fault::Parameter { field: "facility", expects: "the facility in which the tag is" });
        }
        (Some(facility), tag) => {
            crate::db::facilities::get(&mut conn, program.scope, facility).await?.ok_or(Fault::NotFound)?;
            if let Some(tag) = tag {
                crate::db::dashboard::item(&mut conn, program.scope, facility, tag)
                    .await?
                    .ok_or(Fault::NotFound)?;
            }
            tag.map_or(Of::Facility(facility), |tag| Of::Item(facility, tag))
        }
    };
    let rows = crate::db::history::cleanings(&mut conn, program.scope, of, &after, wanted + 1).await?;
    let mut found = told(&mut conn, program.scope, rows).await?;
    let bound = usize::try_from(wanted).unwrap_or(usize::MAX);
    let more = found.len() > bound;
    found.truncate(bound);
    let next = found.last().filter(|_| more).map(|t| t.cursor().to_string());
    let items: Vec<Item> = found.into_iter().map(item).collect::<Result<_, _>>()?;
    json(&List { items, next })
}

fn item(told: Told) -> Result<Item, DbError> {
    use record::kinds::Who;
    let proof = match told.cleaning.who {
        Who::Typed { .. } => "typed",
        Who::Pin { .. } => "pin",
        Who::Badge { .. } => "badge",
        Who::Login { .. } => "login",
        Who::Unattributed => "unattributed",
    };
    let entry = told.entry()?;
    let contact = match entry.as_ref().map(Entry::event) {
        Some(Event::CleaningRecorded(body)) => body.contact,
        _ => None,
    };
    let cleaning = told.cleaning;
    Ok(Item {
        id: format!("{}.{}", cleaning.of.epoch, cleaning.of.seq),
        receipt: entry.map(|entry| Receipt::of(cleaning.of, entry.leaf()).to_string()),
        protocol: cleaning.protocol.map(|id| id.to_string()),
        contact,
        r#box: told.box_id.to_string(),
        epoch: cleaning.of.epoch.to_string(),
        seq: cleaning.of.seq,
        facility: told.facility.to_string(),
        tag: cleaning.tag.to_string(),
        equipment: told.equipment.map(|item| item.name),
        cleaned_by: told.name,
        proof,
        performed_at: stamp(cleaning.performed_ms),
        recorded_at: stamp(cleaning.recorded_ms),
        complete: cleaning.incomplete.is_empty(),
        missing: cleaning.incomplete.iter().map(|m| m.word()).collect(),
        photos: cleaning.photos.iter().map(|photo| format!("/photos/{photo}")).collect(),
        notes: told.note,
        voided: cleaning.voided.is_some(),
        voided_by: cleaning.voided.map(|of| format!("{}.{}", of.epoch, of.seq)),
    })
}
