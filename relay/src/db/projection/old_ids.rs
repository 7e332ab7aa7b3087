//! Whole numbers of things for scripts of the app before this one: each is given at the first list that shows it, and stays.

use std::collections::HashMap;

use crate::db::{DbError, ScopedConnection, exec, opt};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OldKind {
    /// An item, as `facility/tag`.
    Equipment,
    /// A cleaning, as `box/epoch/seq`.
    Cleaning,
    Facility,
}

impl OldKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Equipment => "equipment",
            Self::Cleaning => "cleaning",
            Self::Facility => "facility",
        }
    }
}

pub type OldNumbers = HashMap<String, i64>;

pub async fn find_thing(
    conn: &mut ScopedConnection,
    kind: OldKind,
    old: i64,
) -> Result<Option<String>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT thing FROM old_ids WHERE account = $1 AND kind = $2 AND old = $3";
    Ok(opt!(conn, (String,), sql, account, kind.key(), old)?.map(|(thing,)| thing))
}

pub async fn find_numbers(
    conn: &mut ScopedConnection,
    kind: OldKind,
    things: &[String],
) -> Result<OldNumbers, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT old FROM old_ids WHERE account = $1 AND kind = $2 AND thing = $3";
    let mut numbers = OldNumbers::with_capacity(things.len());
    for thing in things {
        if let Some((old,)) = opt!(conn, (i64,), sql, account, kind.key(), thing.clone())? {
            numbers.insert(thing.clone(), old);
        }
    }
    Ok(numbers)
}

/// Gives numbers to those things that have none, in their order. The numbers of all.
pub async fn assign_numbers(
    conn: &mut ScopedConnection,
    kind: OldKind,
    things: &[String],
) -> Result<OldNumbers, DbError> {
    let account = conn.scope().key();
    let sql = "INSERT INTO old_id_heads (account, kind, last) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    exec!(conn, sql, account, kind.key())?;
    let sql = "UPDATE old_id_heads SET last = last WHERE account = $1 AND kind = $2 RETURNING last";
    let mut last = opt!(conn, (i64,), sql, account, kind.key())?.map_or(0, |(last,)| last);
    let mut numbers = find_numbers(conn, kind, things).await?;
    for thing in things {
        if numbers.contains_key(thing) {
            continue;
        }
        last += 1;
        let sql = "INSERT INTO old_ids (account, kind, old, thing) VALUES ($1, $2, $3, $4)";
        exec!(conn, sql, account, kind.key(), last, thing.clone())?;
        numbers.insert(thing.clone(), last);
    }
    let sql = "UPDATE old_id_heads SET last = $1 WHERE account = $2 AND kind = $3";
    exec!(conn, sql, last, account, kind.key())?;
    Ok(numbers)
}
