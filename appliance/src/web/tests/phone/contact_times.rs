//! A contact time that runs, as everybody sees it who is not at the item, and one after which nothing was recorded.

use std::time::Duration;

use record::kinds::{EquipmentPatch, WeekdaySet};
use service::clock::Clock as _;

use super::phone_browser::PhoneBrowser;
use crate::web::tests::equipment::editing::second_desk;
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

#[tokio::test]
async fn an_item_whose_contact_time_runs_is_marked_everywhere() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let program = program(&world, ApiTokenScope::Read);
    let item = format!("/api/v1/equipment/{}", world.pump);
    let daily = Schedule::Days { n: 1, on: WeekdaySet::EVERY };
    world.give(Command::SetSchedule { tag: world.pump, protocol: None, schedule: daily, seen: None }).await;
    let pages = ["/", "/?all=1", "/?q=pump+14", "/board"];
    let desks = ["/staff/equipment", "/staff/labels?show=all"];
    for page in pages {
        world.get(page).await.is(200).has("Infusion pump 14").has_not("Being cleaned");
    }
    assert_eq!(program.get(&item).await.json()["being_cleaned"], false);
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone.press("Surface is wet").await;
    let size = world.size();
    for page in pages {
        world.get(page).await.is(200).has("<span class=\"tag\">Being cleaned</span>");
    }
    for page in desks {
        tom.get(page).await.is(200).has("<span class=\"tag\">Being cleaned</span>");
    }
    assert_eq!(program.get(&item).await.json()["being_cleaned"], true);
    let listed = program.get("/api/v1/equipment").await.json();
    let marked = listed["items"].as_array().unwrap().iter().filter(|item| item["being_cleaned"] == true);
    assert_eq!(marked.count(), 1);
    assert_eq!(world.size(), size, "who looks writes nothing");
    world.clock.advance(Duration::from_secs(181));
    world.get("/").await.has("Being cleaned");
    phone.enter("cleaned_by", "Zoë");
    phone.tick("all", "1");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    world.get("/?all=1").await.is(200).has_not("Being cleaned");
    assert_eq!(program.get(&item).await.json()["being_cleaned"], false);
}

#[tokio::test]
async fn a_cleaning_that_was_begun_is_listed_until_it_is_entered() {
    let world = World::new().await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone.enter("cleaned_by", "Zoë");
    phone.press("Surface is wet").await;
    let tidy = || world.state.contact_timers.tidy(&world.state.store.facility(), &world.clock.now());
    world.clock.advance(Duration::from_secs(11 * 3_600));
    tidy();
    assert_eq!(world.state.contact_timers.begun(), [], "it may be recorded yet");
    world.clock.advance(Duration::from_secs(2 * 3_600));
    tidy();
    let tom = desk(&world, StaffRole::Biomed).await;
    let late = format!("/staff/equipment/{}/late", world.pump);
    let listed = tom.get("/staff/alarms").await;
    listed.is(200).has("Begun, not recorded").has("Infusion pump 14").has("Zoë").has(&late);
    tom.get("/staff/").await.has("1 cleaning was begun and not recorded");
    let mut form = crate::intake::CleaningForm::plain(world.pump, "Ada");
    world.give(Command::RecordCleaning(Box::new(form.clone()))).await;
    tom.get("/staff/alarms").await.has("Begun, not recorded");
    form.performed_ms = Some(world.clock.now().wall_ms - 13 * 3_600_000 + 60_000);
    world.give(Command::RecordCleaning(Box::new(form))).await;
    tom.get("/staff/alarms").await.is(200).has_not("Begun, not recorded");
    tom.get("/staff/").await.has_not("begun and not recorded");
}

#[tokio::test]
async fn a_cleaning_that_was_begun_an_hour_ago_is_an_alarm_until_it_is_recorded_or_listed() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let look = || {
        let (parts, now) = (&world.state, world.clock.now());
        crate::serve::save_contact_timers(&parts.alarms, &now, &parts.store, &parts.contact_timers);
    };
    let words = "Infusion pump 14: cleaning was begun and not recorded";
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone.enter("cleaned_by", "Zoë");
    phone.tick("all", "1");
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(59 * 60));
    look();
    tom.get("/staff/alarms").await.is(200).has("Nothing waits for anybody.").has_not(words);
    world.clock.advance(Duration::from_secs(2 * 60));
    look();
    let item = format!("href=\"/staff/equipment/{}\"", world.pump);
    let alarms = tom.get("/staff/alarms").await;
    alarms.has(words).has("Ask who cleaned it, and have the cleaning recorded.").has(&item);
    alarms.has("I have seen this").has_not("Begun, not recorded");
    tom.get("/staff/").await.has("1 alarm waits for somebody");
    phone.scan(world.pump).await;
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    look();
    tom.get("/staff/alarms").await.has_not(words).has("Nothing waits for anybody.");
    world.clock.advance(Duration::from_secs(60));
    phone.scan(world.pump).await;
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(12 * 3_600));
    look();
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    grace.get("/staff/alarms").await.has(words);
    world.clock.advance(Duration::from_secs(60));
    look();
    grace.get("/staff/alarms").await.has_not(words).has("Begun, not recorded");
}

pub(in crate::web::tests) async fn add_soak(world: &World) -> [ProtocolId; 2] {
    let facility = world.state.store.facility();
    let wipe = facility.equipment[&world.pump].facts.protocols[0];
    let steps = vec![Step { text: "Soak it".into(), required: true }];
    let soak = NewProtocol { name: "Soak".into(), steps, contact_s: Some(720), ..NewProtocol::default() };
    world.give(Command::PublishProtocol(Box::new(soak))).await;
    let facility = world.state.store.facility();
    let soak = *facility
        .protocols
        .keys()
        .find(|id| !facility.equipment[&world.pump].facts.protocols.contains(id))
        .unwrap();
    let fields = EquipmentPatch { protocols: Some(vec![wipe, soak]), ..EquipmentPatch::default() };
    let change =
        Command::ChangeEquipment { tag: world.pump, fields: Box::new(fields), schedule: None, seen: None };
    world.give(change).await;
    [wipe, soak]
}

async fn state_by(world: &World, protocol: ProtocolId) -> (String, u64) {
    let asked = world.get(&format!("/t/{}/contact-time?protocol={protocol}", world.pump)).await;
    let known = asked.is(200).json();
    (known["state"].as_str().unwrap().to_owned(), known["left_ms"].as_u64().unwrap())
}

#[tokio::test]
async fn a_contact_time_counts_for_no_other_protocol() {
    let world = World::new().await;
    let [wipe, soak] = add_soak(&world).await;
    let by = |protocol: ProtocolId| format!("/t/{}?protocol={protocol}", world.pump);
    let mut phone = PhoneBrowser::open(&world, &by(wipe)).await;
    phone.page.has_not("A contact time of");
    phone.press("Surface is wet: start 3:00").await;
    world.clock.advance(Duration::from_secs(721));
    assert_eq!([state_by(&world, wipe).await.0, state_by(&world, soak).await.0], ["over", "none"]);
    world.get(&by(wipe)).await.is(200).has("Wet long enough").has_not("A contact time of");
    let mut other = PhoneBrowser::open(&world, &by(soak)).await;
    other
        .page
        .is(200)
        .has("A contact time of Low-level wipe was started on this item")
        .has_not("Wet long enough");
    other.page.has("Surface is wet: start 12:00");
    // Nothing that the other page presses ends or takes it, but its own start.
    let token = other.page.hidden("page");
    let soaked = soak.to_string();
    let posted = [("page", &*token), ("protocol", &*soaked), ("version", "1"), ("wet", "finish")];
    world.post(&format!("/t/{}", world.pump), &posted).await.is(303);
    let stale = [("page", "made.up.somewhere"), ("protocol", &*soaked), ("wet", "start")];
    world.post(&format!("/t/{}", world.pump), &stale).await.is(200).has("This page has expired");
    assert_eq!(state_by(&world, wipe).await.0, "over");
    for (name, value) in [("cleaned_by", "Zoë"), ("step", "1"), ("notes", "soaked since noon")] {
        other.enter(name, value);
    }
    other.press("Record without contact time").await;
    other.page.is(200).has("Recorded");
    let body = world.cleaning();
    assert_eq!(body.protocol.unwrap().id, soak);
    assert_eq!(body.contact.and_then(|contact| contact.measured_s), None);
}

#[tokio::test]
async fn a_contact_time_of_another_protocol_takes_the_place_of_one_that_runs() {
    let world = World::new().await;
    let [wipe, soak] = add_soak(&world).await;
    let by = |protocol: ProtocolId| format!("/t/{}?protocol={protocol}", world.pump);
    let mut phone = PhoneBrowser::open(&world, &by(wipe)).await;
    phone.press("Surface is wet: start 3:00").await;
    world.clock.advance(Duration::from_secs(60));
    let mut other = PhoneBrowser::open(&world, &by(soak)).await;
    other.press("Surface is wet: start 12:00").await;
    other.page.is(200).has("12:00").has_not("A contact time of");
    assert_eq!(state_by(&world, wipe).await, ("none".to_owned(), 0));
    assert_eq!(state_by(&world, soak).await, ("running".to_owned(), 720_000));
    world.get(&by(wipe)).await.has("A contact time of Soak was started").has("Surface is wet: start 3:00");
    // Without a choice an item opens by the protocol that somebody is at.
    world.get(&format!("/t/{}", world.pump)).await.has("Soak, version 1");
    world.get("/?q=pump+14").await.has("Being cleaned");
    world.clock.advance(Duration::from_secs(721));
    for (name, value) in [("cleaned_by", "Zoë"), ("step", "1")] {
        other.enter(name, value);
    }
    other.press("Record cleaning").await;
    other.page.is(200).has("Recorded");
    let contact = world.cleaning().contact.unwrap();
    assert_eq!((contact.required_s, contact.measured_s), (Some(720), Some(721)));
}

async fn left_ms(world: &World) -> u64 {
    let asked = world.get(&format!("/t/{}/contact-time", world.pump)).await;
    asked.is(200).json()["left_ms"].as_u64().unwrap()
}

#[tokio::test]
async fn only_it_dried_on_a_page_that_is_still_good_starts_a_contact_time_anew() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let first = world.get(&path).await.hidden("page");
    let mut phone = PhoneBrowser::open(&world, &path).await;
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(60));
    for page in [first.as_str(), "made.up.somewhere"] {
        for press in ["start", "anything", "look", "finish"] {
            world.post(&path, &[("page", page), ("cleaned_by", "Eve"), ("wet", press)]).await;
            assert_eq!(left_ms(&world).await, 120_000, "{press} of {page}");
        }
    }
    let foreign = world.post(&path, &[("page", "made.up.somewhere"), ("wet", "again")]).await;
    foreign.is(200).has("This page has expired");
    assert_eq!(left_ms(&world).await, 120_000);
    phone.press("It dried: start again").await;
    assert_eq!(left_ms(&world).await, 180_000);
    // Over it still counts: a double press that comes late does not take it away.
    world.clock.advance(Duration::from_secs(200));
    world.post(&path, &[("page", &first), ("wet", "start")]).await;
    phone.enter("cleaned_by", "Zoë");
    phone.tick("all", "1");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    assert_eq!(world.cleaning().contact.unwrap().measured_s, Some(200));
}

#[tokio::test]
async fn a_protocol_that_is_published_meanwhile_changes_no_contact_time_that_runs() {
    let world = World::new().await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone.enter("cleaned_by", "Zoë");
    phone.tick("all", "1");
    phone.press("Surface is wet: start 3:00").await;
    let published = world.state.store.facility().protocols.values().next().unwrap().newest.clone();
    let stricter = NewProtocol {
        protocol: Some(published.protocol),
        name: published.name,
        steps: published.steps,
        contact_s: Some(600),
        agents: published.agents,
        ..NewProtocol::default()
    };
    world.give(Command::PublishProtocol(Box::new(stricter))).await;
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(left_ms(&world).await, 120_000);
    world.clock.advance(Duration::from_secs(125));
    phone.press("Record cleaning").await;
    phone.page.is(200).has("The protocol has changed since this page was opened").has("Wet long enough");
    phone.page.has("This contact time still counts as it was started");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    let body = world.cleaning();
    let contact = body.contact.unwrap();
    assert_eq!((contact.required_s, contact.measured_s), (Some(180), Some(185)));
    assert_eq!((body.protocol.unwrap().version, body.incomplete), (2, vec![]));
    phone.scan(world.pump).await;
    phone.page.has("Surface is wet: start 10:00").has_not("still counts as it was started");
}
