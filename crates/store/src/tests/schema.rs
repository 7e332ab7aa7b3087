//! Data folders of other versions.

use crate::index::tables;
use std::collections::BTreeMap;

use redb::ReadableDatabase as _;

use super::*;

/// Everything below a folder with what is in it. A database that is opened notes that in itself.
fn contents(dir: &std::path::Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if path.ends_with("cleantrack.redb") {
            all.insert(path, Vec::new());
        } else {
            all.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
    all
}

#[tokio::test]
async fn a_newer_folder_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment(), cleaning("a", "Maria")]).await;
    store.stop().await.unwrap();
    {
        let db = store.shared.db().unwrap();
        let txn = db.begin_write().unwrap();
        tables::put_schema(&txn, tables::SCHEMA + 1).unwrap();
        txn.commit().unwrap();
    }
    drop(store);
    let before = contents(dir.path());
    // A start that was cut, before the older program came.
    std::fs::write(dir.path().join("starting"), "1\n").unwrap();
    for _ in 0..4 {
        let reported = try_open(dir.path(), sizes()).unwrap_err().to_string();
        assert!(reported.contains("newer CleanTrack"), "{reported}");
        assert!(contents(dir.path()) == before, "the newer program finds what it left");
    }
    let db = redb::Database::open(dir.path().join("cleantrack.redb")).unwrap();
    let schema = db.begin_read().unwrap().open_table(tables::META).unwrap().get("schema").unwrap();
    assert_eq!(schema.unwrap().value(), tables::SCHEMA + 1);
}

#[tokio::test]
async fn a_wrong_bit_makes_no_newer_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment(), cleaning("a", "Maria")]).await;
    store.stop().await.unwrap();
    {
        let db = store.shared.db().unwrap();
        let txn = db.begin_write().unwrap();
        txn.open_table(tables::META).unwrap().insert("schema", tables::SCHEMA | 1 << 23).unwrap();
        txn.commit().unwrap();
    }
    drop(store);
    let (store, report) = open(dir.path());
    assert!(report.rebuilt.is_some() && report.missing.is_empty(), "{report:?}");
    assert_eq!((store.size(), store.facility().activity[&tag()].cleanings), (3, 1));
}

#[tokio::test]
async fn an_older_folder_is_rebuilt_and_equal() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    record(&store, vec![equipment(), cleaning("k", "M")]).await;
    let there = store.facility();
    store.stop().await.unwrap();
    {
        let db = store.shared.db().unwrap();
        let txn = db.begin_write().unwrap();
        tables::put_schema(&txn, tables::SCHEMA - 1).unwrap();
        let mut rows = txn.open_table(tables::ROWS).unwrap();
        rows.insert(format!("activity/{TAG}").as_str(), r#"{"done":[{"of another":"shape"}]}"#).unwrap();
        drop(rows);
        txn.commit().unwrap();
    }
    drop(store);
    let (store, _) = open(dir.path());
    assert_eq!((store.facility(), store.size()), (there, 3));
}
