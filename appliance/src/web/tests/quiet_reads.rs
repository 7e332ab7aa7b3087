//! Reads write nothing to the disk: each page, list and file of the box, opened by every kind of caller.

use std::collections::BTreeMap;
use std::path::Path;

use super::fixture::{Draws, FixtureBox, fixture_table};
use super::*;

/// What only the log's writer writes, and between records at that: its own figures say what was recorded.
const OF_THE_WRITER: [&str; 3] = ["log", "cleantrack.redb", "ballast"];
/// Longer than any of the box's own spans between two writes, and short of a session's end.
const LATER: std::time::Duration = std::time::Duration::from_secs(1_800);

fn read_files(dir: &Path, files: &mut BTreeMap<std::path::PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if OF_THE_WRITER.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() {
            read_files(&path, files);
        } else {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}

fn stored(world: &World) -> (u64, BTreeMap<std::path::PathBuf, Vec<u8>>) {
    let mut files = BTreeMap::new();
    read_files(&world.dir.path().join("box"), &mut files);
    (world.size(), files)
}

#[tokio::test]
async fn whoever_looks_writes_nothing() {
    let table = fixture_table().await;
    let fixture = FixtureBox::open(Draws::Further).await.with_phone_tables();
    let world = fixture.world();
    for _ in 0..2 {
        let faults = ::web::test::find_writing_reads(&table, &fixture, async || stored(world)).await;
        assert_eq!(faults, [""; 0]);
        world.clock.advance(LATER);
    }
    // What was noted meanwhile is written to the disk on a timer, and is visible there.
    let before = stored(world);
    assert!(before.1.contains_key(&world.dir.path().join("box/state.redb")));
    world.state.identity.save_uses().unwrap();
    let uses = stored(world);
    assert!(uses != before);
    world.state.label_scans.save().unwrap();
    assert!(stored(world) != uses);
}
