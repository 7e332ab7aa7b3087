//! The newest epoch at a start: how far its journal goes, whether other copies agree, and what the relay says of it.

use record::checkpoint::{Checkpoint, LogOrigin};
use record::ids::Epoch;
use record::tree::{Frontier, Hash};

use super::start_state::{NewestLog, StartState};
use crate::database::main_database::DatabaseExtent;
use crate::database::salvage;
use crate::healing::heal::JournalRepair;
use crate::healing::refill;
use crate::io::disk::Disk;
use crate::io::error::StoreError;
use crate::log::chain::{LineSource as _, LogExtent};
use crate::log::displaced;
use crate::log::journal::Journal;
use crate::log::linked::LinkedEpoch;
use crate::log::scan::{ReadStep, SegmentFile, SegmentReader};
use crate::log::survey::{JournalSurvey, SurveyClaims, survey_journal};
use crate::log::tail;
use crate::log::tail::SegmentTail;
use crate::runs::run_file;
use crate::shared::cursor;
use crate::shared::cursor::UplinkCursor;
use crate::side_files::unreported;
use crate::sources::{LogCopies, SegmentSource};

impl StartState<'_> {
    pub(crate) fn newest_name(&self, names: &[Epoch]) -> Option<Epoch> {
        names.iter().copied().max_by_key(|epoch| (epoch.n, self.keys.of(*epoch).is_some()))
    }

    /// Puts the newest epoch together. Nothing is read but its newest segment while that agrees with the database.
    pub(crate) fn newest_log(
        &mut self,
        epoch: Epoch,
        copies: &LogCopies,
        held: Option<&DatabaseExtent>,
    ) -> Result<NewestLog, StoreError> {
        let disk = self.disk.clone();
        let origin = LogOrigin { box_id: self.keys.box_id, epoch };
        let dir = Journal::dir(&origin);
        self.drop_unused(&dir, &origin)?;
        let cursor = UplinkCursor::load(&*disk, &origin, &self.keys.verifiers(&*disk)?)?;
        let held = held.and_then(|held| held.frontier(epoch));
        let claims =
            SurveyClaims { held: held.map_or(0, Frontier::size), confirmed: cursor.confirmed(&origin) };
        let found =
            survey_journal(&*disk, origin, &dir, claims, false).map_err(StoreError::io(dir.as_str()))?;
        let agreed = match &found {
            JournalSurvey::Whole(whole) => {
                let same = held.is_none_or(|held| whole.root_at_held == Some(held.root()));
                same && !self.others_go_beyond(copies, epoch, &whole.frontier)?
            }
            JournalSurvey::Damaged { .. } => false,
        };
        let mut log = match found {
            JournalSurvey::Whole(whole) if agreed => {
                self.agreed = held.map(|_| epoch);
                self.behind_held = whole.behind_held;
                NewestLog {
                    origin,
                    frontier: whole.frontier,
                    whole: true,
                    newest: whole.newest,
                    partial: whole.partial,
                    relay: None,
                    database_wrong: false,
                    signed_beyond: None,
                }
            }
            JournalSurvey::Whole(_) => {
                self.healed_log(origin, copies, "other copies did not agree with the journal")?
            }
            JournalSurvey::Damaged { why, .. } => self.healed_log(origin, copies, &why)?,
        };
        self.hear_relay(&mut log, &cursor, copies)?;
        log.signed_beyond = self.signed_beyond(epoch, &log.frontier)?;
        Ok(log)
    }

    /// What says that the key of this epoch has signed entries behind those that are here: a key never signs two histories.
    fn signed_beyond(&self, epoch: Epoch, frontier: &Frontier) -> Result<Option<&'static str>, StoreError> {
        // On a full disk it is not noted.
        let aside = ["log".to_owned(), format!("log/{epoch}")];
        if self.report.unreported.log_aside >= epoch.n
            || aside.iter().any(|path| self.report.set_aside.contains(path))
        {
            return Ok(Some("the end of the log is gone: nobody knows how far it went"));
        }
        let beyond =
            Some("a copy has other entries behind the last one that is here, signed with the same key");
        for path in displaced::of_epoch(&**self.disk, epoch)? {
            let mut lines = SegmentSource::loose(self.disk.clone(), epoch, path);
            let page = lines.page(epoch, frontier.size()).map_err(StoreError::io(displaced::DIR))?;
            if page.is_some() {
                return Ok(beyond);
            }
        }
        let mut runs = run_file::list_runs(&**self.disk)?;
        // Those that were taken apart say it too.
        runs.extend(salvage::list_runs(&**self.disk)?.iter().filter_map(|path| salvage::run_name(path)));
        Ok(beyond
            .filter(|_| runs.iter().any(|run| run.epoch() == epoch && run.lines().end > frontier.size())))
    }

    /// Whether a copy beside the journal and the database has more of this very history.
    fn others_go_beyond(
        &self,
        copies: &LogCopies,
        epoch: Epoch,
        frontier: &Frontier,
    ) -> Result<bool, StoreError> {
        for mut source in copies.databases() {
            if source.goes_beyond(epoch, frontier).map_err(StoreError::io("a database"))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a database has more of the newest log than the journal, and nothing in the journal's place. A database never has
    /// what the journal had not: its end is gone, and its key may have signed more than anybody has.
    fn end_is_gone(&self, origin: &LogOrigin, copies: &LogCopies) -> Result<bool, StoreError> {
        let (disk, dir) = (&**self.disk, Journal::dir(origin));
        let last = SegmentFile::list(disk, &dir).map_err(StoreError::io(dir.as_str()))?.pop();
        let tail = match &last {
            Some(last) => tail::measure_tail(disk, last).map_err(StoreError::io(dir.as_str()))?,
            None => SegmentTail::default(),
        };
        // Of what cannot be read nobody knows how much it was.
        let stands = if tail.unread { 0 } else { tail.nonzero };
        for mut source in copies.databases() {
            let (mut from, mut bytes) = (tail.next, 0);
            while let Some(page) = source.page(origin.epoch, from).map_err(StoreError::io("a database"))? {
                from = page.piece.next();
                bytes += page.piece.lines.iter().map(|l| (l.entry.len() + l.texts.len()) as u64).sum::<u64>();
                // In place of these lines there would be noise, of which one byte in 256 is a zero.
                if bytes > stands + stands / 64 {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn healed_log(
        &mut self,
        origin: LogOrigin,
        copies: &LogCopies,
        why: &str,
    ) -> Result<NewestLog, StoreError> {
        let disk = self.disk.clone();
        if self.end_is_gone(&origin, copies)? {
            // Before the journal is written: then nothing else says so.
            let n = origin.epoch.n;
            unreported::note_unreported(&*disk, |unreported| {
                unreported.log_aside = unreported.log_aside.max(n)
            })?;
            self.report.unreported.log_aside = self.report.unreported.log_aside.max(n);
        }
        let dir = Journal::dir(&origin);
        let note = |from: &[String]| {
            unreported::note_unreported(&*disk, |unreported| unreported.heal(describe_repair(why, from)))
        };
        let healer = JournalRepair {
            copies,
            box_id: origin.box_id,
            segment_bytes: self.sizes.segment,
            before_write: Some(&note),
        };
        let healed = healer.heal(origin.epoch, None, u64::MAX)?;
        if healed.wrote {
            self.report.healed = Some(describe_repair(why, &healed.from));
        }
        let segments = SegmentFile::list(&*disk, &dir).map_err(StoreError::io(dir.as_str()))?;
        let mut newest = None;
        if let Some(segment) = segments.last().filter(|_| healed.whole) {
            let at = end_of(&*disk, segment, &origin).map_err(StoreError::io(dir.as_str()))?;
            newest = at.map(|at| (segment.clone(), at));
        }
        Ok(NewestLog {
            origin,
            frontier: healed.frontier,
            whole: healed.whole,
            newest,
            partial: None,
            relay: None,
            database_wrong: false,
            signed_beyond: None,
        })
    }

    /// What the relay cosigned of it, where that is more than this box holds, or other entries.
    fn hear_relay(
        &mut self,
        log: &mut NewestLog,
        cursor: &UplinkCursor,
        copies: &LogCopies,
    ) -> Result<(), StoreError> {
        let disk = self.disk.clone();
        let disk = &*disk;
        let origin = log.origin;
        let ended = cursor::ended_cursor(disk, &origin, &self.keys.verifiers(disk)?)?;
        let stored =
            cursor.stored.as_ref().map(|stored| stored.checkpoint).filter(|stored| stored.origin == origin);
        let mut contrary: Vec<Checkpoint> = Vec::new();
        for (message, is_note) in ended.map(|c| (c, true)).into_iter().chain(stored.map(|c| (c, false))) {
            let mut own = None;
            if message.size <= log.frontier.size() {
                own = root_at(disk, &origin, message.size)?;
                if own.is_none() {
                    // A closed segment is damaged, and nothing looked at it yet: a copy may have what was there.
                    match self.heal_closed(log, copies) {
                        Err(e) if e.is_full() => {
                            tracing::error!(error = %e, "there is no room to heal the journal");
                        }
                        healed => healed?,
                    }
                    own = root_at(disk, &origin, message.size)?;
                }
            }
            if own != Some(message.root) {
                contrary.push(message);
            } else if is_note {
                // The journal holds just what the relay cosigned: it was the database that gave a wrong root.
                refill::forget_end(disk, origin.epoch)?;
                log.database_wrong = true;
            }
        }
        let most = contrary.into_iter().max_by_key(|message| message.size);
        log.relay = most.map(|message| LogExtent { size: message.size, root: message.root });
        Ok(())
    }

    /// Of a segment in both forms one is deleted where the other is whole; so is a newest one that never held anything.
    fn drop_unused(&self, dir: &str, origin: &LogOrigin) -> Result<(), StoreError> {
        let disk = &**self.disk;
        let all = SegmentFile::list(disk, dir).map_err(StoreError::io(dir))?;
        for pair in all.windows(2).filter(|pair| pair[0].first == pair[1].first) {
            let (plain, sealed) = (&pair[0], &pair[1]);
            let goes = match (LinkedEpoch::ends(disk, sealed, origin).map_err(StoreError::io(dir))?, plain) {
                (Some((before, after)), plain) if after.size() > before.size() => plain,
                _ if LinkedEpoch::ends(disk, plain, origin).map_err(StoreError::io(dir))?.is_some() => sealed,
                // Each may hold what the other lost: they are healed together.
                _ => continue,
            };
            disk.remove(&goes.path).map_err(StoreError::io(dir))?;
            disk.sync_dir(dir).map_err(StoreError::io(dir))?;
        }
        let all = SegmentFile::list(disk, dir).map_err(StoreError::io(dir))?;
        let Some(last) = all.last().filter(|s| !s.sealed) else { return Ok(()) };
        let mut reader = SegmentReader::open(disk, last).map_err(StoreError::io(dir))?;
        let header = reader.header().is_some();
        // What cannot be read may have been one.
        let empty = !holds_groups(&mut reader).map_err(StoreError::io(dir))? && !reader.has_lost(0);
        // Without a header a roll was interrupted; the first segment is begun again even when its header was written.
        if empty && (!header || last.first == 0) {
            disk.remove(&last.path).map_err(StoreError::io(dir))?;
            disk.sync_dir(dir).map_err(StoreError::io(dir))?;
        }
        Ok(())
    }
}

fn describe_repair(why: &str, from: &[String]) -> String {
    match from {
        [] => why.to_owned(),
        from => format!("{why}; a part came from {}", from.join(", ")),
    }
}

/// The journal's root at `size`, from the segment that holds it.
pub(crate) fn root_at(disk: &dyn Disk, origin: &LogOrigin, size: u64) -> Result<Option<Hash>, StoreError> {
    let dir = Journal::dir(origin);
    let claims = SurveyClaims { held: size, confirmed: 0 };
    let found = survey_journal(disk, *origin, &dir, claims, false).map_err(StoreError::io(dir))?;
    Ok(match found {
        JournalSurvey::Whole(whole) => whole.root_at_held,
        JournalSurvey::Damaged { root_at_held, .. } => root_at_held,
    })
}

fn end_of(disk: &dyn Disk, segment: &SegmentFile, origin: &LogOrigin) -> std::io::Result<Option<u64>> {
    let Some(mut linked) = LinkedEpoch::open(disk, segment, origin)? else { return Ok(None) };
    loop {
        match linked.step()? {
            crate::log::linked::LinkedStep::Group { .. } => {}
            crate::log::linked::LinkedStep::Alien { .. } | crate::log::linked::LinkedStep::Bad { .. } => {
                return Ok(None);
            }
            crate::log::linked::LinkedStep::End { at } => return Ok(Some(at)),
        }
    }
}

fn holds_groups(reader: &mut SegmentReader) -> std::io::Result<bool> {
    loop {
        match reader.step()? {
            ReadStep::Group { .. } => return Ok(true),
            ReadStep::Bad { .. } => {}
            ReadStep::End { .. } => return Ok(false),
        }
    }
}
