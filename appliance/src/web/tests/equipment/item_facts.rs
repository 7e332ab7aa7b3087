//! What an item's page says of it: all that its form can set.

use history::HistoryWords;
use record::kinds::{TEXT_FACTS, TextFact};
use words::{Locale, WordSet as _};

use super::editing::{change_twice, form_of, second_desk, send, value_of, with};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

pub(in crate::web::tests) async fn add_protocol(world: &World, name: &str) -> ProtocolId {
    let new = serde_json::json!({ "name": name, "steps": [{ "text": "Soak" }] });
    let made = program(world, ApiTokenScope::Write).post("/api/v1/protocols", new).await;
    made.is(201).json()["protocol"].as_str().unwrap().parse().unwrap()
}

/// The walk over facts: a new one is on the form, the pages, in the history and in the API without a line of theirs.
#[tokio::test]
async fn each_fact_goes_from_the_form_to_pages_history_and_programs() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (item, edit) =
        (format!("/staff/equipment/{}", world.pump), format!("/staff/equipment/{}/edit", world.pump));
    let labels = HistoryWords::in_locale(Locale::EnUs);
    let opened = form_of(&tom.get(&edit).await, &edit);
    let value = |fact: &TextFact| format!("7-{}", fact.name);
    for fact in TEXT_FACTS {
        assert!(opened.iter().any(|(field, _)| field == fact.name), "{} is on the form", fact.name);
        let refused = send(&tom, &edit, &with(opened.clone(), fact.name, &"x".repeat(10_000))).await;
        refused.is(422).has(&format!("id=\"{}-e\"", fact.name)).has(&labels.line_field(fact.name));
    }
    let all = TEXT_FACTS.iter().fold(opened, |form, fact| with(form, fact.name, &value(fact)));
    send(&tom, &edit, &all).await.is(303);
    let (page, form) = (tom.get(&item).await, tom.get(&edit).await);
    let read = program(&world, ApiTokenScope::Read);
    let json = read.get(&format!("/api/v1/equipment/{}", world.pump)).await.json();
    for fact in TEXT_FACTS {
        let (label, value) = (labels.line_field(fact.name), value(fact));
        assert_ne!(label, labels.line_field("photo_one_in"), "{} has no label of its own", fact.name);
        form.has(&format!(">{label}")).has(&format!("value=\"{value}\""));
        let history = format!("{label}: {value}");
        page.has(&history);
        assert!(page.text().matches(&value).count() > 1, "{value} stands above its history too");
        assert_eq!(json[fact.name], value);
    }
}

#[tokio::test]
async fn further_protocols_are_set_seen_changed_and_cleared() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let wipe = *world.state.store.facility().protocols.keys().next().unwrap();
    let (soak, rinse) = (add_protocol(&world, "Soak").await, add_protocol(&world, "Rinse").await);
    let item = format!("/staff/equipment/{}", world.pump);
    let edit = format!("{item}/edit");
    let stored = || world.state.store.facility().equipment[&world.pump].facts.protocols.clone();
    let all = format!("{rinse} {soak}");
    let both =
        with(with(form_of(&tom.get(&edit).await, &edit), "protocol", &wipe.to_string()), "further", &all);
    send(&tom, &edit, &both).await.is(303);
    assert_eq!(stored(), [wipe, rinse, soak]);
    tom.get(&item).await.has("Low-level wipe, version").has("Soak, version 1").has("Rinse, version 1");
    // As a browser sends it: a box for each.
    let form = form_of(&tom.get(&edit).await, &edit);
    assert_eq!(value_of(&form, "further"), all);
    let boxed = with(with(form, "further", ""), &format!("further.{soak}"), "1");
    send(&tom, &edit, &boxed).await.is(303);
    assert_eq!(stored(), [wipe, soak]);
    let both = format!("{rinse} {soak}");
    change_twice([&tom, &grace], (&edit, &edit), ("further", &rinse.to_string(), &both))
        .await
        .has("Rinse")
        .has("Soak");
    let nonsense = with(form_of(&tom.get(&edit).await, &edit), "further", "nonsense");
    send(&tom, &edit, &nonsense).await.is(422).has("id=\"further-e\"");
    let cleared = with(form_of(&tom.get(&edit).await, &edit), "further", "");
    send(&tom, &edit, &cleared).await.is(303);
    assert_eq!(stored(), [wipe]);
}

#[tokio::test]
async fn protocols_of_an_item_stand_as_a_scan_offers_them() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let api = program(&world, ApiTokenScope::Write);
    let mut made = Vec::new();
    for (name, class) in [("Soak", "critical"), ("Rinse", "semicritical"), ("Dust", "noncritical")] {
        let new = serde_json::json!({ "name": name, "class": class, "steps": [{ "text": "Soak" }] });
        let added = api.post("/api/v1/protocols", new).await.is(201).json();
        made.push(added["protocol"].as_str().unwrap().parse::<ProtocolId>().unwrap());
    }
    let item = format!("/staff/equipment/{}", world.pump);
    let edit = format!("{item}/edit");
    let form = form_of(&tom.get(&edit).await, &edit);
    let both =
        with(with(form, "protocol", &made[0].to_string()), "further", &format!("{} {}", made[1], made[2]));
    send(&tom, &edit, &with(both, "class", "semicritical")).await.is(303);
    let retire = Command::RetireProtocol { protocol: made[2], reason: "Dust".into(), seen: None };
    world.give(retire).await;
    let page = tom.get(&item).await;
    let place = |name: &str| page.text().find(&format!("/protocols/{name}\"")).unwrap();
    let places = [made[1], made[0], made[2]].map(|protocol| place(&protocol.to_string()));
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn further_protocols_of_a_category_begin_a_new_item() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let wipe = *world.state.store.facility().protocols.keys().next().unwrap();
    let soak = add_protocol(&world, "Soak").await;
    let new = "/staff/categories/new";
    let form = with(with(form_of(&tom.get(new).await, new), "name", "Probe"), "protocol", &wipe.to_string());
    send(&tom, new, &with(form, "further", &soak.to_string())).await.is(303);
    let id = record::entry::Digest16::of(b"Probe");
    let page = format!("/staff/categories/{id}");
    assert_eq!(value_of(&form_of(&tom.get(&page).await, &page), "further"), soak.to_string());
    let add = "/staff/equipment/new";
    let form = form_of(&tom.get(&format!("{add}?category={id}")).await, add);
    assert_eq!(value_of(&form, "further"), soak.to_string());
    let added = send(&tom, add, &with(form, "name", "Probe 1")).await;
    let tag: Tag = added.is(303).location().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(world.state.store.facility().equipment[&tag].facts.protocols, [wipe, soak]);
    // What is cleared is gone for the next one.
    let form = with(form_of(&tom.get(&page).await, &page), "further", "");
    send(&tom, &page, &form).await.is(303);
    assert_eq!(world.state.store.facility().categories[&id].defaults.protocols, [wipe]);
}

#[tokio::test]
async fn own_fields_and_rare_rules_are_on_the_page_of_an_item() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let own = serde_json::json!([{ "key": "side", "label": "Bed side", "type": "text" }, { "key": "latex", "label": "Latex free", "type": "yes" }]);
    let set = serde_json::json!({ "name": "Bed", "fields": own });
    program(&world, ApiTokenScope::Write).post("/api/v1/categories", set).await.is(200);
    let item = format!("/staff/equipment/{}", world.pump);
    tom.get(&item).await.has_not("Used once").has_not("Photo asked for");
    let change = serde_json::json!({
        "category": "Bed", "photo": "optional", "photo_one_in": 10, "protocols": [], "single_use": true,
        "custom": { "side": "left", "latex": "yes", "Colour": "blue" },
    });
    let request = Request::patch(format!("/api/v1/equipment/{}", world.pump));
    let request = request.header(CONTENT_TYPE, "application/json").body(Body::from(change.to_string()));
    program(&world, ApiTokenScope::Write).send(request.unwrap()).await.is(200);
    let page = tom.get(&item).await;
    page.has("<dt>Bed side</dt>")
        .has(">left<")
        .has("<dt>Latex free</dt>")
        .has("<dt>Colour</dt>")
        .has(">blue<");
    page.has("Used once").has("At one in 10 cleanings");
}

#[tokio::test]
async fn a_cleaning_that_does_not_count_says_why_its_item_is_still_due() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let api = program(&world, ApiTokenScope::Write);
    let item = format!("/api/v1/equipment/{}", world.pump);
    let because = async || api.get(&item).await.is(200).json()["due_because"].clone();
    assert!(because().await.is_null(), "nothing was recorded");
    let form = [("cleaned_by", "Ada")];
    let recorded = world.post(&format!("/api/register-cleaning/{}/", world.pump), &form).await.is(201).json();
    let pages = async |words: &str| {
        for page in ["/".to_owned(), "/?all=1".to_owned(), "/board".to_owned(), format!("/t/{}", world.pump)]
        {
            world.get(&page).await.is(200).has(words);
        }
        for page in ["/staff/equipment".to_owned(), format!("/staff/equipment/{}", world.pump)] {
            tom.get(&page).await.is(200).has(words);
        }
    };
    pages("Cleaned today 14:04, incomplete: steps not stated, full contact time not measured").await;
    let incomplete = serde_json::json!({
        "reason": "incomplete", "cleaned_at": recorded["timestamp"], "missing": ["steps not stated", "contact time"],
    });
    assert_eq!(because().await, incomplete);
    let id = recorded["cleaning_log_id"].as_str().unwrap();
    let void = serde_json::json!({ "reason": "Wrong item" });
    api.post(&format!("/api/v1/cleanings/{id}/void"), void).await.is(200);
    pages("Cleaned today 14:04, record voided").await;
    assert_eq!(because().await["reason"], "voided");
    let trolley = serde_json::json!({ "name": "Trolley", "schedule": { "every": "days", "n": 1 } });
    let trolley = api.post("/api/v1/equipment", trolley).await.is(201).json();
    world.post(&format!("/api/register-cleaning/{}/", trolley["tag"].as_str().unwrap()), &form).await.is(201);
    let trolley = api.get(&format!("/api/v1/equipment/{}", trolley["tag"].as_str().unwrap())).await.json();
    assert_eq!((&trolley["status"], &trolley["due_because"]), (&"clean".into(), &serde_json::Value::Null));
}
