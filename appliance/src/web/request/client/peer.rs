//! Where a request came from, and under which address the box is asked.

use std::net::Ipv6Addr;

use http::Extensions;

use crate::listen::PeerAddress;
use crate::web::context::AppState;

/// Where a request came from; plain HTTP from an unknown address when the listener did not say.
pub(crate) fn find_peer(extensions: &Extensions) -> PeerAddress {
    extensions.get().copied().unwrap_or(PeerAddress {
        remote: std::net::Ipv4Addr::UNSPECIFIED.into(),
        local: std::net::SocketAddr::from(([0, 0, 0, 0], 0)),
        secure: false,
    })
}

pub(crate) fn host_name(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

pub(crate) fn is_authority(host: &str) -> bool {
    let name = host_name(host);
    let port = host.strip_prefix(name).unwrap_or_default();
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port = digits.bytes().all(|b| b.is_ascii_digit())
        && (port.is_empty() || port.starts_with(':') && (digits.is_empty() || digits.parse::<u16>().is_ok()));
    let is_name = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
    };
    is_name && is_port && !name.is_empty()
}

pub(crate) fn https_address(state: &AppState, host: &str, path: &str) -> Option<String> {
    let port = state.settings.https_port?;
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    Some(format!("https://{}{port}{path}", host_name(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port() {
        for good in
            ["box", "box.local", "my_box:80", "10.0.0.5", "10.0.0.5:8443", "[::1]", "[fe80::1]:443", "box:"]
        {
            assert!(is_authority(good), "{good}");
        }
        for junk in [
            "",
            ":80",
            "10.0.0.1@evil",
            "evil@10.0.0.1:80",
            "box:http",
            "box:+80",
            "box:65536",
            "box:80:80",
            "::1",
            "[::1",
            "[::1]80",
            "[box]",
            "box/x",
            "box?x",
            "box#x",
            "box x",
            "box%2f",
            "bo\\x",
        ] {
            assert!(!is_authority(junk), "{junk}");
        }
    }
}
