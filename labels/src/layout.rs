//! The 2.4 × 1.2 in equipment label: code left, name, place, asset number and the tag in large type right.

use crate::bitmap::Bitmap;
use crate::code::{self, Code, CodeError};
use crate::text::{Block, Fit, TextError, Typesetter, Weight};

/// Width of the equipment label in millimetres (2.4 in).
pub const WIDTH_MM: f64 = 60.96;
/// Height of the equipment label in millimetres (1.2 in).
pub const HEIGHT_MM: f64 = 30.48;
/// White around the text (millimetres).
const MARGIN_MM: f64 = 1.2;
/// Sizes in points; nothing smaller than [`PT_LEAST`] is readable from thermal paper.
const PT_LEAST: f64 = 6.0;
const PT_NAME: f64 = 13.0;
const PT_LINE: f64 = 9.0;
const PT_TAG: f64 = 14.5;
const PT_TAG_LEAST: f64 = 9.0;
/// Symbols of a tag that stand together.
const TAG_GROUP: usize = 3;

/// Dots per inch of a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dpi(u16);

impl Dpi {
    /// What most label and receipt printers have.
    pub const D203: Self = Self(203);

    /// 150 to 1,200 dots per inch; `None` outside.
    pub fn new(dpi: u16) -> Option<Self> {
        (150..=1_200).contains(&dpi).then_some(Self(dpi))
    }

    /// Dots per inch.
    pub fn get(self) -> u16 {
        self.0
    }

    /// Dots nearest to a length.
    pub fn dots(self, mm: f64) -> u32 {
        (mm * f64::from(self.0) / 25.4).round() as u32
    }

    /// Dots that reach a length.
    pub fn dots_up(self, mm: f64) -> u32 {
        (mm * f64::from(self.0) / 25.4).ceil() as u32
    }

    /// The length of so many dots.
    pub fn mm(self, dots: u32) -> f64 {
        f64::from(dots) * 25.4 / f64::from(self.0)
    }

    fn points(self, pt: f64) -> u32 {
        (pt * f64::from(self.0) / 72.0).round() as u32
    }
}

/// What an equipment label says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelFields {
    /// What the code opens; ends with the tag.
    pub url: String,
    /// The equipment's name; empty on a blank tag.
    pub name: String,
    /// The hospital's own number; may be empty.
    pub asset_number: String,
    /// Where it stands; may be empty.
    pub location: String,
    /// The tag's symbols without spaces.
    pub tag: String,
    /// Which label of how many, printed small in the margin of a batch so that a person can say where it stopped.
    pub position: Option<(u32, u32)>,
}

/// A field of the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The equipment's name.
    Name,
    /// The hospital's own number.
    AssetNumber,
    /// Where it stands.
    Location,
    /// The tag.
    Tag,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::AssetNumber => "asset number",
            Self::Location => "location",
            Self::Tag => "tag",
        })
    }
}

/// Why a label cannot be made. Nothing has been printed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LabelError {
    /// A text with something that cannot be printed.
    #[error("the {field} cannot be printed: {why}")]
    Text {
        /// Where.
        field: Field,
        /// What.
        #[source]
        why: TextError,
    },
    /// The code cannot be made.
    #[error("{0}")]
    Code(#[from] CodeError),
    /// A text that may not be cut is too wide.
    #[error("the {field} has {chars} characters, more than this label has room for; shorten it")]
    DoesNotFit {
        /// Which.
        field: Field,
        /// Its characters.
        chars: usize,
    },
    /// The tag is no run of letters and digits.
    #[error("{0:?} is no tag: a tag is letters and digits only")]
    NoTag(String),
    /// The code would open something else than what the label says.
    #[error("the label address {url:?} does not end with the tag {tag:?}; nothing was printed")]
    OtherTag {
        /// What the code would hold.
        url: String,
        /// What would be printed beside it.
        tag: String,
    },
}

/// Draws the equipment label. A pure function of its arguments: the preview is what is printed.
///
/// # Errors
/// When a field cannot be printed as it is, or the code would be too small to read.
pub fn equipment(t: &mut Typesetter, fields: &LabelFields, dpi: Dpi) -> Result<Bitmap, LabelError> {
    let mut label = Bitmap::white(dpi.dots(WIDTH_MM), dpi.dots(HEIGHT_MM));
    let tag = grouped_tag(fields)?;
    let code = code::qr(&fields.url)?;
    let module = code.module_dots(dpi, label.height())?;
    let text_left = draw_code(&mut label, &code, module);
    let margin = dpi.dots(MARGIN_MM);
    // A very long address makes a code so wide that no words fit beside it.
    let width = label.width().saturating_sub(text_left + margin);
    if width < label.width() * 2 / 5 {
        return Err(CodeError::TooLong { chars: fields.url.len() }.into());
    }
    let column = Column { left: text_left, width, dpi, margin, height: label.height() };
    column.fill(t, &mut label, fields, &tag)?;
    Ok(label)
}

fn grouped_tag(fields: &LabelFields) -> Result<String, LabelError> {
    let tag = &fields.tag;
    if tag.is_empty() || tag.len() > 32 || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(LabelError::NoTag(tag.chars().take(32).collect()));
    }
    let upper = tag.to_ascii_uppercase();
    if !code::upper(&fields.url)?.ends_with(&format!("/{upper}")) {
        return Err(LabelError::OtherTag { url: fields.url.chars().take(200).collect(), tag: upper });
    }
    let symbols: Vec<char> = upper.chars().collect();
    Ok(symbols.chunks(TAG_GROUP).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" "))
}

/// Draws it at the left, in the middle of the height; gives where text may begin.
fn draw_code(label: &mut Bitmap, code: &Code, module: u32) -> u32 {
    let side = code.size() * module;
    let left = code::QUIET * module;
    code.draw(label, left, (label.height() - side) / 2, module);
    left + side + code::QUIET * module
}

/// The right part of the label.
struct Column {
    left: u32,
    width: u32,
    height: u32,
    margin: u32,
    dpi: Dpi,
}

impl Column {
    fn fill(
        &self,
        t: &mut Typesetter,
        on: &mut Bitmap,
        f: &LabelFields,
        tag: &str,
    ) -> Result<(), LabelError> {
        let px_tag = self.tag_size(t, tag)?;
        let tag_height = t.cap_height(Weight::Bold, px_tag);
        let gap = self.dpi.points(4.0);
        let mark = f.position.map(|(n, of)| format!("{n}/{of}"));
        let mark_px = self.dpi.points(PT_LEAST);
        let mark_height = if mark.is_some() { t.cap_height(Weight::Regular, mark_px) + gap / 2 } else { 0 };
        let mut room = (self.height - 2 * self.margin).saturating_sub(tag_height + gap + mark_height);

        let asset = self.line(t, Field::AssetNumber, &f.asset_number, room, false)?;
        room -= asset.as_ref().map_or(0, |b| t.height(b));
        let location = self.line(t, Field::Location, &f.location, room, true)?;
        room -= location.as_ref().map_or(0, |b| t.height(b));
        let name = self.name(t, &f.name, room)?;
        room -= name.as_ref().map_or(0, |b| t.height(b));

        let mut y = self.margin + room / 2;
        for block in [name, location, asset].into_iter().flatten() {
            t.set(on, &block, self.left, y);
            y += t.height(&block);
        }
        t.set_line(on, tag, Weight::Bold, px_tag, self.left, y + gap + tag_height);
        if let Some(mark) = mark {
            let x = self.left + self.width.saturating_sub(t.width(&mark, Weight::Regular, mark_px));
            t.set_line(on, &mark, Weight::Regular, mark_px, x, self.height - self.margin);
        }
        Ok(())
    }

    fn name(&self, t: &Typesetter, name: &str, height: u32) -> Result<Option<Block>, LabelError> {
        let (px_max, px_min) = (self.dpi.points(PT_NAME), self.dpi.points(PT_LEAST));
        let fit = Fit { width: self.width, height, px_max, px_min, lines_max: 3, may_cut: true };
        fitted(t, Field::Name, name, Weight::Bold, &fit)
    }

    /// One line if it can be, two small ones if it must; at most a third of the room, so that the name keeps some.
    fn line(
        &self,
        t: &Typesetter,
        field: Field,
        text: &str,
        room: u32,
        may_cut: bool,
    ) -> Result<Option<Block>, LabelError> {
        let (px_max, px_min) = (self.dpi.points(PT_LINE), self.dpi.points(PT_LEAST));
        let fit = Fit { width: self.width, height: room * 2 / 5, px_max, px_min, lines_max: 2, may_cut };
        fitted(t, field, text, Weight::Regular, &fit)
    }

    fn tag_size(&self, t: &Typesetter, tag: &str) -> Result<u32, LabelError> {
        let sizes = self.dpi.points(PT_TAG_LEAST)..=self.dpi.points(PT_TAG);
        let chars = tag.chars().count();
        let fits = |px: &u32| t.width(tag, Weight::Bold, *px) <= self.width;
        sizes.rev().find(fits).ok_or(LabelError::DoesNotFit { field: Field::Tag, chars })
    }
}

fn fitted(
    t: &Typesetter,
    field: Field,
    text: &str,
    weight: Weight,
    fit: &Fit,
) -> Result<Option<Block>, LabelError> {
    let text = t.printable(text).map_err(|why| LabelError::Text { field, why })?;
    if text.is_empty() {
        return Ok(None);
    }
    let too_wide = LabelError::DoesNotFit { field, chars: text.chars().count() };
    t.fit(&text, weight, fit).map(Some).ok_or(too_wide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readback;
    use proptest::prelude::*;

    fn pump() -> LabelFields {
        LabelFields {
            url: "https://ct.example/7QK3M9X2W".into(),
            name: "Infusion pump 14".into(),
            asset_number: "BM-20418".into(),
            location: "ICU East, bed 14".into(),
            tag: "7QK3M9X2W".into(),
            position: Some((42, 300)),
        }
    }

    fn draw(fields: &LabelFields, dpi: u16) -> Result<Bitmap, LabelError> {
        equipment(&mut Typesetter::new().unwrap(), fields, Dpi::new(dpi).unwrap())
    }

    #[test]
    fn sizes_at_each_resolution_and_each_reads_back() {
        for (dpi, size) in [(180, (432, 216)), (203, (487, 244)), (300, (720, 360)), (600, (1440, 720))] {
            let label = draw(&pump(), dpi).unwrap();
            assert_eq!((label.width(), label.height()), size);
            readback::check(&label, &pump().url).unwrap_or_else(|e| panic!("{dpi} dpi: {e}"));
        }
        assert!(Dpi::new(72).is_none() && Dpi::new(5_000).is_none());
    }

    #[test]
    fn position_changes_the_margin_only_where_it_is_printed() {
        let with = draw(&pump(), 203).unwrap();
        let other = draw(&LabelFields { position: Some((43, 300)), ..pump() }, 203).unwrap();
        let differing: Vec<u32> =
            (0..244).filter(|&y| (0..487).any(|x| with.black(x, y) != other.black(x, y))).collect();
        assert!(!differing.is_empty() && differing.iter().all(|&y| y > 210), "{differing:?}");
    }

    #[test]
    fn long_fields() {
        let long = LabelFields { name: "Ventilator ".repeat(45), location: "Ward ".repeat(24), ..pump() };
        readback::check(&draw(&long, 203).unwrap(), &long.url).unwrap();
        let asset = LabelFields { asset_number: "9".repeat(120), ..pump() };
        let refusal = draw(&asset, 203).unwrap_err();
        assert_eq!(refusal, LabelError::DoesNotFit { field: Field::AssetNumber, chars: 120 });
        let fifty = LabelFields { asset_number: "INV-2024/".repeat(5), ..pump() };
        assert!(draw(&fifty, 203).is_ok(), "45 characters of an asset number still fit on two small lines");
    }

    #[test]
    fn refusals_name_the_field() {
        let emoji = draw(&LabelFields { location: "💉".into(), ..pump() }, 203).unwrap_err();
        assert!(
            emoji.to_string().starts_with("the location cannot be printed: the character '💉'"),
            "{emoji}"
        );
        let escape = draw(&LabelFields { name: "a\u{1b}@".into(), ..pump() }, 203).unwrap_err();
        assert!(escape.to_string().contains("U+001B"), "{escape}");
        for tag in ["", "7QK 3M9 X2W", "\u{1b}@", "7QK3M9X2Ü"] {
            assert!(matches!(
                draw(&LabelFields { tag: tag.into(), ..pump() }, 203),
                Err(LabelError::NoTag(_))
            ));
        }
        let other = draw(&LabelFields { tag: "ABCDEFGH3".into(), ..pump() }, 203);
        assert!(matches!(other, Err(LabelError::OtherTag { .. })));
        let url = format!("https://{}/7QK3M9X2W", "a".repeat(700));
        assert!(matches!(draw(&LabelFields { url, ..pump() }, 203), Err(LabelError::Code(_))));
    }

    #[test]
    fn empty_fields_are_a_blank_tag() {
        let blank = LabelFields {
            name: String::new(),
            asset_number: String::new(),
            location: String::new(),
            ..pump()
        };
        readback::check(&draw(&blank, 203).unwrap(), &blank.url).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn any_fields_are_refused_or_scan(
            name in "\\PC{0,60}|[ -~]{0,500}", asset in "[ -~]{0,40}|\\PC{0,9}", location in "[ -~äöüßčřž]{0,120}",
            host in "[a-z]{1,40}\\.[a-z]{2,3}", of in 0u32..10_000,
        ) {
            let url = format!("HTTPS://{host}/7QK3M9X2W");
            let fields =
                LabelFields { url, name, asset_number: asset, location, position: Some((of / 2, of)), ..pump() };
            if let Ok(label) = draw(&fields, 203) {
                prop_assert_eq!(readback::check(&label, &fields.url), Ok(()));
                for y in 0..label.height() {
                    prop_assert!(!label.black(label.width() - 1, y), "text never touches the edge");
                }
            }
        }
    }
}
