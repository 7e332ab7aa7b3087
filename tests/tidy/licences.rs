//! The part of deny.toml that needs no network, checked without cargo-deny: licences and banned crates.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Fault;

/// Every package's licence is allowed, every allowed licence is needed, and no banned crate is used.
pub fn check(metadata: &Value, deny: &str) -> Vec<Fault> {
    let rules: toml::Table = deny.parse().unwrap_or_default();
    let allowed = names(&rules, "licenses", "allow", |v| v.as_str());
    let banned =
        names(&rules, "bans", "deny", |v| v.get("crate").or(v.get("name")).and_then(toml::Value::as_str));
    if allowed.is_empty() || banned.is_empty() {
        return vec![Fault::new("deny.toml", "must list allowed licences and banned crates")];
    }
    let mut faults = Vec::new();
    let mut needed = BTreeSet::new();
    for package in resolved(metadata) {
        let name = package["name"].as_str().unwrap_or_default();
        if banned.contains(name) {
            faults.push(Fault::new("Cargo.lock", format!("{name} is banned by deny.toml")));
        }
        // What comes from no registry is ours.
        if package["source"].is_null() {
            if !package["license_file"].as_str().is_some_and(|file| file.ends_with("LICENSE")) {
                faults.push(Fault::new(name, "must say `license-file.workspace = true`: it is proprietary"));
            }
            continue;
        }
        let licence = package["license"].as_str().unwrap_or_default();
        if !permitted(licence, &allowed) {
            faults
                .push(Fault::new("deny.toml", format!("{name} is under `{licence}`, which is not allowed")));
            continue;
        }
        // A licence is needed where nothing else in the list would do.
        let without = |one: &String| allowed.iter().filter(|a| *a != one).cloned().collect();
        needed.extend(allowed.iter().filter(|one| !permitted(licence, &without(one))).cloned());
    }
    let idle = allowed.difference(&needed);
    faults.extend(idle.map(|one| Fault::new("deny.toml", format!("no package needs `{one}`: take it out"))));
    faults
}

fn names(
    rules: &toml::Table,
    section: &str,
    list: &str,
    name: fn(&toml::Value) -> Option<&str>,
) -> BTreeSet<String> {
    let values = rules.get(section).and_then(|s| s.get(list)).and_then(toml::Value::as_array);
    values.into_iter().flatten().filter_map(name).map(str::to_owned).collect()
}

fn resolved(metadata: &Value) -> Vec<&Value> {
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let ids: BTreeSet<&str> = nodes.filter_map(|node| node["id"].as_str()).collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter(|p| p["id"].as_str().is_some_and(|id| ids.contains(id))).collect()
}

/// An SPDX expression against a list: `OR` (also `/`) needs one side, `AND` both; `X WITH Y` is one name.
fn permitted(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any_of(&words, &mut at, allowed) && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= all_of(words, at, allowed);
    }
    holds
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one_of(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one_of(words, at, allowed);
    }
    holds
}

fn one_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(&word) = words.get(*at) else { return false };
    *at += 1;
    if word == "(" {
        let holds = any_of(words, at, allowed);
        *at += 1;
        return holds;
    }
    let mut name = word.to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).copied().unwrap_or_default());
        *at += 2;
    }
    allowed.contains(&name)
}

#[test]
fn expressions() {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).into();
    for (expression, holds) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/GPL-3.0", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("(GPL-3.0 OR Zlib) AND MIT", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0", true),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("", false),
    ] {
        assert_eq!(permitted(expression, &allowed), holds, "{expression}");
    }
}

#[test]
fn strange_licences_idle_ones_and_banned_crates_are_found() {
    let package = |name: &str, licence: &str| serde_json::json!({"id": name, "name": name, "license": licence, "source": "registry"});
    let ours = |name: &str, file: &str| serde_json::json!({"id": name, "name": name, "source": null, "license_file": file});
    let metadata = serde_json::json!({
        "packages": [
            package("a", "MIT OR Zlib"), package("b", "GPL-3.0"), package("openssl", "MIT"), package("other", "X"),
            ours("box", "../LICENSE"), ours("lent", "COPYING"),
        ],
        "resolve": {"nodes": [{"id": "a"}, {"id": "b"}, {"id": "openssl"}, {"id": "box"}, {"id": "lent"}]},
    });
    let deny = "[licenses]\nallow = [\"MIT\", \"ISC\"]\n[bans]\ndeny = [{ crate = \"openssl\" }]\n";
    let messages: Vec<String> = check(&metadata, deny).iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "deny.toml: b is under `GPL-3.0`, which is not allowed",
            "Cargo.lock: openssl is banned by deny.toml",
            "lent: must say `license-file.workspace = true`: it is proprietary",
            "deny.toml: no package needs `ISC`: take it out",
        ]
    );
    assert_eq!(check(&metadata, "").len(), 1);
}
