//! The 1-bit picture that every label is: MSB left, 1 = black, rows padded to whole bytes with white.

use image::ImageEncoder;

/// Dots of a picture in either direction: the widest head that labels come from has 1,296, the longest label a metre.
pub const DOTS_MAX: u32 = 16_384;

/// A label as dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    bytes: Vec<u8>,
}

/// A picture could not be written as PNG.
#[derive(Debug, thiserror::Error)]
#[error("writing the label's preview as PNG: {0}")]
pub struct PngError(#[from] image::ImageError);

impl Bitmap {
    /// A white picture; sizes over [`DOTS_MAX`] are cut to it.
    pub fn white(width: u32, height: u32) -> Self {
        let (width, height) = (width.min(DOTS_MAX), height.min(DOTS_MAX));
        let bytes = vec![0; width.div_ceil(8) as usize * height as usize];
        Self { width, height, bytes }
    }

    /// Dots from left to right.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Dots from top to bottom.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// The rows from the top, each [`Self::row_bytes`] long.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        // A picture of no width has no bytes and so no rows.
        self.bytes.chunks_exact(self.row_bytes().max(1))
    }

    /// All rows as one run of bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the dot is black; white outside.
    pub fn black(&self, x: u32, y: u32) -> bool {
        self.at(x, y).is_some_and(|(byte, bit)| self.bytes[byte] & bit != 0)
    }

    /// Blackens a dot; outside nothing happens.
    pub fn blacken(&mut self, x: u32, y: u32) {
        if let Some((byte, bit)) = self.at(x, y) {
            self.bytes[byte] |= bit;
        }
    }

    /// Blackens a rectangle, as far as it is inside.
    pub fn blacken_rect(&mut self, x: u32, y: u32, width: u32, height: u32) {
        for row in y..y.saturating_add(height).min(self.height) {
            for column in x..x.saturating_add(width).min(self.width) {
                self.blacken(column, row);
            }
        }
    }

    /// Blackens here what is black in `other`, whose top left dot comes to `x`, `y` (which may be outside).
    pub fn overlay(&mut self, other: &Self, x: i32, y: i32) {
        for row in 0..other.height {
            for column in 0..other.width {
                if other.black(column, row) {
                    let to = (x.checked_add_unsigned(column), y.checked_add_unsigned(row));
                    if let (Some(Ok(x)), Some(Ok(y))) = (to.0.map(u32::try_from), to.1.map(u32::try_from)) {
                        self.blacken(x, y);
                    }
                }
            }
        }
    }

    /// How many dots are black.
    pub fn black_dots(&self) -> u64 {
        self.bytes.iter().map(|b| u64::from(b.count_ones())).sum()
    }

    /// The picture as an 8-bit grey PNG.
    ///
    /// # Errors
    /// When the encoder refuses it.
    pub fn to_png(&self) -> Result<Vec<u8>, PngError> {
        let grey: Vec<u8> = (0..self.height)
            .flat_map(|y| (0..self.width).map(move |x| if self.black(x, y) { 0 } else { 255 }))
            .collect();
        let mut png = Vec::new();
        image::codecs::png::PngEncoder::new(&mut png).write_image(
            &grey,
            self.width,
            self.height,
            image::ExtendedColorType::L8,
        )?;
        Ok(png)
    }

    fn at(&self, x: u32, y: u32) -> Option<(usize, u8)> {
        (x < self.width && y < self.height)
            .then(|| (y as usize * self.row_bytes() + (x / 8) as usize, 0x80 >> (x % 8)))
    }
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} × {}", self.width, self.height)?;
        for y in 0..self.height {
            let row: String = (0..self.width).map(|x| if self.black(x, y) { '#' } else { '.' }).collect();
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftmost_dot_is_the_highest_bit_and_padding_is_white() {
        let mut b = Bitmap::white(10, 2);
        b.blacken(0, 0);
        b.blacken_rect(7, 1, 20, 20);
        b.blacken(10, 0);
        assert_eq!(b.bytes(), [0x80, 0x00, 0x01, 0xc0]);
        assert!(b.black(9, 1) && !b.black(10, 1) && !b.black(0, 2));
        assert_eq!(b.rows().len(), 2);
    }

    #[test]
    fn overlay_clips_at_every_edge() {
        let mut dot = Bitmap::white(3, 3);
        dot.blacken_rect(0, 0, 3, 3);
        let mut b = Bitmap::white(4, 4);
        b.overlay(&dot, -2, -2);
        b.overlay(&dot, 3, 3);
        b.overlay(&dot, i32::MAX, i32::MIN);
        assert_eq!(b.black_dots(), 2);
        assert!(b.black(0, 0) && b.black(3, 3));
    }

    #[test]
    fn png_shows_the_same_dots() {
        let mut b = Bitmap::white(9, 3);
        b.blacken(8, 2);
        let image = image::load_from_memory(&b.to_png().unwrap()).unwrap().to_luma8();
        assert_eq!(image.dimensions(), (9, 3));
        for (x, y, p) in image.enumerate_pixels() {
            assert_eq!(p.0[0] == 0, b.black(x, y));
        }
    }
}
