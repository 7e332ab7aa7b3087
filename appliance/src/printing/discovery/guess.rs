//! Which language a printer speaks, guessed from what it says of itself, with the reason.

use labels::dymo;
use labels::language::{LanguageSpec, ModelFault, PrinterLanguage};
use labels::language_table::LANGUAGES;

/// Characters of what a printer says of itself that are read, and shown to people.
const WORDS_MAX: usize = 1_024;
/// DYMO's number on USB, and its models with chipped rolls.
const DYMO_VENDOR: u16 = 0x0922;
const DYMO_CHIPPED: &[u16] = &[0x0028, 0x002a, 0x0052, 0x0053, 0x0054];

/// What is known of a printer before anybody has talked to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeviceIdentity {
    pub(crate) maker: String,
    pub(crate) model: String,
    pub(crate) commands: Vec<String>,
    /// Maker's and model's number on USB.
    pub(crate) ids: Option<(u16, u16)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LanguageGuess {
    pub(crate) language: Option<PrinterLanguage>,
    pub(crate) dpi: Option<u16>,
    /// What led to it, or why there is none.
    pub(crate) reason: GuessReason,
    /// The printer can never be used.
    pub(crate) refused: bool,
}

/// Why a printer is thought to be what it is, or why it cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuessReason {
    Claims {
        command: &'static str,
    },
    /// Printers of such names speak one language.
    Named {
        name: String,
        word: &'static str,
        language: &'static str,
    },
    /// A model that cannot be driven.
    Model(ModelFault),
    Tape {
        name: String,
    },
    /// A printer for pages, by another address than its queue's.
    Pages,
    PageQueue,
    /// A queue without a driver.
    RawQueue,
    Unknown {
        name: String,
        commands: Vec<String>,
    },
}

/// The languages, those of label printers first: a printer that takes both prints labels in theirs.
fn known_languages() -> impl Iterator<Item = &'static LanguageSpec> {
    let (first, rest) = LANGUAGES.split_at(1);
    rest.iter().chain(first)
}

/// Languages of ordinary printers.
const PAGES: &[&str] =
    &["PDF", "PWG", "PWGRASTER", "URF", "PCL", "PCL5E", "PCLXL", "POSTSCRIPT", "PS", "ESCPL2"];

impl DeviceIdentity {
    /// From an IEEE 1284 string: `MFG:Brother;CMD:PT-CBP;MDL:QL-700;CLS:PRINTER;`, keys short or long.
    pub(crate) fn from_1284(text: &str) -> Self {
        let text: String = text.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
        let mut found = Self::default();
        for field in text.split(';') {
            let Some((key, value)) = field.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_uppercase().as_str() {
                "MFG" | "MANUFACTURER" => found.maker = value.to_owned(),
                "MDL" | "MODEL" => found.model = value.to_owned(),
                "CMD" | "COMMAND SET" => {
                    let commands = value.split(',').map(|c| c.trim().to_ascii_uppercase());
                    found.commands = commands.filter(|c| !c.is_empty()).collect();
                }
                _ => {}
            }
        }
        found
    }

    /// Maker and model, the maker once; empty where it says neither.
    pub(crate) fn name(&self) -> String {
        let (maker, model) = (self.maker.trim(), self.model.trim());
        let message = model.to_ascii_uppercase().starts_with(&maker.to_ascii_uppercase());
        let name = if message { model.to_owned() } else { format!("{maker} {model}") };
        name.trim().chars().filter(|c| !c.is_control()).take(80).collect()
    }

    pub(crate) fn takes_pdf(&self) -> bool {
        self.commands.iter().any(|command| command == "PDF")
    }

    /// Its language, as far as known.
    pub(crate) fn guess(&self) -> LanguageGuess {
        let name = self.name();
        let upper = name.to_ascii_uppercase();
        let chipped = self.ids.is_some_and(|(v, p)| v == DYMO_VENDOR && DYMO_CHIPPED.contains(&p));
        if upper.contains("LABELWRITER") || self.ids.is_some_and(|(v, _)| v == DYMO_VENDOR) {
            let refusal =
                dymo::model_refusal(&upper).or_else(|| chipped.then(|| dymo::model_refusal("550")).flatten());
            if let Some(fault) = refusal {
                return LanguageGuess { refused: true, ..guess_nothing(GuessReason::Model(fault)) };
            }
        }
        let claimed = language_words(|row| row.commands)
            .find(|(command, _)| self.commands.iter().any(|c| c == command));
        if let Some((command, language)) = claimed {
            return guess_language(&upper, language, GuessReason::Claims { command });
        }
        let named = language_words(|row| row.models).find(|(word, _)| upper.contains(word));
        if let Some((word, language)) = named {
            let reason = GuessReason::Named { name, word: word.trim(), language: language.name() };
            return guess_language(&upper, language, reason);
        }
        if self.commands.iter().any(|c| c == "PT-CBP") {
            return guess_nothing(GuessReason::Tape { name });
        }
        if self.commands.iter().any(|c| PAGES.contains(&c.as_str())) {
            return guess_nothing(GuessReason::Pages);
        }
        guess_nothing(GuessReason::Unknown { name, commands: self.commands.clone() })
    }
}

fn language_words(
    words: fn(&'static LanguageSpec) -> &'static [&'static str],
) -> impl Iterator<Item = (&'static str, PrinterLanguage)> {
    known_languages().flat_map(move |row| words(row).iter().map(|word| (*word, row.language)))
}

fn guess_nothing(reason: GuessReason) -> LanguageGuess {
    LanguageGuess { language: None, dpi: None, reason, refused: false }
}

fn guess_language(name: &str, language: PrinterLanguage, reason: GuessReason) -> LanguageGuess {
    let dpi = Some(guess_dpi(name, language));
    LanguageGuess { language: Some(language), dpi, reason, refused: false }
}

/// Dots per inch, where the name says or the model is known; else what is usual for the language.
fn guess_dpi(name: &str, language: PrinterLanguage) -> u16 {
    let usual = language.row().dpi;
    let guess = if has_word(name, &["600DPI", "600 DPI"]) {
        600
    } else if has_word(name, &["300DPI", "300 DPI"]) {
        300
    } else if has_word(name, &["200DPI", "203DPI", "203 DPI"]) {
        203
    } else if has_word(name, &["TM-T88II", "TM-T88IV", "TM-T88V"]) && !has_word(name, &["TM-T88VI"]) {
        180
    } else {
        0
    };
    if usual.contains(&guess) { guess } else { usual.first().copied().unwrap_or(203) }
}

fn has_word(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn language(text: &str) -> (Option<PrinterLanguage>, Option<u16>) {
        let guess = DeviceIdentity::from_1284(text).guess();
        (guess.language, guess.dpi)
    }

    #[test]
    fn what_real_printers_say() {
        for (text, expected, dpi) in [
            (
                "MANUFACTURER:Zebra Technologies ;COMMAND SET:ZPL;MODEL:ZTC ZD220-203dpi ZPL;CLASS:PRINTER;OPTIONS:XML;",
                PrinterLanguage::Zpl,
                203,
            ),
            (
                "SERN:99J204300180;MANUFACTURER:Zebra Technologies ;COMMAND SET:ZPL;MODEL:ZTC ZT411-300dpi ZPL;CLASS:PRINTER;OPTIONS:XML;",
                PrinterLanguage::Zpl,
                300,
            ),
            (
                "MANUFACTURER:Zebra Technologies ;COMMAND SET:EPL;MODEL:ZTC GK420d;CLASS:PRINTER;",
                PrinterLanguage::Zpl,
                203,
            ),
            (
                "MFG:Brother;CMD:PT-CBP;MDL:QL-1100;CLS:PRINTER;CID:Brother QL Type1;",
                PrinterLanguage::BrotherQl,
                300,
            ),
            ("MFG:Brother;CMD:PT-CBP;MDL:QL-700;CLS:PRINTER;", PrinterLanguage::BrotherQl, 300),
            (
                "MFG:DYMO;CMD: ;MDL:LabelWriter 450;CLASS:PRINTER;DESCRIPTION:DYMO LabelWriter 450;SERN:01010112345600;",
                PrinterLanguage::Dymo,
                300,
            ),
            (
                "MFG:DYMO;CMD: ;MDL:LabelWriter 450 Turbo;CLASS:PRINTER;SERN:10041918222229;",
                PrinterLanguage::Dymo,
                300,
            ),
            ("MFG:Xprinter;CMD:TSPL,ESC/POS;MDL:XP-350B;", PrinterLanguage::Tspl, 203),
            ("MFG:4BARCODE;CMD:TSPL2;MDL:3B-363B;CLS:PRINTER;", PrinterLanguage::Tspl, 203),
            ("MFG:Munbyn;CMD:TSPL;MDL:RW403B;CMT:Label Printer;", PrinterLanguage::Tspl, 203),
            ("MFG:Rollo;MDL:X1038;CMD:;", PrinterLanguage::Tspl, 203),
            (
                "MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;DES:EPSON TM-T88V;CID:EpsonTM00000001;",
                PrinterLanguage::EscPos,
                180,
            ),
            (
                "MFG:EPSON;CMD:ESCPOS;MDL:TM-T88VII;CLS:PRINTER;DES:EPSON TM-T88VII;",
                PrinterLanguage::EscPos,
                203,
            ),
            (
                "MFG:EPSON;CMD:ESC/POS;MDL:TM-m30II;CLS:PRINTER;DES:EPSON TM-m30II",
                PrinterLanguage::EscPos,
                203,
            ),
            ("MFG:Printer;MDL:POS-80;CMD:ESC/POS;CLS:PRINTER;", PrinterLanguage::EscPos, 203),
        ] {
            let dpi = if expected.row().dpi.contains(&dpi) { dpi } else { expected.row().dpi[0] };
            assert_eq!(language(text), (Some(expected), Some(dpi)), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_driven_says_why() {
        let unknown = |name: &str, commands: &[&str]| GuessReason::Unknown {
            name: name.to_owned(),
            commands: commands.iter().map(|command| (*command).to_owned()).collect(),
        };
        for (text, reason) in [
            (
                "MFG:DYMO;CMD: ;MDL:LabelWriter 550;CLASS:PRINTER;DESCRIPTION:DYMO LabelWriter 550;",
                GuessReason::Model(ModelFault::ChippedRolls),
            ),
            (
                "MFG:DYMO;CMD: ;MDL:LabelWriter 5XL;CLASS:PRINTER;",
                GuessReason::Model(ModelFault::ChippedRolls),
            ),
            (
                "MFG:Brother;CMD:PT-CBP;MDL:PT-P750W;CLS:PRINTER;",
                GuessReason::Tape { name: "Brother PT-P750W".into() },
            ),
            ("MFG:HP;MDL:LaserJet Pro M428;CMD:PDF,PCL,PJL;", GuessReason::Pages),
            ("MFG:Star;CMD:STAR;MDL:TSP143;CLS:PRINTER;", unknown("Star TSP143", &["STAR"])),
            ("", unknown("", &[])),
        ] {
            let guess = DeviceIdentity::from_1284(text).guess();
            let refused = matches!(reason, GuessReason::Model(_));
            assert_eq!((guess.language, guess.reason), (None, reason), "{text}");
            assert_eq!(guess.refused, refused, "{text}");
        }
        let silent = DeviceIdentity { ids: Some((0x0922, 0x0054)), ..DeviceIdentity::default() }.guess();
        assert!(silent.refused, "known by its number alone");
        assert_eq!(silent.reason, GuessReason::Model(ModelFault::ChippedRolls));
    }

    #[test]
    fn the_maker_is_named_once() {
        let name = |maker: &str, model: &str| {
            DeviceIdentity { maker: maker.into(), model: model.into(), ..DeviceIdentity::default() }.name()
        };
        assert_eq!(name("Brother", "QL-700"), "Brother QL-700");
        assert_eq!(name("DYMO", "DYMO LabelWriter 450"), "DYMO LabelWriter 450");
        assert_eq!(name("", ""), "");
        assert!(name("a", &"b".repeat(5_000)).len() <= 80);
    }

    proptest! {
        #[test]
        fn any_words_are_taken(text in "\\PC{0,200}", fields in "([A-Z]{3}:[^;]{0,20};){0,8}") {
            let guess = DeviceIdentity::from_1284(&format!("{fields}{text}")).guess();
            prop_assert!(guess.language.is_some() == guess.dpi.is_some());
        }
    }
}
