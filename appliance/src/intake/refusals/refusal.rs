//! Every reason for which a command is refused, and what is said of it; its words are in the catalogue.

use std::fmt;

use record::code::ScannedCodeError;
use record::fold::RowVersion;
use record::ids::{ProtocolId, StaffId, UpkeepId};
use record::kinds::{EntryRef, ProofMethod};
use record::limits::PHOTOS_MAX;
use record::tag::Tag;

use crate::intake::{ItemRefusal, RefusalCause, SignOffRefusal};

/// What must be confirmed before a code is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeQuestion {
    TradeItemNumber,
    OfRetiredItem { name: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandRefusal {
    UnknownTag(Tag),
    /// The item is gone for good.
    Retired {
        name: String,
    },
    TagTaken(Tag),
    Code(ScannedCodeError),
    CodeTaken {
        code: String,
        name: String,
    },
    CodeUnconfirmed(CodeQuestion),
    /// The item is already in the requested state.
    AlreadySo(RefusalCause),
    /// A protocol that does not exist.
    UnknownProtocol(ProtocolId),
    /// A maintenance task that the item does not have, or that ended.
    UnknownUpkeep(UpkeepId),
    /// A protocol by which this item is not cleaned.
    NotItsProtocol,
    /// The protocol was published again since the page was opened.
    ProtocolChanged,
    Changed {
        now: RowVersion,
    },
    /// A person who does not exist or has left.
    UnknownStaff(StaffId),
    /// A cleaning that does not exist.
    UnknownCleaning {
        of: EntryRef,
    },
    /// Two branches of a log have a record under its number, and it is not the one that the number leads to.
    SharedNumber {
        of: EntryRef,
    },
    UnknownProblem {
        of: EntryRef,
    },
    /// One device reported too much, or one network.
    ReportsSpent,
    AlreadyVoided,
    UndoOver,
    Needed {
        field: &'static str,
        cause: RefusalCause,
    },
    TooLong {
        field: &'static str,
        chars_max: usize,
    },
    /// A field has a character that nobody can see.
    Character {
        field: &'static str,
        code: u32,
    },
    Range {
        field: &'static str,
        cause: RefusalCause,
    },
    /// A value does not fit its category's own field.
    OwnField {
        label: String,
        rule: CustomFieldRule,
    },
    /// Required steps were not ticked, and the note does not say why.
    StepsMissing(Vec<u16>),
    /// A step that the protocol does not have.
    UnknownStep(u16),
    StillWet {
        left_s: u32,
    },
    /// Nobody started the contact time.
    NotWetted,
    ProofMissing {
        needed: ProofMethod,
    },
    PhotoMissing,
    TooManyPhotos,
    KeyReused,
    /// A key that cannot be one.
    KeyForm,
    /// The person may not do this.
    NotAllowed(RefusalCause),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomFieldRule {
    Needed,
    Number,
    Day,
    Choice(String),
    Yes,
}

/// What is said of a refusal wherever it is shown: to a program, beside a field, in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalFacts {
    /// The key of the rule behind it: its message has it as `detail`. Without `refusal-` the word for machines.
    pub rule: &'static str,
    /// Of the message that says what to do.
    pub key: &'static str,
    /// The field that it stands beside; none, it is of the whole.
    pub field: Option<&'static str>,
    /// What stands in the message.
    pub values: Vec<(&'static str, String)>,
}

impl RefusalFacts {
    fn of(rule: &'static str) -> Self {
        Self { rule, key: rule, field: None, values: Vec::new() }
    }

    fn at(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }

    fn key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((name, value.to_string()));
        self
    }
}

impl std::error::Error for CommandRefusal {}

/// For logs: the word for machines, what it is about, and the cause.
impl fmt::Display for CommandRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RefusalFacts { rule, key, field, values } = self.facts();
        f.write_str(self.code())?;
        for (name, value) in field.map(|field| ("field", field.to_owned())).into_iter().chain(values) {
            write!(f, " {name}={value:?}")?;
        }
        if key == rule { Ok(()) } else { write!(f, " cause={key}") }
    }
}

impl CommandRefusal {
    /// Somebody cleaned who is not signed off, and the note does not say why.
    pub const SIGN_OFF_NOTE: Self =
        Self::Needed { field: "notes", cause: RefusalCause::SignOff(SignOffRefusal::Note) };

    pub const BACK_DAY: Self = Self::Range { field: "back", cause: RefusalCause::Item(ItemRefusal::BackDay) };

    /// One word for machines; part of the problem's type.
    pub fn code(&self) -> &'static str {
        self.facts().rule.trim_start_matches("refusal-")
    }

    pub fn field(&self) -> Option<&'static str> {
        self.facts().field
    }

    pub fn facts(&self) -> RefusalFacts {
        let of = RefusalFacts::of;
        match self {
            Self::UnknownTag(tag) => of("refusal-unknown-tag").at("tag").with("tag", tag),
            Self::Retired { name } => of("refusal-retired").at("tag").with("name", name),
            Self::TagTaken(tag) => of("refusal-tag-taken").at("tag").with("tag", tag),
            Self::Code(error) => code_facts(*error, of("refusal-code").at("code")),
            Self::CodeTaken { code, name } => {
                of("refusal-code-taken").at("code").with("code", code).with("name", name)
            }
            Self::CodeUnconfirmed(question) => {
                let facts = of("refusal-code-unconfirmed").at("code");
                match question {
                    CodeQuestion::TradeItemNumber => facts.key("refusal-code-trade-item"),
                    CodeQuestion::OfRetiredItem { name } => {
                        facts.key("refusal-code-retired").with("name", name)
                    }
                }
            }
            Self::AlreadySo(cause) => of("refusal-already-so").key(cause.key()),
            Self::UnknownProtocol(protocol) => {
                of("refusal-unknown-protocol").at("protocol").with("protocol", protocol)
            }
            Self::UnknownUpkeep(upkeep) => of("refusal-unknown-upkeep").at("upkeep").with("upkeep", upkeep),
            Self::NotItsProtocol => of("refusal-not-its-protocol").at("protocol"),
            Self::ProtocolChanged => of("refusal-protocol-changed").at("protocol"),
            Self::Changed { .. } => of("refusal-changed"),
            Self::UnknownStaff(staff) => of("refusal-unknown-staff").at("staff").with("staff", staff),
            Self::UnknownCleaning { of: entry } => {
                of("refusal-unknown-cleaning").with("seq", entry.seq).with("log", entry.epoch)
            }
            Self::SharedNumber { of: entry } => of("refusal-shared-number").with("seq", entry.seq),
            Self::UnknownProblem { of: entry } => of("refusal-unknown-problem").with("seq", entry.seq),
            Self::ReportsSpent => of("refusal-reports-spent"),
            Self::AlreadyVoided => of("refusal-already-voided"),
            Self::UndoOver => of("refusal-undo-over"),
            Self::Needed { field, cause } => of("refusal-needed").at(field).key(cause.key()),
            Self::TooLong { field, chars_max } => of("refusal-too-long").at(field).with("max", chars_max),
            Self::Character { field, code } => {
                of("refusal-character").at(field).with("code", format_args!("{code:04X}"))
            }
            Self::Range { field, cause } => of("refusal-range").at(field).key(cause.key()),
            Self::OwnField { label, rule } => {
                let (rule, choices) = rule.words();
                let facts = of("refusal-own-field").at("custom").with("label", label);
                facts.with("rule", rule).with("choices", choices)
            }
            Self::StepsMissing(steps) => steps_facts(steps, of("refusal-steps-missing").at("step")),
            Self::UnknownStep(step) => of("refusal-unknown-step").at("step").with("step", step),
            Self::StillWet { left_s } => {
                let left = format_args!("{}:{:02}", left_s / 60, left_s % 60).to_string();
                of("refusal-still-wet").at("wet").with("left", left)
            }
            Self::NotWetted => of("refusal-not-wetted").at("wet"),
            Self::ProofMissing { needed } => of("refusal-proof-missing").at("cleaned_by").key(match needed {
                ProofMethod::Pin => "refusal-proof-pin",
                ProofMethod::Badge => "refusal-proof-badge",
                _ => "refusal-proof-list",
            }),
            Self::PhotoMissing => of("refusal-photo-missing").at("photo"),
            Self::TooManyPhotos => of("refusal-too-many-photos").at("photo").with("max", PHOTOS_MAX),
            Self::KeyReused => of("refusal-key-reused").at("idempotency-key"),
            Self::KeyForm => of("refusal-key-form").at("idempotency-key"),
            Self::NotAllowed(cause) => of("refusal-not-allowed").key(cause.key()),
        }
    }
}

impl CustomFieldRule {
    fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Needed => ("needed", ""),
            Self::Number => ("number", ""),
            Self::Day => ("day", ""),
            Self::Choice(choices) => ("choice", choices),
            Self::Yes => ("yes", ""),
        }
    }
}

fn code_facts(error: ScannedCodeError, facts: RefusalFacts) -> RefusalFacts {
    match error {
        ScannedCodeError::Length => facts.key("refusal-code-length"),
        ScannedCodeError::Character(code) => {
            facts.key("refusal-code-character").with("code", format_args!("{code:04X}"))
        }
        ScannedCodeError::EveryItem => facts.key("refusal-code-every-item"),
        ScannedCodeError::WithoutProduct => facts.key("refusal-code-without-product"),
        ScannedCodeError::SeparatorsMissing => facts.key("refusal-code-separators"),
        ScannedCodeError::KeyboardLayout => facts.key("refusal-code-keyboard"),
        ScannedCodeError::Tag(tag) => facts.key("refusal-code-tag").with("tag", tag),
    }
}

fn steps_facts(steps: &[u16], facts: RefusalFacts) -> RefusalFacts {
    match steps {
        [] => facts.key("refusal-all-steps-missing"),
        [one] => facts.key("refusal-step-missing").with("step", one),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(u16::to_string).collect();
            facts.with("steps", first.join(", ")).with("last", last)
        }
    }
}
