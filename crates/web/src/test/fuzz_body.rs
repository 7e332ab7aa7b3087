//! Bodies changed: cut, doubled, of wrong types, too deep, too long, and with bytes changed.

use std::collections::BTreeSet;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};

use super::fuzz_case::{ChangedBody, FuzzCase, shorten_text};
use super::fuzz_further::FurtherParts;
use super::fuzz_json::json_bodies;
use super::fuzz_multipart::{BOUNDARY, BodyPart, join_parts, multipart_bodies, split_parts};
use crate::argument::{FormFields, FormRules};

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
    // A day that does not exist, a time that summer time skips, and a text of no form.
    "2026-02-30",
    "2026-03-08+02:30",
    "%7C%7C%0A%7C",
];

const FORM: &str = "application/x-www-form-urlencoded";
/// Ten times what a JSON document or a form may have.
const LONG_BYTES: usize = 10 * 64 * 1024;
const CHANGES: u64 = 32;

/// None where the request has no body.
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
    let named: BTreeSet<&str> = pairs.iter().filter_map(|pair| pair.split('=').next()).collect();
    for name in further.iter().filter(|name| !named.contains(name.as_str())) {
        for value in HOSTILE_FIELDS.into_iter().chain(["1", long.as_str()]) {
            let what = format!("further field {name} = {}", shorten_text(value));
            bodies.push(ChangedBody::new(what, format!("{text}&{name}={value}")));
        }
    }
    bodies.push(ChangedBody::new("10,000 fields", "a=1&".repeat(10_000)));
    bodies
}

/// The same for the same seed (xorshift).
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
