//! The key with which the facility signs packs of its own protocols.

use std::io;
use std::sync::{Mutex, PoisonError};

use record::sign::{KeyKind, SignerKey};
use service::random::RandomSource;

use crate::store::disk::{Disk, file_exists, put_small, read_small, set_aside_hint};

/// The key, then the name that it goes by: a facility that is renamed stays the same signer.
const KEY_FILE: &str = "keys/pack-signer.key";
/// Beside it the verifier by which others know it: a key that does not match it is damaged.
const VERIFIER_FILE: &str = "keys/pack-signer.pub";
const VERIFIER_BYTES_MAX: usize = 1_024;
const KEY_BYTES: usize = 32;
const NAME_CHARS_MAX: usize = 60;
/// Of two callers that create it at once the second finds it created: a process has one data folder.
static MAKING: Mutex<()> = Mutex::new(());
const FILE_BYTES_MAX: usize = KEY_BYTES + NAME_CHARS_MAX * 4;

pub fn read_signer(disk: &dyn Disk) -> io::Result<Option<SignerKey>> {
    let Some(file) = read_small(disk, KEY_FILE, FILE_BYTES_MAX)? else { return Ok(None) };
    let (secret, name) = file.split_first_chunk::<KEY_BYTES>().ok_or_else(refuse_damaged_key)?;
    let name = std::str::from_utf8(name).map_err(|_| refuse_damaged_key())?;
    let signer = SignerKey::new(name, KeyKind::Note, secret).map_err(|_| refuse_damaged_key())?;
    match read_small(disk, VERIFIER_FILE, VERIFIER_BYTES_MAX)? {
        Some(known) if known != signer.verifier().to_string().into_bytes() => Err(refuse_damaged_key()),
        _ => Ok(Some(signer)),
    }
}

fn refuse_damaged_key() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the key that signs packs is damaged")
}

/// The same, or one that is made now. One that is damaged is as good as lost, and stays beside it.
///
/// # Errors
/// The disk's.
pub fn make_signer(disk: &dyn Disk, random: &dyn RandomSource, facility: &str) -> io::Result<SignerKey> {
    let _turn = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    match read_signer(disk) {
        Ok(Some(signer)) => {
            if !file_exists(disk, VERIFIER_FILE)? {
                put_small(disk, VERIFIER_FILE, signer.verifier().to_string().as_bytes())?;
            }
            return Ok(signer);
        }
        Ok(None) if file_exists(disk, VERIFIER_FILE)? => {
            tracing::error!(
                "the key that signs packs is gone and is made anew: tell those who trust the old one"
            );
        }
        Ok(None) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            tracing::error!(%error, "the key that signs packs is made anew: tell those who trust the old one");
            set_aside_hint(disk, KEY_FILE)?;
        }
        Err(error) => return Err(error),
    }
    let (secret, name): ([u8; KEY_BYTES], _) = (random.bytes(), signer_name(facility));
    let signer = SignerKey::new(&name, KeyKind::Note, &secret).map_err(io::Error::other)?;
    // The verifier first: a power cut in between leaves no key without one.
    put_small(disk, VERIFIER_FILE, signer.verifier().to_string().as_bytes())?;
    put_small(disk, KEY_FILE, &[&secret[..], name.as_bytes()].concat())?;
    Ok(signer)
}

fn signer_name(facility: &str) -> String {
    let words = facility.split(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() { "facility".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use service::random::SeededRandom;

    use super::*;
    use crate::store::system_disk::SystemDisk;

    #[test]
    fn those_that_make_it_at_once_have_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        disk.make_dir("keys").unwrap();
        let disk = &disk;
        let made: Vec<_> = std::thread::scope(|scope| {
            let make =
                |seed| scope.spawn(move || make_signer(disk, &SeededRandom::new(seed), "Linden").unwrap());
            let running: Vec<_> = (1..=8).map(make).collect();
            running.into_iter().map(|one| one.join().unwrap().verifier().to_string()).collect()
        });
        let kept = read_signer(disk).unwrap().unwrap().verifier().to_string();
        assert!(made.iter().all(|key| *key == kept), "{made:?}, kept {kept}");
    }

    #[test]
    fn it_is_made_when_it_is_needed_and_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let disk = SystemDisk::take(dir.path()).unwrap();
        disk.make_dir("keys").unwrap();
        assert!(read_signer(&disk).unwrap().is_none());
        let made = make_signer(&disk, &SeededRandom::new(1), "Linden  Valley + Hospital").unwrap();
        assert_eq!(made.verifier().name(), "Linden-Valley-Hospital");
        let path = dir.path().join(KEY_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = make_signer(&disk, &SeededRandom::new(2), "Another name").unwrap();
        assert_eq!(again.verifier(), made.verifier());
        let key = std::fs::read(&path).unwrap();
        let mut flipped = key.clone();
        flipped[3] ^= 1;
        std::fs::write(&path, flipped).unwrap();
        assert!(read_signer(&disk).is_err(), "it would be another signer under the same name");
        std::fs::write(&path, &key).unwrap();
        std::fs::remove_file(dir.path().join(VERIFIER_FILE)).unwrap();
        assert_eq!(make_signer(&disk, &SeededRandom::new(2), "x").unwrap().verifier(), made.verifier());
        assert!(dir.path().join(VERIFIER_FILE).exists(), "one of before has none");
        std::fs::write(&path, "short").unwrap();
        assert!(read_signer(&disk).is_err());
        let anew = make_signer(&disk, &SeededRandom::new(3), " ").unwrap();
        assert_eq!(anew.verifier().name(), "facility");
        assert_eq!(std::fs::read(path.with_extension("key.bad")).unwrap(), b"short");
    }
}
