//! Reads the label's code back from its own dots before anything is sent: a label that does not scan is not printed.

use datamatrix::DataMatrix;
use rqrr::PreparedImage;
use serde::{Deserialize, Serialize};

use crate::media::PlacedLabel;
use crate::raster::bitmap::Bitmap;
use crate::raster::code::{Barcode, BarcodeError, BarcodeKind};
use crate::raster::drawing::{DrawElement, Drawing};

/// Why a label would not scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum ReadbackError {
    /// No code was found, or one that does not decode.
    NotReadable,
    /// It decodes to something else.
    Other {
        /// What a phone would open.
        found: String,
        /// What it should open.
        #[serde(rename = "wanted")]
        expected: String,
    },
    /// The address itself cannot be on a label.
    Address(#[from] BarcodeError),
}

/// Whether the QR codes on the label, at least one, all open `url` (in upper case, as codes hold it).
///
/// # Errors
/// When one does not.
pub fn check_readback(label: &Bitmap, url: &str) -> Result<(), ReadbackError> {
    let expected = crate::raster::code::upper_url(url)?;
    let found = qr_codes(label);
    if found.is_empty() {
        return Err(ReadbackError::NotReadable);
    }
    match found.into_iter().find(|found| *found != expected) {
        Some(found) => Err(ReadbackError::Other { found: found.chars().take(200).collect(), expected }),
        None => Ok(()),
    }
}

/// Whether each code of the drawing reads back from its dots, at its place, as what it was made of, and has its white edge.
///
/// # Errors
/// When one does not. A drawing without codes passes.
pub fn check_drawing(label: &Bitmap, drawing: &Drawing) -> Result<(), ReadbackError> {
    check_from(label, (0, 0), drawing)
}

/// The same of the very dots that a printer gets.
///
/// # Errors
/// When one does not.
pub fn check_placed(placed: &PlacedLabel, drawing: &Drawing) -> Result<(), ReadbackError> {
    let PlacedLabel { dots, window } = placed;
    match window.turned {
        true => check_from(&dots.turned_left(), window.from, drawing),
        false => check_from(dots, window.from, drawing),
    }
}

/// `label` begins at `from` of the drawing.
fn check_from(label: &Bitmap, from: (u32, u32), drawing: &Drawing) -> Result<(), ReadbackError> {
    for mark in &drawing.marks {
        if let DrawElement::Code { x, y, module, code } = mark {
            let at = x.checked_sub(from.0).zip(y.checked_sub(from.1)).ok_or(ReadbackError::NotReadable)?;
            let outer = with_white_edge(label, at, *module, code)?;
            match code.kind() {
                BarcodeKind::Qr => check_qr(&outer, code)?,
                BarcodeKind::DataMatrix => check_data_matrix(&outer, *module, code)?,
            }
        }
    }
    Ok(())
}

/// The code with its quiet zone, which must be whole and white.
fn with_white_edge(
    label: &Bitmap,
    at: (u32, u32),
    module: u32,
    code: &Barcode,
) -> Result<Bitmap, ReadbackError> {
    let quiet = code.kind().quiet_edge() * module;
    let (width, height) = (code.width() * module, code.height() * module);
    let whole = at.0 + width + quiet <= label.width() && at.1 + height + quiet <= label.height();
    let corner = at.0.checked_sub(quiet).zip(at.1.checked_sub(quiet)).filter(|_| whole);
    let (left, top) = corner.ok_or(ReadbackError::NotReadable)?;
    let outer = label.cropped(left, top, width + 2 * quiet, height + 2 * quiet);
    let inner = outer.cropped(quiet, quiet, width, height);
    if outer.black_dots() == inner.black_dots() { Ok(outer) } else { Err(ReadbackError::NotReadable) }
}

fn check_qr(outer: &Bitmap, code: &Barcode) -> Result<(), ReadbackError> {
    match qr_codes(outer).as_slice() {
        [found] if found == code.content() => Ok(()),
        [found, ..] => {
            let (found, expected) = (found.chars().take(200).collect(), code.content().to_owned());
            Err(ReadbackError::Other { found, expected })
        }
        [] => Err(ReadbackError::NotReadable),
    }
}

fn qr_codes(label: &Bitmap) -> Vec<String> {
    let (width, height) = (label.width() as usize, label.height() as usize);
    // Coordinates are below DOTS_MAX, so they fit.
    let mut image = PreparedImage::prepare_from_bitmap(width, height, |x, y| label.black(x as u32, y as u32));
    image.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

fn module_centre(code: &Barcode, module: u32, n: u32) -> u32 {
    (code.kind().quiet_edge() + n) * module + module / 2
}

fn check_data_matrix(outer: &Bitmap, module: u32, code: &Barcode) -> Result<(), ReadbackError> {
    let modules = (0..code.height()).flat_map(|y| {
        (0..code.width()).map(move |x| (module_centre(code, module, x), module_centre(code, module, y)))
    });
    let bits: Vec<bool> = modules.map(|(x, y)| outer.black(x, y)).collect();
    let read = DataMatrix::decode(&bits, code.width() as usize).map_err(|_| ReadbackError::NotReadable)?;
    if read == code.content().as_bytes() {
        return Ok(());
    }
    let found = String::from_utf8_lossy(&read).chars().take(200).collect();
    Err(ReadbackError::Other { found, expected: code.content().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::fields::Fields;
    use crate::media::PrintWindow;
    use crate::raster::dpi::Dpi;
    use crate::raster::text::Typesetter;
    use crate::{layout, template};

    fn code_on_white(url: &str) -> Bitmap {
        let code = crate::raster::code::encode_qr(url).unwrap();
        let mut label = Bitmap::white(250, 250);
        code.draw(&mut label, 30, 30, 6);
        label
    }

    /// From a fixed seed, so that a failure can be repeated.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }

        fn symbols(&mut self, of: &str, n: usize) -> String {
            let of: Vec<char> = of.chars().collect();
            (0..n).map(|_| of[self.below(of.len())]).collect()
        }
    }

    #[test]
    fn a_thousand_random_labels_read_back() {
        let mut random = Random(42);
        let mut typesetter = Typesetter::new().unwrap();
        let template = template::find_builtin("equipment").unwrap();
        for n in 1..=1_000 {
            let tag = random.symbols("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 9);
            let host_chars = 4 + random.below(30);
            let host = random.symbols("abcdefghijklmnopqrstuvwxyz0123456789-", host_chars);
            let (name, location) = (random.below(60), random.below(40));
            let fields = Fields::new()
                .with(Field::Url, format!("https://{host}.example/{tag}"))
                .with(Field::Name, random.symbols("abc děf ÄÖÜ Насос Αντλία 0123456789", name))
                .with(Field::AssetNumber, random.symbols("0123456789-BM", 8))
                .with(Field::Location, random.symbols("ICU East, bed 14 ŽŠ", location))
                .with(Field::Tag, tag)
                .with_position(n, 1_000);
            let drawing = layout::lay_out_label(&typesetter, template, &fields, None, Dpi::D203).unwrap();
            let label = drawing.bitmap(&mut typesetter);
            assert_eq!(check_drawing(&label, &drawing), Ok(()), "{fields:?}");
            assert_eq!(check_readback(&label, fields.get(Field::Url)), Ok(()), "{fields:?}");
        }
    }

    #[test]
    fn right_other_and_unreadable() {
        let url = "https://ct.example/7QK3M9X2W";
        let mut label = code_on_white(url);
        assert_eq!(check_readback(&label, url), Ok(()));
        let other = check_readback(&label, "https://ct.example/ABCDEFGH3");
        assert!(
            matches!(other, Err(ReadbackError::Other { found, .. }) if found == url.to_ascii_uppercase())
        );
        label.blacken_rect(30, 30, 80, 80);
        assert_eq!(check_readback(&label, url), Err(ReadbackError::NotReadable));
        assert_eq!(check_readback(&Bitmap::white(0, 0), url), Err(ReadbackError::NotReadable));
    }

    fn read_cut(label: &Bitmap, drawing: &Drawing, x: u32, turned: bool) -> Result<(), ReadbackError> {
        let upright = label.cropped(x, 0, 300 - x, 174);
        let dots = if turned { upright.turned_right() } else { upright };
        let window = PrintWindow { from: (x, 0), size: (300 - x, 174), turned };
        check_placed(&PlacedLabel { dots, window }, drawing)
    }

    #[test]
    fn a_code_without_its_white_edge_does_not_read() {
        let mark = DrawElement::Code {
            x: 12,
            y: 12,
            module: 6,
            code: crate::raster::code::encode_qr("HTTPS://A.EXAMPLE/B").unwrap(),
        };
        let drawing = Drawing { marks: vec![mark], ..Drawing::white(Dpi::D203, 300, 174) };
        let mut label = drawing.bitmap(&mut Typesetter::new().unwrap());
        assert_eq!(check_drawing(&label, &drawing), Ok(()));
        assert_eq!(
            (read_cut(&label, &drawing, 0, false), read_cut(&label, &drawing, 0, true)),
            (Ok(()), Ok(()))
        );
        let cut = Err(ReadbackError::NotReadable);
        assert_eq!(
            (read_cut(&label, &drawing, 1, false), read_cut(&label, &drawing, 1, true)),
            (cut.clone(), cut.clone())
        );
        label.blacken(1, 1);
        assert_eq!(check_drawing(&label, &drawing), cut);
    }

    #[test]
    fn data_matrix_is_read_where_it_was_drawn() {
        let code = crate::raster::code::data_matrix("https://ct.example/7QK3M9X2W").unwrap();
        let mark = DrawElement::Code { x: 12, y: 9, module: 4, code };
        let drawing = Drawing { marks: vec![mark], ..Drawing::white(Dpi::D203, 203, 102) };
        let mut label = drawing.bitmap(&mut Typesetter::new().unwrap());
        assert_eq!(check_drawing(&label, &drawing), Ok(()));
        label.blacken_rect(10, 20, 1, 1);
        assert_eq!(
            check_drawing(&label, &drawing),
            Err(ReadbackError::NotReadable),
            "its edge must be white"
        );
        label.whiten_rect(10, 20, 1, 1);
        label.blacken_rect(20, 12, 60, 60);
        assert_eq!(check_drawing(&label, &drawing), Err(ReadbackError::NotReadable));
        assert!(check_drawing(&label.cropped(0, 0, 90, 90), &drawing).is_err());
    }

    fn qr_code(url: &str) -> Barcode {
        crate::raster::code::encode_qr(url).unwrap()
    }

    fn code_mark(x: u32, url: &str) -> DrawElement {
        DrawElement::Code { x, y: 20, module: 4, code: qr_code(url) }
    }

    #[test]
    fn each_of_two_codes_is_read() {
        let marks = vec![code_mark(20, "HTTPS://A.EXAMPLE/B"), code_mark(160, "HTTPS://A.EXAMPLE/B")];
        let drawing = Drawing { marks, ..Drawing::white(Dpi::D203, 300, 150) };
        let mut label = drawing.bitmap(&mut Typesetter::new().unwrap());
        assert_eq!(check_drawing(&label, &drawing), Ok(()));
        assert_eq!(check_readback(&label, "https://a.example/b"), Ok(()));
        label.whiten_rect(165, 25, 60, 60);
        assert_eq!(check_drawing(&label, &drawing), Err(ReadbackError::NotReadable));
        label.whiten_rect(150, 0, 150, 150);
        qr_code("HTTPS://A.EXAMPLE/C").draw(&mut label, 160, 20, 4);
        assert!(matches!(check_drawing(&label, &drawing), Err(ReadbackError::Other { .. })));
        assert!(matches!(check_readback(&label, "https://a.example/b"), Err(ReadbackError::Other { .. })));
    }
}
