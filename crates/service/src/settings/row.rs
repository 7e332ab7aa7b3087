//! What can be set, read off the schema of a program's settings.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{ProgramSettings, VARIABLE_PREFIX};

/// How a setting is written in a variable and in an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// Text as it stands: a path, an address, a filter.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Texts; in a variable divided by commas.
    List,
    /// Tables; in a variable a TOML array of them.
    Tables,
}

/// One setting.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingRow {
    /// Section and name, such as `http.listen`.
    pub key: String,
    /// How it is written.
    pub kind: SettingKind,
    /// What it is for, one line.
    pub words: String,
    /// The default; `None` where there is none, or where [`Self::default_words`] has it.
    pub default: Option<Value>,
    /// Where the default comes from, where it is no fixed value.
    pub default_words: Option<String>,
    /// What the example file shows instead of a default.
    pub example: Option<Value>,
    /// The least and the most that a number can be.
    pub range: Option<(i64, i64)>,
}

fn integer_in(schema: &Value, name: &str) -> Option<i64> {
    schema[name].as_i64()
}

impl SettingRow {
    /// The environment variable that sets it.
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }

    fn new(key: String, schema: &Value, outer: &Value, default: Option<&Value>) -> Self {
        let words = [schema, outer].into_iter().find_map(|s| s["description"].as_str()).unwrap_or_default();
        Self {
            key,
            kind: kind_of(schema),
            words: words.split_whitespace().collect::<Vec<_>>().join(" "),
            default: default.filter(|value| !value.is_null()).cloned(),
            default_words: schema["x-default"].as_str().map(str::to_owned),
            example: schema.get("x-example").cloned(),
            range: integer_in(schema, "minimum").zip(integer_in(schema, "maximum")),
        }
    }
}

/// Every setting of a program: those above all sections first, each part by name.
pub fn setting_rows<S: ProgramSettings>() -> Vec<SettingRow> {
    let inlined = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = inlined.into_generator().into_root_schema_for::<S>();
    let mut rows = Vec::new();
    collect_rows(schema.as_value(), "", None, &mut rows);
    rows.sort_by_key(|row| (row.key.matches('.').count(), row.kind == SettingKind::Tables, row.key.clone()));
    rows
}

fn collect_rows(schema: &Value, section: &str, defaults: Option<&Value>, rows: &mut Vec<SettingRow>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        // The outer struct's default of a section overrides the section's own.
        let default = defaults.and_then(|of| of.get(name)).or_else(|| property.get("default"));
        if property.get("properties").is_some() {
            collect_rows(property, &key, default, rows);
        } else {
            rows.push(SettingRow::new(key, property, schema, default));
        }
    }
}

fn kind_of(schema: &Value) -> SettingKind {
    let kind = &schema["type"];
    // `Option` makes a list of two of it.
    let named =
        kind.as_str().or_else(|| kind.as_array()?.iter().filter_map(Value::as_str).find(|t| *t != "null"));
    match named {
        Some("integer") => SettingKind::Number,
        Some("boolean") => SettingKind::Switch,
        Some("array") if schema["items"]["type"] == "string" => SettingKind::List,
        Some("array") => SettingKind::Tables,
        _ => SettingKind::Text,
    }
}
