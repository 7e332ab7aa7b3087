//! Passwords as Django keeps them, `pbkdf2_sha256$rounds$salt$hash`: what people who come from the old web app bring, until they
//! sign in the first time and get a hash of argon2id.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pbkdf2::pbkdf2_hmac_array;
use sha2::Sha256;

const ALGORITHM: &str = "pbkdf2_sha256";
/// Rounds that are made for one look at a password: Django 6 asks for 1,200,000.
const ROUNDS_MAX: u32 = 2_000_000;
const HASH_BYTES: usize = 32;

#[derive(Clone, PartialEq, Eq)]
pub(in crate::accounts) struct DjangoHash<'a> {
    rounds: u32,
    salt: &'a str,
    hash: [u8; HASH_BYTES],
}

impl<'a> DjangoHash<'a> {
    /// Reads one; `None` where it is of another kind, or would take too long to look at.
    pub(in crate::accounts) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('$');
        let (algorithm, rounds, salt, hash) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let rounds = rounds.parse().ok().filter(|rounds| (1..=ROUNDS_MAX).contains(rounds))?;
        let hash = STANDARD.decode(hash).ok()?.try_into().ok()?;
        let fits = algorithm == ALGORITHM && parts.next().is_none() && !salt.is_empty();
        fits.then_some(Self { rounds, salt, hash })
    }

    /// Whether it is that of this password; blocks for up to a second.
    pub(in crate::accounts) fn fits(&self, password: &str) -> bool {
        let hash: [u8; HASH_BYTES] =
            pbkdf2_hmac_array::<Sha256, HASH_BYTES>(password.as_bytes(), self.salt.as_bytes(), self.rounds);
        // Every byte is compared, wherever the first difference is.
        hash.iter().zip(&self.hash).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `hashlib.pbkdf2_hmac("sha256", b"correct horse battery", b"seasalt", 1000)` answers, in Django's form.
    const HASH: &str = "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=";

    #[test]
    fn what_django_made_fits() {
        let hash = DjangoHash::parse(HASH).unwrap();
        assert!(hash.fits("correct horse battery"));
        assert!(!hash.fits("correct horse batterz") && !hash.fits(""));
    }

    #[test]
    fn other_forms_are_none() {
        let forms = [
            "",
            "!unusable",
            "pbkdf2_sha1$1000$salt$AAAA",
            "pbkdf2_sha256$0$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "pbkdf2_sha256$4000000000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "pbkdf2_sha256$1000$$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "pbkdf2_sha256$1000$salt$AAAA",
            "pbkdf2_sha256$1000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=$more",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
        ];
        for form in forms {
            assert!(DjangoHash::parse(form).is_none(), "{form}");
        }
    }
}
