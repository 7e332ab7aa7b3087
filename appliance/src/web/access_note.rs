//! What a handler hands to the audit of access, by the answer.

use axum::response::Response;

use crate::identity::{AccessCaller, AccessOutcome, AccessWanted};

/// What a handler knows about a request that is to be in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessNote {
    pub(crate) outcome: AccessOutcome,
    pub(crate) wanted: AccessWanted,
    pub(crate) caller: Option<AccessCaller>,
    pub(crate) subject: Option<String>,
}

impl AccessNote {
    pub(crate) fn new(outcome: AccessOutcome, wanted: AccessWanted) -> Self {
        Self { outcome, wanted, caller: None, subject: None }
    }

    /// By somebody whom the request itself does not show: a session that begins or has just ended.
    pub(crate) fn by(self, staff: record::ids::StaffId) -> Self {
        Self { caller: Some(AccessCaller::Staff(staff)), ..self }
    }

    /// About this person or token, by id.
    pub(crate) fn about(self, id: &(impl ToString + ?Sized)) -> Self {
        Self { subject: Some(id.to_string()), ..self }
    }
}

#[derive(Clone)]
pub(crate) struct AccessNotes(pub(crate) Vec<AccessNote>);

/// Hands notes to the guard, which knows the route and who asked.
pub(crate) fn noted(mut answer: Response, notes: impl IntoIterator<Item = AccessNote>) -> Response {
    let mut all = answer.extensions_mut().remove::<AccessNotes>().unwrap_or(AccessNotes(Vec::new()));
    all.0.extend(notes);
    if !all.0.is_empty() {
        answer.extensions_mut().insert(all);
    }
    answer
}
