//! A form that is refused before its end: a client that sends all of it before reading still gets the reason.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::listen::{ConnectionLimits, ConnectionTable, Listener, ListenerConfig};
use crate::web::tests::*;

async fn reported(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    stream.flush().await.unwrap();
    let mut reported = Vec::new();
    stream.read_to_end(&mut reported).await.unwrap();
    String::from_utf8_lossy(&reported).into_owned()
}

/// Requests that are refused long before their end, each more than any buffer between two programs holds.
fn requests(tag: Tag) -> Vec<(&'static str, Vec<u8>)> {
    let parts: String = (0..10_000)
        .map(|n: usize| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"f{n}\"\r\n\r\n{}\r\n", "x".repeat(2_000))
        })
        .collect();
    let body = format!("{parts}--XX--\r\n");
    let with = |kind: &str, body: &str| {
        let head = format!(
            "POST /api/register-cleaning/{tag}/ HTTP/1.1\r\nHost: 10.0.0.5\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body.as_bytes()].concat()
    };
    let long = format!("notes={}", "x".repeat(20 << 20));
    vec![
        ("10,000 parts", with("multipart/form-data; boundary=XX", &body)),
        ("too long", with("application/x-www-form-urlencoded", &long)),
    ]
}

#[tokio::test]
async fn the_old_cleaning_path_says_why_it_refuses_a_form() {
    let world = World::new().await;
    let dir = tempfile::tempdir().unwrap();
    let names = ["localhost".to_owned()];
    let authority =
        crate::identity::BoxAuthority::open(dir.path(), &names, 1_795_205_071_000).unwrap().authority;
    let connections = ConnectionTable::new(ConnectionLimits { together: 8, per_address: 0 });
    let listen = async |tls| {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = ListenerConfig::new(tls, Arc::clone(&connections));
        Listener::start(tcp, config, world.router.clone()).unwrap()
    };
    let (plain, secure) = (listen(None).await, listen(Some(authority.tls())).await);
    use rustls::pki_types::pem::PemObject as _;
    let ca = std::fs::read(crate::identity::BoxAuthority::ca_file(dir.path())).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let client =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let client = tokio_rustls::TlsConnector::from(Arc::new(client));
    for (what, request) in requests(world.pump) {
        let stream = TcpStream::connect(plain.local_addr()).await.unwrap();
        let over_tcp = reported(stream, &request).await;
        let stream = TcpStream::connect(secure.local_addr()).await.unwrap();
        let stream = client.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        let over_tls = reported(stream, &request).await;
        for answer in [over_tcp, over_tls] {
            let head = answer.lines().next().unwrap_or_default();
            assert!(head.starts_with("HTTP/1.1 4"), "{what}: {answer}");
            assert!(answer.contains("\"success\":false"), "{what}: {answer}");
        }
    }
    assert_eq!(world.size(), World::new().await.size(), "nothing was recorded");
    plain.stop().await;
    secure.stop().await;
}
