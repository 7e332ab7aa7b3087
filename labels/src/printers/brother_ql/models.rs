//! What Brother QL printers and their DK rolls are like.

use crate::media::{Media, MediaLength, ThermalMethod};

/// Pins of the usual head, and dots per inch along it.
pub(super) const PINS: u32 = 720;
const PINS_WIDE: u32 = 1_296;
const PINS_PER_MM: f64 = 300.0 / 25.4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) pins: u32,
    /// Pins at its right that no roll covers.
    pub(super) offset: u32,
    pub(super) packs: bool,
    /// Whether it has other modes than raster and must be switched.
    pub(super) has_modes: bool,
    /// Whether it cuts, and accepts the settings of cutting.
    pub(super) cuts: bool,
    /// Whether it prints red; `None` when the model is unknown.
    pub(super) two_colour: Option<bool>,
    /// NULs that end an incomplete command.
    pub(super) invalidate_bytes: usize,
    /// Rows of a label from an endless roll.
    pub(super) rows_min: u32,
    pub(super) rows_max: u32,
}

const UNKNOWN: Model = Model {
    pins: PINS,
    offset: 0,
    packs: false,
    has_modes: true,
    cuts: true,
    two_colour: None,
    invalidate_bytes: 400,
    rows_min: 295,
    rows_max: 11_811,
};
const OLD: Model =
    Model { has_modes: false, two_colour: Some(false), invalidate_bytes: 200, rows_min: 150, ..UNKNOWN };
const NET: Model = Model { packs: true, has_modes: true, ..OLD };
const NEW: Model = Model { two_colour: Some(true), rows_min: 150, ..UNKNOWN };
const WIDE: Model = Model {
    pins: PINS_WIDE,
    offset: 44,
    two_colour: Some(false),
    rows_min: 301,
    rows_max: 35_433,
    ..UNKNOWN
};

/// From the raster command references (QL-500/550/560/570/580N/650TD/700/1050/1060N, QL-710W/720NW,
/// QL-800/810W/820NWB, QL-1100/1110NWB) as brother_ql 0.9.4 and brother_ql-inventree 1.3 hold them.
const MODELS: &[(&str, Model)] = &[
    ("QL-500", Model { cuts: false, rows_min: 295, ..OLD }),
    ("QL-550", Model { rows_min: 295, ..OLD }),
    ("QL-560", Model { rows_min: 295, ..OLD }),
    ("QL-570", OLD),
    ("QL-580", NET),
    ("QL-650", Model { rows_min: 295, ..NET }),
    ("QL-700", OLD),
    ("QL-710", NET),
    ("QL-720", NET),
    ("QL-800", NEW),
    ("QL-810", Model { packs: true, ..NEW }),
    ("QL-820", Model { packs: true, ..NEW }),
    ("QL-1050", WIDE),
    ("QL-1060", WIDE),
    ("QL-1100", WIDE),
    ("QL-1110", WIDE),
    ("QL-1115", WIDE),
];

impl Model {
    /// `None` or an unknown name: what is safe for a head of so many pins.
    pub(super) fn of(name: Option<&str>, head_pins: u32) -> Self {
        let name = name.unwrap_or_default().to_ascii_uppercase();
        let known = MODELS.iter().find(|(model, _)| name.contains(model)).map(|(_, model)| *model);
        let wide = head_pins > PINS;
        known.unwrap_or(if wide { Model { two_colour: None, ..WIDE } } else { UNKNOWN })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Roll {
    name: &'static str,
    pub(super) width_mm: u8,
    /// 0 for endless.
    pub(super) length_mm: u8,
    pub(super) pins: u32,
    /// Pins at the right before the first that prints.
    pub(super) offset: u32,
    /// Printed along; 0 for endless.
    pub(super) rows: u32,
}

/// Raster command reference QL-800/810W/820NWB, tables 2.3.2 and 2.3.4, and that of the QL-1100 for 102 mm and more.
const ROLLS: &[Roll] = &[
    die_cut_roll("62x29", (62, 29), 696, 12, 271),
    die_cut_roll("62-continuous", (62, 0), 696, 12, 0),
    die_cut_roll("62-continuous-red", (62, 0), 696, 12, 0),
    die_cut_roll("29x90", (29, 90), 306, 6, 991),
    die_cut_roll("62x100", (62, 100), 696, 12, 1_109),
    die_cut_roll("38x90", (38, 90), 413, 12, 991),
    die_cut_roll("17x54", (17, 54), 165, 0, 566),
    die_cut_roll("17x87", (17, 87), 165, 0, 956),
    die_cut_roll("23x23", (23, 23), 202, 42, 202),
    die_cut_roll("29x42", (29, 42), 306, 6, 425),
    die_cut_roll("39x48", (39, 48), 425, 6, 495),
    die_cut_roll("52x29", (52, 29), 578, 0, 271),
    die_cut_roll("12-continuous", (12, 0), 106, 29, 0),
    die_cut_roll("29-continuous", (29, 0), 306, 6, 0),
    die_cut_roll("38-continuous", (38, 0), 413, 12, 0),
    die_cut_roll("50-continuous", (50, 0), 554, 12, 0),
    die_cut_roll("54-continuous", (54, 0), 590, 0, 0),
    die_cut_roll("102-continuous", (102, 0), 1_164, 12, 0),
    die_cut_roll("102x51", (102, 51), 1_164, 12, 526),
    die_cut_roll("102x152", (102, 153), 1_164, 12, 1_660),
];

const fn die_cut_roll(
    name: &'static str,
    (width_mm, length_mm): (u8, u8),
    pins: u32,
    offset: u32,
    rows: u32,
) -> Roll {
    Roll { name, width_mm, length_mm, pins, offset, rows }
}

fn whole_mm(mm: f64) -> i64 {
    if mm.is_finite() { mm.round() as i64 } else { -1 }
}

impl Roll {
    /// By its size: the media's name is what a person called it.
    pub(super) fn of(media: &Media) -> Option<Self> {
        let length = match media.length {
            MediaLength::DieCut { mm: length, .. } => whole_mm(length),
            MediaLength::Continuous => 0,
        };
        let width = whole_mm(media.width_mm);
        ROLLS.iter().find(|r| (i64::from(r.width_mm), i64::from(r.length_mm)) == (width, length)).copied()
    }
}

fn white_mm(whole_mm: f64, dots: u32) -> f64 {
    (whole_mm - f64::from(dots) / PINS_PER_MM) / 2.0
}

pub(super) fn ql_media() -> Vec<Media> {
    ROLLS
        .iter()
        .map(|roll| {
            let (width_mm, length_mm) = (f64::from(roll.width_mm), f64::from(roll.length_mm));
            let continuous = roll.length_mm == 0;
            Media {
                name: roll.name.to_owned(),
                width_mm,
                length: if continuous {
                    MediaLength::Continuous
                } else {
                    MediaLength::DieCut { mm: length_mm, gap_mm: 3.0 }
                },
                side_mm: white_mm(width_mm, roll.pins),
                end_mm: if continuous { 3.0 } else { white_mm(length_mm, roll.rows) },
                thermal: ThermalMethod::Direct,
                two_colour: roll.name.ends_with("-red"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_by_name_and_by_head() {
        assert!(Model::of(Some("Brother QL-820NWB"), 720).packs);
        assert_eq!(Model::of(Some("ql-800"), 720).two_colour, Some(true));
        assert_eq!(Model::of(Some("QL-1110NWB"), 720).pins, 1_296);
        assert!(!Model::of(Some("QL-500"), 720).cuts);
        assert_eq!(Model::of(None, 720), UNKNOWN);
        assert_eq!(Model::of(None, 1_296).pins, 1_296);
    }

    #[test]
    fn every_roll_of_the_list_is_found_again_and_fits_its_head() {
        for (media, roll) in ql_media().iter().zip(ROLLS) {
            let found = Roll::of(media).unwrap();
            assert_eq!((found.pins, found.rows), (roll.pins, roll.rows), "{}", roll.name);
            let (head, offset) = if roll.width_mm > 62 { (PINS_WIDE, 44) } else { (PINS, 0) };
            assert!(roll.pins + roll.offset + offset <= head, "{}", roll.name);
            let printed = (media.width_mm - 2.0 * media.side_mm) * PINS_PER_MM;
            assert!((printed - f64::from(roll.pins)).abs() < 1e-6, "{}", roll.name);
            assert!(media.side_mm >= 0.0 && media.end_mm >= 0.0, "{}", roll.name);
        }
        let odd = Media { width_mm: 61.0, ..ql_media()[0].clone() };
        assert_eq!(Roll::of(&odd), None);
        assert_eq!(Roll::of(&Media { width_mm: f64::NAN, ..odd }), None);
    }
}
