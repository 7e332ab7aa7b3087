//! A start: [`open_once`] prepares the folder and marks the attempt, [`open_marked`] heals the log and opens what is
//! based on it. Every step may be interrupted: the next start uses what it left. Other files here do one step each.

use std::sync::Arc;

use record::ids::Epoch;
use service::clock::Clock;
use service::random::RandomSource;

use super::begin::{EarlierEpoch, EpochState};
use super::prepare::{prepare_folder, remove_leftovers};
use super::start_state::{HealedLog, NewestLog, OpenDatabase, StartKind, StartState};
use super::takeover;
use crate::adoption::adopt;
use crate::database::main_database::{LostPart, MAIN};
use crate::database::rebuild::CountedEpoch;
use crate::database::state_db::StatePlace;
use crate::database::state_file::OpenedState;
use crate::database::state_handle::StateDb;
use crate::healing::misplaced::displace_misplaced;
use crate::index::places::RunState;
use crate::io::disk::{Disk, file_exists, remove_if_there};
use crate::io::error::StoreError;
use crate::log::chain;
use crate::log::chain::{ChainLink, ChainState, ChainVerdict, EpochEnd, EpochLink, LogExtent, NewestEpoch};
use crate::log::journal::StoreSizes;
use crate::shared::cursor;
use crate::shared::cursor::UplinkCursor;
use crate::shared::side_file_check;
use crate::side_files::ballast::release_ballast;
use crate::side_files::keys::BoxKeys;
use crate::side_files::mark::{ATTEMPTS_TRUSTED, MARK, StartAttempts, mark_start};
use crate::side_files::report::StartReport;
use crate::side_files::unreported;
use crate::sources::{LogCopies, SegmentSource};
use crate::writer::core::LogWriter;

/// Passes that a start makes at most because runs were adopted: lines of a run may show that another one is owed.
const ADOPTING_PASSES_MAX: u32 = 3;

impl LogWriter {
    /// Opens the data folder behind `disk`, healing what can be healed. Nothing is acknowledged before this returns.
    ///
    /// # Errors
    /// [`StoreError`]: what to do is said in its words.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the store keeps the disk; so it reads at every caller"
    )]
    pub fn open(
        disk: Arc<dyn Disk>,
        sizes: StoreSizes,
        clock: Arc<dyn Clock>,
        random: &dyn RandomSource,
    ) -> Result<(Self, StartReport), StoreError> {
        Self::open_for(StartKind::Normal, &disk, sizes, &clock, random)
    }

    /// As [`LogWriter::open`], for a reason.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn open_for(
        kind: StartKind,
        disk: &Arc<dyn Disk>,
        sizes: StoreSizes,
        clock: &Arc<dyn Clock>,
        random: &dyn RandomSource,
    ) -> Result<(Self, StartReport), StoreError> {
        loop {
            match open_once(kind, disk, sizes, clock, random) {
                // What is held in reserve for records is held for a start too.
                Err(e) if e.is_full() && release_ballast(&**disk) => {}
                opened => return opened,
            }
        }
    }
}

fn open_once(
    kind: StartKind,
    disk: &Arc<dyn Disk>,
    sizes: StoreSizes,
    clock: &Arc<dyn Clock>,
    random: &dyn RandomSource,
) -> Result<(LogWriter, StartReport), StoreError> {
    // Files beside the log go aside where they cannot be used: later steps read them as if they had never been there.
    let set_aside = side_file_check::set_bad_aside(&**disk)?;
    let report = StartReport {
        set_aside,
        unreported: unreported::load_unreported(&**disk)?,
        ..StartReport::default()
    };
    prepare_folder(&**disk)?;
    // From here on a start that blocks or aborts is counted: the copy that it opened is skipped after two.
    let attempts = mark_start(&**disk)?;
    let as_it_was =
        || open_marked((StartKind::Rebuild, &attempts, report.clone()), disk, sizes, clock, random).map(drop);
    takeover::finish_takeover(disk, as_it_was)?;
    // What that start noted holds for this one too.
    let report = StartReport { unreported: unreported::load_unreported(&**disk)?, ..report };
    let mut opened = open_marked((kind, &attempts, report.clone()), disk, sizes, clock, random);
    if kind == StartKind::Normal
        && opened.as_ref().is_err_and(StoreError::is_of_database)
        && attempts.count <= ATTEMPTS_TRUSTED
        && file_exists(&**disk, MAIN).map_err(StoreError::io(MAIN))?
    {
        // Whatever it fails at, it would fail again: it is set aside, and asked as far as it can be read.
        let distrusted = StartAttempts { count: ATTEMPTS_TRUSTED + 1, ..attempts.clone() };
        // What was noted before it failed holds for this start too.
        let report = StartReport { unreported: unreported::load_unreported(&**disk)?, ..report };
        opened = open_marked((kind, &distrusted, report), disk, sizes, clock, random);
    }
    for _ in 0..ADOPTING_PASSES_MAX {
        opened = match opened {
            Ok((core, report))
                if !report.no_space && core.places.in_state(RunState::Waits).next().is_some() =>
            {
                // Lines count at the entry that adopts them: the database is rebuilt with them.
                drop(core);
                let attempts = StartAttempts { count: 0, ..attempts.clone() };
                let again = (StartKind::Normal, &attempts, report.for_another_pass());
                open_marked(again, disk, sizes, clock, random)
            }
            opened => opened,
        };
    }
    // A start that says what is wrong got through as far as the mark is concerned: nothing aborted or hung. A database of a
    // newer program opened, whatever starts before this one came to: it must not look like one that does not.
    let is_newer = matches!(opened, Err(StoreError::Newer { .. }));
    if opened.is_ok() || is_newer || attempts.count == 0 {
        remove_if_there(&**disk, MARK).map_err(StoreError::io(MARK))?;
    }
    opened
}

fn open_marked(
    (kind, attempts, report): (StartKind, &StartAttempts, StartReport),
    disk: &Arc<dyn Disk>,
    sizes: StoreSizes,
    clock: &Arc<dyn Clock>,
    random: &dyn RandomSource,
) -> Result<(LogWriter, StartReport), StoreError> {
    let now = clock.now();
    // First, what an interruption left: half files take no names, lines in another epoch's folder go where they belong.
    remove_leftovers(&**disk)?;
    displace_misplaced(disk)?;
    // Without the keys nothing says which logs are this box's.
    let keys = BoxKeys::load(&**disk, &now, random)?;
    let mut start = StartState {
        disk,
        sizes,
        now,
        random,
        keys,
        report,
        attempts: attempts.clone(),
        lost: LostPart::default(),
        message: None,
        ends: Vec::new(),
        ended: Vec::new(),
        agreed: None,
        behind_held: None,
        key_runs: None,
        read_whole: Vec::new(),
        ends_now: None,
        unstated: Vec::new(),
    };
    // A key whose log was being begun, before anything asks which epoch is the newest.
    start.take_up_begun()?;
    // All epochs are healed from all copies while nothing is written into the database yet.
    let (main, copies, healed) = start.read_log(kind)?;
    // Behind the log, because only with a log can an absent state have been lost.
    let opened = start.open_state(&healed)?;
    // The database follows the healed log, or is built again from it.
    let (db, facility) = start.follow(kind, &copies, main.as_ref(), &healed)?;
    // Which ended epochs were read whole is noted in the database that follows them; then copies go that hold nothing more.
    start.note_read(&db)?;
    start.drain(copies, &db)?;
    // Lines that count nowhere become runs before a new entry could take their place.
    start.make_runs(&healed, &db)?;
    let state = StateDb::new(opened, Arc::clone(disk), clock.clone());
    let state = EpochState { clock: clock.clone(), state, db, facility };
    // The epoch continues, ends and another begins, or it is the first.
    let mut core = match (healed.verdict, healed.newest) {
        (ChainVerdict::Resume, Some(log)) => {
            start.resume(log.origin, log.frontier, (log.newest, log.partial), state)?
        }
        (ChainVerdict::Begin { prev, after, reason }, _) => {
            start.report.new_epoch = Some(reason.clone());
            let keys = start.keys.logs.iter().map(|key| key.origin.epoch);
            let before = keys.chain(healed.names.iter().copied()).map(|epoch| epoch.n).max().unwrap_or(0);
            unreported::note_unreported(&**disk, |unreported| {
                unreported.begun.get_or_insert((before, reason.clone()));
            })?;
            start.begin(&healed.names, EarlierEpoch { prev, after }, reason, state)?
        }
        (ChainVerdict::First | ChainVerdict::Resume, _) => {
            start.report.created = true;
            start.begin(&healed.names, EarlierEpoch::default(), String::new(), state)?
        }
    };
    adopt_runs(&mut core)?;
    let report = core.shared.report();
    Ok((core, report))
}

/// The first entries of a start adopt the runs that it made.
fn adopt_runs(core: &mut LogWriter) -> Result<(), StoreError> {
    let adopted = match adopt::adopt_log(core) {
        // They stay there, and the next start continues.
        Err(e) if e.is_full() => {
            tracing::error!(error = %e, "there is no room to adopt lines that have no place in the log");
            Vec::new()
        }
        adopted => adopted?,
    };
    core.shared.amend_report(|report| report.adopted.extend(adopted));
    Ok(())
}

impl StartState<'_> {
    fn open_state(&mut self, healed: &HealedLog) -> Result<OpenedState, StoreError> {
        let place = StatePlace {
            disk: &**self.disk,
            box_id: self.keys.box_id,
            has_log: !healed.names.is_empty(),
            tables: self.sizes.state_tables,
            wall_ms: self.now.wall_ms,
        };
        let opened = place.open()?;
        self.report.state_lost |= opened.lost;
        Ok(opened)
    }

    /// A key whose epoch was being begun becomes one when that epoch's log is here.
    fn take_up_begun(&mut self) -> Result<(), StoreError> {
        for key in std::mem::take(&mut self.keys.next) {
            let mut journal = SegmentSource::journal(self.disk.clone());
            let epoch = key.origin.epoch;
            let begun = chain::LineSource::page(&mut journal, epoch, 0).map_err(StoreError::io("log/"))?;
            if begun.is_some() {
                crate::side_files::keys::confirm_key(&**self.disk, epoch.n)?;
                self.keys.logs.push(key);
                self.keys.logs.sort_by_key(|key| key.origin.epoch.n);
            } else {
                self.keys.next.push(key);
            }
        }
        Ok(())
    }

    /// Heals the newest epoch, decides what becomes of it, and heals those before it where they need it.
    pub(crate) fn heal_log(
        &mut self,
        kind: StartKind,
        copies: &LogCopies,
        main: Option<&OpenDatabase>,
    ) -> Result<HealedLog, StoreError> {
        let names = copies.names()?;
        let held = main.map(|main| &main.held);
        let newest = match self.newest_name(&names) {
            Some(epoch) => Some(self.newest_log(epoch, copies, held)?),
            None => None,
        };
        let mut chain_state = self.chain_state(newest.as_ref())?;
        let follow = self.names_to_follow(&names)?;
        chain_state.rebase = self.rebase(newest.as_ref(), &follow, copies)?;
        // Of a machine that took another's place no log is gone: its own is kept beside the chain.
        chain_state.key = chain_state.key.filter(|_| newest.is_some() || chain_state.rebase.is_none());
        let verdict = chain::decide_chain(&chain_state);
        let chain = self.chain(&verdict, newest.as_ref(), &follow, copies)?;
        if let (ChainVerdict::Begin { .. }, Some(log)) = (&verdict, &newest) {
            Self::displace_beyond(copies, log, &chain)?;
        }
        self.leave_branches(&names, &chain, newest.as_ref(), copies)?;
        self.ends = chain.iter().filter_map(|link| Some((link.epoch, link.end.stated()?.size))).collect();
        self.ended = chain.iter().filter(|link| link.end != EpochEnd::Open).map(|link| link.epoch).collect();
        let mut counted = Vec::new();
        for link in &chain {
            let open = newest.as_ref().filter(|log| log.origin.epoch == link.epoch);
            let extent = match (link.end, open) {
                (EpochEnd::Open, Some(log)) => LogExtent::of(&log.frontier),
                (EpochEnd::Open, None) => continue,
                (EpochEnd::Counts(end), Some(log)) => self.end_now(link, end, log)?,
                (EpochEnd::Unknown, _) => {
                    self.leave_unstated(link, copies)?;
                    continue;
                }
                _ => self.heal_ended(kind, link, copies, main)?,
            };
            counted.push(CountedEpoch { epoch: link.epoch, extent });
        }
        self.note_forgotten(&verdict, newest.as_ref());
        Ok(HealedLog { newest, verdict, names, counted })
    }

    fn end_now(
        &mut self,
        link: &ChainLink,
        end: LogExtent,
        log: &NewestLog,
    ) -> Result<LogExtent, StoreError> {
        self.ends_now = Some(link.epoch);
        let own = LogExtent::of(&log.frontier);
        let here = match end.size < own.size {
            true => super::newest::root_at(&**self.disk, &log.origin, end.size)?
                .map_or(own, |root| LogExtent { size: end.size, root }),
            false => own,
        };
        self.report.missing.extend(link.missing(here));
        Ok(here)
    }

    fn chain_state(&mut self, newest: Option<&NewestLog>) -> Result<ChainState, StoreError> {
        let disk = &**self.disk;
        let verifiers = self.keys.verifiers(disk)?;
        let key = self.keys.newest().map(|key| key.origin);
        let mut cosigned = None;
        if let Some(origin) = newest.map(|log| log.origin).or(key) {
            let stored =
                UplinkCursor::load(disk, &origin, &verifiers)?.stored.map(|stored| stored.checkpoint);
            let ended = key.map(|key| cursor::ended_cursor(disk, &key, &verifiers)).transpose()?.flatten();
            let most =
                stored.into_iter().chain(ended).max_by_key(|message| (message.origin.epoch.n, message.size));
            cosigned = most
                .map(|message| (message.origin.epoch, LogExtent { size: message.size, root: message.root }));
        } else if let Some(verifier) = verifiers.first()
            && let Ok(origin) = verifier.name().parse()
        {
            let stored =
                UplinkCursor::load(disk, &origin, &verifiers)?.stored.map(|stored| stored.checkpoint);
            cosigned = stored
                .map(|message| (message.origin.epoch, LogExtent { size: message.size, root: message.root }));
        }
        self.message = cosigned.map(|(epoch, _)| epoch);
        let newest = newest.map(|log| NewestEpoch {
            epoch: log.origin.epoch,
            own: LogExtent::of(&log.frontier),
            whole: log.whole,
            relay: log.relay,
            signed_beyond: log.signed_beyond,
            key: self.keys.of(log.origin.epoch).is_some(),
        });
        Ok(ChainState { newest, key: key.map(|key| key.epoch), cosigned, rebase: None })
    }

    /// The chain that the newest epoch ends, or that the one ends which is to begin.
    fn chain(
        &self,
        verdict: &ChainVerdict,
        newest: Option<&NewestLog>,
        names: &[Epoch],
        copies: &LogCopies,
    ) -> Result<Vec<ChainLink>, StoreError> {
        match (verdict, newest) {
            (ChainVerdict::Begin { prev, after, .. }, _) => {
                let next = Epoch { n: u32::MAX, key: [0; 4] };
                let before = match (prev, after) {
                    (Some(prev), _) => Some(EpochLink::Prev(*prev)),
                    (None, Some(after)) => Some(EpochLink::After(*after)),
                    (None, None) => Some(EpochLink::First),
                };
                let mut chain = chain::follow_back(next, names, |epoch| {
                    if epoch == next { Ok(before) } else { copies.link(epoch) }
                })?;
                chain.pop();
                Ok(chain)
            }
            (_, Some(log)) => chain::follow_back(log.origin.epoch, names, |epoch| copies.link(epoch)),
            (_, None) => Ok(Vec::new()),
        }
    }
}
