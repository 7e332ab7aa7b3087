//! How a question ended that got no answer.

/// What follows from it is told by what is known of the act: it was refused, it did not begin, or nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillingError {
    /// Refused, and asked again as it is it would be refused again.
    #[error("refused with {status}, {code}: {message}")]
    Final { status: u16, code: String, message: String },
    /// Too many questions, or the same act is under way: nothing was done, later it may be.
    #[error("asked too often or at the same time; nothing was done")]
    Busy,
    /// It may have been done: whoever asked looks first, before anybody is told or it is asked again under another key.
    #[error("it may have been done: {0}")]
    MayHaveHappened(String),
    /// It was never sent.
    #[error("it was not sent: {0}")]
    NotSent(String),
}

impl BillingError {
    /// Whether the thing that was named does not exist there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Final { code, .. } if code == "resource_missing")
    }
}
