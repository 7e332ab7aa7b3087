//! A form's fields as HTML, in the words of a catalogue.

use askama::Template;
use words::Catalog;

use super::definition::{FieldInput, FormDefinition, FormField, FormSection};
use super::values::{FieldError, FormValues, OPENED_FIELD};
use crate::error::HttpError;

/// One option of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormOption {
    /// What the form carries.
    pub value: String,
    /// What a person reads.
    pub words: String,
    /// Whether it is the one.
    pub is_chosen: bool,
    /// Whether a person entered its words; otherwise they are a message.
    pub is_entered: bool,
}

impl FormOption {
    /// Not chosen yet.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { value: value.into(), words: words.into(), is_chosen: false, is_entered: false }
    }

    /// Entered words, which are not translated.
    pub fn entered(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { is_entered: true, ..Self::new(value, words) }
    }
}

/// Draws the fields of a form.
#[derive(Debug, Clone)]
pub struct FormPainter<'a> {
    /// Which form.
    pub form: &'static FormDefinition,
    /// Whose messages.
    pub words: &'a Catalog,
    /// The lists of its [`FieldInput::Pick`]s and [`FieldInput::Picks`].
    pub picks: Vec<(&'static str, Vec<FormOption>)>,
    /// Hints that no message can know beforehand.
    pub hints: Vec<(&'static str, String)>,
    /// Fields that are carried along and not shown.
    pub hidden: Vec<&'static str>,
    /// Suggestions for a line, beside free entry.
    pub suggestions: Vec<(&'static str, Vec<String>)>,
    /// The field in which entering begins.
    pub focus: Option<&'static str>,
}

/// The fields of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledSection {
    /// Its title; empty: none.
    pub title: String,
    /// Whether it is folded up.
    pub is_folded: bool,
    /// Its fields.
    pub html: String,
}

#[derive(Template)]
#[template(path = "form_fields.html")]
struct FieldsTemplate<'a> {
    fields: Vec<FilledField<'a>>,
}

struct FilledField<'a> {
    name: &'static str,
    label: String,
    hint: String,
    value: &'a str,
    error: Option<&'a str>,
    suggestions: &'a [String],
    is_focused: bool,
    shape: FieldShape,
}

enum FieldShape {
    Hidden,
    Line { is_number: bool },
    Lines,
    Prose,
    List(Vec<FormOption>),
    Boxes(Vec<FormOption>),
    Tick,
}

impl<'a> FormPainter<'a> {
    /// Without lists that are made when it is drawn.
    pub fn new(form: &'static FormDefinition, words: &'a Catalog) -> Self {
        Self {
            form,
            words,
            picks: Vec::new(),
            hints: Vec::new(),
            hidden: Vec::new(),
            suggestions: Vec::new(),
            focus: None,
        }
    }

    /// Each section with its fields.
    ///
    /// # Errors
    /// A template that cannot be drawn is the program's failure (500).
    pub fn draw(&self, values: &FormValues, errors: &[FieldError]) -> Result<Vec<FilledSection>, HttpError> {
        let mut sections = Vec::new();
        for section in self.form.sections {
            sections.push(self.draw_section(section, values, errors)?);
        }
        // Digits only.
        let marks = values.opened();
        if let Some(first) = sections.first_mut().filter(|_| !marks.is_empty()) {
            first.html =
                format!("<input type=\"hidden\" name=\"{OPENED_FIELD}\" value=\"{marks}\">{}", first.html);
        }
        Ok(sections)
    }

    fn draw_section(
        &self,
        section: &'static FormSection,
        values: &FormValues,
        errors: &[FieldError],
    ) -> Result<FilledSection, HttpError> {
        let template = FieldsTemplate {
            fields: section.fields.iter().map(|field| self.fill(field, values, errors)).collect(),
        };
        // What is wrong, and what was entered, is not folded up.
        let is_used = section.fields.iter().any(|field| {
            !values.text(field.name).is_empty() || errors.iter().any(|error| error.at == field.name)
        });
        Ok(FilledSection {
            title: if section.name.is_empty() { String::new() } else { self.message(section.name) },
            is_folded: section.is_folded && !is_used,
            html: template.render().map_err(|error| HttpError::internal(&error))?,
        })
    }

    fn fill<'v>(
        &'v self,
        field: &'static FormField,
        values: &'v FormValues,
        errors: &'v [FieldError],
    ) -> FilledField<'v> {
        let value = values.text(field.name);
        let shape = match field.input {
            _ if self.hidden.contains(&field.name) => FieldShape::Hidden,
            FieldInput::Line { .. } | FieldInput::Exact { .. } | FieldInput::Scanned { .. } => {
                FieldShape::Line { is_number: false }
            }
            FieldInput::Whole { .. } | FieldInput::Figure => FieldShape::Line { is_number: true },
            FieldInput::Lines { .. } => FieldShape::Lines,
            FieldInput::Prose { .. } => FieldShape::Prose,
            FieldInput::Choice(_) | FieldInput::Pick => {
                let mut options: Vec<FormOption> = self
                    .options(field)
                    .into_iter()
                    .map(|option| FormOption { is_chosen: option.value == value, ..option })
                    .collect();
                // A browser sends the first of a list where nobody chose: so an empty option goes first.
                if value.is_empty() && !options.iter().any(|option| option.value.is_empty()) {
                    options.insert(0, FormOption { is_chosen: true, ..FormOption::new("", "–".to_owned()) });
                }
                FieldShape::List(options)
            }
            FieldInput::Picks => {
                let options = self.options(field).into_iter().map(|option| FormOption {
                    is_chosen: value.split(' ').any(|one| one == option.value),
                    ..option
                });
                FieldShape::Boxes(options.collect())
            }
            FieldInput::Tick => FieldShape::Tick,
        };
        FilledField {
            name: field.name,
            label: self.form.label(field.name, self.words),
            hint: self.hint(field),
            value,
            suggestions: self
                .suggestions
                .iter()
                .find(|(name, _)| *name == field.name)
                .map(|(_, suggestions)| suggestions.as_slice())
                .unwrap_or_default(),
            is_focused: self.focus == Some(field.name),
            error: errors.iter().find(|error| error.at == field.name).map(|error| error.words.as_str()),
            shape,
        }
    }

    pub(super) fn message(&self, part: &str) -> String {
        self.words.format(&self.form.message_key(part), &[])
    }

    fn hint(&self, field: &FormField) -> String {
        let own = self.hints.iter().find(|(name, _)| *name == field.name).map(|(_, hint)| hint.clone());
        let key = format!("{}.hint", self.form.message_key(field.name));
        own.or_else(|| self.words.has_message(&key).then(|| self.words.format(&key, &[]))).unwrap_or_default()
    }

    pub(super) fn options(&self, field: &FormField) -> Vec<FormOption> {
        match field.input {
            FieldInput::Choice(words) => words
                .iter()
                .map(|word| {
                    let key = self.form.option_key(field.name, word);
                    FormOption::new(*word, self.words.format(&key, &[]))
                })
                .collect(),
            _ => {
                let list = self.picks.iter().find(|(name, _)| *name == field.name);
                list.map(|(_, options)| options.clone()).unwrap_or_default()
            }
        }
    }
}
