//! What a box may subscribe to, and when the way down opens.

use bytes::Bytes;
use record::topics::{DownTopic, Topic};
use relay::mqtt::NotSent;

use crate::pki::box_id;
use crate::raw::{Frame, Raw, read_publish, reason, subscribe, unsubscribe};
use crate::relay_under_test::Relay;

#[tokio::test]
async fn several_filters_in_one_packet() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let own = Topic::down_filter(identity.id);
    let mut raw = Raw::connected(&relay, &identity).await;
    let shared = format!("$share/group/{own}");
    let filters = [
        (own.as_str(), 1),
        (&Topic::down_filter(box_id(2)), 1),
        ("#", 0),
        ("+/1/+/down/#", 0),
        (&shared, 1),
        ("a/#/b", 0),
        (&Topic::Down(identity.id, DownTopic::Ack).to_string(), 0),
        (&own, 2),
    ];
    raw.send(&subscribe(5, &filters)).await;
    let no = reason::NOT_AUTHORIZED;
    let codes = [1, no, no, no, reason::SHARED, reason::FILTER_INVALID, 0, 1];
    let body = [&[0, 5, 0][..], &codes].concat();
    assert_eq!(raw.frame().await, Some(Frame { first: 0x90, body }));
}

#[tokio::test]
async fn nothing_comes_before_suback() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    let send = || relay.publisher.send(identity.id, DownTopic::Ack, Bytes::from_static(b"cosigned"));
    assert_eq!(send(), Err(NotSent::NotConnected));
    raw.send(&subscribe(1, &[(&Topic::down_filter(box_id(2)), 1)])).await;
    raw.expect(&[0x90, 4, 0, 1, 0, reason::NOT_AUTHORIZED]).await;
    assert_eq!(send(), Err(NotSent::NotConnected));
    raw.subscribed(identity.id).await;
    assert_eq!(send(), Ok(()));
    let (topic, id, payload) = read_publish(&raw.frame().await.unwrap());
    assert_eq!(topic, Topic::Down(identity.id, DownTopic::Ack).to_string());
    assert_eq!((id, &payload[..]), (1, &b"cosigned"[..]));
    assert_eq!(relay.metric("unsent"), 2);
}

#[tokio::test]
async fn only_what_was_asked_for_and_as_it_was() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&subscribe(1, &[(&Topic::Down(identity.id, DownTopic::Ack).to_string(), 0)])).await;
    raw.expect(&[0x90, 4, 0, 1, 0, 0]).await;
    let send = |down| relay.publisher.send(identity.id, down, Bytes::from_static(b"x"));
    assert_eq!(send(DownTopic::Directive), Err(NotSent::NotConnected));
    assert_eq!(send(DownTopic::Ack), Ok(()));
    let frame = raw.frame().await.unwrap();
    assert_eq!((frame.first, read_publish(&frame).1), (0x30, 0), "quality of service 0");
}

#[tokio::test]
async fn unsubscribing() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let own = Topic::down_filter(identity.id);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.subscribed(identity.id).await;
    raw.send(&unsubscribe(2, &["other", &own])).await;
    raw.expect(&[0xb0, 5, 0, 2, 0, 0x11, 0]).await;
    let sent = relay.publisher.send(identity.id, DownTopic::Ack, Bytes::from_static(b"x"));
    assert_eq!(sent, Err(NotSent::NotConnected));
    raw.ping().await;
}
