//! A claim file and what an installer adds to it: the building's network, names, codes.

use std::path::Path;

use firmware_config::{CLAIM_FILE_BYTES_MAX, ClaimFile, ClaimFileError};
use toml::{Table, Value};

use crate::error::FlashError;
use crate::volume::read_bounded;

/// By the name of its option and column: its key in the file.
pub(crate) const EDITABLE: [(&str, &str, EditKind); 17] = [
    ("hostname", "hostname", EditKind::Text),
    ("time_zone", "time_zone", EditKind::Text),
    ("label_host", "label_host", EditKind::Text),
    ("setup_code", "setup_code", EditKind::Text),
    ("ssid", "wifi.ssid", EditKind::Text),
    ("passphrase", "wifi.passphrase", EditKind::Text),
    ("psk", "wifi.psk", EditKind::Text),
    ("hidden", "wifi.hidden", EditKind::Flag),
    ("country", "wifi.country", EditKind::Text),
    ("access_point_passphrase", "access_point.passphrase", EditKind::Text),
    ("address", "network.address", EditKind::Text),
    ("gateway", "network.gateway", EditKind::Text),
    ("dns", "network.dns", EditKind::List),
    ("proxy", "network.proxy", EditKind::Text),
    ("ca", "network.ca", EditKind::Text),
    ("ntp", "network.ntp", EditKind::List),
    ("code", "code", EditKind::Text),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EditKind {
    Text,
    Flag,
    /// Separated by spaces or commas.
    List,
}

impl EditKind {
    fn value(self, text: &str) -> Value {
        match self {
            Self::Text => text.into(),
            Self::Flag => match text.to_lowercase().as_str() {
                "yes" | "true" | "1" | "x" => true.into(),
                "no" | "false" | "0" => false.into(),
                // Refused by the claim file's own rules.
                _ => text.into(),
            },
            Self::List => {
                let texts = text.split([' ', ',', ';']).filter(|text| !text.is_empty());
                Value::Array(texts.map(Value::from).collect())
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ClaimEdits {
    values: Vec<(&'static str, Value)>,
}

impl ClaimEdits {
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// By the name of its option; false for an unknown name.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> bool {
        let known = EDITABLE.iter().find(|(own, _, _)| *own == name);
        if let Some((_, key, kind)) = known {
            self.values.push((key, kind.value(text)));
        }
        known.is_some()
    }

    /// Checked, its passphrase hashed.
    pub(crate) fn apply(&self, file: &ClaimFile) -> Result<ClaimFile, ClaimFileError> {
        let mut table: Table = file.to_toml().parse().unwrap_or_default();
        // There is one radio: the added section replaces the other, and adding both is a mistake.
        match (self.changes_key("wifi.ssid"), self.changes_key("access_point.passphrase")) {
            (true, false) => drop(table.remove("access_point")),
            (false, true) => drop(table.remove("wifi")),
            _ => {}
        }
        let wifi = table.get_mut("wifi").and_then(Value::as_table_mut);
        // With another network or another key the old key is void.
        let changed =
            ["wifi.ssid", "wifi.passphrase", "wifi.psk"].into_iter().any(|key| self.changes_key(key));
        if let Some(wifi) = wifi.filter(|_| changed) {
            wifi.remove("passphrase");
            wifi.remove("psk");
        }
        for (key, value) in &self.values {
            let (section, name) = match key.split_once('.') {
                None => (&mut table, *key),
                Some((section, name)) => {
                    let inner = table.entry(section).or_insert_with(|| Table::new().into());
                    let Some(inner) = inner.as_table_mut() else { continue };
                    (inner, name)
                }
            };
            section.insert(name.to_owned(), value.clone());
        }
        let text = toml::to_string(&table).unwrap_or_default();
        ClaimFile::parse(text.as_bytes()).map(ClaimFile::with_hashed_key)
    }

    fn changes_key(&self, key: &str) -> bool {
        self.values.iter().any(|(changed, _)| *changed == key)
    }
}

pub(crate) fn read_claim(path: &Path) -> Result<ClaimFile, FlashError> {
    let bytes = read_bounded(path, CLAIM_FILE_BYTES_MAX + 1)?.ok_or_else(|| FlashError::FileUnreadable {
        path: path.to_owned(),
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    ClaimFile::parse(&bytes).map_err(|error| FlashError::Claim { path: path.to_owned(), error })
}

/// The text for a card: the claim file with the edits, its passphrase hashed.
pub(crate) fn card_text(path: Option<&Path>, edits: &ClaimEdits) -> Result<Option<String>, FlashError> {
    let file = match path {
        Some(path) => read_claim(path)?,
        None if edits.is_empty() => return Ok(None),
        None => ClaimFile::default(),
    };
    edits.apply(&file).map(|file| Some(file.to_toml())).map_err(FlashError::Edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CLAIM;

    fn edits(values: &[(&str, &str)]) -> ClaimEdits {
        let mut edits = ClaimEdits::default();
        values.iter().for_each(|(name, text)| assert!(edits.add(name, text), "{name}"));
        edits
    }

    #[test]
    fn every_name_is_a_key_of_the_claim_file() {
        for (name, key, _) in EDITABLE {
            let error = edits(&[(name, "\u{1}")]).apply(&ClaimFile::default()).unwrap_err();
            let found = error.mistakes().iter().find(|mistake| mistake.key.as_deref() == Some(key));
            assert!(found.is_some_and(|m| m.reason.code() != "unknown-key"), "{name}: {error}");
        }
        assert!(!ClaimEdits::default().add("hostnam", "x"));
    }

    #[test]
    fn values_replace_those_of_the_file() {
        let file = ClaimFile::parse(CLAIM.as_bytes()).unwrap();
        let changed = edits(&[
            ("hostname", "or-4"),
            ("ssid", "Cellar"),
            ("passphrase", "other words"),
            ("hidden", "Yes"),
            ("dns", "10.0.0.1, 10.0.0.2"),
        ]);
        let changed = changed.apply(&file).unwrap();
        assert_eq!(changed.hostname.as_deref(), Some("or-4"));
        assert_eq!(changed.network.dns.len(), 2);
        let wifi = changed.wifi.unwrap();
        assert!(wifi.hidden && wifi.country == "US");
        assert_eq!(wifi.hashed_key(), Some(firmware_config::hash_passphrase("Cellar", "other words")));
        // The key of another network is not kept.
        let open = edits(&[("ssid", "Guests")]).apply(&file).unwrap().wifi.unwrap();
        assert_eq!(open.hashed_key(), None);
    }

    #[test]
    fn a_box_joins_a_wi_fi_or_is_one() {
        let joins = ClaimFile::parse(CLAIM.as_bytes()).unwrap();
        let own = edits(&[("access_point_passphrase", "seven words")]);
        let is_one = own.apply(&joins).unwrap();
        let passphrase = is_one.access_point.as_ref().map(|own| own.passphrase.reveal());
        assert_eq!((passphrase, &is_one.wifi), (Some("seven words"), &None));
        let joins_again = edits(&[("ssid", "Cellar"), ("country", "DE")]).apply(&is_one).unwrap();
        assert_eq!((joins_again.wifi.unwrap().ssid.as_str(), joins_again.access_point), ("Cellar", None));
        let both = [("access_point_passphrase", "seven words"), ("ssid", "Cellar"), ("country", "DE")];
        for file in [&joins, &is_one, &ClaimFile::default()] {
            let error = edits(&both).apply(file).unwrap_err();
            assert!(error.mistakes().iter().any(|mistake| mistake.reason.code() == "radio-twice"), "{error}");
        }
        let error = edits(&[("access_point_passphrase", "short")]).apply(&joins).unwrap_err();
        assert_eq!(error.mistakes()[0].reason.code(), "own-passphrase");
    }

    #[test]
    fn what_goes_onto_a_card() {
        assert_eq!(card_text(None, &ClaimEdits::default()).unwrap(), None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claim.toml");
        std::fs::write(&path, CLAIM).unwrap();
        let text = card_text(Some(&path), &ClaimEdits::default()).unwrap().unwrap();
        assert!(text.contains("psk = ") && !text.contains("horse"), "{text}");
        std::fs::write(&path, "version = 1\nhostnam = \"a\"\n[wifi]\nssid = 3").unwrap();
        let error = card_text(Some(&path), &ClaimEdits::default()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("line 4"), "{error}");
        let error = card_text(None, &edits(&[("gateway", "10.0.0.1")])).unwrap_err().to_string();
        assert!(error.contains("network.gateway needs"), "{error}");
        assert!(card_text(Some(&folder.path().join("none")), &ClaimEdits::default()).is_err());
    }
}
