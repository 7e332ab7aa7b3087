//! Letters of a receipt printer: which of its code pages writes a line, and what replaces letters that none has.

use std::sync::LazyLock;

use escpos::driver::Driver;
use escpos::printer::Printer;
use escpos::printer_options::PrinterOptions;
use escpos::utils::{Encoder, PageCode, Protocol};
use unicode_normalization::UnicodeNormalization as _;

/// In the order in which they are tried: the first is every printer's default, and each next one is known to fewer.
const PAGES: [PageCode; 8] = [
    PageCode::PC437,
    PageCode::PC850,
    PageCode::PC858,
    PageCode::WPC1252,
    PageCode::PC852,
    PageCode::PC866,
    PageCode::PC737,
    PageCode::PC857,
];
/// Replaces what no page has. The reader has the tag beside it.
const UNKNOWN: char = '?';

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PagedLine {
    pub(crate) page: PageCode,
    pub(crate) text: String,
}

/// The crate's encoding, with a letter that its page lacks as an error: by default it would send the letter's UTF-8
/// bytes, which print as others.
pub(crate) fn strict_protocol() -> Protocol {
    Protocol::new(Encoder::new(encoding_rs::X_USER_DEFINED))
}

/// The page that writes a line; where none writes all of it, the one that writes most, and the rest without accents, in
/// letters for them, or as a question mark.
pub(crate) fn choose_page(text: &str) -> PagedLine {
    let text = plain_letters(text);
    if let Some(page) = PAGES.into_iter().find(|page| text.chars().all(|c| has_letter(*page, c))) {
        return PagedLine { page, text };
    }
    // Of pages alike the first, which most printers know.
    let page = PAGES
        .into_iter()
        .rev()
        .max_by_key(|page| text.chars().filter(|c| has_letter(*page, *c)).count())
        .unwrap_or_default();
    let text = text.chars().map(|c| stand_in(page, c)).collect();
    PagedLine { page, text }
}

/// Without what is no letter: commands of the language begin with control characters, and a printer knows no direction of
/// reading.
fn plain_letters(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            '‘' | '’' | '‚' | 'ʼ' => plain.push('\''),
            '“' | '”' | '„' => plain.push('"'),
            '–' | '—' | '‑' | '‐' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '≤' => plain.push_str("<="),
            '≥' => plain.push_str(">="),
            '×' => plain.push('x'),
            '\u{a0}' | '\u{202f}' | '\u{2009}' => plain.push(' '),
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{ad}' => {}
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

/// The letter itself, else the one that it is with an accent, else a question mark.
fn stand_in(page: PageCode, c: char) -> char {
    if has_letter(page, c) {
        return c;
    }
    let base = std::iter::once(c).nfd().next().filter(|base| *base != c && has_letter(page, *base));
    base.or(match c {
        'ı' => Some('i'),
        'ł' => Some('l'),
        'Ł' => Some('L'),
        'đ' => Some('d'),
        'Đ' => Some('D'),
        'ø' => Some('o'),
        'Ø' => Some('O'),
        _ => None,
    })
    .unwrap_or(UNKNOWN)
}

/// A printer that is not there: only whether a text can be written is of interest.
pub(crate) struct NullDriver;

impl Driver for NullDriver {
    fn name(&self) -> String {
        "nothing".to_owned()
    }

    fn write(&self, _: &[u8]) -> escpos::errors::Result<()> {
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}

/// Letters beyond ASCII of each page, sorted: the crate's own tables are not for others to read, so they are found out once.
static LETTERS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| PAGES.map(page_letters).to_vec());

/// Greek, Cyrillic, Latin with accents, and the signs that pages have.
const CANDIDATES: [std::ops::RangeInclusive<char>; 3] =
    ['\u{a0}'..='\u{17f}', '\u{370}'..='\u{45f}', '\u{2000}'..='\u{25ff}'];

fn page_letters(page: PageCode) -> Vec<char> {
    let options = PrinterOptions::new(Some(page), None, 0);
    let mut printer = Printer::new(NullDriver, strict_protocol(), Some(options));
    let all = CANDIDATES.into_iter().flatten().chain(['ƒ']);
    let mut letters: Vec<char> = all.filter(|c| printer.write(c.encode_utf8(&mut [0; 4])).is_ok()).collect();
    letters.sort_unstable();
    letters
}

fn has_letter(page: PageCode, c: char) -> bool {
    let at = PAGES.iter().position(|known| *known == page);
    c.is_ascii() || at.is_some_and(|at| LETTERS[at].binary_search(&c).is_ok())
}

/// A line of letters of each page that receipts in Spanish, French and German need first.
pub(crate) fn sample_letters() -> Vec<PagedLine> {
    let lines =
        ["ÁÉÍÓÚÜ áéíóúü Ññ ¿¡", "ÀÂÇÈÊË àâçèêë", "ÄÖÜ äöü ß €", "Zażółć gęślą jaźń", "Очистка", "Καθαρισμός"];
    lines.into_iter().map(choose_page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> (PageCode, String) {
        let PagedLine { page, text } = choose_page(text);
        (page, text)
    }

    #[test]
    fn the_first_page_that_has_all_letters_writes_a_line() {
        let as_it_is = [
            ("Infusion pump 3", PageCode::PC437),
            ("¿Limpió el ecógrafo? ¡Sí, señor!", PageCode::PC437),
            ("LÍNEA ARTERIAL Nº 4: MÁQUINA DE DIÁLISIS", PageCode::PC850),
            ("12 €", PageCode::PC858),
            ("Œuvre", PageCode::WPC1252),
            ("Zażółć gęślą jaźń", PageCode::PC852),
            ("Очистка насоса", PageCode::PC866),
            ("Καθαρισμός", PageCode::PC737),
            ("Şırınga pompası", PageCode::PC857),
        ];
        for (text, page) in as_it_is {
            assert_eq!(chosen(text), (page, text.to_owned()));
        }
    }

    #[test]
    fn letters_that_no_page_has_lose_their_accent_or_become_a_question_mark() {
        let cases = [
            ("Ultrasound 超声 4", "Ultrasound ?? 4"),
            ("Ứng dụng", "Ung dung"),
            ("A’s “pump” – 3…", "A's \"pump\" - 3..."),
            ("e\u{301}", "é"),
            ("a\u{202e}b\u{200b}c", "abc"),
        ];
        for (text, printed) in cases {
            assert_eq!(chosen(text).1, printed, "{text}");
        }
    }

    #[test]
    fn no_text_is_a_command() {
        let evil = "\u{1b}@\u{1d}V\u{0}\u{10}\u{4}\u{1}\nname\u{9b}";
        let PagedLine { text, .. } = choose_page(evil);
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(text.contains("name"));
    }

    #[test]
    fn the_crate_writes_what_was_found_to_be_written() {
        for (page, letters) in PAGES.into_iter().zip(LETTERS.iter()) {
            assert!(letters.len() >= 80, "{page}: {}", letters.len());
            let options = PrinterOptions::new(Some(page), None, 0);
            let mut printer = Printer::new(NullDriver, strict_protocol(), Some(options));
            assert!(printer.write("超").is_err(), "{page}");
        }
    }
}
