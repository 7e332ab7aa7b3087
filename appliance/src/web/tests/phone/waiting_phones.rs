//! What phones say that they still hold, and the copy of a queue that cannot be sent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::kinds::CleaningFlag;
use serde_json::{Value, json};

use super::submissions::{document, send, with};
use crate::web::tests::fixture::copy_parts;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

const HOUR_MS: i64 = 3_600_000;

pub(in crate::web::tests) fn copy_of(lines: &[Value], token: &str) -> Request<Body> {
    let head = |name: &str, more: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
    };
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let (form, file) = (head("form", ""), head("file", "; filename=\"copy.txt\""));
    let body = format!("{form}{token}\r\n{file}{}\n\r\n--XX--\r\n", lines.join("\n"));
    let request = Request::post("/staff/phone-records/copy");
    request.header(CONTENT_TYPE, "multipart/form-data; boundary=XX").body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_copy_of_a_queue_is_taken_in_once_whoever_comes_first() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let form = tom.get("/staff/phone-records").await.is(200).has("Take it in").hidden("form");
    let id = |n: usize| format!("01J0000000000000000000000{n}");
    let new = |n: usize| with(document(&world), "id", json!(id(n)));
    send(&world, &new(1)).await.is(201);
    let size = world.size();
    let lines = [
        json!({ "submission": new(1) }),
        json!({ "photo": "Z29vZCBvbmUK" }),
        json!({ "submission": new(2) }),
        json!({ "photo": "Z29vZCBvbmUK" }),
        json!({ "photo": "?" }),
        json!({ "submission": with(new(3), "tag", json!("7QK3M9X2W")) }),
        json!({ "submission": with(new(4), "v", json!(9)) }),
        json!({ "nonsense": 1 }),
    ];
    tom.send(copy_of(&lines, "stolen")).await.is(403);
    assert_eq!(world.size(), size);
    let page = tom.send(copy_of(&lines, &form)).await;
    page.is(200).has("2 on the box, 1 refused, 2 lines not readable").has("7QK3M9X2W");
    // The first is there already and gets its photo.
    assert_eq!(world.size(), size + 2);
    let cleaning = world.cleaning();
    assert_eq!((cleaning.photos.len(), cleaning.queued.map(|queued| queued.unsure)), (1, Some(true)));
    assert!(cleaning.flags.contains(&CleaningFlag::PhoneClock));
    let now_ms = world.state.clock.now().wall_ms;
    assert_eq!(cleaning.performed, Some(now_ms - HOUR_MS + 600_000));
    // The phone comes back after all.
    send(&world, &new(2)).await.is(201);
    send(&world, &new(3)).await.is(422);
    tom.send(copy_of(&lines, &form)).await.is(200).has("2 on the box, 1 refused");
    assert_eq!(world.size(), size + 2);
}

#[tokio::test]
async fn staff_see_what_phones_hold() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let cookies = send(&world, &document(&world)).await.is(201).cookies();
    crate::web::learn_phones(&world.state).await.unwrap();
    let say = async |notice: &str| {
        say_waiting(&world, &cookies, notice).await;
    };
    tom.get("/staff/").await.has_not("not here yet");
    say("5;3600").await;
    tom.get("/staff/").await.has("1 phone holds records that are not here yet: 5, the oldest from today");
    say("nonsense").await;
    say("0;0").await;
    tom.get("/staff/").await.has_not("not here yet");
}

#[tokio::test]
async fn a_phone_that_holds_records_for_a_day_is_an_alarm_until_it_is_empty_or_gone() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let cookies = send(&world, &document(&world)).await.is(201).cookies();
    crate::web::learn_phones(&world.state).await.unwrap();
    let say = async |notice: &str| {
        say_waiting(&world, &cookies, notice).await;
        crate::web::remind_of_phones(&world.state);
    };
    let alarm = "2 records have waited on a phone for more than a day";
    say("2;3600").await;
    tom.get("/staff/alarms").await.is(200).has_not(alarm);
    say("2;86400").await;
    tom.get("/staff/alarms").await.has(alarm).has("href=\"/staff/phone-records\"");
    say("0;0").await;
    tom.get("/staff/alarms").await.has_not(alarm);
    say("2;90000").await;
    let page = tom.get("/staff/phone-records").await;
    page.is(200).has("holds 2 records").has("That phone is gone");
    let text = page.text();
    let mut forms = text.split("action=\"").filter_map(|rest| rest.split('"').next());
    let gone = forms.find(|to| to.ends_with("/gone"));
    let (gone, form) = (gone.unwrap().to_owned(), page.hidden("form"));
    tom.post("/staff/phone-records/phones/01J00000000000000000000PHN/gone", &form, &[]).await.is(404);
    tom.post("/staff/phone-records/phones/x/gone", &form, &[]).await.is(404);
    tom.post(&gone, &form, &[]).await.is(303);
    tom.get("/staff/alarms").await.has_not(alarm);
    tom.get("/staff/").await.has_not("not here yet");
    tom.get("/staff/phone-records").await.has("Tom Nguyen said today").has_not("That phone is gone");
    say("2;90060").await;
    tom.get("/staff/alarms").await.has(alarm);
    // After a start of the box no phone has reported yet, and the alarm is still there.
    let restarted = copy_parts(&world);
    let state = crate::web::AppState::new(restarted);
    crate::web::remind_of_phones(&state);
    let rows = state.alarms.reminders().unwrap().all(0);
    assert_eq!(
        rows.iter().map(|row| (row.code.as_str(), row.count)).collect::<Vec<_>>(),
        [("phone-waits", 2)]
    );
}

async fn say_waiting(world: &World, cookies: &str, notice: &str) {
    let request = Request::get("/api/v1/submissions/state").header("x-waiting", notice);
    world.send(request.header("cookie", cookies).body(Body::empty()).unwrap(), false).await.is(200);
}

#[tokio::test]
async fn made_up_phones_hide_no_phone_that_made_a_record() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let cookies = send(&world, &document(&world)).await.is(201).cookies();
    for n in 0..60_u8 {
        let secret = URL_SAFE_NO_PAD.encode([n + 100; 32]);
        say_waiting(&world, &format!("device={secret}"), "200;31622400").await;
    }
    // Its record is in the log, which is read also after a start.
    let state = AppState::new(copy_parts(&world));
    let device = world
        .state
        .store
        .reader()
        .unwrap()
        .entry(world.size() - 1)
        .unwrap()
        .unwrap()
        .head()
        .by
        .device
        .unwrap();
    for state in [&world.state, &state] {
        crate::web::learn_phones(state).await.unwrap();
        assert!(state.stored::<crate::phones::RecordingPhones>().contains(device));
    }
    say_waiting(&world, &cookies, "3;90000").await;
    let page = tom.get("/staff/phone-records").await;
    let text = page.is(200).text();
    let (own, made_up) = (text.find("holds 3 records"), text.find("holds 200 records"));
    assert!(own.is_some() && own < made_up, "{own:?} {made_up:?}");
    assert_eq!(text.matches("holds 200 records").count(), 5);
    crate::web::remind_of_phones(&world.state);
    tom.get("/staff/alarms").await.has("3 records have waited on a phone for more than a day");
}
