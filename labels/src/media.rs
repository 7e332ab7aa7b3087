//! What is in the printer: the size of a label, how rolls are cut, how they are printed, and what lasts on them.

use serde::{Deserialize, Serialize};

use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;
use crate::raster::drawing::{DotArea, Drawing};

/// How a roll ends each label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MediaLength {
    /// Cut before printing, with a gap (millimetres) between labels that the printer's eye finds.
    DieCut {
        /// Along the direction of paper (millimetres).
        mm: f64,
        /// Between two labels (millimetres).
        gap_mm: f64,
    },
    /// Endless: each label is as long as its picture.
    Continuous,
}

/// How dots get onto it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThermalMethod {
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
    /// Along the direction of paper.
    pub length: MediaLength,
    /// White that the printer leaves at left and right (millimetres), beyond the reach of the head.
    pub side_mm: f64,
    /// White that it leaves at start and end (millimetres).
    pub end_mm: f64,
    /// How dots get onto it.
    pub thermal: ThermalMethod,
    /// Black and red on one roll.
    pub two_colour: bool,
}

/// How large the labels of a roll are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MediaSize {
    /// Across the head (millimetres).
    pub width_mm: f64,
    /// Along the direction of paper (millimetres); absent on an endless roll.
    pub height_mm: Option<f64>,
}

/// The longest label that is printed on an endless roll.
const LENGTH_MM_MAX: f64 = 600.0;

/// Why a picture cannot be put onto what is in the printer. Nothing has been printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum MediaError {
    /// Does not fit in either direction.
    DoesNotFit {
        /// Width and height of the label.
        label_mm: (f64, f64),
        /// The roll.
        media: MediaSize,
        /// The roll's printable area, across and along; endless rolls have no end.
        area_mm: (f64, Option<f64>),
        /// What is missing, in the direction that misses less.
        over_mm: f64,
    },
    /// Wider than the head, though not than the roll.
    WiderThanHead {
        /// Width and height of the label.
        label_mm: (f64, f64),
        /// Reach of the head.
        head_mm: f64,
        /// The same in dots.
        head_dots: u32,
        /// What is missing.
        over_mm: f64,
    },
    /// Nothing on it.
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
            MediaLength::DieCut { mm, .. } => Some(floor_dots(mm - 2.0 * self.end_mm, dpi)),
            MediaLength::Continuous => None,
        }
    }

    /// How large it is.
    pub fn size(&self) -> MediaSize {
        let height_mm = match self.length {
            MediaLength::DieCut { mm, .. } => Some(mm),
            MediaLength::Continuous => None,
        };
        MediaSize { width_mm: self.width_mm, height_mm }
    }

    /// Whether alcohol and most disinfectants darken it until its code cannot be read.
    pub fn is_darkened_by_wiping(&self) -> bool {
        self.thermal == ThermalMethod::Direct
    }

    /// Across and along.
    fn area_mm(&self, dpi: Dpi, head_dots: u32) -> (f64, Option<f64>) {
        let across = dpi.mm(self.dots_across(dpi).min(head_dots));
        (across, self.dots_along(dpi).map(|along| dpi.mm(along)))
    }
}

fn floor_dots(mm: f64, dpi: Dpi) -> u32 {
    (mm.clamp(0.0, 2_000.0) * f64::from(dpi.get()) / 25.4 + 0.25).floor() as u32
}

/// The part of a label that is printed, and its direction. It follows from the template and the length of the
/// address, not from the words, so a refusal is known before anything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintWindow {
    /// Its upper left corner in the label.
    pub(crate) from: (u32, u32),
    /// Dots across and down, in the label.
    pub(crate) size: (u32, u32),
    /// Turned by a quarter clockwise.
    pub(crate) turned: bool,
}

impl PrintWindow {
    /// How a label is put onto what is in the printer: as it is where it fits, with white cut off evenly from both sides
    /// where only that is too much, turned by a quarter where it fits only so. A code keeps its quiet zone, and nothing
    /// is scaled.
    ///
    /// # Errors
    /// When it does not fit, with both sizes and what is missing.
    pub fn of(label: &Drawing, media: &Media, head_dots: u32) -> Result<Self, MediaError> {
        let dpi = label.dpi;
        if label.width == 0 || label.height == 0 {
            return Err(MediaError::Empty);
        }
        let roll = media.dots_across(dpi);
        let along = media.dots_along(dpi).unwrap_or_else(|| dpi.dots(LENGTH_MM_MAX));
        let across = roll.min(head_dots);
        if let Some(window) = Self::fitting(label, across, along) {
            return Ok(window);
        }
        let (label_mm, over_mm) = (size_mm(label), missing_mm(label, across, along));
        if Self::fitting(label, roll, along).is_some() {
            let head_mm = dpi.mm(head_dots);
            return Err(MediaError::WiderThanHead { label_mm, head_mm, head_dots, over_mm });
        }
        let (media, area_mm) = (media.size(), media.area_mm(dpi, head_dots));
        Err(MediaError::DoesNotFit { label_mm, media, area_mm, over_mm })
    }

    fn fitting(label: &Drawing, across: u32, along: u32) -> Option<Self> {
        // Upright, or turned with its width along the roll.
        let upright = Self::cut(label, (across, along), false);
        upright.or_else(|| Self::cut(label, (along, across), true))
    }

    fn cut(label: &Drawing, space: (u32, u32), turned: bool) -> Option<Self> {
        if space.0 == 0 || space.1 == 0 {
            return None;
        }
        let (left, top, right, bottom) = label.spare();
        let over = (label.width.saturating_sub(space.0), label.height.saturating_sub(space.1));
        let from = (even_margin(over.0, left, right)?, even_margin(over.1, top, bottom)?);
        Some(Self { from, size: (label.width - over.0, label.height - over.1), turned })
    }

    /// Whether anything of the label is cut off.
    pub fn cuts(self, label: &Drawing) -> bool {
        self.size != (label.width, label.height)
    }

    fn upright(self, dots: &Bitmap) -> Bitmap {
        dots.cropped(self.from.0, self.from.1, self.size.0, self.size.1)
    }
}

/// A label on the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedLabel {
    /// Exactly the dots that a printer gets.
    pub dots: Bitmap,
    /// What of the label they are.
    pub window: PrintWindow,
}

/// Puts a label's dots onto what is in the printer, see [`PrintWindow::of`]. No dot that is black is ever lost.
///
/// # Errors
/// When it does not fit.
pub fn place_label(
    label: &Drawing,
    dots: &Bitmap,
    media: &Media,
    head_dots: u32,
) -> Result<PlacedLabel, MediaError> {
    let mut window = PrintWindow::of(label, media, head_dots)?;
    let mut upright = if window.cuts(label) { window.upright(dots) } else { dots.clone() };
    if upright.black_dots() != dots.black_dots() {
        // A letter may reach out of its area, such as the tail of a Q: the window moves by as much.
        let (left, top, right, bottom) = dots.margins().unwrap_or((0, 0, 0, 0));
        let mut inked = label.clone();
        inked.keep(DotArea { left, top, right: label.width - right, bottom: label.height - bottom });
        window = PrintWindow::of(&inked, media, head_dots)?;
        upright = window.upright(dots);
    }
    Ok(PlacedLabel { dots: if window.turned { upright.turned_right() } else { upright }, window })
}

fn size_mm(label: &Drawing) -> (f64, f64) {
    (label.dpi.mm(label.width), label.dpi.mm(label.height))
}

/// For whichever direction needs less; rounded up, so that it is never 0.
fn missing_mm(label: &Drawing, across: u32, along: u32) -> f64 {
    let (left, top, right, bottom) = label.spare();
    let (width, height) =
        (label.width.saturating_sub(left + right), label.height.saturating_sub(top + bottom));
    let upright = width.saturating_sub(across).max(height.saturating_sub(along));
    let turned = width.saturating_sub(along).max(height.saturating_sub(across));
    (label.dpi.mm(upright.min(turned)) * 10.0).ceil() / 10.0
}

/// How much of `over` is cut at the start: half, or more where the end has less white. `None` where there is
/// too little white.
fn even_margin(over: u32, start: u32, end: u32) -> Option<u32> {
    (over <= start.saturating_add(end)).then(|| (over / 2).max(over.saturating_sub(end)).min(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::fields::Fields;
    use crate::layout::tests::everything;
    use crate::printers::language::{PrinterLanguage, PrinterProfile};
    use crate::raster::text::Typesetter;
    use crate::{layout, readback, template};

    fn roll(width_mm: f64, length: MediaLength, side_mm: f64, end_mm: f64) -> Media {
        let (name, thermal) = (String::from("roll"), ThermalMethod::Direct);
        Media { name, width_mm, length, side_mm, end_mm, thermal, two_colour: false }
    }

    fn die_cut(width_mm: f64, mm: f64) -> Media {
        roll(width_mm, MediaLength::DieCut { mm, gap_mm: 3.0 }, 1.5, 3.0)
    }

    /// Black, and to be kept, to within `margin` dots of each edge.
    fn label(dpi: Dpi, width: u32, height: u32, margin: u32) -> (Drawing, Bitmap) {
        let mut dots = Bitmap::white(width, height);
        dots.blacken_rect(margin, margin, width - 2 * margin, height - 2 * margin);
        let stored = DotArea { left: margin, top: margin, right: width - margin, bottom: height - margin };
        (Drawing { stored: Some(stored), ..Drawing::white(dpi, width, height) }, dots)
    }

    fn placed(label: &(Drawing, Bitmap), media: &Media, head_dots: u32) -> Result<Bitmap, MediaError> {
        place_label(&label.0, &label.1, media, head_dots).map(|placed| placed.dots)
    }

    fn dpi(n: u16) -> Dpi {
        Dpi::new(n).unwrap()
    }

    #[test]
    fn as_it_is_cropped_or_turned() {
        let endless = roll(62.0, MediaLength::Continuous, 1.5, 0.0);
        let fits = label(dpi(300), 690, 340, 20);
        assert_eq!(placed(&fits, &endless, 720).as_ref(), Ok(&fits.1));
        // 62 mm have 697 dots between the margins: 732 lose 35 dots of white.
        let wide = placed(&label(dpi(300), 732, 343, 20), &endless, 720).unwrap();
        assert_eq!((wide.width(), wide.height()), (697, 343));
        assert_eq!(wide.margins(), Some((3, 20, 2, 20)));
        let card = placed(&label(dpi(300), 1_400, 690, 0), &endless, 720).unwrap();
        assert_eq!((card.width(), card.height()), (690, 1_400));
        let both = placed(&label(dpi(300), 991, 300, 30), &die_cut(29.0, 90.0), 720).unwrap();
        assert_eq!((both.width(), both.height()), (300, 991), "turned because it fits so without cutting");
    }

    fn white_area(left: u32) -> DotArea {
        DotArea { left, top: 0, right: 800, bottom: 720 }
    }

    fn drawing_keeping(left: u32) -> Drawing {
        Drawing { stored: Some(white_area(left)), ..Drawing::white(dpi(300), 800, 720) }
    }

    #[test]
    fn white_is_cut_evenly_and_what_is_to_be_kept_never() {
        assert_eq!(even_margin(10, 20, 20), Some(5));
        assert_eq!(even_margin(10, 2, 20), Some(2));
        assert_eq!(even_margin(10, 20, 2), Some(8));
        assert_eq!(even_margin(10, 5, 4), None);
        let media = roll(62.0, MediaLength::Continuous, 1.5, 0.0);
        let mut off = Bitmap::white(800, 720);
        off.blacken_rect(700, 50, 100, 1);
        let whole = |left, off: &Bitmap| {
            place_label(&drawing_keeping(left), off, &media, 720).map(|p| p.dots.black_dots())
        };
        assert_eq!(whole(110, &off), Ok(100));
        let crowded = whole(90, &off).unwrap_err();
        assert!(matches!(crowded, MediaError::DoesNotFit { over_mm: 1.2, .. }), "{crowded:?}");
        // A dot left of what is to be kept.
        off.blacken_rect(104, 50, 1, 1);
        assert_eq!(whole(110, &off), Ok(101));
        off.blacken_rect(3, 50, 1, 1);
        assert!(matches!(whole(110, &off), Err(MediaError::DoesNotFit { .. })));
    }

    #[test]
    fn refusals_name_both_sizes_and_what_is_missing() {
        let narrow = roll(29.0, MediaLength::Continuous, 1.5, 0.0);
        let equipment = label(dpi(300), 720, 360, 10);
        // Upright, 307 dots fit with space for 700 more lines; turned, for 340.
        let Err(MediaError::DoesNotFit { label_mm, media, area_mm, over_mm }) =
            placed(&equipment, &narrow, 720)
        else {
            panic!("it does not fit");
        };
        assert_eq!((media, over_mm), (MediaSize { width_mm: 29.0, height_mm: None }, 2.8));
        assert!((60.9..61.0).contains(&label_mm.0) && (30.4..30.5).contains(&label_mm.1), "{label_mm:?}");
        assert!((25.9..26.1).contains(&area_mm.0) && area_mm.1.is_none(), "{area_mm:?}");
        let wide = roll(80.0, MediaLength::Continuous, 0.0, 0.0);
        let head = placed(&label(dpi(203), 480, 480, 0), &wide, 384);
        assert!(matches!(head, Err(MediaError::WiderThanHead { head_dots: 384, .. })), "{head:?}");
        let one = placed(&label(dpi(600), 900, 900, 0), &wide, 899);
        assert!(matches!(one, Err(MediaError::WiderThanHead { over_mm: 0.1, .. })), "{one:?}");
        let long = placed(&label(dpi(203), 200, 16_000, 0), &narrow, 720);
        assert!(matches!(long, Err(MediaError::DoesNotFit { .. })), "{long:?}");
        assert_eq!(placed(&label(dpi(203), 0, 5, 0), &narrow, 720), Err(MediaError::Empty));
        let nothing = roll(f64::NAN, MediaLength::Continuous, f64::INFINITY, -1.0);
        assert!(placed(&equipment, &nothing, 0).is_err());
    }

    #[test]
    fn a_code_keeps_its_quiet_zone_on_every_listed_roll() {
        let (mut t, mut fitted) = (Typesetter::new().unwrap(), 0);
        for language in PrinterLanguage::all() {
            for media in (language.row().media)() {
                let profile = PrinterProfile { media, ..language.usual_profile() };
                for template in template::builtin_templates() {
                    let drawing =
                        layout::lay_out_label(&t, template, &everything(), None, profile.dpi).unwrap();
                    let dots = drawing.bitmap(&mut t);
                    let Ok(placed) = place_label(&drawing, &dots, &profile.media, profile.head_dots) else {
                        continue;
                    };
                    let read = readback::check_placed(&placed, &drawing);
                    assert_eq!(read, Ok(()), "{} on {}", template.name, profile.media.name);
                    fitted += 1;
                }
            }
        }
        assert!(fitted > 300, "{fitted}");
    }

    #[test]
    fn templates_go_onto_their_rolls() {
        let t = Typesetter::new().unwrap();
        for (template, language, roll) in [
            ("equipment", PrinterLanguage::Zpl, "2.4x1.2in"),
            ("equipment", PrinterLanguage::BrotherQl, "62-continuous"),
            ("equipment-62x29", PrinterLanguage::BrotherQl, "62x29"),
            ("blank-tag-62x29", PrinterLanguage::BrotherQl, "62x29"),
            ("equipment-47x22", PrinterLanguage::Zpl, "2.25x1.25in"),
            ("equipment-47x22", PrinterLanguage::Tspl, "2x1in"),
            ("blank-tag-47x22", PrinterLanguage::EscPos, "50x30"),
            ("blank-tag-47x22", PrinterLanguage::Dymo, "30336-small-54x25"),
            ("micro", PrinterLanguage::Tspl, "1x0.5in"),
        ] {
            let profile = language.usual_profile();
            let media = (language.row().media)().into_iter().find(|m| m.name == roll).unwrap();
            let template = template::find_builtin(template).unwrap();
            let drawing = layout::lay_out_label(&t, template, &everything(), None, profile.dpi).unwrap();
            let window = PrintWindow::of(&drawing, &media, profile.head_dots);
            // A LabelWriter's rolls have the short side across the head.
            let turned = language == PrinterLanguage::Dymo;
            assert!(
                window.as_ref().is_ok_and(|w| w.turned == turned),
                "{} on {roll}: {window:?}",
                template.name
            );
        }
    }

    fn window_of(t: &Typesetter, fields: &Fields) -> PrintWindow {
        let equipment = template::find_builtin("equipment").unwrap();
        let drawing = layout::lay_out_label(t, equipment, fields, None, dpi(300)).unwrap();
        PrintWindow::of(&drawing, &roll(62.0, MediaLength::Continuous, 1.5, 0.0), 720).unwrap()
    }

    #[test]
    fn a_label_s_words_do_not_move_it() {
        let t = Typesetter::new().unwrap();
        let bare = Fields::new().with(Field::Url, everything().get(Field::Url)).with(Field::Tag, "7QK3M9X2W");
        assert_eq!(window_of(&t, &everything()), window_of(&t, &bare));
        assert_ne!(window_of(&t, &bare).from, (0, 0), "cut at all");
    }

    #[test]
    fn direct_thermal_is_warned_of() {
        assert!(die_cut(62.0, 29.0).is_darkened_by_wiping());
        assert!(!Media { thermal: ThermalMethod::Transfer, ..die_cut(62.0, 29.0) }.is_darkened_by_wiping());
    }
}
