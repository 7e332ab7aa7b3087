//! Who is signed off for which protocol: by whom, until when, ended, and the reminder before its end.

use record::kinds::{CleaningFlag, CleaningRecorded, CompetencyPolicy, MissingPart};
use serde_json::json;
use service::clock::Clock as _;

use super::staff_pages::{Desk, desk, person};
use crate::intake::{ClaimedCleaner, CleaningForm, CompetencySignOff, SettingsChange};
use crate::web::tests::programs::calls::program;
use crate::web::tests::*;

fn only_protocol(world: &World) -> ProtocolId {
    *world.state.store.facility().protocols.keys().next().unwrap()
}

async fn grant(world: &World, staff: StaffId, until: Option<&str>) {
    let (protocol, until) = (only_protocol(world), until.map(|day| day.parse().unwrap()));
    let form = CompetencySignOff { staff, protocol, until, note: String::new(), seen: None };
    world.give(Command::GrantCompetency(form)).await;
}

async fn press(desk: &Desk<'_>, staff: StaffId, until: &str) -> Answer {
    let path = format!("/staff/sign-offs/{staff}/{}", only_protocol(desk.world));
    let page = desk.get(&path).await;
    let (token, seen) = (page.is(200).hidden("form"), page.hidden("seen"));
    desk.post(&path, &token, &[("until", until), ("notes", "Watched twice"), ("seen", &seen)]).await
}

#[tokio::test]
async fn the_first_sign_off_needs_the_role_and_the_next_somebody_who_is_signed_off() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/people").await.has("href=\"/staff/sign-offs\"");
    let path = format!("/staff/sign-offs/{maria}/{}", only_protocol(&world));
    tom.get("/staff/sign-offs").await.is(200).has("Low-level wipe").has("Not signed off").has(&path);
    let size = world.size();
    press(&tom, maria, "soon").await.is(422).has("Last day: enter a day that is in the calendar");
    press(&tom, maria, "2026-11-19").await.is(422).has("Enter today or a later day");
    assert_eq!(world.size(), size, "nothing is recorded");
    // A technician who is signed off may sign nobody off, so somebody with the role has to be first.
    press(&tom, maria, "2027-11-24").await.is(303);
    tom.get(&path)
        .await
        .has("Until Nov 24, 2027")
        .has("Watched twice")
        .has("<p class=\"hint\">By")
        .has("End this sign-off");
    press(&tom, ada, "").await.is(303);
    tom.get("/staff/sign-offs").await.has("Signed off<").has("Until Nov 24, 2027");
    press(&tom, maria, "2028-01-01").await.is(403).has("who is signed off for it themselves");
    let facility = world.state.store.facility();
    let own = *facility.staff.keys().find(|staff| ![ada, maria].contains(staff)).unwrap();
    press(&tom, own, "").await.is(403);
    grant(&world, own, None).await;
    press(&tom, maria, "2028-01-01").await.is(303);
    press(&tom, own, "").await.is(403).has("Somebody else signs people off");
}

#[tokio::test]
async fn a_program_that_changes_the_day_of_a_sign_off_keeps_its_remark() {
    let world = World::new().await;
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let program = program(&world, ApiTokenScope::Write);
    let protocol = only_protocol(&world);
    let send = async |more: serde_json::Value| {
        let mut body = json!({ "staff": maria, "protocol": protocol });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        program.post("/api/v1/sign-offs", body).await.is(200).json()["notes"].clone()
    };
    assert_eq!(send(json!({})).await, serde_json::Value::Null);
    assert_eq!(send(json!({ "notes": "Watched twice" })).await, "Watched twice");
    assert_eq!(send(json!({ "until": "2027-11-24" })).await, "Watched twice");
    let listed = program.get("/api/v1/sign-offs").await.is(200).json()["items"][0].clone();
    assert_eq!((&listed["notes"], &listed["until"]), (&json!("Watched twice"), &json!("2027-11-24")));
    assert_eq!(send(json!({ "notes": "" })).await, serde_json::Value::Null);
}

#[tokio::test]
async fn a_sign_off_is_ended_and_an_old_page_overwrites_nothing() {
    let world = World::new().await;
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let tom = desk(&world, StaffRole::Biomed).await;
    grant(&world, maria, Some("2027-11-24")).await;
    let path = format!("/staff/sign-offs/{maria}/{}", only_protocol(&world));
    let old = tom.get(&path).await;
    let end = format!("{path}/end");
    let page = tom.get(&end).await;
    page.is(200).has("Maria may not clean by Low-level wipe any more?");
    let (token, seen) = (page.hidden("form"), page.hidden("seen"));
    let size = world.size();
    let long = "x".repeat(1_001);
    tom.post(&end, &token, &[("reason", &long), ("seen", &seen)]).await.is(422);
    let asked = tom.post(&end, &token, &[("reason", "Skipped a step"), ("seen", "0")]).await;
    asked.is(409).has("press once more").has("Skipped a step");
    assert_eq!(asked.hidden("seen"), seen, "the next press is over what is there now");
    assert_eq!(world.size(), size, "nothing is recorded");
    let conflict = [("until", "2027-12-31"), ("notes", "Watched"), ("seen", "0")];
    let asked = tom.post(&path, &token, &conflict).await;
    asked.is(409).has("Somebody changed this meanwhile").has("2027-11-24").has("2027-12-31").has("Watched");
    assert_eq!(world.size(), size, "nothing is recorded");
    tom.post(&end, &token, &[("reason", "Skipped a step"), ("seen", &seen)]).await.is(303);
    tom.get(&path).await.has("Not signed off").has("Skipped a step").has_not("End this sign-off");
    tom.get(&end).await.is(404);
    let stale = [("until", "2027-11-24"), ("notes", ""), ("seen", &old.hidden("seen"))];
    tom.post(&path, &token, &stale).await.is(409).has("press once more");
    assert_eq!(world.size(), size + 1);
    for missing in ["/staff/sign-offs/x/y".to_owned(), format!("/staff/sign-offs/{maria}/{maria}")] {
        tom.get(&missing).await.is(404);
    }
    let maria = desk(&world, StaffRole::Technician).await;
    maria.get("/staff/sign-offs").await.is(403);
    maria.post(&path, &token, &[("until", "")]).await.is(403);
}

#[tokio::test]
async fn an_end_is_told_thirty_and_seven_days_before() {
    let world = World::new().await;
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let count = || {
        let (table, now_ms) = (world.state.alarms.reminders().unwrap(), world.clock.now().wall_ms);
        table.look_round(&world.state.store.facility(), now_ms).unwrap();
        table.all(now_ms).first().map(|row| row.count)
    };
    // Today is November 20.
    for (until, count_after) in
        [("2026-12-21", None), ("2026-12-20", Some(1)), ("2026-11-27", Some(2)), ("2027-11-20", None)]
    {
        grant(&world, maria, Some(until)).await;
        assert_eq!(count(), count_after, "{until}");
    }
    grant(&world, maria, Some("2026-11-27")).await;
    assert_eq!(count(), Some(2));
    let path = format!("/staff/sign-offs/{maria}/{}", only_protocol(&world));
    tom.get("/staff/alarms").await.has("ends soon").has(&path);
    tom.get("/staff/sign-offs").await.has("class=\"tag due\"");
}

#[tokio::test]
async fn programs_sign_off_end_and_list() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let protocol = only_protocol(&world);
    let list = "/api/v1/sign-offs";
    let new = |until: &str| serde_json::json!({ "staff": maria, "protocol": protocol, "until": until });
    for (wrong, status) in [("2026-02-30", 422), ("2025-01-01", 422)] {
        program.post(list, new(wrong)).await.is(status);
    }
    program.post(list, serde_json::json!({ "staff": protocol, "protocol": protocol })).await.is(422);
    program.post(list, serde_json::json!({ "staff": maria, "protocol": maria })).await.is(422);
    let given = program.post(list, new("2027-01-31")).await;
    assert_eq!(given.is(200).json()["holds"], true);
    let over = |etag: &str, path: &str, body: serde_json::Value| {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json").header("if-match", etag);
        request.body(Body::from(body.to_string())).unwrap()
    };
    let first = given.header(http::header::ETAG).to_owned();
    let second = program.send(over(&first, list, new("2027-02-28"))).await;
    program.send(over(&first, list, new("2027-03-31"))).await.is(412);
    program
        .send(over(&first, &format!("{list}/{maria}/{protocol}/ended"), serde_json::json!({})))
        .await
        .is(412);
    let second = second.is(200).header(http::header::ETAG).to_owned();
    program.send(over(&second, list, new("2027-01-31"))).await.is(200);
    let listed = program.get(list).await.json();
    assert_eq!(listed["items"][0]["until"], "2027-01-31");
    let end = format!("{list}/{maria}/{protocol}/ended");
    program.post(&end, serde_json::json!({ "reason": "Skipped a step" })).await.is(204);
    program.post(&end, serde_json::json!({})).await.is(409);
    assert_eq!(program.get(list).await.json()["items"], serde_json::json!([]));
}

async fn choose(world: &World, policy: CompetencyPolicy) {
    let settings = SettingsChange { competency: Some(policy), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
}

fn recorded(world: &World, seq: u64) -> CleaningRecorded {
    let Event::CleaningRecorded(made) = world.event(seq) else { panic!() };
    *made
}

async fn judge(world: &World, who: ClaimedCleaner) -> (bool, bool) {
    let form = CleaningForm { who, ..CleaningForm::plain(world.pump, "") };
    let made = recorded(world, world.give(Command::RecordCleaning(Box::new(form))).await);
    (made.flags.contains(&CleaningFlag::NotSignedOff), made.incomplete.contains(&MissingPart::Who))
}

#[tokio::test]
async fn the_policy_decides_what_becomes_of_a_cleaning_by_somebody_else() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let over = person(&world, "Zoë", StaffRole::Technician, "333333").await;
    let name = || ClaimedCleaner::Entered("Maria".into());
    assert_eq!(judge(&world, ClaimedCleaner::Pin(maria)).await, (false, false), "nobody is signed off yet");
    grant(&world, ada, None).await;
    grant(&world, over, Some("2026-11-20")).await;
    let (passed, flagged, incomplete) = ((false, false), (true, false), (true, true));
    for (policy, somebody, entered) in [
        (CompetencyPolicy::Off, passed, passed),
        (CompetencyPolicy::Warn, flagged, passed),
        (CompetencyPolicy::Refuse, incomplete, incomplete),
    ] {
        choose(&world, policy.clone()).await;
        assert_eq!(judge(&world, ClaimedCleaner::Login(ada)).await, passed, "{policy:?}");
        assert_eq!(judge(&world, ClaimedCleaner::Pin(over)).await, passed, "its last day: {policy:?}");
        assert_eq!(judge(&world, ClaimedCleaner::Pin(maria)).await, somebody, "{policy:?}");
        assert_eq!(judge(&world, name()).await, entered, "{policy:?}");
    }
    world.clock.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(judge(&world, ClaimedCleaner::Pin(over)).await, incomplete, "its last day is over");
}

#[tokio::test]
async fn the_scan_page_says_it_and_takes_the_record_with_a_note() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    world.get(&path).await.is(200).has_not("signed off");
    choose(&world, CompetencyPolicy::Refuse).await;
    let page = world.get(&path).await;
    page.is(200).has("Only people who are signed off for this protocol clean by it. If you are");
    let (submission, token, size) = (page.hidden("submission"), page.hidden("page"), world.size());
    let form = [("submission", submission.as_str()), ("version", "1"), ("page", &token)];
    let form = [&form[..], &[("step", "1"), ("step", "2"), ("cleaned_by", "Zoë")]].concat();
    world.post(&path, &form).await.is(422).has("Say in the note why it was done all the same");
    assert_eq!(world.size(), size, "nothing is recorded");
    let done = world.post(&path, &[&form[..], &[("notes", "Nobody else was there")]].concat()).await;
    world.get(&done.is(303).location()).await.has("Not signed off for this protocol</span>");
    let made = recorded(&world, size);
    assert!(made.flags.contains(&CleaningFlag::NotSignedOff) && made.incomplete.contains(&MissingPart::Who));
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    admin.get(&format!("/staff/equipment/{}", world.pump)).await.has("Not signed off for this protocol");
    admin.get("/staff/box/settings").await.has("value=\"refuse\" selected");
}
