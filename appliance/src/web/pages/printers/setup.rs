//! The form of a printer: what is in it, what there is to choose from, and the resulting settings.

use ::labels::language::LanguageSpec;
use ::labels::language_table::LANGUAGES;
use ::labels::media::Media;
use ::labels::sheet::{LabelSheet, SHEETS};
use schemars::JsonSchema;
use serde::Deserialize;
use web::form::{FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues};

use crate::printing::{
    MeasuredMedia, MediaChoice, NAME_CHARS_MAX, PDF, PrinterPaper, PrinterSettings, PrinterView,
    StatusQueryMode, ThermalSetting, sheet_name,
};
use crate::web::access::staff_session::StaffSession;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::printing::print_papers::{millimetres_text, word_paper_alone};
use crate::web::words::{FormWords, PrinterSetupWords, PrintingWords};

/// The choice of a roll that is on no list.
const OWN: &str = "own";

/// What a found printer's link fills in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct PrinterPrefill {
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    dpi: String,
    #[serde(default)]
    media: String,
    #[serde(default)]
    pub(crate) why: String,
}

const ADDRESS: FormField = FormField::line("address", 300);
const MEDIA: FormField = FormField::pick("media");
const MUTE: FormField = FormField::tick("mute");
const NAME: FormField = FormField::line("name", NAME_CHARS_MAX);
const LANGUAGE: FormField = FormField::line("language", 60);

pub(crate) static PRINTER: FormDefinition = FormDefinition {
    name: "printer",
    sections: &[
        FormSection::plain(&[NAME, LANGUAGE, ADDRESS, FormField::pick("dpi"), MEDIA]),
        FormSection::folded(
            "measures",
            &[
                FormField::line("width", 20),
                FormField::line("height", 20),
                FormField::line("gap", 20),
                FormField::tick("transfer"),
            ],
        ),
        FormSection::plain(&[
            FormField::whole("darkness", 0, 100),
            FormField::whole("speed", 10, 400),
            FormField::line("model", 60),
            MUTE,
        ]),
    ],
};

/// An office printer: sheets through a print queue, with fewer settings.
pub(crate) static OFFICE: FormDefinition = FormDefinition {
    name: "office",
    sections: &[FormSection::plain(&[NAME, LANGUAGE, ADDRESS, MEDIA, MUTE])],
};

pub(crate) fn form_of(language: &str) -> &'static FormDefinition {
    if language == PDF { &OFFICE } else { &PRINTER }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct PrinterPageWords {
    pub(crate) form: FormWords,
    pub(crate) setup: PrinterSetupWords,
    pub(crate) printing: PrintingWords,
}

impl PrinterPageWords {
    pub(crate) fn of_staff(signed: &StaffSession) -> Self {
        let (form, setup, printing) = signed.words();
        Self { form, setup, printing }
    }
}

/// With the lists of this printer, and with what is settled by its page and not shown.
pub(crate) fn form_painter(
    w: PrinterPageWords,
    entered: &PrinterFormData,
    hidden: Vec<&'static str>,
) -> FormPainter<'static> {
    let list = |choices: Vec<SelectOption>| {
        choices.into_iter().map(|choice| FormOption::new(choice.value, choice.words)).collect()
    };
    let picks = vec![("dpi", list(dpi_options(w, entered))), ("media", list(media_options(w, entered)))];
    FormPainter { picks, hidden, ..FormPainter::new(form_of(&entered.language), w.form.catalog()) }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct PrinterFormData {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) language: String,
    pub(crate) dpi: String,
    pub(crate) media: String,
    pub(crate) width: String,
    pub(crate) height: String,
    pub(crate) gap: String,
    pub(crate) transfer: bool,
    pub(crate) darkness: String,
    pub(crate) speed: String,
    pub(crate) model: String,
    pub(crate) mute: bool,
}

impl PrinterFormData {
    pub(crate) fn started(start: PrinterPrefill) -> Self {
        let PrinterPrefill { name, address, language, dpi, media, why: _ } = start;
        let name = name.chars().filter(|c| !matches!(c, '/' | '\\')).take(60).collect();
        Self { name, address, language, dpi, media, ..Self::default() }
    }

    pub(crate) fn of(values: &FormValues) -> Self {
        let text = |name: &str| values.text(name).to_owned();
        Self {
            name: text("name"),
            address: text("address"),
            language: text("language"),
            dpi: text("dpi"),
            media: text("media"),
            width: text("width"),
            height: text("height"),
            gap: text("gap"),
            transfer: values.is_ticked("transfer"),
            darkness: text("darkness"),
            speed: text("speed"),
            model: text("model"),
            mute: values.is_ticked("mute"),
        }
    }

    pub(crate) fn values(&self) -> FormValues {
        FormValues::empty(form_of(&self.language))
            .with("name", self.name.as_str())
            .with("address", self.address.as_str())
            .with("language", self.language.as_str())
            .with("dpi", self.dpi.as_str())
            .with("media", self.media.as_str())
            .with("width", self.width.as_str())
            .with("height", self.height.as_str())
            .with("gap", self.gap.as_str())
            .with_tick("transfer", self.transfer)
            .with("darkness", self.darkness.as_str())
            .with("speed", self.speed.as_str())
            .with("model", self.model.as_str())
            .with_tick("mute", self.mute)
    }

    pub(crate) fn present(printer: &PrinterView) -> Self {
        let number = |n: Option<u16>| n.map_or_else(String::new, |n| n.to_string());
        let mm = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_string());
        let own = is_own(printer);
        Self {
            name: printer.name.clone(),
            address: printer.address.clone(),
            language: printer.language.to_owned(),
            dpi: printer.dpi.to_string(),
            media: if own { OWN.to_owned() } else { printer.media.name.clone() },
            width: if own { printer.media.width_mm.to_string() } else { String::new() },
            height: if own { mm(printer.media.height_mm) } else { String::new() },
            gap: if own { mm(printer.media.gap_mm) } else { String::new() },
            transfer: own && printer.media.thermal == ThermalSetting::Transfer,
            darkness: number(printer.darkness.map(u16::from)),
            speed: number(printer.speed),
            model: printer.model.clone().unwrap_or_default(),
            mute: printer.answers == StatusQueryMode::Never,
        }
    }

    /// Without the measures of a roll that is on a list.
    pub(crate) fn without_unused(&self) -> Self {
        if self.media == OWN {
            return self.clone();
        }
        let (width, height, gap) = Default::default();
        Self { width, height, gap, transfer: false, ..self.clone() }
    }

    /// The settings, or what cannot be read. What the form does not show stays as it is at `present`.
    pub(crate) fn settings(
        &self,
        w: PrinterSetupWords,
        present: Option<&PrinterView>,
    ) -> Result<PrinterSettings, Wrong> {
        let dpi = parse_number(&self.dpi, "dpi", || w.printer_dpi_wrong())?;
        let same = present.filter(|p| p.language == self.language);
        let media = match self.media.as_str() {
            "" => None,
            OWN => {
                // The form does not ask for a second colour: a program may have said that the roll has one.
                let two_colour = same.is_some_and(|p| is_own(p) && p.media.two_colour);
                Some(MediaChoice::Own(MeasuredMedia { two_colour, ..self.own_media(w)? }))
            }
            name => Some(MediaChoice::Named(name.to_owned())),
        };
        Ok(PrinterSettings {
            dpi,
            head_dots: same.filter(|p| Some(p.dpi) == dpi).map(|p| p.head_dots),
            media,
            darkness: parse_number(&self.darkness, "darkness", || w.printer_darkness_wrong())?,
            speed: parse_number(&self.speed, "speed", || w.printer_speed_wrong())?,
            dense: present.is_some_and(|p| p.dense),
            model: Some(self.model.clone()).filter(|model| !model.is_empty()),
            answers: match present.map(|p| p.answers) {
                _ if self.mute => StatusQueryMode::Never,
                Some(StatusQueryMode::Taken) => StatusQueryMode::Taken,
                _ => StatusQueryMode::Auto,
            },
            ..PrinterSettings::new(&self.name, &self.language, &self.address)
        })
    }

    fn own_media(&self, w: PrinterSetupWords) -> Result<MeasuredMedia, Wrong> {
        let words = || w.printer_measures_wrong();
        let mm = |text: &str, at: &str| parse_number::<f64>(&text.replace(',', "."), at, words);
        let width_mm = mm(&self.width, "width")?;
        let width_mm = width_mm.ok_or_else(|| Wrong { at: "width".into(), words: words() })?;
        let height_mm = mm(&self.height, "height")?;
        Ok(MeasuredMedia {
            width_mm,
            height_mm,
            continuous: height_mm.is_none(),
            gap_mm: mm(&self.gap, "gap")?.filter(|_| height_mm.is_some()),
            thermal: if self.transfer { ThermalSetting::Transfer } else { ThermalSetting::Direct },
            two_colour: false,
        })
    }
}

fn parse_number<T: std::str::FromStr>(
    text: &str,
    at: &str,
    words: impl Fn() -> String,
) -> Result<Option<T>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Wrong { at: at.to_owned(), words: words() })
}

/// Whether the roll in it is on no list.
fn is_own(printer: &PrinterView) -> bool {
    printer.language != PDF
        && !find_language(printer.language).is_some_and(|row: &LanguageSpec| {
            (row.media)().iter().any(|media| media.name == printer.media.name)
        })
}

pub(crate) fn word_makes(w: FormWords, name: &str) -> Option<String> {
    let key = PRINTER.option_key(LANGUAGE.name, name);
    match w.catalog().has_message(&key) {
        true => Some(w.catalog().format(&key, &[])),
        false => find_language(name).map(|row| row.printers.to_owned()),
    }
}

pub(crate) fn language_options(w: PrinterPageWords, entered: &PrinterFormData) -> Vec<SelectOption> {
    let names = LANGUAGES.iter().map(|row| row.name).chain([PDF]);
    let words = |name: &str| match name {
        PDF => w.setup.printer_make(name, w.form.form_printer_language_pdf_alone()),
        _ => w.setup.printer_make(name, word_makes(w.form, name).unwrap_or_default()),
    };
    names.map(|name| SelectOption::new(name, words(name), &entered.language)).collect()
}

fn find_language(name: &str) -> Option<&'static LanguageSpec> {
    LANGUAGES.iter().find(|row| row.name == name)
}

pub(crate) fn dpi_options(w: PrinterPageWords, entered: &PrinterFormData) -> Vec<SelectOption> {
    let Some(row) = find_language(&entered.language) else { return Vec::new() };
    let usual = row.dpi.first().map(u16::to_string).unwrap_or_default();
    let chosen = if entered.dpi.is_empty() { &usual } else { &entered.dpi };
    let words = |dpi: &u16| w.setup.printer_dpi(dpi.to_string());
    row.dpi.iter().map(|dpi| SelectOption::new(dpi.to_string(), words(dpi), chosen)).collect()
}

pub(crate) fn media_options(w: PrinterPageWords, entered: &PrinterFormData) -> Vec<SelectOption> {
    if entered.language == PDF {
        let choice =
            |s: &LabelSheet| SelectOption::new(sheet_name(s), word_sheet(w.setup, s), &entered.media);
        return SHEETS.iter().map(choice).collect();
    }
    let Some(row) = find_language(&entered.language) else { return Vec::new() };
    let rolls = (row.media)();
    let first = rolls.first().map(|media| media.name.clone()).unwrap_or_default();
    let chosen = if entered.media.is_empty() { &first } else { &entered.media };
    let mut all: Vec<SelectOption> = rolls
        .iter()
        .map(|media: &Media| SelectOption::new(media.name.clone(), word_roll_named(w, media), chosen))
        .collect();
    all.push(SelectOption::new(OWN, w.setup.printer_roll_own(), chosen));
    all
}

fn word_sheet(w: PrinterSetupWords, sheet: &LabelSheet) -> String {
    let (width, height) = sheet.label_mm;
    let count = sheet.count().to_string();
    w.printer_sheet_named(count, millimetres_text(height), sheet.name, millimetres_text(width))
}

fn word_roll_named(w: PrinterPageWords, media: &Media) -> String {
    let roll = word_paper_alone(w.printing, &PrinterPaper::Roll(media.size()));
    w.setup.printer_roll_named(&media.name, roll)
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet};

    use super::*;

    fn english() -> PrinterPageWords {
        let (form, setup, printing) = WordSet::in_locale(Locale::EnUs);
        PrinterPageWords { form, setup, printing }
    }

    #[test]
    fn every_language_has_words_for_whose_printers_speak_it() {
        let pseudo = FormWords::in_locale(Locale::Pseudo);
        for row in LANGUAGES {
            assert_eq!(word_makes(english().form, row.name).as_deref(), Some(row.printers));
            assert!(word_makes(pseudo, row.name).unwrap().starts_with(words::PSEUDO_OPEN), "{}", row.name);
        }
        assert_eq!(word_makes(pseudo, "parchment"), None);
    }

    fn entered() -> PrinterFormData {
        PrinterFormData {
            name: "Desk".into(),
            language: "zpl".into(),
            address: "tcp://h:1".into(),
            ..PrinterFormData::default()
        }
    }

    #[test]
    fn rolls_of_a_list_and_measured_ones() {
        for choice in media_options(english(), &entered()).into_iter().filter(|choice| choice.value != OWN) {
            let settings =
                PrinterFormData { media: choice.value, ..entered() }.settings(english().setup, None).unwrap();
            assert!(settings.checked().is_ok(), "{settings:?}: {:?}", settings.checked());
        }
        let own =
            PrinterFormData { media: OWN.into(), width: "60".into(), height: "30,5".into(), ..entered() };
        let Some(MediaChoice::Own(media)) = own.settings(english().setup, None).unwrap().media else {
            panic!("not its own")
        };
        assert_eq!((media.width_mm, media.height_mm, media.continuous), (60.0, Some(30.5), false));
        let endless = PrinterFormData { height: String::new(), ..own };
        let Some(MediaChoice::Own(media)) = endless.settings(english().setup, None).unwrap().media else {
            panic!("not its own")
        };
        assert_eq!((media.height_mm, media.continuous), (None, true));
    }

    fn office() -> PrinterFormData {
        let address = "ipp://10.0.0.9/ipp/print".into();
        PrinterFormData { name: "Ward 3".into(), language: PDF.into(), address, ..PrinterFormData::default() }
    }

    #[test]
    fn sheets_of_an_office_printer() {
        let choices = media_options(english(), &office());
        assert_eq!(choices.len(), SHEETS.len());
        for choice in choices {
            let settings = PrinterFormData { media: choice.value.clone(), ..office() }
                .settings(english().setup, None)
                .unwrap();
            assert_eq!(settings.checked().unwrap().media.name, choice.value);
        }
        assert!(
            language_options(english(), &office()).iter().any(|choice| choice.value == PDF && choice.chosen)
        );
        assert!(dpi_options(english(), &office()).is_empty());
    }

    #[test]
    fn what_is_no_number_names_its_field() {
        for (wrong, at) in [
            (PrinterFormData { dpi: "many".into(), ..entered() }, "dpi"),
            (PrinterFormData { darkness: "-1".into(), ..entered() }, "darkness"),
            (PrinterFormData { speed: "fast".into(), ..entered() }, "speed"),
            (PrinterFormData { media: OWN.into(), ..entered() }, "width"),
            (
                PrinterFormData { media: OWN.into(), width: "1".into(), height: "x".into(), ..entered() },
                "height",
            ),
        ] {
            assert_eq!(wrong.settings(english().setup, None).unwrap_err().at, at);
        }
    }
}
