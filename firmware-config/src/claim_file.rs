//! The claim file: TOML that ties a new box to its network, its facility and its relay.

mod entries;
mod reader;
mod writer;

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::address::StaticAddress;
use crate::fields;
use crate::mistakes::{CLAIM_FILE_BYTES_MAX, ClaimFileError, MistakeReason};
use crate::secret::Secret;
use crate::wpa::hash_passphrase;

use self::reader::{RELAY_KEYS, SectionReader, check_together};

pub const CLAIM_FILE_NAME: &str = "cleantrack.toml";
/// What a box writes after it took the file.
pub const PROVISIONED_FILE_NAME: &str = "cleantrack-provisioned.txt";
pub const MISTAKES_FILE_NAME: &str = "cleantrack-mistakes.txt";
const VERSION: &str = "1";
const VERSION_NUMBER: i64 = 1;
/// Keys of one kind that a relay may hand out: the current one, the next one and a reserve.
const KEYS_MAX: usize = 8;
/// A resolver tries three.
const DNS_MAX: usize = 3;
const NTP_MAX: usize = 4;

/// What a box must know at its first start. [`ClaimFile::parse`] checks every value; a file put together
/// otherwise is checked when it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimFile {
    pub relay: Option<RelayClaim>,
    pub time_zone: Option<String>,
    pub hostname: Option<String>,
    pub label_host: Option<String>,
    pub setup_code: Option<Secret>,
    pub wifi: Option<WifiClaim>,
    /// The network that the box provides, where it joins none.
    pub access_point: Option<AccessPointClaim>,
    /// Address and Internet access.
    pub network: NetworkClaim,
}

/// What a box must know of its relay before it can be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayClaim {
    pub relay_url: String,
    pub relay_ca: String,
    pub cosign_keys: Vec<String>,
    pub directive_keys: Vec<String>,
    pub mqtt_url: String,
    pub facility: String,
    pub code: Secret,
    /// When the relay stops accepting the code.
    pub expires: Timestamp,
    /// Whether the box comes in the place of another one, whose settings it takes over with its history.
    pub replaces: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WifiClaim {
    pub ssid: String,
    pub key: WifiKey,
    /// Whether its beacons lack its name, so that the box must probe for it.
    pub hidden: bool,
    /// Country of the radio rules, in two letters.
    pub country: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WifiKey {
    Open,
    Passphrase(Secret),
    Hashed(Secret),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPointClaim {
    pub passphrase: Secret,
}

/// By default DHCP and no proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkClaim {
    pub address: Option<StaticAddress>,
    /// The default gateway; only beside an address.
    pub gateway: Option<IpAddr>,
    pub dns: Vec<IpAddr>,
    /// The proxy, with its password: `http://[user:password@]host:port`.
    pub proxy: Option<Secret>,
    /// PEM of the authority of a proxy that inspects TLS.
    pub ca: Option<String>,
    pub ntp: Vec<String>,
}

impl WifiClaim {
    /// The key in 64 hex digits; `None` for an open network.
    pub fn hashed_key(&self) -> Option<Secret> {
        match &self.key {
            WifiKey::Open => None,
            WifiKey::Passphrase(passphrase) => Some(hash_passphrase(&self.ssid, passphrase.reveal())),
            WifiKey::Hashed(key) => Some(key.clone()),
        }
    }
}

fn decode_wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, MistakeReason> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    text.ok().filter(|_| odd.is_empty()).map(Cow::Owned).ok_or(MistakeReason::Encoding)
}

/// UTF-8 with or without a mark, or UTF-16 as Windows' own editor writes it.
pub fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, MistakeReason> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode_wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_wide(rest, u16::from_be_bytes),
        _ => {
            let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| MistakeReason::Encoding)
        }
    }
}

impl ClaimFile {
    /// UTF-16, a byte order mark and Windows line ends are accepted: people edit the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClaimFileError> {
        if bytes.len() > CLAIM_FILE_BYTES_MAX {
            return Err(ClaimFileError::whole(MistakeReason::TooLong { bytes: CLAIM_FILE_BYTES_MAX }));
        }
        let text = decode_text(bytes).map_err(ClaimFileError::whole)?;
        let mut file = SectionReader::open(&text);
        file.check_version(VERSION);
        let relay = file.has_any(&RELAY_KEYS).then(|| RelayClaim::read(&mut file)).flatten();
        let read = Self {
            relay,
            time_zone: file.take_text("time_zone", fields::check_time_zone),
            hostname: file.take_text("hostname", fields::check_hostname),
            label_host: file.take_text("label_host", fields::check_label_host),
            setup_code: file.take_text("setup_code", fields::check_setup_code).map(Secret::new),
            access_point: AccessPointClaim::take_section(&mut file),
            wifi: file.take_section("wifi", WifiClaim::read).flatten(),
            network: file.take_section("network", NetworkClaim::read).unwrap_or_default(),
        };
        check_together(&mut file, &read);
        file.close().map(|()| read)
    }

    #[must_use]
    pub fn with_hashed_key(mut self) -> Self {
        if let Some(wifi) = &mut self.wifi
            && let Some(key) = wifi.hashed_key()
        {
            wifi.key = WifiKey::Hashed(key);
        }
        self
    }
}

impl RelayClaim {
    /// `None` where something is missing or wrong; the reader notes what.
    fn read(file: &mut SectionReader<'_>) -> Option<Self> {
        let relay_url = file.require_text("relay_url", fields::check_relay_url);
        let relay_ca = file.require_text("relay_ca", fields::check_certificates);
        let cosign_keys = file.require_list("cosign_keys", KEYS_MAX, fields::check_verifier_key);
        let directive_keys = file.require_list("directive_keys", KEYS_MAX, fields::check_verifier_key);
        let mqtt_url = file.require_text("mqtt_url", fields::check_mqtt_url);
        let facility = file.require_text("facility", fields::check_facility);
        let code = file.require_text("code", fields::check_code).map(Secret::new);
        let expires = file.require_text("expires", |text| fields::parse_expires(text).map(drop));
        let replaces = file.take_flag("replaces").unwrap_or(false);
        Some(Self {
            replaces,
            relay_url: relay_url?,
            relay_ca: relay_ca?,
            cosign_keys: cosign_keys?,
            directive_keys: directive_keys?,
            mqtt_url: mqtt_url?,
            facility: facility?,
            code: code?,
            expires: fields::parse_expires(&expires?).ok()?,
        })
    }
}

impl WifiClaim {
    fn read(section: &mut SectionReader<'_>) -> Option<Self> {
        let ssid = section.require_text("ssid", fields::check_ssid);
        let passphrase = section.take_text("passphrase", fields::check_passphrase);
        if passphrase.is_some() {
            section.refuse_key("psk", MistakeReason::KeyTwice);
        }
        let hashed = section.take_text("psk", fields::check_hashed_key);
        let hidden = section.take_flag("hidden");
        let country = section.require_text("country", fields::check_country);
        let key = match (passphrase, hashed) {
            (Some(passphrase), _) => WifiKey::Passphrase(Secret::new(passphrase)),
            (None, Some(hashed)) => WifiKey::Hashed(Secret::new(hashed)),
            (None, None) => WifiKey::Open,
        };
        Some(Self { ssid: ssid?, key, hidden: hidden.unwrap_or(false), country: country? })
    }
}

impl AccessPointClaim {
    /// The radio of a box either joins a network or provides one.
    fn take_section(file: &mut SectionReader<'_>) -> Option<Self> {
        if file.has_any(&["wifi"]) {
            file.refuse_key("access_point", MistakeReason::RadioTwice);
        }
        let passphrase = file
            .take_section("access_point", |section: &mut SectionReader<'_>| {
                section.require_text("passphrase", fields::check_own_passphrase)
            })
            .flatten()?;
        Some(Self { passphrase: Secret::new(passphrase) })
    }
}

impl NetworkClaim {
    fn read(section: &mut SectionReader<'_>) -> Self {
        let has_address = section.has_any(&["address"]);
        let address = section
            .take_text("address", |text| fields::parse_static_address(text).map(drop))
            .and_then(|text| fields::parse_static_address(&text).ok());
        let gateway = section.take_text("gateway", |text| match (fields::parse_address(text)?, address) {
            (gateway, Some(own)) if own.reaches(gateway) => Ok(()),
            (_, Some(_)) => Err(MistakeReason::GatewayOutside),
            // A wrong address is refused already.
            (_, None) if has_address => Ok(()),
            (_, None) => Err(MistakeReason::GatewayAlone),
        });
        let dns = section.take_list("dns", DNS_MAX, |text| fields::parse_address(text).map(drop));
        Self {
            address,
            gateway: gateway.and_then(|text| text.parse().ok()),
            dns: dns.unwrap_or_default().iter().filter_map(|text| text.parse().ok()).collect(),
            proxy: section.take_text("proxy", fields::check_proxy).map(Secret::new),
            ca: section.take_text("ca", fields::check_certificates),
            ntp: section.take_list("ntp", NTP_MAX, fields::check_time_server).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
