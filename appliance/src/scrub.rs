//! The weekly check of everything that is stored: both copies of the log and the photos, a little every minute.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use record::tree::Hash;
use redb::{ReadableDatabase as _, TableDefinition};
use service::clock::Clock;

use crate::store::{ScrubPosition, Store, StoreError};

const EVERY: Duration = Duration::from_secs(60);
const LOOKS_A_ROUND: u64 = 7 * 24 * 60;
/// Steps after which the progress is saved: an hour's work is done again after a restart.
const LOOKS_PER_SAVE: u64 = 60;
const STEP_ENTRIES: u64 = 256;

pub struct IntegrityContext {
    pub store: Store,
    pub photo_path: Arc<dyn Fn(Hash) -> PathBuf + Send + Sync>,
    pub clock: Arc<dyn Clock>,
    /// Asks for an orderly restart, which rebuilds a damaged database.
    pub restart: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A check in progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Round {
    block: ScrubPosition,
    segment: ScrubPosition,
    blocks_done: bool,
    segments_done: bool,
}

/// How far a round has come: the next block and segment (with numbers of epochs), and whether either are through.
type ScrubRow = ((u32, u64), (u32, u64), bool, bool);
const ROUND: TableDefinition<'static, &str, ScrubRow> = TableDefinition::new("scrub_round");
/// When all of it had been looked at last, milliseconds since 1970.
const THROUGH: TableDefinition<'static, &str, i64> = TableDefinition::new("scrub_through");

/// Resumes the round where the last process saved it; a place that cannot be read is the beginning.
fn take_up(store: &Store) -> Round {
    let (row, through) = read_round(store).unwrap_or_else(|error| {
        tracing::warn!(%error, "the weekly look through begins anew");
        (None, None)
    });
    if let Some(at_ms) = through {
        store.scrub_round(at_ms);
    }
    let Some((block, segment, blocks_done, segments_done)) = row else { return Round::default() };
    Round { block, segment, blocks_done, segments_done }
}

fn read_round(store: &Store) -> Result<(Option<ScrubRow>, Option<i64>), redb::Error> {
    let read = store.state_db().begin_read()?;
    let row = match read.open_table(ROUND) {
        Ok(table) => table.get("now")?.map(|row| row.value()),
        Err(redb::TableError::TableDoesNotExist(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let through = match read.open_table(THROUGH) {
        Ok(table) => table.get("last")?.map(|at| at.value()),
        Err(redb::TableError::TableDoesNotExist(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok((row, through))
}

fn save_position(store: &Store, round: Round) {
    if let Err(error) = write_round(store, round) {
        tracing::warn!(%error, "how far the weekly look through came is not kept");
    }
}

fn write_round(store: &Store, round: Round) -> Result<(), redb::Error> {
    let write = store.state_db().begin_write()?;
    let row = (round.block, round.segment, round.blocks_done, round.segments_done);
    write.open_table(ROUND)?.insert("now", row)?;
    if let Some(at_ms) = store.scrubbed().round_ms {
        write.open_table(THROUGH)?.insert("last", at_ms)?;
    }
    Ok(write.commit()?)
}

/// Runs for ever, after a restart from about where it was.
pub async fn run_scrub(parts: IntegrityContext) {
    let parts = Arc::new(parts);
    let mut round = take_up(&parts.store);
    let mut looks = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let own = Arc::clone(&parts);
        looks += 1;
        let stored = looks % LOOKS_PER_SAVE == 0;
        let stepped = tokio::task::spawn_blocking(move || {
            let before = own.store.scrubbed().round_ms;
            let after = take_step(&own, round)?;
            if stored || own.store.scrubbed().round_ms != before {
                save_position(&own.store, after);
            }
            Ok::<_, StoreError>(after)
        });
        match stepped.await {
            Ok(Ok(after)) => round = after,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the weekly look through could not go on; it tries again")
            }
            Err(error) => tracing::error!(%error, "the weekly look through failed"),
        }
    }
}

/// One minute's share.
fn take_step(parts: &IntegrityContext, mut round: Round) -> Result<Round, StoreError> {
    let store = &parts.store;
    for _ in 0..steps_of(store.scrub_entries()) {
        if round.blocks_done {
            break;
        }
        let look = store.scrub_block(round.block)?;
        if look.damaged {
            // Nothing can be compared with it any more.
            (parts.restart)("the database is damaged and is built anew from the journal");
            return Ok(round);
        }
        for photo in look.photos {
            if !photo_holds(&(parts.photo_path)(photo), photo) {
                tracing::error!(%photo, "a photo is not what was recorded");
                store.scrub_photo(photo);
            }
        }
        match look.next {
            Some(next) => round.block = next,
            None => round.blocks_done = true,
        }
    }
    if !round.segments_done {
        match store.scrub_segment(round.segment)?.next {
            Some(next) => round.segment = next,
            None => round.segments_done = true,
        }
    }
    if round.blocks_done && round.segments_done {
        store.scrub_runs()?;
        store.scrub_round(parts.clock.now().wall_ms);
        return Ok(Round::default());
    }
    Ok(round)
}

/// Steps of one look, so that a round is over within a week.
fn steps_of(entries: u64) -> u64 {
    entries.div_ceil(STEP_ENTRIES).div_ceil(LOOKS_A_ROUND).max(1)
}

/// Whether a photo's bytes are those that were recorded. One that is not there was removed or never came here.
fn photo_holds(path: &std::path::Path, photo: Hash) -> bool {
    std::fs::read(path).map_or(true, |bytes| Hash::of(&bytes) == photo)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use record::entry::{ClockState, EntryAuthor, EntryDraft};
    use record::ids::BootId;
    use record::kinds::Event;
    use service::clock::{FakeClock, Now};
    use service::random::SeededRandom;

    use super::*;
    use crate::store::{StoreConfig, StoreSizes, WriteDecision};

    struct Desk {
        dir: tempfile::TempDir,
        parts: IntegrityContext,
        requested: Arc<Mutex<Vec<String>>>,
        photo: Hash,
    }

    fn open(dir: &std::path::Path) -> Store {
        let state = ClockState::Synced;
        let now = Now { wall_ms: 1_795_205_071_000, boot: BootId::new(1, [1; 10]), up_ms: 9, state };
        let sizes = StoreSizes {
            segment: 256 << 10,
            ahead: 64 << 10,
            ahead_low: 32 << 10,
            ballast: 0,
            durable_entries: 64,
            cache: 1 << 20,
            state_tables: &[],
        };
        let config = StoreConfig { sizes, ..StoreConfig::new(dir) };
        Store::open(config, Arc::new(FakeClock::new(now)), Arc::new(SeededRandom::new(7))).unwrap().0
    }

    /// A log of several segments, sealed ones among them, and a photo.
    async fn desk() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        let photo = Hash::of(b"a picture");
        std::fs::write(dir.path().join(photo.to_string()), b"a picture").unwrap();
        let store = open(&dir.path().join("data"));
        for i in 0..1_200 {
            let photos = if i == 700 { format!(r#","photos":["{photo}"]"#) } else { String::new() };
            let body = format!(
                r#"{{"tag":"ABCDEFGH3","agent":"{}","who":{{"proof":"unattributed"}}{photos}}}"#,
                "x".repeat(400)
            );
            let event = Event::read("cleaning.recorded", &body);
            let draft = EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: Vec::new() };
            store.submit(|_| WriteDecision::Append { drafts: vec![draft], answer: () }).await.unwrap();
        }
        store.stop().await.unwrap();
        drop(store);
        let requested = Arc::new(Mutex::new(Vec::new()));
        let parts = parts(dir.path(), &requested);
        Desk { dir, parts, requested, photo }
    }

    fn parts(dir: &std::path::Path, requested: &Arc<Mutex<Vec<String>>>) -> IntegrityContext {
        let (photos, reported) = (dir.to_owned(), Arc::clone(requested));
        let now = Now { wall_ms: 77, boot: BootId::new(1, [1; 10]), up_ms: 9, state: ClockState::Synced };
        IntegrityContext {
            store: open(&dir.join("data")),
            photo_path: Arc::new(move |hash| photos.join(hash.to_string())),
            clock: Arc::new(FakeClock::new(now)),
            restart: Arc::new(move |why| reported.lock().unwrap().push(why.to_owned())),
        }
    }

    fn whole_round(parts: &IntegrityContext) {
        let mut round = Round::default();
        for _ in 0..1_000 {
            round = take_step(parts, round).unwrap();
            if parts.store.scrubbed().round_ms.is_some() {
                return;
            }
        }
        panic!("the round never ends: {round:?}");
    }

    fn segments(desk: &Desk) -> Vec<PathBuf> {
        let log = desk.dir.path().join("data/log").join(desk.parts.store.origin().epoch.to_string());
        let mut all: Vec<_> = std::fs::read_dir(log).unwrap().map(|e| e.unwrap().path()).collect();
        all.sort();
        all
    }

    fn flip(path: &std::path::Path, at: usize) {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[at] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_round_is_over_within_a_week() {
        for entries in [0, 1, 256, 1_000_000, 40_000_000] {
            assert!(steps_of(entries) * LOOKS_A_ROUND * STEP_ENTRIES >= entries);
        }
        assert_eq!(steps_of(1_000_000), 1);
    }

    #[tokio::test]
    async fn a_whole_box_has_nothing_to_tell() {
        let desk = desk().await;
        whole_round(&desk.parts);
        let found = desk.parts.store.scrubbed();
        assert_eq!((found.round_ms, found.healed, found.damaged, found.photos.len()), (Some(77), 0, 0, 0));
        assert!(desk.requested.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_restart_goes_on_where_it_was() {
        let desk = desk().await;
        assert_eq!(take_up(&desk.parts.store), Round::default());
        let mut round = Round::default();
        for _ in 0..3 {
            round = take_step(&desk.parts, round).unwrap();
        }
        save_position(&desk.parts.store, round);
        desk.parts.store.stop().await.unwrap();
        let Desk { dir, parts: old, requested, .. } = desk;
        drop(old);
        let again = parts(dir.path(), &requested);
        assert_eq!(take_up(&again.store), round);
        assert_ne!(round, Round::default());
        assert_eq!(again.store.scrubbed().round_ms, None, "no round was over");
        whole_round(&again);
        save_position(&again.store, Round::default());
        again.store.stop().await.unwrap();
        drop(again);
        let third = parts(dir.path(), &requested);
        assert_eq!(take_up(&third.store), Round::default());
        assert_eq!(third.store.scrubbed().round_ms, Some(77), "when the last one was over is known");
    }

    #[tokio::test]
    async fn a_flipped_byte_in_a_sealed_segment_is_healed_from_the_database() {
        let desk = desk().await;
        let all = segments(&desk);
        let sealed = all.iter().find(|p| p.to_string_lossy().ends_with(".zst")).expect("a sealed segment");
        flip(sealed, 3_000);
        whole_round(&desk.parts);
        let found = desk.parts.store.scrubbed();
        assert_eq!((found.healed, found.damaged), (1, 0));
        assert_eq!(desk.parts.store.health().scrubbed, found);
        // What was written is whole: a second round finds nothing more, and the journal alone gives everything.
        let before = (desk.parts.store.size(), desk.parts.store.reader().unwrap().root());
        desk.parts.store.stop().await.unwrap();
        let Desk { dir, parts: old, requested, .. } = desk;
        drop(old);
        std::fs::remove_file(dir.path().join("data/cleantrack.redb")).unwrap();
        let again = parts(dir.path(), &requested);
        assert_eq!((again.store.size(), again.store.reader().unwrap().root()), before);
        whole_round(&again);
        assert_eq!(again.store.scrubbed().healed, 0);
    }

    #[tokio::test]
    async fn a_flipped_byte_in_the_database_asks_for_a_restart_that_heals_it() {
        let desk = desk().await;
        let before = desk.parts.store.reader().unwrap().root();
        desk.parts.store.stop().await.unwrap();
        let Desk { dir, parts: old, requested, .. } = desk;
        drop(old);
        let file = dir.path().join("data/cleantrack.redb");
        let bytes = std::fs::read(&file).unwrap();
        // An old entry: each start looks at the newest itself.
        let needle = br#"{"seq":40,"#;
        let places: Vec<usize> =
            bytes.windows(needle.len()).enumerate().filter(|(_, w)| w == needle).map(|(at, _)| at).collect();
        assert!(!places.is_empty());
        places.iter().for_each(|at| flip(&file, at + 250));
        let damaged = parts(dir.path(), &requested);
        let mut round = Round::default();
        for _ in 0..10 {
            round = take_step(&damaged, round).unwrap();
        }
        assert!(requested.lock().unwrap().iter().any(|why| why.contains("database")), "{requested:?}");
        // The writer notes it for the next start when it is idle.
        damaged.store.submit(|_| WriteDecision::Answer(())).await.unwrap();
        damaged.store.stop().await.unwrap();
        drop(damaged);
        let healed = parts(dir.path(), &requested);
        assert_eq!(healed.store.reader().unwrap().root(), before);
        requested.lock().unwrap().clear();
        whole_round(&healed);
        assert!(requested.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_flipped_byte_in_a_photo_is_told() {
        let desk = desk().await;
        flip(&desk.dir.path().join(desk.photo.to_string()), 3);
        whole_round(&desk.parts);
        assert_eq!(desk.parts.store.scrubbed().photos, [desk.photo]);
    }
}
