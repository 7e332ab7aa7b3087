//! Maintenance tasks over time: what a change of one leaves as it was.

use record::fold::UpkeepTask;
use service::clock::Clock as _;

use super::editing::{form_of, send, value_of, with, with_photo};
use super::programs::program;
use super::staff_pages::desk;
use super::*;

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
    // What a task has already stays.
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
