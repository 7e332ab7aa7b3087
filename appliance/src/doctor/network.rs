//! What the building's network lets out: names, and each way to the relay.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use service::clock::Clock;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::facts::{DnsFact, NetworkFacts, RelayWay, WayFact, WayOutcome};
use crate::uplink::claim::ClaimStore;
use crate::uplink::tls;

/// How long a name or a connection may take. A way that says nothing for so long is closed.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);

/// Where the relay is, as the claim or its answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayTarget {
    /// `https://host:port`.
    pub https_url: String,
    /// `mqtts://host:port`.
    pub mqtt_url: String,
    /// PEM of the authority of both.
    pub ca: String,
}

impl RelayTarget {
    /// What the relay gave; before the claim what its file says.
    pub fn of_claim(claim: &ClaimStore) -> Option<Self> {
        if let Ok(Some(relation)) = claim.relation() {
            return Some(Self {
                https_url: relation.relay_url,
                mqtt_url: relation.mqtt_url,
                ca: relation.relay_ca,
            });
        }
        let text = claim.waiting().ok().flatten()?;
        let file = firmware_config::ClaimFile::parse(text.as_bytes()).ok()?;
        Some(Self { https_url: file.relay_url, mqtt_url: file.mqtt_url, ca: file.relay_ca })
    }
}

/// `host` and port of an address with a scheme.
fn split_address(url: &str, default_port: u16) -> Option<(String, u16)> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split('/').next()?;
    let split = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let (host, port) = match split {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default_port),
    };
    Some((host.trim_matches(['[', ']']).to_owned(), port))
}

/// Tries all ways at once; it takes seconds where the network says nothing.
pub async fn probe_network(target: Option<&RelayTarget>, clock: &Arc<dyn Clock>) -> NetworkFacts {
    let Some(target) = target else { return NetworkFacts::default() };
    let (dns, mqtt, (https, offset_s)) =
        tokio::join!(probe_name(&target.https_url), probe_mqtt(&target.mqtt_url), probe_https(target, clock));
    NetworkFacts { dns, ways: mqtt.into_iter().chain([https]).collect(), offset_s }
}

/// Looks a name up; an address needs none.
async fn probe_name(url: &str) -> Option<DnsFact> {
    let (host, port) = split_address(url, 443)?;
    if host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let found = timeout(ANSWER_WITHIN, lookup_host((host.as_str(), port))).await;
    let is_found = matches!(found, Ok(Ok(mut addresses)) if addresses.next().is_some());
    Some(DnsFact { host, is_found })
}

async fn probe_mqtt(url: &str) -> Option<WayFact> {
    let (host, port) = split_address(url, 8883)?;
    let outcome = match timeout(ANSWER_WITHIN, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => WayOutcome::Open,
        Ok(Err(error)) => outcome_of(&error),
        Err(_) => WayOutcome::Silent,
    };
    Some(WayFact { way: RelayWay::Mqtt, address: format!("{host}:{port}"), outcome })
}

/// A whole request, so that somebody who answers in the relay's place is found out; the relay's clock comes with it.
async fn probe_https(target: &RelayTarget, clock: &Arc<dyn Clock>) -> (WayFact, Option<i64>) {
    let address = split_address(&target.https_url, 443);
    let address = address.map_or_else(|| target.https_url.clone(), |(host, port)| format!("{host}:{port}"));
    let (outcome, offset_s) = match request_relay(target, clock).await {
        Ok(offset_s) => (WayOutcome::Open, offset_s),
        Err(outcome) => (outcome, None),
    };
    (WayFact { way: RelayWay::Https, address, outcome }, offset_s)
}

async fn request_relay(target: &RelayTarget, clock: &Arc<dyn Clock>) -> Result<Option<i64>, WayOutcome> {
    let other = |error: tls::TlsError| WayOutcome::Other { why: error.to_string() };
    let config = tls::client_config(&target.ca, None, Arc::clone(clock), 0).map_err(other)?;
    let client = tls::http_client(config).map_err(other)?;
    let url = format!("{}/healthz", target.https_url.trim_end_matches('/'));
    let sent = timeout(ANSWER_WITHIN, client.get(url).send()).await.map_err(|_| WayOutcome::Silent)?;
    let answer = sent.map_err(|error| match error.is_timeout() {
        true => WayOutcome::Silent,
        false => find_cause(&error),
    })?;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    let theirs = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    Ok(theirs.map(|theirs| theirs.timestamp().as_second() - clock.now().wall_ms / 1_000))
}

/// The system's own error where there is one within, else the innermost words.
fn find_cause(error: &dyn std::error::Error) -> WayOutcome {
    let mut inner = error;
    loop {
        if let Some(system) = inner.downcast_ref::<io::Error>()
            && system.raw_os_error().is_some()
        {
            return outcome_of(system);
        }
        match inner.source() {
            Some(source) => inner = source,
            None => return by_words(&inner.to_string()),
        }
    }
}

fn outcome_of(error: &io::Error) -> WayOutcome {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => WayOutcome::Refused,
        io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            WayOutcome::Silent
        }
        _ => by_words(&error.to_string()),
    }
}

/// A name that is not found has no error number of its own.
fn by_words(words: &str) -> WayOutcome {
    match words.contains("lookup address") || words.contains("dns error") {
        true => WayOutcome::NoName,
        false => WayOutcome::Other { why: words.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;
    use service::clock::{FakeClock, Now};
    use tokio::net::TcpListener;

    use super::*;

    fn clock() -> Arc<dyn Clock> {
        let boot = BootId::new(0, [1; 10]);
        Arc::new(FakeClock::new(Now { wall_ms: 0, boot, up_ms: 0, state: ClockState::Synced }))
    }

    #[test]
    fn addresses_come_apart() {
        for (url, expected) in [
            ("https://relay.example:8443/", Some(("relay.example", 8443))),
            ("https://relay.example", Some(("relay.example", 443))),
            ("https://[2001:db8::1]:8443", Some(("2001:db8::1", 8443))),
            ("relay.example", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(split_address(url, 443), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn closed_ways_say_how_they_are_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = {
            let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
            unused.local_addr().unwrap()
        };
        let ca = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.pem();
        let target = RelayTarget {
            https_url: format!("https://{closed}"),
            mqtt_url: format!("mqtts://{open}"),
            ca,
        };
        let facts = probe_network(Some(&target), &clock()).await;
        assert_eq!(facts.dns, None, "an address needs no name");
        let outcomes: Vec<_> = facts.ways.iter().map(|way| (way.way, way.outcome.clone())).collect();
        assert_eq!(outcomes, [(RelayWay::Mqtt, WayOutcome::Open), (RelayWay::Https, WayOutcome::Refused)]);
        assert_eq!(probe_network(None, &clock()).await, NetworkFacts::default());
    }

    #[tokio::test]
    async fn somebody_else_in_the_relays_place_is_found_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 403 Blocked\r\n\r\n").await.unwrap();
        });
        let ca = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.pem();
        let target =
            RelayTarget { https_url: format!("https://{address}"), mqtt_url: String::new(), ca };
        let facts = probe_network(Some(&target), &clock()).await;
        serve.await.unwrap();
        assert!(matches!(&facts.ways[..], [WayFact { outcome: WayOutcome::Other { .. }, .. }]), "{facts:?}");
    }
}
