//! Runs are exchanged in both directions by name: the relay says which ones its entries adopt and it lacks, and returns those that
//! this box lacks. Lines that only the relay holds, or that it cannot have in their own place, become runs at the next start.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use record::alarm::AlarmCode;
use record::entry::Entry;
use record::ids::Epoch;
use record::limits::{BATCH_ENTRIES_MAX, RUN_FILE_BYTES_MAX};
use record::messages::{ChainEpoch, LackingRuns, LogChain};
use record::run::RunName;
use record::sign::VerifierKey;
use record::tree::{Frontier, Hash};
use reqwest::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::log_keys::KnownKeys;
use super::refill::{self, fetch_page};
use super::relay_answers::{RunUplinkError, get_json, in_background, in_background_alone, unreachable_error};
use super::run_refusals::RunRefusals;
use crate::alarms::AlarmCause;
use crate::store::{MissingLines, PastLog, RefillPage, RunFile, Store, StoreError};
use crate::uplink::UplinkShared;
use crate::uplink::exchange::compare;
use crate::uplink::exchange::compare::LogDifferences;
use crate::uplink::transport::http_client::RelayHttpClient;

/// After a failure, and while something is lacking on either side.
const RETRY: Duration = Duration::from_secs(60);

/// A run of 64 MiB is transferred in either direction within this, over a slow connection.
const RUN_WITHIN: Duration = Duration::from_secs(3_600);

const PIECE_BYTES: usize = 256 << 10;
const PIECES_MAX: usize = 16;

/// Begins the exchange. Ends with an orderly restart where lines came, or are owed, and otherwise when neither side lacks any.
pub(in crate::uplink) fn start_exchange(
    shared: &Arc<UplinkShared>,
    with: &RelayHttpClient,
    cosigners: &[VerifierKey],
    confirmed: watch::Receiver<(Epoch, u64)>,
) -> JoinHandle<()> {
    let exchange =
        RunExchange { shared: Arc::clone(shared), with: with.clone(), cosigners: cosigners.to_vec() };
    tokio::spawn(async move {
        if exchange.until_compared().await {
            return exchange.shared.restart("lines of ended logs are to be adopted");
        }
        if exchange.until_nothing_lacks(confirmed).await {
            exchange.shared.restart("runs came from the relay");
        }
    })
}

struct RunExchange {
    shared: Arc<UplinkShared>,
    with: RelayHttpClient,
    cosigners: Vec<VerifierKey>,
}

impl RunExchange {
    /// Compares the ended logs of both sides, once for each start of the box; whether the next start has something to adopt.
    async fn until_compared(&self) -> bool {
        loop {
            if self.shared.compared.load(std::sync::atomic::Ordering::Relaxed) {
                return false;
            }
            match self.compare().await {
                Ok(adopts) => {
                    self.shared.compared.store(true, std::sync::atomic::Ordering::Relaxed);
                    return adopts;
                }
                Err(error) => tracing::warn!(%error, "ended logs are not compared with the relay's yet"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn compare(&self) -> Result<bool, RunUplinkError> {
        let store = &self.shared.parts.store;
        let present = store.origin().epoch;
        let held: LogChain = get_json(&self.with, "/box/v1/log").await?;
        let keys = KnownKeys::learn(&self.shared, &self.with, &held).await?;
        let (past, mut adopts) = (store.past()?, false);
        for past in &past {
            let theirs = held.epochs.iter().find(|held| held.epoch == past.origin.epoch);
            adopts |= self.compare_epoch(past, theirs, &keys).await?;
            let proven =
                theirs.filter(|_| !past.signs).and_then(|held| keys.proven(held, store, &self.cosigners));
            if let Some((cosigned, _)) = proven
                && cosigned.checkpoint().size <= past.counts.size
            {
                let store = store.clone();
                in_background(move || store.keep_cosigned_note(&cosigned)).await?;
            }
        }
        for held in held.epochs.iter().filter(|held| compare::is_elsewhere(held.epoch, present, &past)) {
            adopts |= self.fetch_from(held, 0, &keys).await?;
        }
        Ok(adopts)
    }

    /// One epoch of the chain: lines that only the relay holds are fetched, and those that it cannot have in their own place
    /// become runs.
    async fn compare_epoch(
        &self,
        past: &PastLog,
        theirs: Option<&ChainEpoch>,
        keys: &KnownKeys,
    ) -> Result<bool, RunUplinkError> {
        let held = theirs.map(|theirs| theirs.size);
        let common = match compare::is_comparable(past) {
            true => Some(self.common(past, held.unwrap_or(0)).await?),
            false => None,
        };
        let leads = match held {
            Some(held) if compare::may_lead(past, held) => self.leads(past).await?,
            _ => false,
        };
        let differences = LogDifferences::of(past, held, common, leads);
        let mut adopts = false;
        if let (Some(theirs), Some(from)) = (theirs, differences.fetch_from) {
            adopts |= self.fetch_from(theirs, from, keys).await?;
        }
        if let Some(owed) = differences.owed {
            let (store, epoch) = (self.shared.parts.store.clone(), past.origin.epoch);
            adopts |= in_background(move || store.owe_lines(epoch, owed.start, owed.end)).await?;
        }
        Ok(adopts)
    }

    /// Whether the relay's log of an epoch has all that counts here.
    async fn leads(&self, past: &PastLog) -> Result<bool, RunUplinkError> {
        let roots = self.roots_of_pages(past.origin.epoch, past.counts.size).await?;
        Ok(roots.last() == Some(&(past.counts.size, past.counts.root)))
    }

    /// How many entries of an epoch, of those that count here, both sides hold from the first on.
    async fn common(&self, past: &PastLog, held: u64) -> Result<u64, RunUplinkError> {
        let (store, with, past) = (self.shared.parts.store.clone(), self.with.clone(), past.clone());
        let runtime = tokio::runtime::Handle::current();
        in_background_alone(&self.shared, move || {
            let size = refill::common_size(&store, &past, held, &mut |seq, limit| {
                runtime.block_on(fetch_page(&with, past.origin.epoch, seq, limit))
            });
            size.map_err(|e| RunUplinkError::Unreachable(e.to_string()))
        })
        .await
    }

    /// Stores lines from a number on that only the relay holds. They are this box's: a checkpoint that its key signed
    /// and the relay cosigned leads to them, from the first line of the epoch on.
    async fn fetch_from(
        &self,
        held: &ChainEpoch,
        from: u64,
        keys: &KnownKeys,
    ) -> Result<bool, RunUplinkError> {
        let store = &self.shared.parts.store;
        let Some((cosigned, _)) = keys.proven(held, store, &self.cosigners) else {
            if held.size > from {
                tracing::error!(epoch = %held.epoch, "the relay holds entries that it cannot prove to be this box's");
            }
            return Ok(false);
        };
        let (size, root) = (cosigned.checkpoint().size, cosigned.checkpoint().root);
        if from >= size {
            return Ok(false);
        }
        let roots = self.roots_of_pages(held.epoch, size).await?;
        if roots.last() != Some(&(size, root)) {
            tracing::error!(epoch = %held.epoch, "the relay gives other entries than this box signed");
            return Ok(false);
        }
        let (store, with, epoch) = (store.clone(), self.with.clone(), held.epoch);
        let runtime = tokio::runtime::Handle::current();
        let stored = in_background_alone(&self.shared, move || {
            keep_pages(&store, epoch, from, &roots, &mut |from, end| {
                runtime.block_on(page_of(&with, epoch, from, end))
            })
        })
        .await?;
        if stored > 0 {
            tracing::warn!(%epoch, stored, "lines that only the relay held are kept, and are adopted");
        }
        Ok(stored > 0)
    }

    /// Where each page of the relay's first `size` entries of an epoch ends, and the root there.
    async fn roots_of_pages(&self, epoch: Epoch, size: u64) -> Result<Vec<(u64, Hash)>, RunUplinkError> {
        let (mut tree, mut roots) = (Frontier::default(), Vec::new());
        while tree.size() < size {
            let (entries, _) = page_of(&self.with, epoch, tree.size(), size).await?;
            entries.iter().for_each(|entry| tree.push(entry.leaf()));
            roots.push((tree.size(), tree.root()));
        }
        Ok(roots)
    }

    /// Sends and fetches runs until neither side lacks one; whether one came.
    async fn until_nothing_lacks(&self, mut confirmed: watch::Receiver<(Epoch, u64)>) -> bool {
        let store = &self.shared.parts.store;
        let adopted = store.adopted_runs();
        if adopted.counting.is_empty() && adopted.lacking.is_empty() {
            return false;
        }
        // The relay takes what an entry names that it has.
        let present = store.origin().epoch;
        if confirmed
            .wait_for(|(epoch, size): &(Epoch, u64)| *epoch == present && *size >= adopted.named_within)
            .await
            .is_err()
        {
            return false;
        }
        loop {
            match self.exchange(&adopted.lacking).await {
                Ok(Exchanged { came: true, .. }) => return true,
                Ok(Exchanged { lacks: false, .. }) => return false,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "runs are still lacking"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn exchange(&self, lacking: &[RunName]) -> Result<Exchanged, RunUplinkError> {
        let (mut came, mut lacks, mut taken) = (false, false, BTreeSet::new());
        for name in lacking {
            if self.waits(name) {
                lacks = true;
                continue;
            }
            match self.fetch(name).await? {
                true => came = true,
                false => lacks = true,
            }
        }
        loop {
            let requested: LackingRuns = get_json(&self.with, "/box/v1/runs").await?;
            let mut sent = false;
            for name in requested.lacking.iter().map(|named| named.0) {
                if self.waits(&name) {
                    lacks = true;
                    continue;
                }
                if taken.contains(&name) {
                    tracing::error!(run = %name, "the relay asks for a run that it has just taken");
                    self.refused().refuse(name, self.up_ms());
                    lacks = true;
                    continue;
                }
                match self.send(&name).await? {
                    true => sent = taken.insert(name),
                    false => lacks = true,
                }
            }
            // A run that was sent may adopt others.
            if !sent {
                return Ok(Exchanged { came, lacks });
            }
        }
    }

    async fn fetch(&self, name: &RunName) -> Result<bool, RunUplinkError> {
        let response = self
            .with
            .client
            .get(self.url(name))
            .timeout(RUN_WITHIN)
            .send()
            .await
            .map_err(|e| unreachable_error(&e))?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        if response.status().is_server_error() {
            // The others do not wait for it.
            self.refused().refuse(*name, self.up_ms());
            return Ok(false);
        }
        let response = response.error_for_status().map_err(|e| unreachable_error(&e))?;
        let stored = self.keep(name, response).await;
        if let Ok(false) = stored {
            tracing::error!(run = %name, "what the relay gives is not this run; it is asked for more rarely");
            self.refused().refuse(*name, self.up_ms());
        }
        let full = matches!(&stored, Err(RunUplinkError::Store(StoreError::NoRoomToFetch { .. })));
        self.shared.report_disk_space(!full);
        stored
    }

    /// Stores a run's file as it comes; `false` where it is not the run of this name. One that is longer than any is
    /// refused before the card has more of it.
    async fn keep(&self, name: &RunName, mut response: reqwest::Response) -> Result<bool, RunUplinkError> {
        let (store, of) = (self.shared.parts.store.clone(), *name);
        let (pieces, mut come) = tokio::sync::mpsc::channel::<Bytes>(PIECES_MAX);
        let keeping = in_background(move || {
            let mut incoming = store.receive_run(&of)?;
            while let Some(piece) = come.blocking_recv() {
                // The last one says that nothing more comes: a connection may end anywhere.
                if piece.is_empty() {
                    return incoming.finish().map(Some);
                }
                if let Err(error) = incoming.take(&piece) {
                    incoming.remove()?;
                    return Err(error);
                }
            }
            incoming.remove()?;
            Ok::<_, StoreError>(None)
        });
        let feed = async move {
            let mut length = 0;
            while let Some(piece) = response.chunk().await.map_err(|e| unreachable_error(&e))? {
                length += piece.len();
                if length > RUN_FILE_BYTES_MAX {
                    return Err(RunUplinkError::Unreachable("it sends more than it may".to_owned()));
                }
                if !piece.is_empty() && pieces.send(piece).await.is_err() {
                    // The code that stores them logs why.
                    return Ok(());
                }
            }
            let _ = pieces.send(Bytes::new()).await;
            Ok(())
        };
        let (stored, fed) = tokio::join!(keeping, feed);
        match (stored?, fed) {
            (Some(stored), _) => Ok(stored),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(RunUplinkError::Unreachable("it ended in the middle of a run".to_owned())),
        }
    }

    /// Whether a run waits because one side did not take it.
    fn waits(&self, name: &RunName) -> bool {
        self.refused().waits(name, self.up_ms())
    }

    fn refused(&self) -> MutexGuard<'_, RunRefusals> {
        self.shared.run_refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn up_ms(&self) -> u64 {
        self.shared.parts.clock.now().up_ms
    }

    /// Notes that the relay does not take a run, and reports it.
    async fn refuse(&self, name: &RunName, status: StatusCode) {
        tracing::error!(run = %name, %status, "the relay does not take a run; it is sent again more rarely");
        self.refused().refuse(*name, self.up_ms());
        let cause = run_refused(name).detail(&format!("{status}"));
        if !self
            .shared
            .parts
            .alarms
            .stands(|reported| reported.code == cause.code && reported.subject == cause.subject)
        {
            self.shared.alarm(cause, None).await;
        }
    }

    /// Sends a run; whether the relay has it now.
    async fn send(&self, name: &RunName) -> Result<bool, RunUplinkError> {
        let (store, of) = (self.shared.parts.store.clone(), *name);
        let Some(file) = in_background(move || store.open_run(&of)).await? else { return Ok(false) };
        let put = self.with.client.put(self.url(name)).timeout(RUN_WITHIN);
        let put =
            put.header("content-length", file.length()).body(reqwest::Body::wrap_stream(pieces_of(file)));
        let response = put.send().await.map_err(|e| unreachable_error(&e))?;
        if response.status().is_client_error() {
            // The others do not wait for it.
            self.refuse(name, response.status()).await;
            return Ok(false);
        }
        if response.status().is_server_error() {
            self.refused().refuse(*name, self.up_ms());
            return Ok(false);
        }
        response.error_for_status().map_err(|e| unreachable_error(&e))?;
        if self.refused().take(name) {
            let cause = run_refused(name);
            self.shared.clear(|reported| reported.code == cause.code && reported.subject == cause.subject);
        }
        Ok(true)
    }

    fn url(&self, name: &RunName) -> String {
        format!("{}/box/v1/runs/{name}", self.with.url)
    }
}

/// Entries of an epoch from `from` on, at least one and none from `end` on.
async fn page_of(
    with: &RelayHttpClient,
    epoch: Epoch,
    from: u64,
    end: u64,
) -> Result<RefillPage, RunUplinkError> {
    let limit = usize::try_from(end - from).map_or(BATCH_ENTRIES_MAX, |left| left.min(BATCH_ENTRIES_MAX));
    let (mut entries, texts) =
        fetch_page(with, epoch, from, limit).await.map_err(RunUplinkError::Unreachable)?;
    entries.truncate(limit);
    if entries.is_empty() {
        return Err(RunUplinkError::Unreachable("it has no more".to_owned()));
    }
    Ok((entries, texts))
}

/// A file in pieces, each read away from the threads that answer.
fn pieces_of(file: RunFile) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::try_unfold(file, |mut file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            Read::by_ref(&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
            Ok::<_, std::io::Error>((Bytes::from(piece), file))
        });
        let (piece, file) = read.await.map_err(std::io::Error::other)??;
        Ok((!piece.is_empty()).then_some((piece, file)))
    })
}

/// Stores the lines from a number on of pages that end where, and with the roots that, they did when they were proven;
/// how many were stored. What came before an error is stored too.
fn keep_pages(
    store: &Store,
    epoch: Epoch,
    from: u64,
    roots: &[(u64, Hash)],
    ask: &mut dyn FnMut(u64, u64) -> Result<RefillPage, RunUplinkError>,
) -> Result<u64, RunUplinkError> {
    let mut missing = store.missing_lines(epoch)?;
    let taken = take_pages(&mut missing, from, roots, ask);
    let stored = missing.finish()?;
    taken.map(|()| stored)
}

fn take_pages(
    missing: &mut MissingLines<'_>,
    from: u64,
    roots: &[(u64, Hash)],
    ask: &mut dyn FnMut(u64, u64) -> Result<RefillPage, RunUplinkError>,
) -> Result<(), RunUplinkError> {
    let mut tree = Frontier::default();
    for (end, root) in roots {
        let (entries, texts) = ask(tree.size(), *end)?;
        entries.iter().for_each(|entry| tree.push(entry.leaf()));
        if (tree.size(), tree.root()) != (*end, *root) {
            return Err(RunUplinkError::Unreachable("it gives other entries than before".to_owned()));
        }
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| entry.seq() >= from).collect();
        missing.take(&entries, &texts)?;
    }
    Ok(())
}

/// That the relay does not take a run.
fn run_refused(name: &RunName) -> AlarmCause {
    let lines = name.lines();
    AlarmCause::new(AlarmCode::RelayRefused).about(&format!(
        "run {}-{}-{}",
        name.epoch(),
        lines.start,
        lines.end
    ))
}

struct Exchanged {
    came: bool,
    /// Whether one is still lacking on either side.
    lacks: bool,
}
