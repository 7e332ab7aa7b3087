//! Reminders: the list on the staff page, seen, postponed, and gone with their cause.

use service::clock::Clock as _;

use crate::alarms::reminders::ReminderCode;
use crate::phones::PhotoAsks;
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

impl World {
    fn remind(&self) {
        let table = self.state.alarms.reminders().unwrap();
        table.look_round(&self.state.store.facility(), self.clock.now().wall_ms).unwrap();
    }
}

#[tokio::test]
async fn a_report_is_an_alarm_until_it_is_closed() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/alarms").await.is(200).has("Nothing waits for anybody.");
    world.remind();
    let problem = format!("/t/{}/problem", world.pump);
    world.post(&problem, &[("what", "broken")]).await.is(303);
    world.remind();
    tom.get("/staff/").await.has("1 alarm waits for somebody");
    let page = tom.get("/staff/alarms").await;
    page.is(200).has("Infusion pump 14: 1 open report").has("I have seen this");
    let (form, now_ms) = (page.hidden("form"), world.clock.now().wall_ms);
    let id = world.state.alarms.reminders().unwrap().all(now_ms)[0].id.clone();
    let (seen, later) = (format!("/staff/alarms/{id}/seen"), format!("/staff/alarms/{id}/later"));
    tom.post(&later, &form, &[("hours", "0")]).await.is(422);
    tom.post(&later, &form, &[("hours", "4")]).await.is(303);
    tom.get("/staff/alarms").await.has("Put off until").has_not("I have seen this");
    tom.post(&seen, &form, &[]).await.is(303);
    tom.get("/staff/alarms").await.has("Seen").has_not("I have seen this");
    tom.get("/staff/").await.has_not("waits for somebody");
    tom.post("/staff/alarms/00000000/seen", &form, &[]).await.is(404);
    world.post(&problem, &[("what", "soiled")]).await.is(303);
    world.remind();
    tom.get("/staff/alarms").await.has("2 open reports").has("I have seen this");
    world.give(Command::RetireEquipment { tag: world.pump, reason: "worn".into(), seen: None }).await;
    world.remind();
    tom.get("/staff/alarms").await.has("Nothing waits for anybody.");
}

#[tokio::test]
async fn overdue_items_are_one_line_until_they_are_cleaned() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let table = world.state.alarms.reminders().unwrap();
    let (facility, now_ms) = (world.state.store.facility(), world.clock.now().wall_ms);
    let count = |at_ms| {
        table.look_round(&facility, at_ms).unwrap();
        let rows = table.all(at_ms);
        rows.iter().find(|row| row.code == ReminderCode::ItemsOverdue).map(|row| row.count)
    };
    let scheduled = facility.equipment.values().filter(|item| !item.plans.is_empty()).count();
    assert!(scheduled > 0, "the world has items with a schedule");
    assert_eq!(count(now_ms + 400 * 86_400_000), u32::try_from(scheduled).ok());
    tom.get("/staff/alarms").await.is(200).has("overdue");
    world.remind();
    tom.get("/staff/alarms").await.has_not("overdue");
}

#[tokio::test]
async fn programs_see_what_waits() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    world.post(&format!("/t/{}/problem", world.pump), &[("what", "broken")]).await.is(303);
    world.remind();
    let listed = program.get("/api/v1/reminders").await.is(200).json();
    assert_eq!(
        (&listed["items"][0]["code"], &listed["items"][0]["count"]),
        (&"problem-reported".into(), &1.into())
    );
    let row = format!("/api/v1/reminders/{}", listed["items"][0]["id"].as_str().unwrap());
    program.post(&format!("{row}/later"), serde_json::json!({ "hours": 900 })).await.is(422);
    program.post(&format!("{row}/later"), serde_json::json!({ "hours": 1 })).await.is(204);
    program.post(&format!("{row}/seen"), serde_json::json!({})).await.is(204);
    program.post("/api/v1/reminders/00000000/seen", serde_json::json!({})).await.is(404);
}

/// Five of twenty are more than a fifth, four are not.
#[tokio::test]
async fn a_phone_that_seldom_gives_the_photo_that_is_asked_for_is_an_alarm_until_it_does() {
    let world = World::new().await;
    let table = world.state.alarms.reminders().unwrap();
    let mut asks = PhotoAsks::default();
    let mut look = || {
        let reader = world.state.store.reader().unwrap();
        for entry in reader.entries(asks.unseen(reader.size())) {
            asks.note(reader.epoch(), &entry.unwrap());
        }
        table.replace_open(ReminderCode::PhotoMissing, &asks.lacking(), NOW).unwrap();
        table.all(NOW).iter().map(|row| (row.code.as_str(), row.count)).collect::<Vec<_>>()
    };
    let facility = world.state.store.facility();
    let cart = facility.equipment.values().find(|item| item.facts.name.starts_with("ECG")).unwrap().tag;
    let scan = format!("/t/{cart}");
    let clean = async |cookies: &str, photo: Option<&[u8]>| {
        let of_phone = |mut request: Request<Body>| {
            request.headers_mut().insert("cookie", cookies.parse().unwrap());
            request
        };
        let page = world.send(of_phone(Request::get(&scan).body(Body::empty()).unwrap()), false).await;
        let (token, submission) = (page.hidden("page"), page.hidden("submission"));
        let form = [
            ("page", token.as_str()),
            ("submission", &submission),
            ("cleaned_by", "Ada"),
            ("step", "1"),
            ("notes", "no camera"),
        ];
        let request = match photo {
            Some(photo) => with_photo(&scan, &form, photo),
            None => posted(&scan, &form),
        };
        let answer = world.send(of_phone(request), false).await;
        answer.is(303);
        answer.cookies()
    };
    // With its first record the box recognises the phone.
    let cookies = clean("", None).await;
    for _ in 0..3 {
        clean(&cookies, None).await;
    }
    assert_eq!(look(), []);
    clean(&cookies, None).await;
    assert_eq!(look(), [("photo-missing", 5)]);
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/alarms").await.is(200).has("One phone gave no photo 5 of the last 20 times");
    for _ in 0..16 {
        clean(&cookies, Some(b"good\n")).await;
    }
    assert_eq!(look(), [], "the first one is not among the last twenty any more");
    tom.get("/staff/alarms").await.has("Nothing waits for anybody.");
}
