//! The key by which the box knows its own labels again. A label says which photos lie in a file that nobody but the facility can open, so
//! the box has to believe it; and whoever holds the stick for a minute can write one.

use std::io;

use service::random::RandomSource;

use crate::identity::PageKey;
use crate::store::disk::{Disk, put_small, read_small};

/// Its name in `keys/`. It is in the backup, encrypted as all of it: a restored box goes on with the same stick.
pub(super) const LABEL_KEY: &str = "backup-labels.key";
const KEY_BYTES: usize = 32;

/// Seals labels.
#[derive(Clone, Copy)]
pub(super) struct LabelKey(PageKey);

impl std::fmt::Debug for LabelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LabelKey")
    }
}

impl LabelKey {
    /// The one that is stored, or one that is made now. Of a box whose key was lost no earlier label counts: its photos are written anew.
    ///
    /// # Errors
    /// The disk's; the one that is there stays.
    pub(super) fn open(disk: &dyn Disk, random: &dyn RandomSource) -> io::Result<Self> {
        let path = format!("keys/{LABEL_KEY}");
        let stored = read_small(disk, &path, KEY_BYTES)?.map(<[u8; KEY_BYTES]>::try_from);
        let key = match stored {
            Some(Ok(key)) => key,
            Some(Err(_)) => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no key of 32 bytes"));
            }
            None => {
                let key = random.bytes();
                put_small(disk, &path, &key)?;
                key
            }
        };
        Ok(Self(PageKey::new(key)))
    }

    /// What shows that this box wrote a label: 32 hex digits.
    pub(super) fn seal_label(self, json: &str) -> String {
        self.0.seal(&format!("label of a backup\n{json}"))
    }
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;
    use crate::store::system_disk::SystemDisk;

    #[test]
    fn it_is_made_once_and_no_damaged_one_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        disk.make_dir("keys").unwrap();
        let first = LabelKey::open(&disk, &SeededRandom::new(1)).unwrap();
        let again = LabelKey::open(&disk, &SeededRandom::new(2)).unwrap();
        assert_eq!(first.seal_label("x"), again.seal_label("x"));
        assert_ne!(first.seal_label("x"), first.seal_label("y"));
        let path = dir.path().join("keys").join(LABEL_KEY);
        for wrong in [&b"short"[..], &[7; KEY_BYTES + 1]] {
            std::fs::write(&path, wrong).unwrap();
            assert!(LabelKey::open(&disk, &SeededRandom::new(1)).is_err());
            assert_eq!(std::fs::read(&path).unwrap(), wrong);
        }
    }
}
