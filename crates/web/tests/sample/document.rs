//! The OpenAPI document: valid by the schema of OpenAPI 3.1, whole, and with the words of the types' own comments.

use std::collections::BTreeSet;

use serde_json::Value;

use super::program::sample_table;

fn document() -> Value {
    serde_json::from_slice(sample_table().document().bytes()).unwrap()
}

#[test]
fn it_is_valid() {
    let schema: Value = serde_json::from_str(include_str!("../data/openapi-3.1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = document();
    let faults: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(faults, [""; 0]);
    let mut broken = document.clone();
    broken["paths"]["/api/v1/things"]["get"]["responses"]["200"] = Value::Null;
    assert!(!validator.is_valid(&broken));
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let schemas: BTreeSet<&str> =
        document["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect();
    let text = document.to_string();
    let named: BTreeSet<&str> =
        text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(named, schemas);
    for name in ["Problem", "OldProblem", "ListOfThing", "Thing", "NewThing", "LogLine", "OldRegistered"] {
        assert!(schemas.contains(name), "{name}: {schemas:?}");
    }
}

#[test]
fn it_says_what_the_types_say() {
    let document = document();
    let list = &document["paths"]["/api/v1/things"]["get"];
    assert_eq!(
        (&list["operationId"], &list["summary"]),
        (&"thing.list".into(), &"Things, oldest first".into())
    );
    assert_eq!(list["security"], serde_json::json!([{ "token": ["read"] }, { "session": ["view"] }]));
    let limit = list["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "limit").unwrap();
    assert_eq!((&limit["in"], &limit["required"]), (&"query".into(), &false.into()));
    assert_eq!((&limit["schema"]["type"], &limit["description"]), (&"integer".into(), &"1 to 1,000.".into()));
    // What is always sent is required, also where it may be null.
    let next = &document["components"]["schemas"]["ListOfThing"];
    assert_eq!(next["required"], serde_json::json!(["items", "next"]));
    let add = &document["paths"]["/api/v1/things"]["post"];
    let reference = &add["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(reference, "#/components/schemas/NewThing");
    let statuses: Vec<&String> = add["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["201", "400", "401", "403", "408", "413", "415", "422", "default"]);
    let print = &document["paths"]["/api/v1/things/{id}/labels/{number}"]["put"];
    let parts: Vec<&Value> = print["parameters"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(parts, ["id", "number"]);
    let event = &document["webhooks"]["event.take"]["post"];
    assert_eq!(event["security"], serde_json::json!([{ "events": [] }]));
    assert_eq!(event["description"], "Sent to `POST /webhooks/events`.");
    assert_eq!(document["components"]["securitySchemes"]["events"]["name"], "svix-signature");
    let pages = document["paths"].as_object().unwrap().keys().filter(|path| !path.starts_with("/api/"));
    assert_eq!(pages.count(), 0, "pages are not for programs");
}
