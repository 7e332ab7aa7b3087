//! The folder of private keys: files that only their own process can read.

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use record::sign::{KeyKind, SignerKey};
use service::ownership::{make_private_file, make_private_folder, parent_of};
use service::random::RandomSource;

use super::authority::AuthorityKind;
use super::file_names::UNFINISHED;
use crate::db::DbError;

/// Why the keys are of no use. Nothing was started, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("the key file {} cannot be used: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} can be read by others. Run `chmod 600` on it, then start again", path.display())]
    Open { path: PathBuf },
    #[error("{} does not hold {what}. Move it away, then bring the keys back with `cleantrack-relay keys import FILE`: boxes trust what belongs to them", path.display())]
    Content { path: PathBuf, what: &'static str },
    /// A folder, a pipe or a device under the name of a file.
    #[error("{} is no plain file, and one belongs there. Move it away, then start again", path.display())]
    NoFile { path: PathBuf },
    /// A key without its certificate, which may be the one that boxes trust.
    #[error(
        "{} is there, and its certificate, {}, is not: nothing was written over that key. Put the certificate back, from a backup or from \
         where it was moved; or, where no box trusts the key, move it away; then start again", key.display(), certificate.display()
    )]
    Uncertified { key: PathBuf, certificate: PathBuf },
    /// A file of the operator's that holds something else.
    #[error("{}, which the settings name, does not hold {what}. Put the right file there, then start again", path.display())]
    Configured { path: PathBuf, what: &'static str },
    /// The database and the folder are of two relays, or the folder is not there.
    #[error(
        "the database knows this relay by the {kind} key {n} with the fingerprint {expected}, and {} holds {found}. Boxes trust that key and \
         no other, so this process did not start. Put the key there: copy the folder of the process that has it, or run \
         `cleantrack-relay keys import FILE` with a file that `cleantrack-relay keys export` wrote; or let this process have the \
         database that belongs to its own keys. Where the key is lost for good and this folder holds an earlier one, \
         `cleantrack-relay keys revoke {kind} {n}` makes that one the current one again", folder.display()
    )]
    Missing {
        kind: AuthorityKind,
        n: i64,
        expected: String,
        folder: PathBuf,
        /// What is there instead, in words with its fingerprint.
        found: String,
    },
    /// No keys, and this process may not make any.
    #[error(
        "this relay has no keys yet, or they are lost: the database names none, and {} holds none. On the machine whose folder shall hold \
         them run `cleantrack-relay keys init`; boxes that trust earlier keys must then be claimed anew", folder.display()
    )]
    None { folder: PathBuf },
    #[error(
        "this relay has its keys already: `cleantrack-relay keys list` shows them, `keys rotate` makes the next one of a kind"
    )]
    Known,
    /// What the private half is needed for is the work of another process.
    #[error("the private half of the {0} key is not in this process's folder")]
    NotHere(AuthorityKind),
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl KeyError {
    /// Whether another start would find the same, so that a person must come first.
    pub fn needs_person(&self) -> bool {
        if let Self::File { source, .. } = self {
            // Rights and what is there do not change by themselves; a disk that is full or away may.
            let is_loop = source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
            let kinds = [
                ErrorKind::PermissionDenied,
                ErrorKind::NotADirectory,
                ErrorKind::IsADirectory,
                ErrorKind::AlreadyExists,
            ];
            return is_loop || kinds.contains(&source.kind());
        }
        matches!(
            self,
            Self::Missing { .. }
                | Self::None { .. }
                | Self::Content { .. }
                | Self::Configured { .. }
                | Self::Open { .. }
                | Self::NoFile { .. }
                | Self::Uncertified { .. }
        )
    }
}

/// A folder in which the keys of an import are looked at begins with it.
pub(super) const IMPORT_PREFIX: &str = "import-";

/// The folder of key files, mode 0700.
#[derive(Debug, Clone)]
pub(crate) struct KeyFolder(PathBuf);

impl KeyFolder {
    pub(super) fn open(dir: PathBuf) -> Result<Self, KeyError> {
        make_private_folder(&dir).map_err(|source| KeyError::File { path: dir.clone(), source })?;
        let folder = Self(dir);
        folder.remove_imports()?;
        Ok(folder)
    }

    /// What an import left that was cut off: private halves that nobody looks for.
    fn remove_imports(&self) -> Result<(), KeyError> {
        let entries = std::fs::read_dir(&self.0);
        for entry in entries.map_err(|source| KeyError::File { path: self.0.clone(), source })? {
            let entry = entry.map_err(|source| KeyError::File { path: self.0.clone(), source })?;
            let (name, kind) = (entry.file_name(), entry.file_type());
            // A person may call something of theirs nearly so.
            let number = name.to_str().and_then(|name| name.strip_prefix(IMPORT_PREFIX));
            let is_ours = number.is_some_and(|number| number.parse::<u32>().is_ok());
            if is_ours && kind.is_ok_and(|kind| kind.is_dir()) {
                let path = entry.path();
                std::fs::remove_dir_all(&path).map_err(|source| KeyError::File { path, source })?;
            }
        }
        Ok(())
    }

    pub(super) fn number_files(&self) -> Result<(), KeyError> {
        // The key last: where it has its new name, nothing is left to do.
        for (old, new, with) in [
            ("ca.pem", "ca-1.pem", "ca.key"),
            ("ca.key", "ca-1.key", "ca.key"),
            ("cosign.key", "cosign-1", "cosign.key"),
            ("directive.key", "directive-1", "directive.key"),
        ] {
            let (old, new) = (self.path(old), self.path(new));
            if self.path(with).exists() && old.exists() && !new.exists() {
                let renamed = std::fs::rename(&old, new);
                renamed.map_err(|source| KeyError::File { path: old, source })?;
            }
        }
        Ok(())
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file's text; `None` where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, KeyError> {
        let path = self.path(name);
        let mode = match std::fs::metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeyError::File { path, source }),
            // A pipe would be waited for as long as nobody writes into it.
            Ok(meta) if !meta.is_file() => return Err(KeyError::NoFile { path }),
            Ok(meta) => meta.permissions().mode(),
        };
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path });
        }
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(KeyError::Content { path, what: "text, as each key file does" })
            }
            read => read.map(Some).map_err(|source| KeyError::File { path, source }),
        }
    }

    /// Under a temporary name first, flushed: a power cut leaves the old file or the new one.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), KeyError> {
        let (path, temporary) = (self.path(name), self.path(&format!("{name}{UNFINISHED}")));
        let written = write_renamed(&temporary, &path, text);
        written.map_err(|source| KeyError::File { path, source })
    }

    /// A signing key that is there: `<name>` and 64 hex digits, a line each. The name stays what it was when the key was made: boxes
    /// know the key under it.
    pub(super) fn read_signer(&self, file: &str, kind: KeyKind) -> Result<Option<SignerKey>, KeyError> {
        let what = "a signing key";
        let Some(text) = self.read(file)? else { return Ok(None) };
        let parts = text.trim_end().split_once('\n');
        let (name, secret) = parts.ok_or_else(|| self.refuse_content(file, what))?;
        let secret: record::tree::Hash = secret.parse().map_err(|_| self.refuse_content(file, what))?;
        SignerKey::new(name, kind, &secret.0).map(Some).map_err(|_| self.refuse_content(file, what))
    }

    pub(super) fn refuse_content(&self, file: &str, what: &'static str) -> KeyError {
        KeyError::Content { path: self.path(file), what }
    }

    /// The 32 bytes of a key that is there.
    pub(super) fn read_secret(&self, file: &str) -> Result<Option<[u8; 32]>, KeyError> {
        let Some(text) = self.read(file)? else { return Ok(None) };
        let parts = text.trim_end().split_once('\n');
        let (_, secret) = parts.ok_or_else(|| self.refuse_content(file, "a key"))?;
        let secret: record::tree::Hash = secret.parse().map_err(|_| self.refuse_content(file, "a key"))?;
        Ok(Some(secret.0))
    }

    /// A signing key of this file: what is there, else a new one of this name.
    pub(super) fn make_signer(
        &self,
        file: &str,
        name: &str,
        kind: KeyKind,
        random: &dyn RandomSource,
    ) -> Result<SignerKey, KeyError> {
        if let Some(signer) = self.read_signer(file, kind)? {
            return Ok(signer);
        }
        let secret = record::tree::Hash(random.bytes());
        self.write(file, &format!("{name}\n{secret}\n"))?;
        self.read_signer(file, kind)?
            .ok_or_else(|| KeyError::Content { path: self.path(file), what: "a signing key" })
    }
}

fn write_renamed(temporary: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::remove_file(temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = make_private_file(temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(temporary, path)?;
    std::fs::File::open(parent_of(path))?.sync_all()
}

pub(crate) fn read_configured(path: &Path) -> Result<String, KeyError> {
    // A pipe would be waited for as long as nobody writes into it.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(KeyError::NoFile { path: path.to_owned() });
    }
    std::fs::read_to_string(path).map_err(|source| KeyError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;

    #[test]
    fn what_an_import_left_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        std::fs::create_dir_all(keys.join("import-4711")).unwrap();
        std::fs::create_dir_all(keys.join("import-from-old-machine")).unwrap();
        std::fs::write(keys.join("import-2026.age"), "sealed").unwrap();
        KeyFolder::open(keys.clone()).unwrap();
        assert!(!keys.join("import-4711").exists());
        assert!(keys.join("import-from-old-machine").exists() && keys.join("import-2026.age").exists());
    }

    #[test]
    fn a_key_is_made_once_and_read_by_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyFolder::open(dir.path().join("keys")).unwrap();
        let random = SeededRandom::new(1);
        let make = |name: &str| keys.make_signer("cosign-1", name, KeyKind::Cosignature, &random);
        assert!(keys.read_signer("cosign-1", KeyKind::Cosignature).unwrap().is_none());
        let first = make("relay.example/cosign/1").unwrap().verifier().to_string();
        assert_eq!(make("other.example/cosign/1").unwrap().verifier().to_string(), first);
        let path = keys.path("cosign-1");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(make("x"), Err(KeyError::Open { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["", "name\n", "name\nabc\n", "two words\n00"] {
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(make("x"), Err(KeyError::Content { .. })), "{wrong:?}");
        }
        std::fs::remove_file(&path).unwrap();
        let no_file =
            || make("x").is_err_and(|error| matches!(error, KeyError::NoFile { .. }) && error.needs_person());
        std::fs::create_dir(&path).unwrap();
        assert!(no_file(), "a folder");
        std::fs::remove_dir(&path).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(no_file(), "a pipe that nobody writes into");
    }
}
