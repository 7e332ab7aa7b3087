//! What is said of what holds, a line each.

use std::fmt::Write as _;

use record::checkpoint::Checkpoint;
use record::entry::Entry;
use record::redact::TextLine;
use record::tree::Hash;

pub(super) fn write_line(message: &mut String, name: &str, value: &str) {
    let _ = writeln!(message, "  {name:<8} {value}");
}

pub(super) fn about_log(message: &mut String, checkpoint: &Checkpoint) {
    write_line(message, "box", &checkpoint.origin.box_id.to_string());
    write_line(message, "epoch", &checkpoint.origin.epoch.to_string());
    write_line(message, "entries", &format!("{}, signed with root {}", checkpoint.size, checkpoint.root));
}

pub(super) fn about_entry(message: &mut String, entry: &Entry, texts: &[TextLine]) {
    let wall_s = entry.head().at.wall.div_euclid(1_000);
    write_line(message, "written", &format!("{} by the box's clock", moment_text(wall_s)));
    write_line(message, "content", entry.body());
    texts.iter().for_each(|text| write_line(message, "text", &text_words(entry, text)));
}

/// A text with the member that names it; control characters are written out.
pub(super) fn text_words(entry: &Entry, text: &TextLine) -> String {
    let body: serde_json::Value = serde_json::from_str(entry.body()).unwrap_or_default();
    let member = member_of(&body, &text.hash(), String::new()).unwrap_or_else(|| "text".to_owned());
    let shown: String = text.text().chars().map(shown_character).collect();
    format!("{member}: {shown}")
}

fn shown_character(character: char) -> String {
    if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
}

/// Where in a body a text's hash is: `who.name`, `reason`.
fn member_of(value: &serde_json::Value, hash: &Hash, at: String) -> Option<String> {
    let serde_json::Value::Object(members) = value else { return None };
    if members.get("redactable").and_then(serde_json::Value::as_str) == Some(&hash.to_string()) {
        return Some(at);
    }
    let prefix = if at.is_empty() { at } else { at + "." };
    members.iter().find_map(|(name, value)| member_of(value, hash, format!("{prefix}{name}")))
}

/// Where a witness's key came from: the reader gave it, or the file that it vouches for brought it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CosignerTrust {
    FromUser,
    Brought,
}

pub(super) fn about_witness(message: &mut String, witness: Option<(&str, u64)>, trust: CosignerTrust) {
    let caveat = match trust {
        CosignerTrust::FromUser => "",
        CosignerTrust::Brought => {
            " (its key came with the proof, so this is only as good as whoever gave it to you)"
        }
    };
    let text = match witness {
        Some((name, time_s)) => {
            let time = moment_text(i64::try_from(time_s).unwrap_or(i64::MAX));
            format!("stored by {name} at {time} or before{caveat}")
        }
        None => "none: no relay has signed this checkpoint, or its key was not given".to_owned(),
    };
    write_line(message, "witness", &text);
}

pub(super) fn moment_text(second: i64) -> String {
    jiff::Timestamp::from_second(second).map_or_else(|_| format!("second {second}"), |t| t.to_string())
}
