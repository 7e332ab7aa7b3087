//! The audit of access: what the middleware and the handlers record of a request, and the page that shows it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use web::answer::Page;
use web::argument::LenientQuery;
use web::error::HttpError;
use words::{Moment, SafeHtml, fill_slots};

use crate::identity::{AccessCaller, AccessRow};
use crate::web::access::permissions::ReadAudit;
use crate::web::access::staff::StaffCaller;
use crate::web::context::AppState;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::log_reads::{StoredText, read_long};
use crate::web::pages::facility::access_words;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{FacilityWords, PageWords, StaffWords};

const PAGE_ROWS: usize = 100;

struct AccessLogRow {
    at: Moment,
    who: SafeHtml,
    network: String,
    deed: String,
    class: &'static str,
    result: String,
    about: Option<SafeHtml>,
    count: u32,
}

#[derive(Template)]
#[template(path = "facility/access.html")]
struct AccessPage {
    frame: PageLayout,
    s: StaffWords,
    w: FacilityWords,
    lines: Vec<AccessLogRow>,
    older: Option<u64>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct AccessLogParams {
    /// Only rows older than this one.
    before: Option<String>,
}

pub(crate) async fn show(
    signed: StaffCaller<ReadAudit>,
    State(state): State<AppState>,
    LenientQuery(params): LenientQuery<AccessLogParams>,
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
        let (page_words, s, w): (PageWords, StaffWords, FacilityWords) = signed.words();
        let wording = PageWording::new(page_words, &snapshot.local);
        let staff_html = |staff| StoredText::of_staff(reader, &facility, staff).to_html(page_words);
        let name_of = |id: &str| match (id.parse(), tokens.get(id)) {
            (Ok(staff), _) => staff_html(staff),
            (Err(_), Some(name)) => SafeHtml::entered(&format!("{name} ({id})")),
            (Err(_), None) => SafeHtml::entered(id),
        };
        let line = |(_, row): (u64, AccessRow)| AccessLogRow {
            at: wording.dates().day_and_time(row.at_ms),
            who: match &row.caller {
                AccessCaller::Stranger => fill_slots(w.access_nobody(), []),
                AccessCaller::Others => fill_slots(w.access_others(), []),
                AccessCaller::Socket => fill_slots(w.access_command_line(), []),
                AccessCaller::Staff(staff) => staff_html(*staff),
                AccessCaller::Token(id) => name_of(id),
            },
            deed: access_words::word_deed(w, &row),
            class: if access_words::is_alarming(row.outcome) { "late" } else { "" },
            result: access_words::word_result(w, row.outcome),
            about: row.subject.as_deref().map(name_of),
            network: row.network,
            count: row.count,
        };
        let lines = rows.into_iter().map(line).collect();
        let frame = PageLayout::staff(state, &snapshot, w.box_access_log(), &signed, NavSection::Box);
        Ok(AccessPage { frame, s, w, lines, older })
    });
    let template = template.await?;
    Ok(Page::draw(&template)?.in_locale(template.frame.locale()))
}
