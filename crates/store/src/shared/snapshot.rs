//! What readers see: the newest durable state, published by the writer without waiting for anybody.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::fold::{FacilityState, RowKey};
use record::tree::Frontier;

/// One durable state of the log. Whoever holds it keeps nobody waiting, however long, and it never changes.
#[derive(Debug, Clone)]
pub struct StoreSnapshot {
    pub origin: LogOrigin,
    /// Size and root of the present epoch.
    pub frontier: Frontier,
    pub facility: Arc<FacilityState>,
}

impl StoreSnapshot {
    /// Entries of the present epoch.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }
}

/// What is asked of a snapshot is nearly always what the entries amount to.
impl std::ops::Deref for StoreSnapshot {
    type Target = FacilityState;
    fn deref(&self) -> &FacilityState {
        &self.facility
    }
}

/// The writer's two copies of the facility: the one that it decides on, and the one that readers were shown before the
/// present one, which becomes the next to decide on as soon as they have left it.
#[derive(Debug)]
pub(crate) struct FacilityPair {
    /// With everything decided, durable or not.
    pub(crate) back: Arc<FacilityState>,
    /// What was shown before, and the rows in which it is older than what is shown now.
    left: Option<(Arc<FacilityState>, BTreeSet<RowKey>)>,
}

impl FacilityPair {
    pub(crate) fn new(shown: Arc<FacilityState>) -> Self {
        Self { back: shown, left: None }
    }

    /// Makes ready for a group: a copy that no reader looks at any more takes the rows in which it is behind. While one
    /// still looks, the first change copies the lists of rows instead; nobody waits for anybody.
    pub(crate) fn begin(&mut self) {
        if let Some((mut left, rows)) = self.left.take()
            && let Some(facility) = Arc::get_mut(&mut left)
        {
            rows.iter().for_each(|row| facility.share_row(&self.back, *row));
            self.back = left;
        }
    }

    pub(crate) fn change(&mut self) -> &mut FacilityState {
        Arc::make_mut(&mut self.back)
    }

    /// After `back` was shown in the place of `before`, and differs from it in these rows.
    pub(crate) fn shown(&mut self, before: Arc<FacilityState>, rows: BTreeSet<RowKey>) {
        self.left = (!Arc::ptr_eq(&before, &self.back)).then_some((before, rows));
    }
}

#[cfg(test)]
mod tests {
    use record::fold::FacilitySettings;

    use super::*;

    fn named(pair: &mut FacilityPair, name: &str) {
        pair.change().settings =
            Arc::new(FacilitySettings { name: name.to_owned(), ..FacilitySettings::default() });
    }

    /// One group that changes the settings, and its publication.
    fn group(pair: &mut FacilityPair, shown: &mut Arc<FacilityState>, name: &str) {
        pair.begin();
        named(pair, name);
        let before = std::mem::replace(shown, pair.back.clone());
        pair.shown(before, BTreeSet::from([RowKey::Settings]));
    }

    #[test]
    fn two_copies_take_turns_while_nobody_looks_and_a_third_is_made_for_who_does() {
        let mut shown = Arc::new(FacilityState::default());
        let mut pair = FacilityPair::new(shown.clone());
        group(&mut pair, &mut shown, "a");
        group(&mut pair, &mut shown, "b");
        let (first, second) = (Arc::as_ptr(&shown), pair.left.as_ref().map(|(f, _)| Arc::as_ptr(f)).unwrap());
        for name in ["c", "d", "e", "f"] {
            group(&mut pair, &mut shown, name);
            assert!([first, second].contains(&Arc::as_ptr(&shown)), "no list was copied");
            assert_eq!(shown.settings.name, name);
        }
        let held = shown.clone();
        for name in ["g", "h", "i", "j"] {
            group(&mut pair, &mut shown, name);
            assert_eq!((shown.settings.name.as_str(), held.settings.name.as_str()), (name, "f"));
        }
    }

    #[test]
    fn what_was_not_recorded_is_forgotten() {
        let mut shown = Arc::new(FacilityState::default());
        let mut pair = FacilityPair::new(shown.clone());
        group(&mut pair, &mut shown, "a");
        pair.begin();
        named(&mut pair, "refused");
        pair = FacilityPair::new(shown.clone());
        group(&mut pair, &mut shown, "b");
        group(&mut pair, &mut shown, "c");
        assert_eq!(shown.settings.name, "c");
    }
}
