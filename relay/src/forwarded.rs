//! The client's address behind a balancer: taken from programs that the operator trusts, and from nobody else.

mod naming;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use service::proxy_header::ProxyHeaders;

pub(crate) use self::naming::{RequestNaming, name_request};
use crate::web::{ClientAddress, ForwardedPlain};

/// What balancers write addresses into, the nearest last. RFC 7239's `Forwarded` is not read: one that writes this header passes the
/// other on as whoever asks sent it.
const HEADER: HeaderName = HeaderName::from_static("x-forwarded-for");
/// What balancers write into it when they took a request without TLS.
const PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Addresses of one request that are looked at: no way here has more balancers.
const HOPS_MAX: usize = 16;

fn is_plain(headers: &HeaderMap) -> bool {
    let last = headers.get_all(PROTOCOL).iter().next_back().and_then(|value| value.to_str().ok());
    let nearest = last.and_then(|text| text.rsplit(',').next());
    nearest.is_some_and(|text| text.trim().eq_ignore_ascii_case("http"))
}

#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    /// The same networks for listeners: they say who connects before anything else.
    pub(crate) fn to_headers(&self) -> ProxyHeaders {
        let networks = self.clone();
        ProxyHeaders::new(move |peer| networks.holds(peer))
    }

    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        // An IPv4 peer of a socket for both has an address of IPv6.
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Who asks: the peer, or where that is trusted the nearest address before it that is not.
    fn find_client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.holds(peer) {
            return peer;
        }
        let values = headers.get_all(HEADER);
        let texts: Vec<&str> = values.iter().filter_map(|value| value.to_str().ok()).collect();
        let hops = texts.iter().rev().flat_map(|text| text.rsplit(','));
        let mut nearest = peer;
        for hop in hops.take(HOPS_MAX) {
            // What is no address was written by nobody who is trusted.
            let Some(address) = read_address(hop) else { break };
            nearest = address;
            if !self.holds(address) {
                break;
            }
        }
        nearest
    }
}

fn read_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

/// Puts the address of whoever asks in the place of that of a trusted balancer.
pub(crate) async fn believe_proxies(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(&ClientAddress(peer)) = request.extensions().get::<ClientAddress>() {
        let client = proxies.find_client(peer.ip(), request.headers());
        if proxies.holds(peer.ip()) && is_plain(request.headers()) {
            request.extensions_mut().insert(ForwardedPlain);
        }
        if client != peer.ip() {
            request.extensions_mut().insert(ClientAddress(SocketAddr::new(client, 0)));
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn find(peer: &str, headers: &[&str]) -> String {
        let networks = ["10.0.0.0/8", "2001:db8:1::/48"].map(|network| network.parse().unwrap());
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        TrustedProxies::new(&networks).find_client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn the_nearest_balancer_says_whether_there_was_tls() {
        let plain = |values: &[&'static str]| {
            is_plain(&values.iter().map(|value| (PROTOCOL, HeaderValue::from_static(value))).collect())
        };
        assert!(plain(&["http"]) && plain(&["https, HTTP"]) && plain(&["https", "http"]));
        assert!(!plain(&[]) && !plain(&["https"]) && !plain(&["http, https"]) && !plain(&["http", "https"]));
    }

    #[test]
    fn a_stranger_speaks_for_nobody() {
        assert_eq!(find("192.0.2.7", &["198.51.100.4"]), "192.0.2.7");
        assert_eq!(find("192.0.2.7", &[]), "192.0.2.7");
    }

    #[test]
    fn the_nearest_that_is_not_trusted_asks() {
        assert_eq!(find("10.0.0.1", &["198.51.100.4"]), "198.51.100.4");
        assert_eq!(find("::ffff:10.0.0.1", &["198.51.100.4"]), "198.51.100.4");
        assert_eq!(find("10.0.0.1", &["198.51.100.4, 10.1.1.1"]), "198.51.100.4", "two balancers");
        assert_eq!(
            find("10.0.0.1", &["203.0.113.9", "198.51.100.4"]),
            "198.51.100.4",
            "each in a field of its own"
        );
        assert_eq!(
            find("10.0.0.1", &["203.0.113.9, 198.51.100.4"]),
            "198.51.100.4",
            "what whoever asks made up is left"
        );
        assert_eq!(find("2001:db8:1::5", &["[2001:db8:2::9]:4711"]), "2001:db8:2::9");
        assert_eq!(find("10.0.0.1", &["198.51.100.4:4711"]), "198.51.100.4");
    }

    #[test]
    fn what_is_no_address_is_passed_over_by_nobody() {
        assert_eq!(find("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(find("10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(find("10.0.0.1", &["198.51.100.4, unknown, 10.1.1.1"]), "10.1.1.1");
        assert_eq!(find("10.0.0.1", &["10.1.1.1"]), "10.1.1.1", "all are trusted: the farthest");
        let long = vec!["10.1.1.1"; 1_000].join(",");
        assert_eq!(find("10.0.0.1", &[&format!("198.51.100.4,{long}")]), "10.1.1.1", "there is an end");
    }
}
