//! How a phone comes to trust this box: its authority's certificate, with the steps for each system.

use askama::Template;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::USER_AGENT;
use record::tree::Hash;
use web::answer::{FileDownload, MediaBytes, MediaType, Page};
use web::error::HttpError;
use web::route::AnyCaller;
use words::{S0, SafeHtml, fill_slots};

use crate::identity::{CA_NAME, CaCertificate};
use crate::web::access::phone::PhoneCaller;
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::not_found;
use crate::web::layout::PageLayout;
use crate::web::request::client::peer::https_address;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{CertificateWords, PageWords};

pub(crate) const TRUST: &str = "/trust";
/// The certificate for everything but Apple's systems.
pub(super) const CERTIFICATE: &str = "/trust/cleantrack.crt";
pub(super) const PROFILE: &str = "/trust/cleantrack.mobileconfig";
const FILE_NAME: &str = "cleantrack.crt";

/// A certificate as Android, Windows and Firefox install it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateFile;

impl MediaType for CertificateFile {
    const NAME: &'static str = "application/x-x509-ca-cert";
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AppleProfile;

impl MediaType for AppleProfile {
    const NAME: &'static str = "application/x-apple-aspen-config";
}

/// What the reader's device installs certificates with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeviceSystem {
    Apple,
    Android,
    Computer,
}

impl DeviceSystem {
    /// As far as the browser reports it. An iPad may call itself a Mac, so that a Mac is nothing certain.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let agent = headers.get(USER_AGENT)?.to_str().ok()?;
        let systems: [(Self, &[&str]); 3] = [
            (Self::Apple, &["iPhone", "iPad", "iPod"]),
            (Self::Android, &["Android"]),
            (Self::Computer, &["Windows", "X11", "CrOS"]),
        ];
        let named = systems.into_iter().find(|(_, words)| words.iter().any(|word| agent.contains(word)));
        named.map(|(system, _)| system)
    }
}

struct TrustSteps {
    title: String,
    steps: [String; 3],
    file: &'static str,
    get: String,
}

impl TrustSteps {
    fn of(w: CertificateWords, system: DeviceSystem) -> Self {
        match system {
            DeviceSystem::Apple => Self {
                title: w.certificate_apple(),
                steps: [
                    w.certificate_apple_first(),
                    w.certificate_apple_second(),
                    w.certificate_apple_third(CA_NAME),
                ],
                file: PROFILE,
                get: w.certificate_get_profile(),
            },
            DeviceSystem::Android => Self {
                title: w.certificate_android(),
                steps: [
                    w.certificate_android_first(FILE_NAME),
                    w.certificate_android_second(),
                    w.certificate_android_third(FILE_NAME),
                ],
                file: CERTIFICATE,
                get: w.certificate_get_certificate(),
            },
            DeviceSystem::Computer => Self {
                title: w.certificate_computer(),
                steps: [
                    w.certificate_computer_first(FILE_NAME),
                    w.certificate_computer_second(FILE_NAME),
                    w.certificate_computer_third(FILE_NAME),
                ],
                file: CERTIFICATE,
                get: w.certificate_get_certificate(),
            },
        }
    }
}

struct TrustedCertificate {
    fingerprint: String,
    until: String,
    /// For the reader's own system first, where it is known.
    shown: Vec<TrustSteps>,
    others: Vec<TrustSteps>,
    compare: SafeHtml,
    /// A page over HTTPS, which opens without a warning afterwards.
    secure: Option<String>,
}

#[derive(Template)]
#[template(path = "phone/trust.html")]
struct TrustPage {
    frame: PageLayout,
    w: CertificateWords,
    certificate: Option<TrustedCertificate>,
}

/// As phones and computers show it: pairs of capitals.
fn fingerprint_text(hash: Hash) -> String {
    let pairs: Vec<String> = hash.0.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(" ")
}

async fn find_certificate(state: &AppState) -> Result<Option<CaCertificate>, HttpError> {
    if state.settings.https_port.is_none() {
        return Ok(None);
    }
    run_blocking(state, |state| {
        CaCertificate::read(&state.field.data.join("keys")).map_err(|error| HttpError::internal(&error))
    })
    .await
}

pub(super) async fn show_trust(
    phone: PhoneCaller,
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Page, HttpError> {
    let (page_words, w): (PageWords, CertificateWords) = phone.words();
    let snapshot = Snapshot::now(&state);
    let wording = PageWording::new(page_words, &snapshot.local);
    let system = DeviceSystem::of(&headers);
    let all = [DeviceSystem::Apple, DeviceSystem::Android, DeviceSystem::Computer];
    let (shown, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| system.is_none_or(|system| system == *one));
    let certificate = find_certificate(&state).await?.map(|certificate| TrustedCertificate {
        fingerprint: fingerprint_text(certificate.fingerprint()),
        until: w.certificate_until(wording.dates().day_with_year(certificate.until_ms()).text),
        shown: shown.into_iter().map(|one| TrustSteps::of(w, one)).collect(),
        others: others.into_iter().map(|one| TrustSteps::of(w, one)).collect(),
        compare: fill_slots(w.certificate_compare(S0), [wording.contact(&snapshot.settings)]),
        secure: phone.browser().host().and_then(|host| https_address(&state, host, TRUST)),
    });
    let frame = PageLayout::open(&state, &snapshot, page_words, w.certificate_title());
    Ok(Page::draw(&TrustPage { frame, w, certificate })?.in_locale(page_words.catalog().locale()))
}

pub(super) async fn download_certificate(
    _: AnyCaller,
    State(state): State<AppState>,
) -> Result<FileDownload<CertificateFile>, HttpError> {
    let certificate = find_certificate(&state).await?.ok_or_else(not_found)?;
    FileDownload::new(FILE_NAME, certificate.der().to_vec())
}

pub(super) async fn show_profile(
    _: AnyCaller,
    State(state): State<AppState>,
) -> Result<MediaBytes<AppleProfile>, HttpError> {
    let certificate = find_certificate(&state).await?.ok_or_else(not_found)?;
    Ok(MediaBytes::new(write_profile(&certificate)))
}

/// The same certificate makes the same profile, so that a second one replaces the first.
fn write_profile(certificate: &CaCertificate) -> String {
    let hash = certificate.fingerprint();
    let (first, second) = hash.0.split_at(16);
    let (outer, inner) = (uuid_text(first), uuid_text(second));
    let data = STANDARD.encode(certificate.der());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadContent</key><array><dict>
<key>PayloadCertificateFileName</key><string>{FILE_NAME}</string>
<key>PayloadContent</key><data>{data}</data>
<key>PayloadDisplayName</key><string>{CA_NAME}</string>
<key>PayloadIdentifier</key><string>com.cleantrack.box.{inner}</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{inner}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></array>
<key>PayloadDisplayName</key><string>{CA_NAME}</string>
<key>PayloadIdentifier</key><string>com.cleantrack.box.{outer}</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>{outer}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></plist>
"#
    )
}

/// Sixteen bytes of a digest as a UUID of RFC 9562's version 8, which is for such.
fn uuid_text(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let [first, second, third, fourth, last] =
        [0..8, 8..12, 13..16, 17..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    format!("{first}-{second}-8{third}-8{fourth}-{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_those_of_the_readers_own_system() {
        for (agent, system) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1",
                Some(DeviceSystem::Apple),
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131",
                Some(DeviceSystem::Android),
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", Some(DeviceSystem::Computer)),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
                Some(DeviceSystem::Computer),
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(USER_AGENT, agent.parse().unwrap())]);
            assert_eq!(DeviceSystem::of(&headers), system, "{agent}");
        }
        assert_eq!(DeviceSystem::of(&HeaderMap::new()), None);
    }

    #[test]
    fn a_digest_makes_a_uuid_of_its_own_version() {
        let bytes: Vec<u8> = (0..16).map(|n| n * 17).collect();
        assert_eq!(uuid_text(&bytes), "00112233-4455-8677-8899-AABBCCDDEEFF");
    }
}
