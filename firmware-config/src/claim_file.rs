//! The claim file: TOML that ties a new box to its relay and facility.

use std::fmt::Write as _;

use jiff::Timestamp;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use crate::fields;
use crate::secret::Secret;

/// Bytes of a claim file: a CA chain takes four thousand, all else one.
pub const CLAIM_FILE_BYTES_MAX: usize = 64 * 1024;
/// Version of the format.
const VERSION: &str = "1";
const VERSION_NUMBER: i64 = 1;
/// Keys of one kind that a relay may give out: the present one, the next one and a reserve.
const KEYS_MAX: usize = 8;

/// What a box must know before it can be claimed. Every value has been checked by [`ClaimFile::parse`]; one that was put
/// together otherwise is checked when it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimFile {
    /// The relay's HTTPS address for boxes; `/box/v1/claim` is below it.
    pub relay_url: String,
    /// PEM of the authority that signs the relay's certificates for boxes.
    pub relay_ca: String,
    /// Verifier keys of the relay's cosignatures, at least one.
    pub cosign_keys: Vec<String>,
    /// Verifier keys of the relay's directives, at least one.
    pub directive_keys: Vec<String>,
    /// Where the box's MQTT connection goes.
    pub mqtt_url: String,
    /// The facility's id.
    pub facility: String,
    /// The one-time claim code.
    pub code: Secret,
    /// When the relay stops taking the code.
    pub expires: Timestamp,
    /// The facility's IANA time zone.
    pub zone: Option<String>,
    /// The box's name in the building's network.
    pub hostname: Option<String>,
    /// Scheme and host that labels carry.
    pub label_host: Option<String>,
    /// The network that the box joins; without it, a cable.
    pub wifi: Option<Wifi>,
}

/// A wireless network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wifi {
    /// Its name.
    pub ssid: String,
    /// Its passphrase or the hash of it; without it, an open network.
    pub psk: Option<Secret>,
    /// Whose radio rules hold, in two letters.
    pub country: String,
}

/// Why bytes are not a claim file. None of its texts shows a value of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimFileError {
    /// Over [`CLAIM_FILE_BYTES_MAX`].
    #[error("the claim file has {0} bytes, more than {CLAIM_FILE_BYTES_MAX}: is it another file?")]
    TooLong(usize),
    /// Not text.
    #[error("the claim file is not UTF-8 text: save it as UTF-8, or download it again from the relay")]
    Utf8,
    /// Not TOML.
    #[error("line {line} of the claim file cannot be read: {why}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What the TOML reader says.
        why: String,
    },
    /// A key that no claim file has.
    #[error("line {line} of the claim file: `{key}` is not a setting of a claim file; take the line out")]
    Unknown {
        /// From 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A key that every claim file has.
    #[error("the claim file has no `{0}`: download it again from the relay")]
    Missing(&'static str),
    /// A value that does not fit.
    #[error("line {line} of the claim file: `{key}` {why}")]
    Field {
        /// From 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// What to write.
        why: &'static str,
    },
}

/// Takes values out of a table, so that what is left is unknown.
struct Reader<'a> {
    text: &'a str,
    table: DeTable<'a>,
}

type Check = fn(&str) -> Result<(), &'static str>;

impl<'a> Reader<'a> {
    fn open(text: &'a str) -> Result<Self, ClaimFileError> {
        let syntax = |error: &toml::de::Error| ClaimFileError::Syntax {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            why: error.message().to_owned(),
        };
        Ok(Self { text, table: DeTable::parse(text).map_err(|e| syntax(&e))?.into_inner() })
    }

    fn take(&mut self, key: &'static str) -> Option<(usize, DeValue<'a>)> {
        let value = self.table.remove(key)?;
        Some((line_of(self.text, value.span().start), value.into_inner()))
    }

    fn optional(&mut self, key: &'static str, check: Check) -> Result<Option<String>, ClaimFileError> {
        let Some((line, value)) = self.take(key) else { return Ok(None) };
        let refuse = |why| ClaimFileError::Field { line, key, why };
        let DeValue::String(text) = value else { return Err(refuse("must be a text in quotes")) };
        check(&text).map_err(refuse)?;
        Ok(Some(text.into_owned()))
    }

    fn required(&mut self, key: &'static str, check: Check) -> Result<String, ClaimFileError> {
        self.optional(key, check)?.ok_or(ClaimFileError::Missing(key))
    }

    fn keys(&mut self, key: &'static str) -> Result<Vec<String>, ClaimFileError> {
        let (line, value) = self.take(key).ok_or(ClaimFileError::Missing(key))?;
        let refuse = |line, why| ClaimFileError::Field { line, key, why };
        let DeValue::Array(values) = value else { return Err(refuse(line, "must be a list of keys in [ ]")) };
        if values.is_empty() || values.len() > KEYS_MAX {
            return Err(refuse(line, "must hold 1 to 8 keys"));
        }
        let text = |value: Spanned<DeValue<'_>>| {
            let line = line_of(self.text, value.span().start);
            let DeValue::String(text) = value.into_inner() else {
                return Err(refuse(line, "must be a list of texts in quotes"));
            };
            fields::check_verifier_key(&text).map_err(|why| refuse(line, why))?;
            Ok(text.into_owned())
        };
        values.into_iter().map(text).collect()
    }

    fn version(&mut self) -> Result<(), ClaimFileError> {
        let (line, value) = self.take("version").ok_or(ClaimFileError::Missing("version"))?;
        match value {
            DeValue::Integer(n) if n.radix() == 10 && n.as_str() == VERSION => Ok(()),
            _ => Err(ClaimFileError::Field {
                line,
                key: "version",
                why: "is not 1: this box is older than the file",
            }),
        }
    }

    fn wifi(&mut self) -> Result<Option<Wifi>, ClaimFileError> {
        let Some((line, value)) = self.take("wifi") else { return Ok(None) };
        let DeValue::Table(table) = value else {
            return Err(ClaimFileError::Field { line, key: "wifi", why: "must be a section, [wifi]" });
        };
        let mut section = Reader { text: self.text, table };
        let wifi = Wifi {
            ssid: section.required("ssid", fields::check_ssid)?,
            psk: section.optional("psk", fields::check_psk)?.map(Secret::new),
            country: section.required("country", fields::check_country)?,
        };
        section.close().map(|()| Some(wifi))
    }

    /// Nothing may be left over: a misspelt key would otherwise be a setting that silently does nothing.
    fn close(self) -> Result<(), ClaimFileError> {
        match self.table.into_iter().next() {
            None => Ok(()),
            Some((key, _)) => {
                let line = line_of(self.text, key.span().start);
                Err(ClaimFileError::Unknown { line, key: key.into_inner().chars().take(40).collect() })
            }
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&b| b == b'\n').count()
}

impl ClaimFile {
    /// Reads the bytes of a claim file. A byte order mark and Windows line ends are taken: people edit the file.
    ///
    /// # Errors
    /// The first thing that does not fit, with its line where it has one.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClaimFileError> {
        if bytes.len() > CLAIM_FILE_BYTES_MAX {
            return Err(ClaimFileError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ClaimFileError::Utf8)?;
        let mut file = Reader::open(text.strip_prefix('\u{feff}').unwrap_or(text))?;
        file.version()?;
        let read = Self {
            relay_url: file.required("relay_url", fields::check_relay_url)?,
            relay_ca: file.required("relay_ca", fields::check_relay_ca)?,
            cosign_keys: file.keys("cosign_keys")?,
            directive_keys: file.keys("directive_keys")?,
            mqtt_url: file.required("mqtt_url", fields::check_mqtt_url)?,
            facility: file.required("facility", fields::check_facility)?,
            code: Secret::new(file.required("code", fields::check_code)?),
            expires: file
                .required("expires", |text| fields::check_expires(text).map(drop))?
                .parse()
                .map_err(|_| ClaimFileError::Missing("expires"))?,
            zone: file.optional("zone", fields::check_zone)?,
            hostname: file.optional("hostname", fields::check_hostname)?,
            label_host: file.optional("label_host", fields::check_label_host)?,
            wifi: file.wifi()?,
        };
        file.close().map(|()| read)
    }

    /// Writes the file. [`ClaimFile::parse`] reads it back to the same value where every value fits.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# CleanTrack claim file. Put it on the box's card. Its code works once: keep it to yourself.\n",
        );
        let mut line = |key: &str, value: Value| {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{key} = {value}");
        };
        line("version", Value::Integer(VERSION_NUMBER));
        line("relay_url", self.relay_url.clone().into());
        line("relay_ca", self.relay_ca.clone().into());
        line("cosign_keys", self.cosign_keys.clone().into());
        line("directive_keys", self.directive_keys.clone().into());
        line("mqtt_url", self.mqtt_url.clone().into());
        line("facility", self.facility.clone().into());
        line("code", self.code.reveal().into());
        line("expires", self.expires.to_string().into());
        let optional = [("zone", &self.zone), ("hostname", &self.hostname), ("label_host", &self.label_host)];
        for (key, value) in optional {
            value.iter().for_each(|value| line(key, value.clone().into()));
        }
        if let Some(wifi) = &self.wifi {
            text.push_str("\n[wifi]\n");
            let mut line = |key: &str, value: &str| {
                let _ = writeln!(text, "{key} = {}", Value::from(value));
            };
            line("ssid", &wifi.ssid);
            wifi.psk.iter().for_each(|psk| line("psk", psk.reveal()));
            line("country", &wifi.country);
        }
        text
    }
}

#[cfg(test)]
mod tests;
