//! The page of people: what an admin does to somebody, and what is left of it.

use axum::http::StatusCode;

use super::world::{PASSWORD, World, csrf};
use crate::accounts::access_log::AccessLog;
use crate::accounts::people::{self, PeopleError, PersonAct};
use crate::db::exec;

impl World {
    /// Sends a form of one button from the page at `path`.
    async fn press(&self, path: &str, cookie: &str, act: &str) -> StatusCode {
        let page = self.get(path, cookie).await;
        self.post(path, cookie, &format!("csrf={}&act={act}", csrf(&page.body))).await.status
    }
}

#[tokio::test]
async fn an_admin_sees_who_signs_in() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.sign_in(&world.a.email).await;
    let page = world.get("/app/people", &cookie).await.body;
    for words in
        ["2 people", "admin@linden.example", "auditor@linden.example", "in 2 browsers", "nowhere", "never"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("zebra"), "nobody of another account");
    let one = world.get(&format!("/app/people/{}", world.admin_id()), &cookie).await.body;
    assert!(one.contains("Sign out everywhere") && !one.contains("value=\"disable\""), "{one}");
}

#[tokio::test]
async fn somebody_is_signed_out_everywhere_disabled_and_let_in_again() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let theirs = world.try_in(&world.a.auditor, PASSWORD, "", "127.0.0.1").await;
    let (session, device) = (theirs.cookie(), theirs.device());
    let path = format!("/app/people/{}", world.a.user_id);
    assert_eq!(world.press(&path, &cookie, "sign-out").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &session).await.status, StatusCode::SEE_OTHER);
    let again = world.try_in(&world.a.auditor, PASSWORD, &device, "127.0.0.1").await;
    assert!(
        again.status == StatusCode::SEE_OTHER && again.device() != device,
        "the lost phone is a stranger"
    );
    assert_eq!(world.press(&path, &cookie, "disable").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &again.cookie()).await.status, StatusCode::SEE_OTHER);
    let kept_out = world.try_in(&world.a.auditor, PASSWORD, &device, "127.0.0.1").await;
    assert_eq!(kept_out.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.get(&path, &cookie).await.body.contains("Let them sign in again"));
    assert_eq!(world.press(&path, &cookie, "enable").await, StatusCode::SEE_OTHER);
    world.sign_in(&world.a.auditor).await;
    let log = world.get("/app/access", &cookie).await.body;
    for act in ["Signed a person out everywhere", "Disabled a person", "Let a person sign in again"] {
        assert_eq!(log.matches(&format!(">{act}<")).count(), 1, "{act}: {log}");
    }
}

#[tokio::test]
async fn nobody_locks_the_account() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let own = format!("/app/people/{}", world.admin_id());
    assert_eq!(world.press(&own, &cookie, "disable").await, StatusCode::UNPROCESSABLE_ENTITY, "oneself");
    let log = AccessLog { clock: &*world.state.clock, random: &*world.state.random };
    let mut tx = world.db.begin().await.unwrap();
    let (scope, who) = (world.a.scope, "operator");
    let last = people::change(&mut tx, scope, (log, who, None), &world.a.email, PersonAct::Disable).await;
    assert!(matches!(last, Err(PeopleError::LastAdmin)), "{last:?}");
    drop(tx);
    let mut tx = world.db.begin().await.unwrap();
    let none = people::change(&mut tx, scope, (log, who, None), &world.b.email, PersonAct::Disable).await;
    assert!(matches!(none, Err(PeopleError::NoSuch)), "another account's: {none:?}");
    drop(tx);
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::OK);
    assert!(!world.get("/app/access", &cookie).await.body.contains(">Disabled a person<"), "nothing was done");
}

#[tokio::test]
async fn an_account_admin_does_nothing_about_a_platform_admin() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let theirs = world.sign_in(&world.a.auditor).await;
    let make = |role: &'static str, user: String| {
        let (db, scope) = (world.db.clone(), world.a.scope);
        async move {
            let mut tx = db.begin().await.unwrap();
            let sql = "UPDATE users SET role = $1 WHERE account = $2 AND user_id = $3";
            exec!(tx, sql, role, scope.key(), user).unwrap();
            tx.commit().await.unwrap();
        }
    };
    make("super_admin", world.a.user_id.to_string()).await;
    let path = format!("/app/people/{}", world.a.user_id);
    for act in ["disable", "sign-out", "enable"] {
        assert_eq!(world.press(&path, &cookie, act).await, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
    }
    assert_eq!(world.get("/app/me", &theirs).await.status, StatusCode::OK);
    make("super_admin", world.admin_id().to_string()).await;
    assert_eq!(world.press(&path, &cookie, "disable").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &theirs).await.status, StatusCode::SEE_OTHER);
}
