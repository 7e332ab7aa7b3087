//! Why labels cannot be made or put on a sheet, in words.

use labels::code::BarcodeError;
use labels::pdf::PdfError;
use labels::sheet::{NUDGE_MM_MAX, SHEETS, SheetError};
use labels::text::{FIELD_CHARS_MAX, FIELD_LINES_MAX, TextError};
use labels::{LabelError, Subject};

use crate::web::words::SheetsWords;

/// Why no PDF was made, as a sentence; `None` where this program is at fault.
pub(crate) fn word_pdf_error(w: SheetsWords, error: &PdfError) -> Option<String> {
    match error {
        PdfError::Nothing => Some(w.sheet_nothing_found()),
        PdfError::TooMany | PdfError::TooMuch => Some(w.sheet_too_much()),
        PdfError::MissingGlyph(character) => Some(w.sheet_character(character.to_string())),
        PdfError::Sheet(error) => Some(word_sheet_error(w, error)),
        PdfError::Size { .. } | PdfError::Font(_) | PdfError::Subset(_) | PdfError::Write(_) => None,
    }
}

/// Why labels do not go onto a sheet, as a sentence.
pub(crate) fn word_sheet_error(w: SheetsWords, error: &SheetError) -> String {
    match error {
        SheetError::Unknown(name) => {
            w.sheet_unknown(name, SHEETS.iter().map(|sheet| sheet.name).collect::<Vec<_>>().join(", "))
        }
        SheetError::TooLarge { sheet, .. } => w.sheet_label_too_large(sheet),
        SheetError::Start { sheet, count, start } => {
            w.sheet_start(count.to_string(), sheet, start.to_string())
        }
        SheetError::Nudge { sheet, x_mm, y_mm } => {
            w.sheet_nudge(y_mm.to_string(), NUDGE_MM_MAX.to_string(), x_mm.to_string(), sheet)
        }
    }
}

/// Why a label cannot be drawn, inside a sentence.
pub(crate) fn word_label_error(w: SheetsWords, error: &LabelError) -> String {
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
        LabelError::NoTag(tag) => w.label_no_tag(tag),
        LabelError::OtherTag { url, tag } => w.label_other_tag(tag, url),
        LabelError::NoAssetNumber => w.label_no_number(),
    }
}

fn word_subject(w: SheetsWords, subject: &Subject) -> String {
    match subject {
        Subject::Field(field) => w.label_field(field.name()),
        Subject::Words(text) => w.label_template_text(text),
    }
}

fn word_text_error(w: SheetsWords, error: &TextError) -> String {
    match error {
        TextError::MissingGlyph(character) => {
            w.label_character(character.to_string(), code_point(*character))
        }
        TextError::LoneMark { letter, mark } => w.label_accent(code_point(*mark), letter.to_string()),
        TextError::Control(character) => w.label_invisible(code_point(*character)),
        TextError::TooLong { chars } => w.label_text_long(chars.to_string(), FIELD_CHARS_MAX.to_string()),
        TextError::TooManyLines { lines } => {
            w.label_text_lines(lines.to_string(), FIELD_LINES_MAX.to_string())
        }
    }
}

fn word_code_error(w: SheetsWords, error: &BarcodeError) -> String {
    match error {
        BarcodeError::Character(character) => w.label_code_character(character.to_string()),
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

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use labels::Field;

    use super::*;
    use crate::web::words::open_words;

    /// Developers read what the crate says itself: the words are the same but for the quotation marks.
    #[test]
    fn pages_say_what_the_log_says() {
        let text = |why, asset_number_instead| LabelError::Text {
            subject: Subject::Field(Field::Name),
            why,
            asset_number_instead,
        };
        let small = |close_up| {
            LabelError::Code(BarcodeError::TooSmall {
                module_mm: 0.251,
                least_mm: 0.37,
                needs_mm: 11.06,
                close_up,
            })
        };
        let mut errors = vec![
            text(TextError::MissingGlyph('超'), true),
            text(TextError::LoneMark { letter: 'x', mark: '\u{301}' }, false),
            text(TextError::Control('\u{7}'), false),
            text(TextError::TooLong { chars: 5_001 }, false),
            text(TextError::TooManyLines { lines: 61 }, false),
            LabelError::Code(BarcodeError::Character('ß')),
            LabelError::Code(BarcodeError::TooLong { chars: 1_200 }),
            LabelError::Code(BarcodeError::Empty),
            small(true),
            small(false),
            LabelError::DoesNotFit { subject: Subject::Field(Field::Url), chars: 1_300 },
            LabelError::NoTag("a b".into()),
            LabelError::OtherTag { url: "http://b/X".into(), tag: "Y".into() },
            LabelError::NoAssetNumber,
        ];
        let fields = [Field::Url, Field::Tag, Field::Name, Field::AssetNumber, Field::Location];
        errors.extend(fields.map(LabelError::Missing));
        let plain = |text: String| text.replace(['“', '”', '"', '\''], "");
        for error in errors {
            assert_eq!(plain(word_label_error(open_words(), &error)), plain(error.to_string()));
        }
    }
}
