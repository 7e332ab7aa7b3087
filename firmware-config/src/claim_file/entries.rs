//! A claim file of what people enter in the fields of a form: texts by the file's own keys, which the same parser checks.

use toml::{Table, Value};

use super::{ClaimFile, VERSION_NUMBER};
use crate::mistakes::ClaimFileError;

/// Keys with several values; people separate them by commas, semicolons or blanks.
const LISTS: [&str; 2] = ["network.dns", "network.ntp"];
/// Blanks around these values are kept: a network's name and passphrase may have them.
const EXACT: [&str; 2] = ["wifi.ssid", "wifi.passphrase"];
const FLAG: &str = "wifi.hidden";

fn value_of(key: &str, text: &str) -> Value {
    if key == FLAG {
        return Value::Boolean(true);
    }
    if !LISTS.contains(&key) {
        return Value::from(text);
    }
    let parts = text.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
    Value::Array(parts.map(Value::from).collect())
}

impl ClaimFile {
    /// Keys with their sections, such as `wifi.ssid`. Empty values are left out; a flag is set by any other
    /// value. Errors have no lines.
    pub fn of_entries<'e>(
        entries: impl IntoIterator<Item = (&'e str, &'e str)>,
    ) -> Result<Self, ClaimFileError> {
        let mut file = Table::new();
        file.insert("version".to_owned(), Value::Integer(VERSION_NUMBER));
        for (key, text) in entries {
            let trimmed = text.trim();
            if trimmed.is_empty() {
                continue;
            }
            let value = value_of(key, if EXACT.contains(&key) { text } else { trimmed });
            let Some((section, name)) = key.split_once('.') else {
                file.insert(key.to_owned(), value);
                continue;
            };
            let section = file.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(name.to_owned(), value);
            }
        }
        Self::parse(file.to_string().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use crate::{MistakeReason, WifiKey};

    use super::*;

    #[test]
    fn entries_are_read_as_the_file_that_says_the_same() {
        let entered = ClaimFile::of_entries([
            ("hostname", " ward-7 "),
            ("time_zone", ""),
            ("wifi.ssid", "Ward"),
            ("wifi.passphrase", "a \"quoted\" one"),
            ("wifi.hidden", "1"),
            ("wifi.country", "DE"),
            ("network.address", "10.1.2.3/24"),
            ("network.gateway", "10.1.2.1"),
            ("network.dns", "10.1.2.1, 10.1.2.2;fd00::53"),
            ("network.ntp", "ntp.example"),
        ]);
        let text = "version = 1\nhostname = 'ward-7'\n[wifi]\nssid = 'Ward'\npassphrase = 'a \"quoted\" one'\nhidden = true\n\
                    country = 'DE'\n[network]\naddress = '10.1.2.3/24'\ngateway = '10.1.2.1'\n\
                    dns = ['10.1.2.1', '10.1.2.2', 'fd00::53']\nntp = ['ntp.example']\n";
        assert_eq!(entered.as_ref(), Ok(&ClaimFile::parse(text.as_bytes()).unwrap()));
        let wifi = entered.unwrap().wifi.unwrap();
        assert!(matches!(&wifi.key, WifiKey::Passphrase(key) if key.reveal() == "a \"quoted\" one"));
        assert_eq!(
            ClaimFile::of_entries([("wifi.ssid", " "), ("wifi.hidden", "")]),
            Ok(ClaimFile::default())
        );
    }

    #[test]
    fn blanks_around_the_name_and_password_of_a_network_are_a_part_of_them() {
        let entries = [("wifi.ssid", " Ward "), ("wifi.passphrase", " longenough"), ("wifi.country", " DE ")];
        let wifi = ClaimFile::of_entries(entries).unwrap().wifi.unwrap();
        assert_eq!((wifi.ssid.as_str(), wifi.country.as_str()), (" Ward ", "DE"));
        assert!(matches!(&wifi.key, WifiKey::Passphrase(key) if key.reveal() == " longenough"));
    }

    #[test]
    fn each_mistake_has_its_key() {
        let wrong =
            ClaimFile::of_entries([("wifi.ssid", "Ward"), ("hostname", "a b"), ("network.ntp", "a b://c")]);
        let wrong = wrong.unwrap_err();
        let mut found: Vec<_> =
            wrong.mistakes().iter().map(|m| (m.key.clone().unwrap(), m.reason.clone())).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let expected = [
            ("hostname", MistakeReason::HostLabel),
            ("network.ntp", MistakeReason::TimeServer),
            ("wifi.country", MistakeReason::MissingKey),
        ];
        assert_eq!(found, expected.map(|(key, reason)| (key.to_owned(), reason)));
    }
}
