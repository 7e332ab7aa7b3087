//! ZPL's two encodings of a picture: alternative compression of hex (ACS), and zlib in base64 (Z64).

use std::io::Write as _;

use base64::Engine as _;

use crate::raster::bitmap::Bitmap;

/// Counts of one letter: `G` to `Y` are 1 to 19, `g` to `z` are 20 to 400 by twenties.
const ONES: &[u8; 19] = b"GHIJKLMNOPQRSTUVWXY";
const TWENTIES: &[u8; 20] = b"ghijklmnopqrstuvwxyz";
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Hex with run lengths; `,` and `!` fill a row up with white and black, `:` repeats the row before.
pub(super) fn encode_acs(label: &Bitmap, out: &mut Vec<u8>) {
    let mut before: Option<&[u8]> = None;
    for row in label.rows() {
        if before == Some(row) {
            out.push(b':');
        } else {
            acs_row(row, out);
        }
        before = Some(row);
    }
}

fn nibble_at(row: &[u8], at: usize) -> u8 {
    row[at / 2] >> (4 - at % 2 * 4) & 15
}

fn acs_row(row: &[u8], out: &mut Vec<u8>) {
    let nibbles = row.len() * 2;
    let mut at = 0;
    while at < nibbles {
        let value = nibble_at(row, at);
        let mut end = at + 1;
        while end < nibbles && nibble_at(row, end) == value {
            // Whole bytes are skipped at once: most rows are long runs.
            let both = value << 4 | value;
            if end % 2 == 0 && row[end / 2] == both { end += 2 } else { end += 1 }
        }
        match value {
            0 if end == nibbles => out.push(b','),
            15 if end == nibbles => out.push(b'!'),
            _ => encode_run(end - at, HEX[usize::from(value)], out),
        }
        at = end;
    }
}

fn encode_run(mut count: usize, digit: u8, out: &mut Vec<u8>) {
    while count > 419 {
        out.extend_from_slice(&[b'z', digit]);
        count -= 400;
    }
    if count <= 2 {
        out.extend(std::iter::repeat_n(digit, count));
        return;
    }
    if count >= 20 {
        out.push(TWENTIES[count / 20 - 1]);
    }
    if !count.is_multiple_of(20) {
        out.push(ONES[count % 20 - 1]);
    }
    out.push(digit);
}

/// `:Z64:`, zlib in base64, and the CRC of that text in upper-case hex (some readers refuse lower case).
pub(super) fn encode_z64(dots: &[u8], out: &mut Vec<u8>) {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(4));
    // Writing to memory does not fail; otherwise the printer would refuse the short picture by its checksum.
    let packed = zlib.write_all(dots).and_then(|()| zlib.finish()).unwrap_or_default();
    let text = base64::engine::general_purpose::STANDARD.encode(packed);
    out.extend_from_slice(format!(":Z64:{text}:{:04X}", crc16_xmodem(text.as_bytes())).as_bytes());
}

const CRC: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut at = 0;
    while at < 256 {
        let mut crc = (at as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
};

fn crc16_xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| crc << 8 ^ CRC[usize::from((crc >> 8) as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_of(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        acs_row(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn long_run(n: usize) -> String {
        row_of(&[vec![0x33; n], vec![0x45]].concat())
    }

    #[test]
    fn rows_in_acs() {
        assert_eq!(row_of(&[0; 61]), ",");
        assert_eq!(row_of(&[0xff; 61]), "!");
        assert_eq!(row_of(&[0xff, 0x00]), "FF,");
        assert_eq!(row_of(&[0x12, 0x22, 0x2f]), "1J2!");
        assert_eq!(row_of(&[0x00, 0x01, 0x10]), "I011,");
        assert_eq!(row_of(&[0x12]), "12");
        assert_eq!(
            [long_run(9), long_run(10), long_run(20), long_run(21)],
            ["X345", "g345", "h345", "hH345"]
        );
        assert_eq!([long_run(200), long_run(209), long_run(210)], ["z345", "zX345", "z3g345"]);
        assert_eq!(long_run(211), "z3gH345");
    }

    #[test]
    fn equal_rows_are_repeated() {
        let mut label = Bitmap::white(16, 4);
        label.blacken_rect(0, 1, 16, 2);
        let mut out = Vec::new();
        encode_acs(&label, &mut out);
        assert_eq!(out, b",!:,");
    }

    #[test]
    fn checksum_is_xmodem() {
        assert_eq!(crc16_xmodem(b"123456789"), 0x31c3);
        assert_eq!(crc16_xmodem(b""), 0);
    }
}
