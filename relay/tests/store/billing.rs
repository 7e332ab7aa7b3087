//! What boxes ask, of an account in each state of billing, and where billing has lost its tables.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use rcgen::KeyPair;
use record::claim::RenewRequest;
use record::ids::BoxId;
use record::tree::Hash;
use relay::billing::state::BillingState;
use relay::box_api::{self, RunLimits};
use relay::db::PlatformReason;
use relay::db::billing::accounts::{BillingRow, adopt_customer, begin_trial, find_billing, save_billing};
use relay::db::fleet::claims::ClaimPlace;
use relay::fleet::{self, ClaimWishes, Fleet};
use service::clock::Clock as _;
use service::random::SystemRandom;

use super::Databases;
use super::box_api::{PhotoDoor, code_of, csr, in_service, open, open_box_router, post, request};
use super::fake_box::FakeBox;
use super::world::{DAY_MS, NOW_MS, Said, World, box_id, run};

/// The service's word, when the trial ended, and when what was paid for did: days before now. What that is.
const STATES: [(Option<&str>, i64, Option<i64>, &str); 12] = [
    (None, -3, None, "trial"),
    (None, 1, None, "grace"),
    (None, 400, None, "read-only"),
    (Some("trialing"), -3, None, "trial"),
    (Some("active"), 400, None, "active"),
    (Some("past_due"), 400, Some(40), "past-due"),
    (Some("incomplete"), 1, None, "grace"),
    (Some("incomplete_expired"), 400, None, "read-only"),
    (Some("unpaid"), 400, Some(40), "read-only"),
    (Some("canceled"), 400, Some(40), "read-only"),
    (Some("paused"), 400, Some(1), "grace"),
    (Some("hibernating"), 400, Some(40), "active"),
];

const TABLES: [&str; 9] = [
    "DROP TABLE billing",
    "DROP TABLE invoices",
    "DROP TABLE stripe_events",
    "DROP TABLE usage_days",
    "DROP TABLE usage_sent",
    "DROP TABLE usage_closed",
    "DROP TABLE billing_mails",
    "DROP TABLE revenue_months",
    "DROP TABLE billing_differences",
];

async fn run_sql(world: &World, statements: &[&'static str]) {
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    for statement in statements {
        run(&mut tx, statement).await;
    }
    tx.commit().await.unwrap();
}

/// A box with a log here, another one with photos, and the doors that they know.
struct RecordingBoxes {
    fleet: Arc<Fleet>,
    claims: Router,
    log: FakeBox,
    photos: PhotoDoor,
    machines: u8,
}

impl RecordingBoxes {
    async fn open(world: &World, folder: &std::path::Path) -> Self {
        let fleet = open(world, folder).await;
        let claims = box_api::claim_router(Arc::clone(&fleet), Arc::new(SystemRandom)).unwrap();
        let mut log = FakeBox::new(box_id(1), 1, 3);
        world.claim(&log).await;
        let body = log.started("");
        log.tell(NOW_MS, "log.started", &body);
        log.add(NOW_MS, "7QK3M9X2W");
        assert!(matches!(world.send(&log, 0, 2).await, Said::Holds(2, _)));
        let peer = in_service(world, world.scope, world.facility, box_id(2)).await;
        let photos = PhotoDoor { router: open_box_router(world, folder, RunLimits::default()), peer };
        Self { fleet, claims, log, photos, machines: 10 }
    }

    /// A cleaning comes and is cosigned, a photo is taken, a certificate renewed, and a machine takes a dead box's place.
    async fn go_on(&mut self, world: &World, state: &str) {
        let (first, key, now_ms) = (self.log.size(), KeyPair::generate().unwrap(), world.clock.now_ms());
        self.log.clean(now_ms, "7QK3M9X2W");
        let said = world.send(&self.log, first, first + 1).await;
        assert!(matches!(said, Said::Holds(size, _) if size == first + 1), "{state}: {said:?}");

        self.machines += 1;
        let photo = [self.machines; 3];
        let put = self.photos.put(Hash::of(&photo), "bytes 0-2/3", &photo).await;
        assert_eq!(put, StatusCode::CREATED, "{state}");

        let origin = &self.log.origin;
        let renewal = RenewRequest {
            r#box: origin.box_id,
            epoch: origin.epoch,
            csr: csr(&key),
            at: now_ms,
            signature: String::new(),
        };
        let renewed = post(&self.claims, "/box/v1/renew", &renewal.signed(&self.log.signer)).await;
        assert_eq!(renewed.0, StatusCode::OK, "{state}");

        let dead = self.claim(world, box_id(self.machines), None).await;
        assert_eq!(dead, StatusCode::OK, "{state}");
        let machine = box_id(self.machines + 100);
        let place = Some(box_id(self.machines));
        assert_eq!(self.claim(world, machine, place).await, StatusCode::OK, "{state}: it takes its place");
    }

    async fn claim(&self, world: &World, machine: BoxId, replaces: Option<BoxId>) -> StatusCode {
        // The others of the facility are silent since.
        world.clock.advance_ms(10 * 60_000);
        let place = ClaimPlace { facility: world.facility, replaces };
        let file = fleet::claim_file(&self.fleet, world.scope, place, ClaimWishes::default(), "operator");
        let code = code_of(&file.await.unwrap());
        let key = KeyPair::generate().unwrap();
        let new = FakeBox::new(machine, 1, machine.to_string().bytes().last().unwrap_or(0));
        post(&self.claims, "/box/v1/claim", &request(&new, &code, &key)).await.0
    }
}

pub(crate) async fn recording_asks_nothing_of_billing(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let mut boxes = RecordingBoxes::open(&world, dir.path()).await;
    boxes.go_on(&world, "no row").await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    begin_trial(&mut tx, NOW_MS).await.unwrap();
    adopt_customer(&mut tx, "cus_1").await.unwrap();
    tx.commit().await.unwrap();
    for (status, trial_days_ago, over_days_ago, state) in STATES {
        let mut tx = world.db.write(world.scope).await.unwrap();
        let row = BillingRow {
            status: status.map(str::to_owned),
            trial_end_ms: NOW_MS - trial_days_ago * DAY_MS,
            over_ms: over_days_ago.map(|days| NOW_MS - days * DAY_MS),
            ..BillingRow::default()
        };
        save_billing(&mut tx, &row).await.unwrap();
        let stored = find_billing(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(stored.is_some());
        assert_eq!(BillingState::of_row(stored.as_ref(), NOW_MS).key(), state, "{status:?}");
        boxes.go_on(&world, &format!("{status:?} {state}")).await;
    }
    run_sql(&world, &["DELETE FROM billing", "DELETE FROM invoices", "DELETE FROM usage_days"]).await;
    boxes.go_on(&world, "emptied").await;
    run_sql(&world, &TABLES).await;
    boxes.go_on(&world, "without the tables").await;
}
