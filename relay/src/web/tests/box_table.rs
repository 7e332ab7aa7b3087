//! Every row of the tables for boxes tried rightly and wrongly, with a certificate and without.

use std::path::Path;
use std::sync::Arc;

use ::web::route::{Example, ExampleBody};
use ::web::test::{FixtureCaller, FixtureWorld, find_access_faults, find_fuzz_faults};
use axum::Router;
use axum::http::Extensions;
use rcgen::{CertificateParams, KeyPair};
use record::claim::{ClaimRequest, RenewRequest};
use record::ids::BoxId;
use record::sign::{KeyKind, SignerKey};
use record::tree::Hash;
use serde_json::Value;
use service::clock::FakeClock;

use super::facility::adopted::adopted;
use super::table::copy_folder;
use super::test_box::TestBox;
use super::world::{DAY_MS, NOW_MS, World, open_state};
use crate::box_api::routes::{build_box_table, build_claim_table};
use crate::box_api::{BoxApiParts, RunLimits, box_router, claim_router};
use crate::db::fleet::box_now;
use crate::db::fleet::box_now::BoxFilter;
use crate::db::fleet::boxes;
use crate::db::fleet::claims::ClaimPlace;
use crate::db::log::photos;
use crate::db::{AccountScope, Db};
use crate::fleet::{self, ClaimWishes};
use crate::ingest::Ingest;
use crate::mqtt::{BoxPublisher, PeerCertificate};
use crate::objects::PartialUploads;
use crate::web::WebState;

const SERIAL: &str = "0a";
const PHOTO: &[u8] = b"abcdefgh";

/// A world that was filled once; each test works on a copy.
struct Template {
    world: World,
    callers: Vec<FixtureCaller>,
    /// What is in examples for the form only, and what this world has in its place.
    parts: Vec<(&'static str, String)>,
    /// The documents of a right claim and a right renewal.
    claims: [Value; 2],
}

struct BoxWorld {
    router: Router,
    db: Db,
    scope: AccountScope,
    callers: Vec<FixtureCaller>,
    parts: Vec<(&'static str, String)>,
    claims: [Value; 2],
    _folder: tempfile::TempDir,
}

fn caller(name: &'static str, box_id: BoxId, serial: &str, has_certificate: bool) -> FixtureCaller {
    let mut extensions = Extensions::new();
    extensions.insert(PeerCertificate { box_id, serial: serial.to_owned() });
    FixtureCaller { name, extensions, has_certificate, ..FixtureCaller::default() }
}

impl Template {
    /// A relay with a box in service, a box that was revoked, and a run that the first one's log adopts.
    async fn new() -> Self {
        let mut world = World::new().await;
        let (run, _) = adopted(&mut world).await;
        let (one, two) = (world.a.sites[0].one.id, world.a.sites[1].one.id);
        let mut tx = world.db.write(world.a.scope).await.unwrap();
        for box_id in [one, two] {
            let life = (NOW_MS, NOW_MS + DAY_MS);
            boxes::insert_certificate(&mut tx, box_id, SERIAL, life).await.unwrap();
        }
        boxes::revoke_box(&mut tx, two, NOW_MS).await.unwrap();
        let (photo, site) = (Hash::of(PHOTO), world.a.sites[0].id);
        photos::mark_received(&mut tx, site, photo, PHOTO.len() as u64, NOW_MS).await.unwrap();
        world.state.photos.put(world.a.scope, photo, PHOTO.into()).await.unwrap();
        tx.commit().await.unwrap();
        let callers = vec![
            FixtureCaller { name: "nobody", ..FixtureCaller::default() },
            caller("a box in service", one, SERIAL, true),
            caller("a certificate that was never issued", one, "0b", false),
            caller("a revoked box", two, SERIAL, false),
            caller("a box that nobody knows", BoxId::new(7, [7; 10]), SERIAL, false),
        ];
        let parts = vec![
            ("epoch", world.a.sites[0].one.origin.epoch.to_string()),
            ("key", world.a.sites[0].one.verifier_key()),
            ("run", run.to_string()),
            ("photo", Hash::of(PHOTO).to_string()),
        ];
        let claims = claims_of(&world).await;
        world.db.close().await;
        Self { world, callers, parts, claims }
    }

    async fn open(&self, make_router: fn(&WebState, &Path) -> Router) -> BoxWorld {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.world.dir.path(), folder.path());
        let db = Db::open(&format!("sqlite:{}", folder.path().join("relay.db").display())).await.unwrap();
        let state = open_state(folder.path(), &db, &Arc::new(FakeClock::at_ms(NOW_MS))).await;
        BoxWorld {
            router: make_router(&state, folder.path()),
            db,
            scope: self.world.a.scope,
            callers: self.callers.clone(),
            parts: self.parts.clone(),
            claims: self.claims.clone(),
            _folder: folder,
        }
    }
}

fn of_boxes(state: &WebState, folder: &Path) -> Router {
    let cosigner = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
    let seams = (state.clock.clone(), state.random.clone());
    let ingest = Ingest::new(state.db.clone(), cosigner, seams, BoxPublisher::new());
    let parts = BoxApiParts {
        db: state.db.clone(),
        ingest: Arc::new(ingest),
        photos: state.photos.clone(),
        unfinished: PartialUploads::new(folder.join("uploads")),
        clock: state.clock.clone(),
        random: state.random.clone(),
        limits: RunLimits::default(),
    };
    box_router(parts).unwrap()
}

fn of_claims(state: &WebState, _: &Path) -> Router {
    claim_router(state.fleet.clone(), state.random.clone()).unwrap()
}

async fn claims_of(world: &World) -> [Value; 2] {
    let csr = || {
        let key = KeyPair::generate().unwrap();
        CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap()
    };
    // The box there is heard: another one has to take its place.
    let site = &world.a.sites[0];
    let place = ClaimPlace { facility: site.id, replaces: Some(site.one.id) };
    let (fleet, wishes) = (&world.state.fleet, ClaimWishes::default());
    let file = fleet::claim_file(fleet, world.a.scope, place, wishes, "operator").await.unwrap();
    let table: toml::Table = file.parse().unwrap();
    let new = TestBox::new(90);
    let claim = ClaimRequest {
        code: table["code"].as_str().unwrap().to_owned(),
        r#box: new.id,
        csr: csr(),
        log_key: new.verifier_key(),
        epoch: new.origin.epoch,
        model: "Pi".to_owned(),
        version: "1.0".to_owned(),
        signature: String::new(),
    };
    let claim = new.sign_claim(claim);
    let known = &world.a.sites[2].one;
    let renewal = RenewRequest {
        r#box: known.id,
        epoch: known.origin.epoch,
        csr: csr(),
        at: NOW_MS,
        signature: String::new(),
    };
    let renewal = known.sign_renewal(renewal);
    [serde_json::to_value(claim).unwrap(), serde_json::to_value(renewal).unwrap()]
}

impl FixtureWorld for BoxWorld {
    fn router(&self) -> Router {
        self.router.clone()
    }

    fn callers(&self) -> &[FixtureCaller] {
        &self.callers
    }

    /// Boxes: a refused claim makes none.
    async fn records(&self) -> u64 {
        let mut conn = self.db.read(self.scope).await.unwrap();
        let rows = box_now::load_page(&mut conn, &BoxFilter::default(), None, 1_000).await.unwrap();
        rows.len() as u64
    }

    fn adapt_example(&self, mut example: Example) -> Example {
        for (name, value) in &mut example.parts {
            let own = self.parts.iter().find(|(one, _)| one == name);
            *value = own.map_or_else(|| value.clone(), |(_, own)| own.clone());
        }
        if let ExampleBody::Json(document) = &mut example.body {
            let [claim, renewal] = &self.claims;
            if document.get("code").is_some() {
                document.clone_from(claim);
            } else if document.get("signature").is_some() {
                document.clone_from(renewal);
            } else if document.get("boot").is_some() {
                // A hello names a log and its key.
                for name in ["epoch", "key"] {
                    let own = self.parts.iter().find(|(one, _)| *one == name);
                    document[name] = own.map_or(Value::Null, |(_, own)| Value::String(own.clone()));
                }
            }
        }
        example
    }

    /// Nothing of what boxes send is a secret that is shown.
    fn traces(&self) -> String {
        String::new()
    }
}

fn assert_nothing_found(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn only_a_box_in_service_is_let_in() {
    let template = Box::pin(Template::new()).await;
    let table = build_box_table().unwrap();
    let found = find_access_faults(&table, async || template.open(of_boxes).await);
    assert_nothing_found(&found.await);
    let table = build_claim_table().unwrap();
    let found = find_access_faults(&table, async || template.open(of_claims).await);
    assert_nothing_found(&found.await);
}

#[tokio::test]
async fn no_call_of_a_box_does_what_no_row_describes() {
    let template = Box::pin(Template::new()).await;
    let table = build_box_table().unwrap();
    let found = find_fuzz_faults(&table, async || template.open(of_boxes).await);
    assert_nothing_found(&found.await);
    let table = build_claim_table().unwrap();
    let found = find_fuzz_faults(&table, async || template.open(of_claims).await);
    assert_nothing_found(&found.await);
}

#[test]
fn the_page_of_rows_for_boxes_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/routes/relay-boxes.txt");
    let lines = build_claim_table().unwrap().list_rows() + "\n" + &build_box_table().unwrap().list_rows();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&file, &lines).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == lines, "docs/routes/relay-boxes.txt is out of date: run this test with WRITE_DOCS=1");
}
