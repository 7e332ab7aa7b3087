//! Why a label cannot be made, and what should be known of one that can, in words without a full stop.

use ::labels::bitmap::DOTS_MAX;
use ::labels::calibration::TestLabelError;
use ::labels::code::MODULE_MM_WARN;
use ::labels::drawing::LabelWarning;
use ::labels::language::{EncodeError, ModelFault};
use ::labels::media::MediaError;
use ::labels::pdf::PdfError;
use ::labels::readback::ReadbackError;
use ::labels::sheet::{LabelSheet, NUDGE_MM_MAX, SHEETS, SheetError};
use ::labels::wording::{self, LabelFaultWords, show_character, show_text};
use ::labels::{LabelError, pdf};
use words::WordSet as _;

use crate::printing::{MakeError, SlipError};
use crate::web::view_models::printing::print_papers::{millimetres_text, word_roll};
use crate::web::words::PrintingWords;

fn fault_words(w: PrintingWords) -> LabelFaultWords {
    LabelFaultWords::in_locale(w.catalog().locale())
}

fn word_size(w: PrintingWords, (width, height): (f64, f64)) -> String {
    w.media_size(millimetres_text(height), millimetres_text(width))
}

pub(crate) fn word_make_error(w: PrintingWords, error: &MakeError) -> String {
    match error {
        MakeError::Label(error) => word_label_error(w, error),
        MakeError::Media(error) => word_media_error(w, error),
        MakeError::Sheet(error) => word_sheet_error(w, error),
        MakeError::Encode(error) => word_encode_error(w, error),
        MakeError::Readback(error) => word_readback_error(w, error),
        MakeError::Test(TestLabelError::Text(error)) => {
            w.test_label_text(wording::word_text_error(fault_words(w), error))
        }
        MakeError::Test(TestLabelError::TooSmall { width_mm, height_mm }) => {
            w.test_label_too_small(millimetres_text(*height_mm), millimetres_text(*width_mm))
        }
        MakeError::Test(TestLabelError::Code(error)) => wording::word_code_error(fault_words(w), error),
        MakeError::Slip(error) => word_slip_error(w, error),
        MakeError::Template(template) => w.made_template_gone(show_text(template)),
    }
}

fn word_slip_error(w: PrintingWords, error: &SlipError) -> String {
    match error {
        SlipError::NeedsReceiptRoll => w.slip_needs_roll(),
        SlipError::TooSmall { width_mm, height_mm } => {
            w.slip_too_small(millimetres_text(*height_mm), millimetres_text(*width_mm))
        }
        SlipError::TooLong => w.slip_too_long(),
        SlipError::Code(error) => wording::word_code_error(fault_words(w), error),
        SlipError::Unwritable(why) => w.slip_unwritable(show_text(why)),
    }
}

pub(crate) fn word_label_error(w: PrintingWords, error: &LabelError) -> String {
    wording::word_label_error(fault_words(w), error)
}

fn word_media_error(w: PrintingWords, error: &MediaError) -> String {
    match error {
        MediaError::DoesNotFit { label_mm, media, area_mm, over_mm } => {
            let area = match *area_mm {
                (across, Some(along)) => word_size(w, (across, along)),
                (across, None) => w.media_across(millimetres_text(across)),
            };
            let (label, media) = (word_size(w, *label_mm), word_roll(w, media));
            w.media_does_not_fit(area, label, media, millimetres_text(*over_mm))
        }
        MediaError::WiderThanHead { label_mm, head_mm, head_dots, over_mm } => w.media_wider_than_head(
            head_dots.to_string(),
            word_size(w, *label_mm),
            millimetres_text(*over_mm),
            millimetres_text(*head_mm),
        ),
        MediaError::Empty => w.media_empty(),
    }
}

fn sheet_names(sheets: impl Iterator<Item = &'static LabelSheet>) -> String {
    sheets.map(|sheet| sheet.name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn word_sheet_error(w: PrintingWords, error: &SheetError) -> String {
    match error {
        SheetError::Unknown(name) => w.sheet_unknown(sheet_names(SHEETS.iter()), show_text(name)),
        SheetError::TooLarge { label_mm, sheet, cell_mm } => {
            let (cell, label) = (word_size(w, *cell_mm), word_size(w, *label_mm));
            match sheet_names(LabelSheet::that_hold(*label_mm)) {
                none if none.is_empty() => w.sheet_too_large_for_all(cell, label, sheet),
                instead => w.sheet_too_large(cell, instead, label, sheet),
            }
        }
        SheetError::Start { sheet, count, start } => {
            w.sheet_start(count.to_string(), sheet, start.to_string())
        }
        SheetError::Nudge { sheet, x_mm, y_mm } => {
            w.sheet_nudge(y_mm.to_string(), NUDGE_MM_MAX.to_string(), x_mm.to_string(), sheet)
        }
    }
}

pub(crate) fn word_pdf_error(w: PrintingWords, error: &PdfError) -> String {
    match error {
        PdfError::Nothing => w.pdf_nothing(),
        PdfError::TooMany => w.pdf_too_many(pdf::LABELS_MAX.to_string()),
        PdfError::TooMuch => w.pdf_too_much(),
        PdfError::Size { width, height } => {
            w.pdf_size(height.to_string(), DOTS_MAX.to_string(), width.to_string())
        }
        PdfError::MissingGlyph(character) => w.pdf_missing_glyph(show_character(*character)),
        PdfError::Sheet(error) => word_sheet_error(w, error),
        PdfError::Font(error) => w.pdf_failed(error.to_string()),
        PdfError::Subset(error) => w.pdf_failed(error.to_string()),
        PdfError::Write(detail) => w.pdf_failed(detail.to_string()),
    }
}

pub(crate) fn word_encode_error(w: PrintingWords, error: &EncodeError) -> String {
    match error {
        EncodeError::TooWide { width, head } => w.encode_too_wide(head.to_string(), width.to_string()),
        EncodeError::Empty => w.media_empty(),
        EncodeError::TooLong { height, available } => {
            w.encode_too_long(height.to_string(), available.to_string())
        }
        EncodeError::Model(fault) => word_model_fault(w, *fault),
        EncodeError::Roll { name } => w.encode_roll(name),
    }
}

pub(crate) fn word_model_fault(w: PrintingWords, fault: ModelFault) -> String {
    match fault {
        ModelFault::ChippedRolls => w.model_chipped_rolls(),
        ModelFault::OnlyDpi180 => w.model_only_180(),
        ModelFault::BlackOnly => w.model_black_only(),
    }
}

fn word_readback_error(w: PrintingWords, error: &ReadbackError) -> String {
    match error {
        ReadbackError::NotReadable => w.readback_unreadable(),
        ReadbackError::Other { found, expected } => w.readback_other(show_text(found), show_text(expected)),
        ReadbackError::Address(error) => wording::word_code_error(fault_words(w), error),
    }
}

pub(crate) fn word_warning(w: PrintingWords, warning: &LabelWarning) -> String {
    match warning {
        LabelWarning::SmallModules { module_mm } => {
            w.note_small_modules(millimetres_text(MODULE_MM_WARN), format!("{module_mm:.2}"))
        }
        LabelWarning::Cut { text } => w.note_cut(show_text(text)),
        LabelWarning::LeftOut { text } => w.note_left_out(show_text(text)),
    }
}

/// What a log has and what people read, each pair as `testdata/words/<name>.txt` has it; `WRITE_DOCS=1` writes that.
#[cfg(test)]
pub(crate) fn check_words(name: &str, pairs: impl IntoIterator<Item = (String, String)>) {
    let made: String =
        pairs.into_iter().map(|(logged, worded)| format!("{logged}\n    {worded}\n")).collect();
    let path = format!("{}/testdata/words/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), made, "{path}");
}

#[cfg(test)]
mod tests {
    use ::labels::code::BarcodeError;
    use ::labels::media::MediaSize;
    use ::labels::text::TextError;
    use ::labels::{Field, Subject};
    use words::{Locale, WordSet as _};

    use super::*;

    fn label_errors() -> Vec<LabelError> {
        let subject = || Subject::Words("Cleaned \"here\"".into());
        let (module_mm, least_mm, needs_mm) = (0.251, 0.37, 11.06);
        vec![
            LabelError::Text {
                subject: subject(),
                why: TextError::MissingGlyph('超'),
                asset_number_instead: true,
            },
            BarcodeError::TooSmall { module_mm, least_mm, needs_mm, close_up: true }.into(),
            LabelError::DoesNotFit { subject: Subject::Field(Field::Name), chars: 1_300 },
            LabelError::Missing(Field::CleanUntil),
            LabelError::OtherTag { url: "http://b/X".into(), tag: "Y".into() },
        ]
    }

    fn make_errors() -> Vec<MakeError> {
        let roll = |height_mm| MediaSize { width_mm: 62.04, height_mm };
        let does_not_fit = |height_mm: Option<f64>, along| MediaError::DoesNotFit {
            label_mm: (61.04, 30.5),
            media: roll(height_mm),
            area_mm: (26.0, along),
            over_mm: 2.8,
        };
        let sheet = || "Avery 5160".to_owned();
        let too_large = |label_mm| SheetError::TooLarge { label_mm, sheet: sheet(), cell_mm: (66.7, 25.4) };
        let mut errors: Vec<MakeError> = label_errors().into_iter().map(MakeError::Label).collect();
        errors.extend([
            does_not_fit(None, None).into(),
            does_not_fit(Some(29.0), Some(23.0)).into(),
            MediaError::WiderThanHead {
                label_mm: (60.0, 30.0),
                head_mm: 48.0,
                head_dots: 1_384,
                over_mm: 12.0,
            }
            .into(),
            MediaError::Empty.into(),
            SheetError::Unknown("L\"1".into()).into(),
            too_large((80.0, 40.0)).into(),
            too_large((800.0, 40.0)).into(),
            SheetError::Start { sheet: sheet(), count: 30, start: 31 }.into(),
            SheetError::Nudge { sheet: sheet(), x_mm: 20.5, y_mm: -1.0 }.into(),
            EncodeError::TooWide { width: 1_330, head: 329 }.into(),
            EncodeError::Empty.into(),
            EncodeError::TooLong { height: 1_051, available: 1_050 }.into(),
            EncodeError::Roll { name: "62x29".into() }.into(),
            EncodeError::Model(ModelFault::ChippedRolls).into(),
            EncodeError::Model(ModelFault::OnlyDpi180).into(),
            EncodeError::Model(ModelFault::BlackOnly).into(),
            ReadbackError::NotReadable.into(),
            ReadbackError::Other { found: "A".into(), expected: "B".into() }.into(),
            TestLabelError::Text(TextError::Control('\u{200b}')).into(),
            TestLabelError::TooSmall { width_mm: 10.0, height_mm: 5.0 }.into(),
            MakeError::Template("loaner".into()),
        ]);
        errors
    }

    #[test]
    fn people_read_the_catalogue_and_logs_have_values() {
        let w = PrintingWords::in_locale(Locale::EnUs);
        let mut pairs: Vec<_> =
            make_errors().iter().map(|error| (error.to_string(), word_make_error(w, error))).collect();
        let warnings = [
            LabelWarning::SmallModules { module_mm: 0.5 },
            LabelWarning::Cut { text: "Pump's \"7\"".into() },
            LabelWarning::LeftOut { text: "ICU".into() },
        ];
        pairs.extend(warnings.iter().map(|warning| (format!("{warning:?}"), word_warning(w, warning))));
        let errors = [
            PdfError::Nothing,
            PdfError::TooMany,
            PdfError::TooMuch,
            PdfError::MissingGlyph('超'),
            PdfError::Write("cut off".into()),
        ];
        pairs.extend(errors.iter().map(|error| (error.to_string(), word_pdf_error(w, error))));
        check_words("label-faults", pairs);
    }

    #[test]
    fn causes_go_through_the_ledger_and_back() {
        for error in make_errors() {
            let json = serde_json::to_string(&error).unwrap();
            assert_eq!(serde_json::from_str::<MakeError>(&json).unwrap(), error, "{json}");
        }
    }
}
