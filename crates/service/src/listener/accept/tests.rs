//! Real sockets against the listener: limits, and an orderly end.

mod attack;
mod http2;
mod phases;
mod refusal;

use super::*;

use crate::listener::ConnectionLimits;

use axum::body::Body;
use axum::routing::{get, post};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};

fn connection_table(together: usize, per_address: usize) -> Arc<ConnectionTable> {
    ConnectionTable::new(ConnectionLimits { together, per_address })
}

async fn start(router: Router, tls: Option<TlsInfo>, connections: Arc<ConnectionTable>) -> Listener {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Listener::start(tcp, ListenerConfig::new(tls, connections), router).unwrap()
}

async fn started(together: usize) -> (Listener, Arc<ConnectionTable>) {
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/echo", post(|body: String| async move { body }));
    let connections = connection_table(together, 0);
    (start(router, None, Arc::clone(&connections)).await, connections)
}

/// For the server a certificate for `localhost`, for the client the trust in it. Both speak these protocols.
fn identity(protocols: &[&str]) -> (Arc<rustls::ServerConfig>, Arc<rustls::ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let protocols: Vec<Vec<u8>> = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    server.alpn_protocols.clone_from(&protocols);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = protocols;
    (Arc::new(server), Arc::new(client))
}

type Shaken = io::Result<tokio_rustls::client::TlsStream<TcpStream>>;

async fn shake(client: &Arc<rustls::ClientConfig>, tcp: TcpStream) -> Shaken {
    tokio_rustls::TlsConnector::from(Arc::clone(client)).connect("localhost".try_into().unwrap(), tcp).await
}

async fn ask(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(&mut stream).await
}

async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    // A reset after the answer is as good as a close.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn what_is_not_a_request_is_refused() {
    let (listener, _) = started(8).await;
    let many = "X: y\r\n".repeat(1_000);
    let wide = format!("X: {}\r\n", "y".repeat(64 * 1024));
    for (head, status) in [
        ("Content-Length: +5\r\n", "400"),
        ("Content-Length: -1\r\n", "400"),
        ("Content-Length: 0x10\r\n", "400"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "400"),
        ("X: a\r\n obs-fold\r\n", "400"),
        ("X: a\0b\r\n", "400"),
        (many.as_str(), "431"),
        (wide.as_str(), "431"),
        ("", "200"),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n");
        let answer = ask(listener.local_addr(), &request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{} → {answer}",
            &head[..head.len().min(40)]
        );
    }
    for long in [5_000, 70_000, 1_000_000] {
        let request = format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "y".repeat(long));
        let answer = ask(listener.local_addr(), &request).await;
        assert!(answer.starts_with("HTTP/1.1 414"), "{long} → {answer}");
    }
    let chunk = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n";
    assert!(ask(listener.local_addr(), chunk).await.starts_with("HTTP/1.1 400"));
    listener.stop().await;
}

fn head_with_lengths(body: &str, first: &str, second: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\n{first}\r\n{second}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_request_with_two_lengths_smuggles_nothing() {
    let (listener, _) = started(8).await;
    let body = "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (length, chunked) = (format!("Content-Length: {}", body.len()), "Transfer-Encoding: chunked");
    for (first, second) in [(length.as_str(), chunked), (chunked, length.as_str())] {
        let reported = ask(listener.local_addr(), &head_with_lengths(body, first, second)).await;
        assert!(reported.starts_with("HTTP/1.1 400"), "{reported}");
        assert!(!reported.contains("here"), "what follows is not read as a request: {reported}");
        assert!(reported.to_lowercase().contains("connection: close"), "{reported}");
    }
    let good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let reported =
        ask(listener.local_addr(), &format!("{good}{}", head_with_lengths(body, &length, chunked))).await;
    assert!(
        reported.contains("here") && reported.contains("HTTP/1.1 400") && !reported.ends_with("here"),
        "{reported}"
    );
    for wrong in
        ["Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: xchunked"]
    {
        let reported = ask(listener.local_addr(), &head_with_lengths(body, wrong, "X: y")).await;
        assert!(reported.starts_with("HTTP/1.1 400"), "{wrong}: {reported}");
    }
    for garbage in ["zz\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n"] {
        let request =
            format!("POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{chunked}\r\n\r\n{garbage}");
        let reported = ask(listener.local_addr(), &request).await;
        assert!(!reported.starts_with("HTTP/1.1 200"), "{garbage:?}: {reported}");
    }
    let fair = format!("POST /echo HTTP/1.1\r\nHost: a\r\n{chunked}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    assert!(ask(listener.local_addr(), &fair).await.ends_with("hello"));
    listener.stop().await;
}

#[tokio::test]
async fn three_hundred_slow_clients_do_not_keep_a_good_one_out() {
    let (listener, connections) = started(256).await;
    let mut slow = Vec::new();
    for n in 0..300 {
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        // Some never finish their head, some never their body.
        let part = if n % 2 == 0 {
            "GET / HT"
        } else {
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"
        };
        stream.write_all(part.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    for _ in 0..20 {
        let good = ask(listener.local_addr(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(good.ends_with("here"), "{good}");
    }
    assert!(connections.open() <= 256);
    listener.stop().await;
}

#[tokio::test]
async fn idle_connections_make_room_for_a_good_one() {
    let (listener, connections) = started(3).await;
    let mut idle = Vec::new();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHos").await.unwrap();
        idle.push(stream);
    }
    let good = ask(listener.local_addr(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(good.ends_with("here"), "{good}");
    assert!(connections.open() <= 3);
    assert_eq!(answer(&mut idle[0]).await, "", "the oldest was closed");
    listener.stop().await;
}

#[tokio::test]
async fn a_half_closed_client_gets_its_answer() {
    let (listener, _) = started(8).await;
    let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(answer(&mut stream).await.ends_with("hi"));
    listener.stop().await;
}

#[tokio::test]
async fn stopping_lets_a_running_request_end() {
    let (began, hold) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (reported, held) = (began.clone(), hold.clone());
    let router = Router::new().route(
        "/",
        get(move || async move {
            reported.notify_one();
            held.notified().await;
            "done"
        }),
    );
    let listener = start(router, None, connection_table(8, 0)).await;
    let requested = tokio::spawn({
        let addr = listener.local_addr();
        async move { ask(addr, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await }
    });
    began.notified().await;
    let stopping = tokio::spawn(listener.stop());
    hold.notify_one();
    assert!(requested.await.unwrap().ends_with("done"));
    stopping.await.unwrap();
}

#[tokio::test]
async fn only_the_time_counts_in_which_a_body_is_read() {
    let (turn, turns) = tokio::sync::watch::channel(false);
    let (began, mut begins) = tokio::sync::mpsc::channel(1);
    let read = move |mut body: Body| {
        let (mut turns, began) = (turns.clone(), began.clone());
        async move {
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            began.send(()).await.unwrap();
            // Another request's turn comes first.
            turns.wait_for(|turn| *turn).await.unwrap();
            match axum::body::to_bytes(body, 1_000).await {
                Ok(rest) => format!("{} bytes", first.len() + rest.len()),
                Err(_) => "too slow".to_owned(),
            }
        }
    };
    let listener = start(Router::new().route("/", post(read)), None, connection_table(8, 0)).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n";
        stream.write_all(head).await.unwrap();
        // The box waits for the first bytes; its clock runs.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        stream.write_all(b"half").await.unwrap();
        begins.recv().await.unwrap();
        streams.push(stream);
    }
    // Ten minutes of waiting for a turn cost the phone nothing.
    pass(Duration::from_secs(600)).await;
    turn.send(true).unwrap();
    streams[0].write_all(b" more").await.unwrap();
    let reported = answer(&mut streams[0]).await;
    assert!(reported.ends_with("9 bytes"), "{reported}");
    // What it makes the box wait counts.
    pass(Duration::from_secs(30)).await;
    let reported = answer(&mut streams[1]).await;
    assert!(reported.ends_with("too slow"), "{reported}");
    listener.stop().await;
}

/// Advances the clock while nothing else happens.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_told_so() {
    let (server, client) = identity(&["http/1.1"]);
    let (_keep, tls) = watch::channel(server);
    let listener =
        start(Router::new().route("/", get(|| async { "here" })), Some(tls), connection_table(8, 0)).await;
    let reported = ask(listener.local_addr(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(reported.starts_with("HTTP/1.1 400") && reported.contains("https://"), "{reported}");
    let mut stream = shake(&client, TcpStream::connect(listener.local_addr()).await.unwrap()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.ends_with("here"));
    drop(stream);
    listener.stop().await;
}

#[tokio::test]
async fn a_request_carries_what_its_connection_was_introduced_with() {
    #[derive(Clone)]
    struct Port(u16);
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = ListenerConfig::new(None, connection_table(8, 0));
    config.introduction = Arc::new(|caller| {
        let mut extensions = Extensions::new();
        extensions.insert(Port(caller.remote.port()));
        (caller.remote.ip() == IpAddr::from([127, 0, 0, 1])).then_some(extensions)
    });
    let listener = Listener::start(
        tcp,
        config,
        Router::new().route(
            "/",
            get(|peer: axum::Extension<PeerAddress>, port: axum::Extension<Port>| async move {
                format!("{} {} {}", peer.remote, peer.secure, port.0.0)
            }),
        ),
    )
    .unwrap();
    let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
    let port = stream.local_addr().unwrap().port();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.ends_with(&format!("127.0.0.1 false {port}")));
    let mut stranger = attack::connect_from([127, 0, 0, 2], listener.local_addr()).await;
    assert_eq!(answer(&mut stranger).await, "", "nobody answers who was not introduced");
    listener.stop().await;
}
