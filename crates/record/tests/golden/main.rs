//! Golden vectors: the files in `testdata/` are what this crate writes, to the byte, and what it reads and believes.
//!
//! They are rewritten only with `CLEANTRACK_REGENERATE=1`; a change of an existing line is a change of the format.
#![expect(clippy::disallowed_methods, reason = "vectors are files, and the wish to write them is a variable")]
#![expect(clippy::unwrap_used, reason = "a vector that cannot be made or read is a failed test")]

mod adopted;
mod later;
mod log;
mod reading;

use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn file(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn the_files_are_what_this_version_writes() {
    let regenerate = std::env::var("CLEANTRACK_REGENERATE").is_ok_and(|v| v == "1");
    for (name, text) in log::files().into_iter().chain(adopted::files()) {
        if regenerate {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(folder().join(name), &text).unwrap();
        }
        assert_eq!(
            file(name),
            text,
            "{name}: the format has changed; see crates/record/FORMAT.md before writing it anew"
        );
    }
}
