//! What people read of settings: the end of `--help`, the list of `--check`.

use std::fmt::Write as _;

use super::load::value_of;
use super::{LoadedSettings, ProgramSettings, SettingOrigin, SettingsError, setting_rows};

/// The end of `--help`: that there is a file, and every variable.
pub fn settings_help<S: ProgramSettings>() -> String {
    let rows = setting_rows::<S>();
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
/// A value that TOML cannot express, such as a path that is no text.
pub fn list_settings<S: ProgramSettings>(loaded: &LoadedSettings<S>) -> Result<String, SettingsError> {
    let table = toml::Table::try_from(&loaded.settings)?;
    let mut lines = Vec::new();
    for row in setting_rows::<S>() {
        let value = value_of(&table, &row.key).map_or_else(|| "none".to_owned(), ToString::to_string);
        let origin = match loaded.origins.get(&row.key) {
            None | Some(SettingOrigin::Default) => "default".to_owned(),
            Some(SettingOrigin::File(path)) => path.display().to_string(),
            Some(SettingOrigin::Variable(name)) => name.clone(),
            Some(SettingOrigin::Argument) => "command line".to_owned(),
        };
        lines.push(format!("{} = {value}  ({origin})", row.key));
    }
    Ok(lines.join("\n"))
}
