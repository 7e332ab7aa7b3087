//! Tokens that end and can be revoked, sessions that an admin ends, and the audit of all that.

use std::time::Duration;

use service::clock::Clock as _;

use super::staff_pages::{desk, person};
use crate::identity::{AccessCaller, AccessOutcome, AccessRow, AccessTarget};
use crate::web::tests::programs::calls::{Program, program};
use crate::web::tests::*;

const DAY: Duration = Duration::from_secs(86_400);

fn rows(world: &World) -> Vec<AccessRow> {
    world.state.identity.access.rows(None, 1_000).unwrap().into_iter().map(|(_, row)| row).collect()
}

fn with(world: &World, outcome: AccessOutcome) -> Vec<AccessRow> {
    rows(world).into_iter().filter(|row| row.outcome == outcome).collect()
}

fn cleaning(world: &World) -> serde_json::Value {
    serde_json::json!({"tag": world.pump, "cleaned_by": "Robot"})
}

#[tokio::test]
async fn a_token_that_records_neither_prints_nor_changes() {
    let world = World::new().await;
    let records = program(&world, ApiTokenScope::Record);
    records.get("/api/v1/equipment").await.is(200);
    records.post("/api/v1/cleanings", cleaning(&world)).await.is(201);
    let refused = records.post("/api/v1/equipment", serde_json::json!({"name": "X"})).await;
    refused.is(403).has("read and record cleanings").has("/problems/scope");
    records.post("/api/v1/labels", serde_json::json!({"tags": [world.pump]})).await.is(403);
    let reads = program(&world, ApiTokenScope::Read);
    reads.post("/api/v1/cleanings", cleaning(&world)).await.is(403).has("may only read").has("`record`");
}

#[tokio::test]
async fn an_admin_makes_sees_and_revokes_tokens() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    admin.get("/staff/box").await.has("/staff/programs").has("/staff/box/audit");
    admin.get("/staff/programs").await.is(200).has("No program yet");
    let page = admin.get("/staff/programs/new").await;
    let (token, submission) = (page.hidden("form"), page.hidden("submission"));
    let make = async |name: &str, scope: &str, days: &str, submission: &str| {
        let form = [("name", name), ("scope", scope), ("days", days), ("submission", submission)];
        admin.post("/staff/programs/new", &token, &form).await
    };
    make(" ", "write", "30", "").await.is(422).has("which program").has("value=\"write\" selected");
    make("CMMS", "all", "30", "").await.is(422).has("Choose what it may do");
    for days in ["0", "731", "soon", "Never"] {
        make("CMMS", "read", days, "").await.is(422).has("1 to 730 days").has(&format!("value=\"{days}\""));
    }
    let made = make("CMMS <1>", "record", "31", &submission).await;
    made.is(200).has("Copy the token now").has("CMMS &#60;1&#62;");
    let text = made.text();
    let at = text.find("ct_").unwrap();
    let text = text[at..at + 55].to_owned();
    let cmms = Program { world: &world, token: text.clone() };
    cmms.post("/api/v1/cleanings", cleaning(&world)).await.is(201);
    assert_eq!(make("CMMS <1>", "record", "31", &submission).await.is(303).location(), "/staff/programs");
    let list = admin.get("/staff/programs").await;
    list.is(200).has("In force").has("by Tom Nguyen").has("Nov 20, 2026 from 10.0.0.9").has_not(&text);
    crate::web::remind_of_access(&world.state);
    admin.get("/staff/alarms").await.has_not("CMMS");
    world.clock.advance(DAY * 2);
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    crate::web::remind_of_access(&world.state);
    let alarms = admin.get("/staff/alarms").await;
    alarms.has("CMMS &#60;1&#62;").has("ends on Dec 21, 2026").has("/staff/programs");
    crate::web::remind_of_access(&world.state);
    let waiting = world.state.alarms.reminders().unwrap().all(NOW);
    assert_eq!(
        waiting.iter().map(|row| (row.code.as_str(), row.count)).collect::<Vec<_>>(),
        [("token-ends", 1)]
    );
    let id = &text[3..11];
    let confirm = admin.get(&format!("/staff/programs/{id}/revoke")).await;
    confirm.is(200).has("Revoke the token of CMMS");
    admin.post(&format!("/staff/programs/{id}/revoke"), &confirm.hidden("form"), &[]).await.is(303);
    crate::web::remind_of_access(&world.state);
    admin.get("/staff/alarms").await.has("Nothing waits for anybody.");
    let refused = cmms.get("/api/v1/equipment").await;
    refused.is(401).has("/problems/token-revoked");
    admin.get("/staff/programs").await.has("No longer in force").has("Revoked").has_not("In force");
    admin.get(&format!("/staff/programs/{id}/revoke")).await.is(404);
    for role in [StaffRole::Technician, StaffRole::Biomed, StaffRole::Auditor] {
        let other = desk(&world, role).await;
        other.get("/staff/programs").await.is(403);
        other.get("/staff/programs/new").await.is(403);
        let token = other.get("/staff/me").await.hidden("form");
        other
            .post("/staff/programs/new", &token, &[("name", "x"), ("scope", "write"), ("days", "1")])
            .await
            .is(403);
    }
}

#[tokio::test]
async fn a_token_ends_by_itself_and_says_so() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    world.clock.advance(DAY * 364);
    program.get("/api/v1/equipment").await.is(200);
    world.clock.advance(DAY);
    let ended = program.get("/api/v1/equipment").await;
    ended.is(401).has("/problems/token-expired").has("has ended");
    assert_eq!(with(&world, AccessOutcome::Denied).len(), 1);
}

#[tokio::test]
async fn people_are_signed_out_by_an_admin() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let begin = || world.state.identity.sessions.begin(ada, &world.clock.now()).unwrap();
    let is_in =
        |secret: &str| world.state.identity.sessions.find(secret, world.clock.now().wall_ms).is_some();
    let (first, second) = (begin(), begin());
    admin.get("/staff/people").await.has("2 devices").has("1 device").has("Sign everybody out");
    let path = format!("/staff/people/{ada}");
    let page = admin.get(&path).await;
    page.has("On 2 devices").has("Sign out everywhere");
    let token = page.hidden("form");
    let done = admin.post(&format!("{path}/sign-out"), &token, &[]).await;
    admin.get(&done.is(303).location()).await.is(200).has("Ada is signed out on 2 devices.");
    assert!(!is_in(&first) && !is_in(&second));
    admin.get(&path).await.has("On no device");
    let third = begin();
    let done = admin.post("/staff/people/sign-out", &token, &[]).await;
    let reported = admin.get(&done.is(303).location()).await;
    reported.is(200).has("Everybody else is signed out, on 1 device. You are still signed in here.");
    assert!(!is_in(&third));
    let done = admin.post("/staff/people/sign-out", &token, &[]).await;
    admin.get(&done.is(303).location()).await.has("Nobody else was signed in.");
    admin.get("/staff/people").await.is(200).has("1 device");
    let ended = with(&world, AccessOutcome::SessionEnded);
    assert_eq!((ended[0].subject.clone(), ended[1].subject.clone()), (None, Some(ada.to_string())));
    let biomed = desk(&world, StaffRole::Biomed).await;
    biomed.get("/staff/people").await.is(200).has_not("Sign everybody out");
    let token = biomed.get("/staff/me").await.hidden("form");
    biomed.post("/staff/people/sign-out", &token, &[]).await.is(403);
    biomed.post(&format!("{path}/sign-out"), &token, &[]).await.is(403);
}

#[tokio::test]
async fn a_denied_act_is_audited() {
    let world = World::new().await;
    let technician = desk(&world, StaffRole::Technician).await;
    let tom = *world.state.store.facility().staff.keys().next().unwrap();
    for _ in 0..3 {
        technician.get("/staff/people/new?name=Ada+Secret").await.is(403);
    }
    let denied = with(&world, AccessOutcome::Denied);
    let [row] = denied.as_slice() else { panic!("{denied:?}") };
    assert_eq!((row.route.as_str(), row.count, row.target), ("/staff/people/new", 3, AccessTarget::Admin));
    assert_eq!((&row.caller, row.network.as_str()), (&AccessCaller::Staff(tom), "10.0.0.9"));

    let reads = program(&world, ApiTokenScope::Read);
    let id = reads.token[3..11].to_owned();
    reads.post("/api/v1/equipment", serde_json::json!({"name": "X"})).await.is(403);
    let row = with(&world, AccessOutcome::Denied).remove(0);
    assert_eq!((row.route.as_str(), row.target), ("/api/v1/equipment", AccessTarget::Write));
    assert_eq!(row.caller, AccessCaller::Token(id.clone()));

    let mut clear = Request::get("/api/v1/cleanings?tag=SECRET").body(Body::empty()).unwrap();
    clear.headers_mut().insert("authorization", format!("Bearer {}", reads.token).parse().unwrap());
    world.send(clear, false).await.is(400);
    let row = with(&world, AccessOutcome::TokenInTheClear).remove(0);
    assert_eq!((row.caller, row.subject), (AccessCaller::Stranger, Some(id.clone())));
    technician.get("/staff/box").await.has("was sent without HTTPS today 14:04 and was revoked");
    reads.get("/api/v1/cleanings").await.is(401);
    let row = with(&world, AccessOutcome::Denied).remove(0);
    assert_eq!((row.route.as_str(), row.caller), ("/api/v1/cleanings", AccessCaller::Token(id)));

    let ada = person(&world, "Ada", StaffRole::Technician, "90210").await.to_string();
    let form = [("staff", ada.as_str()), ("pin", "77777")];
    for _ in 0..10 {
        world.send(posted("/staff/sign-in", &form), true).await.is(422);
    }
    // So many at once from one address are all that is taken; two seconds later the person's own bucket is empty still.
    world.clock.advance(std::time::Duration::from_secs(2));
    for _ in 0..2 {
        world.send(posted("/staff/sign-in", &form), true).await.is(422).has("Too many attempts");
    }
    let wrong = with(&world, AccessOutcome::WrongPin).remove(0);
    assert_eq!((wrong.count, wrong.subject, wrong.caller), (10, Some(ada), AccessCaller::Stranger));
    assert_eq!(with(&world, AccessOutcome::Locked)[0].count, 2);
}

#[tokio::test]
async fn the_audit_holds_no_secret_and_is_for_admin_and_auditor() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada Secret", StaffRole::Technician, "90210").await.to_string();
    world
        .send(posted("/staff/sign-in?next=/staff/SECRET", &[("staff", &ada), ("pin", "77777")]), true)
        .await
        .is(422);
    let scan = format!("/t/{}", world.pump);
    world.post(&scan, &[("page", "forged-SECRET"), ("cleaned_by", "SECRET")]).await.is(200);
    world.post(&scan, &[("cleaned_by", "SECRET"), ("pin", "77777")]).await.is(400);
    let page = admin.get("/staff/programs/new").await;
    let form = [("name", "SECRET"), ("scope", "read"), ("days", "never"), ("submission", "SECRET")];
    let made = admin.post("/staff/programs/new", &page.hidden("form"), &form).await.text();
    let at = made.find("ct_").unwrap();
    let token = made[at..at + 55].to_owned();
    let settings = [
        ("name", "SECRET"),
        ("zone", "UTC"),
        ("undo_min", "10"),
        ("pin_proof_min", "5"),
        ("retain_years", "7"),
        ("label_host", "HTTP://10.0.0.5"),
    ];
    admin.post("/staff/box/settings", &page.hidden("form"), &settings).await.is(303);
    let new_pin = [("pin", "839204"), ("again", "839204")];
    admin.post(&format!("/staff/people/{ada}/pin"), &page.hidden("form"), &new_pin).await.is(303);
    for outcome in [
        AccessOutcome::SignedIn,
        AccessOutcome::WrongPin,
        AccessOutcome::PageTokenRefused,
        AccessOutcome::PinInTheClear,
        AccessOutcome::TokenMade,
        AccessOutcome::SettingsChanged,
        AccessOutcome::PinChanged,
    ] {
        assert_eq!(with(&world, outcome).len(), 1, "{outcome:?}");
    }
    let stored = serde_json::to_string(&rows(&world)).unwrap();
    let cookie = admin.cookie.split('=').nth(1).unwrap().to_owned();
    for secret in
        ["SECRET", "77777", "90210", "839204", "471147", "forged", &token, &token[12..], &cookie, "next="]
    {
        assert!(!stored.contains(secret), "{secret} is in {stored}");
    }
    let shown = admin.get("/staff/box/audit").await;
    shown.is(200).has("Wrong PIN").has("Created a token").has("Ada Secret").has("10.0.0.9");
    shown.has("Changed settings").has("Changed a PIN").has_not("/staff/sign-in").has_not("/t/{tag}");
    for secret in ["77777", "90210", "839204", "471147", &token[12..], &cookie] {
        shown.has_not(secret);
    }
    desk(&world, StaffRole::Auditor).await.get("/staff/box/audit").await.is(200);
    for role in [StaffRole::Technician, StaffRole::Biomed] {
        let other = desk(&world, role).await;
        other.get("/staff/box/audit").await.is(403);
        other.get("/staff/box").await.is(200).has_not("/staff/box/audit");
    }
    assert_eq!(with(&world, AccessOutcome::Denied)[0].target, AccessTarget::ReadAudit);
    let shown = desk(&world, StaffRole::Auditor).await.get("/staff/box/audit").await;
    shown.has("Tried to open the access log").has("Denied").has_not("/staff/box/audit<");
}

#[tokio::test]
async fn the_audit_is_read_page_by_page() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let now = world.clock.now();
    for n in 0..120 {
        let row = AccessRow {
            at_ms: now.wall_ms,
            route: "/staff/sign-in".into(),
            caller: AccessCaller::Staff(StaffId::new(n, [1; 10])),
            network: "10.0.0.9".into(),
            target: AccessTarget::SignIn,
            outcome: AccessOutcome::SignedIn,
            subject: None,
            count: 1,
        };
        world.state.identity.access.record(row, &now);
        if n == 60 {
            world.state.identity.access.write().unwrap();
        }
    }
    let first = admin.get("/staff/box/audit").await;
    first.is(200).has("?before=21");
    assert_eq!(first.text().matches(">Signed in<").count(), 100);
    let rest = admin.get("/staff/box/audit?before=21").await;
    rest.has_not(">Older<");
    assert_eq!(rest.text().matches(">Signed in<").count(), 21);
    admin.get("/staff/box/audit?before=x").await.is(200);
}
