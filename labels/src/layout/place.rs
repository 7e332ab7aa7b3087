//! Rectangles in dots, and the place of a code among them.

use crate::raster::code::Barcode;
use crate::raster::dpi::Dpi;
use crate::template::{AreaMm, CodeElement, ElementKind, LabelElement, TextAlign};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Rect {
    /// Both edges are rounded, so that areas that touch in millimetres touch in dots.
    pub(super) fn of(area: AreaMm, dpi: Dpi) -> Self {
        let (x, y) = (dpi.dots(area.x), dpi.dots(area.y));
        let (right, bottom) = (dpi.dots(area.x + area.width), dpi.dots(area.y + area.height));
        Self { x, y, width: (right - x).max(1), height: (bottom - y).max(1) }
    }

    pub(super) fn right(self) -> u32 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> u32 {
        self.y + self.height
    }

    pub(super) fn start(self, width: u32, align: TextAlign) -> u32 {
        let space = self.width.saturating_sub(width);
        self.x
            + match align {
                TextAlign::Left => 0,
                TextAlign::Center => space / 2,
                TextAlign::Right => space,
            }
    }

    /// Dots left of or above zero are dropped.
    pub(super) fn grown(self, by: u32) -> Self {
        let (x, y) = (self.x.saturating_sub(by), self.y.saturating_sub(by));
        Self { x, y, width: self.right() + by - x, height: self.bottom() + by - y }
    }

    fn meets(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    fn holds(self, other: Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }
}

/// In the middle of the height. At a side the code keeps its distance as towards words, where there is space
/// for that.
pub(super) fn code_in(area: Rect, element: &CodeElement, code: &Barcode, module: u32) -> Rect {
    let (width, height) = (code.width() * module, code.height() * module);
    let spare = area.width - width;
    let side = (code.kind().quiet() * module).min(spare.saturating_sub(code.kind().quiet_edge() * module));
    let left = match element.align {
        TextAlign::Left => side,
        TextAlign::Center => spare / 2,
        TextAlign::Right => spare - side,
    };
    Rect { x: area.x + left, y: area.y + (area.height - height) / 2, width, height }
}

/// Whether an element overlaps the code's quiet zone.
pub(super) fn crowds_element(element: &LabelElement, expected: Rect, dpi: Dpi) -> bool {
    let area = Rect::of(element.area, dpi);
    match &element.what {
        ElementKind::Column(column) if column.beside_code => false,
        ElementKind::Box { thickness_mm: Some(mm) } => {
            let line = dpi.dots(*mm).max(1);
            let (width, height) = (area.width.saturating_sub(2 * line), area.height.saturating_sub(2 * line));
            let inner = Rect { x: area.x + line, y: area.y + line, width, height };
            area.meets(expected) && !inner.holds(expected)
        }
        _ => area.meets(expected),
    }
}
