//! What is kept of a job beside its labels.

use record::ids::JobId;
use serde::{Deserialize, Serialize};

use crate::printing::model::cause::JobNote;
use crate::printing::model::request::{JobKind, Names, Reprint};

/// What is kept of a job beside its labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobHead {
    pub(crate) id: JobId,
    pub(crate) key: Option<String>,
    pub(crate) printer: String,
    pub(crate) labels: u32,
    pub(crate) created_ms: i64,
    pub(crate) finished_ms: Option<i64>,
    pub(crate) cancelled: bool,
    #[serde(default)]
    pub(crate) kind: JobKind,
    #[serde(default = "usual_template")]
    pub(crate) template: String,
    #[serde(default)]
    pub(crate) names: Names,
    #[serde(default)]
    pub(crate) notes: Vec<JobNote>,
    #[serde(default)]
    pub(crate) reprint: Option<Reprint>,
    /// The version of its template, and of the logo where that shows one; 0: built in, or none.
    #[serde(default)]
    pub(crate) design: u64,
    #[serde(default)]
    pub(crate) logo: u64,
}

fn usual_template() -> String {
    USUAL_TEMPLATE.to_owned()
}

/// The template of equipment, when nobody names one.
pub(crate) const USUAL_TEMPLATE: &str = "equipment";
