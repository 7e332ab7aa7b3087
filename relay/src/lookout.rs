//! Tells open pages what other processes committed to the same database: asked for each second, because they cannot tell.

use std::collections::BTreeMap;
use std::time::Duration;

use record::ids::AccountId;

use crate::changes::Changes;
use crate::db::{AccountScope, Db, DbError, facilities};

/// How often the database is asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the database said when it was looked at last, for the accounts of open pages.
#[derive(Debug, Default)]
pub(crate) struct Lookout {
    seen: BTreeMap<AccountId, BTreeMap<String, facilities::Mark>>,
}

impl Lookout {
    /// Looks once, and tells what changed since it looked last. Costs one question for each account with an open page.
    ///
    /// # Errors
    /// The database; what was seen before counts on.
    async fn look(&mut self, db: &Db, changes: &Changes) -> Result<(), DbError> {
        let accounts = changes.watched();
        self.seen.retain(|account, _| accounts.contains(account));
        if accounts.is_empty() {
            return Ok(());
        }
        let mut conn = db.read().await?;
        for account in accounts {
            let marks = facilities::marks(&mut conn, AccountScope::of(account)).await?;
            let marks: BTreeMap<_, _> = marks.into_iter().map(|mark| (mark.facility.clone(), mark)).collect();
            let before = self.seen.insert(account, marks.clone());
            // A page that has just been opened shows what is there.
            let Some(before) = before else { continue };
            for (facility, mark) in &marks {
                if before.get(facility) != Some(mark) {
                    let facility = facility.parse().map_err(|e| DbError::stored("facility id", e))?;
                    changes.changed(account, facility);
                }
            }
        }
        Ok(())
    }
}

/// Looks again and again, for a process whose pages show what others commit.
pub(crate) async fn look_out(db: Db, changes: Changes) {
    let mut lookout = Lookout::default();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(error) = lookout.look(&db, &changes).await {
            tracing::warn!(%error, "cannot see what other processes committed; open pages are told later");
        }
    }
}

#[cfg(test)]
mod tests {
    use record::ids::FacilityId;

    use super::*;
    use crate::changes::Change;

    #[tokio::test]
    async fn what_another_process_commits_is_seen_by_open_pages() {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("relay.db").display());
        let (ours, theirs) = (Db::open(&address).await.unwrap(), Db::open(&address).await.unwrap());
        ours.migrate(1).await.unwrap();
        let (account, facility) = (AccountId::new(1, [1; 10]), FacilityId::new(1, [1; 10]));
        let scope = AccountScope::of(account);
        let mut tx = theirs.begin().await.unwrap();
        facilities::create(&mut tx, scope, facility, "A", "UTC", 1).await.unwrap();
        tx.commit().await.unwrap();
        let (changes, mut lookout) = (Changes::default(), Lookout::default());
        let mut heard = changes.listen();
        let commit = async || {
            let mut tx = theirs.begin().await.unwrap();
            facilities::lock(&mut tx, scope, facility).await.unwrap();
            tx.commit().await.unwrap();
        };
        commit().await;
        lookout.look(&ours, &changes).await.unwrap();
        assert!(lookout.seen.is_empty(), "nobody looks at a page, so nothing is asked");
        let seat = changes.seat(account).unwrap();
        lookout.look(&ours, &changes).await.unwrap();
        assert!(heard.try_recv().is_err(), "the page shows it already");
        commit().await;
        lookout.look(&ours, &changes).await.unwrap();
        assert_eq!(heard.try_recv().unwrap(), Change { account, facility });
        lookout.look(&ours, &changes).await.unwrap();
        assert!(heard.try_recv().is_err(), "told once");
        drop(seat);
        lookout.look(&ours, &changes).await.unwrap();
        assert!(lookout.seen.is_empty());
    }
}
