//! What was entered on a scan page when its contact time was started, or when somebody left it to sign in or for
//! another language: the address of the page that follows names it, so a browser that loads that page again shows the
//! same timer and does not start it again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use record::ids::DeviceId;
use record::tag::Tag;
use service::attempts::ClientNetwork;

use crate::web::pages::phone::scan::entered::ScanFormData;
use crate::web::request::submissions::page_token::PageToken;

/// Drafts that are stored at a time, for a hundred phones and more; past that the oldest is dropped.
const DRAFTS_MAX: usize = 256;
/// Drafts of one network at a time; past that its own oldest is dropped, and nobody else's.
const NETWORK_DRAFTS_MAX: usize = 24;
/// Bytes that somebody may have typed in one; a larger one is not stored.
const FORM_BYTES_MAX: usize = 4 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct ScanDraft {
    pub(crate) token: PageToken,
    pub(crate) entered: ScanFormData,
    pub(crate) submission: String,
    pub(crate) device: Option<DeviceId>,
}

/// The newest drafts, in memory only: each page also carries all of its own, so a dropped draft costs no record.
#[derive(Debug, Default)]
pub(crate) struct ScanDrafts(Mutex<VecDeque<StoredDraft>>);

#[derive(Debug)]
struct StoredDraft {
    id: String,
    from: ClientNetwork,
    draft: ScanDraft,
}

impl ScanDrafts {
    /// Stores a draft under an unguessable id; returns whether it was stored.
    pub(crate) fn keep(&self, id: &str, from: ClientNetwork, draft: ScanDraft) -> bool {
        let bytes = draft.entered.who.len()
            + draft.entered.notes.len()
            + draft.entered.about.bytes()
            + draft.submission.len();
        if bytes > FORM_BYTES_MAX {
            return false;
        }
        let mut drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if drafts.iter().filter(|stored| stored.from == from).count() >= NETWORK_DRAFTS_MAX
            && let Some(oldest) = drafts.iter().position(|stored| stored.from == from)
        {
            drafts.remove(oldest);
        }
        if drafts.len() == DRAFTS_MAX {
            drafts.pop_front();
        }
        drafts.push_back(StoredDraft { id: id.to_owned(), from, draft });
        true
    }

    /// Deletes the typed texts of these devices, and keeps the ticked steps: somebody else uses them now.
    pub(crate) fn forget_person(&self, devices: &[DeviceId]) {
        let mut drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for StoredDraft { draft, .. } in drafts.iter_mut() {
            if draft.device.is_some_and(|device| devices.contains(&device)) {
                draft.entered.who.clear();
                draft.entered.notes.clear();
            }
        }
    }

    pub(crate) fn find(&self, id: &str, tag: Tag) -> Option<ScanDraft> {
        let drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts
            .iter()
            .find(|stored| stored.id == id && stored.draft.token.tag == tag)
            .map(|stored| stored.draft.clone())
    }
}

#[cfg(test)]
mod tests {
    use service::clock::Now;

    use super::*;
    use record::entry::ClockState;
    use record::ids::BootId;

    fn draft(tag: &str, notes: &str) -> ScanDraft {
        let now = Now { wall_ms: 0, boot: BootId::new(0, [1; 10]), up_ms: 7, state: ClockState::Synced };
        let entered = ScanFormData { notes: notes.to_owned(), ..ScanFormData::default() };
        ScanDraft {
            token: PageToken::new(tag.parse().unwrap(), &now),
            entered,
            submission: "s".to_owned(),
            device: None,
        }
    }

    fn network(n: usize) -> ClientNetwork {
        ClientNetwork::of(std::net::Ipv4Addr::from(0x0a00_0000 + u32::try_from(n).unwrap()).into())
    }

    #[test]
    fn one_network_forgets_only_its_own() {
        let drafts = ScanDrafts::default();
        let tag: Tag = "7QK3M9X2W".parse().unwrap();
        assert!(drafts.keep("other", network(1), draft("7QK3M9X2W", "")));
        for n in 0..=DRAFTS_MAX {
            assert!(drafts.keep(&format!("draft {n}"), network(2), draft("7QK3M9X2W", "")));
        }
        assert!(drafts.find("other", tag).is_some());
        let stored = (0..=DRAFTS_MAX).filter(|n| drafts.find(&format!("draft {n}"), tag).is_some());
        assert_eq!(stored.collect::<Vec<_>>(), (DRAFTS_MAX - 23..=DRAFTS_MAX).collect::<Vec<_>>());
    }

    #[test]
    fn the_newest_are_kept_each_for_its_own_item() {
        let drafts = ScanDrafts::default();
        let tag: Tag = "7QK3M9X2W".parse().unwrap();
        for n in 0..=DRAFTS_MAX {
            assert!(drafts.keep(&format!("draft {n}"), network(n), draft("7QK3M9X2W", &n.to_string())));
        }
        assert!(drafts.find("draft 0", tag).is_none(), "the oldest made room");
        assert_eq!(drafts.find("draft 1", tag).unwrap().entered.notes, "1");
        assert!(drafts.find("draft 1", "ABCDEFGH3".parse().unwrap()).is_none());
        assert!(drafts.find("", tag).is_none());
    }

    #[test]
    fn what_was_typed_goes_with_the_phone_that_it_was_typed_on() {
        let drafts = ScanDrafts::default();
        let [own, other] = [1, 2].map(|n| DeviceId::of_secret(&[n; 32]));
        for (id, device) in [("own", own), ("other", other)] {
            let mut draft = draft("7QK3M9X2W", "no wipes");
            (draft.device, draft.entered.who, draft.entered.ticked) = (Some(device), "Ada".into(), vec![1]);
            assert!(drafts.keep(id, network(1), draft));
        }
        drafts.forget_person(&[own]);
        let shown = |id| {
            let ScanFormData { who, notes, ticked, .. } =
                drafts.find(id, "7QK3M9X2W".parse().unwrap()).unwrap().entered;
            (who, notes, ticked)
        };
        assert_eq!(shown("own"), (String::new(), String::new(), vec![1]));
        assert_eq!(shown("other"), ("Ada".into(), "no wipes".into(), vec![1]));
    }

    #[test]
    fn somebody_who_types_a_book_fills_no_memory() {
        let drafts = ScanDrafts::default();
        assert!(!drafts.keep("long", network(1), draft("7QK3M9X2W", &"x".repeat(FORM_BYTES_MAX + 1))));
        assert!(drafts.find("long", "7QK3M9X2W".parse().unwrap()).is_none());
    }
}
