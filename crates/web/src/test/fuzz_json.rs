//! JSON documents changed: each value and each member replaced in every way.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fuzz_case::{ChangedBody, shorten_text};
use super::fuzz_further::with_member;

/// Stand in place of each value of a JSON document, as they are written.
const HOSTILE_JSON: [&str; 15] = [
    "null",
    "true",
    "[]",
    "{}",
    "-1",
    "0",
    "0.5",
    "1e999",
    "18446744073709551616",
    r#""""#,
    r#"" ""#,
    r#""\u0000\u001b[2J""#,
    r#""\ud800""#,
    r#""\u202e\u2066\u200b""#,
    r#""=1+1""#,
];

const LEVELS: usize = 64;
const PLACE: &str = "@place@";

/// A document with each of its values, and each of these further members, replaced in every way.
pub(super) fn json_bodies(body: &[u8], further: &BTreeSet<String>) -> Vec<ChangedBody> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let deep = format!("{}{}", "[".repeat(LEVELS), "]".repeat(LEVELS));
    let long = format!("\"{}\"", "x".repeat(20_000));
    let mut bodies = Vec::new();
    for pointer in pointers_of(&document) {
        let mut holed = document.clone();
        if let Some(place) = holed.pointer_mut(&pointer) {
            *place = Value::from(PLACE);
        }
        let text = holed.to_string();
        for raw in HOSTILE_JSON.into_iter().chain([deep.as_str(), &long]) {
            let changed = text.replacen(&format!("\"{PLACE}\""), raw, 1);
            bodies.push(ChangedBody::new(format!("member {pointer} = {}", shorten_text(raw)), changed));
        }
    }
    for (name, raw) in further.iter().flat_map(|name| HOSTILE_JSON.map(|raw| (name, raw))) {
        let changed = with_member(&document, name, raw);
        bodies.extend(changed.map(|text| ChangedBody::new(format!("new member {name} = {raw}"), text)));
    }
    if let Value::Object(members) = &document {
        let text = document.to_string();
        let mut further: Vec<String> =
            members.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
        further.push("\"strange\":1".to_owned());
        for member in further {
            let longer = text.replacen('{', &format!("{{{member},"), 1);
            bodies.push(ChangedBody::new(format!("further member {}", shorten_text(&member)), longer));
        }
    }
    bodies
}

fn pointers_of(document: &Value) -> Vec<String> {
    let mut pointers = vec![String::new()];
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                pointers.extend(pointers_of(value).iter().map(|rest| format!("/{escaped}{rest}")));
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                pointers.extend(pointers_of(value).iter().map(|rest| format!("/{at}{rest}")));
            }
        }
        _ => {}
    }
    pointers
}
