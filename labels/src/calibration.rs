//! The test label: rulers, darkness, a code of each module size, the head's reach, and what was assumed of the printer.

use serde::{Deserialize, Serialize};

use crate::media::{Media, MediaLength};
use crate::raster::code::BarcodeError;
use crate::raster::dpi::Dpi;
use crate::raster::drawing::{DrawElement, Drawing};
use crate::raster::text::{FontWeight, TextError, Typesetter};

/// The codes open nothing.
const CONTENT: &str = "CLEANTRACK-TEST";
const MODULES: std::ops::RangeInclusive<u32> = 2..=8;
/// Length of a test label on an endless roll (millimetres).
const LENGTH_MM: f64 = 100.0;
const PT: f64 = 7.0;
/// White between the parts (millimetres).
const GAP_MM: f64 = 1.5;
/// One tick a millimetre, longer at five and ten.
const TICKS_MM: [f64; 3] = [1.0, 1.8, 2.6];

/// Assumed of a printer, and printed on the test label.
#[derive(Debug, Clone)]
pub struct AssumedSettings<'a> {
    /// The printer's name.
    pub printer: &'a str,
    /// The language's name.
    pub language: &'a str,
    /// Resolution.
    pub dpi: Dpi,
    /// Dots that the head prints across.
    pub head_dots: u32,
    /// What is in it.
    pub media: &'a Media,
}

/// Why there is no test label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum TestLabelError {
    /// The printer's or roll's name.
    Text(#[from] TextError),
    /// Less than two centimetres across or one along.
    TooSmall {
        /// Across.
        width_mm: f64,
        /// Along.
        height_mm: f64,
    },
    /// Never happens: the codes' content is fixed.
    Code(#[from] BarcodeError),
}

/// Lays the test label out over the whole area of roll and head.
///
/// # Errors
/// When the roll is too small, or a name cannot be printed.
pub fn draw_test(t: &Typesetter, assumed: &AssumedSettings<'_>) -> Result<Drawing, TestLabelError> {
    let AssumedSettings { dpi, media, head_dots, .. } = *assumed;
    let width = media.dots_across(dpi).min(head_dots);
    let height = media.dots_along(dpi).unwrap_or_else(|| dpi.dots(LENGTH_MM));
    let (width_mm, height_mm) = (dpi.mm(width), dpi.mm(height));
    if width_mm < 20.0 || height_mm < 10.0 {
        return Err(TestLabelError::TooSmall { width_mm, height_mm });
    }
    let drawing = Drawing::white(dpi, width, height);
    let px = dpi.points(PT);
    let (gap, edge) = (dpi.dots(GAP_MM), dpi.dots(TICKS_MM[2]) + dpi.dots(GAP_MM));
    let mut page = Page { t, drawing, px, gap, left: edge, y: edge };
    page.rulers();
    page.arrows();
    for line in settings_words(assumed) {
        page.line(&t.printable(&line)?);
    }
    page.darkness();
    page.codes()?;
    Ok(page.drawing)
}

fn settings_words(assumed: &AssumedSettings<'_>) -> Vec<String> {
    let AssumedSettings { printer, language, dpi, media, head_dots } = *assumed;
    let size = match media.length {
        MediaLength::DieCut { mm, gap_mm } => {
            format!("{:.1} × {mm:.1} mm, gap {gap_mm:.1} mm", media.width_mm)
        }
        MediaLength::Continuous => format!("{:.1} mm, endless", media.width_mm),
    };
    vec![
        format!("Test label of {printer}"),
        format!("Language {language}, {} dots per inch", dpi.get()),
        format!("Head {head_dots} dots, {:.1} mm", dpi.mm(head_dots)),
        format!("Roll {} ({size})", media.name),
    ]
}

struct Page<'a> {
    t: &'a Typesetter,
    drawing: Drawing,
    px: u32,
    gap: u32,
    left: u32,
    y: u32,
}

impl Page<'_> {
    fn rect(&mut self, x: u32, y: u32, width: u32, height: u32) {
        self.drawing.marks.push(DrawElement::Rect { x, y, width, height, white: false });
    }

    /// Along the upper and the left edge, to compare with any ruler.
    fn rulers(&mut self) {
        let dpi = self.drawing.dpi;
        let (width, height) = (self.drawing.width, self.drawing.height);
        for (n, at) in ruler_ticks(dpi, width) {
            self.rect(at, 0, 1, ruler_tick(dpi, n));
        }
        for (n, at) in ruler_ticks(dpi, height) {
            self.rect(0, at, ruler_tick(dpi, n), 1);
        }
    }

    /// From the first dot of the head to the last that the roll holds: where an arrow head is missing, the
    /// label is cut.
    fn arrows(&mut self) {
        let (width, y) = (self.drawing.width, self.y + self.gap);
        let size = self.gap.max(4);
        self.rect(0, y, width, (self.drawing.dpi.dots(0.25)).max(1));
        for step in 0..size {
            self.rect(step, y - step / 2, 1, step + 1);
            self.rect(width - 1 - step, y - step / 2, 1, step + 1);
        }
        self.y = y + 2 * self.gap;
    }

    /// In a smaller size where it is too wide; left out where the label is full.
    fn line(&mut self, text: &str) {
        let space = self.drawing.width - self.left;
        let mut sizes = (1..=self.px).rev();
        let px = sizes.find(|px| self.t.width(text, FontWeight::Bold, *px) <= space).unwrap_or(1);
        let cap = self.t.cap_height(FontWeight::Bold, px);
        if self.y + cap > self.drawing.height {
            return;
        }
        self.text(text, px, self.left, self.y + cap);
        self.y += cap + self.gap * 2 / 3;
    }

    fn text(&mut self, text: &str, px: u32, x: u32, baseline: u32) {
        let (weight, text) = (FontWeight::Bold, text.to_owned());
        self.drawing.marks.push(DrawElement::Text { x, baseline, px, weight, text, white: false });
    }

    /// Bars of one dot black and one to four white, upright and level: the print is too dark where they run
    /// together.
    fn darkness(&mut self) {
        let side = self.drawing.dpi.dots(5.0);
        self.y += self.gap / 2;
        if self.y + side > self.drawing.height {
            return;
        }
        let mut x = self.left;
        for (black, white, level) in
            [(1, 1, false), (1, 1, true), (2, 2, false), (2, 2, true), (8, 1, false), (1, 4, true)]
        {
            if x + side > self.drawing.width {
                break;
            }
            for at in (0..side).step_by((black + white) as usize) {
                let thick = black.min(side - at);
                if level {
                    self.rect(x, self.y + at, side, thick)
                } else {
                    self.rect(x + at, self.y, thick, side)
                }
            }
            x += side + self.gap;
        }
        self.y += side + self.gap;
    }

    /// Row after row; those for which there is no space are left out.
    fn codes(&mut self) -> Result<(), BarcodeError> {
        let code = crate::raster::code::encode_qr(CONTENT)?;
        let dpi = self.drawing.dpi;
        let px = dpi.points(6.0);
        let words_height = self.t.cap_height(FontWeight::Bold, px) + self.gap / 2;
        let (mut x, mut row) = (self.left, 0);
        for module in MODULES {
            let (side, quiet) = (code.width() * module, code.kind().quiet() * module);
            let edge = code.kind().quiet_edge() * module;
            let words = format!("{module} dots {:.2} mm", dpi.mm(module));
            let width = (side + quiet).max(self.t.width(&words, FontWeight::Bold, px) + self.gap);
            if x > self.left && x + width > self.drawing.width {
                (x, self.y, row) = (self.left, self.y + row, 0);
            }
            x = x.max(dpi.dots(TICKS_MM[2]) + edge);
            // A small d is higher than the capitals that words are measured by.
            let height = side + quiet + words_height + self.gap / 2;
            let y = self.y + words_height + edge;
            if x + side + edge > self.drawing.width || y + side + edge > self.drawing.height {
                break;
            }
            self.text(&words, px, x, self.y + words_height - self.gap / 2);
            self.drawing.marks.push(DrawElement::Code { x, y, module, code: code.clone() });
            x += width;
            row = row.max(height);
        }
        Ok(())
    }
}

fn ruler_ticks(dpi: Dpi, dots: u32) -> impl Iterator<Item = (u32, u32)> {
    (0u32..).map(move |n| (n, dpi.dots(f64::from(n)))).take_while(move |(_, at)| *at < dots)
}

fn ruler_tick(dpi: Dpi, n: u32) -> u32 {
    let mm = match n {
        n if n.is_multiple_of(10) => TICKS_MM[2],
        n if n.is_multiple_of(5) => TICKS_MM[1],
        _ => TICKS_MM[0],
    };
    dpi.dots(mm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::ThermalMethod;
    use crate::readback;

    fn media(width_mm: f64, length: MediaLength) -> Media {
        let (name, thermal) = (String::from("62-continuous"), ThermalMethod::Direct);
        Media { name, width_mm, length, side_mm: 1.5, end_mm: 1.5, thermal, two_colour: false }
    }

    fn drawn(media: &Media, dpi: u16, printer: &str) -> Result<Drawing, TestLabelError> {
        let dpi = Dpi::new(dpi).unwrap();
        let t = Typesetter::new().unwrap();
        draw_test(&t, &AssumedSettings { printer, language: "zpl", dpi, head_dots: dpi.dots(72.0), media })
    }

    #[test]
    fn one_code_of_each_size_and_all_that_was_assumed() {
        for dpi in [203, 300, 600] {
            let drawing = drawn(&media(62.0, MediaLength::Continuous), dpi, "Zebra in biomed").unwrap();
            let modules = drawing.marks.iter().filter_map(|m| match m {
                DrawElement::Code { module, .. } => Some(*module),
                _ => None,
            });
            assert_eq!(modules.collect::<Vec<_>>(), MODULES.collect::<Vec<_>>());
            let words: Vec<&str> = drawing
                .marks
                .iter()
                .filter_map(|m| match m {
                    DrawElement::Text { text, .. } => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            let words = words.join("\n");
            for message in ["Zebra in biomed", "zpl", &dpi.to_string(), "62-continuous", "2 dots", "8 dots"] {
                assert!(words.contains(message), "{message} in {words}");
            }
            let label = drawing.bitmap(&mut Typesetter::new().unwrap());
            assert_eq!(readback::check_drawing(&label, &drawing), Ok(()), "{dpi}");
        }
    }

    #[test]
    fn reaches_every_edge_and_nothing_beyond() {
        for (width, length) in [(62.0, 29.0), (25.4, 15.0), (101.6, 152.4), (40.0, 300.0)] {
            let media = media(width, MediaLength::DieCut { mm: length, gap_mm: 3.0 });
            let drawing = drawn(&media, 203, "Zebra").unwrap();
            for mark in &drawing.marks {
                let (right, bottom) = match mark {
                    DrawElement::Code { x, y, module, code } => {
                        (x + code.width() * module, y + code.height() * module)
                    }
                    DrawElement::Rect { x, y, width, height, .. } => (x + width, y + height),
                    DrawElement::Text { x, baseline, .. } => (*x, *baseline),
                    DrawElement::Picture { .. } => (0, 0),
                };
                assert!(
                    right <= drawing.width && bottom <= drawing.height + 2,
                    "{width} × {length}: {mark:?}"
                );
            }
            let label = drawing.bitmap(&mut Typesetter::new().unwrap());
            let (left, top, right, _) = label.margins().unwrap();
            assert_eq!((left, top, right), (0, 0, 0));
        }
    }

    #[test]
    fn refusals() {
        let small = drawn(&media(17.0, MediaLength::Continuous), 203, "Zebra").unwrap_err();
        assert!(
            matches!(small, TestLabelError::TooSmall { width_mm, height_mm } if width_mm < 14.1 && height_mm > 99.0),
            "{small}"
        );
        assert!(matches!(
            drawn(&media(62.0, MediaLength::Continuous), 203, "超"),
            Err(TestLabelError::Text(_))
        ));
    }
}
