//! Two entries of the register that are one thing: what opened one opens the other, and there are no cycles.

use serde_json::json;

use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

fn tag_of(world: &World, name: &str) -> Tag {
    let facility = world.state.store.facility();
    facility.equipment.values().find(|item| item.facts.name == name).unwrap().tag
}

async fn merge(tom: &Desk<'_>, from: Tag, into: &str) -> Answer {
    let path = format!("/staff/equipment/{from}/merge");
    let page = tom.get(&path).await;
    let (token, seen) = (page.is(200).hidden("form"), page.hidden("seen"));
    let form = [("item", into), ("reason", "entered twice"), ("seen", &seen)];
    let checked = tom.post(&path, &token, &form).await;
    if checked.status != 200 {
        return checked;
    }
    // Nothing is merged by the first press: the second one names what its page showed.
    let hidden = ["item", "shown", "reason", "submission", "seen"].map(|name| (name, checked.hidden(name)));
    let form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    tom.post(&path, &checked.hidden("form"), &form).await
}

#[tokio::test]
async fn both_items_are_shown_with_what_is_lost_before_they_are_merged() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (old, new) = (world.pump, tag_of(&world, "Infusion pump 15"));
    let schedule = Schedule::Weeks { n: 2 };
    world.give(Command::SetSchedule { tag: old, protocol: None, schedule, seen: None }).await;
    world
        .give(Command::SetSchedule { tag: new, protocol: None, schedule: Schedule::Never, seen: None })
        .await;
    let path = format!("/staff/equipment/{old}/merge");
    let page = tom.get(&path).await;
    let (token, seen, size) = (page.is(200).hidden("form"), page.hidden("seen"), world.size());
    let other = new.as_str();
    let form = [("item", other), ("reason", ""), ("seen", &*seen)];
    let checked = tom.post(&path, &token, &form).await;
    checked
        .is(200)
        .has("Merge Infusion pump 14 into Infusion pump 15?")
        .has(&old.grouped())
        .has(&new.grouped())
        .has("This does not go over")
        .has("every 2 weeks. The item that stays keeps its own: No schedule");
    // What was shown was another item.
    tom.post(&path, &token, &[&form[..], &[("shown", old.as_str())]].concat()).await.is(200);
    assert_eq!(world.size(), size);
    tom.post(&path, &token, &[&form[..], &[("shown", other)]].concat()).await.is(303);
    assert_eq!(world.size(), size + 1);
}

#[tokio::test]
async fn what_opened_the_one_opens_the_other() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (old, new) = (world.pump, tag_of(&world, "Infusion pump 15"));
    world
        .give(Command::AddAlias(crate::intake::NewAlias {
            code: "BME-2041188-X".into(),
            equipment: old,
            confirmed: false,
        }))
        .await;
    world.post(&format!("/t/{old}"), &[("cleaned_by", "Ada"), ("notes", "x")]).await;
    tom.get(&format!("/staff/equipment/{old}")).await.has("It is the same as another item");
    let size = world.size();
    merge(&tom, old, old.as_str()).await.is(422).has("This is the same item already");
    merge(&tom, old, "nothing like it").await.is(422).has("No item in use has this tag");
    merge(&tom, old, "").await.is(422);
    assert_eq!(world.size(), size, "nothing is recorded");
    let to = merge(&tom, old, new.as_str()).await.is(303).location();
    assert_eq!(to, format!("/staff/equipment/{new}"));
    let Event::EquipmentMerged(merged) = world.event(size) else { panic!() };
    assert_eq!((merged.from, merged.into), (old, new));
    world.get(&format!("/{old}")).await.is(303);
    world.get(&format!("/t/{old}")).await.is(200).has("Infusion pump 15");
    assert_eq!(world.get("/t/?tag=BME-2041188-X").await.is(303).location(), format!("/t/{new}"));
    // Each has its own history, and leads to the other.
    let stays = tom.get(&to).await;
    stays
        .has("Merged into this item")
        .has(&format!("/staff/equipment/{old}"))
        .has("BME-2041188-X")
        .has(&old.grouped());
    stays.has("As Infusion pump 14, before it was merged into this item").has("Ada");
    // After the newest of them, its own page has the rest.
    assert!(!stays.text().contains(&format!("/staff/equipment/{old}?cursor=")));
    let retired = tom.get(&format!("/staff/equipment/{old}")).await;
    retired
        .has("This item was merged into Infusion pump 15")
        .has(&format!("href=\"/staff/equipment/{new}\""));
    retired.has_not("/merge\"").has_not("/edit\"");
}

#[tokio::test]
async fn a_long_history_goes_on_under_its_old_name() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (old, new) = (world.pump, tag_of(&world, "Infusion pump 15"));
    for n in 0..60 {
        let form = crate::intake::CleaningForm::plain(old, &format!("Cleaner {n}"));
        world.give(Command::RecordCleaning(Box::new(form))).await;
    }
    merge(&tom, old, new.as_str()).await.is(303);
    let page = tom.get(&format!("/staff/equipment/{new}")).await;
    page.is(200).has("Cleaner 59").has_not("Cleaner 0<");
    let text = page.text();
    let next = text.split("href=\"").find(|to| to.starts_with(&format!("/staff/equipment/{old}?cursor=")));
    let next = next.unwrap().split('"').next().unwrap();
    tom.get(next).await.is(200).has("Infusion pump 14").has_not("Cleaner 59");
}

#[tokio::test]
async fn merges_go_in_no_circle() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let (first, second) = (world.pump, tag_of(&world, "Infusion pump 15"));
    let third = tag_of(&world, "ECG <cart> 2");
    let path = |tag: Tag| format!("/api/v1/equipment/{tag}/merged");
    program.post(&path(first), json!({ "into": first })).await.is(422);
    program.post(&path(first), json!({ "into": second, "reason": "twice" })).await.is(204);
    // Both names mean the second one now.
    program.post(&path(second), json!({ "into": first })).await.is(422).has("This is the same item already");
    program.post(&path(first), json!({ "into": second })).await.is(422);
    program.post(&path(second), json!({ "into": third })).await.is(204);
    program.post(&path(third), json!({ "into": first })).await.is(422);
    program.post(&path(third), json!({ "into": "7QK3M9X2W" })).await.is(404);
    let found = program.get(&format!("/api/v1/equipment/{first}")).await.is(200).json();
    assert_eq!(found["tag"], third.as_str());
}
