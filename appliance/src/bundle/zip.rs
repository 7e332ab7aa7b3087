//! A ZIP file of a few texts: PKWARE's APPNOTE 6.3.10 without any of its options, deflated by the crate that images need anyway.

use std::io;
use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// What a reader must understand: deflate.
const VERSION: u16 = 20;
const UTF8_NAMES: u16 = 1 << 11;
const DEFLATED: u16 = 8;
/// 1 January 1980, the first day that the format knows: a bundle's own name says its day.
const DOS_DATE: u16 = 0x21;

pub(super) struct ZipEntry<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
}

struct EntryHead<'a> {
    name: &'a str,
    crc: u32,
    packed: u32,
    plain: u32,
    offset: u32,
}

pub(super) fn write_zip<'a>(entries: impl Iterator<Item = ZipEntry<'a>>) -> io::Result<Vec<u8>> {
    let (mut file, mut heads) = (Vec::new(), Vec::new());
    for entry in entries {
        let mut crc = Crc::new();
        crc.update(entry.bytes);
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(entry.bytes)?;
        let packed = deflate.finish()?;
        let head = EntryHead {
            name: entry.name,
            crc: crc.sum(),
            packed: fit_length(packed.len())?,
            plain: fit_length(entry.bytes.len())?,
            offset: fit_length(file.len())?,
        };
        put_u32(&mut file, LOCAL);
        put_common(&mut file, &head)?;
        file.extend_from_slice(head.name.as_bytes());
        file.extend_from_slice(&packed);
        heads.push(head);
    }
    let start = fit_length(file.len())?;
    for head in &heads {
        put_u32(&mut file, CENTRAL);
        put_u16(&mut file, VERSION);
        put_common(&mut file, head)?;
        // Comment, disk, inner and outer attributes.
        file.extend_from_slice(&[0; 10]);
        put_u32(&mut file, head.offset);
        file.extend_from_slice(head.name.as_bytes());
    }
    let length = fit_length(file.len())? - start;
    let count = u16::try_from(heads.len()).map_err(|_| too_much())?;
    put_u32(&mut file, END);
    file.extend_from_slice(&[0; 4]);
    put_u16(&mut file, count);
    put_u16(&mut file, count);
    put_u32(&mut file, length);
    put_u32(&mut file, start);
    put_u16(&mut file, 0);
    Ok(file)
}

/// From the version that is needed to the length of further fields.
fn put_common(file: &mut Vec<u8>, head: &EntryHead<'_>) -> io::Result<()> {
    for value in [VERSION, UTF8_NAMES, DEFLATED, 0, DOS_DATE] {
        put_u16(file, value);
    }
    for value in [head.crc, head.packed, head.plain] {
        put_u32(file, value);
    }
    put_u16(file, u16::try_from(head.name.len()).map_err(|_| too_much())?);
    put_u16(file, 0);
    Ok(())
}

fn put_u16(file: &mut Vec<u8>, value: u16) {
    file.extend_from_slice(&value.to_le_bytes());
}

fn put_u32(file: &mut Vec<u8>, value: u32) {
    file.extend_from_slice(&value.to_le_bytes());
}

fn fit_length(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(|_| too_much())
}

fn too_much() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "more than a plain ZIP file holds")
}

/// Names and contents, read from the list at the end as every program does.
#[cfg(test)]
pub(crate) fn read_zip(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read as _;

    let word = |at: usize| usize::from(u16::from_le_bytes(file[at..at + 2].try_into().unwrap()));
    let long = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let size = |at: usize| usize::try_from(long(at)).unwrap();
    let end = file.len() - 22;
    assert_eq!(long(end), END);
    let (mut at, mut found) = (size(end + 16), Vec::new());
    for _ in 0..word(end + 10) {
        assert_eq!(long(at), CENTRAL);
        let (name_length, local) = (word(at + 28), size(at + 42));
        let name = String::from_utf8(file[at + 46..at + 46 + name_length].to_vec()).unwrap();
        assert_eq!(long(local), LOCAL);
        let from = local + 30 + word(local + 26) + word(local + 28);
        let mut plain = Vec::new();
        let packed = &file[from..from + size(at + 20)];
        flate2::read::DeflateDecoder::new(packed).read_to_end(&mut plain).unwrap();
        let mut crc = Crc::new();
        crc.update(&plain);
        assert_eq!((crc.sum(), plain.len()), (long(at + 16), size(at + 24)), "{name}");
        found.push((name, plain));
        at += 46 + name_length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let long = "line\n".repeat(50_000);
        let entries = [("about.txt", "CleanTrack"), ("log.txt", &long), ("empty.txt", ""), ("ü.txt", "ü")];
        let file =
            write_zip(entries.iter().map(|(name, text)| ZipEntry { name, bytes: text.as_bytes() })).unwrap();
        let expected: Vec<_> =
            entries.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        assert_eq!(read_zip(&file), expected);
        assert!(file.len() < 2_000, "{}", file.len());
        assert_eq!(read_zip(&write_zip(std::iter::empty()).unwrap()), []);
    }
}
