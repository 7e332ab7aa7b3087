//! Who works at which printer: workers come and go with their printers, while the box runs.

use std::sync::mpsc as sync_mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use labels::Typesetter;
use labels::language::Answers;

use super::live::{Live, PrinterState, Shared};
use super::printers::{Asked, PRINTERS_MAX, PrinterConfig, PrinterRefusal, PrinterSettings};
use super::view::{LoadedView, MediaView, PrinterView};
use super::worker::Worker;
use super::{LedgerError, Printing, STATE_FRESH_MS, shelf, transport};

/// How long a printer that goes away may take for the labels in flight; then they are in doubt.
const LEAVE_MAX: Duration = Duration::from_secs(4);

/// A thread whose end can be waited for with a limit.
pub(crate) struct Thread {
    handle: JoinHandle<()>,
    ended: sync_mpsc::Receiver<()>,
}

impl Thread {
    pub(crate) fn start(name: String, run: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        let (tell, ended) = sync_mpsc::sync_channel(1);
        let handle = std::thread::Builder::new().name(name).spawn(move || {
            run();
            // Nobody may be waiting for the end.
            let _ = tell.send(());
        })?;
        Ok(Self { handle, ended })
    }

    /// Waits for the end, at most until then.
    pub(crate) fn wait(&self, until: Instant) {
        // Whether it ended or the time did, the next step is the same.
        let _ = self.ended.recv_timeout(until.saturating_duration_since(Instant::now()));
    }

    pub(crate) fn join(self) {
        if self.handle.join().is_err() {
            tracing::error!("a thread of the print room panicked");
        }
    }
}

/// One printer with its worker.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) config: Arc<PrinterConfig>,
    /// Stands in the settings file.
    pub(crate) fixed: bool,
    pub(crate) shared: Arc<Shared>,
    thread: Arc<Mutex<Option<Thread>>>,
}

impl Desk {
    /// Waits for the worker's end after [`Shared::stop`]; when the time is over it drops everything.
    pub(crate) fn dismiss(&self, until: Instant) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.wait(until);
            self.shared.abandon.notify_one();
            thread.join();
        }
    }

    fn view(&self, live: Live) -> PrinterView {
        let config = &self.config;
        PrinterView {
            name: config.name.clone(),
            address: config.address.clone(),
            language: config.language.name(),
            dpi: config.dpi.get(),
            head_dots: config.head_dots,
            media: MediaView::from(&config.media),
            darkness: config.darkness,
            speed: config.speed_mm_s,
            dense: config.dense,
            model: config.model.clone(),
            answers: if config.answers == Answers::Nothing { Asked::Never } else { Asked::Auto },
            fixed: self.fixed,
            confirms: config.answers == Answers::Printed,
            state: live.state,
            advice: live.advice,
            since_ms: live.since_ms,
            paper_low: live.paper_low,
            loaded: live.loaded.map(|(width_mm, length_mm)| LoadedView { width_mm, length_mm }),
            job: live.job,
        }
    }
}

impl Printing {
    /// How each printer is. What is not fresh is asked anew and seen at the next look.
    pub fn printers(&self) -> Vec<PrinterView> {
        self.desks().iter().map(|desk| desk.view(self.asked(desk).0)).collect()
    }

    /// How each printer is now: what is not fresh is asked and waited for, at most so long.
    pub fn look(&self, at_most: Duration) -> Vec<PrinterView> {
        let until = Instant::now() + at_most;
        let asked: Vec<(Desk, Live, bool)> = self
            .desks()
            .into_iter()
            .map(|desk| {
                let (live, stale) = self.asked(&desk);
                (desk, live, stale)
            })
            .collect();
        let news = |(desk, live, stale): (Desk, Live, bool)| {
            let live = if stale { desk.shared.wait_for_news(&live, until) } else { live };
            desk.view(live)
        };
        asked.into_iter().map(news).collect()
    }

    /// What is known of a printer, and whether it is being asked anew.
    fn asked(&self, desk: &Desk) -> (Live, bool) {
        let live = desk.shared.live();
        let age_ms = self.clock.now().wall_ms.saturating_sub(live.heard_ms);
        let stale = live.job.is_none() && age_ms > STATE_FRESH_MS;
        if stale {
            desk.shared.ask();
        }
        (live, stale)
    }

    /// Sets one more printer up, for good.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn add(&self, settings: &PrinterSettings) -> Result<PrinterView, PrinterRefusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let config = settings.checked()?;
        let settings = PrinterSettings { name: config.name.clone(), ..settings.clone() };
        let with: Vec<_> = kept.iter().filter(|k| k.name != config.name).cloned().chain([settings]).collect();
        let name = config.name.clone();
        self.vacant(&name)?;
        // Written down first: a printer that works now is there after a restart.
        transport::for_printer(&config)?;
        shelf::keep(&self.ledger, &with)?;
        *kept = with;
        if let Err(refusal) = self.hire(config, false) {
            kept.retain(|k| k.name != name);
            shelf::keep(&self.ledger, &kept)?;
            return Err(refusal);
        }
        self.one(&name)
    }

    /// Changes a printer; its worker ends after the labels in flight, and goes on with the new settings.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn change(&self, name: &str, settings: &PrinterSettings) -> Result<PrinterView, PrinterRefusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = self.changeable(name)?;
        let settings = PrinterSettings { name: desk.config.name.clone(), ..settings.clone() };
        let config = settings.checked()?;
        transport::for_printer(&config)?;
        let changed: Vec<_> =
            kept.iter().map(|k| if k.name == name { settings.clone() } else { k.clone() }).collect();
        shelf::keep(&self.ledger, &changed)?;
        *kept = changed;
        let place = self.leave(&desk)?;
        self.hire(config, false)?;
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(place), Some(desk)) = (place, desks.pop()) {
            let place = place.min(desks.len());
            desks.insert(place, desk);
        }
        drop(desks);
        self.one(name)
    }

    /// Takes a printer away; its jobs wait until one of its name is set up again, or are cancelled.
    ///
    /// # Errors
    /// See [`PrinterRefusal`]; nothing is changed then.
    pub fn remove(&self, name: &str) -> Result<(), PrinterRefusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = self.changeable(name)?;
        let without: Vec<_> = kept.iter().filter(|k| k.name != name).cloned().collect();
        shelf::keep(&self.ledger, &without)?;
        *kept = without;
        self.leave(&desk)?;
        Ok(())
    }

    /// All printers at this moment.
    pub(crate) fn desks(&self) -> Vec<Desk> {
        self.desks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn desk(&self, name: &str) -> Option<Desk> {
        let desks = self.desks.read().unwrap_or_else(PoisonError::into_inner);
        desks.iter().find(|desk| desk.config.name == name).cloned()
    }

    fn one(&self, name: &str) -> Result<PrinterView, PrinterRefusal> {
        let desk = self.desk(name).ok_or_else(|| PrinterRefusal::Unknown(name.to_owned()))?;
        let live = desk.shared.live();
        Ok(desk.view(live))
    }

    fn changeable(&self, name: &str) -> Result<Desk, PrinterRefusal> {
        let unknown = || PrinterRefusal::Unknown(name.chars().take(60).collect());
        let desk = self.desk(name).ok_or_else(unknown)?;
        if desk.fixed { Err(PrinterRefusal::Fixed(desk.config.name.clone())) } else { Ok(desk) }
    }

    fn vacant(&self, name: &str) -> Result<(), PrinterRefusal> {
        let desks = self.desks.read().unwrap_or_else(PoisonError::into_inner);
        if desks.iter().any(|desk| desk.config.name == name) {
            return Err(PrinterRefusal::SameName(name.to_owned()));
        }
        if desks.len() >= PRINTERS_MAX { Err(PrinterRefusal::TooMany) } else { Ok(()) }
    }

    /// Starts a worker at a new printer, the last of the list.
    pub(crate) fn hire(&self, config: PrinterConfig, fixed: bool) -> Result<(), PrinterRefusal> {
        self.vacant(&config.name)?;
        let transport = transport::for_printer(&config)?;
        let shared = Arc::new(Shared::new(
            self.clock.now().wall_ms,
            config.media.describe(),
            self.ledger.news().clone(),
        ));
        let worker = Worker {
            config: config.clone(),
            ledger: self.ledger.clone(),
            transport,
            clock: self.clock.clone(),
            random: self.random.clone(),
            shared: shared.clone(),
            outcomes: self.bell.clone(),
            typesetter: Typesetter::new()?,
            interrupted: self.ledger.torn(&config.name)?,
            ahead: None,
        };
        let board = shared.clone();
        let thread =
            Thread::start(format!("print-{}", config.language.name()), move || work(worker, &board))?;
        let desk =
            Desk { config: Arc::new(config), fixed, shared, thread: Arc::new(Mutex::new(Some(thread))) };
        self.desks.write().unwrap_or_else(PoisonError::into_inner).push(desk);
        Ok(())
    }

    /// Sends the worker of a printer away; what it leaves half done is in doubt. Where the printer stood in the list.
    fn leave(&self, desk: &Desk) -> Result<Option<usize>, LedgerError> {
        desk.shared.stop();
        desk.dismiss(Instant::now() + LEAVE_MAX);
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        let place = desks.iter().position(|d| Arc::ptr_eq(&d.shared, &desk.shared));
        if let Some(place) = place {
            desks.remove(place);
        }
        drop(desks);
        for job in self.ledger.open_jobs()? {
            if job.head.printer == desk.config.name && !job.progress.under_way.is_empty() {
                self.ledger.doubt(job.seq, self.clock.now().wall_ms)?;
            }
        }
        Ok(place)
    }
}

/// The thread of one printer: its own small runtime, so that flushing the ledger holds nobody else up.
fn work(worker: Worker, shared: &Shared) {
    let clock = worker.clock.clone();
    let run = || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
            runtime.block_on(async {
                tokio::select! {
                    () = worker.run() => {}
                    () = shared.abandon.notified() => tracing::info!("printing was cut off"),
                }
            });
        })
    };
    // A bug here must be seen on the printer's page and stop nothing but this printer.
    let trouble = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(())) => return,
        Ok(Err(e)) => e.to_string(),
        Err(_) => "its worker panicked".into(),
    };
    tracing::error!(trouble, "printing has stopped");
    let advice = "Printing stopped because of a fault of the box itself. Restart the box: it will ask about labels that \
                  were on their way. Scanning and recording are not touched.";
    shared.set(PrinterState::Failed, advice, clock.now().wall_ms);
}
