//! Sheets of labels for office printers: the position of each label of a known sheet, in millimetres from its top left.

use serde::{Deserialize, Serialize};

use crate::template::{self, LabelHeight, Template};

/// Furthest that a person may move the print to make up for how a printer draws its paper in (millimetres).
pub const NUDGE_MM_MAX: f64 = 10.0;
/// How much larger than a label of the sheet a drawing may be: sizes in whole dots are off by half a dot
/// (millimetres).
const FIT_SLACK_MM: f64 = 0.1;
const MM_PER_INCH: f64 = 25.4;
const LETTER_MM: (f64, f64) = (8.5 * MM_PER_INCH, 11.0 * MM_PER_INCH);
const A4_MM: (f64, f64) = (210.0, 297.0);

/// One kind of sheet: equal labels in columns and rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelSheet {
    /// As on the package of sheets, in settings and in requests.
    pub name: &'static str,
    /// Width and height of the paper (millimetres), like all lengths here.
    pub page_mm: (f64, f64),
    /// Labels side by side.
    pub columns: u32,
    /// Labels one below the other.
    pub rows: u32,
    /// Width and height of a label.
    pub label_mm: (f64, f64),
    /// From the paper's left and upper edge to the first label.
    pub first_mm: (f64, f64),
    /// From a label to the next one at its right, and below it.
    pub pitch_mm: (f64, f64),
}

/// The sheets that hospitals usually have in stock.
pub static SHEETS: [LabelSheet; 4] = [
    // Avery's PDF template and gLabels' avery-us-templates.xml agree: 2 5/8 × 1 in, 3/16 in from the left.
    LabelSheet {
        name: "Avery 5160",
        page_mm: LETTER_MM,
        columns: 3,
        rows: 10,
        label_mm: (2.625 * MM_PER_INCH, MM_PER_INCH),
        first_mm: (0.1875 * MM_PER_INCH, 0.5 * MM_PER_INCH),
        pitch_mm: (2.75 * MM_PER_INCH, MM_PER_INCH),
    },
    // gLabels' avery-us-templates.xml: 4 × 2 in, pitch 4 3/16 in; the left edge is what centres that (5/32 in).
    LabelSheet {
        name: "Avery 5163",
        page_mm: LETTER_MM,
        columns: 2,
        rows: 5,
        label_mm: (4.0 * MM_PER_INCH, 2.0 * MM_PER_INCH),
        first_mm: (0.15625 * MM_PER_INCH, 0.5 * MM_PER_INCH),
        pitch_mm: (4.1875 * MM_PER_INCH, 2.0 * MM_PER_INCH),
    },
    // Avery's Word template: pitch 66.04 mm, centred in both directions. gLabels' 7160 is 0.3 mm further left, its top
    // 0.3 mm lower.
    LabelSheet {
        name: "Avery L7160",
        page_mm: A4_MM,
        columns: 3,
        rows: 7,
        label_mm: (63.5, 38.1),
        first_mm: (7.21, 15.15),
        pitch_mm: (66.04, 38.1),
    },
    // Avery's Word template: pitch 101.6 mm, centred in both directions. gLabels' 7163 is 1.3 mm further left with a wider pitch.
    LabelSheet {
        name: "Avery L7163",
        page_mm: A4_MM,
        columns: 2,
        rows: 7,
        label_mm: (99.1, 38.1),
        first_mm: (4.65, 15.15),
        pitch_mm: (101.6, 38.1),
    },
];

/// The first label of a sheet that is still there, counted from 1 along the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstLabel(u32);

impl FirstLabel {
    /// A new sheet.
    pub const FIRST: Self = Self(1);

    /// A sheet whose labels before the `n`th are gone.
    pub fn at(n: u32) -> Self {
        Self(n)
    }
}

/// How far the whole print is moved to make up for how a printer draws its paper in (millimetres).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PrintOffset {
    /// To the right; negative to the left.
    pub x_mm: f64,
    /// Down; negative up.
    pub y_mm: f64,
}

/// Why labels cannot be put on a sheet. Nothing has been printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum SheetError {
    /// No sheet has that name.
    Unknown(String),
    /// The label does not fit.
    TooLarge {
        /// Width and height of the label.
        label_mm: (f64, f64),
        /// What it was meant for.
        sheet: String,
        /// Width and height of a label of that sheet.
        cell_mm: (f64, f64),
    },
    /// There is no such label on a sheet.
    Start {
        /// Which sheet.
        sheet: String,
        /// Labels on it.
        count: u32,
        /// What was asked for.
        start: u32,
    },
    /// Labels would extend over the paper's edge, or the distance is no correction any more.
    Nudge {
        /// Which sheet.
        sheet: String,
        /// To the right.
        x_mm: f64,
        /// Down.
        y_mm: f64,
    },
}

/// Where a label goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelPosition {
    /// Which sheet of paper, from 0.
    pub page: usize,
    /// From its left edge to the label's.
    pub x_mm: f64,
    /// From its upper edge to the label's.
    pub y_mm: f64,
}

/// A sheet with a checked start and nudge: the places of a batch's labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SheetPositions {
    sheet: LabelSheet,
    gone: usize,
    nudge: PrintOffset,
}

fn far_edge(first: f64, pitch: f64, n: u32, size: f64) -> f64 {
    first + pitch * f64::from(n - 1) + size
}

fn stays_inside(by: f64, first: f64, end: f64, page: f64) -> bool {
    by.abs() <= NUDGE_MM_MAX && first + by >= 0.0 && end + by <= page
}

impl LabelSheet {
    /// The sheet of that name, with or without the maker's and in any case of letters.
    ///
    /// # Errors
    /// [`SheetError::Unknown`].
    pub fn named(name: &str) -> Result<&'static Self, SheetError> {
        SHEETS
            .iter()
            .find(|s| {
                let short = s.name.strip_prefix("Avery ").unwrap_or(s.name);
                [s.name, short].iter().any(|n| n.eq_ignore_ascii_case(name.trim()))
            })
            .ok_or_else(|| SheetError::Unknown(name.chars().take(40).collect()))
    }

    /// The equipment label for it: the first built-in one that fits its labels.
    pub fn template(&self) -> Option<&'static Template> {
        let mut equipment = template::builtin_templates().iter().filter(|t| t.name.starts_with("equipment"));
        equipment.find(|t| self.fits_template(t))
    }

    fn fits_template(&self, template: &Template) -> bool {
        match template.height {
            LabelHeight::Mm(mm) => {
                template.width_mm <= self.label_mm.0 + FIT_SLACK_MM && mm <= self.label_mm.1 + FIT_SLACK_MM
            }
            LabelHeight::Continuous => false,
        }
    }

    /// Labels on one sheet of paper.
    pub fn count(&self) -> u32 {
        self.columns * self.rows
    }

    /// The places from `start` on.
    ///
    /// # Errors
    /// [`SheetError::Start`] and [`SheetError::Nudge`].
    pub fn places(&self, start: FirstLabel, nudge: PrintOffset) -> Result<SheetPositions, SheetError> {
        if start.0 == 0 || start.0 > self.count() {
            return Err(SheetError::Start {
                sheet: self.name.to_owned(),
                count: self.count(),
                start: start.0,
            });
        }
        let right = far_edge(self.first_mm.0, self.pitch_mm.0, self.columns, self.label_mm.0);
        let bottom = far_edge(self.first_mm.1, self.pitch_mm.1, self.rows, self.label_mm.1);
        if !stays_inside(nudge.x_mm, self.first_mm.0, right, self.page_mm.0)
            || !stays_inside(nudge.y_mm, self.first_mm.1, bottom, self.page_mm.1)
        {
            return Err(SheetError::Nudge {
                sheet: self.name.to_owned(),
                x_mm: nudge.x_mm,
                y_mm: nudge.y_mm,
            });
        }
        Ok(SheetPositions { sheet: *self, gone: start.0 as usize - 1, nudge })
    }

    /// The sheets whose labels hold one of this width and height.
    pub fn that_hold(label_mm: (f64, f64)) -> impl Iterator<Item = &'static Self> {
        SHEETS.iter().filter(move |sheet| sheet.holds(label_mm))
    }

    fn holds(&self, label_mm: (f64, f64)) -> bool {
        label_mm.0 <= self.label_mm.0 + FIT_SLACK_MM && label_mm.1 <= self.label_mm.1 + FIT_SLACK_MM
    }
}

fn centre_in(cell: f64, label: f64) -> f64 {
    (cell - label) / 2.0
}

impl SheetPositions {
    /// Where the batch's label `index` (from 0) of that size goes, in the middle of its place.
    ///
    /// # Errors
    /// [`SheetError::TooLarge`].
    pub fn at(&self, index: usize, label_mm: (f64, f64)) -> Result<LabelPosition, SheetError> {
        let s = &self.sheet;
        if !s.holds(label_mm) {
            return Err(SheetError::TooLarge { label_mm, sheet: s.name.to_owned(), cell_mm: s.label_mm });
        }
        let (count, columns) = (s.count() as usize, s.columns as usize);
        let n = index.saturating_add(self.gone);
        let (column, row) = (n % count % columns, n % count / columns);
        let (left, top) = (centre_in(s.label_mm.0, label_mm.0), centre_in(s.label_mm.1, label_mm.1));
        Ok(LabelPosition {
            page: n / count,
            x_mm: s.first_mm.0 + s.pitch_mm.0 * column as f64 + left + self.nudge.x_mm,
            y_mm: s.first_mm.1 + s.pitch_mm.1 * row as f64 + top + self.nudge.y_mm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_has_an_equipment_label() {
        let names = SHEETS.map(|sheet| sheet.template().map(|t| t.name.as_str()));
        assert_eq!(names, [Some("equipment-66x25"), Some("equipment"), Some("equipment"), Some("equipment")]);
    }
    use proptest::prelude::*;

    const CELL: (f64, f64) = (60.0, 25.0);

    fn sheet(name: &str) -> &'static LabelSheet {
        LabelSheet::named(name).unwrap()
    }

    fn at(name: &str, start: u32, index: usize) -> (usize, f64, f64) {
        let s = sheet(name);
        let p =
            s.places(FirstLabel::at(start), PrintOffset::default()).unwrap().at(index, s.label_mm).unwrap();
        (p.page, (p.x_mm * 100.0).round() / 100.0, (p.y_mm * 100.0).round() / 100.0)
    }

    #[test]
    fn corners_are_where_the_makers_put_them() {
        assert_eq!(at("5160", 1, 0), (0, 4.76, 12.7));
        assert_eq!(at("5160", 1, 2), (0, 144.46, 12.7));
        assert_eq!(at("5160", 1, 29), (0, 144.46, 241.3));
        assert_eq!(at("5160", 1, 30), (1, 4.76, 12.7));
        assert_eq!(at("5163", 1, 9), (0, 110.33, 215.9));
        assert_eq!(at("L7160", 1, 4), (0, 73.25, 53.25));
        assert_eq!(at("L7160", 1, 20), (0, 139.29, 243.75));
        assert_eq!(at("l7163", 1, 13), (0, 106.25, 243.75));
        assert_eq!(SHEETS.map(|s| s.count()), [30, 10, 21, 14]);
    }

    #[test]
    fn margins_are_the_same_on_both_sides() {
        for s in &SHEETS {
            let span =
                |first: f64, pitch: f64, n: u32, size: f64| 2.0 * first + pitch * f64::from(n - 1) + size;
            let across = span(s.first_mm.0, s.pitch_mm.0, s.columns, s.label_mm.0);
            let down = span(s.first_mm.1, s.pitch_mm.1, s.rows, s.label_mm.1);
            assert!((across - s.page_mm.0).abs() < 0.02, "{}: {across}", s.name);
            assert!((down - s.page_mm.1).abs() < 0.02, "{}: {down}", s.name);
        }
    }

    #[test]
    fn a_half_used_sheet_goes_on_where_it_stopped() {
        assert_eq!(at("5160", 30, 0), (0, 144.46, 241.3));
        assert_eq!(at("5160", 30, 1), (1, 4.76, 12.7));
        assert_eq!(at("L7160", 5, 0), at("L7160", 1, 4));
        for n in [0, 31, u32::MAX] {
            let e = sheet("5160").places(FirstLabel::at(n), PrintOffset::default()).unwrap_err();
            assert_eq!(e, SheetError::Start { sheet: "Avery 5160".to_owned(), count: 30, start: n });
        }
    }

    fn nudged_places(x_mm: f64, y_mm: f64) -> Result<SheetPositions, SheetError> {
        sheet("5160").places(FirstLabel::FIRST, PrintOffset { x_mm, y_mm })
    }

    #[test]
    fn a_nudge_moves_all_but_not_off_the_paper() {
        let p = nudged_places(1.5, -2.0).unwrap().at(0, CELL).unwrap();
        let still = nudged_places(0.0, 0.0).unwrap().at(0, CELL).unwrap();
        assert!((p.x_mm - still.x_mm - 1.5).abs() < 1e-9 && (p.y_mm - still.y_mm + 2.0).abs() < 1e-9);
        assert!(nudged_places(-4.7, 10.0).is_ok());
        for (x, y) in
            [(-4.8, 0.0), (4.8, 0.0), (0.0, 12.0), (0.0, -10.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)]
        {
            let e = nudged_places(x, y).unwrap_err();
            assert!(matches!(e, SheetError::Nudge { .. }), "{x} {y} {e}");
        }
    }

    #[test]
    fn what_is_larger_than_a_place_is_refused() {
        let places = sheet("5160").places(FirstLabel::FIRST, PrintOffset::default()).unwrap();
        let too_large = |label_mm| {
            let cell_mm = (66.675, 25.4);
            Err(SheetError::TooLarge { label_mm, sheet: "Avery 5160".to_owned(), cell_mm })
        };
        for label_mm in [(60.96, 30.48), (101.6, 152.4)] {
            assert_eq!(places.at(0, label_mm).map(drop), too_large(label_mm));
        }
        assert!(places.at(0, (66.69, 25.44)).is_ok(), "whole dots of 2.625 in at 203 dpi");
        assert!(places.at(0, (66.8, 25.4)).is_err());
    }

    #[test]
    fn names() {
        assert_eq!(sheet(" avery l7160 ").name, "Avery L7160");
        assert_eq!(LabelSheet::named("5161"), Err(SheetError::Unknown("5161".into())));
    }

    proptest! {
        #[test]
        fn every_place_is_on_the_paper_and_none_is_taken_twice(
            kind in 0usize..4, start in 1u32..31, x_mm in -11.0f64..11.0, y_mm in -11.0f64..11.0, index in 0usize..2_000,
        ) {
            let s = &SHEETS[kind];
            if let Ok(places) = s.places(FirstLabel::at(start), PrintOffset { x_mm, y_mm }) {
                let p = places.at(index, s.label_mm).unwrap();
                prop_assert!(p.x_mm >= 0.0 && p.x_mm + s.label_mm.0 <= s.page_mm.0 + 1e-9);
                prop_assert!(p.y_mm >= 0.0 && p.y_mm + s.label_mm.1 <= s.page_mm.1 + 1e-9);
                let next = places.at(index + 1, s.label_mm).unwrap();
                let apart = (next.x_mm - p.x_mm).abs() >= s.label_mm.0 - 1e-9
                    || (next.y_mm - p.y_mm).abs() >= s.label_mm.1 - 1e-9;
                prop_assert!(next.page == p.page + 1 || apart);
            }
        }
    }
}
