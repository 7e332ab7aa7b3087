//! Mail by a mail server that others wrote (aiosmtpd), as the operator tries it and as the relay sends it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{LONG, program};

const PROGRAM: &str = include_str!("mail_server.py");
const USER: &str = "cleantrack@linden.example";
const PASSWORD: &str = "S3CRET of the mail server";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerTls {
    Start,
    Implicit,
    /// It offers none.
    None,
}

struct MailServer {
    port: u16,
    tls: ServerTls,
    authority: PathBuf,
    password: PathBuf,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl MailServer {
    async fn start(folder: &Path, tls: ServerTls) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let own_key = KeyPair::generate().unwrap();
        let own =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&own_key, &issuer).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let authority = file("authority.pem", &issuer.pem());
        let (certificate, key) = (file("mail.pem", &own.pem()), file("mail.key", &own_key.serialize_pem()));
        let password = file("password", &format!("{PASSWORD}\n"));
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/venv/bin/python");
        let word = match tls {
            ServerTls::Start => "start",
            ServerTls::Implicit => "implicit",
            ServerTls::None => "none",
        };
        let user = if tls == ServerTls::None { "" } else { USER };
        let mut process = Command::new(python)
            .args(["-c", PROGRAM])
            .args([&certificate, &key])
            .args([word, user, PASSWORD])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = tokio::time::timeout(LONG, lines.next_line()).await.unwrap().unwrap().unwrap();
        Self { port: port.parse().unwrap(), tls, authority, password, lines, _process: process }
    }

    fn settings(&self) -> [(&'static str, String); 4] {
        let scheme = if self.tls == ServerTls::Implicit { "smtps" } else { "smtp" };
        [
            ("CLEANTRACK_MAIL_SEND", format!("{scheme}://{USER}@localhost:{}", self.port)),
            ("CLEANTRACK_MAIL_FROM", "Müller, Station 5 <no-reply@linden.example>".to_owned()),
            ("CLEANTRACK_MAIL_PASSWORD_FILE", self.password.display().to_string()),
            ("CLEANTRACK_OUTGOING_ROOTS", self.authority.display().to_string()),
        ]
    }

    /// `mail test`, with these settings over its own.
    async fn try_mail(&self, folder: &Path, to: &str, over: &[(&'static str, String)]) -> Output {
        let mut command = Command::from(program(&folder.join("relay")));
        command.args(["mail", "test", "--to", to]).envs(self.settings()).envs(over.iter().cloned());
        tokio::time::timeout(LONG, command.output()).await.unwrap().unwrap()
    }

    async fn taken(&mut self) -> Value {
        let line = tokio::time::timeout(LONG, self.lines.next_line()).await.unwrap().unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_mail_arrives_encrypted_and_signed_in_and_reads_as_it_was_written() {
    for tls in [ServerTls::Start, ServerTls::Implicit] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = MailServer::start(dir.path(), tls).await;
        let sent = server.try_mail(dir.path(), " Ana@Linden.example", &[]).await;
        assert!(sent.status.success(), "{tls:?} {}", words(&sent));
        let answer: Value = serde_json::from_slice(&sent.stdout).unwrap();
        let taken = server.taken().await;
        for (member, value) in [
            ("from", "no-reply@linden.example"),
            ("name", "Müller, Station 5"),
            ("to", "ana@linden.example"),
            ("auto", "auto-generated"),
            ("subject", "This relay can send mail"),
        ] {
            assert_eq!(taken[member], value, "{taken}");
        }
        assert!(taken["id"].as_str().unwrap().contains(answer["mail"].as_str().unwrap()), "{taken}");
        assert_eq!(taken["parts"], serde_json::json!(["text/plain", "text/html"]));
        assert_eq!(
            (taken["encrypted"].as_bool(), taken["user"].as_bool()),
            (Some(true), Some(true)),
            "{taken}"
        );
        for part in ["text", "html"] {
            assert!(taken[part].as_str().unwrap().contains("There is nothing to do."), "{taken}");
        }
    }
}

#[tokio::test]
async fn why_a_mail_does_not_leave_is_said_and_no_secret_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = MailServer::start(dir.path(), ServerTls::Start).await;
    let wrong = dir.path().join("wrong");
    std::fs::write(&wrong, "wrong").unwrap();
    let from = ("CLEANTRACK_MAIL_FROM", "stranger@linden.example".to_owned());
    let password = ("CLEANTRACK_MAIL_PASSWORD_FILE", wrong.display().to_string());
    let away = ("CLEANTRACK_MAIL_SEND", "smtp://localhost:1".to_owned());
    let name = ("CLEANTRACK_MAIL_SEND", format!("smtp://{USER}@127.0.0.1:{}", server.port));
    for (to, over, said) in [
        ("nobody@linden.example", None, "no such user"),
        ("later@linden.example", None, "later"),
        ("relayed@linden.example", None, "recipient 554 5.7.1"),
        ("spam@linden.example", None, "looks like spam"),
        ("ana@linden.example", Some(from), "not a sender of ours"),
        ("ana@linden.example", Some(password), "535"),
        ("ana@linden.example", Some(away), "onnection"),
        ("ana@linden.example", Some(name), "certificate"),
        ("nothing", None, "no e-mail address"),
        ("cut@linden.example", None, "content no answer"),
    ] {
        let over: Vec<_> = over.into_iter().collect();
        let sent = server.try_mail(dir.path(), to, &over).await;
        let said_words = words(&sent);
        assert!(!sent.status.success() && said_words.contains(said), "{to} {over:?}: {said_words}");
        assert!(!said_words.contains(PASSWORD), "{said_words}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_does_not_encrypt() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = MailServer::start(dir.path(), ServerTls::None).await;
    let sent = server.try_mail(dir.path(), "ana@linden.example", &[]).await;
    assert!(!sent.status.success() && words(&sent).contains("STARTTLS"), "{}", words(&sent));
    drop(server._process);
    assert_eq!(server.lines.next_line().await.unwrap(), None, "it took no mail");
}
