//! Maintenance tasks: planned, changed and done, and what a change of one leaves as it was.

use record::fold::UpkeepTask;
use service::clock::Clock as _;

use super::editing::{change_twice, form_of, second_desk, send, value_of, with, with_photo};
use super::register::{FormStep, WalkedForm, one_by_one, protocol_of};
use super::walked_forms::{DAYS, enter_due};
use crate::web::pages::equipment;
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

const DAY_MS: i64 = 86_400_000;

fn task_of(world: &World) -> UpkeepTask {
    world.state.store.facility().upkeep[&world.pump].tasks[0].clone()
}

async fn plan(world: &World, schedule: serde_json::Value) -> String {
    let path = format!("/api/v1/equipment/{}/upkeep", world.pump);
    let task = serde_json::json!({ "name": "Safety test", "schedule": schedule });
    program(world, ApiTokenScope::Write).post(&path, task).await.is(201);
    format!("/staff/equipment/{}/upkeep/{}", world.pump, task_of(world).upkeep)
}

async fn plan_task(tom: &Desk<'_>) -> String {
    let item = format!("/staff/equipment/{}", tom.world.pump);
    tom.get(&item).await.has("No maintenance is planned");
    let new = format!("{item}/upkeep/new");
    let form = form_of(&tom.get(&new).await, &new);
    send(tom, &new, &form).await.is(422).has("Say what is to be done");
    let never = with(with(form.clone(), "name", "Safety test"), "every", "never");
    send(tom, &new, &never).await.is(422).has("Say how often a new task is due");
    let form = with(with(with(form, "name", "Safety test"), "every", "days"), "number", "30");
    send(tom, &new, &form).await.is(303);
    send(tom, &new, &form).await.is(303);
    format!("{item}/upkeep/{}", task_of(tom.world).upkeep)
}

#[tokio::test]
async fn each_field_of_a_maintenance_task_is_set_seen_changed_and_cleared() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = plan_task(&tom).await;
    assert_eq!(world.state.store.facility().upkeep[&world.pump].tasks.len(), 1, "two presses are one task");
    let protocol = protocol_of(&world).to_string();
    let mut entered =
        one_by_one(&[("name", "Calibration"), ("name", "Safety test"), ("number", "7"), ("number", "1")]);
    entered.extend(one_by_one(&[("protocol", &protocol), ("protocol", "")]));
    entered.extend(enter_due());
    entered.extend(one_by_one(&[("basis", "calendar"), ("basis", "last")]));
    entered.extend(one_by_one(&[("from", "2026-02-01"), ("from", "2025-11-30")]));
    entered.push(vec![("every", "weeks".to_owned()), ("number", "2".to_owned())]);
    let mut cleared: Vec<FormStep> = DAYS.iter().map(|day| vec![(*day, String::new())]).collect();
    cleared.extend(one_by_one(&[("protocol", ""), ("basis", "last")]));
    cleared.push(vec![("every", "use".to_owned()), ("number", String::new()), ("times", String::new())]);
    cleared
        .push([("every", "days"), ("number", "1"), ("grace", "")].map(|(n, v)| (n, v.to_owned())).to_vec());
    cleared.extend(one_by_one(&[("from", "2026-11-20")]));
    let definition = equipment::FORMS.iter().find(|form| form.name == "upkeep").unwrap();
    let form = WalkedForm { definition, page: page.clone(), entered, cleared };
    form.walk(&tom).await;
    // What ends it is its schedule.
    let end = with(form_of(&tom.get(&page).await, &page), "every", "never");
    send(&tom, &page, &end).await.is(303);
    tom.get(&page).await.is(404);
    assert!(world.state.store.facility().upkeep[&world.pump].tasks.is_empty());
}

#[tokio::test]
async fn maintenance_is_done_in_a_list_of_its_own() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let page = plan_task(&tom).await;
    let rate = tom.get("/api/v1/compliance?days=7").await.json();
    tom.get("/staff/maintenance").await.is(200).has("Safety test").has("Infusion pump 14").has("Due by");
    change_twice([&tom, &grace], (&page, &page), ("name", "Leak test", "Flow test"))
        .await
        .has("Tom Nguyen changed");
    send(&tom, &page, &with(form_of(&tom.get(&page).await, &page), "name", "Safety test")).await.is(303);
    let done = format!("{page}/done");
    let first = form_of(&tom.get(&done).await, &done);
    assert_eq!(value_of(&first, "done_by"), "Tom Nguyen");
    let size = world.size();
    for (name, value, words) in [
        ("result", "perhaps", "is not on the list"),
        ("done_by", " ", "Enter the name of who did it"),
        ("performed_at", "yesterday", "When: enter a day and a time"),
        ("performed_at", "2026-03-08 02:30", "The clocks skip that time"),
        ("performed_at", "2027-01-01 10:00", "That time is in the future"),
        ("performed_at", "1999-01-01 10:00", "more than a year ago"),
        ("readings", "Leakage | low", "Enter one reading a line"),
        ("readings", " | 4", "Enter a name for each reading"),
        ("readings", &vec!["a | 1"; 13].join("\n"), "at most 12 readings"),
        ("notes", "a\u{202e}b", "U+202E"),
    ] {
        send(&tom, &done, &with(first.clone(), name, value))
            .await
            .is(422)
            .has(words)
            .has(&format!("{name}-e"));
    }
    assert_eq!(world.size(), size);
    let failed = with(with(first.clone(), "result", "failed"), "readings", "Leakage | 620 | µA");
    send(&tom, &done, &failed).await.is(303);
    tom.get(&page.replace(&format!("/upkeep/{}", task_of(&world).upkeep), "")).await.has("Not passed today");
    let again = with(form_of(&tom.get(&done).await, &done), "notes", "New cord");
    send(&tom, &done, &again).await.is(303);
    assert_eq!((task_of(&world).done_ms, task_of(&world).failed_ms), (Some(NOW), None));
    tom.get("/staff/maintenance").await.has("Done until").has("Done today");
    assert_eq!(tom.get("/api/v1/compliance?days=7").await.json(), rate, "it has no part in any rate");
    // A technician records, an auditor does not.
    let ada = second_desk(&world, "Ada", StaffRole::Technician, "4711").await;
    ada.get(&done).await.is(200);
    ada.get(&page).await.is(403);
}

#[tokio::test]
async fn programs_plan_and_record_maintenance() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("/api/v1/equipment/{}/upkeep", world.pump);
    let task = serde_json::json!({ "name": "Safety test", "schedule": { "every": "weeks", "n": 52 } });
    let planned = program.post(&path, task.clone()).await;
    let id = planned.is(201).json()["id"].as_str().unwrap().to_owned();
    let listed = program.get("/api/v1/upkeep").await.is(200).json();
    assert_eq!(
        (listed["items"][0]["id"].as_str(), listed["items"][0]["status"].as_str()),
        (Some(&*id), Some("due"))
    );
    for (change, status) in [
        (serde_json::json!({ "name": " ", "schedule": { "every": "weeks", "n": 52 } }), 422),
        (serde_json::json!({ "name": "x", "schedule": { "every": "weeks", "n": 0 } }), 422),
        (serde_json::json!({ "name": "x", "schedule": { "every": "never" } }), 422),
        (
            serde_json::json!({ "name": "x", "schedule": { "every": "days", "n": 1 }, "upkeep": "01J00000000000000000000XXX" }),
            404,
        ),
    ] {
        program.post(&path, change).await.is(status);
    }
    let done = format!("{path}/{id}/done");
    let work = serde_json::json!({ "result": "done", "done_by": "Acme Service", "readings": [{ "name": "Leakage", "value": 42, "unit": "µA" }] });
    let recorded = program.post(&done, work).await.is(200).json();
    assert_eq!((recorded["status"].as_str(), recorded["failed_at"].is_null()), (Some("done"), true));
    let early = serde_json::json!({ "result": "failed", "done_by": "Acme Service", "performed_at": "2026-11-20T12:00:00Z" });
    assert!(program.post(&done, early).await.is(200).json()["failed_at"].is_null(), "it was passed since");
    for _ in 1..12 {
        program.post(&path, task.clone()).await.is(201);
    }
    program.post(&path, task).await.is(422).has("at most 12");
}

#[tokio::test]
async fn another_name_makes_a_task_no_less_overdue() {
    let world = World::new().await;
    let page = plan(&world, serde_json::json!({ "every": "days", "n": 30 })).await;
    let from_ms = task_of(&world).from_ms;
    let now = world.clock.now();
    world.clock.set(Now { wall_ms: now.wall_ms + 40 * DAY_MS, ..now });
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/maintenance").await.has("Overdue");
    let form = form_of(&tom.get(&page).await, &page);
    assert_eq!(value_of(&form, "from"), "2026-11-20");
    send(&tom, &page, &with(form, "name", "Leak test")).await.is(303);
    assert_eq!((task_of(&world).name.as_str(), task_of(&world).from_ms), ("Leak test", from_ms));
    tom.get("/staff/maintenance").await.has("Leak test").has("Overdue");
    // A program says no more than the name, too.
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("/api/v1/equipment/{}/upkeep", world.pump);
    let id = task_of(&world).upkeep;
    let plan = |from: Option<&str>, n: u32| {
        let mut plan =
            serde_json::json!({ "upkeep": id, "name": "Test", "schedule": { "every": "days", "n": n } });
        if let Some(from) = from {
            plan["from"] = from.into();
        }
        plan
    };
    program.post(&path, plan(None, 30)).await.is(201);
    assert_eq!(task_of(&world).from_ms, from_ms);
    assert_eq!(program.get("/api/v1/upkeep").await.json()["items"][0]["status"], "overdue");
    program.post(&path, plan(Some("2026-12-30T06:00:00Z"), 30)).await.is(201);
    let listed = program.get("/api/v1/upkeep").await.json();
    assert_eq!(listed["items"][0]["from"], "2026-12-30T06:00:00.000Z");
    assert_eq!(listed["items"][0]["status"], "due");
    program.post(&path, plan(Some("yesterday"), 30)).await.is(422).has("from");
    program.post(&path, plan(Some("1999-01-01T00:00:00Z"), 30)).await.is(422).has("within ten years");
    // Another schedule counts from now.
    program.post(&path, plan(None, 7)).await.is(201);
    assert_eq!(task_of(&world).from_ms, world.clock.now().wall_ms);
    for (day, words) in [("2026-02-30", "in the calendar"), ("1999-01-01", "within ten years")] {
        let form = with(form_of(&tom.get(&page).await, &page), "from", day);
        send(&tom, &page, &form).await.is(422).has(words).has("id=\"from-e\"");
    }
}

#[tokio::test]
async fn an_interval_goes_by_the_last_time_until_the_calendar_is_chosen() {
    let world = World::new().await;
    let now = Now {
        wall_ms: "2026-11-28T15:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond(),
        ..world.clock.now()
    };
    world.clock.set(now);
    let tom = desk(&world, StaffRole::Biomed).await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("/api/v1/equipment/{}/upkeep", world.pump);
    let mut task = serde_json::json!({ "name": "Safety test", "schedule": { "every": "days", "n": 90 }, "from": "2026-05-25T05:00:00Z" });
    let id = program.post(&path, task.clone()).await.is(201).json()["id"].as_str().unwrap().to_owned();
    let work = serde_json::json!({ "result": "done", "done_by": "Acme Service", "performed_at": "2026-08-24T15:00:00Z" });
    program.post(&format!("{path}/{id}/done"), work).await.is(200);
    let item = format!("/staff/equipment/{}", world.pump);
    tom.get(&item)
        .await
        .has("Every 90 days, from the last time it was done")
        .has("Overdue since Sun 00:00")
        .has("From the last time it was done");
    let status = async || program.get("/api/v1/upkeep").await.json()["items"][0].clone();
    assert_eq!(
        (&status().await["status"], &status().await["by_calendar"]),
        (&"overdue".into(), &false.into())
    );
    // A shorter interval counts from the last time, not from the day on which it was chosen.
    (task["upkeep"], task["schedule"]["n"]) = (id.into(), 60.into());
    task.as_object_mut().unwrap().remove("from");
    program.post(&path, task.clone()).await.is(201);
    tom.get(&item).await.has("Overdue since Oct 23, 00:00");
    (task["by_calendar"], task["schedule"]["n"]) = (true.into(), 90.into());
    task["from"] = "2026-05-25T05:00:00Z".into();
    program.post(&path, task.clone()).await.is(201);
    tom.get(&item).await.has("Every 90 days, by the calendar").has("Due by Feb 18, 2027");
    task.as_object_mut().unwrap().remove("by_calendar");
    program.post(&path, task).await.is(201);
    assert_eq!(status().await["by_calendar"], true, "it stays");
    assert_eq!(status().await["due_by"].as_str().unwrap().split('-').next(), Some("2027"));
}

#[tokio::test]
async fn a_grace_that_a_program_set_stays_when_a_form_says_something_else() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = Schedule::Use { grace_s: 5_430 };
    let page = plan(&world, serde_json::json!({ "every": "use", "grace_s": 5_430 })).await;
    let form = form_of(&tom.get(&page).await, &page);
    assert_eq!(value_of(&form, "grace"), "1:31");
    send(&tom, &page, &with(form.clone(), "name", "Leak test")).await.is(303);
    assert_eq!(task_of(&world).schedule, grace);
    for (entered, words) in
        [("soon", "Enter hours and minutes"), ("0:00", "1 minute"), ("900:00", "1 minute")]
    {
        let form = with(form_of(&tom.get(&page).await, &page), "grace", entered);
        send(&tom, &page, &form).await.is(422).has(words).has("id=\"grace-e\"");
    }
    let form = form_of(&tom.get(&page).await, &page);
    send(&tom, &page, &with(form, "grace", "2:00")).await.is(303);
    assert_eq!(task_of(&world).schedule, Schedule::Use { grace_s: 7_200 });
    let program = program(&world, ApiTokenScope::Write);
    let set = serde_json::json!({ "name": "Bed", "defaults": { "schedule": { "every": "use", "grace_s": 5_430 } } });
    program.post("/api/v1/categories", set).await.is(200);
    let page = format!("/staff/categories/{}", record::entry::Digest16::of(b"Bed"));
    let form = form_of(&tom.get(&page).await, &page);
    send(&tom, &page, &with(form, "default_name", "Bed")).await.is(303);
    let facility = world.state.store.facility();
    assert_eq!(facility.categories.values().next().unwrap().defaults.schedule, Some(grace));
}

#[tokio::test]
async fn a_retired_protocol_is_no_choice_for_a_task() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = plan(&world, serde_json::json!({ "every": "days", "n": 30 })).await;
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    tom.get(&page).await.has("Low-level wipe");
    let retired = |reason: &str| Command::RetireProtocol { protocol, reason: reason.into(), seen: None };
    let chosen = with(form_of(&tom.get(&page).await, &page), "protocol", &protocol.to_string());
    world.give(retired("Replaced")).await;
    tom.get(&page).await.has_not("Low-level wipe");
    send(&tom, &page, &chosen).await.is(303);
    tom.get(&page).await.has("Low-level wipe");
}

#[tokio::test]
async fn a_photo_goes_with_maintenance_that_was_done() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = plan(&world, serde_json::json!({ "every": "days", "n": 30 })).await;
    let done = format!("{page}/done");
    let form = form_of(&tom.get(&done).await, &done);
    let size = world.size();
    tom.send(with_photo(&done, &form, "bad")).await.is(422).has("id=\"photo-e\"");
    let stranger: Vec<_> = form.iter().filter(|(name, _)| name != "form").cloned().collect();
    tom.send(with_photo(&done, &stranger, "good")).await.is(403);
    // What is wrong elsewhere loses no photo.
    let unnamed = with(form, "done_by", " ");
    let again = tom.send(with_photo(&done, &unnamed, "good")).await;
    again.is(422).has("Enter the name of who did it").has(".t.jpg");
    assert_eq!(world.size(), size);
    let named = with(form_of(&again, &done), "done_by", "Tom Nguyen");
    let named: Vec<_> = named.into_iter().filter(|(name, _)| name != "photo").collect();
    send(&tom, &done, &named).await.is(303);
    let Event::UpkeepDone(recorded) = world.event(size) else { panic!() };
    assert_eq!(recorded.photos.len(), 1);
    let photo = recorded.photos[0];
    tom.get(&format!("/staff/equipment/{}", world.pump)).await.has(&format!("/photos/{photo}.t.jpg"));
    let program = program(&world, ApiTokenScope::Record);
    let path = format!("/api/v1/equipment/{}/upkeep/{}/done", world.pump, task_of(&world).upkeep);
    let work = |photos: serde_json::Value| serde_json::json!({ "result": "done", "done_by": "Acme Service", "photos": photos });
    program.post(&path, work(serde_json::json!([photo.to_string()]))).await.is(200);
    let Event::UpkeepDone(recorded) = world.event(size + 1) else { panic!() };
    assert_eq!(recorded.photos, [photo]);
    program.post(&path, work(serde_json::json!(["00".repeat(32)]))).await.is(400).has("There is no photo");
    let five = serde_json::json!(vec![photo.to_string(); 5]);
    program.post(&path, work(five)).await.is(422);
}
