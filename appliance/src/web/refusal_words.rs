//! What intake refuses, in the reader's language: some refusals can occur on public pages, the rest by staff and programs.

use record::code::ScannedCodeError;
use record::kinds::ProofMethod;
use record::limits::PHOTOS_MAX;

use words::{Language, Locale, WordSet};

use crate::intake::{
    ClockRefusal, CodeQuestion, CommandRefusal, CustomFieldRule, FacilityRefusal, ItemRefusal,
    LanguageRefusal, Permission, RefusalCause, RenameRefusal, SignOffRefusal,
};
use crate::web::words::{RefusalWords, StaffRefusalWords};

#[derive(Debug, Clone, Copy)]
pub(crate) struct EveryRefusalWords {
    open: RefusalWords,
    staff: StaffRefusalWords,
}

impl WordSet for EveryRefusalWords {
    fn has_language(language: Language) -> bool {
        <(RefusalWords, StaffRefusalWords)>::has_language(language)
    }

    fn open_areas(locale: Locale) -> Self {
        let (open, staff) = WordSet::open_areas(locale);
        Self { open, staff }
    }
}

const OPEN_FIELDS: [&str; 5] = ["cleaned_by", "notes", "agent", "lot", "reason"];

/// What to do, without a full stop; `None` for what only staff and programs can be refused.
pub(crate) fn word_refusal(w: RefusalWords, refusal: &CommandRefusal) -> Option<String> {
    Some(match refusal {
        CommandRefusal::UnknownTag(tag) => w.refusal_unknown_tag(tag.to_string()),
        CommandRefusal::Retired { name } => w.refusal_retired(name),
        CommandRefusal::NotItsProtocol => w.refusal_not_its_protocol(),
        CommandRefusal::ProtocolChanged => w.refusal_protocol_changed(),
        CommandRefusal::UnknownStaff(staff) => w.refusal_unknown_staff(staff.to_string()),
        CommandRefusal::UnknownCleaning { of } => {
            w.refusal_unknown_cleaning(of.epoch.to_string(), of.seq.to_string())
        }
        CommandRefusal::SharedNumber { of } => w.refusal_shared_number(of.seq.to_string()),
        CommandRefusal::AlreadyVoided => w.refusal_already_voided(),
        CommandRefusal::UnknownProblem { of } => w.refusal_unknown_problem(of.seq.to_string()),
        CommandRefusal::ReportsSpent => w.refusal_reports_spent(),
        CommandRefusal::UndoOver => w.refusal_undo_over(),
        CommandRefusal::Needed { field: "cleaned_by", .. } => w.refusal_name_needed(),
        CommandRefusal::Needed { cause: RefusalCause::SignOff(SignOffRefusal::Note), .. } => {
            w.refusal_sign_off_note()
        }
        CommandRefusal::Needed { field: "notes", .. } => w.refusal_note_needed(),
        CommandRefusal::Needed { field: "reason", .. } => w.refusal_reason_needed(),
        CommandRefusal::Needed { field: "what", .. } => w.refusal_problem_kind(),
        CommandRefusal::Needed { field: "outcome", .. } => w.refusal_problem_outcome(),
        CommandRefusal::TooLong { field, chars_max } if OPEN_FIELDS.contains(field) => {
            w.refusal_too_long(field, chars_max.to_string())
        }
        CommandRefusal::Character { field, code } if OPEN_FIELDS.contains(field) => {
            w.refusal_character(format!("{code:04X}"), field)
        }
        CommandRefusal::Range { cause: RefusalCause::LotDay, .. } => w.refusal_lot_day(),
        CommandRefusal::StepsMissing(steps) => word_steps(w, steps),
        CommandRefusal::UnknownStep(step) => w.refusal_unknown_step(step.to_string()),
        CommandRefusal::StillWet { left_s } => {
            w.refusal_still_wet(format!("{}:{:02}", left_s / 60, left_s % 60))
        }
        CommandRefusal::NotWetted => w.refusal_not_wetted(),
        CommandRefusal::ProofMissing { needed: ProofMethod::Pin } => w.refusal_proof_pin(),
        CommandRefusal::ProofMissing { needed: ProofMethod::Badge } => w.refusal_proof_badge(),
        CommandRefusal::ProofMissing { .. } => w.refusal_proof_list(),
        CommandRefusal::PhotoMissing => w.refusal_photo_missing(),
        CommandRefusal::TooManyPhotos => w.refusal_too_many_photos(PHOTOS_MAX.to_string()),
        CommandRefusal::KeyReused => w.refusal_key_reused(),
        CommandRefusal::KeyForm => w.refusal_key_form(),
        CommandRefusal::Needed { .. }
        | CommandRefusal::TooLong { .. }
        | CommandRefusal::Character { .. }
        | CommandRefusal::TagTaken(_)
        | CommandRefusal::Code(_)
        | CommandRefusal::CodeTaken { .. }
        | CommandRefusal::CodeUnconfirmed(_)
        | CommandRefusal::AlreadySo(_)
        | CommandRefusal::UnknownProtocol(_)
        | CommandRefusal::UnknownUpkeep(_)
        | CommandRefusal::OwnField { .. }
        | CommandRefusal::Changed { .. }
        | CommandRefusal::Range { .. }
        | CommandRefusal::NotAllowed(_) => return None,
    })
}

pub(crate) fn word_staff_refusal(w: EveryRefusalWords, refusal: &CommandRefusal) -> String {
    let staff = w.staff;
    word_refusal(w.open, refusal).unwrap_or_else(|| match refusal {
        CommandRefusal::Needed { cause, .. }
        | CommandRefusal::Range { cause, .. }
        | CommandRefusal::AlreadySo(cause)
        | CommandRefusal::NotAllowed(cause) => word_refusal_cause(w, *cause),
        CommandRefusal::TooLong { field, chars_max } => {
            staff.staff_refusal_too_long(chars_max.to_string(), staff.staff_refusal_field(field))
        }
        CommandRefusal::Character { field, code } => {
            staff.staff_refusal_character(format!("{code:04X}"), staff.staff_refusal_field(field))
        }
        CommandRefusal::TagTaken(tag) => staff.staff_refusal_tag_taken(tag.to_string()),
        CommandRefusal::Code(error) => word_code_error(staff, *error),
        CommandRefusal::CodeTaken { code, name } => staff.staff_refusal_code_taken(code, name),
        CommandRefusal::CodeUnconfirmed(CodeQuestion::TradeItemNumber) => {
            staff.staff_refusal_code_trade_item()
        }
        CommandRefusal::CodeUnconfirmed(CodeQuestion::OfRetiredItem { name }) => {
            staff.staff_refusal_code_retired(name)
        }
        CommandRefusal::UnknownProtocol(protocol) => staff.staff_refusal_protocol(protocol.to_string()),
        CommandRefusal::OwnField { label, rule } => word_own_field(staff, label, rule),
        CommandRefusal::UnknownUpkeep(upkeep) => staff.staff_refusal_upkeep(upkeep.to_string()),
        CommandRefusal::Changed { .. } => staff.staff_refusal_changed(),
        // Messages of public pages, all of them.
        other => other.to_string(),
    })
}

pub(crate) fn word_code_error(w: StaffRefusalWords, error: ScannedCodeError) -> String {
    match error {
        ScannedCodeError::Length => w.staff_refusal_code_length(),
        ScannedCodeError::Character(code) => w.staff_refusal_code_character(format!("{code:04X}")),
        ScannedCodeError::EveryItem => w.staff_refusal_code_every_item(),
        ScannedCodeError::WithoutProduct => w.staff_refusal_code_without_product(),
        ScannedCodeError::SeparatorsMissing => w.staff_refusal_code_separators(),
        ScannedCodeError::KeyboardLayout => w.staff_refusal_code_keyboard(),
        ScannedCodeError::Tag(tag) => w.staff_refusal_code_tag(tag.to_string()),
    }
}

fn word_item_refusal(w: StaffRefusalWords, cause: ItemRefusal) -> String {
    match cause {
        ItemRefusal::CodeCount => w.refusal_range_codes(),
        ItemRefusal::OwnCode => w.refusal_already_own_code(),
        ItemRefusal::NoCode => w.refusal_already_no_code(),
        ItemRefusal::Badge => w.refusal_range_badge(),
        ItemRefusal::OnlyTag => w.refusal_already_only_tag(),
        ItemRefusal::MergedWithItself => w.refusal_range_merged_with_itself(),
        ItemRefusal::LoanDay => w.refusal_needs_loan_day(),
        ItemRefusal::BackDay => w.refusal_range_back_day(),
        ItemRefusal::NoFreeTag => w.refusal_no_free_tag(),
        ItemRefusal::OutOfService => w.refusal_already_out(),
        ItemRefusal::InService => w.refusal_already_in(),
    }
}

fn word_sign_off_refusal(w: EveryRefusalWords, cause: SignOffRefusal) -> String {
    match cause {
        SignOffRefusal::Note => w.open.refusal_sign_off_note(),
        SignOffRefusal::Day => w.staff.refusal_range_sign_off_day(),
        SignOffRefusal::Count => w.staff.refusal_range_sign_off_count(),
        SignOffRefusal::Absent => w.staff.refusal_already_not_signed_off(),
        SignOffRefusal::Yourself => w.staff.refusal_not_signed_off_yourself(),
    }
}

fn word_clock_refusal(w: StaffRefusalWords, cause: ClockRefusal) -> String {
    match cause {
        ClockRefusal::Synced => w.refusal_clock_kept(),
        ClockRefusal::Right => w.refusal_clock_right(),
        ClockRefusal::Time => w.refusal_clock_time(),
    }
}

fn word_language_refusal(w: StaffRefusalWords, cause: LanguageRefusal) -> String {
    match cause {
        LanguageRefusal::Translation => w.refusal_range_translation_language(),
        LanguageRefusal::Page => w.refusal_range_page_language(),
        LanguageRefusal::Facility => w.refusal_range_facility_language(),
        LanguageRefusal::Steps => w.refusal_range_translation_steps(),
    }
}

fn word_facility_refusal(w: StaffRefusalWords, cause: FacilityRefusal) -> String {
    match cause {
        FacilityRefusal::PinProofTime => w.refusal_range_pin_proof(),
        FacilityRefusal::UndoTime => w.refusal_range_undo(),
        FacilityRefusal::TimeZone => w.refusal_range_zone(),
        FacilityRefusal::Word => w.refusal_range_setting(),
        FacilityRefusal::InspectionDay => w.refusal_range_inspection_day(),
        FacilityRefusal::SurveyDay => w.refusal_range_survey_day(),
        FacilityRefusal::Shifts => w.refusal_range_shifts(),
        FacilityRefusal::Colour => w.refusal_range_brand_colour(),
        FacilityRefusal::PaleColour => w.refusal_range_pale_colour(),
        FacilityRefusal::RetainYears => w.refusal_range_retain_years(),
        FacilityRefusal::LocalHost => w.refusal_range_label_host_local(),
        FacilityRefusal::PublicHost => w.refusal_range_label_host_public(),
    }
}

fn word_check_refusal(w: StaffRefusalWords, cause: RefusalCause) -> String {
    if cause == RefusalCause::CheckMethod { w.refusal_check_method() } else { w.refusal_check_result() }
}

fn word_rename_refusal(w: StaffRefusalWords, cause: RenameRefusal) -> String {
    match cause {
        RenameRefusal::Unknown => w.refusal_rename_unknown(),
        RenameRefusal::ItemCount => w.refusal_rename_item_count(),
    }
}

fn word_refusal_cause(w: EveryRefusalWords, cause: RefusalCause) -> String {
    let staff = w.staff;
    match cause {
        RefusalCause::OwnName => w.open.refusal_name_needed(),
        RefusalCause::Reason => w.open.refusal_reason_needed(),
        RefusalCause::LotDay => w.open.refusal_lot_day(),
        RefusalCause::ProblemKind => w.open.refusal_problem_kind(),
        RefusalCause::ProblemOutcome => w.open.refusal_problem_outcome(),
        RefusalCause::CheckResult | RefusalCause::CheckMethod => word_check_refusal(staff, cause),
        RefusalCause::OwnCleaning => staff.refusal_own_cleaning(),
        RefusalCause::Clock(cause) => word_clock_refusal(staff, cause),
        RefusalCause::Item(cause) => word_item_refusal(staff, cause),
        RefusalCause::EquipmentName => staff.refusal_needs_equipment_name(),
        RefusalCause::PersonName => staff.refusal_needs_person_name(),
        RefusalCause::CustomFieldName => staff.refusal_needs_field_name(),
        RefusalCause::StepText => staff.refusal_needs_step(),
        RefusalCause::AgentName => staff.refusal_needs_agent_name(),
        RefusalCause::ProtocolName => staff.refusal_needs_protocol_name(),
        RefusalCause::FacilityName => staff.refusal_needs_facility_name(),
        RefusalCause::ProtocolCount => staff.refusal_range_protocols(),
        RefusalCause::CustomFieldCount => staff.refusal_range_custom_fields(),
        RefusalCause::PerformedAhead => staff.refusal_range_ahead(),
        RefusalCause::PerformedLongAgo => staff.refusal_range_long_ago(),
        RefusalCause::UseEnd => staff.refusal_range_use_end(),
        RefusalCause::ScheduleHours => staff.refusal_range_hours(),
        RefusalCause::ScheduleDays => staff.refusal_range_days(),
        RefusalCause::ScheduleWeeks => staff.refusal_range_weeks(),
        RefusalCause::ScheduleTimes => staff.refusal_range_times(),
        RefusalCause::ScheduleOrder => staff.refusal_range_order(),
        RefusalCause::ScheduleUse => staff.refusal_range_use(),
        RefusalCause::StepCount => staff.refusal_range_steps(),
        RefusalCause::ContactTime => staff.refusal_range_contact_time(),
        RefusalCause::AgentCount => staff.refusal_range_agents(),
        RefusalCause::PhotoSampling => staff.refusal_range_photo_sampling(),
        RefusalCause::HangTime => staff.refusal_range_hang_time(),
        RefusalCause::StartDelay => staff.refusal_range_start_delay(),
        RefusalCause::Language(cause) => word_language_refusal(staff, cause),
        RefusalCause::Facility(cause) => word_facility_refusal(staff, cause),
        RefusalCause::ProtocolItems => staff.refusal_range_protocol_items(),
        RefusalCause::RetiredProtocol => staff.refusal_already_retired_protocol(),
        RefusalCause::ScheduleWeekdays => staff.refusal_range_weekdays(),
        RefusalCause::UpkeepName => staff.refusal_needs_upkeep_name(),
        RefusalCause::ReadingName => staff.refusal_needs_reading_name(),
        RefusalCause::UpkeepCount => staff.refusal_range_upkeep_count(),
        RefusalCause::UpkeepNever => staff.refusal_range_upkeep_never(),
        RefusalCause::UpkeepFrom => staff.refusal_range_upkeep_from(),
        RefusalCause::UpkeepOutcome => staff.refusal_range_upkeep_outcome(),
        RefusalCause::ReadingCount => staff.refusal_range_reading_count(),
        RefusalCause::LocationName => staff.refusal_needs_location_name(),
        RefusalCause::CategoryName => staff.refusal_needs_category_name(),
        RefusalCause::OwnFieldName => staff.refusal_needs_own_field_name(),
        RefusalCause::LocationTaken => staff.refusal_range_location_taken(),
        RefusalCause::LocationCount => staff.refusal_range_location_count(),
        RefusalCause::LocationWithin => staff.refusal_range_location_within(),
        RefusalCause::CategoryTaken => staff.refusal_range_category_taken(),
        RefusalCause::CategoryCount => staff.refusal_range_category_count(),
        RefusalCause::Rename(cause) => word_rename_refusal(staff, cause),
        RefusalCause::OwnFieldCount => staff.refusal_range_own_field_count(),
        RefusalCause::OwnFieldTwice => staff.refusal_range_own_field_twice(),
        RefusalCause::OwnFieldType => staff.refusal_range_own_field_type(),
        RefusalCause::CustomFieldChoices => staff.refusal_range_own_field_choices(),
        RefusalCause::SingleUse => staff.refusal_range_single_use(),
        RefusalCause::LabelHost => staff.refusal_range_label_host(),
        RefusalCause::OtherPhone => staff.refusal_other_phone(),
        RefusalCause::SignOff(cause) => word_sign_off_refusal(w, cause),
        RefusalCause::OwnRole => staff.refusal_own_role(),
        RefusalCause::AdminByProgram => staff.refusal_admin_by_program(),
        RefusalCause::Role(permission) => word_needed_role(staff, permission),
    }
}

fn word_own_field(w: StaffRefusalWords, label: &str, rule: &CustomFieldRule) -> String {
    let (rule, choices) = match rule {
        CustomFieldRule::Needed => ("needed", ""),
        CustomFieldRule::Number => ("number", ""),
        CustomFieldRule::Day => ("day", ""),
        CustomFieldRule::Choice(choices) => ("choice", choices.as_str()),
        CustomFieldRule::Yes => ("yes", ""),
    };
    w.staff_refusal_own_field(choices, label, rule)
}

fn word_needed_role(w: StaffRefusalWords, permission: Permission) -> String {
    match permission {
        Permission::View => w.refusal_needs_sign_in(),
        Permission::Record => w.refusal_needs_sign_in_recorder(),
        Permission::EditEquipment
        | Permission::Print
        | Permission::EditPrinters
        | Permission::SignOff
        | Permission::SeePeople => w.refusal_needs_sign_in_biomed(),
        Permission::EditPeople | Permission::EditSettings | Permission::ManageTokens => {
            w.refusal_needs_sign_in_admin()
        }
        Permission::ReadAudit => w.refusal_needs_sign_in_auditor(),
    }
}

pub(crate) fn word_staff_detail(w: EveryRefusalWords, refusal: &CommandRefusal) -> String {
    let staff = w.staff;
    word_detail(w.open, refusal).unwrap_or_else(|| match refusal {
        CommandRefusal::TagTaken(_) => staff.staff_refusal_tag_taken_detail(),
        CommandRefusal::Code(_) => staff.staff_refusal_code_detail(),
        CommandRefusal::CodeTaken { .. } => staff.staff_refusal_code_taken_detail(),
        CommandRefusal::CodeUnconfirmed(_) => staff.staff_refusal_code_unconfirmed_detail(),
        CommandRefusal::AlreadySo(_) => staff.refusal_already_rule(),
        CommandRefusal::UnknownProtocol(_) => staff.staff_refusal_protocol_detail(),
        CommandRefusal::OwnField { .. } => staff.staff_refusal_own_field_detail(),
        CommandRefusal::UnknownUpkeep(_) => staff.staff_refusal_upkeep_detail(),
        CommandRefusal::Changed { .. } => staff.staff_refusal_changed_detail(),
        CommandRefusal::Range { .. } => staff.refusal_range_rule(),
        CommandRefusal::NotAllowed(_) => staff.refusal_role_rule(),
        // Messages of public pages, all of them.
        other => other.detail().to_owned(),
    })
}

fn word_steps(w: RefusalWords, steps: &[u16]) -> String {
    let steps: Vec<String> = steps.iter().map(u16::to_string).collect();
    match steps.as_slice() {
        [] => w.refusal_all_steps_missing(),
        [one] => w.refusal_step_missing(one),
        [first @ .., last] => w.refusal_steps_missing(last, first.join(", ")),
    }
}

/// One sentence on the rule behind it; `None` for what only staff and programs can be refused.
pub(crate) fn word_detail(w: RefusalWords, refusal: &CommandRefusal) -> Option<String> {
    Some(match refusal {
        CommandRefusal::UnknownTag(_) => w.refusal_unknown_tag_detail(),
        CommandRefusal::Retired { .. } => w.refusal_retired_detail(),
        CommandRefusal::NotItsProtocol => w.refusal_not_its_protocol_detail(),
        CommandRefusal::ProtocolChanged => w.refusal_protocol_changed_detail(),
        CommandRefusal::UnknownStaff(_) => w.refusal_unknown_staff_detail(),
        CommandRefusal::UnknownCleaning { .. } => w.refusal_unknown_cleaning_detail(),
        CommandRefusal::SharedNumber { .. } => w.refusal_shared_number_detail(),
        CommandRefusal::AlreadyVoided => w.refusal_already_voided_detail(),
        CommandRefusal::UnknownProblem { .. } => w.refusal_unknown_problem_detail(),
        CommandRefusal::ReportsSpent => w.refusal_reports_spent_detail(),
        CommandRefusal::UndoOver => w.refusal_undo_over_detail(),
        CommandRefusal::Needed { .. } => w.refusal_needed_detail(),
        CommandRefusal::TooLong { .. } => w.refusal_too_long_detail(),
        CommandRefusal::Character { .. } => w.refusal_character_detail(),
        CommandRefusal::StepsMissing(_) => w.refusal_step_missing_detail(),
        CommandRefusal::UnknownStep(_) => w.refusal_unknown_step_detail(),
        CommandRefusal::StillWet { .. } | CommandRefusal::NotWetted => w.refusal_still_wet_detail(),
        CommandRefusal::ProofMissing { .. } => w.refusal_proof_detail(),
        CommandRefusal::PhotoMissing => w.refusal_photo_missing_detail(),
        CommandRefusal::TooManyPhotos => w.refusal_too_many_photos_detail(),
        CommandRefusal::KeyReused => w.refusal_key_reused_detail(),
        CommandRefusal::KeyForm => w.refusal_key_form_detail(),
        CommandRefusal::TagTaken(_)
        | CommandRefusal::Code(_)
        | CommandRefusal::CodeTaken { .. }
        | CommandRefusal::CodeUnconfirmed(_)
        | CommandRefusal::AlreadySo(_)
        | CommandRefusal::UnknownProtocol(_)
        | CommandRefusal::UnknownUpkeep(_)
        | CommandRefusal::OwnField { .. }
        | CommandRefusal::Changed { .. }
        | CommandRefusal::Range { .. }
        | CommandRefusal::NotAllowed(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use record::fold::RowVersion;
    use record::ids::{Epoch, StaffId};
    use record::kinds::EntryRef;

    use super::*;

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
            CommandRefusal::Needed { field: "notes", cause: RefusalCause::Reason },
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

    #[test]
    fn open_pages_say_what_intake_says() {
        let words = RefusalWords::in_locale(Locale::EnUs);
        for refusal in open_refusals() {
            assert_eq!(word_refusal(words, &refusal), Some(refusal.to_string()));
            assert_eq!(word_detail(words, &refusal).as_deref(), Some(refusal.detail()));
        }
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
        for cause in RefusalCause::ALL {
            refusals.push(CommandRefusal::Needed { field: "name", cause });
            refusals.push(CommandRefusal::Range { field: "schedule", cause });
            refusals.push(CommandRefusal::AlreadySo(cause));
            refusals.push(CommandRefusal::NotAllowed(cause));
        }
        refusals
    }

    #[test]
    fn pages_of_staff_say_what_intake_says_and_in_pseudo_all_of_it_is_worded() {
        let words = EveryRefusalWords::in_locale(Locale::EnUs);
        let pseudo = EveryRefusalWords::in_locale(Locale::Pseudo);
        for refusal in open_refusals().into_iter().chain(staff_refusals()) {
            assert_eq!(word_staff_refusal(words, &refusal), refusal.to_string());
            assert_eq!(word_staff_detail(words, &refusal), refusal.detail());
            for text in [word_staff_refusal(pseudo, &refusal), word_staff_detail(pseudo, &refusal)] {
                assert!(text.starts_with(words::PSEUDO_OPEN), "{text}");
            }
        }
    }

    #[test]
    fn what_only_staff_are_refused_has_no_words_here() {
        let words = RefusalWords::in_locale(Locale::EsUs);
        for refusal in [
            CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::InService)),
            CommandRefusal::TooLong { field: "serial", chars_max: 120 },
            CommandRefusal::Needed { field: "name", cause: RefusalCause::PersonName },
        ] {
            assert_eq!(word_refusal(words, &refusal), None);
        }
    }
}
