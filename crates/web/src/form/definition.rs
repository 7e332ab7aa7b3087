//! What a form consists of.

use words::{Catalog, WordArea};

/// A form.
#[derive(Debug)]
pub struct FormDefinition {
    /// What its messages are called by.
    pub name: &'static str,
    /// Its fields, in their order on the page.
    pub sections: &'static [FormSection],
}

/// Fields that are shown together.
#[derive(Debug)]
pub struct FormSection {
    /// What its title is called by; empty: it has none.
    pub name: &'static str,
    /// Whether it is folded up at first.
    pub is_folded: bool,
    /// Its fields.
    pub fields: &'static [FormField],
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub struct FormField {
    /// Its name and id, in small letters with `_`.
    pub name: &'static str,
    /// What goes into it.
    pub input: FieldInput,
    /// Whether it must have a value.
    pub is_required: bool,
    /// Where its label stands, if other pages than the form have it too: a message that chooses by `$field`, the field's name.
    pub labels: Option<(&'static WordArea, &'static str)>,
}

/// What goes into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldInput {
    /// One line of text.
    Line {
        /// Its longest.
        chars_max: usize,
    },
    /// One line to the character: blanks around it are a part of it, as in a password from elsewhere.
    Exact {
        /// Its longest.
        chars_max: usize,
    },
    /// One line that a scanner may have typed: the separator of a symbol's elements (U+001D) may be in it.
    Scanned {
        /// Its longest.
        chars_max: usize,
    },
    /// Several lines of a file, to the character.
    Lines {
        /// Its longest.
        chars_max: usize,
    },
    /// Several lines that people write and read.
    Prose {
        /// Its longest.
        chars_max: usize,
    },
    /// A whole number.
    Whole {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A number that the program reads; another field names its unit.
    Figure,
    /// One word of a closed list.
    Choice(&'static [&'static str]),
    /// One of a list that is made when the form is drawn; the program knows what is on it.
    Pick,
    /// Any of such a list: the form carries a box for each, and the value has those that are ticked with blanks between.
    Picks,
    /// Yes or no.
    Tick,
}

impl FormSection {
    /// Fields without a title.
    pub const fn plain(fields: &'static [FormField]) -> Self {
        Self { name: "", is_folded: false, fields }
    }

    /// Fields under a title.
    pub const fn titled(name: &'static str, fields: &'static [FormField]) -> Self {
        Self { name, is_folded: false, fields }
    }

    /// Fields that few people need.
    pub const fn folded(name: &'static str, fields: &'static [FormField]) -> Self {
        Self { name, is_folded: true, fields }
    }
}

impl FormField {
    const fn new(name: &'static str, input: FieldInput) -> Self {
        Self { name, input, is_required: false, labels: None }
    }

    /// One line of text.
    pub const fn line(name: &'static str, chars_max: usize) -> Self {
        Self::new(name, FieldInput::Line { chars_max })
    }

    /// One line of text with the blanks around it.
    pub const fn exact_line(name: &'static str, chars_max: usize) -> Self {
        Self::new(name, FieldInput::Exact { chars_max })
    }

    /// What a scanner or a person typed.
    pub const fn scanned(name: &'static str, chars_max: usize) -> Self {
        Self::new(name, FieldInput::Scanned { chars_max })
    }

    /// Several lines of a file.
    pub const fn lines(name: &'static str, chars_max: usize) -> Self {
        Self::new(name, FieldInput::Lines { chars_max })
    }

    /// Several lines that people write and read.
    pub const fn prose(name: &'static str, chars_max: usize) -> Self {
        Self::new(name, FieldInput::Prose { chars_max })
    }

    /// A whole number from `min` to `max`.
    pub const fn whole(name: &'static str, min: u32, max: u32) -> Self {
        Self::new(name, FieldInput::Whole { min, max })
    }

    /// A number that the program reads.
    pub const fn figure(name: &'static str) -> Self {
        Self::new(name, FieldInput::Figure)
    }

    /// One of these words.
    pub const fn choice(name: &'static str, words: &'static [&'static str]) -> Self {
        Self::new(name, FieldInput::Choice(words))
    }

    /// One of a list that is made when the form is drawn.
    pub const fn pick(name: &'static str) -> Self {
        Self::new(name, FieldInput::Pick)
    }

    /// Any of a list that is made when the form is drawn.
    pub const fn picks(name: &'static str) -> Self {
        Self::new(name, FieldInput::Picks)
    }

    /// Yes or no.
    pub const fn tick(name: &'static str) -> Self {
        Self::new(name, FieldInput::Tick)
    }

    /// The same, with a label that other pages have too.
    pub const fn labelled(self, area: &'static WordArea, message: &'static str) -> Self {
        Self { labels: Some((area, message)), ..self }
    }

    /// The same, and it must have a value.
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

impl FormDefinition {
    /// All fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = &'static FormField> + use<> {
        self.sections.iter().flat_map(|section| section.fields)
    }

    /// A field.
    pub fn find_field(&self, name: &str) -> Option<&'static FormField> {
        self.fields().find(|field| field.name == name)
    }

    /// The key of the messages about a part of it.
    pub fn message_key(&self, part: &str) -> String {
        format!("form-{}-{}", self.name, part.replace('_', "-"))
    }

    /// A field's label, in the language of `words`, the form's catalogue.
    pub fn label(&self, field: &str, words: &Catalog) -> String {
        match self.find_field(field).and_then(|field| field.labels) {
            Some((area, message)) => area.catalog(words.locale()).format(message, &[("field", field.into())]),
            None => words.format(&self.message_key(field), &[]),
        }
    }

    /// The key of an option's words.
    pub fn option_key(&self, field: &str, word: &str) -> String {
        format!("{}-{}", self.message_key(field), word.replace('_', "-"))
    }

    /// Every message that it cannot do without, for a test that asks each catalogue for them.
    pub fn message_keys(&self) -> Vec<String> {
        let titles = self.sections.iter().filter(|section| !section.name.is_empty());
        let mut keys: Vec<String> = titles.map(|section| self.message_key(section.name)).collect();
        for field in self.fields() {
            if field.labels.is_none() {
                keys.push(self.message_key(field.name));
            }
            if let FieldInput::Choice(words) = field.input {
                keys.extend(words.iter().map(|word| self.option_key(field.name, word)));
            }
        }
        keys
    }
}
