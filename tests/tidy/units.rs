//! The systemd units: systemd itself says that they are right and how much they expose.

use std::path::{Path, PathBuf};
use std::process::Command;

use service::exit::ProgramExit;

/// `systemd-analyze security` counts in tenths; 2.0 is the most for each unit.
const EXPOSURE_TENTHS_MAX: &str = "20";

/// Unit types that `systemd-analyze` can check.
const KINDS: &[&str] = &["service", "socket", "mount", "path", "timer"];

const INSTANCE: &str = "@run-cleantrack-card.";

fn is_unit(path: &Path) -> bool {
    path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known))
}

fn is_service(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "service")
}

/// Copies of the units that start a program which exists: the real ones are not installed. Templates have an
/// instance.
fn units(folder: &Path) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd");
    let mut copies = Vec::new();
    for path in std::fs::read_dir(source).unwrap().flatten().map(|entry| entry.path()) {
        if is_unit(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().replace("@.", INSTANCE);
            let copy = folder.join(name);
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
    let messages = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&messages).into_owned())
}

#[test]
fn systemd_takes_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let units = units(folder.path());
    for kind in ["service", "socket", "mount"] {
        assert!(
            units.iter().any(|unit| unit.extension().is_some_and(|own| own == kind)),
            "{kind}: {units:?}"
        );
    }
    for unit in &units {
        let (good, messages) = analyze(&["verify", "--recursive-errors=no", "--man=no"], unit);
        // A key that systemd does not know is only a warning.
        assert!(good && messages.trim().is_empty(), "{}:\n{messages}", unit.display());
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
    for unit in units(folder.path()).into_iter().filter(|unit| is_service(unit)) {
        let (good, messages) = analyze(&arguments, &unit);
        assert!(good, "{}:\n{messages}", unit.display());
        let open = folder.path().join("open.service");
        let text = std::fs::read_to_string(&unit).unwrap();
        let plain: String =
            text.lines().filter(|l| !l.starts_with("SystemCall")).map(|l| format!("{l}\n")).collect();
        std::fs::write(&open, plain.replace("CapabilityBoundingSet=", "# ")).unwrap();
        assert!(!analyze(&arguments, &open).0, "without its filters it must be over the threshold");
    }
}

fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn unit_text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn the_box_waits_for_neither_network_nor_time() {
    let folder = tempfile::tempdir().unwrap();
    let units = units(folder.path());
    for unit in units.iter().filter(|unit| !unit.to_string_lossy().contains("cleantrack-relay")) {
        let text = std::fs::read_to_string(unit).unwrap();
        for key in ["After", "Wants", "Requires", "BindsTo", "Requisite"] {
            for target in ["network.target", "network-online.target", "time-sync.target", "time-set.target"] {
                let waits =
                    values(&text, key).iter().any(|units| units.split(' ').any(|unit| unit == target));
                assert!(!waits, "{}: {key}={target}", unit.display());
            }
        }
    }
}

/// What makes activation by a connection harmless.
#[test]
fn sockets_and_service_fit_together() {
    let service = unit_text("cleantrack-appliance.service");
    let sockets: Vec<&str> = values(&service, "Sockets").iter().flat_map(|all| all.split(' ')).collect();
    assert_eq!(sockets.len(), 2);
    for socket in &sockets {
        let text = unit_text(socket);
        let name = values(&text, "FileDescriptorName");
        // The program refuses any other; see `appliance/src/serve/sockets.rs`.
        assert_eq!(
            name,
            [socket.strip_prefix("cleantrack-appliance-").unwrap().strip_suffix(".socket").unwrap()]
        );
        assert_eq!(values(&text, "Service"), ["cleantrack-appliance.service"]);
    }
    assert_eq!(values(&service, "Also"), [sockets.join(" ")]);
    // After a status that forbids a restart, a phone's connection would restart it.
    let failed = unit_text("cleantrack-appliance-failed.service");
    assert_eq!(values(&failed, "Conflicts"), [sockets.join(" ")]);
    assert_eq!(values(&service, "OnFailure"), ["cleantrack-appliance-failed.service"]);
    for (exit, status) in [(ProgramExit::Disk, "74"), (ProgramExit::Settings, "78")] {
        assert_eq!(exit.status().to_string(), status);
        let prevented = values(&service, "RestartPreventExitStatus");
        assert!(prevented.iter().any(|all| all.split(' ').any(|one| one == status)), "{status}");
    }
    // With the sockets open before it starts it needs no right to bind them.
    assert!(
        values(&service, "CapabilityBoundingSet") == [""] && values(&service, "AmbientCapabilities") == [""]
    );
}

/// A missing file must not keep the unit from starting: only a credential without a path may be missing.
#[test]
fn credentials_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut credentials = 0;
    for unit in units(folder.path()) {
        let text = std::fs::read_to_string(&unit).unwrap();
        for credential in values(&text, "LoadCredential") {
            assert!(!credential.contains(':'), "{}: {credential}", unit.display());
            credentials += 1;
        }
    }
    assert!(credentials >= 3);
}

#[test]
fn variables_of_a_shell_are_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut shells = 0;
    for unit in units(folder.path()) {
        let text = std::fs::read_to_string(&unit).unwrap();
        for command in text.lines().filter(|line| line.starts_with("Exec") && line.contains("/bin/sh -c")) {
            shells += 1;
            let left = command.replace("$$", "");
            assert!(!left.contains("${") && !left.contains("$("), "{}: {command}", unit.display());
        }
    }
    assert!(shells >= 2);
}
