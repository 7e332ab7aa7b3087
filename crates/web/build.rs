//! Squeezes the style sheet: it is written one declaration a line, and every phone that is new here waits for it.

use std::path::{Path, PathBuf};

/// In this order: a later rule overrides an earlier one.
const STYLE_PARTS: [&str; 4] = ["base.css", "parts.css", "widths.css", "station.css"];

/// Removes comments, indentation, line ends and what else has no meaning. The sheet is formatted: one
/// selector, declaration or brace a line.
fn squeeze_css(sheet: &str) -> String {
    let mut squeezed = String::with_capacity(sheet.len());
    let mut rest = sheet;
    let mut plain = String::with_capacity(sheet.len());
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    for line in plain.lines().map(str::trim) {
        let line = line.replace(", ", ",");
        if let Some(selector) = line.strip_suffix(" {") {
            squeezed.push_str(selector);
            squeezed.push('{');
        } else if line == "}" {
            // The last declaration needs no end of its own.
            if squeezed.ends_with(';') {
                squeezed.pop();
            }
            squeezed.push('}');
        } else if line.ends_with(';') {
            squeezed.push_str(&line.replacen(": ", ":", 1));
        } else {
            // A selector or a value that continues in the next line.
            squeezed.push_str(&line);
            if !line.is_empty() && !line.ends_with([',', ':']) {
                squeezed.push(' ');
            }
        }
    }
    squeezed
}

fn main() -> std::io::Result<()> {
    let folder = Path::new("assets/style");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut sheet = String::new();
    for part in STYLE_PARTS {
        sheet += &std::fs::read_to_string(folder.join(part))?;
    }
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    std::fs::write(out.join("base.css"), squeeze_css(&sheet))
}
