//! The two typefaces: which letters they have, and how wide these are.

use std::collections::HashMap;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// Stands for a letter that a typeface does not have.
const MISSING: char = '\u{25a1}';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FontWeight {
    Regular,
    Bold,
}

/// Marks of writing direction and others without a shape: a text with them is not what it seems.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Glyphs by letters, with widths as shares of the size. No script is shaped.
pub(super) struct FontFace {
    pub(super) font: Font,
    glyphs: HashMap<char, (u32, f32)>,
}

pub(super) struct FontFaces {
    regular: FontFace,
    bold: FontFace,
}

impl FontFace {
    /// `None` where the program itself is damaged.
    fn open(bytes: &'static [u8]) -> Option<Self> {
        let face = FontRef::new(bytes).ok()?;
        let per_em = f32::from(face.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let widths = face.glyph_metrics(Size::unscaled(), LocationRef::default());
        let mappings = face.charmap().mappings();
        let glyphs = mappings.filter_map(|(code, glyph)| {
            let width = widths.advance_width(glyph)?;
            Some((char::from_u32(code)?, (glyph.to_u32(), width / per_em)))
        });
        Some(Self { glyphs: glyphs.collect(), font: Font::new(bytes.into(), 0)? })
    }

    fn width(&self, letter: char) -> f32 {
        self.glyphs.get(&letter).map_or(0.0, |(_, width)| *width)
    }

    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyphs = text.char_indices().filter_map(|(at, letter)| {
            let (glyph, width) = *self.glyphs.get(&letter)?;
            let range = at..at + letter.len_utf8();
            Some(KrillaGlyph::new(GlyphId::new(glyph), width, 0.0, 0.0, 0.0, range, None))
        });
        glyphs.collect()
    }
}

impl FontFaces {
    pub(super) fn open() -> Option<Self> {
        Some(Self {
            regular: FontFace::open(labels::font::REGULAR)?,
            bold: FontFace::open(labels::font::BOLD)?,
        })
    }

    pub(super) fn of(&self, weight: FontWeight) -> &FontFace {
        match weight {
            FontWeight::Regular => &self.regular,
            FontWeight::Bold => &self.bold,
        }
    }

    /// The text as it can be printed, in one line: what is no letter becomes a space, and what the typeface lacks a box. Whether it
    /// lacked something.
    pub(super) fn printable(&self, text: &str, weight: FontWeight) -> (String, bool) {
        let face = self.of(weight);
        let mut lacks = false;
        let printed = text.chars().map(|letter| match letter {
            _ if letter.is_whitespace() || letter.is_control() => ' ',
            _ if face.glyphs.get(&letter).is_some_and(|(glyph, _)| *glyph != 0) && !is_unseen(letter) => {
                letter
            }
            _ => {
                lacks = true;
                MISSING
            }
        });
        (printed.collect(), lacks)
    }

    /// Lines no wider than this, broken at spaces and, where a word is wider, inside it; each but the last ends with a space or
    /// where it was broken. `text` is printable.
    pub(super) fn wrap(&self, text: &str, weight: FontWeight, size: f32, width: f32) -> Vec<String> {
        let face = self.of(weight);
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
        for word in text.split_inclusive(' ') {
            let wide: f32 = word.trim_end().chars().map(|letter| face.width(letter) * size).sum();
            if used + wide > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            for letter in word.chars() {
                let letter_width = face.width(letter) * size;
                if used + letter_width > width && letter != ' ' && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(letter);
                used += letter_width;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    pub(super) fn width(&self, text: &str, weight: FontWeight, size: f32) -> f32 {
        text.chars().map(|letter| self.of(weight).width(letter) * size).sum()
    }
}
