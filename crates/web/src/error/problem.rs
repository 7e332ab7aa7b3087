//! The problem document of RFC 9457.

use schemars::JsonSchema;
use serde::Serialize;

/// Its media type.
pub const PROBLEM_MEDIA: &str = "application/problem+json";

/// Why a request was refused or failed (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemDocument {
    /// `/problems/` and a word that never changes.
    pub r#type: String,
    /// What happened, in a few words.
    pub title: String,
    /// The answer's status once more.
    pub status: u16,
    /// What happened, whole.
    pub detail: String,
    /// Which field, parameter or header it is about.
    pub field: Option<String>,
    /// What became of the data.
    pub safe: String,
    /// What to do now.
    pub next: String,
    /// Eight hex digits of this very answer; with 5xx the program's log has the cause under them.
    pub id: String,
}

/// A problem as the old paths answer it: two members more, which scripts written for them look for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "OldProblem")]
pub struct OldProblemDocument {
    /// The problem.
    #[serde(flatten)]
    pub problem: ProblemDocument,
    /// Always false.
    pub success: bool,
    /// The title once more.
    pub message: String,
}
