//! A hospital's logo: an uploaded picture, refused before it is unpacked when it is too large, then dots.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::raster::bitmap::Bitmap;

/// Bytes of a logo's file.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Pixels of a logo; a label shows some ten thousand of them.
pub const PIXELS_MAX: u64 = 4_000_000;
/// Pixels of one side.
pub const SIDE_MAX: u32 = 16_384;
/// Bytes that a decoder may take: 4 megapixels of 16-bit RGBA, and as much again for its own use.
const DECODER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Grey below which a dot is black.
const THRESHOLD: u32 = 128;

/// Why a picture is no logo.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum LogoError {
    /// Over [`FILE_BYTES_MAX`].
    File(usize),
    /// Neither of the two.
    Format,
    /// Over [`PIXELS_MAX`] or [`SIDE_MAX`].
    TooLarge {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
    },
    /// Damaged.
    Damaged(#[from] image::ImageError),
}

/// A logo in greys on white.
#[derive(Debug, Clone)]
pub struct Logo {
    width: u32,
    height: u32,
    greys: Arc<[u8]>,
    /// As it was fitted lately: the labels of a job all have it in one size, or in two.
    fitted: Arc<Mutex<VecDeque<Fitted>>>,
}

#[derive(Debug)]
struct Fitted {
    space: (u32, u32),
    dots: Arc<Bitmap>,
}

/// Sizes that are kept: a template has seldom more than one logo.
const FITTED_MAX: usize = 4;

fn source_span(at: u64, of: u64, own: u64) -> (usize, usize) {
    let from = at * own / of;
    (from as usize, ((at + 1) * own / of).max(from + 1) as usize)
}

fn blend_on_white(p: &image::LumaA<u8>) -> u8 {
    let (grey, alpha) = (u32::from(p.0[0]), u32::from(p.0[1]));
    // At most 255.
    ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
}

impl Logo {
    /// Reads a PNG or JPEG file.
    ///
    /// # Errors
    /// When it is something else, damaged, or too large; the size is known before anything is unpacked.
    pub fn decode(file: &[u8]) -> Result<Self, LogoError> {
        if file.len() > FILE_BYTES_MAX {
            return Err(LogoError::File(file.len()));
        }
        let format = image::guess_format(file).ok();
        let format =
            format.filter(|f| matches!(f, ImageFormat::Png | ImageFormat::Jpeg)).ok_or(LogoError::Format)?;
        let mut reader = ImageReader::with_format(std::io::Cursor::new(file), format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(DECODER_BYTES_MAX);
        reader.limits(limits);
        let decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if width > SIDE_MAX || height > SIDE_MAX || pixels > PIXELS_MAX || pixels == 0 {
            return Err(LogoError::TooLarge { width, height });
        }
        let picture = DynamicImage::from_decoder(decoder)?.into_luma_alpha8();
        Ok(Self {
            width,
            height,
            greys: picture.pixels().map(blend_on_white).collect(),
            fitted: Arc::default(),
        })
    }

    /// Pixels across and down.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// As large as fits with its proportions, each dot black or white by the mean of what it covers.
    pub(crate) fn fitted(&self, width: u32, height: u32) -> Arc<Bitmap> {
        let mut lately = self.fitted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fitted) = lately.iter().find(|fitted| fitted.space == (width, height)) {
            return fitted.dots.clone();
        }
        let dots = Arc::new(self.fit(width, height));
        lately.truncate(FITTED_MAX - 1);
        lately.push_front(Fitted { space: (width, height), dots: dots.clone() });
        dots
    }

    fn fit(&self, width: u32, height: u32) -> Bitmap {
        let (own_w, own_h) = (u64::from(self.width), u64::from(self.height));
        let (box_w, box_h) = (u64::from(width), u64::from(height));
        let (w, h) = if own_w * box_h > own_h * box_w {
            (box_w, (own_h * box_w / own_w).max(1))
        } else {
            ((own_w * box_h / own_h).max(1), box_h)
        };
        let mut dots = Bitmap::white(w as u32, h as u32);
        for y in 0..dots.height() {
            let (top, bottom) = source_span(u64::from(y), h, own_h);
            for x in 0..dots.width() {
                let (left, right) = source_span(u64::from(x), w, own_w);
                let rows = self.greys.chunks_exact(self.width as usize).skip(top).take(bottom - top);
                let sum: u64 = rows.flat_map(|row| &row[left..right]).map(|g| u64::from(*g)).sum();
                let count = ((right - left) * (bottom - top)) as u64;
                if sum < u64::from(THRESHOLD) * count {
                    dots.blacken(x, y);
                }
            }
        }
        dots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayAlphaImage, LumaA};
    use proptest::prelude::*;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn half() -> DynamicImage {
        GrayAlphaImage::from_fn(200, 100, |x, _| LumaA([0, if x < 100 { 255 } else { 0 }])).into()
    }

    #[test]
    fn keeps_its_shape_and_see_through_is_white() {
        let logo = Logo::decode(&file(&half(), ImageFormat::Png)).unwrap();
        for (w, h, to) in
            [(50, 50, (50, 25)), (300, 30, (60, 30)), (1, 1, (1, 1)), (4_000, 2_000, (4_000, 2_000))]
        {
            let dots = logo.fitted(w, h);
            assert_eq!(logo.fitted(w, h), dots, "the same again");
            assert_eq!((dots.width(), dots.height()), to);
            // The mean of a single dot is 127: black.
            assert_eq!(
                dots.black_dots(),
                if to == (1, 1) { 1 } else { u64::from(to.0 / 2) * u64::from(to.1) }
            );
        }
        let jpeg = DynamicImage::from(half().to_rgb8());
        assert!(Logo::decode(&file(&jpeg, ImageFormat::Jpeg)).is_ok());
    }

    /// A PNG that claims 10,000 × 10,000 pixels and holds none: only its header may be read.
    fn huge_png() -> Vec<u8> {
        let mut png = file(&half(), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
        let crc = png[12..29].iter().fold(!0u32, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
        });
        png[29..33].copy_from_slice(&(!crc).to_be_bytes());
        png
    }

    #[test]
    fn a_hundred_megapixels_are_refused_before_they_are_unpacked() {
        let refusal = Logo::decode(&huge_png()).unwrap_err();
        assert!(matches!(refusal, LogoError::TooLarge { width: 10_000, height: 10_000 }), "{refusal}");
    }

    #[test]
    fn what_is_no_logo() {
        assert!(matches!(Logo::decode(b"GIF89a"), Err(LogoError::Format)));
        assert!(matches!(Logo::decode(b""), Err(LogoError::Format)));
        assert!(matches!(Logo::decode(b"<svg/>"), Err(LogoError::Format)));
        assert!(matches!(Logo::decode(&vec![0; FILE_BYTES_MAX + 1]), Err(LogoError::File(_))));
        let png = file(&half(), ImageFormat::Png);
        assert!(matches!(Logo::decode(&png[..png.len() / 2]), Err(LogoError::Damaged(_))));
    }

    proptest! {
        #[test]
        fn a_damaged_picture_is_refused_or_drawn(at in 0usize..2_000, byte: u8, jpeg: bool, keep in 0usize..4_000) {
            let rgb = DynamicImage::from(half().to_rgb8());
            let mut bytes = file(&rgb, if jpeg { ImageFormat::Jpeg } else { ImageFormat::Png });
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(keep.max(10));
            if let Ok(logo) = Logo::decode(&bytes) {
                logo.fitted(31, 17);
            }
        }
    }
}
