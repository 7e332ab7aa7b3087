//! Words on a label: what may be printed at all, how it is fitted into a box, and setting it in dots.

use serde::{Deserialize, Serialize};
use skrifa::GlyphId;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::raster::bitmap::Bitmap;
use crate::raster::font::{Face, FontError};

/// Characters of one field of a label; a longer one is no name.
pub const FIELD_CHARS_MAX: usize = 1_000;
/// Lines of a field that has lines.
pub const FIELD_LINES_MAX: usize = 64;
/// Lines of one block.
pub const BLOCK_LINES_MAX: usize = 64;

/// Why a text cannot be printed as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum TextError {
    /// The fonts have no picture of it.
    MissingGlyph(char),
    /// An accent that does not join with its letter into one character.
    LoneMark {
        /// The letter that it follows.
        letter: char,
        /// The mark.
        mark: char,
    },
    /// Line breaks, tabs, printer commands, direction marks and other characters without a picture.
    Control(char),
    /// Over [`FIELD_CHARS_MAX`].
    TooLong {
        /// Characters counted.
        chars: usize,
    },
    /// Over [`FIELD_LINES_MAX`].
    TooManyLines {
        /// Lines counted.
        lines: usize,
    },
}

/// Scripts without shaping: each character is one glyph, from left to right.
fn is_plain_script(c: char) -> bool {
    matches!(u32::from(c), 0x20..=0x52f | 0x1c80..=0x1c8f | 0x1d00..=0x1dbf | 0x1e00..=0x20cf | 0x2100..=0x2bff
        | 0x2c60..=0x2c7f | 0x2de0..=0x2e7f | 0xa640..=0xa69f | 0xa700..=0xa7ff | 0xab30..=0xab6f | 0xfb00..=0xfb06)
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0xad | 0x34f | 0x61c | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
            | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xfffb | 0xe0000..=0xe0fff)
}

/// One face of the label's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FontWeight {
    /// What must be read at a glance.
    Bold,
    /// All else.
    Regular,
}

/// Lines of text at one size, ready to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextBlock {
    /// From the top.
    pub lines: Vec<String>,
    /// Where each line begins, in dots: the later lines of a numbered step start under its words, not its number.
    pub indents: Vec<u32>,
    /// Dots per em.
    pub px: u32,
    /// Which face.
    pub weight: FontWeight,
    /// Capitals and digits only: the block begins at their top and ends on the last baseline.
    pub caps: bool,
    /// Whether the middle was left out.
    pub cut: bool,
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
    /// Whether the middle may be replaced when the smallest size does not fit (both ends distinguish two machines ).
    pub may_cut: bool,
    /// Capitals and digits only, so that no space is left for accents and descenders.
    pub caps: bool,
}

struct Cluster<'a> {
    text: &'a str,
    units: u64,
    space: bool,
    /// A line may end after it.
    breaks: bool,
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
        // Counted before composition: marks may be stacked without end.
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

    /// The same for a text whose line breaks are kept; empty lines go.
    ///
    /// # Errors
    /// The first character that cannot be printed, or too many lines.
    pub fn printable_lines(&self, text: &str) -> Result<String, TextError> {
        let lines = text.lines().take(FIELD_LINES_MAX * 64).filter(|l| !l.trim().is_empty()).count();
        if lines > FIELD_LINES_MAX {
            return Err(TextError::TooManyLines { lines });
        }
        let lines = text.lines().map(|line| self.printable(line)).collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n"))
    }

    /// Fits printable text into a box: one line from the largest size down, wrapped from three quarters of it on (inside
    /// a word only at the smallest size), then cut in the middle if it may be. `None` when it does not fit.
    pub fn fit(&self, text: &str, weight: FontWeight, fit: &Fit) -> Option<TextBlock> {
        let paragraphs: Vec<Vec<Cluster<'_>>> = text.split('\n').map(|p| self.clusters(p, weight)).collect();
        let mut px = fit.px_max.max(fit.px_min).max(1);
        loop {
            let least = px <= fit.px_min;
            let wraps = least || 4 * px <= 3 * fit.px_max || paragraphs.len() > 1;
            let space = self.lines_that_fit(weight, px, fit).min(if wraps { fit.lines_max } else { 1 });
            if let Some(lines) = wrapped_all(&paragraphs, self.limit(weight, px, fit.width), space, least) {
                return Some(self.make_block(lines, weight, px, fit));
            }
            if least {
                break;
            }
            // Steps of a thirty-second: one dot at 203 dpi, and few enough at any size.
            px = (px - (px / 32).max(1)).max(fit.px_min).max(1);
        }
        let [clusters] = paragraphs.as_slice() else { return None };
        let space = self.lines_that_fit(weight, px, fit).min(fit.lines_max);
        if !fit.may_cut {
            return None;
        }
        let lines = self.cut(clusters, weight, self.limit(weight, px, fit.width), space)?;
        Some(TextBlock { cut: true, ..self.make_block(lines, weight, px, fit) })
    }

    fn make_block(&self, lines: Vec<Wrapped>, weight: FontWeight, px: u32, fit: &Fit) -> TextBlock {
        let per_em = u64::from(self.face(weight).per_em());
        let indents = lines.iter().map(|l| l.indent * u64::from(px) / per_em);
        let indents = indents.map(|dots| u32::try_from(dots).unwrap_or(u32::MAX)).collect();
        let lines = lines.into_iter().map(|l| l.text).collect();
        TextBlock { lines, indents, px, weight, caps: fit.caps, cut: false }
    }

    /// Dots that the block takes from top to bottom.
    pub fn height(&self, block: &TextBlock) -> u32 {
        self.lines_height(block.weight, block.px, block.lines.len(), block.caps)
    }

    /// Dots from the baseline to the top of capitals and digits.
    pub fn cap_height(&self, weight: FontWeight, px: u32) -> u32 {
        self.face(weight).cap_height(px)
    }

    /// Dots that the text takes from left to right.
    pub fn width(&self, text: &str, weight: FontWeight, px: u32) -> u32 {
        let face = self.face(weight);
        let dots = (code_units(face, text) * u64::from(px)).div_ceil(u64::from(face.per_em()));
        u32::try_from(dots).unwrap_or(u32::MAX)
    }

    /// The lines of a block whose top is at `y`, each with its indent and its baseline.
    pub fn baselines<'a>(
        &self,
        block: &'a TextBlock,
        y: u32,
    ) -> impl Iterator<Item = (&'a str, u32, u32)> + use<'a> {
        let face = self.face(block.weight);
        let top = if block.caps { face.cap_height(block.px) } else { face.line(block.px).0 };
        let step = self.line_step(block.weight, block.px);
        let lines = block.lines.iter().zip(&block.indents);
        (0..).zip(lines).map(move |(i, (line, indent))| (line.as_str(), *indent, y + top + step * i))
    }

    /// Sets one line with its pen at `at` (from the left, and down to the baseline), black or white.
    pub fn set_line(
        &mut self,
        on: &mut Bitmap,
        text: &str,
        weight: FontWeight,
        px: u32,
        at: (u32, u32),
        white: bool,
    ) {
        let face = match weight {
            FontWeight::Bold => &mut self.bold,
            FontWeight::Regular => &mut self.regular,
        };
        let per_em = u64::from(face.per_em());
        let mut pen = 0u64;
        for c in text.chars() {
            let Some(id) = glyph_id(face, c) else { continue };
            let moved = u32::try_from((pen * u64::from(px) + per_em / 2) / per_em).unwrap_or(u32::MAX);
            pen += u64::from(face.units(id));
            let glyph = face.glyph(id, px);
            let left = at.0.saturating_add(moved).saturating_add_signed(glyph.left).cast_signed();
            let top = at.1.saturating_add_signed(glyph.top).cast_signed();
            if white { on.cut_out(&glyph.dots, left, top) } else { on.overlay(&glyph.dots, left, top) }
        }
    }

    fn face(&self, weight: FontWeight) -> &Face {
        match weight {
            FontWeight::Bold => &self.bold,
            FontWeight::Regular => &self.regular,
        }
    }

    /// From baseline to baseline.
    fn line_step(&self, weight: FontWeight, px: u32) -> u32 {
        let (ascent, descent) = self.face(weight).line(px);
        // Noto's own line is 1.36 em, made for stacked accents; labels need the space.
        (ascent + descent).min((px * 6).div_ceil(5))
    }

    fn lines_height(&self, weight: FontWeight, px: u32, lines: usize, caps: bool) -> u32 {
        let face = self.face(weight);
        let (ascent, descent) = face.line(px);
        let steps = u32::try_from(lines.saturating_sub(1)).unwrap_or(u32::MAX);
        let one = if caps { face.cap_height(px) } else { ascent + descent };
        self.line_step(weight, px).saturating_mul(steps).saturating_add(one)
    }

    fn lines_that_fit(&self, weight: FontWeight, px: u32, fit: &Fit) -> usize {
        (1..=BLOCK_LINES_MAX)
            .take_while(|n: &usize| self.lines_height(weight, px, *n, fit.caps) <= fit.height)
            .count()
    }

    /// Units of the font in so many dots.
    fn limit(&self, weight: FontWeight, px: u32, width: u32) -> u64 {
        u64::from(width) * u64::from(self.face(weight).per_em()) / u64::from(px)
    }

    fn clusters<'a>(&self, text: &'a str, weight: FontWeight) -> Vec<Cluster<'a>> {
        let face = self.face(weight);
        text.graphemes(true)
            .map(|text| Cluster {
                text,
                units: code_units(face, text),
                space: text.chars().all(char::is_whitespace),
                breaks: text.ends_with([' ', '-', '/', '–']),
            })
            .collect()
    }

    /// The longest that fits with "…" in place of its middle.
    fn cut(
        &self,
        clusters: &[Cluster<'_>],
        weight: FontWeight,
        limit: u64,
        lines_max: usize,
    ) -> Option<Vec<Wrapped>> {
        let (mut fits, mut too_many) = (0, clusters.len());
        while too_many - fits > 1 {
            let middle = usize::midpoint(fits, too_many);
            let text = leave_out_middle(clusters, middle);
            let wrapped = wrap_text(&self.clusters(&text, weight), limit, lines_max, true, 0);
            if wrapped.is_some() { fits = middle } else { too_many = middle }
        }
        let text = (fits >= 2).then(|| leave_out_middle(clusters, fits))?;
        wrap_text(&self.clusters(&text, weight), limit, lines_max, true, 0)
    }
}

fn leave_out_middle(clusters: &[Cluster<'_>], stored: usize) -> String {
    let (head, tail) = (&clusters[..stored.div_ceil(2)], &clusters[clusters.len() - stored / 2..]);
    format!("{}…{}", join_clusters(head).trim_end(), join_clusters(tail).trim_start())
}

fn join_clusters(clusters: &[Cluster<'_>]) -> String {
    clusters.iter().map(|c| c.text).collect()
}

struct Wrapped {
    text: String,
    indent: u64,
}

fn wrapped_all(
    paragraphs: &[Vec<Cluster<'_>>],
    limit: u64,
    lines_max: usize,
    in_words: bool,
) -> Option<Vec<Wrapped>> {
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        let hang = if paragraphs.len() > 1 { total_width(paragraph) } else { 0 };
        lines.extend(wrap_text(paragraph, limit, lines_max.checked_sub(lines.len())?, in_words, hang)?);
    }
    Some(lines)
}

/// Width of a step's leading number, `1. `; 0 without one.
fn total_width(clusters: &[Cluster<'_>]) -> u64 {
    let digits = clusters.iter().take_while(|c| c.text.bytes().all(|b| b.is_ascii_digit())).count();
    match clusters.get(digits..digits + 2) {
        Some([dot, space]) if (1..=3).contains(&digits) && dot.text == "." && space.space => {
            clusters[..digits + 2].iter().map(|c| c.units).sum()
        }
        _ => 0,
    }
}

/// Broken greedily after spaces, hyphens and slashes; inside a word that is wider than the box only if
/// `in_words`. All lines but the first begin at `hang`.
fn wrap_text(
    clusters: &[Cluster<'_>],
    limit: u64,
    lines_max: usize,
    in_words: bool,
    hang: u64,
) -> Option<Vec<Wrapped>> {
    let mut lines: Vec<Wrapped> = Vec::new();
    let (mut start, mut at, mut width, mut end_of_piece) = (0, 0, 0u64, None);
    while let Some(cluster) = clusters.get(at) {
        if cluster.space || width + cluster.units <= limit {
            // A space at a line's start is not printed, and one at its end needs no space.
            if !(cluster.space && at == start) {
                width += cluster.units;
                end_of_piece = if cluster.breaks { Some(at + 1) } else { end_of_piece };
            } else {
                start = at + 1;
            }
            at += 1;
            continue;
        }
        let end = end_of_piece.take().or((in_words && at > start).then_some(at))?;
        lines.push(wrap_line(&clusters[start..end], if lines.is_empty() { 0 } else { hang }));
        if lines.len() >= lines_max {
            return None;
        }
        // The next line's clusters so far have no space at their start, because lines end after spaces.
        start = end + clusters[end..at].iter().take_while(|c| c.space).count();
        width = hang + clusters[start..at].iter().map(|c| c.units).sum::<u64>();
        if width > limit {
            return None;
        }
    }
    if start < clusters.len() {
        lines.push(wrap_line(&clusters[start..], if lines.is_empty() { 0 } else { hang }));
    }
    (lines.len() <= lines_max).then_some(lines)
}

fn wrap_line(clusters: &[Cluster<'_>], indent: u64) -> Wrapped {
    Wrapped { text: join_clusters(clusters).trim_end().to_owned(), indent }
}

fn code_units(face: &Face, text: &str) -> u64 {
    text.chars().filter_map(|c| glyph_id(face, c)).map(|id| u64::from(face.units(id))).sum()
}

/// Every space is the font's plain space.
fn glyph_id(face: &Face, c: char) -> Option<GlyphId> {
    face.glyph_id(if c.is_whitespace() { ' ' } else { c })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printable(text: &str) -> Result<String, TextError> {
        Typesetter::new().unwrap().printable(text)
    }

    const NAME: Fit =
        Fit { width: 281, height: 80, px_max: 37, px_min: 17, lines_max: 3, may_cut: true, caps: false };

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
        assert_eq!(printable("超声"), Err(TextError::MissingGlyph('超')));
    }

    fn fit_name(t: &Typesetter, text: &str) -> TextBlock {
        t.fit(text, FontWeight::Bold, &NAME).unwrap()
    }

    #[test]
    fn fits_by_shrinking_then_wrapping_then_cutting_the_middle() {
        let t = Typesetter::new().unwrap();
        assert_eq!((fit_name(&t, "Pump").px, fit_name(&t, "Pump").lines.len()), (37, 1));
        assert!(fit_name(&t, "Infusion pump 14").px < 37);
        let wrapped = fit_name(&t, "Ultrasound transducer, transvaginal, 5 MHz");
        assert!(wrapped.lines.len() > 1 && wrapped.px >= 17, "{wrapped:?}");
        let cut = fit_name(&t, &format!("Infusion {} module 3", "very ".repeat(90)));
        let text = cut.lines.join(" ");
        assert!(text.starts_with("Infusion") && text.contains('…') && text.ends_with("module 3"), "{text}");
        assert_eq!(
            t.fit(&"8".repeat(90), FontWeight::Bold, &Fit { may_cut: false, lines_max: 1, ..NAME }),
            None
        );
        assert!(t.fit(&"8".repeat(500), FontWeight::Bold, &NAME).is_some());
    }

    #[test]
    fn lines_are_kept_and_never_cut() {
        let t = Typesetter::new().unwrap();
        let steps = t.printable_lines("1. Wipe  it\r\n\n2. Wait\n").unwrap();
        assert_eq!(steps, "1. Wipe it\n2. Wait");
        assert_eq!(t.fit(&steps, FontWeight::Bold, &NAME).unwrap().lines, ["1. Wipe it", "2. Wait"]);
        let long = t.printable_lines("1. Wipe every surface of it twice\n2. Wait").unwrap();
        let block = t.fit(&long, FontWeight::Bold, &NAME).unwrap();
        assert!(matches!(block.indents.as_slice(), [0, under, 0] if *under > 10), "{block:?}");
        assert_eq!(t.fit(&"a step\n".repeat(9), FontWeight::Bold, &NAME), None, "no step may be left out");
        assert_eq!(t.printable_lines(&"a\n".repeat(65)), Err(TextError::TooManyLines { lines: 65 }));
        assert_eq!(t.printable_lines("a\tb"), Err(TextError::Control('\t')));
    }

    fn narrow_fit(px_min: u32) -> Fit {
        Fit { width: 120, height: 200, px_max: 40, px_min, ..NAME }
    }

    #[test]
    fn words_are_broken_only_at_the_smallest_size() {
        let t = Typesetter::new().unwrap();
        let shrunk = t.fit("Ultrasonography unit", FontWeight::Bold, &narrow_fit(10)).unwrap();
        assert_eq!(shrunk.lines, ["Ultrasonography", "unit"]);
        let broken = t.fit("Ultrasonography unit", FontWeight::Bold, &narrow_fit(30)).unwrap();
        assert!(broken.lines.len() == 3 && !broken.cut, "{broken:?}");
    }

    fn without_spaces(s: &str) -> String {
        s.replace(' ', "")
    }

    #[test]
    fn latin_extended_greek_and_cyrillic_are_covered() {
        let t = Typesetter::new().unwrap();
        // Letters of living languages; Greek's gaps are unassigned code points.
        let ranges = [
            0x21..=0x7e,
            0xa1..=0xac,
            0xae..=0x24f,
            0x370..=0x373,
            0x386..=0x386,
            0x388..=0x38a,
            0x38c..=0x38c,
            0x38e..=0x3a1,
            0x3a3..=0x3ce,
            0x400..=0x482,
            0x48a..=0x52f,
            0x1e00..=0x1eff,
        ];
        let lacking: Vec<String> = ranges
            .into_iter()
            .flatten()
            .filter_map(char::from_u32)
            .filter(|c| t.printable(&c.to_string()).is_err())
            .map(|c| format!("{:04X}", u32::from(c)))
            .collect();
        assert_eq!(lacking, Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_refused_or_stays_in_its_box(text in "\\PC{0,80}|[ -~]{0,300}|[A-Za-zÀ-žΑ-ωА-я /-]{0,200}") {
            let mut t = Typesetter::new().unwrap();
            if let Ok(text) = t.printable(&text) {
                prop_assert!(!text.chars().any(is_invisible));
                if let Some(block) = t.fit(&text, FontWeight::Bold, &NAME) {
                    prop_assert!(t.height(&block) <= NAME.height);
                    prop_assert!(block.lines.iter().all(|l| t.width(l, FontWeight::Bold, block.px) <= NAME.width));
                    if !block.lines.concat().contains('…') {
                        prop_assert_eq!(without_spaces(&block.lines.concat()), without_spaces(&text));
                    }
                    let mut on = Bitmap::white(NAME.width, NAME.height);
                    for (line, _, baseline) in t.baselines(&block, 0).collect::<Vec<_>>() {
                        t.set_line(&mut on, line, FontWeight::Bold, block.px, (0, baseline), false);
                    }
                }
            }
        }
    }
}
