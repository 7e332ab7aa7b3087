//! From a template and its fields to a drawing: what goes where, in whole dots, or why it cannot be printed.

use crate::field::Field;
use crate::fields::Fields;
use crate::label_error::LabelError;
use crate::raster::bitmap::DOTS_MAX;
use crate::raster::code::{Barcode, BarcodeKind, MODULE_MM_WARN};
use crate::raster::dpi::Dpi;
use crate::raster::drawing::{DotArea as Kept, DrawElement, Drawing, LabelWarning};
use crate::raster::logo::Logo;
use crate::raster::text::Typesetter;
use crate::template::{
    AreaMm, CodeElement, ElementKind, LabelElement, LabelHeight, PatternPart, SIDE_MM_MAX, Template,
    TextPattern,
};

mod place;
mod words;

use crate::layout::place::Rect;

/// Symbols of a tag that are printed as one group.
const TAG_GROUP: usize = 3;
/// White below the last line of a continuous label (millimetres).
const TAIL_MM: f64 = 3.0;
/// One piece of a dashed line, and one gap (millimetres).
const DASH_MM: f64 = 1.0;

const _: () = assert!(
    SIDE_MM_MAX * crate::raster::dpi::DPI_MOST as f64 / 25.4 < DOTS_MAX as f64,
    "every template is drawn whole"
);

/// Lays a label out. A pure function of its arguments: the preview is what is printed.
///
/// # Errors
/// When a field cannot be printed as it is, or a code would be too small to read.
pub fn lay_out_label(
    t: &Typesetter,
    template: &Template,
    fields: &Fields,
    logo: Option<&Logo>,
    dpi: Dpi,
) -> Result<Drawing, LabelError> {
    check_tag(template, fields)?;
    let width = dpi.dots(template.width_mm);
    let height = dpi.dots(template.bottom_mm()).min(DOTS_MAX);
    let drawing = Drawing::white(dpi, width, height);
    let mut plan = LayoutPass {
        t,
        template,
        fields,
        dpi,
        codes: vec![None; template.elements.len()],
        drawing,
        lowest: 0,
    };
    for (i, element) in template.elements.iter().enumerate() {
        plan.add(i, element, logo)?;
    }
    if template.height == LabelHeight::Continuous {
        plan.drawing.height = plan.lowest.saturating_add(dpi.dots(TAIL_MM)).min(DOTS_MAX);
    }
    Ok(plan.drawing)
}

struct LayoutPass<'a> {
    t: &'a Typesetter,
    template: &'a Template,
    fields: &'a Fields,
    dpi: Dpi,
    codes: Vec<Option<Rect>>,
    drawing: Drawing,
    lowest: u32,
}

impl LayoutPass<'_> {
    fn add(&mut self, i: usize, element: &LabelElement, logo: Option<&Logo>) -> Result<(), LabelError> {
        let area = Rect::of(element.area, self.dpi);
        match &element.what {
            ElementKind::Box { thickness_mm: None } | ElementKind::Line { dashed: false } => {
                self.keep(area);
                self.rect(area);
            }
            ElementKind::Box { thickness_mm: Some(mm) } => {
                self.keep(area);
                self.outline(area, self.dpi.dots(*mm).max(1));
            }
            ElementKind::Line { dashed: true } => {
                self.keep(area);
                self.dashes(area);
            }
            ElementKind::Logo { align } => {
                if let Some(logo) = logo {
                    self.keep(area);
                    let dots = logo.fitted(area.width, area.height);
                    let (x, y) =
                        (area.start(dots.width(), *align), area.y + (area.height - dots.height()) / 2);
                    self.lowest = self.lowest.max(area.bottom());
                    self.drawing.marks.push(DrawElement::Picture { x, y, dots });
                }
            }
            ElementKind::Code(code) => self.code(i, element.area, code)?,
            ElementKind::Text(text) => {
                self.keep(area);
                self.text(area, text)?;
            }
            ElementKind::Column(column) => {
                let area = self.column_area(element, column, area)?;
                self.column(area, column)?;
                // A growing column is as long as its words; an endless roll is never cut in that direction.
                let height = if column.grows { self.lowest.saturating_sub(area.y) } else { area.height };
                self.keep(Rect { height, ..area });
            }
        }
        Ok(())
    }

    fn keep(&mut self, area: Rect) {
        let right = area.right().min(self.drawing.width);
        let bottom = area.bottom().min(self.drawing.height);
        self.drawing.keep(Kept { left: area.x, top: area.y, right, bottom });
    }

    fn rect(&mut self, area: Rect) {
        let Rect { x, y, width, height } = area;
        self.lowest = self.lowest.max(area.bottom());
        self.drawing.marks.push(DrawElement::Rect { x, y, width, height, white: false });
    }

    fn outline(&mut self, area: Rect, line: u32) {
        let Rect { x, y, width, height } = area;
        self.rect(Rect { height: line, ..area });
        self.rect(Rect { y: area.bottom().saturating_sub(line).max(y), height: line, ..area });
        self.rect(Rect { width: line, ..area });
        self.rect(Rect { x: (x + width).saturating_sub(line).max(x), width: line, height, ..area });
    }

    fn dashes(&mut self, area: Rect) {
        let dash = self.dpi.dots(DASH_MM).max(1);
        let level = area.width >= area.height;
        let length = if level { area.width } else { area.height };
        for at in (0..length).step_by(2 * dash as usize) {
            let piece = dash.min(length - at);
            self.rect(match level {
                true => Rect { x: area.x + at, width: piece, ..area },
                false => Rect { y: area.y + at, height: piece, ..area },
            });
        }
    }

    fn code(&mut self, i: usize, area: AreaMm, element: &CodeElement) -> Result<(), LabelError> {
        let content = self.filled(&element.words);
        if content.is_empty() && element.optional {
            return Ok(());
        }
        if content.is_empty() {
            return Err(LabelError::Missing(element.words.fields().next().unwrap_or(Field::Url)));
        }
        let code = match element.kind {
            BarcodeKind::Qr => crate::raster::code::encode_qr(&content),
            BarcodeKind::DataMatrix => crate::raster::code::data_matrix(&content),
        }?;
        let (at, module) = self.place_code(i, Rect::of(area, self.dpi), element, &code)?;
        let module_mm = self.dpi.mm(module);
        if module_mm < MODULE_MM_WARN && !element.close_up {
            self.drawing.warnings.push(LabelWarning::SmallModules { module_mm });
        }
        self.codes[i] = Some(at.grown(code.kind().quiet() * module));
        self.keep(at.grown(code.kind().quiet_edge() * module));
        self.lowest = self.lowest.max(at.bottom() + code.kind().quiet_edge() * module);
        self.drawing.marks.push(DrawElement::Code { x: at.x, y: at.y, module, code });
        Ok(())
    }

    /// The largest module up to the requested one at which the code keeps its distance from everything.
    fn place_code(
        &self,
        i: usize,
        area: Rect,
        element: &CodeElement,
        code: &Barcode,
    ) -> Result<(Rect, u32), LabelError> {
        let (dpi, close_up) = (self.dpi, element.close_up);
        let mut module = code.module_dots(dpi, (area.width, area.height), element.module_mm, close_up)?;
        loop {
            code.check_module(dpi, module, close_up)?;
            let at = place::code_in(area, element, code, module);
            let quiet = if close_up { code.kind().quiet_edge() } else { code.kind().quiet() };
            if !self.crowded(i, at.grown(quiet * module)) {
                return Ok((at, module));
            }
            module -= 1;
        }
    }

    fn crowded(&self, i: usize, expected: Rect) -> bool {
        let elements = self.template.elements.iter().enumerate();
        elements.filter(|(other, _)| *other != i).any(|(_, e)| place::crowds_element(e, expected, self.dpi))
    }

    /// Empty when it has fields and all of them are empty.
    fn filled(&self, words: &TextPattern) -> String {
        let mut fields = words.fields().peekable();
        if fields.peek().is_some() && fields.all(|f| self.fields.get(f).is_empty()) {
            return String::new();
        }
        words.0.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &PatternPart) -> String {
        match part {
            PatternPart::Literal(words) => words.clone(),
            PatternPart::Field(field) => self.fields.get(*field).to_owned(),
        }
    }
}

fn group_tag(tag: &str) -> String {
    let symbols: Vec<char> = tag.to_ascii_uppercase().chars().collect();
    symbols.chunks(TAG_GROUP).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A label's tag and address must agree.
fn check_tag(template: &Template, fields: &Fields) -> Result<(), LabelError> {
    let shown = template.fields();
    let tag = fields.get(Field::Tag);
    if !shown.contains(&Field::Tag) {
        return Ok(());
    }
    if tag.is_empty() || tag.len() > 32 || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(LabelError::NoTag(tag.chars().take(32).collect()));
    }
    let (tag, url) = (tag.to_ascii_uppercase(), fields.get(Field::Url));
    if shown.contains(&Field::Url)
        && !url.is_empty()
        && !crate::raster::code::upper_url(url)?.ends_with(&format!("/{tag}"))
    {
        return Err(LabelError::OtherTag { url: url.chars().take(200).collect(), tag });
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
