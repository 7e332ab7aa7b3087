//! How each file of the data partition reads. Whatever a person wrote goes into them in a form that no parser mistakes.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use firmware_config::{ClaimFile, NetworkClaim, WifiClaim};
use service::settings::ProgramSettings as _;

use super::error::ProvisionError;
use crate::settings::BoxSettings;

const MADE: &str =
    "# Made from the claim file by `cleantrack-appliance provision`; the next one writes it over.\n";
/// With the cable in, it goes before the Wi-Fi.
const WIRED_METRIC: u32 = 100;
const WIRELESS_METRIC: u32 = 600;

/// `wpa_supplicant`'s: the network's name in hex digits, which it reads without quotes, and the passphrase only as its hash.
pub(super) fn write_wpa(wifi: &WifiClaim) -> String {
    let ssid: String = wifi.ssid.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut text = MADE.to_owned();
    text.push_str("ctrl_interface=DIR=/run/wpa_supplicant\n");
    let _ = writeln!(text, "country={}", wifi.country);
    let _ = writeln!(text, "network={{\n\tssid={ssid}");
    if wifi.hidden {
        text.push_str("\tscan_ssid=1\n");
    }
    match wifi.hashed_key() {
        Some(key) => {
            let _ =
                writeln!(text, "\tkey_mgmt=WPA-PSK WPA-PSK-SHA256\n\tieee80211w=1\n\tpsk={}", key.reveal());
        }
        None => text.push_str("\tkey_mgmt=NONE\n"),
    }
    text.push_str("}\n");
    text
}

/// systemd-networkd's, of the cable.
pub(super) fn write_wired(network: &NetworkClaim) -> String {
    write_link("Name=en* eth* usb*", WIRED_METRIC, network)
}

/// systemd-networkd's, of the radio.
pub(super) fn write_wireless(network: &NetworkClaim) -> String {
    write_link("Name=wlan*", WIRELESS_METRIC, network)
}

fn write_link(matches: &str, metric: u32, network: &NetworkClaim) -> String {
    let mut text = format!("{MADE}[Match]\n{matches}\n\n[Link]\nRequiredForOnline=no\n\n[Network]\n");
    match network.address {
        Some(address) => {
            let _ = writeln!(text, "DHCP=no\nAddress={address}");
        }
        None => text.push_str("DHCP=yes\n"),
    }
    for server in &network.dns {
        let _ = writeln!(text, "DNS={server}");
    }
    // A radio that loses its access point for a moment keeps its address.
    text.push_str("IgnoreCarrierLoss=15s\nLLMNR=no\nMulticastDNS=no\n");
    if let Some(gateway) = network.gateway {
        let _ = write!(text, "\n[Route]\nGateway={gateway}\nMetric={metric}\n");
    }
    if network.address.is_none() {
        // The same client by the same address, whichever slot of the card runs.
        let _ = write!(
            text,
            "\n[DHCPv4]\nClientIdentifier=mac\nUseHostname=no\nUseDomains=yes\nRouteMetric={metric}\n"
        );
    }
    let _ = write!(text, "\n[IPv6AcceptRA]\nRouteMetric={metric}\n");
    text
}

/// The address of what [`write_wired`] or [`write_wireless`] wrote.
pub(super) fn read_link(text: &str) -> NetworkClaim {
    let mut network = NetworkClaim::default();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        match key {
            "Address" => network.address = firmware_config::fields::parse_static_address(value).ok(),
            "Gateway" => network.gateway = value.parse().ok(),
            "DNS" => network.dns.extend(value.parse::<IpAddr>()),
            _ => {}
        }
    }
    network
}

/// systemd-timesyncd's; the servers that the image knows stay behind these.
pub(super) fn write_time_servers(servers: &[String]) -> String {
    format!("{MADE}[Time]\nNTP={}\n", servers.join(" "))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProxyParts {
    /// `http://host:port`.
    pub(super) url: String,
    pub(super) credentials: Option<(String, String)>,
}

impl ProxyParts {
    /// Of `http://[user[:password]@]host:port`.
    pub(super) fn of(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let Some((user, host)) = rest.rsplit_once('@') else {
            return Self { url: url.to_owned(), credentials: None };
        };
        let credentials = user.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()));
        Self { url: format!("{scheme}://{host}"), credentials }
    }
}

/// Where the image mounts a stick with the label CLEANTRACK (`run-cleantrack-stick.mount`).
const BACKUP_STICK: &str = "/run/cleantrack/stick";

pub(super) struct SettingsFacts<'a> {
    /// `etc/cleantrack` of the data partition.
    pub(super) folder: &'a Path,
    pub(super) settled: &'a ClaimFile,
    pub(super) proxy: Option<ProxyParts>,
    pub(super) has_claim: bool,
    pub(super) is_access_point: bool,
    /// What they were, where only what is new counts.
    pub(super) retained: Option<&'a str>,
}

/// The service's settings, which it can read: else it would not start.
///
/// # Errors
/// They are none.
pub(super) fn write_settings(facts: &SettingsFacts<'_>) -> Result<String, ProvisionError> {
    let mut file = toml::Table::new();
    if facts.has_claim {
        file.insert("claim".to_owned(), format_path(facts.folder, "claim.toml"));
    }
    if let Some(name) = &facts.settled.hostname {
        let hosts = [name.clone(), format!("{name}.local")].map(toml::Value::String);
        file.insert("hosts".to_owned(), toml::Value::Array(hosts.to_vec()));
    }
    file.insert(
        "setup".to_owned(),
        toml_section([("folder", toml::Value::String(facts.folder.display().to_string()))]),
    );
    file.insert("backup".to_owned(), toml_section([("to", toml::Value::String(BACKUP_STICK.to_owned()))]));
    if facts.is_access_point {
        file.insert("network".to_owned(), toml_section([("access_point", toml::Value::Boolean(true))]));
    }
    let uplink = list_uplink(facts);
    if !uplink.is_empty() {
        file.insert("uplink".to_owned(), toml::Value::Table(uplink));
    }
    let retained = facts.retained.filter(|retained| read_settings(retained).is_some());
    if let Some(mut before) = retained.and_then(|retained| retained.parse::<toml::Table>().ok()) {
        if !facts.is_access_point {
            before.remove("network");
        }
        if let Some(toml::Value::Table(new)) = file.remove("uplink") {
            let uplink = merge_uplink(before.remove("uplink"), new);
            file.insert("uplink".to_owned(), toml::Value::Table(uplink));
        }
        // No claim file names any of it.
        if let Some(toml::Value::Table(own)) = before.remove("backup")
            && let Some(toml::Value::Table(made)) = file.get_mut("backup")
        {
            made.extend(own);
        }
        before.extend(file);
        file = before;
    }
    let text = format!("{MADE}{file}");
    let read: BoxSettings =
        toml::from_str(&text).map_err(|error| ProvisionError::Settings(error.to_string()))?;
    read.check().map_err(|why| ProvisionError::Settings(why.to_owned()))?;
    Ok(text)
}

pub(super) fn read_settings(text: &str) -> Option<BoxSettings> {
    toml::from_str(text).ok().filter(|read: &BoxSettings| read.check().is_ok())
}

fn list_uplink(facts: &SettingsFacts<'_>) -> toml::Table {
    let mut uplink = toml::Table::new();
    if let Some(proxy) = &facts.proxy {
        uplink.insert("proxy".to_owned(), toml::Value::String(proxy.url.clone()));
        if let Some((user, _)) = &proxy.credentials {
            uplink.insert("proxy_user".to_owned(), toml::Value::String(user.clone()));
            uplink.insert("proxy_password_file".to_owned(), format_path(facts.folder, "proxy-password"));
        }
    }
    if facts.settled.network.ca.is_some() {
        uplink.insert("ca".to_owned(), format_path(facts.folder, "proxy-ca.pem"));
    }
    uplink
}

fn format_path(folder: &Path, name: &str) -> toml::Value {
    toml::Value::String(folder.join(name).display().to_string())
}

/// The uplink settings as they were, with the new ones over them. Another proxy has users of its own.
fn merge_uplink(before: Option<toml::Value>, new: toml::Table) -> toml::Table {
    let mut uplink = match before {
        Some(toml::Value::Table(uplink)) => uplink,
        _ => toml::Table::new(),
    };
    if new.contains_key("proxy") {
        uplink.remove("proxy_user");
        uplink.remove("proxy_password_file");
    }
    uplink.extend(new);
    uplink
}

fn toml_section<const N: usize>(values: [(&str, toml::Value); N]) -> toml::Value {
    toml::Value::Table(values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use firmware_config::{Secret, WifiKey};

    use super::*;

    fn wifi(ssid: &str, key: WifiKey) -> WifiClaim {
        WifiClaim { ssid: ssid.to_owned(), key, hidden: false, country: "US".to_owned() }
    }

    #[test]
    fn whatever_a_network_is_called_it_stays_one_value() {
        for ssid in ["Ward 7", "a\"\n}\nnetwork={", "$(reboot)", "#", "ü\u{202e}", "psk=1"] {
            let text = write_wpa(&wifi(ssid, WifiKey::Open));
            let hex: String = ssid.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(text.lines().filter(|line| line.starts_with("network=")).count(), 1, "{text}");
            assert_eq!(text.lines().nth(4), Some(format!("\tssid={hex}").as_str()), "{text}");
            assert_eq!(text.lines().count(), 7, "{text}");
        }
    }

    #[test]
    fn a_passphrase_is_written_as_its_hash_alone() {
        let key = WifiKey::Passphrase(Secret::new("password"));
        let text = write_wpa(&WifiClaim { hidden: true, ..wifi("IEEE", key) });
        assert!(
            text.contains("psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e\n"),
            "{text}"
        );
        assert!(text.contains("scan_ssid=1") && !text.contains("password"), "{text}");
    }

    #[test]
    fn an_address_of_its_own_or_the_networks() {
        let network = NetworkClaim {
            address: firmware_config::fields::parse_static_address("10.1.2.3/24").ok(),
            gateway: "10.1.2.1".parse().ok(),
            dns: vec!["10.1.2.2".parse().unwrap()],
            ..NetworkClaim::default()
        };
        let text = write_wired(&network);
        for line in ["DHCP=no", "Address=10.1.2.3/24", "Gateway=10.1.2.1", "DNS=10.1.2.2"] {
            assert!(text.lines().any(|one| one == line), "{line}: {text}");
        }
        assert_eq!(read_link(&text), network);
        let automatic = write_wireless(&NetworkClaim::default());
        assert_eq!(read_link(&automatic), NetworkClaim::default());
        assert!(automatic.contains("DHCP=yes") && !automatic.contains("Gateway"), "{automatic}");
    }

    #[test]
    fn a_proxys_password_is_in_no_settings() {
        let plain = "http://proxy:3128";
        let credentials = Some(("box".to_owned(), "p:w@1".to_owned()));
        assert_eq!(
            ProxyParts::of("http://box:p:w@1@proxy:3128"),
            ProxyParts { url: plain.into(), credentials }
        );
        assert_eq!(ProxyParts::of(plain), ProxyParts { url: plain.into(), credentials: None });
    }
}
