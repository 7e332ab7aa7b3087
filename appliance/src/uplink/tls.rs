//! TLS towards the relay: its own authority and no other, and a clock that no dead battery can set back.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};

use service::clock::Clock;

/// This version was not built before 20 November 2026, so no certificate that ended earlier can be meant.
const BUILT_S: u64 = 1_795_132_800;

/// Why no TLS client could be made.
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
    let config = |e: &dyn std::fmt::Display| TlsError::Config(e.to_string());
    let mut roots = RootCertStore::empty();
    for root in parse_certificates("relay's authority", ca)? {
        roots.add(root).map_err(|e| config(&e))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|e| config(&e))?;
    let floor = Floor { clock, floor_s: BUILT_S.max(cosigned_s) };
    let builder = ClientConfig::builder_with_details(provider, Arc::new(floor))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| config(&e))?
        .with_webpki_verifier(verifier);
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => {
            let chain = parse_certificates("box's certificate", chain)?;
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                .map_err(|e| TlsError::Pem { what: "box's key", why: e.to_string() })?;
            builder.with_client_auth_cert(chain, key).map_err(|e| config(&e))
        }
    }
}

fn parse_certificates(what: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let certificates = read.map_err(|e| TlsError::Pem { what, why: e.to_string() })?;
    if certificates.is_empty() {
        return Err(TlsError::Pem { what, why: "there is no certificate in it".to_owned() });
    }
    Ok(certificates)
}

/// An HTTP client over such TLS; bounded in time, follows no redirect.
///
/// # Errors
/// The client cannot be built.
pub fn http_client(tls: ClientConfig) -> Result<reqwest::Client, TlsError> {
    reqwest::Client::builder()
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
