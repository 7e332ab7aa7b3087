//! WPA's key of a passphrase: PBKDF2 with HMAC-SHA-1, 4,096 rounds over the network's name.

use std::fmt::Write as _;

use crate::secret::Secret;

const ROUNDS: u32 = 4_096;
const KEY_BYTES: usize = 32;

/// Of use in this network alone: a card that shows it gives away no passphrase that may be in use elsewhere.
pub fn hash_passphrase(ssid: &str, passphrase: &str) -> Secret {
    let key: [u8; KEY_BYTES] =
        pbkdf2::pbkdf2_hmac_array::<sha1::Sha1, KEY_BYTES>(passphrase.as_bytes(), ssid.as_bytes(), ROUNDS);
    let mut text = String::with_capacity(2 * KEY_BYTES);
    for byte in key {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IEEE 802.11-2020, J.4.2, cases 1 to 3.
    #[test]
    fn the_standards_own_keys() {
        let long = "Z".repeat(32);
        let password = "a".repeat(32);
        for (ssid, passphrase, key) in [
            ("IEEE", "password", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
            (
                "ThisIsASSID",
                "ThisIsAPassword",
                "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
            ),
            (&long, &password, "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62"),
        ] {
            assert_eq!(hash_passphrase(ssid, passphrase).reveal(), key, "{ssid}");
        }
    }
}
