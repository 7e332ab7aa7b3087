//! The page by which an organization signs its people in, as others wrote it (`oidc-provider-mock`), over TLS.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Who has an account there: their address and name.
pub(crate) const EMPLOYEE: (&str, &str) = ("ana@linden.example", "Ana Lima");
const SUBJECT: &str = "ana-1";

/// It takes its issuer from the address at which it is asked.
const PROGRAM: &str = include_str!("../../relay/src/web/tests/authentication/other_provider.py");

pub(crate) struct Provider {
    pub(crate) issuer: String,
    certificate: PathBuf,
    _process: Child,
}

impl Provider {
    pub(crate) async fn start(folder: &Path) -> Self {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let (certificate, key) = (folder.join("provider.pem"), folder.join("provider.key"));
        std::fs::write(&certificate, own.cert.pem()).expect("its certificate");
        std::fs::write(&key, own.signing_key.serialize_pem()).expect("its key");
        let mut process = Command::new(harness::tools::python())
            .args(["-c", PROGRAM])
            .args([&certificate, &key])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("oidc-provider-mock starts: tests/run installs it");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = lines.next_line().await.ok().flatten().expect("oidc-provider-mock says its port");
        Self { issuer: format!("https://localhost:{port}"), certificate, _process: process }
    }

    pub(crate) fn settings(&self) -> String {
        let roots = &self.certificate;
        format!("outgoing.allow = [\"127.0.0.0/8\", \"::1/128\"]\noutgoing.roots = {roots:?}\n")
    }

    pub(crate) fn button(&self) -> String {
        format!("button[value='{SUBJECT}']")
    }
}
