//! Why a printer is not set up as requested.

use labels::language::{EncodeError, ModelFault};
use labels::language_table::UnknownLanguage;

use crate::printing::model::address::AddressError;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::queue_error::QueueError;

/// Why a printer is not set up so. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum PrinterRefusal {
    Name,
    SameName(String),
    /// Two workers at one printer would talk into each other's labels.
    SameAddress {
        other: String,
        address: String,
    },
    Unknown(String),
    /// Somebody else changed it since.
    Changed(String),
    Fixed(String),
    Language(#[from] UnknownLanguage),
    #[error(transparent)]
    Address(#[from] AddressError),
    Dpi {
        dpi: u16,
        known: Vec<u16>,
    },
    Media {
        media: String,
        known: String,
    },
    Sheet {
        media: String,
        known: String,
    },
    RollForSheets {
        known: String,
    },
    /// Neither a length nor endless, or both.
    Length,
    /// A measure outside its limits.
    Millimetres {
        field: &'static str,
        value: f64,
        least: f64,
        most: f64,
    },
    /// A number outside its limits.
    Range {
        field: &'static str,
        value: u32,
        least: u32,
        most: u32,
    },
    HeadReach {
        roll_mm: f64,
        head_mm: f64,
    },
    /// A model that cannot be driven.
    #[error(transparent)]
    Model(ModelFault),
    /// What its language has against the roll or the model.
    #[error(transparent)]
    Encode(EncodeError),
    TooMany,
    /// The box cannot write it down.
    Ledger(#[from] LedgerError),
    /// The connection to a print queue could not be prepared.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Its worker could not be started.
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
