//! Certificates of the listeners are taken up without a restart when their files change; a bad one is not, and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use record::tree::Hash;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::ServeError;
use super::listeners::OpenListeners;
use crate::cli::ProcessRole;
use crate::fleet::{Fleet, TlsIdentity};
use crate::keys::KeyError;
use crate::settings::RelaySettings;
use crate::{listen, mqtt};

/// Who the listeners say they are, and what was last put in its place.
pub(super) struct CertificateWatcher {
    fleet: Arc<Fleet>,
    names: Vec<String>,
    /// Of boxes' listeners, of the public one: what is shown.
    shown: [Option<Hash>; 2],
    /// What was not taken, as its message: said once.
    refused: [Option<String>; 2],
    alarm: Arc<AtomicBool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Boxes,
    Public,
}

fn shown_fingerprint(fleet: &Fleet, whose: Whose, identity: &TlsIdentity) -> Hash {
    let roots = if whose == Whose::Boxes { fleet.ca_pem() } else { String::new() };
    let chain = identity.chain.iter().map(|part| &part[..]);
    Hash::of(&chain.chain([roots.as_bytes()]).collect::<Vec<_>>().concat())
}

fn load_identity(fleet: &Fleet, names: &[String], whose: Whose) -> Result<TlsIdentity, KeyError> {
    match whose {
        Whose::Boxes => fleet.own_identity(names),
        Whose::Public => fleet.public_identity(names),
    }
}

fn why_unfit(identity: &TlsIdentity, now_ms: i64) -> Option<String> {
    let leaf = identity.chain.first()?;
    let Ok((_, leaf)) = X509Certificate::from_der(leaf) else { return Some("it cannot be read".to_owned()) };
    let (from_s, until_s) = (leaf.validity().not_before.timestamp(), leaf.validity().not_after.timestamp());
    let now_s = now_ms / 1_000;
    (now_s > until_s || now_s < from_s).then(|| "it is not valid at this time".to_owned())
}

/// Whether the operator's certificate can be shown: what a start needs of it, before anything is open.
///
/// # Errors
/// A file cannot be read or holds something else, or key and certificate do not match.
pub(crate) fn check_public(settings: &RelaySettings, role: ProcessRole) -> Result<(), ServeError> {
    let Some(public) = settings.public_identity() else { return Ok(()) };
    public.check_trust()?;
    if role.serves_pages() || role.ingests() {
        listen::public_tls(public.load_identity()?)?;
    }
    Ok(())
}

impl CertificateWatcher {
    /// What is shown now, as the listeners were opened with it. `alarm` is up while a new certificate is refused.
    pub(super) fn shown(fleet: Arc<Fleet>, names: Vec<String>, alarm: Arc<AtomicBool>) -> Self {
        let shown = [Whose::Boxes, Whose::Public].map(|whose| {
            let identity = load_identity(&fleet, &names, whose).ok()?;
            Some(shown_fingerprint(&fleet, whose, &identity))
        });
        Self { fleet, names, shown, refused: [None, None], alarm }
    }

    pub(super) fn look(&mut self, open: &OpenListeners) {
        // A process without such a listener may be without the private half too.
        let shows = [open.mqtt.is_some(), open.https.is_some()];
        for whose in [Whose::Boxes, Whose::Public].into_iter().filter(|whose| shows[*whose as usize]) {
            let at = whose as usize;
            match self.take_up(whose, open) {
                Ok(()) => self.refused[at] = None,
                Err(error) => {
                    let why = error.to_string();
                    if self.refused[at].as_ref() != Some(&why) {
                        tracing::error!(?whose, %why, "a new certificate was not taken; the one before is still shown");
                    }
                    self.refused[at] = Some(why);
                }
            }
        }
        self.alarm.store(self.refused.iter().any(Option::is_some), Ordering::Relaxed);
    }

    fn take_up(&mut self, whose: Whose, open: &OpenListeners) -> Result<(), ServeError> {
        let new = load_identity(&self.fleet, &self.names, whose)?;
        let digest = shown_fingerprint(&self.fleet, whose, &new);
        if self.shown[whose as usize] == Some(digest) {
            return Ok(());
        }
        if let Some(why) = why_unfit(&new, self.fleet.now_ms()) {
            return Err(rustls::Error::General(why).into());
        }
        match whose {
            Whose::Public => {
                if let Some(https) = &open.https {
                    https.reload(listen::public_tls(new)?);
                }
            }
            Whose::Boxes => {
                if let Some(https) = &open.https {
                    let identity = load_identity(&self.fleet, &self.names, whose)?;
                    https.reload_boxes(listen::box_tls(identity, self.fleet.client_roots()?)?);
                }
                if let Some(photos) = &open.photos {
                    let identity = load_identity(&self.fleet, &self.names, whose)?;
                    photos.reload(listen::box_tls(identity, self.fleet.client_roots()?)?);
                }
                if let Some(listener) = &open.mqtt {
                    let roots = self.fleet.client_roots()?;
                    listener.reload(mqtt::server_config(new.chain, new.key, roots)?);
                }
            }
        }
        tracing::info!(?whose, "a new certificate is shown from now on");
        self.shown[whose as usize] = Some(digest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axum::Router;
    use service::clock::{Clock, FakeClock};
    use service::random::{RandomSource, SeededRandom};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::db::Db;
    use crate::fleet::PublicIdentity;
    use crate::keys::{AuthorityKeys, KeyNeeds};

    const NOW_MS: i64 = 1_763_610_000_000;
    const FOUR: service::listener::ConnectionLimits =
        service::listener::ConnectionLimits { together: 4, per_address: 0 };

    /// A certificate of its own for this many days around now, and its key.
    fn put(dir: &Path, serial: u8, (from, until): (i64, i64)) {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        let at =
            |days: i64| time::OffsetDateTime::from_unix_timestamp(NOW_MS / 1_000 + days * 86_400).unwrap();
        (params.not_before, params.not_after) = (at(from), at(until));
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[serial]));
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(dir.join("cert.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
    }

    async fn serial(listener: &listen::Listener, ca: &Path) -> u8 {
        use rustls::pki_types::pem::PemObject as _;
        let mut roots = rustls::RootCertStore::empty();
        for file in ["old.pem", "cert.pem"] {
            if let Ok(pem) = std::fs::read(ca.join(file)) {
                let der = rustls::pki_types::CertificateDer::from_pem_slice(&pem).unwrap();
                roots.add(der).unwrap();
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.time_provider = Arc::new(AtNow);
        let tcp = TcpStream::connect(listener.local_addr()).await.unwrap();
        let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
        let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        let (_, leaf) = X509Certificate::from_der(&shown).unwrap();
        *leaf.raw_serial().last().unwrap()
    }

    #[derive(Debug)]
    struct AtNow;

    impl rustls::time_provider::TimeProvider for AtNow {
        fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
            let now = std::time::Duration::from_millis(NOW_MS.unsigned_abs());
            Some(rustls::pki_types::UnixTime::since_unix_epoch(now))
        }
    }

    #[tokio::test]
    async fn a_new_certificate_is_shown_and_a_bad_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), 1, (-1, 1));
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        let public = PublicIdentity {
            certificate: dir.path().join("cert.pem"),
            key: dir.path().join("key.pem"),
            ca: None,
        };
        let seams = (
            Arc::new(FakeClock::at_ms(NOW_MS)) as Arc<dyn Clock>,
            Arc::new(SeededRandom::new(1)) as Arc<dyn RandomSource>,
        );
        db.migrate(NOW_MS).await.unwrap();
        let keys = AuthorityKeys::open(
            &db,
            dir.path().join("keys"),
            "localhost",
            KeyNeeds::ALL,
            Arc::clone(&seams.0),
            Arc::clone(&seams.1),
        )
        .await;
        let fleet = Arc::new(Fleet::open(db, Arc::new(keys.unwrap()), Some(public), seams).unwrap());
        let names = vec!["localhost".to_owned()];
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let security = listen::public_tls(fleet.public_identity(&names).unwrap()).unwrap();
        let https = listen::Listener::start(tcp, security, Router::new(), FOUR).unwrap();
        let open = OpenListeners { https: Some(https), ..OpenListeners::default() };
        let alarm = Arc::new(AtomicBool::new(false));
        let mut certificates = CertificateWatcher::shown(fleet, names, Arc::clone(&alarm));
        let shown = async || serial(open.https.as_ref().unwrap(), dir.path()).await;
        certificates.look(&open);
        assert_eq!((shown().await, alarm.load(Ordering::Relaxed)), (1, false));
        put(dir.path(), 2, (-1, 1));
        certificates.look(&open);
        assert_eq!((shown().await, alarm.load(Ordering::Relaxed)), (2, false));
        std::fs::copy(dir.path().join("cert.pem"), dir.path().join("old.pem")).unwrap();
        // Over already; then a key that is another's.
        put(dir.path(), 3, (-9, -8));
        certificates.look(&open);
        assert_eq!((shown().await, alarm.load(Ordering::Relaxed)), (2, true));
        put(dir.path(), 4, (-1, 1));
        std::fs::write(dir.path().join("key.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem())
            .unwrap();
        certificates.look(&open);
        assert_eq!((shown().await, alarm.load(Ordering::Relaxed)), (2, true));
        put(dir.path(), 5, (-1, 1));
        certificates.look(&open);
        assert_eq!((shown().await, alarm.load(Ordering::Relaxed)), (5, false));
    }
}
