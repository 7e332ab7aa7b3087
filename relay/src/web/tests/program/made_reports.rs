//! Reports that are made while whoever asks does something else: what is in them, and whose they are.

use std::io::{Cursor, Read as _, Seek as _, Write as _};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use record::ids::{ReportId, UserId};
use report::verify::verify_report;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::accounts::programs::TokenOrder;
use crate::db::delivery::report_schedules::{ReportSchedule, insert_schedule};
use crate::db::delivery::reports::{self, StoredReport};
use crate::db::person::members::{find_by_email, set_disabled};
use crate::db::person::tokens::revoke_token;
use crate::db::{AccountScope, PlatformReason};
use crate::reports::order::{FACILITIES_MAX, JOB_KIND, ReportOwner, STORED_MAX, WAITING_MAX};
use crate::reports::schedule::SCHEDULES_MAX;
use crate::reports::work::ReportWork;
use crate::web::tests::program::programs_api::{READER, bearer_request};
use crate::web::tests::world::{DAY_MS, Got, NOW_MS, World, mail_transport};

/// What a program and an admin of A had made, as [`World::reports_of_a`] puts it in.
pub(in crate::web::tests) const REPORT: &str = "01JD00000000000000000000R1";
pub(in crate::web::tests) const MADE: &str = "01JD00000000000000000000R2";

pub(in crate::web::tests) const SCHEDULE: &str = "01JD00000000000000000000R3";

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
        fault: String::new(),
    }
}

fn admin_of_a() -> String {
    UserId::new(NOW_MS, [1; 10]).to_string()
}

impl World {
    pub(in crate::web::tests) async fn reports_of_a(&self) {
        let (scope, files) = (self.a.scope, self.state.photos.reports());
        let admin = admin_of_a();
        let owners = [ReportOwner::Program(&self.a.token_id), ReportOwner::Member(&admin)];
        for (id, owner) in [REPORT, MADE].into_iter().zip(owners) {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(b"of Linden").unwrap();
            file.rewind().unwrap();
            files.put(scope, id, file).await.unwrap();
            let mut tx = self.db.write(scope).await.unwrap();
            reports::insert_report(&mut tx, &stored_report(id, owner)).await.unwrap();
            assert!(
                reports::finish_report(&mut tx, &StoredReport { bytes: 9, ..stored_report(id, owner) })
                    .await
                    .unwrap()
            );
            tx.commit().await.unwrap();
        }
        let schedule = ReportSchedule {
            schedule: SCHEDULE.to_owned(),
            owner: ReportOwner::Member(&admin).text(),
            pace: "week".to_owned(),
            facility: String::new(),
            format: "csv".to_owned(),
            locale: "en-US".to_owned(),
            made_ms: NOW_MS,
        };
        let mut tx = self.db.write(scope).await.unwrap();
        insert_schedule(&mut tx, &schedule).await.unwrap();
        tx.commit().await.unwrap();
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

    /// Of the admin of A, the newest first.
    async fn made_by_admin(&self) -> Vec<StoredReport> {
        let owner = ReportOwner::Member(&admin_of_a()).text();
        reports::list_own(&mut self.db.read(self.a.scope).await.unwrap(), &owner, 100).await.unwrap()
    }

    async fn report_mails(&self) -> Vec<(String,)> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await.unwrap();
        let sql = "SELECT address FROM mails WHERE kind = 'report-ready' ORDER BY mail";
        crate::db::all!(conn, (String,), sql).unwrap()
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
    assert_eq!(world.api(&format!("{one}/file"), token).await.status, StatusCode::CONFLICT);
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
    assert_eq!(world.api(&format!("{path}/file"), &world.a.token).await.status, StatusCode::CONFLICT);
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
    // It was made of what is not seen any more.
    let body = json!({ "facilities": [], "query": {}, "made_of": [sites[0].id, world.b.sites[0].id] });
    let mut tx = world.db.write(scope).await.unwrap();
    let made = StoredReport {
        body: body.to_string(),
        ..stored_report(SCHEDULE, ReportOwner::Program(&world.a.token_id))
    };
    reports::insert_report(&mut tx, &made).await.unwrap();
    assert!(reports::finish_report(&mut tx, &made).await.unwrap());
    tx.commit().await.unwrap();
    let path = format!("{PATH}/{SCHEDULE}");
    assert_eq!(world.api(&path, &world.a.token).await.status, StatusCode::OK);
    assert_eq!(world.api(&format!("{path}/file"), &world.a.token).await.status, StatusCode::NOT_FOUND);
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
        (json!({ "format": "csv", "facility": site.id }), 422),
        (json!({ "format": "csv", "facilities": [site.id], "tag": site.tags[0] }), 201),
    ] {
        let got = world.begin_report(token, &body).await;
        assert_eq!(got.status.as_u16(), status, "{body}: {}", got.body);
    }
    for _ in 1..WAITING_MAX {
        world.begun(token, &json!({ "format": "csv" })).await;
    }
    let crowded = world.begin_report(token, &json!({ "format": "csv" })).await;
    assert_eq!((crowded.status, crowded.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "10"));
    assert!(crowded.body.contains("10 reports of yours wait"), "{}", crowded.body);
    let mut tx = world.db.write(scope).await.unwrap();
    let owner = ReportOwner::Program(&world.a.token_id);
    let waiting = reports::list_own(&mut tx, &owner.text(), WAITING_MAX).await.unwrap();
    for one in &waiting {
        assert!(reports::end_report(&mut tx, &one.report, "failed", "other").await.unwrap());
    }
    for n in WAITING_MAX..STORED_MAX {
        let id = ReportId::new(n, [2; 10]).to_string();
        reports::insert_report(&mut tx, &stored_report(&id, owner)).await.unwrap();
        assert!(reports::finish_report(&mut tx, &stored_report(&id, owner)).await.unwrap());
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
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    let sql = "UPDATE jobs SET state = 'dead' WHERE kind = $1";
    assert_eq!(crate::db::exec!(tx, sql, JOB_KIND).unwrap(), 1);
    tx.commit().await.unwrap();
    world.work().await;
    world.clock.advance_ms(DAY_MS);
    world.work().await;
    assert_eq!(world.state_of(&path).await["state"], "failed");
}

const FORM: &str = "facility=&from=2026-11-01&to=2026-11-20&format=csv";

#[tokio::test]
async fn a_member_has_reports_made_on_a_page_of_their_own() {
    let world = World::new().await;
    let (cookie, other) = (world.sign_in(&world.a.email).await, world.sign_in(&world.a.auditor).await);
    let wrong = FORM.replace("to=2026-11-20", "to=soon");
    let wrong = world.send_form("/app/reports", "/app/reports", &cookie, &format!("{wrong}&pace=once")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
    assert!(wrong.body.contains("Enter days such as 2026-11-01"), "{}", wrong.body);
    let foreign = FORM.replace("facility=", &format!("facility={}", world.b.sites[0].id));
    let foreign =
        world.send_form("/app/reports", "/app/reports", &cookie, &format!("{foreign}&pace=once")).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let begun = world.send_form("/app/reports", "/app/reports", &cookie, &format!("{FORM}&pace=once")).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let page = world.get("/app/reports", &cookie).await.body;
    assert!(page.contains("All facilities, CSV") && page.contains(">Refresh<"), "{page}");
    let path = format!("/app/reports/{}", world.made_by_admin().await[0].report);
    assert_eq!(world.get(&path, &cookie).await.status, StatusCode::CONFLICT, "it is not ready");
    world.work().await;
    let page = world.get("/app/reports", &cookie).await.body;
    assert!(page.contains("Ready, ") && !page.contains(">Refresh<"), "{page}");
    let file = world.get(&path, &cookie).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.header("content-disposition").contains("cleantrack-2026-11-01-2026-11-20.zip"));
    assert!(world.report_mails().await.is_empty(), "who waits for it gets no mail");
    assert!(world.get("/app/reports", &other).await.body.contains("None yet"));
    assert_eq!(world.get(&path, &other).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.send_form("/app/reports", &path, &other, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.send_form("/app/reports", &path, &cookie, "").await.status, StatusCode::SEE_OTHER);
    assert!(world.made_by_admin().await.is_empty());
}

/// 06:10 in Chicago on the Monday after.
const MONDAY_MS: i64 = 1_795_435_800_000;

#[tokio::test]
async fn a_schedule_makes_one_report_a_week_and_tells_of_it() {
    let world = World::new().await;
    world.webhook_of_a().await;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    crate::db::exec!(tx, "UPDATE webhooks SET events = 'report.ready'").unwrap();
    tx.commit().await.unwrap();
    let cookie = world.sign_in(&world.a.email).await;
    world.send_form("/app/reports", "/app/reports", &cookie, &format!("{FORM}&pace=week")).await;
    let page = world.get("/app/reports", &cookie).await.body;
    assert!(page.contains("Every Monday, of the week before</p>"), "{page}");
    world.work().await;
    assert!(world.made_by_admin().await.is_empty(), "no week has ended since");
    for (week, at_ms) in (1..).zip([MONDAY_MS, MONDAY_MS + 7 * DAY_MS]) {
        world.clock.set_ms(at_ms);
        // Two processes look at once, and one of them again.
        tokio::join!(world.work(), world.work());
        world.clock.advance_ms(DAY_MS / 2);
        world.work().await;
        let made = world.made_by_admin().await;
        assert_eq!((made.len(), made[0].state.as_str()), (week, "ready"));
        assert_eq!(made[0].to_day - made[0].from_day, 6);
        assert_eq!(world.report_mails().await, vec![(world.a.email.clone(),); week]);
    }
    let mut conn = world.db.platform_read(PlatformReason::Work).await.unwrap();
    let sql = "SELECT body FROM webhook_bodies WHERE body LIKE '%report.ready%' ORDER BY made_ms";
    let bodies = crate::db::all!(conn, (String,), sql).unwrap();
    drop(conn);
    // Nothing arrived there for a week: in the second one the webhook is off.
    assert_eq!(bodies.len(), 1);
    let event: Value = serde_json::from_str(&bodies[0].0).unwrap();
    let (sent, made) = (&event["data"]["reports"][0], world.made_by_admin().await.remove(1));
    let expected = json!({
        "id": made.report, "format": "csv", "facilities": [], "from": "2026-11-16", "to": "2026-11-22",
        "bytes": made.bytes, "path": format!("/app/reports/{}", made.report),
    });
    assert_eq!(*sent, expected);
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    let admin = find_by_email(&mut tx, &world.a.email).await.unwrap().unwrap();
    assert!(set_disabled(&mut tx, admin.person(), Some(1)).await.unwrap());
    tx.commit().await.unwrap();
    world.clock.set_ms(MONDAY_MS + 14 * DAY_MS);
    world.work().await;
    assert_eq!(world.made_by_admin().await.len(), 2, "they are no member any more");
}

#[tokio::test]
async fn a_member_stops_schedules_and_has_twenty_at_most() {
    let world = World::new().await;
    let (cookie, other) = (world.sign_in(&world.a.email).await, world.sign_in(&world.a.auditor).await);
    let of = |facility: &str, format: &str, pace: &str| {
        let form = FORM.replace("facility=", &format!("facility={facility}"));
        format!("{}&pace={pace}", form.replace("format=csv", &format!("format={format}")))
    };
    let (first, second) = (world.a.sites[0].id.to_string(), world.a.sites[1].id.to_string());
    let form = of(&first, "csv", "month");
    let formats = ["csv", "pdf", "xlsx", "json"];
    let all = ["", &first, &second].into_iter().flat_map(|facility| {
        formats
            .into_iter()
            .flat_map(move |format| ["month", "week"].map(move |pace| (facility, format, pace)))
    });
    let mut forms: Vec<String> = all.map(|(facility, format, pace)| of(facility, format, pace)).collect();
    let form_more = forms.split_off(SCHEDULES_MAX).remove(0);
    // A second press adds none.
    forms.insert(0, forms[0].clone());
    for form in &forms {
        let added = world.send_form("/app/reports", "/app/reports", &cookie, form).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    }
    assert!(forms.contains(&form));
    let form = form_more;
    let more = world.send_form("/app/reports", "/app/reports", &cookie, &form).await;
    assert!(more.body.contains("You have 20 that are made again and again"), "{}", more.body);
    let page = world.get("/app/reports", &cookie).await.body;
    assert!(page.contains("Linden Valley Hospital, CSV</strong>: On the first day"), "{page}");
    let stop = page.split("action=\"/app/reports/schedules/").nth(1).unwrap().split('"').next().unwrap();
    let stop = format!("/app/reports/schedules/{stop}");
    for (who, status) in [(&other, 404), (&cookie, 303), (&cookie, 404)] {
        let got = world.send_form("/app/reports", &stop, who, "").await;
        assert_eq!(got.status.as_u16(), status);
    }
    let page = world.get("/app/reports", &cookie).await.body;
    assert_eq!(page.matches("/app/reports/schedules/").count(), SCHEDULES_MAX - 1);
}
