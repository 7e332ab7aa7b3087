//! HTTP/2 frames written by hand: connections that follow the protocol and read nothing.

use tokio::io::{DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::phases::{MemoryConnection, connect_in_memory};
use super::*;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
/// END_STREAM and END_HEADERS.
const WHOLE: u8 = 5;
/// `SETTINGS_INITIAL_WINDOW_SIZE` of 0.
const TAKES_NOTHING: &[u8] = &[0, 4, 0, 0, 0, 0];
/// GET, https, authority `a`, and the path `/`, or `/big`.
const ASK: &[u8] = &[0x82, 0x87, 0x41, 1, b'a', 0x84];
const ASK_BIG: &[u8] = &[0x82, 0x87, 0x41, 1, b'a', 0x44, 4, b'/', b'b', b'i', b'g'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn hello(settings: &[u8]) -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()
}

struct Client {
    writer: Arc<Mutex<WriteHalf<DuplexStream>>>,
    received: tokio::task::JoinHandle<Vec<(u8, Vec<u8>)>>,
    connection: MemoryConnection,
}

async fn receive_frames(
    mut reader: ReadHalf<DuplexStream>,
    writer: Arc<Mutex<WriteHalf<DuplexStream>>>,
) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    let mut head = [0; 9];
    while reader.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        if reader.read_exact(&mut payload).await.is_err() {
            break;
        }
        if head[3] == PING && head[4] & ACK == 0 {
            let _ = writer.lock().await.write_all(&frame(PING, ACK, 0, &payload)).await;
        }
        frames.push((head[3], payload));
    }
    frames
}

impl Client {
    fn new() -> Self {
        let mut connection = connect_in_memory(HttpVersion::Http2);
        let (end, _) = tokio::io::duplex(1);
        let (reader, writer) = tokio::io::split(std::mem::replace(&mut connection.client, end));
        let writer = Arc::new(Mutex::new(writer));
        let received = tokio::spawn(receive_frames(reader, Arc::clone(&writer)));
        Self { writer, received, connection }
    }

    async fn say(&self, bytes: &[u8]) -> io::Result<()> {
        self.writer.lock().await.write_all(bytes).await
    }

    async fn ping_on(&self) {
        while self.say(&frame(PING, 0, 0, b"anybody?")).await.is_ok() {
            sleep(Duration::from_secs(2)).await;
        }
    }

    fn seconds(&self) -> u64 {
        self.connection.began.elapsed().as_secs()
    }
}

#[tokio::test(start_paused = true)]
async fn a_preface_and_nothing_else_has_ten_seconds() {
    let mut client = Client::new();
    client.say(&hello(&[])).await.unwrap();
    (&mut client.received).await.unwrap();
    assert_eq!(client.seconds(), 10);
    let client = Client::new();
    client.say(&hello(&[])).await.unwrap();
    client.ping_on().await;
    assert!((10..=12).contains(&client.seconds()), "pings win no time: {}", client.seconds());
}

#[tokio::test(start_paused = true)]
async fn pings_without_a_stream_are_idle() {
    let mut client = Client::new();
    client.say(&[hello(&[]), frame(HEADERS, WHOLE, 1, ASK)].concat()).await.unwrap();
    client.ping_on().await;
    assert!((60..=66).contains(&client.seconds()), "{}", client.seconds());
    let received = (&mut client.received).await.unwrap();
    assert!(received.iter().any(|(_, payload)| payload == b"here"), "it was answered before");
    assert!(received.iter().any(|(kind, _)| *kind == GOAWAY), "it was told");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_is_cut() {
    let mut client = Client::new();
    client.say(&[hello(TAKES_NOTHING), frame(HEADERS, WHOLE, 1, ASK_BIG)].concat()).await.unwrap();
    (&mut client.received).await.unwrap();
    assert_eq!(client.seconds(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_resets_ends_its_connection() {
    let mut client = Client::new();
    client.say(&hello(&[])).await.unwrap();
    for n in 0..10_000 {
        let stream = 2 * n + 1;
        let both = [frame(HEADERS, WHOLE, stream, ASK), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat();
        if client.say(&both).await.is_err() {
            break;
        }
    }
    let received = (&mut client.received).await.unwrap();
    let reported = received.iter().find(|(kind, _)| *kind == GOAWAY).map(|(_, payload)| payload[7]);
    assert_eq!(reported, Some(11), "ENHANCE_YOUR_CALM");
    assert!(client.seconds() < 10, "not by its time");
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_goes_through_in_pieces() {
    let mut client = Client::new();
    // Windows of 2 MiB: no window update is needed.
    let wide = [0, 4, 0, 0x20, 0, 0];
    let more = frame(8, 0, 0, &[0, 0x20, 0, 0]);
    client.say(&[hello(&wide), more, frame(HEADERS, WHOLE, 1, ASK_BIG)].concat()).await.unwrap();
    let received = (&mut client.received).await.unwrap();
    let length: usize =
        received.iter().filter(|(kind, _)| *kind == 0).map(|(_, payload)| payload.len()).sum();
    assert_eq!(length, 1 << 20);
    assert!((60..=65).contains(&client.seconds()), "and then it was idle: {}", client.seconds());
}
