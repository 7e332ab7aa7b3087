//! Boxes of all accounts: their certificates, their claims, and what a claim reports to them about this relay.

mod acts;
mod announce;
mod claim;
mod claim_file;
mod takeover;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use firmware_config::{ClaimFileError, ClaimMistake};
use record::ids::BoxId;
use record::sign::VerifierKey;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub use acts::{BoxAct, REASON_CHARS_MAX, read_reason};
pub use claim::ClaimRefusal;
pub use claim_file::ClaimWishes;

use crate::db::access_log::audit::NewAudit;
use crate::db::fleet::claims::ClaimPlace;
use crate::db::{AccountScope, Db, DbError};
use crate::keys::{AuthorityKeys, AuthorityKind, KeyError, read_configured};
use crate::mqtt::BoxPublisher;
use service::clock::Clock;
use service::random::RandomSource;

/// A claim file is good for 30 days.
const CLAIM_MS: i64 = 30 * 86_400_000;

/// Why something of the fleet was not done.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// Another account's facility answers as one that does not exist.
    #[error("there is no such facility")]
    NoFacility,
    /// Another account's box, or another facility's, answers as one that does not exist.
    #[error("there is no box {0} at that facility")]
    NoBox(BoxId),
    /// Nobody knows yet under which addresses boxes reach this relay.
    #[error("the relay's addresses are not known: start it, or set public_url, mqtt_url and photos_url")]
    NoAddress,
    #[error("this relay has no keys yet: start it, or run `cleantrack-relay keys init`")]
    NoKeys,
    #[error("no claim file was made. {}", word_mistakes(.0))]
    ClaimFile(#[from] ClaimFileError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Each mistake by its key; lines are of a file that nobody has.
fn word_mistakes(error: &ClaimFileError) -> String {
    error
        .mistakes()
        .iter()
        .map(|mistake: &ClaimMistake| match &mistake.key {
            Some(key) => format!("`{key}` {}", mistake.reason),
            None => format!("The file {}", mistake.reason),
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayUrls {
    /// `https://host:port`: claims and renewals.
    pub relay: String,
    /// `mqtts://host:port`.
    pub mqtt: String,
    /// `https://host:port`: photos, with client certificates.
    pub photos: String,
}

/// A certificate and key that an operator configured for the public listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIdentity {
    /// PEM, leaf first.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// PEM of what boxes must trust to reach it, where that is not in the certificate file's chain.
    pub ca: Option<PathBuf>,
}

impl PublicIdentity {
    /// What boxes must trust to reach the listener, PEM.
    fn read_trust(&self) -> Result<String, KeyError> {
        read_configured(self.ca.as_deref().unwrap_or(&self.certificate))
    }

    pub(crate) fn load_identity(&self) -> Result<TlsIdentity, KeyError> {
        let (pem, key) = (read_configured(&self.certificate)?, read_configured(&self.key)?);
        let chain = read_chain(&pem)
            .ok_or_else(|| KeyError::Configured { path: self.certificate.clone(), what: "a certificate" })?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
        let key = key.map_err(|_| KeyError::Configured { path: self.key.clone(), what: "a private key" })?;
        Ok(TlsIdentity { chain, key })
    }

    /// Whether what boxes are to trust is certificates, and not something else.
    pub(crate) fn check_trust(&self) -> Result<(), KeyError> {
        let path = self.ca.as_deref().unwrap_or(&self.certificate);
        read_chain(&self.read_trust()?)
            .map(drop)
            .ok_or_else(|| KeyError::Configured { path: path.to_owned(), what: "a certificate" })
    }
}

#[derive(Debug)]
pub struct TlsIdentity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

#[derive(Debug)]
pub struct Fleet {
    db: Db,
    keys: Arc<AuthorityKeys>,
    public: Option<(PublicIdentity, String)>,
    urls: OnceLock<RelayUrls>,
    publisher: BoxPublisher,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
}

impl Fleet {
    /// On these keys, with a certificate of the operator's for the public listener, where there is one.
    pub fn open(
        db: Db,
        keys: Arc<AuthorityKeys>,
        public: Option<PublicIdentity>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn RandomSource>),
    ) -> Result<Self, KeyError> {
        let public = match public {
            Some(public) => {
                let ca = public.read_trust()?;
                Some((public, ca))
            }
            None => None,
        };
        Ok(Self { db, keys, public, urls: OnceLock::new(), publisher: BoxPublisher::new(), clock, random })
    }

    /// With the way to boxes that are connected here: whose certificates end, their connection does too.
    #[must_use]
    pub fn with_publisher(self, publisher: BoxPublisher) -> Self {
        Self { publisher, ..self }
    }

    /// Says where boxes reach this relay, once its listeners are open. Later words change nothing.
    pub fn open_at(&self, urls: RelayUrls) {
        let _ = self.urls.set(urls);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn urls(&self) -> Option<&RelayUrls> {
        self.urls.get()
    }

    pub fn cosigners(&self) -> Vec<VerifierKey> {
        self.keys.now().cosigners()
    }

    pub fn keys(&self) -> &Arc<AuthorityKeys> {
        &self.keys
    }

    fn trusted_texts(&self, kind: AuthorityKind) -> Vec<String> {
        self.keys.now().trusted_texts(kind)
    }

    /// Everything that a box must trust to reach any listener of this relay, PEM.
    fn trust(&self) -> String {
        let public = self.public.as_ref().map_or("", |(_, ca)| ca.as_str());
        format!("{}{public}", self.ca_pem())
    }

    /// The certificates of the relay's own authorities, PEM.
    pub fn ca_pem(&self) -> String {
        self.keys.now().roots_pem(self.clock.now_ms())
    }

    pub fn ca_file(&self) -> PathBuf {
        self.keys.roots_file()
    }

    /// The authorities as the roots to one of which client certificates must lead.
    pub fn client_roots(&self) -> Result<RootCertStore, KeyError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.ca_pem().as_bytes()) {
            let added = certificate.ok().and_then(|certificate| roots.add(certificate).ok());
            added.ok_or_else(|| KeyError::Content { path: self.ca_file(), what: "a certificate" })?;
        }
        Ok(roots)
    }

    /// What the listeners for boxes show: a certificate of the own authority for these names.
    pub fn own_identity(&self, names: &[String]) -> Result<TlsIdentity, KeyError> {
        let (keyring, folder) = (self.keys.now(), self.keys.folder());
        let authority = keyring.listener_authority().ok_or(KeyError::NotHere(AuthorityKind::Ca))?;
        let (pem, key) = authority.listener(folder, names, self.clock.now_ms(), &*self.random)?;
        tls_identity(&pem, &key).ok_or_else(|| KeyError::Content {
            path: folder.path("server.pem"),
            what: "a certificate with its key",
        })
    }

    /// What the public listener shows: what was configured, else the same as for boxes.
    pub fn public_identity(&self, names: &[String]) -> Result<TlsIdentity, KeyError> {
        let Some((public, _)) = &self.public else { return self.own_identity(names) };
        public.load_identity()
    }
}

/// A claim file with a new one-time code for a facility of the account, TOML; `by`, as the access log calls them, makes it.
///
/// # Errors
/// No such facility in this account, or no such box there; the database; the relay's addresses are not known yet; a wish that no box takes.
pub async fn claim_file(
    fleet: &Fleet,
    scope: AccountScope,
    place: impl Into<ClaimPlace>,
    wishes: ClaimWishes,
    by: &str,
) -> Result<String, FleetError> {
    fleet.new_claim(scope, place.into(), wishes, by).await
}

/// A row of the access log for what was done; where it was is the caller's to say.
fn done_act<'a>(who: &'a str, act: &'a str, about: &'a str) -> NewAudit<'a> {
    NewAudit { who, act, about, facility: None, outcome: "done", fold: None }
}

/// `None` where one of them is something else.
fn tls_identity(pem: &str, key: &str) -> Option<TlsIdentity> {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).ok()?;
    Some(TlsIdentity { chain: read_chain(pem)?, key })
}

/// Certificates, one at least; `None` where one of them is something else.
fn read_chain(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    chain.ok().filter(|chain| !chain.is_empty())
}

/// 160 random bits in Crockford's symbols, in groups that can be read aloud.
fn claim_code(random: [u8; 20]) -> String {
    const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let symbols = (0..32_usize).map(|n| {
        let bits = (5 * n..5 * n + 5).map(|at| usize::from(random[at / 8] >> (7 - at % 8) & 1));
        char::from(SYMBOLS[bits.fold(0, |value, bit| value * 2 + bit)])
    });
    let symbols: Vec<char> = symbols.collect();
    let groups: Vec<String> = symbols.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_carry_all_their_bits() {
        assert_eq!(claim_code([0; 20]), "0000-0000-0000-0000-0000-0000-0000-0000");
        assert_eq!(claim_code([0xff; 20]), "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        let codes: std::collections::BTreeSet<String> = (0..160)
            .map(|bit| {
                let mut bytes = [0; 20];
                bytes[bit / 8] = 1 << (bit % 8);
                claim_code(bytes)
            })
            .collect();
        assert_eq!(codes.len(), 160);
    }
}
