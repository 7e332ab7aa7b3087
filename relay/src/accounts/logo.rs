//! The picture at the top of account pages: an upload is decoded within bounds and redrawn, small; nothing of the file is kept.

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

pub const UPLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Pixels of an upload, and of its sides: a file of that size may unfold to gigabytes.
const PIXELS_MAX: u64 = 8_000_000;
const SIDE_MAX: u32 = 8_192;
const DECODER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Pixels of what is kept: three for one at the head of a page.
const WIDTH_MAX: u32 = 480;
const HEIGHT_MAX: u32 = 96;
/// Pictures that this process opens at once.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum LogoFault {
    Missing,
    TooLarge,
    Unreadable,
}

impl From<ImageError> for LogoFault {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            _ => Self::Unreadable,
        }
    }
}

pub async fn draw_logo(upload: Vec<u8>) -> Result<Vec<u8>, LogoFault> {
    let Ok(turn) = Arc::clone(&TURNS).acquire_owned().await else { return Err(LogoFault::Unreadable) };
    // A client that disconnects ends no decoder: the turn is over when the decoder is done.
    let drawn = tokio::task::spawn_blocking(move || {
        let drawn = redraw_picture(upload);
        drop(turn);
        drawn
    });
    let drawn = drawn.await;
    drawn.unwrap_or(Err(LogoFault::Unreadable))
}

fn redraw_picture(upload: Vec<u8>) -> Result<Vec<u8>, LogoFault> {
    if upload.is_empty() {
        return Err(LogoFault::Missing);
    }
    if upload.len() > UPLOAD_BYTES_MAX {
        return Err(LogoFault::TooLarge);
    }
    let mut picture = open_picture(upload)?;
    if picture.width() > WIDTH_MAX || picture.height() > HEIGHT_MAX {
        picture = picture.thumbnail(WIDTH_MAX, HEIGHT_MAX);
    }
    let mut png = Vec::new();
    DynamicImage::ImageRgba8(picture.into_rgba8()).write_with_encoder(PngEncoder::new(&mut png))?;
    Ok(png)
}

/// Its sides are looked at before anything of it is unfolded.
fn open_picture(upload: Vec<u8>) -> Result<DynamicImage, LogoFault> {
    let mut reader =
        ImageReader::new(Cursor::new(upload)).with_guessed_format().map_err(|_| LogoFault::Unreadable)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Err(LogoFault::Unreadable);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || width > SIDE_MAX || height > SIDE_MAX {
        return Err(LogoFault::TooLarge);
    }
    // Handed to a decoder, limits bind only its own buffers; the picture itself is counted here.
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use image::{RgbImage, RgbaImage};

    use super::*;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn plain(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, image::Rgb([12, 58, 45])))
    }

    #[tokio::test]
    async fn a_picture_is_drawn_anew_and_small() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let png = draw_logo(file(&plain(2_000, 200), format)).await.unwrap();
            let drawn = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
            assert_eq!((drawn.width(), drawn.height()), (480, 48), "{format:?}");
        }
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(40, 40, image::Rgba([9, 9, 9, 0])));
        let png = draw_logo(file(&clear, ImageFormat::Png)).await.unwrap();
        let drawn = image::load_from_memory(&png).unwrap();
        assert_eq!((drawn.width(), drawn.color().has_alpha()), (40, true), "it is not blown up");
    }

    #[tokio::test]
    async fn nothing_of_the_file_is_kept() {
        let mut named = file(&plain(50, 50), ImageFormat::Png);
        let text = b"tEXtComment\0<script>alert(1)</script>";
        let at = named.len() - 12;
        let crc = crc32(text);
        let length = u32::try_from(text.len() - 4).unwrap().to_be_bytes();
        named.splice(at..at, [&length[..], text, &crc.to_be_bytes()].concat());
        named.extend_from_slice(b"<script>behind the end</script>");
        let png = draw_logo(named).await.unwrap();
        assert!(!png.windows(6).any(|part| part == b"script"));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
        }
        !crc
    }

    #[tokio::test]
    async fn what_unfolds_too_far_is_not_opened() {
        for (width, height) in [(8_193, 1), (1, 8_193), (4_000, 2_001)] {
            let bomb = file(&plain(width, height), ImageFormat::Png);
            assert!(bomb.len() < UPLOAD_BYTES_MAX, "{width} x {height}");
            assert_eq!(draw_logo(bomb).await, Err(LogoFault::TooLarge), "{width} x {height}");
        }
        // A head that says of a small file that it is 60,000 pixels wide and high.
        let mut head = file(&plain(8, 8), ImageFormat::Png);
        head[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let crc = crc32(&head[12..29]).to_be_bytes();
        head[29..33].copy_from_slice(&crc);
        assert_eq!(draw_logo(head).await, Err(LogoFault::TooLarge));
        assert_eq!(draw_logo(vec![0; UPLOAD_BYTES_MAX + 1]).await, Err(LogoFault::TooLarge));
    }

    #[tokio::test]
    async fn what_is_no_picture_is_refused() {
        assert_eq!(draw_logo(Vec::new()).await, Err(LogoFault::Missing));
        let png = file(&plain(50, 50), ImageFormat::Png);
        for wrong in [
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>".to_vec(),
            b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec(),
            b"\x89PNG\r\n\x1a\n".to_vec(),
            png[..png.len() / 2].to_vec(),
            vec![0xff; 500],
        ] {
            assert_eq!(draw_logo(wrong).await, Err(LogoFault::Unreadable));
        }
    }
}
