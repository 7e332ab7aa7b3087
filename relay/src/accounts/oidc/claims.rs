//! What a token says, and whether it is said to us, now, about this sign-in.

use serde::Deserialize;
use serde_json::Value;

use super::TokenFault;

/// By how much clocks may differ.
const SKEW_S: i64 = 60;
/// Bytes of a subject (OpenID Connect Core 1.0 §2).
const SUBJECT_BYTES_MAX: usize = 255;
/// How a provider says (RFC 8176) that more than one thing was shown.
const SEVERAL: &str = "mfa";
const KNOWN_METHODS: [&str; 2] = ["pwd", "pin"];
const FURTHER_METHODS: [&str; 8] = ["hwk", "swk", "otp", "sc", "fpt", "face", "iris", "pop"];

/// As they came; what is `null` is not there.
#[derive(Debug, Clone, Deserialize)]
pub struct IdentityClaims {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    azp: Option<Value>,
    exp: Option<Value>,
    iat: Option<Value>,
    nbf: Option<Value>,
    nonce: Option<Value>,
    pub(super) email: Option<Value>,
    pub(super) email_verified: Option<Value>,
    pub(super) preferred_username: Option<Value>,
    name: Option<Value>,
    amr: Option<Value>,
    auth_time: Option<Value>,
    hd: Option<Value>,
}

#[derive(Debug, Clone, Copy)]
pub struct ExpectedClaims<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now_ms: i64,
}

/// The claim as this type; it is named where it is missing or of another.
fn require_claim<'a, T>(
    name: &'static str,
    claim: &'a Option<Value>,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<T, TokenFault> {
    let value = claim.as_ref().ok_or(TokenFault::NoClaim(name))?;
    read(value).ok_or(TokenFault::ClaimType(name))
}

fn one_or_many(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::Array(many) => many.iter().map(Value::as_str).collect(),
        one => one.as_str().map(|one| vec![one]),
    }
}

impl IdentityClaims {
    pub fn read(payload: &[u8], expected: ExpectedClaims<'_>) -> Result<Self, TokenFault> {
        let claims: Self = serde_json::from_slice(payload).map_err(|_| TokenFault::Form)?;
        if require_claim("iss", &claims.iss, Value::as_str)? != expected.issuer {
            return Err(TokenFault::Issuer);
        }
        let audiences = require_claim("aud", &claims.aud, one_or_many)?;
        let is_ours = match &claims.azp {
            Some(_) => require_claim("azp", &claims.azp, Value::as_str)? == expected.client_id,
            None => audiences.len() == 1,
        };
        if !audiences.contains(&expected.client_id) || !is_ours {
            return Err(TokenFault::Audience);
        }
        claims.check_time(expected.now_ms)?;
        if require_claim("nonce", &claims.nonce, Value::as_str)? != expected.nonce {
            return Err(TokenFault::Nonce);
        }
        let subject = require_claim("sub", &claims.sub, Value::as_str)?;
        let is_subject =
            !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX && !subject.contains(char::is_control);
        if is_subject { Ok(claims) } else { Err(TokenFault::Subject) }
    }

    fn check_time(&self, now_ms: i64) -> Result<(), TokenFault> {
        let until_s = require_claim("exp", &self.exp, Value::as_f64)?;
        let made_s = require_claim("iat", &self.iat, Value::as_f64)?;
        let from_s = match &self.nbf {
            Some(_) => require_claim("nbf", &self.nbf, Value::as_f64)?,
            None => made_s,
        };
        // Seconds that are no number compare as false.
        #[expect(clippy::cast_precision_loss, reason = "seconds of any clock are far below 2^53")]
        let (now_s, skew_s) = ((now_ms / 1_000) as f64, SKEW_S as f64);
        let is_now = until_s + skew_s > now_s && made_s.max(from_s) - skew_s <= now_s;
        if is_now { Ok(()) } else { Err(TokenFault::Time) }
    }

    pub fn subject(&self) -> &str {
        self.sub.as_ref().and_then(Value::as_str).unwrap_or_default()
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_ref()?.as_str()
    }

    /// The organisation that somebody is of, as Google says it.
    pub fn organization(&self) -> Option<&str> {
        self.hd.as_ref()?.as_str()
    }

    /// When they last showed the provider that it is them, milliseconds since 1970; `None`: it does not say, or nothing that could be.
    pub fn shown_ms(&self, now_ms: i64) -> Option<i64> {
        let shown_ms = self.auth_time.as_ref()?.as_i64()?.checked_mul(1_000)?;
        let fits = (1..=now_ms.saturating_add(SKEW_S * 1_000)).contains(&shown_ms);
        fits.then_some(shown_ms.min(now_ms))
    }

    /// Whether the provider itself has seen that the address is theirs; `None`: it says nothing of it.
    pub fn is_email_verified(&self) -> Option<bool> {
        match self.email_verified.as_ref()? {
            Value::Bool(verified) => Some(*verified),
            Value::String(text) => Some(text == "true"),
            _ => Some(false),
        }
    }

    pub fn showed_factor(&self) -> bool {
        self.names_any(&[SEVERAL]) || (self.names_any(&KNOWN_METHODS) && self.names_any(&FURTHER_METHODS))
    }

    fn names_any(&self, methods: &[&str]) -> bool {
        let shown = self.amr.as_ref().and_then(one_or_many).unwrap_or_default();
        shown.iter().any(|method| methods.contains(method))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW_S: i64 = 1_795_204_920;

    fn read(change: &[(&str, Value)]) -> Result<IdentityClaims, TokenFault> {
        let mut claims = json!({
            "iss": "https://login.example", "sub": "1", "aud": "us", "exp": NOW_S + 300, "iat": NOW_S, "nonce": "n",
        });
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        let expected = ExpectedClaims {
            issuer: "https://login.example",
            client_id: "us",
            nonce: "n",
            now_ms: NOW_S * 1_000,
        };
        IdentityClaims::read(claims.to_string().as_bytes(), expected)
    }

    #[test]
    fn a_token_is_about_this_sign_in_or_refused() {
        assert_eq!(read(&[]).unwrap().subject(), "1");
        use TokenFault::{Audience, ClaimType, Issuer, NoClaim, Nonce, Subject, Time};
        for (name, value, fault) in [
            ("iss", json!("https://login.example/"), Issuer),
            ("iss", json!("https://evil.example"), Issuer),
            ("iss", json!(null), NoClaim("iss")),
            ("aud", json!("them"), Audience),
            ("aud", json!([]), Audience),
            ("aud", json!(["us", "them"]), Audience),
            ("azp", json!("them"), Audience),
            ("aud", json!(null), NoClaim("aud")),
            ("aud", json!([1]), ClaimType("aud")),
            ("azp", json!(1), ClaimType("azp")),
            ("iat", json!(null), NoClaim("iat")),
            ("nbf", json!("now"), ClaimType("nbf")),
            ("exp", json!(NOW_S - 60), Time),
            ("exp", json!("never"), ClaimType("exp")),
            ("iat", json!(NOW_S + 61), Time),
            ("nbf", json!(NOW_S + 61), Time),
            ("nonce", json!("m"), Nonce),
            ("nonce", json!(null), NoClaim("nonce")),
            ("sub", json!(""), Subject),
            ("sub", json!("a\u{0}b"), Subject),
            ("sub", json!("x".repeat(256)), Subject),
            ("sub", json!(7), ClaimType("sub")),
        ] {
            assert_eq!(read(&[(name, value.clone())]).unwrap_err(), fault, "{name} {value}");
        }
        assert!(read(&[("exp", json!(NOW_S - 59)), ("iat", json!(NOW_S + 60))]).is_ok(), "clocks differ");
        assert!(read(&[("aud", json!(["us", "them"])), ("azp", json!("us"))]).is_ok());
        assert!(read(&[("aud", json!(["us"]))]).is_ok());
    }

    #[test]
    fn a_time_at_which_somebody_showed_it_is_believed_where_it_could_be() {
        let now_ms = NOW_S * 1_000;
        let shown = |value| read(&[("auth_time", value)]).unwrap().shown_ms(now_ms);
        assert_eq!(read(&[]).unwrap().shown_ms(now_ms), None, "it does not say");
        assert_eq!(shown(json!(NOW_S - 7)), Some(now_ms - 7_000));
        assert_eq!(shown(json!(NOW_S + 60)), Some(now_ms), "clocks differ");
        for not in [
            json!(NOW_S + 61),
            json!(i64::MAX),
            json!(0),
            json!(-5),
            json!("1"),
            json!([1]),
            json!(null),
            json!(1e300),
        ] {
            assert_eq!(shown(not.clone()), None, "{not}");
        }
    }

    #[test]
    fn what_it_says_of_address_and_factors_is_read_strictly() {
        let verified = |value| read(&[("email_verified", value)]).unwrap().is_email_verified();
        assert_eq!(read(&[]).unwrap().is_email_verified(), None);
        assert_eq!(verified(json!(true)), Some(true));
        assert_eq!(verified(json!("true")), Some(true));
        for not in [json!(false), json!("false"), json!("TRUE"), json!(1), json!([])] {
            assert_eq!(verified(not.clone()), Some(false), "{not}");
        }
        let factor = |value| read(&[("amr", value)]).unwrap().showed_factor();
        assert!(factor(json!(["pwd", "mfa"])) && factor(json!(["pwd", "otp"])) && factor(json!("mfa")));
        assert!(!factor(json!("otp")) && !factor(json!(["hwk"])), "one thing alone");
        assert!(!factor(json!(["pwd"])) && !factor(json!([])) && !read(&[]).unwrap().showed_factor());
        for not in [json!(null), json!(7), json!({"mfa": true}), json!(["mfa", 7])] {
            assert!(!factor(not.clone()), "{not} is no list of methods, and shows nothing");
        }
    }
}
