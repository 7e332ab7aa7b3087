//! What is switched otherwise than it is by itself.

use crate::db::{AccountScope, DbError, PlatformConnection, all, exec, impl_from_row};

/// A switch that somebody moved; `account` is 0 where it is one for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchRow {
    pub account: i64,
    pub account_name: Option<String>,
    /// As `accounts::switches` names it.
    pub switch: String,
    pub is_on: bool,
    pub set_ms: i64,
    pub set_by: String,
}

impl_from_row!(SwitchRow { account, account_name, switch, is_on, set_ms, set_by });

/// All that were moved, those for all accounts first.
pub async fn platform_list(conn: &mut PlatformConnection) -> Result<Vec<SwitchRow>, DbError> {
    let sql = "SELECT s.account, a.name AS account_name, s.switch, s.is_on, s.set_ms, s.set_by FROM switches s \
               LEFT JOIN accounts a ON a.account = s.account ORDER BY s.account, s.switch LIMIT 1000";
    all!(conn, SwitchRow, sql)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSwitch<'a> {
    pub scope: Option<AccountScope>,
    pub switch: &'a str,
    pub is_on: bool,
    pub set_by: &'a str,
}

pub async fn platform_set(
    conn: &mut PlatformConnection,
    new: &NewSwitch<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let account = new.scope.map_or(0, AccountScope::key);
    let sql = "INSERT INTO switches (account, switch, is_on, set_ms, set_by) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (account, switch) DO UPDATE SET is_on = excluded.is_on, set_ms = excluded.set_ms, \
               set_by = excluded.set_by";
    exec!(conn, sql, account, new.switch.to_owned(), new.is_on, now_ms, new.set_by.to_owned()).map(drop)
}
