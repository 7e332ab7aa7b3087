//! Mails that are to leave, and those that left.

use record::tree::Hash;

use crate::db::person::people::ReaderChoice;
use crate::db::{
    AccountScope, DbError, PlatformConnection, SqlConnection, WriteConnection, all, exec, impl_from_row, opt,
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
    /// Of a mail that somebody can do without: its topic, and the digest of the secret by which they stop that.
    pub exit: Option<(&'static str, Hash)>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct MailRow {
    pub kind: String,
    pub address: String,
    pub body: String,
    pub locale: String,
    pub zone: String,
    pub made_ms: i64,
    /// The first try whose end is not known.
    pub tried_ms: Option<i64>,
}

impl_from_row!(MailRow { kind, address, body, locale, zone, made_ms, tried_ms });

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
    let sql = "INSERT INTO mails (mail, account, kind, address, body, locale, zone, state, rank, made_ms, state_ms, topic, exit_digest) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'wait', 0, $8, $8, $9, $10)";
    let account = new.account.map(AccountScope::key);
    let (address, body) = (new.address.to_owned(), new.body.to_owned());
    let (locale, zone) = (new.locale.to_owned(), new.zone.to_owned());
    let (topic, digest) = new.exit.map(|(topic, digest)| (topic, digest.0.to_vec())).unzip();
    let (mail, kind) = (new.mail.to_owned(), new.kind.to_owned());
    exec!(conn, sql, mail, account, kind, address, body, locale, zone, now_ms, topic, digest).map(drop)
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
    let sql = "SELECT kind, address, body, locale, zone, made_ms, tried_ms FROM mails \
               WHERE mail = $1 AND state = 'wait'";
    opt!(conn, MailRow, sql, mail.to_owned())
}

/// How many mails that its reader can do without left for a mail's address, or wait and were made before it, since a time. So of many that
/// wait together the first leave, in whatever order they are tried.
pub async fn platform_count_optional(
    conn: &mut PlatformConnection,
    mail: &str,
    since_ms: i64,
) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM mails m JOIN mails e ON e.account = m.account AND e.address = m.address AND e.topic IS NOT NULL \
               AND e.made_ms > $1 AND e.mail <> m.mail \
               AND (e.state <> 'wait' OR e.made_ms < m.made_ms OR (e.made_ms = m.made_ms AND e.mail < m.mail)) \
               AND e.state NOT IN ('declined', 'capped', 'suppressed') WHERE m.mail = $2";
    Ok(opt!(conn, (i64,), sql, since_ms, mail.to_owned())?.map_or(0, |(count,)| count))
}

/// Keeps of a mail that waits what was said of it, and since when it is not known whether it left; `None`: it is known that it did not.
pub async fn mark_tried(
    conn: &mut WriteConnection,
    mail: &str,
    tried_ms: Option<i64>,
    answer: Option<&str>,
) -> Result<(), DbError> {
    let sql =
        "UPDATE mails SET tried_ms = $1, answer = COALESCE($2, answer) WHERE mail = $3 AND state = 'wait'";
    exec!(conn, sql, tried_ms, answer.map(str::to_owned), mail.to_owned()).map(drop)
}

/// How a mail stands, of the state's word and rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredState {
    pub word: &'static str,
    pub rank: i64,
    /// Whether it left.
    pub has_left: bool,
}

/// Keeps that a mail was taken. What it said is not kept: it may have a link in it. A word of the provider that came before stays.
pub async fn settle_sent(
    conn: &mut WriteConnection,
    mail: &str,
    state: StoredState,
    provider: &str,
    provider_id: Option<&str>,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE mails SET provider = $1, provider_id = COALESCE($2, provider_id), answer = NULL \
               WHERE mail = $3 AND state = 'wait'";
    exec!(conn, sql, provider.to_owned(), provider_id.map(str::to_owned), mail.to_owned())?;
    raise_state(conn, mail, state, None, now_ms).await.map(drop)
}

/// Keeps that a mail that waits does not leave, and why. What it says stays, for a person who lets it leave yet.
pub async fn settle_unsent(
    conn: &mut WriteConnection,
    mail: &str,
    state: StoredState,
    answer: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let sql = "UPDATE mails SET state = $1, rank = $2, answer = $3, state_ms = $4 WHERE mail = $5 AND state = 'wait'";
    exec!(conn, sql, state.word, state.rank, answer.to_owned(), now_ms, mail.to_owned()).map(drop)
}

/// Raises a mail's state, where it is lower; whether it did.
pub async fn raise_state(
    conn: &mut impl SqlConnection,
    mail: &str,
    state: StoredState,
    answer: Option<&str>,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "UPDATE mails SET state = $1, rank = $2, state_ms = $3, body = '{}', tried_ms = NULL, \
               answer = COALESCE($4, answer), sent_ms = COALESCE(sent_ms, $5) WHERE mail = $6 AND rank < $2";
    let sent_ms = state.has_left.then_some(now_ms);
    let answer = answer.map(str::to_owned);
    Ok(exec!(conn, sql, state.word, state.rank, now_ms, answer, sent_ms, mail.to_owned())? > 0)
}

/// The mail and its address, by our id or the provider's.
pub async fn platform_find_addressed(
    conn: &mut impl SqlConnection,
    mail: &str,
    provider_id: &str,
) -> Result<Option<(String, String)>, DbError> {
    type Columns = (String, String);
    let own = "SELECT mail, address FROM mails WHERE mail = $1";
    if let Some(found) = opt!(conn, Columns, own, mail.to_owned())? {
        return Ok(Some(found));
    }
    let theirs = "SELECT mail, address FROM mails WHERE provider_id = $1 LIMIT 1";
    opt!(conn, Columns, theirs, provider_id.to_owned())
}

/// A mail that did not leave, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentMailRow {
    pub mail: String,
    pub account_id: Option<String>,
    pub kind: String,
    pub address: String,
    pub state: String,
    pub made_ms: i64,
    pub answer: Option<String>,
}

impl_from_row!(UnsentMailRow { mail, account_id, kind, address, state, made_ms, answer });

/// The newest mails that did not arrive, as far as is known.
pub async fn platform_list_unsent(
    conn: &mut PlatformConnection,
    limit: i64,
) -> Result<Vec<UnsentMailRow>, DbError> {
    let sql = "SELECT mail, (SELECT a.id FROM accounts a WHERE a.account = mails.account) AS account_id, kind, address, state, \
               made_ms, answer FROM mails WHERE state IN ('wait', 'unsure', 'failed', 'suppressed', 'bounced') ORDER BY made_ms DESC, mail DESC LIMIT $1";
    all!(conn, UnsentMailRow, sql, limit)
}

/// Lets a mail wait anew that is still whole: one that waits, failed or was held back, or of which nobody knows whether it left. Its
/// account, whose row may be absent; `None` where there is no such mail.
pub async fn platform_requeue_mail(
    conn: &mut PlatformConnection,
    mail: &str,
    now_ms: i64,
) -> Result<Option<Option<AccountScope>>, DbError> {
    type Columns = (Option<i64>, Option<String>);
    let sql = "UPDATE mails SET state = 'wait', rank = 0, state_ms = $1, tried_ms = NULL \
               WHERE mail = $2 AND body <> '{}' AND state IN ('wait', 'unsure', 'failed', 'suppressed') \
               RETURNING account, (SELECT a.id FROM accounts a WHERE a.account = mails.account)";
    let Some((number, id)) = opt!(conn, Columns, sql, now_ms, mail.to_owned())? else { return Ok(None) };
    number.zip(id).map(|(number, id)| AccountScope::read(number, &id)).transpose().map(Some)
}

/// Gives a mail up that did not leave; whether there was one.
pub async fn platform_drop_mail(
    conn: &mut PlatformConnection,
    mail: &str,
    state: StoredState,
    now_ms: i64,
) -> Result<bool, DbError> {
    let sql = "UPDATE mails SET state = $1, rank = $2, state_ms = $3, body = '{}', tried_ms = NULL \
               WHERE mail = $4 AND state IN ('wait', 'unsure', 'failed', 'suppressed') AND body <> '{}'";
    Ok(exec!(conn, sql, state.word, state.rank, now_ms, mail.to_owned())? > 0)
}

pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    exec!(conn, "DELETE FROM mails WHERE made_ms < $1", before_ms)
}
