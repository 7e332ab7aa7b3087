//! Programs that change a thing over the version that they read: every row checks it, and no answer names another's version.

use http::header::{ETAG, IF_MATCH};
use serde_json::{Value, json};
use web::route::RouteKind;

use crate::web::examples;
use crate::web::tests::programs::calls::{Program, program};
use crate::web::tests::*;

/// Rows that programs change something by and that name no version, with the reason.
const WITHOUT_VERSION: &[(&str, &str)] = &[
    ("alarm.acknowledge", "an alarm is seen, not changed; seen twice is seen"),
    ("badge.add", "adds a badge"),
    ("badge.remove", "a badge is removed whole; it has no version"),
    ("check.add", "adds a record"),
    ("cleaning.add", "adds a record"),
    ("clock.set", "time has no version; the newest word holds"),
    ("code.add", "adds a code"),
    ("code.remove", "a code is taken off whole; it has no version"),
    ("equipment.add", "adds an item"),
    ("job.add", "adds a print job"),
    ("job.answer", "answers about labels that wait for it"),
    ("job.cancel", "a job has no version: it is cancelled whatever it did since"),
    ("job.reprint", "adds a print job"),
    ("label.answer", "answers about a label that waits for it"),
    ("logo.keep", "a picture is replaced whole; it has no version"),
    ("logo.remove", "a picture is removed whole; it has no version"),
    ("old.add-cleaning", "adds a record"),
    ("old.add-equipment", "adds an item"),
    ("old.generate-qr", "changes nothing"),
    ("old.register", "adds a record"),
    ("old.register-bare", "adds a record"),
    ("own-pack.sign", "makes a file and changes nothing"),
    ("pack.add", "adds a pack"),
    ("pack.remove", "a pack is removed whole; it has no version"),
    ("person.end", "somebody leaves once; that has no further versions"),
    ("person.enter", "adds a person"),
    ("photo.add", "adds a photo"),
    ("printer.add", "adds a printer"),
    ("printer.probe", "changes nothing"),
    ("printer.test", "adds a print job"),
    ("problem.add", "adds a report"),
    ("problem.end", "a report is closed once, whatever was said of it"),
    ("report.begin", "adds a report"),
    ("report.cancel", "a report is taken away whole; it has no version"),
    ("refused-submission.dismiss", "it is dismissed once"),
    ("refused-submission.enter", "adds a record or a report, once"),
    ("reminder.acknowledge", "it is seen, not changed; seen twice is seen"),
    ("reminder.snooze", "put off twice is put off until the later time"),
    ("sheet.make", "changes nothing"),
    ("slip.add", "adds a print job"),
    ("submission.add", "adds a record or a report"),
    ("tag.assign", "adds a tag"),
    ("tag.remove", "a tag is revoked whole; it has no version"),
    ("upkeep-done.add", "adds a record"),
    ("use.add", "adds a record"),
    ("void.add", "a record is voided once; it has no further versions"),
];

#[test]
fn every_row_that_changes_a_thing_asks_over_which_version() {
    let is_named = |row: &str| WITHOUT_VERSION.iter().any(|(name, _)| *name == row);
    let mut rows = Vec::new();
    for row in TABLE.0.rows() {
        let (name, kind) = (row.route.name, row.route.kind);
        if !matches!(kind, RouteKind::Api | RouteKind::Old) || row.route.method == Method::GET {
            continue;
        }
        rows.push(name);
        let parameters = &row.description.parameters;
        let takes = parameters.iter().any(|one| one["in"] == "header" && one["name"] == "If-Match");
        assert_ne!(takes, is_named(name), "{name}: it takes If-Match, or stands in the list with a reason");
        assert_eq!(takes, row.description.refusals.contains(&412), "{name}");
    }
    for (name, _) in WITHOUT_VERSION {
        assert!(rows.contains(name), "{name} is no row");
    }
}

fn build(method: &Method, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

fn build_keyed(path: &str, key: &str, if_match: &str, body: &Value) -> Request<Body> {
    let mut request = build(&Method::PATCH, path, body);
    request.headers_mut().insert(IF_MATCH, if_match.parse().unwrap());
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

impl Program<'_> {
    async fn change(&self, method: &Method, path: &str, if_match: &str, body: &Value) -> Answer {
        let mut request = build(method, path, body);
        request.headers_mut().insert(IF_MATCH, if_match.parse().unwrap());
        self.send(request).await
    }

    async fn etag(&self, path: &str) -> String {
        self.get(path).await.is(200).header(ETAG).to_owned()
    }
}

#[tokio::test]
async fn a_stale_version_of_an_item_changes_nothing_by_whichever_row() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let item = format!("/api/v1/equipment/{}", world.pump);
    let old = format!("/api/equipment/{}/", world.pump);
    let [service, schedules] = [format!("{item}/service"), format!("{item}/schedules")];
    let first = program.etag(&item).await;
    assert_eq!(program.etag(&old).await, first, "one thing, one version");
    let moved = json!({ "location": "ICU West" });
    let now = program.change(&Method::PATCH, &item, &first, &moved).await.is(200).header(ETAG).to_owned();
    let (put, post) = (Method::PUT, Method::POST);
    let changes = [
        (&Method::PATCH, &item, json!({ "location": "ICU North" }), 200),
        (&put, &service, json!({ "service": "out", "reason": "Cracked" }), 200),
        (&put, &service, json!({ "service": "in" }), 200),
        (&post, &schedules, json!({ "schedule": { "every": "days", "n": 2 } }), 201),
        (&put, &old, json!({ "location": "ICU South" }), 200),
        (&Method::PATCH, &old, json!({ "location": "ICU East" }), 200),
        (&Method::DELETE, &old, json!({ "reason": "Sold" }), 204),
    ];
    let size = world.size();
    for (method, path, body, _) in &changes {
        for stale in [first.as_str(), "\"soon\"", "\"0\""] {
            let refused = program.change(method, path, stale, body).await;
            assert_eq!(refused.is(412).header(ETAG), now, "{method} {path} {stale}");
        }
    }
    let retirement = json!({ "reason": "Sold" });
    program.change(&Method::DELETE, &item, &first, &retirement).await.is(412);
    assert_eq!(world.size(), size);
    let mut now = now;
    for (method, path, body, status) in &changes {
        let changed = program.change(method, path, &now, body).await;
        let etag = changed.is(*status).header(ETAG).to_owned();
        if *status != 204 {
            assert_eq!(program.etag(&item).await, etag, "{method} {path}");
            assert_ne!(etag, now, "{method} {path}");
            now = etag;
        }
    }
    assert_eq!(world.size(), size + 7);
}

#[tokio::test]
async fn a_stale_version_of_a_printer_or_template_removes_nothing() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let settings = |darkness: u8| json!({ "name": "Ward", "language": "zpl", "address": "tcp://127.0.0.1:2", "darkness": darkness });
    program.post("/api/v1/printers", settings(10)).await.is(201);
    let template = format!("/api/v1/templates/{}", examples::TEMPLATE);
    let put = |text: String| {
        Request::put(&template).header(CONTENT_TYPE, "application/toml").body(Body::from(text)).unwrap()
    };
    program.send(put(examples::TEMPLATE_FILE.to_owned())).await.is(201);
    let printer = "/api/v1/printers/Ward";
    let stale = [program.etag(printer).await, program.etag(&template).await];
    let changed = program.send(build(&Method::PUT, printer, &settings(20))).await;
    assert_eq!(changed.is(200).header(ETAG), program.etag(printer).await);
    let changed = program.send(put(format!("{}\n# 2", examples::TEMPLATE_FILE))).await;
    assert_eq!(changed.is(200).header(ETAG), program.etag(&template).await);
    // A removed printer has its own refusal; over a template that is not there nothing is changed.
    for ((path, status_once_gone), stale) in [(printer, 404), (&*template, 412)].into_iter().zip(stale) {
        let now = program.etag(path).await;
        for stale in [stale.as_str(), "\"0000000000000000\"", "soon"] {
            let refused = program.change(&Method::DELETE, path, stale, &Value::Null).await;
            assert_eq!(refused.is(412).header(ETAG), now, "{path} {stale}");
        }
        program.change(&Method::DELETE, path, &now, &Value::Null).await.is(204);
        program.change(&Method::DELETE, path, &now, &Value::Null).await.is(status_once_gone);
        program.get(path).await.is(404);
    }
}

/// A client that continues from an answer continues from its own version, not from a later one of somebody else.
#[tokio::test]
async fn the_etag_of_a_change_is_that_of_the_very_change() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let item = format!("/api/v1/equipment/{}", world.pump);
    let first = program.etag(&item).await;
    let moved = json!({ "location": "ICU West" });
    let second =
        program.send(build_keyed(&item, "move-1", &first, &moved)).await.is(200).header(ETAG).to_owned();
    let other = json!({ "location": "ICU North", "schedule": { "every": "days", "n": 3 } });
    let third = program.change(&Method::PATCH, &item, &second, &other).await.is(200).header(ETAG).to_owned();
    assert_eq!(program.etag(&item).await, third, "of two entries the last one counts");
    let repeat = program.send(build_keyed(&item, "move-1", &first, &moved)).await;
    repeat.is(200).has("ICU North");
    assert_eq!(repeat.header(ETAG), second, "another’s change is not made one’s own by a repeat");
    program.change(&Method::PATCH, &item, &second, &json!({ "location": "ICU" })).await.is(412);
    // Of several versions another one may be the right one by the time of a repeat: it is the same request all the same.
    let size = world.size();
    let several = format!("{first}, {third}");
    let body = json!({ "serial": "SN-1" });
    program.send(build_keyed(&item, "serial-1", &several, &body)).await.is(200);
    program.send(build_keyed(&item, "serial-1", &several, &body)).await.is(200);
    assert_eq!(world.size(), size + 1);
    program.send(build_keyed(&item, "move-1", &several, &moved)).await.is(409).has("key-reused");
}

#[tokio::test]
async fn the_version_that_a_list_names_is_the_one_that_a_change_is_made_over() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let ada =
        crate::web::tests::staff::staff_pages::person(&world, "Ada", StaffRole::Technician, "111111").await;
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    let upkeep = format!("/api/v1/equipment/{}/upkeep", world.pump);
    let every = |n: u8| json!({ "every": "days", "n": n });
    let task = program.post(&upkeep, json!({ "name": "Safety test", "schedule": every(30) })).await;
    let task = task.is(201).json()["id"].clone();
    let bed = |side: &str| json!({ "name": "Bed", "fields": [{ "key": side, "type": "text" }] });
    let person = format!("/api/v1/people/{ada}");
    let signed = |until: &str| json!({ "staff": ada, "protocol": protocol, "until": until });
    let (places, categories) = ("/api/v1/locations", "/api/v1/categories");
    program.post(places, json!({ "name": "OR 2" })).await.is(200);
    program.post(categories, bed("Side")).await.is(200);
    program.post("/api/v1/sign-offs", signed("2027-01-31")).await.is(200);
    let (post, patch) = (Method::POST, Method::PATCH);
    for (list, method, path, [first, second]) in [
        (places, &post, places, [7, 8].map(|order| json!({ "name": "OR 2", "order": order }))),
        (categories, &post, categories, ["Left", "Right"].map(bed)),
        (
            "/api/v1/upkeep",
            &post,
            &upkeep,
            [7, 14].map(|n: u8| json!({ "upkeep": task, "name": "Safety test", "schedule": every(n) })),
        ),
        ("/api/v1/people", &patch, &person, ["4410", "4411"].map(|number| json!({ "number": number }))),
        ("/api/v1/sign-offs", &post, "/api/v1/sign-offs", ["2027-02-28", "2027-03-31"].map(signed)),
    ] {
        let listed = async || {
            let rows = program.get(list).await.is(200).json()["items"].clone();
            let version = rows.as_array().unwrap().last().unwrap()["version"].as_str().unwrap().to_owned();
            format!("\"{version}\"")
        };
        let seen = listed().await;
        let changed = program.change(method, path, &seen, &first).await;
        assert!([200, 201].contains(&changed.status), "{path}: {}", changed.text());
        let now = listed().await;
        assert_eq!(changed.header(ETAG), now, "{path}");
        if let Some(version) = changed.json().get("version") {
            assert_eq!(format!("\"{}\"", version.as_str().unwrap()), now, "{path}");
        }
        let size = world.size();
        let refused = program.change(method, path, &seen, &second).await;
        assert_eq!(refused.is(412).header(ETAG), now, "{path}");
        assert_eq!(world.size(), size, "{path}");
    }
}
