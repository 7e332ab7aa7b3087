//! The summary of a week.

use record::figures::{ItemUtilisation, SubmissionTimes};

use super::DueMail;
use crate::db::delivery::mail_rounds::{self, DaySpan, MailReaderRow, WeekRow};
use crate::db::{AccountScope, DbError};
use crate::jobs::handlers::RelayHandlers;
use crate::mail::{MailLetter, WeekPlace, WeekSummary, WindowCount};

/// Weeks of the trend, this one included.
const TREND_WEEKS: i64 = 8;

pub(super) fn count_windows(met: i64, closed: i64) -> WindowCount {
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    WindowCount { met: count(met), closed: count(closed) }
}

/// A day's number, as letters have it.
pub(super) fn read_day(day: i64) -> i32 {
    i32::try_from(day).unwrap_or_default()
}

/// Of what somebody sees of the account; `None`: they see nothing.
pub(super) async fn find_summary(
    relay: &RelayHandlers,
    scope: AccountScope,
    account: &str,
    reader: &MailReaderRow,
    span: DaySpan,
) -> Result<Option<DueMail>, DbError> {
    let mut conn = relay.db.read(reader.reads(scope)).await?;
    let rows = mail_rounds::list_week(&mut conn, span).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let times = SubmissionTimes::of(mail_rounds::list_took(&mut conn, span).await?);
    let first_day = span.first_day - 7 * (TREND_WEEKS - 1);
    let trend = mail_rounds::list_trend(&mut conn, first_day, span.last_day).await?;
    let url = relay.webhooks.public_url.as_str();
    let trend = (0..TREND_WEEKS).map(|week| {
        let found = trend.iter().find(|(number, ..)| *number == week);
        let windows =
            found.map_or_else(WindowCount::default, |(_, met, closed)| count_windows(*met, *closed));
        (read_day(first_day + 7 * week), windows)
    });
    let summary = WeekSummary {
        trend: trend.collect(),
        median_ms: times.map(|times| times.median_ms),
        ..sum_week(rows, span, url)
    };
    Ok(Some(DueMail {
        mark: format!("weekly/{}/{}", span.first_day, reader.user_id),
        address: reader.email.clone(),
        letter: MailLetter::weekly(account, summary, format!("{url}/app/")),
    }))
}

fn sum_week(mut rows: Vec<WeekRow>, span: DaySpan, url: &str) -> WeekSummary {
    let sum = |of: fn(&WeekRow) -> i64| rows.iter().map(of).sum::<i64>();
    let (items, cleanings) = (sum(|row| row.items), sum(|row| row.cleanings));
    let a_day = |count| ItemUtilisation::tenths_a_day(u32::try_from(count).unwrap_or(u32::MAX), 7 * items);
    let summary = WeekSummary {
        first_day: read_day(span.first_day),
        last_day: read_day(span.last_day),
        items,
        cleanings,
        use_a_day: (items > 0).then(|| [cleanings, sum(|row| row.uses)].map(a_day)),
        overdue: sum(|row| row.overdue),
        windows: count_windows(sum(|row| row.met), sum(|row| row.closed)),
        unknown: sum(|row| i64::from(row.box_state == "silent")),
        ..WeekSummary::default()
    };
    // The lowest rate first; those without one at the end.
    rows.sort_by_key(|row| if row.closed > 0 { row.met * 1_000 / row.closed } else { i64::MAX });
    let places = rows.into_iter().map(|row| WeekPlace {
        windows: count_windows(row.met, row.closed),
        cleanings: row.cleanings,
        overdue: row.overdue,
        href: format!("{url}/app/f/{}", row.facility),
        name: row.name,
    });
    WeekSummary { places: places.collect(), ..summary }
}
