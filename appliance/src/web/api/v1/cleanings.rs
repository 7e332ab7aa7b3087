//! Cleanings, for programs.

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::LOCATION;
use record::entry::Entry;
use record::fold::{Cleaning, Facility};
use record::ids::ProtocolId;
use record::kinds::Event;
use record::receipt::Receipt;
use record::tag::Tag;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::intake::{CleaningForm, Command};
use crate::store::{HISTORY_PIECE, HistoryPlace, Reader};
use crate::web::access::program::{BY_API, MayRead, MayRecord};
use crate::web::answer;
use crate::web::api::v1::equipment::listed;
use crate::web::commands::run::act;
use crate::web::context::AppState;
use crate::web::http_error::{Problem, bad};
use crate::web::log_reads::{read_long, read_quick, text};
use crate::web::request::form::read_json;
use crate::web::request::idempotency::idempotency_key;
use crate::web::request::listing::Listing;
use crate::web::request::page_cursor::{HistoryScope, PageCursor};
use crate::web::request::query::Exactly;
use crate::web::view_models::formats::utc;
use crate::web::view_models::snapshot::{proof_word, who_name};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/cleanings", get(cleanings_list).post(cleanings_add))
}

/// A cleaning as programs see it, whichever epoch its entry is in.
pub(crate) fn cleaning_json(
    state: &AppState,
    reader: &Reader,
    facility: &Facility,
    cleaning: &Cleaning,
) -> Result<Value, Problem> {
    let entry = reader.line(cleaning.place())?;
    let (mut notes, mut contact) = (None, None);
    if let Some(Event::CleaningRecorded(body)) = entry.as_ref().map(Entry::event) {
        notes = body.note.map(|note| text(reader, note.hash));
        contact = body.contact;
    }
    let photos: Vec<String> = cleaning.photos.iter().map(|hash| format!("/photos/{hash}.jpg")).collect();
    let missing: Vec<&str> = cleaning.incomplete.iter().map(|m| m.word()).collect();
    Ok(json!({
        "id": id_of(cleaning, entry.as_ref()), "adopted": cleaning.place().run.is_some(),
        "box": state.store.origin().box_id, "epoch": cleaning.of.epoch, "seq": cleaning.of.seq,
        "protocol": cleaning.protocol, "tag": cleaning.tag, "equipment": facility.equipment.get(&cleaning.tag).map(|item| &item.name),
        "cleaned_by": who_name(reader, facility, &cleaning.who), "proof": proof_word(&cleaning.who),
        "performed_at": utc(cleaning.performed_ms), "recorded_at": utc(cleaning.recorded_ms),
        "notes": notes, "contact": contact, "photos": photos,
        "complete": cleaning.is_complete(), "missing": missing, "voided": cleaning.voided.is_some(),
        "receipt": entry.map(|e| Receipt::of(cleaning.of, e.leaf()).to_string()),
    }))
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

/// A part of a page of cleanings, and where the next part begins.
pub(crate) type CleaningsPart = (Vec<Value>, Option<HistoryPlace>);

/// Reads `rows` cleanings of a history, and one more, which tells where the next begin.
pub(crate) fn cleanings_part(
    state: &AppState,
    reader: &Reader,
    scope: HistoryScope,
    (cursor, rows): (Option<HistoryPlace>, usize),
) -> Result<CleaningsPart, Problem> {
    let found = match scope.0 {
        Some(tag) => reader.cleanings_of(tag, i64::MIN..i64::MAX, cursor, rows + 1)?,
        None => reader.cleanings(cursor, rows + 1)?,
    };
    scope.check(reader, cursor, found.first().map(|first| scope.place(reader, first)))?;
    let facility = state.store.snapshot();
    let json = found.iter().take(rows).map(|c| cleaning_json(state, reader, &facility, c));
    Ok((json.collect::<Result<_, _>>()?, found.get(rows).map(|next| scope.place(reader, next))))
}

/// Cleanings, newest first: of everything as recorded, of one item as performed.
pub(crate) async fn cleanings_page(state: &AppState, ask: &Listing) -> Result<Json<Value>, Problem> {
    let limit = ask.limit()?;
    let tag = ask.tag()?.map(|tag| state.store.snapshot().resolve(tag).map_or(tag, |item| item.tag));
    let scope = HistoryScope(tag);
    let (mut items, mut next) = (Vec::new(), scope.read(ask.cursor.as_deref())?);
    loop {
        let part = (next, (limit - items.len()).min(HISTORY_PIECE - 1));
        let read = read_long(state, move |state, reader| cleanings_part(state, reader, scope, part));
        let (more, from) = read.await?;
        items.extend(more);
        next = from;
        if next.is_none() || items.len() >= limit {
            break;
        }
    }
    Ok(listed(items, next.map(|place| PageCursor::from(place).to_string())))
}

pub(crate) async fn cleanings_list(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    cleanings_page(&state, &ask).await
}

/// A cleaning as a program reports it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCleaning {
    tag: String,
    #[serde(default)]
    cleaned_by: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    protocol: Option<ProtocolId>,
    #[serde(default)]
    steps: Option<Vec<u16>>,
    #[serde(default)]
    agent: String,
    #[serde(default)]
    contact_s: Option<u32>,
    #[serde(default)]
    performed_at: Option<String>,
}

pub(crate) async fn cleanings_add(
    State(state): State<AppState>,
    _: MayRecord,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let new: NewCleaning = read_json(request).await?;
    let tag = Tag::read(&new.tag).map_err(|e| bad("tag", &format!("{e}.")))?;
    let performed_ms = match new.performed_at.as_deref() {
        None => None,
        Some(text) => {
            let wrong = || {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "performed-at", "That is no time")
                    .field("performed_at")
            };
            let at: jiff::Timestamp = text.parse().map_err(|_| {
                wrong().next("Give RFC 3339 with its offset, such as 2026-11-20T14:04:31-06:00.")
            })?;
            Some(at.as_millisecond())
        }
    };
    let form = CleaningForm {
        note: new.notes,
        protocol: new.protocol,
        steps: new.steps,
        agent: new.agent,
        stated_s: new.contact_s,
        performed_ms,
        ..CleaningForm::plain(tag, &new.cleaned_by)
    };
    let done = act(&state, BY_API, key, Command::RecordCleaning(Box::new(form))).await?;
    let body = read_quick(&state, move |state, reader| {
        let cleaning = reader.cleaning_of_line(done.line)?.ok_or_else(Problem::not_found)?;
        cleaning_json(state, reader, &state.store.snapshot(), &cleaning)
    });
    let body = body.await?;
    let location = answer::header_value(&format!("/r/{}", Receipt::of(done.line.of, done.leaf)));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}
