//! Signed tokens (RFC 7515) and the keys of whoever signs them (RFC 7517): three algorithms with public keys, and no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

use super::TokenFault;

const KEYS_MAX: usize = 50;

/// How a token is signed. `none` and what needs a shared secret are no algorithms here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SignatureKind {
    Rsa,
    P256,
    Ed25519,
}

impl SignatureKind {
    fn read(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rsa),
            "ES256" => Some(Self::P256),
            "EdDSA" => Some(Self::Ed25519),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct TokenHeader {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that have to be understood: none is.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// A token as it came: nothing of it is believed yet.
#[derive(Debug)]
pub struct SignedToken<'a> {
    signed: &'a str,
    kind: SignatureKind,
    kid: Option<String>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> SignedToken<'a> {
    pub fn parse(text: &'a str) -> Result<Self, TokenFault> {
        fn decode_part(part: &str) -> Result<Vec<u8>, TokenFault> {
            URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Form)
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenFault::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenFault::Form)?;
        let header: TokenHeader =
            serde_json::from_slice(&decode_part(header)?).map_err(|_| TokenFault::Form)?;
        if header.crit.is_some() {
            return Err(TokenFault::Form);
        }
        let kind = SignatureKind::read(&header.alg).ok_or(TokenFault::Algorithm)?;
        Ok(Self {
            signed,
            kind,
            kid: header.kid,
            payload: decode_part(payload)?,
            signature: decode_part(signature)?,
        })
    }

    /// What it says, where one of these keys signed it.
    ///
    /// # Errors
    /// [`TokenFault::Key`] where none of them is the one that it names; it may be among newer ones.
    pub fn verify(&self, keys: &ProviderKeySet) -> Result<&[u8], TokenFault> {
        let mut named = keys.0.iter().filter(|key| key.may_sign(self.kind, self.kid.as_deref())).peekable();
        if named.peek().is_none() {
            return Err(TokenFault::Key);
        }
        let is_signed = named.any(|key| key.has_signed(self.kind, self.signed.as_bytes(), &self.signature));
        if is_signed { Ok(&self.payload) } else { Err(TokenFault::Signature) }
    }
}

#[derive(Debug, Clone, Deserialize)]
struct ProviderKey {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    /// Base64url: of RSA; of curves.
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
}

impl ProviderKey {
    /// A key is for one kind of signature, whatever a token says: a public key is no shared secret.
    fn kind(&self) -> Option<SignatureKind> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Some(SignatureKind::Rsa),
            ("EC", Some("P-256")) => Some(SignatureKind::P256),
            ("OKP", Some("Ed25519")) => Some(SignatureKind::Ed25519),
            _ => None,
        }
    }

    fn may_sign(&self, kind: SignatureKind, kid: Option<&str>) -> bool {
        self.kind() == Some(kind)
            && self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.alg.as_deref().is_none_or(|alg| SignatureKind::read(alg) == Some(kind))
            && kid.is_none_or(|kid| self.kid.as_deref() == Some(kid))
    }

    fn has_signed(&self, kind: SignatureKind, signed: &[u8], signature: &[u8]) -> bool {
        fn decode_number(text: &str) -> Vec<u8> {
            URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
        }
        match kind {
            SignatureKind::Rsa => {
                let key = RsaPublicKeyComponents { n: decode_number(&self.n), e: decode_number(&self.e) };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            SignatureKind::P256 => {
                let point = [vec![4], decode_number(&self.x), decode_number(&self.y)].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            SignatureKind::Ed25519 => {
                UnparsedPublicKey::new(&ED25519, decode_number(&self.x)).verify(signed, signature).is_ok()
            }
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct ProviderKeySet(Vec<ProviderKey>);

impl ProviderKeySet {
    /// Keys of kinds that are none here are left out: others may be for other programs.
    pub fn parse(bytes: &[u8]) -> Result<Self, TokenFault> {
        #[derive(Deserialize)]
        struct Keys {
            keys: Vec<serde_json::Value>,
        }
        let list: Keys = serde_json::from_slice(bytes).map_err(|_| TokenFault::Form)?;
        let keys = list.keys.into_iter().take(KEYS_MAX);
        Ok(Self(keys.filter_map(|key| serde_json::from_value(key).ok()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515 appendix A.2: RS256.
    const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    /// RFC 7515 appendix A.3: ES256.
    const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const P256_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    /// RFC 8037 appendix A.4: EdDSA.
    const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const ED_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn keys(list: &serde_json::Value) -> ProviderKeySet {
        ProviderKeySet::parse(json!({ "keys": list }).to_string().as_bytes()).unwrap()
    }

    fn rsa() -> serde_json::Value {
        json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"})
    }

    fn p256() -> serde_json::Value {
        json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y})
    }

    fn ed25519() -> serde_json::Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X})
    }

    #[test]
    fn signatures_of_the_standards_are_taken_and_changed_ones_are_not() {
        let all = keys(&json!([{"kty": "oct", "k": "AAAA"}, {"kty": 7}, rsa(), p256(), ed25519()]));
        for token in [RSA_TOKEN, P256_TOKEN, ED_TOKEN] {
            let parsed = SignedToken::parse(token).unwrap();
            assert!(!parsed.verify(&all).unwrap().is_empty());
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let (header, payload) = signed.split_once('.').unwrap();
            let other = URL_SAFE_NO_PAD.encode(br#"{"iss":"eve"}"#);
            for changed in [format!("{header}.{other}.{signature}"), format!("{header}.{payload}.AAAA")] {
                let parsed = SignedToken::parse(&changed).unwrap();
                assert_eq!(parsed.verify(&all).unwrap_err(), TokenFault::Signature, "{changed}");
            }
        }
    }

    #[test]
    fn a_key_signs_as_its_kind_does_and_by_its_own_name() {
        let token = SignedToken::parse(RSA_TOKEN).unwrap();
        assert_eq!(token.verify(&keys(&json!([p256(), ed25519()]))).unwrap_err(), TokenFault::Key);
        for (name, value) in [("use", "enc"), ("alg", "RS512"), ("alg", "HS256"), ("alg", "ES256")] {
            let mut key = rsa();
            key[name] = value.into();
            assert_eq!(token.verify(&keys(&json!([key]))).unwrap_err(), TokenFault::Key, "{name} {value}");
        }
        let mut named = rsa();
        named["kid"] = "a".into();
        assert!(token.verify(&keys(&json!([named]))).is_ok(), "where the token names none, any may be it");
    }

    #[test]
    fn no_other_algorithm_is_parsed() {
        let with =
            |header: serde_json::Value| format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header.to_string()));
        for alg in ["none", "None", "", "HS256", "HS512", "RS512", "PS256", "ES384", "RS1", "rs256"] {
            let token = with(json!({ "alg": alg }));
            assert_eq!(SignedToken::parse(&token).unwrap_err(), TokenFault::Algorithm, "{alg}");
        }
        for wrong in
            ["", ".", "..", "a.b", "a.b.c.d", &with(json!({})), &with(json!({"alg": "RS256", "crit": []}))]
        {
            assert_eq!(SignedToken::parse(wrong).unwrap_err(), TokenFault::Form, "{wrong}");
        }
    }
}
