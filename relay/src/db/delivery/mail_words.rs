//! How accounts show themselves in their mails: name, colour, picture, and words of their own.

use crate::db::{DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

/// Which words: of a kind of mail, in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordsKey<'a> {
    pub kind: &'a str,
    pub language: &'static str,
}

/// The account's own words, by slot.
pub async fn list_words(
    conn: &mut ScopedConnection,
    key: WordsKey<'_>,
) -> Result<Vec<(String, String)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT slot, text FROM mail_words WHERE account = $1 AND kind = $2 AND language = $3";
    all!(conn, (String, String), sql, scope.key(), key.kind.to_owned(), key.language)
}

/// Puts the account's own words in the place of those that it had; an empty text stands for none.
pub async fn replace_words(
    conn: &mut ScopedConnection,
    key: WordsKey<'_>,
    words: &[(&'static str, String)],
    now_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "DELETE FROM mail_words WHERE account = $1 AND kind = $2 AND language = $3";
    exec!(conn, sql, account, key.kind.to_owned(), key.language)?;
    for (slot, text) in words.iter().filter(|(_, text)| !text.is_empty()) {
        let sql = "INSERT INTO mail_words (account, kind, language, slot, text, set_ms) VALUES ($1, $2, $3, $4, $5, $6)";
        exec!(conn, sql, account, key.kind.to_owned(), key.language, *slot, text.clone(), now_ms)?;
    }
    Ok(())
}

/// The account of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailBrandRow {
    pub name: String,
    pub accent: Option<String>,
    /// PNG.
    pub picture: Option<Vec<u8>>,
}

impl_from_row!(MailBrandRow { name, accent, picture });

pub async fn platform_find_brand(
    conn: &mut PlatformConnection,
    mail: &str,
) -> Result<Option<MailBrandRow>, DbError> {
    let sql = "SELECT a.name, a.accent, l.picture FROM mails m JOIN accounts a ON a.account = m.account \
               LEFT JOIN account_logos l ON l.account = m.account WHERE m.mail = $1";
    opt!(conn, MailBrandRow, sql, mail.to_owned())
}

/// The words for a mail of the account that it is of, by slot.
pub async fn platform_list_of_mail(
    conn: &mut PlatformConnection,
    mail: &str,
    language: &'static str,
) -> Result<Vec<(String, String)>, DbError> {
    let sql = "SELECT w.slot, w.text FROM mails m JOIN mail_words w ON w.account = m.account AND w.kind = m.kind \
               WHERE w.language = $1 AND m.mail = $2";
    all!(conn, (String, String), sql, language, mail.to_owned())
}

/// As [`platform_find_brand`], of the account itself.
pub async fn find_brand(conn: &mut ScopedConnection) -> Result<Option<MailBrandRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT a.name, a.accent, l.picture FROM accounts a LEFT JOIN account_logos l ON l.account = a.account \
               WHERE a.account = $1";
    opt!(conn, MailBrandRow, sql, scope.key())
}
