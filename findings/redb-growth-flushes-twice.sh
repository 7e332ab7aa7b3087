#!/usr/bin/env bash
# redb 4.4.0 and 4.6.0: how often a durable commit waits for the disk.
# Expected by most: a commit of one small row is one flush, whatever the file's length, and a minor version changes nothing of it.
# Seen: 4.6.0 flushes twice in each commit that makes the file longer, 4.4.0 only in the one that begins another region, of the same
# commits: 400 rows of 2,000 bytes, a commit each, are 404 flushes with 4.6.0 (commits 7, 41, 109 and 245) and 401 with 4.4.0 (245).
# So on a card whose flush takes 8 ms a new database is slower where it grows, and a test that counts flushes by commits fails by the
# row at which the file happens to double. Once the file was long enough it stays at one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p count/src
cat >count/src/main.rs <<'RUST'
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend, TableDefinition};

const ROWS: TableDefinition<u64, &[u8]> = TableDefinition::new("rows");

#[derive(Debug)]
struct Counting(InMemoryBackend, Arc<AtomicUsize>);

impl StorageBackend for Counting {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }
    fn read(&self, at: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(at, out)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.sync_data()
    }
    fn write(&self, at: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write(at, bytes)
    }
}

fn put(db: &Database, key: u64, bytes: usize) {
    let txn = db.begin_write().unwrap();
    txn.open_table(ROWS).unwrap().insert(key, &vec![7; bytes][..]).unwrap();
    txn.commit().unwrap();
}

/// Commits that were flushed twice.
fn count(has_room: bool) -> Vec<u64> {
    let flushes = Arc::new(AtomicUsize::new(0));
    let db = Database::builder().create_with_backend(Counting(InMemoryBackend::new(), flushes.clone())).unwrap();
    // One long row, taken back: the file is as long as it will have to be.
    if has_room {
        put(&db, u64::MAX, 1 << 20);
        let txn = db.begin_write().unwrap();
        txn.open_table(ROWS).unwrap().remove(u64::MAX).unwrap();
        txn.commit().unwrap();
    }
    let is_twice = |row: &u64| {
        let before = flushes.load(Ordering::Relaxed);
        put(&db, *row, 2_000);
        match flushes.load(Ordering::Relaxed) - before {
            1 => false,
            2 => true,
            more => panic!("{more} flushes"),
        }
    };
    (0..400).filter(is_twice).collect()
}

fn main() {
    println!("{:?} {:?}", count(false), count(true));
}
RUST
for version in 4.4.0 4.6.0; do
    printf '[package]\nname = "count"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\nredb = "=%s"\n' "$version" >count/Cargo.toml
    rm -f count/Cargo.lock
    seen=$(cargo run --quiet --manifest-path count/Cargo.toml)
    echo "redb $version, commits with two flushes, and of those in a file with room: $seen"
    case $version in
    4.4.0) [ "$seen" = "[245] []" ] ;;
    4.6.0) [ "$seen" = "[7, 41, 109, 245] []" ] ;;
    esac
done
