//! The format inside a backup: a tar of plain files (ustar), written and read as a stream. Debian's `tar` reads it too; of what it may
//! hold this reader takes plain files alone, so that extracting one creates no link and no path outside the folder.

use std::io::{self, Read, Write};

const BLOCK: usize = 512;
/// Bytes of a file's name, and of the folder, stored separately where both are longer.
const NAME_BYTES_MAX: usize = 100;
const FOLDER_BYTES_MAX: usize = 155;
/// Bytes of one file: what eleven octal digits can say.
const FILE_BYTES_MAX: u64 = (1 << 33) - 1;
const ZEROS: [u8; BLOCK] = [0; BLOCK];

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The bytes could not be read, or do not decrypt.
    #[error(transparent)]
    Bytes(#[from] io::Error),
    /// It is no archive, or not one that this program writes.
    #[error("{0}")]
    Form(&'static str),
}

pub struct ArchiveWriter<W> {
    out: W,
    left: u64,
    padding: usize,
}

impl<W: Write> ArchiveWriter<W> {
    pub fn new(out: W) -> Self {
        Self { out, left: 0, padding: 0 }
    }

    /// Begins a file of exactly so many bytes.
    pub fn begin(&mut self, path: &str, bytes: u64, time_s: u64) -> io::Result<()> {
        let parts = split_path(path).filter(|_| self.left == 0 && bytes <= FILE_BYTES_MAX);
        let parts = parts.ok_or(io::ErrorKind::InvalidInput)?;
        self.out.write_all(&ZEROS[..self.padding])?;
        self.out.write_all(&encode_header(&parts, bytes, time_s))?;
        self.left = bytes;
        let past = usize::try_from(bytes % BLOCK as u64).unwrap_or(0);
        self.padding = (BLOCK - past) % BLOCK;
        Ok(())
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::InvalidInput)?;
        self.out.write_all(bytes)
    }

    pub fn finish(mut self) -> io::Result<W> {
        if self.left > 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.out.write_all(&ZEROS[..self.padding])?;
        self.out.write_all(&ZEROS)?;
        self.out.write_all(&ZEROS)?;
        Ok(self.out)
    }
}

struct PathParts<'a> {
    folder: &'a str,
    name: &'a str,
}

fn split_path(path: &str) -> Option<PathParts<'_>> {
    let parts = match path.len() > NAME_BYTES_MAX {
        true => path.rsplit_once('/').map(|(folder, name)| PathParts { folder, name })?,
        false => PathParts { folder: "", name: path },
    };
    let fits = parts.folder.len() <= FOLDER_BYTES_MAX && parts.name.len() <= NAME_BYTES_MAX;
    Some(parts).filter(|_| fits)
}

fn encode_header(path: &PathParts<'_>, bytes: u64, time_s: u64) -> [u8; BLOCK] {
    let mut header = ZEROS;
    put_field(&mut header, 0, path.name);
    put_field(&mut header, 345, path.folder);
    put_field(&mut header, 100, "0000600\0");
    put_field(&mut header, 108, "0000000\0");
    put_field(&mut header, 116, "0000000\0");
    put_field(&mut header, 124, &format!("{bytes:011o}\0"));
    put_field(&mut header, 136, &format!("{:011o}\0", time_s.min(FILE_BYTES_MAX)));
    put_field(&mut header, 148, "        ");
    put_field(&mut header, 156, "0");
    put_field(&mut header, 257, "ustar\u{0}00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put_field(&mut header, 148, &format!("{sum:06o}\0 "));
    header
}

fn put_field(header: &mut [u8; BLOCK], at: usize, text: &str) {
    header[at..at + text.len()].copy_from_slice(text.as_bytes());
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchiveEntry {
    pub(crate) path: String,
    pub(crate) bytes: u64,
}

pub(crate) struct ArchiveReader<R> {
    input: R,
    left: u64,
    padding: u64,
}

impl<R: Read> ArchiveReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, left: 0, padding: 0 }
    }

    /// The next file; what was not read of the one before is passed over. After the last one everything is read to the end, so
    /// that an archive that was cut short is not taken for whole.
    pub(crate) fn next_entry(&mut self) -> Result<Option<ArchiveEntry>, ArchiveError> {
        let skipped = self.left + self.padding;
        if io::copy(&mut (&mut self.input).take(skipped), &mut io::sink())? != skipped {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        (self.left, self.padding) = (0, 0);
        let mut header = ZEROS;
        self.input.read_exact(&mut header)?;
        if header == ZEROS {
            self.read_end()?;
            return Ok(None);
        }
        let entry = parse_header(&header)?;
        self.left = entry.bytes;
        self.padding = entry.bytes.next_multiple_of(BLOCK as u64) - entry.bytes;
        Ok(Some(entry))
    }

    fn read_end(&mut self) -> Result<(), ArchiveError> {
        let mut rest = [0; BLOCK];
        let mut blocks = 0;
        loop {
            match self.input.read(&mut rest)? {
                0 if blocks > 0 => return Ok(()),
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                count if rest[..count].iter().all(|byte| *byte == 0) => blocks += 1,
                _ => return Err(ArchiveError::Form("there is something behind its end")),
            }
        }
    }
}

impl<R: Read> Read for ArchiveReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let count = self.input.read(&mut out[..most])?;
        if count == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

fn parse_header(header: &[u8; BLOCK]) -> Result<ArchiveEntry, ArchiveError> {
    let mut summed = *header;
    summed[148..156].fill(b' ');
    let sum: u64 = summed.iter().map(|byte| u64::from(*byte)).sum();
    if parse_octal(&header[148..156]) != Some(sum) {
        return Err(ArchiveError::Form("it is no archive"));
    }
    if header[156] != b'0' {
        return Err(ArchiveError::Form("it holds something other than plain files"));
    }
    let name = parse_text(&header[..NAME_BYTES_MAX]).filter(|name| !name.is_empty());
    let folder = parse_text(&header[345..345 + FOLDER_BYTES_MAX]);
    let path = match (folder, name) {
        (Some(""), Some(name)) => name.to_owned(),
        (Some(folder), Some(name)) => format!("{folder}/{name}"),
        _ => return Err(ArchiveError::Form("a file in it has no name")),
    };
    let bytes = parse_octal(&header[124..136]).ok_or(ArchiveError::Form("a file in it has no length"))?;
    Ok(ArchiveEntry { path, bytes })
}

fn parse_text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field.split(|byte| *byte == 0).next().unwrap_or_default()).ok()
}

fn parse_octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack(files: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut out = ArchiveWriter::new(Vec::new());
        for (path, bytes) in files {
            out.begin(path, bytes.len() as u64, 1_800_000_000).unwrap();
            bytes.chunks(700).for_each(|piece| out.write(piece).unwrap());
        }
        out.finish().unwrap()
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let (mut reader, mut files) = (ArchiveReader::new(bytes), Vec::new());
        while let Some(entry) = reader.next_entry()? {
            let mut content = Vec::new();
            (&mut reader).take(entry.bytes).read_to_end(&mut content)?;
            files.push((entry.path, content));
        }
        Ok(files)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            files in prop::collection::vec(("[a-z/0-9.]{1,100}", prop::collection::vec(any::<u8>(), 0..2_000)), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = pack(&files);
            prop_assert_eq!(bytes.len() % BLOCK, 0);
            prop_assert_eq!(unpack(&bytes).unwrap(), files);
            // The last block alone says nothing: the one before it ends the archive as well.
            let cut = cut.index(bytes.len() - BLOCK);
            prop_assert!(unpack(&bytes[..cut]).is_err(), "cut at {cut}");
        }

        #[test]
        fn noise_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
            prop_assert!(unpack(&bytes).is_err());
        }
    }

    #[test]
    fn links_folders_and_long_paths_are_refused() {
        let whole = pack(&[("a".to_owned(), b"x".to_vec())]);
        for kind in [b'1', b'2', b'5', b'L', b'x', 0] {
            let mut header: [u8; BLOCK] = whole[..BLOCK].try_into().unwrap();
            header[156] = kind;
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            put_field(&mut header, 148, &format!("{sum:06o}\0 "));
            let bytes = [&header[..], &whole[BLOCK..]].concat();
            assert!(matches!(unpack(&bytes), Err(ArchiveError::Form(_))), "kind {kind}");
        }
        assert!(ArchiveWriter::new(Vec::new()).begin(&"x".repeat(101), 1, 0).is_err());
        assert!(ArchiveWriter::new(Vec::new()).begin(&format!("{}/x", "y".repeat(156)), 1, 0).is_err());
        let mut short = ArchiveWriter::new(Vec::new());
        short.begin("a", 5, 0).unwrap();
        short.write(b"abc").unwrap();
        assert!(short.finish().is_err(), "less was written than was said");
    }

    #[test]
    fn the_systems_tar_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let long = format!("runs/{}", "x".repeat(99));
        let files = vec![
            ("log/a".to_owned(), b"one".to_vec()),
            ("b".to_owned(), vec![7; 1_500]),
            (long, b"two".to_vec()),
        ];
        assert_eq!(unpack(&pack(&files)).unwrap(), files);
        std::fs::write(dir.path().join("x.tar"), pack(&files)).unwrap();
        let run = std::process::Command::new("tar").args(["-xf", "x.tar"]).current_dir(dir.path()).status();
        assert!(run.unwrap().success());
        for (path, bytes) in files {
            assert_eq!(std::fs::read(dir.path().join(path)).unwrap(), bytes);
        }
    }
}
