//! The authority that signs boxes' certificates, and the relay's own listeners where nobody configured another.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType,
    SerialNumber,
};
use record::ids::BoxId;
use record::tree::Hash;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use service::random::RandomSource;
use time::OffsetDateTime;

use super::file_names::{LISTENER_KEY, LISTENER_NAMES, LISTENER_PEM};
use super::folder::{KeyError, KeyFolder};

const DAY_S: i64 = 86_400;
/// A box's certificate is valid for two years.
const BOX_S: i64 = 730 * DAY_S;
/// A listener's own certificate; renewed at a start when a third is left.
const LISTENER_S: i64 = 397 * DAY_S;
/// The authority itself: longer than any box.
const AUTHORITY_S: i64 = 20 * 365 * DAY_S;
/// A clock that is a little behind must not refuse what was made just now.
const BACKDATED_S: i64 = DAY_S;

#[derive(Debug)]
pub(crate) struct CertificateAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

#[derive(Debug, Clone)]
pub(crate) struct IssuedCertificate {
    pub(crate) pem: String,
    /// As `mqtt::serial_text` writes it.
    pub(crate) serial: String,
    pub(crate) not_after_ms: i64,
}

#[derive(Debug)]
pub(crate) struct SignedCsr(CertificateSigningRequestParams);

impl SignedCsr {
    /// `None` where it cannot be read or its signature does not hold.
    pub(crate) fn read(pem: &str) -> Option<Self> {
        CertificateSigningRequestParams::from_pem(pem).ok().map(Self)
    }

    /// SHA-256 of the public key.
    pub(crate) fn key(&self) -> Hash {
        Hash::of(&self.0.public_key.subject_public_key_info())
    }
}

fn date_time(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn subject_of(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// 127 random bits: positive, never zero in its first byte.
fn new_serial(random: &dyn RandomSource) -> (SerialNumber, String) {
    let mut bytes: [u8; 16] = random.bytes();
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    (SerialNumber::from_slice(&bytes), crate::mqtt::serial_text(&bytes))
}

fn certificate_params(names: DistinguishedName, now_s: i64, life_s: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = names;
    params.not_before = date_time(now_s - BACKDATED_S);
    params.not_after = date_time(now_s + life_s);
    params.use_authority_key_identifier_extension = true;
    params
}

impl CertificateAuthority {
    pub(super) fn read(folder: &KeyFolder, n: i64, pem: &str) -> Result<Option<Self>, KeyError> {
        let file = format!("ca-{n}.key");
        let Some(key) = folder.read(&file)? else { return Ok(None) };
        let key = KeyPair::from_pem(&key).map_err(|_| folder.refuse_content(&file, "a key"))?;
        if certified_key(pem).as_deref() != Some(&key.subject_public_key_info()[..]) {
            return Err(folder.refuse_content(&file, "the key of this relay's authority"));
        }
        let issuer = Issuer::from_ca_cert_pem(pem, key)
            .map_err(|_| folder.refuse_content(&file, "the key of a certificate"))?;
        Ok(Some(Self { issuer, pem: pem.to_owned() }))
    }

    /// The certificate of the folder's authority of this number, which is made where it is not there.
    pub(super) fn make(
        folder: &KeyFolder,
        n: i64,
        now_ms: i64,
        random: &dyn RandomSource,
    ) -> Result<String, KeyError> {
        let (key_file, pem_file) = (format!("ca-{n}.key"), format!("ca-{n}.pem"));
        if let Some(pem) = folder.read(&pem_file)? {
            let read = Self::read(folder, n, &pem)?;
            return read.map(|read| read.pem).ok_or_else(|| KeyError::Content {
                path: folder.path(&key_file),
                what: "the key beside it",
            });
        }
        // An authority whose certificate was moved away may be the one that boxes trust.
        if folder.read(&key_file)?.is_some() {
            return Err(KeyError::Uncertified {
                key: folder.path(&key_file),
                certificate: folder.path(&pem_file),
            });
        }
        let (serial, text) = new_serial(random);
        let name = format!("CleanTrack relay {}", &text[..8]);
        let mut params = certificate_params(subject_of(&name), now_ms / 1_000, AUTHORITY_S);
        params.serial_number = Some(serial);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        // The key first: a certificate without its key would look like a loss.
        folder.write(&key_file, &key.serialize_pem())?;
        folder.write(&pem_file, &pem)?;
        Ok(pem)
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate that lets a box in: its common name is the box's id, and nothing else of the request is taken over.
    pub(crate) fn certify(
        &self,
        box_id: BoxId,
        request: &SignedCsr,
        now_ms: i64,
        random: &dyn RandomSource,
    ) -> Result<IssuedCertificate, KeyError> {
        let (number, serial) = new_serial(random);
        let mut params = certificate_params(subject_of(&box_id.to_string()), now_ms / 1_000, BOX_S);
        params.serial_number = Some(number);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let not_after_ms = (now_ms / 1_000 + BOX_S) * 1_000;
        let pem = params.signed_by(&request.0.public_key, &self.issuer)?.pem();
        Ok(IssuedCertificate { pem, serial, not_after_ms })
    }

    /// The listeners' own certificate for these names, with its key, both PEM. It stays over starts, so that it changes
    /// only when the names or the authority do, it ages, or its files are damaged: those are set aside, and anybody who has the authority
    /// can make others.
    pub(crate) fn listener(
        &self,
        folder: &KeyFolder,
        names: &[String],
        now_ms: i64,
        random: &dyn RandomSource,
    ) -> Result<(String, String), KeyError> {
        let now_s = now_ms / 1_000;
        if begins_s(&self.pem).is_some_and(|begins_s| begins_s > now_s) {
            tracing::error!(
                "this relay’s authority begins later than now: it was made while the clock was ahead, or the clock is behind. Boxes and \
                 browsers refuse what it proves until then. Look at the clock; where it is right, start again with \
                 `keys rotate ca`"
            );
        }
        if ends_s(&self.pem).is_some_and(|ends_s| ends_s <= now_s) {
            tracing::error!(
                "this relay’s authority has ended: it was made while the clock was behind, or its years are over. Boxes and browsers refuse \
                 what it proves. Look at the clock; where it is right, run `keys rotate ca`"
            );
        }
        let issuer = Hash::of(self.pem.as_bytes()).to_string();
        let stored = read_listener(folder)?;
        // What may be shown for as long as no other can be written.
        let mut usable = None;
        if let Some(ListenerFiles { about, pem, key }) = stored {
            let mut lines = about.lines();
            let until_s: i64 = lines.next().and_then(|l| l.parse().ok()).unwrap_or(0);
            let is_ours = lines.next() == Some(&*issuer);
            // What they hold was looked at with them.
            let of_names = lines.skip(1).eq(names.iter().map(String::as_str));
            // One that lasts longer than any was made while the clock was ahead: nobody takes it before that time comes.
            let lasts = (LISTENER_S / 3..=LISTENER_S + BACKDATED_S).contains(&(until_s - now_s));
            if lasts && is_ours && of_names {
                return Ok((pem, key));
            }
            let is_good = (1..LISTENER_S / 3).contains(&(until_s - now_s)) && is_ours && of_names;
            usable = is_good.then_some((pem, key));
        }
        let mut params =
            certificate_params(subject_of(names.first().map_or("localhost", |n| n)), now_s, LISTENER_S);
        params.serial_number = Some(new_serial(random).0);
        params.subject_alt_names = names.iter().map(|n| subject_name(n)).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let pem = params.signed_by(&key, &self.issuer)?.pem();
        let key = key.serialize_pem();
        let about =
            format!("{}\n{issuer}\n{}\n{}\n", now_s + LISTENER_S, hash_pair(&pem, &key), names.join("\n"));
        let files = ListenerFiles { about, pem, key };
        match (write_listener(folder, &files), usable) {
            (Ok(()), _) => Ok((files.pem, files.key)),
            (Err(error), Some(usable)) => {
                tracing::error!(
                    %error,
                    "the relay’s own certificate should be made anew and cannot be written; the one before is shown until its end. Look at \
                     the disk of the keys"
                );
                Ok(usable)
            }
            (Err(error), None) => Err(error),
        }
    }
}

/// What the files are about comes first as nothing and last as it is: where it was cut off between, they are made again.
fn write_listener(folder: &KeyFolder, files: &ListenerFiles) -> Result<(), KeyError> {
    folder.write(LISTENER_NAMES, "0\n")?;
    folder.write(LISTENER_KEY, &files.key)?;
    folder.write(LISTENER_PEM, &files.pem)?;
    folder.write(LISTENER_NAMES, &files.about)
}

struct ListenerFiles {
    /// Until when it lasts, in seconds; the hashes of its authority and of its files; its names: a line each.
    about: String,
    pem: String,
    key: String,
}

/// The hash of both files: neither is usable without the other.
fn hash_pair(pem: &str, key: &str) -> Hash {
    Hash::of([pem, key].concat().as_bytes())
}

/// The files of the listeners' own certificate, as they were written; `None` where they are not there, were cut off, or are set aside now.
fn read_listener(folder: &KeyFolder) -> Result<Option<ListenerFiles>, KeyError> {
    let files = [
        read_closed(folder, LISTENER_NAMES)?,
        read_closed(folder, LISTENER_PEM)?,
        read_closed(folder, LISTENER_KEY)?,
    ];
    if let Some(error) = files.iter().find_map(|file| file.as_ref().err()) {
        return set_listener_aside(folder, &error.to_string()).map(|()| None);
    }
    let [Ok(Some(about)), Ok(Some(pem)), Ok(Some(key))] = files else { return Ok(None) };
    let held = about.lines().nth(2).and_then(|line| line.parse::<Hash>().ok());
    match held {
        // They were being written.
        None => Ok(None),
        Some(held) if held == hash_pair(&pem, &key) => Ok(Some(ListenerFiles { about, pem, key })),
        Some(_) => {
            let why = "they do not hold what was written there";
            set_listener_aside(folder, why).map(|()| None)
        }
    }
}

fn read_closed(folder: &KeyFolder, name: &str) -> Result<Result<Option<String>, KeyError>, KeyError> {
    match folder.read(name) {
        // Whoever could read it may have it: that is a person's to decide.
        Err(error @ KeyError::Open { .. }) => Err(error),
        read => Ok(read),
    }
}

/// Puts damaged files where nothing reads them, for whoever wants to know why.
fn set_listener_aside(folder: &KeyFolder, why: &str) -> Result<(), KeyError> {
    tracing::warn!(
        %why,
        folder = %folder.dir().display(),
        "the relay’s own certificate is damaged and is made again from its authority; server.key and server.pem are set aside as \
         *.damaged. Boxes and browsers trust the new one as they did this. Look at the disk"
    );
    for name in [LISTENER_NAMES, LISTENER_PEM, LISTENER_KEY] {
        let (path, aside) = (folder.path(name), folder.path(&format!("{name}.damaged")));
        match std::fs::rename(&path, aside) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(KeyError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// From when on a certificate is valid, seconds since 1970.
fn begins_s(pem: &str) -> Option<i64> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    Some(certificate.validity().not_before.timestamp())
}

fn ends_s(pem: &str) -> Option<i64> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

fn certified_key(pem: &str) -> Option<Vec<u8>> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    Some(certificate.public_key().raw.to_vec())
}

fn subject_name(name: &str) -> Result<SanType, KeyError> {
    Ok(match name.parse::<IpAddr>() {
        Ok(ip) => SanType::IpAddress(ip),
        Err(_) => SanType::DnsName(name.try_into()?),
    })
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;
    use crate::mqtt::PeerCertificate;

    const NOW_MS: i64 = 1_763_610_000_000;

    fn authority() -> (tempfile::TempDir, KeyFolder, CertificateAuthority) {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyFolder::open(dir.path().to_owned()).unwrap();
        let pem = CertificateAuthority::make(&keys, 1, NOW_MS, &SeededRandom::new(1)).unwrap();
        let authority = CertificateAuthority::read(&keys, 1, &pem).unwrap().unwrap();
        (dir, keys, authority)
    }

    #[test]
    fn survives_a_restart() {
        let (_dir, keys, authority) = authority();
        let make = |seed| CertificateAuthority::make(&keys, 1, NOW_MS, &SeededRandom::new(seed));
        assert_eq!(make(2).unwrap(), authority.pem());
        let other = CertificateAuthority::make(&keys, 2, NOW_MS, &SeededRandom::new(2)).unwrap();
        assert!(CertificateAuthority::read(&keys, 1, &other).is_err(), "the key of another certificate");
        std::fs::remove_file(keys.path("ca-1.key")).unwrap();
        assert!(CertificateAuthority::read(&keys, 1, authority.pem()).unwrap().is_none());
        assert!(make(3).is_err(), "never another one in silence");
    }

    #[test]
    fn certifies_the_key_and_nothing_else_of_a_request() {
        let (_dir, _keys, authority) = authority();
        let box_id = BoxId::new(1, [1; 10]);
        let key = KeyPair::generate().unwrap();
        let mut requested = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
        requested.distinguished_name = subject_of("somebody else");
        requested.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let csr = requested.serialize_request(&key).unwrap().pem().unwrap();
        let request = SignedCsr::read(&csr).unwrap();
        let issued = authority.certify(box_id, &request, NOW_MS, &SeededRandom::new(4)).unwrap();
        let der = CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap();
        let peer = PeerCertificate::read(&der).unwrap();
        assert_eq!((peer.box_id, &peer.serial), (box_id, &issued.serial));
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert!(!parsed.is_ca() && parsed.subject_alternative_name().unwrap().is_none());
        let life_s = parsed.validity().not_after.timestamp() - NOW_MS / 1_000;
        assert_eq!((life_s, issued.not_after_ms), (BOX_S, NOW_MS + BOX_S * 1_000));
    }

    #[test]
    fn a_request_must_be_signed_by_its_key() {
        let csr = |key: &KeyPair| CertificateParams::default().serialize_request(key).unwrap().der().to_vec();
        let key = KeyPair::generate().unwrap();
        let good = csr(&key);
        fn request_pem(der: &[u8]) -> String {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n")
        }
        assert!(SignedCsr::read(&request_pem(&good)).is_some());
        let mut forged = good.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert!(SignedCsr::read(&request_pem(&forged)).is_none());
        assert!(SignedCsr::read("").is_none());
        let (a, b) = (
            SignedCsr::read(&request_pem(&good)).unwrap(),
            SignedCsr::read(&request_pem(&csr(&KeyPair::generate().unwrap()))),
        );
        assert_ne!(a.key(), b.unwrap().key());
    }

    #[test]
    fn the_listeners_certificate_is_kept_until_names_or_age_say_otherwise() {
        let (_dir, keys, authority) = authority();
        let make = |names: &[&str], now_ms: i64| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            authority.listener(&keys, &names, now_ms, &SeededRandom::new(5)).unwrap().0
        };
        let first = make(&["localhost", "127.0.0.1"], NOW_MS);
        assert_eq!(make(&["localhost", "127.0.0.1"], NOW_MS + 1), first);
        let second = make(&["localhost", "relay.example"], NOW_MS);
        assert_ne!(second, first);
        assert_ne!(make(&["localhost", "relay.example"], NOW_MS + 300 * DAY_S * 1_000), second);
    }

    #[test]
    fn a_damaged_certificate_of_the_listeners_is_made_again_and_set_aside() {
        type Damage = fn(&[u8]) -> Vec<u8>;
        let (_dir, keys, authority) = authority();
        let names = ["localhost".to_owned()];
        let make = |seed| authority.listener(&keys, &names, NOW_MS, &SeededRandom::new(seed));
        let authority_files = ["ca-1.key", "ca-1.pem"].map(|name| std::fs::read(keys.path(name)).unwrap());
        let (mut pem, mut key) = make(5).unwrap();
        let damages: [Damage; 4] = [
            |_| Vec::new(),
            |bytes| bytes[..bytes.len() / 2].to_vec(),
            |_| vec![0xff; 99],
            |_| KeyPair::generate().unwrap().serialize_pem().into_bytes(),
        ];
        for (n, (name, damage)) in [LISTENER_PEM, LISTENER_KEY]
            .into_iter()
            .flat_map(|name| damages.map(|damage| (name, damage)))
            .enumerate()
        {
            let broken = damage(&std::fs::read(keys.path(name)).unwrap());
            std::fs::write(keys.path(name), &broken).unwrap();
            let made = make(10 + n as u64).unwrap();
            assert!(made.0 != pem && made.1 != key, "{name}, damage {n}");
            assert_eq!(make(6).unwrap(), made, "and it stays");
            (pem, key) = made;
            let key = KeyPair::from_pem(&key).unwrap();
            assert_eq!(certified_key(&pem).unwrap(), key.subject_public_key_info());
            assert_eq!(std::fs::read(keys.path(&format!("{name}.damaged"))).unwrap(), broken, "{name}");
        }
        let unreadable = keys.path(LISTENER_KEY);
        std::fs::remove_file(&unreadable).unwrap();
        std::fs::create_dir(&unreadable).unwrap();
        std::fs::set_permissions(&unreadable, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::remove_file(keys.path("server.key.damaged")).unwrap();
        assert_ne!(make(30).unwrap().1, key);
        let after = ["ca-1.key", "ca-1.pem"].map(|name| std::fs::read(keys.path(name)).unwrap());
        assert_eq!(after, authority_files);
    }

    #[test]
    fn the_key_of_the_authority_is_never_made_again() {
        let (_dir, keys, authority) = authority();
        std::fs::write(keys.path("ca-1.key"), "damaged").unwrap();
        assert!(CertificateAuthority::read(&keys, 1, authority.pem()).is_err());
        assert!(CertificateAuthority::make(&keys, 1, NOW_MS, &SeededRandom::new(9)).is_err());
        assert_eq!(std::fs::read(keys.path("ca-1.key")).unwrap(), b"damaged");
    }

    #[test]
    fn no_key_is_written_over_whose_certificate_was_moved_away() {
        let (_dir, keys, _) = authority();
        std::fs::remove_file(keys.path("ca-1.pem")).unwrap();
        let before = std::fs::read(keys.path("ca-1.key")).unwrap();
        let made = CertificateAuthority::make(&keys, 1, NOW_MS, &SeededRandom::new(9));
        assert!(
            made.is_err_and(|error| matches!(error, KeyError::Uncertified { .. }) && error.needs_person())
        );
        assert_eq!(std::fs::read(keys.path("ca-1.key")).unwrap(), before);
    }

    #[test]
    fn what_a_clock_that_was_ahead_made_is_made_again() {
        let (_dir, keys, authority) = authority();
        let make = |now_ms| {
            let names = ["localhost".to_owned()];
            authority.listener(&keys, &names, now_ms, &SeededRandom::new(5)).unwrap().0
        };
        let ahead = make(NOW_MS + 300 * DAY_S * 1_000);
        let right = make(NOW_MS);
        assert_ne!(ahead, right, "nobody takes the first before 300 days have passed");
        assert_eq!(make(NOW_MS - 3_600_000), right, "it is valid since the day before");
        assert_eq!(begins_s(&right), Some(NOW_MS / 1_000 - BACKDATED_S));
    }
}
