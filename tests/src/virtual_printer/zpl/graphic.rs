//! `^GF` data: plain hex, Zebra's run lengths, `:B64:` and `:Z64:` with their check sum.

use std::io::Read;

use base64::Engine;

/// No graphic is larger: 4 × 12 in at 600 dpi.
const DOTS_BYTES_MAX: usize = 4 << 20;

/// Bytes across, and dots with 1 for black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Graphic {
    pub(super) across: usize,
    pub(super) dots: Vec<u8>,
}

pub(super) fn is_raw(head: &[u8]) -> bool {
    head.starts_with(b"^GFB") || head.starts_with(b"^GFC")
}

/// How many raw bytes follow this header; `None` while it is not complete.
pub(super) fn raw_bytes(head: &[u8]) -> Option<u64> {
    let parameters = head.strip_prefix(b"^GFB,").or_else(|| head.strip_prefix(b"^GFC,"))?;
    let mut fields = parameters.split(|&b| b == b',');
    let bytes = parse_number(fields.next()?)?;
    // The bytes begin after the comma that ends the third number.
    (parameters.iter().filter(|&&b| b == b',').count() == 3 && head.ends_with(b",")).then_some(bytes as u64)
}

fn parse_number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

/// Reads what follows `^GF`.
pub(super) fn decode(parameters: &[u8]) -> Option<Graphic> {
    let mut fields = parameters.splitn(5, |&b| b == b',');
    let form = fields.next()?;
    let (sent, whole) = (parse_number(fields.next()?)?, parse_number(fields.next()?)?);
    let (across, data) = (parse_number(fields.next()?)?, fields.next()?);
    if across == 0 || whole == 0 || whole > DOTS_BYTES_MAX || !whole.is_multiple_of(across) {
        return None;
    }
    let dots = match form {
        b"B" => (sent == data.len()).then(|| data.to_vec())?,
        b"A" => match data.strip_prefix(b":") {
            Some(rest) if rest.starts_with(b"B64:") || rest.starts_with(b"Z64:") => packed(rest, whole)?,
            // A repeated row at the very start is the other meaning of the colon.
            _ => runs(data, across, whole)?,
        },
        _ => return None,
    };
    (dots.len() == whole).then_some(Graphic { across, dots })
}

/// `Z64:` or `B64:`, the text, a colon and the CRC of the text.
fn packed(rest: &[u8], whole: usize) -> Option<Vec<u8>> {
    let (form, rest) = rest.split_at_checked(4)?;
    let rest = rest.trim_ascii_end();
    let (text, crc) = rest.split_at_checked(rest.len().checked_sub(5)?)?;
    let crc = std::str::from_utf8(crc.strip_prefix(b":")?).ok()?;
    // Upper case only: some readers refuse others.
    let upper = crc.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    if !upper || u16::from_str_radix(crc, 16).ok()? != crc16(text) {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    if form == b"B64:" {
        return Some(bytes);
    }
    let mut dots = Vec::new();
    let mut inflate = flate2::read::ZlibDecoder::new(&bytes[..]).take(whole as u64 + 1);
    inflate.read_to_end(&mut dots).ok()?;
    Some(dots)
}

/// CRC-16/XMODEM.
fn crc16(text: &[u8]) -> u16 {
    text.iter().fold(0, |crc, &byte| {
        (0..8).fold(
            crc ^ u16::from(byte) << 8,
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            },
        )
    })
}

/// Hex digits with Zebra's run lengths.
fn runs(data: &[u8], across: usize, whole: usize) -> Option<Vec<u8>> {
    let (row, all) = (across * 2, whole * 2);
    let mut digits: Vec<u8> = Vec::with_capacity(all);
    let mut run = 0;
    for &byte in data {
        let in_row = digits.len() % row;
        match byte {
            b'G'..=b'Y' => run += usize::from(byte - b'F'),
            b'g'..=b'z' => run += 20 * usize::from(byte - b'f'),
            b',' | b'!' if in_row > 0 || digits.len() < all => {
                digits.resize(digits.len() + row - in_row, if byte == b',' { 0 } else { 15 });
            }
            b':' if in_row == 0 => {
                // Before the first row there is a white one.
                let before = digits.len().checked_sub(row).map_or(vec![0; row], |at| digits[at..].to_vec());
                digits.extend(before);
            }
            b'\r' | b'\n' | b' ' => {}
            _ => {
                let digit = char::from(byte).to_digit(16)? as u8;
                let times = std::mem::take(&mut run).max(1);
                digits.resize(digits.len() + times.min(all + 1), digit);
            }
        }
        if digits.len() > all || run > all {
            return None;
        }
    }
    (digits.len() == all && run == 0).then(|| digits.chunks_exact(2).map(|d| d[0] << 4 | d[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(parameters: &[u8]) -> Option<Vec<u8>> {
        decode(parameters).map(|g| g.dots)
    }

    #[test]
    fn hex_and_runs_as_in_the_manual() {
        assert_eq!(dots(b"A,4,4,2,FF0180AA").unwrap(), [0xff, 1, 0x80, 0xaa]);
        assert_eq!(dots(b"A,8,8,4,JF0HA,:").unwrap(), [0xff, 0xff, 0x0a, 0xa0].repeat(2));
        assert_eq!(dots(b"A,4,4,2,F0,!").unwrap(), [0xf0, 0, 0xff, 0xff]);
        assert_eq!(dots(b"A,14,14,14,gH0").map(|d| d.len()), None);
        assert_eq!(dots(b"A,11,11,11,gHF").unwrap(), [0xff; 11]);
    }

    #[test]
    fn packed_text_has_to_have_its_check_sum() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        let crc = crc16(b"/wGAqg==");
        assert_eq!(
            dots(format!("A,4,4,2,:B64:/wGAqg==:{crc:04X}").as_bytes()).unwrap(),
            [0xff, 1, 0x80, 0xaa]
        );
        assert_eq!(dots(format!("A,4,4,2,:B64:/wGAqg==:{:04X}", crc ^ 1).as_bytes()), None);
        assert_eq!(dots(b"A,4,4,2,:Z64:eJz7z9iwCgAEagHr:0000"), None);
    }

    #[test]
    fn what_does_not_fit_its_header_is_no_graphic() {
        let wrong: [&[u8]; 6] = [
            b"A,4,4,2,FF01",
            b"A,4,4,2,FF0180AA00",
            b"A,4,4,0,",
            b"A,4,99999999999,2,zzzzzzzz0",
            b"A,4,4,3,FF0180AA",
            b"A,4,4,2,zzzzzzF",
        ];
        for parameters in wrong {
            assert_eq!(dots(parameters), None, "{}", String::from_utf8_lossy(parameters));
        }
        assert_eq!(raw_bytes(b"^GFB,10,10,2"), None);
        assert_eq!(raw_bytes(b"^GFB,10,10,2,"), Some(10));
    }
}
