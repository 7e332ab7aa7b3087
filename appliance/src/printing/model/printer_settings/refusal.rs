//! Why a printer is not set up as requested.

use labels::language::{EncodeError, ModelFault};
use labels::language_table::UnknownLanguage;

use super::{NAME_CHARS_MAX, PRINTERS_MAX};
use crate::printing::model::address::AddressError;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::queue_error::QueueError;

/// Why a printer is not set up so. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PrinterRefusal {
    #[error("a printer’s name has 1 to {NAME_CHARS_MAX} characters and no slash; choose another name")]
    Name,
    #[error("another printer is already named {0:?}; choose another name, or remove that one first")]
    SameName(String),
    /// Two workers at one printer would talk into each other's labels.
    #[error("the printer {other:?} already has the address {address}; change or remove that one first")]
    SameAddress { other: String, address: String },
    #[error("no printer is named {0:?}; check the list of printers")]
    Unknown(String),
    /// Somebody else changed it since.
    #[error("somebody else changed the printer {0:?} meanwhile; check it, then change it again")]
    Changed(String),
    #[error(
        "the printer {0:?} is defined in the box’s settings file; change or remove it there and restart the box"
    )]
    Fixed(String),
    #[error("{0}, and pdf for label sheets on an office printer")]
    Language(#[from] UnknownLanguage),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(
        "printers of this language have {} dots per inch, not {dpi}; check the type plate",
        known.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
    )]
    Dpi { dpi: u16, known: Vec<u16> },
    #[error(
        "{media:?} is not a roll for this language; choose one of {known}, or give width_mm and height_mm"
    )]
    Media { media: String, known: String },
    #[error("{media:?} is not a sheet of labels that the box knows; choose one of {known}")]
    Sheet { media: String, known: String },
    #[error("a custom roll is not a sheet of labels; choose one of {known}")]
    RollForSheets { known: String },
    /// Neither a length nor endless, or both.
    #[error("a custom roll has either height_mm or continuous = true; give one of them")]
    Length,
    /// A measure outside its limits.
    #[error("{field} is {value}, and must be from {least} to {most} mm; measure the roll")]
    Millimetres { field: &'static str, value: f64, least: f64, most: f64 },
    /// A number outside its limits.
    #[error("{field} is {value}, and must be from {least} to {most}")]
    Range { field: &'static str, value: u32, least: u32, most: u32 },
    #[error(
        "the roll is {roll_mm:.1} mm wide and this printer’s head reaches {head_mm:.1} mm; choose a narrower roll, or give head_dots when the printer is a wide one"
    )]
    HeadReach { roll_mm: f64, head_mm: f64 },
    /// A model that cannot be driven.
    #[error(transparent)]
    Model(ModelFault),
    /// What its language has against the roll or the model.
    #[error(transparent)]
    Encode(EncodeError),
    #[error("a box drives at most {PRINTERS_MAX} printers; remove one first")]
    TooMany,
    /// The box cannot write it down.
    #[error("the printer could not be saved, so nothing was changed; try again: {0}")]
    Ledger(#[from] LedgerError),
    /// The connection to a print queue could not be prepared.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Its worker could not be started.
    #[error("the printer’s worker could not be started; restart the box: {0}")]
    Worker(#[from] std::io::Error),
    /// The embedded fonts do not open.
    #[error(transparent)]
    Fonts(#[from] labels::font::FontError),
}

impl PrinterRefusal {
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Name | Self::SameName(_) | Self::Unknown(_) | Self::Fixed(_) => Some("name"),
            Self::Language(_) => Some("language"),
            Self::Address(_) | Self::SameAddress { .. } => Some("address"),
            Self::Dpi { .. } => Some("dpi"),
            Self::Media { .. }
            | Self::Sheet { .. }
            | Self::RollForSheets { .. }
            | Self::Length
            | Self::Millimetres { .. }
            | Self::HeadReach { .. } => Some("media"),
            Self::Range { field, .. } => Some(field),
            Self::Model(_) | Self::Encode(EncodeError::Model(_)) => Some("model"),
            Self::Encode(_) => Some("media"),
            Self::Changed(_)
            | Self::TooMany
            | Self::Ledger(_)
            | Self::Queue(_)
            | Self::Worker(_)
            | Self::Fonts(_) => None,
        }
    }
}
