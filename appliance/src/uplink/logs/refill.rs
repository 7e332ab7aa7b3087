//! Fetches entries that this box has lost back from the relay, from where its own log diverges.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use record::batch::UnverifiedBatch;
use record::ids::Epoch;
use record::limits::BATCH_WIRE_BYTES_MAX;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::background::run_background;
use crate::store::{PastLog, RefillError, RefillPage, Store, StoreError};
use crate::uplink::UplinkShared;
use crate::uplink::exchange::compare;
use crate::uplink::transport::fault::error_reason;
use crate::uplink::transport::http_client::RelayHttpClient;

/// A page of the log comes within this: one that trickles would hold what waits for it for weeks.
const PAGE_WITHIN: Duration = Duration::from_secs(60);
/// Entries of a page: cleanings with long notes stay below a batch's bytes, so that it is known where the next page begins.
const PAGE_ENTRIES: usize = 256;
/// Pages that are on their way while one is verified.
const PAGES_AHEAD: usize = 3;
/// The first wait after a failure; doubled up to [`RETRY_MAX`].
const RETRY_MIN: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// Begins it where a log is not whole; `None` where all are. The newest comes first: its first entry says which one is
/// before it, and so the chain is followed to its beginning. Ends with an orderly restart, which puts all of them in
/// their place.
pub(in crate::uplink) fn start_refill(
    shared: &Arc<UplinkShared>,
    from: &RelayHttpClient,
    past: &[PastLog],
) -> Option<JoinHandle<()>> {
    past.iter().find(|past| !past.whole)?;
    let (shared, from) = (Arc::clone(shared), from.clone());
    Some(tokio::spawn(async move {
        let mut wait = RETRY_MIN;
        loop {
            match fetch_lines(&shared, &from).await {
                Ok(true) => return shared.restart("forgotten entries came back from the relay"),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "entries are still missing here");
                    let full = matches!(&error, RefillError::Store(StoreError::NoRoomToFetch { .. }));
                    shared.report_disk_space(!full);
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }))
}

/// Fetches one log after the other, until none is missing that the relay has; whether any waits for its place. `false`
/// also where another connection is at it.
async fn fetch_lines(shared: &Arc<UplinkShared>, from: &RelayHttpClient) -> Result<bool, RefillError> {
    let (shared, from) = (Arc::clone(shared), from.clone());
    let runtime = Handle::current();
    let work = move || fetch_missing(&shared, &from, &runtime);
    run_background("log-refill", work).await.map_err(|e| RefillError::Relay(e.to_string()))?
}

fn fetch_missing(
    shared: &UplinkShared,
    from: &RelayHttpClient,
    runtime: &Handle,
) -> Result<bool, RefillError> {
    let Ok(_only) = shared.refilling.try_lock() else { return Ok(false) };
    let store = &shared.parts.store;
    let mut failed = BTreeMap::new();
    loop {
        let all = store.past()?;
        let Some(past) = compare::past_to_fetch(&all, |epoch| failed.contains_key(&epoch)) else {
            let waits = all.iter().any(|past| past.fetched);
            let failure = failed.into_values().next().filter(|_| !waits);
            return failure.map_or(Ok(waits), Err);
        };
        let log = RemoteLog { from, epoch: past.origin.epoch, size: past.counts.size, runtime };
        let fetched = fetch_log(store, past, &log);
        match fetched {
            Ok(()) => {}
            Err(RefillError::Store(error)) => return Err(error.into()),
            // The others do not wait for it.
            Err(error) => {
                tracing::warn!(%error, epoch = %past.origin.epoch, "entries of this log are still missing");
                failed.insert(past.origin.epoch, error);
            }
        }
    }
}

/// A log as the relay has it.
struct RemoteLog<'a> {
    from: &'a RelayHttpClient,
    epoch: Epoch,
    size: u64,
    runtime: &'a Handle,
}

type PageTask = JoinHandle<Result<Vec<u8>, String>>;

impl RemoteLog<'_> {
    fn fetch(&self, seq: u64, limit: usize) -> Result<RefillPage, String> {
        self.runtime.block_on(fetch_page(self.from, self.epoch, seq, limit))
    }

    fn refill(&self, store: &Store, past: &PastLog, begin: u64) -> Result<(), RefillError> {
        let mut pages = PageStream { log: self, ahead: VecDeque::new(), full: true };
        store.refill(past, begin, &mut |seq| pages.take(seq))
    }
}

/// Pages one behind the other, fetched while those before them are verified.
struct PageStream<'a> {
    log: &'a RemoteLog<'a>,
    ahead: VecDeque<(u64, PageTask)>,
    /// Whether the last page was no shorter than it may be: where bytes end pages sooner, the next one's begin is unknown.
    full: bool,
}

impl PageStream<'_> {
    fn take(&mut self, seq: u64) -> Result<RefillPage, String> {
        if self.ahead.front().is_some_and(|(first, _)| *first != seq) {
            self.abort();
        }
        let mut next = self.ahead.back().map_or(seq, |(last, _)| last + PAGE_ENTRIES as u64);
        let task = match self.ahead.pop_front() {
            Some((_, task)) => task,
            None => self.begin_page(&mut next),
        };
        while self.full && self.ahead.len() < PAGES_AHEAD && next < self.log.size {
            let first = next;
            let task = self.begin_page(&mut next);
            self.ahead.push_back((first, task));
        }
        let packed = self.log.runtime.block_on(task).map_err(|e| e.to_string())??;
        let page = unpack_page(&packed, seq)?;
        self.full = page.0.len() == PAGE_ENTRIES;
        Ok(page)
    }

    fn begin_page(&self, next: &mut u64) -> PageTask {
        let (from, epoch, first) = (self.log.from.clone(), self.log.epoch, *next);
        *next += PAGE_ENTRIES as u64;
        self.log.runtime.spawn(async move { fetch_packed(&from, epoch, first, PAGE_ENTRIES).await })
    }

    fn abort(&mut self) {
        self.ahead.drain(..).for_each(|(_, task)| task.abort());
    }
}

impl Drop for PageStream<'_> {
    fn drop(&mut self) {
        self.abort();
    }
}

fn fetch_log(store: &Store, past: &PastLog, log: &RemoteLog<'_>) -> Result<(), RefillError> {
    let begin = match store.fetched_size(past.origin.epoch)? {
        // Interrupted in the middle: it continues there.
        Some(size) => size,
        None => common_size(store, past, past.counts.size, &mut |seq, limit| log.fetch(seq, limit))?,
    };
    match log.refill(store, past, begin) {
        // Then the own entries before it are wrong as well.
        Err(RefillError::Wrong(_)) if begin > 0 => {
            log.refill(store, past, 0)?;
        }
        done => done?,
    }
    tracing::info!(epoch = %past.origin.epoch, begin, size = past.counts.size, "forgotten entries came back");
    Ok(())
}

/// How many entries from the first on both hold, of `theirs` that the relay has.
pub(in crate::uplink) fn common_size(
    store: &Store,
    past: &PastLog,
    theirs: u64,
    ask: &mut dyn FnMut(u64, usize) -> Result<RefillPage, String>,
) -> Result<u64, RefillError> {
    compare::common_size(past.size.min(past.counts.size).min(theirs), |seq| {
        let own = store.reader_of(past.origin.epoch)?.entry(seq)?;
        let (theirs, _) = ask(seq, 1).map_err(RefillError::Relay)?;
        Ok(own.is_some() && theirs.first().map(record::entry::Entry::leaf) == own.map(|own| own.leaf()))
    })
}

pub(in crate::uplink) async fn fetch_page(
    from: &RelayHttpClient,
    epoch: Epoch,
    seq: u64,
    limit: usize,
) -> Result<RefillPage, String> {
    unpack_page(&fetch_packed(from, epoch, seq, limit).await?, seq)
}

async fn fetch_packed(
    from: &RelayHttpClient,
    epoch: Epoch,
    seq: u64,
    limit: usize,
) -> Result<Vec<u8>, String> {
    let url = format!("{}/box/v1/log/{epoch}?from={seq}&limit={limit}", from.url);
    let response = from.client.get(url).timeout(PAGE_WITHIN).send().await.map_err(|e| error_reason(&e))?;
    let mut response = response.error_for_status().map_err(|e| error_reason(&e))?;
    let mut wire = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| error_reason(&e))? {
        wire.extend_from_slice(&piece);
        if wire.len() > BATCH_WIRE_BYTES_MAX {
            return Err("it sends more than it was asked for".to_owned());
        }
    }
    Ok(wire)
}

fn unpack_page(wire: &[u8], seq: u64) -> Result<RefillPage, String> {
    let batch = UnverifiedBatch::unpack(wire).map_err(|e| e.to_string())?;
    if batch.first() != seq {
        return Err("it sends other entries than it was asked for".to_owned());
    }
    Ok(batch.into_unverified())
}
