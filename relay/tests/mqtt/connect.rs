//! CONNECT and its answer.

use record::topics::{DownTopic, Topic, UpTopic};

use crate::pki::box_id;
use crate::raw::{Connect, GOODBYE, Raw, reason};
use crate::relay_under_test::{Call, Relay};

#[tokio::test]
async fn what_connack_says() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let (_raw, answer) = Raw::greet(&relay, &identity, &Connect::new(identity.id).bytes()).await;
    let packet_bytes_max = u32::try_from(record::limits::MQTT_PACKET_BYTES_MAX).unwrap().to_be_bytes();
    let properties = [
        // session expiry 0, receive maximum 2, maximum QoS 1, retain not available
        &[0x11, 0, 0, 0, 0, 0x21, 0, 2, 0x24, 1, 0x25, 0, 0x27][..],
        &packet_bytes_max,
        // topic alias maximum 0, no subscription ids, no shared subscriptions
        &[0x22, 0, 0, 0x29, 0, 0x2a, 0],
    ]
    .concat();
    let expected = [&[0, 0, u8::try_from(properties.len()).unwrap()][..], &properties].concat();
    assert_eq!(answer.unwrap().body, expected);
}

#[tokio::test]
async fn keep_alives_out_of_range_are_replaced() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    for (requested, reported) in [(0, true), (u16::MAX, true), (90, false)] {
        let connect = Connect::new(identity.id).keep_alive(requested).bytes();
        let (_, answer) = Raw::greet(&relay, &identity, &connect).await;
        let server_keep_alive = [0x13, 0, 90];
        assert_eq!(
            answer.unwrap().body.windows(3).any(|part| part == server_keep_alive),
            reported,
            "{requested}"
        );
    }
}

#[tokio::test]
async fn refusals() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let me = identity.id;
    let new = || Connect::new(me);
    let gone = Topic::Up(me, UpTopic::Gone).to_string();
    let named = |client_id: String| Connect { client_id, ..new() };
    let cases = [
        (named(box_id(2).to_string()), reason::CLIENT_ID),
        (named(String::new()), reason::CLIENT_ID),
        (named(me.to_string().to_lowercase()), reason::CLIENT_ID),
        (new().will(Topic::Up(box_id(2), UpTopic::Gone).to_string(), 1, false), reason::NOT_AUTHORIZED),
        (new().will(Topic::Down(me, DownTopic::Ack).to_string(), 1, false), reason::NOT_AUTHORIZED),
        (new().will("#".into(), 0, false), reason::NOT_AUTHORIZED),
        (new().will(gone.clone(), 2, false), reason::QOS),
        (new().will(gone, 1, true), reason::RETAIN),
        // Receive maximum 0, packet size maximum 0, an authentication method.
        (new().properties(&[0x21, 0, 0]), reason::PROTOCOL_ERROR),
        (new().properties(&[0x27, 0, 0, 0, 0]), reason::PROTOCOL_ERROR),
        (new().properties(&[0x15, 0, 1, b'x']), 0x8c),
        (Connect { level: 6, ..new() }, reason::UNSUPPORTED_VERSION),
    ];
    for (n, (connect, code)) in cases.into_iter().enumerate() {
        let (mut raw, answer) = Raw::greet(&relay, &identity, &connect.bytes()).await;
        let answer = answer.unwrap();
        assert_eq!((answer.first, answer.body), (0x20, vec![0, code, 0]), "case {n}");
        raw.expect_silent_end().await;
    }
    assert!(relay.stop().await.is_empty(), "none of them is asked about or seen");
}

#[tokio::test]
async fn an_older_protocol() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    for level in [3, 4] {
        let connect = Connect { level, ..Connect::new(identity.id) };
        let (mut raw, answer) = Raw::greet(&relay, &identity, &connect.bytes()).await;
        assert_eq!(answer.unwrap().body, [0, 1], "unacceptable protocol version, in words that it can read");
        raw.expect_silent_end().await;
    }
}

#[tokio::test]
async fn anything_else_first() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let too_large = [0x10, 0xff, 0xff, 0x7f];
    for first in
        [&GOODBYE[..], &crate::raw::PINGREQ, &crate::raw::batch(identity.id, 1, b"x"), &too_large, &[0; 8]]
    {
        let (_, answer) = Raw::greet(&relay, &identity, first).await;
        assert_eq!(answer, None, "{first:x?}");
    }
    assert_eq!(relay.metric("connects_failed"), 5);
    assert!(relay.stop().await.is_empty());
}

#[tokio::test]
async fn a_second_connect() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&Connect::new(identity.id).bytes()).await;
    raw.expect_end(reason::PROTOCOL_ERROR).await;
}

#[tokio::test]
async fn behind_connect_in_one_breath() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut bytes = Connect::new(identity.id).bytes();
    bytes.extend(crate::raw::batch(identity.id, 1, b"early"));
    let (mut raw, answer) = Raw::greet(&relay, &identity, &bytes).await;
    assert_eq!(answer.unwrap().body[1], 0);
    raw.expect(&crate::raw::puback(1)).await;
    assert_eq!(relay.publish().await.payload, "early");
}

#[tokio::test]
async fn a_full_house() {
    let relay = Relay::with(|settings| settings.connections_max = 1).await;
    let (first, second) = (relay.identity(1), relay.identity(2));
    let mut inside = Raw::connected(&relay, &first).await;
    let (_, answer) = Raw::greet(&relay, &second, &Connect::new(second.id).bytes()).await;
    assert_eq!(answer.unwrap().body[1], reason::BUSY);
    inside.ping().await;
    let calls = relay.stop().await;
    let admitted = calls.iter().filter(|call| matches!(call, Call::Admit(_))).count();
    assert_eq!(admitted, 1);
}
