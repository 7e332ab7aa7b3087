//! How often strangers of one network may ask.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use service::attempts::ClientNetwork;
use service::clock::Clock;
use service::limit::RateLimiter;

use crate::web::ClientAddress;

/// Networks that are remembered; each takes about 100 bytes.
const NETWORKS_MAX: usize = 10_000;
/// Calls at once, after a quiet time.
const BURST: u32 = 20;
const MINUTE: Duration = Duration::from_secs(60);

/// Counts calls before anything of them is read.
#[derive(Debug)]
pub(crate) struct RequestGate {
    clock: Arc<dyn Clock>,
    limiter: RateLimiter<ClientNetwork>,
}

impl RequestGate {
    /// So many calls a minute and network; 0 is no limit.
    pub(crate) fn per_minute(calls: u32, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, limiter: RateLimiter::new(calls, MINUTE, BURST, NETWORKS_MAX) })
    }
}

/// The layer around what strangers may call.
pub(crate) async fn count_request(
    State(gate): State<Arc<RequestGate>>,
    request: Request,
    next: Next,
) -> Response {
    // A request without it comes from the machine itself.
    let from = request
        .extensions()
        .get::<ClientAddress>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let taken = gate.limiter.take(ClientNetwork::of(from), gate.clock.now().up_ms);
    let Err(wait_s) = taken else { return next.run(request).await };
    tracing::warn!(%from, "too many claims and renewals from one network");
    let problem = json!({
        "type": "/problems/too-many", "title": "too-many", "status": StatusCode::TOO_MANY_REQUESTS.as_u16(),
        "detail": "Too many claims and renewals came from this network. Nothing was changed; the box tries again \
                   automatically.",
    });
    let kind = "application/problem+json".to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::RETRY_AFTER, wait_s.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, headers, problem.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use service::clock::FakeClock;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn one_network_is_told_to_wait_and_another_is_not() {
        let gate = RequestGate::per_minute(60, Arc::new(FakeClock::at_ms(5)));
        let layer = axum::middleware::from_fn_with_state(gate, count_request);
        let router = Router::new().route("/", axum::routing::get(async || "in")).layer(layer);
        let ask = async |from: &str| {
            let mut request = Request::new(Body::empty());
            request.extensions_mut().insert(ClientAddress(from.parse().unwrap()));
            router.clone().oneshot(request).await.unwrap()
        };
        for _ in 0..BURST {
            assert_eq!(ask("192.0.2.7:1").await.status(), StatusCode::OK);
        }
        let refused = ask("192.0.2.7:2").await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_eq!(ask("192.0.2.8:1").await.status(), StatusCode::OK);
    }
}
