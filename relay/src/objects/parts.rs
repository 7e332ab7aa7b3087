//! Photos that are on their way: what has come so far, in files beside the store, until the last byte is here.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use record::ids::BoxId;
use record::limits::PHOTO_STORED_BYTES_MAX;
use record::tree::Hash;

/// Unfinished photos of one box; a box sends one at a time, so more are left-overs.
const PARTS_OF_BOX_MAX: usize = 8;

/// Why a piece was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// It does not begin where the last one ended.
    #[error("{0} bytes are here: go on from there")]
    Offset(u64),
    #[error("a photo has at most {PHOTO_STORED_BYTES_MAX} bytes")]
    TooLarge,
    /// All is here, and it is not the photo that the hash names.
    #[error("what came is not the photo that the hash names")]
    Hash,
    #[error("a piece of a photo cannot be kept: {0}")]
    Disk(#[from] std::io::Error),
}

/// A piece: its first byte's place, and the whole photo's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadChunk {
    /// Place of its first byte.
    pub from: u64,
    /// Bytes of the whole photo.
    pub total: u64,
}

impl UploadChunk {
    /// Reads `bytes a-b/total` for a body of `length` bytes.
    pub fn parse(range: &str, length: usize) -> Option<Self> {
        let (span, total) = range.strip_prefix("bytes ")?.split_once('/')?;
        let (from, last) = span.split_once('-')?;
        let (from, last, total): (u64, u64, u64) =
            (from.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
        let fits = last < total && last.checked_sub(from)?.checked_add(1)? == length as u64;
        fits.then_some(Self { from, total })
    }
}

#[derive(Debug, Clone)]
pub struct PartialUploads(PathBuf);

impl PartialUploads {
    pub fn new(dir: PathBuf) -> Self {
        Self(dir)
    }

    fn file(&self, box_id: BoxId, photo: Hash) -> PathBuf {
        self.0.join(box_id.to_string()).join(photo.to_string())
    }

    pub fn offset(&self, box_id: BoxId, photo: Hash) -> u64 {
        std::fs::metadata(self.file(box_id, photo)).map_or(0, |meta| meta.len())
    }

    /// A photo whose last byte came, and which nobody has kept yet.
    pub fn whole(&self, box_id: BoxId, photo: Hash) -> Option<Vec<u8>> {
        std::fs::read(self.file(box_id, photo)).ok().filter(|bytes| Hash::of(bytes) == photo)
    }

    /// Adds a piece. The whole photo, once it is here and its hash fits; a wrong one is discarded.
    pub fn add(
        &self,
        box_id: BoxId,
        photo: Hash,
        piece: UploadChunk,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, PartError> {
        if piece.total > PHOTO_STORED_BYTES_MAX as u64 {
            return Err(PartError::TooLarge);
        }
        let here = self.offset(box_id, photo);
        if piece.from != here {
            return Err(PartError::Offset(here));
        }
        let path = self.file(box_id, photo);
        if here == 0 {
            self.free_space(box_id)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(bytes)?;
        if here + (bytes.len() as u64) < piece.total {
            return Ok(None);
        }
        drop(file);
        let whole = std::fs::read(&path)?;
        if Hash::of(&whole) == photo {
            return Ok(Some(whole));
        }
        std::fs::remove_file(&path)?;
        Err(PartError::Hash)
    }

    /// The photo is in the store: its parts are not needed.
    pub fn forget(&self, box_id: BoxId, photo: Hash) {
        // A part that stays is discarded with the next left-overs.
        let _ = std::fs::remove_file(self.file(box_id, photo));
    }

    fn free_space(&self, box_id: BoxId) -> std::io::Result<()> {
        let dir = self.0.join(box_id.to_string());
        std::fs::create_dir_all(&dir)?;
        let mut parts: Vec<_> = std::fs::read_dir(&dir)?
            .flatten()
            .map(|part| (part.metadata().and_then(|m| m.modified()).ok(), part.path()))
            .collect();
        parts.sort();
        let over = (parts.len() + 1).saturating_sub(PARTS_OF_BOX_MAX);
        parts.into_iter().take(over).try_for_each(|(_, path)| std::fs::remove_file(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(UploadChunk::parse("bytes 5-9/20", 5), Some(UploadChunk { from: 5, total: 20 }));
        for (range, length) in [
            ("bytes 5-9/20", 4),
            ("bytes 9-5/20", 5),
            ("bytes 5-9/9", 5),
            ("bytes 0-0/1", 0),
            ("bytes */20", 5),
            ("bytes 0-18446744073709551615/18446744073709551615", 5),
            ("items 5-9/20", 5),
            ("", 0),
        ] {
            assert_eq!(UploadChunk::parse(range, length), None, "{range}");
        }
    }

    #[test]
    fn pieces_make_the_photo_that_was_named_or_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (parts, box_id) = (PartialUploads::new(dir.path().to_owned()), BoxId::new(1, [1; 10]));
        let photo = b"0123456789".to_vec();
        let hash = Hash::of(&photo);
        let add =
            |hash, from: u64, bytes: &[u8]| parts.add(box_id, hash, UploadChunk { from, total: 10 }, bytes);
        assert!(matches!(add(hash, 0, b"01234"), Ok(None)));
        assert_eq!(parts.offset(box_id, hash), 5);
        assert!(matches!(add(hash, 0, b"01234"), Err(PartError::Offset(5))));
        assert!(matches!(add(hash, 7, b"789"), Err(PartError::Offset(5))));
        assert_eq!(add(hash, 5, b"56789").unwrap(), Some(photo));
        parts.forget(box_id, hash);
        assert_eq!(parts.offset(box_id, hash), 0);
        assert!(matches!(add(Hash::of(b"other"), 0, b"0123456789"), Err(PartError::Hash)));
        assert_eq!(parts.offset(box_id, Hash::of(b"other")), 0, "it can be sent again");
        let large = UploadChunk { from: 0, total: PHOTO_STORED_BYTES_MAX as u64 + 1 };
        assert!(matches!(parts.add(box_id, hash, large, b"x"), Err(PartError::TooLarge)));
    }

    #[test]
    fn left_overs_are_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let (parts, box_id) = (PartialUploads::new(dir.path().to_owned()), BoxId::new(1, [1; 10]));
        for n in 0..50_u8 {
            parts.add(box_id, Hash::of(&[n]), UploadChunk { from: 0, total: 9 }, b"x").unwrap();
        }
        let left = std::fs::read_dir(dir.path().join(box_id.to_string())).unwrap().count();
        assert_eq!(left, PARTS_OF_BOX_MAX);
    }
}
