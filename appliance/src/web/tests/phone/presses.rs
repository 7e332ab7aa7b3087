//! How many presses a record costs whoever has made one before.

use std::time::Duration;

use record::kinds::{CleanedBy, EquipmentPatch, ProofMethod, SpauldingClass, WhoPolicy};

use super::phone_browser::PhoneBrowser;
use crate::intake::{CleaningForm, SettingsChange, UseForm, methods_from};
use crate::web::tests::*;

fn item_named(world: &World, name: &str) -> Tag {
    world
        .state
        .store
        .facility()
        .equipment
        .values()
        .find(|item| item.facts.name.starts_with(name))
        .unwrap()
        .tag
}

async fn item_after_use(world: &World, name: &str) -> Tag {
    let tag = item_named(world, name);
    let schedule = Schedule::Use { grace_s: 3_600 };
    world.give(Command::SetSchedule { tag, protocol: None, schedule, seen: None }).await;
    tag
}

async fn phone_after_record(world: &World, tag: Tag) -> PhoneBrowser<'_> {
    let mut phone = PhoneBrowser::open(world, &format!("/t/{tag}")).await;
    phone.enter("cleaned_by", "Zoë");
    phone.tick("step", "1");
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    phone
}

#[tokio::test]
async fn the_same_again_is_one_press() {
    let world = World::new().await;
    let tag = item_after_use(&world, "Infusion pump 15").await;
    let mut phone = phone_after_record(&world, tag).await;
    phone.page.has("Records the same steps again, by Zoë.");
    world.get(&phone.path).await.has("Same again</a>").has_not("Records the same steps");
    world.clock.advance(Duration::from_secs(40));
    let (size, presses, receipt) = (world.size(), phone.presses, phone.path.clone());
    phone.press("Same again").await;
    phone.page.is(200).has("Recorded");
    assert_eq!((world.size(), phone.presses), (size + 1, presses + 1));
    assert_ne!(phone.path, receipt);
    let body = world.cleaning();
    assert!(matches!(body.who, CleanedBy::Entered { .. }), "{:?}", body.who);
    assert_eq!((body.steps, body.incomplete, body.took_ms), (Some(vec![1]), vec![], Some(40_000)));
}

#[tokio::test]
async fn the_same_again_wets_the_surface_anew() {
    let world = World::new().await;
    let tag = item_after_use(&world, "Infusion pump 14").await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
    phone.enter("cleaned_by", "Zoë");
    phone.tick("all", "1");
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(181));
    phone.press("Record cleaning").await;
    let size = world.size();
    phone.press("Same again: surface is wet, start 3:00").await;
    phone.page.is(200).has("left, keep it wet").has("name=\"all\" value=\"1\" checked").has("value=\"Zoë\"");
    assert_eq!(world.size(), size, "nothing says yet that it stays wet");
    world.clock.advance(Duration::from_secs(200));
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    let body = world.cleaning();
    assert_eq!((world.size(), body.contact.unwrap().measured_s), (size + 1, Some(200)));
    assert_eq!((body.steps, body.incomplete), (Some(vec![1, 2]), vec![]));
}

#[tokio::test]
async fn what_can_not_be_the_same_again_is_a_scan() {
    let world = World::new().await;
    let photo = item_after_use(&world, "ECG").await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{photo}")).await;
    for (name, value) in [("cleaned_by", "Ada"), ("step", "1"), ("notes", "no camera")] {
        phone.enter(name, value);
    }
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Incomplete").has("Same again</a>").has_not("Records the same");
    let plain = item_after_use(&world, "Infusion pump 15").await;
    let phone = phone_after_record(&world, plain).await;
    phone.page.has("Records the same");
    let old = phone.page.hidden("page");
    world
        .give(Command::SuspendEquipment { tag: plain, reason: "Leaks".into(), back: None, seen: None })
        .await;
    let mut phone = phone;
    let size = world.size();
    phone.press("Same again").await;
    phone.page.is(200).has("is out of service");
    assert_eq!(world.size(), size);
    // A page that was shown long ago has to be confirmed again.
    world.give(Command::ResumeEquipment { tag: plain, closing: Default::default(), seen: None }).await;
    world.clock.advance(Duration::from_secs(301));
    let late =
        world.post(&format!("/t/{plain}"), &[("page", &old), ("cleaned_by", "Zoë"), ("step", "1")]).await;
    late.is(200).has("This page has expired").has("value=\"1\" checked");
}

#[tokio::test]
async fn the_same_again_without_a_name_goes_by_what_the_class_asks_for() {
    let world = World::new().await;
    let tag = item_after_use(&world, "Infusion pump 15").await;
    for allow_unattributed in [false, true] {
        let who = WhoPolicy {
            noncritical: Some(methods_from(&ProofMethod::None)),
            semicritical: Some(methods_from(&ProofMethod::Typed)),
            critical: None,
        };
        let allow_unattributed = Some(allow_unattributed);
        let settings = SettingsChange { who: Some(who), allow_unattributed, ..SettingsChange::default() };
        world.give(Command::ChangeFacility(Box::new(settings))).await;
        let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
        phone.tick("step", "1");
        phone.press("Record cleaning").await;
        phone.page.is(200).has("Recorded");
        world.clock.advance(Duration::from_secs(40));
        let size = world.size();
        phone.press("Same again").await;
        phone.page.is(200).has("Recorded");
        let body = world.cleaning();
        assert_eq!((world.size(), body.who, body.incomplete), (size + 1, CleanedBy::Unattributed, vec![]));
        // Used on a patient since, it is one for which somebody has to say their name.
        world.clock.advance(Duration::from_secs(40));
        let used = UseForm { class: Some(SpauldingClass::Semicritical), ..UseForm::now(tag) };
        world.give(Command::RecordUse(used)).await;
        phone.load().await;
        phone.page.is(200).has("Same again</a>").has_not("Same again</button>");
        world.clock.advance(Duration::from_secs(40));
        world.give(Command::RecordCleaning(Box::new(CleaningForm::plain(tag, "Ada")))).await;
    }
}

#[tokio::test]
async fn a_repeat_cleaner_presses_three_times_with_contact_time_and_twice_without() {
    let world = World::new().await;
    let (wet, plain) = (item_named(&world, "Infusion pump 14"), item_named(&world, "Infusion pump 15"));
    let mut phone = phone_after_record(&world, plain).await;
    phone.scan(plain).await;
    phone.page.has("value=\"Zoë\"");
    phone.tick("step", "1");
    assert_eq!(phone.pages, 1);
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    assert_eq!((phone.presses, world.cleaning().incomplete), (2, vec![]));
    phone.scan(wet).await;
    phone.press("Surface is wet: start 3:00").await;
    phone.page.has("value=\"Zoë\"");
    world.clock.advance(Duration::from_secs(180));
    phone.tick("all", "1");
    assert_eq!(phone.pages, 2);
    // The script puts that button there at 0:00, and loads no page.
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    assert_eq!((phone.presses, world.cleaning().incomplete), (3, vec![]));
}

async fn realistic_item(world: &World) -> Tag {
    let step = |text: &str| Step { text: text.into(), required: true };
    let protocol = NewProtocol {
        name: "Low-level disinfection between patients".into(),
        steps: vec![
            step("Put on gloves; switch the device off and take it off the mains"),
            step("Wipe off visible soil with a first wipe and throw it away"),
            step("Wipe all surfaces, cables and the handle with a second wipe, top to bottom"),
            step("Keep all of it wet, let it dry by itself, and put it back to the charger"),
        ],
        contact_s: Some(180),
        agents: vec![Agent { name: "Quat wipe".into(), epa: "99120-7".into(), dilution: String::new() }],
        minutes: Some(4),
        ppe: "gloves, eye protection".into(),
        ..NewProtocol::default()
    };
    let known: Vec<ProtocolId> = world.state.store.facility().protocols.keys().copied().collect();
    world.give(Command::PublishProtocol(Box::new(protocol))).await;
    let facility = world.state.store.facility();
    let protocol = facility.protocols.keys().find(|id| !known.contains(id)).copied();
    let name = "Infusion pump, large volume, dual channel 27";
    world.add(name, "Intensive care East, equipment store 2", protocol, PhotoPolicy::Optional).await
}

/// The size of an answer over HTTP/1.1, its head included.
fn wire_bytes(answer: &Answer) -> usize {
    let head: usize = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    // After the handlers come the status line, the date and the length.
    head + "HTTP/1.1 200 OK\r\n\r\ndate: Fri, 20 Nov 2026 20:04:31 GMT\r\ncontent-length: 12345\r\n".len()
        + answer.bytes.len()
}

/// What a browser without script asks for to show a page: the compressed answer of each address.
async fn first_visit(world: &World, path: &str) -> Vec<Answer> {
    let packed = |path: &str| {
        let request = Request::get(path).header("accept-encoding", "gzip");
        world.send_raw(request.body(Body::empty()).unwrap())
    };
    let shown = world.get(path).await.text();
    let linked =
        shown.split('<').filter(|element| element.starts_with("link ") || element.starts_with("img "));
    let addresses = linked.map(|element| element.split(['"']).find(|part| part.starts_with('/')).unwrap());
    let mut answers = vec![packed(path).await];
    for address in addresses {
        answers.push(packed(address).await);
    }
    answers
}

#[tokio::test]
async fn a_first_visit_without_script_is_twelve_kilobytes_and_the_next_one_the_page_alone() {
    let world = World::new().await;
    let path = format!("/t/{}", realistic_item(&world).await);
    let answers = first_visit(&world, &path).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let sizes: Vec<usize> = answers.iter().map(wire_bytes).collect();
    assert!(sizes.len() >= 3 && sizes.iter().sum::<usize>() <= 12 * 1024, "{sizes:?}");
    let kept: Vec<&str> = answers.iter().map(|answer| answer.header(http::header::CACHE_CONTROL)).collect();
    assert!(kept[1..].iter().all(|kept| kept.contains("immutable")), "{kept:?}");
    assert!(!kept[0].contains("immutable"), "the page itself is asked for each time");
}

#[tokio::test]
async fn a_scan_page_and_its_script_are_small() {
    let world = World::new().await;
    let path = format!("/t/{}", realistic_item(&world).await);
    let packed = |mut request: Request<Body>| {
        request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
        world.send_raw(request)
    };
    let page = world.get(&path).await;
    let note = "The left wheel squeaks, and the clamp at the back is loose; wiped around it. ".repeat(4);
    let (token, note) = (page.hidden("page"), &note[..300]);
    let form = [("page", token.as_str()), ("submission", "s"), ("notes", note), ("all", "1")];
    let text = page.text();
    let addresses: Vec<&str> = text.split('"').filter(|part| part.starts_with('/')).collect();
    let asset = |name: &str| *addresses.iter().find(|address| address.starts_with(name)).unwrap();
    let mut without_script = packed(posted(&path, &form)).await.is(422).bytes.len();
    for name in ["/base.", "/mark."] {
        let part = packed(Request::get(asset(name)).body(Body::empty()).unwrap()).await;
        assert!(part.is(200).header(http::header::CACHE_CONTROL).contains("immutable"), "{name}");
        without_script += part.bytes.len();
    }
    assert!(without_script <= 12 * 1024, "{without_script} bytes without script");
    let script = packed(Request::get(asset("/box.")).body(Body::empty()).unwrap()).await;
    let size = script.is(200).bytes.len();
    assert!(size <= 6 * 1024, "{size} bytes of script");
}

#[tokio::test]
async fn eight_tabs_of_an_item_record_each_its_own() {
    let world = World::new().await;
    let tag = item_named(&world, "Infusion pump 15");
    let path = format!("/t/{tag}");
    let mut tabs = Vec::new();
    for _ in 0..8 {
        tabs.push(PhoneBrowser::open(&world, &path).await);
        world.clock.advance(Duration::from_secs(20));
    }
    let size = world.size();
    let mut receipts = std::collections::BTreeSet::new();
    for (n, tab) in tabs.iter_mut().enumerate().rev() {
        tab.enter("cleaned_by", &format!("Tab {n}"));
        tab.tick("step", "1");
        tab.press("Record cleaning").await;
        tab.page.is(200).has("Recorded").has(&format!("Tab {n}"));
        receipts.insert(tab.path.clone());
        let took_ms = u32::try_from((8 - n) * 20_000).unwrap();
        assert_eq!(world.cleaning().took_ms, Some(took_ms));
    }
    assert_eq!((receipts.len(), world.size()), (8, size + 8));
}

#[tokio::test]
async fn a_page_that_expired_goes_on_from_the_first_look() {
    let world = World::new().await;
    let tag = item_named(&world, "Infusion pump 15");
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{tag}")).await;
    phone.enter("cleaned_by", "Zoë");
    phone.tick("step", "1");
    world.clock.advance(Duration::from_secs(301));
    let size = world.size();
    phone.press("Record cleaning").await;
    phone.page.is(200).has("This page has expired");
    assert_eq!(world.size(), size);
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    assert_eq!(world.cleaning().took_ms, Some(301_000));
}

#[tokio::test]
async fn the_stricter_class_decides_whether_one_press_ticks_all_steps() {
    let world = World::new().await;
    let (id, path) =
        (*world.state.store.facility().protocols.keys().next().unwrap(), format!("/t/{}", world.pump));
    let published = world.state.store.facility().protocols[&id].newest.clone();
    for (class, one_press, is_offered) in [
        (SpauldingClass::Semicritical, None, false),
        (SpauldingClass::Critical, None, false),
        (SpauldingClass::Critical, Some(true), true),
        (SpauldingClass::Noncritical, None, true),
        (SpauldingClass::Noncritical, Some(false), false),
    ] {
        let version = NewProtocol {
            protocol: Some(id),
            name: published.name.clone(),
            steps: published.steps.clone(),
            class: Some(SpauldingClass::Noncritical),
            one_press,
            ..NewProtocol::default()
        };
        world.give(Command::PublishProtocol(Box::new(version))).await;
        let fields = Box::new(EquipmentPatch { class: Some(class), ..EquipmentPatch::default() });
        let change = Command::ChangeEquipment { tag: world.pump, fields, schedule: None, seen: None };
        world.give(change).await;
        let page = world.get(&path).await;
        assert_eq!(page.text().contains("steps as protocol"), is_offered, "{class:?} {one_press:?}");
        let hidden = ["submission", "page", "version", "protocol"].map(|name| (name, page.hidden(name)));
        let fields = hidden.iter().map(|(name, value)| (*name, value.as_str()));
        let pressed = [("all", "1"), ("cleaned_by", "Ada")];
        let answer = world.post(&path, &fields.chain(pressed).collect::<Vec<_>>()).await;
        if is_offered {
            answer.is(303);
            assert_eq!(world.cleaning().steps, Some(vec![1, 2]));
        } else {
            answer.is(422).has("Tick steps 1 and 2").has_not("Tick all 2");
        }
    }
}

#[tokio::test]
async fn eight_tabs_of_eight_items_record_each_its_item() {
    let world = World::new().await;
    let protocol = world.state.store.facility().protocols.keys().next().copied();
    let mut tabs = Vec::new();
    for n in 0..8 {
        let tag = world.add(&format!("Monitor {n}"), "ICU", protocol, PhotoPolicy::Optional).await;
        tabs.push((tag, PhoneBrowser::open(&world, &format!("/t/{tag}")).await));
    }
    for (_, tab) in &mut tabs {
        tab.press("Surface is wet").await;
        world.clock.advance(Duration::from_secs(5));
    }
    world.clock.advance(Duration::from_secs(180));
    let size = world.size();
    let tokens: Vec<String> = tabs.iter().map(|(_, tab)| tab.page.hidden("page")).collect();
    // The page of one item is of no use at another.
    let other =
        world.post(&format!("/t/{}", tabs[1].0), &[("page", &tokens[0]), ("cleaned_by", "Eve")]).await;
    other.is(200).has("This page has expired");
    assert_eq!(world.size(), size);
    for (n, (tag, tab)) in tabs.iter_mut().enumerate().rev() {
        tab.enter("cleaned_by", "Zoë");
        tab.tick("all", "1");
        tab.press("Record cleaning").await;
        tab.page.is(200).has(&format!("Monitor {n}"));
        let body = world.cleaning();
        let wet_s = 180 + u32::try_from((8 - n) * 5).unwrap();
        assert_eq!((body.tag, body.contact.unwrap().measured_s), (*tag, Some(wet_s)));
    }
    assert_eq!(world.size(), size + 8);
}

#[tokio::test]
async fn the_lot_of_a_disinfectant_is_put_in_again_and_that_of_another_is_not() {
    let world = World::new().await;
    let id = *world.state.store.facility().protocols.keys().next().unwrap();
    let published = world.state.store.facility().protocols[&id].newest.clone();
    let other = NewProtocol {
        name: "Bleach wipe".into(),
        steps: published.steps.clone(),
        agents: vec![Agent { name: "Bleach 1:10".into(), epa: String::new(), dilution: String::new() }],
        ..NewProtocol::default()
    };
    world.give(Command::PublishProtocol(Box::new(other))).await;
    let facility = world.state.store.facility();
    let bleach = facility.protocols.values().find(|p| p.newest.name == "Bleach wipe");
    let bleach = bleach.unwrap().newest.protocol;
    let second = world.add("Bed 1", "ICU", Some(id), PhotoPolicy::None).await;
    let third = world.add("Bed 2", "ICU", Some(bleach), PhotoPolicy::None).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone
        .page
        .is(200)
        .has("Lot of the disinfectant")
        .has("name=\"lot\" autocomplete=\"off\" maxlength=\"40\" value=\"\"");
    phone.enter("cleaned_by", "Zoë");
    phone.enter("lot", "L 12;4");
    phone.tick("all", "1");
    phone.press("Surface is wet").await;
    phone.page.has("value=\"L 12;4\"");
    world.clock.advance(Duration::from_secs(181));
    phone.press("Record cleaning").await;
    phone.page.is(200).has("Recorded");
    assert_eq!(world.cleaning().lot, "L 12;4");
    phone.scan(second).await;
    phone.page.has("value=\"L 12;4\"");
    phone.scan(third).await;
    phone.page.is(200).has("Lot of the disinfectant").has_not("L 12;4");
    phone.enter("lot", &"9".repeat(41));
    phone.tick("all", "1");
    phone.press("Record cleaning").await;
    phone.page.is(422).has("The lot is longer than 40 characters").has(&"9".repeat(41));
}
