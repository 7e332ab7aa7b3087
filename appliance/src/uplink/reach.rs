//! Which transports out of the building reach the relay: all of them tried at once, for `doctor` and for finding out
//! what blocks the box.

use std::sync::Arc;

use record::claim::ClaimAnswer;
use service::clock::Clock;

use super::relation::claim::{ClaimError, ClaimStore};
pub use super::transport::fault::TransportFault;
use super::transport::mqtt_link::RelayEndpoint;
pub use super::transport::probe::TransportProbe;
use super::transport::probe::{RelayProbeTarget, ShownIdentity, mqtt_target};
use super::transport::proxy::HttpsRoute;
use super::transport::tls;

/// Tries every transport to the relay at once, whichever the box uses: MQTT, direct HTTPS, and HTTPS by the proxy where
/// one is set. Of a box with nothing but a claim file, the transports to the relay that it names. Nothing is sent that
/// changes anything there, and a connection that the running box has stays. Ends within half a minute.
///
/// # Errors
/// What the relay gave this box, or its claim file, cannot be used.
pub async fn probe_transports(
    files: &ClaimStore,
    route: &HttpsRoute,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<TransportProbe>, ClaimError> {
    let targets = match files.relation()? {
        Some(relation) => targets_of(files, &relation, route, clock)?,
        None => claim_targets(files, route, clock)?,
    };
    let probing = targets.iter().map(RelayProbeTarget::probe);
    Ok(futures_util::future::join_all(probing).await)
}

fn routes_of(route: &HttpsRoute) -> Vec<HttpsRoute> {
    let straight = HttpsRoute { proxy: None, ..route.clone() };
    if route.proxy.is_some() { vec![straight, route.clone()] } else { vec![straight] }
}

fn targets_of(
    files: &ClaimStore,
    relation: &ClaimAnswer,
    route: &HttpsRoute,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<RelayProbeTarget>, ClaimError> {
    let key = files.key()?;
    let identity = Some((relation.chain.as_str(), key.as_str()));
    let mut targets = Vec::new();
    if let Ok(relay) = relation.mqtt_url.parse::<RelayEndpoint>() {
        let tls = tls::watched_config(&relation.relay_ca, identity, Arc::clone(clock), 0)?;
        targets.push(mqtt_target(&relay, tls));
    }
    for route in routes_of(route) {
        let trusted = route.trusted(&relation.relay_ca);
        let tls = tls::watched_config(&trusted, identity, Arc::clone(clock), 0)?;
        targets.extend(RelayProbeTarget::of_https(
            &relation.photos_url,
            &route,
            tls,
            ShownIdentity::Certificate,
        ));
    }
    Ok(targets)
}

fn claim_targets(
    files: &ClaimStore,
    route: &HttpsRoute,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<RelayProbeTarget>, ClaimError> {
    let Some(text) = files.waiting()? else { return Ok(Vec::new()) };
    let Some(relay) = firmware_config::ClaimFile::parse(text.as_bytes())?.relay else {
        return Ok(Vec::new());
    };
    let mut targets = Vec::new();
    for route in routes_of(route) {
        let tls = tls::watched_config(&route.trusted(&relay.relay_ca), None, Arc::clone(clock), 0)?;
        targets.extend(RelayProbeTarget::of_https(&relay.relay_url, &route, tls, ShownIdentity::None));
    }
    Ok(targets)
}
