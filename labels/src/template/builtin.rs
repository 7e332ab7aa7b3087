//! The templates that every box has.

use std::sync::LazyLock;

use super::Template;

const FILES: &[&str] = &[
    include_str!("../../templates/equipment.toml"),
    include_str!("../../templates/equipment-62x29.toml"),
    include_str!("../../templates/equipment-66x25.toml"),
    include_str!("../../templates/equipment-47x22.toml"),
    include_str!("../../templates/micro.toml"),
    include_str!("../../templates/micro-scanner.toml"),
    include_str!("../../templates/blank-tag.toml"),
    include_str!("../../templates/blank-tag-62x29.toml"),
    include_str!("../../templates/blank-tag-47x22.toml"),
    include_str!("../../templates/cable-flag.toml"),
    include_str!("../../templates/protocol-card.toml"),
    include_str!("../../templates/load-sticker.toml"),
    include_str!("../../templates/clean-until.toml"),
    include_str!("../../templates/out-of-service.toml"),
    include_str!("../../templates/loaner-until.toml"),
    include_str!("../../templates/badge.toml"),
    include_str!("../../templates/receipt.toml"),
];

// A file that does not parse would be missing here; a test counts them.
static PARSED: LazyLock<Vec<Template>> =
    LazyLock::new(|| FILES.iter().filter_map(|file| Template::parse(file.as_bytes()).ok()).collect());

/// All of them; the first is the usual one.
pub fn builtin_templates() -> &'static [Template] {
    &PARSED
}

/// One by its name.
pub fn find_builtin(name: &str) -> Option<&'static Template> {
    builtin_templates().iter().find(|t| t.name == name)
}

/// Its file, as a start for another template.
pub fn builtin_file(name: &str) -> Option<&'static str> {
    let line = format!("\nname = \"{name}\"\n");
    FILES.iter().copied().find(|file| file.contains(&line))
}

#[cfg(test)]
pub(super) fn files() -> &'static [&'static str] {
    FILES
}
