//! The log of access: what is written, for whom, that it holds no secret, and that nobody can fill it.

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request, StatusCode, header};
use futures_util::StreamExt as _;
use record::ids::FacilityId;
use service::clock::Clock as _;
use tower::ServiceExt as _;

use crate::accounts::records::access_log::{AccessLog, AccessRecord, RETENTION_MS};
use crate::accounts::retention;
use crate::db::PlatformReason;
use crate::db::access_log::audit;
use crate::db::access_log::audit::{AuditFilter, AuditRow, chain_hash};
use crate::db::access_log::audit_heads::NOTHING;
use crate::db::person::tokens;
use crate::db::{Db, exec};
use crate::web::build_router;
use crate::web::tests::world::{DAY_MS, MINUTE_MS, NOW_MS, PASSWORD, World, csrf};

impl World {
    async fn change(&self, sql: &'static str) {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        exec!(tx, sql).unwrap();
        tx.commit().await.unwrap();
    }

    pub(in crate::web::tests) async fn access(&self) -> Vec<AuditRow> {
        let mut conn = self.db.read(self.a.scope).await.unwrap();
        audit::list_acts(&mut conn, &AuditFilter::default(), i64::MAX, 1_000).await.unwrap()
    }

    pub(in crate::web::tests) async fn count(&self, sql: &'static str) -> i64 {
        let Db::Sqlite { readers, .. } = &self.db else { panic!("not a file") };
        sqlx::query_as::<_, (i64,)>(sql).fetch_one(readers).await.unwrap().0
    }
}

async fn forget_at(world: &World, now_ms: i64) {
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    retention::delete_old(&mut tx, now_ms).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn sign_ins_and_wrong_passwords_are_one_row_a_minute_each() {
    let world = World::new().await;
    for _ in 0..3 {
        world.try_in(&world.a.email, "hunter2-hunter2", "", "192.0.2.7").await;
    }
    let cookie = world.sign_in(&world.a.email).await;
    world.clock.advance_ms(MINUTE_MS);
    world.try_in(&world.a.email, "hunter2-hunter2", "", "192.0.2.7").await;
    let rows = world.access().await;
    let reported: Vec<_> = rows.iter().map(|r| (r.outcome.as_str(), r.times, r.about.as_str())).collect();
    assert_eq!(
        reported,
        [
            ("denied", 1, "new-device 192.0.2.7"),
            ("done", 1, "new-device 127.0.0.1"),
            ("denied", 3, "new-device 192.0.2.7"),
        ]
    );
    assert!(rows.iter().all(|r| r.act == "sign in" && r.who == world.a.email));
    let page = world.get("/app/access", &cookie).await.body;
    assert!(page.contains("3 times") && page.contains("Denied") && !page.contains("hunter2"), "{page}");
    for about in [">Wrong password, a new device in 192.0.2.7<", ">A new device in 127.0.0.1<"] {
        assert!(page.contains(about), "{about}: {page}");
    }
    let other = world.sign_in(&world.b.email).await;
    assert!(!world.get("/app/access", &other).await.body.contains("linden"), "of the own account only");
}

#[tokio::test]
async fn what_is_denied_is_one_row_a_minute_of_caller_and_route() {
    let world = World::new().await;
    let auditor = world.sign_in(&world.a.auditor).await;
    let page = world.get("/app/access", &auditor).await;
    assert_eq!(page.status, StatusCode::OK, "auditors read it");
    let form = format!("csrf={}&act=disable", csrf(&world.get("/app/me", &auditor).await.body));
    for _ in 0..5 {
        world.get("/app/people", &auditor).await;
        world.post(&format!("/app/people/{}", world.admin_id()), &auditor, &form).await;
        world.post("/logout", &auditor, "csrf=wrong").await;
    }
    let reported = world.get("/app/access", &auditor).await.body;
    for words in ["Tried to open People", "Tried to change a person", "Tried to sign out", "5 times"] {
        assert!(reported.contains(words), "{words}: {reported}");
    }
    assert!(
        !reported.contains("{user}") && !reported.contains("GET /"),
        "no route is read by a person: {reported}"
    );
    world.clock.advance_ms(MINUTE_MS);
    world.get("/app/people", &auditor).await;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    tokens::revoke_token(&mut tx, &world.a.token_id, ("x", NOW_MS)).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        world.api("/api/v1/equipment", &world.a.token).await;
    }
    let rows = world.access().await;
    let program = format!("program {} Linden warehouse", world.a.token_id);
    let mut denied: Vec<_> = rows
        .iter()
        .filter(|r| r.outcome == "denied")
        .map(|r| (r.at_ms - NOW_MS, r.times, r.who.as_str(), r.act.as_str(), r.about.as_str()))
        .collect();
    denied.sort_unstable();
    let who = world.a.auditor.as_str();
    assert_eq!(
        denied,
        [
            (0, 5, who, "GET /app/people", "needs-admin"),
            (0, 5, who, "POST /app/people/{user}", "needs-admin"),
            (0, 5, who, "POST /logout", "foreign-form"),
            (MINUTE_MS, 1, who, "GET /app/people", "needs-admin"),
            (MINUTE_MS, 3, program.as_str(), "GET /api/v1/equipment", "token-revoked"),
        ]
    );
}

#[tokio::test]
async fn acts_stand_in_it_and_secrets_do_not() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let csrf = csrf(&world.get("/app/me", &cookie).await.body).to_owned();
    let made = world
        .post("/app/programs", &cookie, &format!("csrf={csrf}&name=Warehouse&days=9&scope=read"))
        .await
        .body;
    let token = made[made.find("ct_").unwrap()..][..55].to_owned();
    world.post(&format!("/app/programs/{}", &token[3..11]), &cookie, &format!("csrf={csrf}")).await;
    let facility = world.a.sites[0].id;
    world.post("/app/boxes/add", &cookie, &format!("csrf={csrf}&facility={facility}")).await;
    world.post("/logout", &cookie, &format!("csrf={csrf}")).await;
    let rows = world.access().await;
    let acts: Vec<_> = rows.iter().map(|r| r.act.as_str()).collect();
    for act in ["sign in", "token create", "token revoke", "claim-file create", "sign out"] {
        assert!(acts.contains(&act), "{act}: {acts:?}");
    }
    assert!(rows.iter().any(|r| r.about == format!("Warehouse ({})", &token[3..11])));
    let made = rows.iter().find(|row| row.act == "claim-file create").unwrap();
    assert_eq!(made.facility, Some(facility.to_string()), "an act of one facility");
    let text = format!("{rows:?}");
    let session = cookie.rsplit('.').next().unwrap();
    for secret in [&token[12..], session, PASSWORD, csrf.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
    world.db.close().await;
    let file = std::fs::read(world.dir.path().join("relay.db")).unwrap();
    assert!(!file.windows(43).any(|w| w == &token.as_bytes()[12..]), "only its hash is kept");
}

#[tokio::test]
async fn strangers_cannot_fill_the_database() {
    let world = World::new().await;
    for n in 0..30 {
        world.try_in(&format!("nobody{n}@x.example"), "wrong", "", &format!("11.0.0.{n}")).await;
        world.api("/api/v1/equipment", &format!("ct_00000000_{}", "A".repeat(43))).await;
        world.get("/app/people", "").await;
        world.post("/app/programs", "__Host-ct=x.y", "csrf=x").await;
    }
    for _ in 0..50 {
        world.try_in(&world.a.email, "wrong", "", "192.0.2.7").await;
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM audit WHERE account = 0").await, 1, "one row an hour");
    assert_eq!(world.count("SELECT times FROM audit WHERE account = 0").await, 30);
    let rows = world.access().await;
    assert_eq!((rows.len(), rows[0].times), (1, 10), "what was looked at");
    assert_eq!(world.count("SELECT COUNT(*) FROM attempt_buckets").await, 31);
    let counted: Vec<_> =
        world.state.strangers.read().into_iter().map(|(name, _, count)| (name, count)).collect();
    assert_eq!(
        counted,
        [
            ("sign_in_waits", 40),
            ("sign_in_wrong_passwords", 40),
            ("unknown_tokens", 30),
            ("foreign_forms", 0)
        ]
    );
    forget_at(&world, NOW_MS + DAY_MS).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM attempt_buckets").await, 0);
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_nothing_else() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let sums = [
        "SELECT COUNT(*) FROM audit",
        "SELECT COUNT(*) FROM known_devices",
        "SELECT COUNT(*) FROM sessions",
        "SELECT COUNT(*) FROM api_tokens",
    ];
    let counts = async || {
        let mut all = Vec::new();
        for sql in sums {
            all.push(world.count(sql).await);
        }
        all
    };
    forget_at(&world, NOW_MS).await;
    assert_eq!(counts().await, [1, 1, 1, 2]);
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::OK);
    forget_at(&world, NOW_MS + 181 * DAY_MS).await;
    assert_eq!(counts().await, [1, 0, 0, 2]);
    forget_at(&world, NOW_MS + RETENTION_MS + 1).await;
    assert_eq!(counts().await, [0, 0, 0, 2], "the tokens ended 365 days ago: their rows are still asked for");
    forget_at(&world, NOW_MS + 365 * DAY_MS + RETENTION_MS + 1).await;
    assert_eq!(counts().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn a_clock_that_leapt_ahead_forgets_nothing() {
    let world = World::new().await;
    world.sign_in(&world.a.email).await;
    let stored = async || {
        let log = world.count("SELECT COUNT(*) FROM audit").await;
        (log, world.count("SELECT COUNT(*) FROM api_tokens").await)
    };
    let before = stored().await;
    assert!(before.0 > 0 && before.1 > 0);
    let ahead_ms = 1_000 * DAY_MS;
    world.clock.advance_ms(ahead_ms);
    let rounds = retention::ForgetRounds::begin(
        &mut world.db.platform_read(PlatformReason::Work).await.unwrap(),
        world.clock.now(),
    )
    .await
    .unwrap();
    let round = async || {
        let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
        let forgotten = rounds.round(&mut tx, world.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        forgotten
    };
    assert_eq!(round().await, None);
    // What is written under that clock does not make it right.
    world.sign_in(&world.a.email).await;
    assert_eq!(round().await, None);
    let after = stored().await;
    assert_eq!((after.0, after.1), (before.0 + 1, before.1));
    // Nor does a start while it is wrong, nor anything else that is in the future.
    let again = retention::ForgetRounds::begin(
        &mut world.db.platform_read(PlatformReason::Work).await.unwrap(),
        world.clock.now(),
    )
    .await
    .unwrap();
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    exec!(tx, "UPDATE facility_now SET last_cleaning_ms = $1", NOW_MS + 2 * ahead_ms).unwrap();
    assert_eq!(again.round(&mut tx, world.clock.now()).await.unwrap(), None);
    drop(tx);
    world.clock.advance_ms(-ahead_ms);
    assert!(round().await.is_some(), "set right, it goes on");
    // Weeks without a word: a box that reports something new confirms the clock.
    let quiet_ms = 40 * DAY_MS;
    world.clock.set_ms(NOW_MS + quiet_ms);
    assert_eq!(round().await, None);
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    exec!(tx, "UPDATE facilities SET known_ms = $1", NOW_MS + quiet_ms).unwrap();
    tx.commit().await.unwrap();
    assert_eq!(round().await, None, "a box was heard, which is written by the clock that is in doubt");
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    exec!(tx, "UPDATE facility_now SET last_cleaning_ms = $1", NOW_MS + quiet_ms).unwrap();
    tx.commit().await.unwrap();
    assert!(round().await.is_some());
}

impl World {
    /// As many acts of A, a minute apart, where these are done.
    async fn acts(&self, count: usize, who: &str, facility: Option<FacilityId>) {
        for _ in 0..count {
            self.clock.advance_ms(MINUTE_MS);
            let mut tx = self.db.write(self.a.scope).await.unwrap();
            let record = AccessRecord { who, act: "box release", about: "b", facility };
            let log = AccessLog { clock: &*self.clock, random: &*self.state.random };
            log.write_act(&mut tx, record).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

fn count_rows(page: &str) -> usize {
    page.matches("scope=\"row\"").count()
}

#[tokio::test]
async fn older_rows_have_pages() {
    let world = World::new().await;
    world.acts(51, "w", None).await;
    let cookie = world.sign_in(&world.a.auditor).await;
    let page = world.get("/app/access", &cookie).await.body;
    assert_eq!(count_rows(&page), 50);
    let older = page.split("href=\"/app/access?before=").nth(1).unwrap().split('"').next().unwrap();
    let page = world.get(&format!("/app/access?before={older}"), &cookie).await.body;
    assert_eq!(count_rows(&page), 2);
    assert!(page.contains("The newest") && !page.contains("?before="));
    let page = world.get("/app/access?before=1", &cookie).await.body;
    assert!(page.contains("Nothing older"), "{page}");
    assert_eq!(count_rows(&world.get("/app/access?before=x", &cookie).await.body), 50);
}

#[tokio::test]
async fn rows_are_found_by_person_result_and_day() {
    let world = World::new().await;
    world.acts(52, "Ana%Lima", None).await;
    world.try_in(&world.a.email, "hunter2-hunter2", "", "192.0.2.7").await;
    let cookie = world.sign_in(&world.a.auditor).await;
    async fn find_acts(world: &World, cookie: &str, query: &str) -> String {
        world.get(&format!("/app/access?{query}"), cookie).await.body
    }
    for (query, count) in [
        ("who=ana%25l", 50),
        ("who=ana_l", 0),
        ("outcome=denied", 1),
        ("outcome=done&who=auditor", 1),
        ("outcome=strange", 50),
        ("from=2026-11-20&to=2026-11-20", 50),
        ("from=2026-11-21", 0),
        ("to=2026-11-19", 0),
        ("from=2026-02-30", 50),
    ] {
        assert_eq!(count_rows(&find_acts(&world, &cookie, query).await), count, "{query}");
    }
    let page = find_acts(&world, &cookie, "who=ana%25l&outcome=done&from=2026-11-01").await;
    assert!(
        page.contains("What was found")
            && page.contains("value=\"ana%l\"")
            && page.contains("<details open>")
    );
    let older = page.split("href=\"/app/access?before=").nth(1).unwrap().split('"').next().unwrap();
    let older = format!("before={}", older.replace("&#38;", "&").replace("&amp;", "&"));
    assert!(older.ends_with("&who=ana%25l&outcome=done&from=2026-11-01"), "{older}");
    assert_eq!(count_rows(&find_acts(&world, &cookie, &older).await), 2, "of those that were found");
    let backwards = find_acts(&world, &cookie, "from=2026-11-20&to=2026-11-19").await;
    assert!(backwards.contains("is later than “To day”"), "{backwards}");
    let none = find_acts(&world, &cookie, "who=nobody").await;
    assert!(none.contains("Nothing found") && none.contains("Show all rows"), "{none}");
}

#[tokio::test]
async fn an_export_is_what_was_found_or_the_chain_and_an_act_of_its_own() {
    let world = World::new().await;
    world.acts(3, "=cmd()", Some(world.a.sites[0].id)).await;
    let cookie = world.sign_in(&world.a.auditor).await;
    let export =
        async |fields: &str| world.send_form("/app/access", "/app/access/export", &cookie, fields).await;
    let csv = export("as=csv&who=CMD").await;
    assert_eq!((csv.status, csv.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").contains("cleantrack-access-log-2026-11-20.csv"));
    let lines: Vec<&str> = csv.body.trim_end().split("\r\n").collect();
    assert_eq!(
        lines[0],
        "\"Number\",\"When\",\"Last time\",\"Times\",\"Who\",\"Action\",\"About\",\"Facility\",\"Result\""
    );
    let facility = world.a.sites[0].id;
    let row = format!(
        "\"3\",\"2026-11-20T20:05:00Z\",\"2026-11-20T20:05:00Z\",\"1\",\"'=cmd()\",\"Released a box from quarantine\",\"b\",\"{facility}\",\"Done\""
    );
    assert_eq!((lines.len(), lines[1]), (4, row.as_str()));
    let chain = export("as=lines&who=CMD&from=2026-11-20").await;
    assert_eq!(chain.header("content-type"), "application/x-ndjson");
    let mut before = NOTHING;
    let mut whos = Vec::new();
    for line in chain.body.lines() {
        let read: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = read["line"].as_str().unwrap();
        before = chain_hash(before, text);
        assert_eq!(read["hash"], before.to_string(), "{line}");
        whos.push(serde_json::from_str::<audit::AuditLine>(text).unwrap().who);
    }
    let auditor = world.a.auditor.as_str();
    assert_eq!(
        whos,
        ["=cmd()", "=cmd()", "=cmd()", auditor, auditor, auditor],
        "whole, whatever was looked for"
    );
    let rows = world.access().await;
    let acts: Vec<_> = rows.iter().take(2).map(|row| (row.act.as_str(), row.about.as_str())).collect();
    assert_eq!(
        acts,
        [("access-log export", "lines from=\"2026-11-20\""), ("access-log export", "csv who=\"CMD\"")]
    );
    let page = world.get("/app/access", &cookie).await.body;
    assert!(page.contains("Downloaded the access log") && page.contains("Linden Valley Hospital"), "{page}");
    let foreign = world.post("/app/access/export", &cookie, "as=csv&csrf=x").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_has_some_facilities_reads_the_rows_of_those() {
    let world = World::new().await;
    let (own, other) = (world.a.sites[1].id, world.a.sites[0].id);
    world.acts(2, "at-own", Some(own)).await;
    world.acts(3, "at-other", Some(other)).await;
    world.acts(4, "anywhere", None).await;
    let admin = world.sign_in(&world.a.email).await;
    let path =
        world.invite(&admin, &format!("email=tom%40linden.example&role=facility_admin&places={own}")).await;
    let theirs = world.join(&path, "Tom").await;
    let page = world.get("/app/access", &theirs).await;
    assert_eq!((page.status, count_rows(&page.body)), (StatusCode::OK, 2), "{}", page.body);
    assert!(page.body.contains("at-own") && page.body.contains("in your facilities"));
    assert!(!page.body.contains("at-other") && !page.body.contains("anywhere"));
    assert!(!page.body.contains("/app/access/export"), "no file");
    let form = format!("as=csv&csrf={}", csrf(&world.get("/app/me", &theirs).await.body));
    assert_eq!(world.post("/app/access/export", &theirs, &form).await.status, StatusCode::FORBIDDEN);
    // What they are denied there, too.
    let auditor = world.sign_in(&world.a.auditor).await;
    let labels = world.get(&format!("/app/f/{own}/labels"), &auditor).await;
    assert_eq!(labels.status, StatusCode::FORBIDDEN);
    let page = world.get("/app/access", &theirs).await.body;
    assert!(count_rows(&page) == 3 && page.contains("Tried to view a facility"), "{page}");
    let path = world
        .invite(&admin, &format!("email=uma%40linden.example&role=auditor&places={own}&until=2026-12-01"))
        .await;
    let limited = world.join(&path, "Uma").await;
    let page = world.get("/app/access", &limited).await;
    assert!(page.status == StatusCode::OK && !page.body.contains("at-other"), "{}", page.body);
    assert!(!page.body.contains("/app/access/export"), "a part is no chain");
}

#[tokio::test]
async fn an_export_of_several_pages_is_whole_and_in_order() {
    let world = World::new().await;
    world.acts(1_050, "many", None).await;
    let cookie = world.sign_in(&world.a.auditor).await;
    let export =
        async |fields: &str| world.send_form("/app/access", "/app/access/export", &cookie, fields).await;
    let csv = export("as=csv&who=many").await.body;
    fn first_number(line: &str) -> i64 {
        line.split('"').nth(1).unwrap().parse::<i64>().unwrap()
    }
    let numbers: Vec<i64> = csv.trim_end().split("\r\n").skip(1).map(first_number).collect();
    assert!(numbers.len() == 1_050 && numbers.is_sorted_by(|one, next| one > next), "{numbers:?}");
    let chain = export("as=lines").await.body;
    let mut before = NOTHING;
    for line in chain.lines() {
        let read: serde_json::Value = serde_json::from_str(line).unwrap();
        before = chain_hash(before, read["line"].as_str().unwrap());
        assert_eq!(read["hash"], before.to_string());
    }
    assert!(chain.lines().count() > 1_050);
}

/// A file that is taken as its reader likes.
async fn begin_export(
    world: &World,
    router: &Router,
    cookie: &str,
) -> (StatusCode, HeaderMap, BodyDataStream) {
    let page = world.get("/app/access", cookie).await.body;
    let request = Request::post("/app/access/export")
        .header(header::HOST, "relay.example")
        .header(header::ORIGIN, "https://relay.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie);
    let request = request.body(Body::from(format!("as=lines&csrf={}", csrf(&page)))).unwrap();
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (head.status, head.headers, body.into_data_stream())
}

#[tokio::test]
async fn an_export_ends_with_the_right_to_it() {
    let world = World::new().await;
    let router = build_router(world.state.clone()).unwrap();
    world.acts(1_050, "many", None).await;
    for (ends, again) in [
        (
            "UPDATE members SET role = 'technician' WHERE role = 'auditor'",
            "UPDATE members SET role = 'auditor' WHERE role = 'technician'",
        ),
        ("DELETE FROM sessions", "DELETE FROM sessions"),
    ] {
        let cookie = world.sign_in(&world.a.auditor).await;
        let (status, _, mut file) = begin_export(&world, &router, &cookie).await;
        assert_eq!(status, StatusCode::OK);
        assert!(file.next().await.unwrap().is_ok(), "the first page");
        world.change(ends).await;
        let mut rest = file.collect::<Vec<_>>().await;
        assert!(rest.pop().unwrap().is_err(), "it is broken off, so that nobody takes it for whole: {ends}");
        world.change(again).await;
    }
}

#[tokio::test]
async fn two_exports_of_an_account_run_at_a_time() {
    let world = World::new().await;
    let router = build_router(world.state.clone()).unwrap();
    let cookie = world.sign_in(&world.a.auditor).await;
    let begin = async |cookie: &str| begin_export(&world, &router, cookie).await;
    let (first, second) = (begin(&cookie).await, begin(&cookie).await);
    assert_eq!((first.0, second.0), (StatusCode::OK, StatusCode::OK));
    let before = world.access().await.len();
    let (status, headers, _) = begin(&cookie).await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "10"));
    assert_eq!(world.access().await.len(), before, "no file left, and none is said to have");
    let other = world.sign_in(&world.b.email).await;
    assert_eq!(begin(&other).await.0, StatusCode::OK, "of another account");
    assert!(first.2.collect::<Vec<_>>().await.iter().all(Result::is_ok));
    drop(second.2);
    let again = (begin(&cookie).await, begin(&cookie).await);
    assert_eq!((again.0.0, again.1.0), (StatusCode::OK, StatusCode::OK), "one was taken whole, one was left");
}

#[tokio::test]
async fn whoever_tries_ids_of_another_account_is_in_their_own_log() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    async fn count_denied(world: &World) -> i64 {
        let sql = "SELECT COUNT(*) FROM audit WHERE outcome = 'denied' AND about = 'not-found' AND facility IS NULL";
        world.count(sql).await
    }
    let (foreign, own) = (&world.b.sites[0], &world.a.sites[0]);
    assert_eq!(world.get(&format!("/app/f/{}", own.id), &cookie).await.status, StatusCode::OK);
    assert_eq!(count_denied(&world).await, 0);
    for n in 1..=3 {
        let got = world.get(&format!("/app/f/{}", foreign.id), &cookie).await;
        assert_eq!(
            (got.status, count_denied(&world).await),
            (StatusCode::NOT_FOUND, 1),
            "a row that counts: {n}"
        );
    }
    let path = format!("/api/v1/cleanings?facility={}", foreign.id);
    assert_eq!(world.api(&path, &world.a.token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(count_denied(&world).await, 2);
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("They see nothing of this name"), "{log}");
    let others = world.get("/app/access", &world.sign_in(&world.b.email).await).await.body;
    assert!(!others.contains("They see nothing of this name"), "{others}");
}

#[tokio::test]
async fn ids_that_somebody_makes_up_make_no_rows_of_their_own() {
    let world = World::new().await;
    let auditor = world.sign_in(&world.a.auditor).await;
    let before = world.count("SELECT COUNT(*) FROM audit").await;
    for n in 0..20 {
        let facility = record::ids::FacilityId::new(n, [9; 10]);
        world.get(&format!("/app/f/{facility}/labels"), &auditor).await;
    }
    let foreign = format!("/app/f/{}/labels", world.b.sites[0].id);
    assert_eq!(world.get(&foreign, &auditor).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.count("SELECT COUNT(*) FROM audit").await, before + 1, "one row that counts");
    world.get(&format!("/app/f/{}/labels", world.a.sites[0].id), &auditor).await;
    assert_eq!(
        world.count("SELECT COUNT(*) FROM audit WHERE facility IS NOT NULL AND outcome = 'denied'").await,
        1
    );
}
