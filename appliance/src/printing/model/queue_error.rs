//! Why a print queue did not do what it was asked for.

/// Why a queue did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum QueueError {
    /// Not sent at all: safe to try again.
    Unreachable(String),
    /// Sent, perhaps, and no answer came.
    Lost(LostAnswer),
    Refused(QueueRefusal),
    Unknown,
    /// There is no queue of this path: nothing was done.
    NoQueue,
    Garbled(GarbledAnswer),
    /// A queue that cannot be used for label sheets.
    NoPdf,
    /// It hands on what it is given, whatever that is.
    RawQueue,
}

/// Whether a queue of this model is one without a driver. CUPS lists every format as one that such a queue takes.
pub(crate) fn is_raw_queue(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    ["raw printer", "raw queue"].iter().any(|words| model.contains(words))
}

/// Why an answer did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum LostAnswer {
    /// The document was taken out while the queue took it in.
    Cancelled,
    System(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum QueueRefusal {
    Password,
    Encryption,
    Quoted(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum GarbledAnswer {
    Endless,
    Foreign,
}
