//! Cleanings, for programs.

use api::{CleaningDetails, CleaningSources, CleaningTexts, ListJson};
use axum::extract::State;
use http::{Method, StatusCode};
use record::anchor::time_certainty;
use record::entry::Entry;
use record::fold::{CleaningRecord, FacilityState, LinePlace};
use record::ids::{Epoch, ProtocolId};
use record::kinds::{CheckMethod, CheckResult, CivilDay, CleaningTrigger, Event, SpauldingClass};
use record::receipt::Receipt;
use record::tag::Tag;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::{Created, Json};
use web::argument::{IdempotencyKey, JsonBody, Path, Query};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::intake::{CheckForm, CleaningForm, Command, HAND_TRIGGERS};
use crate::store::{HISTORY_PIECE, HistoryPlace, LogReader};
use crate::web::access::permissions::{Read, Record, View, Write};
use crate::web::access::program::{BY_API, ProgramCaller, StaffOrProgram};
use crate::web::api::v1::records::photos::check_photos_are_here;
use crate::web::commands::run::run_command;
use crate::web::context::AppState;
use crate::web::http_error::{history_missing, invalid_parameter, new_error, not_found, store_error};
use crate::web::log_reads::{StoredText, read_long, read_quick};
use crate::web::request::lists::listing::ListParams;
use crate::web::request::lists::page_cursor::{HistoryScope, PageCursor};
use crate::web::{examples, refusals};

pub(crate) fn cleaning_routes() -> Vec<Route<AppState>> {
    let cleaning = json!({ "tag": examples::TAG, "cleaned_by": "Ada", "notes": "left wheel squeaks" });
    let found = json!({ "result": "good", "method": "atp", "value": 42, "unit": "RLU" });
    vec![
        row(Method::GET, "/api/v1/cleanings", "cleaning.list", RouteKind::Api, list)
            .summary("Cleanings, newest first: of everything as recorded, of one item as performed")
            .refusals(refusals::READING)
            .example(Example::default().query("limit=2")),
        row(Method::POST, "/api/v1/cleanings", "cleaning.add", RouteKind::Api, add)
            .summary("Records a cleaning")
            .commands(&["RecordCleaning"])
            .refusals(refusals::COMMANDING)
            .example(Example::default().json(cleaning)),
        row(Method::GET, "/api/v1/cleanings/{id}", "cleaning.find", RouteKind::Api, find)
            .summary("One cleaning")
            .refusals(refusals::READING)
            .example(examples::cleaning_example()),
        row(Method::POST, "/api/v1/cleanings/{id}/checks", "check.add", RouteKind::Api, check_cleaning)
            .summary("Records what somebody else found who looked at what a cleaning had done")
            .commands(&["RecordCheck"])
            .refusals(refusals::COMMANDING)
            .example(examples::cleaning_example().json(found)),
        row(Method::POST, "/api/v1/cleanings/{id}/void", "void.add", RouteKind::Api, void)
            .summary("Voids a cleaning, with the reason; both records stay")
            .commands(&["VoidCleaning"])
            .refusals(refusals::COMMANDING)
            .example(examples::cleaning_example().json(json!({ "reason": "Wrong item scanned" }))),
    ]
}

/// A cleaning.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Cleaning")]
pub(crate) struct CleaningJson {
    /// Names it for good.
    id: String,
    #[serde(flatten)]
    cleaning: CleaningDetails,
}

impl CleaningJson {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn read(
        state: &AppState,
        reader: &LogReader,
        facility: &FacilityState,
        cleaning: &CleaningRecord,
    ) -> Result<Self, HttpError> {
        let entry = reader.line(cleaning.place()).map_err(store_error)?;
        let note = match entry.as_ref().map(Entry::event) {
            Some(Event::CleaningRecorded(body)) => body.note,
            _ => None,
        };
        let texts = CleaningTexts {
            equipment: facility.equipment.get(&cleaning.tag).map(|item| item.facts.name.clone()),
            cleaned_by: StoredText::of_cleaner(reader, facility, &cleaning.who)
                .and_then(StoredText::readable),
            notes: note.and_then(|note| StoredText::read(reader, note.hash).readable()),
        };
        let sources = CleaningSources {
            box_id: state.store.origin().box_id,
            cleaning,
            entry: entry.as_ref(),
            certainty: time_certainty(&cleaning.at, facility.boots.get(&cleaning.at.boot).copied()),
            photos: cleaning.photos.iter().map(|hash| format!("/photos/{hash}.jpg")).collect(),
            texts,
        };
        Ok(Self { id: id_of(cleaning, entry.as_ref()), cleaning: sources.into() })
    }
}

pub(crate) fn id_of(cleaning: &CleaningRecord, entry: Option<&Entry>) -> String {
    cleaning_id(cleaning.place(), entry)
}

fn cleaning_id(line: LinePlace, entry: Option<&Entry>) -> String {
    let place = format!("{}.{}", line.of.epoch, line.of.seq);
    match entry.filter(|_| line.run.is_some()) {
        Some(entry) => format!("{place}.{}", &entry.leaf().to_string()[..8]),
        None => place,
    }
}

/// The epoch's number and the entry's that an id begins with.
fn read_id(id: &str) -> Option<(u32, u64)> {
    let mut parts = id.splitn(3, '.');
    let epoch: Epoch = parts.next()?.parse().ok()?;
    Some((epoch.n, parts.next()?.parse().ok()?))
}

fn find_cleaning(state: &AppState, reader: &LogReader, id: &str) -> Result<CleaningRecord, HttpError> {
    let (n, seq) = read_id(id).ok_or_else(not_found)?;
    let lines = reader.lines_of(n, seq).map_err(store_error)?;
    let named = lines.into_iter().find(|(line, entry)| cleaning_id(*line, Some(entry)) == id);
    let (line, entry) = named.ok_or_else(|| match state.lacks_entry(n, seq) {
        true => history_missing(),
        false => not_found(),
    })?;
    let counted = reader.cleaning_at(line).map_err(store_error)?;
    counted.or_else(|| reader.uncounted_cleaning(line, &entry)).ok_or_else(not_found)
}

pub(crate) async fn show_cleaning(state: &AppState, id: String) -> Result<CleaningJson, HttpError> {
    let read = read_quick(state, move |state, reader| {
        let cleaning = find_cleaning(state, reader, &id)?;
        CleaningJson::read(state, reader, &state.store.snapshot(), &cleaning)
    });
    read.await
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<CleaningJson>, HttpError> {
    show_cleaning(&state, id).await.map(Json)
}

/// Why a cleaning is not to count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewVoid {
    /// At most 1,000 characters; people read it beside the record.
    reason: String,
}

async fn void(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(NewVoid { reason }): JsonBody<NewVoid>,
) -> Result<Json<CleaningJson>, HttpError> {
    let named = id.clone();
    let found = read_quick(&state, move |state, reader| find_cleaning(state, reader, &named));
    let line = found.await?.place();
    run_command(&state, BY_API, key, Command::VoidCleaning { line, reason }).await?;
    show_cleaning(&state, id).await.map(Json)
}

/// What a spot check found.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCheck {
    /// `good` or `again`.
    result: CheckResult,
    /// `look`, `atp`, `marker` or `culture`.
    #[serde(default)]
    method: Option<CheckMethod>,
    /// What was measured.
    #[serde(default)]
    value: Option<i64>,
    /// In which unit, at most 16 characters.
    #[serde(default)]
    unit: String,
    /// A remark, at most 1,000 characters.
    #[serde(default)]
    text: String,
    /// Photos that the box keeps already, at most 4.
    #[serde(default)]
    photos: Vec<Hash>,
}

async fn check_cleaning(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(NewCheck { result, method, value, unit, text, photos }): JsonBody<NewCheck>,
) -> Result<Json<CleaningJson>, HttpError> {
    let named = id.clone();
    let found = read_quick(&state, move |state, reader| find_cleaning(state, reader, &named));
    let line = found.await?.place();
    check_photos_are_here(&state, &photos).await?;
    let form = CheckForm { line, result: Some(result), method, value, unit, text, photos };
    run_command(&state, BY_API, key, Command::RecordCheck(Box::new(form))).await?;
    show_cleaning(&state, id).await.map(Json)
}

/// A part of a list of cleanings, and where the next part begins.
type CleaningsPart = (Vec<CleaningJson>, Option<HistoryPlace>);

fn read_part(
    state: &AppState,
    reader: &LogReader,
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
) -> Result<ListJson<CleaningJson>, HttpError> {
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
    Ok(ListJson { items, next: next.map(|place| PageCursor::from(place).to_string()) })
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Query(params): Query<ListParams>,
) -> Result<Json<ListJson<CleaningJson>>, HttpError> {
    list_cleanings(&state, &params).await.map(Json)
}

/// A cleaning as a program reports it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCleaning {
    /// The item, by any of its tags.
    tag: String,
    /// Who cleaned; needed unless the facility takes records without a name.
    #[serde(default)]
    cleaned_by: String,
    /// What is to be noted.
    #[serde(default)]
    notes: String,
    /// Which of the item's protocols; the one that is offered first where it is absent.
    #[serde(default)]
    protocol: Option<ProtocolId>,
    /// The steps that were done, from 1; absent where that is not known.
    #[serde(default)]
    steps: Option<Vec<u16>>,
    /// What the surface was wiped with; absent: the one disinfectant of the protocol, where the steps are stated.
    #[serde(default)]
    agent: String,
    /// Its lot.
    #[serde(default)]
    lot: String,
    /// The last day of that.
    #[serde(default)]
    lot_expires: Option<CivilDay>,
    /// What led to it: `schedule`, `after use`, `soiled`, `incident` or `returned`.
    #[serde(default)]
    trigger: Option<CleaningTrigger>,
    /// The class of this use, where it was higher than usual.
    #[serde(default)]
    class: Option<SpauldingClass>,
    /// How long the surface stayed wet, seconds.
    #[serde(default)]
    contact_s: Option<u32>,
    /// When it was done, where that was earlier (RFC 3339, with its offset).
    #[serde(default)]
    performed_at: Option<String>,
}

pub(crate) struct RecordedCleaning {
    pub(crate) receipt: Receipt,
    pub(crate) cleaning: CleaningJson,
}

pub(crate) async fn add_cleaning(
    state: &AppState,
    key: Option<String>,
    new: NewCleaning,
) -> Result<RecordedCleaning, HttpError> {
    let tag = Tag::read(&new.tag).map_err(|e| invalid_parameter("tag", format!("{e}.")))?;
    if new.trigger.as_ref().is_some_and(|trigger| !HAND_TRIGGERS.contains(trigger)) {
        let words = "Not a trigger: schedule, after use, soiled, incident or returned.";
        return Err(invalid_parameter("trigger", words.to_owned()));
    }
    let form = CleaningForm {
        note: new.notes,
        protocol: new.protocol,
        steps: new.steps,
        agent: new.agent,
        lot: new.lot,
        lot_expires: new.lot_expires,
        trigger: new.trigger,
        class: new.class,
        stated_s: new.contact_s,
        performed_ms: new.performed_at.as_deref().map(|at| read_time("performed_at", at)).transpose()?,
        ..CleaningForm::plain(tag, &new.cleaned_by)
    };
    let done = run_command(state, BY_API, key, Command::RecordCleaning(Box::new(form))).await?;
    let recorded = read_quick(state, move |state, reader| {
        let cleaning = reader.cleaning_at(done.line).map_err(store_error)?.ok_or_else(not_found)?;
        CleaningJson::read(state, reader, &state.store.snapshot(), &cleaning)
    });
    Ok(RecordedCleaning { receipt: Receipt::of(done.line.of, done.leaf), cleaning: recorded.await? })
}

async fn add(
    _: ProgramCaller<Record>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(new): JsonBody<NewCleaning>,
) -> Result<Created<CleaningJson>, HttpError> {
    let RecordedCleaning { receipt, cleaning } = add_cleaning(&state, key, new).await?;
    Created::at(&format!("/r/{receipt}"), cleaning)
}

/// Milliseconds since 1970.
pub(crate) fn read_time(field: &'static str, text: &str) -> Result<i64, HttpError> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(jiff::Timestamp::as_millisecond).map_err(|_| {
        new_error(StatusCode::UNPROCESSABLE_ENTITY, "time", "Not a valid time")
            .field(field)
            .next("Give RFC 3339 with its offset, such as 2026-11-20T14:04:31-06:00.")
    })
}
