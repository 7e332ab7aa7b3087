//! A relay's database and ingest, with one account, one facility and one box in it.

use std::sync::Arc;

use bytes::Bytes;
use record::checkpoint::CosignedCheckpoint;
use record::ids::{AccountId, BoxId, FacilityId};
use record::messages::{Answer, BatchRefused};
use record::sign::{KeyKind, SignerKey, VerifierKey};
use relay::db::{AccountScope, Db, DbConnection, accounts, boxes, epochs, facilities};
use relay::ingest::{Ingest, IngestReply};
use relay::mqtt::Outbox;
use service::clock::{Clock, FakeClock};
use service::random::{RandomSource, SeededRandom};

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
    pub(crate) facility: FacilityId,
}

pub(crate) fn cosigner() -> SignerKey {
    SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap()
}

pub(crate) fn box_id(fill: u8) -> BoxId {
    BoxId::new(1, [fill; 10])
}

/// Another account than the world's own.
pub(crate) fn stranger() -> AccountScope {
    AccountScope::of(AccountId::new(2, [0xbb; 10]))
}

impl World {
    pub(crate) async fn new(db: Db) -> Self {
        let (account, facility) = (AccountId::new(1, [0xaa; 10]), FacilityId::new(1, [0xaa; 10]));
        let scope = AccountScope::of(account);
        db.migrate(NOW_MS).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        accounts::platform_create(&mut tx, account, "North", NOW_MS).await.unwrap();
        facilities::insert_facility(&mut tx, scope, facility, "General", "UTC", NOW_MS).await.unwrap();
        accounts::platform_create(&mut tx, stranger().account(), "South", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        let clock = Arc::new(FakeClock::at_ms(NOW_MS));
        let ingest = Self::ingest(&db, &clock);
        Self { db, clock, ingest, scope, facility }
    }

    fn ingest(db: &Db, clock: &Arc<FakeClock>) -> Arc<Ingest> {
        let clock: Arc<dyn Clock> = clock.clone();
        let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(1));
        Arc::new(Ingest::new(db.clone(), cosigner(), (clock, random), Outbox::new()))
    }

    /// The same relay on another database: one that was restored from a backup, say.
    pub(crate) fn on(&self, db: Db) -> Self {
        let ingest = Self::ingest(&db, &self.clock);
        Self { db, clock: self.clock.clone(), ingest, scope: self.scope, facility: self.facility }
    }

    pub(crate) async fn read(&self) -> DbConnection {
        self.db.read().await.unwrap()
    }

    /// Claims a box and hears its first hello.
    pub(crate) async fn claim(&self, of: &FakeBox) {
        self.claim_at(of, self.facility).await;
        assert_eq!(self.hello(of, 0, None).await, Said::Want(0));
    }

    /// Claims a box for a facility.
    pub(crate) async fn claim_at(&self, of: &FakeBox, facility: FacilityId) {
        let mut tx = self.db.begin().await.unwrap();
        let place = (of.origin.box_id, facility, of.origin.epoch);
        boxes::insert_box(&mut tx, self.scope, place, "Pi", "1.0", NOW_MS).await.unwrap();
        let key = (&of.key(), true);
        epochs::insert_epoch(&mut tx, self.scope, &of.origin, facility, key, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn hello(&self, of: &FakeBox, cursor: u64, cosigned: Option<String>) -> Said {
        let reply = self.ingest.hello(of.origin.box_id, &of.hello(cursor, cosigned)).await.unwrap();
        Said::of(reply, of)
    }

    pub(crate) async fn send(&self, of: &FakeBox, first: u64, end: u64) -> Said {
        self.send_bytes(of, of.batch(first, end)).await
    }

    pub(crate) async fn send_bytes(&self, of: &FakeBox, wire: Vec<u8>) -> Said {
        Said::of(self.ingest.batch(of.origin.box_id, Bytes::from(wire)).await.unwrap(), of)
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
        let mut text = String::new();
        for sql in [
            "SELECT room || '/' || id || ' ' || body FROM state_rows ORDER BY 1",
            "SELECT box || epoch || '/' || CAST(seq AS TEXT) || tag || CAST(performed_ms AS TEXT) || body FROM cleanings ORDER BY 1",
            "SELECT tag || CAST(ended_ms AS TEXT) || epoch || CAST(seq AS TEXT) || held_in FROM uses ORDER BY 1",
            "SELECT tag || CAST(at_ms AS TEXT) || epoch || CAST(seq AS TEXT) || held_in FROM item_notes ORDER BY 1",
            "SELECT tag || ' ' || CAST(day AS TEXT) || ' ' || CAST(met AS TEXT) || '/' || CAST(closed AS TEXT) FROM item_days ORDER BY 1",
            "SELECT tag || ' ' || state || ' ' || COALESCE(CAST(since_ms AS TEXT), '-') || COALESCE(CAST(by_ms AS TEXT), '-') FROM items ORDER BY 1",
            "SELECT CAST(day AS TEXT) || ' ' || CAST(met AS TEXT) || '/' || CAST(closed AS TEXT) FROM facility_days WHERE closed <> 0 ORDER BY 1",
        ] {
            text.push_str(&column(&mut conn, sql).await.join("\n"));
            text.push_str("\n--\n");
        }
        text
    }
}

/// First column of a query, as text.
pub(crate) async fn column(conn: &mut DbConnection, sql: &'static str) -> Vec<String> {
    let rows: Result<Vec<(String,)>, _> = match conn {
        DbConnection::Sqlite(c) => sqlx::query_as(sql).fetch_all(&mut **c).await,
        DbConnection::Postgres(c) => sqlx::query_as(sql).fetch_all(&mut **c).await,
        DbConnection::SqliteTx(c) => sqlx::query_as(sql).fetch_all(&mut **c).await,
        DbConnection::PostgresTx(c) => sqlx::query_as(sql).fetch_all(&mut **c).await,
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
}

impl Said {
    fn of(reply: IngestReply, of: &FakeBox) -> Self {
        let Some(ack) = reply.ack else { return Self::Nothing };
        match ack.answer {
            Answer::Want { want } => Self::Want(want),
            Answer::Refused { refused: BatchRefused { code, .. } } => Self::Refused(code),
            Answer::Checkpoint { checkpoint } => {
                let cosigners: [VerifierKey; 1] = [cosigner().verifier().clone()];
                let log = of.signer.verifier();
                let cosigned = CosignedCheckpoint::verify(&checkpoint, &of.origin, log, &cosigners).unwrap();
                let size = cosigned.checkpoint().size;
                assert_eq!(cosigned.time_s(), (NOW_MS / 1000).unsigned_abs());
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

/// Runs a statement.
pub(crate) async fn run(conn: &mut DbConnection, sql: &'static str) {
    let done = match conn {
        DbConnection::Sqlite(c) => sqlx::query(sql).execute(&mut **c).await.map(drop),
        DbConnection::Postgres(c) => sqlx::query(sql).execute(&mut **c).await.map(drop),
        DbConnection::SqliteTx(c) => sqlx::query(sql).execute(&mut **c).await.map(drop),
        DbConnection::PostgresTx(c) => sqlx::query(sql).execute(&mut **c).await.map(drop),
    };
    done.unwrap();
}
