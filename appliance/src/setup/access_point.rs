//! The box as a Wi-Fi of its own: open until it is set up, and from then on by a password that those who use it are shown.

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use service::random::RandomSource;

use super::code::make_symbols;

/// The password of the box's own Wi-Fi, in first boot's folder: the service's to read, as it shows it.
pub const PASSPHRASE_FILE: &str = "access-point-passphrase";
/// The box's address there, as the image gives it.
pub const ACCESS_POINT_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const PASSPHRASE_BYTES_MAX: u64 = 256;
/// Of a password that the box makes: 75 bits, too many for an offline search on recorded radio traffic.
const SYMBOLS_COUNT: usize = 15;

/// A new password, such as `7QK3M-9X2WA-4DTBE`.
pub fn make_passphrase(random: &dyn RandomSource) -> String {
    let symbols = make_symbols::<SYMBOLS_COUNT>(random);
    let (left, rest) = symbols.split_at(SYMBOLS_COUNT / 3);
    let (middle, right) = rest.split_at(SYMBOLS_COUNT / 3);
    format!("{left}-{middle}-{right}")
}

/// The password of the box's own Wi-Fi; nothing where it is open, or the box is none.
pub fn read_passphrase(folder: Option<&Path>) -> Option<String> {
    let mut text = String::new();
    let file = std::fs::File::open(folder?.join(PASSPHRASE_FILE)).ok()?;
    file.take(PASSPHRASE_BYTES_MAX).read_to_string(&mut text).ok()?;
    // Blanks may be its own.
    Some(text.trim_end_matches('\n').to_owned()).filter(|passphrase| !passphrase.is_empty())
}

/// Whether a client that reached the box at this address of its own may be connected to its Wi-Fi. A link-local address
/// says nothing of the link.
pub fn is_access_point(local: IpAddr) -> bool {
    match local.to_canonical() {
        IpAddr::V4(address) => address == ACCESS_POINT_ADDRESS,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use service::random::SeededRandom;

    use super::*;

    #[test]
    fn a_password_is_made_that_a_claim_file_takes_and_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!((read_passphrase(None), read_passphrase(Some(dir.path()))), (None, None));
        let made = make_passphrase(&SeededRandom::new(1));
        assert_eq!((made.len(), made.matches('-').count()), (17, 2), "{made}");
        assert_ne!(made, make_passphrase(&SeededRandom::new(2)));
        assert_eq!(firmware_config::fields::check_own_passphrase(&made), Ok(()));
        for text in [&*made, " with blanks "] {
            std::fs::write(dir.path().join(PASSPHRASE_FILE), format!("{text}\n")).unwrap();
            assert_eq!(read_passphrase(Some(dir.path())).as_deref(), Some(text));
        }
        std::fs::write(dir.path().join(PASSPHRASE_FILE), "\n").unwrap();
        assert_eq!(read_passphrase(Some(dir.path())), None);
    }

    #[test]
    fn the_boxs_own_wi_fi_is_known_by_its_address() {
        for (address, expected) in [
            ("10.77.0.1", true),
            ("::ffff:10.77.0.1", true),
            ("fe80::1", true),
            ("10.77.0.2", false),
            ("10.1.2.3", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_access_point(address.parse().unwrap()), expected, "{address}");
        }
    }
}
