//! Reports of a facility: the same numbers as its pages, signed by the relay, and of nobody else's facility.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use record::ids::FacilityId;
use record::sign::VerifierKey;
use report::verify::verify_report;
use serde_json::Value;

use crate::web::tests::world::{HOUR_MS, NOW_MS, World};

struct Fetched {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Fetched {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl World {
    async fn report(&self, facility: FacilityId, rest: &str) -> Fetched {
        let path = format!("/api/v1/facilities/{facility}/report.{rest}");
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", self.a.token));
        let (status, headers, bytes) = self.read(request.body(Body::empty()).unwrap()).await;
        Fetched { status, headers, bytes }
    }
}

#[tokio::test]
async fn a_report_proves_itself_and_has_the_numbers_of_the_page() {
    let world = World::new().await;
    let site = &world.a.sites[0];
    let pdf = world.report(site.id, "pdf?days=30").await;
    assert_eq!(pdf.status, StatusCode::OK, "{}", pdf.text());
    assert_eq!(pdf.headers[header::CONTENT_TYPE], "application/pdf");
    let keys = [VerifierKey::parse(&site.one.verifier_key()).unwrap()];
    let cosigners = world.state.fleet.cosigners();
    let trusted = [&keys[..], &cosigners].concat();
    let proven = verify_report(&pdf.bytes, &trusted, &cosigners).unwrap();
    assert!(proven.entries > 20 && proven.unproven == 0, "{} {}", proven.entries, proven.unproven);
    assert!(proven.logs.iter().all(|log| log.witnessed.is_some()), "the relay has cosigned each");
    let windows = proven.report.windows.unwrap();
    assert_eq!(
        proven.report.missed.len() as u64 + proven.report.missed_more,
        u64::from(windows.closed - windows.met)
    );
    let api = world.api(&format!("/api/v1/compliance?facility={}", site.id), &world.a.token).await;
    let api: Value = serde_json::from_str(&api.body).unwrap();
    let month = &api["items"][0]["last_30_days"];
    assert_eq!(
        (month["met"].as_u64(), month["closed"].as_u64()),
        (Some(windows.met.into()), Some(windows.closed.into()))
    );
    let rows: Vec<Value> = serde_json::from_str(&world.report(site.id, "json?days=30").await.text()).unwrap();
    assert_eq!(rows.len(), proven.report.rows.len());
    let csv = world.report(site.id, "csv?days=30").await;
    assert_eq!(csv.text().lines().count(), rows.len() + 1);
    assert!(world.report(site.id, "xlsx?days=30").await.bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn nobody_elses_facility_and_no_wrong_period() {
    let world = World::new().await;
    let theirs = world.b.sites[0].id;
    assert_eq!(world.report(theirs, "csv").await.status, StatusCode::NOT_FOUND);
    let cookie = world.sign_in(&world.a.email).await;
    for path in ["report", "report/file?format=csv&from=2026-11-01&to=2026-11-02"] {
        let got = world.get(&format!("/app/f/{theirs}/{path}"), &cookie).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
    }
    let own = world.a.sites[0].id;
    for query in ["days=0", "from=2026-02-30", "from=2027-01-01", "tag=x"] {
        assert_eq!(
            world.report(own, &format!("csv?{query}")).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    assert_eq!(world.report(own, "csv?protocol=x").await.status, StatusCode::NOT_FOUND);
    let page = world.get(&format!("/app/f/{own}/report"), &cookie).await.body;
    assert!(page.contains("Make the report"), "{page}");
    let file = world
        .get(&format!("/app/f/{own}/report/file?format=csv&from=2020-11-01&to=2020-11-02"), &cookie)
        .await;
    assert_eq!((file.status, file.body.lines().count()), (StatusCode::OK, 1), "{}", file.body);
}

#[tokio::test]
async fn what_a_silent_box_did_not_say_is_not_counted_as_missed() {
    let world = World::new().await;
    let site = &world.a.sites[0];
    let before = world.report(site.id, "pdf?days=30").await;
    let before = verify_report(&before.bytes, &[], &[]).unwrap().report;
    world.clock.advance(Duration::from_secs(50 * 3_600));
    let after = world.report(site.id, "pdf?days=32").await;
    let after = verify_report(&after.bytes, &[], &[]).unwrap().report;
    assert!(after.known_ms.is_some_and(|known_ms| known_ms < NOW_MS + HOUR_MS), "{:?}", after.known_ms);
    let (before, after) = (before.windows.unwrap(), after.windows.unwrap());
    assert_eq!(after.closed - after.met, before.closed - before.met, "nothing more is said to be missed");
}
