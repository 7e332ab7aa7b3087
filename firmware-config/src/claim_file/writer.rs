//! Writes a claim file that [`ClaimFile::parse`] reads back to the same value.

use std::fmt::Write as _;

use toml::Value;

use super::{AccessPointClaim, ClaimFile, NetworkClaim, RelayClaim, VERSION_NUMBER, WifiClaim, WifiKey};

struct TomlLines(String);

impl TomlLines {
    fn write(&mut self, key: &str, value: impl Into<Value>) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "{key} = {}", value.into());
    }

    fn write_some(&mut self, key: &str, value: Option<&str>) {
        value.into_iter().for_each(|value| self.write(key, value));
    }

    fn write_list(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let values: Vec<String> = values.collect();
        if !values.is_empty() {
            self.write(key, values);
        }
    }

    fn write_relay(&mut self, relay: &RelayClaim) {
        self.write("relay_url", relay.relay_url.as_str());
        self.write("relay_ca", relay.relay_ca.as_str());
        self.write("cosign_keys", relay.cosign_keys.clone());
        self.write("directive_keys", relay.directive_keys.clone());
        self.write("mqtt_url", relay.mqtt_url.as_str());
        self.write("facility", relay.facility.as_str());
        self.write("code", relay.code.reveal());
        self.write("expires", relay.expires.to_string());
        if relay.replaces {
            self.write("replaces", true);
        }
    }

    fn write_wifi(&mut self, wifi: &WifiClaim) {
        self.0.push_str("\n[wifi]\n");
        self.write("ssid", wifi.ssid.as_str());
        match &wifi.key {
            WifiKey::Open => {}
            WifiKey::Passphrase(passphrase) => self.write("passphrase", passphrase.reveal()),
            WifiKey::Hashed(key) => self.write("psk", key.reveal()),
        }
        if wifi.hidden {
            self.write("hidden", true);
        }
        self.write("country", wifi.country.as_str());
    }

    fn write_access_point(&mut self, own: &AccessPointClaim) {
        self.0.push_str("\n[access_point]\n");
        self.write("passphrase", own.passphrase.reveal());
    }

    fn write_network(&mut self, network: &NetworkClaim) {
        self.0.push_str("\n[network]\n");
        self.write_some("address", network.address.map(|address| address.to_string()).as_deref());
        self.write_some("gateway", network.gateway.map(|gateway| gateway.to_string()).as_deref());
        self.write_list("dns", network.dns.iter().map(ToString::to_string));
        self.write_some("proxy", network.proxy.as_ref().map(|proxy| proxy.reveal()));
        self.write_some("ca", network.ca.as_deref());
        self.write_list("ntp", network.ntp.iter().cloned());
    }
}

impl ClaimFile {
    /// [`ClaimFile::parse`] reads it back to the same value where every value fits.
    pub fn to_toml(&self) -> String {
        let about =
            "# CleanTrack claim file. Put it on the box's card. Its code works once: keep it to yourself.\n";
        let mut lines = TomlLines(about.to_owned());
        lines.write("version", VERSION_NUMBER);
        self.relay.iter().for_each(|relay| lines.write_relay(relay));
        lines.write_some("time_zone", self.time_zone.as_deref());
        lines.write_some("hostname", self.hostname.as_deref());
        lines.write_some("label_host", self.label_host.as_deref());
        lines.write_some("setup_code", self.setup_code.as_ref().map(|code| code.reveal()));
        self.wifi.iter().for_each(|wifi| lines.write_wifi(wifi));
        self.access_point.iter().for_each(|own| lines.write_access_point(own));
        if self.network != NetworkClaim::default() {
            lines.write_network(&self.network);
        }
        lines.0
    }
}
