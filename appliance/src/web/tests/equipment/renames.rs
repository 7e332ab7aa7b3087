//! Places and categories that get another name, with the items that have it.

use http::header::{ETAG, IF_MATCH};
use record::entry::Digest16;
use record::kinds::EquipmentPatch;
use serde_json::{Value, json};

use super::editing::{form_of, second_desk, send, with};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

const PLACES: &str = "/staff/places";
const CATEGORIES: &str = "/staff/categories";

fn page_of(list: &str, name: &str) -> String {
    format!("{list}/{}", Digest16::of(name.as_bytes()))
}

async fn add(desk: &Desk<'_>, list: &str, fields: &[(&str, &str)]) {
    let new = format!("{list}/new");
    let form = form_of(&desk.get(&new).await, &new);
    let form = fields.iter().fold(form, |form, (name, value)| with(form, name, value));
    send(desk, &new, &form).await.is(303);
}

async fn rename(desk: &Desk<'_>, list: &str, former: &str, name: &str) -> Answer {
    let page = page_of(list, former);
    let form = form_of(&desk.get(&page).await, &page);
    send(desk, &page, &with(form, "name", name)).await
}

async fn equip(world: &World, name: &str, location: &str, category: &str) -> Tag {
    let fields = EquipmentPatch {
        name: Some(name.into()),
        location: Some(location.into()),
        category: Some(category.into()),
        ..EquipmentPatch::default()
    };
    world.give(Command::AddEquipment(Box::new(NewEquipment { fields, ..NewEquipment::default() }))).await;
    let facility = world.state.store.facility();
    facility.equipment.values().find(|item| item.facts.name == name).unwrap().tag
}

fn place_of(world: &World, tag: Tag) -> String {
    world.state.store.facility().equipment[&tag].facts.location.clone()
}

#[tokio::test]
async fn a_place_gets_another_name_with_what_stands_in_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    for name in ["ICU East", "OR 2", "ICU East, bed 15"] {
        add(&tom, PLACES, &[("name", name)]).await;
    }
    add(&tom, PLACES, &[("name", "Bay 1"), ("within", "ICU East"), ("order", "4")]).await;
    let at = equip(&world, "Monitor 1", "ICU East", "Monitor").await;
    let other = equip(&world, "Monitor 2", "ICU East, bed 15", "Monitor").await;
    let (page, size) = (page_of(PLACES, "ICU East"), world.size());
    let (stale, first) = (form_of(&grace.get(&page).await, &page), tom.get(&page).await);
    first.is(200).has("gets a new name with the place");
    rename(&tom, PLACES, "ICU East", "OR 2").await.is(422).has("on the list already");
    assert_eq!(world.size(), size, "nothing half");
    rename(&tom, PLACES, "ICU East", "ICU 5").await.is(303);
    assert_eq!(world.size(), size + 5);
    assert_eq!(place_of(&world, at), "ICU 5");
    assert_eq!(place_of(&world, world.pump), "ICU 5, bed 14");
    assert_eq!(place_of(&world, other), "ICU East, bed 15", "a place of its own");
    let facility = world.state.store.facility();
    let row = |name: &str| facility.locations[&Digest16::of(name.as_bytes())].clone();
    assert!(row("ICU East").retired && !row("ICU 5").retired);
    assert_eq!((row("Bay 1").within.as_str(), row("Bay 1").order), ("ICU 5", Some(4)));
    world.get(&format!("/t/{at}")).await.has("ICU 5");
    tom.get(&format!("/staff/equipment/{at}")).await.has("ICU 5");
    // Somebody else had the page open, and is shown what it is now.
    send(&grace, &page, &with(stale, "name", "ICU 6")).await.is(409);
    // Back again, and the same page again makes no entry.
    rename(&tom, PLACES, "ICU 5", "ICU East").await.is(303);
    assert_eq!(
        (place_of(&world, at), place_of(&world, world.pump)),
        ("ICU East".into(), "ICU East, bed 14".into())
    );
    let size = world.size();
    rename(&tom, PLACES, "ICU East", "ICU East").await.is(303);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_category_gets_another_name_with_its_items() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    add(&tom, CATEGORIES, &[("name", "Bed"), ("fields", "Weight | number"), ("default_name", "ICU bed")])
        .await;
    let bed = equip(&world, "Bed 1", "", "Bed").await;
    rename(&tom, CATEGORIES, "Bed", "Cot").await.is(303);
    let facility = world.state.store.facility();
    let row = |name: &str| facility.categories[&Digest16::of(name.as_bytes())].clone();
    assert_eq!(facility.equipment[&bed].facts.category, "Cot");
    assert!(row("Bed").retired && !row("Cot").retired);
    assert_eq!(
        (row("Cot").fields.clone(), row("Cot").defaults.clone()),
        (row("Bed").fields.clone(), row("Bed").defaults.clone())
    );
    assert_eq!(row("Cot").fields.len(), 1);
    tom.get(&format!("/staff/equipment/{bed}")).await.has("Cot");
}

#[tokio::test]
async fn programs_rename_over_the_version_that_they_saw() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let set = |body: Value, seen: Option<String>| {
        let mut request = Request::post("/api/v1/locations").header(CONTENT_TYPE, "application/json");
        if let Some(seen) = seen {
            request = request.header(IF_MATCH, seen);
        }
        request.body(Body::from(body.to_string())).unwrap()
    };
    let made = program.send(set(json!({ "name": "ICU East" }), None)).await;
    let first = made.is(200).header(ETAG).to_owned();
    let second = program.send(set(json!({ "name": "ICU East", "order": 3 }), Some(first.clone()))).await;
    let renamed = || json!({ "name": "ICU 5", "renamed_from": "ICU East", "order": 3 });
    program.send(set(renamed(), Some(first))).await.is(412);
    assert_eq!(place_of(&world, world.pump), "ICU East, bed 14");
    let third = program.send(set(renamed(), Some(second.header(ETAG).to_owned()))).await;
    assert_eq!(third.is(200).json()["name"], "ICU 5");
    assert_eq!(place_of(&world, world.pump), "ICU 5, bed 14");
    let again = json!({ "name": "ICU 5", "order": 1 });
    program.send(set(again, Some(third.header(ETAG).to_owned()))).await.is(200);
    let unknown = json!({ "name": "ICU 7", "renamed_from": "Nowhere" });
    let problem = program.send(set(unknown, None)).await.is(422).json();
    assert_eq!(
        (&problem["field"], &problem["title"]),
        (&json!("renamed_from"), &json!("Nothing on the list has this name"))
    );
    let category = json!({ "name": "Bed" });
    program.post("/api/v1/categories", category).await.is(200);
    let bed = equip(&world, "Bed 1", "", "Bed").await;
    program.post("/api/v1/categories", json!({ "name": "Cot", "renamed_from": "Bed" })).await.is(200);
    assert_eq!(world.state.store.facility().equipment[&bed].facts.category, "Cot");
}

#[tokio::test]
async fn more_items_than_one_command_holds_keep_their_place() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    add(&tom, PLACES, &[("name", "Store")]).await;
    for n in 0..511 {
        equip(&world, &format!("Pump {n}"), "Store", "").await;
    }
    let size = world.size();
    rename(&tom, PLACES, "Store", "Depot").await.is(422).has("More than 510 items");
    assert_eq!(world.size(), size);
}
