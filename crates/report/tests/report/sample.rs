//! A made-up month: a log with its keys, and the report of it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use record::anchor::{AnchorSource, TimeCertainty};
use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
use record::compliance::{DueCause, DueReason, MissedWindow, WindowTally};
use record::entries_proof::EntriesProof;
use record::entry::{ClockState, Entry, EntryAuthor, EntryTime};
use record::ids::{BootId, BoxId};
use record::kinds::{EntryRef, Event, MissingPart};
use record::redact::PersonalText;
use record::sign::{KeyKind, SignerKey, VerifierKey};
use record::tag::Tag;
use record::tree::{Hash, LeafTree};
use report::pdf::{ReportParts, render_report};
use report::{
    AttachedEntry, CleaningReport, MissedRow, NamedText, OverdueRow, ProtocolRow, ReportError,
    ReportFacility, ReportPhoto, ReportProof, ReportRow, ReportScope, ReportSigner, SignOffRow, VERSION,
    VoidedRow, WeekRow,
};

/// 1 November 2026, 00:00 in Chicago.
pub(crate) const FROM_MS: i64 = 1_793_509_200_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const PROTOCOL: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

pub(crate) struct Sample {
    pub(crate) report: CleaningReport,
    pub(crate) entries: Vec<AttachedEntry>,
    pub(crate) logs: Vec<EntriesProof>,
    pub(crate) log: SignerKey,
    pub(crate) cosigner: SignerKey,
    pub(crate) pictures: HashMap<Hash, Vec<u8>>,
}

fn log_signer(seed: u8) -> SignerKey {
    let public = SignerKey::new("x", KeyKind::Note, &[seed; 32]).unwrap().verifier().public();
    LogOrigin::new(BoxId::new(1, [seed; 10]), 1, &public).signer(&[seed; 32]).unwrap()
}

pub(crate) fn tag(n: usize) -> Tag {
    Tag::from_random([u8::try_from(n % 250).unwrap() + 1; 5])
}

fn compose(seq: u64, ms: i64, event: &Event) -> Entry {
    let up = u64::try_from(ms - FROM_MS).unwrap();
    let at = EntryTime { wall: ms, boot: BootId::new(1, [0; 10]), up, clock: ClockState::Synced };
    Entry::compose(seq, at, EntryAuthor::BOX, None, event).unwrap()
}

/// A cleaning each ten minutes, of twelve items in turn: by a typed name, each fourth with a note, each fifth incomplete.
fn clean(seq: u64, n: usize) -> (AttachedEntry, ReportRow, String) {
    let ms = FROM_MS + i64::try_from(n).unwrap() * HOUR_MS / 6;
    let who = PersonalText::new(["Ana Ruiz", "Ben O’Neill", "Zoë Ångström"][n % 3], [1; 16]).unwrap();
    let note = (n.is_multiple_of(4))
        .then(|| PersonalText::new(&format!("left wheel squeaks, {n}"), [2; 16]).unwrap());
    let note_json = note.as_ref().map_or_else(String::new, |note| {
        format!(r#","note":{}"#, serde_json::to_string(&note.redactable()).unwrap())
    });
    let lacks = if n.is_multiple_of(5) { r#","incomplete":["photo"]"# } else { "" };
    let body = format!(
        r#"{{"tag":"{}","protocol":{{"id":"{PROTOCOL}","version":3}},"steps":[1,2,3],"agent":"Oxivir Tb","contact":{{"required_s":60,"measured_s":{}}},"who":{{"proof":"typed","name":{}}}{note_json}{lacks},"lot":"L{n}"}}"#,
        tag(n % 12),
        60 + n % 40,
        serde_json::to_string(&who.redactable()).unwrap()
    );
    let entry = compose(seq, ms, &Event::read("cleaning.recorded", &body));
    let texts = std::iter::once(&who).chain(&note).map(|text| text.beside(seq)).collect();
    let record = format!(
        r#"{{"epoch":"{{epoch}}","seq":{seq},"tag":"{}","performed_ms":{ms},"recorded_ms":{ms},"at":{{"wall":{ms},"boot":"{}","up":{},"clock":"synced"}},"who":{{"proof":"typed","name":{}}},"protocol":"{PROTOCOL}"{lacks}}}"#,
        tag(n % 12),
        BootId::new(1, [0; 10]),
        ms - FROM_MS,
        serde_json::to_string(&who.redactable()).unwrap()
    );
    let row = ReportRow {
        cleaning: serde_json::from_str(&record.replace("{epoch}", "1-00000000")).unwrap(),
        leaf: entry.leaf(),
        item: format!("Infusion pump {:02}", n % 12 + 1),
        place: "ICU East".to_owned(),
        protocol: Some("Wipe twice".to_owned()),
        who: NamedText::Text(who.as_str().to_owned()),
        note: note.as_ref().map(|note| NamedText::Text(note.as_str().to_owned())),
        time: TimeCertainty::Certain,
        voided: None,
        photos: Vec::new(),
        is_unproven: false,
    };
    (AttachedEntry { entry, texts }, row, record)
}

fn report_of(rows: Vec<ReportRow>) -> CleaningReport {
    let to_ms = FROM_MS + 30 * 24 * HOUR_MS;
    let window = |hour: i64, cause: Option<DueCause>, cleaned_ms| MissedWindow {
        start_ms: FROM_MS + hour * HOUR_MS,
        end_ms: FROM_MS + (hour + 24) * HOUR_MS,
        protocol: None,
        cause,
        cleaned_ms,
    };
    let lacking = DueCause {
        reason: DueReason::Incomplete,
        performed_ms: FROM_MS + 30 * HOUR_MS,
        missing: vec![MissingPart::Photo],
    };
    let missed =
        |window| MissedRow { tag: tag(1), item: "Infusion pump 02".to_owned(), window, protocol: None };
    CleaningReport {
        v: VERSION,
        program: report::PROGRAM.to_owned(),
        locale: "en-US".to_owned(),
        facility: ReportFacility {
            name: "Linden Hospital".to_owned(),
            zone: "America/Chicago".to_owned(),
            brand: String::new(),
            colour: "#5b2a86".to_owned(),
        },
        scope: ReportScope::Facility,
        from_ms: FROM_MS,
        to_ms,
        made_ms: to_ms,
        known_ms: None,
        lacks_history: false,
        is_certain: true,
        made_by: Some("Chris Vega".to_owned()),
        windows: Some(WindowTally { met: 338, closed: 340 }),
        weeks: vec![
            WeekRow { monday: 20_756, windows: WindowTally { met: 80, closed: 82 } },
            WeekRow { monday: 20_763, windows: WindowTally { met: 84, closed: 84 } },
            WeekRow { monday: 20_770, windows: WindowTally::default() },
        ],
        overdue: vec![OverdueRow {
            tag: tag(2),
            item: "Bladder scanner".to_owned(),
            place: "Ward 3".to_owned(),
            since_ms: to_ms - 7 * HOUR_MS,
            cause: Some(lacking.clone()),
        }],
        missed: vec![
            missed(window(0, None, None)),
            missed(window(24, Some(lacking), Some(FROM_MS + 51 * HOUR_MS))),
        ],
        missed_more: 0,
        sign_offs: vec![SignOffRow {
            person: NamedText::Erased,
            protocol: "Wipe twice".to_owned(),
            since_ms: FROM_MS,
            until: "2027-01-31".parse().ok(),
            is_over: false,
        }],
        protocols: vec![ProtocolRow {
            name: "Wipe twice".to_owned(),
            version: 3,
            reference: "IFU 4711, rev. C".to_owned(),
            steps: 3,
            contact_s: Some(60),
        }],
        rows,
    }
}

impl Sample {
    /// With so many cleanings, each tenth of which has a photo, and entry 0 of another kind. The last cleaning is voided.
    pub(crate) fn new(cleanings: usize) -> Self {
        Self::with_photos(cleanings, 10)
    }

    pub(crate) fn with_photos(cleanings: usize, each: usize) -> Self {
        let (log, cosigner) = (
            log_signer(5),
            SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[6; 32]).unwrap(),
        );
        let origin: LogOrigin = log.verifier().name().parse().unwrap();
        let (mut entries, mut rows, mut pictures) = (Vec::new(), Vec::new(), HashMap::new());
        let mut leaves = vec![compose(0, FROM_MS, &Event::read("x.y", "{}")).leaf()];
        for n in 0..cleanings {
            let (entry, mut row, record) = clean(n as u64 + 1, n);
            row.cleaning =
                serde_json::from_str(&record.replace("{epoch}", &origin.epoch.to_string())).unwrap();
            if n.is_multiple_of(each) {
                let picture = photo(u8::try_from(n % 251).unwrap(), n);
                row.photos.push(ReportPhoto::Shown(Hash::of(&picture)));
                pictures.insert(Hash::of(&picture), picture);
            }
            leaves.push(entry.entry.leaf());
            entries.push(entry);
            rows.push(row);
        }
        if let Some(last) = rows.last_mut() {
            let seq = cleanings as u64 + 1;
            let reason = PersonalText::new("Wrong item scanned", [3; 16]).unwrap();
            let body = format!(
                r#"{{"epoch":"{}","seq":{cleanings},"reason":{}}}"#,
                origin.epoch,
                serde_json::to_string(&reason.redactable()).unwrap()
            );
            let ms = last.cleaning.performed_ms + HOUR_MS;
            let entry = compose(seq, ms, &Event::read("cleaning.voided", &body));
            last.cleaning.voided = Some(EntryRef { epoch: origin.epoch, seq });
            last.voided = Some(VoidedRow {
                at_ms: Some(ms),
                reason: NamedText::Text(reason.as_str().to_owned()),
                leaf: Some(entry.leaf()),
                is_unproven: false,
            });
            last.time = TimeCertainty::Corrected(Some(AnchorSource::Ntp));
            leaves.push(entry.leaf());
            entries.push(AttachedEntry { entry, texts: vec![reason.beside(seq)] });
        }
        rows.sort_by_key(|row: &ReportRow| (row.cleaning.tag, std::cmp::Reverse(row.cleaning.performed_ms)));
        let size = leaves.len() as u64;
        let tree = LeafTree::new(leaves);
        let root = record::tree::root_at(&tree, size).unwrap();
        let signed = Checkpoint { origin, size, root }.signed(&log).unwrap().to_string();
        let signed = SignedCheckpoint::verify(&signed, &origin, log.verifier()).unwrap();
        let cosigned = signed.cosigned(&cosigner, 1_795_204_920).to_string();
        let signed = SignedCheckpoint::verify(&cosigned, &origin, log.verifier()).unwrap();
        let all: Vec<Entry> = entries.iter().map(|one| one.entry.clone()).collect();
        let cosigners = [cosigner.verifier().clone()];
        let logs = vec![EntriesProof::new(&tree, &all, &signed, log.verifier(), &cosigners).unwrap()];
        Self { report: report_of(rows), entries, logs, log, cosigner, pictures }
    }

    pub(crate) fn keys(&self) -> Vec<VerifierKey> {
        vec![self.log.verifier().clone()]
    }

    pub(crate) fn proof(&self) -> ReportProof {
        let sign = |domain: &str, bytes: &[u8]| self.log.sign_bytes(domain, bytes);
        let signer = ReportSigner { key: self.log.verifier().clone(), sign: &sign };
        ReportProof::new(&self.report, &self.entries, self.logs.clone(), Vec::new(), &signer).unwrap()
    }

    pub(crate) fn render(&self) -> Vec<u8> {
        self.render_with(&self.proof()).unwrap()
    }

    pub(crate) fn render_with(&self, proof: &ReportProof) -> Result<Vec<u8>, ReportError> {
        render_report(
            &self.report,
            ReportParts {
                entries: self.entries.clone(),
                proof,
                pictures: &mut |hash| self.pictures.get(hash).cloned(),
                progress: &mut |_, _| ControlFlow::Continue(()),
            },
        )
    }
}

/// A JPEG of one colour with some dots.
pub(crate) fn photo(grey: u8, n: usize) -> Vec<u8> {
    let picture = image::GrayImage::from_fn(64, 48, |x, y| {
        let dot = (x as usize * 7 + y as usize * 13 + n).is_multiple_of(11);
        image::Luma([if dot { 255 - grey } else { grey }])
    });
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 70);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}
