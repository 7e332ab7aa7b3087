//! Opening the keys at a start: the folder must belong to the database, or nothing runs.

use std::path::PathBuf;
use std::sync::Arc;

use record::sign::KeyKind;
use service::clock::Clock;
use service::random::RandomSource;

use super::authority::{AuthorityKey, AuthorityKind, KeyState, public_fingerprint};
use super::ca::CertificateAuthority;
use super::data_seal::DataSeal;
use super::file_names::ROOTS_FILE;
use super::folder::{KeyError, KeyFolder};
use super::keyring::{KeySet, SharedKeySet};
use crate::db::fleet::authority;
use crate::db::{Db, DbError, PlatformConnection, PlatformReason};

/// Whether a process may make the first keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyMaking {
    Never,
    /// Where nobody trusts any yet.
    OnEmptyDatabase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyNeeds {
    pub(super) kinds: &'static [AuthorityKind],
    makes: KeyMaking,
}

impl KeyNeeds {
    /// A process that does everything. It may be the first of all.
    pub const ALL: Self = Self { kinds: &AuthorityKind::ALL, makes: KeyMaking::OnEmptyDatabase };
    pub const INGEST: Self =
        Self { kinds: &[AuthorityKind::Ca, AuthorityKind::Cosign], makes: KeyMaking::Never };
    /// One whose public listener shows a certificate of the relay's own authority.
    pub const WEB: Self = Self { kinds: &[AuthorityKind::Ca, AuthorityKind::Seal], makes: KeyMaking::Never };
    /// The same where an operator brings the certificate.
    pub const PAGES: Self = Self { kinds: &[AuthorityKind::Seal], makes: KeyMaking::Never };
    /// One that sends directives, and signs the ends of access logs.
    pub const WORK: Self =
        Self { kinds: &[AuthorityKind::Cosign, AuthorityKind::Directive], makes: KeyMaking::Never };
    pub const NONE: Self = Self { kinds: &[], makes: KeyMaking::Never };
}

/// The keys of a process: its folder, and what the database says of them.
#[derive(Debug)]
pub struct AuthorityKeys {
    pub(super) db: Db,
    pub(super) folder: KeyFolder,
    pub(super) host: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn RandomSource>,
    shared: SharedKeySet,
}

impl AuthorityKeys {
    /// Opens the keys in `dir`, or makes them where this process may be the first.
    ///
    /// # Errors
    /// A private half that is needed is not there, or is another one than the database's. Nothing is made over one that is there.
    pub async fn open(
        db: &Db,
        dir: PathBuf,
        host: &str,
        needs: KeyNeeds,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, KeyError> {
        let folder = KeyFolder::open(dir)?;
        folder.number_files()?;
        let shared = SharedKeySet::default();
        let keys = Self { db: db.clone(), folder, host: host.to_owned(), clock, random, shared };
        let mut conn = db.platform_read(PlatformReason::Operator).await?;
        let known = authority::platform_list(&mut conn).await?;
        if known.is_empty() {
            let is_trusted = authority::platform_is_trusted(&mut conn).await?;
            drop(conn);
            let is_first = needs.makes == KeyMaking::OnEmptyDatabase && !is_trusted;
            if is_first || (needs.makes == KeyMaking::OnEmptyDatabase && keys.has_first()?) {
                keys.make_first().await?;
            } else if !needs.kinds.is_empty() {
                return Err(KeyError::None { folder: keys.folder.dir().to_owned() });
            }
        } else {
            drop(conn);
            if needs.makes == KeyMaking::OnEmptyDatabase {
                keys.make_seal().await?;
            }
        }
        keys.reload().await?;
        keys.check_needs(needs)?;
        keys.warn_of_remarks(needs);
        Ok(keys)
    }

    pub fn shared(&self) -> SharedKeySet {
        self.shared.clone()
    }

    pub fn now(&self) -> Arc<KeySet> {
        self.shared.now()
    }

    /// Where the certificates of the relay's authorities are kept.
    pub fn roots_file(&self) -> PathBuf {
        self.folder.path(ROOTS_FILE)
    }

    pub(crate) fn folder(&self) -> &KeyFolder {
        &self.folder
    }

    /// Makes the first keys of a relay whose keys are lost, or that has none yet.
    pub async fn init(&self) -> Result<(), KeyError> {
        if !self.make_first().await? {
            return Err(KeyError::Known);
        }
        self.reload().await
    }

    /// Looks again at what the database says and the folder holds: another process may have rotated a key, or a person brought one.
    pub async fn reload(&self) -> Result<(), KeyError> {
        let keys = list_keys(&mut self.db.platform_read(PlatformReason::Operator).await?).await?;
        let mut keyring = KeySet::default();
        for key in &keys {
            self.insert_half(&mut keyring, key)?;
        }
        keyring.keys = keys;
        let roots = keyring.roots_pem(self.clock.now_ms());
        let written = self.folder.read(ROOTS_FILE).or_else(|error| match error {
            KeyError::NoFile { .. } => Err(error),
            error => none_of_content(error),
        })?;
        if !roots.is_empty() && written.as_ref() != Some(&roots) {
            self.folder.write(ROOTS_FILE, &roots)?;
        }
        self.shared.replace(keyring);
        Ok(())
    }

    /// Adds the private half of a key to the keyring, where the folder has it and it is the key's.
    fn insert_half(&self, keyring: &mut KeySet, key: &AuthorityKey) -> Result<(), KeyError> {
        match key.kind {
            AuthorityKind::Ca => {
                let read = CertificateAuthority::read(&self.folder, key.n, &key.public);
                // Of another relay, which `check_needs` says by name.
                if let Some(authority) = read.or_else(none_of_content)? {
                    keyring.authorities.insert(key.n, authority);
                }
            }
            kind => {
                // A file that holds something else is as if there were none: `check_needs` says so where the key is needed.
                let read = self.folder.read_signer(&file_name(kind, key.n), signer_kind(kind));
                let signer = read.or_else(none_of_content)?;
                let is_it = signer.filter(|signer| signer.verifier().to_string() == key.public);
                let Some(signer) = is_it else { return Ok(()) };
                if kind == AuthorityKind::Seal
                    && let Some(secret) = self.folder.read_secret(&file_name(kind, key.n))?
                {
                    keyring.seals.insert(key.n, DataSeal::of_secret(&secret));
                }
                keyring.signers.insert((kind, key.n), signer);
            }
        }
        Ok(())
    }

    /// Whether the folder has the private half now. What was read at a start may be damaged since, and the next start would find it so.
    pub(super) fn is_held(&self, key: &AuthorityKey) -> bool {
        let mut keyring = KeySet::default();
        self.insert_half(&mut keyring, key).is_ok() && keyring.holds(key)
    }

    fn check_needs(&self, needs: KeyNeeds) -> Result<(), KeyError> {
        needs.kinds.iter().try_for_each(|kind| self.require_current(*kind))
    }

    pub(super) fn require_current(&self, kind: AuthorityKind) -> Result<(), KeyError> {
        let keyring = self.now();
        let current = keyring.current(kind);
        let current = current.ok_or_else(|| KeyError::None { folder: self.folder.dir().to_owned() })?;
        if keyring.holds(current) {
            return Ok(());
        }
        Err(KeyError::Missing {
            kind,
            n: current.n,
            expected: current.fingerprint.clone(),
            folder: self.folder.dir().to_owned(),
            found: self.word_found(current)?,
        })
    }

    fn word_found(&self, key: &AuthorityKey) -> Result<String, KeyError> {
        let public = match key.kind {
            AuthorityKind::Ca => {
                // What is where the private half belongs is named, and not the half that is missing for it.
                if let Err(error @ KeyError::NoFile { .. }) = self.folder.read(&private_file(key)) {
                    return Err(error);
                }
                self.folder.read(&format!("ca-{}.pem", key.n))?
            }
            kind => {
                let read = self.folder.read_signer(&file_name(kind, key.n), signer_kind(kind));
                if let Err(KeyError::Content { path, .. }) = &read {
                    let path = path.display();
                    return Ok(format!(
                        "a damaged file there ({path}), which must be moved to another folder first"
                    ));
                }
                read?.map(|signer| signer.verifier().to_string())
            }
        };
        Ok(match public {
            None => "no such key".to_owned(),
            Some(public) if public == key.public => "its certificate without its private half".to_owned(),
            Some(public) => {
                format!("one with the fingerprint {}", public_fingerprint(key.kind, &public))
            }
        })
    }

    /// Whether the folder has first keys that no database knows: a start was cut off before its transaction ended, or the database is
    /// from before it knew of keys.
    fn has_first(&self) -> Result<bool, KeyError> {
        Ok(self.folder.read("ca-1.key")?.is_some()
            && self.folder.read("cosign-1")?.is_some()
            && self.folder.read("directive-1")?.is_some())
    }

    /// Whether they were made: another process may have been quicker.
    async fn make_first(&self) -> Result<bool, KeyError> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        authority::platform_lock(&mut tx).await?;
        if !authority::platform_list(&mut tx).await?.is_empty() {
            return Ok(false);
        }
        for kind in AuthorityKind::ALL {
            let key = self.make_key(kind, 1, KeyState::Current)?;
            authority::platform_insert(&mut tx, &key.row()).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Makes the first sealing key of a database from before it knew of one: nothing was sealed yet, and no box uses it.
    async fn make_seal(&self) -> Result<(), KeyError> {
        fn is_seal(row: &authority::AuthorityRow) -> bool {
            row.kind == AuthorityKind::Seal.word()
        }
        let known =
            authority::platform_list(&mut self.db.platform_read(PlatformReason::Operator).await?).await?;
        if known.iter().any(is_seal) {
            return Ok(());
        }
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        authority::platform_lock(&mut tx).await?;
        if authority::platform_list(&mut tx).await?.iter().any(is_seal) {
            return Ok(());
        }
        let key = self.make_key(AuthorityKind::Seal, 1, KeyState::Current)?;
        authority::platform_insert(&mut tx, &key.row()).await?;
        Ok(tx.commit().await?)
    }

    /// A key whose private half is in the folder before it is announced; what is there of its number is taken.
    pub(super) fn make_key(
        &self,
        kind: AuthorityKind,
        n: i64,
        state: KeyState,
    ) -> Result<AuthorityKey, KeyError> {
        let now_ms = self.clock.now_ms();
        let public = match kind {
            AuthorityKind::Ca => CertificateAuthority::make(&self.folder, n, now_ms, &*self.random)?,
            _ => {
                let name = format!("{}/{kind}/{n}", self.host);
                let signer =
                    self.folder.make_signer(&file_name(kind, n), &name, signer_kind(kind), &*self.random)?;
                signer.verifier().to_string()
            }
        };
        Ok(AuthorityKey::new(kind, n, public, state, now_ms))
    }
}

pub(super) async fn list_keys(conn: &mut PlatformConnection) -> Result<Vec<AuthorityKey>, DbError> {
    let rows = authority::platform_list(conn).await?;
    rows.into_iter().map(AuthorityKey::read_row).collect()
}

/// A file that holds something else is as if there were none.
fn none_of_content<T>(error: KeyError) -> Result<Option<T>, KeyError> {
    match error {
        KeyError::Content { .. } | KeyError::NoFile { .. } => Ok(None),
        other => Err(other),
    }
}

pub(super) fn file_name(kind: AuthorityKind, n: i64) -> String {
    format!("{kind}-{n}")
}

pub(super) fn private_file(key: &AuthorityKey) -> String {
    match key.kind {
        AuthorityKind::Ca => format!("ca-{}.key", key.n),
        kind => file_name(kind, key.n),
    }
}

pub(super) fn signer_kind(kind: AuthorityKind) -> KeyKind {
    match kind {
        AuthorityKind::Cosign => KeyKind::Cosignature,
        AuthorityKind::Ca | AuthorityKind::Directive | AuthorityKind::Seal => KeyKind::Note,
    }
}
