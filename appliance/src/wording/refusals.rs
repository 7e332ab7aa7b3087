//! What intake refuses, and what identity and alarms do, in the reader's language.

use words::{Locale, WordSet};

use super::{ErrorWords, PeopleWords, RefusalWords};
use crate::alarms::AcknowledgeError;
use crate::command::CommandError;
use crate::identity::TokenRefusal;
use crate::intake::{CommandRefusal, RefusalFacts};

/// What to do, without a full stop.
pub(crate) fn word_refusal(w: RefusalWords, refusal: &CommandRefusal) -> String {
    let RefusalFacts { key, field, values, .. } = refusal.facts();
    let field = field.unwrap_or_default();
    let mut values: Vec<_> = values.into_iter().map(|(name, value)| (name, value.into())).collect();
    values.extend([("field", field.into()), ("subject", w.refusal_field(field).into())]);
    w.catalog().format(key, &values)
}

/// One sentence on the rule behind it.
pub(crate) fn word_rule(w: RefusalWords, refusal: &CommandRefusal) -> String {
    let detail = match refusal.facts().rule {
        // The same rule.
        "refusal-not-wetted" => "refusal-still-wet",
        rule => rule,
    };
    w.catalog().format(&format!("{detail}.detail"), &[])
}

/// For the command line, which is in English.
pub(crate) fn word_command_error(error: &CommandError) -> String {
    match error {
        CommandError::Refused(refusal) => word_refusal(WordSet::in_locale(Locale::EnUs), refusal),
        CommandError::Store(error) => error.to_string(),
    }
}

pub(crate) fn word_token_refusal(w: PeopleWords, refusal: &TokenRefusal) -> String {
    match refusal {
        TokenRefusal::Name => w.program_name_wrong(),
        TokenRefusal::Days => w.program_days_wrong(),
        TokenRefusal::TooMany => w.program_too_many(),
        TokenRefusal::Repeated => w.program_repeated(),
        TokenRefusal::Unknown(which) => w.program_unknown(which),
        TokenRefusal::Ambiguous { name, ids } => w.program_ambiguous(ids.join(", "), name),
    }
}

/// For the command line, which is in English.
pub(crate) fn word_command_token_refusal(refusal: &TokenRefusal) -> String {
    word_token_refusal(WordSet::in_locale(Locale::EnUs), refusal)
}

/// For the command line, which is in English.
pub(crate) fn word_acknowledge_error(error: &AcknowledgeError) -> String {
    let w: ErrorWords = WordSet::in_locale(Locale::EnUs);
    match error {
        AcknowledgeError::Unknown(id) => w.error_alarm_detail(id),
        AcknowledgeError::Unsaved(error) => format!("{error}. {}", w.error_alarm_safe()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use record::code::ScannedCodeError;
    use record::fold::RowVersion;
    use record::ids::{Epoch, StaffId};
    use record::kinds::{EntryRef, ProofMethod};

    use super::*;
    use crate::intake::{CodeQuestion, CustomFieldRule, RefusalCause};

    const OPEN_FIELDS: [&str; 5] = ["cleaned_by", "notes", "agent", "lot", "reason"];

    fn open_refusals() -> Vec<CommandRefusal> {
        let of = EntryRef { epoch: Epoch { n: 1, key: [7; 4] }, seq: 4_207 };
        let mut refusals = vec![
            CommandRefusal::UnknownTag("7QK3M9X2W".parse().unwrap()),
            CommandRefusal::Retired { name: "Pump <7>".to_owned() },
            CommandRefusal::NotItsProtocol,
            CommandRefusal::ProtocolChanged,
            CommandRefusal::UnknownStaff(StaffId::new(7, [7; 10])),
            CommandRefusal::UnknownCleaning { of },
            CommandRefusal::SharedNumber { of },
            CommandRefusal::UnknownProblem { of },
            CommandRefusal::ReportsSpent,
            CommandRefusal::AlreadyVoided,
            CommandRefusal::UndoOver,
            CommandRefusal::Needed { field: "cleaned_by", cause: RefusalCause::OwnName },
            CommandRefusal::Needed { field: "reason", cause: RefusalCause::Reason },
            CommandRefusal::Needed { field: "what", cause: RefusalCause::ProblemKind },
            CommandRefusal::Needed { field: "outcome", cause: RefusalCause::ProblemOutcome },
            CommandRefusal::SIGN_OFF_NOTE,
            CommandRefusal::UnknownStep(41),
            CommandRefusal::StillWet { left_s: 112 },
            CommandRefusal::NotWetted,
            CommandRefusal::ProofMissing { needed: ProofMethod::List },
            CommandRefusal::ProofMissing { needed: ProofMethod::Badge },
            CommandRefusal::ProofMissing { needed: ProofMethod::Pin },
            CommandRefusal::Needed { field: "notes", cause: RefusalCause::NoteReason },
            CommandRefusal::PhotoMissing,
            CommandRefusal::TooManyPhotos,
            CommandRefusal::KeyReused,
            CommandRefusal::KeyForm,
        ];
        refusals.extend([vec![], vec![2], vec![1, 2], vec![1, 2, 4]].map(CommandRefusal::StepsMissing));
        refusals.extend(OPEN_FIELDS.map(|field| CommandRefusal::TooLong { field, chars_max: 1_000 }));
        refusals.extend(OPEN_FIELDS.map(|field| CommandRefusal::Character { field, code: 0x7f }));
        refusals
    }

    fn staff_refusals() -> Vec<CommandRefusal> {
        let protocol = record::ids::ProtocolId::new(7, [7; 10]);
        let mut refusals = vec![
            CommandRefusal::TagTaken("7QK3M9X2W".parse().unwrap()),
            CommandRefusal::Code(ScannedCodeError::Length),
            CommandRefusal::Code(ScannedCodeError::Character(0x1d)),
            CommandRefusal::Code(ScannedCodeError::EveryItem),
            CommandRefusal::Code(ScannedCodeError::Tag("7QK3M9X2W".parse().unwrap())),
            CommandRefusal::Code(ScannedCodeError::WithoutProduct),
            CommandRefusal::Code(ScannedCodeError::SeparatorsMissing),
            CommandRefusal::Code(ScannedCodeError::KeyboardLayout),
            CommandRefusal::CodeTaken { code: "BME-1".into(), name: "Pump <7>".into() },
            CommandRefusal::CodeUnconfirmed(CodeQuestion::TradeItemNumber),
            CommandRefusal::CodeUnconfirmed(CodeQuestion::OfRetiredItem { name: "Pump <7>".into() }),
            CommandRefusal::UnknownProtocol(protocol),
            CommandRefusal::UnknownUpkeep(record::ids::UpkeepId::new(7, [7; 10])),
            CommandRefusal::OwnField { label: "Side".into(), rule: CustomFieldRule::Needed },
            CommandRefusal::OwnField { label: "Side".into(), rule: CustomFieldRule::Number },
            CommandRefusal::OwnField { label: "Side".into(), rule: CustomFieldRule::Day },
            CommandRefusal::OwnField { label: "Side".into(), rule: CustomFieldRule::Yes },
            CommandRefusal::OwnField { label: "Side".into(), rule: CustomFieldRule::Choice("a, b".into()) },
            CommandRefusal::Changed { now: RowVersion::default() },
        ];
        let fields = ["name", "asset_number", "serial", "maker", "model", "category", "location", "custom"];
        for field in fields.into_iter().chain([
            "steps",
            "agents",
            "ppe",
            "ifu",
            "ifu_rev",
            "approved",
            "words",
            "readings",
            "done_by",
            "fields",
            "within",
            "default_name",
            "loan_owner",
            "inspection_title",
            "brand_name",
            "contact",
            "label_host",
            "number",
            "epa",
        ]) {
            refusals.push(CommandRefusal::TooLong { field, chars_max: 1_000 });
            refusals.push(CommandRefusal::Character { field, code: 0x202e });
        }
        for cause in RefusalCause::all() {
            refusals.push(CommandRefusal::Needed { field: "name", cause });
            refusals.push(CommandRefusal::Range { field: "schedule", cause });
            refusals.push(CommandRefusal::AlreadySo(cause));
            refusals.push(CommandRefusal::NotAllowed(cause));
        }
        refusals
    }

    #[test]
    fn every_refusal_has_words_and_every_word_a_refusal() {
        let [english, pseudo]: [RefusalWords; 2] = [Locale::EnUs, Locale::Pseudo].map(WordSet::in_locale);
        let mut unused = list_keys(include_str!("../../words/en/refusal.ftl"));
        unused.remove("refusal-field");
        for refusal in open_refusals().into_iter().chain(staff_refusals()) {
            let RefusalFacts { key, rule, .. } = refusal.facts();
            unused.remove(key);
            unused.remove(rule);
            for text in [word_refusal(english, &refusal), word_rule(english, &refusal)] {
                assert!(!text.contains("{$") && !text.starts_with("refusal-"), "{refusal}: {text}");
            }
            for text in [word_refusal(pseudo, &refusal), word_rule(pseudo, &refusal)] {
                assert!(text.starts_with(words::PSEUDO_OPEN), "{refusal}: {text}");
            }
        }
        assert_eq!(unused, BTreeSet::new());
    }

    #[test]
    fn the_command_line_reads_the_words_of_pages() {
        let twins = TokenRefusal::Ambiguous { name: "cmms".to_owned(), ids: vec!["a1".into(), "b2".into()] };
        let expected = "Several tokens are called “cmms”; say which by its id: a1, b2";
        assert_eq!(word_command_token_refusal(&twins), expected);
        let spanish: PeopleWords = WordSet::in_locale(Locale::EsUs);
        let unknown = TokenRefusal::Unknown("cmms".to_owned());
        let expected = "Ningún token vigente tiene el id o el nombre “cmms”";
        assert_eq!(word_token_refusal(spanish, &unknown), expected);
        let gone = AcknowledgeError::Unknown("7".to_owned());
        let expected = "There is no alarm 7; it may have been acknowledged and deleted since.";
        assert_eq!(word_acknowledge_error(&gone), expected);
        let unsaved = AcknowledgeError::Unsaved(std::io::Error::other("disk full"));
        assert_eq!(word_acknowledge_error(&unsaved), "disk full. The alarm stays as it was.");
    }

    fn list_keys(file: &str) -> BTreeSet<&str> {
        let keys = file.lines().filter(|line| line.starts_with("refusal-"));
        keys.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
    }

    #[test]
    fn what_a_log_has_is_a_word_and_its_values() {
        let long = CommandRefusal::TooLong { field: "notes", chars_max: 1_000 };
        assert_eq!(long.to_string(), r#"too-long field="notes" max="1000""#);
        let cause = RefusalCause::PersonName;
        let unnamed = CommandRefusal::Needed { field: "name", cause };
        assert_eq!(unnamed.to_string(), r#"needed field="name" cause=refusal-needs-person-name"#);
        assert_eq!(CommandRefusal::KeyForm.to_string(), r#"key-form field="idempotency-key""#);
        let english: RefusalWords = WordSet::in_locale(Locale::EnUs);
        let own = |rule| CommandRefusal::OwnField { label: "Side".to_owned(), rule };
        for (refusal, expected) in [
            (own(CustomFieldRule::Needed), "Side: fill it in"),
            (own(CustomFieldRule::Day), "Side: enter a day, such as 2026-11-24"),
            (own(CustomFieldRule::Choice("a, b".to_owned())), "Side: enter one of a, b"),
            (
                CommandRefusal::StepsMissing(vec![1, 2, 4]),
                "Tick steps 1, 2 and 4, or say in the note why they were not done",
            ),
            (CommandRefusal::StillWet { left_s: 112 }, "Keep the surface wet for 1:52 more, then record"),
            (unnamed, "Enter the person’s name"),
        ] {
            assert_eq!(word_refusal(english, &refusal), expected);
        }
        let spanish: RefusalWords = WordSet::in_locale(Locale::EsUs);
        assert_eq!(word_refusal(spanish, &long), "La nota tiene más de 1000 caracteres. Acórtela");
    }
}
