//! Checks a template as a whole: everything on the label, nothing on top of another thing.

use super::{AreaMm, ElementKind, LabelElement, LabelHeight, Template, TemplateError, TemplateFault};

/// What rounding may take (millimetres): a sixteenth of a dot at 203 dpi.
const SLACK_MM: f64 = 0.008;

pub(super) fn check_template(template: &Template) -> Result<(), TemplateError> {
    check_growing(template)?;
    for (i, element) in template.elements.iter().enumerate() {
        let line = Some(element.line);
        on_label(template, element).map_err(|why| TemplateError { line, why })?;
        if beside_code(element) && code_beside(template, element).is_none() {
            return Err(TemplateError { line, why: TemplateFault::BesideNothing });
        }
        for other in &template.elements[..i] {
            if do_overlap(element, other) {
                let (what, other, other_line) = (element.kind(), other.kind(), other.line);
                let why = TemplateFault::Overlap { what, other, other_line };
                return Err(TemplateError { line, why });
            }
        }
    }
    Ok(())
}

fn check_growing(template: &Template) -> Result<(), TemplateError> {
    let columns: Vec<&LabelElement> = template
        .elements
        .iter()
        .filter(|e| matches!(&e.what, ElementKind::Column(column) if column.grows))
        .collect();
    let expected = usize::from(template.height == LabelHeight::Continuous);
    if columns.len() == expected {
        return Ok(());
    }
    let line = columns.last().map(|e| e.line);
    Err(TemplateError { line, why: TemplateFault::Growing(columns.len()) })
}

fn on_label(template: &Template, element: &LabelElement) -> Result<(), TemplateFault> {
    let AreaMm { x, y, width, height } = element.area;
    let (right, bottom) = (x + width - template.width_mm, y + height - template.bottom_mm());
    for (over_mm, edge) in [(right, "right"), (bottom, "lower")] {
        if over_mm > SLACK_MM {
            return Err(TemplateFault::OffLabel {
                what: element.kind(),
                over_mm,
                edge,
                width_mm: template.width_mm,
                height: template.height,
            });
        }
    }
    Ok(())
}

fn moves_beside(a: &LabelElement, b: &LabelElement) -> bool {
    beside_code(a) && matches!(b.what, ElementKind::Code(_))
}

fn do_overlap(a: &LabelElement, b: &LabelElement) -> bool {
    let (p, q) = (a.area, b.area);
    let across = (p.x + p.width).min(q.x + q.width) - p.x.max(q.x);
    let down = (p.y + p.height).min(q.y + q.height) - p.y.max(q.y);
    let meet = across > SLACK_MM && down > SLACK_MM;
    // Where a column beside its code begins, only the drawing knows.
    meet && !(moves_beside(a, b) || moves_beside(b, a) || does_frame(a, b) || does_frame(b, a))
}

fn beside_code(element: &LabelElement) -> bool {
    matches!(&element.what, ElementKind::Column(column) if column.beside_code)
}

fn is_inside(line: f64, least: f64, from: f64, size: f64, outer_size: f64) -> bool {
    from + SLACK_MM >= least + line && from + size <= least + outer_size - line + SLACK_MM
}

/// Whether `inner` is inside the outline `outer`, without its line.
fn does_frame(outer: &LabelElement, inner: &LabelElement) -> bool {
    let ElementKind::Box { thickness_mm: Some(line) } = outer.what else { return false };
    let (o, i) = (outer.area, inner.area);
    is_inside(line, o.x, i.x, i.width, o.width) && is_inside(line, o.y, i.y, i.height, o.height)
}

pub(crate) fn code_beside(template: &Template, column: &LabelElement) -> Option<usize> {
    let codes = template.elements.iter().enumerate().filter(|(_, e)| matches!(e.what, ElementKind::Code(_)));
    let left = codes.filter(|(_, e)| e.area.x < column.area.x);
    left.max_by(|a, b| a.1.area.x.total_cmp(&b.1.area.x)).map(|(i, _)| i)
}
