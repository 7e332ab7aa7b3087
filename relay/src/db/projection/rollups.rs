//! The state of items and how many windows they met, stored so that a dashboard's cost does not grow with history.

use std::collections::BTreeMap;

use record::ids::BootId;
use record::tag::Tag;

use super::cleanings::text_keys;
use crate::db::ProjectionNumber;
use crate::db::{DbError, ScopedConnection, all, bulk, by_keys, exec};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemState {
    pub tag: Tag,
    /// `none`, `out`, `idle`, `clean`, `due`, `used` or `overdue`.
    pub state: &'static str,
    pub since_ms: Option<i64>,
    pub by_ms: Option<i64>,
    /// Newest cleaning that is not voided.
    pub last_ms: Option<i64>,
    /// The boot in which it was written, where no clock that can be believed was set then.
    pub last_boot: Option<BootId>,
    /// When it can change with no new entry.
    pub next_ms: Option<i64>,
    /// Windows that closed up to then are in the tallies.
    pub counted_ms: i64,
    /// JSON of `record::compliance::DueCause`.
    pub cause: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemDay {
    pub tag: Tag,
    pub day: i32,
    pub met: i64,
    pub closed: i64,
}

/// Items whose state can have changed by time alone, at most 256 of them.
pub async fn items_to_recount(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    as_of_ms: i64,
) -> Result<Vec<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT tag FROM items WHERE account = $1 AND projection = $2 AND next_ms <= $3 ORDER BY next_ms LIMIT 256";
    let rows = all!(conn, (String,), sql, scope.key(), projection.key(), as_of_ms)?;
    Ok(rows.into_iter().map(|(tag,)| tag).collect())
}

/// Up to when the windows of items are counted; an item that is new is not among them.
pub async fn count_rows(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    tags: &[Tag],
) -> Result<Vec<(String, i64)>, DbError> {
    let scope = conn.scope();
    let select = "SELECT i.tag, i.counted_ms FROM k CROSS JOIN items i \
                  WHERE i.account = @1@ AND i.projection = @2@ AND i.tag = k.a AND i.counted_ms >= k.b";
    let items: Vec<(Tag, i64)> = tags.iter().map(|tag| (*tag, i64::MIN)).collect();
    let (of, items) = ((scope.key(), projection.key()), text_keys(&items));
    by_keys!(conn, (String, i64), select, (of.0, of.1), items, "BIGINT")
}

pub async fn save_items(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    items: &[ItemState],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection) = (scope.key(), projection.key());
    let head = "INSERT INTO items (account, projection, tag, state, since_ms, by_ms, last_ms, last_boot, next_ms, counted_ms, cause)";
    let tail = " ON CONFLICT (account, projection, tag) DO UPDATE SET state = excluded.state, \
                since_ms = excluded.since_ms, by_ms = excluded.by_ms, last_ms = excluded.last_ms, last_boot = excluded.last_boot, \
                next_ms = excluded.next_ms, counted_ms = excluded.counted_ms, cause = excluded.cause";
    bulk!(
        conn,
        head,
        11,
        tail,
        items,
        |i| account,
        projection,
        i.tag.to_string(),
        i.state,
        i.since_ms,
        i.by_ms,
        i.last_ms,
        i.last_boot.map(|boot| boot.to_string()),
        i.next_ms,
        i.counted_ms,
        i.cause.as_deref(),
    )
}

/// Makes the days of `items`, each from its own day on, those of `days`, and moves the facility's sums by the difference.
pub async fn replace_days(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    items: &[(Tag, i32)],
    days: &[ItemDay],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let select = "SELECT d.tag, d.day, d.met, d.closed FROM k CROSS JOIN item_days d \
                  WHERE d.account = @1@ AND d.projection = @2@ AND d.tag = k.a AND d.day >= k.b";
    let from: Vec<(Tag, i64)> = items.iter().map(|(tag, day)| (*tag, i64::from(*day))).collect();
    let (of, from) = ((scope.key(), projection.key()), text_keys(&from));
    let (account, projection) = (of.0, of.1);
    let old = by_keys!(conn, (String, i64, i64, i64), select, (account, projection), from, "BIGINT")?;
    let mut old: BTreeMap<(String, i64), (i64, i64)> =
        old.into_iter().map(|(tag, day, met, closed)| ((tag, day), (met, closed))).collect();
    let mut sums: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut changed: Vec<&ItemDay> = Vec::new();
    for new in days {
        let day = i64::from(new.day);
        let before = old.remove(&(new.tag.to_string(), day)).unwrap_or_default();
        if before != (new.met, new.closed) {
            changed.push(new);
            let sum = sums.entry(day).or_default();
            *sum = (sum.0 + new.met - before.0, sum.1 + new.closed - before.1);
        }
    }
    for ((tag, day), (met, closed)) in &old {
        let sum = sums.entry(*day).or_default();
        *sum = (sum.0 - met, sum.1 - closed);
        let sql = "DELETE FROM item_days WHERE account = $1 AND projection = $2 AND tag = $3 AND day = $4";
        exec!(conn, sql, account, projection, tag.as_str(), *day)?;
    }
    let head = "INSERT INTO item_days (account, projection, tag, day, met, closed)";
    let tail = " ON CONFLICT (account, projection, tag, day) DO UPDATE SET met = excluded.met, closed = excluded.closed";
    bulk!(
        conn,
        head,
        6,
        tail,
        changed,
        |d| account,
        projection,
        d.tag.to_string(),
        i64::from(d.day),
        d.met,
        d.closed
    )?;
    let sums: Vec<(i64, (i64, i64))> = sums.into_iter().filter(|(_, sum)| *sum != (0, 0)).collect();
    let head = "INSERT INTO facility_days (account, projection, day, met, closed)";
    let tail = " ON CONFLICT (account, projection, day) DO UPDATE SET met = facility_days.met + excluded.met, \
                closed = facility_days.closed + excluded.closed";
    bulk!(conn, head, 5, tail, sums, |(day, (met, closed))| account, projection, *day, *met, *closed)
}
