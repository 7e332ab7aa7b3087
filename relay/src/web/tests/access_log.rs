//! The log of access: what is written, for whom, that it holds no secret, and that nobody can fill it.

use axum::http::StatusCode;
use service::clock::Clock as _;

use super::world::{DAY_MS, MINUTE_MS, NOW_MS, PASSWORD, World, csrf};
use crate::accounts::access_log::RETENTION_MS;
use crate::accounts::retention;
use crate::db::PlatformReason;
use crate::db::audit::{self, AuditRow};
use crate::db::{Db, exec, tokens};

impl World {
    async fn access(&self) -> Vec<AuditRow> {
        audit::rows_before(&mut self.db.read(self.a.scope).await.unwrap(), "~", 1_000).await.unwrap()
    }

    pub(super) async fn count(&self, sql: &'static str) -> i64 {
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
    let made = world.post("/app/programs", &cookie, &format!("csrf={csrf}&name=Warehouse&days=9")).await.body;
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
    world.clock.advance_ms(-ahead_ms);
    assert!(round().await.is_some(), "set right, it goes on");
    // Weeks without a word: a box that tells something new bears the clock out.
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

#[tokio::test]
async fn older_rows_have_pages() {
    let world = World::new().await;
    for _ in 0..101 {
        world.clock.advance_ms(MINUTE_MS);
        world.api("/api/v1/equipment", &world.a.token).await;
        let mut tx = world.db.write(world.a.scope).await.unwrap();
        let record = crate::accounts::access_log::AccessRecord { who: "w", act: "a", about: "b" };
        let log =
            crate::accounts::access_log::AccessLog { clock: &*world.clock, random: &*world.state.random };
        log.write_act(&mut tx, record).await.unwrap();
        tx.commit().await.unwrap();
    }
    let cookie = world.sign_in(&world.a.auditor).await;
    let page = world.get("/app/access", &cookie).await.body;
    assert_eq!(page.matches("scope=\"row\"").count(), 100);
    let older = page.split("href=\"/app/access?before=").nth(1).unwrap().split('"').next().unwrap();
    let page = world.get(&format!("/app/access?before={older}"), &cookie).await.body;
    assert_eq!(page.matches("scope=\"row\"").count(), 2);
    assert!(page.contains("The newest") && !page.contains("?before="));
}
