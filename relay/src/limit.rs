//! How often strangers of one network may ask: pure arithmetic over a bounded table, and the gate that asks it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use service::attempts::Network;

use crate::clock::Clock;
use crate::web::Peer;

/// Networks that are remembered; each takes about 100 bytes.
const NETWORKS_MAX: usize = 10_000;
/// Calls at once, after a quiet time.
const BURST: i64 = 20;
const MINUTE_MS: i64 = 60_000;

/// What a network has left, in milliseconds of waiting that it has saved.
#[derive(Debug, Clone, Copy)]
struct Saved {
    ms: i64,
    at_ms: i64,
}

/// Calls without a certificate, by network. One call costs a minute's share; what is not used is saved up to a burst.
#[derive(Debug)]
struct Limit {
    /// Milliseconds that a call costs; 0: no limit.
    cost_ms: i64,
    networks: HashMap<String, Saved>,
    /// For all networks that found the table full.
    others: Saved,
}

impl Limit {
    /// So many calls a minute and network; 0 is no limit.
    fn per_minute(calls: u32) -> Self {
        let cost_ms = if calls == 0 { 0 } else { (MINUTE_MS / i64::from(calls)).max(1) };
        Self { cost_ms, networks: HashMap::new(), others: Saved { ms: cost_ms * BURST, at_ms: 0 } }
    }

    /// Takes one call; otherwise the seconds to wait.
    fn take(&mut self, network: &str, now_ms: i64) -> Result<(), i64> {
        if self.cost_ms == 0 {
            return Ok(());
        }
        let full_ms = self.cost_ms * BURST;
        if self.networks.len() >= NETWORKS_MAX && !self.networks.contains_key(network) {
            // Who has everything saved again is as one who never came.
            self.networks.retain(|_, saved| saved.now(now_ms, full_ms).ms < full_ms);
        }
        let is_full = self.networks.len() >= NETWORKS_MAX && !self.networks.contains_key(network);
        let saved = if is_full {
            &mut self.others
        } else {
            self.networks.entry(network.to_owned()).or_insert(Saved { ms: full_ms, at_ms: now_ms })
        };
        *saved = saved.now(now_ms, full_ms);
        if saved.ms < self.cost_ms {
            return Err((self.cost_ms - saved.ms).div_euclid(1_000) + 1);
        }
        saved.ms -= self.cost_ms;
        Ok(())
    }
}

/// Counts calls before anything of them is read.
#[derive(Debug)]
pub(crate) struct Gate {
    clock: Arc<dyn Clock>,
    limit: Mutex<Limit>,
}

impl Gate {
    /// So many calls a minute and network; 0 is no limit.
    pub(crate) fn per_minute(calls: u32, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, limit: Mutex::new(Limit::per_minute(calls)) })
    }
}

/// The layer around what strangers may call.
pub(crate) async fn counted(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    // A request without it comes from the machine itself.
    let from = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let now_ms = gate.clock.now_ms();
    // Whoever panicked left counts that are at worst too strict.
    let network = Network::of(from).to_string();
    let taken = gate.limit.lock().unwrap_or_else(PoisonError::into_inner).take(&network, now_ms);
    let Err(wait_s) = taken else { return next.run(request).await };
    tracing::warn!(%from, "too many claims and renewals from one network");
    let problem = json!({
        "type": "/problems/too-many", "title": "too-many", "status": StatusCode::TOO_MANY_REQUESTS.as_u16(),
        "detail": "Too many claims and renewals came from this network. Nothing was changed; the box tries again by \
                   itself.",
    });
    let kind = "application/problem+json".to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::RETRY_AFTER, wait_s.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, headers, problem.to_string()).into_response()
}

impl Saved {
    /// A clock that was set back saves nothing and takes nothing.
    fn now(self, now_ms: i64, full_ms: i64) -> Self {
        let passed = now_ms.saturating_sub(self.at_ms).max(0);
        Self { ms: self.ms.saturating_add(passed).min(full_ms), at_ms: now_ms }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;
    use crate::clock::BentClock;

    #[tokio::test]
    async fn one_network_is_told_to_wait_and_another_is_not() {
        let gate = Gate::per_minute(60, Arc::new(BentClock::new(5)));
        let layer = axum::middleware::from_fn_with_state(gate, counted);
        let router = Router::new().route("/", axum::routing::get(async || "in")).layer(layer);
        let ask = async |from: &str| {
            let mut request = Request::new(Body::empty());
            request.extensions_mut().insert(Peer(from.parse().unwrap()));
            router.clone().oneshot(request).await.unwrap()
        };
        for _ in 0..BURST {
            assert_eq!(ask("192.0.2.7:1").await.status(), StatusCode::OK);
        }
        let refused = ask("192.0.2.7:2").await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()["retry-after"], "2");
        assert_eq!(ask("192.0.2.8:1").await.status(), StatusCode::OK);
    }

    /// Calls that are taken in a row.
    fn taken(limit: &mut Limit, network: &str, now_ms: i64) -> i64 {
        (0..1_000).take_while(|_| limit.take(network, now_ms).is_ok()).count().try_into().unwrap()
    }

    #[test]
    fn a_burst_and_then_its_share() {
        let mut limit = Limit::per_minute(30);
        assert_eq!(taken(&mut limit, "a", 0), BURST);
        assert_eq!(limit.take("a", 500), Err(2), "a call costs two seconds");
        assert_eq!(taken(&mut limit, "b", 500), BURST, "another network has its own");
        assert_eq!(taken(&mut limit, "a", 10_000), 5);
        assert_eq!(taken(&mut limit, "a", 10_000_000), BURST, "no more is saved");
        assert_eq!(taken(&mut limit, "a", 5_000), 0, "the clock was set back");
        assert_eq!(taken(&mut limit, "a", 7_000), 1);
        assert_eq!(taken(&mut Limit::per_minute(0), "a", 0), 1_000, "no limit");
    }

    #[test]
    fn many_networks_do_not_fill_the_memory() {
        let mut limit = Limit::per_minute(30);
        for n in 0..NETWORKS_MAX {
            limit.take(&n.to_string(), 0).unwrap();
        }
        assert_eq!(taken(&mut limit, "one more", 0), BURST, "those that find no place share one");
        assert_eq!(limit.take("and another", 0), Err(3));
        assert_eq!(limit.networks.len(), NETWORKS_MAX);
        limit.take("later", MINUTE_MS).unwrap();
        assert_eq!(limit.networks.len(), 1, "who has waited is forgotten");
    }
}
