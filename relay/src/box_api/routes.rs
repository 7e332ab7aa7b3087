//! The tables of routes of boxes: what they may call without a certificate, and what with one.

use ::web::route::{Example, Route, RouteKind, row};
use ::web::table::{ApiInfo, Table, TableError};
use axum::http::{HeaderValue, Method, StatusCode, header};
use record::claim::{ClaimRequest, RenewRequest};
use record::entry::ClockState;
use record::ids::{BootId, BoxId, ConnectionId, Epoch};
use record::messages::{GoneMessage, HealthReport, Hello, VERSION};
use serde_json::Value;

use crate::box_api::{BoxApi, ClaimApi, claims, log, messages, photos, runs};

const CLAIMS: ApiInfo = ApiInfo {
    title: "CleanTrack relay, for boxes without a certificate",
    version: "1",
    description: "How a box comes to a facility, and comes back for a new certificate.",
    path: "/box/v1/openapi.json",
    session_cookie: "none",
};

const BOXES: ApiInfo = ApiInfo {
    title: "CleanTrack relay, for boxes in service",
    description: "What a box reads and sends beside its MQTT connection, and in place of one where a network lets only HTTPS out, by \
                  its client certificate.",
    ..CLAIMS
};

/// The database is asked: it may be away.
const MAY_BE_UNAVAILABLE: &[StatusCode] = &[StatusCode::SERVICE_UNAVAILABLE];
/// A claim or a renewal that is none, and strangers who ask too often.
const CLAIMING: &[StatusCode] = &[
    StatusCode::FORBIDDEN,
    StatusCode::CONFLICT,
    StatusCode::GONE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::SERVICE_UNAVAILABLE,
];
const TAKING_RUNS: &[StatusCode] = &[
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::INSUFFICIENT_STORAGE,
];
/// A piece that does not continue where the last one ended, or of another photo.
const TAKING_PIECES: &[StatusCode] = &[
    StatusCode::RANGE_NOT_SATISFIABLE,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
];

const TAKING_MESSAGES: &[StatusCode] = &[
    StatusCode::BAD_REQUEST,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// What shows the form of an epoch, a run and a photo.
const SOME_EPOCH: &str = "1-00ab0102";

pub(crate) fn build_claim_table() -> Result<Table<ClaimApi>, TableError> {
    let claim = ClaimRequest {
        code: "0000-0000-0000-0000-0000-0000-0000-0000".to_owned(),
        r#box: some_box(),
        csr: String::new(),
        log_key: String::new(),
        epoch: some_epoch(),
        model: "Pi".to_owned(),
        version: "1.0".to_owned(),
        signature: String::new(),
    };
    let renewal = RenewRequest {
        r#box: some_box(),
        epoch: some_epoch(),
        csr: String::new(),
        at: 0,
        signature: String::new(),
    };
    let rows = vec![
        row(Method::POST, "/box/v1/claim", "box.claim", RouteKind::Api, claims::claim_box)
            .summary("A box comes to the facility of its claim file")
            .refusals(CLAIMING)
            .example(json_example(&claim)),
        row(Method::POST, "/box/v1/renew", "box.renew", RouteKind::Api, claims::renew_certificate)
            .summary("A box of this relay gets a new certificate")
            .refusals(CLAIMING)
            .example(json_example(&renewal)),
    ];
    Table::build(CLAIMS, rows)
}

pub(crate) fn build_box_table() -> Result<Table<BoxApi>, TableError> {
    let rows = [line_rows(), log_rows(), run_rows(), photo_rows()].concat();
    Table::build(BOXES, rows)
}

/// The topics of MQTT, each as a call whose answer is what MQTT sends on `down/ack`.
fn line_rows() -> Vec<Route<BoxApi>> {
    vec![
        row(Method::GET, "/box/v1/line", "box-line.check", RouteKind::Api, messages::check_line)
            .summary("Whether a box with this certificate is let in")
            .refusals(MAY_BE_UNAVAILABLE),
        row(Method::POST, "/box/v1/hello", "box-hello.send", RouteKind::Api, messages::take_hello)
            .summary("As `up/hello`: what the relay holds of the log that it names")
            .refusals(TAKING_MESSAGES)
            .example(json_example(&some_hello())),
        row(Method::POST, "/box/v1/batches", "box-batch.upload", RouteKind::Api, messages::take_batch)
            .summary("As `up/batch`: the same bytes, checks and answer; the same again is the same answer")
            .refusals(TAKING_MESSAGES)
            .example(Example::default().bytes("application/zstd", "")),
        row(Method::POST, "/box/v1/health", "box-health.send", RouteKind::Api, messages::take_health)
            .summary("As `up/health`: what the relay holds, where the box believes something else")
            .refusals(TAKING_MESSAGES)
            .example(json_example(&some_health())),
        row(Method::POST, "/box/v1/gone", "box-gone.send", RouteKind::Api, messages::take_goodbye)
            .summary("As `up/gone`: this connection has ended")
            .refusals(TAKING_MESSAGES)
            .example(json_example(&GoneMessage { v: VERSION, connection: some_connection() })),
    ]
}

fn log_rows() -> Vec<Route<BoxApi>> {
    let page = Example::default().part("epoch", SOME_EPOCH).query("from=0&limit=2");
    vec![
        row(Method::GET, "/box/v1/log", "box-log.list", RouteKind::Api, log::list)
            .summary("Every log of the box that this relay knows, ascending")
            .refusals(MAY_BE_UNAVAILABLE),
        row(Method::GET, "/box/v1/log/{epoch}", "box-log.show", RouteKind::Api, log::show)
            .summary("The box’s own entries, for one whose storage lost them; packed as a batch")
            .refusals(MAY_BE_UNAVAILABLE)
            .example(page),
    ]
}

fn run_example() -> Example {
    Example::default().part("run", format!("{SOME_EPOCH}-4-6-{}", "ab".repeat(32)))
}

fn run_rows() -> Vec<Route<BoxApi>> {
    vec![
        row(Method::GET, "/box/v1/runs", "box-runs.list", RouteKind::Api, runs::list)
            .summary("Runs that the box’s entries adopt and this relay lacks")
            .refusals(MAY_BE_UNAVAILABLE),
        row(Method::GET, "/box/v1/runs/{run}", "box-run.download", RouteKind::Api, runs::download)
            .summary("The file of a run")
            .refusals(MAY_BE_UNAVAILABLE)
            .example(run_example()),
        row(Method::PUT, "/box/v1/runs/{run}", "box-run.upload", RouteKind::Api, runs::upload)
            .summary("A run that an entry which is here adopts; the same again is the same answer")
            .refusals(TAKING_RUNS)
            .example(run_example().bytes("application/zstd", "")),
    ]
}

fn photo_example() -> Example {
    Example::default().part("photo", "ab".repeat(32))
}

fn photo_rows() -> Vec<Route<BoxApi>> {
    let hashes = Value::from_iter([("photos", vec!["ab".repeat(32)])]);
    vec![
        row(
            Method::POST,
            "/box/v1/photos/missing",
            "box-photos.find-missing",
            RouteKind::Api,
            photos::find_missing,
        )
        .summary("Which of these photos this relay lacks, at most 500")
        .refusals(MAY_BE_UNAVAILABLE)
        .example(Example::default().json(hashes)),
        row(
            Method::GET,
            "/box/v1/photos/{photo}",
            "box-photo.show-progress",
            RouteKind::Api,
            photos::show_progress,
        )
        .summary("How much of a photo is here, in the header Upload-Offset; HEAD does")
        .refusals(MAY_BE_UNAVAILABLE)
        .example(photo_example()),
        row(
            Method::GET,
            "/box/v1/photos/{photo}/file",
            "box-photo.download",
            RouteKind::Api,
            photos::download_photo,
        )
        .summary("A photo of the box’s facility, which this relay has whole")
        .refusals(MAY_BE_UNAVAILABLE)
        .example(photo_example()),
        row(Method::PUT, "/box/v1/photos/{photo}", "box-photo.upload", RouteKind::Api, photos::upload)
            .summary("The next piece of a photo")
            .refusals(TAKING_PIECES)
            .example(
                photo_example()
                    .header(header::CONTENT_RANGE, HeaderValue::from_static("bytes 0-3/8"))
                    .bytes("application/octet-stream", "abcd"),
            ),
    ]
}

fn json_example(document: &impl serde::Serialize) -> Example {
    Example::default().json(serde_json::to_value(document).unwrap_or_default())
}

fn some_box() -> BoxId {
    BoxId::new(0, [0; 10])
}

fn some_epoch() -> Epoch {
    Epoch { n: 1, key: [0; 4] }
}

fn some_connection() -> ConnectionId {
    ConnectionId::new(0, [0; 10])
}

fn some_hello() -> Hello {
    Hello {
        v: VERSION,
        connection: some_connection(),
        epoch: some_epoch(),
        key: String::new(),
        size: 0,
        cursor: 0,
        cosigned: None,
        boot: BootId::new(0, [0; 10]),
        version: "1.0".to_owned(),
        tzdb: "2026a".to_owned(),
        zone: "America/Chicago".to_owned(),
        addresses: Vec::new(),
        can: Vec::new(),
        clock: ClockState::Synced,
        wall: 0,
        directive: None,
    }
}

fn some_health() -> HealthReport {
    HealthReport {
        v: VERSION,
        epoch: some_epoch(),
        size: 0,
        cursor: 0,
        backlog: 0,
        photos: 0,
        disk_percent: 0,
        printers: Vec::new(),
        celsius: None,
        clock: ClockState::Synced,
        wall: 0,
        notes: Vec::new(),
        alarms: Vec::new(),
        directive: None,
    }
}
