//! Codes of devices in the ways in which programs of others write them: all ways of one device are one code, and no two devices are.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::tools;
use record::code::{ScannedCode, ScannedCodeError, comparison_key, list_identifiers};
use serde::Deserialize;

const DEVICES: usize = 600;

#[derive(Deserialize)]
struct Device {
    /// What the program that wrote them reads; absent: every item of the model has them.
    device: Option<String>,
    forms: Vec<String>,
}

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("labels/oracles").join(name)
}

fn read_devices(command: &mut Command) -> Vec<Device> {
    let out = command.output().expect("the program starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines = String::from_utf8(out.stdout).expect("text");
    lines.lines().map(|line| serde_json::from_str(line).expect("a device a line")).collect()
}

/// What the script of the phone's page makes of them.
fn read_by_script(codes: &[&str]) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../appliance/assets/app/scan.js");
    let mut node = Command::new(tools::program("node"));
    node.arg(script("read_codes.mjs")).arg(page).arg(list_identifiers());
    let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node starts");
    let input = serde_json::to_vec(codes).expect("texts");
    node.stdin.take().expect("its input").write_all(&input).expect("it reads");
    let out = node.wait_with_output().expect("it ends");
    assert!(out.status.success());
    serde_json::from_slice(&out.stdout).expect("a code each")
}

fn expect_one_code_a_device(devices: &[Device]) -> usize {
    let mut stored = BTreeMap::new();
    let mut read = Vec::new();
    for Device { device, forms } in devices {
        for form in forms {
            let code = ScannedCode::read(form, |_, _| false);
            let Some(device) = device else {
                // A lot such as `A21B` may be a lot and a serial number without a separator between them.
                let is_unclear = !form.contains("://") && code == Err(ScannedCodeError::SeparatorsMissing);
                assert!(is_unclear || code == Err(ScannedCodeError::EveryItem), "{form:?}: {code:?}");
                continue;
            };
            let code = code.unwrap_or_else(|error| panic!("{form:?} of {device}: {error}"));
            let key = comparison_key(code.as_str());
            assert_eq!(*stored.entry(key).or_insert(device), device, "{form:?} is {code}");
            read.push((form.as_str(), code));
        }
    }
    let named =
        devices.iter().filter_map(|one| one.device.as_ref()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(stored.len(), named.len(), "each device has one code");
    let forms: Vec<_> = read.iter().map(|(form, _)| *form).collect();
    for ((form, code), by_script) in read.iter().zip(read_by_script(&forms)) {
        assert_eq!(code.as_str(), by_script, "{form:?}");
    }
    read.len()
}

#[test]
fn gs1_codes_as_biip_writes_them() {
    let mut python = Command::new(tools::python());
    let devices = read_devices(python.arg(script("device_codes.py")).arg(DEVICES.to_string()));
    let count = expect_one_code_a_device(&devices);
    assert!(count >= 2_000, "{count}");
}

#[test]
fn hibc_codes_as_bwip_js_writes_them() {
    let mut node = Command::new(tools::program("node"));
    node.arg(script("hibc_codes.mjs")).arg(tools::installed()).arg(DEVICES.to_string());
    let count = expect_one_code_a_device(&read_devices(&mut node));
    assert!(count >= 2_000, "{count}");
}
