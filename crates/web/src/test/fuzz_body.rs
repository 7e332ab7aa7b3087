//! Bodies changed: cut, doubled, of wrong types, too deep, too long, and with bytes changed.

use std::collections::BTreeSet;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use serde_json::Value;

use super::fuzz::{FuzzCase, shorten_text};
use super::fuzz_further::{FurtherParts, with_member};
use super::fuzz_multipart::{BOUNDARY, BodyPart, join_parts, multipart_bodies, split_parts};
use crate::argument::{FormFields, FormRules};

/// What stands in place of each value of a JSON document, as it is written.
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

/// What stands in place of each value of a form.
const HOSTILE_FIELDS: [&str; 14] = [
    "",
    "+",
    "%00",
    "%1b%5B2J",
    "%ff",
    "%",
    "%E2%80%AE%E2%80%8B",
    "-1",
    "0",
    "8",
    "99999999999999999999",
    // A day that does not exist, a time in the hour that summer time leaves out, and what is of no form.
    "2026-02-30",
    "2026-03-08+02:30",
    "%7C%7C%0A%7C",
];

const FORM: &str = "application/x-www-form-urlencoded";
/// Levels that a document is nested.
const LEVELS: usize = 64;
/// Bytes that are ten times what a JSON document or a form may have.
const LONG_BYTES: usize = 10 * 64 * 1024;
/// How often bytes of a body are changed.
const CHANGES: u64 = 32;
/// Stands in a document where raw text goes.
const PLACE: &str = "@place@";

/// The right request with its body changed in each way; none where it has no body.
pub(super) fn body_cases(right: &Request<Vec<u8>>, further: &FurtherParts) -> Vec<FuzzCase> {
    let body = right.body();
    if body.is_empty() {
        return Vec::new();
    }
    let content_type = right.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let long = [body.as_slice(), &b" ".repeat(LONG_BYTES)].concat();
    let mut bodies = vec![
        ChangedBody::new("body that is empty", Vec::new()),
        ChangedBody::new("body cut in its middle", &body[..body.len() / 2]),
        ChangedBody::new("body without its last byte", &body[..body.len() - 1]),
        ChangedBody::new("body with more behind it", [body.as_slice(), b"\0}x"].concat()),
        ChangedBody::new("body that is too long", long),
    ];
    match content_type {
        Some("application/json") => bodies.extend(json_bodies(body, &further.members)),
        Some(FORM) => bodies.extend(form_bodies(body, &further.fields)),
        _ => {}
    }
    for seed in 0..CHANGES {
        bodies.push(ChangedBody::new(format!("body changed by seed {seed}"), change_bytes(body, seed)));
    }
    let cases = bodies
        .into_iter()
        .map(|changed| FuzzCase { name: changed.name, request: right.clone().map(|_| changed.bytes) });
    let mut cases: Vec<FuzzCase> = cases.collect();
    if further.takes_multipart {
        cases.extend(multipart_cases(right));
    }
    cases
}

/// The right request as a form in parts, changed in each way.
fn multipart_cases(right: &Request<Vec<u8>>) -> Vec<FuzzCase> {
    let mut right = right.clone();
    let content_type = right.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(|media| media.split_once("boundary=")).map(|(_, it)| it.to_owned());
    let boundary = boundary.unwrap_or_else(|| BOUNDARY.to_owned());
    let parts = match content_type {
        Some(FORM) => fields_as_parts(right.body()),
        _ => split_parts(right.body(), &boundary),
    };
    let media = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
    right.headers_mut().extend(media.into_iter().map(|media| (CONTENT_TYPE, media)));
    let bodies = multipart_bodies(&parts, &boundary).into_iter();
    let mut cases: Vec<FuzzCase> = bodies
        .map(|changed| FuzzCase { name: changed.name, request: right.clone().map(|_| changed.bytes) })
        .collect();
    for media in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"]
    {
        let mut request = right.clone().map(|_| join_parts(&parts, &boundary));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
        cases.push(FuzzCase { name: format!("parts sent as {media}"), request });
    }
    cases
}

fn fields_as_parts(body: &[u8]) -> Vec<BodyPart> {
    let fields = FormFields::parse_urlencoded::<AnyForm>(body).unwrap_or_default();
    fields.iter().map(|(name, value)| BodyPart::field(name, value)).collect()
}

/// Examples are right by the rules of their own rows.
struct AnyForm;

impl FormRules for AnyForm {
    fn may_repeat(_: &str) -> bool {
        true
    }
}

/// A body, and what was done to it.
pub(super) struct ChangedBody {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl ChangedBody {
    pub(super) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// A document with each of its values, and each of these members, in every other way.
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

/// JSON pointers of a document and of all values in it.
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

fn form_bodies(body: &[u8], further: &BTreeSet<String>) -> Vec<ChangedBody> {
    let text = String::from_utf8_lossy(body).into_owned();
    let pairs: Vec<&str> = text.split('&').collect();
    let long = "x".repeat(20_000);
    let mut bodies = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let name = pair.split('=').next().unwrap_or_default();
        for value in HOSTILE_FIELDS.into_iter().chain([long.as_str()]) {
            let mut changed: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
            changed[at] = format!("{name}={value}");
            bodies
                .push(ChangedBody::new(format!("field {name} = {}", shorten_text(value)), changed.join("&")));
        }
        let without: Vec<&str> =
            pairs.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, pair)| *pair).collect();
        bodies.push(ChangedBody::new(format!("without field {name}"), without.join("&")));
        bodies.push(ChangedBody::new(format!("field {name} twice"), format!("{text}&{pair}")));
    }
    let named = |name: &String| pairs.iter().any(|pair| pair.split('=').next() == Some(name));
    for name in further.iter().filter(|name| !named(name)) {
        for value in HOSTILE_FIELDS.into_iter().chain(["1", long.as_str()]) {
            let what = format!("further field {name} = {}", shorten_text(value));
            bodies.push(ChangedBody::new(what, format!("{text}&{name}={value}")));
        }
    }
    bodies.push(ChangedBody::new("10,000 fields", "a=1&".repeat(10_000)));
    bodies
}

/// Some bytes changed, the same for the same seed (xorshift).
fn change_bytes(body: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = body.to_vec();
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..=seed % 4 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at = usize::try_from(state >> 8).unwrap_or(0) % bytes.len();
        bytes[at] = state.to_le_bytes()[0];
    }
    bytes
}
