//! TLS towards the relay: only its own authority and those that the settings name, and a clock that no dead battery can set back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use service::clock::Clock;

use super::proxy::HttpsRoute;

/// This version was not built before 20 November 2026, so no certificate that ended earlier can be meant.
const BUILT_S: u64 = 1_795_132_800;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate or key cannot be read.
    #[error("the {what} cannot be read: {why}")]
    Pem { what: &'static str, why: String },
    /// They do not fit together.
    #[error("the certificate, its key and the relay's authority do not match: {0}")]
    Config(String),
}

/// The latest of build time, last cosignature and the box's clock: what certificates are checked against.
#[derive(Debug)]
struct Floor {
    clock: Arc<dyn Clock>,
    floor_s: u64,
}

impl TimeProvider for Floor {
    fn current_time(&self) -> Option<UnixTime> {
        let believed_s = u64::try_from(self.clock.now().wall_ms / 1_000).unwrap_or(0);
        Some(UnixTime::since_unix_epoch(Duration::from_secs(believed_s.max(self.floor_s))))
    }
}

/// What a handshake shows of who is at the other end: a machine between box and relay has another issuer, and asks for
/// no client certificate.
#[derive(Debug, Default)]
pub struct HandshakeNotes {
    issuer: Mutex<Option<String>>,
    requested: AtomicBool,
}

impl HandshakeNotes {
    /// Who signed the certificate that was shown; empty before one was.
    pub fn issuer(&self) -> String {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// Whether the other side asked for this box's certificate.
    pub fn certificate_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Clone)]
pub struct WatchedTls {
    pub config: ClientConfig,
    pub notes: Arc<HandshakeNotes>,
}

const ISSUER_CHARS_MAX: usize = 120;

fn issuer_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let issuer = parsed.issuer();
    let name =
        issuer.iter_common_name().chain(issuer.iter_organization()).find_map(|name| name.as_str().ok());
    let name = name.map_or_else(|| issuer.to_string(), str::to_owned);
    Some(name.chars().filter(|c| !c.is_control()).take(ISSUER_CHARS_MAX).collect())
}

/// Checks as the library does, and notes who signed.
#[derive(Debug)]
struct NotingVerifier {
    inner: Arc<WebPkiServerVerifier>,
    notes: Arc<HandshakeNotes>,
}

impl ServerCertVerifier for NotingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.notes.issuer.lock().unwrap_or_else(PoisonError::into_inner) = issuer_name(end_entity);
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Shows the box's certificate to a server that asks, and notes that one did.
#[derive(Debug)]
struct NotingIdentity {
    key: Arc<CertifiedKey>,
    notes: Arc<HandshakeNotes>,
}

impl ResolvesClientCert for NotingIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.notes.requested.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A client that trusts `ca` alone and shows `identity` (chain and key, PEM) where there is one. `cosigned_s` is the time
/// of the last cosignature, seconds since 1970.
///
/// # Errors
/// What cannot be read or does not fit.
pub fn client_config(
    ca: &str,
    identity: Option<(&str, &str)>,
    clock: Arc<dyn Clock>,
    cosigned_s: u64,
) -> Result<ClientConfig, TlsError> {
    watched_config(ca, identity, clock, cosigned_s).map(|tls| tls.config)
}

/// The same, with what its handshakes show of the other side.
///
/// # Errors
/// As [`client_config`].
pub fn watched_config(
    ca: &str,
    identity: Option<(&str, &str)>,
    clock: Arc<dyn Clock>,
    cosigned_s: u64,
) -> Result<WatchedTls, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in parse_certificates("relay's authority", ca)? {
        roots.add(root).map_err(|e| refuse_config(&e))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|e| refuse_config(&e))?;
    let notes = Arc::<HandshakeNotes>::default();
    let verifier = NotingVerifier { inner, notes: Arc::clone(&notes) };
    let floor = Floor { clock, floor_s: BUILT_S.max(cosigned_s) };
    let builder = ClientConfig::builder_with_details(Arc::clone(&provider), Arc::new(floor))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| refuse_config(&e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = parse_certificates("box's certificate", chain)?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                .map_err(|e| TlsError::Pem { what: "box's key", why: e.to_string() })?;
            let key = CertifiedKey::from_der(chain, key, &provider).map_err(|e| refuse_config(&e))?;
            let identity = NotingIdentity { key: Arc::new(key), notes: Arc::clone(&notes) };
            builder.with_client_cert_resolver(Arc::new(identity))
        }
    };
    Ok(WatchedTls { config, notes })
}

fn refuse_config(why: &dyn std::fmt::Display) -> TlsError {
    TlsError::Config(why.to_string())
}

/// Whether a text holds authorities that could be trusted.
///
/// # Errors
/// Why not.
pub fn check_authority(pem: &str) -> Result<(), TlsError> {
    let mut roots = RootCertStore::empty();
    for root in parse_certificates("further authority", pem)? {
        roots.add(root).map_err(|e| TlsError::Config(e.to_string()))?;
    }
    Ok(())
}

fn parse_certificates(what: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let certificates = read.map_err(|e| TlsError::Pem { what, why: e.to_string() })?;
    if certificates.is_empty() {
        return Err(TlsError::Pem { what, why: "there is no certificate in it".to_owned() });
    }
    Ok(certificates)
}

/// A connection that was idle for this long is not used again: proxies cut them silently.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// An HTTP client over such TLS, by the proxy that was named and no other; bounded in time, follows no redirect.
///
/// # Errors
/// The client cannot be built.
pub fn http_client(tls: ClientConfig, route: &HttpsRoute) -> Result<reqwest::Client, TlsError> {
    // Whatever the environment names as a proxy is not meant for the relay.
    let builder = reqwest::Client::builder().no_proxy();
    let builder = match &route.proxy {
        None => builder,
        Some(proxy) => builder.proxy(proxy.for_client().map_err(|e| TlsError::Config(e.to_string()))?),
    };
    builder
        .pool_idle_timeout(IDLE_MAX)
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(30))
        .user_agent(concat!("cleantrack-appliance/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| TlsError::Config(e.to_string()))
}

#[cfg(test)]
mod tests {
    use service::clock::{FakeClock, Now};

    use super::*;
    use record::entry::ClockState;
    use record::ids::BootId;

    #[test]
    fn no_clock_sets_it_back() {
        let now = Now { wall_ms: 0, boot: BootId::new(0, [0; 10]), up_ms: 0, state: ClockState::Uncertain };
        let clock = Arc::new(FakeClock::new(now));
        let floor = Floor { clock: Arc::clone(&clock) as Arc<dyn Clock>, floor_s: BUILT_S };
        assert_eq!(floor.current_time().unwrap().as_secs(), BUILT_S);
        clock.set(Now { wall_ms: 2_000_000_000_000, ..now });
        assert_eq!(floor.current_time().unwrap().as_secs(), 2_000_000_000);
    }

    #[test]
    fn rubbish_is_named() {
        let now = Now { wall_ms: 0, boot: BootId::new(0, [0; 10]), up_ms: 0, state: ClockState::Uncertain };
        let clock: Arc<dyn Clock> = Arc::new(FakeClock::new(now));
        let wrong = client_config("no pem", None, Arc::clone(&clock), 0).unwrap_err().to_string();
        assert!(wrong.contains("relay's authority"), "{wrong}");
        let ca = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.pem();
        let wrong = client_config(&ca, Some((&ca, "no key")), clock, 0).unwrap_err().to_string();
        assert!(wrong.contains("box's key"), "{wrong}");
    }
}
