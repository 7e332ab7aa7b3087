//! What the fields of a form hold, and what is wrong with it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::str::FromStr;

use record::code::is_hidden;
use words::{Catalog, Value};

use super::definition::{FieldInput, FormDefinition, FormField};
use crate::argument::FormFields;

/// The field that holds the version of a thing that its form was drawn of.
pub const SEEN_FIELD: &str = "seen";
/// The field that holds marks of the values that a form was drawn with.
pub const OPENED_FIELD: &str = "opened";
const MARK_DIGITS: usize = 8;
/// Messages that every form needs.
pub const GENERAL_KEYS: [&str; 10] = [
    "form-needed",
    "form-too-long",
    "form-character",
    "form-number",
    "form-range",
    "form-option",
    "form-altered",
    "form-yes",
    "form-no",
    "form-empty",
];
/// The value of a ticked box.
const TICKED: &str = "1";

/// The values of a form's fields, entered or current.
#[derive(Debug, Clone)]
pub struct FormValues {
    form: &'static FormDefinition,
    /// One for each field, in their order.
    values: Vec<String>,
    /// A mark for each value that the form was drawn with; empty where the form has none. `None`: the form
    /// was never sent.
    opened: Option<String>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name.
    pub field: &'static str,
    /// What is wrong.
    pub cause: FieldCause,
}

/// What is wrong with a field: one line of “There is a problem”, and the field that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The id of the field.
    pub at: String,
    /// What to do.
    pub words: String,
}

/// Why a value is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldCause {
    /// Nothing is in it.
    Needed,
    /// It is longer than this.
    TooLong {
        /// The longest.
        chars_max: usize,
    },
    /// It has a character that cannot be shown.
    Character {
        /// Its number in Unicode.
        code: u32,
    },
    /// It is no whole number.
    NotWhole,
    /// The number is outside of its range.
    OutOfRange {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// It is not on the list.
    NotOption,
    /// What only the page itself writes into it is not there as the page wrote it.
    Altered,
}

fn read_value(field: &FormField, fields: &FormFields) -> String {
    let text = fields.text(field.name);
    match field.input {
        FieldInput::Tick if text.is_empty() => String::new(),
        FieldInput::Tick => TICKED.to_owned(),
        FieldInput::Picks => read_picks(field.name, fields),
        FieldInput::Lines { .. } => text.replace("\r\n", "\n"),
        FieldInput::Prose { .. } => text.replace("\r\n", "\n").trim().to_owned(),
        FieldInput::Exact { .. } if !text.trim().is_empty() => text.to_owned(),
        _ => text.trim().to_owned(),
    }
}

impl FormValues {
    /// Nothing yet.
    pub fn empty(form: &'static FormDefinition) -> Self {
        Self { form, values: form.fields().map(|_| String::new()).collect(), opened: None }
    }

    /// Reads entered values: blanks around a line are removed where they are no part of it, and line ends are
    /// those of a file. A value of blanks alone is empty.
    pub fn read(form: &'static FormDefinition, fields: &FormFields) -> Self {
        let opened = Some(fields.text(OPENED_FIELD))
            .filter(|marks| marks.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .unwrap_or_default()
            .to_owned();
        Self {
            form,
            values: form.fields().map(|field| read_value(field, fields)).collect(),
            opened: Some(opened),
        }
    }

    /// Marks the values that a form is drawn with, so that its answer shows which fields were changed.
    pub fn remembered(mut self) -> Self {
        self.opened = Some(
            self.opened.take().unwrap_or_else(|| self.values.iter().map(|value| mark_of(value)).collect()),
        );
        self
    }

    /// The marks of the values that the form was drawn with; empty where it has none.
    pub fn opened(&self) -> &str {
        self.opened.as_deref().unwrap_or_default()
    }

    /// Whether the form was drawn with this value of a field.
    pub fn was_opened_with(&self, name: &str, value: &str) -> bool {
        let place = self.form.fields().position(|field| field.name == name).map(|place| place * MARK_DIGITS);
        let mark = place.and_then(|at| self.opened().get(at..at + MARK_DIGITS));
        mark.is_some_and(|mark| mark == mark_of(value))
    }

    /// With this value; a field that the form has not has none.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let place = self.form.fields().position(|field| field.name == name);
        if let Some(held) = place.and_then(|place| self.values.get_mut(place)) {
            *held = value.into();
        }
        self
    }

    /// With or without a tick.
    pub fn with_tick(self, name: &str, is_ticked: bool) -> Self {
        self.with(name, if is_ticked { TICKED } else { "" })
    }

    /// Whose values they are.
    pub fn form(&self) -> &'static FormDefinition {
        self.form
    }

    /// A field's value; nothing where the form has no such field.
    pub fn text(&self, name: &str) -> &str {
        self.iter().find(|(field, _)| field.name == name).map_or("", |(_, value)| value)
    }

    /// Whether a box is ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Each field with its value, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static FormField, &str)> {
        self.form.fields().zip(self.values.iter().map(String::as_str))
    }

    /// The names of the fields in which two people differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.iter().zip(&other.values);
        pairs.filter(|((_, own), other)| own != other).map(|((field, _), _)| field.name).collect()
    }

    /// All faults that a field shows by itself.
    pub fn faults(&self) -> Vec<FieldFault> {
        self.iter()
            .filter_map(|(field, value): (&'static FormField, &str)| {
                check_value(field, value).err().map(|cause| FieldFault { field: field.name, cause })
            })
            .collect()
    }

    /// The same in words.
    pub fn errors(&self, words: &Catalog) -> Vec<FieldError> {
        self.faults().into_iter().map(|fault| fault.word(self.form, words)).collect()
    }
}

// Short: it only preselects what a person looks at.
fn mark_of(value: &str) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:08x}", hasher.finish() & 0xffff_ffff)
}

/// The field's own values, and those of ticked boxes.
fn read_picks(name: &str, fields: &FormFields) -> String {
    let mut picked: Vec<&str> = fields.text(name).split_whitespace().collect();
    let boxes = fields.iter().filter(|(_, value)| !value.is_empty());
    picked.extend(boxes.filter_map(|(one, _)| one.strip_prefix(name)?.strip_prefix('.')));
    let mut seen = BTreeSet::new();
    picked.retain(|value| seen.insert(*value));
    picked.join(" ")
}

fn check_value(field: &FormField, value: &str) -> Result<(), FieldCause> {
    if value.trim().is_empty() {
        return if field.is_required { Err(FieldCause::Needed) } else { Ok(()) };
    }
    if field.is_required && value.chars().all(|c| c.is_whitespace() || is_hidden(c)) {
        return Err(FieldCause::Needed);
    }
    match field.input {
        FieldInput::Line { chars_max } | FieldInput::Exact { chars_max } => {
            check_text(value, chars_max, false)
        }
        FieldInput::Scanned { chars_max } => check_text(&value.replace('\u{1d}', " "), chars_max, false),
        FieldInput::Lines { chars_max } | FieldInput::Prose { chars_max } => {
            check_text(value, chars_max, true)
        }
        FieldInput::Whole { min, max } => match value.parse::<u32>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            Ok(_) => Err(FieldCause::OutOfRange { min, max }),
            Err(_) => Err(FieldCause::NotWhole),
        },
        FieldInput::Choice(words) if !words.contains(&value) => Err(FieldCause::NotOption),
        FieldInput::Choice(_)
        | FieldInput::Figure
        | FieldInput::Pick
        | FieldInput::Picks
        | FieldInput::Tick => Ok(()),
    }
}

/// Characters that change the direction of the text around them, and line ends that no line break shows. The
/// log takes none of them: refused beside its field, so that nothing else that was entered is lost.
fn turns_or_breaks(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn check_text(value: &str, chars_max: usize, has_lines: bool) -> Result<(), FieldCause> {
    if value.chars().count() > chars_max {
        return Err(FieldCause::TooLong { chars_max });
    }
    let found = value
        .chars()
        .find(|c| (c.is_control() && !(has_lines && matches!(c, '\n' | '\t'))) || turns_or_breaks(*c));
    match found {
        Some(c) => Err(FieldCause::Character { code: c.into() }),
        None => Ok(()),
    }
}

impl FieldFault {
    /// What a person reads beside the field: the field's own words where it has some.
    pub fn word(self, form: &FormDefinition, words: &Catalog) -> FieldError {
        let key = form.message_key(self.field);
        let label = form.label(self.field, words);
        let (needed, wrong) = (format!("{key}.needed"), format!("{key}.wrong"));
        let text = match self.cause {
            FieldCause::Needed => word_own(words, &needed, "form-needed", &[("field", label.into())]),
            FieldCause::TooLong { chars_max } => words
                .format("form-too-long", &[("field", label.into()), ("max", chars_max.to_string().into())]),
            FieldCause::Character { code } => words
                .format("form-character", &[("field", label.into()), ("code", format!("{code:04X}").into())]),
            FieldCause::NotWhole => word_own(words, &wrong, "form-number", &[("field", label.into())]),
            FieldCause::OutOfRange { min, max } => word_own(
                words,
                &wrong,
                "form-range",
                &[("field", label.into()), ("min", min.to_string().into()), ("max", max.to_string().into())],
            ),
            FieldCause::NotOption => word_own(words, &wrong, "form-option", &[("field", label.into())]),
            FieldCause::Altered => words.format("form-altered", &[]),
        };
        FieldError { at: self.field.to_owned(), words: text }
    }
}

fn word_own(words: &Catalog, own: &str, general: &str, values: &[(&str, Value<'_>)]) -> String {
    if words.has_message(own) { words.format(own, &[]) } else { words.format(general, values) }
}

/// The version that a form was drawn of; none where it has none.
///
/// # Errors
/// It was altered on its way: it is not known what the form was drawn of.
pub fn read_seen<V: FromStr>(fields: &FormFields) -> Result<Option<V>, FieldFault> {
    let altered = FieldFault { field: SEEN_FIELD, cause: FieldCause::Altered };
    fields.get(SEEN_FIELD).map(|seen| seen.parse().map_err(|_| altered)).transpose()
}
