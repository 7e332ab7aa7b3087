//! How connections end, and who is notified of it: the last will once, never after a DISCONNECT or a take-over.

use std::time::Duration;

use relay::mqtt::{ConnectionEnd, Presence};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

use crate::raw::{Connect, GOODBYE, Raw, batch, puback, reason};
use crate::relay_under_test::{Call, Relay};

async fn leaves(relay: &mut Relay, leave: &[u8]) -> Presence {
    let identity = relay.identity(1);
    let connect = Connect::new(identity.id).own_will(identity.id);
    let mut raw = Raw::connected_with(relay, &identity, &connect).await;
    assert_eq!(relay.presence_of(identity.id).await, Presence::Connected);
    raw.send(leave).await;
    raw.expect_silent_end().await;
    relay.presence_of(identity.id).await
}

#[tokio::test]
async fn goodbyes() {
    let mut relay = Relay::start().await;
    for (bytes, end) in [
        (&GOODBYE[..], ConnectionEnd::Clean),
        (&[0xe0, 1, 0], ConnectionEnd::Clean),
        (&[0xe0, 2, 0, 0], ConnectionEnd::Clean),
        (&[0xe0, 1, 4], ConnectionEnd::Lost),
        (&[0xe0, 2, 4, 0], ConnectionEnd::Lost),
        (&[0xe0, 2, 0x80, 0], ConnectionEnd::Lost),
    ] {
        assert_eq!(leaves(&mut relay, bytes).await, Presence::Gone(end), "{bytes:x?}");
    }
    assert_eq!((relay.metric("ended_clean"), relay.metric("ended_lost")), (3, 3));
    let left = relay.stop().await.into_iter().filter(|call| matches!(call, Call::Presence(..))).count();
    assert_eq!(left, 0, "each was told once");
}

#[tokio::test]
async fn an_end_without_a_word() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);

    let mut raw = Raw::connected(&relay, &identity).await;
    assert_eq!(relay.presence().await.1, Presence::Connected);
    raw.stream.shutdown().await.unwrap();
    assert_eq!(relay.presence().await.1, Presence::Gone(ConnectionEnd::Lost));

    let raw = Raw::connected(&relay, &identity).await;
    assert_eq!(relay.presence().await.1, Presence::Connected);
    let (tcp, _) = raw.stream.into_inner();
    // Closing with a linger of zero resets the connection.
    tcp.set_zero_linger().unwrap();
    drop(tcp);
    assert_eq!(relay.presence().await.1, Presence::Gone(ConnectionEnd::Lost));

    let raw = Raw::connected_with(&relay, &identity, &Connect::new(identity.id).keep_alive(1)).await;
    assert_eq!(relay.presence().await.1, Presence::Connected);
    assert_eq!(
        relay.presence().await.1,
        Presence::Gone(ConnectionEnd::Lost),
        "after 1.5 times the keep-alive"
    );
    drop(raw);
}

#[tokio::test]
async fn pings_keep_it_open() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let connect = Connect::new(identity.id).keep_alive(2);
    let mut raw = Raw::connected_with(&relay, &identity, &connect).await;
    let start = Instant::now();
    // Twice the time after which silence would have ended it.
    while start.elapsed() < Duration::from_secs(6) {
        raw.ping().await;
        sleep(Duration::from_millis(250)).await;
    }
}

#[tokio::test]
async fn a_goodbye_after_the_last_publishes() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&[&batch(identity.id, 1, b"last")[..], &GOODBYE].concat()).await;
    assert_eq!(relay.publish().await.payload, "last");
    assert_eq!(relay.presence().await.1, Presence::Connected);
    assert_eq!(relay.presence().await.1, Presence::Gone(ConnectionEnd::Clean));
}

#[tokio::test]
async fn a_take_over() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let connect = Connect::new(identity.id).own_will(identity.id);
    let mut old = Raw::connected_with(&relay, &identity, &connect).await;
    let (first, _) = relay.presence().await;
    let mut new = Raw::connected_with(&relay, &identity, &connect).await;
    let (second, presence) = relay.presence().await;
    assert_eq!(presence, Presence::Connected);
    assert_ne!(first.connection, second.connection);
    old.expect_end(reason::TAKEN_OVER).await;
    new.send(&batch(identity.id, 1, b"x")).await;
    new.expect(&puback(1)).await;
    assert_eq!(relay.publish().await.from, second);
    assert_eq!(relay.publisher.connection(identity.id), Some(second.connection));
    new.send(&GOODBYE).await;
    new.expect_silent_end().await;
    // The next word is the new one's: the old one's will was not published.
    assert_eq!(relay.presence().await, (second, Presence::Gone(ConnectionEnd::Clean)));
    assert_eq!(relay.publisher.connected(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_take_overs() {
    const TIMES: u64 = 50;
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut connections = Vec::new();
    for _ in 0..TIMES {
        connections.push(Raw::connected(&relay, &identity).await);
    }
    let mut last = connections.pop().unwrap();
    for mut old in connections {
        old.expect_end(reason::TAKEN_OVER).await;
    }
    last.ping().await;
    assert_eq!(relay.publisher.connected(), 1);
    assert_eq!(relay.metric("taken_over"), TIMES - 1);
    last.send(&GOODBYE).await;
    last.expect_silent_end().await;
    let (mut up, mut gone) = (0, 0);
    while gone == 0 {
        match relay.presence().await.1 {
            Presence::Connected => up += 1,
            Presence::Gone(end) => {
                assert_eq!(end, ConnectionEnd::Clean, "an older connection spoke for the box");
                gone += 1;
            }
        }
    }
    assert_eq!((up, gone), (TIMES, 1));
    let rest = relay.stop().await.into_iter().filter(|call| matches!(call, Call::Presence(..))).count();
    assert_eq!(rest, 0);
}
