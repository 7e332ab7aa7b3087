//! What a scan page asks beside steps and name: with what, why, and whether a use was of a higher class than usual.

use std::time::Duration;

use record::kinds::{
    CivilDay, CleaningFlag, CleaningTrigger, EquipmentPatch, MissingPart, SpauldingClass, WhoPolicy,
};
use serde_json::json;

use super::phone_browser::PhoneBrowser;
use crate::intake::{SettingsChange, methods_from};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn day(text: &str) -> CivilDay {
    text.parse().unwrap()
}

async fn item_by(world: &World, protocol: NewProtocol) -> Tag {
    let known: Vec<ProtocolId> = world.state.store.facility().protocols.keys().copied().collect();
    let steps = vec![Step { text: "Wipe".into(), required: true }];
    let name = protocol.name.clone();
    world.give(Command::PublishProtocol(Box::new(NewProtocol { steps, ..protocol }))).await;
    let facility = world.state.store.facility();
    let protocol = facility.protocols.keys().find(|id| !known.contains(id)).copied();
    world.add(&format!("Cleaned by {name}"), "ICU", protocol, PhotoPolicy::None).await
}

fn agents(names: &[&str]) -> Vec<Agent> {
    names
        .iter()
        .map(|name: &&str| Agent { name: (*name).to_owned(), epa: String::new(), dilution: String::new() })
        .collect()
}

#[tokio::test]
async fn what_was_used_and_why_is_recorded_and_seen() {
    let world = World::new().await;
    let (two, one) = (agents(&["Quat", "Bleach"]), agents(&["Quat"]));
    let tag = item_by(&world, NewProtocol { name: "Two".into(), agents: two, ..Default::default() }).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
    phone.page.has("About this cleaning").has("<option translate=\"no\" value=\"Bleach\">");
    phone.page.has("After an incident").has("Critical: entered sterile tissue").has_not("In a load");
    let entered = [
        ("cleaned_by", "Zoë"),
        ("step", "1"),
        ("agent", "Bleach"),
        ("lot", "L 7"),
        ("lot_expires", "2026-11-19"),
        ("trigger", "incident"),
        ("class", "semicritical"),
    ];
    entered.iter().for_each(|(name, value)| phone.enter(name, value));
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded").has("Disinfectant past its day");
    let body = world.cleaning();
    assert_eq!((body.agent.as_str(), body.lot.as_str()), ("Bleach", "L 7"));
    assert_eq!((body.lot_expires, body.trigger), (Some(day("2026-11-19")), Some(CleaningTrigger::Incident)));
    assert_eq!((body.class, body.incomplete), (Some(SpauldingClass::Semicritical), vec![]));
    assert_eq!(body.flags, [CleaningFlag::LotExpired]);
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = tom.get(&format!("/staff/equipment/{tag}")).await;
    item.is(200)
        .has("Disinfectant: Bleach")
        .has("After an incident")
        .has("Semicritical use: mucous membranes");
    // The phone puts lot and day in again, and what is there once is taken by itself.
    phone.scan(tag).await;
    phone.page.has("value=\"L 7\"").has("value=\"2026-11-19\"");
    let tag = item_by(&world, NewProtocol { name: "One".into(), agents: one, ..Default::default() }).await;
    phone.scan(tag).await;
    phone.page.has("About this cleaning").has_not("value=\"L 7\"").has_not("name=\"agent\"");
    phone.enter("step", "1");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    let body = world.cleaning();
    assert_eq!((body.agent.as_str(), body.trigger, body.class), ("Quat", None, None));
}

#[tokio::test]
async fn a_day_that_does_not_exist_is_said_beside_its_field() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let (page, size) = (world.get(&path).await, world.size());
    let form = [
        ("page", page.hidden("page")),
        ("version", "1".to_owned()),
        ("cleaned_by", "Ada".to_owned()),
        ("notes", "in a hurry".to_owned()),
        ("lot_expires", "2026-02-30".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = world.post(&path, &form).await;
    refused.is(422).has("id=\"lot_expires-e\"").has("Enter the last day of the lot").has("2026-02-30");
    world.post(&path, &form[2..]).await.is(422).has("Enter the last day of the lot");
    assert_eq!(world.size(), size, "nothing is recorded");
}

#[tokio::test]
async fn a_class_that_was_raised_decides_what_proof_is_asked_for() {
    let world = World::new().await;
    let who =
        WhoPolicy { critical: Some(methods_from(&record::kinds::ProofMethod::Pin)), ..WhoPolicy::default() };
    let settings = SettingsChange { who: Some(who), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    let tag = item_by(&world, NewProtocol { name: "Wipe".into(), ..Default::default() }).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
    phone.page.has_not("This item needs your PIN");
    let size = world.size();
    let entered = [("cleaned_by", "Zoë"), ("step", "1"), ("class", "critical")];
    entered.iter().for_each(|(name, value)| phone.enter(name, value));
    phone.press("Record cleaning").await;
    phone.page.is(422).has("This item needs your PIN").has("value=\"critical\" selected");
    assert_eq!(world.size(), size);
    entered.iter().for_each(|(name, value)| phone.enter(name, value));
    phone.enter("notes", "The secure page does not open");
    phone.press("Record without proof").await;
    phone.page.is(200).has("Incomplete");
    let body = world.cleaning();
    assert_eq!((body.class, body.incomplete), (Some(SpauldingClass::Critical), vec![MissingPart::Who]));
    // What is no higher than usual is nothing to record.
    let fields = EquipmentPatch { class: Some(SpauldingClass::Critical), ..EquipmentPatch::default() };
    world.give(Command::ChangeEquipment { tag, fields: Box::new(fields), schedule: None, seen: None }).await;
    world.get(&format!("/t/{tag}")).await.has("This item needs your PIN").has_not("name=\"class\"");
}

#[tokio::test]
async fn late_entries_and_programs_say_as_much() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let path = format!("/staff/equipment/{}/late", world.pump);
    let paper = [
        ("performed_at", "2026-11-20 09:30"),
        ("cleaned_by", "Maria Alvarez"),
        ("contact", "3:10"),
        ("notes", "The box was off"),
        ("all_steps", "1"),
        ("lot", "L 7"),
        ("lot_expires", "2026-11-19"),
        ("trigger", "returned"),
        ("class", "critical"),
    ];
    let page = tom.get(&path).await;
    page.is(200).has("What else the paper says").has("After it came back");
    let soon = paper.map(|(name, value)| (name, if name == "lot_expires" { "soon" } else { value }));
    tom.post(&path, &page.hidden("form"), &soon).await.is(422).has("Enter the last day of the lot");
    tom.post(&path, &page.hidden("form"), &paper).await.is(303);
    let body = world.cleaning();
    assert_eq!((body.agent.as_str(), body.lot.as_str()), ("Quat wipe", "L 7"));
    assert_eq!((body.lot_expires, body.trigger), (Some(day("2026-11-19")), Some(CleaningTrigger::Returned)));
    assert_eq!(body.class, Some(SpauldingClass::Critical));
    assert_eq!(body.flags, [CleaningFlag::Late, CleaningFlag::LotExpired]);
    let cmms = program(&world, ApiTokenScope::Record);
    let new = json!({
        "tag": world.pump, "cleaned_by": "Ada", "steps": [1, 2], "contact_s": 200, "notes": "by machine",
        "lot": "L 8", "lot_expires": "2027-01-31", "trigger": "after use", "class": "semicritical",
    });
    let made = cmms.post("/api/v1/cleanings", new.clone()).await.is(201).json();
    assert_eq!((&made["agent"], &made["lot_expires"]), (&json!("Quat wipe"), &json!("2027-01-31")));
    assert_eq!((&made["trigger"], &made["class"]), (&json!("after use"), &json!("semicritical")));
    assert_eq!((&made["flags"], &made["clean_until"]), (&json!([]), &json!(null)));
    for (name, value) in
        [("trigger", "load"), ("trigger", "full moon"), ("class", "deadly"), ("lot_expires", "x")]
    {
        let mut wrong = new.clone();
        wrong[name] = json!(value);
        let status = cmms.post("/api/v1/cleanings", wrong).await.status;
        assert!((400..500).contains(&status), "{name} {value}: {status}");
    }
}

#[tokio::test]
async fn hang_time_says_until_when_an_item_is_clean() {
    let world = World::new().await;
    let protocol = NewProtocol { name: "Dry".into(), hang_h: Some(72), ..Default::default() };
    let tag = item_by(&world, protocol).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
    phone.enter("cleaned_by", "Zoë");
    phone.enter("step", "1");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("<dt>Clean until</dt>");
    assert_eq!(world.cleaning().clean_until, Some(NOW + 72 * 3_600_000));
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get(&format!("/staff/equipment/{tag}")).await.is(200).has("Clean until ");
    phone.scan(tag).await;
    phone.enter("notes", "not dry yet");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Incomplete").has_not("<dt>Clean until</dt>");
    assert_eq!(world.cleaning().clean_until, None, "what lacks something says nothing of that");
}

#[tokio::test]
async fn what_a_record_is_marked_by_is_the_same_by_whichever_way_it_came() {
    let world = World::new().await;
    let tag = world.pump;
    world.give(Command::SuspendEquipment { tag, reason: "Leaks".into(), back: None, seen: None }).await;
    world.post(&format!("/t/{tag}?anyway=1"), &[("cleaned_by", "Ada")]).await.is(303);
    assert_eq!(world.cleaning().flags, [CleaningFlag::OutOfService]);
    let tom = desk(&world, StaffRole::Biomed).await;
    let path = format!("/staff/equipment/{tag}/late");
    let paper = |time| {
        [
            ("performed_at", time),
            ("cleaned_by", "Maria"),
            ("contact", "3:10"),
            ("notes", "x"),
            ("all_steps", "1"),
        ]
    };
    for (time, flags) in [
        ("2026-11-20 13:04", vec![CleaningFlag::Late, CleaningFlag::OutOfService]),
        ("2026-11-20 13:05", vec![CleaningFlag::OutOfService]),
    ] {
        let token = tom.get(&path).await.is(200).hidden("form");
        tom.post(&path, &token, &paper(time)).await.is(303);
        assert_eq!(world.cleaning().flags, flags, "{time}");
    }
}

#[tokio::test]
async fn what_serves_the_class_of_an_item_is_offered_first() {
    let world = World::new().await;
    let wipe = item_by(&world, NewProtocol { name: "Wipe".into(), ..Default::default() }).await;
    let class = Some(SpauldingClass::Semicritical);
    let soak = item_by(&world, NewProtocol { name: "Soak".into(), class, ..Default::default() }).await;
    let facility = world.state.store.facility();
    let protocols = [wipe, soak].map(|tag| facility.equipment[&tag].facts.protocols[0]);
    let change = async |class| {
        let fields = EquipmentPatch {
            class: Some(class),
            protocols: Some(protocols.to_vec()),
            ..EquipmentPatch::default()
        };
        let tag = world.pump;
        world
            .give(Command::ChangeEquipment { tag, fields: Box::new(fields), schedule: None, seen: None })
            .await;
        world.get(&format!("/t/{tag}")).await
    };
    change(SpauldingClass::Noncritical).await.has("Wipe, version 1").has("Clean by “Soak” instead");
    change(SpauldingClass::Semicritical).await.has("Soak, version 1").has("Clean by “Wipe” instead");
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    assert_eq!(world.cleaning().protocol.unwrap().id, protocols[1]);
}

#[tokio::test]
async fn another_protocol_takes_the_ticks_and_nothing_else() {
    let world = World::new().await;
    let wipe = item_by(&world, NewProtocol { name: "Wipe".into(), ..Default::default() }).await;
    let soak = item_by(&world, NewProtocol { name: "Soak".into(), ..Default::default() }).await;
    let facility = world.state.store.facility();
    let protocols = [wipe, soak].map(|tag| facility.equipment[&tag].facts.protocols[0]);
    let fields = EquipmentPatch { protocols: Some(protocols.to_vec()), ..EquipmentPatch::default() };
    let change = Command::ChangeEquipment { tag: wipe, fields: Box::new(fields), schedule: None, seen: None };
    world.give(change).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{wipe}")).await;
    let submission = phone.page.hidden("submission");
    for (name, value) in [("cleaned_by", "Zoë"), ("notes", "under the clamp"), ("step", "1")] {
        phone.enter(name, value);
    }
    let size = world.size();
    phone.press("name=\"instead\"").await;
    phone
        .page
        .is(200)
        .has("Soak, version 1")
        .has("value=\"Zoë\"")
        .has(">under the clamp<")
        .has_not(" checked");
    assert_eq!((world.size(), phone.page.hidden("submission")), (size, submission));
    assert!(phone.path.ends_with(&format!("&protocol={}", protocols[1])), "{}", phone.path);
    phone.enter("step", "1");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    assert_eq!(world.cleaning().protocol.unwrap().id, protocols[1]);
}

#[tokio::test]
async fn a_page_that_is_loaded_again_is_the_same_visit() {
    let world = World::new().await;
    let tag = item_by(&world, NewProtocol { name: "Wipe".into(), ..Default::default() }).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
    let mut record = async |wait_s: u64| {
        world.clock.advance(Duration::from_secs(wait_s));
        phone.enter("cleaned_by", "Zoë");
        phone.enter("step", "1");
        phone.press("Record cleaning").await;
        phone.page.is(200).has("Recorded");
        phone.scan(tag).await;
        world.clock.advance(Duration::from_secs(60));
        phone.scan(tag).await;
        world.cleaning().took_ms
    };
    assert_eq!(record(20).await, Some(20_000), "nobody knows a phone at its first visit but by its page");
    assert_eq!(record(30).await, Some(90_000), "from the first look on");
    assert_eq!(record(40).await, Some(100_000), "and what comes behind a record begins anew");
}

#[tokio::test]
async fn a_note_is_folded_until_there_is_one() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let open = "<details open><summary>Note</summary>";
    page.is(200).has("<details><summary>Note</summary>").has_not(open);
    let text = page.text();
    let order = ["id=\"who\"", "Something is wrong with this item", "About this cleaning", "id=\"note\""];
    let places = order.map(|words: &str| text.find(words).unwrap_or_else(|| panic!("no {words}")));
    assert!(places.is_sorted(), "{order:?} at {places:?}");
    let token = page.hidden("page");
    world.post(&path, &[("page", &token), ("notes", "squeaks")]).await.is(422).has(open);
    let long = "x".repeat(1_001);
    world.post(&path, &[("page", &token), ("cleaned_by", "Ada"), ("notes", &long)]).await.is(422).has(open);
}
