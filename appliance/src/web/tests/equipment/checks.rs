//! Spot checks: by somebody else, shown on the cleaning, and void beside the one that is to be done again.

use super::editing::{form_of, send, with, with_photo};
use crate::intake::{CheckForm, ClaimedCleaner, CleaningForm, CommandRefusal, RefusalCause};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

async fn clean(world: &World) -> String {
    let receipt =
        world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303).location();
    format!("/staff/cleanings/{}/check", receipt.trim_start_matches("/r/"))
}

#[tokio::test]
async fn somebody_else_looks_at_what_was_cleaned() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Technician).await;
    let (path, item) = (clean(&world).await, format!("/staff/equipment/{}", world.pump));
    tom.get(&item).await.has(&path);
    let form = tom.get(&path).await.is(200).has("Spot check of Infusion pump 14").hidden("form");
    let size = world.size();
    tom.post(&path, &form, &[("result", ""), ("value", "7")])
        .await
        .is(422)
        .has("Choose what the check found");
    tom.post(&path, &form, &[("result", "good"), ("value", "much")]).await.is(422).has("is a whole number");
    tom.post(&path, &form, &[("result", "burnt")]).await.is(422);
    assert_eq!(world.size(), size, "nothing is recorded");
    let found =
        [("result", "again"), ("method", "atp"), ("value", "420"), ("unit", "RLU"), ("notes", "handle")];
    tom.post(&path, &form, &found).await.is(303);
    let Event::CheckRecorded(check) = world.event(size) else { panic!() };
    assert_eq!((check.value, check.unit.as_str()), (Some(420), "RLU"));
    tom.get(&item).await.has("Spot check: clean again").has_not("/void\"");
    tom.post(&path, &form, &[("result", "good")]).await.is(303);
    tom.get(&item).await.has("Spot check: clean<");
}

#[tokio::test]
async fn of_a_record_that_is_voided_there_is_only_the_receipt() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::FacilityAdmin).await;
    let void = clean(&world).await.replace("/check", "/void");
    let receipt = void.replace("/staff/cleanings/", "/r/").replace("/void", "");
    let form = tom.get(&void).await.is(200).has("It will no longer count").hidden("form");
    let seen = world.event(world.size() - 1);
    let Event::CleaningRecorded(_) = seen else { panic!("{seen:?}") };
    let of = record::kinds::EntryRef { epoch: world.state.store.origin().epoch, seq: world.size() - 1 };
    let line = record::fold::LinePlace { of, run: None };
    world.give(Command::VoidCleaning { line, reason: "twice".into() }).await;
    let size = world.size();
    assert_eq!(tom.get(&void).await.is(303).location(), receipt);
    let check = void.replace("/void", "/check");
    assert_eq!(tom.get(&check).await.is(303).location(), receipt);
    assert_eq!(tom.post(&check, &form, &[("result", "good")]).await.is(303).location(), receipt);
    assert_eq!(tom.post(&void, &form, &[("reason", "twice, too")]).await.is(303).location(), receipt);
    assert_eq!(world.size(), size, "voided once");
    world.get(&receipt).await.is(200).has("Undone: Infusion pump 14");
}

#[tokio::test]
async fn a_technician_does_not_check_their_own_work() {
    let world = World::new().await;
    let new = crate::intake::NewStaff::named("Tom Nguyen", StaffRole::Technician);
    let seq = world.give(Command::AddStaff(new)).await;
    let Event::StaffAdded(tom) = world.event(seq) else { panic!() };
    let who = ClaimedCleaner::Pin(tom.staff);
    let form = CleaningForm { who, ..CleaningForm::plain(world.pump, "") };
    let seq = world.give(Command::RecordCleaning(Box::new(form))).await;
    let of = record::kinds::EntryRef { epoch: world.state.store.origin().epoch, seq };
    let line = record::fold::LinePlace { of, run: None };
    let result = Some(record::kinds::CheckResult::Good);
    let (unit, text, photos) = (String::new(), String::new(), Vec::new());
    let form = CheckForm { line, result, method: None, value: None, unit, text, photos };
    let by = record::entry::EntryAuthor {
        staff: Some(tom.staff),
        via: record::entry::CommandSource::Staff,
        device: None,
    };
    let command = Command::RecordCheck(Box::new(form));
    let request = crate::intake::CommandRequest { by, key: None, sent: None, command };
    let refused = command::execute_command(&world.state.store, world.state.random.clone(), request).await;
    let own = CommandRefusal::NotAllowed(RefusalCause::OwnCleaning);
    assert!(matches!(refused, Err(command::CommandError::Refused(refusal)) if refusal == own));
}

#[tokio::test]
async fn programs_record_checks_and_see_them() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    clean(&world).await;
    let listed = program.get("/api/v1/cleanings?limit=1").await.json();
    assert_eq!(listed["items"][0]["checked"], serde_json::Value::Null);
    let add = format!("/api/v1/cleanings/{}/checks", listed["items"][0]["id"].as_str().unwrap());
    program.post(&add, serde_json::json!({ "result": "fine" })).await.is(422);
    program.post(&add, serde_json::json!({ "result": "good", "method": "smell" })).await.is(422);
    let long = serde_json::json!({ "result": "good", "unit": "x".repeat(17) });
    program.post(&add, long).await.is(422);
    let done = program.post(&add, serde_json::json!({ "result": "good", "method": "look" })).await;
    assert_eq!(done.is(200).json()["checked"], "good");
}

#[tokio::test]
async fn a_photo_shows_what_a_check_found() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Technician).await;
    let path = clean(&world).await;
    let form = form_of(&tom.get(&path).await, &path);
    let size = world.size();
    tom.send(with_photo(&path, &with(form.clone(), "result", "good"), "bad"))
        .await
        .is(422)
        .has("id=\"photo-e\"");
    // What is wrong elsewhere loses no photo.
    let again = tom.send(with_photo(&path, &form, "good")).await;
    again.is(422).has("Choose what the check found").has(".t.jpg");
    assert_eq!(world.size(), size, "nothing is recorded");
    send(&tom, &path, &with(form_of(&again, &path), "result", "again")).await.is(303);
    let Event::CheckRecorded(check) = world.event(size) else { panic!() };
    let [photo] = check.photos[..] else { panic!("{check:?}") };
    tom.get(&format!("/staff/equipment/{}", world.pump)).await.has(&format!("/photos/{photo}.t.jpg"));
    let program = program(&world, ApiTokenScope::Write);
    let listed = program.get("/api/v1/cleanings?limit=1").await.json();
    let add = format!("/api/v1/cleanings/{}/checks", listed["items"][0]["id"].as_str().unwrap());
    let found = |photos: serde_json::Value| serde_json::json!({ "result": "good", "photos": photos });
    program.post(&add, found(serde_json::json!([photo.to_string()]))).await.is(200);
    let Event::CheckRecorded(check) = world.event(size + 1) else { panic!() };
    assert_eq!(check.photos, [photo]);
    program.post(&add, found(serde_json::json!(["00".repeat(32)]))).await.is(400).has("There is no photo");
    program.post(&add, found(serde_json::json!(vec![photo.to_string(); 5]))).await.is(422);
}
