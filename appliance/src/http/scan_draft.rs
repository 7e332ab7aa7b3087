//! What was put in on a scan page when its contact time was started: the address of the page that follows names it, so a
//! browser that loads that page again shows the same timer and starts nothing anew.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use record::tag::Tag;

use super::scan_page::Typed;
use super::token::PageToken;

/// Drafts that are kept at a time, a hundred phones and more; past that the oldest is forgotten.
const DRAFTS_MAX: usize = 256;
/// Bytes that somebody may have typed in one; one that has more is not kept.
const TYPED_BYTES_MAX: usize = 4 * 1024;

/// A scan page on its way to a record.
#[derive(Debug, Clone)]
pub(super) struct ScanDraft {
    pub(super) token: PageToken,
    pub(super) typed: Typed,
    pub(super) submission: String,
}

/// The newest drafts, in memory only: each page also carries all of its own, so what is forgotten costs no record.
#[derive(Debug, Default)]
pub(super) struct ScanDrafts(Mutex<VecDeque<(String, ScanDraft)>>);

impl ScanDrafts {
    /// Keeps a draft under an id that nobody can guess; whether it was kept.
    pub(super) fn keep(&self, id: &str, draft: ScanDraft) -> bool {
        let bytes = draft.typed.who.len() + draft.typed.notes.len() + draft.submission.len();
        if bytes > TYPED_BYTES_MAX {
            return false;
        }
        let mut drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if drafts.len() == DRAFTS_MAX {
            drafts.pop_front();
        }
        drafts.push_back((id.to_owned(), draft));
        true
    }

    /// The draft of that id, if it is of this item.
    pub(super) fn find(&self, id: &str, tag: Tag) -> Option<ScanDraft> {
        let drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts
            .iter()
            .find(|(kept, draft)| kept == id && draft.token.tag == tag)
            .map(|(_, draft)| draft.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Now;
    use record::entry::ClockState;
    use record::ids::BootId;

    fn draft(tag: &str, notes: &str) -> ScanDraft {
        let now = Now { wall_ms: 0, boot: BootId::new(0, [1; 10]), up_ms: 7, state: ClockState::Synced };
        let typed = Typed { notes: notes.to_owned(), ..Typed::default() };
        ScanDraft { token: PageToken::new(tag.parse().unwrap(), &now), typed, submission: "s".to_owned() }
    }

    #[test]
    fn the_newest_are_kept_each_for_its_own_item() {
        let drafts = ScanDrafts::default();
        let tag: Tag = "7QK3M9X2W".parse().unwrap();
        for n in 0..=DRAFTS_MAX {
            assert!(drafts.keep(&format!("draft {n}"), draft("7QK3M9X2W", &n.to_string())));
        }
        assert!(drafts.find("draft 0", tag).is_none(), "the oldest made room");
        assert_eq!(drafts.find("draft 1", tag).unwrap().typed.notes, "1");
        assert!(drafts.find("draft 1", "ABCDEFGH3".parse().unwrap()).is_none());
        assert!(drafts.find("", tag).is_none());
    }

    #[test]
    fn somebody_who_types_a_book_fills_no_memory() {
        let drafts = ScanDrafts::default();
        assert!(!drafts.keep("long", draft("7QK3M9X2W", &"x".repeat(TYPED_BYTES_MAX + 1))));
        assert!(drafts.find("long", "7QK3M9X2W".parse().unwrap()).is_none());
    }
}
