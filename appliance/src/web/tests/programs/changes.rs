//! What programs change of equipment and records, and the single things that they read.

use record::fold::ServiceState;
use record::kinds::{Schedule, TEXT_FACTS};
use serde_json::{Value, json};

use super::calls::{Program, program};
use crate::web::tests::staff::staff_pages::{desk, person};
use crate::web::tests::*;

async fn send(program: &Program<'_>, method: Method, path: &str, body: Value) -> Answer {
    program.send(build(method, path, &body)).await
}

async fn send_keyed(program: &Program<'_>, key: &str, method: Method, path: &str, body: Value) -> Answer {
    let mut request = build(method, path, &body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    program.send(request).await
}

async fn send_over(program: &Program<'_>, etag: &str, method: Method, path: &str, body: Value) -> Answer {
    let mut request = build(method, path, &body);
    request.headers_mut().insert("if-match", etag.parse().unwrap());
    program.send(request).await
}

fn build(method: Method, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

fn item_path(tag: Tag) -> String {
    format!("/api/v1/equipment/{tag}")
}

async fn clean(program: &Program<'_>) -> String {
    let cleaning = json!({ "tag": program.world.pump, "cleaned_by": "Ada", "notes": "left wheel squeaks" });
    let added = program.post("/api/v1/cleanings", cleaning).await;
    added.is(201).json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_change_names_what_changes_and_nothing_else() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = item_path(world.pump);
    let before = program.get(&path).await.json();
    let change = json!({ "location": "ICU West", "custom": { "Cost centre": "4410", "Owner": "Biomed" } });
    let changed = send(&program, Method::PATCH, &path, change).await.is(200).json();
    assert_eq!(changed["location"], "ICU West");
    assert_eq!(changed["custom"], json!({ "Cost centre": "4410", "Owner": "Biomed" }));
    for member in ["name", "asset_number", "photo", "protocols", "schedule", "service"] {
        assert_eq!(changed[member], before[member], "{member}");
    }
    let fewer = json!({ "custom": { "Owner": "" }, "schedule": { "every": "weeks", "n": 2 } });
    let changed = send(&program, Method::PATCH, &path, fewer).await.is(200).json();
    assert_eq!(changed["custom"], json!({ "Cost centre": "4410" }));
    assert_eq!(changed["schedule"], json!({ "every": "weeks", "n": 2 }));
    let size = world.size();
    assert_eq!(send(&program, Method::PATCH, &path, json!({})).await.is(200).json(), changed);
    assert_eq!(world.size(), size, "a change that names nothing records nothing");
}

/// Each fact of an item: a change that sets it, one that clears it, and its value afterwards. A name stays for good.
fn fact_changes(protocol: ProtocolId) -> Vec<(Value, Option<Value>, Value)> {
    let texts = TEXT_FACTS.iter().map(|fact| fact.name).filter(|name| *name != "name");
    let mut changes: Vec<_> = texts
        .map(|name| (json!({ name: "Another" }), Some(json!({ name: "" })), json!({ name: "" })))
        .collect();
    let loan = json!({ "until": "2026-12-31", "owner": "Acme Rentals" });
    let drawn = json!({ "photo": "optional", "photo_one_in": 10 });
    let every = json!({ "every": "weeks", "n": 2 });
    let once = json!({ "protocols": [], "single_use": true });
    let never = json!({ "every": "never" });
    let mut add = |change, cleared, left| changes.push((change, cleared, left));
    add(json!({ "name": "Infusion pump 15" }), None, json!({ "name": "Infusion pump 15" }));
    add(
        json!({ "class": "critical" }),
        Some(json!({ "class": "noncritical" })),
        json!({ "class": "noncritical" }),
    );
    add(drawn, Some(json!({ "photo_one_in": 0 })), json!({ "photo": "optional", "photo_one_in": null }));
    add(json!({ "photo": "required" }), Some(json!({ "photo": "none" })), json!({ "photo": "none" }));
    add(once, Some(json!({ "single_use": false })), json!({ "protocols": [], "single_use": false }));
    add(json!({ "protocols": [protocol] }), Some(json!({ "protocols": [] })), json!({ "protocols": [] }));
    add(json!({ "loan": loan }), Some(json!({ "loan": { "until": "" } })), json!({ "loan": null }));
    add(
        json!({ "custom": { "Side": "left" } }),
        Some(json!({ "custom": { "Side": "" } })),
        json!({ "custom": {} }),
    );
    add(json!({ "schedule": every }), Some(json!({ "schedule": never })), json!({ "schedule": null }));
    changes
}

#[tokio::test]
async fn a_program_sees_changes_and_clears_each_fact_of_an_item() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    let old = format!("/api/equipment/{}/", world.pump);
    let mut named = std::collections::BTreeSet::new();
    for path in [item_path(world.pump), old] {
        for (change, cleared, left) in fact_changes(protocol) {
            named.extend(change.as_object().unwrap().keys().cloned());
            for (change, shown) in [(Some(change.clone()), change), (cleared, left)] {
                let Some(change) = change else { continue };
                let now = send(&program, Method::PATCH, &path, change.clone()).await.is(200).json();
                assert_eq!(program.get(&path).await.is(200).json(), now, "{change}");
                for (name, value) in shown.as_object().unwrap() {
                    assert_eq!(&now[name], value, "{change}");
                }
            }
        }
    }
    // What can be set is in the table, and is visible.
    let settable = &TABLE.0.schemas()["ItemChanges"]["properties"];
    let settable: std::collections::BTreeSet<_> = settable.as_object().unwrap().keys().cloned().collect();
    assert_eq!(named, settable);
}

#[tokio::test]
async fn a_change_that_does_not_fit_records_nothing() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = item_path(world.pump);
    let size = world.size();
    for (body, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(121) }), "name"),
        (json!({ "serial": "a\u{202e}b" }), "serial"),
        (json!({ "class": "harmless" }), "class"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "protocols": ["01J00000000000000000000XXX"] }), "protocol"),
        (json!({ "custom": { "": "x" } }), "custom"),
        (json!({ "name": "Pump", "schedule": { "every": "days", "n": 0 } }), "schedule"),
    ] {
        let refused = send(&program, Method::PATCH, &path, body.clone()).await;
        assert_eq!(refused.is(422).json()["field"], field, "{body}");
    }
    send(&program, Method::PATCH, "/api/v1/equipment/7QK3M9X2W", json!({ "name": "X" }))
        .await
        .is(404)
        .has("/problems/unknown-tag");
    send(&program, Method::PATCH, "/api/v1/equipment/42", json!({ "name": "X" })).await.is(404);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_change_over_another_version_changes_nothing() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = item_path(world.pump);
    let change = async |if_match: &str, key: Option<&str>, body: Value| {
        let mut request = build(Method::PATCH, &path, &body);
        request.headers_mut().insert("if-match", if_match.parse().unwrap());
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        program.send(request).await
    };
    let etag = async || program.get(&path).await.header(http::header::ETAG).to_owned();
    let first = etag().await;
    let body = || json!({ "location": "ICU West" });
    let size = world.size();
    let changed = change(&first, Some("move-1"), body()).await;
    let second = changed.is(200).header(http::header::ETAG).to_owned();
    assert_ne!(first, second);
    assert_eq!(etag().await, second);
    change(&first, Some("move-1"), body()).await.is(200);
    assert_eq!(world.size(), size + 1, "a repeat is no other change");
    for (other, body) in [
        (first.as_str(), json!({ "location": "ICU North" })),
        (first.as_str(), json!({})),
        ("\"9-00000000.9999.00000000\"", body()),
        ("\"soon\"", body()),
        ("W/\"0\"", body()),
        ("", body()),
    ] {
        let refused = change(other, None, body).await;
        assert_eq!(refused.is(412).header(http::header::ETAG), second, "{other}");
        refused.has("/problems/changed");
    }
    assert_eq!((world.size(), etag().await), (size + 1, second.clone()));
    change(&format!("{first}, {second}"), None, json!({ "location": "ICU North" })).await.is(200);
    change("*", None, json!({ "location": "ICU South" })).await.is(200).has("ICU South");
}

#[tokio::test]
async fn a_program_retires_with_a_reason_and_once() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = item_path(world.pump);
    let reason = || json!({ "reason": "Sent back to the maker" });
    for (body, field) in [(json!({}), "reason"), (json!({ "reason": " " }), "reason")] {
        assert_eq!(send(&program, Method::DELETE, &path, body).await.is(422).json()["field"], field);
    }
    let size = world.size();
    send_keyed(&program, "retire-1", Method::DELETE, &path, reason()).await.is(204);
    send_keyed(&program, "retire-1", Method::DELETE, &path, reason()).await.is(204);
    assert_eq!(world.size(), size + 1, "the same request is done once");
    assert_eq!(program.get(&path).await.is(200).json()["service"], "retired");
    send(&program, Method::DELETE, &path, reason()).await.is(409).has("/problems/retired");
    send(&program, Method::PATCH, &path, json!({ "name": "X" })).await.is(409).has("/problems/retired");
    let out = json!({ "service": "out", "reason": "Cracked" });
    send(&program, Method::PUT, &format!("{path}/service"), out).await.is(409);
    send(&program, Method::DELETE, "/api/v1/equipment/7QK3M9X2W", reason()).await.is(404);
    assert_eq!(world.size(), size + 1);
}

#[tokio::test]
async fn the_first_page_of_an_empty_box_leads_to_its_set_up() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    world.get("/").await.is(200).has_not("href=\"/setup\"");
    let tags: Vec<_> = world.state.store.facility().equipment.keys().copied().collect();
    for tag in tags {
        send(&program, Method::DELETE, &item_path(tag), json!({ "reason": "Sold" })).await.is(204);
    }
    world.get("/").await.is(200).has("No equipment yet").has("href=\"/setup\"");
    person(&world, "Grace Okafor", StaffRole::FacilityAdmin, "839204").await;
    world.get("/").await.is(200).has("No equipment yet").has_not("href=\"/setup\"");
}

#[tokio::test]
async fn a_program_takes_an_item_out_of_service_and_back() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("{}/service", item_path(world.pump));
    let out = || json!({ "service": "out", "reason": "Flow sensor fails its self-test" });
    let back = || json!({ "service": "in" });
    let set = async |body| send(&program, Method::PUT, &path, body).await;
    set(back()).await.is(409).has("It is in service already");
    for (body, field) in [
        (json!({ "service": "out" }), "reason"),
        (json!({ "service": "out", "reason": "" }), "reason"),
        (json!({ "service": "in", "reason": "x" }), "reason"),
        (json!({ "reason": "x" }), "service"),
    ] {
        assert_eq!(set(body.clone()).await.is(422).json()["field"], field, "{body}");
    }
    set(json!({ "service": "retired", "reason": "x" })).await.is(422);
    let taken = send_keyed(&program, "out-1", Method::PUT, &path, out()).await.is(200).json();
    assert_eq!((&taken["service"], &taken["status"]), (&json!("out"), &json!("out_of_service")));
    assert_eq!(send_keyed(&program, "out-1", Method::PUT, &path, out()).await.is(200).json(), taken);
    set(out()).await.is(409).has("It is out of service already");
    world.get(&format!("/t/{}", world.pump)).await.has("Flow sensor fails its self-test");
    // Over its version it gets another reason and another day, and none again.
    let item = item_path(world.pump);
    let mut etag = program.get(&item).await.header(http::header::ETAG).to_owned();
    for (reason, day) in [("Waits for a part", json!("2026-12-24")), ("Waits for a part", json!(null))] {
        let change = json!({ "service": "out", "reason": reason, "back": day });
        let changed = send_over(&program, &etag, Method::PUT, &path, change.clone()).await;
        assert_eq!((&changed.is(200).json()["back"], &changed.json()["service"]), (&day, &json!("out")));
        send_over(&program, &etag, Method::PUT, &path, change).await.is(412);
        etag = changed.header(http::header::ETAG).to_owned();
        assert_eq!(program.get(&item).await.json()["back"], day);
    }
    world.get(&format!("/t/{}", world.pump)).await.has("Waits for a part").has_not("Expected back");
    assert_eq!(set(back()).await.is(200).json()["service"], "in");
    assert_eq!(world.state.store.facility().equipment[&world.pump].service, ServiceState::In);
    send(&program, Method::PUT, "/api/v1/equipment/7QK3M9X2W/service", out()).await.is(404);
}

#[tokio::test]
async fn the_schedules_of_an_item() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("{}/schedules", item_path(world.pump));
    let of_any = json!({ "protocol": null, "schedule": { "every": "days", "n": 1 } });
    assert_eq!(program.get(&path).await.is(200).json(), json!({ "items": [of_any], "next": null }));
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    let tag = world.pump;
    let schedule = Schedule::Weeks { n: 2 };
    world.give(Command::SetSchedule { tag, protocol: Some(protocol), schedule, seen: None }).await;
    let own = json!({ "protocol": protocol, "schedule": { "every": "weeks", "n": 2 } });
    assert_eq!(program.get(&path).await.json()["items"], json!([of_any, own]));
    program.get("/api/v1/equipment/7QK3M9X2W/schedules").await.is(404).has("/problems/unknown-tag");
}

#[tokio::test]
async fn a_cleaning_is_found_by_its_id_and_voided_with_a_reason() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let id = clean(&program).await;
    let path = format!("/api/v1/cleanings/{id}");
    let found = program.get(&path).await.is(200).json();
    assert_eq!(found, program.get("/api/v1/cleanings?limit=1").await.json()["items"][0]);
    assert_eq!((&found["notes"], &found["voided"]), (&json!("left wheel squeaks"), &json!(false)));
    let epoch = world.state.store.origin().epoch;
    let added = world.size() - 2;
    for wrong in [
        format!("{epoch}.9999"),
        format!("{epoch}.{added}"),
        format!("{id}.00000000"),
        format!("{epoch}.+{}", world.size() - 1),
        format!("2-00000000.{}", world.size() - 1),
        "42".to_owned(),
    ] {
        program.get(&format!("/api/v1/cleanings/{wrong}")).await.is(404);
    }
    let void = format!("{path}/void");
    let reason = || json!({ "reason": "Wrong item scanned" });
    let blank = send(&program, Method::POST, &void, json!({ "reason": "  " })).await;
    assert_eq!(blank.is(422).json()["field"], "reason");
    let size = world.size();
    let voided = send_keyed(&program, "void-1", Method::POST, &void, reason()).await.is(200).json();
    assert_eq!((&voided["id"], &voided["voided"]), (&json!(id), &json!(true)));
    assert_eq!(send_keyed(&program, "void-1", Method::POST, &void, reason()).await.is(200).json(), voided);
    assert_eq!(world.size(), size + 1, "the same request is done once");
    program.post(&void, reason()).await.is(409).has("/problems/already-voided");
    program.post(&format!("/api/v1/cleanings/{epoch}.9999/void"), reason()).await.is(404);
    assert_eq!(program.get(&path).await.json()["voided"], true);
}

#[tokio::test]
async fn protocols_and_people_one_by_one() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let new = json!({ "name": "Deep clean", "steps": [{ "text": "Take it apart" }] });
    let published = program.post("/api/v1/protocols", new).await;
    let path = published.is(201).location();
    assert_eq!(program.get(&path).await.is(200).json(), published.json());
    let id = published.json()["protocol"].clone();
    let newer = json!({ "protocol": id, "name": "Deep clean", "steps": [{ "text": "Rinse" }] });
    assert_eq!(program.post("/api/v1/protocols", newer).await.is(201).location(), path);
    assert_eq!(program.get(&path).await.json()["version"], 2);
    program.get("/api/v1/protocols/01J00000000000000000000XXX").await.is(404);
    program.get("/api/v1/protocols/deep").await.is(404);

    let ada = person(&world, "Ada Long", StaffRole::Technician, "4711").await;
    let tom = person(&world, "Tom Nguyen", StaffRole::FacilityAdmin, "471147").await;
    world.give(Command::StaffLeft { staff: tom }).await;
    let people = program.get("/api/v1/people").await;
    people.is(200).has_not("4711");
    let people = people.json();
    let find = |id: StaffId| {
        let items = people["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id.to_string()).unwrap().clone()
    };
    let (ada, tom) = (find(ada), find(tom));
    assert_eq!(
        (&ada["name"], &ada["role"], &ada["left"]),
        (&json!("Ada Long"), &json!("technician"), &json!(false))
    );
    assert_eq!((&tom["role"], &tom["left"]), (&json!("facility_admin"), &json!(true)));
    desk(&world, StaffRole::Biomed).await.get("/api/v1/people").await.is(200).has("Ada Long");
    desk(&world, StaffRole::Technician).await.get("/api/v1/people").await.is(401).has_not("Ada Long");
}

#[tokio::test]
async fn changes_need_a_token_that_may_write() {
    let world = World::new().await;
    let write = program(&world, ApiTokenScope::Write);
    let cleaning = clean(&write).await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let path = item_path(world.pump);
    let size = world.size();
    for (method, path, body) in [
        (Method::PATCH, path.clone(), json!({ "name": "X" })),
        (Method::DELETE, path.clone(), json!({ "reason": "x" })),
        (Method::PUT, format!("{path}/service"), json!({ "service": "out", "reason": "x" })),
        (Method::POST, format!("/api/v1/cleanings/{cleaning}/void"), json!({ "reason": "x" })),
    ] {
        for scope in [ApiTokenScope::Read, ApiTokenScope::Record] {
            let refused = send(&program(&world, scope), method.clone(), &path, body.clone()).await;
            refused.is(403).has("/problems/scope");
        }
        admin.send(build(method, &path, &body)).await.is(401).has("/problems/token-needed");
    }
    assert_eq!(world.size(), size);
}
