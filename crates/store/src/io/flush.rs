//! The card's part of a group: one write and one flush, beside which the writer makes room for the next ones.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::disk::DiskFile;

pub(crate) struct GroupWrite {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What became of it; the bytes come back.
pub(crate) struct GroupWritten {
    pub(crate) bytes: Vec<u8>,
    pub(crate) result: Result<Duration, WriteFailed>,
}

/// Why a group may not be on the card.
#[derive(Debug)]
pub(crate) enum WriteFailed {
    Write(io::Error),
    /// Nobody knows what is there: the pages count as clean now, and asking again says nothing.
    Flush(io::Error),
    /// Nobody knows either: the thread that wrote it is gone.
    Gone,
}

impl GroupWrite {
    fn perform(self) -> GroupWritten {
        let Self { file, at, bytes } = self;
        let result = file.write_at(at, &bytes).map_err(WriteFailed::Write).and_then(|()| {
            let began = Instant::now();
            file.sync_data().map_err(WriteFailed::Flush)?;
            if file.is_removed() {
                return Err(WriteFailed::Flush(io::Error::other("somebody removed the file")));
            }
            Ok(Instant::now().duration_since(began))
        });
        GroupWritten { bytes, result }
    }
}

/// Who writes a group and flushes it, while the caller does something else.
pub(crate) trait JournalFlush: Send {
    fn start(&mut self, write: GroupWrite);
    fn wait(&mut self) -> GroupWritten;
}

/// Writes where it is asked to: a start, and tests that count each call to the disk.
#[derive(Default)]
pub(crate) struct FlushHere(Option<GroupWritten>);

impl JournalFlush for FlushHere {
    fn start(&mut self, write: GroupWrite) {
        self.0 = Some(write.perform());
    }

    fn wait(&mut self) -> GroupWritten {
        self.0.take().unwrap_or(GroupWritten { bytes: Vec::new(), result: Err(WriteFailed::Gone) })
    }
}

/// A thread that writes and flushes; it ends with its owner.
pub(crate) struct FlushThread {
    to: SyncSender<GroupWrite>,
    from: Receiver<GroupWritten>,
}

impl FlushThread {
    /// Starts it.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn start() -> io::Result<Self> {
        let (to, groups) = sync_channel::<GroupWrite>(1);
        let (written, from) = sync_channel(1);
        std::thread::Builder::new().name("store-flush".to_owned()).spawn(move || {
            while let Ok(group) = groups.recv() {
                if written.send(group.perform()).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { to, from })
    }
}

impl JournalFlush for FlushThread {
    fn start(&mut self, write: GroupWrite) {
        // A thread that is gone shows when it is waited for.
        let _ = self.to.send(write);
    }

    fn wait(&mut self) -> GroupWritten {
        self.from.recv().unwrap_or(GroupWritten { bytes: Vec::new(), result: Err(WriteFailed::Gone) })
    }
}
