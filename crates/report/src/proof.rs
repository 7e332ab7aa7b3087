//! What a PDF carries so that nobody has to be believed.

use std::borrow::Borrow;

use record::entries_proof::EntriesProof;
use record::entry::{Entry, EntryError};
use record::proof::RecordProof;
use record::redact::TextLine;
use record::sign::VerifierKey;
use record::tree::Hash;
use record::vouch::Base64Bytes;
use serde::{Deserialize, Serialize};

use crate::{CleaningReport, ReportError};

/// Separates what is signed here from all else that a log's key signs.
const DOMAIN: &str = "report/v1";

/// An entry that a row came from, with the texts beside it that its reader may see.
#[derive(Debug, Clone)]
pub struct AttachedEntry {
    /// It.
    pub entry: Entry,
    /// Its texts.
    pub texts: Vec<TextLine>,
}

/// What proves a report: that its entries stand in signed logs, and that the box or relay put it together. Its JSON is attached as
/// `proof.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportProof {
    /// Of the entries of `entries.jsonl`, in the order of that file; one proof a log.
    pub logs: Vec<EntriesProof>,
    /// Of entries that a run brought; these lie in the proofs themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<RecordProof>,
    /// The verifier key of who put it together, as text: the box's log key, or the relay's.
    pub signer: String,
    /// Its signature under the domain `report/v1`: over the SHA-256 of `report.json`, that of `entries.jsonl`, and that of the JSON of
    /// `logs` and `adopted` as an array of two, one after the other.
    pub signature: Base64Bytes<64>,
}

/// Who puts reports together: signs bytes under a domain ([`record::sign::SignerKey::sign_bytes`]).
pub struct ReportSigner<'a> {
    /// Its key, as others know it.
    pub key: VerifierKey,
    /// Signs.
    pub sign: &'a dyn Fn(&str, &[u8]) -> [u8; 64],
}

impl std::fmt::Debug for ReportSigner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportSigner").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Of `report.json` and `entries.jsonl` the hashes.
fn signed_bytes(
    report: Hash,
    entries: Hash,
    logs: &[EntriesProof],
    adopted: &[RecordProof],
) -> Result<Vec<u8>, ReportError> {
    let proofs = Hash::of(&serde_json::to_vec(&(logs, adopted))?);
    Ok([report, entries, proofs].map(|hash| hash.0).concat())
}

/// The bytes of `report.json`.
pub(crate) fn write_report(report: &CleaningReport) -> Result<Vec<u8>, ReportError> {
    Ok(serde_json::to_vec(report)?)
}

impl ReportProof {
    /// Signs a report.
    ///
    /// # Errors
    /// [`ReportError::Json`].
    pub fn new(
        report: &CleaningReport,
        entries: &[AttachedEntry],
        logs: Vec<EntriesProof>,
        adopted: Vec<RecordProof>,
        signer: &ReportSigner<'_>,
    ) -> Result<Self, ReportError> {
        // Each is megabytes, and goes before the next is made.
        let report = Hash::of(&write_report(report)?);
        let entries = Hash::of(&write_entries(entries));
        let signed = signed_bytes(report, entries, &logs, &adopted)?;
        let signature = Base64Bytes((signer.sign)(DOMAIN, &signed));
        Ok(Self { logs, adopted, signer: signer.key.to_string(), signature })
    }

    /// Whether this key signed these bytes of `report.json` and `entries.jsonl`, and all else that is in here.
    pub(crate) fn is_signed_by(&self, key: &VerifierKey, report: &[u8], entries: &[u8]) -> bool {
        let signed = signed_bytes(Hash::of(report), Hash::of(entries), &self.logs, &self.adopted);
        signed.is_ok_and(|signed| key.verify_bytes(DOMAIN, &signed, &self.signature.0))
    }
}

/// The bytes of `entries.jsonl`: each entry's exact line and its texts' lines behind it. One that is given away goes as it is written.
pub(crate) fn write_entries<E: Borrow<AttachedEntry>>(entries: impl IntoIterator<Item = E>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for one in entries {
        let AttachedEntry { entry, texts } = one.borrow();
        bytes.extend_from_slice(entry.as_str().as_bytes());
        bytes.push(b'\n');
        for text in texts {
            text.write_line(&mut bytes);
            bytes.push(b'\n');
        }
    }
    bytes
}

/// A line of `entries.jsonl` that is none.
#[derive(Debug)]
pub(crate) struct BadLine {
    pub(crate) line: usize,
    pub(crate) why: EntryError,
}

/// Reads `entries.jsonl` again; texts that do not belong to the entry before are bad lines, too.
pub(crate) fn read_entries(bytes: &[u8]) -> Result<Vec<(Entry, Vec<TextLine>)>, BadLine> {
    let mut found: Vec<(Entry, Vec<TextLine>)> = Vec::new();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for (line, bytes) in (1..).zip(lines) {
        let text = TextLine::parse(bytes).ok().zip(found.last_mut()).filter(|(text, (entry, _))| {
            text.seq() == entry.seq() && entry.redactables().contains(&text.hash())
        });
        match text {
            Some((text, (_, texts))) => texts.push(text),
            None => found.push((Entry::parse(bytes).map_err(|why| BadLine { line, why })?, Vec::new())),
        }
    }
    Ok(found)
}
