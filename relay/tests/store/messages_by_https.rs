//! What MQTT carries, by HTTPS: the same bytes, the same checks, the same answers; and both transports at once.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use record::entry::ClockState;
use record::ids::{ConnectionId, FacilityId};
use record::limits::BATCH_WIRE_BYTES_MAX;
use record::messages::{Ack, Answer, GoneMessage, HealthReport, Hello, VERSION};
use relay::box_api::RunLimits;
use relay::db::facility::facilities;
use relay::db::fleet::box_now;
use relay::fleet::BoxAct;
use relay::mqtt::PeerCertificate;
use tower::ServiceExt as _;

use super::Databases;
use super::box_api::{in_service, open, open_box_router};
use super::fake_box::FakeBox;
use super::world::{NOW_MS, PUMP, World, box_id, column};

const ZSTD: &str = "application/zstd";
const JSON: &str = "application/json";

#[derive(Clone)]
struct HttpsLine {
    router: Router,
    peer: PeerCertificate,
}

impl HttpsLine {
    async fn ask(&self, path: &str, media: &str, body: Body) -> (StatusCode, Vec<u8>) {
        let request = Request::post(format!("/box/v1/{path}")).header("content-type", media);
        let request = request.extension(self.peer.clone()).body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        (status, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    async fn batch(&self, wire: Vec<u8>) -> (StatusCode, Vec<u8>) {
        self.ask("batches", ZSTD, Body::from(wire)).await
    }

    async fn json(&self, path: &str, message: &impl serde::Serialize) -> (StatusCode, Vec<u8>) {
        self.ask(path, JSON, Body::from(serde_json::to_vec(message).unwrap())).await
    }

    async fn check(&self) -> StatusCode {
        let request = Request::get("/box/v1/line").extension(self.peer.clone()).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status()
    }
}

fn answered((status, body): &(StatusCode, Vec<u8>)) -> Answer {
    assert_eq!(*status, StatusCode::OK, "{}", String::from_utf8_lossy(body));
    serde_json::from_slice::<Ack>(body).unwrap().answer
}

fn refusal_code((status, body): &(StatusCode, Vec<u8>)) -> (StatusCode, String) {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap();
    let kind = problem["type"].as_str().unwrap_or_default();
    (*status, kind.trim_start_matches("/problems/").to_owned())
}

fn log_of(fill: u8, secret: u8, count: i64) -> FakeBox {
    let mut log = FakeBox::new(box_id(fill), 1, secret);
    for n in 0..count {
        log.clean(NOW_MS + n, PUMP);
    }
    log
}

struct LineWorld {
    world: World,
    line: HttpsLine,
    log: FakeBox,
    _folder: tempfile::TempDir,
}

impl LineWorld {
    /// A relay with one box in service, whose log has `count` entries.
    async fn open(dbs: &impl Databases, count: i64) -> Self {
        let world = World::new(dbs.db("a").await).await;
        let folder = tempfile::tempdir().unwrap();
        let router = open_box_router(&world, folder.path(), RunLimits::default());
        let peer = in_service(&world, world.scope, world.facility, box_id(1)).await;
        Self { world, line: HttpsLine { router, peer }, log: log_of(1, 3, count), _folder: folder }
    }

    async fn publish(&self, wire: Vec<u8>) -> Vec<u8> {
        let reply = self.world.ingest.batch(self.log.origin.box_id, Bytes::from(wire)).await.unwrap();
        serde_json::to_vec(&reply.ack.unwrap()).unwrap()
    }

    fn hello(&self, cursor: u64) -> Hello {
        serde_json::from_slice(&self.log.hello(cursor, None)).unwrap()
    }

    fn stored(&self) -> u64 {
        self.world.ingest.counters().entries.load(std::sync::atomic::Ordering::Relaxed)
    }
}

pub(crate) async fn a_batch_by_https_is_answered_as_by_mqtt(dbs: impl Databases) {
    let w = LineWorld::open(&dbs, 300).await;
    assert_eq!(w.line.check().await, StatusCode::NO_CONTENT);
    assert_eq!(answered(&w.line.json("hello", &w.hello(0)).await), Answer::Want { want: 0 });
    let first = w.line.batch(w.log.batch(0, 100)).await;
    assert!(matches!(answered(&first), Answer::Checkpoint { .. }));
    assert_eq!(w.publish(w.log.batch(0, 100)).await, first.1, "the very bytes, by either way");
    assert_eq!(w.line.batch(w.log.batch(0, 100)).await, first, "the same again is the same answer");
    assert_eq!(w.stored(), 100);
    let published = w.publish(w.log.batch(100, 200)).await;
    assert_eq!(w.line.batch(w.log.batch(100, 200)).await.1, published);
    assert_eq!(answered(&w.line.batch(w.log.batch(250, 300)).await), Answer::Want { want: 200 });
    assert!(matches!(answered(&w.line.batch(w.log.batch(150, 300)).await), Answer::Checkpoint { .. }));
    assert_eq!(w.stored(), 300, "once each");
    assert!(matches!(answered(&w.line.json("hello", &w.hello(300)).await), Answer::Checkpoint { .. }));

    let mut health = HealthReport {
        v: VERSION,
        epoch: w.log.origin.epoch,
        size: 300,
        cursor: 300,
        backlog: 0,
        photos: 0,
        disk_percent: 1,
        printers: Vec::new(),
        celsius: None,
        clock: ClockState::Synced,
        wall: NOW_MS,
        notes: Vec::new(),
        alarms: Vec::new(),
        directive: None,
    };
    assert_eq!(w.line.json("health", &health).await.0, StatusCode::NO_CONTENT, "nothing to say");
    health.cursor = 7;
    assert!(matches!(answered(&w.line.json("health", &health).await), Answer::Checkpoint { .. }));
}

pub(crate) async fn a_box_that_comes_by_https_is_there(dbs: impl Databases) {
    let w = LineWorld::open(&dbs, 1).await;
    let id = w.log.origin.box_id.to_string();
    let online = async || {
        w.world.ingest.flush_reports().await.unwrap();
        box_now::find_box(&mut w.world.read().await, &id).await.unwrap().unwrap().online
    };
    assert!(!online().await);
    let hello = w.hello(0);
    answered(&w.line.json("hello", &hello).await);
    assert!(online().await);
    let other = GoneMessage { v: VERSION, connection: ConnectionId::new(9, [9; 10]) };
    assert_eq!(w.line.json("gone", &other).await.0, StatusCode::NO_CONTENT);
    assert!(online().await, "an older connection's end changes nothing");
    let gone = GoneMessage { v: VERSION, connection: hello.connection };
    assert_eq!(w.line.json("gone", &gone).await.0, StatusCode::NO_CONTENT);
    assert!(!online().await);
}

pub(crate) async fn both_ways_at_once_make_no_fork_and_nothing_twice(dbs: impl Databases) {
    let w = LineWorld::open(&dbs, 400).await;
    answered(&w.line.json("hello", &w.hello(0)).await);
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..2 {
        for (n, batch) in (0..400).step_by(40).map(|first| w.log.batch(first, first + 40)).enumerate() {
            let (line, ingest, of) = (w.line.clone(), Arc::clone(&w.world.ingest), w.log.origin.box_id);
            work.spawn(async move {
                // Whoever is turned away comes again, as a box does.
                loop {
                    let ack = if n % 2 == 0 {
                        line.batch(batch.clone()).await
                    } else {
                        let reply = ingest.batch(of, Bytes::from(batch.clone())).await.unwrap();
                        (StatusCode::OK, serde_json::to_vec(&reply.ack.unwrap()).unwrap())
                    };
                    if ack.0 == StatusCode::SERVICE_UNAVAILABLE {
                        tokio::task::yield_now().await;
                        continue;
                    }
                    match answered(&ack) {
                        Answer::Checkpoint { .. } => return,
                        Answer::Want { .. } | Answer::Busy { .. } => tokio::task::yield_now().await,
                        Answer::Refused { refused } => panic!("{refused:?}"),
                    }
                }
            });
        }
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    assert_eq!(w.stored(), 400);
    let id = w.log.origin.box_id.to_string();
    let row = box_now::find_box(&mut w.world.read().await, &id).await.unwrap().unwrap();
    assert_eq!((row.held_size, row.quarantined_ms), (400, None));
}

pub(crate) async fn strangers_get_nothing_by_https(dbs: impl Databases) {
    let w = LineWorld::open(&dbs, 10).await;
    answered(&w.line.json("hello", &w.hello(0)).await);
    let elsewhere = FacilityId::new(3, [3; 10]);
    let mut tx = w.world.db.write(w.world.stranger).await.unwrap();
    facilities::insert_facility(&mut tx, elsewhere, "South", "UTC", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let theirs = in_service(&w.world, w.world.stranger, elsewhere, box_id(2)).await;
    let other = HttpsLine { peer: theirs, ..w.line.clone() };
    let Answer::Refused { refused } = answered(&other.batch(w.log.batch(0, 10)).await) else { panic!() };
    assert_eq!(refused.code, "signature", "another box's certificate with this box's batch");
    assert_eq!(w.stored(), 0);
    let unknown =
        HttpsLine { peer: PeerCertificate { serial: "0b".into(), ..w.line.peer.clone() }, ..w.line.clone() };
    for path in ["batches", "hello", "health", "gone"] {
        let answer = unknown.ask(path, JSON, Body::empty()).await;
        assert_eq!(refusal_code(&answer), (StatusCode::FORBIDDEN, "not-in-service".into()), "{path}");
    }
    assert_eq!(unknown.check().await, StatusCode::FORBIDDEN);
    let request = Request::post("/box/v1/batches").body(Body::from(w.log.batch(0, 10))).unwrap();
    let answer = w.line.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "without a certificate");
    let folder = tempfile::tempdir().unwrap();
    let fleet = open(&w.world, folder.path()).await;
    assert!(
        fleet
            .revoke(BoxAct {
                scope: w.world.scope,
                box_id: w.log.origin.box_id,
                by: "operator",
                reason: None
            })
            .await
            .unwrap()
    );
    let acts =
        column(&mut w.world.read().await, "SELECT who || ' ' || act || ' ' || facility FROM audit").await;
    assert_eq!(acts, [format!("operator box revoke {}", w.world.facility)], "with the act");
    assert_eq!(w.line.batch(w.log.batch(0, 10)).await.0, StatusCode::FORBIDDEN, "revoked");
    assert_eq!(w.stored(), 0);
}

pub(crate) async fn what_is_too_long_or_no_message_is_refused(dbs: impl Databases) {
    let w = LineWorld::open(&dbs, 10).await;
    let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::post("/box/v1/batches")
        .header("content-length", BATCH_WIRE_BYTES_MAX + 1)
        .extension(w.line.peer.clone());
    let answer =
        w.line.router.clone().oneshot(request.body(Body::from_stream(never)).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "before any of it is read");
    let endless =
        futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![0; 64 * 1024])));
    let answer = w.line.ask("batches", ZSTD, Body::from_stream(endless)).await;
    assert_eq!(answer.0, StatusCode::PAYLOAD_TOO_LARGE, "one that does not say how long it is");
    let Answer::Refused { refused } = answered(&w.line.batch(b"no batch".to_vec()).await) else { panic!() };
    assert_eq!(refused.code, "form");
    for (body, media, status) in [
        ("{}", JSON, StatusCode::UNPROCESSABLE_ENTITY),
        ("\u{0}", JSON, StatusCode::UNPROCESSABLE_ENTITY),
        ("{}", "text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        for path in ["hello", "health", "gone"] {
            assert_eq!(w.line.ask(path, media, Body::from(body)).await.0, status, "{path} {body:?}");
        }
    }
    let lied = Hello { key: String::new(), ..w.hello(0) };
    assert_eq!(w.line.json("hello", &lied).await.0, StatusCode::BAD_REQUEST);
}

pub(crate) async fn slow_bodies_of_one_box_hold_up_no_other(dbs: impl Databases) {
    let w = LineWorld::open(&dbs, 10).await;
    let other = in_service(&w.world, w.world.scope, w.world.facility, box_id(2)).await;
    let other = HttpsLine { peer: other, ..w.line.clone() };
    let mut slow = tokio::task::JoinSet::new();
    let (began, mut begins) = tokio::sync::mpsc::channel(2);
    for _ in 0..2 {
        let (line, began) = (w.line.clone(), began.clone());
        let first = futures_util::stream::once(async move {
            began.send(()).await.unwrap();
            Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
        });
        let body = Body::from_stream(first.chain(futures_util::stream::pending()));
        slow.spawn(async move { line.ask("batches", ZSTD, body).await });
        begins.recv().await.unwrap();
    }
    let crowded = w.line.batch(w.log.batch(0, 10)).await;
    assert_eq!(refusal_code(&crowded), (StatusCode::SERVICE_UNAVAILABLE, "busy".into()));
    let log = log_of(2, 3, 5);
    let hello: Hello = serde_json::from_slice(&log.hello(0, None)).unwrap();
    answered(&other.json("hello", &hello).await);
    assert!(matches!(answered(&other.batch(log.batch(0, 5)).await), Answer::Checkpoint { .. }));
    slow.shutdown().await;
    answered(&w.line.json("hello", &w.hello(0)).await);
    assert!(matches!(answered(&w.line.batch(w.log.batch(0, 10)).await), Answer::Checkpoint { .. }));
}
