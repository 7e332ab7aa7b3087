//! Signed notes and cosignatures as C2SP writes them down (`c2sp.org/signed-note`, `c2sp.org/tlog-cosignature`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use crate::tree::Hash;

/// What a key signs: whole notes, or a note with the time at which it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519 over the note's text (algorithm 1).
    Note,
    /// `cosignature/v1`: Ed25519 over a time and the note's text (algorithm 4).
    Cosignature,
}

impl KeyKind {
    fn algorithm(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Cosignature => 4,
        }
    }
}

/// Why a note or key was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a note at all.
    #[error("this is no signed note: {0}")]
    Form(&'static str),
    /// A verifier key that cannot be read.
    #[error("this is no verifier key: {0}")]
    Key(&'static str),
    /// The key that must have signed has not.
    #[error("the note carries no signature of {0}")]
    Unsigned(String),
    /// It carries one, and it is wrong.
    #[error("the signature of {0} does not match the note")]
    Wrong(String),
}

/// The public half: what a verifier needs to know of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

/// A key that signs. Its `Debug` shows the name only.
pub struct SignerKey {
    verifier: VerifierKey,
    key: SigningKey,
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.verifier.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn good_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

impl VerifierKey {
    /// From the 32 bytes of an Ed25519 public key.
    ///
    /// # Errors
    /// The name has white space or a plus sign, or the bytes are no point on the curve.
    pub fn new(name: &str, kind: KeyKind, public: &[u8; 32]) -> Result<Self, NoteError> {
        if !good_name(name) {
            return Err(NoteError::Key("its name is empty or has white space or a plus sign"));
        }
        let key =
            VerifyingKey::from_bytes(public).map_err(|_| NoteError::Key("its bytes are no Ed25519 key"))?;
        Ok(Self { name: name.to_owned(), kind, key })
    }

    /// Reads the text form `<name>+<hex key id>+<base64 of algorithm and key>`.
    ///
    /// # Errors
    /// What does not fit the form.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        let form = NoteError::Key("it must read `<name>+<8 hex digits>+<base64>`");
        let mut parts = vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form);
        };
        let key = STANDARD.decode(key).map_err(|_| form.clone())?;
        let kind = match key.first() {
            Some(1) => KeyKind::Note,
            Some(4) => KeyKind::Cosignature,
            _ => return Err(NoteError::Key("its algorithm is neither Ed25519 nor cosignature/v1")),
        };
        let public: &[u8; 32] = key[1..].try_into().map_err(|_| form)?;
        let verifier = Self::new(name, kind, public)?;
        if id != format!("{:08x}", verifier.id()) {
            return Err(NoteError::Key("its key id does not match the key"));
        }
        Ok(verifier)
    }

    /// The name beside each signature.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the public key.
    pub fn public(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// First four bytes of `SHA-256(name ‖ 0x0A ‖ algorithm ‖ key)`.
    pub fn id(&self) -> u32 {
        let mut bytes = self.name.clone().into_bytes();
        bytes.extend([0x0a, self.kind.algorithm()]);
        bytes.extend(self.key.as_bytes());
        let [a, b, c, d, ..] = Hash::of(&bytes).0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Whether this key signed the note. For a cosignature, the time (seconds since 1970) that it states.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] or [`NoteError::Wrong`].
    pub fn verify(&self, note: &SignedNote) -> Result<Option<u64>, NoteError> {
        let found = note
            .signatures
            .iter()
            .find(|s| s.name == self.name && s.id == self.id())
            .ok_or_else(|| NoteError::Unsigned(self.name.clone()))?;
        match self.kind {
            KeyKind::Note => self.check_signature(note.text.as_bytes(), &found.bytes).map(|()| None),
            KeyKind::Cosignature => {
                let parts = found.bytes.split_first_chunk::<8>();
                let (time, signature) = parts.ok_or_else(|| NoteError::Wrong(self.name.clone()))?;
                let time = u64::from_be_bytes(*time);
                self.check_signature(&cosigned_message(&note.text, time), signature).map(|()| Some(time))
            }
        }
    }

    fn check_signature(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        ed25519_dalek::Signature::from_slice(signature)
            .and_then(|signature| self.key.verify_strict(message, &signature))
            .map_err(|_| NoteError::Wrong(self.name.clone()))
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.kind.algorithm()];
        key.extend(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id(), STANDARD.encode(key))
    }
}

fn cosigned_message(text: &str, time_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time_s}\n{text}").into_bytes()
}

impl SignerKey {
    /// From 32 secret bytes.
    ///
    /// # Errors
    /// The name has white space or a plus sign.
    pub fn new(name: &str, kind: KeyKind, secret: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(secret);
        Ok(Self { verifier: VerifierKey::new(name, kind, key.verifying_key().as_bytes())?, key })
    }

    /// Its public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn line(&self, signature: &[u8]) -> Signature {
        Signature { name: self.verifier.name.clone(), id: self.verifier.id(), bytes: signature.to_vec() }
    }

    /// Adds this key's signature to a note; a cosigner states `time_s` (seconds since 1970), others ignore it.
    pub fn sign(&self, note: &mut SignedNote, time_s: u64) {
        let signature = match self.verifier.kind {
            KeyKind::Note => self.line(&self.key.sign(note.text.as_bytes()).to_bytes()),
            KeyKind::Cosignature => {
                let mut bytes = time_s.to_be_bytes().to_vec();
                bytes.extend(self.key.sign(&cosigned_message(&note.text, time_s)).to_bytes());
                self.line(&bytes)
            }
        };
        note.signatures.push(signature);
    }

    /// Signs bytes that are no note, such as a renewal; `domain` keeps the two apart.
    pub fn sign_bytes(&self, domain: &str, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(&domain_separated(domain, bytes)).to_bytes()
    }
}

impl VerifierKey {
    /// Whether `signature` is this key's over bytes under `domain`, see [`SignerKey::sign_bytes`].
    pub fn verify_bytes(&self, domain: &str, bytes: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|s| self.key.verify_strict(&domain_separated(domain, bytes), &s).is_ok())
    }
}

/// A note's text never begins so: its first line has no NUL.
fn domain_separated(domain: &str, bytes: &[u8]) -> Vec<u8> {
    [b"cleantrack\0", domain.as_bytes(), b"\0", bytes].concat()
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the signer.
    pub name: String,
    /// Which of their keys.
    pub id: u32,
    /// The signature; for a cosignature, time and signature.
    pub bytes: Vec<u8>,
}

/// A text and signatures over it. Nothing in it is trusted until a [`VerifierKey`] has verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

const DASH: &str = "\u{2014} ";

impl SignedNote {
    /// An unsigned note.
    ///
    /// # Errors
    /// The text does not end with a newline, or has an empty line at its end or a control character.
    pub fn new(text: &str) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || text.ends_with("\n\n") || text == "\n" {
            return Err(NoteError::Form("its text must end with one newline"));
        }
        if text.contains(|c: char| c.is_control() && c != '\n') {
            return Err(NoteError::Form("its text has a control character"));
        }
        Ok(Self { text: text.to_owned(), signatures: Vec::new() })
    }

    /// Signatures of unknown keys are kept and mean nothing.
    ///
    /// # Errors
    /// What does not fit the form or the limits.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        Self::parse_within(note, NOTE_BYTES_MAX)
    }

    /// As [`SignedNote::parse`], for notes whose text may be longer than a checkpoint's.
    ///
    /// # Errors
    /// What does not fit the form or the limits.
    pub fn parse_within(note: &str, bytes_max: usize) -> Result<Self, NoteError> {
        if note.len() > bytes_max {
            return Err(NoteError::Form("it is too long"));
        }
        let end = note.rfind("\n\n").ok_or(NoteError::Form("no empty line before the signatures"))?;
        let mut read = Self::new(&note[..=end])?;
        let lines =
            note[end + 2..].strip_suffix('\n').ok_or(NoteError::Form("its last line does not end"))?;
        for line in lines.split('\n') {
            if read.signatures.len() == NOTE_SIGNATURES_MAX {
                return Err(NoteError::Form("it has too many signatures"));
            }
            read.signatures
                .push(Self::signature(line).ok_or(NoteError::Form("a signature line cannot be read"))?);
        }
        Ok(read)
    }

    fn signature(line: &str) -> Option<Signature> {
        let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(bytes).ok()?;
        let (id, rest) = bytes.split_first_chunk::<4>()?;
        let fits = good_name(name) && !rest.is_empty();
        fits.then(|| Signature { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: rest.to_vec() })
    }

    /// The text that is signed, its last newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for s in &self.signatures {
            let bytes = [&s.id.to_be_bytes()[..], &s.bytes].concat();
            writeln!(f, "{DASH}{} {}", s.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "cleantrack/box/01/1-00000000\n3\nabc\n";

    fn keys() -> (SignerKey, SignerKey) {
        let log = SignerKey::new("cleantrack/box/01/1-00000000", KeyKind::Note, &[1; 32]).unwrap();
        (log, SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[2; 32]).unwrap())
    }

    #[test]
    fn signs_and_verifies() {
        let (log, cosigner) = keys();
        let mut note = SignedNote::new(TEXT).unwrap();
        log.sign(&mut note, 0);
        cosigner.sign(&mut note, 1_763_610_001);
        let read = SignedNote::parse(&note.to_string()).unwrap();
        assert_eq!(read, note);
        assert_eq!(log.verifier().verify(&read), Ok(None));
        assert_eq!(cosigner.verifier().verify(&read), Ok(Some(1_763_610_001)));
        let other = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[3; 32]).unwrap();
        assert!(matches!(other.verifier().verify(&read), Err(NoteError::Unsigned(_))));
        let forged = SignedNote::parse(&note.to_string().replacen("\n3\n", "\n4\n", 1)).unwrap();
        assert!(matches!(log.verifier().verify(&forged), Err(NoteError::Wrong(_))));
        assert!(matches!(cosigner.verifier().verify(&forged), Err(NoteError::Wrong(_))));
    }

    #[test]
    fn another_implementation_agrees() {
        use signed_note::{Note as Theirs, StandardVerifier, VerifierList};
        let (log, cosigner) = keys();
        let mut note = SignedNote::new(TEXT).unwrap();
        log.sign(&mut note, 0);
        cosigner.sign(&mut note, 77);
        let theirs = Theirs::from_bytes(note.to_string().as_bytes()).unwrap();
        let verifier = StandardVerifier::new(&log.verifier().to_string()).unwrap();
        let (known, unknown) = theirs.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!((known.len(), unknown.len()), (1, 1));
        assert_eq!(known[0].name().to_string(), log.verifier().name());
        assert_eq!(unknown[0].id(), cosigner.verifier().id());
    }

    #[test]
    fn verifier_keys_as_text() {
        for signer in [keys().0, keys().1] {
            let vkey = signer.verifier().to_string();
            assert_eq!(&VerifierKey::parse(&vkey).unwrap(), signer.verifier());
            for wrong in [
                vkey.replacen("cleantrack", "cleantruck", 1).replacen("relay", "delay", 1),
                vkey[..vkey.len() - 4].to_owned(),
            ] {
                assert!(VerifierKey::parse(&wrong).is_err(), "{wrong}");
            }
        }
        assert!(SignerKey::new("has space", KeyKind::Note, &[1; 32]).is_err());
    }

    #[test]
    fn strange_notes() {
        let (log, _) = keys();
        let mut note = SignedNote::new(TEXT).unwrap();
        log.sign(&mut note, 0);
        let good = note.to_string();
        let line = good.lines().last().unwrap().to_owned();
        let many = format!("{TEXT}\n{}", format!("{line}\n").repeat(17));
        let cases = [
            "",
            "\n",
            "a\n",
            "a\n\n",
            "a\n\nb\n",
            good.trim_end(),
            &good.replace("\n3\n", "\r\n3\n"),
            &many,
            &"x".repeat(5000),
        ];
        for wrong in cases {
            assert!(SignedNote::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
