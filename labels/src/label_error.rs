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

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field(field) => field.fmt(f),
            Self::Words(words) => write!(f, "template’s text {words:?}"),
        }
    }
}

/// Why a label cannot be made. Nothing has been printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LabelError {
    /// A text with something that cannot be printed.
    #[error("the {subject} cannot be printed: {why}{}", if *asset_number_instead { "; or print the asset number instead" } else { "" })]
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
    #[error("{0}")]
    Code(#[from] BarcodeError),
    /// A text that may not be cut is too long.
    #[error(
        "the {subject} has {chars} characters, too many for this label; shorten it or choose a larger label"
    )]
    DoesNotFit {
        /// Which.
        subject: Subject,
        /// Its characters.
        chars: usize,
    },
    /// A field that the label cannot do without.
    #[error("this label needs the {0}, which is empty; fill it in or choose another template")]
    Missing(Field),
    /// The tag is no sequence of letters and digits.
    #[error("{0:?} is not a tag: a tag is letters and digits only")]
    NoTag(String),
    /// The code's address does not match the tag on the label.
    #[error("the label address {url:?} does not end with the tag {tag:?}; nothing was printed")]
    OtherTag {
        /// What the code would hold.
        url: String,
        /// What would be printed beside it.
        tag: String,
    },
    /// There is no replacement for a name that cannot be printed.
    #[error(
        "this equipment has no asset number to print instead of its name; give it one, or enter a name with Latin, Greek or Cyrillic letters"
    )]
    NoAssetNumber,
}
