//! Settings of a program: one struct that serde reads from a TOML file, with the environment over it.
//!
//! Key, kind, range, default and words of each setting are read off the struct's schema ([`setting_rows`]); from these rows come the
//! variables, the nearest key to one that does not exist, the list of `--check` and the end of `--help` ([`text`]), and, in the suite `docs`,
//! the table in the documentation and the example files. A setting is a field with its doc comment; nothing else names it.

mod listen;
mod load;
mod row;
#[cfg(test)]
mod tests;
pub mod text;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::listen::ListenAddress;
pub use self::load::{LoadedSettings, SettingOrigin, load_settings, read_variables};
pub use self::row::{SettingKind, SettingRow, setting_rows};

/// What every variable that is a setting begins with.
pub const VARIABLE_PREFIX: &str = "CLEANTRACK_";

/// A program's settings. Its fields and those of its sections say what can be set; `schemars(range(…))` bounds a number,
/// `schemars(extend("x-default" = …))` says in words where a value comes from that nobody gave, and `"x-example"` what stands in
/// the example file instead of a default.
pub trait ProgramSettings: Default + Serialize + DeserializeOwned + JsonSchema {
    /// Looks for what no single value shows to be wrong.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    fn check(&self) -> Result<(), &'static str>;
}

/// Why settings were not taken. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be; the text names the line and the key.
    #[error("the settings in {} are not valid:\n{source}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key that means nothing.
    #[error("{}, line {line}: `{key}` is no setting{}", path.display(), did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The key with its sections, such as `http.listn`.
        key: String,
        /// The setting whose key is most like it.
        nearest: Option<String>,
    },
    /// A variable that means nothing.
    #[error("the environment variable {name} is no setting{}", did_you_mean(nearest.as_deref()))]
    UnknownVariable {
        /// Which.
        name: String,
        /// The variable whose name is most like it.
        nearest: Option<String>,
    },
    /// A variable with a value that does not fit.
    #[error("the environment variable {name} is not valid: {why}")]
    Variable {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A variable whose value is no text.
    #[error("the environment variable {name} is no UTF-8")]
    VariableEncoding {
        /// Which.
        name: String,
    },
    /// A number out of its range.
    #[error("{key} must be {min} to {max}")]
    Range {
        /// Which setting.
        key: String,
        /// The least that it can be.
        min: i64,
        /// The most.
        max: i64,
    },
    /// Something is missing, or does not fit the rest.
    #[error("{0}")]
    Value(&'static str),
    /// The settings cannot be written as TOML, so that the environment cannot be laid over them.
    #[error("the settings cannot be merged: {0}")]
    Merge(#[from] toml::ser::Error),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
