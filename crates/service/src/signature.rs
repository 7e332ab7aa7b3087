//! Messages that their sender signs: HMAC-SHA-256 over the time and the raw body, by a secret that both have.
//!
//! Sources: [Standard Webhooks](https://www.standardwebhooks.com), [Svix](https://docs.svix.com/receiving/verifying-payloads/how-manual),
//! [Stripe](https://docs.stripe.com/webhooks#verify-manually).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode};
use sha2::Sha256;

use crate::random::RandomSource;

/// How far the time that was signed may be from this machine's, in either direction; seconds.
pub const TIME_WINDOW_S: u64 = 300;
/// Before the text of a secret.
const SECRET_PREFIX: &str = "whsec_";
/// Standard Webhooks ask for 24 to 64.
const SECRET_BYTES: usize = 32;
/// Of 24 bytes in base64; those of Stripe have as many.
const SECRET_CHARS_MIN: usize = 32;
/// A sender that changes its secret signs with two.
const SIGNATURES_MAX: usize = 16;

/// A secret of a sender and its receiver. It shows itself nowhere but by [`Self::to_text`].
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(****)")
    }
}

impl SigningSecret {
    /// A new one of 32 bytes.
    pub fn new(random: &dyn RandomSource) -> Self {
        Self(random.bytes::<SECRET_BYTES>().to_vec())
    }

    /// The bytes that are HMAC's key.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes that are HMAC's key.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// `whsec_` and base64, as the settings of a receiver of Standard Webhooks take it.
    pub fn to_text(&self) -> String {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn start_code(&self) -> Option<Hmac<Sha256>> {
        // Everybody has the empty one; any other length is a key.
        if self.0.is_empty() { None } else { Hmac::new_from_slice(&self.0).ok() }
    }
}

/// The headers in which a message of Standard Webhooks brings its id, its time and its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// An id that is the same each time that the message is sent.
    pub id: &'static str,
    /// Seconds since 1970.
    pub time: &'static str,
    /// `v1,` and base64, several with blanks between them.
    pub signatures: &'static str,
}

/// How a sender signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureScheme {
    /// `Stripe-Signature: t=<seconds>,v1=<hex>`, over `<seconds>.<body>`; the key is the secret's whole text.
    Stripe,
    /// Over `<id>.<seconds>.<body>`; the key is what the base64 behind `whsec_` says.
    Standard(SignatureHeaders),
}

/// Standard Webhooks by the names of the standard.
pub const STANDARD_WEBHOOKS: SignatureScheme = SignatureScheme::Standard(SignatureHeaders {
    id: "webhook-id",
    time: "webhook-timestamp",
    signatures: "webhook-signature",
});

/// Standard Webhooks by the names of Svix, through which Resend sends.
pub const SVIX: SignatureScheme = SignatureScheme::Standard(SignatureHeaders {
    id: "svix-id",
    time: "svix-timestamp",
    signatures: "svix-signature",
});

/// Why a message is not its sender's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// A header is absent, comes twice or cannot be read.
    #[error("the signature's headers cannot be read")]
    Unreadable,
    /// Its time is further from this machine's than [`TIME_WINDOW_S`].
    #[error("the signature's time is more than {TIME_WINDOW_S} s from this machine's")]
    OutsideWindow,
    /// No secret makes any of its signatures.
    #[error("no secret of this sender makes this signature")]
    Wrong,
}

impl SignatureFault {
    /// Status and code of a refusal.
    pub fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::Unreadable => (StatusCode::UNAUTHORIZED, "signature-missing"),
            Self::OutsideWindow => (StatusCode::FORBIDDEN, "signature-time"),
            Self::Wrong => (StatusCode::UNAUTHORIZED, "signature-wrong"),
        }
    }
}

impl SignatureScheme {
    /// The header that has the signatures, in lower case.
    pub fn signature_header(self) -> &'static str {
        match self {
            Self::Stripe => "stripe-signature",
            Self::Standard(headers) => headers.signatures,
        }
    }

    /// A secret as the sender shows it. `None`: it cannot be one, or it was cut off.
    pub fn read_secret(self, text: &str) -> Option<SigningSecret> {
        let base64 = text.trim().strip_prefix(SECRET_PREFIX).filter(|rest| rest.len() >= SECRET_CHARS_MIN)?;
        match self {
            Self::Stripe => Some(SigningSecret(text.trim().as_bytes().to_vec())),
            Self::Standard(_) => STANDARD.decode(base64).ok().map(SigningSecret),
        }
    }

    /// The headers of a message. `id` is not sent by Stripe, whose messages have theirs in the body.
    pub fn sign(
        self,
        secrets: &[SigningSecret],
        id: &str,
        time_s: i64,
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let beginning = match self {
            Self::Stripe => format!("{time_s}."),
            Self::Standard(_) => format!("{id}.{time_s}."),
        };
        let codes = secrets.iter().filter_map(SigningSecret::start_code);
        let codes =
            codes.map(|code| code.chain_update(&beginning).chain_update(body).finalize().into_bytes());
        match self {
            Self::Stripe => {
                let signatures: String = codes.map(|code| format!(",v1={}", write_hex(&code))).collect();
                vec![(self.signature_header(), format!("t={time_s}{signatures}"))]
            }
            Self::Standard(headers) => {
                let signatures: Vec<_> = codes.map(|code| format!("v1,{}", STANDARD.encode(code))).collect();
                vec![
                    (headers.id, id.to_owned()),
                    (headers.time, time_s.to_string()),
                    (headers.signatures, signatures.join(" ")),
                ]
            }
        }
    }
}

/// What the headers of a message claim, within the window of time; the body is not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureClaim {
    /// The message's id, where the scheme has it in a header.
    pub id: Option<String>,
    /// What is signed in front of the body.
    beginning: String,
    signatures: Vec<Vec<u8>>,
}

impl SignatureClaim {
    /// Reads the headers at a time in seconds since 1970.
    ///
    /// # Errors
    /// [`SignatureFault::Unreadable`], [`SignatureFault::OutsideWindow`].
    pub fn read(scheme: SignatureScheme, headers: &HeaderMap, now_s: i64) -> Result<Self, SignatureFault> {
        let (id, time, signatures) = match scheme {
            SignatureScheme::Stripe => {
                let pairs = single_header(headers, scheme.signature_header())?;
                let pairs: Vec<_> = pairs.split(',').filter_map(|pair| pair.trim().split_once('=')).collect();
                let mut times = pairs.iter().filter(|(name, _)| *name == "t").map(|(_, time)| *time);
                let (Some(time), None) = (times.next(), times.next()) else {
                    return Err(SignatureFault::Unreadable);
                };
                let signatures = pairs.iter().filter(|(name, _)| *name == "v1");
                (None, time, signatures.filter_map(|(_, hex)| read_hex(hex)).take(SIGNATURES_MAX).collect())
            }
            SignatureScheme::Standard(names) => {
                let signatures = single_header(headers, names.signatures)?.split(' ');
                let signatures = signatures.filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
                let (id, time) = (single_header(headers, names.id)?, single_header(headers, names.time)?);
                // It would leave open where it ends, and the time begins.
                if id.contains('.') {
                    return Err(SignatureFault::Unreadable);
                }
                (Some(id), time, signatures.take(SIGNATURES_MAX).collect::<Vec<_>>())
            }
        };
        let time_s: i64 = time.parse().map_err(|_| SignatureFault::Unreadable)?;
        if signatures.is_empty() {
            return Err(SignatureFault::Unreadable);
        }
        if now_s.abs_diff(time_s) > TIME_WINDOW_S {
            return Err(SignatureFault::OutsideWindow);
        }
        // As they came: what was signed is text and no number.
        let beginning = id.map_or_else(|| format!("{time}."), |id| format!("{id}.{time}."));
        Ok(Self { id: id.map(str::to_owned), beginning, signatures })
    }

    /// Whether one of the secrets makes one of the signatures; compared in constant time.
    ///
    /// # Errors
    /// [`SignatureFault::Wrong`].
    pub fn verify(&self, secrets: &[SigningSecret], body: &[u8]) -> Result<(), SignatureFault> {
        let codes = secrets.iter().filter_map(SigningSecret::start_code);
        let is_right = codes
            .map(|code| code.chain_update(&self.beginning).chain_update(body))
            .any(|code| self.signatures.iter().any(|signature| code.clone().verify_slice(signature).is_ok()));
        if is_right { Ok(()) } else { Err(SignatureFault::Wrong) }
    }
}

fn single_header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, SignatureFault> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().filter(|value| !value.is_empty()),
        _ => None,
    }
    .ok_or(SignatureFault::Unreadable)
}

fn write_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    const NOW_S: i64 = 1_614_265_330;
    const SCHEMES: [SignatureScheme; 3] = [SignatureScheme::Stripe, STANDARD_WEBHOOKS, SVIX];

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn judge(
        scheme: SignatureScheme,
        headers: &HeaderMap,
        now_s: i64,
        secrets: &[SigningSecret],
        body: &[u8],
    ) -> Result<(), SignatureFault> {
        SignatureClaim::read(scheme, headers, now_s)?.verify(secrets, body)
    }

    /// The example of Svix's own documentation.
    #[test]
    fn what_is_signed_is_what_others_verify() {
        let secret = SVIX.read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(secret.to_text(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = SVIX.sign(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", NOW_S, br#"{"test": 2432232314}"#);
        assert_eq!(
            signed[2],
            ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned())
        );
    }

    /// Reckoned by `openssl dgst -sha256 -hmac whsec_0123…uv` over `1614265330.{"id":"evt_1"}`.
    #[test]
    fn stripes_key_is_the_text_of_its_secret() {
        let secret =
            SignatureScheme::Stripe.read_secret(" whsec_0123456789abcdefghijklmnopqrstuv\n").unwrap();
        let signed = SignatureScheme::Stripe.sign(&[secret], "", NOW_S, br#"{"id":"evt_1"}"#);
        assert_eq!(
            signed,
            [(
                "stripe-signature",
                format!("t={NOW_S},v1=37bfa69203fa9ccee4696175a7c05cc03b787d81f57f57ebf22d111e44c9c486")
            )]
        );
    }

    #[test]
    fn a_secret_is_of_the_size_that_is_asked_for_and_shows_itself_nowhere() {
        let secret = SigningSecret::new(&SeededRandom::new(1));
        assert!((24..=64).contains(&secret.bytes().len()));
        assert_eq!(format!("{secret:?}"), "SigningSecret(****)");
        for text in ["", "whsec_", "sk_live_1", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"] {
            assert!(SCHEMES.iter().all(|scheme| scheme.read_secret(text).is_none()), "{text}");
        }
    }

    #[test]
    fn two_secrets_and_five_minutes_are_admitted_and_no_more() {
        let secrets = [1, 2, 3].map(|seed| SigningSecret::new(&SeededRandom::new(seed)));
        let both = &secrets[..2];
        for scheme in SCHEMES {
            let sent = headers(&scheme.sign(both, "msg_1", NOW_S, b"{}"));
            for late_s in [0, 300, -300] {
                assert_eq!(judge(scheme, &sent, NOW_S + late_s, both, b"{}"), Ok(()), "{scheme:?} {late_s}");
            }
            for now_s in [NOW_S + 301, NOW_S - 301, i64::MIN] {
                let judged = judge(scheme, &sent, now_s, both, b"{}");
                assert_eq!(judged, Err(SignatureFault::OutsideWindow), "{scheme:?} {now_s}");
            }
            for (known, is_right) in [(0..1, true), (1..2, true), (2..3, false), (0..0, false)] {
                let judged = judge(scheme, &sent, NOW_S, &secrets[known.clone()], b"{}");
                assert_eq!(judged.is_ok(), is_right, "{scheme:?} {known:?}");
            }
            assert_eq!(judge(scheme, &sent, NOW_S, both, b"{} "), Err(SignatureFault::Wrong));
        }
    }

    #[test]
    fn headers_that_cannot_be_read_are_refused() {
        let secret = [SigningSecret::new(&SeededRandom::new(1))];
        for scheme in SCHEMES {
            let sent = headers(&scheme.sign(&secret, "msg_1", NOW_S, b"{}"));
            for name in sent.keys() {
                let mut without = sent.clone();
                without.remove(name);
                assert_eq!(
                    judge(scheme, &without, NOW_S, &secret, b"{}"),
                    Err(SignatureFault::Unreadable),
                    "{name}"
                );
                let mut twice = sent.clone();
                twice.append(name, sent[name].clone());
                assert_eq!(
                    judge(scheme, &twice, NOW_S, &secret, b"{}"),
                    Err(SignatureFault::Unreadable),
                    "{name}"
                );
            }
        }
        for text in [
            "",
            "t=1",
            "v1=00",
            "t=x,v1=00",
            "t=1614265330,v1=0",
            "t=1614265330,v1=éé",
            "t=1614265330,t=1614265330,v1=00",
            "t=1614265330,v0=00",
        ] {
            let sent = [(
                "stripe-signature".parse().unwrap(),
                http::HeaderValue::from_bytes(text.as_bytes()).unwrap(),
            )];
            let read = SignatureClaim::read(SignatureScheme::Stripe, &sent.into_iter().collect(), NOW_S);
            assert_eq!(read, Err(SignatureFault::Unreadable), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_header_has_is_read_or_refused(text in "[ -~]{0,80}", time in any::<i64>()) {
            for scheme in SCHEMES {
                let mut sent = headers(&scheme.sign(&[], "msg_1", time, b""));
                sent.insert(scheme.signature_header(), text.parse().unwrap());
                if let Ok(claim) = SignatureClaim::read(scheme, &sent, time) {
                    prop_assert!(claim.verify(&[SigningSecret::new(&SeededRandom::new(1))], b"").is_err());
                }
            }
        }
    }
}
