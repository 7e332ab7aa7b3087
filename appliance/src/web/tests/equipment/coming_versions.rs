//! A version of a protocol that is in force from a later day.

use serde_json::{Value, json};
use service::clock::Clock as _;

use super::editing::{form_of, second_desk, send, with};
use crate::web::tests::phone::submissions::{document, packed};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

const HOUR_MS: i64 = 3_600_000;
/// November 22 begins in Chicago.
const DAY_MS: i64 = NOW + 33 * HOUR_MS + 55 * 60_000 + 29_000;

async fn publish(tom: &Desk<'_>, step: &str, day: &str) -> String {
    let protocol = *tom.world.state.store.facility().protocols.keys().next().unwrap();
    let page = format!("/staff/protocols/{protocol}");
    let form = form_of(&tom.get(&page).await, &page);
    let new = with(with(with(form, "steps", step), "optional_steps", ""), "effective", day);
    send(tom, &page, &new).await.is(303);
    protocol.to_string()
}

fn set_clock(world: &World, wall_ms: i64) {
    let now = world.clock.now();
    world.clock.set(Now { wall_ms, ..now });
}

async fn record(world: &World, more: Value) -> u32 {
    let mut cleaning = json!({ "tag": world.pump, "cleaned_by": "Robot" });
    cleaning.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    program(world, ApiTokenScope::Record).post("/api/v1/cleanings", cleaning).await.is(201);
    world.cleaning().protocol.unwrap().version
}

#[tokio::test]
async fn the_version_before_is_used_until_the_day_of_the_new_one() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let protocol = publish(&tom, "Rinse the new way", "2026-11-22").await;
    let (scan, instructions) = (format!("/t/{}", world.pump), format!("/protocols/{protocol}"));
    let cards = format!("{}\",\"version\":", protocol);
    // It is November 20.
    world.get(&scan).await.is(200).has_not("Rinse the new way").has("version 1");
    world.get(&instructions).await.has("From Nov 22, 2026: version 2.").has_not("Rinse the new way");
    world.get("/api/v1/app/cards").await.is(200).has(&format!("{cards}1"));
    tom.get(&format!("/staff/protocols/{protocol}"))
        .await
        .has("From Nov 22, 2026: version 2. Until then version 1 is in use.")
        .has("Rinse the new way");
    tom.get("/staff/protocols").await.has("From Nov 22, 2026: version 2");
    let item = format!("/staff/equipment/{}", world.pump);
    tom.get(&item).await.has("version 1; from Nov 22, 2026: version 2");
    tom.get("/staff/labels/cards").await.has("version 1");
    assert_eq!(record(&world, json!({})).await, 1);
    set_clock(&world, DAY_MS - 1_000);
    assert_eq!(record(&world, json!({})).await, 1);
    set_clock(&world, DAY_MS + 1_000);
    assert_eq!(record(&world, json!({})).await, 2);
    world.get(&scan).await.is(200).has("Rinse the new way").has("version 2");
    world.get(&instructions).await.has("Rinse the new way").has_not("From Nov 22");
    world.get("/api/v1/app/cards").await.is(200).has(&format!("{cards}2"));
    tom.get(&item).await.has_not("from Nov 22");
}

#[tokio::test]
async fn what_was_done_before_that_day_is_judged_by_the_version_of_its_time() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let protocol = publish(&tom, "Rinse the new way", "2026-11-22").await;
    set_clock(&world, DAY_MS + HOUR_MS);
    let at = |ms: i64| json!({ "performed_at": api::utc_text(ms) });
    assert_eq!(record(&world, at(DAY_MS - HOUR_MS)).await, 1);
    assert_eq!(record(&world, at(DAY_MS + HOUR_MS / 2)).await, 2);
    // From paper: the one step of the new version, the three of the one before.
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let late = format!("/staff/equipment/{}/late", world.pump);
    for (performed, steps) in [("2026-11-21 22:00", 3), ("2026-11-22 00:30", 1)] {
        let token = grace.get(&late).await.is(200).hidden("form");
        let form = [
            ("performed_at", performed),
            ("cleaned_by", "Maria Alvarez"),
            ("protocol", protocol.as_str()),
            ("notes", "The box was off"),
            ("all_steps", "1"),
        ];
        grace.post(&late, &token, &form).await.is(303);
        assert_eq!(world.cleaning().steps.unwrap().len(), steps, "{performed}");
    }
    // From a phone that knew of none, which was pressed fifty minutes before.
    set_clock(&world, DAY_MS + HOUR_MS / 2);
    world.send(packed(&document(&world), &[]), false).await.is(201);
    assert_eq!(world.cleaning().protocol.unwrap().version, 1);
    // One that the phone names is the one.
    let named = crate::web::tests::phone::submissions::with(
        document(&world),
        "protocol",
        json!({ "id": protocol, "version": 2 }),
    );
    let named = crate::web::tests::phone::submissions::with(named, "id", json!("01J00000000000000000000ABD"));
    world.send(packed(&named, &[]), false).await.is(201);
    assert_eq!(world.cleaning().protocol.unwrap().version, 2);
}

#[tokio::test]
async fn a_page_that_showed_the_version_before_is_over_on_the_day() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    publish(&tom, "Rinse the new way", "2026-11-22").await;
    set_clock(&world, DAY_MS - 1_000);
    let scan = format!("/t/{}", world.pump);
    let shown = world.get(&scan).await;
    let (page, submission) = (shown.is(200).hidden("page"), shown.hidden("submission"));
    assert_eq!(shown.hidden("version"), "1");
    set_clock(&world, DAY_MS + 1_000);
    let own = [("page", page.as_str()), ("submission", submission.as_str()), ("version", "1")];
    let form = [&own[..], &[("step", "1"), ("cleaned_by", "Ada"), ("notes", "x")]].concat();
    let size = world.size();
    world.post(&scan, &form).await.is(200).has("Rinse the new way");
    assert_eq!(world.size(), size, "nothing is recorded by a version that is over");
}
