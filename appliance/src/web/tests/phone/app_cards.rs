//! What the installed page stores of the items.

use record::kinds::{ProofMethod, WhoPolicy};
use serde_json::{Value, json};

use super::submissions::{document, send, with};
use crate::intake::{NewAlias, SettingsChange};
use crate::web::tests::*;

async fn cards(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/api/v1/app/cards{query}")).await;
    answer.is(200).text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_phone_keeps_the_items_and_asks_for_what_changed() {
    let world = World::new().await;
    let all = cards(&world, "").await;
    let of = |lines: &[Value], kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((all[0]["kind"].as_str(), all[0]["whole"].as_bool()), (Some("settings"), Some(true)));
    assert_eq!(all[0]["size"], world.size());
    assert_eq!((of(&all, "protocol"), of(&all, "item")), (1, 3));
    let pump = all.iter().find(|line| line["tag"] == world.pump.to_string()).unwrap();
    assert_eq!(pump["protocols"].as_array().map(Vec::len), Some(1));
    let since = format!("?since={}", world.size());
    assert_eq!(
        all[0]["who"],
        json!({ "noncritical": "typed", "semicritical": "typed", "critical": "typed" })
    );
    assert_eq!(all[0]["shared"], false);
    let size = world.size();
    world.give(Command::RetireEquipment { tag: world.pump, reason: "Sold".into(), seen: None }).await;
    let changed = cards(&world, &since).await;
    assert_eq!((changed[0]["whole"].as_bool(), changed[0]["size"].as_u64()), (Some(false), Some(size + 1)));
    assert!(
        cards(&world, "?since=999999").await[0]["whole"].as_bool().unwrap(),
        "another log has another size"
    );
    world.get("/api/v1/app/cards?since=x").await.is(400);
}

#[tokio::test]
async fn a_phone_learns_what_a_record_will_lack() {
    let world = World::new().await;
    let who =
        WhoPolicy { critical: Some(vec![ProofMethod::Pin, ProofMethod::Badge]), ..WhoPolicy::default() };
    let change = SettingsChange { who: Some(who), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(change))).await;
    let id = world.state.store.snapshot().equipment[&world.pump].facts.protocols[0];
    let published = world.state.store.snapshot().protocols[&id].newest.clone();
    let newer = NewProtocol {
        protocol: Some(id),
        name: published.name,
        steps: published.steps,
        photo: Some(PhotoPolicy::Required),
        ..NewProtocol::default()
    };
    world.give(Command::PublishProtocol(Box::new(newer))).await;
    let before = cards(&world, "").await;
    assert_eq!(before[0]["who"]["critical"], "badge");
    let protocol = before.iter().find(|line| line["kind"] == "protocol").unwrap();
    assert_eq!(protocol["photo"], "required");
    // It leaves open whether one press ticks all steps: the class of the item decides.
    assert_eq!((&protocol["one_press"], &protocol["class"]), (&Value::Null, &Value::Null));
    let crack = json!({ "what": "broken", "text": "" });
    let only = with(with(document(&world), "problem", crack), "cleaned", json!(false));
    send(&world, &only).await.is(201);
    let (since, labels) = (world.size(), before[0]["labels"].as_str().unwrap());
    let after = cards(&world, &format!("?since={since}&labels={labels}")).await;
    let pump = after.iter().find(|line| line["tag"] == world.pump.to_string()).unwrap();
    assert_eq!((&pump["problems"], &pump["out_of_service"]), (&json!(["broken"]), &json!(false)));
}

#[tokio::test]
async fn a_shared_tablet_is_told_to_remember_no_name() {
    let world = World::new().await;
    let request = Request::get("/api/v1/app/cards").header("cookie", "shared=1");
    let lines = world.send(request.body(Body::empty()).unwrap(), false).await.is(200).text();
    let settings: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(settings["shared"], true);
}

#[tokio::test]
async fn a_phone_keeps_the_codes_that_open_an_item() {
    let world = World::new().await;
    let code = "(01)09506000134352(21)SN-77/1";
    let item = |lines: &[Value]| lines.iter().find(|line| line["tag"] == world.pump.to_string()).cloned();
    let before = cards(&world, "").await;
    assert_eq!(item(&before).unwrap()["codes"], json!([]));
    world
        .give(Command::AddAlias(NewAlias { code: code.into(), equipment: world.pump, confirmed: false }))
        .await;
    // The item itself is as it was; that it has a label more is seen by all of them.
    let (since, labels) = (world.size(), before[0]["labels"].as_str().unwrap().to_owned());
    let after = cards(&world, &format!("?since={since}&labels={labels}")).await;
    assert_eq!((after[0]["whole"].as_bool(), &item(&after).unwrap()["codes"]), (Some(true), &json!([code])));
    let labels = after[0]["labels"].as_str().unwrap().to_owned();
    let same = cards(&world, &format!("?since={since}&labels={labels}")).await;
    assert_eq!(same[0]["whole"], false);
    world.give(Command::RemoveAlias { code: record::entry::Digest16::of(code.as_bytes()) }).await;
    let gone = cards(&world, &format!("?since={since}&labels={labels}")).await;
    assert_eq!(item(&gone).unwrap()["codes"], json!([]));
}

#[tokio::test]
async fn a_phone_knows_a_label_that_was_replaced() {
    let world = World::new().await;
    let item = |lines: &[Value]| lines.iter().find(|line| line["tag"] == world.pump.to_string()).cloned();
    let before = cards(&world, "").await;
    assert_eq!(item(&before).unwrap()["replaced"], json!([]));
    let new = crate::intake::NewTag {
        tag: Some("7QK3M9X2W".parse().unwrap()),
        equipment: world.pump,
        why: record::kinds::TagReason::Lost,
        replaces: Some(world.pump),
    };
    world.give(Command::AssignTag(new)).await;
    let since = format!("?since={}&labels={}", world.size(), before[0]["labels"].as_str().unwrap());
    let after = cards(&world, &since).await;
    let pump = item(&after).expect("its labels are others");
    assert_eq!(pump["replaced"], json!([world.pump]));
    assert_eq!(pump["tags"], json!(["7QK3M9X2W"]));
}
