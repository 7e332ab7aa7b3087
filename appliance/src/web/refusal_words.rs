//! What intake refuses, in the reader's language, as far as it can be met on pages that are open to everybody.

use record::limits::PHOTOS_MAX;

use crate::intake::Refusal;
use crate::web::words::RefusalWords;

/// Fields of forms that open pages have.
const OPEN_FIELDS: [&str; 4] = ["cleaned_by", "notes", "agent", "reason"];

/// What to do, without a full stop; `None` for what only staff and programs can be refused.
pub(crate) fn word_refusal(w: RefusalWords, refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::UnknownTag(tag) => w.refusal_unknown_tag(tag.to_string()),
        Refusal::Retired { name } => w.refusal_retired(name),
        Refusal::NotItsProtocol => w.refusal_not_its_protocol(),
        Refusal::ProtocolChanged => w.refusal_protocol_changed(),
        Refusal::UnknownStaff(staff) => w.refusal_unknown_staff(staff.to_string()),
        Refusal::UnknownCleaning { of } => {
            w.refusal_unknown_cleaning(of.epoch.to_string(), of.seq.to_string())
        }
        Refusal::SharedNumber { of } => w.refusal_shared_number(of.seq.to_string()),
        Refusal::AlreadyVoided => w.refusal_already_voided(),
        Refusal::UndoOver => w.refusal_undo_over(),
        Refusal::Needed { field: "cleaned_by", .. } => w.refusal_name_needed(),
        Refusal::Needed { field: "reason", .. } => w.refusal_reason_needed(),
        Refusal::TooLong { field, chars_max } if OPEN_FIELDS.contains(field) => {
            w.refusal_too_long(field, chars_max.to_string())
        }
        Refusal::Character { field, code } if OPEN_FIELDS.contains(field) => {
            w.refusal_character(format!("{code:04X}"), field)
        }
        Refusal::StepsMissing(steps) => word_steps(w, steps),
        Refusal::UnknownStep(step) => w.refusal_unknown_step(step.to_string()),
        Refusal::StillWet { left_s } => w.refusal_still_wet(format!("{}:{:02}", left_s / 60, left_s % 60)),
        Refusal::NotWetted => w.refusal_not_wetted(),
        Refusal::PhotoMissing => w.refusal_photo_missing(),
        Refusal::TooManyPhotos => w.refusal_too_many_photos(PHOTOS_MAX.to_string()),
        Refusal::KeyReused => w.refusal_key_reused(),
        Refusal::KeyForm => w.refusal_key_form(),
        Refusal::Needed { .. }
        | Refusal::TooLong { .. }
        | Refusal::Character { .. }
        | Refusal::TagTaken(_)
        | Refusal::AlreadySo(_)
        | Refusal::UnknownProtocol(_)
        | Refusal::Changed { .. }
        | Refusal::Range { .. }
        | Refusal::NotAllowed(_) => return None,
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
pub(crate) fn word_detail(w: RefusalWords, refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::UnknownTag(_) => w.refusal_unknown_tag_detail(),
        Refusal::Retired { .. } => w.refusal_retired_detail(),
        Refusal::NotItsProtocol => w.refusal_not_its_protocol_detail(),
        Refusal::ProtocolChanged => w.refusal_protocol_changed_detail(),
        Refusal::UnknownStaff(_) => w.refusal_unknown_staff_detail(),
        Refusal::UnknownCleaning { .. } => w.refusal_unknown_cleaning_detail(),
        Refusal::SharedNumber { .. } => w.refusal_shared_number_detail(),
        Refusal::AlreadyVoided => w.refusal_already_voided_detail(),
        Refusal::UndoOver => w.refusal_undo_over_detail(),
        Refusal::Needed { .. } => w.refusal_needed_detail(),
        Refusal::TooLong { .. } => w.refusal_too_long_detail(),
        Refusal::Character { .. } => w.refusal_character_detail(),
        Refusal::StepsMissing(_) => w.refusal_step_missing_detail(),
        Refusal::UnknownStep(_) => w.refusal_unknown_step_detail(),
        Refusal::StillWet { .. } | Refusal::NotWetted => w.refusal_still_wet_detail(),
        Refusal::PhotoMissing => w.refusal_photo_missing_detail(),
        Refusal::TooManyPhotos => w.refusal_too_many_photos_detail(),
        Refusal::KeyReused => w.refusal_key_reused_detail(),
        Refusal::KeyForm => w.refusal_key_form_detail(),
        Refusal::TagTaken(_)
        | Refusal::AlreadySo(_)
        | Refusal::UnknownProtocol(_)
        | Refusal::Changed { .. }
        | Refusal::Range { .. }
        | Refusal::NotAllowed(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use record::ids::{Epoch, StaffId};
    use record::kinds::EntryRef;
    use words::{Locale, WordSet as _};

    use super::*;

    fn open_refusals() -> Vec<Refusal> {
        let of = EntryRef { epoch: Epoch { n: 1, key: [7; 4] }, seq: 4_207 };
        let mut refusals = vec![
            Refusal::UnknownTag("7QK3M9X2W".parse().unwrap()),
            Refusal::Retired { name: "Pump <7>".to_owned() },
            Refusal::NotItsProtocol,
            Refusal::ProtocolChanged,
            Refusal::UnknownStaff(StaffId::new(7, [7; 10])),
            Refusal::UnknownCleaning { of },
            Refusal::SharedNumber { of },
            Refusal::AlreadyVoided,
            Refusal::UndoOver,
            Refusal::Needed { field: "cleaned_by", words: "Enter your name" },
            Refusal::Needed { field: "reason", words: "Say why" },
            Refusal::UnknownStep(41),
            Refusal::StillWet { left_s: 112 },
            Refusal::NotWetted,
            Refusal::PhotoMissing,
            Refusal::TooManyPhotos,
            Refusal::KeyReused,
            Refusal::KeyForm,
        ];
        refusals.extend([vec![], vec![2], vec![1, 2], vec![1, 2, 4]].map(Refusal::StepsMissing));
        refusals.extend(OPEN_FIELDS.map(|field| Refusal::TooLong { field, chars_max: 1_000 }));
        refusals.extend(OPEN_FIELDS.map(|field| Refusal::Character { field, code: 0x7f }));
        refusals
    }

    /// The command line, programs and staff read what intake says itself.
    #[test]
    fn open_pages_say_what_intake_says() {
        let words = RefusalWords::in_locale(Locale::EnUs);
        for refusal in open_refusals() {
            assert_eq!(word_refusal(words, &refusal), Some(refusal.to_string()));
            assert_eq!(word_detail(words, &refusal).as_deref(), Some(refusal.detail()));
        }
    }

    #[test]
    fn what_only_staff_are_refused_has_no_words_here() {
        let words = RefusalWords::in_locale(Locale::EsUs);
        for refusal in [
            Refusal::AlreadySo("It is in service already"),
            Refusal::TooLong { field: "serial", chars_max: 120 },
            Refusal::Needed { field: "name", words: "Type a name" },
        ] {
            assert_eq!(word_refusal(words, &refusal), None);
        }
    }
}
