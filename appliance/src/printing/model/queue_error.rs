//! Why a print queue did not do what it was asked for.

/// Why a queue did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Not sent at all: safe to try again.
    #[error("the print queue cannot be reached ({0}); check that the printer is on and on the network")]
    Unreachable(String),
    /// Sent, perhaps, and no answer came.
    #[error("the print queue’s answer did not come ({0}); check the printer before you print again")]
    Lost(LostAnswer),
    #[error("the print queue refused: {0}")]
    Refused(QueueRefusal),
    #[error("the print queue does not know that document; check the printer before you print again")]
    Unknown,
    /// There is no queue of this path: nothing was done.
    #[error(
        "a print server answers there, but it has no queue of this name; check the address and its path, often /ipp/print, or /printers/ and the queue’s name"
    )]
    NoQueue,
    #[error(
        "what answers there is not a print queue ({0}); check the address and its path, often /ipp/print"
    )]
    Garbled(GarbledAnswer),
    /// A queue that cannot be used for label sheets.
    #[error(
        "the print queue does not accept PDF; print the sheet from a computer that has the printer’s driver"
    )]
    NoPdf,
    /// It hands on what it is given, whatever that is.
    #[error(
        "the print queue is a raw one: it passes PDF on as it is, and most printers print that as pages of signs; give it a driver or IPP Everywhere on the computer that it is on, or, for a label printer, enter the printer’s own address such as tcp://host:9100 and its language"
    )]
    RawQueue,
}

/// Whether a queue of this model is one without a driver. CUPS lists every format as one that such a queue takes.
pub(crate) fn is_raw_queue(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    ["raw printer", "raw queue"].iter().any(|words| model.contains(words))
}

/// Why an answer did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LostAnswer {
    /// The document was taken out while the queue took it in.
    #[error("somebody cancelled it meanwhile")]
    Cancelled,
    #[error("{0}")]
    System(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueRefusal {
    #[error("it asks for a name and a password; allow the box to print without")]
    Password,
    #[error("it requires an encrypted connection: enter its address with ipps://")]
    Encryption,
    #[error("{0}")]
    Quoted(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GarbledAnswer {
    #[error("its answer has no end")]
    Endless,
    #[error("its answer is not in the language of print queues")]
    Foreign,
}
