//! The box of a world: its settings, its process, and what its administrator sets up.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use record::tag::Tag;
use serde_json::{Value, json};

use super::false_clock::FalseClock;
use super::ledger::Ledger;
use super::phones::Phone;
use super::{own_port, provide_cryptography};
use crate::process::{Program, ProgramHandle, StartError};

const ITEMS: usize = 3;

/// A box on its own folder and ports, running or not.
pub struct TheBox {
    program: PathBuf,
    prefix: Vec<String>,
    data: PathBuf,
    ports: [u16; 2],
    claim: Option<PathBuf>,
    settings: String,
    clock: Option<Arc<FalseClock>>,
    sockets: Vec<(&'static str, Arc<TcpListener>)>,
    running: Option<ProgramHandle>,
    token: String,
    tags: Vec<Tag>,
    client: Option<reqwest::Client>,
    plain: reqwest::Client,
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().timeout(Duration::from_secs(30))
}

/// One that trusts the box's authority; `None` where that cannot be read.
fn secure_client(ca: &Path) -> Option<reqwest::Client> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(ca).ok()?).ok()?;
    // A sign-in redirects; only its cookie is needed.
    builder().tls_certs_only([ca]).redirect(reqwest::redirect::Policy::none()).build().ok()
}

impl TheBox {
    /// Not started yet; `program` is the demo.
    pub fn new(program: &Path, data: &Path) -> Self {
        Self::with_prefix(program, &["box"], data)
    }

    /// Not started yet; `program` is the box's own, or it runs it with these arguments before those of the
    /// box.
    pub fn with_prefix(program: &Path, prefix: &[&str], data: &Path) -> Self {
        provide_cryptography();
        Self {
            program: program.to_owned(),
            prefix: prefix.iter().map(|argument| (*argument).to_owned()).collect(),
            data: data.to_owned(),
            ports: [own_port(), own_port()],
            claim: None,
            settings: String::new(),
            clock: None,
            sockets: Vec::new(),
            running: None,
            token: String::new(),
            tags: Vec::new(),
            client: None,
            plain: builder().tls_certs_only([]).build().unwrap_or_else(|e| panic!("a client: {e}")),
        }
    }

    /// The same box with its token and items on a copy of its folder, on ports of its own; not started yet.
    pub fn twin(&self, data: &Path) -> Self {
        let (token, tags, prefix) = (self.token.clone(), self.tags.clone(), self.prefix.clone());
        Self { token, tags, prefix, ..Self::new(&self.program, data) }
    }

    /// In force from the next start on.
    pub fn add_settings(&mut self, toml: &str) {
        self.settings.push_str(toml);
    }

    pub fn claim_at_start(&mut self, file: &Path) {
        self.claim = Some(file.to_owned());
    }

    /// In force from the next start on.
    pub fn lives_by(&mut self, clock: &Arc<FalseClock>) {
        self.clock = Some(Arc::clone(clock));
    }

    /// From the next start on its sockets are held here and handed over, as systemd does.
    pub fn hold_sockets(&mut self) {
        let held = ["http", "https"].into_iter().zip(self.ports).map(|(name, port)| {
            let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
            (name, Arc::new(bound.unwrap_or_else(|e| panic!("port {port}: {e}"))))
        });
        self.sockets = held.collect();
    }

    pub fn release_sockets(&mut self) {
        self.sockets.clear();
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    fn config(&self) -> PathBuf {
        let [http, https] = self.ports;
        let claim = self.claim.as_ref().map_or_else(String::new, |file| format!("claim = {file:?}\n"));
        let text = format!(
            "data = {:?}\n{claim}log = \"info\"\n[http]\nlisten = \"127.0.0.1:{http}\"\n\
             [https]\nlisten = \"127.0.0.1:{https}\"\n[limits]\nsubmits_per_address = 0\nconnections_per_address = 0\n{}",
            self.data, self.settings
        );
        let file = self.data.with_extension("toml");
        std::fs::write(&file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        file
    }

    pub fn command(&self, args: &[&str]) -> Program {
        let config = self.config();
        let config = config.to_string_lossy();
        let prefix = self.prefix.iter().map(String::as_str);
        let all: Vec<&str> = prefix.chain(["--config", &config]).chain(args.iter().copied()).collect();
        let command = Program::new(&self.program, &all);
        let sockets = self.sockets.iter();
        let command = sockets.fold(command, |all, (name, socket)| all.socket(name, Arc::clone(socket)));
        match &self.clock {
            Some(clock) => clock.of(command),
            None => command,
        }
    }

    pub async fn start(&mut self) {
        self.try_start().await.unwrap_or_else(|e| panic!("the box: {e}"));
    }

    pub async fn try_start(&mut self) -> Result<(), StartError> {
        assert!(self.running.is_none(), "the box runs already");
        let running = self.command(&["serve"]).start().await?;
        // A box without a usable certificate serves plain HTTP alone.
        let secure = running.message()["https"].is_string();
        let ca = PathBuf::from(running.reported("/ca"));
        self.running = Some(running);
        self.client = secure.then(|| secure_client(&ca)).flatten();
        Ok(())
    }

    pub async fn kill(&mut self) {
        let running = self.running.take().unwrap_or_else(|| panic!("the box does not run"));
        running.kill().await.unwrap_or_else(|e| panic!("the box was not killed: {e}"));
    }

    /// Stops it in order; its exit status and its log.
    pub async fn stop(&mut self) -> (Option<i32>, String) {
        let running = self.running.take().unwrap_or_else(|| panic!("the box does not run"));
        let (status, log) = running.stop().await.unwrap_or_else(|e| panic!("the box: {e}"));
        (status.code(), log)
    }

    pub fn pid(&self) -> u32 {
        self.running.as_ref().map_or_else(|| panic!("the box does not run"), ProgramHandle::pid)
    }

    /// Waits until it ends by itself; its exit status and its log.
    pub async fn ends(&mut self) -> (Option<i32>, String) {
        let mut running = self.running.take().unwrap_or_else(|| panic!("the box does not run"));
        let ended = tokio::time::timeout(super::TIME_LIMIT, running.ended()).await;
        let log = running.log();
        match ended {
            Ok(Ok(status)) => (status.code(), log),
            other => panic!("the box goes on: {other:?}\n{log}"),
        }
    }

    pub fn log(&self) -> String {
        self.running.as_ref().map_or_else(|| "(not running)".to_owned(), ProgramHandle::log)
    }

    /// A command by the box's own command line; its output.
    pub async fn order(&self, args: &[&str]) -> String {
        let output = self.command(args).run("").await.unwrap_or_else(|e| panic!("box {args:?}: {e}"));
        assert!(output.status.success(), "box {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Gives it a claim file, by the command that the relay's page shows to an administrator.
    pub async fn claim_with(&self, file: &Path) {
        let words = relay::web::CLAIM_COMMAND.strip_prefix("cleantrack-appliance ");
        let words = words.unwrap_or_else(|| panic!("{} is no command of a box", relay::web::CLAIM_COMMAND));
        assert!(words.contains("FILE"), "{words} takes no file");
        let file = file.to_string_lossy();
        let order: Vec<&str> =
            words.split(' ').map(|word| if word == "FILE" { &*file } else { word }).collect();
        self.order(&order).await;
    }

    /// A token and a few items, as a person would make them.
    pub async fn found(&mut self) {
        self.token = self.order(&["token", "create", "--name", "suite", "--scope", "write"]).await;
        let [http, _] = self.ports;
        let host = format!("HTTP://127.0.0.1:{http}");
        self.order(&["facility", "set", "--name", "Test Clinic", "--label-host", &host]).await;
        for n in 0..ITEMS {
            let item = json!({ "name": format!("Infusion pump {n}"), "asset_number": format!("BM-{n}") });
            let added =
                self.client().post(self.https("/api/v1/equipment")).bearer_auth(&self.token).json(&item);
            let answer = added.send().await.unwrap_or_else(|e| panic!("an item: {e:?}"));
            let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
            assert_eq!(status.as_u16(), 201, "an item: {body}");
            let body: Value = serde_json::from_str(&body).unwrap_or_default();
            let tag = body["tag"].as_str().and_then(|tag| tag.parse().ok());
            self.tags.push(tag.unwrap_or_else(|| panic!("an item without a tag: {body}")));
        }
    }

    /// Somebody new, signed in on the staff pages: their cookie.
    pub async fn sign_in(&self, name: &str, role: &str) -> String {
        const PIN: &str = "471147";
        let add = self.command(&["staff", "add", "--name", name, "--role", role, "--pin"]).run(PIN).await;
        let added = add.unwrap_or_else(|e| panic!("staff add: {e}"));
        let words = String::from_utf8_lossy(&added.stdout).into_owned();
        let id = words.split_whitespace().next().unwrap_or_default();
        let form = [("staff", id), ("pin", PIN), ("next", "/staff/")];
        let sent = self.client().post(self.https("/staff/sign-in")).form(&form).send().await;
        let answer = sent.unwrap_or_else(|e| panic!("/staff/sign-in: {e:?}"));
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|set| set.to_str().ok());
        let cookies: Vec<&str> = cookies.filter_map(|set| set.split(';').next()).collect();
        assert!(!cookies.is_empty(), "{words}: {}", answer.status());
        cookies.join("; ")
    }

    /// The archive of everything, as its page gives it to whoever has this cookie.
    pub async fn take_archive(&self, cookie: &str) -> Vec<u8> {
        let page = self.client().get(self.https("/staff/backup")).header("cookie", cookie).send().await;
        let page = page.unwrap_or_else(|e| panic!("/staff/backup: {e:?}")).text().await.unwrap_or_default();
        let token = page.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let form = [("form", token.unwrap_or_else(|| panic!("no form: {page}")))];
        let address = self.https("/staff/backup/archive");
        let sent = self.client().post(address).header("cookie", cookie).form(&form).send().await;
        let answer = sent.unwrap_or_else(|e| panic!("the archive: {e:?}"));
        assert_eq!(answer.status().as_u16(), 200, "the archive");
        answer.bytes().await.unwrap_or_else(|e| panic!("the archive broke off: {e:?}")).into()
    }

    /// Another token: those of a box that was restored are not valid any more.
    pub async fn renew_token(&mut self) {
        self.token = self.order(&["token", "create", "--name", "suite", "--scope", "write"]).await;
    }

    fn client(&self) -> &reqwest::Client {
        self.client.as_ref().unwrap_or_else(|| panic!("the box was never started, or serves no HTTPS"))
    }

    pub fn https(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.ports[1])
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    pub fn phone(&self, name: &str, ledger: &Ledger) -> Phone {
        Phone::new(name, self.http(""), self.tags.clone(), ledger.clone())
    }

    /// Where a page's redirects end, and with which status.
    pub async fn leads_to(&self, path: &str) -> (String, u16) {
        let requested = self.plain.get(self.http(path)).send().await;
        let answer = requested.unwrap_or_else(|e| panic!("{path}: {e:?}"));
        (answer.url().path().to_owned(), answer.status().as_u16())
    }

    /// `/healthz`; `None` while nobody answers.
    pub async fn health(&self) -> Option<Value> {
        let answer = self.plain.get(self.http("/healthz")).send().await.ok()?;
        serde_json::from_str(&answer.text().await.ok()?).ok()
    }

    /// From its API; anything but 200 panics.
    pub async fn get(&self, path: &str) -> String {
        let (status, body) = self.ask(path).await.unwrap_or_else(|| panic!("no HTTPS: {path}"));
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The same answer compressed, and unpacked to its end.
    pub async fn get_packed(&self, path: &str) -> String {
        use std::io::Read as _;
        let requested = self.client().get(self.https(path)).bearer_auth(&self.token);
        let answer = requested.header("accept-encoding", "gzip").send().await;
        let answer = answer.unwrap_or_else(|e| panic!("{path}: {e:?}"));
        let packed = answer.headers().get("content-encoding").is_some_and(|how| how == "gzip");
        assert!(answer.status().is_success() && packed, "{path}: {answer:?}");
        let bytes = answer.bytes().await.unwrap_or_else(|e| panic!("{path} broke off: {e:?}"));
        let mut text = String::new();
        let read = flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text);
        read.map(|_| text).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Status and answer of its API; `None` where it serves no HTTPS that its authority signed.
    pub async fn ask(&self, path: &str) -> Option<(u16, String)> {
        let requested = self.client.as_ref()?.get(self.https(path)).bearer_auth(&self.token).send().await;
        let answer = match requested {
            Err(error) if error.is_connect() => return None,
            requested => requested.unwrap_or_else(|e| panic!("{path}: {e:?}")),
        };
        let (status, body) = (answer.status(), answer.text().await);
        let body = body.unwrap_or_else(|e| panic!("{path} broke off: {e:?}"));
        Some((status.as_u16(), body))
    }

    /// Status and answer of its plain HTTP, without a token.
    pub async fn ask_plain(&self, path: &str) -> (u16, String) {
        let requested = self.plain.get(self.http(path)).send().await;
        let answer = requested.unwrap_or_else(|e| panic!("{path}: {e:?}"));
        let (status, body) = (answer.status(), answer.text().await);
        (status.as_u16(), body.unwrap_or_else(|e| panic!("{path} broke off: {e:?}")))
    }

    /// Whether its plain HTTP answers 200 now. A box that restarts by itself closes connections on the way.
    pub async fn opens(&self, path: &str) -> Option<()> {
        let answer = self.plain.get(self.http(path)).send().await.ok()?;
        (answer.status() == 200).then_some(())
    }

    /// Status and answer of its API to a POST.
    pub async fn post(&self, path: &str, new: &Value) -> (u16, Value) {
        let requested = self.client().post(self.https(path)).bearer_auth(&self.token).json(new).send().await;
        let answer = requested.unwrap_or_else(|e| panic!("{path}: {e:?}"));
        let (status, body) = (answer.status().as_u16(), answer.text().await);
        let body = body.unwrap_or_else(|e| panic!("{path} broke off: {e:?}"));
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }
}
