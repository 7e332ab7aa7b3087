//! Why a label cannot be drawn.

use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::raster::code::BarcodeError;
use crate::raster::text::TextError;

/// A text of a label, for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A field.
    Field(Field),
    /// The template's own words.
    Words(String),
}

/// Why a label cannot be made. Nothing has been printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum LabelError {
    /// A text with something that cannot be printed.
    Text {
        /// Where.
        subject: Subject,
        /// What.
        #[source]
        why: TextError,
        /// Whether [`crate::fields::Fields::without_name`] makes a label of it.
        asset_number_instead: bool,
    },
    /// The code cannot be made.
    Code(#[from] BarcodeError),
    /// A text that may not be cut is too long.
    DoesNotFit {
        /// Which.
        subject: Subject,
        /// Its characters.
        chars: usize,
    },
    /// A field that the label cannot do without.
    Missing(Field),
    /// The tag is no sequence of letters and digits.
    NoTag(String),
    /// The code's address does not match the tag on the label.
    OtherTag {
        /// What the code would hold.
        url: String,
        /// What would be printed beside it.
        tag: String,
    },
    /// There is no replacement for a name that cannot be printed.
    NoAssetNumber,
}
