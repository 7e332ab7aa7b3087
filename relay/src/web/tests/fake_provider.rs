//! A provider of sign-in that can be as wrong as a test wants it, in the place of all other hosts.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::{BoxFuture, ready};
use http::StatusCode;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::outgoing::{DomainTexts, OutgoingAnswer, OutgoingError, OutgoingHttp, OutgoingRequest};
use crate::web::OutsideHosts;

pub(super) const ISSUER: &str = "https://login.example";

pub(super) struct TestSigner {
    kid: String,
    pair: EcdsaKeyPair,
}

impl TestSigner {
    pub(super) fn new(kid: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
        Self { kid: kid.to_owned(), pair: pair.unwrap() }
    }

    pub(super) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.kid, "x": x, "y": y})
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "ES256", "kid": self.kid}), claims)
    }

    pub(super) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

pub(super) struct FakeAnswers {
    pub(super) metadata: Value,
    pub(super) keys: Vec<Value>,
    pub(super) token: String,
    pub(super) token_status: StatusCode,
    pub(super) failure: Option<OutgoingError>,
    pub(super) texts: HashMap<String, Vec<String>>,
    pub(super) asked: Vec<(String, String)>,
}

#[derive(Clone)]
pub(super) struct FakeProvider {
    answers: Arc<Mutex<FakeAnswers>>,
}

impl std::fmt::Debug for FakeProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeProvider")
    }
}

impl FakeProvider {
    pub(super) fn new() -> Self {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
        });
        let answers = FakeAnswers {
            metadata,
            keys: Vec::new(),
            token: String::new(),
            token_status: StatusCode::OK,
            failure: None,
            texts: HashMap::new(),
            asked: Vec::new(),
        };
        Self { answers: Arc::new(Mutex::new(answers)) }
    }

    pub(super) fn answers(&self) -> MutexGuard<'_, FakeAnswers> {
        self.answers.lock().unwrap()
    }

    pub(super) fn outside(&self) -> OutsideHosts {
        OutsideHosts { http: Arc::new(self.clone()), texts: Arc::new(self.clone()) }
    }

    pub(super) fn count(&self, path: &str) -> usize {
        self.answers().asked.iter().filter(|(asked, _)| asked == path).count()
    }
}

impl OutgoingHttp for FakeProvider {
    fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<OutgoingAnswer, OutgoingError>> {
        let mut answers = self.answers();
        let url = request.url.as_str().to_owned();
        let path = url.strip_prefix(ISSUER).unwrap_or_default().to_owned();
        let body = String::from_utf8(request.body.unwrap_or_default()).unwrap();
        answers.asked.push((path.clone(), body));
        if let Some(failure) = answers.failure.clone() {
            return Box::pin(ready(Err(failure)));
        }
        let (status, body) = match path.as_str() {
            "/.well-known/openid-configuration" => (StatusCode::OK, answers.metadata.clone()),
            "/keys" => (StatusCode::OK, json!({"keys": answers.keys})),
            "/token" => (answers.token_status, json!({"id_token": answers.token, "token_type": "Bearer"})),
            _ => (StatusCode::NOT_FOUND, json!({})),
        };
        Box::pin(ready(Ok(OutgoingAnswer { status, body: body.to_string().into_bytes() })))
    }
}

impl DomainTexts for FakeProvider {
    fn find_texts(&self, name: String) -> BoxFuture<'_, io::Result<Vec<String>>> {
        Box::pin(ready(Ok(self.answers().texts.get(&name).cloned().unwrap_or_default())))
    }
}
