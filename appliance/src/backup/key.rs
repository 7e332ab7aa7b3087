//! The key of backups. The half that encrypts is here; the half that decrypts is shown once and is on no box.

use std::io::{self, Read};
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use bech32::ToBase32 as _;
use serde::{Deserialize, Serialize};
use service::random::RandomSource;

use crate::store::archive::BackupFault;
use crate::store::disk::{Disk, put_small, read_small};

const FILE: &str = "backup/key.json";
pub(super) const DIR: &str = "backup";
const FILE_BYTES_MAX: usize = 4_096;
const PREFIX: &str = "AGE-SECRET-KEY-1";
/// Characters of a secret per group where a person is to copy it.
const GROUP_CHARS: usize = 4;
/// Characters of the public half by which people distinguish keys.
const SHORT_CHARS: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no key of a backup: it begins with AGE-SECRET-KEY-1 and has 74 characters. Compare it with the printed page letter by \
     letter; a single wrong one is noticed"
)]
pub struct KeyTextError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecipient {
    /// `age1…`.
    pub recipient: String,
    pub made_ms: i64,
}

impl BackupRecipient {
    /// Its beginning, by which people distinguish keys.
    pub fn short(&self) -> &str {
        self.recipient.get(..SHORT_CHARS).unwrap_or(&self.recipient)
    }

    pub(super) fn parse(&self) -> Result<age::x25519::Recipient, KeyTextError> {
        age::x25519::Recipient::from_str(&self.recipient).map_err(|_| KeyTextError)
    }

    /// The stored one; `None` where no key was created, or what is stored is no key.
    ///
    /// # Errors
    /// The disk's.
    pub fn load(disk: &dyn Disk) -> std::io::Result<Option<Self>> {
        let bytes = read_small(disk, FILE, FILE_BYTES_MAX)?;
        let read = bytes.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        Ok(read.filter(|recipient| recipient.parse().is_ok()))
    }

    pub(super) fn save(&self, disk: &dyn Disk) -> std::io::Result<()> {
        disk.make_dir(DIR)?;
        disk.sync_dir("")?;
        put_small(disk, FILE, &serde_json::to_vec(self)?)
    }
}

/// What a file of a backup is, decrypted.
pub(super) fn decrypt_file(input: impl Read, secret: &BackupSecret) -> Result<impl Read, BackupFault> {
    let opened = age::Decryptor::new(input)
        .and_then(|file| file.decrypt(std::iter::once(secret.identity() as &dyn age::Identity)));
    opened.map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => BackupFault::WrongKey,
        age::DecryptError::Io(error) => BackupFault::Damaged(error),
        age::DecryptError::InvalidMac | age::DecryptError::DecryptionFailed => {
            BackupFault::Damaged(io::Error::new(io::ErrorKind::InvalidData, "its first bytes are changed"))
        }
        other => BackupFault::NoBackup(other.to_string()),
    })
}

/// The half that decrypts. It wipes itself when it is dropped.
pub struct BackupSecret(age::x25519::Identity);

impl std::fmt::Debug for BackupSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BackupSecret")
    }
}

impl BackupSecret {
    /// A new one, of the box's own randomness. What age draws itself for each file, its key and its nonces, comes from the operating
    /// system: it takes no other source.
    pub fn generate(random: &dyn RandomSource) -> Self {
        // age makes a key of given bytes from their text alone.
        let bytes = random.bytes::<32>();
        let text = bech32::encode(&PREFIX[..PREFIX.len() - 1], bytes.to_base32(), bech32::Variant::Bech32);
        let text = text.map(age::secrecy::SecretString::from);
        let identity = text.ok().and_then(|text| age::x25519::Identity::from_str(text.expose_secret()).ok());
        // Every 32 bytes are a key.
        Self(identity.unwrap_or_else(age::x25519::Identity::generate))
    }

    /// Reads one as a person or a QR reader enters it: case, spaces and line ends are ignored, and lines that begin
    /// with `#` are those that `age-keygen` writes.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let letters: String =
            lines.flat_map(str::chars).filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        let rest = letters.strip_prefix(&PREFIX.replace('-', "")).ok_or(KeyTextError)?;
        age::x25519::Identity::from_str(&format!("{PREFIX}{rest}")).map(Self).map_err(|_| KeyTextError)
    }

    /// The secret: 74 characters.
    pub fn reveal(&self) -> String {
        self.0.to_string().expose_secret().to_uppercase()
    }

    pub fn reveal_groups(&self) -> Vec<String> {
        let text = self.reveal();
        let rest: Vec<char> = text.strip_prefix(PREFIX).unwrap_or(&text).chars().collect();
        std::iter::once(PREFIX.to_owned()).chain(rest.chunks(GROUP_CHARS).map(String::from_iter)).collect()
    }

    pub fn recipient(&self) -> age::x25519::Recipient {
        self.0.to_public()
    }

    pub(super) fn identity(&self) -> &age::x25519::Identity {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use service::random::{SeededRandom, SystemRandom};

    use super::*;

    #[test]
    fn a_secret_is_made_of_the_boxs_own_randomness() {
        let made = |seed| BackupSecret::generate(&SeededRandom::new(seed)).reveal();
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        // Of those very bytes, as a program of others reads them.
        let (_, data, _) = bech32::decode(&made(1).to_lowercase()).unwrap();
        let bytes: Vec<u8> = bech32::FromBase32::from_base32(&data).unwrap();
        let random: &dyn RandomSource = &SeededRandom::new(1);
        assert_eq!(bytes, random.bytes::<32>());
    }

    #[test]
    fn a_secret_is_read_however_it_was_copied() {
        let secret = BackupSecret::generate(&SystemRandom);
        let text = secret.reveal();
        assert_eq!(text.len(), 74);
        let damages = [
            text.clone(),
            text.to_lowercase(),
            secret.reveal_groups().join(" "),
            secret.reveal_groups().join("\n"),
            format!("# created: now\n# public key: {}\n{text}\n", secret.recipient()),
        ];
        for damage in damages {
            assert_eq!(BackupSecret::parse(&damage).unwrap().reveal(), text, "{damage}");
        }
    }

    #[test]
    fn one_wrong_letter_is_noticed() {
        let text = BackupSecret::generate(&SystemRandom).reveal();
        for at in PREFIX.len()..text.len() {
            let other = if &text[at..=at] == "Q" { "P" } else { "Q" };
            let wrong = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert!(BackupSecret::parse(&wrong).is_err(), "{wrong}");
        }
        let recipient = BackupSecret::generate(&SystemRandom).recipient().to_string();
        for wrong in ["", "AGE-SECRET-KEY-1", &text[..73], recipient.as_str()] {
            assert!(BackupSecret::parse(wrong).is_err(), "{wrong}");
        }
    }
}
