//! The composed installation is what the program takes: `compose.yaml` is read by a reader of YAML that we did not
//! write, and compared with the table of settings.

use std::process::Command;

use relay::settings::RelaySettings;
use serde_json::Value;
use service::settings::setting_rows;

use super::{read, repository};

const FILE: &str = "relay/deploy/compose.yaml";

fn read_composed() -> Value {
    let python = repository().join("target/tools/venv/bin/python");
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let ran = Command::new(python).args(["-c", script]).arg(repository().join(FILE)).output();
    let ran = ran.expect("tests/run installs it");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn the_relay_runs_closed_and_is_looked_at() {
    let composed = read_composed();
    let services = composed["services"].as_object().unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["certificates", "database", "relay"]);
    let relay = &services["relay"];
    assert_eq!(relay["read_only"], true);
    assert_eq!(texts(&relay["cap_drop"]), ["ALL"]);
    for name in ["database", "relay"] {
        let service = &services[name];
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(texts(&service["healthcheck"]["test"]).len() > 1, "{name}");
        assert_eq!(service["restart"], "unless-stopped", "{name}");
    }
    assert_eq!(relay["depends_on"]["database"]["condition"], "service_healthy");
    assert!(texts(&relay["healthcheck"]["test"]).last().unwrap().contains("/readyz"));
    // What it writes goes to a volume or to memory.
    let volumes = composed["volumes"].as_object().unwrap();
    for volume in texts(&relay["volumes"]) {
        assert!(volumes.contains_key(volume.split(':').next().unwrap()), "{volume}");
    }
    let containerfile = read("relay/deploy/Containerfile");
    let user = containerfile.lines().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(user.parse::<u32>().unwrap() > 0, "it runs as nobody's root");
    for port in texts(&relay["ports"]) {
        let inside = port.rsplit(':').next().unwrap();
        let exposed = containerfile.lines().find_map(|line| line.strip_prefix("EXPOSE ")).unwrap();
        assert!(exposed.split(' ').any(|one| one == inside), "{port}");
    }
}

#[test]
fn secrets_are_files_and_each_variable_is_a_setting() {
    let composed = read_composed();
    let secrets = composed["secrets"].as_object().unwrap();
    assert!(
        secrets
            .values()
            .all(|secret| secret["file"].as_str().is_some_and(|file| file.starts_with("secrets/")))
    );
    let known: Vec<String> = setting_rows::<RelaySettings>().into_iter().map(|row| row.variable()).collect();
    for (name, service) in composed["services"].as_object().unwrap() {
        for secret in texts(&service["secrets"]) {
            assert!(secrets.contains_key(secret), "{name}: {secret}");
        }
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            let is_file = value.strip_prefix("/run/secrets/").is_some_and(|file| secrets.contains_key(file));
            assert_eq!(variable.ends_with("_FILE"), is_file, "{variable}");
            assert!(is_file || value.starts_with("${PUBLIC_URL:-https://"), "{variable} may be a secret");
            assert!(name != "relay" || known.contains(variable), "the relay knows no {variable}");
        }
    }
    // The lines that make them are the first of the file.
    let file = read(FILE);
    for secret in secrets.keys() {
        assert!(file.lines().take(8).any(|line| line.contains(&format!("> secrets/{secret}"))), "{secret}");
    }
}
