//! What the building's network lets through: the relay's name, each transport to the relay, and the relay's clock.

use std::sync::Arc;
use std::time::Duration;

use service::clock::Clock;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::facts::{DnsFact, NetworkFacts, ProbeOutcome, RelayTransport, TransportFact};
use crate::uplink::reach::{TransportProbe, probe_transports};
use crate::uplink::relation::claim::ClaimStore;
use crate::uplink::transport::choice::UplinkTransport;
use crate::uplink::transport::proxy::HttpsRoute;
use crate::uplink::transport::tls;

/// How long a name or the relay's clock may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);

/// Where the relay answers by HTTPS, and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RelayTarget {
    url: String,
    ca: String,
}

impl RelayTarget {
    fn of_claim(claim: &ClaimStore) -> Option<Self> {
        if let Ok(Some(relation)) = claim.relation() {
            return Some(Self { url: relation.relay_url, ca: relation.relay_ca });
        }
        let text = claim.waiting().ok().flatten()?;
        let relay = firmware_config::ClaimFile::parse(text.as_bytes()).ok()?.relay?;
        Some(Self { url: relay.relay_url, ca: relay.relay_ca })
    }
}

/// Tries everything at once; it takes up to half a minute where the network says nothing.
pub async fn probe_network(files: &ClaimStore, route: &HttpsRoute, clock: &Arc<dyn Clock>) -> NetworkFacts {
    let Some(target) = RelayTarget::of_claim(files) else { return NetworkFacts::default() };
    let (dns, probes, offset_s) = tokio::join!(
        probe_name(&target.url),
        probe_transports(files, route, clock),
        read_offset(&target, route, clock)
    );
    let probes = probes.unwrap_or_else(|error| {
        tracing::warn!(%error, "the ways to the relay cannot be tried");
        Vec::new()
    });
    NetworkFacts { dns, transports: probes.into_iter().map(transport_fact).collect(), offset_s }
}

fn transport_fact(probe: TransportProbe) -> TransportFact {
    let transport = match (probe.transport, &probe.proxy) {
        (UplinkTransport::Mqtt, _) => RelayTransport::Mqtt,
        (UplinkTransport::Https, None) => RelayTransport::Https,
        (UplinkTransport::Https, Some(_)) => RelayTransport::HttpsByProxy,
    };
    let outcome = match probe.fault {
        None => ProbeOutcome::Open,
        Some(fault) => ProbeOutcome::Closed { fault: fault.key().to_owned(), subject: fault.subject() },
    };
    TransportFact { transport, address: probe.target, outcome }
}

/// Looks the relay's name up; an address needs none.
async fn probe_name(url: &str) -> Option<DnsFact> {
    let uri: http::Uri = url.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    if host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let found = timeout(ANSWER_WITHIN, lookup_host((host.clone(), uri.port_u16().unwrap_or(443)))).await;
    let is_found = match found {
        Ok(Ok(mut addresses)) => addresses.next().is_some(),
        Ok(Err(_)) | Err(_) => false,
    };
    Some(DnsFact { host, is_found })
}

async fn read_offset(target: &RelayTarget, route: &HttpsRoute, clock: &Arc<dyn Clock>) -> Option<i64> {
    let config = tls::client_config(&route.trusted(&target.ca), None, Arc::clone(clock), 0).ok()?;
    let client = tls::http_client(config, route).ok()?;
    let url = format!("{}/healthz", target.url.trim_end_matches('/'));
    let answer = timeout(ANSWER_WITHIN, client.get(url).send()).await.ok()?.ok()?;
    let date = answer.headers().get(http::header::DATE)?.to_str().ok()?;
    read_date(date).map(|theirs| theirs - clock.now().wall_ms / 1_000)
}

fn read_date(date: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;
    use service::clock::{FakeClock, Now};

    use super::*;

    #[tokio::test]
    async fn a_box_alone_tries_nothing_and_addresses_need_no_name() {
        let boot = BootId::new(0, [1; 10]);
        let clock: Arc<dyn Clock> =
            Arc::new(FakeClock::new(Now { wall_ms: 0, boot, up_ms: 0, state: ClockState::Synced }));
        let keys = tempfile::tempdir().unwrap();
        let files = ClaimStore::new(keys.path());
        assert_eq!(probe_network(&files, &HttpsRoute::default(), &clock).await, NetworkFacts::default());
        assert_eq!(probe_name("https://127.0.0.1:8443").await, None);
        assert_eq!(probe_name("https://[::1]:8443/").await, None);
        let localhost = DnsFact { host: "localhost".to_owned(), is_found: true };
        assert_eq!(probe_name("https://localhost:8443").await, Some(localhost));
    }

    #[test]
    fn dates_are_read_as_servers_write_them() {
        assert_eq!(read_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(read_date("yesterday"), None);
    }
}
