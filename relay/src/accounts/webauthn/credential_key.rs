//! The public half of a credential as authenticators write it (COSE, RFC 9053), of the algorithms that this relay offers.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::cbor::CborValue;

/// COSE's numbers of what is offered, in the order in which the standard recommends them: EdDSA, ES256, and RS256 for Windows.
pub(super) const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];

const EDDSA: i64 = -8;
const ES256: i64 = -7;
const RS256: i64 = -257;

/// Members of a COSE key: type, algorithm; then those of its type.
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
/// Of a curve, its number; of RSA, the modulus.
const FIRST: i64 = -1;
/// Of a curve, x; of RSA, the exponent.
const SECOND: i64 = -2;
/// Of a curve with two, y.
const THIRD: i64 = -3;

const COORDINATE_BYTES: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CredentialKey {
    /// The point, as 4, x and y.
    Es256(Vec<u8>),
    Eddsa(Vec<u8>),
    Rs256 {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl CredentialKey {
    /// Reads a COSE key; `None` where it is none of an algorithm that is offered.
    pub(super) fn of_cose(bytes: &[u8]) -> Option<Self> {
        let key = CborValue::read_whole(bytes)?;
        match (read_number(&key, KEY_TYPE)?, read_number(&key, ALGORITHM)?) {
            (1, EDDSA) if read_number(&key, FIRST)? == 6 => {
                read_coordinate(&key, SECOND).map(|x| Self::Eddsa(x.to_vec()))
            }
            (2, ES256) if read_number(&key, FIRST)? == 1 => {
                let (x, y) = (read_coordinate(&key, SECOND)?, read_coordinate(&key, THIRD)?);
                Some(Self::Es256([&[4], x, y].concat()))
            }
            (3, RS256) => Some(Self::Rs256 {
                modulus: without_zeros(read_part(&key, FIRST)?).to_vec(),
                exponent: without_zeros(read_part(&key, SECOND)?).to_vec(),
            }),
            _ => None,
        }
    }

    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::Eddsa(_) => EDDSA,
            Self::Rs256 { .. } => RS256,
        }
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified =
            match self {
                Self::Es256(point) => {
                    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
                }
                Self::Eddsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
                Self::Rs256 { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            };
        verified.is_ok()
    }
}

fn read_number(key: &CborValue<'_>, name: i64) -> Option<i64> {
    key.member(&CborValue::Integer(name))?.as_integer()
}

fn read_part<'a>(key: &CborValue<'a>, name: i64) -> Option<&'a [u8]> {
    key.member(&CborValue::Integer(name))?.as_bytes()
}

fn read_coordinate<'a>(key: &CborValue<'a>, name: i64) -> Option<&'a [u8]> {
    read_part(key, name).filter(|bytes| bytes.len() == COORDINATE_BYTES)
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.split_at(zeros).1
}
