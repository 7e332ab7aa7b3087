//! Settings: a TOML file, the environment over it, secrets never in either.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Why the settings were not taken. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings in {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be; the text names the line and the key.
    #[error("the settings in {} do not fit:\n{source}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A variable that means nothing.
    #[error("the environment variable {0} is no setting; see `--help` for those that are")]
    UnknownVariable(String),
    /// A variable with a value that does not fit.
    #[error("the environment variable {name} does not fit: {why}")]
    Variable {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A value out of its range, or one that is missing.
    #[error("{0}")]
    Value(&'static str),
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// Bounds that a facility may move.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Submissions a second that one address may make, in bursts of ten times as many; 0 means any number.
    pub submits_per_address: u32,
    /// Connections at a time, both listeners together.
    pub connections: usize,
    /// Of those, connections of one address (of IPv6: one /64); 0 is no limit.
    pub connections_per_address: usize,
    /// Per cent of the data disk that photos may fill.
    pub photo_percent: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { submits_per_address: 20, connections: 256, connections_per_address: 64, photo_percent: 50 }
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data folder.
    pub data: Option<PathBuf>,
    /// Plain HTTP, for phones.
    pub http: Listen,
    /// HTTPS, for staff.
    pub https: Listen,
    /// Bounds.
    pub limits: Limits,
    /// Printers, each as the API takes one; what their keys mean is the print room's to know.
    pub printers: Vec<toml::Table>,
    /// A claim file to take up at start; one that was taken up already is passed over.
    pub claim: Option<PathBuf>,
    /// Further host names and addresses under which the box is reached, beside those that it knows of itself.
    pub hosts: Vec<String>,
    /// What is logged, as `tracing`'s filter.
    pub log: String,
}

const HTTP: &str = "0.0.0.0:8080";
const HTTPS: &str = "0.0.0.0:8443";

impl Default for Config {
    fn default() -> Self {
        let any = |port| Listen { listen: SocketAddr::from(([0, 0, 0, 0], port)) };
        Self {
            data: None,
            http: any(8080),
            https: any(8443),
            limits: Limits::default(),
            printers: Vec::new(),
            claim: None,
            hosts: Vec::new(),
            log: "info".to_owned(),
        }
    }
}

/// The variables that are settings, and what each sets.
pub const VARIABLES: &[(&str, &str)] = &[
    ("CLEANTRACK_DATA", "data folder"),
    ("CLEANTRACK_HTTP_LISTEN", HTTP),
    ("CLEANTRACK_HTTPS_LISTEN", HTTPS),
    ("CLEANTRACK_LIMITS_SUBMITS_PER_ADDRESS", "20"),
    ("CLEANTRACK_LIMITS_CONNECTIONS", "256"),
    ("CLEANTRACK_LIMITS_CONNECTIONS_PER_ADDRESS", "64"),
    ("CLEANTRACK_LIMITS_PHOTO_PERCENT", "50"),
    ("CLEANTRACK_PRINTERS", "TOML array of tables"),
    ("CLEANTRACK_CLAIM", "claim file"),
    ("CLEANTRACK_HOSTS", "names, divided by commas"),
    ("CLEANTRACK_LOG", "info"),
];

impl Config {
    /// Reads the file, if one is given, and lays the environment over it.
    ///
    /// # Errors
    /// What does not fit, with its line or its variable.
    pub fn load(file: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let mut config = match file {
            None => Self::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
                toml::from_str(&text).map_err(|source| ConfigError::Parse {
                    path: path.to_owned(),
                    source: Box::new(source),
                })?
            }
        };
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("CLEANTRACK_")) {
            config.set(name, value)?;
        }
        config.data = config.data.or_else(|| environment.get("STATE_DIRECTORY").map(PathBuf::from));
        config.check()
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
            name: &str,
            value: &str,
        ) -> Result<T, ConfigError> {
            value
                .parse()
                .map_err(|e: T::Err| ConfigError::Variable { name: name.to_owned(), why: e.to_string() })
        }
        match name {
            "CLEANTRACK_DATA" => self.data = Some(value.into()),
            "CLEANTRACK_HTTP_LISTEN" => self.http.listen = parse(name, value)?,
            "CLEANTRACK_HTTPS_LISTEN" => self.https.listen = parse(name, value)?,
            "CLEANTRACK_LIMITS_SUBMITS_PER_ADDRESS" => self.limits.submits_per_address = parse(name, value)?,
            "CLEANTRACK_LIMITS_CONNECTIONS" => self.limits.connections = parse(name, value)?,
            "CLEANTRACK_LIMITS_CONNECTIONS_PER_ADDRESS" => {
                self.limits.connections_per_address = parse(name, value)?;
            }
            "CLEANTRACK_LIMITS_PHOTO_PERCENT" => self.limits.photo_percent = parse(name, value)?,
            "CLEANTRACK_CLAIM" => self.claim = Some(value.into()),
            "CLEANTRACK_HOSTS" => self.hosts = value.split(',').map(|h| h.trim().to_owned()).collect(),
            "CLEANTRACK_LOG" => value.clone_into(&mut self.log),
            "CLEANTRACK_PRINTERS" => {
                #[derive(Deserialize)]
                struct Only {
                    printers: Vec<toml::Table>,
                }
                let only: Only = parse_toml(name, &format!("printers = {value}"))?;
                self.printers = only.printers;
            }
            unknown => return Err(ConfigError::UnknownVariable(unknown.to_owned())),
        }
        Ok(())
    }

    fn check(self) -> Result<Self, ConfigError> {
        if !(8..=4_096).contains(&self.limits.connections) {
            return Err(ConfigError::Value("limits.connections must be 8 to 4096"));
        }
        if !(1..=90).contains(&self.limits.photo_percent) {
            return Err(ConfigError::Value("limits.photo_percent must be 1 to 90"));
        }
        let text = |printer: &toml::Table, key: &str| {
            printer.get(key).and_then(|v| v.as_str()).unwrap_or_default().trim().to_owned()
        };
        let names: std::collections::BTreeSet<_> = self.printers.iter().map(|p| text(p, "name")).collect();
        if names.len() != self.printers.len() || names.iter().any(String::is_empty) {
            return Err(ConfigError::Value("each of the printers needs a name of its own"));
        }
        if self.printers.iter().any(|p| text(p, "language").is_empty() || text(p, "address").is_empty()) {
            return Err(ConfigError::Value(
                "each of the printers needs a language and an address, such as tcp://10.0.0.9:9100",
            ));
        }
        Ok(self)
    }

    /// The data folder.
    ///
    /// # Errors
    /// Nobody named one.
    pub fn data(&self) -> Result<&Path, ConfigError> {
        let missing =
            ConfigError::Value("no data folder: give --data DIR, `data` in the settings, or STATE_DIRECTORY");
        self.data.as_deref().ok_or(missing)
    }
}

fn parse_toml<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text)
        .map_err(|e| ConfigError::Variable { name: name.to_owned(), why: e.message().to_owned() })
}

/// The process's environment, read once.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let environment = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Config::load(Some(file.path()), &environment)
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let printer = "[{name=\"P\",language=\"escpos\",address=\"tcp://127.0.0.1:9100\"}]";
        let text = "data = \"/a\"\n[http]\nlisten = \"127.0.0.1:1\"\n[limits]\nsubmits_per_address = 0\n";
        let config =
            load(text, &[("CLEANTRACK_DATA", "/b"), ("CLEANTRACK_PRINTERS", printer), ("HOME", "/root")])
                .unwrap();
        assert_eq!(config.data().unwrap(), Path::new("/b"));
        assert_eq!((config.http.listen.port(), config.limits.submits_per_address), (1, 0));
        assert_eq!((config.https.listen.port(), config.printers[0]["name"].as_str()), (8443, Some("P")));
        assert_eq!(load("", &[("STATE_DIRECTORY", "/s")]).unwrap().data().unwrap(), Path::new("/s"));
        assert!(load("", &[]).unwrap().data().is_err());
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let unknown = load("data = \"/a\"\n[http]\nlisten = \"127.0.0.1:1\"\nlisted = 1\n", &[])
            .unwrap_err()
            .to_string();
        assert!(unknown.contains("line 4") && unknown.contains("listed"), "{unknown}");
        assert!(matches!(load("", &[("CLEANTRACK_COLOUR", "red")]), Err(ConfigError::UnknownVariable(_))));
        assert!(matches!(load("", &[("CLEANTRACK_HTTP_LISTEN", "here")]), Err(ConfigError::Variable { .. })));
        let twice = "[[printers]]\nname=\"a\"\nlanguage=\"escpos\"\naddress=\"tcp://h:1\"\n".repeat(2);
        for wrong in [
            twice.as_str(),
            "[limits]\nconnections = 1\n",
            "[limits]\nphoto_percent = 0\n",
            "printers = [{name=\"a\",language=\"escpos\"}]",
            "printers = [{name=\"\",language=\"escpos\",address=\"tcp://h:1\"}]",
        ] {
            assert!(matches!(load(wrong, &[]), Err(ConfigError::Value(_))), "{wrong}");
        }
        assert!(matches!(
            Config::load(Some(Path::new("/nowhere.toml")), &BTreeMap::new()),
            Err(ConfigError::Read { .. })
        ));
    }

    #[test]
    fn every_variable_is_one() {
        for (name, _) in VARIABLES {
            let result = load("", &[(name, "\u{0}")]);
            assert!(!matches!(result, Err(ConfigError::UnknownVariable(_))), "{name}");
        }
    }
}
