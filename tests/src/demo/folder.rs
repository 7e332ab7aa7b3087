//! The demo's folder: settings for its parts, credentials, ports, and the orders that found account and box.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use appliance::admin::AdminCommand;
use appliance::identity::{ApiTokenScope, TokenLife};
use appliance::panel::devices::SIM_SOCKET;
use service::admin_socket::{AdminAnswer, send_admin_command};
use service::random::{RandomSource, SystemRandom};

use super::facilities::DemoFacility;
use super::itself;
use super::output::{Login, SavedDemo, StaffOutput};
use super::region::SMALL_BOXES;
use super::seed::SeedResult;

pub(super) const LIVE_CLAIM: &str = "claim";
/// Exists from the beginning of a set-up until it is complete.
const UNFINISHED: &str = "unfinished";
/// Longest socket path on Linux, with the terminating NUL.
const SOCKET_NAME_BYTES: usize = 108;

#[derive(Debug, Clone)]
pub(super) struct Folder {
    dir: PathBuf,
}

/// Adds to an error which file or folder it is about.
fn of<T>(path: &Path, result: std::io::Result<T>) -> Result<T, String> {
    result.map_err(|e| format!("{}: {e}", path.display()))
}

impl Folder {
    pub(super) fn open(dir: &Path) -> Result<Self, String> {
        let this = Self { dir: dir.to_owned() };
        this.make(dir)?;
        Ok(this)
    }

    fn make(&self, folder: &Path) -> Result<(), String> {
        of(folder, std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder))
    }

    /// Keeps a second demo out of this folder while the returned file is open.
    pub(super) fn lock(&self) -> Result<File, String> {
        let folder = of(&self.dir, File::open(&self.dir))?;
        match folder.try_lock() {
            Ok(()) => Ok(folder),
            Err(TryLockError::WouldBlock) => {
                Err(format!("{}: a demo runs in this folder already", self.dir.display()))
            }
            Err(TryLockError::Error(e)) => of(&self.dir, Err(e)),
        }
    }

    /// Removes what an interrupted set-up left, and nothing that is not the demo's.
    pub(super) fn clear_unfinished(&self) -> Result<(), String> {
        if !self.unfinished().exists() {
            return Ok(());
        }
        let stored = self.stored()?;
        let of_box = [self.box_data(), self.spool()];
        let of_relay =
            [self.relay_data()].into_iter().chain(SMALL_BOXES.map(|name| self.small_box_data(name)));
        let mut own: Vec<PathBuf> = Vec::new();
        if stored.is_none() {
            own.extend(of_box);
        }
        if stored.is_none_or(|stored| stored.relay.is_none()) {
            own.extend(of_relay);
            let claims = SMALL_BOXES.into_iter().chain([LIVE_CLAIM]);
            own.extend(claims.map(|name| self.claim_file(name)));
        }
        for path in own {
            let gone =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            match gone {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                other => of(&path, other)?,
            }
        }
        self.set_up_is_whole()
    }

    /// Marks the folder until [`Self::set_up_is_whole`]. `replace` where the box is set up too: its folders
    /// must be empty then, because an interrupted set-up is cleared.
    pub(super) fn begin_set_up(&self, replace: bool) -> Result<(), String> {
        let of_box = [self.box_data(), self.spool()].into_iter().filter(|_| replace);
        let of_relay =
            [self.relay_data()].into_iter().chain(SMALL_BOXES.map(|name| self.small_box_data(name)));
        for folder in of_box.chain(of_relay) {
            let is_empty = std::fs::read_dir(&folder).map_or(true, |mut inside| inside.next().is_none());
            if !is_empty {
                let folder = folder.display();
                return Err(format!("{folder} holds something already; give --dir another folder"));
            }
        }
        self.write(UNFINISHED, "The demo's first start has not come to its end.\n").map(drop)
    }

    pub(super) fn set_up_is_whole(&self) -> Result<(), String> {
        let path = self.unfinished();
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => of(&path, other),
        }
    }

    pub(super) fn make_parts(&self) -> Result<(), String> {
        [self.box_data(), self.relay_data(), self.spool()].iter().try_for_each(|folder| self.make(folder))
    }

    fn unfinished(&self) -> PathBuf {
        self.dir.join(UNFINISHED)
    }

    fn relay_data(&self) -> PathBuf {
        self.dir.join("relay")
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn box_data(&self) -> PathBuf {
        self.dir.join("box")
    }

    pub(super) fn small_box_data(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(super) fn claim_file(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.toml"))
    }

    pub(super) fn spool(&self) -> PathBuf {
        self.dir.join("labels")
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.dir.join(name);
        let opened =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|e| format!("{}: {e}", path.display())).map(|()| path)
    }

    pub(super) fn pid(&self, name: &str, pid: u32) -> Result<(), String> {
        self.write(&format!("{name}.pid"), &format!("{pid}\n")).map(|_| ())
    }

    pub(super) fn stored(&self) -> Result<Option<SavedDemo>, String> {
        match std::fs::read_to_string(self.dir.join("demo.json")) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|e| format!("demo.json: {e}")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("demo.json: {e}")),
        }
    }

    pub(super) fn keep(&self, stored: &SavedDemo) -> Result<(), String> {
        let text = serde_json::to_string_pretty(stored).map_err(|e| e.to_string())?;
        let written = self.write("demo.json.new", &text)?;
        of(&written, File::open(&written).and_then(|file| file.sync_all()))?;
        let path = self.dir.join("demo.json");
        of(&path, std::fs::rename(&written, &path))
    }

    pub(super) fn authorities(&self, of_box: &Path, of_relay: Option<&Path>) -> Result<PathBuf, String> {
        let mut pem = String::new();
        for path in std::iter::once(of_box).chain(of_relay) {
            pem += &std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        self.write("ca.pem", &pem)
    }

    pub(super) fn relay_config(&self, stored: &SavedDemo) -> Result<PathBuf, String> {
        let [_, _, https, photos, mqtt, health, _] = stored.ports;
        let data = self.relay_data();
        let mails = data.join("mails");
        let mails = mails.display();
        let text = format!(
            "data = {data:?}\npublic_url = \"https://localhost:{https}\"\nphotos_url = \"https://localhost:{photos}\"\n\
             mqtt_url = \"mqtts://localhost:{mqtt}\"\nlog = \"warn\"\nopen_sign_up = true\n\
             [mail]\nsend = \"folder:{mails}\"\n[https]\nlisten = \"127.0.0.1:{https}\"\n[photos]\nlisten = \"127.0.0.1:{photos}\"\n\
             [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[health]\nlisten = \"127.0.0.1:{health}\"\n{}",
            self.billing_config(stored)?
        );
        self.write("relay.toml", &text)
    }

    fn billing_config(&self, stored: &SavedDemo) -> Result<String, String> {
        let Some(billing) = &stored.billing else { return Ok(String::new()) };
        let key = self.write("stripe-key", "sk_test_of_the_demo")?;
        let secret = self.write("stripe-webhook-secret", &billing.webhook_secret)?;
        Ok(format!(
            "[billing]\nkey_file = {key:?}\nwebhook_secret_file = {secret:?}\nurl = \"{}\"\n",
            billing.stripe
        ))
    }

    pub(super) fn box_config(
        &self,
        stored: &SavedDemo,
        claimed: bool,
        printers: &str,
    ) -> Result<PathBuf, String> {
        let [http, https, ..] = stored.ports;
        let claim =
            if claimed { format!("claim = {:?}\n", self.claim_file(LIVE_CLAIM)) } else { String::new() };
        let text = format!(
            "data = {data:?}\n{claim}log = \"warn\"\n[http]\nlisten = \"127.0.0.1:{http}\"\n[https]\nlisten = \"127.0.0.1:{https}\"\n\
             [limits]\nsubmits_per_address = 0\nconnections_per_address = 0\n{panel}{printers}",
            data = self.box_data(),
            panel = self.panel_config(),
        );
        self.write("box.toml", &text)
    }

    /// A simulated panel, which `/board?panel=1` draws; none in a folder whose name is too long for its
    /// socket.
    fn panel_config(&self) -> &'static str {
        let has_room = self.box_data().as_os_str().len() + 1 + SIM_SOCKET.len() < SOCKET_NAME_BYTES;
        if has_room { "[panel]\nkind = \"sim\"\n" } else { "" }
    }

    /// One command to the running relay; its standard output.
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

    /// One command whose answer is one JSON object.
    async fn order(&self, args: &[&str], input: &str) -> Result<serde_json::Value, String> {
        let message = self.say(args, input).await?;
        serde_json::from_str(&message).map_err(|e| format!("relay {}: {e} in {message:?}", args.join(" ")))
    }

    /// Account, admin and token, and each facility with a claim file of this name. The relay must be running.
    pub(super) async fn found_account(
        &self,
        facilities: &[(&DemoFacility, &str)],
    ) -> Result<(Login, String), String> {
        let text =
            |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let account = self.order(&["account", "create", "--name", "Linden Health Partners"], "").await?;
        let account = text(&account, "account");
        let login = Login { email: "priya.raman@linden.example".into(), password: secret(20) };
        let admin =
            ["admin", "create", "--account", &account, "--email", &login.email, "--name", "Priya Raman"];
        self.order(&admin, &format!("{}\n", login.password)).await?;
        for (facility, claim_name) in facilities {
            let (name, zone) = (facility.name, facility.zone);
            let create = ["facility", "create", "--account", &account, "--name", name, "--zone", zone];
            let facility = text(&self.order(&create, "").await?, "facility");
            let claim = ["claim-file", "create", "--account", &account, "--facility", &facility];
            let claim = self.say(&claim, "").await?;
            self.write(&format!("{claim_name}.toml"), &claim)?;
        }
        let token = self.order(&["token", "create", "--account", &account, "--name", "demo"], "").await?;
        Ok((login, text(&token, "token")))
    }

    pub(super) async fn found_box(&self, stored: &mut SavedDemo, seeded: &SeedResult) -> Result<(), String> {
        stored.tags = seeded.tags.iter().map(ToString::to_string).collect();
        let mut wishes = Vec::new();
        for (staff, name, role) in &seeded.staff {
            let role = serde_json::to_value(role)
                .ok()
                .and_then(|r| r.as_str().map(str::to_owned))
                .unwrap_or_default();
            let pin = pin();
            wishes.push(AdminCommand::StaffPin { staff: staff.to_string(), pin: pin.clone() });
            stored.staff.push((staff.to_string(), StaffOutput { name: (*name).to_owned(), role, pin }));
        }
        // Whoever may do most comes first.
        let order = ["facility_admin", "biomed", "technician"];
        stored.staff.sort_by_key(|(_, s)| order.iter().position(|r| *r == s.role));
        wishes.push(AdminCommand::TokenCreate {
            name: "demo".into(),
            scope: ApiTokenScope::Write,
            life: TokenLife::default(),
        });
        let data = self.box_data();
        let requested = tokio::task::spawn_blocking(move || {
            let message =
                |admin_command: &AdminCommand| match send_admin_command::<_, String>(&data, admin_command) {
                    Ok(AdminAnswer::Done(words)) => Ok(words),
                    Ok(AdminAnswer::Error(why)) => Err(why),
                    Err(error) => Err(error.to_string()),
                };
            wishes.iter().map(message).collect::<Result<Vec<_>, _>>()
        });
        let replies = requested.await.map_err(|e| e.to_string())??;
        stored.api_token = replies.last().cloned().unwrap_or_default();
        Ok(())
    }
}

fn random() -> &'static dyn RandomSource {
    &SystemRandom
}

fn pin() -> String {
    format!("{:06}", random().below(1_000_000))
}

/// Without letters and digits that look alike.
fn secret(length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
    (0..length)
        .filter_map(|_| LETTERS.get(usize::try_from(random().below(LETTERS.len() as u64)).unwrap_or(0)))
        .map(|l| char::from(*l))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(relay: bool) -> SavedDemo {
        let login = Login { email: "a@b.example".into(), password: "c".into() };
        SavedDemo {
            ports: [0; 7],
            printers: Default::default(),
            tags: vec![],
            staff: vec![],
            api_token: String::new(),
            billing: None,
            relay: relay.then(|| (login, "token".to_owned())),
        }
    }

    /// A folder in the middle of its first set-up, beside somebody else's files.
    fn begun(dir: &Path) -> Folder {
        let folder = Folder::open(dir).unwrap();
        folder.begin_set_up(true).unwrap();
        folder.make_parts().unwrap();
        for part in ["box", "relay", "labels", "silent-box", "busy-box", "holiday"] {
            std::fs::create_dir_all(dir.join(part)).unwrap();
            std::fs::write(dir.join(part).join("file"), part).unwrap();
        }
        for file in ["claim.toml", "silent-box.toml", "busy-box.toml", "letter.toml"] {
            std::fs::write(dir.join(file), file).unwrap();
        }
        folder
    }

    fn names(dir: &Path) -> Vec<String> {
        let inside = std::fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            inside.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_interrupted_set_up_is_cleared_away_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = begun(dir.path());
        folder.clear_unfinished().unwrap();
        assert_eq!(names(dir.path()), ["holiday", "letter.toml"]);
        folder.begin_set_up(true).unwrap();

        // The box was complete, only the relay came later.
        let dir = tempfile::tempdir().unwrap();
        let folder = begun(dir.path());
        folder.keep(&stored(false)).unwrap();
        folder.clear_unfinished().unwrap();
        assert_eq!(names(dir.path()), ["box", "demo.json", "holiday", "labels", "letter.toml"]);
        folder.begin_set_up(false).unwrap();

        // Everything was stored, only the mark was still there.
        let dir = tempfile::tempdir().unwrap();
        let folder = begun(dir.path());
        folder.keep(&stored(true)).unwrap();
        let before = names(dir.path());
        folder.clear_unfinished().unwrap();
        folder.clear_unfinished().unwrap();
        let mut after = names(dir.path());
        after.push("unfinished".to_owned());
        assert_eq!(after, before);
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("labels/of jam")).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        folder.clear_unfinished().unwrap();
        let refused = folder.begin_set_up(true).unwrap_err();
        assert!(refused.contains("labels holds something"), "{refused}");
        assert_eq!(names(dir.path()), ["labels"]);
    }

    #[test]
    fn one_demo_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let held = folder.lock().unwrap();
        assert!(Folder::open(dir.path()).unwrap().lock().unwrap_err().contains("already"));
        drop(held);
        folder.lock().unwrap();
    }
}
