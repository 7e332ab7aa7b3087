//! Places for uploads: how many photos are written to the card at a time, and whose turn is next. Whoever has no place waits
//! with the body unread, so that the phone keeps its photo meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use service::attempts::Network;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How uploads share the box.
#[derive(Debug, Clone, Copy)]
pub struct UploadLimits {
    /// Uploads that are written at a time; each may have 30 MB.
    pub at_a_time: usize,
    /// Of those, from one network.
    pub per_network: usize,
    /// Uploads that lie half written because their place went to another one.
    pub paused: usize,
    /// Bytes of whole uploads that wait to be opened without a place; a quarter of them may be of one network. Past that they
    /// keep their places, so that no more are read than are opened.
    pub finished_bytes: u64,
    /// How long an upload waits for a place.
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
            wait: Duration::from_secs(60),
            hold: Duration::from_secs(20),
        }
    }
}

/// Why an upload goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// No place was free in time.
    Late,
    /// It was the slowest while others waited, and there was no room to let it lie either.
    Slow,
}

/// The places of a box.
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
    next: u64,
    uploads: BTreeMap<u64, Upload>,
    queue: VecDeque<u64>,
}

#[derive(Debug)]
struct Upload {
    network: Network,
    path: PathBuf,
    /// Bytes that were written.
    size: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// In the queue, for the first time or with half a file.
    Waiting { granted: oneshot::Sender<()>, has_file: bool },
    /// Its bytes are read and written.
    Writing { since: Instant, bytes: u64 },
    /// It gave its place up, and has sent nothing since.
    Paused { since: Instant },
    /// Its form is here whole, and it waits to be opened: nobody waits for its phone any more.
    Complete { has_place: bool },
    /// Its file is emptied.
    ThrownAway,
}

impl UploadPlaces {
    pub(super) fn new(limits: UploadLimits) -> Arc<Self> {
        Arc::new(Self { limits, table: Mutex::default() })
    }

    /// Waits for a place for an upload that will be written to `path`.
    pub(super) async fn enter(
        self: &Arc<Self>,
        network: Network,
        path: PathBuf,
    ) -> Result<UploadPlace, NoPlace> {
        let id = {
            let mut table = self.table();
            table.next += 1;
            let id = table.next;
            table.uploads.insert(id, Upload { network, path, size: 0, stage: Stage::ThrownAway });
            id
        };
        let place = UploadPlace { places: self.clone(), id };
        place.wait(false).await?;
        Ok(place)
    }

    /// How many uploads wait for a place.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.table().queue.len()
    }

    /// How many uploads have one.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.table().taken(None)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self) {
        self.table().settle(&self.limits, Instant::now());
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

    /// The whole form is here: nothing is taken from this upload any more, and its place goes to another one if there is
    /// room for its file.
    pub(super) fn complete(&self) -> Result<(), NoPlace> {
        {
            let mut table = self.places.table();
            let fits = table.has_room_for_finished(self.id, &self.places.limits);
            let upload = table.uploads.get_mut(&self.id).ok_or(NoPlace::Slow)?;
            upload.stage = match upload.stage {
                Stage::ThrownAway => return Err(NoPlace::Slow),
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
            let upload = table.uploads.get_mut(&self.id).ok_or(NoPlace::Slow)?;
            upload.stage = Stage::Waiting { granted, has_file };
            table.queue.push_back(self.id);
        }
        let late = tokio::time::sleep(self.places.limits.wait);
        let mut late = std::pin::pin!(late);
        // A place is free again when somebody leaves one; that somebody has held one too long is seen by those who wait.
        let mut look = tokio::time::interval((self.places.limits.hold / 20).max(Duration::from_millis(10)));
        loop {
            tokio::select! {
                biased;
                granted = &mut turn => return granted.map_err(|_| NoPlace::Slow),
                () = &mut late => break,
                _ = look.tick() => self.places.settle(),
            }
        }
        let mut table = self.places.table();
        table.queue.retain(|id| *id != self.id);
        match table.uploads.get_mut(&self.id) {
            Some(Upload { stage: Stage::Writing { .. }, .. }) => Ok(()),
            Some(upload) => {
                upload.stage = Stage::ThrownAway;
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
            table.uploads.remove(&self.id);
            table.queue.retain(|id| *id != self.id);
        }
        self.places.settle();
    }
}

impl Table {
    /// Gives places to those who wait, in their order, and takes them from those who are slow while others wait.
    fn settle(&mut self, limits: &UploadLimits, now: Instant) {
        loop {
            let next = self.queue.iter().position(|id| self.fits(*id, limits));
            if let Some(id) = next.and_then(|at| self.queue.remove(at)) {
                self.grant(id, now);
                continue;
            }
            let slowest = self.queue.iter().find_map(|id| self.slowest_for(*id, limits, now));
            match slowest {
                Some(id) if self.make_room_for_another_file(limits) => {
                    if let Some(upload) = self.uploads.get_mut(&id) {
                        upload.stage = Stage::Paused { since: now };
                    }
                }
                _ => return,
            }
        }
    }

    fn grant(&mut self, id: u64, now: Instant) {
        let Some(upload) = self.uploads.get_mut(&id) else { return };
        let before = std::mem::replace(&mut upload.stage, Stage::Writing { since: now, bytes: 0 });
        if let Stage::Waiting { granted, .. } = before {
            // Where nobody listens any more, the upload is about to be dropped, and its place with it.
            let _ = granted.send(());
        }
    }

    /// Places that are taken, by all or by one network.
    fn taken(&self, network: Option<Network>) -> usize {
        let of = self.uploads.values().filter(|upload| network.is_none_or(|n| upload.network == n));
        of.filter(|u| matches!(u.stage, Stage::Writing { .. } | Stage::Complete { has_place: true })).count()
    }

    /// Whether a whole upload may lie without a place until it is opened.
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

    fn is_crowded(&self, network: Network, limits: &UploadLimits) -> bool {
        self.taken(Some(network)) >= limits.per_network
    }

    fn fits(&self, id: u64, limits: &UploadLimits) -> bool {
        let network = self.uploads.get(&id).map(|upload| upload.network);
        network.is_some_and(|n| self.taken(None) < limits.at_a_time && !self.is_crowded(n, limits))
    }

    /// The slowest upload that has had a place for long enough, among those whose place would help this one.
    fn slowest_for(&self, id: u64, limits: &UploadLimits, now: Instant) -> Option<u64> {
        let network = self.uploads.get(&id)?.network;
        let crowded = self.is_crowded(network, limits);
        let slow = self.uploads.iter().filter_map(|(id, upload)| match upload.stage {
            Stage::Writing { since, bytes } if !crowded || upload.network == network => {
                let held = now.saturating_duration_since(since);
                let per_second = u128::from(bytes) * 1_000 / held.as_millis().max(1);
                (held >= limits.hold).then_some((per_second, *id))
            }
            _ => None,
        });
        slow.min().map(|(_, id)| id)
    }

    /// Whether one more upload may lie half written; the one that has sent nothing for longest is thrown away for it.
    fn make_room_for_another_file(&mut self, limits: &UploadLimits) -> bool {
        let lies = |upload: &&Upload| {
            matches!(upload.stage, Stage::Paused { .. } | Stage::Waiting { has_file: true, .. })
        };
        if self.uploads.values().filter(lies).count() < limits.paused {
            return true;
        }
        let silent = self.uploads.iter().filter_map(|(id, upload)| match upload.stage {
            Stage::Paused { since } => Some((since, *id)),
            _ => None,
        });
        let Some((_, id)) = silent.min() else { return false };
        if let Some(upload) = self.uploads.get_mut(&id) {
            upload.stage = Stage::ThrownAway;
            // Whoever writes it still has it open, so removing it would free nothing. Where emptying fails, it is
            // removed with its upload.
            let _ = std::fs::File::options().write(true).open(&upload.path).and_then(|file| file.set_len(0));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Limits under which whole uploads keep their places.
    fn without_room() -> UploadLimits {
        UploadLimits { finished_bytes: 0, ..UploadLimits::default() }
    }

    fn network(n: u8) -> Network {
        Network::of(std::net::IpAddr::from([10, 0, 0, n]))
    }

    async fn enter(places: &Arc<UploadPlaces>, n: u8) -> Result<UploadPlace, NoPlace> {
        places.enter(network(n), PathBuf::new()).await
    }

    /// Somebody who waits, of whom a test sees what became.
    fn waits(places: &Arc<UploadPlaces>, n: u8) -> tokio::task::JoinHandle<Result<UploadPlace, NoPlace>> {
        let places = places.clone();
        tokio::spawn(async move { enter(&places, n).await })
    }

    async fn full(places: &Arc<UploadPlaces>) -> Vec<UploadPlace> {
        let mut held = Vec::new();
        for n in 0..8 {
            held.push(enter(places, n).await.unwrap());
        }
        held
    }

    /// Everything that can go on without time passing has gone on.
    async fn settled() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_later_waits_for_a_place_and_not_for_ever() {
        let places = UploadPlaces::new(without_room());
        let mut held = full(&places).await;
        let (ninth, tenth) = (waits(&places, 20), waits(&places, 21));
        settled().await;
        assert_eq!((places.taken(), places.waiting()), (8, 2));
        held.pop();
        let _ninth = ninth.await.unwrap().unwrap();
        for place in &held {
            place.complete().unwrap();
        }
        assert!(!tenth.is_finished());
        _ninth.complete().unwrap();
        let began = Instant::now();
        assert_eq!(tenth.await.unwrap().unwrap_err(), NoPlace::Late);
        assert!(began.elapsed() <= Duration::from_secs(61), "and no longer than a minute");
        assert_eq!((places.taken(), places.waiting()), (8, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_has_two_places_and_keeps_nobody_else_out() {
        let places = UploadPlaces::new(UploadLimits::default());
        let first = enter(&places, 1).await.unwrap();
        let _second = enter(&places, 1).await.unwrap();
        let third = waits(&places, 1);
        settled().await;
        assert_eq!(places.waiting(), 1);
        let _other = enter(&places, 2).await.unwrap();
        assert!(!third.is_finished());
        drop(first);
        assert!(third.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_gives_its_place_up_and_goes_on_later() {
        let places = UploadPlaces::new(without_room());
        let mut held = full(&places).await;
        for (n, place) in held.iter().enumerate() {
            // The fourth is the slowest.
            place.hold(if n == 3 { 1_000 } else { 1_000_000 }).await.unwrap();
        }
        let ninth = waits(&places, 20);
        tokio::time::sleep(Duration::from_secs(18)).await;
        assert!(!ninth.is_finished(), "nobody has held one for twenty seconds");
        let ninth = ninth.await.unwrap().unwrap();
        for (n, place) in held.iter().enumerate().filter(|(n, _)| *n != 3) {
            assert!(place.count(1).unwrap(), "{n}");
        }
        let slow = held.remove(3);
        assert!(!slow.count(0).unwrap());
        for place in &held {
            place.complete().unwrap();
        }
        let goes_on = tokio::spawn(async move { slow.hold(500).await.map(|()| slow) });
        settled().await;
        assert_eq!((places.taken(), places.waiting()), (8, 1), "it waits like everybody");
        drop(ninth);
        let slow = goes_on.await.unwrap().unwrap();
        slow.complete().unwrap();
        assert_eq!(places.taken(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_form_keeps_its_place() {
        let places = UploadPlaces::new(without_room());
        let held = full(&places).await;
        for place in &held {
            place.complete().unwrap();
        }
        assert_eq!(enter(&places, 20).await.unwrap_err(), NoPlace::Late);
        assert_eq!(places.taken(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_form_leaves_its_place_while_there_is_room_for_its_file() {
        let places = UploadPlaces::new(UploadLimits { finished_bytes: 1_000, ..UploadLimits::default() });
        let mut finished = Vec::new();
        for (network, taken) in
            [(1, 0), (1, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 2)]
        {
            let place = enter(&places, network).await.unwrap();
            place.hold(120).await.unwrap();
            place.complete().unwrap();
            finished.push(place);
            assert_eq!(places.taken(), taken, "{network}");
        }
        drop(finished);
        assert_eq!(places.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn stalled_ones_are_thrown_away_when_too_many_lie_about() {
        let dir = tempfile::tempdir().unwrap();
        let places = UploadPlaces::new(UploadLimits::default());
        let mut stalled = Vec::new();
        // Four times as many as there are places come, send a little and fall silent.
        for n in 0..32 {
            let path = dir.path().join(n.to_string());
            std::fs::write(&path, [7; 100]).unwrap();
            let place = places.enter(network(n), path).await.unwrap();
            place.hold(100).await.unwrap();
            stalled.push(place);
        }
        let lie = |n: usize| std::fs::metadata(dir.path().join(n.to_string())).unwrap().len() > 0;
        let left: Vec<usize> = (0..32).filter(|n| lie(*n)).collect();
        assert_eq!(left, (16..32).collect::<Vec<_>>(), "eight are written, eight lie about");
        assert_eq!(stalled[0].hold(1).await, Err(NoPlace::Slow));
        assert_eq!(stalled[0].complete(), Err(NoPlace::Slow));
        stalled[20].complete().unwrap();
        let _good = enter(&places, 100).await.unwrap();
        assert!(lie(20), "what is whole is not thrown away");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_away_while_waiting_leaves_nothing() {
        let places = UploadPlaces::new(UploadLimits::default());
        let held = full(&places).await;
        let gone = waits(&places, 20);
        settled().await;
        assert_eq!(places.waiting(), 1);
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        assert_eq!(places.waiting(), 0);
        drop(held);
        assert_eq!(places.taken(), 0);
    }
}
