//! Checkpoints (`c2sp.org/tlog-checkpoint`): the signed size and root of one epoch of one box's log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::signed::sign::{KeyKind, NoteError, SignedNote, SignerKey, VerifierKey};
use crate::tree::Hash;
use crate::values::ids::{BoxId, Epoch};

/// Names one epoch of one box's log: the first line of its checkpoints and the name of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogOrigin {
    /// Whose log.
    pub box_id: BoxId,
    /// Which epoch of it.
    pub epoch: Epoch,
}

impl std::fmt::Display for LogOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cleantrack/box/{}/{}", self.box_id, self.epoch)
    }
}

fn parse_origin(text: &str) -> Option<LogOrigin> {
    let (box_id, epoch) = text.strip_prefix("cleantrack/box/")?.split_once('/')?;
    Some(LogOrigin { box_id: box_id.parse().ok()?, epoch: epoch.parse().ok()? })
}

impl std::str::FromStr for LogOrigin {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        parse_origin(text).ok_or(NoteError::Form("its origin is not `cleantrack/box/<box id>/<epoch>`"))
    }
}

impl LogOrigin {
    /// Of a log whose key has these public bytes: the epoch's name carries the key's hash.
    pub fn new(box_id: BoxId, n: u32, public: &[u8; 32]) -> Self {
        let [a, b, c, d, ..] = Hash::of(public).0;
        Self { box_id, epoch: Epoch { n, key: [a, b, c, d] } }
    }

    /// The verifier of this log.
    ///
    /// # Errors
    /// The bytes are no key, or not the one that the epoch's name carries.
    pub fn verifier(&self, public: &[u8; 32]) -> Result<VerifierKey, NoteError> {
        if Self::new(self.box_id, self.epoch.n, public) != *self {
            return Err(NoteError::Key("it is not the key that the epoch's name carries"));
        }
        VerifierKey::new(&self.to_string(), KeyKind::Note, public)
    }

    /// The signer of this log.
    ///
    /// # Errors
    /// As [`LogOrigin::verifier`].
    pub fn signer(&self, secret: &[u8; 32]) -> Result<SignerKey, NoteError> {
        let signer = SignerKey::new(&self.to_string(), KeyKind::Note, secret)?;
        self.verifier(&signer.verifier().public())?;
        Ok(signer)
    }
}

/// Size and root of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Of which log.
    pub origin: LogOrigin,
    /// Entries.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Signs it as a note.
    ///
    /// # Errors
    /// Never for a signer of [`LogOrigin::signer`].
    pub fn signed(&self, signer: &SignerKey) -> Result<SignedNote, NoteError> {
        let mut note = SignedNote::new(&self.text())?;
        signer.sign(&mut note, 0);
        Ok(note)
    }

    /// Reads a note's text: exactly origin, size, root.
    ///
    /// # Errors
    /// What does not fit.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let form = NoteError::Form("a checkpoint is three lines: origin, size, root");
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or_else(|| form.clone())?.split('\n').collect();
        let [origin, size, root] = lines[..] else { return Err(form) };
        let number: u64 = size.parse().map_err(|_| NoteError::Form("its size is no number"))?;
        if number.to_string() != size {
            return Err(NoteError::Form("its size has a sign or a leading zero"));
        }
        let root = STANDARD.decode(root).ok().and_then(|r| r.try_into().ok());
        let root = root.ok_or(NoteError::Form("its root is not 32 bytes of base64"))?;
        Ok(Self { origin: origin.parse()?, size: number, root: Hash(root) })
    }
}

/// A checkpoint whose log key signed it; made only by [`SignedCheckpoint::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: SignedNote,
}

impl SignedCheckpoint {
    /// Reads a note and checks that it is a checkpoint of `origin`, signed by its key.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(note: &str, origin: &LogOrigin, log: &VerifierKey) -> Result<Self, NoteError> {
        let note = SignedNote::parse(note)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != *origin || log.name() != origin.to_string() {
            return Err(NoteError::Form("it is a checkpoint of another log"));
        }
        log.verify(&note)?;
        Ok(Self { checkpoint, note })
    }

    /// Size and root.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note, all its signatures included.
    pub fn note(&self) -> &SignedNote {
        &self.note
    }

    /// The note with the relay's cosignature: proof of delivery and witness of the time.
    pub fn cosigned(&self, cosigner: &SignerKey, time_s: u64) -> SignedNote {
        let mut note = self.note.clone();
        cosigner.sign(&mut note, time_s);
        note
    }
}

/// A checkpoint that its log signed and a relay has cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedCheckpoint {
    signed: SignedCheckpoint,
    by: String,
    time_s: u64,
}

impl CosignedCheckpoint {
    /// Checks both signatures; one of `cosigners` must have signed.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(
        note: &str,
        origin: &LogOrigin,
        log: &VerifierKey,
        cosigners: &[VerifierKey],
    ) -> Result<Self, NoteError> {
        let signed = SignedCheckpoint::verify(note, origin, log)?;
        let mut refused = NoteError::Unsigned("the relay".to_owned());
        for cosigner in cosigners {
            match cosigner.verify(&signed.note) {
                Ok(Some(time_s)) => return Ok(Self { signed, by: cosigner.name().to_owned(), time_s }),
                // The log's own key, or another key that signs notes: neither is a witness.
                Ok(None) => {}
                Err(e) => refused = e,
            }
        }
        Err(refused)
    }

    /// Size and root.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.signed.checkpoint
    }

    /// The note.
    pub fn note(&self) -> &SignedNote {
        &self.signed.note
    }

    /// The name of the cosigner whose signature holds.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// When the relay stored the entries: seconds since 1970.
    pub fn time_s(&self) -> u64 {
        self.time_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_and_cosigned() {
        let secret = [5; 32];
        let public = ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key().to_bytes();
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public);
        let signer = origin.signer(&secret).unwrap();
        let cosigner = SignerKey::new("relay.example/cosign/1", KeyKind::Cosignature, &[6; 32]).unwrap();
        let checkpoint = Checkpoint { origin, size: 20, root: Hash([9; 32]) };
        let note = checkpoint.signed(&signer).unwrap().to_string();
        let signed = SignedCheckpoint::verify(&note, &origin, signer.verifier()).unwrap();
        assert_eq!(signed.checkpoint(), &checkpoint);
        let both = signed.cosigned(&cosigner, 99).to_string();
        let cosigned =
            CosignedCheckpoint::verify(&both, &origin, signer.verifier(), &[cosigner.verifier().clone()])
                .unwrap();
        assert_eq!((cosigned.checkpoint(), cosigned.time_s()), (&checkpoint, 99));
        let whole = [signer.verifier().clone(), cosigner.verifier().clone()];
        let cosigned = CosignedCheckpoint::verify(&both, &origin, signer.verifier(), &whole).unwrap();
        assert_eq!(cosigned.by(), "relay.example/cosign/1", "the log is not its own witness");
        assert!(CosignedCheckpoint::verify(&both, &origin, signer.verifier(), &whole[..1]).is_err());
        assert!(
            CosignedCheckpoint::verify(&note, &origin, signer.verifier(), &[cosigner.verifier().clone()])
                .is_err()
        );
        let later = LogOrigin { epoch: Epoch { n: 2, ..origin.epoch }, ..origin };
        assert!(SignedCheckpoint::verify(&note, &later, signer.verifier()).is_err());
        assert!(later.signer(&[7; 32]).is_err(), "another key than the epoch's name carries");
        assert!(tlog_tiles::Checkpoint::from_bytes(checkpoint.text().as_bytes()).is_ok());
    }

    #[test]
    fn strange_checkpoints() {
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &[0; 32]);
        let good = Checkpoint { origin, size: 20, root: Hash([9; 32]) }.text();
        assert!(Checkpoint::parse(&good).is_ok());
        for (from, to) in [
            ("\n20\n", "\n020\n"),
            ("\n20\n", "\n+20\n"),
            ("\n20\n", "\n-1\n"),
            ("\n20\n", "\n20\nx\n"),
            ("cleantrack/box", "cleantrack"),
            ("CQk", "C!k"),
        ] {
            assert!(Checkpoint::parse(&good.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
