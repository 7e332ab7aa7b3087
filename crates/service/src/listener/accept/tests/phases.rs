//! Every phase of an HTTP/1.1 connection has its end. Time is paused, and jumps to whatever is due next.

use axum::routing::{get, post};
use futures_util::StreamExt as _;
use http::StatusCode;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::*;

pub(super) struct MemoryConnection {
    pub(super) client: DuplexStream,
    pub(super) served: JoinHandle<()>,
    pub(super) began: Instant,
    _stop: watch::Sender<bool>,
}

pub(super) fn connect_in_memory(protocol: HttpVersion) -> MemoryConnection {
    let (client, server) = tokio::io::duplex(4 * 1024);
    let (stop, stopped) = watch::channel(false);
    let place = connection_table(8, 0).enter(IpAddr::from([192, 0, 2, 1])).unwrap();
    let uploads = UploadTimeouts::default();
    let guest = AcceptedClient { router: router(), extensions: Extensions::new(), uploads, place };
    let served = tokio::spawn(serve_http(server, protocol, guest, stopped));
    MemoryConnection { client, served, began: Instant::now(), _stop: stop }
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/big", get(|| async { vec![b'x'; 1 << 20] }))
        .route("/page", get(|| async { vec![b'x'; 64 * 1024] }))
        .route("/upload", post(upload))
        .route("/pause", post(pause))
        .route("/refuse", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too long") }))
}

async fn upload(body: Body) -> (StatusCode, String) {
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => (StatusCode::OK, format!("{} bytes", bytes.len())),
        Err(error) => (StatusCode::REQUEST_TIMEOUT, error.to_string()),
    }
}

/// Reads, does something else for a minute, and reads on.
async fn pause(body: Body) -> (StatusCode, String) {
    let mut pieces = body.into_data_stream();
    let first = pieces.next().await.unwrap().unwrap();
    sleep(s(60)).await;
    let second = pieces.next().await.unwrap().unwrap();
    (StatusCode::OK, format!("{} and {} bytes", first.len(), second.len()))
}

impl MemoryConnection {
    async fn say(&mut self, text: &str) {
        self.client.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a byte every other second until the connection ends.
    async fn dribble(&mut self) {
        while self.client.write_all(b"y").await.is_ok() {
            sleep(s(2)).await;
        }
    }

    async fn rest(&mut self) -> String {
        answer(&mut self.client).await
    }

    fn seconds(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}

const KEPT: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn the_first_head_has_ten_seconds() {
    let mut silent = connect_in_memory(HttpVersion::Http1);
    assert_eq!((silent.rest().await.as_str(), silent.seconds()), ("", 10));
    let mut slow = connect_in_memory(HttpVersion::Http1);
    slow.say("GET / HTTP/1.1\r\nX: ").await;
    slow.dribble().await;
    assert!((10..=12).contains(&slow.seconds()), "{}", slow.seconds());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_a_minute_and_the_next_head_ten_seconds() {
    let mut idle = connect_in_memory(HttpVersion::Http1);
    idle.say(KEPT).await;
    assert!(idle.rest().await.ends_with("here"));
    assert_eq!(idle.seconds(), 60);
    let mut slow = connect_in_memory(HttpVersion::Http1);
    slow.say(KEPT).await;
    sleep(s(30)).await;
    slow.dribble().await;
    assert!((40..=42).contains(&slow.seconds()), "{}", slow.seconds());
    let mut steady = connect_in_memory(HttpVersion::Http1);
    for _ in 0..5 {
        steady.say(KEPT).await;
        sleep(s(50)).await;
    }
    assert_eq!(steady.rest().await.matches("here").count(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_told_so() {
    let mut connection = connect_in_memory(HttpVersion::Http1);
    connection.say("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx").await;
    let mut status = [0; 12];
    connection.client.read_exact(&mut status).await.unwrap();
    assert_eq!((&status, connection.seconds()), (b"HTTP/1.1 408", 20));
    assert!(connection.rest().await.ends_with("did not come in time"));
    (&mut connection.served).await.unwrap();
    assert_eq!(connection.seconds(), 25, "it was heard out");
}

#[tokio::test(start_paused = true)]
async fn time_in_which_the_program_does_not_read_does_not_count() {
    let mut connection = connect_in_memory(HttpVersion::Http1);
    connection.say("POST /pause HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\n").await;
    sleep(s(5)).await;
    connection.say("ab").await;
    sleep(s(70)).await;
    connection.say("cd").await;
    let reported = connection.rest().await;
    assert!(reported.starts_with("HTTP/1.1 200") && reported.ends_with("2 and 2 bytes"), "{reported}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_cut_and_a_slow_one_is_not() {
    let mut stuck = connect_in_memory(HttpVersion::Http1);
    stuck.say("GET /big HTTP/1.1\r\nHost: a\r\n\r\n").await;
    (&mut stuck.served).await.unwrap();
    assert_eq!(stuck.seconds(), 30);
    let mut slow = connect_in_memory(HttpVersion::Http1);
    slow.say("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let (mut taken, mut piece) = (0, vec![0; 4 * 1024]);
    loop {
        sleep(s(20)).await;
        let read = slow.client.read(&mut piece).await.unwrap();
        if read == 0 {
            break;
        }
        taken += read;
    }
    assert!(taken > 64 * 1024 && slow.seconds() > 300, "{taken} bytes in {} s", slow.seconds());
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_is_heard_out_within_bounds() {
    let head = "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n";
    let mut quiet = connect_in_memory(HttpVersion::Http1);
    quiet.say(head).await;
    assert!(quiet.rest().await.ends_with("too long"));
    (&mut quiet.served).await.unwrap();
    assert_eq!(quiet.seconds(), 5, "nothing more came");
    let mut endless = connect_in_memory(HttpVersion::Http1);
    endless.say(head).await;
    let (piece, mut sent) = (vec![0; 64 * 1024], 0_usize);
    while endless.client.write_all(&piece).await.is_ok() {
        sent += piece.len();
    }
    assert!((32 << 20..34 << 20).contains(&sent), "{sent}");
    let mut dribbler = connect_in_memory(HttpVersion::Http1);
    dribbler.say(head).await;
    dribbler.dribble().await;
    assert!((30..=32).contains(&dribbler.seconds()), "{}", dribbler.seconds());
}
