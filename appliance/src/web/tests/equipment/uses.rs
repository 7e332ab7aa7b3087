//! Uses: one press on a phone or one call of a program, after which an item that is cleaned after use is due.

use record::kinds::{MissingPart, ProofMethod, SpauldingClass, WhoPolicy};
use serde_json::json;
use service::clock::Clock as _;

use crate::intake::{SettingsChange, UseForm, WetTime};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{desk, person};
use crate::web::tests::*;

#[tokio::test]
async fn one_press_records_a_use() {
    let world = World::new().await;
    let schedule = Schedule::Use { grace_s: 3_600 };
    let set = Command::SetSchedule { tag: world.pump, protocol: None, schedule, seen: None };
    world.give(set).await;
    let (scan, path) = (format!("/t/{}", world.pump), format!("/t/{}/used", world.pump));
    world.get(&scan).await.has(&path);
    let page = world.get(&path).await;
    page.is(200).has("Was Infusion pump 14 used?").has_not("Last use");
    // The message for a box that does not answer is outside the form: no phone queues a use.
    let silent = page.text().find("id=\"silent\"").unwrap();
    assert!(silent < page.text().find(&format!("action=\"{path}\"")).unwrap());
    page.has("this press recorded nothing").has_not("data-queue");
    world.get(&format!("{scan}?report=used")).await.is(200).has_not("Use recorded");
    let (size, submission) = (world.size(), page.hidden("submission"));
    for _ in 0..2 {
        let done = world.post(&path, &[("submission", &submission)]).await;
        let to = done.is(303).location();
        assert_eq!(to, format!("{scan}?report=used"), "a second press is the same one");
        world.get(&to).await.is(200).has("Use recorded: today 14:04");
    }
    world.get(&scan).await.has_not("Use recorded");
    world.get(&path).await.has("Last use recorded: today 14:04");
    assert_eq!(world.size(), size + 1);
    let Event::UseRecorded(used) = world.event(size) else { panic!() };
    assert_eq!((used.tag, used.performed), (world.pump, None));
    world.get("/t/7QK3M9X2W/used").await.is(404);
    let spanish = Request::get(&path).header("accept-language", "es").body(Body::empty()).unwrap();
    world.send(spanish, false).await.is(200).has("Sí, se usó ahora");
    world.give(Command::RetireEquipment { tag: world.pump, reason: String::new(), seen: None }).await;
    world.post(&path, &[]).await.is(409).has("was retired");
}

#[tokio::test]
async fn a_phone_says_when_a_use_ended_what_it_touched_and_whose_chart_has_a_sticker() {
    let world = World::new().await;
    let path = format!("/t/{}/used", world.pump);
    let page = world.get(&path).await;
    page.is(200).has("More about this use").has("15 minutes ago").has("4 hours ago").has("Sterile tissue");
    let submission = page.hidden("submission");
    let form = [("submission", &*submission), ("ended", "30"), ("class", "critical"), ("sticker", "1")];
    let size = world.size();
    let used_ms = world.clock.now().wall_ms;
    for _ in 0..2 {
        world.post(&path, &form).await.is(303);
        world.clock.advance(std::time::Duration::from_secs(7));
    }
    assert_eq!(world.size(), size + 1, "the second press is a repeat, though time went on");
    let Event::UseRecorded(used) = world.event(size) else { panic!() };
    let ended = Some(used_ms - 30 * 60_000);
    assert_eq!((used.performed, used.ended), (ended, ended), "it was used by then");
    assert_eq!((used.class, used.sticker), (Some(SpauldingClass::Critical), true));
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = tom.get(&format!("/staff/equipment/{}", world.pump)).await;
    item.is(200).has("Critical use: sterile tissue").has("A sticker went into the chart").has("Ended ");
    for (name, value) in [("ended", "31"), ("ended", "-1"), ("ended", "soon"), ("class", "noncritical")] {
        let size = world.size();
        world
            .post(&path, &[(name, value)])
            .await
            .is(400)
            .has("not on the page’s list")
            .has("Open the page again");
        assert_eq!(world.size(), size, "{name} {value}");
    }
}

#[tokio::test]
async fn programs_say_as_much_of_a_use() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Record);
    let path = format!("/api/v1/equipment/{}/uses", world.pump);
    let (began, ended) = ("2026-11-20T18:00:00.000Z", "2026-11-20T18:20:00.000Z");
    let made = program.post(
        &path,
        json!({ "performed_at": began, "ended_at": ended, "class": "semicritical", "sticker": true }),
    );
    let made = made.await.is(201).json();
    assert_eq!((&made["performed_at"], &made["ended_at"]), (&json!(began), &json!(ended)));
    assert_eq!((&made["class"], &made["sticker"]), (&json!("semicritical"), &json!(true)));
    let made = program.post(&path, json!({ "ended_at": ended, "class": "noncritical" })).await.is(201).json();
    assert_eq!((&made["performed_at"], &made["class"]), (&json!(ended), &json!(null)));
    let earlier = json!({ "performed_at": ended, "ended_at": began });
    program.post(&path, earlier).await.is(422).has("\"field\":\"ended_at\"").has("before it began");
    let ahead = json!({ "ended_at": "2100-01-01T00:00:00Z" });
    program.post(&path, ahead).await.is(422).has("\"field\":\"ended_at\"");
    program.post(&path, json!({ "class": "harmless" })).await.is(422);
}

#[tokio::test]
async fn programs_record_uses() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Record);
    let path = format!("/api/v1/equipment/{}/uses", world.pump);
    let made = program.post(&path, json!({ "performed_at": "2026-11-20T12:00:00-06:00" })).await;
    assert_eq!(made.is(201).json()["performed_at"], "2026-11-20T18:00:00.000Z");
    program.post(&path, json!({})).await.is(201);
    program.post(&path, json!({ "performed_at": "2100-01-01T00:00:00Z" })).await.is(422);
    program.post(&path, json!({ "performed_at": "yesterday" })).await.is(422);
    program.post("/api/v1/equipment/7QK3M9X2W/uses", json!({})).await.is(404);
}

#[tokio::test]
async fn a_cleaning_long_after_its_use_says_so() {
    let world = World::new().await;
    let id = *world.state.store.facility().protocols.keys().next().unwrap();
    let published = world.state.store.facility().protocols[&id].newest.clone();
    let (steps, delay_min) = (published.steps, Some(60));
    let slow =
        NewProtocol { protocol: Some(id), name: published.name, steps, delay_min, ..NewProtocol::default() };
    world.give(Command::PublishProtocol(Box::new(slow))).await;
    let is_delayed = async || {
        let form = crate::intake::CleaningForm::plain(world.pump, "Ada");
        world.give(Command::RecordCleaning(Box::new(form))).await;
        world.cleaning().flags.contains(&record::kinds::CleaningFlag::Delayed)
    };
    assert!(!is_delayed().await, "it was not used");
    for (minutes, expected) in [(61, true), (60, false)] {
        world.clock.advance(std::time::Duration::from_secs(3 * 3_600));
        let performed_ms = Some(world.clock.now().wall_ms - minutes * 60_000);
        world.give(Command::RecordUse(UseForm { performed_ms, ..UseForm::now(world.pump) })).await;
        assert_eq!(is_delayed().await, expected, "{minutes}");
        assert!(!is_delayed().await, "it was cleaned since");
        // However long the use took: it is over when it ended.
        world.clock.advance(std::time::Duration::from_secs(3 * 3_600));
        let now_ms = world.clock.now().wall_ms;
        let (performed_ms, ended_ms) = (Some(now_ms - 170 * 60_000), Some(now_ms - minutes * 60_000));
        let used = UseForm { performed_ms, ended_ms, ..UseForm::now(world.pump) };
        world.give(Command::RecordUse(used)).await;
        assert_eq!(is_delayed().await, expected, "ended {minutes} minutes ago");
    }
}

#[tokio::test]
async fn a_cleaning_is_due_from_the_end_of_a_use() {
    let world = World::new().await;
    let schedule = Schedule::Use { grace_s: 3_600 };
    world.give(Command::SetSchedule { tag: world.pump, protocol: None, schedule, seen: None }).await;
    let now_ms = world.clock.now().wall_ms;
    let (performed_ms, ended_ms) = (Some(now_ms - 120 * 60_000), Some(now_ms - 30 * 60_000));
    world.give(Command::RecordUse(UseForm { performed_ms, ended_ms, ..UseForm::now(world.pump) })).await;
    let program = program(&world, ApiTokenScope::Read);
    let item = program.get(&format!("/api/v1/equipment/{}", world.pump)).await.is(200).json();
    assert_eq!(item["due_by"], api::utc_text(now_ms + 30 * 60_000), "{item}");
}

#[tokio::test]
async fn what_an_item_was_used_for_asks_for_its_proof() {
    let world = World::new().await;
    let pin = Some(vec![ProofMethod::Pin]);
    let who = Some(WhoPolicy { critical: pin, ..WhoPolicy::default() });
    world.give(Command::ChangeFacility(Box::new(SettingsChange { who, ..SettingsChange::default() }))).await;
    let scan = format!("/t/{}", world.pump);
    let clean = async || {
        let form = crate::intake::CleaningForm::plain(world.pump, "Ada");
        world.give(Command::RecordCleaning(Box::new(form))).await;
        let cleaning = world.cleaning();
        (cleaning.incomplete.contains(&MissingPart::Who), cleaning.class)
    };
    let use_it = async |class, ago_ms| {
        world.clock.advance(std::time::Duration::from_secs(60));
        let ended_ms = Some(world.clock.now().wall_ms - ago_ms);
        world.give(Command::RecordUse(UseForm { class, ended_ms, ..UseForm::now(world.pump) })).await;
    };
    let critical = Some(SpauldingClass::Critical);
    assert_eq!(clean().await, (false, None));
    world.get(&scan).await.has_not("This item needs your PIN").has_not("Record without proof");
    use_it(critical, 0).await;
    // What it was used for afterwards takes nothing back.
    use_it(None, 0).await;
    world.get(&scan).await.is(200).has("Record without proof");
    assert_eq!(clean().await, (true, critical));
    world.get(&scan).await.has("Record without proof");
    let tom = person(&world, "Tom Nguyen", StaffRole::Technician, "471147").await;
    world.clock.advance(std::time::Duration::from_secs(600));
    let now = world.clock.now();
    let form = crate::intake::CleaningForm {
        who: crate::intake::ClaimedCleaner::Pin(tom),
        steps: Some(vec![1, 2]),
        wet: Some(WetTime {
            boot: now.boot,
            up_ms: now.up_ms - 200_000,
            until_up_ms: None,
            required_s: None,
        }),
        ..crate::intake::CleaningForm::plain(world.pump, "")
    };
    world.give(Command::RecordCleaning(Box::new(form))).await;
    assert_eq!((world.cleaning().incomplete, world.cleaning().class), (vec![], critical));
    world.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(clean().await, (false, None), "it was cleaned since");
    world.get(&scan).await.has_not("Record without proof");
    let desk = desk(&world, StaffRole::Biomed).await;
    let item = desk.get(&format!("/staff/equipment/{}", world.pump)).await;
    item.is(200).has("Critical use: sterile tissue or blood vessels");
}
