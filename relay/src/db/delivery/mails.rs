//! Mails that are to leave, and those that left.

use crate::db::person::people::ReaderChoice;
use crate::db::{
    AccountScope, DbError, PlatformConnection, SqlConnection, WriteConnection, exec, impl_from_row, opt,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail<'a> {
    pub mail: &'a str,
    pub account: Option<AccountScope>,
    pub kind: &'a str,
    pub address: &'a str,
    pub body: &'a str,
    /// In which it is read: a locale's tag and a zone's name.
    pub locale: &'a str,
    pub zone: &'a str,
}

#[derive(Clone, PartialEq, Eq)]
pub struct MailRow {
    pub kind: String,
    pub address: String,
    pub body: String,
    pub locale: String,
    pub zone: String,
    pub made_ms: i64,
}

impl_from_row!(MailRow { kind, address, body, locale, zone, made_ms });

impl std::fmt::Debug for MailRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailRow({})", self.kind)
    }
}

pub async fn insert_mail(
    conn: &mut impl SqlConnection,
    new: &NewMail<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO mails (mail, account, kind, address, body, locale, zone, state, made_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'wait', $8)";
    let account = new.account.map(AccountScope::key);
    let (address, body) = (new.address.to_owned(), new.body.to_owned());
    let (locale, zone) = (new.locale.to_owned(), new.zone.to_owned());
    exec!(conn, sql, new.mail.to_owned(), account, new.kind.to_owned(), address, body, locale, zone, now_ms)
        .map(drop)
}

/// In which whoever has an address, in lower case, reads: as they chose, or else the account.
pub async fn find_choice(
    conn: &mut impl SqlConnection,
    account: Option<AccountScope>,
    address: &str,
) -> Result<ReaderChoice, DbError> {
    type Columns = (Option<String>, Option<String>);
    let own = opt!(conn, Columns, "SELECT locale, zone FROM people WHERE email = $1", address.to_owned())?;
    let (mut locale, mut zone) = own.unwrap_or_default();
    if let Some(account) = account {
        let sql = "SELECT locale, zone FROM accounts WHERE account = $1";
        let (of_account, its_zone) = opt!(conn, Columns, sql, account.key())?.unwrap_or_default();
        (locale, zone) = (locale.or(of_account), zone.or(its_zone));
    }
    Ok(ReaderChoice { locale, zone })
}

/// Whether such a mail was made for an address since a time.
pub async fn platform_was_made(
    conn: &mut PlatformConnection,
    kind: &str,
    address: &str,
    since_ms: i64,
) -> Result<bool, DbError> {
    let sql = "SELECT COUNT(*) FROM mails WHERE made_ms > $1 AND kind = $2 AND address = $3";
    Ok(opt!(conn, (i64,), sql, since_ms, kind.to_owned(), address.to_owned())?
        .is_some_and(|(count,)| count > 0))
}

pub async fn platform_find_waiting(
    conn: &mut PlatformConnection,
    mail: &str,
) -> Result<Option<MailRow>, DbError> {
    let sql =
        "SELECT kind, address, body, locale, zone, made_ms FROM mails WHERE mail = $1 AND state = 'wait'";
    opt!(conn, MailRow, sql, mail.to_owned())
}

/// Keeps what became of a mail: it left, or never will (`error`). What it said is not kept: it may have a link in it.
pub async fn settle_mail(
    conn: &mut WriteConnection,
    mail: &str,
    error: Option<&str>,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE mails SET state = $1, error = $2, sent_ms = $3, body = '{}' WHERE mail = $4 AND state = 'wait'";
    let (state, sent_ms) = if error.is_some() { ("failed", None) } else { ("sent", Some(now_ms)) };
    exec!(conn, sql, state, error.map(str::to_owned), sent_ms, mail.to_owned()).map(drop)
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM mails WHERE made_ms < $1", before_ms)
}
