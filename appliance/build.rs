//! Makes the words of the box's pages out of `words/<language>`, and squeezes its scripts: they are written for people,
//! and every phone that is new here waits for them.

use std::path::{Path, PathBuf};

const SCRIPTS: [&str; 8] = [
    "box.js",
    "keys.js",
    "station.js",
    "tablet.js",
    "app/app.js",
    "app/queue.js",
    "app/scan.js",
    "app/reader.js",
];

/// Removes indentation and lines that are a comment. No text in a script goes over several lines.
fn squeeze_script(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn main() -> std::io::Result<()> {
    words::build::generate_words(&["words"]);
    let folder = Path::new("assets");
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    std::fs::create_dir_all(out.join("app"))?;
    for name in SCRIPTS {
        let script = std::fs::read_to_string(folder.join(name))?;
        std::fs::write(out.join(name), squeeze_script(&script))?;
    }
    Ok(())
}
