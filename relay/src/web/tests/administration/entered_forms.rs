//! What somebody entered into a form that the relay did not take, for no fault of theirs.

use axum::http::StatusCode;

use crate::accounts::switches::RelaySwitch;
use crate::db::PlatformReason;
use crate::db::operation::switches::{NewSwitch, platform_set};
use crate::web::tests::authentication::mailed_links::region_mark;
use crate::web::tests::world::{DAY_MS, NOW_MS, World, csrf};

async fn pause(world: &World, is_on: bool) {
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let switch = NewSwitch { scope: None, switch: RelaySwitch::ReadOnly.key(), is_on, set_by: "operator" };
    platform_set(&mut tx, &switch, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    world.clock.advance_ms(5_000);
}

fn offered(page: &str) -> String {
    let form = page.split("<form method=\"post\" action=\"/app/regions\">").nth(1).expect("a form");
    let form = form.split("</form>").next().unwrap();
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        format!("{name}={}", rest.split('"').next().unwrap().replace(' ', "+"))
    });
    fields.collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn a_form_that_a_paused_relay_refuses_can_be_sent_once_more() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let token = csrf(&world.get("/app/regions", &cookie).await.body).to_owned();
    pause(&world, true).await;
    let fields = format!("csrf={token}&name=North+Wing");
    let refused = world.post("/app/regions", &cookie, &fields).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.body.contains("readonly>North Wing</textarea>"), "{}", refused.body);
    let again = offered(&refused.body);
    assert_eq!(again, fields);
    let still = world.post("/app/regions", &cookie, &again).await;
    assert_eq!(offered(&still.body), fields, "as often as it takes");
    pause(&world, false).await;
    assert_eq!(world.post("/app/regions", &cookie, &again).await.status, StatusCode::SEE_OTHER);
    assert!(world.get("/app/regions", &cookie).await.body.contains("North Wing"));
}

#[tokio::test]
async fn what_was_entered_when_the_session_ended_stays_on_the_page() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/regions", &cookie).await.body;
    let fields =
        format!("csrf={}&seen={}&name=North+Wing&password=plum+orbit", csrf(&page), region_mark(&page));
    world.clock.advance_ms(400 * DAY_MS);
    let refused = world.post("/app/regions", &cookie, &fields).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.body);
    assert!(refused.body.contains("readonly>North Wing</textarea>"), "{}", refused.body);
    assert!(
        refused.body.contains("href=\"/login?next=/app/regions&#38;done=ended\" target=\"_blank\""),
        "{}",
        refused.body
    );
    assert!(
        !refused.body.contains("plum")
            && !refused.body.contains("<form method=\"post\" action=\"/app/regions\"")
    );
    // Nobody was signed in, or nothing was entered: there is only the way to sign in.
    for (cookie, fields) in [("", "name=North+Wing"), (cookie.as_str(), "csrf=x&act=delete")] {
        let sent = world.post("/app/regions", cookie, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{fields}");
    }
}

#[tokio::test]
async fn a_form_of_an_earlier_session_is_said_again_and_sent_by_no_press() {
    let world = World::new().await;
    let earlier = world.sign_in(&world.a.email).await;
    let token = csrf(&world.get("/app/regions", &earlier).await.body).to_owned();
    let cookie = world.sign_in(&world.a.email).await;
    let fields = format!("csrf={token}&name=North+Wing&confirm-password=plum+orbit");
    let expired = world.post("/app/regions", &cookie, &fields).await;
    assert_eq!(expired.status, StatusCode::FORBIDDEN);
    pause(&world, true).await;
    let paused = world.post("/app/regions", &cookie, &fields).await;
    assert_eq!(paused.status, StatusCode::SERVICE_UNAVAILABLE);
    for refused in [expired, paused] {
        assert!(refused.body.contains("readonly>North Wing</textarea>"), "{}", refused.body);
        assert!(!refused.body.contains("<form method=\"post\" action=\"/app/regions\""), "{}", refused.body);
        assert!(!refused.body.contains("plum"), "a password is said to nobody");
    }
}
