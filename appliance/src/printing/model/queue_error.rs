//! Why a print queue did not do what it was asked for.

/// Why a queue did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Not sent at all: safe to try again.
    #[error("the print queue cannot be reached ({0}); look whether the printer is on and on the network")]
    Away(String),
    /// Sent, perhaps, and no answer came.
    #[error("the print queue's answer did not come ({0}); look at the printer before you print again")]
    Lost(String),
    /// It said no: nothing was done.
    #[error("the print queue refused: {0}")]
    Refused(String),
    /// It has no such document, or none any more.
    #[error("the print queue does not know that document; look at the printer before you print again")]
    Unknown,
    /// Nobody there has a queue of this path: nothing was done.
    #[error(
        "a print server answers there, but it has no queue of this name; look at the address and its path, often /ipp/print, or /printers/ and the queue's name"
    )]
    NoQueue,
    /// Bytes that mean nothing.
    #[error("what answers there is no print queue ({0}); look at the address and its path, often /ipp/print")]
    Garbled(&'static str),
    /// A queue that cannot be used for label sheets.
    #[error("the print queue takes no PDF; print the sheet from a computer that has the printer's driver")]
    NoPdf,
}
