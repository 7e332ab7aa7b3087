//! The OpenAPI 3.1 document of a table.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::described::{ApiInfo, TableRow};
use crate::error::PROBLEM_MEDIA;
use crate::route::{Access, AnswerBody, AnswerDescription, OperationDescription, Route, RouteKind};

pub(super) fn write_document<S>(info: ApiInfo, rows: &[TableRow<S>], schemas: &Map<String, Value>) -> Value {
    let (mut paths, mut webhooks) = (json!({}), json!({}));
    let mut schemes = json!({
        "token": { "type": "http", "scheme": "bearer" },
        "session": { "type": "apiKey", "in": "cookie", "name": info.session_cookie },
        "certificate": { "type": "mutualTLS" },
    });
    for TableRow { route, description } in rows.iter().filter(|row| row.route.kind.is_documented()) {
        let method = route.method.as_str().to_ascii_lowercase();
        let mut operation = operation_object(route, description);
        if let Access::Sender { name, scheme } = route.access {
            schemes[name] = json!({ "type": "apiKey", "in": "header", "name": scheme.signature_header() });
        }
        if route.kind == RouteKind::Webhook {
            operation["description"] = json!(format!("Sent to `{} {}`.", route.method, route.path));
            webhooks[route.name][method] = operation;
        } else {
            paths[route.path.replace("{*", "{")][method] = operation;
        }
    }
    let operations = json!([paths, webhooks]);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": info.title, "version": info.version, "description": info.description },
        "paths": paths,
        "components": {
            "schemas": reachable_schemas(&operations, schemas),
            "securitySchemes": schemes,
        },
    });
    if webhooks != json!({}) {
        document["webhooks"] = webhooks;
    }
    document
}

/// Those that the operations name, and that these name: rows that are not in the API have schemas too.
fn reachable_schemas(operations: &Value, schemas: &Map<String, Value>) -> Map<String, Value> {
    let mut reached = Map::new();
    let mut texts = vec![operations.to_string()];
    while let Some(text) = texts.pop() {
        for rest in text.split("#/components/schemas/").skip(1) {
            let name = rest.split('"').next().unwrap_or_default();
            if let Some(schema) = schemas.get(name).filter(|_| !reached.contains_key(name)) {
                reached.insert(name.to_owned(), schema.clone());
                texts.push(schema.to_string());
            }
        }
    }
    reached
}

fn operation_object<S>(route: &Route<S>, description: &OperationDescription) -> Value {
    let name = if route.kind == RouteKind::Old { "OldProblem" } else { "Problem" };
    let problem = &json!({ "$ref": format!("#/components/schemas/{name}") });
    let mut responses = Map::new();
    for answer in &description.answers {
        responses.insert(answer.status.as_u16().to_string(), response_object(answer));
    }
    for status in &description.refusals {
        responses.insert(status.to_string(), problem_object(reason_of(*status), problem));
    }
    responses.insert("default".to_owned(), problem_object("Any other refusal or failure", problem));
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.name.split('.').next()],
        "security": security_of(route.access),
        "parameters": description.parameters,
        "responses": responses,
    });
    if let Some(body) = &description.body {
        operation["requestBody"] = body.clone();
    }
    operation
}

fn response_object(answer: &AnswerDescription) -> Value {
    let words = reason_of(answer.status.as_u16());
    let Some(media) = answer.media else { return json!({ "description": words }) };
    match &answer.body {
        AnswerBody::Json(schema) => {
            json!({ "description": words, "content": { media: { "schema": schema } } })
        }
        AnswerBody::Lines(schema) => {
            json!({ "description": "Lines, each of this schema", "content": { media: { "schema": schema } } })
        }
        AnswerBody::Page | AnswerBody::Bytes | AnswerBody::Empty => {
            json!({ "description": words, "content": { media: {} } })
        }
    }
}

fn problem_object(words: &str, problem: &Value) -> Value {
    json!({ "description": words, "content": { PROBLEM_MEDIA: { "schema": problem } } })
}

fn reason_of(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("An answer")
}

fn security_of(access: Access) -> Value {
    match access {
        Access::Open | Access::Operator => json!([]),
        Access::Session(permission) => json!([{ "session": [permission] }]),
        Access::Token(scope) => json!([{ "token": [scope] }]),
        Access::SessionOrToken { permission, scope } => {
            json!([{ "token": [scope] }, { "session": [permission] }])
        }
        Access::Certificate => json!([{ "certificate": [] }]),
        Access::Sender { name, .. } => json!([{ name: [] }]),
    }
}
