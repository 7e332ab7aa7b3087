//! A photo as a phone takes it: lying on its side with a tag that says so, and with the place where it was taken.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// Latitude and longitude as in the file, which nobody must find afterwards.
const DEGREES: [(u32, u32); 3] = [(44_887_766, 1_000_000), (31, 1), (27, 1)];

/// 640 × 480, red on the left and blue on the right; upright it is 480 × 640, red above blue.
pub(crate) fn sideways() -> Vec<u8> {
    let image =
        RgbImage::from_fn(640, 480, |x, _| if x < 320 { Rgb([200, 30, 30]) } else { Rgb([30, 30, 200]) });
    let mut jpeg = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 90)).expect("a JPEG");
    let exif = exif();
    let length = u16::try_from(exif.len() + 2).expect("a short segment").to_be_bytes();
    // Behind the start of the image, before everything else.
    let mut file = jpeg[..2].to_vec();
    file.extend([0xff, 0xe1]);
    file.extend(length);
    file.extend(exif);
    file.extend(&jpeg[2..]);
    file
}

/// One field of a TIFF directory, little-endian.
fn field(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    let mut field = tag.to_le_bytes().to_vec();
    field.extend(kind.to_le_bytes());
    field.extend(count.to_le_bytes());
    field.extend(value.to_le_bytes());
    field
}

fn exif() -> Vec<u8> {
    let (ascii, short, long, rational) = (2, 3, 4, 5);
    let gps_at = 8 + 2 + 2 * 12 + 4;
    let degrees_at = gps_at + 2 + 2 * 12 + 4;
    let mut out = b"Exif\0\0II*\0".to_vec();
    out.extend(8u32.to_le_bytes());
    out.extend(2u16.to_le_bytes());
    // Orientation 6: turn it a quarter clockwise.
    out.extend(field(0x0112, short, 1, 6));
    out.extend(field(0x8825, long, 1, gps_at));
    out.extend(0u32.to_le_bytes());
    out.extend(2u16.to_le_bytes());
    out.extend(field(1, ascii, 2, u32::from(b'N')));
    out.extend(field(2, rational, 3, degrees_at));
    out.extend(0u32.to_le_bytes());
    for (above, below) in DEGREES {
        out.extend(above.to_le_bytes());
        out.extend(below.to_le_bytes());
    }
    out
}

pub(crate) fn assert_cleaned(stored: &[u8]) {
    let place = DEGREES[0].0.to_le_bytes();
    assert!(sideways().windows(4).any(|w| w == place), "the photo that was sent has a place");
    assert!(
        !stored.windows(4).any(|w| w == b"Exif" || w == place),
        "the photo still says where it was taken"
    );
    let image = image::load_from_memory(stored).expect("a picture").to_rgb8();
    let (width, height) = image.dimensions();
    assert!(width < height, "not upright: {width} × {height}");
    let (above, below) =
        (image.get_pixel(width / 2, height / 8).0, image.get_pixel(width / 2, height * 7 / 8).0);
    assert!(above[0] > 150 && above[2] < 90, "above is not red: {above:?}");
    assert!(below[2] > 150 && below[0] < 90, "below is not blue: {below:?}");
}
