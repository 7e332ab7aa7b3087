//! A photo in, a small upright JPEG without any metadata and its thumbnail out; pure, and checked before it is decoded.

use std::io::{Cursor, ErrorKind};

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{
    DynamicImage, GrayImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};
use jpeg_decoder::PixelFormat;
use record::limits::PHOTO_STORED_BYTES_MAX;

/// Pixels of an upload: what phones call 50 megapixels.
const PIXELS_MAX: u64 = 8_192 * 6_144;
const SIDE_MAX: u32 = 16_384;
const STORED_SIDE_MAX: u32 = 2_048;
/// A JPEG is made smaller while it is decoded, in halves, and its long side never smaller than this: 2,048, and less where there are
/// many pixels, for a progressive one is in memory whole.
const SCALED_SIDES_MIN: [u16; 2] = [2_048, 1_500];
const MANY_PIXELS: u64 = 24_000_000;
/// Pixels of a thumbnail's long side; half of them for a picture that is too large at every quality.
const THUMBNAIL_SIDES: [u32; 2] = [320, 160];
/// Qualities of a thumbnail that are tried until it is small enough.
const THUMBNAIL_QUALITIES: [u8; 5] = [70, 55, 40, 25, 10];
pub(super) const THUMBNAIL_BYTES_MAX: usize = 15_000;
const DECODER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Qualities that are tried until the result is small enough; the first nearly always is.
const QUALITIES: [u8; 4] = [80, 65, 50, 35];

#[derive(Debug, thiserror::Error)]
pub(super) enum ScrubError {
    #[error("HEIC")]
    Heic,
    #[error("ends early")]
    CutOff,
    #[error("more pixels than may be opened")]
    TooLarge,
    #[error("not a JPEG, PNG or WebP, or damaged: {0}")]
    NotAPhoto(String),
}

impl From<ImageError> for ScrubError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            other => Self::NotAPhoto(other.to_string()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StrippedPhoto {
    pub(super) photo: Vec<u8>,
    pub(super) thumbnail: Vec<u8>,
}

pub(super) fn strip_metadata(photo: Vec<u8>) -> Result<StrippedPhoto, ScrubError> {
    if is_heic(&photo) {
        return Err(ScrubError::Heic);
    }
    let (small, orientation) = decode_photo(&photo)?;
    drop(photo);
    let mut upright = small;
    upright.apply_orientation(orientation);
    let pixels = flatten_alpha(upright);
    let photo = encode_jpeg(&pixels, &QUALITIES, PHOTO_STORED_BYTES_MAX)?.ok_or(ScrubError::TooLarge)?;
    for side in THUMBNAIL_SIDES {
        let small = shrink_to(pixels.clone(), side);
        if let Some(thumbnail) = encode_jpeg(&small, &THUMBNAIL_QUALITIES, THUMBNAIL_BYTES_MAX)? {
            return Ok(StrippedPhoto { photo, thumbnail });
        }
    }
    Err(ScrubError::TooLarge)
}

/// As a JPEG of the first quality at which it is small enough.
fn encode_jpeg(
    image: &DynamicImage,
    qualities: &[u8],
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, ScrubError> {
    for quality in qualities {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, *quality).encode_image(image)?;
        if jpeg.len() <= bytes_max {
            return Ok(Some(jpeg));
        }
    }
    Ok(None)
}

fn shrink_to(image: DynamicImage, side_max: u32) -> DynamicImage {
    let fits = image.width() <= side_max && image.height() <= side_max;
    if fits { image } else { image.thumbnail(side_max, side_max) }
}

/// Decodes, and makes small at once so that the large image is gone before anything else is done.
fn decode_photo(photo: &[u8]) -> Result<(DynamicImage, Orientation), ScrubError> {
    let format = image::guess_format(photo).ok();
    if is_cut_off(photo, format) {
        return Err(ScrubError::CutOff);
    }
    let reader = ImageReader::new(Cursor::new(photo)).with_guessed_format();
    let mut reader = reader.map_err(|e| ScrubError::NotAPhoto(e.to_string()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits.clone());
    let mut decoder = match reader.into_decoder() {
        Err(_) if format == Some(ImageFormat::Jpeg) && ends_in_head(photo) => return Err(ScrubError::CutOff),
        opened => opened?,
    };
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || width > SIDE_MAX || height > SIDE_MAX {
        return Err(ScrubError::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if format == Some(ImageFormat::Jpeg)
        && let Some(image) = decode_jpeg(photo, u64::from(width) * u64::from(height))?
    {
        return Ok((shrink_to(image, STORED_SIDE_MAX), orientation));
    }
    // Handed to a decoder, limits bind only its own buffers; the image itself is counted here.
    limits.reserve(decoder.total_bytes())?;
    let image = DynamicImage::from_decoder(decoder)?;
    Ok((shrink_to(image, STORED_SIDE_MAX), orientation))
}

fn ends_in_head(jpeg: &[u8]) -> bool {
    let decoded = jpeg_decoder::Decoder::new(jpeg).decode();
    matches!(decoded, Err(jpeg_decoder::Error::Io(error)) if error.kind() == ErrorKind::UnexpectedEof)
}

/// By a decoder that says where a file ends early, and makes a large picture small while it decodes. `None`: that one cannot read
/// it, and another may.
fn decode_jpeg(photo: &[u8], pixels: u64) -> Result<Option<DynamicImage>, ScrubError> {
    let mut decoder = jpeg_decoder::Decoder::new(photo);
    let side = SCALED_SIDES_MIN[usize::from(pixels > MANY_PIXELS)];
    let decoded = decoder.scale(side, side).and_then(|size| Ok((size, decoder.decode()?)));
    let ((width, height), pixels) = match decoded {
        Err(jpeg_decoder::Error::Io(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            return Err(ScrubError::CutOff);
        }
        Err(_) => return Ok(None),
        Ok(decoded) => decoded,
    };
    let (width, height) = (u32::from(width), u32::from(height));
    Ok(match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::RGB24) => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
        Some(PixelFormat::L8) => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        _ => None,
    })
}

/// Whether the file is shorter than it says, or does not say that it ends.
fn is_cut_off(photo: &[u8], format: Option<ImageFormat>) -> bool {
    match format {
        Some(ImageFormat::Png) => !has_end_chunk(photo),
        Some(ImageFormat::WebP) => {
            let stated = photo.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
            stated.is_some_and(|size| usize::try_from(size).is_ok_and(|size| photo.len() - 8 < size))
        }
        _ => false,
    }
}

fn has_end_chunk(png: &[u8]) -> bool {
    let mut at = 8;
    while let Some(&[a, b, c, d, ref kind @ ..]) = png.get(at..).and_then(|rest| rest.get(..8)) {
        let Ok(length) = usize::try_from(u32::from_be_bytes([a, b, c, d])) else { return false };
        at = at.saturating_add(length).saturating_add(12);
        if kind == b"IEND" {
            return at <= png.len();
        }
    }
    false
}

/// On white: a JPEG has no transparency, and black would hide what a picture of paper shows.
fn flatten_alpha(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return DynamicImage::ImageRgb8(image.into_rgb8());
    }
    let rgba = image.into_rgba8();
    DynamicImage::ImageRgb8(image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        blend_white(*rgba.get_pixel(x, y))
    }))
}

fn blend_white(p: image::Rgba<u8>) -> image::Rgb<u8> {
    let [r, g, b, a] = p.0.map(u16::from);
    image::Rgb([r, g, b].map(|c| u8::try_from((c * a + 255 * (255 - a)) / 255).unwrap_or(255)))
}

fn is_heic(photo: &[u8]) -> bool {
    let brands: [&[u8]; 7] = [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"];
    photo.get(4..8) == Some(b"ftyp") && photo.get(8..12).is_some_and(|brand| brands.contains(&brand))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::marked_photos::{MarkedPhoto, compute_crc32, has_mark, marked_photos};
    use image::RgbaImage;

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let image = RgbImage::from_fn(width, height, |x, y| {
            if x < width / 2 { [200, 10, 10] } else { [10, 10, (y % 256) as u8] }.into()
        });
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&image).unwrap();
        bytes
    }

    /// A JPEG with an Exif block: an orientation and a GPS marker.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"GPS 41.8781N 87.6298W");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn upright_and_without_metadata() {
        let photo = with_exif(&jpeg(64, 32), 6);
        assert!(photo.windows(3).any(|w| w == b"GPS"));
        let StrippedPhoto { photo: clean, thumbnail } = strip_metadata(photo).unwrap();
        for trace in [&b"Exif"[..], b"GPS", b"http", b"ICC_PROFILE"] {
            assert!(![&clean, &thumbnail].iter().any(|j| j.windows(trace.len()).any(|w| w == trace)));
        }
        let image = image::load_from_memory(&clean).unwrap();
        assert_eq!((image.width(), image.height()), (32, 64));
        let red = image.to_rgb8();
        assert!(red.get_pixel(16, 4).0[0] > 150, "turned a quarter to the right, the left half is on top");
    }

    /// The markers of a JPEG's segments; nothing comes behind the last.
    fn list_markers(jpeg: &[u8]) -> Vec<u8> {
        let (mut markers, mut at) = (Vec::new(), 0);
        while at < jpeg.len() {
            assert_eq!(jpeg[at], 0xff, "no segment at {at}");
            let marker = jpeg[at + 1];
            markers.push(marker);
            at += 2;
            if matches!(marker, 0xd8 | 0xd9) {
                continue;
            }
            at += usize::from(u16::from_be_bytes([jpeg[at], jpeg[at + 1]]));
            if marker == 0xda {
                // The picture itself: a 0xff in it has a zero behind it.
                at += jpeg[at..].windows(2).position(|pair: &[u8]| pair[0] == 0xff && pair[1] != 0).unwrap();
            }
        }
        markers
    }

    #[test]
    fn no_byte_of_metadata_is_left_whatever_the_format() {
        const SOI: u8 = 0xd8;
        const EOI: u8 = 0xd9;
        // APP0, DQT, SOF, DHT, SOS.
        const PICTURE: [u8; 5] = [0xe0, 0xdb, 0xc0, 0xc4, 0xda];
        for MarkedPhoto { place, bytes } in marked_photos() {
            let StrippedPhoto { photo, thumbnail } =
                strip_metadata(bytes).unwrap_or_else(|error| panic!("{place}: {error}"));
            for clean in [photo, thumbnail] {
                assert!(!has_mark(&clean), "{place}");
                let markers = list_markers(&clean);
                let [SOI, between @ .., EOI] = &markers[..] else { panic!("{place}: {markers:02x?}") };
                assert!(between.iter().all(|marker| PICTURE.contains(marker)), "{place}: {markers:02x?}");
                assert!(clean[2..].starts_with(b"\xff\xe0\0\x10JFIF\0"), "{place}: no more than that");
            }
        }
    }

    #[test]
    fn large_ones_are_made_small_and_the_same_is_the_same() {
        let clean = strip_metadata(jpeg(3000, 1500)).unwrap();
        let size = |jpeg: &[u8]| image::load_from_memory(jpeg).map(|i| (i.width(), i.height())).unwrap();
        assert_eq!((size(&clean.photo), size(&clean.thumbnail)), ((2048, 1024), (320, 160)));
        let small = strip_metadata(jpeg(200, 100)).unwrap();
        assert_eq!((size(&small.photo), size(&small.thumbnail)), ((200, 100), (200, 100)), "nothing grows");
        assert_eq!(strip_metadata(jpeg(3000, 1500)).unwrap(), clean);
    }

    /// One grey all over: in each table the one code is a zero bit, and so is all that the scans hold.
    fn plain_jpeg(frame: u8, components: u8, (width, height): (u16, u16)) -> Vec<u8> {
        let [[w1, w0], [h1, h0]] = [width.to_be_bytes(), height.to_be_bytes()];
        let mut jpeg = [&b"\xff\xd8\xff\xdb\0\x43\0"[..], &[1; 64]].concat();
        for table in [0x00, 0x10] {
            jpeg.extend([&[0xff, 0xc4, 0, 20, table, 1][..], &[0; 16]].concat());
        }
        jpeg.extend([0xff, frame, 0, 8 + 3 * components, 8, h1, h0, w1, w0, components]);
        jpeg.extend((1..=components).flat_map(|id| [id, 0x11, 0]));
        let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
        let mut scan = |ids: std::ops::RangeInclusive<u8>, first: u8, last: u8| {
            let count = u8::try_from(ids.clone().count()).unwrap();
            jpeg.extend([0xff, 0xda, 0, 6 + 2 * count, count]);
            jpeg.extend(ids.flat_map(|id| [id, 0]));
            jpeg.extend([first, last, 0]);
            jpeg.extend(vec![
                0;
                (blocks * usize::from(count) * if first == last || first > 0 { 1 } else { 2 })
                    .div_ceil(8)
            ]);
        };
        match frame {
            0xc2 => {
                scan(1..=components, 0, 0);
                (1..=components).for_each(|id| scan(id..=id, 1, 63));
            }
            _ => scan(1..=components, 0, 63),
        }
        jpeg.extend(b"\xff\xd9");
        jpeg
    }

    #[test]
    fn fifty_megapixels_are_taken_progressive_ones_too() {
        for (frame, components) in [(0xc0, 1), (0xc2, 3)] {
            let jpeg = plain_jpeg(frame, components, (8_192, 6_144));
            let photo = image::load_from_memory(&strip_metadata(jpeg).unwrap().photo).unwrap();
            assert_eq!((photo.width(), photo.height()), (2_048, 1_536));
        }
        let larger = strip_metadata(plain_jpeg(0xc0, 1, (8_200, 6_144)));
        assert!(matches!(larger, Err(ScrubError::TooLarge)));
    }

    #[test]
    fn what_ends_early_is_called_that() {
        let mut png = Vec::new();
        let image = RgbImage::from_fn(40, 40, |x, y| [x as u8, y as u8, (x * y) as u8].into());
        image.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        let mut webp = Vec::new();
        image.write_to(&mut Cursor::new(&mut webp), ImageFormat::WebP).unwrap();
        let grey = plain_jpeg(0xc0, 1, (4_200, 100));
        for whole in [jpeg(64, 64), grey, png, webp] {
            for end in [whole.len() / 2, whole.len() * 9 / 10, whole.len() - 1] {
                let cut = strip_metadata(whole[..end].to_vec());
                assert!(matches!(cut, Err(ScrubError::CutOff)), "{:?}: {end}", &whole[..4]);
            }
            assert!(strip_metadata(whole).is_ok());
        }
    }

    #[test]
    fn a_thumbnail_is_small_whatever_is_on_it() {
        let mut seed = 7u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        };
        // Noise that stays when it is made small: squares of the size of a thumbnail's pixels.
        let squares: Vec<[u8; 3]> = (0..320 * 240).map(|_| [noise(), noise(), noise()]).collect();
        let mut photo = Vec::new();
        let image = RgbImage::from_fn(1280, 960, |x: u32, y: u32| {
            squares[usize::try_from(y / 4 * 320 + x / 4).unwrap()].into()
        });
        JpegEncoder::new_with_quality(&mut photo, 90).encode_image(&image).unwrap();
        let thumbnail = strip_metadata(photo).unwrap().thumbnail;
        assert!(thumbnail.len() <= THUMBNAIL_BYTES_MAX, "{}", thumbnail.len());
        assert!(image::load_from_memory(&thumbnail).is_ok());
    }

    #[test]
    fn a_tail_is_gone() {
        let polyglot = [&jpeg(16, 16)[..], b"<html><script>alert(1)</script>"].concat();
        let clean = strip_metadata(polyglot).unwrap();
        assert!(!clean.photo.windows(6).any(|w| w == b"script"));
    }

    #[test]
    fn transparency_is_white() {
        let mut png = Vec::new();
        RgbaImage::new(8, 8).write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        let image = image::load_from_memory(&strip_metadata(png).unwrap().photo).unwrap().to_rgb8();
        assert!(image.get_pixel(4, 4).0.iter().all(|&c| c > 250));
    }

    #[test]
    fn bombs_and_strangers_are_refused() {
        let mut png = Vec::new();
        RgbImage::new(1, 1).write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        png[16..24].copy_from_slice(&[0, 0, 255, 255, 0, 0, 255, 255]);
        // The header's checksum goes with its sizes.
        let crc = compute_crc32(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&crc);
        assert!(matches!(strip_metadata(png), Err(ScrubError::TooLarge)));
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        assert!(matches!(strip_metadata(heic.to_vec()), Err(ScrubError::Heic)));
        for stranger in [
            &b""[..],
            b"x",
            b"GIF89a\x01\0\x01\0",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PDF-1.7",
            b"II*\0",
            b"<html>",
            b"PK\x03\x04\x14\0\0\0\x08\0x.jpg",
        ] {
            assert!(
                matches!(strip_metadata(stranger.to_vec()), Err(ScrubError::NotAPhoto(_))),
                "{stranger:?}"
            );
        }
    }

    #[test]
    fn cut_off_anywhere_is_refused() {
        let whole = with_exif(&jpeg(64, 64), 9);
        for percent in 0..100 {
            assert!(strip_metadata(whole[..whole.len() * percent / 100].to_vec()).is_err(), "{percent}");
        }
        assert!(strip_metadata(whole).is_ok(), "an orientation that does not exist is no reason to refuse");
    }
}
