//! One Fluent file read: its messages, what they do with their variables, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource, VariantKey,
};
use fluent_syntax::{parser, serializer};

const PLURALS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct VariableUse {
    pub(super) counted: bool,
    /// What it is compared with, except words in capitals: countries, which each language has its own of.
    pub(super) compared_with: BTreeSet<String>,
}

impl fmt::Display for VariableUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.counted, self.compared_with.is_empty()) {
            (true, _) => f.write_str("counted"),
            (_, true) => f.write_str("shown only (`NUMBER()` would make it a number)"),
            (_, false) => write!(f, "compared with {:?}", self.compared_with),
        }
    }
}

pub(super) struct WordMessage {
    pub(super) entry: String,
    pub(super) variables: BTreeMap<String, VariableUse>,
    pub(super) plain: Option<String>,
}

pub(super) struct WordFile {
    pub(super) path: String,
    pub(super) text: String,
    /// By key; an attribute's is `key.attribute`.
    pub(super) messages: BTreeMap<String, WordMessage>,
}

fn read_plain(pattern: &Pattern<&str>) -> Option<String> {
    let texts = pattern.elements.iter().map(|element| match element {
        PatternElement::TextElement { value } => Some(*value),
        PatternElement::Placeable { .. } => None,
    });
    texts.collect()
}

impl WordFile {
    pub(super) fn read(path: &str, text: &str, faults: &mut Vec<String>) -> Self {
        let parsed = parser::parse(text).unwrap_or_else(|(parsed, errors)| {
            for error in errors {
                let line = text.get(..error.pos.start).map_or(0, |before| before.matches('\n').count()) + 1;
                faults.push(format!("{path}:{line}: {error}"));
            }
            parsed
        });
        // What belongs to a message is indented, so that such a line is a comment.
        let without_comments: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let text = without_comments.join("\n").trim().to_owned();
        let mut file = Self { path: path.to_owned(), text, messages: BTreeMap::new() };
        let mut found = Vec::new();
        file.read_entries(&parsed, &mut found);
        faults.extend(found.into_iter().map(|fault| format!("{path}: {fault}")));
        file
    }

    fn read_entries(&mut self, parsed: &Resource<&str>, faults: &mut Vec<String>) {
        let mut terms = BTreeSet::new();
        for entry in &parsed.body {
            if let Entry::Term(term) = entry {
                let name = format!("-{}", term.id.name);
                // A term's parameters are not checked. It names only terms before it: no circles.
                PatternReader::read_whole(&name, &term.value, &terms, faults);
                if !terms.insert(term.id.name) {
                    faults.push(format!("`{name}` stands twice"));
                }
            }
        }
        for entry in &parsed.body {
            if let Entry::Message(message) = entry {
                self.read_message(message, &terms, faults);
            }
        }
    }

    fn read_message(&mut self, message: &Message<&str>, terms: &BTreeSet<&str>, faults: &mut Vec<String>) {
        let entry = serializer::serialize(&Resource { body: vec![Entry::Message(message.clone())] });
        let name = message.id.name;
        let value = message.value.iter().map(|pattern| (name.to_owned(), pattern));
        let attributes =
            message.attributes.iter().map(|attr| (format!("{name}.{}", attr.id.name), &attr.value));
        for (key, pattern) in value.chain(attributes) {
            if !is_function_key(&key) {
                faults.push(format!("`{key}` is not two or more small words with hyphens"));
            }
            let variables = PatternReader::read_whole(&key, pattern, terms, faults);
            let message = WordMessage { entry: entry.clone(), variables, plain: read_plain(pattern) };
            if self.messages.insert(key.clone(), message).is_some() {
                faults.push(format!("`{key}` stands twice"));
            }
        }
    }

    /// Everything in which it differs from English except its words.
    pub(super) fn compare_with(&self, english: &Self, faults: &mut Vec<String>) {
        let path = &self.path;
        for (key, original) in &english.messages {
            let Some(message) = self.messages.get(key) else {
                let words: Vec<&str> = original.entry.lines().filter(|line| !line.starts_with('#')).collect();
                faults.push(format!("{path}: `{key}` is missing: {}", words.join(" ")));
                continue;
            };
            let names = [message, original].map(|message| message.variables.keys().collect::<Vec<_>>());
            if names[0] != names[1] {
                faults.push(format!(
                    "{path}: `{key}` has the variables {:?}, in English {:?}",
                    names[0], names[1]
                ));
                continue;
            }
            let uses = message.variables.iter().zip(original.variables.values());
            for ((variable, here), there) in uses.filter(|((_, here), there)| here != there) {
                faults.push(format!("{path}: `{key}` has `${variable}` {here}, in English it is {there}"));
            }
        }
        let more = self.messages.keys().filter(|key| !english.messages.contains_key(*key));
        faults.extend(more.map(|key| format!("{path}: `{key}` is not in English")));
    }
}

/// Of more than one word, so that it can be searched for and is never a keyword of Rust.
fn is_function_key(key: &str) -> bool {
    key.contains(['-', '.'])
        && key
            .bytes()
            .all(|byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
}

struct PatternReader<'a> {
    key: &'a str,
    terms: &'a BTreeSet<&'a str>,
    variables: BTreeMap<String, VariableUse>,
    faults: &'a mut Vec<String>,
}

impl<'a> PatternReader<'a> {
    fn read_whole(
        key: &'a str,
        pattern: &Pattern<&str>,
        terms: &'a BTreeSet<&'a str>,
        faults: &'a mut Vec<String>,
    ) -> BTreeMap<String, VariableUse> {
        let mut reader = Self { key, terms, variables: BTreeMap::new(), faults };
        reader.read_pattern(pattern);
        for (variable, usage) in &reader.variables {
            if usage.counted && !usage.compared_with.is_empty() {
                reader.faults.push(format!("`{key}` both counts `${variable}` and compares it with words"));
            }
        }
        reader.variables
    }

    fn read_pattern(&mut self, pattern: &Pattern<&str>) {
        let mut words = String::new();
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => words.push_str(value),
                PatternElement::Placeable { expression } => {
                    words.push('\u{FFFC}');
                    self.read_expression(expression);
                }
            }
        }
        self.check_words(&words);
    }

    fn check_words(&mut self, words: &str) {
        for (unwanted, name) in [("<", "`<`"), ("&", "`&`"), ("  ", "two blanks")] {
            if words.contains(unwanted) {
                self.faults.push(format!("`{}` contains {name}", self.key));
            }
        }
    }

    fn read_expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.read_inline(inline),
            Expression::Select { selector, variants } => {
                self.read_inline(selector);
                if let InlineExpression::VariableReference { id } = selector {
                    self.read_selector(id.name, variants.iter().map(|variant| &variant.key));
                }
                variants.iter().for_each(|variant| self.read_pattern(&variant.value));
            }
        }
    }

    fn read_selector<'k>(&mut self, variable: &str, keys: impl Iterator<Item = &'k VariantKey<&'k str>>) {
        let words: BTreeSet<&str> = keys
            .filter_map(|key| match key {
                VariantKey::Identifier { name } => Some(*name),
                VariantKey::NumberLiteral { .. } => None,
            })
            .collect();
        if words.iter().all(|word| PLURALS.contains(word)) {
            self.variable_use(variable).counted = true;
        } else {
            let small = words.into_iter().filter(|word| word.contains(|c: char| c.is_ascii_lowercase()));
            self.variable_use(variable).compared_with.extend(small.map(str::to_owned));
        }
    }

    fn variable_use(&mut self, name: &str) -> &mut VariableUse {
        self.variables.entry(name.to_owned()).or_default()
    }

    fn read_inline(&mut self, inline: &InlineExpression<&str>) {
        let refused = match inline {
            InlineExpression::StringLiteral { value } => return self.check_words(value),
            InlineExpression::NumberLiteral { .. } => return,
            InlineExpression::Placeable { expression } => return self.read_expression(expression),
            InlineExpression::VariableReference { id } => {
                self.variable_use(id.name);
                return;
            }
            InlineExpression::FunctionReference { id, arguments } => {
                match (id.name, arguments.positional.as_slice(), arguments.named.as_slice()) {
                    ("NUMBER", [InlineExpression::VariableReference { id }], []) => {
                        self.variable_use(id.name).counted = true;
                        return;
                    }
                    (name, ..) => format!("calls `{name}`; there is `NUMBER($variable)` alone"),
                }
            }
            InlineExpression::TermReference { id, attribute, .. } => {
                if self.terms.contains(id.name) && attribute.is_none() {
                    return;
                }
                format!("names `-{}`, which is no term above it", id.name)
            }
            InlineExpression::MessageReference { id, .. } => {
                format!("names the message `{}`; make it a term", id.name)
            }
        };
        self.faults.push(format!("`{}` {refused}", self.key));
    }
}
