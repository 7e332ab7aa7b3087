//! The page on how to trust this box, and the certificate that it has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_DISPOSITION, USER_AGENT};

use crate::web::tests::*;

const CA_PEM: &str = "-----BEGIN CERTIFICATE-----\n\
MIIBlzCCAT2gAwIBAgIUMGRG6lNrc5hIuBRp5J4hM1RKirAwCgYIKoZIzj0EAwIw\n\
ITEfMB0GA1UEAwwWQ2xlYW5UcmFjayBmYWNpbGl0eSBDQTAeFw0yNjExMjQyMDIx\n\
MjFaFw00NjAxMjMyMDIxMjFaMCExHzAdBgNVBAMMFkNsZWFuVHJhY2sgZmFjaWxp\n\
dHkgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQh0G4OFQ2ryTJ4is4EELCg\n\
DLf8HffBlMRBujwgG67V82XX5u/FWalAnnZbDFrHVSUdOl98J3oNwzHhU9YXoiMW\n\
o1MwUTAdBgNVHQ4EFgQUeAh7BTCWtWY3XZPFGnuVaabMa1MwHwYDVR0jBBgwFoAU\n\
eAh7BTCWtWY3XZPFGnuVaabMa1MwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD\n\
AgNIADBFAiEArcGpmViDDIgZIPFkm+re8NaVDXY3rkuEpW495vaOgikCIB7lkF5F\n\
OReU3V/BbzCY1lNCi8g5woCj5rNxPxt0YEpK\n\
-----END CERTIFICATE-----\n";
/// As `openssl x509 -fingerprint -sha256` has it.
const FINGERPRINT: &str =
    "9C 6D 54 4F B3 39 8B 16 1C 2C 08 91 D3 74 ED E9 D6 8C 68 1F 27 13 AA EC 99 90 CE 9C E6 F6 89 D0";

pub(in crate::web::tests) fn put_certificate(world: &World) {
    let keys = world.state.field.data.join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::write(keys.join("https-ca.pem"), CA_PEM).unwrap();
}

#[tokio::test]
async fn a_box_without_a_certificate_offers_none() {
    let world = World::new().await;
    world.get("/trust").await.is(200).has("This box has no secure pages now").has_not("cleantrack.crt");
    for file in ["/trust/cleantrack.crt", "/trust/cleantrack.mobileconfig"] {
        world.get(file).await.is(404);
    }
}

#[tokio::test]
async fn the_certificate_is_offered_as_each_system_takes_it() {
    let world = World::new().await;
    put_certificate(&world);
    let page = world.get("/trust").await;
    page.is(200).has(FINGERPRINT).has("https://10.0.0.5:8443/trust").has("It is good until");
    let der: String = CA_PEM.lines().filter(|line| !line.starts_with("--")).collect();
    let file = world.get("/trust/cleantrack.crt").await;
    assert_eq!(file.is(200).header(CONTENT_TYPE), "application/x-x509-ca-cert");
    assert!(file.header(CONTENT_DISPOSITION).contains("cleantrack.crt"));
    assert_eq!(STANDARD.encode(&file.bytes), der);
    let profile = world.get("/trust/cleantrack.mobileconfig").await;
    assert_eq!(profile.is(200).header(CONTENT_TYPE), "application/x-apple-aspen-config");
    profile.has(&format!("<data>{der}</data>")).has("com.apple.security.root");
    assert_eq!(world.get("/trust/cleantrack.mobileconfig").await.bytes, profile.bytes);
}

#[tokio::test]
async fn a_phone_is_shown_the_steps_of_its_own_system_first() {
    let world = World::new().await;
    put_certificate(&world);
    for (agent, shown, folded) in [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)", "iPhone and iPad", "Android"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9)", "Android", "iPhone and iPad"),
    ] {
        let mut request = Request::get("/trust").body(Body::empty()).unwrap();
        request.headers_mut().insert(USER_AGENT, agent.parse().unwrap());
        let page = world.send(request, false).await;
        page.has(&format!("<h2>{shown}</h2>")).has(&format!("<summary>{folded}</summary>"));
    }
}

#[tokio::test]
async fn whoever_needs_the_secure_page_is_led_to_the_steps() {
    let world = World::new().await;
    world.get("/staff/").await.is(403).has("href=\"/trust\"").has("How to trust this box");
}
