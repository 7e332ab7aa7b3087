//! Reports that are made while whoever asks does something else: what is in them, and whose they are.

use std::io::{Cursor, Read as _, Seek as _, Write as _};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use record::ids::ReportId;
use report::verify::verify_report;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::accounts::programs::TokenOrder;
use crate::db::AccountScope;
use crate::db::delivery::reports::{self, StoredReport};
use crate::db::person::tokens::revoke_token;
use crate::reports::order::{FACILITIES_MAX, JOB_KIND, ReportOwner, STORED_MAX, WAITING_MAX};
use crate::reports::work::ReportWork;
use crate::web::tests::program::programs_api::{READER, bearer_request};
use crate::web::tests::world::{DAY_MS, Got, NOW_MS, World, mail_transport};

/// What a program and an admin of A had made, as [`World::reports_of_a`] puts it in.
pub(in crate::web::tests) const REPORT: &str = "01JD00000000000000000000R1";
pub(in crate::web::tests) const MADE: &str = "01JD00000000000000000000R2";

const PATH: &str = "/api/v1/reports";

fn stored_report(report: &str, owner: ReportOwner<'_>) -> StoredReport {
    StoredReport {
        report: report.to_owned(),
        owner: owner.text(),
        schedule: String::new(),
        format: "csv".to_owned(),
        locale: "en-US".to_owned(),
        body: r#"{"facilities":[],"query":{}}"#.to_owned(),
        from_day: 20_740,
        to_day: 20_769,
        made_ms: NOW_MS,
        state: "waiting".to_owned(),
        percent: 0,
        bytes: 0,
    }
}

impl World {
    pub(in crate::web::tests) async fn reports_of_a(&self) {
        let (scope, files) = (self.a.scope, self.state.photos.reports());
        let owners = [ReportOwner::Program(&self.a.token_id), ReportOwner::Member(&self.a.user_id)];
        for (id, owner) in [REPORT, MADE].into_iter().zip(owners) {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"of Linden").unwrap();
            file.rewind().unwrap();
            files.put(scope, id, file).await.unwrap();
            let mut tx = self.db.write(scope).await.unwrap();
            reports::insert_report(&mut tx, &stored_report(id, owner)).await.unwrap();
            assert!(reports::end_report(&mut tx, id, "ready", 9).await.unwrap());
            tx.commit().await.unwrap();
        }
    }

    async fn begin_report(&self, token: &str, body: &Value) -> Got {
        self.send_json(Method::POST, PATH, token, &[], body).await
    }

    /// Has a report made; its address.
    async fn begun(&self, token: &str, body: &Value) -> String {
        let got = self.begin_report(token, body).await;
        assert_eq!(got.status, StatusCode::CREATED, "{}", got.body);
        got.header("location").to_owned()
    }

    async fn work(&self) {
        self.run_jobs(mail_transport(self.dir.path())).await;
    }

    async fn state_of(&self, path: &str) -> Value {
        serde_json::from_str(&self.api(path, &self.a.token).await.body).unwrap()
    }

    async fn file_of(&self, path: &str, token: &str) -> Vec<u8> {
        let request = bearer_request(Method::GET, &format!("{path}/file"), token).body(Body::empty());
        let (status, headers, bytes) = self.read(request.unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("cleantrack-2026-"));
        bytes
    }

    /// Who is named in an archive.
    async fn names_in(&self, path: &str, token: &str) -> Vec<String> {
        let archive = ZipArchive::new(Cursor::new(self.file_of(path, token).await)).unwrap();
        archive.file_names().map(str::to_owned).collect()
    }

    async fn cancel(&self, path: &str, token: &str) -> StatusCode {
        let request = bearer_request(Method::DELETE, path, token);
        self.ask(request.body(Body::empty()).unwrap()).await.status
    }

    async fn has_file(&self, scope: AccountScope, path: &str) -> bool {
        let id = path.rsplit('/').next().unwrap();
        self.state.photos.reports().get(scope, id).await.unwrap().is_some()
    }
}

/// On any database.
pub(in crate::web::tests) async fn walk_reports(world: &World) {
    let (token, sites) = (&world.a.token, &world.a.sites);
    let one = json!({ "format": "pdf", "facilities": [sites[0].id], "days": 7 });
    let one = world.begun(token, &one).await;
    let all = world.begun(token, &json!({ "format": "pdf", "from": "2026-11-01", "to": "2026-11-20" })).await;
    let waiting = world.state_of(&one).await;
    let id = one.rsplit('/').next().unwrap();
    let expected = json!({ "id": id, "format": "pdf", "state": "waiting", "percent": 0, "bytes": 0 });
    assert_eq!(waiting, expected);
    assert_eq!(world.api(&format!("{one}/file"), token).await.status, StatusCode::NOT_FOUND);
    world.work().await;
    let ready = world.state_of(&one).await;
    assert_eq!((&ready["state"], &ready["percent"]), (&json!("ready"), &json!(100)));
    let pdf = world.file_of(&one, token).await;
    assert_eq!(ready["bytes"], pdf.len());
    let proven = verify_report(&pdf, &[], &[]).unwrap();
    assert!(proven.entries > 5 && proven.unproven == 0, "{} {}", proven.entries, proven.unproven);
    let mut archive = ZipArchive::new(Cursor::new(world.file_of(&all, token).await)).unwrap();
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let expected = ["Linden_Eastfield", "Linden_Riverside_Imaging", "Linden_Valley_Hospital"];
    assert_eq!(names, expected.map(|name| format!("{name}-2026-11-01-2026-11-20.pdf")));
    for name in names {
        let mut part = Vec::new();
        archive.by_name(&name).unwrap().read_to_end(&mut part).unwrap();
        assert_eq!(verify_report(&part, &[], &[]).unwrap().unproven, 0, "{name}");
    }
    // Another round makes none of them again, and takes none away.
    world.work().await;
    assert_eq!(world.file_of(&one, token).await, pdf);
    assert_eq!(world.cancel(&one, token).await, StatusCode::NO_CONTENT);
    assert_eq!(world.api(&one, token).await.status, StatusCode::NOT_FOUND);
    assert!(!world.has_file(world.a.scope, &one).await);
}

#[tokio::test]
async fn one_facility_is_a_report_and_several_are_an_archive_of_them() {
    walk_reports(&World::new().await).await;
}

#[tokio::test]
async fn a_facility_without_data_is_in_the_archive() {
    let mut world = World::new().await;
    let new = json!({ "name": "Empty / <Clinic>", "zone": "Pacific/Honolulu" });
    let writer = world.add_writer(world.a.scope).await;
    let made = world.send_json(Method::POST, "/api/v1/facilities", &writer, &[], &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    // Where this one is, the day has not begun.
    world.clock.set_ms(NOW_MS + DAY_MS / 2);
    world.a.token = writer;
    let path = world.begun(&world.a.token, &json!({ "format": "xlsx", "days": 1 })).await;
    world.work().await;
    let names = world.names_in(&path, &world.a.token).await;
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.contains(&"Empty____Clinic_-2026-11-21-2026-11-21.xlsx".to_owned()), "{names:?}");
}

#[tokio::test]
async fn what_is_cancelled_is_not_made_and_leaves_no_file() {
    let world = World::new().await;
    let (scope, token) = (world.a.scope, &world.a.token);
    let body = json!({ "format": "csv" });
    let (waits, begun) = (world.begun(token, &body).await, world.begun(token, &body).await);
    let id = begun.rsplit('/').next().unwrap();
    let mut tx = world.db.write(scope).await.unwrap();
    assert!(reports::note_percent(&mut tx, id, 40).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.state_of(&begun).await["percent"], 40);
    for path in [&waits, &begun] {
        assert_eq!(world.cancel(path, token).await, StatusCode::NO_CONTENT);
    }
    let mut tx = world.db.write(scope).await.unwrap();
    assert!(!reports::note_percent(&mut tx, id, 50).await.unwrap(), "whoever makes it hears of it");
    drop(tx);
    world.work().await;
    for path in [&waits, &begun] {
        assert_eq!(world.state_of(path).await["state"], "cancelled");
        assert!(!world.has_file(scope, path).await);
    }
}

#[tokio::test]
async fn what_was_cut_off_is_made_again_and_is_one_report() {
    let world = World::new().await;
    let scope = world.a.scope;
    let path = world.begun(&world.a.token, &json!({ "format": "csv", "days": 3 })).await;
    let id = path.rsplit('/').next().unwrap();
    // As of a process that ended behind the file and before the row.
    let (keys, files) = (world.state.fleet.keys().now(), world.state.photos.reports());
    let work = ReportWork { db: &world.db, keys: &keys, files: &files, now_ms: NOW_MS };
    assert!(work.make_file(scope, id).await.unwrap().is_some());
    assert_eq!(world.state_of(&path).await["state"], "making");
    assert_eq!(world.api(&format!("{path}/file"), &world.a.token).await.status, StatusCode::NOT_FOUND);
    world.work().await;
    assert_eq!(world.state_of(&path).await["state"], "ready");
    let owner = ReportOwner::Program(&world.a.token_id).text();
    let rows = reports::list_own(&mut world.db.read(scope).await.unwrap(), &owner, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_report_is_its_owners_and_of_what_they_see() {
    let world = World::new().await;
    let (scope, sites) = (world.a.scope, &world.a.sites);
    let path = world.begun(&world.a.token, &json!({ "format": "csv" })).await;
    let places = [sites[0].id.to_string()];
    let narrow = world.add_token(scope, TokenOrder { places: Some(&places), ..READER }).await;
    let seen = world.begun(&narrow, &json!({ "format": "csv" })).await;
    let other = json!({ "format": "csv", "facilities": [sites[0].id, sites[1].id] });
    assert_eq!(world.begin_report(&narrow, &other).await.status, StatusCode::NOT_FOUND);
    world.work().await;
    for token in [&narrow, &world.b.token] {
        for address in [path.clone(), format!("{path}/file")] {
            assert_eq!(world.api(&address, token).await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(world.cancel(&path, token).await, StatusCode::NOT_FOUND);
    }
    let names = world.names_in(&seen, &narrow).await;
    assert!(matches!(&names[..], [name] if name.starts_with("Linden_Valley_Hospital-")), "{names:?}");
}

#[tokio::test]
async fn whoever_lost_access_meanwhile_gets_nothing() {
    let world = World::new().await;
    let path = world.begun(&world.a.token, &json!({ "format": "csv" })).await;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    assert!(revoke_token(&mut tx, &world.a.token_id, ("operator", NOW_MS)).await.unwrap());
    tx.commit().await.unwrap();
    world.work().await;
    let id = path.rsplit('/').next().unwrap();
    let mut conn = world.db.read(world.a.scope).await.unwrap();
    let found = reports::find_report(&mut conn, id).await.unwrap().unwrap();
    assert_eq!(found.state, "failed");
    assert!(!world.has_file(world.a.scope, &path).await);
}

#[tokio::test]
async fn there_are_only_so_many() {
    let world = World::new().await;
    let (scope, token, site) = (world.a.scope, &world.a.token, &world.a.sites[0]);
    let many: Vec<_> = (0..=FACILITIES_MAX).map(|n| ReportId::new(n as i64, [1; 10]).to_string()).collect();
    for (body, status) in [
        (json!({ "format": "csv", "facilities": many }), 400),
        (json!({ "format": "csv", "tag": site.tags[0] }), 400),
        (json!({ "format": "csv", "facilities": [site.id], "tag": "x" }), 400),
        (json!({ "format": "csv", "facilities": [site.id], "staff": "x" }), 404),
        (json!({ "format": "csv", "facilities": [many[0]] }), 404),
        (json!({ "format": "csv", "days": 0 }), 400),
        (json!({ "format": "csv", "facilities": [site.id], "tag": site.tags[0] }), 201),
    ] {
        let got = world.begin_report(token, &body).await;
        assert_eq!(got.status.as_u16(), status, "{body}: {}", got.body);
    }
    for _ in 1..WAITING_MAX {
        world.begun(token, &json!({ "format": "csv" })).await;
    }
    let crowded = world.begin_report(token, &json!({ "format": "csv" })).await;
    assert_eq!((crowded.status, crowded.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "10"));
    let mut tx = world.db.write(scope).await.unwrap();
    let owner = ReportOwner::Program(&world.a.token_id);
    let waiting = reports::list_own(&mut tx, &owner.text(), WAITING_MAX).await.unwrap();
    for one in &waiting {
        assert!(reports::end_report(&mut tx, &one.report, "failed", 0).await.unwrap());
    }
    for n in WAITING_MAX..STORED_MAX {
        let id = ReportId::new(n, [2; 10]).to_string();
        reports::insert_report(&mut tx, &stored_report(&id, owner)).await.unwrap();
        assert!(reports::end_report(&mut tx, &id, "ready", 0).await.unwrap());
    }
    tx.commit().await.unwrap();
    world.begun(token, &json!({ "format": "csv" })).await;
    let mut conn = world.db.read(scope).await.unwrap();
    let rows = reports::list_own(&mut conn, &owner.text(), 2 * STORED_MAX).await.unwrap();
    assert_eq!(rows.len() as i64, STORED_MAX);
    assert!(
        rows.iter().all(|row| row.report != ReportId::new(WAITING_MAX, [2; 10]).to_string()),
        "the oldest went"
    );
}

#[tokio::test]
async fn after_ninety_days_a_report_is_forgotten() {
    let world = World::new().await;
    let (scope, token) = (world.a.scope, &world.a.token);
    let path = world.begun(token, &json!({ "format": "csv", "days": 2 })).await;
    world.work().await;
    for _ in 0..4 {
        assert!(world.has_file(scope, &path).await);
        world.clock.advance_ms(DAY_MS * 45 / 2);
        world.work().await;
    }
    assert_eq!(world.api(&path, token).await.status, StatusCode::OK, "on the very day");
    world.clock.advance_ms(DAY_MS);
    world.work().await;
    assert_eq!(world.api(&path, token).await.status, StatusCode::NOT_FOUND);
    assert!(!world.has_file(scope, &path).await);
}

#[tokio::test]
async fn one_whose_job_is_gone_has_failed() {
    let world = World::new().await;
    let path = world.begun(&world.a.token, &json!({ "format": "csv" })).await;
    let mut tx = world.db.platform_write(crate::db::PlatformReason::Work).await.unwrap();
    let sql = "UPDATE jobs SET state = 'dead' WHERE kind = $1";
    assert_eq!(crate::db::exec!(tx, sql, JOB_KIND).unwrap(), 1);
    tx.commit().await.unwrap();
    world.work().await;
    world.clock.advance_ms(DAY_MS);
    world.work().await;
    assert_eq!(world.state_of(&path).await["state"], "failed");
}
