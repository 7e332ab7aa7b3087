//! Reads the label's code back from its own dots before anything is sent: a label that does not scan is not printed.

use rqrr::PreparedImage;

use crate::bitmap::Bitmap;
use crate::code::{self, CodeError};

/// Why a label would not scan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadbackError {
    /// No code was found, or one that does not decode.
    #[error("this label would not scan: its code could not be read back; nothing was printed")]
    NotReadable,
    /// It decodes to something else.
    #[error("this label would open {found:?} instead of {wanted:?}; nothing was printed")]
    Other {
        /// What a phone would open.
        found: String,
        /// What it should open.
        wanted: String,
    },
    /// The address itself cannot be on a label.
    #[error("{0}")]
    Address(#[from] CodeError),
}

/// Whether the one code on the label opens `url` (in upper case, as codes hold it).
///
/// # Errors
/// When it does not.
pub fn check(label: &Bitmap, url: &str) -> Result<(), ReadbackError> {
    let wanted = code::upper(url)?;
    let (width, height) = (label.width() as usize, label.height() as usize);
    // Coordinates are below DOTS_MAX, so they fit.
    let mut image = PreparedImage::prepare_from_bitmap(width, height, |x, y| label.black(x as u32, y as u32));
    let grids = image.detect_grids();
    let found = grids.iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text);
    match found {
        Some(found) if found == wanted => Ok(()),
        Some(found) => Err(ReadbackError::Other { found: found.chars().take(200).collect(), wanted }),
        None => Err(ReadbackError::NotReadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{self, Dpi, LabelFields};
    use crate::text::Typesetter;

    fn code_on_white(url: &str) -> Bitmap {
        let code = code::qr(url).unwrap();
        let mut label = Bitmap::white(250, 250);
        code.draw(&mut label, 30, 30, 6);
        label
    }

    /// Tags and words from a fixed seed, so that a failure comes back.
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
        for n in 1..=1_000 {
            let tag = random.symbols("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 9);
            let host_chars = 4 + random.below(30);
            let host = random.symbols("abcdefghijklmnopqrstuvwxyz0123456789-", host_chars);
            let (name, location) = (random.below(60), random.below(40));
            let fields = LabelFields {
                url: format!("https://{host}.example/{tag}"),
                name: random.symbols("abc děf ÄÖÜ Насос Αντλία 0123456789", name),
                asset_number: random.symbols("0123456789-BM", 8),
                location: random.symbols("ICU East, bed 14 ŽŠ", location),
                tag,
                position: Some((n, 1_000)),
            };
            let label = layout::equipment(&mut typesetter, &fields, Dpi::D203).unwrap();
            assert_eq!(check(&label, &fields.url), Ok(()), "{fields:?}");
        }
    }

    #[test]
    fn right_other_and_unreadable() {
        let url = "https://ct.example/7QK3M9X2W";
        let mut label = code_on_white(url);
        assert_eq!(check(&label, url), Ok(()));
        let other = check(&label, "https://ct.example/ABCDEFGH3");
        assert!(
            matches!(other, Err(ReadbackError::Other { found, .. }) if found == url.to_ascii_uppercase())
        );
        label.blacken_rect(30, 30, 80, 80);
        assert_eq!(check(&label, url), Err(ReadbackError::NotReadable));
        assert_eq!(check(&Bitmap::white(0, 0), url), Err(ReadbackError::NotReadable));
    }
}
