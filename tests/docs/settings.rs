//! Every setting is documented, every documented setting is one, and the example files are the defaults.

use std::collections::{BTreeMap, BTreeSet};

use super::{read, repository};

fn documented_variables(chapter: &str) -> BTreeSet<String> {
    let text = read("docs/settings.md");
    let from = text.find(chapter).unwrap_or_else(|| panic!("docs/settings.md has no chapter {chapter}"));
    let chapter = &text[from + chapter.len()..];
    let chapter = &chapter[..chapter.find("\n## ").unwrap_or(chapter.len())];
    let variables =
        chapter.split('`').filter(|span| span.starts_with("CLEANTRACK_") && *span != "CLEANTRACK_");
    variables.map(str::to_owned).collect()
}

fn key_of(variable: &str, keys: &str) -> bool {
    // A key's dots and its own underscores are one sign in a variable's name.
    let name = variable.trim_start_matches("CLEANTRACK_").to_lowercase();
    keys.split('`').any(|key| key.replace('.', "_") == name)
}

#[test]
fn every_setting_is_documented() {
    let text = read("docs/settings.md");
    let of_box: BTreeSet<String> =
        appliance::config::VARIABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let of_relay: BTreeSet<String> = relay::config::VARIABLES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(documented_variables("## The box"), of_box);
    assert_eq!(documented_variables("## The relay"), of_relay);
    for variable in of_box.iter().chain(&of_relay) {
        assert!(key_of(variable, &text), "docs/settings.md has no key for {variable}");
    }
}

/// An example file with its settings in force: a comment that begins without a space is one.
fn in_force(name: &str) -> String {
    let lines = read(name)
        .lines()
        .map(|line| line.strip_prefix('#').filter(|l| !l.starts_with(' ')).unwrap_or(line).to_owned())
        .collect::<Vec<_>>();
    lines.join("\n")
}

#[test]
fn example_files_stand_at_the_defaults() {
    let none = BTreeMap::new();
    let written = |name: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), in_force(name)).unwrap();
        file
    };
    let file = written("systemd/appliance.example.toml");
    let read = appliance::config::Config::load(Some(file.path()), &none).unwrap();
    let defaults = appliance::config::Config::load(None, &none).unwrap();
    assert!(read.data.is_some() && read.claim.is_some() && read.printers.len() == 1);
    assert_eq!(appliance::config::Config { data: None, claim: None, printers: Vec::new(), ..read }, defaults);

    let file = written("systemd/relay.example.toml");
    let read = relay::config::Config::load(Some(file.path()), &none).unwrap();
    read.check().unwrap();
    let defaults = relay::config::Config::load(None, &none).unwrap();
    let https = relay::config::Https { listen: read.https.listen, ..defaults.https.clone() };
    let plain = relay::config::Config {
        data: None,
        database: None,
        database_file: None,
        objects: None,
        public_url: None,
        mqtt_url: None,
        photos_url: None,
        https,
        ..read
    };
    assert_eq!(plain, defaults);
    // As they stand they are empty, and so good.
    for name in ["systemd/appliance.example.toml", "systemd/relay.example.toml"] {
        let table: toml::Table = super::read(name).parse().unwrap();
        assert!(table.is_empty(), "{name} sets something");
    }
    assert!(repository().join("docs/settings.md").exists());
}
