//! The claim file: what a box needs to find and trust this relay, as TOML that `firmware-config` reads.

use record::ids::FacilityId;

/// What somebody wishes a claim file to say beside the relay's own facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimWishes {
    /// Name of the Wi-Fi.
    pub ssid: Option<String>,
    /// Its passphrase or the 64 hex digits of its hash; none for an open network.
    pub psk: Option<String>,
    /// Two letters: which radio channels are allowed. The United States where nobody says.
    pub country: Option<String>,
    /// IANA time zone.
    pub zone: Option<String>,
    /// The box's name in its network, one label.
    pub hostname: Option<String>,
    /// Scheme and host that labels will carry.
    pub label_host: Option<String>,
}

/// What the relay says of itself.
#[derive(Debug, Clone)]
pub(super) struct RelayFacts<'a> {
    pub(super) relay_url: &'a str,
    pub(super) relay_ca: &'a str,
    pub(super) cosign_keys: &'a [String],
    pub(super) directive_keys: &'a [String],
    pub(super) mqtt_url: &'a str,
    pub(super) facility: FacilityId,
    pub(super) code: &'a str,
    pub(super) expires_ms: i64,
}

pub(super) fn write_claim_file(facts: &RelayFacts<'_>, wishes: ClaimWishes) -> String {
    let texts = |list: &[String]| toml::Value::Array(list.iter().cloned().map(toml::Value::String).collect());
    let expires =
        jiff::Timestamp::from_second(facts.expires_ms / 1_000).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut file = toml::Table::new();
    file.insert("version".into(), toml::Value::Integer(1));
    for (key, text) in [
        ("relay_url", Some(facts.relay_url.to_owned())),
        ("relay_ca", Some(facts.relay_ca.to_owned())),
        ("mqtt_url", Some(facts.mqtt_url.to_owned())),
        ("facility", Some(facts.facility.to_string())),
        ("code", Some(facts.code.to_owned())),
        ("expires", Some(expires.to_string())),
        ("time_zone", wishes.zone),
        ("hostname", wishes.hostname),
        ("label_host", wishes.label_host),
    ] {
        if let Some(text) = text {
            file.insert(key.into(), toml::Value::String(text));
        }
    }
    file.insert("cosign_keys".into(), texts(facts.cosign_keys));
    file.insert("directive_keys".into(), texts(facts.directive_keys));
    if let Some(ssid) = wishes.ssid {
        let country = wishes.country.unwrap_or_else(|| "US".to_owned());
        let mut wifi = toml::Table::new();
        wifi.insert("ssid".into(), toml::Value::String(ssid));
        if let Some(psk) = wishes.psk {
            let is_hash = psk.len() == 64 && psk.bytes().all(|b| b.is_ascii_hexdigit());
            let key = if is_hash { "psk" } else { "passphrase" };
            wifi.insert(key.into(), toml::Value::String(psk));
        }
        wifi.insert("country".into(), toml::Value::String(country));
        file.insert("wifi".into(), toml::Value::Table(wifi));
    }
    let about = "# Claim file of a CleanTrack box. Whoever has it can claim one box until it expires: keep it as you would a \
                 password.\n";
    // Texts and integers: there is nothing in it that TOML could refuse.
    format!("{about}{}", toml::to_string(&file).unwrap_or_default())
}
