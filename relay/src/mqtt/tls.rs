//! TLS 1.3 with client certificates: the listener's configuration, and who a certificate says its holder is.

use std::fmt::Write;
use std::sync::Arc;

use record::ids::BoxId;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, VerifierBuilderError, WebPkiClientVerifier};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// Why a listener's TLS configuration cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No CA, or one that cannot be used.
    #[error("the CA that signs boxes' certificates cannot be used: {0}")]
    ClientCa(#[from] VerifierBuilderError),
    #[error("the MQTT listener's certificate or key cannot be used: {0}")]
    Identity(#[from] rustls::Error),
}

/// TLS 1.3 only, a client certificate under `client_ca` required. No session tickets: each connection shows its
/// certificate again, so that expiry and revocation count from the next connection on.
pub fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    client_ca: RootCertStore,
) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(client_ca), Arc::clone(&provider)).build()?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)?;
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    pub box_id: BoxId,
    /// Its serial number: lower-case hex of the number's bytes, without leading zero bytes.
    pub serial: String,
}

impl PeerCertificate {
    /// Reads a certificate that TLS has verified. `None` where it is no box's: not exactly one common name, or none
    /// that is a box id.
    pub fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let mut names = parsed.subject().iter_common_name();
        let (name, more) = (names.next()?, names.next());
        if more.is_some() {
            return None;
        }
        let box_id = name.as_str().ok()?.parse().ok()?;
        Some(Self { box_id, serial: serial_text(parsed.raw_serial()) })
    }
}

/// A serial number as it is compared and stored: lower-case hex, no leading zero bytes.
pub fn serial_text(bytes: &[u8]) -> String {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    bytes[start..].iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(names: &[&str], serial: &[u8]) -> CertificateDer<'static> {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        for name in names {
            parameters.distinguished_name.push(rcgen::DnType::CommonName, *name);
        }
        parameters.serial_number = Some(rcgen::SerialNumber::from_slice(serial));
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn reads_the_box_and_the_serial() {
        let id = BoxId::new(7, [3; 10]);
        let read = PeerCertificate::read(&certificate(&[&id.to_string()], &[0x00, 0x9c, 0x01])).unwrap();
        assert_eq!(read, PeerCertificate { box_id: id, serial: "9c01".into() });
    }

    #[test]
    fn is_no_boxs() {
        for names in [&[][..], &["clinic"], &[&BoxId::new(1, [1; 10]).to_string().to_lowercase()]] {
            assert_eq!(PeerCertificate::read(&certificate(names, &[1])), None, "{names:?}");
        }
        assert_eq!(PeerCertificate::read(&CertificateDer::from(vec![0x30, 0x80, 0])), None);
    }

    #[test]
    fn serials_have_one_spelling() {
        assert_eq!(serial_text(&[0, 0, 0x0a, 0xff]), "0aff");
        assert_eq!(serial_text(&[0]), "");
    }
}
