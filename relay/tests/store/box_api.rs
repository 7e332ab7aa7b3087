//! What boxes ask by HTTPS: claims, renewals, photos.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use rcgen::{CertificateParams, KeyPair};
use record::batch::UnverifiedBatch;
use record::checkpoint::SignedCheckpoint;
use record::claim::{ClaimAnswer, ClaimRequest, RenewRequest};
use record::ids::{BoxId, Epoch, FacilityId};
use record::limits::BATCH_ENTRIES_MAX;
use record::sign::VerifierKey;
use record::tree::Hash;
use relay::box_api::{self, BoxApiParts, RunLimits};
use relay::db::facility::facilities;
use relay::db::fleet::boxes;
use relay::db::fleet::claims::ClaimPlace;
use relay::db::log::epochs;
use relay::fleet::{self, BoxAct, ClaimWishes, Fleet, FleetError, RelayUrls};
use relay::keys::{AuthorityKeys, KeyNeeds};
use relay::mqtt::{Admission, Inbox as _, PeerCertificate};
use relay::objects::{PartialUploads, PhotoStore};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use service::clock::Clock;
use service::random::{RandomSource, SeededRandom, SystemRandom};
use tower::ServiceExt as _;

use super::Databases;
use super::fake_box::FakeBox;
use super::world::{DAY_MS, NOW_MS, Said, World, box_id, column};

pub(crate) async fn open(world: &World, dir: &std::path::Path) -> Arc<Fleet> {
    let clock: Arc<dyn Clock> = world.clock.clone();
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let keys = dir.join("keys");
    let seams = (clock, random);
    let keys = AuthorityKeys::open(
        &world.db,
        keys,
        "relay.example",
        KeyNeeds::NONE,
        seams.0.clone(),
        seams.1.clone(),
    )
    .await;
    let keys = keys.unwrap();
    // Boxes of this world were there before.
    keys.init().await.unwrap();
    let fleet = Arc::new(Fleet::open(world.db.clone(), Arc::new(keys), None, seams).unwrap());
    fn relay_url(port: u16) -> String {
        format!("https://relay.example:{port}")
    }
    fleet.open_at(RelayUrls {
        relay: relay_url(1),
        mqtt: "mqtts://relay.example:2".into(),
        photos: relay_url(3),
    });
    fleet
}

/// What boxes in service call, on the database of a world and with photos in a folder.
pub(crate) fn open_box_router(world: &World, folder: &std::path::Path, limits: RunLimits) -> Router {
    let parts = BoxApiParts {
        db: world.db.clone(),
        ingest: Arc::clone(&world.ingest),
        photos: PhotoStore::in_folder(&folder.join("photos")).unwrap(),
        unfinished: PartialUploads::new(folder.join("uploads")),
        clock: world.clock.clone(),
        random: Arc::new(SeededRandom::new(2)),
        limits,
    };
    box_api::box_router(parts).unwrap()
}

pub(crate) fn csr(key: &KeyPair) -> String {
    CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
}

pub(crate) fn request(of: &FakeBox, code: &str, key: &KeyPair) -> ClaimRequest {
    let request = ClaimRequest {
        code: code.to_owned(),
        r#box: of.origin.box_id,
        csr: csr(key),
        log_key: of.signer.verifier().to_string(),
        epoch: of.origin.epoch,
        model: "Pi".into(),
        version: "1.0".into(),
        signature: String::new(),
    };
    request.signed(&of.signer)
}

pub(crate) async fn post<T: serde::Serialize>(
    router: &Router,
    path: &str,
    body: &T,
) -> (StatusCode, Vec<u8>) {
    let body = Body::from(serde_json::to_vec(body).unwrap());
    let request = Request::post(path).header("content-type", "application/json").body(body).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    (status, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// Longer than a box is silent that is taken for alive.
const SILENCE_MS: i64 = 4 * 60_000;

pub(crate) fn code_of(file: &str) -> String {
    let table: toml::Table = file.parse().unwrap();
    table["code"].as_str().unwrap().to_owned()
}

pub(crate) fn peer(answer: &[u8]) -> (PeerCertificate, ClaimAnswer) {
    let answer: ClaimAnswer = serde_json::from_slice(answer).unwrap();
    let leaf = CertificateDer::pem_slice_iter(answer.chain.as_bytes()).next().unwrap().unwrap();
    (PeerCertificate::read(&leaf).unwrap(), answer)
}

pub(crate) async fn the_claim_table(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let fleet = open(&world, dir.path()).await;
    let router = box_api::claim_router(Arc::clone(&fleet), Arc::new(SystemRandom)).unwrap();
    let file = async || {
        fleet::claim_file(&fleet, world.scope, world.facility, ClaimWishes::default(), "operator")
            .await
            .unwrap()
    };
    let (log, key, other_key) =
        (FakeBox::new(box_id(1), 1, 3), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let first_code = code_of(&file().await);
    let claim = async |request: &ClaimRequest| post(&router, "/box/v1/claim", request).await;

    let (status, first) = claim(&request(&log, &first_code, &key)).await;
    assert_eq!(status, StatusCode::OK);
    let (shown, answer) = peer(&first);
    assert_eq!((shown.box_id, answer.facility.name.as_str()), (log.origin.box_id, "General"));
    let mut conn = world.read().await;
    let good = boxes::find_certificate(&mut conn, shown.box_id, &shown.serial).await.unwrap();
    assert_eq!(good, Some(true));
    drop(conn);
    let (status, again) = claim(&request(&log, &first_code, &key)).await;
    assert_eq!((status, &again), (StatusCode::OK, &first), "a lost answer is no trap");
    assert_eq!(claim(&request(&log, &first_code, &other_key)).await.0, StatusCode::CONFLICT, "another key");
    let neighbour = FakeBox::new(box_id(2), 1, 4);
    assert_eq!(claim(&request(&neighbour, &first_code, &key)).await.0, StatusCode::CONFLICT, "another box");
    assert_eq!(claim(&request(&neighbour, "no such code", &key)).await.0, StatusCode::FORBIDDEN, "unknown");

    let impostor = FakeBox::new(box_id(1), 1, 5);
    let code = code_of(&file().await);
    assert_eq!(
        claim(&request(&impostor, &code, &key)).await.0,
        StatusCode::CONFLICT,
        "a known id under another log key"
    );
    // A facility has one box in service; one that was not heard for some minutes holds its place no more.
    assert_eq!(
        claim(&request(&neighbour, &code, &key)).await.0,
        StatusCode::CONFLICT,
        "beside one just claimed"
    );
    world.clock.advance_ms(SILENCE_MS);
    assert_eq!(
        claim(&request(&neighbour, &code, &key)).await.0,
        StatusCode::OK,
        "the code was not spent by that"
    );
    let fresh = code_of(&file().await);
    let wrong =
        ClaimRequest { log_key: neighbour.signer.verifier().to_string(), ..request(&log, &fresh, &key) };
    assert_eq!(
        claim(&wrong).await.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a key that the epoch's name does not carry"
    );
    let wrong = ClaimRequest { csr: "csr".into(), ..request(&log, &fresh, &key) };
    assert_eq!(claim(&wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let thief = ClaimRequest { csr: csr(&other_key), ..request(&log, &fresh, &key) };
    assert_eq!(
        claim(&thief).await.0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "whoever knows the box's public key has not signed with it"
    );
    assert_eq!(post(&router, "/box/v1/claim", &"rubbish").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    world.clock.advance_ms(SILENCE_MS);
    assert_eq!(
        claim(&request(&log, &fresh, &other_key)).await.0,
        StatusCode::OK,
        "a new code for a box that lost its key"
    );

    let late = code_of(&file().await);
    let third = FakeBox::new(box_id(3), 1, 6);
    world.clock.advance_ms(30 * DAY_MS);
    assert_eq!(claim(&request(&third, &late, &key)).await.0, StatusCode::GONE, "expired");
    let (status, again) = claim(&request(&log, &first_code, &key)).await;
    assert_eq!((status, again), (StatusCode::OK, first), "the answer to a used code does not expire");
    let refused =
        fleet::claim_file(&fleet, world.stranger, world.facility, ClaimWishes::default(), "operator").await;
    assert!(refused.is_err(), "another account's facility");
    let nowhere = FacilityId::new(9, [9; 10]);
    let missing =
        fleet::claim_file(&fleet, world.stranger, nowhere, ClaimWishes::default(), "operator").await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        missing.unwrap_err().to_string(),
        "answers as what does not exist"
    );
}

pub(crate) async fn a_box_takes_the_place_of_one_that_is_heard(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let fleet = open(&world, dir.path()).await;
    let router = box_api::claim_router(Arc::clone(&fleet), Arc::new(SystemRandom)).unwrap();
    let (old, new, third) =
        (FakeBox::new(box_id(1), 1, 3), FakeBox::new(box_id(2), 1, 4), FakeBox::new(box_id(3), 1, 5));
    let code = async |replaces| {
        let place = ClaimPlace { facility: world.facility, replaces };
        let file = fleet::claim_file(&fleet, world.scope, place, ClaimWishes::default(), "operator").await;
        file.map(|file| code_of(&file))
    };
    let claim = async |log: &FakeBox, code: &str| {
        let key = KeyPair::generate().unwrap();
        post(&router, "/box/v1/claim", &request(log, code, &key)).await
    };
    let (status, first) = claim(&old, &code(None).await.unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let (plain, replacing) = (code(None).await.unwrap(), code(Some(old.origin.box_id)).await.unwrap());
    world.hello(&old, 0, None).await;
    world.ingest.flush_reports().await.unwrap();
    let (status, refused) = claim(&new, &plain).await;
    assert_eq!(status, StatusCode::CONFLICT, "a box is heard there");
    assert!(String::from_utf8_lossy(&refused).contains("claim-occupied"));
    assert_eq!(claim(&old, &plain).await.0, StatusCode::OK, "it comes back itself");
    let home = async |log: &FakeBox| {
        boxes::find_home(&mut world.read().await, log.origin.box_id).await.unwrap().unwrap()
    };
    assert!(!home(&old).await.revoked, "what was refused ends nothing");
    let (status, used) = claim(&new, &replacing).await;
    assert_eq!(status, StatusCode::OK);
    assert!(home(&old).await.revoked && !home(&new).await.revoked);
    let (shown, _) = peer(&first);
    let good = boxes::find_certificate(&mut world.read().await, shown.box_id, &shown.serial).await.unwrap();
    assert_eq!(good, Some(false), "its certificate ended");
    assert_eq!(claim(&third, &replacing).await.0, StatusCode::CONFLICT, "used");
    assert!(answer(&used).replaces.is_none(), "nothing of the old one is here to go on with");
    let acts = column(&mut world.read().await, "SELECT act FROM audit ORDER BY n").await;
    assert!(acts.contains(&"claim-file replace".to_owned()) && acts.contains(&"box replace".to_owned()));
    // One that is silent is no hindrance; one that is nowhere, or elsewhere, cannot be replaced.
    world.hello(&new, 0, None).await;
    world.ingest.flush_reports().await.unwrap();
    let late = code(None).await.unwrap();
    assert_eq!(claim(&third, &late).await.0, StatusCode::CONFLICT);
    world.clock.advance_ms(10 * 60_000);
    assert_eq!(claim(&third, &late).await.0, StatusCode::OK, "nobody has heard it for minutes");
    assert!(!home(&new).await.revoked, "nobody said that it is replaced");
    assert!(matches!(code(Some(box_id(9))).await, Err(FleetError::NoBox(_))));
}

fn answer(bytes: &[u8]) -> ClaimAnswer {
    serde_json::from_slice(bytes).unwrap()
}

/// The new one's next log is vouched for by the key with which it came, and goes on behind the old one.
async fn go_on_behind(world: &World, old: &FakeBox) -> FakeBox {
    let mut later = FakeBox::new(old.origin.box_id, 1, 4).later(2, 6);
    let prev = serde_json::json!({"epoch": old.origin.epoch, "size": 2, "root": old.root(2)});
    let body = later.started(&format!(r#","prev":{prev}"#));
    later.tell(NOW_MS, "log.started", &body);
    later.clean(NOW_MS, "7QK3M9X2W");
    world.hello(&later, 0, None).await;
    let said = world.send(&later, 0, 2).await;
    assert!(matches!(said, Said::Holds(2, _)), "{said:?}");
    let logs = epochs::of_box(&mut world.read().await, old.origin.box_id).await.unwrap();
    let counting = logs.iter().filter(|log| log.key_known && !log.apart && log.frontier.size() > 0);
    assert_eq!(
        counting.map(|log| log.origin.epoch).collect::<Vec<_>>(),
        [old.origin.epoch, later.origin.epoch]
    );
    assert!(world.dump().await.contains("Maria Alvarez"), "a cleaning of an item that the old one added");
    later
}

pub(crate) async fn a_machine_goes_on_as_the_box_that_it_replaces(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let fleet = open(&world, dir.path()).await;
    let router = box_api::claim_router(Arc::clone(&fleet), Arc::new(SystemRandom)).unwrap();
    let mut old = FakeBox::new(box_id(1), 1, 3);
    let (new, known) = (FakeBox::new(box_id(2), 1, 4), FakeBox::new(box_id(3), 1, 5));
    let code = async |replaces| {
        let place = ClaimPlace { facility: world.facility, replaces };
        let file = fleet::claim_file(&fleet, world.scope, place, ClaimWishes::default(), "operator").await;
        code_of(&file.unwrap())
    };
    let old_key = KeyPair::generate().unwrap();
    let claimed = post(&router, "/box/v1/claim", &request(&old, &code(None).await, &old_key)).await;
    let (certificate, _) = peer(&claimed.1);
    let body = old.started("");
    old.tell(NOW_MS, "log.started", &body);
    old.add(NOW_MS, "7QK3M9X2W");
    assert!(matches!(world.send(&old, 0, 2).await, Said::Holds(2, _)));
    let mut tx = world.db.write(world.scope).await.unwrap();
    boxes::quarantine_box(&mut tx, old.origin.box_id, "a copy", 5).await.unwrap();
    tx.commit().await.unwrap();
    let (file, late) = (code(Some(old.origin.box_id)).await, code(Some(old.origin.box_id)).await);
    world.clock.advance_ms(10 * 60_000);
    assert_eq!(
        post(&router, "/box/v1/claim", &request(&known, &code(None).await, &old_key)).await.0,
        StatusCode::OK
    );
    let refused = post(&router, "/box/v1/claim", &request(&known, &late, &old_key)).await;
    assert_eq!(refused.0, StatusCode::CONFLICT, "one with a log of its own here takes nobody's place");
    world.clock.advance_ms(10 * 60_000);

    let key = KeyPair::generate().unwrap();
    let (status, bytes) = post(&router, "/box/v1/claim", &request(&new, &file, &key)).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&bytes));
    let (shown, _) = peer(&bytes);
    assert_eq!(shown.box_id, old.origin.box_id, "it has that one's name");
    let replaced = answer(&bytes).replaces.unwrap();
    let log = VerifierKey::parse(&replaced.key).unwrap();
    assert_eq!((replaced.r#box, log.name()), (old.origin.box_id, old.origin.to_string().as_str()));
    let verified = SignedCheckpoint::verify(&replaced.cosigned, &old.origin, &log).unwrap();
    assert_eq!(verified.checkpoint().size, 2);
    // What got lost on its way comes again, also to one that has taken the other's name meanwhile.
    for box_id in [new.origin.box_id, old.origin.box_id] {
        let again = post(&router, "/box/v1/claim", &request(&FakeBox::new(box_id, 1, 4), &file, &key)).await;
        assert_eq!(again, (StatusCode::OK, bytes.clone()));
    }
    let home = boxes::find_home(&mut world.read().await, old.origin.box_id).await.unwrap().unwrap();
    assert!(!home.revoked && !home.quarantined, "{home:?}");
    assert!(boxes::find_home(&mut world.read().await, new.origin.box_id).await.unwrap().is_none());

    // The machine that was replaced gets in by nothing that it has.
    let good =
        boxes::find_certificate(&mut world.read().await, certificate.box_id, &certificate.serial).await;
    assert_eq!(good.unwrap(), Some(false));
    let record::checkpoint::LogOrigin { box_id: r#box, epoch } = old.origin;
    let renewal = RenewRequest { r#box, epoch, csr: csr(&old_key), at: NOW_MS, signature: String::new() };
    assert_eq!(post(&router, "/box/v1/renew", &renewal.signed(&old.signer)).await.0, StatusCode::FORBIDDEN);
    let again = post(&router, "/box/v1/claim", &request(&old, &code(None).await, &old_key)).await;
    assert_eq!(again.0, StatusCode::CONFLICT, "nor by another claim file");
    assert_eq!(world.ingest.admit(&certificate).await, Admission::Revoked);
    let acts = async || column(&mut world.read().await, "SELECT act FROM audit ORDER BY n").await;
    assert_eq!(acts().await.last().unwrap(), "box return");
    assert_eq!(world.ingest.admit(&certificate).await, Admission::Revoked);
    assert_eq!(acts().await.iter().filter(|act| *act == "box return").count(), 1, "told once");

    old.add(NOW_MS, "7QK3M9X2X");
    assert!(
        !matches!(world.send(&old, 2, 3).await, Said::Holds(..)),
        "nor by a connection that is still open"
    );

    let later = go_on_behind(&world, &old).await;
    assert_eq!(
        post(
            &router,
            "/box/v1/renew",
            &RenewRequest {
                r#box,
                epoch: later.origin.epoch,
                csr: csr(&key),
                at: NOW_MS,
                signature: String::new(),
            }
            .signed(&later.signer)
        )
        .await
        .0,
        StatusCode::OK,
        "it renews"
    );
}

pub(crate) async fn renewals_are_signed_by_the_log(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let fleet = open(&world, dir.path()).await;
    let router = box_api::claim_router(Arc::clone(&fleet), Arc::new(SystemRandom)).unwrap();
    let log = FakeBox::new(box_id(1), 1, 3);
    world.claim(&log).await;
    let key = KeyPair::generate().unwrap();
    let ask = |of: &FakeBox| {
        let (signature, epoch) = (String::new(), of.origin.epoch);
        RenewRequest { r#box: of.origin.box_id, epoch, csr: csr(&key), at: NOW_MS, signature }
    };
    let renew = async |request: RenewRequest| post(&router, "/box/v1/renew", &request).await;
    let (status, answer) = renew(ask(&log).signed(&log.signer)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(peer(&answer).0.box_id, log.origin.box_id);
    let (other, unknown) = (FakeBox::new(box_id(1), 1, 5), FakeBox::new(box_id(7), 1, 3));
    assert_eq!(renew(ask(&log)).await.0, StatusCode::FORBIDDEN, "unsigned");
    assert_eq!(renew(ask(&log).signed(&other.signer)).await.0, StatusCode::FORBIDDEN, "another key");
    assert_eq!(
        renew(ask(&other).signed(&other.signer)).await.0,
        StatusCode::FORBIDDEN,
        "an epoch nobody knows"
    );
    assert_eq!(
        renew(ask(&unknown).signed(&unknown.signer)).await.0,
        StatusCode::FORBIDDEN,
        "a box nobody knows"
    );
    let forged = RenewRequest { at: 5, ..ask(&log).signed(&log.signer) };
    assert_eq!(renew(forged).await.0, StatusCode::FORBIDDEN);
    assert!(
        !fleet
            .revoke(BoxAct { scope: world.stranger, box_id: log.origin.box_id, by: "operator", reason: None })
            .await
            .unwrap()
    );
    assert!(
        fleet
            .revoke(BoxAct { scope: world.scope, box_id: log.origin.box_id, by: "operator", reason: None })
            .await
            .unwrap()
    );
    assert_eq!(renew(ask(&log).signed(&log.signer)).await.0, StatusCode::FORBIDDEN, "revoked");
}

pub(crate) struct PhotoDoor {
    pub(crate) router: Router,
    pub(crate) peer: PeerCertificate,
}

impl PhotoDoor {
    async fn ask(
        &self,
        request: axum::http::request::Builder,
        body: Vec<u8>,
    ) -> (StatusCode, Option<u64>, Vec<u8>) {
        let request = request.extension(self.peer.clone()).body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let offset = answer.headers().get("upload-offset").map(|o| o.to_str().unwrap().parse().unwrap());
        (answer.status(), offset, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    pub(crate) async fn put(&self, photo: Hash, range: &str, bytes: &[u8]) -> StatusCode {
        let request = Request::put(format!("/box/v1/photos/{photo}")).header("content-range", range);
        self.ask(request, bytes.to_vec()).await.0
    }

    async fn offset(&self, photo: Hash) -> Option<u64> {
        self.ask(Request::head(format!("/box/v1/photos/{photo}")), Vec::new()).await.1
    }

    async fn missing(&self, photos: &[Hash]) -> Vec<Hash> {
        let body = serde_json::json!({ "photos": photos }).to_string();
        let request = Request::post("/box/v1/photos/missing").header("content-type", "application/json");
        let (status, _, answer) = self.ask(request, body.into_bytes()).await;
        assert_eq!(status, StatusCode::OK);
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        serde_json::from_value(answer["photos"].clone()).unwrap()
    }
}

pub(crate) async fn in_service(
    world: &World,
    scope: relay::db::AccountScope,
    facility: FacilityId,
    of: BoxId,
) -> PeerCertificate {
    let mut tx = world.db.write(scope).await.unwrap();
    let log = FakeBox::new(of, 1, 3);
    boxes::insert_box(&mut tx, (of, facility, log.origin.epoch), "Pi", "1.0", NOW_MS).await.unwrap();
    epochs::insert_epoch(&mut tx, &log.origin, facility, (&log.key(), true), NOW_MS).await.unwrap();
    boxes::insert_certificate(&mut tx, of, "0a", (NOW_MS, NOW_MS + DAY_MS)).await.unwrap();
    tx.commit().await.unwrap();
    PeerCertificate { box_id: of, serial: "0a".into() }
}

pub(crate) async fn a_box_fills_no_disk_with_photos(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let router = open_box_router(&world, dir.path(), RunLimits { photos: 2, ..RunLimits::default() });
    let peer = in_service(&world, world.scope, world.facility, box_id(1)).await;
    let ours = PhotoDoor { router, peer };
    let put = async |byte: u8| ours.put(Hash::of(&[byte]), "bytes 0-0/1", &[byte]).await;
    assert_eq!((put(1).await, put(2).await), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(put(2).await, StatusCode::OK, "what is here already costs nothing");
    assert_eq!(put(3).await, StatusCode::SERVICE_UNAVAILABLE);
    world.clock.advance_ms(2_000);
    assert_eq!((put(3).await, put(4).await), (StatusCode::CREATED, StatusCode::SERVICE_UNAVAILABLE));
}

pub(crate) async fn photos_come_in_pieces(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let photos = PhotoStore::in_folder(&dir.path().join("photos")).unwrap();
    let router = open_box_router(&world, dir.path(), RunLimits::default());
    let elsewhere = FacilityId::new(3, [3; 10]);
    let mut tx = world.db.write(world.stranger).await.unwrap();
    facilities::insert_facility(&mut tx, elsewhere, "South", "UTC", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let ours = in_service(&world, world.scope, world.facility, box_id(1)).await;
    let theirs = in_service(&world, world.stranger, elsewhere, box_id(2)).await;
    let ours = PhotoDoor { router: router.clone(), peer: ours };
    let theirs = PhotoDoor { router: router.clone(), peer: theirs };
    let bytes: Vec<u8> = (0..=255).collect();
    let (photo, other) = (Hash::of(&bytes), Hash::of(b"other"));

    assert_eq!(ours.missing(&[photo, other]).await, [photo, other]);
    assert_eq!(ours.put(photo, "bytes 0-99/256", &bytes[..100]).await, StatusCode::ACCEPTED);
    assert_eq!(ours.offset(photo).await, Some(100), "goes on where the line broke");
    assert_eq!(theirs.offset(photo).await, Some(0), "another box's pieces are its own");
    assert_eq!(ours.put(photo, "bytes 0-99/256", &bytes[..100]).await, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(photos.get(world.scope, photo).await.unwrap(), None, "not before it is whole");
    assert_eq!(ours.put(photo, "bytes 100-255/256", &bytes[100..]).await, StatusCode::CREATED);
    assert_eq!(photos.get(world.scope, photo).await.unwrap().unwrap(), bytes);
    assert_eq!(ours.missing(&[photo, other]).await, [other]);
    assert_eq!(ours.put(photo, "bytes 0-99/256", &bytes[..100]).await, StatusCode::OK, "again");
    assert_eq!(photos.get(world.stranger, photo).await.unwrap(), None, "kept per account");
    assert_eq!(theirs.missing(&[photo]).await, [photo]);

    assert_eq!(
        ours.put(other, "bytes 0-255/256", &bytes).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "not what was named"
    );
    assert_eq!(ours.offset(other).await, Some(0));
    assert_eq!(ours.put(other, "bytes 0-255/9000000", &bytes).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ours.put(other, "bytes 5-9/3", &bytes).await, StatusCode::BAD_REQUEST);
    let revoked = PeerCertificate { serial: "0b".into(), ..ours.peer.clone() };
    let revoked = PhotoDoor { router, peer: revoked };
    assert_eq!(revoked.put(photo, "bytes 0-99/256", &bytes[..100]).await, StatusCode::FORBIDDEN);
}

/// What a box is given back of a log: the status, and the batch's first entry and length.
async fn page(
    router: &Router,
    peer: &PeerCertificate,
    epoch: Epoch,
    requested: &str,
) -> (StatusCode, Option<(u64, Vec<record::entry::Entry>)>) {
    let request = Request::get(format!("/box/v1/log/{epoch}?{requested}")).extension(peer.clone());
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    if status != StatusCode::OK {
        return (status, None);
    }
    let batch = UnverifiedBatch::unpack(&bytes).unwrap();
    (status, Some((batch.first(), batch.into_unverified().0)))
}

pub(crate) async fn a_box_gets_its_own_entries_back(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let dir = tempfile::tempdir().unwrap();
    let router = open_box_router(&world, dir.path(), RunLimits::default());
    let elsewhere = FacilityId::new(3, [3; 10]);
    let mut tx = world.db.write(world.stranger).await.unwrap();
    facilities::insert_facility(&mut tx, elsewhere, "South", "UTC", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let mut log = FakeBox::new(box_id(1), 1, 3);
    for n in 0..700 {
        log.clean(NOW_MS + n, super::world::PUMP);
    }
    let ours = in_service(&world, world.scope, world.facility, box_id(1)).await;
    let theirs = in_service(&world, world.stranger, elsewhere, box_id(2)).await;
    let epoch = log.origin.epoch;
    let ask = async |peer: &PeerCertificate, requested: &str| page(&router, peer, epoch, requested).await;
    assert_eq!(ask(&ours, "from=0").await.0, StatusCode::NOT_FOUND, "nothing is held yet");
    world.hello(&log, 0, None).await;
    assert_eq!(world.drain(&log, 0).await.held(), Some(700));

    // Each page begins where it was asked to, and no request makes it longer than a batch.
    for requested in ["from=0", "from=0&limit=100000", "from=0&limit=512"] {
        let (status, got) = ask(&ours, requested).await;
        let (first, entries) = got.unwrap();
        assert_eq!((status, first), (StatusCode::OK, 0), "{requested}");
        assert!(!entries.is_empty() && entries.len() <= BATCH_ENTRIES_MAX, "{requested}: {}", entries.len());
        assert_eq!(entries, log.entries[..entries.len()], "{requested}");
    }
    assert_eq!(ask(&ours, "from=690&limit=3").await.1.unwrap(), (690, log.entries[690..693].to_vec()));
    assert_eq!(ask(&ours, "from=699&limit=0").await.1.unwrap(), (699, log.entries[699..].to_vec()));
    let mut back = Vec::new();
    while back.len() < 700 {
        back.extend(ask(&ours, &format!("from={}", back.len())).await.1.unwrap().1);
    }
    assert_eq!(back, log.entries);

    for (requested, status) in [
        ("from=700", StatusCode::NOT_FOUND),
        ("from=9223372036854775807", StatusCode::NOT_FOUND),
        ("from=18446744073709551615", StatusCode::NOT_FOUND),
        ("from=-1", StatusCode::BAD_REQUEST),
        ("from=0&limit=-1", StatusCode::BAD_REQUEST),
        ("limit=3", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(&ours, requested).await.0, status, "{requested}");
    }
    let other = FakeBox::new(box_id(1), 1, 9).origin.epoch;
    assert_eq!(page(&router, &ours, other, "from=0").await.0, StatusCode::NOT_FOUND, "no such log");

    // Another box's certificate leads to that box's own logs only, which this is none of.
    assert_eq!(ask(&theirs, "from=0").await.0, StatusCode::NOT_FOUND);
    let old = PeerCertificate { serial: "0b".into(), ..ours.clone() };
    assert_eq!(ask(&old, "from=0").await.0, StatusCode::FORBIDDEN, "a certificate that was never given");
    let borrowed = PeerCertificate { box_id: box_id(2), serial: "0c".into() };
    assert_eq!(ask(&borrowed, "from=0").await.0, StatusCode::FORBIDDEN);
    let unknown = PeerCertificate { box_id: box_id(7), ..ours.clone() };
    assert_eq!(ask(&unknown, "from=0").await.0, StatusCode::FORBIDDEN);
    let mut tx = world.db.write(world.scope).await.unwrap();
    boxes::revoke_box(&mut tx, box_id(1), NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ask(&ours, "from=0").await.0, StatusCode::FORBIDDEN, "revoked");
}
