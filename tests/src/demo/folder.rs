//! The demo's folder: settings for its parts, credentials, ports, and the orders that found account and box.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use appliance::admin::{Reply, Wish, ask};
use appliance::identity::Scope;
use appliance::random::{Random, SystemRandom};

use super::line::{Kept, Login, StaffLine};
use super::seed::Seeded;
use super::{Part, itself};

#[derive(Debug, Clone)]
pub(super) struct Folder {
    dir: PathBuf,
}

/// Ports that nobody uses now. They stay the demo's own between two starts of one part.
pub(super) fn free_ports() -> Result<[u16; 7], String> {
    let mut held = Vec::new();
    for _ in 0..7 {
        held.push(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| format!("a free port: {e}"))?);
    }
    let mut ports = [0; 7];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr().map_err(|e| format!("a free port: {e}"))?.port();
    }
    Ok(ports)
}

/// One more of these.
pub(super) fn free_port() -> Result<u16, String> {
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    held.map(|addr| addr.port()).map_err(|e| format!("a free port: {e}"))
}

impl Folder {
    pub(super) fn open(dir: &Path) -> Result<Self, String> {
        let this = Self { dir: dir.to_owned() };
        for folder in [dir.to_owned(), this.box_data(), this.dir.join("relay"), this.spool()] {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
            made.map_err(|e| format!("the folder {}: {e}", folder.display()))?;
        }
        Ok(this)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn box_data(&self) -> PathBuf {
        self.dir.join("box")
    }

    pub(super) fn spool(&self) -> PathBuf {
        self.dir.join("labels")
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.dir.join(name);
        let write = || {
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&path)?;
            file.write_all(text.as_bytes())
        };
        write().map_err(|e| format!("{}: {e}", path.display())).map(|()| path)
    }

    pub(super) fn pid(&self, name: &str, pid: u32) -> Result<(), String> {
        self.write(&format!("{name}.pid"), &format!("{pid}\n")).map(|_| ())
    }

    /// What an earlier run left.
    pub(super) fn kept(&self) -> Result<Option<Kept>, String> {
        match std::fs::read_to_string(self.dir.join("demo.json")) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|e| format!("demo.json: {e}")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("demo.json: {e}")),
        }
    }

    pub(super) fn keep(&self, kept: &Kept) -> Result<(), String> {
        let text = serde_json::to_string_pretty(kept).map_err(|e| e.to_string())?;
        self.write("demo.json", &text).map(|_| ())
    }

    pub(super) fn authorities(&self, of_box: &Path, of_relay: Option<&Path>) -> Result<PathBuf, String> {
        let mut pem = String::new();
        for path in std::iter::once(of_box).chain(of_relay) {
            pem += &std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        self.write("ca.pem", &pem)
    }

    pub(super) fn relay_config(&self, kept: &Kept) -> Result<PathBuf, String> {
        let [_, _, https, photos, mqtt, health, _] = kept.ports;
        let data = self.dir.join("relay");
        let text = format!(
            "data = {data:?}\npublic_url = \"https://localhost:{https}\"\nphotos_url = \"https://localhost:{photos}\"\n\
             mqtt_url = \"mqtts://localhost:{mqtt}\"\nlog = \"warn\"\n\
             [https]\nlisten = \"127.0.0.1:{https}\"\n[photos]\nlisten = \"127.0.0.1:{photos}\"\n\
             [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[health]\nlisten = \"127.0.0.1:{health}\"\n"
        );
        self.write("relay.toml", &text)
    }

    pub(super) fn box_config(&self, kept: &Kept, claimed: bool, printers: &str) -> Result<PathBuf, String> {
        let [http, https, ..] = kept.ports;
        let claim =
            if claimed { format!("claim = {:?}\n", self.dir.join("claim.toml")) } else { String::new() };
        let text = format!(
            "data = {data:?}\n{claim}log = \"warn\"\n[http]\nlisten = \"127.0.0.1:{http}\"\n[https]\nlisten = \"127.0.0.1:{https}\"\n\
             [limits]\nsubmits_per_address = 0\nconnections_per_address = 0\n{printers}",
            data = self.box_data()
        );
        self.write("box.toml", &text)
    }

    /// One order to the running relay; its answer on standard output.
    async fn say(&self, args: &[&str], input: &str) -> Result<String, String> {
        let config = self.dir.join("relay.toml");
        let config = config.to_string_lossy();
        let all: Vec<&str> = ["--config", &config].into_iter().chain(args.iter().copied()).collect();
        let output = itself("relay", &all)?.run(input).await.map_err(|e| e.to_string())?;
        if !output.status.success() {
            return Err(format!("relay {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)));
        }
        String::from_utf8(output.stdout).map_err(|e| format!("relay {}: {e}", args.join(" ")))
    }

    /// One order whose answer is one JSON object.
    async fn order(&self, args: &[&str], input: &str) -> Result<serde_json::Value, String> {
        let said = self.say(args, input).await?;
        serde_json::from_str(&said).map_err(|e| format!("relay {}: {e} in {said:?}", args.join(" ")))
    }

    /// Account, admin, facility, token and claim file.
    pub(super) async fn found_account(&self, _relay: &Part, bare: bool) -> Result<(Login, String), String> {
        let text =
            |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let account = self.order(&["account", "create", "--name", "Linden Health Partners"], "").await?;
        let account = text(&account, "account");
        let login = Login { email: "priya.raman@linden.example".into(), password: secret(20) };
        let admin =
            ["admin", "create", "--account", &account, "--email", &login.email, "--name", "Priya Raman"];
        self.order(&admin, &format!("{}\n", login.password)).await?;
        let name = if bare { "Bare Facility" } else { "Linden Valley Hospital" };
        let facility = self
            .order(
                &["facility", "create", "--account", &account, "--name", name, "--zone", "America/Chicago"],
                "",
            )
            .await?;
        let token = self.order(&["token", "create", "--account", &account, "--name", "demo"], "").await?;
        let facility = text(&facility, "facility");
        let claim =
            self.say(&["claim-file", "create", "--account", &account, "--facility", &facility], "").await?;
        self.write("claim.toml", &claim)?;
        Ok((login, text(&token, "token")))
    }

    /// PINs and a token at the running box.
    pub(super) async fn found_box(&self, kept: &mut Kept, seeded: &Seeded) -> Result<(), String> {
        kept.tags = seeded.tags.iter().map(ToString::to_string).collect();
        let mut wishes = Vec::new();
        for (staff, name, role) in &seeded.staff {
            let role = serde_json::to_value(role)
                .ok()
                .and_then(|r| r.as_str().map(str::to_owned))
                .unwrap_or_default();
            let pin = pin();
            wishes.push(Wish::StaffPin { staff: *staff, pin: pin.clone() });
            kept.staff.push((staff.to_string(), StaffLine { name: (*name).to_owned(), role, pin }));
        }
        // Whoever may do most comes first.
        let order = ["facility_admin", "biomed", "technician"];
        kept.staff.sort_by_key(|(_, s)| order.iter().position(|r| *r == s.role));
        wishes.push(Wish::TokenCreate { name: "demo".into(), scope: Scope::Write });
        let data = self.box_data();
        let asked = tokio::task::spawn_blocking(move || {
            let said = |wish: &Wish| match ask(&data, wish) {
                Ok(Reply::Ok(words)) => Ok(words),
                Ok(Reply::Error(why)) => Err(why),
                Err(error) => Err(error.to_string()),
            };
            wishes.iter().map(said).collect::<Result<Vec<_>, _>>()
        });
        let replies = asked.await.map_err(|e| e.to_string())??;
        kept.api_token = replies.last().cloned().unwrap_or_default();
        Ok(())
    }
}

fn random() -> &'static dyn Random {
    &SystemRandom
}

/// Six digits.
fn pin() -> String {
    format!("{:06}", random().below(1_000_000))
}

/// Letters and digits that nobody mistakes for each other.
fn secret(length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
    let letter = |_| LETTERS.get(usize::try_from(random().below(LETTERS.len() as u64)).unwrap_or(0));
    (0..length).filter_map(letter).map(|l| char::from(*l)).collect()
}
