//! What boxes say of themselves, collected in this process and written for all of them at once every few seconds.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use record::ids::{BoxId, ConnectionId, Epoch};

use super::Ingest;
use crate::db::OwnedFacility;
use crate::db::fleet::box_now;
use crate::db::fleet::box_now::{BoxUpdate, KnownUpdate};
use crate::db::fleet::boxes::BoxOwner;
use crate::db::to_i64;
use crate::db::{AccountScope, Db, DbError, PlatformReason};
use crate::projections::box_state::BoxState;
use crate::projections::facility_now::refresh_boxes;

/// How often what was collected is written.
pub const FLUSH_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(super) struct ReportedState<'a> {
    pub(super) epoch: Epoch,
    pub(super) size: u64,
    pub(super) cursor: u64,
    /// `synced`, `rtc` or `uncertain`.
    pub(super) clock: &'a str,
    /// How far its clock is ahead of the relay's, milliseconds.
    pub(super) clock_ahead_ms: i64,
}

/// What is not written yet.
#[derive(Debug, Default)]
struct PendingReports {
    boxes: BTreeMap<(AccountScope, BoxId), BoxUpdate>,
    known: BTreeMap<OwnedFacility, i64>,
}

impl PendingReports {
    fn update(&mut self, scope: AccountScope, box_id: BoxId) -> &mut BoxUpdate {
        self.boxes.entry((scope, box_id)).or_insert_with(|| BoxUpdate {
            account: scope.key(),
            box_id: box_id.to_string(),
            ..BoxUpdate::default()
        })
    }

    /// Puts back what could not be written, behind what came meanwhile.
    fn restore(&mut self, older: Self) {
        for (of, before) in older.boxes {
            let now = self.boxes.remove(&of);
            self.boxes.insert(of, now.map_or(before.clone(), |now| merge_updates(before, now)));
        }
        for (of, known_ms) in older.known {
            let now = self.known.entry(of).or_insert(known_ms);
            *now = known_ms.max(*now);
        }
    }
}

/// The later of two updates of a box, with what only the earlier one has.
fn merge_updates(before: BoxUpdate, now: BoxUpdate) -> BoxUpdate {
    // A connection that was opened since is another one than any that ended before.
    let (ended, ended_ms) = match (&now.opened, &now.ended) {
        (None, None) => (before.ended, before.ended_ms),
        _ => (now.ended, now.ended_ms),
    };
    BoxUpdate {
        version: now.version.or(before.version),
        epoch: now.epoch.or(before.epoch),
        size: now.size.or(before.size),
        cursor: now.cursor.or(before.cursor),
        seen_ms: now.seen_ms.or(before.seen_ms),
        opened: now.opened.or(before.opened),
        ended,
        ended_ms,
        clock: now.clock.or(before.clock),
        ahead_ms: now.ahead_ms.or(before.ahead_ms),
        hello: now.hello.or(before.hello),
        health: now.health.or(before.health),
        ..before
    }
}

#[derive(Debug, Default)]
pub(super) struct BoxReports {
    pending: Mutex<PendingReports>,
    /// One flush at a time, so that a later one does not overtake.
    flushing: tokio::sync::Mutex<()>,
}

impl BoxReports {
    fn lock(&self) -> MutexGuard<'_, PendingReports> {
        // Nothing in it is half done when somebody panics.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_seen(&self, home: &BoxOwner, box_id: BoxId, now_ms: i64) {
        self.lock().update(home.scope, box_id).seen_ms = Some(now_ms);
    }

    pub(super) fn note_connected(
        &self,
        home: &BoxOwner,
        box_id: BoxId,
        connection: ConnectionId,
        now_ms: i64,
    ) {
        let mut pending = self.lock();
        let update = pending.update(home.scope, box_id);
        update.opened = Some(connection.to_string());
        update.seen_ms = Some(now_ms);
    }

    /// A connection ended; an older one's end changes nothing.
    pub(super) fn note_ended(&self, home: &BoxOwner, box_id: BoxId, connection: ConnectionId, now_ms: i64) {
        let mut pending = self.lock();
        let update = pending.update(home.scope, box_id);
        let ended = connection.to_string();
        // Of two ends the later connection's counts: which one is open is known where this is written.
        if update.opened.as_ref().is_none_or(|opened| *opened == ended) && update.ended < Some(ended.clone())
        {
            update.ended = Some(ended);
            update.ended_ms = Some(now_ms);
        }
    }

    pub(super) fn note_state(
        &self,
        home: &BoxOwner,
        box_id: BoxId,
        reported: &ReportedState<'_>,
        now_ms: i64,
    ) {
        let mut pending = self.lock();
        let update = pending.update(home.scope, box_id);
        update.epoch = Some(reported.epoch.to_string());
        update.size = Some(to_i64(reported.size));
        update.cursor = Some(to_i64(reported.cursor));
        update.clock = Some(reported.clock.to_owned());
        update.ahead_ms = Some(reported.clock_ahead_ms);
        update.seen_ms = Some(now_ms);
    }

    pub(super) fn note_hello(&self, home: &BoxOwner, box_id: BoxId, version: String, hello: String) {
        let mut pending = self.lock();
        let update = pending.update(home.scope, box_id);
        update.version = Some(version);
        update.hello = Some(hello);
    }

    pub(super) fn note_health(&self, home: &BoxOwner, box_id: BoxId, health: String) {
        self.lock().update(home.scope, box_id).health = Some(health);
    }

    pub(super) fn note_known(&self, home: &BoxOwner, now_ms: i64) {
        let place = OwnedFacility { scope: home.scope, facility: home.facility };
        self.lock().known.insert(place, now_ms);
    }

    /// Writes what was collected; of how many boxes. What fails is tried again with the next.
    async fn flush(&self, db: &Db, now_ms: i64) -> Result<usize, DbError> {
        let _one = self.flushing.lock().await;
        let taken = std::mem::take(&mut *self.lock());
        if taken.boxes.is_empty() && taken.known.is_empty() {
            return Ok(0);
        }
        let updates: Vec<BoxUpdate> = taken.boxes.values().cloned().collect();
        if let Err(error) = write_reports(db, &updates, &taken.known).await {
            self.lock().restore(taken);
            return Err(error);
        }
        let rows =
            box_now::platform_load(&mut db.platform_read(PlatformReason::Box).await?, &updates).await?;
        let scopes: BTreeMap<String, AccountScope> =
            taken.boxes.keys().map(|(scope, box_id)| (box_id.to_string(), *scope)).collect();
        let mut changed = Vec::new();
        for row in rows.iter().filter(|row| BoxState::of(row, now_ms).word() != row.state) {
            let facility = row.facility.parse().map_err(|e| DbError::stored("facility id", e))?;
            changed.extend(scopes.get(&row.box_id).map(|scope| OwnedFacility { scope: *scope, facility }));
        }
        changed.sort_unstable();
        changed.dedup();
        refresh_boxes(db, &changed, now_ms).await?;
        Ok(updates.len())
    }
}

/// One transaction, in the order of a step: facilities, then boxes.
async fn write_reports(
    db: &Db,
    updates: &[BoxUpdate],
    known: &BTreeMap<OwnedFacility, i64>,
) -> Result<(), DbError> {
    let known: Vec<KnownUpdate> = known
        .iter()
        .map(|(place, known_ms)| KnownUpdate {
            account: place.scope.key(),
            facility: place.facility.to_string(),
            known_ms: *known_ms,
        })
        .collect();
    let mut tx = db.platform_write(PlatformReason::Box).await?;
    if !known.is_empty() {
        box_now::platform_save_known(&mut tx, &known).await?;
    }
    if !updates.is_empty() {
        box_now::platform_save(&mut tx, updates).await?;
    }
    tx.commit().await
}

impl Ingest {
    /// Writes what boxes said of themselves since the last time, for whoever must see it at once; of how many boxes.
    pub async fn flush_reports(&self) -> Result<usize, DbError> {
        self.reports.flush(&self.db, self.clock.now_ms()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(n: u8) -> ConnectionId {
        ConnectionId::new(i64::from(n), [n; 10])
    }

    fn home() -> BoxOwner {
        let facility = record::ids::FacilityId::new(1, [1; 10]);
        BoxOwner { scope: AccountScope::made_up(1), facility, revoked: false, quarantined: false }
    }

    fn ends(steps: &[(bool, u8)]) -> (Option<String>, Option<String>) {
        let (reports, box_id) = (BoxReports::default(), BoxId::new(1, [1; 10]));
        for (is_opened, n) in steps {
            match is_opened {
                true => reports.note_connected(&home(), box_id, connection(*n), 1),
                false => reports.note_ended(&home(), box_id, connection(*n), 1),
            }
        }
        let update = reports.lock().update(home().scope, box_id).clone();
        (update.opened, update.ended)
    }

    #[test]
    fn the_end_of_an_older_connection_is_not_that_of_the_open_one() {
        fn connection_name(n: u8) -> Option<String> {
            Some(connection(n).to_string())
        }
        assert_eq!(ends(&[(true, 1), (true, 2), (false, 1)]), (connection_name(2), None));
        assert_eq!(ends(&[(true, 1), (false, 1)]), (connection_name(1), connection_name(1)));
        assert_eq!(
            ends(&[(false, 2), (false, 1)]),
            (None, connection_name(2)),
            "which one is open stands in the database"
        );
        assert_eq!(ends(&[(false, 1), (true, 2)]), (connection_name(2), connection_name(1)));
    }

    #[test]
    fn what_could_not_be_written_stands_behind_what_came_meanwhile() {
        let (reports, box_id) = (BoxReports::default(), BoxId::new(1, [1; 10]));
        reports.note_health(&home(), box_id, "old".to_owned());
        reports.note_hello(&home(), box_id, "1.0".to_owned(), "hello".to_owned());
        reports.note_known(&home(), 5);
        let older = std::mem::take(&mut *reports.lock());
        reports.note_health(&home(), box_id, "new".to_owned());
        reports.lock().restore(older);
        let pending = reports.lock();
        let update = pending.boxes.values().next().unwrap();
        assert_eq!((update.health.as_deref(), update.version.as_deref()), (Some("new"), Some("1.0")));
        assert_eq!(pending.known.values().collect::<Vec<_>>(), [&5]);
    }
}
