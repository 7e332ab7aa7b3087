//! Code readers that we did not write, and the one question that they cannot answer: is the code mirrored?

use std::path::{Path, PathBuf};
use std::process::Command;

use image::GrayImage;

pub fn zbar(pictures: &[PathBuf]) -> Vec<String> {
    // Without D-Bus, raw: else it reports to a desktop that is not there.
    let options = ["-q", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable"];
    let out = Command::new("zbarimg").args(options).args(pictures).output();
    let out = out.expect("zbarimg is missing: tests/run installs zbar-tools");
    String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Without trying inverted colours.
pub fn zxing(pictures: &[PathBuf]) -> Vec<String> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/venv/bin/python");
    let program = "import sys, zxingcpp\nfrom PIL import Image\n\
        for path in sys.argv[1:]:\n    \
        print(' '.join(c.text for c in zxingcpp.read_barcodes(Image.open(path), try_invert=False)))\n";
    let out = Command::new(&python).args(["-c", program]).args(pictures).output();
    let out = out.unwrap_or_else(|e| panic!("{}: {e}: tests/run installs zxing-cpp there", python.display()));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The modules of the code at the left of a label, sampled at their middles; row by row.
pub fn modules(label: &GrayImage) -> Vec<Vec<bool>> {
    let black = |x: u32, y: u32| label.get_pixel(x, y).0[0] == 0;
    let column = |x: u32| (0..label.height()).filter(move |&y| black(x, y));
    let left = (0..label.width()).find(|&x| column(x).next().is_some()).unwrap();
    let (top, bottom) = (column(left).next().unwrap(), column(left).next_back().unwrap());
    // The finder pattern's upper edge is seven modules long.
    let edge = (left..).take_while(|&x| black(x, top)).count() as u32;
    let module = edge / 7;
    assert_eq!((edge % 7, (bottom + 1 - top) % module), (0, 0), "modules are whole dots");
    let size = (bottom + 1 - top) / module;
    let middles = || (0..size).map(move |i| i * module + module / 2);
    middles().map(|y| middles().map(|x| black(left + x, top + y)).collect()).collect()
}

/// Whether the format word beside the upper left finder is one of the 32 that exist. Of a mirrored code it is
/// not.
pub fn format_word_is_true(code: &[Vec<bool>]) -> bool {
    let at = [
        (8, 0),
        (8, 1),
        (8, 2),
        (8, 3),
        (8, 4),
        (8, 5),
        (8, 7),
        (8, 8),
        (7, 8),
        (5, 8),
        (4, 8),
        (3, 8),
        (2, 8),
        (1, 8),
        (0, 8),
    ];
    let word = at.iter().fold(0u32, |word, &(row, column)| word << 1 | u32::from(code[row][column])) ^ 0x5412;
    (0..32u32).any(|data| bch(data) == word)
}

/// The BCH(15,5) word of five bits.
fn bch(data: u32) -> u32 {
    let mut rest = data << 10;
    for bit in (10..15).rev() {
        if rest >> bit & 1 == 1 {
            rest ^= 0x537 << (bit - 10);
        }
    }
    data << 10 | rest
}

pub fn transposed(code: &[Vec<bool>]) -> Vec<Vec<bool>> {
    (0..code.len()).map(|c| code.iter().map(|row| row[c]).collect()).collect()
}

#[test]
fn readers_take_mirrored_codes_and_the_format_word_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let url = "HTTPS://CT.EXAMPLE/7QK3M9X2W";
    let mut label = labels::Bitmap::white(240, 240);
    labels::code::encode_qr(url).unwrap().draw(&mut label, 24, 24, 6);
    let plain = image::load_from_memory(&label.to_png().unwrap()).unwrap().to_luma8();
    let code = modules(&plain);
    assert!(format_word_is_true(&code));
    assert!(!format_word_is_true(&transposed(&code)), "a mirrored code is its transpose, turned");

    let path = dir.path().join("mirrored.png");
    image::imageops::flip_horizontal(&plain).save(&path).unwrap();
    assert_eq!(zbar(std::slice::from_ref(&path)), [url], "a reader is no proof against mirroring");
    assert_eq!(zxing(&[path]), [url]);
}
