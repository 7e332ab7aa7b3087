//! Cookies of this host only, over HTTPS only, out of reach of scripts: what their headers say.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;

/// The value of the cookie with this name in a `Cookie` header.
pub(crate) fn find_cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut named = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    named.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The `Set-Cookie` value that gives a browser a cookie; of an age of 0, that takes it away.
pub(crate) fn write_cookie(name: &str, value: &str, age_s: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={age_s}; Secure; HttpOnly; SameSite=Lax")
}

pub trait SecretCookie {
    const NAME: &'static str;
    const AGE_S: i64;
}

/// What a browser shows again by a cookie of its own: it signs nobody in, and the database keeps its hash alone.
pub struct CookieSecret<C> {
    bytes: [u8; 32],
    cookie: PhantomData<C>,
}

impl<C> Clone for CookieSecret<C> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes, cookie: PhantomData }
    }
}

impl<C> PartialEq for CookieSecret<C> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<C> Eq for CookieSecret<C> {}

impl<C> fmt::Debug for CookieSecret<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(****)")
    }
}

impl<C: SecretCookie> CookieSecret<C> {
    /// A new one from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { bytes, cookie: PhantomData }
    }

    /// Reads the value of a `Cookie` header; `None` where this cookie is absent or not of this form.
    pub fn read(header: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(find_cookie(header, C::NAME)?).ok()?.try_into().ok()?;
        Some(Self::new(bytes))
    }

    pub fn digest(&self) -> Hash {
        Hash::of(&self.bytes)
    }

    pub(in crate::accounts) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The `Set-Cookie` value by which the browser gets it.
    pub fn set_cookie(&self) -> String {
        write_cookie(C::NAME, &URL_SAFE_NO_PAD.encode(self.bytes), C::AGE_S)
    }

    /// The `Set-Cookie` value that takes it away.
    pub fn clear_cookie() -> String {
        write_cookie(C::NAME, "", 0)
    }
}
