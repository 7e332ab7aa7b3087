//! A command's drafts as entries, with the texts beside them.

use record::entry::{Entry, EntryDraft};
use record::redact::TextLine;
use service::clock::Now;

use super::error::SubmitError;
use super::job::WriteJob;
use super::segment::{GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter};
use super::view::{CommandView, DurableEntry};

/// A command's entries, each with the texts beside it.
pub(super) struct ComposedGroup {
    pub(super) entries: Vec<(Entry, Vec<TextLine>)>,
    /// The texts' lines.
    pub(super) texts: GroupWriter,
    /// Bytes of all lines.
    pub(super) bytes: usize,
}

/// The entries of drafts as they would stand from `size` on.
pub(super) fn compose_group(
    drafts: &[EntryDraft],
    size: u64,
    now: &Now,
) -> Result<ComposedGroup, SubmitError> {
    let mut composed =
        ComposedGroup { entries: Vec::with_capacity(drafts.len()), texts: GroupWriter::default(), bytes: 0 };
    for (draft, seq) in drafts.iter().zip(size..) {
        let entry = Entry::compose(seq, now.entry_time(), draft.by, draft.idem, &draft.event)?;
        let texts: Vec<_> = draft.texts.iter().map(|text| text.beside(seq)).collect();
        texts.iter().for_each(|text| composed.texts.text(text));
        composed.bytes += entry.bytes().len() + 1;
        composed.entries.push((entry, texts));
    }
    composed.bytes += composed.texts.len();
    let (entries, bytes) = (composed.entries.len(), composed.bytes);
    if bytes > GROUP_LINES_BYTES_MAX || entries > GROUP_ENTRIES_MAX {
        return Err(SubmitError::TooLarge { entries, bytes });
    }
    Ok(composed)
}

/// A job that was decided for a group into which it did not fit.
pub(super) struct Redecided {
    pub(super) job: Box<dyn WriteJob>,
    pub(super) drafts: Option<Vec<EntryDraft>>,
}

impl WriteJob for Redecided {
    fn decide(&mut self, _: &CommandView<'_>) -> Vec<EntryDraft> {
        self.drafts.take().unwrap_or_default()
    }
    fn finish(self: Box<Self>, result: Result<Vec<DurableEntry>, SubmitError>) {
        self.job.finish(result);
    }
}
