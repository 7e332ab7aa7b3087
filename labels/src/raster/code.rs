//! The code of a label, QR or Data Matrix: the smallest that fits, as robust as its size allows, in whole dots.

use datamatrix::{DataMatrix, SymbolList};
use qrcode::bits::{Bits, encode_auto};
use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};

use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;

/// Module size at which a standard label reads well with a phone at arm's length (millimetres).
pub const MODULE_MM: f64 = 0.75;
/// Module size below which a label is still printed, with a warning (millimetres).
pub const MODULE_MM_WARN: f64 = 0.6;
/// Module size below which a phone camera fails too often to print the label at all (millimetres).
pub const MODULE_MM_LEAST: f64 = 0.37;
/// The same for QR codes that are read from close up by choice (millimetres): four dots of a 300 dpi head.
pub const MODULE_MM_CLOSE_UP: f64 = 0.33;
/// The same for Data Matrix and hand scanners (millimetres): the ten thousandths of an inch that they are made for.
pub const MODULE_MM_SCANNER: f64 = 0.25;
/// Characters of a code; a phone cannot read what holds more from a label.
pub const CHARS_MAX: usize = 512;

/// Why an address cannot become a code on this label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum BarcodeError {
    /// A character outside QR's alphanumeric set.
    Character(char),
    /// More than a code on a label can hold.
    TooLong {
        /// Characters of the address.
        chars: usize,
    },
    /// Nothing to hold.
    Empty,
    /// Modules would be too small for a phone.
    TooSmall {
        /// What a module would measure.
        module_mm: f64,
        /// What it has to measure.
        least_mm: f64,
        /// What the code has to measure with its white edge.
        needs_mm: f64,
        /// Whether the label is one that is read from close up by choice.
        close_up: bool,
    },
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarcodeKind {
    /// Read by every phone's camera.
    Qr,
    /// Smaller; read by hand scanners, not by every phone's camera.
    DataMatrix,
}

impl BarcodeKind {
    /// White modules between the code and words or frames.
    pub fn quiet(self) -> u32 {
        match self {
            Self::Qr => 4,
            Self::DataMatrix => 2,
        }
    }

    /// White modules between the code and the label's own white edge, and around a close-up code.
    pub fn quiet_edge(self) -> u32 {
        match self {
            Self::Qr => 2,
            Self::DataMatrix => 1,
        }
    }

    /// The smallest module that may be printed (millimetres).
    pub fn module_mm_least(self, close_up: bool) -> f64 {
        match (self, close_up) {
            (_, false) => MODULE_MM_LEAST,
            (Self::Qr, true) => MODULE_MM_CLOSE_UP,
            (Self::DataMatrix, true) => MODULE_MM_SCANNER,
        }
    }
}

/// The modules of a code, without quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barcode {
    kind: BarcodeKind,
    content: String,
    width: u32,
    height: u32,
    /// Row by row from the top left.
    dark: Vec<bool>,
    level: char,
}

/// The code of `url` in upper case (scheme and host are case-insensitive, and the box matches the tag in any case of letters).
///
/// # Errors
/// [`BarcodeError::Character`] and [`BarcodeError::TooLong`].
pub fn encode_qr(url: &str) -> Result<Barcode, BarcodeError> {
    let content = upper_url(url)?;
    let too_long = BarcodeError::TooLong { chars: content.len() };
    let version = encode_auto(content.as_bytes(), EcLevel::M).map_err(|_| too_long.clone())?.version();
    // The strongest correction that still fits into the smallest version costs nothing.
    for (level, letter) in [(EcLevel::H, 'H'), (EcLevel::Q, 'Q'), (EcLevel::M, 'M')] {
        let mut bits = Bits::new(version);
        let filled = bits.push_optimal_data(content.as_bytes()).and_then(|()| bits.push_terminator(level));
        if let Some(code) = filled.ok().and_then(|()| QrCode::with_bits(bits, level).ok()) {
            let side = u32::try_from(code.width()).map_err(|_| too_long.clone())?;
            let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
            return Ok(Barcode {
                kind: BarcodeKind::Qr,
                width: side,
                height: side,
                dark,
                level: letter,
                content,
            });
        }
    }
    Err(too_long)
}

/// The square Data Matrix of `text` in upper case.
///
/// # Errors
/// [`BarcodeError::Character`] and [`BarcodeError::TooLong`].
pub fn data_matrix(text: &str) -> Result<Barcode, BarcodeError> {
    let content = upper_url(text)?;
    let too_long = BarcodeError::TooLong { chars: content.len() };
    let symbols = SymbolList::default().enforce_square();
    let bitmap = DataMatrix::encode(content.as_bytes(), symbols).map_err(|_| too_long.clone())?.bitmap();
    let width = u32::try_from(bitmap.width()).map_err(|_| too_long.clone())?;
    let height = u32::try_from(bitmap.height()).map_err(|_| too_long)?;
    Ok(Barcode {
        kind: BarcodeKind::DataMatrix,
        width,
        height,
        dark: bitmap.bits().to_vec(),
        level: 'E',
        content,
    })
}

/// The text as the code holds it.
///
/// # Errors
/// When there is none, or too much, or a character that no compact code holds.
pub fn upper_url(url: &str) -> Result<String, BarcodeError> {
    if url.is_empty() {
        return Err(BarcodeError::Empty);
    }
    if url.len() > CHARS_MAX {
        return Err(BarcodeError::TooLong { chars: url.chars().count() });
    }
    let upper = url.to_ascii_uppercase();
    match upper.chars().find(|c: &char| {
        !(c.is_ascii_uppercase()
            || c.is_ascii_digit()
            || matches!(c, '$' | '%' | '*' | '+' | '-' | '.' | '/' | ':'))
    }) {
        Some(c) => Err(BarcodeError::Character(c)),
        None => Ok(upper),
    }
}

impl Barcode {
    /// QR or Data Matrix.
    pub fn kind(&self) -> BarcodeKind {
        self.kind
    }

    /// What a reader finds in it.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Modules from left to right.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Modules from top to bottom.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Whether a module is dark; light outside.
    pub fn dark(&self, x: u32, y: u32) -> bool {
        x < self.width && self.dark.get(y as usize * self.width as usize + x as usize).is_some_and(|d| *d)
    }

    /// Runs of dark modules, row by row: first column, row, columns. The fewest rectangles that are quick to find.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let rows = self.dark.chunks_exact((self.width as usize).max(1));
        (0..).zip(rows).flat_map(|(y, row)| {
            let mut x = 0;
            row.chunk_by(|a, b| a == b).filter_map(move |run| {
                // A row has at most 177 modules.
                let (first, modules) = (x, run.len() as u32);
                x += modules;
                run[0].then_some((first, y, modules))
            })
        })
    }

    /// Its shape in words: `QR 2-Q` (version and correction) or `Data Matrix 20 × 20`.
    pub fn shape(&self) -> String {
        match self.kind {
            BarcodeKind::Qr => format!("QR {}-{}", (self.width - 17) / 4, self.level),
            BarcodeKind::DataMatrix => format!("Data Matrix {} × {}", self.width, self.height),
        }
    }

    /// Draws it with its top left corner at `x`, `y`.
    pub fn draw(&self, on: &mut Bitmap, x: u32, y: u32, module_dots: u32) {
        for (column, row, modules) in self.runs() {
            on.blacken_rect(
                x + column * module_dots,
                y + row * module_dots,
                modules * module_dots,
                module_dots,
            );
        }
    }

    /// The module nearest to `needed_mm` for which `space` (dots across and down) is enough, with its quiet
    /// zone.
    ///
    /// # Errors
    /// [`BarcodeError::TooSmall`], with the measure and what would fit.
    pub fn module_dots(
        &self,
        dpi: Dpi,
        space: (u32, u32),
        needed_mm: f64,
        close_up: bool,
    ) -> Result<u32, BarcodeError> {
        let edge = 2 * self.kind.quiet_edge();
        let most = (space.0 / (self.width + edge)).min(space.1 / (self.height + edge));
        let dots = dpi.dots_up(needed_mm).min(most);
        self.check_module(dpi, dots, close_up).map(|()| dots)
    }

    /// Whether a module of so many dots can be read.
    ///
    /// # Errors
    /// [`BarcodeError::TooSmall`], with the measure and what would do.
    pub fn check_module(&self, dpi: Dpi, dots: u32, close_up: bool) -> Result<(), BarcodeError> {
        let least_mm = self.kind.module_mm_least(close_up);
        if dots > 0 && dpi.mm(dots) >= least_mm {
            return Ok(());
        }
        let modules = self.width.max(self.height) + 2 * self.kind.quiet_edge();
        // Rounded up, so that the stated size is enough.
        let needs_mm = (dpi.mm(dpi.dots_up(least_mm) * modules + 1) * 10.0).ceil() / 10.0;
        Err(BarcodeError::TooSmall { module_mm: dpi.mm(dots), least_mm, needs_mm, close_up })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(url: &str) -> String {
        encode_qr(url).unwrap().shape()
    }

    #[test]
    fn smallest_version_then_boosted() {
        assert_eq!(shape("https://ct.example/7QK3M9X2W"), "QR 2-Q");
        assert_eq!(shape(&"A".repeat(20)), "QR 1-M");
        assert_eq!(shape(&"A".repeat(16)), "QR 1-Q");
        assert_eq!(shape(&"A".repeat(25)), "QR 2-Q");
        assert_eq!(shape(&"A".repeat(36)), "QR 2-M");
        assert_eq!(shape(&"A".repeat(45)), "QR 3-Q");
        assert_eq!(shape("7QK3M9X2W"), "QR 1-H");
    }

    #[test]
    fn data_matrix_is_smaller_and_reads_back() {
        let code = data_matrix("https://ct.example/7QK3M9X2W").unwrap();
        assert_eq!(code.shape(), "Data Matrix 20 × 20");
        let bits: Vec<bool> = (0..400).map(|i| code.dark(i % 20, i / 20)).collect();
        assert_eq!(DataMatrix::decode(&bits, 20).unwrap(), b"HTTPS://CT.EXAMPLE/7QK3M9X2W");
        // The finder: left column and lowest row are dark, the other two sides alternate.
        assert!((0..20).all(|i| code.dark(0, i) && code.dark(i, 19) && code.dark(i, 0) == (i % 2 == 0)));
    }

    #[test]
    fn refusals() {
        for make in [encode_qr, data_matrix] {
            assert_eq!(make("https://x/?a").unwrap_err(), BarcodeError::Character('?'));
            assert_eq!(make("http://bücher.example/A").unwrap_err(), BarcodeError::Character('ü'));
            assert_eq!(make("http://a/\n").unwrap_err(), BarcodeError::Character('\n'));
            assert_eq!(make(&"A".repeat(5000)).unwrap_err(), BarcodeError::TooLong { chars: 5000 });
            assert_eq!(make("").unwrap_err(), BarcodeError::Empty);
            assert!(make(&"A".repeat(CHARS_MAX)).is_ok());
        }
    }

    fn dpi_of(n: u16) -> Dpi {
        Dpi::new(n).unwrap()
    }

    fn module_dots(code: &Barcode, n: u16, space: u32) -> Result<u32, BarcodeError> {
        code.module_dots(dpi_of(n), (space, space), MODULE_MM, false)
    }

    #[test]
    fn modules_are_measured() {
        let code = encode_qr("https://ct.example/7QK3M9X2W").unwrap();
        assert_eq!(module_dots(&code, 203, 244), Ok(6));
        assert_eq!(module_dots(&code, 300, 360), Ok(9));
        assert_eq!(module_dots(&code, 600, 720), Ok(18));
        // 25 modules and 2 × 2 of quiet in half an inch: three dots are the least at 203 dpi.
        assert_eq!(module_dots(&code, 203, 102), Ok(3));
        let refusal = module_dots(&code, 203, 86);
        assert!(
            matches!(refusal, Err(BarcodeError::TooSmall { module_mm, needs_mm, .. })
                if (0.24..0.26).contains(&module_mm) && (11.0..11.15).contains(&needs_mm)),
            "{refusal:?}"
        );
        assert_eq!(module_dots(&code, 203, dpi_of(203).dots(11.1)), Ok(3), "what the refusal says does do");
        assert!(module_dots(&code, 203, 0).is_err() && code.check_module(dpi_of(203), 0, true).is_err());
        let small = data_matrix("7QK3M9X2W").unwrap();
        assert_eq!(small.module_dots(dpi_of(203), (34, 34), MODULE_MM, true), Ok(2));
        assert!(small.module_dots(dpi_of(203), (34, 34), MODULE_MM, false).is_err());
    }

    #[test]
    fn runs_are_the_dark_modules() {
        for code in [encode_qr("HTTP://A/7QK3M9X2W").unwrap(), data_matrix("HTTP://A/7QK3M9X2W").unwrap()] {
            let mut by_runs = Bitmap::white(code.width(), code.height());
            code.draw(&mut by_runs, 0, 0, 1);
            for (x, y) in (0..code.height()).flat_map(|y| (0..code.width()).map(move |x| (x, y))) {
                assert_eq!(by_runs.black(x, y), code.dark(x, y));
            }
        }
    }
}
