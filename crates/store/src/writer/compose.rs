//! A command's drafts as entries, with the texts beside them.

use record::entry::{Entry, EntryDraft};
use record::redact::TextLine;
use service::clock::Now;

use crate::index::view::{CommandView, DurableEntry};
use crate::io::error::SubmitError;
use crate::log::segment::{GROUP_ENTRIES_MAX, GROUP_LINES_BYTES_MAX, GroupWriter};
use crate::shared::job::WriteJob;

/// A command's entries, each with the texts beside it.
pub(crate) struct ComposedGroup {
    pub(crate) entries: Vec<(Entry, Vec<TextLine>)>,
    /// Of the entries' lines.
    pub(crate) bytes: usize,
}

/// The entries of drafts as they would be written from `size` on. The lines of their texts are added to `texts`, also where
/// they do not fit.
pub(crate) fn compose_group(
    drafts: &[EntryDraft],
    size: u64,
    now: &Now,
    texts: &mut GroupWriter,
) -> Result<ComposedGroup, SubmitError> {
    let before = texts.len();
    let mut composed = ComposedGroup { entries: Vec::with_capacity(drafts.len()), bytes: 0 };
    for (draft, seq) in drafts.iter().zip(size..) {
        let entry = Entry::compose(seq, now.entry_time(), draft.by, draft.idem, &draft.event)?;
        let beside: Vec<_> = draft.texts.iter().map(|text| text.beside(seq)).collect();
        beside.iter().for_each(|text| texts.text(text));
        composed.bytes += entry.bytes().len() + 1;
        composed.entries.push((entry, beside));
    }
    let (entries, bytes) = (composed.entries.len(), composed.bytes + texts.len() - before);
    if bytes > GROUP_LINES_BYTES_MAX || entries > GROUP_ENTRIES_MAX {
        return Err(SubmitError::TooLarge { entries, bytes });
    }
    Ok(composed)
}

/// A job that was decided for a group into which it did not fit.
pub(crate) struct Redecided {
    pub(crate) job: Box<dyn WriteJob>,
    pub(crate) drafts: Option<Vec<EntryDraft>>,
}

impl WriteJob for Redecided {
    fn decide(&mut self, _: &CommandView<'_>) -> Vec<EntryDraft> {
        self.drafts.take().unwrap_or_default()
    }
    fn finish(self: Box<Self>, result: Result<Vec<DurableEntry>, SubmitError>) {
        self.job.finish(result);
    }
}
