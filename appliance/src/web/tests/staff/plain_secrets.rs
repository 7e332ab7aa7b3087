//! PINs that come without HTTPS: the same answer on every page, and another PIN for their owner.

use service::clock::Clock as _;

use super::staff_pages::{Desk, desk, person};
use crate::web::tests::*;

const PIN: &str = "1111";

/// What a page says, but for what is new in each.
fn words(answer: &Answer) -> String {
    answer.text().split("Request ").next().unwrap().to_owned()
}

async fn sign_in<'a>(world: &'a World, staff: &str, pin: &str) -> (Desk<'a>, String) {
    let form = [("staff", staff), ("pin", pin), ("next", "/staff/equipment")];
    let answer = world.send(posted("/staff/sign-in", &form), true).await;
    (Desk { world, cookie: answer.is(303).cookies() }, answer.location())
}

#[tokio::test]
async fn a_pin_that_came_in_the_clear_is_changed_before_anything_else() {
    let world = World::new().await;
    let staff = person(&world, "Ada", StaffRole::Technician, PIN).await;
    let ada = staff.to_string();
    let (open, to) = sign_in(&world, &ada, PIN).await;
    assert_eq!(to, "/staff/equipment");
    let form = open.get("/staff/me").await.hidden("form");
    let scan = format!("/t/{}", world.pump);
    let problem = format!("{scan}/problem");
    let size = world.size();
    let mut answers = Vec::new();
    for path in [&*scan, &*problem, "/staff/sign-in"] {
        for pin in ["0000", PIN] {
            let answer = world.post(path, &[("staff", &ada), ("pin", pin), ("what", "broken")]).await;
            answer.is(400).has("This page is not secure. Your PIN was not used; change it.");
            answers.push(words(&answer));
        }
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "nobody learns whether it was right");
    assert_eq!(world.size(), size);
    let (tablet, to) = sign_in(&world, &ada, PIN).await;
    assert!(to.starts_with("/staff/me/pin?"), "{to}");
    tablet.get(&to).await.is(200).has("was sent without HTTPS").has_not("Continue without a new PIN");
    let to = tablet.get("/staff/equipment?q=pump").await.is(303).location();
    assert!(to.starts_with("/staff/me/pin?"), "{to}");
    // A form that was open is taken: nothing that somebody filled in is lost.
    open.post("/staff/me/tablet", &form, &[("use", "shared")]).await.is(303);
    let token = tablet.get("/staff/me/pin").await.hidden("form");
    let change = async |pin: &str| {
        let form = [("present", PIN), ("pin", pin), ("again", pin), ("next", "/staff/equipment")];
        tablet.post("/staff/me/pin", &token, &form).await
    };
    change(PIN).await.is(422).has("This is the PIN that others could read");
    assert_eq!(change("5566").await.is(303).location(), "/staff/equipment");
    tablet.get("/staff/equipment").await.is(200);
    assert_eq!(sign_in(&world, &ada, "5566").await.1, "/staff/equipment");
}

#[tokio::test]
async fn a_stranger_who_guesses_forces_nothing() {
    let world = World::new().await;
    let staff = person(&world, "Ada", StaffRole::Technician, PIN).await;
    let ada = staff.to_string();
    let (_, _) = sign_in(&world, &ada, PIN).await;
    let scan = format!("/t/{}", world.pump);
    let clear = async |pin: &str| {
        world.clock.advance(std::time::Duration::from_secs(1));
        world.post(&scan, &[("staff", &ada), ("pin", pin)]).await.is(400);
        world.state.identity.pins.is_exposed(staff)
    };
    for n in 0..10 {
        assert!(!clear(&format!("{n:04}")).await);
    }
    assert!(!clear(PIN).await, "behind the last try nothing is looked at");
    assert_eq!(world.state.identity.pins.alarms(world.clock.now().wall_ms).unwrap(), []);
    // Tries come back one by one, and one that was right is counted as well.
    world.clock.advance(std::time::Duration::from_secs(20 * 60));
    assert!(clear(PIN).await);
    let own = [("staff", &*ada), ("pin", "9999")];
    world.send(posted("/staff/sign-in", &own), true).await.is(422).has("Too many attempts");
    world.post(&scan, &[("staff", "nobody"), ("pin", PIN)]).await.is(400);
    world.post(&scan, &[("pin", PIN)]).await.is(400);
}

#[tokio::test]
async fn staff_pages_say_so_of_every_field_with_a_pin_and_else_lead_to_https() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Technician).await;
    let _ = tom.get("/staff/me").await;
    for field in ["pin", "own_pin", "present", "again"] {
        world.post("/staff/me/pin", &[(field, PIN)]).await.is(400).has("Your PIN was not used; change it.");
    }
    world.post("/staff/me/pin", &[("pin", " ")]).await.is(403).has("Staff pages need HTTPS");
    world.get("/staff/me/pin").await.is(403).has("Staff pages need HTTPS");
}
