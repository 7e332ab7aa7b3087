//! The log as segments: one row a verified batch, later one row for up to [`SEALED_ENTRIES`] entries. A line is never changed; a
//! text can be taken out of its segment. Whoever rewrites segments of a log holds the log's row and raises its `rewrites`.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::ops::Range;

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use record::redact::TextLine;
use record::tree::Hash;

use crate::db::account::accounts::read_scopes;
use crate::db::to_i64;
use crate::db::{AccountScope, DbError, PlatformConnection, ScopedConnection, all, exec, impl_from_row, opt};

pub const SEALED_ENTRIES: u64 = 1_024;
/// Bytes of lines, before compression, at which a segment is sealed with fewer entries.
pub const SEALED_BYTES: usize = 1 << 20;
/// Segments behind the sealed ones from which on they are merged soon; fewer are merged once a day.
pub const TAIL_MAX: i64 = 64;
/// For a batch, which is merged later; and for what stays.
const LEVEL_FIRST: i32 = 3;
const LEVEL_SEALED: i32 = 9;
/// More than the lines or texts of any segment: a batch is bounded by `record::limits`, a sealed one by [`SEALED_BYTES`] and one batch.
const PLAIN_BYTES_MAX: usize = 64 << 20;

struct SegmentRow {
    first_seq: i64,
    next_seq: i64,
    lines: Vec<u8>,
    texts: Option<Vec<u8>>,
}

impl_from_row!(SegmentRow { first_seq, next_seq, lines, texts });

/// A segment as it is kept; lines and texts are unpacked when they are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::db) struct StoredSegment {
    pub(in crate::db) numbers: Range<u64>,
    packed_lines: Vec<u8>,
    packed_texts: Option<Vec<u8>>,
}

/// Lines of one segment, unpacked, and the texts beside them that were not erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct PlainSegment {
    first: u64,
    lines: Vec<Vec<u8>>,
    texts: Vec<String>,
}

impl PlainSegment {
    fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    fn plain_bytes(&self) -> usize {
        self.lines.iter().map(|line| line.len() + 1).sum()
    }
}

fn pack_lines(parts: &[impl AsRef<[u8]>], level: i32) -> Result<Vec<u8>, DbError> {
    let mut plain = Vec::with_capacity(parts.iter().map(|part| part.as_ref().len() + 1).sum());
    for part in parts {
        plain.extend_from_slice(part.as_ref());
        plain.push(b'\n');
    }
    let mut compressor = zstd::bulk::Compressor::new(level).map_err(|e| DbError::stored("segment", e))?;
    compressor.include_checksum(true).map_err(|e| DbError::stored("segment", e))?;
    compressor.compress(&plain).map_err(|e| DbError::stored("segment", e))
}

/// The size that a zstd frame states, if it is not beyond reason.
pub(in crate::db) fn stated_size(bytes: &[u8]) -> Option<usize> {
    let stated = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
    stated.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= PLAIN_BYTES_MAX)
}

fn unpack_lines(bytes: &[u8]) -> Result<Vec<u8>, DbError> {
    let size = stated_size(bytes).ok_or_else(|| DbError::stored("segment", "it does not state its size"))?;
    let plain = zstd::bulk::decompress(bytes, size).map_err(|e| DbError::stored("segment", e))?;
    match plain.last() {
        Some(b'\n') if plain.len() == size => Ok(plain),
        _ => Err(DbError::stored("segment", "its last line has no end")),
    }
}

fn text_lines(bytes: Option<&[u8]>) -> Result<Vec<String>, DbError> {
    let Some(bytes) = bytes else { return Ok(Vec::new()) };
    let plain = String::from_utf8(unpack_lines(bytes)?).map_err(|e| DbError::stored("text", e))?;
    Ok(plain.lines().map(str::to_owned).collect())
}

fn read_number(n: i64) -> Result<u64, DbError> {
    u64::try_from(n).map_err(|e| DbError::stored("segment", e))
}

impl SegmentRow {
    fn read(self) -> Result<StoredSegment, DbError> {
        let numbers = read_number(self.first_seq)?..read_number(self.next_seq)?;
        Ok(StoredSegment { numbers, packed_lines: self.lines, packed_texts: self.texts })
    }
}

impl StoredSegment {
    /// Its lines, in the order of their numbers.
    ///
    /// # Errors
    /// They cannot be read, or are not as many as their numbers say.
    pub(in crate::db) fn lines(&self) -> Result<Vec<Vec<u8>>, DbError> {
        let plain = unpack_lines(&self.packed_lines)?;
        let mut lines: Vec<Vec<u8>> = plain.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        // Behind the last one's end is nothing.
        lines.pop();
        if lines.len() as u64 != self.numbers.end - self.numbers.start {
            return Err(DbError::stored("segment", "it does not hold the lines that its numbers say"));
        }
        Ok(lines)
    }

    /// The text lines beside them, in the order of their lines.
    ///
    /// # Errors
    /// They cannot be read.
    pub(in crate::db) fn texts(&self) -> Result<Vec<String>, DbError> {
        text_lines(self.packed_texts.as_deref())
    }

    fn plain(&self) -> Result<PlainSegment, DbError> {
        Ok(PlainSegment { first: self.numbers.start, lines: self.lines()?, texts: self.texts()? })
    }
}

/// Appends what a batch brings behind what is held; the log's row is held. `texts`: in the order of their lines.
pub(in crate::db) async fn append_segment(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    first: u64,
    lines: &[&[u8]],
    texts: &[String],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let plain_bytes = lines.iter().map(|line| line.len() as u64 + 1).sum();
    let packed_texts = (!texts.is_empty()).then(|| pack_lines(texts, LEVEL_FIRST)).transpose()?;
    let sql = "INSERT INTO segments (account, log, first_seq, next_seq, lines, texts, plain_bytes) \
               SELECT $1, log, $2, $3, $4, $5, $6 FROM logs WHERE account = $1 AND box = $7 AND epoch = $8";
    let (from, next) = (to_i64(first), to_i64(first + lines.len() as u64));
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let lines = pack_lines(lines, LEVEL_FIRST)?;
    let made = exec!(
        conn,
        sql,
        scope.key(),
        from,
        next,
        lines,
        packed_texts,
        to_i64(plain_bytes),
        box_id.as_str(),
        epoch.as_str()
    )?;
    if made != 1 {
        return Err(DbError::stored("log", "it is gone"));
    }
    let sql = "UPDATE logs SET tail = tail + 1 WHERE account = $1 AND box = $2 AND epoch = $3";
    exec!(conn, sql, scope.key(), box_id, epoch).map(drop)
}

/// The segments that hold lines `range` of a log, as far as they are here: in order, without a gap.
pub(in crate::db) async fn load_segments(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    range: Range<u64>,
) -> Result<Vec<StoredSegment>, DbError> {
    let scope = conn.scope();
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT s.first_seq, s.next_seq, s.lines, s.texts FROM logs l \
               JOIN segments s ON s.account = l.account AND s.log = l.log \
               WHERE l.account = $1 AND l.box = $2 AND l.epoch = $3 AND s.first_seq < $4 AND s.first_seq >= COALESCE( \
               (SELECT MAX(b.first_seq) FROM segments b WHERE b.account = l.account AND b.log = l.log AND b.first_seq <= $5), 0) \
               ORDER BY s.first_seq";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let (from, end) = (to_i64(range.start), to_i64(range.end));
    let rows = all!(conn, SegmentRow, sql, scope.key(), box_id, epoch, end, from)?;
    let mut found: Vec<StoredSegment> = Vec::with_capacity(rows.len());
    for row in rows {
        let segment = row.read()?;
        match found.last().map(|before| before.numbers.end) {
            Some(end) if end != segment.numbers.start => {
                return Err(DbError::stored("log", "entries are missing between two segments"));
            }
            None if segment.numbers.start > range.start => {
                return Err(DbError::stored("log", "entries are missing"));
            }
            // The log ends before what is asked for.
            None if segment.numbers.end <= range.start => {}
            _ => found.push(segment),
        }
    }
    Ok(found)
}

/// The lines of one segment, unpacked and not yet taken apart.
#[derive(Debug)]
pub(in crate::db) struct SegmentLines {
    pub(in crate::db) numbers: Range<u64>,
    plain: Vec<u8>,
}

impl SegmentLines {
    /// The line with this number; `None` where the segment does not hold it.
    ///
    /// # Errors
    /// It should, and does not.
    pub(in crate::db) fn line(&self, seq: u64) -> Result<Option<Vec<u8>>, DbError> {
        if !self.numbers.contains(&seq) {
            return Ok(None);
        }
        let mut rest = self.plain.as_slice();
        for _ in self.numbers.start..seq {
            rest.skip_until(b'\n').map_err(|e| DbError::stored("segment", e))?;
        }
        let mut line = Vec::new();
        rest.read_until(b'\n', &mut line).map_err(|e| DbError::stored("segment", e))?;
        match line.pop() {
            Some(b'\n') => Ok(Some(line)),
            _ => Err(DbError::stored("segment", "it does not hold the lines that its numbers say")),
        }
    }
}

/// The lines of the segment that contains this line; `None` where it is not here. Texts stay where they are.
pub(in crate::db) async fn load_segment_lines(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    seq: u64,
) -> Result<Option<SegmentLines>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT s.first_seq, s.next_seq, s.lines FROM logs l \
               JOIN segments s ON s.account = l.account AND s.log = l.log \
               WHERE l.account = $1 AND l.box = $2 AND l.epoch = $3 AND s.first_seq <= $4 \
               ORDER BY s.first_seq DESC LIMIT 1";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let found = opt!(conn, (i64, i64, Vec<u8>), sql, scope.key(), box_id, epoch, to_i64(seq))?;
    let Some((first_seq, next_seq, lines)) = found else {
        return Ok(None);
    };
    let segment = SegmentRow { first_seq, next_seq, lines, texts: None }.read()?;
    if !segment.numbers.contains(&seq) {
        return Ok(None);
    }
    let plain = unpack_lines(&segment.packed_lines)?;
    Ok(Some(SegmentLines { numbers: segment.numbers, plain }))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongTail {
    box_id: String,
    epoch: String,
}

impl_from_row!(LongTail { box_id, epoch });

impl LongTail {
    pub fn origin(&self) -> Result<LogOrigin, DbError> {
        let box_id: BoxId = self.box_id.parse().map_err(|e| DbError::stored("box id", e))?;
        let epoch: Epoch = self.epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
        Ok(LogOrigin { box_id, epoch })
    }
}

/// Accounts with a log that has at least `tail` segments that are not sealed; `tail` is at least 2.
pub async fn platform_with_tails(
    conn: &mut PlatformConnection,
    tail: i64,
) -> Result<Vec<AccountScope>, DbError> {
    let sql = "SELECT DISTINCT l.account, a.id FROM logs l JOIN accounts a ON a.account = l.account \
               WHERE l.tail > 1 AND l.tail >= $1 ORDER BY l.account";
    read_scopes(&all!(conn, (i64, String), sql, tail)?)
}

/// Logs of the account with at least `tail` segments that are not sealed.
pub async fn long_tails(conn: &mut ScopedConnection, tail: i64) -> Result<Vec<LongTail>, DbError> {
    let scope = conn.scope();
    let sql =
        "SELECT box AS box_id, epoch FROM logs WHERE account = $1 AND tail > 1 AND tail >= $2 ORDER BY log";
    all!(conn, LongTail, sql, scope.key(), tail)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LogTail {
    log: i64,
    sealed: i64,
    rewrites: i64,
    size: i64,
}

impl_from_row!(LogTail { log, sealed, rewrites, size });

const TAIL_COLUMNS: &str = "log, sealed, rewrites, size";

#[derive(Debug)]
pub struct MergedSegment {
    origin: LogOrigin,
    before: LogTail,
    /// The first line that none of the merged segments holds.
    covers: u64,
    merged: Vec<PackedSegment>,
}

#[derive(Debug)]
struct PackedSegment {
    first: u64,
    end: u64,
    lines: Vec<u8>,
    texts: Option<Vec<u8>>,
    plain_bytes: u64,
    is_sealed: bool,
}

fn pack_segment(segment: &PlainSegment, is_sealed: bool) -> Result<PackedSegment, DbError> {
    let texts = (!segment.texts.is_empty()).then(|| pack_lines(&segment.texts, LEVEL_SEALED)).transpose()?;
    Ok(PackedSegment {
        first: segment.first,
        end: segment.end(),
        lines: pack_lines(&segment.lines, LEVEL_SEALED)?,
        texts,
        plain_bytes: segment.plain_bytes() as u64,
        is_sealed,
    })
}

/// Cuts lines that follow each other into sealed segments and what is left of them.
fn cut_segments(tail: Vec<PlainSegment>) -> Result<Vec<(PlainSegment, bool)>, DbError> {
    let first = tail.first().map_or(0, |segment| segment.first);
    let mut whole = PlainSegment { first, ..PlainSegment::default() };
    for segment in tail {
        whole.lines.extend(segment.lines);
        whole.texts.extend(segment.texts);
    }
    let mut texts = whole.texts.into_iter().peekable();
    let (mut cut, mut now) = (Vec::new(), PlainSegment { first: whole.first, ..PlainSegment::default() });
    let (mut seq, mut bytes) = (whole.first, 0);
    for line in whole.lines {
        bytes += line.len() + 1;
        now.lines.push(line);
        seq += 1;
        while let Some(text) = texts.peek() {
            let of = TextLine::parse(text.as_bytes()).map_err(|e| DbError::stored("text", e))?.seq();
            if of >= seq {
                break;
            }
            now.texts.extend(texts.next());
        }
        if seq % SEALED_ENTRIES == 0 || bytes >= SEALED_BYTES {
            cut.push((
                std::mem::replace(&mut now, PlainSegment { first: seq, ..PlainSegment::default() }),
                true,
            ));
            bytes = 0;
        }
    }
    if !now.lines.is_empty() {
        cut.push((now, false));
    }
    Ok(cut)
}

/// Reads the first segments of a log that are not sealed, and packs them as fewer. `None`: there are not two of them.
pub async fn prepare_merge(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
) -> Result<Option<MergedSegment>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {TAIL_COLUMNS} FROM logs WHERE account = $1 AND box = $2 AND epoch = $3 AND tail > 1"
    );
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let Some(before) = opt!(conn, LogTail, sqlx::AssertSqlSafe(sql), scope.key(), box_id, epoch)? else {
        return Ok(None);
    };
    let sealed = u64::try_from(before.sealed).map_err(|e| DbError::stored("segment", e))?;
    let size = u64::try_from(before.size).map_err(|e| DbError::stored("segment", e))?;
    let tail = load_segments(conn, origin, sealed..size.min(sealed + SEALED_ENTRIES)).await?;
    let covers = tail.last().filter(|_| tail.len() > 1).map(|segment| segment.numbers.end);
    let Some(covers) = covers else { return Ok(None) };
    let merged = tokio::task::spawn_blocking(move || {
        let cut = cut_segments(tail.iter().map(StoredSegment::plain).collect::<Result<_, _>>()?)?;
        cut.iter().map(|(segment, is_sealed)| pack_segment(segment, *is_sealed)).collect()
    });
    let merged: Result<Vec<PackedSegment>, DbError> =
        merged.await.map_err(|e| DbError::stored("segment", e))?;
    Ok(Some(MergedSegment { origin: *origin, before, covers, merged: merged? }))
}

/// Puts merged segments into the place of those that they were made of. `false`: somebody rewrote them meanwhile, and nothing was
/// changed.
pub async fn save_merge(conn: &mut ScopedConnection, merge: &MergedSegment) -> Result<bool, DbError> {
    let scope = conn.scope();
    let LogTail { log, sealed, rewrites, .. } = merge.before;
    let sql = "UPDATE logs SET rewrites = rewrites + 1 WHERE account = $1 AND log = $2 AND rewrites = $3 AND sealed = $4";
    if exec!(conn, sql, scope.key(), log, rewrites, sealed)? != 1 {
        return Ok(false);
    }
    let sql = "DELETE FROM segments WHERE account = $1 AND log = $2 AND first_seq >= $3 AND next_seq <= $4";
    let gone = exec!(conn, sql, scope.key(), log, sealed, to_i64(merge.covers))?;
    let sql = "INSERT INTO segments (account, log, first_seq, next_seq, lines, texts, plain_bytes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    for one in &merge.merged {
        let (first, end, bytes) = (to_i64(one.first), to_i64(one.end), to_i64(one.plain_bytes));
        exec!(conn, sql, scope.key(), log, first, end, one.lines.as_slice(), one.texts.as_deref(), bytes)?;
    }
    let unsealed = merge.merged.iter().filter(|one| !one.is_sealed).count() as u64;
    let end = merge
        .merged
        .iter()
        .filter(|one: &&PackedSegment| one.is_sealed)
        .map(|one| one.end)
        .max()
        .map_or(sealed, to_i64);
    let sql = "UPDATE logs SET sealed = $1, tail = tail - $2 + $3 WHERE account = $4 AND log = $5";
    exec!(conn, sql, end, to_i64(gone), to_i64(unsealed), scope.key(), log)?;
    tracing::debug!(origin = %merge.origin, from = gone, to = merge.merged.len(), "merged segments");
    Ok(true)
}

/// Takes erased texts out of a few segments of one log, from number `from` on. Returns where to continue; `None`: those were the last.
///
/// # Errors
/// The database, or a segment that cannot be read.
pub(in crate::db) async fn drop_texts(
    conn: &mut ScopedConnection,
    log: i64,
    erased: &BTreeSet<Hash>,
    from: i64,
) -> Result<Option<i64>, DbError> {
    const AT_ONCE: i64 = 8;
    let scope = conn.scope();
    let sql = "UPDATE logs SET rewrites = rewrites + 1 WHERE account = $1 AND log = $2";
    exec!(conn, sql, scope.key(), log)?;
    let sql = "SELECT first_seq, next_seq, texts FROM segments \
               WHERE account = $1 AND log = $2 AND first_seq >= $3 ORDER BY first_seq LIMIT $4";
    let rows = all!(conn, (i64, i64, Option<Vec<u8>>), sql, scope.key(), log, from, AT_ONCE)?;
    let is_last = rows.len() < usize::try_from(AT_ONCE).unwrap_or(0);
    let mut next = from;
    for (first_seq, next_seq, texts) in rows {
        next = next_seq;
        let before = text_lines(texts.as_deref())?;
        let mut left = Vec::with_capacity(before.len());
        for line in &before {
            let text = TextLine::parse(line.as_bytes()).map_err(|e| DbError::stored("text", e))?;
            left.extend((!erased.contains(&text.hash())).then_some(line));
        }
        if left.len() == before.len() {
            continue;
        }
        let packed = (!left.is_empty()).then(|| pack_lines(&left, LEVEL_SEALED)).transpose()?;
        let sql = "UPDATE segments SET texts = $1 WHERE account = $2 AND log = $3 AND first_seq = $4";
        exec!(conn, sql, packed, scope.key(), log, first_seq)?;
    }
    Ok((!is_last).then_some(next))
}

#[cfg(test)]
mod tests {
    use record::redact::PersonalText;

    use super::*;

    fn segment(first: u64, lines: u64) -> PlainSegment {
        let text = |seq: u64| PersonalText::new("Bo Lee", [7; 16]).unwrap().beside(seq).line();
        PlainSegment {
            first,
            lines: (first..first + lines).map(|seq| format!("line {seq}").into_bytes()).collect(),
            texts: (first..first + lines).filter(|seq| seq % 3 == 0).map(text).collect(),
        }
    }

    #[test]
    fn a_segment_comes_back_as_it_was() {
        let whole = segment(5, 9);
        let packed = pack_segment(&whole, true).unwrap();
        let (packed_lines, packed_texts) = (packed.lines, packed.texts);
        let stored = StoredSegment { numbers: 5..14, packed_lines, packed_texts };
        assert_eq!(stored.plain().unwrap(), whole);
        let lines = SegmentLines { numbers: 5..15, plain: unpack_lines(&stored.packed_lines).unwrap() };
        for (seq, line) in (5..).zip(&whole.lines) {
            assert_eq!(lines.line(seq).unwrap().as_ref(), Some(line));
        }
        assert!(lines.line(4).unwrap().is_none() && lines.line(15).unwrap().is_none());
        assert!(lines.line(14).is_err(), "a line is missing");
        let longer = StoredSegment { numbers: 5..15, ..stored };
        assert!(longer.plain().is_err(), "a line is missing");
    }

    #[test]
    fn a_flipped_byte_is_not_read() {
        let packed = pack_segment(&segment(0, 200), true).unwrap().lines;
        let stored = |packed_lines| StoredSegment { numbers: 0..200, packed_lines, packed_texts: None };
        assert!(stored(packed.clone()).lines().is_ok());
        for at in 0..packed.len() {
            let mut flipped = packed.clone();
            flipped[at] ^= 1;
            // Some bits of a frame's head mean nothing.
            assert!(stored(flipped).lines().is_err() || at < 5, "{at}");
        }
    }

    #[test]
    fn segments_are_cut_where_a_thousand_lines_end() {
        let cut = cut_segments(vec![segment(1_000, 20), segment(1_020, 10), segment(1_030, 1_100)]).unwrap();
        let shape: Vec<(u64, u64, bool)> =
            cut.iter().map(|(segment, sealed)| (segment.first, segment.end(), *sealed)).collect();
        assert_eq!(shape, [(1_000, 1_024, true), (1_024, 2_048, true), (2_048, 2_130, false)]);
        let texts: usize = cut.iter().map(|(segment, _)| segment.texts.len()).sum();
        assert_eq!(texts, (1_000..2_130).filter(|seq| seq % 3 == 0).count());
        for (segment, _) in cut {
            for text in &segment.texts {
                let seq = TextLine::parse(text.as_bytes()).unwrap().seq();
                assert!((segment.first..segment.end()).contains(&seq));
            }
        }
    }
}
