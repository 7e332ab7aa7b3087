//! What each value of a claim file must look like; a refusal says what to write, never what was written.

/// An https URL of a host, with an optional port and no path.
///
/// # Errors
/// What to write.
pub fn check_relay_url(text: &str) -> Result<(), &'static str> {
    let rest = text.strip_prefix("https://").ok_or("must begin with https://")?;
    host_and_port(rest.strip_suffix('/').unwrap_or(rest))
}

/// An mqtts URL of a host, with an optional port and no path.
///
/// # Errors
/// What to write.
pub fn check_mqtt_url(text: &str) -> Result<(), &'static str> {
    host_and_port(text.strip_prefix("mqtts://").ok_or("must begin with mqtts://")?)
}

/// `<scheme>://<host>` as labels carry it: http or https in any case, with an optional port and no path.
///
/// # Errors
/// What to write.
pub fn check_label_host(text: &str) -> Result<(), &'static str> {
    let (scheme, rest) =
        text.split_once("://").ok_or("must read <scheme>://<host>, such as HTTP://10.0.0.5")?;
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err("must begin with HTTP:// or HTTPS://");
    }
    host_and_port(rest)
}

fn host_and_port(text: &str) -> Result<(), &'static str> {
    let port = match text.strip_prefix('[') {
        Some(v6) => {
            let (address, port) = v6.split_once(']').ok_or("has an opening bracket alone")?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| "has brackets with no IPv6 address in them")?;
            port
        }
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            if host.len() > 253 || !host.split('.').all(|label| check_hostname(label).is_ok()) {
                return Err("must name a host, with no path, user or space");
            }
            port
        }
    };
    let plain = |port: &str| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port);
    if port.is_empty() || port.strip_prefix(':').is_some_and(plain) {
        Ok(())
    } else {
        Err("has a port that is not a number from 1 to 65535")
    }
}

/// One label of a host name: letters, digits and inner hyphens, at most 63.
///
/// # Errors
/// What to write.
pub fn check_hostname(text: &str) -> Result<(), &'static str> {
    let fits = (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits { Ok(()) } else { Err("must be 1 to 63 letters, digits and inner hyphens") }
}

/// One or more PEM certificates and nothing else. What is in them the TLS library says.
///
/// # Errors
/// What to write.
pub fn check_relay_ca(text: &str) -> Result<(), &'static str> {
    const FROM: &str = "-----BEGIN CERTIFICATE-----";
    const TO: &str = "-----END CERTIFICATE-----";
    let wrong = "must be the PEM text of the relay's certificate authority, from BEGIN to END";
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong);
    }
    while !rest.is_empty() {
        let (body, after) = rest.strip_prefix(FROM).and_then(|r| r.split_once(TO)).ok_or(wrong)?;
        let base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b);
        if body.trim().is_empty() || !body.bytes().all(base64) {
            return Err(wrong);
        }
        rest = after.trim_start();
    }
    Ok(())
}

/// A verifier key as text, `<name>+<8 hex digits>+<base64>`.
///
/// # Errors
/// What to write.
pub fn check_verifier_key(text: &str) -> Result<(), &'static str> {
    let parts: Vec<&str> = text.splitn(3, '+').collect();
    let fits = matches!(parts[..], [name, id, key]
        if !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_graphic())
            && id.len() == 8
            && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            // 33 bytes of base64.
            && key.len() == 44
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)));
    if fits { Ok(()) } else { Err("must hold keys that read `<name>+<8 hex digits>+<base64>`") }
}

/// A ULID in upper case.
///
/// # Errors
/// What to write.
pub fn check_facility(text: &str) -> Result<(), &'static str> {
    let symbol = |b: u8| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b);
    let fits = text.len() == 26 && text.bytes().all(symbol) && text.as_bytes()[0] <= b'7';
    if fits { Ok(()) } else { Err("must be the facility's id: 26 letters and digits in upper case") }
}

/// The one-time code: 8 to 128 visible characters.
///
/// # Errors
/// What to write.
pub fn check_code(text: &str) -> Result<(), &'static str> {
    let fits = (8..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(())
    } else {
        Err("must be the one-time code: 8 to 128 letters, digits and signs with no space")
    }
}

/// A moment in RFC 3339.
///
/// # Errors
/// What to write.
pub fn check_expires(text: &str) -> Result<jiff::Timestamp, &'static str> {
    text.parse().map_err(|_| "must be a moment such as 2026-12-31T12:00:00Z")
}

/// A zone of the bundled IANA data.
///
/// # Errors
/// What to write.
pub fn check_zone(text: &str) -> Result<(), &'static str> {
    match jiff::tz::TimeZone::get(text) {
        Ok(zone) if zone.iana_name() == Some(text) => Ok(()),
        _ => Err("must be an IANA time zone such as Europe/Berlin"),
    }
}

/// The name of a wireless network: 1 to 32 bytes without control characters.
///
/// # Errors
/// What to write.
pub fn check_ssid(text: &str) -> Result<(), &'static str> {
    let fits = (1..=32).contains(&text.len()) && !text.contains(char::is_control);
    if fits { Ok(()) } else { Err("must be the name of a network: 1 to 32 bytes") }
}

/// A WPA passphrase of 8 to 63 printable characters, or the 64 hex digits of its hash.
///
/// # Errors
/// What to write.
pub fn check_psk(text: &str) -> Result<(), &'static str> {
    let passphrase = (8..=63).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let hashed = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if passphrase || hashed {
        Ok(())
    } else {
        Err("must be a passphrase of 8 to 63 characters, or its hash in 64 hex digits")
    }
}

/// Two upper-case letters: which radio rules hold.
///
/// # Errors
/// What to write.
pub fn check_country(text: &str) -> Result<(), &'static str> {
    let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if fits { Ok(()) } else { Err("must be a country in two upper-case letters, such as US") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: fn(&str) -> Result<(), &'static str>, good: &[&str], bad: &[&str]) {
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
            &["HTTP://10.0.0.5", "https://OR.HOSPITAL.INTERNAL:8443", "HTTP://CT"],
            &["10.0.0.5", "FTP://CT", "HTTP://CT/T", "HTTP://-CT"],
        );
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
            check_relay_ca,
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
            check_zone,
            &["Europe/Berlin", "America/New_York", "UTC"],
            &["", "Berlin", "europe/berlin", "Mars/Base"],
        );
        check(check_ssid, &["Hospital IoT", "ü"], &["", "a\nb", &"x".repeat(33)]);
        check(
            check_psk,
            &["8 chars!", &"a".repeat(63), &"0f".repeat(32)],
            &["short", &"x".repeat(64), "tab\tin it"],
        );
        check(check_country, &["US", "DE"], &["us", "USA", ""]);
        assert!(check_expires("2026-12-31T12:00:00Z").is_ok());
        assert!(check_expires("2026-12-31").is_err());
    }
}
