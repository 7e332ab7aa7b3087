//! What two people made of one thing, side by side.

use super::definition::{FieldInput, FormField};
use super::draw::{FormOption, FormPainter};
use super::values::FormValues;

/// A field in which they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// The field's name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// What is there now.
    pub theirs: ConflictValue,
    /// What came with the form.
    pub yours: ConflictValue,
    /// Whether it has several lines.
    pub is_long: bool,
    /// Which of the two is preselected: the entered one, where the other is what the form was drawn with.
    pub chosen: Option<ConflictSide>,
}

/// One of the two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictSide {
    /// What is there now.
    Theirs,
    /// What came with the form.
    Yours,
}

impl ConflictRow {
    /// Whether what is there now is chosen beforehand.
    pub fn takes_theirs(&self) -> bool {
        self.chosen == Some(ConflictSide::Theirs)
    }

    /// Whether the entered value is preselected.
    pub fn takes_yours(&self) -> bool {
        self.chosen == Some(ConflictSide::Yours)
    }
}

/// A value of such a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictValue {
    /// What the form carries.
    pub value: String,
    /// What a person reads.
    pub words: String,
    /// Whether a person entered that; otherwise it is a message.
    pub is_entered: bool,
}

fn choose_side(theirs: &FormValues, yours: &FormValues, name: &str) -> Option<ConflictSide> {
    let [theirs_was, yours_was] = [theirs, yours].map(|side| yours.was_opened_with(name, side.text(name)));
    match (theirs_was, yours_was) {
        (_, true) => Some(ConflictSide::Theirs),
        (true, false) => Some(ConflictSide::Yours),
        (false, false) => None,
    }
}

impl FormPainter<'_> {
    /// The fields in which the stored value differs from the entered one.
    pub fn conflicts(&self, theirs: &FormValues, yours: &FormValues) -> Vec<ConflictRow> {
        let names = yours.differences(theirs);
        let fields = self.form.fields().filter(|field| names.contains(&field.name));
        let rows = fields.map(|field| ConflictRow {
            chosen: choose_side(theirs, yours, field.name),
            name: field.name,
            label: self.form.label(field.name, self.words),
            theirs: self.conflict_value(field, theirs.text(field.name)),
            yours: self.conflict_value(field, yours.text(field.name)),
            is_long: matches!(field.input, FieldInput::Lines { .. } | FieldInput::Prose { .. }),
        });
        rows.collect()
    }

    fn conflict_value(&self, field: &FormField, value: &str) -> ConflictValue {
        let (words, is_entered) = match field.input {
            FieldInput::Tick => {
                (self.words.format(if value.is_empty() { "form-no" } else { "form-yes" }, &[]), false)
            }
            FieldInput::Choice(_) | FieldInput::Pick => {
                let option = self.options(field).into_iter().find(|option| option.value == value);
                option.map_or_else(|| (value.to_owned(), true), |option| (option.words, option.is_entered))
            }
            FieldInput::Picks => {
                let options = self.options(field);
                let picked = value.split_whitespace().map(|one| word_pick(&options, one));
                (picked.collect::<Vec<_>>().join(", "), true)
            }
            _ => (value.to_owned(), true),
        };
        match words.is_empty() {
            true => {
                let words = self.words.format("form-empty", &[]);
                ConflictValue { value: value.to_owned(), words, is_entered: false }
            }
            false => ConflictValue { value: value.to_owned(), words, is_entered },
        }
    }
}

fn word_pick(options: &[FormOption], value: &str) -> String {
    let option = options.iter().find(|option| option.value == value);
    option.map_or_else(|| value.to_owned(), |option| option.words.clone())
}
