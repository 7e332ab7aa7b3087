//! Where a request came from, and under which address the box is asked.

use http::Extensions;

use crate::listen::PeerAddress;
use crate::web::context::AppState;

/// Where a request came from; plain HTTP from nowhere when the listener did not say.
pub(crate) fn find_peer(extensions: &Extensions) -> PeerAddress {
    extensions.get().copied().unwrap_or(PeerAddress {
        remote: std::net::Ipv4Addr::UNSPECIFIED.into(),
        local: std::net::SocketAddr::from(([0, 0, 0, 0], 0)),
        secure: false,
    })
}

/// Without the port.
pub(crate) fn host_name(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Where the staff pages are, from a plain page.
pub(crate) fn https_address(state: &AppState, host: &str, path: &str) -> Option<String> {
    let port = state.settings.https_port?;
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    // The certificate holds `localhost` and addresses; a loopback address is shown as the name that it has there.
    Some(format!("https://{}{port}{path}", host_name(host)))
}
