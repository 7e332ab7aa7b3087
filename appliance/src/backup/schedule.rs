//! When a backup is due, and from when on there is none that is new enough.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::record::BackupRecord;

const PERIOD_MS: i64 = 86_400_000;
/// After so many periods without a verified backup an alarm is raised.
const PERIODS_MISSED_MAX: i64 = 3;
/// After a failure it is tried again.
const RETRY_MS: i64 = 3_600_000;

/// After the start of the box: a stick is mounted some seconds after its machine was switched on, and slow ones take minutes.
const MOUNT_WAIT_MS: u64 = 5 * 60_000;

/// Whether a folder that is not there may still come, so soon after the start.
pub(super) fn is_awaited(started_up_ms: u64, now_up_ms: u64) -> bool {
    now_up_ms.saturating_sub(started_up_ms) < MOUNT_WAIT_MS
}

/// Whether a backup is to be made now. `daily` is the time of the day in the facility's zone.
pub(super) fn is_due(record: &BackupRecord, daily: Time, zone: &TimeZone, now_ms: i64) -> bool {
    let after_ms = record.tried_ms.unwrap_or(record.first_ms);
    // A clock that was set back makes none due until it has caught up, or a day is over.
    if after_ms > now_ms {
        return after_ms - now_ms > PERIOD_MS;
    }
    if record.failed && now_ms - after_ms >= RETRY_MS {
        return true;
    }
    last_time_ms(daily, zone, now_ms).is_some_and(|last_ms| last_ms > after_ms)
}

fn last_time_ms(daily: Time, zone: &TimeZone, now_ms: i64) -> Option<i64> {
    let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone());
    let today_ms = find_time_ms(now.date(), daily, zone)?;
    if today_ms <= now_ms {
        Some(today_ms)
    } else {
        find_time_ms(now.date().checked_sub(1.day()).ok()?, daily, zone)
    }
}

fn find_time_ms(day: jiff::civil::Date, daily: Time, zone: &TimeZone) -> Option<i64> {
    // Where the clock skips that time it is taken as the moment after.
    Some(day.to_datetime(daily).to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

/// Whether nothing has been saved elsewhere for too long.
pub(super) fn is_old(record: &BackupRecord, now_ms: i64) -> bool {
    // A clock that was once far ahead wrote dates that would otherwise count as new for years. One that was set back a
    // little wrote right ones.
    let taken_ms = record.last.as_ref().map(|last| last.taken_ms);
    let dates = [taken_ms, record.relay_ms].into_iter().flatten();
    let saved_ms = dates.filter(|at_ms| at_ms.saturating_sub(now_ms) <= PERIOD_MS).max();
    now_ms.saturating_sub(saved_ms.unwrap_or(record.first_ms)) > PERIODS_MISSED_MAX * PERIOD_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::record::VerifiedBackup;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn tried(text: &str) -> BackupRecord {
        BackupRecord { tried_ms: Some(ms(text)), first_ms: ms(text), ..BackupRecord::default() }
    }

    #[test]
    fn once_a_day_at_its_time_in_the_facilitys_zone() {
        let (at, chicago) = (Time::constant(2, 30, 0, 0), zone("America/Chicago"));
        let due = |last: &str, now: &str| is_due(&tried(last), at, &chicago, ms(now));
        assert!(!due("2026-11-22T12:00:00Z", "2026-11-23T08:29:59Z"));
        assert!(due("2026-11-22T12:00:00Z", "2026-11-23T08:30:00Z"));
        assert!(due("2026-11-22T12:00:00Z", "2026-11-25T01:00:00Z"), "a box that was off makes it up");
        assert!(!due("2026-11-23T08:30:00Z", "2026-11-23T23:00:00Z"));
        // 02:30 is not there on this day.
        assert!(due("2026-03-07T12:00:00Z", "2026-03-08T08:30:00Z"));
        assert!(!due("2026-03-08T08:30:01Z", "2026-03-09T07:29:00Z"));
        let new = BackupRecord { first_ms: ms("2026-11-23T10:00:00Z"), ..BackupRecord::default() };
        assert!(!is_due(&new, at, &chicago, ms("2026-11-23T10:01:00Z")), "nothing is due on the first day");
    }

    #[test]
    fn a_failure_is_tried_again_after_an_hour() {
        let failed = BackupRecord { failed: true, ..tried("2026-11-23T08:30:00Z") };
        let due = |now: &str| is_due(&failed, Time::midnight(), &TimeZone::UTC, ms(now));
        assert!(!due("2026-11-23T09:29:59Z"));
        assert!(due("2026-11-23T09:30:00Z"));
    }

    #[test]
    fn a_stick_is_awaited_for_minutes_after_the_start() {
        assert!(is_awaited(7, 7) && is_awaited(7, 300_006) && !is_awaited(7, 300_007));
    }

    #[test]
    fn a_clock_that_jumps_makes_no_backup_after_the_other() {
        let last = tried("2026-11-23T08:30:00Z");
        let due = |now: &str| is_due(&last, Time::midnight(), &TimeZone::UTC, ms(now));
        assert!(!due("2026-11-23T04:00:00Z"));
        assert!(due("1970-01-01T00:00:00Z"), "the earlier time was wrong, or this one is");
    }

    #[test]
    fn a_date_of_a_clock_that_was_far_ahead_is_none() {
        let day = PERIOD_MS;
        let ahead = VerifiedBackup {
            name: String::new(),
            folder: String::new(),
            taken_ms: 400 * day,
            verified_ms: 400 * day,
            bytes: 0,
            entries: 0,
            photos: 0,
        };
        let mut record = BackupRecord { last: Some(ahead), ..BackupRecord::default() };
        assert!(!is_old(&record, 3 * day), "three days after the first");
        assert!(is_old(&record, 3 * day + 1));
        record.relay_ms = Some(3 * day);
        assert!(!is_old(&record, 6 * day), "it hides no right one");
        assert!(is_old(&record, 6 * day + 1));
        assert!(!is_old(&record, 399 * day), "a clock that was set back a little");
    }

    #[test]
    fn the_relays_copy_counts_as_a_backup() {
        let day = PERIOD_MS;
        let mut record = BackupRecord { first_ms: 0, ..BackupRecord::default() };
        assert!(!is_old(&record, 3 * day));
        assert!(is_old(&record, 3 * day + 1));
        record.relay_ms = Some(2 * day);
        assert!(!is_old(&record, 5 * day));
        assert!(is_old(&record, 6 * day));
    }
}
