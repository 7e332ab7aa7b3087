//! Dots per inch.

const DPI_LEAST: u16 = 150;
pub(crate) const DPI_MOST: u16 = 1_200;

/// Dots per inch of a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dpi(u16);

impl Dpi {
    /// What most label and receipt printers have.
    pub const D203: Self = Self(203);

    /// 150 to 1,200 dots per inch; `None` outside.
    pub fn new(dpi: u16) -> Option<Self> {
        (DPI_LEAST..=DPI_MOST).contains(&dpi).then_some(Self(dpi))
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

    /// Dots per em of a size in points.
    pub fn points(self, pt: f64) -> u32 {
        (pt * f64::from(self.0) / 72.0).round() as u32
    }
}
