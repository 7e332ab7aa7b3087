//! Texts beside entries. They are kept under epoch and number, and several lines may share both, since runs bring other
//! branches: whoever asks for texts asks for those that a line names, and gets no others, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::BoxId;
use record::limits::ENTRY_TEXTS_MAX;
use record::redact::TextLine;
use record::tree::Hash;

use crate::db::boxes::to_i64;
use crate::db::{DbError, Scoped, bulk, by_keys, exec, opt};

/// Lines of which the texts are read at a time: 16 of 4 KiB each are 2 MiB.
pub const LINES_AT_ONCE: usize = 32;

/// Keeps text lines; `by_hash` tells which are looked up by their hash. One that was erased stays away.
pub(super) async fn save_texts(
    conn: &mut Scoped,
    origin: &LogOrigin,
    texts: &[(&TextLine, bool)],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, box_id, epoch) = (scope.key(), origin.box_id.to_string(), origin.epoch.to_string());
    let erased = mark_erased(conn, origin.box_id, texts).await?;
    let texts: Vec<&(&TextLine, bool)> =
        texts.iter().filter(|(text, _)| !erased.contains(&text.hash())).collect();
    let head = "INSERT INTO texts (account, box, epoch, seq, hash, line, by_hash)";
    let tail = " ON CONFLICT (account, box, epoch, seq, hash) DO NOTHING";
    bulk!(
        conn,
        head,
        7,
        tail,
        texts,
        |(text, by_hash)| account,
        box_id.as_str(),
        epoch.as_str(),
        to_i64(text.seq()),
        text.hash().to_string(),
        text.line(),
        *by_hash
    )
}

/// Which of these were erased.
async fn mark_erased(
    conn: &mut Scoped,
    box_id: BoxId,
    texts: &[(&TextLine, bool)],
) -> Result<BTreeSet<Hash>, DbError> {
    let scope = conn.scope();
    let (account, box_text) = (scope.key(), box_id.to_string());
    let any = "SELECT hash FROM erased_texts WHERE account = $1 AND box = $2 LIMIT 1";
    if texts.is_empty() || opt!(conn, (String,), any, account, box_text.as_str())?.is_none() {
        return Ok(BTreeSet::new());
    }
    let keys: Vec<(String, String)> =
        texts.iter().map(|(text, _)| (text.hash().to_string(), String::new())).collect();
    let select = "SELECT e.hash FROM k CROSS JOIN erased_texts e WHERE e.account = @1@ AND e.box = @2@ AND e.hash = k.a";
    let found = by_keys!(conn, (String,), select, (account, box_text.as_str()), keys, "TEXT")?;
    found.iter().map(|(hash,)| hash.parse().map_err(|e| DbError::stored("hash", e))).collect()
}

/// The texts that each of these lines names and that are here, in the order of their hashes.
///
/// # Errors
/// The database, or a stored line that is no entry.
pub async fn texts_beside(
    conn: &mut Scoped,
    origin: &LogOrigin,
    lines: &[Vec<u8>],
) -> Result<Vec<Vec<String>>, DbError> {
    let mut all = Vec::with_capacity(lines.len());
    for lines in lines.chunks(LINES_AT_ONCE) {
        all.extend(beside_few(conn, origin, lines).await?);
    }
    Ok(all)
}

pub(super) async fn beside_few(
    conn: &mut Scoped,
    origin: &LogOrigin,
    lines: &[Vec<u8>],
) -> Result<Vec<Vec<String>>, DbError> {
    let mut named = Vec::with_capacity(lines.len());
    for line in lines {
        let entry = Entry::parse(line).map_err(|e| DbError::stored("entry", e))?;
        named.push((entry.seq(), entry.redactables()));
    }
    named_texts(conn, origin, &named).await
}

/// The texts of these hashes beside each of these numbers, as far as they are here; at most as many as an entry may have.
pub(super) async fn named_texts(
    conn: &mut Scoped,
    origin: &LogOrigin,
    named: &[(u64, Vec<Hash>)],
) -> Result<Vec<Vec<String>>, DbError> {
    let scope = conn.scope();
    let (account, box_id, epoch) = (scope.key(), origin.box_id.to_string(), origin.epoch.to_string());
    let few = |hashes: &[Hash]| hashes.iter().take(ENTRY_TEXTS_MAX).copied().collect::<BTreeSet<Hash>>();
    let named: Vec<(i64, BTreeSet<Hash>)> =
        named.iter().map(|(seq, hashes)| (to_i64(*seq), few(hashes))).collect();
    // The hash is 64 digits, and the epoch is behind it.
    let key = |seq: i64, hash: &Hash| (format!("{hash}{epoch}"), seq);
    let keys: Vec<(String, i64)> =
        named.iter().flat_map(|(seq, hashes)| hashes.iter().map(|hash| key(*seq, hash))).collect();
    let select = "SELECT t.seq, t.hash, t.line FROM k CROSS JOIN texts t WHERE t.account = @1@ AND t.box = @2@ \
                  AND t.epoch = SUBSTR(k.a, 65) AND t.seq = k.b AND t.hash = SUBSTR(k.a, 1, 64)";
    let (account, box_id) = (account, box_id.as_str());
    let found = by_keys!(conn, (i64, String, String), select, (account, box_id), keys, "BIGINT")?;
    let found: BTreeMap<(i64, String), String> =
        found.into_iter().map(|(seq, hash, line)| ((seq, hash), line)).collect();
    let texts = |(seq, hashes): &(i64, BTreeSet<Hash>)| {
        hashes.iter().filter_map(|hash| found.get(&(*seq, hash.to_string())).cloned()).collect()
    };
    Ok(named.iter().map(texts).collect())
}

/// A text that is looked up by its hash alone: a name of staff, a reason. `None`: erased, or never sent.
pub async fn by_hash(conn: &mut Scoped, hash: Hash) -> Result<Option<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT line FROM texts WHERE account = $1 AND hash = $2 AND by_hash LIMIT 1";
    let line = opt!(conn, (String,), sql, scope.key(), hash.to_string())?;
    let read = |(line,): (String,)| TextLine::parse(line.as_bytes()).map(|t| t.text().to_owned());
    line.map(read).transpose().map_err(|e| DbError::stored("text", e))
}

/// Erases a text of one box's logs and runs wherever it stands, and for good.
pub async fn erase_text(conn: &mut Scoped, box_id: BoxId, hash: Hash) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, box_text, hash) = (scope.key(), box_id.to_string(), hash.to_string());
    let sql = "INSERT INTO erased_texts (account, box, hash) VALUES ($1, $2, $3) ON CONFLICT (account, box, hash) DO NOTHING";
    exec!(conn, sql, account, box_text.as_str(), hash.as_str())?;
    let sql = "DELETE FROM texts WHERE account = $1 AND box = $2 AND hash = $3";
    exec!(conn, sql, account, box_text.as_str(), hash.as_str()).map(drop)
}
