//! What is written for an area: a type with a function for each of its messages.

use super::areas::AreaFiles;
use super::file::{WordFile, WordMessage};
use crate::locale::Language;

/// A form finds these by the names of its fields, a mail by its kind, a refusal by its cause.
const KEYS_FOUND: [&str; 5] = ["alert-kind-", "alert-means-", "form-", "mail-", "refusal-"];
const FOUND_ATTRIBUTE: &str = "\n    #[allow(dead_code, reason = \"it is found by its key\")]";

/// `page-words.hint` becomes `page_words_hint`.
pub(super) fn function_name(key: &str) -> String {
    key.replace(['-', '.'], "_")
}

pub(super) fn write_area(name: &str, files: &AreaFiles, english: &WordFile) -> String {
    let type_name = type_name(name);
    let constant = format!("{}_WORDS", name.to_ascii_uppercase());
    let texts: String = files
        .iter()
        .map(|(language, file)| format!("    (::words::Language::{language:?}, {:?}),\n", file.text))
        .collect();
    let functions: String =
        english.messages.iter().map(|(key, message)| write_function(key, message, files)).collect();
    format!(
        "#[allow(unreachable_pub, reason = \"as visible as the module that it is in\")]
pub static {constant}: ::words::WordArea = ::words::WordArea::new(&[
{texts}]);

/// The words of the area `{name}`.
#[derive(Debug, Clone, Copy)]
#[allow(unreachable_pub, reason = \"as visible as the module that it is in\")]
pub struct {type_name}(&'static ::words::Catalog);

impl ::words::WordSet for {type_name} {{
    fn has_language(language: ::words::Language) -> bool {{
        {constant}.has_language(language)
    }}

    fn open_areas(locale: ::words::Locale) -> Self {{
        Self({constant}.catalog(locale))
    }}
}}

#[allow(unreachable_pub, clippy::too_many_arguments, reason = \"an argument for each variable\")]
impl {type_name} {{
    /// Its messages, for those who know their keys at run time.
    #[allow(dead_code, reason = \"not every area has such keys\")]
    pub fn catalog(self) -> &'static ::words::Catalog {{
        self.0
    }}
{functions}}}

"
    )
}

fn write_function(key: &str, message: &WordMessage, files: &AreaFiles) -> String {
    let (mut parameters, mut values, mut lifetime) = (String::new(), String::new(), "");
    for (variable, usage) in &message.variables {
        let argument = variable.replace('-', "_");
        let (kind, value) = if usage.counted {
            ("impl Into<::words::Number>", format!("::words::Value::Number({argument}.into())"))
        } else if usage.compared_with.is_empty() {
            lifetime = "<'a>";
            ("impl Into<::words::Value<'a>>", format!("{argument}.into()"))
        } else {
            ("&str", format!("{argument}.into()"))
        };
        parameters += &format!(", {argument}: {kind}");
        values += &format!("(\"{variable}\", {value}), ");
    }
    let (name, entry) = (function_name(key), message.entry.trim_end().replace('\n', "\n    /// "));
    let values = values.trim_end_matches(", ");
    let call = match list_plain_texts(key, message, files) {
        Some(texts) => format!("show_plain(\"{key}\", {texts:?})"),
        None => format!("format(\"{key}\", &[{values}])"),
    };
    let is_found = KEYS_FOUND.iter().any(|keys| key.starts_with(keys));
    let unused = if is_found { FOUND_ATTRIBUTE } else { "" };
    format!(
        "
    /// ```text
    /// {entry}
    /// ```{unused}
    pub fn {name}{lifetime}(self{parameters}) -> String {{
        self.0.{call}
    }}
"
    )
}

/// English where the area has not got a language; `None` where a message has variables.
fn list_plain_texts<'a>(key: &str, english: &'a WordMessage, files: &'a AreaFiles) -> Option<Vec<&'a str>> {
    let texts = Language::ALL.iter().map(|language| {
        let message = files.get(language).and_then(|file| file.messages.get(key)).unwrap_or(english);
        message.plain.as_deref()
    });
    texts.collect()
}

/// `sign_in` becomes `SignInWords`.
fn type_name(area: &str) -> String {
    let mut name = String::new();
    for word in area.split('_').filter(|word| !word.is_empty()) {
        name += &word[..1].to_ascii_uppercase();
        name += &word[1..];
    }
    name + "Words"
}
