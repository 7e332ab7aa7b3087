//! Settings: a TOML file, the environment over it, the command line over both; secrets only in files of their own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fleet::PublicIdentity;

/// Why the settings were not taken. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
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
    #[error("the environment variable {0} is no setting of the relay")]
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

/// What is said of an address that is no database's.
pub(crate) const NO_DATABASE: ConfigError = ConfigError::Value(
    "the database must read sqlite:FILE or postgres://…; another server is not spoken to. Nothing was started",
);

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// The public listener.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Https {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Its certificate, PEM, leaf first; without one the relay's own authority makes one.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// What boxes must trust to reach it, where that is not in the certificate file.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// Bounds that an operator may move.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at a time, of the public listener and of the one for photos each.
    pub connections: usize,
    /// Of those, connections of one address (of IPv6: one /64); 0 is no limit, for a relay behind a proxy of its own.
    pub connections_per_address: usize,
    /// Claims and renewals a minute from one network, with bursts of 20; 0 is no limit.
    pub claims_per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 1_024, connections_per_address: 256, claims_per_address: 30 }
    }
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data folder: keys, and the database and photos where they have no place of their own.
    pub data: Option<PathBuf>,
    /// `sqlite:FILE` or `postgres://…` without a password.
    pub database: Option<String>,
    /// A file with the database's address, password included.
    pub database_file: Option<PathBuf>,
    /// The folder of photos.
    pub objects: Option<PathBuf>,
    /// Where people and boxes reach the public listener: `https://host[:port]`.
    pub public_url: Option<String>,
    /// Where boxes reach MQTT: `mqtts://host:port`.
    pub mqtt_url: Option<String>,
    /// Where boxes bring photos: `https://host:port`.
    pub photos_url: Option<String>,
    /// Further names and addresses in the relay's own certificate.
    pub names: Vec<String>,
    /// The public listener.
    pub https: Https,
    /// Photos, with client certificates.
    pub photos: Listen,
    /// Boxes, with client certificates.
    pub mqtt: Listen,
    /// Health and metrics; loopback.
    pub health: Listen,
    /// Bounds.
    pub limits: Limits,
    /// What is logged, as `tracing`'s filter.
    pub log: String,
}

impl Default for Config {
    fn default() -> Self {
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        Self {
            data: None,
            database: None,
            database_file: None,
            objects: None,
            public_url: None,
            mqtt_url: None,
            photos_url: None,
            names: Vec::new(),
            https: Https { listen: any(8443), certificate: None, key: None, ca: None },
            photos: Listen { listen: any(8444) },
            mqtt: Listen { listen: any(8883) },
            health: Listen { listen: SocketAddr::from(([127, 0, 0, 1], 9090)) },
            limits: Limits::default(),
            log: "info".to_owned(),
        }
    }
}

/// The variables that are settings.
pub const VARIABLES: &[&str] = &[
    "CLEANTRACK_DATA",
    "CLEANTRACK_DATABASE",
    "CLEANTRACK_DATABASE_FILE",
    "CLEANTRACK_OBJECTS",
    "CLEANTRACK_PUBLIC_URL",
    "CLEANTRACK_MQTT_URL",
    "CLEANTRACK_PHOTOS_URL",
    "CLEANTRACK_NAMES",
    "CLEANTRACK_HTTPS_LISTEN",
    "CLEANTRACK_HTTPS_CERTIFICATE",
    "CLEANTRACK_HTTPS_KEY",
    "CLEANTRACK_HTTPS_CA",
    "CLEANTRACK_PHOTOS_LISTEN",
    "CLEANTRACK_MQTT_LISTEN",
    "CLEANTRACK_HEALTH_LISTEN",
    "CLEANTRACK_LIMITS_CONNECTIONS",
    "CLEANTRACK_LIMITS_CONNECTIONS_PER_ADDRESS",
    "CLEANTRACK_LIMITS_CLAIMS_PER_ADDRESS",
    "CLEANTRACK_LOG",
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
                let parse = |source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) };
                toml::from_str(&text).map_err(parse)?
            }
        };
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("CLEANTRACK_")) {
            config.set(name, value)?;
        }
        config.data = config.data.or_else(|| environment.get("STATE_DIRECTORY").map(PathBuf::from));
        Ok(config)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
            name: &str,
            value: &str,
        ) -> Result<T, ConfigError> {
            let wrong = |e: T::Err| ConfigError::Variable { name: name.to_owned(), why: e.to_string() };
            value.parse().map_err(wrong)
        }
        match name {
            "CLEANTRACK_DATA" => self.data = Some(value.into()),
            "CLEANTRACK_DATABASE" => self.database = Some(value.to_owned()),
            "CLEANTRACK_DATABASE_FILE" => self.database_file = Some(value.into()),
            "CLEANTRACK_OBJECTS" => self.objects = Some(value.into()),
            "CLEANTRACK_PUBLIC_URL" => self.public_url = Some(value.to_owned()),
            "CLEANTRACK_MQTT_URL" => self.mqtt_url = Some(value.to_owned()),
            "CLEANTRACK_PHOTOS_URL" => self.photos_url = Some(value.to_owned()),
            "CLEANTRACK_NAMES" => self.names = value.split(',').map(|n| n.trim().to_owned()).collect(),
            "CLEANTRACK_HTTPS_LISTEN" => self.https.listen = parse(name, value)?,
            "CLEANTRACK_HTTPS_CERTIFICATE" => self.https.certificate = Some(value.into()),
            "CLEANTRACK_HTTPS_KEY" => self.https.key = Some(value.into()),
            "CLEANTRACK_HTTPS_CA" => self.https.ca = Some(value.into()),
            "CLEANTRACK_PHOTOS_LISTEN" => self.photos.listen = parse(name, value)?,
            "CLEANTRACK_MQTT_LISTEN" => self.mqtt.listen = parse(name, value)?,
            "CLEANTRACK_HEALTH_LISTEN" => self.health.listen = parse(name, value)?,
            "CLEANTRACK_LIMITS_CONNECTIONS" => self.limits.connections = parse(name, value)?,
            "CLEANTRACK_LIMITS_CONNECTIONS_PER_ADDRESS" => {
                self.limits.connections_per_address = parse(name, value)?;
            }
            "CLEANTRACK_LIMITS_CLAIMS_PER_ADDRESS" => self.limits.claims_per_address = parse(name, value)?,
            "CLEANTRACK_LOG" => value.clone_into(&mut self.log),
            unknown => return Err(ConfigError::UnknownVariable(unknown.to_owned())),
        }
        Ok(())
    }

    /// Whether all of it fits together.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.data()?;
        let begins = |url: &Option<String>, with: &str| url.as_deref().is_none_or(|u| u.starts_with(with));
        if !begins(&self.public_url, "https://") || !begins(&self.photos_url, "https://") {
            return Err(ConfigError::Value(
                "public_url and photos_url read https://host or https://host:port",
            ));
        }
        if !begins(&self.mqtt_url, "mqtts://") {
            return Err(ConfigError::Value("mqtt_url reads mqtts://host:port"));
        }
        if self.https.certificate.is_some() != self.https.key.is_some() {
            return Err(ConfigError::Value("https.certificate and https.key belong together"));
        }
        if !(8..=100_000).contains(&self.limits.connections) {
            return Err(ConfigError::Value("limits.connections must be 8 to 100000"));
        }
        if !self.health.listen.ip().is_loopback() {
            return Err(ConfigError::Value(
                "health.listen must be a loopback address: it asks nobody who they are",
            ));
        }
        let password = self.database.as_deref().and_then(|d| d.split_once("://")?.1.split_once('@'));
        if password.is_some_and(|(user, _)| user.contains(':')) {
            return Err(ConfigError::Value(
                "a database password does not belong in the settings: use database_file",
            ));
        }
        Ok(())
    }

    /// The data folder.
    ///
    /// # Errors
    /// Nobody named one.
    pub fn data(&self) -> Result<&Path, ConfigError> {
        let missing = "no data folder: give --data DIR, `data` in the settings, or STATE_DIRECTORY";
        self.data.as_deref().ok_or(ConfigError::Value(missing))
    }

    /// The database's address.
    ///
    /// # Errors
    /// Its file cannot be read, or there is no data folder to keep a database in.
    pub fn database(&self) -> Result<String, ConfigError> {
        if let Some(path) = &self.database_file {
            let read = std::fs::read_to_string(path);
            let text = read.map_err(|source| ConfigError::Read { path: path.clone(), source })?;
            return Ok(text.trim().to_owned());
        }
        match &self.database {
            Some(address) => Ok(address.clone()),
            None => Ok(format!("sqlite:{}", self.data()?.join("relay.db").display())),
        }
    }

    /// The folder of photos.
    ///
    /// # Errors
    /// There is no data folder to keep them in.
    pub fn objects(&self) -> Result<PathBuf, ConfigError> {
        self.objects.clone().map_or_else(|| Ok(self.data()?.join("photos")), Ok)
    }

    /// The certificate that was configured for the public listener.
    pub fn public_identity(&self) -> Option<PublicIdentity> {
        let (certificate, key) = self.https.certificate.clone().zip(self.https.key.clone())?;
        Some(PublicIdentity { certificate, key, ca: self.https.ca.clone() })
    }

    /// The host of the public address, which names this relay's signing keys.
    pub fn host(&self) -> &str {
        self.public_url.as_deref().and_then(host_of).unwrap_or("localhost")
    }

    /// Names and addresses for the relay's own certificate.
    pub fn own_names(&self) -> Vec<String> {
        let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let urls = [&self.public_url, &self.mqtt_url, &self.photos_url];
        let hosts = urls.into_iter().flatten().filter_map(|url| host_of(url).map(str::to_owned));
        let mut names = Vec::new();
        for name in local.into_iter().chain(hosts).chain(self.names.clone()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1.split('/').next()?;
    let host = match rest.strip_prefix('[') {
        Some(six) => six.split_once(']')?.0,
        None => rest.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
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
        let config = Config::load(Some(file.path()), &environment)?;
        config.check()?;
        Ok(config)
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let text = "data = \"/a\"\n[https]\nlisten = \"127.0.0.1:1\"\n";
        let config = load(text, &[("CLEANTRACK_DATA", "/b"), ("HOME", "/root")]).unwrap();
        assert_eq!(config.database().unwrap(), "sqlite:/b/relay.db");
        assert_eq!((config.https.listen.port(), config.mqtt.listen.port()), (1, 8883));
        assert_eq!(config.host(), "localhost");
        let config =
            load("public_url = \"https://relay.example:444\"", &[("STATE_DIRECTORY", "/s")]).unwrap();
        assert_eq!((config.host(), config.objects().unwrap()), ("relay.example", PathBuf::from("/s/photos")));
        assert_eq!(config.own_names(), ["localhost", "127.0.0.1", "::1", "relay.example"]);
        assert_eq!(host_of("https://[::1]:5/x"), Some("::1"));
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let data = [("CLEANTRACK_DATA", "/a")];
        let unknown = load("[https]\nlisten = \"127.0.0.1:1\"\nlisted = 1\n", &data).unwrap_err().to_string();
        assert!(unknown.contains("line 3") && unknown.contains("listed"), "{unknown}");
        assert!(matches!(load("", &[("CLEANTRACK_COLOUR", "red")]), Err(ConfigError::UnknownVariable(_))));
        assert!(matches!(load("", &[("CLEANTRACK_MQTT_LISTEN", "here")]), Err(ConfigError::Variable { .. })));
        assert!(matches!(load("", &[]), Err(ConfigError::Value(_))), "no data folder");
        for wrong in [
            "public_url = \"http://x\"",
            "mqtt_url = \"https://x:1\"",
            "[limits]\nconnections = 1",
            "[health]\nlisten = \"0.0.0.0:1\"",
            "[https]\nlisten = \"127.0.0.1:1\"\nkey = \"/k\"",
            "database = \"postgres://me:secret@host/db\"",
        ] {
            assert!(matches!(load(wrong, &data), Err(ConfigError::Value(_))), "{wrong}");
        }
    }

    #[test]
    fn every_variable_is_one() {
        for name in VARIABLES {
            let result = load("", &[(name, "\u{0}")]);
            assert!(!matches!(result, Err(ConfigError::UnknownVariable(_))), "{name}");
        }
    }
}
