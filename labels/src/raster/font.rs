//! The two embedded typefaces, and their glyphs as dots: outlines filled by non-zero winding at dot centres.

use std::collections::HashMap;

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use crate::raster::bitmap::Bitmap;

/// Noto Sans Bold, TrueType.
pub const BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");
/// Noto Sans Regular, TrueType.
pub const REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
/// Glyphs kept as dots; a label uses about 60, so this holds every size of a long batch.
const CACHED_GLYPHS_MAX: usize = 2_048;

/// An embedded font does not open: the program itself is damaged.
#[derive(Debug, thiserror::Error)]
#[error("opening the embedded font {name}: {source}; install the program again")]
pub struct FontError {
    name: &'static str,
    source: skrifa::raw::ReadError,
}

#[derive(Debug)]
pub(crate) struct Glyph {
    pub(crate) dots: Bitmap,
    /// From the pen to the picture's left edge.
    pub(crate) left: i32,
    /// From the baseline to the picture's top edge, downwards (so mostly negative).
    pub(crate) top: i32,
}

pub(crate) struct Face {
    bytes: &'static [u8],
    charmap: Charmap<'static>,
    outlines: OutlineGlyphCollection<'static>,
    advances: GlyphMetrics<'static>,
    per_em: u32,
    /// Shares of the size.
    ascent: f32,
    descent: f32,
    cap_height: f32,
    cache: HashMap<(GlyphId, u32), Glyph>,
}

fn share_dots(px: u32, share: f32) -> u32 {
    (share * px as f32).ceil() as u32
}

impl Face {
    pub(crate) fn bold() -> Result<Self, FontError> {
        Self::open("Noto Sans Bold", BOLD)
    }

    pub(crate) fn regular() -> Result<Self, FontError> {
        Self::open("Noto Sans Regular", REGULAR)
    }

    fn open(name: &'static str, bytes: &'static [u8]) -> Result<Self, FontError> {
        let font = FontRef::new(bytes).map_err(|source| FontError { name, source })?;
        let m = font.metrics(Size::unscaled(), LocationRef::default());
        let em = f32::from(m.units_per_em.max(1));
        Ok(Self {
            bytes,
            charmap: font.charmap(),
            outlines: font.outline_glyphs(),
            advances: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            per_em: u32::from(m.units_per_em.max(1)),
            ascent: m.ascent / em,
            descent: -m.descent / em,
            cap_height: m.cap_height.map_or(0.714, |c| c / em),
            cache: HashMap::new(),
        })
    }

    pub(crate) fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    pub(crate) fn glyph_id(&self, c: char) -> Option<GlyphId> {
        self.charmap.map(c).filter(|id| id.to_u32() != 0)
    }

    /// In units of the font: whole numbers, so that widths add up the same in any order.
    pub(crate) fn units(&self, id: GlyphId) -> u32 {
        self.advances.advance_width(id).unwrap_or(0.0).max(0.0) as u32
    }

    pub(crate) fn per_em(&self) -> u32 {
        self.per_em
    }

    /// Dots from the baseline up to the highest accented letters, and down to the lowest.
    pub(crate) fn line(&self, px: u32) -> (u32, u32) {
        (share_dots(px, self.ascent), share_dots(px, self.descent))
    }

    /// Dots from the baseline to the top of capitals and digits.
    pub(crate) fn cap_height(&self, px: u32) -> u32 {
        (self.cap_height * px as f32).round() as u32
    }

    /// At `px` dots per em.
    pub(crate) fn glyph(&mut self, id: GlyphId, px: u32) -> &Glyph {
        if self.cache.len() >= CACHED_GLYPHS_MAX {
            self.cache.clear();
        }
        self.cache.entry((id, px)).or_insert_with(|| {
            let mut outline = Outline::default();
            if let Some(glyph) = self.outlines.get(id) {
                let settings = DrawSettings::unhinted(Size::new(px as f32), LocationRef::default());
                // A glyph with a broken outline prints as a space; the embedded fonts have none (a test draws
                // them all).
                if glyph.draw(settings, &mut outline).is_err() {
                    outline.edges.clear();
                }
            }
            outline.fill()
        })
    }
}

#[derive(Default)]
struct Outline {
    edges: Vec<Edge>,
    start: Point,
    at: Point,
}

type Point = (f32, f32);

#[derive(Clone, Copy)]
struct Edge {
    from: Point,
    to: Point,
}

fn turn_point(p: Point) -> Point {
    (-p.1, p.0)
}

impl Outline {
    fn edge_to(&mut self, to: Point) {
        self.edges.push(Edge { from: self.at, to });
        self.at = to;
    }

    /// As straight pieces of about two dots.
    fn curve(&mut self, length: f32, point: impl Fn(f32) -> Point) {
        let pieces = (length / 2.0).ceil().clamp(2.0, 64.0);
        let mut i = 1.0;
        while i <= pieces {
            self.edge_to(point(i / pieces));
            i += 1.0;
        }
    }

    fn fill(&self) -> Glyph {
        if self.edges.is_empty() {
            return Glyph { dots: Bitmap::white(0, 0), left: 0, top: 0 };
        }
        let (left, right) = self.find_range(|p| p.0);
        let (bottom, top) = self.find_range(|p| p.1);
        let (width, height) = (right.abs_diff(left), top.abs_diff(bottom));
        let mut dots = Bitmap::white(width, height);
        for row in 0..height {
            let y = top as f32 - (row as f32 + 0.5);
            for run in edge_runs(&self.edges, y, left as f32) {
                let (first, end) = run.dots(width);
                dots.blacken_rect(first, row, end.saturating_sub(first), 1);
            }
        }
        self.keep_hairlines(&mut dots, left, top);
        Glyph { dots, left, top: -top }
    }

    /// Whole dots, at least one.
    fn find_range(&self, axis: fn(Point) -> f32) -> (i32, i32) {
        let places = self.edges.iter().flat_map(|e| [axis(e.from), axis(e.to)]);
        let ends = (f32::MAX, f32::MIN);
        let (least, most) = places.fold(ends, |(least, most), at| (least.min(at), most.max(at)));
        let least = least.floor() as i32;
        (least, (most.ceil() as i32).max(least + 1))
    }

    /// A level stroke thinner than a dot may pass between all centres: then its nearest dots are blackened.
    fn keep_hairlines(&self, dots: &mut Bitmap, left: i32, top: i32) {
        let turned: Vec<Edge> =
            self.edges.iter().map(|e| Edge { from: turn_point(e.from), to: turn_point(e.to) }).collect();
        for column in 0..dots.width() {
            let x = left as f32 + column as f32 + 0.5;
            for run in edge_runs(&turned, x, -top as f32) {
                if !run.holds_a_centre() {
                    let (first, end) = run.dots(dots.height());
                    dots.blacken_rect(column, first, 1, end.saturating_sub(first));
                }
            }
        }
    }
}

fn quad_at(a: f32, c: f32, b: f32, t: f32) -> f32 {
    (1.0 - t) * (1.0 - t) * a + 2.0 * (1.0 - t) * t * c + t * t * b
}

fn cubic_at(a: f32, c: f32, d: f32, b: f32, t: f32) -> f32 {
    let s = 1.0 - t;
    s * s * s * a + 3.0 * s * s * t * c + 3.0 * s * t * t * d + t * t * t * b
}

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        (self.start, self.at) = ((x, y), (x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.edge_to((x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (a, c, b) = (self.at, (cx, cy), (x, y));
        self.curve(point_distance(a, c) + point_distance(c, b), |t| {
            (quad_at(a.0, c.0, b.0, t), quad_at(a.1, c.1, b.1, t))
        });
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (a, c, d, b) = (self.at, (cx0, cy0), (cx1, cy1), (x, y));
        self.curve(point_distance(a, c) + point_distance(c, d) + point_distance(d, b), |t| {
            (cubic_at(a.0, c.0, d.0, b.0, t), cubic_at(a.1, c.1, d.1, b.1, t))
        });
    }

    fn close(&mut self) {
        if self.at != self.start {
            self.edge_to(self.start);
        }
    }
}

fn point_distance(a: Point, b: Point) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Ink on one scan line, measured from the picture's edge.
struct Run {
    from: f32,
    to: f32,
}

impl Run {
    fn holds_a_centre(&self) -> bool {
        (self.from - 0.5).ceil() < (self.to - 0.5).ceil()
    }

    /// The dots whose centres are inside, at least one.
    fn dots(&self, dots_max: u32) -> (u32, u32) {
        let (first, end) = if self.holds_a_centre() {
            ((self.from - 0.5).ceil(), (self.to - 0.5).ceil())
        } else {
            let nearest = ((self.from + self.to) / 2.0).floor();
            (nearest, nearest + 1.0)
        };
        (first.max(0.0) as u32, (end.max(0.0) as u32).min(dots_max))
    }
}

/// Where the level line at `y` is inside, by non-zero winding, as distances from `origin`.
fn edge_runs(edges: &[Edge], y: f32, origin: f32) -> Vec<Run> {
    let mut crossings: Vec<(f32, i32)> = edges
        .iter()
        .filter(|e| (e.from.1 <= y) != (e.to.1 <= y))
        .map(|e| {
            let share = (y - e.from.1) / (e.to.1 - e.from.1);
            (e.from.0 + share * (e.to.0 - e.from.0) - origin, if e.to.1 > e.from.1 { 1 } else { -1 })
        })
        .collect();
    crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut winding, mut from, mut found) = (0, 0.0, Vec::new());
    for (x, turn) in crossings {
        if winding == 0 {
            from = x;
        }
        winding += turn;
        if winding == 0 && x > from {
            found.push(Run { from, to: x });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_on_the_baseline_with_holes_open() {
        let mut face = Face::bold().unwrap();
        let id = face.glyph_id('O').unwrap();
        let o = face.glyph(id, 40);
        let (w, h) = (o.dots.width(), o.dots.height());
        assert!(o.dots.black(w / 2, 1) && o.dots.black(w / 2, h - 2), "{:?}", o.dots);
        assert!(!o.dots.black(w / 2, h / 2), "the hole of O is white\n{:?}", o.dots);
        assert!((-31..=-27).contains(&o.top), "a capital of 40 dots per em is 29 high, not {}", o.top);
    }

    #[test]
    fn strokes_thinner_than_a_dot_do_not_vanish() {
        for px in 8..40 {
            let mut face = Face::regular().unwrap();
            for c in ['_', '-', '—', '|', 'l', '·'] {
                let id = face.glyph_id(c).unwrap();
                assert!(face.glyph(id, px).dots.black_dots() > 0, "{c} at {px}");
            }
            let id = face.glyph_id('_').unwrap();
            let line = &face.glyph(id, px).dots;
            assert!(line.black_dots() + 2 >= u64::from(line.width()), "_ at {px} is whole\n{line:?}");
        }
    }

    #[test]
    fn every_glyph_of_both_fonts_draws() {
        for bytes in [BOLD, REGULAR] {
            let font = FontRef::new(bytes).unwrap();
            assert_eq!(font.charmap().mappings().count(), 2_840, "as many characters as Noto Sans has");
            for (_, id) in font.charmap().mappings() {
                let mut outline = Outline::default();
                let settings = DrawSettings::unhinted(Size::new(17.0), LocationRef::default());
                font.outline_glyphs().get(id).unwrap().draw(settings, &mut outline).unwrap();
                let glyph = outline.fill();
                assert!(glyph.dots.width() < 200 && glyph.dots.height() < 200);
            }
        }
    }

    #[test]
    fn cache_is_bounded() {
        let mut face = Face::regular().unwrap();
        let id = face.glyph_id('.').unwrap();
        for px in 0..2 * CACHED_GLYPHS_MAX as u32 {
            face.glyph(id, px % 3_000 + 1);
        }
        assert!(face.cache.len() <= CACHED_GLYPHS_MAX);
    }
}
