//! A relay's database and ingest, with one account, one facility and one box in it.

use std::sync::Arc;

use bytes::Bytes;
use record::checkpoint::CosignedCheckpoint;
use record::ids::{AccountId, BoxId, FacilityId};
use record::messages::{Answer, BatchRefused};
use record::sign::{KeyKind, SignerKey, VerifierKey};
use relay::db::OwnedFacility;
use relay::db::ProjectionNumber;
use relay::db::account::accounts;
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::log::{epochs, log_pages};
use relay::db::projection::history::{CleaningRow, HistoryCursor, HistoryScope, load_cleanings};
use relay::db::projection::projections;
use relay::db::{AccountScope, Db, DbError, PlatformReason, ScopedConnection, SqlConnection, SqlExecutor};
use relay::ingest::{Ingest, IngestReply};
use relay::jobs::handlers::RelayHandlers;
use relay::jobs::queue::JobQueue;
use relay::jobs::runner::{JobRunner, RENEW_EVERY};
use relay::mail::MailOutbox;
use relay::mqtt::BoxPublisher;
use relay::objects::NoteStore;
use relay::outgoing::guarded::{GuardedClient, SystemResolver};
use relay::projections::facility_now::refresh_box;
use relay::webhooks::WebhookLine;
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SeededRandom, SystemRandom};

use super::fake_box::FakeBox;

pub(crate) const NOW_MS: i64 = 1_763_610_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const PUMP: &str = "ABCDEFGH3";
pub(crate) const PROBE: &str = "7QK3M9X2W";

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) scope: AccountScope,
    pub(crate) stranger: AccountScope,
    pub(crate) facility: FacilityId,
    pub(crate) notes: Arc<tempfile::TempDir>,
}

pub(crate) fn cosigner() -> SignerKey {
    SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap()
}

pub(crate) fn box_id(fill: u8) -> BoxId {
    BoxId::new(1, [fill; 10])
}

impl World {
    pub(crate) async fn new(db: Db) -> Self {
        let (account, facility) = (AccountId::new(1, [0xaa; 10]), FacilityId::new(1, [0xaa; 10]));
        db.migrate(NOW_MS).await.unwrap();
        let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
        let south = AccountId::new(2, [0xbb; 10]);
        let stranger = accounts::platform_create(&mut tx, south, "South", NOW_MS).await.unwrap();
        let scope = accounts::platform_create(&mut tx, account, "North", NOW_MS).await.unwrap();
        let mut tx = tx.enter(scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "General", "UTC", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let ingest = Self::ingest(&db, &clock);
        let notes = Arc::new(tempfile::tempdir().unwrap());
        Self { db, clock, ingest, scope, stranger, facility, notes }
    }

    fn ingest(db: &Db, clock: &Arc<FakeClock>) -> Arc<Ingest> {
        let clock: Arc<dyn Clock> = clock.clone();
        let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(1));
        Arc::new(Ingest::new(db.clone(), cosigner(), (clock, random), BoxPublisher::new()))
    }

    /// The same relay on another database: one that was restored from a backup, say.
    pub(crate) fn on(&self, db: Db) -> Self {
        let ingest = Self::ingest(&db, &self.clock);
        Self {
            db,
            clock: self.clock.clone(),
            ingest,
            scope: self.scope,
            stranger: self.stranger,
            facility: self.facility,
            notes: Arc::clone(&self.notes),
        }
    }

    pub(crate) async fn read(&self) -> ScopedConnection {
        self.db.read(self.scope).await.unwrap()
    }

    /// Claims a box and receives its first hello.
    pub(crate) async fn claim(&self, of: &FakeBox) {
        self.claim_at(of, self.facility).await;
        assert_eq!(self.hello(of, 0, None).await, Said::Want(0));
    }

    pub(crate) async fn claim_at(&self, of: &FakeBox, facility: FacilityId) {
        let mut tx = self.db.write(self.scope).await.unwrap();
        let place = (of.origin.box_id, facility, of.origin.epoch);
        boxes::insert_box(&mut tx, place, "Pi", "1.0", NOW_MS).await.unwrap();
        let key = (&of.key(), true);
        epochs::insert_epoch(&mut tx, &of.origin, facility, key, NOW_MS).await.unwrap();
        refresh_box(&mut tx, facility, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn hello(&self, of: &FakeBox, cursor: u64, cosigned: Option<String>) -> Said {
        let reply = self.ingest.hello(of.origin.box_id, &of.hello(cursor, cosigned)).await.unwrap();
        self.ingest.flush_reports().await.unwrap();
        Said::of(reply, of)
    }

    pub(crate) async fn send(&self, of: &FakeBox, first: u64, end: u64) -> Said {
        self.send_bytes(of, of.batch(first, end)).await
    }

    pub(crate) async fn send_bytes(&self, of: &FakeBox, wire: Vec<u8>) -> Said {
        let reply = self.ingest.batch(of.origin.box_id, Bytes::from(wire)).await.unwrap();
        // What cannot be folded is a story of its own.
        let _ = self.ingest.fold_waiting().await;
        Said::of(reply, of)
    }

    /// Sends everything from `first` on in batches of at most 200.
    pub(crate) async fn drain(&self, of: &FakeBox, first: u64) -> Said {
        let mut message = Said::Nothing;
        let mut from = first;
        while from < of.size() {
            let end = (from + 200).min(of.size());
            message = self.send(of, from, end).await;
            assert!(matches!(message, Said::Holds(size, _) if size == end), "{message:?}");
            from = end;
        }
        message
    }

    /// Everything that is a fold, as text, to compare two of them.
    pub(crate) async fn dump(&self) -> String {
        let mut conn = self.read().await;
        let start = HistoryCursor::start();
        let cleanings = load_cleanings(&mut conn, HistoryScope::Account, &start, 100_000).await.unwrap();
        let mut lines: Vec<String> = cleanings
            .iter()
            .map(|row: &CleaningRow| format!("{}{:?}{:?}{:?}", row.box_id, row.cleaning, row.who, row.note))
            .collect();
        lines.sort();
        let mut text = lines.join("\n");
        for sql in [
            "SELECT room || '/' || id || ' ' || body FROM state_rows ORDER BY 1",
            "SELECT tag || CAST(ended_ms AS TEXT) || epoch || CAST(seq AS TEXT) || held_in FROM uses ORDER BY 1",
            "SELECT tag || CAST(at_ms AS TEXT) || epoch || CAST(seq AS TEXT) || held_in FROM item_notes ORDER BY 1",
            "SELECT tag || ' ' || CAST(day AS TEXT) || ' ' || CAST(met AS TEXT) || '/' || CAST(closed AS TEXT) FROM item_days ORDER BY 1",
            "SELECT tag || ' ' || state || ' ' || COALESCE(CAST(since_ms AS TEXT), '-') || COALESCE(CAST(by_ms AS TEXT), '-') || COALESCE(CAST(last_ms AS TEXT), '-') || COALESCE(last_boot, '-') FROM items ORDER BY 1",
            "SELECT CAST(day AS TEXT) || ' ' || CAST(met AS TEXT) || '/' || CAST(closed AS TEXT) FROM facility_days WHERE closed <> 0 ORDER BY 1",
        ] {
            text.push_str(&column(&mut conn, sql).await.join("\n"));
            text.push_str("\n--\n");
        }
        text
    }

    /// Every text line that is here, of logs and runs of the first box.
    pub(crate) async fn all_texts(&self) -> Vec<String> {
        let mut conn = self.read().await;
        let mut texts = column(&mut conn, "SELECT line FROM run_texts ORDER BY 1").await;
        for held in epochs::of_box(&mut conn, box_id(1)).await.unwrap() {
            let page = log_pages::load_page(&mut conn, &held.origin, (0, 100_000), usize::MAX).await.unwrap();
            texts.extend(page.into_iter().flat_map(|(_, texts)| texts));
        }
        texts
    }

    pub(crate) async fn live(&self) -> ProjectionNumber {
        projections::find_live(&mut self.read().await, self.facility).await.unwrap()
    }

    pub(crate) async fn rebuild(&self) {
        let mut tx = self.db.write(self.scope).await.unwrap();
        facilities::request_rebuild(&mut tx, self.facility).await.unwrap();
        tx.commit().await.unwrap();
        let place = OwnedFacility { scope: self.scope, facility: self.facility };
        assert!(relay::projections::rebuild_facility(&self.db, place, &*self.clock).await.unwrap());
    }
}

/// A query over rows of projections, asked of the live ones only, with the names of their logs.
fn of_live(sql: &str) -> String {
    let mut sql = sql.to_owned();
    for table in ["cleanings", "uses", "item_notes"] {
        let live = format!(
            "FROM (SELECT r.*, l.box, l.epoch, f.facility FROM {table} r JOIN facilities f ON f.projection = r.projection \
             JOIN logs l ON l.log = r.log) live"
        );
        sql = sql.replace(&format!("FROM {table}"), &live);
    }
    for table in ["state_rows", "item_days", "items", "facility_days"] {
        let live = format!(
            "FROM (SELECT r.*, f.facility FROM {table} r JOIN facilities f ON f.projection = r.projection) live"
        );
        sql = sql.replace(&format!("FROM {table}"), &live);
    }
    sql
}

/// Runs the relay's jobs that are due; how many.
pub(crate) async fn run_due(db: &Db, clock: Arc<dyn Clock>) -> Result<usize, DbError> {
    let dir = tempfile::tempdir().unwrap();
    let notes = NoteStore::in_folder(dir.path()).unwrap();
    run_due_with(db, clock, notes).await
}

pub(crate) async fn run_due_with(db: &Db, clock: Arc<dyn Clock>, notes: NoteStore) -> Result<usize, DbError> {
    let http = GuardedClient::new(&[], None, Arc::new(SystemResolver)).unwrap();
    let random = Arc::new(SystemRandom);
    let mail = MailOutbox::new(Arc::clone(&clock), random.clone(), None);
    let line = WebhookLine { http: Arc::new(http), random, mail, public_url: String::new() };
    run_due_sending(db, clock, notes, line).await
}

pub(crate) async fn run_due_sending(
    db: &Db,
    clock: Arc<dyn Clock>,
    notes: NoteStore,
    line: WebhookLine,
) -> Result<usize, DbError> {
    let handlers =
        RelayHandlers::begin(db.clone(), Arc::clone(&clock), None, cosigner(), notes, line).await?;
    let queue = JobQueue::new(db.clone(), clock, Arc::new(SystemRandom));
    JobRunner::new(queue, handlers, RENEW_EVERY).run_due().await
}

/// First column of a query, as text.
pub(crate) async fn column(conn: &mut impl SqlConnection, sql: &'static str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(of_live(sql));
    let rows: Result<Vec<(String,)>, _> = match conn.lane() {
        SqlExecutor::Sqlite(c) => sqlx::query_as(sql).fetch_all(c).await,
        SqlExecutor::Postgres(c) => sqlx::query_as(sql).fetch_all(c).await,
    };
    rows.unwrap().into_iter().map(|(text,)| text).collect()
}

/// An answer, its cosignature checked as a box would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    Holds(u64, String),
    Want(u64),
    Refused(String),
    Busy(u32),
}

impl Said {
    fn of(reply: IngestReply, of: &FakeBox) -> Self {
        let Some(ack) = reply.ack else { return Self::Nothing };
        match ack.answer {
            Answer::Want { want } => Self::Want(want),
            Answer::Busy { busy } => Self::Busy(busy.retry_s),
            Answer::Refused { refused: BatchRefused { code, .. } } => Self::Refused(code),
            Answer::Checkpoint { checkpoint } => {
                let cosigners: [VerifierKey; 1] = [cosigner().verifier().clone()];
                let log = of.signer.verifier();
                let cosigned = CosignedCheckpoint::verify(&checkpoint, &of.origin, log, &cosigners).unwrap();
                let size = cosigned.checkpoint().size;
                assert!(cosigned.time_s() >= (NOW_MS / 1000).unsigned_abs());
                if size <= of.size() {
                    assert_eq!(cosigned.checkpoint().root, of.root(size));
                }
                Self::Holds(size, checkpoint)
            }
        }
    }

    pub(crate) fn held(&self) -> Option<u64> {
        if let Self::Holds(size, _) = self { Some(*size) } else { None }
    }

    pub(crate) fn note(&self) -> String {
        if let Self::Holds(_, note) = self { note.clone() } else { panic!("{self:?}") }
    }
}

pub(crate) async fn run(conn: &mut impl SqlConnection, sql: &'static str) {
    let done = match conn.lane() {
        SqlExecutor::Sqlite(c) => sqlx::query(sql).execute(c).await.map(drop),
        SqlExecutor::Postgres(c) => sqlx::query(sql).execute(c).await.map(drop),
    };
    done.unwrap();
}

pub(crate) async fn run_refused(conn: &mut ScopedConnection, sql: &'static str) -> String {
    let done = match conn.lane() {
        SqlExecutor::Sqlite(c) => sqlx::query(sql).execute(c).await.map(drop),
        SqlExecutor::Postgres(c) => sqlx::query(sql).execute(c).await.map(drop),
    };
    done.unwrap_err().to_string()
}
