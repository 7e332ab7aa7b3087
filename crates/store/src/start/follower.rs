//! The database at a start: brought up to the journal where it follows the same chain, else rebuilt from it.

use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::fold::FacilityState;
use record::ids::Epoch;
use redb::Database;

use super::newest;
use super::start_state::{HealedLog, OpenDatabase, StartKind, StartState};
use crate::database::main_database;
use crate::database::main_database::{DatabaseExtent, LostPart, MAIN};
use crate::database::rebuild;
use crate::database::rebuild::CountedEpoch;
use crate::database::run_reader::RunReader;
use crate::database::salvage;
use crate::index::places::RunState;
use crate::io::disk::{file_exists, remove_if_there};
use crate::io::error::StoreError;
use crate::log::chain::{LogExtent, MissingEntries};
use crate::side_files::unreported;
use crate::sources::{DatabaseSource, LogCopies};

/// Whether a database follows this chain: each epoch of it just as far as it counts, the last one at most.
pub(crate) fn follows_epochs(held: &DatabaseExtent, counted: &[CountedEpoch]) -> bool {
    let counted: Vec<&CountedEpoch> = counted.iter().filter(|c| c.extent.size > 0).collect();
    let mut held: Vec<(Epoch, LogExtent)> =
        held.epochs.iter().map(|(epoch, frontier)| (*epoch, LogExtent::of(frontier))).collect();
    let Some((last, before)) = counted.split_last() else { return held.is_empty() };
    if held.last().is_some_and(|(epoch, extent)| *epoch == last.epoch && extent.size <= last.extent.size) {
        held.pop();
    }
    held.into_iter().eq(before.iter().map(|c| (c.epoch, c.extent)))
}

impl StartState<'_> {
    /// Opens the log's database, unless it is absent, damaged, or the last start did not get past it.
    pub(crate) fn open_main(&mut self) -> Result<Option<OpenDatabase>, StoreError> {
        let disk = self.disk.clone();
        let disk = &*disk;
        if !file_exists(disk, MAIN).map_err(StoreError::io(MAIN))? {
            return Ok(None);
        }
        // Where a copy was being read, that is what starts did not get past.
        if self.attempts.count > crate::side_files::mark::ATTEMPTS_TRUSTED && self.attempts.reading.is_empty()
        {
            self.distrust("it was found damaged, or starts with it did not get through")?;
            return Ok(None);
        }
        self.lost = LostPart::default();
        let Some(db) = main_database::open_noting(disk, MAIN, self.sizes.cache, &self.lost)? else {
            self.distrust("it does not open")?;
            return Ok(None);
        };
        let held = main_database::read_extent(&db)?;
        if held.as_ref().is_some_and(|held| self.is_foreign(&db, held)) {
            drop(db);
            self.distrust("it is another box's")?;
            return Ok(None);
        }
        let held = held
            .filter(|held| held.epochs.last().is_none_or(|(e, f)| main_database::newest_hold(&db, *e, f)));
        match held {
            Some(held) => Ok(Some(OpenDatabase { db: Arc::new(db), held })),
            None => {
                drop(db);
                self.distrust("it gives other entries than were written")?;
                Ok(None)
            }
        }
    }

    /// Sets the database aside: nothing is lost with it, it is asked like any other copy.
    pub(crate) fn distrust(&mut self, why: &str) -> Result<(), StoreError> {
        self.report.rebuilt = Some(why.to_owned());
        unreported::note_unreported(&**self.disk, |unreported| unreported.rebuilt = Some(why.to_owned()))?;
        salvage::set_aside(&**self.disk, MAIN, why, self.now.wall_ms).map(drop)
    }

    /// The database that follows what was healed: the one that is there, or a new one.
    pub(crate) fn follow(
        &mut self,
        kind: StartKind,
        copies: &LogCopies,
        main: Option<&OpenDatabase>,
        healed: &HealedLog,
    ) -> Result<(Arc<Database>, FacilityState), StoreError> {
        let counted = &healed.counted;
        let wrong = healed.newest.as_ref().is_some_and(|log| log.database_wrong);
        let owes = match main.map_or(Ok(false), |main| self.owes_runs(copies, main)) {
            // It is rebuilt.
            Err(e) if e.is_of_database() => true,
            owes => owes?,
        };
        let good = !owes && main.is_some_and(|main| follows_epochs(&main.held, counted));
        if let Some(main) = main.filter(|_| good && !wrong && kind == StartKind::Normal) {
            match self.catch_up(main, counted) {
                Ok(facility) => return Ok((main.db.clone(), facility)),
                // Nothing is wrong with it, and there is no space for another.
                Err(e) if e.is_full() => return Err(e),
                Err(e) => {
                    // Entries and indexes of the database do not fit each other: the journal is the truth.
                    self.report.rebuilt = Some(format!("it could not be brought up to date: {e}"));
                }
            }
        } else if wrong {
            self.report.rebuilt = Some("it gave another root than the journal has".to_owned());
        } else if owes && main.is_some_and(|main| follows_epochs(&main.held, counted)) {
            // Nothing is wrong: lines came.
            self.report.refilled = self.report.rebuilt.is_none() || self.report.refilled;
            self.report.rebuilt.get_or_insert("lines of runs count that did not before".to_owned());
        } else if kind == StartKind::Normal && !healed.names.is_empty() {
            let why = if main.is_some() { "what counts of the log has changed" } else { "it was gone" };
            // Nothing is wrong with a database that followed what counted before.
            let ours = main.is_some_and(|main| {
                let mut epochs = main.held.epochs.iter().map(|(epoch, _)| epoch);
                epochs.all(|epoch| self.ended.contains(epoch) || counted.iter().any(|c| c.epoch == *epoch))
            });
            self.report.refilled |= ours && self.report.rebuilt.is_none();
            self.report.rebuilt.get_or_insert(why.to_owned());
        }
        let present = main.filter(|_| !wrong);
        match self.follow_again(kind, copies, main, healed) {
            Err(e) if e.is_full() && kind == StartKind::Normal => {
                self.go_on_with_present(copies, present, counted)?.ok_or(e)
            }
            followed => followed,
        }
    }

    /// Rebuilds the database, once the journal has all that counts.
    fn follow_again(
        &mut self,
        kind: StartKind,
        copies: &LogCopies,
        main: Option<&OpenDatabase>,
        healed: &HealedLog,
    ) -> Result<(Arc<Database>, FacilityState), StoreError> {
        let counted = if kind == StartKind::Normal {
            self.heal_all(&healed.counted, copies)?
        } else {
            healed.counted.clone()
        };
        if let Some(log) = &healed.newest {
            self.heal_closed(log, copies)?;
        }
        let db = match (self.build(copies, main, &counted), main) {
            (Err(StoreError::Shorter { epoch, from, to }), Some(main)) if kind == StartKind::Normal => {
                tracing::error!(%epoch, from, to, "a database that would lack entries was not put in place");
                if let Ok(facility) = self.catch_up(main, &counted) {
                    self.report.rebuilt = None;
                    self.report.refused =
                        Some(MissingEntries { epoch, from, to: Some(to), forgotten: false });
                    return Ok((main.db.clone(), facility));
                }
                self.distrust("it states more than can be read of it, and cannot be brought up to date")?;
                self.build(copies, None, &counted)?
            }
            (built, _) => built?,
        };
        let held = main_database::read_extent(&db)?.unwrap_or_default();
        // It was made of the journal just now.
        self.agreed = counted.last().map(|last| last.epoch);
        let facility = self.catch_up(&OpenDatabase { db: db.clone(), held }, &counted)?;
        Ok((db, facility))
    }

    /// Whether a database is another box's: nothing of it is asked for. A box whose id was made just now knows nothing of that.
    pub(crate) fn is_foreign(&self, db: &Database, held: &DatabaseExtent) -> bool {
        !self.keys.box_is_new && main_database::is_of_another(db, held, self.keys.box_id)
    }

    fn owes_runs(&self, copies: &LogCopies, main: &OpenDatabase) -> Result<bool, StoreError> {
        let places =
            main_database::load_places(&main.db, main.held.epochs.iter().map(|(epoch, _)| *epoch), None)?;
        let mut run_reader = RunReader::new(self.disk.clone(), self.keys.box_id, Some(copies));
        for run in places.runs() {
            match run.state {
                RunState::Counts => {}
                RunState::Waits => return Ok(true),
                RunState::Lacks if run_reader.has(&run.by.run)? => return Ok(true),
                RunState::Lacks => {}
            }
        }
        Ok(false)
    }

    pub(crate) fn catch_up(
        &mut self,
        open: &OpenDatabase,
        counted: &[CountedEpoch],
    ) -> Result<FacilityState, StoreError> {
        let disk = self.disk.clone();
        let Some(last) = counted.last() else { return Ok(FacilityState::default()) };
        let origin = LogOrigin { box_id: self.keys.box_id, epoch: last.epoch };
        if let Some(held) = open.held.frontier(last.epoch)
            && self.agreed != Some(last.epoch)
            && newest::root_at(&*disk, &origin, held.size())? != Some(held.root())
        {
            let why = "it holds other entries than the journal".to_owned();
            return Err(StoreError::Damaged { epoch: last.epoch.to_string(), seq: 0, why });
        }
        let begin = self.behind_held.as_ref();
        let rebuild::CaughtUp { facility, replayed, keys } =
            rebuild::catch_up(&disk, &open.db, origin, last.extent.size, begin)?;
        self.report.replayed += replayed;
        self.key_runs = keys.map(|keys| (Arc::downgrade(&open.db), origin.epoch, keys));
        Ok(facility)
    }

    /// Rebuilds the database beside the old one, and replaces that if nothing is lost: what only it has is kept first.
    pub(crate) fn build(
        &mut self,
        copies: &LogCopies,
        old: Option<&OpenDatabase>,
        counted: &[CountedEpoch],
    ) -> Result<Arc<Database>, StoreError> {
        let disk = self.disk.clone();
        let disk = &*disk;
        let new = Arc::new(rebuild::build_database(copies, &self.sizes, self.keys.box_id, counted)?);
        let mut is_read = true;
        if let Some(old) = old {
            super::shorter::refuse_shorter(copies, old, &new, &self.ends)?;
            let source = DatabaseSource::new("the database before", || Some(old.db.clone()));
            is_read = self.keep_strays(source, &new)?.whole;
        }
        if let Some(why) = self.report.rebuilt.as_ref().filter(|_| !self.report.refilled) {
            unreported::note_unreported(disk, |unreported| unreported.rebuilt = Some(why.clone()))?;
        }
        if !is_read {
            salvage::set_aside(disk, MAIN, "a part of it cannot be read", self.now.wall_ms)?;
        }
        main_database::install_database(disk, MAIN)?;
        // Starts that did not get through say nothing of this one.
        self.attempts.count = 0;
        self.note_attempts()?;
        self.lost = LostPart::default();
        Ok(new)
    }

    /// Without space for another database the present one continues, or one that was set aside and whose newest entries
    /// are valid: what it lacks waits. `None` where there is none that can be brought up to the log.
    fn go_on_with_present(
        &mut self,
        copies: &LogCopies,
        present: Option<&OpenDatabase>,
        counted: &[CountedEpoch],
    ) -> Result<Option<(Arc<Database>, FacilityState)>, StoreError> {
        let new = format!("{MAIN}.new");
        remove_if_there(&**self.disk, &new).map_err(StoreError::io(new.as_str()))?;
        let gone = !file_exists(&**self.disk, MAIN).map_err(StoreError::io(MAIN))?;
        let taken_back = if gone { self.take_back(copies)? } else { None };
        let Some(open) = taken_back.as_ref().or(present) else { return Ok(None) };
        let Ok(facility) = self.catch_up(open, counted) else { return Ok(None) };
        tracing::error!("there is no room to build the database anew: the present one goes on");
        self.report.no_space = true;
        self.report.rebuilt = None;
        Ok(Some((open.db.clone(), facility)))
    }

    /// Takes the newest copy into use whose newest entries hold.
    fn take_back(&mut self, copies: &LogCopies) -> Result<Option<OpenDatabase>, StoreError> {
        for copy in &copies.salvage {
            let held = copy
                .db
                .as_ref()
                .zip(copy.db.as_ref().and_then(|db| main_database::read_extent(db).ok().flatten()));
            let holds = held.is_some_and(|(db, held)| {
                held.epochs.last().is_some_and(|(epoch, tree)| main_database::newest_hold(db, *epoch, tree))
            });
            if holds {
                salvage::take_back(&**self.disk, &copy.path)?;
                self.attempts.count = 0;
                return self.open_main();
            }
        }
        Ok(None)
    }
}
