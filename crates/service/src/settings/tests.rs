//! Settings from files and variables, mistakes in them, and what is listed of each value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Port {
    #[schemars(description = "")]
    listen: SocketAddr,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Bounds {
    /// Callers at a time.
    #[schemars(range(min = 8, max = 4096))]
    callers: usize,
    /// Whether they may wait.
    wait: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { callers: 64, wait: true }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Sample {
    /// The data folder.
    #[schemars(extend("x-default" = "`$STATE_DIRECTORY`", "x-example" = "/var/lib/sample"))]
    data: Option<PathBuf>,
    /// Names under which
    /// it is reached.
    names: Vec<String>,
    /// Machines.
    #[schemars(with = "Vec<BTreeMap<String, String>>", extend("x-example" = [{"name": "A"}]))]
    machines: Vec<toml::Table>,
    /// Where it listens.
    http: Port,
    bounds: Bounds,
}

impl Default for Sample {
    fn default() -> Self {
        let http = Port { listen: SocketAddr::from(([0, 0, 0, 0], 80)) };
        Self { data: None, names: Vec::new(), machines: Vec::new(), http, bounds: Bounds::default() }
    }
}

impl ProgramSettings for Sample {
    fn check(&self) -> Result<(), &'static str> {
        if self.bounds.wait { Ok(()) } else { Err("they must wait") }
    }
}

fn load_from(text: &str, variables: &[(&str, &str)]) -> Result<LoadedSettings<Sample>, SettingsError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    load_settings(Some(file.path()), &variables)
}

#[test]
fn rows_are_read_off_the_struct() {
    let rows = setting_rows::<Sample>();
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["data", "names", "machines", "bounds.callers", "bounds.wait", "http.listen"]);
    let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap();
    assert_eq!(row("names").words, "Names under which it is reached.");
    assert_eq!(row("http.listen").words, "Where it listens.");
    assert_eq!(row("http.listen").default.as_ref().unwrap(), "0.0.0.0:80");
    assert_eq!(row("http.listen").variable(), "CLEANTRACK_HTTP_LISTEN");
    assert_eq!(row("bounds.callers").range, Some((8, 4096)));
    assert_eq!((row("data").default.as_ref(), row("data").kind), (None, SettingKind::Text));
    let kinds = ["names", "machines", "bounds.callers", "bounds.wait"].map(|key| row(key).kind);
    assert_eq!(kinds, [SettingKind::List, SettingKind::Tables, SettingKind::Number, SettingKind::Switch]);
}

#[test]
fn the_environment_lies_over_the_file() {
    let text = "data = \"/a\"\nnames = [\"x\"]\n[http]\nlisten = \"127.0.0.1:1\"\n[bounds]\ncallers = 9\n";
    let variables = [
        ("CLEANTRACK_DATA", "/b"),
        ("CLEANTRACK_NAMES", "a, b"),
        ("CLEANTRACK_MACHINES", "[{name = \"M\"}]"),
        ("CLEANTRACK_BOUNDS_WAIT", "false"),
        ("HOME", "/root"),
    ];
    let loaded = load_from(text, &variables).unwrap();
    let Sample { data, names, machines, http, bounds } = &loaded.settings;
    assert_eq!(data.as_deref(), Some(std::path::Path::new("/b")));
    assert_eq!(names, &["a", "b"]);
    assert_eq!(machines[0]["name"].as_str(), Some("M"));
    assert_eq!((http.listen.port(), bounds.callers, bounds.wait), (1, 9, false));
    assert!(loaded.settings.check().is_err());
    let lines = text::list_settings(&loaded).unwrap();
    assert!(lines.contains("data = \"/b\"  (CLEANTRACK_DATA)"), "{lines}");
    assert!(lines.lines().any(|line| line.starts_with("http.listen = \"127.0.0.1:1\"  (/")), "{lines}");
    assert_eq!(load_settings::<Sample>(None, &BTreeMap::new()).unwrap().settings, Sample::default());
}

#[test]
fn what_does_not_fit_says_where() {
    let reported =
        |text: &str, variables: &[(&str, &str)]| load_from(text, variables).unwrap_err().to_string();
    let unknown = reported("data = \"/a\"\n[http]\nlisten = \"127.0.0.1:1\"\nlistn = 1\n", &[]);
    assert!(
        unknown.ends_with(", line 4: `http.listn` is no setting; did you mean `http.listen`?"),
        "{unknown}"
    );
    let strange = reported("[colours]\nsky = 1\n", &[]);
    assert!(strange.ends_with(", line 1: `colours` is no setting"), "{strange}");
    let wrong = reported("\n[http]\nlisten = 5\n", &[]);
    assert!(wrong.contains("line 3"), "{wrong}");
    let section = reported("http = 5\n", &[]);
    assert!(section.contains("line 1"), "{section}");
    let broken = reported("data = \n", &[]);
    assert!(broken.contains("line 1"), "{broken}");
    let variable = reported("", &[("CLEANTRACK_HTTP_LISTN", "127.0.0.1:1")]);
    assert!(variable.ends_with("did you mean `CLEANTRACK_HTTP_LISTEN`?"), "{variable}");
    for (name, value) in [
        ("CLEANTRACK_HTTP_LISTEN", "here"),
        ("CLEANTRACK_BOUNDS_CALLERS", "many"),
        ("CLEANTRACK_BOUNDS_CALLERS", "-1"),
        ("CLEANTRACK_BOUNDS_WAIT", "1"),
        ("CLEANTRACK_MACHINES", "[{"),
        ("CLEANTRACK_MACHINES", "x\ny = 1"),
    ] {
        let reported = reported("", &[(name, value)]);
        assert!(
            reported.starts_with(&format!("the environment variable {name} is not valid: ")),
            "{reported}"
        );
    }
    assert_eq!(reported("[bounds]\ncallers = 7\n", &[]), "bounds.callers must be 8 to 4096");
    assert_eq!(reported("", &[("CLEANTRACK_BOUNDS_CALLERS", "5000")]), "bounds.callers must be 8 to 4096");
    let nowhere = load_settings::<Sample>(Some(std::path::Path::new("/nowhere.toml")), &BTreeMap::new());
    assert!(matches!(nowhere, Err(SettingsError::Read { .. })));
}

#[test]
fn help_names_every_setting() {
    let help = text::settings_help::<Sample>();
    for row in setting_rows::<Sample>() {
        assert!(help.contains(&row.variable()) && help.contains(&row.key), "{help}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_and_no_variable_makes_it_panic(
        text in "[a-z\\[\\]=\" .#\n\u{0}]{0,60}",
        value in "[a-z0-9\\[\\]{}=\",.#\n]{0,30}",
        which in 0_usize..6,
    ) {
        let variable = setting_rows::<Sample>()[which].variable();
        let _ = load_from(&text, &[]);
        let _ = load_from("", &[(&variable, &value)]);
    }
}

fn broken_text() -> OsString {
    OsString::from_vec(b"/var/\xff".to_vec())
}

fn read_broken(name: &str) -> Result<BTreeMap<String, String>, SettingsError> {
    super::load::read_environment([(OsString::from(name), broken_text())].into_iter())
}

#[test]
fn a_setting_that_is_no_text_is_told() {
    assert!(read_broken("LANG").unwrap().is_empty());
    let reported = read_broken("CLEANTRACK_DATA").unwrap_err().to_string();
    assert_eq!(reported, "the environment variable CLEANTRACK_DATA is no UTF-8");
}
