//! The colour of a facility's pages.

use std::fmt;
use std::str::FromStr;

use crate::intake::FacilityRefusal;

/// WCAG 2.2, 1.4.3: text that is not large.
const CONTRAST_MIN: f64 = 4.5;

/// A colour on which white can be read, and which can be read on white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrandColour([u8; 3]);

impl FromStr for BrandColour {
    type Err = FacilityRefusal;
    /// Reads `#rrggbb`.
    fn from_str(text: &str) -> Result<Self, FacilityRefusal> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or(FacilityRefusal::Colour)?.to_be_bytes();
        let colour = Self([red, green, blue]);
        if colour.contrast_on_white() < CONTRAST_MIN { Err(FacilityRefusal::PaleColour) } else { Ok(colour) }
    }
}

impl fmt::Display for BrandColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl BrandColour {
    /// By WCAG's relative luminance.
    fn contrast_on_white(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_hex_digits_that_can_be_read_on_white() {
        for (text, colour) in [("#0b5d5e", "#0b5d5e"), ("#767676", "#767676"), ("#B3261E", "#b3261e")] {
            assert_eq!(text.parse::<BrandColour>().map(|read| read.to_string()), Ok(colour.to_owned()));
        }
        // The least grey that WCAG lets pass is #767676.
        for pale in ["#777777", "#ffffff", "#8fe0bb", "#ff0000"] {
            assert_eq!(pale.parse::<BrandColour>(), Err(FacilityRefusal::PaleColour), "{pale}");
        }
        for wrong in ["", "#", "0b5d5e", "#0b5d5", "#0b5d5e0", "#0b5d5g", "#+b5d5e", "#0b5d5\u{e9}", "teal"] {
            assert_eq!(wrong.parse::<BrandColour>(), Err(FacilityRefusal::Colour), "{wrong}");
        }
    }
}
