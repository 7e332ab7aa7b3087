//! The audit of access: who requested what, and the result.

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, StatusCode};
use service::attempts::ClientNetwork;
use service::clock::Now;
use web::error::HttpError;

use crate::identity::{AccessCaller, AccessOutcome, AccessRow, AccessTarget};
use crate::listen::PeerAddress;
use crate::web::access::program;
use crate::web::access::staff_session::find_signed_in;
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::context::AppState;
use crate::web::request::client::cookies;

/// What the access log needs of a request after its handler has consumed it.
pub(crate) struct AccessTrace {
    route: Option<MatchedPath>,
    peer: PeerAddress,
    reads: bool,
    api: bool,
    /// Only those headers that name somebody; phones have none.
    proofs: HeaderMap,
}

impl AccessTrace {
    pub(crate) fn of(request: &Request, peer: PeerAddress) -> Self {
        let mut proofs = HeaderMap::new();
        let headers = request.headers();
        if headers.contains_key(AUTHORIZATION) || cookies::find_cookie(headers, cookies::SESSION).is_some() {
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

    /// Writes what was noted of the request into the audit log, and that it was refused, if it was.
    pub(crate) fn record(&self, state: &AppState, notes: &AccessNotes, answer: &Response) {
        let mut notes = notes.take();
        if let Some(error) = answer.extensions().get::<HttpError>() {
            // Who is sent to the HTTPS page or to sign in was not denied anything yet.
            let is_denied = matches!(error.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
                && error.code != "https-needed"
                && error.page_location.is_none();
            if let Some(note) = answer.extensions().get::<AccessNote>() {
                notes.push(note.clone());
            } else if is_denied {
                let target = answer.extensions().get::<AccessTarget>().copied();
                notes.push(AccessNote::new(AccessOutcome::Denied, target.unwrap_or_else(|| self.target())));
            }
        }
        if notes.is_empty() {
            return;
        }
        let (now, caller) = (state.clock.now(), self.caller(state));
        for mut note in notes {
            // A made-up id is of no use, and would make a row of its own each time.
            let is_of_box = names_key(note.outcome);
            note.subject = note.subject.filter(|id| is_of_box || is_known(state, id));
            self.keep(state, &now, &caller, note);
        }
    }

    fn keep(&self, state: &AppState, now: &Now, caller: &AccessCaller, note: AccessNote) {
        let row = AccessRow {
            at_ms: now.wall_ms,
            route: self.route.as_ref().map_or_else(String::new, |route| route.as_str().to_owned()),
            caller: note.caller.unwrap_or_else(|| caller.clone()),
            network: ClientNetwork::of(self.peer.remote).to_string(),
            target: note.target,
            outcome: note.outcome,
            subject: note.subject,
            count: 1,
        };
        state.identity.access.record(row, now);
    }

    fn target(&self) -> AccessTarget {
        match (self.api, self.reads) {
            (true, true) => AccessTarget::Read,
            (true, false) => AccessTarget::Write,
            (false, true) => AccessTarget::View,
            (false, false) => AccessTarget::Edit,
        }
    }

    fn caller(&self, state: &AppState) -> AccessCaller {
        let token = program::bearer_token(&self.proofs).and_then(|text| state.identity.tokens.find(text));
        if let Some(token) = token.filter(|_| self.peer.secure) {
            return AccessCaller::Token(token.id);
        }
        let signed_in = find_signed_in(state, &self.proofs, Some(&self.peer));
        signed_in.map_or(AccessCaller::Stranger, |(staff, _)| AccessCaller::Staff(staff))
    }
}

fn names_key(outcome: AccessOutcome) -> bool {
    use AccessOutcome::{BackupKeyMade, PackKeyRemoved, PackKeyTrusted};
    matches!(outcome, BackupKeyMade | PackKeyRemoved | PackKeyTrusted)
}

pub(crate) fn is_known(state: &AppState, id: &str) -> bool {
    match id.parse() {
        Ok(staff) => state.store.snapshot().staff.contains_key(&staff),
        Err(_) => {
            state.identity.tokens.all().iter().any(|token| token.id == id)
                || state.alarms.all().iter().any(|alarm| alarm.id == id)
        }
    }
}
