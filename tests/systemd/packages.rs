//! The box's package of Debian: what is in it, that two builds are the same bytes, and that systemd accepts it where it is unpacked.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use harness::tools;

use crate::root;

/// `SOURCE_DATE_EPOCH` of the packages.
const EPOCH: &str = "1795000000";

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn succeed(command: &mut Command) -> String {
    let output = run(command);
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {printed}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn deb(arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join("cross/deb"));
    command.args(arguments).env("SOURCE_DATE_EPOCH", EPOCH);
    command
}

/// Packs a placeholder program: the rest of the package does not depend on it.
fn packed(package: &str, out: &Path) -> PathBuf {
    let out = out.to_string_lossy();
    succeed(&mut deb(&["--arch", "amd64", "--binary", "/bin/true", "--out", &out, package]));
    let name = format!("cleantrack-{package}_{}_amd64.deb", env!("CARGO_PKG_VERSION"));
    Path::new(&*out).join(name)
}

fn dpkg(arguments: &[&str], file: &Path) -> String {
    succeed(Command::new(tools::program("dpkg-deb")).args(arguments).arg(file))
}

fn listing(file: &Path) -> Vec<String> {
    let contents = dpkg(&["--contents"], file);
    let rows = contents.lines().filter(|line| !line.starts_with('d')).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        format!("{} {} {}", words[0], words[1], words[5])
    });
    rows.collect()
}

#[test]
fn the_package_holds_program_units_and_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = packed("appliance", folder.path());
    let wanted = [
        "-rw-r--r-- root/root ./etc/cleantrack/appliance.toml",
        "-rwxr-xr-x root/root ./usr/bin/cleantrack-appliance",
        "-rw-r--r-- root/root ./usr/lib/systemd/system/cleantrack-appliance-failed.service",
        "-rw-r--r-- root/root ./usr/lib/systemd/system/cleantrack-appliance-http.socket",
        "-rw-r--r-- root/root ./usr/lib/systemd/system/cleantrack-appliance-https.socket",
        "-rw-r--r-- root/root ./usr/lib/systemd/system/cleantrack-appliance.service",
        "-rw-r--r-- root/root ./usr/lib/systemd/system/cleantrack-provision@.service",
        "-rw-r--r-- root/root ./usr/lib/systemd/system/run-cleantrack-stick.mount",
        "-rw-r--r-- root/root ./usr/lib/sysusers.d/cleantrack-appliance.conf",
        "-rw-r--r-- root/root ./usr/lib/tmpfiles.d/cleantrack-appliance.conf",
        "-rw-r--r-- root/root ./usr/lib/udev/rules.d/90-cleantrack.rules",
        "-rw-r--r-- root/root ./usr/share/doc/cleantrack-appliance/CHANGELOG.md.gz",
        "-rw-r--r-- root/root ./usr/share/doc/cleantrack-appliance/NOTICE.gz",
        "-rw-r--r-- root/root ./usr/share/doc/cleantrack-appliance/changelog.gz",
        "-rw-r--r-- root/root ./usr/share/doc/cleantrack-appliance/copyright",
    ];
    assert_eq!(listing(&file), wanted);
    let field = |name: &str| {
        dpkg(&["--field"], &file)
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    assert_eq!(field("Package").as_deref(), Some("cleantrack-appliance"));
    assert_eq!(field("Version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(field("Architecture").as_deref(), Some("amd64"));
    let depends = field("Depends").unwrap();
    assert!(depends.starts_with("libc6 (>= 2.") && depends.ends_with("systemd (>= 252)"), "{depends}");
    let control = folder.path().join("control");
    succeed(Command::new(tools::program("dpkg-deb")).arg("--control").arg(&file).arg(&control));
    let text = |name: &str| std::fs::read_to_string(control.join(name)).unwrap();
    // What somebody has changed is not overwritten.
    assert_eq!(text("conffiles"), "/etc/cleantrack/appliance.toml\n");
    for script in ["postinst", "prerm", "postrm"] {
        succeed(Command::new("/bin/sh").arg("-n").arg(control.join(script)));
        // Records belong to the facility alone.
        assert!(!text(script).contains("rm -r"), "{script}");
    }
}

fn notice_of(package: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    succeed(
        Command::new(tools::program("dpkg-deb"))
            .arg("--extract")
            .arg(packed(package, folder.path()))
            .arg(&tree),
    );
    let path = format!("usr/share/doc/cleantrack-{package}/NOTICE.gz");
    succeed(Command::new(tools::program("gzip")).arg("-dc").arg(tree.join(path)))
}

#[test]
fn each_package_has_the_licences_of_what_its_program_is_linked_from() {
    for (package, crates, other) in [
        ("appliance", &["tokio", "rustls", "ring", "zstd-sys", "redb"][..], "fatfs"),
        ("relay", &["tokio", "rustls", "ring"], "fatfs"),
        ("flash", &["clap", "fatfs", "ruzstd"], "tokio"),
    ] {
        let notice = notice_of(package);
        // A crate is in the list before each of its texts.
        let has = |name: &str| notice.lines().any(|line| line.starts_with(&format!("  {name} ")));
        for name in crates {
            assert!(has(name), "{package} lacks {name}");
        }
        assert!(!has(other) && !has("jsonschema"), "{package} is not linked from it");
        assert!(notice.contains("Apache License") && notice.contains("Permission is hereby granted"));
        assert_eq!(notice.contains("SIL OPEN FONT LICENSE"), package != "flash", "{package}");
        // The box's allocator is C, and its licence lies deep in the crate.
        assert_eq!(notice.contains("jemalloc source distribution"), package == "appliance", "{package}");
    }
}

/// A fake cargo, whose one crate has these keys and these files.
fn notice_with(keys: &str, files: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("odd");
    std::fs::create_dir(&sources).unwrap();
    for (name, text) in files {
        std::fs::write(sources.join(name), text).unwrap();
    }
    let metadata = format!(
        r#"{{"packages":[{{"name":"odd","version":"1.0.0","source":"registry","license_file":null,"authors":["Ann <a@x.example>"],{keys},"manifest_path":"{}"}}]}}"#,
        sources.join("Cargo.toml").display()
    );
    std::fs::write(folder.path().join("metadata"), metadata).unwrap();
    let cargo = folder.path().join("cargo");
    let script = "#!/bin/sh\nif [ \"$1\" = tree ]; then echo 'odd v1.0.0'; else cat \"$(dirname \"$0\")/metadata\"; fi\n";
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(root().join("cross/notice"));
    run(command.args(["relay", "x86_64-unknown-linux-gnu"]).env("PATH", path))
}

#[test]
fn a_crate_without_a_licence_text_gets_the_standard_one_or_fails() {
    let output = notice_with(r#""license":"LicenseRef-Odd""#, &[("LICENSE", "Do what you like.\r\n")]);
    let own = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(own.ends_with("Of:\n  odd 1.0.0\n\nDo what you like.\n"), "{own}");
    // A copyright holder does not say which licence.
    let output = notice_with(r#""license":"MIT""#, &[("COPYRIGHT", "All of it is Ann’s.")]);
    let standard = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["All of it is Ann’s.", "MIT License\n\nCopyright (c) Ann\n"] {
        assert!(standard.contains(part), "{standard}");
    }
    for licence in ["LicenseRef-Odd", "MIT AND Zlib", ""] {
        let output = notice_with(&format!(r#""license":"{licence}""#), &[]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && words.contains("odd 1.0.0 has no licence text"), "{words}");
    }
}

#[test]
fn two_builds_are_the_same_bytes() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for package in ["appliance", "relay", "flash"] {
        let built = [&first, &second].map(|folder| std::fs::read(packed(package, folder.path())).unwrap());
        assert!(built[0] == built[1], "{package}");
        let file = packed(package, first.path());
        assert!(dpkg(&["--contents"], &file).lines().all(|line| line.contains("2026-11-")), "{package}");
    }
    // Only the time makes another package of it.
    let out = second.path().to_string_lossy();
    let mut later = deb(&["--arch", "amd64", "--binary", "/bin/true", "--out", &out, "appliance"]);
    succeed(later.env("SOURCE_DATE_EPOCH", "1795000001"));
    let name = format!("cleantrack-appliance_{}_amd64.deb", env!("CARGO_PKG_VERSION"));
    assert!(
        std::fs::read(first.path().join(&name)).unwrap() != std::fs::read(second.path().join(name)).unwrap()
    );
}

#[test]
fn what_cannot_be_packed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_string_lossy();
    let script = folder.path().join("script");
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    let script = script.to_string_lossy();
    let cases: [(&[&str], &str); 6] = [
        (&["--arch", "arm64", "--binary", "/bin/true", "--out", &out, "appliance"], "not for arm64"),
        (&["--arch", "amd64", "--binary", &script, "--out", &out, "appliance"], "no machine"),
        (&["--binary", "/bin/true", "appliance"], "--binary is one package's"),
        (
            &["--arch", "riscv64", "--binary", "/bin/true", "--out", &out, "appliance"],
            "neither amd64 nor arm64",
        ),
        (&["printer"], "neither appliance, relay nor flash"),
        (&["--arch"], "needs a value"),
    ];
    for (arguments, words) in cases {
        let output = run(&mut deb(arguments));
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && printed.contains(words), "{arguments:?}: {printed}");
    }
    let made = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .filter(|f| f.path().extension().is_some_and(|e| e == "deb"));
    assert_eq!(made.count(), 0);
}

/// The bare files, with no maintainer script run, as on the image.
#[test]
fn an_unpacked_package_is_all_that_systemd_needs() {
    let folder = tempfile::tempdir().unwrap();
    let file = packed("appliance", folder.path());
    let tree = folder.path().join("tree");
    succeed(Command::new(tools::program("dpkg-deb")).arg("--extract").arg(&file).arg(&tree));
    for made in ["etc", "usr/sbin", "bin", "run"] {
        std::fs::create_dir_all(tree.join(made)).unwrap();
    }
    let at = |option: &str| format!("--{option}={}", tree.display());
    succeed(Command::new(tools::program("systemd-sysusers")).arg(at("root")));
    let lines = |name: &str| std::fs::read_to_string(tree.join("etc").join(name)).unwrap();
    let user = lines("passwd").lines().find(|l| l.starts_with("cleantrack:")).map(str::to_owned).unwrap();
    assert!(user.starts_with("cleantrack:x:641:") && user.ends_with("nologin"), "{user}");
    for group in ["lp:", "gpio:"] {
        assert!(
            lines("group").lines().any(|l| l.starts_with(group) && l.ends_with(":cleantrack")),
            "{group}"
        );
    }
    succeed(Command::new(tools::program("systemd-tmpfiles")).arg(at("root")).arg("--create"));
    assert!(tree.join("run/cleantrack").is_dir());
    // What the units start beside the box's own program, and systemd's own targets, come from the machine.
    std::fs::copy("/bin/sh", tree.join("bin/sh")).unwrap();
    let systems = std::fs::canonicalize("/lib/systemd/system").unwrap();
    for entry in std::fs::read_dir(systems)
        .unwrap()
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|e| e == "target" || e == "slice"))
    {
        let to = tree.join("usr/lib/systemd/system").join(entry.file_name());
        if !to.exists() && entry.path().is_file() {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    let analyze = tools::program("systemd-analyze");
    let names = [
        "cleantrack-appliance.service",
        "cleantrack-appliance-http.socket",
        "cleantrack-appliance-https.socket",
        "run-cleantrack-stick.mount",
    ];
    let output = run(Command::new(&analyze).args(["verify", "--man=no"]).arg(at("root")).args(names));
    let printed = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && printed.is_empty(), "{}", String::from_utf8_lossy(&printed));
    let security = ["security", "--offline=true", "--no-pager", "--threshold=20"];
    succeed(Command::new(&analyze).args(security).arg(at("root")).arg("cleantrack-appliance.service"));
}
