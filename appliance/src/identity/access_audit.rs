//! The audit of access: who was let in, who was not, and what happened to PINs, sessions and tokens.
//!
//! Three rings of rows in `state.redb`, numbered as one: what many can cause pushes out nothing that matters more. What
//! strangers can cause is gathered in memory, bounded, and written rarely, so that a flood of refused requests wears out no
//! card and holds up no record.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use record::ids::StaffId;
use redb::{ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableDefinition};
use serde::{Deserialize, Serialize};
use service::clock::Now;

use super::IdentityError;
use crate::store::StateDb;

type RingTable = TableDefinition<'static, u64, &'static [u8]>;
const STRANGERS: AccessRing = AccessRing { table: RingTable::new("access_audit_strangers"), rows_max: 2_000 };
/// What staff and programs cause by coming and going.
const VISITS: AccessRing = AccessRing { table: RingTable::new("access_audit_visits"), rows_max: 4_000 };
/// What became of tokens, PINs, badges, settings and alarms.
const CHANGES: AccessRing = AccessRing { table: RingTable::new("access_audit_changes"), rows_max: 4_000 };
const RINGS: [&AccessRing; 3] = [&STRANGERS, &VISITS, &CHANGES];
/// What one caller does again at one route within this time is counted in one row.
const TOGETHER_MS: u64 = 60_000;
/// Rows of one such span that strangers can cause; what comes past them is counted in one more for each outcome.
const STRANGERS_MAX: usize = 30;
const SPAN_ROWS_MAX: usize = 600;
/// Rows that only strangers caused wait so long before they are written.
const STRANGERS_WAIT_MS: u64 = 60_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessCaller {
    /// No person or program that the box knows.
    Stranger,
    Staff(StaffId),
    Token(String),
    Socket,
    Others,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTarget {
    View,
    /// To change equipment, labels or printers.
    Edit,
    Admin,
    ReadAudit,
    Read,
    Record,
    Write,
    SignIn,
    SignOut,
    Proof,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessOutcome {
    Denied,
    SignedIn,
    /// The PIN did not fit.
    WrongPin,
    /// Too many PINs were wrong; this one was not looked at.
    Locked,
    PinInTheClear,
    UnknownBadge,
    /// A badge came without HTTPS, and was revoked if it was somebody's.
    BadgeInTheClear,
    PinChanged,
    BadgeChanged,
    TokenMade,
    TokenRevoked,
    /// A token came without HTTPS, and was revoked.
    TokenInTheClear,
    SessionEnded,
    SettingsChanged,
    /// A page came back that was too old, foreign, or of another item.
    PageTokenRefused,
    AlarmSeen,
    /// A log that the relay holds was taken for this box's.
    LogTrusted,
    BackupKeyMade,
    BackupBegun,
    ArchiveTaken,
    PackKeyTrusted,
    PackKeyRemoved,
}

/// One row. It holds ids and routes, never a name, a query or a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// When it happened first, milliseconds since 1970.
    pub at_ms: i64,
    /// The route, as the program names it: `/staff/people/{staff}`.
    pub route: String,
    pub caller: AccessCaller,
    pub network: String,
    #[serde(rename = "wanted")]
    pub target: AccessTarget,
    pub outcome: AccessOutcome,
    /// The id of the person, token or key, or the name of the log, that it is about, where that is not the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub count: u32,
}

impl AccessRow {
    fn key(&self) -> RowKey {
        let Self { route, caller, network, target, outcome, subject, .. } = self.clone();
        (route, caller, network, target, outcome, subject)
    }

    /// Whether anybody in the building can cause such rows, as many as they like.
    fn is_of_stranger(&self) -> bool {
        matches!(self.caller, AccessCaller::Stranger | AccessCaller::Others)
    }

    /// Whether it changed what lets people and programs in, or the facility.
    fn is_of_change(&self) -> bool {
        use AccessOutcome::{
            AlarmSeen, ArchiveTaken, BackupBegun, BackupKeyMade, BadgeChanged, LogTrusted, PackKeyRemoved,
            PackKeyTrusted, PinChanged, SettingsChanged, TokenMade, TokenRevoked,
        };
        matches!(
            self.outcome,
            AlarmSeen
                | ArchiveTaken
                | BackupBegun
                | BackupKeyMade
                | BadgeChanged
                | LogTrusted
                | PackKeyRemoved
                | PackKeyTrusted
                | PinChanged
                | SettingsChanged
                | TokenMade
                | TokenRevoked
        )
    }

    /// Whether the same again belongs into the same row. Anybody can come and go all day, or set a PIN again and again.
    fn can_repeat(&self) -> bool {
        !self.is_of_change()
            || matches!(self.outcome, AccessOutcome::PinChanged | AccessOutcome::BadgeChanged)
    }

    fn ring(&self) -> &'static AccessRing {
        match (self.is_of_change(), self.is_of_stranger()) {
            (true, _) => &CHANGES,
            (false, true) => &STRANGERS,
            (false, false) => &VISITS,
        }
    }
}

/// One table of rows; its oldest go.
struct AccessRing {
    table: RingTable,
    rows_max: u64,
}

type RowKey = (String, AccessCaller, String, AccessTarget, AccessOutcome, Option<String>);

/// What is not written yet, and what the present minute may still count up.
#[derive(Default)]
struct Gathered {
    next: u64,
    /// Start of the present span, milliseconds since the boot.
    span_up_ms: u64,
    rows: BTreeMap<u64, AccessRow>,
    by_key: HashMap<RowKey, u64>,
    unwritten: std::collections::BTreeSet<u64>,
    strangers: usize,
    spanned: usize,
    /// Something waits that no stranger caused.
    pressing: bool,
    waits_since: Option<u64>,
}

pub struct AccessAudit {
    db: StateDb,
    gathered: Mutex<Gathered>,
}

fn to_identity_error(source: impl Into<redb::Error>) -> IdentityError {
    IdentityError { table: "access_audit", source: Box::new(source.into()) }
}

impl AccessAudit {
    pub(super) fn open(db: impl Into<StateDb>) -> Result<Self, IdentityError> {
        let db = db.into();
        let write = db.db().begin_write().map_err(to_identity_error)?;
        let next = {
            let mut next = 0;
            for ring in RINGS {
                let table = write.open_table(ring.table).map_err(to_identity_error)?;
                next =
                    table.last().map_err(to_identity_error)?.map_or(0, |(key, _)| key.value() + 1).max(next);
            }
            next
        };
        write.commit().map_err(to_identity_error)?;
        Ok(Self { db, gathered: Mutex::new(Gathered { next, ..Gathered::default() }) })
    }

    /// Takes a row. It is in memory when this returns, and on disk with one of the next [`AccessAudit::write_due`].
    pub fn record(&self, row: AccessRow, now: &Now) {
        let mut gathered = self.lock();
        gathered.turn_over(now.up_ms);
        gathered.take(row, now.up_ms);
    }

    /// Writes what waits, if something waits that no stranger caused, or has waited long enough. Blocks for a disk's time.
    ///
    /// # Errors
    /// It could not be written; it is tried again.
    pub fn write_due(&self, now: &Now) -> Result<(), IdentityError> {
        let due = {
            let gathered = self.lock();
            let waited = gathered.waits_since.map(|since| now.up_ms.saturating_sub(since));
            gathered.pressing || waited.is_some_and(|ms| ms >= STRANGERS_WAIT_MS)
        };
        if due { self.write() } else { Ok(()) }
    }

    /// Writes all that waits. Blocks for a disk's time.
    ///
    /// # Errors
    /// As [`AccessAudit::write_due`].
    pub fn write(&self) -> Result<(), IdentityError> {
        let rows: Vec<(u64, AccessRow)> = {
            let mut gathered = self.lock();
            (gathered.pressing, gathered.waits_since) = (false, None);
            let unwritten = std::mem::take(&mut gathered.unwritten);
            unwritten.into_iter().filter_map(|seq| Some((seq, gathered.rows.get(&seq)?.clone()))).collect()
        };
        if rows.is_empty() {
            return Ok(());
        }
        let written = self.write_rows(&rows);
        if written.is_err() {
            let mut gathered = self.lock();
            // Rows that a new minute has dropped meanwhile are put back.
            for (seq, row) in rows {
                gathered.rows.entry(seq).or_insert(row);
                gathered.unwritten.insert(seq);
            }
            gathered.waits_since = Some(0);
        }
        written
    }

    fn write_rows(&self, rows: &[(u64, AccessRow)]) -> Result<(), IdentityError> {
        let write = self.db.db().begin_write().map_err(to_identity_error)?;
        for ring in RINGS {
            let mut table = write.open_table(ring.table).map_err(to_identity_error)?;
            for (seq, row) in rows.iter().filter(|(_, row)| std::ptr::eq(row.ring(), ring)) {
                // A row holds numbers and texts: JSON takes them all.
                let json = serde_json::to_vec(row).unwrap_or_default();
                table.insert(seq, json.as_slice()).map_err(to_identity_error)?;
            }
            for _ in ring.rows_max..table.len().map_err(to_identity_error)? {
                table.pop_first().map_err(to_identity_error)?;
            }
        }
        write.commit().map_err(to_identity_error)
    }

    /// The newest rows before `before`, newest first, with their numbers; what waits in memory included.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn rows(&self, before: Option<u64>, limit: usize) -> Result<Vec<(u64, AccessRow)>, IdentityError> {
        let before = before.unwrap_or(u64::MAX);
        let mut found: BTreeMap<u64, AccessRow> = {
            let gathered = self.lock();
            gathered.rows.range(..before).rev().take(limit).map(|(seq, row)| (*seq, row.clone())).collect()
        };
        let read = self.db.db().begin_read().map_err(to_identity_error)?;
        for ring in RINGS {
            let table = read.open_table(ring.table).map_err(to_identity_error)?;
            for row in table.range(..before).map_err(to_identity_error)?.rev().take(limit) {
                let (key, value) = row.map_err(to_identity_error)?;
                if let Ok(row) = serde_json::from_slice(value.value()) {
                    found.entry(key.value()).or_insert(row);
                }
            }
        }
        Ok(found.into_iter().rev().take(limit).collect())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathered {
    /// Begins another span when the present one is over: what is written of it leaves memory.
    fn turn_over(&mut self, up_ms: u64) {
        if up_ms.saturating_sub(self.span_up_ms) < TOGETHER_MS && up_ms >= self.span_up_ms {
            return;
        }
        self.span_up_ms = up_ms;
        (self.strangers, self.spanned) = (0, 0);
        self.by_key.clear();
        let unwritten = &self.unwritten;
        self.rows.retain(|seq, _| unwritten.contains(seq));
        // A disk that takes nothing must not fill the memory: the oldest go.
        while self.rows.len() > SPAN_ROWS_MAX {
            if let Some((seq, _)) = self.rows.pop_first() {
                self.unwritten.remove(&seq);
            }
        }
    }

    fn take(&mut self, mut row: AccessRow, up_ms: u64) {
        let stranger = row.is_of_stranger();
        let is_new = !self.by_key.contains_key(&row.key()) || !row.can_repeat();
        // What was changed is never hidden in a crowd.
        let may_join = is_new && !row.is_of_change();
        if may_join && ((stranger && self.strangers >= STRANGERS_MAX) || self.spanned >= SPAN_ROWS_MAX) {
            row = AccessRow {
                route: String::new(),
                caller: AccessCaller::Others,
                network: String::new(),
                subject: None,
                ..row
            };
        }
        let key = row.key();
        let repeats = row.can_repeat() || row.caller == AccessCaller::Others;
        let seq = match self.by_key.get(&key).copied().filter(|_| repeats) {
            Some(seq) => {
                if let Some(row) = self.rows.get_mut(&seq) {
                    row.count = row.count.saturating_add(1);
                }
                seq
            }
            None => {
                let seq = self.next;
                self.next += 1;
                self.spanned += 1;
                self.strangers += usize::from(stranger);
                self.rows.insert(seq, row);
                self.by_key.insert(key, seq);
                seq
            }
        };
        self.unwritten.insert(seq);
        self.pressing |= !stranger;
        self.waits_since.get_or_insert(up_ms);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use record::entry::ClockState;
    use record::ids::BootId;
    use redb::Database;

    use super::*;

    fn at(up_ms: u64) -> Now {
        let boot = BootId::new(0, [1; 10]);
        Now {
            wall_ms: 1_763_610_000_000 + i64::try_from(up_ms).unwrap(),
            boot,
            up_ms,
            state: ClockState::Synced,
        }
    }

    fn denied(caller: AccessCaller, network: &str) -> AccessRow {
        AccessRow {
            at_ms: at(0).wall_ms,
            route: "/staff/people".into(),
            caller,
            network: network.into(),
            target: AccessTarget::Admin,
            outcome: AccessOutcome::Denied,
            subject: None,
            count: 1,
        }
    }

    fn open(dir: &std::path::Path) -> AccessAudit {
        AccessAudit::open(Arc::new(Database::create(dir.join("state.redb")).unwrap())).unwrap()
    }

    fn tom() -> AccessCaller {
        AccessCaller::Staff(StaffId::new(0, [1; 10]))
    }

    fn on_disk(audit: &AccessAudit) -> usize {
        let read = audit.db.db().begin_read().unwrap();
        RINGS.iter().map(|ring| read.open_table(ring.table).unwrap().iter().unwrap().count()).sum()
    }

    #[test]
    fn the_same_again_is_counted_for_a_minute_and_outlives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let audit = open(dir.path());
        for up_ms in [0, 1_000, 59_999] {
            audit.record(denied(tom(), "10.0.0.9"), &at(up_ms));
            audit.write_due(&at(up_ms)).unwrap();
        }
        audit.record(denied(tom(), "10.0.0.9"), &at(60_000));
        let counts = |audit: &AccessAudit| -> Vec<(u64, u32)> {
            audit.rows(None, 10).unwrap().into_iter().map(|(seq, row)| (seq, row.count)).collect()
        };
        assert_eq!(counts(&audit), [(1, 1), (0, 3)]);
        audit.write().unwrap();
        drop(audit);
        let audit = open(dir.path());
        assert_eq!(counts(&audit), [(1, 1), (0, 3)]);
        audit.record(denied(tom(), "10.0.0.9"), &at(60_001));
        assert_eq!(counts(&audit), [(2, 1), (1, 1), (0, 3)]);
        assert_eq!(audit.rows(Some(2), 1).unwrap()[0].0, 1);
    }

    #[test]
    fn strangers_fill_neither_memory_nor_disk_nor_ring() {
        let dir = tempfile::tempdir().unwrap();
        let audit = open(dir.path());
        for n in 0..10_000 {
            audit.record(denied(AccessCaller::Stranger, &format!("10.0.{}.{}", n / 256, n % 256)), &at(n));
            audit.write_due(&at(n)).unwrap();
        }
        let rows = audit.rows(None, 1_000).unwrap();
        assert_eq!((rows.len(), rows.iter().map(|(_, row)| row.count).sum::<u32>()), (31, 10_000));
        assert_eq!(rows[0].1.caller, AccessCaller::Others);
        assert_eq!(on_disk(&audit), 0, "what only strangers caused waits a minute");
        audit.write_due(&at(60_001)).unwrap();
        assert_eq!(on_disk(&audit), 31);
        let made = AccessRow { outcome: AccessOutcome::TokenMade, ..denied(tom(), "") };
        audit.record(made.clone(), &at(60_002));
        audit.record(made, &at(60_003));
        audit.write_due(&at(60_004)).unwrap();
        assert_eq!(on_disk(&audit), 33, "what is no refusal has a row for each and does not wait");
    }

    #[test]
    fn neither_strangers_nor_insiders_push_out_what_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let audit = open(dir.path());
        let made = AccessRow { outcome: AccessOutcome::TokenMade, ..denied(tom(), "") };
        audit.write_rows(&[(0, made.clone())]).unwrap();
        let of = |caller: AccessCaller, seqs: std::ops::Range<u64>| -> Vec<(u64, AccessRow)> {
            seqs.map(|seq| (seq, denied(caller.clone(), ""))).collect()
        };
        audit.write_rows(&of(tom(), 1..4_201)).unwrap();
        audit.write_rows(&of(AccessCaller::Stranger, 4_201..6_301)).unwrap();
        assert_eq!(on_disk(&audit), 1 + 4_000 + 2_000);
        let rows = audit.rows(None, 10_000).unwrap();
        assert_eq!((rows[0].0, rows.last().unwrap()), (6_300, &(0, made)));
        assert_eq!(audit.rows(Some(202), 10).unwrap().iter().map(|row| row.0).collect::<Vec<_>>(), [201, 0]);
        drop(audit);
        let audit = open(dir.path());
        audit.record(denied(tom(), ""), &at(0));
        assert_eq!(audit.rows(None, 1).unwrap()[0].0, 6_301, "all three are numbered as one");
    }

    #[test]
    fn coming_and_going_all_day_is_counted_and_hides_no_change() {
        let dir = tempfile::tempdir().unwrap();
        let audit = open(dir.path());
        let came = |outcome| AccessRow { outcome, ..denied(tom(), "10.0.0.9") };
        for n in 0..1_000 {
            audit.record(came(AccessOutcome::SignedIn), &at(n));
            audit.record(came(AccessOutcome::SessionEnded), &at(n));
        }
        for n in 0..1_000 {
            audit.record(denied(tom(), &format!("10.1.{}.{}", n / 256, n % 256)), &at(1_000));
        }
        audit.record(came(AccessOutcome::TokenMade), &at(1_001));
        let rows = audit.rows(None, 2_000).unwrap();
        assert_eq!(rows.iter().map(|(_, row)| row.count).filter(|count| *count == 1_000).count(), 2);
        assert_eq!(rows[0].1, came(AccessOutcome::TokenMade));
        assert!(rows.len() <= SPAN_ROWS_MAX + 2, "{}", rows.len());
    }
}
