//! What providers said of mails, and the addresses to which nothing is sent because of it.

use crate::db::{DbError, PlatformConnection, SqlConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMailEvent<'a> {
    /// As the provider names its message.
    pub event: &'a str,
    pub mail: Option<&'a str>,
    pub word: &'a str,
    pub at_ms: i64,
}

/// Keeps a message of the provider; `false`: it was there already.
pub async fn platform_insert_event(
    conn: &mut impl SqlConnection,
    new: &NewMailEvent<'_>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO mail_events (event, mail, word, at_ms, got_ms) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (event) DO NOTHING";
    let (event, mail, word) = (new.event.to_owned(), new.mail.map(str::to_owned), new.word.to_owned());
    Ok(exec!(conn, sql, event, mail, word, new.at_ms, now_ms)? > 0)
}

/// How many messages said, since a time, that a mail came back from an address.
pub async fn platform_count_returned(
    conn: &mut impl SqlConnection,
    address: &str,
    since_ms: i64,
) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM mail_events e JOIN mails m ON m.mail = e.mail \
               WHERE e.word = 'bounced' AND e.at_ms >= $2 AND m.address = $1 AND m.state IN ('bounced', 'complained')";
    Ok(opt!(conn, (i64,), sql, address.to_owned(), since_ms)?.map_or(0, |(count,)| count))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionRow {
    pub address: String,
    pub kind: String,
    pub since_ms: i64,
}

impl_from_row!(SuppressionRow { address, kind, since_ms });

/// Sends nothing to an address any more. What a person complained of stays, unless the provider itself refuses the address.
pub async fn platform_suppress(conn: &mut impl SqlConnection, new: &SuppressionRow) -> Result<(), DbError> {
    let sql = "INSERT INTO suppressions (address, kind, since_ms) VALUES ($1, $2, $3) \
               ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, since_ms = excluded.since_ms \
               WHERE suppressions.kind <> 'complaint' OR excluded.kind = 'provider'";
    exec!(conn, sql, new.address.clone(), new.kind.clone(), new.since_ms).map(drop)
}

/// Why nothing is sent to an address, where nothing is.
pub async fn platform_find(
    conn: &mut impl SqlConnection,
    address: &str,
) -> Result<Option<SuppressionRow>, DbError> {
    let sql = "SELECT address, kind, since_ms FROM suppressions WHERE address = $1 AND kind <> 'lifted'";
    opt!(conn, SuppressionRow, sql, address.to_owned())
}

/// Since when mail is sent to an address again, where that was lifted.
pub async fn platform_lifted_ms(
    conn: &mut impl SqlConnection,
    address: &str,
) -> Result<Option<i64>, DbError> {
    let sql = "SELECT since_ms FROM suppressions WHERE address = $1 AND kind = 'lifted'";
    Ok(opt!(conn, (i64,), sql, address.to_owned())?.map(|(since_ms,)| since_ms))
}

/// Of everybody; there are few.
pub async fn platform_list(
    conn: &mut PlatformConnection,
    limit: i64,
) -> Result<Vec<SuppressionRow>, DbError> {
    let sql = "SELECT address, kind, since_ms FROM suppressions WHERE kind <> 'lifted' \
               ORDER BY since_ms DESC, address LIMIT $1";
    all!(conn, SuppressionRow, sql, limit)
}

/// Sends to an address again; what came back from it by now counts no more. Whether nothing was sent to it.
pub async fn platform_lift(
    conn: &mut impl SqlConnection,
    address: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql =
        "UPDATE suppressions SET kind = 'lifted', since_ms = $1 WHERE address = $2 AND kind <> 'lifted'";
    Ok(exec!(conn, sql, now_ms, address.to_owned())? > 0)
}

pub async fn platform_forget_events(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM mail_events WHERE got_ms < $1", before_ms)
}
