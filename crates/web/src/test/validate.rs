//! Holds an answer against its row's description.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::error::PROBLEM_MEDIA;
use crate::route::{AnswerBody, OperationDescription, RouteKind};
use crate::table::{Table, TableRow};
use crate::test::answer::TestAnswer;

/// Refusals that no row states, because middleware may answer any request so: unsupported features, a foreign
/// host or origin, an unknown method, an address or head that is too long, too many at once.
const MIDDLEWARE_REFUSALS: [u16; 8] = [400, 403, 405, 414, 415, 421, 429, 431];

/// The descriptions of a table, ready to hold answers against. Members that a schema does not have are faults too.
#[derive(Debug)]
pub struct AnswerChecker {
    rows: BTreeMap<&'static str, RowChecker>,
    schemas: Value,
    problem: OnceLock<Validator>,
    old_problem: OnceLock<Validator>,
}

#[derive(Debug)]
struct RowChecker {
    description: OperationDescription,
    validators: Vec<OnceLock<Validator>>,
}

impl AnswerChecker {
    /// For the rows of this table.
    pub fn new<S: Clone + Send + Sync + 'static>(table: &Table<S>) -> Self {
        let mut schemas = table.schemas().clone();
        schemas.values_mut().for_each(close_inside);
        let rows = table.rows().iter().map(|TableRow { route, description }| {
            let validators = description.answers.iter().map(|_| OnceLock::new()).collect();
            (route.name, RowChecker { description: description.clone(), validators })
        });
        let rows = rows.collect();
        let schemas = json!({ "schemas": schemas });
        Self { rows, schemas, problem: OnceLock::new(), old_problem: OnceLock::new() }
    }

    /// Says what of an answer its row does not describe.
    ///
    /// # Errors
    /// The fault, in words for a developer.
    pub fn check(&self, answer: &TestAnswer) -> Result<(), String> {
        let kind = answer.mark.map(|mark| mark.kind);
        let name = answer.mark.and_then(|mark| mark.name);
        let Some(row) = name.and_then(|name| self.rows.get(name)) else {
            return self.check_refusal(answer, kind, None).map_err(|fault| format!("no row: {fault}"));
        };
        let checked = if answer.outcome.is_some() {
            self.check_refusal(answer, kind, Some(&row.description))
        } else {
            self.check_described(answer, row)
        };
        checked.map_err(|fault| format!("{}: {} {fault}", name.unwrap_or_default(), answer.status))
    }

    fn check_described(&self, answer: &TestAnswer, row: &RowChecker) -> Result<(), String> {
        let media = media_of(answer);
        let Some(at) = row
            .description
            .answers
            .iter()
            .position(|one| one.status == answer.status && one.media == media.as_deref())
        else {
            return Err(format!("is not described as {}", media.as_deref().unwrap_or("an empty answer")));
        };
        let has_location = answer.headers.contains_key(LOCATION);
        if [StatusCode::CREATED, StatusCode::SEE_OTHER].contains(&answer.status) && !has_location {
            return Err("has no `Location`".to_owned());
        }
        match &row.description.answers[at].body {
            AnswerBody::Empty if !answer.body.is_empty() => Err("has a body".to_owned()),
            AnswerBody::Empty | AnswerBody::Bytes => Ok(()),
            AnswerBody::Page => check_page(answer),
            AnswerBody::Json(schema) => {
                check_json(self.validator(&row.validators[at], schema)?, &answer.body)
            }
            AnswerBody::Lines(schema) => {
                let validator = self.validator(&row.validators[at], schema)?;
                let mut lines = answer.body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
                lines.try_for_each(|line| check_json(validator, line))
            }
        }
    }

    /// A problem document, or an error page where people read.
    fn check_refusal(
        &self,
        answer: &TestAnswer,
        kind: Option<RouteKind>,
        description: Option<&OperationDescription>,
    ) -> Result<(), String> {
        let Some(outcome) = answer.outcome else {
            // A GET of a form's address is redirected to its page.
            let is_led = kind == Some(RouteKind::Form) && description.is_none();
            let is_led = is_led && answer.status == StatusCode::SEE_OTHER;
            let is_led = is_led && answer.headers.contains_key(LOCATION);
            return if is_led { Ok(()) } else { Err("is made of no error".to_owned()) };
        };
        let status = outcome.status.as_u16();
        let is_read_by_people = matches!(kind, Some(RouteKind::Page | RouteKind::Form | RouteKind::Asset));
        // Without a row it is middleware, or a panic, which takes the row's mark with it.
        let is_stated =
            description.map_or(outcome.status != StatusCode::INTERNAL_SERVER_ERROR, |description| {
                description.refusals.contains(&status)
            }) || MIDDLEWARE_REFUSALS.contains(&status)
                || (is_read_by_people && outcome.status.is_client_error());
        if !is_stated {
            return Err(format!("is not described as a refusal ({})", outcome.code));
        }
        match media_of(answer).as_deref() {
            Some(PROBLEM_MEDIA) => {
                let (slot, name) = match kind {
                    Some(RouteKind::Old) => (&self.old_problem, "OldProblem"),
                    _ => (&self.problem, "Problem"),
                };
                let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
                check_json(self.validator(slot, &schema)?, &answer.body)
            }
            Some("text/html") => check_page(answer),
            None if answer.status == StatusCode::SEE_OTHER && answer.headers.contains_key(LOCATION) => Ok(()),
            media => Err(format!("is a refusal as {}", media.unwrap_or("an empty answer"))),
        }
    }

    fn validator<'a>(
        &'a self,
        slot: &'a OnceLock<Validator>,
        schema: &Value,
    ) -> Result<&'a Validator, String> {
        if let Some(validator) = slot.get() {
            return Ok(validator);
        }
        let mut schema = schema.clone();
        close_schema(&mut schema);
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.schemas,
        });
        let validator =
            jsonschema::validator_for(&whole).map_err(|error| format!("has no schema: {error}"))?;
        Ok(slot.get_or_init(|| validator))
    }
}

fn media_of(answer: &TestAnswer) -> Option<String> {
    let content_type = answer.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').next().map(|media| media.trim().to_owned())
}

fn check_page(answer: &TestAnswer) -> Result<(), String> {
    let start = String::from_utf8_lossy(&answer.body[..answer.body.len().min(100)]).to_ascii_lowercase();
    if start.trim_start().starts_with("<!doctype html") { Ok(()) } else { Err("is no page".to_owned()) }
}

fn check_json(validator: &Validator, bytes: &[u8]) -> Result<(), String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| format!("is no JSON: {error}"))?;
    let faults: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if faults.is_empty() { Ok(()) } else { Err(format!("does not fit its schema: {}", faults.join("; "))) }
}

/// Refuses members that a schema does not name, where it describes a whole value. What it refers to stays
/// open: the members beside the reference are not known there.
fn close_schema(schema: &mut Value) {
    if let Value::Object(members) = schema {
        let names = ["properties", "$ref", "allOf", "anyOf", "oneOf"];
        let open = ["additionalProperties", "unevaluatedProperties"];
        let is_object = names.iter().any(|name| members.contains_key(*name));
        if is_object && !open.iter().any(|name| members.contains_key(*name)) {
            members.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
        }
    }
    close_inside(schema);
}

fn close_inside(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for (keyword, value) in members.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(values)) => close_all(values),
            ("items" | "additionalProperties", value) => close_schema(value),
            ("prefixItems", Value::Array(values)) => values.iter_mut().for_each(close_schema),
            // These describe the same value as this schema does.
            ("allOf" | "anyOf" | "oneOf", Value::Array(values)) => values.iter_mut().for_each(close_inside),
            _ => {}
        }
    }
}

fn close_all(values: &mut Map<String, Value>) {
    values.values_mut().for_each(close_schema);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(schema: &Value, mut schemas: Value, document: &Value) -> bool {
        if let Value::Object(schemas) = &mut schemas {
            schemas.values_mut().for_each(close_inside);
        }
        let schemas = json!({ "schemas": schemas });
        let checker = AnswerChecker {
            rows: BTreeMap::new(),
            schemas,
            problem: OnceLock::new(),
            old_problem: OnceLock::new(),
        };
        let slot = OnceLock::new();
        let validator = checker.validator(&slot, schema).unwrap();
        check_json(validator, &serde_json::to_vec(document).unwrap()).is_ok()
    }

    #[test]
    fn members_that_no_schema_has_are_found_wherever_they_lie() {
        let a = json!({ "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] });
        let schemas = json!({ "A": a, "B": { "type": "object", "properties": { "list": { "items": { "$ref": "#/components/schemas/A" } } } } });
        let reference = json!({ "$ref": "#/components/schemas/A" });
        let tagged = json!({ "type": "object", "properties": { "kind": { "const": "a" } }, "$ref": "#/components/schemas/A" });
        let either = json!({ "anyOf": [reference, { "type": "null" }] });
        let map = json!({ "type": "object", "additionalProperties": { "$ref": "#/components/schemas/A" } });
        for (schema, document, expected) in [
            (&reference, json!({ "a": 1 }), true),
            (&reference, json!({ "a": 1, "b": 2 }), false),
            (&reference, json!({}), false),
            (&tagged, json!({ "kind": "a", "a": 1 }), true),
            (&tagged, json!({ "kind": "a", "a": 1, "b": 2 }), false),
            (&either, json!(null), true),
            (&either, json!({ "a": 1 }), true),
            (&either, json!({ "a": 1, "b": 2 }), false),
            (&map, json!({ "x": { "a": 1 } }), true),
            (&map, json!({ "x": { "a": 1, "b": 2 } }), false),
            (&json!({ "$ref": "#/components/schemas/B" }), json!({ "list": [{ "a": 1 }] }), true),
            (&json!({ "$ref": "#/components/schemas/B" }), json!({ "list": [{ "a": 1, "b": 2 }] }), false),
            (&json!({}), json!({ "any": { "thing": 1 } }), true),
        ] {
            assert_eq!(fits(schema, schemas.clone(), &document), expected, "{schema} {document}");
        }
    }
}
