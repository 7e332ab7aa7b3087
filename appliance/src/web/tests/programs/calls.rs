//! The API, by token over HTTPS, and the old app's paths.

use crate::identity::{ApiToken, NewToken, TokenHand, TokenLife};
use crate::web::tests::*;

pub(in crate::web::tests) struct Program<'a> {
    pub(in crate::web::tests) world: &'a World,
    pub(in crate::web::tests) token: String,
}

pub(in crate::web::tests) fn program(world: &World, scope: ApiTokenScope) -> Program<'_> {
    Program { world, token: token(world, scope) }
}

pub(in crate::web::tests) fn token(world: &World, scope: ApiTokenScope) -> String {
    let (name, life, made_by) = ("cmms".into(), TokenLife::default(), TokenHand::Socket);
    let new = NewToken { name, scope, life, made_by, submission: None };
    world.state.identity.tokens.make(&new, NOW).unwrap().unwrap().1
}

impl Program<'_> {
    pub(in crate::web::tests) async fn send(&self, request: Request<Body>) -> Answer {
        self.world.send(self.authorize(request), true).await
    }

    pub(in crate::web::tests) async fn send_unchecked(&self, request: Request<Body>) -> Answer {
        self.world.send_unchecked(self.authorize(request), true).await
    }

    pub(in crate::web::tests) fn authorize(&self, mut request: Request<Body>) -> Request<Body> {
        request.headers_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        request
    }

    pub(in crate::web::tests) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(in crate::web::tests) async fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        self.send(json(path, &body.to_string())).await
    }
}

fn json(path: &str, body: &str) -> Request<Body> {
    Request::post(path).header(CONTENT_TYPE, "application/json").body(Body::from(body.to_owned())).unwrap()
}

fn printer(name: &str) -> serde_json::Value {
    // No two printers have one address.
    let port = name.bytes().map(u32::from).sum::<u32>() + 2;
    let address = format!("tcp://127.0.0.1:{port}");
    serde_json::json!({"name": name, "language": "zpl", "address": address, "media": "2.4x1.2in"})
}

#[tokio::test]
async fn no_token_was_used_on_a_day_to_come() {
    let world = World::new().await;
    world.clock.advance(std::time::Duration::from_secs(6 * 3_600));
    program(&world, ApiTokenScope::Read).get("/api/v1/equipment").await.is(200);
    let tom = crate::web::tests::staff::staff_pages::desk(&world, StaffRole::FacilityAdmin).await;
    tom.get("/staff/programs").await.is(200).has("Nov 20, 2026 from").has_not("Nov 21, 2026");
}

#[tokio::test]
async fn equipment_and_cleanings() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let added = program.post("/api/v1/equipment", serde_json::json!({"name": "Bed 208", "class": "semicritical", "schedule": {"every": "days", "n": 1}})).await;
    added.is(201);
    let tag = added.json()["tag"].as_str().unwrap().to_owned();
    assert_eq!(
        (added.location(), added.json()["class"].as_str()),
        (format!("/api/v1/equipment/{tag}"), Some("semicritical"))
    );
    program.get(&format!("/api/v1/equipment/{tag}")).await.is(200).has("Bed 208");
    let cleaning = program.post("/api/v1/cleanings", serde_json::json!({"tag": tag, "cleaned_by": "Robot 2", "performed_at": "2026-11-20T12:00:00-06:00"})).await;
    cleaning.is(201);
    let body = cleaning.json();
    for member in
        ["box", "epoch", "seq", "tag", "equipment", "cleaned_by", "performed_at", "recorded_at", "voided"]
    {
        assert!(!body[member].is_null(), "{member}");
    }
    assert_eq!(
        (body["cleaned_by"].as_str(), body["performed_at"].as_str(), body["voided"].as_bool()),
        (Some("Robot 2"), Some("2026-11-20T18:00:00.000Z"), Some(false))
    );
    for _ in 0..4 {
        program
            .post("/api/v1/cleanings", serde_json::json!({"tag": world.pump, "cleaned_by": "Ada"}))
            .await
            .is(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = program.get(&format!("/api/v1/cleanings?limit=2{cursor}")).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|c| c["seq"].as_u64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a > b), "newest first: {seen:?}");
    assert_eq!(
        program.get(&format!("/api/v1/cleanings?tag={tag}")).await.json()["items"].as_array().unwrap().len(),
        1
    );
    let items = program.get("/api/v1/equipment?limit=3").await.json();
    assert_eq!(items["items"].as_array().unwrap().len(), 3);
    let rest = program
        .get(&format!("/api/v1/equipment?limit=3&cursor={}", items["next"].as_str().unwrap()))
        .await
        .json();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].is_null()), (1, true));
    program.get("/api/v1/compliance?days=7").await.is(200).has("last_30_days").has("America/Chicago");
}

#[tokio::test]
async fn one_of_several_protocols_has_its_own_schedule() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let deep = serde_json::json!({"name": "Deep clean", "steps": [{"text": "Take it apart"}]});
    let deep = program.post("/api/v1/protocols", deep).await.json()["protocol"].as_str().unwrap().to_owned();
    let wipe = *world.state.store.facility().protocols.keys().next().unwrap();
    let item = serde_json::json!({"name": "Bed 9", "protocols": [wipe, deep], "schedule": {"every": "days", "n": 1}});
    let tag = program.post("/api/v1/equipment", item).await.json()["tag"].as_str().unwrap().to_owned();
    let plans = format!("/api/v1/equipment/{tag}/schedules");
    let hourly = serde_json::json!({"protocol": deep, "schedule": {"every": "hours", "n": 1}});
    let set = program.post(&plans, hourly.clone()).await;
    set.is(201);
    assert_eq!(set.json()["schedules"].as_array().unwrap().len(), 2);
    let other = format!("/api/v1/equipment/{}/schedules", world.pump);
    program.post(&other, hourly).await.is(422).has("not cleaned by that protocol");
    // The page of the item offers its first protocol, and leads to the other one.
    let page = world.get(&format!("/t/{tag}")).await;
    page.is(200).has("Low-level wipe").has("Clean by “Deep clean” instead");
    let requested = format!("/t/{tag}?protocol={deep}");
    let page = world.get(&requested).await;
    page.is(200).has("Take it apart").has_not("Keep it wet").has("Clean by “Low-level wipe” instead");
    assert_eq!(page.hidden("protocol"), deep);
    world.clock.advance(std::time::Duration::from_secs(1_800));
    let status = async || program.get(&format!("/api/v1/equipment/{tag}")).await.json();
    let by = |id: &str| serde_json::json!({"tag": tag, "cleaned_by": "Ada", "protocol": id, "steps": [1, 2], "contact_s": 200, "notes": "x"});
    program.post("/api/v1/cleanings", by(&wipe.to_string())).await.is(201);
    assert_eq!(status().await["status"], "due", "a wipe is no deep clean");
    let page = world.get(&requested).await;
    let form = [
        ("page", page.hidden("page")),
        ("protocol", deep.clone()),
        ("version", "1".into()),
        ("step", "1".into()),
        ("cleaned_by", "Ada".into()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    world.post(&format!("/t/{tag}"), &form).await.is(303);
    assert_eq!(world.cleaning().protocol.map(|p| p.id.to_string()), Some(deep.clone()));
    assert_eq!(status().await["status"], "clean");
    world.clock.advance(std::time::Duration::from_secs(3_000));
    assert_eq!(status().await["status"], "due");
    world.clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(status().await["status"], "overdue");
    let reported = program.get("/api/v1/compliance?days=7").await.json();
    let today = &reported["today"];
    assert_eq!((today["met"].as_u64(), today["closed"].as_u64()), (Some(1), Some(2)), "{reported}");
}

#[tokio::test]
async fn a_repeat_is_harmless_and_another_request_is_a_conflict() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let keyed = |body: &str| {
        let mut request = json("/api/v1/equipment", body);
        request.headers_mut().insert("idempotency-key", "order-7".parse().unwrap());
        request
    };
    let first = program.send(keyed(r#"{"name":"Bed 1"}"#)).await.json();
    let second = program.send(keyed(r#"{"name":"Bed 1"}"#)).await.json();
    assert_eq!(first["tag"], second["tag"]);
    program.send(keyed(r#"{"name":"Bed 2"}"#)).await.is(409).has("key-reused");
}

#[tokio::test]
async fn tokens_are_needed_scoped_and_never_in_the_clear() {
    let world = World::new().await;
    let reader = program(&world, ApiTokenScope::Read);
    reader.get("/api/v1/equipment").await.is(200);
    reader
        .post("/api/v1/equipment", serde_json::json!({"name": "X"}))
        .await
        .is(403)
        .has("This token may only read");
    let none = world.send(Request::get("/api/v1/equipment").body(Body::empty()).unwrap(), true).await;
    none.is(401).has("token-needed");
    assert_eq!(none.header(http::header::WWW_AUTHENTICATE), "Bearer");
    let mut clear = Request::get("/api/v1/equipment").body(Body::empty()).unwrap();
    clear.headers_mut().insert("authorization", format!("Bearer {}", reader.token).parse().unwrap());
    world.send(clear, false).await.is(400).has("it was revoked");
    reader.get("/api/v1/equipment").await.is(401);
    let all: Vec<ApiToken> = world.state.identity.tokens.all();
    assert!(all.iter().all(|t| t.revoked_ms.is_some()));
}

#[tokio::test]
async fn names_come_with_the_log_and_a_proof_for_who_may_read_them() {
    // With a space: no hash and no key in base64 can hold it.
    const WHO: &str = "Ada Long";
    let world = World::new().await;
    let done = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", WHO), ("notes", "cracked")]).await;
    let receipt = done.is(303).location();
    let program = program(&world, ApiTokenScope::Read);
    program.get("/api/v1/log").await.is(200).has_not(WHO).has_not("\"salt\"");
    let log = program.get("/api/v1/log?texts=1").await.is(200).text();
    let size = world.size();
    let note = world.get("/api/v1/checkpoint").await.text();
    let key = world.get("/api/v1/key").await.text();
    let key = record::sign::VerifierKey::parse(key.lines().next().unwrap()).unwrap();
    let origin = world.state.store.origin();
    let signed = record::checkpoint::SignedCheckpoint::verify(&note, &origin, &key).unwrap();
    let mut export = record::export::ExportReader::new(size);
    let mut names = Vec::new();
    for line in log.lines() {
        if let record::export::ReadLine::Text(text) = export.line(line.as_bytes()).unwrap() {
            names.push(text.text().to_owned());
        }
    }
    let exported = export.finish(&signed).unwrap();
    assert_eq!(exported.absent, 0);
    assert!(names.iter().any(|name| name == WHO) && names.iter().any(|name| name == "cracked"), "{names:?}");
    let proof = |answer: &Answer| {
        let proof: record::proof::RecordProof = serde_json::from_str(&answer.text()).unwrap();
        proof.check(std::slice::from_ref(&key), &[]).unwrap()
    };
    let path = format!("/api/v1/proof/{}", size - 1);
    assert_eq!(proof(program.get(&path).await.is(200)).texts, []);
    let reported = proof(program.get(&format!("{path}?texts=1")).await.is(200));
    assert_eq!(reported.texts.iter().map(|text| text.text()).collect::<Vec<_>>(), [WHO, "cracked"]);
    for query in ["/proof", "/proof?texts=1"] {
        world.get(&format!("{receipt}{query}")).await.has_not(WHO).has_not("cracked");
    }
    for path in ["/api/v1/log?texts=1", &format!("{path}?texts=1")] {
        world.get(path).await.is(401).has_not(WHO);
    }
    program.get("/api/v1/log?texts=yes").await.is(400).has("\"field\":\"texts\"");
    program.get(&format!("{path}?texts=0")).await.is(400).has("\"field\":\"texts\"");
}

#[tokio::test]
async fn the_log_can_be_read_and_checked() {
    let world = World::new().await;
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    let program = program(&world, ApiTokenScope::Read);
    let log = program.get("/api/v1/log?from=0").await;
    let mut frontier = record::tree::Frontier::default();
    for line in log.text().lines() {
        let entry = record::entry::Entry::parse(line.as_bytes()).unwrap();
        assert_eq!(entry.seq(), frontier.size());
        frontier.push(entry.leaf());
    }
    assert_eq!(frontier.size(), world.size());
    let key = world.get("/api/v1/key").await.text();
    let key = record::sign::VerifierKey::parse(key.lines().next().unwrap()).unwrap();
    for size in [1, world.size()] {
        let note = world.get(&format!("/api/v1/checkpoint?size={size}")).await.text();
        let signed =
            record::checkpoint::SignedCheckpoint::verify(&note, &world.state.store.origin(), &key).unwrap();
        assert_eq!(signed.checkpoint().size, size);
        if size == world.size() {
            assert_eq!(signed.checkpoint().root, frontier.root());
        }
    }
    world.get("/api/v1/checkpoint?size=9999").await.is(400).has("\"field\":\"size\"");
    world.get("/api/v1/checkpoint?epoch=7-00000000").await.is(404).has("no log of that epoch");
    program.get("/api/v1/log?from=1&limit=1").await.has("\"seq\":1,").has_not("\"seq\":2,");
    program.get("/api/v1/log?epoch=9-00000000").await.is(404);
    program.get("/api/v1/proof/999").await.is(404);
}

#[tokio::test]
async fn labels() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let job = program.post("/api/v1/labels", serde_json::json!({"tags": [world.pump], "copies": 2})).await;
    job.is(202);
    let id = job.json()["id"].as_str().unwrap().to_owned();
    let shown = program.get(&format!("/api/v1/labels/{id}")).await.json();
    assert_eq!((shown["id"].as_str(), shown["labels"].as_array().unwrap().len()), (Some(id.as_str()), 2));
    assert_eq!(
        (shown["labels"][0]["n"].as_u64(), shown["labels"][0]["tag"].as_str()),
        (Some(1), Some(world.pump.as_str()))
    );
    assert!(shown["state"].is_string() && shown["labels"][0]["state"].is_string());
    let keyed = |copies: u32| {
        let body = serde_json::json!({"tags": [world.pump], "copies": copies}).to_string();
        let mut request = json("/api/v1/labels", &body);
        request.headers_mut().insert("idempotency-key", "roll-1".parse().unwrap());
        request
    };
    let first = program.send(keyed(1)).await.json();
    assert_eq!(program.send(keyed(1)).await.json()["id"], first["id"], "the same job again");
    program.send(keyed(2)).await.is(409).has("key-reused");
    // Fresh tags are drawn for each submission; the first roll is the one that counts.
    let blank = |count: u32| {
        let mut request = json("/api/v1/labels", &serde_json::json!({ "blank": count }).to_string());
        request.headers_mut().insert("idempotency-key", "roll-2".parse().unwrap());
        request
    };
    let roll = program.send(blank(3)).await.json();
    let again = program.send(blank(3)).await.json();
    assert_eq!((&again["id"], &again["labels"][2]["tag"]), (&roll["id"], &roll["labels"][2]["tag"]));
    program.send(blank(4)).await.is(409).has("key-reused");
    let again = |n: u32| {
        let path = format!("/api/v1/labels/{}/reprint", first["id"].as_str().unwrap());
        let mut request = json(&path, &serde_json::json!({"labels": [n], "reason": "torn"}).to_string());
        request.headers_mut().insert("idempotency-key", "again-1".parse().unwrap());
        request
    };
    let reprinted = program.send(again(1)).await.json();
    assert_eq!(program.send(again(1)).await.json()["id"], reprinted["id"]);
    // An empty body is read all the same: left unread, closing the connection could cut off the answer.
    let cancel = format!("/api/v1/labels/{}/cancel", first["id"].as_str().unwrap());
    program.send(json(&cancel, &" ".repeat(100_000))).await.is(413);
    program.send(json(&cancel, "{}")).await.is(200);
    let many = serde_json::json!({"tags": vec![world.pump; 1_000], "copies": 50});
    program.post("/api/v1/labels", many).await.is(422).has("5,000 labels");
    program.post("/api/v1/labels", serde_json::json!({"tags": []})).await.is(422);
    program
        .post("/api/v1/labels", serde_json::json!({"tags": ["7QK3M9X2W"]}))
        .await
        .is(404)
        .has("Nothing was printed");
    program
        .post("/api/v1/labels", serde_json::json!({"tags": [world.pump], "printer": "Nowhere"}))
        .await
        .is(422)
        .has("\"field\":\"printer\"");
    program
        .post("/api/v1/labels", serde_json::json!({"tags": [world.pump], "copies": 1_000_000}))
        .await
        .is(422);
}

#[tokio::test]
async fn printers_come_and_go() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let added = program.post("/api/v1/printers", printer("Sterile")).await;
    added.is(201).has("\"language\":\"zpl\"").has("\"name\":\"2.4x1.2in\"").has("Alcohol");
    program.post("/api/v1/printers", printer("Sterile")).await.is(409).has("already");
    program.post("/api/v1/printers", printer("Desk")).await.is(409);
    for (key, value, field) in [
        ("language", serde_json::json!("epl"), "language"),
        ("media", serde_json::json!("A4"), "media"),
        ("media", serde_json::json!({"width_mm": 900, "continuous": true}), "media"),
        ("dpi", serde_json::json!(180), "dpi"),
        ("address", serde_json::json!("http://x/y/z"), "address"),
        ("address", serde_json::json!("ipp://10.0.0.9/ipp/print"), "address"),
        ("language", serde_json::json!("pdf"), "media"),
        ("darkness", serde_json::json!(101), "darkness"),
    ] {
        let mut wrong = printer("Other");
        wrong[key] = value;
        let message = program.post("/api/v1/printers", wrong).await;
        message.is(422).has(&format!("\"field\":\"{field}\""));
    }
    let mut wrong = printer("Other");
    (wrong["language"], wrong["model"], wrong["media"]) =
        ("dymo".into(), "LabelWriter 550".into(), ().into());
    program.post("/api/v1/printers", wrong).await.is(422).has("LabelWriter 450");
    program.post("/api/v1/printers", serde_json::json!({"name": "x", "colour": 1})).await.is(422);

    let listed = program.get("/api/v1/printers").await.json();
    let names: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Desk", "Sterile"]);
    assert_eq!(
        (listed["items"][0]["fixed"].as_bool(), listed["items"][1]["fixed"].as_bool()),
        (Some(true), Some(false))
    );
    program
        .send(Request::delete("/api/v1/printers/Desk").body(Body::empty()).unwrap())
        .await
        .is(409)
        .has("settings file");

    program.post("/api/v1/printers/Nowhere/test", serde_json::json!({})).await.is(404);
    let test = program.post("/api/v1/printers/Sterile/test", serde_json::json!({})).await;
    test.is(202).has("\"kind\":\"test\"");
    program.send(Request::delete("/api/v1/printers/Sterile").body(Body::empty()).unwrap()).await.is(204);
    let left = program.get(&test.location()).await.json();
    assert_eq!(left["state"].as_str(), Some("paused"), "{left}");
    assert!(left["reason"].as_str().unwrap().contains("no longer set up"), "{left}");
    program
        .post(&format!("{}/cancel", test.location()), serde_json::json!({}))
        .await
        .is(200)
        .has("cancelled");
    program
        .post(&format!("{}/labels/1/answer", test.location()), serde_json::json!({"printed": true}))
        .await
        .is(409);
    program
        .post(&format!("{}/answer", test.location()), serde_json::json!({"printed": true}))
        .await
        .is(409)
        .has("waiting for an answer");
    program
        .post(&format!("{}/labels/x/answer", test.location()), serde_json::json!({"printed": true}))
        .await
        .is(404);

    let reader = self::program(&world, ApiTokenScope::Read);
    reader.post("/api/v1/printers", printer("Other")).await.is(403);
    reader.get("/api/v1/printers").await.is(200);
}

#[tokio::test]
async fn templates_blank_rolls_previews_and_sheets() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let print = async |body: serde_json::Value| program.post("/api/v1/labels", body).await;
    let roll = print(serde_json::json!({"blank": 50})).await;
    roll.is(202).has("\"template\":\"blank-tag\"");
    let roll = roll.json();
    let tags: std::collections::HashSet<_> =
        roll["labels"].as_array().unwrap().iter().map(|l| l["tag"].as_str().unwrap().to_owned()).collect();
    assert_eq!(tags.len(), 50);
    let again = serde_json::json!({"labels": [1], "reason": "torn"});
    let blank_again = format!("/api/v1/labels/{}/reprint", roll["id"].as_str().unwrap());
    program.post(&blank_again, again.clone()).await.is(422).has("never printed twice");
    print(serde_json::json!({"blank": 5, "tags": [world.pump]})).await.is(422);
    print(serde_json::json!({"blank": 1_001})).await.is(422);

    let card = print(serde_json::json!({"tags": [world.pump], "template": "micro"})).await;
    card.is(202).has("\"template\":\"micro\"");
    let reprint = format!("/api/v1/labels/{}/reprint", card.json()["id"].as_str().unwrap());
    program.post(&reprint, again).await.is(202).has("\"reason\":\"torn\"").has("\"template\":\"micro\"");
    program.post(&reprint, serde_json::json!({"labels": [2], "reason": "torn"})).await.is(422);
    program.post(&reprint, serde_json::json!({"labels": [1], "reason": " "})).await.is(422);
    print(serde_json::json!({"tags": [world.pump], "template": "poster"})).await.is(422).has("equipment, ");
    print(serde_json::json!({"tags": [world.pump], "template": "badge"}))
        .await
        .is(422)
        .has("needs the person");
    print(serde_json::json!({"tags": [world.pump], "fields": {"colour": "red"}}))
        .await
        .is(422)
        .has("not a field");

    let foreign = world.add("超声 3", "ICU", None, PhotoPolicy::None).await;
    let refused = print(serde_json::json!({"tags": [foreign]})).await;
    refused.is(422).has("超").has("asset-number");
    print(serde_json::json!({"tags": [foreign], "names": "asset-number"})).await.is(202);

    let preview = program.get(&format!("/api/v1/labels/preview.png?tag={}", world.pump)).await;
    preview.is(200);
    assert!(preview.bytes.starts_with(b"\x89PNG"));
    program.get(&format!("/api/v1/labels/preview.png?tag={foreign}")).await.is(422);
    program.get("/api/v1/labels/preview.png?blank=1").await.is(200);
    program.get("/api/v1/labels/preview.png").await.is(422);
    let sheet = program
        .post("/api/v1/labels/sheet", serde_json::json!({"tags": [world.pump], "sheet": "L7160", "start": 5}))
        .await;
    sheet.is(200);
    assert!(sheet.bytes.starts_with(b"%PDF"));
    for wrong in [
        serde_json::json!({"tags": [world.pump], "sheet": "9999"}),
        serde_json::json!({"tags": [world.pump], "start": 31}),
        serde_json::json!({"tags": [world.pump], "nudge_x_mm": 50}),
        serde_json::json!({"tags": [world.pump], "template": "protocol-card"}),
        serde_json::json!({"tags": []}),
    ] {
        program.post("/api/v1/labels/sheet", wrong).await.is(422);
    }
}

#[tokio::test]
async fn the_ancestors_scripts_go_on_working() {
    let world = World::new().await;
    let path = format!("/api/register-cleaning/{}/", world.pump);
    let form = [("cleaned_by", "Ada"), ("notes", "ok")];
    let plain = world.post(&path, &form).await;
    plain.is(201);
    let body = plain.json();
    assert_eq!(
        (body["success"].as_bool(), body["equipment"].as_str()),
        (Some(true), Some("Infusion pump 14"))
    );
    let epoch = world.state.store.origin().epoch;
    assert_eq!(body["cleaning_log_id"], format!("{epoch}.{}", world.size() - 1));
    assert_eq!(body["timestamp"], "2026-11-20T20:04:31.000Z");
    world.get(&format!("/r/{}", body["receipt"].as_str().unwrap())).await.is(200);
    world.send(with_photo(&path, &form, b"good\n"), false).await.is(201);
    assert_eq!(world.cleaning().photos.len(), 1);
    let size = world.size();
    world
        .send(with_photo(&path, &form, b"bad\n"), false)
        .await
        .is(201)
        .has("\"success\":true")
        .has("\"message\":\"Cleaning recorded, but its photo was not saved: This photo");
    assert_eq!((world.size(), world.cleaning().photos.len()), (size + 1, 0), "the record is there");
    let token = world.get(&format!("/t/{}", world.pump)).await.hidden("page");
    world.post(&format!("/api/register-cleaning/{token}/"), &form).await.is(201);
    world
        .post(&path, &[])
        .await
        .is(422)
        .has("Enter your name")
        .has("\"success\":false")
        .has("\"field\":\"cleaned_by\"");
    world.post("/api/register-cleaning/7QK3M9X2W/", &form).await.is(404).has("\"success\":false");
    world.post("/api/register-cleaning/nonsense/", &form).await.is(404);
    let program = program(&world, ApiTokenScope::Read);
    for path in ["/api/equipment/", "/api/cleaning-logs/", "/api/facilities/1/compliance/"] {
        program.get(path).await.is(200);
    }
    let own = FacilityId::new(1, [3; 10]);
    *world.claimed.lock().unwrap() = Some(own);
    for (id, status) in [
        (own.to_string(), 200),
        (world.state.store.origin().box_id.to_string(), 200),
        (FacilityId::new(1, [4; 10]).to_string(), 404),
        ("1".to_owned(), 404),
    ] {
        program.get(&format!("/api/facilities/{id}/compliance/")).await.is(status);
    }
    world
        .give(Command::AddAlias(crate::intake::NewAlias {
            equipment: world.pump,
            code: "old:facility:1".into(),
            confirmed: false,
        }))
        .await;
    for (id, status) in [("1", 200), ("2", 404), ("equipment:1", 404)] {
        program.get(&format!("/api/facilities/{id}/compliance/")).await.is(status);
        program.get(&format!("/api/facilities/{id}/")).await.is(status);
    }
}

#[tokio::test]
async fn a_cleaning_says_how_it_is_proven_who_cleaned() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let add = serde_json::json!({"tag": world.pump, "cleaned_by": "Ada"});
    program.post("/api/v1/cleanings", add).await.is(201).has("\"proof\":\"typed\"");
    let ada =
        crate::web::tests::staff::staff_pages::person(&world, "Ada", StaffRole::Technician, "4711").await;
    let form = crate::intake::CleaningForm {
        who: crate::intake::ClaimedCleaner::Pin(ada),
        ..crate::intake::CleaningForm::plain(world.pump, "")
    };
    world.give(Command::RecordCleaning(Box::new(form))).await;
    let newest = &program.get("/api/v1/cleanings?limit=1").await.json()["items"][0];
    assert_eq!((newest["proof"].as_str(), newest["cleaned_by"].as_str()), (Some("pin"), Some("Ada")));
}

#[tokio::test]
async fn the_description_names_every_endpoint() {
    let world = World::new().await;
    let described = world.get("/api/openapi.json").await.is(200).json();
    let docs = world.get("/api/docs").await;
    for path in described["paths"].as_object().unwrap().keys() {
        docs.is(200).has(&format!("<code>{path}</code>"));
    }
    assert!(described["paths"]["/api/v1/labels"]["post"]["summary"].is_string());
}

#[tokio::test]
async fn a_token_ends_by_the_time_that_is_known_and_not_by_a_clock_that_is_ahead() {
    let world = World::new().await;
    let own = program(&world, ApiTokenScope::Read);
    let right = world.state.clock.now();
    let ahead = Now { state: ClockState::Uncertain, wall_ms: right.wall_ms + 800 * 86_400_000, ..right };
    world.clock.set(ahead);
    own.get("/api/v1/equipment").await.is(401);
    crate::web::remind_of_access(&world.state);
    assert_eq!(world.state.identity.tokens.all().len(), 1, "nothing is forgotten by it");
    let anchor = Command::AnchorClock { wall_ms: right.wall_ms, source: crate::intake::AnchorSource::Hand };
    world.give(anchor).await;
    own.get("/api/v1/equipment").await.is(200);
}
