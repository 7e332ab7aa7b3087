//! Why something is not printed, answered or set up, in words without a full stop.

use ::labels::language_table::LANGUAGES;
use ::labels::wording::show_text;

use words::{Locale, WordSet as _};

use crate::printing::discovery::{DiscoveredPrinter, GuessReason};
use crate::printing::{
    AddressError, AnswerError, GarbledAnswer, KEY_CHARS_MAX, LABELS_MAX, LabelState, LostAnswer,
    NAME_CHARS_MAX, OPEN_MAX, PRINTERS_MAX, PrintRefusal, PrinterRefusal, QueueError, QueueRefusal,
    REASON_CHARS_MAX,
};
use crate::web::view_models::printing::label_faults::{word_encode_error, word_make_error, word_model_fault};
use crate::web::view_models::printing::print_papers::millimetres_text;
use crate::web::words::PrintingWords;

pub(crate) fn word_print_refusal(w: PrintingWords, refusal: &PrintRefusal) -> String {
    match refusal {
        PrintRefusal::NoPrinter => w.refused_no_printer(),
        PrintRefusal::NoSlipPrinter => w.refused_no_slip_printer(),
        PrintRefusal::UnknownPrinter { expected, known } => {
            w.refused_unknown_printer(known, show_text(expected))
        }
        PrintRefusal::UnknownTemplate { expected, known } => {
            w.refused_unknown_template(known, show_text(expected))
        }
        PrintRefusal::NoLabels => w.refused_no_labels(),
        PrintRefusal::TooMany { labels } => w.refused_too_many(labels.to_string(), LABELS_MAX.to_string()),
        PrintRefusal::Full => w.refused_full(OPEN_MAX.to_string()),
        PrintRefusal::Label { n, tag: None, why } => w.refused_label(n.to_string(), word_make_error(w, why)),
        PrintRefusal::Label { n, tag: Some(tag), why } => {
            w.refused_label_tag(n.to_string(), tag.to_string(), word_make_error(w, why))
        }
        PrintRefusal::BlankAgain(tag) => w.refused_blank_again(tag.grouped()),
        PrintRefusal::KeyReused => w.refused_key_reused(),
        PrintRefusal::NoJob(job) => w.refused_no_job(job.to_string()),
        PrintRefusal::NoLabel { job, n } => w.refused_no_label(job.to_string(), n.to_string()),
        PrintRefusal::Reason => w.refused_reason(REASON_CHARS_MAX.to_string()),
        PrintRefusal::Key => w.refused_key(KEY_CHARS_MAX.to_string()),
        PrintRefusal::Fonts(_) | PrintRefusal::Ledger(_) => w.refused_ledger(),
    }
}

pub(crate) fn word_answer_error(w: PrintingWords, error: &AnswerError) -> String {
    match error {
        AnswerError::NoJob(job) => w.answer_no_job(job.to_string()),
        AnswerError::NoLabel { job, n } => w.answer_no_label(job.to_string(), n.to_string()),
        AnswerError::NoneInDoubt(job) => w.answer_none_in_doubt(job.to_string()),
        AnswerError::NotInDoubt { n, state } => w.answer_not_in_doubt(n.to_string(), state_name(*state)),
        AnswerError::Ledger(_) => w.answer_title_safe(),
    }
}

pub(crate) fn word_queue_error(w: PrintingWords, error: &QueueError) -> String {
    match error {
        QueueError::Unreachable(detail) => w.printing_queue_away(detail),
        QueueError::Lost(LostAnswer::System(detail)) => w.printing_queue_lost(detail),
        QueueError::Lost(LostAnswer::Cancelled) => w.printing_queue_lost_cancelled(),
        QueueError::Refused(QueueRefusal::Quoted(detail)) => w.printing_queue_refused(detail),
        QueueError::Refused(QueueRefusal::Password) => w.printing_queue_refused_password(),
        QueueError::Refused(QueueRefusal::Encryption) => w.printing_queue_refused_encryption(),
        QueueError::Unknown => w.printing_queue_unknown(),
        QueueError::NoQueue => w.printing_queue_none(),
        QueueError::Garbled(GarbledAnswer::Endless) => w.printing_queue_garbled_endless(),
        QueueError::Garbled(GarbledAnswer::Foreign) => w.printing_queue_garbled_foreign(),
        QueueError::NoPdf => w.printing_queue_no_pdf(),
        QueueError::RawQueue => w.printing_queue_raw(),
    }
}

fn state_name(state: LabelState) -> &'static str {
    match state {
        LabelState::Queued => "queued",
        LabelState::Sending => "sending",
        LabelState::Sent => "sent",
        LabelState::Confirmed => "confirmed",
        LabelState::Unknown => "unknown",
        LabelState::Failed => "failed",
        LabelState::Cancelled => "cancelled",
    }
}

pub(crate) fn word_printer_refusal(w: PrintingWords, refusal: &PrinterRefusal) -> String {
    match refusal {
        PrinterRefusal::Name => w.setup_name(NAME_CHARS_MAX.to_string()),
        PrinterRefusal::SameName(name) => w.setup_same_name(show_text(name)),
        PrinterRefusal::SameAddress { other, address } => w.setup_same_address(address, show_text(other)),
        PrinterRefusal::Unknown(name) => w.setup_unknown(show_text(name)),
        PrinterRefusal::Fixed(name) => w.setup_fixed(show_text(name)),
        PrinterRefusal::Language(unknown) => {
            let known: Vec<&str> = LANGUAGES.iter().map(|row| row.name).collect();
            w.setup_language(known.join(", "), show_text(&unknown.0))
        }
        PrinterRefusal::Address(error) => word_address_error(w, error),
        PrinterRefusal::Dpi { dpi, known } => w.setup_dpi(dpi.to_string(), word_choice(w, known)),
        PrinterRefusal::Media { media, known } => w.setup_media(known, show_text(media)),
        PrinterRefusal::Sheet { media, known } => w.setup_sheet(known, show_text(media)),
        PrinterRefusal::RollForSheets { known } => w.setup_roll_for_sheets(known),
        PrinterRefusal::Length => w.setup_length(),
        PrinterRefusal::Millimetres { field, value, least, most } => {
            w.setup_millimetres(*field, least.to_string(), most.to_string(), value.to_string())
        }
        PrinterRefusal::Range { field, value, least, most } => {
            w.setup_range(*field, least.to_string(), most.to_string(), value.to_string())
        }
        PrinterRefusal::HeadReach { roll_mm, head_mm } => {
            w.setup_head_reach(millimetres_text(*head_mm), millimetres_text(*roll_mm))
        }
        PrinterRefusal::Model(fault) => word_model_fault(w, *fault),
        PrinterRefusal::Encode(error) => word_encode_error(w, error),
        PrinterRefusal::Changed(name) => w.setup_changed(show_text(name)),
        PrinterRefusal::TooMany => w.setup_too_many(PRINTERS_MAX.to_string()),
        PrinterRefusal::Ledger(error) => w.setup_ledger(error.to_string()),
        PrinterRefusal::Queue(error) => word_queue_error(w, error),
        PrinterRefusal::Worker(error) => w.setup_worker(error.to_string()),
        PrinterRefusal::Fonts(error) => w.setup_fonts(error.to_string()),
    }
}

/// For the alarm about a printer of the settings file, in English as that file is.
pub(crate) fn word_settings_refusal(refusal: &PrinterRefusal) -> String {
    word_printer_refusal(PrintingWords::in_locale(Locale::EnUs), refusal)
}

fn word_choice(w: PrintingWords, numbers: &[u16]) -> String {
    let mut all = numbers.iter().map(u16::to_string);
    let first = all.next().unwrap_or_default();
    all.fold(first, |first, last| w.setup_or(first, last))
}

fn word_address_error(w: PrintingWords, error: &AddressError) -> String {
    match error {
        AddressError::Unknown(address) => w.address_unknown(show_text(address)),
        AddressError::Host(address, example) => w.address_host(show_text(address), *example),
        AddressError::Usb(address) => w.address_usb(show_text(address)),
        AddressError::Folder(address) => w.address_folder(show_text(address)),
        AddressError::Queue(address) => w.address_queue(show_text(address)),
        AddressError::NoQueue(address) => w.address_no_queue(show_text(address)),
    }
}

pub(crate) fn found_name(w: PrintingWords, found: &DiscoveredPrinter) -> String {
    if found.name.is_empty() { w.printers_nameless() } else { found.name.clone() }
}

/// Why a printer that was found is thought to be what it is, or why it cannot be used.
pub(crate) fn word_guess(w: PrintingWords, found: &DiscoveredPrinter) -> String {
    let guess = match &found.reason {
        GuessReason::Claims { command } => w.guess_claims(*command),
        GuessReason::Named { name, word, language } => {
            w.guess_named(*language, word_printer_name(w, name), *word)
        }
        GuessReason::Model(fault) => word_model_fault(w, *fault),
        GuessReason::Tape { name } => w.guess_tape(word_printer_name(w, name)),
        GuessReason::Pages => w.guess_pages(),
        GuessReason::PageQueue => w.guess_page_queue(),
        GuessReason::RawQueue => w.printing_queue_raw(),
        GuessReason::Unknown { name, commands } if commands.is_empty() => {
            w.guess_silent(word_printer_name(w, name))
        }
        GuessReason::Unknown { name, commands } => {
            w.guess_unknown(commands.join(", "), word_printer_name(w, name))
        }
    };
    match &found.serial {
        Some(serial) => w.guess_serial(guess, serial),
        None => guess,
    }
}

fn word_printer_name(w: PrintingWords, name: &str) -> String {
    if name.is_empty() { w.printers_nameless() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use ::labels::language::{EncodeError, ModelFault};
    use ::labels::language_table::UnknownLanguage;
    use record::ids::JobId;
    use record::tag::Tag;

    use super::*;
    use crate::printing::{GarbledAnswer, LostAnswer, MakeError, PrinterAddress, QueueError, QueueRefusal};
    use crate::web::view_models::printing::label_faults::check_words;

    fn print_refusals() -> Vec<PrintRefusal> {
        let (job, tag) = (JobId::new(7, [7; 10]), Tag::from_random([7; 5]));
        let why = || Box::new(MakeError::Template("loaner".into()));
        let (expected, known) = ("Nurse's \"one\"".to_owned(), "Desk, Ward".to_owned());
        vec![
            PrintRefusal::NoPrinter,
            PrintRefusal::NoSlipPrinter,
            PrintRefusal::UnknownPrinter { expected: expected.clone(), known: known.clone() },
            PrintRefusal::UnknownTemplate { expected, known },
            PrintRefusal::NoLabels,
            PrintRefusal::TooMany { labels: 5_001 },
            PrintRefusal::Full,
            PrintRefusal::Label { n: 1_207, tag: None, why: why() },
            PrintRefusal::Label { n: 3, tag: Some(tag), why: why() },
            PrintRefusal::BlankAgain(tag),
            PrintRefusal::KeyReused,
            PrintRefusal::NoJob(job),
            PrintRefusal::NoLabel { job, n: 4 },
            PrintRefusal::Reason,
            PrintRefusal::Key,
        ]
    }

    fn printer_refusals() -> Vec<PrinterRefusal> {
        let (text, known) = ("a\"b".to_owned(), "x, y".to_owned());
        let address = || "http://x/y'z".to_owned();
        let mut refusals = vec![
            PrinterRefusal::Name,
            PrinterRefusal::SameName(text.clone()),
            PrinterRefusal::SameAddress { other: text.clone(), address: address() },
            PrinterRefusal::Unknown(text.clone()),
            PrinterRefusal::Fixed(text.clone()),
            PrinterRefusal::Language(UnknownLanguage(text.clone())),
            PrinterRefusal::Dpi { dpi: 1_200, known: vec![203, 300, 600] },
            PrinterRefusal::Dpi { dpi: 203, known: vec![600] },
            PrinterRefusal::Media { media: text.clone(), known: known.clone() },
            PrinterRefusal::Sheet { media: text, known: known.clone() },
            PrinterRefusal::RollForSheets { known },
            PrinterRefusal::Length,
            PrinterRefusal::Millimetres { field: "width_mm", value: 1_000.5, least: 10.0, most: 220.0 },
            PrinterRefusal::Range { field: "speed", value: 4_001, least: 10, most: 400 },
            PrinterRefusal::HeadReach { roll_mm: 80.0, head_mm: 48.04 },
            PrinterRefusal::Model(ModelFault::ChippedRolls),
            PrinterRefusal::Encode(EncodeError::TooWide { width: 1_300, head: 1_296 }),
            PrinterRefusal::TooMany,
        ];
        refusals.extend(
            [
                AddressError::Unknown(address()),
                AddressError::Host(address(), "tcp://host:9100"),
                AddressError::Usb(address()),
                AddressError::Folder(address()),
                AddressError::Queue(address()),
                AddressError::NoQueue(address()),
            ]
            .map(PrinterRefusal::Address),
        );
        refusals.extend(
            [
                QueueError::Unreachable("refused".into()),
                QueueError::Lost(LostAnswer::Cancelled),
                QueueError::Lost(LostAnswer::System("timed out".into())),
                QueueError::Refused(QueueRefusal::Password),
                QueueError::Refused(QueueRefusal::Encryption),
                QueueError::Refused(QueueRefusal::Quoted("busy".into())),
                QueueError::Unknown,
                QueueError::NoQueue,
                QueueError::Garbled(GarbledAnswer::Endless),
                QueueError::Garbled(GarbledAnswer::Foreign),
                QueueError::NoPdf,
                QueueError::RawQueue,
            ]
            .map(PrinterRefusal::Queue),
        );
        refusals
    }

    #[test]
    fn people_read_the_catalogue_and_logs_have_values() {
        let w = PrintingWords::in_locale(Locale::EnUs);
        let mut pairs: Vec<_> =
            print_refusals().iter().map(|r| (r.to_string(), word_print_refusal(w, r))).collect();
        pairs.extend(printer_refusals().iter().map(|r| (r.to_string(), word_printer_refusal(w, r))));
        let job = JobId::new(7, [7; 10]);
        let errors =
            [AnswerError::NoJob(job), AnswerError::NoLabel { job, n: 3 }, AnswerError::NoneInDoubt(job)];
        pairs.extend(errors.iter().map(|error| (error.to_string(), word_answer_error(w, error))));
        check_words("print-refusals", pairs);
    }
    #[test]
    fn refusals_say_what_to_write() {
        let w = PrintingWords::in_locale(Locale::EnUs);
        for (text, word) in [
            ("", "tcp://host:9100"),
            ("tcp://", "tcp://host:9100"),
            ("host:0", "usb:SERIAL"),
            ("host:99999", "dir:/folder"),
            ("ho st:1", "ipp://host/ipp/print"),
            ("fe80::1", "tcp://host:9100"),
            ("http://x:1", "ipp://host/ipp/print"),
            ("tcp://a/b", "tcp://host:9100"),
            ("tcp://[1:2", "tcp://host:9100"),
            ("usb:", "usb:0922:0020"),
            ("usb:\u{7}", "serial number"),
            ("dir:labels", "whole path"),
            ("dir:/a/../b", "whole path"),
            ("dir:", "whole path"),
            ("ipp://", "ipp://host/ipp/print"),
            ("ipp://h/a b", "ipp://host/ipp/print"),
            ("ipp://h/a?b=c", "ipp://host/ipp/print"),
            ("ipp://me:secret@h/a", "ipp://host/ipp/print"),
        ] {
            let words = word_address_error(w, &text.parse::<PrinterAddress>().unwrap_err());
            assert!(words.contains(word), "{text}: {words}");
        }
        let long = format!("tcp://{}", "a b".repeat(10_000));
        assert!(word_address_error(w, &long.parse::<PrinterAddress>().unwrap_err()).len() < 400);
    }
}
