//! PUBACK: after the inbox has settled, in order, and never on a guess.

use std::collections::HashSet;
use std::time::Duration;

use relay::mqtt::{Presence, PublishOutcome, PublishRefusal};

use crate::raw::{Connect, Raw, batch, puback, puback_refusing, reason};
use crate::relay_under_test::{Mode, Relay};

#[tokio::test]
async fn not_before_the_commit_and_pings_between() {
    let mut relay = Relay::start().await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch(identity.id, 1, b"held")).await;
    let held = relay.publish().await;
    // Packets leave in order, so an early PUBACK would come in front of one of these.
    raw.ping().await;
    raw.ping().await;
    held.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(1)).await;
}

#[tokio::test]
async fn every_outcome_has_its_code() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    let refused = [
        (PublishOutcome::Refused(PublishRefusal::Content), reason::UNSPECIFIED),
        (PublishOutcome::Refused(PublishRefusal::Format), reason::FORMAT),
        (PublishOutcome::Busy, reason::QUOTA),
    ];
    for (disposition, code) in refused {
        relay.mode(Mode::Always(disposition));
        raw.send(&batch(identity.id, 3, b"x")).await;
        raw.expect(&puback_refusing(3, code)).await;
        relay.publish().await;
    }
    relay.mode(Mode::Always(PublishOutcome::Done));
    raw.send(&batch(identity.id, 3, b"x")).await;
    raw.expect(&puback(3)).await;
    assert_eq!(relay.metric("publishes_refused"), 2);
}

#[tokio::test]
async fn revoked_since_it_connected() {
    let relay = Relay::start().await;
    relay.mode(Mode::Always(PublishOutcome::Refused(PublishRefusal::Revoked)));
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch(identity.id, 4, b"x")).await;
    raw.expect(&puback_refusing(4, reason::NOT_AUTHORIZED)).await;
    raw.expect_end(reason::NOT_AUTHORIZED).await;
}

#[tokio::test]
async fn an_unknown_outcome_ends_the_connection() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    for mode in [Mode::Always(PublishOutcome::Unknown), Mode::Panics] {
        relay.mode(mode);
        let mut raw = Raw::connected(&relay, &identity).await;
        raw.send(&[batch(identity.id, 1, b"first"), batch(identity.id, 2, b"second")].concat()).await;
        raw.expect_end(reason::UNSPECIFIED).await;
        assert_eq!(relay.publish().await.payload, "first");
    }
    assert_eq!(relay.metric("publishes_unknown"), 2);
    let later = relay.stop().await.into_iter();
    let later = later.filter(|call| matches!(call, crate::relay_under_test::Call::Publish(_)));
    assert_eq!(later.count(), 0, "what followed is not taken either");
}

#[tokio::test]
async fn too_slow_is_unknown() {
    let mut relay = Relay::with(|settings| settings.timing.publish = Duration::from_millis(50)).await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch(identity.id, 1, b"x")).await;
    let mut held = relay.publish().await;
    raw.expect_end(reason::UNSPECIFIED).await;
    crate::soon(held.settle.closed()).await;
}

#[tokio::test]
async fn in_the_order_of_arrival() {
    let mut relay = Relay::start().await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch(identity.id, 8, b"first")).await;
    // Refused at once, and yet it must wait for its turn.
    raw.send(&crate::raw::publish(b"elsewhere", 7, b"second")).await;
    let first = relay.publish().await;
    raw.ping().await;
    first.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(8)).await;
    raw.expect(&puback_refusing(7, reason::NOT_AUTHORIZED)).await;

    raw.send(&batch(identity.id, 2, b"third")).await;
    raw.send(&batch(identity.id, 1, b"fourth")).await;
    let third = relay.publish().await;
    assert_eq!(third.payload, "third");
    third.settle.send(PublishOutcome::Done).unwrap();
    let fourth = relay.publish().await;
    assert_eq!(fourth.payload, "fourth", "one after another");
    fourth.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(2)).await;
    raw.expect(&puback(1)).await;
}

#[tokio::test]
async fn cut_during_the_transaction_and_sent_again() {
    let mut relay = Relay::start().await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut stored = HashSet::new();
    let mut raw = Raw::connected(&relay, &identity).await;
    assert_eq!(relay.presence().await.1, Presence::Connected);
    raw.send(&batch(identity.id, 1, b"entries 0 to 9")).await;
    let first = relay.publish().await;
    drop(raw);
    let mut raw = Raw::connected(&relay, &identity).await;
    first.settle.send(PublishOutcome::Done).expect("the transaction goes on without its box");
    assert!(stored.insert(first.payload));

    let mut again = batch(identity.id, 1, b"entries 0 to 9");
    again[0] |= 8;
    raw.send(&again).await;
    let second = relay.publish().await;
    assert_ne!(first.from.connection, second.from.connection);
    assert!(!stored.insert(second.payload), "the same, so it is stored once");
    second.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(1)).await;
}

#[tokio::test]
async fn packet_ids() {
    let mut relay = Relay::start().await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch(identity.id, 6, b"a")).await;
    raw.send(&batch(identity.id, 6, b"b")).await;
    relay.publish().await.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(6)).await;
    raw.expect(&puback_refusing(6, reason::ID_IN_USE)).await;
    raw.send(&batch(identity.id, 6, b"c")).await;
    let third = relay.publish().await;
    assert_eq!(third.payload, "c", "free again after its PUBACK");
    third.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(6)).await;

    let mut zero = batch(identity.id, 1, b"x");
    let at = zero.len() - 3;
    zero[at] = 0;
    raw.send(&zero).await;
    raw.expect_end(reason::MALFORMED).await;
    let mut raw = Raw::connected_with(&relay, &identity, &Connect::new(identity.id)).await;
    raw.ping().await;
}
