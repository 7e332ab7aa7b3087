//! What the box is told by its settings file, its environment and its command line; secrets are in none of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::settings::{ListenAddress, LoadedSettings, ProgramSettings, SettingOrigin, SettingsError};

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
            printers: Vec::new(),
            claim: None,
            hosts: Vec::new(),
            log: "info".to_owned(),
        }
    }
}

impl ProgramSettings for BoxSettings {
    fn check(&self) -> Result<(), &'static str> {
        let text = |printer: &toml::Table, key: &str| {
            printer.get(key).and_then(|v| v.as_str()).unwrap_or_default().trim().to_owned()
        };
        let names: std::collections::BTreeSet<_> = self.printers.iter().map(|p| text(p, "name")).collect();
        if names.len() != self.printers.len() || names.iter().any(String::is_empty) {
            return Err("each of the printers needs a name of its own");
        }
        if self.printers.iter().any(|p| text(p, "language").is_empty() || text(p, "address").is_empty()) {
            return Err("each of the printers needs a language and an address, such as tcp://10.0.0.9:9100");
        }
        Ok(())
    }
}

impl BoxSettings {
    /// Reads the file, if one is given, the environment over it, and over both what stood on the command line.
    ///
    /// # Errors
    /// What does not fit, with its line or its variable.
    pub fn load(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
        data: Option<PathBuf>,
    ) -> Result<LoadedSettings<Self>, SettingsError> {
        let mut loaded = service::settings::load_settings::<Self>(file, environment)?;
        let state = || {
            Some((
                environment.get("STATE_DIRECTORY")?.into(),
                SettingOrigin::Variable("STATE_DIRECTORY".into()),
            ))
        };
        let provided = match (data, &loaded.settings.data) {
            (Some(data), _) => Some((data, SettingOrigin::Argument)),
            (None, Some(_)) => None,
            (None, None) => state(),
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
        ] {
            assert!(matches!(load(wrong, &[]), Err(SettingsError::Value(_))), "{wrong}");
        }
        for wrong in ["[limits]\nconnections = 1\n", "[limits]\nphoto_percent = 0\n"] {
            assert!(matches!(load(wrong, &[]), Err(SettingsError::Range { .. })), "{wrong}");
        }
    }
}
