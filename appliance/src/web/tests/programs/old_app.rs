//! Each operation of the old app called as its scripts call it: docs/old-app.md has the table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};

use super::calls::token;
use crate::web::tests::*;

/// A script of the old app: it writes `Token` before its token, and a slash after each path.
struct Script<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Script<'a> {
    fn new(world: &'a World, scope: ApiTokenScope) -> Self {
        Self { world, token: token(world, scope) }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.world.send(self.build(method, path, body), true).await
    }

    fn build(&self, method: Method, path: &str, body: Option<Value>) -> Request<Body> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("authorization", format!("Token {}", self.token));
        let request = match body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        request.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }
}

#[tokio::test]
async fn equipment_is_listed_added_changed_and_retired() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Write);
    let added = script.post("/api/equipment/", json!({ "name": "X-ray machine", "serial": "RM-001" })).await;
    let path = added.is(201).location();
    let id = added.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/equipment/{id}/"));
    assert_eq!(added.json()["tag"], id);
    assert_eq!(script.get(&path).await.is(200).json(), added.json());
    let list = script.get("/api/equipment/").await.is(200).json();
    let ids: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), ids[0]), (4, id.as_str()));
    let cursor = script.get("/api/equipment/?limit=3").await.json()["next"].as_str().unwrap().to_owned();
    let rest = script.get(&format!("/api/equipment/?limit=3&cursor={cursor}")).await.json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    for method in [Method::PUT, Method::PATCH] {
        let change = json!({ "location": format!("Room {method}") });
        let changed = script.send(method.clone(), &path, Some(change)).await.is(200).json();
        assert_eq!(changed["location"], format!("Room {method}"));
        assert_eq!((&changed["name"], &changed["serial"]), (&json!("X-ray machine"), &json!("RM-001")));
    }
    let wrong = script.send(Method::PUT, &path, Some(json!({ "name": "" }))).await;
    wrong.is(422).has("\"success\":false").has("\"message\":\"Enter a name for the equipment\"");
    script.send(Method::DELETE, &path, None).await.is(204);
    assert_eq!(script.get(&path).await.is(200).json()["service"], "retired");
    script.send(Method::DELETE, &path, None).await.is(409).has("\"success\":false");
}

#[tokio::test]
async fn a_reason_to_retire_comes_in_the_body_or_in_the_query() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Write);
    let add = async |name: &str| script.post("/api/equipment/", json!({ "name": name })).await.location();
    for (body, query, message) in [
        (Some(json!({ "reason": "sold" })), "", Some("sold")),
        (None, "?reason=scrapped", Some("scrapped")),
        (Some(json!({ "reason": "sold" })), "?reason=scrapped", Some("sold")),
        (Some(json!({})), "", None),
        (None, "", None),
    ] {
        let path = add("Bed").await;
        script.send(Method::DELETE, &format!("{path}{query}"), body.clone()).await.is(204);
        let Event::EquipmentRetired(retired) = world.event(world.size() - 1) else {
            panic!("{body:?} {query}")
        };
        let reader = world.state.store.reader().unwrap();
        let reason = retired.reason.map(|reason| reader.text(&reason.hash).unwrap().unwrap());
        assert_eq!(reason.as_deref(), message, "{body:?} {query}");
    }
    let path = add("Bed").await;
    let refused = script.send(Method::DELETE, &path, Some(json!({ "reason": 7 }))).await;
    assert_eq!(refused.is(422).json()["field"], "reason");
}

#[tokio::test]
async fn an_item_is_found_changed_shown_as_a_code_and_retired_by_its_old_number() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Write);
    let codes = format!("/api/v1/equipment/{}/codes", world.pump);
    script.post(&codes, json!({ "code": "old:equipment:42" })).await.is(201);
    let path = "/api/equipment/42/";
    let before = script.get(path).await;
    assert_eq!(before.is(200).json()["id"], world.pump.as_str());
    let mut versions = vec![before.header(ETAG).to_owned()];
    for method in [Method::PUT, Method::PATCH] {
        let change = json!({ "location": format!("Room {method}") });
        let changed = script.send(method.clone(), path, Some(change)).await;
        assert_eq!(changed.is(200).json()["location"], format!("Room {method}"));
        versions.push(changed.header(ETAG).to_owned());
    }
    let stored = || world.state.store.facility().equipment[&world.pump].clone();
    assert_eq!(
        (stored().facts.location.as_str(), stored().facts.name.as_str()),
        ("Room PATCH", "Infusion pump 14")
    );
    let code =
        script.send(Method::POST, &format!("{path}generate-qr/"), Some(json!({ "permanent": true }))).await;
    assert_eq!(code.is(200).json()["token"], world.pump.as_str());
    let token = script.send(Method::POST, &format!("{path}generate-qr/"), None).await.is(200).json();
    let form = [("cleaned_by", "Ada")];
    world.post(&format!("/api/register-cleaning/{}/", token["token"].as_str().unwrap()), &form).await.is(201);
    assert_eq!(world.cleaning().tag, world.pump);
    // What somebody changed since is not changed unseen, by whichever name it goes.
    let size = world.size();
    for (method, body) in [
        (Method::PUT, json!({ "location": "Room 3" })),
        (Method::PATCH, json!({ "location": "Room 3" })),
        (Method::DELETE, json!({ "reason": "sold" })),
    ] {
        let mut request = script.build(method, path, Some(body));
        request.headers_mut().insert(IF_MATCH, versions[0].parse().unwrap());
        assert_eq!(world.send(request, true).await.is(412).header(ETAG), versions[2]);
    }
    assert_eq!(world.size(), size);
    script.send(Method::DELETE, path, Some(json!({ "reason": "sold" }))).await.is(204);
    assert_eq!(stored().service, record::fold::ServiceState::Retired);
    assert_eq!(script.get(path).await.is(200).json()["service"], "retired");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_the_old_app_told_it() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Write);
    let change = || Some(json!({ "name": "X" }));
    for id in ["42", "7QK3M9X2W"] {
        let path = format!("/api/equipment/{id}/");
        for (method, path, body) in [
            (Method::GET, path.clone(), None),
            (Method::PUT, path.clone(), change()),
            (Method::PATCH, path.clone(), change()),
            (Method::DELETE, path.clone(), None),
            (Method::POST, format!("{path}generate-qr/"), None),
            (Method::GET, format!("/api/cleaning-logs/{id}/"), None),
        ] {
            let answer = script.send(method, &path, body).await;
            answer.is(404).has("\"success\":false");
            assert_eq!(answer.json()["message"], answer.json()["title"], "{path}");
        }
    }
    let unknown =
        script.post("/api/cleaning-logs/", json!({ "tag": "7QK3M9X2W", "cleaned_by": "Ada" })).await;
    unknown.is(404).has("\"success\":false");
}

#[tokio::test]
async fn cleanings_are_listed_recorded_and_found() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Record);
    let cleaning = json!({ "tag": world.pump, "cleaned_by": "John Doe", "notes": "Thorough" });
    let added = script.post("/api/cleaning-logs/", cleaning).await;
    let path = added.is(201).location();
    let id = added.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/cleaning-logs/{id}/"));
    assert_eq!(script.get(&path).await.is(200).json(), added.json());
    assert_eq!(script.get("/api/cleaning-logs/").await.is(200).json()["items"], json!([added.json()]));
    // What the open path answers names a record that can be looked up.
    let form = [("cleaned_by", "Ada"), ("notes", "")];
    let registered = world.post(&format!("/api/register-cleaning/{}/", world.pump), &form).await.json();
    let path = format!("/api/cleaning-logs/{}/", registered["cleaning_log_id"].as_str().unwrap());
    assert_eq!(script.get(&path).await.is(200).json()["cleaned_by"], "Ada");
    let nobody = script.post("/api/cleaning-logs/", json!({ "tag": world.pump })).await;
    assert_eq!(nobody.is(422).json()["field"], "cleaned_by");
    for method in [Method::PUT, Method::DELETE] {
        let mut request = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
        let value = format!("Token {}", script.token).parse().unwrap();
        request.headers_mut().insert("authorization", value);
        world.send_unchecked(request, true).await.is(405).has("\"success\":false");
    }
}

#[tokio::test]
async fn a_record_that_does_not_count_is_not_told_as_one_that_does() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Write);
    let plain = script.post("/api/equipment/", json!({ "name": "Trolley" })).await.is(201).json();
    let form = [("cleaned_by", "Ada")];
    let register = async |tag: &str| {
        let path = format!("/api/register-cleaning/{tag}/");
        world.post(&path, &form).await.is(201).json()
    };
    let counted = register(plain["id"].as_str().unwrap()).await;
    assert_eq!((&counted["counts"], &counted["missing"]), (&json!(true), &json!([])));
    assert_eq!(counted["message"], "Cleaning recorded");
    let lacking = register(world.pump.as_str()).await;
    assert_eq!((&lacking["success"], &lacking["counts"]), (&json!(true), &json!(false)));
    assert_eq!(lacking["missing"], json!(["steps not stated", "contact time"]));
    let words = "Cleaning recorded. It does not count as a cleaning: steps not stated, full contact time not measured. ";
    assert!(lacking["message"].as_str().unwrap().starts_with(words), "{}", lacking["message"]);
    for members in [&counted, &lacking] {
        let old = ["success", "message", "cleaning_log_id", "equipment", "timestamp"];
        assert!(old.iter().all(|member| !members[member].is_null()), "{members}");
    }
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_done_once() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Write);
    let cleaning = json!({ "tag": world.pump, "cleaned_by": "Ada" });
    for (path, body) in [("/api/equipment/", json!({ "name": "Bed 1" })), ("/api/cleaning-logs/", cleaning)] {
        let keyed = async || {
            let request = Request::post(path).header("idempotency-key", path);
            let request = request.header("authorization", format!("Token {}", script.token));
            let request = request.header(CONTENT_TYPE, "application/json");
            world.send(request.body(Body::from(body.to_string())).unwrap(), true).await.is(201).json()
        };
        let first = keyed().await;
        let size = world.size();
        assert_eq!(keyed().await, first);
        assert_eq!(world.size(), size);
    }
}

#[tokio::test]
async fn a_qr_code_opens_the_item_and_its_token_records() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Read);
    let path = format!("/api/equipment/{}/generate-qr/", world.pump);
    let made = script.send(Method::POST, &path, None).await.is(200).json();
    let url = format!("HTTP://10.0.0.5/{}", world.pump);
    assert_eq!((&made["url"], &made["expires_at"]), (&json!(url), &json!("2026-11-20T20:09:31.000Z")));
    let png = made["qr_code"].as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
    let picture = image::load_from_memory(&STANDARD.decode(png).unwrap()).unwrap().to_luma8();
    let side = picture.width();
    assert_eq!((side, picture.height(), side % 8), (picture.height(), side, 0));
    let code = ::labels::code::encode_qr(&url).unwrap();
    let edge = code.kind().quiet();
    assert_eq!(side, (code.width() + 2 * edge) * 8);
    for (x, y, dot) in picture.enumerate_pixels() {
        let module = |at: u32| (at / 8).checked_sub(edge);
        let is_dark = module(x).zip(module(y)).is_some_and(|(column, row)| code.dark(column, row));
        assert_eq!(dot.0[0] == 0, is_dark, "{x} {y}");
    }
    let token = made["token"].as_str().unwrap();
    assert_ne!(token, world.pump.as_str());
    let form = [("cleaned_by", "Ada")];
    world.post(&format!("/api/register-cleaning/{token}/"), &form).await.is(201);
    let lasting = script.post(&path, json!({ "permanent": true })).await.is(200).json();
    assert_eq!((&lasting["token"], &lasting["expires_at"]), (&json!(world.pump), &Value::Null));
    assert_eq!((&lasting["url"], &lasting["qr_code"]), (&made["url"], &made["qr_code"]));
    script.post(&path, json!({ "permanent": "yes" })).await.is(422).has("\"field\":\"permanent\"");
}

#[tokio::test]
async fn no_code_is_made_before_it_is_known_what_labels_carry() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::bare(dir, UploadLimits::default(), Arc::new(SystemRandom), Vec::new()).await;
    let tag = world.add("Bed 1", "", None, PhotoPolicy::None).await;
    let script = Script::new(&world, ApiTokenScope::Read);
    let refused = script.send(Method::POST, &format!("/api/equipment/{tag}/generate-qr/"), None).await;
    refused.is(409).has("/problems/label-host").has("\"success\":false");
}

#[tokio::test]
async fn a_box_has_one_facility() {
    let world = World::new().await;
    let script = Script::new(&world, ApiTokenScope::Read);
    let box_id = world.state.store.origin().box_id.to_string();
    let facility = |id: &str| json!({ "id": id, "name": "Linden Valley Hospital", "zone": "America/Chicago", "contact": "biomed, ext. 4417" });
    let listed = async || script.get("/api/facilities/").await.is(200).json();
    assert_eq!(listed().await, json!({ "items": [facility(&box_id)], "next": null }));
    assert_eq!(script.get("/api/facilities/1/").await.is(200).json(), facility(&box_id));
    let own = FacilityId::new(1, [3; 10]);
    *world.claimed.lock().unwrap() = Some(own);
    let own = own.to_string();
    assert_eq!(listed().await["items"], json!([facility(&own)]));
    for (id, status) in [(own.as_str(), 200), (&box_id, 200), ("1", 404)] {
        for path in [format!("/api/facilities/{id}/"), format!("/api/facilities/{id}/compliance/")] {
            script.get(&path).await.is(status);
        }
    }
}

#[tokio::test]
async fn old_scripts_need_the_scope_that_their_operation_says() {
    let world = World::new().await;
    let item = format!("/api/equipment/{}/", world.pump);
    let cleaning = json!({ "tag": world.pump, "cleaned_by": "Ada" });
    let size = world.size();
    for (scope, method, path, body) in [
        (ApiTokenScope::Record, Method::POST, "/api/equipment/", json!({ "name": "X" })),
        (ApiTokenScope::Record, Method::PUT, item.as_str(), json!({ "name": "X" })),
        (ApiTokenScope::Record, Method::PATCH, item.as_str(), json!({ "name": "X" })),
        (ApiTokenScope::Record, Method::DELETE, item.as_str(), json!({})),
        (ApiTokenScope::Read, Method::POST, "/api/cleaning-logs/", cleaning),
    ] {
        let refused = Script::new(&world, scope).send(method, path, Some(body)).await;
        refused.is(403).has("/problems/scope").has("\"success\":false");
    }
    assert_eq!(world.size(), size);
    let clear = Script::new(&world, ApiTokenScope::Read);
    let request = Request::get(item).header("authorization", format!("Token {}", clear.token));
    world.send(request.body(Body::empty()).unwrap(), false).await.is(400).has("it was revoked");
    clear.get("/api/equipment/").await.is(401);
}
