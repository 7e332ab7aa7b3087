//! Words on a label: what may be printed at all, how it is fitted into a box, and setting it in dots.

use skrifa::GlyphId;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::bitmap::Bitmap;
use crate::font::{Face, FontError};

/// Characters of one field of a label; a longer one is no name.
pub const FIELD_CHARS_MAX: usize = 1_000;

/// Why a text cannot be printed as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The fonts have no picture of it.
    #[error("the character {0:?} ({code}) cannot be printed; write it with Latin, Greek or Cyrillic letters", code = code(*.0))]
    MissingGlyph(char),
    /// An accent that does not join with its letter into one character.
    #[error(
        "the accent {code} on {letter:?} cannot be printed on that letter; use the letter alone or another spelling",
        code = code(*.mark)
    )]
    LoneMark {
        /// What it stands on.
        letter: char,
        /// The mark.
        mark: char,
    },
    /// Line breaks, tabs, printer commands, direction marks and other characters without a picture.
    #[error("the invisible character {code} cannot be printed; remove it", code = code(*.0))]
    Control(char),
    /// Over [`FIELD_CHARS_MAX`].
    #[error("the text has {chars} characters; at most {FIELD_CHARS_MAX} are taken")]
    TooLong {
        /// Characters counted.
        chars: usize,
    },
}

fn code(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// The scripts that need no shaping: each character is one glyph, from left to right.
fn is_plain_script(c: char) -> bool {
    matches!(u32::from(c), 0x20..=0x52f | 0x1c80..=0x1c8f | 0x1d00..=0x1dbf | 0x1e00..=0x20cf | 0x2100..=0x2bff
        | 0x2c60..=0x2c7f | 0x2de0..=0x2e7f | 0xa640..=0xa69f | 0xa700..=0xa7ff | 0xab30..=0xab6f | 0xfb00..=0xfb06)
}

/// Characters that steer text instead of showing (Unicode's format controls and line separators).
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0xad | 0x34f | 0x61c | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
            | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xfffb | 0xe0000..=0xe0fff)
}

/// One face of the label's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// What must be read at a glance.
    Bold,
    /// All else.
    Regular,
}

/// Lines of text at one size, ready to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// From the top.
    pub lines: Vec<String>,
    /// Dots per em.
    pub px: u32,
    /// Which face.
    pub weight: Weight,
}

/// What a text may do to fit a box.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// Width of the box in dots.
    pub width: u32,
    /// Height of the box in dots.
    pub height: u32,
    /// Largest size, dots per em.
    pub px_max: u32,
    /// Smallest size, dots per em.
    pub px_min: u32,
    /// Lines at most.
    pub lines_max: usize,
    /// Whether the middle may go when the smallest size does not fit (both ends tell two machines apart).
    pub may_cut: bool,
}

/// Sets text; keeps glyphs that it drew.
pub struct Typesetter {
    bold: Face,
    regular: Face,
}

impl Typesetter {
    /// With the embedded fonts.
    ///
    /// # Errors
    /// When a font does not open, which only a damaged program does.
    pub fn new() -> Result<Self, FontError> {
        Ok(Self { bold: Face::bold()?, regular: Face::regular()? })
    }

    /// The text as it will be printed: composed (NFC), trimmed, single spaces.
    ///
    /// # Errors
    /// The first character that cannot be printed.
    pub fn printable(&self, text: &str) -> Result<String, TextError> {
        // Counted before it is composed: marks may be stacked without end.
        let chars = text.chars().take(FIELD_CHARS_MAX * 64).count();
        if chars > FIELD_CHARS_MAX {
            return Err(TextError::TooLong { chars });
        }
        let mut last = ' ';
        for c in text.nfc() {
            if is_invisible(c) {
                return Err(TextError::Control(c));
            }
            if is_combining_mark(c) {
                return Err(TextError::LoneMark { letter: last, mark: c });
            }
            let drawn = c.is_whitespace()
                || (is_plain_script(c)
                    && [&self.bold, &self.regular].iter().all(|face| face.glyph_id(c).is_some()));
            if !drawn {
                return Err(TextError::MissingGlyph(c));
            }
            last = c;
        }
        let composed: String = text.nfc().collect();
        Ok(composed.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Fits printable text into a box: one line from the largest size down, wrapped once at three quarters of it,
    /// cut in the middle at the smallest if it may be. `None` when it does not fit.
    pub fn fit(&self, text: &str, weight: Weight, fit: &Fit) -> Option<Block> {
        let block = |lines, px| Some(Block { lines, px, weight });
        for px in (fit.px_min..=fit.px_max).rev() {
            let lines_max = if 4 * px <= 3 * fit.px_max || px == fit.px_min { fit.lines_max } else { 1 };
            let room = self.lines_that_fit(weight, px, fit.height).min(lines_max);
            if let Some(lines) = self.wrapped(text, weight, px, fit.width, room) {
                return block(lines, px);
            }
        }
        let room = self.lines_that_fit(weight, fit.px_min, fit.height).min(fit.lines_max);
        if !fit.may_cut {
            return None;
        }
        block(self.cut(text, weight, fit.px_min, fit.width, room)?, fit.px_min)
    }

    /// Dots that the block takes from top to bottom.
    pub fn height(&self, block: &Block) -> u32 {
        self.lines_height(block.weight, block.px, block.lines.len())
    }

    /// Dots from the baseline to the top of capitals and digits.
    pub fn cap_height(&self, weight: Weight, px: u32) -> u32 {
        self.face(weight).cap_height(px)
    }

    /// Dots that the text takes from left to right.
    pub fn width(&self, text: &str, weight: Weight, px: u32) -> u32 {
        let face = self.face(weight);
        let advance: f32 =
            text.chars().filter_map(|c| glyph_id(face, c)).map(|id| face.advance(id, px)).sum();
        advance.ceil() as u32
    }

    /// Sets a block with its top left corner at `x`, `y`.
    pub fn set(&mut self, on: &mut Bitmap, block: &Block, x: u32, y: u32) {
        let step = self.line_step(block.weight, block.px);
        let (ascent, _) = self.face(block.weight).line(block.px);
        let mut baseline = y + ascent;
        for line in &block.lines {
            self.set_line(on, line, block.weight, block.px, x, baseline);
            baseline += step;
        }
    }

    /// Sets one line on its baseline.
    pub fn set_line(&mut self, on: &mut Bitmap, text: &str, weight: Weight, px: u32, x: u32, baseline: u32) {
        let face = match weight {
            Weight::Bold => &mut self.bold,
            Weight::Regular => &mut self.regular,
        };
        let mut pen = 0.0f32;
        for id in text.chars().filter_map(|c| glyph_id(face, c)).collect::<Vec<_>>() {
            let glyph = face.glyph(id, px);
            let left = x.saturating_add_signed(pen.round() as i32).saturating_add_signed(glyph.left);
            let top = baseline.saturating_add_signed(glyph.top);
            on.overlay(&glyph.dots, left.cast_signed(), top.cast_signed());
            pen += face.advance(id, px);
        }
    }

    fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Bold => &self.bold,
            Weight::Regular => &self.regular,
        }
    }

    /// From baseline to baseline.
    fn line_step(&self, weight: Weight, px: u32) -> u32 {
        let (ascent, descent) = self.face(weight).line(px);
        // Noto's own line is 1.36 em, made for stacked accents; labels need the room.
        (ascent + descent).min((px * 6).div_ceil(5))
    }

    fn lines_height(&self, weight: Weight, px: u32, lines: usize) -> u32 {
        let (ascent, descent) = self.face(weight).line(px);
        let steps = u32::try_from(lines.saturating_sub(1)).unwrap_or(u32::MAX);
        self.line_step(weight, px).saturating_mul(steps).saturating_add(ascent + descent)
    }

    fn lines_that_fit(&self, weight: Weight, px: u32, height: u32) -> usize {
        (1..=16).take_while(|&n| self.lines_height(weight, px, n) <= height).count()
    }

    /// Greedy lines, broken after spaces, hyphens and slashes, inside a word only where it is wider than the box.
    fn wrapped(
        &self,
        text: &str,
        weight: Weight,
        px: u32,
        width: u32,
        lines_max: usize,
    ) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for piece in text.split_inclusive([' ', '-', '/', '–']) {
            if self.width((line.clone() + piece).trim_end(), weight, px) <= width {
                line.push_str(piece);
                continue;
            }
            if lines_max < 2 {
                return None;
            }
            close(&mut lines, &mut line);
            for cluster in piece.graphemes(true) {
                if !line.is_empty() && self.width((line.clone() + cluster).trim_end(), weight, px) > width {
                    close(&mut lines, &mut line);
                }
                line.push_str(cluster);
            }
            if lines.len() >= lines_max {
                return None;
            }
        }
        close(&mut lines, &mut line);
        let fits = lines.len() <= lines_max && lines.iter().all(|l| self.width(l, weight, px) <= width);
        fits.then_some(lines)
    }

    /// The longest text with its middle replaced by "…" that fits.
    fn cut(&self, text: &str, weight: Weight, px: u32, width: u32, lines_max: usize) -> Option<Vec<String>> {
        let clusters: Vec<&str> = text.graphemes(true).collect();
        let with = |kept: usize| {
            let (head, tail) = (kept.div_ceil(2), kept / 2);
            let start = clusters[..head].concat();
            let end = clusters[clusters.len() - tail..].concat();
            self.wrapped(&format!("{}…{}", start.trim_end(), end.trim_start()), weight, px, width, lines_max)
        };
        let (mut fits, mut too_many) = (0, clusters.len());
        while too_many - fits > 1 {
            let middle = usize::midpoint(fits, too_many);
            if with(middle).is_some() { fits = middle } else { too_many = middle }
        }
        (fits >= 2).then(|| with(fits)).flatten()
    }
}

/// Every space is the font's plain space.
fn glyph_id(face: &Face, c: char) -> Option<GlyphId> {
    face.glyph_id(if c.is_whitespace() { ' ' } else { c })
}

fn close(lines: &mut Vec<String>, line: &mut String) {
    let done = std::mem::take(line);
    if !done.trim_end().is_empty() {
        lines.push(done.trim_end().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printable(text: &str) -> Result<String, TextError> {
        Typesetter::new().unwrap().printable(text)
    }

    const NAME: Fit = Fit { width: 281, height: 80, px_max: 37, px_min: 17, lines_max: 3, may_cut: true };

    #[test]
    fn what_is_printable() {
        for text in [
            "Infusion pump 14",
            "Přístroj č. 7 Žižkov",
            "Ναός Αθήνα",
            "Насос № 3",
            "Đường thở",
            "½ µg · 37 °C ±2",
        ] {
            assert_eq!(printable(text).as_deref(), Ok(text));
        }
        assert_eq!(printable("  a \u{a0} b ").as_deref(), Ok("a b"));
        assert_eq!(printable("Ange\u{301}lique").as_deref(), Ok("Angélique"));
    }

    #[test]
    fn what_is_refused_and_named() {
        assert_eq!(printable("pump 💉"), Err(TextError::MissingGlyph('💉')));
        assert_eq!(printable("超声"), Err(TextError::MissingGlyph('超')));
        assert_eq!(printable("משאבה"), Err(TextError::MissingGlyph('מ')));
        assert_eq!(printable("مضخة"), Err(TextError::MissingGlyph('م')));
        assert_eq!(printable("पंप"), Err(TextError::MissingGlyph('प')));
        assert_eq!(printable("q\u{30a}"), Err(TextError::LoneMark { letter: 'q', mark: '\u{30a}' }));
        assert_eq!(printable("a\tb"), Err(TextError::Control('\t')));
        assert_eq!(printable("\u{1b}@"), Err(TextError::Control('\u{1b}')));
        assert_eq!(printable("a\u{202e}b"), Err(TextError::Control('\u{202e}')));
        assert_eq!(printable("👩\u{200d}⚕"), Err(TextError::MissingGlyph('👩')));
        assert_eq!(printable(&"x".repeat(1001)), Err(TextError::TooLong { chars: 1001 }));
        assert!(printable(&("a".to_owned() + &"\u{301}".repeat(200))).is_err());
        let said = printable("超声").unwrap_err().to_string();
        assert!(said.contains('超') && said.contains("U+8D85"), "{said}");
    }

    #[test]
    fn fits_by_shrinking_then_wrapping_then_cutting_the_middle() {
        let t = Typesetter::new().unwrap();
        let lines = |text: &str| t.fit(text, Weight::Bold, &NAME).unwrap();
        assert_eq!((lines("Pump").px, lines("Pump").lines.len()), (37, 1));
        assert!(lines("Infusion pump 14").px < 37);
        let wrapped = lines("Ultrasound transducer, transvaginal, 5 MHz");
        assert!(wrapped.lines.len() > 1 && wrapped.px >= 17, "{wrapped:?}");
        let cut = lines(&format!("Infusion {} module 3", "very ".repeat(90)));
        let text = cut.lines.join(" ");
        assert!(text.starts_with("Infusion") && text.contains('…') && text.ends_with("module 3"), "{text}");
        assert_eq!(t.fit(&"8".repeat(90), Weight::Bold, &Fit { may_cut: false, lines_max: 1, ..NAME }), None);
        assert!(t.fit(&"8".repeat(500), Weight::Bold, &NAME).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_refused_or_stays_in_its_box(text in "\\PC{0,80}|[ -~]{0,300}|[A-Za-zÀ-žΑ-ωА-я /-]{0,200}") {
            let mut t = Typesetter::new().unwrap();
            if let Ok(text) = t.printable(&text) {
                prop_assert!(!text.chars().any(is_invisible));
                if let Some(block) = t.fit(&text, Weight::Bold, &NAME) {
                    prop_assert!(t.height(&block) <= NAME.height);
                    prop_assert!(block.lines.iter().all(|l| t.width(l, Weight::Bold, block.px) <= NAME.width));
                    if !block.lines.concat().contains('…') {
                        let squeeze = |s: &str| s.replace(' ', "");
                        prop_assert_eq!(squeeze(&block.lines.concat()), squeeze(&text));
                    }
                    let mut on = Bitmap::white(NAME.width, NAME.height);
                    t.set(&mut on, &block, 0, 0);
                }
            }
        }
    }
}
