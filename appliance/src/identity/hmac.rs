//! HMAC-SHA-256 (RFC 2104), under keys of 32 bytes.

use record::tree::Hash;

/// SHA-256's block.
const BLOCK: usize = 64;

pub(super) fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    block[..32].copy_from_slice(key);
    let [inner, outer] = [0x36, 0x5c].map(|with: u8| block.map(|b| b ^ with).to_vec());
    let hashed = Hash::of(&[inner, message.to_vec()].concat());
    Hash::of(&[outer, hashed.0.to_vec()].concat()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_rfc_4231_computes_it() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let code = hmac_sha256(&key, b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(Hash(code).to_string(), expected);
    }
}
