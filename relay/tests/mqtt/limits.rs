//! At each limit and one above; nothing a box does costs more than its share of memory.

use std::sync::Arc;
use std::time::Duration;

use record::limits::MQTT_PACKET_BYTES_MAX;
use record::topics::{Topic, UpTopic};
use relay::mqtt::PublishOutcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw::{Connect, PINGREQ, Raw, batch, puback, puback_refusing, publish, reason};
use crate::relay_under_test::{Mode, Relay};
use crate::soon;

/// A batch whose packet has exactly so many bytes.
fn batch_of(id: record::ids::BoxId, bytes: usize) -> Vec<u8> {
    let empty = batch(id, 1, &vec![0; 70_000]).len() - 70_000;
    let packet = batch(id, 1, &vec![7; bytes - empty]);
    assert_eq!(packet.len(), bytes);
    packet
}

#[tokio::test]
async fn the_largest_packet_and_one_byte_more() {
    let mut relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&batch_of(identity.id, MQTT_PACKET_BYTES_MAX)).await;
    raw.expect(&puback(1)).await;
    assert!(relay.publish().await.payload.len() > MQTT_PACKET_BYTES_MAX - 100);
    raw.send(&batch_of(identity.id, MQTT_PACKET_BYTES_MAX + 1)).await;
    raw.expect_end(reason::TOO_LARGE).await;
    assert_eq!(relay.metric("published"), 1);
}

#[tokio::test]
async fn a_header_that_promises_400_kib() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&[0x32, 0x80, 0x80, 0x19]).await;
    raw.expect_end(reason::TOO_LARGE).await;
}

/// Unread bytes at our side would make the close a reset, and a client may then never see why.
#[tokio::test]
async fn whoever_goes_on_sending_still_reads_the_reason() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    let too_large = batch_of(identity.id, 400 * 1024);
    raw.send(&too_large[..4]).await;
    raw.try_send(&too_large[4..200_000]).await.unwrap();
    let message = raw.frame().await.unwrap();
    assert_eq!((message.first, message.body[0]), (0xe0, reason::TOO_LARGE));
    raw.try_send(&too_large[200_000..250_000]).await.unwrap();
    let end = soon(raw.stream.read(&mut [0; 16])).await;
    assert_eq!(end.expect("TLS is closed as it should be, not reset"), 0);
}

#[tokio::test]
async fn one_more_than_receive_maximum() {
    let mut relay = Relay::start().await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    for id in 1..=2 {
        raw.send(&batch(identity.id, id, b"x")).await;
    }
    raw.ping().await;
    raw.send(&batch(identity.id, 3, b"x")).await;
    raw.expect_end(reason::RECEIVE_MAX).await;
    // Both that were within the limit still go up, the second after the first.
    for _ in 0..2 {
        relay.publish().await.settle.send(PublishOutcome::Done).unwrap();
    }
}

#[tokio::test]
async fn too_many_waiting() {
    let mut relay = Relay::with(|settings| settings.waiting_max = 2).await;
    relay.mode(Mode::Held);
    let identity = relay.identity(1);
    let health = publish(Topic::Up(identity.id, UpTopic::Health).to_string().as_bytes(), 0, b"health");
    let mut raw = Raw::connected(&relay, &identity).await;
    raw.send(&health).await;
    let busy = relay.publish().await;
    for _ in 0..3 {
        raw.send(&health).await;
    }
    raw.send(&batch(identity.id, 5, b"batch")).await;
    raw.expect(&puback_refusing(5, reason::QUOTA)).await;
    assert_eq!(relay.metric("publishes_crowded_out"), 2);
    busy.settle.send(PublishOutcome::Done).unwrap();
    for _ in 0..2 {
        relay.publish().await.settle.send(PublishOutcome::Done).unwrap();
    }
    raw.send(&batch(identity.id, 6, b"batch")).await;
    relay.publish().await.settle.send(PublishOutcome::Done).unwrap();
    raw.expect(&puback(6)).await;
}

#[tokio::test]
async fn too_many_bytes_over_all_boxes() {
    let mut relay = Relay::with(|settings| settings.held_bytes_max = 100_000).await;
    relay.mode(Mode::Held);
    let (one, other) = (relay.identity(1), relay.identity(2));
    let mut first = Raw::connected(&relay, &one).await;
    let mut second = Raw::connected(&relay, &other).await;
    first.send(&batch(one.id, 1, &[0; 60_000])).await;
    let held = relay.publish().await;
    second.send(&batch(other.id, 1, &[0; 60_000])).await;
    second.expect(&puback_refusing(1, reason::QUOTA)).await;
    assert_eq!(relay.metric("held_bytes"), 60_000);
    held.settle.send(PublishOutcome::Done).unwrap();
    first.expect(&puback(1)).await;
    assert_eq!(relay.metric("held_bytes"), 0);
    second.send(&batch(other.id, 2, &[0; 60_000])).await;
    relay.publish().await.settle.send(PublishOutcome::Done).unwrap();
    second.expect(&puback(2)).await;
}

#[tokio::test]
async fn half_a_packet_and_silence() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let connect = Connect::new(identity.id).keep_alive(1);
    let mut raw = Raw::connected_with(&relay, &identity, &connect).await;
    raw.send(&batch(identity.id, 1, b"abc")[..20]).await;
    raw.expect_end(reason::KEEP_ALIVE).await;
}

#[tokio::test]
async fn a_slow_drip() {
    let relay = Relay::start().await;
    let identity = relay.identity(1);
    let connect = Connect::new(identity.id).keep_alive(1);
    let raw = Raw::connected_with(&relay, &identity, &connect).await;
    let (mut reading, mut writing) = tokio::io::split(raw.stream);
    let packet = batch(identity.id, 1, &[0; 100_000]);
    let drip = async {
        for byte in packet {
            if writing.write_all(&[byte]).await.is_err() || writing.flush().await.is_err() {
                break;
            }
            // The drip is the behaviour under test: it must outlive the keep-alive by far, and never complete.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut message = [0; 4];
    let reported = async { reading.read_exact(&mut message).await };
    tokio::select! {
        () = drip => unreachable!("it has no end"),
        reported = soon(reported) => drop(reported.unwrap()),
    }
    assert_eq!(message, [0xe0, 2, reason::KEEP_ALIVE, 0]);
}

#[tokio::test]
async fn a_peer_that_never_reads() {
    let mut relay = Relay::with(|settings| settings.timing.write = Duration::from_millis(200)).await;
    let identity = relay.identity(1);
    let mut raw = Raw::connected(&relay, &identity).await;
    let (of, _) = relay.presence().await;
    let pings = PINGREQ.repeat(50_000);
    // Answers fill both sockets' buffers until the listener gives up; then writing fails here.
    soon(async { while raw.try_send(&pings).await.is_ok() {} }).await;
    assert_eq!(relay.presence().await, (of, relay::mqtt::Presence::Gone(relay::mqtt::ConnectionEnd::Lost)));
}

/// In a process of its own: the memory of one test cannot be told from that of those beside it.
#[test]
fn two_hundred_boxes_at_once() {
    const ALONE: &str = "CLEANTRACK_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(serve_two_hundred_boxes());
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "limits::two_hundred_boxes_at_once", "--nocapture"]).env(ALONE, "1");
    let ended = alone.output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()));
}

async fn serve_two_hundred_boxes() {
    const BOXES: usize = 200;
    const PAYLOAD: usize = 250 * 1024;
    const HELD: usize = 32;
    let mut relay = Relay::with(|settings| settings.held_bytes_max = HELD * PAYLOAD).await;
    relay.mode(Mode::Held);
    let mut boxes = Vec::new();
    for n in 0..BOXES {
        let identity = relay.identity(u32::try_from(n).unwrap());
        boxes.push((identity.id, Raw::connected(&relay, &identity).await));
    }
    assert_eq!(relay.metric("connected"), BOXES as u64);
    let before = resident_bytes();
    let payload = Arc::new(vec![7; PAYLOAD]);
    for (id, raw) in &mut boxes {
        raw.send(&batch(*id, 1, &payload)).await;
        raw.send(&batch(*id, 2, &payload)).await;
    }
    soon(async {
        while relay.metric("published") + relay.metric("publishes_crowded_out") < 2 * BOXES as u64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(relay.metric("held_bytes"), (HELD * PAYLOAD) as u64);
    // 102 MB were sent and 8 MB may be kept. The rest is both sides' TLS and read buffers.
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 80_000_000, "{grown} bytes more");

    relay.mode(Mode::Always(PublishOutcome::Done));
    for _ in 0..HELD {
        // Those that waited behind another of the same box are done without being asked.
        let _ = relay.publish().await.settle.send(PublishOutcome::Done);
    }
    for (id, raw) in &mut boxes {
        let mut again = Vec::new();
        for packet in 1..=2_u16 {
            let answer = raw.frame().await.unwrap().body;
            if answer != packet.to_be_bytes() {
                assert_eq!(answer, [0, u8::try_from(packet).unwrap(), reason::QUOTA, 0]);
                again.push(packet);
            }
        }
        for packet in again {
            raw.send(&batch(*id, packet, &payload)).await;
            raw.expect(&puback(packet)).await;
        }
    }
    assert_eq!(relay.metric("published"), 2 * BOXES as u64);
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
