//! Claim files that are good, that people have edited, and that are wrong in one place or in many.

use proptest::prelude::*;

use super::*;
use crate::mistakes::{ClaimMistake, KeyHint};

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn example_key(name: &str) -> String {
    format!("relay.example/{name}/1+0a1b2c3d+{}", "A".repeat(44))
}

fn example_relay() -> RelayClaim {
    RelayClaim {
        relay_url: "https://relay.example:8444".into(),
        relay_ca: PEM.into(),
        cosign_keys: vec![example_key("cosign")],
        directive_keys: vec![example_key("directive")],
        mqtt_url: "mqtts://relay.example:8883".into(),
        facility: "01JCZ5T4M0000000000000000A".into(),
        code: Secret::new("K7Q-3M9-X2W-PLUM"),
        expires: "2026-12-31T12:00:00Z".parse().unwrap(),
        replaces: false,
    }
}

fn example() -> ClaimFile {
    ClaimFile {
        relay: Some(example_relay()),
        time_zone: Some("America/New_York".into()),
        hostname: Some("or-3".into()),
        label_host: Some("HTTP://10.0.0.5".into()),
        setup_code: Some(Secret::new("PEAR-4711")),
        wifi: Some(WifiClaim {
            ssid: "Hospital IoT".into(),
            key: WifiKey::Passphrase(Secret::new("correct horse")),
            hidden: true,
            country: "US".into(),
        }),
        access_point: None,
        network: NetworkClaim {
            address: Some(fields::parse_static_address("10.1.2.3/24").unwrap()),
            gateway: Some("10.1.2.1".parse().unwrap()),
            dns: vec!["10.1.2.1".parse().unwrap(), "fd00::53".parse().unwrap()],
            proxy: Some(Secret::new("http://box:APPLE@proxy.example:3128")),
            ca: Some(PEM.into()),
            ntp: vec!["ntp.example".into()],
        },
    }
}

fn mistakes_of(text: &str) -> Vec<ClaimMistake> {
    ClaimFile::parse(text.as_bytes()).map_or_else(|e| e.mistakes().to_vec(), |_| Vec::new())
}

fn refused(from: &str, to: &str) -> Vec<ClaimMistake> {
    let text = example().to_toml();
    assert!(text.contains(from), "{from} is not in the example");
    mistakes_of(&text.replacen(from, to, 1))
}

#[test]
fn what_is_written_is_read() {
    let text = example().to_toml();
    assert_eq!(ClaimFile::parse(text.as_bytes()), Ok(example()), "{text}");
    let least = ClaimFile { relay: Some(example_relay()), ..ClaimFile::default() };
    assert_eq!(ClaimFile::parse(least.to_toml().as_bytes()), Ok(least));
    let alone = ClaimFile { relay: None, ..example() };
    assert_eq!(ClaimFile::parse(alone.to_toml().as_bytes()), Ok(alone));
    assert_eq!(ClaimFile::parse(b"version = 1"), Ok(ClaimFile::default()));
}

#[test]
fn as_people_edit_it() {
    let marked = format!("\u{feff}{}", example().to_toml().replace('\n', "\r\n"));
    // A text of several lines keeps the line endings of its file.
    let read = ClaimFile::parse(marked.as_bytes()).unwrap();
    assert_eq!(read.wifi, example().wifi);
    let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(ClaimFile::parse(&little), Ok(read.clone()));
    assert_eq!(ClaimFile::parse(&big), Ok(read));
    // Without its mark, cut in the middle of a letter, or with half a pair: not text.
    for bytes in [&little[..little.len() - 1], b"\xff\xfe\x00\xd8", b"\xff\x00", b"ab\xff"] {
        assert_eq!(ClaimFile::parse(bytes), Err(ClaimFileError::whole(MistakeReason::Encoding)));
    }
    assert!(ClaimFile::parse(&little[2..]).is_err());
}

fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let name = key.rsplit('.').next().unwrap_or_default();
    text.lines().position(|line| line.starts_with(&format!("{name} ="))).map(|at| at + 1)
}

fn unknown_key(known: &'static str) -> MistakeReason {
    MistakeReason::UnknownKey { nearest: KeyHint::Nearest(known) }
}

#[test]
fn each_refusal_names_line_and_key() {
    for (from, to, key, reason) in [
        ("https://", "http://", "relay_url", MistakeReason::HttpsNeeded),
        ("version = 1", "version = 2", "version", MistakeReason::Version),
        ("time_zone = ", "zone = ", "zone", unknown_key("time_zone")),
        ("country = \"US\"", "country = \"us\"", "wifi.country", MistakeReason::Country),
        ("country = \"US\"", "", "wifi.country", MistakeReason::MissingKey),
        ("passphrase", "passphrse", "wifi.passphrse", unknown_key("wifi.passphrase")),
        ("hostname", "gateway", "gateway", unknown_key("network.gateway")),
        ("[wifi]", "[wifi]\nidentity = \"box\"", "wifi.identity", MistakeReason::Enterprise),
        ("hidden = true", "security = \"WPA2-Enterprise\"", "wifi.security", MistakeReason::Enterprise),
        ("\"correct horse\"", "12345678", "wifi.passphrase", MistakeReason::TextNeeded),
        ("hidden = true", "hidden = \"yes\"", "wifi.hidden", MistakeReason::FlagNeeded),
        ("hidden = true", "psk = \"\"", "wifi.psk", MistakeReason::KeyTwice),
        ("[\"relay.example/cosign", "[7, \"relay.example/cosign", "cosign_keys", MistakeReason::ListNeeded),
        (
            "directive_keys = [",
            "directive_keys = []\n#",
            "directive_keys",
            MistakeReason::ListLength { most: 8 },
        ),
        ("12:00:00Z", "12:00", "expires", MistakeReason::Moment),
        ("10.1.2.3/24", "10.1.2.3", "network.address", MistakeReason::AddressPrefix),
        ("\"10.1.2.1\"", "\"10.1.3.1\"", "network.gateway", MistakeReason::GatewayOutside),
        ("\"10.1.2.1\"", "\"10.1.2.3\"", "network.gateway", MistakeReason::GatewayOutside),
        ("address = \"10.1.2.3/24\"", "", "network.gateway", MistakeReason::GatewayAlone),
        ("fd00::53", "dns.example", "network.dns", MistakeReason::AddressNeeded),
        ("http://box", "https://box", "network.proxy", MistakeReason::ProxyScheme),
        ("[wifi]", "[other]", "other", MistakeReason::UnknownKey { nearest: KeyHint::Unlike }),
    ] {
        let text = example().to_toml();
        assert!(text.contains(from), "{from} is not in the example");
        let text = text.replacen(from, to, 1);
        let line = match key {
            "other" => text.lines().position(|line| line == "[other]").map(|at| at + 1),
            _ => line_of_key(&text, key),
        };
        assert_eq!(line.is_none(), reason == MistakeReason::MissingKey, "{key}");
        let mistake = ClaimMistake { line, key: Some(key.to_owned()), reason };
        let found = mistakes_of(&text);
        assert!(found.contains(&mistake), "{from}: {found:?}");
    }
    let shown = refused("https://", "http://")[0].to_string();
    assert_eq!(shown, "line 3 of the claim file: `relay_url` must begin with https://");
    assert_eq!(mistakes_of("version = 1\nwifi = 3")[0].reason, MistakeReason::SectionNeeded);
}

#[test]
fn all_mistakes_at_once_in_the_order_of_lines() {
    let text = "version = 2\ncode = \"short\"\nhostnam = \"or-3\"\n[wifi]\nssid = \"\"\n[network]\nntp = [\"a b\", \"ok\", 3]\n";
    let error = ClaimFile::parse(text.as_bytes()).unwrap_err();
    let found: Vec<(Option<usize>, &str)> =
        error.mistakes().iter().map(|m| (m.line, m.reason.code())).collect();
    let with_lines = [
        (Some(1), "version"),
        (Some(2), "code"),
        (Some(3), "unknown-key"),
        (Some(5), "ssid"),
        (Some(7), "ntp"),
        (Some(7), "list"),
    ];
    assert_eq!(found[..6], with_lines);
    // Seven more keys of the relay and the country.
    assert_eq!(found[6..], [(None, "missing-key"); 8]);
    assert_eq!(error.to_string().lines().count(), 14, "{error}");
}

#[test]
fn a_line_that_is_no_toml_hides_no_other() {
    let changed = example().to_toml().replacen("hostname = \"or-3\"", "hostname = or-3\nhostnam = \"x\"", 1);
    let (broken, unknown) = (line_of_key(&changed, "hostname"), line_of_key(&changed, "hostnam"));
    let found = mistakes_of(&changed);
    let codes: Vec<(Option<usize>, &str)> = found.iter().map(|m| (m.line, m.reason.code())).collect();
    assert_eq!(codes, [(broken, "syntax"), (unknown, "unknown-key")], "{found:?}");
    // A key on a broken line is not reported missing too.
    let found = refused("country = \"US\"", "country \"US\"");
    assert_eq!(found.iter().map(|m| m.reason.code()).collect::<Vec<_>>(), ["syntax"], "{found:?}");
}

#[test]
fn a_static_address_needs_names_where_there_is_a_relay() {
    let network = NetworkClaim { address: example().network.address, ..NetworkClaim::default() };
    let file = ClaimFile { network, ..example() };
    let found = mistakes_of(&file.to_toml());
    assert_eq!(found.iter().map(|m| m.reason.code()).collect::<Vec<_>>(), ["dns-missing"]);
    assert_eq!(mistakes_of(&ClaimFile { relay: None, ..file }.to_toml()), []);
}

#[test]
fn no_secret_is_ever_shown() {
    let shown = format!("{:?}", example());
    let secrets = ["horse", "PLUM", "PEAR", "APPLE"];
    assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
    for (from, to) in [
        ("passphrase = \"correct horse\"", "passphrase = \"correct horse"),
        ("passphrase = \"correct horse\"", "passphrase = correct horse"),
        ("passphrase = \"correct horse\"", "passphrase = [\"correct horse\"]"),
        ("passphrase = \"correct horse\"", "psk = \"correct horse\""),
        ("code = \"K7Q-3M9-X2W-PLUM\"", "code = K7Q-3M9-X2W-PLUM"),
        ("code = \"K7Q-3M9-X2W-PLUM\"", "code = \"PLUM\""),
        ("\"K7Q-3M9-X2W-PLUM\"", "{ a = \"PLUM\" }"),
        ("setup_code = \"PEAR-4711\"", "setup_code = \"PEAR\""),
        ("setup_code = \"PEAR-4711\"", "setup_code = 'PEAR"),
        ("http://box:APPLE@proxy.example:3128", "http://box:APPLE@proxy.example"),
    ] {
        let found = refused(from, to);
        let shown = format!("{found:?} {}", ClaimFileError::of(found.clone()));
        assert!(!found.is_empty(), "{from}");
        assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
}

#[test]
fn a_box_joins_a_network_or_is_one() {
    let own = AccessPointClaim { passphrase: Secret::new("7QK3M-9X2WA") };
    let file = ClaimFile { wifi: None, access_point: Some(own), ..example() };
    let text = file.to_toml();
    assert_eq!(ClaimFile::parse(text.as_bytes()), Ok(file.clone()), "{text}");
    assert!(!format!("{file:?}").contains("7QK3M"));
    let section = "[access_point]\npassphrase = \"7QK3M-9X2WA\"";
    for (text, line, key, reason) in [
        ("[access_point]\npassphrase = \"short\"", Some(3), "passphrase", MistakeReason::OwnPassphrase),
        ("[access_point]", None, "passphrase", MistakeReason::MissingKey),
        ("[access_point]\npassphrase = 12345678", Some(3), "passphrase", MistakeReason::TextNeeded),
        ("access_point = true", Some(2), "", MistakeReason::SectionNeeded),
        (
            &*format!("[wifi]\nssid = \"a\"\ncountry = \"US\"\n{section}"),
            Some(5),
            "",
            MistakeReason::RadioTwice,
        ),
        (
            &*format!("{section}\n[wifi]\nssid = \"a\"\ncountry = \"US\""),
            Some(2),
            "",
            MistakeReason::RadioTwice,
        ),
        (
            &*format!("{section}\nssid = \"a\""),
            Some(4),
            "ssid",
            MistakeReason::UnknownKey { nearest: KeyHint::Nearest("wifi.ssid") },
        ),
    ] {
        let key = if key.is_empty() { "access_point".to_owned() } else { format!("access_point.{key}") };
        let expected = [ClaimMistake { line, key: Some(key), reason }];
        assert_eq!(mistakes_of(&format!("version = 1\n{text}\n")), expected, "{text}");
    }
    let misnamed = mistakes_of("version = 1\n[hotspot]\npassphrase = \"7QK3M-9X2WA\"\n");
    let nearest = KeyHint::Nearest("access_point");
    assert_eq!(misnamed[0].reason, MistakeReason::UnknownKey { nearest });
}

#[test]
fn a_card_gets_the_hash() {
    let file = example().with_hashed_key();
    let text = file.to_toml();
    assert!(!text.contains("horse") && text.contains("\npsk = \""), "{text}");
    assert_eq!(ClaimFile::parse(text.as_bytes()), Ok(file.clone()));
    assert_eq!(file.clone().with_hashed_key(), file);
}

#[test]
fn other_files() {
    let long = vec![b' '; CLAIM_FILE_BYTES_MAX + 1];
    let too_long = ClaimFileError::whole(MistakeReason::TooLong { bytes: CLAIM_FILE_BYTES_MAX });
    assert!(too_long.to_string().contains("has more than 65536 bytes"), "{too_long}");
    assert_eq!(ClaimFile::parse(&long), Err(too_long));
    assert_eq!(mistakes_of("")[0].reason, MistakeReason::MissingKey);
    assert!(matches!(mistakes_of("<html>")[0], ClaimMistake { line: Some(1), .. }));
}

prop_compose! {
    fn wifis()(
        ssid in "[^\\pC]{1,8}",
        key in prop_oneof![
            Just(WifiKey::Open),
            "[ -~]{8,63}".prop_map(|text| WifiKey::Passphrase(Secret::new(text))),
            "[0-9a-f]{64}".prop_map(|text| WifiKey::Hashed(Secret::new(text))),
        ],
        hidden: bool,
    ) -> WifiClaim {
        WifiClaim { ssid, key, hidden, country: "DE".into() }
    }
}

prop_compose! {
    fn networks()(
        host in 2u8..250,
        prefix in 8u8..=24,
        with_address: bool,
        dns in proptest::collection::vec(any::<IpAddr>(), 1..=DNS_MAX),
        password in proptest::option::of("[a-zA-Z0-9%]{1,20}"),
        ntp in proptest::collection::vec("[a-z]{1,9}(\\.[a-z]{1,9}){0,2}", 0..=NTP_MAX),
    ) -> NetworkClaim {
        let address = StaticAddress { address: IpAddr::from([10, 7, 7, host]), prefix };
        NetworkClaim {
            address: with_address.then_some(address),
            gateway: with_address.then(|| IpAddr::from([10, 7, 7, 1])),
            dns,
            proxy: password.map(|password| Secret::new(format!("http://box:{password}@proxy:8080"))),
            ca: None,
            ntp,
        }
    }
}

prop_compose! {
    fn files()(
        code in "[!-~]{8,128}",
        hostname in proptest::option::of("[a-z0-9]{1,20}"),
        port in 1u16..,
        second in 0i64..4_000_000_000,
        keys in 1usize..=KEYS_MAX,
        wifi in proptest::option::of(wifis()),
        network in networks(),
        setup_code in proptest::option::of("[0-9A-TV-Za-tv-z]{4,30}-[0-9A-TV-Za-tv-z]{4,30}"),
    ) -> ClaimFile {
        let relay = RelayClaim {
            relay_url: format!("https://relay.example:{port}"),
            cosign_keys: vec![example_key("cosign"); keys],
            code: Secret::new(code),
            expires: Timestamp::from_second(second).unwrap(),
            replaces: second % 2 == 0,
            ..example_relay()
        };
        let setup_code = setup_code.map(Secret::new);
        ClaimFile { relay: Some(relay), hostname, wifi, network, setup_code, ..example() }
    }
}

proptest! {
    #[test]
    fn round_trip(file in files()) {
        prop_assert_eq!(ClaimFile::parse(file.to_toml().as_bytes()), Ok(file));
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..1_200, to: u8) {
        let _ = ClaimFile::parse(&bytes);
        let mut wide = vec![0xff, 0xfe];
        wide.extend(&bytes);
        let _ = ClaimFile::parse(&wide);
        let mut text = example().to_toml().into_bytes();
        if let Some(byte) = text.get_mut(at) {
            *byte = to;
        }
        let _ = ClaimFile::parse(&text);
    }
}
