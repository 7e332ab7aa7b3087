//! The documentation of settings and their example files are made from the very structs that read them, and so are exit statuses
//! from the list that the programs end by. `WRITE_DOCS=1` writes them.

use std::collections::BTreeMap;
use std::process::ExitCode;

use appliance::settings::BoxSettings;
use relay::settings::RelaySettings;
use service::exit::ProgramExit;
use service::settings::{ProgramSettings, load_settings, setting_rows};

use super::settings_text::{write_example, write_table};
use super::{read, repository};

const DOCUMENT: &str = "docs/settings.md";

/// The text of a document with `table` in the place that is marked for it.
fn with_table(document: &str, mark: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->"));
    let from = document.find(&open).unwrap_or_else(|| panic!("{DOCUMENT} has no {open}")) + open.len();
    let to = document.find(&close).unwrap_or_else(|| panic!("{DOCUMENT} has no {close}"));
    format!("{}{table}{}", &document[..from], &document[to..])
}

/// A file is as it is generated, or is written so with `WRITE_DOCS=1`.
fn assert_made(path: &str, made: &str) {
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(repository().join(path), made).unwrap();
    }
    assert!(read(path) == made, "{path} is not what the settings give: WRITE_DOCS=1 writes it");
}

#[test]
fn every_setting_is_documented() {
    let document = with_table(&read(DOCUMENT), "settings of the box", &write_table::<BoxSettings>());
    let document = with_table(&document, "settings of the relay", &write_table::<RelaySettings>());
    assert_made(DOCUMENT, &document);
}

#[test]
fn every_exit_status_is_documented() {
    let document = read(DOCUMENT);
    let from = document.find("## Exit statuses").unwrap();
    let documented: Vec<&str> = document[from..]
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .skip(2)
        .collect();
    assert_eq!(documented, ProgramExit::ALL.map(|exit| exit.status().to_string()));
}

#[test]
fn both_programs_end_with_the_same_statuses() {
    fn of_both(argument: &str) -> [ExitCode; 2] {
        let of_box = appliance::run_program(&appliance::ProgramSetup::default(), [argument.into()]);
        [of_box, relay::run_program(["cleantrack-relay".into(), argument.into()])]
    }
    assert_eq!(of_both("--version"), [ProgramExit::Success, ProgramExit::Success].map(ExitCode::from));
    assert_eq!(of_both("--no-such-flag"), [ProgramExit::Usage, ProgramExit::Usage].map(ExitCode::from));
    assert_eq!(
        of_both("--config=/nowhere/settings.toml"),
        [ProgramExit::Settings, ProgramExit::Settings].map(ExitCode::from)
    );
}

fn example<S: ProgramSettings>(program: &str) -> String {
    format!(
        "# Settings of the {program}, for /etc/cleantrack/{program}.toml. Each stands at its default, or at an example where it has\n\
         # none; docs/settings.md tells of them.\n\n{}",
        write_example::<S>()
    )
}

/// An example file with its settings in force: a comment that begins without a space is one.
fn in_force(file: &str) -> String {
    let lines =
        file.lines().map(|line| line.strip_prefix('#').filter(|l| !l.starts_with(' ')).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn assert_stands_at_the_defaults<S: ProgramSettings>(path: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), in_force(&read(path))).unwrap();
    let set = load_settings::<S>(Some(file.path()), &BTreeMap::new()).unwrap();
    set.settings.check().unwrap();
    let (set, default) =
        (serde_json::to_value(&set.settings).unwrap(), serde_json::to_value(S::default()).unwrap());
    for row in setting_rows::<S>() {
        let pointer = format!("/{}", row.key.replace('.', "/"));
        let (found, by_default) = (set.pointer(&pointer).unwrap(), default.pointer(&pointer).unwrap());
        match &row.example {
            None => assert_eq!(found, by_default, "{}", row.key),
            Some(example) => assert_eq!(found, example, "{}", row.key),
        }
    }
}

#[test]
fn example_files_stand_at_the_defaults() {
    assert_made("systemd/appliance.example.toml", &example::<BoxSettings>("appliance"));
    assert_made("systemd/relay.example.toml", &example::<RelaySettings>("relay"));
    assert_stands_at_the_defaults::<BoxSettings>("systemd/appliance.example.toml");
    assert_stands_at_the_defaults::<RelaySettings>("systemd/relay.example.toml");
    // Unmodified they are empty, and so valid.
    for name in ["systemd/appliance.example.toml", "systemd/relay.example.toml"] {
        let table: toml::Table = read(name).parse().unwrap();
        assert!(table.is_empty(), "{name} sets something");
    }
}

#[test]
fn every_printer_language_is_documented() {
    let document = read("docs/printers.md");
    let documented: Vec<&str> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1)?.strip_prefix('`')?.split('`').next())
        .collect();
    let missing: Vec<_> = labels::language_table::LANGUAGES
        .iter()
        .map(|row| row.name)
        .filter(|name| !documented.contains(name))
        .collect();
    assert!(missing.is_empty(), "docs/printers.md has no row for {missing:?}");
}
