//! Changes of who may sign in, and how, are in the log, and on the page of the person concerned.

use record::entry::CommandSource;
use record::kinds::{AccessChange, AccessChanged};
use service::clock::Clock as _;

use super::staff_pages::{Desk, desk, person};
use crate::web::tests::programs::calls::program;
use crate::web::tests::*;

pub(in crate::web::tests) fn changes_since(
    world: &World,
    size: u64,
) -> Vec<(AccessChanged, Option<StaffId>)> {
    let reader = world.state.store.reader().unwrap();
    let entries = (size..world.size()).map(|seq| reader.entry(seq).unwrap().unwrap());
    let changes = entries.filter_map(|entry| match entry.event() {
        Event::AccessChanged(change) => Some((*change, entry.head().by.staff)),
        _ => None,
    });
    changes.collect()
}

pub(in crate::web::tests) fn first_member(world: &World) -> StaffId {
    *world.state.store.facility().staff.keys().next().unwrap()
}

async fn make_token(admin: &Desk<'_>, name: &str) -> Answer {
    let page = admin.get("/staff/programs/new").await;
    let submission = page.hidden("submission");
    let form = [("name", name), ("scope", "record"), ("days", "30"), ("submission", submission.as_str())];
    admin.post("/staff/programs/new", &page.hidden("form"), &form).await
}

#[tokio::test]
async fn each_act_makes_its_entry_and_stands_on_the_page_of_the_person() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let tom = first_member(&world);
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let (path, size) = (format!("/staff/people/{ada}"), world.size());
    let page = admin.get(&path).await;
    page.is(200).has_not("Changes of access");
    let token = page.hidden("form");
    let set =
        async |pin: &str| admin.post(&format!("{path}/pin"), &token, &[("pin", pin), ("again", pin)]).await;
    set("12").await.is(422);
    assert_eq!(world.size(), size, "nothing was set");
    set("839204").await.is(303);
    world.state.identity.sessions.begin(ada, &world.clock.now()).unwrap();
    for _ in 0..2 {
        admin.post(&format!("{path}/sign-out"), &token, &[]).await.is(303);
        admin.post(&format!("{path}/pin/clear"), &token, &[]).await.is(303);
    }
    let about_ada = |what| (AccessChanged::new(what, Some(ada)), Some(tom));
    assert_eq!(
        changes_since(&world, size),
        [AccessChange::PinSet, AccessChange::SignedOut, AccessChange::PinRemoved].map(about_ada),
        "what was so already makes no entry"
    );
    let page = admin.get(&path).await;
    page.has("Changes of access").has("PIN set: ").has("Signed out everywhere: ").has("PIN removed: ");
    let text = page.read();
    assert!(text.find("PIN removed: ") < text.find("PIN set: "), "newest first");
    assert!(text.contains("by Tom Nguyen"), "{text}");
    assert!(!text.contains("839204"));
    let size = world.size();
    world.state.identity.sessions.begin(ada, &world.clock.now()).unwrap();
    admin.post("/staff/people/sign-out", &token, &[]).await.is(303);
    set("839204").await.is(303);
    admin.post(&format!("{path}/leave"), &token, &[]).await.is(303);
    let everybody = (AccessChanged::new(AccessChange::SignedOut, None), Some(tom));
    let [set_again, removed] = [AccessChange::PinSet, AccessChange::PinRemoved].map(about_ada);
    assert_eq!(changes_since(&world, size), [everybody, set_again, removed]);
}

#[tokio::test]
async fn whoever_chooses_another_pin_of_their_own_is_named() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let size = world.size();
    let token = tablet.get("/staff/me/pin").await.hidden("form");
    let form = |present| [("present", present), ("pin", "5555"), ("again", "5555")];
    tablet.post("/staff/me/pin", &token, &form("0815")).await.is(422);
    assert_eq!(world.size(), size, "the present one was wrong");
    tablet.post("/staff/me/pin", &token, &form("471147")).await.is(303);
    let tom = first_member(&world);
    let change = AccessChanged::new(AccessChange::PinSet, Some(tom));
    assert_eq!(changes_since(&world, size), [(change, Some(tom))]);
}

#[tokio::test]
async fn tokens_are_named_by_what_they_are_for() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let (tom, size) = (first_member(&world), world.size());
    let made = make_token(&admin, "CMMS <1>").await;
    made.is(200).has("Copy the token now");
    let row = world.state.identity.tokens.all().remove(0);
    let path = format!("/staff/programs/{}/revoke", row.id);
    let token = admin.get(&path).await.hidden("form");
    admin.post(&path, &token, &[]).await.is(303);
    let change = |what| AccessChanged {
        name: "CMMS <1>".to_owned(),
        scope: Some("record".parse().unwrap()),
        until: row.expires_ms,
        ..AccessChanged::new(what, Some(tom))
    };
    assert_eq!(
        changes_since(&world, size),
        [AccessChange::TokenMade, AccessChange::TokenRevoked].map(|what| (change(what), Some(tom)))
    );
    let page = admin.get(&format!("/staff/people/{tom}")).await.read();
    assert!(page.contains("Token created: CMMS &#60;1&#62;, "), "{page}");
    let text = made.text();
    let at = text.find("ct_").unwrap();
    let reader = world.state.store.reader().unwrap();
    for seq in size..world.size() {
        assert!(
            !reader.entry(seq).unwrap().unwrap().as_str().contains(&text[at + 12..at + 55]),
            "its secret"
        );
    }
}

#[tokio::test]
async fn a_token_that_came_in_the_clear_is_in_the_log_as_revoked_by_the_box() {
    let world = World::new().await;
    let reads = program(&world, ApiTokenScope::Read);
    let size = world.size();
    for _ in 0..2 {
        let request = reads.authorize(Request::get("/api/v1/equipment").body(Body::empty()).unwrap());
        world.send(request, false).await.is(400).has("in the clear");
    }
    let changes = changes_since(&world, size);
    let [(change, None)] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(change.what, AccessChange::TokenRevoked);
    let entry = world.state.store.reader().unwrap().entry(size).unwrap().unwrap();
    assert_eq!(entry.head().by.via, CommandSource::Box);
}
