//! A folder instead of a printer: each connection that is opened, written and shut down becomes one file.

use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;

use crate::printing::devices::transport::{PrinterStream, PrinterTransport, TransportOpening};
use crate::printing::model::connection_fault::FolderFault;

const FILE_BYTES_MAX: usize = 32 << 20;
/// Files in a folder, looked at to find the next number.
const FILES_MAX: usize = 100_000;

/// Writes labels as `0001.bin`, `0002.bin`, … (`.png` and `.pdf` when they are such). They are not printed, so nothing
/// is ever confirmed; a file that is there is whole and on disk.
pub(crate) struct FolderTransport {
    path: PathBuf,
    /// The number of the newest file; 0 before the folder was looked at.
    newest: Arc<AtomicU32>,
}

impl FolderTransport {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, newest: Arc::default() }
    }
}

impl PrinterTransport for FolderTransport {
    fn open(&self) -> TransportOpening<'_> {
        let (path, newest) = (self.path.clone(), self.newest.clone());
        Box::pin(async move {
            let there = path.clone();
            let found =
                tokio::task::spawn_blocking(move || newest_in(&there)).await.map_err(io::Error::other)??;
            newest.fetch_max(found, Ordering::Relaxed);
            let line =
                FolderLine { path, newest, bytes: Vec::new(), keeping: None, stored: false, reader: None };
            Ok(Box::new(line) as Box<dyn PrinterStream>)
        })
    }
}

/// The highest number that a file in the folder has.
fn newest_in(folder: &Path) -> io::Result<u32> {
    let mut newest = 0;
    for entry in std::fs::read_dir(folder).map_err(|e| report_unusable(folder, &e))?.take(FILES_MAX) {
        let name = entry.map_err(|e| report_unusable(folder, &e))?.file_name();
        let number =
            Path::new(&name).file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        newest = newest.max(number.unwrap_or(0));
    }
    Ok(newest)
}

fn report_unusable(folder: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), FolderFault::Unusable(folder.to_owned(), e.to_string()))
}

fn file_extension(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'%', b'P', b'D', b'F', ..] => "pdf",
        _ => "bin",
    }
}

/// Writes a file so that it is either there as a whole or not at all.
fn keep_document(folder: &Path, n: u32, bytes: &[u8]) -> io::Result<()> {
    let part = folder.join(format!(".{n:04}.part"));
    let written = (|| {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, folder.join(format!("{n:04}.{}", file_extension(bytes))))?;
        std::fs::File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // The first error is the one to report.
        drop(std::fs::remove_file(&part));
    }
    written.map_err(|e| io::Error::new(e.kind(), FolderFault::Unwritten(folder.to_owned(), e.to_string())))
}

/// One file in the making. It is written on shutdown; a connection that breaks leaves nothing behind.
struct FolderLine {
    path: PathBuf,
    newest: Arc<AtomicU32>,
    bytes: Vec<u8>,
    keeping: Option<JoinHandle<io::Result<()>>>,
    stored: bool,
    /// A task that waits for an answer is woken at the end.
    reader: Option<Waker>,
}

impl PrinterStream for FolderLine {}

impl AsyncWrite for FolderLine {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.stored || self.keeping.is_some() || self.bytes.len() + bytes.len() > FILE_BYTES_MAX {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, FolderFault::TooLarge)));
        }
        self.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.keeping.is_none() && !self.bytes.is_empty() {
            let (path, bytes) = (self.path.clone(), std::mem::take(&mut self.bytes));
            let n = self.newest.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            self.keeping = Some(tokio::task::spawn_blocking(move || keep_document(&path, n, &bytes)));
        }
        if let Some(keeping) = self.keeping.as_mut() {
            let done = ready!(Pin::new(keeping).poll(context));
            self.keeping = None;
            done.map_err(io::Error::other)??;
        }
        self.stored = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for FolderLine {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stored {
            return Poll::Ready(Ok(()));
        }
        self.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn put(folder: &FolderTransport, bytes: &[u8]) {
        let mut line = folder.open().await.unwrap();
        line.write_all(bytes).await.unwrap();
        line.shutdown().await.unwrap();
        assert_eq!(line.read(&mut [0; 8]).await.unwrap(), 0, "all is taken");
    }

    fn names(path: &Path) -> Vec<String> {
        let names = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn each_label_is_one_whole_file() {
        let dir = tempfile::tempdir().unwrap();
        let folder = FolderTransport::new(dir.path().to_owned());
        put(&folder, b"\x1b@one").await;
        put(&folder, b"\x89PNG\r\n").await;
        let mut broken = folder.open().await.unwrap();
        broken.write_all(b"half").await.unwrap();
        drop(broken);
        std::fs::remove_file(dir.path().join("0002.png")).unwrap();
        put(&folder, b"%PDF-1.7").await;
        assert_eq!(names(dir.path()), ["0001.bin", "0003.pdf"], "a number is not given twice");
        put(&FolderTransport::new(dir.path().to_owned()), b"after a restart").await;
        assert_eq!(names(dir.path()), ["0001.bin", "0003.pdf", "0004.bin"]);
        assert_eq!(std::fs::read(dir.path().join("0001.bin")).unwrap(), b"\x1b@one");
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gone");
        let refused = FolderTransport::new(path.clone()).open().await.err().unwrap().to_string();
        assert!(refused.starts_with("Unusable("), "{refused}");
        std::fs::create_dir(&path).unwrap();
        let folder = FolderTransport::new(path.clone());
        let mut line = folder.open().await.unwrap();
        line.write_all(b"label").await.unwrap();
        std::fs::remove_dir(&path).unwrap();
        assert!(line.shutdown().await.unwrap_err().to_string().starts_with("Unwritten("));
        let mut line = FolderLine {
            path,
            newest: Arc::default(),
            bytes: vec![0; FILE_BYTES_MAX],
            keeping: None,
            stored: false,
            reader: None,
        };
        assert!(line.write_all(b"1").await.is_err());
    }
}
