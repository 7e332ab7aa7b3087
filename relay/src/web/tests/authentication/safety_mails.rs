//! What people are notified of about their credentials, and in which accounts' logs it is recorded.

use axum::http::StatusCode;
use record::ids::UserId;

use super::oidc::{OidcWorld, is_in};
use super::second_factor::step_cookie;
use crate::accounts::UserRole;
use crate::accounts::members::people::{NewMember, forget_factors};
use crate::accounts::records::access_log::AccessLog;
use crate::accounts::records::person_log::SafetyNotices;
use crate::db::access_log::audit;
use crate::db::{AccountScope, PlatformReason, opt};
use crate::web::tests::world::{DAY_MS, NOW_MS, PASSWORD, World};

impl World {
    async fn count_mails(&self, kind: &'static str) -> i64 {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await.unwrap();
        opt!(conn, (i64,), "SELECT COUNT(*) FROM mails WHERE kind = $1", kind).unwrap().unwrap().0
    }

    async fn written(&self, scope: AccountScope, act: &str) -> usize {
        let mut conn = self.db.read(scope).await.unwrap();
        let rows = audit::list_acts(&mut conn, &audit::AuditFilter::default(), i64::MAX, 200).await.unwrap();
        rows.iter().filter(|row| row.act == act).count()
    }

    /// B's admin is of A, too.
    async fn join_both(&self) {
        let new = NewMember {
            id: UserId::new(NOW_MS, [78; 10]),
            email: &self.b.email,
            name: "Priya",
            verified_ms: Some(NOW_MS),
            role: UserRole::Technician,
            password_hash: "",
        };
        self.add_member(self.a.scope, &new).await;
    }

    async fn guess_codes(&self) -> usize {
        let begun = self.try_in(&self.a.email, PASSWORD, "", "192.0.2.9").await;
        let step = step_cookie(&begun);
        for n in 1..100 {
            if self.show_code(&step, "000000").await.status == StatusCode::TOO_MANY_REQUESTS {
                return n;
            }
        }
        panic!("guesses are endless");
    }
}

#[tokio::test]
async fn whoevers_codes_are_guessed_at_is_told_once_a_day() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.set_app_up(&cookie).await;
    assert_eq!(world.count_mails("wrong-codes").await, 0);
    assert!(world.guess_codes().await > 1, "a few wrong codes are nothing");
    assert_eq!(world.count_mails("wrong-codes").await, 1);
    world.guess_codes().await;
    assert_eq!(world.count_mails("wrong-codes").await, 1, "once a day");
    world.clock.advance_ms(DAY_MS);
    world.guess_codes().await;
    assert_eq!(world.count_mails("wrong-codes").await, 2);
}

#[tokio::test]
async fn factors_stand_in_the_log_of_each_account_of_their_person() {
    let world = World::new().await;
    world.join_both().await;
    let (a, b) = (world.a.scope, world.b.scope);
    let cookie = world.sign_in(&world.b.email).await;
    world.set_app_up(&cookie).await;
    for (scope, name) in [(a, "a"), (b, "b")] {
        assert_eq!(world.written(scope, "second factor add").await, 1, "{name}");
    }
    let log = AccessLog { clock: &*world.state.clock, random: &*world.state.random };
    let notices = SafetyNotices { log, mail: &world.state.mail, public_url: "https://relay.example" };
    let tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    forget_factors(tx, a, notices, &world.b.email).await.unwrap().commit().await.unwrap();
    assert_eq!(world.count_mails("factors-forgotten").await, 1);
    for (scope, name) in [(a, "a"), (b, "b")] {
        assert_eq!(world.written(scope, "admin forget-factors").await, 1, "{name}");
    }
}

#[tokio::test]
async fn the_owner_is_told_of_whoever_came_uninvited() {
    let oidc = OidcWorld::new().await;
    for n in 0..12 {
        assert!(is_in(&oidc.come(&format!("new-{n}"), &format!("new-{n}@linden.example")).await));
    }
    assert_eq!(oidc.world.count_mails("new-colleague").await, 10, "not more at once");
    assert!(is_in(&oidc.come("new-1", "new-1@linden.example").await));
    assert_eq!(oidc.world.count_mails("new-colleague").await, 10, "they are known");
}
