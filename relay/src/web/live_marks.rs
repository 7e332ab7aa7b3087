//! What open pages show, as numbers: asked of the database when a page is drawn, and after that at most once a second however many
//! pages ask. Every process that works on one database answers the same.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::ids::FacilityId;

use crate::db::facility::facility_now::{FacilityPart, PartRevs, load_revs};
use crate::db::{Db, DbError, ReadScope, ScopedConnection};

/// How long what was read is reused.
const FRESH_MS: i64 = 1_000;
/// Places that are kept; beyond them the one that was read longest ago is dropped.
const PLACES_MAX: usize = 4_096;
/// A page is drawn again after so long though nothing happened: it says how long ago things were. Counted from when each was drawn,
/// so that pages do not come together.
const REDRAW_MS: i64 = 120_000;

/// What a page shows: some parts of one facility, or of all of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveTopic {
    pub(crate) facility: Option<FacilityId>,
    pub(crate) parts: Vec<FacilityPart>,
}

impl LiveTopic {
    pub(crate) fn of(facility: FacilityId, parts: &[FacilityPart]) -> Self {
        Self { facility: Some(facility), parts: parts.to_vec() }
    }

    pub(crate) fn account(parts: &[FacilityPart]) -> Self {
        Self { facility: None, parts: parts.to_vec() }
    }
}

/// A state of what a page shows; it only says whether two states are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveMark {
    drawn_ms: i64,
    changes: i64,
}

impl fmt::Display for LiveMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.drawn_ms, self.changes)
    }
}

impl LiveMark {
    fn of(topic: &LiveTopic, revs: &PartRevs, drawn_ms: i64) -> Self {
        let changes = topic.parts.iter().map(|part| revs.of(*part)).fold(0, i64::wrapping_add);
        Self { drawn_ms, changes }
    }

    /// When the page was drawn that has this mark; for a page that is drawn again now, now.
    fn drawn_ms(mark: &str, now_ms: i64) -> i64 {
        let drawn_ms = mark.split('.').next().and_then(|drawn| drawn.parse::<i64>().ok());
        // A clock that was set back makes nothing fresh.
        drawn_ms
            .filter(|drawn_ms: &i64| (0..REDRAW_MS).contains(&now_ms.saturating_sub(*drawn_ms)))
            .unwrap_or(now_ms)
    }
}

type LivePlace = (ReadScope, Option<FacilityId>);

#[derive(Debug, Clone, Copy)]
struct ReadMarks {
    at_ms: i64,
    revs: PartRevs,
}

/// The marks of places of which a page is open. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveMarks {
    places: Arc<Mutex<HashMap<LivePlace, ReadMarks>>>,
}

impl LiveMarks {
    /// The mark of a page that is being drawn: to be asked before anything else that it shows is read.
    pub(crate) async fn read(
        &self,
        conn: &mut ScopedConnection,
        topic: &LiveTopic,
        now_ms: i64,
    ) -> Result<LiveMark, DbError> {
        let revs = self.load(conn, topic, now_ms).await?;
        Ok(LiveMark::of(topic, &revs, now_ms))
    }

    async fn load(
        &self,
        conn: &mut ScopedConnection,
        topic: &LiveTopic,
        now_ms: i64,
    ) -> Result<PartRevs, DbError> {
        let place = (conn.reads(), topic.facility);
        let revs = load_revs(conn, topic.facility).await?;
        self.store(place, ReadMarks { at_ms: now_ms, revs });
        Ok(revs)
    }

    pub(crate) async fn ask(
        &self,
        db: &Db,
        reads: ReadScope,
        topic: &LiveTopic,
        since: &str,
        now_ms: i64,
    ) -> Result<LiveMark, DbError> {
        let known = self.lock().get(&(reads, topic.facility)).and_then(|read| {
            // A clock that was set back makes nothing fresh.
            (0..FRESH_MS).contains(&now_ms.saturating_sub(read.at_ms)).then_some(read.revs)
        });
        let revs = match known {
            Some(revs) => revs,
            None => self.load(&mut db.read(reads).await?, topic, now_ms).await?,
        };
        Ok(LiveMark::of(topic, &revs, LiveMark::drawn_ms(since, now_ms)))
    }

    fn store(&self, place: LivePlace, read: ReadMarks) {
        let mut places = self.lock();
        places.insert(place, read);
        if places.len() > PLACES_MAX {
            let oldest = places.iter().min_by_key(|(_, read)| read.at_ms).map(|(&place, _)| place);
            oldest.and_then(|place| places.remove(&place));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LivePlace, ReadMarks>> {
        // Nothing in it is half done when somebody panics.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::ids::AccountId;

    use crate::db::account::accounts;
    use crate::db::facility::{facilities, facility_now};
    use crate::db::{AccountScope, PlatformReason};

    fn facility(n: u8) -> FacilityId {
        FacilityId::new(1, [n; 10])
    }

    #[test]
    fn a_page_hears_of_the_parts_that_it_shows() {
        let before = PartRevs { counts: 7, feed: 9, box_state: 3 };
        let topics = [&FacilityPart::ALL[..], &[FacilityPart::Counts], &[FacilityPart::Box]]
            .map(|parts| LiveTopic::of(facility(1), parts));
        let news = |after: PartRevs| {
            [0, 1, 2].map(|at| LiveMark::of(&topics[at], &before, 5) != LiveMark::of(&topics[at], &after, 5))
        };
        assert_eq!(news(before), [false; 3]);
        assert_eq!(news(PartRevs { feed: 10, ..before }), [true, false, false]);
        assert_eq!(news(PartRevs { counts: 8, ..before }), [true, true, false]);
        assert_eq!(news(PartRevs { box_state: 4, ..before }), [true, false, true]);
    }

    #[test]
    fn a_page_is_drawn_again_after_a_while() {
        let mark = LiveMark { drawn_ms: 1_000, changes: 4 }.to_string();
        for (now_ms, drawn_ms) in
            [(1_000, 1_000), (REDRAW_MS + 999, 1_000), (REDRAW_MS + 1_000, REDRAW_MS + 1_000)]
        {
            assert_eq!(LiveMark::drawn_ms(&mark, now_ms), drawn_ms);
        }
        assert_eq!(LiveMark::drawn_ms(&mark, 999), 999, "the clock was set back");
        assert_eq!(LiveMark::drawn_ms("x", 5), 5);
    }

    #[tokio::test]
    async fn what_another_process_commits_is_told_within_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("relay.db").display());
        let (ours, theirs) = (Db::open(&address).await.unwrap(), Db::open(&address).await.unwrap());
        ours.migrate(1).await.unwrap();
        let mut tx = theirs.platform_write(PlatformReason::Operator).await.unwrap();
        let scope = accounts::platform_create(&mut tx, AccountId::new(1, [1; 10]), "A", 1).await.unwrap();
        let mut tx = tx.enter(scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility(1), "A", "UTC", 1).await.unwrap();
        tx.commit().await.unwrap();
        let (marks, topic) = (LiveMarks::default(), LiveTopic::account(&FacilityPart::ALL));
        let drawn = marks.read(&mut ours.read(scope).await.unwrap(), &topic, 1_000).await.unwrap();
        let since = drawn.to_string();
        let mut tx = theirs.write(scope).await.unwrap();
        facility_now::raise_part(&mut tx, facility(1), FacilityPart::Feed).await.unwrap();
        tx.commit().await.unwrap();
        for (now_ms, has_news) in [(1_000, false), (1_999, false), (2_000, true), (999, true)] {
            let now = marks.ask(&ours, scope.into(), &topic, &since, now_ms).await.unwrap();
            assert_eq!(now != drawn, has_news, "{now_ms}");
        }
    }

    #[test]
    fn places_that_nobody_looks_at_are_forgotten() {
        let (marks, reads) = (LiveMarks::default(), ReadScope::from(AccountScope::made_up(1)));
        let place = |n: usize| (reads, Some(FacilityId::new(i64::try_from(n).unwrap(), [0; 10])));
        for n in 0..=PLACES_MAX {
            let read = ReadMarks { at_ms: i64::try_from(n).unwrap(), revs: PartRevs::default() };
            marks.store(place(n), read);
        }
        assert_eq!(marks.lock().len(), PLACES_MAX);
        assert!(!marks.lock().contains_key(&place(0)));
    }
}
