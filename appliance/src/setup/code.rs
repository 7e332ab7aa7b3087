//! The code that opens the set-up page while nobody can sign in: whoever has the box in their hands can read it.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use service::random::RandomSource;
use sha2::{Digest as _, Sha256};

use super::CODE_FILE;

/// Letters and digits that nobody takes for each other (Crockford's base 32).
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Of a code that the box makes: 50 bits, of which one try a second reads nothing in a person's life.
const SYMBOLS_COUNT: usize = 10;
/// Bytes of the file.
const CODE_BYTES_MAX: u64 = 256;

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum SetupCodeError {
    #[error("the set-up code in {} cannot be read or made: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

/// The code, wherever this box has it.
#[derive(Debug, Clone)]
pub struct SetupCode {
    path: PathBuf,
}

/// A new code, such as `7QK3M-9X2WA`.
pub fn make_code(random: &dyn RandomSource) -> String {
    let mut bytes = [0; SYMBOLS_COUNT];
    random.fill(&mut bytes);
    let symbols = bytes.map(|byte| char::from(SYMBOLS[usize::from(byte % 32)]));
    let (left, right) = symbols.split_at(SYMBOLS_COUNT / 2);
    format!("{}-{}", left.iter().collect::<String>(), right.iter().collect::<String>())
}

impl SetupCode {
    /// First boot's where there is an image, else the box's own.
    pub fn find(folder: Option<&Path>, data: &Path) -> Self {
        Self { path: folder.unwrap_or(data).join(CODE_FILE) }
    }

    /// Makes one where there is none.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn ensure(&self, random: &dyn RandomSource) -> Result<(), SetupCodeError> {
        if self.read().is_some() {
            return Ok(());
        }
        write_code(&self.path, &make_code(random))
            .map_err(|source| SetupCodeError::File { path: self.path.clone(), source })
    }

    /// The code; nothing where there is none that can be read.
    pub fn read(&self) -> Option<String> {
        let mut text = String::new();
        std::fs::File::open(&self.path).ok()?.take(CODE_BYTES_MAX).read_to_string(&mut text).ok()?;
        Some(text.trim().to_owned()).filter(|code| !code.is_empty())
    }

    /// Whether somebody entered it, as people write it: small letters, blanks and hyphens where they like. It takes as long
    /// whatever was entered.
    pub fn fits(&self, entered: &str) -> bool {
        let Some(code) = self.read() else { return false };
        is_same(&digest_code(&code), &digest_code(entered))
    }
}

fn write_code(path: &Path, code: &str) -> std::io::Result<()> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(code.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Of the symbols alone, read as people mean them.
fn digest_code(code: &str) -> [u8; 32] {
    let symbols = code.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let plain = symbols.map(|symbol| match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    Sha256::digest(plain.collect::<String>().as_bytes()).into()
}

fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use service::random::SeededRandom;

    use super::*;

    #[test]
    fn it_is_made_once_and_read_as_people_write_it() {
        let dir = tempfile::tempdir().unwrap();
        let code = SetupCode::find(None, dir.path());
        assert!(!code.fits("") && !code.fits("anything"), "without a code nobody gets in");
        code.ensure(&SeededRandom::new(1)).unwrap();
        let text = code.read().unwrap();
        assert_eq!((text.len(), text.find('-')), (11, Some(5)), "{text}");
        code.ensure(&SeededRandom::new(2)).unwrap();
        assert_eq!(code.read().unwrap(), text);
        let mode = std::fs::metadata(dir.path().join(CODE_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(code.fits(&text) && code.fits(&format!(" {} ", text.to_lowercase().replace('-', " "))));
        for wrong in ["", &text[1..], &format!("{text}A")] {
            assert!(!code.fits(wrong), "{wrong}");
        }
        std::fs::write(dir.path().join(CODE_FILE), "O1L-0i\n").unwrap();
        assert!(code.fits("0110I"), "letters that look like digits are digits");
    }

    #[test]
    fn first_boots_code_comes_before_the_boxs_own() {
        let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join(CODE_FILE), "installer-1").unwrap();
        assert!(SetupCode::find(Some(folder.path()), data.path()).fits("installer-1"));
    }
}
