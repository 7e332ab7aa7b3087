//! The page of whoever runs the platform.

use axum::http::StatusCode;
use record::ids::{RelayJobId, UserId};

use crate::accounts::UserRole;
use crate::accounts::credentials::password::create_hash;
use crate::accounts::members::people::NewMember;
use crate::db::{AccountScope, PlatformReason, exec};
use crate::web::tests::world::{NOW_MS, PASSWORD, World, csrf};

pub(in crate::web::tests) const EMAIL: &str = "ops@relay.example";

impl World {
    pub(in crate::web::tests) async fn add_platform_owner(&self, scope: AccountScope) {
        let new = NewMember {
            id: UserId::new(NOW_MS, [9; 10]),
            email: EMAIL,
            name: "Operations",
            verified_ms: Some(NOW_MS),
            role: UserRole::SuperAdmin,
            password_hash: &create_hash(PASSWORD).unwrap(),
        };
        self.add_member(scope, &new).await;
    }

    pub(in crate::web::tests) async fn bury_job(&self, error: &str) -> RelayJobId {
        let job = RelayJobId::new(NOW_MS, [3; 10]);
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        let sql = "INSERT INTO jobs (job, kind, key, body, lane, run_ms, rest_ms, made_ms, set_ms, tries, asked, state, lease_ms, error) \
                   VALUES ($1, 'forget', 'forget', '', 2, $2, 0, $2, $2, 8, 1, 'dead', 0, $3)";
        exec!(tx, sql, job.to_string(), NOW_MS, error.to_owned()).unwrap();
        tx.commit().await.unwrap();
        job
    }
}

#[tokio::test]
async fn what_was_given_up_is_tried_again_by_whoever_runs_the_platform() {
    let world = World::new().await;
    world.add_platform_owner(world.b.scope).await;
    let admin = world.sign_in(&world.a.email).await;
    assert_eq!(world.get("/app/platform", &admin).await.status, StatusCode::FORBIDDEN, "an account's admin");
    let cookie = world.sign_in(EMAIL).await;
    let led = world.get("/app/platform", &cookie).await;
    assert_eq!(led.header("location"), "/app/me/factors/new", "with a second factor only");
    world.offer_app(&cookie).await;
    let job = world.bury_job("the disk is full <b>").await;
    let page = world.get("/app/platform", &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for words in ["Linden", "Zebra", "2 accounts", "the disk is full &#60;b&#62;", "8 tries", "given up"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("Valley Hospital"), "nothing of what is in an account");
    let path = format!("/app/platform/jobs/{job}");
    let form = format!("csrf={}", csrf(&page.body));
    assert_eq!(world.post(&path, &admin, &form).await.status, StatusCode::FORBIDDEN);
    let done = world.post(&path, &cookie, &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let after = world.get(done.header("location"), &cookie).await.body;
    assert!(
        after.contains("It waits to be tried again.") && after.contains("No work was given up."),
        "{after}"
    );
    assert_eq!(world.post(&path, &cookie, &form).await.status, StatusCode::CONFLICT, "once");
    assert!(world.get("/app/access", &cookie).await.body.contains("Had a job tried again"));
}
