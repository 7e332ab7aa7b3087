//! The audit of access: what the guard and the handlers note of a request, and the page that shows it.

mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::response::Response;
use axum::routing::get;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use service::attempts::Network;
use service::clock::Now;

use super::frame::{Frame, Place, page};
use super::problem::Problem;
use super::query::Asked;
use super::sign_in::{Signed, session_of};
use super::view::{Snapshot, read_long, staff_name};
use super::words::Moment;
use super::{AppState, cookies};
use crate::identity::{AccessCaller, AccessOutcome, AccessRow, AccessWanted};
use crate::listen::Peer;

/// Rows of one page.
const PAGE_ROWS: usize = 100;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/staff/box/audit", get(show))
}

/// What a handler knows about a request that is to be in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessNote {
    outcome: AccessOutcome,
    wanted: AccessWanted,
    caller: Option<AccessCaller>,
    subject: Option<String>,
}

impl AccessNote {
    pub(super) fn new(outcome: AccessOutcome, wanted: AccessWanted) -> Self {
        Self { outcome, wanted, caller: None, subject: None }
    }

    /// By somebody whom the request itself does not show: a session that begins or has just ended.
    pub(super) fn by(self, staff: record::ids::StaffId) -> Self {
        Self { caller: Some(AccessCaller::Staff(staff)), ..self }
    }

    /// About this person or token, by id.
    pub(super) fn about(self, id: &(impl ToString + ?Sized)) -> Self {
        Self { subject: Some(id.to_string()), ..self }
    }
}

#[derive(Clone)]
struct AccessNotes(Vec<AccessNote>);

/// Hands notes to the guard, which knows the route and who asked.
pub(super) fn noted(mut answer: Response, notes: impl IntoIterator<Item = AccessNote>) -> Response {
    let mut all = answer.extensions_mut().remove::<AccessNotes>().unwrap_or(AccessNotes(Vec::new()));
    all.0.extend(notes);
    if !all.0.is_empty() {
        answer.extensions_mut().insert(all);
    }
    answer
}

/// What of a request is needed to say who asked for what, after its handler has taken it.
pub(super) struct AccessTrace {
    route: Option<MatchedPath>,
    peer: Peer,
    reads: bool,
    api: bool,
    /// Only those headers that name somebody; phones have none.
    proofs: HeaderMap,
}

impl AccessTrace {
    pub(super) fn of(request: &Request, peer: Peer) -> Self {
        let mut proofs = HeaderMap::new();
        let headers = request.headers();
        if headers.contains_key(AUTHORIZATION) || cookies::get(headers, cookies::SESSION).is_some() {
            for name in [AUTHORIZATION, COOKIE] {
                for value in headers.get_all(&name) {
                    proofs.append(&name, value.clone());
                }
            }
        }
        Self {
            route: request.extensions().get().cloned(),
            peer,
            reads: request.method().is_safe(),
            api: request.uri().path().starts_with("/api/"),
            proofs,
        }
    }

    /// Takes the answer's notes into the audit, and that it is a refusal, if it is one.
    pub(super) fn record(&self, state: &AppState, answer: &mut Response) {
        let mut notes = answer.extensions_mut().remove::<AccessNotes>().map_or(Vec::new(), |notes| notes.0);
        if let Some(problem) = answer.extensions().get::<Box<Problem>>() {
            let denied = matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
                && problem.code != "https-needed";
            if let Some(note) = &problem.note {
                notes.push(note.as_ref().clone());
            } else if denied {
                let wanted = problem.wanted.unwrap_or_else(|| self.wanted());
                notes.push(AccessNote::new(AccessOutcome::Denied, wanted));
            }
        }
        if notes.is_empty() {
            return;
        }
        let (now, caller) = (state.clock.now(), self.caller(state));
        for mut note in notes {
            // An id that somebody made up says nothing, and would make a row of its own each time.
            note.subject = note.subject.filter(|id| is_known(state, id));
            self.keep(state, &now, &caller, note);
        }
    }

    fn keep(&self, state: &AppState, now: &Now, caller: &AccessCaller, note: AccessNote) {
        let row = AccessRow {
            at_ms: now.wall_ms,
            route: self.route.as_ref().map_or_else(String::new, |route| route.as_str().to_owned()),
            caller: note.caller.unwrap_or_else(|| caller.clone()),
            network: Network::of(self.peer.remote).to_string(),
            wanted: note.wanted,
            outcome: note.outcome,
            subject: note.subject,
            count: 1,
        };
        state.identity.access.record(row, now);
    }

    fn wanted(&self) -> AccessWanted {
        match (self.api, self.reads) {
            (true, true) => AccessWanted::Read,
            (true, false) => AccessWanted::Write,
            (false, true) => AccessWanted::View,
            (false, false) => AccessWanted::Edit,
        }
    }

    fn caller(&self, state: &AppState) -> AccessCaller {
        let token = super::api::bearer(&self.proofs).and_then(|text| state.identity.tokens.find(text));
        if let Some(token) = token.filter(|_| self.peer.secure) {
            return AccessCaller::Token(token.id);
        }
        let signed = session_of(state, &self.proofs, Some(&self.peer));
        signed.map_or(AccessCaller::Stranger, AccessCaller::Staff)
    }
}

/// Whether this is the id of somebody who is or was here, of a token or of an alarm.
fn is_known(state: &AppState, id: &str) -> bool {
    match id.parse() {
        Ok(staff) => state.store.snapshot().staff.contains_key(&staff),
        Err(_) => {
            state.identity.tokens.all().iter().any(|token| token.id == id)
                || state.alarms.all().iter().any(|alarm| alarm.id == id)
        }
    }
}

struct Line {
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
    lines: Vec<Line>,
    older: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct Ask {
    before: Option<String>,
}

async fn show(
    State(state): State<AppState>,
    signed: Signed,
    Asked(ask): Asked<Ask>,
) -> Result<Response, Problem> {
    signed.must_read_audit()?;
    let before = ask.before.and_then(|text| text.parse().ok());
    let access = state.identity.access.clone();
    let read = tokio::task::spawn_blocking(move || access.rows(before, PAGE_ROWS + 1)).await;
    let mut rows = read.map_err(|e| Problem::internal(&e))?.map_err(|e| Problem::internal(&e))?;
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
        let line = |(_, row): (u64, AccessRow)| Line {
            at: snapshot.local.day_time(row.at_ms),
            who: match &row.caller {
                AccessCaller::Stranger => "Nobody known".to_owned(),
                AccessCaller::Others => "Many others".to_owned(),
                AccessCaller::Socket => "The box’s command line".to_owned(),
                AccessCaller::Staff(staff) => staff_name(reader, &facility, *staff),
                AccessCaller::Token(id) => name_of(id),
            },
            deed: words::deed(&row),
            class: if words::is_alarming(row.outcome) { "late" } else { "" },
            result: words::result(row.outcome),
            about: row.subject.as_deref().map(name_of).unwrap_or_default(),
            network: row.network,
            count: row.count,
        };
        let lines = rows.into_iter().map(line).collect();
        let frame = Frame::staff(state, &snapshot, "Access log", &signed, Place::Box);
        Ok(AccessPage { frame, lines, older })
    });
    page(&template.await?)
}
