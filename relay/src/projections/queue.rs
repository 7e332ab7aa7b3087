//! Facilities whose entries wait to be folded, one place each; accounts take turns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use record::ids::FacilityId;
use tokio::sync::Notify;

use crate::db::AccountScope;
use crate::db::OwnedFacility;

/// The queue of one process. What is lost with the process, the next look over all facilities finds.
#[derive(Debug, Default)]
pub struct StepQueue {
    waiting: Mutex<WaitingFacilities>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct WaitingFacilities {
    turns: VecDeque<AccountScope>,
    facilities: BTreeMap<AccountScope, VecDeque<FacilityId>>,
}

impl StepQueue {
    /// Puts a facility into the queue, unless it is there.
    pub fn request(&self, place: OwnedFacility) {
        let OwnedFacility { scope, facility } = place;
        let mut waiting = self.lock();
        let of_account = waiting.facilities.entry(scope).or_default();
        if of_account.contains(&facility) {
            return;
        }
        of_account.push_back(facility);
        let is_first = of_account.len() == 1;
        if is_first {
            waiting.turns.push_back(scope);
        }
        drop(waiting);
        self.wake.notify_one();
    }

    pub async fn next(&self) -> OwnedFacility {
        loop {
            if let Some(found) = self.take() {
                // Another worker may wait for what is left.
                self.wake.notify_one();
                return found;
            }
            self.wake.notified().await;
        }
    }

    pub(crate) fn take(&self) -> Option<OwnedFacility> {
        let mut waiting = self.lock();
        let scope = waiting.turns.pop_front()?;
        let of_account = waiting.facilities.get_mut(&scope)?;
        let facility = of_account.pop_front();
        if of_account.is_empty() {
            waiting.facilities.remove(&scope);
        } else {
            waiting.turns.push_back(scope);
        }
        facility.map(|facility| OwnedFacility { scope, facility })
    }

    fn lock(&self) -> MutexGuard<'_, WaitingFacilities> {
        // Nothing in it is half done when somebody panics.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_take_turns_and_each_facility_has_one_place() {
        let queue = StepQueue::default();
        let place = |scope, n: u8| OwnedFacility { scope, facility: FacilityId::new(1, [n; 10]) };
        let (one, two) = (AccountScope::made_up(1), AccountScope::made_up(2));
        for n in [1, 2, 1, 3] {
            queue.request(place(one, n));
        }
        queue.request(place(two, 9));
        let order: Vec<_> = std::iter::from_fn(|| queue.take()).collect();
        let expected = [(one, 1), (two, 9), (one, 2), (one, 3)].map(|(scope, n)| place(scope, n));
        assert_eq!(order, expected);
        queue.request(place(two, 9));
        assert_eq!(queue.take(), Some(place(two, 9)));
    }
}
