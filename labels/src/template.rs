//! A label's layout as data: TOML in millimetres, parsed and checked before anything is drawn.

use crate::field::{Field, UnknownField};
use crate::raster::code::BarcodeKind;
use crate::raster::text::{BLOCK_LINES_MAX, FontWeight};

mod builtin;
mod check;
mod raw;

pub use builtin::{builtin_file, builtin_templates, find_builtin};
pub(crate) use check::code_beside;

/// Bytes of a template's file; the longest built-in one has four thousand.
pub const BYTES_MAX: usize = 64 * 1024;
/// Elements of a template, the texts of its columns counted.
pub const ELEMENTS_MAX: usize = 64;
/// Millimetres of a label in either direction; the widest heads print 108 mm, protocol cards are 152 mm long.
pub const SIDE_MM_MAX: f64 = 320.0;
/// Millimetres of the smallest label.
pub const SIDE_MM_LEAST: f64 = 5.0;
/// Millimetres that an endless label may grow to.
pub const LENGTH_MM_MAX: f64 = 600.0;
/// Points of the smallest text that can be read from thermal paper.
pub const PT_LEAST: f64 = 5.0;
/// Points of the largest text.
pub const PT_MOST: f64 = 200.0;
/// Characters of an element's own words.
pub const WORDS_CHARS_MAX: usize = 300;

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{self:?}")]
pub struct TemplateError {
    /// The line of the file, counted from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub why: TemplateFault,
}

/// What can be wrong with a template.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{self:?}")]
pub enum TemplateFault {
    /// Over [`BYTES_MAX`].
    TooLong(usize),
    /// Not UTF-8.
    NotText,
    /// Not TOML, or a key that templates do not have.
    Toml(String),
    /// A line end, another control character, or one that turns the direction of reading.
    Title,
    /// Over [`ELEMENTS_MAX`].
    TooManyElements(usize),
    /// A name that is not one.
    Name(String),
    /// A measure outside its limits.
    Measure {
        /// Which key.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The least that is taken.
        least: f64,
        /// The most that is taken.
        most: f64,
    },
    /// A height that is neither millimetres nor `"continuous"`.
    Height(String),
    /// Reaches over the label's edge.
    OffLabel {
        /// Which element.
        what: &'static str,
        /// How far.
        over_mm: f64,
        /// Which edge.
        edge: &'static str,
        /// The label's width.
        width_mm: f64,
        /// The label's height.
        height: LabelHeight,
    },
    /// Two elements that overlap.
    Overlap {
        /// Which element.
        what: &'static str,
        /// Which other.
        other: &'static str,
        /// Where that is.
        other_line: usize,
    },
    /// A placeholder that is no field.
    Field(#[from] UnknownField),
    /// A brace without its partner.
    Brace(String),
    /// Too much of an element's own words.
    Words(usize),
    /// Steps that might be left out.
    CutSteps,
    /// A strip without anything that grows.
    Growing(usize),
    /// A column beside nothing.
    BesideNothing,
    /// A column of nothing.
    EmptyColumn,
}

/// A layout that was checked: every element is on the label and none overlaps another.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name in settings and in the API.
    pub name: String,
    /// Its name for a person.
    pub title: String,
    /// Across.
    pub width_mm: f64,
    /// Down.
    pub height: LabelHeight,
    pub(crate) elements: Vec<LabelElement>,
}

/// How long a label is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LabelHeight {
    /// Always the same.
    Mm(f64),
    /// As long as its words need.
    Continuous,
}

fn write_size(width_mm: f64, height: LabelHeight) -> String {
    match height {
        LabelHeight::Mm(mm) => format!("{width_mm:.1} × {mm:.1} mm"),
        LabelHeight::Continuous => format!("{width_mm:.1} mm wide"),
    }
}

impl Template {
    /// Parses a template's file and checks all that can be checked without knowing a label's fields.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(file: &[u8]) -> Result<Self, TemplateError> {
        let template = raw::parse_template(file)?;
        check::check_template(&template)?;
        Ok(template)
    }

    /// The fields that it shows.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> =
            self.elements.iter().flat_map(LabelElement::words).flat_map(TextPattern::fields).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// Whether it has a place for a logo.
    pub fn shows_logo(&self) -> bool {
        self.elements.iter().any(|element| matches!(element.what, ElementKind::Logo { .. }))
    }

    /// Its size for a person.
    pub fn size(&self) -> String {
        write_size(self.width_mm, self.height)
    }

    pub(crate) fn bottom_mm(&self) -> f64 {
        match self.height {
            LabelHeight::Mm(mm) => mm,
            LabelHeight::Continuous => LENGTH_MM_MAX,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AreaMm {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelElement {
    pub(crate) line: usize,
    pub(crate) area: AreaMm,
    pub(crate) what: ElementKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ElementKind {
    Code(CodeElement),
    Text(TextElement),
    Column(TextColumn),
    Line {
        dashed: bool,
    },
    /// An outline of this thickness (millimetres), or filled.
    Box {
        thickness_mm: Option<f64>,
    },
    Logo {
        align: TextAlign,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CodeElement {
    pub(crate) kind: BarcodeKind,
    pub(crate) words: TextPattern,
    pub(crate) close_up: bool,
    /// The module where there is space for it.
    pub(crate) module_mm: f64,
    pub(crate) align: TextAlign,
    pub(crate) optional: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextElement {
    pub(crate) words: TextPattern,
    pub(crate) style: TextStyle,
    pub(crate) vertical: VerticalAlign,
    pub(crate) inverse: bool,
}

/// Texts one below the other; empty ones leave their space to the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextColumn {
    pub(crate) items: Vec<ColumnText>,
    pub(crate) vertical: VerticalAlign,
    /// Begins right of the code's quiet zone, wherever that ends.
    pub(crate) beside_code: bool,
    /// Grows with its content; only on continuous labels.
    pub(crate) grows: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnText {
    pub(crate) words: TextPattern,
    pub(crate) style: TextStyle,
    /// White above it, unless it is the first (millimetres).
    pub(crate) gap_mm: f64,
    /// Order in which texts take space: 1 before 2.
    pub(crate) priority: u8,
    pub(crate) share: f64,
    pub(crate) bottom: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TextStyle {
    pub(crate) weight: FontWeight,
    pub(crate) pt_max: f64,
    pub(crate) pt_min: f64,
    pub(crate) lines: usize,
    pub(crate) align: TextAlign,
    pub(crate) may_cut: bool,
    /// Measured without accents and descenders, where it has none.
    pub(crate) caps: bool,
    pub(crate) required: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TextAlign {
    Left,
    Center,
    Right,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VerticalAlign {
    Top,
    Middle,
    Bottom,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextPattern(pub(crate) Vec<PatternPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PatternPart {
    Literal(String),
    Field(Field),
}

impl TextPattern {
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.0.iter().filter_map(|part| match part {
            PatternPart::Field(field) => Some(*field),
            PatternPart::Literal(_) => None,
        })
    }

    fn parse(text: &str) -> Result<Self, TemplateFault> {
        let chars = text.chars().count();
        if chars > WORDS_CHARS_MAX {
            return Err(TemplateFault::Words(chars));
        }
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (literal, from) = rest.split_at(at);
            if !literal.is_empty() {
                parts.push(PatternPart::Literal(literal.to_owned()));
            }
            let (name, after) = from
                .strip_prefix('{')
                .and_then(|f| f.split_once('}'))
                .ok_or_else(|| TemplateFault::Brace(text.to_owned()))?;
            parts.push(PatternPart::Field(name.trim().parse()?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(PatternPart::Literal(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

impl LabelElement {
    pub(crate) fn kind(&self) -> &'static str {
        match self.what {
            ElementKind::Code(_) => "code",
            ElementKind::Text(_) => "text",
            ElementKind::Column(_) => "column",
            ElementKind::Line { .. } => "line",
            ElementKind::Box { .. } => "box",
            ElementKind::Logo { .. } => "logo",
        }
    }

    pub(crate) fn words(&self) -> Vec<&TextPattern> {
        match &self.what {
            ElementKind::Code(code) => vec![&code.words],
            ElementKind::Text(text) => vec![&text.words],
            ElementKind::Column(column) => column.items.iter().map(|item| &item.words).collect(),
            _ => Vec::new(),
        }
    }
}

const _: () = assert!(BLOCK_LINES_MAX <= u8::MAX as usize);

#[cfg(test)]
mod tests;
