//! The relay of a world: its settings, its process, and the account that an operator sets up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::own_port;
use crate::process::{Program, ProgramHandle};

const EMAIL: &str = "admin@clinic.example";
const PASSWORD: &str = "correct horse battery";

/// One process of a relay on its own folder and ports, running or not; by default on SQLite and with every
/// role.
pub struct TheRelay {
    program: PathBuf,
    data: PathBuf,
    /// HTTPS, photos, MQTT, health.
    ports: [u16; 4],
    /// MQTT and photos as boxes reach them.
    reached: [u16; 2],
    database: Option<String>,
    settings: String,
    role: &'static str,
    running: Option<ProgramHandle>,
    account: String,
    facility: String,
    token: String,
    client: Option<reqwest::Client>,
}

impl TheRelay {
    pub fn new(program: &Path, data: &Path) -> Self {
        let ports = [own_port(), own_port(), own_port(), own_port()];
        let (program, data) = (program.to_owned(), data.to_owned());
        Self {
            program,
            data,
            ports,
            reached: [ports[2], ports[1]],
            database: None,
            settings: String::new(),
            role: "all",
            running: None,
            account: String::new(),
            facility: String::new(),
            token: String::new(),
            client: None,
        }
    }

    /// HTTPS, photos, MQTT, health.
    pub fn ports(&self) -> [u16; 4] {
        self.ports
    }

    /// Boxes are given these ports instead of its own.
    pub fn is_reached_by(&mut self, mqtt: u16, photos: u16) {
        self.reached = [mqtt, photos];
    }

    pub fn keeps_in(&mut self, database: &str) {
        self.database = Some(database.to_owned());
    }

    /// In force from the next start on; keys of sections with the section's name before them.
    pub fn add_settings(&mut self, toml: &str) {
        self.settings.push_str(toml);
    }

    pub fn has_role(&mut self, role: &'static str) {
        self.role = role;
    }

    /// Another process of the same relay with a role of its own, as if on another machine: the same database
    /// and keys, its own folder and ports.
    pub fn beside(&self, role: &'static str) -> Self {
        let data = self.data.with_extension(role);
        let mut other = Self::new(&self.program, &data);
        let keys = std::fs::read_dir(self.data.join("keys")).unwrap_or_else(|e| panic!("the keys: {e}"));
        std::fs::create_dir_all(data.join("keys")).unwrap_or_else(|e| panic!("{}: {e}", data.display()));
        for key in keys.flatten() {
            let to = data.join("keys").join(key.file_name());
            // Modes are copied with the bytes.
            std::fs::copy(key.path(), &to).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
        }
        (other.database, other.role, other.token) = (self.database.clone(), role, self.token.clone());
        other.account.clone_from(&self.account);
        other
    }

    pub fn https(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.ports[0])
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    fn config(&self) -> PathBuf {
        let ([https, photos, mqtt, health], [mqtt_reached, photos_reached]) = (self.ports, self.reached);
        let database = self.database.as_ref().map_or_else(String::new, |of| format!("database = {of:?}\n"));
        let text = format!(
            "data = {:?}\n{database}public_url = \"https://localhost:{https}\"\n\
             photos_url = \"https://localhost:{photos_reached}\"\nmqtt_url = \"mqtts://localhost:{mqtt_reached}\"\n\
             log = \"info\"\n{}[https]\nlisten = \"127.0.0.1:{https}\"\n[photos]\nlisten = \"127.0.0.1:{photos}\"\n\
             [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[health]\nlisten = \"127.0.0.1:{health}\"\n",
            self.data, self.settings
        );
        let file = self.data.with_extension("toml");
        std::fs::write(&file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        file
    }

    fn command(&self, args: &[&str]) -> Program {
        let config = self.config();
        let config = config.to_string_lossy();
        let all: Vec<&str> = ["relay", "--config", &config].into_iter().chain(args.iter().copied()).collect();
        Program::new(&self.program, &all)
    }

    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "the relay runs already");
        let running = self
            .command(&["serve", "--role", self.role])
            .start()
            .await
            .unwrap_or_else(|e| panic!("the relay: {e}"));
        let ca = running.reported("/ca");
        let pem = std::fs::read(&ca).unwrap_or_else(|e| panic!("{ca}: {e}"));
        let ca = reqwest::Certificate::from_pem_bundle(&pem).unwrap_or_else(|e| panic!("{ca}: {e}"));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).tls_certs_only(ca);
        // A sign-in redirects; only its cookie is needed.
        let client = client.redirect(reqwest::redirect::Policy::none()).build();
        self.client = Some(client.unwrap_or_else(|e| panic!("a client: {e}")));
        self.running = Some(running);
    }

    pub async fn kill(&mut self) {
        let running = self.running.take().unwrap_or_else(|| panic!("the relay does not run"));
        running.kill().await.unwrap_or_else(|e| panic!("the relay was not killed: {e}"));
    }

    /// Stops it in order; its exit status and its log.
    pub async fn stop(&mut self) -> (Option<i32>, String) {
        let running = self.running.take().unwrap_or_else(|| panic!("the relay does not run"));
        let (status, log) = running.stop().await.unwrap_or_else(|e| panic!("the relay: {e}"));
        (status.code(), log)
    }

    pub fn pid(&self) -> u32 {
        self.running.as_ref().map_or_else(|| panic!("the relay does not run"), ProgramHandle::pid)
    }

    pub fn log(&self) -> String {
        self.running.as_ref().map_or_else(|| "(not running)".to_owned(), ProgramHandle::log)
    }

    /// A command by its command line; its output.
    pub async fn order(&self, args: &[&str]) -> String {
        self.order_with(args, "").await
    }

    pub async fn order_with(&self, args: &[&str], input: &str) -> String {
        let output = self.command(args).run(input).await.unwrap_or_else(|e| panic!("relay {args:?}: {e}"));
        let (message, wrong) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "relay {args:?}: {message}{wrong}");
        message.into_owned()
    }

    /// The output of a command that exits with 1 where it found something bad.
    pub async fn looked_at(&self, args: &[&str]) -> String {
        let output = self.command(args).run("").await.unwrap_or_else(|e| panic!("relay {args:?}: {e}"));
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 1)), "relay {args:?}: {words}");
        words
    }

    pub async fn refused(&self, args: &[&str]) -> String {
        let output = self.command(args).run("").await.unwrap_or_else(|e| panic!("relay {args:?}: {e}"));
        assert!(!output.status.success(), "relay {args:?} was carried out");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    async fn made(&self, args: &[&str], member: &str) -> String {
        let message = self.order(args).await;
        let message: Value =
            serde_json::from_str(&message).unwrap_or_else(|e| panic!("relay {args:?}: {e}: {message}"));
        message[member].as_str().unwrap_or_else(|| panic!("no {member} in {message}")).to_owned()
    }

    /// Account, facility, token and a user; returns a claim file.
    pub async fn found(&mut self) -> String {
        let account = self.made(&["account", "create", "--name", "Test Account"], "account").await;
        let facility =
            ["facility", "create", "--account", &account, "--name", "Test Clinic", "--zone", "UTC"];
        let facility = self.made(&facility, "facility").await;
        let admin = ["admin", "create", "--account", &account, "--email", EMAIL];
        self.order_with(&admin, &format!("{PASSWORD}\n")).await;
        self.token = self.made(&["token", "create", "--account", &account, "--name", "suite"], "token").await;
        (self.account, self.facility) = (account, facility);
        self.order(&["claim-file", "create", "--account", &self.account, "--facility", &self.facility]).await
    }

    /// A claim file for a machine that takes a box's place.
    pub async fn replacing_claim(&self, box_id: &str) -> String {
        let place = ["--account", &self.account, "--facility", &self.facility, "--replaces", box_id];
        self.order(&[&["claim-file", "create"][..], &place].concat()).await
    }

    /// The status of a log under a box's name: `own`, `apart` or `waits`; `None` where nothing of it is here.
    pub async fn log_status(&self, box_id: &str, epoch: &str) -> Option<String> {
        let message =
            self.order(&["box", "epoch", "list", "--account", &self.account, "--box", box_id]).await;
        let message: Value = serde_json::from_str(&message).unwrap_or_else(|e| panic!("{e}: {message}"));
        let logs = message["epochs"].as_array()?;
        logs.iter().find(|log| log["epoch"] == epoch)?["standing"].as_str().map(str::to_owned)
    }

    /// Declares a log that no key of the box signed to be the box's own.
    pub async fn admit(&self, box_id: &str, epoch: &str) {
        self.order(&["box", "epoch", "admit", "--account", &self.account, "--box", box_id, epoch]).await;
    }

    /// From its API; anything but 200 panics.
    pub async fn get(&self, path: &str) -> String {
        let client = self.client.as_ref().unwrap_or_else(|| panic!("the relay was never started"));
        let address = self.https(path);
        let requested = client.get(address).bearer_auth(&self.token).send().await;
        let answer = requested.unwrap_or_else(|e| panic!("{path}: {e:?}"));
        let (status, body) = (answer.status(), answer.text().await.unwrap_or_default());
        assert_eq!(status.as_u16(), 200, "{path}: {body}");
        body
    }

    /// Entries that are stored and that its pages do not show yet; `None`: it does not answer.
    pub async fn unfolded(&self) -> Option<u64> {
        let address = format!("http://127.0.0.1:{}/metrics", self.ports[3]);
        let answer = self.client.as_ref()?.get(address).timeout(super::TIME_LIMIT).send().await.ok()?;
        let text = answer.text().await.ok()?;
        text.lines().find_map(|line| line.strip_prefix("cleantrack_projection_lag_entries "))?.parse().ok()
    }

    /// One that believes its authority and follows no redirect.
    pub fn client(&self) -> reqwest::Client {
        self.client.clone().unwrap_or_else(|| panic!("the relay was never started"))
    }

    pub async fn sign_in(&self) -> String {
        let client = self.client.as_ref().unwrap_or_else(|| panic!("the relay was never started"));
        let address = self.https("/login");
        let form = [("email", EMAIL), ("password", PASSWORD)];
        let requested = client.post(address).form(&form).send().await;
        let answer = requested.unwrap_or_else(|e| panic!("/login: {e:?}"));
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.unwrap_or_else(|| panic!("/login: {}", answer.status()));
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// A page for whoever has this cookie, or an open page's event stream; not read yet.
    pub async fn page(&self, path: &str, cookie: &str) -> reqwest::Response {
        let client = self.client.as_ref().unwrap_or_else(|| panic!("the relay was never started"));
        let address = self.https(path);
        let requested = client.get(address).header("cookie", cookie).timeout(super::TIME_LIMIT).send().await;
        let answer = requested.unwrap_or_else(|e| panic!("{path}: {e:?}"));
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer
    }
}
