//! API tokens: how one is made, what it says, what is kept of it, and how long it opens something.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;

/// What every token begins with, so that a scanner for leaked secrets knows it.
const PREFIX: &str = "ct_";
/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ID_CHARS: usize = 8;
/// Characters of a secret: 32 bytes in base64.
const SECRET_CHARS: usize = 43;
const DAY_MS: i64 = 86_400_000;

const ORIGINS_MAX: usize = 10;
const ORIGIN_BYTES_MAX: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenScope {
    Read,
    Write,
}

impl TokenScope {
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// As the database, commands and forms have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    pub fn includes(self, needed: Self) -> bool {
        self >= needed
    }
}

impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for TokenScope {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|scope| scope.key() == text);
        known.ok_or("the scope of a token is read or write")
    }
}

/// The origins of a text, one a word, such as `https://intranet.example`; `None` where one of them is none.
pub fn read_origins(text: &str) -> Option<Vec<String>> {
    let mut origins: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    origins.sort();
    origins.dedup();
    let fits = origins.len() <= ORIGINS_MAX && origins.iter().all(|origin| is_origin(origin));
    fits.then_some(origins)
}

/// A scheme with TLS, a host, and a port where there is one.
fn is_origin(origin: &str) -> bool {
    let Some(host) = origin.strip_prefix("https://") else { return false };
    origin.len() <= ORIGIN_BYTES_MAX
        && !host.is_empty()
        && host
            .bytes()
            .all(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
}

/// A new token: its id, which may be seen, and its text, which is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct MintedToken {
    pub id: String,
    /// `ct_<id>_<secret>`.
    pub text: String,
}

impl fmt::Debug for MintedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MintedToken({})", self.id)
    }
}

/// An id from random bytes, of each of which five bits count.
pub fn new_id(random: [u8; ID_CHARS]) -> String {
    random
        .into_iter()
        .map(|byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from))
        .collect()
}

pub fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && text.bytes().all(|b| ALPHABET.contains(&b))
}

impl MintedToken {
    pub fn new(id: String, secret: [u8; 32]) -> Self {
        let text = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret));
        Self { id, text }
    }
}

/// What the database keeps of a token: the SHA-256 of the whole text.
pub fn token_digest(token: &str) -> Hash {
    Hash::of(token.as_bytes())
}

/// The token of an `Authorization: Bearer` header, or of `Authorization: Token` as scripts of the app before this one write it, if it
/// has the form of one.
pub fn of_header(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let fits = ["bearer", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && is_id(id)
        && secret.len() == SECRET_CHARS
        && secret.is_ascii();
    fits.then_some(token)
}

/// How long a token opens something: 1 to 730 days, or for ever where somebody says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLife {
    Days(u16),
    Never,
}

impl TokenLife {
    const DAYS_MAX: u16 = 730;

    /// When it ends for a token made at `now_ms`.
    pub fn expires_ms(self, now_ms: i64) -> Option<i64> {
        match self {
            Self::Days(days) => Some(now_ms.saturating_add(i64::from(days) * DAY_MS)),
            Self::Never => None,
        }
    }
}

impl Default for TokenLife {
    fn default() -> Self {
        Self::Days(365)
    }
}

impl fmt::Display for TokenLife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => days.fmt(f),
            Self::Never => f.write_str("never"),
        }
    }
}

impl FromStr for TokenLife {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("never") {
            return Ok(Self::Never);
        }
        let days: Option<u16> = text.parse().ok();
        let days = days.filter(|days| (1..=Self::DAYS_MAX).contains(days));
        days.map(Self::Days).ok_or("a token lives 1 to 730 days, or says: never")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_minted_is_read() {
        let minted = MintedToken::new(new_id([0, 1, 2, 3, 31, 32, 63, 255]), [7; 32]);
        assert_eq!(minted.id, "0123Z0ZZ");
        let token = &minted.text;
        assert_eq!(token.len(), 55);
        assert_eq!(of_header(&format!("Bearer {token}")), Some(token.as_str()));
        assert_eq!(of_header(&format!("bearer  {token} ")), Some(token.as_str()));
        assert_eq!(of_header(&format!("Token {token}")), Some(token.as_str()));
        let secret = &token[12..];
        for wrong in [
            token.clone(),
            "Bearer ct_".into(),
            "Basic x".into(),
            String::new(),
            format!("Bearer {token}x"),
            format!("Basic {token}"),
            format!("Bearer ct_{secret}"),
            format!("Bearer ct_0123Z0Z_{secret}"),
            format!("Bearer ct_0123z0zz_{secret}"),
        ] {
            assert_eq!(of_header(&wrong), None, "{wrong}");
        }
        assert!(!format!("{minted:?}").contains(secret));
        // A secret may contain the character that precedes it.
        let underscores = MintedToken::new(new_id([0; 8]), [0xff; 32]);
        assert!(
            of_header(&format!("Bearer {}", underscores.text)).is_some() && underscores.text.contains("___")
        );
    }

    #[test]
    fn scopes() {
        assert!(
            TokenScope::Write.includes(TokenScope::Read) && !TokenScope::Read.includes(TokenScope::Write)
        );
        for scope in TokenScope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert!("Read".parse::<TokenScope>().is_err() && "".parse::<TokenScope>().is_err());
    }

    #[test]
    fn origins() {
        let read = |text: &str| read_origins(text).map(|origins| origins.join(" "));
        assert_eq!(read("  ").as_deref(), Some(""));
        let two = "https://B.example\nhttps://a.example:8443 https://b.example";
        assert_eq!(read(two).as_deref(), Some("https://a.example:8443 https://b.example"));
        for wrong in
            ["http://a.example", "https://", "https://a.example/", "https://*", "null", "*", "https://a@b"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read(&(0..11).map(|n| format!("https://{n}.example ")).collect::<String>()), None);
    }

    #[test]
    fn lives() {
        for (text, life) in
            [("1", TokenLife::Days(1)), ("730", TokenLife::Days(730)), ("Never", TokenLife::Never)]
        {
            assert_eq!(text.parse(), Ok(life));
        }
        for wrong in ["0", "731", "-1", "", "for ever", "99999999999"] {
            assert!(wrong.parse::<TokenLife>().is_err(), "{wrong}");
        }
        assert_eq!(TokenLife::default().to_string().parse(), Ok(TokenLife::default()));
        assert_eq!(TokenLife::Days(2).expires_ms(5), Some(2 * DAY_MS + 5));
        assert_eq!(TokenLife::Never.expires_ms(5), None);
    }
}
