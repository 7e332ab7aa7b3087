//! Why a label cannot be made, in the reader's language.

use crate::raster::code::BarcodeError;
use crate::raster::text::{FIELD_CHARS_MAX, FIELD_LINES_MAX, TextError};
use crate::{LabelError, Subject};

mod messages {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

pub use self::messages::LabelFaultWords;

/// A text from elsewhere, with what cannot be seen in it written out.
pub fn show_text(text: &str) -> String {
    let quoted = format!("{text:?}");
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// A character from elsewhere, written out where it cannot be seen.
pub fn show_character(character: char) -> String {
    let quoted = format!("{character:?}");
    let inside = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inside.unwrap_or_default().to_owned()
}

/// Why a label cannot be drawn, inside a sentence.
pub fn word_label_error(w: LabelFaultWords, error: &LabelError) -> String {
    match error {
        LabelError::Text { subject, why, asset_number_instead: false } => {
            w.label_text(word_subject(w, subject), word_text_error(w, why))
        }
        LabelError::Text { subject, why, asset_number_instead: true } => {
            w.label_text_or_number(word_subject(w, subject), word_text_error(w, why))
        }
        LabelError::Code(error) => word_code_error(w, error),
        LabelError::DoesNotFit { subject, chars } => {
            w.label_no_room(chars.to_string(), word_subject(w, subject))
        }
        LabelError::Missing(field) => w.label_missing(w.label_field(field.name())),
        LabelError::NoTag(tag) => w.label_no_tag(show_text(tag)),
        LabelError::OtherTag { url, tag } => w.label_other_tag(show_text(tag), show_text(url)),
        LabelError::NoAssetNumber => w.label_no_number(),
    }
}

fn word_subject(w: LabelFaultWords, subject: &Subject) -> String {
    match subject {
        Subject::Field(field) => w.label_field(field.name()),
        Subject::Words(text) => w.label_template_text(show_text(text)),
    }
}

/// What is wrong with a text, inside a sentence.
pub fn word_text_error(w: LabelFaultWords, error: &TextError) -> String {
    match error {
        TextError::MissingGlyph(character) => {
            w.label_character(show_character(*character), write_code_point(*character))
        }
        TextError::LoneMark { letter, mark } => {
            w.label_accent(write_code_point(*mark), show_character(*letter))
        }
        TextError::Control(character) => w.label_invisible(write_code_point(*character)),
        TextError::TooLong { chars } => w.label_text_long(chars.to_string(), FIELD_CHARS_MAX.to_string()),
        TextError::TooManyLines { lines } => {
            w.label_text_lines(lines.to_string(), FIELD_LINES_MAX.to_string())
        }
    }
}

/// Why a code cannot be made, inside a sentence.
pub fn word_code_error(w: LabelFaultWords, error: &BarcodeError) -> String {
    match error {
        BarcodeError::Character(character) => w.label_code_character(show_character(*character)),
        BarcodeError::TooLong { chars } => w.label_code_long(chars.to_string()),
        BarcodeError::Empty => w.label_code_empty(),
        BarcodeError::TooSmall { module_mm, least_mm, needs_mm, close_up } => {
            let [least, module] = [least_mm, module_mm].map(|mm| format!("{mm:.2}"));
            let needs = format!("{needs_mm:.1}");
            match close_up {
                true => w.label_code_small_close_up(least, module, needs),
                false => w.label_code_small(least, module, needs),
            }
        }
    }
}

fn write_code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;
    use crate::Field;

    fn text_error(why: TextError, asset_number_instead: bool) -> LabelError {
        LabelError::Text { subject: Subject::Field(Field::Name), why, asset_number_instead }
    }

    fn small_error(close_up: bool) -> LabelError {
        LabelError::Code(BarcodeError::TooSmall {
            module_mm: 0.251,
            least_mm: 0.37,
            needs_mm: 11.06,
            close_up,
        })
    }

    #[test]
    fn people_read_the_catalogue_and_logs_have_values() {
        let mut errors = vec![
            text_error(TextError::MissingGlyph('超'), true),
            text_error(TextError::LoneMark { letter: 'x', mark: '\u{301}' }, false),
            text_error(TextError::Control('\u{7}'), false),
            text_error(TextError::TooLong { chars: 5_001 }, false),
            text_error(TextError::TooManyLines { lines: 61 }, false),
            LabelError::Code(BarcodeError::Character('ß')),
            LabelError::Code(BarcodeError::TooLong { chars: 1_200 }),
            LabelError::Code(BarcodeError::Empty),
            small_error(true),
            small_error(false),
            LabelError::DoesNotFit { subject: Subject::Field(Field::Url), chars: 1_300 },
            LabelError::NoTag("a b".into()),
            LabelError::OtherTag { url: "http://b/X".into(), tag: "Y".into() },
            LabelError::NoAssetNumber,
        ];
        errors.extend(Field::ALL.iter().copied().map(LabelError::Missing));
        let w = LabelFaultWords::in_locale(Locale::EnUs);
        let lines = errors.iter().map(|error| format!("{error}\n    {}\n", word_label_error(w, error)));
        assert_eq!(lines.collect::<String>(), include_str!("../testdata/label-errors.txt"));
    }
}
