//! The folder of keys as one file under a passphrase: an age file, as the box's backups are, which the program `age` opens too. In it are
//! the key files by name, as JSON.

use std::collections::BTreeMap;

use age::secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::authority::{AuthorityKey, AuthorityKind, public_fingerprint};
use super::ca::CertificateAuthority;
use super::file_names::is_key_file;
use super::folder::{IMPORT_PREFIX, KeyError, KeyFolder};
use super::open::{AuthorityKeys, file_name, list_keys, private_file, signer_kind};
use crate::db::fleet::authority;
use crate::db::{DbError, PlatformReason};

/// Characters of a passphrase: the file may be anywhere, and whoever has it may try for years.
const PASSPHRASE_CHARS_MIN: usize = 16;
/// scrypt's cost as a power of two: 128 MiB and about a second.
const WORK_FACTOR: u8 = 17;
/// What somebody else's file may cost to open.
const WORK_FACTOR_MAX: u8 = 20;
/// Bytes of a sealed file; a hundred keys are a third of it.
pub const SEALED_BYTES_MAX: usize = 64 * 1024;

/// Why keys were not sealed or not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("a passphrase has at least {PASSPHRASE_CHARS_MIN} characters")]
    Passphrase,
    #[error("the folder {0} holds no key of this relay")]
    Nothing(String),
    #[error("the file is not opened by this passphrase, or is damaged: {0}")]
    Closed(String),
    #[error("the file is no export of a relay's keys: {0}")]
    Form(String),
    #[error(
        "the {kind} key {n} in the file has the fingerprint {found}, and the database knows one with {expected}: it is another relay's"
    )]
    Foreign { kind: AuthorityKind, n: i64, found: String, expected: String },
    #[error(
        "no key was exported: what was sealed would not be taken by an import, so nobody should rely on it. {0}. Run \
         `cleantrack-relay doctor`, which names damaged keys, then export again"
    )]
    Unfit(Box<Self>),
    #[error("{0} is there already and is another one: move it away first, if it is no longer needed")]
    Occupied(String),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the work was cut off")]
    Interrupted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedExport {
    pub bytes: Vec<u8>,
    /// Their names, as [`AuthorityKeys::mark_exported`] takes them.
    pub keys: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedKeys {
    cleantrack_relay_keys: u32,
    files: BTreeMap<String, String>,
}

impl AuthorityKeys {
    /// Seals every private half of this relay that is here, and opens it again as an import would: nobody tries that before the keys
    /// are lost.
    ///
    /// # Errors
    /// There is none, the passphrase is too short, a file cannot be read, or an import would not take what was sealed.
    pub async fn seal(&self, passphrase: String) -> Result<SealedExport, SealError> {
        if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(SealError::Passphrase);
        }
        self.reload().await?;
        let keyring = self.now();
        let (mut files, mut names) = (BTreeMap::new(), Vec::new());
        for key in keyring.keys().iter().filter(|key| keyring.holds(key)) {
            let file = private_file(key);
            let Some(text) = self.folder.read(&file)? else { continue };
            files.insert(file, text);
            if key.kind == AuthorityKind::Ca {
                // The database's: nothing reads the folder's, so it may be damaged unseen, and an import would then take no key at all.
                files.insert(format!("ca-{}.pem", key.n), key.public.clone());
            }
            names.push(key.name());
        }
        if names.is_empty() {
            return Err(SealError::Nothing(self.folder.dir().display().to_string()));
        }
        let content = SealedKeys { cleantrack_relay_keys: 1, files };
        let plain = serde_json::to_vec(&content).map_err(|e| SealError::Form(e.to_string()))?;
        let again = passphrase.clone();
        let sealed = tokio::task::spawn_blocking(move || seal_bytes(passphrase, &plain)).await;
        let sealed = sealed.map_err(|_| SealError::Interrupted)??;
        let checked = self.check_export(&content, again, sealed.clone()).await;
        checked.map_err(|error| SealError::Unfit(Box::new(error)))?;
        Ok(SealedExport { bytes: sealed, keys: names })
    }

    /// Whether an import would take what was sealed, and find all of it.
    async fn check_export(
        &self,
        content: &SealedKeys,
        passphrase: String,
        sealed: Vec<u8>,
    ) -> Result<(), SealError> {
        if sealed.len() > SEALED_BYTES_MAX {
            return Err(SealError::Form(format!("it is longer than {SEALED_BYTES_MAX} bytes")));
        }
        let read = open_sealed(passphrase, sealed).await?;
        if read.files != content.files {
            return Err(SealError::Form("it holds other files than were sealed".to_owned()));
        }
        self.check_sealed(&read).await
    }

    /// Keeps that these keys are in a file, once it is there: until then nobody may think so.
    pub async fn mark_exported(&self, names: &[String]) -> Result<(), DbError> {
        let (mut tx, now_ms) = (self.db.platform_write(PlatformReason::Operator).await?, self.clock.now_ms());
        for key in self.now().keys().iter().filter(|key| names.contains(&key.name())) {
            authority::platform_set_exported(&mut tx, key.kind.word(), key.n, now_ms).await?;
        }
        tx.commit().await
    }

    /// Puts the keys of a sealed file into this folder; those that are there stay. Gives the names of the files.
    pub async fn unseal(&self, passphrase: String, sealed: Vec<u8>) -> Result<Vec<String>, SealError> {
        let read = open_sealed(passphrase, sealed).await?;
        for (name, text) in &read.files {
            if self.folder.read(name)?.is_some_and(|here| here != *text) {
                return Err(SealError::Occupied(self.folder.path(name).display().to_string()));
            }
        }
        self.check_sealed(&read).await?;
        // Keys before certificates: a certificate without its key would look like a loss.
        let (certificates, keys): (Vec<_>, Vec<_>) =
            read.files.iter().partition(|(name, _)| name.ends_with(".pem"));
        for (name, text) in keys.into_iter().chain(certificates) {
            self.folder.write(name, text)?;
        }
        self.reload().await?;
        Ok(read.files.into_keys().collect())
    }

    /// Whether the keys in the file are those that the database names, looked at in a folder of their own.
    async fn check_sealed(&self, read: &SealedKeys) -> Result<(), SealError> {
        let keys = list_keys(&mut self.db.platform_read(PlatformReason::Operator).await?).await?;
        let aside = KeyFolder::open(self.folder.path(&format!("{IMPORT_PREFIX}{}", std::process::id())))?;
        let checked = check_files(&aside, read, &keys);
        let removed = std::fs::remove_dir_all(aside.dir());
        removed.map_err(|source| KeyError::File { path: aside.dir().to_owned(), source })?;
        checked
    }
}

fn check_files(aside: &KeyFolder, read: &SealedKeys, keys: &[AuthorityKey]) -> Result<(), SealError> {
    for (name, text) in &read.files {
        aside.write(name, text)?;
    }
    for key in keys {
        let found = match key.kind {
            AuthorityKind::Ca => aside.read(&format!("ca-{}.pem", key.n))?,
            kind => {
                let signer = aside.read_signer(&file_name(kind, key.n), signer_kind(kind))?;
                signer.map(|signer| signer.verifier().to_string())
            }
        };
        let Some(found) = found else { continue };
        if found != key.public {
            let (kind, n, expected) = (key.kind, key.n, key.fingerprint.clone());
            return Err(SealError::Foreign { kind, n, found: public_fingerprint(kind, &found), expected });
        }
        if key.kind == AuthorityKind::Ca {
            CertificateAuthority::read(aside, key.n, &key.public)?;
        }
    }
    Ok(())
}

/// The files in what was sealed, each of which has the name of one.
async fn open_sealed(passphrase: String, sealed: Vec<u8>) -> Result<SealedKeys, SealError> {
    let opened = tokio::task::spawn_blocking(move || open_bytes(passphrase, &sealed)).await;
    let plain = opened.map_err(|_| SealError::Interrupted)??;
    let read: SealedKeys = serde_json::from_slice(&plain).map_err(|e| SealError::Form(e.to_string()))?;
    if let Some(strange) = read.files.keys().find(|name| !is_key_file(name)) {
        return Err(SealError::Form(format!("{strange:?} is no key file")));
    }
    Ok(read)
}

fn seal_bytes(passphrase: String, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    age::encrypt(&recipient, plain).map_err(|e| SealError::Form(e.to_string()))
}

fn open_bytes(passphrase: String, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase));
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    age::decrypt(&identity, sealed).map_err(|e| SealError::Closed(e.to_string()))
}
