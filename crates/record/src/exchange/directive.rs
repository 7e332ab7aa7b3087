//! A directive: a signed request from the relay. The box decides, applies and logs the outcome.

use crate::limits::{DIRECTIVE_BYTES_MAX, NOTE_BYTES_MAX};
use crate::signed::sign::{NoteError, SignedNote, SignerKey, VerifierKey};
use crate::tree::Hash;
use crate::values::ids::BoxId;
use crate::values::json::check_object;

const FIRST_LINE: &str = "cleantrack/directive/1";

/// A directive's envelope; its request is one JSON line that the box interprets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// For which box.
    pub box_id: BoxId,
    /// From 1, no gaps.
    pub number: u64,
    /// The request.
    pub json: String,
}

impl Directive {
    /// SHA-256 of the JSON line: names the directive in its outcome.
    pub fn hash(&self) -> Hash {
        Hash::of(self.json.as_bytes())
    }

    /// Signs it with the relay's directive key.
    ///
    /// # Errors
    /// The JSON is no compact object, or too long.
    pub fn signed(&self, signer: &SignerKey) -> Result<SignedNote, NoteError> {
        self.check()?;
        let mut note =
            SignedNote::new(&format!("{FIRST_LINE}\n{}\n{}\n{}\n", self.box_id, self.number, self.json))?;
        signer.sign(&mut note, 0);
        Ok(note)
    }

    fn check(&self) -> Result<(), NoteError> {
        let json = self.json.len() <= DIRECTIVE_BYTES_MAX && check_object(&self.json).is_ok();
        if json && self.number > 0 {
            Ok(())
        } else {
            Err(NoteError::Form("its JSON line or number is not valid"))
        }
    }

    /// Reads a directive that one of `keys` must have signed.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(note: &str, keys: &[VerifierKey]) -> Result<Self, NoteError> {
        let note = SignedNote::parse_within(note, DIRECTIVE_BYTES_MAX + NOTE_BYTES_MAX)?;
        let mut refused = NoteError::Unsigned("the relay".to_owned());
        if !keys.iter().any(|key| key.verify(&note).map_err(|e| refused = e).is_ok()) {
            return Err(refused);
        }
        let lines: Vec<&str> = note.text().trim_end_matches('\n').split('\n').collect();
        let [FIRST_LINE, box_id, number, json] = lines[..] else {
            return Err(NoteError::Form("a directive is four lines"));
        };
        let parsed = box_id.parse().ok().zip(number.parse::<u64>().ok().filter(|n| n.to_string() == number));
        let (box_id, number) = parsed.ok_or(NoteError::Form("its box id or number cannot be read"))?;
        let directive = Self { box_id, number, json: json.to_owned() };
        directive.check().map(|()| directive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signed::sign::KeyKind;

    #[test]
    fn signed_and_read() {
        let signer = SignerKey::new("relay.example/directive/1", KeyKind::Note, &[1; 32]).unwrap();
        let keys = [signer.verifier().clone()];
        let directive =
            Directive { box_id: BoxId::new(1, [1; 10]), number: 1, json: r#"{"do":"nothing"}"#.into() };
        let note = directive.signed(&signer).unwrap().to_string();
        assert_eq!(Directive::verify(&note, &keys), Ok(directive.clone()));
        assert!(Directive::verify(&note.replacen("\n1\n", "\n2\n", 1), &keys).is_err());
        let other = SignerKey::new("relay.example/directive/1", KeyKind::Note, &[2; 32]).unwrap();
        assert!(Directive::verify(&note, &[other.verifier().clone()]).is_err());
        assert!(Directive::verify(&note, &[]).is_err());
        for json in
            ["[]", "{\"a\":\n1}", "{ }", &format!("{{\"a\":\"{}\"}}", "x".repeat(DIRECTIVE_BYTES_MAX))]
        {
            assert!(Directive { json: json.into(), ..directive.clone() }.signed(&signer).is_err());
        }
        let long = Directive {
            json: format!("{{\"a\":\"{}\"}}", "x".repeat(DIRECTIVE_BYTES_MAX - 10)),
            ..directive.clone()
        };
        let note = long.signed(&signer).unwrap().to_string();
        assert_eq!(Directive::verify(&note, &keys), Ok(long), "what can be signed can be read back");
        assert!(Directive { number: 0, ..directive }.signed(&signer).is_err());
    }
}
