//! Why printers and labels are as they are, in words.

use std::path::Path;

use ::labels::language::PrinterCondition;

use crate::printing::{
    ConnectionFault, DeviceFault, FailureCause, FolderFault, JobNote, PrintUnit, PrinterCause, UsbFault,
    UsbId,
};
use crate::web::view_models::printing::label_faults::{word_make_error, word_warning};
use crate::web::view_models::printing::print_papers::{word_paper, word_roll};
use crate::web::view_models::printing::print_refusals::{word_printer_refusal, word_queue_error};
use crate::web::words::PrintingWords;

pub(crate) fn word_cause(w: PrintingWords, cause: &PrinterCause) -> String {
    match cause {
        PrinterCause::NotPolled => w.printing_not_asked(),
        PrinterCause::Ready => w.printing_ready(),
        PrinterCause::Condition(condition) => word_condition(w, *condition),
        PrinterCause::SheetCondition { condition, sheet } => word_sheet_condition(w, *condition, sheet),
        PrinterCause::WrongRoll { width_mm, length_mm: 0, set } => {
            w.printing_wrong_roll_endless(word_roll(w, set), *width_mm)
        }
        PrinterCause::WrongRoll { width_mm, length_mm, set } => {
            w.printing_wrong_roll(*length_mm, word_roll(w, set), *width_mm)
        }
        PrinterCause::WrongPaper { has, sheet, needs } => {
            w.printing_wrong_paper(has.join(", "), needs, *sheet)
        }
        PrinterCause::Mute => w.printing_mute(),
        PrinterCause::Full => w.printing_full(),
        PrinterCause::Unreachable { printer, address, fault } => {
            w.printing_unreachable(address, word_line_fault(w, fault), printer)
        }
        PrinterCause::Unanswering { printer, address, fault } => {
            w.printing_unanswering(address, word_line_fault(w, fault), printer)
        }
        PrinterCause::QueueUnreachable { printer, address, fault } => {
            w.printing_unreachable_queue(address, word_queue_error(w, fault), printer)
        }
        PrinterCause::Queue(error) => as_sentence(&word_queue_error(w, error)),
        PrinterCause::QueueClosed => w.printing_queue_closed(),
        PrinterCause::SheetHeld => w.printing_sheet_held(),
        PrinterCause::SheetLate => w.printing_sheet_late(),
        PrinterCause::SheetDropped => w.printing_sheet_dropped(),
        PrinterCause::BoxStopping => w.printing_box_stopping(),
        PrinterCause::LedgerFailed(PrintUnit::Label) => w.printing_ledger_failed_label(),
        PrinterCause::LedgerFailed(PrintUnit::Sheet) => w.printing_ledger_failed_sheet(),
        PrinterCause::Misconfigured { why, fixed: true } => {
            w.printing_misconfigured_fixed(word_printer_refusal(w, &why.0))
        }
        PrinterCause::Misconfigured { why, fixed: false } => {
            w.printing_misconfigured(word_printer_refusal(w, &why.0))
        }
        PrinterCause::BoxFault => w.printing_box_fault(),
        PrinterCause::NotSetUp { printer } => w.printing_not_set_up(printer),
    }
}

fn word_condition(w: PrintingWords, condition: PrinterCondition) -> String {
    match condition {
        PrinterCondition::Ready => w.printing_ready(),
        PrinterCondition::PaperOut => w.printing_paper_out(),
        PrinterCondition::CoverOpen => w.printing_cover_open(),
        PrinterCondition::CutterJam => w.printing_cutter_jam(),
        PrinterCondition::Cooling => w.printing_cooling(),
        PrinterCondition::Fault => w.printing_fault(),
        PrinterCondition::Offline => w.printing_offline(),
        PrinterCondition::RibbonOut => w.printing_ribbon_out(),
        PrinterCondition::Paused => w.printing_paused(),
        PrinterCondition::WrongMedia => w.printing_wrong_media(),
        PrinterCondition::LabelWaiting => w.printing_label_waiting(),
    }
}

fn word_sheet_condition(w: PrintingWords, condition: PrinterCondition, sheet: &str) -> String {
    match condition {
        PrinterCondition::Ready => w.printing_ready(),
        PrinterCondition::PaperOut => w.printing_paper_out_sheets(sheet),
        PrinterCondition::CoverOpen => w.printing_cover_open(),
        PrinterCondition::CutterJam => w.printing_cutter_jam_sheets(),
        PrinterCondition::Cooling => w.printing_cooling_sheets(),
        PrinterCondition::Fault => w.printing_fault_sheets(),
        PrinterCondition::Offline => w.printing_offline_sheets(),
        PrinterCondition::RibbonOut => w.printing_ribbon_out_sheets(),
        PrinterCondition::Paused => w.printing_paused_sheets(),
        PrinterCondition::WrongMedia => w.printing_wrong_media_sheets(),
        PrinterCondition::LabelWaiting => w.printing_label_waiting(),
    }
}

fn word_line_fault(w: PrintingWords, fault: &ConnectionFault) -> String {
    match fault {
        ConnectionFault::Broken(device) => w.printing_line_broken(word_device_fault(w, device)),
        ConnectionFault::Closed => w.printing_line_closed(),
        ConnectionFault::Silent => w.printing_line_silent(),
        ConnectionFault::Stalled => w.printing_line_stalled(),
        ConnectionFault::Unconfirmed => w.printing_line_unconfirmed(),
    }
}

fn word_device_fault(w: PrintingWords, fault: &DeviceFault) -> String {
    match fault {
        DeviceFault::Usb(UsbFault::Unplugged(id)) => w.printing_usb_away(word_usb_id(w, id)),
        DeviceFault::Usb(UsbFault::Twins(count, id)) => {
            w.printing_usb_twins(count.to_string(), word_usb_id(w, id))
        }
        DeviceFault::Usb(UsbFault::Denied(file)) => w.printing_usb_denied(show_path(file)),
        DeviceFault::Usb(UsbFault::Held(file)) => w.printing_usb_held(show_path(file)),
        DeviceFault::Usb(UsbFault::Gone) => w.printing_usb_gone(),
        DeviceFault::Usb(UsbFault::Other(file, detail, _)) => w.printing_usb_other(detail, show_path(file)),
        DeviceFault::Folder(FolderFault::Unusable(folder, detail)) => {
            w.printing_folder_unusable(detail, show_path(folder))
        }
        DeviceFault::Folder(FolderFault::Unwritten(folder, detail)) => {
            w.printing_folder_unwritten(detail, show_path(folder))
        }
        DeviceFault::Folder(FolderFault::TooLarge) => w.printing_folder_too_large(),
        DeviceFault::NoAddress => w.printing_device_no_address(),
        DeviceFault::System(detail) => detail.clone(),
    }
}

fn show_path(path: &Path) -> String {
    path.display().to_string()
}

fn word_usb_id(w: PrintingWords, id: &UsbId) -> String {
    match id {
        UsbId::Serial(serial) => w.printing_usb_serial(serial),
        UsbId::Model { vendor, product } => w.printing_usb_model(format!("{vendor:04x}:{product:04x}")),
    }
}

pub(crate) fn word_failure(w: PrintingWords, cause: &FailureCause) -> String {
    match cause {
        FailureCause::BlankNotFound => w.failure_blank_not_found(),
        FailureCause::BlankInterrupted => w.failure_blank_interrupted(),
        FailureCause::TakenOut => w.failure_taken_out(),
        FailureCause::TextMissing => w.failure_text_missing(),
        FailureCause::NotMade(error) => word_make_error(w, error),
        FailureCause::SheetNotMade => w.failure_sheet_not_made(),
    }
}

pub(crate) fn word_note(w: PrintingWords, note: &JobNote) -> String {
    match note {
        JobNote::OtherTemplate { paper, template } => w.note_other_template(word_paper(w, paper), template),
        JobNote::Warning { warning, times: 1, of: 1, .. } => word_warning(w, warning),
        JobNote::Warning { warning, first, times: 1, .. } => {
            w.note_label(first.to_string(), word_warning(w, warning))
        }
        JobNote::Warning { warning, times, .. } => w.note_labels(*times, word_warning(w, warning)),
    }
}

/// Words that begin with a small letter and have no full stop, as a sentence.
pub(crate) fn as_sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use std::io;

    use ::labels::drawing::LabelWarning;
    use ::labels::media::{MediaError, MediaSize};
    use words::{Locale, WordSet as _};

    use crate::printing::{PrinterPaper, QueueError};

    use super::*;
    use crate::printing::MakeError;

    const SET: MediaSize = MediaSize { width_mm: 62.0, height_mm: Some(29.0) };

    #[test]
    fn a_cause_says_what_happened_and_what_to_do() {
        let w = PrintingWords::in_locale(Locale::EnUs);
        let unreachable = |error: io::Error| PrinterCause::Unreachable {
            printer: "Desk".into(),
            address: "usb:A1".into(),
            fault: ConnectionFault::Broken(DeviceFault::from(&error)),
        };
        let unplugged = UsbFault::Unplugged(UsbId::Model { vendor: 0x922, product: 0x20 });
        for (cause, words) in [
            (
                PrinterCause::WrongRoll { width_mm: 29, length_mm: 0, set: SET },
                "Another roll is in the printer (29 mm wide, a continuous roll) than is set for it (the roll of 62.0 × 29.0 mm \
                 labels). Put in the right one: printing resumes automatically. Or set the printer to what is in it.",
            ),
            (
                PrinterCause::SheetCondition { condition: PrinterCondition::PaperOut, sheet: "Avery 5160" },
                "The printer is out of paper. Put sheets of Avery 5160 into its tray: printing resumes automatically.",
            ),
            (
                unreachable(unplugged.into()),
                "The printer Desk at usb:A1 cannot be reached (the connection to the printer broke: the USB printer of the model \
                 0922:0020 is not connected: the cable is out or the printer is off). Check that it is switched on and on \
                 the network. Nothing is lost: printing resumes automatically.",
            ),
            (
                unreachable(io::ErrorKind::TimedOut.into()),
                "The printer Desk at usb:A1 cannot be reached (the connection to the printer broke: timed out). Check that it is \
                 switched on and on the network. Nothing is lost: printing resumes automatically.",
            ),
            (
                PrinterCause::Queue(QueueError::NoPdf),
                "The print queue does not accept PDF; print the sheet from a computer that has the printer’s driver.",
            ),
        ] {
            assert_eq!(word_cause(w, &cause), words);
        }
    }

    #[test]
    fn a_note_names_its_labels() {
        let w = PrintingWords::in_locale(Locale::EnUs);
        let note = |first, times, of| {
            let warning = LabelWarning::LeftOut { text: "ICU".into() };
            word_note(w, &JobNote::Warning { warning, first, times, of })
        };
        let words = "“ICU” is left out, because this label has no room for it";
        assert_eq!(note(1, 1, 1), words);
        assert_eq!(note(7, 1, 9), format!("Label 7: {words}"));
        assert_eq!(note(7, 3, 9), format!("3 labels: {words}"));
        let instead = JobNote::OtherTemplate { paper: PrinterPaper::Roll(SET), template: "micro".into() };
        assert_eq!(
            word_note(w, &instead),
            "The default template does not fit on the roll of 62.0 × 29.0 mm labels, so micro is used."
        );
    }

    #[test]
    fn what_stands_in_the_ledger_is_a_cause_and_no_sentence() {
        let not_made = FailureCause::NotMade(MakeError::Media(MediaError::Empty));
        for (cause, json) in [
            (FailureCause::BlankNotFound, r#""blank_not_found""#),
            (not_made, r#"{"not_made":{"media":"empty"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&cause).unwrap(), json);
            assert_eq!(serde_json::from_str::<FailureCause>(json).unwrap(), cause);
        }
    }
}
