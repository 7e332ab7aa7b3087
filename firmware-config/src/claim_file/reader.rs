//! Takes values out of the tables of a claim file, and keeps going at a mistake: people correct a file once.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ClaimFile;
use crate::mistakes::{ClaimFileError, ClaimMistake, KeyHint, MistakeReason};

/// What a relay says of itself.
pub(super) const RELAY_KEYS: [&str; 9] = [
    "relay_url",
    "relay_ca",
    "cosign_keys",
    "directive_keys",
    "mqtt_url",
    "facility",
    "code",
    "expires",
    "replaces",
];
/// All others, with their sections.
const OTHER_KEYS: [&str; 20] = [
    "version",
    "time_zone",
    "hostname",
    "label_host",
    "setup_code",
    "wifi",
    "wifi.ssid",
    "wifi.passphrase",
    "wifi.psk",
    "wifi.hidden",
    "wifi.country",
    "access_point",
    "access_point.passphrase",
    "network",
    "network.address",
    "network.gateway",
    "network.dns",
    "network.proxy",
    "network.ca",
    "network.ntp",
];
/// Other systems' names of the same keys.
const ALIASES: [(&str, &str); 14] = [
    ("zone", "time_zone"),
    ("timezone", "time_zone"),
    ("password", "wifi.passphrase"),
    ("key", "wifi.passphrase"),
    ("wlan", "wifi"),
    ("hotspot", "access_point"),
    ("ap", "access_point"),
    ("ip", "network.address"),
    ("router", "network.gateway"),
    ("nameserver", "network.dns"),
    ("nameservers", "network.dns"),
    ("timeserver", "network.ntp"),
    ("https_proxy", "network.proxy"),
    ("http_proxy", "network.proxy"),
];

/// Candidates for a misspelt one.
fn list_keys() -> impl Iterator<Item = &'static str> {
    RELAY_KEYS.into_iter().chain(OTHER_KEYS)
}
/// Settings of WPA2-Enterprise and 802.1X as wpa_supplicant, NetworkManager and netplan call them.
const ENTERPRISE: [&str; 20] = [
    "eap",
    "802.1x",
    "802-1x",
    "8021x",
    "dot1x",
    "auth",
    "identity",
    "anonymous_identity",
    "anonymous-identity",
    "phase1",
    "phase2",
    "phase2-auth",
    "key_mgmt",
    "key-mgmt",
    "ca_cert",
    "ca-cert",
    "client_cert",
    "client-cert",
    "private_key",
    "private-key",
];
/// Characters of an unknown key that a mistake shows.
const KEY_SHOWN: usize = 40;

pub(super) struct SectionReader<'a> {
    text: &'a str,
    table: DeTable<'a>,
    /// `wifi.` and the like.
    prefix: &'static str,
    /// Lines that are no TOML: a key that seems to be missing may be there.
    broken: Vec<usize>,
    mistakes: Vec<ClaimMistake>,
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&b| b == b'\n').count()
}

impl<'a> SectionReader<'a> {
    pub(super) fn open(text: &'a str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut broken = Vec::new();
        let mut mistakes = Vec::new();
        for error in errors {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            // One slip can make the parser fail more than once.
            if !broken.contains(&line) {
                broken.push(line);
                let reason = MistakeReason::Syntax { why: error.message().to_owned() };
                mistakes.push(ClaimMistake { line: Some(line), key: None, reason });
            }
        }
        Self { text, table: table.into_inner(), prefix: "", broken, mistakes }
    }

    fn refuse(&mut self, line: Option<usize>, key: &str, reason: MistakeReason) {
        let doubled = match line {
            Some(line) => self.broken.contains(&line),
            None => !self.broken.is_empty(),
        };
        if !doubled {
            let key = Some(format!("{}{key}", self.prefix));
            self.mistakes.push(ClaimMistake { line, key, reason });
        }
    }

    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.table.contains_key(*key))
    }

    fn take(&mut self, key: &str) -> Option<(usize, DeValue<'a>)> {
        let value = self.table.remove(key)?;
        Some((line_of(self.text, value.span().start), value.into_inner()))
    }

    pub(super) fn refuse_key(&mut self, key: &str, reason: MistakeReason) {
        if let Some((line, _)) = self.take(key) {
            self.refuse(Some(line), key, reason);
        }
    }

    pub(super) fn check_version(&mut self, version: &str) {
        match self.take("version") {
            Some((_, DeValue::Integer(n))) if n.radix() == 10 && n.as_str() == version => {}
            Some((line, _)) => self.refuse(Some(line), "version", MistakeReason::Version),
            None => self.refuse(None, "version", MistakeReason::MissingKey),
        }
    }

    pub(super) fn take_text(
        &mut self,
        key: &str,
        check: impl Fn(&str) -> Result<(), MistakeReason>,
    ) -> Option<String> {
        let (line, value) = self.take(key)?;
        let checked = match value {
            DeValue::String(text) => check(&text).map(|()| text.into_owned()),
            _ => Err(MistakeReason::TextNeeded),
        };
        checked.map_err(|reason| self.refuse(Some(line), key, reason)).ok()
    }

    pub(super) fn require_text(
        &mut self,
        key: &str,
        check: impl Fn(&str) -> Result<(), MistakeReason>,
    ) -> Option<String> {
        self.require_key(key);
        self.take_text(key, check)
    }

    fn require_key(&mut self, key: &str) {
        if !self.table.contains_key(key) {
            self.refuse(None, key, MistakeReason::MissingKey);
        }
    }

    pub(super) fn take_flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            (_, DeValue::Boolean(flag)) => Some(flag),
            (line, _) => {
                self.refuse(Some(line), key, MistakeReason::FlagNeeded);
                None
            }
        }
    }

    pub(super) fn require_list(
        &mut self,
        key: &str,
        most: usize,
        check: impl Fn(&str) -> Result<(), MistakeReason>,
    ) -> Option<Vec<String>> {
        self.require_key(key);
        self.take_list(key, most, check)
    }

    /// Of 1 to `most` texts. Each that does not fit is refused with its own line.
    pub(super) fn take_list(
        &mut self,
        key: &str,
        most: usize,
        check: impl Fn(&str) -> Result<(), MistakeReason>,
    ) -> Option<Vec<String>> {
        let (line, value) = self.take(key)?;
        let DeValue::Array(values) = value else {
            self.refuse(Some(line), key, MistakeReason::ListNeeded);
            return None;
        };
        if values.is_empty() || values.len() > most {
            self.refuse(Some(line), key, MistakeReason::ListLength { most });
            return None;
        }
        let mut texts = Vec::new();
        for value in values {
            let line = line_of(self.text, value.span().start);
            let checked = match value.into_inner() {
                DeValue::String(text) => check(&text).map(|()| text.into_owned()),
                _ => Err(MistakeReason::ListNeeded),
            };
            match checked {
                Ok(text) => texts.push(text),
                Err(reason) => self.refuse(Some(line), key, reason),
            }
        }
        Some(texts)
    }

    pub(super) fn take_section<T>(&mut self, name: &'static str, read: impl Fn(&mut Self) -> T) -> Option<T> {
        let (line, value) = self.take(name)?;
        let DeValue::Table(table) = value else {
            self.refuse(Some(line), name, MistakeReason::SectionNeeded);
            return None;
        };
        let prefix = match name {
            "wifi" => "wifi.",
            "access_point" => "access_point.",
            _ => "network.",
        };
        let (broken, mistakes) = (std::mem::take(&mut self.broken), std::mem::take(&mut self.mistakes));
        let mut section = Self { text: self.text, table, prefix, broken, mistakes };
        let value = read(&mut section);
        section.refuse_rest();
        self.broken = section.broken;
        self.mistakes = section.mistakes;
        Some(value)
    }

    /// Nothing may be left over: a misspelt key would otherwise be a setting that silently does nothing.
    fn refuse_rest(&mut self) {
        for (key, value) in std::mem::take(&mut self.table) {
            let line = line_of(self.text, key.span().start);
            let key = key.into_inner();
            let reason = unknown_key(self.prefix, &key, &value);
            let shown: String = key.chars().filter(|c| !c.is_control()).take(KEY_SHOWN).collect();
            self.refuse(Some(line), &shown, reason);
        }
    }

    pub(super) fn close(mut self) -> Result<(), ClaimFileError> {
        self.refuse_rest();
        if self.mistakes.is_empty() { Ok(()) } else { Err(ClaimFileError::of(self.mistakes)) }
    }
}

/// Rules between values that fit alone.
pub(super) fn check_together(file: &mut SectionReader<'_>, read: &ClaimFile) {
    let network = &read.network;
    if read.relay.is_some() && network.address.is_some() && network.dns.is_empty() && network.proxy.is_none()
    {
        file.refuse(None, "network.dns", MistakeReason::DnsMissing);
    }
}

fn unknown_key(prefix: &str, key: &str, value: &Spanned<DeValue<'_>>) -> MistakeReason {
    let small = key.to_lowercase();
    let says_enterprise = value.get_ref().as_str().is_some_and(|text| {
        let text = text.to_lowercase();
        ["wpa-eap", "wpa2-enterprise", "802.1x"].contains(&text.as_str())
    });
    if ENTERPRISE.contains(&small.as_str()) || says_enterprise {
        return MistakeReason::Enterprise;
    }
    MistakeReason::UnknownKey { nearest: nearest_key(prefix, &small) }
}

/// The same name in another section first, then other systems' names, then the least mistyped one.
fn nearest_key(prefix: &str, key: &str) -> KeyHint {
    if let Some(known) = list_keys().find(|known| known.rsplit('.').next().unwrap_or_default() == key) {
        return KeyHint::Nearest(known);
    }
    if let Some((_, known)) = ALIASES.iter().find(|(alias, _)| *alias == key) {
        return KeyHint::Nearest(known);
    }
    let nearest = list_keys().min_by_key(|known| key_distance(known, prefix, key));
    let near = nearest
        .filter(|known| key_distance(known, prefix, key) <= 2 * (1 + key.chars().count() / 4).min(3) + 1);
    near.map_or(KeyHint::Unlike, KeyHint::Nearest)
}

/// Slips count twice, another section once.
fn key_distance(known: &str, prefix: &str, key: &str) -> usize {
    let (section, name) = known.split_once('.').unwrap_or(("", known));
    let elsewhere = usize::from(prefix.trim_end_matches('.') != section);
    2 * strsim::damerau_levenshtein(name, key) + elsewhere
}
