//! A key as all processes know it: which one, its public half, its state.

use std::fmt;
use std::str::FromStr;

use record::sign::VerifierKey;
use record::tree::Hash;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

use crate::db::DbError;
use crate::db::fleet::authority::AuthorityRow;

/// What a key is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum AuthorityKind {
    /// Signs the certificates of boxes, and of the listeners that they reach.
    Ca,
    /// Cosigns checkpoints.
    Cosign,
    /// Signs directives.
    Directive,
    /// Seals what the database keeps of people's second factors. No box and nobody else hears of it.
    Seal,
}

impl AuthorityKind {
    pub const ALL: [Self; 4] = [Self::Ca, Self::Cosign, Self::Directive, Self::Seal];

    /// As the database, the list and the command line have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::Cosign => "cosign",
            Self::Directive => "directive",
            Self::Seal => "seal",
        }
    }
}

impl fmt::Display for AuthorityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It is announced: boxes that know it are signed for with it.
    Next,
    /// New boxes get it, and it signs for all that know it.
    Current,
    /// What it signed holds; it signs for boxes that know no later one.
    Retired,
    /// It was leaked or lost: it signs nothing, and what it signed proves nothing.
    Revoked,
}

impl KeyState {
    const ALL: [Self; 4] = [Self::Next, Self::Current, Self::Retired, Self::Revoked];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for KeyState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|state| state.word() == text).ok_or_else(|| format!("{text:?} is none"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityKey {
    pub kind: AuthorityKind,
    /// From 1 in each kind.
    pub n: i64,
    /// A verifier key as text; of an authority its certificate, PEM.
    pub public: String,
    /// SHA-256 of the text of a verifier key, of the DER of a certificate.
    pub fingerprint: String,
    pub state: KeyState,
    pub from_ms: i64,
    /// Until when it signed; an authority that is retired is believed until then.
    pub until_ms: Option<i64>,
    /// When its private half last went into a sealed file.
    pub exported_ms: Option<i64>,
}

impl AuthorityKey {
    pub(super) fn new(kind: AuthorityKind, n: i64, public: String, state: KeyState, from_ms: i64) -> Self {
        let fingerprint = public_fingerprint(kind, &public);
        Self { kind, n, public, fingerprint, state, from_ms, until_ms: None, exported_ms: None }
    }

    /// `cosign 2`.
    pub fn name(&self) -> String {
        format!("{} {}", self.kind, self.n)
    }

    pub fn is_revoked(&self) -> bool {
        self.state == KeyState::Revoked
    }

    /// Of a cosigning or directive key, by which a sealing key is known too; of an authority none.
    pub fn verifier(&self) -> Option<VerifierKey> {
        VerifierKey::parse(&self.public).ok()
    }

    pub(super) fn row(&self) -> AuthorityRow {
        AuthorityRow {
            kind: self.kind.word().to_owned(),
            n: self.n,
            public: self.public.clone(),
            fingerprint: self.fingerprint.clone(),
            state: self.state.word().to_owned(),
            from_ms: self.from_ms,
            until_ms: self.until_ms,
            exported_ms: self.exported_ms,
        }
    }

    pub(super) fn read_row(row: AuthorityRow) -> Result<Self, DbError> {
        let AuthorityRow { kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms } = row;
        let known = AuthorityKind::ALL.into_iter().find(|known| known.word() == kind);
        let kind = known.ok_or_else(|| DbError::stored("kind of key", format!("{kind:?} is none")))?;
        let state = state.parse().map_err(|e| DbError::stored("state of a key", e))?;
        Ok(Self { kind, n, public, fingerprint, state, from_ms, until_ms, exported_ms })
    }
}

pub(super) fn public_fingerprint(kind: AuthorityKind, public: &str) -> String {
    let der = (kind == AuthorityKind::Ca).then(|| CertificateDer::from_pem_slice(public.as_bytes()).ok());
    let hash = match der.flatten() {
        Some(der) => Hash::of(&der),
        None => Hash::of(public.as_bytes()),
    };
    hash.to_string()
}
