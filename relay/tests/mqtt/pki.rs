//! Certificates for one test: a CA for the listener, one for boxes, and boxes under it.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SerialNumber,
    date_time_ymd,
};
use record::ids::BoxId;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

pub(crate) struct Pki {
    server_ca: Authority,
    box_ca: Authority,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = named(name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().clone(), issuer: Issuer::new(parameters, key) }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        roots
    }
}

fn named(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
}

#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) id: BoxId,
    pub(crate) serial: String,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

pub(crate) fn box_id(n: u32) -> BoxId {
    let mut random = [7; 10];
    random[..4].copy_from_slice(&n.to_be_bytes());
    BoxId::new(1_763_610_001_123, random)
}

impl Pki {
    pub(crate) fn new() -> Self {
        Self { server_ca: Authority::new("relay"), box_ca: Authority::new("boxes") }
    }

    /// The listener's configuration: accepts boxes of this PKI.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        let mut parameters = named("localhost");
        parameters.subject_alt_names =
            CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])
                .unwrap()
                .subject_alt_names;
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.server_ca.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        relay::mqtt::server_config(vec![certificate.der().clone()], key, self.box_ca.roots()).unwrap()
    }

    pub(crate) fn with_boxes_of(self, other: Self) -> Self {
        Self { server_ca: self.server_ca, box_ca: other.box_ca }
    }

    pub(crate) fn server_ca_pem(&self) -> &str {
        &self.server_ca.pem
    }

    pub(crate) fn identity(&self, n: u32) -> Identity {
        let id = box_id(n);
        self.sign(id, named(&id.to_string()), n)
    }

    pub(crate) fn expired(&self, n: u32) -> Identity {
        let id = box_id(n);
        let mut parameters = named(&id.to_string());
        parameters.not_before = date_time_ymd(2001, 1, 1);
        parameters.not_after = date_time_ymd(2002, 1, 1);
        self.sign(id, parameters, n)
    }

    /// Well signed, and not a box's.
    pub(crate) fn nobody(&self) -> Identity {
        self.sign(box_id(0), named("clinic"), 0)
    }

    /// The box's next certificate: the same id under another serial.
    pub(crate) fn renewed(&self, n: u32) -> Identity {
        let id = box_id(n);
        self.sign(id, named(&id.to_string()), n + 1_000_000)
    }

    fn sign(&self, id: BoxId, mut parameters: CertificateParams, serial: u32) -> Identity {
        let serial = (serial + 1).to_be_bytes();
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.box_ca.issuer).unwrap();
        Identity {
            id,
            serial: relay::mqtt::serial_text(&serial),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }

    pub(crate) fn client(&self, identity: &Identity) -> Arc<ClientConfig> {
        let builder = builder(&[&rustls::version::TLS13]).with_root_certificates(self.server_ca.roots());
        let key = PrivateKeyDer::Pkcs8(identity.key.clone().into());
        Arc::new(builder.with_client_auth_cert(vec![identity.certificate.clone()], key).unwrap())
    }

    pub(crate) fn client_without_certificate(&self) -> Arc<ClientConfig> {
        let builder = builder(&[&rustls::version::TLS13]).with_root_certificates(self.server_ca.roots());
        Arc::new(builder.with_no_client_auth())
    }

    pub(crate) fn client_of_tls_1_2(&self, identity: &Identity) -> Arc<ClientConfig> {
        let builder = builder(&[&rustls::version::TLS12]).with_root_certificates(self.server_ca.roots());
        let key = PrivateKeyDer::Pkcs8(identity.key.clone().into());
        Arc::new(builder.with_client_auth_cert(vec![identity.certificate.clone()], key).unwrap())
    }
}

fn builder(
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap()
}
