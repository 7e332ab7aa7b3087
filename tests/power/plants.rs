//! Bugs that are put in on purpose: a suite that does not find them proves nothing.

/// A bug that the suite must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The answer goes out before the journal's flush.
    AnswerBeforeFlush,
    /// No folder is ever flushed.
    NoFolderFlush,
    /// A start flushes nothing of what it finds.
    NoFlushAtStart,
    /// What was set aside is never looked at, and replaced by what is set aside next.
    SalvageNeverAsked,
    /// What heals a log that has ended does not take its place.
    EndedNeverHealed,
    /// Lines that the log has no place for are on the disk only after the log was written without them.
    RunsFlushedLate,
    /// A key takes its name before the first entry of its log is on the disk.
    KeyNamedEarly,
    /// The database is durable first, and the journal only then.
    DatabaseFirst,
    /// Whether a key was used is asked of what is recorded, not of the group that is being made.
    OpenGroupNotAsked,
}
