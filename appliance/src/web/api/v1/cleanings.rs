//! Cleanings, for programs.

use axum::extract::State;
use http::{Method, StatusCode};
use record::entry::Entry;
use record::fold::{Cleaning, Facility};
use record::ids::{BoxId, Epoch, ProtocolId};
use record::kinds::{Contact, Event};
use record::receipt::Receipt;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json};
use web::argument::{IdempotencyKey, JsonBody, Query};
use web::error::HttpError;
use web::route::{Example, Kind, Route, row};

use crate::intake::{CleaningForm, Command};
use crate::store::{HISTORY_PIECE, HistoryPlace, Reader};
use crate::web::access::permissions::{Read, Record, View};
use crate::web::access::program::{BY_API, Program, StaffOrProgram};
use crate::web::api::list::List;
use crate::web::commands::run::act;
use crate::web::context::AppState;
use crate::web::http_error::{invalid_parameter, new_error, not_found, store_error};
use crate::web::log_reads::{read_long, read_quick, text};
use crate::web::request::listing::ListParams;
use crate::web::request::page_cursor::{HistoryScope, PageCursor};
use crate::web::view_models::formats::utc;
use crate::web::view_models::snapshot::{proof_word, who_name};
use crate::web::{examples, refusals};

pub(crate) fn routes() -> Vec<Route<AppState>> {
    let cleaning = json!({ "tag": examples::TAG, "cleaned_by": "Ada", "notes": "left wheel squeaks" });
    vec![
        row(Method::GET, "/api/v1/cleanings", "cleaning.list", Kind::Api, list)
            .summary("Cleanings, newest first: of everything as recorded, of one item as performed")
            .refusals(refusals::READING)
            .example(Example::default().query("limit=2")),
        row(Method::POST, "/api/v1/cleanings", "cleaning.add", Kind::Api, add)
            .summary("Records a cleaning")
            .commands(&["RecordCleaning"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(cleaning)),
    ]
}

/// A cleaning.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Cleaning")]
pub(crate) struct CleaningJson {
    /// Names it for good.
    id: String,
    /// Whether its entry was displaced by a card that forgot, and counts again.
    adopted: bool,
    /// The box that recorded it.
    r#box: BoxId,
    /// The epoch of its entry.
    epoch: Epoch,
    /// The number of its entry in that epoch, from 0.
    seq: u64,
    /// Which protocol was followed; null where the item has none.
    protocol: Option<ProtocolId>,
    /// The item's tag.
    tag: Tag,
    /// The item's name; null where nothing here says what the tag is on.
    equipment: Option<String>,
    /// Who cleaned.
    cleaned_by: String,
    /// How that is proven: `typed`, `pin`, `badge`, `login` or `unattributed`.
    proof: &'static str,
    /// When it was done (RFC 3339, UTC).
    performed_at: String,
    /// When it was recorded (RFC 3339, UTC).
    recorded_at: String,
    /// What was noted; null where nothing was.
    notes: Option<String>,
    /// How long the surface stayed wet, seconds.
    contact: Option<Contact>,
    /// Addresses of photos on this box.
    photos: Vec<String>,
    /// Whether it has all that its protocol asks.
    complete: bool,
    /// What it lacks, in words.
    missing: Vec<&'static str>,
    /// Whether it was taken back.
    voided: bool,
    /// Opens `/r/{receipt}`.
    receipt: Option<String>,
}

impl CleaningJson {
    /// As programs see it, whichever epoch its entry is in.
    pub(crate) fn read(
        state: &AppState,
        reader: &Reader,
        facility: &Facility,
        cleaning: &Cleaning,
    ) -> Result<Self, HttpError> {
        let entry = reader.line(cleaning.place()).map_err(store_error)?;
        let (mut notes, mut contact) = (None, None);
        if let Some(Event::CleaningRecorded(body)) = entry.as_ref().map(Entry::event) {
            notes = body.note.map(|note| text(reader, note.hash));
            contact = body.contact;
        }
        Ok(Self {
            id: id_of(cleaning, entry.as_ref()),
            adopted: cleaning.place().run.is_some(),
            r#box: state.store.origin().box_id,
            epoch: cleaning.of.epoch,
            seq: cleaning.of.seq,
            protocol: cleaning.protocol,
            tag: cleaning.tag,
            equipment: facility.equipment.get(&cleaning.tag).map(|item| item.name.clone()),
            cleaned_by: who_name(reader, facility, &cleaning.who),
            proof: proof_word(&cleaning.who),
            performed_at: utc(cleaning.performed_ms),
            recorded_at: utc(cleaning.recorded_ms),
            notes,
            contact,
            photos: cleaning.photos.iter().map(|hash| format!("/photos/{hash}.jpg")).collect(),
            complete: cleaning.is_complete(),
            missing: cleaning.incomplete.iter().map(|m| m.word()).collect(),
            voided: cleaning.voided.is_some(),
            receipt: entry.map(|e| Receipt::of(cleaning.of, e.leaf()).to_string()),
        })
    }
}

/// What names a cleaning for good. Of one number in a log there may be two: the one that stands there, and one that was displaced
/// from there and adopted, which its hash tells apart.
pub(crate) fn id_of(cleaning: &Cleaning, entry: Option<&Entry>) -> String {
    let place = format!("{}.{}", cleaning.of.epoch, cleaning.of.seq);
    match entry.filter(|_| cleaning.place().run.is_some()) {
        Some(entry) => format!("{place}.{}", &entry.leaf().to_string()[..8]),
        None => place,
    }
}

/// A part of a list of cleanings, and where the next part begins.
type CleaningsPart = (Vec<CleaningJson>, Option<HistoryPlace>);

/// Reads `rows` cleanings of a history, and one more, which tells where the next begin.
fn read_part(
    state: &AppState,
    reader: &Reader,
    scope: HistoryScope,
    (cursor, rows): (Option<HistoryPlace>, usize),
) -> Result<CleaningsPart, HttpError> {
    let found = match scope.0 {
        Some(tag) => reader.cleanings_of(tag, i64::MIN..i64::MAX, cursor, rows + 1).map_err(store_error)?,
        None => reader.cleanings(cursor, rows + 1).map_err(store_error)?,
    };
    scope.check(reader, cursor, found.first().map(|first| scope.place(reader, first)))?;
    let facility = state.store.snapshot();
    let part = found.iter().take(rows).map(|c| CleaningJson::read(state, reader, &facility, c));
    Ok((part.collect::<Result<_, _>>()?, found.get(rows).map(|next| scope.place(reader, next))))
}

/// Cleanings, newest first: of everything as recorded, of one item as performed.
pub(crate) async fn list_cleanings(
    state: &AppState,
    params: &ListParams,
) -> Result<List<CleaningJson>, HttpError> {
    let limit = params.limit()?;
    let tag = params.tag()?.map(|tag| state.store.snapshot().resolve(tag).map_or(tag, |item| item.tag));
    let scope = HistoryScope(tag);
    let (mut items, mut next) = (Vec::new(), scope.read(params.cursor.as_deref())?);
    loop {
        let part = (next, (limit - items.len()).min(HISTORY_PIECE - 1));
        let read = read_long(state, move |state, reader| read_part(state, reader, scope, part));
        let (more, from) = read.await?;
        items.extend(more);
        next = from;
        if next.is_none() || items.len() >= limit {
            break;
        }
    }
    Ok(List { items, next: next.map(|place| PageCursor::from(place).to_string()) })
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ListParams>,
) -> Result<Json<List<CleaningJson>>, HttpError> {
    list_cleanings(&state, &params).await.map(Json)
}

/// A cleaning as a program reports it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCleaning {
    /// The item, by any of its tags.
    tag: String,
    /// Who cleaned; needed unless the facility takes records without a name.
    #[serde(default)]
    cleaned_by: String,
    /// What is to be noted.
    #[serde(default)]
    notes: String,
    /// Which of the item's protocols; its first where it is absent.
    #[serde(default)]
    protocol: Option<ProtocolId>,
    /// The steps that were done, from 1; absent where that is not known.
    #[serde(default)]
    steps: Option<Vec<u16>>,
    /// What the surface was wiped with.
    #[serde(default)]
    agent: String,
    /// How long the surface stayed wet, seconds.
    #[serde(default)]
    contact_s: Option<u32>,
    /// When it was done, where that was earlier (RFC 3339, with its offset).
    #[serde(default)]
    performed_at: Option<String>,
}

async fn add(
    _: Program<Record>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewCleaning>,
) -> Result<Created<CleaningJson>, HttpError> {
    let tag = Tag::read(&new.tag).map_err(|e| invalid_parameter("tag", &format!("{e}.")))?;
    let form = CleaningForm {
        note: new.notes,
        protocol: new.protocol,
        steps: new.steps,
        agent: new.agent,
        stated_s: new.contact_s,
        performed_ms: new.performed_at.as_deref().map(read_time).transpose()?,
        ..CleaningForm::plain(tag, &new.cleaned_by)
    };
    let done = act(&state, BY_API, key, Command::RecordCleaning(Box::new(form))).await?;
    let recorded = read_quick(&state, move |state, reader| {
        let cleaning = reader.cleaning_of_line(done.line).map_err(store_error)?.ok_or_else(not_found)?;
        CleaningJson::read(state, reader, &state.store.snapshot(), &cleaning)
    });
    Created::at(&format!("/r/{}", Receipt::of(done.line.of, done.leaf)), recorded.await?)
}

/// Milliseconds since 1970.
fn read_time(text: &str) -> Result<i64, HttpError> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(jiff::Timestamp::as_millisecond).map_err(|_| {
        new_error(StatusCode::UNPROCESSABLE_ENTITY, "performed-at", "That is no time")
            .field("performed_at")
            .next("Give RFC 3339 with its offset, such as 2026-11-20T14:04:31-06:00.")
    })
}
