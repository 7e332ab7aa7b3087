//! What a handler passes to the audit of access: beside an error, or in the slot that every request has.

use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::{AccessCaller, AccessOutcome, AccessTarget};

/// What a handler knows about a request that is to be in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessNote {
    pub(crate) outcome: AccessOutcome,
    pub(crate) target: AccessTarget,
    pub(crate) caller: Option<AccessCaller>,
    pub(crate) subject: Option<String>,
}

impl AccessNote {
    pub(crate) fn new(outcome: AccessOutcome, target: AccessTarget) -> Self {
        Self { outcome, target, caller: None, subject: None }
    }

    /// For a session that begins or has just ended, which the request itself does not show.
    pub(crate) fn by(self, staff: record::ids::StaffId) -> Self {
        Self { caller: Some(AccessCaller::Staff(staff)), ..self }
    }

    pub(crate) fn about(self, id: &(impl ToString + ?Sized)) -> Self {
        Self { subject: Some(id.to_string()), ..self }
    }
}

/// The slot of a request for what the audit is to keep of it; the middleware knows the route and the caller.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessNotes(Arc<Mutex<Vec<AccessNote>>>);

impl AccessNotes {
    pub(crate) fn add(&self, notes: impl IntoIterator<Item = AccessNote>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(notes);
    }

    pub(crate) fn take(&self) -> Vec<AccessNote> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
