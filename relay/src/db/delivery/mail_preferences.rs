//! Which mails somebody wants, in each account by itself: a topic without a row is as it is by itself.

use record::tree::Hash;

use crate::db::{
    AccountScope, DbError, PersonNumber, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt,
};

/// The topics that a person of the account has chosen, and whether they want them.
pub async fn list_chosen(
    conn: &mut ScopedConnection,
    person: PersonNumber,
) -> Result<Vec<(String, bool)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT topic, is_on FROM mail_preferences WHERE account = $1 AND person = $2";
    all!(conn, (String, bool), sql, scope.key(), person.key())
}

/// Whether somebody wants the mails of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicChoice {
    pub topic: &'static str,
    pub is_on: bool,
}

pub async fn save_topic(
    conn: &mut ScopedConnection,
    person: PersonNumber,
    choice: TopicChoice,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO mail_preferences (account, person, topic, is_on, set_ms) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (account, person, topic) DO UPDATE SET is_on = excluded.is_on, set_ms = excluded.set_ms";
    exec!(conn, sql, scope.key(), person.key(), choice.topic, choice.is_on, now_ms).map(drop)
}

/// Whether whoever a mail goes to wants its topic; `None`: they never chose.
pub async fn platform_find_of_mail(
    conn: &mut PlatformConnection,
    mail: &str,
) -> Result<Option<bool>, DbError> {
    let sql = "SELECT c.is_on FROM mails m JOIN people p ON p.email = m.address \
               JOIN mail_preferences c ON c.account = m.account AND c.person = p.person AND c.topic = m.topic \
               WHERE m.mail = $1";
    Ok(opt!(conn, (bool,), sql, mail.to_owned())?.map(|(is_on,)| is_on))
}

/// What the link of a mail stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitRow {
    account: i64,
    account_id: String,
    pub account_name: String,
    person: i64,
    pub topic: String,
}

impl_from_row!(ExitRow { account, account_id, account_name, person, topic });

impl ExitRow {
    pub fn scope(&self) -> Result<AccountScope, DbError> {
        AccountScope::read(self.account, &self.account_id)
    }

    pub fn person(&self) -> PersonNumber {
        PersonNumber::of(self.person)
    }
}

/// `digest`: of the link's secret.
pub async fn platform_find_exit(
    conn: &mut PlatformConnection,
    digest: Hash,
) -> Result<Option<ExitRow>, DbError> {
    let sql = "SELECT m.account, a.id AS account_id, a.name AS account_name, p.person, m.topic FROM mails m \
               JOIN accounts a ON a.account = m.account JOIN people p ON p.email = m.address WHERE m.exit_digest = $1";
    opt!(conn, ExitRow, sql, digest.0.to_vec())
}
