//! Places for runs on their way: so many at a time, one a box and direction, and no more bytes than memory holds.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use record::ids::BoxId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::errors::BoxFault;

const AT_ONCE: usize = 2;
/// Mebibytes of runs that come in and go out at a time, of all boxes.
const BUFFERED_MIB: u32 = 260;
/// Boxes of which a run is on its way, in one direction: one at a time.
pub(in crate::box_api) type BusyBoxes = Arc<Mutex<BTreeSet<BoxId>>>;

#[derive(Debug)]
pub(in crate::box_api) struct RunPlaces {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    /// Mebibytes that runs may fill: whoever is slow keeps only others as slow from beginning.
    buffers: Arc<Semaphore>,
    pub(in crate::box_api) uploading: BusyBoxes,
    pub(in crate::box_api) fetching: BusyBoxes,
}

impl RunPlaces {
    pub(in crate::box_api) fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            buffers: Arc::new(Semaphore::new(BUFFERED_MIB as usize)),
            uploading: BusyBoxes::default(),
            fetching: BusyBoxes::default(),
        }
    }

    pub(in crate::box_api) async fn pass(
        &self,
        busy: &BusyBoxes,
        box_id: BoxId,
        bytes: u64,
    ) -> Result<RunPassage, BoxFault> {
        let _box = BusyBox::begin(busy, box_id)?;
        let _place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| BoxFault::Busy)?;
        let buffer = Arc::clone(&self.buffers).acquire_many_owned(to_mebibytes(bytes)).await;
        Ok(RunPassage { _place, _box, buffer: buffer.map_err(|e| BoxFault::Unavailable(e.to_string()))? })
    }

    /// A turn is for what costs the relay something, not for waiting for the box.
    pub(in crate::box_api) async fn turn(&self) -> Result<OwnedSemaphorePermit, BoxFault> {
        Arc::clone(&self.turns).acquire_owned().await.map_err(|e| BoxFault::Unavailable(e.to_string()))
    }
}

/// A box's place among those of which a run is on its way, until it is dropped.
struct BusyBox {
    all: BusyBoxes,
    box_id: BoxId,
}

impl BusyBox {
    fn begin(all: &BusyBoxes, box_id: BoxId) -> Result<Self, BoxFault> {
        let new = all.lock().unwrap_or_else(PoisonError::into_inner).insert(box_id);
        new.then(|| Self { all: Arc::clone(all), box_id }).ok_or(BoxFault::Busy)
    }
}

impl Drop for BusyBox {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.box_id);
    }
}

/// What a run on its way holds until it has gone, or is here.
pub(in crate::box_api) struct RunPassage {
    _place: OwnedSemaphorePermit,
    _box: BusyBox,
    buffer: OwnedSemaphorePermit,
}

impl RunPassage {
    /// Frees what was reserved beyond so many bytes.
    pub(in crate::box_api) fn shrink_to(&mut self, bytes: u64) {
        let rest = self.buffer.num_permits().saturating_sub(to_mebibytes(bytes) as usize);
        drop(self.buffer.split(rest));
    }
}

fn to_mebibytes(bytes: u64) -> u32 {
    u32::try_from(bytes >> 20).unwrap_or(u32::MAX).saturating_add(1).min(BUFFERED_MIB)
}
