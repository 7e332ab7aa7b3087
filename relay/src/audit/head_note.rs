//! The note over the end of a chain of the access log: whose, how many rows, the last one's hash, signed by a key of the relay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::sign::{NoteError, SignedNote, SignerKey, VerifierKey};
use record::tree::Hash;

use crate::db::access_log::audit_heads::ChainOwner;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadNote {
    /// Whose chain: the note's first line.
    pub origin: String,
    pub n: i64,
    pub hash: Hash,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    pub head: HeadNote,
    /// Seconds since 1970.
    pub time_s: u64,
}

pub fn chain_name(owner: ChainOwner) -> String {
    match owner {
        ChainOwner::Account(account) => account.to_string(),
        ChainOwner::Nobody => "platform".to_owned(),
        ChainOwner::Lost(number) => format!("lost-{number}"),
    }
}

pub fn chain_origin(owner: ChainOwner) -> String {
    format!("cleantrack/audit/{}", chain_name(owner))
}

impl HeadNote {
    /// The note, signed; `time_s`: seconds since 1970.
    pub fn sign(&self, signer: &SignerKey, time_s: u64) -> Result<SignedNote, NoteError> {
        let text = format!("{}\n{}\n{}\n", self.origin, self.n, STANDARD.encode(self.hash.0));
        let mut note = SignedNote::new(&text)?;
        signer.sign(&mut note, time_s);
        Ok(note)
    }

    /// Reads a note that one of these keys must have signed.
    ///
    /// # Errors
    /// It is no note, none of the keys signed it, or it says something else than a note of this kind.
    pub fn verify(note: &str, keys: &[VerifierKey]) -> Result<SignedHead, NoteError> {
        let note = SignedNote::parse(note)?;
        let mut refused = NoteError::Unsigned("this relay".to_owned());
        for key in keys {
            match key.verify(&note) {
                Ok(time_s) => {
                    let head = Self::read(note.text())?;
                    return Ok(SignedHead { head, time_s: time_s.unwrap_or(0) });
                }
                Err(error @ NoteError::Wrong(_)) => refused = error,
                Err(_) => {}
            }
        }
        Err(refused)
    }

    fn read(text: &str) -> Result<Self, NoteError> {
        let form = NoteError::Form("it is not three lines: origin, rows, hash");
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let [origin, n, hash] = lines[..] else { return Err(form) };
        let hash = STANDARD.decode(hash).ok().and_then(|hash| hash.try_into().ok());
        let (Ok(n), Some(hash)) = (n.parse(), hash) else { return Err(form) };
        Ok(Self { origin: origin.to_owned(), n, hash: Hash(hash) })
    }
}

#[cfg(test)]
mod tests {
    use record::ids::AccountId;
    use record::sign::KeyKind;

    use super::*;

    fn signer(name: &str, secret: u8) -> SignerKey {
        SignerKey::new(name, KeyKind::Cosignature, &[secret; 32]).unwrap()
    }

    #[test]
    fn a_note_says_what_was_signed_by_a_key_of_the_relay_alone() {
        let account = AccountId::new(1, [7; 10]);
        let origin = chain_origin(ChainOwner::Account(account));
        assert_eq!(origin, format!("cleantrack/audit/{account}"));
        let (one, other) = (signer("relay.example/cosign/1", 1), signer("relay.example/cosign/1", 2));
        let head = HeadNote { origin: origin.clone(), n: 12, hash: Hash([9; 32]) };
        let note = head.sign(&one, 1_763_610_000).unwrap().to_string();
        assert!(note.starts_with(&format!("{origin}\n12\nCQkJ")), "{note}");
        let keys = [other.verifier().clone(), one.verifier().clone()];
        let signed = SignedHead { head: head.clone(), time_s: 1_763_610_000 };
        assert_eq!(HeadNote::verify(&note, &keys), Ok(signed));
        assert!(matches!(HeadNote::verify(&note, &keys[..1]), Err(NoteError::Unsigned(_))));
        let changed = note.replacen("\n12\n", "\n13\n", 1);
        assert!(matches!(HeadNote::verify(&changed, &keys), Err(NoteError::Wrong(_))));
        assert!(matches!(HeadNote::verify("", &keys), Err(NoteError::Form(_))));
        let mut short = SignedNote::new(&format!("{origin}\n12\n")).unwrap();
        one.sign(&mut short, 1);
        assert!(matches!(HeadNote::verify(&short.to_string(), &keys), Err(NoteError::Form(_))));
    }
}
