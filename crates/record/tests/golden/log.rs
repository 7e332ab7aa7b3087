//! The log that the vectors are made of: every kind once, fixed keys, fixed salts, and everything that follows from it.

use std::convert::Infallible;
use std::fmt::Write as _;

use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use record::directive::Directive;
use record::entry::{ClockState, CommandSource, Digest16, Entry, EntryAuthor, EntryTime, IdempotencyRecord};
use record::ids::{BootId, BoxId, DeviceId, StaffId};
use record::kinds::Event;
use record::proof::RecordProof;
use record::redact::{PersonalText, TextLine};
use record::sign::{KeyKind, SignerKey};
use record::tree::{Frontier, Hash, TreeNodes, consistency_proof, inclusion_proof, leaf_hash, node_hash};

use crate::later;

/// Secret of the log's key: 32 bytes of 5. Of the cosigner: of 6. Of the directive key: of 7.
const LOG_SECRET: [u8; 32] = [5; 32];
pub(crate) const WALL_MS: i64 = 1_763_610_000_000;
pub(crate) const COSIGNED_S: u64 = 1_763_611_000;
const SIZES: &[u64] = &[1, 7, 20];

pub(crate) fn box_id() -> BoxId {
    BoxId::new(WALL_MS, [1; 10])
}

pub(crate) fn log_signer() -> SignerKey {
    let public = SignerKey::new("x", KeyKind::Note, &LOG_SECRET).unwrap().verifier().public();
    LogOrigin::new(box_id(), 1, &public).signer(&LOG_SECRET).unwrap()
}

pub(crate) fn cosigner() -> SignerKey {
    SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[6; 32]).unwrap()
}

pub(crate) fn directive_signer() -> SignerKey {
    SignerKey::new("relay.example/directive/1", KeyKind::Note, &[7; 32]).unwrap()
}

/// Kind, body and the texts that occur in it as `$0`, `$1`.
pub(crate) type GoldenLine = (&'static str, &'static str, &'static [&'static str]);

fn events() -> Vec<GoldenLine> {
    let mut all: Vec<GoldenLine> = vec![
        ("log.started", r#"{"box":"01KAFNHYM0040G2081040G2081","version":"0.1.0"}"#, &[]),
        (
            "box.claimed",
            r#"{"account":"01KAFJWQ400000000000000001","facility":"01KAFJWQ400000000000000002","relay":"https://relay.example"}"#,
            &[],
        ),
        (
            "facility.changed",
            r#"{"name":"St. Mary, OR","zone":"America/New_York","label_host":"HTTP://10.0.0.5","allow_unattributed":false,"undo_min":10,"contact":"biomed, ext. 4417","pin_proof_min":5}"#,
            &[],
        ),
        (
            "clock.anchored",
            r#"{"boot":"01KAFNHYM0081040G2081040G2","up":4000,"wall":1763610004000,"source":"ntp"}"#,
            &[],
        ),
        (
            "protocol.published",
            r#"{"protocol":"01KAFJWQ400000000000000003","version":1,"name":"Infusion pump, wipe-down","steps":[{"text":"Unplug it and put on gloves."},{"text":"Wipe all sides."},{"text":"Wipe the pole.","required":false}],"contact_s":120,"agents":[{"name":"Oxivir Tb","epa":"70627-56"}],"minutes":4,"ppe":"gloves","ifu":"Rev. C, p. 12"}"#,
            &[],
        ),
        (
            "equipment.added",
            r#"{"tag":"7QK3M9X2W","name":"Infusion pump 3","asset_number":"BM-0417","serial":"SN 99","maker":"Baxter","model":"Sigma","category":"pump","location":"OR 3","class":"noncritical","photo":"optional","protocols":["01KAFJWQ400000000000000003"],"custom":{"cost centre":"4711"}}"#,
            &[],
        ),
        (
            "equipment.changed",
            r#"{"tag":"7QK3M9X2W","location":"OR 4 – “north”","class":"semicritical"}"#,
            &[],
        ),
        (
            "schedule.set",
            r#"{"tag":"7QK3M9X2W","schedule":{"every":"times","at":["07:00","19:00"]},"from":1763610000000}"#,
            &[],
        ),
        (
            "staff.added",
            r#"{"staff":"01KAFJWQ400000000000000004","name":$0,"role":"technician"}"#,
            &["Maria Álvarez"],
        ),
        ("staff.changed", r#"{"staff":"01KAFJWQ400000000000000004","role":"biomed"}"#, &[]),
        ("tag.assigned", r#"{"tag":"ABCDEFGH3","equipment":"7QK3M9X2W"}"#, &[]),
        ("use.recorded", r#"{"tag":"7QK3M9X2W","performed":1763610011000}"#, &[]),
        (
            "cleaning.recorded",
            r#"{"tag":"7QK3M9X2W","protocol":{"id":"01KAFJWQ400000000000000003","version":1},"steps":[1,2],"agent":"Oxivir Tb","contact":{"required_s":120,"measured_s":131},"who":{"proof":"typed","name":$0},"photos":["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"note":$1,"performed":1763610012000}"#,
            &["Maria Álvarez", "Cable sheath \"cracked\" near the plug;\ntold biomed. 🧽"],
        ),
        (
            "cleaning.recorded",
            r#"{"tag":"7QK3M9X2W","who":{"proof":"unattributed"},"incomplete":["steps not stated","contact time"]}"#,
            &[],
        ),
        ("cleaning.voided", r#"{"epoch":"$E","seq":13,"reason":$0}"#, &["Wrong pump scanned."]),
        (
            "photo.attached",
            r#"{"epoch":"$E","seq":12,"photo":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}"#,
            &[],
        ),
        (
            "label.printed",
            r#"{"job":"01KAFJWQ400000000000000005","printer":"front desk","labels":[{"tag":"7QK3M9X2W","outcome":"confirmed"},{"tag":"ABCDEFGH3","outcome":"sent"}]}"#,
            &[],
        ),
        ("directive.applied", r#"{"number":1,"hash":"$D"}"#, &[]),
        (
            "directive.refused",
            r#"{"number":2,"hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","reason":"this version knows no such wish"}"#,
            &[],
        ),
        ("equipment.suspended", r#"{"tag":"7QK3M9X2W","reason":$0}"#, &["Sent for repair."]),
        ("equipment.resumed", r#"{"tag":"7QK3M9X2W"}"#, &[]),
        ("tag.revoked", r#"{"tag":"ABCDEFGH3"}"#, &[]),
        ("text.erased", r#"{"hash":"$T","reason":"asked for by the person"}"#, &[]),
        ("staff.left", r#"{"staff":"01KAFJWQ400000000000000004"}"#, &[]),
        ("equipment.retired", r#"{"tag":"7QK3M9X2W"}"#, &[]),
        // A kind that this version does not know is kept as it came.
        ("robot.charged", r#"{"battery":97,"by":[true,"dock 2",{"deep":[[]]}]}"#, &[]),
    ];
    all.extend(later::events());
    all
}

/// The last line's text was erased, so it is in no file.
pub(crate) const ERASED: (u64, usize) = (19, 0);

pub(crate) fn directive() -> Directive {
    Directive { box_id: box_id(), number: 1, json: r#"{"do":"health.report","within_s":60}"#.into() }
}

fn text(seq: u64, place: usize, words: &str) -> PersonalText {
    let salt = Hash::of(format!("salt {seq} {place}").as_bytes()).0;
    PersonalText::new(words, salt[..16].try_into().unwrap()).unwrap()
}

pub(crate) fn entries() -> Vec<(Entry, Vec<TextLine>)> {
    let epoch = log_signer().verifier().name().parse::<LogOrigin>().unwrap().epoch;
    let erased = text(ERASED.0, ERASED.1, "Sent for repair.").redactable().hash;
    let mut entries = Vec::new();
    for (seq, (kind, body, words)) in (0..).zip(events()) {
        let mut body = body
            .replace("$E", &epoch.to_string())
            .replace("$D", &directive().hash().to_string())
            .replace("$T", &erased.to_string());
        let mut lines = Vec::new();
        for (place, words) in words.iter().enumerate() {
            let text = text(seq, place, words);
            body = body.replace(&format!("${place}"), &serde_json::to_string(&text.redactable()).unwrap());
            lines.extend(((seq, place) != ERASED).then(|| text.beside(seq)));
        }
        entries.push((compose(seq, kind, &body), lines));
    }
    entries
}

fn compose(seq: u64, kind: &str, body: &str) -> Entry {
    let event = Event::read(kind, body);
    assert_eq!(matches!(event, Event::Unknown(_)), kind == "robot.charged", "{kind} {body}");
    // What is read and written again has the same bytes: members keep their order, what is absent is left
    // out.
    assert_eq!(event.body().unwrap().get(), body);
    let boot = BootId::new(WALL_MS, [2; 10]);
    let offset = i64::try_from(seq).unwrap() * 1_000;
    let clock = match seq {
        0 => ClockState::Uncertain,
        1 | 2 => ClockState::Rtc,
        _ => ClockState::Synced,
    };
    let at = EntryTime { wall: WALL_MS + offset, boot, up: seq * 1_000, clock };
    let staff = "01KAFJWQ400000000000000004".parse::<StaffId>().unwrap();
    let (by, idem) = match kind {
        "cleaning.recorded" => {
            let phone = EntryAuthor {
                staff: None,
                via: CommandSource::Phone,
                device: Some(DeviceId::new(WALL_MS, [3; 10])),
            };
            let idem = IdempotencyRecord { key: Digest16::of(b"a key"), req: Digest16::of(b"a request") };
            (phone, (seq == 12).then_some(idem))
        }
        "cleaning.voided" => {
            (EntryAuthor { staff: Some(staff), via: CommandSource::Staff, device: None }, None)
        }
        "directive.applied" => (EntryAuthor { staff: None, via: CommandSource::Relay, device: None }, None),
        _ => (EntryAuthor::BOX, None),
    };
    Entry::compose(seq, at, by, idem, &event).unwrap()
}

pub(crate) struct Leaves(pub(crate) Vec<Hash>);

impl TreeNodes for Leaves {
    type Error = Infallible;
    fn node(&self, level: u32, index: u64) -> Result<Hash, Infallible> {
        if level == 0 {
            return Ok(self.0[usize::try_from(index).unwrap()]);
        }
        let (left, right) = (self.node(level - 1, 2 * index)?, self.node(level - 1, 2 * index + 1)?);
        Ok(node_hash(&left, &right))
    }
}

pub(crate) fn leaves() -> Leaves {
    Leaves(entries().iter().map(|(entry, _)| leaf_hash(entry.bytes())).collect())
}

pub(crate) fn signed(size: u64) -> SignedCheckpoint {
    let signer = log_signer();
    let origin = signer.verifier().name().parse().unwrap();
    let mut frontier = Frontier::default();
    leaves().0.iter().take(usize::try_from(size).unwrap()).for_each(|leaf| frontier.push(*leaf));
    let note = Checkpoint { origin, size, root: frontier.root() }.signed(&signer).unwrap();
    SignedCheckpoint::verify(&note.to_string(), &origin, signer.verifier()).unwrap()
}

pub(crate) fn cosigned(size: u64) -> SignedCheckpoint {
    let note = signed(size).cosigned(&cosigner(), COSIGNED_S).to_string();
    let origin = log_signer().verifier().name().parse().unwrap();
    SignedCheckpoint::verify(&note, &origin, log_signer().verifier()).unwrap()
}

fn proof(seq: u64, size: u64) -> String {
    let path = inclusion_proof(&leaves(), seq, size).unwrap();
    let (entry, _) = &entries()[usize::try_from(seq).unwrap()];
    let proof = RecordProof::new(entry, &cosigned(size), path, log_signer().verifier());
    serde_json::to_string(&proof.with_cosigners(&[cosigner().verifier().clone()])).unwrap() + "\n"
}

fn batch(first: usize, end: usize) -> String {
    let note = signed(end as u64).note().to_string();
    let entries = entries();
    let texts: Vec<String> = entries[first..end].iter().flat_map(|(_, t)| t).map(TextLine::line).collect();
    let mut text = format!("batch/1 {} {first} {} {}\n{note}", note.len(), end - first, texts.len());
    for (entry, _) in &entries[first..end] {
        writeln!(text, "{}", entry.as_str()).unwrap();
    }
    texts.iter().for_each(|line| writeln!(text, "{line}").unwrap());
    text
}

fn tree() -> String {
    let leaves = leaves();
    let size = leaves.0.len() as u64;
    let roots: Vec<Hash> =
        (0..=size).map(|n| if n == 0 { Hash::of(&[]) } else { signed(n).checkpoint().root }).collect();
    let paths: Vec<_> = SIZES
        .iter()
        .map(|&old| serde_json::json!({"old": old, "new": size, "path": consistency_proof(&leaves, old, size).unwrap()}))
        .collect();
    let all = serde_json::json!({"leaves": leaves.0, "roots": roots, "consistency": paths});
    serde_json::to_string_pretty(&all).unwrap() + "\n"
}

/// Secrets of devices as their cookies carry them, and what the log says of each.
fn device_ids() -> String {
    use base64::Engine as _;
    let mut lines = String::new();
    for secret in [[0; 32], [3; 32], [255; 32], std::array::from_fn(|n| u8::try_from(n).unwrap())] {
        let cookie = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret);
        let id = DeviceId::of_secret(&secret);
        writeln!(lines, r#"{{"cookie":"{cookie}","device":"{id}"}}"#).unwrap();
    }
    lines
}

pub(crate) fn files() -> Vec<(&'static str, String)> {
    let entries = entries();
    let size = entries.len() as u64;
    let mut export = String::new();
    for (entry, texts) in &entries {
        writeln!(export, "{}", entry.as_str()).unwrap();
        texts.iter().for_each(|text| writeln!(export, "{}", text.line()).unwrap());
    }
    vec![
        ("log.jsonl", export),
        ("log-key.txt", format!("{}\n", log_signer().verifier())),
        ("cosigner-key.txt", format!("{}\n", cosigner().verifier())),
        ("directive-key.txt", format!("{}\n", directive_signer().verifier())),
        ("checkpoint.txt", signed(size).note().to_string()),
        ("cosigned.txt", cosigned(size).note().to_string()),
        ("proof-0.json", proof(0, 1)),
        ("proof-5.json", proof(5, 7)),
        ("proof-12.json", proof(12, size)),
        ("proof-67.json", proof(67, size)),
        ("tree.json", tree()),
        ("device-ids.jsonl", device_ids()),
        ("batch-7-20.txt", batch(7, 20)),
        ("directive.txt", directive().signed(&directive_signer()).unwrap().to_string()),
    ]
}
