//! The 1-bit picture that every label is: MSB left, 1 = black, rows padded to whole bytes with white.

use image::ImageEncoder;

use crate::raster::dpi::Dpi;

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
pub enum PngError {
    /// In grey.
    #[error("writing the label's preview as PNG: {0}")]
    Grey(#[from] image::ImageError),
    /// In black and white.
    #[error("writing the label as PNG: {0}")]
    BlackAndWhite(#[from] png::EncodingError),
}

fn sum_of(a: u32, b: u32, c: u32) -> u32 {
    a.saturating_add(b).saturating_add(c)
}

fn to_offset(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

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
        self.each_byte(x, y, width, height, |byte, mask| *byte |= mask);
    }

    /// Whitens a rectangle, as far as it is inside.
    pub fn whiten_rect(&mut self, x: u32, y: u32, width: u32, height: u32) {
        self.each_byte(x, y, width, height, |byte, mask| *byte &= !mask);
    }

    /// Each byte that the rectangle touches, with the bits of it that are inside.
    fn each_byte(&mut self, x: u32, y: u32, width: u32, height: u32, change: impl Fn(&mut u8, u8)) {
        let (right, bottom) =
            (x.saturating_add(width).min(self.width), y.saturating_add(height).min(self.height));
        if x >= right || y >= bottom {
            return;
        }
        let (first, last) = ((x / 8) as usize, ((right - 1) / 8) as usize);
        let (head, tail) = (0xff >> (x % 8), 0xff << (7 - (right - 1) % 8));
        let row_bytes = self.row_bytes();
        let rows = &mut self.bytes[y as usize * row_bytes..bottom as usize * row_bytes];
        for row in rows.chunks_exact_mut(row_bytes) {
            let last_in_row = last - first;
            for (i, byte) in row[first..=last].iter_mut().enumerate() {
                let mask = if i == 0 { head } else { 0xff } & if i == last_in_row { tail } else { 0xff };
                change(byte, mask);
            }
        }
    }

    /// Blackens here what is black in `other`, whose top left dot is placed at `x`, `y` (which may be outside).
    pub fn overlay(&mut self, other: &Self, x: i32, y: i32) {
        self.combine(other, x, y, |here, there| *here |= there);
    }

    /// Whitens here what is black in `other`, whose top left dot is placed at `x`, `y` (which may be outside).
    pub fn cut_out(&mut self, other: &Self, x: i32, y: i32) {
        self.combine(other, x, y, |here, there| *here &= !there);
    }

    /// Byte by byte, the other one shifted to this one's bits; dots outside are dropped.
    fn combine(&mut self, other: &Self, x: i32, y: i32, join: impl Fn(&mut u8, u8)) {
        let row_bytes = self.row_bytes();
        let (column, shift) = (x.div_euclid(8), x.rem_euclid(8).cast_unsigned());
        let padding = if self.width.is_multiple_of(8) { 0xff } else { 0xffu8 << (8 - self.width % 8) };
        for (i, row) in (0i64..).zip(other.rows()) {
            let Ok(to) = usize::try_from(i64::from(y) + i) else { continue };
            if to >= self.height as usize {
                break;
            }
            let here = &mut self.bytes[to * row_bytes..(to + 1) * row_bytes];
            for (at, &byte) in (i64::from(column)..).zip(row).filter(|(_, byte)| **byte != 0) {
                let next = ((u16::from(byte) << (8 - shift)) & 0xff) as u8;
                for (at, bits) in [(at, byte >> shift), (at + 1, next)] {
                    if let Some(byte) = usize::try_from(at).ok().and_then(|at| here.get_mut(at)) {
                        join(byte, bits);
                    }
                }
            }
            if let Some(last) = here.last_mut() {
                *last &= padding;
            }
        }
    }

    /// The part of it that begins at `x`, `y`; white where that is outside.
    pub fn cropped(&self, x: u32, y: u32, width: u32, height: u32) -> Self {
        let mut part = Self::white(width, height);
        part.overlay(self, 0i32.saturating_sub_unsigned(x), 0i32.saturating_sub_unsigned(y));
        part
    }

    /// With white added at each side.
    pub fn padded(&self, left: u32, top: u32, right: u32, bottom: u32) -> Self {
        let mut wide = Self::white(sum_of(self.width, left, right), sum_of(self.height, top, bottom));
        wide.overlay(self, to_offset(left), to_offset(top));
        wide
    }

    /// Turned a quarter clockwise: the upper edge comes to the right.
    pub fn turned_right(&self) -> Self {
        let mut turned = Self::white(self.height, self.width);
        self.each_black(|x, y| turned.blacken(self.height - 1 - y, x));
        turned
    }

    /// Turned a quarter against the clock: the upper edge comes to the left.
    pub fn turned_left(&self) -> Self {
        let mut turned = Self::white(self.height, self.width);
        self.each_black(|x, y| turned.blacken(y, self.width - 1 - x));
        turned
    }

    fn each_black(&self, mut see: impl FnMut(u32, u32)) {
        for (y, row) in (0..).zip(self.rows()) {
            for (column, &byte) in (0..).zip(row) {
                let mut left = byte;
                while left != 0 {
                    let bit = left.leading_zeros();
                    see(column * 8 + bit, y);
                    left &= !(0x80 >> bit);
                }
            }
        }
    }

    /// White rows and columns before the first black dot: left, top, right, bottom. `None` when all is white.
    pub fn margins(&self) -> Option<(u32, u32, u32, u32)> {
        let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        for (y, row) in (0..).zip(self.rows()) {
            let Some(first) = row.iter().position(|b| *b != 0) else { continue };
            let last = row.iter().rposition(|b| *b != 0).unwrap_or(first);
            // A row has at most DOTS_MAX / 8 bytes.
            left = left.min(first as u32 * 8 + row[first].leading_zeros());
            right = right.min(self.width - (last as u32 * 8 + 8 - row[last].trailing_zeros()));
            top = top.min(y);
            bottom = self.height - 1 - y;
        }
        (top != u32::MAX).then_some((left, top, right, bottom))
    }

    /// How many dots are black.
    pub fn black_dots(&self) -> u64 {
        self.bytes.iter().map(|b| u64::from(b.count_ones())).sum()
    }

    /// The picture as a black and white PNG that states its resolution, so that it is printed at its true
    /// size.
    ///
    /// # Errors
    /// When it has no dots.
    pub fn to_png_1bit(&self, dpi: Dpi) -> Result<Vec<u8>, PngError> {
        let dots_per_metre = (f64::from(dpi.get()) / 0.0254).round() as u32;
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        // Neighbouring rows are mostly the same, and whole bytes compress better than their differences.
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_filter(png::Filter::NoFilter);
        let unit = png::Unit::Meter;
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: dots_per_metre,
            yppu: dots_per_metre,
            unit,
        }));
        let mut writer = encoder.write_header()?;
        let white_is_one: Vec<u8> = self.bytes.iter().map(|byte| !byte).collect();
        writer.write_image_data(&white_is_one)?;
        writer.finish()?;
        Ok(png)
    }

    /// The picture as an 8-bit grey PNG.
    ///
    /// # Errors
    /// When the encoder refuses it.
    pub fn to_png(&self) -> Result<Vec<u8>, PngError> {
        let mut grey = Vec::with_capacity(self.width as usize * self.height as usize);
        for row in self.rows() {
            grey.extend(
                (0..self.width).map(|x| if row[(x / 8) as usize] & (0x80 >> (x % 8)) == 0 { 255 } else { 0 }),
            );
        }
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
    use proptest::prelude::*;

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
    fn black_and_white_png_shows_the_same_dots_at_true_size() {
        let mut b = Bitmap::white(203, 3);
        b.blacken_rect(3, 1, 100, 1);
        b.blacken(202, 2);
        let file = b.to_png_1bit(Dpi::D203).unwrap();
        let image = image::load_from_memory(&file).unwrap().to_luma8();
        assert_eq!(image.dimensions(), (203, 3));
        for (x, y, p) in image.enumerate_pixels() {
            assert_eq!(p.0[0] == 0, b.black(x, y));
        }
        let reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let info = reader.info();
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::One));
        let dims = info.pixel_dims.unwrap();
        assert_eq!((dims.xppu, dims.yppu, dims.unit), (7992, 7992, png::Unit::Meter));
        assert!(matches!(Bitmap::white(0, 3).to_png_1bit(Dpi::D203), Err(PngError::BlackAndWhite(_))));
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

    /// By single dots, slowly: the bytewise functions must agree.
    fn overlay_slowly(on: &mut Bitmap, other: &Bitmap, x: i32, y: i32, black: bool) {
        for row in 0..other.height {
            for column in 0..other.width {
                let to = (i64::from(x) + i64::from(column), i64::from(y) + i64::from(row));
                if let (true, Ok(x), Ok(y)) =
                    (other.black(column, row), u32::try_from(to.0), u32::try_from(to.1))
                {
                    if black { on.blacken(x, y) } else { on.whiten_rect(x, y, 1, 1) }
                }
            }
        }
    }

    fn picture(width: u32, height: u32, seed: u64) -> Bitmap {
        let mut b = Bitmap::white(width, height);
        let mut state = seed | 1;
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if state >> 63 == 1 {
                b.blacken(x, y);
            }
        }
        b
    }

    proptest! {
        #[test]
        fn rectangles_and_overlays_by_bytes_are_those_by_dots(
            (w, h) in (0u32..40, 0u32..12), (rw, rh) in (0u32..45, 0u32..14), seed: u64, x in -45i32..45, y in -14i32..14,
        ) {
            let (mut fast, mut slow) = (picture(w, h, seed), picture(w, h, seed));
            let other = picture(rw, rh, seed ^ 0x55);
            fast.overlay(&other, x, y);
            overlay_slowly(&mut slow, &other, x, y, true);
            prop_assert_eq!(&fast, &slow);
            fast.cut_out(&other, y, x);
            overlay_slowly(&mut slow, &other, y, x, false);
            prop_assert_eq!(&fast, &slow);
            let (x, y) = (x.unsigned_abs(), y.unsigned_abs());
            fast.whiten_rect(x, y, rw, rh);
            for (x, y) in (y..y + rh).flat_map(|row| (x..x + rw).map(move |column| (column, row))) {
                if let Some((byte, bit)) = slow.at(x, y) {
                    slow.bytes[byte] &= !bit;
                }
            }
            prop_assert_eq!(&fast, &slow);
            fast.blacken_rect(y, x, rh, rw);
            for (x, y) in (x..x + rw).flat_map(|row| (y..y + rh).map(move |column| (column, row))) {
                slow.blacken(x, y);
            }
            prop_assert_eq!(&fast, &slow);
        }

        #[test]
        fn turns_crops_and_margins((w, h) in (1u32..40, 1u32..20), seed: u64, pad in 0u32..11) {
            let b = picture(w, h, seed);
            let right = b.turned_right();
            prop_assert_eq!((right.width(), right.height()), (h, w));
            prop_assert!((0..w).all(|x| (0..h).all(|y| b.black(x, y) == right.black(h - 1 - y, x))));
            prop_assert_eq!(&right.turned_left(), &b);
            let wide = b.padded(pad, 1, 2, pad);
            prop_assert_eq!(&wide.cropped(pad, 1, w, h), &b);
            if let (Some(inner), Some(outer)) = (b.margins(), wide.margins()) {
                prop_assert_eq!((inner.0 + pad, inner.1 + 1, inner.2 + 2, inner.3 + pad), outer);
            }
        }
    }

    #[test]
    fn margins_of_one_dot() {
        let mut b = Bitmap::white(21, 5);
        assert_eq!(b.margins(), None);
        b.blacken(9, 3);
        assert_eq!(b.margins(), Some((9, 3, 11, 1)));
    }
}
