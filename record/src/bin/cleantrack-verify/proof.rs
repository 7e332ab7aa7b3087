//! One record's proof.

use record::proof::{Proof, Proven};

use super::input::read;
use super::words::{Trust, about_entry, about_log, about_witness, line, moment};
use super::{End, Options};

/// A proof is one entry, one note and a path; each adoption is another entry and path.
const PROOF_BYTES_MAX: u64 = 512 * 1024;

pub(super) fn check(file: &str, options: &Options) -> Result<String, End> {
    let text = read(file, PROOF_BYTES_MAX)?;
    let proof: Proof =
        serde_json::from_str(&text).map_err(|e| End::Unread(format!("{file} is not a proof: {e}")))?;
    let proven = proof.check(&options.keys, &options.cosigners).map_err(|e| End::Broken(e.to_string()))?;
    let mut said = String::from("VERIFIED: the record below is in the log, unchanged.\n");
    let head = proven.entry.head();
    let of = if proven.adoptions.is_empty() {
        format!("{} of {}, {}", head.seq, proven.checkpoint.size, head.kind)
    } else {
        format!("{} of epoch {}, {}", head.seq, proven.epoch, head.kind)
    };
    line(&mut said, "record", &of);
    about_entry(&mut said, &proven.entry, &proven.texts);
    about_adoptions(&mut said, &proven);
    about_log(&mut said, &proven.checkpoint);
    let trust = if options.cosigners.is_empty() { Trust::Brought } else { Trust::Given };
    about_witness(&mut said, proven.witnessed.as_ref().map(|(name, time)| (name.as_str(), *time)), trust);
    if options.keys.is_empty() {
        line(
            &mut said,
            "key",
            &format!("{} (it came with the proof: compare it with one that you trust)", proof.key),
        );
    }
    Ok(said)
}

/// What brought a record of an earlier epoch into this log: it is as true as the box that adopted it then.
fn about_adoptions(said: &mut String, proven: &Proven) {
    for adoption in &proven.adoptions {
        let (lines, by) = (adoption.run.lines(), adoption.by);
        let when = moment(adoption.at.wall.div_euclid(1_000));
        let words = format!(
            "adopted on {when} by entry {} of epoch {}: entries {} to {} of epoch {}",
            by.seq,
            by.epoch,
            lines.start,
            lines.end - 1,
            adoption.run.epoch()
        );
        line(said, "adopted", &words);
    }
    if !proven.adoptions.is_empty() {
        let words = "since then; the signature of its own epoch is not part of this proof";
        line(said, "proven", words);
    }
}
