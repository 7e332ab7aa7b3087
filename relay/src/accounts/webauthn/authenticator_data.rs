//! What an authenticator says of itself and of a credential (Web Authentication §6.1), and signs.

use super::cbor::CborValue;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

const MODEL_BYTES: usize = 16;

/// Whether a credential may leave its authenticator, and whether it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupFlags {
    pub is_eligible: bool,
    pub is_backed_up: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttestedCredential<'a> {
    pub(super) id: &'a [u8],
    /// Its public half, as COSE has it.
    pub(super) key: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthenticatorData<'a> {
    pub(super) party_hash: &'a [u8],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) credential: Option<AttestedCredential<'a>>,
}

impl<'a> AuthenticatorData<'a> {
    /// Takes it apart; `None` where it is not whole, or continues behind its end.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (party_hash, rest) = bytes.split_at_checked(32)?;
        let (&flags, rest) = rest.split_first()?;
        let (count, mut rest) = rest.split_first_chunk::<4>()?;
        let credential = match flags & HAS_CREDENTIAL {
            0 => None,
            _ => Some(read_credential(&mut rest)?),
        };
        if flags & HAS_EXTENSIONS != 0 {
            CborValue::read(&mut rest).filter(|found| matches!(found, CborValue::Map(_)))?;
        }
        rest.is_empty().then_some(Self {
            party_hash,
            flags,
            sign_count: u32::from_be_bytes(*count),
            credential,
        })
    }

    pub(super) fn is_present(&self) -> bool {
        self.flags & PRESENT != 0
    }

    /// Whether they showed that it is them: by a finger, a face, a PIN.
    pub(super) fn is_verified(&self) -> bool {
        self.flags & VERIFIED != 0
    }

    /// `None` where the two contradict each other.
    pub(super) fn backup(&self) -> Option<BackupFlags> {
        let flags = BackupFlags {
            is_eligible: self.flags & BACKUP_ELIGIBLE != 0,
            is_backed_up: self.flags & BACKED_UP != 0,
        };
        (flags.is_eligible || !flags.is_backed_up).then_some(flags)
    }
}

fn read_credential<'a>(rest: &mut &'a [u8]) -> Option<AttestedCredential<'a>> {
    let (_, after) = rest.split_at_checked(MODEL_BYTES)?;
    let (length, after) = after.split_first_chunk::<2>()?;
    let (id, key_on) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = key_on;
    CborValue::read(rest)?;
    let key = key_on.split_at_checked(key_on.len() - rest.len())?.0;
    Some(AttestedCredential { id, key })
}
