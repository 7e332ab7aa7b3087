//! API tokens: how one is made, what is kept of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record::tree::Hash;

/// What every token begins with, so that a scanner for leaked secrets knows it.
const PREFIX: &str = "ct_";
/// Characters of a token: the prefix and 32 bytes in base64.
const CHARS: usize = 46;

/// A new token from 32 random bytes. It is shown once; only [`digest`] is kept.
pub fn mint(random: [u8; 32]) -> String {
    PREFIX.to_owned() + &URL_SAFE_NO_PAD.encode(random)
}

/// What the database keeps of a token: the SHA-256 of the whole text.
pub fn digest(token: &str) -> Hash {
    Hash::of(token.as_bytes())
}

/// The token of an `Authorization: Bearer` header, if it has the form of one.
pub fn of_header(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let fits = scheme.eq_ignore_ascii_case("bearer") && token.len() == CHARS && token.starts_with(PREFIX);
    fits.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_minted_is_read() {
        let token = mint([7; 32]);
        assert_eq!(token.len(), CHARS);
        assert_eq!(of_header(&format!("Bearer {token}")), Some(token.as_str()));
        assert_eq!(of_header(&format!("bearer  {token} ")), Some(token.as_str()));
        for wrong in
            [&token, "Bearer ct_", "Basic x", "", &format!("Bearer {token}x"), &format!("Basic {token}")]
        {
            assert_eq!(of_header(wrong), None, "{wrong}");
        }
    }
}
