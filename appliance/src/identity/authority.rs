//! The facility's own certificate authority, made at the first start, and the certificate by which the box speaks HTTPS.

use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use record::tree::Hash;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use x509_parser::prelude::{FromDer as _, GeneralName, ParsedExtension, X509Certificate};

/// Browsers take no leaf that lives longer than 398 days.
const LEAF_DAYS: u64 = 390;
/// A leaf is renewed this long before its end.
const RENEW_DAYS: i64 = 60;
const DAY_S: u64 = 86_400;
/// A box without a battery clock may believe it is 1970; no certificate begins before this.
const EARLIEST: (i32, u8, u8) = (2026, 1, 1);
/// Past this, phones that trust it have been replaced.
const CA_UNTIL: (i32, u8, u8) = (2046, 1, 1);

/// What phones and computers show of it in their lists.
pub const CA_NAME: &str = "CleanTrack facility CA";

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("{} could not be read or written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} can be read by others; run `chmod 600` on it, or delete it to get a new one", path.display())]
    Permissions { path: PathBuf },
    /// A certificate could not be created, or a stored one cannot be read.
    #[error("the certificate in {} is of no use: {words}", path.display())]
    Certificate { path: PathBuf, words: String },
}

/// The authority, and the TLS settings that follow from it.
pub struct BoxAuthority {
    dir: PathBuf,
    tls: watch::Sender<Arc<rustls::ServerConfig>>,
}

pub struct OpenedAuthority {
    pub authority: BoxAuthority,
    /// Why it issues no certificate; the one that it has stays in use.
    pub trouble: Option<AuthorityError>,
}

impl BoxAuthority {
    /// Opens `dir` (the data folder's `keys/`), making what is not there, with a certificate for `names`: host names and
    /// addresses. `now_ms` is milliseconds since 1970. Where the authority's own files cannot be used, the certificate that
    /// is there is used, whatever its names.
    ///
    /// # Errors
    /// What is wrong with which file; nothing can be served.
    pub fn open(dir: &Path, names: &[String], now_ms: i64) -> Result<OpenedAuthority, AuthorityError> {
        let (config, trouble) = match Self::make(dir, names, now_ms) {
            Ok(config) => (config, None),
            Err(trouble) => match load_present(dir) {
                Some(config) => (config, Some(trouble)),
                None => return Err(trouble),
            },
        };
        let authority = Self { dir: dir.to_owned(), tls: watch::channel(Arc::new(config)).0 };
        Ok(OpenedAuthority { authority, trouble })
    }

    /// Whether there had been another one here, which is gone: browsers will not trust the one that is made next.
    pub fn was_lost(dir: &Path) -> bool {
        !dir.join("https-ca.pem").exists()
            && (dir.join("https.pem").exists() || dir.join("https-ca.key").exists())
    }

    fn make(dir: &Path, names: &[String], now_ms: i64) -> Result<rustls::ServerConfig, AuthorityError> {
        if !dir.join("https-ca.pem").exists() {
            make_authority(dir)?;
            return renew_certificate(dir, names, now_ms);
        }
        // Checked now: otherwise the fault would show only when an address changes, perhaps on a busy day.
        load_issuer(dir)?;
        match load_stored(dir, names, now_ms) {
            Some(config) => Ok(config),
            None => renew_certificate(dir, names, now_ms),
        }
    }

    /// For listeners: always the newest settings.
    pub fn tls(&self) -> watch::Receiver<Arc<rustls::ServerConfig>> {
        self.tls.subscribe()
    }

    /// The PEM file that a browser must trust, in `dir`.
    pub fn ca_file(dir: &Path) -> PathBuf {
        dir.join("https-ca.pem")
    }

    /// Makes a new certificate when the names have changed or the end is near. True when it did.
    ///
    /// # Errors
    /// As [`BoxAuthority::open`]; the present certificate stays in use.
    pub fn refresh(&self, names: &[String], now_ms: i64) -> Result<bool, AuthorityError> {
        load_issuer(&self.dir)?;
        if load_stored(&self.dir, names, now_ms).is_some() {
            return Ok(false);
        }
        let config = renew_certificate(&self.dir, names, now_ms)?;
        self.tls.send_replace(Arc::new(config));
        Ok(true)
    }
}

#[derive(Debug, Clone)]
pub struct CaCertificate {
    der: Vec<u8>,
    until_ms: i64,
}

impl CaCertificate {
    /// That in `dir`; none where no authority was made yet.
    ///
    /// # Errors
    /// The file cannot be read, or is no certificate.
    pub fn read(dir: &Path) -> Result<Option<Self>, AuthorityError> {
        let path = BoxAuthority::ca_file(dir);
        let pem = match std::fs::read(&path) {
            Ok(pem) => pem,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(AuthorityError::File { path, source }),
        };
        let der = CertificateDer::from_pem_slice(&pem).map_err(|e| refuse_certificate(&path, &e))?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|e| refuse_certificate(&path, &e))?;
        let until_ms = certificate.validity().not_after.timestamp().saturating_mul(1_000);
        Ok(Some(Self { der: der.to_vec(), until_ms }))
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its SHA-256, by which people compare two of them.
    pub fn fingerprint(&self) -> Hash {
        Hash::of(&self.der)
    }

    /// Until when it is good, milliseconds since 1970.
    pub fn until_ms(&self) -> i64 {
        self.until_ms
    }
}

fn make_authority(dir: &Path) -> Result<(), AuthorityError> {
    let path = dir.join("https-ca.pem");
    let key = KeyPair::generate().map_err(|e| refuse_certificate(&path, &e))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = subject_of(CA_NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = rcgen::date_time_ymd(EARLIEST.0, EARLIEST.1, EARLIEST.2);
    params.not_after = rcgen::date_time_ymd(CA_UNTIL.0, CA_UNTIL.1, CA_UNTIL.2);
    let certificate = params.self_signed(&key).map_err(|e| refuse_certificate(&path, &e))?;
    // The key first: a certificate without its key would never be replaced.
    write_file(&dir.join("https-ca.key"), key.serialize_pem().as_bytes(), 0o600)?;
    write_file(&path, certificate.pem().as_bytes(), 0o644)
}

fn load_issuer(dir: &Path) -> Result<Issuer<'static, KeyPair>, AuthorityError> {
    let (certificate, key) = (dir.join("https-ca.pem"), dir.join("https-ca.key"));
    let pair = KeyPair::from_pem(&read_secret(&key)?).map_err(|e| refuse_certificate(&key, &e))?;
    let pem = read_file(&certificate)?;
    if CertificateDer::from_pem_slice(pem.as_bytes()).is_ok_and(|der| !is_of_key(&der, &pair)) {
        let words = format!("it is not of the key in {}", key.display());
        return Err(AuthorityError::Certificate { path: certificate, words });
    }
    Issuer::from_ca_cert_pem(&pem, pair).map_err(|e| refuse_certificate(&certificate, &e))
}

fn is_of_key(der: &CertificateDer<'_>, pair: &KeyPair) -> bool {
    X509Certificate::from_der(der)
        .is_ok_and(|(_, ca)| ca.public_key().subject_public_key.data.as_ref() == pair.public_key_raw())
}

fn is_signed_here(dir: &Path, leaf: &X509Certificate<'_>) -> bool {
    let Ok(ca) = read_file(&dir.join("https-ca.pem")) else { return false };
    let Ok(der) = CertificateDer::from_pem_slice(ca.as_bytes()) else { return false };
    let Ok((_, ca)) = X509Certificate::from_der(&der) else { return false };
    let signer = leaf.iter_extensions().find_map(|e| match e.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0),
        _ => None,
    });
    let own = ca.iter_extensions().find_map(|e| match e.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    });
    signer.is_some() && signer == own
}

/// The certificate that is there, whatever its names and its end.
fn load_present(dir: &Path) -> Option<rustls::ServerConfig> {
    let path = dir.join("https.pem");
    server_config(&path, &read_secret(&path).ok()?).ok()
}

fn renew_certificate(
    dir: &Path,
    names: &[String],
    now_ms: i64,
) -> Result<rustls::ServerConfig, AuthorityError> {
    let path = dir.join("https.pem");
    let issuer = load_issuer(dir)?;
    let key = KeyPair::generate().map_err(|e| refuse_certificate(&path, &e))?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(|e| refuse_certificate(&path, &e))?;
    params.distinguished_name = subject_of("CleanTrack box");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let since_1970 =
        Duration::from_millis(u64::try_from(now_ms).unwrap_or(0)).saturating_sub(Duration::from_secs(DAY_S));
    let earliest = rcgen::date_time_ymd(EARLIEST.0, EARLIEST.1, EARLIEST.2);
    params.not_before = earliest.max(rcgen::date_time_ymd(1970, 1, 1) + since_1970);
    params.not_after = params.not_before + Duration::from_secs(LEAF_DAYS * DAY_S);
    let certificate = params.signed_by(&key, &issuer).map_err(|e| refuse_certificate(&path, &e))?;
    let both = format!("{}{}", key.serialize_pem(), certificate.pem());
    write_file(&path, both.as_bytes(), 0o600)?;
    server_config(&path, &both)
}

/// The certificate that is there, if it is for these names and ends late enough.
fn load_stored(dir: &Path, names: &[String], now_ms: i64) -> Option<rustls::ServerConfig> {
    let path = dir.join("https.pem");
    // One that cannot be read, or that others can read, is created again.
    let both = read_secret(&path).ok()?;
    let der = CertificateDer::from_pem_slice(both.as_bytes()).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let validity = certificate.validity();
    let renew_from_s = validity.not_after.timestamp() - RENEW_DAYS * DAY_S.cast_signed();
    let now_s = now_ms / 1_000;
    // One that was made while the clock was ahead is good some day only.
    let earliest_s = rcgen::date_time_ymd(EARLIEST.0, EARLIEST.1, EARLIEST.2).unix_timestamp();
    let is_current = validity.not_before.timestamp() <= now_s.max(earliest_s) && now_s <= renew_from_s;
    let mut covered: Vec<String> = match certificate.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.iter().filter_map(name_text).collect(),
        _ => Vec::new(),
    };
    let mut expected = names.to_vec();
    expected.sort_unstable();
    covered.sort_unstable();
    let holds = expected == covered && is_current && is_signed_here(dir, &certificate);
    server_config(&path, &both).ok().filter(|_| holds)
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
        },
        _ => None,
    }
}

fn server_config(path: &Path, both: &str) -> Result<rustls::ServerConfig, AuthorityError> {
    let certificate =
        CertificateDer::from_pem_slice(both.as_bytes()).map_err(|e| refuse_certificate(path, &e))?;
    let key = PrivateKeyDer::from_pem_slice(both.as_bytes()).map_err(|e| refuse_certificate(path, &e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(vec![certificate], key))
        .map_err(|e| refuse_certificate(path, &e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn refuse_certificate(path: &Path, why: &dyn std::fmt::Display) -> AuthorityError {
    AuthorityError::Certificate { path: path.to_owned(), words: why.to_string() }
}

fn subject_of(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

fn read_file(path: &Path) -> Result<String, AuthorityError> {
    std::fs::read_to_string(path).map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}

fn read_secret(path: &Path) -> Result<String, AuthorityError> {
    let metadata =
        std::fs::metadata(path).map_err(|source| AuthorityError::File { path: path.to_owned(), source })?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(AuthorityError::Permissions { path: path.to_owned() });
    }
    read_file(path)
}

/// Whole or not at all: written aside, flushed, renamed, and the folder flushed.
fn write_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityError> {
    replace_file(path, bytes, mode).map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}

fn replace_file(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    if path.is_dir() {
        std::fs::rename(path, path.with_extension("bad"))?;
    }
    let aside = path.with_extension("new");
    // What an interrupted start left there.
    match std::fs::remove_file(&aside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = std::fs::File::options().write(true).create_new(true).mode(mode).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    std::fs::File::open(path.parent().unwrap_or(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn made_once_renewed_when_needed() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
        let authority =
            BoxAuthority::open(dir.path(), &names(&["localhost", "127.0.0.1"]), NOW).unwrap().authority;
        let (ca, leaf) = (file("https-ca.pem"), file("https.pem"));
        assert!(!authority.refresh(&names(&["127.0.0.1", "localhost"]), NOW).unwrap());
        drop(authority);
        let authority =
            BoxAuthority::open(dir.path(), &names(&["localhost", "127.0.0.1"]), NOW).unwrap().authority;
        assert_eq!((file("https-ca.pem"), file("https.pem")), (ca.clone(), leaf.clone()));
        let mut tls = authority.tls();
        assert!(authority.refresh(&names(&["localhost", "10.0.0.7"]), NOW).unwrap());
        assert!(tls.has_changed().unwrap());
        tls.mark_unchanged();
        assert!(authority.refresh(&names(&["localhost", "10.0.0.7"]), NOW + 340 * 86_400_000).unwrap());
        assert_eq!(file("https-ca.pem"), ca);
        assert_ne!(file("https.pem"), leaf);
        assert!(authority.refresh(&names(&["localhost"]), 0).is_ok(), "a clock in 1970");
    }

    #[test]
    fn one_that_a_clock_ahead_made_is_made_anew_when_the_clock_is_right() {
        let dir = tempfile::tempdir().unwrap();
        let list = names(&["localhost"]);
        let leaf = || std::fs::read(dir.path().join("https.pem")).unwrap();
        drop(BoxAuthority::open(dir.path(), &list, NOW + 4 * 86_400_000).unwrap());
        let ahead = leaf();
        let authority = BoxAuthority::open(dir.path(), &list, NOW).unwrap().authority;
        let both = String::from_utf8(leaf()).unwrap();
        assert_ne!(both.as_bytes(), ahead);
        let der = CertificateDer::from_pem_slice(both.as_bytes()).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        assert!(certificate.validity().not_before.timestamp() <= NOW / 1_000);
        assert!(!authority.refresh(&list, NOW).unwrap());
        // A clock before this program was: the certificate is good from the first day that can be, and stays.
        assert!(authority.refresh(&list, 5).unwrap());
        assert!(!authority.refresh(&list, 5).unwrap());
    }

    #[test]
    fn a_key_that_others_can_read_signs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(BoxAuthority::open(dir.path(), &names(&["localhost"]), NOW).unwrap());
        let mode =
            |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        let open_up = |name: &str| {
            assert_eq!(mode(name), 0o600);
            std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(0o644)).unwrap();
        };
        let leaf = || std::fs::read(dir.path().join("https.pem")).unwrap();
        let old = leaf();
        open_up("https.pem");
        let opened = BoxAuthority::open(dir.path(), &names(&["localhost"]), NOW).unwrap();
        assert!(opened.trouble.is_none() && leaf() != old && mode("https.pem") == 0o600, "a new one");
        let old = leaf();
        open_up("https-ca.key");
        let opened = BoxAuthority::open(dir.path(), &names(&["localhost", "other"]), NOW).unwrap();
        assert!(matches!(opened.trouble, Some(AuthorityError::Permissions { .. })));
        assert_eq!(leaf(), old, "the old certificate goes on");
        assert!(opened.authority.refresh(&names(&["localhost", "other"]), NOW).is_err());
    }

    type Spoiling = (&'static str, fn(&Path));

    #[test]
    fn each_file_alone_can_go_wrong() {
        let list = names(&["localhost"]);
        let damages: [Spoiling; 4] = [
            ("gone", |path| std::fs::remove_file(path).unwrap()),
            ("empty", |path| std::fs::write(path, b"").unwrap()),
            ("noise", |path| std::fs::write(path, [0x9d; 500]).unwrap()),
            ("a folder", |path| {
                std::fs::remove_file(path).unwrap();
                std::fs::create_dir(path).unwrap();
            }),
        ];
        for (how, spoil) in damages {
            for name in ["https-ca.key", "https-ca.pem", "https.pem"] {
                let dir = tempfile::tempdir().unwrap();
                drop(BoxAuthority::open(dir.path(), &list, NOW).unwrap());
                let leaf = std::fs::read(dir.path().join("https.pem")).unwrap();
                spoil(&dir.path().join(name));
                let remake = (name, how) == ("https-ca.pem", "gone");
                assert_eq!(BoxAuthority::was_lost(dir.path()), remake, "{name} {how}");
                let opened = BoxAuthority::open(dir.path(), &list, NOW)
                    .unwrap_or_else(|e| panic!("{name} {how}: {e}"));
                let whole = name == "https.pem" || remake;
                assert_eq!(opened.trouble.is_none(), whole, "{name} {how}");
                let same = std::fs::read(dir.path().join("https.pem")).unwrap() == leaf;
                assert_eq!(same, !whole, "{name} {how}: only a certificate that can be signed is made");
            }
        }
        let other = tempfile::tempdir().unwrap();
        drop(BoxAuthority::open(other.path(), &list, NOW).unwrap());
        for name in ["https-ca.key", "https-ca.pem", "https.pem"] {
            let dir = tempfile::tempdir().unwrap();
            drop(BoxAuthority::open(dir.path(), &list, NOW).unwrap());
            std::fs::copy(other.path().join(name), dir.path().join(name)).unwrap();
            let opened = BoxAuthority::open(dir.path(), &list, NOW).unwrap();
            assert_eq!(opened.trouble.is_none(), name == "https.pem", "{name} of another box");
            let foreign = std::fs::read(other.path().join("https.pem")).unwrap();
            assert_ne!(std::fs::read(dir.path().join("https.pem")).unwrap(), foreign, "{name}");
        }
        let dir = tempfile::tempdir().unwrap();
        drop(BoxAuthority::open(dir.path(), &list, NOW).unwrap());
        for name in ["https-ca.key", "https.pem"] {
            std::fs::write(dir.path().join(name), [0x9d; 500]).unwrap();
        }
        assert!(BoxAuthority::open(dir.path(), &list, NOW).is_err(), "nothing can be served");
    }
}
