//! What is in the printer: the size of a label, how rolls are cut, how they are printed, and what lasts on them.

use crate::bitmap::Bitmap;
use crate::layout::Dpi;

/// How a roll ends each label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// Cut before printing, with a gap (millimetres) between labels that the printer's eye finds.
    DieCut {
        /// Along the paper's way (millimetres).
        mm: f64,
        /// Between two labels (millimetres).
        gap_mm: f64,
    },
    /// Endless: each label is as long as its picture.
    Continuous,
}

/// How dots get onto it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thermal {
    /// The paper itself darkens by heat.
    Direct,
    /// A ribbon is melted onto it.
    Transfer,
}

/// One kind of roll.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// Its name in settings, such as `62x29` or `62-continuous`.
    pub name: String,
    /// Across the head (millimetres).
    pub width_mm: f64,
    /// Along the paper's way.
    pub length: Length,
    /// White that the printer leaves at left and right (millimetres), beyond the reach of the head.
    pub side_mm: f64,
    /// White that it leaves at start and end (millimetres).
    pub end_mm: f64,
    /// How dots get onto it.
    pub thermal: Thermal,
    /// Black and red on one roll.
    pub two_colour: bool,
}

/// Millimetres that an endless label is printed long at most.
const LENGTH_MM_MAX: f64 = 600.0;

/// Why a picture cannot be put onto what is in the printer. Nothing has been printed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MediaError {
    /// Does not fit, either way round.
    #[error(
        "this label is {label} and {media} prints {area}; choose a template that fits on it, or put in a roll that is large enough"
    )]
    DoesNotFit {
        /// Size of the label.
        label: String,
        /// The roll.
        media: String,
        /// What the roll has room for.
        area: String,
    },
    /// Wider than the head, though not than the roll.
    #[error(
        "this label is {label} and the printer's head reaches {head_mm:.1} mm ({head_dots} dots); choose a narrower template or a wider printer"
    )]
    WiderThanHead {
        /// Size of the label.
        label: String,
        /// Reach of the head.
        head_mm: f64,
        /// The same in dots.
        head_dots: u32,
    },
    /// Nothing on it.
    #[error("the label has no dots")]
    Empty,
}

impl Media {
    /// Dots that can be printed across, as far as the roll goes (the head may reach less far).
    pub fn dots_across(&self, dpi: Dpi) -> u32 {
        floor_dots(self.width_mm - 2.0 * self.side_mm, dpi)
    }

    /// Dots that can be printed along; `None` on an endless roll.
    pub fn dots_along(&self, dpi: Dpi) -> Option<u32> {
        match self.length {
            Length::DieCut { mm, .. } => Some(floor_dots(mm - 2.0 * self.end_mm, dpi)),
            Length::Continuous => None,
        }
    }

    /// What it is, for a person: `62 × 29 mm labels` or `a 62 mm endless roll`.
    pub fn describe(&self) -> String {
        match self.length {
            Length::DieCut { mm, .. } => format!("the roll of {:.1} × {mm:.1} mm labels", self.width_mm),
            Length::Continuous => format!("the endless roll of {:.1} mm", self.width_mm),
        }
    }

    /// What a person should know before choosing it.
    pub fn warning(&self) -> Option<&'static str> {
        match self.thermal {
            Thermal::Direct => Some(
                "Alcohol and most disinfectants darken direct thermal paper until the code cannot be read. On things that are wiped use top-coated direct thermal labels, or thermal transfer with a resin ribbon.",
            ),
            Thermal::Transfer => None,
        }
    }

    fn area(&self, dpi: Dpi, head_dots: u32) -> String {
        let across = dpi.mm(self.dots_across(dpi).min(head_dots));
        match self.dots_along(dpi) {
            Some(along) => format!("{across:.1} × {:.1} mm", dpi.mm(along)),
            None => format!("{across:.1} mm across"),
        }
    }
}

/// Whole dots inside a length; a dot that is all but inside counts.
fn floor_dots(mm: f64, dpi: Dpi) -> u32 {
    (mm.clamp(0.0, 2_000.0) * f64::from(dpi.get()) / 25.4 + 0.25).floor() as u32
}

/// Puts a label onto what is in the printer: as it is where it fits, with white cut off evenly from both sides where only
/// that is too much, turned by a quarter where it fits only so. No dot that is black is ever lost, and none is scaled.
///
/// # Errors
/// When it does not fit, with both sizes.
pub fn place(label: &Bitmap, media: &Media, dpi: Dpi, head_dots: u32) -> Result<Bitmap, MediaError> {
    if label.width() == 0 || label.height() == 0 {
        return Err(MediaError::Empty);
    }
    let roll = media.dots_across(dpi);
    let along = media.dots_along(dpi).unwrap_or_else(|| dpi.dots(LENGTH_MM_MAX));
    let fits = |across: u32| {
        let (upright, room) = (label, (across, along));
        let turned = || label.turned_right();
        trimmed(upright, room, (0, 0))
            .or_else(|| trimmed(upright, room, (u32::MAX, u32::MAX)))
            .or_else(|| trimmed(&turned(), room, (0, 0)))
            .or_else(|| trimmed(&turned(), room, (u32::MAX, u32::MAX)))
    };
    if let Some(placed) = fits(roll.min(head_dots)) {
        return Ok(placed);
    }
    let label_mm = format!("{:.1} × {:.1} mm", dpi.mm(label.width()), dpi.mm(label.height()));
    if fits(roll).is_some() {
        let head_mm = dpi.mm(head_dots);
        return Err(MediaError::WiderThanHead { label: label_mm, head_mm, head_dots });
    }
    let (media, area) = (media.describe(), media.area(dpi, head_dots));
    Err(MediaError::DoesNotFit { label: label_mm, media, area })
}

/// The label cut to the room by taking away as much white as must go, evenly, up to `most` dots in each direction.
fn trimmed(label: &Bitmap, room: (u32, u32), most: (u32, u32)) -> Option<Bitmap> {
    let over = (label.width().saturating_sub(room.0), label.height().saturating_sub(room.1));
    if over == (0, 0) {
        return Some(label.clone());
    }
    if over.0 > most.0 || over.1 > most.1 || room.0 == 0 || room.1 == 0 {
        return None;
    }
    let (left, top, right, bottom) = label.margins().unwrap_or((label.width(), label.height(), 0, 0));
    let from = (even(over.0, left, right)?, even(over.1, top, bottom)?);
    Some(label.cropped(from.0, from.1, label.width() - over.0, label.height() - over.1))
}

/// How much of `over` goes at the start: half, or more where the end has less white. `None` where white does not do.
fn even(over: u32, start: u32, end: u32) -> Option<u32> {
    (over <= start.saturating_add(end)).then(|| (over / 2).max(over.saturating_sub(end)).min(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roll(width_mm: f64, length: Length, side_mm: f64, end_mm: f64) -> Media {
        let (name, thermal) = (String::from("roll"), Thermal::Direct);
        Media { name, width_mm, length, side_mm, end_mm, thermal, two_colour: false }
    }

    fn die_cut(width_mm: f64, mm: f64) -> Media {
        roll(width_mm, Length::DieCut { mm, gap_mm: 3.0 }, 1.5, 3.0)
    }

    /// With black to within `margin` dots of each edge.
    fn label(width: u32, height: u32, margin: u32) -> Bitmap {
        let mut label = Bitmap::white(width, height);
        label.blacken_rect(margin, margin, width - 2 * margin, height - 2 * margin);
        label
    }

    fn dpi(n: u16) -> Dpi {
        Dpi::new(n).unwrap()
    }

    #[test]
    fn as_it_is_cropped_or_turned() {
        let endless = roll(62.0, Length::Continuous, 1.5, 0.0);
        let fits = label(690, 340, 20);
        assert_eq!(place(&fits, &endless, dpi(300), 720).as_ref(), Ok(&fits));
        // 62 mm have 697 dots between the margins: 732 lose 35 dots of white.
        let wide = place(&label(732, 343, 20), &endless, dpi(300), 720).unwrap();
        assert_eq!((wide.width(), wide.height()), (697, 343));
        assert_eq!(wide.margins(), Some((3, 20, 2, 20)));
        let card = place(&label(1_400, 690, 0), &endless, dpi(300), 720).unwrap();
        assert_eq!((card.width(), card.height()), (690, 1_400));
        let both = place(&label(991, 300, 30), &die_cut(29.0, 90.0), dpi(300), 720).unwrap();
        assert_eq!((both.width(), both.height()), (300, 991), "turned because it fits so without cutting");
    }

    #[test]
    fn white_is_cut_evenly_and_black_never() {
        assert_eq!(even(10, 20, 20), Some(5));
        assert_eq!(even(10, 2, 20), Some(2));
        assert_eq!(even(10, 20, 2), Some(8));
        assert_eq!(even(10, 5, 4), None);
        let mut off = Bitmap::white(800, 100);
        off.blacken_rect(700, 50, 100, 1);
        let media = roll(62.0, Length::Continuous, 1.5, 0.0);
        let placed = place(&off, &media, dpi(300), 720).unwrap();
        assert_eq!(placed.black_dots(), off.black_dots());
    }

    #[test]
    fn refusals_name_both_sizes() {
        let narrow = roll(29.0, Length::Continuous, 1.5, 0.0);
        let equipment = label(720, 360, 10);
        let refusal = place(&equipment, &narrow, dpi(300), 720).unwrap_err().to_string();
        for part in ["61.0 × 30.5 mm", "endless roll of 29.0 mm", "26.0 mm across", "choose"] {
            assert!(refusal.contains(part), "{refusal}");
        }
        let head = place(&label(480, 480, 0), &roll(80.0, Length::Continuous, 0.0, 0.0), dpi(203), 384);
        assert!(matches!(head, Err(MediaError::WiderThanHead { head_dots: 384, .. })), "{head:?}");
        let long = place(&label(200, 20_000, 0), &narrow, dpi(203), 720);
        assert!(matches!(long, Err(MediaError::DoesNotFit { .. })), "{long:?}");
        assert_eq!(place(&Bitmap::white(0, 5), &narrow, dpi(203), 720), Err(MediaError::Empty));
        let nothing = roll(f64::NAN, Length::Continuous, f64::INFINITY, -1.0);
        assert!(place(&equipment, &nothing, dpi(300), 0).is_err());
    }

    #[test]
    fn direct_thermal_is_warned_of() {
        assert!(die_cut(62.0, 29.0).warning().is_some_and(|w| w.contains("Alcohol")));
        assert_eq!(Media { thermal: Thermal::Transfer, ..die_cut(62.0, 29.0) }.warning(), None);
    }
}
