//! `GET /api/openapi.json`: what the API takes and answers, made from the same table as the router.

use serde_json::{Value, json};

use crate::web::api::json as answer;
use crate::web::{Access, Answer, api};

/// The description.
pub(crate) async fn show() -> Answer {
    answer(&document())
}

/// One line of the description.
pub(crate) struct Operation {
    pub(crate) path: &'static str,
    pub(crate) summary: String,
}

/// Every operation that the description names.
pub(crate) fn operations() -> Vec<Operation> {
    let routes = api::routes();
    let described = routes.iter().filter(|route| route.access == Access::Token);
    let summary = |path| operation(path)["summary"].as_str().unwrap_or_default().to_owned();
    described.map(|route| Operation { path: route.path, summary: summary(route.path) }).collect()
}

fn document() -> Value {
    let mut paths = serde_json::Map::new();
    for route in api::routes().iter().filter(|r| r.access == Access::Token) {
        paths.insert(route.path.to_owned(), json!({ "get": operation(route.path) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "CleanTrack relay",
            "version": "1",
            "description": "Equipment, cleanings and compliance of one account. Lists hold 100 things unless `limit` \
                            says otherwise, 1,000 at most; `next` is the `cursor` of the page after it, null at the end. A \
                            token that has expired gets 401 with the type /problems/token-expired."
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "ct_…" } },
            "schemas": schemas(),
        },
        "security": [{ "token": [] }],
    })
}

fn parameter(name: &str, place: &str, about: &str) -> Value {
    json!({
        "name": name, "in": place, "required": place == "path", "description": about,
        "schema": { "type": if matches!(name, "limit" | "from" | "size" | "seq") { "integer" } else { "string" } },
    })
}

fn operation(path: &str) -> Value {
    let query = |name, about| parameter(name, "query", about);
    let facility = query("facility", "Only this facility");
    let page =
        [query("limit", "Things in the list, 1 to 1,000"), query("cursor", "The `next` of the page before")];
    let log = [
        query("box", "Whose log; may be absent where the account has one box"),
        query("epoch", "Which epoch of it; absent is the present one"),
    ];
    let (about, mut parameters, kind, schema) = match path {
        "/api/v1/equipment" | "/api/equipment/" => {
            ("Items, by facility and tag", vec![facility], JSON, list("Equipment"))
        }
        "/api/v1/cleanings" | "/api/cleaning-logs/" => (
            "Cleanings, newest first; voided ones stay in the list",
            vec![facility, query("tag", "Only this item; needs `facility`")],
            JSON,
            list("Cleaning"),
        ),
        "/api/v1/compliance" => {
            ("Met and closed windows by facility", vec![facility], JSON, list("Compliance"))
        }
        "/api/facilities/{facility}/compliance/" => (
            "Met and closed windows of one facility",
            vec![parameter("facility", "path", "The facility’s id")],
            JSON,
            json!({ "$ref": "#/components/schemas/Compliance" }),
        ),
        "/api/v1/log" => {
            ("Entries as they were signed, one a line", log.to_vec(), "application/x-ndjson", text())
        }
        "/api/v1/checkpoint" => ("A signed and cosigned checkpoint", log.to_vec(), "text/plain", text()),
        "/api/v1/key" => ("Verifier keys: the log’s, then the relay’s", log.to_vec(), "text/plain", text()),
        _ => (
            "The proof of one entry, for cleantrack-verify",
            [vec![parameter("seq", "path", "The entry’s number")], log.to_vec()].concat(),
            JSON,
            json!({ "type": "object" }),
        ),
    };
    match path {
        "/api/v1/equipment" | "/api/v1/cleanings" | "/api/equipment/" | "/api/cleaning-logs/" => {
            parameters.extend(page);
        }
        "/api/v1/log" => parameters.extend([
            query("from", "First entry"),
            page[0].clone(),
            query("texts", "1: each entry is followed by its texts"),
        ]),
        "/api/v1/checkpoint" => {
            parameters.push(query("size", "A size that was cosigned; absent is the newest"));
        }
        "/api/v1/proof/{seq}" => parameters.push(query("texts", "1: with the texts beside the entry")),
        _ => {}
    }
    let problem = json!({
        "description": "A problem (RFC 9457)",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    json!({
        "summary": about,
        "parameters": parameters,
        "responses": {
            "200": { "description": about, "content": { kind: { "schema": schema } } },
            "400": problem, "401": problem, "404": problem, "503": problem,
        },
    })
}

const JSON: &str = "application/json";

fn text() -> Value {
    json!({ "type": "string" })
}

fn list(of: &str) -> Value {
    json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": { "type": "array", "items": { "$ref": format!("#/components/schemas/{of}") } },
            "next": { "type": ["string", "null"] },
        },
    })
}

fn object(texts: &[&str], others: &[(&str, Value)]) -> Value {
    let mut properties = serde_json::Map::new();
    for name in texts {
        properties.insert((*name).to_owned(), text());
    }
    for (name, schema) in others {
        properties.insert((*name).to_owned(), schema.clone());
    }
    json!({ "type": "object", "properties": properties })
}

fn schemas() -> Value {
    let maybe = json!({ "type": ["string", "null"] });
    let number = json!({ "type": "integer" });
    let flag = json!({ "type": "boolean" });
    let texts = json!({ "type": "array", "items": text() });
    let rate = json!({ "type": ["number", "null"], "description": "Per cent, floored to 0.1; null: no window closed" });
    let counts = [("met", number.clone()), ("closed", number.clone()), ("rate", rate.clone())];
    let period = object(&[], &[&[("days", number.clone())], &counts[..]].concat());
    let of_item = object(&["tag", "equipment"], &[("last_30_days", period.clone())]);
    let schedule = json!({ "type": ["object", "null"], "description": "As in the log’s schedule.set" });
    let of_protocol = object(&[], &[("protocol", maybe.clone()), ("schedule", schedule.clone())]);
    let photos = json!({
        "type": "array", "items": text(),
        "description": "Paths of JPEGs at this relay, for a token or a session; 404 while a photo is on its way",
    });
    let proof = json!({ "type": "string", "enum": ["typed", "pin", "badge", "login", "unattributed"] });
    let contact = json!({ "type": ["object", "null"], "description": "required_s, measured_s, stated_s" });
    let custom = json!({ "type": "object", "additionalProperties": text() });
    let day = object(&["day"], &[("met", number.clone()), ("closed", number.clone()), ("rate", rate)]);
    json!({
        "Problem": object(&["type", "title", "detail", "field", "safe", "next", "id"], &[("status", number.clone())]),
        "Equipment": object(
            &["tag", "facility", "name", "asset_number", "serial", "maker", "model", "category", "location", "class",
              "photo", "service", "status", "added_at"],
            &[("status_since", maybe.clone()), ("due_by", maybe.clone()), ("last_cleaned_at", maybe.clone()),
              ("protocols", texts.clone()), ("custom", custom), ("schedule", schedule),
              ("schedules", json!({ "type": "array", "items": of_protocol }))],
        ),
        "Cleaning": object(
            &["id", "box", "epoch", "facility", "tag", "performed_at", "recorded_at"],
            &[("seq", number.clone()), ("receipt", maybe.clone()), ("equipment", maybe.clone()),
              ("protocol", maybe.clone()), ("cleaned_by", maybe.clone()), ("proof", proof),
              ("complete", flag.clone()), ("missing", texts), ("photos", photos), ("contact", contact),
              ("notes", maybe.clone()), ("voided", flag), ("voided_by", maybe)],
        ),
        "Compliance": object(
            &["facility", "facility_id", "name", "zone"],
            &[("as_of", json!({ "type": ["string", "null"] })), ("today", period.clone()), ("last_7_days", period.clone()), ("last_30_days", period),
              ("equipment", number.clone()), ("overdue", number), ("days", json!({ "type": "array", "items": day })),
              ("items", json!({ "type": "array", "items": of_item,
                "description": "Each item, where one facility was asked for" }))],
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_described_and_every_reference_leads_somewhere() {
        let document = document();
        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(paths.len(), 10);
        let shown: Vec<_> = operations().into_iter().map(|o| (o.path, o.summary.is_empty())).collect();
        assert!(paths.iter().all(|path| shown.contains(&(path.as_str(), false))), "{shown:?}");
        let all = document.to_string();
        for reference in all.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
        let cleaning = &document["components"]["schemas"]["Cleaning"]["properties"];
        for member in
            ["box", "epoch", "seq", "tag", "equipment", "cleaned_by", "performed_at", "recorded_at", "voided"]
        {
            assert!(cleaning.get(member).is_some(), "{member}");
        }
    }
}
