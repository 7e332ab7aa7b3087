//! For tests: readers that are paused.
#![allow(clippy::unwrap_used, reason = "it is part of tests, of this crate and of others")]

use std::sync::mpsc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::readers::read_pool::{LONG_WAITING_MAX, QUICK_WAITING_MAX};
use crate::{LogReader, ReadError, ReadLane, Store};

/// Reads that are paused until they are released.
#[derive(Debug, Default)]
pub struct HeldReads {
    go: Vec<mpsc::Sender<()>>,
    pub(crate) reads: Vec<JoinHandle<Result<(), ReadError>>>,
}

impl HeldReads {
    pub async fn fill(store: &Store) -> Self {
        let mut held = Self::default();
        for (lane, threads, queued) in
            [(ReadLane::Quick, 2, QUICK_WAITING_MAX), (ReadLane::Long, 1, LONG_WAITING_MAX)]
        {
            for _ in 0..threads {
                held.hold(store, lane, |_| ()).await;
            }
            for _ in 0..queued {
                held.queue(store, lane, |_| ()).await;
            }
        }
        held
    }

    /// Holds up one thread after it has done some work; returns when it is paused.
    pub(crate) async fn hold(
        &mut self,
        store: &Store,
        lane: ReadLane,
        work: impl FnOnce(&LogReader) + Send + 'static,
    ) {
        let (go, wait) = mpsc::channel();
        let (begun, begins) = oneshot::channel();
        self.go.push(go);
        self.queue(store, lane, move |reader| {
            work(reader);
            begun.send(()).unwrap();
            // Ends when the other side is dropped.
            let _ = wait.recv();
        })
        .await;
        begins.await.unwrap();
    }

    pub(crate) async fn queue(
        &mut self,
        store: &Store,
        lane: ReadLane,
        work: impl FnOnce(&LogReader) + Send + 'static,
    ) {
        let store = store.clone();
        self.reads.push(tokio::spawn(async move { store.read(lane, work).await }));
        tokio::task::yield_now().await;
    }

    /// Lets all go, and waits until each has ended in one way or another.
    pub async fn release(self) {
        drop(self.go);
        for read in self.reads {
            assert!(matches!(read.await.unwrap(), Ok(()) | Err(ReadError::Busy)));
        }
    }
}
