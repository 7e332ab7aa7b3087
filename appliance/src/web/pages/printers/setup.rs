//! The form of a printer: what is in it, what there is to choose from, and the settings that come of it.

use ::labels::language::Row;
use ::labels::language_table::LANGUAGES;
use ::labels::sheet::SHEETS;
use schemars::JsonSchema;
use serde::Deserialize;
use web::form::{FormDefinition, FormField, FormOption, FormPainter, FormSection, FormValues};

use crate::printing::{
    Asked, Heat, MediaChoice, NAME_CHARS_MAX, OwnMedia, PDF, PrinterSettings, PrinterView, sheet_name,
};
use crate::web::form_page::form_catalog;
use crate::web::request::choice::Choice;
use crate::web::request::field_error::Wrong;

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

/// A label printer.
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

/// An office printer: sheets through a print queue, of which there is less to ask.
pub(crate) static OFFICE: FormDefinition = FormDefinition {
    name: "office",
    sections: &[FormSection::plain(&[NAME, LANGUAGE, ADDRESS, MEDIA, MUTE])],
};

/// The form of printers that speak this language.
pub(crate) fn form_of(language: &str) -> &'static FormDefinition {
    if language == PDF { &OFFICE } else { &PRINTER }
}

/// With the lists of this printer, and with what is settled by its page and not shown.
pub(crate) fn painter(typed: &Typed, hidden: Vec<&'static str>) -> FormPainter<'static> {
    let list = |choices: Vec<Choice>| {
        choices.into_iter().map(|choice| FormOption::new(choice.value, choice.words)).collect()
    };
    let picks = vec![("dpi", list(dpis(typed))), ("media", list(medias(typed)))];
    FormPainter { picks, hidden, ..FormPainter::new(form_of(&typed.language), form_catalog()) }
}

/// What is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
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

impl Typed {
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

    /// The same in a form.
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

    /// As the printer is set now.
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
            transfer: own && printer.media.thermal == Heat::Transfer,
            darkness: number(printer.darkness.map(u16::from)),
            speed: number(printer.speed),
            model: printer.model.clone().unwrap_or_default(),
            mute: printer.answers == Asked::Never,
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
    pub(crate) fn settings(&self, present: Option<&PrinterView>) -> Result<PrinterSettings, Wrong> {
        let dpi = number(&self.dpi, "dpi", "Choose the dots per inch")?;
        let same = present.filter(|p| p.language == self.language);
        let media = match self.media.as_str() {
            "" => None,
            OWN => {
                // The form does not ask for a second colour: a program may have said that the roll has one.
                let two_colour = same.is_some_and(|p| is_own(p) && p.media.two_colour);
                Some(MediaChoice::Own(OwnMedia { two_colour, ..self.own_media()? }))
            }
            name => Some(MediaChoice::Named(name.to_owned())),
        };
        Ok(PrinterSettings {
            dpi,
            head_dots: same.filter(|p| Some(p.dpi) == dpi).map(|p| p.head_dots),
            media,
            darkness: number(&self.darkness, "darkness", "Darkness is a number from 0 to 100, or empty")?,
            speed: number(&self.speed, "speed", "Speed is a number of millimetres a second, or empty")?,
            dense: present.is_some_and(|p| p.dense),
            model: Some(self.model.clone()).filter(|model| !model.is_empty()),
            answers: match present.map(|p| p.answers) {
                _ if self.mute => Asked::Never,
                Some(Asked::Taken) => Asked::Taken,
                _ => Asked::Auto,
            },
            ..PrinterSettings::new(&self.name, &self.language, &self.address)
        })
    }

    fn own_media(&self) -> Result<OwnMedia, Wrong> {
        let words = "Give the roll’s measures in millimetres, such as 60";
        let mm = |text: &str, at: &str| number::<f64>(&text.replace(',', "."), at, words);
        let width_mm = mm(&self.width, "width")?;
        let width_mm = width_mm.ok_or_else(|| Wrong { at: "width".into(), words: words.into() })?;
        let height_mm = mm(&self.height, "height")?;
        Ok(OwnMedia {
            width_mm,
            height_mm,
            continuous: height_mm.is_none(),
            gap_mm: mm(&self.gap, "gap")?.filter(|_| height_mm.is_some()),
            thermal: if self.transfer { Heat::Transfer } else { Heat::Direct },
            two_colour: false,
        })
    }
}

fn number<T: std::str::FromStr>(text: &str, at: &str, words: &str) -> Result<Option<T>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Wrong { at: at.to_owned(), words: words.to_owned() })
}

/// Whether the roll in it is on no list.
fn is_own(printer: &PrinterView) -> bool {
    let listed = |row: &Row| (row.media)().iter().any(|media| media.name == printer.media.name);
    printer.language != PDF && !language(printer.language).is_some_and(listed)
}

/// Whose printers speak it; empty when nobody's do.
pub(crate) fn printers(name: &str) -> &'static str {
    if name == PDF { "office printers, label sheets" } else { language(name).map_or("", |row| row.printers) }
}

/// The languages to choose from.
pub(crate) fn languages(typed: &Typed) -> Vec<Choice> {
    let names = LANGUAGES.iter().map(|row| row.name).chain([PDF]);
    let words = |name: &str| {
        let printers = printers(name);
        let first: String = printers.chars().take(1).flat_map(char::to_uppercase).collect();
        format!("{first}{} ({name})", printers.chars().skip(1).collect::<String>())
    };
    names.map(|name| Choice::new(name, words(name), &typed.language)).collect()
}

/// The language of this name.
fn language(name: &str) -> Option<&'static Row> {
    LANGUAGES.iter().find(|row| row.name == name)
}

pub(crate) fn dpis(typed: &Typed) -> Vec<Choice> {
    let Some(row) = language(&typed.language) else { return Vec::new() };
    let usual = row.dpi.first().map(u16::to_string).unwrap_or_default();
    let chosen = if typed.dpi.is_empty() { &usual } else { &typed.dpi };
    row.dpi.iter().map(|dpi| Choice::new(dpi.to_string(), format!("{dpi} dots per inch"), chosen)).collect()
}

pub(crate) fn medias(typed: &Typed) -> Vec<Choice> {
    if typed.language == PDF {
        let words = |s: &::labels::sheet::Sheet| {
            format!("{}: {} labels of {:.1} × {:.1} mm", s.name, s.count(), s.label_mm.0, s.label_mm.1)
        };
        return SHEETS.iter().map(|s| Choice::new(sheet_name(s), words(s), &typed.media)).collect();
    }
    let Some(row) = language(&typed.language) else { return Vec::new() };
    let rolls = (row.media)();
    let first = rolls.first().map(|media| media.name.clone()).unwrap_or_default();
    let chosen = if typed.media.is_empty() { &first } else { &typed.media };
    let words = |media: &::labels::media::Media| {
        format!("{}: {}", media.name, media.describe().trim_start_matches("the "))
    };
    let mut all: Vec<Choice> =
        rolls.iter().map(|media| Choice::new(media.name.clone(), words(media), chosen)).collect();
    all.push(Choice::new(OWN, "Another roll, measured below", chosen));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed { name: "Desk".into(), language: "zpl".into(), address: "tcp://h:1".into(), ..Typed::default() }
    }

    #[test]
    fn rolls_of_a_list_and_measured_ones() {
        for choice in medias(&typed()).into_iter().filter(|choice| choice.value != OWN) {
            let settings = Typed { media: choice.value, ..typed() }.settings(None).unwrap();
            assert!(settings.checked().is_ok(), "{settings:?}: {:?}", settings.checked());
        }
        let own = Typed { media: OWN.into(), width: "60".into(), height: "30,5".into(), ..typed() };
        let Some(MediaChoice::Own(media)) = own.settings(None).unwrap().media else { panic!("not its own") };
        assert_eq!((media.width_mm, media.height_mm, media.continuous), (60.0, Some(30.5), false));
        let endless = Typed { height: String::new(), ..own };
        let Some(MediaChoice::Own(media)) = endless.settings(None).unwrap().media else {
            panic!("not its own")
        };
        assert_eq!((media.height_mm, media.continuous), (None, true));
    }

    fn office() -> Typed {
        let address = "ipp://10.0.0.9/ipp/print".into();
        Typed { name: "Ward 3".into(), language: PDF.into(), address, ..Typed::default() }
    }

    #[test]
    fn sheets_of_an_office_printer() {
        let choices = medias(&office());
        assert_eq!(choices.len(), SHEETS.len());
        for choice in choices {
            let settings = Typed { media: choice.value.clone(), ..office() }.settings(None).unwrap();
            assert_eq!(settings.checked().unwrap().media.name, choice.value);
        }
        assert!(languages(&office()).iter().any(|choice| choice.value == PDF && choice.chosen));
        assert!(dpis(&office()).is_empty());
    }

    #[test]
    fn what_is_no_number_names_its_field() {
        for (wrong, at) in [
            (Typed { dpi: "many".into(), ..typed() }, "dpi"),
            (Typed { darkness: "-1".into(), ..typed() }, "darkness"),
            (Typed { speed: "fast".into(), ..typed() }, "speed"),
            (Typed { media: OWN.into(), ..typed() }, "width"),
            (Typed { media: OWN.into(), width: "1".into(), height: "x".into(), ..typed() }, "height"),
        ] {
            assert_eq!(wrong.settings(None).unwrap_err().at, at);
        }
    }
}
