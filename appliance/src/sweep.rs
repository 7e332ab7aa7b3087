//! Keeps photos within their share of the card: follows which entries name which, and deletes what may leave.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use record::tree::Hash;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use service::clock::Clock;

use crate::anchors::sure_now_ms;
use crate::phones::{REFUSED_READER, refused_photos};
use crate::photo::{AtRelay, EntryPosition, OnCard, PhotoStore, photos_to_evict, thumbnails_leave};
use crate::store::{Store, StoreError};

const PERIOD: Duration = Duration::from_secs(3_600);
/// Where records that wait for a late entry cannot all be read, any photo that no entry names may be theirs: for so long it stays.
const DOUBT_MS: u64 = 30 * 86_400_000;
/// Entries that one snapshot of history reads: it lives two seconds only.
const AT_ONCE: u64 = 4_096;
/// The newest entry that names a photo, by the photo's hash.
const NAMED: TableDefinition<'static, &[u8; 32], EntryPosition> = TableDefinition::new("photos_named");
/// Up to which entry of what [`Store::lines_key`] names it tells.
const UPTO: TableDefinition<'static, &str, u64> = TableDefinition::new("photos_followed");

/// Why photos were not swept. The next round tries again.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("the log cannot be read for photos: {0}")]
    Log(#[from] StoreError),
    /// The note of which entries name which photos.
    #[error("the index of photos: {0}")]
    Index(#[from] redb::Error),
    #[error("the folder of photos: {0}")]
    Folder(#[from] std::io::Error),
}

pub type RelayPhotoSource = Arc<dyn Fn() -> AtRelay + Send + Sync>;

/// Looks now, and from then on every hour.
pub async fn run_eviction(
    store: Store,
    photos: PhotoStore,
    clock: Arc<dyn Clock>,
    budget_percent: u8,
    synced: RelayPhotoSource,
) {
    loop {
        let (store, photos, synced) = (store.clone(), photos.clone(), Arc::clone(&synced));
        let time = TimeCertainty::of(sure_now_ms(&clock.now(), &store.facility()));
        let swept = tokio::task::spawn_blocking(move || {
            evict_photos(&store, &photos, budget_percent, &synced(), time)
        });
        match swept.await {
            Ok(Ok(0)) => {}
            Ok(Ok(gone)) => tracing::info!(gone, "photos left the card"),
            Ok(Err(error)) => tracing::warn!(%error, "photos were not swept"),
            Err(error) => tracing::error!(%error, "photos were not swept"),
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Whether anything may leave because it is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeCertainty {
    Sure,
    Unsure,
}

impl TimeCertainty {
    fn of(sure_now_ms: Option<i64>) -> Self {
        if sure_now_ms.is_some() { Self::Sure } else { Self::Unsure }
    }
}

/// One round; how many photos left. Where the time is not sure, no thumbnail that a record shows leaves by its age: of many it
/// is the only picture that is left here.
///
/// # Errors
/// [`SweepError`]; what has left has left.
pub fn evict_photos(
    store: &Store,
    photos: &PhotoStore,
    budget_percent: u8,
    at_relay: &AtRelay,
    time: TimeCertainty,
) -> Result<usize, SweepError> {
    let parts = photos.remove_parts()?;
    if parts > 0 {
        tracing::info!(parts, "halves of photos were removed");
    }
    // First the photos, then the entries: one that is named in between counts as named.
    let (mut on_card, mut thumbnails) = (photos.all()?, photos.thumbnails()?);
    let db = store.state_db();
    follow_entries(store, &db)?;
    name_photos(&db, &mut on_card)?;
    name_photos(&db, &mut thumbnails)?;
    for named in thumbnails.iter_mut().filter(|one| one.named.is_some() && time == TimeCertainty::Unsure) {
        named.age_ms = 0;
    }
    let budget = photos.room()?.total / 100 * u64::from(budget_percent);
    let of_thumbnails: u64 = thumbnails.iter().map(|thumbnail| thumbnail.bytes).sum();
    // What waits for a late entry is named by it, and the phone that sent it has deleted it.
    let mut waiting = refused_photos(&db)?;
    let (table, reads) = REFUSED_READER;
    if store.has_unread_state()? || store.state().count_unreadable(table, reads)? > 0 {
        waiting.extend(
            on_card
                .iter()
                .filter(|photo: &&OnCard| {
                    photo.named.is_none() && (photo.age_ms < DOUBT_MS || time == TimeCertainty::Unsure)
                })
                .map(|photo| photo.hash),
        );
    }
    let leaving = photos_to_evict(&on_card, budget.saturating_sub(of_thumbnails), at_relay, &waiting);
    for photo in &leaving {
        photos.remove(*photo)?;
    }
    let left: BTreeSet<Hash> = on_card.iter().map(|p| p.hash).filter(|p| !leaving.contains(p)).collect();
    for thumbnail in thumbnails_leave(&thumbnails, &left) {
        photos.remove_thumbnail(thumbnail)?;
    }
    Ok(leaving.len())
}

fn name_photos(db: &Database, on_card: &mut [OnCard]) -> Result<(), redb::Error> {
    let read = db.begin_read()?;
    let named = read.open_table(NAMED)?;
    for photo in on_card {
        photo.named = named.get(&photo.hash.0)?.map(|place| place.value());
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PhotoCounts {
    /// All of them, as far as the log was looked through.
    pub named: u64,
    pub at_relay: u64,
}

/// Whether an entry names a photo, as far as the log was looked through.
///
/// # Errors
/// The database's.
pub fn is_photo_named(db: &Database, photo: Hash) -> Result<bool, redb::Error> {
    match db.begin_read()?.open_table(NAMED) {
        Ok(named) => Ok(named.get(&photo.0)?.is_some()),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Counts the photos that entries name, and those of them that the relay has.
///
/// # Errors
/// The database's.
pub fn count_photos(db: &Database, at_relay: &AtRelay) -> Result<PhotoCounts, redb::Error> {
    let mut counts = PhotoCounts::default();
    let named = match db.begin_read()?.open_table(NAMED) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(counts),
        Err(error) => return Err(error.into()),
    };
    for row in named.iter()? {
        let (hash, place) = row?;
        counts.named += 1;
        counts.at_relay += u64::from(at_relay.has(Hash(*hash.value()), place.value()));
    }
    Ok(counts)
}

/// Notes the photos of entries that are new since the last time.
fn follow_entries(store: &Store, db: &Database) -> Result<(), SweepError> {
    for epoch in store.epochs() {
        // Earlier ones may have come back from the relay since.
        let key = store.lines_key(epoch);
        let mut next = read_position(db, &key)?;
        loop {
            let reader = store.reader_of(epoch)?;
            let mut end = reader.size().min(next + AT_ONCE);
            let mut found: Vec<(Hash, EntryPosition)> = Vec::new();
            for (seq, entry) in (next..end).zip(reader.entries(next..end)) {
                let entry = match entry {
                    // A slow card: what was read in time is noted, the rest with another reader.
                    Err(StoreError::ReaderExpired) if seq > next => {
                        end = seq;
                        break;
                    }
                    entry => entry?,
                };
                let named = store.photos_named(&entry)?;
                found.extend(named.into_iter().map(|photo| (photo, (epoch.n, entry.seq()))));
            }
            let last = end == reader.size();
            if end > next {
                save_position(db, &found, &key, end)?;
            }
            next = end;
            if last {
                break;
            }
        }
    }
    Ok(())
}

fn read_position(db: &Database, key: &str) -> Result<u64, redb::Error> {
    // Made where it is not there yet, so that readers find them.
    let write = db.begin_write()?;
    let place = write.open_table(UPTO)?.get(key)?.map_or(0, |place| place.value());
    drop(write.open_table(NAMED)?);
    write.commit()?;
    Ok(place)
}

fn save_position(
    db: &Database,
    found: &[(Hash, EntryPosition)],
    key: &str,
    next: u64,
) -> Result<(), redb::Error> {
    let write = db.begin_write()?;
    {
        let mut named = write.open_table(NAMED)?;
        for (photo, place) in found {
            named.insert(&photo.0, *place)?;
        }
        write.open_table(UPTO)?.insert(key, next)?;
    }
    Ok(write.commit()?)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::atomic::{AtomicU64, Ordering};

    use record::entry::{ClockState, EntryAuthor, EntryDraft};
    use record::ids::BootId;
    use record::kinds::Event;
    use service::clock::{FakeClock, Now};
    use service::random::SystemRandom;

    use super::*;
    use crate::phones::{RefusedRecords, RefusedSubmission};
    use crate::photo::{DiskSpace, DiskSpaceSource, PhotoSettings, PhotoTrouble, UploadLimits};
    use crate::store::{WriteDecision, configure_test_store};

    /// A substitute for the photo process: sizes, a JPEG's first bytes and what came in, and a thumbnail of three bytes.
    const CLEANER: &str =
        "printf '\\000\\000\\000\\310\\000\\000\\000\\003\\377\\330'; cat; printf '\\377\\330t'";
    const PHONE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// A card of 1,000 bytes of which a test says how many are free.
    #[derive(Debug)]
    struct SmallCard(AtomicU64);

    impl DiskSpaceSource for SmallCard {
        fn room(&self, _: &Path) -> io::Result<DiskSpace> {
            Ok(DiskSpace { total: 1_000, free: self.0.load(Ordering::Relaxed) })
        }
    }

    struct World {
        store: Store,
        photos: PhotoStore,
        card: Arc<SmallCard>,
        dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let boot = BootId::new(0, [7; 10]);
            let now = Now { wall_ms: 1_800_000_000_000, boot, up_ms: 1, state: ClockState::Synced };
            let config = configure_test_store(dir.path().join("box"));
            let clock = Arc::new(FakeClock::new(now));
            let (store, _) = Store::open(config, clock, Arc::new(SystemRandom)).unwrap();
            let card = Arc::new(SmallCard(AtomicU64::new(1_000)));
            let settings = PhotoSettings {
                dir: dir.path().join("photos"),
                command: ["/bin/sh", "-c", CLEANER].map(Into::into).to_vec(),
                free_percent_min: 10,
                limits: UploadLimits::default(),
                card: card.clone(),
            };
            let photos = PhotoStore::open(settings, Arc::new(SystemRandom)).unwrap();
            Self { store, photos, card, dir }
        }

        /// Stores a photo of 200 bytes.
        async fn keep(&self, n: u8) -> Hash {
            let mut upload = self.photos.incoming(PHONE).await.unwrap();
            upload.write(&[n; 198]).await.unwrap();
            self.photos.keep(upload).await.unwrap()
        }

        async fn record(&self, photo: Hash) -> u64 {
            let body =
                format!(r#"{{"tag":"ABCDEFGH3","who":{{"proof":"unattributed"}},"photos":["{photo}"]}}"#);
            let event = Event::read("cleaning.recorded", &body);
            let draft = EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() };
            let done = self.store.submit(|_| WriteDecision::Append { drafts: vec![draft], answer: () }).await;
            done.unwrap().recorded[0].seq
        }

        async fn here(&self, photos: &[Hash]) -> Vec<bool> {
            let mut here = Vec::new();
            for photo in photos {
                here.push(self.photos.holds(*photo).await);
            }
            here
        }
    }

    fn evict(world: &World, budget_percent: u8, at_relay: &AtRelay) -> Result<usize, SweepError> {
        evict_photos(&world.store, &world.photos, budget_percent, at_relay, TimeCertainty::Sure)
    }

    fn upto(before: EntryPosition) -> AtRelay {
        AtRelay::before(before)
    }

    #[tokio::test]
    async fn the_oldest_synced_photos_leave_when_the_share_is_used_up() {
        let world = World::new();
        let mut photos = Vec::new();
        let mut seqs = Vec::new();
        for n in 0..4 {
            photos.push(world.keep(n).await);
            seqs.push(world.record(photos[usize::from(n)]).await);
        }
        let n = world.store.origin().epoch.n;
        assert_eq!(evict(&world, 50, &upto((0, 0))).unwrap(), 0, "none is at the relay");
        assert_eq!(evict(&world, 50, &upto((n, seqs[3]))).unwrap(), 2);
        assert_eq!(world.here(&photos).await, [false, false, true, true]);
        photos.push(world.keep(9).await);
        let named_again = world.record(photos[2]).await;
        assert_eq!(evict(&world, 50, &upto((n, named_again))).unwrap(), 1);
        let left = [false, false, true, false, true];
        assert_eq!(
            world.here(&photos).await,
            left,
            "what its newest entry waits with, and what nobody named yet, stay"
        );
    }

    #[tokio::test]
    async fn photos_of_forms_that_were_never_sent_leave_after_a_day() {
        let world = World::new();
        let (old, new) = (world.keep(1).await, world.keep(2).await);
        let age = |photo, hours: u64| {
            let file = std::fs::File::options().append(true).open(world.photos.path(photo)).unwrap();
            let at = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(hours * 3_600);
            file.set_modified(at).unwrap();
        };
        age(old, 25);
        age(new, 23);
        assert_eq!(evict(&world, 50, &upto((0, 0))).unwrap(), 1);
        assert_eq!(world.here(&[old, new]).await, [false, true]);
        age(new, 25);
        assert_eq!(world.keep(2).await, new, "taken again it is new again");
        assert_eq!(evict(&world, 50, &upto((0, 0))).unwrap(), 0);
    }

    #[tokio::test]
    async fn photos_of_records_that_wait_for_a_late_entry_stay() {
        let world = World::new();
        let (waits, nobody_s) = (world.keep(1).await, world.keep(2).await);
        for photo in [waits, nobody_s] {
            let file = std::fs::File::options().append(true).open(world.photos.path(photo)).unwrap();
            let at = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(25 * 3_600);
            file.set_modified(at).unwrap();
        }
        let (db, row) = (world.store.state_db(), RefusedSubmission::example(vec![waits]));
        assert!(RefusedRecords::default().keep(&db, &row, None).unwrap());
        assert_eq!(evict(&world, 50, &upto((0, 0))).unwrap(), 1);
        assert_eq!(world.here(&[waits, nobody_s]).await, [true, false]);
    }

    #[tokio::test]
    async fn photos_that_a_record_may_name_that_cannot_be_read_stay() {
        let world = World::new();
        let (photo, old) = (world.keep(1).await, world.keep(2).await);
        for (photo, days) in [(photo, 29), (old, 31)] {
            let file = std::fs::File::options().append(true).open(world.photos.path(photo)).unwrap();
            let kept = file.metadata().unwrap().modified().unwrap();
            file.set_modified(kept - Duration::from_secs(days * 86_400)).unwrap();
        }
        let table = TableDefinition::<&str, &[u8]>::new(REFUSED_READER.0);
        let write = world.store.state_db().begin_write().unwrap();
        write.open_table(table).unwrap().insert("a", &b"no row"[..]).unwrap();
        write.commit().unwrap();
        let sweep = || evict(&world, 50, &upto((0, 0))).unwrap();
        assert_eq!(sweep(), 1, "a row of the table is none");
        assert_eq!(world.here(&[photo, old]).await, [true, false]);
        world.store.renew_state_db(&[REFUSED_READER.0]).unwrap();
        assert_eq!(sweep(), 0, "a row of what was set aside could not be read");
        let aside = world.dir.path().join("box/salvage/1.state.part.redb");
        std::fs::rename(&aside, aside.with_file_name("1.state.read.redb")).unwrap();
        assert_eq!(sweep(), 1);
        assert_eq!(world.here(&[photo]).await, [false]);
    }

    #[tokio::test]
    async fn thumbnails_count_and_stay_when_their_photos_leave() {
        let world = World::new();
        let photo = world.keep(1).await;
        let seq = world.record(photo).await;
        let (n, hash) = (world.store.origin().epoch.n, photo);
        // Thumbnails of photos that left long ago; a record names one of them.
        let other = Hash([9; 32]);
        world.record(other).await;
        let lay = |hash: Hash, days: u64| {
            let path = world.photos.thumbnail_path(hash);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, [0; 100]).unwrap();
            let file = std::fs::File::options().append(true).open(path).unwrap();
            let written = file.metadata().unwrap().modified().unwrap();
            file.set_modified(written - Duration::from_secs(days * 86_400)).unwrap();
        };
        lay(other, 399);
        lay(Hash([8; 32]), 2);
        // 200 bytes of the photo, 3 of its thumbnail and 100 of each other make 403.
        assert_eq!(evict(&world, 41, &upto((n, seq + 1))).unwrap(), 0);
        let has = |hash: Hash| world.photos.thumbnail_path(hash).exists();
        assert_eq!(
            (has(hash), has(other), has(Hash([8; 32]))),
            (true, true, false),
            "nothing names the last"
        );
        lay(Hash([8; 32]), 2);
        assert_eq!(evict(&world, 40, &upto((n, seq + 1))).unwrap(), 1, "they count");
        assert!(!world.photos.holds(photo).await && has(hash) && has(other), "thumbnails stay");
        lay(other, 401);
        let unsure =
            evict_photos(&world.store, &world.photos, 40, &upto((n, seq + 1)), TimeCertainty::Unsure);
        assert_eq!((unsure.unwrap(), has(other)), (0, true), "nobody knows what the time is");
        assert_eq!(evict(&world, 40, &upto((n, seq + 1))).unwrap(), 0);
        assert_eq!((has(hash), has(other)), (true, false));
    }

    #[tokio::test]
    async fn a_card_that_is_nearly_full_takes_no_photo() {
        let world = World::new();
        world.card.0.store(100, Ordering::Relaxed);
        drop(world.photos.incoming(PHONE).await.unwrap());
        world.card.0.store(99, Ordering::Relaxed);
        assert!(matches!(world.photos.incoming(PHONE).await, Err(PhotoTrouble::Full)));
    }
}
