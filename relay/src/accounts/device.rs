//! The secret by which a browser is known again after it signed somebody in: what its cookie says, what is kept of it.

use record::tree::Hash;

use super::cookie::{encode_secret, read_secret, write_cookie};

/// The cookie: of this host only, over HTTPS only, out of reach of scripts.
pub const COOKIE: &str = "__Host-device";
/// The browser keeps it for so long after a sign-in: 400 days, which is what browsers grant.
const AGE_S: i64 = 400 * 86_400;
/// A device is known for a person for so long after they signed in from it.
pub const KNOWN_MS: i64 = 180 * 86_400_000;

/// A device's secret. Who has it pays tries from a bucket of its own, and is nobody by it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret([u8; 32]);

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceSecret(****)")
    }
}

impl DeviceSecret {
    /// A new one from 32 random bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Reads the value of a `Cookie` header; `None` where this cookie is absent or not of this form.
    pub fn read(header: &str) -> Option<Self> {
        read_secret(header, COOKIE).map(Self)
    }

    /// What the database keeps.
    pub fn digest(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// The `Set-Cookie` value that gives it to the browser.
    pub fn set_cookie(&self) -> String {
        write_cookie(COOKIE, &encode_secret(&self.0), AGE_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_went() {
        let device = DeviceSecret::new([9; 32]);
        let set = device.set_cookie();
        assert!(set.ends_with("; Path=/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax"), "{set}");
        let pair = set.split(';').next().unwrap();
        assert_eq!(pair.len(), COOKIE.len() + 1 + 43);
        assert_eq!(DeviceSecret::read(&format!("__Host-ct=x.y; {pair}; c=d")), Some(device.clone()));
        for wrong in ["", "a=b", "__Host-device=", "__Host-device=abc", &pair[..pair.len() - 1]] {
            assert_eq!(DeviceSecret::read(wrong), None, "{wrong}");
        }
        assert!(!format!("{device:?}").contains('9'));
    }
}
