//! Programs from outside that suites use as witnesses; `tests/run` installs them, and a missing one is a failure.

use std::path::{Path, PathBuf};

/// Where `tests/run` installs what no Debian package brings.
pub fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools")
}

pub fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = places.map(|place| place.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: ./tests/run installs what the suites need"))
}

/// The Python that has `zxingcpp` and `PIL`.
pub fn python() -> PathBuf {
    let python = installed().join("venv/bin/python");
    assert!(python.exists(), "zxing-cpp is not installed: ./tests/run installs what the suites need");
    python
}

pub fn axe_source() -> String {
    let file = installed().join("node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|_| panic!("axe-core is not installed: ./tests/run installs what the suites need"))
}

/// A folder for pictures and logs that a suite leaves for people to look at.
pub fn artefacts(suite: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/artefacts").join(suite);
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    folder
}
