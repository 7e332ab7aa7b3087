//! The systemd units: systemd itself says that they are right and how much they expose.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `systemd-analyze security` counts in tenths; 2.0 is what each unit may expose at most.
const EXPOSURE_TENTHS_MAX: &str = "20";

/// Copies of the units that point at a program which is there: the real ones are not installed.
fn units(folder: &Path) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd");
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(source).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "service" || e == "socket") {
            let text = std::fs::read_to_string(&path).unwrap();
            let copy = folder.join(entry.file_name());
            let stand_in = text.lines().map(|line| match line.split_once("=/usr/bin/cleantrack-") {
                Some((key, rest)) => {
                    let arguments = rest.split_once(' ').map_or("", |(_, arguments)| arguments);
                    format!("{key}=/bin/true {arguments}\n")
                }
                None => format!("{line}\n"),
            });
            std::fs::write(&copy, stand_in.collect::<String>()).unwrap();
            copies.push(copy);
        }
    }
    copies.sort();
    copies
}

fn analyze(arguments: &[&str], unit: &Path) -> (bool, String) {
    let output =
        Command::new(harness::tools::program("systemd-analyze")).args(arguments).arg(unit).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}

#[test]
fn systemd_takes_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let units = units(folder.path());
    assert!(units.len() >= 2, "{units:?}");
    for unit in &units {
        let (good, told) = analyze(&["verify", "--recursive-errors=no", "--man=no"], unit);
        // A key that systemd does not know is only a warning.
        assert!(good && told.trim().is_empty(), "{}:\n{told}", unit.display());
    }
    let wrong = folder.path().join("wrong.service");
    let text = std::fs::read_to_string(&units[0]).unwrap();
    std::fs::write(&wrong, text.replace("NoNewPrivileges=", "NoNewPrivilege=")).unwrap();
    assert!(!analyze(&["verify", "--recursive-errors=no", "--man=no"], &wrong).1.trim().is_empty());
}

#[test]
fn the_units_expose_little() {
    let folder = tempfile::tempdir().unwrap();
    let threshold = format!("--threshold={EXPOSURE_TENTHS_MAX}");
    let arguments = ["security", "--offline=true", "--no-pager", &threshold];
    let services = units(folder.path()).into_iter().filter(|u| u.extension().is_some_and(|e| e == "service"));
    for unit in services {
        let (good, told) = analyze(&arguments, &unit);
        assert!(good, "{}:\n{told}", unit.display());
        let open = folder.path().join("open.service");
        let text = std::fs::read_to_string(&unit).unwrap();
        let plain: String =
            text.lines().filter(|l| !l.starts_with("SystemCall")).map(|l| format!("{l}\n")).collect();
        std::fs::write(&open, plain.replace("CapabilityBoundingSet=", "# ")).unwrap();
        assert!(!analyze(&arguments, &open).0, "without its filters it must be over the threshold");
    }
}
