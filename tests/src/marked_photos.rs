//! Photos with a mark in each place where a file can say where and by what it was taken.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageFormat, RgbImage};

pub(crate) const MARK: &[u8] = b"GPS 41.8781N 87.6298W";

const SIDE: u32 = 48;

pub(crate) struct MarkedPhoto {
    /// Which field or segment it is in.
    pub(crate) place: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// One for each place, and for each format one with all of them.
pub(crate) fn marked_photos() -> Vec<MarkedPhoto> {
    fn mark_photo(place: &'static str, bytes: Vec<u8>) -> MarkedPhoto {
        MarkedPhoto { place, bytes }
    }
    let segments = jpeg_segments();
    let chunks = png_chunks();
    let parts = webp_chunks();
    let mut all: Vec<MarkedPhoto> = segments
        .iter()
        .map(|(place, segment)| mark_photo(place, with_segments(std::slice::from_ref(segment))))
        .chain(
            chunks
                .iter()
                .map(|(place, chunk)| mark_photo(place, with_png_chunks(std::slice::from_ref(chunk)))),
        )
        .chain(
            parts.iter().map(|(place, part)| mark_photo(place, with_webp_chunks(std::slice::from_ref(part)))),
        )
        .collect();
    all.push(mark_photo("all of a JPEG", with_segments(&segments.map(|(_, segment)| segment))));
    all.push(mark_photo("all of a PNG", with_png_chunks(&chunks.map(|(_, chunk)| chunk))));
    all.push(mark_photo("all of a WebP", with_webp_chunks(&parts.map(|(_, part)| part))));
    assert!(all.iter().all(|photo| has_mark(&photo.bytes)));
    all
}

pub(crate) fn has_mark(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|window| window == MARK)
}

fn draw_picture() -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        image::Rgb([200, u8::try_from(x * 5).unwrap_or(255), (y % 256) as u8])
    })
}

fn make_exif() -> Vec<u8> {
    let directory = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0";
    [directory, MARK].concat()
}

fn make_segment(marker: u8, head: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(2 + head.len() + body.len()).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], head, body].concat()
}

fn jpeg_segments() -> [(&'static str, Vec<u8>); 5] {
    [
        ("APP1 Exif", make_segment(0xe1, b"Exif\0\0", &make_exif())),
        ("APP1 XMP", make_segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0", MARK)),
        ("APP2 ICC", make_segment(0xe2, b"ICC_PROFILE\0\x01\x01", MARK)),
        ("APP13", make_segment(0xed, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x15", MARK)),
        ("COM", make_segment(0xfe, b"", MARK)),
    ]
}

/// Directly after the start of the picture.
fn with_segments(segments: &[Vec<u8>]) -> Vec<u8> {
    let mut jpeg = Vec::new();
    draw_picture().write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

fn make_png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let content = [&kind[..], body].concat();
    [&length[..], &content, &compute_crc32(&content).to_be_bytes()].concat()
}

fn png_chunks() -> [(&'static str, Vec<u8>); 3] {
    [
        ("tEXt", make_png_chunk(b"tEXt", &[b"Location\0", MARK].concat())),
        ("iTXt", make_png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", MARK].concat())),
        ("eXIf", make_png_chunk(b"eXIf", &make_exif())),
    ]
}

/// Behind the header of eight and twenty-five bytes.
fn with_png_chunks(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut png = Vec::new();
    draw_picture().write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

fn webp_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let fill: &[u8] = if body.len().is_multiple_of(2) { b"" } else { b"\0" };
    [&kind[..], &length, body, fill].concat()
}

fn webp_chunks() -> [(&'static str, Vec<u8>); 2] {
    [("EXIF", webp_chunk(b"EXIF", &make_exif())), ("XMP", webp_chunk(b"XMP ", MARK))]
}

/// In the extended form, which announces such chunks.
fn with_webp_chunks(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut webp = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut webp);
    encoder.encode(&draw_picture(), SIDE, SIDE, ExtendedColorType::Rgb8).unwrap();
    let flags =
        chunks.iter().fold(0u8, |all, chunk| all | if chunk.starts_with(b"EXIF") { 0x08 } else { 0x04 });
    let side = &(SIDE - 1).to_le_bytes()[..3];
    let head = webp_chunk(b"VP8X", &[&[flags, 0, 0, 0], side, side].concat());
    // The picture itself follows `RIFF`, a length and `WEBP`.
    let content = [b"WEBP", &head[..], &webp[12..], &chunks.concat()].concat();
    [b"RIFF", &u32::try_from(content.len()).unwrap().to_le_bytes()[..], &content].concat()
}

pub(crate) fn compute_crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
    })
}
