//! Names each request: by a trusted balancer's word, else by our own.

use std::sync::Arc;

use ::web::request_id::{REQUEST_ID, RequestId};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use service::random::RandomSource;
use tracing::Instrument as _;

use super::TrustedProxies;
use crate::web::ClientAddress;

#[derive(Debug, Clone)]
pub(crate) struct RequestNaming {
    pub(crate) proxies: TrustedProxies,
    pub(crate) random: Arc<dyn RandomSource>,
}

/// The outermost layer: it still sees the balancer's own address.
pub(crate) async fn name_request(
    State(naming): State<RequestNaming>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ClientAddress>().map(|address| address.ip());
    let is_believed = peer.is_some_and(|peer| naming.proxies.holds(peer));
    let written = RequestId::of_headers(request.headers()).filter(|_| is_believed);
    let id = written.unwrap_or_else(|| RequestId::of_random(naming.random.bytes()));
    request.extensions_mut().insert(id.clone());
    // Of the level of errors, so that no filter takes the name away from one.
    let span = tracing::error_span!("request", id = id.as_str(), account = tracing::field::Empty);
    let mut answer = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use service::random::SeededRandom;
    use tower::ServiceExt as _;

    use super::*;

    async fn named(peer: &str, written: Option<&str>) -> String {
        let proxies = TrustedProxies::new(&["10.0.0.0/8".parse().unwrap()]);
        let naming = RequestNaming { proxies, random: Arc::new(SeededRandom::new(1)) };
        let router = Router::new()
            .route("/", get(async |axum::Extension(id): axum::Extension<RequestId>| id.as_str().to_owned()))
            .layer(axum::middleware::from_fn_with_state(naming, name_request));
        let mut request = Request::get("/");
        if let Some(written) = written {
            request = request.header(REQUEST_ID, written);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ClientAddress((peer.parse::<std::net::IpAddr>().unwrap(), 1).into()));
        let answer = router.oneshot(request).await.unwrap();
        let header = answer.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
        assert_eq!(body, header.as_bytes(), "the handler and the answer have the same");
        header
    }

    #[tokio::test]
    async fn a_balancer_names_requests_and_a_stranger_does_not() {
        assert_eq!(named("10.1.2.3", Some("edge-7f:3")).await, "edge-7f:3");
        let made = named("192.0.2.7", Some("edge-7f:3")).await;
        assert!(made.len() == 16 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        assert_eq!(named("10.1.2.3", None).await.len(), 16);
    }

    #[tokio::test]
    async fn what_cannot_stand_in_a_log_is_named_anew() {
        for wrong in ["", "a b", "a\"b", "<i>", &"x".repeat(65)] {
            assert_eq!(named("10.1.2.3", Some(wrong)).await.len(), 16, "{wrong}");
        }
    }

    #[derive(Debug, Clone, Default)]
    struct LogLines(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for LogLines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn every_line_of_a_request_has_its_name() {
        let lines = LogLines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        let _logged = tracing::subscriber::set_default(subscriber);
        let naming = RequestNaming {
            proxies: TrustedProxies::new(&["10.0.0.0/8".parse().unwrap()]),
            random: Arc::new(SeededRandom::new(1)),
        };
        let router = Router::new()
            .route(
                "/",
                get(async || {
                    tokio::task::yield_now().await;
                    tracing::Span::current().record("account", 7);
                    tracing::warn!("something happened");
                }),
            )
            .layer(axum::middleware::from_fn_with_state(naming, name_request));
        let ask = async || {
            let mut request = Request::get("/").header(REQUEST_ID, "edge-7f").body(Body::empty()).unwrap();
            request.extensions_mut().insert(ClientAddress(([10, 1, 2, 3], 1).into()));
            router.clone().oneshot(request).await.unwrap();
        };
        // Another test may be the first to come by the span, and find that nobody listens: tracing remembers that of it.
        ask().await;
        tracing::callsite::rebuild_interest_cache();
        lines.0.lock().unwrap().clear();
        ask().await;
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(written.trim()).unwrap();
        assert_eq!(
            (&line["span"]["id"], &line["span"]["account"]),
            (&"edge-7f".into(), &7.into()),
            "{written}"
        );
        assert!(!written.contains("10.1.2.3"), "{written}");
    }
}
