//! The way down, and the end of the relay itself.

use bytes::Bytes;
use record::topics::{DownTopic, Topic};
use relay::mqtt::{ConnectionEnd, NotSent, Presence, PublishOutcome};

use crate::raw::{Connect, Raw, batch, puback, read_publish, reason};
use crate::relay_under_test::{Call, Mode, Relay};

fn payload(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

#[tokio::test]
async fn nobody_there() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let send = |relay: &Relay| relay.publisher.send(identity.id, DownTopic::Ack, payload("x"));
    assert_eq!(send(&relay), Err(NotSent::NotConnected));
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.subscribed(identity.id).await;
    assert_eq!(send(&relay), Ok(()));
    raw.send(&crate::raw::GOODBYE).await;
    while relay.presence().await.1 != Presence::Gone(ConnectionEnd::Clean) {}
    assert_eq!(send(&relay), Err(NotSent::NotConnected));
}

#[tokio::test]
async fn no_more_at_once_than_the_box_takes() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let connect = Connect::new(identity.id).properties(&[0x21, 0, 1]);
    let mut raw = Raw::connected_with(&relay, &identity, &connect).await;
    raw.subscribed(identity.id).await;
    for text in ["first", "second"] {
        relay.publisher.send(identity.id, DownTopic::Ack, payload(text)).unwrap();
    }
    let (_, id, first) = read_publish(&raw.frame().await.unwrap());
    assert_eq!((id, &first[..]), (1, &b"first"[..]));
    // What leaves next is the answer to this, not the second message.
    raw.ping().await;
    raw.send(&puback(9)).await;
    raw.ping().await;
    raw.send(&puback(1)).await;
    let (_, id, second) = read_publish(&raw.frame().await.unwrap());
    assert_eq!((id, &second[..]), (2, &b"second"[..]));
}

#[tokio::test]
async fn no_larger_than_the_box_takes() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw =
        Raw::connected_with(&relay, &identity, &Connect::new(identity.id).properties(&[0x27, 0, 0, 0, 90]))
            .await;
    raw.subscribed(identity.id).await;
    let around = 2 + 2 + Topic::Down(identity.id, DownTopic::Ack).to_string().len() + 2 + 1;
    for bytes in [90 - around + 1, 90 - around] {
        relay.publisher.send(identity.id, DownTopic::Ack, vec![7; bytes].into()).unwrap();
    }
    let (_, _, came) = read_publish(&raw.frame().await.unwrap());
    assert_eq!(came.len(), 90 - around);
    assert_eq!((relay.metric("sent"), relay.metric("unsent_too_large")), (1, 1));
}

#[tokio::test]
async fn nothing_is_kept_for_the_next_connection() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.subscribed(identity.id).await;
    relay.publisher.send(identity.id, DownTopic::Ack, payload("unacknowledged")).unwrap();
    raw.frame().await.unwrap();
    drop(raw);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.subscribed(identity.id).await;
    // The box says what it has; the inbox answers that.
    raw.send(&batch(identity.id, 1, b"hello")).await;
    relay.publish().await;
    raw.expect(&puback(1)).await;
    relay.publisher.send(identity.id, DownTopic::Ack, payload("answer")).unwrap();
    let (_, id, came) = read_publish(&raw.frame().await.unwrap());
    assert_eq!((id, &came[..]), (1, &b"answer"[..]));
}

#[tokio::test]
async fn put_out_by_the_operator() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    assert!(!relay.publisher.disconnect(identity.id));
    let mut raw = Raw::connected(&relay, &identity).await;
    assert!(relay.publisher.disconnect(identity.id));
    raw.expect_end(reason::ADMINISTRATIVE).await;
}

#[tokio::test]
async fn the_relay_stops_while_a_box_publishes() {
    let mut relay = Relay::start().await;
    relay.mode(Mode::Held);
    let (one, idle) = (relay.identity(1), relay.identity(2));
    let mut raw = Raw::connected(&relay, &one).await;
    let mut other = Raw::connected(&relay, &idle).await;
    raw.send(&batch(one.id, 1, b"x")).await;
    let held = relay.publish().await;
    let address = relay.address();
    let stopping = tokio::spawn(relay.stop());
    other.expect_end(reason::SHUTTING_DOWN).await;
    // The idle box is gone, the one that publishes is not.
    held.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(1)).await;
    raw.expect_end(reason::SHUTTING_DOWN).await;
    let calls = crate::soon(stopping).await.unwrap();
    let stopped =
        calls.iter().filter(|call| matches!(call, Call::Presence(_, Presence::Gone(ConnectionEnd::Stopped))));
    assert_eq!(stopped.count(), 2);
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn a_transaction_does_not_hold_up_the_stop_for_ever() {
    let short = std::time::Duration::from_millis(50);
    let mut relay = Relay::with(|settings| {
        settings.timing.drain = short;
        settings.timing.publish = std::time::Duration::from_secs(30);
    })
    .await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch(identity.id, 1, b"x")).await;
    let held = relay.publish().await;
    crate::soon(relay.listener.stop()).await;
    raw.expect_end(reason::SHUTTING_DOWN).await;
    held.settle.send(PublishOutcome::Done).expect("the transaction itself goes on");
}
