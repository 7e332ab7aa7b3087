//! One record's proof.

use record::proof::{RecordProof, VerifiedRecord};

use super::input::read_input;
use super::words::{CosignerTrust, about_entry, about_log, about_witness, moment_text, write_line};
use super::{End, Options};

/// A proof is one entry, one note and a path; each adoption is another entry and path.
const PROOF_BYTES_MAX: u64 = 512 * 1024;

pub(super) fn check_proof(file: &str, options: &Options) -> Result<String, End> {
    let text = read_input(file, PROOF_BYTES_MAX)?;
    let proof: RecordProof =
        serde_json::from_str(&text).map_err(|e| End::Unread(format!("{file} is not a proof: {e}")))?;
    let proven = proof.check(&options.keys, &options.cosigners).map_err(|e| End::Broken(e.to_string()))?;
    let mut message = String::from("VERIFIED: the record below is in the log, unchanged.\n");
    let head = proven.entry.head();
    let of = if proven.adoptions.is_empty() {
        format!("{} of {}, {}", head.seq, proven.checkpoint.size, head.kind)
    } else {
        format!("{} of epoch {}, {}", head.seq, proven.epoch, head.kind)
    };
    write_line(&mut message, "record", &of);
    about_entry(&mut message, &proven.entry, &proven.texts);
    about_adoptions(&mut message, &proven);
    about_log(&mut message, &proven.checkpoint);
    let trust = if options.cosigners.is_empty() { CosignerTrust::Brought } else { CosignerTrust::FromUser };
    about_witness(&mut message, proven.witnessed.as_ref().map(|(name, time)| (name.as_str(), *time)), trust);
    if options.keys.is_empty() {
        write_line(
            &mut message,
            "key",
            &format!("{} (it came with the proof: compare it with one that you trust)", proof.key),
        );
    }
    Ok(message)
}

/// What brought a record of an earlier epoch into this log. It is as true as the box that adopted it then.
fn about_adoptions(message: &mut String, proven: &VerifiedRecord) {
    for adoption in &proven.adoptions {
        let (lines, by) = (adoption.run.lines(), adoption.by);
        let when = moment_text(adoption.at.wall.div_euclid(1_000));
        let words = format!(
            "adopted on {when} by entry {} of epoch {}: entries {} to {} of epoch {}",
            by.seq,
            by.epoch,
            lines.start,
            lines.end - 1,
            adoption.run.epoch()
        );
        write_line(message, "adopted", &words);
    }
    if !proven.adoptions.is_empty() {
        let words = "since then; the signature of its own epoch is not part of this proof";
        write_line(message, "proven", words);
    }
}
