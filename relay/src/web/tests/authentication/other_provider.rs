//! Sign-in by a provider that others wrote (`oidc-provider-mock`), over TLS and through the guarded client.

use std::process::Stdio;
use std::sync::Arc;

use axum::http::StatusCode;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use service::clock::{Clock as _, SystemClock};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::outgoing::guarded::{GuardedClient, SystemResolver};
use crate::web::tests::fake_provider::FakeProvider;
use crate::web::tests::world::{NOW_MS, World, csrf, open_client};
use crate::web::{OutsideHosts, WebState};

/// It takes its issuer from the address at which it is asked.
const PROGRAM: &str = include_str!("other_provider.py");

struct OtherProvider {
    issuer: String,
    _process: Child,
    folder: tempfile::TempDir,
}

impl OtherProvider {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
        for (name, text) in [("ca.pem", ca.pem()), ("leaf.pem", leaf.pem()), ("key.pem", key.serialize_pem())]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/venv/bin/python");
        let mut process = Command::new(python)
            .args(["-c", PROGRAM])
            .args([folder.path().join("leaf.pem"), folder.path().join("key.pem")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("tests/run installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port =
            lines.next_line().await.unwrap().expect("oidc-provider-mock starts: tests/run installs it");
        Self { issuer: format!("https://localhost:{port}"), _process: process, folder }
    }

    /// Somebody signs in there; the address to which it sends them back.
    async fn sign_in(&self, url: &str, subject: &str) -> String {
        let ca = std::fs::read(self.folder.path().join("ca.pem")).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        use rustls::pki_types::pem::PemObject as _;
        roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
        let browser = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let got = browser.post(url).form(&[("sub", subject)]).send().await.unwrap();
        assert_eq!(got.status(), StatusCode::FOUND, "{url}");
        got.headers()["location"].to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_provider_that_others_wrote_signs_somebody_in() {
    let other = OtherProvider::start().await;
    let mut world = World::new().await;
    world.clock.advance_ms(SystemClock::default().now_ms() - NOW_MS);
    let (texts, ca) = (FakeProvider::new(), other.folder.path().join("ca.pem"));
    let allow = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let http = GuardedClient::new(&allow, Some(&ca), Arc::new(SystemResolver)).unwrap();
    let outside = OutsideHosts { http: Arc::new(http), ..texts.outside() };
    world.client = open_client(&WebState { outside, ..world.state.clone() });
    let cookie = world.sign_in(&world.a.email).await;
    let token = csrf(&world.get("/app/me", &cookie).await.body).to_owned();
    let issuer = other.issuer.replace(':', "%3A").replace('/', "%2F");
    let form = format!(
        "csrf={token}&preset=other&issuer={issuer}&client_id=cleantrack&client_secret=s3cret&role=biomed"
    );
    let added = world.post("/app/sign-in", &cookie, &form).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
    let page = world.get("/app/sign-in", &cookie).await.body;
    let path = page.split("action=\"").find(|rest| rest.starts_with("/app/sign-in/")).unwrap();
    let path = path.split('"').next().unwrap().to_owned();
    let act = |act: &str| format!("csrf={token}&act={act}&domain=linden.example");
    assert_eq!(world.post(&path, &cookie, &act("domain-add")).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/app/sign-in", &cookie).await.body;
    let record = page.split(">cleantrack-verify=").nth(1).unwrap().split('<').next().unwrap();
    let record = format!("cleantrack-verify={record}");
    texts.answers().texts.insert("linden.example".into(), vec![record]);
    assert_eq!(world.post(&path, &cookie, &act("domain-prove")).await.status, StatusCode::SEE_OTHER);
    for turn in ["made", "known"] {
        let sent = world.post("/organisation", "", "email=ana%40linden.example").await;
        let url = sent.body.split("href=\"").find(|rest| rest.starts_with(&other.issuer)).unwrap();
        let url = url.split('"').next().unwrap().replace("&#38;", "&");
        let flow = sent.header("set-cookie").split(';').next().unwrap().to_owned();
        let back = other.sign_in(&url, "ana-1").await;
        let came = world.get(back.strip_prefix("https://relay.example").unwrap(), &flow).await;
        assert_eq!(came.status, StatusCode::SEE_OTHER, "{turn}: {}", came.body);
        let me = world.get("/app/me", &came.cookie()).await.body;
        assert!(me.contains("Ana Lima") && me.contains("ana@linden.example"), "{turn}: {me}");
    }
}
