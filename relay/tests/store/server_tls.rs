//! A PostgreSQL server across a network proves who it is, or nothing is said to it.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use relay::db::{Db, PlatformReason, TlsPolicy};

use super::postgres::{Postgres, ServerIdentity};
use super::world::column;

struct PrivateAuthority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl PrivateAuthority {
    fn new(dir: &Path, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let file = dir.join(format!("{name}.pem"));
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    fn identity(&self, host: &str) -> ServerIdentity {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        ServerIdentity { chain: leaf.pem(), key: key.serialize_pem() }
    }
}

/// Why the relay does not connect to the server at this address.
async fn refusal(address: &str) -> String {
    Db::open(address).await.map(drop).unwrap_err().to_string()
}

#[tokio::test]
async fn only_a_server_that_proves_its_name_is_spoken_to() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let (own, other) = (PrivateAuthority::new(dir.path(), "own"), PrivateAuthority::new(dir.path(), "other"));
    let server = Postgres::start_at_port(Some(&own.identity("localhost")));
    let verified = |host: &str, ca: &Path| {
        format!("{}?sslmode=verify-full&sslrootcert={}", server.url_at(host, "postgres"), ca.display())
    };
    let db = Db::open(&verified("localhost", &own.file)).await.unwrap();
    let sql = "SELECT CAST(ssl AS TEXT) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let mut conn = db.platform_read(PlatformReason::Health).await.unwrap();
    assert_eq!(column(&mut conn, sql).await, ["true"]);
    drop(conn);
    // Further connections are made in the same way.
    let beside = db.with_pool(relay::db::PoolUse::Ingest);
    let mut conn = beside.platform_read(PlatformReason::Health).await.unwrap();
    assert_eq!(column(&mut conn, sql).await, ["true"]);
    drop(conn);
    for db in [beside, db] {
        db.close().await;
    }
    let stranger = refusal(&verified("localhost", &other.file)).await;
    assert!(stranger.contains("certificate"), "{stranger}");
    let misnamed = refusal(&verified("127.0.0.1", &own.file)).await;
    assert!(misnamed.contains("certificate") && misnamed.contains("127.0.0.1"), "{misnamed}");
    let public = refusal(&format!("{}?sslmode=verify-full", server.url_at("localhost", "postgres"))).await;
    assert!(public.contains("certificate"), "no authority of the web knows it: {public}");
    drop(server);
    let plain = Postgres::start_at_port(None);
    let address = plain.url_at("localhost", "postgres");
    let file = own.file.display();
    let unencrypted = refusal(&format!("{address}?sslmode=verify-full&sslrootcert={file}")).await;
    assert!(unencrypted.contains("TLS"), "{unencrypted}");
    Db::open(&address).await.unwrap().close().await;
}

#[tokio::test]
async fn less_than_a_proof_is_taken_only_where_the_operator_says_so() {
    let address = "postgres://cleantrack@192.0.2.7/relay?sslmode=require";
    let refused = refusal(address).await;
    assert!(refused.contains("192.0.2.7") && refused.contains("sslmode=require"), "{refused}");
    assert!(refused.contains("database_unverified"), "{refused}");
    let plain = Postgres::start_at_port(None);
    let address = format!("{}?sslmode=disable", plain.url_at("127.0.0.1", "postgres"));
    Db::open_with(&address, TlsPolicy::AsAddressed).await.unwrap().close().await;
}
