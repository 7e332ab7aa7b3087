//! Printers as people set them up: what they may say of one, and the defaults where they say nothing.

mod refusal;

use std::ops::RangeInclusive;

use labels::language::{ConfirmationLevel, PrinterLanguage, PrinterProfile};
use labels::media::{Media, MediaLength, ThermalMethod};
use labels::sheet::{LabelSheet, SHEETS};
use labels::{Bitmap, Dpi};
use record::code::is_hidden_in_text;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::printing::model::address::SNMP_PORT;
use crate::printing::model::connection_timeouts::ConnectionTimeouts;
use crate::printing::model::content_version::ContentVersion;
use crate::printing::model::paper::PrinterPaper;

pub use self::refusal::PrinterRefusal;

pub const PRINTERS_MAX: usize = 32;
pub const NAME_CHARS_MAX: usize = 60;
/// Dots of the widest head that is driven: 8 in at 1,200 dots per inch.
const HEAD_DOTS_MAX: u32 = 9_600;
/// Millimetres of paper that may extend beyond the head on each side: more, and the roll is for a wider printer.
const BEYOND_MM_MAX: f64 = 6.0;
const ROLL_MM: (f64, f64) = (10.0, 220.0);
const LABEL_MM: (f64, f64) = (5.0, 600.0);
const GAP_MM: (f64, f64) = (0.0, 20.0);
const GAP_MM_USUAL: f64 = 3.0;
const SPEED: (u16, u16) = (10, 400);

/// The language of office printers: whole sheets of labels, given to a print queue.
pub const PDF: &str = "pdf";
/// What labels on sheets are laid out for: finer than any office printer's toner.
const SHEET_DPI: u16 = 600;

/// The name of a sheet in settings, such as `avery-5160`.
pub fn sheet_name(sheet: &LabelSheet) -> String {
    sheet.name.to_lowercase().replace(' ', "-")
}

/// The sheet as if each of its labels were one of a roll.
fn sheet_media(sheet: &LabelSheet) -> Media {
    Media {
        name: sheet_name(sheet),
        width_mm: sheet.label_mm.0,
        length: MediaLength::DieCut { mm: sheet.label_mm.1, gap_mm: 0.0 },
        side_mm: 0.0,
        end_mm: 0.0,
        thermal: ThermalMethod::Transfer,
        two_colour: false,
    }
}

/// Whether a printer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PrinterAnswers")]
pub enum StatusQueryMode {
    /// As far as its language and line let it answer.
    #[default]
    Auto,
    /// Whether it has taken a label, no more: for printers whose word about printed ones is not true.
    Taken,
    /// Never: it says nothing, or nothing that is true.
    Never,
}

impl<'de> Deserialize<'de> for StatusQueryMode {
    /// `"auto"`, `"taken"` and `"never"`; `true` and `false` from older settings.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "answers is \"auto\", \"taken\" or \"never\"")]
        enum StatusQueryText {
            Flag(bool),
            Word(String),
        }
        match StatusQueryText::deserialize(from)? {
            StatusQueryText::Flag(true) => Ok(Self::Auto),
            StatusQueryText::Flag(false) => Ok(Self::Never),
            StatusQueryText::Word(word) if word == "auto" => Ok(Self::Auto),
            StatusQueryText::Word(word) if word == "taken" => Ok(Self::Taken),
            StatusQueryText::Word(word) if word == "never" => Ok(Self::Never),
            StatusQueryText::Word(_) => {
                Err(serde::de::Error::custom("answers is \"auto\", \"taken\" or \"never\""))
            }
        }
    }
}

/// What is in a printer.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(untagged, expecting = "media is the name of a roll, or {\"width_mm\":…,\"height_mm\":…}")]
pub enum MediaChoice {
    /// A roll of the language's list.
    Named(String),
    /// A roll that is not on it.
    Own(MeasuredMedia),
}

/// A roll that is on no list, measured by a person.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OwnMedia")]
pub struct MeasuredMedia {
    /// Across the head.
    pub width_mm: f64,
    /// Of one label along the paper's way; absent on an endless roll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<f64>,
    /// Endless.
    #[serde(default)]
    pub continuous: bool,
    /// Between two labels; 3 mm where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_mm: Option<f64>,
    /// `direct` or `transfer`.
    #[serde(default)]
    pub thermal: ThermalSetting,
    /// Black and red on one roll.
    #[serde(default)]
    pub two_colour: bool,
}

/// How dots get onto a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PrintMethod")]
pub enum ThermalSetting {
    /// The paper itself darkens.
    #[default]
    Direct,
    /// A ribbon is melted onto it.
    Transfer,
}

impl ThermalSetting {
    pub(crate) fn of(thermal: ThermalMethod) -> Self {
        match thermal {
            ThermalMethod::Direct => Self::Direct,
            ThermalMethod::Transfer => Self::Transfer,
        }
    }
}

/// A printer as a person sets it up: the form of the API, of the settings file and of what is kept.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterSettings {
    /// What people call it; unique.
    pub name: String,
    /// What it speaks: `escpos`, `zpl`, `tspl`, `brother-ql`, `dymo`; `pdf` for label sheets on an office printer.
    pub language: String,
    /// Where it is: `tcp://host:port`, and what else the box can reach.
    pub address: String,
    /// Dots per inch; the language's usual one where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<u16>,
    /// Dots across its head; the language's usual head where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_dots: Option<u32>,
    /// What is in it; the language's usual roll where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaChoice>,
    /// 0 (faint) to 100; the printer's own setting where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub darkness: Option<u8>,
    /// Millimetres a second; the printer's own setting where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<u16>,
    /// Fewer bytes, in a form that older printers do not take.
    #[serde(default)]
    pub dense: bool,
    /// The model's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether it is asked.
    #[serde(default)]
    pub answers: StatusQueryMode,
}

impl PrinterSettings {
    pub(crate) fn version(&self) -> ContentVersion {
        // Plain settings always serialise.
        ContentVersion::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// With everything else as is usual for the language.
    pub fn new(name: &str, language: &str, address: &str) -> Self {
        Self {
            name: name.to_owned(),
            language: language.to_owned(),
            address: address.to_owned(),
            dpi: None,
            head_dots: None,
            media: None,
            darkness: None,
            speed: None,
            dense: false,
            model: None,
            answers: StatusQueryMode::Auto,
        }
    }

    /// Everything filled in and found to go together.
    ///
    /// # Errors
    /// What does not, with what to do.
    pub fn checked(&self) -> Result<PrinterConfig, PrinterRefusal> {
        let name = check_name(&self.name)?;
        if self.language == PDF {
            return self.office(&name);
        }
        let language: PrinterLanguage = self.language.parse()?;
        let row = language.row();
        let model = self.model.as_deref().map(str::trim).filter(|m| !m.is_empty());
        if let Some(fault) = model.and_then(row.refusal) {
            return Err(PrinterRefusal::Model(fault));
        }
        let dpi = self.dpi.or(row.dpi.first().copied()).unwrap_or(203);
        let dpi = Dpi::new(dpi)
            .filter(|_| row.dpi.contains(&dpi))
            .ok_or_else(|| PrinterRefusal::Dpi { dpi, known: row.dpi.to_vec() })?;
        let head_dots = self.head_dots.unwrap_or_else(|| (row.head_dots)(dpi));
        check_within("head_dots", head_dots, (dpi.dots(ROLL_MM.0), HEAD_DOTS_MAX))?;
        check_within("darkness", self.darkness.unwrap_or(0), (0, 100))?;
        check_within("speed", self.speed.unwrap_or(SPEED.0), SPEED)?;
        let media = self.roll(language, dpi, head_dots)?;
        let config = PrinterConfig {
            name,
            address: self.address.trim().to_owned(),
            language,
            dpi,
            head_dots,
            answers: self.answers_of(language),
            requested: self.answers,
            sheet: None,
            media,
            darkness: self.darkness,
            speed_mm_s: self.speed,
            dense: self.dense,
            model: model.map(|m| m.chars().take(NAME_CHARS_MAX).collect()),
            timeouts: ConnectionTimeouts::default(),
            status_port: SNMP_PORT,
        };
        config.takes_a_label()?;
        Ok(config)
    }

    /// An office printer: its paper is all that there is to say of it.
    fn office(&self, name: &str) -> Result<PrinterConfig, PrinterRefusal> {
        let (sheet, dpi) = (self.sheet()?, Dpi::new(SHEET_DPI).unwrap_or(Dpi::D203));
        if self.dpi.is_some_and(|set| set != dpi.get()) {
            let (dpi, known) = (self.dpi.unwrap_or_default(), vec![dpi.get()]);
            return Err(PrinterRefusal::Dpi { dpi, known });
        }
        let answers = match self.answers {
            StatusQueryMode::Auto => ConfirmationLevel::Printed,
            StatusQueryMode::Taken => ConfirmationLevel::Taken,
            StatusQueryMode::Never => ConfirmationLevel::Nothing,
        };
        Ok(PrinterConfig {
            requested: self.answers,
            sheet: Some(sheet),
            dpi,
            head_dots: dpi.dots_up(sheet.label_mm.0),
            media: sheet_media(sheet),
            model: self.model.as_deref().map(|m| m.trim().chars().take(NAME_CHARS_MAX).collect()),
            ..PrinterConfig::escpos(name, self.address.trim(), dpi, answers)
        })
    }

    fn sheet(&self) -> Result<&'static LabelSheet, PrinterRefusal> {
        match &self.media {
            None => Ok(&SHEETS[0]),
            Some(MediaChoice::Named(name)) => LabelSheet::named(&name.replace('-', " ")).map_err(|_| {
                PrinterRefusal::Sheet { media: name.chars().take(60).collect(), known: list_sheets() }
            }),
            Some(MediaChoice::Own(_)) => Err(PrinterRefusal::RollForSheets { known: list_sheets() }),
        }
    }

    fn roll(&self, language: PrinterLanguage, dpi: Dpi, head_dots: u32) -> Result<Media, PrinterRefusal> {
        let rolls = (language.row().media)();
        let media = match &self.media {
            None => rolls.into_iter().next().unwrap_or(language.usual_profile().media),
            Some(MediaChoice::Named(name)) => {
                let known = rolls.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
                let refused = PrinterRefusal::Media { media: name.chars().take(60).collect(), known };
                rolls.into_iter().find(|m| m.name == *name).ok_or(refused)?
            }
            Some(MediaChoice::Own(own)) => own.media(dpi.mm(head_dots))?,
        };
        let printed_mm = media.width_mm - 2.0 * media.side_mm;
        let head_mm = dpi.mm(head_dots);
        if printed_mm > head_mm + 2.0 * BEYOND_MM_MAX {
            return Err(PrinterRefusal::HeadReach { roll_mm: media.width_mm, head_mm });
        }
        Ok(media)
    }

    fn answers_of(&self, language: PrinterLanguage) -> ConfirmationLevel {
        let address = self.address.trim();
        let row = language.row();
        match (row.answers, row.beside) {
            (ConfirmationLevel::Nothing, _) => ConfirmationLevel::Nothing,
            _ if self.answers == StatusQueryMode::Never || address.starts_with("dir:") => {
                ConfirmationLevel::Nothing
            }
            (_, Some(beside)) if !address.starts_with("usb:") => beside,
            // What these report beside their connection they do not report on it.
            (answers, Some(_)) => answers,
            _ if self.answers == StatusQueryMode::Taken => ConfirmationLevel::Taken,
            (answers, None) => answers,
        }
    }
}

impl MeasuredMedia {
    fn media(&self, head_mm: f64) -> Result<Media, PrinterRefusal> {
        let width_mm = check_length("width_mm", self.width_mm, ROLL_MM.0..=ROLL_MM.1)?;
        let (length, kind) = match (self.height_mm, self.continuous) {
            (Some(_), true) | (None, false) => return Err(PrinterRefusal::Length),
            (None, true) => (MediaLength::Continuous, "continuous".to_owned()),
            (Some(mm), false) => {
                let mm = check_length("height_mm", mm, LABEL_MM.0..=LABEL_MM.1)?;
                let gap_mm = self.gap_mm.unwrap_or(GAP_MM_USUAL);
                let gap_mm = check_length("gap_mm", gap_mm, GAP_MM.0..=GAP_MM.1)?;
                (MediaLength::DieCut { mm, gap_mm }, mm.to_string())
            }
        };
        let thermal = if self.thermal == ThermalSetting::Direct {
            ThermalMethod::Direct
        } else {
            ThermalMethod::Transfer
        };
        Ok(Media {
            name: format!("{width_mm}x{kind}"),
            width_mm,
            length,
            // Where the head is a little narrower than the roll, the paper is centred under it.
            side_mm: ((width_mm - head_mm) / 2.0).clamp(0.0, BEYOND_MM_MAX),
            end_mm: 0.0,
            thermal,
            two_colour: self.two_colour,
        })
    }
}

fn check_name(name: &str) -> Result<String, PrinterRefusal> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    // A slash would end its name in an address of the API.
    let plain = !name.chars().any(|c| is_hidden_in_text(c) || matches!(c, '/' | '\\'));
    if fits && plain { Ok(name.to_owned()) } else { Err(PrinterRefusal::Name) }
}

fn list_sheets() -> String {
    SHEETS.iter().map(sheet_name).collect::<Vec<_>>().join(", ")
}

fn check_length(
    field: &'static str,
    value: f64,
    allowed: RangeInclusive<f64>,
) -> Result<f64, PrinterRefusal> {
    if allowed.contains(&value) {
        return Ok(value);
    }
    let (least, most) = allowed.into_inner();
    Err(PrinterRefusal::Millimetres { field, value, least, most })
}

fn check_within<T: PartialOrd + Copy + Into<u32>>(
    field: &'static str,
    value: T,
    (least, most): (T, T),
) -> Result<(), PrinterRefusal> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(PrinterRefusal::Range { field, value: value.into(), least: least.into(), most: most.into() })
}

#[derive(Debug, Clone)]
pub struct PrinterConfig {
    pub name: String,
    /// `tcp://host:9100`.
    pub address: String,
    pub language: PrinterLanguage,
    /// An office printer's paper: it gets PDF by the sheet, and has no other language.
    pub sheet: Option<&'static LabelSheet>,
    pub dpi: Dpi,
    pub head_dots: u32,
    pub answers: ConfirmationLevel,
    pub requested: StatusQueryMode,
    pub media: Media,
    pub darkness: Option<u8>,
    pub speed_mm_s: Option<u16>,
    pub dense: bool,
    pub model: Option<String>,
    pub timeouts: ConnectionTimeouts,
    /// Where a printer that says nothing on its connection is asked by SNMP: 161, unless its agent is a made one.
    pub status_port: u16,
}

impl PrinterConfig {
    /// An ESC/POS printer with a head for 80 mm paper (72 mm of it are printed).
    pub fn escpos(name: &str, address: &str, dpi: Dpi, answers: ConfirmationLevel) -> Self {
        let language = PrinterLanguage::EscPos;
        Self {
            name: name.to_owned(),
            address: address.to_owned(),
            language,
            dpi,
            head_dots: dpi.dots_up(72.0),
            answers,
            requested: if answers == ConfirmationLevel::Nothing {
                StatusQueryMode::Never
            } else {
                StatusQueryMode::Auto
            },
            sheet: None,
            media: language.usual_profile().media,
            darkness: None,
            speed_mm_s: None,
            dense: false,
            model: None,
            timeouts: ConnectionTimeouts::default(),
            status_port: SNMP_PORT,
        }
    }

    pub(crate) fn speaks(&self) -> &'static str {
        if self.sheet.is_some() { PDF } else { self.language.name() }
    }

    pub(crate) fn paper(&self) -> PrinterPaper {
        self.sheet.map_or_else(|| PrinterPaper::Roll(self.media.size()), PrinterPaper::from)
    }

    pub(crate) fn profile(&self) -> PrinterProfile {
        PrinterProfile {
            dpi: self.dpi,
            head_dots: self.head_dots,
            answers: self.answers,
            media: self.media.clone(),
            darkness: self.darkness,
            speed_mm_s: self.speed_mm_s,
            dense: self.dense,
            model: self.model.clone(),
        }
    }

    /// A small picture is encoded without being sent: this reveals rolls and models that its language does not drive.
    fn takes_a_label(&self) -> Result<(), PrinterRefusal> {
        let dot = Bitmap::white(8, 8);
        self.language.session(self.profile(), 0).encode(1, &dot).map_err(PrinterRefusal::Encode)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
