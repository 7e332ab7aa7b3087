//! The transports to the relay on the page of the box, and for monitors.

use std::collections::BTreeMap;

use crate::uplink::{TransportFault, UplinkTransport};
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn report(
    way: UplinkTransport,
    proxy: Option<&str>,
    faults: &[(UplinkTransport, TransportFault)],
) -> Option<TransportReport> {
    let faults: BTreeMap<_, _> = faults.iter().cloned().collect();
    Some(TransportReport { transport: way, faults, proxy: proxy.map(str::to_owned), relay_tzdb: None })
}

async fn health(world: &World) -> serde_json::Value {
    serde_json::from_slice(&world.get("/healthz").await.bytes).unwrap()
}

#[tokio::test]
async fn the_page_of_the_box_says_where_each_way_ends() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    admin.get("/staff/box").await.is(200).has_not("Way to the relay");
    assert_eq!(health(&world).await["way"], serde_json::Value::Null, "not claimed");

    let dropped = (UplinkTransport::Mqtt, TransportFault::Silent { to: "relay.example:8883".into() });
    world.transports.send_replace(report(
        UplinkTransport::Https,
        Some("proxy.example:3128"),
        std::slice::from_ref(&dropped),
    ));
    world.link.send_replace(RelayLinkState::Up { ended_backlog: 0 });
    let page = admin.get("/staff/box").await;
    page.has("Way to the relay").has("HTTPS through the proxy proxy.example:3128");
    page.has("Not by MQTT").has("relay.example:8883 does not answer");
    let shown = health(&world).await;
    let blocked = serde_json::json!([{"way": "mqtt", "code": "silent"}]);
    assert_eq!((&shown["way"], &shown["blocked"]), (&"https".into(), &blocked));
    assert!(!shown.to_string().contains("relay.example"), "monitors learn no names");

    let read = (UplinkTransport::Https, TransportFault::Inspected { issuer: "Big <Brother> CA".into() });
    world.transports.send_replace(report(UplinkTransport::Mqtt, None, &[dropped, read]));
    world.link.send_replace(RelayLinkState::Down { since_ms: None });
    let page = admin.get("/staff/box").await;
    page.has_not("Way to the relay").has("Not by HTTPS").has("signed by “Big &#60;Brother&#62; CA”");
    page.has("leave the relay out of TLS inspection").has("nothing is lost");
}

#[tokio::test]
async fn every_fault_has_words_of_its_own() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let text = || "some subject".to_owned();
    let faults = [
        TransportFault::Name { host: text(), why: text() },
        TransportFault::NotConnected { to: text(), why: text() },
        TransportFault::Silent { to: text() },
        TransportFault::Stalled { to: text() },
        TransportFault::ProxyPassword,
        TransportFault::ProxyPasswordWrong,
        TransportFault::ProxyScheme { offered: text() },
        TransportFault::ProxyRefused { status: 502 },
        TransportFault::ProxyCut,
        TransportFault::Inspected { issuer: text() },
        TransportFault::Intercepted { issuer: text() },
        TransportFault::CertificateRefused { why: text() },
        TransportFault::CertificateMissing,
        TransportFault::NotInService,
        TransportFault::OtherAnswer { status: 511 },
        TransportFault::Broken { why: text() },
    ];
    let mut pages = std::collections::BTreeSet::new();
    for fault in faults {
        let subject = fault.subject();
        world.transports.send_replace(report(
            UplinkTransport::Mqtt,
            None,
            &[(UplinkTransport::Https, fault.clone())],
        ));
        let page = admin.get("/staff/box").await;
        let text = page.has("Not by HTTPS").has(&subject).text();
        let at = text.find("Not by HTTPS").unwrap();
        let words: String = text[at..].chars().take(250).collect();
        assert!(pages.insert(words), "{fault:?} has the words of another");
    }
}
