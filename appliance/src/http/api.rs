//! The API for programs: equipment, cleanings, compliance and labels, with a bearer token over HTTPS.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use record::compliance::{Status, Tally};
use record::entry::{By, Entry, Via};
use record::fold::{Cleaning, Facility};
use record::ids::ProtocolId;
use record::kinds::{Event, Schedule};
use record::receipt::Receipt;
use record::tag::Tag;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::act::{act, entry};
use super::form::{json_problem, read_json};
use super::page_cursor::{HistoryScope, PageCursor, bad_cursor};
use super::problem::Problem;
use super::query::Exactly;
use super::standing::Row;
use super::standing_board::board;
use super::tally::tallies;
use super::view::{Snapshot, proof_word, read_long, read_quick, text, who_name};
use super::words::utc;
use super::{AppState, sign_in};
use crate::identity::{AccessWanted, Scope, TokenState};
use crate::intake::{CleaningForm, Command, EquipmentFields, NewEquipment, NewProtocol};
use crate::listen::Peer;
use crate::store::{HISTORY_PIECE, HistoryPlace, Reader};

/// What a list gives when nobody asks for a number, and at most.
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 1_000;
const OPENAPI: &str = include_str!("openapi.json");

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], OPENAPI)))
        .route("/api/docs", get(docs))
        .route("/api/v1/equipment", get(equipment_list).post(equipment_add))
        .route("/api/v1/equipment/{tag}", get(equipment_one))
        .route("/api/v1/equipment/{tag}/schedules", axum::routing::post(schedule_set))
        .route("/api/v1/protocols", get(protocols_list).post(protocols_add))
        .route("/api/v1/cleanings", get(cleanings_list).post(cleanings_add))
        .route("/api/v1/compliance", get(compliance))
}

/// A program with a token, or a browser in which somebody has signed in: may read.
#[derive(Debug, Clone, Copy)]
pub(super) struct MayRead;

/// A program whose token may report cleanings. A session is not enough, as below.
#[derive(Debug, Clone, Copy)]
pub(super) struct MayRecord;

/// A program whose token may give commands. A session is not enough: its cookie comes along with any request.
#[derive(Debug, Clone, Copy)]
pub(super) struct MayWrite;

/// The text of a bearer token.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// The scope of the token that a request carries, if it carries one; an ended one is told what became of it.
fn scope(parts: &Parts, state: &AppState) -> Result<Option<Scope>, Problem> {
    let peer = parts.extensions.get::<Peer>().filter(|peer| peer.secure);
    let found = peer
        .zip(bearer(&parts.headers))
        .and_then(|(peer, text)| state.identity.tokens.find(text).map(|token| (peer, text, token)));
    let Some((peer, text, token)) = found else { return Ok(None) };
    let now_ms = state.clock.now().wall_ms;
    match token.state(now_ms) {
        TokenState::Live => {}
        TokenState::Expired => return Err(token_ended("token-expired", "This API token has ended")),
        TokenState::Revoked => return Err(token_ended("token-revoked", "This API token was revoked")),
    }
    if let Err(error) = state.identity.tokens.note_use(text, peer.remote, now_ms) {
        tracing::warn!(%error, token = token.id, "the use of a token was not noted");
    }
    Ok(Some(token.scope))
}

fn token_ended(code: &'static str, title: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, title)
        .detail("It is refused from now on; what it did before stays.")
        .safe("Nothing was changed.")
        .next(NEW_TOKEN)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
}

const NEW_TOKEN: &str = "A facility admin makes a token on the page “Programs”, or at the box: `cleantrack-appliance token create`.";

fn who_are_you() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token-needed", "This needs an API token")
        .detail("Send `Authorization: Bearer ct_…` over HTTPS.")
        .safe("Nothing was changed.")
        .next(NEW_TOKEN)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// Lets a program by whose token has at least this scope.
fn require(parts: &Parts, state: &AppState, least: Scope) -> Result<(), Problem> {
    let wanted = match least {
        Scope::Read => AccessWanted::Read,
        Scope::Record => AccessWanted::Record,
        Scope::Write => AccessWanted::Write,
    };
    let scope = scope(parts, state).map_err(|problem| problem.wanted(wanted))?;
    let scope = scope.ok_or_else(|| who_are_you().wanted(wanted))?;
    if scope >= least {
        return Ok(());
    }
    let title = match scope {
        Scope::Read => "This token may only read",
        Scope::Record | Scope::Write => "This token may only read and record cleanings",
    };
    Err(Problem::new(StatusCode::FORBIDDEN, "scope", title)
        .detail(format!(
            "It was made with the scope `{}`, and this request needs `{}`.",
            scope.word(),
            least.word()
        ))
        .safe("Nothing was changed.")
        .next(format!("Use a token of the scope `{}`.", least.word()))
        .wanted(wanted))
}

impl FromRequestParts<AppState> for MayRead {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if sign_in::session_of(state, &parts.headers, parts.extensions.get()).is_some() {
            return Ok(Self);
        }
        require(parts, state, Scope::Read).map(|()| Self)
    }
}

impl FromRequestParts<AppState> for MayRecord {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        require(parts, state, Scope::Record).map(|()| Self)
    }
}

impl FromRequestParts<AppState> for MayWrite {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        require(parts, state, Scope::Write).map(|()| Self)
    }
}

const BY_API: By = By { staff: None, via: Via::Api, device: None };

/// `?limit=&cursor=` of every list, and what some lists narrow by.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Listing {
    limit: Option<String>,
    cursor: Option<String>,
    tag: Option<String>,
    days: Option<String>,
}

impl Listing {
    fn limit(&self) -> Result<usize, Problem> {
        match self.limit.as_deref().map(str::parse::<usize>) {
            None => Ok(LIMIT),
            Some(Ok(limit)) if limit > 0 => Ok(limit.min(LIMIT_MAX)),
            Some(_) => Err(bad("limit", "A limit is a number from 1 to 1,000.")),
        }
    }

    fn tag(&self) -> Result<Option<Tag>, Problem> {
        let read = self.tag.as_deref().map(Tag::read).transpose();
        read.map_err(|e| bad("tag", &format!("{e}.")))
    }
}

pub(super) fn bad(field: &'static str, words: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "parameter", "A parameter does not fit")
        .detail(words.to_owned())
        .field(field)
        .safe("Nothing was changed.")
        .next("See /api/openapi.json.")
}

fn listed(items: Vec<Value>, next: Option<String>) -> Json<Value> {
    let next = next.map_or(Value::Null, Value::String);
    Json(Value::Object(
        [("items".to_owned(), Value::Array(items)), ("next".to_owned(), next)].into_iter().collect(),
    ))
}

/// The header that makes a repeat harmless.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    headers.get("idempotency-key").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
}

/// An item as programs see it.
pub(super) fn equipment_json(row: &Row) -> Value {
    let item = &row.item;
    let (word, by_ms, since_ms) = match row.status {
        Status::NoSchedule => ("no_schedule", None, None),
        Status::OutOfService { since_ms } => ("out_of_service", None, Some(since_ms)),
        Status::NotDue => ("not_due", None, None),
        Status::Clean { until_ms } => ("clean", until_ms, None),
        Status::Due { by_ms } => ("due", Some(by_ms), None),
        Status::DueAfterUse { since_ms, by_ms } => ("due_after_use", Some(by_ms), Some(since_ms)),
        Status::Overdue { since_ms } => ("overdue", None, Some(since_ms)),
    };
    let last = row.activity.as_ref().and_then(|a| a.last);
    json!({
        "tag": item.tag, "name": item.name, "asset_number": item.asset_number, "serial": item.serial,
        "maker": item.maker, "model": item.model, "category": item.category, "location": item.location,
        "class": item.class, "photo": item.photo, "protocols": item.protocols, "custom": item.custom,
        "service": item.service, "status": word, "due_by": by_ms.map(utc), "status_since": since_ms.map(utc),
        "schedule": item.schedule(None),
        "schedules": item.schedules().iter().map(|(protocol, schedule)| json!({
            "protocol": protocol, "schedule": schedule,
        })).collect::<Vec<_>>(),
        "last_cleaned_at": last.map(|l| utc(l.performed_ms)), "added_at": utc(item.added_ms),
    })
}

/// Items, newest first.
pub(super) async fn equipment_page(state: &AppState, ask: &Listing) -> Result<Json<Value>, Problem> {
    let limit = ask.limit()?;
    let cursor = ask.cursor.as_deref().map(PageCursor::read).transpose()?;
    let board = board(state).await?;
    let mut rows: Vec<(PageCursor, &Arc<Row>)> =
        board.all().iter().map(|row| (PageCursor::of_item(&row.item), row)).collect();
    rows.sort_by_key(|(key, _)| key.bytes());
    let from = match cursor {
        None => 0,
        Some(cursor) => {
            let found = rows.binary_search_by_key(&cursor.bytes(), |(key, _)| key.bytes());
            found.map_err(|_| bad_cursor())?
        }
    };
    let next = rows.get(from + limit).map(|(key, _)| key.to_string());
    let page = rows[from..].iter().take(limit);
    Ok(listed(page.map(|(_, row)| equipment_json(row)).collect(), next))
}

async fn equipment_list(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    equipment_page(&state, &ask).await
}

/// One item by any of its tags.
fn item_json(state: &AppState, tag: Tag) -> Result<Value, Problem> {
    let facility = state.store.snapshot();
    let item = facility.resolve(tag).ok_or_else(|| state.unknown_tag(tag))?;
    let local = Snapshot::of(state, &facility).local;
    let row = state.inner.boards.row_of(&facility, item, &local).ok_or_else(Problem::not_found)?;
    Ok(equipment_json(&row))
}

async fn equipment_one(
    State(state): State<AppState>,
    _: MayRead,
    Path(tag): Path<String>,
) -> Result<Json<Value>, Problem> {
    let tag = Tag::read(&tag).map_err(|_| Problem::not_found())?;
    item_json(&state, tag).map(Json)
}

/// A new item: its facts, and optionally a printed blank tag and a schedule.
#[derive(Debug, Deserialize)]
struct NewItem {
    tag: Option<String>,
    schedule: Option<Schedule>,
    #[serde(flatten)]
    fields: BTreeMap<String, Value>,
}

async fn equipment_add(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let new: NewItem = read_json(request).await?;
    let tag = new.tag.as_deref().map(Tag::read).transpose().map_err(|e| bad("tag", &format!("{e}.")))?;
    let fields = Value::Object(new.fields.into_iter().collect());
    let fields: EquipmentFields =
        serde_path_to_error::deserialize(fields).map_err(|error| json_problem(&error))?;
    let command = Command::AddEquipment(Box::new(NewEquipment { tag, fields, schedule: new.schedule }));
    let done = act(&state, BY_API, key, command).await?;
    let added = match entry(&state, done.line).await? {
        Some((_, Event::EquipmentAdded(added))) => added.tag,
        _ => return Err(Problem::from(crate::intake::Refusal::KeyReused)),
    };
    let body = item_json(&state, added)?;
    let location = super::guard::header_value(&format!("/api/v1/equipment/{added}"));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

/// A schedule of an item: for any protocol, or with `protocol` for one of its protocols.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSchedule {
    #[serde(default)]
    protocol: Option<ProtocolId>,
    schedule: Schedule,
}

async fn schedule_set(
    State(state): State<AppState>,
    _: MayWrite,
    Path(tag): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let tag = Tag::read(&tag).map_err(|_| Problem::not_found())?;
    let NewSchedule { protocol, schedule } = read_json(request).await?;
    act(&state, BY_API, key, Command::SetSchedule { tag, protocol, schedule }).await?;
    Ok((StatusCode::CREATED, Json(item_json(&state, tag)?)).into_response())
}

/// The newest version of each protocol.
async fn protocols_list(State(state): State<AppState>, _: MayRead) -> Json<Value> {
    let facility = state.store.snapshot();
    listed(facility.protocols.values().map(|protocol| json!(protocol)).collect(), None)
}

/// A new protocol, or with `protocol` a new version of one.
async fn protocols_add(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    let new: NewProtocol = read_json(request).await?;
    let done = act(&state, BY_API, key, Command::PublishProtocol(Box::new(new))).await?;
    match entry(&state, done.line).await? {
        Some((_, Event::ProtocolPublished(published))) => {
            Ok((StatusCode::CREATED, Json(published)).into_response())
        }
        _ => Err(Problem::from(crate::intake::Refusal::KeyReused)),
    }
}

/// A cleaning as programs see it, whichever epoch its entry is in.
fn cleaning_json(
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
fn id_of(cleaning: &Cleaning, entry: Option<&Entry>) -> String {
    let place = format!("{}.{}", cleaning.of.epoch, cleaning.of.seq);
    match entry.filter(|_| cleaning.place().run.is_some()) {
        Some(entry) => format!("{place}.{}", &entry.leaf().to_string()[..8]),
        None => place,
    }
}

/// A part of a page of cleanings, and where the next part begins.
type CleaningsPart = (Vec<Value>, Option<HistoryPlace>);

/// Reads `rows` cleanings of a history, and one more, which tells where the next begin.
fn cleanings_part(
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
pub(super) async fn cleanings_page(state: &AppState, ask: &Listing) -> Result<Json<Value>, Problem> {
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

async fn cleanings_list(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    cleanings_page(&state, &ask).await
}

/// A cleaning as a program reports it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCleaning {
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

async fn cleanings_add(
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
    let location = super::guard::header_value(&format!("/r/{}", Receipt::of(done.line.of, done.leaf)));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

#[derive(Serialize)]
struct Period {
    days: usize,
    met: u32,
    closed: u32,
    /// Percent with one decimal; absent where no window closed.
    rate: Option<f64>,
}

fn period(days: usize, tally: Tally) -> Period {
    let rate = tally.rate().map(|rate| f64::from(rate.per_mille()) / 10.0);
    Period { days, met: tally.met, closed: tally.closed, rate }
}

/// Rates of the facility and of each item.
pub(super) async fn compliance_json(state: &AppState) -> Result<Value, Problem> {
    let (tallies, board) = (tallies(state).await?, board(state).await?);
    let (facility, overdue) = (&board.seen, board.overdue().len());
    let snapshot = Snapshot::of(state, facility);
    let items: Vec<Value> = tallies
        .items
        .iter()
        .filter_map(|(tag, tally)| Some((facility.equipment.get(tag)?, tally)))
        .map(|(item, tally)| json!({ "tag": item.tag, "equipment": item.name, "last_30_days": period(30, *tally) }))
        .collect();
    Ok(json!({
        "facility": snapshot.settings.name, "zone": snapshot.local.zone_name(), "as_of": utc(snapshot.now_ms()),
        "overdue": overdue,
        "today": period(1, tallies.last(1)), "last_7_days": period(7, tallies.last(7)),
        "last_30_days": period(30, tallies.last(30)), "items": items,
    }))
}

async fn compliance(
    State(state): State<AppState>,
    _: MayRead,
    Exactly(ask): Exactly<Listing>,
) -> Result<Json<Value>, Problem> {
    let mut body = compliance_json(&state).await?;
    if let Some(days) = ask.days.as_deref() {
        let days = days.parse::<usize>().ok().filter(|d| (1..=30).contains(d));
        let days = days.ok_or_else(|| bad("days", "A period has 1 to 30 days."))?;
        let tally = tallies(&state).await?.last(days);
        body["period"] = serde_json::to_value(period(days, tally)).map_err(|e| Problem::internal(&e))?;
    }
    Ok(Json(body))
}

#[derive(askama::Template)]
#[template(path = "docs.html")]
struct DocsPage {
    frame: super::frame::Frame,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    path: String,
    summary: String,
}

/// The description, for people.
async fn docs(State(state): State<AppState>) -> Result<Response, Problem> {
    let frame = super::frame::Frame::new(&state, &Snapshot::now(&state), "API");
    let page = DocsPage { frame, operations: operations() };
    askama::Template::render(&page).map(|html| Html(html).into_response()).map_err(|e| Problem::internal(&e))
}

/// Every operation that the description names.
fn operations() -> Vec<Operation> {
    let described: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    let paths = described["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: operation["summary"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .collect()
}
