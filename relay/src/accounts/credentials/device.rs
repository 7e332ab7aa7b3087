//! The secret by which a browser is known again after it signed somebody in: what its cookie says, what is kept of it.

use super::cookie::{CookieSecret, SecretCookie};

/// How long a device is known for a person after they signed in from it.
pub const KNOWN_MS: i64 = 180 * 86_400_000;

/// Of a device. Who has its secret pays tries from a bucket of its own, and is nobody by it.
#[derive(Debug)]
pub enum DeviceCookie {}

impl SecretCookie for DeviceCookie {
    const NAME: &'static str = "__Host-device";
    /// 400 days, which is what browsers grant.
    const AGE_S: i64 = 400 * 86_400;
}

pub type DeviceSecret = CookieSecret<DeviceCookie>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_it_went() {
        let device = DeviceSecret::new([9; 32]);
        let set = device.set_cookie();
        assert!(set.ends_with("; Path=/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax"), "{set}");
        let pair = set.split(';').next().unwrap();
        assert_eq!(pair.len(), DeviceCookie::NAME.len() + 1 + 43);
        assert_eq!(DeviceSecret::read(&format!("__Host-ct=x.y; {pair}; c=d")), Some(device.clone()));
        for wrong in ["", "a=b", "__Host-device=", "__Host-device=abc", &pair[..pair.len() - 1]] {
            assert_eq!(DeviceSecret::read(wrong), None, "{wrong}");
        }
        assert!(!format!("{device:?}").contains('9'));
    }
}
