//! The sample: things that people name on a page and programs name by an API.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use askama::Template;
use axum::extract::{FromRequestParts, State};
use bytes::Bytes;
use futures_util::stream;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::signature::{SVIX, SignatureScheme, SigningSecret};
use web::answer::{
    Accepted, Created, FileDownload, FormRecall, FormReply, Json, MediaBytes, Ndjson, NoContent, OneOf, Page,
    SeeOther, media,
};
use web::argument::{FormBody, IdempotencyKey, JsonBody, LenientQuery, Path, Query, SignedBody};
use web::error::HttpError;
use web::route::{
    Access, AnyCaller, Argument, Caller, Example, Operation, Route, RouteKind, SenderCaller, SenderSecrets,
    SignedSender, row,
};
use web::table::{ApiInfo, Table, TableError};

pub(crate) const SESSION: &str = "session=5f1c-editor";
pub(crate) const VIEWER: &str = "session=77aa-viewer";
pub(crate) const READER: &str = "Bearer ct_reader_secret";
pub(crate) const WRITER: &str = "Bearer ct_writer_secret";

/// What handlers see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Things {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    names: BTreeMap<u32, String>,
    records: u64,
}

impl Things {
    pub(crate) fn with_one() -> Self {
        let things = Self::default();
        things.lock().names.insert(1, "Ultrasound 2".repeat(20));
        things
    }

    pub(crate) fn records(&self) -> u64 {
        self.lock().records
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn add(&self, name: &str) -> Thing {
        let mut inner = self.lock();
        let id = inner.names.keys().next_back().map_or(1, |last| last + 1);
        inner.records += 1;
        inner.names.insert(id, name.to_owned());
        Thing { id, name: name.to_owned(), remark: None }
    }

    fn find(&self, id: u32) -> Result<Thing, HttpError> {
        let name = self.lock().names.get(&id).cloned();
        name.map(|name| Thing { id, name, remark: None })
            .ok_or_else(|| HttpError::new(StatusCode::NOT_FOUND, "unknown-thing", "No thing has this id"))
    }
}

/// A thing.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Thing {
    /// Its number.
    pub(crate) id: u32,
    /// Its name.
    pub(crate) name: String,
    /// What somebody remarked; null where nobody did.
    pub(crate) remark: Option<String>,
}

/// Part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(crate) struct List<T> {
    /// The things.
    items: Vec<T>,
    /// The `cursor` of what comes next; null at the end.
    next: Option<u32>,
}

/// A thing that is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewThing {
    /// 1 to 60 characters.
    name: String,
    #[serde(default)]
    colour: Option<Colour>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

/// A part of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParams {
    /// 1 to 1,000.
    limit: Option<u16>,
    /// The `next` of the list before.
    cursor: Option<u32>,
}

/// How a label is to be printed.
#[derive(Debug, Deserialize, JsonSchema)]
struct LabelOrder {
    copies: Copies,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Copies {
    None,
    Some { number: u8 },
}

/// A line of the log.
#[derive(Debug, Serialize, JsonSchema)]
struct LogLine {
    seq: u64,
}

/// What scripts of the program before this one read.
#[derive(Debug, Serialize, JsonSchema)]
struct OldRegistered {
    success: bool,
    message: String,
}

/// How many records there are.
#[derive(Debug, Serialize, JsonSchema)]
struct LiveMark {
    mark: u64,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
struct LiveParams {
    since: Option<u64>,
}

/// Somebody who has signed in and may edit.
#[derive(Debug)]
pub(crate) struct Editor {
    _private: (),
}

impl Caller for Editor {
    const ACCESS: Access = Access::Session("edit");
}

/// A program that may write.
#[derive(Debug)]
pub(crate) struct Writer {
    _private: (),
}

impl Caller for Writer {
    const ACCESS: Access = Access::Token("write");
}

/// Whoever may read.
#[derive(Debug)]
pub(crate) struct Reader {
    _private: (),
}

impl Caller for Reader {
    const ACCESS: Access = Access::SessionOrToken { permission: "view", scope: "read" };
}

/// A box with its certificate.
#[derive(Debug)]
pub(crate) struct BoxCaller {
    _private: (),
}

impl Caller for BoxCaller {
    const ACCESS: Access = Access::Certificate;
}

/// What the listener says of a connection with a client certificate.
#[derive(Debug, Clone)]
pub(crate) struct ClientCertificate;

fn shows(parts: &Parts, name: header::HeaderName, value: &str) -> bool {
    parts.headers.get(name).is_some_and(|present| present == value)
}

fn forbidden() -> HttpError {
    HttpError::new(StatusCode::FORBIDDEN, "not-allowed", "Your role does not include this")
}

fn sign_in() -> HttpError {
    HttpError::new(StatusCode::UNAUTHORIZED, "sign-in", "Sign in first")
        .page_location("/sign-in?next=/things")
}

fn token_needed() -> HttpError {
    HttpError::new(StatusCode::UNAUTHORIZED, "token-needed", "This needs an API token")
        .header(header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"))
}

impl<S: Send + Sync> FromRequestParts<S> for Editor {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        if shows(parts, header::COOKIE, SESSION) {
            return Ok(Self { _private: () });
        }
        Err(if shows(parts, header::COOKIE, VIEWER) { forbidden() } else { sign_in() })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Writer {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        if shows(parts, AUTHORIZATION, WRITER) {
            return Ok(Self { _private: () });
        }
        Err(if shows(parts, AUTHORIZATION, READER) { forbidden() } else { token_needed() })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let by_session = shows(parts, header::COOKIE, SESSION) || shows(parts, header::COOKIE, VIEWER);
        let by_token = shows(parts, AUTHORIZATION, READER) || shows(parts, AUTHORIZATION, WRITER);
        if by_session || by_token { Ok(Self { _private: () }) } else { Err(token_needed()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for BoxCaller {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        parts.extensions.get::<ClientCertificate>().map(|_| Self { _private: () }).ok_or_else(forbidden)
    }
}

/// A service that tells of events.
#[derive(Debug)]
pub(crate) struct EventSender;

pub(crate) const NOW_S: i64 = 1_795_204_920;
pub(crate) const EVENT: &[u8] = br#"{ "type": "thing.lost" }"#;
pub(crate) const EVENT_BYTES_MAX: usize = 1_024;

impl SignedSender for EventSender {
    const NAME: &'static str = "events";
    const SCHEME: SignatureScheme = SVIX;
}

impl SenderSecrets<EventSender> for Things {
    fn signing_secrets(&self) -> Vec<SigningSecret> {
        [b"old", b"new"].map(|bytes| SigningSecret::of_bytes(bytes.to_vec())).to_vec()
    }

    fn now_s(&self) -> i64 {
        NOW_S
    }
}

async fn take_event(
    sender: SenderCaller<EventSender>,
    State(things): State<Things>,
    body: SignedBody<EVENT_BYTES_MAX>,
) -> Result<NoContent, HttpError> {
    let message = body.open(sender)?;
    things.add(message.id.as_deref().unwrap_or_default());
    Ok(NoContent)
}

/// An extractor of the program's own.
#[derive(Debug, Clone)]
pub(crate) struct Context(Things);

impl FromRequestParts<Things> for Context {
    type Rejection = Infallible;
    async fn from_request_parts(_: &mut Parts, things: &Things) -> Result<Self, Infallible> {
        Ok(Self(things.clone()))
    }
}

impl Argument for Context {
    fn describe(_: &mut Operation<'_>) {}
}

#[derive(Template)]
#[template(
    source = "<!DOCTYPE html><title>{{ title }}</title>{% for name in names %}<p>{{ name }}</p>{% endfor %}<form><input name=\"name\" value=\"{{ entered }}\">",
    ext = "html"
)]
struct ThingsPage<'a> {
    title: &'a str,
    names: Vec<String>,
    entered: &'a str,
}

async fn show(
    _: AnyCaller,
    context: Context,
    LenientQuery(params): LenientQuery<ListParams>,
) -> Result<Page, HttpError> {
    let limit = usize::from(params.limit.unwrap_or(100));
    let from = params.cursor.unwrap_or(0);
    let names = context.0.lock().names.range(from..).take(limit).map(|(_, name)| name.clone()).collect();
    Page::draw(&ThingsPage { title: "Things", names, entered: "" })
}

async fn save(_: Editor, State(things): State<Things>, form: FormBody) -> Result<FormReply, HttpError> {
    if form.fields.text("form") != "token-of-editor" {
        return Err(forbidden());
    }
    let name = form.fields.text("name");
    if name.trim().is_empty() {
        let page = Page::draw(&ThingsPage { title: "Error: Things", names: Vec::new(), entered: name })?;
        return Ok(FormReply::Again(FormRecall::Invalid, page));
    }
    let thing = things.add(name);
    Ok(FormReply::Done(SeeOther::to(&format!("/things?cursor={}", thing.id))?))
}

async fn list(
    _: Reader,
    State(things): State<Things>,
    Query(params): Query<ListParams>,
) -> Result<Json<List<Thing>>, HttpError> {
    let limit = usize::from(params.limit.unwrap_or(100));
    let from = params.cursor.unwrap_or(0);
    let inner = things.lock();
    let mut items =
        inner.names.range(from..).map(|(&id, name)| Thing { id, name: name.clone(), remark: None });
    let page: Vec<Thing> = items.by_ref().take(limit).collect();
    Ok(Json(List { items: page, next: items.next().map(|thing| thing.id) }))
}

async fn find(_: Reader, context: Context, Path(id): Path<u32>) -> Result<Json<Thing>, HttpError> {
    context.0.find(id).map(Json)
}

async fn add(
    _: Writer,
    State(things): State<Things>,
    _: IdempotencyKey,
    JsonBody(new): JsonBody<NewThing>,
) -> Result<Created<Thing>, HttpError> {
    let _colour = new.colour;
    if !(1..=60).contains(&new.name.chars().count()) {
        let refusal = HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "name", "The name does not fit");
        return Err(refusal.field("name"));
    }
    let thing = things.add(&new.name);
    Created::at(&format!("/api/v1/things/{}", thing.id), thing)
}

async fn print(
    _: Writer,
    State(things): State<Things>,
    Path((id, _number)): Path<(u32, u8)>,
    JsonBody(order): JsonBody<LabelOrder>,
) -> Result<OneOf<Accepted<Thing>, NoContent>, HttpError> {
    let thing = things.find(id)?;
    Ok(match order.copies {
        Copies::None => OneOf::Second(NoContent),
        Copies::Some { number } => OneOf::First(Json(Thing { remark: Some(number.to_string()), ..thing })),
    })
}

async fn remove(
    _: Writer,
    State(things): State<Things>,
    Path(id): Path<u32>,
) -> Result<NoContent, HttpError> {
    let thing = things.find(id)?;
    let mut inner = things.lock();
    inner.names.remove(&thing.id);
    inner.records += 1;
    Ok(NoContent)
}

async fn export(_: Reader, State(things): State<Things>) -> Result<Ndjson<LogLine>, HttpError> {
    let records = things.records() + 100;
    let line =
        |seq| serde_json::to_vec(&LogLine { seq }).map(|bytes| Bytes::from([bytes, b"\n".to_vec()].concat()));
    Ok(Ndjson::from_chunks(stream::unfold(0, move |seq| async move {
        (seq < records).then(|| (line(seq), seq + 1))
    })))
}

async fn register(
    _: AnyCaller,
    State(things): State<Things>,
    Path(token): Path<String>,
    form: FormBody,
) -> Result<Created<OldRegistered>, HttpError> {
    if token != "5f1c" {
        return Err(HttpError::new(StatusCode::NOT_FOUND, "unknown-token", "This is no token"));
    }
    things.add(form.fields.text("name"));
    Created::at("/things", OldRegistered { success: true, message: "Recorded".to_owned() })
}

async fn live(
    _: AnyCaller,
    State(things): State<Things>,
    LenientQuery(params): LenientQuery<LiveParams>,
) -> Result<OneOf<Json<LiveMark>, NoContent>, HttpError> {
    let mark = things.records();
    let has_news = params.since.is_none_or(|since| since != mark);
    Ok(if has_news { OneOf::First(Json(LiveMark { mark })) } else { OneOf::Second(NoContent) })
}

async fn show_style(_: AnyCaller) -> Result<MediaBytes<media::Css>, HttpError> {
    Ok(MediaBytes::new("body { margin: 0 }\n".repeat(10)))
}

async fn download(_: Reader) -> Result<FileDownload<media::Csv>, HttpError> {
    FileDownload::new("things.csv", "id,name\n")
}

async fn store_photo(_: BoxCaller, Path(_hash): Path<String>) -> Result<NoContent, HttpError> {
    Ok(NoContent)
}

pub(crate) fn sample_routes() -> Vec<Route<Things>> {
    use RouteKind::{Api, Asset, Form, Live, Old, Page};
    let unknown = &[StatusCode::NOT_FOUND];
    vec![
        row(Method::GET, "/things", "thing.show", Page, show).example(Example::default().query("limit=3")),
        row(Method::POST, "/things", "thing.save", Form, save)
            .commands(&["AddThing"])
            .example(Example::default().field("name", "Probe 2 & 3").secret("token-of-editor")),
        row(Method::GET, "/things.csv", "thing.download", Page, download),
        row(Method::GET, "/api/v1/things", "thing.list", Api, list)
            .summary("Things, oldest first")
            .example(Example::default().query("limit=2")),
        row(Method::POST, "/api/v1/things", "thing.add", Api, add)
            .summary("Adds a thing")
            .commands(&["AddThing"])
            .example(Example::default().json(json!({ "name": "Probe 4", "colour": "red" }))),
        row(Method::GET, "/api/v1/things/{id}", "thing.find", Api, find)
            .summary("One thing")
            .example(Example::default().part("id", "1")),
        row(Method::DELETE, "/api/v1/things/{id}", "thing.remove", Api, remove)
            .summary("Removes a thing")
            .example(Example::default().part("id", "1")),
        row(Method::PUT, "/api/v1/things/{id}/labels/{number}", "label.print", Api, print)
            .summary("Prints a label")
            .refusals(unknown)
            .example(
                Example::default()
                    .part("id", "1")
                    .part("number", "2")
                    .json(json!({ "copies": { "kind": "some", "number": 3 } })),
            ),
        row(Method::GET, "/api/v1/log", "log.export", Api, export).summary("The log, one line each"),
        row(Method::POST, "/api/register/{token}/", "old.register", Old, register)
            .summary("Records as before")
            .example(Example::default().part("token", "5f1c").field("name", "Probe 5")),
        row(Method::POST, "/webhooks/events", "event.take", RouteKind::Webhook, take_event)
            .summary("Something happened elsewhere")
            .example(Example::default().bytes("application/json", EVENT)),
        row(Method::GET, "/live", "live.show", Live, live).example(Example::default().query("since=7")),
        row(Method::GET, "/base.css", "style.show", Asset, show_style),
        row(Method::PUT, "/box/v1/photos/{hash}", "photo.store", RouteKind::Operator, store_photo)
            .example(Example::default().part("hash", "00ff").bytes("image/jpeg", *b"\xff\xd8")),
    ]
}

pub(crate) const INFO: ApiInfo = ApiInfo {
    title: "Sample",
    version: "1",
    description: "Things by name.",
    path: "/api/openapi.json",
    session_cookie: "session",
};

pub(crate) fn build_table(routes: Vec<Route<Things>>) -> Result<Table<Things>, TableError> {
    Table::build(INFO, routes)
}

pub(crate) fn sample_table() -> Table<Things> {
    build_table(sample_routes()).unwrap()
}
