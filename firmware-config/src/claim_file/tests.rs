//! Claim files that are good, that people have edited, and that are wrong in one place.

use proptest::prelude::*;

use super::*;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn key(name: &str) -> String {
    format!("relay.example/{name}/1+0a1b2c3d+{}", "A".repeat(44))
}

fn example() -> ClaimFile {
    ClaimFile {
        relay_url: "https://relay.example:8444".into(),
        relay_ca: PEM.into(),
        cosign_keys: vec![key("cosign")],
        directive_keys: vec![key("directive")],
        mqtt_url: "mqtts://relay.example:8883".into(),
        facility: "01JCZ5T4M0000000000000000A".into(),
        code: Secret::new("K7Q-3M9-X2W-PLUM"),
        expires: "2026-12-31T12:00:00Z".parse().unwrap(),
        zone: Some("America/New_York".into()),
        hostname: Some("or-3".into()),
        label_host: Some("HTTP://10.0.0.5".into()),
        wifi: Some(Wifi {
            ssid: "Hospital IoT".into(),
            psk: Some(Secret::new("correct horse")),
            country: "US".into(),
        }),
    }
}

/// The example with one thing changed must be refused with exactly this text.
fn refused(from: &str, to: &str) -> String {
    let text = example().to_toml();
    assert!(text.contains(from), "{from} is not in the example");
    ClaimFile::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_written_is_read() {
    let text = example().to_toml();
    assert_eq!(ClaimFile::parse(text.as_bytes()), Ok(example()), "{text}");
    let least = ClaimFile { zone: None, hostname: None, label_host: None, wifi: None, ..example() };
    assert_eq!(ClaimFile::parse(least.to_toml().as_bytes()), Ok(least));
}

#[test]
fn as_people_edit_it() {
    let text = format!("\u{feff}{}", example().to_toml().replace('\n', "\r\n"));
    let read = ClaimFile::parse(text.as_bytes()).unwrap();
    assert_eq!(read.wifi, example().wifi);
    assert_eq!(read.code, example().code);
}

#[test]
fn each_refusal_names_line_and_key() {
    for (from, to, says) in [
        ("https://", "http://", "line 3 of the claim file: `relay_url` must begin with https://"),
        (
            "version = 1",
            "version = 2",
            "line 2 of the claim file: `version` is not 1: this box is older than the file",
        ),
        ("zone = ", "zoom = ", "`zoom` is not a setting of a claim file; take the line out"),
        (
            "country = \"US\"",
            "country = \"us\"",
            "`country` must be a country in two upper-case letters, such as US",
        ),
        ("country = \"US\"", "", "the claim file has no `country`: download it again from the relay"),
        ("[wifi]", "[wifi]\nchannel = 6", "`channel` is not a setting of a claim file; take the line out"),
        ("\"correct horse\"", "12345678", "`psk` must be a text in quotes"),
        (
            "[\"relay.example/cosign",
            "[7, \"relay.example/cosign",
            "`cosign_keys` must be a list of texts in quotes",
        ),
        ("directive_keys = [", "directive_keys = []\n#", "`directive_keys` must hold 1 to 8 keys"),
        ("12:00:00Z", "12:00", "`expires` must be a moment such as 2026-12-31T12:00:00Z"),
    ] {
        let error = refused(from, to);
        assert!(error.ends_with(says), "{error}");
    }
    assert!(refused("\n[wifi]", "wifi = 3\n#").ends_with("`wifi` must be a section, [wifi]"));
    assert!(refused("zone = ", "zone = \"UTC\"\nzone = ").contains("cannot be read"));
}

#[test]
fn no_secret_is_ever_shown() {
    let shown = format!("{:?}", example());
    assert!(!shown.contains("horse") && !shown.contains("PLUM"), "{shown}");
    for (from, to) in [
        ("psk = \"correct horse\"", "psk = \"correct horse"),
        ("psk = \"correct horse\"", "psk = correct horse"),
        ("psk = \"correct horse\"", "psk = [\"correct horse\"]"),
        ("code = \"K7Q-3M9-X2W-PLUM\"", "code = K7Q-3M9-X2W-PLUM"),
        ("code = \"K7Q-3M9-X2W-PLUM\"", "code = \"PLUM\""),
        ("\"K7Q-3M9-X2W-PLUM\"", "{ a = \"PLUM\" }"),
    ] {
        let error = refused(from, to);
        assert!(!error.contains("horse") && !error.contains("PLUM"), "{error}");
    }
}

#[test]
fn other_files() {
    assert_eq!(ClaimFile::parse(b"\xff\xfe"), Err(ClaimFileError::Utf8));
    let long = vec![b' '; CLAIM_FILE_BYTES_MAX + 1];
    assert_eq!(ClaimFile::parse(&long), Err(ClaimFileError::TooLong(long.len())));
    assert_eq!(ClaimFile::parse(b""), Err(ClaimFileError::Missing("version")));
    assert!(matches!(ClaimFile::parse(b"<html>"), Err(ClaimFileError::Syntax { line: 1, .. })));
}

prop_compose! {
    fn files()(
        ssid in "[^\\pC]{1,8}",
        psk in proptest::option::of("[ -~]{8,63}"),
        code in "[!-~]{8,128}",
        hostname in proptest::option::of("[a-z0-9]{1,20}"),
        port in 1u16..,
        second in 0i64..4_000_000_000,
        keys in 1usize..=KEYS_MAX,
    ) -> ClaimFile {
        ClaimFile {
            relay_url: format!("https://relay.example:{port}"),
            cosign_keys: vec![key("cosign"); keys],
            code: Secret::new(code),
            expires: Timestamp::from_second(second).unwrap(),
            hostname,
            wifi: Some(Wifi { ssid, psk: psk.map(Secret::new), country: "DE".into() }),
            ..example()
        }
    }
}

proptest! {
    #[test]
    fn round_trip(file in files()) {
        prop_assert_eq!(ClaimFile::parse(file.to_toml().as_bytes()), Ok(file));
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..800, to: u8) {
        let _ = ClaimFile::parse(&bytes);
        let mut text = example().to_toml().into_bytes();
        if let Some(byte) = text.get_mut(at) {
            *byte = to;
        }
        let _ = ClaimFile::parse(&text);
    }
}
