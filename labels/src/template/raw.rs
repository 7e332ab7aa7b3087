//! A template's file as it is written: keys, defaults and limits of single values.

use serde::Deserialize;
use toml::Spanned;

use super::{
    AreaMm, BYTES_MAX, CodeElement, ColumnText, ELEMENTS_MAX, ElementKind, LENGTH_MM_MAX, LabelElement,
    LabelHeight, PT_LEAST, PT_MOST, SIDE_MM_LEAST, SIDE_MM_MAX, Template, TemplateError, TemplateFault,
    TextAlign, TextColumn, TextElement, TextPattern, TextStyle, VerticalAlign,
};
use crate::raster::code::{BarcodeKind, MODULE_MM};
use crate::raster::text::{BLOCK_LINES_MAX, FontWeight};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    name: String,
    title: String,
    width_mm: f64,
    height_mm: RawHeight,
    #[serde(default, rename = "box")]
    boxes: Vec<Spanned<RawBox>>,
    #[serde(default, rename = "line")]
    lines: Vec<Spanned<RawLine>>,
    #[serde(default, rename = "logo")]
    logos: Vec<Spanned<RawLogo>>,
    #[serde(default, rename = "code")]
    codes: Vec<Spanned<RawCode>>,
    #[serde(default, rename = "text")]
    texts: Vec<Spanned<RawText>>,
    #[serde(default, rename = "column")]
    columns: Vec<Spanned<RawColumn>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawHeight {
    Mm(f64),
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBox {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    thickness: Option<f64>,
    #[serde(default)]
    filled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    x: f64,
    y: f64,
    length: f64,
    #[serde(default = "thin_stroke")]
    thickness: f64,
    #[serde(default)]
    vertical: bool,
    #[serde(default)]
    dashed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLogo {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(default = "align_left")]
    align: TextAlign,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCode {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(default)]
    kind: RawKind,
    #[serde(default = "url_pattern")]
    content: String,
    #[serde(default)]
    close_up: bool,
    #[serde(default = "module_size")]
    module: f64,
    #[serde(default = "align_center")]
    align: TextAlign,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RawKind {
    #[default]
    Qr,
    DataMatrix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(default = "align_middle")]
    vertical: VerticalAlign,
    #[serde(default)]
    inverse: bool,
    text: String,
    size: f64,
    size_min: Option<f64>,
    #[serde(default)]
    bold: bool,
    #[serde(default = "one_line")]
    lines: usize,
    #[serde(default = "align_left")]
    align: TextAlign,
    #[serde(default)]
    cut: bool,
    #[serde(default)]
    caps: bool,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    x: f64,
    y: f64,
    width: f64,
    height: Option<f64>,
    #[serde(default = "align_middle")]
    vertical: VerticalAlign,
    #[serde(default)]
    beside_code: bool,
    #[serde(default)]
    text: Vec<Spanned<RawItem>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawItem {
    #[serde(default)]
    gap: f64,
    #[serde(default = "last_priority")]
    priority: u8,
    #[serde(default = "all_width")]
    share: f64,
    #[serde(default)]
    bottom: bool,
    text: String,
    size: f64,
    size_min: Option<f64>,
    #[serde(default)]
    bold: bool,
    #[serde(default = "one_line")]
    lines: usize,
    #[serde(default = "align_left")]
    align: TextAlign,
    #[serde(default)]
    cut: bool,
    #[serde(default)]
    caps: bool,
    #[serde(default)]
    required: bool,
}

fn thin_stroke() -> f64 {
    0.3
}
fn module_size() -> f64 {
    MODULE_MM
}
fn url_pattern() -> String {
    "{url}".to_owned()
}
fn align_left() -> TextAlign {
    TextAlign::Left
}
fn align_center() -> TextAlign {
    TextAlign::Center
}
fn align_middle() -> VerticalAlign {
    VerticalAlign::Middle
}
fn one_line() -> usize {
    1
}
fn last_priority() -> u8 {
    9
}
fn all_width() -> f64 {
    1.0
}

/// Shared by single texts and those of columns: serde's `flatten` would lose the check for unknown keys.
macro_rules! style {
    ($raw:ident, $words:ident) => {
        TextStyle {
            weight: if $raw.bold { FontWeight::Bold } else { FontWeight::Regular },
            pt_max: check_within("size", $raw.size, PT_LEAST, PT_MOST)?,
            pt_min: size_min($raw.size, $raw.size_min)?,
            lines: check_lines($raw.lines)?,
            align: $raw.align,
            may_cut: may_cut($raw.cut, &$words)?,
            caps: $raw.caps,
            required: $raw.required,
        }
    };
}

type Fault<T> = Result<T, TemplateFault>;

fn fault_of_file(why: TemplateFault) -> TemplateError {
    TemplateError { line: None, why }
}

/// Sizes are within their limits afterwards, but elements may still be anywhere.
pub(super) fn parse_template(file: &[u8]) -> Result<Template, TemplateError> {
    if file.len() > BYTES_MAX {
        return Err(fault_of_file(TemplateFault::TooLong(file.len())));
    }
    let text = std::str::from_utf8(file).map_err(|_| fault_of_file(TemplateFault::NotText))?;
    let raw: RawTemplate = toml::from_str(text).map_err(|e| TemplateError {
        line: e.span().map(|span| line_of(text, span.start)),
        why: TemplateFault::Toml(e.message().chars().take(400).collect()),
    })?;
    let elements = read_elements(&raw, text)?;
    let count = elements.len()
        + elements
            .iter()
            .map(|e| if let ElementKind::Column(c) = &e.what { c.items.len() } else { 0 })
            .sum::<usize>();
    if count > ELEMENTS_MAX {
        return Err(fault_of_file(TemplateFault::TooManyElements(count)));
    }
    build_template(raw, elements).map_err(fault_of_file)
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

fn build_template(raw: RawTemplate, elements: Vec<LabelElement>) -> Fault<Template> {
    if raw.name.is_empty()
        || raw.name.len() > 40
        || !raw.name.chars().all(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    {
        return Err(TemplateFault::Name(raw.name.chars().take(60).collect()));
    }
    // Shown in lists and on pages: one line, and nothing that turns the direction of reading.
    if raw.title.chars().any(|c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }) {
        return Err(TemplateFault::Title);
    }
    let title = raw.title.chars().take(80).collect();
    let width_mm = check_within("width_mm", raw.width_mm, SIDE_MM_LEAST, SIDE_MM_MAX)?;
    let height = match raw.height_mm {
        RawHeight::Mm(mm) => LabelHeight::Mm(check_within("height_mm", mm, SIDE_MM_LEAST, SIDE_MM_MAX)?),
        RawHeight::Word(word) if word == "continuous" => LabelHeight::Continuous,
        RawHeight::Word(word) => return Err(TemplateFault::Height(word.chars().take(40).collect())),
    };
    Ok(Template { name: raw.name, title, width_mm, height, elements })
}

fn read_elements(raw: &RawTemplate, text: &str) -> Result<Vec<LabelElement>, TemplateError> {
    let mut elements = Vec::new();
    add_element(&mut elements, text, &raw.boxes, read_frame)?;
    add_element(&mut elements, text, &raw.lines, read_line)?;
    add_element(&mut elements, text, &raw.logos, |l| {
        Ok((check_area(l.x, l.y, l.width, l.height)?, ElementKind::Logo { align: l.align }))
    })?;
    add_element(&mut elements, text, &raw.codes, read_code)?;
    add_element(&mut elements, text, &raw.texts, read_words)?;
    for raw in &raw.columns {
        let at = line_of(text, raw.span().start);
        let column = read_column(raw.as_ref(), text, at)?;
        elements.push(column);
    }
    Ok(elements)
}

fn add_element<T>(
    to: &mut Vec<LabelElement>,
    text: &str,
    raw: &[Spanned<T>],
    make: impl Fn(&T) -> Fault<(AreaMm, ElementKind)>,
) -> Result<(), TemplateError> {
    for raw in raw {
        let line = line_of(text, raw.span().start);
        let (area, what) = make(raw.as_ref()).map_err(|why| TemplateError { line: Some(line), why })?;
        to.push(LabelElement { line, area, what });
    }
    Ok(())
}

fn check_within(key: &'static str, value: f64, least: f64, most: f64) -> Fault<f64> {
    // False for NaN, too.
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(TemplateFault::Measure { key, value, least, most })
}

fn check_area(x: f64, y: f64, width: f64, height: f64) -> Fault<AreaMm> {
    Ok(AreaMm {
        x: check_within("x", x, 0.0, SIDE_MM_MAX)?,
        y: check_within("y", y, 0.0, LENGTH_MM_MAX)?,
        width: check_within("width", width, 0.1, SIDE_MM_MAX)?,
        height: check_within("height", height, 0.1, LENGTH_MM_MAX)?,
    })
}

fn read_frame(raw: &RawBox) -> Fault<(AreaMm, ElementKind)> {
    let thickness_mm = match (raw.filled, raw.thickness) {
        (true, _) => None,
        (false, mm) => Some(check_within("thickness", mm.unwrap_or_else(thin_stroke), 0.1, 10.0)?),
    };
    Ok((check_area(raw.x, raw.y, raw.width, raw.height)?, ElementKind::Box { thickness_mm }))
}

fn read_line(raw: &RawLine) -> Fault<(AreaMm, ElementKind)> {
    let thickness = check_within("thickness", raw.thickness, 0.1, 10.0)?;
    let length = check_within("length", raw.length, 0.1, SIDE_MM_MAX)?;
    let (width, height) = if raw.vertical { (thickness, length) } else { (length, thickness) };
    Ok((check_area(raw.x, raw.y, width, height)?, ElementKind::Line { dashed: raw.dashed }))
}

fn read_code(raw: &RawCode) -> Fault<(AreaMm, ElementKind)> {
    let kind = match raw.kind {
        RawKind::Qr => BarcodeKind::Qr,
        RawKind::DataMatrix => BarcodeKind::DataMatrix,
    };
    let code = CodeElement {
        kind,
        words: TextPattern::parse(&raw.content)?,
        close_up: raw.close_up,
        module_mm: check_within("module", raw.module, 0.25, 3.0)?,
        align: raw.align,
        optional: raw.optional,
    };
    Ok((check_area(raw.x, raw.y, raw.width, raw.height)?, ElementKind::Code(code)))
}

fn read_words(raw: &RawText) -> Fault<(AreaMm, ElementKind)> {
    let words = TextPattern::parse(&raw.text)?;
    let style = style!(raw, words);
    let text = TextElement { words, style, vertical: raw.vertical, inverse: raw.inverse };
    Ok((check_area(raw.x, raw.y, raw.width, raw.height)?, ElementKind::Text(text)))
}

fn read_column(raw: &RawColumn, text: &str, line: usize) -> Result<LabelElement, TemplateError> {
    if raw.text.is_empty() {
        return Err(TemplateError { line: Some(line), why: TemplateFault::EmptyColumn });
    }
    let mut items = Vec::new();
    for raw in &raw.text {
        let line = Some(line_of(text, raw.span().start));
        items.push(read_item(raw.as_ref()).map_err(|why| TemplateError { line, why })?);
    }
    let height = raw.height.unwrap_or((LENGTH_MM_MAX - raw.y).max(0.1));
    let area = check_area(raw.x, raw.y, raw.width, height);
    let area = area.map_err(|why| TemplateError { line: Some(line), why })?;
    let (vertical, beside_code) = (raw.vertical, raw.beside_code);
    let column = TextColumn { items, vertical, beside_code, grows: raw.height.is_none() };
    Ok(LabelElement { line, area, what: ElementKind::Column(column) })
}

fn read_item(raw: &RawItem) -> Fault<ColumnText> {
    let words = TextPattern::parse(&raw.text)?;
    let style = style!(raw, words);
    let gap_mm = check_within("gap", raw.gap, 0.0, 100.0)?;
    let share = check_within("share", raw.share, 0.05, 1.0)?;
    Ok(ColumnText { words, style, gap_mm, priority: raw.priority, share, bottom: raw.bottom })
}

fn size_min(size: f64, size_min: Option<f64>) -> Fault<f64> {
    check_within("size_min", size_min.unwrap_or(size.min(6.0)), PT_LEAST, size)
}

fn check_lines(lines: usize) -> Fault<usize> {
    if (1..=BLOCK_LINES_MAX).contains(&lines) {
        return Ok(lines);
    }
    let value = f64::from(u32::try_from(lines).unwrap_or(u32::MAX));
    // The limit is far below what a float holds exactly.
    Err(TemplateFault::Measure { key: "lines", value, least: 1.0, most: BLOCK_LINES_MAX as f64 })
}

fn may_cut(cut: bool, words: &TextPattern) -> Fault<bool> {
    if cut && words.fields().any(crate::field::Field::has_lines) {
        return Err(TemplateFault::CutSteps);
    }
    Ok(cut)
}
