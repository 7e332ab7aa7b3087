//! Crowds that say nothing, certificates that change, and the end.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use axum::routing::get;
use tokio::net::TcpSocket;

use super::*;

/// A bound on waiting for what must come; never a measure.
const LONG: Duration = Duration::from_secs(30);
const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

pub(super) async fn connect_from(address: impl Into<Ipv4Addr>, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address.into(), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

#[tokio::test]
async fn two_thousand_silent_connections_keep_nobody_out() {
    let (server, client) = identity(&["h2", "http/1.1"]);
    let (_keep, tls) = watch::channel(server);
    let client_http1 = {
        let mut client = (*client).clone();
        client.alpn_protocols.clear();
        Arc::new(client)
    };
    for (together, per_address) in [(256, 64), (256, 0)] {
        let connections = connection_table(together, per_address);
        let router = Router::new().route("/", get(|| async { "here" }));
        let listener = start(router, Some(tls.clone()), Arc::clone(&connections)).await;
        let addr = listener.local_addr();
        // The listener closes the earlier ones, so that an ordinary limit on open files is enough.
        let mut silent = VecDeque::new();
        for n in 0..2_000 {
            silent.push_back(TcpStream::connect(addr).await.unwrap());
            if n >= 400 {
                silent.pop_front();
            }
        }
        for from in [[127, 0, 0, 2], [127, 0, 0, 1]] {
            let requested = async {
                let mut stream = shake(&client_http1, connect_from(from, addr).await).await.unwrap();
                stream.write_all(ASK).await.unwrap();
                answer(&mut stream).await
            };
            let reported = tokio::time::timeout(LONG, requested).await.unwrap();
            assert!(reported.ends_with("here"), "{from:?}: {reported}");
            let bound = if per_address > 0 { per_address + 1 } else { together };
            assert!(connections.open() <= bound, "{} are open", connections.open());
        }
        listener.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_gone_after_ten_seconds_whatever_it_did_before() {
    let (server, client) = identity(&["h2", "http/1.1"]);
    let (_keep, tls) = watch::channel(server);
    let listener = start(Router::new(), Some(tls), connection_table(8, 0)).await;
    let began = tokio::time::Instant::now();
    let mut nothing = TcpStream::connect(listener.local_addr()).await.unwrap();
    let mut part = TcpStream::connect(listener.local_addr()).await.unwrap();
    part.write_all(&[22, 3, 1]).await.unwrap();
    let mut shaken = shake(&client, TcpStream::connect(listener.local_addr()).await.unwrap()).await.unwrap();
    let _ = tokio::join!(answer(&mut nothing), answer(&mut part), answer(&mut shaken));
    assert_eq!(began.elapsed().as_secs(), 10);
    listener.stop().await;
}

#[tokio::test]
async fn a_certificate_is_swapped_while_it_runs() {
    let ((old, trusts_old), (new, trusts_new)) = (identity(&[]), identity(&[]));
    let (swap, tls) = watch::channel(old);
    let listener =
        start(Router::new().route("/", get(|| async { "here" })), Some(tls), connection_table(8, 0)).await;
    let connect = async || TcpStream::connect(listener.local_addr()).await.unwrap();
    let mut before = shake(&trusts_old, connect().await).await.unwrap();
    swap.send_replace(new);
    assert!(shake(&trusts_old, connect().await).await.is_err());
    for stream in [&mut before, &mut shake(&trusts_new, connect().await).await.unwrap()] {
        stream.write_all(ASK).await.unwrap();
        assert!(answer(stream).await.ends_with("here"));
    }
    listener.stop().await;
}

#[tokio::test(start_paused = true)]
async fn it_stops_in_time_with_a_stream_open() {
    let (server, client) = identity(&["h2"]);
    let (_keep, tls) = watch::channel(server);
    let running = Arc::new(tokio::sync::Notify::new());
    let at_work = Arc::clone(&running);
    let router = Router::new().route(
        "/",
        get(|| async move {
            at_work.notify_one();
            std::future::pending::<()>().await;
        }),
    );
    let listener = start(router, Some(tls), connection_table(8, 0)).await;
    let stream = shake(&client, TcpStream::connect(listener.local_addr()).await.unwrap()).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Body>(executor, io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://localhost/").body(Body::empty()).unwrap();
    let requested = tokio::spawn(async move { sender.send_request(request).await });
    running.notified().await;
    let began = tokio::time::Instant::now();
    listener.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(requested.await.unwrap().is_err());
}
