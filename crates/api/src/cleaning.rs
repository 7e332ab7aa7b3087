//! A cleaning.

use record::anchor::{AnchorSource, TimeCertainty};
use record::entry::Entry;
use record::fold::CleaningRecord;
use record::ids::{BoxId, Epoch, ProtocolId};
use record::kinds::{
    CheckResult, CivilDay, CleanedBy, CleaningFlag, CleaningTrigger, Contact, Event, QueuedRecord,
    SpauldingClass,
};
use record::receipt::Receipt;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;

use crate::utc_text;

/// How it is proven who cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CleanerProof {
    /// A name was typed or picked, and nothing proves it.
    #[serde(rename = "typed")]
    Entered,
    /// By a PIN.
    Pin,
    /// By a badge.
    Badge,
    /// By a sign-in.
    Login,
    /// Nobody is named.
    Unattributed,
}

impl From<&CleanedBy> for CleanerProof {
    fn from(who: &CleanedBy) -> Self {
        match who {
            CleanedBy::Entered { .. } => Self::Entered,
            CleanedBy::Pin { .. } => Self::Pin,
            CleanedBy::Badge { .. } => Self::Badge,
            CleanedBy::Login { .. } => Self::Login,
            CleanedBy::Unattributed => Self::Unattributed,
        }
    }
}

/// What a row of history does not have itself.
#[derive(Debug)]
pub struct CleaningSources<'a> {
    /// The box that recorded it.
    pub box_id: BoxId,
    /// Its row.
    pub cleaning: &'a CleaningRecord,
    /// Its entry, where that is here.
    pub entry: Option<&'a Entry>,
    /// How far its times can be believed.
    pub certainty: TimeCertainty,
    /// Paths of its photos.
    pub photos: Vec<String>,
    /// What people said.
    pub texts: CleaningTexts,
}

/// What people said, as far as it is known and was not erased.
#[derive(Debug, Default)]
pub struct CleaningTexts {
    /// The item's name.
    pub equipment: Option<String>,
    /// Who cleaned.
    pub cleaned_by: Option<String>,
    /// What was noted.
    pub notes: Option<String>,
}

/// A cleaning. What it tells beyond its id; a voided one stays in lists.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CleaningCore")]
pub struct CleaningDetails {
    /// The box that recorded it.
    pub r#box: BoxId,
    /// The epoch of its entry.
    pub epoch: Epoch,
    /// The number of its entry in that epoch, from 0.
    pub seq: u64,
    /// Opens `/r/{receipt}` at its box; null where the entry is not here.
    receipt: Option<String>,
    /// Whether its entry was displaced by a card that forgot, and counts again.
    adopted: bool,
    /// The item's tag.
    tag: Tag,
    /// The item's name; null where nothing here says what the tag is on.
    equipment: Option<String>,
    /// Which protocol was followed; null where the item has none.
    protocol: Option<ProtocolId>,
    /// Its version.
    protocol_version: Option<u32>,
    /// Numbers of the steps that were done, from 1; null where nobody stated them.
    steps: Option<Vec<u16>>,
    /// What it was wiped with; empty where nobody stated it.
    agent: String,
    /// Lot of the disinfectant; empty where nobody stated it.
    lot: String,
    /// The last day of that lot; null where nobody stated it.
    lot_expires: Option<CivilDay>,
    /// What led to it: `schedule`, `after use`, `soiled`, `incident`, `returned` or `load`; null where nobody stated it.
    trigger: Option<CleaningTrigger>,
    /// The class of the use before it, where that was above the item's own.
    class: Option<SpauldingClass>,
    /// Until when the item counts as clean after it (RFC 3339, UTC); null where its protocol sets no time.
    clean_until: Option<String>,
    /// From the first view of its page to the press, less the contact time, milliseconds.
    took_ms: Option<u32>,
    /// How long it waited in a phone; null where it did not.
    queued: Option<QueuedRecord>,
    /// Who cleaned; null where the name was erased, or nobody said.
    cleaned_by: Option<String>,
    /// How that is proven.
    proof: CleanerProof,
    /// When it was done (RFC 3339, UTC).
    performed_at: String,
    /// When it was recorded (RFC 3339, UTC).
    recorded_at: String,
    /// Whether these times are a guess: the box's clock was not set, and nobody has said since what the time was.
    time_uncertain: bool,
    /// Who corrected these times later, where the box's clock was not set: `ntp`, `relay`, `hand`, or `order`: it was ahead, and
    /// these times are the latest that they can be.
    time_corrected_by: Option<&'static str>,
    /// Whether it has all that its protocol asks.
    complete: bool,
    /// What it lacks, in words.
    missing: Vec<&'static str>,
    /// Remarks that do not make it incomplete, such as `late` or `lot expired`.
    flags: Vec<CleaningFlag>,
    /// Paths of its photos here; 404 while one is on its way.
    photos: Vec<String>,
    /// How long the surface stayed wet, seconds.
    contact: Option<Contact>,
    /// What was noted; null where nothing was, or it was erased.
    notes: Option<String>,
    /// Whether it was taken back.
    voided: bool,
    /// Epoch and number of the entry that took it back.
    voided_by: Option<String>,
    /// What the newest spot check found: `good` or `again`; null where there was none.
    checked: Option<CheckResult>,
}

impl From<CleaningSources<'_>> for CleaningDetails {
    fn from(sources: CleaningSources<'_>) -> Self {
        let CleaningSources { box_id, cleaning, entry, certainty, photos, texts } = sources;
        let body = match entry.map(Entry::event) {
            Some(Event::CleaningRecorded(body)) => Some(*body),
            _ => None,
        };
        let body = body.as_ref();
        Self {
            r#box: box_id,
            epoch: cleaning.of.epoch,
            seq: cleaning.of.seq,
            receipt: entry.map(|entry| Receipt::of(cleaning.of, entry.leaf()).to_string()),
            adopted: cleaning.place().run.is_some(),
            tag: cleaning.tag,
            equipment: texts.equipment,
            protocol: cleaning.protocol,
            protocol_version: body.and_then(|body| body.protocol).map(|protocol| protocol.version),
            steps: body.and_then(|body| body.steps.clone()),
            agent: body.map(|body| body.agent.clone()).unwrap_or_default(),
            lot: body.map(|body| body.lot.clone()).unwrap_or_default(),
            lot_expires: body.and_then(|body| body.lot_expires),
            trigger: body.and_then(|body| body.trigger.clone()),
            class: body.and_then(|body| body.class),
            clean_until: body.and_then(|body| body.clean_until).map(utc_text),
            took_ms: body.and_then(|body| body.took_ms),
            queued: body.and_then(|body| body.queued),
            cleaned_by: texts.cleaned_by,
            proof: CleanerProof::from(&cleaning.who),
            performed_at: utc_text(cleaning.performed_ms),
            recorded_at: utc_text(cleaning.recorded_ms),
            time_uncertain: certainty == TimeCertainty::Uncertain,
            time_corrected_by: certainty.corrected_by().map(AnchorSource::word),
            complete: cleaning.is_complete(),
            missing: cleaning.incomplete.iter().map(|part| part.word()).collect(),
            flags: cleaning.flags.clone(),
            photos,
            contact: body.and_then(|body| body.contact),
            notes: texts.notes,
            voided: cleaning.voided.is_some(),
            voided_by: cleaning.voided.map(|of| format!("{}.{}", of.epoch, of.seq)),
            checked: cleaning.checked.as_ref().map(|check| check.result.clone()),
        }
    }
}
