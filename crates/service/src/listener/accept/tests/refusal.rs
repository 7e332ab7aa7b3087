//! A plain client that sends all of a body before it reads can read why it was refused.

use axum::routing::post;
use http::StatusCode;
use tokio::io::AsyncWrite;

use super::*;

/// More than any buffer between two programs holds.
const BODY_BYTES: usize = 20 << 20;

async fn refused(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY_BYTES}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; BODY_BYTES]).await.unwrap();
    stream.flush().await.unwrap();
    let mut reported = String::new();
    stream.read_to_string(&mut reported).await.unwrap();
    reported
}

#[tokio::test]
async fn a_body_that_is_refused_early_ends_in_an_answer() {
    let (server, client) = identity(&["http/1.1"]);
    let (_keep, tls) = watch::channel(server);
    let router = Router::new().route("/", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too long") }));
    let plain = start(router.clone(), None, connection_table(8, 0)).await;
    let secure = start(router, Some(tls), connection_table(8, 0)).await;
    let connect = async |listener: &Listener| TcpStream::connect(listener.local_addr()).await.unwrap();
    let reported = [
        refused(connect(&plain).await).await,
        refused(shake(&client, connect(&secure).await).await.unwrap()).await,
    ];
    for reported in reported {
        assert!(reported.starts_with("HTTP/1.1 413") && reported.ends_with("too long"), "{reported}");
    }
    // Plain text at the port for TLS is read to its end too.
    assert!(refused(connect(&secure).await).await.contains("https://"));
    plain.stop().await;
    secure.stop().await;
}
