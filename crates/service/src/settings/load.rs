//! From a file and the environment to settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{ProgramSettings, SettingKind, SettingRow, SettingsError, VARIABLE_PREFIX, setting_rows};

/// How many letters a key may differ from the one that was meant.
const NEAREST_EDITS: usize = 3;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    /// Nobody set it.
    Default,
    /// The settings file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// The command line.
    Argument,
}

/// Settings, and where each that was set comes from.
#[derive(Debug, Clone)]
pub struct LoadedSettings<S> {
    /// The settings.
    pub settings: S,
    /// By key; one that is absent has its default.
    pub origins: BTreeMap<String, SettingOrigin>,
}

/// The process's environment, read once; of what is no text only settings matter.
///
/// # Errors
/// A setting that is no text.
pub fn read_variables() -> Result<BTreeMap<String, String>, SettingsError> {
    read_environment(std::env::vars_os())
}

pub(super) fn read_environment(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<BTreeMap<String, String>, SettingsError> {
    let mut environment = BTreeMap::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(environment.insert(name, value)),
            Err(_) if name.starts_with(VARIABLE_PREFIX) => {
                return Err(SettingsError::VariableEncoding { name });
            }
            Err(_) => {}
        }
    }
    Ok(environment)
}

/// Reads the file, if one is given, and overlays the environment. What spans more than one value is not checked yet,
/// because the command line overrides both: the caller runs [`ProgramSettings::check`].
///
/// # Errors
/// What is not valid, with its line or its variable.
pub fn load_settings<S: ProgramSettings>(
    file: Option<&Path>,
    environment: &BTreeMap<String, String>,
) -> Result<LoadedSettings<S>, SettingsError> {
    let rows = setting_rows::<S>();
    let (mut settings, mut origins) = (S::default(), BTreeMap::new());
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
        let parse = |source| SettingsError::Parse { path: path.to_owned(), source: Box::new(source) };
        let table = DeTable::parse(&text).map_err(parse)?;
        for (key, at) in keys_in(table.get_ref(), &rows) {
            if !rows.iter().any(|row| row.key == key) {
                let line = text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
                let nearest = nearest_name(&key, rows.iter().map(|row| row.key.clone()));
                return Err(SettingsError::UnknownKey { path: path.to_owned(), line, key, nearest });
            }
            origins.insert(key, SettingOrigin::File(path.to_owned()));
        }
        settings = toml::from_str(&text).map_err(parse)?;
    }
    let variables = environment.iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
    for (name, value) in variables {
        let Some(row) = rows.iter().find(|row| row.variable() == *name) else {
            let nearest = nearest_name(name, rows.iter().map(SettingRow::variable));
            return Err(SettingsError::UnknownVariable { name: name.clone(), nearest });
        };
        let wrong =
            |e: toml::de::Error| SettingsError::Variable { name: name.clone(), why: e.message().to_owned() };
        let mut table = toml::Table::try_from(&settings)?;
        put_value(&mut table, &row.key, read_variable(row.kind, value).map_err(wrong)?);
        settings = table.try_into().map_err(wrong)?;
        origins.insert(row.key.clone(), SettingOrigin::Variable(name.clone()));
    }
    check_ranges(&settings, &rows)?;
    Ok(LoadedSettings { settings, origins })
}

/// With their sections, and the byte at which each begins.
fn keys_in(table: &DeTable<'_>, rows: &[SettingRow]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), table)];
    while let Some((section, table)) = open.pop() {
        for (name, value) in table {
            let key = format!("{section}{}", name.get_ref());
            let is_section = rows.iter().any(|row| row.key.starts_with(&format!("{key}.")));
            match value.get_ref() {
                DeValue::Table(inner) if is_section => open.push((format!("{key}."), inner)),
                // A section's name whose value is no table: serde reports it with its place.
                _ if is_section => {}
                _ => found.push((key, name.span().start)),
            }
        }
    }
    found.sort_by_key(|(_, at)| *at);
    found
}

fn nearest_name(name: &str, all: impl Iterator<Item = String>) -> Option<String> {
    let scored = all.map(|other| (strsim::osa_distance(name, &other), other));
    scored.filter(|(edits, _)| *edits <= NEAREST_EDITS).min().map(|(_, other)| other)
}

fn read_variable(kind: SettingKind, value: &str) -> Result<toml::Value, toml::de::Error> {
    match kind {
        SettingKind::Text => Ok(toml::Value::String(value.to_owned())),
        SettingKind::List if !value.trim_start().starts_with('[') => {
            let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
            Ok(toml::Value::Array(parts.map(|part| toml::Value::String(part.to_owned())).collect()))
        }
        SettingKind::Number | SettingKind::Switch | SettingKind::List | SettingKind::Tables => {
            let mut table: toml::Table = toml::from_str(&format!("value = {value}"))?;
            Ok(table.remove("value").unwrap_or_else(|| toml::Value::String(value.to_owned())))
        }
    }
}

fn put_value(table: &mut toml::Table, key: &str, value: toml::Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = inner {
                put_value(inner, rest, value);
            }
        }
    }
}

pub(super) fn value_of<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((section, rest)) => value_of(table.get(section)?.as_table()?, rest),
    }
}

fn check_ranges<S: ProgramSettings>(settings: &S, rows: &[SettingRow]) -> Result<(), SettingsError> {
    let table = toml::Table::try_from(settings)?;
    for row in rows {
        let Some((min, max)) = row.range else { continue };
        let value = value_of(&table, &row.key).and_then(toml::Value::as_integer);
        if value.is_some_and(|value| !(min..=max).contains(&value)) {
            return Err(SettingsError::Range { key: row.key.clone(), min, max });
        }
    }
    Ok(())
}
