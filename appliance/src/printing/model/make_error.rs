//! Why a label cannot be printed on a printer.

use labels::LabelError;
use labels::calibration::TestLabelError;
use labels::language::EncodeError;
use labels::media::MediaError;
use labels::readback::ReadbackError;
use labels::sheet::SheetError;
use serde::{Deserialize, Serialize};

use crate::printing::model::slip::SlipError;

/// Why a label cannot be printed on this printer. No paper has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum MakeError {
    #[error(transparent)]
    Label(#[from] LabelError),
    /// It does not go onto the roll.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// It does not go onto the sheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The printer cannot be given it.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// Its code does not read back.
    #[error(transparent)]
    Readback(#[from] ReadbackError),
    #[error(transparent)]
    Test(#[from] TestLabelError),
    #[error(transparent)]
    Slip(#[from] SlipError),
    Template(String),
}
