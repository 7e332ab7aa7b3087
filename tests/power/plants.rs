//! Bugs that are put in on purpose: a suite that does not find them proves nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The answer goes out before the journal's flush.
    AnswerBeforeFlush,
    NoFolderFlush,
    NoFlushAtStart,
    /// What was set aside is never read, and replaced by what is set aside next.
    SalvageNeverAsked,
    /// What heals an ended log does not take its place.
    EndedNeverHealed,
    /// Lines that the log has no place for reach the disk only after the log was written without them.
    RunsFlushedLate,
    /// A key takes its name before the first entry of its log is on the disk.
    KeyNamedEarly,
    DatabaseFirst,
    /// Whether a key was used is looked up among recorded entries, not in the open group.
    OpenGroupNotAsked,
}
