//! Places for messages by HTTPS: a few a box at a time, as by MQTT, and no more bytes than memory holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use record::ids::BoxId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::errors::BoxFault;

/// Messages of one box that are on their way at a time: as many as MQTT's `receive_max` grants.
const OF_BOX_MAX: usize = 2;
/// Bytes of messages that are on their way, of all boxes: as many as MQTT's listener holds.
const HELD_BYTES_MAX: usize = 64 << 20;

type BoxCounts = Arc<Mutex<BTreeMap<BoxId, usize>>>;

#[derive(Debug)]
pub(in crate::box_api) struct LinePlaces {
    boxes: BoxCounts,
    bytes: Arc<Semaphore>,
}

impl Default for LinePlaces {
    fn default() -> Self {
        Self { boxes: BoxCounts::default(), bytes: Arc::new(Semaphore::new(HELD_BYTES_MAX)) }
    }
}

impl LinePlaces {
    /// Lets a message of at most so many bytes in, before any of them is read. It never waits.
    pub(in crate::box_api) fn enter(&self, box_id: BoxId, bytes_max: usize) -> Result<LinePlace, BoxFault> {
        let _box = CountedBox::begin(&self.boxes, box_id)?;
        let bytes = u32::try_from(bytes_max).unwrap_or(u32::MAX);
        let bytes = Arc::clone(&self.bytes).try_acquire_many_owned(bytes).map_err(|_| BoxFault::Busy)?;
        Ok(LinePlace { _box, _bytes: bytes })
    }
}

struct CountedBox {
    all: BoxCounts,
    box_id: BoxId,
}

impl CountedBox {
    fn begin(all: &BoxCounts, box_id: BoxId) -> Result<Self, BoxFault> {
        let mut counts = all.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(box_id).or_default();
        if *count >= OF_BOX_MAX {
            return Err(BoxFault::Crowded);
        }
        *count += 1;
        Ok(Self { all: Arc::clone(all), box_id })
    }
}

impl Drop for CountedBox {
    fn drop(&mut self) {
        let mut counts = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.box_id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.box_id);
            }
        }
    }
}

/// A message's place until the relay is done with it.
pub(in crate::box_api) struct LinePlace {
    _box: CountedBox,
    _bytes: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn box_id(fill: u8) -> BoxId {
        BoxId::new(1, [fill; 10])
    }

    #[test]
    fn one_box_takes_no_place_of_another() {
        let places = LinePlaces::default();
        let held: Vec<LinePlace> = (0..OF_BOX_MAX).map(|_| places.enter(box_id(1), 10).unwrap()).collect();
        assert!(matches!(places.enter(box_id(1), 10), Err(BoxFault::Crowded)));
        assert!(places.enter(box_id(2), 10).is_ok());
        drop(held);
        assert!(places.enter(box_id(1), 10).is_ok());
        assert!(places.boxes.lock().unwrap().is_empty(), "nothing is kept of a box that is gone");
    }

    #[test]
    fn all_of_them_fill_no_memory() {
        let places = LinePlaces::default();
        let _all = places.enter(box_id(1), HELD_BYTES_MAX).unwrap();
        assert!(matches!(places.enter(box_id(2), 1), Err(BoxFault::Busy)));
        assert_eq!(places.boxes.lock().unwrap().len(), 1, "whoever was turned away holds nothing");
    }
}
