//! What somebody asks to be printed: the labels of a job and what each of them says.

use std::collections::BTreeMap;

use labels::{Field, Fields};
use record::ids::JobId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::printing::model::slip::SlipContent;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRequest {
    /// The tag; none on a label that names no thing (a badge, a load).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// What the code opens; ends with the tag.
    #[serde(default)]
    pub url: String,
    /// The equipment's name; empty on a blank tag.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub asset_number: String,
    #[serde(default)]
    pub location: String,
    /// A tag that names no equipment yet: it is given to a printer once and never again.
    #[serde(default)]
    pub blank: bool,
    /// Further fields, by the names that templates have for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, String>,
    /// Of a slip of text: what it says, instead of all else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<SlipContent>,
}

impl LabelRequest {
    /// The fields of label `n` of `of`; a lone label needs no position.
    pub fn fields(&self, n: u32, of: u32) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in &self.more {
            if let Ok(field) = name.parse::<Field>() {
                fields.set(field, value.as_str());
            }
        }
        let tag = self.tag.map(|tag| tag.to_string()).unwrap_or_default();
        let own = [
            (Field::Url, &self.url),
            (Field::Tag, &tag),
            (Field::Name, &self.name),
            (Field::AssetNumber, &self.asset_number),
            (Field::Location, &self.location),
        ];
        for (field, value) in own.into_iter().filter(|(_, value)| !value.is_empty()) {
            fields.set(field, value.as_str());
        }
        if of > 1 { fields.with_position(n, of) } else { fields }
    }
}

/// What stands for a name that the label's letters cannot write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "NameStyle")]
pub enum NameStyle {
    /// Nothing: the job is refused, with the character.
    #[default]
    AsTheyAre,
    /// The asset number, on those labels only.
    AssetNumber,
}

#[derive(Debug, Clone)]
pub struct JobRequest {
    pub id: JobId,
    /// The client's idempotency key: the same key again is the same job.
    pub key: Option<String>,
    /// The printer's name; without one the first printer.
    pub printer: Option<String>,
    /// The template's name; without one the usual one, or the one of its kind that fits the roll.
    pub template: Option<String>,
    /// What is done about names that cannot be printed.
    pub names: NameStyle,
    pub labels: Vec<LabelRequest>,
}

impl JobRequest {
    /// Labels on the first printer, with whatever template fits its roll.
    pub fn new(id: JobId, labels: Vec<LabelRequest>) -> Self {
        Self { id, key: None, printer: None, template: None, names: NameStyle::default(), labels }
    }
}

/// Labels of an earlier job that are to be printed once more.
#[derive(Debug, Clone)]
pub struct ReprintRequest {
    pub id: JobId,
    /// The client's idempotency key.
    pub key: Option<String>,
    pub of: JobId,
    pub labels: Vec<u32>,
    /// Why, in a person's words.
    pub reason: String,
    pub printer: Option<String>,
}

/// What kind of labels a job prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Labels from a template.
    #[default]
    Labels,
    /// The test label, which says what is assumed of the printer.
    Test,
    /// A slip with the box's address, its set-up code and how far its setting up is.
    SetupSlip,
    /// A strip with one cleaning's receipt.
    ReceiptStrip,
    /// A receipt printer's own test: its columns and letters.
    SelfTest,
}

impl JobKind {
    /// Whether it prints a slip, and no label from a template.
    pub fn is_slip(self) -> bool {
        matches!(self, Self::SetupSlip | Self::ReceiptStrip | Self::SelfTest)
    }
}

/// Why labels were printed once more.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[schemars(rename = "Reprint")]
pub struct ReprintInfo {
    /// The job that printed them before.
    pub of: JobId,
    /// In a person's words.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_fields_count_more_than_further_ones_and_unknown_ones_nothing() {
        let tag = Tag::from_random([7; 5]);
        let request = LabelRequest {
            tag: Some(tag),
            name: "Pump".into(),
            more: [("name", "x"), ("serial", "S-1"), ("colour", "red")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..LabelRequest::default()
        };
        let fields = request.fields(2, 3);
        let expected = ["Pump", "S-1", "2/3", tag.as_str()];
        let provided = [Field::Name, Field::Serial, Field::Position, Field::Tag].map(|f| fields.get(f));
        assert_eq!(provided, expected);
        assert_eq!(request.fields(1, 1).get(Field::Position), "");
    }

    #[test]
    fn what_the_first_version_wrote_down_is_read() {
        let tag = Tag::from_random([7; 5]);
        let old = format!(
            r#"{{"tag":"{tag}","url":"http://b/{tag}","name":"Pump","asset_number":"","location":"","blank":true}}"#
        );
        let read: LabelRequest = serde_json::from_str(&old).unwrap();
        assert_eq!((read.tag, read.blank, read.more.len()), (Some(tag), true, 0));
    }
}
