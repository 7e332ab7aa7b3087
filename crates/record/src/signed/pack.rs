//! The file of a pack of protocols: its content, and who signed it. Nothing of it is trusted until a trusted
//! [`VerifierKey`] has verified it.

use crate::limits::PACK_BYTES_MAX;
use crate::signed::sign::{SignedNote, SignerKey, VerifierKey};
use crate::tree::Hash;

const FORM: &str = "cleantrack/pack/1";

/// Why a file is no pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackFileError {
    /// Longer than any pack.
    #[error("a pack has at most {PACK_BYTES_MAX} bytes")]
    TooLong,
    /// Something else, or cut.
    #[error("this is no pack of protocols")]
    Form,
    /// Its content does not match its note.
    #[error("the pack was changed after it was made, or damaged on its way")]
    Altered,
}

/// A file whose content matches its note; its signatures are not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFile {
    note: SignedNote,
    sha256: Hash,
    content: String,
}

/// A pack's signature, as far as trusted keys can verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackSignature {
    /// Nobody signed it.
    Unsigned,
    /// Signed only by this name, which is not trusted here.
    Unknown(String),
    /// It is signed by this one, who is trusted.
    Trusted(String),
    /// It names this one, who is trusted, and is not signed with their key.
    Wrong(String),
}

fn note_text(content: &str) -> (String, Hash) {
    let sha256 = Hash::of(content.as_bytes());
    (format!("{FORM}\n{sha256}\n"), sha256)
}

impl PackFile {
    /// With this content, signed by `signer`.
    ///
    /// # Errors
    /// The content is too long.
    pub fn new(content: &str, signer: Option<&SignerKey>) -> Result<Self, PackFileError> {
        let (text, sha256) = note_text(content);
        let mut note = SignedNote::new(&text).map_err(|_| PackFileError::Form)?;
        if let Some(signer) = signer {
            signer.sign(&mut note, 0);
        }
        let file = Self { note, sha256, content: content.to_owned() };
        if file.to_string().len() > PACK_BYTES_MAX { Err(PackFileError::TooLong) } else { Ok(file) }
    }

    /// Reads a file: the note, an empty line, and the content to its end.
    ///
    /// # Errors
    /// What does not fit the form, the bound or the note.
    pub fn parse(file: &[u8]) -> Result<Self, PackFileError> {
        if file.len() > PACK_BYTES_MAX {
            return Err(PackFileError::TooLong);
        }
        let file = std::str::from_utf8(file).map_err(|_| PackFileError::Form)?;
        let (text, behind) = file.split_once("\n\n").ok_or(PackFileError::Form)?;
        let text = format!("{text}\n");
        let (note, content) = match behind.strip_prefix('\n') {
            Some(content) => (SignedNote::new(&text), content),
            None => {
                let (signatures, content) = behind.split_once("\n\n").ok_or(PackFileError::Form)?;
                (SignedNote::parse(&format!("{text}\n{signatures}\n")), content)
            }
        };
        let note = note.map_err(|_| PackFileError::Form)?;
        if !text.starts_with(&format!("{FORM}\n")) {
            return Err(PackFileError::Form);
        }
        let (expected, sha256) = note_text(content);
        if text != expected {
            return Err(PackFileError::Altered);
        }
        Ok(Self { note, sha256, content: content.to_owned() })
    }

    /// SHA-256 of the content, which names the pack.
    pub fn sha256(&self) -> Hash {
        self.sha256
    }

    /// What it holds.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// As far as these keys can verify it. A signature under the name or the number of a trusted key that does not
    /// verify is worse than an unknown one; beside a trusted signature it means nothing, unless it has both.
    pub fn check_signature(&self, trusted: &[VerifierKey]) -> PackSignature {
        let (mut signer, mut impostor) = (None, None);
        for signature in self.note.signatures() {
            for key in trusted {
                match (key.name() == signature.name, key.id() == signature.id) {
                    (true, true) if key.verify(&self.note).is_err() => {
                        return PackSignature::Wrong(key.name().to_owned());
                    }
                    (true, true) => signer = Some(key.name().to_owned()),
                    (false, false) => {}
                    _ => impostor = Some(key.name().to_owned()),
                }
            }
        }
        match (signer, impostor, self.note.signatures().first()) {
            (Some(name), _, _) => PackSignature::Trusted(name),
            (None, Some(name), _) => PackSignature::Wrong(name),
            (None, None, Some(first)) => PackSignature::Unknown(first.name.clone()),
            (None, None, None) => PackSignature::Unsigned,
        }
    }
}

impl std::fmt::Display for PackFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.note, self.content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signed::sign::KeyKind;

    fn signer(name: &str, secret: u8) -> SignerKey {
        SignerKey::new(name, KeyKind::Note, &[secret; 32]).unwrap()
    }

    const CONTENT: &str = "name = \"Acme\"\nversion = \"1\"\n\n[[draft]]\nid = \"a\"\n";

    fn check_pack(trusted: &[VerifierKey], signer: Option<&SignerKey>) -> PackSignature {
        let file = PackFile::new(CONTENT, signer).unwrap().to_string();
        PackFile::parse(file.as_bytes()).unwrap().check_signature(trusted)
    }

    #[test]
    fn who_signed_a_pack() {
        let acme = signer("acme.example", 1);
        let trusted = [acme.verifier().clone(), signer("other.example", 2).verifier().clone()];
        assert_eq!(check_pack(&trusted, None), PackSignature::Unsigned);
        assert_eq!(check_pack(&trusted, Some(&acme)), PackSignature::Trusted("acme.example".into()));
        assert_eq!(check_pack(&trusted, Some(&signer("nobody", 3))), PackSignature::Unknown("nobody".into()));
        assert_eq!(
            check_pack(&trusted, Some(&signer("acme.example", 3))),
            PackSignature::Wrong("acme.example".into())
        );
    }

    #[test]
    fn a_signer_with_two_keys_is_trusted_by_the_one_that_signed() {
        let (old, new) = (signer("acme.example", 1), signer("acme.example", 2));
        let file = PackFile::new(CONTENT, Some(&new)).unwrap();
        for trusted in [
            [old.verifier().clone(), new.verifier().clone()],
            [new.verifier().clone(), old.verifier().clone()],
        ] {
            assert_eq!(file.check_signature(&trusted), PackSignature::Trusted("acme.example".into()));
        }
    }

    fn signature_line(signer: &SignerKey, content: &str) -> String {
        let file = PackFile::new(content, Some(signer)).unwrap().to_string();
        file.lines().nth(3).unwrap().to_owned()
    }

    #[test]
    fn a_line_beside_a_good_signature_counts_only_by_name_and_id() {
        let (acme, other) = (signer("acme.example", 1), signer("other.example", 2));
        let trusted = [acme.verifier().clone(), other.verifier().clone()];
        let (text, _) = note_text(CONTENT);
        let good = signature_line(&acme, CONTENT);
        let of_name = signature_line(&signer("acme.example", 3), CONTENT);
        let of_both = signature_line(&other, "another text");
        for (lines, expected) in [
            (vec![&good, &of_name], PackSignature::Trusted("acme.example".into())),
            (vec![&of_name, &good], PackSignature::Trusted("acme.example".into())),
            (vec![&of_name], PackSignature::Wrong("acme.example".into())),
            (vec![&good, &of_both], PackSignature::Wrong("other.example".into())),
            (vec![&of_both, &good], PackSignature::Wrong("other.example".into())),
        ] {
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let file = PackFile::parse(format!("{text}\n{lines}\n{CONTENT}").as_bytes()).unwrap();
            assert_eq!(file.check_signature(&trusted), expected, "{lines}");
        }
    }

    #[test]
    fn no_byte_can_be_another_one() {
        let acme = signer("acme.example", 1);
        for signed_by in [Some(&acme), None] {
            let file = PackFile::new(CONTENT, signed_by).unwrap().to_string().into_bytes();
            for place in 0..file.len() {
                for byte in (0..=255).filter(|byte| *byte != file[place]) {
                    let mut changed = file.clone();
                    changed[place] = byte;
                    if let Ok(read) = PackFile::parse(&changed) {
                        let signature = read.check_signature(&[acme.verifier().clone()]);
                        assert_eq!(signature, PackSignature::Wrong("acme.example".into()), "{place}: {byte}");
                    }
                }
            }
            for cut in 0..file.len() {
                assert!(PackFile::parse(&file[..cut]).is_err(), "{cut}");
            }
        }
    }

    #[test]
    fn a_file_has_a_bound() {
        assert_eq!(PackFile::parse(&vec![b'a'; PACK_BYTES_MAX + 1]), Err(PackFileError::TooLong));
        assert_eq!(PackFile::new(&"a".repeat(PACK_BYTES_MAX), None), Err(PackFileError::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(content in "(?s).{0,200}", secret in prop::option::of(any::<u8>())) {
            let signer = secret.map(|secret| signer("acme.example", secret));
            let file = PackFile::new(&content, signer.as_ref()).unwrap();
            let read = PackFile::parse(file.to_string().as_bytes()).unwrap();
            prop_assert_eq!(&read, &file);
            prop_assert_eq!(read.content(), content);
        }

        #[test]
        fn never_a_panic(bytes in prop::collection::vec(prop::sample::select(b"cleantrack/pack/1\n\xe2\x80\x94 a=".to_vec()), 0..300)) {
            let _ = PackFile::parse(&bytes);
        }
    }
}
