//! The page at which people of one account sign in: by its short name, by an earlier one, and what whoever guesses sees.

use axum::http::StatusCode;
use record::ids::UserId;

use super::oidc::OidcWorld;
use crate::accounts::UserRole;
use crate::accounts::credentials::password::create_hash;
use crate::accounts::members::people::NewMember;
use crate::web::tests::world::{DAY_MS, NOW_MS, PASSWORD, World, csrf};

const LINDEN: &str = "/o/linden-health-partners";

/// Whoever has this cookie gives their account another short name; what the answer says.
pub(in crate::web::tests) async fn change_slug(
    world: &World,
    cookie: &str,
    slug: &str,
) -> (StatusCode, String) {
    let token = csrf(&world.get("/app/me", cookie).await.body).to_owned();
    let got = world.post("/app/brand", cookie, &format!("csrf={token}&act=slug&slug={slug}")).await;
    (got.status, got.body)
}

#[tokio::test]
async fn people_sign_in_at_a_page_of_their_account() {
    let world = World::new().await;
    let page = world.get(LINDEN, "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<h1>Sign in to Linden Health Partners</h1>"), "{}", page.body);
    assert!(page.body.contains("action=\"/login\"") && !page.body.contains("Zebra"), "{}", page.body);
    // Whoever guesses sees what everybody sees.
    let everybody = world.get("/login", "").await.body;
    for guess in ["/o/linden", "/o/x", "/o/linden-health-partners-2", "/o/%F0%9F%92%A5", "/o/..", "/o/'--"] {
        let got = world.get(guess, "").await;
        assert_eq!((got.status, got.body.as_str()), (StatusCode::OK, everybody.as_str()), "{guess}");
    }
    let cookie = world.sign_in(&world.a.email).await;
    assert_eq!(world.get(LINDEN, &cookie).await.header("location"), "/app", "they are in already");
    let form = world.get("/app/brand", &cookie).await.body;
    assert!(form.contains("https://relay.example/o/linden-health-partners"), "{form}");
    let look = format!("csrf={}&name=Linden+Care&accent=7F1A14", csrf(&form));
    assert_eq!(world.post("/app/brand", &cookie, &look).await.status, StatusCode::SEE_OTHER);
    let page = world.get(LINDEN, "").await.body;
    assert!(page.contains("Sign in to Linden Care") && page.contains("/brand/7f1a14.css"), "{page}");
}

#[tokio::test]
async fn an_earlier_short_name_leads_on_for_a_year() {
    let world = World::new().await;
    let (a, b) = (world.sign_in(&world.a.email).await, world.sign_in(&world.b.email).await);
    assert_eq!(change_slug(&world, &a, "Linden").await.0, StatusCode::SEE_OTHER);
    assert_eq!(change_slug(&world, &a, "linden").await.0, StatusCode::SEE_OTHER, "as it is");
    let led = world.get(&format!("{LINDEN}?next=/app/people"), "").await;
    assert_eq!(led.header("location"), "/o/linden?next=/app/people");
    assert_eq!(world.get("/o/LINDEN", "").await.header("location"), "/o/linden?next=/app");
    for taken in ["linden", "linden-health-partners"] {
        let (status, body) = change_slug(&world, &b, taken).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{taken}");
        assert!(body.contains("Another account has this short name"), "{body}");
    }
    for wrong in ["", "ab", "a%20b%20c", "-linden", &"x".repeat(41)] {
        let (status, body) = change_slug(&world, &b, wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(body.contains("Enter 3 to 40 letters"), "{body}");
    }
    assert_eq!(
        change_slug(&world, &a, "linden-health-partners").await.0,
        StatusCode::SEE_OTHER,
        "its own again"
    );
    assert_eq!(world.get(LINDEN, "").await.status, StatusCode::OK);
    for n in 0..4 {
        assert_eq!(change_slug(&world, &a, &format!("linden-{n}")).await.0, StatusCode::SEE_OTHER);
    }
    let (status, body) = change_slug(&world, &a, "linden-9").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("changed five times in a year"), "{body}");
    let log = world.get("/app/access", &a).await.body;
    assert!(log.contains("Changed the account’s short name") && log.contains("linden-3"), "{log}");
    // A year later it is anybody's.
    world.clock.advance_ms(365 * DAY_MS);
    let everybody = world.get("/login", "").await.body;
    assert_eq!(world.get("/o/linden", "").await.body, everybody);
    let b = world.sign_in(&world.b.email).await;
    assert_eq!(change_slug(&world, &b, "linden").await.0, StatusCode::SEE_OTHER);
    assert!(world.get("/o/linden", "").await.body.contains("Sign in to Zebra Health Partners"));
}

#[tokio::test]
async fn its_owner_alone_changes_the_short_name() {
    let world = World::new().await;
    let new = NewMember {
        id: UserId::new(NOW_MS, [77; 10]),
        email: "second@linden.example",
        name: "Second",
        verified_ms: Some(NOW_MS),
        role: UserRole::AccountAdmin,
        password_hash: &create_hash(PASSWORD).unwrap(),
    };
    world.add_member(world.a.scope, &new).await;
    let second = world.sign_in("second@linden.example").await;
    let form = world.get("/app/brand", &second).await.body;
    assert!(form.contains(LINDEN) && !form.contains("name=\"slug\""), "{form}");
    assert_eq!(change_slug(&world, &second, "second").await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.get(LINDEN, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_a_provider_is_enforced_the_page_leads_to_it() {
    let oidc = OidcWorld::new().await;
    let page = oidc.world.get(LINDEN, "").await.body;
    let account = oidc.world.a.scope.account();
    assert!(page.contains("type=\"password\""), "{page}");
    assert!(page.contains(&format!("href=\"/organisation/{account}?next=/app\"")), "{page}");
    oidc.world.offer_app(&oidc.cookie).await;
    assert_eq!(oidc.act("act=enforce").await.status, StatusCode::SEE_OTHER);
    let page = oidc.world.get(LINDEN, "").await.body;
    assert!(page.contains("Continue at login.example") && !page.contains("type=\"password\""), "{page}");
}
