//! What the listeners prove who they are by: until when, and for which name.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::DoctorReport;
use crate::settings::RelaySettings;

const DAY_MS: i64 = 86_400_000;
/// A certificate that ends sooner has not been renewed in time.
const SOON_MS: i64 = 14 * DAY_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CertificateOrigin {
    Operator,
    Relay,
}

struct ShownCertificate {
    subject: &'static str,
    origin: CertificateOrigin,
    certificate: PathBuf,
    key: PathBuf,
    hosts: Vec<String>,
    advice: &'static str,
}

pub(super) fn examine_certificates(
    report: &mut DoctorReport,
    settings: &RelaySettings,
    data: &Path,
    now_ms: i64,
) {
    fn host_of(url: &Option<String>) -> Option<String> {
        url.as_deref().and_then(crate::settings::host_of).map(str::to_owned)
    }
    let public = host_of(&settings.public_url).into_iter().collect();
    let boxes = [&settings.photos_url, &settings.mqtt_url].into_iter().filter_map(host_of).collect();
    let shown = match settings.https.certificate.clone().zip(settings.https.key.clone()) {
        Some((certificate, key)) => ShownCertificate {
            subject: "public certificate",
            origin: CertificateOrigin::Operator,
            certificate,
            key,
            hosts: public,
            advice: "renew it and put it in place: the running relay takes it up within a minute",
        },
        None => own_certificate(data, "public certificate", public),
    };
    examine_certificate(report, &shown, now_ms);
    let for_boxes = own_certificate(data, "certificate for boxes", boxes);
    examine_certificate(report, &for_boxes, now_ms);
    examine_authorities(report, &data.join("keys"), now_ms);
}

fn own_certificate(data: &Path, subject: &'static str, hosts: Vec<String>) -> ShownCertificate {
    ShownCertificate {
        subject,
        origin: CertificateOrigin::Relay,
        certificate: data.join("keys/server.pem"),
        key: data.join("keys/server.key"),
        hosts,
        advice: "the relay makes it anew when it starts with the present settings: start it again",
    }
}

/// Of the authorities whose certificates are here, those that begin later than now or have ended. All else about them is in the database.
fn examine_authorities(report: &mut DoctorReport, keys: &Path, now_ms: i64) {
    let entries = std::fs::read_dir(keys).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !(name.starts_with("ca-") && name.ends_with(".pem")) {
            continue;
        }
        let Ok(der) = CertificateDer::from_pem_file(&path) else { continue };
        let Ok((_, certificate)) = X509Certificate::from_der(&der) else { continue };
        if certificate.validity().not_after.timestamp().saturating_mul(1_000) <= now_ms {
            report.warn(
                "authority for boxes",
                format!("{} has ended: nobody takes what it proves", path.display()),
                "where `keys list` calls it the current one, look at the clock of this machine, then run `keys rotate ca`; where it is an \
                 earlier one, move the file to another folder",
            );
        }
        if certificate.validity().not_before.timestamp().saturating_mul(1_000) > now_ms {
            report.fail(
                "authority for boxes",
                format!("{} begins later than now: nobody takes what it proves", path.display()),
                "look at the clock of this machine; where it is right, it was ahead when this was made: `keys rotate ca` makes the next",
            );
        }
    }
}

fn examine_certificate(report: &mut DoctorReport, shown: &ShownCertificate, now_ms: i64) {
    let ShownCertificate { subject, certificate, hosts, advice, .. } = shown;
    let file = certificate.display();
    if shown.origin == CertificateOrigin::Relay && !certificate.exists() {
        return report.warn(subject, format!("{file} is not there yet"), *advice);
    }
    let (chain, key) = match read_pair(shown) {
        Ok(pair) => pair,
        Err(why) => return report.fail(subject, why, *advice),
    };
    let Some(Ok((_, leaf))) = chain.first().map(|leaf| X509Certificate::from_der(leaf)) else {
        return report.fail(subject, format!("{file} holds no certificate"), *advice);
    };
    let left_ms = leaf.validity().not_after.timestamp().saturating_mul(1_000) - now_ms;
    let begins_ms = leaf.validity().not_before.timestamp().saturating_mul(1_000);
    let days = left_ms.div_euclid(DAY_MS);
    let uncovered: Vec<&String> = hosts.iter().filter(|host| !is_for_host(&leaf, host)).collect();
    let before = report.lines.len();
    if left_ms <= 0 || begins_ms > now_ms {
        report.fail(subject, format!("{file} is not valid now"), *advice);
    } else if left_ms < SOON_MS {
        report.warn(subject, format!("{file} ends in {days} days"), *advice);
    }
    for host in uncovered {
        report.fail(subject, format!("{file} is not for {host}, which the settings name"), *advice);
    }
    let is_own = rustls::crypto::ring::sign::any_supported_type(&key)
        .is_ok_and(|key| CertifiedKey::new(chain.clone(), key).keys_match().is_ok());
    if !is_own {
        report.fail(subject, format!("{} is not the key of {file}", shown.key.display()), *advice);
    }
    report.good_unless_found(
        subject,
        before,
        format!("valid for {days} days, for each name in the settings"),
    );
}

fn read_pair(
    shown: &ShownCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    fn read_pem(path: &Path) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    }
    let (pem, key) = (read_pem(&shown.certificate)?, read_pem(&shown.key)?);
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let chain = chain.map_err(|error| format!("{}: {error}", shown.certificate.display()))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
    Ok((chain, key.map_err(|error| format!("{}: {error}", shown.key.display()))?))
}

fn is_for_host(leaf: &X509Certificate<'_>, host: &str) -> bool {
    let Ok(Some(names)) = leaf.subject_alternative_name() else { return false };
    let address: Option<Vec<u8>> = host.parse::<std::net::IpAddr>().ok().map(|address| match address {
        std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
        std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
    });
    names.value.general_names.iter().any(|name| match name {
        GeneralName::DNSName(dns) => {
            let rest =
                dns.strip_prefix("*.").zip(host.split_once('.')).is_some_and(|(of, (_, rest))| of == rest);
            dns.eq_ignore_ascii_case(host) || rest
        }
        GeneralName::IPAddress(bytes) => address.as_deref() == Some(*bytes),
        _ => false,
    })
}
