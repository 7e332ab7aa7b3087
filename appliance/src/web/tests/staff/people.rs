//! The list of staff: who sees it, who changes it, and what becomes of PINs.

use http::header::CONTENT_LANGUAGE;
use serde_json::json;
use service::clock::Clock as _;

use super::staff_pages::{Desk, desk, person};
use crate::identity::{PinAttempt, PinOutcome};
use crate::intake::StaffChange;
use crate::web::tests::programs::calls::program;
use crate::web::tests::*;

pub(in crate::web::tests) fn try_pin(world: &World, staff: StaffId, pin: &str) -> PinOutcome {
    let device = record::ids::DeviceId::of_secret(&[7; 32]);
    let attempt = PinAttempt { staff, pin: pin.into(), device, address: [10, 0, 0, 9].into(), now_ms: NOW };
    world.state.identity.check_pin(&attempt).unwrap()
}

async fn add(desk: &Desk<'_>, name: &str, role: &str) -> Answer {
    let page = desk.get("/staff/people/new").await;
    let submission = page.hidden("submission");
    let form = [("name", name), ("role", role), ("submission", submission.as_str())];
    desk.post("/staff/people/new", &page.hidden("form"), &form).await
}

#[tokio::test]
async fn an_admin_adds_changes_and_lets_go() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    admin.get("/staff/").await.has("href=\"/staff/people\"");
    add(&admin, " ", "biomed").await.is(422).has("Enter the person’s name").has("value=\"biomed\" selected");
    add(&admin, "Ada", "king").await.is(422).has("Choose what they may do").has("value=\"Ada\"");
    let added = add(&admin, "Ada <b>", "biomed").await;
    let ada = added.is(303).location();
    let page = admin.get(&ada).await;
    page.is(200)
        .has("Ada &#60;b&#62;")
        .has("Here since")
        .has("value=\"biomed\" selected")
        .has_not("Remove PIN");
    let token = page.hidden("form");
    let size = world.size();
    admin.post(&ada, &token, &[("name", "Ada <b>"), ("role", "biomed")]).await.is(303);
    assert_eq!(world.size(), size, "what changes nothing makes no entry");
    admin
        .post(&ada, &token, &[("name", ""), ("role", "biomed")])
        .await
        .is(422)
        .has("Enter the person’s name");
    admin.post(&ada, "stolen", &[("name", "Eve"), ("role", "biomed")]).await.is(403);
    admin.post(&ada, &token, &[("name", "Ada Lovelace"), ("role", "auditor")]).await.is(303);
    assert_eq!(world.size(), size + 1);
    let list = admin.get("/staff/people").await;
    list.is(200).has("2 people work here").has("Ada Lovelace").has("auditor").has_not("Former staff");
    admin.get(&format!("{ada}/leave")).await.is(200).has("Has Ada Lovelace left?").has("class=\"stop\"");
    admin.post(&format!("{ada}/leave"), &token, &[]).await.is(303);
    admin.get("/staff/people").await.has("1 person works here").has("Former staff").has("Ada Lovelace");
    admin.get(&ada).await.is(404);
    admin.post(&format!("{ada}/pin"), &token, &[("pin", "1234"), ("again", "1234")]).await.is(404);
    admin.get("/staff/people/nobody").await.is(404);
}

#[tokio::test]
async fn a_person_has_a_language_and_a_payroll_number() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let new = admin.get("/staff/people/new").await;
    new.is(200).has("value=\"any\" selected");
    let fields = |locale: &'static str, number: &'static str| {
        [("name", "Ada"), ("role", "technician"), ("locale", locale), ("number", number)]
    };
    let token = new.hidden("form");
    let send = async |path: &str, locale, number| admin.post(path, &token, &fields(locale, number)).await;
    let size = world.size();
    send("/staff/people/new", "tlh", "").await.is(422);
    let long = "7".repeat(41);
    let long = [("name", "Ada"), ("role", "technician"), ("number", long.as_str())];
    admin.post("/staff/people/new", &token, &long).await.is(422).has("Shorten it");
    send("/staff/people/new", "es", "7\u{202e}").await.is(422);
    assert_eq!(world.size(), size, "nobody was added");
    let ada = send("/staff/people/new", "es", "4410-7").await.is(303).location();
    admin.get(&ada).await.has("value=\"es\" selected").has("value=\"4410-7\"");
    let size = world.size();
    send(&ada, "es", "4410-7").await.is(303);
    assert_eq!(world.size(), size, "what changes nothing makes no entry");
    send(&ada, "en", "").await.is(303);
    admin.get(&ada).await.has("value=\"en\" selected").has_not("4410-7");
    send(&ada, "any", "").await.is(303);
    admin.get(&ada).await.has("value=\"any\" selected");
    let stored =
        world.state.store.facility().staff.values().find(|p| p.role == StaffRole::Technician).cloned();
    let stored = stored.unwrap();
    assert_eq!((stored.locale.as_str(), stored.number.as_str()), ("", ""));
}

/// On open pages a choice that was made in this browser is the newer one.
#[tokio::test]
async fn whoever_has_signed_in_reads_their_own_language() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Technician).await;
    let item = format!("/t/{}", world.pump);
    let language = async |path: &str, cookie: &str, secure: bool| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        world.send(request, secure).await.header(CONTENT_LANGUAGE).to_owned()
    };
    assert_eq!(language(&item, &tom.cookie, true).await, "en-US");
    let staff = *world.state.store.facility().staff.keys().next().unwrap();
    let change = StaffChange { locale: Some("es".to_owned()), ..StaffChange::of(staff) };
    world.give(Command::ChangeStaff(change)).await;
    assert_eq!(language(&item, &tom.cookie, true).await, "es-US");
    assert_eq!(language(&item, &format!("language=en; {}", tom.cookie), true).await, "en-US");
    assert_eq!(language(&item, &tom.cookie, false).await, "en-US", "nobody is known over plain HTTP");
    assert_eq!(language(&item, "", true).await, "en-US");
}

#[tokio::test]
async fn a_program_enters_payroll_numbers_and_no_names() {
    let world = World::new().await;
    let ada = person(&world, "Ada Long", StaffRole::Technician, "4711").await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("/api/v1/people/{ada}");
    let patch = |body: serde_json::Value| {
        Request::patch(&path)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap()
    };
    let changed = program.send(patch(json!({ "number": "4410-7", "locale": "es" }))).await;
    assert_eq!(changed.is(200).json()["number"], "4410-7");
    program.get("/api/v1/people").await.has("\"number\":\"4410-7\"").has("\"locale\":\"es\"");
    let size = world.size();
    program.send(patch(json!({}))).await.is(200);
    program.send(patch(json!({ "locale": "tlh" }))).await.is(422).has("Pages are in en or es");
    program.send(patch(json!({ "role": "facility_admin" }))).await.is(422);
    program.send(patch(json!({ "name": "Eve" }))).await.is(422);
    assert_eq!(world.size(), size);
    let cleared = program.send(patch(json!({ "number": "", "locale": "" }))).await;
    assert_eq!((&cleared.is(200).json()["number"], &cleared.json()["locale"]), (&json!(""), &json!("")));
    world.give(Command::StaffLeft { staff: ada }).await;
    program.send(patch(json!({ "number": "1" }))).await.is(404);
}

#[tokio::test]
async fn a_second_person_of_one_name_is_asked_about_first() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let page = admin.get("/staff/people/new").await;
    let (token, submission) = (page.hidden("form"), page.hidden("submission"));
    let first = [("name", "Maria Novak"), ("role", "biomed"), ("submission", submission.as_str())];
    let maria = admin.post("/staff/people/new", &token, &first).await.is(303).location();
    let size = world.size();
    let again = admin.post("/staff/people/new", &token, &first).await;
    assert_eq!(again.is(303).location(), maria, "the same press is no second person");
    let requested = add(&admin, "  maria   NOVAK ", "technician").await;
    requested
        .is(409)
        .has("There is already a Maria Novak")
        .has("works here as biomed")
        .has("Add a second one?")
        .has("value=\"technician\" selected")
        .has("Add a second Maria Novak</button>");
    assert_eq!(world.size(), size, "nobody was added");
    // The press that says so is for this name only.
    let (token, submission) = (requested.hidden("form"), requested.hidden("submission"));
    let press = async |name: &str, second: &str| {
        let form = [("name", name), ("role", "technician"), ("submission", &submission), ("second", second)];
        admin.post("/staff/people/new", &token, &form).await
    };
    press("Tom Nguyen", "maria novak").await.is(409).has("There is already a Tom Nguyen");
    let second = press("Maria Novak", "maria novak").await.is(303).location();
    assert_ne!(second, maria);
    assert_eq!(world.size(), size + 1);
    // Whoever has left keeps no name.
    for path in [&maria, &second] {
        admin.post(&format!("{path}/leave"), &token, &[]).await.is(303);
    }
    add(&admin, "Maria Novak", "biomed").await.is(303);
}

#[tokio::test]
async fn a_pin_is_typed_twice_and_never_shown_again() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let path = format!("/staff/people/{ada}");
    let token = admin.get(&path).await.hidden("form");
    let set = async |pin: &str, again: &str| {
        admin.post(&format!("{path}/pin"), &token, &[("pin", pin), ("again", again)]).await
    };
    set("839204", "839214").await.is(422).has("The two PINs differ").has_not("\"8392");
    set("12", "12")
        .await
        .is(422)
        .has("The PIN of biomed and of a facility admin has 6 to 8 digits")
        .has_not("value=\"12\"");
    set("12345", "12345").await.is(422).has("has 6 to 8 digits");
    let secret = world.state.identity.sessions.begin(ada, &world.clock.now()).unwrap();
    set("839204", "839204").await.is(303);
    assert_eq!(world.state.identity.sessions.find(&secret, NOW), None, "signed out everywhere");
    let attempt = |pin: &str| try_pin(&world, ada, pin);
    assert_eq!((attempt("839204"), attempt("111111")), (PinOutcome::Right, PinOutcome::Wrong { left: 4 }));
    let plain = world.post(&format!("{path}/pin"), &[("pin", "111111"), ("again", "111111")]).await;
    plain.is(400).has("Your PIN was not used; change it.");
    // It is right below “Set PIN” and looked like it: it asks for a confirmation.
    admin.get(&path).await.has("<summary>Remove PIN").has("class=\"stop\">Remove the PIN of");
    admin.post(&format!("{path}/pin/clear"), &token, &[]).await.is(303);
    assert_eq!(attempt("839204"), PinOutcome::None);
}

#[tokio::test]
async fn biomed_sees_and_nobody_else_does() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::FacilityAdmin, "111111").await;
    let path = format!("/staff/people/{ada}");
    {
        let biomed = desk(&world, StaffRole::Biomed).await;
        biomed.get("/staff/people").await.is(200).has("Ada").has_not("Add a person").has_not(&path);
        let token = biomed.get("/staff/me").await.hidden("form");
        let size = world.size();
        for path in ["/staff/people/new", &path, &format!("{path}/leave")] {
            biomed.get(path).await.is(403).has("facility admin");
            biomed.post(path, &token, &[("name", "X"), ("role", "facility_admin")]).await.is(403);
        }
        for pin in ["pin", "pin/clear"] {
            let set = [("pin", "222222"), ("again", "222222")];
            biomed.post(&format!("{path}/{pin}"), &token, &set).await.is(403);
        }
        assert_eq!(world.size(), size);
        assert_eq!(try_pin(&world, ada, "111111"), PinOutcome::Right);
    }
    for role in [StaffRole::Technician, StaffRole::Auditor] {
        let other = desk(&world, role).await;
        other.get("/staff/people").await.is(403);
        other.get("/staff/").await.is(200).has_not("href=\"/staff/people\"");
    }
}

#[tokio::test]
async fn nobody_takes_their_own_rights_away() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let own = *world.state.store.facility().staff.keys().next().unwrap();
    let path = format!("/staff/people/{own}");
    let page = admin.get(&path).await;
    page.is(200).has("This is you").has_not("They have left").has_not("Remove PIN").has_not("id=\"role\"");
    let token = page.hidden("form");
    admin.post(&path, &token, &[("name", "Tom Nguyen"), ("role", "biomed")]).await.is(403);
    admin.post(&format!("{path}/leave"), &token, &[]).await.is(403);
    admin.post(&format!("{path}/pin/clear"), &token, &[]).await.is(403);
    admin.post(&format!("{path}/pin"), &token, &[("pin", "555555"), ("again", "555555")]).await.is(303);
    admin.post(&path, &token, &[("name", "Tom N."), ("role", "facility_admin")]).await.is(303);
    admin.get("/staff/people").await.is(200).has("Tom N.");
}
