//! A start: flush, check and heal the two copies of the log against each other, and only then be ready.

use std::sync::Arc;

use record::checkpoint::{Checkpoint, Origin};
use record::entry::{By, Draft};
use record::fold::Facility;
use record::ids::Epoch;
use record::kinds::{LogStarted, Prev};
use record::tree::Frontier;
use redb::Database;

use super::comeback;
use super::core::{Core, Durable, drop_ballast, is_full};
use super::cursor::{self, Cursor};
use super::database::{self, Held, MAIN};
use super::disk::{Disk, exists, put_small, read_small, remove_if_there, write_zeros};
use super::error::StoreError;
use super::flush::FlushHere;
use super::fold::Chain;
use super::hints;
use super::journal::{Journal, Sizes};
use super::key_runs::KeyRuns;
use super::keys::{Keys, epoch_folders};
use super::pending::PendingRows;
use super::rebuild;
use super::refill;
use super::repair::{self, Repaired};
use super::scan::{Segment, SegmentReader, Step};
use super::segment::GroupWriter;
use super::shared::{Parts, Shared};
use super::snapshot::FacilityPair;
use super::survey::{Claims, Survey, Torn, Whole, survey};
use crate::clock::{Clock, Now};
use crate::random::Random;

/// There from the beginning of a start to its end: who finds it knows that the last start did not get through.
pub(super) const MARK: &str = "starting";

/// What a start found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartReport {
    /// Entries of the epoch when it was ready.
    pub size: u64,
    /// Why a new epoch had to begin, where one did and it was not the first.
    pub new_epoch: Option<String>,
    /// Whether the log was begun from nothing.
    pub created: bool,
    /// Why the database was built anew from the journal, where it was.
    pub rebuilt: Option<String>,
    /// What was healed in the journal.
    pub healed: Option<String>,
    /// Bytes behind the log that nobody had been told of; they are kept in a file of this name.
    pub cut: Option<String>,
    /// Whether sessions, PINs and tokens were lost with a damaged or missing `state.redb`.
    pub state_lost: bool,
    /// Entries that the database took over from the journal.
    pub replayed: u64,
    /// Cut files that lie in the folder.
    pub cut_files: u64,
    /// Whether the database was built anew only because entries came back from the relay.
    pub refilled: bool,
    /// What this box cannot read any more.
    pub missing: Vec<MissingRange>,
    /// Small files that could not be used and were put under another name.
    pub hints: Vec<String>,
}

/// Entries of an epoch that no copy on this box has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingRange {
    /// Which epoch.
    pub epoch: Epoch,
    /// The first of them.
    pub from: u64,
    /// Behind the last of them, where that is known.
    pub to: Option<u64>,
    /// Whether the storage gave fewer than it was given: the relay has confirmed them.
    pub forgotten: bool,
}

/// What the steps of a start share.
pub(super) struct Start<'a> {
    pub(super) disk: &'a Arc<dyn Disk>,
    pub(super) sizes: Sizes,
    pub(super) now: Now,
    pub(super) random: &'a dyn Random,
    pub(super) keys: Keys,
    pub(super) report: StartReport,
    /// A database that holds no entry yet: a first start was cut short behind it.
    empty_db: Option<Database>,
}

/// The newest epoch, its two copies agreeing.
struct Agreed {
    origin: Origin,
    whole: Whole,
    db: Database,
    /// Why this epoch cannot be continued.
    ends: Option<String>,
    /// How much of it counts where that is not what this box holds: the relay's cosignature.
    counts: Option<Checkpoint>,
}

impl Core {
    /// Opens the data folder behind `disk`, healing what can be healed. Nothing is acknowledged before this returns.
    ///
    /// # Errors
    /// [`StoreError`]: what to do stands in its words.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the store keeps the disk; so it reads at every caller"
    )]
    pub fn open(
        disk: Arc<dyn Disk>,
        sizes: Sizes,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Result<(Self, StartReport), StoreError> {
        match Self::open_once(&disk, sizes, Arc::clone(&clock), random) {
            // What is held in reserve for records is held for a start too.
            Err(e) if e.is_full() && drop_ballast(&*disk) => Self::open_once(&disk, sizes, clock, random),
            opened => opened,
        }
    }

    fn open_once(
        disk: &Arc<dyn Disk>,
        sizes: Sizes,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Result<(Self, StartReport), StoreError> {
        let hints = hints::set_bad_aside(&**disk);
        prepare_folder(&**disk)?;
        let attempts = mark(&**disk)?;
        let report = StartReport { hints, ..StartReport::default() };
        let opened = Self::open_marked(disk, sizes, clock, random, (attempts, report));
        // A start that says what is wrong got through as far as the mark is concerned: nothing aborted or hung.
        if opened.is_ok() || attempts == 0 {
            remove_if_there(&**disk, MARK).map_err(StoreError::io(MARK))?;
        }
        opened
    }

    fn open_marked(
        disk: &Arc<dyn Disk>,
        sizes: Sizes,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
        (attempts, report): (u32, StartReport),
    ) -> Result<(Self, StartReport), StoreError> {
        let now = clock.now();
        sweep(&**disk)?;
        let keys = Keys::load(&**disk, &now, random)?;
        let mut start = Start { disk, sizes, now, random, keys, report, empty_db: None };
        if let Some(why) = comeback::place(&**disk, start.keys.box_id)?
            && exists(&**disk, MAIN).map_err(StoreError::io(MAIN))?
        {
            start.distrust(&why)?;
            start.report.refilled = true;
        }
        let agreed = start.newest_epoch(attempts)?;
        let (state_db, state_lost) = database::open_state(&**disk, agreed.is_some())?;
        start.report.state_lost = state_lost;
        let mut core = start.ready(agreed, clock, state_db)?;
        comeback::carry(&mut core)?;
        let report = core.shared.report.clone();
        Ok((core, report))
    }
}

fn prepare_folder(disk: &dyn Disk) -> Result<(), StoreError> {
    for dir in ["log", "keys"] {
        disk.make_dir(dir).map_err(StoreError::io(dir))?;
    }
    // Names that a killed process had given and not flushed are in the page cache only; this start builds on them.
    for dir in ["log", "keys", ""] {
        disk.sync_dir(dir).map_err(StoreError::io("the data folder"))?;
    }
    Ok(())
}

/// Leaves the mark; says how many starts before this one did not get through.
fn mark(disk: &dyn Disk) -> Result<u32, StoreError> {
    let before = read_small(disk, MARK, 64).map_err(StoreError::io(MARK))?;
    let attempts = before.map_or(0, |b| String::from_utf8_lossy(&b).trim().parse().unwrap_or(1));
    let next = format!("{}\n", attempts + 1);
    match put_small(disk, MARK, next.as_bytes()) {
        // The mark is a hint; without it a box on a full disk still shows what it holds.
        Err(e) if is_full(&e) => tracing::warn!("the disk is full: this start leaves no mark"),
        other => other.map_err(StoreError::io(MARK))?,
    }
    Ok(attempts)
}

/// Removes what an interrupted piece of work left under a temporary name, and of a segment in both forms the one that
/// is not needed.
fn sweep(disk: &dyn Disk) -> Result<(), StoreError> {
    let folders = epoch_folders(disk).map_err(StoreError::io("log/"))?;
    let dirs = folders.iter().map(|e| format!("log/{e}/"));
    for dir in [String::new(), "keys/".to_owned()].into_iter().chain(dirs) {
        for name in disk.list(dir.trim_end_matches('/')).map_err(StoreError::io(dir.as_str()))? {
            if name.ends_with(".new") {
                let path = format!("{dir}{name}");
                remove_if_there(disk, &path).map_err(StoreError::io(path))?;
            }
        }
    }
    Ok(())
}

impl Start<'_> {
    /// Finds the newest epoch that holds anything and makes its two copies agree.
    fn newest_epoch(&mut self, attempts: u32) -> Result<Option<Agreed>, StoreError> {
        let disk = self.disk.clone();
        let db = self.open_main(attempts)?;
        let in_db = db.as_ref().and_then(|(_, held)| held.epochs.last()).map(|(epoch, _)| *epoch);
        for epoch in epoch_folders(&*disk).map_err(StoreError::io("log/"))?.into_iter().rev() {
            let origin = Origin { box_id: self.keys.box_id, epoch };
            let dir = Journal::dir(&origin);
            self.drop_unused(&dir, &origin)?;
            let empty = Segment::list(&*disk, &dir).map_err(StoreError::io(dir.as_str()))?.is_empty();
            if in_db.is_some_and(|in_db| in_db.n > epoch.n) {
                break;
            }
            if !empty {
                return self.agree(origin, &dir, db).map(Some);
            }
        }
        match in_db {
            // The journal's folder is gone: the database still has what it held.
            Some(epoch) => {
                let origin = Origin { box_id: self.keys.box_id, epoch };
                let dir = Journal::dir(&origin);
                disk.make_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
                disk.sync_dir("log").map_err(StoreError::io("log/"))?;
                self.agree(origin, &dir, db).map(Some)
            }
            None => {
                self.empty_db = db.map(|(db, _)| db);
                Ok(None)
            }
        }
    }

    /// Of a segment in both forms one goes; a newest segment that never held anything goes.
    fn drop_unused(&self, dir: &str, origin: &Origin) -> Result<(), StoreError> {
        let disk = &**self.disk;
        let io = || StoreError::io(dir);
        let all = Segment::list(disk, dir).map_err(io())?;
        for pair in all.windows(2).filter(|pair| pair[0].first == pair[1].first) {
            let (plain, sealed) = (&pair[0], &pair[1]);
            let goes = if intact(disk, sealed, origin).map_err(io())? { plain } else { sealed };
            disk.remove(&goes.path).map_err(io())?;
            disk.sync_dir(dir).map_err(io())?;
        }
        let all = Segment::list(disk, dir).map_err(io())?;
        let Some(last) = all.last().filter(|s| !s.sealed) else { return Ok(()) };
        let mut reader = SegmentReader::open(disk, last).map_err(io())?;
        let header = reader.header().is_some();
        let empty = !holds_groups(&mut reader).map_err(io())?;
        // Without a header a roll was cut short; the first segment is begun anew even when its header got through.
        if empty && (!header || last.first == 0) {
            disk.remove(&last.path).map_err(io())?;
            disk.sync_dir(dir).map_err(io())?;
        }
        Ok(())
    }

    fn agree(
        &mut self,
        origin: Origin,
        dir: &str,
        mut db: Option<(Database, Held)>,
    ) -> Result<Agreed, StoreError> {
        let disk = self.disk.clone();
        let disk = &*disk;
        // A database that knows a later or another epoch is of another log.
        let known =
            |held: &Held| held.epochs.last().is_none_or(|(e, _)| e.n < origin.epoch.n || *e == origin.epoch);
        if db.as_ref().is_some_and(|(_, held)| !known(held)) {
            drop(db.take());
            self.distrust("it belongs to another log")?;
        }
        let held = db.as_ref().and_then(|(_, held)| held.frontier(origin.epoch).cloned());
        let cursor = Cursor::load(disk, &origin, &self.keys.verifiers(disk)?)?;
        let confirmed = cursor.confirmed(&origin);
        let claims = Claims { held: held.as_ref().map_or(0, Frontier::size), confirmed };
        let found = survey(disk, origin, dir, claims, false).map_err(StoreError::io(dir))?;
        let mut ends = None;
        let whole = match found {
            Survey::Whole(whole) if whole.root_at_held == held.as_ref().map(Frontier::root) => *whole,
            Survey::Whole(whole) if held.is_none() => *whole,
            other => {
                let repaired =
                    repair::repair(disk, origin, dir, db.as_ref().map(|(db, _)| db), held.as_ref())?;
                self.take_repaired(repaired, &other, &mut db, &mut ends, (origin, dir))?
            }
        };
        let mut counts = self.counts(&origin, &cursor, &whole.frontier)?;
        if ends.is_none() && self.vindicated(&origin, dir, counts.as_ref(), &whole.frontier)? {
            drop(db.take());
            self.distrust("it gave another root than the journal has")?;
            counts = None;
        }
        if let Some(counts) = &counts {
            let (size, confirmed) = (whole.frontier.size(), counts.size);
            if confirmed > size {
                let range =
                    MissingRange { epoch: origin.epoch, from: size, to: Some(confirmed), forgotten: true };
                self.report.missing.push(range);
            }
            ends.get_or_insert(if confirmed > size {
                format!("the relay has confirmed {confirmed} entries, but this box has only {size}")
            } else {
                format!("the relay has confirmed other entries before entry {confirmed} than this box has")
            });
        }
        let db = match db {
            Some((db, _)) => db,
            None => {
                self.report.rebuilt.get_or_insert_with(|| "it was gone".to_owned());
                let upto = Some((origin.epoch, whole.frontier.size()));
                rebuild::rebuild(disk, &self.sizes, self.keys.box_id, upto)?
            }
        };
        Ok(Agreed { origin, whole, db, ends, counts })
    }

    /// What the relay cosigned of this epoch, where that is more than this box holds, or was found to be other.
    fn counts(
        &self,
        origin: &Origin,
        cursor: &Cursor,
        own: &Frontier,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let ended = cursor::ended(&**self.disk, origin, &self.keys.verifiers(&**self.disk)?)?;
        let kept = cursor.kept.as_ref().map(|kept| kept.checkpoint);
        let kept = kept.filter(|kept| kept.origin == *origin && kept.size > own.size());
        Ok(ended.into_iter().chain(kept).max_by_key(|counts| counts.size))
    }

    /// Whether the journal holds just what the relay cosigned. Then it was the database that gave a wrong root, and the
    /// note that would end the epoch is void.
    fn vindicated(
        &self,
        origin: &Origin,
        dir: &str,
        counts: Option<&Checkpoint>,
        own: &Frontier,
    ) -> Result<bool, StoreError> {
        let Some(counts) = counts.filter(|counts| counts.size <= own.size()) else { return Ok(false) };
        let disk = &**self.disk;
        let claims = Claims { held: counts.size, confirmed: 0 };
        let found = survey(disk, *origin, dir, claims, false).map_err(StoreError::io(dir))?;
        if !matches!(found, Survey::Whole(whole) if whole.root_at_held == Some(counts.root)) {
            return Ok(false);
        }
        refill::forget_end(disk, origin.epoch)?;
        Ok(true)
    }

    /// Looks again after a repair, and decides what becomes of the database and the epoch.
    fn take_repaired(
        &mut self,
        repaired: Repaired,
        found: &Survey,
        db: &mut Option<(Database, Held)>,
        ends: &mut Option<String>,
        (origin, dir): (Origin, &str),
    ) -> Result<Whole, StoreError> {
        let disk = self.disk.clone();
        let disk = &*disk;
        let why = match found {
            Survey::Damaged { why, .. } => why.clone(),
            Survey::Whole(_) => "the database and the journal did not agree".to_owned(),
        };
        match repaired {
            Repaired::Healed => self.report.healed = Some(why),
            Repaired::AsItIs => {}
            Repaired::DatabaseWrong => {
                drop(db.take());
                self.distrust("its entries do not lead to its own root")?;
            }
            Repaired::BothHold => {
                drop(db.take());
                self.distrust("the journal says otherwise")?;
                *ends = Some("journal and database were both whole and said different things".to_owned());
            }
            Repaired::Lost(frontier) => {
                let size = frontier.size();
                let range = MissingRange { epoch: origin.epoch, from: size, to: None, forgotten: false };
                self.report.missing.push(range);
                *ends = Some(format!(
                    "entries from {size} on were damaged and no copy on this box has them: {why}"
                ));
                if db
                    .as_ref()
                    .and_then(|(_, held)| held.frontier(origin.epoch))
                    .is_some_and(|f| f.size() > size)
                {
                    drop(db.take());
                    self.distrust("it goes on where the journal is damaged")?;
                }
                return Ok(Whole { frontier, ..Whole::empty() });
            }
        }
        let claims = Claims::default();
        match survey(disk, origin, dir, claims, true).map_err(StoreError::io(dir))? {
            Survey::Whole(whole) => Ok(*whole),
            Survey::Damaged { frontier, why } => {
                Err(StoreError::Damaged { epoch: origin.epoch.to_string(), seq: frontier.size(), why })
            }
        }
    }

    /// Opens the log's database, unless it is absent, damaged, or the last start did not get past it.
    fn open_main(&mut self, attempts: u32) -> Result<Option<(Database, Held)>, StoreError> {
        let disk = self.disk.clone();
        let disk = &*disk;
        if !exists(disk, MAIN).map_err(StoreError::io(MAIN))? {
            return Ok(None);
        }
        if attempts > ATTEMPTS_TRUSTED {
            self.distrust("it was found damaged, or starts with it did not get through")?;
            return Ok(None);
        }
        let Some(db) = database::open(disk, MAIN, self.sizes.cache)? else {
            self.distrust("it does not open")?;
            return Ok(None);
        };
        let held = database::held(&db)?;
        let holds = |held: &Held| held.epochs.last().is_none_or(|(e, f)| database::newest_hold(&db, *e, f));
        match held.filter(holds) {
            Some(held) => Ok(Some((db, held))),
            None => {
                drop(db);
                self.distrust("it gives other entries than were written")?;
                Ok(None)
            }
        }
    }

    fn distrust(&mut self, why: &str) -> Result<(), StoreError> {
        self.report.rebuilt = Some(why.to_owned());
        database::set_aside(&**self.disk, MAIN)
    }

    /// Cuts what is torn, flushes, replays, and begins a new epoch where the old one cannot go on.
    fn ready(
        mut self,
        agreed: Option<Agreed>,
        clock: Arc<dyn Clock>,
        state_db: Arc<Database>,
    ) -> Result<Core, StoreError> {
        let disk = self.disk.clone();
        let Some(Agreed { origin, mut whole, db, ends, counts }) = agreed else {
            return self.first_epoch(clock, state_db);
        };
        let dir = Journal::dir(&origin);
        self.count_cuts(&dir)?;
        let mut journal = None;
        if let Some((segment, tail)) = whole.newest.take() {
            if let Some(torn) = whole.torn {
                self.cut(&dir, &segment, torn, whole.frontier.size())?;
            }
            journal = Some((segment, tail));
        }
        let replayed = rebuild::catch_up(&*disk, &db, origin, whole.frontier.size());
        let (db, facility) = match replayed {
            Ok((facility, count)) => {
                self.report.replayed = count;
                (db, facility)
            }
            // Nothing is wrong with it, and there is no room for another.
            Err(e) if e.is_full() => return Err(e),
            Err(e) => {
                // Entries and indexes of the database do not fit each other: the journal is the truth.
                drop(db);
                self.distrust(&format!("it could not be brought up to date: {e}"))?;
                let upto = Some((origin.epoch, whole.frontier.size()));
                let db = rebuild::rebuild(&*disk, &self.sizes, self.keys.box_id, upto)?;
                let (facility, _) = rebuild::catch_up(&*disk, &db, origin, whole.frontier.size())?;
                (db, facility)
            }
        };
        let state = State { clock, state_db, db, facility };
        let key = self.keys.of(origin.epoch).is_some();
        let newer = self.keys.newest().is_some_and(|k| k.origin.epoch.n > origin.epoch.n);
        let why = match (ends, key, newer) {
            (Some(why), _, _) => why,
            (None, false, _) => {
                "the log's key is not here: this is a restored backup or another box".to_owned()
            }
            (None, _, true) => "an earlier start had begun it and was interrupted".to_owned(),
            (None, true, false) => return self.resume(origin, whole.frontier, journal, state),
        };
        let own = Prev { epoch: origin.epoch, size: whole.frontier.size(), root: whole.frontier.root() };
        let prev = counts.map_or(own, |c| Prev { epoch: origin.epoch, size: c.size, root: c.root });
        self.next_epoch(prev, why, state)
    }

    fn resume(
        self,
        origin: Origin,
        frontier: Frontier,
        newest: Option<(Segment, u64)>,
        state: State,
    ) -> Result<Core, StoreError> {
        let dir = Journal::dir(&origin);
        let failed = || StoreError::io(dir.as_str());
        let plain = newest.filter(|(segment, _)| !segment.sealed);
        let journal = match plain {
            Some((segment, tail)) => {
                let journal =
                    Journal::resume(self.disk.clone(), origin, segment, tail, self.sizes).map_err(failed())?;
                // The process before may have died with all this in the page cache only.
                journal.flush_all().map_err(failed())?;
                journal.forget_cached();
                journal
            }
            None => Journal::begin(self.disk.clone(), origin, &frontier, self.sizes).map_err(failed())?,
        };
        self.core(origin, frontier, journal, state)
    }

    fn first_epoch(mut self, clock: Arc<dyn Clock>, state_db: Arc<Database>) -> Result<Core, StoreError> {
        let disk = self.disk.clone();
        let db = match self.empty_db.take() {
            Some(db) => db,
            None => {
                let db = database::create_main(&*disk, &self.sizes)?;
                database::make_durable(&db).map_err(StoreError::db("creation"))?;
                database::install(&*disk, MAIN)?;
                db
            }
        };
        self.report = StartReport { created: true, ..self.report };
        if self.keys.newest().is_none() {
            self.keys.make(&*disk, 1, self.random)?;
        }
        let state = State { clock, state_db, db, facility: Facility::default() };
        self.begin_epoch(None, String::new(), state)
    }

    fn next_epoch(mut self, prev: Prev, why: String, state: State) -> Result<Core, StoreError> {
        let last = prev.epoch.n;
        let begun = self.keys.newest().is_some_and(|k| k.origin.epoch.n > last);
        if !begun {
            let disk = self.disk.clone();
            self.keys.make(&*disk, last + 1, self.random)?;
        }
        self.report.new_epoch = Some(why.clone());
        self.begin_epoch(Some(prev), why, state)
    }

    /// Begins the epoch of the newest key with its first entry.
    fn begin_epoch(self, prev: Option<Prev>, reason: String, state: State) -> Result<Core, StoreError> {
        let origin = match self.keys.newest() {
            Some(key) => key.origin,
            None => return Err(StoreError::Stopped),
        };
        let disk = self.disk.clone();
        let dir = Journal::dir(&origin);
        let failed = || StoreError::io(dir.as_str());
        disk.make_dir(&dir).map_err(failed())?;
        disk.sync_dir("log").map_err(failed())?;
        let journal = Journal::begin(disk, origin, &Frontier::default(), self.sizes).map_err(failed())?;
        let started = LogStarted {
            r#box: self.keys.box_id,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            prev,
            after: None,
            reason,
        };
        let mut core = self.core(origin, Frontier::default(), journal, state)?;
        let draft = Draft { by: By::BOX, idem: None, event: started.into(), texts: Vec::new() };
        core.record_own(draft)?;
        Ok(core)
    }

    fn core(
        mut self,
        origin: Origin,
        frontier: Frontier,
        journal: Journal,
        state: State,
    ) -> Result<Core, StoreError> {
        let disk = self.disk.clone();
        let verifiers = self.keys.verifiers(&*disk)?;
        let cursor = Cursor::load(&*disk, &origin, &verifiers)?;
        let held = database::held(&state.db)?.map_or(Vec::new(), |held| held.epochs);
        let mut chain = Chain(held.into_iter().map(|(epoch, _)| epoch).collect());
        if chain.epoch(origin.epoch.n).is_none() {
            chain.0.push(origin.epoch);
        }
        database::make_durable(&state.db).map_err(StoreError::db("making it durable"))?;
        self.report.size = frontier.size();
        let at = self.keys.logs.iter().position(|k| k.origin == origin).ok_or(StoreError::Stopped)?;
        let signer = self.keys.logs.swap_remove(at).signer;
        let idempotency = KeyRuns::load(&state.db, origin.epoch)?;
        let shared = Shared::new(Parts {
            disk: disk.clone(),
            db: state.db,
            state_db: state.state_db,
            facility: state.facility,
            chain: chain.clone(),
            origin,
            signer,
            older: self.keys.logs,
            verifiers,
            frontier: frontier.clone(),
            cursor,
            report: self.report,
        });
        let facility = FacilityPair::new(shared.facility());
        Ok(Core {
            disk,
            sizes: self.sizes,
            clock: state.clock,
            shared: Arc::new(shared),
            journal,
            epoch: origin.epoch,
            durable: Durable { size: frontier.size(), up_ms: self.now.up_ms },
            frontier,
            chain,
            facility,
            group: GroupWriter::default(),
            building: None,
            pending: PendingRows::default(),
            keys: idempotency,
            flush: Box::new(FlushHere::default()),
            trouble: None,
            troubled: false,
            marked: false,
            tidy: None,
        })
    }

    /// Keeps torn bytes in a file of their own, then puts zeros in their place.
    fn cut(&mut self, dir: &str, segment: &Segment, torn: Torn, size: u64) -> Result<(), StoreError> {
        let disk = &**self.disk;
        let failed = || StoreError::io(segment.path.as_str());
        let file = disk.open(&segment.path).map_err(failed())?;
        let end = torn.end.max(torn.at).min(file.length().map_err(failed())?);
        let mut bytes = vec![0; usize::try_from(end - torn.at).unwrap_or(0)];
        file.read_at(torn.at, &mut bytes).map_err(failed())?;
        let name = format!("cut-{size:012}-{}", self.now.wall_ms);
        put_small(disk, &format!("{dir}/{name}"), &bytes).map_err(failed())?;
        write_zeros(&*file, torn.at, end).map_err(failed())?;
        file.sync_data().map_err(failed())?;
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

/// Unfinished starts after which the database is not opened any more: one is what any power cut makes.
const ATTEMPTS_TRUSTED: u32 = 1;

/// Makes the next start build the database anew.
///
/// # Errors
/// The disk's.
pub(super) fn mark_distrusted(disk: &dyn Disk) -> std::io::Result<()> {
    put_small(disk, MARK, format!("{}\n", ATTEMPTS_TRUSTED + 1).as_bytes())
}

/// What the new core is made of besides the journal.
struct State {
    clock: Arc<dyn Clock>,
    state_db: Arc<Database>,
    db: Database,
    facility: Facility,
}

fn holds_groups(reader: &mut SegmentReader) -> std::io::Result<bool> {
    loop {
        match reader.step()? {
            Step::Group { .. } => return Ok(true),
            Step::Bad { .. } => {}
            Step::End { .. } => return Ok(false),
        }
    }
}

/// Whether a sealed segment links from its first line to its end.
fn intact(disk: &dyn Disk, sealed: &Segment, origin: &Origin) -> std::io::Result<bool> {
    let mut reader = SegmentReader::open(disk, sealed)?;
    let header = reader.header().filter(|h| h.origin == *origin && h.frontier.size() == sealed.first);
    let Some(mut frontier) = header.map(|h| h.frontier.clone()) else { return Ok(false) };
    loop {
        match reader.step()? {
            Step::Group { group, .. } => match super::survey::link(&frontier, &group, reader.lines()) {
                Some(after) => frontier = after,
                None => return Ok(false),
            },
            Step::Bad { .. } => return Ok(false),
            Step::End { .. } => return Ok(frontier.size() > sealed.first),
        }
    }
}
