//! The claim file: what a box needs to find and trust this relay, and how its building's network is, written and checked by the box's
//! own code.

use std::collections::BTreeMap;
use std::fmt;

use firmware_config::{ClaimFile, ClaimFileError, RelayClaim, Secret};
use record::ids::FacilityId;
use serde::{Deserialize, Serialize};

/// Whose radio rules hold where nobody says.
const COUNTRY: &str = "US";

/// What a claim file says beside the relay's facts: texts by keys such as `wifi.ssid`. Some are passwords: `Debug` shows keys only.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimWishes(BTreeMap<String, String>);

impl fmt::Debug for ClaimWishes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl ClaimWishes {
    #[must_use]
    pub fn with_text(mut self, key: &str, text: &str) -> Self {
        if !text.trim().is_empty() {
            self.0.insert(key.to_owned(), text.to_owned());
        }
        self
    }

    /// With what opens the Wi-Fi: its passphrase, or the 64 hex digits of its hash.
    #[must_use]
    pub fn with_wifi_key(self, text: &str) -> Self {
        let hash = text.trim();
        if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return self.with_text("wifi.psk", hash);
        }
        self.with_text("wifi.passphrase", text)
    }

    /// With this where nothing else is wished.
    fn with_default(self, key: &str, text: &str) -> Self {
        if self.0.contains_key(key) { self } else { self.with_text(key, text) }
    }

    /// What it says, as a box reads it: all but what the relay says of itself.
    pub fn read_claim(self) -> Result<ClaimFile, ClaimFileError> {
        let has_wifi = self.0.keys().any(|key| key.starts_with("wifi."));
        let wishes = if has_wifi { self.with_default("wifi.country", COUNTRY) } else { self };
        ClaimFile::of_entries(wishes.0.iter().map(|(key, text)| (key.as_str(), text.as_str())))
    }
}

#[derive(Debug, Clone)]
pub(super) struct RelayFacts<'a> {
    pub(super) relay_url: &'a str,
    pub(super) relay_ca: &'a str,
    pub(super) cosign_keys: &'a [String],
    pub(super) directive_keys: &'a [String],
    pub(super) mqtt_url: &'a str,
    pub(super) facility: FacilityId,
    pub(super) zone: &'a str,
    pub(super) code: &'a str,
    pub(super) expires_ms: i64,
    pub(super) replaces: bool,
}

/// The file, which a box reads as it is meant.
pub(super) fn write_claim_file(
    facts: &RelayFacts<'_>,
    wishes: ClaimWishes,
) -> Result<String, ClaimFileError> {
    let wished = wishes.with_default("time_zone", facts.zone).read_claim()?;
    let expires = jiff::Timestamp::from_second(facts.expires_ms / 1_000);
    let relay = RelayClaim {
        relay_url: facts.relay_url.to_owned(),
        relay_ca: facts.relay_ca.to_owned(),
        cosign_keys: facts.cosign_keys.to_vec(),
        directive_keys: facts.directive_keys.to_vec(),
        mqtt_url: facts.mqtt_url.to_owned(),
        facility: facts.facility.to_string(),
        code: Secret::new(facts.code),
        expires: expires.unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        replaces: facts.replaces,
    };
    let text = ClaimFile { relay: Some(relay), ..wished }.to_toml();
    // What fits alone may not fit together, and an operator may have set an address that no box takes.
    ClaimFile::parse(text.as_bytes()).map(|_| text)
}

#[cfg(test)]
mod tests {
    use firmware_config::{MistakeReason, WifiKey};

    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    fn written(wishes: ClaimWishes) -> Result<ClaimFile, Vec<(String, MistakeReason)>> {
        let keys = ["cosign", "directive"].map(|name| [format!("a/{name}/1+0a1b2c3d+{}", "A".repeat(44))]);
        let facts = RelayFacts {
            relay_url: "https://relay.example:8443",
            relay_ca: PEM,
            cosign_keys: &keys[0],
            directive_keys: &keys[1],
            mqtt_url: "mqtts://relay.example:8883",
            facility: FacilityId::new(1, [1; 10]),
            zone: "America/Chicago",
            code: "K7Q3-M9X2",
            expires_ms: 1_763_610_000_000,
            replaces: false,
        };
        let written = write_claim_file(&facts, wishes).map_err(|error| {
            error
                .mistakes()
                .iter()
                .map(|m| (m.key.clone().unwrap_or_default(), m.reason.clone()))
                .collect::<Vec<_>>()
        })?;
        Ok(ClaimFile::parse(written.as_bytes()).unwrap())
    }

    #[test]
    fn a_box_reads_what_was_wished() {
        let plain = written(ClaimWishes::default()).unwrap();
        assert_eq!(plain.time_zone.as_deref(), Some("America/Chicago"), "the facility's");
        assert_eq!((plain.wifi, plain.relay.unwrap().code.reveal()), (None, "K7Q3-M9X2"));
        let wished = ClaimWishes::default()
            .with_text("time_zone", "Europe/Berlin")
            .with_text("hostname", "ward-7")
            .with_text("label_host", "HTTP://10.1.2.3")
            .with_text("wifi.ssid", "Ward \"7\"")
            .with_wifi_key("correct horse")
            .with_text("wifi.hidden", "1")
            .with_text("network.address", "10.1.2.3/24")
            .with_text("network.gateway", "10.1.2.1")
            .with_text("network.dns", "10.1.2.1, 10.1.2.2")
            .with_text("network.proxy", "http://box:APPLE@proxy.example:3128")
            .with_text("network.ca", PEM)
            .with_text("network.ntp", "ntp.example");
        assert!(!format!("{wished:?}").contains("APPLE") && !format!("{wished:?}").contains("horse"));
        let read = written(wished).unwrap();
        assert_eq!(
            (read.time_zone.as_deref(), read.hostname.as_deref(), read.label_host.as_deref()),
            (Some("Europe/Berlin"), Some("ward-7"), Some("HTTP://10.1.2.3"))
        );
        let wifi = read.wifi.unwrap();
        assert_eq!((wifi.ssid.as_str(), wifi.hidden, wifi.country.as_str()), ("Ward \"7\"", true, "US"));
        assert_eq!(wifi.key, WifiKey::Passphrase(Secret::new("correct horse")));
        let network = read.network;
        assert_eq!(network.address.unwrap().to_string(), "10.1.2.3/24");
        assert_eq!((network.gateway, network.dns.len()), (Some("10.1.2.1".parse().unwrap()), 2));
        assert_eq!(network.proxy, Some(Secret::new("http://box:APPLE@proxy.example:3128")));
        assert_eq!((network.ca.as_deref(), network.ntp), (Some(PEM.trim()), vec!["ntp.example".to_owned()]));
        let hash = "0f".repeat(32);
        let hashed =
            written(ClaimWishes::default().with_text("wifi.ssid", "Ward").with_wifi_key(&format!("{hash} ")))
                .unwrap();
        assert_eq!(hashed.wifi.unwrap().key, WifiKey::Hashed(Secret::new(hash)));
    }

    #[test]
    fn what_a_box_would_not_take_is_refused_by_its_key() {
        for (key, text, at, reason) in [
            ("hostname", "a b", "hostname", MistakeReason::HostLabel),
            ("wifi.passphrase", "longenough", "wifi.ssid", MistakeReason::MissingKey),
            ("network.proxy", "https://proxy:3128", "network.proxy", MistakeReason::ProxyScheme),
            ("network.gateway", "10.1.2.1", "network.gateway", MistakeReason::GatewayAlone),
            ("network.address", "10.1.2.3/24", "network.dns", MistakeReason::DnsMissing),
        ] {
            let wrong = written(ClaimWishes::default().with_text(key, text)).unwrap_err();
            assert!(wrong.contains(&(at.to_owned(), reason)), "{key}: {wrong:?}");
        }
    }
}
