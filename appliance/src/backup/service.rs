//! Backups while the box runs: one at a time on a thread of its own, daily and when somebody asks, and what is known of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::tz::TimeZone;
use record::alarm::AlarmCode;
use record::compliance::find_zone;
use record::entry::ClockState;
use record::ids::BoxId;
use service::clock::Clock;
use service::random::RandomSource;
use tokio::sync::mpsc::{self, Receiver};

use super::cause::{BackupCause, BackupError};
use super::command_line::count_noun;
use super::contents::BackupLabel;
use super::export::{ChunkWriter, ExportInput, write_archive};
use super::key::{BackupRecipient, BackupSecret};
use super::label_key::LabelKey;
use super::labels::FoundFiles;
use super::medium::{BackupMedium, FolderMedium, SameDisk};
use super::pace::RunPace;
use super::record::{BackupRecord, RestoreTest, VerifiedBackup};
use super::restore::{MissingPhotos, RestoreError, RestoredBackup, test_backup};
use super::run::{MadeBackup, RunInput, make_backup};
use super::schedule::{is_awaited, is_due, is_old};
use super::status::{BackupStatus, BackupWork, RelayCopy, StopOutcome, WorkResult};
use crate::alarms::{AlarmCause, AlarmStore};
use crate::background::lower_priority;
use crate::photo::PhotoStore;
use crate::settings::BackupSettings;
use crate::store::Store;

/// Parts of an archive that wait for whoever reads it.
const CHUNKS: usize = 2;
/// A stick would have taken more by then than a card holds.
const ARCHIVE_WITHIN: Duration = Duration::from_hours(4);

/// What backups need of the rest of the box.
pub struct BackupContext {
    pub store: Store,
    pub photos: PhotoStore,
    pub alarms: Arc<AlarmStore>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub data: PathBuf,
    pub settings: BackupSettings,
    pub settings_text: String,
    /// What the relay has; `None` where the box has none.
    pub relay: Arc<dyn Fn() -> Option<RelayCopy> + Send + Sync>,
}

struct ServiceState {
    record: BackupRecord,
    key: Option<BackupRecipient>,
    relay: Option<RelayCopy>,
    work: Option<BackupWork>,
    failure: Option<(BackupCause, String)>,
    result: Option<WorkResult>,
    started: u64,
}

struct ServiceInner {
    context: BackupContext,
    started_up_ms: u64,
    state: Mutex<ServiceState>,
    /// Notified whenever a job has ended.
    ended: Condvar,
    stop: Arc<AtomicBool>,
}

/// The backups of a running box. Cheap to clone.
#[derive(Clone)]
pub struct BackupService {
    inner: Arc<ServiceInner>,
}

impl BackupService {
    /// Reads what is known of earlier backups.
    pub fn open(context: BackupContext) -> Self {
        let (disk, now) = (context.store.disk(), context.clock.now());
        let record = BackupRecord::load(&*disk, now.wall_ms);
        record.save(&*disk);
        let key = BackupRecipient::load(&*disk).unwrap_or_else(|error| {
            tracing::error!(%error, "the key of backups cannot be read");
            None
        });
        let state =
            ServiceState { record, key, relay: None, work: None, failure: None, result: None, started: 0 };
        let (ended, stop) = (Condvar::new(), Arc::default());
        let (started_up_ms, state) = (now.up_ms, Mutex::new(state));
        Self { inner: Arc::new(ServiceInner { context, started_up_ms, state, ended, stop }) }
    }

    fn state(&self) -> MutexGuard<'_, ServiceState> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        self.inner.context.clock.now().wall_ms
    }

    fn change_record(&self, change: impl FnOnce(&mut BackupRecord)) {
        let mut state = self.state();
        change(&mut state.record);
        state.record.save(&*self.inner.context.store.disk());
    }

    pub fn status(&self) -> BackupStatus {
        let state = self.state();
        BackupStatus {
            record: state.record.clone(),
            key: state.key.clone(),
            folder: self.inner.context.settings.to.clone(),
            daily: self.inner.context.settings.at.clone(),
            relay: state.relay,
            work: state.work,
            failure: state.failure.clone(),
            result: state.result.clone(),
        }
    }

    /// Queries what the relay has now: a user who opens the page knows what the box is connected to.
    pub fn look_at_relay(&self) {
        let relay = (self.inner.context.relay)();
        self.state().relay = relay;
    }

    /// Creates a key, which replaces the one before: that one still opens what it was used for. The secret is stored nowhere.
    ///
    /// # Errors
    /// The key could not be stored; the one before stays.
    pub fn make_key(&self) -> std::io::Result<BackupSecret> {
        let mut state = self.state();
        let (secret, _) = self.save_new_key(&mut state)?;
        drop(state);
        self.end_failures(|cause| cause == BackupCause::NoKey);
        Ok(secret)
    }

    /// As [`BackupService::make_key`], in place of the key whose beginning this is (empty: of none); `None` where another is the
    /// present one.
    ///
    /// # Errors
    /// As [`BackupService::make_key`].
    pub fn make_key_after(&self, present: &str) -> std::io::Result<Option<(BackupSecret, BackupRecipient)>> {
        let mut state = self.state();
        if state.key.as_ref().map_or("", BackupRecipient::short) != present {
            return Ok(None);
        }
        let made = self.save_new_key(&mut state)?;
        drop(state);
        self.end_failures(|cause| cause == BackupCause::NoKey);
        Ok(Some(made))
    }

    fn save_new_key(&self, state: &mut ServiceState) -> std::io::Result<(BackupSecret, BackupRecipient)> {
        let secret = BackupSecret::generate(&*self.inner.context.random);
        let recipient = BackupRecipient { recipient: secret.recipient().to_string(), made_ms: self.now_ms() };
        recipient.save(&*self.inner.context.store.disk())?;
        state.key = Some(recipient.clone());
        Ok((secret, recipient))
    }

    /// As [`BackupService::start_backup`], for a person at a page: why none begins is shown there.
    ///
    /// # Errors
    /// As [`BackupService::start_backup`].
    pub fn start_shown_backup(&self) -> Result<u64, BackupError> {
        self.start_backup().inspect_err(|error| match error.cause() {
            // Nothing failed: none has been set up yet.
            Some(BackupCause::NoFolder) => {
                self.state().failure = Some((BackupCause::NoFolder, String::new()));
            }
            Some(_) => self.note_failure(error),
            None => {}
        })
    }

    /// Begins a backup; its number, by which its result is known.
    ///
    /// # Errors
    /// [`BackupError::Busy`], or that nothing can be made at all.
    pub fn start_backup(&self) -> Result<u64, BackupError> {
        let settings = &self.inner.context.settings;
        settings.to.as_ref().ok_or(BackupError::NoFolder)?;
        self.state().key.as_ref().ok_or(BackupError::NoKey)?;
        self.start_work(BackupWork::Backup, |own| own.run_backup())
    }

    /// As [`BackupService::start_backup`], for the daily one: right after the start it waits for its stick, and nothing has failed.
    fn start_due_backup(&self) -> Result<u64, BackupError> {
        self.start_work(BackupWork::Backup, |own| match own.find_medium() {
            Err(error @ (BackupError::Missing(_) | BackupError::SameDisk(_))) if own.is_just_started() => {
                tracing::info!(%error, "the backup that is due waits for its folder");
                Err(error.to_string())
            }
            _ => own.run_backup(),
        })
    }

    fn is_just_started(&self) -> bool {
        is_awaited(self.inner.started_up_ms, self.inner.context.clock.now().up_ms)
    }

    /// Begins a restore test of a backup in the folder; absent: of the newest.
    ///
    /// # Errors
    /// As [`BackupService::start_backup`].
    pub fn start_test(&self, name: Option<String>, secret: BackupSecret) -> Result<u64, BackupError> {
        let folder = self.inner.context.settings.to.clone().ok_or(BackupError::NoFolder)?;
        self.start_work(BackupWork::Test, move |own| own.run_test(&folder, name, &secret))
    }

    /// Begins to write everything that the facility may take along: what comes out, until it ends or an error ends it.
    ///
    /// # Errors
    /// [`BackupError::Busy`].
    pub fn start_archive(&self) -> Result<Receiver<std::io::Result<Bytes>>, BackupError> {
        let (sender, receiver) = mpsc::channel(CHUNKS);
        self.start_work(BackupWork::Archive, move |own| {
            let written = own.run_archive(ChunkWriter::new(sender.clone()));
            written.map(|()| String::new()).map_err(|error| {
                tracing::error!(%error, "the archive of everything was not written to its end");
                // Whoever reads it may be gone.
                let _ = sender.blocking_send(Err(std::io::Error::other("not written to its end")));
                error.detail()
            })
        })?;
        Ok(receiver)
    }

    fn run_archive(&self, out: ChunkWriter) -> Result<(), BackupError> {
        let context = &self.inner.context;
        let input = ExportInput {
            store: &context.store,
            photos: &context.photos,
            settings: &context.settings_text,
            now_ms: self.now_ms(),
        };
        let pace = RunPace::new(Some(context.store.clone()), Arc::clone(&self.inner.stop));
        // The daily backup waits for it, and whoever reads it may be slow.
        let mut pace = pace.ends_within(ARCHIVE_WITHIN);
        let mut out = write_archive(&input, out, &mut pace)?;
        out.flush().map_err(BackupError::medium("sending the archive failed"))
    }

    /// Runs a job on a thread of its own, one at a time.
    pub(super) fn start_work(
        &self,
        work: BackupWork,
        run: impl FnOnce(&Self) -> Result<String, String> + Send + 'static,
    ) -> Result<u64, BackupError> {
        let mut state = self.state();
        if state.work.is_some() {
            return Err(BackupError::Busy);
        }
        let (own, number) = (self.clone(), state.started + 1);
        let thread = std::thread::Builder::new().name("backup".to_owned()).spawn(move || {
            lower_priority();
            let end = WorkEnd(&own);
            let words = run(&own);
            own.state().result = Some(WorkResult { number, work, words });
            drop(end);
        });
        thread.map_err(|source| BackupError::Source { what: "a thread".to_owned(), source })?;
        state.started = number;
        state.work = Some(work);
        Ok(number)
    }

    fn run_backup(&self) -> Result<String, String> {
        self.change_record(|record| {
            record.tried_ms = Some(self.now_ms());
            record.failed = false;
        });
        match self.try_backup() {
            Ok((made, folder)) => {
                self.note_success(&made, &folder);
                let label = &made.label;
                Ok(format!(
                    "{} is written and was read back: {}, {}, {} bytes with its photos.",
                    label.file.name,
                    count_noun(label.entries, "entry", "entries"),
                    count_noun(label.photos, "photo", "photos"),
                    made.bytes
                ))
            }
            Err(error) => {
                self.note_failure(&error);
                Err(error.to_string())
            }
        }
    }

    fn try_backup(&self) -> Result<(MadeBackup, PathBuf), BackupError> {
        let context = &self.inner.context;
        let recipient = self.state().key.clone().ok_or(BackupError::NoKey)?;
        let last_number = self.state().record.last_number;
        let folder = context.settings.to.clone().ok_or(BackupError::NoFolder)?;
        let medium = self.find_medium()?;
        let input = RunInput {
            store: &context.store,
            photos: &context.photos,
            data: &context.data,
            medium: &medium,
            recipient: &recipient,
            label_key: self.label_key()?,
            random: &*context.random,
            settings: &context.settings_text,
            keep: context.settings.keep,
            last_number,
            now_ms: self.now_ms(),
        };
        let mut pace = RunPace::new(Some(context.store.clone()), Arc::clone(&self.inner.stop));
        let made = make_backup(&input, &mut pace);
        // A stick that was pulled out says many things; that its folder is gone says it best.
        made.map(|made| (made, folder.clone())).map_err(|error| match error {
            BackupError::Medium { .. } if !folder.is_dir() => BackupError::Missing(folder),
            other => other,
        })
    }

    fn find_medium(&self) -> Result<FolderMedium, BackupError> {
        let context = &self.inner.context;
        let folder = context.settings.to.as_deref().ok_or(BackupError::NoFolder)?;
        let same_disk = if context.settings.same_disk { SameDisk::Allowed } else { SameDisk::Refused };
        FolderMedium::find(folder, &context.data, same_disk)
    }

    fn label_key(&self) -> Result<LabelKey, BackupError> {
        let context = &self.inner.context;
        LabelKey::open(&*context.store.disk(), &*context.random)
            .map_err(|source| BackupError::Source { what: "the key of labels".to_owned(), source })
    }

    fn note_success(&self, made: &MadeBackup, folder: &Path) {
        let label = &made.label;
        tracing::info!(
            name = label.file.name,
            entries = label.entries,
            photos = label.photos,
            "a backup was made"
        );
        self.change_record(|record| {
            record.last_number = record.last_number.max(label.number);
            record.last = Some(VerifiedBackup {
                name: label.file.name.clone(),
                folder: folder.display().to_string(),
                taken_ms: label.taken_ms,
                verified_ms: self.now_ms(),
                bytes: made.bytes,
                entries: label.entries,
                photos: label.photos,
            });
        });
        self.end_failures(|_| true);
        self.report_age();
    }

    fn note_failure(&self, error: &BackupError) {
        tracing::error!(%error, "no backup was made");
        self.change_record(|record| record.failed = true);
        // A box that ends makes it up when it starts.
        let Some(cause) = error.cause().filter(|cause| *cause != BackupCause::Stopped) else { return };
        self.state().failure = Some((cause, error.detail()));
        self.inner.context.alarms.change_together(|alarms| {
            alarms.end(|alarm: &AlarmCause| {
                alarm.code == AlarmCode::BackupFailed && alarm.subject.as_deref() != Some(cause.as_str())
            });
            let alarm = AlarmCause::new(AlarmCode::BackupFailed).about(cause.as_str());
            alarms.raise(alarm.detail(&error.detail()));
        });
    }

    fn end_failures(&self, is_over: impl Fn(BackupCause) -> bool) {
        let mut state = self.state();
        if state.failure.as_ref().is_some_and(|(cause, _)| is_over(*cause)) {
            state.failure = None;
        }
        drop(state);
        self.inner.context.alarms.end(|alarm| {
            let cause = alarm.subject.as_deref().and_then(|subject| subject.parse().ok());
            alarm.code == AlarmCode::BackupFailed && cause.is_none_or(&is_over)
        });
    }

    /// Raises and ends the alarm about a box whose newest backup is old.
    fn report_age(&self) {
        let (old, record) = {
            let state = self.state();
            (is_old(&state.record, self.now_ms()), state.record.clone())
        };
        match old {
            true if !self.inner.context.alarms.stands(is_age_alarm) => {
                let alarm = AlarmCause::new(AlarmCode::BackupOld);
                self.inner.context.alarms.raise(match record.saved_ms() {
                    Some(_) => alarm.about("earlier"),
                    None => alarm,
                });
            }
            true => {}
            false => self.inner.context.alarms.end(is_age_alarm),
        }
    }

    /// Looks whether one is due, whether none is new enough, and what the relay has. For every minute.
    pub fn look_round(&self) {
        let (context, now_ms) = (&self.inner.context, self.now_ms());
        let relay = (context.relay)();
        let is_whole = relay.is_some_and(|copy| copy.entries >= copy.of_entries);
        let (due, no_key) = {
            let mut state = self.state();
            state.relay = relay;
            // A board without a clock begins in another year: three days without a backup are counted from the first time that holds.
            if state.record.first_unsure && context.clock.now().state == ClockState::Synced {
                state.record.first_ms = now_ms;
                state.record.first_unsure = false;
                state.record.save(&*context.store.disk());
            }
            // Stored once an hour: a card is not written to every minute.
            if is_whole && state.record.relay_ms.is_none_or(|last_ms| now_ms.abs_diff(last_ms) > 3_600_000) {
                state.record.relay_ms = Some(now_ms);
                state.record.save(&*context.store.disk());
            }
            let zone = find_zone(context.store.facility().settings.zone()).unwrap_or(TimeZone::UTC);
            let due = is_due(&state.record, context.settings.daily(), &zone, now_ms);
            (due && state.work.is_none(), state.key.is_none())
        };
        self.report_age();
        if context.settings.to.is_none() {
            return;
        }
        if no_key {
            if !context.alarms.stands(|alarm: &AlarmCause| {
                alarm.code == AlarmCode::BackupFailed
                    && alarm.subject.as_deref() == Some(BackupCause::NoKey.as_str())
            }) {
                self.note_failure(&BackupError::NoKey);
            }
        } else if due && let Err(error) = self.start_due_backup() {
            tracing::warn!(%error, "the daily backup did not begin");
        }
    }

    fn run_test(&self, folder: &Path, name: Option<String>, secret: &BackupSecret) -> Result<String, String> {
        let medium = FolderMedium::new(folder);
        let box_id = self.inner.context.store.origin().box_id;
        let name = match name {
            Some(name) => name,
            None => {
                let newest = self.label_key().and_then(|key| newest_backup(&medium, box_id, key));
                newest.map_err(|error| error.to_string())?
            }
        };
        let tested = test_backup(&folder.join(&name), Some(secret), MissingPhotos::Refused);
        let RestoredBackup { manifest, photos } = tested.map_err(|error: RestoreError| error.to_string())?;
        let test =
            RestoreTest { name: name.clone(), at_ms: self.now_ms(), entries: manifest.entries(), photos };
        let words = format!(
            "{name} can be restored: {} and {}, all of them read.",
            count_noun(test.entries, "entry", "entries"),
            count_noun(photos, "photo", "photos")
        );
        self.note_test(test);
        Ok(words)
    }

    pub fn note_test(&self, test: RestoreTest) {
        self.change_record(|record| {
            record.tests += 1;
            record.tested = Some(test);
        });
    }

    /// Asks the running job to end, and waits for it that long: a stick that blocks does not keep the log from being closed. Blocks.
    pub fn stop(&self, within: Duration) -> StopOutcome {
        self.inner.stop.store(true, Ordering::Relaxed);
        let (state, ended) = (self.state(), &self.inner.ended);
        // A test changes nothing, and reads on for minutes.
        let waited = ended.wait_timeout_while(state, within, |state| state.work == Some(BackupWork::Backup));
        let (_state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() { StopOutcome::LeftBehind } else { StopOutcome::Ended }
    }
}

/// However a job ends, another can begin, and those who wait for it continue.
struct WorkEnd<'a>(&'a BackupService);

impl Drop for WorkEnd<'_> {
    fn drop(&mut self) {
        self.0.state().work = None;
        self.0.inner.ended.notify_all();
    }
}

fn newest_backup(medium: &dyn BackupMedium, box_id: BoxId, key: LabelKey) -> Result<String, BackupError> {
    let found = FoundFiles::look(medium, box_id, key)
        .map_err(BackupError::medium("the folder for backups could not be read"))?;
    let newest = found.backups.into_iter().next().map(|backup: BackupLabel| backup.file.name);
    newest.ok_or_else(|| BackupError::Medium {
        what: "nothing to test",
        source: std::io::Error::new(std::io::ErrorKind::NotFound, "there is no backup of this box"),
    })
}

fn is_age_alarm(alarm: &AlarmCause) -> bool {
    alarm.code == AlarmCode::BackupOld
}
