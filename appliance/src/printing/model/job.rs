//! What is stored of a job beside its labels.

use record::ids::JobId;
use serde::{Deserialize, Deserializer, Serialize};

use crate::printing::model::cause::JobNote;
use crate::printing::model::request::{JobKind, NameStyle, ReprintInfo};

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
    pub(crate) names: NameStyle,
    #[serde(default, deserialize_with = "readable_notes")]
    pub(crate) notes: Vec<JobNote>,
    #[serde(default)]
    pub(crate) reprint: Option<ReprintInfo>,
    /// The version of its template, and of the logo where that shows one; 0: built in, or none.
    #[serde(default)]
    pub(crate) design: u64,
    #[serde(default)]
    pub(crate) logo: u64,
}

/// The notes that this version knows: a remark that it cannot read is no reason to lose the job.
fn readable_notes<'de, D: Deserializer<'de>>(stored: D) -> Result<Vec<JobNote>, D::Error> {
    let notes = Vec::<serde_json::Value>::deserialize(stored)?;
    Ok(notes.into_iter().filter_map(|note| serde_json::from_value(note).ok()).collect())
}

fn usual_template() -> String {
    USUAL_TEMPLATE.to_owned()
}

pub(crate) const USUAL_TEMPLATE: &str = "equipment";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::model::paper::PrinterPaper;

    #[test]
    fn a_note_that_nobody_can_read_takes_no_job_with_it() {
        let note = JobNote::OtherTemplate {
            paper: PrinterPaper::Sheet { name: "Avery 5160".into(), labels: 30, label_mm: (66.7, 25.4) },
            template: "cart".into(),
        };
        let head = serde_json::json!({
            "id": "01J8Z3M0000000000000000000", "key": null, "printer": "Ward", "labels": 1, "created_ms": 1,
            "finished_ms": null, "cancelled": false,
            "notes": ["The roll is small.", note, { "of_a_later_version": {} }],
        });
        let head: JobHead = serde_json::from_value(head).unwrap();
        assert_eq!((head.printer.as_str(), head.notes), ("Ward", vec![note]));
    }
}
