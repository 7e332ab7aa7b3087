//! The suite `docs`: the documents describe what the programs do. Settings, commands and example files are compared with the
//! programs' own tables, and the README's own lines lead from nothing to a printed label and back.

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/compose.rs"]
mod compose;
#[path = "docs/first_hour.rs"]
mod first_hour;
#[path = "docs/guides.rs"]
mod guides;
#[path = "docs/settings.rs"]
mod settings;
#[path = "docs/settings_text.rs"]
mod settings_text;

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> String {
    let path = repository().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The lines of a document's `sh` blocks, without their comments.
fn shell_lines(document: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_block = false;
    for line in read(document).lines() {
        if let Some(opened) = line.trim_start().strip_prefix("```") {
            in_block = opened == "sh";
        } else if in_block {
            let command = line.split("  #").next().unwrap_or_default().trim();
            if !command.is_empty() {
                lines.push(command.to_owned());
            }
        }
    }
    lines
}

/// A line as a shell splits it; what follows `>` is the output file.
fn words_of(line: &str) -> (Vec<String>, Option<String>) {
    let (command, output) = match line.split_once(" > ") {
        Some((command, file)) => (command, Some(file.trim().to_owned())),
        None => (line, None),
    };
    let mut words = Vec::new();
    for (n, part) in command.split('"').enumerate() {
        if n % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    (words, output)
}

#[test]
fn lines_are_divided_as_a_shell_does() {
    let (words, output) = words_of("relay create --name \"A B\" --id X > a.claim");
    assert_eq!(words, ["relay", "create", "--name", "A B", "--id", "X"]);
    assert_eq!(output.as_deref(), Some("a.claim"));
}
