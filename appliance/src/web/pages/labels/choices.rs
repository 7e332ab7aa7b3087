//! What the station's forms have in common: printers and templates to choose from, what was chosen, and how a refusal
//! is said beside the field that it is about.

use ::labels::Field;
use http::StatusCode;
use web::argument::FormFields;
use web::error::HttpError;
use words::Locale;

use crate::printing::{NameStyle, PrintService, PrinterView, TemplateView};
use crate::web::access::staff_session::StaffSession;
use crate::web::context::AppState;
use crate::web::request::fields::choice::SelectOption;
use crate::web::request::fields::field_error::Wrong;
use crate::web::view_models::printing::label_fields::{COPIES_MAX, FIELD_CHARS_MAX, LabelOrder};
use crate::web::view_models::printing::print_papers::word_paper_alone;
use crate::web::view_models::printing::template_words::word_template_title;
use crate::web::words::{LabelsWords, PrintingWords, TemplatesWords};

const NOT_OF_ITEMS: &[&str] =
    &["badge", "load-sticker", "receipt", "blank-tag", "blank-tag-62x29", "blank-tag-47x22"];
/// Fields that only a person can fill in.
pub(crate) const ENTERED_FIELDS: &[Field] = &[Field::Until, Field::Reason];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PrintChoices {
    pub(crate) printer: String,
    pub(crate) template: String,
    pub(crate) copies: String,
    /// The asset number where a name cannot be printed.
    pub(crate) numbers: bool,
    pub(crate) until: String,
    pub(crate) reason: String,
    pub(crate) submission: String,
}

impl PrintChoices {
    pub(crate) fn of(form: &FormFields) -> Self {
        let [printer, template, copies, until, reason, submission] =
            ["printer", "template", "copies", "until", "reason", "submission"]
                .map(|name| form.text(name).trim().to_owned());
        let copies = if form.get("copies").is_some() { copies } else { "1".to_owned() };
        let numbers = form.get("numbers").is_some();
        Self { printer, template, copies, numbers, until, reason, submission }
    }

    /// The same to be stored with the picks: without what was for this request only, and no longer than what is
    /// refused for its length.
    pub(crate) fn to_keep(&self) -> Self {
        let [printer, template, copies, until, reason] =
            [&self.printer, &self.template, &self.copies, &self.until, &self.reason]
                .map(|text| text.chars().take(FIELD_CHARS_MAX + 1).collect::<String>());
        let (numbers, submission) = (self.numbers, String::new());
        Self { printer, template, copies, numbers, until, reason, submission }
    }

    /// The same for the printing module, for labels without tags yet.
    pub(crate) fn ask(&self, w: LabelsWords) -> Result<LabelOrder, Wrong> {
        let copies: u32 = if self.copies.is_empty() { 1 } else { self.copies.parse().unwrap_or(0) };
        if !(1..=COPIES_MAX).contains(&copies) {
            let words = w.labels_copies_range(COPIES_MAX.to_string());
            return Err(Wrong { at: "copies".into(), words });
        }
        let provided = [(Field::Until, &self.until), (Field::Reason, &self.reason)];
        let fields = provided.into_iter().filter(|(_, value)| !value.is_empty());
        let [printer, template, key] = [&self.printer, &self.template, &self.submission]
            .map(|text| Some(text.clone()).filter(|t| !t.is_empty()));
        Ok(LabelOrder {
            copies,
            printer,
            template,
            names: if self.numbers { NameStyle::AssetNumber } else { NameStyle::AsTheyAre },
            fields: fields.map(|(field, value)| (field.name().to_owned(), value.clone())).collect(),
            key,
            ..LabelOrder::default()
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct StationWords {
    pub(crate) labels: LabelsWords,
    pub(crate) printing: PrintingWords,
    pub(crate) templates: TemplatesWords,
}

impl StationWords {
    pub(crate) fn of_staff(signed: &StaffSession) -> Self {
        let (labels, printing, templates) = signed.words();
        Self { labels, printing, templates }
    }

    pub(crate) fn locale(self) -> Locale {
        self.labels.catalog().locale()
    }
}

pub(crate) fn printer_options(w: StationWords, printers: &[PrinterView], chosen: &str) -> Vec<SelectOption> {
    let options = printers.iter().map(|printer| {
        let paper = word_paper_alone(w.printing, &printer.media.paper);
        let words = w.labels.labels_printer_with(paper, &printer.name);
        SelectOption::new(printer.name.clone(), words, chosen)
    });
    options.collect()
}

pub(crate) fn of_items(w: StationWords, printing: &PrintService, chosen: &str) -> Vec<SelectOption> {
    template_options(w, printing, |name| !NOT_OF_ITEMS.contains(&name), chosen)
}

/// The usual template, built-in ones that are meant, and the facility's own, whatever those are for.
pub(crate) fn template_options(
    w: StationWords,
    printing: &PrintService,
    meant: impl Fn(&str) -> bool,
    chosen: &str,
) -> Vec<SelectOption> {
    let usual = SelectOption::new("", w.labels.labels_usual_template(), chosen);
    let templates = printing.templates().into_iter().filter(|t| t.own || meant(&t.name));
    let choices = templates.map(|t| SelectOption::new(t.name.clone(), template_text(w, &t), chosen));
    std::iter::once(usual).chain(choices).collect()
}

fn template_text(w: StationWords, template: &TemplateView) -> String {
    let title = word_template_title(w.templates, template);
    let requested: Vec<&str> =
        ENTERED_FIELDS.iter().map(|f| f.name()).filter(|f| template.fields.contains(f)).collect();
    if requested.is_empty() {
        return title;
    }
    w.labels.labels_template_needs(requested.join(", "), title)
}

/// Why a form was refused, beside its field; what is the box's own fault stays a page of its own.
pub(crate) fn to_field_error(locale: Locale, error: HttpError, at: &str) -> Result<Wrong, HttpError> {
    let is_of_form = [StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY].contains(&error.status);
    if !is_of_form || error.cause.is_some() || !error.links.is_empty() {
        return Err(error);
    }
    let field = error.field.as_deref().unwrap_or_default();
    let at = match field {
        "printer" | "template" | "copies" | "sheet" | "reason" => field,
        _ => at,
    };
    let words = if error.detail.is_empty() { error.title } else { error.detail };
    Ok(Wrong { at: at.to_owned(), words: words.in_locale(locale).into_owned() })
}

/// An idempotency key, so that submitting the same page twice is harmless.
pub(crate) fn new_submission(state: &AppState) -> String {
    state.random.bytes::<16>().iter().map(|b| format!("{b:02x}")).collect()
}
