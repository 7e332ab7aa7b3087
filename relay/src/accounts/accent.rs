//! The colour of an account's pages: one on which white letters can be read, by day and by night.

use std::fmt;
use std::str::FromStr;

/// The least contrast of letters with what is behind them, by WCAG 2.2.
const CONTRAST_MIN: f64 = 4.5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccentColour([u8; 3]);

/// Why a text is no such colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccentRefusal {
    /// It is not six hexadecimal digits.
    Form,
    /// White letters on it cannot be read.
    Pale,
}

impl AccentColour {
    /// The contrast of white letters on it, 1 to 21.
    fn contrast(self) -> f64 {
        let [red, green, blue] = self.0.map(linear_light);
        1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    }
}

/// A part of a colour as light, 0 to 1.
fn linear_light(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

impl FromStr for AccentColour {
    type Err = AccentRefusal;
    fn from_str(text: &str) -> Result<Self, AccentRefusal> {
        let digits = text.trim();
        let digits = digits.strip_prefix('#').unwrap_or(digits);
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AccentRefusal::Form);
        }
        let rgb = u32::from_str_radix(digits, 16).map_err(|_| AccentRefusal::Form)?;
        let [_, red, green, blue] = rgb.to_be_bytes();
        let colour = Self([red, green, blue]);
        if colour.contrast() < CONTRAST_MIN { Err(AccentRefusal::Pale) } else { Ok(colour) }
    }
}

/// `#0c3a2d`.
impl fmt::Display for AccentColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_letters_can_be_read_on_it() {
        for (text, read) in [
            ("#0c3a2d", Ok("#0c3a2d")),
            (" 767676 ", Ok("#767676")),
            ("#777777", Err(AccentRefusal::Pale)),
            ("#FF0000", Err(AccentRefusal::Pale)),
            ("#B3261E", Ok("#b3261e")),
            ("#000000", Ok("#000000")),
            ("#ffffff", Err(AccentRefusal::Pale)),
            ("#12345", Err(AccentRefusal::Form)),
            ("red", Err(AccentRefusal::Form)),
            ("", Err(AccentRefusal::Form)),
            ("#12é45", Err(AccentRefusal::Form)),
        ] {
            let colour = text.parse::<AccentColour>().map(|colour| colour.to_string());
            assert_eq!(colour, read.map(str::to_owned), "{text}");
        }
    }
}
