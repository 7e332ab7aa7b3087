//! What a provider says of itself (OpenID Connect Discovery 1.0), and its keys: cached for a while, requested again no more often
//! than a token with an unknown key could cause it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::jws::{ProviderKeySet, SignedToken};
use super::{OidcError, TokenFault};
use crate::outgoing::{OutgoingHttp, OutgoingRequest, OutgoingUrl};

/// How long what a provider said of itself is cached.
pub const METADATA_MS: i64 = 24 * 3_600_000;
const KEYS_MS: i64 = 3_600_000;
/// Keys of one provider are asked for no more often than this, whatever keys tokens name.
const KEYS_FLOOR_MS: i64 = 60_000;
/// How long a provider that was unreachable is taken for unreachable: whoever tries meanwhile does not wait for it.
const FAILED_MS: i64 = 30_000;
const PROVIDERS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderMetadata {
    issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    /// Whether its answers say of which issuer they are (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// How the relay shows at the token endpoint that it is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientProof {
    Basic,
    Post,
}

impl ProviderMetadata {
    pub fn read(document: &[u8], issuer: &str) -> Result<Self, OidcError> {
        let read: Self = serde_json::from_slice(document).map_err(|_| OidcError::Metadata)?;
        let places = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        let fits = read.issuer == issuer
            && places.into_iter().all(|place| OutgoingUrl::parse(place).is_ok())
            && read.client_proof().is_some();
        if fits { Ok(read) } else { Err(OidcError::Metadata) }
    }

    pub async fn ask(http: &dyn OutgoingHttp, issuer: &str) -> Result<Self, OidcError> {
        let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        Self::read(&fetch_document(http, &place).await?, issuer)
    }

    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// `None`: by none of the methods that this relay knows.
    pub fn client_proof(&self) -> Option<ClientProof> {
        let methods = &self.token_endpoint_auth_methods_supported;
        // Where nothing is said, it is this one.
        if methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic") {
            return Some(ClientProof::Basic);
        }
        methods.iter().any(|method| method == "client_secret_post").then_some(ClientProof::Post)
    }
}

async fn fetch_document(http: &dyn OutgoingHttp, place: &str) -> Result<Vec<u8>, OidcError> {
    let url = OutgoingUrl::parse(place).map_err(|_| OidcError::Metadata)?;
    let answer = http.send(OutgoingRequest::get(url)).await?;
    if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(OidcError::Metadata) }
}

async fn fetch_keys(http: &dyn OutgoingHttp, place: &str) -> Result<ProviderKeySet, OidcError> {
    ProviderKeySet::parse(&fetch_document(http, place).await?).map_err(|_| OidcError::Metadata)
}

#[derive(Debug, Clone, Default)]
struct HeldKeys {
    keys: Arc<ProviderKeySet>,
    came_ms: i64,
    tried_ms: i64,
}

#[derive(Debug, Default)]
pub struct HeldProviderKeys {
    by_place: Mutex<HashMap<String, HeldKeys>>,
    silent_issuers: SilentPlaces,
    silent_key_sets: SilentPlaces,
}

/// When places of one kind did not answer as they should: an admin names an issuer's, and whoever answers there the one of its keys.
#[derive(Debug, Default)]
struct SilentPlaces(Mutex<HashMap<String, i64>>);

impl SilentPlaces {
    fn has_failed(&self, place: &str, now_ms: i64) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(place).is_some_and(|at_ms| is_within(*at_ms, FAILED_MS, now_ms))
    }

    fn note_answer<T>(&self, place: &str, answer: &Result<T, OidcError>, now_ms: i64) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_ok() {
            failed.remove(place);
            return;
        }
        if failed.len() >= PROVIDERS_MAX && !failed.contains_key(place) {
            failed.clear();
        }
        failed.insert(place.to_owned(), now_ms);
    }
}

impl HeldProviderKeys {
    pub async fn verify(
        &self,
        http: &dyn OutgoingHttp,
        place: &str,
        token: &SignedToken<'_>,
        now_ms: i64,
    ) -> Result<Vec<u8>, OidcError> {
        let held = self.find(place).filter(|held| is_within(held.came_ms, KEYS_MS, now_ms));
        if let Some(held) = held {
            match token.verify(&held.keys) {
                // It may be a new one.
                Err(TokenFault::Key) if !is_within(held.tried_ms, KEYS_FLOOR_MS, now_ms) => {}
                verified => return Ok(verified?.to_vec()),
            }
        }
        let keys = self.ask(http, place, now_ms).await?;
        Ok(token.verify(&keys)?.to_vec())
    }

    /// What an issuer says of itself now; `None` where it does not answer, or did not a moment ago.
    pub async fn ask_metadata(
        &self,
        http: &dyn OutgoingHttp,
        issuer: &str,
        now_ms: i64,
    ) -> Option<ProviderMetadata> {
        if self.silent_issuers.has_failed(issuer, now_ms) {
            return None;
        }
        let answer = ProviderMetadata::ask(http, issuer).await;
        self.silent_issuers.note_answer(issuer, &answer, now_ms);
        answer.ok()
    }

    fn find(&self, place: &str) -> Option<HeldKeys> {
        self.by_place.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned()
    }

    async fn ask(
        &self,
        http: &dyn OutgoingHttp,
        place: &str,
        now_ms: i64,
    ) -> Result<Arc<ProviderKeySet>, OidcError> {
        if self.silent_key_sets.has_failed(place, now_ms) {
            return Err(OidcError::Silent);
        }
        let mut held = self.find(place).unwrap_or_default();
        held.tried_ms = now_ms;
        // Whoever comes meanwhile finds that it is asked for.
        self.hold(place, held);
        let keys = fetch_keys(http, place).await;
        self.silent_key_sets.note_answer(place, &keys, now_ms);
        let keys = Arc::new(keys?);
        self.hold(place, HeldKeys { keys: Arc::clone(&keys), came_ms: now_ms, tried_ms: now_ms });
        Ok(keys)
    }

    fn hold(&self, place: &str, held: HeldKeys) {
        let mut all = self.by_place.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PROVIDERS_MAX && !all.contains_key(place) {
            all.clear();
        }
        all.insert(place.to_owned(), held);
    }
}

/// Whether a time is less than so long back. What is in the future was written by a clock that was wrong.
fn is_within(at_ms: i64, within_ms: i64, now_ms: i64) -> bool {
    (0..within_ms).contains(&now_ms.saturating_sub(at_ms))
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use serde_json::json;

    use super::*;
    use crate::outgoing::{OutgoingAnswer, OutgoingError};

    #[test]
    fn a_provider_speaks_for_itself_and_over_https() {
        let issuer = "https://login.example";
        let read = |change: &[(&str, serde_json::Value)]| {
            let mut document = json!({
                "issuer": issuer,
                "authorization_endpoint": "https://login.example/authorize",
                "token_endpoint": "https://login.example/token",
                "jwks_uri": "https://login.example/keys",
            });
            for (name, value) in change {
                document[*name] = value.clone();
            }
            ProviderMetadata::read(document.to_string().as_bytes(), issuer)
        };
        let good = read(&[]).unwrap();
        assert_eq!(good.client_proof(), Some(ClientProof::Basic));
        assert_eq!(ProviderMetadata::read(good.to_text().as_bytes(), issuer).unwrap(), good);
        let methods = "token_endpoint_auth_methods_supported";
        let posts = read(&[(methods, json!(["private_key_jwt", "client_secret_post"]))]).unwrap();
        assert_eq!(posts.client_proof(), Some(ClientProof::Post));
        for (name, value) in [
            ("issuer", json!("https://login.example/")),
            ("issuer", json!("https://evil.example")),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("token_endpoint", json!("http://login.example/token")),
            ("jwks_uri", json!(null)),
            (methods, json!(["private_key_jwt"])),
        ] {
            assert!(matches!(read(&[(name, value.clone())]), Err(OidcError::Metadata)), "{name} {value}");
        }
    }

    #[derive(Debug, Default)]
    struct NobodyAnswers(Mutex<Vec<String>>);

    impl OutgoingHttp for NobodyAnswers {
        fn send(&self, request: OutgoingRequest) -> BoxFuture<'_, Result<OutgoingAnswer, OutgoingError>> {
            self.0.lock().unwrap().push(request.url.as_str().to_owned());
            Box::pin(std::future::ready(Err(OutgoingError::Slow)))
        }
    }

    #[tokio::test]
    async fn a_key_set_that_is_away_makes_no_issuer_silent() {
        let (held, http) = (HeldProviderKeys::default(), NobodyAnswers::default());
        let issuer = "https://login.example";
        for _ in 0..2 {
            assert!(held.ask(&http, issuer, 1_000).await.is_err());
        }
        assert_eq!(http.0.lock().unwrap().len(), 1, "once in 30 seconds");
        for _ in 0..2 {
            assert_eq!(held.ask_metadata(&http, issuer, 2_000).await, None);
        }
        let places = http.0.lock().unwrap().clone();
        assert_eq!(places[1..], ["https://login.example/.well-known/openid-configuration"]);
    }
}
