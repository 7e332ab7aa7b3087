//! The relay's own keys: made at the first start, kept in files that only it can read.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use record::sign::{KeyKind, SignerKey};

use service::random::RandomSource;

/// Why the keys are of no use. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("the key file {} cannot be used: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// A file that others can read.
    #[error("{} can be read by others. Run `chmod 600` on it, then start again", path.display())]
    Open { path: PathBuf },
    /// A file that holds something else.
    #[error("{} does not hold {what}; restore it from a backup: boxes trust what belongs to it", path.display())]
    Content {
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// The folder of key files, mode 0700.
#[derive(Debug, Clone)]
pub(super) struct KeyDir(PathBuf);

impl KeyDir {
    pub(super) fn open(dir: PathBuf) -> Result<Self, KeyError> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|source| KeyError::File { path: dir.clone(), source })?;
        Ok(Self(dir))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file's text; `None` where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, KeyError> {
        let path = self.path(name);
        let mode = match std::fs::metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeyError::File { path, source }),
            Ok(meta) => meta.permissions().mode(),
        };
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path });
        }
        std::fs::read_to_string(&path).map(Some).map_err(|source| KeyError::File { path, source })
    }

    /// Under a temporary name first, flushed: a power cut leaves the old file or the new one.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), KeyError> {
        let (path, temporary) = (self.path(name), self.path(&format!("{name}.new")));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&temporary, &path)?;
            std::fs::File::open(&self.0)?.sync_all()
        };
        write().map_err(|source| KeyError::File { path: path.clone(), source })
    }

    /// A signing key: `<name>` and 64 hex digits, a line each. The name stays what it was when the key was made: boxes
    /// know the key under it.
    pub(super) fn signer(
        &self,
        file: &str,
        (name, kind): (&str, KeyKind),
        random: &dyn RandomSource,
    ) -> Result<SignerKey, KeyError> {
        let content = || KeyError::Content { path: self.path(file), what: "a signing key" };
        let text = match self.read(file)? {
            Some(text) => text,
            None => {
                let secret = record::tree::Hash(random.bytes());
                let text = format!("{name}\n{secret}\n");
                self.write(file, &text)?;
                text
            }
        };
        let (name, secret) = text.trim_end().split_once('\n').ok_or_else(content)?;
        let secret: record::tree::Hash = secret.parse().map_err(|_| content())?;
        SignerKey::new(name, kind, &secret.0).map_err(|_| content())
    }
}

/// Reads a certificate or key that an operator configured.
///
/// # Errors
/// It cannot be read.
pub(super) fn read_configured(path: &Path) -> Result<String, KeyError> {
    std::fs::read_to_string(path).map_err(|source| KeyError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_by_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyDir::open(dir.path().join("keys")).unwrap();
        let random = SeededRandom::new(1);
        let make = |name: &str| keys.signer("cosign.key", (name, KeyKind::Cosignature), &random);
        let first = make("relay.example/cosign/1").unwrap().verifier().to_string();
        assert_eq!(make("other.example/cosign/1").unwrap().verifier().to_string(), first);
        let path = keys.path("cosign.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(make("x"), Err(KeyError::Open { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["", "name\n", "name\nabc\n", "two words\n00"] {
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(make("x"), Err(KeyError::Content { .. })), "{wrong:?}");
        }
    }
}
