//! Who gets past TLS, and that silent strangers do not block others.

use std::time::Duration;

use relay::mqtt::{Admission, Presence};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::pki::Pki;
use crate::raw::{Connect, Raw, reason};
use crate::relay_under_test::{Call, Relay};
use crate::soon;

/// What a client that TLS turns away sees: the text of the alert.
async fn alert(relay: &Relay, config: std::sync::Arc<rustls::ClientConfig>) -> String {
    match Raw::open(relay, config).await {
        Err(error) => error.to_string(),
        Ok(mut raw) => soon(raw.try_frame()).await.expect_err("a packet came").to_string(),
    }
}

#[tokio::test]
async fn certificates_that_are_not_ours() {
    let relay = Relay::start().await;
    let pki = &relay.pki;
    let cases = [
        ("none", pki.client_without_certificate(), "CertificateRequired"),
        ("of another CA", pki.client(&Pki::new().identity(1)), "alert: "),
        ("expired", pki.client(&pki.expired(1)), "CertificateExpired"),
        ("over TLS 1.2", pki.client_of_tls_1_2(&pki.identity(1)), "ProtocolVersion"),
    ];
    let count = cases.len() as u64;
    for (name, config, expected) in cases {
        let seen = alert(&relay, config).await;
        assert!(seen.contains(expected), "{name}: {seen}");
    }
    assert_eq!(relay.metric("tls_failed"), count);
    assert!(relay.stop().await.is_empty(), "the inbox hears of none of them");
}

#[tokio::test]
async fn a_good_box_comes_in() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    let certificate = relay.admitted().await;
    assert_eq!((certificate.box_id, certificate.serial), (identity.id, identity.serial));
    let (origin, presence) = relay.presence().await;
    assert_eq!((origin.box_id, presence), (identity.id, Presence::Connected));
    assert_eq!(relay.publisher.connection(identity.id), Some(origin.connection));
    raw.ping().await;
    assert_eq!(relay.metric("connected"), 1);
}

#[tokio::test]
async fn the_inbox_decides() {
    let relay = Relay::start().await;
    let (old, new) = (relay.identity(1), relay.pki.renewed(1));
    relay.admission(&old, Admission::Revoked);
    let connect = Connect::new(old.id).bytes();
    let code = async |identity| Raw::greet(&relay, identity, &connect).await.1.unwrap().body[1];
    assert_eq!(code(&old).await, reason::BANNED);
    assert_eq!(code(&new).await, 0, "the same box under another serial");
    relay.admission(&new, Admission::Unknown);
    assert_eq!(code(&new).await, reason::NOT_AUTHORIZED);
    relay.admission(&new, Admission::Unavailable);
    assert_eq!(code(&new).await, reason::UNAVAILABLE);
    assert_eq!(relay.metric("connects_refused"), 3);
}

#[tokio::test]
async fn an_inbox_that_does_not_answer() {
    let relay = Relay::with(|settings| settings.timing.admit = Duration::from_millis(50)).await;
    relay.get_stuck();
    let identity = relay.identity(1);
    let (mut raw, answer) = Raw::greet(&relay, &identity, &Connect::new(identity.id).bytes()).await;
    assert_eq!(answer.unwrap().body[1], reason::UNAVAILABLE);
    raw.expect_silent_end().await;
}

#[tokio::test]
async fn a_certificate_that_is_no_boxs() {
    let relay = Relay::start().await;
    let nobody = relay.pki.nobody();
    let (_, answer) = Raw::greet(&relay, &nobody, &Connect::new(nobody.id).bytes()).await;
    assert_eq!(answer.unwrap().body[1], reason::NOT_AUTHORIZED);
}

#[tokio::test]
async fn silence_before_tls() {
    let relay = Relay::with(|settings| settings.timing.tls = Duration::from_millis(100)).await;
    let mut silent = TcpStream::connect(relay.address()).await.unwrap();
    assert_eq!(soon(silent.read(&mut [0; 16])).await.unwrap(), 0);
    assert_eq!(relay.metric("tls_failed"), 1);
}

#[tokio::test]
async fn silence_before_connect() {
    let relay = Relay::with(|settings| settings.timing.connect = Duration::from_millis(100)).await;
    let mut raw = Raw::open(&relay, relay.pki.client(&relay.identity(1))).await.unwrap();
    raw.send(&[0x10, 30]).await;
    raw.expect_silent_end().await;
    assert_eq!(relay.metric("connects_failed"), 1);
    assert!(relay.stop().await.is_empty());
}

#[tokio::test]
async fn no_tls_at_all() {
    let relay = Relay::start().await;
    let mut stranger = TcpStream::connect(relay.address()).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A TLS alert, then the end; or a reset. Never anything of MQTT.
    let _ = soon(stranger.read_to_end(&mut answer)).await;
    assert!(answer.len() <= 7, "{answer:x?}");
}

#[tokio::test]
async fn three_hundred_stalled_handshakes() {
    let mut relay = Relay::with(|settings| {
        settings.timing.tls = Duration::from_secs(600);
        settings.timing.handshake_grace = Duration::ZERO;
    })
    .await;
    let mut strangers = Vec::new();
    for n in 0..300 {
        let mut stranger = TcpStream::connect(relay.address()).await.unwrap();
        if n % 2 == 0 {
            // Half a record header, to see that a few bytes do not help either.
            stranger.write_all(&[22, 3, 1]).await.unwrap();
        }
        strangers.push(stranger);
    }
    let identity = relay.identity(1);
    Raw::connected(&relay, &identity).await.ping().await;
    assert_eq!(relay.admitted().await.box_id, identity.id);
    assert!(relay.metric("handshakes_crowded_out") >= 50);
}

#[tokio::test]
async fn another_ca_at_run_time() {
    let mut relay = Relay::start().await;
    let old = relay.identity(1);
    let mut connected = Raw::connected(&relay, &old).await;
    let old_client = relay.pki.client(&old);
    relay.pki = relay.pki.with_boxes_of(Pki::new());
    relay.listener.reload(relay.pki.server());
    let new = relay.identity(2);
    Raw::connected(&relay, &new).await.ping().await;
    assert!(alert(&relay, old_client).await.contains("alert: "));
    connected.ping().await;
    let admitted = relay.stop().await.into_iter().filter(|call| matches!(call, Call::Admit(_))).count();
    assert_eq!(admitted, 2);
}
