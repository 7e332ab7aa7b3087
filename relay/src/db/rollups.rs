//! How items stand and how many windows they met, kept so that a dashboard's cost does not grow with history.

use std::collections::BTreeMap;

use record::ids::FacilityId;
use record::tag::Tag;

use super::cleanings::per_item;
use super::{AccountScope, Conn, DbError, all, bulk};

/// How an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemState {
    /// Which item.
    pub tag: Tag,
    /// `none`, `out`, `idle`, `clean`, `due`, `used` or `overdue`.
    pub state: &'static str,
    /// Since when.
    pub since_ms: Option<i64>,
    /// By or until when.
    pub by_ms: Option<i64>,
    /// Newest cleaning that is not voided.
    pub last_ms: Option<i64>,
    /// When it can change with no new entry.
    pub next_ms: Option<i64>,
    /// Windows that closed up to then are in the tallies.
    pub counted_ms: i64,
}

/// Windows of an item that closed in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemDay {
    /// Which item.
    pub tag: Tag,
    /// Which day.
    pub day: i32,
    /// How many were met.
    pub met: i64,
    /// How many there were.
    pub closed: i64,
}

/// Items whose state can have changed by time alone, at most 256 of them.
///
/// # Errors
/// The database.
pub async fn due(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    as_of_ms: i64,
) -> Result<Vec<String>, DbError> {
    let sql = "SELECT tag FROM items WHERE account = $1 AND facility = $2 AND next_ms <= $3 ORDER BY next_ms LIMIT 256";
    let rows = all!(conn, (String,), sql, scope.key(), facility.to_string(), as_of_ms)?;
    Ok(rows.into_iter().map(|(tag,)| tag).collect())
}

/// Up to when the windows of items are counted; an item that is new is not among them.
///
/// # Errors
/// The database.
pub async fn counted(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    tags: &[Tag],
) -> Result<Vec<(String, i64)>, DbError> {
    let select = "SELECT i.tag, i.counted_ms, k.since_ms, k.since_ms >= 0 FROM k CROSS JOIN items i \
                  WHERE i.account = $1 AND i.facility = $2 AND i.tag = k.tag";
    let items: Vec<(Tag, i64)> = tags.iter().map(|tag| (*tag, 0)).collect();
    let rows = per_item(conn, scope, facility, &items, select).await?;
    Ok(rows.into_iter().map(|(tag, counted_ms, ..)| (tag, counted_ms)).collect())
}

/// Writes how items stand.
///
/// # Errors
/// The database.
pub async fn put(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    items: &[ItemState],
) -> Result<(), DbError> {
    let (account, facility) = (scope.key(), facility.to_string());
    let head =
        "INSERT INTO items (account, facility, tag, state, since_ms, by_ms, last_ms, next_ms, counted_ms)";
    let tail = " ON CONFLICT (account, facility, tag) DO UPDATE SET state = excluded.state, \
                since_ms = excluded.since_ms, by_ms = excluded.by_ms, last_ms = excluded.last_ms, \
                next_ms = excluded.next_ms, counted_ms = excluded.counted_ms";
    bulk!(
        conn,
        head,
        9,
        tail,
        items,
        |i| account.as_str(),
        facility.as_str(),
        i.tag.to_string(),
        i.state,
        i.since_ms,
        i.by_ms,
        i.last_ms,
        i.next_ms,
        i.counted_ms,
    )
}

/// Replaces an item's days from `from_day` on, and moves the facility's sums by the difference.
///
/// # Errors
/// The database.
pub async fn replace_days(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    items: &[(Tag, i32)],
    days: &[ItemDay],
) -> Result<(), DbError> {
    let mut sums: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let sql = "DELETE FROM item_days WHERE account = $1 AND facility = $2 AND tag = $3 AND day >= $4 \
               RETURNING day, met, closed";
    for (tag, from_day) in items {
        let gone = all!(
            conn,
            (i64, i64, i64),
            sql,
            scope.key(),
            facility.to_string(),
            tag.to_string(),
            i64::from(*from_day),
        )?;
        for (day, met, closed) in gone {
            let sum = sums.entry(day).or_default();
            *sum = (sum.0 - met, sum.1 - closed);
        }
    }
    for day in days {
        let sum = sums.entry(i64::from(day.day)).or_default();
        *sum = (sum.0 + day.met, sum.1 + day.closed);
    }
    let (account, facility) = (scope.key(), facility.to_string());
    let head = "INSERT INTO item_days (account, facility, tag, day, met, closed)";
    bulk!(
        conn,
        head,
        6,
        "",
        days,
        |d| account.as_str(),
        facility.as_str(),
        d.tag.to_string(),
        i64::from(d.day),
        d.met,
        d.closed,
    )?;
    let sums: Vec<(i64, (i64, i64))> = sums.into_iter().filter(|(_, sum)| *sum != (0, 0)).collect();
    let head = "INSERT INTO facility_days (account, facility, day, met, closed)";
    let tail = " ON CONFLICT (account, facility, day) DO UPDATE SET met = facility_days.met + excluded.met, \
                closed = facility_days.closed + excluded.closed";
    bulk!(
        conn,
        head,
        5,
        tail,
        &sums,
        |(day, (met, closed))| account.as_str(),
        facility.as_str(),
        *day,
        *met,
        *closed
    )
}
