//! How a SQLite file is opened: its pragmas, the connection that writes, those that read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use service::ownership::make_private_file;
use sqlx::Connection as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

use super::error::{ACQUIRE_TIMEOUT, DbError};
use super::pool::Db;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of a SQLite file; each has a page cache of its own.
const READERS_MAX: u32 = 4;
/// In the words of the pragma: KiB below zero. What writes keeps the ends of every index; readers of one file share the system's
/// cache behind theirs.
const WRITER_CACHE: &str = "-65536";
const READER_CACHE: &str = "-16384";
/// Rows that SQLite's thread reads ahead of whoever asked: at the fifty that sqlx takes by itself the two wait for each other
/// several times in the rows of one page.
const ROWS_BUFFERED: usize = 1_024;

/// Whether the file that a journal belongs to is not there: SQLite would make a new one, and throw the journal away.
fn is_headless(file: &Path) -> bool {
    let mut journal = file.as_os_str().to_owned();
    journal.push("-wal");
    let [bytes, journal_bytes] =
        [file, Path::new(&journal)].map(|path| std::fs::metadata(path).map_or(0, |found| found.len()));
    bytes == 0 && journal_bytes > 0
}

/// Makes the file where there is none: it belongs to whoever has its folder then, also where root asks. SQLite does as much for what it
/// puts beside it.
fn own_new_file(file: &Path) -> Result<(), DbError> {
    match make_private_file(file) {
        // Where there is no folder SQLite says so.
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => Ok(()),
        made => made.map(drop).map_err(|error| DbError::Sql(error.into())),
    }
}

pub(in crate::db) async fn open_file(file: PathBuf) -> Result<Db, DbError> {
    if is_headless(&file) {
        return Err(DbError::Headless { file });
    }
    own_new_file(&file)?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .foreign_keys(true)
        .page_size(4096)
        .journal_mode(SqliteJournalMode::Wal)
        // What the cosignature promises: a commit is on the disk.
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", WRITER_CACHE)
        // What undoes a statement of many rows stays in memory; in a file it is half of all that is written.
        .pragma("temp_store", "MEMORY")
        // 64 MiB: the pages at the ends of indexes are written back once for many batches.
        .pragma("wal_autocheckpoint", "16384")
        .row_buffer_size(ROWS_BUFFERED)
        .busy_timeout(BUSY_TIMEOUT);
    // To make the file, or to put its journal back, takes as long as the disk takes; a pool would give up meanwhile.
    SqliteConnection::connect_with(&options).await?.close().await?;
    let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
    // A full disk ends a transaction by itself: sqlx takes it for open for ever, and begins none on this connection any
    // more. By now what was dropped has been rolled back.
    let writer = pool.clone().max_connections(1).before_acquire(|connection, _| {
        let is_free = !connection.is_in_transaction();
        if !is_free {
            tracing::warn!("the writing connection kept a transaction that failed; another one is opened");
        }
        Box::pin(std::future::ready(Ok(is_free)))
    });
    let writer = writer.connect_with(options.clone()).await?;
    let readers = options.read_only(true).create_if_missing(false).pragma("cache_size", READER_CACHE);
    let readers = pool.max_connections(READERS_MAX).connect_with(readers).await?;
    Ok(Db::Sqlite { writer, readers })
}
