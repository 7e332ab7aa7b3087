//! A database over a disk that counts how often something waited for it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend, TableDefinition};

const ROOM_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(crate) struct CountedDisk {
    inner: InMemoryBackend,
    syncs: SyncCount,
}

/// How often something waited so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct SyncCount(Arc<AtomicUsize>);

impl SyncCount {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl CountedDisk {
    pub(crate) fn open() -> (Arc<Database>, SyncCount) {
        let syncs = SyncCount::default();
        let disk = Self { inner: InMemoryBackend::new(), syncs: syncs.clone() };
        let db = Database::builder().create_with_backend(disk).unwrap();
        // A commit that makes the file longer is flushed twice (findings/redb-growth-flushes-twice.sh): here it is long enough.
        let table: TableDefinition<'_, (), &[u8]> = TableDefinition::new("room");
        let txn = db.begin_write().unwrap();
        txn.open_table(table).unwrap().insert((), &vec![0; ROOM_BYTES][..]).unwrap();
        txn.commit().unwrap();
        let txn = db.begin_write().unwrap();
        txn.delete_table(table).unwrap();
        txn.commit().unwrap();
        (Arc::new(db), syncs)
    }
}

impl StorageBackend for CountedDisk {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.syncs.0.fetch_add(1, Ordering::Relaxed);
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.inner.write(offset, data)
    }
}
