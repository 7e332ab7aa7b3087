//! The QR code of a label's URL: the smallest one that fits, made as robust as its size allows, in whole dots.

use qrcode::bits::{Bits, encode_auto};
use qrcode::{Color, EcLevel, QrCode};

use crate::bitmap::Bitmap;
use crate::layout::Dpi;

/// Module size at which a standard label reads well with a phone at arm's length (millimetres).
pub const MODULE_MM: f64 = 0.75;
/// Module size below which a phone camera fails too often to print the label at all (millimetres).
pub const MODULE_MM_LEAST: f64 = 0.37;
/// White modules between the code and words or frames.
pub const QUIET: u32 = 4;
/// White modules between the code and the label's own white edge.
pub const QUIET_EDGE: u32 = 2;

/// Why an address cannot become a code on this label.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CodeError {
    /// A character outside QR's alphanumeric set.
    #[error(
        "the label address has a {0:?}, which the compact form of a QR code cannot hold; use a label host of letters, digits, dots and hyphens"
    )]
    Character(char),
    /// More than any QR code holds.
    #[error(
        "the label address has {chars} characters, more than a QR code holds; choose a shorter label host"
    )]
    TooLong {
        /// Characters of the address.
        chars: usize,
    },
    /// Modules would be too small for a phone.
    #[error(
        "the label address makes squares of {module_mm:.2} mm on this label, and phones need {least_mm:.2} mm; choose a shorter label host or a larger label"
    )]
    TooSmall {
        /// What a module would measure.
        module_mm: f64,
        /// What it has to measure.
        least_mm: f64,
    },
}

/// The modules of a QR code, without quiet zone.
#[derive(Debug, Clone)]
pub struct Code {
    colors: Vec<Color>,
    size: u32,
    level: EcLevel,
}

/// The code of `url` in upper case (scheme and host do not mind, and the box matches the tag in any case of letters).
///
/// # Errors
/// [`CodeError::Character`] and [`CodeError::TooLong`].
pub fn qr(url: &str) -> Result<Code, CodeError> {
    let url = upper(url)?;
    let too_long = CodeError::TooLong { chars: url.len() };
    let version = encode_auto(url.as_bytes(), EcLevel::M).map_err(|_| too_long.clone())?.version();
    // The strongest correction that the smallest version still has room for costs nothing.
    for level in [EcLevel::H, EcLevel::Q, EcLevel::M] {
        let mut bits = Bits::new(version);
        let filled = bits.push_optimal_data(url.as_bytes()).and_then(|()| bits.push_terminator(level));
        if let Some(code) = filled.ok().and_then(|()| QrCode::with_bits(bits, level).ok()) {
            let size = u32::try_from(code.width()).map_err(|_| too_long.clone())?;
            return Ok(Code { size, level, colors: code.into_colors() });
        }
    }
    Err(too_long)
}

/// The URL as the code holds it.
///
/// # Errors
/// [`CodeError::Character`].
pub fn upper(url: &str) -> Result<String, CodeError> {
    let upper = url.to_ascii_uppercase();
    let foreign = |c: &char| {
        !(c.is_ascii_uppercase()
            || c.is_ascii_digit()
            || matches!(c, '$' | '%' | '*' | '+' | '-' | '.' | '/' | ':'))
    };
    match upper.chars().find(foreign) {
        Some(c) => Err(CodeError::Character(c)),
        None => Ok(upper),
    }
}

impl Code {
    /// Modules of one side.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// 1 to 40: the size is 17 + 4 × version.
    pub fn version(&self) -> u32 {
        (self.size - 17) / 4
    }

    /// How much damage it stands: L, M, Q or H.
    pub fn level(&self) -> char {
        match self.level {
            EcLevel::L => 'L',
            EcLevel::M => 'M',
            EcLevel::Q => 'Q',
            EcLevel::H => 'H',
        }
    }

    /// Dots of a module on a label with `room` dots for the code and its quiet edge: [`MODULE_MM`], or what fits.
    ///
    /// # Errors
    /// [`CodeError::TooSmall`], with the measure.
    pub fn module_dots(&self, dpi: Dpi, room: u32) -> Result<u32, CodeError> {
        let dots = dpi.dots_up(MODULE_MM).min(room / (self.size + 2 * QUIET_EDGE));
        let module_mm = dpi.mm(dots);
        if module_mm < MODULE_MM_LEAST {
            return Err(CodeError::TooSmall { module_mm, least_mm: MODULE_MM_LEAST });
        }
        Ok(dots)
    }

    /// Draws it with its top left corner at `x`, `y`.
    pub fn draw(&self, on: &mut Bitmap, x: u32, y: u32, module_dots: u32) {
        let places = (0..self.size).flat_map(|row| (0..self.size).map(move |column| (column, row)));
        for ((column, row), color) in places.zip(&self.colors) {
            if *color == Color::Dark {
                on.blacken_rect(x + column * module_dots, y + row * module_dots, module_dots, module_dots);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version_level(url: &str) -> String {
        let code = qr(url).unwrap();
        format!("{}-{}", code.version(), code.level())
    }

    #[test]
    fn smallest_version_then_boosted() {
        assert_eq!(version_level("https://ct.example/7QK3M9X2W"), "2-Q");
        assert_eq!(version_level(&"A".repeat(20)), "1-M");
        assert_eq!(version_level(&"A".repeat(16)), "1-Q");
        assert_eq!(version_level(&"A".repeat(25)), "2-Q");
        assert_eq!(version_level(&"A".repeat(36)), "2-M");
        assert_eq!(version_level(&"A".repeat(45)), "3-Q");
        assert_eq!(version_level("7QK3M9X2W"), "1-H");
    }

    #[test]
    fn refusals() {
        assert_eq!(qr("https://x/?a").unwrap_err(), CodeError::Character('?'));
        assert_eq!(qr("http://bücher.example/A").unwrap_err(), CodeError::Character('ü'));
        assert_eq!(qr("http://a/\n").unwrap_err(), CodeError::Character('\n'));
        assert_eq!(qr(&"A".repeat(5000)).unwrap_err(), CodeError::TooLong { chars: 5000 });
    }

    #[test]
    fn modules_are_measured() {
        let code = qr("https://ct.example/7QK3M9X2W").unwrap();
        let dpi = |n| Dpi::new(n).unwrap();
        assert_eq!(code.module_dots(dpi(203), 244), Ok(6));
        assert_eq!(code.module_dots(dpi(300), 360), Ok(9));
        assert_eq!(code.module_dots(dpi(600), 720), Ok(18));
        // 25 modules and 2 × 2 of quiet in half an inch: three dots are the least at 203 dpi.
        assert_eq!(code.module_dots(dpi(203), 102), Ok(3));
        let refusal = code.module_dots(dpi(203), 86).unwrap_err();
        assert_eq!(refusal, CodeError::TooSmall { module_mm: dpi(203).mm(2), least_mm: 0.37 });
        assert!(refusal.to_string().contains("0.25 mm"), "{refusal}");
    }
}
