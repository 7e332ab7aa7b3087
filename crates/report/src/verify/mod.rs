//! Opens a report on paper, checks what it carries, and draws it again.

mod document;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use record::checkpoint::LogOrigin;
use record::entries_proof::VerifiedEntries;
use record::entry::Entry;
use record::kinds::{CleanedBy, Event, MissingPart};
use record::proof::ProofError;
use record::redact::TextLine;
use record::sign::VerifierKey;
use record::tree::Hash;

pub use self::document::PDF_BYTES_MAX;
use self::document::{OpenedDocument, UNPACKED_BYTES_MAX};
use crate::pdf::{ENTRIES_FILE, PROOF_FILE, REPORT_FILE, ReportParts, render_report};
use crate::proof::read_entries;
use crate::{
    AttachedEntry, CleaningReport, NamedText, PROGRAM, ReportPhoto, ReportProof, ReportRow, VERSION,
};

/// A report that holds: its entries are in the logs that were signed, its pages are what they give, and nothing in the file was changed.
#[derive(Debug)]
pub struct VerifiedReport {
    /// What it shows.
    pub report: CleaningReport,
    /// The logs that its entries are in, with who signed and up to when.
    pub logs: Vec<VerifiedEntries>,
    /// The key of who put it together, as text.
    pub signer: String,
    /// How many entries were proven.
    pub entries: usize,
    /// How many of its entries no key proves any more; the report says so beside each.
    pub unproven: usize,
}

/// Where pages differ from what is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDifference {
    /// The page, from 1.
    pub page: usize,
    /// The character there, from 1; letters alone count.
    pub at: usize,
    /// What the page says there.
    pub found: String,
    /// What it should say.
    pub expected: String,
}

/// Why a report does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ReportFault {
    /// The file is no PDF.
    #[error("this is no PDF")]
    NoPdf,
    /// It is one, and a part of it is missing or damaged.
    #[error("the PDF is cut off or damaged: {0}")]
    Damaged(String),
    /// It has, or unpacks to, more bytes than are looked at.
    #[error("it is too large, or unpacks to too much")]
    TooLarge,
    /// It does not carry what proves it: it never did, or somebody took it out.
    #[error("{0} is not attached to it: this never was such a report, or its attachments were removed")]
    NotAttached(&'static str),
    /// What it carries cannot be read.
    #[error("the attached {name} cannot be read: {why}")]
    Unreadable {
        /// The file.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// Another version of reports.
    #[error(
        "the entries hold; this program cannot draw version {0} of reports again, it draws version {VERSION}"
    )]
    Version(u32),
    /// The key of who put it together is none of those that are trusted.
    #[error("it was put together by the key {0}, which is none of those that you trust")]
    Signer(String),
    /// What the pages are drawn from was changed after it was signed.
    #[error("the attached report.json was changed: {0} did not sign it")]
    Signature(String),
    /// An entry was changed.
    #[error("the attached entry {seq} was changed: it has another hash than the report names")]
    EntryChanged {
        /// Its number.
        seq: u64,
    },
    /// An entry is missing.
    #[error("entry {seq} is not attached any more")]
    EntryMissing {
        /// Its number.
        seq: u64,
    },
    /// A line that is no entry.
    #[error("line {line} of the attached entries.jsonl was changed: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// Why it is none.
        why: String,
    },
    /// A row contradicts its entry.
    #[error("the report says something else of entry {seq} than the entry itself")]
    Row {
        /// Its number.
        seq: u64,
    },
    /// It was drawn by another version of the program, and is drawn otherwise by this one.
    #[error(
        "the entries hold; the pages were drawn by version {0} of this program, and version {PROGRAM} cannot compare them: \
         use that one"
    )]
    OtherProgram(String),
    /// Log, signature or path do not hold.
    #[error("the attached proof does not hold: {0}")]
    Proof(#[from] ProofError),
    /// A page was changed.
    #[error(
        "page {}, character {}: the page says “{}”, and what is attached gives “{}”",
        .0.page, .0.at, .0.found, .0.expected
    )]
    Page(PageDifference),
    /// A photo on a page is another one.
    #[error("a photo of entry {seq} was changed or taken out")]
    Photo {
        /// The entry's number.
        seq: u64,
    },
    /// Pages and attachments hold, and the file is not the one that was made.
    #[error(
        "the entries hold and the words of its pages are theirs, but the file is not as it was made: another program saved it \
         again, or something else than words was changed in it. Ask for the report as it was made"
    )]
    SavedAgain,
    /// It cannot be drawn again.
    #[error("it cannot be drawn again: {0}")]
    Drawing(#[from] crate::ReportError),
}

/// Checks a PDF. `trusted` are keys that the reader has from elsewhere; with none it holds only for those that it brings itself. The
/// same goes for `cosigners`.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_report(
    bytes: &[u8],
    trusted: &[VerifierKey],
    cosigners: &[VerifierKey],
) -> Result<VerifiedReport, ReportFault> {
    verify_report_within(bytes, trusted, cosigners, UNPACKED_BYTES_MAX)
}

/// As [`verify_report`], where little memory is to spare: no part of the file may unpack to more than `unpacked_max` bytes.
///
/// # Errors
/// As [`verify_report`]; [`ReportFault::TooLarge`].
pub fn verify_report_within(
    bytes: &[u8],
    trusted: &[VerifierKey],
    cosigners: &[VerifierKey],
    unpacked_max: usize,
) -> Result<VerifiedReport, ReportFault> {
    let document = OpenedDocument::open(bytes, unpacked_max)?;
    let written = document.attached(REPORT_FILE)?;
    let proof: ReportProof = read_json(PROOF_FILE, &document.attached(PROOF_FILE)?)?;
    let version: ReportVersion = read_json(REPORT_FILE, &written)?;
    let signer = find_signer(&proof, trusted, cosigners)?;
    let attached = document.attached(ENTRIES_FILE)?;
    let report =
        if version.v == VERSION { Some(read_json::<CleaningReport>(REPORT_FILE, &written)?) } else { None };
    let read = read_entries(&attached)
        .map_err(|bad| ReportFault::Line { line: bad.line, why: bad.why.to_string() })?;
    if let Some(report) = &report {
        check_leaves(report, &read, &proof)?;
    }
    // Behind what names a single entry.
    if !proof.is_signed_by(&signer, &written, &attached) {
        return Err(ReportFault::Signature(signer.name().to_owned()));
    }
    if let Some(report) = &report {
        check_rows(report, &read, &proof)?;
    }
    let unproven = unproven_leaves(report.as_ref());
    let logs = check_logs(&proof, &read, &unproven, trusted, cosigners)?;
    let report = report.ok_or(ReportFault::Version(version.v))?;
    let entries: Vec<AttachedEntry> =
        read.into_iter().map(|(entry, texts)| AttachedEntry { entry, texts }).collect();
    let pictures = document.pictures()?;
    if let Some(row) = missing_picture(&report, &pictures) {
        return Err(ReportFault::Photo { seq: row.cleaning.of.seq });
    }
    let attached = entries.len();
    let drawn = render_report(
        &report,
        ReportParts {
            entries,
            proof: &proof,
            pictures: &mut |hash| pictures.get(hash).cloned(),
            progress: &mut |_, _| ControlFlow::Continue(()),
        },
    )?;
    if drawn != bytes {
        return Err(match report.program == PROGRAM {
            true => name_difference(&document, &drawn)?,
            false => ReportFault::OtherProgram(report.program),
        });
    }
    let proven = proof.logs.iter().map(|log| log.entries).sum::<usize>() + proof.adopted.len();
    let unproven = attached + proof.adopted.len() - proven;
    Ok(VerifiedReport { report, logs, signer: proof.signer, entries: proven, unproven })
}

#[derive(serde::Deserialize)]
struct ReportVersion {
    v: u32,
}

fn read_json<T: serde::de::DeserializeOwned>(name: &'static str, bytes: &[u8]) -> Result<T, ReportFault> {
    serde_json::from_slice(bytes).map_err(|error| ReportFault::Unreadable { name, why: error.to_string() })
}

fn find_signer(
    proof: &ReportProof,
    trusted: &[VerifierKey],
    cosigners: &[VerifierKey],
) -> Result<VerifierKey, ReportFault> {
    let signer = VerifierKey::parse(&proof.signer)
        .map_err(|error| ReportFault::Unreadable { name: PROOF_FILE, why: error.to_string() })?;
    let is_known = trusted.is_empty() || trusted.contains(&signer) || cosigners.contains(&signer);
    // A box signs over its own log, a relay over logs that it cosigned.
    let of_box =
        |key: &str| VerifierKey::parse(key).ok()?.name().parse::<LogOrigin>().ok().map(|log| log.box_id);
    let own = of_box(&proof.signer);
    let logs = proof.logs.iter().map(|log| (&log.key, &log.cosigners));
    let mut logs = logs.chain(proof.adopted.iter().map(|one| (&one.key, &one.cosigners)));
    let is_of_logs = match own {
        Some(own) => logs.all(|(key, _)| of_box(key) == Some(own)),
        None => logs.all(|(_, cosigners)| cosigners.contains(&proof.signer)),
    };
    if is_known && is_of_logs { Ok(signer) } else { Err(ReportFault::Signer(proof.signer.clone())) }
}

/// Each entry that the report names is there with its hash.
fn check_leaves(
    report: &CleaningReport,
    read: &[(Entry, Vec<TextLine>)],
    proof: &ReportProof,
) -> Result<(), ReportFault> {
    let attached: HashMap<Hash, u64> = read.iter().map(|(entry, _)| (entry.leaf(), entry.seq())).collect();
    let adopted: Vec<Hash> = proof
        .adopted
        .iter()
        .filter_map(|proof| Entry::parse(proof.entry.as_bytes()).ok())
        .map(|entry| entry.leaf())
        .collect();
    let numbers: BTreeSet<u64> = read.iter().map(|(entry, _)| entry.seq()).collect();
    for row in &report.rows {
        let voided = row.voided.as_ref().and_then(|voided| voided.leaf).zip(row.cleaning.voided);
        let named = [Some((row.leaf, row.cleaning.of)), voided];
        for (leaf, of) in named.into_iter().flatten() {
            if attached.get(&leaf) == Some(&of.seq) || adopted.contains(&leaf) {
                continue;
            }
            return Err(match numbers.contains(&of.seq) {
                true => ReportFault::EntryChanged { seq: of.seq },
                false => ReportFault::EntryMissing { seq: of.seq },
            });
        }
    }
    Ok(())
}

/// The entries of rows that say so themselves.
fn unproven_leaves(report: Option<&CleaningReport>) -> HashSet<Hash> {
    let rows = report.into_iter().flat_map(|report| &report.rows);
    let leaves = rows.flat_map(|row| {
        let voided = row.voided.as_ref().filter(|voided| voided.is_unproven);
        [Some(row.leaf).filter(|_| row.is_unproven), voided.and_then(|voided| voided.leaf)]
    });
    leaves.flatten().collect()
}

fn check_logs(
    proof: &ReportProof,
    read: &[(Entry, Vec<TextLine>)],
    unproven: &HashSet<Hash>,
    trusted: &[VerifierKey],
    cosigners: &[VerifierKey],
) -> Result<Vec<VerifiedEntries>, ReportFault> {
    let entries: Vec<Entry> = read.iter().map(|(entry, _)| entry.clone()).collect();
    let mut rest = &entries[..];
    let mut logs = Vec::new();
    for log in &proof.logs {
        let (own, after) = rest.split_at_checked(log.entries).ok_or(ProofError::Root)?;
        // One of nothing says nothing.
        if own.is_empty() {
            return Err(ProofError::Root.into());
        }
        logs.push(log.check(own, trusted, cosigners)?);
        rest = after;
    }
    if rest.iter().any(|entry| !unproven.contains(&entry.leaf())) {
        return Err(ProofError::Root.into());
    }
    for adopted in &proof.adopted {
        adopted.check(trusted, cosigners)?;
    }
    Ok(logs)
}

fn missing_picture<'a>(
    report: &'a CleaningReport,
    pictures: &HashMap<Hash, Vec<u8>>,
) -> Option<&'a ReportRow> {
    let is_missing =
        |photo: &ReportPhoto| matches!(photo, ReportPhoto::Shown(hash) if !pictures.contains_key(hash));
    report.shown_rows().into_iter().map(|at| &report.rows[at]).find(|row| row.photos.iter().any(is_missing))
}

fn name_difference(document: &OpenedDocument, drawn: &[u8]) -> Result<ReportFault, ReportFault> {
    let expected = OpenedDocument::open(drawn, UNPACKED_BYTES_MAX)?;
    let difference = compare_pages(&expected.page_texts()?, &document.page_texts()?);
    Ok(difference.map_or(ReportFault::SavedAgain, ReportFault::Page))
}

/// Each row says what its entry says, as far as that says it itself.
fn check_rows(
    report: &CleaningReport,
    read: &[(Entry, Vec<TextLine>)],
    proof: &ReportProof,
) -> Result<(), ReportFault> {
    let adopted = proof.adopted.iter().filter_map(|proof| Entry::parse(proof.entry.as_bytes()).ok());
    let adopted: Vec<(Entry, Vec<TextLine>)> = adopted.map(|entry| (entry, Vec::new())).collect();
    let entries: HashMap<Hash, &(Entry, Vec<TextLine>)> =
        read.iter().chain(&adopted).map(|one| (one.0.leaf(), one)).collect();
    for row in &report.rows {
        let (of, fault) = (row.cleaning.of, ReportFault::Row { seq: row.cleaning.of.seq });
        let Some((entry, texts)) = entries.get(&row.leaf) else { return Err(fault) };
        let Event::CleaningRecorded(body) = entry.event() else { return Err(fault) };
        let named = match (&body.who, &row.who) {
            (CleanedBy::Entered { name, .. }, NamedText::Text(text)) => is_text_of(texts, name.hash, text),
            _ => true,
        };
        let noted = match (&body.note, &row.note) {
            (Some(note), Some(NamedText::Text(text))) => is_text_of(texts, note.hash, text),
            (Some(_), _) => true,
            (None, noted) => noted.is_none(),
        };
        // A photo that came later makes a cleaning complete.
        let lacks =
            |part: &MissingPart| *part == MissingPart::Photo || row.cleaning.incomplete.contains(part);
        let is_same = body.tag == row.cleaning.tag
            && body.who == row.cleaning.who
            && body.protocol.map(|protocol| protocol.id) == row.cleaning.protocol
            && entry.head().at == row.cleaning.at
            && body.incomplete.iter().all(lacks);
        let is_voided = row.voided.as_ref().and_then(|voided| voided.leaf).is_none_or(|leaf| {
            let voiding = entries.get(&leaf).map(|(entry, _)| entry.event());
            matches!(voiding, Some(Event::CleaningVoided(body)) if body.of == of)
        });
        if !(named && noted && is_same && is_voided) {
            return Err(fault);
        }
    }
    Ok(())
}

/// Whether these texts have this one under this hash; where they have none under it, nothing says otherwise.
fn is_text_of(texts: &[TextLine], hash: Hash, text: &str) -> bool {
    texts.iter().find(|line| line.hash() == hash).is_none_or(|line| line.text() == text)
}

/// Characters shown around the first one that differs.
const CONTEXT: usize = 40;

/// The first character that differs, by pages.
fn compare_pages(expected: &[String], found: &[String]) -> Option<PageDifference> {
    let pages = expected.len().max(found.len());
    (0..pages).find_map(|page| {
        let [expected, found] = [expected, found].map(|texts| -> Vec<char> {
            texts.get(page).map(|text| text.chars().collect()).unwrap_or_default()
        });
        let length = expected.len().max(found.len());
        let at = (0..length).find(|at| expected.get(*at) != found.get(*at))?;
        let [found, expected] = [found, expected].map(|text| {
            let from = at.saturating_sub(CONTEXT / 2).min(text.len());
            text[from..(from + CONTEXT).min(text.len())].iter().collect()
        });
        Some(PageDifference { page: page + 1, at: at + 1, found, expected })
    })
}
