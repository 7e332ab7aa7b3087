//! Texts beside entries, in the segments of their logs and beside the lines of runs. Several lines may share epoch and number, since
//! runs bring other branches: whoever asks for texts asks for those that a line names, and gets no others, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::BoxId;
use record::limits::ENTRY_TEXTS_MAX;
use record::redact::TextLine;
use record::tree::Hash;

use crate::db::account::accounts::read_scopes;
use crate::db::log::segments;
use crate::db::to_i64;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, bulk, by_keys, exec, opt};

/// Lines of which the texts are read at a time: 16 of 4 KiB each are 2 MiB.
pub const LINES_AT_ONCE: usize = 32;

/// Stores texts that are looked up by hash, as `by_hash` says. Returns the lines of all that were not erased before, by number.
pub(in crate::db) async fn keep_names(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    texts: &[(&TextLine, bool)],
) -> Result<Vec<String>, DbError> {
    let erased = mark_erased(conn, box_id, texts.iter().map(|(text, _)| text.hash())).await?;
    let mut texts: Vec<&(&TextLine, bool)> =
        texts.iter().filter(|(text, _)| !erased.contains(&text.hash())).collect();
    texts.sort_by_key(|(text, _)| text.seq());
    let (account, box_text) = (conn.scope().key(), box_id.to_string());
    let named: BTreeMap<Hash, &str> =
        texts.iter().filter(|(_, by_hash)| *by_hash).map(|(text, _)| (text.hash(), text.text())).collect();
    let named: Vec<(Hash, &str)> = named.into_iter().collect();
    let head = "INSERT INTO names (account, hash, box, text)";
    let tail = " ON CONFLICT (account, hash, box) DO NOTHING";
    bulk!(conn, head, 4, tail, named, |(hash, text)| account, &hash.0[..], box_text.as_str(), *text)?;
    Ok(texts.iter().map(|(text, _)| text.line()).collect())
}

/// Keeps the names of a log that is known to be its box's from now on: of one that waits nothing is looked up.
pub async fn name_log(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<(), DbError> {
    let mut from = 0;
    loop {
        let page = segments::load_segments(conn, origin, from..from.saturating_add(1)).await?;
        let Some(segment) = page.first() else { return Ok(()) };
        let lines = segment.lines()?;
        let mut named = Vec::new();
        for text in segment.texts()? {
            let text = TextLine::parse(text.as_bytes()).map_err(|e| DbError::stored("text", e))?;
            let at = usize::try_from(text.seq().saturating_sub(segment.numbers.start)).unwrap_or(usize::MAX);
            let line = lines.get(at).ok_or_else(|| DbError::stored("text", "it is beside no line"))?;
            let entry = Entry::parse(line).map_err(|e| DbError::stored("entry", e))?;
            named.extend(is_looked_up(&entry).then_some(text));
        }
        let named: Vec<(&TextLine, bool)> = named.iter().map(|text| (text, true)).collect();
        keep_names(conn, origin.box_id, &named).await?;
        from = segment.numbers.end;
    }
}

/// Whether the texts of an entry are looked up by their hash; those of cleanings never are.
pub fn is_looked_up(entry: &Entry) -> bool {
    &*entry.head().kind != "cleaning.recorded"
}

pub(in crate::db) async fn save_run_texts(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    texts: &[(&TextLine, bool)],
) -> Result<(), DbError> {
    keep_names(conn, origin.box_id, texts).await?;
    let erased = mark_erased(conn, origin.box_id, texts.iter().map(|(text, _)| text.hash())).await?;
    let texts: Vec<&(&TextLine, bool)> =
        texts.iter().filter(|(text, _)| !erased.contains(&text.hash())).collect();
    let (account, box_id, epoch) = (conn.scope().key(), origin.box_id.to_string(), origin.epoch.to_string());
    let head = "INSERT INTO run_texts (account, box, epoch, seq, hash, line)";
    let tail = " ON CONFLICT (account, box, epoch, seq, hash) DO NOTHING";
    bulk!(
        conn,
        head,
        6,
        tail,
        texts,
        |(text, _)| account,
        box_id.as_str(),
        epoch.as_str(),
        to_i64(text.seq()),
        text.hash().to_string(),
        text.line(),
    )
}

async fn mark_erased(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    hashes: impl Iterator<Item = Hash>,
) -> Result<BTreeSet<Hash>, DbError> {
    let scope = conn.scope();
    let (account, box_text) = (scope.key(), box_id.to_string());
    let keys: Vec<(String, String)> = hashes.map(|hash| (hash.to_string(), String::new())).collect();
    let any = "SELECT hash FROM erased_texts WHERE account = $1 AND box = $2 LIMIT 1";
    if keys.is_empty() || opt!(conn, (String,), any, account, box_text.as_str())?.is_none() {
        return Ok(BTreeSet::new());
    }
    let select = "SELECT e.hash FROM k CROSS JOIN erased_texts e WHERE e.account = @1@ AND e.box = @2@ AND e.hash = k.a";
    let found = by_keys!(conn, (String,), select, (account, box_text.as_str()), keys, "TEXT")?;
    found.iter().map(|(hash,)| hash.parse().map_err(|e| DbError::stored("hash", e))).collect()
}

/// The texts that each of these lines names and that are here, in the order of their hashes.
pub async fn texts_beside(
    conn: &mut ScopedConnection,
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

/// Numbers whose texts are read together though others are between them.
const GAP_MAX: u64 = 64;

/// The texts of these hashes beside each of these numbers, as far as they are here; at most as many as an entry may have.
pub async fn named_texts(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    named: &[(u64, Vec<Hash>)],
) -> Result<Vec<Vec<String>>, DbError> {
    let named: Vec<(u64, BTreeSet<Hash>)> = named
        .iter()
        .map(|(seq, hashes)| (*seq, hashes.iter().take(ENTRY_TEXTS_MAX).copied().collect::<BTreeSet<Hash>>()))
        .collect();
    let mut found = texts_of_segments(conn, origin, &named).await?;
    let pairs = named.iter().flat_map(|(seq, hashes)| hashes.iter().map(|hash| (*seq, *hash)));
    let left: Vec<(u64, Hash)> = pairs.filter(|pair| !found.contains_key(pair)).collect();
    found.extend(texts_of_runs(conn, origin, &left).await?);
    let hashes: BTreeSet<Hash> = found.keys().map(|(_, hash)| *hash).collect();
    // One that was erased a moment ago is still in its segment.
    let erased = mark_erased(conn, origin.box_id, hashes.into_iter()).await?;
    found.retain(|(_, hash), _| !erased.contains(hash));
    Ok(named
        .iter()
        .map(|(seq, hashes): &(u64, BTreeSet<Hash>)| {
            hashes.iter().filter_map(|hash| found.get(&(*seq, *hash)).cloned()).collect()
        })
        .collect())
}

async fn texts_of_segments(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    named: &[(u64, BTreeSet<Hash>)],
) -> Result<BTreeMap<(u64, Hash), String>, DbError> {
    let seqs: BTreeSet<u64> =
        named.iter().filter(|(_, hashes)| !hashes.is_empty()).map(|(seq, _)| *seq).collect();
    let mut ranges: Vec<std::ops::Range<u64>> = Vec::new();
    for seq in &seqs {
        match ranges.last_mut() {
            Some(last) if seq.saturating_sub(last.end) <= GAP_MAX => last.end = seq + 1,
            _ => ranges.push(*seq..seq + 1),
        }
    }
    let mut found = BTreeMap::new();
    for range in ranges {
        for segment in segments::load_segments(conn, origin, range).await? {
            for line in segment.texts()? {
                // A page of a log is a part of a segment, and to parse a text costs its hash.
                if stated_seq(&line).is_some_and(|seq| !seqs.contains(&seq)) {
                    continue;
                }
                let text = TextLine::parse(line.as_bytes()).map_err(|e| DbError::stored("text", e))?;
                if seqs.contains(&text.seq()) {
                    found.insert((text.seq(), text.hash()), line);
                }
            }
        }
    }
    Ok(found)
}

/// The number of the entry beside which a text line is, as its first member says.
fn stated_seq(line: &str) -> Option<u64> {
    line.strip_prefix("{\"seq\":")?.split_once(',')?.0.parse().ok()
}

async fn texts_of_runs(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    named: &[(u64, Hash)],
) -> Result<Vec<((u64, Hash), String)>, DbError> {
    let (account, box_id, epoch) = (conn.scope().key(), origin.box_id.to_string(), origin.epoch.to_string());
    // The hash is 64 digits, and the epoch is behind it.
    let keys: Vec<(String, i64)> =
        named.iter().map(|(seq, hash)| (format!("{hash}{epoch}"), to_i64(*seq))).collect();
    let select = "SELECT t.seq, t.hash, t.line FROM k CROSS JOIN run_texts t WHERE t.account = @1@ AND t.box = @2@ \
                  AND t.epoch = SUBSTR(k.a, 65) AND t.seq = k.b AND t.hash = SUBSTR(k.a, 1, 64)";
    let rows = by_keys!(conn, (i64, String, String), select, (account, box_id.as_str()), keys, "BIGINT")?;
    let mut found = Vec::with_capacity(rows.len());
    for (seq, hash, line) in rows {
        let seq = u64::try_from(seq).map_err(|e| DbError::stored("text", e))?;
        found.push(((seq, hash.parse().map_err(|e| DbError::stored("hash", e))?), line));
    }
    Ok(found)
}

/// A text that is looked up by its hash alone: a name of staff, a reason. `None`: erased, or never sent.
pub async fn by_hash(conn: &mut ScopedConnection, hash: Hash) -> Result<Option<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT text FROM names WHERE account = $1 AND hash = $2 LIMIT 1";
    Ok(opt!(conn, (String,), sql, scope.key(), hash.0.to_vec())?.map(|(text,)| text))
}

/// Erases a text of one box's logs and runs wherever it is shown, and for good. Segments are rewritten by [`sweep_erased`].
pub async fn erase_text(conn: &mut ScopedConnection, box_id: BoxId, hash: Hash) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, box_text, hash_text) = (scope.key(), box_id.to_string(), hash.to_string());
    let sql = "INSERT INTO erased_texts (account, box, hash, swept) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (account, box, hash) DO NOTHING";
    exec!(conn, sql, account, box_text.as_str(), hash_text.as_str(), false)?;
    let sql = "DELETE FROM names WHERE account = $1 AND box = $2 AND hash = $3";
    exec!(conn, sql, account, box_text.as_str(), hash.0.to_vec())?;
    let sql = "DELETE FROM run_texts WHERE account = $1 AND box = $2 AND hash = $3";
    exec!(conn, sql, account, box_text.as_str(), hash_text.as_str()).map(drop)
}

pub async fn boxes_to_sweep(conn: &mut ScopedConnection) -> Result<Vec<BoxId>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT DISTINCT box FROM erased_texts WHERE account = $1 AND NOT swept ORDER BY box";
    let rows = all!(conn, (String,), sql, scope.key())?;
    rows.iter().map(|(id,)| id.parse().map_err(|e| DbError::stored("box id", e))).collect()
}

pub async fn platform_to_sweep(conn: &mut PlatformConnection) -> Result<Vec<AccountScope>, DbError> {
    let sql = "SELECT DISTINCT t.account, a.id FROM erased_texts t JOIN accounts a ON a.account = t.account \
               WHERE NOT t.swept ORDER BY t.account";
    read_scopes(&all!(conn, (i64, String), sql)?)
}

#[derive(Debug, Clone, Default)]
pub struct ErasureSweep {
    hashes: BTreeSet<Hash>,
    logs: Vec<i64>,
    from: i64,
}

pub async fn begin_sweep(conn: &mut ScopedConnection, box_id: BoxId) -> Result<ErasureSweep, DbError> {
    let (account, box_text) = (conn.scope().key(), box_id.to_string());
    let sql = "SELECT hash FROM erased_texts WHERE account = $1 AND box = $2 AND NOT swept";
    let hashes = all!(conn, (String,), sql, account, box_text.as_str())?;
    let hashes: Result<BTreeSet<Hash>, DbError> =
        hashes.iter().map(|(hash,)| hash.parse().map_err(|e| DbError::stored("hash", e))).collect();
    let sql = "SELECT log FROM logs WHERE account = $1 AND box = $2 AND size > 0 ORDER BY log DESC";
    let logs = all!(conn, (i64,), sql, account, box_text)?;
    Ok(ErasureSweep { hashes: hashes?, logs: logs.into_iter().map(|(log,)| log).collect(), from: 0 })
}

/// A step of it, each in a transaction of its own. Whether that was the last one.
pub async fn sweep_erased(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    sweep: &mut ErasureSweep,
) -> Result<bool, DbError> {
    if let (Some(log), false) = (sweep.logs.last().copied(), sweep.hashes.is_empty()) {
        match segments::drop_texts(conn, log, &sweep.hashes, sweep.from).await? {
            Some(next) => sweep.from = next,
            None => {
                sweep.logs.pop();
                sweep.from = 0;
            }
        }
        return Ok(false);
    }
    let account = conn.scope().key();
    let sql = "UPDATE erased_texts SET swept = $1 WHERE account = $2 AND box = $3 AND hash = $4";
    for hash in &sweep.hashes {
        exec!(conn, sql, true, account, box_id.to_string(), hash.to_string())?;
    }
    Ok(true)
}
