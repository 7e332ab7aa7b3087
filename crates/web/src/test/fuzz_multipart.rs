//! Forms in parts changed: parts that are missing, doubled, in another order, without a head, with names and values of every sort.

use serde_json::Value;

use super::fuzz_case::{ChangedBody, shorten_text};
use super::fuzz_json::json_bodies;

/// Of the parts of a form that was not multipart.
pub(super) const BOUNDARY: &str = "part";

const HOSTILE_VALUES: [&[u8]; 8] =
    [b"", b" ", b"\xff", b"\0\x1b[2J", b"\xe2\x80\xae", b"-1", b"99999999999999999999", b"--part--"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BodyPart {
    head: String,
    value: Vec<u8>,
}

impl BodyPart {
    pub(super) fn field(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { head: format!("Content-Disposition: form-data; name=\"{name}\""), value: value.into() }
    }

    fn file(name: &str, value: &[u8]) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"");
        Self { head, value: value.to_vec() }
    }

    fn name(&self) -> &str {
        self.head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }
}

/// None where the body is not multipart.
pub(super) fn split_parts(body: &[u8], boundary: &str) -> Vec<BodyPart> {
    let (text, delimiter) = (String::from_utf8_lossy(body), format!("--{boundary}"));
    let parts = text.split(&delimiter).filter_map(|part| {
        let (head, value) = part.strip_prefix("\r\n")?.split_once("\r\n\r\n")?;
        Some(BodyPart { head: head.to_owned(), value: value.strip_suffix("\r\n")?.as_bytes().to_vec() })
    });
    parts.collect()
}

pub(super) fn join_parts(parts: &[BodyPart], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{}\r\n\r\n", part.head).as_bytes());
        body.extend_from_slice(&part.value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

pub(super) fn multipart_bodies(parts: &[BodyPart], boundary: &str) -> Vec<ChangedBody> {
    let mut bodies = Vec::new();
    add_body(&mut bodies, boundary, "parts as they are".to_owned(), parts);
    add_body(
        &mut bodies,
        boundary,
        "parts in reverse".to_owned(),
        &parts.iter().rev().cloned().collect::<Vec<_>>(),
    );
    add_body(&mut bodies, boundary, "1,000 parts".to_owned(), &vec![BodyPart::field("a", "1"); 1_000]);
    for (name, value) in [("no image", b"no image".as_slice()), ("nothing", b""), ("a zip", b"PK\x03\x04\0")]
    {
        let with_photo = [parts, &[BodyPart::file("photo", value)]].concat();
        add_body(&mut bodies, boundary, format!("with {name} as a photo"), &with_photo);
        add_body(
            &mut bodies,
            boundary,
            format!("with {name} as 20 photos"),
            &[parts, &vec![BodyPart::file("photo", value); 20]].concat(),
        );
    }
    for at in 0..parts.len() {
        let name = parts[at].name();
        add_body(
            &mut bodies,
            boundary,
            format!("without part {name}"),
            &[&parts[..at], &parts[at + 1..]].concat(),
        );
        add_body(
            &mut bodies,
            boundary,
            format!("part {name} twice"),
            &[&parts[..=at], &parts[at..]].concat(),
        );
        for (what, changed) in change_part(&parts[at]) {
            add_body(
                &mut bodies,
                boundary,
                format!("part {name} {what}"),
                &[&parts[..at], &[changed], &parts[at + 1..]].concat(),
            );
        }
    }
    bodies
}

fn add_body(bodies: &mut Vec<ChangedBody>, boundary: &str, name: String, parts: &[BodyPart]) {
    bodies.push(ChangedBody::new(name, join_parts(parts, boundary)));
}

fn change_part(part: &BodyPart) -> Vec<(String, BodyPart)> {
    let (name, value) = (part.name(), &part.value);
    let long = "n".repeat(5_000);
    let names = ["", &long, "\0", "a\nb", "a%22; filename=%22b", "\u{202e}", "page"];
    let mut changed: Vec<(String, BodyPart)> = Vec::new();
    let named =
        names.map(|other| (format!("named {}", shorten_text(other)), BodyPart::field(other, value.clone())));
    changed.extend(named);
    let heads =
        ["", "X: y", "Content-Disposition: form-data", "Content-Disposition: attachment; name=\"a\"", &long];
    for head in heads {
        let other = BodyPart { head: head.to_owned(), value: value.clone() };
        changed.push((format!("with head {}", shorten_text(head)), other));
    }
    changed.push(("as a file".to_owned(), BodyPart::file(name, value)));
    for other in HOSTILE_VALUES.into_iter().chain(["x".repeat(20_000).as_bytes()]) {
        let words = shorten_text(&String::from_utf8_lossy(other));
        changed.push((format!("= {words}"), BodyPart { head: part.head.clone(), value: other.to_vec() }));
    }
    if serde_json::from_slice::<Value>(value).is_ok_and(|document| document.is_object()) {
        let documents = json_bodies(value, &Default::default()).into_iter().zip(1..);
        changed.extend(documents.map(|(document, n)| {
            let value = renumber(&document.bytes, n);
            (document.name, BodyPart { head: part.head.clone(), value })
        }));
    }
    changed
}

/// A new id for each document that has one: what was recorded once is not processed again.
fn renumber(document: &[u8], n: u32) -> Vec<u8> {
    let read: Value = serde_json::from_slice(document).unwrap_or_default();
    let text = String::from_utf8_lossy(document);
    match read["id"]
        .as_str()
        .filter(|id: &&str| id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        Some(id) => text.replacen(id, &format!("{n:026}"), 1).into_bytes(),
        None => document.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_named<'a>(bodies: &'a [ChangedBody], name: &str) -> &'a Vec<u8> {
        &bodies.iter().find(|body| body.name == name).unwrap().bytes
    }

    #[test]
    fn parts_are_split_and_joined() {
        let parts = [BodyPart::field("a", "1"), BodyPart::field("b", "x\r\ny")];
        let body = join_parts(&parts, BOUNDARY);
        assert_eq!(split_parts(&body, BOUNDARY), parts);
        assert_eq!(split_parts(b"", BOUNDARY), []);
        let bodies = multipart_bodies(&parts, BOUNDARY);
        assert_eq!(body_named(&bodies, "parts as they are"), &body);
        assert_eq!(split_parts(body_named(&bodies, "without part a"), BOUNDARY), parts[1..]);
        assert_eq!(split_parts(body_named(&bodies, "part a twice"), BOUNDARY).len(), 3);
        assert_eq!(split_parts(body_named(&bodies, "parts in reverse"), BOUNDARY)[0], parts[1]);
    }

    #[test]
    fn each_document_has_an_id_of_its_own() {
        let document = br#"{"id":"01J00000000000000000000SBM","tag":"7"}"#;
        assert_eq!(renumber(document, 12), br#"{"id":"00000000000000000000000012","tag":"7"}"#);
        assert_eq!(renumber(b"{\"id\":7}", 12), b"{\"id\":7}");
    }
}
