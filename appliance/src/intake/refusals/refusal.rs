//! Every reason for which a command is refused, in words for the person who gave it.

use record::code::ScannedCodeError;
use record::fold::RowVersion;
use record::ids::{ProtocolId, StaffId, UpkeepId};
use record::kinds::{EntryRef, ProofMethod};
use record::tag::Tag;

use crate::intake::{ItemRefusal, RefusalCause, SignOffRefusal};

/// What must be confirmed before a code is added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeQuestion {
    #[error(
        "This may be the number of a product, which every item of its model has. Add it only if it is this item’s own number"
    )]
    TradeItemNumber,
    #[error(
        "{name}, which is retired, has this code. Once it is added here, it opens that item no more; both histories say so"
    )]
    OfRetiredItem { name: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefusal {
    #[error("No equipment has the tag {0}")]
    UnknownTag(Tag),
    /// The item is gone for good.
    #[error("{name} was retired; no more cleanings can be recorded for it")]
    Retired { name: String },
    #[error("The tag {0} is in use already; take another label")]
    TagTaken(Tag),
    #[error("{0}")]
    Code(ScannedCodeError),
    #[error("The code {code} is on {name} already. Take it off there first")]
    CodeTaken { code: String, name: String },
    #[error("{0}")]
    CodeUnconfirmed(CodeQuestion),
    /// The item is already in the requested state.
    #[error("{0}")]
    AlreadySo(RefusalCause),
    /// A protocol that does not exist.
    #[error("There is no protocol {0} here")]
    UnknownProtocol(ProtocolId),
    /// A maintenance task that the item does not have, or that ended.
    #[error("This item has no maintenance task {0}")]
    UnknownUpkeep(UpkeepId),
    /// A protocol by which this item is not cleaned.
    #[error(
        "This item is not cleaned by that protocol. Give the item the protocol first, or choose one that it has"
    )]
    NotItsProtocol,
    /// The protocol was published again since the page was opened.
    #[error("The protocol has changed since this page was opened. Check the steps again")]
    ProtocolChanged,
    #[error("Somebody else changed this meanwhile. Check what is there now, then change it again")]
    Changed { now: RowVersion },
    /// A person who does not exist or has left.
    #[error("There is nobody with the id {0} here")]
    UnknownStaff(StaffId),
    /// A cleaning that does not exist.
    #[error("Entry {} of {} is not a cleaning", of.seq, of.epoch)]
    UnknownCleaning { of: EntryRef },
    /// Two branches of a log have a record under its number, and it is not the one that the number leads to.
    #[error("Two records have the number {}, and this one cannot be voided", of.seq)]
    SharedNumber { of: EntryRef },
    #[error("There is no open report with the number {}", of.seq)]
    UnknownProblem { of: EntryRef },
    /// One device reported too much, or one network.
    #[error("Too many problems were reported from here within an hour. Tell biomed in person")]
    ReportsSpent,
    #[error("This cleaning was already voided")]
    AlreadyVoided,
    #[error("The time to undo this record is over. Tell biomed, they can void it")]
    UndoOver,
    #[error("{cause}")]
    Needed { field: &'static str, cause: RefusalCause },
    #[error("{} is longer than {chars_max} characters. Shorten it", field_label(field))]
    TooLong { field: &'static str, chars_max: usize },
    /// A field has a character that nobody can see.
    #[error(
        "{} has a character that cannot be shown (U+{code:04X}). Enter it again by hand",
        field_label(field)
    )]
    Character { field: &'static str, code: u32 },
    #[error("{cause}")]
    Range { field: &'static str, cause: RefusalCause },
    /// A value does not fit its category's own field.
    #[error("{label}: {rule}")]
    OwnField { label: String, rule: CustomFieldRule },
    /// Required steps were not ticked, and the note does not say why.
    #[error("{}", steps_words(.0))]
    StepsMissing(Vec<u16>),
    /// A step that the protocol does not have.
    #[error("The protocol has no step {0}")]
    UnknownStep(u16),
    #[error("Keep the surface wet for {} more, then record", minutes_text(*.left_s))]
    StillWet { left_s: u32 },
    /// Nobody started the contact time.
    #[error("Wet the surface and press “Surface is wet”, or say in the note why not")]
    NotWetted,
    #[error("{}, or record without proof and say why", proof_text(needed))]
    ProofMissing { needed: ProofMethod },
    #[error("Take a photo, or say in the note why there is none")]
    PhotoMissing,
    #[error("A cleaning has at most {} photos", record::limits::PHOTOS_MAX)]
    TooManyPhotos,
    #[error("This idempotency key was used for another request. Use a new one")]
    KeyReused,
    /// A key that cannot be one.
    #[error("An idempotency key has 1 to 200 characters, none of them control characters")]
    KeyForm,
    /// The person may not do this.
    #[error("{0}")]
    NotAllowed(RefusalCause),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustomFieldRule {
    #[error("fill it in")]
    Needed,
    #[error("enter a whole number")]
    Number,
    #[error("enter a day, such as 2026-11-24")]
    Day,
    #[error("enter one of {0}")]
    Choice(String),
    #[error("enter yes or no")]
    Yes,
}

fn field_label(field: &str) -> &'static str {
    match field {
        "name" => "The name",
        "cleaned_by" => "Your name",
        "notes" => "The note",
        "reason" => "The reason",
        "asset_number" => "The asset number",
        "serial" => "The serial number",
        "maker" => "The manufacturer",
        "model" => "The model",
        "category" => "The category",
        "location" => "The location",
        "custom" => "A custom field",
        "agent" => "The disinfectant",
        "lot" => "The lot",
        "steps" => "A step",
        "agents" => "A disinfectant",
        "ppe" => "What to wear",
        "ifu" => "The IFU reference",
        "ifu_rev" => "The IFU revision",
        "approved" => "The approver",
        "words" => "A translation",
        "readings" => "A reading",
        "done_by" => "The name of who did it",
        "fields" => "An own field",
        "within" => "The place that it is part of",
        "default_name" => "The name to begin with",
        "loan_owner" => "The owner of the loaner",
        "inspection_title" => "What the inspection is",
        "brand_name" => "The name above pages",
        "contact" => "The contact",
        "label_host" => "The label host",
        "number" => "The payroll number",
        _ => "A field",
    }
}

fn steps_words(steps: &[u16]) -> String {
    let list: Vec<String> = steps.iter().map(u16::to_string).collect();
    match list.as_slice() {
        [one] => format!("Tick step {one}, or say in the note why it was not done"),
        [first @ .., last] => {
            let first = first.join(", ");
            format!("Tick steps {first} and {last}, or say in the note why they were not done")
        }
        [] => "Tick the steps, or say in the note why they were not done".to_owned(),
    }
}

fn minutes_text(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn proof_text(needed: &ProofMethod) -> &'static str {
    match needed {
        ProofMethod::Pin => "Enter your PIN",
        ProofMethod::Badge => "Scan your badge or enter your PIN",
        _ => "Choose your name from the list",
    }
}

impl CommandRefusal {
    /// Somebody cleaned who is not signed off, and the note does not say why.
    pub const SIGN_OFF_NOTE: Self =
        Self::Needed { field: "notes", cause: RefusalCause::SignOff(SignOffRefusal::Note) };

    pub const BACK_DAY: Self = Self::Range { field: "back", cause: RefusalCause::Item(ItemRefusal::BackDay) };

    /// One word for machines; part of the problem's type.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTag(_) => "unknown-tag",
            Self::Retired { .. } => "retired",
            Self::TagTaken(_) => "tag-taken",
            Self::Code(_) => "code",
            Self::CodeTaken { .. } => "code-taken",
            Self::CodeUnconfirmed(_) => "code-unconfirmed",
            Self::AlreadySo(_) => "already-so",
            Self::UnknownProtocol(_) => "unknown-protocol",
            Self::UnknownUpkeep(_) => "unknown-upkeep",
            Self::NotItsProtocol => "not-its-protocol",
            Self::ProtocolChanged => "protocol-changed",
            Self::Changed { .. } => "changed",
            Self::UnknownStaff(_) => "unknown-staff",
            Self::UnknownCleaning { .. } => "unknown-cleaning",
            Self::SharedNumber { .. } => "shared-number",
            Self::UnknownProblem { .. } => "unknown-problem",
            Self::ReportsSpent => "reports-spent",
            Self::AlreadyVoided => "already-voided",
            Self::UndoOver => "undo-over",
            Self::Needed { .. } => "needed",
            Self::TooLong { .. } => "too-long",
            Self::Character { .. } => "character",
            Self::Range { .. } => "range",
            Self::OwnField { .. } => "own-field",
            Self::StepsMissing(_) => "steps-missing",
            Self::UnknownStep(_) => "unknown-step",
            Self::StillWet { .. } => "still-wet",
            Self::NotWetted => "not-wetted",
            Self::ProofMissing { .. } => "proof-missing",
            Self::PhotoMissing => "photo-missing",
            Self::TooManyPhotos => "too-many-photos",
            Self::KeyReused => "key-reused",
            Self::KeyForm => "key-form",
            Self::NotAllowed(_) => "not-allowed",
        }
    }

    /// What the words leave open: one sentence on the rule behind it.
    pub fn detail(&self) -> &'static str {
        match self {
            Self::UnknownTag(_) => {
                "The tag is well formed, but it is on no equipment of this facility, or it was taken off."
            }
            Self::Retired { .. } => "Its history is kept and can be read.",
            Self::TagTaken(_) => "A tag belongs to one item permanently.",
            Self::Code(_) => "A code is what is on one item alone, such as its serial number as a barcode.",
            Self::CodeTaken { .. } => "A code opens one item.",
            Self::CodeUnconfirmed(_) => "It is added once it is confirmed.",
            Self::AlreadySo(_) => "What was asked for is so already.",
            Self::UnknownProtocol(_) => "A protocol must be published before an item can be cleaned by it.",
            Self::UnknownUpkeep(_) => "The task was never planned for this item, or it was ended.",
            Self::NotItsProtocol => "A cleaning follows one of the protocols that its item has.",
            Self::ProtocolChanged => {
                "A record names the version that was followed, so it must be the newest one."
            }
            Self::Changed { .. } => {
                "A change names the version that it was made over, and another one is there."
            }
            Self::UnknownStaff(_) => "The person was never added, or has left.",
            Self::UnknownCleaning { .. } => "No cleaning of this box has that number.",
            Self::SharedNumber { .. } => {
                "The storage lost this record and gave its number to another one, which would be voided instead. Both count."
            }
            Self::UnknownProblem { .. } => "It was never made, or somebody has closed it.",
            Self::ReportsSpent => {
                "A phone can make five reports in an hour, a person who proves who they are thirty, and phones behind one address thirty \
                 without proof, five of them about one item."
            }
            Self::AlreadyVoided => "A cleaning is voided once; both entries stay.",
            Self::UndoOver => "Only the phone that made a record can undo it, and only for some minutes.",
            Self::Needed { .. } => "The field is missing, empty, or has only characters that show nothing.",
            Self::TooLong { .. } => "The box keeps texts as they were entered and never cuts them off.",
            Self::Character { .. } => {
                "Control characters, and characters that turn the direction of writing, are not accepted."
            }
            Self::Range { .. } => "The value can be read, but it is outside of what the box takes.",
            Self::OwnField { .. } => "The category says what its own fields hold.",
            Self::StepsMissing(_) => "A required step that was left out needs a reason.",
            Self::UnknownStep(_) => "Steps are counted from 1, in the order of the item’s protocol.",
            Self::StillWet { .. } | Self::NotWetted => {
                "The protocol has a contact time, which the box measures from the moment at which the surface was wet."
            }
            Self::ProofMissing { .. } => {
                "The facility asks for more than a typed name for this class of use."
            }
            Self::PhotoMissing => "This item needs a photo with each cleaning.",
            Self::TooManyPhotos => "Further photos have no place in the record.",
            Self::KeyReused => {
                "A key stands for one request; the record that was made with it stays as it is."
            }
            Self::KeyForm => "The key is what makes a repeated request harmless.",
            Self::NotAllowed(_) => "Your role does not include this.",
        }
    }

    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Needed { field, .. }
            | Self::TooLong { field, .. }
            | Self::Character { field, .. }
            | Self::Range { field, .. } => Some(field),
            Self::UnknownTag(_) | Self::Retired { .. } | Self::TagTaken(_) => Some("tag"),
            Self::Code(_) | Self::CodeTaken { .. } | Self::CodeUnconfirmed(_) => Some("code"),
            Self::UnknownProtocol(_) | Self::NotItsProtocol | Self::ProtocolChanged => Some("protocol"),
            Self::UnknownUpkeep(_) => Some("upkeep"),
            Self::UnknownStaff(_) => Some("staff"),
            Self::OwnField { .. } => Some("custom"),
            Self::StepsMissing(_) | Self::UnknownStep(_) => Some("step"),
            Self::StillWet { .. } | Self::NotWetted => Some("wet"),
            Self::ProofMissing { .. } => Some("cleaned_by"),
            Self::PhotoMissing | Self::TooManyPhotos => Some("photo"),
            Self::KeyReused | Self::KeyForm => Some("idempotency-key"),
            Self::AlreadySo(_)
            | Self::Changed { .. }
            | Self::UnknownCleaning { .. }
            | Self::SharedNumber { .. }
            | Self::UnknownProblem { .. }
            | Self::ReportsSpent
            | Self::AlreadyVoided
            | Self::UndoOver
            | Self::NotAllowed(_) => None,
        }
    }
}
