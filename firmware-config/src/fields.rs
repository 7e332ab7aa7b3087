//! What each value of a claim file must look like; a refusal says what to write, never what was written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::StaticAddress;
use crate::mistakes::MistakeReason;

pub fn check_relay_url(text: &str) -> Result<(), MistakeReason> {
    let rest = text.strip_prefix("https://").ok_or(MistakeReason::HttpsNeeded)?;
    host_and_port(rest.strip_suffix('/').unwrap_or(rest))
}

pub fn check_mqtt_url(text: &str) -> Result<(), MistakeReason> {
    host_and_port(text.strip_prefix("mqtts://").ok_or(MistakeReason::MqttsNeeded)?)
}

pub fn check_label_host(text: &str) -> Result<(), MistakeReason> {
    let (scheme, rest) = text.split_once("://").ok_or(MistakeReason::LabelHost)?;
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(MistakeReason::LabelHost);
    }
    host_and_port(rest)?;
    let host = label_host_name(text);
    if host.ends_with(".local") {
        return Err(MistakeReason::LabelHostLocal);
    }
    let is_plain = scheme.eq_ignore_ascii_case("http");
    if is_plain && is_public(&host) { Err(MistakeReason::LabelHostPublic) } else { Ok(()) }
}

/// The host of an address that labels carry, in lower case, without scheme, port and brackets.
pub fn label_host_name(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
    let host = match rest.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => rest.split(':').next(),
    };
    host.unwrap_or_default().to_ascii_lowercase()
}

/// Domains that nobody can register: browsers do not warn of plain HTTP to a name in one.
const INNER_DOMAINS: [&str; 10] =
    ["internal", "lan", "intranet", "private", "corp", "home", "arpa", "localdomain", "localhost", "test"];

fn is_public(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(address)) => !is_inner(address),
        Ok(IpAddr::V6(address)) => {
            !address.is_loopback() && !address.is_unique_local() && !address.is_unicast_link_local()
        }
        Err(_) => host.rsplit_once('.').is_some_and(|(_, top)| !INNER_DOMAINS.contains(&top)),
    }
}

fn is_inner(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_of_carrier = first == 100 && (64..128).contains(&second);
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_of_carrier
}

fn host_and_port(text: &str) -> Result<(), MistakeReason> {
    let port = match text.strip_prefix('[') {
        Some(v6) => {
            let (address, port) = v6.split_once(']').ok_or(MistakeReason::Brackets)?;
            address.parse::<Ipv6Addr>().map_err(|_| MistakeReason::Brackets)?;
            port
        }
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            if host.len() > 253 || !host.split('.').all(|label| check_hostname(label).is_ok()) {
                return Err(MistakeReason::HostName);
            }
            port
        }
    };
    if port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port: &str| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port))
    {
        Ok(())
    } else {
        Err(MistakeReason::PortNumber)
    }
}

pub fn check_hostname(text: &str) -> Result<(), MistakeReason> {
    let fits = (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits { Ok(()) } else { Err(MistakeReason::HostLabel) }
}

/// One or more PEM certificates and nothing else. The TLS library checks their content.
pub fn check_certificates(text: &str) -> Result<(), MistakeReason> {
    const FROM: &str = "-----BEGIN CERTIFICATE-----";
    const TO: &str = "-----END CERTIFICATE-----";

    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(MistakeReason::Certificates);
    }
    while !rest.is_empty() {
        let (body, after) =
            rest.strip_prefix(FROM).and_then(|r| r.split_once(TO)).ok_or(MistakeReason::Certificates)?;
        if body.trim().is_empty()
            || !body.bytes().all(|b: u8| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b))
        {
            return Err(MistakeReason::Certificates);
        }
        rest = after.trim_start();
    }
    Ok(())
}

pub fn check_verifier_key(text: &str) -> Result<(), MistakeReason> {
    let parts: Vec<&str> = text.splitn(3, '+').collect();
    let fits = matches!(parts[..], [name, id, key]
        if !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_graphic())
            && id.len() == 8
            && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            // 33 bytes of base64.
            && key.len() == 44
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)));
    if fits { Ok(()) } else { Err(MistakeReason::VerifierKey) }
}

pub fn check_facility(text: &str) -> Result<(), MistakeReason> {
    let fits = text.len() == 26
        && text.bytes().all(|b: u8| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b))
        && text.as_bytes()[0] <= b'7';
    if fits { Ok(()) } else { Err(MistakeReason::FacilityId) }
}

pub fn check_code(text: &str) -> Result<(), MistakeReason> {
    let fits = (8..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(()) } else { Err(MistakeReason::ClaimCode) }
}

pub fn parse_expires(text: &str) -> Result<jiff::Timestamp, MistakeReason> {
    text.parse().map_err(|_| MistakeReason::Moment)
}

pub fn check_time_zone(text: &str) -> Result<(), MistakeReason> {
    // In any case, and by a name that only old systems have: the box writes down the present one. Nobody lives in `Factory`.
    match jiff::tz::TimeZone::get(text) {
        Ok(zone) if !zone.is_unknown() && zone.iana_name() != Some("Factory") => Ok(()),
        _ => Err(MistakeReason::TimeZone),
    }
}

pub fn check_ssid(text: &str) -> Result<(), MistakeReason> {
    let fits = (1..=32).contains(&text.len()) && !text.contains(char::is_control);
    if fits { Ok(()) } else { Err(MistakeReason::NetworkName) }
}

pub fn check_passphrase(text: &str) -> Result<(), MistakeReason> {
    if is_passphrase(text) { Ok(()) } else { Err(MistakeReason::Passphrase) }
}

/// Of the network that the box provides.
pub fn check_own_passphrase(text: &str) -> Result<(), MistakeReason> {
    if is_passphrase(text) { Ok(()) } else { Err(MistakeReason::OwnPassphrase) }
}

fn is_passphrase(text: &str) -> bool {
    (8..=63).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

pub fn check_hashed_key(text: &str) -> Result<(), MistakeReason> {
    let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if fits { Ok(()) } else { Err(MistakeReason::HashedKey) }
}

/// Letters and digits that cannot be mistaken for each other (Crockford's base 32).
pub const SETUP_CODE_SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SETUP_CODE_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
const SETUP_CODE_BYTES_MAX: usize = 128;

/// As people write it: in small letters, with hyphens and spaces, and with letters in place of the digits
/// that they look like.
pub fn read_setup_code(text: &str) -> Result<String, MistakeReason> {
    let symbols = text.chars().filter(|symbol| !symbol.is_whitespace() && *symbol != '-');
    let symbols = symbols.map(|symbol| match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    let symbols: String = symbols.collect();
    let fits = text.len() <= SETUP_CODE_BYTES_MAX
        && SETUP_CODE_LENGTH.contains(&symbols.len())
        && symbols.bytes().all(|symbol| SETUP_CODE_SYMBOLS.contains(&symbol));
    if fits { Ok(symbols) } else { Err(MistakeReason::SetupCode) }
}

pub fn check_setup_code(text: &str) -> Result<(), MistakeReason> {
    read_setup_code(text).map(drop)
}

/// Such as 10.1.2.3/24; one that a machine can have.
pub fn parse_static_address(text: &str) -> Result<StaticAddress, MistakeReason> {
    let (address, prefix) = text.split_once('/').ok_or(MistakeReason::AddressPrefix)?;
    let address: IpAddr = address.parse().map_err(|_| MistakeReason::AddressPrefix)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length: Option<u8> =
        prefix.parse().ok().filter(|n: &u8| (1..=most).contains(n) && n.to_string() == prefix);
    let parsed = StaticAddress { address, prefix: length.ok_or(MistakeReason::AddressPrefix)? };
    if address.is_unspecified() || address.is_loopback() || address.is_multicast() || parsed.is_reserved() {
        return Err(MistakeReason::AddressUnusable);
    }
    Ok(parsed)
}

pub fn parse_address(text: &str) -> Result<IpAddr, MistakeReason> {
    text.parse().map_err(|_| MistakeReason::AddressNeeded)
}

/// `http://[user:password@]host:port`: the connection to a proxy is in clear, what goes through it is not.
pub fn check_proxy(text: &str) -> Result<(), MistakeReason> {
    let Some(rest) = text.strip_prefix("http://") else {
        let other = text.starts_with("https://") || text.starts_with("socks");
        return Err(if other { MistakeReason::ProxyScheme } else { MistakeReason::ProxyAddress });
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, host) = match rest.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, rest),
    };
    let user_fits = user.is_none_or(|user| {
        user.split_once(':').is_some_and(|(name, password)| !name.is_empty() && !password.is_empty())
            && user.bytes().all(|b| b.is_ascii_graphic() && !b"/?#@".contains(&b))
    });
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && !port.ends_with(']'));
    if user_fits && has_port { host_and_port(host) } else { Err(MistakeReason::ProxyAddress) }
}

pub fn check_time_server(text: &str) -> Result<(), MistakeReason> {
    let is_name = text.len() <= 253 && text.split('.').all(|label| check_hostname(label).is_ok());
    if is_name || text.parse::<IpAddr>().is_ok() { Ok(()) } else { Err(MistakeReason::TimeServer) }
}

pub fn check_country(text: &str) -> Result<(), MistakeReason> {
    let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if fits { Ok(()) } else { Err(MistakeReason::Country) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: fn(&str) -> Result<(), MistakeReason>, good: &[&str], bad: &[&str]) {
        good.iter().for_each(|text| assert_eq!(field(text), Ok(()), "{text}"));
        bad.iter().for_each(|text| assert!(field(text).is_err(), "{text}"));
    }

    #[test]
    fn addresses() {
        check(
            check_relay_url,
            &["https://relay.example", "https://127.0.0.1:8443", "https://localhost/", "https://[::1]:1"],
            &[
                "http://relay.example",
                "https://",
                "https://a/b",
                "https://a b",
                "https://u@a",
                "https://a:0",
                "https://[::g]",
                "https://a:1:2",
                "https://[::1]9",
                "relay",
            ],
        );
        check(
            check_mqtt_url,
            &["mqtts://relay.example:8883", "mqtts://10.0.0.1"],
            &["mqtt://a", "mqtts://a/", ""],
        );
        check(
            check_label_host,
            &["HTTP://10.0.0.5", "https://OR.HOSPITAL.INTERNAL:8443", "HTTP://CT", "http://box.lan:8080"],
            &["10.0.0.5", "FTP://CT", "HTTP://CT/T", "HTTP://-CT"],
        );
        for (host, reason) in [
            ("HTTP://BOX.LOCAL", Err(MistakeReason::LabelHostLocal)),
            ("https://ward.box.Local:8443", Err(MistakeReason::LabelHostLocal)),
            ("HTTP://BOX.HOSPITAL.ORG", Err(MistakeReason::LabelHostPublic)),
            ("http://box.hospital.org:8080", Err(MistakeReason::LabelHostPublic)),
            ("HTTP://8.8.8.8", Err(MistakeReason::LabelHostPublic)),
            ("http://[2001:4860::8888]", Err(MistakeReason::LabelHostPublic)),
            ("HTTPS://BOX.HOSPITAL.ORG", Ok(())),
            ("HTTP://172.16.0.4:8080", Ok(())),
            ("http://[fd00::5]:8080", Ok(())),
            ("HTTP://LOCAL", Ok(())),
        ] {
            assert_eq!(check_label_host(host), reason, "{host}");
        }
        check(
            check_hostname,
            &["box-3", "B", &"x".repeat(63)],
            &["", "-a", "a-", "a.b", "a_b", "ü", &"x".repeat(64)],
        );
    }

    #[test]
    fn keys_and_ids() {
        let key = format!("relay.example/cosign/1+0a1b2c3d+{}", "A".repeat(44));
        check(
            check_verifier_key,
            &[&key],
            &["", "a+b+c", &key.replace("0a", "0A"), &key[..60], &format!("{key}A")],
        );
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        check(
            check_certificates,
            &[pem, &pem.repeat(2)],
            &[
                "",
                "MIIB",
                &pem[..50],
                &format!("{pem}x"),
                "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
            ],
        );
        check(
            check_facility,
            &["01JCZ5T4M0000000000000000A"],
            &[
                "01jcz5t4m0000000000000000a",
                "81JCZ5T4M0000000000000000A",
                "01JCZ5T4M",
                "01JCZ5T4M0000000000000000U",
            ],
        );
        check(check_code, &["abcdefgh", "K7Q-3M9_X"], &["short", "with space", "ümlauts-ümlauts"]);
    }

    #[test]
    fn places_and_radio() {
        check(
            check_time_zone,
            &["Europe/Berlin", "America/New_York", "UTC", "US/Eastern", "america/havana"],
            &["", "Berlin", "Factory", "factory", "Etc/Unknown", "Mars/Base"],
        );
        check(check_ssid, &["Hospital IoT", "ü"], &["", "a\nb", &"x".repeat(33)]);
        check(
            check_passphrase,
            &["8 chars!", &"a".repeat(63)],
            &["short", &"0f".repeat(32), "tab\tin it", "pässwört"],
        );
        check(check_own_passphrase, &["8 chars!", &"a".repeat(63)], &["short", &"a".repeat(64), "pässwört"]);
        check(check_hashed_key, &[&"0f".repeat(32), &"0F".repeat(32)], &["", "8 chars!", &"x".repeat(64)]);
        let long = "x".repeat(65);
        check(
            check_setup_code,
            &["12345678", "OR-3-start", "pear 4711", "7QK3M-9X2WA", &long[1..]],
            &["1234567", "--------", "        ", "OR-3_start", "PLUM-4711", "pear-471\u{e9}", &long],
        );
        assert_eq!(read_setup_code(" oil-L1-i0 0o"), Ok("011111000".to_owned()));
        check(check_country, &["US", "DE"], &["us", "USA", ""]);
        assert!(parse_expires("2026-12-31T12:00:00Z").is_ok());
        assert!(parse_expires("2026-12-31").is_err());
    }
    fn check_static_address(text: &str) -> Result<(), MistakeReason> {
        parse_static_address(text).map(drop)
    }

    #[test]
    fn networks() {
        for good in ["10.1.2.3/24", "10.0.0.1/31", "192.168.1.9/32", "fd00::5/64", "2001:db8::1/128"] {
            assert_eq!(check_static_address(good), Ok(()), "{good}");
        }
        for (bad, reason) in [
            ("10.1.2.3", MistakeReason::AddressPrefix),
            ("10.1.2.3/0", MistakeReason::AddressPrefix),
            ("10.1.2.3/33", MistakeReason::AddressPrefix),
            ("10.1.2.3/024", MistakeReason::AddressPrefix),
            ("10.1.2.3/255.255.255.0", MistakeReason::AddressPrefix),
            ("10.1.2.0/24", MistakeReason::AddressUnusable),
            ("10.1.2.255/24", MistakeReason::AddressUnusable),
            ("127.0.0.1/8", MistakeReason::AddressUnusable),
            ("224.0.0.1/24", MistakeReason::AddressUnusable),
            ("::/64", MistakeReason::AddressUnusable),
        ] {
            assert_eq!(check_static_address(bad), Err(reason), "{bad}");
        }
        check(
            check_proxy,
            &[
                "http://proxy.hospital.internal:3128",
                "http://u:p%40ss@10.0.0.1:8080",
                "http://[fd00::1]:3128/",
            ],
            &[
                "proxy:3128",
                "https://proxy:3128",
                "socks5://proxy:1080",
                "http://proxy",
                "http://[fd00::1]",
                "http://u@proxy:3128",
                "http://u:@proxy:3128",
                "http://u:p@q@proxy:0",
                "http://proxy:3128/path",
            ],
        );
        check(
            check_time_server,
            &["ntp.hospital.internal", "10.0.0.1", "fd00::1"],
            &["", "a b", "-x", "ntp://a"],
        );
    }
}
