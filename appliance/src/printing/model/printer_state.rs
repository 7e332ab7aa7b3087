//! What a printer is doing.

use schemars::JsonSchema;
use serde::Serialize;

/// A printer's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterState {
    /// Nobody has asked it yet.
    #[serde(rename = "not_heard")]
    NotQueried,
    /// Answers, or at least takes a connection, and reports no trouble.
    Ready,
    /// A job is under way.
    Printing,
    /// Stands still: the advice says why.
    Stopped,
    /// Does not take a connection, does not answer, or broke off.
    Unreachable,
    /// The box itself has a fault, so nothing is sent.
    Failed,
}

impl PrinterState {
    /// In a word or two, for the fleet page at the relay.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotQueried => "not asked yet",
            Self::Ready => "ready",
            Self::Printing => "printing",
            Self::Stopped => "stopped",
            Self::Unreachable => "no answer",
            Self::Failed => "fault of the box",
        }
    }

    /// Whether a job has to wait for somebody.
    pub fn stands_still(self) -> bool {
        matches!(self, Self::Stopped | Self::Unreachable | Self::Failed)
    }
}
