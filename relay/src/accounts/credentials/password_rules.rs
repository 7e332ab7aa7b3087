//! Which passwords are taken: none that is short, that a program guesses quickly, or that is in a list of those that were leaked.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha1::{Digest as _, Sha1};
use zxcvbn::{Score, zxcvbn};

use super::password::{BYTES_MAX, CHARS_MIN};

/// Guesses that zxcvbn expects of whoever tries: 10⁸ and more from this score on.
const SCORE_MIN: Score = Score::Three;
/// Bytes of an entry of the list: the SHA-1 of a password, as the lists that are published have it.
const ENTRY_BYTES: usize = 20;
const HEAD: &[u8; ENTRY_BYTES] = b"cleantrack leaked\x00\x00\x01";

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum WeakPassword {
    TooShort,
    TooLong,
    Guessable,
    Leaked,
}

#[derive(Debug, thiserror::Error)]
pub enum LeakedListError {
    #[error("cannot {what} {}: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is no list that `cleantrack-relay passwords index` wrote", .0.display())]
    Foreign(PathBuf),
    #[error("line {line} of {} is no SHA-1 in hex", path.display())]
    Line { path: PathBuf, line: usize },
    #[error("line {line} of {} comes before the one above it: sort the file, with `LC_ALL=C sort`, then again", path.display())]
    Order { path: PathBuf, line: usize },
}

fn file_error(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LeakedListError {
    let path = path.to_owned();
    move |source| LeakedListError::File { what, path, source }
}

/// Passwords that were leaked, as their sorted SHA-1. It stays on the disk: a billion of them take 20 GB.
#[derive(Debug)]
pub struct LeakedList {
    file: File,
    entries: u64,
}

impl LeakedList {
    pub fn open(path: &Path) -> Result<Self, LeakedListError> {
        let mut file = File::open(path).map_err(file_error("open", path))?;
        let bytes = file.metadata().map_err(file_error("look at", path))?.len();
        let mut head = [0; ENTRY_BYTES];
        let is_ours = file.read_exact(&mut head).is_ok() && head == *HEAD;
        let entry = ENTRY_BYTES as u64;
        if !is_ours || bytes % entry != 0 {
            return Err(LeakedListError::Foreign(path.to_owned()));
        }
        Ok(Self { file, entries: bytes / entry - 1 })
    }

    /// Whether a password is in it; 30 reads in a billion.
    pub fn holds(&self, password: &str) -> std::io::Result<bool> {
        let digest: [u8; ENTRY_BYTES] = Sha1::digest(password.as_bytes()).into();
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut entry = [0; ENTRY_BYTES];
            self.file.read_exact_at(&mut entry, (middle + 1) * ENTRY_BYTES as u64)?;
            match entry.cmp(&digest) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

/// Writes a list from sorted lines of SHA-1 in hex, each with or without `:` and a count, as the published lists are. How many entries.
///
/// # Errors
/// A line that is none or out of its order, or a file. Nothing is left in the place of the list then.
pub fn write_leaked_list(from: &Path, to: &Path) -> Result<usize, LeakedListError> {
    let file = BufReader::new(File::open(from).map_err(file_error("open", from))?);
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::NamedTempFile::new_in(parent).map_err(file_error("make a file in", parent))?;
    let mut out = BufWriter::new(made);
    out.write_all(HEAD).map_err(file_error("write", to))?;
    let (mut last, mut count) = (None, 0);
    for (n, line) in file.lines().enumerate() {
        let line = line.map_err(file_error("read", from))?;
        let hex = line.split(':').next().unwrap_or_default().trim();
        if hex.is_empty() {
            continue;
        }
        let (path, line) = (from.to_owned(), n + 1);
        let Some(entry) = read_hex(hex) else { return Err(LeakedListError::Line { path, line }) };
        match last {
            Some(last) if last > entry => return Err(LeakedListError::Order { path, line }),
            Some(last) if last == entry => continue,
            _ => {}
        }
        out.write_all(&entry).map_err(file_error("write", to))?;
        (last, count) = (Some(entry), count + 1);
    }
    out.flush().map_err(file_error("write", to))?;
    let made = out.into_inner().map_err(|error| file_error("write", to)(error.into_error()))?;
    // Hashes of what was leaked are no secret, and the relay may run as somebody else.
    let readable = std::fs::Permissions::from_mode(0o644);
    made.as_file().set_permissions(readable).map_err(file_error("open to readers", to))?;
    made.as_file().sync_all().map_err(file_error("flush", to))?;
    made.persist(to).map_err(|error| file_error("name", to)(error.error))?;
    Ok(count)
}

fn read_hex(hex: &str) -> Option<[u8; ENTRY_BYTES]> {
    let mut entry = [0; ENTRY_BYTES];
    if hex.len() != 2 * ENTRY_BYTES || !hex.is_ascii() {
        return None;
    }
    for (byte, digits) in entry.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(entry)
}

#[derive(Debug, Clone, Default)]
pub struct PasswordRules {
    leaked: Option<Arc<LeakedList>>,
}

impl PasswordRules {
    pub fn with_leaked(list: LeakedList) -> Self {
        Self { leaked: Some(Arc::new(list)) }
    }

    /// Judges a new password of somebody. `own_words` are the first that others would try: their name, their address, their
    /// organisation. Takes some milliseconds.
    pub fn judge(&self, password: &str, own_words: &[&str]) -> Result<(), WeakPassword> {
        if password.chars().count() < CHARS_MIN {
            return Err(WeakPassword::TooShort);
        }
        if password.len() > BYTES_MAX {
            return Err(WeakPassword::TooLong);
        }
        let parts = own_words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
        let words: Vec<&str> = own_words.iter().copied().chain(parts).filter(|word| word.len() > 2).collect();
        if zxcvbn(password, &words).score() < SCORE_MIN {
            return Err(WeakPassword::Guessable);
        }
        match self.leaked.as_ref().map(|list| list.holds(password)) {
            Some(Ok(true)) => Err(WeakPassword::Leaked),
            Some(Err(error)) => {
                // A disk that fails keeps nobody from a new password.
                tracing::error!(%error, "the list of leaked passwords cannot be read");
                Ok(())
            }
            Some(Ok(false)) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(password: &str) -> Result<(), WeakPassword> {
        PasswordRules::default()
            .judge(password, &["Priya Raman", "priya.raman@linden.example", "Linden Health"])
    }

    #[test]
    fn lengths() {
        assert_eq!(judge("elevenchars"), Err(WeakPassword::TooShort));
        assert_eq!(judge(&"x".repeat(BYTES_MAX + 1)), Err(WeakPassword::TooLong));
        assert_eq!(judge("correct horse battery"), Ok(()));
    }

    #[test]
    fn what_is_guessed_first_is_not_taken() {
        for guessed in [
            "password1234",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiop123",
            "priyapriyapriya",
            "priya.raman@linden.example",
            "123456789012345",
        ] {
            assert_eq!(judge(guessed), Err(WeakPassword::Guessable), "{guessed}");
        }
        for good in ["another horse battery", "kettle moss ribbon ten", "Xq7!vT2#pL9zR"] {
            assert_eq!(judge(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_was_leaked_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let (text, list) = (dir.path().join("leaked.txt"), dir.path().join("leaked"));
        let leaked = ["correct horse battery", "b", "c", "d", "e"];
        fn sha1_hex(word: &str) -> String {
            Sha1::digest(word.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect::<String>()
        }
        let mut lines: Vec<String> = leaked.iter().map(|word| format!("{}:17", sha1_hex(word))).collect();
        lines.sort();
        std::fs::write(&text, lines.join("\r\n")).unwrap();
        assert_eq!(write_leaked_list(&text, &list).unwrap(), 5);
        let opened = LeakedList::open(&list).unwrap();
        for word in leaked {
            assert!(opened.holds(word).unwrap(), "{word}");
        }
        for word in ["", "a", "correct horse batterz"] {
            assert!(!opened.holds(word).unwrap(), "{word}");
        }
        let rules = PasswordRules::with_leaked(opened);
        assert_eq!(rules.judge("correct horse battery", &[]), Err(WeakPassword::Leaked));
        assert_eq!(rules.judge("another horse battery", &[]), Ok(()));
        std::fs::write(&text, "no hash").unwrap();
        assert!(matches!(write_leaked_list(&text, &list), Err(LeakedListError::Line { line: 1, .. })));
        lines.reverse();
        std::fs::write(&text, lines.join("\n")).unwrap();
        assert!(matches!(write_leaked_list(&text, &list), Err(LeakedListError::Order { line: 2, .. })));
        assert!(LeakedList::open(&list).is_ok(), "the list that was there stays");
        assert!(matches!(LeakedList::open(&text), Err(LeakedListError::Foreign(_))));
        std::fs::write(&text, "").unwrap();
        assert_eq!(write_leaked_list(&text, &list).unwrap(), 0);
        assert!(!LeakedList::open(&list).unwrap().holds("a").unwrap());
    }
}
