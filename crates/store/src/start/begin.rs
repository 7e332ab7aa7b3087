//! Begins an epoch: its key is one only when its log is durable, so that no key ever signs two histories.

use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::entry::{Entry, EntryAuthor, EntryDraft};
use record::fold::FacilityState;
use record::ids::{BoxId, Epoch};
use record::kinds::{Event, LogStarted, Prev};
use record::sign::VerifierKey;
use record::tree::Frontier;
use record::vouch::Base64Bytes;
use redb::{Database, ReadableDatabase as _};
use service::clock::Clock;

use super::start_state::StartState;
use crate::database::main_database;
use crate::database::state_handle::StateDb;
use crate::index::key_runs::KeyRuns;
use crate::index::pending::ErasedMarks;
use crate::index::places::{Places, RUNS_FROM};
use crate::index::tables;
use crate::io::disk::remove_if_there;
use crate::io::error::StoreError;
use crate::io::flush::FlushHere;
use crate::log::journal::Journal;
use crate::log::scan::SegmentFile;
use crate::log::segment::GroupWriter;
use crate::log::survey::PartialTail;
use crate::shared::cursor::UplinkCursor;
use crate::shared::shared_state::{SharedInit, StoreShared};
use crate::shared::snapshot::FacilityPair;
use crate::side_files::keys::epoch_folders;
use crate::writer::core::{DurableMark, LogWriter};

/// What the new core is made of besides the journal.
pub(crate) struct EpochState {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) state: StateDb,
    pub(crate) db: Arc<Database>,
    pub(crate) facility: FacilityState,
}

/// What a new epoch's first entry says of the one before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EarlierEpoch {
    pub(crate) prev: Option<Prev>,
    pub(crate) after: Option<Epoch>,
}

/// Keys of earlier epochs of which no file is here: the first entry of each states its own.
fn stated_keys(
    db: &Database,
    places: &Places,
    box_id: BoxId,
    known: &[VerifierKey],
) -> Result<Vec<VerifierKey>, StoreError> {
    let read_first = |epoch: Epoch| -> Result<Option<Entry>, redb::Error> {
        let entries = db.begin_read()?.open_table(tables::ENTRIES)?;
        let row = entries.get(tables::entry_key(epoch.n, 0))?;
        Ok(row.and_then(|row| Entry::parse(row.value()).ok()))
    };
    let mut stated = Vec::new();
    for origin in places.epochs.iter().map(|epoch| LogOrigin { box_id, epoch: *epoch }) {
        if known.iter().any(|key| key.name() == origin.to_string()) {
            continue;
        }
        let first = read_first(origin.epoch).map_err(StoreError::db("keys of earlier epochs"))?;
        if let Some(Event::LogStarted(started)) = first.map(|entry| entry.event())
            && let Some(key) = started.key
        {
            stated.extend(origin.verifier(&key.0).ok());
        }
    }
    Ok(stated)
}

impl StartState<'_> {
    /// Continues an epoch. What is behind its last group and was never acknowledged is kept and cut.
    pub(crate) fn resume(
        mut self,
        origin: LogOrigin,
        frontier: Frontier,
        (newest, partial): (Option<(SegmentFile, u64)>, Option<PartialTail>),
        state: EpochState,
    ) -> Result<LogWriter, StoreError> {
        let dir = Journal::dir(&origin);
        self.count_cuts(&dir)?;
        if let (Some((segment, _)), Some(partial)) = (&newest, partial) {
            self.cut(&dir, segment, partial, frontier.size())?;
        }
        let plain = newest.filter(|(segment, _)| !segment.sealed);
        let journal = match plain {
            Some((segment, tail)) => {
                let journal = Journal::resume(self.disk.clone(), origin, segment, tail, self.sizes)
                    .map_err(StoreError::io(dir.as_str()))?;
                // The process before may have died with all this in the page cache only.
                journal.flush_all().map_err(StoreError::io(dir.as_str()))?;
                journal.forget_cached();
                journal
            }
            None => Journal::begin(self.disk.clone(), origin, &frontier, self.sizes)
                .map_err(StoreError::io(dir.as_str()))?,
        };
        self.core(origin, frontier, journal, state)
    }

    /// Begins the next epoch with its first entry. A crash anywhere in it leaves a key that is none yet, which the next
    /// start takes up.
    pub(crate) fn begin(
        mut self,
        names: &[Epoch],
        before: EarlierEpoch,
        reason: String,
        state: EpochState,
    ) -> Result<LogWriter, StoreError> {
        let disk = self.disk.clone();
        let n = self.largest_number(names, before)?.saturating_add(1);
        if n >= RUNS_FROM {
            return Err(StoreError::TooManyEpochs);
        }
        let origin = self.keys.prepare(&*disk, n, self.random)?;
        let dir = Journal::dir(&origin);
        disk.make_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
        disk.sync_dir("log").map_err(StoreError::io(dir.as_str()))?;
        for half in SegmentFile::list(&*disk, &dir).map_err(StoreError::io(dir.as_str()))? {
            remove_if_there(&*disk, &half.path).map_err(StoreError::io(dir.as_str()))?;
        }
        let journal = Journal::begin(disk.clone(), origin, &Frontier::default(), self.sizes)
            .map_err(StoreError::io(dir.as_str()))?;
        let key = self.keys.of(origin.epoch).map(|key| Base64Bytes(key.signer.verifier().public()));
        let started = LogStarted {
            r#box: self.keys.box_id,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            prev: before.prev,
            after: before.after,
            reason,
            key,
            vouch: key.and_then(|key| self.keys.endorse_key(&origin, &key)),
        };
        let mut core = self.core(origin, Frontier::default(), journal, state)?;
        let draft = EntryDraft { by: EntryAuthor::BOX, idem: None, event: started.into(), texts: Vec::new() };
        core.record_own(vec![draft])?;
        crate::side_files::keys::confirm_key(&*disk, origin.epoch.n)?;
        Ok(core)
    }

    fn largest_number(&self, names: &[Epoch], before: EarlierEpoch) -> Result<u32, StoreError> {
        let disk = &**self.disk;
        let folders = epoch_folders(disk).map_err(StoreError::io("log/"))?;
        let begun = self.keys.next.iter().map(|key| key.origin.epoch).collect::<Vec<_>>();
        // The folder of an epoch that was being begun is not one that was.
        let folders = folders.into_iter().filter(|epoch| !begun.contains(epoch));
        let keys = self.keys.logs.iter().map(|key| key.origin.epoch);
        let message = before.prev.map(|prev| prev.epoch).into_iter().chain(before.after).chain(self.message);
        Ok(names
            .iter()
            .copied()
            .chain(folders)
            .chain(keys)
            .chain(message)
            .map(|epoch| epoch.n)
            .max()
            .unwrap_or(0))
    }

    fn core(
        mut self,
        origin: LogOrigin,
        frontier: Frontier,
        journal: Journal,
        state: EpochState,
    ) -> Result<LogWriter, StoreError> {
        let disk = self.disk.clone();
        let mut verifiers = self.keys.verifiers(&*disk)?;
        let cursor = UplinkCursor::load(&*disk, &origin, &verifiers)?;
        let held = main_database::read_extent(&state.db)?.map_or(Vec::new(), |held| held.epochs);
        let places = main_database::load_places(
            &state.db,
            held.into_iter().map(|(epoch, _)| epoch),
            Some(origin.epoch),
        )?;
        verifiers.extend(stated_keys(&state.db, &places, origin.box_id, &verifiers)?);
        main_database::make_durable(&state.db).map_err(StoreError::db("making it durable"))?;
        self.report.size = frontier.size();
        let at = self.keys.logs.iter().position(|k| k.origin == origin).ok_or(StoreError::Stopped)?;
        let signer = self.keys.logs.swap_remove(at).signer;
        let erased = ErasedMarks::load(&state.db).map_err(StoreError::db("reading what was erased"))?;
        let read = self.key_runs.take().filter(|(of, epoch, _)| {
            *epoch == origin.epoch && of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, &state.db))
        });
        let idempotency = match read {
            Some((.., keys)) => keys,
            None => KeyRuns::load(&state.db, origin.epoch)?,
        };
        let shared = StoreShared::new(SharedInit {
            disk: disk.clone(),
            segment_bytes: self.sizes.segment,
            durable_entries: self.sizes.durable_entries,
            db: state.db,
            lost: self.lost,
            state: state.state,
            facility: state.facility,
            places: places.clone(),
            origin,
            signer,
            older: self.keys.logs,
            verifiers,
            frontier: frontier.clone(),
            cursor,
            report: self.report,
        });
        let facility = FacilityPair::new(shared.facility());
        Ok(LogWriter {
            disk,
            sizes: self.sizes,
            clock: state.clock,
            shared: Arc::new(shared),
            journal,
            epoch: origin.epoch,
            durable: DurableMark { size: frontier.size(), up_ms: self.now.up_ms },
            frontier,
            places,
            facility,
            group: GroupWriter::default(),
            building: None,
            erased: Arc::new(erased),
            keys: idempotency,
            flush: Box::new(FlushHere::default()),
            trouble: None,
            troubled_at: None,
            marked: false,
            tidy: None,
        })
    }

    /// Keeps torn bytes in a file of their own, then puts zeros in their place.
    fn cut(
        &mut self,
        dir: &str,
        segment: &SegmentFile,
        partial: PartialTail,
        size: u64,
    ) -> Result<(), StoreError> {
        let disk = &**self.disk;
        let file = disk.open(&segment.path).map_err(StoreError::io(segment.path.as_str()))?;
        let end =
            partial.end.max(partial.at).min(file.length().map_err(StoreError::io(segment.path.as_str()))?);
        let mut bytes = vec![0; usize::try_from(end - partial.at).unwrap_or(0)];
        file.read_at(partial.at, &mut bytes).map_err(StoreError::io(segment.path.as_str()))?;
        let name = format!("cut-{size:012}-{}", self.now.wall_ms);
        crate::io::disk::put_small(disk, &format!("{dir}/{name}"), &bytes)
            .map_err(StoreError::io(segment.path.as_str()))?;
        crate::io::disk::write_zeros(&*file, partial.at, end)
            .map_err(StoreError::io(segment.path.as_str()))?;
        file.sync_data().map_err(StoreError::io(segment.path.as_str()))?;
        self.report.cut = Some(name);
        self.report.cut_files += 1;
        Ok(())
    }

    fn count_cuts(&mut self, dir: &str) -> Result<(), StoreError> {
        let names = self.disk.list(dir).map_err(StoreError::io(dir))?;
        self.report.cut_files = names.iter().filter(|n| n.starts_with("cut-")).count() as u64;
        Ok(())
    }
}
