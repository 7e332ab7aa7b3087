//! What open pages of an account show, as numbers: asked of the database when a page is drawn, and after that at most once
//! a second however many pages ask. Every process that works on one database tells the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::ids::{AccountId, FacilityId};

use crate::db::facilities::{self, FacilityMark};
use crate::db::{AccountScope, Db, DbError, ScopedConnection};

/// For so long what was read is told again.
const FRESH_MS: i64 = 1_000;
/// Accounts that are kept; behind them the one that was read longest ago goes.
const ACCOUNTS_MAX: usize = 1_024;
/// Pages change by time alone as well: windows close, boxes fall silent.
const MINUTE_MS: i64 = 60_000;

/// What a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiveTopic {
    /// What happened at all facilities.
    Account,
    /// What happened at one of them.
    Facility(FacilityId),
    /// The boxes: also when they were heard.
    Boxes,
}

/// A state of what a page shows; it only says whether two states are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveMark {
    minute: i64,
    changes: i64,
    /// When its boxes were heard and seen to go, added up.
    seen: i64,
}

impl fmt::Display for LiveMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.minute, self.changes, self.seen)
    }
}

impl LiveMark {
    fn of(topic: LiveTopic, facilities: &[FacilityMark], now_ms: i64) -> Self {
        let only = match topic {
            LiveTopic::Facility(facility) => Some(facility.to_string()),
            LiveTopic::Account | LiveTopic::Boxes => None,
        };
        let mut mark = Self { minute: now_ms.div_euclid(MINUTE_MS), changes: 0, seen: 0 };
        for one in facilities.iter().filter(|one| only.as_ref().is_none_or(|only| *only == one.facility)) {
            mark.changes = mark.changes.wrapping_add(one.changes);
            if topic == LiveTopic::Boxes {
                let moments = [one.heard_ms, one.gone_ms].map(Option::unwrap_or_default);
                mark.seen = moments.into_iter().fold(mark.seen, i64::wrapping_add);
            }
        }
        mark
    }
}

/// What was read of an account.
#[derive(Debug)]
struct ReadMarks {
    at_ms: i64,
    facilities: Arc<[FacilityMark]>,
}

/// The marks of accounts of which a page is open. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveMarks {
    accounts: Arc<Mutex<BTreeMap<AccountId, ReadMarks>>>,
}

impl LiveMarks {
    /// The mark of a page that is being drawn: to be asked before anything else that it shows is read.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn read(
        &self,
        conn: &mut ScopedConnection,
        topic: LiveTopic,
        now_ms: i64,
    ) -> Result<LiveMark, DbError> {
        let scope = conn.scope();
        let facilities: Arc<[FacilityMark]> = facilities::load_marks(conn).await?.into();
        self.keep(scope.account(), ReadMarks { at_ms: now_ms, facilities: Arc::clone(&facilities) });
        Ok(LiveMark::of(topic, &facilities, now_ms))
    }

    /// The mark of now, for a page that is open.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn ask(
        &self,
        db: &Db,
        scope: AccountScope,
        topic: LiveTopic,
        now_ms: i64,
    ) -> Result<LiveMark, DbError> {
        let known = self.lock().get(&scope.account()).and_then(|read| {
            // A clock that was set back makes nothing fresh.
            let is_fresh = (0..FRESH_MS).contains(&now_ms.saturating_sub(read.at_ms));
            is_fresh.then(|| Arc::clone(&read.facilities))
        });
        match known {
            Some(facilities) => Ok(LiveMark::of(topic, &facilities, now_ms)),
            None => self.read(&mut db.read(scope).await?, topic, now_ms).await,
        }
    }

    fn keep(&self, account: AccountId, read: ReadMarks) {
        let mut accounts = self.lock();
        accounts.insert(account, read);
        if accounts.len() > ACCOUNTS_MAX {
            let oldest = accounts.iter().min_by_key(|(_, read)| read.at_ms).map(|(&account, _)| account);
            oldest.and_then(|account| accounts.remove(&account));
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, ReadMarks>> {
        // Nothing in it is half done when somebody panics.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{PlatformReason, accounts};

    fn facility(n: u8) -> FacilityId {
        FacilityId::new(1, [n; 10])
    }

    fn mark(n: u8, changes: i64, heard_ms: i64) -> FacilityMark {
        let facility = facility(n).to_string();
        FacilityMark { facility, changes, heard_ms: Some(heard_ms), gone_ms: None }
    }

    #[test]
    fn a_page_hears_of_what_it_shows_only() {
        let before = [mark(1, 7, 100), mark(2, 9, 100)];
        let other_facility = [mark(1, 7, 100), mark(2, 10, 100)];
        let only_heard = [mark(1, 7, 160), mark(2, 9, 100)];
        let topics = [LiveTopic::Account, LiveTopic::Facility(facility(1)), LiveTopic::Boxes];
        let news = |after: &[FacilityMark], now_ms| {
            topics.map(|topic| LiveMark::of(topic, &before, 5) != LiveMark::of(topic, after, now_ms))
        };
        assert_eq!(news(&before, 5), [false; 3]);
        assert_eq!(news(&other_facility, 5), [true, false, true]);
        assert_eq!(news(&only_heard, 5), [false, false, true]);
        assert_eq!(news(&before, 5 + MINUTE_MS), [true; 3]);
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
        let (marks, topic) = (LiveMarks::default(), LiveTopic::Account);
        let drawn = marks.read(&mut ours.read(scope).await.unwrap(), topic, 1_000).await.unwrap();
        let mut tx = theirs.write(scope).await.unwrap();
        facilities::lock_facility(&mut tx, facility(1)).await.unwrap();
        tx.commit().await.unwrap();
        for (now_ms, has_news) in [(1_000, false), (1_999, false), (2_000, true), (999, true)] {
            let now = marks.ask(&ours, scope, topic, now_ms).await.unwrap();
            assert_eq!(now != drawn, has_news, "{now_ms}");
        }
    }

    #[test]
    fn accounts_that_nobody_looks_at_are_forgotten() {
        let marks = LiveMarks::default();
        for n in 0..=ACCOUNTS_MAX {
            let account = AccountId::new(i64::try_from(n).unwrap(), [0; 10]);
            marks.keep(account, ReadMarks { at_ms: i64::try_from(n).unwrap(), facilities: [].into() });
        }
        assert_eq!(marks.lock().len(), ACCOUNTS_MAX);
        assert!(!marks.lock().contains_key(&AccountId::new(0, [0; 10])));
    }
}
