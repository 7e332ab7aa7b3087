//! Places for uploads: how many photos are written to the card at a time, and whose turn is next. An upload without a
//! place waits with its body unread, so that the phone keeps its photo meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use service::attempts::ClientNetwork;
use tokio::sync::oneshot;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy)]
pub struct UploadLimits {
    /// Uploads that are written at a time; each may have 30 MB.
    pub at_a_time: usize,
    pub per_network: usize,
    /// Uploads that stay half written because their place went to another one.
    pub paused: usize,
    /// Bytes of whole uploads that wait to be opened without a place; a quarter of them may be of one network. Past that they
    /// keep their places, so that no more are read than are opened.
    pub finished_bytes: u64,
    /// Uploads that wait for a place; a further one gets the answer at once that the box is busy, unless another
    /// network has so many of them that its last one goes instead. It is enough for a hundred phones at once.
    pub waiting: usize,
    pub waiting_per_network: usize,
    pub wait: Duration,
    /// How long an upload keeps its place while others wait.
    pub hold: Duration,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            at_a_time: 8,
            per_network: 2,
            paused: 8,
            finished_bytes: 640 * 1024 * 1024,
            waiting: 128,
            waiting_per_network: 12,
            wait: Duration::from_secs(60),
            hold: Duration::from_secs(20),
        }
    }
}

/// Why an upload goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    Late,
    /// As many wait already as may, or one of a network that has fewer came when it was full.
    Crowded,
    /// It was the slowest while others waited, and there was no space to pause it either.
    Slow,
}

#[derive(Debug)]
pub(super) struct UploadPlaces {
    limits: UploadLimits,
    table: Mutex<Table>,
}

/// What one upload has of the places, from its first byte until this is dropped.
#[derive(Debug)]
pub(super) struct UploadPlace {
    places: Arc<UploadPlaces>,
    id: u64,
}

#[derive(Debug, Default)]
struct Table {
    /// Counts uploads and turns.
    next: u64,
    uploads: BTreeMap<u64, Upload>,
    queue: VecDeque<u64>,
    /// When each network that has an upload here had a place last, by `next`.
    turns: BTreeMap<ClientNetwork, u64>,
    /// When somebody who waits has last looked at how long places were held, for all who wait.
    looked: Option<Instant>,
}

#[derive(Debug, Default)]
struct TakenPlaces {
    all: usize,
    by_network: BTreeMap<ClientNetwork, usize>,
}

#[derive(Debug)]
struct Upload {
    network: ClientNetwork,
    path: PathBuf,
    size: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// In the queue, for the first time or with half a file.
    Waiting {
        granted: oneshot::Sender<()>,
        has_file: bool,
    },
    Writing {
        since: Instant,
        bytes: u64,
    },
    Paused {
        since: Instant,
    },
    /// Its form is here whole, and it waits to be opened: its phone is no longer waited for.
    Complete {
        has_place: bool,
    },
    Evicted,
}

impl UploadPlaces {
    pub(super) fn new(limits: UploadLimits) -> Arc<Self> {
        Arc::new(Self { limits, table: Mutex::default() })
    }

    /// Waits for a place for an upload that will be written to `path`.
    pub(super) async fn enter(
        self: &Arc<Self>,
        network: ClientNetwork,
        path: PathBuf,
    ) -> Result<UploadPlace, NoPlace> {
        let id = {
            let mut table = self.table();
            table.next += 1;
            let id = table.next;
            table.uploads.insert(id, Upload { network, path, size: 0, stage: Stage::Evicted });
            id
        };
        let place = UploadPlace { places: self.clone(), id };
        place.wait(false).await?;
        Ok(place)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.table().queue.len()
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.table().taken().all
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self) {
        let evicted = self.table().settle(&self.limits, Instant::now());
        delete_files(&evicted);
    }

    /// Settles where none of those who wait has done it for `every`: one look serves them all.
    fn look(&self, every: Duration) {
        let now = Instant::now();
        let evicted = {
            let mut table = self.table();
            if table.looked.is_some_and(|looked| now.saturating_duration_since(looked) < every) {
                return;
            }
            table.looked = Some(now);
            table.settle(&self.limits, now)
        };
        delete_files(&evicted);
    }
}

impl UploadPlace {
    /// Returns when `bytes` more may be written; waits where the place went to another upload meanwhile.
    pub(super) async fn hold(&self, bytes: usize) -> Result<(), NoPlace> {
        if self.count(bytes)? {
            return Ok(());
        }
        self.wait(true).await?;
        self.count(bytes).map(drop)
    }

    /// The whole form is here: nothing is taken from this upload any more, and its place goes to another one if there
    /// is space for its file.
    pub(super) fn complete(&self) -> Result<(), NoPlace> {
        {
            let mut table = self.places.table();
            let fits = table.has_room_for_finished(self.id, &self.places.limits);
            let upload = table.uploads.get_mut(&self.id).ok_or(NoPlace::Slow)?;
            upload.stage = match upload.stage {
                Stage::Evicted => return Err(NoPlace::Slow),
                Stage::Writing { .. } => Stage::Complete { has_place: !fits },
                _ => Stage::Complete { has_place: false },
            };
        }
        self.places.settle();
        Ok(())
    }

    /// Counts bytes for the upload's speed; false when it has no place now.
    fn count(&self, more: usize) -> Result<bool, NoPlace> {
        let mut table = self.places.table();
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        match table.uploads.get_mut(&self.id) {
            Some(Upload { stage: Stage::Writing { bytes, .. }, size, .. }) => {
                *bytes = bytes.saturating_add(more);
                *size = size.saturating_add(more);
                Ok(true)
            }
            Some(Upload { stage: Stage::Paused { .. }, .. }) => Ok(false),
            _ => Err(NoPlace::Slow),
        }
    }

    async fn wait(&self, has_file: bool) -> Result<(), NoPlace> {
        let (granted, mut turn) = oneshot::channel();
        {
            let mut table = self.places.table();
            // An upload with half a file here already is one of few, and waits however many others do.
            let crowded = !has_file && !table.make_room_in_queue(self.id, &self.places.limits);
            let upload = table.uploads.get_mut(&self.id).ok_or(NoPlace::Slow)?;
            if crowded {
                return Err(NoPlace::Crowded);
            }
            upload.stage = Stage::Waiting { granted, has_file };
            table.queue.push_back(self.id);
        }
        self.places.settle();
        let late = tokio::time::sleep(self.places.limits.wait);
        let mut late = std::pin::pin!(late);
        // A place is free again when somebody leaves one; that somebody has held one too long is seen by those who wait.
        let every = (self.places.limits.hold / 20).max(Duration::from_millis(10));
        let mut look = tokio::time::interval(every);
        loop {
            tokio::select! {
                biased;
                granted = &mut turn => return granted.map_err(|_| NoPlace::Crowded),
                () = &mut late => break,
                _ = look.tick() => self.places.look(every),
            }
        }
        let mut table = self.places.table();
        table.queue.retain(|id| *id != self.id);
        match table.uploads.get_mut(&self.id) {
            Some(Upload { stage: Stage::Writing { .. }, .. }) => Ok(()),
            Some(upload) => {
                upload.stage = Stage::Evicted;
                Err(NoPlace::Late)
            }
            None => Err(NoPlace::Late),
        }
    }
}

impl Drop for UploadPlace {
    fn drop(&mut self) {
        {
            let mut table = self.places.table();
            table.queue.retain(|id| *id != self.id);
            if let Some(Upload { network, .. }) = table.uploads.remove(&self.id)
                && table.uploads.values().all(|upload| upload.network != network)
            {
                table.turns.remove(&network);
            }
        }
        self.places.settle();
    }
}

impl Table {
    /// Gives places to those who wait, in turn, and takes them from those who are slow while others wait. The files
    /// that it returns are of uploads that it threw away: they are to be emptied, without this table's lock.
    fn settle(&mut self, limits: &UploadLimits, now: Instant) -> Vec<PathBuf> {
        let mut evicted = Vec::new();
        if self.queue.is_empty() {
            return evicted;
        }
        let mut taken = self.taken();
        loop {
            self.grant_free_places(&mut taken, limits, now);
            let Some((slowest, network)) = self.slowest_that_helps(&taken, limits, now) else { break };
            if !self.make_room_for_another_file(limits, &mut evicted) {
                break;
            }
            if let Some(upload) = self.uploads.get_mut(&slowest) {
                upload.stage = Stage::Paused { since: now };
                taken.leave(network);
            }
        }
        evicted
    }

    fn grant_free_places(&mut self, taken: &mut TakenPlaces, limits: &UploadLimits, now: Instant) {
        while taken.all < limits.at_a_time {
            let mut waiting = self.in_turn(taken).into_iter();
            let Some((id, network)) = waiting.find(|(_, network)| !taken.is_crowded(*network, limits)) else {
                return;
            };
            self.queue.retain(|other| *other != id);
            self.grant(id, now);
            taken.enter(network);
        }
    }

    /// Those who wait, whose turn is next first: places go round the networks, so that a long queue of one is none for another.
    /// First is the network that has the fewest, of several the one that has waited for longest since it had one.
    fn in_turn(&self, taken: &TakenPlaces) -> Vec<(u64, ClientNetwork)> {
        let queued = self.queue.iter();
        let mut waiting: Vec<(u64, ClientNetwork)> =
            queued.filter_map(|id| self.uploads.get(id).map(|upload| (*id, upload.network))).collect();
        let mut since: BTreeMap<ClientNetwork, u64> = BTreeMap::new();
        for (id, network) in &waiting {
            let first = since.entry(*network).or_insert(*id);
            *first = (*first).min(*id);
        }
        waiting.sort_by_key(|(_, network)| {
            (taken.of_network(*network), self.turns.get(network).max(since.get(network)).copied())
        });
        waiting
    }

    fn grant(&mut self, id: u64, now: Instant) {
        let Some(upload) = self.uploads.get_mut(&id) else { return };
        self.next += 1;
        self.turns.insert(upload.network, self.next);
        let before = std::mem::replace(&mut upload.stage, Stage::Writing { since: now, bytes: 0 });
        if let Stage::Waiting { granted, .. } = before {
            // Where the receiver is gone, the upload is about to be dropped, and its place with it.
            let _ = granted.send(());
        }
    }

    fn taken(&self) -> TakenPlaces {
        let mut taken = TakenPlaces::default();
        for upload in self.uploads.values() {
            if matches!(upload.stage, Stage::Writing { .. } | Stage::Complete { has_place: true }) {
                taken.enter(upload.network);
            }
        }
        taken
    }

    /// Whether this upload may wait. Where as many wait as may, the last of the network that has the most goes for it, unless its
    /// own would have as many then: a network that fills the queue keeps no other out, and none loses its only one.
    fn make_room_in_queue(&mut self, id: u64, limits: &UploadLimits) -> bool {
        let Some(own) = self.uploads.get(&id).map(|upload| upload.network) else { return false };
        // How many wait of each network, and the last of them that has no file here yet.
        let mut waiting: BTreeMap<ClientNetwork, (usize, Option<u64>)> = BTreeMap::new();
        for id in &self.queue {
            let Some(upload) = self.uploads.get(id) else { continue };
            let (count, last) = waiting.entry(upload.network).or_default();
            *count += 1;
            if matches!(upload.stage, Stage::Waiting { has_file: false, .. }) {
                *last = Some(*id);
            }
        }
        let of_own = waiting.get(&own).map_or(0, |(count, _)| *count);
        if of_own >= limits.waiting_per_network {
            return false;
        }
        if self.queue.len() < limits.waiting {
            return true;
        }
        let most = waiting.into_values().filter_map(|(count, last)| Some((count, last?))).max();
        let Some((_, last)) = most.filter(|(count, _)| *count > of_own + 1) else { return false };
        self.queue.retain(|other| *other != last);
        if let Some(upload) = self.uploads.get_mut(&last) {
            // The waiting upload sees that no place can be granted to it any more.
            upload.stage = Stage::Evicted;
        }
        true
    }

    /// Whether a whole upload may be stored without a place until it is opened.
    fn has_room_for_finished(&self, id: u64, limits: &UploadLimits) -> bool {
        let Some(own) = self.uploads.get(&id) else { return false };
        let lies = self.uploads.values().filter(|u| matches!(u.stage, Stage::Complete { has_place: false }));
        let (mut all, mut of_network) = (own.size, own.size);
        for upload in lies {
            all = all.saturating_add(upload.size);
            if upload.network == own.network {
                of_network = of_network.saturating_add(upload.size);
            }
        }
        all < limits.finished_bytes && of_network < limits.finished_bytes / 4
    }

    /// The slowest upload that has had a place for long enough, among those whose place would help the first in turn
    /// whom one would help; and its network.
    fn slowest_that_helps(
        &self,
        taken: &TakenPlaces,
        limits: &UploadLimits,
        now: Instant,
    ) -> Option<(u64, ClientNetwork)> {
        let held_long = self.uploads.iter().filter_map(|(id, upload)| match upload.stage {
            Stage::Writing { since, bytes } => {
                let held = now.saturating_duration_since(since);
                let per_second = u128::from(bytes) * 1_000 / held.as_millis().max(1);
                (held >= limits.hold).then_some((per_second, *id, upload.network))
            }
            _ => None,
        });
        // As many at most as there are places.
        let mut slow: Vec<(u128, u64, ClientNetwork)> = held_long.collect();
        if slow.is_empty() {
            return None;
        }
        slow.sort_unstable_by_key(|(per_second, id, _)| (*per_second, *id));
        self.in_turn(taken)
            .iter()
            .find_map(|(_, own): &(u64, ClientNetwork)| {
                let crowded = taken.is_crowded(*own, limits);
                slow.iter().find(|(_, _, network)| !crowded || network == own)
            })
            .map(|(_, id, network)| (*id, *network))
    }

    /// Whether one more upload may stay half written; the one that has sent nothing for longest is thrown away for it.
    fn make_room_for_another_file(&mut self, limits: &UploadLimits, evicted: &mut Vec<PathBuf>) -> bool {
        if self
            .uploads
            .values()
            .filter(|upload: &&Upload| {
                matches!(upload.stage, Stage::Paused { .. } | Stage::Waiting { has_file: true, .. })
            })
            .count()
            < limits.paused
        {
            return true;
        }
        let silent = self.uploads.iter().filter_map(|(id, upload)| match upload.stage {
            Stage::Paused { since } => Some((since, *id)),
            _ => None,
        });
        let Some((_, id)) = silent.min() else { return false };
        if let Some(upload) = self.uploads.get_mut(&id) {
            upload.stage = Stage::Evicted;
            evicted.push(upload.path.clone());
        }
        true
    }
}

impl TakenPlaces {
    fn enter(&mut self, network: ClientNetwork) {
        self.all += 1;
        *self.by_network.entry(network).or_default() += 1;
    }

    fn leave(&mut self, network: ClientNetwork) {
        self.all = self.all.saturating_sub(1);
        if let Some(own) = self.by_network.get_mut(&network) {
            *own = own.saturating_sub(1);
        }
    }

    fn of_network(&self, network: ClientNetwork) -> usize {
        self.by_network.get(&network).copied().unwrap_or_default()
    }

    fn is_crowded(&self, network: ClientNetwork, limits: &UploadLimits) -> bool {
        self.of_network(network) >= limits.per_network
    }
}

/// Empties the files of uploads that were thrown away.
fn delete_files(evicted: &[PathBuf]) {
    for path in evicted {
        // Its writer still has it open, so removing it would free nothing. Where emptying fails, it is removed with its upload.
        let _ = std::fs::File::options().write(true).open(path).and_then(|file| file.set_len(0));
    }
}

#[cfg(test)]
mod tests;
