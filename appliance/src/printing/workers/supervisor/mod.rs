//! The workers of printers: they start and end with their printers, while the box runs.

use std::sync::{Arc, Mutex, PoisonError, mpsc as sync_mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use labels::Typesetter;
use labels::language::ConfirmationLevel;
use service::clock::Clock;

use crate::printing::devices::connect;
use crate::printing::devices::ipp::IppQueue;
use crate::printing::devices::transport::PrinterTransport;
use crate::printing::model::address::{AddressError, PrinterAddress};
use crate::printing::model::cause::{PrinterCause, StartRefusal};
use crate::printing::model::content_version::ContentVersion;
use crate::printing::model::printer_settings::{
    PRINTERS_MAX, PrinterConfig, PrinterRefusal, PrinterSettings,
};
use crate::printing::model::printer_state::PrinterState;
use crate::printing::model::view::{LoadedView, MediaView, PrinterView};
use crate::printing::queue::ledger::PrintLedger;
use crate::printing::workers::label::LabelWorker;
use crate::printing::workers::sheet::SheetWorker;
use crate::printing::workers::status::{PrinterShared, PrinterStatus};
use crate::printing::{LedgerError, PrintService, STATE_FRESH_MS};

/// How long a printer that goes away may take for the labels in flight; then they are in doubt.
const LEAVE_MAX: Duration = Duration::from_secs(4);
/// How long a worker that was asked to drop everything may take for its last write to the disk.
const DROP_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct ChangedPrinter {
    pub view: PrinterView,
    pub version: ContentVersion,
}

/// A thread whose end can be waited for with a limit.
pub(crate) struct WorkerThread {
    handle: JoinHandle<()>,
    ended: sync_mpsc::Receiver<()>,
}

impl WorkerThread {
    pub(crate) fn start(name: String, run: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        let (end_signal, ended) = sync_mpsc::sync_channel(1);
        let handle = std::thread::Builder::new().name(name).spawn(move || {
            run();
            // There may be no receiver for the end.
            let _ = end_signal.send(());
        })?;
        Ok(Self { handle, ended })
    }

    /// Waits for the end, at most until then; whether it came.
    pub(crate) fn wait(&self, until: Instant) -> bool {
        let reported = self.ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        // A closed channel means that it has ended too.
        !matches!(reported, Err(sync_mpsc::RecvTimeoutError::Timeout))
    }

    pub(crate) fn join(self) {
        if self.handle.join().is_err() {
            tracing::error!("a thread of the print room panicked");
        }
    }
}

enum WorkerKind {
    Line(Box<dyn PrinterTransport>),
    Queue(Box<IppQueue>, String),
}

/// The kind of worker for a printer: sheets go to queues, and labels to all others.
fn worker_kind(config: &PrinterConfig) -> Result<WorkerKind, PrinterRefusal> {
    if config.sheet.is_none() {
        return Ok(WorkerKind::Line(connect::for_printer(config)?));
    }
    let address: PrinterAddress = config.address.parse()?;
    let queue = IppQueue::new(&address)?.ok_or_else(|| AddressError::NoQueue(address.to_string()))?;
    Ok(WorkerKind::Queue(Box::new(queue), address.to_string()))
}

/// Puts in doubt what is in a queue that is no longer asked, because its printer was taken out of the settings or
/// changed while the box was down.
pub(crate) fn doubt_orphans(
    ledger: &PrintLedger,
    printers: &[PrinterConfig],
    now_ms: i64,
) -> Result<(), LedgerError> {
    for job in ledger.open_jobs()? {
        let heir = printers.iter().find(|config| config.name == job.head.printer);
        if !job.progress.under_way.is_empty() && !can_inherit(ledger, heir, job.seq)? {
            ledger.doubt(job.seq, now_ms)?;
        }
    }
    Ok(())
}

/// Whether this printer's worker will ask the very queue that has a sheet of the job.
fn can_inherit(ledger: &PrintLedger, heir: Option<&PrinterConfig>, seq: u64) -> Result<bool, LedgerError> {
    let Some(heir) = heir.filter(|heir| heir.sheet.is_some()) else { return Ok(false) };
    let Some(sheet) = ledger.sheet(&heir.name)?.filter(|sheet| sheet.seq == seq) else { return Ok(false) };
    Ok(heir.address.parse::<PrinterAddress>().is_ok_and(|own| own.to_string() == sheet.address))
}

#[derive(Clone)]
pub(crate) struct PrinterHandle {
    pub(crate) config: Arc<PrinterConfig>,
    /// Is set in the settings file.
    pub(crate) fixed: bool,
    pub(crate) shared: Arc<PrinterShared>,
    thread: Arc<Mutex<Option<WorkerThread>>>,
}

impl PrinterHandle {
    /// Waits for the worker's end after [`PrinterShared::stop`]; when the time is over it drops everything.
    pub(crate) fn wait_for_end(&self, until: Instant) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        if !thread.wait(until) {
            self.shared.abandon.notify_one();
        }
        if thread.wait(Instant::now() + DROP_MAX) {
            thread.join();
        } else {
            // It is blocked in a write to the disk, which no deadline reaches.
            tracing::error!(printer = self.config.name, "a printer's worker does not end");
        }
    }

    fn works(&self) -> bool {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn view(&self, live: PrinterStatus) -> PrinterView {
        let config = &self.config;
        PrinterView {
            name: config.name.clone(),
            address: config.address.clone(),
            language: config.speaks(),
            dpi: config.dpi.get(),
            head_dots: config.head_dots,
            media: MediaView { paper: config.paper(), ..MediaView::from(&config.media) },
            darkness: config.darkness,
            speed: config.speed_mm_s,
            dense: config.dense,
            model: config.model.clone(),
            answers: config.requested,
            fixed: self.fixed,
            confirms: live.answers.unwrap_or(config.answers) == ConfirmationLevel::Printed,
            state: live.state,
            cause: live.cause,
            since_ms: live.since_ms,
            paper_low: live.paper_low,
            loaded: live.loaded.map(|(width_mm, length_mm)| LoadedView { width_mm, length_mm }),
            job: live.job,
        }
    }
}

impl PrintService {
    /// The state of each printer. What is not fresh is queried again and seen at the next look.
    pub fn printers(&self) -> Vec<PrinterView> {
        self.handles().iter().map(|handle| handle.view(self.refreshed_status(handle).0)).collect()
    }

    /// The present state of each printer: what is not fresh is queried and waited for, at most so long.
    pub fn look(&self, at_most: Duration) -> Vec<PrinterView> {
        let until = Instant::now() + at_most;
        let requested: Vec<(PrinterHandle, PrinterStatus, bool)> = self
            .handles()
            .into_iter()
            .map(|handle| {
                let (live, stale) = self.refreshed_status(&handle);
                (handle, live, stale)
            })
            .collect();
        requested
            .into_iter()
            .map(|(handle, live, stale): (PrinterHandle, PrinterStatus, bool)| {
                let live = if stale { handle.shared.wait_for_news(&live, until) } else { live };
                handle.view(live)
            })
            .collect()
    }

    /// What is known of a printer, and whether it is being queried again.
    fn refreshed_status(&self, handle: &PrinterHandle) -> (PrinterStatus, bool) {
        let live = handle.shared.live();
        let age_ms = self.clock.now().wall_ms.saturating_sub(live.answered_ms);
        // Where no worker runs no answer comes.
        let worked_at = live.state != PrinterState::Failed;
        let stale = worked_at && live.job.is_none() && age_ms > STATE_FRESH_MS;
        if stale {
            handle.shared.ask();
        }
        (live, stale)
    }

    /// Sets one more printer up, for good.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn add(&self, settings: &PrinterSettings) -> Result<PrinterView, PrinterRefusal> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let config = settings.checked()?;
        let settings = PrinterSettings { name: config.name.clone(), ..settings.clone() };
        let with: Vec<_> =
            stored.iter().filter(|k| k.name != config.name).cloned().chain([settings]).collect();
        let name = config.name.clone();
        self.vacant(&config)?;
        // Written down first: a printer that works now is there after a restart.
        worker_kind(&config)?;
        crate::printing::queue::printer_store::save_printers(&self.ledger, &with)?;
        *stored = with;
        match self.start_worker(config, false) {
            Ok(live) => self.view_of(&name, live),
            Err(refusal) => {
                stored.retain(|k| k.name != name);
                crate::printing::queue::printer_store::save_printers(&self.ledger, &stored)?;
                Err(refusal)
            }
        }
    }

    /// Changes a printer; its worker ends after the labels in flight, and continues with the new settings.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn change(&self, name: &str, settings: &PrinterSettings) -> Result<PrinterView, PrinterRefusal> {
        self.change_over(name, settings, None).map(|changed| changed.view)
    }

    /// The same, based on this version of its settings.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn change_over(
        &self,
        name: &str,
        settings: &PrinterSettings,
        seen: Option<ContentVersion>,
    ) -> Result<ChangedPrinter, PrinterRefusal> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = self.changeable(name)?;
        let now = stored.iter().find(|k| k.name == name).map(PrinterSettings::version);
        let settings = PrinterSettings { name: handle.config.name.clone(), ..settings.clone() };
        let version = settings.version();
        if seen.is_some() && seen != now {
            // A second press asks for what is there already.
            return match Some(version) == now {
                true => Ok(ChangedPrinter { view: handle.view(handle.shared.live()), version }),
                false => Err(PrinterRefusal::Changed(settings.name)),
            };
        }
        let config = settings.checked()?;
        worker_kind(&config)?;
        self.alone(&config)?;
        let changed: Vec<_> =
            stored.iter().map(|k| if k.name == name { settings.clone() } else { k.clone() }).collect();
        crate::printing::queue::printer_store::save_printers(&self.ledger, &changed)?;
        let before = std::mem::replace(&mut *stored, changed);
        let place = self.leave(&handle, Some(&config))?;
        let hired = self.start_worker(config, false);
        if hired.is_err() {
            let config = PrinterConfig::clone(&handle.config);
            if let Err(refusal) = self.start_worker(config.clone(), false) {
                self.stand_idle(config, false, refusal);
            }
            *stored = before;
            crate::printing::queue::printer_store::save_printers(&self.ledger, &stored)?;
        }
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(place), Some(handle)) = (place, desks.pop()) {
            let place = place.min(desks.len());
            desks.insert(place, handle);
        }
        drop(desks);
        Ok(ChangedPrinter { view: self.view_of(name, hired?)?, version })
    }

    /// The version of a printer's settings; none of one that is set in the settings file.
    pub fn printer_version(&self, name: &str) -> Option<ContentVersion> {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.iter().find(|settings| settings.name == name).map(PrinterSettings::version)
    }

    /// Takes a printer away; its jobs wait until one of its name is set up again, or are cancelled.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn remove(&self, name: &str) -> Result<(), PrinterRefusal> {
        self.remove_over(name, None)
    }

    /// The same, based on this version of its settings.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn remove_over(&self, name: &str, seen: Option<ContentVersion>) -> Result<(), PrinterRefusal> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = self.changeable(name)?;
        let now = stored.iter().find(|k| k.name == name).map(PrinterSettings::version);
        if seen.is_some() && seen != now {
            return Err(PrinterRefusal::Changed(handle.config.name.clone()));
        }
        let without: Vec<_> = stored.iter().filter(|k| k.name != name).cloned().collect();
        crate::printing::queue::printer_store::save_printers(&self.ledger, &without)?;
        *stored = without;
        self.leave(&handle, None)?;
        Ok(())
    }

    pub(crate) fn handles(&self) -> Vec<PrinterHandle> {
        self.desks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn find_handle(&self, name: &str) -> Option<PrinterHandle> {
        let desks = self.desks.read().unwrap_or_else(PoisonError::into_inner);
        desks.iter().find(|handle| handle.config.name == name).cloned()
    }

    fn view_of(&self, name: &str, live: PrinterStatus) -> Result<PrinterView, PrinterRefusal> {
        let handle = self.find_handle(name).ok_or_else(|| PrinterRefusal::Unknown(name.to_owned()))?;
        Ok(handle.view(live))
    }

    fn changeable(&self, name: &str) -> Result<PrinterHandle, PrinterRefusal> {
        let handle =
            self.find_handle(name).ok_or_else(|| PrinterRefusal::Unknown(name.chars().take(60).collect()))?;
        if handle.fixed { Err(PrinterRefusal::Fixed(handle.config.name.clone())) } else { Ok(handle) }
    }

    fn vacant(&self, config: &PrinterConfig) -> Result<(), PrinterRefusal> {
        let desks = self.desks.read().unwrap_or_else(PoisonError::into_inner);
        if desks.iter().any(|handle| handle.config.name == config.name) {
            return Err(PrinterRefusal::SameName(config.name.clone()));
        }
        if desks.len() >= PRINTERS_MAX {
            return Err(PrinterRefusal::TooMany);
        }
        drop(desks);
        self.alone(config)
    }

    fn alone(&self, config: &PrinterConfig) -> Result<(), PrinterRefusal> {
        let own = config.address.parse::<PrinterAddress>();
        let desks = self.desks.read().unwrap_or_else(PoisonError::into_inner);
        match desks.iter().find(|handle: &&PrinterHandle| {
            handle.config.name != config.name
                && own.is_ok()
                && handle.works()
                && handle.config.address.parse::<PrinterAddress>() == own
        }) {
            None => Ok(()),
            Some(handle) => {
                let other = handle.config.name.clone();
                Err(PrinterRefusal::SameAddress { other, address: config.address.clone() })
            }
        }
    }

    /// Starts a worker at a new printer, the last of the list, and says how the printer is until its worker has asked it.
    pub(crate) fn start_worker(
        &self,
        config: PrinterConfig,
        fixed: bool,
    ) -> Result<PrinterStatus, PrinterRefusal> {
        self.vacant(&config)?;
        let kind = worker_kind(&config)?;
        let shared = self.board(&config);
        // Later it depends on how far the worker is: the caller always gets the same answer.
        let first = shared.live();
        let (board, clock) = (shared.clone(), self.clock.clone());
        let name = format!("print-{}", config.speaks());
        let typesetter = Typesetter::new()?;
        let thread = match (kind, config.sheet) {
            (WorkerKind::Queue(queue, address), Some(sheet)) => {
                let worker = SheetWorker {
                    config: config.clone(),
                    sheet,
                    queue: *queue,
                    address,
                    ledger: self.ledger.clone(),
                    clock: self.clock.clone(),
                    shared: shared.clone(),
                    outcomes: self.bell.clone(),
                    typesetter,
                };
                WorkerThread::start(name, move || run_worker(|| worker.run(), &board, &*clock))?
            }
            (WorkerKind::Queue(_, address), None) => return Err(AddressError::Queue(address).into()),
            (WorkerKind::Line(transport), _) => {
                let worker = LabelWorker {
                    config: config.clone(),
                    ledger: self.ledger.clone(),
                    transport,
                    clock: self.clock.clone(),
                    random: self.random.clone(),
                    shared: shared.clone(),
                    outcomes: self.bell.clone(),
                    typesetter,
                    secrets: self.secrets.clone(),
                    interrupted: self.ledger.has_partial_label(&config.name)?,
                    ahead: None,
                };
                WorkerThread::start(name, move || run_worker(|| worker.run(), &board, &*clock))?
            }
        };
        self.add_handle(config, fixed, shared, Some(thread));
        Ok(first)
    }

    pub(crate) fn stand_idle(&self, config: PrinterConfig, fixed: bool, why: PrinterRefusal) {
        tracing::error!(printer = config.name, error = %why, "a printer was not started");
        if matches!(why, PrinterRefusal::SameName(_) | PrinterRefusal::TooMany) {
            return;
        }
        let cause = PrinterCause::Misconfigured { why: StartRefusal(Arc::new(why)), fixed };
        let shared = self.board(&config);
        shared.set(PrinterState::Failed, cause, self.clock.now().wall_ms);
        self.add_handle(config, fixed, shared, None);
    }

    fn board(&self, config: &PrinterConfig) -> Arc<PrinterShared> {
        let news = self.ledger.news().clone();
        Arc::new(PrinterShared::new(self.clock.now().wall_ms, config.media.size(), news))
    }

    fn add_handle(
        &self,
        config: PrinterConfig,
        fixed: bool,
        shared: Arc<PrinterShared>,
        thread: Option<WorkerThread>,
    ) {
        let handle =
            PrinterHandle { config: Arc::new(config), fixed, shared, thread: Arc::new(Mutex::new(thread)) };
        self.desks.write().unwrap_or_else(PoisonError::into_inner).push(handle);
    }

    /// Ends the worker of a printer; what it leaves half done is in doubt, unless its successor continues to ask.
    /// Returns the printer's place in the list.
    fn leave(
        &self,
        handle: &PrinterHandle,
        heir: Option<&PrinterConfig>,
    ) -> Result<Option<usize>, LedgerError> {
        handle.shared.stop();
        handle.wait_for_end(Instant::now() + LEAVE_MAX);
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        let place = desks.iter().position(|d| Arc::ptr_eq(&d.shared, &handle.shared));
        if let Some(place) = place {
            desks.remove(place);
        }
        drop(desks);
        for job in self.ledger.open_jobs()? {
            let left = job.head.printer == handle.config.name && !job.progress.under_way.is_empty();
            if left && !can_inherit(&self.ledger, heir, job.seq)? {
                self.ledger.doubt(job.seq, self.clock.now().wall_ms)?;
            }
        }
        Ok(place)
    }
}

/// The thread of one printer: its own small runtime, so that flushing the ledger holds no other up.
fn run_worker<F: Future<Output = ()>>(worker: impl FnOnce() -> F, shared: &PrinterShared, clock: &dyn Clock) {
    // A bug here must be seen on the printer's page and stop nothing but this printer.
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
            runtime.block_on(async {
                tokio::select! {
                    () = worker() => {}
                    () = shared.abandon.notified() => tracing::info!("printing was cut off"),
                }
            });
            // A name that is still looked up, or a folder on a server that is gone, holds nothing up.
            runtime.shutdown_background();
        })
    }));
    let trouble = match ended {
        Ok(Ok(())) => return,
        Ok(Err(e)) => e.to_string(),
        Err(_) => "its worker panicked".into(),
    };
    tracing::error!(trouble, "printing has stopped");
    shared.set(PrinterState::Failed, PrinterCause::BoxFault, clock.now().wall_ms);
}

#[cfg(test)]
mod tests;
