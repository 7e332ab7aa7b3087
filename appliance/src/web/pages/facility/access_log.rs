//! The audit of access: what the guard and the handlers note of a request, and the page that shows it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::Lenient;
use web::error::HttpError;

use crate::identity::{AccessCaller, AccessRow};
use crate::web::access::permissions::ReadAudit;
use crate::web::access::staff::Staff;
use crate::web::context::AppState;
use crate::web::layout::{Frame, Place};
use crate::web::log_reads::{read_long, staff_name};
use crate::web::pages::facility::access_words;
use crate::web::view_models::formats::Moment;
use crate::web::view_models::snapshot::Snapshot;

/// Rows of one page.
const PAGE_ROWS: usize = 100;

struct AccessLogRow {
    at: Moment,
    who: String,
    network: String,
    deed: String,
    class: &'static str,
    result: &'static str,
    about: String,
    count: u32,
}

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage {
    frame: Frame,
    lines: Vec<AccessLogRow>,
    older: Option<u64>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct AccessLogParams {
    /// Only rows older than this one.
    before: Option<String>,
}

pub(crate) async fn show(
    signed: Staff<ReadAudit>,
    State(state): State<AppState>,
    Lenient(params): Lenient<AccessLogParams>,
) -> Result<Page, HttpError> {
    let before = params.before.and_then(|text| text.parse().ok());
    let access = state.identity.access.clone();
    let read = tokio::task::spawn_blocking(move || access.rows(before, PAGE_ROWS + 1)).await;
    let mut rows = read.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    let more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let older = rows.last().filter(|_| more).map(|(seq, _)| *seq);
    let tokens: BTreeMap<String, String> =
        state.identity.tokens.all().into_iter().map(|token| (token.id, token.name)).collect();
    let template = read_long(&state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let name_of = |id: &str| match (id.parse(), tokens.get(id)) {
            (Ok(staff), _) => staff_name(reader, &facility, staff),
            (Err(_), Some(name)) => format!("{name} ({id})"),
            (Err(_), None) => id.to_owned(),
        };
        let line = |(_, row): (u64, AccessRow)| AccessLogRow {
            at: snapshot.local.day_time(row.at_ms),
            who: match &row.caller {
                AccessCaller::Stranger => "Nobody known".to_owned(),
                AccessCaller::Others => "Many others".to_owned(),
                AccessCaller::Socket => "The box’s command line".to_owned(),
                AccessCaller::Staff(staff) => staff_name(reader, &facility, *staff),
                AccessCaller::Token(id) => name_of(id),
            },
            deed: access_words::deed(&row),
            class: if access_words::is_alarming(row.outcome) { "late" } else { "" },
            result: access_words::result(row.outcome),
            about: row.subject.as_deref().map(name_of).unwrap_or_default(),
            network: row.network,
            count: row.count,
        };
        let lines = rows.into_iter().map(line).collect();
        let frame = Frame::staff(state, &snapshot, "Access log", &signed, Place::Box);
        Ok(AccessPage { frame, lines, older })
    });
    Page::draw(&template.await?)
}
