//! What a start found and what the store says of itself, as alarms.

use std::collections::{BTreeMap, BTreeSet};

use record::alarm::AlarmCode;
use record::entry::ClockState;
use record::ids::Epoch;
use service::clock::Now;

use super::{AlarmCause, AlarmChanges, AlarmStore};
use crate::store::{
    MissingEntries, PastLog, Recording, StartReport, StateCondition, StoreHealth, TAKEOVER_REASON,
};

/// The clock of a board that was just switched on is unverified; a time server takes a moment.
const CLOCK_UNSURE_MS: u64 = 5 * 60_000;
/// What the weekly check found belongs to no single log.
const WEEKLY: &str = "weekly check";

macro_rules! optional_parts {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// A part of the box without which phones can still record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum OptionalPart {
            $($(#[$doc])* $name,)*
        }

        impl OptionalPart {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }

        impl std::str::FromStr for OptionalPart {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $($word => Ok(Self::$name),)*
                    _ => Err(()),
                }
            }
        }

        #[cfg(test)]
        pub(crate) const OPTIONAL_PARTS: &[OptionalPart] = &[$(OptionalPart::$name,)*];
    };
}

optional_parts! {
    Https = "https",
    /// Its authority was created again.
    HttpsRenewed = "https-renewed",
    Photos = "photos",
    Printers = "printers",
    /// The connection to the relay.
    Uplink = "uplink",
    /// What is in no log: PINs, sessions, tokens.
    State = "state",
    /// The same: the disk does not take or give it.
    StateDisk = "state-disk",
    /// The same: rows of it cannot be read.
    StateRows = "state-rows",
    Badges = "badges",
    /// Lights and button.
    Panel = "panel",
    /// The command line's socket.
    Admin = "admin",
}

impl OptionalPart {
    pub fn off(self, why: &str) -> AlarmCause {
        AlarmCause::new(AlarmCode::OptionalPart).about(self.as_str()).detail(why)
    }

    pub fn is_of(self, cause: &AlarmCause) -> bool {
        cause.code == AlarmCode::OptionalPart && cause.subject.as_deref() == Some(self.as_str())
    }
}

/// Reports what a start found and did, and what earlier ones did and could not report; `past` are the logs before this one's.
pub fn report_start(alarms: &AlarmStore, report: &StartReport, epoch: Epoch, past: &[PastLog]) {
    alarms.change_together(|alarms| {
        // A start rebuilt the database, or found nothing wrong with it.
        alarms.end(|cause| cause.code == AlarmCode::DbDamaged);
        let set_aside: BTreeSet<&String> =
            report.set_aside.iter().chain(&report.unreported.set_aside).collect();
        for name in set_aside {
            alarms.report(AlarmCause::new(AlarmCode::HintBad).about(name));
        }
        report_missing(alarms, &report.missing, past);
        report_lines(alarms, report, epoch);
        report_repairs(alarms, report, epoch);
        report_databases(alarms, report);
    });
}

/// Reports missing entries: once for each log, however many pieces of it are missing.
fn report_missing(alarms: &mut AlarmChanges<'_>, missing: &[MissingEntries], past: &[PastLog]) {
    let mut of_log: BTreeMap<Epoch, (MissingEntries, u64)> = BTreeMap::new();
    for range in missing {
        let (all, pieces) = of_log.entry(range.epoch).or_insert((*range, 0));
        all.from = all.from.min(range.from);
        all.to = all.to.zip(range.to).map(|(one, other)| one.max(other));
        all.forgotten |= range.forgotten;
        *pieces += 1;
    }
    for (range, pieces) in of_log.into_values() {
        if alarms.stands(|cause: &AlarmCause| {
            is_of_missing(cause)
                && cause.epoch == Some(range.epoch)
                && cause.from.is_none_or(|from| from <= range.from)
        }) {
            continue;
        }
        let log = past.iter().find(|past| past.origin.epoch == range.epoch);
        let code = match log.is_some_and(|log| log.replaced) {
            true => AlarmCode::HistoryComing,
            false if range.forgotten => AlarmCode::LogForgot,
            false => AlarmCode::LogMissing,
        };
        let cause = AlarmCause::new(code).of(range.epoch).from(range.from);
        let cause = range.to.map_or(cause.clone(), |to| cause.to(to));
        alarms.raise(match pieces {
            1 => cause,
            _ => cause.with_pieces(pieces),
        });
    }
}

/// Reports which lines count by runs, and which are stored beside the log.
fn report_lines(alarms: &mut AlarmChanges<'_>, report: &StartReport, epoch: Epoch) {
    // What this machine recorded before it took another one's place was never lost.
    let is_takeover = begun_reason(report, epoch) == Some(TAKEOVER_REASON);
    let runs = report.adopted.iter().filter(|_| !is_takeover);
    let now = runs.map(|run| (run.epoch(), run.lines().start, run.lines().end));
    let mut adopted: BTreeMap<Epoch, (u64, u64)> = BTreeMap::new();
    let before = report.unreported.adopted.iter().filter(|_| !is_takeover);
    for (of, from, to) in now.chain(before.copied()) {
        let all = adopted.entry(of).or_insert((from, to));
        *all = (all.0.min(from), all.1.max(to));
    }
    for (of, (from, to)) in adopted {
        alarms.report(AlarmCause::new(AlarmCode::LogAdopted).of(of).from(from).to(to));
    }
    alarms.end(|cause| {
        cause.code == AlarmCode::LogApart && cause.epoch.is_none_or(|epoch| !report.apart.contains(&epoch))
    });
    for of in &report.apart {
        alarms.raise(AlarmCause::new(AlarmCode::LogApart).of(*of));
    }
}

fn begun_reason(report: &StartReport, epoch: Epoch) -> Option<&str> {
    report.new_epoch.as_deref().or_else(|| report.unreported.begun(epoch))
}

/// Reports what a start repaired.
fn report_repairs(alarms: &mut AlarmChanges<'_>, report: &StartReport, epoch: Epoch) {
    let unreported = &report.unreported;
    // Of a place that was taken its history tells.
    if let Some(why) = begun_reason(report, epoch).filter(|why| *why != TAKEOVER_REASON) {
        alarms.report(AlarmCause::new(AlarmCode::LogEpoch).of(epoch).detail(why));
    }
    if let Some(why) = report.healed.as_ref().or(unreported.healed.as_ref()) {
        // It may have been any of the logs.
        alarms.report(AlarmCause::new(AlarmCode::LogHealed).detail(why));
    }
    if let Some(why) = report.rebuilt.as_ref().filter(|_| !report.refilled).or(unreported.rebuilt.as_ref()) {
        alarms.report(AlarmCause::new(AlarmCode::DbSalvage).detail(why));
    }
}

fn report_databases(alarms: &mut AlarmChanges<'_>, report: &StartReport) {
    if let Some(range) = &report.refused {
        let cause = AlarmCause::new(AlarmCode::RebuildShort).of(range.epoch).from(range.from);
        alarms.report(match range.to {
            Some(to) => cause.to(to),
            None => cause,
        });
    }
    alarms.end(|cause| {
        let path = cause.subject.as_ref();
        cause.code == AlarmCode::DbSalvage && path.is_some_and(|path| !report.unread_copies.contains(path))
    });
    for path in &report.unread_copies {
        alarms.raise(AlarmCause::new(AlarmCode::DbSalvage).about(path));
    }
    if report.no_space {
        alarms.raise(AlarmCause::new(AlarmCode::DiskFull).about(DATABASE));
    } else {
        alarms.end(is_of_rebuild_space);
    }
    if report.state_lost {
        alarms.report(OptionalPart::State.off(""));
    }
}

/// Subject of alarms about space for what is fetched from the relay.
const FETCHED: &str = "fetched";

/// There is no disk space for what the relay returns, beside what is reserved for records.
pub fn no_space_to_fetch() -> AlarmCause {
    AlarmCause::new(AlarmCode::DiskFull).about(FETCHED)
}

pub fn is_of_fetch_space(cause: &AlarmCause) -> bool {
    cause.code == AlarmCode::DiskFull && cause.subject.as_deref() == Some(FETCHED)
}

/// Subject of alarms about space for rebuilding the database.
const DATABASE: &str = "database";

/// Whether it reports that there is no space to rebuild the database.
pub fn is_of_rebuild_space(cause: &AlarmCause) -> bool {
    cause.code == AlarmCode::DiskFull && cause.subject.as_deref() == Some(DATABASE)
}

/// Whether it reports entries that this box lacks.
pub fn is_of_missing(cause: &AlarmCause) -> bool {
    use AlarmCode as C;
    matches!(cause.code, C::LogMissing | C::LogForgot | C::RelayOther | C::HistoryComing)
}

/// Whether the entries that an alarm reports missing are back in an earlier log, which has all of it that counts.
pub fn is_back(cause: &AlarmCause, past: &PastLog) -> bool {
    is_of_missing(cause)
        && past.whole
        && cause.epoch == Some(past.origin.epoch)
        && cause.from.unwrap_or(0) < past.counts.size
}

/// Reports which earlier logs are not whole.
pub fn report_past(alarms: &AlarmStore, past: &[PastLog]) {
    alarms.change_together(|alarms| {
        for past in past {
            let epoch = past.origin.epoch;
            if past.whole {
                alarms.end(|cause| is_back(cause, past));
            } else if !alarms.stands(|cause| cause.epoch == Some(epoch) && is_of_missing(cause)) {
                let from = if past.size < past.counts.size { past.size } else { 0 };
                let code = if past.replaced { AlarmCode::HistoryComing } else { AlarmCode::LogMissing };
                let cause = AlarmCause::new(code).of(epoch).from(from);
                alarms.raise(if past.stated { cause.to(past.counts.size) } else { cause });
            }
        }
    });
}

/// Reports whether `state.redb` accepts writes.
pub fn report_state(alarms: &AlarmStore, condition: &StateCondition) {
    match condition {
        StateCondition::Sound => alarms.end(is_of_state_disk),
        StateCondition::Recovered(_) if alarms.stands(is_of_state_disk) => alarms.end(is_of_state_disk),
        StateCondition::Recovered(why) => alarms.report(OptionalPart::StateDisk.off(why)),
        StateCondition::Failing(why) => alarms.raise(OptionalPart::StateDisk.off(why)),
    }
}

fn is_of_state_disk(cause: &AlarmCause) -> bool {
    OptionalPart::StateDisk.is_of(cause)
}

/// Reports which tables of `state.redb` have unreadable rows, and how many.
pub fn report_unreadable_rows(alarms: &AlarmStore, unreadable: &[(&str, usize)]) {
    let tables: Vec<String> = unreadable.iter().map(|(table, count)| format!("{table}: {count}")).collect();
    match tables.is_empty() {
        true => alarms.end(|cause| OptionalPart::StateRows.is_of(cause)),
        false => alarms.raise(OptionalPart::StateRows.off(&tables.join(", "))),
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub struct ReportedCounts {
    refused: u64,
    healed: u64,
    removed_copies: u64,
    /// When the last complete check had ended, as known at the start.
    round_ms: Option<Option<i64>>,
}

pub fn report_health_alarms(
    alarms: &AlarmStore,
    reported: &mut ReportedCounts,
    health: &StoreHealth,
    now: &Now,
) {
    let refused = health.refused > std::mem::replace(&mut reported.refused, health.refused);
    match health.recording {
        Recording::Full => alarms.raise(AlarmCause::new(AlarmCode::DiskFull)),
        Recording::Ready | Recording::Ended if refused => alarms.report(AlarmCause::new(AlarmCode::DiskFull)),
        Recording::Ready => {
            alarms.end(|cause: &AlarmCause| cause.code == AlarmCode::DiskFull && cause.subject.is_none())
        }
        Recording::Ended => {}
    }
    if health.damaged {
        alarms.raise(AlarmCause::new(AlarmCode::DbDamaged));
    }
    if health.removed_copies > std::mem::replace(&mut reported.removed_copies, health.removed_copies) {
        alarms.report(AlarmCause::new(AlarmCode::CopyRemoved));
    }
    let found = &health.scrubbed;
    if found.healed > std::mem::replace(&mut reported.healed, found.healed) {
        alarms.report(AlarmCause::new(AlarmCode::LogHealed).about(WEEKLY));
    }
    if found.damaged > 0 {
        alarms.raise(AlarmCause::new(AlarmCode::LogMissing).about(WEEKLY));
    }
    if !found.photos.is_empty() {
        alarms.raise(AlarmCause::new(AlarmCode::PhotosDamaged).to(found.photos.len() as u64));
    }
    let begun = *reported.round_ms.get_or_insert(found.round_ms);
    // A complete check that began after the start found nothing.
    if found.round_ms != begun && found.damaged == 0 {
        alarms.end(|cause| cause.code == AlarmCode::LogMissing && cause.subject.as_deref() == Some(WEEKLY));
    }
    if found.round_ms != begun && found.photos.is_empty() {
        alarms.end(|cause| cause.code == AlarmCode::PhotosDamaged);
    }
    match now.state {
        ClockState::Uncertain if now.up_ms >= CLOCK_UNSURE_MS => {
            alarms.raise(AlarmCause::new(AlarmCode::ClockUnsure))
        }
        ClockState::Uncertain => {}
        ClockState::Synced | ClockState::Rtc => {
            alarms.end(|cause: &AlarmCause| cause.code == AlarmCode::ClockUnsure)
        }
    }
}
