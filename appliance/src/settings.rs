//! Settings of the box from its settings file, its environment and its command line; secrets are in none of them.

mod panel;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::settings::{ListenAddress, LoadedSettings, ProgramSettings, SettingOrigin, SettingsError};

pub use self::panel::{PanelKind, PanelLine, PanelSettings};

/// What the unit calls the claim file (`LoadCredential=`).
const CLAIM_CREDENTIAL: &str = "cleantrack.claim";

/// Bounds that a facility may move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoxLimits {
    /// Submissions a second from one address, ten times as many at once; 0 = no limit.
    pub submits_per_address: u32,
    /// Connections at a time, both listeners together.
    #[schemars(range(min = 8, max = 4096))]
    pub connections: usize,
    /// Of those, connections from one address (an IPv6 /64 counts as one); 0 = no limit.
    pub connections_per_address: usize,
    /// Per cent of the data disk that photos may fill.
    #[schemars(range(min = 1, max = 90))]
    pub photo_percent: u8,
}

impl Default for BoxLimits {
    fn default() -> Self {
        Self { submits_per_address: 20, connections: 256, connections_per_address: 64, photo_percent: 50 }
    }
}

/// The building's network, as far as the box itself has a part in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoxNetwork {
    /// Whether the box is a Wi-Fi of its own, so that phones reach its set-up page: it then answers what phones ask a network for.
    pub access_point: bool,
}

/// Setting the box up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetupSettings {
    /// Where the image's first boot leaves its state and the set-up code; without it the set-up page changes what the box itself can.
    #[schemars(extend("x-example" = "/data/etc/cleantrack"))]
    pub folder: Option<PathBuf>,
}

/// Which ways to the relay the box may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UplinkSelection {
    /// MQTT, and HTTPS where that does not get through.
    #[default]
    Auto,
    /// MQTT alone.
    Mqtt,
    /// HTTPS alone.
    Https,
}

/// The line to the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UplinkSettings {
    /// Which way: `auto` (MQTT, and HTTPS where that does not get through), `mqtt` or `https`.
    pub way: UplinkSelection,
    /// Seconds until MQTT is tried again beside HTTPS; twice as many after each failure, up to an hour.
    #[schemars(range(min = 1, max = 3600))]
    pub mqtt_again_s: u32,
    /// HTTP proxy for all that goes by HTTPS: `http://host:port`, without name and password; the environment's is never used.
    #[schemars(extend("x-example" = "http://proxy.example.org:3128"))]
    pub proxy: Option<String>,
    /// Name at the proxy, where it wants one (Basic).
    #[schemars(extend("x-example" = "cleantrack"))]
    pub proxy_user: Option<String>,
    /// A file with the password at the proxy.
    #[schemars(extend("x-example" = "/run/credentials/cleantrack-appliance.service/cleantrack.proxy-password"))]
    pub proxy_password_file: Option<PathBuf>,
    /// PEM file with a further authority for what goes by HTTPS: that of a proxy which reads what passes.
    #[schemars(extend("x-example" = "/etc/cleantrack/proxy-ca.pem"))]
    pub ca: Option<PathBuf>,
}

impl Default for UplinkSettings {
    fn default() -> Self {
        let way = UplinkSelection::default();
        Self { way, mqtt_again_s: 120, proxy: None, proxy_user: None, proxy_password_file: None, ca: None }
    }
}

impl UplinkSettings {
    /// Host and port of the proxy; `None` where none is set, or what is set is no address.
    pub fn proxy_endpoint(&self) -> Option<(String, u16)> {
        let uri: http::Uri = self.proxy.as_deref()?.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let is_http = uri.scheme_str() == Some("http");
        (is_bare && is_http).then(|| Some((authority.host().to_owned(), authority.port_u16()?)))?
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.proxy.is_some() && self.proxy_endpoint().is_none() {
            return Err(
                "uplink.proxy reads http://host:port; its name and password are proxy_user and proxy_password_file",
            );
        }
        if self.proxy_user.is_some() != self.proxy_password_file.is_some() {
            return Err("uplink.proxy_user and uplink.proxy_password_file belong together");
        }
        if self.proxy_user.as_deref().is_some_and(|user| user.is_empty() || user.contains([':', '\r', '\n']))
        {
            return Err("uplink.proxy_user is a name without a colon");
        }
        if self.proxy_user.is_some() && self.proxy.is_none() {
            return Err("uplink.proxy_user is for a proxy: set uplink.proxy");
        }
        Ok(())
    }
}

/// Backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackupSettings {
    /// Folder for backups: where a stick or another machine's folder is mounted; without one no backup is made.
    #[schemars(extend("x-example" = "/run/cleantrack/stick"))]
    pub to: Option<PathBuf>,
    /// Time of the daily backup in the facility's zone, `HH:MM`.
    pub at: String,
    /// Backups that stay; the oldest goes once a newer one was read back.
    #[schemars(range(min = 1, max = 400))]
    pub keep: u16,
    /// Whether the folder may be on the same storage as the data: only where something else copies it to another place.
    pub same_disk: bool,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self { to: None, at: "02:30".to_owned(), keep: 14, same_disk: false }
    }
}

impl BackupSettings {
    pub fn daily(&self) -> jiff::civil::Time {
        parse_time(&self.at).unwrap_or_default()
    }
}

fn parse_time(text: &str) -> Option<jiff::civil::Time> {
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5)?;
    jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// All settings of the box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoxSettings {
    /// Data folder; also `--data DIR`.
    #[schemars(extend("x-default" = "`$STATE_DIRECTORY`", "x-example" = "/var/lib/cleantrack"))]
    pub data: Option<PathBuf>,
    /// Plain HTTP, for phones; port 0 takes a free one. A socket that systemd holds under the name `http` counts before it.
    pub http: ListenAddress,
    /// HTTPS, for staff; port 0 takes a free one. A socket that systemd holds under the name `https` counts before it.
    pub https: ListenAddress,
    /// Bounds.
    pub limits: BoxLimits,
    /// The building's network.
    pub network: BoxNetwork,
    /// The line to the relay.
    pub uplink: UplinkSettings,
    /// Backups.
    pub backup: BackupSettings,
    /// Printers that are always there, each with `name`, `language` and `address`, more in docs/printers.md; the pages find
    /// and add others.
    #[schemars(
        with = "Vec<BTreeMap<String, serde_json::Value>>",
        extend("x-example" = [json!({"name": "Label printer", "language": "zpl", "address": "tcp://192.0.2.9:9100"})])
    )]
    pub printers: Vec<toml::Table>,
    /// Claim file to take up at start; one that was taken up already is passed over.
    #[schemars(extend(
        "x-default" = "`$CREDENTIALS_DIRECTORY/cleantrack.claim`, where there is one",
        "x-example" = "/run/credentials/cleantrack-appliance.service/cleantrack.claim"
    ))]
    pub claim: Option<PathBuf>,
    /// Further names and addresses under which the box is reached.
    pub hosts: Vec<String>,
    /// Lights, buzzer and button on the case: docs/panel.md.
    pub panel: PanelSettings,
    /// Setting the box up.
    pub setup: SetupSettings,
    /// Printer on which a new box prints its set-up slip once, at its first start, by its name.
    #[schemars(extend("x-example" = "Label printer"))]
    pub setup_slip: Option<String>,
    /// What is logged: levels by module, such as `info,appliance::printing=debug`.
    pub log: String,
}

impl Default for BoxSettings {
    fn default() -> Self {
        Self {
            data: None,
            http: ListenAddress::any(8080),
            https: ListenAddress::any(8443),
            limits: BoxLimits::default(),
            network: BoxNetwork::default(),
            uplink: UplinkSettings::default(),
            backup: BackupSettings::default(),
            printers: Vec::new(),
            claim: None,
            hosts: Vec::new(),
            panel: PanelSettings::default(),
            setup: SetupSettings::default(),
            setup_slip: None,
            log: "info".to_owned(),
        }
    }
}

impl ProgramSettings for BoxSettings {
    fn check(&self) -> Result<(), &'static str> {
        self.uplink.check()?;
        let names: std::collections::BTreeSet<_> =
            self.printers.iter().map(|p| read_text(p, "name")).collect();
        if names.len() != self.printers.len() || names.iter().any(String::is_empty) {
            return Err("each of the printers needs a name of its own");
        }
        let has_gap = self
            .printers
            .iter()
            .any(|p| read_text(p, "language").is_empty() || read_text(p, "address").is_empty());
        if has_gap {
            return Err("each of the printers needs a language and an address, such as tcp://10.0.0.9:9100");
        }
        if parse_time(&self.backup.at).is_none() {
            return Err("`at` under `[backup]` is no time of a day, such as 02:30");
        }
        Ok(())
    }
}

fn read_text(printer: &toml::Table, key: &str) -> String {
    printer.get(key).and_then(|v| v.as_str()).unwrap_or_default().trim().to_owned()
}

impl BoxSettings {
    /// Reads the file, if one is given, the environment over it, and over both what the command line says.
    ///
    /// # Errors
    /// What does not fit, with its line or its variable.
    pub fn load(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
        data: Option<PathBuf>,
    ) -> Result<LoadedSettings<Self>, SettingsError> {
        let mut loaded = service::settings::load_settings::<Self>(file, environment)?;
        let provided = match (data, &loaded.settings.data) {
            (Some(data), _) => Some((data, SettingOrigin::Argument)),
            (None, Some(_)) => None,
            (None, None) => environment
                .get("STATE_DIRECTORY")
                .map(|dir| (PathBuf::from(dir), SettingOrigin::Variable("STATE_DIRECTORY".into()))),
        };
        if let Some((data, origin)) = provided {
            loaded.settings.data = Some(data);
            loaded.origins.insert("data".to_owned(), origin);
        }
        let credential =
            environment.get("CREDENTIALS_DIRECTORY").map(|dir| Path::new(dir).join(CLAIM_CREDENTIAL));
        if loaded.settings.claim.is_none()
            && let Some(claim) = credential.filter(|file| file.exists())
        {
            loaded.settings.claim = Some(claim);
            let origin = SettingOrigin::Variable("CREDENTIALS_DIRECTORY".to_owned());
            loaded.origins.insert("claim".to_owned(), origin);
        }
        loaded.settings.check().map_err(SettingsError::Value)?;
        Ok(loaded)
    }

    /// The data folder.
    ///
    /// # Errors
    /// Nobody named one.
    pub fn data(&self) -> Result<&Path, SettingsError> {
        let missing = SettingsError::Value(
            "no data folder: give --data DIR, `data` in the settings, or STATE_DIRECTORY",
        );
        self.data.as_deref().ok_or(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<BoxSettings, SettingsError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let environment = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        BoxSettings::load(Some(file.path()), &environment, None).map(|loaded| loaded.settings)
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let printer = "[{name=\"P\",language=\"escpos\",address=\"tcp://127.0.0.1:9100\"}]";
        let text = "data = \"/a\"\n[http]\nlisten = \"127.0.0.1:1\"\n[limits]\nsubmits_per_address = 0\n";
        let settings =
            load(text, &[("CLEANTRACK_DATA", "/b"), ("CLEANTRACK_PRINTERS", printer), ("HOME", "/root")])
                .unwrap();
        assert_eq!(settings.data().unwrap(), Path::new("/b"));
        assert_eq!((settings.http.listen.port(), settings.limits.submits_per_address), (1, 0));
        assert_eq!((settings.https.listen.port(), settings.printers[0]["name"].as_str()), (8443, Some("P")));
    }

    #[test]
    fn the_data_folder_is_whose_word_counts_most() {
        let state = BTreeMap::from([("STATE_DIRECTORY".to_owned(), "/s".to_owned())]);
        let of_unit = BoxSettings::load(None, &state, None).unwrap();
        assert_eq!(of_unit.settings.data().unwrap(), Path::new("/s"));
        assert_eq!(of_unit.origins["data"], SettingOrigin::Variable("STATE_DIRECTORY".to_owned()));
        let provided = BoxSettings::load(None, &state, Some("/c".into())).unwrap();
        assert_eq!(
            (provided.settings.data().unwrap(), &provided.origins["data"]),
            (Path::new("/c"), &SettingOrigin::Argument)
        );
        assert_eq!(
            load("data = \"/a\"", &[("STATE_DIRECTORY", "/s")]).unwrap().data().unwrap(),
            Path::new("/a")
        );
        assert!(load("", &[]).unwrap().data().is_err());
    }

    #[test]
    fn a_proxy_has_no_password_in_its_address() {
        let text = "[uplink]\nway = \"https\"\nproxy = \"http://proxy.example:3128\"\nproxy_user = \"box\"\n\
                    proxy_password_file = \"/p\"\n";
        let uplink = load(text, &[]).unwrap().uplink;
        assert_eq!(uplink.way, UplinkSelection::Https);
        assert_eq!(uplink.proxy_endpoint(), Some(("proxy.example".to_owned(), 3128)));
        let of_environment =
            load("", &[("CLEANTRACK_UPLINK_WAY", "mqtt"), ("HTTPS_PROXY", "http://x:1")]).unwrap();
        assert_eq!((of_environment.uplink.way, of_environment.uplink.proxy), (UplinkSelection::Mqtt, None));
        for wrong in [
            "proxy = \"http://box:secret@proxy.example:3128\"",
            "proxy = \"https://proxy.example:3128\"",
            "proxy = \"socks5://proxy.example:1080\"",
            "proxy = \"http://proxy.example\"",
            "proxy = \"proxy.example:3128\"",
            "proxy = \"http://proxy.example:3128/pac\"",
            "proxy_user = \"box\"",
            "proxy = \"http://p:1\"\nproxy_user = \"a:b\"\nproxy_password_file = \"/p\"",
            "proxy_user = \"box\"\nproxy_password_file = \"/p\"",
        ] {
            let refused = load(&format!("[uplink]\n{wrong}\n"), &[]);
            assert!(matches!(refused, Err(SettingsError::Value(_))), "{wrong}");
        }
        assert!(load("[uplink]\nway = \"pigeon\"\n", &[]).is_err());
    }

    #[test]
    fn the_panel_s_lines_are_numbers_or_names() {
        let text = "data = \"/a\"\n[panel]\nkind = \"gpiochip\"\ngreen = 17\nred = \"gpiochip1:4\"\nactive_low = true\n";
        let panel = load(text, &[("CLEANTRACK_PANEL_AMBER", "27")]).unwrap().panel;
        assert_eq!((panel.kind, panel.active_low, panel.debounce_ms), (PanelKind::Gpiochip, true, 20));
        assert_eq!(panel.green, Some(PanelLine::Number(17)));
        assert_eq!(panel.red, Some(PanelLine::Name("gpiochip1:4".into())));
        assert_eq!(panel.amber, Some(PanelLine::Name("27".into())));
        assert_eq!((panel.button, panel.buzzer), (None, None));
        assert_eq!(load("", &[]).unwrap().panel.kind, PanelKind::None);
        assert!(load("[panel]\nkind = \"lamps\"\n", &[]).is_err());
        assert!(matches!(load("[panel]\ndebounce_ms = 0\n", &[]), Err(SettingsError::Range { .. })));
    }

    #[test]
    fn a_claim_file_among_the_credentials_needs_no_setting() {
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().to_string_lossy().into_owned();
        let credentials = [("CREDENTIALS_DIRECTORY", name.as_str())];
        assert_eq!(load("", &credentials).unwrap().claim, None, "a credential may be missing");
        let file = dir.path().join("cleantrack.claim");
        std::fs::write(&file, "").unwrap();
        assert_eq!(load("", &credentials).unwrap().claim, Some(file));
        let named = load("claim = \"/a\"", &credentials).unwrap().claim;
        assert_eq!(named.as_deref(), Some(Path::new("/a")), "what somebody wrote counts more");
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let twice = "[[printers]]\nname=\"a\"\nlanguage=\"escpos\"\naddress=\"tcp://h:1\"\n".repeat(2);
        for wrong in [
            twice.as_str(),
            "printers = [{name=\"a\",language=\"escpos\"}]",
            "printers = [{name=\"\",language=\"escpos\",address=\"tcp://h:1\"}]",
            "[backup]\nat = \"24:00\"\n",
            "[backup]\nat = \"2:30\"\n",
            "[backup]\nat = \"\"\n",
        ] {
            assert!(matches!(load(wrong, &[]), Err(SettingsError::Value(_))), "{wrong}");
        }
        for wrong in [
            "[limits]\nconnections = 1\n",
            "[limits]\nphoto_percent = 0\n",
            "[backup]\nkeep = 0\n",
            "[backup]\nkeep = 401\n",
        ] {
            assert!(matches!(load(wrong, &[]), Err(SettingsError::Range { .. })), "{wrong}");
        }
    }
}
