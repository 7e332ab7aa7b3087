//! A label laid out: what is where, in whole dots of one resolution. Bitmap, preview and PDF are all drawn from it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::raster::bitmap::Bitmap;
use crate::raster::code::Barcode;
use crate::raster::dpi::Dpi;
use crate::raster::text::{FontWeight, Typesetter};

/// One thing on a label. Later marks are drawn over earlier ones.
#[derive(Debug, Clone)]
pub enum DrawElement {
    /// A code's modules, without quiet zone.
    Code {
        /// Left edge.
        x: u32,
        /// Upper edge.
        y: u32,
        /// Dots of a module.
        module: u32,
        /// The modules.
        code: Barcode,
    },
    /// One line of text.
    Text {
        /// Where it starts.
        x: u32,
        /// Its baseline.
        baseline: u32,
        /// Dots per em.
        px: u32,
        /// Which face.
        weight: FontWeight,
        /// Printable characters only.
        text: String,
        /// White on black instead of black on white.
        white: bool,
    },
    /// A filled rectangle.
    Rect {
        /// Left edge.
        x: u32,
        /// Upper edge.
        y: u32,
        /// Dots across.
        width: u32,
        /// Dots down.
        height: u32,
        /// Takes away what is under it instead of blackening.
        white: bool,
    },
    /// A logo, thresholded already.
    Picture {
        /// Left edge.
        x: u32,
        /// Upper edge.
        y: u32,
        /// Its dots, shared by all labels that carry it.
        dots: Arc<Bitmap>,
    },
}

/// What a person should know of a label that can be printed nevertheless.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelWarning {
    /// Modules between the least that is printed and what reads well.
    SmallModules {
        /// What they measure.
        module_mm: f64,
    },
    /// The middle of a text was left out.
    Cut {
        /// The text as it was.
        text: String,
    },
    /// There was no space for a text that may be cut, beside more important ones.
    LeftOut {
        /// The text.
        text: String,
    },
}

/// A part of a label, in dots from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DotArea {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// First column right of it.
    pub right: u32,
    /// First row below it.
    pub bottom: u32,
}

impl DotArea {
    fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// A label laid out at one resolution.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// The resolution that it was laid out for.
    pub dpi: Dpi,
    /// Dots across.
    pub width: u32,
    /// Dots down.
    pub height: u32,
    /// From the lowest to the topmost.
    pub marks: Vec<DrawElement>,
    /// What a person should know before it is printed.
    pub warnings: Vec<LabelWarning>,
    /// What has to be on the paper: the template's areas and each code with its quiet zone, whatever this label's words
    /// are, so that all labels of a template come to the same place. `None`: all of it.
    pub stored: Option<DotArea>,
}

impl Drawing {
    /// With nothing on it yet.
    pub fn white(dpi: Dpi, width: u32, height: u32) -> Self {
        Self { dpi, width, height, marks: Vec::new(), warnings: Vec::new(), stored: None }
    }

    pub(crate) fn keep(&mut self, part: DotArea) {
        self.stored = Some(self.stored.map_or(part, |stored| stored.with(part)));
    }

    /// At the left, top, right and bottom.
    pub(crate) fn spare(&self) -> (u32, u32, u32, u32) {
        let Some(stored) = self.stored else { return (0, 0, 0, 0) };
        (
            stored.left,
            stored.top,
            self.width.saturating_sub(stored.right),
            self.height.saturating_sub(stored.bottom),
        )
    }

    /// Exactly the dots that are previewed and printed.
    pub fn bitmap(&self, t: &mut Typesetter) -> Bitmap {
        let mut on = Bitmap::white(self.width, self.height);
        for mark in &self.marks {
            match mark {
                DrawElement::Code { x, y, module, code } => code.draw(&mut on, *x, *y, *module),
                DrawElement::Text { x, baseline, px, weight, text, white } => {
                    t.set_line(&mut on, text, *weight, *px, (*x, *baseline), *white);
                }
                DrawElement::Rect { x, y, width, height, white: false } => {
                    on.blacken_rect(*x, *y, *width, *height)
                }
                DrawElement::Rect { x, y, width, height, white: true } => {
                    on.whiten_rect(*x, *y, *width, *height)
                }
                DrawElement::Picture { x, y, dots } => on.overlay(dots, x.cast_signed(), y.cast_signed()),
            }
        }
        on
    }

    /// The codes on it.
    pub fn codes(&self) -> impl Iterator<Item = &Barcode> {
        self.marks.iter().filter_map(|mark| match mark {
            DrawElement::Code { code, .. } => Some(code),
            _ => None,
        })
    }
}
