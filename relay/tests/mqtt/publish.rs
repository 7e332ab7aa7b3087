//! What a box may publish, and that nothing else reaches the inbox.

use record::topics::{DownTopic, Topic, UpTopic};

use crate::pki::box_id;
use crate::raw::{Raw, batch, puback, puback_refusing, publish, reason};
use crate::relay_under_test::Relay;

#[tokio::test]
async fn every_topic_of_its_own() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    for (id, up) in (1..).zip([UpTopic::Hello, UpTopic::Batch, UpTopic::Health, UpTopic::Gone]) {
        let topic = Topic::Up(identity.id, up).to_string();
        raw.send(&publish(topic.as_bytes(), id, b"payload")).await;
        raw.expect(&puback(id)).await;
        let published = relay.publish().await;
        assert_eq!((published.from.box_id, published.up), (identity.id, up));
        assert_eq!(published.payload, "payload");
    }
    raw.send(&publish(Topic::Up(identity.id, UpTopic::Health).to_string().as_bytes(), 0, b"")).await;
    assert!(relay.publish().await.payload.is_empty());
    raw.ping().await;
}

#[tokio::test]
async fn no_topic_of_others() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let me = identity.id;
    let foreign = [
        Topic::Up(box_id(2), UpTopic::Batch).to_string(),
        Topic::Down(me, DownTopic::Ack).to_string(),
        format!("ct/1/{me}/up"),
        "up/batch".to_owned(),
        format!("ct/1/{me}x/up/batch"),
        format!("ct/1/{me}/up/batch/"),
        format!("ct/1/{me}/up/../up/batch"),
        "$SYS/broker/version".to_owned(),
        format!("ct/1/{me}/up/#"),
        "ct/1/+/up/batch".to_owned(),
        format!("ct/1/{me}/up/batch\0"),
        String::new(),
    ];
    let mut raw = Raw::connected(&relay, &identity).await;
    let not_text = [&b"ct/1/\xff\xfe"[..]];
    let topics: Vec<&[u8]> = foreign.iter().map(String::as_bytes).chain(not_text).collect();
    for topic in &topics {
        raw.send(&publish(topic, 7, b"forbidden")).await;
        raw.expect(&puback_refusing(7, reason::NOT_AUTHORIZED)).await;
        raw.send(&publish(topic, 0, b"forbidden")).await;
    }
    raw.ping().await;
    assert_eq!(relay.metric("publishes_forbidden"), 2 * topics.len() as u64);
    raw.send(&batch(me, 8, b"allowed")).await;
    raw.expect(&puback(8)).await;
    assert_eq!(relay.publish().await.payload, "allowed", "the first that the inbox sees");
}

#[tokio::test]
async fn what_connack_ruled_out() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let with_flags = |flags: u8| {
        let mut bytes = batch(identity.id, 1, b"x");
        bytes[0] = 0x30 | flags;
        bytes
    };
    let with_property = |property: &[u8]| {
        let mut bytes = batch(identity.id, 1, b"");
        *bytes.last_mut().unwrap() = u8::try_from(property.len()).unwrap();
        bytes.extend(property);
        bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
        bytes
    };
    let cases = [
        (with_flags(4), reason::QOS),
        (with_flags(2 | 1), reason::RETAIN),
        (with_flags(6), reason::MALFORMED),
        (with_property(&[0x23, 0, 1]), reason::TOPIC_ALIAS),
        (with_property(&[0x0b, 5]), reason::PROTOCOL_ERROR),
        (with_property(&[0x7f, 5]), reason::MALFORMED),
    ];
    for (bytes, code) in cases {
        let mut raw = Raw::connected(&relay, &identity).await;
        raw.send(&bytes).await;
        raw.expect_end(code).await;
    }
    assert_eq!(relay.metric("published"), 0);
}

#[tokio::test]
async fn packets_that_only_servers_send() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let cases: [(&[u8], u8); 6] = [
        (&[0x20, 3, 0, 0, 0], reason::PROTOCOL_ERROR),
        (&[0x90, 4, 0, 1, 0, 0], reason::PROTOCOL_ERROR),
        (&[0xd0, 0], reason::PROTOCOL_ERROR),
        (&[0x62, 2, 0, 1], reason::PROTOCOL_ERROR),
        (&[0xf0, 2, 0, 0], reason::MALFORMED),
        (&[0x00, 0], reason::MALFORMED),
    ];
    for (bytes, code) in cases {
        let mut raw = Raw::connected(&relay, &identity).await;
        raw.send(bytes).await;
        raw.expect_end(code).await;
    }
}

/// Over the real socket: whatever a box sends, the others are served.
#[tokio::test]
async fn broken_packets_harm_nobody_else() {
    let mut relay = Relay::start().await;
    let (broken, good) = (relay.identity(1), relay.identity(2));
    let mut witness = Raw::connected(&relay, &good).await;
    let sample =
        [batch(broken.id, 1, &[7; 40]), crate::raw::subscribe(2, &[(&Topic::down_filter(broken.id), 1)])]
            .concat();
    for at in 0..sample.len().min(64) {
        let mut bytes = sample.clone();
        bytes[at] ^= 0x81;
        let mut raw = Raw::connected(&relay, &broken).await;
        raw.send(&bytes).await;
        raw.send(&crate::raw::GOODBYE).await;
    }
    witness.send(&batch(good.id, 9, b"still here")).await;
    witness.expect(&puback(9)).await;
    while relay.publish().await.from.box_id != good.id {}
}
