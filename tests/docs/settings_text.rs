//! What the documentation says of settings, made from the structs that read them: its table, and the example files.

use std::fmt::Write as _;

use serde_json::Value;
use service::settings::{ProgramSettings, SettingKind, SettingRow, setting_rows};

pub fn write_table<S: ProgramSettings>() -> String {
    let mut text = "| key | variable | default | what |\n| --- | --- | --- | --- |\n".to_owned();
    for row in setting_rows::<S>() {
        let default = match (&row.default_words, &row.default) {
            (Some(words), _) => words.clone(),
            (None, Some(value)) if !is_empty(value) => format!("`{}`", write_plain(value)),
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

pub fn write_example<S: ProgramSettings>() -> String {
    let mut text = String::new();
    let mut section = String::new();
    for row in setting_rows::<S>() {
        let (of, name) = row.key.rsplit_once('.').unwrap_or(("", &row.key));
        if of != section {
            section = of.to_owned();
            // Tables of a list name it themselves.
            let is_list = row.kind == SettingKind::Tables;
            let _ = if is_list { writeln!(text) } else { write!(text, "\n#[{section}]\n") };
        }
        let _ = writeln!(text, "# {}", write_comment(&row));
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
            (_, Some(Value::Object(table))) => {
                let inline: Vec<String> =
                    table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                let _ = writeln!(text, "#{name} = {{ {} }}", inline.join(", "));
            }
            (_, value) => {
                let value = value.map_or_else(|| "\"\"".to_owned(), ToString::to_string);
                let _ = writeln!(text, "#{name} = {value}");
            }
        }
    }
    text
}

fn write_comment(row: &SettingRow) -> String {
    let words = row.words.trim_end_matches('.');
    let range = row.range.map_or_else(String::new, |(min, max)| format!(" ({min} to {max})"));
    let default = match (&row.default_words, &row.default) {
        (Some(words), _) => format!(" By default {}.", words.replace('`', "")),
        (None, Some(value)) if !is_empty(value) => String::new(),
        (None, _) => " None by default.".to_owned(),
    };
    format!("{words}{range}.{default}")
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn write_plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
