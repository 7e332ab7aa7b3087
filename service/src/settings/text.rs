//! What people read of settings: the documentation's table, the example file, the end of `--help`, the list of `--check`.

use std::fmt::Write as _;

use serde_json::Value;

use super::load::value_of;
use super::{Loaded, Origin, SettingKind, SettingRow, Settings, SettingsError, rows};

/// The table of all settings, Markdown.
pub fn markdown<S: Settings>() -> String {
    let mut text = "| key | variable | default | what |\n| --- | --- | --- | --- |\n".to_owned();
    for row in rows::<S>() {
        let default = match (&row.default_words, &row.default) {
            (Some(words), _) => words.clone(),
            (None, Some(value)) if !is_empty(value) => format!("`{}`", plain(value)),
            (None, _) => "none".to_owned(),
        };
        let how = match row.kind {
            SettingKind::List => " (divided by commas)",
            SettingKind::Tables => " (a TOML array)",
            SettingKind::Text | SettingKind::Number | SettingKind::Switch => "",
        };
        let words = row.words.trim_end_matches('.').replace('|', "\\|");
        let range = row.range.map_or_else(String::new, |(min, max)| format!("; {min} to {max}"));
        let _ = writeln!(text, "| `{}` | `{}`{how} | {default} | {words}{range} |", row.key, row.variable());
    }
    text
}

/// A settings file in which each setting stands at its default, or at an example where it has none, as a comment.
pub fn example<S: Settings>() -> String {
    let mut text = String::new();
    let mut section = String::new();
    for row in rows::<S>() {
        let (of, name) = row.section_and_name();
        if of != section {
            section = of.to_owned();
            let _ = write!(text, "\n#[{section}]\n");
        }
        let _ = writeln!(text, "# {}", comment(&row));
        let value = row.example.as_ref().or(row.default.as_ref());
        match (row.kind, value) {
            (SettingKind::Tables, Some(Value::Array(tables))) => {
                for table in tables {
                    let _ = writeln!(text, "#[[{}]]", row.key);
                    for (key, value) in table.as_object().into_iter().flatten() {
                        let _ = writeln!(text, "#{key} = {value}");
                    }
                }
            }
            (_, value) => {
                let value = value.map_or_else(|| "\"\"".to_owned(), ToString::to_string);
                let _ = writeln!(text, "#{name} = {value}");
            }
        }
    }
    text
}

fn comment(row: &SettingRow) -> String {
    let words = row.words.trim_end_matches('.');
    let range = row.range.map_or_else(String::new, |(min, max)| format!(" ({min} to {max})"));
    let default = match (&row.default_words, &row.default) {
        (Some(words), _) => format!(" By default {}.", words.replace('`', "")),
        (None, Some(value)) if !is_empty(value) => String::new(),
        (None, _) => " None by default.".to_owned(),
    };
    format!("{words}{range}.{default}")
}

/// The end of `--help`: that there is a file, and every variable.
pub fn help<S: Settings>() -> String {
    let rows = rows::<S>();
    let widest = rows.iter().map(|row| row.variable().len()).max().unwrap_or_default();
    let mut text =
        "Settings (a key in the file that --config names, or a variable, which lies over the file):"
            .to_owned();
    for row in &rows {
        let _ =
            write!(text, "\n  {:<widest$}  {}: {}", row.variable(), row.key, row.words.trim_end_matches('.'));
    }
    text
}

/// Every setting with its value and where that comes from, one a line.
///
/// # Errors
/// A value that TOML cannot say, such as a path that is no text.
pub fn list<S: Settings>(loaded: &Loaded<S>) -> Result<String, SettingsError> {
    let table = toml::Table::try_from(&loaded.settings)?;
    let mut lines = Vec::new();
    for row in rows::<S>() {
        let value = value_of(&table, &row.key).map_or_else(|| "none".to_owned(), ToString::to_string);
        let origin = match loaded.origins.get(&row.key) {
            None | Some(Origin::Default) => "default".to_owned(),
            Some(Origin::File(path)) => path.display().to_string(),
            Some(Origin::Variable(name)) => name.clone(),
            Some(Origin::Argument) => "command line".to_owned(),
        };
        lines.push(format!("{} = {value}  ({origin})", row.key));
    }
    Ok(lines.join("\n"))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
