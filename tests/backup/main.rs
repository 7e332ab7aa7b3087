//! The suite `backup`: the real programs, a stick, its key, and a new box; a stick that is full, and third-party
//! programs that open what is on it.

mod archives;
mod restores;
mod sticks;

use std::path::{Path, PathBuf};

use harness::world::TheBox;

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

fn use_stick(r#box: &mut TheBox, stick: &Path) {
    r#box.add_settings(&format!("[backup]\nto = {stick:?}\nsame_disk = true\n"));
}

async fn make_key(r#box: &TheBox) -> String {
    let words = r#box.order(&["backup", "key"]).await;
    let key = words.lines().next().unwrap_or_default().to_owned();
    assert!(key.starts_with("AGE-SECRET-KEY-1") && key.len() == 74, "{words}");
    key
}

/// Without photos, in the order of their names.
fn backups_in(stick: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(stick).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = names
        .filter(|path| path.extension().is_some_and(|e| e == "age"))
        .filter(|path| !path.to_string_lossy().contains("-photos-"))
        .collect();
    all.sort();
    all
}

/// A command that gets the key on its standard input: whether it succeeded, and its output.
async fn command_with_key(r#box: &TheBox, args: &[&str], key: &str) -> (bool, String) {
    let output = r#box.command(args).run(key).await.unwrap();
    let words = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(words).unwrap())
}
