//! The key by which the box recognises its own labels. A label says which photos are in a file that only the facility
//! can open, so the box has to trust it; and anyone who holds the stick for a minute can write one.

use std::io;

use service::random::RandomSource;

use crate::identity::PageKey;
use crate::store::disk::{Disk, put_small, read_small, set_aside_hint};

/// Its name in `keys/`. It is in the backup, encrypted as all of it: a restored box continues with the same stick.
pub(super) const LABEL_KEY: &str = "backup-labels.key";
const KEY_BYTES: usize = 32;

#[derive(Clone, Copy)]
pub(super) struct LabelKey(PageKey);

impl std::fmt::Debug for LabelKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LabelKey")
    }
}

impl LabelKey {
    /// The stored one, or a newly created one. Of a box whose key was lost no earlier label counts: its photos are
    /// written again. One that is damaged is as good as lost, and stays beside it.
    ///
    /// # Errors
    /// The disk's; the one that is there stays.
    pub(super) fn open(disk: &dyn Disk, random: &dyn RandomSource) -> io::Result<Self> {
        let path = format!("keys/{LABEL_KEY}");
        let stored = read_small(disk, &path, KEY_BYTES);
        match stored.map(|bytes| bytes.map(<[u8; KEY_BYTES]>::try_from)) {
            Ok(Some(Ok(key))) => return Ok(Self(PageKey::new(key))),
            Ok(None) => {}
            Ok(Some(Err(_))) => put_aside(disk, &path, "it is no key of 32 bytes"),
            Err(error) if is_damage(&error) => put_aside(disk, &path, &error.to_string()),
            Err(error) => return Err(error),
        }
        let key: [u8; KEY_BYTES] = random.bytes();
        put_small(disk, &path, &key)?;
        Ok(Self(PageKey::new(key)))
    }

    /// What shows that this box wrote a label: 32 hex digits.
    pub(super) fn seal_label(self, json: &str) -> String {
        self.0.seal(&format!("label of a backup\n{json}"))
    }
}

/// Whether it means that there is no key, and not that it cannot be read now.
fn is_damage(error: &io::Error) -> bool {
    // EIO: the card lost what was there.
    let lost = rustix::io::Errno::IO.raw_os_error();
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::IsADirectory)
        || error.raw_os_error() == Some(lost)
}

fn put_aside(disk: &dyn Disk, path: &str, why: &str) {
    tracing::error!(
        path,
        why,
        "the key of labels is damaged and is made anew: photos are backed up once more"
    );
    if let Err(error) = set_aside_hint(disk, path) {
        tracing::error!(%error, path, "the damaged key could not be put aside");
    }
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;
    use crate::store::system_disk::SystemDisk;

    #[test]
    fn it_is_made_once_and_a_damaged_one_stays_beside_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        disk.make_dir("keys").unwrap();
        let first = LabelKey::open(&disk, &SeededRandom::new(1)).unwrap();
        let again = LabelKey::open(&disk, &SeededRandom::new(2)).unwrap();
        assert_eq!(first.seal_label("x"), again.seal_label("x"));
        assert_ne!(first.seal_label("x"), first.seal_label("y"));
        let path = dir.path().join("keys").join(LABEL_KEY);
        let aside = |name: &str| dir.path().join("keys").join(format!("{LABEL_KEY}.{name}"));
        for (seed, wrong, name) in [(3, &b"short"[..], "bad"), (4, &[7; KEY_BYTES + 1][..], "bad-2")] {
            std::fs::write(&path, wrong).unwrap();
            let made = LabelKey::open(&disk, &SeededRandom::new(seed)).unwrap();
            assert_ne!(made.seal_label("x"), first.seal_label("x"), "{name}");
            let again = LabelKey::open(&disk, &SeededRandom::new(9)).unwrap();
            assert_eq!(made.seal_label("x"), again.seal_label("x"), "{name}");
            assert_eq!(std::fs::read(aside(name)).unwrap(), wrong);
        }
    }
}
