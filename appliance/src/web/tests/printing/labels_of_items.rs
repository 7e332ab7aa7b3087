//! A lost label, a spare one, and one that is taken off: what each of them opens then.

use record::kinds::{TagEnd, TagReason};
use serde_json::json;

use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

async fn assign(tom: &Desk<'_>, item: &str, why: &str, fields: &[(&str, &str)]) -> Answer {
    let token = tom.get(&format!("/staff/tags/new?why={why}")).await.is(200).hidden("form");
    tom.post("/staff/tags/new", &token, &[&[("item", item), ("why", why)], fields].concat()).await
}

#[tokio::test]
async fn a_lost_label_is_replaced_in_one_act() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (pump, size) = (world.pump, world.size());
    let item = format!("/staff/equipment/{pump}");
    tom.get(&item).await.has("Label lost: new tag");
    let job = assign(&tom, pump.as_str(), "lost", &[]).await.is(303).location();
    let Event::TagAssigned(made) = world.event(size) else { panic!() };
    assert!(job.starts_with("/staff/labels/"), "it is printed in the same act: {job}");
    tom.get(&job).await.is(200).has(&made.tag.grouped());
    let Event::TagRevoked(lost) = world.event(size + 1) else { panic!() };
    assert_eq!((made.equipment, made.why), (pump, Some(TagReason::Lost)));
    assert_eq!((lost.tag, lost.why, lost.instead), (pump, Some(TagEnd::Lost), Some(made.tag)));
    let replaced = world.get(&format!("/{pump}")).await;
    replaced.is(404).has("This label was replaced").has(&format!("href=\"/t/{}\"", made.tag));
    for path in [format!("/?q={pump}"), format!("/?q=HTTP://10.0.0.5/{pump}"), format!("/t/?tag={pump}")] {
        assert_eq!(world.get(&path).await.is(303).location(), format!("/{pump}"), "{path}");
    }
    // The box's own links keep working: the first tag names the item for good.
    // The top of the page shows the label that is on the item, not the one that is gone.
    let scan = world.get(&format!("/t/{}", made.tag)).await;
    scan.is(200).has("Infusion pump 14").has(&made.tag.grouped()).has_not(&pump.grouped());
    world.get("/").await.is(200).has(&format!("href=\"/t/{pump}\""));
    world.get(&format!("/t/{pump}")).await.is(200).has("Infusion pump 14");
    tom.get(&item).await.is(200).has(&made.tag.grouped()).has_not(&format!("/staff/tags/{pump}/revoke"));
    tom.get(&format!("{item}/edit")).await.is(200);
    let token = tom.get(&item).await.hidden("form");
    let job = tom.post(&format!("{item}/label"), &token, &[]).await.is(303).location();
    tom.get(&job).await.has(&made.tag.grouped());
    // The page’s own link names the item by its first tag.
    assign(&tom, pump.as_str(), "lost", &[]).await.is(303);
    assert_eq!(world.size(), size + 4);
}

#[tokio::test]
async fn a_lost_label_is_named_and_the_one_in_its_place_is_not_taken_for_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let pump = world.pump;
    let link = format!("/staff/tags/new?item={pump}&why=lost&old={pump}");
    tom.get(&format!("/staff/equipment/{pump}")).await.has(&link.replace('&', "&amp;"));
    for address in [link.as_str(), &format!("/staff/tags/new?item={pump}&why=lost")] {
        let page = tom.get(address).await;
        let lost = format!("Infusion pump 14: the label {} opens nothing any more", pump.grouped());
        page.is(200).has(&lost).has(&format!("value=\"{}\"", pump.grouped()));
    }
    assign(&tom, pump.as_str(), "lost", &[("old", &pump.grouped())]).await.is(303);
    let size = world.size();
    let replaced = format!("The label {} was replaced already", pump.grouped());
    tom.get(&link).await.is(200).has(&replaced);
    assign(&tom, pump.as_str(), "lost", &[("old", &pump.grouped())]).await.is(422).has(&replaced);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_spare_label_opens_the_item_too_and_comes_off() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (pump, blank) = (world.pump, Tag::from_random([8; 5]));
    world.get(&format!("/t/{blank}")).await.is(404).has(&format!("why=blank&#38;tag={blank}"));
    let there = assign(&tom, pump.as_str(), "blank", &[("tag", &blank.grouped())]).await.is(303).location();
    assert_eq!(there, format!("/staff/equipment/{pump}#codes"), "it is printed already");
    world.get(&format!("/t/{blank}")).await.is(200).has("Infusion pump 14");
    let size = world.size();
    assign(&tom, pump.as_str(), "spare", &[("tag", blank.as_str())]).await.is(422).has("is in use already");
    assign(&tom, pump.as_str(), "spare", &[("tag", "ABC")]).await.is(422).has("Check the tag");
    assign(&tom, pump.as_str(), "lost", &[]).await.is(422).has("Several labels open this item");
    assign(&tom, pump.as_str(), "blank", &[]).await.is(422).has("Scan the blank label that is attached");
    let other = Tag::from_random([9; 5]);
    assign(&tom, pump.as_str(), "lost", &[("old", other.as_str())])
        .await
        .is(422)
        .has("does not open this item");
    assert_eq!(world.size(), size, "nothing is recorded");
    let page = format!("/staff/tags/{pump}/revoke");
    let token = tom.get(&page).await.is(200).has("Take the label").hidden("form");
    tom.post(&page, &token, &[("why", "")]).await.is(422);
    tom.post(&page, &token, &[("why", "worn")]).await.is(303);
    let Event::TagRevoked(worn) = world.event(size) else { panic!() };
    assert_eq!((worn.why, worn.instead), (Some(TagEnd::Worn), Some(blank)));
    world.get(&format!("/{pump}")).await.is(404).has("This label was replaced");
    let last = format!("/staff/tags/{blank}/revoke");
    tom.post(&last, &token, &[("why", "mistake")]).await.is(422).has("This is the only label of the item");
    tom.get(&page).await.is(404);
}

#[tokio::test]
async fn programs_assign_and_revoke_tags() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("/api/v1/equipment/{}/tags", world.pump);
    program.post(&path, json!({ "why": "bored" })).await.is(422);
    let spare = program.post(&path, json!({ "why": "spare" })).await.is(201).json();
    let spare = spare["tag"].as_str().unwrap().to_owned();
    let listed = program.get(&path).await.is(200).json();
    assert_eq!(listed["items"][1]["tag"], spare.as_str());
    let revoke = |tag: &str, why: &str| {
        Request::delete(format!("{path}/{tag}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "why": why }).to_string()))
            .unwrap()
    };
    program.send(revoke(&spare, "bored")).await.is(422);
    program.send(revoke(Tag::from_random([9; 5]).as_str(), "worn")).await.is(404);
    program.send(revoke(world.pump.as_str(), "lost")).await.is(204);
    program.send(revoke(&spare, "lost")).await.is(409);
    // The first tag names the item for programs for good.
    let found = program.get(&format!("/api/v1/equipment/{}", world.pump)).await.is(200).json();
    assert_eq!(found["tag"], world.pump.as_str());
    let cleaned = program.post("/api/v1/cleanings", json!({ "tag": world.pump, "cleaned_by": "Ada" })).await;
    cleaned.is(201);
}

#[tokio::test]
async fn without_a_printer_the_page_of_the_item_has_the_new_tag() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::bare(dir, UploadLimits::default(), Arc::new(SystemRandom), Vec::new()).await;
    world.furnish().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let size = world.size();
    let there = assign(&tom, world.pump.as_str(), "lost", &[]).await.is(303).location();
    assert_eq!(there, format!("/staff/equipment/{}#codes", world.pump));
    let Event::TagAssigned(made) = world.event(size) else { panic!() };
    tom.get(&there).await.is(200).has(&made.tag.grouped());
}
